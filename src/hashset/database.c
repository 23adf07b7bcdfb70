/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite, with everything shut that a list of files has no use for. */
#include "hashset/database.h"

#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    header_bytes = 100,
    value_max = 1 << 20, /* bytes of one value or row */
    steps_a_call = 1000,
    steps_max = 50 * 1000 * 1000, /* without a row: a second or so */
};

/* ---- the file itself ---- */

static uint32_t u32be(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* A log or journal beside it holds rows that are not in the file, or says which are not. */
static cu_status check_companion(const cu_hashset_source *source, const char *suffix,
                                 cu_err *err)
{
    char path[PATH_MAX];
    struct stat status;

    if ((size_t)snprintf(path, sizeof path, "%s%s", source->path, suffix) >= sizeof path)
        return cu_fail(err, CU_EUSAGE, "the path is too long");
    if (stat(path, &status) == 0 && status.st_size > 0)
        return cu_fail(err, CU_EFORMAT,
                       "\"%.100s\" is not whole: \"%s\" beside it holds a part; let SQLite put "
                       "them together first; nothing was imported",
                       source->path, suffix);
    return CU_OK;
}

/* Source: sqlite.org/fileformat2.html section 1.3. */
static cu_status check_header(const cu_hashset_source *source, const uint8_t *header, size_t n,
                              uint64_t bytes, cu_err *err)
{
    if (n < header_bytes || memcmp(header, "SQLite format 3", 16) != 0)
        return cu_hashset_broken(source, 0, "\"SQLite format 3\" and a header of 100 bytes",
                                 err);

    const uint32_t said = (uint32_t)header[16] << 8 | header[17];
    const uint64_t page = said == 1 ? 65536 : said;
    const uint64_t whole = page * u32be(header + 28);
    char words[80];

    if (page < 512 || (page & (page - 1)) != 0)
        return cu_hashset_broken(source, 16, "a page size that is a power of 2", err);
    /* The count of pages holds only where the file was last changed by a SQLite that keeps it.
     */
    if (u32be(header + 24) == u32be(header + 92) && whole > bytes) {
        (void)snprintf(words, sizeof words, "%llu bytes, but the file ends",
                       (unsigned long long)whole);
        return cu_hashset_broken(source, bytes, words, err);
    }
    if (bytes % page != 0)
        return cu_hashset_broken(source, bytes, "whole pages, but the file ends in one", err);
    return CU_OK;
}

static cu_status check_file(const cu_hashset_source *source, uint64_t *bytes, cu_err *err)
{
    uint8_t header[header_bytes];
    struct stat status;
    const int fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    ssize_t n = 0;

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", source->path);
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(fd);
        return cu_fail(err, CU_EFORMAT, "\"%s\" is no file", source->path);
    }
    n = pread(fd, header, sizeof header, 0);
    close(fd);
    if (n < 0)
        return cu_fail_os(err, "could not read \"%s\"", source->path);
    *bytes = (uint64_t)status.st_size;

    cu_status st = check_header(source, header, (size_t)n, *bytes, err);

    if (st == CU_OK)
        st = check_companion(source, "-wal", err);
    return st == CU_OK ? check_companion(source, "-journal", err) : st;
}

/* ---- shutting SQLite ---- */

/* Only looking at tables; no function, no attached file. */
static int authorize(CU_UNUSED void *context, int action, const char *first,
                     CU_UNUSED const char *second, CU_UNUSED const char *database,
                     CU_UNUSED const char *inner)
{
    if (action == SQLITE_SELECT || action == SQLITE_READ)
        return SQLITE_OK;
    return action == SQLITE_PRAGMA && strcmp(first, "table_xinfo") == 0 ? SQLITE_OK
                                                                        : SQLITE_DENY;
}

static int count_steps(void *context)
{
    cu_hashset_database *const self = context;

    self->steps += steps_a_call;
    return self->steps > steps_max;
}

