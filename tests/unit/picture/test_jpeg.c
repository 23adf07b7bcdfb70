/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG: the same pixels as libjpeg's plain way, and every way in which a file can be bad. */
#include "picture/examine.h"
#include "picture/format.h"
#include "support/cmocka.h"
#include "support/make_jpeg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cu_pdq_hash hash_of(const picture_file *picture, cu_pdq_variant variant)
{
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    const cu_pdq_pixels pixels = {.p = picture->p,
                                  .stride_bytes = (size_t)picture->width * picture->channels,
                                  .width = picture->width,
                                  .height = picture->height,
                                  .channels = picture->channels};

    assert_int_equal(cu_pdq_hash_pixels(&pixels, variant, &scratch, &hash, NULL), CU_OK);
    cu_pdq_scratch_free(&scratch);
    return hash;
}

/* The kept samples are libjpeg's own pixels, each byte. */
static void assert_same_samples(const uint8_t *file, size_t n, bool sampled, const char *what)
{
    picture_file plain = {0};
    cu_canvas canvas = {.sample_always = sampled};
    cu_err err = {0};

    assert_true(read_jpeg_plainly(file, n, &plain));
    if (cu_picture_jpeg.decode((cu_bytes){file, n}, &canvas, &err) != CU_OK)
        fail_msg("%s: %s", what, err.text);
    assert_int_equal(canvas.width, plain.width);
    assert_int_equal(canvas.height, plain.height);
    assert_int_equal(canvas.channels, plain.channels);
    for (uint32_t y = 0; y < canvas.kept_height; y++) {
        const uint32_t from = cu_canvas_source_row(&canvas, y);

        for (uint32_t i = 0; i < canvas.kept_width * canvas.channels; i++) {
            const uint32_t x = i / canvas.channels;
            const uint32_t channel = i % canvas.channels;
            const size_t at = ((size_t)channel * canvas.kept_rows + y) * canvas.kept_stride + x;
            const size_t of =
                ((size_t)from * plain.width + canvas.columns[x]) * canvas.channels + channel;

            if (canvas.kept[at] != plain.p[of])
                fail_msg("%s: the pixel at %u, %u is another", what, canvas.columns[x], from);
        }
    }
    cu_canvas_free(&canvas);
    free(plain.p);
}

/* Likewise, with a byte more before the end: our own reader leaves such a file. */
static void assert_same_samples_of_libjpeg(const uint8_t *file, size_t n, bool sampled,
                                           const char *what)
{
    uint8_t *const longer = malloc(n + 1);

    memcpy(longer, file, n - 2);
    longer[n - 2] = 0x55;
    memcpy(longer + n - 1, file + n - 2, 2);
    assert_same_samples(longer, n + 1, sampled, what);
    free(longer);
}

static void samples_are_the_pixels_of_libjpeg(void **state)
{
    (void)state;
    static const int samplings[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}, {4, 1}, {4, 2}};
    static const uint32_t sizes[][2] = {{5, 5},     {6, 9},    {7, 7},     {8, 16},
                                        {17, 33},   {64, 64},  {300, 199}, {512, 512},
                                        {513, 511}, {641, 77}, {99, 1025}, {1333, 777}};
    unsigned tried = 0;

    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        for (size_t k = 0; k < CU_COUNT_OF(samplings) * 2 + 1; k++) {
            const make_jpeg wanted = {.width = sizes[i][0],
                                      .height = sizes[i][1],
                                      .channels = k == CU_COUNT_OF(samplings) * 2 ? 1 : 3,
                                      .across = samplings[k / 2 % CU_COUNT_OF(samplings)][0],
                                      .down = samplings[k / 2 % CU_COUNT_OF(samplings)][1],
                                      .quality = 40 + (int)(k * 4),
                                      .layers = k % 2 != 0,
                                      .seed = (unsigned)(i * 31 + k)};
            size_t n = 0;
            uint8_t *const file = make_jpeg_file(&wanted, &n);
            char what[128];

            (void)snprintf(what, sizeof what, "%u x %u, %u channels, %d x %d%s", wanted.width,
                           wanted.height, wanted.channels, wanted.across, wanted.down,
                           wanted.layers ? ", layers" : "");
            assert_same_samples(file, n, i % 3 != 0, what);
            assert_same_samples_of_libjpeg(file, n, i % 3 != 0, what);
            free(file);
            tried++;
        }
    }
    assert_true(tried > 100);
}

