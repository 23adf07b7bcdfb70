/* SPDX-License-Identifier: Apache-2.0 */
/* The token reader: the grammar, the offsets of what breaks it, and yajl as a second opinion.
 */
#include "hashset/json.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* ---- events as text, from both ---- */

static cu_status events_of(cu_bytes text, cu_buffer *out, cu_err *err)
{
    static const char names[] = "$ { } [ ] K S N t f n ";
    const cu_hashset_source source = {.path = "a.json", .bytes = text};
    cu_json_reader reader = cu_json_reader_over(&source);
    uint8_t room[256];
    cu_status st = CU_OK;

    for (cu_json_token token = CU_JSON_NULL; st == CU_OK && token != CU_JSON_END;) {
        st = cu_json_next(&reader, &token, err);
        if (st != CU_OK || token == CU_JSON_END)
            break;
        cu_buffer_u8(out, (uint8_t)names[2 * token]);
        if (token == CU_JSON_KEY || token == CU_JSON_STRING || token == CU_JSON_NUMBER) {
            const cu_bytes got = cu_json_text_of(&reader, room, sizeof room);

            cu_buffer_append(out, got.p, got.n);
            cu_buffer_u8(out, '\n');
        }
    }
    return st;
}

static int put(void *out, char kind, const void *text, size_t n)
{
    cu_buffer_u8(out, (uint8_t)kind);
    if (text != NULL) {
        cu_buffer_append(out, text, n);
        cu_buffer_u8(out, '\n');
    }
    return 1;
}

static int on_null(void *out)
{
    return put(out, 'n', NULL, 0);
}

static int on_bool(void *out, int value)
{
    return put(out, value != 0 ? 't' : 'f', NULL, 0);
}

static int on_number(void *out, const char *text, size_t n)
{
    return put(out, 'N', text, n);
}

static int on_string(void *out, const unsigned char *text, size_t n)
{
    return put(out, 'S', text, n);
}

static int on_key(void *out, const unsigned char *text, size_t n)
{
    return put(out, 'K', text, n);
}

static int on_open_object(void *out)
{
    return put(out, '{', NULL, 0);
}

static int on_close_object(void *out)
{
    return put(out, '}', NULL, 0);
}

static int on_open_array(void *out)
{
    return put(out, '[', NULL, 0);
}

static int on_close_array(void *out)
{
    return put(out, ']', NULL, 0);
}

static bool yajl_events_of(cu_bytes text, cu_buffer *out)
{
    const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_open_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close_object,
        .yajl_start_array = on_open_array,
        .yajl_end_array = on_close_array,
    };
    const yajl_handle yajl = yajl_alloc(&callbacks, NULL, out);

    assert_non_null(yajl);
    yajl_config(yajl, yajl_dont_validate_strings, 1);

    const bool good = yajl_parse(yajl, text.p, text.n) == yajl_status_ok &&
                      yajl_complete_parse(yajl) == yajl_status_ok;

    yajl_free(yajl);
    return good;
}

static cu_bytes bytes_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- what is said ---- */

static void gives_each_token_in_turn(void **state)
{
    (void)state;
    cu_buffer out = {0};
    cu_err err = {0};

    assert_int_equal(events_of(bytes_of("\xEF\xBB\xBF {\"a\":[1,-2.5e+3,true],\r\n\"b\\n\":"
                                        "{\"\":null},\"c\":false} \n"),
                               &out, &err),
                     CU_OK);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, "{Ka\n[N1\nN-2.5e+3\nt]Kb\n\n{K\nn}Kc\nf}");
    cu_buffer_free(&out);
}

static void undoes_escapes(void **state)
{
    (void)state;

    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "S\"\\/\b\f\n\r\t\n"},
        {"\"\\u0041\\u00e9\\u20AC\"", "SA\xC3\xA9\xE2\x82\xAC\n"},
        {"\"\\ud83d\\ude00x\"", "S\xF0\x9F\x98\x80x\n"},
        {"\"\\ud83dx\"", "S\xEF\xBF\xBDx\n"},                  /* a high surrogate alone */
        {"\"\\ude00\\ud83d\"", "S\xEF\xBF\xBD\xEF\xBF\xBD\n"}, /* the wrong way round */
        {"\"\\ud83d\\u0041\"", "S\xEF\xBF\xBD"
                               "A\n"},
        {"\"a\xFF\xC0z\"", "Sa\xFF\xC0z\n"}, /* not UTF-8, and kept */
    };

    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        cu_buffer out = {0};
        cu_err err = {0};

        assert_int_equal(events_of(bytes_of(cases[i].text), &out, &err), CU_OK);
        cu_buffer_u8(&out, 0);
        assert_string_equal((const char *)out.p, cases[i].expected);
        cu_buffer_free(&out);
    }
}

