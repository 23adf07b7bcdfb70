/* SPDX-License-Identifier: Apache-2.0 */
/* Two pictures, eight turns, with and without bars. */
#include "picture/thumbnail.h"

#include "picture/format.h"

enum { no_hash = 257 };

static unsigned nearest(const cu_pdq_hash *thumbnail, const cu_pdq_hash *picture)
{
    unsigned best = 256;

    for (size_t i = 0; i < cu_pdq_turns; i++) {
        const unsigned distance =
            cu_pdq_distance(&thumbnail->codes[i], &picture->codes[CU_PDQ_AS_IS]);

        best = distance < best ? distance : best;
    }
    return best;
}

/* The middle of the thumbnail that has the picture's shape: what is left without bars. */
static cu_pdq_pixels without_bars(const cu_canvas *small, const cu_canvas *picture)
{
    const uint64_t wide = (uint64_t)small->height * picture->width / picture->height;
    const uint64_t high = (uint64_t)small->width * picture->height / picture->width;
    const uint32_t width = wide < small->width ? (uint32_t)wide : small->width;
    const uint32_t height = high < small->height ? (uint32_t)high : small->height;
    const size_t stride = small->kept_stride;

    return (cu_pdq_pixels){
        .p = small->kept + (small->height - height) / 2 * stride + (small->width - width) / 2,
        .stride_bytes = stride,
        .plane_bytes = stride * small->kept_rows,
        .width = width > 0 ? width : 1,
        .height = height > 0 ? height : 1,
        .channels = small->channels,
    };
}

static void measure(cu_canvas *small, const cu_canvas *picture, cu_picture_thumbnail *out)
{
    cu_pdq_hash cropped;

    if (!small->begun || small->rows == 0 || cu_canvas_next_frame(small, 0, NULL) != CU_OK ||
        small->hash_count == 0)
        return;
    out->quality = (uint32_t)small->hashes[0].quality;
    if (picture->hash_count == 0)
        return;
    out->distance = nearest(&small->hashes[0], &picture->hashes[0]);
    if (small->kept_width != small->width || small->kept_height != small->height)
        return;

    const cu_pdq_pixels inner = without_bars(small, picture);

    if (cu_pdq_hash_pixels(&inner, CU_PDQ_A, &small->scratch, &cropped, NULL) != CU_OK)
        return;

    const unsigned distance = nearest(&cropped, &picture->hashes[0]);

    out->distance = distance < out->distance ? distance : out->distance;
}

void cu_thumbnail_compare(cu_bytes file, cu_bytes thumbnail, const cu_canvas *canvas,
                          cu_picture_thumbnail *out)
{
    cu_canvas small = {.hash_only = false};

    if (!cu_picture_jpeg.claims(thumbnail))
        return;
    *out = (cu_picture_thumbnail){
        .offset = (uint64_t)(thumbnail.p - file.p), .bytes = thumbnail.n, .distance = no_hash};
    /* How far it went does not matter: what is there is compared. */
    (void)cu_picture_jpeg.decode(thumbnail, &small, NULL);
    if (small.begun && small.rows == 0)
        small.rows = small.next_kept;
    measure(&small, canvas, out);
    cu_canvas_free(&small);
}
