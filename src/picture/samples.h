/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From coefficients to pixels, the bits of libjpeg's slow integer transform, smooth upsampling
 * and colours, but a row at a time. Private to baseline_scan.c, which is compiled once with
 * vectors and once without.
 *
 * The transform's steps are sums of products without a rounding between them, so each output of
 * one direction is a row of factors times the inputs. Source: jidctint.c, jpeg_idct_islow.
 */
#ifndef CU_PICTURE_SAMPLES_H
#define CU_PICTURE_SAMPLES_H

#include "base/bytes.h"

#include <string.h>

#ifdef __AVX2__
#include <immintrin.h>
#endif

enum {
    cu_samples_first_shift = 11, /* CONST_BITS - PASS1_BITS */
    cu_samples_last_shift = 18,  /* CONST_BITS + PASS1_BITS + 3 */
    /*
     * Up to this sum of a block's magnitudes, times their steps, no 16 bits overflow in
     * libjpeg's vectors: 11363 / 2048 of it, twice 8 of rounding, is below 2^15.
     */
    cu_samples_sum_max = 5900,
    /* Up to this one, no sample leaves the 1024 values of libjpeg's range table: a sample is at
     * most 1.3871 twice, an eighth, of it. */
    cu_samples_sum_inside = 2100,
};

/* By output, then by input; times 2^13. */
static const int16_t cu_samples_factors[8][8] = {
    {8192, 11363, 10703, 9633, 8192, 6437, 4433, 2260},
    {8192, 9633, 4433, -2259, -8192, -11362, -10704, -6436},
    {8192, 6437, -4433, -11362, -8192, 2261, 10704, 9633},
    {8192, 2260, -10703, -6436, 8192, 9633, -4433, -11363},
    {8192, -2260, -10703, 6436, 8192, -9633, -4433, 11363},
    {8192, -6437, -4433, 11362, -8192, -2261, 10704, -9633},
    {8192, -9633, 4433, 2259, -8192, 11362, -10704, 6436},
    {8192, -11363, 10703, -9633, 8192, -6437, 4433, -2260},
};

static inline uint8_t cu_samples_clamp(int32_t value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/*
 * Where the coefficient of this row and column of a block lies in memory: rows 0 and 2 side by
 * side, then 4 and 6, 1 and 3, 5 and 7. Vectors multiply and add two of them at once, and rows
 * that mirror each other differ in the sign of the odd ones.
 */
static inline uint32_t cu_samples_index(uint32_t row, uint32_t column)
{
    return (row % 2 * 2 + row / 4) * 16 + column * 2 + row / 2 % 2;
}

/* The block's rows that wanted names, to out and each stride behind it: one that has nothing
 * but its constant part, which is in range. False where libjpeg's ways disagree. */
static inline bool cu_samples_flat(int32_t constant, uint32_t wanted, uint8_t *out,
                                   size_t stride)
{
    const int32_t value = (constant * 4 + 16) >> 5;

    const uint64_t eight = cu_samples_clamp(value + 128) * UINT64_C(0x0101010101010101);

    for (; wanted != 0; wanted &= wanted - 1)
        memcpy(out + (size_t)__builtin_ctz(wanted) * stride, &eight, sizeof eight);
    return (uint32_t)value + 512 < 1024;
}

#ifdef __AVX2__

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

/* Likewise, of any block with coefficients up to 8192; rows come with their mirrors. */
static inline bool cu_samples_rows(const int16_t *block, uint32_t wanted, uint8_t *out,
                                   size_t stride)
{
    const __m256i *const pairs = (const __m256i *)(const void *)block;
    const int sum = cu_samples_sum(pairs);

    if (__builtin_expect(sum <= cu_samples_sum_inside, 1))
        return cu_samples_all_rows(pairs, wanted, false, out, stride);
    return sum <= cu_samples_sum_max && cu_samples_all_rows(pairs, wanted, true, out, stride);
}

#else

static inline void cu_samples_clear(int16_t *block)
{
    memset(block, 0, 64 * sizeof *block);
}

static inline bool cu_samples_rows(const int16_t *block, uint32_t wanted, uint8_t *out,
                                   size_t stride)
{
    uint32_t outside = 0;
    int32_t magnitudes = 0;

    for (uint32_t i = 0; i < 64; i++)
        magnitudes += block[i] < 0 ? -block[i] : block[i];
    if (magnitudes > cu_samples_sum_max)
        return false;
    for (uint32_t row = 0; row < 8; row++, out += stride) {
        int32_t across[8];

        if ((wanted >> row & 1) == 0)
            continue;
        for (uint32_t x = 0; x < 8; x++) {
            int32_t sum = 1 << (cu_samples_first_shift - 1);

            for (uint32_t k = 0; k < 8; k++)
                sum += cu_samples_factors[row][k] * block[cu_samples_index(k, x)];
            across[x] = sum >> cu_samples_first_shift;
        }
        for (uint32_t x = 0; x < 8; x++) {
            int32_t sum = 1 << (cu_samples_last_shift - 1);

            for (uint32_t k = 0; k < 8; k++)
                sum += cu_samples_factors[x][k] * across[k];
            sum >>= cu_samples_last_shift;
            outside |= (uint32_t)sum + 512;
            out[x] = cu_samples_clamp(sum + 128);
        }
    }
    return outside < 1024;
}
#endif

/* ---- kept columns ---- */

/*
 * Where vectors find the samples of eight kept columns at once, if they lie within 32 bytes:
 * places are those in the first 16 bytes from base, then those in the second 16; 128 is none.
 * Of luma, one sample a column; of colours, two beside each other.
 */
enum { cu_samples_eights = 68 };

typedef struct cu_samples_gather {
    bool fits; /* all of them */
    uint32_t base[cu_samples_eights];
    uint8_t places[cu_samples_eights][32] __attribute__((aligned(32)));
} cu_samples_gather;

#ifdef __AVX2__

static inline __m128i cu_samples_gathered(const cu_samples_gather *gather, uint32_t eight,
                                          const uint8_t *row)
{
    const uint8_t *const at = row + gather->base[eight];
    const __m256i bytes = _mm256_shuffle_epi8(
        _mm256_loadu_si256((const __m256i_u *)(const void *)at),
        _mm256_load_si256((const __m256i *)(const void *)gather->places[eight]));

    return _mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1));
}

