/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of containers share: a folder, made media, and sources opened from it. */
#ifndef CU_TESTS_IMAGE_MEDIA_H
#define CU_TESTS_IMAGE_MEDIA_H

#include "image/image.h"

/* A new folder under /tmp, gone with all in it when the program ends. */
const char *media_folder(void);

/* The path of a file in it; the answer lives until the eighth call from now. */
const char *media_path(const char *name);

/* The next number of a sequence that is the same on each run. */
uint32_t media_random(void);

/* n bytes as disks hold them: zeros, text that packs well, noise that does not. The caller
 * frees. */
uint8_t *media_make(size_t n);

void media_write(const char *path, const void *bytes, size_t n);
void media_patch(const char *path, size_t at, const void *bytes, size_t n);
uint8_t *media_read(const char *path, size_t *n); /* the caller frees */

/* Runs a program of the system (NULL ends its arguments); false where it is not installed. */
bool media_run(const char *const *arguments);

/* Opens a source as the program does, both halves in one process. */
typedef struct media_source {
    cu_segments segments;
    cu_image *image;
} media_source;

cu_status media_open(const char *path, media_source *out, cu_err *err);
void media_close(media_source *source);

/* Gaps as they are told, in order; bytes is their sum. */
typedef struct media_gaps {
    size_t count;
    uint64_t bytes;
    uint64_t first, end;
    char why[96]; /* of the last */
} media_gaps;

void media_gap_told(void *context, const cu_image_gap *gap);

/* The whole media and 400 random pieces of it are those of expected; no gap is told. */
void media_assert_equal(media_source *source, const uint8_t *expected, size_t n);

/* Reads the whole media: each read answers CU_OK, and what is told as a gap is zero. */
void media_assert_readable(cu_image *image, uint64_t most);

#endif
