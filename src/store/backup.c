/* SPDX-License-Identifier: Apache-2.0 */
/* A copy that appears under its name when it is whole, and row by row between two stores. */
#include "base/newfile.h"
#include "store/driver.h"

#include <stdio.h>
#include <string.h>

enum { copy_columns = CU_STORE_VALUES };

typedef struct copying {
    cu_store *from;
    cu_store *into;
    const cu_schema *const *schemas;
    size_t n;
} copying;

/* "INSERT INTO name VALUES ($1, …)" with so many parameters. */
static cu_status write_insert(cu_bytes name, int columns, cu_buffer *out, cu_err *err)
{
    cu_buffer_format(out, "INSERT INTO %.*s VALUES (", (int)name.n, (const char *)name.p);
    for (int i = 1; i <= columns; i++)
        cu_buffer_format(out, i == 1 ? "$%d" : ", $%d", i);
    cu_buffer_append(out, ")", 2);
    return cu_buffer_check(out, err);
}

/* Copies what rows give; count is how many there were. */
static cu_status copy_rows(cu_rows *rows, cu_store *into, cu_bytes name, uint64_t *count,
                           cu_err *err)
{
    const int columns = rows->methods->columns(rows);
    cu_value values[copy_columns];
    cu_buffer insert = {0};
    bool more = true;
    cu_status st = columns < 1 || columns > copy_columns
                       ? cu_fail(err, CU_ELIMIT, "a table has %d columns", columns)
                       : write_insert(name, columns, &insert, err);

    for (*count = 0; st == CU_OK; ++*count) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        for (int i = 0; st == CU_OK && i < columns; i++) {
            if (rows->methods->value(rows, i, &values[i]) != CU_OK)
                st = cu_fail(err, CU_EFORMAT, "a column of the database is not of its kind");
        }
        if (st == CU_OK)
            st = cu_store_run(into, (const char *)insert.p,
                              (cu_values){values, (size_t)columns}, err);
    }
    cu_buffer_free(&insert);
    return st;
}

static cu_status copy_table(const copying *copy, cu_bytes name, cu_err *err)
{
    uint64_t count = 0;
    bool first = true;
    cu_status st = CU_OK;

    do {
        CU_AUTO(cu_rows, rows);

        st = copy->from->driver->page(copy->from, name, first, &rows, err);
        count = 0;
        if (st == CU_OK && rows != NULL)
            st = copy_rows(rows, copy->into, name, &count, err);
        first = false;
    } while (st == CU_OK && count > 0);
    return st == CU_OK
               ? CU_OK
               : cu_while(err, st, "copying table %.*s", (int)name.n, (const char *)name.p);
}

typedef cu_status (*table_work)(const copying *copy, cu_bytes name, cu_err *err);

static cu_status each_table(const copying *copy, table_work work, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t s = 0; s < copy->n; s++) {
        for (size_t i = 0; i < copy->schemas[s]->n; i++) {
            const char *const *const statements = copy->schemas[s]->migrations[i].statements;

            for (size_t k = 0; st == CU_OK && statements[k] != NULL; k++) {
                const cu_bytes name = cu_created_table(statements[k]);

                if (name.n > 0)
                    st = work(copy, name, err);
            }
        }
    }
    return st;
}

/* The rows that the steps themselves made are in what is copied too. */
static cu_status empty_table(const copying *copy, cu_bytes name, cu_err *err)
{
    cu_buffer sql = {0};
    cu_status st;

    cu_buffer_format(&sql, "DELETE FROM %.*s", (int)name.n, (const char *)name.p);
    cu_buffer_u8(&sql, '\0');
    st = cu_buffer_check(&sql, err);
    if (st == CU_OK)
        st = copy->into->driver->direct(copy->into, (const char *)sql.p, err);
    cu_buffer_free(&sql);
    return st;
}

static cu_status copy_tables(cu_store *from, void *context, cu_err *err)
{
    (void)from;
    return each_table(context, copy_table, err);
}

static cu_status fill(cu_store *into, void *context, cu_err *err)
{
    copying *const copy = context;
    cu_status st = into->driver->before_copy(into, err);

    if (st == CU_OK)
        st = each_table(copy, empty_table, err);
    if (st == CU_OK)
        st = cu_store_read(copy->from, copy_tables, copy, err);
    if (st == CU_OK)
        st = into->driver->after_copy(into, err);
    return st;
}

cu_status cu_store_copy(cu_store *from, cu_store *into, const cu_schema *const *schemas,
                        size_t count, cu_err *err)
{
    copying copy = {from, into, schemas, count};

    return cu_store_transact(into, fill, &copy, err);
}

/* ---- a backup ---- */

static cu_status copy_to_file(cu_store *store, const cu_schema *const *schemas, size_t count,
                              const char *url, cu_err *err)
{
    CU_AUTO(cu_store, into);
    cu_status st = cu_store_open(url, &into, err);

    if (st == CU_OK)
        st = cu_store_migrate(into, schemas, count, err);
    if (st == CU_OK)
        st = cu_store_copy(store, into, schemas, count, err);
    return st == CU_OK ? into->driver->direct(into, "PRAGMA journal_mode = DELETE", err) : st;
}

static cu_status check_copy(const cu_schema *const *schemas, size_t count, const char *url,
                            cu_err *err)
{
    CU_AUTO(cu_store, copy);
    cu_status st = cu_store_open(url, &copy, err);

    if (st == CU_OK)
        st = cu_store_integrity(copy, err);
    if (st == CU_OK)
        st = cu_store_check_schema(copy, schemas, count, err);
    return st == CU_OK ? copy->driver->direct(copy, "PRAGMA journal_mode = DELETE", err) : st;
}

/* The copy, in the file that is partial by its name until it is whole. */
static cu_status make_copy(cu_store *store, const cu_schema *const *schemas, size_t count,
                           const char *partial, cu_err *err)
{
    cu_buffer url = {0};

    cu_buffer_format(&url, "sqlite:%s", partial);
    cu_buffer_u8(&url, '\0');

    cu_status st = cu_buffer_check(&url, err);

    if (st == CU_OK && store->driver == &cu_store_sqlite)
        st = cu_sqlite_copy_pages(store, partial, err);
    else if (st == CU_OK)
        st = copy_to_file(store, schemas, count, (const char *)url.p, err);
    if (st == CU_OK)
        st = check_copy(schemas, count, (const char *)url.p, err);
    cu_buffer_free(&url);
    return st;
}

cu_status cu_store_backup(cu_store *store, const cu_schema *const *schemas, size_t count,
                          const char *path, cu_err *err)
{
    cu_newfile file = {0};
    cu_buffer partial = {0};

    cu_buffer_format(&partial, "%s.partial", path);
    cu_buffer_u8(&partial, '\0');

    cu_status st = cu_buffer_check(&partial, err);

    if (st == CU_OK)
        st = cu_newfile_begin_named(path, (const char *)partial.p, 0600, &file, err);
    if (st == CU_OK)
        st = make_copy(store, schemas, count, file.partial, err);
    if (st == CU_OK)
        st = cu_newfile_finish(&file, err);
    else
        cu_newfile_abandon(&file);
    cu_buffer_free(&partial);
    return st == CU_OK ? CU_OK : cu_while(err, st, "backup to \"%s\"", path);
}
