/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VMDK: sparse and flat, in one file or many, streamed with compressed grains, and the sparse
 * extents of ESX. Source: VMware, "Virtual Disk Format 5.0"; for ESX, its section on COWD.
 */
#include "image/blocks.h"
#include "image/descriptor.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    sector_bytes = 512,
    header_bytes = 79,
    marker_bytes = 12, /* before a compressed grain: its sector on the media, its bytes */
    entries_max = 1 << 20,
    esx_entries = 4096,
};

#define FLAG_ZEROED     (1U << 2)
#define FLAG_COMPRESSED (1U << 16)
#define AT_END          UINT64_MAX

typedef struct extent {
    uint64_t start; /* on the media */
    uint64_t bytes;
    cu_vmdk_extent_kind kind;
    const cu_segment *segment; /* NULL: missing */
    uint64_t at;               /* FLAT: in its file */
    uint32_t flags;            /* SPARSE, from here on */
    uint64_t grain_bytes;
    uint32_t entries;   /* in a grain table */
    uint64_t directory; /* in its file */
    uint64_t redundant; /* the directory's copy; 0: none */
} extent;

typedef struct vmdk {
    cu_blocks blocks; /* first */
    extent *list;
    size_t count;
    struct libdeflate_decompressor *inflater;
} vmdk;

static bool is_sparse(cu_bytes head)
{
    return cu_bytes_starts(head, "KDMV", 4) || cu_bytes_starts(head, "COWD\x01\0\0\0", 8);
}

static bool claims(CU_UNUSED const cu_segments *segments, cu_bytes head)
{
    return is_sparse(head) || cu_vmdk_is_descriptor(head);
}

/* ---- grains ---- */

/* An entry of a table of 32-bit sectors; false where it is not there. */
static bool read_sector(vmdk *self, const cu_segment *segment, uint64_t table, uint64_t index,
                        uint32_t *out)
{
    uint8_t bytes[4];

    if (!cu_blocks_peek(&self->blocks, segment, table + index * 4, bytes, sizeof bytes))
        return false;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    *out = cu_cursor_u32le(&c);
    return true;
}

/* The grain's entry by one directory. False: the directory or its table is not there. */
static bool look_up(vmdk *self, const extent *from, uint64_t directory, uint64_t grain,
                    uint32_t *out)
{
    uint32_t table = 0;

    *out = 0;
    return read_sector(self, from->segment, directory, grain / from->entries, &table) &&
           (table == 0 || read_sector(self, from->segment, (uint64_t)table * sector_bytes,
                                      grain % from->entries, out));
}

static void set_packed(vmdk *self, const extent *from, uint64_t grain, cu_block *out)
{
    uint8_t bytes[marker_bytes];

    if (!cu_blocks_peek(&self->blocks, from->segment, out->at, bytes, sizeof bytes)) {
        out->kind = CU_BLOCK_LOST;
        out->why = "the file ends before it";
        return;
    }

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    out->kind = CU_BLOCK_PACKED;
    if (cu_cursor_u64le(&c) != grain * (from->grain_bytes / sector_bytes)) {
        out->kind = CU_BLOCK_LOST;
        out->why = "its grain says that it belongs elsewhere";
    }
    out->packed = cu_cursor_u32le(&c);
    out->at += marker_bytes;
}

static void find_grain(vmdk *self, const extent *from, uint64_t offset, cu_block *out)
{
    const uint64_t grain = (offset - from->start) / from->grain_bytes;
    const uint64_t start = grain * from->grain_bytes;
    const uint64_t left = from->bytes - start;
    uint32_t sector = 0;

    out->start = from->start + start;
    out->bytes = left < from->grain_bytes ? left : from->grain_bytes;
    if (!look_up(self, from, from->directory, grain, &sector) &&
        (from->redundant == 0 || !look_up(self, from, from->redundant, grain, &sector))) {
        out->kind = CU_BLOCK_LOST;
        out->why = "its grain table is gone";
        return;
    }
    if (sector == 0 || (sector == 1 && (from->flags & FLAG_ZEROED) != 0))
        return;
    out->kind = CU_BLOCK_STORED;
    out->at = (uint64_t)sector * sector_bytes;
    if ((from->flags & FLAG_COMPRESSED) != 0)
        set_packed(self, from, grain, out);
}

