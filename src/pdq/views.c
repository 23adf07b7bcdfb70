/* SPDX-License-Identifier: Apache-2.0 */
/* What a picture may have been before it was cut, framed or turned, hashed. */
#include "pdq/frame.h"

#include <stdlib.h>
#include <string.h>

enum { smallest_side = 32 };

/* Hashing views of one picture. */
typedef struct views {
    const cu_pdq_copy *copy;
    cu_pdq_view *out;
    size_t count;
} views;

/* ---- one view ---- */

static void add(views *self, cu_pdq_change change, int amount, const cu_pdq_window *seen)
{
    cu_pdq_view *const view = &self->out[self->count];
    cu_pdq_small_picture small;
    float frequencies[cu_pdq_frequencies][cu_pdq_frequencies];

    if (self->count == cu_pdq_views_max)
        return;
    cu_pdq_show(self->copy, seen, &small);
    cu_pdq_frequencies_of(&small, frequencies);
    cu_pdq_codes_of(frequencies, view->hash.codes);
    view->hash.quality = cu_pdq_quality_of(&small);
    view->change = change;
    view->amount = amount;
    self->count++;
}

/* The content, grown (or, where a number is below zero, cut) by shares of its sides. */
static cu_pdq_window around(const cu_pdq_rectangle *content, float by_x, float by_y)
{
    const float width = content->right - content->left;
    const float height = content->bottom - content->top;

    return (cu_pdq_window){.shown = {content->left - by_x * width, content->top - by_y * height,
                                     content->right + by_x * width,
                                     content->bottom + by_y * height},
                           .content = *content,
                           .cosine = 1.0F};
}

/* ---- kinds of views ---- */

static void add_frames(views *self, const cu_pdq_rectangle *frames, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const cu_pdq_window seen = around(&frames[i], 0.0F, 0.0F);

        add(self, CU_PDQ_FRAMED, 0, &seen);
    }
}

static void add_crops(views *self, const cu_pdq_rectangle *whole)
{
    static const int thousandths[] = {12, 25, 40, 55, 70, 90, -20, -48};

    for (size_t i = 0; i < CU_COUNT_OF(thousandths); i++) {
        const int share = thousandths[i];
        const cu_pdq_window seen =
            around(whole, (float)share / 1000.0F, (float)share / 1000.0F);

        add(self, share > 0 ? CU_PDQ_CROPPED : CU_PDQ_WIDENED, abs(share), &seen);
    }
}

/* One side was cut off: the copy is grown there, by shares of what is left. */
static void add_side_crops(views *self, const cu_pdq_rectangle *whole)
{
    static const int thousandths[] = {32, 54, 80, 108};
    const float width = whole->right - whole->left;
    const float height = whole->bottom - whole->top;

    for (size_t i = 0; i < CU_COUNT_OF(thousandths); i++) {
        const float share = (float)thousandths[i] / 1000.0F;
        cu_pdq_window seen = around(whole, 0.0F, 0.0F);

        seen.shown.left = whole->left - share * width;
        add(self, CU_PDQ_CROPPED_LEFT, thousandths[i], &seen);
        seen.shown = *whole;
        seen.shown.right = whole->right + share * width;
        add(self, CU_PDQ_CROPPED_RIGHT, thousandths[i], &seen);
        seen.shown = *whole;
        seen.shown.top = whole->top - share * height;
        add(self, CU_PDQ_CROPPED_TOP, thousandths[i], &seen);
        seen.shown = *whole;
        seen.shown.bottom = whole->bottom + share * height;
        add(self, CU_PDQ_CROPPED_BOTTOM, thousandths[i], &seen);
    }
}

/* Turned by the angle: on a canvas of the same size, or on one that grew to hold it, or with
 * the empty corners cut off. */
