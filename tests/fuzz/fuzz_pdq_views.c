/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures in windows, frames and borders of any shape: each view lies within the picture. */
#include "pdq/pdq.h"

#include <stdlib.h>
#include <string.h>

enum { header = 6, part = 6, parts_max = 8, largest = 1 << 17, enough = 32, copy_side = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* One part of the picture: an even or a rough rectangle, its sides in 256th parts of the
 * whole's. */
static void draw(const uint8_t bytes[part], const cu_pdq_pixels *pixels, uint8_t *p)
{
    const uint32_t left = bytes[0] * pixels->width / 256;
    const uint32_t top = bytes[1] * pixels->height / 256;
    const uint32_t right = (bytes[2] + 1U) * pixels->width / 256;
    const uint32_t bottom = (bytes[3] + 1U) * pixels->height / 256;
    const uint32_t rough = bytes[5] % 16;

    for (uint32_t y = top; y < bottom; y++) {
        uint8_t *const row = p + y * pixels->stride_bytes;

        if (left < right && rough == 0)
            memset(row + left * pixels->channels, bytes[4], (right - left) * pixels->channels);
        for (uint32_t x = left * pixels->channels; rough != 0 && x < right * pixels->channels;
             x++)
            row[x] = (uint8_t)(bytes[4] + (x * 37 ^ y * 91) % (4 * rough));
    }
}

static void try_views(const cu_pdq_pixels *pixels)
{
    const bool small = pixels->width < enough || pixels->height < enough;
    const bool whole = pixels->width <= copy_side && pixels->height <= copy_side;
    cu_pdq_view views[cu_pdq_views_max];
    size_t count = 0;

    if (cu_pdq_hash_views(pixels, views, &count, NULL) != CU_OK || count > cu_pdq_views_max)
        abort();
    if ((small && count > 0) || (!small && whole && count == 0))
        abort();
    for (size_t i = 0; i < count; i++) {
        if (views[i].change >= cu_pdq_changes || views[i].hash.quality < 0 ||
            views[i].hash.quality > 100)
            abort();
        /* What the likeness of frames decides comes first. */
        if (i > 0 && views[i].change == CU_PDQ_FRAMED && views[i - 1].change != CU_PDQ_FRAMED)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < header)
        return 0;

    const uint32_t width = 1 + (uint32_t)(bytes[0] + bytes[1] * 256U) % 1100;
    const uint32_t height = 1 + (uint32_t)(bytes[2] + bytes[3] * 256U) % 1100;
    const uint32_t channels = bytes[4] % 2 == 0 ? 1 : 3;
    const size_t stride = (size_t)width * channels + bytes[5] % 8;
    const size_t wanted = (height - 1) * stride + (size_t)width * channels;

    if (wanted > largest)
        return 0;

    uint8_t *const p = calloc(wanted, 1);
    const cu_pdq_pixels pixels = {
        .p = p, .stride_bytes = stride, .width = width, .height = height, .channels = channels};

    if (p == NULL)
        abort();
    bytes += header;
    n -= header;
    for (size_t i = 0; i < parts_max && n >= part; i++, bytes += part, n -= part)
        draw(bytes, &pixels, p);
    try_views(&pixels);
    free(p);
    return 0;
}
