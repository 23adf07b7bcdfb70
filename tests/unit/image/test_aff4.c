/* SPDX-License-Identifier: Apache-2.0 */
/* AFF4: the reference images give their published digests; made ones every compression and
 * damage. */
#include "digest/digest.h"
#include "digest/sha512.h"
#include "image/turtle.h"
#include "image/zip.h"
#include "media.h"
#include "support/cmocka.h"

#include <libdeflate.h>
#include <lz4.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { chunk = 4096, bevy_chunks = 4, chunks = 10, media_bytes = chunks * chunk + 3 * chunk };

#define STREAM_ID "11111111-2222-3333-4444-555555555555"
#define STREAM    "aff4://" STREAM_ID
#define MAP       "aff4://aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

/* ---- the published images ---- */

/* Reads all of it, a gap as the standard's own text for it, and answers the SHA-1. */
typedef struct filling {
    uint8_t *bytes;
    uint64_t offset;
} filling;

static void fill_gap(void *context, const cu_image_gap *gap)
{
    static const char text[] = "UNREADABLEDATA";
    const filling *const self = context;

    assert_string_equal(gap->why, "the source could not be read there when the image was made");
    for (uint64_t at = gap->offset; at < gap->offset + gap->bytes; at++)
        self->bytes[at - self->offset] = (uint8_t)text[at % (1 << 20) % (sizeof text - 1)];
}

static void each_reference_image_gives_its_published_digest(void **state)
{
    static const char *const expected[][2] = {
        {"Base-Linear.aff4", "7d3d27f667f95f7ec5b9d32121622c0f4b60b48d"},
        {"Base-Linear-ReadError.aff4", "67e245a640e2784ead30c1ff1a3f8d237b58310f"},
    };

    enum { piece = 4 << 20 };

    const char *const corpus = getenv("CUSTOS_CORPUS");

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(expected); i++) {
        char path[4096];
        media_source source;
        cu_digest_stream digest;
        cu_digests is;
        char hex[41];
        filling self = {.bytes = malloc(piece)};

        assert_non_null(self.bytes);
        (void)snprintf(path, sizeof path, "%s/aff4+ReferenceImages/AFF4Std/%s",
                       corpus == NULL ? "" : corpus, expected[i][0]);
        if (access(path, R_OK) != 0) {
            free(self.bytes);
            print_message("# skipped: corpus not here\n");
            skip();
        }
        assert_int_equal(media_open(path, &source, NULL), CU_OK);
        assert_null(cu_image_remark(source.image, 0));
        cu_digest_init(&digest, CU_DIGEST_SHA1);
        for (; self.offset < cu_image_get_facts(source.image)->bytes; self.offset += piece) {
            assert_int_equal(cu_image_read_at(source.image,
                                              &(cu_image_piece){self.offset, self.bytes, piece,
                                                                fill_gap, &self},
                                              NULL),
                             CU_OK);
            cu_digest_update(&digest, (cu_bytes){self.bytes, piece});
        }
        cu_digest_final(&digest, &is);
        cu_hex_encode((cu_bytes){is.sha1, 20}, hex);
        assert_string_equal(hex, expected[i][1]);
        media_close(&source);
        free(self.bytes);
    }
}

/* ---- images made here ---- */

typedef struct maker {
    cu_buffer file;
    cu_buffer directory;
    uint16_t count;
    uint32_t packing;
    bool wrong_digest; /* of chunk 2 */
    bool with_md5;
    uint8_t media[media_bytes];
} maker;

static void add_fields(cu_buffer *to, uint16_t method, size_t packed, size_t n, size_t name)
{
    cu_buffer_u16le(to, 20);
    cu_buffer_u16le(to, 0);
    cu_buffer_u16le(to, method);
    cu_buffer_u32le(to, 0); /* time */
    cu_buffer_u32le(to, 0); /* checksum */
    cu_buffer_u32le(to, (uint32_t)packed);
    cu_buffer_u32le(to, (uint32_t)n);
    cu_buffer_u16le(to, (uint16_t)name);
}

