/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: checks, the two variants, the choice of kernel. */
#include "pdq/pdq.h"

#include "pdq/engine.h"

#include <stdlib.h>
#include <string.h>

enum { cut_side = 512, alignment = 64 };

const cu_pdq_kernel *const *cu_pdq_kernels(void)
{
    static const cu_pdq_kernel *const all[] = {
#ifdef CU_PDQ_VECTORS
        &cu_pdq_avx512, &cu_pdq_avx2,
#endif
        &cu_pdq_plain, NULL};

    return all;
}

static const cu_pdq_kernel *best_kernel(void)
{
    const cu_pdq_kernel *const *kernel = cu_pdq_kernels();

    while (kernel[1] != NULL && !kernel[0]->runs_here())
        kernel++;
    return kernel[0];
}

const char *cu_pdq_engine(void)
{
    return best_kernel()->name;
}

void cu_pdq_scratch_free(cu_pdq_scratch *scratch)
{
    free(scratch->p);
    *scratch = (cu_pdq_scratch){.p = NULL};
}

static cu_status reserve(cu_pdq_scratch *scratch, size_t n, cu_err *err)
{
    if (n <= scratch->n)
        return CU_OK;
    cu_pdq_scratch_free(scratch);
    n = (n + alignment - 1) / alignment * alignment;
    scratch->p = aligned_alloc(alignment, n);
    if (scratch->p == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    scratch->n = n;
    return CU_OK;
}

cu_status cu_pdq_check(const cu_pdq_pixels *pixels, cu_pdq_variant variant, cu_err *err)
{
    if (variant >= cu_pdq_variants)
        return cu_fail(err, CU_EUSAGE, "there is no such PDQ variant");
    if (pixels->channels != 1 && pixels->channels != 3)
        return cu_fail(err, CU_EUSAGE, "a picture of %u channels has no PDQ", pixels->channels);
    if (pixels->width == 0 || pixels->height == 0 || pixels->width > cu_pdq_largest_side ||
        pixels->height > cu_pdq_largest_side)
        return cu_fail(err, CU_EUSAGE, "a picture of %u x %u pixels has no PDQ", pixels->width,
                       pixels->height);
    if (pixels->stride_bytes < (size_t)pixels->width * pixels->channels)
        return cu_fail(err, CU_EUSAGE, "rows of %u pixels do not fit %zu bytes", pixels->width,
                       pixels->stride_bytes);
    return CU_OK;
}

/* Nearest neighbour to 512 x 512, aspect not kept. */
static cu_pdq_pixels cut_to_512(const cu_pdq_pixels *pixels, uint8_t *out)
{
    const size_t channels = pixels->channels;
    uint8_t *to = out;
    size_t columns[cut_side];

    for (size_t x = 0; x < cut_side; x++)
        columns[x] = x * pixels->width / cut_side * channels;
    for (size_t y = 0; y < cut_side; y++) {
        const uint8_t *const row =
            pixels->p + y * pixels->height / cut_side * pixels->stride_bytes;

        if (channels == 1) {
            for (size_t x = 0; x < cut_side; x++)
                *to++ = row[columns[x]];
            continue;
        }
        for (size_t x = 0; x < cut_side; x++, to += 3)
            memcpy(to, row + columns[x], 3);
    }
    return (cu_pdq_pixels){.p = out,
                           .stride_bytes = cut_side * channels,
                           .width = cut_side,
                           .height = cut_side,
                           .channels = pixels->channels};
}

/* A picture of 64 x 64 is small already: its luma is taken as it is. */
static void take_as_is(const cu_pdq_pixels *pixels, cu_pdq_small_picture *out)
{
    for (uint32_t y = 0; y < cu_pdq_small; y++) {
        const uint8_t *const row = pixels->p + y * pixels->stride_bytes;

        for (uint32_t x = 0; x < cu_pdq_small; x++)
            out->at[y][x] = cu_pdq_luma(row + (size_t)x * pixels->channels, pixels->channels);
    }
}

cu_status cu_pdq_hash_by(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                         cu_pdq_variant variant, cu_pdq_scratch *scratch, cu_pdq_hash *out,
                         cu_err *err)
{
    const bool cut =
        variant == CU_PDQ_A && (pixels->width > cut_side || pixels->height > cut_side);
    cu_pdq_pixels view = *pixels;
    cu_pdq_small_picture small;
    float frequencies[cu_pdq_frequencies][cu_pdq_frequencies];
    cu_status st = cu_pdq_check(pixels, variant, err);

    if (st != CU_OK)
        return st;
    if (pixels->width < cu_pdq_smallest_side || pixels->height < cu_pdq_smallest_side) {
        *out = (cu_pdq_hash){.quality = 0};
        return CU_OK;
    }
    if (cut)
        view.width = view.height = cut_side;

    const size_t cut_bytes = cut ? (size_t)cut_side * cut_side * view.channels : 0;

    st = reserve(scratch, cut_bytes + kernel->scratch_bytes(&view), err);
    if (st != CU_OK)
        return st;
    if (cut)
        view = cut_to_512(pixels, scratch->p);
    if (view.width == cu_pdq_small && view.height == cu_pdq_small)
        take_as_is(&view, &small);
    else
        kernel->shrink(&view, (uint8_t *)scratch->p + cut_bytes, &small);
    cu_pdq_frequencies_of(&small, frequencies);
    cu_pdq_codes_of(frequencies, out->codes);
    out->quality = cu_pdq_quality_of(&small);
    return CU_OK;
}

cu_status cu_pdq_hash_pixels(const cu_pdq_pixels *pixels, cu_pdq_variant variant,
                             cu_pdq_scratch *scratch, cu_pdq_hash *out, cu_err *err)
{
    return cu_pdq_hash_by(best_kernel(), pixels, variant, scratch, out, err);
}

unsigned cu_pdq_distance(const cu_pdq_code *a, const cu_pdq_code *b)
{
    uint64_t left[4];
    uint64_t right[4];
    unsigned bits = 0;

    memcpy(left, a->bytes, sizeof left);
    memcpy(right, b->bytes, sizeof right);
    for (size_t i = 0; i < CU_COUNT_OF(left); i++)
        bits += (unsigned)__builtin_popcountll(left[i] ^ right[i]);
    return bits;
}

bool cu_pdq_parse(cu_bytes text, cu_pdq_code *out)
{
    return cu_hex_decode((const char *)text.p, text.n, out->bytes, cu_pdq_bytes);
}

const char *cu_pdq_variant_word(cu_pdq_variant variant)
{
    return variant == CU_PDQ_A ? "A" : "F";
}

const char *cu_pdq_turn_word(cu_pdq_turn turn)
{
    static const char *const words[cu_pdq_turns] = {
        [CU_PDQ_AS_IS] = "as-is",
        [CU_PDQ_ROTATED_90] = "rotated-90",
        [CU_PDQ_ROTATED_180] = "rotated-180",
        [CU_PDQ_ROTATED_270] = "rotated-270",
        [CU_PDQ_MIRRORED_X] = "mirrored-x",
        [CU_PDQ_MIRRORED_Y] = "mirrored-y",
        [CU_PDQ_TRANSPOSED] = "transposed",
        [CU_PDQ_TRANSPOSED_BACK] = "transposed-back",
    };

    return turn < cu_pdq_turns ? words[turn] : "";
}
