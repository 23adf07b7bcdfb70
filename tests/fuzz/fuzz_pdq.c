/* SPDX-License-Identifier: Apache-2.0 */
/* Any pixels of any size: every kernel gives the same hash, and reads no byte beside them. */
#include "pdq/engine.h"

#include <stdlib.h>
#include <string.h>

enum { header = 6, largest = 1 << 17, cut_side = 512 };

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

/* What every kernel that runs here gives, which is the same. */
static cu_pdq_hash hash_by_all(const cu_pdq_pixels *pixels, cu_pdq_variant variant,
                               cu_pdq_scratch *scratch)
{
    cu_pdq_hash first = {.quality = -1};

    for (const cu_pdq_kernel *const *kernel = cu_pdq_kernels(); *kernel != NULL; kernel++) {
        cu_pdq_hash hash = {.quality = 0};

        if (!(*kernel)->runs_here())
            continue;
        if (cu_pdq_hash_by(*kernel, pixels, variant, scratch, &hash, NULL) != CU_OK ||
            hash.quality < 0 || hash.quality > 100)
            abort();
        if (first.quality >= 0 && memcmp(&hash, &first, sizeof hash) != 0)
            abort();
        first = hash;
    }
    return first;
}

/* Where nothing is cut to 512 x 512, both variants are one. */
static void try_variants(const cu_pdq_pixels *pixels)
{
    cu_pdq_scratch scratch = {0};
    const cu_pdq_hash full = hash_by_all(pixels, CU_PDQ_F, &scratch);

    if (pixels->width > cut_side || pixels->height > cut_side) {
        (void)hash_by_all(pixels, CU_PDQ_A, &scratch);
    } else {
        cu_pdq_hash hash = {.quality = 0};

        if (cu_pdq_hash_pixels(pixels, CU_PDQ_A, &scratch, &hash, NULL) != CU_OK ||
            memcmp(&hash, &full, sizeof hash) != 0)
            abort();
    }
    cu_pdq_scratch_free(&scratch);
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

    if (wanted > largest)
        return 0;

    uint8_t *const p = fill(bytes + header, n - header, wanted);
    const cu_pdq_pixels pixels = {
        .p = p, .stride_bytes = stride, .width = width, .height = height, .channels = channels};

    try_variants(&pixels);
    free(p);
    return 0;
}
