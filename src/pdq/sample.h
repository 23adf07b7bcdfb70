/* SPDX-License-Identifier: Apache-2.0 */
/* Samples of a picture: sixteen rows of 512, a small grey copy, and parts of that as the small
 * pictures that are hashed. Private to pdq/. */
#ifndef CU_PDQ_SAMPLE_H
#define CU_PDQ_SAMPLE_H

#include "pdq/engine.h"

enum { cu_pdq_cut_side = 512, cu_pdq_copy_side = 512 };

/* Nearest neighbours to 512 x 512, aspect not kept, a strip at a time. */
typedef struct cu_pdq_cut {
    const cu_pdq_pixels *pixels;
    size_t columns[cu_pdq_cut_side]; /* bytes from the start of a row */
    uint8_t strip[cu_pdq_strip_rows][cu_pdq_cut_side * 3];
} cu_pdq_cut;

void cu_pdq_cut_begin(cu_pdq_cut *cut, const cu_pdq_pixels *pixels);
void cu_pdq_cut_rows(cu_pdq_cut *cut, size_t first); /* into the strip, from this row of 512 */

/* A grey copy of a picture, its longer side at most cu_pdq_copy_side, rows without gaps. */
typedef struct cu_pdq_copy {
    uint8_t *p;
    uint32_t width, height;
} cu_pdq_copy;

/* In pixels of the copy; right and bottom are just outside. */
typedef struct cu_pdq_rectangle {
    float left, top, right, bottom;
} cu_pdq_rectangle;

/*
 * Which part of the copy a view shows. Places are in pixels of the copy; what lies outside the
 * content repeats its edge. The window is turned about its middle.
 */
typedef struct cu_pdq_window {
    cu_pdq_rectangle shown;
    cu_pdq_rectangle content;
    float sine, cosine;
} cu_pdq_window;

/* Fills the copy, whose sides are set and whose p has room: each pixel is the mean of up to 4 x
 * 4 that it stands for. */
void cu_pdq_fill_copy(const cu_pdq_pixels *pixels, cu_pdq_copy *copy);

/* What the window shows: each place is the mean of four samples about it. */
void cu_pdq_show(const cu_pdq_copy *copy, const cu_pdq_window *window,
                 cu_pdq_small_picture *out);

#endif
