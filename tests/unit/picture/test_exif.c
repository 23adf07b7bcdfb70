/* SPDX-License-Identifier: Apache-2.0 */
/* EXIF: fields of either byte order, times and places, circles and lies. */
#include "picture/examine.h"
#include "picture/exif.h"
#include "support/cmocka.h"
#include "support/make_jpeg.h"

#include <stdlib.h>
#include <string.h>

/* A TIFF being made: numbers in its order, values that do not fit put behind. */
typedef struct maker {
    cu_buffer out;
    bool big_endian;
} maker;

static void u16(maker *self, uint32_t value)
{
    cu_buffer_u8(&self->out, (uint8_t)(self->big_endian ? value >> 8 : value));
    cu_buffer_u8(&self->out, (uint8_t)(self->big_endian ? value : value >> 8));
}

static void u32(maker *self, uint32_t value)
{
    u16(self, self->big_endian ? value >> 16 : value & 0xFFFF);
    u16(self, self->big_endian ? value & 0xFFFF : value >> 16);
}

static void entry(maker *self, uint32_t tag, uint32_t type, uint32_t count, uint32_t value)
{
    u16(self, tag);
    u16(self, type);
    u32(self, count);
    if (type == 3 && count == 1) {
        u16(self, value);
        u16(self, 0);
    } else {
        u32(self, value);
    }
}

static void begin(maker *self, bool big_endian)
{
    *self = (maker){.big_endian = big_endian};
    cu_buffer_append(&self->out, big_endian ? "MM" : "II", 2);
    u16(self, 42);
    u32(self, 8);
}

/* Main directory at 8, EXIF at 100, GPS at 180, the second of the chain at 260, values from
 * 300. */
