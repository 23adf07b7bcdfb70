/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of exhibits, custody, examination, grades, disposal and disclosure, on both stores.
 */
#include "support/force.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const char *seized(cu_register *book)
{
    return force_do(book, "iv", "exhibit seize", NULL, "case", force_case(book), "kind", "usb",
                    "description", "a stick", "power", "warrant", NULL);
}

static void i0_a_reference_follows_the_pattern_and_is_never_used_again(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    static const char *const wrong[] = {"abc/1", "A/1", "ABCDE/1", "ABC/0", "ABC-1", "ABC/1ab"};

    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++)
        (void)force_refused(book, "I0", "iv", "exhibit seize", NULL, "case", name, "kind",
                            "usb", "description", "a stick", "mark", wrong[i], NULL);
    (void)force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                   "description", "a stick", "mark", "ABC/7", NULL);
    (void)force_refused(book, "I0", "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                        "description", "a stick", "mark", "ABC/7", NULL);
    (void)force_refused(book, "I0", "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                        "description", "a stick", "mark", "ABC/3", NULL);
    (void)force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                   "description", "a stick", NULL);
    assert_string_equal(force_field("mark"), "ABC/8");
}

static void i1_c1_an_exhibit_is_with_one_holder_who_alone_acts(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);

    (void)force_refused(book, "C1", "iv2", "exhibit seal", exhibit, "seal", "I1", NULL);
    (void)force_refused(book, "C1", "xo", "exhibit store", exhibit, "place", "Store A", NULL);
    (void)force_refused(book, "C1", "xo", "exhibit retrieve", exhibit, NULL);
    (void)force_do(book, "iv", "exhibit transfer", exhibit, "to", "iv2", NULL);
    (void)force_refused(book, "C3", "xo", "exhibit receive", exhibit, NULL);
    (void)force_do(book, "iv2", "exhibit receive", exhibit, NULL);
    assert_string_equal(force_field("holder"), "officer:iv2");
}

static void i2_a_seals_number_is_used_once_in_the_force(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_do(book, "iv", "exhibit seal", seized(book), "seal", "I2", NULL);
    (void)force_refused(book, "I2", "iv", "exhibit seal", seized(book), "seal", "I2", NULL);
}

/* However it is typed, one seal is one number. */
static void i2_a_seals_number_is_one_in_small_letters_and_with_blanks(void **state)
{
    static const char *const same[] = {"i2-ab 7", " I2-AB7 ", "I2-ab7"};
    static const char *const wrong[] = {"I2-\xE2\x80\x8B"
                                        "AB7",
                                        "I2_AB7",
                                        "I2-\xD0\x90"
                                        "B7"};
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);

    (void)force_do(book, "iv", "exhibit seal", exhibit, "seal", "i2-aB 7", NULL);
    assert_string_equal(force_field("seal"), "I2-AB7");
    for (size_t i = 0; i < CU_COUNT_OF(same); i++)
        (void)force_refused(book, "I2", "iv", "exhibit seal", seized(book), "seal", same[i],
                            NULL);
    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++)
        (void)force_refused(book, "I2", "iv", "exhibit seal", seized(book), "seal", wrong[i],
                            NULL);
    (void)force_do(book, "iv", "exhibit unseal", exhibit, "old_seal", "I2-ab7", "reason",
                   "look", NULL);
}

static void i5_a_victims_device_has_a_notice_and_a_day_of_return(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);

    (void)force_refused(book, "I5", "iv", "exhibit seize", NULL, "case", name, "kind", "phone",
                        "description", "a phone", "belongs_to", "victim", NULL);
    (void)force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "phone",
                   "description", "a phone", "belongs_to", "victim", "notice_ref", "N1",
                   "return_by", "2021-03-20", NULL);
}

static void c2_an_event_is_not_before_the_last_nor_to_come(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);

    (void)force_refused(book, "C2", "iv", "exhibit seal", exhibit, "seal", "C2", "at",
                        "2021-03-10T08:59:59Z", NULL);
    (void)force_refused(book, "C2", "iv", "exhibit seal", exhibit, "seal", "C2", "at",
                        "2021-03-10T09:00:01Z", NULL);
}

