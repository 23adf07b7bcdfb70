/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF by libtiff: the first directory, a band of rows at a time. */
#include "picture/format.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

enum { directories_max = 1000, band_bytes = 8 << 20 };

typedef struct decoder {
    cu_bytes file;
    uint64_t at;
    cu_canvas *canvas;
    TIFF *tiff;
    uint32_t *band;
    uint8_t *row;
    char why[cu_picture_reason_bytes];
} decoder;

/* ---- libtiff's file, which is memory ---- */

static tmsize_t give(thandle_t handle, void *out, tmsize_t n)
{
    decoder *const self = handle;
    const uint64_t left = self->at < self->file.n ? self->file.n - self->at : 0;
    const size_t taken = (uint64_t)n < left ? (size_t)n : (size_t)left;

    memcpy(out, self->file.p + self->at, taken);
    self->at += taken;
    return (tmsize_t)taken;
}

static tmsize_t refuse(CU_UNUSED thandle_t handle, CU_UNUSED void *bytes, CU_UNUSED tmsize_t n)
{
    return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence)
{
    decoder *const self = handle;
    const uint64_t from = whence == SEEK_CUR ? self->at : whence == SEEK_END ? self->file.n : 0;

    self->at = from + offset;
    return self->at;
}

static int stay_open(CU_UNUSED thandle_t handle)
{
    return 0;
}

static toff_t size_of(thandle_t handle)
{
    const decoder *const self = handle;

    return self->file.n;
}

CU_PRINTF(4, 0)

static int keep(TIFF *tiff, void *context, CU_UNUSED const char *module, const char *format,
                va_list arguments)
{
    decoder *const self = context;

    (void)tiff;
    if (self->why[0] == '\0')
        (void)vsnprintf(self->why, sizeof self->why - 16, format, arguments);
    /* Tags' names and the file's own words may be in it. */
    for (char *c = self->why; *c != '\0'; c++) {
        if (*c < ' ' || *c > '~')
            *c = '?';
    }
    return 1;
}

static int say_nothing(CU_UNUSED TIFF *tiff, CU_UNUSED void *context,
                       CU_UNUSED const char *module, CU_UNUSED const char *format,
                       CU_UNUSED va_list arguments)
{
    return 1;
}

static TIFF *open_memory(decoder *self)
{
    TIFFOpenOptions *const options = TIFFOpenOptionsAlloc();

    if (options == NULL)
        return NULL;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)1 << 30);
    TIFFOpenOptionsSetErrorHandlerExtR(options, keep, self);
    TIFFOpenOptionsSetWarningHandlerExtR(options, say_nothing, self);

    /* m: never by a mapping of its own. */
    TIFF *const tiff = TIFFClientOpenExt("picture", "rm", self, give, refuse, seek, stay_open,
                                         size_of, NULL, NULL, options);

    TIFFOpenOptionsFree(options);
    return tiff;
}

/* ---- rows ---- */

static void give_row(decoder *self, uint32_t y, const uint32_t *in)
{
    const uint32_t channels = self->canvas->row_channels;

    for (uint32_t x = 0; x < self->canvas->width; x++) {
        uint8_t *const out = self->row + (size_t)x * channels;

        out[0] = (uint8_t)TIFFGetR(in[x]);
        if (channels == 1)
            continue;
        out[1] = (uint8_t)TIFFGetG(in[x]);
        out[2] = (uint8_t)TIFFGetB(in[x]);
    }
    cu_canvas_row(self->canvas, y, self->row);
}

/* Rows of one band: whole tiles or strips, so that none is decoded twice. */
static uint32_t band_rows(TIFF *tiff, uint32_t width)
{
    uint32_t unit = 1;
    const uint32_t most = band_bytes / 4 / width + 1;

    if (TIFFIsTiled(tiff))
        (void)TIFFGetField(tiff, TIFFTAG_TILELENGTH, &unit);
    else
        (void)TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &unit);
    if (unit == 0 || unit > CU_PICTURE_PIXELS_MAX)
        return 0;
    return unit >= most ? unit : most / unit * unit;
}

