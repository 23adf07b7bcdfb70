/* SPDX-License-Identifier: Apache-2.0 */
/* Retention: a class, reviews, a decision, and an erasure after which no word of the case is
 * left while the log and every row are whole. Both stores. */
#include "ledger/ledger.h"
#include "register/intake/tip.h"
#include "register/record/table.h"
#include "support/force.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const char *classified(cu_register *book, const char *name, const char *class)
{
    return force_do(book, "ds", "retention classify", NULL, "case", name, "class", class, NULL);
}

static void close_case(cu_register *book, const char *name)
{
    (void)force_do(book, "di", "case close", name, "disposition", "no-further-action", "reason",
                   "done", NULL);
}

/* What the package's child would have read. */
static void read_package(cu_register *book, const char *referral)
{
    cu_tip_identifier identifier = {.kind = "screen-name",
                                    .value = "erasable_handle",
                                    .original = "erasable_handle",
                                    .whose = "reported"};
    cu_tip_remark unknown = {"report/newThing", "erasable words"};
    const cu_tip tip = {.format = "json",
                        .identifiers = &identifier,
                        .identifier_count = 1,
                        .unknown = &unknown,
                        .unknown_count = 1};
    char sql[160];
    char package[32];

    (void)snprintf(sql, sizeof sql,
                   "SELECT max(id) FROM register_package WHERE referral = '%s'", referral);
    (void)snprintf(package, sizeof package, "P-2021-%05lld", (long long)force_count(book, sql));
    (void)force_do_with(book, &tip, "in", "package extract", package, NULL);
}

static const char *with_referral(cu_register *book, const char *source_ref, const char *file)
{
    const char *const name = force_case(book);
    const char *const referral =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref",
                 source_ref, "received", "2021-03-01T10:00:00Z", "file", file, NULL);

    read_package(book, referral);
    (void)force_do(book, "in", "referral register", referral, NULL);
    (void)force_do(book, "in", "referral research", referral, NULL);
    (void)force_do(book, "in", "risk record", NULL, "referral", referral, "tool", "kirat-2",
                   "tool_version", "2", "level", "low", "inputs_ref", "erasable words", NULL);
    (void)force_do(book, "in", "referral assess", referral, "children", "no", NULL);
    (void)force_do(book, "ds", "referral allocate", referral, "owner", "iv", NULL);
    (void)force_do(book, "iv", "referral activate", referral, "case", name, NULL);
    return name;
}

static const char *referral_of(cu_register *book, const char *name)
{
    static char ref[32];
    char sql[160];

    (void)snprintf(sql, sizeof sql,
                   "SELECT max(id) FROM register_referral WHERE \"case\" = '%s'", name);
    (void)snprintf(ref, sizeof ref, "R-2021-%05lld", (long long)force_count(book, sql));
    return ref;
}

static void n1_a_case_has_one_class_and_a_review_that_comes_back(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const kept = classified(book, name, "group-3");
    char tasks[160];

    (void)snprintf(tasks, sizeof tasks,
                   "SELECT count(*) FROM register_task WHERE about = 'case:%s' AND due IS NOT"
                   " NULL",
                   name);
    assert_string_equal(force_field("review_by"), "2027-03-10");
    assert_int_equal(force_count(book, tasks), 1);
    (void)force_refused(book, "N1", "ds", "retention classify", NULL, "case", name, "class",
                        "group-1", NULL);
    (void)force_refused(book, "U1", "iv", "retention classify", NULL, "case", name, "class",
                        "group-1", NULL);
    (void)force_refused(book, "U6", "ds", "retention reclassify", kept, "class", "group-1",
                        NULL);
    (void)force_do(book, "ds", "retention reclassify", kept, "class", "group-1", "reason",
                   "convicted", NULL);
    assert_string_equal(force_field("review_by"), "2031-03-10");
    (void)force_refused(book, "U6", "ds", "retention review", kept, "decision", "retain", NULL);
    force_clock("2031-03-10T09:00:00Z");
    (void)force_do(book, "ds", "retention review", kept, "decision", "retain", "grounds",
                   "still a risk", NULL);
    assert_string_equal(force_field("review_by"), "2041-03-10");
    assert_string_equal(force_field("decided_by"), "ds");
    assert_int_equal(force_count(book, tasks), 3);
    (void)force_refused(book, "U5", "di", "retention erase", kept, "authority", "x", NULL);
}

