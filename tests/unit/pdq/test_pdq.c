/* SPDX-License-Identifier: Apache-2.0 */
/* What the header promises of any pixels. */
#include "pdq/pdq.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

enum { width = 90, height = 70 };

/* Smooth hills and a slope, so that no two turns are alike. */
static void paint(uint8_t *p, uint32_t channels)
{
    for (unsigned y = 0; y < height; y++) {
        for (unsigned x = 0; x < width; x++) {
            for (unsigned c = 0; c < channels; c++)
                *p++ = (uint8_t)(x * x / 40 + (y * (x + 30)) / 45 + c * 7 + (x / 17) * 20);
        }
    }
}

static cu_pdq_pixels pixels_over(const uint8_t *p, uint32_t channels)
{
    return (cu_pdq_pixels){.p = p,
                           .stride_bytes = (size_t)width * channels,
                           .width = width,
                           .height = height,
                           .channels = channels};
}

static cu_pdq_hash hash_of(const cu_pdq_pixels *pixels, cu_pdq_variant variant)
{
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    cu_err err = {0};

    assert_int_equal(cu_pdq_hash_pixels(pixels, variant, &scratch, &hash, &err), CU_OK);
    cu_pdq_scratch_free(&scratch);
    return hash;
}

static void does_not_read_between_rows(void **state)
{
    (void)state;
    uint8_t tight[width * height];
    uint8_t *const loose = malloc(height * (width + 13) - 13); /* no gap after the last row */

    assert_non_null(loose);
    paint(tight, 1);
    memset(loose, 0xA5, height * (width + 13) - 13);
    for (size_t y = 0; y < height; y++)
        memcpy(loose + y * (width + 13), tight + y * width, width);

    const cu_pdq_pixels one = pixels_over(tight, 1);
    cu_pdq_pixels other = pixels_over(loose, 1);

    other.stride_bytes = width + 13;
    for (unsigned v = 0; v < cu_pdq_variants; v++) {
        const cu_pdq_hash a = hash_of(&one, (cu_pdq_variant)v);
        const cu_pdq_hash b = hash_of(&other, (cu_pdq_variant)v);

        assert_memory_equal(&a, &b, sizeof a);
    }
    free(loose);
}

static void both_variants_agree_where_nothing_is_cut(void **state)
{
    (void)state;
    uint8_t p[width * height * 3];

    paint(p, 3);

    const cu_pdq_pixels pixels = pixels_over(p, 3);
    const cu_pdq_hash a = hash_of(&pixels, CU_PDQ_A);
    const cu_pdq_hash f = hash_of(&pixels, CU_PDQ_F);

    assert_memory_equal(&a, &f, sizeof a);
    assert_true(a.quality > 0);
}

/* The turned hash is that of the turned picture, near enough: PDQ's own sums are not symmetric.
 */
static void says_what_the_turned_picture_would_hash_to(void **state)
{
    (void)state;
    uint8_t p[width * height];
    uint8_t mirrored[width * height];
    uint8_t upside_down[width * height];
    uint8_t transposed[width * height];

    paint(p, 1);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            mirrored[y * width + width - 1 - x] = p[y * width + x];
            upside_down[(height - 1 - y) * width + x] = p[y * width + x];
            transposed[x * height + y] = p[y * width + x];
        }
    }

    const cu_pdq_pixels pixels = pixels_over(p, 1);
    const cu_pdq_hash hash = hash_of(&pixels, CU_PDQ_F);
    cu_pdq_pixels turned = pixels_over(transposed, 1);

    turned.width = height;
    turned.height = width;
    turned.stride_bytes = height;

    const struct {
        cu_pdq_turn turn;
        cu_pdq_pixels pixels;
    } tries[] = {{CU_PDQ_MIRRORED_Y, pixels_over(mirrored, 1)},
                 {CU_PDQ_MIRRORED_X, pixels_over(upside_down, 1)},
                 {CU_PDQ_TRANSPOSED, turned}};

    for (size_t i = 0; i < CU_COUNT_OF(tries); i++) {
        const cu_pdq_hash other = hash_of(&tries[i].pixels, CU_PDQ_F);

        for (unsigned t = 0; t < cu_pdq_turns; t++) {
            const unsigned distance = cu_pdq_distance(&hash.codes[t], &other.codes[0]);

            if (t == (unsigned)tries[i].turn)
                assert_true(distance <= 20);
            else
                assert_true(distance > cu_pdq_similar);
        }
    }
}

