/* SPDX-License-Identifier: Apache-2.0 */
/* What was foreseen is answered as if it were asked only then. */
#include "support/assert_ok.h"
#include "support/stores.h"

#include <stdio.h>
#include <string.h>

static const char *const statements[] = {
    "CREATE TABLE shelf (id {id}, name {text} NOT NULL UNIQUE, amount {integer} NOT NULL)"
    " {strict}",
    "CREATE TABLE other (amount {integer} NOT NULL) {strict}",
    "INSERT INTO shelf (name, amount) VALUES ('hall', 1), ('attic', 2)",
    "INSERT INTO other (amount) VALUES (7)",
    NULL,
};
static const cu_migration migrations[] = {{"shelves", statements}};
static const cu_schema schema = {"shop", migrations, 1, NULL};
static const cu_schema *const schemas[] = {&schema};

static const char amount_of[] = "SELECT amount FROM shelf WHERE name = $1";
static const char count_shelves[] = "SELECT count(*) FROM shelf";
static const char other_amount[] = "SELECT amount FROM other";

static cu_store *shop(void **state)
{
    cu_store *const store = stores_open(state);

    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    return store;
}

static int64_t ask(cu_store *store, const char *sql, cu_values values)
{
    int64_t out = -1;

    assert_ok(cu_store_number(store, sql, values, &out, &failure));
    return out;
}

static void foresee(cu_store *store, const char *sql, cu_values values)
{
    assert_ok(cu_store_foresee(store, sql, values, &failure));
}

#define HALL  CU_VALUES(cu_value_text("hall"))
#define ATTIC CU_VALUES(cu_value_text("attic"))

static void write_table(cu_store *store, const char *sql)
{
    assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
}

static cu_status ask_in_any_order(cu_store *store, void *context, cu_err *err)
{
    (void)context;
    (void)err;
    foresee(store, amount_of, HALL);
    foresee(store, amount_of, ATTIC);
    foresee(store, count_shelves, CU_NO_VALUES);
    foresee(store, amount_of, CU_VALUES(cu_value_text("cellar")));
    assert_int_equal(ask(store, other_amount, CU_NO_VALUES), 7); /* foreseen by nobody */
    assert_int_equal(ask(store, count_shelves, CU_NO_VALUES), 2);
    assert_int_equal(ask(store, amount_of, ATTIC), 2);
    foresee(store, amount_of, ATTIC); /* what was asked can be foreseen again, and twice */
    foresee(store, amount_of, ATTIC);
    assert_int_equal(ask(store, amount_of, HALL), 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(store, amount_of, ATTIC), 2);
    assert_int_equal(cu_store_number(store, amount_of, CU_VALUES(cu_value_text("cellar")),
                                     &(int64_t){0}, &failure),
                     CU_ENOTFOUND);
    return CU_OK;
}

static cu_status ask_for_many(cu_store *store, void *context, cu_err *err)
{
    static const char echo[] = "SELECT $1 + amount FROM other";

    (void)context;
    (void)err;
    for (int64_t i = 0; i < 600; i++)
        foresee(store, echo, CU_VALUES(cu_value_integer(i)));
    for (int64_t i = 599; i >= 0; i--)
        assert_int_equal(ask(store, echo, CU_VALUES(cu_value_integer(i))), i + 7);
    return CU_OK;
}

static void answers_in_any_order_and_as_often_as_asked(void **state)
{
    CU_AUTO(cu_store, store);

    store = shop(state);
    for (int i = 0; i < 2; i++) { /* prepared on the way, and prepared before */
        assert_ok(cu_store_transact(store, ask_in_any_order, NULL, &failure));
        assert_ok(cu_store_read(store, ask_in_any_order, NULL, &failure));
        assert_ok(cu_store_transact(store, ask_for_many, NULL, &failure));
    }
}

static const struct {
    const char *sql;
    bool posted;
    int64_t count, hall;
} changes[] = {
    {"INSERT INTO shelf (name, amount) VALUES ('new', 9)", false, 3, 1},
    {"INSERT INTO shelf (name, amount) VALUES ('newer', 9)", true, 4, 1},
    {"UPDATE shelf SET amount = 5 WHERE name = 'hall'", true, 4, 5},
    {"UPDATE shelf SET amount = 6 WHERE name = 'hall'", false, 4, 6},
    {"DELETE FROM shelf WHERE name = 'newer'", false, 3, 6},
    {"UPDATE other SET amount = amount + 1", true, 3, 6},
    {"UPDATE \"shelf\" SET amount = 8 WHERE name = 'hall'", false, 3, 8},
};

static cu_status change_between(cu_store *store, void *context, cu_err *err)
{
    (void)context;
    (void)err;
    for (size_t i = 0; i < CU_COUNT_OF(changes); i++) {
        for (int asked = 0; asked < 2; asked++)
            foresee(store, count_shelves, CU_NO_VALUES);
        foresee(store, amount_of, HALL);
        if (i % 2 == 0) /* their answers are here already, or still on their way */
            (void)ask(store, other_amount, CU_NO_VALUES);
        if (changes[i].posted)
            assert_ok(cu_store_post_each(store, changes[i].sql, CU_NO_VALUES, 1, &failure));
        else
            write_table(store, changes[i].sql);
        assert_int_equal(ask(store, count_shelves, CU_NO_VALUES), changes[i].count);
        assert_int_equal(ask(store, amount_of, HALL), changes[i].hall);
    }
    return CU_OK;
}

