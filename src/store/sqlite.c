/* SPDX-License-Identifier: Apache-2.0 */
/* A store in one SQLite file: a log written ahead, synced at every commit. */
#include "base/clock.h"
#include "base/map.h"
#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    application = 0x43555352, /* "CUSR" */
    kept_max = 512,           /* prepared statements of a connection */
    busy_wait_ms = 30000,
    copy_pages = 256, /* a step of the backup; between two, writers have their turn */
    after_last = -2,  /* where rows are */
};

typedef struct prepared {
    sqlite3_stmt *statement;
    bool in_use;
    bool kept;                   /* in the table; else finished with its rows */
    int places[CU_STORE_VALUES]; /* SQLite's number of $1, $2, … */
    size_t count;                /* of parameters */
} prepared;

typedef struct connection {
    sqlite3 *database;
    cu_map index; /* from the hash of the text to its place in kept */
    prepared *kept[kept_max];
    size_t n;
    int64_t waiting_since_us;
} connection;

static const cu_dialect_word words[] = {
    {"integer", "INTEGER"},        {"text", "TEXT"},     {"blob", "BLOB"},
    {"id", "INTEGER PRIMARY KEY"}, {"strict", "STRICT"}, {NULL, NULL},
};

static cu_status code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_NOMEM:
        return CU_ENOMEM;
    case SQLITE_CONSTRAINT:
        return result == SQLITE_CONSTRAINT_UNIQUE || result == SQLITE_CONSTRAINT_PRIMARYKEY ||
                       result == SQLITE_CONSTRAINT_ROWID
                   ? CU_EEXISTS
                   : CU_EUSAGE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return CU_EFORMAT;
    case SQLITE_TOOBIG:
        return CU_ELIMIT;
    case SQLITE_ERROR:
    case SQLITE_MISMATCH:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return CU_EUSAGE;
    default:
        return CU_EIO;
    }
}

