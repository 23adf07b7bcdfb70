/* SPDX-License-Identifier: Apache-2.0 */
/* libjpeg as the judge. */
#include "support/judge_jpeg.h"

#include "picture/baseline_headers.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { pixels_max = 1 << 24 };

typedef struct judge {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf out;
    cu_canvas canvas;
    unsigned complaints;
    bool read;
    bool same;
    bool left;
    uint8_t *row;
} judge;

static void fail(j_common_ptr jpeg)
{
    judge *const self = jpeg->client_data;

    self->complaints++;
    longjmp(self->out, 1);
}

static void complain(j_common_ptr jpeg, int level)
{
    judge *const self = jpeg->client_data;

    if (level < 0)
        self->complaints++;
}

static bool is_untouched(const cu_canvas *canvas)
{
    const size_t n = (size_t)canvas->kept_stride * canvas->kept_rows * canvas->channels;

    for (size_t i = 0; i < n; i++) {
        if (canvas->kept[i] != 128)
            return false;
    }
    return canvas->next_kept == 0;
}

/* The kept rows that are taken from row y of the picture. */
static bool is_same_row(const cu_canvas *canvas, uint32_t y, const uint8_t *row)
{
    const size_t channels = canvas->channels;
    const size_t plane = (size_t)canvas->kept_stride * canvas->kept_rows;

    for (uint32_t k = 0; k < canvas->kept_height; k++) {
        const uint8_t *const kept = canvas->kept + (size_t)k * canvas->kept_stride;

        if (cu_canvas_source_row(canvas, k) != y)
            continue;
        for (size_t i = 0; i < canvas->kept_width * channels; i++) {
            if (kept[i % channels * plane + i / channels] !=
                row[canvas->columns[i / channels] * channels + i % channels])
                return false;
        }
    }
    return true;
}

static void read_both(judge *self, const cu_baseline_way *way, cu_bytes file)
{
    struct jpeg_decompress_struct *const jpeg = &self->jpeg;
    cu_baseline picture;

    if (setjmp(self->out) != 0)
        return;
    jpeg_create_decompress(jpeg);
    jpeg->client_data = self;
    jpeg_mem_src(jpeg, file.p, file.n);
    (void)jpeg_read_header(jpeg, TRUE);
    if (!cu_baseline_of_headers(jpeg, &picture) ||
        (uint64_t)picture.width * picture.height > pixels_max ||
        cu_canvas_begin(&self->canvas, picture.width, picture.height, picture.component_count,
                        NULL) != CU_OK)
        return;
    self->complaints = 0;
    self->read = cu_baseline_read_by(way, &picture, &self->canvas);
    self->left = !self->read && !is_untouched(&self->canvas);
    if (!self->read)
        return;
    self->row = malloc((size_t)picture.width * 3);
    (void)jpeg_start_decompress(jpeg);
    self->same = jpeg->output_components == (int)self->canvas.channels;
    while (self->row != NULL && jpeg->output_scanline < jpeg->output_height) {
        const uint32_t y = jpeg->output_scanline;

        (void)jpeg_read_scanlines(jpeg, &self->row, 1);
        self->same = self->same && is_same_row(&self->canvas, y, self->row);
    }
}

judgement judge_jpeg(const cu_baseline_way *way, cu_bytes file)
{
    judge *const self = calloc(1, sizeof *self);
    judgement found = JUDGED_NOT_OURS;

    if (self == NULL)
        abort();
    self->jpeg.err = jpeg_std_error(&self->errors);
    self->jpeg.client_data = self;
    self->errors.error_exit = fail;
    self->errors.emit_message = complain;
    read_both(self, way, file);
    if (self->left)
        found = JUDGED_LEFT;
    else if (self->read)
        found = self->complaints > 0 ? JUDGED_BAD : self->same ? JUDGED_SAME : JUDGED_OTHER;
    jpeg_destroy_decompress(&self->jpeg);
    cu_canvas_free(&self->canvas);
    free(self->row);
    free(self);
    return found;
}

/* ---- coefficients ---- */

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static void change_block(JCOEF *block, uint32_t *seed, int range)
{
    for (uint32_t left = next(seed) % 6; left > 0; left--) {
        const uint32_t at = next(seed) % 4 == 0 ? 0 : next(seed) % DCTSIZE2;

        block[at] = (JCOEF)((int)(next(seed) % (2 * (unsigned)range + 1)) - range);
    }
}

static void change_all(struct jpeg_decompress_struct *jpeg, jvirt_barray_ptr *arrays,
                       uint32_t *seed, int range)
{
    for (int i = 0; i < jpeg->num_components; i++) {
        const jpeg_component_info *const c = &jpeg->comp_info[i];

        for (JDIMENSION y = 0; y < c->height_in_blocks; y++) {
            JBLOCKARRAY const row =
                jpeg->mem->access_virt_barray((j_common_ptr)jpeg, arrays[i], y, 1, TRUE);

            for (JDIMENSION x = 0; x < c->width_in_blocks; x++)
                change_block(row[0][x], seed, range);
        }
    }
}

uint8_t *change_coefficients(cu_bytes file, unsigned seed, int range, size_t *n)
{
    struct jpeg_decompress_struct in;
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    jvirt_barray_ptr *arrays = NULL;
    uint32_t state = seed * 2654435761U + 1;
    unsigned long size = 0;
    uint8_t *made = NULL;

    in.err = out.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&in);
    jpeg_create_compress(&out);
    jpeg_mem_src(&in, file.p, file.n);
    (void)jpeg_read_header(&in, TRUE);
    arrays = jpeg_read_coefficients(&in);
    change_all(&in, arrays, &state, range);
    jpeg_mem_dest(&out, &made, &size);
    jpeg_copy_critical_parameters(&in, &out);
    out.optimize_coding = TRUE;
    jpeg_write_coefficients(&out, arrays);
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    jpeg_destroy_decompress(&in);
    *n = size;
    return made;
}
