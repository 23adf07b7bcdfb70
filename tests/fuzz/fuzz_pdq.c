/* SPDX-License-Identifier: Apache-2.0 */
/* Any pixels of any size: every kernel gives the same hash, and reads no byte beside them. */
#include "pdq/engine.h"

#include <stdlib.h>
#include <string.h>

enum { header = 6, largest = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* The picture's bytes: those of the input, again and again, a little changed each time. */
static uint8_t *fill(const uint8_t *bytes, size_t n, size_t wanted)
{
    uint8_t *const p = malloc(wanted);

    if (p == NULL)
        abort();
    for (size_t i = 0; i < wanted; i++)
        p[i] = (uint8_t)((n > 0 ? bytes[i % n] : 0) + (n > 0 ? i / n * 3 : i / 7));
    return p;
}

static void try_views(const cu_pdq_pixels *pixels)
{
    cu_pdq_view views[cu_pdq_views_max];
    size_t count = 0;

    if (cu_pdq_hash_views(pixels, views, &count, NULL) != CU_OK || count > cu_pdq_views_max)
        abort();
    for (size_t i = 0; i < count; i++) {
        if (views[i].change >= cu_pdq_changes || views[i].hash.quality > 100)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    if (n < header)
        return 0;

    const uint32_t width = 1 + (uint32_t)(bytes[0] + bytes[1] * 256U) % 2100;
    const uint32_t height = 1 + (uint32_t)(bytes[2] + bytes[3] * 256U) % 2100;
    const uint32_t channels = bytes[4] % 2 == 0 ? 1 : 3;
    const size_t stride = (size_t)width * channels + bytes[5] % 8;
    const size_t wanted = (height - 1) * stride + (size_t)width * channels;
    cu_pdq_scratch scratch = {0};

    if (wanted > largest)
        return 0;

    uint8_t *const p = fill(bytes + header, n - header, wanted);
    const cu_pdq_pixels pixels = {
        .p = p, .stride_bytes = stride, .width = width, .height = height, .channels = channels};

    for (unsigned v = 0; v < cu_pdq_variants; v++) {
        cu_pdq_hash first;
        bool any = false;

        for (const cu_pdq_kernel *const *kernel = cu_pdq_kernels(); *kernel != NULL; kernel++) {
            cu_pdq_hash hash = {.quality = 0};

            if (!(*kernel)->runs_here())
                continue;
            if (cu_pdq_hash_by(*kernel, &pixels, (cu_pdq_variant)v, &scratch, &hash, NULL) !=
                    CU_OK ||
                hash.quality < 0 || hash.quality > 100)
                abort();
            if (any && memcmp(&hash, &first, sizeof hash) != 0)
                abort();
            first = hash;
            any = true;
        }
    }
    try_views(&pixels);
    cu_pdq_scratch_free(&scratch);
    free(p);
    return 0;
}