static cu_status fail(cu_store *store, sqlite3 *database, const char *doing, cu_err *err)
{
    const int result = database == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(database);
    const bool busy = (result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_LOCKED;
    const cu_status code = code_of(result);
    int number = 0;

    (void)cu_fail(err, code, "could not %s: %s", doing,
                  database == NULL ? "out of memory" : sqlite3_errmsg(database));
    if (busy)
        store->again = true;
    if (err == NULL || code != CU_EIO)
        return code;
    if (busy)
        number = EAGAIN;
    else if ((result & 0xff) == SQLITE_FULL)
        number = ENOSPC;
    else if (sqlite3_file_control(database, "main", SQLITE_FCNTL_LAST_ERRNO, &number) !=
                 SQLITE_OK ||
             number == 0)
        number = EIO;
    err->os_errno = number;
    return code;
}

/* ---- statements ---- */

static void forget(prepared *one)
{
    (void)sqlite3_finalize(one->statement);
    free(one);
}

/* Makes room by forgetting all that no rows are open of. */
static void forget_idle(connection *c)
{
    size_t kept = 0;

    cu_map_free(&c->index);
    c->index = (cu_map){0};
    for (size_t i = 0; i < c->n; i++) {
        if (!c->kept[i]->in_use) {
            forget(c->kept[i]);
            continue;
        }
        /* What is in use is no longer found, and is forgotten with its rows. */
        c->kept[i]->kept = false;
    }
    c->n = kept;
}

static cu_status prepare_new(cu_store *store, const char *sql, prepared **out, cu_err *err)
{
    connection *const c = store->connection;
    prepared *const one = calloc(1, sizeof *one);
    const char *tail = NULL;

    if (one == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const int result = sqlite3_prepare_v3(c->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                          &one->statement, &tail);

    if (result != SQLITE_OK) {
        free(one);
        return fail(store, c->database, "prepare a statement", err);
    }
    one->count = (size_t)sqlite3_bind_parameter_count(one->statement);
    for (size_t i = 0; i < one->count && i < CU_STORE_VALUES; i++) {
        char name[8];

        (void)snprintf(name, sizeof name, "$%zu", i + 1);
        one->places[i] = sqlite3_bind_parameter_index(one->statement, name);
    }
    if (one->statement == NULL || tail[strspn(tail, " \n;")] != '\0' ||
        one->count > CU_STORE_VALUES) {
        forget(one);
        return cu_fail(err, CU_EUSAGE, "a text of SQL is not one statement");
    }
    *out = one;
    return CU_OK;
}

static cu_status prepare(cu_store *store, const char *sql, prepared **out, cu_err *err)
{
    connection *const c = store->connection;
    const uint64_t hash = cu_map_hash(0, (cu_bytes){(const uint8_t *)sql, strlen(sql)});
    bool added = false;

    if (c->n == kept_max)
        forget_idle(c);

    uint64_t *const place = cu_map_put(&c->index, hash, c->n, &added);

    if (place == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (!added && *place < c->n) {
        prepared *const found = c->kept[*place];

        if (!found->in_use && strcmp(sqlite3_sql(found->statement), sql) == 0) {
            *out = found;
            return CU_OK;
        }
        return prepare_new(store, sql, out, err); /* open twice at once, or a rare collision */
    }
    *place = c->n; /* an entry left by a text that could not be prepared points past the end */

    const cu_status st = prepare_new(store, sql, out, err);

    if (st != CU_OK || *out == NULL) {
        *place = UINT64_MAX;
        return st;
    }
    (*out)->kept = true;
    c->kept[c->n++] = *out;
    return CU_OK;
}

static int bind(sqlite3_stmt *statement, int place, const cu_value *value)
{
    const char *const bytes = value->bytes.p == NULL ? "" : (const char *)value->bytes.p;

    switch (value->kind) {
    case CU_VALUE_INTEGER:
        return sqlite3_bind_int64(statement, place, value->number);
    case CU_VALUE_TEXT:
        return sqlite3_bind_text64(statement, place, bytes, value->bytes.n, SQLITE_TRANSIENT,
                                   SQLITE_UTF8);
    case CU_VALUE_BLOB:
        return sqlite3_bind_blob64(statement, place, bytes, value->bytes.n, SQLITE_TRANSIENT);
    default:
        return sqlite3_bind_null(statement, place);
    }
}

static void release(prepared *one)
{
    (void)sqlite3_reset(one->statement);
    (void)sqlite3_clear_bindings(one->statement);
    one->in_use = false;
    if (!one->kept)
        forget(one);
}

static cu_status query(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                       cu_err *err)
{
    connection *const c = store->connection;
    prepared *one = NULL;
    cu_status st = prepare(store, sql, &one, err);

    if (st != CU_OK || one == NULL)
        return st;
    one->in_use = true;
    if (values.n != one->count)
        st = cu_fail(err, CU_EUSAGE, "a statement has %zu parameters and was given %zu",
                     one->count, values.n);
    for (size_t i = 0; st == CU_OK && i < values.n; i++) {
        if (bind(one->statement, one->places[i], &values.list[i]) != SQLITE_OK)
            st = fail(store, c->database, "bind a value", err);
    }
    if (st != CU_OK) {
        release(one);
        return st;
    }
    rows->prepared = one;
    rows->answer = one->statement;
    return CU_OK;
}

static cu_status next(cu_rows *rows, bool *more, cu_err *err)
{
    connection *const c = rows->store->connection;
    int result;

    *more = false;
    if (rows->at == after_last)
        return CU_OK;
    result = sqlite3_step(rows->answer);
    if (result == SQLITE_ROW) {
        rows->at = 0;
        *more = true;
        return CU_OK;
    }
    if (result != SQLITE_DONE)
        return fail(rows->store, c->database, "run a statement", err);
    rows->store->changed = (uint64_t)sqlite3_changes64(c->database);
    rows->at = after_last;
    /* A finished statement lets go of the table, and another step would begin again. */
    (void)sqlite3_reset(rows->answer);
    return CU_OK;
}

static int columns(const cu_rows *rows)
{
    return sqlite3_column_count(rows->answer);
}

static cu_value_kind kind(const cu_rows *rows, int column)
{
    if (rows->at < 0)
        return CU_VALUE_NULL;
    switch (sqlite3_column_type(rows->answer, column)) {
    case SQLITE_INTEGER:
        return CU_VALUE_INTEGER;
    case SQLITE_NULL:
        return CU_VALUE_NULL;
    case SQLITE_TEXT:
        return CU_VALUE_TEXT;
    default:
        return CU_VALUE_BLOB;
    }
}

/* The value is asked for once: no other thread has the connection, so that it is safe to read
 * it without the locks that each sqlite3_column_… would take. */
static cu_status value(const cu_rows *rows, int column, cu_value *out)
{
    sqlite3_value *const one = rows->at < 0 ? NULL : sqlite3_column_value(rows->answer, column);

    *out = (cu_value){.kind = CU_VALUE_NULL};
    switch (one == NULL ? SQLITE_NULL : sqlite3_value_type(one)) {
    case SQLITE_NULL:
        return CU_OK;
    case SQLITE_INTEGER:
        *out = cu_value_integer(sqlite3_value_int64(one));
        return CU_OK;
    case SQLITE_TEXT:
        out->kind = CU_VALUE_TEXT;
        out->bytes.p = sqlite3_value_text(one);
        break;
    case SQLITE_BLOB:
        out->kind = CU_VALUE_BLOB;
        out->bytes.p = sqlite3_value_blob(one);
        break;
    default:
        return CU_EFORMAT;
    }
    out->bytes.n = (size_t)sqlite3_value_bytes(one);
    return out->bytes.p == NULL && out->bytes.n > 0 ? CU_ENOMEM : CU_OK;
}

static void finish(cu_rows *rows)
{
    release(rows->prepared);
}

/* ---- transactions ---- */

static cu_status direct(cu_store *store, const char *sql, cu_err *err)
{
    connection *const c = store->connection;

    if (sqlite3_exec(c->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(store, c->database, "run a statement", err);
    return CU_OK;
}

static cu_status begin(cu_store *store, cu_store_mode mode, cu_err *err)
{
    return cu_store_run(store, mode == CU_STORE_WRITES ? "BEGIN IMMEDIATE" : "BEGIN",
                        CU_NO_VALUES, err);
}

static cu_status commit(cu_store *store, cu_err *err)
{
    return cu_store_run(store, "COMMIT", CU_NO_VALUES, err);
}

static void rollback(cu_store *store)
{
    connection *const c = store->connection;

    /* Some failures have rolled back already. */
    if (sqlite3_get_autocommit(c->database) == 0)
        (void)sqlite3_exec(c->database, "ROLLBACK", NULL, NULL, NULL);
}

/* Asked again by SQLite while another writes: waits a little, for half a minute in all. */
static int wait_for_writer(void *context, int calls)
{
    connection *const c = context;
    const int64_t now_us = cu_clock_steady_us();
    const unsigned sleep_us = calls < 8 ? 100U << calls : 20000U;

    if (calls == 0)
        c->waiting_since_us = now_us;
    if (now_us - c->waiting_since_us > (int64_t)busy_wait_ms * 1000)
        return 0;
    (void)usleep(sleep_us + (unsigned)(now_us % 97));
    return 1;
}

/* ---- opening ---- */

static cu_status refuse_others(cu_store *store, cu_err *err)
{
    int64_t id = 0;
    int64_t tables = 0;
    cu_status st = cu_store_number(store, "SELECT application_id FROM pragma_application_id",
                                   CU_NO_VALUES, &id, err);

    if (st == CU_OK)
        st = cu_store_number(store, "SELECT count(*) FROM sqlite_schema", CU_NO_VALUES, &tables,
                             err);
    if (st != CU_OK || id == application)
        return st;
    if (id != 0 || tables != 0)
        return cu_fail(err, CU_EFORMAT, "it is a database, but not one of Custos");
    return direct(store, "PRAGMA application_id = 1129665362", err);
}

static cu_status set_up(cu_store *store, cu_err *err)
{
    connection *const c = store->connection;
    static const char *const settings =
        "PRAGMA synchronous = EXTRA; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
        "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;"
        "PRAGMA cache_size = -32768";

    /* EXTRA is FULL, and the folder is synced when a journal goes: the one of the first
     * transactions, before there is a log, could come back after a cut and undo all since. */
    _Static_assert(application == 1129665362, "the pragma below takes no name");
    (void)sqlite3_extended_result_codes(c->database, 1);
    (void)sqlite3_busy_handler(c->database, wait_for_writer, c);
    (void)sqlite3_db_config(c->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(c->database, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    (void)sqlite3_limit(c->database, SQLITE_LIMIT_ATTACHED, 0);

    cu_status st = direct(store, settings, err);

    if (st == CU_OK)
        st = refuse_others(store, err);
    if (st == CU_OK)
        st = direct(store, "PRAGMA journal_mode = WAL", err);
    return st;
}

static void close_connection(cu_store *store)
{
    connection *const c = store->connection;

    if (c == NULL)
        return;
    for (size_t i = 0; i < c->n; i++)
        forget(c->kept[i]);
    cu_map_free(&c->index);
    (void)sqlite3_close(c->database);
    free(c);
    store->connection = NULL;
}

/* A new file is for its owner alone. One that is there is not touched: to close it again would
 * drop the locks that this process may hold on it. */
static void make_private(const char *path)
{
    const sqlite3_vfs *const files = sqlite3_vfs_find(NULL);
    int fd;

    if (strcmp(path, ":memory:") == 0 || files == NULL || strcmp(files->zName, "unix") != 0)
        return;
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)close(fd);
}

static cu_status open_unnamed(cu_store *store, const char *path, cu_err *err)
{
    connection *const c = store->connection;
    const int result =
        sqlite3_open_v2(path, &c->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

    if (result == SQLITE_OK)
        return set_up(store, err);
    errno = sqlite3_system_errno(c->database);
    return errno != 0 ? cu_fail_errno(err)
                      : cu_fail(err, code_of(result), "%s", sqlite3_errstr(result));
}

static cu_status open_path(cu_store *store, const char *path, cu_err *err)
{
    connection *const c = calloc(1, sizeof *c);

    if (c == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    store->connection = c;
    make_private(path);

    const cu_status st = open_unnamed(store, path, err);

    return st == CU_OK ? CU_OK : cu_while(err, st, "could not open database \"%s\"", path);
}

static cu_status open_url(cu_store *store, const char *url, cu_err *err)
{
    const char *const path = url + strlen(cu_store_sqlite.prefix);

    if (*path == '\0')
        return cu_fail(err, CU_EUSAGE, "the database has no path");
    return open_path(store, path, err);
}

/* ---- schema and care ---- */

static cu_status describe(cu_store *store, cu_buffer *out, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(store,
                                  "SELECT tbl_name, type, name, sql FROM sqlite_schema"
                                  " WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE"
                                  " '\\' ORDER BY tbl_name, type, name",
                                  CU_NO_VALUES, &rows, err);

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        for (int i = 0; i < 4; i++) {
            cu_describe_word(out, cu_rows_text(rows, i), i == 3);
        }
    }
    return st == CU_OK ? cu_buffer_check(out, err) : st;
}

static cu_status describe_expected(cu_store *store, cu_store_work work, void *context,
                                   cu_buffer *out, cu_err *err)
{
    CU_AUTO(cu_store, empty);
    cu_status st = cu_store_open("sqlite::memory:", &empty, err);

    (void)store;
    if (st == CU_OK)
        st = work(empty, context, err);
    if (st == CU_OK)
        st = describe(empty, out, err);
    return st;
}

static cu_status integrity(cu_store *store, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    CU_AUTO(cu_rows, dangling);
    bool more = false;
    cu_status st =
        cu_store_query(store, "SELECT integrity_check FROM pragma_integrity_check(1)",
                       CU_NO_VALUES, &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;

    const char *const answer = more ? cu_rows_text(rows, 0) : NULL;

    if (answer == NULL || strcmp(answer, "ok") != 0)
        return cu_fail(err, CU_EFORMAT, "the database is damaged: %s",
                       answer == NULL ? "no answer" : answer);
    st = cu_store_query(store, "SELECT \"table\", rowid FROM pragma_foreign_key_check LIMIT 1",
                        CU_NO_VALUES, &dangling, err);
    if (st == CU_OK)
        st = cu_rows_next(dangling, &more, err);
    if (st == CU_OK && more)
        st = cu_fail(err, CU_EFORMAT,
                     "the database is damaged: row %lld of %s refers to one that is not there",
                     (long long)cu_rows_integer(dangling, 1), cu_rows_text(dangling, 0));
    return st;
}

static cu_status page(cu_store *store, cu_bytes table, bool first, cu_rows **out, cu_err *err)
{
    cu_buffer sql = {0};
    cu_status st;

    if (!first)
        return CU_OK;
    cu_buffer_format(&sql, "SELECT * FROM %.*s", (int)table.n, (const char *)table.p);
    cu_buffer_u8(&sql, '\0');
    st = cu_buffer_check(&sql, err);
    if (st == CU_OK)
        st = cu_store_query(store, (const char *)sql.p, CU_NO_VALUES, out, err);
    cu_buffer_free(&sql);
    return st;
}

static cu_status before_copy(cu_store *store, cu_err *err)
{
    return direct(store, "PRAGMA defer_foreign_keys = ON", err);
}

static cu_status after_copy(cu_store *store, cu_err *err)
{
    (void)store;
    (void)err;
    return CU_OK;
}

cu_status cu_sqlite_copy_pages(cu_store *store, const char *path, cu_err *err)
{
    connection *const c = store->connection;
    sqlite3 *copy = NULL;
    int result =
        sqlite3_open_v2(path, &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    cu_status st = CU_OK;
    sqlite3_backup *const backup =
        result == SQLITE_OK ? sqlite3_backup_init(copy, "main", c->database, "main") : NULL;

    if (backup == NULL) {
        st = fail(store, copy, "begin the backup", err);
        (void)sqlite3_close(copy);
        return st;
    }
    do {
        result = sqlite3_backup_step(backup, copy_pages);
        if (result == SQLITE_BUSY || result == SQLITE_LOCKED)
            (void)usleep(10000);
    } while (result == SQLITE_OK || result == SQLITE_BUSY || result == SQLITE_LOCKED);
    if (sqlite3_backup_finish(backup) != SQLITE_OK)
        st = fail(store, copy, "copy the pages", err);
    /* The copy lives alone, without a log beside it, until it is opened as a store again. */
    if (st == CU_OK &&
        sqlite3_exec(copy, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) != SQLITE_OK)
        st = fail(store, copy, "end the copy", err);
    (void)sqlite3_close(copy);
    store->again = false;
    return st;
}

static const cu_rows_methods rows_methods = {
    .next = next,
    .kind = kind,
    .value = value,
    .columns = columns,
    .finish = finish,
};

const cu_store_driver cu_store_sqlite = {
    .name = "sqlite",
    .prefix = "sqlite:",
    .words = words,
    .open = open_url,
    .close = close_connection,
    .rows = &rows_methods,
    .query = query,
    .direct = direct,
    .begin = begin,
    .commit = commit,
    .rollback = rollback,
    .describe = describe,
    .describe_expected = describe_expected,
    .integrity = integrity,
    .page = page,
    .before_copy = before_copy,
    .after_copy = after_copy,
};