static void set_limits(sqlite3 *sqlite)
{
    static const struct {
        int what, most;
    } limits[] = {
        {SQLITE_LIMIT_LENGTH, value_max},  {SQLITE_LIMIT_SQL_LENGTH, 64 * 1024},
        {SQLITE_LIMIT_COLUMN, 200},        {SQLITE_LIMIT_EXPR_DEPTH, 20},
        {SQLITE_LIMIT_COMPOUND_SELECT, 2}, {SQLITE_LIMIT_VDBE_OP, 10000},
        {SQLITE_LIMIT_FUNCTION_ARG, 8},    {SQLITE_LIMIT_ATTACHED, 0},
        {SQLITE_LIMIT_VARIABLE_NUMBER, 8}, {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
        {SQLITE_LIMIT_WORKER_THREADS, 0},
    };

    for (size_t i = 0; i < CU_COUNT_OF(limits); i++)
        (void)sqlite3_limit(sqlite, limits[i].what, limits[i].most);
}

static bool shut(cu_hashset_database *self)
{
    static const struct {
        int what, on;
    } switches[] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
        {SQLITE_DBCONFIG_DQS_DDL, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0},
    };

    bool good = true;

    for (size_t i = 0; i < CU_COUNT_OF(switches); i++)
        good = good && sqlite3_db_config(self->sqlite, switches[i].what, switches[i].on,
                                         NULL) == SQLITE_OK;
    set_limits(self->sqlite);
    good = good && sqlite3_exec(self->sqlite,
                                "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                                "PRAGMA temp_store=MEMORY; PRAGMA query_only=ON",
                                NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_progress_handler(self->sqlite, steps_a_call, count_steps, self);
    return good && sqlite3_set_authorizer(self->sqlite, authorize, NULL) == SQLITE_OK;
}

/* "file:" and the path, with all but plain letters as %NN, so that no path is an option. */
static void make_uri(const char *path, cu_buffer *uri)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";

    cu_buffer_format(uri, "file:");
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr(plain, *c) != NULL)
            cu_buffer_u8(uri, (uint8_t)*c);
        else
            cu_buffer_format(uri, "%%%02X", (unsigned)(uint8_t)*c);
    }
    cu_buffer_format(uri, "?immutable=1&mode=ro");
    cu_buffer_u8(uri, 0);
}

static cu_status refused(const cu_hashset_database *self, const char *table, uint64_t number,
                         cu_err *err)
{
    const int code = sqlite3_errcode(self->sqlite) & 0xFF;

    if (code == SQLITE_NOMEM)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (code == SQLITE_INTERRUPT)
        return cu_fail(err, CU_ELIMIT,
                       "\"%.100s\", table %s, row %llu: SQLite worked too long without a row; "
                       "nothing was imported",
                       self->source->path, table, (unsigned long long)number);
    return cu_fail(err, code == SQLITE_IOERR ? CU_EIO : CU_EFORMAT,
                   "\"%.100s\", table %s, row %llu: expected a row, but %.80s; nothing was "
                   "imported",
                   self->source->path, table, (unsigned long long)number,
                   sqlite3_errmsg(self->sqlite));
}

cu_status cu_hashset_database_open(const cu_hashset_source *source, cu_hashset_database *out,
                                   cu_err *err)
{
    cu_hashset_database *const self = out;
    cu_buffer uri = {0};

    *self = (cu_hashset_database){.source = source};

    cu_status st = check_file(source, &self->bytes, err);

    if (st != CU_OK)
        return st;
    make_uri(source->path, &uri);
    st = cu_buffer_check(&uri, err);
    if (st == CU_OK && (sqlite3_open_v2((const char *)uri.p, &self->sqlite,
                                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                                            SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                                        NULL) != SQLITE_OK ||
                        !shut(self)))
        st = self->sqlite == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                  : refused(self, "sqlite_schema", 0, err);
    cu_buffer_free(&uri);
    if (st != CU_OK)
        cu_hashset_database_close(self);
    return st;
}

void cu_hashset_database_close(cu_hashset_database *database)
{
    (void)sqlite3_close_v2(database->sqlite);
    database->sqlite = NULL;
}

/* ---- tables ---- */

