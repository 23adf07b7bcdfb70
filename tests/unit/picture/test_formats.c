/* SPDX-License-Identifier: Apache-2.0 */
/* Every format but JPEG: the pixels that were put in, wherever they are cut off. */
#include "picture/examine.h"
#include "picture/format.h"
#include "support/cmocka.h"
#include "support/make_jpeg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gif_lib.h>
#include <libheif/heif.h>
#include <png.h>
#include <tiffio.h>
#include <webp/encode.h>

/* The encoder of HEVC that makes a file for the test keeps a little memory for ever. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libx265";
}

enum { WIDTH = 67, HEIGHT = 50, WIDE = 700, HIGH = 530 };

/* ---- what is expected ---- */

static cu_pdq_hash hash_of(const uint8_t *p, uint32_t width, uint32_t height, uint32_t channels)
{
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    const cu_pdq_pixels pixels = {.p = p,
                                  .stride_bytes = (size_t)width * channels,
                                  .width = width,
                                  .height = height,
                                  .channels = channels};

    assert_int_equal(cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &scratch, &hash, NULL), CU_OK);
    cu_pdq_scratch_free(&scratch);
    return hash;
}

static cu_picture_facts examine(cu_bytes file, const char *format)
{
    cu_picture_facts facts;

    cu_picture_examine_here(file, false, &facts);
    assert_int_equal(cu_picture_facts_check(&facts, file.n, NULL), CU_OK);
    if (facts.outcome != CU_PICTURE_WHOLE)
        fail_msg("%s: %s", format, facts.reason);
    assert_string_equal(facts.format, format);
    return facts;
}

/* Cut off anywhere, it ends with an answer that can be; whole only where nothing is missing. */
static unsigned cut_everywhere(cu_bytes file, size_t needed)
{
    const size_t step = file.n / 160 + 1;
    unsigned partly = 0;

    for (size_t n = 0; n < file.n; n += step) {
        uint8_t *const copy = malloc(n + 1);
        cu_picture_facts facts;

        memcpy(copy, file.p, n);
        cu_picture_examine_here((cu_bytes){copy, n}, false, &facts);
        free(copy);
        if (cu_picture_facts_check(&facts, n, NULL) != CU_OK)
            fail_msg("cut to %zu: an answer that cannot be", n);
        if (n < needed && facts.outcome == CU_PICTURE_WHOLE)
            fail_msg("cut to %zu of %zu: it is said to be whole", n, file.n);
        partly += facts.outcome == CU_PICTURE_PARTLY;
    }
    return partly;
}

/* Each byte in turn is another: no answer that cannot be, and no fault that a sanitizer sees.
 */
static void spoil(cu_bytes file)
{
    uint8_t *const copy = malloc(file.n);
    const size_t step = file.n / 80 + 1;

    for (size_t i = 0; i < file.n; i += step) {
        cu_picture_facts facts;

        memcpy(copy, file.p, file.n);
        copy[i] ^= (uint8_t)(1U << i % 8);
        copy[file.n - 1 - i] = 0xFF;
        cu_picture_examine_here((cu_bytes){copy, file.n}, false, &facts);
        if (cu_picture_facts_check(&facts, file.n, NULL) != CU_OK)
            fail_msg("byte %zu: an answer that cannot be", i);
    }
    free(copy);
}

/* ---- PNG ---- */

typedef struct png_kind {
    int colour, bits;
    bool interlaced;
} png_kind;

static void append(png_structp png, png_bytep bytes, size_t n)
{
    cu_buffer_append(png_get_io_ptr(png), bytes, n);
}

static void flush(png_structp png)
{
    (void)png;
}

