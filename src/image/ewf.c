/* SPDX-License-Identifier: Apache-2.0 */
/*
 * EWF-E01 (EnCase and FTK .E01, SMART .s01), read chunk by chunk: libewf inflates with zlib
 * under one lock, and a scan is bound by inflating. Source: Metz, "Expert Witness Compression
 * Format", sections 3 to 5.
 */
#include "image/format.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

enum {
    file_header_bytes = 13,
    section_bytes = 76,
    table_header_bytes = 24,
    sections_max = 1 << 20, /* in one segment */
    table_entries_max = 1 << 20,
    chunk_max = 8 << 20, /* bytes */
};

#define COMPRESSED 0x80000000U

/* One table of chunks: where its entries lie, and what they are counted from. */
typedef struct table {
    uint64_t first; /* number of its first chunk */
    uint32_t count;
    uint32_t segment;
    uint64_t base;
    uint64_t entries_at;
    uint64_t data_end; /* where the last chunk's bytes end */
} table;

typedef struct ewf {
    table *tables;
    size_t table_count;
    uint64_t chunks; /* in tables */
    uint32_t chunk_bytes;
    uint32_t *entries; /* of tables[loaded] */
    size_t loaded;     /* SIZE_MAX: none */
    struct libdeflate_decompressor *inflater;
    uint8_t *packed;       /* chunk_bytes and some */
    uint8_t *chunk;        /* the last one that was not read straight into place */
    uint64_t chunk_number; /* UINT64_MAX: none */
    bool chunk_good;
    bool table_is_bad; /* the last table failed its checksum: its copy is wanted */
    uint64_t sectors_end;
} ewf;

typedef struct section {
    char type[17];
    uint64_t at;
    uint64_t next;
    uint64_t bytes; /* with its descriptor */
} section;

/* Source: RFC 1950 section 8.2. */
static uint32_t adler_of(const uint8_t *p, size_t n)
{
    return libdeflate_adler32(1, p, n);
}

static bool claims(const cu_segments *segments, cu_bytes head)
{
    (void)segments;
    return cu_bytes_starts(head, "EVF\x09\x0d\x0a\xff\x00", 8);
}

/* ---- sections ---- */

static bool read_section(const cu_segment *segment, uint64_t at, section *out)
{
    uint8_t bytes[section_bytes];

    if (at > segment->bytes || segment->bytes - at < section_bytes ||
        !cu_segment_read(segment, at, bytes, sizeof bytes))
        return false;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    memcpy(out->type, bytes, 16);
    cu_cursor_take(&c, 16);
    out->type[16] = '\0';
    out->at = at;
    out->next = cu_cursor_u64le(&c);
    out->bytes = cu_cursor_u64le(&c);
    cu_cursor_take(&c, 40);
    return cu_cursor_u32le(&c) == adler_of(bytes, section_bytes - 4);
}

static cu_status read_volume(cu_image *image, const cu_segment *segment, const section *from,
                             cu_err *err)
{
    ewf *const self = image->own;
    uint8_t bytes[32];
    uint64_t size = 0;

    if (!cu_segment_read(segment, from->at + section_bytes, bytes, sizeof bytes))
        return cu_fail(err, CU_EFORMAT, "its volume section is cut off");

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});

    cu_cursor_take(&c, 8); /* media type; count of chunks, which the tables say again */

    const uint32_t sectors_per_chunk = cu_cursor_u32le(&c);
    const uint32_t sector_bytes = cu_cursor_u32le(&c);
    /* SMART's count has 32 bits, and zeros behind it. */
    const uint64_t sectors = from->bytes < 200 ? cu_cursor_u32le(&c) : cu_cursor_u64le(&c);

    if (sector_bytes < 256 || sector_bytes > 65536 || sectors_per_chunk == 0 ||
        sectors_per_chunk > chunk_max / sector_bytes || sectors == 0 ||
        __builtin_mul_overflow(sectors, (uint64_t)sector_bytes, &size) || size > INT64_MAX)
        return cu_fail(err, CU_EFORMAT, "it claims impossible sizes");
    self->chunk_bytes = sectors_per_chunk * sector_bytes;
    image->facts.bytes = size;
    image->facts.sector_bytes = sector_bytes;
    image->facts.unit_bytes = self->chunk_bytes;
    return CU_OK;
}

