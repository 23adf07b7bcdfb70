/* SPDX-License-Identifier: Apache-2.0 */
/* Nearest-neighbour samples, taken while the rows go by. */
#include "picture/canvas.h"

#include <stdlib.h>
#include <string.h>

enum { grey = 128, vector_bytes = 32 };

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

static size_t plane_bytes(const cu_canvas *canvas)
{
    return (size_t)canvas->kept_stride * canvas->kept_rows;
}

static cu_pdq_pixels kept_pixels(const cu_canvas *canvas)
{
    return (cu_pdq_pixels){.p = canvas->kept,
                           .stride_bytes = canvas->kept_stride,
                           .plane_bytes = plane_bytes(canvas),
                           .width = canvas->kept_width,
                           .height = canvas->kept_height,
                           .channels = canvas->channels};
}

static cu_status keep_samples(cu_canvas *canvas, cu_err *err)
{
    const size_t pixels = (size_t)canvas->kept_width * canvas->kept_height;
    const bool has_alpha = canvas->row_channels != canvas->channels;

    canvas->kept_stride = (canvas->kept_width + vector_bytes - 1) / vector_bytes * vector_bytes;
    canvas->kept_rows = canvas->in_strips ? cu_pdq_strip_rows : canvas->kept_height;

    const size_t kept = plane_bytes(canvas) * canvas->channels;

    canvas->kept = malloc(kept);
    if (has_alpha)
        canvas->alpha = malloc(pixels);
    if (canvas->kept == NULL || (has_alpha && canvas->alpha == NULL))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    memset(canvas->kept, grey, kept);
    if (has_alpha)
        memset(canvas->alpha, 0xFF, pixels);
    if (!canvas->in_strips)
        return CU_OK;

    const cu_pdq_pixels shape = kept_pixels(canvas);

    return cu_pdq_begin(&shape, &canvas->scratch, err);
}

static cu_status begin(cu_canvas *canvas, uint32_t width, uint32_t height, uint32_t channels,
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
    canvas->kept_width = sampled ? cu_canvas_side : width;
    canvas->kept_height = sampled ? cu_canvas_side : height;

    cu_status st = keep_columns(canvas, err);

    if (st == CU_OK)
        st = keep_samples(canvas, err);
    if (st != CU_OK)
        return st;
    if (canvas->want_full) {
        canvas->full = malloc((size_t)pixels * canvas->channels);
        if (canvas->full == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        memset(canvas->full, grey, (size_t)pixels * canvas->channels);
    }
    canvas->begun = true;
    return CU_OK;
}

cu_status cu_canvas_begin(cu_canvas *canvas, uint32_t width, uint32_t height, uint32_t channels,
                          cu_err *err)
{
    canvas->in_strips = false;
    return begin(canvas, width, height, channels, err);
}

/* What can be seen through is hashed twice, the second time over white. */
cu_status cu_canvas_begin_in_order(cu_canvas *canvas, uint32_t width, uint32_t height,
                                   uint32_t channels, cu_err *err)
{
    canvas->in_strips = canvas->hash_only && channels % 2 == 1;
    return begin(canvas, width, height, channels, err);
}

void cu_canvas_free(cu_canvas *canvas)
{
    free(canvas->kept);
    free(canvas->alpha);
    free(canvas->full);
    free(canvas->columns);
    cu_pdq_scratch_free(&canvas->scratch);
    *canvas = (cu_canvas){.want_full = canvas->want_full, .hash_only = canvas->hash_only};
}

void cu_canvas_restart(cu_canvas *canvas)
{
    memset(canvas->kept, grey, plane_bytes(canvas) * canvas->channels);
    canvas->next_kept = 0;
    canvas->rows = 0;
    if (canvas->in_strips) {
        const cu_pdq_pixels shape = kept_pixels(canvas);

        /* It does not fail where it did not before: the scratch is there. */
        canvas->begun = cu_pdq_begin(&shape, &canvas->scratch, NULL) == CU_OK;
    }
}

static uint8_t *row_of(const cu_canvas *canvas, uint32_t kept_row, uint32_t channel)
{
    return canvas->kept + channel * plane_bytes(canvas) +
           (size_t)(kept_row % canvas->kept_rows) * canvas->kept_stride;
}

uint8_t *cu_canvas_place(const cu_canvas *canvas, uint32_t channel)
{
    return row_of(canvas, canvas->next_kept, channel);
}

void cu_canvas_placed(cu_canvas *canvas)
{
    canvas->next_kept++;
    if (canvas->in_strips && (canvas->next_kept % cu_pdq_strip_rows == 0 ||
                              canvas->next_kept == canvas->kept_height))
        cu_pdq_take(&canvas->scratch, canvas->kept);
}

void cu_canvas_repeat(cu_canvas *canvas)
{
    for (uint32_t c = 0; c < canvas->channels; c++)
        memcpy(cu_canvas_place(canvas, c), row_of(canvas, canvas->next_kept - 1, c),
               canvas->kept_width);
    cu_canvas_placed(canvas);
}

/* It never came: it is grey, or what the frame before had there. */
static void pass_over(cu_canvas *canvas)
{
    for (uint32_t c = 0; canvas->in_strips && c < canvas->channels; c++)
        memset(cu_canvas_place(canvas, c), grey, canvas->kept_width);
    cu_canvas_placed(canvas);
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
        pass_over(canvas);
    return canvas->full != NULL || (canvas->next_kept < canvas->kept_height &&
                                    cu_canvas_source_row(canvas, canvas->next_kept) == y);
}

static void sample(cu_canvas *canvas, const uint8_t *row)
{
    const uint32_t step = canvas->row_channels;
    const size_t first = (size_t)canvas->next_kept * canvas->kept_width;

    for (uint32_t c = 0; c < canvas->channels; c++) {
        uint8_t *const out = cu_canvas_place(canvas, c);

        if (canvas->kept_width == canvas->width && step == 1)
            memcpy(out, row, canvas->width);
        else
            for (uint32_t x = 0; x < canvas->kept_width; x++)
                out[x] = row[(size_t)canvas->columns[x] * step + c];
    }
    for (uint32_t x = 0; canvas->alpha != NULL && x < canvas->kept_width; x++)
        canvas->alpha[first + x] = row[(size_t)canvas->columns[x] * step + canvas->channels];
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
        if (cu_canvas_source_row(canvas, canvas->next_kept) < y) {
            pass_over(canvas);
            continue;
        }
        sample(canvas, row);
        cu_canvas_placed(canvas);
    }
}

