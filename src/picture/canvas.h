/* SPDX-License-Identifier: Apache-2.0 */
/* Where decoders put rows: only the pixels that the hash looks at are kept. Private to
 * picture/. */
#ifndef CU_PICTURE_CANVAS_H
#define CU_PICTURE_CANVAS_H

#include "picture/picture.h"

enum { cu_canvas_side = 512 }; /* of the samples that variant A is made of */

/*
 * Rows come from the top, each once, and those that are not wanted may be left out. Zero it,
 * but for want_full and hash_only, to start. What never comes is mid-grey, as libjpeg fills
 * what is missing.
 */
typedef struct cu_canvas {
    bool want_full;     /* keep every pixel: variant F is wanted */
    bool hash_only;     /* samples that are hashed need not be kept */
    bool sample_always; /* for tests: decoders compute samples alone, however few pixels */
    bool begun;
    uint32_t width, height; /* of the picture */
    uint32_t channels;      /* of kept and full: 1 grey, 3 red green blue */
    uint32_t row_channels;  /* of a row: 2 and 4 have alpha last */
    uint32_t frames;        /* as far as the decoder counted; 0: it did not */
    uint32_t rows;          /* one more than the last row that came whole */
    uint8_t *kept;          /* by channel, then by row: kept_rows of kept_stride bytes each */
    uint8_t *alpha;         /* kept_width * kept_height, where rows have it */
    uint32_t kept_width, kept_height;
    uint32_t kept_stride; /* whole vectors: behind kept_width may be anything */
    uint32_t kept_rows;   /* that there is room for: kept_height, or those of a strip */
    bool in_strips;       /* kept is the strip that is filled; it is hashed when it is full */
    uint32_t next_kept;   /* the first kept row that has not come */
    uint32_t *columns;    /* of the picture, by kept column */
    uint8_t *full;        /* width * height * channels, where want_full */
    uint32_t hash_count;
    cu_pdq_hash hashes[cu_picture_frames_max];
    uint32_t hash_frames[cu_picture_frames_max];
    uint32_t hash_changes[cu_picture_frames_max]; /* cu_picture_change */
    cu_pdq_scratch scratch;
} cu_canvas;

/*
 * Called once the size is known, before anything of that size is allocated. channels is 1 to 4:
 * grey or red green blue, with alpha after it or without. in_order: there is one frame, and a
 * row that is left out never comes.
 *
 * CU_ELIMIT   more than CU_PICTURE_PIXELS_MAX pixels.
 * CU_EFORMAT  a side of 0.
 * CU_ENOMEM
 */
cu_status cu_canvas_begin(cu_canvas *canvas, uint32_t width, uint32_t height, uint32_t channels,
                          cu_err *err) CU_MUST_CHECK;
cu_status cu_canvas_begin_in_order(cu_canvas *canvas, uint32_t width, uint32_t height,
                                   uint32_t channels, cu_err *err) CU_MUST_CHECK;
void cu_canvas_free(cu_canvas *canvas);

/* True where row y must be given. */
bool cu_canvas_wants(cu_canvas *canvas, uint32_t y);

/* Forgets what came: all is mid-grey again, and rows come from the top. */
void cu_canvas_restart(cu_canvas *canvas);

/* Row y, of width * row_channels bytes. */
void cu_canvas_row(cu_canvas *canvas, uint32_t y, const uint8_t *row);

/* Where the next kept row's samples of a channel go, and that they are there. */
uint8_t *cu_canvas_place(const cu_canvas *canvas, uint32_t channel);
void cu_canvas_placed(cu_canvas *canvas);

/* The row before the next one comes once more. */
void cu_canvas_repeat(cu_canvas *canvas);

/* The row of the picture that the kept row with this number is taken from. */
uint32_t cu_canvas_source_row(const cu_canvas *canvas, uint32_t kept_row);

/*
 * The frame is as whole as it will be: hashes it as number frame, and takes the next one's rows
 * from the top over what is there. Where some of it can be seen through, it is hashed a second
 * time, over white paper. More than cu_picture_frames_max are not hashed.
 */
cu_status cu_canvas_next_frame(cu_canvas *canvas, uint32_t frame, cu_err *err) CU_MUST_CHECK;

#endif
