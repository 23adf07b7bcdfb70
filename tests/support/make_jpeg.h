/* SPDX-License-Identifier: Apache-2.0 */
/* Generated JPEG files, and libjpeg's plain way of reading them, for tests. */
#ifndef CU_TESTS_SUPPORT_MAKE_JPEG_H
#define CU_TESTS_SUPPORT_MAKE_JPEG_H

#include "support/picture_file.h"

#include <stddef.h>

typedef struct make_jpeg {
    uint32_t width, height;
    uint32_t channels; /* 1 grey, 3 colours, 4 inks */
    int across, down;  /* how often luma is sampled for one sample of colour */
    int quality;
    bool layers; /* progressive */
    bool arithmetic;
    unsigned seed;
    unsigned restart; /* groups of blocks between two restarts; 0: none */
    bool optimized;   /* Huffman codes made for this picture */
    bool noise;       /* nothing but noise of full range */
} make_jpeg;

/* Soft shapes and some noise, the same for the same seed. Freed by the caller. */
uint8_t *make_pixels(uint32_t width, uint32_t height, uint32_t channels, unsigned seed);

/* The file; freed by the caller. */
uint8_t *make_jpeg_file(const make_jpeg *wanted, size_t *n);

/* All pixels, by libjpeg's defaults, as the reference reads them. */
bool read_jpeg_plainly(const uint8_t *file, size_t n, picture_file *out);

/* Decodes luminance alone, row by row, and keeps none: `djpeg -grayscale` without its start and
 * its output. */
bool pass_jpeg_in_grey(const uint8_t *file, size_t n);

#endif