/* pixels: as many channels as colour has, eight bits each. */
static cu_buffer make_png(const png_kind *kind, const uint8_t *pixels)
{
    cu_buffer out = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop header = png_create_info_struct(png);
    png_bytep rows[HEIGHT];
    const size_t channels = ((kind->colour & PNG_COLOR_MASK_COLOR) != 0 ? 3U : 1U) +
                            ((kind->colour & PNG_COLOR_MASK_ALPHA) != 0 ? 1U : 0U);
    const size_t row_bytes = WIDTH * channels * (kind->bits == 16 ? 2 : 1);
    uint8_t *const room = malloc(row_bytes * HEIGHT);

    for (size_t i = 0; i < WIDTH * HEIGHT * channels; i++) {
        if (kind->bits == 16) {
            room[i * 2] = pixels[i];
            room[i * 2 + 1] = pixels[i]; /* 257 times the value: scales back to itself */
        } else {
            room[i] = pixels[i];
        }
    }
    for (size_t y = 0; y < HEIGHT; y++)
        rows[y] = room + y * row_bytes;
    png_set_write_fn(png, &out, append, flush);
    png_set_IHDR(png, header, WIDTH, HEIGHT, kind->bits, kind->colour,
                 kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, header);
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &header);
    free(room);
    return out;
}

static void reads_png(void **state)
{
    (void)state;
    static const png_kind kinds[] = {
        {PNG_COLOR_TYPE_GRAY, 8, false},  {PNG_COLOR_TYPE_RGB, 8, false},
        {PNG_COLOR_TYPE_GRAY, 16, false}, {PNG_COLOR_TYPE_RGB, 16, true},
        {PNG_COLOR_TYPE_RGB, 8, true},    {PNG_COLOR_TYPE_GRAY, 8, true}};

    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        const uint32_t channels = kinds[i].colour == PNG_COLOR_TYPE_GRAY ? 1 : 3;
        uint8_t *const pixels = make_pixels(WIDTH, HEIGHT, channels, (unsigned)i);
        cu_buffer file = make_png(&kinds[i], pixels);
        const cu_picture_facts facts = examine(cu_buffer_view(&file), "png");
        const cu_pdq_hash expected = hash_of(pixels, WIDTH, HEIGHT, channels);

        assert_memory_equal(&facts.hashes[0], &expected, sizeof expected);
        assert_int_equal(facts.hash_count, 1);
        assert_true(facts.width == WIDTH && facts.height == HEIGHT);
        assert_true(cut_everywhere(cu_buffer_view(&file), file.n - 16 - 4) > 60);
        spoil(cu_buffer_view(&file));
        cu_buffer_free(&file);
        free(pixels);
    }
}

static void hashes_what_can_be_seen_through_twice(void **state)
{
    (void)state;
    const png_kind kind = {PNG_COLOR_TYPE_RGB_ALPHA, 8, false};
    uint8_t *const clear = make_pixels(WIDTH, HEIGHT, 4, 3);
    uint8_t colours[WIDTH * HEIGHT * 3];
    uint8_t white[WIDTH * HEIGHT * 3];

    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        for (size_t c = 0; c < 3; c++) {
            const unsigned alpha = clear[i * 4 + 3];

            colours[i * 3 + c] = clear[i * 4 + c];
            white[i * 3 + c] =
                (uint8_t)((clear[i * 4 + c] * alpha + 255 * (255 - alpha) + 127) / 255);
        }
    }

    cu_buffer file = make_png(&kind, clear);
    cu_picture_facts facts = examine(cu_buffer_view(&file), "png");
    const cu_pdq_hash first = hash_of(colours, WIDTH, HEIGHT, 3);
    const cu_pdq_hash second = hash_of(white, WIDTH, HEIGHT, 3);

    assert_int_equal(facts.hash_count, 2);
    assert_int_equal(facts.frames, 1);
    assert_int_equal(facts.hash_changes[1], CU_PICTURE_OVER_WHITE);
    assert_memory_equal(&facts.hashes[0], &first, sizeof first);
    assert_memory_equal(&facts.hashes[1], &second, sizeof second);
    cu_buffer_free(&file);
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        clear[i * 4 + 3] = 255;
    file = make_png(&kind, clear);
    facts = examine(cu_buffer_view(&file), "png");
    assert_int_equal(facts.hash_count, 1);
    assert_memory_equal(&facts.hashes[0], &first, sizeof first);
    cu_buffer_free(&file);
    free(clear);
}

/* ---- BMP ---- */