static void n2_nothing_is_erased_while_anything_of_it_is_in_hand(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const kept = classified(book, name, "cannot-progress");
    const char *hold = NULL;

#define REFUSED(why)                                                                           \
    assert_non_null(strstr(force_refused(book, "N2", "ds", "retention review", kept,           \
                                         "decision", "erase", "grounds", "no need", NULL),     \
                           why))
    REFUSED("the case is open");
    (void)force_do(book, "iv", "child add-unidentified", NULL, "case", name, "kind", "contact",
                   NULL); /* parked: nobody can do more */
    close_case(book, name);
    hold = force_do(book, "iv", "hold place-on-case", NULL, "case", name, "kind", "appeal",
                    "particulars", "until June", NULL);
    REFUSED("holds are in force");
    (void)force_do(book, "ds", "hold lift", hold, "reason", "over", NULL);
    (void)force_do(book, "ds", "retention review", kept, "decision", "erase", "grounds",
                   "no need", NULL);
    /* What comes between the decision and the deed stands against it, too. */
    hold = force_do(book, "iv", "hold place-on-case", NULL, "case", name, "kind", "civil",
                    "particulars", "a claim", NULL);
    (void)force_refused(book, "N2", "di", "retention erase", kept, "authority", "order 1",
                        NULL);
    (void)force_do(book, "ds", "retention review", kept, "decision", "retain", "grounds",
                   "a claim", NULL);
    assert_string_equal(force_state(), "kept");
#undef REFUSED
}

/* Known from a referral, before there was a case: it is the case's child all the same. */
static void h3_n2_a_referrals_child_keeps_its_case_open_and_its_records(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = with_referral(book, "H3-N2", "{\"reportId\":9}");
    const char *const child = force_do(book, "iv", "child add", NULL, "referral",
                                       referral_of(book, name), "kind", "household", NULL);
    const char *late = NULL;
    const char *kept = NULL;

    (void)force_refused(book, "H3", "di", "case close", name, "disposition", "prosecuted",
                        "reason", "done", NULL);
    (void)force_do(book, "iv", "child not-needed", child, "not_needed", "x", NULL);
    (void)force_do(book, "iv", "child close", child, NULL);
    close_case(book, name);
    late = force_do(book, "iv", "child add", NULL, "referral", referral_of(book, name), "kind",
                    "contact", NULL);
    kept = classified(book, name, "group-3");
    (void)force_refused(book, "N2", "ds", "retention review", kept, "decision", "erase",
                        "grounds", "no need", NULL);
    (void)force_do(book, "iv", "child not-needed", late, "not_needed", "x", NULL);
    (void)force_do(book, "iv", "child close", late, NULL);
    (void)force_do(book, "ds", "retention review", kept, "decision", "erase", "grounds",
                   "no need", NULL);
}

static void n3_one_decides_and_another_an_inspector_erases(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const kept = classified(book, name, "group-3");

    close_case(book, name);
    (void)force_do(book, "di", "retention review", kept, "decision", "erase", "grounds",
                   "no need", NULL);
    (void)force_refused(book, "N3", "di", "retention erase", kept, "authority", "order 2",
                        NULL);
    (void)force_refused(book, "U1", "ds", "retention erase", kept, "authority", "order 2",
                        NULL);
    (void)force_refused(book, "U6", "di2", "retention erase", kept, NULL);
    (void)force_do(book, "di2", "retention erase", kept, "authority", "order 2", NULL);
    assert_string_equal(force_field("erased_by"), "di2");
    assert_string_equal(force_field("authority"), "order 2");
}

/* ---- the erasure ---- */

static const char *const secrets[] = {"Erasable Person", "erasable_handle", "9 Erasable Street",
                                      "erasable words",  "erasable path",   "Erasable School",
                                      "1999-09-09"};

