/* SPDX-License-Identifier: Apache-2.0 */
/* One writer: commas, nesting and escapes. */
#include "base/json.h"
#include "support/cmocka.h"

static void writes_nested_values(void **state)
{
    (void)state;
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_open_object(&json, NULL);
    cu_json_uint(&json, "n", UINT64_MAX);
    cu_json_open_array(&json, "a");
    cu_json_int(&json, NULL, -1);
    cu_json_null(&json, NULL);
    cu_json_close_array(&json);
    cu_json_text(&json, "t", NULL);
    cu_json_real(&json, "r", 1.5, 2);
    cu_json_bool(&json, "b", true);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_buffer_u8(&out, 0);
    assert_string_equal(
        (const char *)out.p,
        "{\"n\":18446744073709551615,\"a\":[-1,null],\"t\":null,\"r\":1.50,\"b\":true}\n");
    cu_buffer_free(&out);
}

static void escapes_what_json_cannot_hold(void **state)
{
    (void)state;
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_text(&json, NULL, "a\"\\\n\x1b\xff");
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, "\"a\\\"\\\\\\u000a\\u001b\\\\xff\"");
    cu_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_nested_values),
        cmocka_unit_test(escapes_what_json_cannot_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
