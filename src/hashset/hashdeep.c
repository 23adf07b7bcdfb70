/* SPDX-License-Identifier: Apache-2.0 */
/* hashdeep: a header that names the columns, of which the last, the name, may hold commas. */
#include "hashset/fields.h"
#include "hashset/text.h"

#include <string.h>

enum { columns_max = 16 };

typedef struct header {
    cu_hashset_field fields[columns_max];
    size_t count;
} header;

/* The text before the next comma, and text past it; false where there is none. */
static bool split(cu_bytes *text, cu_bytes *field)
{
    const uint8_t *const comma = text->n == 0 ? NULL : memchr(text->p, ',', text->n);
    const size_t n = comma == NULL ? text->n : (size_t)(comma - text->p);

    *field = cu_bytes_slice(*text, 0, n);
    *text = cu_bytes_slice(*text, n + 1, text->n);
    return comma != NULL;
}

/* "%%%% size,md5,sha256,filename" */
static bool read_columns(cu_bytes line, header *out)
{
    cu_bytes rest = cu_bytes_slice(line, 5, line.n);
    cu_bytes name;
    bool more = true;

    for (out->count = 0; more && out->count < columns_max; out->count++) {
        more = split(&rest, &name);
        out->fields[out->count] = cu_hashset_field_named(name);
    }
    return !more && out->count > 1 && out->fields[out->count - 1] == CU_HASHSET_FIELD_NAME;
}

static cu_status take_line(const cu_hashset_text *text, const header *columns,
                           cu_hashset_builder *builder, cu_err *err)
{
    cu_hashset_filling filling;
    cu_bytes rest = text->line;
    cu_bytes field;
    size_t i = 0;

    cu_hashset_filling_start(&filling, text->number, text->offset);
    while (i + 1 < columns->count && split(&rest, &field))
        cu_hashset_filling_put(&filling, columns->fields[i++], field);
    if (i + 1 == columns->count)
        cu_hashset_filling_put(&filling, CU_HASHSET_FIELD_NAME, rest);
    else if (!text->ended)
        return cu_hashset_broken(&text->source, text->source.bytes.n,
                                 "the rest of a line, but the file ends", err);

    const cu_status st = cu_hashset_builder_add(builder, &filling.row, err);

    return st == CU_OK ? cu_hashset_text_reach(text, builder, err) : st;
}

static cu_status read_lines(cu_hashset_text *text, cu_hashset_builder *builder, cu_err *err)
{
    header columns = {.count = 0};
    cu_status st = CU_OK;

    if (!cu_hashset_text_next(text) || !cu_bytes_starts(text->line, "%%%% HASHDEEP-", 14))
        return cu_hashset_broken(&text->source, 0, "\"%%%% HASHDEEP-1.0\"", err);
    if (!cu_hashset_text_next(text) || !cu_bytes_starts(text->line, "%%%% ", 5) ||
        !read_columns(text->line, &columns))
        return cu_hashset_broken(&text->source, text->offset,
                                 "\"%%%% size,md5,sha256,filename\" or other columns", err);
    while (st == CU_OK && cu_hashset_text_next(text)) {
        const cu_bytes line = text->line;

        if (line.n > 0 && line.p[0] != '#' && line.p[0] != '%')
            st = take_line(text, &columns, builder, err);
    }
    return st;
}

static cu_status read_hashdeep(cu_hashset_builder *builder, const cu_hashset_source *source,
                               cu_err *err)
{
    cu_hashset_text text;
    cu_status st = cu_hashset_text_open(source, &text, err);

    if (st != CU_OK)
        return st;
    st = read_lines(&text, builder, err);
    cu_hashset_text_close(&text);
    return st;
}

const cu_hashset_format cu_hashset_format_hashdeep = {
    .name = "hashdeep", .what = "hashdeep and md5deep -c", .read = read_hashdeep};
