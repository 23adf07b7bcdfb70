/* SPDX-License-Identifier: Apache-2.0 */
/* Samples in vectors of AVX-512: a whole block at once, and 128 bytes of a row in one look.
 * Private to baseline_scan.c. */
#ifndef CU_PICTURE_SAMPLES_AVX512_H
#define CU_PICTURE_SAMPLES_AVX512_H

#include "picture/transform_avx2.h"

#if defined __AVX512VBMI__ && defined __AVX512VNNI__

/* ---- whole blocks ---- */

/* Eight rows, or columns, of eight numbers each; 01: the first in the low half, the second in
 * the high half. */
typedef struct cu_samples_half {
    __m512i left01, left23, right76, right54;
} cu_samples_half;

/* Factors of two inputs for one output, for eight rows or columns. */
#define CU_EIGHT_TIMES(a, b) a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b

/* By pair of inputs: outputs 0 and 1, 2 and 3. They lie ready, since a compiler would put each
 * together anew, which takes longer than the sums. */
static const int16_t cu_samples_halves[4][2][32] __attribute__((aligned(64))) = {
    {{CU_EIGHT_TIMES(8192, 10703), CU_EIGHT_TIMES(8192, 4433)},
     {CU_EIGHT_TIMES(8192, -4433), CU_EIGHT_TIMES(8192, -10703)}},
    {{CU_EIGHT_TIMES(8192, 4433), CU_EIGHT_TIMES(-8192, -10704)},
     {CU_EIGHT_TIMES(-8192, 10704), CU_EIGHT_TIMES(8192, -4433)}},
    {{CU_EIGHT_TIMES(11363, 9633), CU_EIGHT_TIMES(9633, -2259)},
     {CU_EIGHT_TIMES(6437, -11362), CU_EIGHT_TIMES(2260, -6436)}},
    {{CU_EIGHT_TIMES(6437, 2260), CU_EIGHT_TIMES(-11362, -6436)},
     {CU_EIGHT_TIMES(2261, 9633), CU_EIGHT_TIMES(9633, -11363)}},
};

#undef CU_EIGHT_TIMES

/* The sums of products for two outputs; from: 0 the even inputs, 2 the odd ones. */
static inline __m512i cu_samples_sums(const __m512i *pairs, int from, int two, __m512i sum)
{
    for (int i = from; i < from + 2; i++)
        sum = _mm512_dpwssd_epi32(sum, pairs[i],
                                  _mm512_load_si512((const void *)cu_samples_halves[i][two]));
    return sum;
}

/* One direction. In pairs, both halves are the same: inputs 0 and 2, 4 and 6, 1 and 3, 5 and 7,
 * side by side. */
static inline cu_samples_half cu_samples_direction(const __m512i *pairs, int32_t half,
                                                   unsigned shift)
{
    const __m512i zero = _mm512_setzero_si512();
    const __m512i even01 = cu_samples_sums(pairs, 0, 0, _mm512_set1_epi32(half));
    const __m512i even23 = cu_samples_sums(pairs, 0, 1, _mm512_set1_epi32(half));
    const __m512i odd01 = cu_samples_sums(pairs, 2, 0, zero);
    const __m512i odd23 = cu_samples_sums(pairs, 2, 1, zero);

    return (cu_samples_half){
        .left01 = _mm512_srai_epi32(_mm512_add_epi32(even01, odd01), shift),
        .left23 = _mm512_srai_epi32(_mm512_add_epi32(even23, odd23), shift),
        .right76 = _mm512_srai_epi32(_mm512_sub_epi32(even01, odd01), shift),
        .right54 = _mm512_srai_epi32(_mm512_sub_epi32(even23, odd23), shift),
    };
}

/* Where packing two of them leaves number i of output k: left01 and left23, then right76 and
 * right54 as 16 bits, 8 to a lane; and those as bytes, 16 to a lane. */
#define CU_WORD_AT(k, i)                                                                       \
    ((k) < 4 ? ((k) % 2 * 2 + (i) / 4) * 8 + (k) / 2 * 4 + (i) % 4                             \
             : 32 + ((7 - (k)) % 2 * 2 + (i) / 4) * 8 + (7 - (k)) / 2 * 4 + (i) % 4)
