/* SPDX-License-Identifier: Apache-2.0 */
/* Photoshop: the whole picture that the file ends with, else the small one among its resources.
 */
#include "picture/format.h"

#include <stdlib.h>
#include <string.h>

enum { GREY = 1, INDEXED = 2, COLOURS = 3, INKS = 4, DUOTONE = 8 };

enum { resource_thumbnail = 0x040C, channels_max = 56, thumbnail_header_bytes = 28 };

/* Source: Adobe Photoshop File Formats Specification, 2019, "File Header Section" and on. */
typedef struct document {
    cu_bytes file;
    uint32_t channels, width, height, depth, mode;
    bool large; /* PSB: lengths of 64 bits where PSD has 32 */
    cu_bytes palette, resources;
    size_t pixels_at; /* behind the coding's two bytes */
    uint32_t coding;  /* 0 plain, 1 runs */
    uint32_t *rows;   /* with runs: where each row of each used channel begins */
    uint32_t *sizes;
    uint8_t *planes[4]; /* one row each */
    uint8_t *row;
} document;

static cu_bytes take_section(cu_cursor *c, bool wide)
{
    const uint64_t n = wide ? cu_cursor_u64be(c) : cu_cursor_u32be(c);

    if (n > cu_cursor_left(c)) {
        c->bad = true;
        return (cu_bytes){0};
    }
    return cu_cursor_take(c, (size_t)n);
}

/* False: the file ends before its pixels; resources may be there all the same. */
static bool read_sections(document *self)
{
    cu_cursor c = cu_cursor_over(self->file);

    cu_cursor_take(&c, 4);
    self->large = cu_cursor_u16be(&c) == 2;
    cu_cursor_take(&c, 6);
    self->channels = cu_cursor_u16be(&c);
    self->height = cu_cursor_u32be(&c);
    self->width = cu_cursor_u32be(&c);
    self->depth = cu_cursor_u16be(&c);
    self->mode = cu_cursor_u16be(&c);
    self->palette = take_section(&c, false);
    self->resources = take_section(&c, false);
    (void)take_section(&c, self->large); /* layers */
    self->coding = cu_cursor_u16be(&c);
    self->pixels_at = c.at;
    return !c.bad;
}

static cu_bytes find_thumbnail(const document *self)
{
    cu_cursor c = cu_cursor_over(self->resources);

    while (!c.bad && cu_cursor_left(&c) > 0) {
        cu_cursor_take(&c, 4); /* 8BIM */
        const uint16_t number = cu_cursor_u16be(&c);
        const uint8_t name = cu_cursor_u8(&c);
        cu_cursor_take(&c, name + (name % 2 == 0 ? 1U : 0U));
        const uint32_t size = cu_cursor_u32be(&c);
        const cu_bytes value = cu_cursor_take(&c, size);
        if (size % 2 != 0)
            cu_cursor_take(&c, 1);
        if (number == resource_thumbnail && !c.bad)
            return cu_bytes_slice(value, thumbnail_header_bytes, value.n);
    }
    return (cu_bytes){0};
}

/* ---- rows ---- */

static uint32_t used_channels(const document *self)
{
    return self->mode == COLOURS ? 3 : self->mode == INKS ? 4 : 1;
}

/* Where each row's runs begin; after the table of their lengths. */
static cu_status find_rows(document *self, cu_err *err)
{
    const size_t used = (size_t)used_channels(self) * self->height;
    cu_cursor c = cu_cursor_over(cu_bytes_slice(self->file, self->pixels_at, self->file.n));
    uint64_t at =
        self->pixels_at + (uint64_t)self->channels * self->height * (self->large ? 4 : 2);

    self->rows = calloc(used, sizeof *self->rows);
    self->sizes = calloc(used, sizeof *self->sizes);
    if (self->rows == NULL || self->sizes == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < used; i++) {
        self->sizes[i] = self->large ? cu_cursor_u32be(&c) : cu_cursor_u16be(&c);
        self->rows[i] = at < UINT32_MAX ? (uint32_t)at : UINT32_MAX;
        at += self->sizes[i];
    }
    return c.bad ? cu_fail(err, CU_EFORMAT, "cut off") : CU_OK;
}

/* Source: TIFF 6.0 section 9, PackBits. */
static bool unpack(cu_bytes in, uint8_t *out, size_t n)
{
    cu_cursor c = cu_cursor_over(in);
    size_t at = 0;

    while (at < n && cu_cursor_left(&c) > 0) {
        const uint8_t code = cu_cursor_u8(&c);
        const size_t count = code < 128 ? code + 1U : 257U - code;
        const size_t room = count < n - at ? count : n - at;

        if (code == 128)
            continue;
        if (code > 128) {
            memset(out + at, cu_cursor_u8(&c), room);
        } else {
            const cu_bytes plain = cu_cursor_take(&c, count);

            if (plain.n == count)
                memcpy(out + at, plain.p, room);
        }
        if (c.bad)
            return false;
        at += room;
    }
    return at == n;
}

