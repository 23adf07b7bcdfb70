/* SPDX-License-Identifier: Apache-2.0 */
/* Steps forward, and whether the database is the one that the steps make. */
#include "digest/digest.h"
#include "store/driver.h"

#include <string.h>

typedef struct schema_list {
    const cu_schema *const *schemas;
    size_t n;
} schema_list;

/* The store's own table: which steps were applied. */
static const char steps_table[] =
    "CREATE TABLE IF NOT EXISTS store_migration (schema {text} NOT NULL,"
    " number {integer} NOT NULL, name {text} NOT NULL, sha256 {blob} NOT NULL,"
    " PRIMARY KEY (schema, number)) {strict}";

void cu_describe_word(cu_buffer *out, const char *word, bool last)
{
    for (; word != NULL && *word != '\0'; word++)
        cu_buffer_u8(out, *word == '\n' || *word == '\t' ? ' ' : (uint8_t)*word);
    cu_buffer_u8(out, last ? '\n' : '\t');
}

cu_status cu_dialect_write(const cu_store_driver *driver, const char *sql, cu_buffer *out,
                           cu_err *err)
{
    while (*sql != '\0') {
        const size_t plain = strcspn(sql, "{");
        const cu_dialect_word *word = driver->words;

        cu_buffer_append(out, sql, plain);
        sql += plain;
        if (*sql == '\0')
            break;

        const size_t length = strcspn(sql, "}");

        while (word->word != NULL && (strlen(word->word) != length - 1 ||
                                      memcmp(word->word, sql + 1, length - 1) != 0))
            word++;
        if (word->word == NULL || sql[length] == '\0')
            return cu_fail(err, CU_EUSAGE, "no dialect has the word \"%.*s\"", (int)length + 1,
                           sql);
        cu_buffer_append(out, word->sql, strlen(word->sql));
        sql += length + 1;
    }
    cu_buffer_u8(out, '\0');
    return cu_buffer_check(out, err);
}

static cu_status run_in_dialect(cu_store *store, const char *sql, cu_err *err)
{
    cu_buffer text = {0};
    cu_status st = cu_dialect_write(store->driver, sql, &text, err);

    if (st == CU_OK)
        st = store->driver->direct(store, (const char *)text.p, err);
    cu_buffer_free(&text);
    return st;
}

static cu_status run_step(cu_store *store, const cu_migration *step, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && step->statements[i] != NULL; i++)
        st = run_in_dialect(store, step->statements[i], err);
    return st;
}

cu_status cu_schema_create(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err)
{
    cu_status st = run_in_dialect(store, steps_table, err);

    for (size_t s = 0; st == CU_OK && s < count; s++) {
        for (size_t i = 0; st == CU_OK && i < schemas[s]->n; i++)
            st = run_step(store, &schemas[s]->migrations[i], err);
    }
    return st;
}

static void digest_step(const cu_migration *step, uint8_t out[32])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    for (size_t i = 0; step->statements[i] != NULL; i++)
        cu_digest_update(&stream, (cu_bytes){(const uint8_t *)step->statements[i],
                                             strlen(step->statements[i]) + 1});
    cu_digest_final(&stream, &digests);
    memcpy(out, digests.sha256, 32);
}

/* Compares the steps that were applied with the schema's; done is how many there are. */
static cu_status check_steps(cu_store *store, const cu_schema *schema, size_t *done,
                             cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(
        store,
        "SELECT number, sha256, name FROM store_migration WHERE schema = $1 ORDER BY number",
        CU_VALUES(cu_value_text(schema->name)), &rows, err);

    for (*done = 0; st == CU_OK; ++*done) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            return st;
        if (*done == schema->n)
            return cu_fail(err, CU_EUNSUPPORTED,
                           "the database was made by a newer Custos: \"%s\" has more than %zu "
                           "steps",
                           schema->name, schema->n);

        const int64_t number = cu_rows_integer(rows, 0);
        const cu_bytes digest = cu_rows_blob(rows, 1);
        const char *const name = cu_rows_text(rows, 2);
        uint8_t expected[32];

        digest_step(&schema->migrations[*done], expected);
        st = cu_rows_check(rows, err);
        if (st == CU_OK && (number != (int64_t)*done + 1 || name == NULL ||
                            strcmp(name, schema->migrations[*done].name) != 0 ||
                            !cu_bytes_equal(digest, (cu_bytes){expected, 32})))
            st = cu_fail(err, CU_EFORMAT, "step %zu of \"%s\" is not the one of this program",
                         *done + 1, schema->name);
    }
    return st;
}

