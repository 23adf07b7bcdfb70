/* SPDX-License-Identifier: Apache-2.0 */
/* BMP by a reader of our own: every header since OS/2, every depth, both run-length codes. */
#include "picture/format.h"

#include <stdlib.h>
#include <string.h>

enum { RGB = 0, RLE8 = 1, RLE4 = 2, FIELDS = 3, JPEG = 4, PNG = 5, ALPHA_FIELDS = 6 };

enum { file_header_bytes = 14, os2_header_bytes = 12, header_bytes = 40, palette_max = 256 };

typedef struct bitmap {
    cu_bytes file;
    uint32_t pixels_at, width, height;
    bool top_down;
    uint32_t bits, coding;
    uint32_t masks[3];
    uint8_t palette[palette_max][3];
    uint8_t *row;
} bitmap;

/* A value under mask, stretched to eight bits. */
static uint8_t under(uint32_t value, uint32_t mask)
{
    if (mask == 0)
        return 0;

    const unsigned shift = (unsigned)__builtin_ctz(mask);
    const uint32_t most = mask >> shift;

    return (uint8_t)(((uint64_t)((value & mask) >> shift) * 255 + most / 2) / most);
}

static void read_palette(bitmap *self, size_t at, uint32_t count, size_t entry_bytes)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(self->file, at, self->file.n));

    for (uint32_t i = 0; i < count && i < palette_max; i++) {
        const cu_bytes entry = cu_cursor_take(&c, entry_bytes);

        for (size_t k = 0; k < 3 && entry.n == entry_bytes; k++)
            self->palette[i][k] = entry.p[2 - k];
    }
}

static void set_masks(bitmap *self, cu_cursor *c)
{
    if (self->coding == FIELDS || self->coding == ALPHA_FIELDS) {
        for (size_t i = 0; i < 3; i++)
            self->masks[i] = cu_cursor_u32le(c);
    } else if (self->bits == 16) {
        memcpy(self->masks, (uint32_t[3]){0x7C00, 0x03E0, 0x001F}, sizeof self->masks);
    } else {
        memcpy(self->masks, (uint32_t[3]){0xFF0000, 0xFF00, 0xFF}, sizeof self->masks);
    }
}

static cu_status read_header(bitmap *self, cu_err *err)
{
    cu_cursor c = cu_cursor_over(self->file);

    cu_cursor_take(&c, 10); /* BM, file size, two reserved */
    self->pixels_at = cu_cursor_u32le(&c);
    const uint32_t size = cu_cursor_u32le(&c);
    uint32_t colours = 0;
    if (size == os2_header_bytes) {
        self->width = cu_cursor_u16le(&c);
        self->height = cu_cursor_u16le(&c);
        cu_cursor_take(&c, 2); /* planes */
        self->bits = cu_cursor_u16le(&c);
    } else {
        self->width = cu_cursor_u32le(&c);
        self->height = cu_cursor_u32le(&c);
        cu_cursor_take(&c, 2); /* planes */
        self->bits = cu_cursor_u16le(&c);
        self->coding = size >= header_bytes ? cu_cursor_u32le(&c) : (uint32_t)RGB;
        if (size >= header_bytes) {
            cu_cursor_take(&c, 12); /* bytes of pixels, resolution */
            colours = cu_cursor_u32le(&c);
            cu_cursor_take(&c, 4); /* important colours */
        }
    }
    set_masks(self, &c);
    if (c.bad)
        return cu_fail(err, CU_EFORMAT, "its header is cut off");
    self->top_down = self->height > INT32_MAX;
    if (self->top_down)
        self->height = 0U - self->height;
    if (self->bits <= 8) {
        const uint32_t most = 1U << self->bits;
        const size_t fields = size == header_bytes && self->coding == FIELDS ? 12 : 0;

        read_palette(self, file_header_bytes + (size_t)size + fields,
                     colours == 0 || colours > most ? most : colours,
                     size == os2_header_bytes ? 3 : 4);
    }
    return CU_OK;
}

/* ---- pixels that lie there as they are ---- */

static void unpack_colours(const bitmap *self, const uint8_t *in)
{
    for (uint32_t x = 0; x < self->width; x++) {
        uint8_t *const out = self->row + (size_t)x * 3;
        uint32_t value = 0;

        if (self->bits == 24) {
            out[0] = in[(size_t)x * 3 + 2];
            out[1] = in[(size_t)x * 3 + 1];
            out[2] = in[(size_t)x * 3];
            continue;
        }
        for (uint32_t k = self->bits / 8; k > 0; k--)
            value = value << 8 | in[(size_t)x * (self->bits / 8) + k - 1];
        for (size_t k = 0; k < 3; k++)
            out[k] = under(value, self->masks[k]);
    }
}

static void unpack_indexes(const bitmap *self, const uint8_t *in)
{
    const uint32_t per_byte = 8 / self->bits;
    const uint32_t mask = (1U << self->bits) - 1;

    for (uint32_t x = 0; x < self->width; x++) {
        const uint32_t shift = 8 - self->bits - x % per_byte * self->bits;

        memcpy(self->row + (size_t)x * 3, self->palette[in[x / per_byte] >> shift & mask], 3);
    }
}

