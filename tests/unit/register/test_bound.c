/* SPDX-License-Identifier: Apache-2.0 */
/* A register whose log was changed is not written on; and a row that was changed, added or
 * deleted behind the register's back is named. */
#include "ledger/ledger.h"
#include "register/record/table.h"
#include "register/referral/referral.h"
#include "support/stores.h"
#include "support/year.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

/* ---- the rows ---- */

typedef struct target {
    cu_register *book;
    const char *table;
    int64_t id; /* of one of its rows */
    unsigned turn, changed, refused;
} target;

static const cu_register_report *audit(cu_register *book)
{
    static cu_register_report report;

    if (cu_register_audit(book, &report, &failure) != CU_OK)
        fail_msg("%s", failure.text);
    return &report;
}

static void assert_whole(cu_register *book)
{
    const cu_register_report *const report = audit(book);

    if (report->complaints_n > 0)
        fail_msg("%s", report->complaints[0]);
    assert_int_equal(report->rows, report->bound);
}

static void assert_named(const target *self, const char *what)
{
    const cu_register_report *const report = audit(self->book);
    const size_t n = strlen(self->table);

    if (report->complaints_n == 0)
        fail_msg("%s of %s is not named", what, self->table);
    assert_memory_equal(report->complaints[0], self->table, n);
    assert_int_equal(report->complaints[0][n], ' ');
}

/* False where a constraint of the store refuses it: then nothing was changed. */
static bool try_sql(const target *self, cu_values values, const char *format, ...)
    CU_PRINTF(3, 4);

static bool try_sql(const target *self, cu_values values, const char *format, ...)
{
    char sql[512];
    va_list arguments;
    cu_status st;

    va_start(arguments, format);
    (void)vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    st = cu_store_run(cu_register_store(self->book), sql, values, &failure);
    if (st != CU_OK && st != CU_EUSAGE && st != CU_EEXISTS)
        fail_msg("%s: %s", sql, failure.text);
    return st == CU_OK;
}

/* One byte of the value, and then the value again. */
static void change_column(target *self, const char *column, bool is_number)
{
    char sql[256];
    char text[4096];
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_value was = cu_value_null();
    cu_value is = is_number ? cu_value_integer(1) : cu_value_text("x");

    (void)snprintf(sql, sizeof sql, "SELECT \"%s\" FROM %s WHERE id = $1", column, self->table);
    assert_int_equal(cu_store_query(cu_register_store(self->book), sql,
                                    CU_VALUES(cu_value_integer(self->id)), &rows, &failure),
                     CU_OK);
    assert_int_equal(cu_rows_next(rows, &more, &failure), CU_OK);
    assert_true(more);
    if (!cu_rows_is_null(rows, 0) && is_number) {
        was = cu_value_integer(cu_rows_integer(rows, 0));
        is = cu_value_integer(was.number ^ 1);
    } else if (!cu_rows_is_null(rows, 0)) {
        char *const copy = strdup(cu_rows_text(rows, 0));

        assert_non_null(copy);
        (void)snprintf(text, sizeof text, "%s", copy);
        was = cu_value_text(text);
        if (copy[0] != '\0')
            copy[strlen(copy) - 1] ^= 1;
        is = cu_value_text(copy);
    }
    cu_rows_close(CU_MOVE(rows));
    if (try_sql(self, CU_VALUES(cu_value_integer(self->id), is),
                "UPDATE %s SET \"%s\" = $2 WHERE id = $1", self->table, column)) {
        self->changed++;
        assert_named(self, column);
        assert_true(try_sql(self, CU_VALUES(cu_value_integer(self->id), was),
                            "UPDATE %s SET \"%s\" = $2 WHERE id = $1", self->table, column));
    } else {
        self->refused++;
    }
    if (is.kind == CU_VALUE_TEXT && was.kind == CU_VALUE_TEXT)
        free((void *)(uintptr_t)is.bytes.p);
}

