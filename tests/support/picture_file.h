/* SPDX-License-Identifier: Apache-2.0 */
/* Pixels of PNG and JPEG files, for tests: no limits, no sandbox, benign files only. */
#ifndef CU_TESTS_SUPPORT_PICTURE_FILE_H
#define CU_TESTS_SUPPORT_PICTURE_FILE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct picture_file {
    uint8_t *p; /* rows without gaps; freed by the caller */
    uint32_t width, height, channels;
} picture_file;

/* Grey where the file is grey, else RGB. False: no such file, or no picture of these kinds. */
bool picture_file_read(const char *path, picture_file *out);

/* The sum by which corpus/pdq/vectors names pixels: FNV-1a of 64 bits with a start of its own.
 */
uint64_t picture_file_sum(const picture_file *picture);

#endif
