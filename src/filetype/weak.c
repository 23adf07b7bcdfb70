/* SPDX-License-Identifier: Apache-2.0 */
/* Magics of two or three bytes: noise and letters have them too, so more must agree. */
#include "filetype/probe.h"

const char *cu_filetype_mz(cu_bytes head)
{
    enum { page_bytes = 512 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 2);
    const uint16_t last_page = cu_cursor_u16le(&c);
    const uint16_t pages = cu_cursor_u16le(&c);
    cu_cursor_take(&c, 2);
    const uint16_t header_paragraphs = cu_cursor_u16le(&c);
    if (c.bad || last_page >= page_bytes || pages == 0 || header_paragraphs == 0)
        return NULL;
    return "application/vnd.microsoft.portable-executable";
}

const char *cu_filetype_bzip2(cu_bytes head)
{
    if (head.n < 10 || head.p[3] < '1' || head.p[3] > '9')
        return NULL;
    return cu_filetype_has(head, 4, "1AY&SY") || cu_filetype_has(head, 4, "\x17rE8P\x90")
               ? "application/x-bzip2"
               : NULL;
}

/* Source: compress(1): bit 7 is block mode, bits 5 and 6 are free, the rest is 9 to 16. */
const char *cu_filetype_compress(cu_bytes head)
{
    const unsigned flags = head.n > 2 ? head.p[2] : 0;
    const unsigned bits = flags & 0x1FU;

    return (flags & 0x60U) == 0 && bits >= 9 && bits <= 16 ? "application/x-compress" : NULL;
}

const char *cu_filetype_arj(cu_bytes head)
{
    enum { header_ceiling = 2600, first_part_least = 30 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 2);
    const uint16_t header = cu_cursor_u16le(&c);
    const uint8_t first_part = cu_cursor_u8(&c);
    if (c.bad || header > header_ceiling || first_part < first_part_least ||
        first_part > header)
        return NULL;
    return "application/x-arj";
}

/* The old binary header: its name has a length, and ends in a zero where that says. */
const char *cu_filetype_cpio(cu_bytes head)
{
    enum { header_bytes = 26, name_ceiling = 1024 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 20);
    const uint16_t name_bytes = cu_cursor_u16le(&c);
    cu_cursor_take(&c, 4);
    const cu_bytes name = cu_cursor_take(&c, name_bytes);
    if (c.bad || name_bytes < 2 || name_bytes > name_ceiling || name.p[name_bytes - 1] != 0)
        return NULL;
    return name.p[0] != 0 ? "application/x-cpio" : NULL;
}

/* UTF-16 behind its mark: no zero, no control characters, no half of a pair without the other.
 */
const char *cu_filetype_wide(cu_bytes head)
{
    cu_cursor c = cu_cursor_over(head);
    const bool big_endian = cu_cursor_u8(&c) == 0xFE;
    bool high = false;

    cu_cursor_take(&c, 1);
    while (cu_cursor_left(&c) >= 2) {
        const uint16_t unit = big_endian ? cu_cursor_u16be(&c) : cu_cursor_u16le(&c);
        const bool low = unit >= 0xDC00 && unit <= 0xDFFF;
        const bool layout = unit == '\t' || unit == '\n' || unit == '\r' || unit == '\f';

        if (low != high || (unit < ' ' && !layout) || unit >= 0xFFFE)
            return NULL;
        high = unit >= 0xD800 && unit <= 0xDBFF;
    }
    return head.n >= 4 ? "text/plain" : NULL;
}