/* Rows of a broken band up to the last that is not all black: the rest was never filled. */
static uint32_t filled_rows(const uint32_t *band, uint32_t width, uint32_t rows)
{
    for (size_t i = (size_t)width * rows; i > 0; i--) {
        if ((band[i - 1] & 0xFFFFFF) != 0)
            return (uint32_t)((i - 1) / width) + 1;
    }
    return 0;
}

static cu_status read_bands(decoder *self, TIFFRGBAImage *image, cu_err *err)
{
    const uint32_t width = image->width;
    const uint32_t height = image->height;
    uint32_t rows = band_rows(self->tiff, width);

    if (rows == 0 || rows > height)
        rows = height;
    self->band = malloc((size_t)rows * width * sizeof *self->band);
    self->row = malloc((size_t)width * 3);
    if (self->band == NULL || self->row == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (uint32_t first = 0; first < height; first += rows) {
        const uint32_t n = height - first < rows ? height - first : rows;

        memset(self->band, 0, (size_t)n * width * sizeof *self->band);
        image->row_offset = (int)first;
        image->col_offset = 0;
        (void)TIFFRGBAImageGet(image, self->band, width, n);

        const bool broken = self->why[0] != '\0';
        const uint32_t good = broken ? filled_rows(self->band, width, n) : n;

        for (uint32_t y = 0; y < good; y++) {
            if (cu_canvas_wants(self->canvas, first + y))
                give_row(self, first + y, self->band + (size_t)y * width);
        }
        self->canvas->rows = first + good;
        if (broken)
            return cu_fail(err, CU_EFORMAT, "%s", self->why);
    }
    return CU_OK;
}

static uint32_t count_directories(cu_bytes file)
{
    decoder other = {.file = file};
    uint32_t count = 0;

    other.tiff = open_memory(&other);
    if (other.tiff == NULL)
        return 1;
    do
        count++;
    while (count < directories_max && TIFFReadDirectory(other.tiff) != 0);
    TIFFClose(other.tiff);
    return count;
}

static cu_status read_first(decoder *self, cu_err *err)
{
    char why[1024] = "";
    TIFFRGBAImage image;
    uint32_t width = 0;
    uint32_t height = 0;
    uint16_t photometric = 0;
    uint16_t samples = 1;

    (void)TIFFGetField(self->tiff, TIFFTAG_IMAGEWIDTH, &width);
    (void)TIFFGetField(self->tiff, TIFFTAG_IMAGELENGTH, &height);
    (void)TIFFGetField(self->tiff, TIFFTAG_PHOTOMETRIC, &photometric);
    (void)TIFFGetFieldDefaulted(self->tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);

    const bool grey = photometric <= PHOTOMETRIC_MINISBLACK && samples == 1;
    cu_status st = cu_canvas_begin(self->canvas, width, height, grey ? 1 : 3, err);

    if (st != CU_OK)
        return st;
    self->canvas->frames = count_directories(self->file);
    if (TIFFRGBAImageBegin(&image, self->tiff, 0, why) == 0)
        return cu_fail(err, CU_EUNSUPPORTED, "%.80s", why);
    /* As stored: the orientation is told, not followed. */
    image.orientation = ORIENTATION_TOPLEFT;
    image.req_orientation = ORIENTATION_TOPLEFT;
    st = read_bands(self, &image, err);
    TIFFRGBAImageEnd(&image);
    return st;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    decoder self = {.file = file, .canvas = canvas};
    cu_status st = CU_OK;

    self.tiff = open_memory(&self);
    if (self.tiff == NULL)
        return cu_fail(err, CU_EFORMAT, "%s",
                       self.why[0] != '\0' ? self.why : "no directory can be read");
    self.why[0] = '\0'; /* what it forgave while it opened */
    st = read_first(&self, err);
    TIFFClose(self.tiff);
    free(self.band);
    free(self.row);
    return st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "II*\0", 4) || cu_bytes_starts(file, "MM\0*", 4) ||
           cu_bytes_starts(file, "II+\0", 4) || cu_bytes_starts(file, "MM\0+", 4);
}

static cu_bytes exif(cu_bytes file, CU_UNUSED cu_buffer *room)
{
    return file;
}

const cu_picture_format cu_picture_tiff = {"tiff", claims, decode, exif};