static void add_member(maker *self, const char *name, const void *bytes, size_t n, bool deflate)
{
    uint8_t *const packed = malloc(n + 4096);
    const void *stored = bytes;
    size_t packed_n = n;
    const size_t at = self->file.n;

    assert_non_null(packed);
    if (deflate) {
        struct libdeflate_compressor *const packer = libdeflate_alloc_compressor(6);

        packed_n = libdeflate_deflate_compress(packer, bytes, n, packed, n + 4096);
        libdeflate_free_compressor(packer);
        stored = packed;
    }
    cu_buffer_append(&self->file, "PK\x03\x04", 4);
    add_fields(&self->file, deflate ? 8 : 0, packed_n, n, strlen(name));
    cu_buffer_u16le(&self->file, 0);
    cu_buffer_append(&self->file, name, strlen(name));
    cu_buffer_append(&self->file, stored, packed_n);
    cu_buffer_append(&self->directory, "PK\x01\x02\x14\0", 6);
    add_fields(&self->directory, deflate ? 8 : 0, packed_n, n, strlen(name));
    cu_buffer_append(&self->directory, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    cu_buffer_u32le(&self->directory, (uint32_t)at);
    cu_buffer_append(&self->directory, name, strlen(name));
    self->count++;
    free(packed);
}

static size_t pack(uint32_t packing, const uint8_t *from, uint8_t *to, size_t room)
{
    struct libdeflate_compressor *packer = NULL;
    size_t n = room;

    switch (packing) {
    case 1:
        packer = libdeflate_alloc_compressor(6);
        n = libdeflate_zlib_compress(packer, from, chunk, to, room);
        libdeflate_free_compressor(packer);
        return n;
    case 2:
        assert_int_equal(snappy_compress((const char *)from, chunk, (char *)to, &n), SNAPPY_OK);
        return n;
    case 3:
        return (size_t)LZ4_compress_default((const char *)from, (char *)to, chunk, (int)room);
    default:
        memcpy(to, from, chunk);
        return chunk;
    }
}

static void add_bevy(maker *self, size_t number, const uint8_t *from, size_t count)
{
    cu_buffer data = {0};
    cu_buffer index = {0};
    cu_buffer digests = {0};
    char name[128];

    for (size_t i = 0; i < count; i++) {
        uint8_t room[2 * chunk];
        const uint8_t *const plain = from + i * chunk;
        size_t n = pack(self->packing, plain, room, sizeof room);
        cu_digest_stream digest;
        cu_digests is;

        if (n >= chunk) { /* as its writers do */
            memcpy(room, plain, chunk);
            n = chunk;
        }
        cu_buffer_u64le(&index, data.n);
        cu_buffer_u32le(&index, (uint32_t)n);
        cu_buffer_append(&data, room, n);
        cu_digest_init(&digest, CU_DIGEST_ALL);
        cu_digest_update(&digest, (cu_bytes){plain, chunk});
        cu_digest_final(&digest, &is);
        is.sha1[3] ^= self->wrong_digest && number == 0 && i == 2;
        is.md5[3] ^= self->wrong_digest && number == 0 && i == 2;
        cu_buffer_append(&digests, self->with_md5 ? is.md5 : is.sha1, self->with_md5 ? 16 : 20);
    }
    (void)snprintf(name, sizeof name, "aff4%%3A%%2F%%2F%s/%08zu", STREAM_ID, number);
    add_member(self, name, data.p, data.n, false);
    (void)snprintf(name, sizeof name, "aff4%%3A%%2F%%2F%s/%08zu.index", STREAM_ID, number);
    add_member(self, name, index.p, index.n, true);
    (void)snprintf(name, sizeof name, "aff4%%3A%%2F%%2F%s/%08zu.blockHash.%s", STREAM_ID,
                   number, self->with_md5 ? "md5" : "sha1");
    add_member(self, name, digests.p, digests.n, false);
    cu_buffer_free(&data);
    cu_buffer_free(&index);
    cu_buffer_free(&digests);
}

static const char *const compressions[] = {
    "http://aff4.org/Schema#NullCompressor",
    "https://www.ietf.org/rfc/rfc1950.txt",
    "http://code.google.com/p/snappy/",
    "https://code.google.com/p/lz4/",
};

static void add_statements(maker *self, cu_bytes map, const char *compression, bool map_digest)
{
    uint8_t sha512[64];
    char hex[129] = "";
    char text[2048];

    assert_int_equal(cu_digest_sha512(map, sha512, NULL), CU_OK);
    sha512[0] ^= !map_digest;
    cu_hex_encode((cu_bytes){sha512, 64}, hex);

    const int n = snprintf(
        text, sizeof text,
        "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
        "@prefix aff4: <http://aff4.org/Schema#> . # a comment\n"
        "<aff4://d> a aff4:Image , aff4:DiskImage ; aff4:dataStream <" MAP "> ;\n"
        "  aff4:note \"a \\\"quoted\\\" ; word . here\" .\n"
        "<" MAP
        "> rdf:type aff4:Map ; aff4:size \"%d\"^^<http://www.w3.org/2001/XMLSchema#long> ;\n"
        "  aff4:mapPointHash \"%s\"^^aff4:SHA512 ; .\n"
        "<" STREAM "> a aff4:ImageStream ; aff4:chunkSize %d ; aff4:chunksInSegment \"%d\" ;\n"
        "  aff4:compressionMethod <%s> ; aff4:size \"%d\" .\n",
        media_bytes, hex, chunk, bevy_chunks, compression, chunks * chunk);

    add_member(self, "information.turtle", text, (size_t)n, true);
}

static void add_place(cu_buffer *map, uint64_t start, uint64_t n, uint64_t at, uint32_t target)
{
    cu_buffer_u64le(map, start);
    cu_buffer_u64le(map, n);
    cu_buffer_u64le(map, at);
    cu_buffer_u32le(map, target);
}

/*
 * The media: 2 chunks and a half of the stream, one of 0xFF, the rest of the stream but its
 * last chunk, one of zeros that no place covers, the stream's last chunk, and one unreadable.
 */
static void add_map(maker *self, cu_buffer *map)
{
    static const char names[] = STREAM "\n"
                                       "http://aff4.org/Schema#SymbolicStreamFF\r\n"
                                       "http://aff4.org/Schema#UnreadableData\n";

    /* Out of order, as a map may be. */
    add_place(map, 11 * chunk, chunk, (chunks - 1) * chunk, 0);
    add_place(map, 0, 5 * chunk / 2, 0, 0);
    add_place(map, 7 * chunk / 2, 13 * chunk / 2, 5 * chunk / 2, 0);
    add_place(map, 5 * chunk / 2, chunk, 77, 1);
    add_place(map, 12 * chunk, chunk, 0, 2);
    add_member(self,
               "aff4%3A%2F%2F"
               "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/map",
               map->p, map->n, false);
    add_member(self,
               "aff4%3A%2F%2F"
               "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/idx",
               names, sizeof names - 1, false);
}

static void make_media(maker *self)
{
    uint8_t *const plain = media_make((size_t)chunks * chunk);

    memset(plain + 3 * chunk, 'x', chunk); /* one that packs well, whatever chance made */
    memset(self->media, 0, sizeof self->media);
    memcpy(self->media, plain, 5 * chunk / 2);
    memset(self->media + 5 * chunk / 2, 0xFF, chunk);
    memcpy(self->media + 7 * chunk / 2, plain + 5 * chunk / 2, 13 * chunk / 2);
    memcpy(self->media + 11 * chunk, plain + 9 * chunk, chunk);
    for (size_t i = 0; i < chunks; i += bevy_chunks)
        add_bevy(self, i / bevy_chunks, plain + i * chunk,
                 chunks - i < bevy_chunks ? chunks - i : bevy_chunks);
    free(plain);
}

static void make(maker *self, const char *compression, bool map_digest)
{
    cu_buffer map = {0};

    add_member(self, "container.description", "aff4://x", 8, false);
    make_media(self);
    add_map(self, &map);
    add_statements(self, cu_buffer_view(&map), compression, map_digest);
    cu_buffer_free(&map);

    const size_t at = self->file.n;

    cu_buffer_append(&self->file, self->directory.p, self->directory.n);
    cu_buffer_append(&self->file, "PK\x05\x06\0\0\0\0", 8);
    cu_buffer_u16le(&self->file, self->count);
    cu_buffer_u16le(&self->file, self->count);
    cu_buffer_u32le(&self->file, (uint32_t)self->directory.n);
    cu_buffer_u32le(&self->file, (uint32_t)at);
    cu_buffer_u16le(&self->file, 0);
    assert_false(self->file.bad);
    media_write(media_path("made.aff4"), self->file.p, self->file.n);
}

static void finish(maker *self)
{
    cu_buffer_free(&self->file);
    cu_buffer_free(&self->directory);
}

static void every_compression_is_read(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < CU_COUNT_OF(compressions); i++) {
        static maker self;
        media_source source;
        media_gaps gaps = {0};
        static uint8_t got[media_bytes];
        cu_err err = {0};

        self = (maker){.packing = i, .with_md5 = i % 2 == 1};
        make(&self, compressions[i], true);
        assert_int_equal(media_open(media_path("made.aff4"), &source, &err), CU_OK);
        assert_string_equal(cu_image_get_facts(source.image)->format, "aff4");
        assert_null(cu_image_remark(source.image, 0));
        for (int turn = 0; turn < 300; turn++) {
            const size_t at = turn == 0 ? 0 : media_random() % media_bytes;
            const size_t n = turn == 0 ? media_bytes : media_random() % (media_bytes - at);

            gaps = (media_gaps){0};
            assert_int_equal(
                cu_image_read_at(source.image,
                                 &(cu_image_piece){at, got, n, media_gap_told, &gaps}, NULL),
                CU_OK);
            assert_memory_equal(got, self.media + at, n);
            assert_int_equal(gaps.bytes, at + n > 12 * chunk
                                             ? at + n - (at > 12 * chunk ? at : 12 * chunk)
                                             : 0);
        }
        media_close(&source);
        finish(&self);
    }
}

