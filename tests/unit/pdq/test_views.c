/* SPDX-License-Identifier: Apache-2.0 */
/* A picture that was framed, cut or turned is found by one of its views, and by no plain hash.
 */
#include "pdq/pdq.h"
#include "support/cmocka.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { width = 480, height = 360 };

/* A drawing that has a value everywhere, so that it may be seen turned. */
static uint8_t drawing(double x, double y)
{
    const double u = x / width;
    const double v = y / height;
    double sum = 120.0 + 35.0 * sin(9.0 * u + 2.0 * v) + 30.0 * cos(14.0 * v - 5.0 * u * u);

    sum += 25.0 * sin(22.0 * u * v + 1.0);
    if (u > 0.55 && u < 0.8 && v > 0.2 && v < 0.5)
        sum += 60.0;
    if ((u - 0.25) * (u - 0.25) + (v - 0.65) * (v - 0.65) < 0.03)
        sum -= 70.0;
    return (uint8_t)(sum < 0.0 ? 0.0 : sum > 255.0 ? 255.0 : sum);
}

/* The part of the drawing from (left, top), turned by degrees about the drawing's middle. */
typedef struct look {
    double left, top, degrees;
    uint32_t width, height;
} look;

static cu_pdq_pixels paint(const look *self)
{
    uint8_t *const p = malloc((size_t)self->width * self->height);
    const double angle = self->degrees * 3.14159265358979 / 180.0;

    assert_non_null(p);
    for (uint32_t j = 0; j < self->height; j++) {
        for (uint32_t i = 0; i < self->width; i++) {
            const double u = self->left + i + 0.5 - width / 2.0;
            const double v = self->top + j + 0.5 - height / 2.0;
            const double x = u * cos(angle) + v * sin(angle) + width / 2.0;
            const double y = v * cos(angle) - u * sin(angle) + height / 2.0;
            const bool inside = x >= 0.0 && y >= 0.0 && x < width && y < height;

            p[(size_t)j * self->width + i] = inside ? drawing(x, y) : 0;
        }
    }
    return (cu_pdq_pixels){.p = p,
                           .stride_bytes = self->width,
                           .width = self->width,
                           .height = self->height,
                           .channels = 1};
}

static cu_pdq_hash plain(const cu_pdq_pixels *pixels)
{
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    cu_err err = {0};

    assert_int_equal(cu_pdq_hash_pixels(pixels, CU_PDQ_A, &scratch, &hash, &err), CU_OK);
    cu_pdq_scratch_free(&scratch);
    return hash;
}

static void assert_found(const look *seen, cu_pdq_change change, bool plainly)
{
    const look whole = {0.0, 0.0, 0.0, width, height};
    const cu_pdq_pixels original = paint(&whole);
    const cu_pdq_pixels changed = paint(seen);
    const cu_pdq_hash known = plain(&original);
    const cu_pdq_hash direct = plain(&changed);
    cu_pdq_view views[cu_pdq_views_max];
    cu_err err = {0};
    unsigned best = 256;
    size_t count = 0;
    uint32_t by = cu_pdq_changes;

    assert_int_equal(cu_pdq_hash_views(&changed, views, &count, &err), CU_OK);
    assert_in_range(count, 1, cu_pdq_views_max);
    for (size_t i = 0; i < count; i++) {
        const unsigned distance = cu_pdq_distance(&views[i].hash.codes[0], &known.codes[0]);

        if (distance < best) {
            best = distance;
            by = views[i].change;
        }
    }
    assert_true(best <= cu_pdq_similar);
    assert_int_equal(by, change);
    assert_int_equal(cu_pdq_distance(&direct.codes[0], &known.codes[0]) <= cu_pdq_similar,
                     plainly);
    free((void *)(uintptr_t)original.p);
    free((void *)(uintptr_t)changed.p);
}

static void finds_a_picture_in_a_frame(void **state)
{
    (void)state;
    const look framed = {-50.0, -40.0, 0.0, width + 100, height + 80};
    const look barred = {0.0, -90.0, 0.0, width, height + 250};

    assert_found(&framed, CU_PDQ_FRAMED, false);
    assert_found(&barred, CU_PDQ_FRAMED, false);
}

/* Even, or with a mark in every other place as text has. */
static void fill(const cu_pdq_pixels *of, const uint32_t box[4], uint8_t shade, bool text)
{
    uint8_t *const p = (uint8_t *)(uintptr_t)of->p;

    for (uint32_t y = box[1]; y < box[1] + box[3]; y++) {
        for (uint32_t x = box[0]; x < box[0] + box[2]; x++)
            p[y * of->stride_bytes + x] = text && x / 4 % 2 == 0 && y / 6 % 2 == 0 ? 40 : shade;
    }
}

static void make_pale(const cu_pdq_pixels *of)
{
    uint8_t *const p = (uint8_t *)(uintptr_t)of->p;

    for (size_t i = 0; i < (size_t)of->width * of->height; i++)
        p[i] = (uint8_t)(80 + p[i] / 4);
}

/* The picture is hardly lighter or darker than the desk, so that its edges are no edges, and
 * those of what stands beside it are. */