static void find(cu_image *image, uint64_t offset, cu_block *out)
{
    vmdk *const self = image->own;
    size_t low = 0;
    size_t high = self->count - 1;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->list[middle].start + self->list[middle].bytes <= offset)
            low = middle + 1;
        else
            high = middle;
    }

    const extent *const from = &self->list[low];

    *out = (cu_block){.kind = CU_BLOCK_FILL,
                      .start = from->start,
                      .bytes = from->bytes,
                      .segment = from->segment,
                      .at = from->at};
    if (from->kind == CU_VMDK_ZERO)
        return;
    if (from->segment == NULL) {
        out->kind = CU_BLOCK_LOST;
        out->why = "the file of its extent is missing or broken";
        return;
    }
    out->kind = CU_BLOCK_STORED;
    if (from->kind == CU_VMDK_SPARSE) {
        out->kind = CU_BLOCK_FILL;
        find_grain(self, from, offset, out);
    }
}

static const char *unpack(cu_image *image, const cu_block *block, cu_bytes packed, uint8_t *out)
{
    const vmdk *const self = image->own;
    size_t got = 0;

    if (libdeflate_zlib_decompress(self->inflater, packed.p, packed.n, out,
                                   self->blocks.unit_bytes, &got) != LIBDEFLATE_SUCCESS ||
        got < block->bytes)
        return "its compressed grain is damaged";
    return NULL;
}

/* ---- sparse extents ---- */

typedef struct header {
    uint64_t capacity; /* sectors */
    uint64_t grain;    /* sectors */
    uint64_t descriptor_at;
    uint64_t descriptor_sectors;
    uint64_t directory; /* sectors */
    uint64_t redundant;
    uint32_t flags;
    uint32_t entries;
    uint32_t version;
    bool unclean;
} header;

static void parse_hosted(cu_cursor *c, header *out)
{
    out->version = cu_cursor_u32le(c);
    out->flags = cu_cursor_u32le(c);
    out->capacity = cu_cursor_u64le(c);
    out->grain = cu_cursor_u64le(c);
    out->descriptor_at = cu_cursor_u64le(c);
    out->descriptor_sectors = cu_cursor_u64le(c);
    out->entries = cu_cursor_u32le(c);
    out->redundant = cu_cursor_u64le(c);
    out->directory = cu_cursor_u64le(c);
    cu_cursor_take(c, 8); /* metadata before the first grain */
    out->unclean = cu_cursor_u8(c) != 0;
}

static void parse_esx(cu_cursor *c, header *out)
{
    out->version = cu_cursor_u32le(c);
    cu_cursor_take(c, 4); /* flags */
    out->capacity = cu_cursor_u32le(c);
    out->grain = cu_cursor_u32le(c);
    out->directory = cu_cursor_u32le(c);
    out->entries = esx_entries;
}

static bool read_header(const cu_segment *segment, uint64_t at, header *out)
{
    uint8_t bytes[header_bytes];
    const cu_bytes view = {bytes, sizeof bytes};

    if (!cu_segment_read(segment, at, bytes, sizeof bytes) || !is_sparse(view))
        return false;

    cu_cursor c = cu_cursor_over(view);

    cu_cursor_take(&c, 4);
    if (bytes[0] == 'K')
        parse_hosted(&c, out);
    else
        parse_esx(&c, out);
    return true;
}

/* The header, and where the directory is said to be at the end, the one that lies there. */
static cu_status read_headers(const cu_segment *segment, header *out, cu_err *err)
{
    if (!read_header(segment, 0, out))
        return cu_fail(err, CU_EFORMAT, "\"%.100s\" is no sparse extent", segment->name);
    if (out->directory == AT_END &&
        (segment->bytes < 1024 || !read_header(segment, segment->bytes - 1024, out) ||
         out->directory == AT_END))
        return cu_fail(
            err, CU_EFORMAT,
            "\"%.100s\" is cut off: its last part, which says where its grains are, is missing",
            segment->name);
    if (out->version < 1 || out->version > 3)
        return cu_fail(err, CU_EUNSUPPORTED, "version %u is not read", out->version);
    if (out->grain == 0 || out->grain * sector_bytes > cu_block_unit_max || out->entries == 0 ||
        out->entries > entries_max || out->capacity == 0 ||
        out->capacity > CU_BLOCK_MEDIA_MAX / sector_bytes ||
        out->directory > INT64_MAX / sector_bytes || out->redundant > INT64_MAX / sector_bytes)
        return cu_fail(err, CU_EFORMAT, "it claims impossible sizes");
    return CU_OK;
}

