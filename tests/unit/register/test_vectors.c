/* SPDX-License-Identifier: Apache-2.0 */
/* The eighteen vectors that the domain says are worth writing first, on both stores. */
#include "register/figures/figures.h"
#include "register/intake/tip.h"
#include "support/force.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *subject_of(cu_register *book, const char *case_name)
{
    return force_do(book, "iv", "subject add", NULL, "case", case_name, "category", "suspect",
                    NULL);
}

static void arrest_at(cu_register *book, const char *case_name, const char *at)
{
    (void)force_do(book, "iv", "arrest record", NULL, "subject", subject_of(book, case_name),
                   "place", "Anytown", "offences", "PCA 1978 s.1", "necessity", "to secure",
                   "at", at, NULL);
}

static int figure(cu_register *book, const char *month, const char *name)
{
    char key[64];
    const char *at = NULL;

    (void)force_do(book, "ds", "figures show", NULL, "month", month, NULL);
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(force_more(), key);
    assert_non_null(at);
    return (int)strtol(at + strlen(key), NULL, 10);
}

static void vector_1_an_arrest_at_half_past_midnight_on_1_april_counts_in_april(void **state)
{
    cu_register *const book = force_book(state);

    force_clock("2021-04-02T09:00:00Z");

    const int march = figure(book, "2021-03", "arrests");
    const int april = figure(book, "2021-04", "arrests");

    arrest_at(book, force_case(book), "2021-03-31T23:30:00Z");
    assert_int_equal(figure(book, "2021-03", "arrests"), march);
    assert_int_equal(figure(book, "2021-04", "arrests"), april + 1);
}

static const char *issued_warrant(cu_register *book, const char *case_name, const char *issued)
{
    const char *const warrant =
        force_do(book, "iv", "warrant draft", NULL, "case", case_name, "statute",
                 "PCA 1978 s.4", "premises", "specific", "entries", "single", "address",
                 force_address(book, case_name), NULL);

    (void)force_do(book, "di", "warrant authorise", warrant, NULL);
    (void)force_do(book, "iv", "warrant apply", warrant, "court", "Anytown", "application_ref",
                   "1/21", NULL);
    return force_do(book, "iv", "warrant issue", warrant, "issued", issued, NULL);
}

static void vector_2_a_warrant_of_30_november_may_be_executed_until_28_february(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *warrant = NULL;

    force_clock("2021-03-02T09:00:00Z");
    warrant = issued_warrant(book, name, "2020-11-30T10:00:00Z");
    assert_string_equal(force_field("last_day"), "2021-02-28");
    (void)force_refused(book, "W1", "iv", "warrant execute", warrant, "at",
                        "2021-03-01T00:00:00Z", NULL);
    (void)force_refused(book, "W1", "iv", "warrant execute", warrant, "at",
                        "2020-11-30T09:59:00Z", NULL);
    (void)force_do(book, "iv", "warrant execute", warrant, "at", "2021-02-28T23:59:59Z", NULL);
    force_clock("2023-12-01T09:00:00Z");
    warrant = issued_warrant(book, name, "2023-11-30T10:00:00Z");
    assert_string_equal(force_field("last_day"), "2024-02-29");
}

static const char *received(cu_register *book, const char *at, const char *reference)
{
    return force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref",
                    reference, "received", at, "summary", "invented", NULL);
}

static void vector_3_a_raise_on_day_20_gives_24_hours_and_not_a_time_gone_by(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral = received(book, "2021-02-01T10:00:00Z", "V3");

    force_clock("2021-02-01T12:00:00Z");
    (void)force_do(book, "in", "risk record", NULL, "referral", referral, "tool", "kirat-2",
                   "tool_version", "2", "level", "low", "inputs_ref", "F1", NULL);
    assert_string_equal(force_field("act_by"), "2021-03-03T10:00:00.000000Z");
    force_clock("2021-02-21T12:00:00Z");
    (void)force_do(book, "in", "risk record", NULL, "referral", referral, "tool", "kirat-2",
                   "tool_version", "2", "level", "very-high", "inputs_ref", "F2", NULL);
    assert_string_equal(force_field("act_by"), "2021-02-22T12:00:00.000000Z");
    assert_string_equal(force_look(book, "referral", referral, "act_by"),
                        "2021-02-22T12:00:00.000000Z");
}

