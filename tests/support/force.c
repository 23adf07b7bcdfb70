/* SPDX-License-Identifier: Apache-2.0 */
/* The invented force. Nobody here is anybody. */
#include "support/force.h"

#include "base/clock.h"
#include "register/examination/examination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { given_max = 32, refs_max = 64 };

static cu_register *books[2];
static int64_t clock_us;
static cu_arena *arena;
static cu_outcome outcome;
static char texts[8][512];
static unsigned text_at;

static int64_t now_us(void)
{
    return clock_us;
}

void force_clock(const char *text)
{
    cu_instant at = {0};

    assert_int_equal(cu_instant_read(text, &at, NULL), CU_OK);
    clock_us = at.time_us;
}

static char *one_text(void)
{
    text_at = (text_at + 1) % 8;
    return texts[text_at];
}

/* ---- acts ---- */

static cu_status act(cu_register *book, const void *extra, const char *officer,
                     const char *what, const char *ref, va_list arguments, cu_err *err)
{
    char thing[64];
    cu_given given[given_max];
    const char *const space = strchr(what, ' ');
    cu_request request = {.officer = officer,
                          .session = "test",
                          .thing = thing,
                          .action = space + 1,
                          .ref = ref,
                          .given = given,
                          .extra = extra};

    (void)snprintf(thing, sizeof thing, "%.*s", (int)(space - what), what);
    for (const char *name = NULL; (name = va_arg(arguments, const char *)) != NULL;) {
        assert_true(request.given_count < given_max);
        given[request.given_count] =
            (cu_given){.name = name, .text = va_arg(arguments, const char *)};
        assert_non_null(given[request.given_count].text);
        if (strcmp(name, "file") == 0) {
            const char *const content = given[request.given_count].text;

            given[request.given_count].bytes =
                (cu_bytes){(const uint8_t *)content, strlen(content)};
            given[request.given_count].text = "received.json";
        }
        request.given_count++;
    }
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_free(arena);
    arena = cu_arena_new(64 << 20);
    outcome = (cu_outcome){.arena = arena};
    assert_non_null(arena);
    return cu_register_act(book, &request, &outcome, NULL, err);
}

static const char *keep_ref(void)
{
    static char refs[refs_max][128];
    static unsigned at;

    at = (at + 1) % refs_max;
    (void)snprintf(refs[at], sizeof refs[at], "%s",
                   outcome.record == NULL ? "" : outcome.record->ref);
    return refs[at];
}

const char *force_do(cu_register *book, const char *officer, const char *what, const char *ref,
                     ...)
{
    va_list arguments;
    cu_err err = {0};

    va_start(arguments, ref);

    const cu_status st = act(book, NULL, officer, what, ref, arguments, &err);

    va_end(arguments);
    if (st != CU_OK)
        fail_msg("%s %s by %s: %s", what, ref == NULL ? "" : ref, officer, err.text);
    return keep_ref();
}

const char *force_do_with(cu_register *book, const void *extra, const char *officer,
                          const char *what, const char *ref, ...)
{
    va_list arguments;
    cu_err err = {0};

    va_start(arguments, ref);

    const cu_status st = act(book, extra, officer, what, ref, arguments, &err);

    va_end(arguments);
    if (st != CU_OK)
        fail_msg("%s %s by %s: %s", what, ref == NULL ? "" : ref, officer, err.text);
    return keep_ref();
}

static const char *check_refused(cu_status st, const char *rule, const char *officer,
                                 const char *what, const cu_err *err)
{
    if (st != CU_EREFUSED)
        fail_msg("%s by %s was not refused by %s: %s", what, officer, rule, err->text);
    if (strcmp(outcome.rule, rule) != 0)
        fail_msg("refused by %s, not by %s: %s", outcome.rule, rule, outcome.refusal);
    /* Every refusal is a sentence that says which rule, and where that comes from. */
    assert_non_null(strstr(outcome.refusal, "Rule "));
    assert_non_null(strstr(outcome.refusal, "Source: "));
    assert_true(strlen(outcome.source) > 8);
    return outcome.refusal;
}

const char *force_refused(cu_register *book, const char *rule, const char *officer,
                          const char *what, const char *ref, ...)
{
    va_list arguments;
    cu_err err = {0};

    va_start(arguments, ref);

    const cu_status st = act(book, NULL, officer, what, ref, arguments, &err);

    va_end(arguments);
    return check_refused(st, rule, officer, what, &err);
}