static cu_buffer start_bmp(uint32_t bits, uint32_t coding, uint32_t colours, bool top_down)
{
    cu_buffer out = {0};

    cu_buffer_append(&out, "BM", 2);
    cu_buffer_u32le(&out, 0);
    cu_buffer_u32le(&out, 0);
    cu_buffer_u32le(&out, 14 + 40 + colours * 4 + (coding == 3 ? 12 : 0));
    cu_buffer_u32le(&out, 40);
    cu_buffer_u32le(&out, WIDTH);
    cu_buffer_u32le(&out, top_down ? 0U - HEIGHT : HEIGHT);
    cu_buffer_u16le(&out, 1);
    cu_buffer_u16le(&out, (uint16_t)bits);
    cu_buffer_u32le(&out, coding);
    for (int i = 0; i < 3; i++)
        cu_buffer_u32le(&out, 0);
    cu_buffer_u32le(&out, colours);
    cu_buffer_u32le(&out, 0);
    for (uint32_t i = 0; coding == 3 && i < 3; i++)
        cu_buffer_u32le(&out, 0xFFU << 8 * i); /* red lowest */
    for (uint32_t i = 0; i < colours; i++)
        cu_buffer_u32le(&out, i * 255 / (colours - 1) * 0x010101);
    return out;
}

static void add_bmp_row(cu_buffer *out, const uint8_t *row, uint32_t bits, bool fields)
{
    const size_t start = out->n;

    for (uint32_t x = 0; x < WIDTH; x++) {
        const uint8_t *const p = row + x * 3;

        if (bits == 8) {
            cu_buffer_u8(out, p[0]);
        } else {
            cu_buffer_u8(out, p[fields ? 0 : 2]);
            cu_buffer_u8(out, p[1]);
            cu_buffer_u8(out, p[fields ? 2 : 0]);
        }
        if (bits == 32)
            cu_buffer_u8(out, 7);
    }
    while ((out->n - start) % 4 != 0)
        cu_buffer_u8(out, 0);
}

static void assert_bmp(cu_buffer *file, const uint8_t *pixels)
{
    const cu_picture_facts facts = examine(cu_buffer_view(file), "bmp");
    const cu_pdq_hash expected = hash_of(pixels, WIDTH, HEIGHT, 3);

    assert_memory_equal(&facts.hashes[0], &expected, sizeof expected);
    assert_true(cut_everywhere(cu_buffer_view(file), file->n - 4) > 60);
    spoil(cu_buffer_view(file));
    cu_buffer_free(file);
}

static void reads_bmp(void **state)
{
    (void)state;

    static const struct {
        uint32_t bits, coding, colours;
        bool top_down;
    } kinds[] = {{24, 0, 0, false}, {24, 0, 0, true}, {32, 3, 0, false}, {8, 0, 256, false}};

    uint8_t *const pixels = make_pixels(WIDTH, HEIGHT, 3, 8);
    uint8_t *const grey = make_pixels(WIDTH, HEIGHT, 3, 8);

    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++)
        memset(grey + i * 3, grey[i * 3], 3);
    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        cu_buffer file =
            start_bmp(kinds[i].bits, kinds[i].coding, kinds[i].colours, kinds[i].top_down);
        const uint8_t *const from = kinds[i].bits == 8 ? grey : pixels;

        for (uint32_t y = 0; y < HEIGHT; y++)
            add_bmp_row(&file, from + (kinds[i].top_down ? y : HEIGHT - 1 - y) * WIDTH * 3,
                        kinds[i].bits, kinds[i].coding == 3);
        assert_bmp(&file, from);
    }
    free(grey);
    free(pixels);
}