static cu_buffer make(bool big_endian, uint32_t thumbnail_bytes)
{
    maker m;

    begin(&m, big_endian);
    u16(&m, 5);
    entry(&m, 0x010F, 2, 6, 300); /* make */
    entry(&m, 0x0112, 3, 1, 6);
    entry(&m, 0x0132, 2, 20, 320);
    entry(&m, 0x8769, 4, 1, 100);
    entry(&m, 0x8825, 4, 1, 180);
    u32(&m, 260);
    while (m.out.n < 100)
        cu_buffer_u8(&m.out, 0);
    u16(&m, 4);
    entry(&m, 0x9003, 2, 20, 340);
    entry(&m, 0x9011, 2, 7, 360);
    entry(&m, 0x9291, 2, 3, big_endian ? 0x32350000 : 0x3532); /* "25" */
    entry(&m, 0xA431, 2, 10, 370);
    u32(&m, 0);
    while (m.out.n < 180)
        cu_buffer_u8(&m.out, 0);
    u16(&m, 4);
    entry(&m, 1, 2, 2, big_endian ? 0x53000000 : 0x53); /* S */
    entry(&m, 2, 5, 3, 380);
    entry(&m, 3, 2, 2, big_endian ? 0x57000000 : 0x57); /* W */
    entry(&m, 4, 5, 3, 404);
    u32(&m, 0);
    while (m.out.n < 260)
        cu_buffer_u8(&m.out, 0);
    u16(&m, 2);
    entry(&m, 0x0201, 4, 1, 440);
    entry(&m, 0x0202, 4, 1, thumbnail_bytes);
    u32(&m, 8); /* a circle */
    while (m.out.n < 300)
        cu_buffer_u8(&m.out, 0);
    cu_buffer_append(&m.out, "Mak\x1b!\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
    cu_buffer_append(&m.out, "2020:01:02 03:04:05\0", 20);
    cu_buffer_append(&m.out, "2019:12:31 23:59:59\0", 20);
    cu_buffer_append(&m.out, "-02:30\0\0\0\0", 10);
    cu_buffer_append(&m.out, "SN 12345 \0", 10);
    for (uint32_t i = 0; i < 2; i++) {
        u32(&m, 10 + i);
        u32(&m, 1);
        u32(&m, 30);
        u32(&m, 1);
        u32(&m, 36);
        u32(&m, 10);
    }
    while (m.out.n < 440)
        cu_buffer_u8(&m.out, 0);
    return m.out;
}

static void reads_every_field_in_either_order(void **state)
{
    (void)state;
    for (int big_endian = 0; big_endian < 2; big_endian++) {
        cu_buffer tiff = make(big_endian, 0);
        cu_exif exif;

        cu_exif_read(cu_buffer_view(&tiff), &exif);
        assert_int_equal(exif.orientation, 6);
        assert_string_equal(exif.facts.make, "Mak?!");
        assert_string_equal(exif.facts.serial, "SN 12345");
        /* 2019-12-31 23:59:59.25 in a zone that is two and a half hours behind. */
        assert_int_equal(exif.facts.taken_us, INT64_C(1577845799250000));
        assert_int_equal(exif.facts.latitude, -105010000);
        assert_int_equal(exif.facts.longitude, -115010000);
        assert_int_equal(exif.thumbnail.n, 0);
        cu_buffer_free(&tiff);
    }
}

static void ends_wherever_it_is_cut_off_or_spoilt(void **state)
{
    (void)state;
    cu_buffer tiff = make(true, 50);
    cu_exif exif;

    for (size_t n = 0; n <= tiff.n; n++) {
        uint8_t *const copy = malloc(n + 1);

        memcpy(copy, tiff.p, n);
        cu_exif_read((cu_bytes){copy, n}, &exif);
        free(copy);
    }
    for (size_t i = 0; i < tiff.n * 8; i++) {
        tiff.p[i / 8] ^= (uint8_t)(1U << i % 8);
        cu_exif_read(cu_buffer_view(&tiff), &exif);
        assert_true(exif.orientation >= 1 && exif.orientation <= 8);
        tiff.p[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    cu_buffer_free(&tiff);
}

static void believes_no_time_that_cannot_be(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "0000:00:00 00:00:00",
                                      "2020:13:01 00:00:00",
                                      "2020:00:01 00:00:00",
                                      "2020:01:32 00:00:00",
                                      "2020:01:01 24:00:00",
                                      "2020:01:01 00:60:00",
                                      "1899:12:31 23:59:59",
                                      "2100:01:01 00:00:00",
                                      "    :  :     :  :  ",
                                      "2020:01:01 00:00:0"};

    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_int_equal(cu_exif_time_us((cu_bytes){(const uint8_t *)bad[i], strlen(bad[i])}),
                         CU_PICTURE_NO_TIME);
    assert_int_equal(cu_exif_time_us((cu_bytes){(const uint8_t *)"1970:01:01 00:00:01", 19}),
                     1000000);
    assert_int_equal(cu_exif_time_us((cu_bytes){(const uint8_t *)"2000:02:29 12:00:00", 19}),
                     INT64_C(951825600000000));
}

/* A JPEG with that EXIF, whose thumbnail is another JPEG. */
static cu_buffer with_thumbnail(const make_jpeg *picture, const make_jpeg *thumbnail)
{
    cu_buffer out = {0};
    size_t n = 0;
    size_t small_n = 0;
    uint8_t *const file = make_jpeg_file(picture, &n);
    uint8_t *const small = make_jpeg_file(thumbnail, &small_n);
    cu_buffer tiff = make(false, (uint32_t)small_n);
    const size_t segment = 2 + 6 + tiff.n + small_n;

    assert_true(segment < 65536);
    cu_buffer_append(&out, file, 2);
    cu_buffer_append(&out, "\xFF\xE1", 2);
    cu_buffer_u8(&out, (uint8_t)(segment >> 8));
    cu_buffer_u8(&out, (uint8_t)segment);
    cu_buffer_append(&out, "Exif\0\0", 6);
    cu_buffer_append(&out, tiff.p, tiff.n);
    cu_buffer_append(&out, small, small_n);
    cu_buffer_append(&out, file + 2, n - 2);
    cu_buffer_free(&tiff);
    free(file);
    free(small);
    return out;
}

static void compares_the_thumbnail(void **state)
{
    (void)state;
    const make_jpeg picture = {.width = 640,
                               .height = 426,
                               .channels = 3,
                               .across = 2,
                               .down = 2,
                               .quality = 85,
                               .seed = 21};
    make_jpeg same = picture;
    make_jpeg other = picture;
    cu_picture_facts facts;

    same.width = 160;
    same.height = 106;
    other.width = 160;
    other.height = 106;
    other.seed = 4;

    cu_buffer file = with_thumbnail(&picture, &same);

    cu_picture_examine_here(cu_buffer_view(&file), false, &facts);
    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    assert_int_equal(cu_picture_facts_check(&facts, file.n, NULL), CU_OK);
    assert_true(facts.thumbnail.bytes > 1000);
    assert_memory_equal(file.p + facts.thumbnail.offset, "\xFF\xD8\xFF", 3);
    print_message("# its own thumbnail is %u bits away\n", facts.thumbnail.distance);
    assert_true(facts.thumbnail.distance <= cu_picture_thumbnail_differs);
    assert_int_equal(facts.orientation, 6);
    cu_buffer_free(&file);
    file = with_thumbnail(&picture, &other);
    cu_picture_examine_here(cu_buffer_view(&file), false, &facts);
    print_message("# another is %u bits away\n", facts.thumbnail.distance);
    assert_true(facts.thumbnail.distance > cu_picture_thumbnail_differs);
    cu_buffer_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field_in_either_order),
        cmocka_unit_test(ends_wherever_it_is_cut_off_or_spoilt),
        cmocka_unit_test(believes_no_time_that_cannot_be),
        cmocka_unit_test(compares_the_thumbnail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