static cu_attached_match match_of(const char *sha256)
{
    return (cu_attached_match){.path = "/erasable path/picture.jpg",
                               .state = "allocated",
                               .type = "image/jpeg",
                               .set = "Demonstration",
                               .set_version = "1",
                               .algorithm = "sha1",
                               .strength = "exact-allocated",
                               .scheme = "DEMO",
                               .code = "1",
                               .record = "7",
                               .md5 = "d41d8cd98f00b204e9800998ecf8427e",
                               .sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                               .sha256 = sha256,
                               .bytes = 1000,
                               .path_certain = true};
}

/* An exhibit in the store, examined by a verified copy: one file of its own and a shared one.
 */
static const char *with_exhibit(cu_register *book, const char *name, const char *seal,
                                const char *own, const char *shared)
{
    const char *const exhibit = force_booked_in(book, name, seal);
    const char *const copy = force_do(book, "ex", "copy add", NULL, "exhibit", exhibit,
                                      "sha256", DIGEST_A, "where", "erasable words", NULL);
    const cu_attached_match matches[] = {match_of(own), match_of(shared)};

    (void)force_do(book, "ex", "copy verify", copy, "got", DIGEST_A, NULL);
    force_attach(book, exhibit, matches, 2);
    return exhibit;
}

static void hand_back(cu_register *book, const char *exhibit)
{
    const char *const disposal =
        force_do(book, "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                 "return-unexamined", "reasons", "erasable words", NULL);

    (void)force_do(book, "di", "disposal approve", disposal, NULL);
    (void)force_do(book, "xo", "disposal carry-out", disposal, "recipient", "Erasable Person",
                   NULL);
}

static void with_people(cu_register *book, const char *name)
{
    const char *const subject = force_do(book, "iv", "subject add", NULL, "case", name, "name",
                                         "Erasable Person", "born", "1999-09-09", NULL);
    const char *const child = force_do(book, "iv", "child add", NULL, "case", name, "kind",
                                       "household", "concern", "erasable words", NULL);

    (void)force_do(book, "iv", "assertion add", NULL, "subject", subject, "what", "work",
                   "value", "Erasable School", "standing", "fact", "source", "erasable words",
                   NULL);
    (void)force_do(book, "iv", "address add", NULL, "case", name, "words", "9 Erasable Street",
                   "origin", "intel", "children_present", "no", "basis", "erasable words",
                   NULL);
    (void)force_do(book, "iv", "decision record", NULL, "case", name, "question",
                   "erasable words", "decision", "erasable words", "rationale",
                   "erasable words", NULL);
    (void)force_do(book, "iv", "child protect", child, "safeguarded_by", "csc-plan", NULL);
    (void)force_do(book, "iv", "child not-needed", child, "not_needed", "erasable words", NULL);
    (void)force_do(book, "iv", "child close", child, NULL);
}

/* How many fields of all records hold the word. */
static int64_t count_word(cu_register *book, const char *word)
{
    const cu_tables *const tables = cu_register_tables(book);
    int64_t found = 0;

    for (size_t t = 0; t < tables->things.n; t++) {
        const cu_thing *const thing = tables->list[t].thing;

        for (size_t i = 0; i < thing->field_count; i++) {
            char sql[256];

            if (!cu_field_is_column(&thing->fields[i]) || cu_field_is_number(&thing->fields[i]))
                continue;
            (void)snprintf(sql, sizeof sql,
                           "SELECT count(*) FROM %s WHERE \"%s\" LIKE '%%%s%%'",
                           tables->list[t].name, thing->fields[i].name, word);
            found += force_count(book, sql);
        }
    }
    return found;
}

static void assert_whole(cu_register *book)
{
    static cu_register_report rows;
    static cu_ledger_report log;
    const cu_ledger_check check = {.threads = 1};
    cu_err err = {0};

    assert_int_equal(cu_ledger_verify(cu_register_ledger(book), &check, NULL, &log, &err),
                     CU_OK);
    if (log.complaints_n > 0)
        fail_msg("%s", log.complaints[0].text);
    assert_int_equal(cu_register_audit(book, &rows, &err), CU_OK);
    if (rows.complaints_n > 0)
        fail_msg("%s", rows.complaints[0]);
    assert_true(rows.erased > 0);
    assert_int_equal(rows.unknown, 0); /* every row that is left was bound anew */
    assert_int_equal(rows.rows, rows.bound);
}

static int items_in_march(cu_register *book)
{
    const char *at = NULL;

    (void)force_do(book, "di", "figures show", NULL, "month", "2021-03", NULL);
    at = strstr(force_more(), "\"items_seized\":");
    assert_non_null(at);
    return (int)strtol(at + strlen("\"items_seized\":"), NULL, 10);
}

static const char *digest_of(char digit)
{
    static char digests[4][65];
    static unsigned at;
    char *const digest = digests[at = (at + 1) % 4];

    memset(digest, digit, 64);
    return digest;
}

/* The rows of a case that can be seen to be gone, and those of its neighbour that stay. */
static void check_erased(cu_register *book, const char *name, const char *neighbour,
                         const char *own, const char *shared)
{
    char sql[512];

    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM ledger_secret WHERE case_id = '%s' OR case_id IN"
                   " (SELECT 'referral:' || ref FROM register_referral WHERE \"case\" = '%s')",
                   name, name);
    assert_int_equal(force_count(book, sql), 0);
    assert_null(force_look(book, "media", own, "md5"));
    assert_non_null(force_look(book, "media", shared, "md5"));
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM register_subject WHERE \"case\" = '%s' AND name ="
                   " 'Erasable Person'",
                   neighbour);
    assert_int_equal(force_count(book, sql), 1);
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_content WHERE sha256 IN"
                                       " (SELECT p.sha256 FROM register_package p JOIN"
                                       " register_referral r ON r.ref = p.referral WHERE"
                                       " r.source_ref IS NULL)"),
                     0);
}

