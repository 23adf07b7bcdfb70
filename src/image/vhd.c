/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VHD, fixed and dynamic. Source: Microsoft, "Virtual Hard Disk Image Format
 * Specification" 1.0. The bitmap before each block is passed over, as the makers of such disks
 * do when they read.
 */
#include "image/blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    footer_bytes = 512,
    dynamic_bytes = 1024,
    kind_fixed = 2,
    kind_dynamic = 3,
    kind_differencing = 4,
    block_max = 256 << 20,
};

typedef struct vhd {
    cu_blocks blocks; /* first */
    uint64_t table_at;
    uint32_t table_count;
    uint32_t block_bytes;
    uint32_t bitmap_bytes;
    uint64_t media_end; /* of a fixed one, in the file */
} vhd;

typedef struct footer {
    uint64_t dynamic_at;
    uint64_t bytes;
    uint32_t kind;
} footer;

/* The bytes' sum, less the four of the checksum itself, with every bit turned. */
static uint32_t checksum_of(const uint8_t *p, size_t n, size_t stored_at)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += i >= stored_at && i < stored_at + 4 ? 0 : p[i];
    return ~sum;
}

static bool parse_footer(cu_bytes bytes, footer *out)
{
    cu_cursor c = cu_cursor_over(bytes);

    if (bytes.n < footer_bytes || !cu_bytes_starts(bytes, "conectix", 8))
        return false;
    cu_cursor_take(&c, 16); /* cookie, features, version */
    out->dynamic_at = cu_cursor_u64be(&c);
    cu_cursor_take(&c, 24); /* time, creator and its version and system, original size */
    out->bytes = cu_cursor_u64be(&c);
    cu_cursor_take(&c, 4); /* cylinders, heads, sectors: a smaller disk than there is */
    out->kind = cu_cursor_u32be(&c);
    return cu_cursor_u32be(&c) == checksum_of(bytes.p, footer_bytes, 64);
}

/* The footer at the file's end. */
static bool read_footer(const cu_segment *segment, footer *out)
{
    uint8_t bytes[footer_bytes];

    return segment->bytes >= footer_bytes &&
           cu_segment_read(segment, segment->bytes - footer_bytes, bytes, sizeof bytes) &&
           parse_footer((cu_bytes){bytes, sizeof bytes}, out);
}

static bool claims(const cu_segments *segments, cu_bytes head)
{
    footer unused;

    return segments->count == 1 && !segments->is_device &&
           (cu_bytes_starts(head, "conectix", 8) || read_footer(&segments->list[0], &unused));
}

static void find_fixed(cu_image *image, CU_UNUSED uint64_t offset, cu_block *out)
{
    const vhd *const self = image->own;

    if (offset < self->media_end)
        *out = (cu_block){.kind = CU_BLOCK_STORED,
                          .bytes = self->media_end,
                          .segment = &image->segments->list[0]};
    else
        *out = (cu_block){.kind = CU_BLOCK_LOST,
                          .start = self->media_end,
                          .bytes = image->facts.bytes - self->media_end,
                          .why = "the file ends before it"};
}

static void find_dynamic(cu_image *image, uint64_t offset, cu_block *out)
{
    vhd *const self = image->own;
    const cu_segment *const segment = &image->segments->list[0];
    const uint64_t number = offset / self->block_bytes;
    uint8_t bytes[4];

    *out = (cu_block){.kind = CU_BLOCK_FILL,
                      .start = number * self->block_bytes,
                      .bytes = self->block_bytes,
                      .segment = segment};
    if (number >= self->table_count ||
        !cu_blocks_peek(&self->blocks, segment, self->table_at + number * 4, bytes, 4)) {
        out->kind = CU_BLOCK_LOST;
        out->why = "its entry of the block table is gone";
        return;
    }

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, 4});
    const uint32_t sector = cu_cursor_u32be(&c);

    if (sector == UINT32_MAX)
        return;
    out->kind = CU_BLOCK_STORED;
    out->at = (uint64_t)sector * 512 + self->bitmap_bytes;
}

