/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest-neighbour samples, taken while the rows go by. */
#include "picture/canvas.h"

#include <stdlib.h>
#include <string.h>

enum { grey = 128 };

/* Source: formats.md §1 step 2, the reference's resize: index floor(place * side / 512). */
static uint32_t source_of(uint32_t place, uint32_t side, uint32_t kept)
{
    return kept == side ? place : (uint32_t)((uint64_t)place * side / kept);
}

static cu_status keep_columns(cu_canvas *canvas, cu_err *err)
{
    canvas->columns = calloc(canvas->kept_width, sizeof *canvas->columns);
    if (canvas->columns == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (uint32_t x = 0; x < canvas->kept_width; x++)
        canvas->columns[x] = source_of(x, canvas->width, canvas->kept_width);
    return CU_OK;
}

cu_status cu_canvas_begin(cu_canvas *canvas, uint32_t width, uint32_t height, uint32_t channels,
                          cu_err *err)
{
    const uint64_t pixels = (uint64_t)width * height;
    const bool sampled = width > cu_canvas_side || height > cu_canvas_side;

    if (width == 0 || height == 0)
        return cu_fail(err, CU_EFORMAT, "its size is %u x %u", width, height);
    canvas->width = width;
    canvas->height = height;
    if (pixels > CU_PICTURE_PIXELS_MAX || width > cu_pdq_largest_side ||
        height > cu_pdq_largest_side)
        return cu_fail(err, CU_ELIMIT, "%u x %u pixels are more than %llu", width, height,
                       (unsigned long long)CU_PICTURE_PIXELS_MAX);
    canvas->channels = channels;
    canvas->kept_width = sampled ? cu_canvas_side : width;
    canvas->kept_height = sampled ? cu_canvas_side : height;

    const size_t kept = (size_t)canvas->kept_width * canvas->kept_height * channels;
    const cu_status st = keep_columns(canvas, err);

    if (st != CU_OK)
        return st;
    canvas->kept = malloc(kept);
    if (canvas->want_full)
        canvas->full = malloc((size_t)pixels * channels);
    if (canvas->kept == NULL || (canvas->want_full && canvas->full == NULL))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    memset(canvas->kept, grey, kept);
    if (canvas->full != NULL)
        memset(canvas->full, grey, (size_t)pixels * channels);
    canvas->begun = true;
    return CU_OK;
}

void cu_canvas_free(cu_canvas *canvas)
{
    free(canvas->kept);
    free(canvas->full);
    free(canvas->columns);
    cu_pdq_scratch_free(&canvas->scratch);
    *canvas = (cu_canvas){.want_full = canvas->want_full};
}

uint32_t cu_canvas_source_row(const cu_canvas *canvas, uint32_t kept_row)
{
    return source_of(kept_row, canvas->height, canvas->kept_height);
}

bool cu_canvas_wants(const cu_canvas *canvas, uint32_t y)
{
    return canvas->full != NULL || (canvas->next_kept < canvas->kept_height &&
                                    cu_canvas_source_row(canvas, canvas->next_kept) == y);
}

static void sample(const cu_canvas *canvas, const uint8_t *row, uint8_t *out)
{
    if (canvas->kept_width == canvas->width) {
        memcpy(out, row, (size_t)canvas->width * canvas->channels);
        return;
    }
    if (canvas->channels == 1) {
        for (uint32_t x = 0; x < canvas->kept_width; x++)
            out[x] = row[canvas->columns[x]];
        return;
    }
    for (uint32_t x = 0; x < canvas->kept_width; x++)
        memcpy(out + (size_t)x * 3, row + (size_t)canvas->columns[x] * 3, 3);
}

void cu_canvas_row(cu_canvas *canvas, uint32_t y, const uint8_t *row)
{
    const size_t stride = (size_t)canvas->kept_width * canvas->channels;

    if (!canvas->begun || y >= canvas->height)
        return;
    canvas->rows = y + 1;
    if (canvas->full != NULL)
        memcpy(canvas->full + (size_t)y * canvas->width * canvas->channels, row,
               (size_t)canvas->width * canvas->channels);
    while (canvas->next_kept < canvas->kept_height &&
           cu_canvas_source_row(canvas, canvas->next_kept) <= y) {
        if (cu_canvas_source_row(canvas, canvas->next_kept) == y)
            sample(canvas, row, canvas->kept + canvas->next_kept * stride);
        canvas->next_kept++;
    }
}

cu_status cu_canvas_next_frame(cu_canvas *canvas, uint32_t frame, cu_err *err)
{
    const cu_pdq_pixels pixels = {.p = canvas->kept,
                                  .stride_bytes = (size_t)canvas->kept_width * canvas->channels,
                                  .width = canvas->kept_width,
                                  .height = canvas->kept_height,
                                  .channels = canvas->channels};
    cu_status st = CU_OK;

    if (!canvas->begun || canvas->hash_count >= cu_picture_frames_max)
        return CU_OK;
    st = cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &canvas->scratch,
                            &canvas->hashes[canvas->hash_count], err);
    if (st != CU_OK)
        return st;
    canvas->hash_frames[canvas->hash_count++] = frame;
    canvas->next_kept = 0;
    return CU_OK;
}
