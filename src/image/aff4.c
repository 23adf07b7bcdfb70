/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AFF4 images of disks: a map from the media to compressed streams, in a zip file. Source:
 * Schatz, "AFF4 Standard" 1.0, sections 2 to 6. Each chunk is checked against its stored
 * digest.
 */
#include "image/aff4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    map_entry_bytes = 28,
    map_entries_max = 4 << 20,
    streams_max = 256,
    text_max = 16 << 20, /* of the statements */
};

#define AFF4(name) "http://aff4.org/Schema#" name

/* What a place of the map points to. */
typedef struct target {
    cu_block_kind kind; /* FILL, LOST, or PACKED: a stream */
    uint8_t fill;
    const char *why;
    cu_aff4_stream stream;
} target;

typedef struct run {
    uint64_t start; /* on the media */
    uint64_t bytes;
    uint64_t at; /* in the target */
    uint32_t target;
} run;

typedef struct aff4 {
    cu_blocks blocks; /* first */
    cu_zip zip;
    cu_turtle statements;
    target gap; /* what no place of the map covers */
    target *targets;
    size_t target_count;
    run *runs;
    size_t run_count;
    cu_aff4_codec codec;
} aff4;

static bool claims(const cu_segments *segments, cu_bytes head)
{
    static const char name[] = "container.description";

    return segments->count == 1 && cu_bytes_starts(head, "PK\x03\x04", 4) &&
           cu_bytes_starts(cu_bytes_slice(head, 30, head.n), name, sizeof name - 1);
}

/* ---- reading ---- */

/* The last run that starts at or before offset; NULL: none does. */
static const run *find_run(const aff4 *self, uint64_t offset)
{
    size_t low = 0;
    size_t high = self->run_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->runs[middle].start <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? NULL : &self->runs[low - 1];
}

static void find(cu_image *image, uint64_t offset, cu_block *out)
{
    aff4 *const self = image->own;
    const run *const from = find_run(self, offset);
    const bool inside = from != NULL && offset - from->start < from->bytes;
    const target *const to = inside ? &self->targets[from->target] : &self->gap;
    const run *const after = from == NULL ? self->runs : from + 1;
    const bool last = after == self->runs + self->run_count;

    *out = (cu_block){.kind = to->kind, .fill = to->fill, .why = to->why};
    if (inside) {
        out->start = from->start;
        out->bytes = from->bytes;
    } else {
        out->start = from == NULL ? 0 : from->start + from->bytes;
        out->bytes = (last ? image->facts.bytes : after->start) - out->start;
    }
    if (inside && to->kind == CU_BLOCK_PACKED)
        cu_aff4_stream_find(&self->targets[from->target].stream, &self->zip, from->at, offset,
                            out);
}

static const char *unpack(cu_image *image, const cu_block *block, cu_bytes packed, uint8_t *out)
{
    aff4 *const self = image->own;

    for (size_t i = 0; i < self->target_count; i++) {
        cu_aff4_stream *const stream = &self->targets[i].stream;

        if (self->targets[i].kind == CU_BLOCK_PACKED && stream->number == block->check >> 32)
            return cu_aff4_stream_unpack(stream, &self->codec, block, packed, out);
    }
    return "its stream is gone";
}

/* ---- targets ---- */

static target lost(const char *why)
{
    return (target){.kind = CU_BLOCK_LOST, .why = why};
}

static target filled(unsigned fill)
{
    return (target){.kind = CU_BLOCK_FILL, .fill = (uint8_t)fill};
}

/* The streams that have no bytes of their own. Source: section 4.3. */
static bool is_symbolic(const char *name, target *out)
{
    static const char symbol[] = AFF4("SymbolicStream");
    uint8_t fill = 0;

    if (strcmp(name, AFF4("Zero")) == 0)
        *out = filled(0);
    else if (strncmp(name, symbol, sizeof symbol - 1) == 0 &&
             cu_hex_decode(name + sizeof symbol - 1, strlen(name) - sizeof symbol + 1, &fill,
                           1))
        *out = filled(fill);
    else if (strcmp(name, AFF4("UnreadableData")) == 0)
        *out = lost("the source could not be read there when the image was made");
    else if (strcmp(name, AFF4("UnknownData")) == 0)
        *out = lost("it was not acquired when the image was made");
    else
        return false;
    return true;
}

static cu_status read_target(aff4 *self, const char *name, target *out, cu_err *err)
{
    cu_status st = CU_OK;

    if (is_symbolic(name, out))
        return CU_OK;
    *out = (target){.kind = CU_BLOCK_PACKED};
    out->stream.number = (uint32_t)self->target_count;
    st = cu_aff4_stream_open(&self->statements, &self->zip, name, &out->stream, err);
    if (st == CU_ENOTFOUND) {
        *out = lost("its stream is in another file");
        return CU_OK;
    }
    return st;
}

