/* SPDX-License-Identifier: Apache-2.0 */
/* Invariants of the domain that no other test is named for, on both stores. docs/rules.md lists
 * every rule with its test. */
#include "support/force.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- grades ---- */

/* Trusted from the test's month on, by the force's two keys. */
static void trust(cu_register *book, const char *sets)
{
    const char *const change =
        force_do(book, "di", "policy-change propose", NULL, "key", "grade.trusted-sets",
                 "starts", "2021-03-01", "value", sets, "source", "force order 2", NULL);

    (void)force_do(book, "ad", "policy-change approve", change, NULL);
}

static cu_attached_match match_of(const char *sha256, const char *set, const char *strength,
                                  const char *scheme)
{
    const bool near = strcmp(strength, "near") == 0;

    return (cu_attached_match){.path = "/p1/picture.jpg",
                               .state = "allocated",
                               .type = "image/jpeg",
                               .set = set,
                               .set_version = "1",
                               .algorithm = near ? "pdq" : "sha1",
                               .strength = strength,
                               .distance = near ? 2 : 0,
                               .scheme = scheme,
                               .code = "C",
                               .record = "7",
                               .md5 = "d41d8cd98f00b204e9800998ecf8427e",
                               .sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                               .sha256 = sha256,
                               .bytes = 1000,
                               .path_certain = true};
}

static const char *digest_of(char digit)
{
    static char digests[8][65];
    static unsigned at;
    char *const digest = digests[at = (at + 1) % 8];

    memset(digest, digit, 64);
    return digest;
}

static void g2_a_near_match_sets_no_grade_not_even_one_of_a_trusted_set(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "G2");
    const char *const file = digest_of('a');
    const cu_attached_match near = match_of(file, "Trusted", "near", "UK-SC-2014");
    const cu_attached_match both[] = {
        near, match_of(file, "Trusted", "exact-allocated", "UK-SC-2014")};

    trust(book, "Trusted");
    force_attach(book, exhibit, &near, 1);
    assert_string_equal(force_look(book, "media", file, "state"), "unseen");
    assert_null(force_look(book, "media", file, "code"));
    (void)force_refused(book, "G2", "gr", "media pre-categorise", file, NULL);
    assert_string_equal(force_look(book, "media", file, "state"), "unseen");
    assert_null(force_look(book, "media", file, "code"));
    /* The near one stands in nobody's way: an exact one of the same set counts. */
    force_attach(book, exhibit, both, 2);
    (void)force_do(book, "gr", "media pre-categorise", file, NULL);
    assert_string_equal(force_field("code"), "C");
    assert_string_equal(force_state(), "final");
}

static void
g3_only_a_person_or_an_exact_match_of_a_trusted_set_makes_a_grade_final(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "G3");
    const char *const other = digest_of('b');
    const char *const foreign = digest_of('c');
    const cu_attached_match matches[] = {
        match_of(other, "Other", "exact-allocated", "UK-SC-2014"),
        match_of(foreign, "Trusted", "exact-allocated", "DEMO")};

    trust(book, "Trusted");
    force_attach(book, exhibit, matches, 2);
    (void)force_refused(book, "G3", "gr", "media pre-categorise", other, NULL);
    (void)force_refused(book, "G1", "gr", "media pre-categorise", foreign, NULL);
    (void)force_refused(book, "U5", "gr", "media finalise", other, NULL);
    (void)force_do(book, "gr", "media grade", other, "grade", "B", "grade_scheme", "UK-SC-2014",
                   NULL);
    (void)force_refused(book, "U5", "gr", "media finalise", other, NULL);
    (void)force_do(book, "gr2", "media grade-second", other, "grade", "B", "grade_scheme",
                   "UK-SC-2014", NULL);
    (void)force_do(book, "gr", "media finalise", other, NULL);
    assert_string_equal(force_field("code"), "B");
}

