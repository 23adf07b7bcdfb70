/* SPDX-License-Identifier: Apache-2.0 */
/* The blur, a pixel at a time: what the vector kernels must equal, bit for bit. */
#include "pdq/engine.h"

static bool runs_here(void)
{
    return true;
}

/* The picture's luma, whole, then as much room again, and a row's sums. */
typedef struct blur {
    uint32_t width, height;
    cu_pdq_small_picture *out;
    float *end; /* of the rows that are there */
    float luma[];
} blur;

static size_t room_bytes(const cu_pdq_pixels *shape)
{
    return sizeof(blur) +
           sizeof(float) * ((size_t)shape->width * shape->height * 2 + shape->width);
}

static void begin(void *room, const cu_pdq_pixels *shape, cu_pdq_small_picture *out)
{
    blur *const self = room;

    self->width = shape->width;
    self->height = shape->height;
    self->out = out;
    self->end = self->luma;
}

static void take(void *room, const cu_pdq_pixels *strip)
{
    blur *const self = room;

    for (uint32_t y = 0; y < strip->height; y++) {
        for (uint32_t x = 0; x < strip->width; x++)
            *self->end++ = cu_pdq_luma(strip, x, y);
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

static void end(void *room)
{
    blur *const self = room;
    const size_t width = self->width;
    const size_t height = self->height;
    float *const one = self->luma;
    float *const two = one + width * height;
    float *const sums = two + width * height;
    const run across = {width, 1, 1, 0, cu_pdq_box(self->width)};
    const run down = {height, width, width, 1, cu_pdq_box(self->height)};

    for (int round = 0; round < 2; round++) {
        for (size_t y = 0; y < height; y++)
            box_along(&across, one + y * width, two + y * width, sums);
        box_along(&down, two, one, sums);
    }
    for (uint32_t y = 0; y < cu_pdq_small; y++) {
        const float *const row = one + cu_pdq_sampled(y, self->height) * width;

        for (uint32_t x = 0; x < cu_pdq_small; x++)
            self->out->at[y][x] = row[cu_pdq_sampled(x, self->width)];
    }
}

const cu_pdq_kernel cu_pdq_plain = {
    .name = "plain",
    .runs_here = runs_here,
    .room_bytes = room_bytes,
    .begin = begin,
    .take = take,
    .end = end,
};