/* Whether the entries' own checksum is right; true where the table has none (SMART). */
static bool entries_are_good(const cu_segment *segment, const table *from, uint64_t section_end)
{
    const size_t n = (size_t)from->count * 4;
    uint8_t stored[4];
    uint8_t *const bytes = malloc(n + 1);
    bool good = bytes != NULL && cu_segment_read(segment, from->entries_at, bytes, n);

    if (good && section_end >= from->entries_at + n + 4 &&
        cu_segment_read(segment, from->entries_at + n, stored, 4)) {
        cu_cursor c = cu_cursor_over((cu_bytes){stored, 4});

        good = cu_cursor_u32le(&c) == adler_of(bytes, n);
    }
    free(bytes);
    return good;
}

static cu_status add_table(cu_image *image, const table *added, cu_err *err)
{
    ewf *const self = image->own;
    table *const grown = realloc(self->tables, (self->table_count + 1) * sizeof *grown);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->tables = grown;
    self->tables[self->table_count] = *added;
    self->tables[self->table_count++].first = self->chunks;
    self->chunks += added->count;
    return CU_OK;
}

static cu_status read_table(cu_image *image, uint32_t index, const section *from, bool is_copy,
                            cu_err *err)
{
    ewf *const self = image->own;
    const cu_segment *const segment = &image->segments->list[index];
    uint8_t bytes[table_header_bytes];

    if (is_copy && !self->table_is_bad)
        return CU_OK;
    self->table_is_bad = true;
    if (!cu_segment_read(segment, from->at + section_bytes, bytes, sizeof bytes))
        return CU_OK;

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, sizeof bytes});
    table read = {.segment = index, .count = cu_cursor_u32le(&c)};

    cu_cursor_take(&c, 4);
    read.base = cu_cursor_u64le(&c);
    cu_cursor_take(&c, 4);
    read.entries_at = from->at + section_bytes + table_header_bytes;
    read.data_end = self->sectors_end != 0 ? self->sectors_end : from->at + from->bytes;

    const bool good = cu_cursor_u32le(&c) == adler_of(bytes, table_header_bytes - 4) &&
                      read.count <= table_entries_max &&
                      entries_are_good(segment, &read, from->at + from->bytes);

    self->table_is_bad = !good;
    if (!good) {
        cu_image_add_remark(image, "segment %u: the chunk table at %llu is damaged%s",
                            index + 1, (unsigned long long)from->at,
                            is_copy ? ", its copy too" : "");
        return CU_OK;
    }
    if (is_copy)
        cu_image_add_remark(image, "segment %u: the copy of the chunk table was used",
                            index + 1);
    return add_table(image, &read, err);
}

static void read_digests(cu_image *image, const cu_segment *segment, const section *from)
{
    uint8_t bytes[36] = {0};
    static const uint8_t none[20];
    const bool both = strcmp(from->type, "digest") == 0;

    if (!cu_segment_read(segment, from->at + section_bytes, bytes, both ? 36 : 16))
        return;
    if (memcmp(bytes, none, 16) != 0) {
        memcpy(image->facts.stored_md5, bytes, 16);
        image->facts.has_md5 = true;
    }
    if (both && memcmp(bytes + 16, none, 20) != 0) {
        memcpy(image->facts.stored_sha1, bytes + 16, 20);
        image->facts.has_sha1 = true;
    }
}

static cu_status take_section(cu_image *image, uint32_t index, const section *from, cu_err *err)
{
    ewf *const self = image->own;
    const cu_segment *const segment = &image->segments->list[index];

    if (strcmp(from->type, "volume") == 0 || strcmp(from->type, "disk") == 0)
        return self->chunk_bytes != 0 ? CU_OK : read_volume(image, segment, from, err);
    if (strcmp(from->type, "sectors") == 0)
        self->sectors_end = from->at + from->bytes;
    else if (strcmp(from->type, "table") == 0)
        return read_table(image, index, from, false, err);
    else if (strcmp(from->type, "table2") == 0)
        return read_table(image, index, from, true, err);
    else if (strcmp(from->type, "hash") == 0 || strcmp(from->type, "digest") == 0)
        read_digests(image, segment, from);
    return CU_OK;
}