static void cuts_decoded_text_to_its_room(void **state)
{
    (void)state;
    const cu_hashset_source source = {.path = "a", .bytes = bytes_of("\"\\u20ac\\u20ac\"")};
    cu_json_reader reader = cu_json_reader_over(&source);
    cu_json_token token = CU_JSON_END;
    uint8_t room[6] = {0, 0, 0, 0, 0, 0x55};

    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_text_of(&reader, room, 5).n, 3); /* no half character */
    assert_int_equal(room[5], 0x55);
    assert_int_equal(cu_json_text_of(&reader, room, 6).n, 6);
}

static void names_the_offset_and_what_was_expected(void **state)
{
    (void)state;

    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "byte 0: expected a value, but the file ends"},
        {"{\"a\":1", "byte 6: expected a comma or }, but the file ends"},
        {"[1 2]", "byte 3: expected a comma or ]"},
        {"[1,]", "byte 3: expected a value"},
        {"{\"a\" 1}", "byte 5: expected a colon after the key"},
        {"{\"a\":1,}", "byte 7: expected a key"},
        {"{a:1}", "byte 1: expected a key"},
        {"[\"abc", "byte 5: expected the end of a string, but the file ends"},
        {"[\"a\tb\"]", "byte 3: expected no control character in a string"},
        {"[\"\\x\"]", "byte 3: expected one of \"\\/bfnrtu after a backslash"},
        {"[\"\\u12G4\"]", "byte 6: expected four hexadecimal digits after \\u"},
        {"[01]", "byte 2: expected a comma or ]"},
        {"[1.]", "byte 3: expected a digit after the point"},
        {"[1e+]", "byte 4: expected a digit of the exponent"},
        {"[-]", "byte 2: expected a digit"},
        {"[nul]", "byte 4: expected null"},
        {"{} x", "byte 3: expected the end of the file"},
    };

    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        cu_buffer out = {0};
        cu_err err = {0};

        assert_int_equal(events_of(bytes_of(cases[i].text), &out, &err), CU_EFORMAT);
        assert_non_null(strstr(err.text, cases[i].words));
        assert_non_null(strstr(err.text, "nothing was imported"));
        cu_buffer_free(&out);
    }
}

static void refuses_a_file_nested_too_deep(void **state)
{
    (void)state;
    char text[2 * cu_json_depth_max + 3] = {0};
    cu_buffer out = {0};
    cu_err err = {0};

    memset(text, '[', cu_json_depth_max);
    memset(text + cu_json_depth_max, ']', cu_json_depth_max);
    assert_int_equal(events_of(bytes_of(text), &out, &err), CU_OK);
    memset(text, '[', cu_json_depth_max + 1);
    memset(text + cu_json_depth_max + 1, ']', cu_json_depth_max + 1);
    assert_int_equal(events_of(bytes_of(text), &out, &err), CU_ELIMIT);
    assert_non_null(strstr(err.text, "byte 64"));
    cu_buffer_free(&out);
}

static void skips_any_value_whole(void **state)
{
    (void)state;
    const cu_hashset_source source = {
        .path = "a", .bytes = bytes_of("{\"a\":[1,{\"b\":[]},\"]\"],\"c\":7,\"d\":[[2],3]}")};
    cu_json_reader reader = cu_json_reader_over(&source);
    cu_json_token token = CU_JSON_END;

    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_skip(&reader, token, NULL), CU_OK); /* a key: its value */
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_true(cu_json_is(reader.raw, "c"));
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_skip(&reader, token, NULL), CU_OK); /* a number: nothing more */
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_true(cu_json_is(reader.raw, "d"));
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(cu_json_skip(&reader, token, NULL), CU_OK); /* an array inside one */
    assert_int_equal(cu_json_next(&reader, &token, NULL), CU_OK);
    assert_int_equal(token, CU_JSON_NUMBER);
}

