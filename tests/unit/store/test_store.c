/* SPDX-License-Identifier: Apache-2.0 */
/* A store keeps what it is given, and runs changes whole or not at all. */
#include "support/assert_ok.h"
#include "support/stores.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const first_statements[] = {
    "CREATE TABLE shelf (id {id}, name {text} NOT NULL UNIQUE, tag {blob},"
    " amount {integer} NOT NULL CHECK (amount >= 0), any_number {integer}) {strict}",
    "CREATE TABLE thing (id {id}, shelf {integer} NOT NULL REFERENCES shelf (id),"
    " parent {integer} REFERENCES thing (id)) {strict}",
    "CREATE INDEX thing_of_shelf ON thing (shelf)",
    "INSERT INTO shelf (name, amount) VALUES ('hall', 0)",
    NULL,
};
static const char *const second_statements[] = {
    "ALTER TABLE thing ADD COLUMN colour {text}",
    NULL,
};
static const cu_migration migrations[] = {
    {"shelves and things", first_statements},
    {"colours", second_statements},
};
static const cu_schema schema = {"shop", migrations, 2, NULL};
static const cu_schema *const schemas[] = {&schema};

static cu_store *shop(void **state)
{
    cu_store *const store = stores_open(state);

    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    return store;
}

static int64_t number(cu_store *store, const char *sql)
{
    int64_t out = -1;

    assert_ok(cu_store_number(store, sql, CU_NO_VALUES, &out, &failure));
    return out;
}

static cu_status add_shelf(cu_store *store, const char *name, int64_t amount)
{
    return cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ($1, $2)",
                        CU_VALUES(cu_value_text(name), cu_value_integer(amount)), &failure);
}

static void gives_back_every_kind_of_value(void **state)
{
    static const int64_t numbers[] = {0, -1, 1, INT64_MAX, INT64_MIN, 1LL << 53};
    CU_AUTO(cu_store, store);
    uint8_t bytes[1000];

    store = shop(state);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < CU_COUNT_OF(numbers); i++) {
        CU_AUTO(cu_rows, rows);
        char name[32];
        bool more = false;

        (void)snprintf(name, sizeof name, "n\xc3\xa4me'\"; -- %zu", i);
        assert_ok(cu_store_run(
            store, "INSERT INTO shelf (name, tag, amount, any_number) VALUES ($1, $2, $3, $4)",
            CU_VALUES(cu_value_text(name), cu_value_blob((cu_bytes){bytes, i * 200}),
                      cu_value_integer(3), cu_value_integer(numbers[i])),
            &failure));
        assert_int_equal(cu_store_changed(store), 1);
        assert_ok(cu_store_query(
            store,
            "SELECT any_number, tag, name, NULL, $2 || name FROM shelf"
            " WHERE name = $1 AND any_number = $3",
            CU_VALUES(cu_value_text(name), cu_value_text("x"), cu_value_integer(numbers[i])),
            &rows, &failure));
        assert_ok(cu_rows_next(rows, &more, &failure));
        assert_true(more);
        assert_true(cu_rows_integer(rows, 0) == numbers[i]);
        assert_true(cu_bytes_equal(cu_rows_blob(rows, 1), (cu_bytes){bytes, i * 200}));
        assert_string_equal(cu_rows_text(rows, 2), name);
        assert_true(cu_rows_is_null(rows, 3));
        assert_null(cu_rows_text(rows, 3));
        assert_int_equal(cu_rows_text(rows, 4)[0], 'x');
        assert_ok(cu_rows_next(rows, &more, &failure));
        assert_false(more);
    }
    assert_int_equal(number(store, "SELECT sum(amount) FROM shelf"), 18);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 7);
}

static void tells_a_column_read_as_what_it_is_not(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_rows, rows);
    bool more = false;

    store = shop(state);
    assert_ok(cu_store_query(store, "SELECT name FROM shelf", CU_NO_VALUES, &rows, &failure));
    assert_ok(cu_rows_next(rows, &more, &failure));
    assert_ok(cu_rows_check(rows, &failure));
    assert_int_equal(cu_rows_integer(rows, 0), 0);
    assert_int_equal(cu_rows_check(rows, &failure), CU_EFORMAT);
    assert_int_equal(cu_rows_next(rows, &more, &failure), CU_EFORMAT);
}

static const char shelves_by_amount[] = "SELECT amount, name, tag, any_number FROM shelf"
                                        " WHERE amount >= $1 AND amount < $2 ORDER BY amount";

