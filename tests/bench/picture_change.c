/* SPDX-License-Identifier: Apache-2.0 */
/* Each change is a few lines over pixels; those of codecs go through the codec, in memory. */
#include "picture_change.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After stdio.h, which it does not include itself. */
#include <jpeglib.h>
#include <webp/decode.h>
#include <webp/encode.h>

static uint64_t next(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U;

    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static uint8_t byte_of(double value)
{
    return (uint8_t)(value < 0.0 ? 0.0 : value > 255.0 ? 255.0 : value + 0.5);
}

picture picture_new(uint32_t width, uint32_t height)
{
    const picture made = {
        .p = calloc((size_t)width * height, 3), .width = width, .height = height};

    if (made.p == NULL)
        abort();
    return made;
}

static uint8_t *at(const picture *of, uint32_t x, uint32_t y)
{
    return of->p + ((size_t)y * of->width + x) * 3;
}

static void fill(picture *self, const uint8_t colour[3])
{
    for (size_t i = 0; i < (size_t)self->width * self->height; i++)
        memcpy(self->p + 3 * i, colour, 3);
}

static void paste(picture *self, const picture *what, uint32_t left, uint32_t top)
{
    for (uint32_t y = 0; y < what->height && top + y < self->height; y++) {
        const uint32_t room = self->width - left;
        const uint32_t n = what->width < room ? what->width : room;

        memcpy(at(self, left, top + y), at(what, 0, y), 3 * (size_t)n);
    }
}

static void paint(picture *self, const uint32_t box[4], const uint8_t colour[3], double share)
{
    for (uint32_t y = box[1]; y < box[1] + box[3] && y < self->height; y++) {
        for (uint32_t x = box[0]; x < box[0] + box[2] && x < self->width; x++) {
            for (unsigned c = 0; c < 3; c++) {
                uint8_t *const p = at(self, x, y) + c;

                *p = byte_of(*p + share * (colour[c] - *p));
            }
        }
    }
}

picture picture_part(const picture *from, uint32_t left, uint32_t top, uint32_t width,
                     uint32_t height)
{
    picture made = picture_new(width, height);

    for (uint32_t y = 0; y < height; y++)
        memcpy(at(&made, 0, y), at(from, left, top + y), 3 * (size_t)width);
    return made;
}

static picture copy_of(const picture *from)
{
    return picture_part(from, 0, 0, from->width, from->height);
}

/* Between pixels, the edge repeated. */
static void between(const picture *from, double x, double y, uint8_t *out)
{
    const double right = from->width - 1.0;
    const double bottom = from->height - 1.0;
    const double cx = x < 0 ? 0 : x > right ? right : x;
    const double cy = y < 0 ? 0 : y > bottom ? bottom : y;
    const uint32_t x0 = (uint32_t)cx;
    const uint32_t y0 = (uint32_t)cy;
    const uint32_t x1 = x0 + 1 < from->width ? x0 + 1 : x0;
    const uint32_t y1 = y0 + 1 < from->height ? y0 + 1 : y0;

    for (unsigned c = 0; c < 3; c++) {
        const double upper =
            at(from, x0, y0)[c] + (cx - x0) * (at(from, x1, y0)[c] - at(from, x0, y0)[c]);
        const double lower =
            at(from, x0, y1)[c] + (cx - x0) * (at(from, x1, y1)[c] - at(from, x0, y1)[c]);

        out[c] = byte_of(upper + (cy - y0) * (lower - upper));
    }
}

/* The mean of what each pixel stands for, or between pixels where it grows. */
picture picture_scaled(const picture *from, uint32_t width, uint32_t height)
{
    picture made = picture_new(width, height);
    const double step_x = (double)from->width / width;
    const double step_y = (double)from->height / height;
    const uint32_t nx = (uint32_t)ceil(step_x);
    const uint32_t ny = (uint32_t)ceil(step_y);

    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            double sum[3] = {0};

            for (uint32_t k = 0; k < nx * ny; k++) {
                uint8_t pixel[3];

                between(from, (x + (k % nx + 0.5) / nx) * step_x - 0.5,
                        (y + (k / nx + 0.5) / ny) * step_y - 0.5, pixel);
                for (unsigned c = 0; c < 3; c++)
                    sum[c] += pixel[c];
            }
            for (unsigned c = 0; c < 3; c++)
                at(&made, x, y)[c] = byte_of(sum[c] / (nx * ny));
        }
    }
    return made;
}

