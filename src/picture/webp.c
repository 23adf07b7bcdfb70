/* SPDX-License-Identifier: Apache-2.0 */
/* WebP by libwebp: row by row, so that what is cut off is decoded as far as it goes; animations
 * by their frames. */
#include "picture/format.h"
#include "picture/frames.h"

#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

static const char *word_of(VP8StatusCode status)
{
    switch (status) {
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA:
        return "cut off";
    case VP8_STATUS_OUT_OF_MEMORY:
        return "memory limit";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return "a feature that libwebp does not know";
    default:
        return "damaged";
    }
}

static void give_rows(cu_canvas *canvas, const uint8_t *pixels, uint32_t rows)
{
    for (uint32_t y = 0; y < rows; y++) {
        if (cu_canvas_wants(canvas, y))
            cu_canvas_row(canvas, y, pixels + (size_t)y * canvas->width * canvas->row_channels);
    }
    canvas->rows = rows;
}

static cu_status read_still(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    const size_t stride = (size_t)canvas->width * canvas->row_channels;
    const size_t bytes = stride * canvas->height;
    uint8_t *const pixels = calloc(canvas->height, stride);
    WebPDecoderConfig config;
    VP8StatusCode status = VP8_STATUS_OUT_OF_MEMORY;
    int rows = 0;

    if (pixels == NULL || WebPInitDecoderConfig(&config) == 0) {
        free(pixels);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    config.output.colorspace = canvas->row_channels == 4 ? MODE_RGBA : MODE_RGB;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = (int)stride;
    config.output.u.RGBA.size = bytes;
    config.output.is_external_memory = 1;

    WebPIDecoder *const decoder = WebPINewDecoder(&config.output);

    if (decoder != NULL) {
        status = WebPIUpdate(decoder, file.p, file.n);
        (void)WebPIDecGetRGB(decoder, &rows, NULL, NULL, NULL);
    }
    give_rows(canvas, pixels, status == VP8_STATUS_OK ? canvas->height : (uint32_t)rows);
    WebPIDelete(decoder);
    free(pixels);
    return status == VP8_STATUS_OK ? CU_OK : cu_fail(err, CU_EFORMAT, "%s", word_of(status));
}

static cu_status read_frames(WebPAnimDecoder *decoder, uint32_t count, cu_canvas *canvas,
                             cu_err *err)
{
    const cu_frames frames =
        cu_frames_choose(count, (uint64_t)canvas->width * canvas->height, 2);
    cu_status st = CU_OK;

    for (uint32_t i = 0; st == CU_OK && i <= frames.last; i++) {
        uint8_t *pixels = NULL;
        int time_ms = 0;

        if (WebPAnimDecoderGetNext(decoder, &pixels, &time_ms) == 0)
            return cu_fail(err, CU_EFORMAT, "frame %u of %u is damaged", i + 1, count);
        if (!cu_frames_has(&frames, i))
            continue;
        give_rows(canvas, pixels, canvas->height);
        st = cu_canvas_next_frame(canvas, i, err);
    }
    return st;
}

static cu_status read_animation(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    const WebPData data = {file.p, file.n};
    WebPAnimDecoderOptions options;
    WebPAnimInfo facts;

    if (WebPAnimDecoderOptionsInit(&options) == 0)
        return cu_fail(err, CU_EUNSUPPORTED, "another libwebp");
    options.color_mode = MODE_RGBA;
    options.use_threads = 0;

    WebPAnimDecoder *const decoder = WebPAnimDecoderNew(&data, &options);

    if (decoder == NULL || WebPAnimDecoderGetInfo(decoder, &facts) == 0 ||
        facts.canvas_width != canvas->width || facts.canvas_height != canvas->height) {
        WebPAnimDecoderDelete(decoder);
        return cu_fail(err, CU_EFORMAT, "the animation is damaged or cut off");
    }
    canvas->frames = facts.frame_count > 0 ? facts.frame_count : 1;

    const cu_status st = read_frames(decoder, canvas->frames, canvas, err);

    WebPAnimDecoderDelete(decoder);
    return st;
}

static cu_status decode(cu_bytes file, cu_canvas *canvas, cu_err *err)
{
    WebPBitstreamFeatures features;
    const VP8StatusCode status = WebPGetFeatures(file.p, file.n, &features);

    if (status != VP8_STATUS_OK)
        return cu_fail(err, CU_EFORMAT, "%s", word_of(status));

    const bool clear = features.has_alpha != 0 || features.has_animation != 0;
    const cu_status st = cu_canvas_begin(canvas, (uint32_t)features.width,
                                         (uint32_t)features.height, clear ? 4 : 3, err);

    if (st != CU_OK)
        return st;
    return features.has_animation != 0 ? read_animation(file, canvas, err)
                                       : read_still(file, canvas, err);
}

static bool claims(cu_bytes file)
{
    return cu_bytes_starts(file, "RIFF", 4) &&
           cu_bytes_starts(cu_bytes_slice(file, 8, 4), "WEBP", 4);
}

/* Source: WebP Container Specification: chunk EXIF, for some writers with JPEG's own prefix. */
static cu_bytes exif(cu_bytes file, CU_UNUSED cu_buffer *room)
{
    cu_cursor c = cu_cursor_over(file);

    cu_cursor_take(&c, 12);
    while (!c.bad) {
        const cu_bytes name = cu_cursor_take(&c, 4);
        const uint32_t size = cu_cursor_u32le(&c);
        const cu_bytes chunk = cu_cursor_take(&c, size);

        if (!c.bad && cu_bytes_starts(name, "EXIF", 4))
            return cu_bytes_starts(chunk, "Exif\0\0", 6) ? cu_bytes_slice(chunk, 6, chunk.n)
                                                         : chunk;
        cu_cursor_take(&c, size % 2);
    }
    return (cu_bytes){0};
}

const cu_picture_format cu_picture_webp = {"webp", claims, decode, exif};