static cu_rows *stream(cu_store *store, int64_t from, int64_t to)
{
    cu_rows *rows = NULL;

    assert_ok(cu_store_stream(store, shelves_by_amount,
                              CU_VALUES(cu_value_integer(from), cu_value_integer(to)), &rows,
                              &failure));
    return rows;
}

static cu_status stream_within(cu_store *store, void *context, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;

    (void)context;
    rows = stream(store, 1, 900);
    assert_ok(cu_rows_next(rows, &more, err));
    cu_rows_close(rows);
    rows = NULL;
    /* The transaction goes on. */
    return cu_store_run(store, "UPDATE shelf SET amount = 5000 WHERE amount = 1", CU_NO_VALUES,
                        err);
}

static void streams_what_a_query_gives(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_rows, rows);
    bool more = true;
    int64_t count = 0;

    store = shop(state);
    for (int64_t i = 1; i <= 900; i++) {
        char name[128];
        const uint8_t tag[3] = {(uint8_t)i, 0, 255};

        if (i % 10 == 0)
            (void)snprintf(name, sizeof name, "%*s", (int)(i / 10), "");
        else
            (void)snprintf(name, sizeof name, "n\xc3\xa4me %d", (int)i);
        assert_ok(cu_store_run(
            store, "INSERT INTO shelf (name, tag, amount, any_number) VALUES ($1, $2, $3, $4)",
            CU_VALUES(cu_value_text(name),
                      i % 3 == 0 ? cu_value_null()
                                 : cu_value_blob((cu_bytes){tag, (size_t)(i % 4)}),
                      cu_value_integer(i),
                      i % 2 == 0 ? cu_value_null() : cu_value_integer(INT64_MIN + i)),
            &failure));
    }
    assert_ok(cu_store_run(store, "UPDATE shelf SET name = '' WHERE amount = 10", CU_NO_VALUES,
                           &failure));
    rows = stream(store, -5, 901);
    /* The shelf of the schema, of no amount, and the 900. */
    for (;; count++) {
        assert_ok(cu_rows_next(rows, &more, &failure));
        if (!more)
            break;
        assert_true(cu_rows_integer(rows, 0) == count);
        if (count == 0)
            continue;
        assert_true(cu_rows_is_null(rows, 2) == (count % 3 == 0));
        assert_int_equal(cu_rows_blob(rows, 2).n, count % 3 == 0 ? 0 : count % 4);
        assert_true(cu_rows_is_null(rows, 3) == (count % 2 == 0));
        assert_true(cu_rows_integer(rows, 3) == (count % 2 == 0 ? 0 : INT64_MIN + count));
        assert_int_equal(strlen(cu_rows_text(rows, 1)), cu_rows_text_bytes(rows, 1).n);
        if (count % 10 != 0)
            assert_int_equal(cu_rows_text(rows, 1)[0], 'n');
        else
            assert_int_equal(cu_rows_text_bytes(rows, 1).n, count == 10 ? 0 : count / 10);
    }
    assert_int_equal(count, 901);
    assert_ok(cu_rows_next(rows, &more, &failure));
    assert_false(more);
    cu_rows_close(rows);
    /* None at all, and one that is left after its first rows, in a transaction too. */
    rows = stream(store, 5000, 5000);
    assert_ok(cu_rows_next(rows, &more, &failure));
    assert_false(more);
    cu_rows_close(rows);
    rows = stream(store, 0, 900);
    assert_ok(cu_rows_next(rows, &more, &failure));
    assert_true(more);
    cu_rows_close(rows);
    rows = NULL;
    assert_ok(cu_store_transact(store, stream_within, NULL, &failure));
    assert_int_equal(number(store, "SELECT count(*) FROM shelf WHERE amount = 5000"), 1);
}

static void refuses_a_stream_it_cannot_ask_for(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_rows, rows);
    cu_status st;
    bool more = true;

    store = shop(state);
    assert_int_equal(cu_store_stream(store, "SELECT id FROM shelf WHERE name = $1",
                                     CU_VALUES(cu_value_text("hall")), &rows, &failure),
                     CU_EUSAGE);
    assert_int_equal(cu_store_stream(store, "SELECT id FROM shelf WHERE id = $1", CU_NO_VALUES,
                                     &rows, &failure),
                     CU_EUSAGE);
    assert_int_equal(
        cu_store_stream(store, "SELECT nothing FROM nowhere", CU_NO_VALUES, &rows, &failure),
        CU_EUSAGE);
    assert_null(rows);
    /* A failure in the middle ends the rows, and the connection is as good as before. */
    assert_ok(add_shelf(store, "one", 1));
    st = cu_store_stream(store,
                         "SELECT sum(9223372036854775807 + amount - $1) FROM shelf"
                         " WHERE 9223372036854775807 * (amount + 1) > amount",
                         CU_VALUES(cu_value_integer(0)), &rows, &failure);
    while (st == CU_OK && more)
        st = cu_rows_next(rows, &more, &failure);
    if (strcmp(*state, "postgresql") == 0)
        assert_int_equal(st, CU_EUSAGE);
    cu_rows_close(rows);
    rows = NULL;
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 2);
}

