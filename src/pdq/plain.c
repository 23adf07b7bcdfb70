/* SPDX-License-Identifier: Apache-2.0 */
/* The blur, a pixel at a time: what the vector kernels must equal, bit for bit. */
#include "pdq/engine.h"

static bool runs_here(void)
{
    return true;
}

static size_t scratch_bytes(const cu_pdq_pixels *pixels)
{
    return sizeof(float) * ((size_t)pixels->width * pixels->height * 2 + pixels->width);
}

static void luma_of(const cu_pdq_pixels *pixels, float *out)
{
    for (size_t y = 0; y < pixels->height; y++) {
        const uint8_t *p = pixels->p + y * pixels->stride_bytes;

        for (uint32_t x = 0; x < pixels->width; x++, p += pixels->channels)
            *out++ = cu_pdq_luma(p, pixels->channels);
    }
}

/* A run of values in memory: count of them, step apart; and side by side with it, beside of
 * them.
 */
typedef struct run {
    size_t count, step, beside, beside_step;
    size_t box;
} run;

/*
 * The mean of the box around each value. The sum runs along: a value enters, a value leaves, so
 * its rounding depends on all that went before, and on the order. At the ends the box is cut
 * off, and the mean is of what is left.
 */
static void box_along(const run *self, const float *in, float *out, float *sums)
{
    const size_t ahead = self->box / 2; /* of the place written */
    size_t held = 0;

    for (size_t k = 0; k < self->beside; k++)
        sums[k] = 0.0F;
    for (size_t i = 0; i < self->count + ahead; i++) {
        const bool enters = i < self->count;
        const bool leaves = i >= self->box;

        held = held + enters - leaves;
        for (size_t k = 0; k < self->beside; k++) {
            const size_t shift = k * self->beside_step;

            if (enters)
                sums[k] += in[i * self->step + shift];
            if (leaves)
                sums[k] -= in[(i - self->box) * self->step + shift];
            if (i >= ahead)
                out[(i - ahead) * self->step + shift] = sums[k] / (float)held;
        }
    }
}

static void shrink(const cu_pdq_pixels *pixels, void *scratch, cu_pdq_small_picture *out)
{
    const size_t width = pixels->width;
    const size_t height = pixels->height;
    float *const one = scratch;
    float *const two = one + width * height;
    float *const sums = two + width * height;
    const run across = {width, 1, 1, 0, cu_pdq_box(pixels->width)};
    const run down = {height, width, width, 1, cu_pdq_box(pixels->height)};

    luma_of(pixels, one);
    for (int round = 0; round < 2; round++) {
        for (size_t y = 0; y < height; y++)
            box_along(&across, one + y * width, two + y * width, sums);
        box_along(&down, two, one, sums);
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
