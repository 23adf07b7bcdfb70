/* SPDX-License-Identifier: Apache-2.0 */
/* The blur in vectors, in one pass over the picture. Compiled once for each width of vector. */
#include "pdq/engine.h"
#include "pdq/lanes.h"

#include <string.h>

/*
 * Vectors run across rows of a strip, so that each row keeps its own sum in its own order:
 *
 *   pixels ─▶ luma, turned ─▶ box along rows ─▶ ring ─▶ box down, turned ─▶ box along rows, 64
 *   columns of it ─▶ narrow ring ─▶ box down, 64 rows of it
 *
 * Only what the next step needs is held, and what nobody samples is never divided or stored. A
 * sum waits for the one before it; so the boxes along rows of two strips go side by side, the
 * first of one strip and the second of the strip before it.
 */

enum { wide = CU_PDQ_LANES };

enum { first, second, rounds };

/* Rows of a strip, turned: lane r is row from + r. Those before row 0 and behind n are none. */
typedef struct turned {
    float *columns; /* [padded][wide] */
    int64_t from;
    size_t n; /* rows; 0: no strip is there */
} turned;

/* One picture on its way. Rows of floats are padded to whole vectors. */
typedef struct blur {
    uint32_t width, height;
    cu_pdq_small_picture *out;
    size_t padded;     /* floats of a row */
    size_t box_across; /* places of the box along rows */
    size_t box_down;
    size_t ring_rows;
    turned strips[rounds]; /* pixels; what was boxed both ways once */
    float *ring;           /* [ring_rows][padded]: boxed along rows once */
    float *sums;           /* [padded]: running, down */
    float *narrow;         /* [ring_rows][64]: boxed along rows twice */
    float *narrow_sums;    /* [64]: running, down */
    size_t taken;          /* rows of the picture */
    size_t stepped;        /* steps of the first box down */
    uint32_t sampled;      /* rows of out that are done */
} blur;

enum { alignment = 64, head_bytes = (sizeof(blur) + alignment - 1) / alignment * alignment };

static size_t padded_width(const cu_pdq_pixels *shape)
{
    return ((size_t)shape->width + wide - 1) / wide * wide;
}

static size_t room_bytes(const cu_pdq_pixels *shape)
{
    const size_t ring_rows = (size_t)cu_pdq_box(shape->height) + wide;

    return head_bytes +
           sizeof(float) * (padded_width(shape) * ((size_t)rounds * wide + ring_rows + 1) +
                            (ring_rows + 1) * cu_pdq_small);
}

static float *take_floats(float **from, size_t n)
{
    float *const taken = *from;

    *from += n;
    return taken;
}

/*
 * sum / count, rounded as a division is, with inverse = 1 / count. The remainder of the first
 * guess is exact, so the second is right: tried for every significand and every count of 8192,
 * which is the largest box.
 */
static inline lanes mean(lanes sum, lanes count, lanes inverse)
{
    const lanes guess = lanes_multiply(sum, inverse);
    const lanes remainder = lanes_fused_less(guess, count, sum);

    return lanes_fused(remainder, inverse, guess);
}

/* How many values a box of n places holds once value i has entered it. */
static inline float held_at(size_t i, size_t n, size_t box)
{
    const size_t entered = i < n ? i + 1 : n;
    const size_t left = i >= box ? i - box + 1 : 0;

    return (float)(entered - left);
}

/* ---- pixels ---- */

/* The n pixels from x of row y. */
static inline lanes luma_at(const cu_pdq_pixels *strip, size_t x, size_t y, uint32_t n)
{
    const size_t plane = strip->plane_bytes;
    const uint8_t *const row = strip->p + y * strip->stride_bytes;
    lanes channels[3];

    if (strip->channels == 1)
        return lanes_of_bytes(row + x, n);
    if (plane == 0)
        split_pixels(row + x * 3, n, channels);
    for (size_t i = 0; plane != 0 && i < 3; i++)
        channels[i] = lanes_of_bytes(row + i * plane + x, n);
    return lanes_add(lanes_add(lanes_multiply(lanes_of(0.299F), channels[0]),
                               lanes_multiply(lanes_of(0.587F), channels[1])),
                     lanes_multiply(lanes_of(0.114F), channels[2]));
}