static void orders_text_by_its_bytes(void **state)
{
    static const char *const in_order[] = {"B", "a", "a b", "ab", "hall", "\xc3\xa4"};
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_rows, rows);
    bool more = false;

    store = shop(state);
    for (size_t i = CU_COUNT_OF(in_order); i-- > 0;) {
        if (strcmp(in_order[i], "hall") != 0)
            assert_ok(add_shelf(store, in_order[i], 0));
    }
    assert_ok(cu_store_query(store, "SELECT name FROM shelf ORDER BY name", CU_NO_VALUES, &rows,
                             &failure));
    for (size_t i = 0; i < CU_COUNT_OF(in_order); i++) {
        assert_ok(cu_rows_next(rows, &more, &failure));
        assert_string_equal(cu_rows_text(rows, 0), in_order[i]);
    }
}

static void says_which_constraint_refused(void **state)
{
    CU_AUTO(cu_store, store);

    store = shop(state);
    assert_int_equal(add_shelf(store, "hall", 1), CU_EEXISTS);
    assert_int_equal(add_shelf(store, "new", -1), CU_EUSAGE);
    assert_int_equal(add_shelf(store, NULL, 1), CU_EUSAGE);
    assert_int_equal(cu_store_run(store, "INSERT INTO thing (shelf) VALUES ($1)",
                                  CU_VALUES(cu_value_integer(99)), &failure),
                     CU_EUSAGE);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    assert_int_equal(cu_store_run(store, "SELEC 1", CU_NO_VALUES, &failure), CU_EUSAGE);
    assert_int_equal(cu_store_run(store, "SELECT 1; SELECT 2", CU_NO_VALUES, &failure),
                     CU_EUSAGE);
    assert_int_equal(cu_store_run(store, "SELECT $1 || 'a'", CU_NO_VALUES, &failure),
                     CU_EUSAGE);
    assert_int_equal(
        cu_store_number(store, "SELECT id FROM thing", CU_NO_VALUES, &(int64_t){0}, &failure),
        CU_ENOTFOUND);
}

typedef struct two_shelves {
    cu_status answer;
    unsigned calls;
    bool nested;
} two_shelves;

static cu_status add_two(cu_store *store, void *context, cu_err *err)
{
    two_shelves *const two = context;
    cu_status st = cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ('a', 1)",
                                CU_NO_VALUES, err);

    two->calls++;
    if (st == CU_OK)
        st = cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ('b', 1)",
                          CU_NO_VALUES, err);
    if (st == CU_OK && two->nested)
        return cu_store_transact(store, add_two, context, err);
    return st == CU_OK ? two->answer : st;
}

static void commits_all_of_a_work_or_none(void **state)
{
    CU_AUTO(cu_store, store);
    two_shelves two = {.answer = CU_ELIMIT};

    store = shop(state);
    assert_int_equal(cu_store_transact(store, add_two, &two, &failure), CU_ELIMIT);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    two.nested = true;
    assert_int_equal(cu_store_transact(store, add_two, &two, &failure), CU_EUSAGE);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    two = (two_shelves){.answer = CU_OK};
    assert_ok(cu_store_transact(store, add_two, &two, &failure));
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 3);
    assert_int_equal(cu_store_transact(store, add_two, &two, &failure), CU_EEXISTS);
    assert_false(cu_store_in_transaction(store));
    assert_int_equal(two.calls, 2);
}

/* ---- a connection that goes away ---- */

typedef struct cut_off {
    cu_store *other;
    unsigned calls;
} cut_off;