static void vector_4_two_officers_with_one_set_of_initials_do_not_share_marks(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    char wanted[64];

    (void)force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                   "description", "a stick", NULL);
    assert_string_equal(force_field("mark"), "ABC/1");
    (void)force_refused(book, "I0", "iv3", "exhibit seize", NULL, "case", name, "kind", "usb",
                        "description", "another", NULL);
    (void)force_do(book, "iv3", "exhibit seize", NULL, "case", name, "kind", "usb",
                   "description", "another", "mark", "ABCX/1", NULL);
    (void)snprintf(wanted, sizeof wanted, "%s:ABC/2", name);
    assert_string_equal(force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                                 "description", "a stick", NULL),
                        wanted);
}

static void vector_5_a_transfer_that_only_the_receiver_acknowledges_is_in_transit(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit =
        force_do(book, "iv", "exhibit seize", NULL, "case", force_case(book), "kind", "phone",
                 "description", "a phone", NULL);

    (void)force_do(book, "iv2", "exhibit receive", exhibit, NULL);
    assert_true(force_warned("in transit"));
    assert_string_equal(force_field("transit_to"), "iv2");
    assert_string_equal(force_field("holder"), "officer:iv");
    (void)force_refused(book, "C3", "iv", "exhibit seal", exhibit, "seal", "V5-1", NULL);
    (void)force_do(book, "iv", "exhibit transfer", exhibit, "to", "iv2", NULL);
    assert_string_equal(force_field("holder"), "officer:iv2");
    assert_null(force_field("transit_to"));
}

static void vector_6_unsealing_by_an_old_seal_is_refused(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit =
        force_do(book, "iv", "exhibit seize", NULL, "case", force_case(book), "kind", "phone",
                 "description", "a phone", NULL);

    (void)force_do(book, "iv", "exhibit seal", exhibit, "seal", "V6-1", NULL);
    (void)force_do(book, "iv", "exhibit unseal", exhibit, "old_seal", "V6-1", "reason", "look",
                   NULL);
    (void)force_do(book, "iv", "exhibit reseal", exhibit, "seal", "V6-2", NULL);
    (void)force_refused(book, "C4", "iv", "exhibit unseal", exhibit, "old_seal", "V6-1",
                        "reason", "look", NULL);
    (void)force_refused(book, "C4", "iv", "exhibit reseal", exhibit, "seal", "V6-3", NULL);
}

static void vector_7_what_is_recorded_late_says_why_and_is_marked(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *exhibit = NULL;
    char event[80];

    force_clock("2021-03-12T09:00:01Z");
    (void)force_refused(book, "C5", "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                        "description", "a stick", "seized", "2021-03-10T08:00:00Z", NULL);
    exhibit = force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb",
                       "description", "a stick", "seized", "2021-03-10T08:00:00Z", "reason",
                       "the tablet was offline", NULL);
    assert_true(force_warned("late entry"));
    (void)snprintf(event, sizeof event, "%s#1", exhibit);
    assert_string_equal(force_look(book, "custody", event, "late"), "yes");
    assert_string_equal(force_look(book, "custody", event, "at"),
                        "2021-03-10T08:00:00.000000Z");
}

/* What the child would send of a report. */
static const char *read_package(cu_register *book, const char *referral, const char *json)
{
    cu_arena *const arena = cu_arena_new(8 << 20);
    cu_tip_facts *const facts = cu_tip_begin(arena);
    cu_fact_sink sink = {.take = cu_tip_take, .context = facts};
    cu_tip tip;
    char sql[160];
    char package[32];

    assert_int_equal(
        cu_fact_read_json((cu_bytes){(const uint8_t *)json, strlen(json)}, "", &sink, NULL),
        CU_OK);
    assert_int_equal(cu_tip_end(facts, "json", &tip, NULL), CU_OK);
    (void)snprintf(sql, sizeof sql,
                   "SELECT max(id) FROM register_package WHERE referral = '%s'", referral);
    (void)snprintf(package, sizeof package, "P-2021-%05lld", (long long)force_count(book, sql));

    const char *const done = force_do_with(book, &tip, "in", "package extract", package, NULL);

    cu_arena_free(arena);
    return done;
}

