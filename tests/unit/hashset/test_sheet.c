/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: quotes, separators, headers; and the formats that are tables. */
#include "support/rows_assert.h"

#include <stdio.h>

#define MD5  "0123456789ABCDEF0123456789ABCDEF"
#define LOW  "0123456789abcdef0123456789abcdef"
#define SHA1 MD5 "01234567"

static cu_status read_with_columns(const char *columns, const char *text, char *lines, size_t n,
                                   cu_err *err)
{
    cu_hashset_builder builder = {.options.columns = columns};
    const cu_status st = rows_read(&builder, "csv", "source",
                                   (cu_bytes){(const uint8_t *)text, strlen(text)}, err);

    (void)snprintf(lines, n, "%.*s", (int)builder.lines.n,
                   builder.lines.n == 0 ? "" : (const char *)builder.lines.p);
    cu_buffer_free(&builder.lines);
    return st;
}

static void finds_columns_by_their_names(void **state)
{
    (void)state;
    assert_rows("csv",
                "Name,MD5,SHA-1,File Size,Category,Other\na.jpg," MD5 "," SHA1 ",7,B,x\n",
                "{\"line\":2,\"offset\":40,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"name\":\"a.jpg\",\"code\":\"B\",\"size\":7}\n");
    assert_rows("csv", "\xEF\xBB\xBFhash;name\r\n" MD5 ";a\r\n" SHA1 ";b,c\r\n",
                "{\"line\":2,\"offset\":14,\"md5\":\"" LOW
                "\",\"name\":\"a\"}\n{\"line\":3,\"offset\":50,\"sha1\":\"" LOW
                "01234567\",\"name\":\"b,c\"}\n");
    assert_rows("csv", "pdq\tpdq_quality\n" MD5 MD5 "\t88\n",
                "{\"line\":2,\"offset\":16,\"pdq\":\"" LOW LOW "\",\"quality\":88}\n");
    assert_rows("csv", "is distributed|victim_identified|md5\nYes|0|" MD5 "\n|maybe|" MD5 "\n",
                "{\"line\":2,\"offset\":37,\"md5\":\"" LOW
                "\",\"said\":5,\"flags\":4}\n{\"line\":3,\"offset\":76,\"md5\":\"" LOW "\"}\n");
}

static void reads_quotes_as_spreadsheets_write_them(void **state)
{
    (void)state;
    assert_rows("csv",
                "\"md5\",\"name\"\n\"" MD5 "\",\"a, \"\"b\"\"\nc\"\n" MD5 ",d\"e\n\"" MD5
                "\",\"f\"g\"\n\n" MD5 ",\"\"\n",
                "{\"line\":2,\"offset\":13,\"md5\":\"" LOW
                "\",\"name\":\"a, \\\"b\\\"\\u000ac\"}\n"
                "{\"line\":4,\"offset\":61,\"md5\":\"" LOW "\",\"name\":\"d\\\"e\"}\n"
                "{\"line\":5,\"offset\":98,\"md5\":\"" LOW "\",\"name\":\"f\\\"g\"}\n"
                "{\"line\":7,\"offset\":140,\"md5\":\"" LOW "\"}\n");
}

static void takes_columns_that_the_person_names(void **state)
{
    (void)state;
    char lines[512];
    cu_err err = {0};

    assert_int_equal(
        read_with_columns("-,md5,,name", "1;" MD5 ";x;a\n", lines, sizeof lines, &err), CU_OK);
    assert_string_equal(lines, "{\"line\":1,\"md5\":\"" LOW "\",\"name\":\"a\"}\n");
    assert_int_equal(read_with_columns("md5", "MD5\n" MD5 "\n", lines, sizeof lines, &err),
                     CU_OK);
    assert_string_equal(lines, "{\"line\":2,\"offset\":4,\"md5\":\"" LOW "\"}\n");
    assert_int_equal(read_with_columns("md5", "", lines, sizeof lines, &err), CU_OK);
    assert_string_equal(lines, "");
    assert_int_equal(read_with_columns("md5,colour", "", lines, sizeof lines, &err), CU_EUSAGE);
    assert_string_equal(err.text, "there is no column \"colour\"");
    assert_int_equal(read_with_columns("name,-", "", lines, sizeof lines, &err), CU_EUSAGE);
    assert_string_equal(err.text, "none of the columns is a digest");
}

