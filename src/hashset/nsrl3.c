/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference data set of known software, third version, as SQLite: minimal, where FILE is a
 * table, and full, where FILE is a view of the table METADATA, which is then read itself.
 * Source: the schema.sql that NIST publishes with it.
 */
#include "hashset/database.h"
#include "hashset/fields.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static const char *const columns[] = {"sha256", "sha1", "md5", "file_name", "file_size", NULL};
static const cu_hashset_field fields[] = {CU_HASHSET_FIELD_SHA256, CU_HASHSET_FIELD_SHA1,
                                          CU_HASHSET_FIELD_MD5, CU_HASHSET_FIELD_NAME,
                                          CU_HASHSET_FIELD_SIZE};

/* The release's own version, where the table says it. */
static void suggest_version(cu_hashset_builder *builder, cu_hashset_database *database)
{
    static const char *const wanted[] = {"version", "build_set", NULL};
    cu_hashset_rows rows;
    cu_buffer name = {0};

    if (!cu_hashset_database_has_table(database, "VERSION"))
        return;
    if (cu_hashset_rows_open(database, "VERSION", wanted, &rows, NULL) == CU_OK &&
        cu_hashset_rows_next(&rows, NULL) == CU_OK) {
        cu_buffer_format(&name, "NSRL RDSv3 ");
        cu_buffer_append(&name, rows.values[1].p, rows.values[1].n);
        cu_hashset_builder_suggest(builder, cu_buffer_view(&name), rows.values[0]);
    }
    cu_buffer_free(&name);
    cu_hashset_rows_close(&rows);
}

static cu_status read_rows(cu_hashset_builder *builder, cu_hashset_rows *rows, cu_err *err)
{
    cu_hashset_filling filling;
    cu_status st = CU_OK;

    if (rows->at[0] < 0 && rows->at[1] < 0 && rows->at[2] < 0)
        return cu_fail(err, CU_EUNSUPPORTED,
                       "\"%.100s\": the table %s has none of the columns sha256, sha1, md5",
                       rows->database->source->path, rows->table);
    while ((st = cu_hashset_rows_next(rows, err)) == CU_OK) {
        cu_hashset_filling_start(&filling, rows->number, 0);
        for (size_t i = 0; i < rows->count; i++)
            cu_hashset_filling_put(&filling, fields[i], rows->values[i]);
        st = cu_hashset_builder_add(builder, &filling.row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_reach(builder, rows->reached, err);
        if (st != CU_OK)
            return st;
    }
    return st == CU_ENOTFOUND ? CU_OK : st;
}

/*
 * True where the file is text that changes a database. Source: the delta releases of RDSv3, a
 * transaction of INSERT, UPDATE and DELETE over the full database of the release before.
 */
static bool is_delta(const char *path)
{
    static const char *const words[] = {"INSERT INTO", "DELETE FROM", "UPDATE FILE",
                                        "UPDATE METADATA"};
    char text[4096];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    bool found = false;

    if (fd >= 0)
        close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0'; /* a database has one after its first words: the search ends there */
    for (size_t i = 0; i < CU_COUNT_OF(words); i++)
        found = found || strcasestr(text, words[i]) != NULL;
    return found;
}

static cu_status read_nsrl3(cu_hashset_builder *builder, const cu_hashset_source *source,
                            cu_err *err)
{
    cu_hashset_database database;
    cu_hashset_rows rows = {.statement = NULL};
    cu_status st = CU_OK;

    if (is_delta(source->path))
        return cu_fail(
            err, CU_EUNSUPPORTED,
            "\"%.60s\" is a delta, which changes an older release: apply it to a copy "
            "of that release's full database (sqlite3 FULL.db < DELTA.sql), then "
            "import the database; nothing was imported",
            source->path);
    st = cu_hashset_database_open(source, &database, err);
    if (st != CU_OK)
        return st;

    const char *const table = cu_hashset_database_has_table(&database, "FILE") ? "FILE"
                              : cu_hashset_database_has_table(&database, "METADATA")
                                  ? "METADATA"
                                  : NULL;

    if (table == NULL)
        st = cu_fail(err, CU_EFORMAT,
                     "\"%.100s\": expected the table FILE or METADATA of RDSv3; nothing was "
                     "imported",
                     source->path);
    else
        st = cu_hashset_rows_open(&database, table, columns, &rows, err);
    if (st == CU_OK)
        suggest_version(builder, &database);
    if (st == CU_OK)
        st = read_rows(builder, &rows, err);
    cu_hashset_rows_close(&rows);
    cu_hashset_database_close(&database);
    return st;
}

const cu_hashset_format cu_hashset_format_nsrl3 = {
    .name = "nsrl3",
    .what = "NSRL RDSv3, SQLite, minimal or full",
    .read = read_nsrl3,
    .by_path = true,
};