static void n4_what_was_erased_leaves_its_name_and_everything_else_whole(void **state)
{
    cu_register *const book = force_book(state);
    const char *const own = digest_of('5');
    const char *const shared = digest_of('6');
    char other[64];
    char name[64];
    int64_t before[CU_COUNT_OF(secrets)];
    const char *exhibit = NULL;
    const char *kept = NULL;
    int items = 0;

    (void)snprintf(other, sizeof other, "%s",
                   with_referral(book, "N4-OTHER", "{\"reportId\":2}"));
    (void)with_exhibit(book, other, "N4-B", digest_of('7'), shared);
    with_people(book, other);
    for (size_t i = 0; i < CU_COUNT_OF(secrets); i++)
        before[i] = count_word(book, secrets[i]);
    (void)snprintf(name, sizeof name, "%s", with_referral(book, "N4", "{\"reportId\":1}"));
    exhibit = with_exhibit(book, name, "N4-A", own, shared);
    with_people(book, name);
    hand_back(book, exhibit);
    items = items_in_march(book);
    close_case(book, name);
    kept = classified(book, name, "group-3");
    (void)force_do(book, "ds", "retention review", kept, "decision", "erase", "grounds",
                   "no need", NULL);
    for (size_t i = 0; i < CU_COUNT_OF(secrets); i++)
        assert_true(count_word(book, secrets[i]) > before[i]);
    (void)force_do(book, "di", "retention erase", kept, "authority", "order 4", NULL);
    assert_string_equal(force_field("files"), "1");
    assert_true(strtol(force_field("records"), NULL, 10) > 20);

    /* The words of the other case are there, and no more; links to what is gone are bare. */
    for (size_t i = 0; i < CU_COUNT_OF(secrets); i++)
        assert_true(count_word(book, secrets[i]) <= before[i]);
    check_erased(book, name, other, own, shared);
    assert_whole(book);
    assert_int_equal(items_in_march(book), items);
    (void)force_do(book, "au", "case view", name, "reason", "to see", NULL);
    (void)force_refused(book, "N4", "iv", "subject add", NULL, "case", name, NULL);
    (void)force_refused(book, "N4", "ds", "case restrict", name, "reason", "x", NULL);
    (void)force_refused(book, "U5", "di2", "retention erase", kept, "authority", "x", NULL);
    assert_whole(book);
}

