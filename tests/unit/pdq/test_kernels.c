/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel that runs here gives the bits of the plain one, on any pixels of any size. */
#include "pdq/engine.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static uint64_t next(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U;

    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* Noise, slopes, a few flat areas: sums that round in every way. */
static uint8_t *paint(uint64_t seed, const cu_pdq_pixels *pixels)
{
    const size_t n =
        (pixels->height - 1) * pixels->stride_bytes + (size_t)pixels->width * pixels->channels;
    uint8_t *const p = malloc(n);
    const unsigned kind = (unsigned)(next(&seed) % 4);

    assert_non_null(p);
    for (size_t i = 0; i < n; i++) {
        const size_t x = i % pixels->stride_bytes;
        const size_t y = i / pixels->stride_bytes;
        const uint8_t kinds[] = {(uint8_t)next(&seed), (uint8_t)(x * 3 + y * 5),
                                 (uint8_t)(x / 40 * 90 + y / 30 * 50),
                                 (uint8_t)((x * y) % 251 > 200 ? next(&seed) : 0)};

        p[i] = kinds[kind];
    }
    return p;
}

/* The small picture of kernel, in memory of its own, so that a step outside is seen. */
static void shrink(const cu_pdq_kernel *kernel, const cu_pdq_pixels *pixels,
                   cu_pdq_small_picture *out)
{
    const size_t n = (kernel->room_bytes(pixels) + 63) / 64 * 64;
    cu_pdq_pixels strip = *pixels;
    void *const scratch = aligned_alloc(64, n);

    assert_non_null(scratch);
    memset(scratch, 0xFF, n); /* not a number, so nothing stale can pass */
    kernel->begin(scratch, pixels, out);
    for (uint32_t y = 0; y < pixels->height; y += cu_pdq_strip_rows) {
        strip.p = pixels->p + y * pixels->stride_bytes;
        strip.height = pixels->height - y;
        if (strip.height > cu_pdq_strip_rows)
            strip.height = cu_pdq_strip_rows;
        kernel->take(scratch, &strip);
    }
    kernel->end(scratch);
    free(scratch);
}

/* The same picture, each channel by itself, in memory of no byte more. */
static cu_pdq_pixels planes_of(const cu_pdq_pixels *pixels)
{
    const size_t plane = (size_t)pixels->width * pixels->height;
    uint8_t *const p = malloc(plane * pixels->channels);
    cu_pdq_pixels out = *pixels;

    assert_non_null(p);
    for (size_t i = 0; i < plane * pixels->channels; i++) {
        const size_t at = i % plane;

        p[i] = pixels->p[at / pixels->width * pixels->stride_bytes +
                         at % pixels->width * pixels->channels + i / plane];
    }
    out.p = p;
    out.stride_bytes = pixels->width;
    out.plane_bytes = plane;
    return out;
}

static void compare(uint32_t width, uint32_t height, uint32_t channels, uint64_t seed)
{
    cu_pdq_pixels pixels = {.stride_bytes = (size_t)width * channels + seed % 5,
                            .width = width,
                            .height = height,
                            .channels = channels};
    uint8_t *const p = paint(seed, &pixels);
    cu_pdq_small_picture expected;

    pixels.p = p;
    shrink(&cu_pdq_plain, &pixels, &expected);

    const cu_pdq_pixels planes = planes_of(&pixels);

    for (const cu_pdq_kernel *const *kernel = cu_pdq_kernels(); *kernel != NULL; kernel++) {
        cu_pdq_small_picture found;

        if (!(*kernel)->runs_here())
            continue;
        shrink(*kernel, &pixels, &found);
        if (memcmp(&found, &expected, sizeof found) != 0)
            fail_msg("%s differs on %u x %u x %u, seed %llu", (*kernel)->name, width, height,
                     channels, (unsigned long long)seed);
        shrink(*kernel, &planes, &found);
        if (memcmp(&found, &expected, sizeof found) != 0)
            fail_msg("%s differs on planes of %u x %u x %u, seed %llu", (*kernel)->name, width,
                     height, channels, (unsigned long long)seed);
    }
    free((void *)(uintptr_t)planes.p);
    free(p);
}

static void every_small_size(void **state)
{
    (void)state;
    uint64_t seed = 1;

    for (uint32_t width = cu_pdq_smallest_side; width < 40; width++) {
        for (uint32_t height = cu_pdq_smallest_side; height < 40; height++)
            compare(width, height, (width + height) % 2 == 0 ? 1 : 3, next(&seed));
    }
}

