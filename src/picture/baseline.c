/* SPDX-License-Identifier: Apache-2.0 */
/* What of a baseline JPEG the hash looks at, found before its scan is read. */
#include "picture/baseline_plan.h"

#include <stdlib.h>

enum {
    alignment = 64,
    steps = 64,
    largest_step = 255,
    spare_blocks = cu_samples_reach / cu_baseline_block + 1, /* behind a row */
    narrowest = 7, /* below it, libjpeg repeats samples and draws no triangle */
};

/* The coefficient of each step, in the natural order. Source: ITU-T T.81 figure A.6. */
static const uint8_t zigzag[steps] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,  12, 19, 26, 33, 40, 48,
    41, 34, 27, 20, 13, 6,  7,  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23,
    30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

const cu_baseline_way *const *cu_baseline_ways(void)
{
    static const cu_baseline_way *const all[] = {
#ifdef CU_PICTURE_VECTORS
        &cu_baseline_avx512, &cu_baseline_avx2,
#endif
        &cu_baseline_plain, NULL};

    return all;
}

const char *cu_baseline_way_name(const cu_baseline_way *way)
{
    return way->name;
}

bool cu_baseline_way_runs(const cu_baseline_way *way)
{
    return way->runs_here();
}

/* ---- what is ours ---- */

static bool is_ours(const cu_baseline *picture, const cu_canvas *canvas)
{
    const cu_baseline_component *const c = picture->components;

    if (canvas->want_full || canvas->alpha != NULL || canvas->width != picture->width ||
        canvas->height != picture->height)
        return false;
    if (picture->component_count == 1)
        return canvas->channels == 1;
    return picture->component_count == 3 && canvas->channels == 3 &&
           picture->width >= narrowest && (c[0].across == 1 || c[0].across == 2) &&
           (c[0].down == 1 || c[0].down == 2) && c[1].across == 1 && c[1].down == 1 &&
           c[2].across == 1 && c[2].down == 1;
}

static void lay_out(cu_baseline_plan *plan)
{
    const cu_baseline *const picture = plan->picture;
    const bool grey = picture->component_count == 1;
    const uint32_t across = grey ? 1 : picture->components[0].across;
    const uint32_t down = grey ? 1 : picture->components[0].down;
    const uint32_t wide = across * cu_baseline_block;
    const uint32_t high = down * cu_baseline_block;

    plan->groups_across = (picture->width + wide - 1) / wide;
    plan->groups_down = (picture->height + high - 1) / high;
    plan->halved = across == 2;
    plan->blended = down == 2;
    plan->shift = plan->halved && plan->blended ? 4 : plan->halved || plan->blended ? 2 : 0;
    plan->colour_rows = (picture->height + down - 1) / down;
    for (uint32_t i = 0; i < picture->component_count; i++) {
        plan->parts[i].across = i == 0 ? across : 1;
        plan->parts[i].down = i == 0 ? down : 1;
    }
}

/* ---- tables ---- */

static bool make_places(const cu_baseline_component *component, cu_baseline_part *part)
{
    for (uint32_t i = 0; i < cu_entropy_places; i++) {
        const uint32_t at = i < steps ? zigzag[i] : 0;

        part->places[i] = (cu_entropy_place){.index = steps};
        if (i >= steps)
            continue;
        if (component->steps[at] > largest_step)
            return false;
        part->places[i] =
            (cu_entropy_place){.index = (uint16_t)cu_samples_index(at / 8, at % 8),
                               .factor = component->steps[at]};
    }
    return true;
}

/* Components may share a table. */
static const cu_entropy_codes *make_codes(cu_baseline_plan *plan, uint32_t component,
                                          uint32_t kind)
{
    const cu_baseline_component *const all = plan->picture->components;
    cu_entropy_codes *const out = &plan->codes[component * 2 + kind];

    for (uint32_t i = 0; i < component; i++) {
        if (all[i].counts[kind] == all[component].counts[kind])
            return kind == 0 ? plan->parts[i].constant : plan->parts[i].others;
    }
    return cu_entropy_make(all[component].counts[kind], all[component].symbols[kind], kind == 0,
                           out)
               ? out
               : NULL;
}

static bool make_tables(cu_baseline_plan *plan)
{
    for (uint32_t i = 0; i < plan->picture->component_count; i++) {
        cu_baseline_part *const part = &plan->parts[i];

        part->constant = make_codes(plan, i, 0);
        part->others = make_codes(plan, i, 1);
        if (part->constant == NULL || part->others == NULL ||
            !make_places(&plan->picture->components[i], part))
            return false;
    }
    return true;
}

/* ---- samples that are wanted ---- */

static bool make_rooms(cu_baseline_plan *plan)
{
    plan->group_columns = calloc(plan->groups_across, 1);
    if (plan->group_columns == NULL)
        return false;
    for (uint32_t i = 0; i < plan->picture->component_count; i++) {
        cu_baseline_part *const part = &plan->parts[i];
        const uint32_t blocks_across = plan->groups_across * part->across;
        const uint32_t blocks_down = plan->groups_down * part->down;

        /* Some blocks more: vectors read cu_samples_reach bytes from where they find a sample.
         */
        part->row_bytes = (blocks_across + spare_blocks) * cu_baseline_block;
        part->rows = calloc((size_t)part->down * cu_baseline_block, part->row_bytes);
        part->rows_wanted = calloc(blocks_down, 1);
        part->rows_made = calloc(blocks_down, 1);
        part->columns_wanted = calloc(blocks_across + 1, 1);
        if (part->rows == NULL || part->rows_wanted == NULL || part->rows_made == NULL ||
            part->columns_wanted == NULL)
            return false;
    }
    return true;
}

