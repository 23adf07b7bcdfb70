/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as the server sends them: COPY in binary, which costs both sides the least of all ways.
 * Source: PostgreSQL manual, COPY, "Binary Format". */
#include "store/postgres.h"

#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

enum { columns_max = 64, head_bytes = 11 + 4 + 4 };

typedef struct stream {
    PGresult *described; /* the types of the columns */
    int columns;
    bool begun; /* the head of the copy was read */
    bool ended; /* so was its last row */
    char *message;
    cu_bytes fields[columns_max]; /* views into message; p is NULL where it is null */
} stream;

/* ---- asking ---- */

/* sql with each $n as the number that it stands for, since a copy takes no parameters. */
static cu_status write_copy(const char *sql, cu_values values, cu_buffer *out, cu_err *err)
{
    cu_buffer_format(out, "COPY (");
    while (*sql != '\0') {
        const size_t plain = strcspn(sql, "$");
        char *end = NULL;
        size_t place;

        cu_buffer_append(out, sql, plain);
        sql += plain;
        if (*sql == '\0')
            break;
        place = strtoul(sql + 1, &end, 10);
        if (end == sql + 1 || place < 1 || place > values.n)
            return cu_fail(err, CU_EUSAGE, "a statement was given %zu values", values.n);
        cu_buffer_format(out, "(%" PRId64 ")", values.list[place - 1].number);
        sql = end;
    }
    cu_buffer_format(out, ") TO STDOUT (FORMAT binary)");
    cu_buffer_u8(out, '\0');
    return cu_buffer_check(out, err);
}

static cu_status describe(cu_store *store, const char *sql, cu_values values, stream *s,
                          cu_err *err)
{
    const cu_postgres *const c = store->connection;
    size_t place = 0;
    char name[24];
    cu_status st = cu_postgres_prepare(store, sql, &place, err);

    if (st != CU_OK)
        return st;
    if (values.n != (size_t)c->kept[place].count)
        return cu_fail(err, CU_EUSAGE, "a statement has %d parameters and was given %zu",
                       c->kept[place].count, values.n);
    cu_postgres_name(&c->kept[place], name);
    s->described = PQdescribePrepared(c->server, name);
    if (PQresultStatus(s->described) != PGRES_COMMAND_OK) {
        st = cu_postgres_fail(store, s->described, "describe a statement", err);
        s->described = NULL;
        return st;
    }
    s->columns = PQnfields(s->described);
    return s->columns > columns_max
               ? cu_fail(err, CU_EUSAGE, "a statement has %d columns", s->columns)
               : CU_OK;
}

static cu_status begin_copy(cu_store *store, const char *sql, cu_values values, cu_err *err)
{
    const cu_postgres *const c = store->connection;
    cu_buffer copy = {0};
    PGresult *result = NULL;
    cu_status st = write_copy(sql, values, &copy, err);

    if (st == CU_OK) {
        result = PQexec(c->server, (const char *)copy.p);
        if (PQresultStatus(result) != PGRES_COPY_OUT)
            st = cu_postgres_fail(store, result, "read rows", err);
        else
            PQclear(result);
    }
    cu_buffer_free(&copy);
    return st;
}

/* ---- reading ---- */

