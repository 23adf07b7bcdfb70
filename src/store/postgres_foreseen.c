/* SPDX-License-Identifier: Apache-2.0 */
/* Questions that were sent before they were asked, and the answers that wait for them. */
#include "store/postgres.h"

#include <libpq-fe.h>
#include <string.h>

/* What makes two questions one: the text and every value. */
static void write_question(const char *sql, cu_values values, cu_buffer *out)
{
    cu_buffer_append(out, sql, strlen(sql) + 1);
    for (size_t i = 0; i < values.n; i++) {
        const cu_value *const value = &values.list[i];

        cu_buffer_u8(out, (uint8_t)value->kind);
        cu_buffer_u64le(out, (uint64_t)value->number);
        cu_buffer_u64le(out, value->bytes.n);
        cu_buffer_append(out, value->bytes.p, value->bytes.n);
    }
}

static bool is_free(const cu_postgres_foreseen *one)
{
    return one->question.n == 0;
}

static void forget(cu_postgres *c, cu_postgres_foreseen *one)
{
    PQclear(one->answer);
    one->answer = NULL;
    cu_buffer_free(&one->question);
    c->foreseen_n--;
}

bool cu_postgres_foreseen_add(cu_postgres *c, const char *sql, cu_values values, size_t turn)
{
    cu_postgres_foreseen *one = c->foreseen;

    while (one < c->foreseen + CU_STORE_FORESEEN && !is_free(one))
        one++;
    if (one == c->foreseen + CU_STORE_FORESEEN)
        return false;
    write_question(sql, values, &one->question);
    if (one->question.bad) {
        cu_buffer_free(&one->question);
        return false;
    }
    one->turn = turn;
    c->foreseen_n++;
    return true;
}

cu_postgres_foreseen *cu_postgres_foreseen_find(cu_postgres *c, const char *sql,
                                                cu_values values)
{
    cu_buffer question = {0};
    cu_postgres_foreseen *found = NULL;

    if (c->foreseen_n == 0)
        return NULL;
    write_question(sql, values, &question);
    for (size_t i = 0; !question.bad && found == NULL && i < CU_STORE_FORESEEN; i++) {
        if (cu_bytes_equal(cu_buffer_view(&c->foreseen[i].question), cu_buffer_view(&question)))
            found = &c->foreseen[i];
    }
    cu_buffer_free(&question);
    return found;
}

struct pg_result *cu_postgres_foreseen_take(cu_postgres *c, cu_postgres_foreseen *one)
{
    struct pg_result *const answer = one->answer;

    one->answer = NULL;
    forget(c, one);
    return answer;
}

bool cu_postgres_foreseen_answer(cu_postgres *c, size_t turn, struct pg_result *answer)
{
    for (size_t i = 0; c->foreseen_n > 0 && i < CU_STORE_FORESEEN; i++) {
        cu_postgres_foreseen *const one = &c->foreseen[i];

        if (!is_free(one) && one->answer == NULL && one->turn == turn) {
            one->answer = answer;
            return true;
        }
    }
    return false;
}

void cu_postgres_foreseen_end_pipe(cu_postgres *c)
{
    for (size_t i = 0; c->foreseen_n > 0 && i < CU_STORE_FORESEEN; i++) {
        if (!is_free(&c->foreseen[i]) && c->foreseen[i].answer == NULL)
            forget(c, &c->foreseen[i]);
    }
}

void cu_postgres_foreseen_clear(cu_postgres *c)
{
    for (size_t i = 0; c->foreseen_n > 0 && i < CU_STORE_FORESEEN; i++) {
        if (!is_free(&c->foreseen[i]))
            forget(c, &c->foreseen[i]);
    }
}

/* The table that a statement changes; no bytes where it only asks. Every other statement
 * changes "", which is part of every text. */
static bool changed_table(const char *sql, cu_bytes *out)
{
    static const char *const beginnings[] = {"INSERT INTO ", "UPDATE ", "DELETE FROM "};

    *out = (cu_bytes){(const uint8_t *)sql, 0};
    if (strncmp(sql, "SELECT ", 7) == 0)
        return false;
    for (size_t i = 0; i < CU_COUNT_OF(beginnings); i++) {
        const size_t n = strlen(beginnings[i]);

        /* A name in quotes may be written without them elsewhere. */
        if (strncmp(sql, beginnings[i], n) == 0 && sql[n] != '"')
            *out = (cu_bytes){(const uint8_t *)sql + n, strcspn(sql + n, " (")};
    }
    return true;
}

void cu_postgres_foreseen_change(cu_postgres *c, const char *sql)
{
    cu_bytes table;

    if (c->foreseen_n == 0 || !changed_table(sql, &table))
        return;
    for (size_t i = 0; i < CU_STORE_FORESEEN; i++) {
        cu_postgres_foreseen *const one = &c->foreseen[i];

        if (!is_free(one) && memmem(one->question.p, strlen((const char *)one->question.p),
                                    table.p, table.n) != NULL)
            forget(c, one);
    }
}
