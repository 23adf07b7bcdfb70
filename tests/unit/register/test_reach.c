/* SPDX-License-Identifier: Apache-2.0 */
/* Need to know: what comes out of a restricted case is in no list, search, link or figure of
 * an officer who is not on its list, and a conflict hides that there is anything. Both stores.
 */
#include "ledger/ledger.h"
#include "register/figures/figures.h"
#include "register/intake/tip.h"
#include "support/force.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct shown {
    char refs[200][100];
    size_t n;
    cu_arena *arena;
    cu_record **list;
} shown;

/* What a list shows an officer. False: the kind is not for the officer's roles. */
static bool list_of(cu_register *book, const char *officer, const char *thing,
                    const cu_given *given, size_t given_count, shown *out)
{
    const cu_request request = {.officer = officer,
                                .session = "test",
                                .thing = thing,
                                .action = "list",
                                .given = given,
                                .given_count = given_count};
    cu_outcome outcome = {.arena = cu_arena_new(16 << 20)};
    cu_page page = {0};
    cu_err err = {0};
    const cu_status st = cu_register_act(book, &request, &outcome, &page, &err);

    if (st != CU_OK && (st != CU_EREFUSED || strcmp(outcome.rule, "U1") != 0))
        fail_msg("%s list by %s: %s", thing, officer, err.text);
    assert_true(page.count <= CU_COUNT_OF(out->refs));
    cu_arena_free(out->arena);
    *out = (shown){.n = page.count, .arena = outcome.arena, .list = page.list};
    for (size_t i = 0; i < page.count; i++)
        (void)snprintf(out->refs[i], sizeof out->refs[i], "%s", page.list[i]->ref);
    return st == CU_OK;
}

