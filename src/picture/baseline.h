/* SPDX-License-Identifier: Apache-2.0 */
/* Baseline JPEG, read only as far as the hash looks. Private to picture/; runs in the child. */
#ifndef CU_PICTURE_BASELINE_H
#define CU_PICTURE_BASELINE_H

#include "picture/canvas.h"

typedef struct cu_baseline_component {
    uint32_t across, down;     /* sampling factors */
    const uint16_t *steps;     /* 64 steps of quantization, row after row, not in zigzag */
    const uint8_t *counts[2];  /* [17] codes by length: of the constant part, of the others */
    const uint8_t *symbols[2]; /* [256] */
} cu_baseline_component;

/* What a file's headers say, and its one scan. */
typedef struct cu_baseline {
    uint32_t width, height;
    uint32_t component_count; /* 1 grey, 3 YCbCr, in the order of the scan */
    cu_baseline_component components[3];
    uint32_t restart_interval; /* groups of blocks; 0: none */
    cu_bytes scan;             /* from the byte behind the scan's header */
} cu_baseline;

/*
 * Gives every kept pixel to canvas, begun with want_full false and 1 or 3 channels: the pixels
 * of libjpeg with its slow integer transform and its smooth upsampling, each bit.
 *
 * False where anything is not plain or not sound: other samplings, a bad code, a marker where
 * none should be, a scan that does not end with EOI, coefficients so large that libjpeg's own
 * ways disagree, no memory. The canvas is as it was begun then, and the file is libjpeg's.
 */
bool cu_baseline_read(const cu_baseline *picture, cu_canvas *canvas);

/* ---- ways to do it, for tests ---- */

typedef struct cu_baseline_way cu_baseline_way;

/* All ways of this build, best first, and NULL; the last runs everywhere. */
const cu_baseline_way *const *cu_baseline_ways(void);
const char *cu_baseline_way_name(const cu_baseline_way *way);
bool cu_baseline_way_runs(const cu_baseline_way *way); /* here */

/* As cu_baseline_read, by this way. */
bool cu_baseline_read_by(const cu_baseline_way *way, const cu_baseline *picture,
                         cu_canvas *canvas);

#endif
