/* SPDX-License-Identifier: Apache-2.0 */
/* RDSv3 as NIST shapes it, and databases that are damaged, cut off, or made to do harm. */
#include "support/rows.h"

#include "support/cmocka.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS                                                                                \
    "(sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR "    \
    "NOT "                                                                                     \
    "NULL, file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT "    \
    "NULL"
#define MINIMAL                                                                                \
    "CREATE TABLE FILE " COLUMNS                                                               \
    ", CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, crc32, file_name, file_size, " \
    "package_id));"
#define FULL                                                                                   \
    "CREATE TABLE METADATA " COLUMNS ", extension VARCHAR);"                                   \
    "CREATE VIEW FILE AS SELECT sha256, sha1, md5, crc32, file_name, file_size, package_id "   \
    "FROM METADATA;"
#define VERSION                                                                                \
    "CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL, build_set VARCHAR NOT NULL);"      \
    "INSERT INTO VERSION VALUES('2026.09.1', 'modern');"
#define SHA256 "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
#define SHA1   "0123456789ABCDEF0123456789ABCDEF01234567"
#define MD5    "0123456789ABCDEF0123456789ABCDEF"
#define ROW(table, name, more)                                                                 \
    "INSERT INTO " table " VALUES('" SHA256 "','" SHA1 "','" MD5 "','01234567','" name         \
    "',2835,7" more ");"
#define LINE(number, name)                                                                     \
    "{\"line\":" number ",\"md5\":\"0123456789abcdef0123456789abcdef\",\"sha1\":"              \
    "\"0123456789abcdef0123456789abcdef01234567\",\"sha256\":"                                 \
    "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\",\"name\":\"" name    \
    "\",\"size\":2835}\n"

static char path[] = "/tmp/custos-nsrl3-XXXXXX";
static char beside[sizeof path + 16];

static void make(const char *sql)
{
    sqlite3 *sqlite = NULL;
    char *why = NULL;

    (void)unlink(path);
    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
}