/* The copy is over: what the server says of it, and that it says no more. */
static cu_status end_copy(cu_store *store, stream *s, cu_err *err)
{
    const cu_postgres *const c = store->connection;
    PGresult *result;
    cu_status st = CU_OK;

    s->ended = true;
    while ((result = PQgetResult(c->server)) != NULL) {
        if (st == CU_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
            st = cu_postgres_fail(store, result, "read rows", err);
        else
            PQclear(result);
        if (PQstatus(c->server) != CONNECTION_OK)
            break;
    }
    return st;
}

/* The next message; more is false after the last. */
static cu_status take_message(cu_store *store, stream *s, cu_bytes *out, bool *more,
                              cu_err *err)
{
    const cu_postgres *const c = store->connection;
    int n;

    PQfreemem(s->message);
    s->message = NULL;
    n = PQgetCopyData(c->server, &s->message, 0);
    *more = n > 0;
    if (n > 0) {
        *out = (cu_bytes){(const uint8_t *)s->message, (size_t)n};
        return CU_OK;
    }
    if (n == -1)
        return end_copy(store, s, err);
    s->ended = true;
    return cu_postgres_fail(store, NULL, "read rows", err);
}

/* The head goes before the first row, in one message with it. */
static bool take_head(cu_bytes *message)
{
    static const char signature[] = "PGCOPY\n\377\r\n";
    cu_cursor c = cu_cursor_over(*message);
    uint32_t more;

    if (!cu_bytes_starts(*message, signature, 11))
        return false;
    cu_cursor_take(&c, head_bytes - 4);
    more = cu_cursor_u32be(&c);
    cu_cursor_take(&c, more);
    *message = cu_bytes_slice(*message, c.at, message->n);
    return !c.bad;
}

/* Where each field lies. A text is ended by a zero byte in the place of the next one's length,
 * which is read by then; the last by the one that libpq puts after every message. */
static bool take_fields(stream *s, cu_bytes message)
{
    cu_cursor c = cu_cursor_over(message);
    const uint16_t count = cu_cursor_u16be(&c);

    if (count != s->columns)
        return false;
    for (int i = 0; i < s->columns; i++) {
        const int32_t n = (int32_t)cu_cursor_u32be(&c);

        s->fields[i] = n < 0 ? (cu_bytes){0} : cu_cursor_take(&c, (size_t)n);
    }
    if (c.bad || cu_cursor_left(&c) > 0)
        return false;
    for (int i = 0; i < s->columns; i++) {
        if (s->fields[i].p != NULL)
            s->message[(size_t)(s->fields[i].p - (const uint8_t *)s->message) +
                       s->fields[i].n] = '\0';
    }
    return true;
}

static cu_status next(cu_rows *rows, bool *more, cu_err *err)
{
    stream *const s = rows->answer;
    const uint8_t last[] = {0xff, 0xff};
    cu_bytes message = {0};
    cu_status st = CU_OK;

    rows->at = -1;
    *more = false;
    while (st == CU_OK && !s->ended) {
        bool there = false;

        st = take_message(rows->store, s, &message, &there, err);
        if (st != CU_OK || !there)
            break;
        if (!s->begun && !take_head(&message))
            st = cu_fail(err, CU_EFORMAT, "the rows of the database do not begin as a copy");
        s->begun = true;
        /* Nothing but a head, or the end, which the message after it confirms. */
        if (message.n == 0 || cu_bytes_equal(message, (cu_bytes){last, sizeof last}))
            continue;
        if (st == CU_OK && !take_fields(s, message))
            st = cu_fail(err, CU_EFORMAT, "a row of the database has other columns");
        *more = st == CU_OK;
        rows->at = *more ? 0 : -1;
        break;
    }
    return st;
}

static int columns(const cu_rows *rows)
{
    return ((const stream *)rows->answer)->columns;
}

static cu_status value(const cu_rows *rows, int column, cu_value *out)
{
    const stream *const s = rows->answer;

    *out = cu_value_null();
    if (rows->at < 0 || column < 0 || column >= s->columns || s->fields[column].p == NULL)
        return CU_OK;
    return cu_postgres_decode(PQftype(s->described, column), s->fields[column], out);
}

static cu_value_kind kind(const cu_rows *rows, int column)
{
    cu_value one;

    /* A kind that is not ours is told where the value is asked for. */
    return value(rows, column, &one) == CU_OK ? one.kind : CU_VALUE_BLOB;
}

/* What was not read is read to its end: to stop the server would end a transaction. */
static void finish(cu_rows *rows)
{
    stream *const s = rows->answer;
    cu_bytes message;
    bool more = !s->ended;

    while (more && take_message(rows->store, s, &message, &more, NULL) == CU_OK)
        ;
    PQfreemem(s->message);
    PQclear(s->described);
    free(s);
}

static const cu_rows_methods stream_methods = {
    .next = next, .kind = kind, .value = value, .columns = columns, .finish = finish};

cu_status cu_postgres_stream(cu_store *store, const char *sql, cu_values values, cu_rows *rows,
                             cu_err *err)
{
    stream *const s = calloc(1, sizeof *s);
    cu_status st = s == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                             : cu_postgres_reconnect(store, err);

    if (st == CU_OK)
        st = cu_postgres_ready(store, err);
    if (st == CU_OK)
        st = describe(store, sql, values, s, err);
    if (st == CU_OK)
        st = begin_copy(store, sql, values, err);
    if (st != CU_OK) {
        PQclear(s == NULL ? NULL : s->described);
        free(s);
        return st;
    }
    rows->answer = s;
    rows->methods = &stream_methods;
    return CU_OK;
}
