/* SPDX-License-Identifier: Apache-2.0 */
/* A baseline scan, group of blocks after group. Compiled once plainly and once with vectors. */
#include "picture/baseline_plan.h"

#if defined __AVX512VBMI__ && defined __AVX512VNNI__
#include "picture/samples_avx512.h"
#elif defined __AVX2__
#include "picture/samples_avx2.h"
#else
#include "picture/samples_plain.h"
#endif

enum {
    block_numbers = 80, /* coefficients, and room for those behind the block's end */
    last_step = 63,
    product_max = 8192, /* a coefficient times its step; a power of two */
    restart_first = 0xD0,
    restart_count = 8,
    end_of_image = 0xD9,
};

/* One group of blocks. */
typedef struct group {
    int16_t blocks[cu_baseline_blocks_max][block_numbers] __attribute__((aligned(32)));
    bool flat[cu_baseline_blocks_max]; /* nothing but a constant part */
    uint32_t wanted;                   /* blocks, a bit for each */
    int32_t last[3];                   /* constant part of the last block, by component */
} group;

/* ---- coefficients ---- */

/* A block while its coefficients come in. */
typedef struct filling {
    const cu_entropy_place *places;
    int16_t *block; /* NULL: none are looked at */
    uint32_t step;
    uint32_t outside; /* bits above product_max: a coefficient is too large */
} filling;

/* What a look gave. True where the block is whole. */
static inline bool take_one(cu_entropy_bits *bits, const cu_entropy_codes *codes,
                            cu_entropy_meaning found, filling *into)
{
    if (__builtin_expect((found & 0xFF) == 0, 0)) {
        cu_entropy_refill(bits);
        found = cu_entropy_slow(codes, bits->held, found);
        cu_entropy_drop(bits, found);
        cu_entropy_refill(bits);
    } else {
        cu_entropy_drop(bits, found);
    }
    into->step += cu_entropy_steps(found);
    if (into->block != NULL) {
        const cu_entropy_place place = into->places[into->step];
        const int32_t product = ((int32_t)found >> 16) * place.factor;

        into->outside |= (uint32_t)product + product_max;
        into->block[place.index] = (int16_t)product;
    }
    return into->step >= last_step;
}

/*
 * The others of a block. A look takes cu_entropy_look bits at most, so four need no refill, and
 * the look after them need not wait for one.
 */
static inline void take_others(cu_entropy_bits *bits, const cu_entropy_codes *codes,
                               filling *into)
{
    for (;;) {
        const cu_entropy_meaning found = cu_entropy_look_at(codes, bits->held);

        cu_entropy_refill(bits);
        if (take_one(bits, codes, found, into) ||
            take_one(bits, codes, cu_entropy_look_at(codes, bits->held), into) ||
            take_one(bits, codes, cu_entropy_look_at(codes, bits->held), into) ||
            take_one(bits, codes, cu_entropy_look_at(codes, bits->held), into))
            return;
    }
}

/* False where the file is not ours. */
static inline bool take_block(cu_entropy_bits *bits, const cu_baseline_part *part, group *g,
                              uint32_t number, int32_t *last)
{
    const bool wanted = (g->wanted >> number & 1) != 0;
    filling into = {.places = part->places, .block = wanted ? g->blocks[number] : NULL};

    cu_entropy_refill(bits);

    const cu_entropy_meaning found = cu_entropy_look_up(part->constant, bits->held);

    cu_entropy_drop(bits, found);
    *last += (int32_t)found >> 16;
    if (cu_entropy_steps(found) != 0 || (uint32_t)*last + 32768 > 65535)
        return false;
    if (wanted) {
        const int32_t product = *last * part->places[0].factor;

        cu_samples_clear(into.block);
        into.outside = (uint32_t)product + product_max;
        take_others(bits, part->others, &into);
        into.block[0] = (int16_t)product;
        g->flat[number] = into.step == cu_entropy_end;
    } else {
        take_others(bits, part->others, &into);
    }
    /* Either its last coefficient was there, or the code that the rest is zero. */
    return into.outside < 2 * product_max &&
           (into.step == last_step || into.step >= cu_entropy_end);
}

static uint32_t part_count(const cu_baseline_plan *plan)
{
    return plan->picture->component_count;
}

static bool take_group(cu_baseline_plan *plan, group *g)
{
    cu_entropy_reader *const reader = &plan->reader;
    cu_entropy_bits bits = {reader->held, reader->count, reader->next};
    uint32_t number = 0;
    bool good = true;

    for (uint32_t i = 0; i < part_count(plan) && good; i++) {
        const cu_baseline_part *const part = &plan->parts[i];

        for (uint32_t k = part->across * part->down; k > 0 && good; k--)
            good = take_block(&bits, part, g, number++, &g->last[i]);
    }
    reader->held = bits.held;
    reader->count = bits.count;
    reader->next = bits.next;
    return good && cu_entropy_left(reader) >= 0;
}