static void free_rooms(cu_baseline_plan *plan)
{
    for (size_t i = 0; i < CU_COUNT_OF(plan->parts); i++) {
        free(plan->parts[i].rows);
        free(plan->parts[i].rows_wanted);
        free(plan->parts[i].rows_made);
        free(plan->parts[i].columns_wanted);
    }
    free(plan->group_columns);
}

static void want_row(cu_baseline_part *part, uint32_t row)
{
    const uint32_t bit = row % cu_baseline_block;

    part->rows_wanted[row / cu_baseline_block] |= (uint8_t)(1U << bit);
    part->rows_made[row / cu_baseline_block] |= (uint8_t)(1U << bit | 0x80U >> bit);
}

static void want_rows(cu_baseline_plan *plan)
{
    const cu_canvas *const canvas = plan->canvas;

    for (uint32_t i = 0; i < canvas->kept_height; i++) {
        const uint32_t y = cu_canvas_source_row(canvas, i);
        const uint32_t near = plan->blended ? y / 2 : y;
        uint32_t far = near;

        if (plan->blended && y % 2 != 0 && near + 1 < plan->colour_rows)
            far = near + 1;
        else if (plan->blended && y % 2 == 0 && near > 0)
            far = near - 1;
        want_row(&plan->parts[0], y);
        for (uint32_t k = 1; k < plan->picture->component_count; k++) {
            want_row(&plan->parts[k], near);
            want_row(&plan->parts[k], far);
        }
    }
}

/*
 * The samples of colour that column x is made of. At an edge the sample beside is the sample
 * itself. Source: jdsample.c, h2v1_fancy_upsample and h2v2_fancy_upsample.
 */
static void mix_column(cu_baseline_plan *plan, uint32_t i, uint32_t x)
{
    cu_baseline_columns *const out = &plan->columns;
    const uint32_t last = (plan->picture->width + 1) / 2 - 1;
    const uint32_t at = x / 2;
    const bool odd = x % 2 != 0;

    if (!plan->halved) {
        out->left[i] = x;
        out->weights[i][0] = 1;
        out->bias[i] = plan->blended ? 1 : 0;
        return;
    }
    out->bias[i] = (int16_t)(plan->blended ? 8 - odd : 1 + odd);
    if (odd && at < last) {
        out->left[i] = at;
        out->weights[i][0] = 3;
        out->weights[i][1] = 1;
    } else if (!odd && at > 0) {
        out->left[i] = at - 1;
        out->weights[i][0] = 1;
        out->weights[i][1] = 3;
    } else {
        out->left[i] = at;
        out->weights[i][0] = 4;
    }
}

static void want_columns(cu_baseline_plan *plan)
{
    const cu_canvas *const canvas = plan->canvas;

    for (uint32_t i = 0; i < canvas->kept_width; i++) {
        mix_column(plan, i, canvas->columns[i]);
        plan->parts[0].columns_wanted[canvas->columns[i] / cu_baseline_block] = 1;
        for (uint32_t k = 1; k < plan->picture->component_count; k++) {
            const uint32_t left = plan->columns.left[i];
            const uint32_t right = left + (plan->columns.weights[i][1] != 0 ? 1 : 0);

            plan->parts[k].columns_wanted[left / cu_baseline_block] = 1;
            plan->parts[k].columns_wanted[right / cu_baseline_block] = 1;
        }
    }
    plan->luma_gather.left = canvas->columns;
    plan->luma_gather.count = canvas->kept_width;
    plan->colour_gather.left = plan->columns.left;
    plan->colour_gather.count = canvas->kept_width;
}

/* ---- all of it ---- */

static cu_baseline_plan *new_plan(const cu_baseline *picture, cu_canvas *canvas)
{
    const size_t bytes = (sizeof(cu_baseline_plan) + alignment - 1) / alignment * alignment;
    cu_baseline_plan *const plan = aligned_alloc(alignment, bytes);

    if (plan == NULL)
        return NULL;
    memset(plan, 0, sizeof *plan);
    plan->picture = picture;
    plan->canvas = canvas;
    return plan;
}

bool cu_baseline_read_by(const cu_baseline_way *way, const cu_baseline *picture,
                         cu_canvas *canvas)
{
    cu_baseline_plan *plan = NULL;
    bool good = false;

    if (!is_ours(picture, canvas))
        return false;
    plan = new_plan(picture, canvas);
    if (plan == NULL)
        return false;
    lay_out(plan);
    if (make_rooms(plan) && make_tables(plan)) {
        want_rows(plan);
        want_columns(plan);
        good = way->read(plan);
    }
    free_rooms(plan);
    free(plan);
    if (!good)
        cu_canvas_restart(canvas);
    return good;
}

bool cu_baseline_read(const cu_baseline *picture, cu_canvas *canvas)
{
    const cu_baseline_way *const *way = cu_baseline_ways();

    /* The last runs everywhere. */
    while (way[1] != NULL && !cu_baseline_way_runs(way[0]))
        way++;
    return cu_baseline_read_by(way[0], picture, canvas);
}
