/* SPDX-License-Identifier: Apache-2.0 */
/* GIF by giflib: the first frame and a few more, laid over each other as they are shown. */
#include "picture/format.h"
#include "picture/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>

enum { frames_max = 10000 };

typedef struct source {
    cu_bytes file;
    size_t at;
} source;

typedef struct decoder {
    source source;
    cu_canvas *canvas;
    GifFileType *gif;
    uint8_t *screen; /* colours of the whole screen */
    uint8_t *line;   /* one line of indexes */
    GraphicsControlBlock control;
    cu_frames frames;
    uint32_t frame; /* being read */
} decoder;

static int give(GifFileType *gif, GifByteType *out, int n)
{
    source *const self = gif->UserData;
    const size_t left = self->file.n - self->at;
    const size_t taken = (size_t)n < left ? (size_t)n : left;

    memcpy(out, self->file.p + self->at, taken);
    self->at += taken;
    return (int)taken;
}

static cu_status complain(const GifFileType *gif, cu_err *err)
{
    const char *const text = GifErrorString(gif->Error);

    return cu_fail(err, CU_EFORMAT, "%.80s", text == NULL ? "damaged" : text);
}

/* ---- counting ---- */

static bool skip_codes(GifFileType *gif)
{
    GifByteType *code = NULL;
    int size = 0;

    if (DGifGetCode(gif, &size, &code) == GIF_ERROR)
        return false;
    while (code != NULL) {
        if (DGifGetCodeNext(gif, &code) == GIF_ERROR)
            return false;
    }
    return true;
}

static bool skip_extension(GifFileType *gif)
{
    GifByteType *bytes = NULL;
    int code = 0;

    if (DGifGetExtension(gif, &code, &bytes) == GIF_ERROR)
        return false;
    while (bytes != NULL) {
        if (DGifGetExtensionNext(gif, &bytes) == GIF_ERROR)
            return false;
    }
    return true;
}

/* Frames until the end or the first thing that is wrong with the file. */
static cu_status count_frames(cu_bytes file, uint32_t *out, cu_err *err)
{
    source from = {.file = file};
    int error = 0;
    GifFileType *const gif = DGifOpen(&from, give, &error);
    GifRecordType kind = UNDEFINED_RECORD_TYPE;
    uint32_t count = 0;

    while (gif != NULL && count < frames_max && DGifGetRecordType(gif, &kind) == GIF_OK &&
           kind != TERMINATE_RECORD_TYPE) {
        if (kind == EXTENSION_RECORD_TYPE ? !skip_extension(gif)
                                          : DGifGetImageHeader(gif) == GIF_ERROR)
            break;
        if (kind != IMAGE_DESC_RECORD_TYPE)
            continue;
        count++;
        if (!skip_codes(gif))
            break;
    }
    if (gif != NULL)
        error = gif->Error;

    const bool lost = error == D_GIF_ERR_NOT_ENOUGH_MEM;

    if (gif != NULL)
        (void)DGifCloseFile(gif, &error);
    *out = count;
    return lost ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;
}

/* ---- one frame ---- */

static void paint(decoder *self, uint32_t y, const ColorMapObject *colours)
{
    const GifImageDesc *const image = &self->gif->Image;

    for (int x = 0; x < image->Width && image->Left + x < self->gif->SWidth; x++) {
        const int index = self->line[x];
        uint8_t *const out =
            self->screen +
            ((size_t)y * (size_t)self->gif->SWidth + (size_t)(image->Left + x)) * 3;

        if (index >= colours->ColorCount ||
            (index == self->control.TransparentColor && self->frame > 0))
            continue;
        out[0] = colours->Colors[index].Red;
        out[1] = colours->Colors[index].Green;
        out[2] = colours->Colors[index].Blue;
    }
}

/* Lines from first on, step apart. */
static cu_status read_lines(decoder *self, const ColorMapObject *colours, int first, int step,
                            cu_err *err)
{
    GifFileType *const gif = self->gif;
    const GifImageDesc *const image = &gif->Image;

    for (int y = first; y < image->Height; y += step) {
        if (DGifGetLine(gif, self->line, image->Width) == GIF_ERROR)
            return complain(gif, err);
        if (image->Top + y < gif->SHeight)
            paint(self, (uint32_t)(image->Top + y), colours);
        if (self->frame == 0 && !image->Interlace)
            self->canvas->rows = (uint32_t)(image->Top + y + 1);
    }
    return CU_OK;
}

static cu_status read_frame(decoder *self, cu_err *err)
{
    static const int starts[] = {0, 4, 2, 1};
    static const int steps[] = {8, 8, 4, 2};
    GifFileType *const gif = self->gif;
    const GifImageDesc *const image = &gif->Image;
    const ColorMapObject *const colours =
        image->ColorMap != NULL ? image->ColorMap : gif->SColorMap;

    if (colours == NULL)
        return cu_fail(err, CU_EFORMAT, "a frame has no colours");
    if (!image->Interlace)
        return read_lines(self, colours, 0, 1, err);
    for (size_t pass = 0; pass < CU_COUNT_OF(starts); pass++) {
        const cu_status st = read_lines(self, colours, starts[pass], steps[pass], err);

        if (st != CU_OK)
            return st;
    }
    return CU_OK;
}

