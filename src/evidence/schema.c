/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of an evidence file. Their meaning: docs/formats/evidence.md. */
#include "evidence/database.h"

#include <string.h>

/*
 * The last member: a total order, so that the same rows give the same bytes however they were
 * added. NULL: the key is that order; without ORDER BY, SQLite copies such a table record by
 * record, which is faster.
 */
const cu_schema_table cu_schema_tables[] = {
    {"fact", "fact(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID", NULL},
    {"source",
     "source(id INTEGER PRIMARY KEY, path TEXT NOT NULL, format TEXT NOT NULL,"
     " bytes INTEGER NOT NULL, sector_bytes INTEGER NOT NULL, exhibit TEXT,"
     " verified INTEGER NOT NULL, sha256 BLOB, stored_md5 BLOB, stored_sha1 BLOB,"
     " md5 BLOB, sha1 BLOB)",
     NULL},
    {"volume",
     "volume(id INTEGER PRIMARY KEY, number INTEGER NOT NULL, prefix TEXT NOT NULL,"
     " kind TEXT NOT NULL, type TEXT NOT NULL, name TEXT NOT NULL, filesystem TEXT NOT NULL,"
     " \"offset\" INTEGER NOT NULL, bytes INTEGER NOT NULL, block_bytes INTEGER NOT NULL,"
     " examined TEXT NOT NULL)",
     NULL},
    {"item",
     "item(id INTEGER PRIMARY KEY, volume INTEGER, path TEXT NOT NULL, name TEXT NOT NULL,"
     " inode TEXT NOT NULL, state TEXT NOT NULL, recovery TEXT NOT NULL,"
     " path_certain INTEGER NOT NULL, claimed INTEGER NOT NULL, size INTEGER NOT NULL, "
     "excluded INTEGER NOT NULL,"
     " parent INTEGER, modified_us INTEGER, accessed_us INTEGER, changed_us INTEGER,"
     " born_us INTEGER, examined INTEGER NOT NULL, read INTEGER NOT NULL, type TEXT,"
     " md5 BLOB, sha1 BLOB, sha256 BLOB)",
     NULL},
    {"run",
     "run(item INTEGER NOT NULL, number INTEGER NOT NULL, file_offset INTEGER NOT NULL,"
     " bytes INTEGER NOT NULL, device_offset INTEGER, PRIMARY KEY(item, number))"
     " WITHOUT ROWID",
     NULL},
    {"region",
     "region(\"offset\" INTEGER PRIMARY KEY, bytes INTEGER NOT NULL, class TEXT NOT NULL)",
     NULL},
    {"finding",
     "finding(item INTEGER, path TEXT NOT NULL, \"offset\" INTEGER NOT NULL,"
     " bytes INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)",
     "item, \"offset\", kind, text, path, bytes"},
    {"match",
     "\"match\"(item INTEGER NOT NULL, \"set\" TEXT NOT NULL, set_version TEXT NOT NULL,"
     " algorithm TEXT NOT NULL, strength TEXT NOT NULL, scheme TEXT NOT NULL,"
     " code TEXT NOT NULL, record TEXT NOT NULL, distance INTEGER NOT NULL,"
     " how TEXT NOT NULL)",
     "item, \"set\", algorithm, record, distance, set_version, strength, scheme, code, how"},
    {"picture",
     "picture(item INTEGER PRIMARY KEY, outcome TEXT NOT NULL, reason TEXT NOT NULL,"
     " format TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,"
     " frames INTEGER NOT NULL, orientation INTEGER NOT NULL, rows INTEGER NOT NULL,"
     " quality INTEGER, pdq BLOB, pdq_turned BLOB, full_quality INTEGER, full_pdq BLOB,"
     " full_pdq_turned BLOB, taken_us INTEGER, make TEXT NOT NULL, model TEXT NOT NULL,"
     " serial TEXT NOT NULL, latitude INTEGER, longitude INTEGER)",
     NULL},
    {"look",
     "look(item INTEGER NOT NULL, frame INTEGER NOT NULL, change TEXT NOT NULL,"
     " quality INTEGER NOT NULL, pdq BLOB NOT NULL, pdq_turned BLOB NOT NULL,"
     " PRIMARY KEY(item, frame, change)) WITHOUT ROWID",
     NULL},
    {"grouping",
     "grouping(item INTEGER PRIMARY KEY, same_bytes INTEGER NOT NULL,"
     " same_picture INTEGER NOT NULL, similar INTEGER NOT NULL)",
     NULL},
    {"known_good",
     "known_good(item INTEGER PRIMARY KEY, \"set\" TEXT NOT NULL, set_version TEXT NOT NULL,"
     " algorithm TEXT NOT NULL)",
     NULL},
    {NULL, NULL, NULL},
};

