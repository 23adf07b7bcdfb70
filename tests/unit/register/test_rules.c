/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of referral, risk, people, places and visits, on both stores. */
#include "support/force.h"

#include <stdio.h>
#include <string.h>

static const char *received(cu_register *book, const char *reference)
{
    return force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref",
                    reference, "received", "2021-03-09T10:00:00Z", "summary", "invented", NULL);
}

static const char *risk(cu_register *book, const char *officer, const char *referral,
                        const char *level)
{
    return force_do(book, officer, "risk record", NULL, "referral", referral, "tool", "kirat-2",
                    "tool_version", "2", "level", level, "inputs_ref", "F", "reasons",
                    "as assessed", NULL);
}

static void r1_a_referral_has_a_file_or_a_summary_and_a_time_that_has_been(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_refused(book, "R1", "in", "referral receive", NULL, "source", "nca", "received",
                        "2021-03-09T10:00:00Z", NULL);
    (void)force_refused(book, "R1", "in", "referral receive", NULL, "source", "nca", "received",
                        "2021-03-11T10:00:00Z", "summary", "x", NULL);
}

static void r2_a_sources_reference_is_registered_once(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_do(book, "in", "referral register", received(book, "R2"), NULL);
    assert_string_equal(force_state(), "registered");
    (void)force_do(book, "in", "referral register", received(book, "R2"), NULL);
    assert_string_equal(force_state(), "duplicate");
}

static const char *researching(cu_register *book, const char *reference)
{
    const char *const referral = received(book, reference);

    (void)force_do(book, "in", "referral register", referral, NULL);
    return force_do(book, "in", "referral research", referral, NULL);
}

static const char *allocated(cu_register *book, const char *reference)
{
    const char *const referral = researching(book, reference);

    (void)risk(book, "in", referral, "medium");
    (void)force_do(book, "in", "referral assess", referral, "children", "no", NULL);
    return force_do(book, "ds", "referral allocate", referral, "owner", "iv", NULL);
}

static void r3_an_assessed_referral_has_a_risk_and_an_answer_about_children(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = researching(book, "R3");

    (void)force_refused(book, "R3", "in", "referral assess", referral, "children", "no", NULL);
    (void)risk(book, "in", referral, "low");
    (void)force_refused(book, "R3", "in", "referral assess", referral, NULL);
    (void)force_do(book, "in", "referral assess", referral, "children", "unknown", NULL);
}

static void r5_r6_r7_a_referral_ends_with_a_case_a_transfer_or_a_closing(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = allocated(book, "R567");
    const char *const name = force_case(book);
    const char *child = NULL;

    (void)force_refused(book, "U6", "iv", "referral activate", referral, NULL);
    (void)force_do(book, "iv", "referral activate", referral, "case", name, NULL);
    child = force_do(book, "iv", "child add", NULL, "case", name, "kind", "household", NULL);
    (void)force_refused(book, "R7", "ds", "referral close", referral, "disposition", "resolved",
                        "reason", "done", NULL);
    (void)force_refused(book, "R7", "di", "referral close", referral, "disposition", "resolved",
                        "reason", "done", NULL);
    (void)force_refused(book, "H3", "di", "case close", name, "disposition", "prosecuted",
                        "reason", "done", NULL);
    (void)force_do(book, "iv", "child not-needed", child, "not_needed", "known to them", NULL);
    (void)force_do(book, "iv", "child close", child, NULL);
    (void)force_refused(book, "R6", "ds", "referral transfer", referral, "receiving_force",
                        "Other", "sent", "2021-03-10T08:00:00Z", "reason", "theirs", NULL);
    (void)force_do(book, "di", "referral close", referral, "disposition", "resolved", "reason",
                   "done", NULL);
    (void)force_do(book, "di", "case close", name, "disposition", "prosecuted", "reason",
                   "done", NULL);
}

static void r4_a_referral_is_not_allocated_to_an_officer_in_conflict(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = allocated(book, "R4");
    const char *const name = force_case(book);

    (void)force_do(book, "iv", "referral activate", referral, "case", name, NULL);
    (void)force_do(book, "iv2", "access declare", NULL, "case", name, "reason", "a neighbour",
                   NULL);
    (void)force_refused(book, "R4", "ds", "referral allocate", referral, "owner", "iv2", NULL);
}

