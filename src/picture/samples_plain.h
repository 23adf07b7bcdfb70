/* SPDX-License-Identifier: Apache-2.0 */
/* Samples without vectors. Private to baseline_scan.c. */
#ifndef CU_PICTURE_SAMPLES_PLAIN_H
#define CU_PICTURE_SAMPLES_PLAIN_H

#include "base/attr.h"
#include "picture/samples.h"

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

/* ---- kept columns ---- */

static inline void cu_samples_find(CU_UNUSED cu_samples_gather *gather, CU_UNUSED uint32_t each)
{
}

static inline void cu_samples_pick(const cu_samples_gather *gather, const uint8_t *row,
                                   uint8_t *out)
{
    cu_samples_pick_each(gather, row, out);
}

static inline void cu_samples_weigh(const cu_samples_gather *gather, const uint8_t *row,
                                    const uint8_t (*weights)[2], uint16_t *out)
{
    cu_samples_weigh_each(gather, row, weights, out);
}

/* ---- colours ---- */

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