/* Rows y… of the strip. */
static void turn_pixels(blur *self, const cu_pdq_pixels *strip, size_t y)
{
    turned *const out = &self->strips[first];
    const size_t left = strip->height - y;

    out->from = (int64_t)self->taken;
    out->n = left < wide ? left : wide;
    for (size_t x = 0; x < self->padded; x += wide) {
        const size_t beside = self->width - x;
        const uint32_t n = (uint32_t)(beside < wide ? beside : wide);
        lanes tile[wide];

        for (size_t r = 0; r < wide; r++)
            tile[r] = r < out->n ? luma_at(strip, x, y + r, n) : lanes_zero();
        transpose(tile);
        for (size_t r = 0; r < wide; r++)
            lanes_store(out->columns + (x + r) * wide, tile[r]);
    }
}

/* ---- along rows ---- */

/* The running sums of both strips, at the same place. */
typedef struct runner {
    lanes sums[rounds];
    lanes count, inverse;
    const float *columns[rounds];
    size_t n, box;
    float held;
} runner;

static runner start(const blur *self)
{
    return (runner){.columns = {self->strips[first].columns, self->strips[second].columns},
                    .sums = {lanes_zero(), lanes_zero()},
                    .count = lanes_zero(),
                    .inverse = lanes_zero(),
                    .n = self->width,
                    .box = self->box_across};
}

/* Value i enters; inside: one leaves, too, and the box was full before. */
static inline void step(runner *self, size_t i, const bool there[rounds], bool inside)
{
    for (int k = 0; k < rounds; k++) {
        if (there[k] && (inside || i < self->n))
            self->sums[k] = lanes_add(self->sums[k], lanes_load(self->columns[k] + i * wide));
        if (there[k] && (inside || i >= self->box))
            self->sums[k] = lanes_subtract(
                self->sums[k], lanes_load(self->columns[k] + (i - self->box) * wide));
    }
    if (!inside && held_at(i, self->n, self->box) != self->held) {
        self->held = held_at(i, self->n, self->box);
        self->count = lanes_of(self->held);
        self->inverse = lanes_of(1.0F / self->held);
    }
}

/* Means of the second strip, at the 64 places. */
typedef struct sampling {
    lanes means[cu_pdq_small];
    uint32_t n;
    uint32_t next; /* place */
} sampling;

static inline void sample(sampling *self, const runner *running, size_t x, uint32_t width)
{
    while (x == self->next && self->n < cu_pdq_small) {
        self->means[self->n++] = mean(running->sums[second], running->count, running->inverse);
        self->next = cu_pdq_sampled(self->n, width);
    }
}

/* A tile of means back into rows of the ring. */
static void keep_tile(blur *self, size_t x, lanes tile[wide])
{
    size_t row = (size_t)self->strips[first].from % self->ring_rows;

    transpose(tile);
    for (size_t r = 0; r < wide; r++) {
        lanes_store(self->ring + row * self->padded + x, tile[r]);
        row = row + 1 < self->ring_rows ? row + 1 : 0; /* a division costs as much as a tile */
    }
}

/* Columns x… and as many of them as a tile has. */
static inline void box_tile(blur *self, runner *running, size_t x, const bool there[rounds],
                            bool inside, sampling *samples)
{
    const size_t ahead = self->box_across / 2;
    const size_t n = inside || self->width - x >= wide ? wide : self->width - x;
    lanes tile[wide];

    for (size_t i = 0; !inside && i < wide; i++)
        tile[i] = lanes_zero();
    for (size_t i = 0; i < n; i++) {
        step(running, x + i + ahead, there, inside);
        if (there[first])
            tile[i] = mean(running->sums[first], running->count, running->inverse);
        if (there[second])
            sample(samples, running, x + i, self->width);
    }
    if (there[first])
        keep_tile(self, x, tile);
}