/* One row of one channel, eight bits a sample, at planes[channel]. */
static bool read_plane(document *self, uint32_t channel, uint32_t y)
{
    const size_t bytes = self->depth == 1 ? ((size_t)self->width + 7) / 8
                                          : (size_t)self->width * (self->depth / 8);
    uint8_t *const plane = self->planes[channel];

    if (self->coding == 1) {
        const size_t index = (size_t)channel * self->height + y;

        if (!unpack(cu_bytes_slice(self->file, self->rows[index], self->sizes[index]), plane,
                    bytes))
            return false;
    } else {
        const cu_bytes in = cu_bytes_slice(
            self->file, self->pixels_at + ((size_t)channel * self->height + y) * bytes, bytes);

        if (in.n < bytes)
            return false;
        memcpy(plane, in.p, bytes);
    }
    for (uint32_t x = 0; self->depth == 16 && x < self->width; x++)
        plane[x] = plane[(size_t)x * 2];
    return true;
}

static void join(document *self)
{
    for (uint32_t x = 0; x < self->width; x++) {
        uint8_t *const out = self->row + (size_t)x * 3;
        const uint8_t first = self->planes[0][x];

        if (self->mode == INDEXED) {
            for (size_t i = 0; i < 3; i++)
                out[i] = self->palette.p[i * 256 + first];
        } else if (self->mode == INKS) {
            /* 255 is no ink here, so a product is what is left of the light. */
            for (size_t i = 0; i < 3; i++)
                out[i] = (uint8_t)((self->planes[i][x] * self->planes[3][x] + 127) / 255);
        } else {
            for (size_t i = 0; i < 3; i++)
                out[i] = self->planes[i][x];
        }
    }
}

static cu_status read_rows(document *self, cu_canvas *canvas, cu_err *err)
{
    const uint32_t used = used_channels(self);

    for (uint32_t y = 0; y < self->height; y++) {
        bool whole = true;

        if (!cu_canvas_wants(canvas, y))
            continue;
        for (uint32_t k = 0; k < used; k++)
            whole = whole && read_plane(self, k, y);
        if (!whole)
            return cu_fail(err, CU_EFORMAT, "cut off or damaged");
        if (canvas->row_channels == 1) {
            cu_canvas_row(canvas, y, self->planes[0]);
        } else {
            join(self);
            cu_canvas_row(canvas, y, self->row);
        }
    }
    return CU_OK;
}

static bool is_readable(const document *self)
{
    const bool mode = self->mode == GREY || self->mode == DUOTONE || self->mode == COLOURS ||
                      self->mode == INKS ||
                      (self->mode == INDEXED && self->depth == 8 && self->palette.n >= 768);

    return mode && (self->depth == 8 || self->depth == 16) && self->coding <= 1 &&
           self->channels >= used_channels(self) && self->channels <= channels_max;
}

static cu_status read_whole(document *self, cu_canvas *canvas, cu_err *err)
{
    const bool grey = self->mode == GREY || self->mode == DUOTONE;
    cu_status st = cu_canvas_begin(canvas, self->width, self->height, grey ? 1 : 3, err);

    for (uint32_t k = 0; st == CU_OK && k < used_channels(self); k++) {
        self->planes[k] = malloc((size_t)self->width * 2);
        if (self->planes[k] == NULL)
            st = cu_fail(err, CU_ENOMEM, "out of memory");
    }
    if (st == CU_OK) {
        self->row = malloc((size_t)self->width * 3);
        if (self->row == NULL)
            st = cu_fail(err, CU_ENOMEM, "out of memory");
    }
    if (st == CU_OK && self->coding == 1)
        st = find_rows(self, err);
    return st == CU_OK ? read_rows(self, canvas, err) : st;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    document self = {.file = file};
    const bool whole = read_sections(&self);
    const cu_bytes small = find_thumbnail(&self);
    cu_status st = CU_OK;

    if (whole && is_readable(&self))
        st = read_whole(&self, canvas, err);
    else if (cu_picture_jpeg.claims(small))
        st = cu_picture_jpeg.decode(small, canvas, err);
    else
        st = whole
                 ? cu_fail(err, CU_EUNSUPPORTED, "mode %u with %u bits", self.mode, self.depth)
                 : cu_fail(err, CU_EFORMAT, "cut off before its pixels");
    for (size_t k = 0; k < CU_COUNT_OF(self.planes); k++)
        free(self.planes[k]);
    free(self.row);
    free(self.rows);
    free(self.sizes);
    return st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "8BPS\0\1", 6) || cu_bytes_starts(file, "8BPS\0\2", 6);
}

const cu_picture_format cu_picture_psd = {"psd", claims, decode, NULL};
