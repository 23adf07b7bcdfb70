/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a picture at places that its shape alone decides. */
#include "pdq/sample.h"

#include <string.h>

enum { samples_max = 4 };

/* ---- 512 x 512 ---- */

void cu_pdq_cut_begin(cu_pdq_cut *cut, const cu_pdq_pixels *pixels)
{
    const size_t step = pixels->plane_bytes != 0 ? 1 : pixels->channels;

    cut->pixels = pixels;
    for (size_t x = 0; x < cu_pdq_cut_side; x++)
        cut->columns[x] = x * pixels->width / cu_pdq_cut_side * step;
}

void cu_pdq_cut_rows(cu_pdq_cut *cut, size_t first)
{
    const cu_pdq_pixels *const pixels = cut->pixels;
    const size_t channels = pixels->channels;
    const size_t next = pixels->plane_bytes != 0 ? pixels->plane_bytes : 1;

    for (size_t y = 0; y < cu_pdq_strip_rows; y++) {
        const uint8_t *const row =
            pixels->p + (first + y) * pixels->height / cu_pdq_cut_side * pixels->stride_bytes;
        uint8_t *to = cut->strip[y];

        for (size_t x = 0; x < cu_pdq_cut_side; x++) {
            for (size_t i = 0; i < channels; i++)
                *to++ = row[cut->columns[x] + i * next];
        }
    }
}

/* ---- the copy ---- */

/* Where a side is looked at: samples for each pixel of the copy, spread over what that pixel
 * stands for. */
static void choose_samples(uint32_t side, uint32_t small, uint32_t samples, uint32_t *out)
{
    for (uint32_t i = 0; i < small; i++) {
        const uint64_t from = (uint64_t)i * side / small;
        const uint64_t to = (uint64_t)(i + 1) * side / small;

        for (uint32_t k = 0; k < samples; k++)
            *out++ = (uint32_t)(from +
                                (to - from) * (2 * (uint64_t)k + 1) / (2 * (uint64_t)samples));
    }
}

static uint32_t sum_of_row(const uint8_t *row, uint32_t channels, const uint32_t *columns,
                           uint32_t samples)
{
    uint32_t sum = 0;

    for (uint32_t i = 0; i < samples; i++) {
        const uint8_t *const p = row + (size_t)columns[i] * channels;

        sum += channels == 1 ? 256U * p[0] : 77U * p[0] + 150U * p[1] + 29U * p[2];
    }
    return sum;
}

void cu_pdq_fill_copy(const cu_pdq_pixels *pixels, cu_pdq_copy *copy)
{
    const uint32_t step = pixels->width / copy->width + 1;
    const uint32_t samples = step > 0 && step < samples_max ? step : samples_max;
    uint32_t columns[cu_pdq_copy_side * samples_max];
    uint32_t rows[cu_pdq_copy_side * samples_max];

    choose_samples(pixels->width, copy->width, samples, columns);
    choose_samples(pixels->height, copy->height, samples, rows);
    for (uint32_t y = 0; y < copy->height; y++) {
        for (uint32_t x = 0; x < copy->width; x++) {
            uint32_t sum = 0;

            for (uint32_t j = 0; j < samples; j++)
                sum += sum_of_row(pixels->p + rows[y * samples + j] * pixels->stride_bytes,
                                  pixels->channels, columns + (size_t)x * samples, samples);
            copy->p[(size_t)y * copy->width + x] = (uint8_t)(sum / (256 * samples * samples));
        }
    }
}

/* ---- a part of it ---- */

enum { fine = 2 * cu_pdq_small }; /* samples of a side: each place is the mean of four */

/* A place between two pixels of a line: the first, the next, and how near the next it is. */
typedef struct place {
    uint32_t first, next;
    float share;
} place;

static place place_at(float at, float low, float high, uint32_t side)
{
    const float below = at > high ? high : at;
    const float inside = below < low ? low : below;
    const uint32_t first = (uint32_t)inside;

    return (place){first, first + 1 < side ? first + 1 : first, inside - (float)first};
}

static float mixed(float first, float next, float share)
{
    return first + share * (next - first);
}

/* The copy at a place between pixels: above and below are its lines. */
static float between(const uint8_t *above, const uint8_t *below, const place *x, float share)
{
    return mixed(mixed((float)above[x->first], (float)above[x->next], x->share),
                 mixed((float)below[x->first], (float)below[x->next], x->share), share);
}

/* A window, and where its samples lie. */
typedef struct grid {
    const cu_pdq_copy *copy;
    const cu_pdq_window *window;
    float middle_x, middle_y;
    float across[fine], down[fine]; /* from the middle, before it is turned */
} grid;

static place column_at(const grid *self, float x)
{
    const cu_pdq_rectangle *const content = &self->window->content;

    return place_at(x - 0.5F, content->left, content->right - 1.0F, self->copy->width);
}

static place row_at(const grid *self, float y)
{
    const cu_pdq_rectangle *const content = &self->window->content;

    return place_at(y - 0.5F, content->top, content->bottom - 1.0F, self->copy->height);
}

static const uint8_t *line_of(const grid *self, uint32_t y)
{
    return self->copy->p + (size_t)y * self->copy->width;
}

static void sample_turned(const grid *self, float down, float out[fine])
{
    const float sine = self->window->sine;
    const float cosine = self->window->cosine;

    for (unsigned i = 0; i < fine; i++) {
        const float across = self->across[i];
        const place x = column_at(self, self->middle_x + across * cosine - down * sine);
        const place y = row_at(self, self->middle_y + across * sine + down * cosine);

        out[i] = between(line_of(self, y.first), line_of(self, y.next), &x, y.share);
    }
}

/* columns are the same for all rows. */
static void sample_upright(const grid *self, const place columns[fine], float down,
                           float out[fine])
{
    const place y = row_at(self, self->middle_y + down);
    const uint8_t *const above = line_of(self, y.first);
    const uint8_t *const below = line_of(self, y.next);

    for (unsigned i = 0; i < fine; i++)
        out[i] = between(above, below, &columns[i], y.share);
}

static void set_up(grid *self)
{
    const cu_pdq_rectangle *const shown = &self->window->shown;
    const float step_x = (shown->right - shown->left) / fine;
    const float step_y = (shown->bottom - shown->top) / fine;

    self->middle_x = (shown->left + shown->right) / 2.0F;
    self->middle_y = (shown->top + shown->bottom) / 2.0F;
    for (unsigned i = 0; i < fine; i++) {
        self->across[i] = ((float)i + 0.5F - fine / 2.0F) * step_x;
        self->down[i] = ((float)i + 0.5F - fine / 2.0F) * step_y;
    }
}

void cu_pdq_show(const cu_pdq_copy *copy, const cu_pdq_window *window,
                 cu_pdq_small_picture *out)
{
    grid self = {.copy = copy, .window = window};
    const bool upright = window->sine == 0.0F; /* then cosine is 1 */
    place columns[fine];
    float row[fine];

    set_up(&self);
    for (unsigned i = 0; upright && i < fine; i++)
        columns[i] = column_at(&self, self.middle_x + self.across[i]);
    memset(out, 0, sizeof *out);
    for (unsigned j = 0; j < fine; j++) {
        float *const to = out->at[j / 2];

        if (upright)
            sample_upright(&self, columns, self.down[j], row);
        else
            sample_turned(&self, self.down[j], row);
        for (size_t i = 0; i < cu_pdq_small; i++)
            to[i] = to[i] + 0.25F * row[2 * i] + 0.25F * row[2 * i + 1];
    }
}