static cu_status read_plain(bitmap *self, cu_canvas *canvas, cu_err *err)
{
    const size_t stride = ((size_t)self->width * self->bits + 31) / 32 * 4;

    for (uint32_t y = 0; y < self->height; y++) {
        const uint64_t place = self->top_down ? y : self->height - 1 - y;
        const cu_bytes in =
            cu_bytes_slice(self->file, self->pixels_at + (size_t)place * stride, stride);

        if (in.n < stride) {
            if (self->top_down)
                return cu_fail(err, CU_EFORMAT, "cut off");
            continue; /* from the bottom up, the top is what is missing */
        }
        if (!cu_canvas_wants(canvas, y))
            continue;
        if (self->bits <= 8)
            unpack_indexes(self, in.p);
        else
            unpack_colours(self, in.p);
        cu_canvas_row(canvas, y, self->row);
    }
    if (self->pixels_at > self->file.n ||
        (self->file.n - self->pixels_at) / stride < self->height)
        return cu_fail(err, CU_EFORMAT, "cut off");
    return CU_OK;
}

/* ---- run-length codes ---- */

typedef struct runs {
    cu_cursor c;
    uint8_t *indexes; /* of the whole picture */
    uint32_t width, height;
    uint32_t x, y; /* from the bottom */
} runs;

static void put(runs *self, uint8_t index)
{
    if (self->x < self->width && self->y < self->height)
        self->indexes[(size_t)self->y * self->width + self->x] = index;
    self->x++;
}

/* count pixels that lie there, or count copies of one byte's. */
static void put_many(runs *self, uint32_t count, bool repeated, bool four_bits)
{
    uint8_t byte = repeated ? cu_cursor_u8(&self->c) : 0;
    const uint32_t per_byte = four_bits ? 2 : 1;

    for (uint32_t i = 0; i < count && !self->c.bad; i++) {
        if (!repeated && i % per_byte == 0)
            byte = cu_cursor_u8(&self->c);
        put(self, !four_bits ? byte : (uint8_t)(i % 2 == 0 ? byte >> 4 : byte & 15));
    }
    if (!repeated && (count + per_byte - 1) / per_byte % 2 != 0)
        (void)cu_cursor_u8(&self->c); /* to a whole word */
}

/* False: the picture says that it ends. */
static bool step(runs *self, bool four_bits)
{
    const uint8_t count = cu_cursor_u8(&self->c);

    if (count > 0) {
        put_many(self, count, true, four_bits);
        return true;
    }

    const uint8_t code = cu_cursor_u8(&self->c);

    switch (code) {
    case 0: /* end of row */
        self->x = 0;
        self->y++;
        return true;
    case 1:
        return false;
    case 2: /* move on */
        self->x += cu_cursor_u8(&self->c);
        self->y += cu_cursor_u8(&self->c);
        return true;
    default:
        put_many(self, code, false, four_bits);
        return true;
    }
}

static cu_status read_runs(bitmap *self, cu_canvas *canvas, cu_err *err)
{
    runs all = {.c = cu_cursor_over(cu_bytes_slice(self->file, self->pixels_at, self->file.n)),
                .width = self->width,
                .height = self->height};
    bool ended = false;

    all.indexes = calloc(self->height, self->width);
    if (all.indexes == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    /* Each step takes a byte at least, and no row may be left behind for ever. */
    while (!ended && !all.c.bad && all.y < self->height)
        ended = !step(&all, self->coding == RLE4);
    for (uint32_t y = 0; y < self->height; y++) {
        const uint8_t *const in =
            all.indexes + (size_t)(self->top_down ? y : self->height - 1 - y) * self->width;

        if (!cu_canvas_wants(canvas, y))
            continue;
        for (uint32_t x = 0; x < self->width; x++)
            memcpy(self->row + (size_t)x * 3, self->palette[in[x]], 3);
        cu_canvas_row(canvas, y, self->row);
    }
    canvas->rows = all.c.bad && all.y < self->height ? all.y : self->height;
    free(all.indexes);
    return all.c.bad ? cu_fail(err, CU_EFORMAT, "cut off") : CU_OK;
}

static cu_status read_pixels(bitmap *self, cu_canvas *canvas, cu_err *err)
{
    const bool coded =
        (self->coding == RLE8 && self->bits == 8) || (self->coding == RLE4 && self->bits == 4);
    const bool plain =
        self->coding == RGB || self->coding == FIELDS || self->coding == ALPHA_FIELDS;

    if (!(coded || plain) ||
        !(self->bits == 1 || self->bits == 2 || self->bits == 4 || self->bits == 8 ||
          self->bits == 16 || self->bits == 24 || self->bits == 32))
        return cu_fail(err, CU_EUNSUPPORTED, "coding %u with %u bits", self->coding,
                       self->bits);

    cu_status st = cu_canvas_begin(canvas, self->width, self->height, 3, err);

    if (st != CU_OK)
        return st;
    self->row = malloc((size_t)self->width * 3);
    if (self->row == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = coded ? read_runs(self, canvas, err) : read_plain(self, canvas, err);
    free(self->row);
    return st;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    bitmap *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->file = file;

    cu_status st = read_header(self, err);
    const cu_bytes inside = cu_bytes_slice(file, self->pixels_at, file.n);

    if (st == CU_OK && self->coding == JPEG)
        st = cu_picture_jpeg.decode(inside, canvas, err);
    else if (st == CU_OK && self->coding == PNG)
        st = cu_picture_png.decode(inside, canvas, err);
    else if (st == CU_OK)
        st = read_pixels(self, canvas, err);
    free(self);
    return st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "BM", 2) && file.n > file_header_bytes + 4;
}

const cu_picture_format cu_picture_bmp = {"bmp", claims, decode, NULL};