static cu_status read_segment(cu_image *image, uint32_t index, bool *done, cu_err *err)
{
    const cu_segment *const segment = &image->segments->list[index];
    uint8_t bytes[file_header_bytes];
    uint64_t at = file_header_bytes;
    ewf *const self = image->own;

    if (!cu_segment_read(segment, 0, bytes, sizeof bytes) ||
        !claims(image->segments, (cu_bytes){bytes, sizeof bytes}))
        return cu_fail(err, CU_EFORMAT, "segment %u is no EWF file", index + 1);
    if (((uint32_t)bytes[9] | (uint32_t)bytes[10] << 8) != index + 1)
        return cu_fail(err, CU_EFORMAT, "segment %u says that it is number %u", index + 1,
                       (uint32_t)bytes[9] | (uint32_t)bytes[10] << 8);
    self->sectors_end = 0;
    for (unsigned left = sections_max; left > 0; left--) {
        section read;

        if (!read_section(segment, at, &read)) {
            cu_image_add_remark(image, "segment %u: its chain of sections breaks at %llu",
                                index + 1, (unsigned long long)at);
            return CU_OK;
        }

        const cu_status st = take_section(image, index, &read, err);

        if (st != CU_OK)
            return st;
        *done = strcmp(read.type, "done") == 0;
        if (*done || strcmp(read.type, "next") == 0)
            return CU_OK;
        if (read.next <= at) {
            cu_image_add_remark(image, "segment %u: its chain of sections turns back at %llu",
                                index + 1, (unsigned long long)at);
            return CU_OK;
        }
        at = read.next;
    }
    return CU_OK;
}

/* ---- opening and closing ---- */

static void close_ewf(cu_image *image)
{
    ewf *const self = image->own;

    if (self == NULL)
        return;
    free(self->tables);
    free(self->entries);
    free(self->packed);
    free(self->chunk);
    if (self->inflater != NULL)
        libdeflate_free_decompressor(self->inflater);
    free(self);
    image->own = NULL;
}

