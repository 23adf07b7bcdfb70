/* SPDX-License-Identifier: Apache-2.0 */
/* NCMEC's pages of entries and deletions. Every value is invented. */
#include "support/rows_assert.h"

#include <stdio.h>

#define OPEN                                                                                   \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<queryResult "                                \
    "xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\">"
#define CLOSE "</queryResult>\n"
#define MD5   "0123456789ABCDEF0123456789ABCDEF"
#define LOW   "0123456789abcdef0123456789abcdef"
#define IMAGE                                                                                  \
    "<image><member id=\"42\">Example &amp; Member</member><timestamp>2026-01-02T15:00:00Z"    \
    "</timestamp><id>image1</id><classification>A1</classification><fingerprints><md5>" MD5    \
    "</md5><sha1> " MD5 "01234567\n</sha1><pdq>" MD5 MD5                                       \
    "</pdq><videntifier rel=\"self\" href=\"/v2/1\"/></fingerprints><feedback "                \
    "lastUpdateTimestamp=\"x\"><affirmativeFeedback type=\"Md5\"><members><member "            \
    "id=\"77\">Other</member></members></affirmativeFeedback></feedback></image>"
#define IMAGE_ROW                                                                              \
    "\"md5\":\"" LOW "\",\"sha1\":\"" LOW "01234567\",\"pdq\":\"" LOW LOW                      \
    "\",\"label\":\"42/image1\",\"code\":\"A1\",\"source\":\"Example & Member\",\"state_us\":" \
    "1767366000000000}\n"

static void reads_entries_and_their_member(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.rows = 0};
    static const char text[] = OPEN "<images count=\"1\">" IMAGE "</images>" CLOSE;
    cu_err err = {0};

    if (rows_read(&builder, "ncmec", "n.xml",
                  (cu_bytes){(const uint8_t *)text, sizeof text - 1}, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);

    const uint64_t offset = strtoull((const char *)builder.lines.p + 10, NULL, 10);

    assert_memory_equal(text + offset, "<image>", 7);
    assert_string_equal(strchr((const char *)builder.lines.p, ',') + 1, IMAGE_ROW);
    cu_buffer_free(&builder.lines);
}

static void hands_on_what_is_deleted(void **state)
{
    (void)state;
    static const char text[] = OPEN
        "<images><deletedImage><member id=\"43\"/><id>image4</id><timestamp>x</timestamp>"
        "</deletedImage></images><videos><deletedVideo><id>v</id><member id=\"1\"/>"
        "</deletedVideo></videos><paging><next>/v2/entries?a=1&amp;b=2</next></paging>" CLOSE;

    assert_rows_of("ncmec", (cu_bytes){(const uint8_t *)text, sizeof text - 1},
                   "{\"withdraw\":\"43/image4\"}\n{\"withdraw\":\"1/v\"}\n");
}

static void reads_times_of_utc_and_no_others(void **state)
{
    static const struct {
        const char *text, *wanted;
    } times[] = {
        {"2026-01-02T15:00:00Z", ",\"state_us\":1767366000000000"},
        {" 2026-01-02T15:00:00.25Z\n", ",\"state_us\":1767366000250000"},
        {"2024-02-29T00:00:00.1234567Z", ",\"state_us\":1709164800123456"},
        {"2026-02-29T00:00:00Z", ""},
        {"2026-01-02T25:00:00Z", ""},
        {"2026-13-02T15:00:00Z", ""},
        {"2026-01-02T15:00:00", ""},
        {"2026-01-02T15:00:00+01:00", ""},
        {"2026-01-02 15:00:00Z", ""},
        {"1969-12-31T23:59:59Z", ""},
        {"2026-01-02T15:00:00Z and some more text than a time has", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(times); i++) {
        char text[1024];
        char wanted[256];
        const int n =
            snprintf(text, sizeof text,
                     OPEN "<images><deletedImage><id>4</id><member id=\"43\"/><timestamp>%s"
                          "</timestamp></deletedImage></images>" CLOSE,
                     times[i].text);

        (void)snprintf(wanted, sizeof wanted, "{\"withdraw\":\"43/4\"%s}\n", times[i].wanted);
        assert_rows_of("ncmec", (cu_bytes){(const uint8_t *)text, (size_t)n}, wanted);
    }
}

static void keeps_nothing_from_one_entry_to_the_next(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.rows = 0};
    static const char text[] =
        OPEN "<videos>" IMAGE "<video><member id=\"7\"/><id>v</id><fingerprints><md5>0123</md5>"
             "<tmk-pdqf rel=\"self\" href=\"/x\"/></fingerprints></video></videos>" CLOSE;

    assert_int_equal(rows_read(&builder, "ncmec", "n.xml",
                               (cu_bytes){(const uint8_t *)text, sizeof text - 1}, NULL),
                     CU_OK);
    cu_buffer_u8(&builder.lines, 0);
    assert_non_null(strstr((const char *)builder.lines.p, IMAGE_ROW));
    assert_non_null(
        strstr((const char *)builder.lines.p, ",\"label\":\"7/v\",\"wrong\":true}\n"));
    cu_buffer_free(&builder.lines);
}