static void
vector_8_the_same_report_from_two_sources_is_a_duplicate_with_its_own_clock(void **state)
{
    static const char report[] =
        "{\"reportId\":4564654,\"reportedPeople\":{\"reportedPersons\":[{\"screenName\":{"
        "\"value\":\"sample_user\"}}]}}";
    cu_register *const book = force_book(state);
    const char *const first =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "NCA-8",
                 "received", "2021-03-01T10:00:00Z", "file", report, NULL);
    const char *second = NULL;

    (void)read_package(book, first, report);
    (void)force_do(book, "in", "referral register", first, NULL);
    assert_string_equal(force_state(), "registered");
    second =
        force_do(book, "in", "referral receive", NULL, "source", "ncmec-direct", "source_ref",
                 "N-8", "received", "2021-03-05T10:00:00Z", "file", report, NULL);
    (void)read_package(book, second, report);
    (void)force_do(book, "in", "referral register", second, NULL);
    assert_string_equal(force_state(), "duplicate");
    assert_string_equal(force_field("duplicate_of"), first);
    assert_string_equal(force_field("assess_by"), "2021-03-06T10:00:00.000000Z");
    assert_true(force_count(book, "SELECT count(*) FROM register_link WHERE basis LIKE "
                                  "'screen-name sample_user'") >= 1);
}

static void vector_9_json_with_a_byte_order_mark_and_nulls_keeps_the_original(void **state)
{
    static const char report[] = "\xEF\xBB\xBF{\"reportId\":9999001,\"reportedPeople\":null,"
                                 "\"brandNew\":\"kept\"}";
    cu_register *const book = force_book(state);
    const char *const referral =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "NCA-9",
                 "received", "2021-03-01T10:00:00Z", "file", report, NULL);
    char sql[256];

    (void)read_package(book, referral, report);
    assert_string_equal(force_field("unknown"), "1");
    assert_string_equal(force_look(book, "referral", referral, "report"), "9999001");
    (void)snprintf(sql, sizeof sql,
                   "SELECT length(c.bytes) FROM register_content c JOIN register_package p ON"
                   " p.sha256 = c.sha256 WHERE p.referral = '%s'",
                   referral);
    assert_int_equal(force_count(book, sql), sizeof report - 1);
}

static void vector_10_a_member_that_leaves_its_folder_is_a_problem_of_the_package(void **state)
{
    cu_register *const book = force_book(state);
    const char *const referral =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "NCA-10",
                 "received", "2021-03-01T10:00:00Z", "file", "PK", NULL);
    cu_tip_remark problem = {"../../etc/passwd",
                             "its name leaves its folder; it is kept under its digest"};
    const cu_tip tip = {.format = "zip", .problems = &problem, .problem_count = 1};
    char sql[160];
    char package[32];

    (void)snprintf(sql, sizeof sql,
                   "SELECT max(id) FROM register_package WHERE referral = '%s'", referral);
    (void)snprintf(package, sizeof package, "P-2021-%05lld", (long long)force_count(book, sql));
    (void)force_do_with(book, &tip, "in", "package extract", package, NULL);
    assert_string_equal(force_field("problems"), "1");
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_remark WHERE path ="
                                       " '../../etc/passwd'"),
                     1);
}

static void vector_11_an_address_of_a_time_without_offset_cannot_be_verified(void **state)
{
    cu_register *const book = force_book(state);
    const char *const address =
        force_do(book, "iv", "address add", NULL, "case", force_case(book), "words",
                 "2 Example Street", "origin", "ip-resolution", "ip", "192.0.2.10", "port",
                 "51515", "event_time", "2021-02-27 21:14:05", NULL);

    assert_true(force_warned("cannot be verified"));
    (void)force_refused(book, "V3", "iv2", "address verify", address, "ip", "192.0.2.10",
                        "port", "51515", "event_time", "2021-02-27 21:14:05", NULL);
}

