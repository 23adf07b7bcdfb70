/* SPDX-License-Identifier: Apache-2.0 */
/* The register's database: SQLite in a file for one box, PostgreSQL for a team, one face. */
#ifndef CU_STORE_STORE_H
#define CU_STORE_STORE_H

#include "base/bytes.h"
#include "base/progress.h"

/*
 * One connection. It belongs to one thread at a time; many connections may write the same
 * database at once.
 */
typedef struct cu_store cu_store;

/* ---- values and statements ---- */

typedef enum cu_value_kind {
    CU_VALUE_NULL,
    CU_VALUE_INTEGER,
    CU_VALUE_TEXT, /* UTF-8 without a zero byte */
    CU_VALUE_BLOB,
} cu_value_kind;

/* A borrowed value for one parameter. */
typedef struct cu_value {
    cu_value_kind kind;
    int64_t number;
    cu_bytes bytes;
} cu_value;

typedef struct cu_values {
    const cu_value *list;
    size_t n;
} cu_values;

enum { CU_STORE_VALUES = 64 }; /* the most parameters of one statement */

static inline cu_value cu_value_null(void)
{
    return (cu_value){.kind = CU_VALUE_NULL};
}

static inline cu_value cu_value_integer(int64_t number)
{
    return (cu_value){.kind = CU_VALUE_INTEGER, .number = number};
}

static inline cu_value cu_value_blob(cu_bytes bytes)
{
    return (cu_value){.kind = CU_VALUE_BLOB, .bytes = bytes};
}

cu_value cu_value_text(const char *text); /* NULL is the null value */

/* Text that is not ended by a zero byte. */
static inline cu_value cu_value_text_bytes(cu_bytes text)
{
    return (cu_value){.kind = CU_VALUE_TEXT, .bytes = text};
}

/* The parameters of a statement, in order: CU_VALUES(cu_value_text(name), …) is $1, … */
#define CU_VALUES(...)                                                                         \
    ((cu_values){(const cu_value[]){__VA_ARGS__},                                              \
                 sizeof((const cu_value[]){__VA_ARGS__}) / sizeof(cu_value)})
#define CU_NO_VALUES ((cu_values){NULL, 0})

/*
 * SQL is a text of the program, never made at run time; what varies is bound. Parameters are
 * $1, $2, … in both dialects, and one may be used twice. Statements are prepared once a
 * connection and kept by their text. Both dialects know: INSERT … ON CONFLICT, RETURNING, WITH
 * RECURSIVE, window functions, `||`, COALESCE, CASE, count, sum, min, max, length, substr,
 * lower. Answers are integers, text, blobs and nulls: no real numbers, and a comparison is
 * written CASE WHEN … THEN 1 ELSE 0 END. Rows come in no order but the one of ORDER BY; text is
 * ordered by its bytes.
 */

/* The rows of one answer. Close it before the next change of the same tables. */
typedef struct cu_rows cu_rows;

/*
 * Opens the database that url names: "sqlite:PATH" (made where it is not there, mode 0600;
 * ":memory:" is a private one) or "postgresql://…" (any URI of libpq; the database is there
 * already).
 *
 * CU_EUSAGE   no driver knows the url.
 * CU_EIO      it cannot be opened or reached.
 * CU_EFORMAT  it is not a database, or not one of Custos.
 */
cu_status cu_store_open(const char *url, cu_store **out, cu_err *err) CU_MUST_CHECK;
void cu_store_close(cu_store *store); /* NULL is allowed; an open transaction is undone */
CU_DEFINE_AUTO(cu_store, cu_store_close)

/* "sqlite" or "postgresql". */
const char *cu_store_engine(const cu_store *store);

/*
 * Runs one statement to its end; rows are thrown away. Outside cu_store_transact it is a
 * transaction of its own, without a second try.
 *
 * CU_EEXISTS  a unique key is taken.
 * CU_EUSAGE   another constraint refuses it (foreign key, check, not null), or the statement is
 *             not SQL of this database, or a value is of the wrong kind.
 * CU_EIO      the database cannot be reached or written; os_errno EAGAIN where another writer
 *             was in the way: cu_store_transact tries again, so hand it up unchanged.
 * CU_EFORMAT  the database is damaged.
 */