static void r8_nothing_is_done_about_a_referral_before_its_receipt(void **state)
{
    static const char before[] = "2021-03-09T09:59:59Z";
    static const char after[] = "2021-03-10T08:00:00Z";
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const referral = researching(book, "R8");

    (void)force_refused(book, "R8", "in", "risk record", NULL, "referral", referral, "tool",
                        "kirat-2", "tool_version", "2", "level", "low", "inputs_ref", "F", "at",
                        before, NULL);
    (void)risk(book, "in", referral, "low");
    (void)force_do(book, "in", "referral assess", referral, "children", "no", NULL);
    (void)force_do(book, "ds", "referral allocate", referral, "owner", "iv", NULL);
    assert_non_null(strstr(force_refused(book, "R8", "iv", "referral first-action", referral,
                                         "first_action", before, NULL),
                           "was received on 9 March 2021, 10:00, after 9 March 2021, 09:59"));
    (void)force_refused(book, "R8", "iv", "referral activate", referral, "case", name,
                        "first_action", before, NULL);
    assert_null(force_look(book, "referral", referral, "first_action"));
    (void)force_do(book, "iv", "referral first-action", referral, "first_action",
                   "2021-03-09T10:00:00Z", NULL);
    (void)force_refused(book, "R8", "di", "referral transfer", referral, "receiving_force",
                        "Other", "sent", before, "reason", "theirs", NULL);
    (void)force_do(book, "di", "referral transfer", referral, "receiving_force", "Other",
                   "sent", after, "reason", "theirs", NULL);
    (void)force_refused(book, "R8", "in", "referral acknowledge", referral, "acknowledged",
                        "2021-03-10T07:59:59Z", NULL);
    (void)force_do(book, "in", "referral acknowledge", referral, "acknowledged", after, NULL);
}

static void k1_one_assessment_is_current_and_names_the_one_before(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = received(book, "K1");
    const char *const first = risk(book, "in", referral, "medium");

    (void)risk(book, "in", referral, "high");
    assert_string_equal(force_field("supersedes"), first);
    assert_string_equal(force_look(book, "risk", first, "state"), "superseded");
}

static void k2_k3_a_lower_level_needs_a_supervisor_and_keeps_the_deadline(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = received(book, "K3");

    (void)risk(book, "in", referral, "very-high");
    assert_string_equal(force_field("act_by"), "2021-03-10T10:00:00.000000Z");
    (void)force_refused(book, "K3", "in", "risk record", NULL, "referral", referral, "tool",
                        "kirat-2", "tool_version", "2", "level", "low", "inputs_ref", "F",
                        "reasons", "x", NULL);
    (void)force_refused(book, "K3", "ds", "risk record", NULL, "referral", referral, "tool",
                        "kirat-2", "tool_version", "2", "level", "low", "inputs_ref", "F",
                        "reasons", "x", NULL);
    (void)force_refused(book, "K3", "di", "risk record", NULL, "referral", referral, "tool",
                        "kirat-2", "tool_version", "2", "level", "low", "inputs_ref", "F",
                        NULL);
    (void)risk(book, "di", referral, "medium");
    assert_string_equal(force_field("act_by"), "2021-03-10T10:00:00.000000Z");
    (void)risk(book, "ds", referral, "low"); /* from medium, a sergeant may */
    assert_string_equal(force_look(book, "referral", referral, "first_act_by"),
                        "2021-03-10T10:00:00.000000Z");
}

/* The tool said very-high; to call that low is to lower it, though nothing was there before. */
static void k3_a_result_below_the_tools_own_is_lowered_by_a_supervisor(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = received(book, "K3-TOOL");

#define JUDGED(tool_level)                                                                     \
    "risk record", NULL, "referral", referral, "tool", "kirat-2", "tool_version", "2",         \
        "tool_level", tool_level, "level", "low", "inputs_ref", "F"
    (void)force_refused(book, "K3", "in", JUDGED("very-high"), "reasons", "x", NULL);
    (void)force_refused(book, "K3", "ds", JUDGED("high"), "reasons", "x", NULL);
    (void)force_refused(book, "K3", "di", JUDGED("high"), NULL);
    (void)force_do(book, "ds", JUDGED("medium"), "reasons", "x", NULL);
    (void)force_do(book, "in", JUDGED("low"), NULL);
#undef JUDGED
}

static void k4_whoever_assesses_is_trained_in_the_tool(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_refused(book, "K4", "iv3", "risk record", NULL, "referral",
                        received(book, "K4"), "tool", "kirat-2", "tool_version", "2", "level",
                        "low", "inputs_ref", "F", NULL);
}

