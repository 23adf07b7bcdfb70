/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the PostgreSQL driver share. Private to store/. */
#ifndef CU_STORE_POSTGRES_H
#define CU_STORE_POSTGRES_H

#include "base/map.h"
#include "store/driver.h"

struct pg_conn; /* libpq's PGconn and PGresult */
struct pg_result;

enum { CU_POSTGRES_KEPT = 512 }; /* prepared statements of a connection */

typedef struct cu_postgres_prepared {
    cu_buffer sql;                   /* its text, ended by a zero byte */
    uint64_t serial;                 /* its name on the server is "c" and this */
    int count;                       /* of parameters */
    unsigned types[CU_STORE_VALUES]; /* Oid */
} cu_postgres_prepared;

/* A question that was sent before it is asked. */
typedef struct cu_postgres_foreseen {
    cu_buffer question;       /* its text, a zero byte, its values; empty: none */
    size_t turn;              /* which statement of the pipe it is, while it is on its way */
    struct pg_result *answer; /* NULL: on its way */
} cu_postgres_foreseen;

typedef struct cu_postgres {
    struct pg_conn *server;
    cu_map index; /* from the hash of the text to its place in kept */
    cu_postgres_prepared kept[CU_POSTGRES_KEPT];
    size_t n;
    uint64_t serial; /* of the next one: a name is never used twice, not even after a failure */

    bool beginning; /* a transaction is begun, and the server not told yet */
    cu_store_mode mode;
    bool piped;     /* statements are on their way, and their answers not read */
    size_t waiting; /* how many */

    cu_postgres_foreseen foreseen[CU_STORE_FORESEEN]; /* in this transaction */
    size_t foreseen_n;
} cu_postgres;

/* Sets err from a result, or from the connection where it is NULL, and frees the result. */
cu_status cu_postgres_fail(cu_store *store, struct pg_result *result, const char *doing,
                           cu_err *err);
cu_status cu_postgres_direct(cu_store *store, const char *sql, cu_err *err) CU_MUST_CHECK;

/* Reads the answers of all that is on its way, a beginning too: then the connection takes a
 * statement of any kind. */
cu_status cu_postgres_ready(cu_store *store, cu_err *err) CU_MUST_CHECK;

/* Makes a connection that was lost again, outside a transaction. */
cu_status cu_postgres_reconnect(cu_store *store, cu_err *err) CU_MUST_CHECK;

/* The place of a statement in kept, prepared on the server under its name. */
cu_status cu_postgres_prepare(cu_store *store, const char *sql, size_t *out,
                              cu_err *err) CU_MUST_CHECK;
void cu_postgres_name(const cu_postgres_prepared *one, char name[24]);

/* ---- postgres_value.c: types are Oids ---- */

cu_value_kind cu_postgres_kind(unsigned type);
/* Whether a parameter of this type may be given a value of this kind. */
bool cu_postgres_takes(unsigned type, cu_value_kind kind);

/* A value that is not null, as a column of this type (an Oid) is sent in binary. CU_EFORMAT:
 * no column of ours is of that type. */
cu_status cu_postgres_decode(unsigned type, cu_bytes bytes, cu_value *out) CU_MUST_CHECK;

/* ---- postgres_foreseen.c ---- */

/* Keeps a question that was sent as the turn-th statement of the pipe; false where there is no
 * room. */
bool cu_postgres_foreseen_add(cu_postgres *c, const char *sql, cu_values values, size_t turn);
/* NULL: it was not foreseen. */
cu_postgres_foreseen *cu_postgres_foreseen_find(cu_postgres *c, const char *sql,
                                                cu_values values);
/* The answer, which is the caller's; the question is forgotten. */
struct pg_result *cu_postgres_foreseen_take(cu_postgres *c, cu_postgres_foreseen *one);
/* Takes the answer of the turn-th statement where that was foreseen; else false. */
bool cu_postgres_foreseen_answer(cu_postgres *c, size_t turn, struct pg_result *answer);
/* What was on its way and came to nothing is forgotten. */
void cu_postgres_foreseen_end_pipe(cu_postgres *c);
/* A statement runs: what names the table that it changes is forgotten. */
void cu_postgres_foreseen_change(cu_postgres *c, const char *sql);
void cu_postgres_foreseen_clear(cu_postgres *c);

/* ---- postgres_stream.c ---- */

cu_status cu_postgres_stream(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                             cu_err *err);

/* ---- postgres_schema.c ---- */

cu_status cu_postgres_describe(cu_store *store, cu_buffer *out, cu_err *err);
cu_status cu_postgres_describe_expected(cu_store *store, cu_store_work work, void *context,
                                        cu_buffer *out, cu_err *err);
cu_status cu_postgres_integrity(cu_store *store, cu_err *err);
cu_status cu_postgres_page(cu_store *store, cu_bytes table, bool first, cu_rows **out,
                           cu_err *err);
cu_status cu_postgres_before_copy(cu_store *store, cu_err *err);
cu_status cu_postgres_after_copy(cu_store *store, cu_err *err);

#endif
