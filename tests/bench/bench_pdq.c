/* SPDX-License-Identifier: Apache-2.0 */
/* PDQ of 12 megapixels and of a small picture: each kernel beside the plain one, in one run. */
#include "base/clock.h"
#include "pdq/engine.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct picture {
    const char *name;
    uint32_t width, height, channels;
    cu_pdq_variant variant;
    int repeats;
} picture;

/* The best of several, in milliseconds. */
static double milliseconds(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                           const picture *shown)
{
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    int64_t best = INT64_MAX;

    for (int i = 0; i < shown->repeats; i++) {
        const int64_t start = cu_clock_steady_us();

        if (cu_pdq_hash_by(kernel, pixels, shown->variant, &scratch, &hash, NULL) != CU_OK)
            abort();

        const int64_t took = cu_clock_steady_us() - start;

        best = took < best ? took : best;
    }
    cu_pdq_scratch_free(&scratch);
    return (double)best / 1000.0;
}

static void measure(const picture *shown)
{
    const size_t n = (size_t)shown->width * shown->height * shown->channels;
    uint8_t *const p = malloc(n);
    double plain = 0.0;

    if (p == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 + (i / shown->width) * 3 + (i * i >> 11));

    const cu_pdq_pixels pixels = {.p = p,
                                  .stride_bytes = (size_t)shown->width * shown->channels,
                                  .width = shown->width,
                                  .height = shown->height,
                                  .channels = shown->channels};

    plain = milliseconds(&cu_pdq_plain, &pixels, shown);
    for (const cu_pdq_kernel *const *kernel = cu_pdq_kernels(); *kernel != NULL; kernel++) {
        if (!(*kernel)->runs_here())
            continue;

        const double took =
            *kernel == &cu_pdq_plain ? plain : milliseconds(*kernel, &pixels, shown);

        printf("%-34s %-7s %9.3f ms  %6.1f times the plain\n", shown->name, (*kernel)->name,
               took, plain / took);
    }
    free(p);
}

int main(void)
{
    static const picture pictures[] = {
        {"A: 512x512 RGB", 512, 512, 3, CU_PDQ_A, 200},
        {"A: 512x512 grey", 512, 512, 1, CU_PDQ_A, 200},
        {"A: 4000x3000 RGB", 4000, 3000, 3, CU_PDQ_A, 50},
        {"F: 4000x3000 RGB (12 MP)", 4000, 3000, 3, CU_PDQ_F, 5},
        {"F: 4000x3000 grey (12 MP)", 4000, 3000, 1, CU_PDQ_F, 5},
        {"F: 64x64 RGB (codes only)", 64, 64, 3, CU_PDQ_F, 2000},
    };

    for (size_t i = 0; i < CU_COUNT_OF(pictures); i++)
        measure(&pictures[i]);
    return 0;
}