static inline void box_along(blur *self, const bool there[rounds], sampling *samples)
{
    const size_t ahead = self->box_across / 2;
    runner running = start(self);

    samples->n = 0;
    samples->next = cu_pdq_sampled(0, self->width);
    for (size_t i = 0; i < ahead; i++)
        step(&running, i, there, false);
    for (size_t x = 0; x < self->width; x += wide) {
        /* From the first step that finds a full box to the last one that finds a value. */
        if (x + ahead > self->box_across && x + wide + ahead <= self->width)
            box_tile(self, &running, x, there, true, samples);
        else
            box_tile(self, &running, x, there, false, samples);
    }
}

/* ---- down ---- */

/* One step of a box down: rows that enter and leave, or NULL, and how many it holds then. */
typedef struct stepped {
    const float *entering, *leaving;
    float held;
} stepped;

static stepped stepping(const blur *self, const float *ring, size_t row_floats, size_t i)
{
    const size_t height = self->height;
    const size_t box = self->box_down;

    return (stepped){
        .entering = i < height ? ring + i % self->ring_rows * row_floats : NULL,
        .leaving = i >= box ? ring + (i - box) % self->ring_rows * row_floats : NULL,
        .held = held_at(i, height, box),
    };
}

/* inside: a row enters and a row leaves. */
static inline lanes stepped_sum(const stepped *now, size_t x, bool inside, lanes sum)
{
    if (inside || now->entering != NULL)
        sum = lanes_add(sum, lanes_load(now->entering + x));
    if (inside || now->leaving != NULL)
        sum = lanes_subtract(sum, lanes_load(now->leaving + x));
    return sum;
}

/* n steps at columns x…, turned; inside: all of a whole strip are. */
static inline void step_tile(blur *self, const stepped *steps, size_t n, size_t x, bool inside)
{
    const lanes full = lanes_of((float)self->box_down);
    const lanes inverse = lanes_of(1.0F / (float)self->box_down);
    float *const out = self->strips[second].columns + x * wide;
    lanes sum = lanes_load(self->sums + x);
    lanes tile[wide];

    for (size_t r = 0; r < wide; r++) {
        if (inside || r < n)
            sum = stepped_sum(&steps[r], x, inside, sum);
        if (inside)
            tile[r] = mean(sum, full, inverse);
        else
            tile[r] = r < n ? mean(sum, lanes_of(steps[r].held), lanes_of(1.0F / steps[r].held))
                            : lanes_zero();
    }
    lanes_store(self->sums + x, sum);
    transpose(tile);
    for (size_t r = 0; r < wide; r++)
        lanes_store(out + r * wide, tile[r]);
}

/* The next steps of the first box down, at most a strip of them, turned. */
static void first_down(blur *self)
{
    turned *const out = &self->strips[second];
    const size_t ahead = self->box_down / 2;
    const size_t from = self->stepped;
    const size_t left = self->height + ahead - from;
    const bool inside = from >= self->box_down && from + wide <= self->height;
    stepped steps[wide];

    out->n = left < wide ? left : wide;
    out->from = (int64_t)from - (int64_t)ahead;
    for (size_t r = 0; r < out->n; r++)
        steps[r] = stepping(self, self->ring, self->padded, from + r);
    for (size_t x = 0; x < self->padded; x += wide) {
        if (inside)
            step_tile(self, steps, wide, x, true);
        else
            step_tile(self, steps, out->n, x, false);
    }
    self->stepped += out->n;
}

