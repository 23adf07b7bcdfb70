/* SPDX-License-Identifier: Apache-2.0 */
/* Each shape of VICS and each quirk seen in the wild. Every hash and name is invented. */
#include "support/slow_vics.h"

#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL_12                                                                               \
    "\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/1.2.xml#Media\""
#define MODEL_13                                                                               \
    "\"odata.metadata\":\"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media\""
#define MODEL_20                                                                               \
    "\"@odata.context\":\"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/"   \
    "$metadata#Media\""
#define MD5        "0123456789ABCDEF0123456789ABCDEF"
#define LOWER_MD5  "0123456789abcdef0123456789abcdef"
#define SHA1       "0123456789ABCDEF0123456789ABCDEF01234567"
#define LOWER_SHA1 "0123456789abcdef0123456789abcdef01234567"

static cu_bytes bytes_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* The rows of a text as lines, to be freed. */
static char *rows_of(const char *text)
{
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    if (rows_read(&builder, "vics", "v.json", bytes_of(text), &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    return (char *)builder.lines.p;
}

static void assert_rows(const char *text, const char *expected)
{
    char *const got = rows_of(text);

    assert_string_equal(got, expected);
    for (const char *p = got; (p = strstr(p, "{\"offset\":")) != NULL; p += 10)
        assert_int_equal(text[strtoull(p + 10, NULL, 10)], '{'); /* where the object begins */
    free(got);
}

static void assert_refused(const char *text, const char *words)
{
    cu_hashset_builder builder = {.silent = true};
    cu_err err = {0};

    assert_int_equal(rows_read(&builder, "vics", "v.json", bytes_of(text), &err), CU_EFORMAT);
    assert_non_null(strstr(err.text, words));
}

static void reads_the_shape_of_1_2(void **state)
{
    (void)state;
    assert_rows("\xEF\xBB\xBF{" MODEL_12
                ",\r\n\"value\":[\r\n{\"MediaID\":1,\"Category\":2,\"MD5\":\"" MD5
                "\",\"SHA1\":\"" SHA1
                "\",\"MediaSize\":2835,\"MediaFiles\":[{\"FileName\":\"bridge.jpg\"},"
                "{\"FileName\":\"second.jpg\"}]}]}\r\n",
                "{\"offset\":96,\"md5\":\"" LOWER_MD5 "\",\"sha1\":\"" LOWER_SHA1
                "\",\"label\":\"1\",\"name\":\"bridge.jpg\",\"code\":\"2\",\"size\":2835}\n");
}

static void reads_the_other_hashes_of_1_3(void **state)
{
    (void)state;
    char text[2048];
    char expected[1024];
    char base64[193] = {0};
    char hex[289] = {0};

    memset(base64, 'A', 192);
    base64[191] = '/';
    memset(hex, '0', 288);
    memcpy(hex + 286, "3f", 2);
    (void)snprintf(text, sizeof text,
                   "{" MODEL_13 ",\"value\":[{\"MediaID\":\"a-1\",\"MD5\":\"" MD5
                   "\",\"Anything\":[{\"MD5\":\"" MD5
                   "\",\"HashName\":\"PhotoDNA\",\"HashValue\":\"%s\"},{\"HashName\":\"SHA-1\","
                   "\"HashValue\":\"" SHA1
                   "\"},{\"HashName\":\"Other\",\"HashValue\":\"1\"}]}]}",
                   base64);
    (void)snprintf(expected, sizeof expected,
                   "{\"offset\":89,\"md5\":\"" LOWER_MD5 "\",\"sha1\":\"" LOWER_SHA1
                   "\",\"photodna\":\"%s\",\"label\":\"a-1\"}\n",
                   hex);
    assert_rows(text, expected);
}

static void reads_all_that_2_0_says(void **state)
{
    (void)state;
    assert_rows(
        "{" MODEL_20 ",\"value\":[{\"MediaID\":1001,\"Category\":3,\"MD5\":\"" MD5
        "\",\"SHA1\":\"" SHA1 "\",\"MediaSize\":2835,\"IsPrecategorized\":\"true\","
        "\"VictimIdentified\":\"false\",\"OffenderIdentified\":false,\"IsDistributed\":true,"
        "\"IsSuspected\":\"False\",\"SelfGenerated\":\"TRUE\",\"Series\":\"Bridge test\","
        "\"PrecategorizationSource\":\"An agency\",\"Tags\":\"benign, test\","
        "\"MediaFiles\":[{\"MD5\":\"" MD5
        "\",\"FileName\":\"br\\u00fccke \\\"1\\\".jpg\",\"FilePath\":\"Partition "
        "1\\\\DCIM\\\\\"}],"
        "\"Exifs\":[{\"MD5\":\"" MD5
        "\",\"PropertyName\":\"Make\",\"PropertyValue\":\"Example\"}]}]}",
        "{\"offset\":110,\"md5\":\"" LOWER_MD5 "\",\"sha1\":\"" LOWER_SHA1
        "\",\"label\":\"1001\",\"name\":\"br\xC3\xBC"
        "cke \\\"1\\\".jpg\",\"code\":\"3\",\"series\":\"Bridge "
        "test\",\"source\":\"An agency\",\"size\":2835,\"said\":63,\"flags\":52}\n");
}

static void reads_the_media_of_cases_and_no_case(void **state)
{
    (void)state;
    assert_rows("{" MODEL_20 ",\"value\":[{\"CaseID\":\"{1}\",\"MD5\":\"" MD5
                "\",\"Media\":[{\"MediaID\":1,\"MD5\":\"" MD5
                "\",\"Media\":[{\"MediaID\":9}]},{\"MediaID\":2,\"SHA1\":\"" SHA1
                "\"}],\"TotalMediaFiles\":7},{\"Media\":null},{\"Media\":[]}]}",
                "{\"offset\":176,\"md5\":\"" LOWER_MD5
                "\",\"label\":\"1\"}\n{\"offset\":255,\"sha1\":\"" LOWER_SHA1
                "\",\"label\":\"2\"}\n");
}

static void takes_the_keys_in_any_order(void **state)
{
    (void)state;
    assert_rows("{\"Unknown\":{\"value\":[1]},\"value\":[{\"SHA1\":\"" SHA1
                "\",\"Category\":\"B\"}]," MODEL_20 "}",
                "{\"offset\":34,\"sha1\":\"" LOWER_SHA1 "\",\"code\":\"B\"}\n");
    assert_rows("{\"Media\":[{\"MD5\":\"" MD5 "\"}]," MODEL_20 "}",
                "{\"offset\":10,\"md5\":\"" LOWER_MD5 "\"}\n");
}

static void knows_what_is_not_said(void **state)
{
    (void)state;
    assert_rows("{" MODEL_12 ",\"value\":[{\"MediaID\":1,\"Category\":null,\"MD5\":\"" MD5
                "\",\"SHA1\":null,\"IsDistributed\":null,\"VictimIdentified\":\"\"},"
                "{\"MediaID\":2,\"Category\":\"\",\"MD5\":\"\",\"Series\":{\"MD5\":\"" MD5
                "\"}},{\"MediaID\":3,\"Category\":0,\"MD5\":{}}]}",
                "{\"offset\":89,\"md5\":\"" LOWER_MD5
                "\",\"label\":\"1\"}\n{\"offset\":215,\"label\":\"2\"}\n"
                "{\"offset\":304,\"label\":\"3\",\"code\":\"0\"}\n");
}

static void marks_a_value_that_is_none(void **state)
{
    (void)state;
    assert_rows("{" MODEL_12 ",\"value\":[{\"MD5\":\"0123\",\"SHA1\":\"" SHA1
                "\"},{\"MD5\":\"" SHA1 "\"},{\"MD5\":\"G123456789ABCDEF0123456789ABCDEF\"},"
                "{\"MD5\":\"" MD5 "\",\"PhotoDNA\":\"AAAA\"}]}",
                "{\"offset\":89,\"sha1\":\"" LOWER_SHA1
                "\",\"wrong\":true}\n{\"offset\":154,\"wrong\":true}\n"
                "{\"offset\":205,\"wrong\":true}\n{\"offset\":248,\"md5\":\"" LOWER_MD5
                "\",\"wrong\":true}\n");
}

static void refuses_what_is_no_vics(void **state)
{
    (void)state;
    assert_refused("[]", "byte 0: expected {, with which VICS begins");
    assert_refused("{\"value\":[]}", "expected the key \"@odata.context\"");
    assert_refused("{" MODEL_12 "}", "byte 80: expected the array \"value\" before the end");
    assert_refused("{" MODEL_12 ",\"value\":null}", "expected the array \"value\"");
    assert_refused("{" MODEL_12 ",\"value\":\"x\"}", "byte 88: expected an array of Media");
    assert_refused("{" MODEL_12 ",\"value\":[7]}", "byte 89: expected a Media object");
    assert_refused("{" MODEL_12 ",\"value\":[{}]} {", "expected the end of the file");
    assert_refused("", "byte 0: expected a value, but the file ends");
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    const char text[] = "{" MODEL_20 ",\"value\":[{\"Media\":[{\"MediaID\":1,\"MD5\":\"" MD5
                        "\",\"IsDistributed\":true,\"MediaFiles\":[{\"FileName\":\"\\u00fc\"}],"
                        "\"Exifs\":[]},{\"MediaID\":2}]}]}";

    for (size_t n = 0; n < sizeof text - 1; n++) {
        uint8_t *const copy = malloc(n + 1); /* so that a sanitizer sees a byte too far */
        cu_hashset_builder builder = {.silent = true};
        cu_err err = {0};

        assert_non_null(copy);
        memcpy(copy, text, n);
        assert_int_equal(rows_read(&builder, "vics", "v.json", (cu_bytes){copy, n}, &err),
                         CU_EFORMAT);
        assert_non_null(strstr(err.text, "expected"));
        free(copy);
    }
}

static void hands_on_what_the_builder_says(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.fail_at = 2};
    cu_err err = {0};

    assert_int_equal(rows_read(&builder, "vics", "v.json",
                               bytes_of("{" MODEL_12 ",\"value\":[{},{},{}]}"), &err),
                     CU_ENOMEM);
    assert_int_equal(builder.rows, 2);
    cu_buffer_free(&builder.lines);
}

/* ---- against the slow reader ---- */

static uint64_t random_state = 88172645463325252U;

static unsigned below(unsigned n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state % n);
}