static void a_flat_picture_has_no_quality(void **state)
{
    (void)state;
    uint8_t p[width * height];

    memset(p, 77, sizeof p);

    const cu_pdq_pixels pixels = pixels_over(p, 1);

    assert_int_equal(hash_of(&pixels, CU_PDQ_A).quality, 0);
}

static void too_small_a_side_hashes_to_zero(void **state)
{
    (void)state;
    const cu_pdq_hash zero = {.quality = 0};
    uint8_t p[width * height];

    paint(p, 1);

    cu_pdq_pixels pixels = pixels_over(p, 1);

    pixels.width = cu_pdq_smallest_side - 1;

    const cu_pdq_hash found = hash_of(&pixels, CU_PDQ_A);

    assert_memory_equal(&found, &zero, sizeof zero);
    pixels.width = cu_pdq_smallest_side;
    pixels.height = cu_pdq_smallest_side;

    const cu_pdq_hash other = hash_of(&pixels, CU_PDQ_F);

    assert_memory_not_equal(&other, &zero, sizeof zero);
}

static void refuses_what_is_no_picture(void **state)
{
    (void)state;
    uint8_t p[width * height] = {0};
    const cu_pdq_pixels good = pixels_over(p, 1);
    cu_pdq_pixels bad[6];
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash = {.quality = 42};
    cu_err err = {0};

    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        bad[i] = good;
    bad[0].width = 0;
    bad[1].height = 0;
    bad[2].channels = 4;
    bad[3].stride_bytes = width - 1;
    bad[4].channels = 0;
    bad[5].height = cu_pdq_largest_side + 1;
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_int_equal(cu_pdq_hash_pixels(&bad[i], CU_PDQ_A, &scratch, &hash, &err),
                         CU_EUSAGE);
    assert_int_equal(cu_pdq_hash_pixels(&good, cu_pdq_variants, &scratch, &hash, &err),
                     CU_EUSAGE);
    assert_int_equal(hash.quality, 42);
    cu_pdq_scratch_free(&scratch);
}

static void counts_bits_and_reads_text(void **state)
{
    (void)state;
    const char text[] = "d8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22";
    const cu_pdq_code zero = {.bytes = {0}};
    cu_pdq_code code = {.bytes = {1}};
    char again[2 * cu_pdq_bytes + 1];

    assert_false(cu_pdq_parse((cu_bytes){(const uint8_t *)text, 63}, &code));
    assert_int_equal(code.bytes[0], 1);
    assert_int_equal(cu_pdq_distance(&code, &zero), 1);
    assert_true(cu_pdq_parse((cu_bytes){(const uint8_t *)text, 64}, &code));
    cu_hex_encode((cu_bytes){code.bytes, cu_pdq_bytes}, again);
    assert_string_equal(again, text);
    assert_int_equal(cu_pdq_distance(&code, &zero), 128); /* every hash is balanced */
    assert_string_equal(cu_pdq_turn_word(CU_PDQ_ROTATED_270), "rotated-270");
    assert_string_equal(cu_pdq_variant_word(CU_PDQ_F), "F");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(does_not_read_between_rows),
        cmocka_unit_test(both_variants_agree_where_nothing_is_cut),
        cmocka_unit_test(says_what_the_turned_picture_would_hash_to),
        cmocka_unit_test(a_flat_picture_has_no_quality),
        cmocka_unit_test(too_small_a_side_hashes_to_zero),
        cmocka_unit_test(refuses_what_is_no_picture),
        cmocka_unit_test(counts_bits_and_reads_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