static void c6_a_correction_names_an_event_and_the_original_stays(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);
    char event[80];

    (void)force_refused(book, "C6", "iv", "exhibit correct", exhibit, "event", "2", "reason",
                        "the room was another", NULL);
    (void)force_do(book, "iv", "exhibit correct", exhibit, "event", "1", "reason",
                   "the room was another", NULL);
    (void)snprintf(event, sizeof event, "%s#2", exhibit);
    assert_string_equal(force_look(book, "custody", event, "corrects"), "1");
    (void)snprintf(event, sizeof event, "%s#1", exhibit);
    assert_string_equal(force_look(book, "custody", event, "type"), "seize");
}

static void c7_a_digest_that_does_not_agree_stops_the_exhibit(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);

    (void)force_do(book, "iv", "exhibit check-digest", exhibit, "expected", DIGEST_A, "got",
                   DIGEST_B, NULL);
    (void)force_refused(book, "C7", "iv", "exhibit seal", exhibit, "seal", "C7", NULL);
    (void)force_refused(book, "U1", "iv", "exhibit resolve", exhibit, "reason", "typed wrong",
                        NULL);
    (void)force_do(book, "ds", "exhibit resolve", exhibit, "reason", "typed wrong", NULL);
    (void)force_do(book, "iv", "exhibit seal", exhibit, "seal", "C7", NULL);
}

static const char *examination(cu_register *book, const char *exhibit)
{
    const char *const made = force_do(book, "iv", "examination request", NULL, "exhibit",
                                      exhibit, "questions", "what is on it", NULL);

    return force_do(book, "ex", "examination accept", made, "fsa_code", "dig-100", "accredited",
                    "yes", "competence_ref", "C", NULL);
}

/* Whoever says that they have it, or is told that they will, does not hold it up for good. */
static void c3_what_did_not_change_hands_is_kept_with_a_reason(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);
    char event[80];

    (void)force_refused(book, "C3", "iv", "exhibit receive", exhibit, NULL); /* with you */
    (void)force_do(book, "iv2", "exhibit receive", exhibit, NULL);
    (void)force_refused(book, "C3", "iv", "exhibit transfer", exhibit, "to", "xo", NULL);
    (void)force_refused(book, "C3", "iv", "exhibit receive", exhibit, NULL);
    (void)force_do(book, "iv", "exhibit receive", exhibit, "reason", "iv2 has another", NULL);
    assert_null(force_field("transit_to"));
    assert_null(force_field("receiver_ack"));
    assert_string_equal(force_field("holder"), "officer:iv");
    (void)snprintf(event, sizeof event, "%s#3", exhibit);
    assert_string_equal(force_look(book, "custody", event, "reason"), "iv2 has another");
    (void)force_do(book, "iv", "exhibit transfer", exhibit, "to", "iv2", NULL);
    (void)force_do(book, "iv", "exhibit receive", exhibit, "reason", "iv2 was away", NULL);
    (void)force_do(book, "iv", "exhibit transfer", exhibit, "to", "xo", NULL);
    (void)force_do(book, "xo", "exhibit audit-missing", exhibit, "reason", "not there", NULL);
    (void)force_do(book, "xo", "exhibit found", exhibit, "place", "Store B", "reason", "there",
                   NULL);
    assert_null(force_field("transit_to"));
    (void)force_do(book, "xo", "exhibit retrieve", exhibit, NULL);
    (void)force_do(book, "xo", "exhibit transfer", exhibit, "to", "iv", NULL);
}

