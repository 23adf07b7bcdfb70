/* SPDX-License-Identifier: Apache-2.0 */
/* Steps forward, and whether the database is the one that the steps make. */
#include "digest/digest.h"
#include "store/driver.h"

#include <string.h>

typedef struct schema_list {
    const cu_schema *const *schemas;
    size_t n;
} schema_list;

enum { schemas_max = 8 };

/* The store's own table: which steps were applied. */
static const char steps_name[] = "store_migration";
static const char steps_table[] =
    "CREATE TABLE IF NOT EXISTS store_migration (schema {text} NOT NULL,"
    " number {integer} NOT NULL, name {text} NOT NULL, sha256 {blob} NOT NULL,"
    " PRIMARY KEY (schema, number)) {strict}";

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

cu_bytes cu_created_table(const char *statement)
{
    static const char create[] = "CREATE TABLE ";
    cu_bytes name = {0};

    if (strncmp(statement, create, sizeof create - 1) != 0)
        return name;
    name.p = (const uint8_t *)statement + sizeof create - 1;
    while (is_word((char)name.p[name.n]))
        name.n++;
    return name;
}

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

static cu_status add_statement(const cu_store *store, const char *sql, cu_buffer *out,
                               cu_err *err)
{
    const cu_status st = cu_dialect_write(store->driver, sql, out, err);

    if (st == CU_OK)
        out->p[out->n - 1] = ';'; /* where the text ended */
    return st;
}

cu_status cu_schema_create(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err)
{
    cu_buffer all = {0};
    cu_status st = add_statement(store, steps_table, &all, err);

    for (size_t s = 0; st == CU_OK && s < count; s++) {
        for (size_t i = 0; st == CU_OK && i < schemas[s]->n; i++) {
            const char *const *sql = schemas[s]->migrations[i].statements;

            for (; st == CU_OK && *sql != NULL; sql++)
                st = add_statement(store, *sql, &all, err);
        }
    }
    cu_buffer_u8(&all, '\0');
    if (st == CU_OK)
        st = cu_buffer_check(&all, err);
    if (st == CU_OK)
        st = store->driver->direct(store, (const char *)all.p, err);
    cu_buffer_free(&all);
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

/* What was applied: of each schema of a list how many steps, and whether of others too. */
typedef struct applied {
    size_t done[schemas_max];
    bool others;
} applied;

/* The next step of schema, as it was applied. */
static cu_status check_step(cu_rows *rows, const cu_schema *schema, size_t done, cu_err *err)
{
    const int64_t number = cu_rows_integer(rows, 1);
    const cu_bytes digest = cu_rows_blob(rows, 2);
    const char *const name = cu_rows_text(rows, 3);
    const cu_status st = cu_rows_check(rows, err);
    uint8_t expected[32];

    if (st != CU_OK)
        return st;
    if (done == schema->n)
        return cu_fail(err, CU_EUNSUPPORTED,
                       "the database was made by a newer Custos: \"%s\" has more than %zu "
                       "steps",
                       schema->name, schema->n);
    digest_step(&schema->migrations[done], expected);
    if (number != (int64_t)done + 1 || name == NULL ||
        strcmp(name, schema->migrations[done].name) != 0 ||
        !cu_bytes_equal(digest, (cu_bytes){expected, 32}))
        return cu_fail(err, CU_EFORMAT, "step %zu of \"%s\" is not the one of this program",
                       done + 1, schema->name);
    return CU_OK;
}

/* Compares the steps that were applied with those of the schemas. */
static cu_status check_steps(cu_store *store, const schema_list *list, applied *out,
                             cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(store,
                                  "SELECT schema, number, sha256, name FROM store_migration"
                                  " ORDER BY schema, number",
                                  CU_NO_VALUES, &rows, err);

    *out = (applied){.others = false};
    while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
        const char *const name = cu_rows_text(rows, 0);
        size_t s = 0;

        while (s < list->n && (name == NULL || strcmp(name, list->schemas[s]->name) != 0))
            s++;
        if (s == list->n)
            out->others = true;
        else
            st = check_step(rows, list->schemas[s], out->done[s]++, err);
    }
    return st;
}

static bool has_all(const schema_list *list, const applied *there)
{
    for (size_t s = 0; s < list->n; s++) {
        if (there->done[s] < list->schemas[s]->n)
            return false;
    }
    return true;
}