static void a_wrong_digest_is_a_gap_of_one_chunk(void **state)
{
    (void)state;
    for (int md5 = 0; md5 < 2; md5++) {
        static maker self;
        media_source source;
        media_gaps gaps = {0};
        static uint8_t got[media_bytes];

        self = (maker){.packing = 2, .wrong_digest = true, .with_md5 = md5 == 1};
        make(&self, compressions[2], false);
        assert_int_equal(media_open(media_path("made.aff4"), &source, NULL), CU_OK);
        assert_string_equal(cu_image_remark(source.image, 0), "the digest of its map is wrong");
        assert_int_equal(
            cu_image_read_at(source.image,
                             &(cu_image_piece){0, got, 10 * chunk, media_gap_told, &gaps},
                             NULL),
            CU_OK);
        /* Chunk 2 lies in two places of the map. */
        assert_int_equal(gaps.bytes, chunk);
        assert_int_equal(gaps.count, 2);
        assert_string_equal(gaps.why, "its chunk's stored digest is wrong");
        media_close(&source);
        finish(&self);
    }
}

static void damage_is_borne(void **state)
{
    static maker self;
    media_source source;

    (void)state;
    self = (maker){.packing = 1};
    make(&self, compressions[1], true);
    for (size_t n = self.file.n - 1; n > 0; n -= n > 200 ? n / 9 : 1) {
        cu_err err = {0};

        assert_int_equal(truncate(media_path("made.aff4"), (off_t)n), 0);
        /* Without its end it may still be a raw file, but never an AFF4. */
        if (media_open(media_path("made.aff4"), &source, &err) == CU_OK) {
            assert_string_not_equal(cu_image_get_facts(source.image)->format, "aff4");
            media_close(&source);
        }
    }
    media_write(media_path("made.aff4"), self.file.p, self.file.n);
    for (int turn = 0; turn < 4000; turn++) {
        const size_t at = media_random() % self.file.n;
        const uint8_t flipped = (uint8_t)media_random();

        media_patch(media_path("made.aff4"), at, &flipped, 1);
        if (media_open(media_path("made.aff4"), &source, NULL) == CU_OK) {
            media_assert_readable(source.image, 1 << 20);
            media_close(&source);
        }
        media_patch(media_path("made.aff4"), at, &self.file.p[at], 1);
    }
    finish(&self);
}