static void g5_later_grades_make_new_counts_and_the_old_stay(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "G5");
    const char *const file = force_file(book, exhibit, 'd');
    const char *const before =
        force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    char counts[512];
    char list[65];

    (void)snprintf(counts, sizeof counts, "%s", force_field("counts"));
    (void)snprintf(list, sizeof list, "%s", force_field("list_sha256"));
    (void)force_do(book, "gr", "media grade", file, "grade", "A", "grade_scheme", "UK-SC-2014",
                   NULL);
    (void)force_do(book, "gr2", "media grade-second", file, "grade", "A", "grade_scheme",
                   "UK-SC-2014", NULL);
    (void)force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    assert_string_not_equal(force_field("list_sha256"), list);
    assert_string_not_equal(force_field("counts"), counts);
    assert_string_equal(force_look(book, "count", before, "counts"), counts);
    assert_string_equal(force_look(book, "count", before, "list_sha256"), list);
    (void)force_refused(book, "U1", "gr", "count freeze", NULL, "exhibit", exhibit, NULL);
}

static void e6_an_evidence_file_is_taken_in_once_and_for_its_own_exhibit(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "E6");
    const char *const made = force_do(book, "iv", "examination request", NULL, "exhibit",
                                      exhibit, "questions", "what is on it", NULL);
    cu_attachment file = {.name = "x.custos", .seal = digest_of('9')};

    (void)force_do(book, "ex", "examination accept", made, "fsa_code", "dig-100", "accredited",
                   "yes", "competence_ref", "C-1", NULL);
    (void)force_do(book, "ex", "examination acquire", made, "method", "M 1", "tool", "custos",
                   "validation_ref", "V-1", NULL);
    /* Nothing that was read with its seal comes with it. */
    (void)force_refused(book, "E6", "ex", "examination attach", made, "evidence", "x.custos",
                        NULL);
    (void)force_refused_with(book, &file, "E6", "ex2", "examination attach", made, "evidence",
                             "x.custos", NULL);
    file.exhibit = "ABC/999";
    (void)force_refused_with(book, &file, "E6", "ex", "examination attach", made, "evidence",
                             "x.custos", NULL);
    file.exhibit = exhibit;
    (void)force_do_with(book, &file, "ex", "examination attach", made, "evidence", "x.custos",
                        NULL);
    (void)force_refused_with(book, &file, "E6", "ex", "examination attach", made, "evidence",
                             "x.custos", NULL);
}

/* ---- people ---- */

static void s4_an_assertion_says_whether_it_is_fact_and_who_says_so(void **state)
{
    cu_register *const book = force_book(state);
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);
    const char *assertion = NULL;

    (void)force_refused(book, "U6", "iv", "assertion add", NULL, "subject", subject, "what",
                        "work", "value", "a school", "source", "a neighbour", NULL);
    (void)force_refused(book, "U6", "iv", "assertion add", NULL, "subject", subject, "what",
                        "work", "value", "a school", "standing", "rumour", "source",
                        "a neighbour", NULL);
    (void)force_refused(book, "U6", "iv", "assertion add", NULL, "subject", subject, "what",
                        "work", "value", "a school", "standing", "fact", NULL);
    assertion =
        force_do(book, "iv", "assertion add", NULL, "subject", subject, "what", "work", "value",
                 "a school", "standing", "assessment", "source", "a neighbour", NULL);
    assert_string_equal(force_field("standing"), "assessment");
    assert_string_equal(force_field("source"), "a neighbour");
    /* It is taken back with a reason; what was said, and by whom, stays. */
    (void)force_refused(book, "U6", "iv", "assertion withdraw", assertion, NULL);
    (void)force_do(book, "iv", "assertion withdraw", assertion, "reason", "another person",
                   NULL);
    assert_string_equal(force_look(book, "assertion", assertion, "standing"), "assessment");
    assert_string_equal(force_look(book, "assertion", assertion, "source"), "a neighbour");
    (void)force_refused(book, "U5", "iv", "assertion withdraw", assertion, "reason", "again",
                        NULL);
}