const char cu_schema_index[] = "item_path ON item(path)";
const char cu_schema_progress[] =
    "progress(key TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID";

static const char *const words[] = {
    [CU_CLASS_UNREADABLE] = "unreadable",   [CU_CLASS_ALLOCATED] = "allocated",
    [CU_CLASS_METADATA] = "metadata",       [CU_CLASS_SLACK] = "slack",
    [CU_CLASS_RECOVERED] = "recovered",     [CU_CLASS_UNSUPPORTED] = "unsupported",
    [CU_CLASS_UNALLOCATED] = "unallocated",
};

const char *cu_class_word(cu_class class_of_bytes)
{
    return (unsigned)class_of_bytes < CU_COUNT_OF(words) ? words[class_of_bytes] : "unknown";
}

bool cu_schema_class(const char *word, cu_class *out)
{
    for (unsigned i = 0; i < CU_COUNT_OF(words); i++) {
        if (strcmp(word, words[i]) == 0) {
            *out = (cu_class)i;
            return true;
        }
    }
    return false;
}

static bool is_joined(const char *text, const char *start, const char *rest)
{
    const size_t n = strlen(start);

    return text != NULL && strncmp(text, start, n) == 0 && strcmp(text + n, rest) == 0;
}

/* The text that stands at place in the schema; NULL after the last. */
static bool is_expected(const char *sql, size_t place, size_t tables, bool sealed)
{
    if (place < tables)
        return is_joined(sql, "CREATE TABLE ", cu_schema_tables[place].create);
    if (place > tables)
        return false;
    return sealed ? is_joined(sql, "CREATE UNIQUE INDEX ", cu_schema_index)
                  : is_joined(sql, "CREATE TABLE ", cu_schema_progress);
}

cu_status cu_schema_check(sqlite3 *database, bool sealed, cu_err *err)
{
    int64_t application = 0;
    int64_t version = 0;
    size_t tables = 0;
    size_t place = 0;
    int result = SQLITE_ROW;
    cu_status status =
        cu_database_number(database, "PRAGMA main.application_id", &application, err);

    if (status == CU_OK)
        status = cu_database_number(database, "PRAGMA main.user_version", &version, err);
    if (status != CU_OK)
        return status;
    if (application != CU_EVIDENCE_APPLICATION)
        return cu_fail(err, CU_EFORMAT, "it is not an evidence file");
    if (version != CU_EVIDENCE_VERSION)
        return cu_fail(err, CU_EFORMAT,
                       "it is an evidence file of version %lld, and this reads version 1",
                       (long long)version);
    while (cu_schema_tables[tables].name != NULL)
        tables++;

    CU_STATEMENT(statement);

    status = cu_database_prepare(database, "SELECT sql FROM main.sqlite_schema ORDER BY rowid",
                                 &statement, err);
    if (status != CU_OK)
        return status;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *const sql = (const char *)sqlite3_column_text(statement, 0);

        if (!is_expected(sql, place++, tables, sealed))
            return cu_fail(err, CU_EFORMAT, "its tables are not those of an evidence file");
    }
    if (result != SQLITE_DONE)
        return cu_database_fail(database, "could not read the schema", err);
    if (place != tables + 1)
        return cu_fail(err, CU_EFORMAT, "a table of the evidence file is missing");
    return CU_OK;
}