static void s1_s2_a_category_has_a_reason_and_a_merge_can_be_undone(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const one = force_do(book, "iv", "subject add", NULL, "case", name, NULL);
    const char *const two = force_do(book, "iv", "subject add", NULL, "case", name, NULL);

    (void)force_refused(book, "U6", "iv", "subject categorise", one, "category", "suspect",
                        NULL);
    (void)force_do(book, "iv", "subject categorise", one, "category", "suspect", "reason",
                   "account holder", NULL);
    (void)force_refused(book, "S2", "iv", "subject merge", one, "merged_into", one, "reason",
                        "x", NULL);
    (void)force_do(book, "iv", "subject merge", two, "merged_into", one, "reason", "same born",
                   NULL);
    (void)force_do(book, "iv", "subject unmerge", two, "reason", "a brother", NULL);
    assert_null(force_field("merged_into"));
}

static void s3_s4_a_search_has_three_characters_and_an_assertion_its_standing(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const subject = force_do(book, "iv", "subject add", NULL, "case", name, "name",
                                         "Sample 100% Person", NULL);

    (void)force_refused(book, "S3", "iv", "subject list", NULL, "name", "Sa", NULL);
    (void)force_do(book, "iv", "subject list", NULL, "name", "sample 100%", NULL);
    (void)force_refused(book, "U6", "iv", "assertion add", NULL, "subject", subject, "what",
                        "work", "value", "a school", "source", "a neighbour", NULL);
    (void)force_do(book, "iv", "assertion add", NULL, "subject", subject, "what", "work",
                   "value", "a school", "standing", "assessment", "source", "a neighbour",
                   NULL);
}

static void v1_v2_two_officers_read_the_original_and_a_change_undoes_both(void **state)
{
    cu_register *const book = force_book(state);
    const char *const address =
        force_do(book, "iv", "address add", NULL, "case", force_case(book), "words",
                 "3 Example Street", "origin", "ip-resolution", "ip", "192.0.2.10", "port",
                 "51515", "event_time", "2021-02-27T21:14:05Z", NULL);

    (void)force_refused(book, "V1", "iv", "address verify", address, "ip", "192.0.2.11", "port",
                        "51515", "event_time", "2021-02-27T21:14:05Z", NULL);
    (void)force_do(book, "iv", "address verify", address, "ip", "192.0.2.10", "port", "51515",
                   "event_time", "2021-02-27T21:14:05Z", NULL);
    assert_string_equal(force_state(), "unverified");
    (void)force_refused(book, "V1", "iv", "address verify", address, "ip", "192.0.2.10", "port",
                        "51515", "event_time", "2021-02-27T21:14:05Z", NULL);
    (void)force_do(book, "iv2", "address verify", address, "ip", "192.0.2.10", "port", "51515",
                   "event_time", "2021-02-27T21:14:05Z", NULL);
    assert_string_equal(force_state(), "verified");
    (void)force_do(book, "iv", "address resolve", address, "ip", "192.0.2.12", "port", "51515",
                   "event_time", "2021-02-27T21:14:05Z", NULL);
    assert_string_equal(force_state(), "unverified");
    assert_null(force_field("verifier_1"));
    assert_null(force_field("verifier_2"));
}

static const char *drafted(cu_register *book, const char *name, const char *address)
{
    return force_do(book, "iv", "warrant draft", NULL, "case", name, "statute", "PCA 1978 s.4",
                    "premises", "specific", "entries", "single", "address", address, NULL);
}

static void
w2_w3_an_inspector_who_does_not_apply_authorises_for_a_verified_address(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const unverified = force_do(
        book, "iv", "address add", NULL, "case", name, "words", "4 Example Street", "origin",
        "ip-resolution", "ip", "192.0.2.10", "event_time", "2021-02-27T21:14:05Z", NULL);
    const char *const own =
        force_do(book, "di", "warrant draft", NULL, "case", name, "statute", "PCA 1978 s.4",
                 "premises", "specific", "entries", "single", "address", unverified, NULL);

    (void)force_refused(book, "W2", "di", "warrant authorise", own, NULL);
    (void)force_refused(book, "W3", "di2", "warrant authorise", own, NULL);
}