static void make_space(cu_buffer *out)
{
    static const char *const spaces[] = {"", "", "", "", " ", "\r\n  "};

    cu_buffer_format(out, "%s", spaces[below(CU_COUNT_OF(spaces))]);
}

static void make_value(cu_buffer *out)
{
    static const char *const values[] = {"0",           "7",
                                         "10",          "-1.5e3",
                                         "01",          "true",
                                         "false",       "null",
                                         "tru",         "\"\"",
                                         "\"a b\"",     "\"\\u00fc\\n\"",
                                         "\"" MD5 "\"", "\"" SHA1 "\"",
                                         "\"TRUE\"",    "\"PhotoDNA\"",
                                         "\"md5\"",     "{\"MD5\":[1,{}]}",
                                         "[[],{},3]",   "\"\xFF\""};

    make_space(out);
    if (below(8) > 0) {
        cu_buffer_format(out, "%s", values[below(below(3) == 0 ? CU_COUNT_OF(values) : 4)]);
        return;
    }
    cu_buffer_u8(out, '"');
    for (unsigned n = below(400); n > 0; n--)
        cu_buffer_u8(out, (uint8_t)(below(60) == 0 ? '/' : 'A'));
    cu_buffer_u8(out, '"');
}

static void make_members(cu_buffer *out, unsigned depth)
{
    static const char *const keys[] = {
        "MD5",       "SHA1",          "SHA256",      "PhotoDNA",   "MediaID", "Category",
        "MediaSize", "Series",        "HashName",    "HashValue",  "Media",   "MediaFiles",
        "FileName",  "IsDistributed", "Me\\u0064ia", "DateUpdated"};

    for (unsigned n = below(7), i = 0; i < n; i++) {
        const unsigned kind = below(depth < 3 ? 8 : 6);

        cu_buffer_format(out, i == 0 ? "" : ",");
        make_space(out);
        cu_buffer_format(out, "\"%s\"", keys[below(CU_COUNT_OF(keys))]);
        make_space(out);
        cu_buffer_u8(out, ':');
        if (kind < 6) {
            make_value(out);
        } else {
            cu_buffer_format(out, "[{");
            make_members(out, depth + 1);
            cu_buffer_format(out, "}]");
        }
        make_space(out);
    }
}

