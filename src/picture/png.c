/* SPDX-License-Identifier: Apache-2.0 */
/* PNG by libpng: eight bits a sample, alpha kept apart, damaged rows told. */
#include "picture/format.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

enum { chunk_bytes_max = 64 << 20, chunks_max = 1000 };

typedef struct decoder {
    jmp_buf out;
    cu_bytes file;
    size_t at;
    cu_canvas *canvas;
    png_structp png;
    png_infop header;
    uint8_t *rows; /* one row, or all of them where they are interlaced */
    size_t row_bytes;
    bool interlaced;
    char why[cu_picture_reason_bytes]; /* the first complaint that costs a pixel */
    uint32_t good_rows;
    uint32_t rows_out;
} decoder;

static void keep(decoder *self, const char *text)
{
    if (self->why[0] != '\0')
        return;
    (void)snprintf(self->why, sizeof self->why, "%.80s", text);
    self->good_rows = self->rows_out;
}

static void fail(png_structp png, png_const_charp text)
{
    decoder *const self = png_get_error_ptr(png);

    keep(self, text);
    longjmp(self->out, 1);
}

/* What is wrong with a colour profile or a text costs no pixel. */
static void complain(png_structp png, png_const_charp text)
{
    if (strncmp(text, "IDAT", 4) == 0 || strncmp(text, "PLTE", 4) == 0)
        keep(png_get_error_ptr(png), text);
}

static void give(png_structp png, png_bytep out, size_t n)
{
    decoder *const self = png_get_io_ptr(png);

    if (n > self->file.n - self->at)
        png_error(png, "cut off");
    memcpy(out, self->file.p + self->at, n);
    self->at += n;
}

/* To eight bits a sample: grey or colours, and alpha where there is any. */
static uint32_t set_up(png_structp png, png_infop header)
{
    const int kind = png_get_color_type(png, header);
    const bool clear = png_get_valid(png, header, PNG_INFO_tRNS) != 0;

    if (kind == PNG_COLOR_TYPE_PALETTE)
        png_set_palette_to_rgb(png);
    if (kind == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, header) < 8)
        png_set_expand_gray_1_2_4_to_8(png);
    if (clear)
        png_set_tRNS_to_alpha(png);
    if (png_get_bit_depth(png, header) == 16)
        png_set_scale_16(png);
    png_read_update_info(png, header);
    return png_get_channels(png, header);
}

static size_t piece_bytes(size_t file_bytes)
{
    const size_t part = file_bytes / 256;

    return part < 64 ? 64 : part > 8192 ? 8192 : part;
}

static cu_status begin(decoder *self, cu_err *err)
{
    if (setjmp(self->out) != 0)
        return cu_fail(err, CU_EFORMAT, "%s", self->why);
    png_set_user_limits(self->png, cu_pdq_largest_side, cu_pdq_largest_side);
    png_set_chunk_malloc_max(self->png, chunk_bytes_max);
    png_set_chunk_cache_max(self->png, chunks_max);
    /* A wrong checksum is a finding; the pixels are still the best that there are. */
    png_set_crc_action(self->png, PNG_CRC_WARN_USE, PNG_CRC_WARN_USE);
    png_set_benign_errors(self->png, 1);
    png_set_read_fn(self->png, self, give);
    /* What libpng asks for at once is what a file that is cut off loses. */
    png_set_compression_buffer_size(self->png, piece_bytes(self->file.n));
    png_read_info(self->png, self->header);
    self->interlaced = png_get_interlace_type(self->png, self->header) != PNG_INTERLACE_NONE;
    if (self->interlaced)
        (void)png_set_interlace_handling(self->png);

    const uint32_t width = png_get_image_width(self->png, self->header);
    const uint32_t height = png_get_image_height(self->png, self->header);
    const cu_status st =
        cu_canvas_begin(self->canvas, width, height, set_up(self->png, self->header), err);

    if (st != CU_OK)
        return st;
    self->row_bytes = (size_t)width * self->canvas->row_channels;
    if (png_get_rowbytes(self->png, self->header) != self->row_bytes)
        return cu_fail(err, CU_EUNSUPPORTED, "its rows are not what they should be");
    self->rows = calloc(self->interlaced ? height : 1, self->row_bytes);
    return self->rows == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;
}

static void read_rows(decoder *self)
{
    if (setjmp(self->out) != 0)
        return;
    for (uint32_t y = 0; y < self->canvas->height; y++) {
        png_read_row(self->png, self->rows, NULL);
        self->rows_out = y + 1;
        if (cu_canvas_wants(self->canvas, y))
            cu_canvas_row(self->canvas, y, self->rows);
    }
}

/* Each pass fills in more; until it comes, a pixel stands for its neighbours. */
static void read_passes(decoder *self)
{
    if (setjmp(self->out) != 0)
        return;
    for (int pass = 0; pass < PNG_INTERLACE_ADAM7_PASSES; pass++) {
        for (uint32_t y = 0; y < self->canvas->height; y++) {
            png_read_row(self->png, NULL, self->rows + y * self->row_bytes);
            if (pass == 0)
                self->rows_out = y + 1;
        }
    }
}

static void give_passes(decoder *self)
{
    for (uint32_t y = 0; y < self->rows_out; y++) {
        if (cu_canvas_wants(self->canvas, y))
            cu_canvas_row(self->canvas, y, self->rows + y * self->row_bytes);
    }
}

static cu_status read_all(decoder *self, cu_err *err)
{
    const cu_status st = begin(self, err);

    if (st != CU_OK)
        return st;
    if (self->interlaced) {
        read_passes(self);
        give_passes(self);
        self->good_rows = self->rows_out;
    } else {
        read_rows(self);
    }
    self->canvas->rows = self->why[0] == '\0' ? self->rows_out : self->good_rows;
    return self->why[0] == '\0' ? CU_OK : cu_fail(err, CU_EFORMAT, "%s", self->why);
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    decoder *const self = calloc(1, sizeof *self);
    cu_status st = CU_ENOMEM;

    if (self != NULL) {
        self->file = file;
        self->canvas = canvas;
        self->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, self, fail, complain);
        self->header = self->png == NULL ? NULL : png_create_info_struct(self->png);
        if (self->header != NULL)
            st = read_all(self, err);
        png_destroy_read_struct(&self->png, &self->header, NULL);
        free(self->rows);
        free(self);
    }
    return st == CU_ENOMEM ? cu_fail(err, CU_ENOMEM, "out of memory") : st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "\x89PNG\r\n\x1A\n", 8);
}

/* Source: PNG third edition, section 11.3.5.4: chunk eXIf. */
static cu_bytes exif(cu_bytes file, CU_UNUSED cu_buffer *room)
{
    cu_cursor c = cu_cursor_over(file);

    cu_cursor_take(&c, 8);
    while (!c.bad) {
        const uint32_t size = cu_cursor_u32be(&c);
        const cu_bytes name = cu_cursor_take(&c, 4);
        const cu_bytes chunk = cu_cursor_take(&c, size);

        if (!c.bad && memcmp(name.p, "eXIf", 4) == 0)
            return chunk;
        cu_cursor_take(&c, 4); /* checksum */
    }
    return (cu_bytes){0};
}

const cu_picture_format cu_picture_png = {"png", claims, decode, exif};