static cu_status open_sparse(cu_image *image, const cu_segment *segment, extent *to,
                             cu_err *err)
{
    header from = {0};
    const cu_status st = read_headers(segment, &from, err);

    if (st != CU_OK)
        return st;
    if (from.unclean)
        cu_image_add_remark(image, "\"%.60s\" was not closed", segment->name);
    to->kind = CU_VMDK_SPARSE;
    to->segment = segment;
    to->flags = from.flags;
    to->grain_bytes = from.grain * sector_bytes;
    to->entries = from.entries;
    to->directory = from.directory * sector_bytes;
    to->redundant = (from.flags & 2) != 0 ? from.redundant * sector_bytes : 0;
    if (to->bytes == 0)
        to->bytes = from.capacity * sector_bytes;
    if (to->bytes != from.capacity * sector_bytes)
        cu_image_add_remark(image, "\"%.60s\" has another size than its descriptor says",
                            segment->name);
    return CU_OK;
}

/* ---- the descriptor ---- */

static cu_status read_text(const cu_segment *segment, uint64_t at, uint64_t n,
                           cu_vmdk_descriptor *out, cu_err *err)
{
    cu_buffer text = {.ceiling = cu_vmdk_descriptor_max};
    cu_status st = CU_OK;

    if (at > segment->bytes)
        at = segment->bytes;
    if (n > segment->bytes - at)
        n = segment->bytes - at;
    if (n > cu_vmdk_descriptor_max)
        n = cu_vmdk_descriptor_max;
    if (!cu_buffer_reserve(&text, (size_t)n + 1))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = cu_segment_read(segment, at, text.p, (size_t)n)
             ? cu_vmdk_descriptor_parse((cu_bytes){text.p, (size_t)n}, out, err)
             : cu_fail_os(err, "could not read its descriptor");
    cu_buffer_free(&text);
    return st;
}

static const cu_segment *find_segment(const cu_image *image, const char *name)
{
    for (size_t i = 1; i < image->segments->count; i++) {
        if (strcmp(image->segments->list[i].name, name) == 0)
            return &image->segments->list[i];
    }
    return NULL;
}

static cu_status add_extent(cu_image *image, const cu_vmdk_extent *named, cu_err *err)
{
    vmdk *const self = image->own;
    extent *const to = &self->list[self->count];
    cu_err why = {0};

    *to = (extent){.start = image->facts.bytes,
                   .bytes = named->sectors * sector_bytes,
                   .kind = named->kind,
                   .at = named->first * sector_bytes};
    if (named->kind != CU_VMDK_ZERO) {
        to->segment = find_segment(image, named->file);
        if (to->segment == NULL)
            cu_image_add_remark(image, "the extent \"%.80s\" is missing", named->file);
    }
    if (to->segment != NULL && named->kind == CU_VMDK_SPARSE &&
        open_sparse(image, to->segment, to, &why) != CU_OK) {
        cu_image_add_remark(image, "the extent \"%.40s\" is broken: %.80s", named->file,
                            why.text);
        to->segment = NULL;
    }
    if (to->bytes > CU_BLOCK_MEDIA_MAX || image->facts.bytes > CU_BLOCK_MEDIA_MAX - to->bytes)
        return cu_fail(err, CU_EFORMAT, "it claims an impossible size");
    image->facts.bytes += to->bytes;
    self->count++;
    return CU_OK;
}