static void fill(decoder *self, bool frame_only)
{
    const GifFileType *const gif = self->gif;
    const size_t row_bytes = (size_t)gif->SWidth * 3;

    if (!frame_only) {
        memset(self->screen, 0xFF, row_bytes * (size_t)gif->SHeight);
        return;
    }
    for (int y = gif->Image.Top; y < gif->Image.Top + gif->Image.Height && y < gif->SHeight;
         y++) {
        const int left = gif->Image.Left < gif->SWidth ? gif->Image.Left : gif->SWidth;
        const int right =
            left + gif->Image.Width < gif->SWidth ? left + gif->Image.Width : gif->SWidth;

        memset(self->screen + (size_t)y * row_bytes + (size_t)left * 3, 0xFF,
               (size_t)(right - left) * 3);
    }
}

/* The screen as it is now becomes rows of the canvas. */
static cu_status show(decoder *self, cu_err *err)
{
    cu_canvas *const canvas = self->canvas;
    const uint32_t rows = canvas->rows;

    for (uint32_t y = 0; y < canvas->height; y++) {
        if (cu_canvas_wants(canvas, y))
            cu_canvas_row(canvas, y, self->screen + (size_t)y * canvas->width * 3);
    }
    canvas->rows = rows;
    return cu_canvas_next_frame(canvas, self->frame, err);
}

static cu_status take_frame(decoder *self, cu_err *err)
{
    if (DGifGetImageDesc(self->gif) == GIF_ERROR)
        return complain(self->gif, err);

    cu_err first = {0};
    const cu_status read = read_frame(self, &first);
    cu_status st = CU_OK;

    if (read == CU_OK && self->frame == 0)
        self->canvas->rows = self->canvas->height;
    /* What a broken first frame has is shown; a broken later one is left out. */
    if (cu_frames_has(&self->frames, self->frame) && (read == CU_OK || self->frame == 0) &&
        self->canvas->rows > 0)
        st = show(self, err);
    if (self->control.DisposalMode == DISPOSE_BACKGROUND)
        fill(self, true);
    self->frame++;
    self->control = (GraphicsControlBlock){.TransparentColor = NO_TRANSPARENT_COLOR};
    if (st == CU_OK && read != CU_OK)
        return cu_fail(err, read, "%.90s", first.text);
    return st;
}

static cu_status take_extension(decoder *self, cu_err *err)
{
    GifByteType *bytes = NULL;
    int code = 0;

    if (DGifGetExtension(self->gif, &code, &bytes) == GIF_ERROR)
        return complain(self->gif, err);
    if (code == GRAPHICS_EXT_FUNC_CODE && bytes != NULL && bytes[0] >= 4)
        (void)DGifExtensionToGCB(bytes[0], bytes + 1, &self->control);
    while (bytes != NULL) {
        if (DGifGetExtensionNext(self->gif, &bytes) == GIF_ERROR)
            return complain(self->gif, err);
    }
    return CU_OK;
}

static cu_status begin(decoder *self, cu_err *err)
{
    const GifFileType *const gif = self->gif;

    if (gif->SWidth <= 0 || gif->SHeight <= 0)
        return cu_fail(err, CU_EFORMAT, "its size is %d x %d", gif->SWidth, gif->SHeight);

    cu_status st =
        cu_canvas_begin(self->canvas, (uint32_t)gif->SWidth, (uint32_t)gif->SHeight, 3, err);

    if (st == CU_OK)
        st = count_frames(self->source.file, &self->canvas->frames, err);
    if (st != CU_OK)
        return st;
    self->frames = cu_frames_choose(self->canvas->frames,
                                    (uint64_t)gif->SWidth * (uint64_t)gif->SHeight, 1);
    self->screen = malloc((size_t)gif->SWidth * (size_t)gif->SHeight * 3);
    self->line = malloc(65536);
    if (self->screen == NULL || self->line == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    fill(self, false);
    self->control.TransparentColor = NO_TRANSPARENT_COLOR;
    return CU_OK;
}

static cu_status read_records(decoder *self, cu_err *err)
{
    cu_status st = begin(self, err);
    GifRecordType kind = UNDEFINED_RECORD_TYPE;

    while (st == CU_OK && self->frame <= self->frames.last) {
        if (DGifGetRecordType(self->gif, &kind) == GIF_ERROR)
            return complain(self->gif, err);
        if (kind == TERMINATE_RECORD_TYPE)
            return self->frame > 0 ? CU_OK : cu_fail(err, CU_EFORMAT, "there is no frame");
        if (kind == EXTENSION_RECORD_TYPE)
            st = take_extension(self, err);
        else if (kind == IMAGE_DESC_RECORD_TYPE)
            st = take_frame(self, err);
    }
    return st;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    decoder self = {.source = {.file = file}, .canvas = canvas};
    int error = 0;
    cu_status st = CU_OK;

    self.gif = DGifOpen(&self.source, give, &error);
    if (self.gif == NULL)
        return cu_fail(err, CU_EFORMAT, "%.80s",
                       GifErrorString(error) == NULL ? "damaged" : GifErrorString(error));
    st = read_records(&self, err);
    (void)DGifCloseFile(self.gif, &error);
    free(self.screen);
    free(self.line);
    return st;
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "GIF87a", 6) || cu_bytes_starts(file, "GIF89a", 6);
}

const cu_picture_format cu_picture_gif = {"gif", claims, decode, NULL};