static cu_status add_target(aff4 *self, const char *name, cu_err *err)
{
    target read;

    if (self->target_count >= streams_max)
        return cu_fail(err, CU_ELIMIT, "its map has more than %d targets", streams_max);

    const cu_status st = read_target(self, name, &read, err);
    target *const grown =
        st != CU_OK ? NULL : realloc(self->targets, (self->target_count + 1) * sizeof *grown);

    if (st != CU_OK)
        return st;
    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->targets = grown;
    self->targets[self->target_count++] = read;
    return CU_OK;
}

/* ---- the map ---- */

static cu_status read_member(const aff4 *self, const char *stream, const char *name,
                             cu_buffer *out, cu_err *err)
{
    char path[cu_aff4_path_max];
    const cu_zip_member *const member =
        cu_aff4_member(&self->zip, stream, name, path, sizeof path);

    if (member == NULL)
        return cu_fail(err, CU_EFORMAT, "its member \"%.100s\" is missing", name);
    return cu_zip_read(&self->zip, member, out, err);
}

static cu_status read_targets(aff4 *self, const char *map, cu_err *err)
{
    cu_buffer names = {.ceiling = text_max};
    cu_status st = read_member(self, map, "idx", &names, err);

    cu_buffer_u8(&names, '\n');
    for (size_t at = 0; st == CU_OK && at < names.n;) {
        uint8_t *const end = memchr(names.p + at, '\n', names.n - at);
        size_t n = end == NULL ? names.n - at : (size_t)(end - names.p) - at;
        const size_t whole = n;

        while (n > 0 && (names.p[at + n - 1] == '\r' || names.p[at + n - 1] == ' '))
            n--;
        if (end == NULL)
            break;
        names.p[at + n] = '\0';
        if (n > 0)
            st = add_target(self, (const char *)names.p + at, err);
        at += whole + 1;
    }
    if (st == CU_OK)
        st = cu_buffer_check(&names, err);
    cu_buffer_free(&names);
    return st;
}

static int by_start(const void *a, const void *b)
{
    const uint64_t x = ((const run *)a)->start;
    const uint64_t y = ((const run *)b)->start;

    return x < y ? -1 : x > y;
}

/* Puts the runs in order, and cuts each to where the next begins and to the media's end. */
static void arrange(cu_image *image)
{
    aff4 *const self = image->own;
    size_t kept = 0;
    bool overlap = false;

    qsort(self->runs, self->run_count, sizeof *self->runs, by_start);
    for (size_t i = 0; i < self->run_count; i++) {
        run taken = self->runs[i];
        const uint64_t limit =
            i + 1 < self->run_count ? self->runs[i + 1].start : image->facts.bytes;
        const uint64_t room = limit > taken.start ? limit - taken.start : 0;

        overlap = overlap || taken.bytes > room;
        taken.bytes = taken.bytes < room ? taken.bytes : room;
        if (taken.bytes > 0 && taken.start < image->facts.bytes)
            self->runs[kept++] = taken;
    }
    self->run_count = kept;
    if (overlap)
        cu_image_add_remark(image, "places of its map overlap: each was cut to the next");
}

static cu_status parse_map(cu_image *image, cu_bytes bytes, cu_err *err)
{
    aff4 *const self = image->own;
    cu_cursor c = cu_cursor_over(bytes);

    self->run_count = bytes.n / map_entry_bytes;
    self->runs = calloc(self->run_count + 1, sizeof *self->runs);
    if (self->runs == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < self->run_count; i++) {
        run *const to = &self->runs[i];

        to->start = cu_cursor_u64le(&c);
        to->bytes = cu_cursor_u64le(&c);
        to->at = cu_cursor_u64le(&c);
        to->target = cu_cursor_u32le(&c);
        if (to->target >= self->target_count || to->start > CU_BLOCK_MEDIA_MAX ||
            to->bytes > CU_BLOCK_MEDIA_MAX || to->at > CU_BLOCK_MEDIA_MAX)
            return cu_fail(err, CU_EFORMAT, "place %zu of its map is impossible", i);
    }
    arrange(image);
    return CU_OK;
}

static cu_status read_map(cu_image *image, const char *map, cu_err *err)
{
    aff4 *const self = image->own;
    const char *const gap =
        cu_turtle_object(&self->statements, map, AFF4("mapGapDefaultStream"));
    cu_buffer bytes = {.ceiling = (size_t)map_entries_max * map_entry_bytes};
    cu_status st = CU_OK;

    self->gap = filled(0);
    if (gap != NULL && !is_symbolic(gap, &self->gap))
        self->gap = lost("no place of its map covers it");
    st = read_targets(self, map, err);
    if (st == CU_OK)
        st = read_member(self, map, "map", &bytes, err);
    if (st == CU_OK && cu_aff4_digest_is_wrong(&self->statements, map, AFF4("mapPointHash"),
                                               cu_buffer_view(&bytes)))
        cu_image_add_remark(image, "the digest of its map is wrong");
    if (st == CU_OK)
        st = parse_map(image, cu_buffer_view(&bytes), err);
    cu_buffer_free(&bytes);
    return st;
}

