/* SPDX-License-Identifier: Apache-2.0 */
/* No byte of a hostile name reaches a path or a terminal as something else. */
#include "base/text.h"
#include "support/cmocka.h"

#include <string.h>

#define BYTES(literal) ((cu_bytes){(const uint8_t *)(literal), sizeof(literal) - 1})

static void assert_name(cu_bytes name, const char *expected)
{
    cu_buffer out = {0};

    cu_text_append_name(&out, name);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, expected);
    cu_buffer_free(&out);
}

static void assert_shown(cu_bytes text, const char *expected)
{
    cu_buffer out = {0};

    cu_text_append_shown(&out, text);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, expected);
    cu_buffer_free(&out);
}

static void names_keep_utf8_and_escape_the_rest(void **state)
{
    (void)state;
    assert_name(BYTES("caf\xc3\xa9.jpg"), "caf\xc3\xa9.jpg");
    assert_name(BYTES("a\xff/b\\c"), "a\\xff\\x2fb\\x5cc");
    assert_name(BYTES("\xed\xa0\x80"), "\\xed\\xa0\\x80"); /* a surrogate */
    assert_name(BYTES("\xc0\xaf"), "\\xc0\\xaf");          /* an overlong slash */
    assert_name(BYTES("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

static void nothing_shown_moves_a_cursor(void **state)
{
    (void)state;
    assert_shown(BYTES("a\x1b[2J\nb"), "a\\x1b[2J\\x0ab");
    assert_shown(BYTES("x\xe2\x80\xaegpj"), "x\\u{202e}gpj");
    assert_shown(BYTES("\xc2\x9b"), "\\u{9b}"); /* one-character CSI */
    assert_shown(BYTES("\xfe"), "\\xfe");
}

static void assert_lines(const char *text, const char *in_lines, const char *in_line)
{
    cu_buffer out = {0};

    cu_text_show_lines(&out, text, 3);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, in_lines);
    cu_buffer_empty(&out);
    cu_text_show_in_line(&out, text);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, in_line);
    cu_buffer_free(&out);
}

static void lines_are_shown_as_lines_and_nothing_else_moves_a_cursor(void **state)
{
    (void)state;
    assert_lines("", "", "");
    assert_lines("one", "one", "one");
    assert_lines("one\ntwo\n\nthree", "one\n   two\n   \n   three", "one ¶ two ¶  ¶ three");
    assert_lines("one\n\n", "one", "one ¶  ¶ ");
    assert_lines("\n\tx\t", "\n    x ", " ¶  x ");
    assert_lines("a\x1b[2J\nb\x0d\xe2\x80\xaeg\n\xfe",
                 "a\\x1b[2J\n   b\\x0d\\u{202e}g\n   \\xfe",
                 "a\\x1b[2J ¶ b\\x0d\\u{202e}g ¶ \\xfe");
}

static void every_short_character_is_refused(void **state)
{
    (void)state;
    const uint8_t four[] = {0xF0, 0x9F, 0x98, 0x80};

    assert_int_equal(cu_text_character((cu_bytes){four, 4}), 4);
    for (size_t n = 0; n < 4; n++)
        assert_int_equal(cu_text_character((cu_bytes){four, n}), 0);
}

static void writes_each_character_as_it_is_read(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t out[5] = {0, 0, 0, 0, 0xFF};

        if (c >= 0xD800 && c < 0xE000)
            continue;

        const size_t n = cu_text_put_utf8(c, out);

        assert_int_equal(cu_text_character((cu_bytes){out, n}), n);
    }

    uint8_t euro[4];

    assert_int_equal(cu_text_put_utf8(0x20AC, euro), 3);
    assert_memory_equal(euro, "\xE2\x82\xAC", 3);
}

static void what_does_not_fit_loses_its_middle(void **state)
{
    char out[16];

    (void)state;
    cu_text_fit("fifteen letters", 5, out, sizeof out);
    assert_string_equal(out, "fifteen letters");
    cu_text_fit("sixteen letters!", 5, out, sizeof out);
    assert_string_equal(out, "sixte…etters!");
    cu_text_fit("é é é é é é é é é é", 3, out, sizeof out); /* between characters, both times */
    assert_string_equal(out, "é … é é é");
    assert_true(cu_text_is_utf8((cu_bytes){(const uint8_t *)out, strlen(out)}));
}

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static void characters_are_counted_and_not_bytes(CU_UNUSED void **state)
{
    assert_int_equal(cu_text_count(text_of("")), 0);
    assert_int_equal(cu_text_count(text_of("a\xC3\xA9\xE6\x9D\x8E\xF0\x9F\x93\xB1")), 4);
    assert_int_equal(cu_text_count(text_of("\xFF\xC3")), 2);
}

static void what_is_blank_or_invisible_is_not_visible(CU_UNUSED void **state)
{
    assert_false(cu_text_is_visible(text_of("")));
    assert_false(cu_text_is_visible(text_of(" \t\xE2\x80\x8B\xC2\xA0\xEF\xB8\x8F")));
    assert_true(cu_text_is_visible(text_of(" \xE2\x80\x8B.")));
    assert_true(cu_text_is_visible(text_of("\xD8\xAA")));
    assert_true(cu_text_is_visible(text_of(" \xFF"))); /* a byte that is shown as \xff */
}

static void what_steers_a_line_is_found_and_what_scripts_need_is_not(CU_UNUSED void **state)
{
    uint32_t point = 0;

    assert_true(cu_text_find_steering(text_of("a\xE2\x80\xAE\xC2\x85"), &point));
    assert_int_equal(point, 0x202E); /* the first */
    assert_true(cu_text_find_steering(text_of("\xD8\xAA\xC2\x80"), &point));
    assert_int_equal(point, 0x80);
    assert_true(cu_text_find_steering(text_of("a\rb"), &point));
    assert_int_equal(point, '\r');
    point = 1;
    assert_false(cu_text_find_steering(text_of(""), &point));
    assert_false(cu_text_find_steering(text_of("a\tb\n\xC2\xA0\xD8\xAA"), &point));
    assert_false(cu_text_find_steering(text_of("\xE2\x80\x8D\xE2\x80\x8F\xFF"), &point));
    assert_int_equal(point, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(characters_are_counted_and_not_bytes),
        cmocka_unit_test(what_steers_a_line_is_found_and_what_scripts_need_is_not),
        cmocka_unit_test(what_is_blank_or_invisible_is_not_visible),
        cmocka_unit_test(names_keep_utf8_and_escape_the_rest),
        cmocka_unit_test(nothing_shown_moves_a_cursor),
        cmocka_unit_test(lines_are_shown_as_lines_and_nothing_else_moves_a_cursor),
        cmocka_unit_test(every_short_character_is_refused),
        cmocka_unit_test(writes_each_character_as_it_is_read),
        cmocka_unit_test(what_does_not_fit_loses_its_middle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