static void forgets_what_was_changed_since(void **state)
{
    CU_AUTO(cu_store, store);

    store = shop(state);
    assert_ok(cu_store_transact(store, change_between, NULL, &failure));
    assert_int_equal(ask(store, amount_of, HALL), 8);
    assert_int_equal(ask(store, other_amount, CU_NO_VALUES), 8);
}

static cu_status foresee_and_leave(cu_store *store, void *context, cu_err *err)
{
    (void)err;
    foresee(store, count_shelves, CU_NO_VALUES);
    if (*(const cu_status *)context != CU_EFORMAT)
        (void)ask(store, other_amount, CU_NO_VALUES);
    return *(const cu_status *)context;
}

static void forgets_at_the_end_of_a_transaction(void **state)
{
    static const cu_status answers[] = {CU_OK, CU_EREFUSED, CU_EFORMAT};
    CU_AUTO(cu_store, store);

    store = shop(state);
    for (size_t i = 0; i < CU_COUNT_OF(answers); i++) {
        cu_status answer = answers[i];
        char name[16];

        (void)snprintf(name, sizeof name, "s%zu", i);
        assert_int_equal(cu_store_transact(store, foresee_and_leave, &answer, &failure),
                         answer);
        foresee(store, count_shelves, CU_NO_VALUES); /* outside: nothing happens */
        assert_ok(cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ($1, 1)",
                               CU_VALUES(cu_value_text(name)), &failure));
        assert_int_equal(ask(store, count_shelves, CU_NO_VALUES), 3 + (int64_t)i);
    }
}

static void refuses_what_is_no_question(void **state)
{
    CU_AUTO(cu_store, store);

    store = shop(state);
    assert_int_equal(cu_store_foresee(store, "DELETE FROM shelf", CU_NO_VALUES, &failure),
                     CU_EUSAGE);
    assert_int_equal(ask(store, count_shelves, CU_NO_VALUES), 2);
}

/* ---- what only PostgreSQL can show ---- */

static const char when[] =
    "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS t";

static cu_status ask_for_the_time(cu_store *store, void *context, cu_err *err)
{
    int64_t before = 0;

    (void)context;
    (void)err;
    foresee(store, when, CU_NO_VALUES);
    /* Of another text: it is asked now. */
    before = ask(store, "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
                 CU_NO_VALUES);
    assert_true(ask(store, when, CU_NO_VALUES) <= before);
    assert_true(ask(store, when, CU_NO_VALUES) >= before);
    return CU_OK;
}

typedef struct cut_off {
    cu_store *other;
    unsigned calls;
} cut_off;

static cu_status foresee_and_be_cut_off(cu_store *store, void *context, cu_err *err)
{
    cut_off *const c = context;
    const int64_t process = ask(store, "SELECT pg_backend_pid()", CU_NO_VALUES);
    int64_t amount = 0;
    cu_status st = cu_store_foresee(store, amount_of, HALL, err);

    if (c->calls++ == 0)
        assert_ok(cu_store_run(c->other, "SELECT pg_terminate_backend($1::integer)",
                               CU_VALUES(cu_value_integer(process)), &failure));
    if (st == CU_OK)
        st = cu_store_number(store, amount_of, HALL, &amount, err);
    if (st == CU_OK)
        assert_int_equal(amount, 1);
    return st;
}

/* The first failure is told, and nothing of the change is kept. */
static cu_status foresee_what_fails(cu_store *store, void *context, cu_err *err)
{
    int64_t amount = 0;
    cu_status st;

    (void)context;
    write_table(store, "INSERT INTO shelf (name, amount) VALUES ('lost', 1)");
    st = cu_store_foresee(store, "SELECT 1 / (amount - 7) FROM other", CU_NO_VALUES, err);
    if (st == CU_OK)
        st = cu_store_number(store, amount_of, HALL, &amount, err);
    return st;
}

static void asks_once_and_tells_what_goes_wrong(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, other);
    cut_off c = {0};
    const char *url;

    url = stores_fresh(state);
    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_open(url, &other, &failure));
    assert_ok(cu_store_transact(store, ask_for_the_time, NULL, &failure));
    assert_int_equal(cu_store_transact(store, foresee_what_fails, NULL, &failure), CU_EUSAGE);
    assert_non_null(strstr(failure.text, "division"));
    assert_int_equal(ask(store, count_shelves, CU_NO_VALUES), 2);
    c.other = other;
    assert_ok(cu_store_transact(store, foresee_and_be_cut_off, &c, &failure));
    assert_int_equal(c.calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(answers_in_any_order_and_as_often_as_asked),
        ON_BOTH(forgets_what_was_changed_since),
        ON_BOTH(forgets_at_the_end_of_a_transaction),
        ON_BOTH(refuses_what_is_no_question),
        ON_POSTGRESQL(asks_once_and_tells_what_goes_wrong),
    };

    return stores_run(tests);
}
