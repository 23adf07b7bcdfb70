/* SPDX-License-Identifier: Apache-2.0 */
/* Raw and split raw images, and block devices: the bytes as they are. */
#include "image/format.h"

#include <stdio.h>

static bool claims(CU_UNUSED const cu_segments *segments, CU_UNUSED cu_bytes head)
{
    return true;
}

static cu_status open_raw(cu_image *image, cu_err *err)
{
    const cu_segments *const segments = image->segments;
    uint64_t bytes = 0;

    for (size_t i = 0; i < segments->count; i++) {
        if (__builtin_add_overflow(bytes, segments->list[i].bytes, &bytes))
            return cu_fail(err, CU_EFORMAT, "its segments are larger than can be");
    }
    if (bytes == 0)
        return cu_fail(err, CU_EFORMAT, "it is empty");
    (void)snprintf(image->facts.format, sizeof image->facts.format, "%s",
                   segments->count > 1 ? "split-raw" : "raw");
    image->facts.bytes = bytes;
    image->facts.sector_bytes = segments->sector_bytes != 0 ? segments->sector_bytes : 512;
    return CU_OK;
}

static void close_raw(CU_UNUSED cu_image *image)
{
}

static cu_status read_raw(cu_image *image, const cu_image_piece *wanted, CU_UNUSED cu_err *err)
{
    uint64_t start = 0; /* of the segment, on the media */
    cu_image_piece rest = *wanted;

    for (size_t i = 0; i < image->segments->count && rest.n > 0; i++) {
        const cu_segment *const segment = &image->segments->list[i];

        if (rest.offset < start + segment->bytes) {
            const uint64_t at = rest.offset - start;
            const uint64_t left = segment->bytes - at;
            cu_image_piece part = rest;

            part.n = left < rest.n ? (size_t)left : rest.n;
            cu_segment_read_around(image, segment, at, &part);
            rest.out += part.n;
            rest.offset += part.n;
            rest.n -= part.n;
        }
        start += segment->bytes;
    }
    return CU_OK;
}

const cu_image_format cu_raw_format = {
    .name = "raw", .claims = claims, .open = open_raw, .close = close_raw, .read_at = read_raw};
