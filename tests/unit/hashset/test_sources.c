/* SPDX-License-Identifier: Apache-2.0 */
/* Source files to sets and back: what is kept, counted, taken back, and refused whole. */
#include "hashset/import.h"

#include "support/cmocka.h"
#include "support/sets.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define DIGEST(c) c c c c c c c c c c c c c c c c /* sixteen times the same byte */
#define NCMEC     "<queryResult xmlns=\"https://hashsharing.ncmec.org/hashsharing/v2\"><images>"
#define ENTRY(member, id, md5)                                                                 \
    "<image><member id=\"" member "\">M</member><id>" id                                       \
    "</id><classification>A1</classification><fingerprints><md5>" md5                          \
    "</md5></fingerprints></image>"
#define DELETED(member, id)                                                                    \
    "<deletedImage><member id=\"" member "\"/><id>" id "</id></deletedImage>"
#define END "</images></queryResult>"

static char folder[64];

static const char *inside(const char *name)
{
    static char paths[16][128];
    static unsigned next;
    char *const path = paths[next++ % 16];

    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static const char *put(const char *name, const char *text)
{
    const char *const path = inside(name);

    sets_write(path, (const uint8_t *)text, strlen(text));
    return path;
}

static cu_status import(const char *format, const char *const *files, size_t count,
                        cu_hashset_report *report, cu_err *err)
{
    const cu_hashset_import_options options = {.format = format, .purpose = CU_HASHSET_ALERT};
    const char *const out = inside("out.chs");

    (void)remove(out);
    return cu_hashset_import(&options, files, count, out, report, err);
}

static bool holds(uint8_t byte)
{
    CU_AUTO(cu_hashset, set);
    cu_err err = {0};
    uint8_t digest[16];
    uint64_t found = 0;

    memset(digest, byte, sizeof digest);
    assert_int_equal(cu_hashset_open(inside("out.chs"), &set, &err), CU_OK);
    assert_int_equal(cu_hashset_find(set, CU_HASHSET_MD5, digest, &found, &err), CU_OK);
    return found != 0;
}

static void takes_back_what_is_deleted_in_any_order(void **state)
{
    (void)state;
    const char *const live =
        put("live.xml", NCMEC ENTRY("42", "a", DIGEST("aa")) ENTRY("42", "b", DIGEST("bb"))
                            ENTRY("43", "a", DIGEST("cc")) END);
    const char *const dead = put("dead.xml", NCMEC DELETED("42", "a") END);
    const char *const orders[2][2] = {{live, dead}, {dead, live}};

    for (size_t i = 0; i < 2; i++) {
        cu_hashset_report report;
        cu_err err = {0};

        if (import("ncmec", orders[i], 2, &report, &err) != CU_OK)
            fail_msg("%s", err.text);
        assert_int_equal(report.withdrawn, 1);
        assert_int_equal(report.records, 2);
        assert_false(holds(0xaa));
        assert_true(holds(0xbb));
        assert_true(holds(0xcc)); /* another member's entry of the same id */
    }
}

#define AT(time) "<timestamp>" time "</timestamp>"
#define STATE(time, md5)                                                                       \
    NCMEC "<image><member id=\"42\"/><id>a</id>" time "<fingerprints><md5>" md5                \
          "</md5></fingerprints></image>" ENTRY("43", "b", DIGEST("cc")) END
#define GONE(time)                                                                             \
    NCMEC "<deletedImage><member id=\"42\"/><id>a</id>" time "</deletedImage>" END

static void keeps_what_was_restored_after_its_deletion(void **state)
{
    static const struct {
        const char *entry, *deletion;
        bool stays;
    } cases[] = {
        {STATE(AT("2026-01-02T15:00:01Z"), DIGEST("aa")), GONE(AT("2026-01-02T15:00:00Z")),
         true},
        {STATE(AT("2026-01-02T15:00:00Z"), DIGEST("aa")), GONE(AT("2026-01-02T15:00:01Z")),
         false},
        {STATE(AT("2026-01-02T15:00:00Z"), DIGEST("aa")), GONE(AT("2026-01-02T15:00:00Z")),
         false},
        {STATE("", DIGEST("aa")), GONE(AT("2026-01-02T15:00:00Z")), false},
        {STATE(AT("2026-01-02T15:00:00Z"), DIGEST("aa")), GONE(""), false},
        {STATE(AT("yesterday"), DIGEST("aa")), GONE(AT("2026-01-02T15:00:00Z")), false},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        const char *const entry = put("entry.xml", cases[i].entry);
        const char *const deletion = put("deletion.xml", cases[i].deletion);
        const char *const orders[2][2] = {{entry, deletion}, {deletion, entry}};

        for (size_t k = 0; k < 2; k++) {
            cu_hashset_report report;
            cu_err err = {0};

            if (import("ncmec", orders[k], 2, &report, &err) != CU_OK)
                fail_msg("%s", err.text);
            assert_int_equal(report.withdrawn, cases[i].stays ? 0 : 1);
            assert_int_equal(holds(0xaa), cases[i].stays);
            assert_true(holds(0xcc));
        }
    }
}

/* Two states that are no deletions: the later is in the set, and the count tells of the other.
 */
static void keeps_the_latest_of_several_states(void **state)
{
    static const struct {
        const char *first, *second;
        unsigned superseded;
    } cases[] = {{AT("2026-01-02T15:00:00Z"), AT("2026-01-02T15:00:00.5Z"), 1},
                 {AT("2026-01-02T15:00:00Z"), AT("2026-01-02T15:00:00Z"), 0},
                 {"", AT("2026-01-02T15:00:00Z"), 0}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        char pages[2][1024];

        (void)snprintf(pages[0], sizeof pages[0], STATE("%s", DIGEST("aa")), cases[i].first);
        (void)snprintf(pages[1], sizeof pages[1], STATE("%s", DIGEST("bb")), cases[i].second);

        const char *const first = put("first.xml", pages[0]);
        const char *const second = put("second.xml", pages[1]);
        const char *const orders[2][2] = {{first, second}, {second, first}};

        for (size_t k = 0; k < 2; k++) {
            cu_hashset_report report;
            cu_err err = {0};

            if (import("ncmec", orders[k], 2, &report, &err) != CU_OK)
                fail_msg("%s", err.text);
            assert_int_equal(report.superseded, cases[i].superseded);
            assert_int_equal(report.withdrawn, 0);
            assert_int_equal(holds(0xaa), cases[i].superseded == 0);
            assert_true(holds(0xbb));
            assert_true(holds(0xcc));
        }
    }
}

/* Deleted, restored, deleted again: the last state of all pages counts, in every order. */
static void lets_the_latest_of_several_deletions_win(void **state)
{
    (void)state;
    const char *const pages[] = {
        put("first.xml", GONE(AT("2026-01-01T00:00:00Z"))),
        put("again.xml", STATE(AT("2026-01-02T00:00:00Z"), DIGEST("aa"))),
        put("last.xml", GONE(AT("2026-01-03T00:00:00Z")))};
    static const size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (size_t i = 0; i < CU_COUNT_OF(orders); i++) {
        const char *const files[] = {pages[orders[i][0]], pages[orders[i][1]],
                                     pages[orders[i][2]]};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(import("ncmec", files, 3, &report, &err), CU_OK);
        assert_false(holds(0xaa));
    }
}

static void counts_and_names_what_it_leaves_out(void **state)
{
    (void)state;
    const char *const file =
        put("list.txt", DIGEST("aa") "  a\n"
                                     "d41d8cd98f00b204e9800998ecf8427e  empty\n"
                                     "no digest\n" DIGEST(
                                         "aa") "  again\n"
                                               "0123456789abcdef01  short\n" DIGEST("bb") "\n");
    cu_hashset_report report;
    cu_err err = {0};

    assert_int_equal(import("md5", &file, 1, &report, &err), CU_OK);
    assert_int_equal(report.rows, 6);
    assert_int_equal(report.records, 2);
    assert_int_equal(report.empty_files, 1);
    assert_int_equal(report.without_digest, 2); /* the short one has none left */
    assert_int_equal(report.wrong, 1);
    assert_int_equal(report.duplicates, 1);
    assert_non_null(strstr(report.first_empty, "list.txt:2"));
    assert_non_null(strstr(report.first_without, "list.txt:3"));
    assert_non_null(strstr(report.first_duplicate, "list.txt:4"));
    assert_non_null(strstr(report.first_wrong, "list.txt:5"));
}

static void refuses_a_broken_file_and_leaves_nothing(void **state)
{
    (void)state;

    static const struct {
        const char *format, *text;
    } cases[] = {
        {"vics", "{\"odata.metadata\":\"x\",\"value\":[{\"MD5\":\"" DIGEST("aa") "\"},"},
        {"ncmec", NCMEC ENTRY("1", "a", DIGEST("aa"))},
        {"csv", "md5,name\n" DIGEST("aa") ",\"a"},
        {"md5", DIGEST("aa") "\n0123456789abcdef01"},
        {"nsrl2", "\"SHA-1\",\"MD5\"\n"},
        {"hashdeep", "%%%% HASHDEEP-1.0\n"},
        {"hashkeeper", "a,b\n"},
        {"icse", "MD5;SHA1\n"},
        {"encase", "HASH\r\n"},
        {"tsk", DIGEST("aa") "|00"},
        {"nsrl3", "SQLite format 3"},
    };

    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        const char *const good = put("good.txt", DIGEST("aa") "\n");
        const char *const file = put("bad", cases[i].text);
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(import("md5", &good, 1, &report, &err), CU_OK);
        assert_int_equal(import(cases[i].format, &file, 1, &report, &err), CU_EFORMAT);
        assert_non_null(strstr(err.text, "expected"));
        assert_non_null(strstr(err.text, "nothing was imported"));
        assert_int_equal(sets_entries(folder), 2); /* the two files alone */
    }
}

