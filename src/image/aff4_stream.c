/* SPDX-License-Identifier: Apache-2.0 */
/* Chunks of AFF4 streams. Source: Schatz, "AFF4 Standard" 1.0, section 5. */
#include "image/aff4.h"

#include "digest/digest.h"
#include "digest/sha512.h"

#include <libdeflate.h>
#include <lz4.h>
#include <snappy-c.h>
#include <stdio.h>
#include <string.h>

enum {
    index_entry_bytes = 12,
    chunk_max = 4 << 20,
    bevy_chunks_max = 1 << 20,
};

#define AFF4(name) "http://aff4.org/Schema#" name

static const struct {
    const char *name;
    cu_aff4_packing packing;
} packings[] = {
    {AFF4("NullCompressor"), CU_AFF4_STORED},
    {AFF4("compression/stored"), CU_AFF4_STORED},
    {"https://www.ietf.org/rfc/rfc1950.txt", CU_AFF4_ZLIB},
    {"https://tools.ietf.org/html/rfc1951", CU_AFF4_ZLIB}, /* its writers use zlib's form */
    {"http://code.google.com/p/snappy/", CU_AFF4_SNAPPY},
    {"https://github.com/google/snappy", CU_AFF4_SNAPPY},
    {"https://code.google.com/p/lz4/", CU_AFF4_LZ4},
    {"https://github.com/lz4/lz4", CU_AFF4_LZ4},
};

cu_status cu_aff4_codec_init(cu_aff4_codec *codec, cu_err *err)
{
    codec->inflater = libdeflate_alloc_decompressor();
    return codec->inflater != NULL ? CU_OK : cu_fail(err, CU_ENOMEM, "out of memory");
}

void cu_aff4_codec_fini(cu_aff4_codec *codec)
{
    if (codec->inflater != NULL)
        libdeflate_free_decompressor(codec->inflater);
    codec->inflater = NULL;
}

/* ---- what is said of a stream ---- */

/* Source: section 3.2: the colon and slashes of a name's start are written as %3A and %2F. */
const cu_zip_member *cu_aff4_member(const cu_zip *zip, const char *stream, const char *name,
                                    char *path, size_t room)
{
    static const char start[] = "aff4://";
    const size_t n = sizeof start - 1;
    const cu_zip_member *found = NULL;

    if (strncmp(stream, start, n) == 0 &&
        (size_t)snprintf(path, room, "aff4%%3A%%2F%%2F%s/%s", stream + n, name) < room)
        found = cu_zip_find(zip, path);
    if (found == NULL && (size_t)snprintf(path, room, "%s/%s", stream, name) < room)
        found = cu_zip_find(zip, path);
    return found;
}

bool cu_aff4_number(const cu_turtle *statements, const char *stream, const char *predicate,
                    uint64_t most, uint64_t *out)
{
    const char *const text = cu_turtle_object(statements, stream, predicate);
    uint64_t value = 0;

    if (text == NULL || *text == '\0')
        return false;
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || value > most)
            return false;
        value = value * 10 + (uint64_t)(*p - '0');
    }
    if (value > most)
        return false;
    *out = value;
    return true;
}

bool cu_aff4_digest_is_wrong(const cu_turtle *statements, const char *stream,
                             const char *predicate, cu_bytes bytes)
{
    const char *const text = cu_turtle_object(statements, stream, predicate);
    uint8_t said[64];
    uint8_t is[64];

    if (text == NULL || !cu_hex_decode(text, strlen(text), said, sizeof said))
        return false;
    return cu_digest_sha512(bytes, is, NULL) == CU_OK && memcmp(said, is, sizeof is) != 0;
}

static bool find_packing(const char *name, cu_aff4_packing *out)
{
    for (size_t i = 0; i < CU_COUNT_OF(packings); i++) {
        if (strcmp(packings[i].name, name) == 0) {
            *out = packings[i].packing;
            return true;
        }
    }
    return false;
}

