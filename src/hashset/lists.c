/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of one digest a line: md5sum and its kin with names or without, BSD and OpenSSL style,
 * md5deep with sizes. Source: the manuals of coreutils, OpenSSL and md5deep.
 */
#include "hashset/fields.h"
#include "hashset/text.h"

#include <ctype.h>
#include <string.h>

typedef struct parsing {
    cu_hashset_text text;
    cu_hashset_field field; /* MD5, SHA1 or SHA256 */
    size_t digits;
    cu_hashset_filling filling;
    uint8_t name[4096]; /* one that had escapes */
} parsing;

static size_t run_of(cu_bytes text, int (*is)(int))
{
    size_t n = 0;

    while (n < text.n && is(text.p[n]) != 0)
        n++;
    return n;
}

/* By our own table: what a digit is does not hang on a locale. */
static int is_hex_digit(int c)
{
    return cu_hex_digit((uint8_t)c) >= 0;
}

static cu_bytes after(cu_bytes text, size_t n)
{
    return cu_bytes_slice(text, n, text.n);
}

static bool is_separator(uint8_t c)
{
    return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '|';
}

/* coreutils writes a name with a line end or backslash so, and a backslash before the line. */
static cu_bytes unescape(parsing *self, cu_bytes name)
{
    size_t n = 0;

    for (size_t i = 0; i < name.n && n < sizeof self->name; i++) {
        uint8_t c = name.p[i];

        if (c == '\\' && i + 1 < name.n) {
            c = name.p[++i];
            c = c == 'n' ? (uint8_t)'\n' : c == 'r' ? (uint8_t)'\r' : c;
        }
        self->name[n++] = c;
    }
    return (cu_bytes){self->name, n};
}

static void put_name(parsing *self, cu_bytes name, bool escaped)
{
    cu_hashset_filling_put(&self->filling, CU_HASHSET_FIELD_NAME,
                           escaped ? unescape(self, name) : name);
}

/* "MD5 (name) = hex", "MD5(name)= hex": the algorithm must be the list's own. */
static bool take_tagged(parsing *self, cu_bytes line, bool escaped)
{
    const uint8_t *const open = line.n == 0 ? NULL : memchr(line.p, '(', line.n);
    const uint8_t *const equals = line.n == 0 ? NULL : memrchr(line.p, '=', line.n);

    if (open == NULL || equals == NULL || equals < open)
        return false;

    const cu_bytes tag = {line.p, (size_t)(open - line.p)};
    const uint8_t *close = equals;

    while (close > open && *close != ')')
        close--;
    if (close == open || cu_hashset_field_named(tag) == CU_HASHSET_FIELD_NONE)
        return false;
    if (cu_hashset_field_named(tag) == self->field)
        cu_hashset_filling_put(&self->filling, self->field,
                               after(line, (size_t)(equals - line.p) + 1));
    else
        self->filling.row.wrong = true;
    put_name(self, (cu_bytes){open + 1, (size_t)(close - open) - 1}, escaped);
    return true;
}

/* "HEX", "HEX  name", "HEX *name", "HEX,name", "  size  HEX  name". */
static void take_plain(parsing *self, cu_bytes line, bool escaped)
{
    line = after(line, run_of(line, isspace));

    const size_t size = run_of(line, isdigit);
    const size_t gap = run_of(after(line, size), isspace);
    const cu_bytes rest = after(line, size + gap);

    if (size > 0 && size != self->digits && gap > 0 && run_of(rest, is_hex_digit) >= 16) {
        cu_hashset_filling_put(&self->filling, CU_HASHSET_FIELD_SIZE,
                               cu_bytes_slice(line, 0, size));
        line = rest;
    }

    size_t n = 0;

    while (n < line.n && !is_separator(line.p[n]))
        n++;
    if (run_of(line, is_hex_digit) < 16 && n != self->digits)
        return; /* a word: no digest at all */
    cu_hashset_filling_put(&self->filling, self->field, cu_bytes_slice(line, 0, n));
    line = after(line, n);
    if (line.n > 1 && line.p[0] == ' ' && (line.p[1] == ' ' || line.p[1] == '*'))
        line = after(line, 2); /* the name may begin with a space of its own */
    else
        while (line.n > 0 && is_separator(line.p[0]))
            line = after(line, 1);
    put_name(self, line, escaped);
}

static cu_status take_line(parsing *self, cu_hashset_builder *builder, cu_err *err)
{
    cu_hashset_text *const text = &self->text;
    const bool escaped = text->line.p[0] == '\\';
    const cu_bytes line = after(text->line, escaped ? 1 : 0);
    cu_hashset_row *const row = &self->filling.row;

    cu_hashset_filling_start(&self->filling, text->number, text->offset);
    if (!take_tagged(self, line, escaped))
        take_plain(self, line, escaped);
    if (!text->ended && row->wrong && row->name.n == 0)
        return cu_hashset_broken(&text->source, text->source.bytes.n,
                                 "the rest of a digest, but the file ends", err);
    return cu_hashset_builder_add(builder, row, err);
}

static cu_status read_list(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_hashset_field field, size_t digits, cu_err *err)
{
    parsing self = {.field = field, .digits = digits};
    cu_status st = cu_hashset_text_open(source, &self.text, err);

    if (st != CU_OK)
        return st;
    while (st == CU_OK && cu_hashset_text_next(&self.text)) {
        const cu_bytes line = self.text.line;

        if (line.n == 0 || line.p[0] == '#' || line.p[0] == '%')
            continue;
        st = take_line(&self, builder, err);
        if (st == CU_OK)
            st = cu_hashset_text_reach(&self.text, builder, err);
    }
    cu_hashset_text_close(&self.text);
    return st;
}

static cu_status read_md5(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    return read_list(builder, source, CU_HASHSET_FIELD_MD5, 32, err);
}

static cu_status read_sha1(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    return read_list(builder, source, CU_HASHSET_FIELD_SHA1, 40, err);
}

static cu_status read_sha256(cu_hashset_builder *builder, const cu_hashset_source *source,
                             cu_err *err)
{
    return read_list(builder, source, CU_HASHSET_FIELD_SHA256, 64, err);
}

const cu_hashset_format cu_hashset_format_md5 = {
    .name = "md5", .what = "lines of md5sum, with names or without", .read = read_md5};
const cu_hashset_format cu_hashset_format_sha1 = {
    .name = "sha1", .what = "lines of sha1sum, with names or without", .read = read_sha1};
const cu_hashset_format cu_hashset_format_sha256 = {
    .name = "sha256", .what = "lines of sha256sum, with names or without", .read = read_sha256};