static void
a3_release_under_investigation_is_reviewed_and_every_review_sets_the_next(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const subject = force_do(book, "iv", "subject add", NULL, "case", name, NULL);
    const char *const arrest =
        force_do(book, "iv", "arrest record", NULL, "subject", subject, "place", "Anytown",
                 "offences", "PCA 1978 s.1", "necessity", "to secure", NULL);
    char tasks[160];

    (void)snprintf(tasks, sizeof tasks,
                   "SELECT count(*) FROM register_task WHERE about = 'arrest:%s' AND due IS NOT"
                   " NULL AND words LIKE 'review the release%%'",
                   arrest);
    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", "arrest",
                   "risk", "some", "actions", "asked", NULL);
    (void)force_do(book, "iv", "arrest detain", arrest, "custody_ref", "C", NULL);
    (void)force_refused(book, "U5", "ds", "arrest review", arrest, "reason", "x", NULL);
    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", "release",
                   "risk", "some", "actions", "asked", NULL);
    (void)force_do(book, "iv", "arrest release", arrest, NULL);
    assert_string_equal(force_field("review_by"), "2021-04-07T09:00:00.000000Z");
    assert_int_equal(force_count(book, tasks), 1);
    (void)force_refused(book, "U1", "iv", "arrest review", arrest, "reason", "my own", NULL);
    (void)force_refused(book, "U6", "ds", "arrest review", arrest, NULL);
    force_clock("2021-04-07T09:00:00Z");
    (void)force_do(book, "ds", "arrest review", arrest, "reason", "devices wait", NULL);
    assert_false(force_warned("rule A3"));
    assert_string_equal(force_field("review_by"), "2021-05-05T09:00:00.000000Z");
    force_clock("2021-05-06T09:00:00Z");
    (void)force_do(book, "di", "arrest review", arrest, "reason", "devices wait", NULL);
    assert_true(force_warned("rule A3"));
    assert_int_equal(force_count(book, tasks), 3);
}

/* ---- children ---- */

static void h2_the_first_protective_action_sets_the_day_and_no_later_one(void **state)
{
    cu_register *const book = force_book(state);
    const char *const child = force_do(book, "iv", "child add", NULL, "case", force_case(book),
                                       "kind", "household", NULL);

    assert_non_null(strstr(force_refused(book, "H2", "iv", "child protect", child,
                                         "safeguarded_by", "a talk", NULL),
                           "emergency-protection")); /* which there are */
    assert_null(force_look(book, "child", child, "safeguarded"));
    (void)force_do(book, "iv", "child protect", child, "safeguarded_by", "bail-conditions",
                   NULL);
    force_clock("2021-04-10T09:00:00Z");
    (void)force_do(book, "iv", "child protect", child, "safeguarded_by", "csc-plan", NULL);
    assert_string_equal(force_field("safeguarded"), "2021-03-10T09:00:00.000000Z");
    assert_string_equal(force_field("safeguarded_by"), "bail-conditions");
}

static void h3_a_case_stays_open_while_a_child_in_it_is_neither_closed_nor_parked(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const child =
        force_do(book, "iv", "child add", NULL, "case", name, "kind", "household", NULL);

    (void)force_do(book, "iv", "child add-unidentified", NULL, "case", name, "kind",
                   "victim-in-material", NULL); /* parked */
    (void)force_refused(book, "H3", "di", "case close", name, "disposition", "prosecuted",
                        "reason", "done", NULL);
    (void)force_do(book, "iv", "child refer", child, "la_home", "Anytown", NULL);
    (void)force_do(book, "iv", "child strategy", child, "decision", "no-further", "agencies",
                   "police, social care", NULL);
    (void)force_do(book, "iv", "child conclude", child, "outcome", "support", NULL);
    (void)force_refused(book, "H3", "di", "case close", name, "disposition", "prosecuted",
                        "reason", "done", NULL);
    (void)force_do(book, "iv", "child close", child, NULL);
    (void)force_do(book, "di", "case close", name, "disposition", "prosecuted", "reason",
                   "done", NULL);
}