static const char *closed_by_referral(cu_register *book, const char *source_ref)
{
    const char *const name = with_referral(book, source_ref, source_ref);

    (void)force_do(book, "iv", "address add", NULL, "referral", referral_of(book, name),
                   "words", "7 Vanishing Row", "origin", "intel", NULL);
    return name;
}

/* Whatever names a record of the case goes with it; what another case keeps stays. */
static void n4_what_only_names_the_case_goes_and_what_another_case_keeps_stays(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = closed_by_referral(book, "N4-NAMES");
    const char *const other = force_case(book);
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", name, "name", "Vanishing", NULL);
    const char *const stays = force_do(book, "iv", "subject add", NULL, "case", other, NULL);
    const char *const child =
        force_do(book, "iv", "child add", NULL, "case", other, "referral",
                 referral_of(book, name), "kind", "household", "concern", "abiding", NULL);
    const char *kept = NULL;
    char one[64];
    char two[64];

    (void)snprintf(one, sizeof one, "subject:%s", subject);
    (void)snprintf(two, sizeof two, "subject:%s", stays);
    (void)force_do(book, "iv", "link assert", NULL, "one", two, "other", one, "basis",
                   "Vanishing is a sister", NULL);
    (void)force_do(book, "iv", "task raise", NULL, "about", one, "words", "ask Vanishing",
                   NULL);
    (void)force_do(book, "iv", "task raise", NULL, "about", two, "words", "abiding task", NULL);
    close_case(book, name);
    kept = classified(book, name, "group-3");
    (void)force_do(book, "ds", "retention review", kept, "decision", "erase", "grounds",
                   "no need", NULL);
    assert_int_equal(count_word(book, "Vanishing"), 4);
    (void)force_do(book, "di", "retention erase", kept, "authority", "order 5", NULL);
    assert_int_equal(count_word(book, "Vanishing"), 0);
    assert_string_equal(force_look(book, "child", child, "concern"), "abiding");
    assert_int_equal(count_word(book, "abiding task"), 1);
    assert_whole(book);
}

/* What the law erased is not quietly there again. */
static void a_file_that_is_put_back_is_named(void **state)
{
    cu_register *const book = force_book(state);
    static cu_register_report report;
    cu_err err = {0};
    cu_store *const store = cu_register_store(book);

    assert_int_equal(
        cu_store_run(
            store,
            "INSERT INTO register_content (sha256, bytes) SELECT p.sha256, $1 FROM"
            " register_package p JOIN register_referral r ON r.ref = p.referral WHERE"
            " r.source_ref IS NULL",
            CU_VALUES(cu_value_blob((cu_bytes){(const uint8_t *)"{\"reportId\":1}", 14})),
            &err),
        CU_OK);
    assert_int_equal(cu_register_audit(book, &report, &err), CU_OK);
    assert_int_equal(report.complaints_n, 1);
    assert_non_null(strstr(report.complaints[0], "was put back"));
    assert_int_equal(cu_store_run(store,
                                  "DELETE FROM register_content WHERE sha256 IN (SELECT"
                                  " p.sha256 FROM register_package p JOIN register_referral r"
                                  " ON r.ref = p.referral WHERE r.source_ref IS NULL)",
                                  CU_NO_VALUES, &err),
                     CU_OK);
    assert_whole(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(n1_a_case_has_one_class_and_a_review_that_comes_back),
        ON_BOTH(n2_nothing_is_erased_while_anything_of_it_is_in_hand),
        ON_BOTH(h3_n2_a_referrals_child_keeps_its_case_open_and_its_records),
        ON_BOTH(n3_one_decides_and_another_an_inspector_erases),
        ON_BOTH(n4_what_was_erased_leaves_its_name_and_everything_else_whole),
        ON_BOTH(a_file_that_is_put_back_is_named),
        ON_BOTH(n4_what_only_names_the_case_goes_and_what_another_case_keeps_stays),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