const char *force_refused_with(cu_register *book, const void *extra, const char *rule,
                               const char *officer, const char *what, const char *ref, ...)
{
    va_list arguments;
    cu_err err = {0};

    va_start(arguments, ref);

    const cu_status st = act(book, extra, officer, what, ref, arguments, &err);

    va_end(arguments);
    return check_refused(st, rule, officer, what, &err);
}

const char *force_field(const char *name)
{
    const cu_field *const field = cu_field_of(outcome.record->thing, name);
    char *const text = one_text();

    assert_non_null(field);
    if (!cu_record_has(outcome.record, name))
        return NULL;
    if (field->kind == CU_FIELD_TIME)
        cu_clock_text(cu_record_number(outcome.record, name), text);
    else if (field->kind == CU_FIELD_NUMBER)
        (void)snprintf(text, sizeof texts[0], "%lld",
                       (long long)cu_record_number(outcome.record, name));
    else
        (void)snprintf(text, sizeof texts[0], "%s", cu_record_text(outcome.record, name));
    return text;
}

const char *force_state(void)
{
    return outcome.record->state;
}

const char *force_document(void)
{
    cu_buffer_u8(&outcome.document, '\0');
    outcome.document.n--;
    return (const char *)outcome.document.p;
}

const char *force_more(void)
{
    cu_buffer_u8(&outcome.more, '\0');
    outcome.more.n--;
    return (const char *)outcome.more.p;
}

bool force_warned(const char *words)
{
    for (size_t i = 0; i < outcome.warning_count; i++) {
        if (strstr(outcome.warnings[i], words) != NULL)
            return true;
    }
    return false;
}

const char *force_look(cu_register *book, const char *thing, const char *ref, const char *field)
{
    char what[80];

    (void)snprintf(what, sizeof what, "%s view", thing);
    (void)force_do(book, "au", what, ref, "reason", "a test looks", NULL);
    if (strcmp(field, "state") != 0)
        return force_field(field);
    (void)snprintf(one_text(), sizeof texts[0], "%s", outcome.record->state);
    return texts[text_at];
}

int64_t force_count(cu_register *book, const char *sql)
{
    int64_t number = 0;
    cu_err err = {0};

    if (cu_store_number(cu_register_store(book), sql, CU_NO_VALUES, &number, &err) != CU_OK)
        fail_msg("%s", err.text);
    return number;
}

/* ---- the force ---- */

static void enrol(cu_register *book)
{
    static const struct {
        const char *number, *initials, *rank, *roles, *trained;
    } people[] = {{"in", "AAA", "constable", "intake", "kirat-2"},
                  {"iv", "ABC", "constable", "investigator", "kirat-2"},
                  {"iv2", "ABD", "constable", "investigator", "kirat-2"},
                  {"iv3", "ABC", "constable", "investigator", "none"},
                  {"ex", "EXA", "staff", "examiner", "dig-100"},
                  {"ex2", "EXB", "staff", "examiner", "dig-100"},
                  {"gr", "GRA", "staff", "grader", "none"},
                  {"gr2", "GRB", "staff", "grader", "none"},
                  {"xo", "XOA", "staff", "exhibits", "none"},
                  {"ds", "DSA", "sergeant", "ds", "kirat-2"},
                  {"di", "DIA", "inspector", "di", "kirat-2"},
                  {"di2", "DIB", "inspector", "di", "none"},
                  {"do", "DOA", "staff", "disclosure", "none"},
                  {"au", "AUA", "staff", "auditor", "none"}};

    (void)force_do(book, "ad", "officer enrol", NULL, "number", "ad", "name", "Ad Ministrator",
                   "rank", "staff", "roles", "admin", NULL);
    for (size_t i = 0; i < CU_COUNT_OF(people); i++)
        (void)force_do(book, "ad", "officer enrol", NULL, "number", people[i].number, "name",
                       "Invented Officer", "rank", people[i].rank, "roles", people[i].roles,
                       "initials", people[i].initials, "trained", people[i].trained, NULL);
}

static void close_books(void)
{
    for (size_t i = 0; i < CU_COUNT_OF(books); i++)
        cu_register_close(books[i]);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_free(arena);
}

cu_register *force_book(void **state)
{
    const bool team = strcmp(*state, "postgresql") == 0;
    const cu_register_options options = {.kek_path = stores_path(team ? "kek-pg" : "kek"),
                                         .now_us = now_us};
    cu_err err = {0};

    force_clock("2021-03-10T09:00:00Z");
    if (books[team] != NULL)
        return books[team];
    if (books[!team] == NULL)
        assert_int_equal(atexit(close_books), 0);
    if (cu_register_open(stores_fresh(state), &options, &books[team], &err) != CU_OK)
        fail_msg("%s", err.text);
    enrol(books[team]);
    return books[team];
}

