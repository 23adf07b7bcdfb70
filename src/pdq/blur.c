/* SPDX-License-Identifier: Apache-2.0 */
/* The blur in vectors, in one pass over the picture. Compiled once for each width of vector. */
#include "pdq/engine.h"

#include <immintrin.h>
#include <string.h>

/*
 * Vectors run across rows of a strip, so that each row keeps its own sum in its own order:
 *
 *   pixels ─▶ luma, turned ─▶ box along rows ─▶ ring ─▶ box down ─▶ strip, turned ─▶ box along
 *   rows, 64 columns of it ─▶ narrow ring ─▶ box down, 64 rows of it
 *
 * Only what the next step needs is held, and what nobody samples is never divided or stored.
 */

#if CU_PDQ_LANES == 16
typedef __m512 lanes;

static inline lanes lanes_zero(void)
{
    return _mm512_setzero_ps();
}

static inline lanes lanes_of(float value)
{
    return _mm512_set1_ps(value);
}

static inline lanes lanes_load(const float *p)
{
    return _mm512_load_ps(p);
}

static inline void lanes_store(float *p, lanes v)
{
    _mm512_store_ps(p, v);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_ps(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_ps(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm512_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* c - a * b, rounded once */
static inline lanes lanes_fused_less(lanes a, lanes b, lanes c)
{
    return _mm512_fnmadd_ps(a, b, c);
}

static inline void transpose(lanes t[16])
{
    lanes u[16];

    for (int i = 0; i < 16; i += 2) {
        u[i] = _mm512_unpacklo_ps(t[i], t[i + 1]);
        u[i + 1] = _mm512_unpackhi_ps(t[i], t[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int k = 0; k < 2; k++) {
            const __m512d a = _mm512_castps_pd(u[i + k]);
            const __m512d b = _mm512_castps_pd(u[i + k + 2]);

            t[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            t[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    }
    /* t[4 g + c] now holds, for rows of group g, columns c, c + 4, c + 8, c + 12. */
    for (int c = 0; c < 4; c++) {
        u[c] = _mm512_shuffle_f32x4(t[c], t[c + 4], 0x88);
        u[c + 4] = _mm512_shuffle_f32x4(t[c], t[c + 4], 0xDD);
        u[c + 8] = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], 0x88);
        u[c + 12] = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], 0xDD);
    }
    for (int c = 0; c < 4; c++) {
        t[c] = _mm512_shuffle_f32x4(u[c], u[c + 8], 0x88);
        t[c + 8] = _mm512_shuffle_f32x4(u[c], u[c + 8], 0xDD);
        t[c + 4] = _mm512_shuffle_f32x4(u[c + 4], u[c + 12], 0x88);
        t[c + 12] = _mm512_shuffle_f32x4(u[c + 4], u[c + 12], 0xDD);
    }
}

/* Byte 3 i + from of the pixels as number i. */
static inline lanes channel(__m512i bytes, int from)
{
    const __m512i first = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32(3));
    const __m512i places = _mm512_add_epi32(first, _mm512_set1_epi32(from));

    return _mm512_cvtepi32_ps(
        _mm512_maskz_permutexvar_epi8(0x1111111111111111U, places, bytes));
}

static inline void split_pixels(const uint8_t *p, uint32_t n, lanes out[3])
{
    const __m512i bytes = _mm512_maskz_loadu_epi8((1ULL << (3 * n)) - 1, p);

    for (int i = 0; i < 3; i++)
        out[i] = channel(bytes, i);
}

static inline lanes lanes_of_bytes(const uint8_t *p, uint32_t n)
{
    const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1U << n) - 1), p);

    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0;
}

#else
typedef __m256 lanes;

static inline lanes lanes_zero(void)
{
    return _mm256_setzero_ps();
}

static inline lanes lanes_of(float value)
{
    return _mm256_set1_ps(value);
}

