/* SPDX-License-Identifier: Apache-2.0 */
/* The blur, a pixel at a time: what the vector kernels must equal, bit for bit. */
#include "pdq/engine.h"

static bool runs_here(void)
{
    return true;
}

static size_t scratch_bytes(const cu_pdq_pixels *pixels)
{
    return 2 * sizeof(float) * pixels->width * pixels->height;
}

static void luma_of(const cu_pdq_pixels *pixels, float *out)
{
    for (size_t y = 0; y < pixels->height; y++) {
        const uint8_t *p = pixels->p + y * pixels->stride_bytes;

        for (uint32_t x = 0; x < pixels->width; x++, p += pixels->channels)
            *out++ = cu_pdq_luma(p, pixels->channels);
    }
}

/*
 * The mean of the box around each of n values, step apart. The sum runs along: a value enters,
 * a value leaves, so its rounding depends on all that went before, and on the order. At the
 * ends the box is cut off, and the mean is of what is left.
 */
static void box_along(const float *in, float *out, size_t n, size_t step, size_t box)
{
    const size_t ahead = box / 2; /* of the place written */
    float sum = 0.0F;
    size_t held = 0;

    for (size_t i = 0; i < n + ahead; i++) {
        if (i < n) {
            sum += in[i * step];
            held++;
        }
        if (i >= box) {
            sum -= in[(i - box) * step];
            held--;
        }
        if (i >= ahead)
            out[(i - ahead) * step] = sum / (float)held;
    }
}

static void shrink(const cu_pdq_pixels *pixels, void *scratch, cu_pdq_small_picture *out)
{
    const size_t width = pixels->width;
    const size_t height = pixels->height;
    float *const one = scratch;
    float *const two = one + width * height;

    luma_of(pixels, one);
    for (int round = 0; round < 2; round++) {
        for (size_t y = 0; y < height; y++)
            box_along(one + y * width, two + y * width, width, 1, cu_pdq_box(pixels->width));
        for (size_t x = 0; x < width; x++)
            box_along(two + x, one + x, height, width, cu_pdq_box(pixels->height));
    }
    for (uint32_t y = 0; y < cu_pdq_small; y++) {
        const float *const row = one + cu_pdq_sampled(y, pixels->height) * width;

        for (uint32_t x = 0; x < cu_pdq_small; x++)
            out->at[y][x] = row[cu_pdq_sampled(x, pixels->width)];
    }
}

const cu_pdq_kernel cu_pdq_plain = {
    .name = "plain",
    .runs_here = runs_here,
    .scratch_bytes = scratch_bytes,
    .shrink = shrink,
};