static void never_takes_graded_material_as_known_good(void **state)
{
    (void)state;
    static const char *const formats[] = {"vics", "icse", "ncmec"};
    const char *const file = put("any", "{}");

    for (size_t i = 0; i < CU_COUNT_OF(formats); i++) {
        const cu_hashset_import_options options = {.format = formats[i],
                                                   .purpose = CU_HASHSET_KNOWN_GOOD};
        cu_hashset_report report;
        cu_err err = {0};

        assert_int_equal(
            cu_hashset_import(&options, &file, 1, inside("out.chs"), &report, &err), CU_EUSAGE);
    }
}

static int begin(void **state)
{
    (void)state;
    sets_folder(folder);
    return 0;
}

static int end(void **state)
{
    (void)state;
    sets_remove(folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_back_what_is_deleted_in_any_order, begin, end),
        cmocka_unit_test_setup_teardown(keeps_what_was_restored_after_its_deletion, begin, end),
        cmocka_unit_test_setup_teardown(keeps_the_latest_of_several_states, begin, end),
        cmocka_unit_test_setup_teardown(lets_the_latest_of_several_deletions_win, begin, end),
        cmocka_unit_test_setup_teardown(counts_and_names_what_it_leaves_out, begin, end),
        cmocka_unit_test_setup_teardown(refuses_a_broken_file_and_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(never_takes_graded_material_as_known_good, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