#define CU_BYTE_AT(k, i)                                                                       \
    ((k) < 4 ? ((k) % 2 * 2 + (i) / 4) * 16 + (k) / 2 * 4 + (i) % 4                            \
             : ((7 - (k)) % 2 * 2 + (i) / 4) * 16 + 8 + (7 - (k)) / 2 * 4 + (i) % 4)
/* By row: its numbers i and i + 2. */
#define CU_TWO_OF(k, i) CU_WORD_AT(k, i), CU_WORD_AT(k, (i) + 2)
#define CU_TWO_OF_ALL(i)                                                                       \
    CU_TWO_OF(0, i), CU_TWO_OF(1, i), CU_TWO_OF(2, i), CU_TWO_OF(3, i), CU_TWO_OF(4, i),       \
        CU_TWO_OF(5, i), CU_TWO_OF(6, i), CU_TWO_OF(7, i)
#define CU_EIGHT_OF(i)                                                                         \
    CU_BYTE_AT(0, i), CU_BYTE_AT(1, i), CU_BYTE_AT(2, i), CU_BYTE_AT(3, i), CU_BYTE_AT(4, i),  \
        CU_BYTE_AT(5, i), CU_BYTE_AT(6, i), CU_BYTE_AT(7, i)

/* From rows to the pairs of the other direction. */
static inline void cu_samples_turn(const cu_samples_half *rows, __m512i *pairs)
{
    static const int16_t places[4][32] __attribute__((aligned(64))) = {
        {CU_TWO_OF_ALL(0), CU_TWO_OF_ALL(0)},
        {CU_TWO_OF_ALL(4), CU_TWO_OF_ALL(4)},
        {CU_TWO_OF_ALL(1), CU_TWO_OF_ALL(1)},
        {CU_TWO_OF_ALL(5), CU_TWO_OF_ALL(5)},
    };
    const __m512i left = _mm512_packs_epi32(rows->left01, rows->left23);
    const __m512i right = _mm512_packs_epi32(rows->right76, rows->right54);

    for (int i = 0; i < 4; i++)
        pairs[i] =
            _mm512_permutex2var_epi16(left, _mm512_load_si512((const void *)places[i]), right);
}

/* From columns to eight rows of bytes. */
static inline __m512i cu_samples_settle(const cu_samples_half *columns)
{
    static const int8_t places[64] __attribute__((aligned(64))) = {
        CU_EIGHT_OF(0), CU_EIGHT_OF(1), CU_EIGHT_OF(2), CU_EIGHT_OF(3),
        CU_EIGHT_OF(4), CU_EIGHT_OF(5), CU_EIGHT_OF(6), CU_EIGHT_OF(7)};
    const __m512i left = _mm512_packs_epi32(columns->left01, columns->left23);
    const __m512i right = _mm512_packs_epi32(columns->right76, columns->right54);

    return _mm512_permutexvar_epi8(_mm512_load_si512((const void *)places),
                                   _mm512_packus_epi16(left, right));
}

#undef CU_EIGHT_OF
#undef CU_TWO_OF_ALL
#undef CU_TWO_OF
#undef CU_BYTE_AT
#undef CU_WORD_AT

static inline void cu_samples_put(__m512i rows, uint8_t *out, size_t stride)
{
    const __m128i two[4] = {_mm512_castsi512_si128(rows), _mm512_extracti32x4_epi32(rows, 1),
                            _mm512_extracti32x4_epi32(rows, 2),
                            _mm512_extracti32x4_epi32(rows, 3)};

    for (size_t i = 0; i < 4; i++) {
        _mm_storel_epi64((__m128i *)(void *)(out + 2 * i * stride), two[i]);
        _mm_storeh_pd((double *)(void *)(out + (2 * i + 1) * stride), _mm_castsi128_pd(two[i]));
    }
}

