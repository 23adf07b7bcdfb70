/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures: what their first bytes must agree on, and which camera wrote a raw one. */
#include "filetype/probe.h"

#include <string.h>

/* FF D8 FF is in noise often enough: the marker after it must be one that may open a picture.
 */
const char *cu_filetype_jpeg(cu_bytes head)
{
    enum { fill_ceiling = 16 };

    size_t at = 3;

    while (at < head.n && at < fill_ceiling && head.p[at] == 0xFF)
        at++;
    if (at >= head.n)
        return NULL;

    const uint8_t marker = head.p[at];
    const bool frame = marker >= 0xC0 && marker <= 0xCF && marker != 0xC8;
    const bool table = marker == 0xDB || marker == 0xDD || marker == 0xDA;
    const bool named = (marker >= 0xE0 && marker <= 0xEF) || marker == 0xFE;
    cu_cursor c = cu_cursor_over(cu_bytes_slice(head, at + 1, 2));
    const uint16_t segment_bytes = cu_cursor_u16be(&c);

    if (!frame && !table && !named)
        return NULL;
    return c.bad || segment_bytes >= 2 ? "image/jpeg" : NULL;
}

const char *cu_filetype_png(cu_bytes head)
{
    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 8);
    while (!c.bad) {
        const uint32_t size = cu_cursor_u32be(&c);
        const cu_bytes name = cu_cursor_take(&c, 4);

        if (cu_filetype_has(name, 0, "acTL"))
            return "image/apng";
        if (c.bad || cu_filetype_has(name, 0, "IDAT"))
            break;
        cu_cursor_take(&c, size);
        cu_cursor_take(&c, 4); /* checksum */
    }
    return "image/png";
}

const char *cu_filetype_bmp(cu_bytes head)
{
    static const uint32_t header_sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 10); /* BM, file size, two reserved */
    const uint32_t pixels_at = cu_cursor_u32le(&c);
    const uint32_t header_bytes = cu_cursor_u32le(&c);
    if (c.bad || pixels_at < 14 + 12)
        return NULL;
    for (size_t i = 0; i < CU_COUNT_OF(header_sizes); i++)
        if (header_bytes == header_sizes[i])
            return "image/bmp";
    return NULL;
}

const char *cu_filetype_icon(cu_bytes head)
{
    enum { entry_bytes = 16, count_ceiling = 256 };

    cu_cursor c = cu_cursor_over(head);

    cu_cursor_take(&c, 2);
    const uint16_t kind = cu_cursor_u16le(&c);
    const uint16_t count = cu_cursor_u16le(&c);
    cu_cursor_take(&c, 3); /* width, height, colours */
    const uint8_t reserved = cu_cursor_u8(&c);
    cu_cursor_take(&c, 4);
    const uint32_t size = cu_cursor_u32le(&c);
    const uint32_t offset = cu_cursor_u32le(&c);

    if (c.bad || count == 0 || count > count_ceiling || (reserved != 0 && reserved != 255))
        return NULL;
    if (size < 16 || offset < 6U + (uint32_t)entry_bytes * count)
        return NULL;
    return kind == 1 ? "image/vnd.microsoft.icon" : "image/x-win-cursor";
}

typedef struct directory {
    cu_bytes head;
    bool big_endian;
    bool dng;
    bool has_parts; /* SubIFDs: a raw picture beside its preview */
    cu_bytes make;
} directory;

static uint16_t tiff_u16(cu_cursor *c, bool big_endian)
{
    return big_endian ? cu_cursor_u16be(c) : cu_cursor_u16le(c);
}

static uint32_t tiff_u32(cu_cursor *c, bool big_endian)
{
    return big_endian ? cu_cursor_u32be(c) : cu_cursor_u32le(c);
}

/* Source: TIFF 6.0, section 2; tag 50706 from the DNG specification. */
static void read_directory(directory *d)
{
    enum { entries_ceiling = 256, tag_make = 0x010F, tag_parts = 0x014A, tag_dng = 0xC612 };

    cu_cursor c = cu_cursor_over(d->head);

    cu_cursor_take(&c, 4);
    const uint32_t start = tiff_u32(&c, d->big_endian);
    c = cu_cursor_over(cu_bytes_slice(d->head, start, SIZE_MAX));
    const uint16_t count = tiff_u16(&c, d->big_endian);

    for (unsigned i = 0; i < count && i < entries_ceiling && !c.bad; i++) {
        const uint16_t tag = tiff_u16(&c, d->big_endian);
        tiff_u16(&c, d->big_endian); /* type */
        tiff_u32(&c, d->big_endian); /* count */
        const uint32_t value = tiff_u32(&c, d->big_endian);

        if (c.bad)
            return;
        d->dng = d->dng || tag == tag_dng;
        d->has_parts = d->has_parts || tag == tag_parts;
        if (tag == tag_make)
            d->make = cu_bytes_slice(d->head, value, 32);
    }
}

const char *cu_filetype_tiff(cu_bytes head)
{
    static const struct {
        const char *make;
        const char *type;
    } cameras[] = {
        {"NIKON", "image/x-nikon-nef"},
        {"SONY", "image/x-sony-arw"},
        {"PENTAX", "image/x-pentax-pef"},
        {"SAMSUNG", "image/x-samsung-srw"},
    };

    directory d = {.head = head, .big_endian = head.p[0] == 'M'};

    if (head.n < 8)
        return NULL;
    if (cu_filetype_has(head, 8, "CR\x02"))
        return "image/x-canon-cr2";
    read_directory(&d);
    if (d.dng)
        return "image/x-adobe-dng";
    for (size_t i = 0; d.has_parts && i < CU_COUNT_OF(cameras); i++)
        if (cu_filetype_has(d.make, 0, cameras[i].make))
            return cameras[i].type;
    return "image/tiff";
}

const char *cu_filetype_jp2(cu_bytes head)
{
    if (cu_filetype_has(head, 20, "jpx "))
        return "image/jpx";
    if (cu_filetype_has(head, 20, "jpm "))
        return "image/jpm";
    if (cu_filetype_has(head, 20, "mjp2"))
        return "video/mj2";
    return "image/jp2";
}

/* Two bytes are a weak magic: a run of zeros after them is no picture. */
const char *cu_filetype_jxl(cu_bytes head)
{
    const cu_bytes next = cu_bytes_slice(head, 2, 8);
    static const uint8_t zeros[8] = {0};

    if (next.n < sizeof zeros || memcmp(next.p, zeros, sizeof zeros) == 0)
        return NULL;
    return "image/jxl";
}