/* Runs of three, then the rest as it is. */
static void reads_bmp_runs(void **state)
{
    (void)state;
    uint8_t *const grey = make_pixels(WIDTH, HEIGHT, 3, 9);
    cu_buffer file = start_bmp(8, 1, 256, false);
    cu_buffer four = start_bmp(4, 2, 16, false);
    uint8_t *const coarse = malloc((size_t)WIDTH * HEIGHT * 3);

    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
        const size_t x = i % WIDTH;

        memset(grey + i * 3, grey[(x < 3 ? i - x : i) * 3], 3);
        memset(coarse + i * 3, grey[i * 3] / 16 * 17, 3);
    }
    for (uint32_t y = HEIGHT; y-- > 0;) {
        const uint8_t *const row = grey + (size_t)y * WIDTH * 3;

        cu_buffer_u8(&file, 3);
        cu_buffer_u8(&file, row[0]);
        cu_buffer_u8(&file, 0);
        cu_buffer_u8(&file, WIDTH - 3);
        for (uint32_t x = 3; x < WIDTH; x++)
            cu_buffer_u8(&file, row[x * 3]);
        cu_buffer_u16le(&file, 0); /* end of row; the run before is even */
        cu_buffer_u8(&four, 3);
        cu_buffer_u8(&four, (uint8_t)(row[0] / 16 * 17));
        cu_buffer_u8(&four, 0);
        cu_buffer_u8(&four, WIDTH - 3);
        for (uint32_t x = 3; x < WIDTH; x += 2)
            cu_buffer_u8(&four, (uint8_t)(row[x * 3] / 16 * 16 + row[(x + 1) * 3] / 16));
        cu_buffer_u16le(&four, 0);
    }
    cu_buffer_u16le(&file, 0x0100);
    cu_buffer_u16le(&four, 0x0100);
    assert_int_equal((WIDTH - 3) % 4, 0); /* so that no run needs filling */
    assert_bmp(&file, grey);
    assert_bmp(&four, coarse);
    free(coarse);
    free(grey);
}

/* ---- WebP ---- */

static void reads_webp(void **state)
{
    (void)state;
    uint8_t *const pixels = make_pixels(WIDE, HIGH, 3, 11);
    uint8_t *packed = NULL;
    const size_t n = WebPEncodeLosslessRGB(pixels, WIDE, HIGH, WIDE * 3, &packed);
    const cu_picture_facts facts = examine((cu_bytes){packed, n}, "webp");
    const cu_pdq_hash expected = hash_of(pixels, WIDE, HIGH, 3);

    assert_memory_equal(&facts.hashes[0], &expected, sizeof expected);
    WebPFree(packed);

    const size_t lossy = WebPEncodeRGB(pixels, WIDE, HIGH, WIDE * 3, 80, &packed);
    const cu_picture_facts near = examine((cu_bytes){packed, lossy}, "webp");

    print_message("# lossy WebP is %u bits away, quality %d\n",
                  cu_pdq_distance(&near.hashes[0].codes[0], &expected.codes[0]),
                  expected.quality);
    assert_true(cu_pdq_distance(&near.hashes[0].codes[0], &expected.codes[0]) <=
                cu_pdq_similar);
    WebPFree(packed);
    free(pixels);

    uint8_t *const small = make_pixels(WIDTH, HEIGHT, 4, 12);
    const size_t clear = WebPEncodeRGBA(small, WIDTH, HEIGHT, WIDTH * 4, 80, &packed);

    assert_int_equal(examine((cu_bytes){packed, clear}, "webp").hash_count, 2);
    (void)cut_everywhere((cu_bytes){packed, clear}, clear - 8);
    spoil((cu_bytes){packed, clear});
    WebPFree(packed);
    free(small);
}

/* ---- GIF ---- */

static int append_gif(GifFileType *gif, const GifByteType *bytes, int n)
{
    cu_buffer_append(gif->UserData, bytes, (size_t)n);
    return n;
}

static cu_buffer make_gif(uint32_t frames, const uint8_t *pixels)
{
    cu_buffer out = {0};
    int error = 0;
    GifFileType *const gif = EGifOpen(&out, append_gif, &error);
    ColorMapObject *const greys = GifMakeMapObject(256, NULL);

    for (int i = 0; i < 256; i++)
        greys->Colors[i] = (GifColorType){(GifByteType)i, (GifByteType)i, (GifByteType)i};
    assert_int_equal(EGifPutScreenDesc(gif, WIDTH, HEIGHT, 8, 0, greys), GIF_OK);
    for (uint32_t f = 0; f < frames; f++) {
        assert_int_equal(EGifPutImageDesc(gif, 0, 0, WIDTH, HEIGHT, false, NULL), GIF_OK);
        for (uint32_t y = 0; y < HEIGHT; y++) {
            GifByteType line[WIDTH];

            memcpy(line, pixels + ((size_t)f * HEIGHT + y) * WIDTH, WIDTH);
            assert_int_equal(EGifPutLine(gif, line, WIDTH), GIF_OK);
        }
    }
    assert_int_equal(EGifCloseFile(gif, &error), GIF_OK);
    GifFreeMapObject(greys);
    return out;
}

