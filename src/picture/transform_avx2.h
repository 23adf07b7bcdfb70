/* SPDX-License-Identifier: Apache-2.0 */
/* The transform of single rows of a block, in vectors of AVX2. Private to samples_avx2.h and
 * samples_avx512.h. */
#ifndef CU_PICTURE_TRANSFORM_AVX2_H
#define CU_PICTURE_TRANSFORM_AVX2_H

#include "picture/samples.h"

#ifdef __AVX2__
#include <immintrin.h>

static inline void cu_samples_clear(int16_t *block)
{
    __m256i *const at = (__m256i *)(void *)block;

    for (int i = 0; i < 4; i++)
        _mm256_store_si256(at + i, _mm256_setzero_si256());
}

/* Of outputs 0 to 3: inputs in the order in which they lie in memory. */
static const int16_t cu_samples_paired[4][8] = {
    {8192, 10703, 8192, 4433, 11363, 9633, 6437, 2260},
    {8192, 4433, -8192, -10704, 9633, -2259, -11362, -6436},
    {8192, -4433, -8192, 10704, 6437, -11362, 2261, 9633},
    {8192, -10703, 8192, -4433, 2260, -6436, 9633, -11363},
};

/* Factors of two inputs, for all columns. */
static inline __m256i cu_samples_pair(int row, int pair)
{
    int32_t both = 0;

    memcpy(&both, &cu_samples_paired[row][(size_t)pair * 2], sizeof both);
    return _mm256_set1_epi32(both);
}

/* Factors of two inputs, for outputs 0 to 3, twice. */
static inline __m256i cu_samples_turned(int first)
{
    const int16_t(*const f)[8] = cu_samples_factors;
    const __m128i four =
        _mm_setr_epi16(f[0][first], f[0][first + 2], f[1][first], f[1][first + 2], f[2][first],
                       f[2][first + 2], f[3][first], f[3][first + 2]);

    return _mm256_set_m128i(four, four);
}

/* The sum of two inputs times their factors, of either row; from: the first input's byte. */
static inline __m256i cu_samples_across(__m256i rows, int from, int first)
{
    const int second = from + 4;
    const __m256i places =
        _mm256_set1_epi32(from | (from + 1) << 8 | second << 16 | (second + 1) << 24);

    return _mm256_madd_epi16(_mm256_shuffle_epi8(rows, places), cu_samples_turned(first));
}

/* A row and its mirror, to out and to mirror. Where it is asked, bits that are outside are set
 * in the result. */
static inline __m256i cu_samples_two_rows(const __m256i *pairs, int row, bool asked,
                                          uint8_t *out, uint8_t *mirror)
{
    const __m256i first_half = _mm256_set1_epi32(1 << (cu_samples_first_shift - 1));
    /* And 128, which a sample's middle is. */
    const __m256i last_half =
        _mm256_set1_epi32((1 << (cu_samples_last_shift - 1)) + (128 << cu_samples_last_shift));
    const __m256i reach = _mm256_set1_epi32(512 - 128);
    __m256i even = _mm256_add_epi32(_mm256_madd_epi16(pairs[0], cu_samples_pair(row, 0)),
                                    _mm256_madd_epi16(pairs[1], cu_samples_pair(row, 1)));
    __m256i odd = _mm256_add_epi32(_mm256_madd_epi16(pairs[2], cu_samples_pair(row, 2)),
                                   _mm256_madd_epi16(pairs[3], cu_samples_pair(row, 3)));
    __m256i rows; /* in the low half the row, in the high half its mirror */
    __m256i left;
    __m256i right;

    even = _mm256_add_epi32(even, first_half);
    left = _mm256_srai_epi32(_mm256_add_epi32(even, odd), cu_samples_first_shift);
    right = _mm256_srai_epi32(_mm256_sub_epi32(even, odd), cu_samples_first_shift);
    rows = _mm256_permute4x64_epi64(_mm256_packs_epi32(left, right), 0xD8);
    even = _mm256_add_epi32(cu_samples_across(rows, 0, 0), cu_samples_across(rows, 8, 4));
    odd = _mm256_add_epi32(cu_samples_across(rows, 2, 1), cu_samples_across(rows, 10, 5));
    even = _mm256_add_epi32(even, last_half);
    left = _mm256_srai_epi32(_mm256_add_epi32(even, odd), cu_samples_last_shift);
    right = _mm256_srai_epi32(_mm256_sub_epi32(even, odd), cu_samples_last_shift);
    right = _mm256_shuffle_epi32(right, 0x1B);
    rows = _mm256_packus_epi32(left, right);
    rows = _mm256_packus_epi16(rows, rows);
    _mm_storel_epi64((__m128i *)(void *)out, _mm256_castsi256_si128(rows));
    _mm_storel_epi64((__m128i *)(void *)mirror, _mm256_extracti128_si256(rows, 1));
    if (!asked)
        return _mm256_setzero_si256();
    return _mm256_or_si256(_mm256_add_epi32(left, reach), _mm256_add_epi32(right, reach));
}

/* The sum of magnitudes, each up to 8192; above cu_samples_sum_max it may be told too small. */
static inline int cu_samples_sum(const __m256i *pairs)
{
    const __m256i most = _mm256_add_epi16(
        _mm256_add_epi16(_mm256_abs_epi16(pairs[0]), _mm256_abs_epi16(pairs[1])),
        _mm256_add_epi16(_mm256_abs_epi16(pairs[2]), _mm256_abs_epi16(pairs[3])));
    /* Four times 8192 is no number of 16 bits with a sign: it is held below. */
    const __m256i eight = _mm256_madd_epi16(
        _mm256_min_epu16(most, _mm256_set1_epi16(INT16_MAX)), _mm256_set1_epi16(1));
    __m128i sum =
        _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));

    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1));
    return _mm_cvtsi128_si32(sum);
}

static inline bool cu_samples_all_rows(const __m256i *pairs, uint32_t wanted, bool asked,
                                       uint8_t *out, size_t stride)
{
    __m256i outside = _mm256_setzero_si256();

    for (uint32_t left = wanted & 15; left != 0; left &= left - 1) {
        const int row = __builtin_ctz(left);
        uint8_t *const at = out + (size_t)row * stride;
        uint8_t *const mirror = out + (size_t)(7 - row) * stride;

        outside = _mm256_or_si256(outside, cu_samples_two_rows(pairs, row, asked, at, mirror));
    }
    return _mm256_testz_si256(outside, _mm256_set1_epi32(~1023)) != 0;
}

#endif
#endif