static bool id_of_one(target *self)
{
    char sql[128];

    (void)snprintf(sql, sizeof sql, "SELECT id FROM %s ORDER BY id LIMIT 1", self->table);
    return cu_store_number(cu_register_store(self->book), sql, CU_NO_VALUES, &self->id,
                           &failure) == CU_OK;
}

/* The first of words. */
static const char *first_of(cu_act *act, const char *words)
{
    return cu_act_format(act, "%.*s", (int)strcspn(words, " "), words);
}

/* A record with something in every column, as an act would write it. */
static cu_status add_one(cu_act *act, const cu_thing *thing)
{
    cu_record *const record = cu_act_new(act, thing->name, first_of(act, thing->states));

    assert_non_null(record);
    record->ref = "made up";
    for (size_t i = 0; i < thing->field_count; i++) {
        const cu_field *const field = &thing->fields[i];

        if (!cu_field_is_column(field))
            continue;
        if (cu_field_is_number(field))
            cu_record_set_number(record, field->name, 7);
        else
            cu_record_set(record, field->name,
                          field->kind == CU_FIELD_WORD ? first_of(act, field->of) : "words");
    }
    return cu_act_add(act, record);
}

/* Gives every table that has no row one, and the ledger its entry. */
static cu_status fill_tables(cu_store *store, void *context, cu_err *err)
{
    target *const self = context;
    const cu_tables *const tables = cu_register_tables(self->book);
    cu_act act = {.store = store,
                  .policy = cu_register_policy(self->book),
                  .tables = tables,
                  .arena = cu_arena_new(16 << 20),
                  .officer = {.ref = "ad"},
                  .now_us = 1,
                  .err = err};
    char hex[65];
    int64_t number = 0;
    cu_status st = cu_act_next(&act, "X-2021", &number);

    if (st == CU_OK)
        st = cu_content_keep(&act, (cu_bytes){(const uint8_t *)"a file", 6}, hex);

    for (size_t i = 0; st == CU_OK && i < tables->things.n; i++) {
        self->table = tables->list[i].name;
        if (!id_of_one(self))
            st = add_one(&act, tables->things.list[i]);
    }

    const cu_ledger_secret rows = {"rows", cu_buffer_view(&act.rows)};
    const cu_ledger_event event = {
        .actor = "officer:ad", .action = "test.fill", .secrets = &rows, .secrets_n = 1};

    if (st == CU_OK)
        st = cu_ledger_append(cu_register_ledger(self->book), &event, NULL, err);
    cu_buffer_free(&act.rows);
    cu_buffer_free(&act.changes);
    cu_arena_free(act.arena);
    return st;
}

/* The row is taken away and put back; and a second like it is added and taken away. */
static void take_and_add(const target *self)
{
    const cu_values id = CU_VALUES(cu_value_integer(self->id));
    const cu_values other = CU_VALUES(cu_value_integer(self->id + 1000000));

    assert_true(try_sql(self, CU_NO_VALUES,
                        "CREATE TABLE spare AS SELECT * FROM %s WHERE id = %lld", self->table,
                        (long long)self->id));
    assert_true(try_sql(self, id, "DELETE FROM %s WHERE id = $1", self->table));
    assert_named(self, "a row that is gone");
    assert_true(try_sql(self, CU_NO_VALUES, "INSERT INTO %s SELECT * FROM spare", self->table));
    assert_true(try_sql(self, CU_VALUES(cu_value_integer(1000000)),
                        "UPDATE spare SET id = id + $1, ref = ref || '0'"));
    if (try_sql(self, CU_NO_VALUES, "INSERT INTO %s SELECT * FROM spare", self->table)) {
        assert_named(self, "a row that was added");
        assert_true(try_sql(self, other, "DELETE FROM %s WHERE id = $1", self->table));
    }
    assert_true(try_sql(self, CU_NO_VALUES, "DROP TABLE spare"));
}