static void refuses_a_table_without_names_or_end(void **state)
{
    (void)state;
    assert_refused("csv", "", "byte 0: expected a first line that names a column");
    assert_refused("csv", MD5 ",a.jpg\n", "byte 0: expected a first line");
    assert_refused("csv", "name,pdq quality\n", "byte 0: expected a first line");
    assert_refused("csv", "md5,name\n" MD5 ",\"a\n" MD5 ",b\n",
                   "byte 42: expected a quote that closes this one");
    assert_refused("csv", "md5,name\n" MD5, "byte 41: expected the other columns");
    assert_rows("csv", "md5,name\n" MD5 "\n" MD5 ",a,b,c\n",
                "{\"line\":2,\"offset\":9,\"md5\":\"" LOW
                "\"}\n{\"line\":3,\"offset\":42,\"md5\":\"" LOW "\",\"name\":\"a\"}\n");
}

static void reads_past_columns_without_end(void **state)
{
    (void)state;
    char text[1024] = "md5";
    size_t n = 3;

    for (unsigned i = 0; i < 200; i++)
        text[n++] = ',';
    text[n++] = '\n';
    memcpy(text + n, MD5, 32);
    n += 32;
    for (unsigned i = 0; i < 200; i++)
        text[n++] = ',';
    text[n++] = '\n';
    assert_rows("csv", text, "{\"line\":2,\"offset\":204,\"md5\":\"" LOW "\"}\n");
}

/* ---- formats ---- */

#define ICSE_HEADER                                                                            \
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series "  \
    "name;Number of submissions;File Available;Media Type;Baseline\r\n"

static void reads_icse(void **state)
{
    (void)state;
    assert_rows("icse",
                ICSE_HEADER MD5 ";" SHA1 ";;77;TRUE;False;;Bridge test;2;True;image;False\r\n",
                "{\"line\":2,\"offset\":150,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"label\":\"77\",\"series\":\"Bridge "
                "test\",\"said\":5,\"flags\":4}\n");
    assert_refused("icse", "MD5;SHA1\r\n", "byte 0: expected the header \"MD5;SHA1;PhotoDNA");
}

#define RDS_20                                                                                 \
    "\"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\","  \
    "\"SpecialCode\"\n"
#define RDS_15                                                                                 \
    "\"SHA-1\",\"FileName\",\"FileSize\",\"ProductCode\",\"OpSystemCode\",\"MD4\",\"MD5\","    \
    "\"CRC32\",\"SpecialCode\"\n"

static void reads_both_orders_of_rdsv2(void **state)
{
    (void)state;
    assert_rows("nsrl2",
                RDS_20 "\"" SHA1 "\",\"" MD5
                       "\",\"01234567\",\"a \"b\".dll\",503,1,\"WIN\",\"M\"\n",
                "{\"line\":2,\"offset\":87,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"name\":\"a \\\"b\\\".dll\",\"code\":\"M\",\"size\":503}\n");
    assert_rows("nsrl2",
                RDS_15 "\"" SHA1 "\",\"a.dll\",503,1,\"WIN\",\"" MD5 "\",\"" MD5
                       "\",\"CA\",\"\"\n",
                "{\"line\":2,\"offset\":93,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"name\":\"a.dll\",\"size\":503}\n");
    /* A quote that is lost costs its own line. */
    assert_rows("nsrl2",
                RDS_20 "\"" SHA1 "\",\"" MD5 "\",\"01\",\"a.dll,503,1,\"WIN\",\"\"\n\"" SHA1
                       "\",\"" MD5 "\",\"01\",\"b.dll\",503,1,\"WIN\",\"\"\n",
                "{\"line\":2,\"offset\":87,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"name\":\"a.dll,503,1,\\\"WIN\"}\n"
                "{\"line\":3,\"offset\":192,\"md5\":\"" LOW "\",\"sha1\":\"" LOW
                "01234567\",\"name\":\"b.dll\",\"size\":503}\n");
    assert_refused("nsrl2", "\"SHA-1\",\"FileName\"\n",
                   "byte 0: expected the header \"SHA-1\"");
}

static void refuses_a_table_that_is_cut_off(void **state)
{
    (void)state;
    static const char text[] =
        RDS_20 "\"" SHA1 "\",\"" MD5 "\",\"01\",\"a.dll\",503,1,\"WIN\",\"\"\n";

    /* Whole up to its last quote, with or without the line's end, or no row at all. */
    assert_truncations("nsrl2", (cu_bytes){(const uint8_t *)text, sizeof text - 1}, 4);
}

