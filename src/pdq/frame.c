/* SPDX-License-Identifier: Apache-2.0 */
/* Frames: even borders are trimmed, and straight edges are put together to rectangles. */
#include "pdq/frame.h"

#include <stdlib.h>
#include <string.h>

enum {
    even_step = 10, /* how far one pixel of an even line may be from the line's mean */
    edge_step = 14, /* how far apart two pixels are across an edge */
    lines_max = 8,  /* edges of each direction that are tried, with both ends of the copy */
    apart = 4,      /* pixels between two of them */
    pool_max = 64,  /* rectangles that are looked at closely */
};

/* Of each line, how many of its first n pixels are an edge to the line after next. */
typedef struct edges {
    uint16_t *counts; /* [lines][length + 1] */
    uint32_t lines, length;
    uint32_t places[lines_max]; /* the best lines: an edge lies before that line; rising */
    size_t n;
} edges;

static cu_pdq_axis rows_of(const cu_pdq_copy *copy)
{
    return (cu_pdq_axis){copy->p, 1, copy->width, copy->height, copy->width};
}

static cu_pdq_axis columns_of(const cu_pdq_copy *copy)
{
    return (cu_pdq_axis){copy->p, copy->width, 1, copy->width, copy->height};
}

/* ---- even borders ---- */

bool cu_pdq_is_even(const cu_pdq_axis *self, uint32_t line, const uint32_t ends[2],
                    uint32_t step, float *mean)
{
    const uint8_t *const p = self->p + line * self->line_step;
    const uint32_t n = ends[1] - ends[0];
    uint32_t sum = 0;
    uint32_t odd = 0;

    if (ends[1] <= ends[0])
        return false;
    for (uint32_t i = ends[0]; i < ends[1]; i++)
        sum += p[i * self->step];

    const int middle = (int)(sum / n);

    *mean = (float)sum / (float)n;
    for (uint32_t i = ends[0]; i < ends[1]; i++)
        odd += (uint32_t)abs((int)p[i * self->step] - middle) > step;
    return odd * 50 <= n;
}

static bool is_even(const cu_pdq_axis *self, uint32_t line, uint32_t first, uint32_t end)
{
    const uint32_t ends[2] = {first, end};
    float mean;

    return cu_pdq_is_even(self, line, ends, even_step, &mean);
}

static bool trim_axis(const cu_pdq_axis *self, cu_pdq_bounds *within, unsigned which)
{
    uint32_t *const first = &within->first[which];
    uint32_t *const end = &within->end[which];
    const uint32_t before = *end - *first;
    const uint32_t from = within->first[1 - which];
    const uint32_t to = within->end[1 - which];
    const uint32_t least = self->lines / cu_pdq_least_share;

    while (*end - *first > least && is_even(self, *first, from, to))
        ++*first;
    while (*end - *first > least && is_even(self, *end - 1, from, to))
        --*end;
    return *end - *first < before;
}

/* Takes even lines off all four sides, as long as there are any. */
static cu_pdq_bounds trim(const cu_pdq_copy *copy)
{
    const cu_pdq_axis axes[2] = {columns_of(copy), rows_of(copy)};
    cu_pdq_bounds within = {.end = {copy->width, copy->height}};

    for (int round = 0; round < 4; round++) {
        const bool across = trim_axis(&axes[0], &within, 0);
        const bool down = trim_axis(&axes[1], &within, 1);

        if (!across && !down)
            break;
    }
    return within;
}

/* ---- straight edges ---- */

static bool count_edges(const cu_pdq_axis *self, edges *out)
{
    out->lines = self->lines;
    out->length = self->length;
    out->counts = calloc((size_t)self->lines * (self->length + 1), sizeof *out->counts);
    if (out->counts == NULL)
        return false;
    for (uint32_t line = 1; line + 1 < self->lines; line++) {
        const uint8_t *const before = self->p + (line - 1) * self->line_step;
        const uint8_t *const after = self->p + (line + 1) * self->line_step;
        uint16_t *const counts = out->counts + (size_t)line * (self->length + 1);

        for (uint32_t i = 0; i < self->length; i++) {
            const int step = abs((int)before[i * self->step] - (int)after[i * self->step]);

            counts[i + 1] = (uint16_t)(counts[i] + (step > edge_step));
        }
    }
    return true;
}