static cu_status add_and_be_cut_off(cu_store *store, void *context, cu_err *err)
{
    cut_off *const c = context;
    int64_t process = 0;
    cu_status st =
        cu_store_number(store, "SELECT pg_backend_pid()", CU_NO_VALUES, &process, err);

    if (st == CU_OK)
        st = cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ('a', 1)",
                          CU_NO_VALUES, err);
    if (st == CU_OK && c->calls++ == 0)
        assert_ok(cu_store_run(c->other, "SELECT pg_terminate_backend($1::integer)",
                               CU_VALUES(cu_value_integer(process)), &failure));
    if (st == CU_OK)
        st = cu_store_run(store, "INSERT INTO shelf (name, amount) VALUES ('b', 1)",
                          CU_NO_VALUES, err);
    return st;
}

static void goes_on_after_the_connection_was_lost(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, other);
    cut_off c = {0};
    const char *url;

    if (strcmp(*state, "sqlite") == 0)
        return; /* has none to lose */
    url = stores_fresh(state);
    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_open(url, &other, &failure));
    c.other = other;
    assert_ok(cu_store_transact(store, add_and_be_cut_off, &c, &failure));
    assert_int_equal(c.calls, 2);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 3);
    /* And outside a transaction: that statement fails, the next is over a new connection. */
    assert_ok(cu_store_run(other,
                           "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                           " datname = current_database() AND pid <> pg_backend_pid()",
                           CU_NO_VALUES, &failure));
    assert_int_equal(add_shelf(store, "c", 1), CU_EIO);
    assert_ok(add_shelf(store, "c", 1));
}

/* Over a connection that was made again, too. */
static void compiles_no_question(void **state)
{
    static const char off[] = "SELECT count(*) FROM pg_settings WHERE name = 'jit' AND"
                              " setting = 'off'";
    const char *const url = stores_fresh(state);
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, other);

    assert_ok(cu_store_open(url, &store, &failure));
    assert_int_equal(number(store, off), 1);
    assert_ok(cu_store_open(url, &other, &failure));
    assert_ok(cu_store_run(other,
                           "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE"
                           " datname = current_database() AND pid <> pg_backend_pid()",
                           CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_run(store, "SELECT 1", CU_NO_VALUES, &failure), CU_EIO);
    assert_int_equal(number(store, off), 1);
}

/* ---- changes whose answers nobody waits for ---- */

typedef struct posting {
    size_t count;
    const char *repeated; /* a name that is there already, or NULL */
    bool asks;            /* reads in between */
} posting;

static cu_status post_shelves(cu_store *store, void *context, cu_err *err)
{
    static const char insert[] = "INSERT INTO shelf (name, amount) VALUES ($1, $2)";
    static char names[600][16];
    static cu_value values[1200];
    const posting *const p = context;
    int64_t there = 0;
    cu_status st;

    for (size_t i = 0; i < p->count; i++) {
        (void)snprintf(names[i], sizeof names[i], "p%zu", i);
        values[2 * i] = cu_value_text(names[i]);
        values[2 * i + 1] = cu_value_integer((int64_t)i);
    }
    st = cu_store_post_each(store, insert, (cu_values){values, 2 * p->count}, p->count, err);
    if (st == CU_OK && p->repeated != NULL)
        st = cu_store_post_each(
            store, insert, CU_VALUES(cu_value_text(p->repeated), cu_value_integer(1)), 1, err);
    if (st == CU_OK && p->asks)
        st = cu_store_number(store, "SELECT count(*) FROM shelf", CU_NO_VALUES, &there, err);
    if (st == CU_OK && p->asks)
        assert_int_equal(there, p->count + 1);
    return st;
}

static void posts_changes_that_are_whole_or_not_there(void **state)
{
    CU_AUTO(cu_store, store);
    posting p = {.count = 600, .repeated = "p3"};

    store = shop(state);
    assert_int_equal(cu_store_transact(store, post_shelves, &p, &failure), CU_EEXISTS);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    p.asks = true;
    assert_int_equal(cu_store_transact(store, post_shelves, &p, &failure), CU_EEXISTS);
    p = (posting){.count = 1, .repeated = "hall"};
    assert_int_equal(cu_store_transact(store, post_shelves, &p, &failure), CU_EEXISTS);
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    p = (posting){.count = 600, .asks = true};
    assert_ok(cu_store_transact(store, post_shelves, &p, &failure));
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 601);
    assert_ok(cu_store_run(store, "DELETE FROM shelf", CU_NO_VALUES, &failure));
    p = (posting){.count = 3};
    assert_ok(cu_store_transact(store, post_shelves, &p, &failure));
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 3);
}

static cu_status do_nothing(cu_store *store, void *context, cu_err *err)
{
    (void)store;
    (void)err;
    return *(const cu_status *)context;
}

