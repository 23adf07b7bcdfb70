/* SPDX-License-Identifier: Apache-2.0 */
/* MD5, SHA-1 and SHA-256 together: of one stream, and of many streams side by side. */
#ifndef CU_DIGEST_DIGEST_H
#define CU_DIGEST_DIGEST_H

#include "base/bytes.h"

/* Which digests a stream computes; a set of these. */
enum {
    CU_DIGEST_MD5 = 1,
    CU_DIGEST_SHA1 = 2,
    CU_DIGEST_SHA256 = 4,
    CU_DIGEST_ALL = 7,
};

/* The answers. A digest that was not wanted is all zero. */
typedef struct cu_digests {
    uint8_t md5[16];
    uint8_t sha1[20];
    uint8_t sha256[32];
} cu_digests;

/*
 * One stream's state: plain values without a pointer, so it may be copied, and stored to go on
 * after a restart of the same build (cu_digest_version).
 */
typedef struct cu_digest_stream {
    uint64_t bytes;  /* fed so far */
    uint32_t md5[4]; /* chaining values */
    uint32_t sha1[5];
    uint32_t sha256[8];
    uint8_t tail[64]; /* bytes % 64 bytes that do not fill a block yet */
    uint32_t wanted;  /* set of CU_DIGEST_… */
} cu_digest_stream;

/* One part of one stream. */
typedef struct cu_digest_part {
    cu_digest_stream *stream;
    cu_bytes bytes;
} cu_digest_part;

void cu_digest_init(cu_digest_stream *stream, unsigned wanted);
void cu_digest_update(cu_digest_stream *stream, cu_bytes bytes);
void cu_digest_final(const cu_digest_stream *stream, cu_digests *out);

/*
 * As cu_digest_update for each part, with the same result whatever the order, but side by side
 * in vector lanes. No stream may appear twice. Any count; 16 and more parts of like length are
 * fastest.
 */
void cu_digest_update_many(const cu_digest_part *parts, size_t count);

/* A name of the code that runs here: "avx512", "avx2+sha", "plain", … */
const char *cu_digest_engine(void);

#endif