static void reads_gif(void **state)
{
    (void)state;
    static const uint32_t frames[] = {1, 2, 4, 9};

    for (size_t i = 0; i < CU_COUNT_OF(frames); i++) {
        uint8_t *const pixels = make_pixels(WIDTH, HEIGHT * frames[i], 1, 13);
        cu_buffer file = make_gif(frames[i], pixels);
        const cu_picture_facts facts = examine(cu_buffer_view(&file), "gif");
        uint8_t colours[WIDTH * HEIGHT * 3];

        assert_int_equal(facts.frames, frames[i]);
        assert_int_equal(facts.hash_count, frames[i] < 4 ? frames[i] : frames[i] == 9 ? 3 : 4);
        for (uint32_t h = 0; h < facts.hash_count; h++) {
            const uint8_t *const frame = pixels + (size_t)facts.hash_frames[h] * WIDTH * HEIGHT;

            for (size_t k = 0; k < (size_t)WIDTH * HEIGHT; k++)
                memset(colours + k * 3, frame[k], 3);

            const cu_pdq_hash expected = hash_of(colours, WIDTH, HEIGHT, 3);

            assert_memory_equal(&facts.hashes[h], &expected, sizeof expected);
        }
        assert_true(cut_everywhere(cu_buffer_view(&file), frames[i] == 1 ? file.n - 20 : 0) >
                    30);
        spoil(cu_buffer_view(&file));
        cu_buffer_free(&file);
        free(pixels);
    }
}

/* ---- TIFF ---- */

static cu_buffer make_tiff(uint32_t channels, int coding, uint32_t strip_rows,
                           const uint8_t *pixels)
{
    cu_buffer out = {0};
    char path[] = "/tmp/custos-tiff-XXXXXX";
    const int fd = mkstemp(path);
    TIFF *const tiff = TIFFFdOpen(fd, path, "w");
    uint8_t room[8192];
    size_t n = 0;

    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, channels);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, ORIENTATION_RIGHTTOP);
    TIFFSetField(tiff, TIFFTAG_MAKE, "Maker");
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                 channels == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, coding);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, strip_rows);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        uint8_t row[WIDTH * 3];

        memcpy(row, pixels + (size_t)y * WIDTH * channels, WIDTH * channels);
        assert_int_equal(TIFFWriteScanline(tiff, row, y, 0), 1);
    }
    TIFFClose(tiff);

    FILE *const file = fopen(path, "rb");

    while ((n = fread(room, 1, sizeof room, file)) > 0)
        cu_buffer_append(&out, room, n);
    fclose(file);
    remove(path);
    return out;
}

static void reads_tiff(void **state)
{
    (void)state;

    static const struct {
        uint32_t channels;
        int coding;
        uint32_t strip_rows;
    } kinds[] = {{3, COMPRESSION_NONE, 7},
                 {3, COMPRESSION_LZW, HEIGHT},
                 {1, COMPRESSION_ADOBE_DEFLATE, 16},
                 {3, COMPRESSION_PACKBITS, 1}};

    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        uint8_t *const pixels = make_pixels(WIDTH, HEIGHT, kinds[i].channels, 14);
        cu_buffer file =
            make_tiff(kinds[i].channels, kinds[i].coding, kinds[i].strip_rows, pixels);
        const cu_picture_facts facts = examine(cu_buffer_view(&file), "tiff");
        const cu_pdq_hash expected = hash_of(pixels, WIDTH, HEIGHT, kinds[i].channels);

        assert_memory_equal(&facts.hashes[0], &expected, sizeof expected);
        assert_int_equal(facts.orientation, 6); /* told, and not followed */
        assert_string_equal(facts.exif.make, "Maker");
        (void)cut_everywhere(cu_buffer_view(&file), 0);
        spoil(cu_buffer_view(&file));
        cu_buffer_free(&file);
        free(pixels);
    }
}

/* ---- HEIC and AVIF ---- */

static struct heif_error append_heif(struct heif_context *context, const void *bytes, size_t n,
                                     void *out)
{
    static const struct heif_error fine = {heif_error_Ok, heif_suberror_Unspecified, "fine"};

    (void)context;
    cu_buffer_append(out, bytes, n);
    return fine;
}