void every_row_is_as_the_ledger_has_it(void **state)
{
    static cu_register_report report;
    cu_err err = {0};

    if (cu_register_audit(force_book(state), &report, &err) != CU_OK)
        fail_msg("%s", err.text);
    if (report.complaints_n > 0)
        fail_msg("%s", report.complaints[0]);
    assert_int_equal(report.rows, report.bound);
    assert_true(report.rows > 20);
}

/* ---- longer ways ---- */

const char *force_case(cu_register *book)
{
    return force_do(book, "iv", "case open", NULL, "title", "OP EXAMPLE", "in_charge", "iv",
                    NULL);
}

const char *force_address(cu_register *book, const char *case_name)
{
    return force_do(book, "iv", "address add", NULL, "case", case_name, "words",
                    "1 Example Street", "origin", "intel", "children_present", "no", "basis",
                    "intelligence", NULL);
}

const char *force_booked_in(cu_register *book, const char *case_name, const char *seal)
{
    const char *const exhibit =
        force_do(book, "iv", "exhibit seize", NULL, "case", case_name, "kind", "usb",
                 "description", "a black stick", "power", "warrant", NULL);

    (void)force_do(book, "iv", "exhibit seal", exhibit, "seal", seal, NULL);
    (void)force_do(book, "iv", "exhibit transfer", exhibit, "to", "xo", NULL);
    (void)force_do(book, "xo", "exhibit receive", exhibit, NULL);
    (void)force_do(book, "xo", "exhibit book-in", exhibit, "place", "Store A", NULL);
    return exhibit;
}

const char *force_with_examiner(cu_register *book, const char *case_name, const char *seal)
{
    const char *const exhibit = force_booked_in(book, case_name, seal);

    (void)force_do(book, "xo", "exhibit submit", exhibit, NULL);
    (void)force_do(book, "xo", "exhibit retrieve", exhibit, NULL);
    (void)force_do(book, "xo", "exhibit transfer", exhibit, "to", "ex", NULL);
    (void)force_do(book, "ex", "exhibit receive", exhibit, NULL);
    (void)force_do(book, "ex", "exhibit unseal", exhibit, "old_seal", seal, "reason",
                   "to be examined", NULL);
    return exhibit;
}

/* An examination of an exhibit that the examiner has, as far as its reading. */
static const char *acquiring(cu_register *book, const char *exhibit)
{
    const char *const examination = force_do(book, "iv", "examination request", NULL, "exhibit",
                                             exhibit, "questions", "what is on it", NULL);

    (void)force_do(book, "ex", "examination accept", examination, "fsa_code", "dig-100",
                   "accredited", "yes", "competence_ref", "C-1", NULL);
    return force_do(book, "ex", "examination acquire", examination, "method", "M 1", "tool",
                    "custos 0.1.0", "validation_ref", "V-1", NULL);
}

void force_attach(cu_register *book, const char *exhibit, const cu_attached_match *matches,
                  size_t count)
{
    cu_attached_match *const copies = calloc(count, sizeof *copies);
    cu_attachment attachment = {
        .name = "ABC-1.custos", .matches = copies, .match_count = count};
    static char seal[65];
    static unsigned seals;

    assert_non_null(copies);
    memcpy(copies, matches, count * sizeof *copies);
    (void)snprintf(seal, sizeof seal, "%064u", ++seals);
    attachment.seal = seal;
    (void)force_do_with(book, &attachment, "ex", "examination attach", acquiring(book, exhibit),
                        "evidence", "ABC-1.custos", NULL);
    free(copies);
}

const char *force_file(cu_register *book, const char *exhibit, char digit)
{
    static char sha256[8][65];
    static unsigned at;
    char *const name = sha256[at = (at + 1) % 8];
    const cu_attached_match match = {.path = "/p1/picture.jpg",
                                     .state = "allocated",
                                     .type = "image/jpeg",
                                     .set = "Demonstration",
                                     .set_version = "1",
                                     .algorithm = "md5",
                                     .strength = "exact-allocated",
                                     .scheme = "DEMO",
                                     .code = "1",
                                     .record = "7",
                                     .md5 = "d41d8cd98f00b204e9800998ecf8427e",
                                     .sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
                                     .sha256 = name,
                                     .bytes = 1000,
                                     .path_certain = true};

    memset(name, digit, 64);
    force_attach(book, exhibit, &match, 1);
    return name;
}
