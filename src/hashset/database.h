/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A source that is a SQLite database made by others: read, never written, and trusted in
 * nothing. Private to hashset/.
 */
#ifndef CU_HASHSET_DATABASE_H
#define CU_HASHSET_DATABASE_H

#include "hashset/builder.h"

typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

typedef struct cu_hashset_database {
    const cu_hashset_source *source;
    sqlite3 *sqlite;
    uint64_t bytes; /* of the file */
    uint64_t steps; /* of SQLite's machine since the last row */
} cu_hashset_database;

/*
 * Opens the source's path. The file must be whole: as long as its header says, with no journal
 * or log beside it that belongs to it. SQLite then reads it as immutable, without extensions,
 * views, triggers, virtual tables, functions or memory mapping, checks each page, and stops
 * where it works long without a row. One for each *out; closed with cu_hashset_database_close.
 *
 * CU_EFORMAT  no SQLite database, one that is cut off, or one that SQLite finds damaged.
 */
cu_status cu_hashset_database_open(const cu_hashset_source *source, cu_hashset_database *out,
                                   cu_err *err) CU_MUST_CHECK;
void cu_hashset_database_close(cu_hashset_database *database); /* a zeroed one is allowed */

/* True where it has an ordinary table (no view, no virtual one) of this name. */
bool cu_hashset_database_has_table(cu_hashset_database *database, const char *name);

/* The most columns that are asked of one table. */
enum { cu_hashset_database_columns_max = 8 };

/*
 * Goes once through a table that is there, in the order in which its rows lie in the file and
 * without any index. Of columns, which ends with NULL, those that the table does not have are
 * NULL in each row. next answers CU_ENOTFOUND after the last row.
 */
typedef struct cu_hashset_rows {
    cu_hashset_database *database;
    const char *table;
    sqlite3_stmt *statement;
    size_t count;                                     /* of columns asked */
    int at[cu_hashset_database_columns_max];          /* each one's place in a row, or -1 */
    cu_bytes values[cu_hashset_database_columns_max]; /* of this row; good until the next */
    uint64_t number;                                  /* of this row, from 1 */
    uint64_t last;                                    /* the highest row id; for the bar */
    uint64_t reached;                                 /* bytes of the file, as good as known */
} cu_hashset_rows;

cu_status cu_hashset_rows_open(cu_hashset_database *database, const char *table,
                               const char *const *columns, cu_hashset_rows *out,
                               cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_rows_next(cu_hashset_rows *rows, cu_err *err) CU_MUST_CHECK;
void cu_hashset_rows_close(cu_hashset_rows *rows);

#endif