/* Under another origin it would be verified by nobody. */
static void v1_a_network_address_has_one_origin_and_two_officers(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const visit = force_do(book, "iv", "address add", NULL, "case", name, "words",
                                       "1 High Street", "origin", "visit", NULL);

    assert_string_equal(force_state(), "verified");
    (void)force_refused(book, "V1", "iv", "address add", NULL, "case", name, "words",
                        "1 High Street", "origin", "intel", "ip", "192.0.2.10", "event_time",
                        "2021-03-01T10:00:00Z", NULL);
    (void)force_refused(book, "V1", "iv", "address resolve", visit, "ip", "192.0.2.10",
                        "event_time", "2021-03-01T10:00:00Z", NULL);
}

static void w4_a_refused_application_is_declared_in_the_next(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const address = force_address(book, name);
    const char *const first = drafted(book, name, address);
    const char *const second = drafted(book, name, address);

    (void)force_do(book, "di", "warrant authorise", first, NULL);
    (void)force_do(book, "iv", "warrant apply", first, "court", "A", "application_ref", "1",
                   NULL);
    (void)force_do(book, "iv", "warrant refuse", first, "refusal", "not enough", NULL);
    (void)force_do(book, "di", "warrant authorise", second, NULL);
    (void)force_refused(book, "W4", "iv", "warrant apply", second, "court", "A",
                        "application_ref", "2", NULL);
    (void)force_do(book, "iv", "warrant apply", second, "court", "A", "application_ref", "2",
                   "declared", first, NULL);
}

static const char *refused_by_court(cu_register *book, const char *name, const char *address,
                                    const char *declared)
{
    const char *const warrant = drafted(book, name, address);

    (void)force_do(book, "di", "warrant authorise", warrant, NULL);
    (void)force_do(book, "iv", "warrant apply", warrant, "court", "A", "application_ref", "1",
                   declared == NULL ? NULL : "declared", declared, NULL);
    return force_do(book, "iv", "warrant refuse", warrant, "refusal", "not enough", NULL);
}

/* Two were refused, and the third declares both: with one alone it could never be applied for.
 */
static void w4_several_refused_applications_are_declared_together(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const address = force_address(book, name);
    const char *const first = refused_by_court(book, name, address, NULL);
    const char *const second = refused_by_court(book, name, address, first);
    const char *const third = drafted(book, name, address);
    char both[64];

    (void)snprintf(both, sizeof both, "%s %s", first, second);
    (void)force_do(book, "di", "warrant authorise", third, NULL);
    assert_non_null(strstr(force_refused(book, "W4", "iv", "warrant apply", third, "court", "A",
                                         "application_ref", "3", NULL),
                           both));
    (void)force_refused(book, "W4", "iv", "warrant apply", third, "court", "A",
                        "application_ref", "3", "declared", second, NULL);
    (void)force_refused(book, "W4", "iv", "warrant apply", third, "court", "A",
                        "application_ref", "3", "declared", third, NULL); /* not refused */
    (void)force_do(book, "iv", "warrant apply", third, "court", "A", "application_ref", "3",
                   "declared", both, NULL);
}

static const char *issued(cu_register *book, const char *name, const char *address)
{
    const char *const warrant = drafted(book, name, address);

    (void)force_do(book, "di", "warrant authorise", warrant, NULL);
    (void)force_do(book, "iv", "warrant apply", warrant, "court", "A", "application_ref", "1",
                   NULL);
    return force_do(book, "iv", "warrant issue", warrant, "issued", "2021-03-09T10:00:00Z",
                    NULL);
}

static void w1_a_warrant_expires_when_its_last_day_is_over(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const warrant = issued(book, name, force_address(book, name));

    (void)force_refused(book, "W1", "iv", "warrant expire", warrant, NULL);
    force_clock("2021-06-09T22:59:59Z"); /* summer time: the last second of 9 June */
    (void)force_refused(book, "W1", "iv", "warrant expire", warrant, NULL);
    force_clock("2021-06-09T23:00:00Z");
    (void)force_do(book, "iv", "warrant expire", warrant, NULL);
}

static const char *live(cu_register *book, const char *name, const char *address,
                        const char *warrant, const char *level)
{
    const char *const operation = force_do(
        book, "iv", "operation plan", NULL, "case", name, "kind", "warrant", "level", level,
        "address", address, "warrant", warrant, "plan_risk", "a", "plan_children", "b",
        "plan_welfare", "c", "plan_digital", "d", "plan_deconfliction", "e", NULL);

    (void)force_do(book, "di", "operation approve", operation, NULL);
    (void)force_do(book, "iv", "operation brief", operation, NULL);
    return force_do(book, "iv", "operation begin", operation, NULL);
}