/* ---- against yajl ---- */

static uint64_t random_state = 88172645463325252U;

static unsigned below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % n);
}

static void make_string(cu_buffer *out)
{
    static const char *const parts[] = {
        "a",    "Bridge", "\\\\DCIM\\\\", "\\n", "\\u0041",       "\\u20ac", "\\\"", "\xC3\xA9",
        "\xFF", " ",      "0123456789",   "\\/", "\\ud83d\\ude00"};

    cu_buffer_u8(out, '"');
    for (unsigned n = below(6); n > 0; n--)
        cu_buffer_format(out, "%s", parts[below(CU_COUNT_OF(parts))]);
    cu_buffer_u8(out, '"');
}

static void make_space(cu_buffer *out)
{
    static const char *const spaces[] = {"", "", "", "", " ", "\n", "\r\n", "\t  "};

    cu_buffer_format(out, "%s", spaces[below(CU_COUNT_OF(spaces))]);
}

static void make_value(cu_buffer *out, unsigned depth)
{
    static const char *const atoms[] = {
        "0", "-1", "12.50", "1e9", "-0.1E-7", "true", "false", "null", "1234567890123456789"};
    const unsigned kind = below(depth > 4 ? 2 : 4);

    make_space(out);
    if (kind == 0) {
        make_string(out);
    } else if (kind == 1) {
        cu_buffer_format(out, "%s", atoms[below(CU_COUNT_OF(atoms))]);
    } else {
        const unsigned n = below(5);

        cu_buffer_u8(out, kind == 2 ? '[' : '{');
        for (unsigned i = 0; i < n; i++) {
            if (i > 0)
                cu_buffer_u8(out, ',');
            if (kind == 3) {
                make_space(out);
                make_string(out);
                make_space(out);
                cu_buffer_u8(out, ':');
            }
            make_value(out, depth + 1);
        }
        make_space(out);
        cu_buffer_u8(out, kind == 2 ? ']' : '}');
    }
    make_space(out);
}

static void compare(cu_bytes text)
{
    cu_buffer ours = {0};
    cu_buffer theirs = {0};
    cu_err err = {0};
    const bool good = events_of(text, &ours, &err) == CU_OK;

    /* After the value yajl overlooks a string that does not end; we do not. */
    if (good != yajl_events_of(text, &theirs) &&
        strstr(err.text, "expected the end of the file") == NULL)
        fail_msg("they disagree on %.*s (%s)", (int)text.n, (const char *)text.p, err.text);
    if (good) {
        assert_int_equal(ours.n, theirs.n);
        assert_memory_equal(ours.p, theirs.p, ours.n);
    }
    cu_buffer_free(&ours);
    cu_buffer_free(&theirs);
}

/* True where a \u escape names half a pair: yajl has its own mind about these. */
static bool has_half_pair(cu_bytes text)
{
    for (size_t i = 0; i + 3 < text.n; i++) {
        if (text.p[i] == '\\' && text.p[i + 1] == 'u' && (text.p[i + 2] | 0x20) == 'd')
            return true;
    }
    return false;
}

static void agrees_with_yajl_on_made_and_broken_text(void **state)
{
    (void)state;
    static const char bytes[] = "{}[],:\"\\u0aE+-.tfn \t\x01\x00\xFF";

    for (unsigned round = 0; round < 20000; round++) {
        cu_buffer text = {0};

        make_value(&text, 0);
        compare(cu_buffer_view(&text));
        for (unsigned n = 1 + below(3); n > 0 && text.n > 0; n--)
            text.p[below((unsigned)text.n)] = (uint8_t)bytes[below(sizeof bytes - 1)];
        if (!has_half_pair(cu_buffer_view(&text)))
            compare(cu_buffer_view(&text));
        if (text.n > 0 && !has_half_pair(cu_buffer_view(&text)))
            compare((cu_bytes){text.p, below((unsigned)text.n)});
        cu_buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_each_token_in_turn),
        cmocka_unit_test(undoes_escapes),
        cmocka_unit_test(cuts_decoded_text_to_its_room),
        cmocka_unit_test(names_the_offset_and_what_was_expected),
        cmocka_unit_test(refuses_a_file_nested_too_deep),
        cmocka_unit_test(skips_any_value_whole),
        cmocka_unit_test(agrees_with_yajl_on_made_and_broken_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
