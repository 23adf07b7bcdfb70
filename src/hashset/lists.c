/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of lines: md5sum and its kin with or without names, BSD style, hashdeep. */
#include "hashset/builder.h"

#include <ctype.h>
#include <string.h>

static bool is_hex_digit(uint8_t c)
{
    return isxdigit(c) != 0;
}

static size_t hex_run(cu_bytes line, size_t from)
{
    size_t n = 0;

    while (from + n < line.n && is_hex_digit(line.p[from + n]))
        n++;
    return n;
}

/* "MD5 (name) = hex" */
static bool take_bsd(cu_bytes line, cu_hashset_row *row)
{
    const uint8_t *const open = memchr(line.p, '(', line.n);
    size_t equals = line.n;

    if (open == NULL)
        return false;
    while (equals > 0 && line.p[equals - 1] != '=')
        equals--;
    if (equals < 3)
        return false;

    const size_t name = (size_t)(open - line.p) + 1;
    cu_bytes hex = cu_bytes_slice(line, equals, line.n);

    while (hex.n > 0 && hex.p[0] == ' ')
        hex = cu_bytes_slice(hex, 1, hex.n);
    if (equals < name + 3 || hex_run(hex, 0) != hex.n)
        return false;
    row->name = cu_bytes_slice(line, name, equals - name - 3);
    cu_hashset_row_take(row, hex);
    return true;
}

static void take_line(cu_bytes line, cu_hashset_row *row)
{
    if (line.p[0] == '\\') /* coreutils marks an escaped name so */
        line = cu_bytes_slice(line, 1, line.n);

    const size_t n = hex_run(line, 0);
    size_t start = n;

    if (n < 16) {
        (void)take_bsd(line, row);
        return;
    }
    cu_hashset_row_take(row, cu_bytes_slice(line, 0, n));
    while (start < line.n && (line.p[start] == ' ' || line.p[start] == '*' ||
                              line.p[start] == '\t' || line.p[start] == ','))
        start++;
    row->name = cu_bytes_slice(line, start, line.n);
}

/* The size comes first and the name last; all between are digests, known by their length. */
static void take_hashdeep(cu_bytes line, cu_hashset_row *row)
{
    size_t at = 0;

    for (size_t field = 0; at < line.n; field++) {
        const uint8_t *const comma = memchr(line.p + at, ',', line.n - at);

        if (comma == NULL || (field > 0 && hex_run(line, at) != (size_t)(comma - line.p) - at))
            break;
        if (field > 0)
            cu_hashset_row_take(row, cu_bytes_slice(line, at, (size_t)(comma - line.p) - at));
        at = (size_t)(comma - line.p) + 1;
    }
    row->name = cu_bytes_slice(line, at, line.n);
}

static cu_status read_lines(cu_hashset_builder *builder, const cu_hashset_source *source,
                            void (*take)(cu_bytes line, cu_hashset_row *row), cu_err *err)
{
    cu_cursor c = cu_cursor_over(source->bytes);
    cu_bytes line;
    cu_status st = CU_OK;

    for (uint64_t number = 1; st == CU_OK && cu_hashset_next_line(&c, &line); number++) {
        cu_hashset_row row = {.line = number};

        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '%')
            continue;
        take(line, &row);
        st = cu_hashset_builder_add(builder, &row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_reach(builder, c.at, err);
    }
    return st;
}

static cu_status read_list(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    return read_lines(builder, source, take_line, err);
}

/* "%%%% size,md5,sha256,filename": the columns, in their order. */
static cu_status read_hashdeep(cu_hashset_builder *builder, const cu_hashset_source *source,
                               cu_err *err)
{
    if (!cu_bytes_starts(source->bytes, "%%%% HASHDEEP-", 14))
        return cu_hashset_broken(source, 0, "\"%%%% HASHDEEP-1.0\"", err);
    return read_lines(builder, source, take_hashdeep, err);
}

const cu_hashset_format cu_hashset_format_md5 = {
    .name = "md5", .what = "lines of md5sum, with names or without", .read = read_list};
const cu_hashset_format cu_hashset_format_sha1 = {
    .name = "sha1", .what = "lines of sha1sum, with names or without", .read = read_list};
const cu_hashset_format cu_hashset_format_sha256 = {
    .name = "sha256", .what = "lines of sha256sum, with names or without", .read = read_list};
const cu_hashset_format cu_hashset_format_hashdeep = {
    .name = "hashdeep", .what = "hashdeep and md5deep -c", .read = read_hashdeep};
