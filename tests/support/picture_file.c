/* SPDX-License-Identifier: Apache-2.0 */
/* libpng's and libjpeg's simplest calls. */
#include "support/picture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it does not include itself. */
#include <jpeglib.h>
#include <png.h>

static bool read_png(const char *path, picture_file *out)
{
    png_image image = {.version = PNG_IMAGE_VERSION};

    if (!png_image_begin_read_from_file(&image, path))
        return false;
    image.format =
        (image.format & PNG_FORMAT_FLAG_COLOR) != 0 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    *out = (picture_file){.p = malloc(PNG_IMAGE_SIZE(image)),
                          .width = image.width,
                          .height = image.height,
                          .channels = PNG_IMAGE_PIXEL_CHANNELS(image.format)};
    return out->p != NULL && png_image_finish_read(&image, NULL, out->p, 0, NULL) != 0;
}

static bool read_jpeg(FILE *file, picture_file *out)
{
    struct jpeg_decompress_struct reading;
    struct jpeg_error_mgr errors;

    reading.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&reading);
    jpeg_stdio_src(&reading, file);
    (void)jpeg_read_header(&reading, TRUE);
    if (reading.num_components != 1)
        reading.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&reading);
    *out = (picture_file){.width = reading.output_width,
                          .height = reading.output_height,
                          .channels = (uint32_t)reading.output_components};

    const size_t row_bytes = (size_t)out->width * out->channels;

    out->p = malloc(row_bytes * out->height);
    while (out->p != NULL && reading.output_scanline < reading.output_height) {
        JSAMPROW row = out->p + reading.output_scanline * row_bytes;

        (void)jpeg_read_scanlines(&reading, &row, 1);
    }
    jpeg_destroy_decompress(&reading);
    return out->p != NULL;
}

bool picture_file_read(const char *path, picture_file *out)
{
    FILE *const file = fopen(path, "rb");

    if (file == NULL)
        return false;

    const int first = fgetc(file);
    bool read = false;

    rewind(file);
    if (first == 0xFF)
        read = read_jpeg(file, out);
    fclose(file);
    return read || (first == 0x89 && read_png(path, out));
}

uint64_t picture_file_sum(const picture_file *picture)
{
    const size_t n = (size_t)picture->width * picture->height * picture->channels;
    uint64_t sum = 1469598103934665603U; /* theirs: a digit short of FNV's own start */

    for (size_t i = 0; i < n; i++)
        sum = (sum ^ picture->p[i]) * 0x100000001b3U;
    return sum;
}
