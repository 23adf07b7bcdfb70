/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From coefficients to pixels, the bits of libjpeg's slow integer transform, smooth upsampling
 * and colours, but a row at a time. Private to baseline_scan.c, which is compiled once for
 * each kind of vector: what is the same for all is here, and samples_plain.h, samples_avx2.h
 * and samples_avx512.h have the same functions each.
 *
 * The transform's steps are sums of products without a rounding between them, so each output of
 * one direction is a row of factors times the inputs. Source: jidctint.c, jpeg_idct_islow.
 */
#ifndef CU_PICTURE_SAMPLES_H
#define CU_PICTURE_SAMPLES_H

#include "base/bytes.h"

#include <string.h>

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

/* ---- kept columns ---- */

/*
 * Which bytes of a row the kept columns are made of: from left[i], each of them beside each
 * other (1 of luma, 2 of colours). Vectors find those of some columns in one look.
 */
enum {
    cu_samples_looks = 72,      /* of a row, at most */
    cu_samples_look_bytes = 64, /* that one look finds, at most */
    cu_samples_reach = 128,     /* bytes, from the first that a look may find */
};

typedef struct cu_samples_gather {
    const uint32_t *left; /* by kept column; rises; borrowed */
    uint32_t count;       /* of kept columns */
    uint32_t columns;     /* of one look; 0: vectors do not find them */
    uint32_t base[cu_samples_looks];
    uint8_t places[cu_samples_looks * cu_samples_look_bytes] __attribute__((aligned(64)));
} cu_samples_gather;

/* Columns of luma, one after the other. */
static inline void cu_samples_pick_each(const cu_samples_gather *gather, const uint8_t *row,
                                        uint8_t *out)
{
    for (uint32_t i = 0; i < gather->count; i++)
        out[i] = row[gather->left[i]];
}

/* Columns of colour: each two samples times their weights. */
static inline void cu_samples_weigh_each(const cu_samples_gather *gather, const uint8_t *row,
                                         const uint8_t (*weights)[2], uint16_t *out)
{
    for (uint32_t i = 0; i < gather->count; i++) {
        const uint8_t *const at = row + gather->left[i];

        out[i] = (uint16_t)(at[0] * weights[i][0] + at[1] * weights[i][1]);
    }
}

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
 * Rows of n pixels, a multiple of 32, to a row each of red, green and blue. Source: ITU-T T.871
 * section 7 as jdcolor.c rounds it: 1.40200, 1.77200, 0.71414 and 0.34414 times 2^16, less a
 * multiple of 2^16 so that they fit 16 bits, which is added after the shift.
 */
enum {
    cu_samples_red_of_cr = 91881 - 65536,
    cu_samples_blue_of_cb = 116130 - 131072,
    cu_samples_green_of_cr = 65536 - 46802,
    cu_samples_green_of_cb = -22554,
};

/*
 * Red less luma and blue less luma, of all 256 samples of colour those of the table: half the
 * factors, since the product is halved before it is rounded.
 */
enum {
    cu_samples_half_red = 13173,
    cu_samples_half_blue = cu_samples_blue_of_cb / 2,
};

#endif
