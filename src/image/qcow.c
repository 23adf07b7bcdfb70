/* SPDX-License-Identifier: Apache-2.0 */
/*
 * QCOW, versions 1 to 3, with compressed clusters. Source: QEMU docs/interop/qcow2.txt; for
 * version 1, its block/qcow.c.
 */
#include "image/blocks.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    header_bytes = 104,
    bits_min = 9,
    bits_max = 21,
    sector_bits = 9,
};

#define OFFSET_MASK      0x00FFFFFFFFFFFE00ULL
#define ENTRY_ZERO       1ULL
#define ENTRY_COMPRESSED (1ULL << 62)
#define OLD_COMPRESSED   (1ULL << 63)

/* Incompatible features of version 3. */
enum {
    feature_dirty = 1,
    feature_corrupt = 2,
    feature_external = 4,
    feature_compression = 8,
    feature_subclusters = 16,
};

typedef struct qcow {
    cu_blocks blocks; /* first */
    uint32_t version;
    uint32_t cluster_bits;
    uint32_t table_bits; /* of entries in a second-level table */
    uint64_t table_at;   /* the first level */
    uint64_t table_count;
    struct libdeflate_decompressor *inflater;
} qcow;

typedef struct header {
    uint64_t backing_at;
    uint64_t bytes;
    uint32_t cipher;
    uint32_t snapshots;
    uint64_t features;
    uint8_t compression;
} header;

static bool claims(const cu_segments *segments, cu_bytes head)
{
    return segments->count == 1 && cu_bytes_starts(head, "QFI\xfb", 4);
}

/* ---- tables ---- */

/* One entry of a table; false where it is not there. */
static bool read_entry(qcow *self, const cu_segment *segment, uint64_t table, uint64_t index,
                       uint64_t *out)
{
    uint8_t bytes[8];
    uint64_t at = 0;

    if (__builtin_add_overflow(table, index * 8, &at) ||
        !cu_blocks_peek(&self->blocks, segment, at, bytes, sizeof bytes))
        return false;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    *out = cu_cursor_u64be(&c);
    return true;
}

static void set_packed(const qcow *self, uint64_t entry, cu_block *out)
{
    out->kind = CU_BLOCK_PACKED;
    if (self->version == 1) {
        const uint32_t shift = 63 - self->cluster_bits;

        out->at = entry & ((1ULL << shift) - 1);
        out->packed = entry >> shift & ((1ULL << self->cluster_bits) - 1);
        return;
    }

    const uint32_t shift = 62 - (self->cluster_bits - 8);
    const uint64_t sectors = (entry >> shift & ((1ULL << (self->cluster_bits - 8)) - 1)) + 1;

    out->at = entry & ((1ULL << shift) - 1);
    out->packed = (sectors << sector_bits) - (out->at & ((1 << sector_bits) - 1));
}

static void set_place(const qcow *self, uint64_t entry, cu_block *out)
{
    const uint64_t compressed = self->version == 1 ? OLD_COMPRESSED : ENTRY_COMPRESSED;

    if ((entry & compressed) != 0) {
        set_packed(self, entry, out);
        return;
    }
    if (self->version == 3 && (entry & ENTRY_ZERO) != 0)
        return;
    out->at = self->version == 1 ? entry : entry & OFFSET_MASK;
    if (out->at != 0)
        out->kind = CU_BLOCK_STORED;
}

static void find(cu_image *image, uint64_t offset, cu_block *out)
{
    qcow *const self = image->own;
    const cu_segment *const segment = &image->segments->list[0];
    const uint64_t number = offset >> self->cluster_bits;
    const uint64_t first = number >> self->table_bits;
    const uint64_t second = number & ((1ULL << self->table_bits) - 1);
    uint64_t entry = 0;

    *out = (cu_block){.kind = CU_BLOCK_FILL,
                      .start = number << self->cluster_bits,
                      .bytes = 1ULL << self->cluster_bits,
                      .segment = segment};
    if (first >= self->table_count ||
        !read_entry(self, segment, self->table_at, first, &entry)) {
        out->kind = CU_BLOCK_LOST;
        out->why = "its entry of the first table is gone";
        return;
    }
    if (self->version > 1)
        entry &= OFFSET_MASK;
    if (entry == 0) {
        /* None of the clusters of this table was ever written. */
        out->start = first << (self->table_bits + self->cluster_bits);
        out->bytes = 1ULL << (self->table_bits + self->cluster_bits);
        return;
    }
    if (!read_entry(self, segment, entry, second, &entry)) {
        out->kind = CU_BLOCK_LOST;
        out->why = "its entry of the second table is gone";
        return;
    }
    set_place(self, entry, out);
}

static const char *unpack(cu_image *image, const cu_block *block, cu_bytes packed, uint8_t *out)
{
    const qcow *const self = image->own;
    size_t used = 0;
    size_t got = 0;

    /* What lies behind the stream, to the end of its last sector, is another cluster's. */
    if (libdeflate_deflate_decompress_ex(self->inflater, packed.p, packed.n, out,
                                         (size_t)block->bytes, &used,
                                         &got) != LIBDEFLATE_SUCCESS ||
        got != block->bytes)
        return "its compressed cluster is damaged";
    return NULL;
}

/* ---- opening and closing ---- */