static void hashes_are_those_of_all_pixels(void **state)
{
    (void)state;
    const make_jpeg wanted = {.width = 1024,
                              .height = 700,
                              .channels = 3,
                              .across = 2,
                              .down = 2,
                              .quality = 85,
                              .seed = 5};
    size_t n = 0;
    uint8_t *const file = make_jpeg_file(&wanted, &n);
    picture_file plain = {0};
    cu_picture_facts facts;

    assert_true(read_jpeg_plainly(file, n, &plain));

    const cu_pdq_hash a = hash_of(&plain, CU_PDQ_A);
    const cu_pdq_hash f = hash_of(&plain, CU_PDQ_F);

    cu_picture_examine_here((cu_bytes){file, n}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    assert_string_equal(facts.format, "jpeg");
    assert_int_equal(facts.hash_count, 1);
    assert_int_equal(facts.has_full, 0);
    assert_memory_equal(&facts.hashes[0], &a, sizeof a);
    cu_picture_examine_here((cu_bytes){file, n}, true, &facts);
    assert_int_equal(facts.has_full, 1);
    assert_memory_equal(&facts.hashes[0], &a, sizeof a);
    assert_memory_equal(&facts.full, &f, sizeof f);
    assert_int_equal(cu_picture_facts_check(&facts, n, NULL), CU_OK);
    free(plain.p);
    free(file);
}

static void ends_well_wherever_it_is_cut_off(void **state)
{
    (void)state;
    for (int layers = 0; layers < 2; layers++) {
        const make_jpeg wanted = {.width = 120,
                                  .height = 90,
                                  .channels = 3,
                                  .across = 2,
                                  .down = 2,
                                  .quality = 70,
                                  .layers = layers,
                                  .seed = 2};
        size_t n = 0;
        uint8_t *const file = make_jpeg_file(&wanted, &n);
        unsigned partly = 0;

        for (size_t cut = 0; cut < n - 1; cut += cut < 64 || cut > n - 64 ? 1 : 7) {
            uint8_t *const copy = malloc(cut + 1);
            cu_picture_facts facts;

            memcpy(copy, file, cut);
            cu_picture_examine_here((cu_bytes){copy, cut}, false, &facts);
            assert_int_equal(cu_picture_facts_check(&facts, cut, NULL), CU_OK);
            /* The last two bytes only say that it ends. */
            if (cut < n - 2)
                assert_int_not_equal(facts.outcome, CU_PICTURE_WHOLE);
            assert_true(facts.outcome == CU_PICTURE_WHOLE || facts.reason[0] != '\0');
            if (facts.outcome == CU_PICTURE_PARTLY) {
                assert_non_null(strstr(facts.reason, "cut off"));
                assert_int_equal(facts.width, 120);
                partly++;
            }
            free(copy);
        }
        assert_true(partly > n / 16);
        free(file);
    }
}

/* The frame header: FF C0 or C2, two bytes of length, precision, height, width. */
static uint8_t *frame_of(uint8_t *file, size_t n)
{
    for (size_t i = 2; i + 9 < n; i++) {
        if (file[i] == 0xFF && (file[i + 1] == 0xC0 || file[i + 1] == 0xC2))
            return file + i;
    }
    fail_msg("no frame header");
    return NULL;
}

static void refuses_too_many_pixels_and_twelve_bits(void **state)
{
    (void)state;
    const make_jpeg wanted = {.width = 64, .height = 64, .channels = 3, .quality = 70};
    size_t n = 0;
    uint8_t *const file = make_jpeg_file(&wanted, &n);
    uint8_t *const frame = frame_of(file, n);
    cu_picture_facts facts;

    frame[4] = 12;
    cu_picture_examine_here((cu_bytes){file, n}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_NOT);
    assert_non_null(strstr(facts.reason, "precision 12"));
    frame[4] = 8;
    memset(frame + 5, 0xFF, 4);
    frame[5] = frame[7] = 0xFD; /* 65023 is below libjpeg's own ceiling */
    cu_picture_examine_here((cu_bytes){file, n}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_NOT);
    assert_non_null(strstr(facts.reason, "pixels are more than"));
    assert_int_equal(facts.width, 65023);
    free(file);
}

static void counts_the_layers(void **state)
{
    (void)state;
    const make_jpeg wanted = {
        .width = 64, .height = 64, .channels = 1, .quality = 70, .layers = true};

    enum { copies = 600 };

    size_t n = 0;
    uint8_t *const file = make_jpeg_file(&wanted, &n);
    size_t last = n - 2;

    while (!(file[last] == 0xFF && file[last + 1] == 0xDA))
        last--;

    /* The last scan again and again: each is whole, and none adds a thing. */
    const size_t scan = n - 2 - last;
    uint8_t *const bomb = malloc(n + scan * copies);
    cu_picture_facts facts;

    memcpy(bomb, file, n - 2);
    for (size_t i = 0; i < copies; i++)
        memcpy(bomb + n - 2 + i * scan, file + last, scan);
    cu_picture_examine_here((cu_bytes){bomb, n - 2 + scan * copies}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_PARTLY);
    assert_true(strstr(facts.reason, "500 scans") != NULL ||
                strstr(facts.reason, "progression") != NULL);
    assert_int_equal(facts.rows, 64);
    free(bomb);
    free(file);
}

static void reads_inks_and_arithmetic_coding(void **state)
{
    (void)state;
    const make_jpeg inks = {.width = 200, .height = 150, .channels = 4, .quality = 80};
    const make_jpeg coded = {.width = 200,
                             .height = 150,
                             .channels = 3,
                             .across = 2,
                             .down = 2,
                             .quality = 80,
                             .arithmetic = true};
    size_t n = 0;
    uint8_t *file = make_jpeg_file(&inks, &n);
    cu_picture_facts facts;

    cu_picture_examine_here((cu_bytes){file, n}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    free(file);
    file = make_jpeg_file(&coded, &n);
    cu_picture_examine_here((cu_bytes){file, n}, false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    assert_same_samples(file, n, true, "arithmetic");
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_the_pixels_of_libjpeg),
        cmocka_unit_test(hashes_are_those_of_all_pixels),
        cmocka_unit_test(ends_well_wherever_it_is_cut_off),
        cmocka_unit_test(refuses_too_many_pixels_and_twelve_bits),
        cmocka_unit_test(counts_the_layers),
        cmocka_unit_test(reads_inks_and_arithmetic_coding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
