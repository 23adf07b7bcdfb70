/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8, and escapes for what is not, or is not safe to show. */
#include "base/text.h"

static bool continues(cu_bytes view, size_t i, uint8_t low, uint8_t high)
{
    return i < view.n && view.p[i] >= low && view.p[i] <= high;
}

size_t cu_text_character(cu_bytes view)
{
    if (view.n == 0)
        return 0;

    const uint8_t lead = view.p[0];

    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF)
        return continues(view, 1, 0x80, 0xBF) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        const uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;
        const uint8_t high = lead == 0xED ? 0x9F : 0xBF;

        return continues(view, 1, low, high) && continues(view, 2, 0x80, 0xBF) ? 3 : 0;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        const uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
        const uint8_t high = lead == 0xF4 ? 0x8F : 0xBF;

        return continues(view, 1, low, high) && continues(view, 2, 0x80, 0xBF) &&
                       continues(view, 3, 0x80, 0xBF)
                   ? 4
                   : 0;
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

/* Source: Unicode 15 general categories Cc, Cf (those that reorder or hide text), Zl, Zp. */
static bool is_unsafe(uint32_t point)
{
    static const struct {
        uint32_t first;
        uint32_t last;
    } unsafe[] = {
        {0x0000, 0x001F}, {0x007F, 0x009F},   {0x00AD, 0x00AD}, {0x061C, 0x061C},
        {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFB}, {0xE0000, 0xE0FFF},
    };

    for (size_t i = 0; i < CU_COUNT_OF(unsafe); i++) {
        if (point >= unsafe[i].first && point <= unsafe[i].last)
            return true;
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