cu_status cu_aff4_stream_open(const cu_turtle *statements, const cu_zip *zip, const char *name,
                              cu_aff4_stream *out, cu_err *err)
{
    const char *const packing = cu_turtle_object(statements, name, AFF4("compressionMethod"));
    char path[cu_aff4_path_max];
    uint64_t chunk_bytes = 32768;
    uint64_t bevy_chunks = 1024;
    cu_aff4_stream stream = {.number = out->number, .bevy = UINT64_MAX};

    if (cu_turtle_object(statements, name, CU_AFF4_TYPE) == NULL ||
        !cu_aff4_number(statements, name, AFF4("size"), CU_BLOCK_MEDIA_MAX, &stream.bytes))
        return cu_fail(err, CU_ENOTFOUND, "nothing is said of a stream");
    if (stream.bytes > 0 && cu_aff4_member(zip, name, "00000000", path, sizeof path) == NULL)
        return cu_fail(err, CU_ENOTFOUND, "a stream has no members");
    if (packing != NULL && !find_packing(packing, &stream.packing))
        return cu_fail(err, CU_EUNSUPPORTED, "its compression, %.100s, is not read", packing);
    if (packing == NULL)
        stream.packing = CU_AFF4_ZLIB;
    (void)cu_aff4_number(statements, name, AFF4("chunkSize"), UINT32_MAX, &chunk_bytes);
    (void)cu_aff4_number(statements, name, AFF4("chunksInSegment"), UINT32_MAX, &bevy_chunks);
    if (chunk_bytes < 512 || chunk_bytes > chunk_max || bevy_chunks < 1 ||
        bevy_chunks > bevy_chunks_max)
        return cu_fail(err, CU_EFORMAT, "a stream claims impossible sizes");
    stream.chunk_bytes = (uint32_t)chunk_bytes;
    stream.bevy_chunks = (uint32_t)bevy_chunks;
    /* The statements own the text; the caller's name may be gone tomorrow. */
    for (size_t i = 0; i < statements->count && stream.name == NULL; i++) {
        if (strcmp(statements->list[i].subject, name) == 0)
            stream.name = statements->list[i].subject;
    }
    *out = stream;
    return CU_OK;
}

void cu_aff4_stream_close(cu_aff4_stream *stream)
{
    cu_buffer_free(&stream->index);
    cu_buffer_free(&stream->digests);
}

/* ---- bevies ---- */

/* Digests of the bevy's chunks: SHA-1 where it has them, else MD5. */
static void load_digests(cu_aff4_stream *self, const cu_zip *zip)
{
    static const struct {
        const char *ending;
        size_t bytes;
    } kinds[] = {{"sha1", 20}, {"md5", 16}};

    char name[64];
    char path[cu_aff4_path_max];

    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        (void)snprintf(name, sizeof name, "%08llu.blockHash.%s", (unsigned long long)self->bevy,
                       kinds[i].ending);

        const cu_zip_member *const member =
            cu_aff4_member(zip, self->name, name, path, sizeof path);

        self->digest_bytes = kinds[i].bytes;
        if (member != NULL && cu_zip_read(zip, member, &self->digests, NULL) == CU_OK)
            return;
        self->digests.n = 0;
    }
}

static const char *load_bevy(cu_aff4_stream *self, const cu_zip *zip)
{
    char name[64];
    char path[cu_aff4_path_max];

    cu_buffer_free(&self->index);
    cu_buffer_free(&self->digests);
    self->index.ceiling = (size_t)self->bevy_chunks * index_entry_bytes;
    self->digests.ceiling = (size_t)self->bevy_chunks * 20;
    (void)snprintf(name, sizeof name, "%08llu", (unsigned long long)self->bevy);

    const cu_zip_member *const data = cu_aff4_member(zip, self->name, name, path, sizeof path);

    (void)snprintf(name, sizeof name, "%08llu.index", (unsigned long long)self->bevy);

    const cu_zip_member *const index = cu_aff4_member(zip, self->name, name, path, sizeof path);

    if (data == NULL || index == NULL)
        return "its bevy is missing";
    if (data->method != 0 || !cu_zip_locate(zip, data, &self->bevy_at))
        return "its bevy cannot be read";
    self->bevy_bytes = data->packed_bytes;
    if (cu_zip_read(zip, index, &self->index, NULL) != CU_OK)
        return "the index of its bevy is damaged";
    load_digests(self, zip);
    return NULL;
}