/* An image without a map: one stream from the first byte to the last. */
static cu_status read_stream(cu_image *image, const char *stream, cu_err *err)
{
    aff4 *const self = image->own;
    const cu_status st = add_target(self, stream, err);

    if (st != CU_OK)
        return st;
    self->runs = calloc(1, sizeof *self->runs);
    if (self->runs == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->runs[0].bytes = image->facts.bytes;
    self->run_count = 1;
    self->gap = filled(0);
    return CU_OK;
}

/* ---- opening and closing ---- */

static bool is_a(const aff4 *self, const char *subject, const char *type)
{
    for (size_t i = 0; i < self->statements.count; i++) {
        const cu_turtle_statement *const said = &self->statements.list[i];

        if (strcmp(said->subject, subject) == 0 && strcmp(said->predicate, CU_AFF4_TYPE) == 0 &&
            strcmp(said->object, type) == 0)
            return true;
    }
    return false;
}

static cu_status find_image(cu_image *image, const char **out, cu_err *err)
{
    static const char *const kinds[] = {AFF4("DiskImage"), AFF4("Image"), AFF4("Map"),
                                        AFF4("ImageStream")};
    const aff4 *const self = image->own;
    size_t images = 0;

    *out = NULL;
    for (size_t i = 0; *out == NULL && i < CU_COUNT_OF(kinds); i++)
        *out = cu_turtle_subject(&self->statements, CU_AFF4_TYPE, kinds[i]);
    if (*out == NULL)
        return cu_fail(err, CU_EUNSUPPORTED, "it holds no image of a disk");
    for (size_t i = 0; i < self->statements.count; i++)
        images += strcmp(self->statements.list[i].predicate, AFF4("dataStream")) == 0;
    if (images > 1)
        cu_image_add_remark(image, "it holds %zu images: the first was read", images);
    return CU_OK;
}

static cu_status read_image(cu_image *image, cu_err *err)
{
    aff4 *const self = image->own;
    const char *subject = NULL;
    cu_status st = find_image(image, &subject, err);

    if (st != CU_OK)
        return st;

    const char *stream = cu_turtle_object(&self->statements, subject, AFF4("dataStream"));

    if (stream == NULL)
        stream = subject;
    if (!cu_aff4_number(&self->statements, stream, AFF4("size"), CU_BLOCK_MEDIA_MAX,
                        &image->facts.bytes) ||
        image->facts.bytes == 0)
        return cu_fail(err, CU_EFORMAT, "it says no size, or an impossible one");

    uint64_t sector = 512;

    (void)cu_aff4_number(&self->statements, subject, AFF4("blockSize"), 65536, &sector);
    image->facts.sector_bytes = sector < 256 ? 512 : (uint32_t)sector;
    return is_a(self, stream, AFF4("Map")) ? read_map(image, stream, err)
                                           : read_stream(image, stream, err);
}

static cu_status read_statements(aff4 *self, cu_err *err)
{
    const cu_zip_member *const member = cu_zip_find(&self->zip, "information.turtle");
    cu_buffer text = {.ceiling = text_max};
    cu_status st = member == NULL
                       ? cu_fail(err, CU_EFORMAT, "its member information.turtle is missing")
                       : cu_zip_read(&self->zip, member, &text, err);

    if (st == CU_OK)
        st = cu_turtle_parse(cu_buffer_view(&text), &self->statements, err);
    cu_buffer_free(&text);
    return st;
}

static cu_status open_aff4(cu_image *image, cu_err *err)
{
    aff4 *const self = calloc(1, sizeof *self);
    size_t unit_bytes = 0;
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    image->own = self;
    st = cu_zip_open(&image->segments->list[0], &self->zip, err);
    if (st == CU_OK)
        st = read_statements(self, err);
    if (st == CU_OK)
        st = read_image(image, err);
    for (size_t i = 0; st == CU_OK && i < self->target_count; i++) {
        if (self->targets[i].kind == CU_BLOCK_PACKED &&
            self->targets[i].stream.chunk_bytes > unit_bytes)
            unit_bytes = self->targets[i].stream.chunk_bytes;
    }
    if (st == CU_OK)
        st = cu_blocks_init(&self->blocks, unit_bytes, err);
    if (st == CU_OK)
        st = cu_aff4_codec_init(&self->codec, err);
    self->blocks.find = find;
    self->blocks.unpack = unpack;
    (void)snprintf(image->facts.format, sizeof image->facts.format, "aff4");
    image->facts.unit_bytes = (uint32_t)unit_bytes;
    return st;
}

static void close_aff4(cu_image *image)
{
    aff4 *const self = image->own;

    if (self == NULL)
        return;
    for (size_t i = 0; i < self->target_count; i++)
        cu_aff4_stream_close(&self->targets[i].stream);
    cu_aff4_codec_fini(&self->codec);
    free(self->targets);
    free(self->runs);
    cu_turtle_free(&self->statements);
    cu_zip_close(&self->zip);
    cu_blocks_fini(&self->blocks);
    free(self);
    image->own = NULL;
}

const cu_image_format cu_aff4_format = {.name = "aff4",
                                        .claims = claims,
                                        .open = open_aff4,
                                        .close = close_aff4,
                                        .read_at = cu_blocks_read};