static void c7_what_is_stopped_is_neither_submitted_nor_examined_by_a_copy(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "C7-1");
    const char *const made = examination(book, exhibit);
    const char *const copy = force_do(book, "ex", "copy add", NULL, "exhibit", exhibit,
                                      "sha256", DIGEST_A, "where", "shelf", NULL);

    (void)force_do(book, "ex", "copy verify", copy, "got", DIGEST_A, NULL);
    (void)force_do(book, "iv", "exhibit check-digest", exhibit, "expected", DIGEST_A, "got",
                   DIGEST_B, NULL);
    (void)force_refused(book, "C7", "iv", "exhibit submit", exhibit, NULL);
    (void)force_refused(book, "C7", "ex", "examination acquire", made, "method", "M", "tool",
                        "T", "validation_ref", "V", NULL);
    (void)force_do(book, "ds", "exhibit resolve", exhibit, "reason", "typed wrong", NULL);
    (void)force_do(book, "iv", "exhibit submit", exhibit, NULL);
    (void)force_do(book, "ex", "examination acquire", made, "method", "M", "tool", "T",
                   "validation_ref", "V", NULL);
}

static void c8_a_statement_of_one_officer_tells_that_part_alone(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "C8");

    (void)force_do(book, "iv", "exhibit statement", exhibit, "officer", "iv", NULL);
    assert_non_null(strstr(force_document(), "1. On 10 March 2021, 09:00: seize"));
    assert_null(strstr(force_document(), "store"));
    (void)force_do(book, "iv", "exhibit statement", exhibit, "officer", "xo", NULL);
    assert_non_null(strstr(force_document(), "place:Store A"));
}

static void i3_an_exhibit_is_examined_in_the_examiners_hands_or_as_a_verified_copy(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "I3");
    const char *const made = examination(book, exhibit);
    const char *copy = NULL;

    (void)force_refused(book, "I3", "ex", "examination acquire", made, "method", "M", "tool",
                        "T", "validation_ref", "V", NULL);
    copy = force_do(book, "ex", "copy add", NULL, "exhibit", exhibit, "sha256", DIGEST_A,
                    "where", "disk 1", NULL);
    (void)force_do(book, "ex", "copy verify", copy, "got", DIGEST_A, NULL);
    (void)force_do(book, "ex", "examination acquire", made, "method", "M", "tool", "T",
                   "validation_ref", "V", NULL);
}

static void
e1_e2_e4_another_reviews_the_report_rests_on_frozen_counts_and_a_reopening_is_new(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "E12");
    const char *const made = examination(book, exhibit);
    const char *count = NULL;

    (void)force_do(book, "ex", "examination acquire", made, "method", "M", "tool", "T",
                   "validation_ref", "V", NULL);
    (void)force_do(book, "ex", "examination process", made, NULL);
    (void)force_do(book, "ex", "examination grade", made, NULL);
    (void)force_do(book, "ex", "examination hand-to-review", made, NULL);
    (void)force_refused(book, "E1", "ex", "examination review", made, "review", "passed", NULL);
    count = force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    (void)force_refused(book, "E1", "ex", "examination report", made, "count", count, NULL);
    (void)force_do(book, "ex2", "examination review", made, "review", "passed", NULL);
    (void)force_refused(book, "U6", "ex", "examination report", made, NULL);
    (void)force_do(book, "ex", "examination report", made, "count", count, NULL);
    assert_string_equal(force_look(book, "exhibit", exhibit, "state"), "examined");
    /* E4: opened again, it is another edition, reviewed anew. */
    (void)force_do(book, "ex", "examination reopen", made, "reason", "a question", NULL);
    assert_string_equal(force_field("edition"), "2");
    assert_null(force_field("review"));
}

static void e3_a_copy_is_verified_before_each_use(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = seized(book);
    const char *const copy = force_do(book, "ex", "copy add", NULL, "exhibit", exhibit,
                                      "sha256", DIGEST_A, "where", "disk 1", NULL);

    (void)force_refused(book, "E3", "ex", "copy use", copy, NULL);
    (void)force_do(book, "ex", "copy verify", copy, "got", DIGEST_A, NULL);
    (void)force_do(book, "ex", "copy use", copy, NULL);
    (void)force_refused(book, "E3", "ex", "copy use", copy, NULL);
    (void)force_do(book, "ex", "copy verify", copy, "got", DIGEST_B, NULL);
    assert_string_equal(force_state(), "broken");
    assert_string_equal(force_look(book, "exhibit", exhibit, "stopped"), "yes");
}