static inline lanes lanes_load(const float *p)
{
    return _mm256_load_ps(p);
}

static inline void lanes_store(float *p, lanes v)
{
    _mm256_store_ps(p, v);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_ps(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm256_sub_ps(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm256_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/* c - a * b, rounded once */
static inline lanes lanes_fused_less(lanes a, lanes b, lanes c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

static inline void transpose(lanes t[8])
{
    lanes u[8];

    for (int i = 0; i < 8; i += 2) {
        u[i] = _mm256_unpacklo_ps(t[i], t[i + 1]);
        u[i + 1] = _mm256_unpackhi_ps(t[i], t[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        t[i] = _mm256_shuffle_ps(u[i], u[i + 2], 0x44);
        t[i + 1] = _mm256_shuffle_ps(u[i], u[i + 2], 0xEE);
        t[i + 2] = _mm256_shuffle_ps(u[i + 1], u[i + 3], 0x44);
        t[i + 3] = _mm256_shuffle_ps(u[i + 1], u[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        u[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        u[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
    memcpy(t, u, sizeof u);
}

/* Numbers from bytes: four pixels begin at byte 0 of the low half, four at byte 4 of the high.
 */
static inline lanes channel(__m256i bytes, int from)
{
    const __m256i first = _mm256_setr_epi32(0, 3, 6, 9, 4, 7, 10, 13);
    const __m256i zeroes = _mm256_set1_epi32((int)0x80808000U);
    const __m256i places =
        _mm256_or_si256(_mm256_add_epi32(first, _mm256_set1_epi32(from)), zeroes);

    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places));
}

static inline void split_pixels(const uint8_t *p, uint32_t n, lanes out[3])
{
    uint8_t last[24] = {0};

    if (n < 8)
        p = memcpy(last, p, 3 * (size_t)n);

    const __m128i low = _mm_loadu_si128((const __m128i_u *)p);
    const __m128i high = _mm_loadu_si128((const __m128i_u *)(p + 8));
    const __m256i bytes = _mm256_set_m128i(high, low);

    for (int i = 0; i < 3; i++)
        out[i] = channel(bytes, i);
}

static inline lanes lanes_of_bytes(const uint8_t *p, uint32_t n)
{
    uint64_t bytes = 0;

    if (n == sizeof bytes)
        memcpy(&bytes, p, sizeof bytes);
    else
        memcpy(&bytes, p, n);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes)));
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
#endif

enum { wide = CU_PDQ_LANES };

/* One picture on its way. Rows of floats are padded to whole vectors. */
typedef struct blur {
    uint32_t width, height;
    cu_pdq_small_picture *out;
    size_t padded;     /* floats of a row */
    size_t box_across; /* places of the box along rows */
    size_t box_down;
    size_t ring_rows;
    float *columns;     /* [padded][wide]: a strip, turned */
    float *ring;        /* [ring_rows][padded]: boxed along rows once */
    float *sums;        /* [padded]: running, down */
    float *strip;       /* [wide][padded]: boxed down once */
    float *narrow;      /* [ring_rows][64]: boxed along rows twice */
    float *narrow_sums; /* [64]: running, down */
    size_t taken;       /* rows of the picture */
    size_t strip_rows;  /* filled */
    size_t narrow_rows; /* that have entered the last box */
    uint32_t sampled;   /* rows of out that are done */
} blur;

enum { alignment = 64, head_bytes = (sizeof(blur) + alignment - 1) / alignment * alignment };

static size_t padded_width(const cu_pdq_pixels *shape)
{
    return ((size_t)shape->width + wide - 1) / wide * wide;
}

static size_t room_bytes(const cu_pdq_pixels *shape)
{
    const size_t ring_rows = (size_t)cu_pdq_box(shape->height) + wide;

    return head_bytes + sizeof(float) * (padded_width(shape) * (wide + ring_rows + 1 + wide) +
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

/* ---- along rows ---- */

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
    for (size_t x = 0; x < self->padded; x += wide) {
        const size_t left = self->width - x;
        const uint32_t n = (uint32_t)(left < wide ? left : wide);
        lanes tile[wide];

        for (size_t r = 0; r < wide; r++)
            tile[r] = y + r < strip->height ? luma_at(strip, x, y + r, n) : lanes_zero();
        transpose(tile);
        for (size_t r = 0; r < wide; r++)
            lanes_store(self->columns + (x + r) * wide, tile[r]);
    }
}

static void turn_strip(blur *self)
{
    for (size_t x = 0; x < self->padded; x += wide) {
        lanes tile[wide];

        for (size_t r = 0; r < wide; r++)
            tile[r] = lanes_load(self->strip + r * self->padded + x);
        transpose(tile);
        for (size_t r = 0; r < wide; r++)
            lanes_store(self->columns + (x + r) * wide, tile[r]);
    }
}

/* The running sum of a turned strip. */
typedef struct runner {
    lanes sum, count, inverse;
    const float *columns;
    size_t n, box;
    float held;
} runner;

static inline void step(runner *self, size_t i)
{
    const float held = held_at(i, self->n, self->box);

    if (i < self->n)
        self->sum = lanes_add(self->sum, lanes_load(self->columns + i * wide));
    if (i >= self->box)
        self->sum =
            lanes_subtract(self->sum, lanes_load(self->columns + (i - self->box) * wide));
    if (held != self->held) {
        self->held = held;
        self->count = lanes_of(held);
        self->inverse = lanes_of(1.0F / held);
    }
}

static runner start(const blur *self)
{
    return (runner){.columns = self->columns,
                    .n = self->width,
                    .box = self->box_across,
                    .sum = lanes_zero(),
                    .count = lanes_zero(),
                    .inverse = lanes_zero()};
}

/* A tile of means back into rows y… of the ring. */
static void keep_tile(blur *self, size_t y, size_t x, lanes tile[wide])
{
    size_t row = y % self->ring_rows;

    transpose(tile);
    for (size_t r = 0; r < wide; r++) {
        lanes_store(self->ring + row * self->padded + x, tile[r]);
        row = row + 1 < self->ring_rows ? row + 1 : 0; /* a division costs as much as a tile */
    }
}

/* Rows y… of the picture into the ring, boxed along. */
static void first_along(blur *self, size_t y)
{
    const size_t ahead = self->box_across / 2;
    runner running = start(self);
    lanes tile[wide];

    for (size_t i = 0; i < wide; i++)
        tile[i] = lanes_zero();
    for (size_t i = 0; i < ahead; i++)
        step(&running, i);
    for (size_t x = 0; x < running.n; x++) {
        step(&running, x + ahead);
        tile[x % wide] = mean(running.sum, running.count, running.inverse);
        if (x % wide == wide - 1 || x == running.n - 1)
            keep_tile(self, y, x / wide * wide, tile);
    }
}

/* The strip's rows into the narrow ring, boxed along, at 64 places only. */
static void second_along(blur *self, size_t y)
{
    const size_t ahead = self->box_across / 2;
    runner running = start(self);
    lanes means[cu_pdq_small];
    size_t i = 0;

    for (uint32_t k = 0; k < cu_pdq_small; k++) {
        const size_t until = cu_pdq_sampled(k, self->width) + ahead;

        for (; i <= until; i++)
            step(&running, i);
        means[k] = mean(running.sum, running.count, running.inverse);
    }
    for (size_t k = 0; k < cu_pdq_small; k += wide) {
        size_t row = y % self->ring_rows;

        transpose(means + k);
        for (size_t r = 0; r < wide; r++) {
            lanes_store(self->narrow + row * cu_pdq_small + k, means[k + r]);
            row = row + 1 < self->ring_rows ? row + 1 : 0;
        }
    }
}

/* ---- down ---- */

/* One step of a box down: rows that enter and leave (or NULL), into the sums and, divided, out
 * (or NULL). */
typedef struct stepped {
    const float *entering, *leaving;
    float *sums, *out;
    float held;
    size_t n; /* floats: whole vectors */
} stepped;

static void step_down(const stepped *self)
{
    const lanes count = lanes_of(self->held);
    const lanes inverse = lanes_of(1.0F / self->held);

    for (size_t x = 0; x < self->n; x += wide) {
        lanes sum = lanes_load(self->sums + x);

        if (self->entering != NULL)
            sum = lanes_add(sum, lanes_load(self->entering + x));
        if (self->leaving != NULL)
            sum = lanes_subtract(sum, lanes_load(self->leaving + x));
        lanes_store(self->sums + x, sum);
        if (self->out != NULL)
            lanes_store(self->out + x, mean(sum, count, inverse));
    }
}

static stepped stepping(const blur *self, const float *ring, float *sums, size_t n, size_t i)
{
    const size_t height = self->height;

    return (stepped){
        .entering = i < height ? ring + i % self->ring_rows * n : NULL,
        .leaving =
            i >= self->box_down ? ring + (i - self->box_down) % self->ring_rows * n : NULL,
        .sums = sums,
        .held = held_at(i, height, self->box_down),
        .n = n,
    };
}

/* Row i enters the last box; each row of the small picture that this completes is written. */
static void second_down(blur *self, size_t i)
{
    const size_t ahead = self->box_down / 2;
    stepped now = stepping(self, self->narrow, self->narrow_sums, cu_pdq_small, i);
    float row[cu_pdq_small] __attribute__((aligned(64)));

    now.out = row;
    step_down(&now);
    while (self->sampled < cu_pdq_small &&
           cu_pdq_sampled(self->sampled, self->height) + ahead == i)
        memcpy(self->out->at[self->sampled++], row, sizeof row);
}

/* What the strip holds goes on to the end. */
static void finish_strip(blur *self)
{
    const size_t first = self->narrow_rows;

    turn_strip(self);
    second_along(self, first);
    for (size_t r = 0; r < self->strip_rows; r++)
        second_down(self, first + r);
    self->narrow_rows += self->strip_rows;
    self->strip_rows = 0;
}

/* Row i of the ring enters the first box down, and completes the row ahead places before it. */
static void first_down(blur *self, size_t i)
{
    stepped now = stepping(self, self->ring, self->sums, self->padded, i);

    if (i >= self->box_down / 2)
        now.out = self->strip + self->strip_rows++ * self->padded;
    step_down(&now);
    if (self->strip_rows == wide || self->narrow_rows + self->strip_rows == self->height)
        finish_strip(self);
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
    self->columns = take_floats(&from, self->padded * wide);
    self->ring = take_floats(&from, self->padded * self->ring_rows);
    self->sums = take_floats(&from, self->padded);
    self->strip = take_floats(&from, self->padded * wide);
    self->narrow = take_floats(&from, cu_pdq_small * self->ring_rows);
    self->narrow_sums = take_floats(&from, cu_pdq_small);
    memset(self->sums, 0, self->padded * sizeof(float));
    memset(self->strip, 0, self->padded * wide * sizeof(float));
    memset(self->narrow_sums, 0, cu_pdq_small * sizeof(float));
}

static void take(void *room, const cu_pdq_pixels *strip)
{
    blur *const self = room;

    for (size_t y = 0; y < strip->height; y += wide) {
        turn_pixels(self, strip, y);
        first_along(self, self->taken);
        for (size_t r = 0; r < wide && y + r < strip->height; r++)
            first_down(self, self->taken++);
    }
}

static void end(void *room)
{
    blur *const self = room;
    const size_t last = (size_t)self->height + self->box_down / 2;

    for (size_t i = self->height; i < last; i++)
        first_down(self, i);
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