static void assert_rows(const char *expected)
{
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    if (rows_read(&builder, "nsrl3", path, (cu_bytes){0}, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    assert_string_equal((const char *)builder.lines.p, expected);
    cu_buffer_free(&builder.lines);
}

static void assert_refused(cu_status code, const char *words)
{
    cu_hashset_builder builder = {.silent = true};
    cu_err err = {0};

    assert_int_equal(rows_read(&builder, "nsrl3", path, (cu_bytes){0}, &err), code);
    if (strstr(err.text, words) == NULL)
        fail_msg("%s", err.text);
}

static void reads_the_minimal_shape(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.silent = true};

    make(MINIMAL VERSION ROW("FILE", "b.dll", "") ROW("FILE", "a.dll", ""));
    assert_rows(LINE("1", "b.dll") LINE("2", "a.dll")); /* as they lie, not as an index sorts */
    assert_int_equal(rows_read(&builder, "nsrl3", path, (cu_bytes){0}, NULL), CU_OK);
    assert_string_equal(builder.name, "NSRL RDSv3 modern");
    assert_string_equal(builder.version, "2026.09.1");
}

static void put_text(const char *text)
{
    FILE *const file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* What says in SQL how an older release changes is no list: the person is told what to do. */
static void refuses_a_delta_and_says_what_to_do(void **state)
{
    static const char *const deltas[] = {
        "BEGIN TRANSACTION;\nINSERT INTO FILE (sha256,sha1) VALUES('00','11');\nCOMMIT;\n",
        "-- a comment\ndelete from FILE where package_id = 7;\n",
        "UPDATE FILE SET file_size = 1;"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(deltas); i++) {
        put_text(deltas[i]);
        assert_refused(CU_EUNSUPPORTED, "sqlite3 FULL.db < DELTA.sql");
    }
    put_text("INSERTED INTO nothing");
    assert_refused(CU_EFORMAT, "SQLite format 3");
    /* The words in a database are no delta. */
    make(MINIMAL ROW("FILE", "INSERT INTO FILE", ""));
    assert_rows(LINE("1", "INSERT INTO FILE"));
}

static void reads_the_full_shape_from_its_table(void **state)
{
    (void)state;
    make(FULL ROW("METADATA", "a.dll", ",'dll'"));
    assert_rows(LINE("1", "a.dll"));
}

static void reads_every_page_size_and_encoding(void **state)
{
    (void)state;
    static const char *const firsts[] = {
        "PRAGMA page_size=512;", "PRAGMA page_size=65536;", "PRAGMA encoding='UTF-16le';",
        "PRAGMA encoding='UTF-16be';", "PRAGMA auto_vacuum=FULL;"};

    for (size_t i = 0; i < CU_COUNT_OF(firsts); i++) {
        char sql[2048];

        (void)snprintf(sql, sizeof sql, "%s%s%s", firsts[i], MINIMAL,
                       ROW("FILE", "\xC3\xBC.dll", ""));
        make(sql);
        assert_rows(LINE("1", "\xC3\xBC.dll"));
    }
}

static void tells_what_a_row_does_not_say(void **state)
{
    (void)state;
    make("CREATE TABLE File (SHA256, Sha1, file_size);"
         "INSERT INTO file VALUES(NULL, NULL, NULL), ('12', x'00', 'big'), ('', '" SHA1
         "', -1)");
    assert_rows("{\"line\":1}\n{\"line\":2,\"wrong\":true}\n"
                "{\"line\":3,\"sha1\":\"0123456789abcdef0123456789abcdef01234567\"}\n");
}

static void never_needs_an_index(void **state)
{
    (void)state;
    /* An index that lies about its table would hide rows from whoever trusts it: here FILE has
     * the empty index of another table. */
    make(MINIMAL
         "CREATE TABLE other " COLUMNS ", UNIQUE (sha256, sha1, md5, crc32, file_name, "
         "file_size, package_id));" ROW("FILE", "a.dll", "") ROW("FILE", "b.dll", "") ROW(
             "FILE", "c.dll",
             "") "PRAGMA writable_schema=ON;"
                 "UPDATE sqlite_schema SET rootpage = (SELECT sum(rootpage) FROM sqlite_schema "
                 "WHERE type = 'index') - rootpage WHERE type = 'index';");
    assert_rows(LINE("1", "a.dll") LINE("2", "b.dll") LINE("3", "c.dll"));

    sqlite3 *sqlite = NULL;
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(sqlite, "SELECT count(*) FROM FILE WHERE sha256 > ''",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 0); /* so it does, with the index */
    sqlite3_finalize(statement);
    sqlite3_close(sqlite);
}

static void refuses_what_is_not_rdsv3(void **state)
{
    (void)state;
    make("CREATE TABLE other (a)");
    assert_refused(CU_EFORMAT, "expected the table FILE or METADATA of RDSv3");
    make("CREATE TABLE FILE (name, crc32); INSERT INTO FILE VALUES('a', 'b')");
    assert_refused(CU_EUNSUPPORTED, "none of the columns sha256, sha1, md5");
    /* A view alone, and tables that are programs: not asked. */
    make("CREATE VIEW FILE AS SELECT 1 AS sha1");
    assert_refused(CU_EFORMAT, "expected the table FILE or METADATA");
    make("CREATE VIRTUAL TABLE FILE USING fts5(sha1)");
    assert_refused(CU_EFORMAT, "expected the table FILE or METADATA");
}

static void runs_no_code_of_the_database(void **state)
{
    (void)state;
    make("CREATE TABLE FILE (a, sha1 AS (hex(zeroblob(20))), md5)");
    assert_refused(CU_EFORMAT, "the column sha1 is computed");
    make("CREATE TABLE METADATA (sha1); CREATE VIEW FILE AS WITH RECURSIVE n(i) AS (SELECT 1 "
         "UNION ALL SELECT i+1 FROM n) SELECT i AS sha1 FROM n");
    assert_rows(""); /* the endless view is not looked at */
}

static void refuses_a_file_that_is_not_whole(void **state)
{
    (void)state;
    make("PRAGMA page_size=512;" MINIMAL ROW("FILE", "a.dll", ""));

    FILE *const file = fopen(path, "rb");
    uint8_t bytes[64 * 1024];

    assert_non_null(file);

    const size_t n = fread(bytes, 1, sizeof bytes, file);

    assert_true(n > 1024 && n < sizeof bytes);
    fclose(file);
    for (size_t cut = 0; cut < n; cut += cut < 110 ? 1 : 97) {
        char words[64];

        assert_int_equal(truncate(path, 0), 0);

        FILE *const out = fopen(path, "wb");

        assert_non_null(out);
        assert_int_equal(fwrite(bytes, 1, cut, out), cut);
        fclose(out);
        if (cut < 100)
            (void)snprintf(words, sizeof words, "byte 0: expected \"SQLite format 3\"");
        else
            (void)snprintf(words, sizeof words, "byte %zu: expected %zu bytes", cut, n);
        assert_refused(CU_EFORMAT, words);
    }
}

static void refuses_a_database_with_a_log_beside_it(void **state)
{
    (void)state;
    static const char *const suffixes[] = {"-wal", "-journal"};

    for (size_t i = 0; i < CU_COUNT_OF(suffixes); i++) {
        make(MINIMAL ROW("FILE", "a.dll", ""));
        (void)snprintf(beside, sizeof beside, "%s%s", path, suffixes[i]);

        FILE *const file = fopen(beside, "w");

        assert_non_null(file);
        fclose(file);
        assert_rows(LINE("1", "a.dll")); /* an empty one holds nothing */

        FILE *const full = fopen(beside, "w");

        assert_non_null(full);
        fputs("x", full);
        fclose(full);
        assert_refused(CU_EFORMAT, suffixes[i]);
        assert_int_equal(unlink(beside), 0);
    }
}

static void survives_every_flipped_byte(void **state)
{
    (void)state;
    make("PRAGMA page_size=512;" MINIMAL ROW("FILE", "a.dll", "") ROW("FILE", "b.dll", ""));

    FILE *const file = fopen(path, "r+b");

    assert_non_null(file);
    setbuf(file, NULL);
    for (long at = 0; fseek(file, at, SEEK_SET) == 0; at++) {
        cu_hashset_builder builder = {.silent = true};
        cu_err err = {0};
        const int old = fgetc(file);

        if (old == EOF)
            break;
        fseek(file, at, SEEK_SET);
        fputc(old ^ (at % 3 == 0 ? 0xFF : 0x11), file);

        const cu_status st = rows_read(&builder, "nsrl3", path, (cu_bytes){0}, &err);

        assert_true(st == CU_OK || err.text[0] != '\0');
        assert_true(builder.rows <= 1000);
        fseek(file, at, SEEK_SET);
        fputc(old, file);
    }
    fclose(file);
    assert_rows(LINE("1", "a.dll") LINE("2", "b.dll"));
}

static void takes_any_path_as_a_path(void **state)
{
    (void)state;
    char odd[64];

    make(MINIMAL ROW("FILE", "a.dll", ""));
    (void)snprintf(odd, sizeof odd, "%s ?mode=rwc&%%41#\xC3\xBC", path);
    assert_int_equal(rename(path, odd), 0);

    cu_hashset_builder builder = {.silent = true};

    assert_int_equal(rows_read(&builder, "nsrl3", odd, (cu_bytes){0}, NULL), CU_OK);
    assert_int_equal(builder.rows, 1);
    assert_int_equal(rename(odd, path), 0);
}

static int open_path(void **state)
{
    (void)state;

    const int fd = mkstemp(path);

    return fd < 0 || close(fd) != 0 ? -1 : 0;
}

static int drop_path(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_minimal_shape),
        cmocka_unit_test(refuses_a_delta_and_says_what_to_do),
        cmocka_unit_test(reads_the_full_shape_from_its_table),
        cmocka_unit_test(reads_every_page_size_and_encoding),
        cmocka_unit_test(tells_what_a_row_does_not_say),
        cmocka_unit_test(never_needs_an_index),
        cmocka_unit_test(refuses_what_is_not_rdsv3),
        cmocka_unit_test(runs_no_code_of_the_database),
        cmocka_unit_test(refuses_a_file_that_is_not_whole),
        cmocka_unit_test(refuses_a_database_with_a_log_beside_it),
        cmocka_unit_test(survives_every_flipped_byte),
        cmocka_unit_test(takes_any_path_as_a_path),
    };

    return cmocka_run_group_tests(tests, open_path, drop_path);
}