static void e5_a_hold_says_why_and_since_when(void **state)
{
    cu_register *const book = force_book(state);
    const char *const made = examination(book, seized(book));

    (void)force_refused(book, "U6", "ex", "examination hold", made, NULL);
    (void)force_do(book, "ex", "examination hold", made, "hold", "passcode", NULL);
    assert_string_equal(force_field("hold_since"), "2021-03-10T09:00:00.000000Z");
    (void)force_do(book, "ex", "examination resume", made, NULL);
    assert_string_equal(force_state(), "accepted");
}

static const char *graded(cu_register *book, const char *who, const char *what,
                          const char *file, const char *code)
{
    return force_do(book, who, what, file, "grade", code, "grade_scheme", "UK-SC-2014", NULL);
}

static void g1_g2_g3_a_sets_code_is_no_grade_of_ours(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "G1");
    const char *const file = force_file(book, exhibit, '1');

    (void)force_refused(book, "G1", "gr", "media grade", file, "grade", "C", "grade_scheme",
                        "DEMO", NULL);
    (void)force_refused(book, "G3", "gr", "media pre-categorise", file, NULL);
    (void)force_refused(book, "U5", "gr", "media finalise", file, NULL);
    assert_null(force_look(book, "media", file, "code"));
}

static void g4_the_second_grader_is_another_and_a_third_decides(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "G4");
    const char *const file = force_file(book, exhibit, '2');

    (void)graded(book, "gr", "media grade", file, "B");
    (void)force_refused(book, "G4", "gr", "media grade-second", file, "grade", "B",
                        "grade_scheme", "UK-SC-2014", NULL);
    (void)force_refused(book, "U1", "gr2", "grade list", NULL, "media", file, NULL);
    (void)graded(book, "gr2", "media grade-second", file, "C");
    assert_string_equal(force_state(), "disputed");
    assert_null(force_field("code"));
    (void)force_refused(book, "G4", "gr", "media adjudicate", file, "grade", "B",
                        "grade_scheme", "UK-SC-2014", "reason", "x", NULL);
    (void)force_do(book, "di", "media adjudicate", file, "grade", "C", "grade_scheme",
                   "UK-SC-2014", "reason", "as seen", NULL);
    assert_string_equal(force_field("code"), "C");
}

static void
i4_x2_nothing_goes_back_against_a_hold_or_unexamined_without_an_inspector(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "I4");
    const char *hold = NULL;
    const char *disposal = NULL;

    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                        "return", "reasons", "asked for", NULL);
    hold = force_do(book, "iv", "hold place", NULL, "exhibit", exhibit, "kind", "appeal",
                    "particulars", "until June", NULL);
    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                        "return-unexamined", "reasons", "no time", NULL);
    (void)force_do(book, "ds", "hold lift", hold, "reason", "over", NULL);
    disposal = force_do(book, "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                        "return-unexamined", "reasons", "no time", NULL);
    (void)force_refused(book, "U1", "ds", "disposal approve", disposal, NULL); /* X2 */
    (void)force_do(book, "di", "disposal approve", disposal, NULL);
    hold = force_do(book, "iv", "hold place", NULL, "exhibit", exhibit, "kind", "civil",
                    "particulars", "a claim", NULL);
    (void)force_refused(book, "I4", "xo", "disposal carry-out", disposal, NULL);
    (void)force_do(book, "ds", "hold lift", hold, "reason", "over", NULL);
    (void)force_do(book, "xo", "disposal carry-out", disposal, "recipient", "owner", NULL);
    assert_string_equal(force_look(book, "exhibit", exhibit, "state"), "returned");
    assert_string_equal(force_look(book, "exhibit", exhibit, "holder"), "outside:owner");
}