/* ---- access ---- */

static void
u7_the_auditor_reads_every_kind_and_writes_none_and_the_administrator_sees_no_case(void **state)
{
    cu_register *const book = force_book(state);
    const cu_things things = cu_register_things();
    const char *const name = force_case(book);
    char what[80];

    for (size_t i = 0; i < things.n; i++) {
        const cu_thing *const thing = things.list[i];

        (void)snprintf(what, sizeof what, "%s list", thing->name);
        (void)force_do(book, "au", what, NULL, NULL);
        if (thing->read != CU_RIGHT_READ_RULES && thing->read != CU_RIGHT_USERS)
            (void)force_refused(book, "U1", "ad", what, NULL, NULL);
        for (size_t a = 0; a < thing->action_count; a++) {
            if (thing->actions[a].right == CU_RIGHT_READ)
                continue; /* a document that shows what is there */
            (void)snprintf(what, sizeof what, "%s %s", thing->name, thing->actions[a].name);
            (void)force_refused(book, "U1", "au", what, "none", NULL);
        }
    }
    (void)force_refused(book, "U1", "ad", "case view", name, NULL);
}

/* ---- figures ---- */

static void f1_f2_f3_a_release_keeps_its_definitions_names_its_period_and_stays(void **state)
{
    cu_register *const book = force_book(state);
    const char *draft = NULL;
    const char *second = NULL;
    char digest[65];
    char numbers[512];

    (void)force_refused(book, "U6", "di", "figures draft", NULL, "month", "2021-13", NULL);
    (void)force_refused(book, "F2", "ds", "figures draft", NULL, "month", "2021-03",
                        "base_from", "2020-01-01", "base_until", "2020-12-31", NULL);
    (void)force_refused(book, "U6", "ds", "figures draft", NULL, "month", "2021-03", "numbers",
                        "{\"referrals\":0}", NULL); /* computed, never typed */
    draft = force_do(book, "ds", "figures draft", NULL, "month", "2021-03", "embargo",
                     "2021-03-10T10:00:00Z", NULL);
    (void)snprintf(digest, sizeof digest, "%s", force_field("query_sha256"));
    (void)snprintf(numbers, sizeof numbers, "%s", force_field("numbers"));
    (void)force_refused(book, "F3", "di", "figures release", draft, NULL);
    force_clock("2021-03-10T10:00:00Z");
    (void)force_do(book, "di", "figures release", draft, NULL);
    (void)force_case(book);
    (void)force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "F3",
                   "received", "2021-03-10T09:30:00Z", "summary", "late", NULL);
    assert_string_equal(force_look(book, "figures", draft, "numbers"), numbers);
    second = force_do(book, "ds", "figures draft", NULL, "month", "2021-03", "corrects", draft,
                      NULL);
    assert_string_equal(force_field("corrects"), draft);
    assert_string_equal(force_field("query_sha256"), digest);
    assert_string_not_equal(force_field("numbers"), numbers);
    assert_string_not_equal(second, draft);
}

static void arrest_one(cu_register *book)
{
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);

    (void)force_do(book, "iv", "arrest record", NULL, "subject", subject, "place", "Anytown",
                   "offences", "PCA 1978 s.1", "necessity", "to secure", NULL);
}

static void receive_one(cu_register *book, const char *source, int number)
{
    char reference[32];

    (void)snprintf(reference, sizeof reference, "F5-%s-%d", source, number);
    (void)force_do(book, "in", "referral receive", NULL, "source", source, "source_ref",
                   reference, "received", "2023-06-05T09:00:00Z", "summary", "invented", NULL);
}

