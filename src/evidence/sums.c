/* SPDX-License-Identifier: Apache-2.0 */
/* Checks that an evidence file leaves no byte of its source or its items without an account. */
#include "evidence/database.h"

#include <inttypes.h>

static cu_status check_regions(sqlite3 *database, cu_err *err)
{
    int64_t bytes = 0;
    int64_t at = 0;
    int result = SQLITE_ROW;
    cu_status status =
        cu_database_number(database, "SELECT bytes FROM main.source", &bytes, err);

    if (status != CU_OK)
        return cu_while(err, status, "reading the source");

    CU_STATEMENT(statement);

    status = cu_database_prepare(
        database, "SELECT \"offset\", bytes, class FROM main.region ORDER BY \"offset\"",
        &statement, err);
    if (status != CU_OK)
        return status;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        const int64_t offset = sqlite3_column_int64(statement, 0);
        const int64_t length = sqlite3_column_int64(statement, 1);
        const char *const word = (const char *)sqlite3_column_text(statement, 2);
        cu_class class_of_bytes = CU_CLASS_UNREADABLE;

        if (offset != at)
            return cu_fail(err, CU_EFORMAT,
                           "accounting has a %s: a region begins at %" PRId64
                           ", the one before ends at %" PRId64,
                           offset > at ? "gap" : "byte in two classes", offset, at);
        if (length <= 0 || __builtin_add_overflow(at, length, &at))
            return cu_fail(err, CU_EFORMAT, "region at %" PRId64 " has %" PRId64 " bytes",
                           offset, length);
        if (word == NULL || !cu_schema_class(word, &class_of_bytes))
            return cu_fail(err, CU_EFORMAT, "region at %" PRId64 " has no known class", offset);
    }
    if (result != SQLITE_DONE)
        return cu_database_fail(database, "could not read the accounting", err);
    if (at != bytes)
        return cu_fail(err, CU_EFORMAT,
                       "accounting ends at %" PRId64 ", the source has %" PRId64 " bytes", at,
                       bytes);
    return CU_OK;
}

/* A check is a query that finds nothing in a good file; else an item's id. */
typedef struct cu_sums_rule {
    const char *sql;
    const char *broken;
} cu_sums_rule;

static const cu_sums_rule rules[] = {
    {"SELECT i.id FROM main.item i LEFT JOIN (SELECT item, sum(bytes) AS lost"
     " FROM main.finding WHERE item IS NOT NULL GROUP BY item) f ON f.item = i.id"
     " WHERE i.read + i.excluded + coalesce(f.lost, 0) <> i.size LIMIT 1",
     "read + findings + excluded is not the size of item %" PRId64},
    {"SELECT id FROM main.item WHERE examined <> 0 AND (read <> size OR md5 IS NULL"
     " OR sha1 IS NULL OR sha256 IS NULL) LIMIT 1",
     "item %" PRId64 " counts as examined but was not read whole"},
    {"SELECT item FROM main.finding WHERE item IS NOT NULL"
     " AND NOT EXISTS (SELECT 1 FROM main.item i WHERE i.id = item) LIMIT 1",
     "a finding names item %" PRId64 ", which is not there"},
    {"SELECT item FROM main.\"match\" WHERE NOT EXISTS"
     " (SELECT 1 FROM main.item i WHERE i.id = item) LIMIT 1",
     "a match names item %" PRId64 ", which is not there"},
    {"SELECT item FROM main.known_good WHERE NOT EXISTS"
     " (SELECT 1 FROM main.item i WHERE i.id = item) LIMIT 1",
     "a known file names item %" PRId64 ", which is not there"},
    {"SELECT item FROM main.run WHERE NOT EXISTS"
     " (SELECT 1 FROM main.item i WHERE i.id = item) LIMIT 1",
     "a run names item %" PRId64 ", which is not there"},
    {"SELECT item FROM main.picture WHERE NOT EXISTS"
     " (SELECT 1 FROM main.item i WHERE i.id = item) LIMIT 1",
     "a picture names item %" PRId64 ", which is not there"},
    {"SELECT item FROM main.look WHERE NOT EXISTS"
     " (SELECT 1 FROM main.picture p WHERE p.item = look.item) LIMIT 1",
     "a look names item %" PRId64 ", which is no picture"},
    {"SELECT item FROM main.grouping WHERE NOT EXISTS"
     " (SELECT 1 FROM main.picture p WHERE p.item = grouping.item) LIMIT 1",
     "a group names item %" PRId64 ", which is no picture"},
    {"SELECT p.item FROM main.picture p LEFT JOIN (SELECT DISTINCT item FROM main.finding"
     " WHERE kind = 'picture') f ON f.item = p.item"
     " WHERE p.outcome IN ('partly', 'not') AND f.item IS NULL LIMIT 1",
     "item %" PRId64 " was not decoded whole and no finding says so"},
    {"SELECT item FROM main.picture WHERE outcome NOT IN ('whole', 'partly', 'not', 'known')"
     " OR (pdq IS NULL) <> (outcome IN ('not', 'known')) LIMIT 1",
     "the picture of item %" PRId64 " has no known outcome"},
};

static cu_status check_rule(sqlite3 *database, const cu_sums_rule *rule, cu_err *err)
{
    CU_STATEMENT(statement);

    const cu_status status = cu_database_prepare(database, rule->sql, &statement, err);

    if (status != CU_OK)
        return status;

    const int result = sqlite3_step(statement);

    if (result == SQLITE_DONE)
        return CU_OK;
    if (result != SQLITE_ROW)
        return cu_database_fail(database, "could not check the sums", err);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return cu_fail(err, CU_EFORMAT, rule->broken, sqlite3_column_int64(statement, 0));
#pragma GCC diagnostic pop
}

cu_status cu_sums_check(sqlite3 *database, cu_err *err)
{
    cu_status status = check_regions(database, err);

    for (size_t i = 0; status == CU_OK && i < CU_COUNT_OF(rules); i++)
        status = check_rule(database, &rules[i], err);
    return status;
}