/* ---- samples ---- */

/* Which blocks of a group have a wanted row, or are in a wanted column: a bit for each. */
static uint32_t wanted_blocks(const cu_baseline_plan *plan, uint32_t y, uint32_t x, bool rows)
{
    uint32_t wanted = 0;
    uint32_t number = 0;

    for (uint32_t i = 0; i < part_count(plan); i++) {
        const cu_baseline_part *const part = &plan->parts[i];

        for (uint32_t v = 0; v < part->down; v++) {
            for (uint32_t h = 0; h < part->across; h++, number++) {
                const uint8_t any = rows ? part->rows_wanted[y * part->down + v]
                                         : part->columns_wanted[x * part->across + h];

                wanted |= (any != 0 ? UINT32_C(1) : 0) << number;
            }
        }
    }
    return wanted;
}

/* One block's rows, with their mirrors. False where libjpeg's ways would disagree. */
static inline bool give_block(const cu_baseline_part *part, const group *g, uint32_t number,
                              uint32_t rows, uint8_t *out)
{
    if (g->flat[number])
        return cu_samples_flat(g->blocks[number][0], rows, out, part->row_bytes);
    return cu_samples_rows(g->blocks[number], rows, out, part->row_bytes);
}

static bool give_group(const cu_baseline_plan *plan, const group *g, uint32_t y, uint32_t x)
{
    uint32_t number = 0;
    bool good = true;

    for (uint32_t i = 0; i < part_count(plan); i++) {
        const cu_baseline_part *const part = &plan->parts[i];

        for (uint32_t v = 0; v < part->down; v++) {
            const uint32_t rows = part->rows_made[y * part->down + v];
            uint8_t *out = part->rows + (size_t)v * cu_baseline_block * part->row_bytes +
                           (size_t)x * part->across * cu_baseline_block;

            for (uint32_t h = 0; h < part->across; h++, number++, out += cu_baseline_block) {
                if ((g->wanted >> number & 1) != 0)
                    good = give_block(part, g, number, rows, out) && good;
            }
        }
    }
    return good;
}

/* ---- rows ---- */

static void keep_luma(cu_baseline_plan *plan, uint32_t y, const uint8_t *row)
{
    const cu_canvas *const canvas = plan->canvas;
    uint8_t *const out = plan->luma[y % cu_baseline_luma_ring];

    if (canvas->kept_width == canvas->width)
        memcpy(out, row, canvas->width);
    else
        cu_samples_pick(&plan->luma_gather, row, out);
}

static void keep_colour(cu_baseline_plan *plan, uint32_t which, uint32_t y, const uint8_t *row)
{
    cu_samples_weigh(&plan->colour_gather, row, (const uint8_t(*)[2])plan->columns.weights,
                     plan->colour[which][y % cu_baseline_colour_ring]);
}

/* The wanted rows of this row of groups: what their kept columns need. */
static void keep_rows(cu_baseline_plan *plan, uint32_t y)
{
    for (uint32_t i = 0; i < part_count(plan); i++) {
        const cu_baseline_part *const part = &plan->parts[i];
        const uint32_t first = y * part->down;

        for (uint32_t row = 0; row < part->down * cu_baseline_block; row++) {
            const uint32_t block = first + row / cu_baseline_block;
            const uint8_t *const from = part->rows + (size_t)row * part->row_bytes;

            if ((part->rows_wanted[block] >> row % cu_baseline_block & 1) == 0)
                continue;
            if (i == 0)
                keep_luma(plan, first * cu_baseline_block + row, from);
            else
                keep_colour(plan, i - 1, first * cu_baseline_block + row, from);
        }
    }
}

/* The rows of colours that row y is made of; far is near where it is one. */
typedef struct colour_rows {
    uint32_t near, far;
} colour_rows;

static colour_rows colours_of(const cu_baseline_plan *plan, uint32_t y)
{
    colour_rows rows = {y, y};

    if (!plan->blended)
        return rows;
    rows.near = rows.far = y / 2;
    if (y % 2 != 0 && rows.near + 1 < plan->colour_rows)
        rows.far++;
    else if (y % 2 == 0 && rows.near > 0)
        rows.far--;
    return rows;
}