static inline bool cu_samples_is_inside(const cu_samples_half *columns)
{
    const __m512i reach = _mm512_set1_epi32(512 - 128);
    const __m512i all =
        _mm512_or_si512(_mm512_or_si512(_mm512_add_epi32(columns->left01, reach),
                                        _mm512_add_epi32(columns->left23, reach)),
                        _mm512_or_si512(_mm512_add_epi32(columns->right76, reach),
                                        _mm512_add_epi32(columns->right54, reach)));

    return _mm512_test_epi32_mask(all, _mm512_set1_epi32(~1023)) == 0;
}

static inline bool cu_samples_whole_block(const int16_t *block, bool asked, uint8_t *out,
                                          size_t stride)
{
    const int32_t last_half =
        (1 << (cu_samples_last_shift - 1)) + (128 << cu_samples_last_shift);
    __m512i pairs[4];

    for (size_t i = 0; i < 4; i++)
        pairs[i] = _mm512_broadcast_i64x4(
            _mm256_load_si256((const __m256i *)(const void *)(block + i * 16)));

    const cu_samples_half rows =
        cu_samples_direction(pairs, 1 << (cu_samples_first_shift - 1), cu_samples_first_shift);

    cu_samples_turn(&rows, pairs);

    const cu_samples_half columns =
        cu_samples_direction(pairs, last_half, cu_samples_last_shift);

    cu_samples_put(cu_samples_settle(&columns), out, stride);
    return !asked || cu_samples_is_inside(&columns);
}

/* Of any block with coefficients up to 8192; rows come with their mirrors, or all of them. */
static inline bool cu_samples_rows(const int16_t *block, uint32_t wanted, uint8_t *out,
                                   size_t stride)
{
    const __m256i *const pairs = (const __m256i *)(const void *)block;
    const int sum = cu_samples_sum(pairs);
    const bool asked = sum > cu_samples_sum_inside;

    if (__builtin_expect(sum > cu_samples_sum_max, 0))
        return false;
    /* Of two rows with their mirrors, it is as fast as row by row. */
    if (__builtin_popcount(wanted) > 4)
        return cu_samples_whole_block(block, asked, out, stride);
    return cu_samples_all_rows(pairs, wanted, asked, out, stride);
}

/* ---- kept columns ---- */

static inline bool cu_samples_find_by(cu_samples_gather *gather, uint32_t each,
                                      uint32_t columns)
{
    for (uint32_t i = 0; i < gather->count; i++) {
        const uint32_t look = i / columns;

        if (i % columns == 0)
            gather->base[look] = gather->left[i];
        for (uint32_t k = 0; k < each; k++) {
            const uint32_t at = gather->left[i] + k - gather->base[look];

            if (at >= cu_samples_reach)
                return false;
            gather->places[look * cu_samples_look_bytes + i % columns * each + k] = (uint8_t)at;
        }
    }
    gather->columns = columns;
    return true;
}

/* Places are bytes from base: as many columns to a look as it reaches. */
static inline void cu_samples_find(cu_samples_gather *gather, uint32_t each)
{
    gather->columns = 0;
    for (uint32_t columns = cu_samples_look_bytes / each; columns >= 8; columns /= 2) {
        if (cu_samples_find_by(gather, each, columns))
            return;
    }
}

static inline __m512i cu_samples_gathered(const cu_samples_gather *gather, uint32_t look,
                                          const uint8_t *row)
{
    const uint8_t *const at = row + gather->base[look];

    return _mm512_permutex2var_epi8(
        _mm512_loadu_si512((const void *)at),
        _mm512_load_si512(
            (const void *)(gather->places + (size_t)look * cu_samples_look_bytes)),
        _mm512_loadu_si512((const void *)(at + cu_samples_look_bytes)));
}

/* Columns of luma; behind what a look finds, anything, until the next. */
static inline void cu_samples_pick(const cu_samples_gather *gather, const uint8_t *row,
                                   uint8_t *out)
{
    uint32_t look = 0;

    if (gather->columns == 0) {
        cu_samples_pick_each(gather, row, out);
        return;
    }
    for (uint32_t i = 0; i < gather->count; i += gather->columns)
        _mm512_storeu_si512((void *)(out + i), cu_samples_gathered(gather, look++, row));
}