picture picture_drawn(uint64_t seed, uint32_t width, uint32_t height)
{
    picture made = picture_new(width, height);
    double waves[24][6];

    for (unsigned w = 0; w < 24; w++) {
        const double finer = 1.0 + w * 0.8;

        for (unsigned i = 0; i < 6; i++)
            waves[w][i] = (double)(next(&seed) % 2001) / 1000.0 - 1.0;
        waves[w][0] *= 6.0 * finer / width;
        waves[w][1] *= 6.0 * finer / height;
        for (unsigned c = 3; c < 6; c++)
            waves[w][c] *= 60.0 / finer;
    }
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            double sum[3] = {128.0, 128.0, 128.0};

            for (unsigned w = 0; w < 24; w++) {
                const double wave = sin(waves[w][0] * x + waves[w][1] * y + 3.0 * waves[w][2]);

                for (unsigned c = 0; c < 3; c++)
                    sum[c] += waves[w][3 + c] * wave;
            }
            for (unsigned c = 0; c < 3; c++)
                at(&made, x, y)[c] = byte_of(sum[c]);
        }
    }
    for (unsigned a = 0; a < 6; a++) {
        const uint32_t box[4] = {(uint32_t)(next(&seed) % width),
                                 (uint32_t)(next(&seed) % height),
                                 width / 12 + (uint32_t)(next(&seed) % (width / 4)),
                                 height / 12 + (uint32_t)(next(&seed) % (height / 4))};
        const uint8_t colour[3] = {(uint8_t)next(&seed), (uint8_t)next(&seed),
                                   (uint8_t)next(&seed)};

        paint(&made, box, colour, 0.7);
    }
    return made;
}

/* ---- codecs ---- */

static picture through_jpeg(const picture *from, int quality)
{
    struct jpeg_compress_struct writing;
    struct jpeg_decompress_struct reading;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long n = 0;

    writing.err = reading.err = jpeg_std_error(&errors);
    jpeg_create_compress(&writing);
    jpeg_mem_dest(&writing, &bytes, &n);
    writing.image_width = from->width;
    writing.image_height = from->height;
    writing.input_components = 3;
    writing.in_color_space = JCS_RGB;
    jpeg_set_defaults(&writing);
    jpeg_set_quality(&writing, quality, TRUE);
    jpeg_start_compress(&writing, TRUE);
    while (writing.next_scanline < writing.image_height) {
        JSAMPROW row = at(from, 0, writing.next_scanline);

        jpeg_write_scanlines(&writing, &row, 1);
    }
    jpeg_finish_compress(&writing);
    jpeg_destroy_compress(&writing);

    picture made = picture_new(from->width, from->height);

    jpeg_create_decompress(&reading);
    jpeg_mem_src(&reading, bytes, n);
    (void)jpeg_read_header(&reading, TRUE);
    reading.out_color_space = JCS_RGB;
    (void)jpeg_start_decompress(&reading);
    while (reading.output_scanline < reading.output_height) {
        JSAMPROW row = at(&made, 0, reading.output_scanline);

        (void)jpeg_read_scanlines(&reading, &row, 1);
    }
    jpeg_destroy_decompress(&reading);
    free(bytes);
    return made;
}