bool cu_hashset_database_has_table(cu_hashset_database *database, const char *name)
{
    sqlite3_stmt *statement = NULL;
    bool there = false;

    database->steps = 0;
    if (sqlite3_prepare_v2(database->sqlite,
                           "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                           "rootpage > 0 AND name = ?1 COLLATE NOCASE",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC) == SQLITE_OK)
        there = sqlite3_step(statement) == SQLITE_ROW;
    (void)sqlite3_finalize(statement);
    return there;
}

/* True where the column is asked for; names in SQL have no case. */
static bool note_column(cu_hashset_rows *rows, const char *const *columns, const char *name)
{
    bool wanted = false;

    for (size_t i = 0; name != NULL && i < rows->count; i++) {
        if (strcasecmp(name, columns[i]) != 0)
            continue;
        rows->at[i] = 0;
        wanted = true;
    }
    return wanted;
}

/* Which of the columns asked for the table has; none that it computes. */
static cu_status find_columns(cu_hashset_rows *rows, const char *const *columns, cu_err *err)
{
    char sql[160];
    sqlite3_stmt *all = NULL;
    cu_status st = CU_OK;
    int code = SQLITE_ROW;

    for (rows->count = 0; columns[rows->count] != NULL; rows->count++)
        rows->at[rows->count] = -1;
    (void)snprintf(sql, sizeof sql, "PRAGMA table_xinfo(\"%s\")", rows->table);
    if (sqlite3_prepare_v2(rows->database->sqlite, sql, -1, &all, NULL) != SQLITE_OK)
        return refused(rows->database, rows->table, 0, err);
    while (st == CU_OK && (code = sqlite3_step(all)) == SQLITE_ROW) {
        const char *const name = (const char *)sqlite3_column_text(all, 1);

        if (note_column(rows, columns, name) && sqlite3_column_int(all, 6) != 0)
            st = cu_fail(err, CU_EFORMAT,
                         "\"%.100s\", table %s: the column %.32s is computed, and not read; "
                         "nothing was imported",
                         rows->database->source->path, rows->table, name);
    }
    if (st == CU_OK && code != SQLITE_DONE)
        st = refused(rows->database, rows->table, 0, err);
    (void)sqlite3_finalize(all);
    return st;
}

/* The statement that reads them, and only them; their places in it are put right. */
static cu_status prepare(cu_hashset_rows *rows, const char *const *columns, cu_err *err)
{
    cu_buffer sql = {0};
    int next = 0;

    cu_buffer_format(&sql, "SELECT ");
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->at[i] < 0)
            continue;
        cu_buffer_format(&sql, "%s\"%s\"", next > 0 ? ", " : "", columns[i]);
        rows->at[i] = next++;
    }
    cu_buffer_format(&sql, "%s FROM \"%s\" NOT INDEXED", next == 0 ? "NULL" : "", rows->table);
    cu_buffer_u8(&sql, 0);

    cu_status st = cu_buffer_check(&sql, err);

    if (st == CU_OK && sqlite3_prepare_v2(rows->database->sqlite, (const char *)sql.p, -1,
                                          &rows->statement, NULL) != SQLITE_OK)
        st = refused(rows->database, rows->table, 0, err);
    cu_buffer_free(&sql);
    return st;
}

/* The highest row id, which ends the table: how many rows there may be, or 0. */
static uint64_t last_row(cu_hashset_rows *rows)
{
    char sql[160];
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 last = 0;

    (void)snprintf(sql, sizeof sql,
                   "SELECT rowid FROM \"%s\" NOT INDEXED ORDER BY rowid DESC LIMIT 1",
                   rows->table);
    if (sqlite3_prepare_v2(rows->database->sqlite, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        last = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return last > 0 ? (uint64_t)last : 0;
}

cu_status cu_hashset_rows_open(cu_hashset_database *database, const char *table,
                               const char *const *columns, cu_hashset_rows *out, cu_err *err)
{
    *out = (cu_hashset_rows){.database = database, .table = table};
    database->steps = 0;

    const cu_status st = find_columns(out, columns, err);

    if (st != CU_OK)
        return st;
    out->last = last_row(out);
    return prepare(out, columns, err);
}

cu_status cu_hashset_rows_next(cu_hashset_rows *rows, cu_err *err)
{
    rows->database->steps = 0;

    const int code = sqlite3_step(rows->statement);

    if (code == SQLITE_DONE)
        return CU_ENOTFOUND;
    rows->number++;
    if (code != SQLITE_ROW)
        return refused(rows->database, rows->table, rows->number, err);
    for (size_t i = 0; i < rows->count; i++) {
        rows->values[i] = (cu_bytes){0};
        if (rows->at[i] < 0)
            continue;

        const uint8_t *const p =
            sqlite3_column_type(rows->statement, rows->at[i]) == SQLITE_BLOB
                ? sqlite3_column_blob(rows->statement, rows->at[i])
                : sqlite3_column_text(rows->statement, rows->at[i]);

        if (p != NULL)
            rows->values[i] =
                (cu_bytes){p, (size_t)sqlite3_column_bytes(rows->statement, rows->at[i])};
    }
    if (rows->number <= rows->last)
        rows->reached = (uint64_t)((double)rows->number / (double)rows->last *
                                   (double)rows->database->bytes);
    return CU_OK;
}

void cu_hashset_rows_close(cu_hashset_rows *rows)
{
    (void)sqlite3_finalize(rows->statement);
    rows->statement = NULL;
}