static void w5_w6_i6_o2_a_visit_ends_with_its_records_whole(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const address = force_address(book, name);
    const char *const warrant = issued(book, name, address);
    const char *const operation = live(book, name, address, warrant, "high");
    const char *exhibit = NULL;

    (void)force_refused(book, "W6", "iv", "warrant execute", warrant, "address",
                        force_address(book, name), NULL);
    (void)force_do(book, "iv", "warrant execute", warrant, NULL);
    (void)force_refused(book, "W1", "iv", "warrant execute", warrant, NULL);
    exhibit = force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                       "description", "a stick", "operation", operation, NULL);
    (void)force_refused(book, "O2", "iv", "operation complete", operation, NULL);
    (void)force_do(book, "iv", "operation record-search", operation, "search_in_charge", "iv",
                   "search_authority", "warrant", "search_present", "the occupier",
                   "search_notice", "left there", NULL);
    (void)force_refused(book, "I6", "iv", "operation complete", operation, NULL);
    (void)force_do(book, "iv", "exhibit update", exhibit, "power", "warrant", "reason",
                   "left out", NULL);
    (void)force_refused(book, "U6", "iv", "operation complete", operation, "no_search",
                        "nobody was there", "ended", "2021-03-09T08:00:00Z", NULL);
    (void)force_do(book, "iv", "operation complete", operation, NULL);
    (void)force_refused(book, "W5", "iv", "warrant endorse", warrant, "found", "yes",
                        "other_seized", "no", "seized_count", "2", NULL);
    (void)force_do(book, "iv", "warrant endorse", warrant, "found", "yes", "other_seized", "no",
                   "seized_count", "1", NULL);
    (void)force_refused(book, "U6", "iv", "warrant return", warrant, "returned",
                        "2021-03-09T09:59:59Z", NULL);
    (void)force_do(book, "iv", "warrant return", warrant, "returned", "2021-03-09T10:00:00Z",
                   NULL);
}

static void w1_an_operation_under_a_warrant_is_live_while_the_warrant_is(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const address = force_address(book, name);
    const char *const court = drafted(book, name, address);
    const char *const operation =
        force_do(book, "iv", "operation plan", NULL, "case", name, "kind", "warrant", "level",
                 "low", "address", address, "plan_risk", "a", "plan_children", "b",
                 "plan_welfare", "c", "plan_digital", "d", "plan_deconfliction", "e", NULL);

    (void)force_do(book, "di", "operation approve", operation, NULL);
    (void)force_do(book, "iv", "operation brief", operation, NULL);
    assert_non_null(strstr(force_refused(book, "W1", "iv", "operation begin", operation, NULL),
                           "names no warrant"));
    assert_non_null(strstr(
        force_refused(book, "W1", "iv", "operation begin", operation, "warrant", court, NULL),
        "is not issued: it is draft"));
    (void)force_do(book, "di", "warrant authorise", court, NULL);
    (void)force_do(book, "iv", "warrant apply", court, "court", "A", "application_ref", "1",
                   NULL);
    (void)force_do(book, "iv", "warrant issue", court, "issued", "2021-03-09T10:00:00Z", NULL);
    (void)force_refused(book, "W1", "iv", "operation begin", operation, "warrant", court,
                        "began", "2021-03-09T09:59:59Z", NULL);
    force_clock("2021-06-09T23:00:00Z"); /* its last day is over */
    (void)force_refused(book, "W1", "iv", "operation begin", operation, "warrant", court, NULL);
    force_clock("2021-06-09T22:59:59Z");
    (void)force_do(book, "iv", "operation begin", operation, "warrant", court, NULL);
    assert_string_equal(force_state(), "live");
}

static void o1_an_operation_is_approved_with_every_item_answered_by_rank(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const silent = force_do(book, "iv", "address add", NULL, "case", name, "words",
                                        "5 Example Street", "origin", "intel", NULL);
    const char *const operation =
        force_do(book, "iv", "operation plan", NULL, "case", name, "kind", "warrant", "level",
                 "high", "address", silent, "plan_risk", "a", "plan_children", "b",
                 "plan_welfare", "c", "plan_digital", "d", NULL);

    (void)force_refused(book, "O1", "di", "operation approve", operation, NULL);
    (void)force_do(book, "iv", "operation amend", operation, "plan_deconfliction", "e", NULL);
    (void)force_refused(book, "O1", "di", "operation approve", operation, NULL);
    (void)force_do(book, "iv", "address answer", silent, "children_present", "unknown", "basis",
                   "asked", NULL);
    (void)force_refused(book, "O1", "ds", "operation approve", operation, NULL);
    (void)force_do(book, "iv", "operation amend", operation, "level", "medium", NULL);
    (void)force_do(book, "ds", "operation approve", operation, NULL);
    (void)live(book, name, silent, issued(book, name, silent), "low");
    assert_true(force_warned("under way at the same address"));
}