static cu_status open_fixed(cu_image *image, const footer *from)
{
    vhd *const self = image->own;
    const uint64_t there = image->segments->list[0].bytes - footer_bytes;

    self->blocks.find = find_fixed;
    self->media_end = there < from->bytes ? there : from->bytes;
    if (there != from->bytes)
        cu_image_add_remark(image, "its footer says %llu bytes, and its file holds %llu",
                            (unsigned long long)from->bytes, (unsigned long long)there);
    return CU_OK;
}

static cu_status open_dynamic(cu_image *image, const footer *from, cu_err *err)
{
    vhd *const self = image->own;
    uint8_t bytes[dynamic_bytes];

    if (!cu_segment_read(&image->segments->list[0], from->dynamic_at, bytes, sizeof bytes) ||
        memcmp(bytes, "cxsparse", 8) != 0)
        return cu_fail(err, CU_EFORMAT, "its dynamic header is gone");

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    cu_cursor_take(&c, 16); /* cookie, and the next header, of which there is none */
    self->table_at = cu_cursor_u64be(&c);
    cu_cursor_take(&c, 4); /* version */
    self->table_count = cu_cursor_u32be(&c);
    self->block_bytes = cu_cursor_u32be(&c);
    if (cu_cursor_u32be(&c) != checksum_of(bytes, sizeof bytes, 36))
        cu_image_add_remark(image, "the checksum of its dynamic header is wrong");
    if (self->block_bytes < 512 || self->block_bytes > block_max ||
        self->block_bytes % 512 != 0 || self->table_at > INT64_MAX)
        return cu_fail(err, CU_EFORMAT, "it claims impossible sizes");
    self->bitmap_bytes = (self->block_bytes / 512 / 8 + 511) / 512 * 512;
    if (self->bitmap_bytes == 0)
        self->bitmap_bytes = 512;
    self->blocks.find = find_dynamic;
    if (self->table_count < (from->bytes + self->block_bytes - 1) / self->block_bytes)
        cu_image_add_remark(image, "its block table is too short for its size");
    return CU_OK;
}

static cu_status find_footer(cu_image *image, footer *out, cu_err *err)
{
    const cu_segment *const segment = &image->segments->list[0];
    uint8_t bytes[footer_bytes];

    if (read_footer(segment, out))
        return CU_OK;
    if (!cu_segment_read(segment, 0, bytes, sizeof bytes) ||
        !parse_footer((cu_bytes){bytes, sizeof bytes}, out) || out->kind == kind_fixed)
        return cu_fail(err, CU_EFORMAT, "its footer is damaged, and so is the copy");
    cu_image_add_remark(image, "its footer is damaged or cut off: the copy was used");
    return CU_OK;
}

static cu_status open_vhd(cu_image *image, cu_err *err)
{
    vhd *const self = calloc(1, sizeof *self);
    footer from = {0};
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->own = self;
    st = find_footer(image, &from, err);
    if (st != CU_OK)
        return st;
    if (from.bytes == 0 || from.bytes > CU_BLOCK_MEDIA_MAX)
        return cu_fail(err, CU_EFORMAT, "it claims an impossible size");
    if (from.kind == kind_differencing)
        return cu_fail(err, CU_EUNSUPPORTED,
                       "it is a differencing disk: it holds changes to another file only");
    if (from.kind != kind_fixed && from.kind != kind_dynamic)
        return cu_fail(err, CU_EUNSUPPORTED, "its kind of disk, %u, is not known", from.kind);
    st = cu_blocks_init(&self->blocks, 0, err);
    if (st == CU_OK)
        st = from.kind == kind_fixed ? open_fixed(image, &from)
                                     : open_dynamic(image, &from, err);
    (void)snprintf(image->facts.format, sizeof image->facts.format, "vhd");
    image->facts.bytes = from.bytes;
    image->facts.sector_bytes = 512;
    return st;
}

static void close_vhd(cu_image *image)
{
    vhd *const self = image->own;

    if (self == NULL)
        return;
    cu_blocks_fini(&self->blocks);
    free(self);
    image->own = NULL;
}

const cu_image_format cu_vhd_format = {.name = "vhd",
                                       .claims = claims,
                                       .open = open_vhd,
                                       .close = close_vhd,
                                       .read_at = cu_blocks_read};
