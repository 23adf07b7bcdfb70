/* SPDX-License-Identifier: Apache-2.0 */
/* Samples in vectors of AVX2. Private to baseline_scan.c. */
#ifndef CU_PICTURE_SAMPLES_AVX2_H
#define CU_PICTURE_SAMPLES_AVX2_H

#include "picture/transform_avx2.h"

#ifdef __AVX2__

/* Of any block with coefficients up to 8192; rows come with their mirrors. */
static inline bool cu_samples_rows(const int16_t *block, uint32_t wanted, uint8_t *out,
                                   size_t stride)
{
    const __m256i *const pairs = (const __m256i *)(const void *)block;
    const int sum = cu_samples_sum(pairs);

    if (__builtin_expect(sum <= cu_samples_sum_inside, 1))
        return cu_samples_all_rows(pairs, wanted, false, out, stride);
    return sum <= cu_samples_sum_max && cu_samples_all_rows(pairs, wanted, true, out, stride);
}

/* ---- kept columns ---- */

enum {
    cu_samples_eight = 8,        /* columns of a look */
    cu_samples_eight_reach = 32, /* bytes that it may find */
};

/*
 * Places are those in the first 16 bytes from base, then those in the second 16; 128 is none.
 */
static inline void cu_samples_find(cu_samples_gather *gather, uint32_t each)
{
    enum { no_place = 128 };

    gather->columns = cu_samples_eight;
    memset(gather->places, no_place, sizeof gather->places);
    for (uint32_t i = 0; i < gather->count; i++) {
        uint8_t *const places =
            gather->places + (size_t)(i / cu_samples_eight) * cu_samples_eight_reach;

        if (i % cu_samples_eight == 0)
            gather->base[i / cu_samples_eight] = gather->left[i];
        for (uint32_t k = 0; k < each; k++) {
            const uint32_t at = gather->left[i] + k - gather->base[i / cu_samples_eight];

            if (at >= cu_samples_eight_reach) {
                gather->columns = 0;
                return;
            }
            places[at / 16 * 16 + i % cu_samples_eight * each + k] = (uint8_t)(at % 16);
        }
    }
}

static inline __m128i cu_samples_gathered(const cu_samples_gather *gather, uint32_t look,
                                          const uint8_t *row)
{
    const uint8_t *const at = row + gather->base[look];
    const __m256i bytes = _mm256_shuffle_epi8(
        _mm256_loadu_si256((const __m256i_u *)(const void *)at),
        _mm256_load_si256(
            (const __m256i *)(const void *)(gather->places +
                                            (size_t)look * cu_samples_eight_reach)));

    return _mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
}

/* Columns of luma. */
static inline void cu_samples_pick(const cu_samples_gather *gather, const uint8_t *row,
                                   uint8_t *out)
{
    if (gather->columns == 0) {
        cu_samples_pick_each(gather, row, out);
        return;
    }
    for (uint32_t i = 0; i < gather->count; i += cu_samples_eight)
        _mm_storel_epi64((__m128i *)(void *)(out + i),
                         cu_samples_gathered(gather, i / cu_samples_eight, row));
}

/* Columns of colour: each two samples times their weights. */
static inline void cu_samples_weigh(const cu_samples_gather *gather, const uint8_t *row,
                                    const uint8_t (*weights)[2], uint16_t *out)
{
    if (gather->columns == 0) {
        cu_samples_weigh_each(gather, row, weights, out);
        return;
    }
    for (uint32_t i = 0; i < gather->count; i += cu_samples_eight) {
        const __m128i by = _mm_loadu_si128((const __m128i_u *)(const void *)(weights + i));

        _mm_store_si128(
            (__m128i *)(void *)(out + i),
            _mm_maddubs_epi16(cu_samples_gathered(gather, i / cu_samples_eight, row), by));
    }
}

/* ---- colours ---- */

static inline __m256i cu_samples_blended(const cu_samples_blend *blend, uint32_t i)
{
    const __m256i near = _mm256_load_si256((const __m256i *)(const void *)(blend->near + i));
    __m256i sum = near;

    if (blend->far != NULL) {
        const __m256i far = _mm256_load_si256((const __m256i *)(const void *)(blend->far + i));

        sum = _mm256_add_epi16(_mm256_add_epi16(near, near), _mm256_add_epi16(near, far));
    }
    sum = _mm256_add_epi16(sum,
                           _mm256_load_si256((const __m256i *)(const void *)(blend->bias + i)));
    sum = _mm256_add_epi16(sum, _mm256_set1_epi16((short)blend->lower));
    return _mm256_srl_epi16(sum, _mm_cvtsi32_si128(blend->shift));
}

/* (a * x + b * y + 2^15) >> 16, where pairs are x and y, and factors a and b. */
static inline __m256i cu_samples_rounded(__m256i low, __m256i high, int a, int b, int half)
{
    const __m256i factors = _mm256_set1_epi32((int)((uint32_t)b << 16 | (uint16_t)a));
    const __m256i add = _mm256_set1_epi32(half);

    low = _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(low, factors), add), 16);
    high = _mm256_srai_epi32(_mm256_add_epi32(_mm256_madd_epi16(high, factors), add), 16);
    return _mm256_packs_epi32(low, high);
}

/* Sixteen bytes from sixteen numbers, held to a byte's range. */
static inline __m128i cu_samples_bytes(__m256i numbers)
{
    return _mm_packus_epi16(_mm256_castsi256_si128(numbers),
                            _mm256_extracti128_si256(numbers, 1));
}

static inline void cu_samples_colours(const uint8_t *luma, const cu_samples_blend *blue,
                                      const cu_samples_blend *red, uint32_t n,
                                      uint8_t *const out[3])
{
    const __m256i middle = _mm256_set1_epi16(128);

    for (uint32_t i = 0; i < n; i += 16) {
        const __m256i y =
            _mm256_cvtepu8_epi16(_mm_load_si128((const __m128i *)(const void *)(luma + i)));
        const __m256i cb = _mm256_sub_epi16(cu_samples_blended(blue, i), middle);
        const __m256i cr = _mm256_sub_epi16(cu_samples_blended(red, i), middle);
        const __m256i low = _mm256_unpacklo_epi16(cb, cr);
        const __m256i high = _mm256_unpackhi_epi16(cb, cr);
        const __m256i r = _mm256_add_epi16(
            cr, _mm256_mulhrs_epi16(cr, _mm256_set1_epi16(cu_samples_half_red)));
        const __m256i g = _mm256_sub_epi16(cu_samples_rounded(low, high, cu_samples_green_of_cb,
                                                              cu_samples_green_of_cr, 32768),
                                           cr);
        const __m256i b =
            _mm256_add_epi16(_mm256_add_epi16(cb, cb),
                             _mm256_mulhrs_epi16(cb, _mm256_set1_epi16(cu_samples_half_blue)));

        _mm_storeu_si128((__m128i_u *)(void *)(out[0] + i),
                         cu_samples_bytes(_mm256_add_epi16(y, r)));
        _mm_storeu_si128((__m128i_u *)(void *)(out[1] + i),
                         cu_samples_bytes(_mm256_add_epi16(y, g)));
        _mm_storeu_si128((__m128i_u *)(void *)(out[2] + i),
                         cu_samples_bytes(_mm256_add_epi16(y, b)));
    }
}

#endif
#endif