static const char *approved(cu_register *book, const char *exhibit, const char *kind)
{
    return force_do(book, "di", "disposal approve",
                    force_do(book, "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                             kind, "reasons", "x", NULL),
                    NULL);
}

/* Neither "found again" nor "retained" says that anybody has looked at what is on it. */
static void i4_what_was_missed_or_is_retained_was_not_examined_by_that(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const missed = force_booked_in(book, name, "I4-1");
    const char *const kept = force_booked_in(book, name, "I4-2");

    (void)force_do(book, "xo", "exhibit audit-missing", missed, "reason", "not there", NULL);
    (void)force_do(book, "xo", "exhibit found", missed, "place", "Store B", "reason", "there",
                   NULL);
    assert_string_equal(force_state(), "booked-in");
    (void)force_do(book, "xo", "disposal carry-out", approved(book, kept, "retain"), NULL);
    assert_string_equal(force_look(book, "exhibit", kept, "state"), "retained");
    (void)force_do(book, "xo", "exhibit audit-missing", kept, "reason", "not there", NULL);
    (void)force_do(book, "xo", "exhibit found", kept, "place", "Store B", "reason", "there",
                   NULL);
    assert_string_equal(force_state(), "retained");
    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", missed, "kind",
                        "return", "reasons", "asked for", NULL);
    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", kept, "kind",
                        "return", "reasons", "asked for", NULL);
}

static void what_has_left_the_force_is_not_disposed_of_again(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "X4");
    const char *const first = approved(book, exhibit, "return-unexamined");
    const char *const retain = approved(book, exhibit, "retain");
    const char *const destroy = approved(book, exhibit, "destroy");

    (void)force_do(book, "xo", "disposal carry-out", first, "recipient", "owner", NULL);
    (void)force_refused(book, "U5", "xo", "disposal carry-out", retain, NULL);
    (void)force_refused(book, "U5", "xo", "disposal carry-out", destroy, NULL);
    assert_string_equal(force_look(book, "exhibit", exhibit, "state"), "returned");
}

static void what_is_in_other_hands_or_in_transit_is_not_disposed_of(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "X5");
    const char *const disposal = approved(book, exhibit, "destroy");

    (void)force_do(book, "xo", "exhibit retrieve", exhibit, NULL);
    (void)force_do(book, "xo", "exhibit transfer", exhibit, "to", "ex", NULL);
    (void)force_refused(book, "C3", "xo", "disposal carry-out", disposal, NULL);
    (void)force_do(book, "ex", "exhibit receive", exhibit, NULL);
    (void)force_refused(book, "C1", "xo", "disposal carry-out", disposal, NULL);
    (void)force_do(book, "ex", "exhibit transfer", exhibit, "to", "xo", NULL);
    (void)force_do(book, "xo", "exhibit receive", exhibit, NULL);
    (void)force_do(book, "xo", "disposal carry-out", disposal, NULL);
}

static void x1_x3_forfeiture_waits_for_its_notice_and_nobody_approves_their_own(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "X1");
    const char *const own = force_do(book, "di", "disposal request", NULL, "exhibit", exhibit,
                                     "kind", "destroy", "reasons", "x", NULL);
    const char *const disposal = force_do(book, "iv", "disposal request", NULL, "exhibit",
                                          exhibit, "kind", "forfeit", "reasons", "x", NULL);

    (void)force_refused(book, "X3", "di", "disposal approve", own, NULL);
    (void)force_do(book, "di", "disposal approve", disposal, NULL);
    (void)force_refused(book, "X1", "xo", "disposal carry-out", disposal, NULL);
    (void)force_do(book, "xo", "disposal serve", disposal, "served", "2021-03-10T09:00:00Z",
                   "served_on", "the occupier", NULL);
    assert_string_equal(force_field("claim_by"), "2021-04-10");
    (void)force_refused(book, "X1", "xo", "disposal carry-out", disposal, NULL);
    force_clock("2021-04-11T09:00:00Z");
    (void)force_do(book, "xo", "disposal carry-out", disposal, NULL);
}

static const char *relevant(cu_register *book, const char *name, const char *description)
{
    const char *const made =
        force_do(book, "iv", "material add", NULL, "case", name, "description", description,
                 "origin", "iv", "location", "Store A", NULL);

    return force_do(book, "iv", "material assess", made, "relevance", "relevant", "test",
                    "assists", NULL);
}

