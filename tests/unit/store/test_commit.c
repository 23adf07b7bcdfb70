/* SPDX-License-Identifier: Apache-2.0 */
/* What is done last in a transaction is done once, and is a part of it. */
#include "support/assert_ok.h"
#include "support/stores.h"

#include <string.h>

static const char *const statements[] = {
    "CREATE TABLE shelf (name {text} NOT NULL UNIQUE, amount {integer} NOT NULL) {strict}",
    NULL,
};
static const cu_migration migrations[] = {{"shelves", statements}};
static const cu_schema schema = {"shop", migrations, 1, NULL};
static const cu_schema *const schemas[] = {&schema};

static int64_t number(cu_store *store, const char *sql)
{
    int64_t out = -1;

    assert_ok(cu_store_number(store, sql, CU_NO_VALUES, &out, &failure));
    return out;
}

static cu_status add(cu_store *store, const char *name, int64_t amount, cu_err *err)
{
    return cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ($1, $2)",
                        CU_VALUES(cu_value_text(name), cu_value_integer(amount)), err);
}

typedef struct sum {
    int64_t total;
    unsigned works, lasts;
    cu_status answer;      /* of the work */
    cu_status last_answer; /* of what is done last */
    unsigned failures;     /* how often another writer is in the way */
} sum;

static cu_status write_sum(cu_store *store, void *context, cu_err *err)
{
    sum *const s = context;
    const cu_status st = add(store, "total", s->total, err);

    s->lasts++;
    return st == CU_OK ? s->last_answer : st;
}

static cu_status write_other(cu_store *store, void *context, cu_err *err)
{
    (void)context;
    return add(store, "other", 1, err);
}

static cu_status add_three(cu_store *store, void *context, cu_err *err)
{
    static const char *const names[] = {"a", "b", "c"};
    sum *const s = context;
    cu_status st = CU_OK;

    s->works++;
    s->total = 0;
    for (int64_t i = 0; st == CU_OK && i < 3; i++) {
        st = add(store, names[i], i + 1, err);
        s->total += i + 1;
        if (st == CU_OK)
            st = cu_store_before_commit(store, write_sum, s, err);
    }
    if (st == CU_OK)
        st = cu_store_before_commit(store, write_other, s, err);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 3);
    return st == CU_OK ? s->answer : st;
}

static void does_once_what_is_done_last(void **state)
{
    CU_AUTO(cu_store, store);
    sum s = {.answer = CU_EREFUSED};

    store = stores_open(state);
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_int_equal(cu_store_before_commit(store, write_sum, &s, &failure), CU_EUSAGE);

    /* Where the work is undone, nothing comes last. */
    assert_int_equal(cu_store_transact(store, add_three, &s, &failure), CU_EREFUSED);
    assert_int_equal(s.lasts, 0);
    /* Where the last fails, the work is undone. */
    s = (sum){.last_answer = CU_ELIMIT};
    assert_int_equal(cu_store_transact(store, add_three, &s, &failure), CU_ELIMIT);
    assert_int_equal(s.lasts, 1);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 0);

    s = (sum){.answer = CU_OK};
    assert_ok(cu_store_transact(store, add_three, &s, &failure));
    assert_int_equal(s.lasts, 1);
    assert_int_equal(number(store, "SELECT amount FROM shelf WHERE name = 'total'"), 6);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 5);
    /* It was that transaction's alone, and what it refuses undoes the work. */
    assert_ok(
        cu_store_run(store, "DELETE FROM shelf WHERE name <> 'total'", CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_transact(store, write_other, NULL, &failure), CU_OK);
    assert_int_equal(s.lasts, 1);
    assert_ok(
        cu_store_run(store, "DELETE FROM shelf WHERE name <> 'total'", CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_transact(store, write_sum, &s, &failure), CU_EEXISTS);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
}

/* ---- again, where the connection was lost ---- */

static cu_status lose_the_connection(cu_store *store, void *context, cu_err *err)
{
    sum *const s = context;
    cu_status st = add_three(store, s, err);

    if (st == CU_OK && s->failures-- > 0)
        st = cu_store_run(store, "SELECT pg_terminate_backend(pg_backend_pid())", CU_NO_VALUES,
                          err);
    return st;
}

static void does_it_once_in_the_attempt_that_is_kept(void **state)
{
    CU_AUTO(cu_store, store);
    sum s = {.failures = 2};

    if (strcmp(*state, "sqlite") == 0)
        return; /* it has no connection to lose */
    store = stores_open(state);
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_transact(store, lose_the_connection, &s, &failure));
    assert_int_equal(s.works, 3);
    assert_int_equal(s.lasts, 1);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(does_once_what_is_done_last),
        ON_BOTH(does_it_once_in_the_attempt_that_is_kept),
    };

    return stores_run(tests);
}