/* Empty where this libheif has no such encoder. */
static cu_buffer make_heif(enum heif_compression_format format, const uint8_t *pixels)
{
    cu_buffer out = {0};
    struct heif_writer writer = {.writer_api_version = 1, .write = append_heif};
    struct heif_context *const context = heif_context_alloc();
    struct heif_encoder *encoder = NULL;
    struct heif_image *image = NULL;
    int stride = 0;

    if (heif_context_get_encoder_for_format(context, format, &encoder).code == heif_error_Ok) {
        (void)heif_image_create(WIDE, HIGH, heif_colorspace_RGB, heif_chroma_interleaved_RGB,
                                &image);
        (void)heif_image_add_plane(image, heif_channel_interleaved, WIDE, HIGH, 8);

        uint8_t *const plane = heif_image_get_plane(image, heif_channel_interleaved, &stride);

        for (size_t y = 0; y < HIGH; y++)
            memcpy(plane + y * (size_t)stride, pixels + y * WIDE * 3, (size_t)WIDE * 3);
        (void)heif_encoder_set_lossy_quality(encoder, 90);
        if (heif_context_encode_image(context, image, encoder, NULL, NULL).code ==
            heif_error_Ok)
            (void)heif_context_write(context, &writer, &out);
        heif_image_release(image);
        heif_encoder_release(encoder);
    }
    heif_context_free(context);
    return out;
}

static void reads_heic_and_avif(void **state)
{
    (void)state;

    static const enum heif_compression_format formats[] = {heif_compression_HEVC,
                                                           heif_compression_AV1};

    uint8_t *const pixels = make_pixels(WIDE, HIGH, 3, 15);
    const cu_pdq_hash expected = hash_of(pixels, WIDE, HIGH, 3);

    for (size_t i = 0; i < CU_COUNT_OF(formats); i++) {
        cu_buffer file = make_heif(formats[i], pixels);

        if (file.n == 0) {
            print_message("# no encoder %zu here\n", i);
            continue;
        }

        const cu_picture_facts facts = examine(cu_buffer_view(&file), "heif");

        assert_true(facts.width == WIDE && facts.height == HIGH);
        print_message("# %s is %u bits away\n", i == 0 ? "HEIC" : "AVIF",
                      cu_pdq_distance(&facts.hashes[0].codes[0], &expected.codes[0]));
        assert_true(cu_pdq_distance(&facts.hashes[0].codes[0], &expected.codes[0]) <=
                    cu_pdq_similar);
        for (size_t n = file.n * 9 / 10; n > 0; n = n * 9 / 10) {
            cu_picture_facts cut;

            cu_picture_examine_here((cu_bytes){file.p, n}, false, &cut);
            assert_int_equal(cu_picture_facts_check(&cut, n, NULL), CU_OK);
            assert_int_not_equal(cut.outcome, CU_PICTURE_WHOLE);
        }
        cu_buffer_free(&file);
    }
    free(pixels);
}

/* ---- PSD and raw ---- */

static void u32be(cu_buffer *out, uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        cu_buffer_u8(out, (uint8_t)(value >> shift));
}

static void u16be(cu_buffer *out, uint32_t value)
{
    cu_buffer_u8(out, (uint8_t)(value >> 8));
    cu_buffer_u8(out, (uint8_t)value);
}

/* Colours in planes, as they are or each row as PackBits that never repeats. */
static cu_buffer make_psd(bool runs, uint32_t depth, const uint8_t *pixels)
{
    cu_buffer out = {0};

    cu_buffer_append(&out, "8BPS\0\1\0\0\0\0\0\0", 12);
    u16be(&out, 3);
    u32be(&out, HEIGHT);
    u32be(&out, WIDTH);
    u16be(&out, depth);
    u16be(&out, 3);
    for (int i = 0; i < 3; i++)
        u32be(&out, 0);
    u16be(&out, runs);
    for (int i = 0; runs && i < 3 * HEIGHT; i++)
        u16be(&out, WIDTH + 1);
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < (size_t)WIDTH * HEIGHT; i++) {
            if (runs && i % WIDTH == 0)
                cu_buffer_u8(&out, WIDTH - 1);
            cu_buffer_u8(&out, pixels[i * 3 + c]);
            if (depth == 16)
                cu_buffer_u8(&out, 99);
        }
    }
    return out;
}

