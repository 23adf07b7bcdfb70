/* SPDX-License-Identifier: Apache-2.0 */
/* Marks, UTF-16, lines. */
#include "hashset/text.h"

#include "base/text.h"

#include <string.h>

/* The unit at i, 0 past the end. Source: RFC 2781 section 2.2. */
static uint32_t unit_at(cu_bytes text, size_t i, bool big)
{
    if (i + 1 >= text.n)
        return 0;
    return (uint32_t)text.p[i + !big] << 8 | text.p[i + big];
}

static void append_utf8(cu_buffer *out, cu_bytes text, bool big)
{
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        uint32_t c = unit_at(text, i, big);
        uint8_t bytes[4];

        if (c >= 0xD800 && c < 0xDC00) {
            const uint32_t low = unit_at(text, i + 2, big);

            if (low >= 0xDC00 && low < 0xE000) {
                c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
                i += 2;
            }
        }
        if (c >= 0xD800 && c < 0xE000)
            c = 0xFFFD; /* half a pair */
        cu_buffer_append(out, bytes, cu_text_put_utf8(c, bytes));
    }
}

cu_status cu_hashset_text_open(const cu_hashset_source *source, cu_hashset_text *out,
                               cu_err *err)
{
    const cu_bytes file = source->bytes;
    const bool little = cu_bytes_starts(file, "\xFF\xFE", 2);
    const bool big = cu_bytes_starts(file, "\xFE\xFF", 2);

    *out = (cu_hashset_text){.source = *source, .bytes = file.n};
    if (cu_bytes_starts(file, "\xEF\xBB\xBF", 3))
        out->at = 3;
    if (!little && !big)
        return CU_OK;
    if (file.n > cu_hashset_utf16_max)
        return cu_fail(err, CU_ELIMIT,
                       "\"%.100s\" is UTF-16 of more than %d bytes: write it as UTF-8",
                       source->path, cu_hashset_utf16_max);
    append_utf8(&out->room, cu_bytes_slice(file, 2, file.n), big);
    out->source.bytes = cu_buffer_view(&out->room);

    const cu_status st = cu_buffer_check(&out->room, err);

    if (st != CU_OK)
        cu_hashset_text_close(out);
    return st;
}

void cu_hashset_text_close(cu_hashset_text *text)
{
    cu_buffer_free(&text->room);
    text->source.bytes = (cu_bytes){0};
}

bool cu_hashset_text_next(cu_hashset_text *text)
{
    const cu_bytes rest = cu_bytes_slice(text->source.bytes, text->at, SIZE_MAX);

    if (rest.n == 0)
        return false;

    const uint8_t *const end = memchr(rest.p, '\n', rest.n);

    text->ended = end != NULL;
    text->line = (cu_bytes){rest.p, end == NULL ? rest.n : (size_t)(end - rest.p)};
    text->offset = text->at;
    text->number++;
    text->at += text->line.n + text->ended;
    while (text->line.n > 0 && text->line.p[text->line.n - 1] == '\r')
        text->line.n--;
    return true;
}

cu_status cu_hashset_text_reach(const cu_hashset_text *text, cu_hashset_builder *builder,
                                cu_err *err)
{
    /* Nothing of a file that was turned into another may leave memory half-way. */
    return cu_hashset_builder_reach(builder, text->room.n == 0 ? text->at : 0, err);
}