static void make_vics(cu_buffer *out)
{
    cu_buffer_format(out, "{" MODEL_20 ",\"value\":[");
    for (unsigned n = below(40), i = 0; i < n; i++) {
        cu_buffer_format(out, i == 0 ? "{" : ",{");
        make_members(out, 0);
        cu_buffer_u8(out, '}');
    }
    cu_buffer_format(out, "]}");
}

static void agrees_with_the_slow_reader_on_made_and_broken_text(void **state)
{
    static const char bytes[] = "{}[],:\"\\u0aE+-.tfn \t\x01\x00\xFF";

    (void)state;
    for (unsigned round = 0; round < 1500; round++) {
        cu_buffer text = {0};

        make_vics(&text);
        slow_vics_compare(text.p, text.n);
        slow_vics_compare(text.p, below((unsigned)text.n));
        for (unsigned n = 1 + below(3); n > 0; n--)
            text.p[below((unsigned)text.n)] = (uint8_t)bytes[below(sizeof bytes - 1)];
        slow_vics_compare(text.p, text.n);
        cu_buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_shape_of_1_2),
        cmocka_unit_test(reads_the_other_hashes_of_1_3),
        cmocka_unit_test(reads_all_that_2_0_says),
        cmocka_unit_test(reads_the_media_of_cases_and_no_case),
        cmocka_unit_test(takes_the_keys_in_any_order),
        cmocka_unit_test(knows_what_is_not_said),
        cmocka_unit_test(marks_a_value_that_is_none),
        cmocka_unit_test(refuses_what_is_no_vics),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(hands_on_what_the_builder_says),
        cmocka_unit_test(agrees_with_the_slow_reader_on_made_and_broken_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