static uint32_t strength(const edges *self, uint32_t line, uint32_t from, uint32_t to)
{
    const uint16_t *const counts = self->counts + (size_t)line * (self->length + 1);

    return line < self->lines ? (uint32_t)(counts[to] - counts[from]) : 0;
}

static int by_place(const void *left, const void *right)
{
    const uint32_t a = *(const uint32_t *)left;
    const uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

static bool is_apart(const edges *self, uint32_t line)
{
    for (size_t i = 0; i < self->n; i++) {
        if (abs((int)line - (int)self->places[i]) < apart)
            return false;
    }
    return true;
}

/* An edge between two lines shows at both: which of them it lies before. */
static uint32_t sharpest(const edges *self, const cu_pdq_axis *lines, uint32_t line)
{
    uint32_t sums[3] = {0};

    for (uint32_t k = 0; k < 3 && line + k < self->lines; k++) {
        const uint8_t *const after = lines->p + (line + k) * lines->line_step;
        const uint8_t *const before = after - lines->line_step;

        for (uint32_t i = 0; i < self->length; i++)
            sums[k] +=
                (uint32_t)abs((int)after[i * lines->step] - (int)before[i * lines->step]);
    }
    if (sums[1] > sums[0])
        return sums[2] > sums[1] ? line + 2 : line + 1;
    return line;
}

/* The lines with most edges, apart from each other, and both ends of the copy. */
static void choose_lines(edges *self, const cu_pdq_axis *lines)
{
    self->places[self->n++] = 0;
    self->places[self->n++] = self->lines;
    while (self->n < lines_max) {
        uint32_t best = 0;
        uint32_t most = self->length / 8;

        for (uint32_t line = 1; line + 1 < self->lines; line++) {
            const uint32_t here = strength(self, line, 0, self->length);

            if (here > most && is_apart(self, line)) {
                best = line;
                most = here;
            }
        }
        if (best == 0)
            break;
        self->places[self->n++] = sharpest(self, lines, best);
    }
    qsort(self->places, self->n, sizeof self->places[0], by_place);
}

/* ---- rectangles of edges ---- */

typedef struct candidate {
    cu_pdq_bounds at;
    uint32_t
        score; /* thousandths of its sides that are edges; an end of the copy counts half */
} candidate;

typedef struct candidates {
    candidate best[pool_max];
    size_t n;
} candidates;

static uint32_t side_score(const edges *self, uint32_t line, uint32_t from, uint32_t to)
{
    if (line == 0 || line == self->lines)
        return 500;
    if (to <= from)
        return 0;
    return 1000 * strength(self, line, from, to) / (to - from);
}

static bool alike(const cu_pdq_bounds *a, const cu_pdq_bounds *b)
{
    for (unsigned i = 0; i < 2; i++) {
        if (abs((int)a->first[i] - (int)b->first[i]) > apart / 2 ||
            abs((int)a->end[i] - (int)b->end[i]) > apart / 2)
            return false;
    }
    return true;
}

static void keep(candidates *self, const candidate *new)
{
    size_t at = 0;

    for (size_t i = 0; i < self->n; i++) {
        if (alike(&self->best[i].at, &new->at))
            return;
    }
    while (at < self->n && self->best[at].score >= new->score)
        at++;
    if (at == pool_max)
        return;
    if (self->n < pool_max)
        self->n++;
    memmove(&self->best[at + 1], &self->best[at], (self->n - 1 - at) * sizeof self->best[0]);
    self->best[at] = *new;
}

static void try_rectangle(candidates *self, const edges across[2], const cu_pdq_bounds *at)
{
    const edges *const columns = &across[0];
    const edges *const rows = &across[1];
    const uint32_t width = at->end[0] - at->first[0];
    const uint32_t height = at->end[1] - at->first[1];
    const candidate new = {
        .at = *at,
        .score = (side_score(columns, at->first[0], at->first[1], at->end[1]) +
                  side_score(columns, at->end[0], at->first[1], at->end[1]) +
                  side_score(rows, at->first[1], at->first[0], at->end[0]) +
                  side_score(rows, at->end[1], at->first[0], at->end[0])) /
                 4,
    };

    if (width < columns->lines / cu_pdq_least_share ||
        height < rows->lines / cu_pdq_least_share)
        return;
    if ((width == columns->lines && height == rows->lines) || new.score < 450)
        return;
    keep(self, &new);
}

static void try_between(candidates *self, const edges across[2], uint32_t left, uint32_t right)
{
    const edges *const rows = &across[1];

    for (size_t t = 0; t < rows->n; t++) {
        for (size_t b = t + 1; b < rows->n; b++) {
            const cu_pdq_bounds at = {{left, rows->places[t]}, {right, rows->places[b]}};

            try_rectangle(self, across, &at);
        }
    }
}

static void try_rectangles(candidates *self, const edges across[2])
{
    const edges *const columns = &across[0];

    for (size_t l = 0; l < columns->n; l++) {
        for (size_t r = l + 1; r < columns->n; r++)
            try_between(self, across, columns->places[l], columns->places[r]);
    }
}

/* More for each side that has an even line without and an uneven one within: a picture on a
 * plain ground. */
static void look_closely(candidate *self, const cu_pdq_axis axes[2])
{
    enum { beside = 2, more = 100 };

    for (unsigned which = 0; which < 2; which++) {
        const cu_pdq_axis *const lines = &axes[which];
        const uint32_t from = self->at.first[1 - which];
        const uint32_t to = self->at.end[1 - which];
        const uint32_t first = self->at.first[which];
        const uint32_t end = self->at.end[which];

        if (first > beside && is_even(lines, first - beside, from, to) &&
            !is_even(lines, first + beside, from, to))
            self->score += more;
        if (end + beside < lines->lines && is_even(lines, end + beside, from, to) &&
            !is_even(lines, end - 1 - beside, from, to))
            self->score += more;
    }
}

static int by_score(const void *left, const void *right)
{
    const candidate *const a = left;
    const candidate *const b = right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return memcmp(&a->at, &b->at, sizeof a->at);
}

/* ---- all ---- */

typedef struct frames {
    cu_pdq_bounds at[cu_pdq_frames_max];
    size_t n;
} frames;

static void add_frame(frames *self, const cu_pdq_bounds *new)
{
    for (size_t i = 0; i < self->n; i++) {
        if (alike(&self->at[i], new))
            return;
    }
    if (self->n < cu_pdq_frames_max)
        self->at[self->n++] = *new;
}

static bool is_whole(const cu_pdq_copy *copy, const cu_pdq_bounds *at)
{
    return at->end[0] - at->first[0] == copy->width &&
           at->end[1] - at->first[1] == copy->height;
}

static cu_status find_rectangles(const cu_pdq_axis axes[2], candidates *found, cu_err *err)
{
    edges across[2] = {{.n = 0}, {.n = 0}};
    const bool counted = count_edges(&axes[0], &across[0]) && count_edges(&axes[1], &across[1]);

    if (counted) {
        choose_lines(&across[0], &axes[0]);
        choose_lines(&across[1], &axes[1]);
        try_rectangles(found, across);
    }
    free(across[0].counts);
    free(across[1].counts);
    if (!counted)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < found->n; i++)
        look_closely(&found->best[i], axes);
    if (found->n > 0)
        qsort(found->best, found->n, sizeof found->best[0], by_score);
    return CU_OK;
}

cu_status cu_pdq_find_frames(const cu_pdq_copy *copy, cu_pdq_rectangle out[cu_pdq_frames_max],
                             size_t *count, cu_err *err)
{
    const cu_pdq_axis axes[2] = {columns_of(copy), rows_of(copy)};
    const cu_pdq_bounds trimmed = trim(copy);
    cu_pdq_bounds parts[cu_pdq_grounds_max];
    const size_t part_count = cu_pdq_cut_grounds(axes, parts);
    candidates found = {.n = 0};
    frames all = {.n = 0};
    const cu_status st = find_rectangles(axes, &found, err);

    if (st != CU_OK)
        return st;
    if (!is_whole(copy, &trimmed))
        add_frame(&all, &trimmed);
    for (size_t i = 0; i < part_count; i++)
        add_frame(&all, &parts[i]);
    for (size_t i = 0; i < found.n; i++)
        add_frame(&all, &found.best[i].at);
    for (size_t i = 0; i < all.n; i++)
        out[i] = (cu_pdq_rectangle){(float)all.at[i].first[0], (float)all.at[i].first[1],
                                    (float)all.at[i].end[0], (float)all.at[i].end[1]};
    *count = all.n;
    return CU_OK;
}