static void refuses_what_it_cannot_trust(void **state)
{
    (void)state;
    assert_refused("ncmec", "", "byte 0: expected XML, but no element found");
    assert_refused("ncmec", "<entries/>", "byte 0: expected queryResult");
    assert_refused("ncmec", "<!DOCTYPE queryResult [<!ENTITY a \"b\">]>" OPEN CLOSE,
                   "expected no document type");
    assert_refused("ncmec", OPEN "<images>&a;</images>" CLOSE, "undefined entity");
    assert_refused("ncmec", OPEN "<images><image><id>1</id></image></images>" CLOSE,
                   "expected a member with an id, and an id, in each entry");
    assert_refused(
        "ncmec", OPEN "<images><deletedImage><member id=\"1\"/></deletedImage></images>" CLOSE,
        "expected a member with an id, and an id, in each entry");
    assert_refused("ncmec", OPEN "<images></queryResult>", "mismatched tag");
    assert_refused("ncmec", OPEN CLOSE "<more/>", "junk after document element");

    char text[4096] = "";
    size_t n = 0;

    for (unsigned i = 0; i < 40; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i == 0 ? "<queryResult>" : "<a>");
    assert_refused_of("ncmec", (cu_bytes){(const uint8_t *)text, n}, CU_ELIMIT,
                      "nested deeper than 32");
}

static void refuses_a_tag_without_end(void **state)
{
    (void)state;
    const size_t n = 3 * 1024 * 1024;
    char *const text = malloc(n);

    assert_non_null(text);
    memset(text, 'a', n);
    memcpy(text, "<queryResult x=\"", 16);
    assert_refused_of("ncmec", (cu_bytes){(const uint8_t *)text, n}, CU_ELIMIT,
                      "one tag of more than 1048576 bytes");
    free(text);
}

static void cuts_text_without_end(void **state)
{
    (void)state;
    const size_t n = 256 * 1024;
    char *const text = malloc(n);
    cu_hashset_builder builder = {.rows = 0};

    assert_non_null(text);

    size_t at = (size_t)snprintf(text, n, OPEN "<images><image><member id=\"1\">");

    memset(text + at, 'm', 100 * 1024);
    at += 100 * 1024;
    at += (size_t)snprintf(text + at, n - at, "</member><id>2</id></image></images>" CLOSE);
    assert_int_equal(
        rows_read(&builder, "ncmec", "n.xml", (cu_bytes){(const uint8_t *)text, at}, NULL),
        CU_OK);
    assert_int_equal(builder.rows, 1);
    assert_true(builder.lines.n < 20 * 1024);
    cu_buffer_free(&builder.lines);
    free(text);
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    static const char text[] =
        OPEN "<images>" IMAGE "<deletedImage><member id=\"43\"/><id>4</id>"
             "</deletedImage></images>" CLOSE;

    /* Without the last line feed it is whole. */
    assert_truncations("ncmec", (cu_bytes){(const uint8_t *)text, sizeof text - 1}, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_entries_and_their_member),
        cmocka_unit_test(hands_on_what_is_deleted),
        cmocka_unit_test(reads_times_of_utc_and_no_others),
        cmocka_unit_test(keeps_nothing_from_one_entry_to_the_next),
        cmocka_unit_test(refuses_what_it_cannot_trust),
        cmocka_unit_test(refuses_a_tag_without_end),
        cmocka_unit_test(cuts_text_without_end),
        cmocka_unit_test(refuses_every_truncation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