static void h1_h5_social_care_is_told_or_not_and_few_see_a_childs_record(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const child =
        force_do(book, "iv", "child add", NULL, "case", name, "kind", "self-generated", NULL);

    assert_string_equal(force_field("refer_by"), "2021-03-11T09:00:00.000000Z");
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_subject WHERE category ="
                                       " 'suspect' AND under_18 = 'yes'"),
                     0);
    (void)force_refused(book, "U1", "gr", "child view", child, NULL);
    (void)force_refused(book, "U1", "do", "child list", NULL, NULL);
    (void)force_refused(book, "H2", "iv", "child protect", child, "safeguarded_by", "a hug",
                        NULL);
    force_clock("2021-03-12T09:00:00Z");
    (void)force_do(book, "iv", "child refer", child, "la_home", "Anytown", NULL);
    assert_true(force_warned("later than policy allows"));
}

/* A child that waited without a name is not late on the day on which it has one. */
static void h1_an_identified_childs_clock_and_task_begin_when_it_is_known(void **state)
{
    cu_register *const book = force_book(state);
    const char *const child =
        force_do(book, "iv", "child add-unidentified", NULL, "case", force_case(book), "kind",
                 "victim-in-material", "known", "2021-01-10T09:00:00Z", NULL);
    char tasks[128];

    (void)snprintf(tasks, sizeof tasks,
                   "SELECT count(*) FROM register_task WHERE about = 'child:%s' AND words LIKE"
                   " 'tell social care%%'",
                   child);
    (void)force_do(book, "iv", "child identify", child, "la_home", "Anytown", NULL);
    assert_string_equal(force_field("refer_by"), "2021-03-11T09:00:00.000000Z");
    assert_int_equal(force_count(book, tasks), 1);
}

static void u1_the_last_administrator_stays(void **state)
{
    cu_register *const book = force_book(state);

    (void)force_refused(book, "U1", "ad", "officer leave", "ad", "reason", "retires", NULL);
    (void)force_refused(book, "U1", "ad", "officer amend", "ad", "roles", "ds", "reason",
                        "moves", NULL);
    (void)force_do(book, "ad", "officer amend", "ad", "name", "Ada", "reason", "typed wrong",
                   NULL);
    (void)force_do(book, "ad", "officer enrol", NULL, "number", "ad9", "name", "Another",
                   "rank", "staff", "roles", "admin", NULL);
    (void)force_do(book, "ad", "officer leave", "ad9", "reason", "retires", NULL);
}

static void
u2_u3_u4_u8_restricted_and_conflicted_cases_are_kept_from_whom_they_must(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_do(book, "iv", "case open", NULL, "title", "OP HUSH",
                                      "in_charge", "iv", "restricted", "yes", NULL);
    cu_outcome outcome = {.arena = cu_arena_new(1 << 20)};
    cu_err err = {0};
    const cu_request request = {
        .officer = "di2", .session = "test", .thing = "case", .action = "view", .ref = name};

    (void)force_refused(book, "U2", "iv2", "case view", name, NULL);
    (void)force_refused(book, "U8", "iv", "case view", name, NULL);
    (void)force_do(book, "iv", "case view", name, "reason", "my own case", NULL);
    (void)force_refused(book, "U4", "iv2", "access break-glass", NULL, "case", name, "reason",
                        "because", NULL);
    (void)force_do(book, "iv2", "access break-glass", NULL, "case", name, "reason",
                   "a child is at risk now", NULL);
    (void)force_do(book, "iv2", "case view", name, "reason", "a child is at risk now", NULL);
    assert_true(force_count(book, "SELECT count(*) FROM register_task WHERE words LIKE"
                                  " 'auditor: iv2 broke the glass%'") >= 1);
    (void)force_do(book, "di2", "access declare", NULL, "case", name, "reason", "a relative",
                   NULL);
    assert_int_equal(cu_register_act(book, &request, &outcome, NULL, &err), CU_ENOTFOUND);
    assert_null(strstr(err.text, "conflict")); /* as if the name had never been used */
    cu_arena_free(outcome.arena);
}