static void vector_12_a_sensitive_row_is_not_in_the_schedule_for_the_defence(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *material = NULL;
    const char *schedule = NULL;

    material = force_do(book, "iv", "material add", NULL, "case", name, "description",
                        "Notebook of the search", "origin", "iv", "location", "Store A", NULL);
    (void)force_do(book, "iv", "material assess", material, "relevance", "relevant", NULL);
    material = force_do(book, "iv", "material add", NULL, "case", name, "description",
                        "Report of SECRET-SOURCE", "origin", "iv", "location", "Safe", NULL);
    (void)force_do(book, "iv", "material assess", material, "relevance", "relevant",
                   "sensitive", "yes", "sensitive_reason", "a source would be known", NULL);
    (void)force_do(book, "ds", "access grant", NULL, "case", name, "officer", "do", "reason",
                   "disclosure officer", NULL);
    schedule = force_do(book, "do", "schedule draft", NULL, "case", name, "kind", "6C", NULL);
    (void)force_do(book, "do", "schedule certify", schedule, NULL);
    assert_non_null(strstr(force_document(), "Notebook of the search"));
    assert_null(strstr(force_document(), "SECRET"));
    assert_null(strstr(force_document(), "Safe"));
    schedule = force_do(book, "do", "schedule draft", NULL, "case", name, "kind", "6D", NULL);
    (void)force_do(book, "do", "schedule certify", schedule, NULL);
    assert_non_null(strstr(force_document(), "SECRET-SOURCE"));
    assert_null(strstr(force_document(), "Notebook"));
}

static const char *graded_twice(cu_register *book, const char *file, const char *code)
{
    (void)force_do(book, "gr", "media grade", file, "grade", code, "grade_scheme", "UK-SC-2014",
                   NULL);
    return force_do(book, "gr2", "media grade-second", file, "grade", code, "grade_scheme",
                    "UK-SC-2014", NULL);
}

static void vector_13_a_grade_that_changes_leaves_the_frozen_counts(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "V13");
    const char *const file = force_file(book, exhibit, 'd');
    const char *count = NULL;
    char before[256];

    (void)graded_twice(book, file, "C");
    count = force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    (void)snprintf(before, sizeof before, "%s", force_field("counts"));
    assert_non_null(strstr(before, "\"grade\":\"C\""));
    (void)force_do(book, "di", "media regrade", file, "reason", "in doubt", NULL);
    (void)graded_twice(book, file, "NOT-ILLEGAL");
    assert_string_equal(force_look(book, "count", count, "counts"), before);
    (void)force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
    assert_non_null(strstr(force_field("counts"), "NOT-ILLEGAL"));
}

static void vector_14_an_exhibit_with_one_category_c_file_is_not_returned(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "V14");

    (void)graded_twice(book, force_file(book, exhibit, 'e'), "C");
    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                        "return", "reasons", "asked for", NULL);
    (void)force_refused(book, "I4", "iv", "disposal request", NULL, "exhibit", exhibit, "kind",
                        "return-unexamined", "reasons", "asked for", NULL);
    (void)force_do(book, "iv", "disposal request", NULL, "exhibit", exhibit, "kind", "forfeit",
                   "reasons", "indecent photographs", NULL);
}

static void vector_15_a_section_47_outcome_is_due_after_fifteen_working_days(void **state)
{
    cu_register *const book = force_book(state);
    const char *const child = force_do(book, "iv", "child add", NULL, "case", force_case(book),
                                       "kind", "household", NULL);

    (void)force_do(book, "iv", "child refer", child, "la_home", "Anytown", NULL);
    force_clock("2021-03-31T10:00:00Z");
    (void)force_do(book, "iv", "child strategy", child, "decision", "s47", "agencies",
                   "police, social care", NULL);
    assert_string_equal(force_field("s47_due"), "2021-04-23"); /* Easter is in between */
    assert_string_equal(force_state(), "s47");
}