static void finds_a_picture_in_a_window(void **state)
{
    (void)state;

    enum { left = 140, top = 80, right = 60, below = 70 };

    const look whole = {0.0, 0.0, 0.0, width, height};
    const look around = {-left, -top, 0.0, width + left + right, height + top + below};
    const cu_pdq_pixels original = paint(&whole);
    const cu_pdq_pixels screen = paint(&around);
    const uint32_t boxes[][4] = {{0, 0, around.width, top},
                                 {0, top, left, height},
                                 {left + width, top, right, height},
                                 {0, top + height, around.width, below}};
    const uint32_t bar[4] = {0, 0, around.width, top / 2};
    const uint32_t column[4] = {20, top, left - 40, height};
    cu_pdq_view views[cu_pdq_views_max];
    cu_err err = {0};
    unsigned best = 256;
    size_t count = 0;

    make_pale(&original);
    make_pale(&screen);

    const cu_pdq_hash known = plain(&original);

    for (size_t i = 0; i < CU_COUNT_OF(boxes); i++)
        fill(&screen, boxes[i], 120, false);
    fill(&screen, bar, 225, true);
    fill(&screen, column, 225, true);
    assert_int_equal(cu_pdq_hash_views(&screen, views, &count, &err), CU_OK);
    for (size_t i = 0; i < count; i++) {
        const unsigned distance = cu_pdq_distance(&views[i].hash.codes[0], &known.codes[0]);

        if (views[i].change == CU_PDQ_FRAMED && distance < best)
            best = distance;
    }
    assert_true(best <= cu_pdq_similar);
    free((void *)(uintptr_t)original.p);
    free((void *)(uintptr_t)screen.p);
}

static void finds_a_picture_without_its_edges(void **state)
{
    (void)state;
    const look cut = {17.0, 13.0, 0.0, width - 34, height - 26};

    assert_found(&cut, CU_PDQ_CROPPED, false);
}

static void finds_a_picture_without_one_edge(void **state)
{
    (void)state;
    const uint32_t x = width * 5 / 100;
    const uint32_t y = height * 5 / 100;
    const look left = {x, 0.0, 0.0, width - x, height};
    const look right = {0.0, 0.0, 0.0, width - x, height};
    const look above = {0.0, y, 0.0, width, height - y};
    const look below = {0.0, 0.0, 0.0, width, height - y};

    assert_found(&left, CU_PDQ_CROPPED_LEFT, false);
    assert_found(&right, CU_PDQ_CROPPED_RIGHT, false);
    assert_found(&above, CU_PDQ_CROPPED_TOP, false);
    assert_found(&below, CU_PDQ_CROPPED_BOTTOM, false);
}

static void finds_a_turned_picture(void **state)
{
    (void)state;
    const look right = {0.0, 0.0, 2.2, width, height};
    const look left_grown = {-8.0, -10.0, -2.0, width + 16, height + 20};

    assert_found(&right, CU_PDQ_ROTATED, false);
    assert_found(&left_grown, CU_PDQ_ROTATED_GROWN, false);
}

static void a_small_picture_has_no_views(void **state)
{
    (void)state;
    const look small = {0.0, 0.0, 0.0, 200, 31};
    const cu_pdq_pixels pixels = paint(&small);
    cu_pdq_view views[cu_pdq_views_max];
    size_t count = 9;
    cu_err err = {0};

    assert_int_equal(cu_pdq_hash_views(&pixels, views, &count, &err), CU_OK);
    assert_int_equal(count, 0);
    free((void *)(uintptr_t)pixels.p);
}

static void refuses_what_is_no_picture(void **state)
{
    (void)state;
    const uint8_t p[4] = {0};
    const cu_pdq_pixels pixels = {
        .p = p, .stride_bytes = 4, .width = 1, .height = 1, .channels = 4};
    cu_pdq_view views[cu_pdq_views_max];
    size_t count = 9;
    cu_err err = {0};

    assert_int_equal(cu_pdq_hash_views(&pixels, views, &count, &err), CU_EUSAGE);
    assert_int_equal(count, 0);
    assert_string_equal(cu_pdq_change_word(CU_PDQ_FRAMED), "framed");
}

/* No side leads the search for frames out of the picture, and no view is of another kind. */
static void any_shape_gives_views_in_order(void **state)
{
    (void)state;
    static const uint32_t sides[] = {32, 33, 64, 511, 512, 513, 1500};

    for (size_t i = 0; i < CU_COUNT_OF(sides); i++) {
        for (size_t k = 0; k < CU_COUNT_OF(sides); k++) {
            const look any = {-20.0, -20.0, 0.0, sides[i], sides[k]};
            const cu_pdq_pixels pixels = paint(&any);
            cu_pdq_view views[cu_pdq_views_max];
            cu_pdq_view again[cu_pdq_views_max];
            size_t count = 0;
            size_t twice = 0;
            cu_err err = {0};

            assert_int_equal(cu_pdq_hash_views(&pixels, views, &count, &err), CU_OK);
            assert_int_equal(cu_pdq_hash_views(&pixels, again, &twice, &err), CU_OK);
            assert_int_equal(count, twice);
            assert_memory_equal(views, again, count * sizeof views[0]);
            for (size_t v = 0; v < count; v++) {
                assert_in_range(views[v].change, 0, cu_pdq_changes - 1);
                assert_in_range(views[v].hash.quality, 0, 100);
            }
            free((void *)(uintptr_t)pixels.p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_picture_in_a_frame),
        cmocka_unit_test(finds_a_picture_in_a_window),
        cmocka_unit_test(finds_a_picture_without_its_edges),
        cmocka_unit_test(finds_a_picture_without_one_edge),
        cmocka_unit_test(finds_a_turned_picture),
        cmocka_unit_test(a_small_picture_has_no_views),
        cmocka_unit_test(refuses_what_is_no_picture),
        cmocka_unit_test(any_shape_gives_views_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