static picture through_webp(const picture *from, int quality)
{
    uint8_t *bytes = NULL;
    int width = 0;
    int height = 0;
    const size_t n = WebPEncodeRGB(from->p, (int)from->width, (int)from->height,
                                   3 * (int)from->width, (float)quality, &bytes);
    uint8_t *const pixels = WebPDecodeRGB(bytes, n, &width, &height);
    picture made = picture_new((uint32_t)width, (uint32_t)height);

    if (pixels == NULL)
        abort();
    memcpy(made.p, pixels, (size_t)width * (size_t)height * 3);
    WebPFree(pixels);
    WebPFree(bytes);
    return made;
}

/* PNG keeps every pixel. */
static picture through_png(const picture *from, int amount)
{
    (void)amount;
    return copy_of(from);
}

/* ---- size, place and turn ---- */

static picture resized(const picture *from, int percent)
{
    return picture_scaled(from, from->width * (uint32_t)percent / 100,
                          from->height * (uint32_t)percent / 100);
}

static picture thumbnail(const picture *from, int side)
{
    const uint32_t longer = from->width > from->height ? from->width : from->height;

    return picture_scaled(from, from->width * (uint32_t)side / longer,
                          from->height * (uint32_t)side / longer);
}

static picture squeezed(const picture *from, int percent)
{
    return picture_scaled(from, from->width * (uint32_t)(100 - percent) / 100, from->height);
}

/* amount per cent of width and height in all, half of it at each end */
static picture cropped(const picture *from, int amount)
{
    const uint32_t x = from->width * (uint32_t)amount / 200;
    const uint32_t y = from->height * (uint32_t)amount / 200;

    return picture_part(from, x, y, from->width - 2 * x, from->height - 2 * y);
}

static picture cropped_left(const picture *from, int amount)
{
    const uint32_t x = from->width * (uint32_t)amount / 100;

    return picture_part(from, x, 0, from->width - x, from->height);
}

static picture cropped_right(const picture *from, int amount)
{
    return picture_part(from, 0, 0, from->width - from->width * (uint32_t)amount / 100,
                        from->height);
}

static picture cropped_above(const picture *from, int amount)
{
    const uint32_t y = from->height * (uint32_t)amount / 100;

    return picture_part(from, 0, y, from->width, from->height - y);
}

static picture cropped_below(const picture *from, int amount)
{
    return picture_part(from, 0, 0, from->width,
                        from->height - from->height * (uint32_t)amount / 100);
}

static picture padded(const picture *from, int amount)
{
    static const uint8_t white[3] = {255, 255, 255};
    const uint32_t x = from->width * (uint32_t)abs(amount) / 100;
    const uint32_t y = from->height * (uint32_t)abs(amount) / 100;
    picture made = picture_new(from->width + 2 * x, from->height + 2 * y);

    if (amount > 0)
        fill(&made, white);
    paste(&made, from, x, y);
    return made;
}

/* Black bars above and below, to a screen of 9 : 16. */
static picture letterboxed(const picture *from, int amount)
{
    const uint32_t height = from->width * 16 / 9;
    picture made = picture_new(from->width, height > from->height ? height : from->height + 40);

    (void)amount;
    paste(&made, from, 0, (made.height - from->height) / 2);
    return made;
}

static picture turned(const picture *from, double degrees, uint32_t width, uint32_t height)
{
    picture made = picture_new(width, height);
    const double angle = degrees * M_PI / 180.0;

    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            const double u = x + 0.5 - width / 2.0;
            const double v = y + 0.5 - height / 2.0;
            const double fx = u * cos(angle) + v * sin(angle) + from->width / 2.0 - 0.5;
            const double fy = v * cos(angle) - u * sin(angle) + from->height / 2.0 - 0.5;

            if (fx > -0.5 && fy > -0.5 && fx < from->width - 0.5 && fy < from->height - 0.5)
                between(from, fx, fy, at(&made, x, y));
        }
    }
    return made;
}

static picture rotated(const picture *from, int degrees)
{
    return turned(from, degrees, from->width, from->height);
}

static picture rotated_grown(const picture *from, int degrees)
{
    const double sine = sin(abs(degrees) * M_PI / 180.0);
    const double cosine = cos(degrees * M_PI / 180.0);

    return turned(from, degrees, (uint32_t)(from->width * cosine + from->height * sine),
                  (uint32_t)(from->width * sine + from->height * cosine));
}