static cu_status open_described(cu_image *image, cu_err *err)
{
    vmdk *const self = image->own;
    cu_vmdk_descriptor text = {0};
    bool any = false;
    cu_status st = read_text(&image->segments->list[0], 0, UINT64_MAX, &text, err);

    if (st == CU_OK) {
        self->list = calloc(text.count, sizeof *self->list);
        if (self->list == NULL)
            st = cu_fail(err, CU_ENOMEM, "out of memory");
    }
    for (size_t i = 0; st == CU_OK && i < text.count; i++)
        st = add_extent(image, &text.list[i], err);
    for (size_t i = 0; st == CU_OK && i < self->count; i++)
        any = any || self->list[i].segment != NULL || self->list[i].kind == CU_VMDK_ZERO;
    if (st == CU_OK && !any)
        st = cu_fail(err, CU_ENOTFOUND,
                     "none of the %zu files that its descriptor names can be read", text.count);
    cu_vmdk_descriptor_free(&text);
    return st;
}

/* One file with all in it; the descriptor inside only says whether there is a parent. */
static cu_status open_alone(cu_image *image, cu_err *err)
{
    vmdk *const self = image->own;
    const cu_segment *const segment = &image->segments->list[0];
    cu_vmdk_descriptor text = {0};
    header from = {0};
    cu_status st = CU_OK;

    self->list = calloc(1, sizeof *self->list);
    if (self->list == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = open_sparse(image, segment, &self->list[0], err);
    if (st != CU_OK)
        return st;
    self->count = 1;
    image->facts.bytes = self->list[0].bytes;
    if (!read_header(segment, 0, &from) || from.descriptor_at == 0 ||
        from.descriptor_at > INT64_MAX / sector_bytes ||
        from.descriptor_sectors > INT64_MAX / sector_bytes)
        return CU_OK;

    cu_err why = {0};

    st = read_text(segment, from.descriptor_at * sector_bytes,
                   from.descriptor_sectors * sector_bytes, &text, &why);
    if (st == CU_EUNSUPPORTED)
        return cu_fail(err, st, "%s", why.text);
    if (st != CU_OK)
        cu_image_add_remark(image, "%s", why.text);
    else if (text.count != 1)
        cu_image_add_remark(image, "its descriptor names %zu extents: only this one was read",
                            text.count);
    cu_vmdk_descriptor_free(&text);
    return CU_OK;
}

/* ---- opening and closing ---- */

static cu_status open_vmdk(cu_image *image, cu_err *err)
{
    vmdk *const self = calloc(1, sizeof *self);
    uint8_t head[32] = {0};
    const uint64_t there = image->segments->list[0].bytes;
    const size_t n = there < sizeof head ? (size_t)there : sizeof head;
    size_t unit_bytes = 0;
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->own = self;
    if (!cu_segment_read(&image->segments->list[0], 0, head, n))
        return cu_fail_os(err, "could not read its header");
    st = is_sparse((cu_bytes){head, n}) ? open_alone(image, err) : open_described(image, err);
    if (st != CU_OK)
        return st;
    for (size_t i = 0; i < self->count; i++) {
        if ((self->list[i].flags & FLAG_COMPRESSED) != 0 &&
            self->list[i].grain_bytes > unit_bytes)
            unit_bytes = (size_t)self->list[i].grain_bytes;
    }
    st = cu_blocks_init(&self->blocks, unit_bytes, err);
    self->inflater = libdeflate_alloc_decompressor();
    if (st == CU_OK && self->inflater == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    self->blocks.find = find;
    self->blocks.unpack = unpack;
    (void)snprintf(image->facts.format, sizeof image->facts.format, "vmdk");
    image->facts.sector_bytes = sector_bytes;
    image->facts.unit_bytes = (uint32_t)unit_bytes;
    return st;
}

static void close_vmdk(cu_image *image)
{
    vmdk *const self = image->own;

    if (self == NULL)
        return;
    if (self->inflater != NULL)
        libdeflate_free_decompressor(self->inflater);
    cu_blocks_fini(&self->blocks);
    free(self->list);
    free(self);
    image->own = NULL;
}

const cu_image_format cu_vmdk_format = {.name = "vmdk",
                                        .claims = claims,
                                        .open = open_vmdk,
                                        .close = close_vmdk,
                                        .read_at = cu_blocks_read};