/* Every column where it is cheap; else one in so many. */
static void change_table(target *self, const cu_thing *thing, unsigned every)
{
    static const struct {
        const char *name;
        bool is_number;
    } system[] = {{"ref", false},    {"state", false},   {"version", true},
                  {"made_us", true}, {"made_by", false}, {"changed_us", true}};

    for (size_t i = 0; i < CU_COUNT_OF(system); i++) {
        if (self->turn++ % every == 0)
            change_column(self, system[i].name, system[i].is_number);
    }
    for (size_t i = 0; i < thing->field_count; i++) {
        if (cu_field_is_column(&thing->fields[i]) && self->turn++ % every == 0)
            change_column(self, thing->fields[i].name, cu_field_is_number(&thing->fields[i]));
    }
    take_and_add(self);
}

/* Counters, and files as they came. */
static void change_besides(target *self)
{
    static const struct {
        const char *table, *change, *back;
    } all[] = {
        {"register_counter", "UPDATE register_counter SET number = number + 1",
         "UPDATE register_counter SET number = number - 1"},
        {"register_counter", "UPDATE register_counter SET name = name || '0'",
         "UPDATE register_counter SET name = substr(name, 1, length(name) - 1)"},
        {"register_counter", "INSERT INTO register_counter (name, number) VALUES ('', 1)",
         "DELETE FROM register_counter WHERE name = ''"},
        {"register_content", "UPDATE register_content SET sha256 = sha256 || '0'",
         "UPDATE register_content SET sha256 = substr(sha256, 1, 64)"},
    };

    const cu_value file = cu_value_blob((cu_bytes){(const uint8_t *)"a file", 6});
    const cu_value other = cu_value_blob((cu_bytes){(const uint8_t *)"b file", 6});

    for (size_t i = 0; i < CU_COUNT_OF(all); i++) {
        self->table = all[i].table;
        assert_true(try_sql(self, CU_NO_VALUES, "%s", all[i].change));
        assert_named(self, all[i].change);
        assert_true(try_sql(self, CU_NO_VALUES, "%s", all[i].back));
    }
    self->table = "register_content";
    assert_true(try_sql(self, CU_VALUES(other), "UPDATE register_content SET bytes = $1"));
    assert_named(self, "a byte");
    assert_true(try_sql(self, CU_VALUES(file), "UPDATE register_content SET bytes = $1"));
    assert_true(try_sql(self, CU_NO_VALUES,
                        "INSERT INTO register_content SELECT 'x' || sha256, bytes"
                        " FROM register_content"));
    assert_named(self, "a file that was added");
    assert_true(
        try_sql(self, CU_NO_VALUES, "DELETE FROM register_content WHERE length(sha256) > 64"));
}

static void whatever_is_changed_in_a_row_is_named(void **state)
{
    const bool team = strcmp(*state, "postgresql") == 0;
    cu_register *const book =
        open_whole(stores_fresh(state), stores_path(team ? "rows-pg" : "rows"));
    const cu_tables *const tables = cu_register_tables(book);
    target one = {.book = book};
    unsigned looked = 0;

    assert_int_equal(year_enrol(book, &failure), CU_OK);
    assert_whole(book);
    if (cu_store_transact(cu_register_store(book), fill_tables, &one, &failure) != CU_OK)
        fail_msg("%s", failure.text);
    assert_whole(book);
    for (size_t i = 0; i < tables->things.n; i++) {
        one.table = tables->list[i].name;
        assert_true(id_of_one(&one));
        change_table(&one, tables->things.list[i], team ? 7 : 1);
        looked++;
    }
    change_besides(&one);
    assert_whole(book);
    assert_true(one.changed > looked);
    (void)printf("# %u columns of %u tables; %u changes were refused by the store\n",
                 one.changed, looked, one.refused);
    cu_register_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(a_register_whose_log_was_changed_is_not_opened),
        ON_BOTH(whatever_is_changed_in_a_row_is_named),
    };

    return stores_run(tests);
}
