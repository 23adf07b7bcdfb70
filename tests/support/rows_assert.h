/* SPDX-License-Identifier: Apache-2.0 */
/* What a text gives as a format, asserted. */
#ifndef CU_TESTS_SUPPORT_ROWS_ASSERT_H
#define CU_TESTS_SUPPORT_ROWS_ASSERT_H

#include "support/rows.h"

#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

static inline void assert_rows_of(const char *format, cu_bytes text, const char *expected)
{
    cu_hashset_builder builder = {.limit = text.n};
    cu_err err = {0};

    if (rows_read(&builder, format, "source", text, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    assert_string_equal((const char *)builder.lines.p, expected);
    /* A row of a table or list is where a line begins. */
    for (const char *p = expected; (p = strstr(p, "\"offset\":")) != NULL; p += 9)
        assert_int_equal(text.p[strtoull(p + 9, NULL, 10) - 1], '\n');
    cu_buffer_free(&builder.lines);
}

static inline void assert_rows(const char *format, const char *text, const char *expected)
{
    assert_rows_of(format, (cu_bytes){(const uint8_t *)text, strlen(text)}, expected);
}

static inline void assert_refused_of(const char *format, cu_bytes text, cu_status code,
                                     const char *words)
{
    cu_hashset_builder builder = {.silent = true};
    cu_err err = {0};

    assert_int_equal(rows_read(&builder, format, "source", text, &err), code);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", words, err.text);
}

static inline void assert_refused(const char *format, const char *text, const char *words)
{
    assert_refused_of(format, (cu_bytes){(const uint8_t *)text, strlen(text)}, CU_EFORMAT,
                      words);
}

/*
 * Each truncation of the text is refused, or gives the first rows of the whole and nothing
 * else; at most good of them are taken: those after a whole row, and those within a name that
 * ends the file.
 */
static inline void assert_truncations(const char *format, cu_bytes text, size_t good)
{
    cu_hashset_builder whole = {.limit = text.n};
    size_t taken = 0;

    assert_int_equal(rows_read(&whole, format, "source", text, NULL), CU_OK);
    for (size_t n = 0; n < text.n; n++) {
        uint8_t *const copy = malloc(n + 1);
        cu_hashset_builder builder = {.limit = text.n};
        cu_err err = {0};

        assert_non_null(copy);
        memcpy(copy, text.p, n);

        const cu_status st = rows_read(&builder, format, "source", (cu_bytes){copy, n}, &err);

        free(copy);
        assert_true(st == CU_OK || (st == CU_EFORMAT && strstr(err.text, "expected") != NULL));
        assert_true(builder.rows <= whole.rows);
        taken += st == CU_OK;
        cu_buffer_free(&builder.lines);
    }
    assert_true(taken <= good);
    cu_buffer_free(&whole.lines);
}

#endif