static void reads_psd(void **state)
{
    (void)state;
    uint8_t *const pixels = make_pixels(WIDTH, HEIGHT, 3, 16);
    const cu_pdq_hash expected = hash_of(pixels, WIDTH, HEIGHT, 3);

    for (int i = 0; i < 3; i++) {
        cu_buffer file = make_psd(i == 1, i == 2 ? 16 : 8, pixels);
        const cu_picture_facts facts = examine(cu_buffer_view(&file), "psd");

        assert_memory_equal(&facts.hashes[0], &expected, sizeof expected);
        assert_true(cut_everywhere(cu_buffer_view(&file), file.n) > 30);
        spoil(cu_buffer_view(&file));
        cu_buffer_free(&file);
    }
    free(pixels);
}

/* A DNG whose raw picture is missing: a small preview, and a larger one in a part of its own.
 */
static cu_buffer make_raw(const uint8_t *small, size_t small_n, const uint8_t *large,
                          size_t large_n)
{
    cu_buffer out = {0};
    static const uint32_t entries[][3] = {
        {0xC612, 4, 0x00000401}, {0x0201, 4, 0}, {0x0202, 4, 0}, {0x014A, 4, 0}};
    const uint32_t parts_at = 8 + 2 + 12 * 4 + 4;
    const uint32_t small_at = parts_at + 2 + 12 * 3 + 4;

    cu_buffer_append(&out, "II*\0", 4);
    cu_buffer_u32le(&out, 8);
    cu_buffer_u16le(&out, 4);
    for (size_t i = 0; i < CU_COUNT_OF(entries); i++) {
        const uint32_t values[] = {entries[i][2], small_at, (uint32_t)small_n, parts_at};

        cu_buffer_u16le(&out, (uint16_t)entries[i][0]);
        cu_buffer_u16le(&out, (uint16_t)entries[i][1]);
        cu_buffer_u32le(&out, 1);
        cu_buffer_u32le(&out, values[i]);
    }
    cu_buffer_u32le(&out, 0);
    cu_buffer_u16le(&out, 3);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint16_t tags[] = {0x0103, 0x0111, 0x0117};
        const uint32_t values[] = {7, small_at + (uint32_t)small_n, (uint32_t)large_n};

        cu_buffer_u16le(&out, tags[i]);
        cu_buffer_u16le(&out, 4);
        cu_buffer_u32le(&out, 1);
        cu_buffer_u32le(&out, values[i]);
    }
    cu_buffer_u32le(&out, 0);
    cu_buffer_append(&out, small, small_n);
    cu_buffer_append(&out, large, large_n);
    return out;
}

static void reads_the_largest_preview_of_a_raw_file(void **state)
{
    (void)state;
    const make_jpeg tiny = {.width = 40, .height = 30, .channels = 3, .quality = 60, .seed = 1};
    const make_jpeg wide = {
        .width = 320, .height = 240, .channels = 3, .quality = 80, .seed = 2};
    size_t tiny_n = 0;
    size_t wide_n = 0;
    uint8_t *const a = make_jpeg_file(&tiny, &tiny_n);
    uint8_t *const b = make_jpeg_file(&wide, &wide_n);
    cu_buffer file = make_raw(a, tiny_n, b, wide_n);
    const cu_picture_facts facts = examine(cu_buffer_view(&file), "raw");
    cu_picture_facts alone;

    cu_picture_examine_here((cu_bytes){b, wide_n}, false, &alone);
    assert_int_equal(facts.width, 320);
    assert_memory_equal(facts.hashes, alone.hashes, sizeof alone.hashes);
    (void)cut_everywhere(cu_buffer_view(&file), file.n - wide_n);
    spoil(cu_buffer_view(&file));
    cu_buffer_free(&file);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_png),  cmocka_unit_test(hashes_what_can_be_seen_through_twice),
        cmocka_unit_test(reads_bmp),  cmocka_unit_test(reads_bmp_runs),
        cmocka_unit_test(reads_webp), cmocka_unit_test(reads_gif),
        cmocka_unit_test(reads_tiff), cmocka_unit_test(reads_heic_and_avif),
        cmocka_unit_test(reads_psd),  cmocka_unit_test(reads_the_largest_preview_of_a_raw_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
