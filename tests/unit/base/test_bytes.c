/* SPDX-License-Identifier: Apache-2.0 */
/* The cursor never leaves its view; the buffer never passes its ceiling. */
#include "base/bytes.h"
#include "support/allocations.h"
#include "support/cmocka.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void reads_numbers_in_both_orders(void **state)
{
    (void)state;
    const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7, 8};
    cu_cursor c = cu_cursor_over((cu_bytes){raw, sizeof raw});

    assert_int_equal(cu_cursor_u16le(&c), 0x0201);
    assert_int_equal(cu_cursor_u16be(&c), 0x0304);
    assert_int_equal(cu_cursor_u32be(&c), 0x05060708);
    assert_false(c.bad);
    assert_int_equal(cu_cursor_left(&c), 0);
}

static void stays_bad_after_one_step_too_far(void **state)
{
    (void)state;
    const uint8_t raw[] = {1, 2, 3};
    cu_cursor c = cu_cursor_over((cu_bytes){raw, sizeof raw});

    assert_int_equal(cu_cursor_u32le(&c), 0);
    assert_true(c.bad);
    assert_int_equal(cu_cursor_u8(&c), 0);
    assert_null(cu_cursor_take(&c, 1).p);
    assert_int_equal(cu_cursor_left(&c), 0);
}

static void takes_no_length_that_wraps(void **state)
{
    (void)state;
    const uint8_t raw[] = {1, 2, 3};
    cu_cursor c = cu_cursor_over((cu_bytes){raw, sizeof raw});

    assert_int_equal(cu_cursor_u8(&c), 1);
    assert_null(cu_cursor_take(&c, SIZE_MAX).p);
    assert_true(c.bad);
}

static void a_slice_is_cut_to_what_is_there(void **state)
{
    (void)state;
    const uint8_t raw[] = {1, 2, 3};
    const cu_bytes view = {raw, sizeof raw};

    assert_int_equal(cu_bytes_slice(view, 1, SIZE_MAX).n, 2);
    assert_int_equal(cu_bytes_slice(view, 3, 1).n, 0);
    assert_int_equal(cu_bytes_slice(view, SIZE_MAX, 1).n, 0);
}

static void a_buffer_keeps_its_ceiling(void **state)
{
    (void)state;
    cu_buffer buffer = {.ceiling = 8};
    cu_err err = {0};

    cu_buffer_u64le(&buffer, 0x1122334455667788);
    assert_int_equal(cu_buffer_check(&buffer, &err), CU_OK);
    cu_buffer_u8(&buffer, 1);
    assert_int_equal(cu_buffer_check(&buffer, &err), CU_ELIMIT);
    assert_string_equal(err.text, "more than 8 bytes");
    assert_int_equal(buffer.n, 8);
    assert_int_equal(buffer.p[0], 0x88);
    cu_buffer_free(&buffer);
}

/* One that went over its ceiling takes again what fits. */
static void an_emptied_buffer_is_good_again(void **state)
{
    cu_buffer buffer = {.ceiling = 4};

    (void)state;
    for (int i = 0; i < 3; i++) {
        cu_buffer_append(&buffer, "12345", 5);
        assert_int_equal(buffer.bad, CU_ELIMIT);
        cu_buffer_empty(&buffer);
        assert_int_equal(buffer.n, 0);
        cu_buffer_append(&buffer, "1234", 4);
        assert_int_equal(buffer.bad, CU_OK);
        assert_int_equal(buffer.n, 4);
    }
    cu_buffer_free(&buffer);
}

