/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a failure say what was tried and why not, however long the path between them. */
#include "base/err.h"

#include "base/text.h"
#include "support/cmocka.h"

#include <errno.h>
#include <string.h>

/* A path of n bytes, in characters of two. */
static const char *long_path(size_t n)
{
    static char path[8192];

    for (size_t i = 0; i + 2 <= n; i += 2)
        memcpy(path + i, "é", 2);
    path[n - n % 2] = '\0';
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    const size_t n = strlen(text);
    const size_t m = strlen(end);

    return n >= m && strcmp(text + n - m, end) == 0;
}

static bool is_utf8(const char *text)
{
    return cu_text_is_utf8((cu_bytes){(const uint8_t *)text, strlen(text)});
}

static void a_short_text_is_kept_as_it_is(void **state)
{
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_fail(&err, CU_EFORMAT, "it has %d bytes", 3), CU_EFORMAT);
    assert_string_equal(err.text, "it has 3 bytes");
    assert_int_equal(cu_while(&err, CU_EFORMAT, "reading \"%s\"", "x"), CU_EFORMAT);
    assert_string_equal(err.text, "reading \"x\": it has 3 bytes");
}

static void an_errno_has_words_of_its_own(void **state)
{
    cu_err err = {0};

    (void)state;
    errno = ENOENT;
    assert_int_equal(cu_fail_errno(&err), CU_EIO);
    assert_string_equal(err.text, "No such file or directory");
    assert_int_equal(err.os_errno, ENOENT);
    errno = ENOMEM;
    assert_int_equal(cu_fail_errno(&err), CU_ENOMEM);
    assert_int_equal(cu_fail_errno(NULL), CU_ENOMEM);
}

static void a_long_path_costs_neither_what_was_tried_nor_why_not(void **state)
{
    (void)state;
    for (size_t n = 180; n < 320; n++) {
        cu_err err = {0};

        errno = ENOENT;
        assert_int_equal(cu_fail_os(&err, "could not open \"%s\"", long_path(n)), CU_EIO);
        assert_true(ends_with(err.text, "\": No such file or directory"));
        assert_int_equal(err.os_errno, ENOENT);
        (void)cu_while(&err, CU_EIO, "could not open hash set \"%s\"", long_path(n));
        assert_memory_equal(err.text, "could not open hash set \"", 25);
        assert_true(ends_with(err.text, "\": No such file or directory"));
        assert_true(is_utf8(err.text));
        (void)cu_fail(&err, CU_EEXISTS, "\"%s\" is there already", long_path(n));
        assert_true(ends_with(err.text, "\" is there already"));
        assert_true(is_utf8(err.text));
    }
}

static void the_longest_path_fits_too(void **state)
{
    cu_err err = {0};

    (void)state;
    (void)cu_fail(&err, CU_EEXISTS, "\"%s\" is there already", long_path(4095));
    assert_true(ends_with(err.text, "\" is there already"));
    assert_non_null(strstr(err.text, "…"));
    assert_true(is_utf8(err.text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_text_is_kept_as_it_is),
        cmocka_unit_test(an_errno_has_words_of_its_own),
        cmocka_unit_test(a_long_path_costs_neither_what_was_tried_nor_why_not),
        cmocka_unit_test(the_longest_path_fits_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