cu_status cu_store_run(cu_store *store, const char *sql, cu_values values,
                       cu_err *err) CU_MUST_CHECK;

/*
 * Runs one statement count times, each time with the next of count equal shares of the values:
 * many insertions for the price of a few round trips. Failures as cu_store_run.
 */
cu_status cu_store_run_each(cu_store *store, const char *sql, cu_values values, size_t count,
                            cu_err *err) CU_MUST_CHECK;

/*
 * As cu_store_run_each for changes whose answers nobody waits for: PostgreSQL is sent them and
 * goes on, for no way there and back. What is refused is told by a later call, at the latest by
 * the commit, which then does nothing. Only a constraint of the database can refuse one: how
 * many rows it changed is not known.
 */
cu_status cu_store_post_each(cu_store *store, const char *sql, cu_values values, size_t count,
                             cu_err *err) CU_MUST_CHECK;

/* How many rows the last cu_store_run on this connection added, changed or deleted. */
uint64_t cu_store_changed(const cu_store *store);

/*
 * Asks for rows. An answer of PostgreSQL is held in memory whole: page a long one by its key.
 * Failures as cu_store_run.
 */
cu_status cu_store_query(cu_store *store, const char *sql, cu_values values, cu_rows **out,
                         cu_err *err) CU_MUST_CHECK;

enum { CU_STORE_FORESEEN = 64 }; /* more at once are asked when they are asked */

/*
 * Says in a transaction that these rows will be asked for, by the same text (a SELECT) and
 * values: what is foreseen together costs PostgreSQL one way there and back, which goes on
 * while others are asked for. What is asked for after a change of a table that the text names
 * is asked anew. A failure may be of what was sent before. SQLite has nothing to foresee.
 */
cu_status cu_store_foresee(cu_store *store, const char *sql, cu_values values,
                           cu_err *err) CU_MUST_CHECK;

/*
 * As cu_store_query for a long walk: rows come as they are read, and are never held whole, not
 * by PostgreSQL either. The values are integers. The connection does nothing else until the
 * rows are closed. A failure may come after any row; then what was read so far is not all.
 */
cu_status cu_store_stream(cu_store *store, const char *sql, cu_values values, cu_rows **out,
                          cu_err *err) CU_MUST_CHECK;

/* The integer in the only column of the first row. CU_ENOTFOUND where there is no row. */
cu_status cu_store_number(cu_store *store, const char *sql, cu_values values, int64_t *out,
                          cu_err *err) CU_MUST_CHECK;

/*
 * Steps to the next row (the first at first); more says whether there is one. CU_EFORMAT too
 * where a column of the row before was read as what it is not.
 */
cu_status cu_rows_next(cu_rows *rows, bool *more, cu_err *err) CU_MUST_CHECK;

/*
 * Column (from 0) of the row that was stepped to. What they point at is good until the next
 * step. A null is 0, NULL or no bytes. A column of another kind reads as if null, and is told
 * by cu_rows_check.
 */
bool cu_rows_is_null(const cu_rows *rows, int column);
int64_t cu_rows_integer(cu_rows *rows, int column);
const char *cu_rows_text(cu_rows *rows, int column);
cu_bytes cu_rows_text_bytes(cu_rows *rows, int column); /* as cu_rows_text, and how long */
cu_bytes cu_rows_blob(cu_rows *rows, int column);

/* CU_EFORMAT where any column so far was read as what it is not. */
cu_status cu_rows_check(const cu_rows *rows, cu_err *err) CU_MUST_CHECK;
void cu_rows_close(cu_rows *rows); /* NULL is allowed */
CU_DEFINE_AUTO(cu_rows, cu_rows_close)

/* ---- transactions ---- */

typedef cu_status (*cu_store_work)(cu_store *store, void *context, cu_err *err);

/*
 * Runs work in one serializable transaction that may write, and commits it durably where work
 * answers CU_OK; anything else undoes it and is handed on. Where another writer was in the way
 * (SQLITE_BUSY, serialization failure, deadlock) or the connection was lost before the commit,
 * the transaction is undone and work is called again, from its start: it must not keep what it
 * did in context before. Writers take turns, so that is rare. Not inside another transaction
 * (CU_EUSAGE).
 *
 * CU_EIO  also: the connection was lost during the commit; whether it happened is not known.
 */
