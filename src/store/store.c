/* SPDX-License-Identifier: Apache-2.0 */
/* Which driver a url names, and transactions that are tried again. */
#include "base/clock.h"
#include "base/text.h"
#include "store/driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { tries_max = 64, first_wait_us = 500, longest_wait_us = 200000 };

/* The registry. */
static const cu_store_driver *const drivers[] = {&cu_store_sqlite, &cu_store_postgresql};

cu_value cu_value_text(const char *text)
{
    if (text == NULL)
        return cu_value_null();
    return cu_value_text_bytes((cu_bytes){(const uint8_t *)text, strlen(text)});
}

cu_status cu_store_open(const char *url, cu_store **out, cu_err *err)
{
    const cu_store_driver *driver = NULL;
    CU_AUTO(cu_store, store);

    for (size_t i = 0; i < CU_COUNT_OF(drivers); i++) {
        if (strncmp(url, drivers[i]->prefix, strlen(drivers[i]->prefix)) == 0)
            driver = drivers[i];
    }
    if (driver == NULL)
        return cu_fail(err, CU_EUSAGE,
                       "a database is named sqlite:PATH or postgresql://…, not \"%s\"", url);
    store = calloc(1, sizeof *store);
    if (store == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    store->driver = driver;

    const cu_status st = driver->open(store, url, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(store);
    return CU_OK;
}

void cu_store_close(cu_store *store)
{
    if (store == NULL)
        return;
    if (store->open)
        store->driver->rollback(store);
    store->driver->close(store);
    free(store);
}

const char *cu_store_engine(const cu_store *store)
{
    return store->driver->name;
}

typedef cu_status ask(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                      cu_err *err);

static cu_status ask_for_rows(cu_store *store, ask *driver_ask, const char *sql,
                              cu_values values, cu_rows **out, cu_err *err)
{
    cu_rows *const rows = calloc(1, sizeof *rows);

    if (rows == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    *rows = (cu_rows){.store = store, .methods = store->driver->rows, .at = -1};

    const cu_status st = values.n > CU_STORE_VALUES
                             ? cu_fail(err, CU_EUSAGE, "a statement has %zu values", values.n)
                             : driver_ask(store, sql, values, rows, err);

    if (st != CU_OK) {
        free(rows);
        return st;
    }
    *out = rows;
    return CU_OK;
}

cu_status cu_store_query(cu_store *store, const char *sql, cu_values values, cu_rows **out,
                         cu_err *err)
{
    return ask_for_rows(store, store->driver->query, sql, values, out, err);
}

cu_status cu_store_foresee(cu_store *store, const char *sql, cu_values values, cu_err *err)
{
    if (strncmp(sql, "SELECT ", 7) != 0 || values.n > CU_STORE_VALUES)
        return cu_fail(err, CU_EUSAGE, "only rows can be foreseen");
    if (!store->open || store->driver->foresee == NULL)
        return CU_OK;
    for (size_t i = 0; i < values.n; i++) {
        if (values.list[i].kind == CU_VALUE_TEXT && !cu_text_is_utf8(values.list[i].bytes))
            return CU_OK; /* it is refused where it is asked */
    }
    return store->driver->foresee(store, sql, values, err);
}

cu_status cu_store_stream(cu_store *store, const char *sql, cu_values values, cu_rows **out,
                          cu_err *err)
{
    const cu_store_driver *const driver = store->driver;

    for (size_t i = 0; i < values.n; i++) {
        if (values.list[i].kind != CU_VALUE_INTEGER)
            return cu_fail(err, CU_EUSAGE,
                           "rows that come as they are read are asked for by "
                           "integers");
    }
    return ask_for_rows(store, driver->stream == NULL ? driver->query : driver->stream, sql,
                        values, out, err);
}

cu_status cu_rows_adopt(cu_store *store, void *answer, cu_rows **out, cu_err *err)
{
    cu_rows *const rows = calloc(1, sizeof *rows);
    cu_rows only = {.store = store, .methods = store->driver->rows, .answer = answer, .at = -1};

    if (rows == NULL) {
        only.methods->finish(&only);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    *rows = only;
    *out = rows;
    return CU_OK;
}

void cu_rows_close(cu_rows *rows)
{
    if (rows == NULL)
        return;
    rows->methods->finish(rows);
    free(rows);
}

cu_status cu_rows_check(const cu_rows *rows, cu_err *err)
{
    if (rows->bad)
        return cu_fail(err, CU_EFORMAT, "a column of the database is not of its kind");
    return CU_OK;
}

cu_status cu_rows_next(cu_rows *rows, bool *more, cu_err *err)
{
    const cu_status st = cu_rows_check(rows, err);

    return st == CU_OK ? rows->methods->next(rows, more, err) : st;
}

cu_status cu_store_run(cu_store *store, const char *sql, cu_values values, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(store, sql, values, &rows, err);

    while (st == CU_OK && rows != NULL && more)
        st = cu_rows_next(rows, &more, err);
    return st;
}

cu_status cu_store_run_each(cu_store *store, const char *sql, cu_values values, size_t count,
                            cu_err *err)
{
    const size_t share = count == 0 ? 0 : values.n / count;
    cu_status st = CU_OK;

    if (share * count != values.n)
        return cu_fail(err, CU_EUSAGE, "%zu values have no %zu equal shares", values.n, count);
    if (store->driver->run_each != NULL && count > 1)
        return store->driver->run_each(store, sql, values, count, err);
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = cu_store_run(store, sql, (cu_values){values.list + i * share, share}, err);
    return st;
}

cu_status cu_store_post_each(cu_store *store, const char *sql, cu_values values, size_t count,
                             cu_err *err)
{
    if (count == 0 || values.n % count != 0 || store->driver->post == NULL ||
        !cu_store_in_transaction(store))
        return cu_store_run_each(store, sql, values, count, err);
    return store->driver->post(store, sql, values, count, err);
}

uint64_t cu_store_changed(const cu_store *store)
{
    return store->changed;
}

cu_status cu_store_number(cu_store *store, const char *sql, cu_values values, int64_t *out,
                          cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(store, sql, values, &rows, err);

    if (st == CU_OK && rows != NULL)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND, "the database has no such row");

    const int64_t number = cu_rows_integer(rows, 0);

    st = cu_rows_check(rows, err);
    if (st == CU_OK)
        *out = number;
    return st;
}

bool cu_rows_is_null(const cu_rows *rows, int column)
{
    return rows->methods->kind(rows, column) == CU_VALUE_NULL;
}

static cu_value read_as(cu_rows *rows, int column, cu_value_kind wanted)
{
    cu_value value = {.kind = CU_VALUE_NULL};

    if (rows->methods->value(rows, column, &value) != CU_OK ||
        (value.kind != CU_VALUE_NULL && value.kind != wanted)) {
        rows->bad = true;
        return cu_value_null();
    }
    return value;
}

int64_t cu_rows_integer(cu_rows *rows, int column)
{
    return read_as(rows, column, CU_VALUE_INTEGER).number;
}

cu_bytes cu_rows_text_bytes(cu_rows *rows, int column)
{
    const cu_value value = read_as(rows, column, CU_VALUE_TEXT);

    if (value.bytes.n > 0 && memchr(value.bytes.p, '\0', value.bytes.n) != NULL) {
        rows->bad = true;
        return (cu_bytes){0};
    }
    return value.bytes;
}

/* Every driver ends a text with a zero byte. */
const char *cu_rows_text(cu_rows *rows, int column)
{
    return (const char *)cu_rows_text_bytes(rows, column).p;
}

cu_bytes cu_rows_blob(cu_rows *rows, int column)
{
    return read_as(rows, column, CU_VALUE_BLOB).bytes;
}

void cu_store_forbid_commit(cu_store *store)
{
    store->forbidden = true;
}

uint64_t cu_store_attempt(const cu_store *store)
{
    return store->open ? store->attempt : 0;
}

bool cu_store_in_transaction(const cu_store *store)
{
    return store->open && store->mode == CU_STORE_WRITES;
}

cu_status cu_store_before_commit(cu_store *store, cu_store_work work, void *context,
                                 cu_err *err)
{
    if (!cu_store_in_transaction(store))
        return cu_fail(err, CU_EUSAGE, "nothing is committed outside a transaction");
    for (size_t i = 0; i < store->last_n; i++) {
        if (store->last[i].work == work && store->last[i].context == context)
            return CU_OK;
    }
    if (store->last_n == CU_STORE_LAST_WORKS)
        return cu_fail(err, CU_EUSAGE, "more than %d works before one commit",
                       CU_STORE_LAST_WORKS);
    store->last[store->last_n++] = (cu_last_work){work, context};
    return CU_OK;
}

/* Waits longer each time, and never as long as the others who wait. */
static void wait_before_try(unsigned try)
{
    uint32_t chance = 0;
    int64_t wait_us = first_wait_us << (try < 8 ? try : 8);

    if (wait_us > longest_wait_us)
        wait_us = longest_wait_us;
    if (getrandom(&chance, sizeof chance, GRND_NONBLOCK) != (ssize_t)sizeof chance)
        chance = (uint32_t)cu_clock_steady_us();
    wait_us = wait_us / 2 + (int64_t)chance % (wait_us / 2 + 1);

    const struct timespec wait = {.tv_sec = wait_us / 1000000,
                                  .tv_nsec = wait_us % 1000000 * 1000};

    (void)nanosleep(&wait, NULL);
}

/* A work that swallowed a refusal must not commit what is left of it. */
static cu_status check_whole(const cu_store *store, cu_err *err)
{
    if (store->again)
        return cu_fail(err, CU_EIO, "another writer was in the way");
    if (store->forbidden)
        return cu_fail(err, CU_EUSAGE, "a part of the change failed, and it was to be kept");
    return CU_OK;
}

static cu_status run_last(cu_store *store, cu_err *err)
{
    cu_status st = check_whole(store, err);

    for (size_t i = 0; st == CU_OK && i < store->last_n; i++) {
        st = store->last[i].work(store, store->last[i].context, err);
        if (st == CU_OK)
            st = check_whole(store, err);
    }
    return st;
}

static cu_status attempt(cu_store *store, cu_store_mode mode, cu_store_work work, void *context,
                         cu_err *err)
{
    cu_status st = store->driver->begin(store, mode, err);

    if (st != CU_OK)
        return st;
    store->open = true;
    store->forbidden = false;
    store->attempt++;
    store->mode = mode;
    store->last_n = 0;
    st = work(store, context, err);
    if (st == CU_OK)
        st = run_last(store, err);
    if (st == CU_OK)
        st = store->driver->commit(store, err);
    if (st != CU_OK)
        store->driver->rollback(store);
    store->open = false;
    return st;
}

static cu_status transact(cu_store *store, cu_store_mode mode, cu_store_work work,
                          void *context, cu_err *err)
{
    cu_status st = CU_OK;

    if (store->open)
        return cu_fail(err, CU_EUSAGE, "a transaction is open already");
    for (unsigned try = 0; try < tries_max; try++) {
        if (try > 0)
            wait_before_try(try - 1);
        store->again = false;
        st = attempt(store, mode, work, context, err);
        if (st == CU_OK || !store->again)
            break;
    }
    store->again = false;
    return st;
}

cu_status cu_store_transact(cu_store *store, cu_store_work work, void *context, cu_err *err)
{
    return transact(store, CU_STORE_WRITES, work, context, err);
}

cu_status cu_store_read(cu_store *store, cu_store_work work, void *context, cu_err *err)
{
    return transact(store, CU_STORE_READS, work, context, err);
}

cu_status cu_store_integrity(cu_store *store, cu_err *err)
{
    return store->driver->integrity(store, err);
}
