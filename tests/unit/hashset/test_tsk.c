/* SPDX-License-Identifier: Apache-2.0 */
/* Sets that other tools keep in forms of their own: The Sleuth Kit's and EnCase's. */
#include "support/rows_assert.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#define LOW  "0123456789abcdef0123456789abcdef"
#define UP   "0123456789ABCDEF0123456789ABCDEF"
#define ZERO "00000000000000000000000000000000000000000"

static void reads_an_index(void **state)
{
    (void)state;
    assert_rows("tsk",
                ZERO "|md5sum\n" ZERO "|list.txt\n" UP "|0000000000000000\n" UP
                     "|0000000000000040\n",
                "{\"line\":3,\"offset\":100,\"md5\":\"" LOW
                "\"}\n{\"line\":4,\"offset\":150,\"md5\":\"" LOW "\"}\n");
    assert_rows("tsk", ZERO "0000|nsrl\n" UP "01234567|0000000000000000\n",
                "{\"line\":2,\"offset\":51,\"sha1\":\"" LOW "01234567\"}\n");
    assert_refused("tsk", UP "|000000000000000", "byte 0: expected a digest, a bar and 16");
    assert_refused("tsk", UP "\n", "byte 0: expected a digest, a bar and 16");
}

static void make_database(const char *path, const char *sql)
{
    sqlite3 *sqlite = NULL;
    char *why = NULL;

    (void)unlink(path);
    assert_int_equal(sqlite3_open(path, &sqlite), SQLITE_OK);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    assert_int_equal(sqlite3_close(sqlite), SQLITE_OK);
}

static void reads_a_database(void **state)
{
    (void)state;
    static const uint8_t start[] = "SQLite format 3";
    char path[] = "/tmp/custos-tsk-XXXXXX";
    const int fd = mkstemp(path);
    const cu_bytes bytes = {start, sizeof start};
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    assert_true(fd >= 0);
    close(fd);
    make_database(
        path,
        "CREATE TABLE db_properties (name TEXT NOT NULL, value TEXT);"
        "CREATE TABLE hashes (id INTEGER PRIMARY KEY AUTOINCREMENT, md5 BINARY(16) UNIQUE, "
        "sha1 BINARY(20), sha2_256 BINARY(32)); CREATE INDEX md5_index ON hashes(md5);"
        "INSERT INTO hashes (md5, sha1) VALUES (x'" UP "', NULL), (NULL, x'" UP
        "01234567'), (x'01', x''); INSERT INTO hashes (id, sha2_256) VALUES (77, x'" UP UP
        "')");
    if (rows_read(&builder, "tsk", path, bytes, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    assert_string_equal((const char *)builder.lines.p,
                        "{\"line\":1,\"md5\":\"" LOW "\",\"label\":\"1\"}\n"
                        "{\"line\":2,\"sha1\":\"" LOW "01234567\",\"label\":\"2\"}\n"
                        "{\"line\":3,\"label\":\"3\",\"wrong\":true}\n"
                        "{\"line\":4,\"sha256\":\"" LOW LOW "\",\"label\":\"77\"}\n");
    cu_buffer_free(&builder.lines);
    make_database(path, "CREATE TABLE other (md5)");
    assert_int_equal(rows_read(&builder, "tsk", path, bytes, &err), CU_EFORMAT);
    assert_non_null(strstr(err.text, "expected the table hashes of a .kdb"));
    assert_int_equal(unlink(path), 0);
}

/* An EnCase file of count digests, whose first byte is their number. */
static cu_bytes make_encase(uint8_t *room, unsigned count)
{
    static const uint8_t name[] = {'B', 0, 0xFC, 0, 0xAC, 0x20, 0, 0, 'x', 0};

    memset(room, 0xEE, 1152 + 18 * (size_t)count);
    memcpy(room, "HASH\r\n\xFF", 8);
    memcpy(room + 1032, name, sizeof name);
    for (unsigned i = 0; i < count; i++) {
        memcpy(room + 1152 + 18 * (size_t)i,
               "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xAA\xBB"
               "\xCC\xDD\xEE\xFF",
               16);
        room[1152 + 18 * (size_t)i] = (uint8_t)i;
    }
    return (cu_bytes){room, 1152 + 18 * (size_t)count};
}

static void reads_encase(void **state)
{
    (void)state;
    uint8_t room[2048];
    cu_hashset_builder builder = {.rows = 0};
    const cu_bytes file = make_encase(room, 2);

    assert_int_equal(rows_read(&builder, "encase", "a.hash", file, NULL), CU_OK);
    cu_buffer_u8(&builder.lines, 0);
    assert_string_equal((const char *)builder.lines.p,
                        "{\"offset\":1152,\"md5\":\"00112233445566778899aabbccddeeff\"}\n"
                        "{\"offset\":1170,\"md5\":\"01112233445566778899aabbccddeeff\"}\n");
    assert_string_equal(builder.name, "B\xC3\xBC\xE2\x82\xAC");
    cu_buffer_free(&builder.lines);
    assert_truncations("encase", file, 2); /* no digest, and one */
    assert_refused_of("encase", (cu_bytes){room, 1151}, CU_EFORMAT, "byte 1151: expected 1152");
    room[6] = 0;
    assert_refused_of("encase", file, CU_EFORMAT, "byte 0: expected \"HASH\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_an_index),
        cmocka_unit_test(reads_a_database),
        cmocka_unit_test(reads_encase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