static const char *certified(cu_register *book, const char *name, const char *kind)
{
    const char *const made =
        force_do(book, "do", "schedule draft", NULL, "case", name, "kind", kind, NULL);

    return force_do(book, "do", "schedule certify", made, NULL);
}

static void d1_d4_numbers_run_on_and_a_schedule_stays_as_it_was_sent(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *first = NULL;
    char bytes[512];

    (void)force_do(book, "ds", "access grant", NULL, "case", name, "officer", "do", "reason",
                   "disclosure", NULL);
    (void)relevant(book, name, "First");
    (void)relevant(book, name, "Second");
    first = certified(book, name, "6C");
    (void)snprintf(bytes, sizeof bytes, "%s", force_document());
    assert_non_null(strstr(bytes, "1\tFirst"));
    assert_non_null(strstr(bytes, "2\tSecond"));
    (void)relevant(book, name, "Third");
    (void)certified(book, name, "6C");
    assert_string_equal(force_field("first_item"), "3");
    assert_null(strstr(force_document(), "First"));
    assert_non_null(strstr(force_document(), "3\tThird"));
    (void)force_do(book, "do", "schedule print", first, NULL);
    assert_string_equal(force_document(), bytes);
    (void)certified(book, name, "6E");
    assert_non_null(strstr(force_document(), "3\titem of the non-sensitive schedule"));
    (void)certified(book, name, "6D");
    assert_non_null(strstr(force_document(), "nil return"));
}

/* More than one question to the store answers: none is left for a schedule that never comes. */
static void d1_a_schedule_lists_all_that_is_to_be_listed(void **state)
{
    cu_register *const book = force_book(state);
    char name[64];
    int64_t lines = 0;

    (void)snprintf(name, sizeof name, "%s", force_case(book));
    (void)force_do(book, "ds", "access grant", NULL, "case", name, "officer", "do", "reason",
                   "disclosure", NULL);
    for (int i = 0; i < 1001; i++)
        (void)relevant(book, name, "one of many");
    (void)certified(book, name, "6C");
    for (const char *at = strstr(force_document(), "\tone of many"); at != NULL;
         at = strstr(at + 1, "\tone of many"))
        lines++;
    assert_int_equal(lines, 1001);
    assert_string_equal(force_field("last_item"), "1001");
}

static void d4_a_schedule_is_sent_after_it_was_certified(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *schedule = NULL;

    (void)force_do(book, "ds", "access grant", NULL, "case", name, "officer", "do", "reason",
                   "disclosure", NULL);
    force_clock("2021-03-10T09:00:30Z");
    schedule = certified(book, name, "6D");
    (void)force_refused(book, "D4", "do", "schedule send", schedule, "sent",
                        "2021-03-10T08:59:59Z", NULL);
    (void)force_do(book, "do", "schedule send", schedule, "sent", "2021-03-10 09:00", NULL);
}

static void
d3_d5_only_an_officer_of_the_case_certifies_and_only_when_all_is_assessed(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *schedule = NULL;

    (void)force_do(book, "iv", "material add", NULL, "case", name, "description", "Notes",
                   "origin", "iv", "location", "Store A", NULL);
    schedule = force_do(book, "do", "schedule draft", NULL, "case", name, "kind", "6C", NULL);
    assert_non_null(strstr(force_refused(book, "D3", "do", "schedule certify", schedule, NULL),
                           "a supervisor grants access"));
    (void)force_do(book, "ds", "access grant", NULL, "case", name, "officer", "do", "reason",
                   "disclosure", NULL);
    (void)force_refused(book, "D5", "do", "schedule certify", schedule, NULL);
    (void)force_refused(book, "U1", "iv", "schedule certify", schedule, NULL);
}

static void a_file_on_two_exhibits_of_two_cases_links_them(void **state)
{
    cu_register *const book = force_book(state);
    const char *const one = force_with_examiner(book, force_case(book), "L1");
    const char *const other = force_with_examiner(book, force_case(book), "L2");
    char sql[256];

    (void)force_file(book, one, '3');
    (void)force_file(book, other, '3');
    assert_non_null(strstr(force_more(), "\"links_to_exhibits\":1"));
    (void)snprintf(sql, sizeof sql,
                   "SELECT count(*) FROM register_link WHERE one = 'exhibit:%s' AND other ="
                   " 'exhibit:%s' AND basis = 'files in common'",
                   one, other);
    assert_int_equal(force_count(book, sql), 1);
}