/* Turned, and the largest part without empty corners kept, as telephones do. */
static picture rotated_cut(const picture *from, int degrees)
{
    const double sine = sin(abs(degrees) * M_PI / 180.0);
    const double longer = from->width > from->height ? from->width : from->height;
    const double shorter = from->width > from->height ? from->height : from->width;
    const double scale = 1.0 / (cos(degrees * M_PI / 180.0) + longer / shorter * sine);
    picture whole = rotated(from, degrees);
    const uint32_t width = (uint32_t)(from->width * scale);
    const uint32_t height = (uint32_t)(from->height * scale);
    const picture made = picture_part(&whole, (from->width - width) / 2,
                                      (from->height - height) / 2, width, height);

    free(whole.p);
    return made;
}

static picture quarter_turned(const picture *from, int amount)
{
    picture made = picture_new(from->height, from->width);

    (void)amount;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++)
            memcpy(at(&made, from->height - 1 - y, x), at(from, x, y), 3);
    }
    return made;
}

static picture mirrored(const picture *from, int amount)
{
    picture made = picture_new(from->width, from->height);

    (void)amount;
    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++)
            memcpy(at(&made, from->width - 1 - x, y), at(from, x, y), 3);
    }
    return made;
}

/* ---- tone ---- */

static picture brightened(const picture *from, int percent)
{
    picture made = copy_of(from);

    for (size_t i = 0; i < (size_t)made.width * made.height * 3; i++)
        made.p[i] = byte_of(made.p[i] * (100 + percent) / 100.0);
    return made;
}

static picture contrasted(const picture *from, int percent)
{
    picture made = copy_of(from);

    for (size_t i = 0; i < (size_t)made.width * made.height * 3; i++)
        made.p[i] = byte_of(128.0 + (made.p[i] - 128.0) * (100 + percent) / 100.0);
    return made;
}

static picture gamma_changed(const picture *from, int tenths)
{
    picture made = copy_of(from);

    for (size_t i = 0; i < (size_t)made.width * made.height * 3; i++)
        made.p[i] = byte_of(255.0 * pow(made.p[i] / 255.0, 10.0 / tenths));
    return made;
}

static picture greyed(const picture *from, int amount)
{
    picture made = copy_of(from);

    (void)amount;
    for (size_t i = 0; i < (size_t)made.width * made.height; i++) {
        uint8_t *const p = made.p + 3 * i;

        memset(p, byte_of(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2]), 3);
    }
    return made;
}

static picture blurred(const picture *from, int radius)
{
    picture made = picture_new(from->width, from->height);
    const int n = 2 * radius + 1;

    for (uint32_t y = 0; y < from->height; y++) {
        for (uint32_t x = 0; x < from->width; x++) {
            double sum[3] = {0};

            for (int k = 0; k < n * n; k++) {
                uint8_t pixel[3];

                between(from, (double)x + k % n - radius, (double)y + k / n - radius, pixel);
                for (unsigned c = 0; c < 3; c++)
                    sum[c] += pixel[c];
            }
            for (unsigned c = 0; c < 3; c++)
                at(&made, x, y)[c] = byte_of(sum[c] / (n * n));
        }
    }
    return made;
}

static picture noisy(const picture *from, int amount)
{
    picture made = copy_of(from);
    uint64_t seed = 7;

    for (size_t i = 0; i < (size_t)made.width * made.height * 3; i++) {
        double sum = -6.0;

        for (unsigned k = 0; k < 12; k++)
            sum += (double)(next(&seed) % 1000) / 1000.0;
        made.p[i] = byte_of(made.p[i] + sum * amount);
    }
    return made;
}

/* ---- things put over or around ---- */