static void an_unknown_compression_is_refused_in_words(void **state)
{
    static maker self;
    media_source source;
    cu_err err = {0};

    (void)state;
    self = (maker){.packing = 0};
    make(&self, "https://example.org/other", true);
    assert_int_equal(media_open(media_path("made.aff4"), &source, &err), CU_EUNSUPPORTED);
    assert_non_null(strstr(err.text, "https://example.org/other"));
    finish(&self);
}

/* ---- statements ---- */

static cu_status parse(const char *text, cu_turtle *out)
{
    return cu_turtle_parse((cu_bytes){(const uint8_t *)text, strlen(text)}, out, NULL);
}

static void statements_are_read(void **state)
{
    cu_turtle turtle;

    (void)state;
    assert_int_equal(
        parse(
            "@prefix : <v:> .\n@prefix p: <http://x#> .\n"
            "<s> a p:T, p:U; p:n 42; p:t \"l. ; \\\"q\\\"\"^^p:k ; p:e \"\"\"a\"b\"\"\"@en .\n"
            ": p:v <o>; . p:s p:w true.",
            &turtle),
        CU_OK);
    assert_int_equal(turtle.count, 7);
    assert_string_equal(cu_turtle_object(&turtle, "s", "http://x#n"), "42");
    assert_string_equal(cu_turtle_object(&turtle, "s", "http://x#t"), "l. ; \\\"q\\\"");
    assert_string_equal(turtle.list[3].type, "http://x#k");
    assert_string_equal(cu_turtle_object(&turtle, "s", "http://x#e"), "a\"b");
    assert_string_equal(cu_turtle_object(&turtle, "v:", "http://x#v"), "o");
    assert_string_equal(cu_turtle_object(&turtle, "http://x#s", "http://x#w"), "true");
    assert_string_equal(cu_turtle_subject(&turtle, "http://x#v", "o"), "v:");
    assert_null(cu_turtle_object(&turtle, "s", "http://x#none"));
    cu_turtle_free(&turtle);
}

