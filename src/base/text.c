/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and escapes for what is not, or is not safe to show. */
#include "base/text.h"

#include <string.h>

/* The well-formed sequences, by their first byte. Source: Unicode 15, table 3-7. */
static const struct {
    uint8_t lead_low, lead_high;
    uint8_t second_low, second_high; /* the others are 80 to BF */
    size_t bytes;
} sequences[] = {
    {0x00, 0x7F, 0x00, 0x00, 1}, {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
    {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
    {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static size_t sequence_bytes(cu_bytes view, size_t row)
{
    const size_t n = sequences[row].bytes;

    if (view.n < n)
        return 0;
    if (n > 1 &&
        (view.p[1] < sequences[row].second_low || view.p[1] > sequences[row].second_high))
        return 0;
    for (size_t i = 2; i < n; i++) {
        if ((view.p[i] & 0xC0) != 0x80)
            return 0;
    }
    return n;
}

size_t cu_text_character(cu_bytes view)
{
    if (view.n == 0)
        return 0;
    for (size_t row = 0; row < CU_COUNT_OF(sequences); row++) {
        if (view.p[0] >= sequences[row].lead_low && view.p[0] <= sequences[row].lead_high)
            return sequence_bytes(view, row);
    }
    return 0;
}

bool cu_text_is_utf8(cu_bytes view)
{
    while (view.n > 0) {
        const size_t n = cu_text_character(view);

        if (n == 0)
            return false;
        view = cu_bytes_slice(view, n, view.n);
    }
    return true;
}

size_t cu_text_put_utf8(uint32_t character, uint8_t out[4])
{
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t n = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;

    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (character & 0x3F));
        character >>= 6;
    }
    out[0] = (uint8_t)(leads[n] | character);
    return n;
}

void cu_text_append_name(cu_buffer *out, cu_bytes name)
{
    size_t i = 0;

    while (i < name.n) {
        const size_t n = cu_text_character(cu_bytes_slice(name, i, name.n));

        if (n == 0 || name.p[i] == '\\' || name.p[i] == '/' || name.p[i] == '\0') {
            cu_buffer_format(out, "\\x%02x", name.p[i]);
            i++;
            continue;
        }
        cu_buffer_append(out, name.p + i, n);
        i += n;
    }
}

static uint32_t code_point(const uint8_t *p, size_t n)
{
    static const uint8_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t point = p[0] & lead_mask[n];

    for (size_t i = 1; i < n; i++)
        point = point << 6 | (p[i] & 0x3F);
    return point;
}

typedef struct range {
    uint32_t first;
    uint32_t last;
} range;

static bool is_within(uint32_t point, const range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (point >= ranges[i].first && point <= ranges[i].last)
            return true;
    }
    return false;
}

/* Source: Unicode 15 general categories Cc, Cf (those that reorder or hide text), Zl, Zp. */
static bool is_unsafe(uint32_t point)
{
    static const range unsafe[] = {
        {0x0000, 0x001F}, {0x007F, 0x009F},   {0x00AD, 0x00AD}, {0x061C, 0x061C},
        {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };

    return is_within(point, unsafe, CU_COUNT_OF(unsafe));
}

/*
 * Source: Unicode 15: Cc but tab and line feed; Zl, Zp; the embeddings, overrides and isolates
 * of UAX 9; the deprecated and the annotating of Cf. What scripts are written with stays out:
 * joiners and the marks of direction.
 */
static bool is_steering(uint32_t point)
{
    static const range steering[] = {
        {0x0000, 0x0008}, {0x000B, 0x001F}, {0x007F, 0x009F},
        {0x2028, 0x202E}, {0x2066, 0x206F}, {0xFFF9, 0xFFFB},
    };

    return is_within(point, steering, CU_COUNT_OF(steering));
}

/* Source: Unicode 15: Zs, variation selectors, fillers, and the braille pattern of no dot. */
static bool is_blank(uint32_t point)
{
    static const range blanks[] = {
        {0x0020, 0x0020}, {0x00A0, 0x00A0}, {0x034F, 0x034F}, {0x115F, 0x1160},
        {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F}, {0x2000, 0x200A},
        {0x202F, 0x202F}, {0x205F, 0x205F}, {0x2800, 0x2800}, {0x3000, 0x3000},
        {0x3164, 0x3164}, {0xFE00, 0xFE0F}, {0xFFA0, 0xFFA0},
    };

    return is_within(point, blanks, CU_COUNT_OF(blanks));
}

/* The bytes of the next character; 1 where it is none. */
static size_t step_of(cu_bytes text)
{
    const size_t n = cu_text_character(text);

    return n == 0 ? 1 : n;
}

size_t cu_text_count(cu_bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.n; i += step_of(cu_bytes_slice(text, i, text.n)))
        count++;
    return count;
}

bool cu_text_is_visible(cu_bytes text)
{
    for (size_t i = 0; i < text.n; i += step_of(cu_bytes_slice(text, i, text.n))) {
        const size_t n = cu_text_character(cu_bytes_slice(text, i, text.n));
        const uint32_t point = n == 0 ? 0 : code_point(text.p + i, n);

        if (n == 0 || (!is_unsafe(point) && !is_blank(point)))
            return true;
    }
    return false;
}

bool cu_text_find_steering(cu_bytes text, uint32_t *out)
{
    for (size_t i = 0; i < text.n; i += step_of(cu_bytes_slice(text, i, text.n))) {
        const size_t n = cu_text_character(cu_bytes_slice(text, i, text.n));
        const uint32_t point = n == 0 ? ' ' : code_point(text.p + i, n);

        if (is_steering(point)) {
            *out = point;
            return true;
        }
    }
    return false;
}

void cu_text_append_shown(cu_buffer *out, cu_bytes text)
{
    size_t i = 0;

    while (i < text.n) {
        const size_t n = cu_text_character(cu_bytes_slice(text, i, text.n));

        if (n == 0) {
            cu_buffer_format(out, "\\x%02x", text.p[i]);
            i++;
            continue;
        }

        const uint32_t point = code_point(text.p + i, n);

        if (!is_unsafe(point))
            cu_buffer_append(out, text.p + i, n);
        else if (point < 0x80)
            cu_buffer_format(out, "\\x%02x", point);
        else
            cu_buffer_format(out, "\\u{%x}", point);
        i += n;
    }
}

void cu_text_show(cu_buffer *out, const char *text)
{
    cu_text_append_shown(out, (cu_bytes){(const uint8_t *)text, strlen(text)});
}

/* One line of a text, up to its end; answers how long it is. */
static size_t show_to_end(cu_buffer *out, const char *text)
{
    const size_t n = strcspn(text, "\n");

    for (size_t i = 0; i < n;) {
        const size_t words = strcspn(text + i, "\t\n");

        cu_text_append_shown(out, (cu_bytes){(const uint8_t *)text + i, words});
        i += words;
        if (text[i] == '\t') {
            cu_buffer_u8(out, ' ');
            i++;
        }
    }
    return n;
}

void cu_text_show_lines(cu_buffer *out, const char *text, size_t indent)
{
    text += show_to_end(out, text);
    while (text[strspn(text, "\n")] != '\0') {
        cu_buffer_format(out, "\n%*s", (int)indent, "");
        text += 1 + show_to_end(out, text + 1);
    }
}

void cu_text_show_in_line(cu_buffer *out, const char *text)
{
    text += show_to_end(out, text);
    while (*text != '\0') {
        cu_buffer_format(out, " ¶ ");
        text += 1 + show_to_end(out, text + 1);
    }
}

static bool is_inside_character(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

void cu_text_fit(const char *text, size_t head, char *out, size_t room)
{
    static const char gap[] = "…";
    const size_t n = strlen(text);

    if (n < room) {
        memcpy(out, text, n + 1);
        return;
    }

    size_t tail = n - (room - sizeof gap - head);

    while (head > 0 && is_inside_character(text[head]))
        head--;
    while (is_inside_character(text[tail]))
        tail++;
    memcpy(out, text, head);
    memcpy(out + head, gap, sizeof gap - 1);
    memcpy(out + head + sizeof gap - 1, text + tail, n - tail + 1);
}