/* Columns of luma. */
static inline void cu_samples_pick(const cu_samples_gather *gather, uint32_t eights,
                                   const uint8_t *row, uint8_t *out)
{
    for (uint32_t i = 0; i < eights; i++)
        _mm_storel_epi64((__m128i *)(void *)(out + (size_t)i * 8),
                         cu_samples_gathered(gather, i, row));
}

/* Columns of colour: each two samples times their weights. */
static inline void cu_samples_weigh(const cu_samples_gather *gather, uint32_t eights,
                                    const uint8_t *row, const uint8_t (*weights)[2],
                                    uint16_t *out)
{
    for (uint32_t i = 0; i < eights; i++) {
        const __m128i by =
            _mm_loadu_si128((const __m128i_u *)(const void *)(weights + (size_t)i * 8));

        _mm_store_si128((__m128i *)(void *)(out + (size_t)i * 8),
                        _mm_maddubs_epi16(cu_samples_gathered(gather, i, row), by));
    }
}
#endif

/* ---- colours ---- */

/*
 * A blended sample of colour: 3 of the near row, 1 of the far one. Source: jdsample.c,
 * fullsize_upsample, h2v1_fancy_upsample, h1v2_fancy_upsample, h2v2_fancy_upsample.
 */
typedef struct cu_samples_blend {
    const uint16_t *near, *far; /* weighted across; far NULL: colours are as high as luma */
    const int16_t *bias;
    int lower; /* added to bias */
    int shift;
} cu_samples_blend;

/*
 * Rows of n pixels, a multiple of 16, to a row each of red, green and blue. Source: ITU-T T.871
 * section 7 as jdcolor.c rounds it: 1.40200, 1.77200, 0.71414 and 0.34414 times 2^16, less a
 * multiple of 2^16 so that they fit 16 bits, which is added after the shift.
 */
enum {
    cu_samples_red_of_cr = 91881 - 65536,
    cu_samples_blue_of_cb = 116130 - 131072,
    cu_samples_green_of_cr = 65536 - 46802,
    cu_samples_green_of_cb = -22554,
};

#ifdef __AVX2__

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

/*
 * Red less luma and blue less luma, of all 256 samples of colour those of the table: half the
 * factors, since the product is halved before it is rounded.
 */
enum {
    cu_samples_half_red = 13173,
    cu_samples_half_blue = cu_samples_blue_of_cb / 2,
};

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

#else

static inline int32_t cu_samples_blended(const cu_samples_blend *blend, uint32_t i)
{
    const int32_t near = blend->near[i];
    const int32_t sum = blend->far != NULL ? 3 * near + blend->far[i] : near;

    return (sum + blend->bias[i] + blend->lower) >> blend->shift;
}

static inline void cu_samples_colours(const uint8_t *luma, const cu_samples_blend *blue,
                                      const cu_samples_blend *red, uint32_t n,
                                      uint8_t *const out[3])
{
    for (uint32_t i = 0; i < n; i++) {
        const int32_t y = luma[i];
        const int32_t cb = cu_samples_blended(blue, i) - 128;
        const int32_t cr = cu_samples_blended(red, i) - 128;
        const int32_t r = cr + ((cu_samples_red_of_cr * cr + 32768) >> 16);
        const int32_t g =
            ((cu_samples_green_of_cb * cb + cu_samples_green_of_cr * cr + 32768) >> 16) - cr;
        const int32_t b = 2 * cb + ((cu_samples_blue_of_cb * cb + 32768) >> 16);

        out[0][i] = cu_samples_clamp(y + r);
        out[1][i] = cu_samples_clamp(y + g);
        out[2][i] = cu_samples_clamp(y + b);
    }
}
#endif

#endif
