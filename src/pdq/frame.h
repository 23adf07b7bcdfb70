/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a picture another one may lie: borders, frames, windows. Private to pdq/. */
#ifndef CU_PDQ_FRAME_H
#define CU_PDQ_FRAME_H

#include "pdq/sample.h"

enum {
    cu_pdq_frames_max = 20,
    cu_pdq_grounds_max = 6,
    cu_pdq_least_share = 5, /* a frame's side is this part of the copy's at least */
};

/* Writes where a picture within the copy may lie, the likeliest first; the copy as a whole is
 * not among them. CU_ENOMEM. */
cu_status cu_pdq_find_frames(const cu_pdq_copy *copy, cu_pdq_rectangle out[cu_pdq_frames_max],
                             size_t *count, cu_err *err) CU_MUST_CHECK;

/* ---- the parts of the search ---- */

/* Rows or columns, told in one way. */
typedef struct cu_pdq_axis {
    const uint8_t *p;
    size_t step;      /* from a pixel to the next on a line */
    size_t line_step; /* from a line to the next */
    uint32_t lines, length;
} cu_pdq_axis;

/* In whole pixels: [0] of columns, [1] of rows. */
typedef struct cu_pdq_bounds {
    uint32_t first[2], end[2];
} cu_pdq_bounds;

/* Whether all but one pixel in 50 of the line, between its two ends, are within step of their
 * mean, which is written to mean. False for an empty line, mean untouched. */
bool cu_pdq_is_even(const cu_pdq_axis *self, uint32_t line, const uint32_t ends[2],
                    uint32_t step, float *mean);

/* Parts between plain grounds, the largest first: no edge is asked for, so a picture that is
 * hardly lighter than the desk is found too. axes are columns and rows. */
size_t cu_pdq_cut_grounds(const cu_pdq_axis axes[2], cu_pdq_bounds out[cu_pdq_grounds_max]);

#endif