static void u3_a_case_is_in_nobodys_charge_who_must_not_see_it(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);

    (void)force_do(book, "iv2", "access declare", NULL, "case", name, "reason", "a relative",
                   NULL);
    (void)force_refused(book, "U3", "ds", "case assign", name, "in_charge", "iv2", "reason",
                        "leave", NULL);
    (void)force_do(book, "ds", "case assign", name, "in_charge", "ds", "reason", "leave", NULL);
}

static void t1_f4_p1_nobody_approves_what_they_did_themselves(void **state)
{
    cu_register *const book = force_book(state);
    const char *const task =
        force_do(book, "ds", "task raise", NULL, "words", "look", "priority", "low", NULL);
    const char *const figures =
        force_do(book, "ds", "figures draft", NULL, "month", "2021-02", NULL);
    const char *change = NULL;

    (void)force_do(book, "ds", "task allocate", task, "allocated_to", "ds", NULL);
    (void)force_do(book, "ds", "task result", task, "result", "done", NULL);
    (void)force_refused(book, "T1", "ds", "task approve", task, NULL);
    (void)force_refused(book, "F4", "ds", "figures release", figures, NULL);
    (void)force_do(book, "di", "figures release", figures, NULL);
    (void)force_refused(book, "U5", "di", "figures release", figures, NULL); /* F3: it stays */
    change = force_do(book, "di", "policy-change propose", NULL, "key", "search.characters",
                      "starts", "2021-03-01", "value", "4", "source", "force order 1", NULL);
    (void)force_refused(book, "U1", "di", "policy-change approve", change, NULL);
    (void)force_do(book, "ad", "policy-change approve", change, NULL);
    (void)force_refused(book, "S3", "iv", "subject list", NULL, "name", "Sam", NULL);
}

/* One that could not be read would stop every act, that of changing it back among them. */
static void p1_a_value_that_could_not_be_read_is_not_proposed(void **state)
{
    static const char *const wrong[][2] = {
        {"calendar.summer-time", "in summer"},
        {"calendar.summer-time", "13-last-sunday 01:00 10-last-sunday 01:00"},
        {"calendar.summer-time", "03-last-sunday 01:00 10-last-sunday 24:00"},
        {"calendar.weekend", "friday saturday"},
        {"risk.high", "a week"},
        {"risk.high", "-5"},
        {"risk.high", "99999999999999999999"},
        {"child.section-47", "3661"},
        {"retention.group-1", "99999"},
        {"exhibit.reference", "^[A-Z"},
        {"operation.ds-may-approve", "low middling"},
        {"clear-view.di", "perhaps"},
        {"audit.reason", "sometimes"}};
    static const char *const right[][2] = {
        {"calendar.summer-time", "03-last-sunday 01:00 10-last-sunday 01:00"},
        {"operation.ds-may-approve", "none"},
        {"figures.small", "0"},
        {"audit.reason", "always"}};
    cu_register *const book = force_book(state);

    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++)
        (void)force_refused(book, "P1", "di", "policy-change propose", NULL, "key", wrong[i][0],
                            "starts", "2022-01-01", "value", wrong[i][1], "source", "order 3",
                            NULL);
    for (size_t i = 0; i < CU_COUNT_OF(right); i++)
        (void)force_do(book, "di", "policy-change propose", NULL, "key", right[i][0], "starts",
                       "2022-01-01", "value", right[i][1], "source", "order 3", NULL);
}

static void u5_a_record_that_changed_since_it_was_seen_is_not_changed_again(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    cu_outcome outcome = {.arena = cu_arena_new(1 << 20)};
    const cu_given given[] = {{"in_charge", "iv2", {NULL, 0}}, {"reason", "leave", {NULL, 0}}};
    const cu_request request = {.officer = "ds",
                                .session = "test",
                                .thing = "case",
                                .action = "assign",
                                .ref = name,
                                .given = given,
                                .given_count = 2,
                                .version = 1};

    assert_int_equal(cu_register_act(book, &request, &outcome, NULL, NULL), CU_OK);
    assert_int_equal(cu_register_act(book, &request, &outcome, NULL, NULL), CU_EREFUSED);
    assert_string_equal(outcome.rule, "U5");
    cu_arena_free(outcome.arena);
}

