/* SPDX-License-Identifier: Apache-2.0 */
/* Sixteen lanes a vector, two vectors at a time: AVX-512 F and BW. */
#include "digest/lanes.h"
#include "digest/md5_steps.h"

#include <immintrin.h>
#include <string.h>

enum { width = 16, piece_blocks = 16 };

typedef __m512i vec;

static inline vec load(const uint32_t *p)
{
    return _mm512_load_si512(p);
}

static inline void store(uint32_t *p, vec x)
{
    _mm512_store_si512(p, x);
}

static inline vec splat(uint32_t x)
{
    return _mm512_set1_epi32((int)x);
}

/* A load takes no place among the sums; from a register it would. */
static inline vec constant(uint32_t value, const uint32_t *place)
{
    (void)value;
    return splat(*place);
}

static inline vec add(vec x, vec y)
{
    return _mm512_add_epi32(x, y);
}

static inline vec xor_of(vec x, vec y)
{
    return _mm512_xor_si512(x, y);
}

/* A bit of x ? y : z. */
static inline vec choose(vec x, vec y, vec z)
{
    return _mm512_ternarylogic_epi32(x, y, z, 0xCA);
}

static inline vec majority(vec x, vec y, vec z)
{
    return _mm512_ternarylogic_epi32(x, y, z, 0xE8);
}

static inline vec parity(vec x, vec y, vec z)
{
    return _mm512_ternarylogic_epi32(x, y, z, 0x96);
}

/* c ^ (b | ~d) */
static inline vec md5_i(vec b, vec c, vec d)
{
    return _mm512_ternarylogic_epi32(b, c, d, 0x39);
}

#define ROL(x, n) _mm512_rol_epi32(x, n)
#define SHR(x, n) _mm512_srli_epi32(x, n)

static inline vec swap(vec x)
{
    return _mm512_shuffle_epi8(
        x, _mm512_set4_epi32(0x0C0D0E0F, 0x08090A0B, 0x04050607, 0x00010203));
}

/* Word i of the block of every lane into words[i]: a table of 16 by 16, turned. */
static inline void gather(const uint8_t *const *at, size_t offset, vec words[16])
{
    vec r[16];
    vec t[16];

    for (size_t i = 0; i < 16; i++)
        r[i] = _mm512_loadu_si512(at[i] + offset);
    for (size_t i = 0; i < 16; i += 4) {
        const vec low_0 = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        const vec high_0 = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        const vec low_1 = _mm512_unpacklo_epi32(r[i + 2], r[i + 3]);
        const vec high_1 = _mm512_unpackhi_epi32(r[i + 2], r[i + 3]);

        t[i] = _mm512_unpacklo_epi64(low_0, low_1);
        t[i + 1] = _mm512_unpackhi_epi64(low_0, low_1);
        t[i + 2] = _mm512_unpacklo_epi64(high_0, high_1);
        t[i + 3] = _mm512_unpackhi_epi64(high_0, high_1);
    }
    /* t[4g + k] has words k, k + 4, k + 8, k + 12 of lanes 4g to 4g + 3, a quarter each. */
    for (size_t k = 0; k < 4; k++) {
        const vec a = _mm512_shuffle_i32x4(t[k], t[4 + k], 0x44);
        const vec b = _mm512_shuffle_i32x4(t[k], t[4 + k], 0xEE);
        const vec c = _mm512_shuffle_i32x4(t[8 + k], t[12 + k], 0x44);
        const vec d = _mm512_shuffle_i32x4(t[8 + k], t[12 + k], 0xEE);

        words[k] = _mm512_shuffle_i32x4(a, c, 0x88);
        words[4 + k] = _mm512_shuffle_i32x4(a, c, 0xDD);
        words[8 + k] = _mm512_shuffle_i32x4(b, d, 0x88);
        words[12 + k] = _mm512_shuffle_i32x4(b, d, 0xDD);
    }
}

/* gcc would ask in each round whether it is a later one. */
#define ROUNDS_INLINE CU_INLINE

#include "digest/kernels.inc"

void cu_lanes_avx512(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks,
                     unsigned wanted)
{
    take_all(values, at, lanes, blocks, wanted);
}