static cu_samples_blend blend_of(const cu_baseline_plan *plan, uint32_t which, uint32_t y)
{
    const colour_rows rows = colours_of(plan, y);
    const bool half_height_alone = plan->blended && !plan->halved;

    return (cu_samples_blend){
        .near = plan->colour[which][rows.near % cu_baseline_colour_ring],
        .far = plan->blended ? plan->colour[which][rows.far % cu_baseline_colour_ring] : NULL,
        .bias = plan->columns.bias,
        .lower = half_height_alone ? (int)(y % 2) : 0,
        .shift = (int)plan->shift,
    };
}

static void give_row(cu_baseline_plan *plan, uint32_t y)
{
    cu_canvas *const canvas = plan->canvas;
    const uint8_t *const luma = plan->luma[y % cu_baseline_luma_ring];

    if (canvas->channels == 1) {
        memcpy(cu_canvas_place(canvas, 0), luma, canvas->kept_width);
    } else {
        const cu_samples_blend blue = blend_of(plan, 0, y);
        const cu_samples_blend red = blend_of(plan, 1, y);
        uint8_t *const out[3] = {cu_canvas_place(canvas, 0), cu_canvas_place(canvas, 1),
                                 cu_canvas_place(canvas, 2)};

        cu_samples_colours(luma, &blue, &red, canvas->kept_stride, out);
    }
    cu_canvas_placed(canvas);
}

/* Every kept row of which all colours are here, up to this row of groups. */
static void give_rows(cu_baseline_plan *plan, uint32_t groups_done)
{
    cu_canvas *const canvas = plan->canvas;
    const bool all = groups_done == plan->groups_down;
    const uint32_t luma_rows = groups_done * plan->parts[0].down * cu_baseline_block;
    const uint32_t ready = all ? canvas->height : luma_rows - (plan->blended ? 1U : 0U);
    uint32_t before = UINT32_MAX;

    while (canvas->next_kept < canvas->kept_height) {
        const uint32_t y = cu_canvas_source_row(canvas, canvas->next_kept);

        if (y >= ready)
            return;
        if (y == before)
            cu_canvas_repeat(canvas);
        else
            give_row(plan, y);
        before = y;
    }
}

/* ---- the scan ---- */

/* Where the scan is between two restarts. */
typedef struct place {
    uint32_t left;   /* groups before the next restart */
    uint8_t restart; /* its number, from 0 to 7 */
} place;

static bool restart(cu_baseline_plan *plan, group *g, place *at)
{
    cu_entropy_reader *const reader = &plan->reader;

    if (!cu_entropy_at(reader, (uint8_t)(restart_first + at->restart)))
        return false;
    cu_entropy_begin(reader, reader->from + 2, reader->from_end);
    memset(g->last, 0, sizeof g->last);
    at->restart = (uint8_t)((at->restart + 1) % restart_count);
    at->left = plan->picture->restart_interval;
    return true;
}

static bool read_scan(cu_baseline_plan *plan)
{
    const uint32_t interval = plan->picture->restart_interval;
    const cu_bytes scan = plan->picture->scan;
    place at = {.left = interval};
    group g = {.last = {0}};

    cu_samples_find(&plan->luma_gather, 1);
    cu_samples_find(&plan->colour_gather, 2);
    cu_entropy_begin(&plan->reader, scan.p, scan.p + scan.n);
    for (uint32_t x = 0; x < plan->groups_across; x++)
        plan->group_columns[x] = (uint8_t)wanted_blocks(plan, 0, x, false);
    for (uint32_t y = 0; y < plan->groups_down; y++) {
        const uint32_t rows = wanted_blocks(plan, y, 0, true);

        for (uint32_t x = 0; x < plan->groups_across; x++) {
            if (interval != 0 && at.left-- == 0) {
                if (!restart(plan, &g, &at))
                    return false;
                at.left--;
            }
            cu_entropy_ensure(&plan->reader);
            g.wanted = rows & plan->group_columns[x];
            if (!take_group(plan, &g) || !give_group(plan, &g, y, x))
                return false;
        }
        keep_rows(plan, y);
        give_rows(plan, y + 1);
    }
    return cu_entropy_at(&plan->reader, end_of_image);
}

#if defined __AVX512VBMI__ && defined __AVX512VNNI__
static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0 &&
           __builtin_cpu_supports("avx512vnni") != 0 && __builtin_cpu_supports("bmi2") != 0;
}

const cu_baseline_way cu_baseline_avx512 = {"avx512", runs_here, read_scan};
#elif defined __AVX2__
static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi2") != 0;
}

const cu_baseline_way cu_baseline_avx2 = {"avx2", runs_here, read_scan};
#else
static bool runs_here(void)
{
    return true;
}

const cu_baseline_way cu_baseline_plain = {"plain", runs_here, read_scan};
#endif