static void takes_a_work_that_asks_for_nothing(void **state)
{
    static const cu_status answers[] = {CU_OK, CU_EFORMAT};
    CU_AUTO(cu_store, store);

    store = shop(state);
    for (size_t i = 0; i < CU_COUNT_OF(answers); i++) {
        cu_status answer = answers[i];

        assert_int_equal(cu_store_transact(store, do_nothing, &answer, &failure), answer);
        assert_int_equal(cu_store_read(store, do_nothing, &answer, &failure), answer);
        assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 1);
    }
}

/* ---- many writers ---- */

enum { writers = 4, additions = 60 };

typedef struct writer {
    pthread_t thread;
    const char *url;
    cu_err err;
    cu_status st;
} writer;

static cu_status add_one(cu_store *store, void *context, cu_err *err)
{
    int64_t amount = 0;
    cu_status st = cu_store_number(store, "SELECT amount FROM shelf WHERE name = 'hall'",
                                   CU_NO_VALUES, &amount, err);

    (void)context;
    if (st != CU_OK)
        return st;
    return cu_store_run(store, "UPDATE shelf SET amount = $1 WHERE name = 'hall'",
                        CU_VALUES(cu_value_integer(amount + 1)), err);
}

static void *write_often(void *argument)
{
    writer *const w = argument;
    cu_store *store = NULL;

    w->st = cu_store_open(w->url, &store, &w->err);
    for (int i = 0; w->st == CU_OK && i < additions; i++)
        w->st = cu_store_transact(store, add_one, NULL, &w->err);
    cu_store_close(store);
    return NULL;
}

static void loses_no_update_of_many_writers(void **state)
{
    CU_AUTO(cu_store, store);
    writer all[writers] = {0};
    const char *const url = stores_fresh(state);

    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    for (size_t i = 0; i < writers; i++) {
        all[i].url = url;
        assert_int_equal(pthread_create(&all[i].thread, NULL, write_often, &all[i]), 0);
    }
    for (size_t i = 0; i < writers; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        if (all[i].st != CU_OK)
            fail_msg("%s", all[i].err.text);
    }
    assert_int_equal(number(store, "SELECT amount FROM shelf"), writers * additions);
}

static cu_status count_twice(cu_store *store, void *context, cu_err *err)
{
    cu_store *const other = context;
    int64_t before = 0;
    int64_t after = 0;
    cu_status st =
        cu_store_number(store, "SELECT count(*) FROM shelf", CU_NO_VALUES, &before, err);

    if (st == CU_OK)
        st = cu_store_run(other, "INSERT INTO shelf (name, amount) VALUES ('between', 1)",
                          CU_NO_VALUES, err);
    if (st == CU_OK)
        st = cu_store_number(store, "SELECT count(*) FROM shelf", CU_NO_VALUES, &after, err);
    if (st == CU_OK && before != after)
        st = cu_fail(err, CU_EFORMAT, "a reader saw %lld, then %lld", (long long)before,
                     (long long)after);
    return st;
}

static void shows_a_reader_one_state(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, other);
    const char *const url = stores_fresh(state);

    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_open(url, &other, &failure));
    assert_ok(cu_store_read(store, count_twice, other, &failure));
    assert_int_equal(number(store, "SELECT count(*) FROM shelf"), 2);
}

/* ---- care ---- */

static void backs_up_while_open_and_the_copy_is_whole(void **state)
{
    const char *const path = stores_path("copy");
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, copy);
    CU_AUTO(cu_store, back);
    char url[300];

    store = shop(state);
    (void)unlink(path);
    for (int i = 0; i < 50; i++) {
        char name[16];

        (void)snprintf(name, sizeof name, "s%d", i);
        assert_ok(add_shelf(store, name, i));
    }
    /* Row 1 refers to row 2, so the rows cannot be copied in order alone. */
    assert_ok(cu_store_run(store, "INSERT INTO thing (id, shelf) VALUES (2, 1)", CU_NO_VALUES,
                           &failure));
    assert_ok(cu_store_run(store, "INSERT INTO thing (id, shelf, parent) VALUES (1, 1, 2)",
                           CU_NO_VALUES, &failure));
    assert_ok(cu_store_backup(store, schemas, 1, path, &failure));
    assert_int_equal(cu_store_backup(store, schemas, 1, path, &failure), CU_EEXISTS);
    (void)snprintf(url, sizeof url, "%s.partial", path);
    assert_int_equal(access(url, F_OK), -1);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    assert_ok(cu_store_open(url, &copy, &failure));
    assert_ok(cu_store_check_schema(copy, schemas, 1, &failure));
    assert_int_equal(number(copy, "SELECT count(*) FROM shelf"), 51);
    assert_int_equal(number(copy, "SELECT parent FROM thing WHERE id = 1"), 2);

    /* And into an empty store of the other kind's making. */
    back = stores_open(state);
    assert_ok(cu_store_migrate(back, schemas, 1, &failure));
    assert_ok(cu_store_copy(copy, back, schemas, 1, &failure));
    assert_int_equal(number(back, "SELECT sum(amount) FROM shelf"), 49 * 25);
    assert_int_equal(number(back, "SELECT count(*) FROM thing"), 2);
    assert_ok(add_shelf(back, "after", 1));
    assert_ok(cu_store_integrity(back, &failure));
    assert_ok(cu_store_check_schema(back, schemas, 1, &failure));
}