static void reads_hashkeeper(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.silent = true};
    static const char hke[] =
        "\"hashset_id\",\"name\",\"vendor\",\"package\",\"version\",\"authenicated_flag\"\r\n"
        "671,\"Z00236 Example, Server\",\"Example\",\"Server\",\"2000\",1\r\n";

    assert_rows(
        "hashkeeper",
        "\"file_id\",\"hashset_id\",\"file_name\",\"directory\",\"hash\",\"file_size\"\n"
        "4151044,671,\"a.pdb\",,\"" MD5 "\",91136\n",
        "{\"line\":2,\"offset\":66,\"md5\":\"" LOW
        "\",\"label\":\"4151044\",\"name\":\"a.pdb\",\"size\":91136}\n");
    assert_int_equal(rows_read(&builder, "hashkeeper", "source",
                               (cu_bytes){(const uint8_t *)hke, sizeof hke - 1}, NULL),
                     CU_OK);
    assert_int_equal(builder.rows, 0);
    assert_string_equal(builder.name, "Z00236 Example, Server");
    assert_string_equal(builder.version, "2000");
    assert_refused("hashkeeper", "\"hashset_id\",\"name\",\"version\"\n", "of HashKeeper");
}

/* ---- samples of others ---- */

static uint64_t count_sample(const char *format, const char *name, const char *first)
{
    char path[512];
    static uint8_t bytes[1 << 20];
    const char *const corpus = getenv("CUSTOS_CORPUS");
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    (void)snprintf(path, sizeof path, "%s/jessek+hashdeep/sample-hashes/%s",
                   corpus == NULL ? "" : corpus, name);

    FILE *const file = fopen(path, "rb");

    if (file == NULL) {
        print_message("skipped: corpus not here\n");
        skip();
        return 0;
    }

    const size_t n = fread(bytes, 1, sizeof bytes, file);

    fclose(file);
    if (rows_read(&builder, format, path, (cu_bytes){bytes, n}, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    if (strstr((const char *)builder.lines.p, first) == NULL)
        fail_msg("\"%s\" is not there", first);
    assert_null(strstr((const char *)builder.lines.p, "wrong"));
    cu_buffer_free(&builder.lines);
    return builder.rows;
}

static void reads_the_samples_of_hashdeep(void **state)
{
    (void)state;
    static const char rds[] = "\"md5\":\"2193697c470774ea58da24b3bac5fcde\",\"sha1\":"
                              "\"00d1034546f530d746131ce2a28a052db21652ec\",\"name\":"
                              "\"infodesk.ico\",\"size\":503}";

    /* As many as there are lines after the header, by wc -l. */
    assert_int_equal(count_sample("nsrl2", "nsrl/NSRL-1.5.txt", rds), 218);
    assert_int_equal(count_sample("nsrl2", "nsrl/NSRL-2.0.txt", rds), 218);
    assert_int_equal(count_sample("hashkeeper", "hashkeeper/Z00236.hsh",
                                  "\"md5\":\"4717b47b8fa5b6ff3edba8144527c351\",\"label\":"
                                  "\"4151050\",\"name\":\"calc.pdb\",\"size\":115712}"),
                     6994);
    assert_int_equal(
        count_sample("csv", "ilookv3.hsh",
                     "\"sha1\":\"25b831e4db3190d5613b768f50407bc5c7a9d6e1\",\"name\":"
                     "\"md5deep-2.0.1-001.tar.gz\",\"size\":203211}"),
        5);
    assert_int_equal(
        count_sample("csv", "ilookv4.hsh", "\"md5\":\"c250d966ff3bf6594a16410b63429af1\""), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_columns_by_their_names),
        cmocka_unit_test(reads_quotes_as_spreadsheets_write_them),
        cmocka_unit_test(takes_columns_that_the_person_names),
        cmocka_unit_test(refuses_a_table_without_names_or_end),
        cmocka_unit_test(reads_past_columns_without_end),
        cmocka_unit_test(reads_icse),
        cmocka_unit_test(reads_both_orders_of_rdsv2),
        cmocka_unit_test(refuses_a_table_that_is_cut_off),
        cmocka_unit_test(reads_hashkeeper),
        cmocka_unit_test(reads_the_samples_of_hashdeep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