/* Rows of blocks, as text has. */
static void write_text(picture *self, const uint32_t box[4], uint32_t size,
                       const uint8_t colour[3])
{
    uint64_t seed = 11;

    for (uint32_t y = box[1]; y + size <= box[1] + box[3]; y += size * 3 / 2) {
        for (uint32_t x = box[0]; x + size < box[0] + box[2]; x += size * 2 / 3) {
            const uint32_t letter[4] = {x, y, size / 5 + 1, size};
            const uint32_t stroke[4] = {x, y + size / 2 * (uint32_t)(next(&seed) % 2), size / 2,
                                        size / 5 + 1};

            if (next(&seed) % 6 == 0)
                continue;
            paint(self, letter, colour, 1.0);
            paint(self, stroke, colour, 1.0);
        }
    }
}

static picture watermarked(const picture *from, int percent)
{
    static const uint8_t white[3] = {255, 255, 255};
    picture made = copy_of(from);
    const uint32_t width = made.width * (uint32_t)percent / 100;
    const uint32_t height = width / 3;
    const uint32_t box[4] = {made.width - width - made.width / 40,
                             made.height - height - made.height / 40, width, height};

    paint(&made, box, white, 0.35);
    write_text(&made, box, height / 2 > 4 ? height / 2 : 5, white);
    return made;
}

static picture logo_barred(const picture *from, int percent)
{
    static const uint8_t dark[3] = {20, 20, 30};
    static const uint8_t light[3] = {240, 240, 240};
    picture made = copy_of(from);
    const uint32_t height = made.height * (uint32_t)percent / 100;
    const uint32_t bar[4] = {0, made.height - height, made.width, height};
    const uint32_t logo[4] = {made.width / 40, made.height - height + height / 6,
                              made.width / 4, height * 2 / 3};

    paint(&made, bar, dark, 1.0);
    write_text(&made, logo, height / 2, light);
    return made;
}

static picture captioned(const picture *from, int percent)
{
    static const uint8_t white[3] = {255, 255, 255};
    static const uint8_t black[3] = {0, 0, 0};
    picture made = copy_of(from);
    const uint32_t size = made.height * (uint32_t)percent / 100;
    const uint32_t shadow[4] = {made.width / 6 + 3, made.height / 30 + 3, made.width * 2 / 3,
                                size};
    const uint32_t text[4] = {made.width / 6, made.height / 30, made.width * 2 / 3, size};

    write_text(&made, shadow, size, black);
    write_text(&made, text, size, white);
    return made;
}

/* A window on a desk: bars, buttons, a side column, text. amount: the picture's share of width.
 */
static picture on_screen(const picture *from, int amount)
{
    static const uint8_t desk[3] = {58, 110, 165};
    static const uint8_t bar[3] = {222, 222, 226};
    static const uint8_t ink[3] = {40, 40, 40};
    const uint32_t width = from->width * 100 / (uint32_t)amount;
    const uint32_t height = from->height * 100 / (uint32_t)amount;
    picture made = picture_new(width, height);
    const uint32_t left = (width - from->width) * 2 / 3;
    const uint32_t top = (height - from->height) / 2;
    const uint32_t title[4] = {0, 0, width, top / 2};
    const uint32_t words[4] = {width / 50, top / 8, width / 3, top / 4};
    const uint32_t column[4] = {left / 8, top, left * 3 / 4, from->height};
    const uint32_t lines[4] = {left / 5, top + 10, left / 2, from->height - 20};
    const uint32_t foot[4] = {0, height - top / 2, width, top / 2};

    fill(&made, desk);
    paint(&made, title, bar, 1.0);
    write_text(&made, words, top / 5 + 2, ink);
    paint(&made, column, bar, 1.0);
    write_text(&made, lines, left / 10 + 3, ink);
    paint(&made, foot, bar, 1.0);
    paste(&made, from, left, top);
    return made;
}

static picture on_screen_as_jpeg(const picture *from, int amount)
{
    picture shown = on_screen(from, amount);
    const picture made = through_jpeg(&shown, 60);

    free(shown.p);
    return made;
}