static void parse_old(cu_cursor *c, qcow *self, header *out)
{
    cu_cursor_take(c, 4); /* time */
    out->bytes = cu_cursor_u64be(c);
    self->cluster_bits = cu_cursor_u8(c);
    self->table_bits = cu_cursor_u8(c);
    cu_cursor_take(c, 2);
    out->cipher = cu_cursor_u32be(c);
    self->table_at = cu_cursor_u64be(c);
    if (self->cluster_bits >= bits_min && self->cluster_bits <= bits_max &&
        self->table_bits <= bits_max && out->bytes <= CU_BLOCK_MEDIA_MAX)
        self->table_count = (out->bytes >> (self->cluster_bits + self->table_bits)) + 1;
}

static void parse_new(cu_cursor *c, qcow *self, header *out)
{
    self->cluster_bits = cu_cursor_u32be(c);
    self->table_bits = self->cluster_bits - 3;
    out->bytes = cu_cursor_u64be(c);
    out->cipher = cu_cursor_u32be(c);
    self->table_count = cu_cursor_u32be(c);
    self->table_at = cu_cursor_u64be(c);
    cu_cursor_take(c, 12); /* counts of references: for writing only */
    out->snapshots = cu_cursor_u32be(c);
    cu_cursor_take(c, 8); /* where they are */
    if (self->version < 3)
        return;
    out->features = cu_cursor_u64be(c);
    cu_cursor_take(c, 20); /* compatible and autoclear features, width of a count */

    const uint32_t length = cu_cursor_u32be(c);

    if (length > header_bytes - 1 && (out->features & feature_compression) != 0)
        out->compression = c->view.n > 104 ? c->view.p[104] : 0;
}

static cu_status refuse(const qcow *self, const header *from, cu_err *err)
{
    if (self->version < 1 || self->version > 3)
        return cu_fail(err, CU_EUNSUPPORTED, "version %u is not read", self->version);
    if (from->cipher != 0)
        return cu_fail(err, CU_EUNSUPPORTED, "it is encrypted");
    if (from->backing_at != 0)
        return cu_fail(err, CU_EUNSUPPORTED,
                       "it has a backing file: it holds changes to another file only");
    if ((from->features & feature_external) != 0)
        return cu_fail(err, CU_EUNSUPPORTED, "its data lie in another file");
    if ((from->features & feature_subclusters) != 0)
        return cu_fail(err, CU_EUNSUPPORTED, "clusters in parts (extended L2) are not read");
    if (from->compression != 0)
        return cu_fail(err, CU_EUNSUPPORTED, "its compression, %u, is not read",
                       from->compression);
    if ((from->features & ~31ULL) != 0)
        return cu_fail(err, CU_EUNSUPPORTED, "it uses features that are not known: %llx",
                       (unsigned long long)from->features);
    if (self->cluster_bits < bits_min || self->cluster_bits > bits_max ||
        self->table_bits > bits_max || self->table_bits < 1 || from->bytes == 0 ||
        from->bytes > CU_BLOCK_MEDIA_MAX)
        return cu_fail(err, CU_EFORMAT, "it claims impossible sizes");
    return CU_OK;
}

static cu_status read_header(cu_image *image, header *out, cu_err *err)
{
    qcow *const self = image->own;
    const cu_segment *const segment = &image->segments->list[0];
    uint8_t bytes[header_bytes + 8] = {0};
    const size_t n = segment->bytes < sizeof bytes ? (size_t)segment->bytes : sizeof bytes;

    if (!cu_segment_read(segment, 0, bytes, n))
        return cu_fail_os(err, "could not read its header");

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, n});

    cu_cursor_take(&c, 4);
    self->version = cu_cursor_u32be(&c);
    out->backing_at = cu_cursor_u64be(&c);
    cu_cursor_take(&c, 4); /* length of the backing file's name */
    if (self->version == 1)
        parse_old(&c, self, out);
    else
        parse_new(&c, self, out);
    if (c.bad)
        return cu_fail(err, CU_EFORMAT, "its header is cut off");
    return refuse(self, out, err);
}

static void remark(cu_image *image, const header *from)
{
    const qcow *const self = image->own;
    const uint64_t reach = 1ULL << (self->cluster_bits + self->table_bits);

    if ((from->features & feature_corrupt) != 0)
        cu_image_add_remark(image, "it is marked as corrupt");
    if (from->snapshots != 0)
        cu_image_add_remark(image, "it holds %u snapshots, which are not read",
                            from->snapshots);
    if (self->table_count < (from->bytes + reach - 1) / reach)
        cu_image_add_remark(image, "its first table is too short for its size");
}

static cu_status open_qcow(cu_image *image, cu_err *err)
{
    qcow *const self = calloc(1, sizeof *self);
    header from = {0};
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->own = self;
    st = read_header(image, &from, err);
    if (st == CU_OK)
        st = cu_blocks_init(&self->blocks, (size_t)1 << self->cluster_bits, err);
    if (st != CU_OK)
        return st;
    self->inflater = libdeflate_alloc_decompressor();
    if (self->inflater == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->blocks.find = find;
    self->blocks.unpack = unpack;
    remark(image, &from);
    (void)snprintf(image->facts.format, sizeof image->facts.format, "%s",
                   self->version == 1 ? "qcow" : "qcow2");
    image->facts.bytes = from.bytes;
    image->facts.sector_bytes = 512;
    image->facts.unit_bytes = 1U << self->cluster_bits;
    return CU_OK;
}

static void close_qcow(cu_image *image)
{
    qcow *const self = image->own;

    if (self == NULL)
        return;
    if (self->inflater != NULL)
        libdeflate_free_decompressor(self->inflater);
    cu_blocks_fini(&self->blocks);
    free(self);
    image->own = NULL;
}

const cu_image_format cu_qcow_format = {.name = "qcow",
                                        .claims = claims,
                                        .open = open_qcow,
                                        .close = close_qcow,
                                        .read_at = cu_blocks_read};
