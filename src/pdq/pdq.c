/* SPDX-License-Identifier: Apache-2.0 */
/* The front door: checks, the two variants, the choice of kernel. */
#include "pdq/pdq.h"

#include "pdq/sample.h"

#include <stdlib.h>
#include <string.h>

enum { alignment = 64 };

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
    if (pixels->stride_bytes <
        (size_t)pixels->width * (pixels->plane_bytes != 0 ? 1 : pixels->channels))
        return cu_fail(err, CU_EUSAGE, "rows of %u pixels do not fit %zu bytes", pixels->width,
                       pixels->stride_bytes);
    return CU_OK;
}

/* ---- strips ---- */

/* What lies at the head of the scratch between begin and end. */
typedef struct strips {
    const cu_pdq_kernel *kernel; /* NULL: too small a picture, all of it is passed over */
    cu_pdq_pixels strip;         /* the next: height is what is left of the picture */
    uint32_t taken;
    bool as_is;
    cu_pdq_small_picture small;
} strips;

enum { strips_bytes = (sizeof(strips) + alignment - 1) / alignment * alignment };

static void *room_of(const cu_pdq_scratch *scratch)
{
    return (uint8_t *)scratch->p + strips_bytes;
}

static bool is_too_small(const cu_pdq_pixels *shape)
{
    return shape->width < cu_pdq_smallest_side || shape->height < cu_pdq_smallest_side;
}

cu_status cu_pdq_begin_by(const cu_pdq_kernel *kernel, const cu_pdq_pixels *shape,
                          cu_pdq_scratch *scratch, cu_err *err)
{
    cu_status st = cu_pdq_check(shape, CU_PDQ_F, err);

    if (st == CU_OK)
        st = reserve(scratch, strips_bytes + kernel->room_bytes(shape), err);
    if (st != CU_OK)
        return st;

    strips *const self = scratch->p;

    self->kernel = is_too_small(shape) ? NULL : kernel;
    self->strip = *shape;
    self->taken = 0;
    /* A picture of 64 x 64 is small already: its luma is taken as it is. */
    self->as_is = shape->width == cu_pdq_small && shape->height == cu_pdq_small;
    if (self->kernel != NULL && !self->as_is)
        kernel->begin(room_of(scratch), shape, &self->small);
    return CU_OK;
}

static void take_as_is(strips *self, const cu_pdq_pixels *strip)
{
    for (uint32_t y = 0; y < strip->height; y++) {
        for (uint32_t x = 0; x < cu_pdq_small; x++)
            self->small.at[self->taken + y][x] = cu_pdq_luma(strip, x, y);
    }
}

void cu_pdq_take(cu_pdq_scratch *scratch, const uint8_t *p)
{
    strips *const self = scratch->p;
    cu_pdq_pixels strip = self->strip;

    strip.p = p;
    if (strip.height > cu_pdq_strip_rows)
        strip.height = cu_pdq_strip_rows;
    if (self->as_is)
        take_as_is(self, &strip);
    else if (self->kernel != NULL)
        self->kernel->take(room_of(scratch), &strip);
    self->taken += strip.height;
    self->strip.height -= strip.height;
}

void cu_pdq_end(cu_pdq_scratch *scratch, cu_pdq_hash *out)
{
    strips *const self = scratch->p;
    float frequencies[cu_pdq_frequencies][cu_pdq_frequencies];

    *out = (cu_pdq_hash){.quality = 0};
    if (self->kernel == NULL)
        return;
    if (!self->as_is)
        self->kernel->end(room_of(scratch));
    cu_pdq_frequencies_of(&self->small, frequencies);
    cu_pdq_codes_of(frequencies, out->codes);
    out->quality = cu_pdq_quality_of(&self->small);
}

cu_status cu_pdq_begin(const cu_pdq_pixels *shape, cu_pdq_scratch *scratch, cu_err *err)
{
    return cu_pdq_begin_by(best_kernel(), shape, scratch, err);
}

/* ---- whole pictures ---- */

static cu_status hash_cut(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                          cu_pdq_scratch *scratch, cu_pdq_hash *out, cu_err *err)
{
    const cu_pdq_pixels shape = {.stride_bytes = (size_t)cu_pdq_cut_side * 3,
                                 .width = cu_pdq_cut_side,
                                 .height = cu_pdq_cut_side,
                                 .channels = pixels->channels};
    cu_pdq_cut self;
    const cu_status st = cu_pdq_begin_by(kernel, &shape, scratch, err);

    if (st != CU_OK)
        return st;
    cu_pdq_cut_begin(&self, pixels);
    for (size_t y = 0; y < cu_pdq_cut_side; y += cu_pdq_strip_rows) {
        cu_pdq_cut_rows(&self, y);
        cu_pdq_take(scratch, self.strip[0]);
    }
    cu_pdq_end(scratch, out);
    return CU_OK;
}

cu_status cu_pdq_hash_by(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                         cu_pdq_variant variant, cu_pdq_scratch *scratch, cu_pdq_hash *out,
                         cu_err *err)
{
    cu_status st = cu_pdq_check(pixels, variant, err);

    if (st != CU_OK)
        return st;
    if (variant == CU_PDQ_A && !is_too_small(pixels) &&
        (pixels->width > cu_pdq_cut_side || pixels->height > cu_pdq_cut_side))
        return hash_cut(kernel, pixels, scratch, out, err);
    st = cu_pdq_begin_by(kernel, pixels, scratch, err);
    if (st != CU_OK)
        return st;
    for (size_t y = 0; y < pixels->height; y += cu_pdq_strip_rows)
        cu_pdq_take(scratch, pixels->p + y * pixels->stride_bytes);
    cu_pdq_end(scratch, out);
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