/* More than one entry of the log can keep: it goes on in the next ones. */
static void an_evidence_file_with_thousands_of_matches_is_taken_in(void **state)
{
    enum { many = 2500 };

    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "MANY");
    static cu_attached_match matches[many];
    static char digests[many][65];

    for (int i = 0; i < many; i++) {
        (void)snprintf(digests[i], sizeof digests[i], "%064x", 0x70000000 + i);
        matches[i] = (cu_attached_match){.path = "/p1/picture.jpg",
                                         .state = "allocated",
                                         .type = "image/jpeg",
                                         .set = "Demonstration",
                                         .set_version = "1",
                                         .algorithm = "sha256",
                                         .strength = "exact-allocated",
                                         .scheme = "DEMO",
                                         .code = "1",
                                         .record = "7",
                                         .md5 = "d41d8cd98f00b204e9800998ecf8427e",
                                         .sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                         .sha256 = digests[i],
                                         .bytes = 1000,
                                         .path_certain = true};
    }
    force_attach(book, exhibit, matches, many);
    assert_true(force_count(book, "SELECT count(*) FROM register_occurrence") >= many);
    assert_true(force_count(book, "SELECT count(*) FROM ledger_entry WHERE action ="
                                  " 'register.more'") >= 2);
}

/* Both reports are of the counts that were frozen, whatever is graded since. */
static void a_second_report_rests_on_the_counts_of_the_first(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "SFR");
    const char *const made = examination(book, exhibit);
    const char *const file = force_file(book, exhibit, 'e');
    const char *count = NULL;
    const char *sfr = NULL;
    char first[2048];

    (void)graded(book, "gr", "media grade", file, "C");
    (void)graded(book, "gr2", "media grade-second", file, "C");
    (void)force_do(book, "ex", "examination acquire", made, "method", "M", "tool", "T",
                   "validation_ref", "V", NULL);
    (void)force_do(book, "ex", "examination process", made, NULL);
    (void)force_do(book, "ex", "examination grade", made, NULL);
    (void)force_do(book, "ex", "examination hand-to-review", made, NULL);
    count = force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    (void)force_do(book, "ex2", "examination review", made, "review", "passed", NULL);
    (void)force_refused(book, "E2", "ex", "sfr issue", NULL, "examination", made, NULL);
    (void)force_do(book, "ex", "examination report", made, "count", count, NULL);
    (void)force_refused(book, "I3", "ex2", "sfr issue", NULL, "examination", made, NULL);
    sfr = force_do(book, "ex", "sfr issue", NULL, "examination", made, NULL);
    (void)snprintf(first, sizeof first, "%s", force_document());
    assert_non_null(strstr(first, "C\tstill\tyes\t1\t1\n"));
    assert_non_null(strstr(first, "indecent photographs"));
    assert_null(strstr(first, "image")); /* not a word for formal process */
    (void)force_refused(book, "U5", "iv", "sfr print", sfr, "report", "sfr2", NULL);
    (void)force_do(book, "di", "media regrade", file, "reason", "in doubt", NULL);
    (void)graded(book, "gr", "media grade", file, "NOT-ILLEGAL");
    (void)force_refused(book, "U5", "ex", "sfr answer", sfr, "findings", "x", NULL);
    (void)force_do(book, "iv", "sfr challenge", sfr, "challenge", "where the file was", NULL);
    (void)force_do(book, "ex", "sfr answer", sfr, "findings", "in the user's folder", NULL);
    assert_non_null(strstr(force_document(), "SFR2"));
    assert_non_null(strstr(force_document(), "C\tstill\tyes\t1\t1\n"));
    assert_non_null(strstr(force_document(), "Not agreed: where the file was"));
    (void)force_do(book, "iv", "sfr print", sfr, "report", "sfr1", NULL);
    assert_string_equal(force_document(), first);
}