static void sizes_about_each_box(void **state)
{
    (void)state;
    static const uint32_t sides[] = {63,  64,  65,  127, 128, 129, 255,
                                     256, 257, 383, 385, 512, 513};
    uint64_t seed = 2;

    for (size_t i = 0; i < CU_COUNT_OF(sides); i++) {
        for (size_t k = 0; k < CU_COUNT_OF(sides); k += 3)
            compare(sides[i], sides[(i + k) % CU_COUNT_OF(sides)], i % 2 == 0 ? 1 : 3,
                    next(&seed));
    }
}

static void long_and_large_ones(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {
        {1999, 1501}, {3001, 17}, {19, 4099}, {8193, 5}, {5, 9000}};
    uint64_t seed = 3;

    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        compare(sizes[i][0], sizes[i][1], 3, next(&seed));
        compare(sizes[i][0], sizes[i][1], 1, next(&seed));
    }
}

static int by_value(const void *a, const void *b)
{
    const float left = *(const float *)a;
    const float right = *(const float *)b;

    return (left > right) - (left < right);
}

/* Cut to 512 x 512 or not. */
static void planes_hash_as_pixels_do(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{700, 600}, {64, 64}, {3, 900}, {513, 40}, {100, 100}};
    cu_pdq_scratch scratch = {0};

    for (size_t i = 0; i < CU_COUNT_OF(sizes) * cu_pdq_variants; i++) {
        const uint32_t *const size = sizes[i / cu_pdq_variants];
        const cu_pdq_variant variant = (cu_pdq_variant)(i % cu_pdq_variants);
        cu_pdq_pixels pixels = {.stride_bytes = (size_t)size[0] * 3,
                                .width = size[0],
                                .height = size[1],
                                .channels = 3};
        uint8_t *const p = paint(i * 4, &pixels);
        cu_pdq_hash expected;
        cu_pdq_hash found;

        pixels.p = p;

        const cu_pdq_pixels planes = planes_of(&pixels);

        assert_int_equal(cu_pdq_hash_pixels(&pixels, variant, &scratch, &expected, NULL),
                         CU_OK);
        assert_int_equal(cu_pdq_hash_pixels(&planes, variant, &scratch, &found, NULL), CU_OK);
        assert_memory_equal(&found, &expected, sizeof found);
        assert_int_equal(expected.quality == 0, size[0] < cu_pdq_smallest_side);
        free((void *)(uintptr_t)planes.p);
        free(p);
    }
    cu_pdq_scratch_free(&scratch);
}

/* Bits over the 128th value in order, of frequencies that repeat, and are zeros of both signs.
 */
static void codes_are_those_of_sorted_values(void **state)
{
    (void)state;
    uint64_t seed = 4;

    for (unsigned round = 0; round < 500; round++) {
        const unsigned span = 1 + (unsigned)(next(&seed) % 300);
        float frequencies[cu_pdq_frequencies][cu_pdq_frequencies];
        float sorted[cu_pdq_frequencies * cu_pdq_frequencies];
        cu_pdq_code codes[cu_pdq_turns];

        for (size_t i = 0; i < CU_COUNT_OF(sorted); i++) {
            const float sign = next(&seed) % 2 == 0 ? 1.0F : -1.0F;

            sorted[i] = sign * (float)(next(&seed) % span) * 0x1p-3F;
            frequencies[i / cu_pdq_frequencies][i % cu_pdq_frequencies] = sorted[i];
        }
        cu_pdq_codes_of(frequencies, codes);
        qsort(sorted, CU_COUNT_OF(sorted), sizeof sorted[0], by_value);
        for (size_t i = 0; i < CU_COUNT_OF(sorted); i++) {
            const float value = frequencies[i / cu_pdq_frequencies][i % cu_pdq_frequencies];
            const unsigned byte = codes[CU_PDQ_AS_IS].bytes[cu_pdq_bytes - 1 - i / 8];

            assert_int_equal(byte >> i % 8 & 1, value > sorted[127]);
        }
    }
}

static void the_last_kernel_runs_everywhere(void **state)
{
    (void)state;
    const cu_pdq_kernel *const *kernel = cu_pdq_kernels();

    while (kernel[1] != NULL)
        kernel++;
    assert_ptr_equal(*kernel, &cu_pdq_plain);
    print_message("# the kernel here is %s\n", cu_pdq_engine());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_small_size),
        cmocka_unit_test(sizes_about_each_box),
        cmocka_unit_test(long_and_large_ones),
        cmocka_unit_test(planes_hash_as_pixels_do),
        cmocka_unit_test(codes_are_those_of_sorted_values),
        cmocka_unit_test(the_last_kernel_runs_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
