/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on a desk: the copy is cut along its plain lines, then each part across, and so on.
 */
#include "pdq/frame.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    rounds = 5,
    parts_max = 32,
    flat_step = 4, /* how far a pixel of a ground may be from its line's mean */
};

/* Shades, of 0 to 255. */
static const float next_shade = 2.0F; /* from one plain line to the next */
static const float same_shade = 3.0F; /* among all lines of one ground: a sky goes further */

/* Parts of the copy, each with the round in which it was made. */
typedef struct parts {
    const cu_pdq_axis *axes;
    cu_pdq_bounds at[parts_max];
    size_t n;
} parts;

/* Where the even lines from line on end that follow each other closely, and whether they are
 * one ground: two lines at least, of one shade. */
static uint32_t end_of_ground(const cu_pdq_axis *lines, const cu_pdq_bounds *within,
                              unsigned which, uint32_t line, bool *is_ground)
{
    const uint32_t ends[2] = {within->first[1 - which], within->end[1 - which]};
    uint32_t end = line;
    float before = 0.0F;
    float darkest = 255.0F;
    float lightest = 0.0F;
    float shade;

    while (end < within->end[which] && cu_pdq_is_even(lines, end, ends, flat_step, &shade) &&
           (end == line || fabsf(shade - before) <= next_shade)) {
        darkest = shade < darkest ? shade : darkest;
        lightest = shade > lightest ? shade : lightest;
        before = shade;
        end++;
    }
    *is_ground = end - line >= 2 && lightest - darkest <= same_shade;
    return end;
}

static void add_part(parts *self, const cu_pdq_bounds *whole, unsigned which, uint32_t first,
                     uint32_t end)
{
    cu_pdq_bounds part = *whole;

    part.first[which] = first;
    part.end[which] = end;
    if (self->n < parts_max && end - first >= self->axes[which].lines / cu_pdq_least_share &&
        (first > whole->first[which] || end < whole->end[which]))
        self->at[self->n++] = part;
}

/* What lies between the grounds of whole. */
static void cut(parts *self, const cu_pdq_bounds *whole, unsigned which)
{
    uint32_t first = whole->first[which];
    uint32_t line = first;

    while (line < whole->end[which]) {
        bool is_ground;
        const uint32_t end = end_of_ground(&self->axes[which], whole, which, line, &is_ground);

        if (is_ground) {
            add_part(self, whole, which, first, line);
            first = end;
        }
        line = end > line ? end : line + 1;
    }
    add_part(self, whole, which, first, line);
}

static uint32_t area(const cu_pdq_bounds *of)
{
    return (of->end[0] - of->first[0]) * (of->end[1] - of->first[1]);
}

/* The largest first; then by place, so that the order is always the same. */
static int by_area(const void *left, const void *right)
{
    const uint32_t a = area(left);
    const uint32_t b = area(right);

    if (a != b)
        return a > b ? -1 : 1;
    return memcmp(left, right, sizeof(cu_pdq_bounds));
}

size_t cu_pdq_cut_grounds(const cu_pdq_axis axes[2], cu_pdq_bounds out[cu_pdq_grounds_max])
{
    const cu_pdq_bounds whole = {.end = {axes[0].lines, axes[1].lines}};
    parts found = {.axes = axes};
    size_t before = 0;
    size_t n;

    cut(&found, &whole, 0);
    cut(&found, &whole, 1);
    for (unsigned round = 0; round < rounds && before < found.n; round++) {
        const size_t after = found.n;

        for (size_t i = before; i < after; i++) {
            const cu_pdq_bounds part = found.at[i];

            cut(&found, &part, 0);
            cut(&found, &part, 1);
        }
        before = after;
    }
    if (found.n > 0)
        qsort(found.at, found.n, sizeof found.at[0], by_area);
    n = 0;
    for (size_t i = 0; i < found.n && n < cu_pdq_grounds_max; i++) {
        if (n == 0 || memcmp(&out[n - 1], &found.at[i], sizeof out[0]) != 0)
            out[n++] = found.at[i];
    }
    return n;
}