/* An allocation that fails is not the ceiling, and a ceiling is not an allocation. */
static void a_buffer_tells_its_ceiling_from_a_lack_of_memory(void **state)
{
    (void)state;
    static const size_t ceilings[] = {0, 8, SIZE_MAX};

    for (size_t i = 0; i < CU_COUNT_OF(ceilings); i++) {
        cu_buffer buffer = {.ceiling = ceilings[i]};
        cu_err err = {0};

        allocations_fail_after(0);
        cu_buffer_format(&buffer, "%s", "three");
        assert_true(allocations_end());
        assert_int_equal(cu_buffer_check(&buffer, &err), CU_ENOMEM);
        assert_string_equal(err.text, "out of memory");
        cu_buffer_u8(&buffer, 1); /* memory is there again, but what was to go first is not */
        assert_int_equal(cu_buffer_check(&buffer, &err), CU_ENOMEM);
        cu_buffer_free(&buffer);
        assert_int_equal(cu_buffer_check(&buffer, &err), CU_OK);
        cu_buffer_append(&buffer, "12345678", 8);
        assert_int_equal(cu_buffer_check(&buffer, &err), CU_OK);
        assert_false(cu_buffer_reserve(&buffer, SIZE_MAX));
        assert_int_equal(cu_buffer_check(&buffer, &err), i == 0 ? CU_ENOMEM : CU_ELIMIT);
        assert_int_equal(buffer.n, 8);
        cu_buffer_free(&buffer);
    }
}

static void a_wiped_buffer_is_empty_and_may_be_filled_again(void **state)
{
    (void)state;
    cu_buffer buffer = {.ceiling = 8};

    cu_buffer_wipe(&buffer); /* nothing is there yet */
    for (unsigned round = 0; round < 2; round++) {
        cu_buffer_append(&buffer, "secret", 6);
        assert_int_equal(cu_buffer_check(&buffer, NULL), CU_OK);
        cu_buffer_wipe(&buffer);
        assert_null(buffer.p);
        assert_int_equal(buffer.n + buffer.room, 0);
        assert_int_equal(buffer.ceiling, 8);
    }
}

static void hexadecimal_goes_there_and_back(void **state)
{
    (void)state;
    const uint8_t raw[] = {0x00, 0xAB, 0xFF};
    char text[7];
    uint8_t back[3] = {9, 9, 9};

    cu_hex_encode((cu_bytes){raw, sizeof raw}, text);
    assert_string_equal(text, "00abff");
    assert_false(cu_hex_decode("00abfg", 6, back, 3));
    assert_false(cu_hex_decode("00abff0", 7, back, 3));
    assert_int_equal(back[0], 9);
    assert_true(cu_hex_decode("00ABff", 6, back, 3));
    assert_memory_equal(back, raw, 3);
}

/* Eight digits are taken at a time: every byte in every place, and every length. */
static void hexadecimal_is_nothing_but_digits(void **state)
{
    enum { digits = 42 };

    (void)state;
    for (size_t length = 0; length <= digits; length += 2) {
        for (size_t at = 0; at < length; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                char text[digits];
                uint8_t back[digits / 2];
                const char *const digit = "0123456789abcdef0123456789ABCDEF";

                memset(back, 0x5a, sizeof back);
                for (size_t i = 0; i < length; i++)
                    text[i] = digit[(i * 7 + length) % 32];
                text[at] = (char)byte;

                const bool good = isxdigit((int)byte) != 0;

                assert_int_equal(cu_hex_decode(text, length, back, length / 2), good);
                for (size_t i = 0; i < length / 2; i++) {
                    const char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};

                    assert_int_equal(back[i], good ? strtoul(pair, NULL, 16) : 0x5a);
                }
            }
        }
    }
}

static void knows_each_hexadecimal_digit(void **state)
{
    static const char digits[] = "0123456789abcdef";

    (void)state;
    for (int c = 0; c < 256; c++) {
        const char *const found =
            c == 0 ? NULL : strchr(digits, c >= 'A' && c <= 'Z' ? c + 32 : c);

        assert_int_equal(cu_hex_digit((uint8_t)c), found == NULL ? -1 : found - digits);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_numbers_in_both_orders),
        cmocka_unit_test(stays_bad_after_one_step_too_far),
        cmocka_unit_test(takes_no_length_that_wraps),
        cmocka_unit_test(a_slice_is_cut_to_what_is_there),
        cmocka_unit_test(a_buffer_keeps_its_ceiling),
        cmocka_unit_test(an_emptied_buffer_is_good_again),
        cmocka_unit_test(a_buffer_tells_its_ceiling_from_a_lack_of_memory),
        cmocka_unit_test(a_wiped_buffer_is_empty_and_may_be_filled_again),
        cmocka_unit_test(hexadecimal_goes_there_and_back),
        cmocka_unit_test(hexadecimal_is_nothing_but_digits),
        cmocka_unit_test(knows_each_hexadecimal_digit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