/* Columns of colour: each two samples times their weights. */
static inline void cu_samples_weigh(const cu_samples_gather *gather, const uint8_t *row,
                                    const uint8_t (*weights)[2], uint16_t *out)
{
    uint32_t look = 0;

    if (gather->columns == 0) {
        cu_samples_weigh_each(gather, row, weights, out);
        return;
    }
    for (uint32_t i = 0; i < gather->count; i += gather->columns)
        _mm512_storeu_si512(
            (void *)(out + i),
            _mm512_maddubs_epi16(cu_samples_gathered(gather, look++, row),
                                 _mm512_loadu_si512((const void *)(weights + i))));
}

/* ---- colours ---- */

static inline __m512i cu_samples_blended(const cu_samples_blend *blend, uint32_t i)
{
    const __m512i near = _mm512_load_si512((const void *)(blend->near + i));
    __m512i sum = near;

    if (blend->far != NULL) {
        const __m512i far = _mm512_load_si512((const void *)(blend->far + i));

        sum = _mm512_add_epi16(_mm512_add_epi16(near, near), _mm512_add_epi16(near, far));
    }
    sum = _mm512_add_epi16(sum, _mm512_load_si512((const void *)(blend->bias + i)));
    sum = _mm512_add_epi16(sum, _mm512_set1_epi16((short)blend->lower));
    return _mm512_srl_epi16(sum, _mm_cvtsi32_si128(blend->shift));
}

/* (a * x + b * y + 2^15) >> 16, where pairs are x and y, and factors a and b. */
static inline __m512i cu_samples_rounded(__m512i low, __m512i high, int a, int b, int half)
{
    const __m512i factors = _mm512_set1_epi32((int)((uint32_t)b << 16 | (uint16_t)a));
    const __m512i add = _mm512_set1_epi32(half);

    low = _mm512_srai_epi32(_mm512_dpwssd_epi32(add, low, factors), 16);
    high = _mm512_srai_epi32(_mm512_dpwssd_epi32(add, high, factors), 16);
    return _mm512_packs_epi32(low, high);
}

/* 32 bytes from 32 numbers, held to a byte's range. */
static inline void cu_samples_put_bytes(uint8_t *out, __m512i numbers)
{
    _mm256_storeu_si256((__m256i_u *)(void *)out, _mm512_cvtusepi16_epi8(_mm512_max_epi16(
                                                      numbers, _mm512_setzero_si512())));
}

static inline void cu_samples_colours(const uint8_t *luma, const cu_samples_blend *blue,
                                      const cu_samples_blend *red, uint32_t n,
                                      uint8_t *const out[3])
{
    const __m512i middle = _mm512_set1_epi16(128);

    for (uint32_t i = 0; i < n; i += 32) {
        const __m512i y =
            _mm512_cvtepu8_epi16(_mm256_load_si256((const __m256i *)(const void *)(luma + i)));
        const __m512i cb = _mm512_sub_epi16(cu_samples_blended(blue, i), middle);
        const __m512i cr = _mm512_sub_epi16(cu_samples_blended(red, i), middle);
        const __m512i low = _mm512_unpacklo_epi16(cb, cr);
        const __m512i high = _mm512_unpackhi_epi16(cb, cr);
        const __m512i r = _mm512_add_epi16(
            cr, _mm512_mulhrs_epi16(cr, _mm512_set1_epi16(cu_samples_half_red)));
        const __m512i g = _mm512_sub_epi16(cu_samples_rounded(low, high, cu_samples_green_of_cb,
                                                              cu_samples_green_of_cr, 32768),
                                           cr);
        const __m512i b =
            _mm512_add_epi16(_mm512_add_epi16(cb, cb),
                             _mm512_mulhrs_epi16(cb, _mm512_set1_epi16(cu_samples_half_blue)));

        cu_samples_put_bytes(out[0] + i, _mm512_add_epi16(y, r));
        cu_samples_put_bytes(out[1] + i, _mm512_add_epi16(y, g));
        cu_samples_put_bytes(out[2] + i, _mm512_add_epi16(y, b));
    }
}

#endif
#endif