void cu_aff4_stream_find(cu_aff4_stream *stream, const cu_zip *zip, uint64_t at,
                         uint64_t offset, cu_block *out)
{
    const uint64_t wanted = at + (offset - out->start);
    const uint64_t chunk = wanted / stream->chunk_bytes;
    const uint64_t chunk_at = chunk * stream->chunk_bytes;
    const uint64_t first = chunk_at > at ? chunk_at : at; /* of the chunk, in this run */
    const uint64_t run_end = at + out->bytes;
    const uint64_t chunk_end = chunk_at + stream->chunk_bytes;
    const uint64_t number = chunk % stream->bevy_chunks;

    out->start += first - at;
    out->bytes = (chunk_end < run_end ? chunk_end : run_end) - first;
    out->skip = first - chunk_at;
    out->segment = zip->segment;
    if (stream->bevy != chunk / stream->bevy_chunks) {
        stream->bevy = chunk / stream->bevy_chunks;
        stream->why = load_bevy(stream, zip);
    }

    cu_cursor c = cu_cursor_over(cu_bytes_slice(
        cu_buffer_view(&stream->index), (size_t)number * index_entry_bytes, index_entry_bytes));
    const uint64_t chunk_offset = cu_cursor_u64le(&c);

    out->packed = cu_cursor_u32le(&c);
    out->why = stream->why;
    if (out->why == NULL && (c.bad || chunk_offset > stream->bevy_bytes ||
                             out->packed > stream->bevy_bytes - chunk_offset))
        out->why = "its chunk has an impossible place";
    out->kind = out->why == NULL ? CU_BLOCK_PACKED : CU_BLOCK_LOST;
    out->at = stream->bevy_at + chunk_offset;
    out->check = (uint64_t)stream->number << 32 | number;
}

/* ---- chunks ---- */

static bool unpack_plain(const cu_aff4_stream *stream, const cu_aff4_codec *codec,
                         cu_bytes packed, uint8_t *out, size_t *got)
{
    const int chunk = (int)stream->chunk_bytes;
    int done = 0;

    *got = stream->chunk_bytes;
    /* A chunk that does not become smaller is kept as it is. */
    if (stream->packing == CU_AFF4_STORED || packed.n == stream->chunk_bytes) {
        if (packed.n > stream->chunk_bytes)
            return false;
        memcpy(out, packed.p, packed.n);
        *got = packed.n;
        return true;
    }
    switch (stream->packing) {
    case CU_AFF4_ZLIB:
        return libdeflate_zlib_decompress(codec->inflater, packed.p, packed.n, out, *got,
                                          got) == LIBDEFLATE_SUCCESS;
    case CU_AFF4_SNAPPY:
        return snappy_uncompress((const char *)packed.p, packed.n, (char *)out, got) ==
               SNAPPY_OK;
    default:
        done = LZ4_decompress_safe((const char *)packed.p, (char *)out, (int)packed.n, chunk);
        *got = done < 0 ? 0 : (size_t)done;
        return done >= 0;
    }
}

static bool digest_is_right(const cu_aff4_stream *stream, size_t number, cu_bytes chunk)
{
    const cu_bytes said = cu_bytes_slice(cu_buffer_view(&stream->digests),
                                         number * stream->digest_bytes, stream->digest_bytes);
    const bool sha1 = stream->digest_bytes == 20;
    cu_digest_stream digest;
    cu_digests is;

    if (said.n < stream->digest_bytes)
        return stream->digests.n == 0; /* too few of them is wrong, none at all is allowed */
    cu_digest_init(&digest, sha1 ? CU_DIGEST_SHA1 : CU_DIGEST_MD5);
    cu_digest_update(&digest, chunk);
    cu_digest_final(&digest, &is);
    return memcmp(said.p, sha1 ? is.sha1 : is.md5, said.n) == 0;
}

const char *cu_aff4_stream_unpack(cu_aff4_stream *stream, const cu_aff4_codec *codec,
                                  const cu_block *block, cu_bytes packed, uint8_t *out)
{
    size_t got = 0;

    if (!unpack_plain(stream, codec, packed, out, &got) || got < block->skip + block->bytes)
        return "its chunk is damaged";
    return digest_is_right(stream, (size_t)(block->check & UINT32_MAX), (cu_bytes){out, got})
               ? NULL
               : "its chunk's stored digest is wrong";
}
