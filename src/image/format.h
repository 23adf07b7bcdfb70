/* SPDX-License-Identifier: Apache-2.0 */
/* What a container format gives the rest of image/. Private. */
#ifndef CU_IMAGE_FORMAT_H
#define CU_IMAGE_FORMAT_H

#include "image/image.h"

typedef struct cu_image_format {
    const char *name;

    /* Whether the first bytes of the first segment, or the count of segments, are this
     * format's. */
    bool (*claims)(const cu_segments *segments, cu_bytes head);

    /* Sets image->facts and image->own. */
    cu_status (*open)(cu_image *image, cu_err *err);
    void (*close)(cu_image *image);

    /* As cu_image_read_at, with n > 0 and inside the media. */
    cu_status (*read_at)(cu_image *image, const cu_image_piece *wanted, cu_err *err);
} cu_image_format;

struct cu_image {
    const cu_image_format *format;
    const cu_segments *segments; /* borrowed */
    cu_image_facts facts;
    void *own;         /* the format's */
    cu_buffer remarks; /* each with its zero byte */
};

void cu_image_add_remark(cu_image *image, const char *format, ...) CU_PRINTF(2, 3);

/* Reads n bytes of a segment; false where they are not there or cannot be read (errno, 0 at the
 * end). */
bool cu_segment_read(const cu_segment *segment, uint64_t offset, void *out, size_t n);

/* Tells that none of a piece can be read; its bytes are made zero. */
void cu_image_lose(const cu_image_piece *lost, const char *why);

/*
 * Reads a piece of the media that lies in a segment from at on. What cannot be read is zero,
 * and told: sector by sector where the disk is bad, in one where the file ends.
 */
void cu_segment_read_around(const cu_image *image, const cu_segment *segment, uint64_t at,
                            const cu_image_piece *wanted);

extern const cu_image_format cu_aff4_format;
extern const cu_image_format cu_ewf_format;
extern const cu_image_format cu_qcow_format;
extern const cu_image_format cu_vhd_format;
extern const cu_image_format cu_vmdk_format;
extern const cu_image_format cu_raw_format;

#endif
