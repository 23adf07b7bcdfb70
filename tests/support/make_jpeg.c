/* SPDX-License-Identifier: Apache-2.0 */
/* Generated pictures. */
#include "support/make_jpeg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

uint8_t *make_pixels(uint32_t width, uint32_t height, uint32_t channels, unsigned seed)
{
    uint8_t *const p = malloc((size_t)width * height * channels);
    uint32_t noise = seed * 2654435761U + 1;
    const double a = 1 + seed % 5;
    const double b = 2 + seed % 7;

    for (uint32_t y = 0; p != NULL && y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const double u = (double)x / width;
            const double v = (double)y / height;

            for (uint32_t c = 0; c < channels; c++) {
                const double wave =
                    sin(a * 6 * u + c) * cos(b * 5 * v + c * 2) + sin(9 * u * v * a + c);

                noise = noise * 1664525U + 1013904223U;
                p[((size_t)y * width + x) * channels + c] =
                    (uint8_t)(128 + 50 * wave + (double)(noise >> 28) - 8);
            }
        }
    }
    return p;
}

/* Noise of full range: the highest frequencies are as strong as the lowest. */
static void make_noise(uint8_t *p, size_t n, unsigned seed)
{
    uint32_t noise = seed * 2654435761U + 1;

    for (size_t i = 0; i < n; i++) {
        noise = noise * 1664525U + 1013904223U;
        p[i] = (uint8_t)(noise >> 24);
    }
}

static void set_up(struct jpeg_compress_struct *out, const make_jpeg *wanted)
{
    static const J_COLOR_SPACE spaces[] = {[1] = JCS_GRAYSCALE, [3] = JCS_RGB, [4] = JCS_CMYK};

    out->image_width = wanted->width;
    out->image_height = wanted->height;
    out->input_components = (int)wanted->channels;
    out->in_color_space = spaces[wanted->channels];
    jpeg_set_defaults(out);
    if (wanted->channels == 4)
        jpeg_set_colorspace(out, JCS_YCCK);
    jpeg_set_quality(out, wanted->quality, TRUE);
    if (wanted->channels > 1 && wanted->across > 0) {
        out->comp_info[0].h_samp_factor = wanted->across;
        out->comp_info[0].v_samp_factor = wanted->down;
    }
    out->arith_code = wanted->arithmetic;
    out->restart_interval = wanted->restart;
    out->optimize_coding = wanted->optimized;
    if (wanted->layers)
        jpeg_simple_progression(out);
}

uint8_t *make_jpeg_file(const make_jpeg *wanted, size_t *n)
{
    struct jpeg_compress_struct out;
    struct jpeg_error_mgr errors;
    uint8_t *file = NULL;
    unsigned long size = 0;
    uint8_t *const pixels =
        make_pixels(wanted->width, wanted->height, wanted->channels, wanted->seed);

    if (wanted->noise)
        make_noise(pixels, (size_t)wanted->width * wanted->height * wanted->channels,
                   wanted->seed);
    out.err = jpeg_std_error(&errors);
    jpeg_create_compress(&out);
    jpeg_mem_dest(&out, &file, &size);
    set_up(&out, wanted);
    jpeg_start_compress(&out, TRUE);
    while (out.next_scanline < out.image_height) {
        JSAMPROW row = pixels + (size_t)out.next_scanline * wanted->width * wanted->channels;

        (void)jpeg_write_scanlines(&out, &row, 1);
    }
    jpeg_finish_compress(&out);
    jpeg_destroy_compress(&out);
    free(pixels);
    *n = size;
    return file;
}

bool read_jpeg_plainly(const uint8_t *file, size_t n, picture_file *out)
{
    struct jpeg_decompress_struct reading;
    struct jpeg_error_mgr errors;

    reading.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reading);
    jpeg_mem_src(&reading, file, n);
    (void)jpeg_read_header(&reading, TRUE);
    (void)jpeg_start_decompress(&reading);
    *out = (picture_file){.width = reading.output_width,
                          .height = reading.output_height,
                          .channels = (uint32_t)reading.output_components};
    out->p = malloc((size_t)out->width * out->height * out->channels);
    while (out->p != NULL && reading.output_scanline < reading.output_height) {
        JSAMPROW row = out->p + (size_t)reading.output_scanline * out->width * out->channels;

        (void)jpeg_read_scanlines(&reading, &row, 1);
    }
    jpeg_destroy_decompress(&reading);
    return out->p != NULL;
}

bool pass_jpeg_in_grey(const uint8_t *file, size_t n)
{
    struct jpeg_decompress_struct reading;
    struct jpeg_error_mgr errors;

    reading.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reading);
    jpeg_mem_src(&reading, file, n);
    (void)jpeg_read_header(&reading, TRUE);
    reading.out_color_space = JCS_GRAYSCALE;
    (void)jpeg_start_decompress(&reading);

    JSAMPROW row = malloc(reading.output_width);
    const bool whole = row != NULL;

    while (row != NULL && reading.output_scanline < reading.output_height)
        (void)jpeg_read_scanlines(&reading, &row, 1);
    free(row);
    jpeg_destroy_decompress(&reading);
    return whole;
}