static void f3_a_month_has_one_release_that_stands(void **state)
{
    cu_register *const book = force_book(state);
    const char *first = NULL;
    const char *second = NULL;
    const char *third = NULL;

    force_clock("2024-09-10T09:00:00Z");
    first = force_do(book, "ds", "figures draft", NULL, "month", "2024-08", NULL);
    second = force_do(book, "ds", "figures draft", NULL, "month", "2024-08", NULL);
    third = force_do(book, "ds", "figures draft", NULL, "month", "2024-07", "corrects", first,
                     NULL);
    (void)force_do(book, "di", "figures release", first, NULL);
    (void)force_refused(book, "F3", "di", "figures release", second, NULL);
    (void)force_refused(book, "F3", "di", "figures release", third, NULL); /* another month */
    second = force_do(book, "ds", "figures draft", NULL, "month", "2024-08", "corrects", first,
                      NULL);
    third = force_do(book, "ds", "figures draft", NULL, "month", "2024-08", "corrects", first,
                     NULL);
    (void)force_do(book, "di", "figures release", second, NULL);
    (void)force_refused(book, "F3", "di", "figures release", third, NULL);
    third = force_do(book, "ds", "figures draft", NULL, "month", "2024-08", "corrects", second,
                     NULL);
    (void)force_do(book, "di", "figures release", third, NULL);
}

static const char *arrested(cu_register *book, const char *subject, const char *at)
{
    return force_do(book, "iv", "arrest record", NULL, "subject", subject, "place", "Anytown",
                    "offences", "PCA 1978 s.1", "necessity", "to secure", "at", at, NULL);
}

static bool shown(cu_register *book, const char *month, const char *number)
{
    (void)force_do(book, "ds", "figures show", NULL, "month", month, NULL);
    return strstr(force_more(), number) != NULL;
}

static void f1_people_are_counted_in_the_month_in_which_they_were_arrested_or_came(void **state)
{
    cu_register *const book = force_book(state);
    const char *invited = NULL;
    const char *subject = NULL;

    force_clock("2024-05-20T09:00:00Z");
    subject = force_do(book, "iv", "subject add", NULL, "case", force_case(book), NULL);
    (void)arrested(book, subject, "2024-04-03T09:00:00Z");
    (void)arrested(book, subject, "2024-04-03T19:00:00Z"); /* the same person and month */
    (void)arrested(book, subject, "2024-05-03T09:00:00Z");
    assert_true(shown(book, "2024-04", "\"arrests\":1,"));
    assert_true(shown(book, "2024-05", "\"arrests\":1,"));
    invited =
        force_do(book, "ds", "arrest invite", NULL, "subject", subject, "place", "Anytown",
                 "offences", "PCA 1978 s.1", "override", "invited by letter", NULL);
    assert_true(shown(book, "2024-05", "\"voluntary_attendances\":0,"));
    (void)force_do(book, "ds", "arrest attend", invited, "override", "seen by a nurse", NULL);
    assert_true(shown(book, "2024-05", "\"voluntary_attendances\":1,"));
}

/* With no least base, an earlier period of none is still no divisor. */
static void f2_a_change_follows_policys_least_base_in_words_and_in_json(void **state)
{
    cu_register *const book = force_book(state);
    const char *change = NULL;

    force_clock("2025-03-10T09:00:00Z");
    change = force_do(book, "di", "policy-change propose", NULL, "key", "figures.least-base",
                      "starts", "2025-03-01", "value", "0", "source", "force order 4", NULL);
    (void)force_do(book, "ad", "policy-change approve", change, NULL);
    (void)force_do(book, "di", "figures show", NULL, "month", "2025-02", "base_name", "1999",
                   "base_from", "1999-01-01", "base_until", "1999-12-31", NULL);
    assert_non_null(strstr(force_document(), "0 against 0 in 1999 (too few"));
    (void)force_do(book, "in", "referral receive", NULL, "source", "rocu", "source_ref", "F2",
                   "received", "2022-05-05T09:00:00Z", "summary", "invented", NULL);
    (void)force_do(book, "di", "figures show", NULL, "month", "2024-02", "base_name", "May",
                   "base_from", "2022-05-01", "base_until", "2022-05-31", NULL);
    assert_non_null(strstr(force_document(), " %: "));
    assert_non_null(strstr(force_more(), " %: "));
}

