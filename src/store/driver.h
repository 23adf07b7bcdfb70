/* SPDX-License-Identifier: Apache-2.0 */
/* What a database engine must know to be a store. Private to store/. */
#ifndef CU_STORE_DRIVER_H
#define CU_STORE_DRIVER_H

#include "store/store.h"

typedef enum cu_store_mode { CU_STORE_READS, CU_STORE_WRITES } cu_store_mode;

/* A word of a migration, and what it is in one dialect. */
typedef struct cu_dialect_word {
    const char *word;
    const char *sql;
} cu_dialect_word;

/* How the rows of one answer are read. */
typedef struct cu_rows_methods {
    cu_status (*next)(cu_rows *rows, bool *more, cu_err *err);
    cu_value_kind (*kind)(const cu_rows *rows, int column);
    cu_status (*value)(const cu_rows *rows, int column, cu_value *out);
    int (*columns)(const cu_rows *rows);
    void (*finish)(cu_rows *rows);
} cu_rows_methods;

typedef struct cu_store_driver {
    const char *name;
    const char *prefix;           /* of the url */
    const cu_dialect_word *words; /* ends with a word of NULL */

    cu_status (*open)(cu_store *store, const char *url, cu_err *err);
    void (*close)(cu_store *store);

    const cu_rows_methods *rows; /* of query and page */

    cu_status (*query)(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                       cu_err *err);
    /* NULL: nothing. Inside a transaction; sql begins with "SELECT ". */
    cu_status (*foresee)(cu_store *store, const char *sql, cu_values values, cu_err *err);
    /* NULL: as query. It may set other methods in rows. */
    cu_status (*stream)(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                        cu_err *err);
    /* NULL: once after the other. */
    cu_status (*run_each)(cu_store *store, const char *sql, cu_values values, size_t count,
                          cu_err *err);
    /* NULL: as run_each. Inside a transaction that writes. */
    cu_status (*post)(cu_store *store, const char *sql, cu_values values, size_t count,
                      cu_err *err);
    /* Runs a statement of the house (transactions, schema), unprepared and without values. */
    cu_status (*direct)(cu_store *store, const char *sql, cu_err *err);
    cu_status (*begin)(cu_store *store, cu_store_mode mode, cu_err *err);
    cu_status (*commit)(cu_store *store, cu_err *err);
    void (*rollback)(cu_store *store);

    /* Appends a line for each table, key, index and trigger: the table it belongs to, a tab,
     * and what it is; sorted. */
    cu_status (*describe)(cu_store *store, cu_buffer *out, cu_err *err);
    /* The same of an empty database in which the statements of work were run. */
    cu_status (*describe_expected)(cu_store *store, cu_store_work work, void *context,
                                   cu_buffer *out, cu_err *err);
    cu_status (*integrity)(cu_store *store, cu_err *err);

    /* The first or next rows of a table, inside a transaction; out stays NULL after the last.
     */
    cu_status (*page)(cu_store *store, cu_bytes table, bool first, cu_rows **out, cu_err *err);
    /* Lets rows come before the ones that they refer to, and numbers go on from the highest. */
    cu_status (*before_copy)(cu_store *store, cu_err *err);
    cu_status (*after_copy)(cu_store *store, cu_err *err);
} cu_store_driver;

enum { CU_STORE_LAST_WORKS = 4 };

typedef struct cu_last_work {
    cu_store_work work;
    void *context;
} cu_last_work;

struct cu_store {
    const cu_store_driver *driver;
    void *connection; /* the driver's own */
    uint64_t changed;
    uint64_t attempt; /* counts the transactions that were begun */
    cu_store_mode mode;
    cu_last_work last[CU_STORE_LAST_WORKS]; /* what is done before the commit */
    size_t last_n;
    bool open;      /* a transaction is */
    bool forbidden; /* the transaction must not be committed */
    bool again;     /* what failed may be tried again from the start of the transaction */
};

struct cu_rows {
    cu_store *store;
    const cu_rows_methods *methods;
    void *answer;   /* the driver's own */
    int at;         /* PostgreSQL: the row; elsewhere less than 0 where there is none */
    bool bad;       /* a column was read as what it is not */
    void *prepared; /* SQLite: the kept statement */
};

extern const cu_store_driver cu_store_sqlite;
extern const cu_store_driver cu_store_postgresql;

/* Rows over an answer of the driver's, which is freed with them, or where this fails. */
cu_status cu_rows_adopt(cu_store *store, void *answer, cu_rows **out,
                        cu_err *err) CU_MUST_CHECK;

/* Appends sql with each {word} as the driver's dialect has it. CU_EUSAGE: an unknown word. */
cu_status cu_dialect_write(const cu_store_driver *driver, const char *sql, cu_buffer *out,
                           cu_err *err) CU_MUST_CHECK;

/* Appends a word of a line of a description, and the tab or line feed after it. */
void cu_describe_word(cu_buffer *out, const char *word, bool last);

/* The name that a statement creates a table by, or nothing. */
cu_bytes cu_created_table(const char *statement);

/* Runs every statement of the schemas, as in an empty database. */
cu_status cu_schema_create(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err) CU_MUST_CHECK;

/* Copies a SQLite store to path by pages. In sqlite.c. */
cu_status cu_sqlite_copy_pages(cu_store *store, const char *path, cu_err *err) CU_MUST_CHECK;

#endif