static cu_status apply_steps(cu_store *store, const cu_schema *schema, cu_err *err)
{
    size_t done = 0;
    cu_status st = check_steps(store, schema, &done, err);

    for (size_t i = done; st == CU_OK && i < schema->n; i++) {
        uint8_t digest[32];

        digest_step(&schema->migrations[i], digest);
        st = run_step(store, &schema->migrations[i], err);
        if (st == CU_OK)
            st = cu_store_run(store, "INSERT INTO store_migration VALUES ($1, $2, $3, $4)",
                              CU_VALUES(cu_value_text(schema->name),
                                        cu_value_integer((int64_t)i + 1),
                                        cu_value_text(schema->migrations[i].name),
                                        cu_value_blob((cu_bytes){digest, 32})),
                              err);
        if (st != CU_OK)
            return cu_while(err, st, "step %zu of \"%s\"", i + 1, schema->name);
    }
    return st;
}

static cu_status migrate(cu_store *store, void *context, cu_err *err)
{
    const schema_list *const list = context;
    cu_status st = run_in_dialect(store, steps_table, err);

    for (size_t i = 0; st == CU_OK && i < list->n; i++)
        st = apply_steps(store, list->schemas[i], err);
    return st;
}

cu_status cu_store_migrate(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err)
{
    schema_list list = {schemas, count};
    const cu_status st = cu_store_transact(store, migrate, &list, err);

    return st == CU_OK ? cu_store_check_schema(store, schemas, count, err) : st;
}

/* ---- is it the database that the steps make? ---- */

static cu_status create_expected(cu_store *store, void *context, cu_err *err)
{
    const schema_list *const list = context;

    return cu_schema_create(store, list->schemas, list->n, err);
}

static cu_bytes take_line(cu_bytes *text)
{
    const uint8_t *const end = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);
    const size_t n = end == NULL ? text->n : (size_t)(end - text->p) + 1;
    const cu_bytes line = cu_bytes_slice(*text, 0, n);

    *text = cu_bytes_slice(*text, n, text->n);
    return line;
}

static cu_bytes table_of(cu_bytes line)
{
    const uint8_t *const tab = line.n == 0 ? NULL : memchr(line.p, '\t', line.n);

    return cu_bytes_slice(line, 0, tab == NULL ? line.n : (size_t)(tab - line.p));
}

static bool has_line(cu_bytes text, cu_bytes line, bool table_only)
{
    while (text.n > 0) {
        const cu_bytes other = take_line(&text);

        if (table_only ? cu_bytes_equal(table_of(other), table_of(line))
                       : cu_bytes_equal(other, line))
            return true;
    }
    return false;
}

/* Names the first line of text that other lacks. others: only lines of the tables in other. */
static cu_status compare(cu_bytes text, cu_bytes other, bool ours_only, const char *complaint,
                         cu_err *err)
{
    while (text.n > 0) {
        const cu_bytes line = take_line(&text);

        if (has_line(other, line, false) || (ours_only && !has_line(other, line, true)))
            continue;
        return cu_fail(err, CU_EFORMAT,
                       "the schema of the database is not the expected one: "
                       "%s \"%.*s\"",
                       complaint, (int)line.n - 1, (const char *)line.p);
    }
    return CU_OK;
}

static cu_status check_tables(cu_store *store, schema_list *list, bool others, cu_err *err)
{
    cu_buffer there = {0};
    cu_buffer expected = {0};
    cu_status st = store->driver->describe(store, &there, err);

    if (st == CU_OK)
        st = store->driver->describe_expected(store, create_expected, list, &expected, err);
    if (st == CU_OK)
        st = compare(cu_buffer_view(&expected), cu_buffer_view(&there), false, "it lacks", err);
    if (st == CU_OK)
        st = compare(cu_buffer_view(&there), cu_buffer_view(&expected), others, "it has", err);
    cu_buffer_free(&there);
    cu_buffer_free(&expected);
    return st;
}

static cu_status count_others(cu_store *store, const schema_list *list, int64_t *others,
                              cu_err *err)
{
    cu_status st = cu_store_number(store, "SELECT count(DISTINCT schema) FROM store_migration",
                                   CU_NO_VALUES, others, err);

    *others -= (int64_t)list->n;
    return st;
}

cu_status cu_store_check_schema(cu_store *store, const cu_schema *const *schemas, size_t count,
                                cu_err *err)
{
    schema_list list = {schemas, count};
    int64_t others = 0;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < count; i++) {
        size_t done = 0;

        st = check_steps(store, schemas[i], &done, err);
        if (st == CU_OK && done < schemas[i]->n)
            st = cu_fail(err, CU_EUNSUPPORTED,
                         "the database lacks step %zu of \"%s\": it is to be migrated",
                         done + 1, schemas[i]->name);
    }
    if (st == CU_OK)
        st = count_others(store, &list, &others, err);
    return st == CU_OK ? check_tables(store, &list, others > 0, err) : st;
}
