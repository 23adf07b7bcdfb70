/* SPDX-License-Identifier: Apache-2.0 */
/* Eight lanes a vector, two vectors at a time: AVX2. */
#include "digest/lanes.h"
#include "digest/md5_steps.h"

#include <immintrin.h>
#include <string.h>

enum { width = 8, piece_blocks = 4 };

typedef __m256i vec;

static inline vec load(const uint32_t *p)
{
    return _mm256_load_si256((const vec *)p);
}

static inline void store(uint32_t *p, vec x)
{
    _mm256_store_si256((vec *)p, x);
}

static inline vec splat(uint32_t x)
{
    return _mm256_set1_epi32((int)x);
}

static inline vec constant(uint32_t value, const uint32_t *place)
{
    (void)place;
    return splat(value);
}

static inline vec add(vec x, vec y)
{
    return _mm256_add_epi32(x, y);
}

static inline vec xor_of(vec x, vec y)
{
    return _mm256_xor_si256(x, y);
}

#define SHR(x, n) _mm256_srli_epi32(x, n)
#define ROL(x, n) _mm256_or_si256(_mm256_slli_epi32(x, n), _mm256_srli_epi32(x, 32 - (n)))

/* A bit of x ? y : z. */
static inline vec choose(vec x, vec y, vec z)
{
    return xor_of(z, _mm256_and_si256(x, xor_of(y, z)));
}

static inline vec majority(vec x, vec y, vec z)
{
    return _mm256_or_si256(_mm256_and_si256(x, y), _mm256_and_si256(z, _mm256_or_si256(x, y)));
}

static inline vec parity(vec x, vec y, vec z)
{
    return xor_of(x, xor_of(y, z));
}

static inline vec md5_i(vec b, vec c, vec d)
{
    return xor_of(c, _mm256_or_si256(b, xor_of(d, _mm256_set1_epi32(-1))));
}

static inline vec swap(vec x)
{
    return _mm256_shuffle_epi8(x, _mm256_setr_epi32(0x00010203, 0x04050607, 0x08090A0B,
                                                    0x0C0D0E0F, 0x00010203, 0x04050607,
                                                    0x08090A0B, 0x0C0D0E0F));
}

/* A table of 8 by 8 words, turned. */
static inline void turn(const vec r[8], vec words[8])
{
    vec t[8];

    for (size_t i = 0; i < 8; i += 4) {
        const vec low_0 = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        const vec high_0 = _mm256_unpackhi_epi32(r[i], r[i + 1]);
        const vec low_1 = _mm256_unpacklo_epi32(r[i + 2], r[i + 3]);
        const vec high_1 = _mm256_unpackhi_epi32(r[i + 2], r[i + 3]);

        t[i] = _mm256_unpacklo_epi64(low_0, low_1);
        t[i + 1] = _mm256_unpackhi_epi64(low_0, low_1);
        t[i + 2] = _mm256_unpacklo_epi64(high_0, high_1);
        t[i + 3] = _mm256_unpackhi_epi64(high_0, high_1);
    }
    for (size_t k = 0; k < 4; k++) {
        words[k] = _mm256_permute2x128_si256(t[k], t[4 + k], 0x20);
        words[4 + k] = _mm256_permute2x128_si256(t[k], t[4 + k], 0x31);
    }
}

/* Word i of the block of every lane into words[i]. */
static inline void gather(const uint8_t *const *at, size_t offset, vec words[16])
{
    vec r[8];

    for (size_t half = 0; half < 2; half++) {
        for (size_t i = 0; i < 8; i++)
            r[i] = _mm256_loadu_si256((const __m256i_u *)(at[i] + offset + 32 * half));
        turn(r, words + 8 * half);
    }
}

/* gcc would ask in each round whether it is a later one. */
#define ROUNDS_INLINE CU_INLINE

#include "digest/kernels.inc"

void cu_lanes_avx2(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks,
                   unsigned wanted)
{
    take_all(values, at, lanes, blocks, wanted);
}

void cu_lanes_avx2_sha(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks,
                       unsigned wanted)
{
    const unsigned in_lanes = wanted & ~(unsigned)CU_DIGEST_SHA256;

    if (in_lanes != 0)
        take_all(values, at, lanes, blocks, in_lanes);
    if ((wanted & CU_DIGEST_SHA256) != 0)
        cu_sha256_pairs(values, at, lanes, blocks);
}