/* What a package of a referral says, as the child would have read it. */
static void read_package(cu_register *book, const char *referral, const char *handle)
{
    cu_tip_identifier identifiers[] = {
        {.kind = "screen-name", .value = handle, .original = handle, .whose = "reported"}};
    cu_tip_remark unknown = {"report/newThing", "kept"};
    const cu_tip tip = {.format = "json",
                        .identifiers = identifiers,
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

static const char *case_from(cu_register *book, const char *source_ref, const char *handle)
{
    const char *const name = force_case(book);
    const char *const referral =
        force_do(book, "in", "referral receive", NULL, "source", "nca", "source_ref",
                 source_ref, "received", "2021-03-01T10:00:00Z", "file", "{}", NULL);

    read_package(book, referral, handle);
    (void)force_do(book, "in", "referral register", referral, NULL);
    (void)force_do(book, "in", "referral research", referral, NULL);
    (void)force_do(book, "in", "risk record", NULL, "referral", referral, "tool", "kirat-2",
                   "tool_version", "2", "level", "low", "inputs_ref", "F", NULL);
    (void)force_do(book, "in", "child add", NULL, "referral", referral, "kind", "household",
                   NULL);
    (void)force_do(book, "in", "referral assess", referral, "children", "yes", NULL);
    (void)force_do(book, "ds", "referral allocate", referral, "owner", "iv", NULL);
    (void)force_do(book, "iv", "referral activate", referral, "case", name, NULL);
    return name;
}

static bool is_about(const cu_record *record, const char *name)
{
    const char *const of =
        cu_field_of(record->thing, "case") == NULL ? NULL : cu_record_text(record, "case");

    return strcmp(record->ref, name) == 0 || (of != NULL && strcmp(of, name) == 0);
}

static bool is_in(const shown *list, const char *ref)
{
    for (size_t i = 0; i < list->n; i++) {
        if (strcmp(list->refs[i], ref) == 0)
            return true;
    }
    return false;
}

/* The officer may look at none of these, one by one. */
static void check_views(cu_register *book, const char *officer, const char *thing,
                        const shown *all, const shown *allowed)
{
    const cu_given reason = {"reason", "a test looks", {NULL, 0}};

    for (size_t i = 0; i < all->n; i++) {
        const cu_request request = {.officer = officer,
                                    .session = "test",
                                    .thing = thing,
                                    .action = "view",
                                    .ref = all->refs[i],
                                    .given = &reason,
                                    .given_count = 1};
        cu_outcome outcome = {.arena = cu_arena_new(1 << 20)};
        const cu_status st = cu_register_act(book, &request, &outcome, NULL, NULL);

        if ((st == CU_OK) != is_in(allowed, all->refs[i]))
            fail_msg("%s %s is %s for %s", thing, all->refs[i], st == CU_OK ? "open" : "closed",
                     officer);
        cu_arena_free(outcome.arena);
    }
}

static void fill_case(cu_register *book, const char *name, const char *exhibit)
{
    const char *const subject =
        force_do(book, "iv", "subject add", NULL, "case", name, "name", "Sample Person", NULL);

    (void)force_do(book, "iv", "assertion add", NULL, "subject", subject, "what", "work",
                   "value", "a school", "standing", "fact", "source", "x", NULL);
    (void)force_do(book, "iv", "arrest record", NULL, "subject", subject, "place", "Anytown",
                   "offences", "x", "necessity", "y", NULL);
    (void)force_do(book, "iv", "welfare record", NULL, "subject", subject, "trigger", "arrest",
                   "risk", "some", "actions", "asked", NULL);
    (void)force_address(book, name);
    (void)force_do(book, "iv", "decision record", NULL, "case", name, "question", "q",
                   "decision", "d", "rationale", "r", NULL);
    (void)force_do(book, "iv", "hold place", NULL, "exhibit", exhibit, "kind", "civil",
                   "particulars", "x", NULL);
    (void)force_do(book, "ex", "count freeze", NULL, "exhibit", exhibit, NULL);
}

/* A restricted case with something of nearly every kind, and an open one beside it that has a
 * name and a file in common with it. */
typedef struct two {
    const char *secret, *open;
    const char *shared, *own; /* files: on both, and on the secret one's exhibit alone */
    const char *exhibit;      /* of the secret case */
} two;

static two make_two(cu_register *book)
{
    two made = {.secret = NULL};
    const char *exhibit = NULL;

    made.secret = case_from(book, "SECRET", "sample_handle");
    made.exhibit = force_with_examiner(book, made.secret, "RS");
    made.shared = force_file(book, made.exhibit, 'a');
    made.own = force_file(book, made.exhibit, 'b');
    (void)force_do(book, "gr", "media grade", made.own, "grade", "C", "grade_scheme",
                   "UK-SC-2014", NULL);
    fill_case(book, made.secret, made.exhibit);
    made.open = case_from(book, "OPEN", "sample_handle");
    exhibit = force_with_examiner(book, made.open, "RO");
    (void)force_file(book, exhibit, 'a');
    (void)force_do(book, "ds", "case restrict", made.secret, "reason", "a police suspect",
                   NULL);
    return made;
}

static two made_in[2];

static two *both_cases(void **state, cu_register **book)
{
    two *const made = &made_in[strcmp(*state, "postgresql") == 0];

    *book = force_book(state);
    if (made->secret == NULL) {
        static char kept[12][100];
        static size_t n;
        const char **const names[] = {&made->secret, &made->open, &made->shared, &made->own,
                                      &made->exhibit};

        *made = make_two(*book);
        for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
            (void)snprintf(kept[n], sizeof kept[n], "%s", *names[i]);
            *names[i] = kept[n++];
        }
    }
    return made;
}

/* Of every kind: the officer is shown what the auditor is, less what is of the secret case. */
static void what_comes_out_of_a_restricted_case_is_in_no_list_or_view(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);
    const cu_things things = cu_register_things();
    static const char unbound[] = "identifier package remark risk child referral media";
    shown all = {.n = 0};
    shown seen = {.n = 0};
    unsigned kinds = 0;

    for (size_t t = 0; t < things.n; t++) {
        const cu_thing *const thing = things.list[t];
        size_t hidden = 0;

        assert_true(list_of(book, "au", thing->name, NULL, 0, &all));
        if (!list_of(book, "iv2", thing->name, NULL, 0, &seen) ||
            strcmp(thing->name, "link") == 0)
            continue;
        for (size_t i = 0; i < all.n; i++) {
            const bool about = is_about(all.list[i], made->secret);

            if (about && is_in(&seen, all.refs[i]))
                fail_msg("%s %s of the restricted case is listed", thing->name, all.refs[i]);
            hidden += !is_in(&seen, all.refs[i]);
        }
        if (cu_words_have(unbound, thing->name)) {
            /* Two like referrals were made: one of each of what came out of them is seen. */
            assert_int_equal(hidden, all.n - seen.n);
            assert_int_equal(hidden, 1);
        }
        kinds += hidden > 0;
        check_views(book, "iv2", thing->name, &all, &seen);
    }
    assert_true(kinds >= 20);
    cu_arena_free(all.arena);
    cu_arena_free(seen.arena);
}