static void refuses_what_is_no_database_of_ours(void **state)
{
    CU_AUTO(cu_store, store);
    const char *const path = stores_path("other");
    char url[300];
    FILE *const file = fopen(path, "w");

    (void)state;
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        (void)fputs("this is no database\n", file);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    assert_int_equal(cu_store_open(url, &store, &failure), CU_EFORMAT);
    assert_non_null(strstr(failure.text, path));
    assert_int_equal(cu_store_open("mysql:x", &store, &failure), CU_EUSAGE);
    assert_int_equal(cu_store_open("sqlite:", &store, &failure), CU_EUSAGE);
    assert_int_equal(cu_store_open("sqlite:/nowhere/at/all", &store, &failure), CU_EIO);
    assert_null(store);
}

static void makes_a_file_for_its_owner_alone(void **state)
{
    CU_AUTO(cu_store, store);
    const char *const path = stores_path("private");
    char url[300];
    struct stat facts;

    (void)state;
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(number(store, "SELECT synchronous FROM pragma_synchronous"), 3);
    assert_int_equal(number(store, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
    assert_int_equal(number(store, "SELECT count(*) FROM pragma_journal_mode"
                                   " WHERE journal_mode = 'wal'"),
                     1);
    assert_int_equal(cu_store_run(store, "ATTACH 'x' AS y", CU_NO_VALUES, &failure), CU_EUSAGE);
}

static void keeps_more_texts_than_it_has_room_for(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_rows, open);
    bool more = false;

    store = shop(state);
    assert_ok(cu_store_query(store, "SELECT 7", CU_NO_VALUES, &open, &failure));
    for (int i = 0; i < 1200; i++) {
        char sql[64];

        (void)snprintf(sql, sizeof sql, "SELECT amount + %d FROM shelf", i);
        assert_int_equal(number(store, sql), i);
    }
    assert_ok(cu_rows_next(open, &more, &failure));
    assert_int_equal(cu_rows_integer(open, 0), 7);
    /* The same text, open twice at once. */
    {
        CU_AUTO(cu_rows, again);

        assert_ok(cu_store_query(store, "SELECT 7", CU_NO_VALUES, &again, &failure));
        assert_ok(cu_rows_next(again, &more, &failure));
        assert_int_equal(cu_rows_integer(again, 0), 7);
    }
    assert_int_equal(cu_rows_integer(open, 0), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(gives_back_every_kind_of_value),
        ON_BOTH(tells_a_column_read_as_what_it_is_not),
        ON_BOTH(streams_what_a_query_gives),
        ON_BOTH(refuses_a_stream_it_cannot_ask_for),
        ON_BOTH(orders_text_by_its_bytes),
        ON_BOTH(says_which_constraint_refused),
        ON_BOTH(commits_all_of_a_work_or_none),
        ON_BOTH(goes_on_after_the_connection_was_lost),
        ON_POSTGRESQL(compiles_no_question),
        ON_BOTH(posts_changes_that_are_whole_or_not_there),
        ON_BOTH(takes_a_work_that_asks_for_nothing),
        ON_BOTH(loses_no_update_of_many_writers),
        ON_BOTH(shows_a_reader_one_state),
        ON_BOTH(backs_up_while_open_and_the_copy_is_whole),
        ON_BOTH(keeps_more_texts_than_it_has_room_for),
        cmocka_unit_test(refuses_what_is_no_database_of_ours),
        cmocka_unit_test(makes_a_file_for_its_owner_alone),
    };

    return stores_run(tests);
}