static void add_rotation(views *self, const cu_pdq_rectangle *whole, int tenths)
{
    const float angle = (float)tenths * (3.14159265F / 1800.0F);
    const float turn = angle < 0 ? -angle : angle;
    /* Terms of the series: exact to single precision for a few degrees. */
    const float sine = turn - turn * turn * turn / 6.0F;
    const float cosine = 1.0F - turn * turn / 2.0F + turn * turn * turn * turn / 24.0F;
    const float width = whole->right - whole->left;
    const float height = whole->bottom - whole->top;
    const float both = cosine * cosine - sine * sine;
    const float before_width = (width * cosine - height * sine) / both;
    const float before_height = (height * cosine - width * sine) / both;
    const float longer = width > height ? width : height;
    const float shorter = width > height ? height : width;
    const float cut = (cosine + longer / shorter * sine - 1.0F) / 2.0F;
    cu_pdq_window seen = around(whole, 0.0F, 0.0F);

    seen.sine = angle < 0 ? -sine : sine;
    seen.cosine = cosine;
    add(self, CU_PDQ_ROTATED, tenths, &seen);
    seen.shown = around(whole, cut, cut).shown;
    add(self, CU_PDQ_ROTATED_CUT, tenths, &seen);
    if (before_width < width / 2 || before_height < height / 2)
        return;
    seen.shown = around(whole, (before_width / width - 1.0F) / 2.0F,
                        (before_height / height - 1.0F) / 2.0F)
                     .shown;
    add(self, CU_PDQ_ROTATED_GROWN, tenths, &seen);
}

static void add_rotations(views *self, const cu_pdq_rectangle *whole)
{
    static const int tenths[] = {10, -10, 20, -20, 30, -30};

    for (size_t i = 0; i < CU_COUNT_OF(tenths); i++)
        add_rotation(self, whole, tenths[i]);
}

/* ---- all ---- */

static cu_status hash_all(views *self, cu_err *err)
{
    const cu_pdq_rectangle whole = {0.0F, 0.0F, (float)self->copy->width,
                                    (float)self->copy->height};
    cu_pdq_rectangle frames[cu_pdq_frames_max];
    size_t n = 0;
    const cu_status st = cu_pdq_find_frames(self->copy, frames, &n, err);

    if (st != CU_OK)
        return st;
    add_frames(self, frames, n);
    add_crops(self, &whole);
    add_side_crops(self, &whole);
    add_rotations(self, &whole);
    return CU_OK;
}

static uint32_t shrunk(uint32_t side, uint32_t longer)
{
    const uint64_t small =
        longer <= cu_pdq_copy_side ? side : (uint64_t)side * cu_pdq_copy_side / longer;

    return small < 1 ? 1 : (uint32_t)small;
}

cu_status cu_pdq_hash_views(const cu_pdq_pixels *pixels, cu_pdq_view out[cu_pdq_views_max],
                            size_t *count, cu_err *err)
{
    const uint32_t longer = pixels->width > pixels->height ? pixels->width : pixels->height;
    cu_pdq_copy copy = {.width = shrunk(pixels->width, longer),
                        .height = shrunk(pixels->height, longer)};
    views self = {.copy = &copy, .out = out};
    cu_status st = cu_pdq_check(pixels, CU_PDQ_F, err);

    *count = 0;
    if (st != CU_OK || copy.width < smallest_side || copy.height < smallest_side)
        return st;
    copy.p = malloc((size_t)copy.width * copy.height);
    if (copy.p == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    cu_pdq_fill_copy(pixels, &copy);
    st = hash_all(&self, err);
    free(copy.p);
    if (st == CU_OK)
        *count = self.count;
    return st;
}

const char *cu_pdq_change_word(cu_pdq_change change)
{
    static const char *const words[cu_pdq_changes] = {
        [CU_PDQ_FRAMED] = "framed",
        [CU_PDQ_CROPPED] = "cropped",
        [CU_PDQ_CROPPED_LEFT] = "cropped left",
        [CU_PDQ_CROPPED_RIGHT] = "cropped right",
        [CU_PDQ_CROPPED_TOP] = "cropped above",
        [CU_PDQ_CROPPED_BOTTOM] = "cropped below",
        [CU_PDQ_WIDENED] = "widened",
        [CU_PDQ_ROTATED] = "rotated",
        [CU_PDQ_ROTATED_CUT] = "rotated, corners cut",
        [CU_PDQ_ROTATED_GROWN] = "rotated, canvas grown",
    };

    return change < cu_pdq_changes ? words[change] : "";
}