/* Row i enters the last box; each row of the small picture that this completes is written. */
static void second_down(blur *self, size_t i)
{
    const size_t ahead = self->box_down / 2;
    const stepped now = stepping(self, self->narrow, cu_pdq_small, i);
    float row[cu_pdq_small] __attribute__((aligned(64)));

    for (size_t x = 0; x < cu_pdq_small; x += wide) {
        const lanes sum = stepped_sum(&now, x, false, lanes_load(self->narrow_sums + x));

        lanes_store(self->narrow_sums + x, sum);
        lanes_store(row + x, mean(sum, lanes_of(now.held), lanes_of(1.0F / now.held)));
    }
    while (self->sampled < cu_pdq_small &&
           cu_pdq_sampled(self->sampled, self->height) + ahead == i)
        memcpy(self->out->at[self->sampled++], row, sizeof row);
}

/* ---- from strip to strip ---- */

/* The second strip's rows, boxed along, go on to the end. */
static void finish_second(blur *self, sampling *samples)
{
    turned *const strip = &self->strips[second];
    const size_t before = strip->from < 0 ? (size_t)-strip->from : 0;

    for (size_t k = 0; k < cu_pdq_small; k += wide) {
        transpose(samples->means + k);
        for (size_t r = before; r < strip->n; r++) {
            const size_t row = (size_t)(strip->from + (int64_t)r) % self->ring_rows;

            lanes_store(self->narrow + row * cu_pdq_small + k, samples->means[k + r]);
        }
    }
    for (size_t r = before; r < strip->n; r++)
        second_down(self, (size_t)(strip->from + (int64_t)r));
    strip->n = 0;
}

/* All that waits along rows. */
static void box_strips(blur *self)
{
    static const bool both[] = {true, true};
    static const bool only[][rounds] = {{true, false}, {false, true}};
    sampling samples;

    if (self->strips[second].n == 0) {
        box_along(self, only[first], &samples);
    } else if (self->strips[first].n == 0) {
        box_along(self, only[second], &samples);
        finish_second(self, &samples);
    } else {
        box_along(self, both, &samples);
        finish_second(self, &samples);
    }
    self->strips[first].n = 0;
}

static void begin(void *room, const cu_pdq_pixels *shape, cu_pdq_small_picture *out)
{
    blur *const self = room;
    float *from = (float *)(void *)((uint8_t *)room + head_bytes);

    *self = (blur){
        .width = shape->width,
        .height = shape->height,
        .out = out,
        .padded = padded_width(shape),
        .box_across = cu_pdq_box(shape->width),
        .box_down = cu_pdq_box(shape->height),
        .ring_rows = (size_t)cu_pdq_box(shape->height) + wide,
    };
    for (int k = 0; k < rounds; k++)
        self->strips[k].columns = take_floats(&from, self->padded * wide);
    self->ring = take_floats(&from, self->padded * self->ring_rows);
    self->sums = take_floats(&from, self->padded);
    self->narrow = take_floats(&from, cu_pdq_small * self->ring_rows);
    self->narrow_sums = take_floats(&from, cu_pdq_small);
    memset(self->sums, 0, self->padded * sizeof(float));
    memset(self->narrow_sums, 0, cu_pdq_small * sizeof(float));
}

static void take(void *room, const cu_pdq_pixels *strip)
{
    blur *const self = room;

    for (size_t y = 0; y < strip->height; y += wide) {
        turn_pixels(self, strip, y);
        self->taken += self->strips[first].n;
        box_strips(self);
        first_down(self);
    }
}

static void end(void *room)
{
    blur *const self = room;
    const size_t last = (size_t)self->height + self->box_down / 2;

    box_strips(self);
    while (self->stepped < last) {
        first_down(self);
        box_strips(self);
    }
    for (size_t i = self->height; i < last; i++)
        second_down(self, i);
}

#if CU_PDQ_LANES == 16
const cu_pdq_kernel cu_pdq_avx512 = {
    .name = "avx512",
#else
const cu_pdq_kernel cu_pdq_avx2 = {
    .name = "avx2",
#endif
    .runs_here = runs_here,
    .room_bytes = room_bytes,
    .begin = begin,
    .take = take,
    .end = end,
};
