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
    canvas->row_channels = channels;
    canvas->channels = channels < 3 ? 1 : 3;
    channels = canvas->channels;
    canvas->kept_width = sampled ? cu_canvas_side : width;
    canvas->kept_height = sampled ? cu_canvas_side : height;

    const size_t kept = (size_t)canvas->kept_width * canvas->kept_height * channels;
    const cu_status st = keep_columns(canvas, err);

    if (st != CU_OK)
        return st;
    canvas->kept = malloc(kept);
    if (canvas->row_channels != channels) {
        canvas->alpha = malloc((size_t)canvas->kept_width * canvas->kept_height);
        if (canvas->alpha == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        memset(canvas->alpha, 0xFF, (size_t)canvas->kept_width * canvas->kept_height);
    }
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
    free(canvas->alpha);
    free(canvas->full);
    free(canvas->columns);
    cu_pdq_scratch_free(&canvas->scratch);
    *canvas = (cu_canvas){.want_full = canvas->want_full};
}

void cu_canvas_restart(cu_canvas *canvas)
{
    const size_t kept = (size_t)canvas->kept_width * canvas->kept_height;

    memset(canvas->kept, grey, kept * canvas->channels);
    canvas->next_kept = 0;
    canvas->rows = 0;
}

uint32_t cu_canvas_source_row(const cu_canvas *canvas, uint32_t kept_row)
{
    return source_of(kept_row, canvas->height, canvas->kept_height);
}

bool cu_canvas_wants(cu_canvas *canvas, uint32_t y)
{
    /* Rows above y that never came stay grey. */
    while (canvas->next_kept < canvas->kept_height &&
           cu_canvas_source_row(canvas, canvas->next_kept) < y)
        canvas->next_kept++;
    return canvas->full != NULL || (canvas->next_kept < canvas->kept_height &&
                                    cu_canvas_source_row(canvas, canvas->next_kept) == y);
}

static void sample(cu_canvas *canvas, const uint8_t *row)
{
    const uint32_t step = canvas->row_channels;
    const uint32_t channels = canvas->channels;
    const size_t first = (size_t)canvas->next_kept * canvas->kept_width;
    uint8_t *const out = canvas->kept + first * channels;

    if (canvas->kept_width == canvas->width && step == channels)
        memcpy(out, row, (size_t)canvas->width * channels);
    else if (channels == 1)
        for (uint32_t x = 0; x < canvas->kept_width; x++)
            out[x] = row[(size_t)canvas->columns[x] * step];
    else
        for (uint32_t x = 0; x < canvas->kept_width; x++)
            memcpy(out + (size_t)x * 3, row + (size_t)canvas->columns[x] * step, 3);
    for (uint32_t x = 0; canvas->alpha != NULL && x < canvas->kept_width; x++)
        canvas->alpha[first + x] = row[(size_t)canvas->columns[x] * step + channels];
}

static void keep_all(cu_canvas *canvas, uint32_t y, const uint8_t *row)
{
    const uint32_t channels = canvas->channels;
    uint8_t *const out = canvas->full + (size_t)y * canvas->width * channels;

    if (canvas->row_channels == channels) {
        memcpy(out, row, (size_t)canvas->width * channels);
        return;
    }
    for (uint32_t x = 0; x < canvas->width; x++)
        memcpy(out + (size_t)x * channels, row + (size_t)x * canvas->row_channels, channels);
}

void cu_canvas_row(cu_canvas *canvas, uint32_t y, const uint8_t *row)
{
    if (!canvas->begun || y >= canvas->height)
        return;
    canvas->rows = y + 1;
    /* Variant F is asked of the first frame alone. */
    if (canvas->full != NULL && canvas->hash_count == 0)
        keep_all(canvas, y, row);
    while (canvas->next_kept < canvas->kept_height &&
           cu_canvas_source_row(canvas, canvas->next_kept) <= y) {
        if (cu_canvas_source_row(canvas, canvas->next_kept) == y)
            sample(canvas, row);
        canvas->next_kept++;
    }
}

static cu_status hash(cu_canvas *canvas, uint32_t frame, cu_picture_change change, cu_err *err)
{
    const cu_pdq_pixels pixels = {.p = canvas->kept,
                                  .stride_bytes = (size_t)canvas->kept_width * canvas->channels,
                                  .width = canvas->kept_width,
                                  .height = canvas->kept_height,
                                  .channels = canvas->channels};

    if (canvas->hash_count >= cu_picture_frames_max)
        return CU_OK;

    const cu_status st = cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &canvas->scratch,
                                            &canvas->hashes[canvas->hash_count], err);

    if (st != CU_OK)
        return st;
    canvas->hash_frames[canvas->hash_count] = frame;
    canvas->hash_changes[canvas->hash_count++] = change;
    return CU_OK;
}

/* Lays what was kept over white. False: nothing can be seen through. */
static bool lay_over_white(cu_canvas *canvas)
{
    const size_t pixels = (size_t)canvas->kept_width * canvas->kept_height;
    bool seen = false;

    for (size_t i = 0; canvas->alpha != NULL && i < pixels; i++) {
        const unsigned alpha = canvas->alpha[i];
        uint8_t *const colours = canvas->kept + i * canvas->channels;

        for (uint32_t c = 0; alpha != 255 && c < canvas->channels; c++)
            colours[c] = (uint8_t)((colours[c] * alpha + 255 * (255 - alpha) + 127) / 255);
        seen = seen || alpha != 255;
    }
    return seen;
}

cu_status cu_canvas_next_frame(cu_canvas *canvas, uint32_t frame, cu_err *err)
{
    if (!canvas->begun)
        return CU_OK;

    cu_status st = hash(canvas, frame, CU_PICTURE_AS_IS, err);

    if (st == CU_OK && lay_over_white(canvas))
        st = hash(canvas, frame, CU_PICTURE_OVER_WHITE, err);
    canvas->next_kept = 0;
    return st;
}