/* A telephone: the picture as wide as the screen, bars with signs and text above and below. */
static picture on_telephone(const picture *from, int amount)
{
    static const uint8_t paper[3] = {250, 250, 250};
    static const uint8_t ink[3] = {30, 30, 30};
    const uint32_t high = from->width * 19 / 9;
    const uint32_t height = high > from->height * 5 / 4 ? high : from->height * 5 / 4;
    picture made = picture_new(from->width, height);
    const uint32_t top = (height - from->height) / 3;
    const uint32_t status[4] = {made.width / 30, made.width / 60, made.width * 9 / 10,
                                made.width / 30};
    const uint32_t below[4] = {made.width / 20, top + from->height + made.width / 30,
                               made.width * 4 / 5,
                               height - top - from->height - made.width / 15};

    (void)amount;
    fill(&made, paper);
    write_text(&made, status, made.width / 40 + 2, ink);
    write_text(&made, below, made.width / 28 + 2, ink);
    paste(&made, from, 0, top);
    return made;
}

const picture_change picture_changes[] = {
    {"as it is", through_png, 0, 100},
    {"JPEG 90", through_jpeg, 90, -1},
    {"JPEG 75", through_jpeg, 75, 98},
    {"JPEG 50", through_jpeg, 50, 97},
    {"JPEG 30", through_jpeg, 30, -1},
    {"JPEG 20", through_jpeg, 20, 97},
    {"JPEG 5", through_jpeg, 5, 77},
    {"WebP 75", through_webp, 75, -1},
    {"resize to 50 %", resized, 50, 98},
    {"resize to 25 %", resized, 25, 98},
    {"thumbnail of 160", thumbnail, 160, 90},
    {"squeezed by 20 %", squeezed, 20, 99},
    {"crop 2 %", cropped, 2, 82},
    {"crop 5 %", cropped, 5, 9},
    {"crop 10 %", cropped, 10, 0},
    {"crop left 3 %", cropped_left, 3, -1},
    {"crop left 5 %", cropped_left, 5, -1},
    {"crop left 8 %", cropped_left, 8, -1},
    {"crop right 3 %", cropped_right, 3, -1},
    {"crop right 5 %", cropped_right, 5, -1},
    {"crop right 8 %", cropped_right, 8, -1},
    {"crop above 3 %", cropped_above, 3, -1},
    {"crop above 5 %", cropped_above, 5, -1},
    {"crop above 8 %", cropped_above, 8, -1},
    {"crop below 3 %", cropped_below, 3, -1},
    {"crop below 5 %", cropped_below, 5, -1},
    {"crop below 8 %", cropped_below, 8, -1},
    {"crop below 10 %", cropped_below, 10, -1},
    {"padding 10 %, white", padded, 10, 0},
    {"padding 10 %, black", padded, -10, 0},
    {"letterbox, 9:16", letterboxed, 0, -1},
    {"screenshot, window", on_screen, 70, 0},
    {"screenshot, JPEG 60", on_screen_as_jpeg, 70, -1},
    {"screenshot, telephone", on_telephone, 0, -1},
    {"rotation 1 degree", rotated, 1, 53},
    {"rotation 2 degrees", rotated, 2, 6},
    {"rotation -2, grown", rotated_grown, -2, -1},
    {"rotation 2, cut", rotated_cut, 2, -1},
    {"rotation 5 degrees", rotated, 5, 0},
    {"rotation 90 degrees", quarter_turned, 0, 94},
    {"mirror", mirrored, 0, 94},
    {"brightness +15 %", brightened, 15, 99},
    {"brightness +50 %", brightened, 50, 85},
    {"contrast +50 %", contrasted, 50, 99},
    {"gamma 2", gamma_changed, 20, 93},
    {"grey", greyed, 0, 99},
    {"blur", blurred, 2, 98},
    {"noise", noisy, 20, 95},
    {"small watermark", watermarked, 25, 43},
    {"logo bar", logo_barred, 12, 8},
    {"caption", captioned, 6, 64},
};
const size_t picture_change_count = sizeof picture_changes / sizeof picture_changes[0];
