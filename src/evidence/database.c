/* SPDX-License-Identifier: Apache-2.0 */
/* SQLite's answers in our words. */
#include "evidence/database.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cu_status code_of(int result)
{
    switch (result & 0xff) {
    case SQLITE_NOMEM:
        return CU_ENOMEM;
    case SQLITE_CONSTRAINT:
        return CU_EEXISTS;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* our SQL is fixed, so a wrong table or an overflow is the file's */
    case SQLITE_MISMATCH:
        return CU_EFORMAT;
    case SQLITE_TOOBIG:
        return CU_ELIMIT;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
        return CU_EUSAGE;
    default:
        return CU_EIO;
    }
}

static int errno_of(sqlite3 *database, int result)
{
    if ((result & 0xff) == SQLITE_FULL)
        return ENOSPC;
    if ((result & 0xff) == SQLITE_BUSY)
        return EBUSY;

    /* The file itself remembers; sqlite3_system_errno is overwritten while SQLite cleans up. */
    static const char *const files[] = {"sealed", "main"};

    for (size_t i = 0; i < CU_COUNT_OF(files); i++) {
        int number = 0;

        if (sqlite3_file_control(database, files[i], SQLITE_FCNTL_LAST_ERRNO, &number) ==
                SQLITE_OK &&
            number != 0)
            return number;
    }
    return EIO;
}

/* SQLite says "database is locked", which of a file that only a scan writes says too little. */
static const char *words_of(sqlite3 *database, int result)
{
    if (database == NULL)
        return "out of memory";
    return (result & 0xff) == SQLITE_BUSY ? "another scan is writing it"
                                          : sqlite3_errmsg(database);
}

cu_status cu_database_fail(sqlite3 *database, const char *doing, cu_err *err)
{
    const int result = database == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(database);
    const char *const path = database == NULL ? NULL : sqlite3_db_filename(database, "main");
    const cu_status code = code_of(result);

    (void)cu_fail(err, code, "%s: %s", doing, words_of(database, result));
    if (path != NULL && path[0] != '\0')
        (void)cu_while(err, code, "\"%s\"", path);
    if (err != NULL && code == CU_EIO)
        err->os_errno = errno_of(database, result);
    return code;
}

void cu_database_unname(sqlite3 *database, cu_err *err)
{
    const char *const path = database == NULL ? NULL : sqlite3_db_filename(database, "main");
    char name[sizeof err->text];

    if (path == NULL || err == NULL ||
        snprintf(name, sizeof name, "\"%s\": ", path) >= (int)sizeof name)
        return;

    char *const at = strstr(err->text, name);

    if (at != NULL)
        memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
}

cu_status cu_database_run(sqlite3 *database, const char *sql, cu_err *err)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return cu_database_fail(database, "could not run a statement on the evidence file",
                                err);
    return CU_OK;
}

cu_status cu_database_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **out,
                              cu_err *err)
{
    if (sqlite3_prepare_v2(database, sql, -1, out, NULL) != SQLITE_OK)
        return cu_database_fail(database, "could not query the evidence file", err);
    return CU_OK;
}

cu_status cu_database_number(sqlite3 *database, const char *sql, int64_t *out, cu_err *err)
{
    CU_STATEMENT(statement);

    const cu_status status = cu_database_prepare(database, sql, &statement, err);

    if (status != CU_OK)
        return status;

    const int result = sqlite3_step(statement);

    if (result == SQLITE_DONE)
        return cu_fail(err, CU_EFORMAT, "the evidence file lacks a row");
    if (result != SQLITE_ROW)
        return cu_database_fail(database, "could not read the evidence file", err);
    *out = sqlite3_column_int64(statement, 0);
    return CU_OK;
}

char *cu_database_join(const char *path, const char *suffix)
{
    cu_buffer text = {0};

    cu_buffer_append(&text, path, strlen(path));
    cu_buffer_append(&text, suffix, strlen(suffix) + 1);
    if (text.bad) {
        cu_buffer_free(&text);
        return NULL;
    }
    return (char *)text.p;
}