/* Only a name and an address are found by a part: any other list is by the whole value. */
static void a_list_by_a_field_is_by_its_whole_value(void **state)
{
    cu_register *const book = force_book(state);

    static const struct {
        const char *holder;
        bool found;
    } all[] = {{"place:Store A", true}, {"place:store a", false}, {"Store A", false}};

    (void)force_booked_in(book, force_case(book), "WHOLE");
    for (size_t i = 0; i < CU_COUNT_OF(all); i++) {
        const cu_given given = {"holder", all[i].holder, {NULL, 0}};
        const cu_request request = {.officer = "iv",
                                    .session = "test",
                                    .thing = "exhibit",
                                    .action = "list",
                                    .given = &given,
                                    .given_count = 1};
        cu_outcome outcome = {.arena = cu_arena_new(16 << 20)};
        char dirt[4096];
        cu_page page = {0};

        /* What is left of another call on the stack decides nothing. */
        memset(dirt, 0xff, sizeof dirt);
        assert_int_equal(dirt[i], (char)0xff);
        assert_int_equal(cu_register_act(book, &request, &outcome, &page, NULL), CU_OK);
        assert_int_equal(page.count > 0, all[i].found);
        cu_arena_free(outcome.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(i0_a_reference_follows_the_pattern_and_is_never_used_again),
        ON_BOTH(i1_c1_an_exhibit_is_with_one_holder_who_alone_acts),
        ON_BOTH(i2_a_seals_number_is_used_once_in_the_force),
        ON_BOTH(i2_a_seals_number_is_one_in_small_letters_and_with_blanks),
        ON_BOTH(i3_an_exhibit_is_examined_in_the_examiners_hands_or_as_a_verified_copy),
        ON_BOTH(i4_x2_nothing_goes_back_against_a_hold_or_unexamined_without_an_inspector),
        ON_BOTH(i5_a_victims_device_has_a_notice_and_a_day_of_return),
        ON_BOTH(c2_an_event_is_not_before_the_last_nor_to_come),
        ON_BOTH(c6_a_correction_names_an_event_and_the_original_stays),
        ON_BOTH(c7_a_digest_that_does_not_agree_stops_the_exhibit),
        ON_BOTH(c3_what_did_not_change_hands_is_kept_with_a_reason),
        ON_BOTH(c7_what_is_stopped_is_neither_submitted_nor_examined_by_a_copy),
        ON_BOTH(c8_a_statement_of_one_officer_tells_that_part_alone),
        ON_BOTH(
            e1_e2_e4_another_reviews_the_report_rests_on_frozen_counts_and_a_reopening_is_new),
        ON_BOTH(e3_a_copy_is_verified_before_each_use),
        ON_BOTH(e5_a_hold_says_why_and_since_when),
        ON_BOTH(g1_g2_g3_a_sets_code_is_no_grade_of_ours),
        ON_BOTH(g4_the_second_grader_is_another_and_a_third_decides),
        ON_BOTH(i4_what_was_missed_or_is_retained_was_not_examined_by_that),
        ON_BOTH(what_has_left_the_force_is_not_disposed_of_again),
        ON_BOTH(what_is_in_other_hands_or_in_transit_is_not_disposed_of),
        ON_BOTH(x1_x3_forfeiture_waits_for_its_notice_and_nobody_approves_their_own),
        ON_BOTH(d1_d4_numbers_run_on_and_a_schedule_stays_as_it_was_sent),
        ON_BOTH(d1_a_schedule_lists_all_that_is_to_be_listed),
        ON_BOTH(d4_a_schedule_is_sent_after_it_was_certified),
        ON_BOTH(d3_d5_only_an_officer_of_the_case_certifies_and_only_when_all_is_assessed),
        ON_BOTH(a_file_on_two_exhibits_of_two_cases_links_them),
        ON_BOTH(a_list_by_a_field_is_by_its_whole_value),
        ON_BOTH(a_second_report_rests_on_the_counts_of_the_first),
        ON_BOTH(an_evidence_file_with_thousands_of_matches_is_taken_in),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