static void every_act_every_look_and_every_refusal_is_an_entry(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const int64_t before = force_count(book, "SELECT count(*) FROM ledger_entry");

    (void)force_do(book, "iv", "case view", name, NULL);
    (void)force_do(book, "iv", "case list", NULL, "in_charge", "iv", NULL);
    (void)force_refused(book, "U1", "iv", "case restrict", name, "reason", "x", NULL);
    (void)force_do(book, "ds", "case restrict", name, "reason", "x", NULL);
    assert_int_equal(force_count(book, "SELECT count(*) FROM ledger_entry"), before + 4);
}

/* An operation of a case is of no lower risk than what the case is about. */
static void o1_a_sergeant_approves_by_the_risk_that_is_assessed(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = researching(book, "O1");
    const char *const name = force_case(book);
    const char *const operation = force_do(
        book, "iv", "operation plan", NULL, "case", name, "kind", "voluntary", "level", "low",
        "address", force_address(book, name), "plan_risk", "a", "plan_children", "b",
        "plan_welfare", "c", "plan_digital", "d", "plan_deconfliction", "e", NULL);

    (void)risk(book, "in", referral, "very-high");
    (void)force_do(book, "in", "referral assess", referral, "children", "no", NULL);
    (void)force_do(book, "ds", "referral allocate", referral, "owner", "iv", NULL);
    (void)force_do(book, "iv", "referral activate", referral, "case", name, NULL);
    assert_non_null(
        strstr(force_refused(book, "O1", "ds", "operation approve", operation, NULL),
               "of very-high risk is for an inspector"));
    (void)risk(book, "di", referral, "medium");
    (void)force_do(book, "ds", "operation approve", operation, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(r1_a_referral_has_a_file_or_a_summary_and_a_time_that_has_been),
        ON_BOTH(r2_a_sources_reference_is_registered_once),
        ON_BOTH(r3_an_assessed_referral_has_a_risk_and_an_answer_about_children),
        ON_BOTH(r4_a_referral_is_not_allocated_to_an_officer_in_conflict),
        ON_BOTH(r5_r6_r7_a_referral_ends_with_a_case_a_transfer_or_a_closing),
        ON_BOTH(r8_nothing_is_done_about_a_referral_before_its_receipt),
        ON_BOTH(k1_one_assessment_is_current_and_names_the_one_before),
        ON_BOTH(k2_k3_a_lower_level_needs_a_supervisor_and_keeps_the_deadline),
        ON_BOTH(k4_whoever_assesses_is_trained_in_the_tool),
        ON_BOTH(s1_s2_a_category_has_a_reason_and_a_merge_can_be_undone),
        ON_BOTH(s3_s4_a_search_has_three_characters_and_an_assertion_its_standing),
        ON_BOTH(v1_v2_two_officers_read_the_original_and_a_change_undoes_both),
        ON_BOTH(v1_a_network_address_has_one_origin_and_two_officers),
        ON_BOTH(w2_w3_an_inspector_who_does_not_apply_authorises_for_a_verified_address),
        ON_BOTH(w4_a_refused_application_is_declared_in_the_next),
        ON_BOTH(w4_several_refused_applications_are_declared_together),
        ON_BOTH(w1_a_warrant_expires_when_its_last_day_is_over),
        ON_BOTH(w5_w6_i6_o2_a_visit_ends_with_its_records_whole),
        ON_BOTH(w1_an_operation_under_a_warrant_is_live_while_the_warrant_is),
        ON_BOTH(o1_a_sergeant_approves_by_the_risk_that_is_assessed),
        ON_BOTH(o1_an_operation_is_approved_with_every_item_answered_by_rank),
        ON_BOTH(h1_an_identified_childs_clock_and_task_begin_when_it_is_known),
        ON_BOTH(u1_the_last_administrator_stays),
        ON_BOTH(k3_a_result_below_the_tools_own_is_lowered_by_a_supervisor),
        ON_BOTH(h1_h5_social_care_is_told_or_not_and_few_see_a_childs_record),
        ON_BOTH(u2_u3_u4_u8_restricted_and_conflicted_cases_are_kept_from_whom_they_must),
        ON_BOTH(u5_a_record_that_changed_since_it_was_seen_is_not_changed_again),
        ON_BOTH(every_act_every_look_and_every_refusal_is_an_entry),
        ON_BOTH(u3_a_case_is_in_nobodys_charge_who_must_not_see_it),
        ON_BOTH(t1_f4_p1_nobody_approves_what_they_did_themselves),
        ON_BOTH(p1_a_value_that_could_not_be_read_is_not_proposed),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