/* A month of its own: nobody else of these tests acts in June 2023. */
static void f5_a_small_number_is_not_published_and_does_not_follow_from_others(void **state)
{
    cu_register *const book = force_book(state);

    static const struct {
        const char *source;
        int count;
    } sources[] = {{"nca", 9}, {"iwf", 6}, {"partner", 2}};

    const char *draft = NULL;

    force_clock("2023-06-10T09:00:00Z");
    for (size_t i = 0; i < CU_COUNT_OF(sources); i++) {
        for (int n = 0; n < sources[i].count; n++)
            receive_one(book, sources[i].source, n);
    }
    for (int i = 0; i < 2; i++)
        arrest_one(book);
    draft =
        force_do(book, "ds", "figures draft", NULL, "month", "2023-06", "by", "source", NULL);
    assert_non_null(strstr(force_document(), "      17  referrals"));
    assert_non_null(strstr(force_document(), "       *  people arrested"));
    assert_non_null(strstr(force_document(), "       0  entries under warrants"));
    assert_non_null(strstr(force_document(), "       *  partner"));
    assert_non_null(
        strstr(force_document(), "       *  iwf")); /* or 17 - 9 - 6 gives it away */
    assert_non_null(strstr(force_document(), "       9  nca"));
    assert_non_null(strstr(force_document(), "* from 1 to 4"));
    assert_non_null(strstr(force_document(), "in twelve months: 17"));
    assert_non_null(strstr(force_field("words"), "       *  people arrested"));
    assert_non_null(strstr(force_field("numbers"), "\"arrests\":2")); /* the record has it */
    /* Another month of few: the twelve months would be the sum that gives it away. */
    force_clock("2023-07-10T09:00:00Z");
    (void)force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "F5-7",
                   "received", "2023-07-05T09:00:00Z", "summary", "invented", NULL);
    (void)force_do(book, "ds", "figures draft", NULL, "month", "2023-07", NULL);
    assert_non_null(strstr(force_document(), "       *  referrals"));
    assert_non_null(strstr(force_document(), "in twelve months: not shown"));
    assert_null(strstr(force_document(), "18"));
    (void)force_do(book, "ds", "figures show", NULL, "month", "2023-07", NULL);
    assert_non_null(strstr(force_document(), "       1  referrals"));
    (void)force_do(book, "di", "figures release", draft, NULL);
    assert_non_null(strstr(force_field("words"), "       *  people arrested"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(g3_only_a_person_or_an_exact_match_of_a_trusted_set_makes_a_grade_final),
        ON_BOTH(g2_a_near_match_sets_no_grade_not_even_one_of_a_trusted_set),
        ON_BOTH(g5_later_grades_make_new_counts_and_the_old_stay),
        ON_BOTH(e6_an_evidence_file_is_taken_in_once_and_for_its_own_exhibit),
        ON_BOTH(s4_an_assertion_says_whether_it_is_fact_and_who_says_so),
        ON_BOTH(a3_release_under_investigation_is_reviewed_and_every_review_sets_the_next),
        ON_BOTH(h2_the_first_protective_action_sets_the_day_and_no_later_one),
        ON_BOTH(h3_a_case_stays_open_while_a_child_in_it_is_neither_closed_nor_parked),
        ON_BOTH(
            u7_the_auditor_reads_every_kind_and_writes_none_and_the_administrator_sees_no_case),
        ON_BOTH(f1_f2_f3_a_release_keeps_its_definitions_names_its_period_and_stays),
        ON_BOTH(f3_a_month_has_one_release_that_stands),
        ON_BOTH(f1_people_are_counted_in_the_month_in_which_they_were_arrested_or_came),
        ON_BOTH(f2_a_change_follows_policys_least_base_in_words_and_in_json),
        ON_BOTH(f5_a_small_number_is_not_published_and_does_not_follow_from_others),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
