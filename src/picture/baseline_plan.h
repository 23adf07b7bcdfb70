/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of a baseline JPEG before its scan is read. Private to baseline.c and
 * baseline_scan.c. */
#ifndef CU_PICTURE_BASELINE_PLAN_H
#define CU_PICTURE_BASELINE_PLAN_H

#include "picture/baseline.h"
#include "picture/entropy.h"
#include "picture/samples.h"

enum {
    cu_baseline_block = 8,                       /* rows and columns */
    cu_baseline_blocks_max = 6,                  /* of a group */
    cu_baseline_kept_room = cu_canvas_side + 64, /* for whole vectors */
    cu_baseline_luma_ring = 32,                  /* rows: two groups of blocks */
    cu_baseline_colour_ring = 16,
};

/* Two samples of colour beside each other, and how much of each a kept column has. */
typedef struct cu_baseline_columns {
    uint32_t left[cu_baseline_kept_room];
    uint8_t weights[cu_baseline_kept_room][2];
    int16_t bias[cu_baseline_kept_room] __attribute__((aligned(64))); /* before the shift */
} cu_baseline_columns;

/* A component: how it is coded, and which of its samples are wanted. */
typedef struct cu_baseline_part {
    const cu_entropy_codes *constant, *others;
    cu_entropy_place places[cu_entropy_places]; /* by step */
    uint32_t across, down;                      /* blocks of a group */
    uint32_t row_bytes;                         /* of rows below */
    uint8_t *rows;           /* of this row of groups: down * 8 of row_bytes */
    uint8_t *rows_wanted;    /* by row of blocks: bit 0 is the first row of the block */
    uint8_t *rows_made;      /* likewise, with their mirrors */
    uint8_t *columns_wanted; /* by column of blocks: 0 or 1 */
} cu_baseline_part;

typedef struct cu_baseline_plan {
    /* Kept columns of rows that are read: luma, and colours before they are blended down. */
    uint8_t luma[cu_baseline_luma_ring][cu_baseline_kept_room] __attribute__((aligned(64)));
    uint16_t colour[2][cu_baseline_colour_ring][cu_baseline_kept_room]
        __attribute__((aligned(64)));
    cu_baseline_columns columns; /* of colours */
    cu_samples_gather luma_gather, colour_gather;
    cu_baseline_part parts[3];
    cu_entropy_reader reader;
    cu_entropy_codes codes[6];
    const cu_baseline *picture;
    cu_canvas *canvas;
    uint8_t *group_columns; /* by group of a row: blocks in wanted columns, a bit for each */
    uint32_t groups_across, groups_down;
    uint32_t shift;       /* of a blended sample */
    uint32_t colour_rows; /* of the picture */
    bool halved, blended; /* colours, in width and in height */
} cu_baseline_plan;

/* One compilation of baseline_scan.c. */
struct cu_baseline_way {
    const char *name;
    bool (*runs_here)(void);
    bool (*read)(cu_baseline_plan *plan); /* false: not ours after all */
};

extern const cu_baseline_way cu_baseline_plain;
/* Where CU_PICTURE_VECTORS is defined. */
extern const cu_baseline_way cu_baseline_avx2;
extern const cu_baseline_way cu_baseline_avx512;

#endif