static cu_status make_room(ewf *self, cu_err *err)
{
    self->inflater = libdeflate_alloc_decompressor();
    self->packed = malloc(2 * (size_t)self->chunk_bytes + 4096);
    self->chunk = malloc(self->chunk_bytes);
    self->loaded = SIZE_MAX;
    self->chunk_number = UINT64_MAX;
    if (self->inflater == NULL || self->packed == NULL || self->chunk == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    return CU_OK;
}

static cu_status open_ewf(cu_image *image, cu_err *err)
{
    ewf *const self = calloc(1, sizeof *self);
    bool done = false;
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->own = self;
    for (uint32_t i = 0; st == CU_OK && i < image->segments->count; i++)
        st = read_segment(image, i, &done, err);
    if (st == CU_OK && self->chunk_bytes == 0)
        st = cu_fail(err, CU_EFORMAT, "it has no volume section");
    if (st != CU_OK)
        return st;
    if (!done)
        cu_image_add_remark(image, "the last segment is missing or cut off");
    if (self->chunks < (image->facts.bytes + self->chunk_bytes - 1) / self->chunk_bytes)
        cu_image_add_remark(image, "its tables hold %llu chunks, and its size needs %llu",
                            (unsigned long long)self->chunks,
                            (unsigned long long)((image->facts.bytes + self->chunk_bytes - 1) /
                                                 self->chunk_bytes));
    memcpy(image->facts.format, "ewf", 4);
    return make_room(self, err);
}

/* ---- chunks ---- */

static const table *find_table(const ewf *self, uint64_t number)
{
    size_t low = 0;
    size_t high = self->table_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->tables[middle].first + self->tables[middle].count <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->table_count ? &self->tables[low] : NULL;
}

/* The entries of a table, and one more slot; false where they cannot be read. */
static bool load_entries(const cu_image *image, ewf *self, const table *from)
{
    const size_t index = (size_t)(from - self->tables);
    uint8_t *bytes = NULL;

    if (self->loaded == index)
        return true;
    self->loaded = SIZE_MAX;
    free(self->entries);
    self->entries = malloc(((size_t)from->count + 1) * sizeof *self->entries);
    bytes = malloc((size_t)from->count * 4 + 1);
    if (self->entries == NULL || bytes == NULL ||
        !cu_segment_read(&image->segments->list[from->segment], from->entries_at, bytes,
                         (size_t)from->count * 4)) {
        free(bytes);
        return false;
    }

    cu_cursor c = cu_cursor_over((cu_bytes){bytes, (size_t)from->count * 4});

    for (uint32_t i = 0; i < from->count; i++)
        self->entries[i] = cu_cursor_u32le(&c);
    free(bytes);
    self->loaded = index;
    return true;
}

/* The chunk's media bytes into out; NULL where that was done, else why not. */
static const char *read_chunk(const cu_image *image, ewf *self, uint64_t number, uint8_t *out,
                              size_t wanted)
{
    const table *const from = find_table(self, number);
    size_t n = 0;

    if (from == NULL || number < from->first || number - from->first >= from->count)
        return "its chunk is in no table: a segment is missing";
    if (!load_entries(image, self, from))
        return "its chunk table cannot be read";

    const uint32_t at = (uint32_t)(number - from->first);
    const uint64_t start = from->base + (self->entries[at] & ~COMPRESSED);
    const uint64_t end = at + 1 < from->count
                             ? from->base + (self->entries[at + 1] & ~COMPRESSED)
                             : from->data_end;

    if (end <= start || end - start > 2 * (uint64_t)self->chunk_bytes + 4096)
        return "its chunk has an impossible place";
    n = (size_t)(end - start);
    if (!cu_segment_read(&image->segments->list[from->segment], start, self->packed, n))
        return "its chunk cannot be read";
    if ((self->entries[at] & COMPRESSED) != 0) {
        size_t got = 0;

        if (libdeflate_zlib_decompress(self->inflater, self->packed, n, out, wanted, &got) !=
                LIBDEFLATE_SUCCESS ||
            got != wanted)
            return "its chunk is damaged";
        return NULL;
    }
    if (n < wanted + 4)
        return "its chunk is cut off";

    cu_cursor c = cu_cursor_over((cu_bytes){self->packed + wanted, 4});

    memcpy(out, self->packed, wanted);
    return cu_cursor_u32le(&c) == adler_of(self->packed, wanted)
               ? NULL
               : "its chunk's checksum is wrong";
}

/* The chunk's bytes that lie in a piece, which does not leave it. NULL, or why not. */
static const char *read_part(const cu_image *image, ewf *self, uint64_t number, size_t whole,
                             const cu_image_piece *part)
{
    const size_t skip = (size_t)(part->offset - number * self->chunk_bytes);
    const char *why = NULL;

    if (skip == 0 && part->n == whole)
        return read_chunk(image, self, number, part->out, whole);
    if (self->chunk_number != number) {
        why = read_chunk(image, self, number, self->chunk, whole);
        self->chunk_number = why == NULL ? number : UINT64_MAX;
    }
    if (why == NULL)
        memcpy(part->out, self->chunk + skip, part->n);
    return why;
}

static cu_status read_ewf(cu_image *image, const cu_image_piece *wanted, CU_UNUSED cu_err *err)
{
    ewf *const self = image->own;
    cu_image_piece rest = *wanted;

    while (rest.n > 0) {
        const uint64_t number = rest.offset / self->chunk_bytes;
        const uint64_t start = number * self->chunk_bytes;
        const uint64_t left = image->facts.bytes - start;
        const size_t whole = left < self->chunk_bytes ? (size_t)left : self->chunk_bytes;
        const size_t there = whole - (size_t)(rest.offset - start);
        cu_image_piece part = rest;

        part.n = there < rest.n ? there : rest.n;

        const char *const why = read_part(image, self, number, whole, &part);

        if (why != NULL)
            cu_image_lose(&part, why);
        rest.out += part.n;
        rest.offset += part.n;
        rest.n -= part.n;
    }
    return CU_OK;
}

const cu_image_format cu_ewf_format = {
    .name = "ewf", .claims = claims, .open = open_ewf, .close = close_ewf, .read_at = read_ewf};
