/* SPDX-License-Identifier: Apache-2.0 */
/* Where in a picture another one may lie: borders, frames, windows. Private to pdq/. */
#ifndef CU_PDQ_FRAME_H
#define CU_PDQ_FRAME_H

#include "pdq/engine.h"

enum { cu_pdq_copy_side = 512, cu_pdq_frames_max = 20 };

/* A grey copy of a picture, its longer side at most cu_pdq_copy_side, rows without gaps. */
typedef struct cu_pdq_copy {
    uint8_t *p;
    uint32_t width, height;
} cu_pdq_copy;

/* In pixels of the copy; right and bottom are just outside. */
typedef struct cu_pdq_rectangle {
    float left, top, right, bottom;
} cu_pdq_rectangle;

/* Writes where a picture within the copy may lie, the likeliest first; the copy as a whole is
 * not among them. CU_ENOMEM. */
cu_status cu_pdq_find_frames(const cu_pdq_copy *copy, cu_pdq_rectangle out[cu_pdq_frames_max],
                             size_t *count, cu_err *err) CU_MUST_CHECK;

#endif