static void a_file_is_seen_by_whoever_may_see_one_place_of_it(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);

    (void)force_do(book, "iv2", "media view", made->shared, NULL);
    (void)force_refused(book, "U2", "iv2", "media view", made->own, NULL);
    (void)force_refused(book, "U2", "gr2", "media grade-second", made->own, "grade", "C",
                        "grade_scheme", "UK-SC-2014", NULL);
    (void)force_refused(book, "U2", "gr", "media see-clear", made->shared, "exhibit",
                        made->exhibit, "seconds", "1", NULL);
    (void)force_do(book, "iv", "media view", made->own, NULL);
}

static void a_search_by_what_is_named_finds_only_ones_own(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);
    const cu_given handle = {"value", "sample_handle", {NULL, 0}};
    const cu_given person = {"name", "sample person", {NULL, 0}};
    shown seen = {.n = 0};

    (void)made;
    assert_true(list_of(book, "iv", "identifier", &handle, 1, &seen));
    assert_int_equal(seen.n, 2);
    assert_true(list_of(book, "iv2", "identifier", &handle, 1, &seen));
    assert_int_equal(seen.n, 1);
    assert_true(list_of(book, "iv2", "subject", &person, 1, &seen));
    assert_int_equal(seen.n, 0);
    cu_arena_free(seen.arena);
}

/* The payload of the last entry, as it is kept under its key. */
static bool last_entry_says(cu_register *book, const char *words)
{
    uint8_t salt[CU_SALT_BYTES];
    cu_buffer value = {0};
    uint64_t size = 0;
    bool there = false;

    assert_int_equal(cu_ledger_size(cu_register_ledger(book), &size, NULL), CU_OK);
    assert_int_equal(
        cu_ledger_reveal(cu_register_ledger(book), size - 1, "act", salt, &value, NULL), CU_OK);
    cu_buffer_u8(&value, '\0');
    there = strstr((const char *)value.p, words) != NULL;
    cu_buffer_free(&value);
    return there;
}

static size_t count_covered(const shown *list)
{
    size_t covered = 0;

    for (size_t i = 0; i < list->n; i++) {
        covered += cu_record_is(list->list[i], "one", CU_NOT_FOR_YOU) ||
                   cu_record_is(list->list[i], "other", CU_NOT_FOR_YOU);
        assert_false(cu_record_is(list->list[i], "one", CU_NOT_FOR_YOU) &&
                     cu_record_is(list->list[i], "other", CU_NOT_FOR_YOU));
    }
    return covered;
}

static void a_link_shows_a_record_you_may_not_see_and_the_log_says_so(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);
    shown all = {.n = 0};
    shown seen = {.n = 0};

    (void)made;
    assert_true(list_of(book, "iv", "link", NULL, 0, &all));
    assert_int_equal(all.n, 2); /* by the handle, by the file */
    assert_int_equal(count_covered(&all), 0);
    assert_true(list_of(book, "iv2", "link", NULL, 0, &seen));
    assert_int_equal(seen.n, 2);
    assert_int_equal(count_covered(&seen), 2);
    assert_true(last_entry_says(book, "\"hidden\":2"));
    (void)force_do(book, "iv2", "link view", all.refs[0], NULL);
    assert_true(last_entry_says(book, "\"hidden\":1"));
    assert_true(strcmp(force_field("one"), CU_NOT_FOR_YOU) == 0 ||
                strcmp(force_field("other"), CU_NOT_FOR_YOU) == 0);
    (void)force_refused(book, "U2", "iv2", "link withdraw", all.refs[0], "reason", "x", NULL);
    (void)force_refused(book, "U6", "iv2", "link assert", NULL, "one", "nothing", "other",
                        "case:C", "basis", "x", NULL);
    (void)force_refused(book, "U2", "iv2", "link assert", NULL, "one",
                        "exhibit:C-2021-00001:ABC/1", "other", "case:C-2021-00002", "basis",
                        "x", NULL);
    cu_arena_free(all.arena);
    cu_arena_free(seen.arena);
}