static void broken_statements_are_refused(void **state)
{
    static const char *const broken[] = {
        "<s>",
        "<s> <p>",
        "<s> <p> <o>",
        "<s> <p> <o> , .",
        "<s <p> <o> .",
        "x:y <p> <o>.",
        "<s> <p> \"open",
        "<s> <p> \"\"\"a",
        "\"l\" <p> <o> .",
        "<s> \"p\" <o> .",
        "@prefix p <x> .",
        "@prefix p: x .",
        "[] <p> <o> .",
        "<s> <p> ( 1 2 ) .",
        "<s> <p> \"a\"^^\"b\" .",
    };
    cu_turtle turtle;

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(broken); i++) {
        if (parse(broken[i], &turtle) != CU_EFORMAT)
            fail_msg("taken: %s", broken[i]);
    }
    assert_int_equal(parse("", &turtle), CU_OK);
    assert_int_equal(turtle.count, 0);
    cu_turtle_free(&turtle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reference_image_gives_its_published_digest),
        cmocka_unit_test(every_compression_is_read),
        cmocka_unit_test(a_wrong_digest_is_a_gap_of_one_chunk),
        cmocka_unit_test(damage_is_borne),
        cmocka_unit_test(an_unknown_compression_is_refused_in_words),
        cmocka_unit_test(statements_are_read),
        cmocka_unit_test(broken_statements_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
