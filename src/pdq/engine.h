/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of hashing that are done by plain code or by vectors. Private to pdq/. */
#ifndef CU_PDQ_ENGINE_H
#define CU_PDQ_ENGINE_H

#include "pdq/pdq.h"

enum { cu_pdq_small = 64, cu_pdq_frequencies = 16 };

/* The picture blurred and cut down, row after row. */
typedef struct cu_pdq_small_picture {
    float at[cu_pdq_small][cu_pdq_small];
} cu_pdq_small_picture;

/*
 * One way to do it. All give the same bits: each sum is taken in the same order, in single
 * precision, and no product is fused with a sum.
 */
typedef struct cu_pdq_kernel {
    const char *name;
    bool (*runs_here)(void);
    /* Of a picture of this shape: what begin needs, aligned to 64. */
    size_t (*room_bytes)(const cu_pdq_pixels *shape);
    /* Luma, two rounds of box filters, and 64x64 of the result, which is whole in out once all
     * strips were taken and the end was called. */
    void (*begin)(void *room, const cu_pdq_pixels *shape, cu_pdq_small_picture *out);
    /* cu_pdq_strip_rows rows from the top, in the last strip what is left. */
    void (*take)(void *room, const cu_pdq_pixels *strip);
    void (*end)(void *room);
} cu_pdq_kernel;

extern const cu_pdq_kernel cu_pdq_plain;
extern const cu_pdq_kernel cu_pdq_avx2;   /* where CU_PDQ_VECTORS is defined */
extern const cu_pdq_kernel cu_pdq_avx512; /* likewise */

/* All kernels of this build, best first, and NULL; the last runs everywhere. */
const cu_pdq_kernel *const *cu_pdq_kernels(void);

/* CU_EUSAGE where pixels or variant are none. */
cu_status cu_pdq_check(const cu_pdq_pixels *pixels, cu_pdq_variant variant,
                       cu_err *err) CU_MUST_CHECK;

/* As cu_pdq_begin and cu_pdq_hash_pixels, by this kernel. */
cu_status cu_pdq_begin_by(const cu_pdq_kernel *kernel, const cu_pdq_pixels *shape,
                          cu_pdq_scratch *scratch, cu_err *err) CU_MUST_CHECK;
cu_status cu_pdq_hash_by(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                         cu_pdq_variant variant, cu_pdq_scratch *scratch, cu_pdq_hash *out,
                         cu_err *err) CU_MUST_CHECK;

/* The luma of one pixel, in the reference's order of sums. */
static inline float cu_pdq_luma(const cu_pdq_pixels *pixels, size_t x, size_t y)
{
    const bool planes = pixels->plane_bytes != 0;
    const size_t next = planes ? pixels->plane_bytes : 1;
    const uint8_t *const p =
        pixels->p + y * pixels->stride_bytes + x * (planes ? 1 : pixels->channels);

    if (pixels->channels == 1)
        return (float)p[0];
    return 0.299F * (float)p[0] + 0.587F * (float)p[next] + 0.114F * (float)p[2 * next];
}

/* The pixel of a side that stands for place 0 to 63 of 64. */
static inline uint32_t cu_pdq_sampled(uint32_t place, uint32_t side)
{
    return (uint32_t)(((double)place + 0.5) * (double)side / (double)cu_pdq_small);
}

/* The box of one pass over a side: half the 64th part, rounded up. */
static inline uint32_t cu_pdq_box(uint32_t side)
{
    return (side + 2 * cu_pdq_small - 1) / (2 * cu_pdq_small);
}

/* Sixteen by sixteen frequencies of the small picture, without the constant one. */
void cu_pdq_frequencies_of(const cu_pdq_small_picture *small,
                           float out[cu_pdq_frequencies][cu_pdq_frequencies]);

/* The quality of the small picture: how many marked edges it has. */
int cu_pdq_quality_of(const cu_pdq_small_picture *small);

/* All eight codes of the frequencies. */
void cu_pdq_codes_of(float frequencies[cu_pdq_frequencies][cu_pdq_frequencies],
                     cu_pdq_code out[cu_pdq_turns]);

#endif