static cu_status apply_steps(cu_store *store, const cu_schema *schema, size_t done, cu_err *err)
{
    cu_status st = CU_OK;

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
    applied there;
    cu_status st = run_in_dialect(store, steps_table, err);

    if (st == CU_OK)
        st = check_steps(store, list, &there, err);
    for (size_t i = 0; st == CU_OK && i < list->n; i++)
        st = apply_steps(store, list->schemas[i], there.done[i], err);
    return st;
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

/* Whether a line of a description is of a table that the steps make. */
static bool is_of_steps(cu_bytes line, const schema_list *list)
{
    const cu_bytes table = table_of(line);

    if (table.n == sizeof steps_name - 1 && memcmp(table.p, steps_name, table.n) == 0)
        return true;
    for (size_t s = 0; s < list->n; s++) {
        for (size_t i = 0; i < list->schemas[s]->n; i++) {
            const char *const *sql = list->schemas[s]->migrations[i].statements;

            while (*sql != NULL && !cu_bytes_equal(table, cu_created_table(*sql)))
                sql++;
            if (*sql != NULL)
                return true;
        }
    }
    return false;
}

/* True where the tables are described, byte for byte, as they are once the steps are run. */
static bool is_known(cu_bytes there, const schema_list *list, bool others)
{
    const char *const *known = list->n == 0 ? NULL : list->schemas[list->n - 1]->described;
    cu_digest_stream stream;
    cu_digests digests;
    char hex[65];

    if (known == NULL)
        return false;
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    while (there.n > 0) {
        const cu_bytes line = take_line(&there);

        if (!others || is_of_steps(line, list))
            cu_digest_update(&stream, line);
    }
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    while (*known != NULL && strcmp(*known, hex) != 0)
        known++;
    return *known != NULL;
}

/* Against a database that is made for it, and undone. */
static cu_status compare_with_made(cu_store *store, schema_list *list, cu_bytes there,
                                   bool others, cu_err *err)
{
    cu_buffer expected = {0};
    cu_status st =
        store->driver->describe_expected(store, create_expected, list, &expected, err);

    if (st == CU_OK)
        st = compare(cu_buffer_view(&expected), there, false, "it lacks", err);
    if (st == CU_OK)
        st = compare(there, cu_buffer_view(&expected), others, "it has", err);
    cu_buffer_free(&expected);
    return st;
}

static cu_status check_tables(cu_store *store, schema_list *list, bool others, cu_err *err)
{
    cu_buffer there = {0};
    cu_status st = store->driver->describe(store, &there, err);

    if (st == CU_OK && !is_known(cu_buffer_view(&there), list, others))
        st = compare_with_made(store, list, cu_buffer_view(&there), others, err);
    cu_buffer_free(&there);
    return st;
}

static cu_status make_list(const cu_schema *const *schemas, size_t count, schema_list *out,
                           cu_err *err)
{
    if (count > schemas_max)
        return cu_fail(err, CU_EUSAGE, "a database has at most %d schemas", schemas_max);
    *out = (schema_list){schemas, count};
    return CU_OK;
}

cu_status cu_store_check_schema(cu_store *store, const cu_schema *const *schemas, size_t count,
                                cu_err *err)
{
    schema_list list;
    applied there;
    cu_status st = make_list(schemas, count, &list, err);

    if (st == CU_OK)
        st = check_steps(store, &list, &there, err);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        if (there.done[i] < schemas[i]->n)
            st = cu_fail(err, CU_EUNSUPPORTED,
                         "the database lacks step %zu of \"%s\": it is to be migrated",
                         there.done[i] + 1, schemas[i]->name);
    }
    return st == CU_OK ? check_tables(store, &list, there.others, err) : st;
}

cu_status cu_store_migrate(cu_store *store, const cu_schema *const *schemas, size_t count,
                           cu_err *err)
{
    schema_list list;
    applied there;
    cu_status st = make_list(schemas, count, &list, err);

    if (st != CU_OK)
        return st;
    /* Nearly always all is there: nobody's turn to write is taken to find that. An empty
     * database has no table of steps, which is asked for in vain (CU_EUSAGE). */
    st = check_steps(store, &list, &there, err);
    if (st == CU_OK && has_all(&list, &there))
        return check_tables(store, &list, there.others, err);
    if (st == CU_OK || st == CU_EUSAGE)
        st = cu_store_transact(store, migrate, &list, err);
    return st == CU_OK ? cu_store_check_schema(store, schemas, count, err) : st;
}
