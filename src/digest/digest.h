/* SPDX-License-Identifier: Apache-2.0 */
/* MD5, SHA-1 and SHA-256 together: of one stream, and of many streams side by side. */
#ifndef CU_DIGEST_DIGEST_H
#define CU_DIGEST_DIGEST_H

#include "base/attr.h"
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
 * in vector lanes. No stream may appear twice. Any count; hundreds of parts are fastest.
 */
void cu_digest_update_many(const cu_digest_part *parts, size_t count);

/* ---- lanes that are kept full ---- */

enum { cu_digest_lanes_max = 32 };

/*
 * Parts go in while there is room, and come out when they are taken: for who has always more of
 * them. For one thread at a time.
 */
typedef struct cu_digest_lanes cu_digest_lanes;

cu_digest_lanes *cu_digest_lanes_new(void); /* NULL: out of memory */
void cu_digest_lanes_free(cu_digest_lanes *lanes);
CU_DEFINE_AUTO(cu_digest_lanes, cu_digest_lanes_free)

size_t cu_digest_lanes_busy(const cu_digest_lanes *lanes);
size_t cu_digest_lanes_room(const cu_digest_lanes *lanes); /* parts that still go in */

/* Whether enough lanes are busy that they are faster than one stream after the other. */
bool cu_digest_lanes_pay(const cu_digest_lanes *lanes);

/*
 * Puts a part of a stream, which is in no lane yet, into a lane; there must be room. The stream
 * and the bytes are borrowed until run gives owner back. False: it was too short for a lane and
 * is done, and owner will not be given back.
 */
bool cu_digest_lanes_put(cu_digest_lanes *lanes, cu_digest_stream *stream, cu_bytes bytes,
                         void *owner);

/*
 * Works until a part ends, or for a millisecond or two; where the lanes do not pay, one part to
 * its end. Gives the owners of the parts that ended, and how many.
 */
size_t cu_digest_lanes_run(cu_digest_lanes *lanes, void *owners[cu_digest_lanes_max]);

/* ---- short messages ---- */

enum { CU_DIGEST_MESSAGES = 256, CU_DIGEST_MESSAGE_BYTES = 1 << 20 };

/*
 * Messages that are kept until there are enough for the lanes. Zero it to start. A failure to
 * keep one is told when they are taken, and stays.
 */
typedef struct cu_digest_messages {
    cu_buffer padded; /* whole blocks, as SHA-256 takes them */
    size_t starts[CU_DIGEST_MESSAGES + 1];
    size_t n;
} cu_digest_messages;

void cu_digest_messages_free(cu_digest_messages *messages);

/* Keeps prefix and message, which are one; not where it is full. */
void cu_digest_messages_put(cu_digest_messages *messages, cu_bytes prefix, cu_bytes message);

/* Whether they must be taken before another is put. */
bool cu_digest_messages_full(const cu_digest_messages *messages);

/* SHA-256 of each, in the order in which they were put; none is left. CU_ENOMEM. */
cu_status cu_digest_messages_take(cu_digest_messages *messages, uint8_t (*out)[32],
                                  cu_err *err) CU_MUST_CHECK;

/* A name of the code that runs here: "avx512", "avx2+sha", "plain", … */
const char *cu_digest_engine(void);

#endif
