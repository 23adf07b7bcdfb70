/* SPDX-License-Identifier: Apache-2.0 */
/* A register whose log was changed is not written on. */
#include "ledger/ledger.h"
#include "support/stores.h"
#include "support/year.h"

#include <stdio.h>
#include <string.h>

static cu_err failure;

static cu_status open_book(const char *url, const char *kek, bool as_it_is, cu_register **out)
{
    const cu_register_options options = {
        .kek_path = kek, .now_us = year_clock, .as_it_is = as_it_is};

    return cu_register_open(url, &options, out, &failure);
}

static cu_register *open_whole(const char *url, const char *kek)
{
    cu_register *book = NULL;

    if (open_book(url, kek, false, &book) != CU_OK)
        fail_msg("%s", failure.text);
    return book;
}

/* ---- the log ---- */

/* Changes one byte of an entry; done twice, it is as it was. */
static void flip(cu_store *store, int64_t seq)
{
    cu_rows *rows = NULL;
    cu_buffer bytes = {0};
    bool more = false;

    assert_int_equal(cu_store_query(store, "SELECT bytes FROM ledger_entry WHERE seq = $1",
                                    CU_VALUES(cu_value_integer(seq)), &rows, &failure),
                     CU_OK);
    assert_int_equal(cu_rows_next(rows, &more, &failure), CU_OK);
    assert_true(more);
    cu_buffer_append(&bytes, cu_rows_blob(rows, 0).p, cu_rows_blob(rows, 0).n);
    cu_rows_close(rows);
    bytes.p[bytes.n / 2] ^= 1;
    assert_int_equal(
        cu_store_run(store, "UPDATE ledger_entry SET bytes = $2 WHERE seq = $1",
                     CU_VALUES(cu_value_integer(seq), cu_value_blob(cu_buffer_view(&bytes))),
                     &failure),
        CU_OK);
    cu_buffer_free(&bytes);
}

static void run_sql(cu_register *book, const char *sql)
{
    if (cu_store_run(cu_register_store(book), sql, CU_NO_VALUES, &failure) != CU_OK)
        fail_msg("%s: %s", sql, failure.text);
}

static void a_register_whose_log_was_changed_is_not_opened(void **state)
{
    const char *const url = stores_fresh(state);
    const char *const kek = stores_path(*state);
    cu_register *book = open_whole(url, kek);
    cu_register *refused = NULL;

    assert_int_equal(year_enrol(book, &failure), CU_OK);
    cu_register_close(book);
    assert_int_equal(open_book(url, kek, true, &book), CU_OK);
    flip(cu_register_store(book), 3);
    assert_int_equal(open_book(url, kek, false, &refused), CU_EFORMAT);
    assert_null(refused);
    assert_non_null(strstr(failure.text, "is not as it was written"));
    flip(cu_register_store(book), 3);
    cu_register_close(open_whole(url, kek)); /* whole, it opens again */
    run_sql(book, "DELETE FROM ledger_secret WHERE seq = (SELECT max(seq) FROM ledger_entry)");
    run_sql(book, "DELETE FROM ledger_entry WHERE seq = (SELECT max(seq) FROM ledger_entry)");
    assert_int_equal(open_book(url, kek, false, &refused), CU_EFORMAT);
    cu_register_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_register_whose_log_was_changed_is_not_opened),
    };

    return stores_run(tests);
}