static int run_verifier(const char *path, char *said, size_t room)
{
    char command[512];
    FILE *pipe = NULL;

    (void)snprintf(command, sizeof command, "python3 %s/../../scripts/verify-custody %s 2>&1",
                   getenv("CUSTOS_SUPPORT"), path);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    said[fread(said, 1, room - 1, pipe)] = '\0';
    return pclose(pipe);
}

static void write_file(const char *path, const char *bytes, size_t n)
{
    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

static void vector_16_one_byte_flipped_in_a_chain_is_named_by_its_number(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_booked_in(book, force_case(book), "V16");
    char chain[8192];
    char said[1024];
    const char *const path = stores_path("chain");
    size_t n = 0;
    int line = 1;

    (void)force_do(book, "iv", "exhibit chain", exhibit, NULL);
    n = strlen(force_document());
    assert_true(n < sizeof chain);
    memcpy(chain, force_document(), n + 1);
    write_file(path, chain, n);
    assert_int_equal(run_verifier(path, said, sizeof said), 0);
    for (size_t at = 0; at < n; at += 311) {
        char wanted[32];

        line = 1;
        for (size_t i = 0; i < at; i++)
            line += chain[i] == '\n';
        chain[at] ^= 1;
        write_file(path, chain, n);
        chain[at] ^= 1;
        (void)snprintf(wanted, sizeof wanted, "event %d", line);
        assert_int_not_equal(run_verifier(path, said, sizeof said), 0);
        if (strstr(said, wanted) == NULL)
            fail_msg("byte %zu of %s: %s", at, wanted, said);
    }
}

static void vector_17_a_child_of_two_referrals_is_one_in_the_figures(void **state)
{
    cu_register *const book = force_book(state);
    const char *const name = force_case(book);
    const char *const first = received(book, "2021-03-01T10:00:00Z", "V17-1");
    const char *const second = received(book, "2021-03-02T10:00:00Z", "V17-2");
    const int before = figure(book, "2021-03", "children_safeguarded");
    const char *const child = force_do(book, "iv", "child add", NULL, "case", name, "referral",
                                       first, "kind", "household", NULL);

    (void)force_do(book, "iv", "child link", child, "referral", second, NULL);
    (void)force_refused(book, "H2", "iv", "child link", child, "referral", second, NULL);
    (void)force_do(book, "iv", "child protect", child, "safeguarded_by", "removed-suspect",
                   NULL);
    assert_int_equal(figure(book, "2021-03", "children_safeguarded"), before + 1);
    force_clock("2021-04-10T09:00:00Z");
    (void)force_do(book, "iv", "child protect", child, "safeguarded_by", "csc-plan", NULL);
    assert_int_equal(figure(book, "2021-03", "children_safeguarded"), before + 1);
    assert_int_equal(figure(book, "2021-04", "children_safeguarded"), 0);
}

static void vector_18_a_clear_view_over_the_limit_is_refused_and_logged(void **state)
{
    cu_register *const book = force_book(state);
    const char *const exhibit = force_with_examiner(book, force_case(book), "V18");
    const char *const file = force_file(book, exhibit, 'f');
    const int64_t denied =
        force_count(book, "SELECT count(*) FROM ledger_entry WHERE action = 'media.see-clear'");

    (void)force_do(book, "gr", "media see-clear", file, "exhibit", exhibit, "seconds", "3000",
                   NULL);
    assert_true(force_warned("take a break"));
    (void)force_refused(book, "G6", "gr", "media see-clear", file, "exhibit", exhibit,
                        "seconds", "601", NULL);
    (void)force_do(book, "gr", "media see-clear", file, "exhibit", exhibit, "seconds", "600",
                   NULL);
    (void)force_refused(book, "G6", "gr", "media see-clear", file, "exhibit", exhibit,
                        "seconds", "0", NULL); /* at the limit, and of no length */
    (void)force_refused(book, "G6", "iv", "media see-clear", file, "exhibit", exhibit,
                        "seconds", "1", NULL);
    (void)force_refused(book, "U1", "au", "media see-clear", file, "exhibit", exhibit,
                        "seconds", "1", NULL);
    assert_int_equal(
        force_count(book, "SELECT count(*) FROM ledger_entry WHERE action = 'media.see-clear'"),
        denied + 6);
}

/* A package that says of its sender that it may have made the material itself. */
static void h4_an_import_gives_nobody_the_category_of_suspect(void **state)
{
    static const char report[] =
        "{\"reportId\":4564655,\"possibleSelfProduction\":true,\"victim\":{\"screenName\":{"
        "\"value\":\"sample_child\"}},\"reportedPeople\":{\"reportedPersons\":[{\"screenName\":"
        "{"
        "\"value\":\"sample_self\"}}]}}";
    cu_register *const book = force_book(state);
    const int64_t people = force_count(book, "SELECT count(*) FROM register_subject");
    const char *const referral =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref", "NCA-H4",
                 "received", "2021-03-01T10:00:00Z", "file", report, NULL);
    const char *child = NULL;

    (void)read_package(book, referral, report);
    assert_string_equal(force_field("identifiers"), "2");
    assert_string_equal(force_look(book, "referral", referral, "children"), "yes");
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_subject"), people);
    assert_int_equal(force_count(book,
                                 "SELECT count(*) FROM register_identifier WHERE"
                                 " whose NOT IN ('reported', 'recipient', 'victim', 'file',"
                                 " 'other')"),
                     0);
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_identifier WHERE"
                                       " \"value\" = 'sample_child' AND whose = 'reported'"),
                     0);
    assert_true(force_count(book, "SELECT count(*) FROM register_task WHERE words LIKE 'the"
                                  " package speaks of a child%'") >= 1);
    /* Nor does the child's record make a person of it. */
    child = force_do(book, "iv", "child add", NULL, "referral", referral, "kind",
                     "self-generated", NULL);
    assert_null(force_look(book, "child", child, "subject"));
    assert_int_equal(force_count(book, "SELECT count(*) FROM register_subject"), people);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(vector_1_an_arrest_at_half_past_midnight_on_1_april_counts_in_april),
        ON_BOTH(vector_2_a_warrant_of_30_november_may_be_executed_until_28_february),
        ON_BOTH(vector_3_a_raise_on_day_20_gives_24_hours_and_not_a_time_gone_by),
        ON_BOTH(vector_4_two_officers_with_one_set_of_initials_do_not_share_marks),
        ON_BOTH(vector_5_a_transfer_that_only_the_receiver_acknowledges_is_in_transit),
        ON_BOTH(vector_6_unsealing_by_an_old_seal_is_refused),
        ON_BOTH(vector_7_what_is_recorded_late_says_why_and_is_marked),
        ON_BOTH(vector_8_the_same_report_from_two_sources_is_a_duplicate_with_its_own_clock),
        ON_BOTH(vector_9_json_with_a_byte_order_mark_and_nulls_keeps_the_original),
        ON_BOTH(vector_10_a_member_that_leaves_its_folder_is_a_problem_of_the_package),
        ON_BOTH(vector_11_an_address_of_a_time_without_offset_cannot_be_verified),
        ON_BOTH(vector_12_a_sensitive_row_is_not_in_the_schedule_for_the_defence),
        ON_BOTH(vector_13_a_grade_that_changes_leaves_the_frozen_counts),
        ON_BOTH(vector_14_an_exhibit_with_one_category_c_file_is_not_returned),
        ON_BOTH(vector_15_a_section_47_outcome_is_due_after_fifteen_working_days),
        ON_BOTH(vector_16_one_byte_flipped_in_a_chain_is_named_by_its_number),
        ON_BOTH(vector_17_a_child_of_two_referrals_is_one_in_the_figures),
        ON_BOTH(h4_an_import_gives_nobody_the_category_of_suspect),
        ON_BOTH(vector_18_a_clear_view_over_the_limit_is_refused_and_logged),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
