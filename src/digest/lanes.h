/* SPDX-License-Identifier: Apache-2.0 */
/* Engines that digest many streams side by side, a stream a lane. Private to digest/. */
#ifndef CU_DIGEST_LANES_H
#define CU_DIGEST_LANES_H

#include "digest/digest.h"

enum { cu_lanes_max = cu_digest_lanes_max };

/* The chaining values of every lane: one row a word, so that a row is a few vectors. */
typedef struct cu_lanes {
    _Alignas(64) uint32_t md5[4][cu_lanes_max];
    uint32_t sha1[5][cu_lanes_max];
    uint32_t sha256[8][cu_lanes_max];
} cu_lanes;

/*
 * Takes the same number of 64-byte blocks in lanes 0 to lanes - 1, from at[lane]; wanted is a
 * set of CU_DIGEST_…. Lanes up to the next multiple of the engine's width are computed too:
 * at[] must be readable there, and their values are then of no use.
 */
typedef void cu_lanes_take(cu_lanes *values, const uint8_t *const *at, size_t lanes,
                           size_t blocks, unsigned wanted);

/* Takes whole blocks of one stream, whatever its tail. */
typedef void cu_single_take(cu_digest_stream *stream, const uint8_t *p, size_t blocks);

typedef struct cu_digest_code {
    const char *name;
    bool (*runs_here)(void);
    cu_single_take *single;
    cu_lanes_take *many; /* NULL: one stream after the other */
    size_t lanes;        /* at most cu_lanes_max */
    size_t few;          /* up to so many streams go one after the other as fast */
} cu_digest_code;

/* The names, fastest first; NULL past the last. */
const char *cu_digest_code_name(size_t index);

cu_single_take cu_single_openssl;
cu_single_take cu_single_sha; /* SHA extensions; the three digests woven into one another */
cu_lanes_take cu_lanes_avx512;
cu_lanes_take cu_lanes_avx2;
cu_lanes_take cu_lanes_avx2_sha; /* SHA-256 by the SHA extensions, two streams at once */
cu_lanes_take cu_lanes_plain;

/* In the order of the steps. Source: RFC 1321 section 3.4. */
extern const uint32_t cu_md5_k[64];

/* Source: FIPS 180-4 section 4.2.2. */
extern const uint32_t cu_sha256_k[64];

/* SHA-256 of every lane by the SHA extensions, in pairs. */
void cu_sha256_pairs(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks);

/*
 * For tests and benchmarks: the code of this name, NULL for the best, from now on in every
 * thread. False, and nothing changed: there is none, or it does not run here. Not while another
 * thread digests.
 */
bool cu_digest_force(const char *name);

/* The code that runs. */
const cu_digest_code *cu_digest_running(void);

#endif