cu_status cu_store_transact(cu_store *store, cu_store_work work, void *context,
                            cu_err *err) CU_MUST_CHECK;

/* As above for work that only reads: it sees one state of the database throughout. */
cu_status cu_store_read(cu_store *store, cu_store_work work, void *context,
                        cu_err *err) CU_MUST_CHECK;

/* A number that no other attempt of this connection at a transaction has; 0 outside. What was
 * read in the same attempt and not written since is still so. */
uint64_t cu_store_attempt(const cu_store *store);

/* What was done in this transaction is not whole: its commit will fail, whatever work answers.
 */
void cu_store_forbid_commit(cu_store *store);

/*
 * Once the work of this transaction has answered CU_OK, and before it is committed, runs work
 * as well: for what changes with every part of it and is worth writing once. Asked for again
 * with the same context, it still runs once. What it answers counts as if the first work had
 * answered it. context lives as long as the transaction.
 *
 * CU_EUSAGE  not inside the work of cu_store_transact.
 */
cu_status cu_store_before_commit(cu_store *store, cu_store_work work, void *context,
                                 cu_err *err) CU_MUST_CHECK;

/* True inside the work of cu_store_transact (not of cu_store_read). */
bool cu_store_in_transaction(const cu_store *store);

/* ---- schema ---- */

/*
 * One step forward. Each statement is one SQL statement in both dialects, in which these words
 * stand for what differs: {integer} {text} {blob} are the types (64 bits; ordered by bytes),
 * {id} is an integer primary key that numbers itself, {strict} ends every CREATE TABLE.
 * A published step never changes: its digest is kept and compared.
 */
typedef struct cu_migration {
    const char *name;
    const char *const *statements; /* ends with NULL */
} cu_migration;

/* The steps of one floor, numbered from 1. Its tables are named by their creation. */
typedef struct cu_schema {
    const char *name;
    const cu_migration *migrations;
    size_t n;
    /*
     * SHA-256, in lower-case hexadecimal, of how servers describe a database that the steps of
     * this schema and those before it made; ends with NULL, or is NULL. One that describes
     * itself so, byte for byte, is not compared with one that is made for it. What is not
     * listed costs time, never strictness.
     */
    const char *const *described;
} cu_schema;

/*
 * Brings the database up to the schemas, each step and its record in one transaction, then
 * checks it as below. One that is up to them is only checked. Schemas (at most 8) are in order
 * of floors: a later one may refer to an earlier one.
 */
cu_status cu_store_migrate(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err) CU_MUST_CHECK;

/*
 * Checks that every step was applied as this program has it, that no other was, and that the
 * tables, keys, indexes and triggers of the database are exactly the ones that the steps make
 * in an empty one. Nothing is written to find that, unless PostgreSQL describes them as no
 * schema lists it: then the empty one is made, in a transaction that is undone.
 *
 * CU_EFORMAT      they are not; the text names the first difference.
 * CU_EUNSUPPORTED a newer Custos made it, or steps are still to be applied.
 */
cu_status cu_store_check_schema(cu_store *store, const cu_schema *const *schemas, size_t count,
                                cu_err *err) CU_MUST_CHECK;

/* ---- care ---- */

/*
 * What the engine itself can say: pages, indexes and foreign keys (SQLite), or that every table
 * can be read whole (PostgreSQL). CU_EFORMAT with the first complaint. It is no proof against
 * change: the ledger is.
 */
cu_status cu_store_integrity(cu_store *store, cu_err *err) CU_MUST_CHECK;

/*
 * Writes what a reader sees now to a new SQLite file at path, while others go on writing:
 * SQLite by its backup pages, PostgreSQL row by row. The file appears under its name when it
 * is whole, durable and checked. It opens as "sqlite:PATH".
 *
 * CU_EEXISTS  path is there already.
 */
cu_status cu_store_backup(cu_store *store, const cu_schema *const *schemas, size_t count,
                          const char *path, cu_err *err) CU_MUST_CHECK;

/*
 * Replaces every row of the schemas' tables in one store by the rows of another: a backup into
 * a team's PostgreSQL, or back. The tables are there. One transaction on each side.
 */
cu_status cu_store_copy(cu_store *from, cu_store *into, const cu_schema *const *schemas,
                        size_t count, cu_err *err) CU_MUST_CHECK;

#endif
