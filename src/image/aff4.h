/* SPDX-License-Identifier: Apache-2.0 */
/* The streams of an AFF4 image: chunks in bevies, members of the zip file. Private to image/.
 */
#ifndef CU_IMAGE_AFF4_H
#define CU_IMAGE_AFF4_H

#include "image/blocks.h"
#include "image/turtle.h"
#include "image/zip.h"

struct libdeflate_decompressor;

enum { cu_aff4_path_max = 1024 };

#define CU_AFF4_TYPE "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"

typedef enum cu_aff4_packing {
    CU_AFF4_STORED,
    CU_AFF4_ZLIB,
    CU_AFF4_SNAPPY,
    CU_AFF4_LZ4,
} cu_aff4_packing;

typedef struct cu_aff4_codec {
    struct libdeflate_decompressor *inflater;
} cu_aff4_codec;

cu_status cu_aff4_codec_init(cu_aff4_codec *codec, cu_err *err) CU_MUST_CHECK;
void cu_aff4_codec_fini(cu_aff4_codec *codec);

/* One stream, and what is loaded of its current bevy. */
typedef struct cu_aff4_stream {
    uint32_t number;  /* the caller's own name for it */
    const char *name; /* borrowed from the statements */
    uint64_t bytes;
    uint32_t chunk_bytes;
    uint32_t bevy_chunks;
    cu_aff4_packing packing;
    uint64_t bevy; /* UINT64_MAX: none is loaded */
    uint64_t bevy_at;
    uint64_t bevy_bytes;
    cu_buffer index;
    cu_buffer digests; /* of its chunks, each digest_bytes long; empty: it has none */
    size_t digest_bytes;
    const char *why; /* the bevy cannot be read */
} cu_aff4_stream;

/*
 * CU_ENOTFOUND     no statement and no member speaks of it: it is elsewhere.
 * CU_EUNSUPPORTED  its compression is not known, or it is encrypted.
 */
cu_status cu_aff4_stream_open(const cu_turtle *statements, const cu_zip *zip, const char *name,
                              cu_aff4_stream *out, cu_err *err) CU_MUST_CHECK;
void cu_aff4_stream_close(cu_aff4_stream *stream);

/*
 * Narrows out, a run of the media whose start is the stream's byte at, to the chunk of the
 * media's byte offset.
 */
void cu_aff4_stream_find(cu_aff4_stream *stream, const cu_zip *zip, uint64_t at,
                         uint64_t offset, cu_block *out);

/* As cu_blocks' unpack. */
const char *cu_aff4_stream_unpack(cu_aff4_stream *stream, const cu_aff4_codec *codec,
                                  const cu_block *block, cu_bytes packed, uint8_t *out);

/* ---- what the statements and the zip file say of a stream ---- */

/* The member called name of a stream; path is room for its whole name. NULL: there is none. */
const cu_zip_member *cu_aff4_member(const cu_zip *zip, const char *stream, const char *name,
                                    char *path, size_t room);

/* A number that is said of a stream, up to most. False: none is said. */
bool cu_aff4_number(const cu_turtle *statements, const char *stream, const char *predicate,
                    uint64_t most, uint64_t *out);

/* True where a SHA-512 is said and is not that of bytes. */
bool cu_aff4_digest_is_wrong(const cu_turtle *statements, const char *stream,
                             const char *predicate, cu_bytes bytes);

#endif