static void a_figure_counts_all_and_names_what_one_may_see(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);

    (void)force_do(book, "ds", "figures drill", NULL, "month", "2021-03", "figure",
                   "items_seized", NULL);
    assert_non_null(strstr(force_document(), made->exhibit));
    (void)force_do(book, "di", "figures drill", NULL, "month", "2021-03", "figure",
                   "items_seized", NULL);
    assert_null(strstr(force_document(), made->exhibit));
    assert_non_null(strstr(force_document(), CU_NOT_FOR_YOU "\n"));
    assert_true(last_entry_says(book, "\"hidden\":1"));
    (void)force_do(book, "di", "figures show", NULL, "month", "2021-03", NULL);
    assert_non_null(strstr(force_more(), "\"items_seized\":2,"));
}

/* The last: from here on one officer more is in conflict. */
static void a_conflict_hides_that_there_is_a_link(void **state)
{
    cu_register *book = NULL;
    const two *const made = both_cases(state, &book);
    shown seen = {.n = 0};

    (void)force_do(book, "di2", "access declare", NULL, "case", made->secret, "reason",
                   "a relative", NULL);
    assert_true(list_of(book, "di2", "link", NULL, 0, &seen));
    assert_int_equal(seen.n, 0);
    assert_true(list_of(book, "di2", "identifier", NULL, 0, &seen));
    assert_int_equal(seen.n, 1);
    (void)force_do(book, "di2", "figures drill", NULL, "month", "2021-03", "figure",
                   "items_seized", NULL);
    assert_null(strstr(force_document(), made->exhibit));
    cu_arena_free(seen.arena);
}

/* Of more cases than are asked for at once; every fifth is restricted. */
static void a_search_over_many_cases_asks_each_of_them(void **state)
{
    enum { cases = 150 };

    cu_register *const book = force_book(state);
    const cu_given given[] = {{"name", "manifold", {NULL, 0}}, {"limit", "1000", {NULL, 0}}};
    shown seen = {.n = 0};

    for (int i = 0; i < cases; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "%s", force_case(book));
        (void)force_do(book, "iv", "subject add", NULL, "case", name, "name", "Manifold P.",
                       NULL);
        if (i % 5 == 0)
            (void)force_do(book, "ds", "case restrict", name, "reason", "sensitive", NULL);
    }
    assert_true(list_of(book, "iv2", "subject", given, 2, &seen));
    assert_int_equal(seen.n, cases - cases / 5);
    for (size_t i = 0; i < seen.n; i++)
        assert_string_equal(
            force_look(book, "case", cu_record_text(seen.list[i], "case"), "restricted"), "no");
    assert_true(list_of(book, "au", "subject", given, 2, &seen));
    assert_int_equal(seen.n, cases);
    cu_arena_free(seen.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(what_comes_out_of_a_restricted_case_is_in_no_list_or_view),
        ON_BOTH(a_file_is_seen_by_whoever_may_see_one_place_of_it),
        ON_BOTH(a_search_by_what_is_named_finds_only_ones_own),
        ON_BOTH(a_link_shows_a_record_you_may_not_see_and_the_log_says_so),
        ON_BOTH(a_figure_counts_all_and_names_what_one_may_see),
        ON_BOTH(a_conflict_hides_that_there_is_a_link),
        ON_BOTH(a_search_over_many_cases_asks_each_of_them),
        ON_BOTH(every_row_is_as_the_ledger_has_it),
    };

    return stores_run(tests);
}
