/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of lines: md5sum and its kin with or without names, BSD style, hashdeep. */
#include "hashset/builder.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* The next line without its end; false at the end of the file. */
static bool next_line(cu_cursor *c, cu_bytes *line)
{
    const size_t left = cu_cursor_left(c);

    if (left == 0)
        return false;

    const uint8_t *const p = c->view.p + c->at;
    const uint8_t *const end = memchr(p, '\n', left);
    const size_t n = end == NULL ? left : (size_t)(end - p);

    *line = cu_cursor_take(c, n);
    if (end != NULL)
        cu_cursor_take(c, 1);
    if (line->n > 0 && line->p[line->n - 1] == '\r')
        line->n--;
    return true;
}

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

void cu_hashset_row_take(cu_hashset_row *row, cu_bytes hex)
{
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        const size_t n = cu_hashset_digest_bytes((cu_hashset_algorithm)i);

        if (hex.n == 2 * n && cu_hex_decode((const char *)hex.p, hex.n, row->digest[i], n)) {
            row->has[i] = true;
            return;
        }
    }
    row->wrong = hex.n > 0;
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
    row->label = cu_bytes_slice(line, name, equals - name - 3);
    cu_hashset_row_take(row, hex);
    return true;
}

cu_status cu_hashset_read_list(cu_hashset_builder *builder, const char *name, cu_bytes file,
                               cu_err *err)
{
    cu_cursor c = cu_cursor_over(file);
    cu_bytes line;
    cu_status st = CU_OK;

    for (uint64_t number = 1; st == CU_OK && next_line(&c, &line); number++) {
        cu_hashset_row row = {.wrong = false};
        char where[160];

        if (number == 1 && cu_bytes_starts(line, "\xEF\xBB\xBF", 3))
            line = cu_bytes_slice(line, 3, line.n);
        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '%')
            continue;
        if (line.p[0] == '\\') /* coreutils marks an escaped name so */
            line = cu_bytes_slice(line, 1, line.n);

        const size_t n = hex_run(line, 0);

        (void)snprintf(where, sizeof where, "%.120s:%llu", name, (unsigned long long)number);
        if (n >= 16) {
            size_t start = n;

            cu_hashset_row_take(&row, cu_bytes_slice(line, 0, n));
            while (start < line.n && (line.p[start] == ' ' || line.p[start] == '*' ||
                                      line.p[start] == '\t' || line.p[start] == ','))
                start++;
            row.label = cu_bytes_slice(line, start, line.n);
        } else {
            (void)take_bsd(line, &row);
        }
        st = cu_hashset_builder_add(builder, &row, where, err);
    }
    return st;
}

/* "%%%% size,md5,sha256,filename": the columns, in their order. */
cu_status cu_hashset_read_hashdeep(cu_hashset_builder *builder, const char *name, cu_bytes file,
                                   cu_err *err)
{
    cu_cursor c = cu_cursor_over(file);
    cu_bytes line;
    cu_status st = CU_OK;

    if (!cu_bytes_starts(file, "%%%% HASHDEEP-", 14))
        return cu_fail(err, CU_EFORMAT, "\"%s\", byte 0: expected \"%%%%%%%% HASHDEEP-1.0\"",
                       name);
    for (uint64_t number = 1; st == CU_OK && next_line(&c, &line); number++) {
        cu_hashset_row row = {.wrong = false};
        char where[160];
        size_t at = 0;

        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '%')
            continue;
        /* The size comes first and the name last; all between are digests, known by their
         * length. */
        for (size_t field = 0; at < line.n; field++) {
            const uint8_t *const comma = memchr(line.p + at, ',', line.n - at);

            if (comma == NULL ||
                (field > 0 && hex_run(line, at) != (size_t)(comma - line.p) - at))
                break;
            if (field > 0)
                cu_hashset_row_take(&row,
                                    cu_bytes_slice(line, at, (size_t)(comma - line.p) - at));
            at = (size_t)(comma - line.p) + 1;
        }
        row.label = cu_bytes_slice(line, at, line.n);
        (void)snprintf(where, sizeof where, "%.120s:%llu", name, (unsigned long long)number);
        st = cu_hashset_builder_add(builder, &row, where, err);
    }
    return st;
}