static cu_status hash_kept(cu_canvas *canvas, cu_pdq_hash *out, cu_err *err)
{
    const cu_pdq_pixels pixels = kept_pixels(canvas);

    if (!canvas->in_strips)
        return cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &canvas->scratch, out, err);
    while (canvas->next_kept < canvas->kept_height)
        pass_over(canvas);
    cu_pdq_end(&canvas->scratch, out);
    return CU_OK;
}

static cu_status hash(cu_canvas *canvas, uint32_t frame, cu_picture_change change, cu_err *err)
{
    if (canvas->hash_count >= cu_picture_frames_max)
        return CU_OK;

    const cu_status st = hash_kept(canvas, &canvas->hashes[canvas->hash_count], err);

    if (st != CU_OK)
        return st;
    canvas->hash_frames[canvas->hash_count] = frame;
    canvas->hash_changes[canvas->hash_count++] = change;
    return CU_OK;
}

static void lay_row_over_white(cu_canvas *canvas, uint32_t y, uint32_t channel)
{
    const uint8_t *const alpha = canvas->alpha + (size_t)y * canvas->kept_width;
    uint8_t *const row = row_of(canvas, y, channel);

    for (uint32_t x = 0; x < canvas->kept_width; x++)
        row[x] = (uint8_t)((row[x] * alpha[x] + 255 * (255 - alpha[x]) + 127) / 255);
}

/* Lays what was kept over white. False: nothing can be seen through. */
static bool lay_over_white(cu_canvas *canvas)
{
    const size_t pixels = (size_t)canvas->kept_width * canvas->kept_height;
    bool seen = false;

    for (size_t i = 0; canvas->alpha != NULL && i < pixels && !seen; i++)
        seen = canvas->alpha[i] != 255;
    for (uint32_t y = 0; seen && y < canvas->kept_height; y++) {
        for (uint32_t c = 0; c < canvas->channels; c++)
            lay_row_over_white(canvas, y, c);
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
