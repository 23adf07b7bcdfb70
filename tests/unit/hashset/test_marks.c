/* SPDX-License-Identifier: Apache-2.0 */
/* Every marker answers as the grammar does, for every byte in every place. */
#include "hashset/marks.h"
#include "support/cmocka.h"

#include <stdbool.h>
#include <string.h>

enum { words = 3 };

static bool is_marked(uint8_t byte)
{
    return byte == '"' || byte == '\\' || byte < 0x20;
}

static void compare(cu_json_marker *marker, const uint8_t bytes[64 * words])
{
    uint64_t marks[words];

    marker(bytes, words, marks);
    for (size_t i = 0; i < (size_t)64 * words; i++)
        assert_int_equal(marks[i / 64] >> i % 64 & 1, is_marked(bytes[i]));
}

static void mark_all(cu_json_marker *marker)
{
    uint8_t bytes[64 * words];

    for (unsigned byte = 0; byte < 256; byte++) {
        for (size_t at = 0; at < 64; at++) {
            memset(bytes, 'a', sizeof bytes);
            bytes[64 + at] = (uint8_t)byte;
            compare(marker, bytes);
        }
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(byte + i * (byte | 1));
        compare(marker, bytes);
    }
}

static void marks_each_byte_in_plain_code(void **state)
{
    (void)state;
    mark_all(cu_json_mark_plain);
}

static void marks_each_byte_in_the_best_code(void **state)
{
    (void)state;
    mark_all(cu_json_marker_best());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_each_byte_in_plain_code),
        cmocka_unit_test(marks_each_byte_in_the_best_code),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
