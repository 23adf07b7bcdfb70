/* SPDX-License-Identifier: Apache-2.0 */
/* The public example's figures come out of its records; and many officers write at once. */
#include "base/clock.h"
#include "ledger/ledger.h"
#include "register/figures/figures.h"
#include "support/stores.h"
#include "support/year.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { writers = 8 };

static cu_register *open_book(void **state, const char *url, const char *kek)
{
    const cu_register_options options = {.kek_path = kek, .now_us = year_clock};
    cu_register *book = NULL;
    cu_err err = {0};

    (void)state;
    if (cu_register_open(url, &options, &book, &err) != CU_OK)
        fail_msg("%s", err.text);
    return book;
}

static void say(cu_register *book, cu_outcome *outcome, const char *thing, const char *action,
                const char *ref, const cu_given *given, size_t given_count, const char *officer)
{
    const cu_request request = {.officer = officer,
                                .session = "test",
                                .thing = thing,
                                .action = action,
                                .ref = ref,
                                .given = given,
                                .given_count = given_count};
    cu_err err = {0};

    if (cu_register_act(book, &request, outcome, NULL, &err) != CU_OK)
        fail_msg("%s", err.text);
}

static void the_examples_figures_come_out_of_a_generated_year(void **state)
{
    const char *const url = stores_fresh(state);
    cu_register *const book = open_book(state, url, stores_path(*state));
    cu_outcome outcome = {.arena = cu_arena_new(8 << 20)};
    cu_err err = {0};
    const cu_given march[] = {{"month", "2021-03", {NULL, 0}},
                              {"base_name", "2018-19", {NULL, 0}},
                              {"base_from", "2018-04-01", {NULL, 0}},
                              {"base_until", "2019-03-31", {NULL, 0}}};
    const cu_given drill[] = {{"month", "2021-03", {NULL, 0}},
                              {"figure", "arrests", {NULL, 0}}};
    const cu_given drill_items[] = {{"month", "2021-03", {NULL, 0}},
                                    {"figure", "items_seized", {NULL, 0}}};
    static const char *const wanted[] = {"\"referrals\":43,",
                                         "\"arrests\":31,",
                                         "\"items_seized\":276,",
                                         "\"children_safeguarded\":32,",
                                         "\"warrants_executed\":31,",
                                         "\"voluntary_attendances\":1,",
                                         "\"referrals_12_months\":193,",
                                         "\"baseline\":\"2018-19\",",
                                         "\"baseline_referrals\":100,",
                                         "\"change\":\"+93 %: 193 against 100 in 2018-19\""};
    static const char *const numbers[] = {"101", "0808 800 5000", "0808 1000 900"};
    size_t lines = 0;

    if (year_enrol(book, &err) != CU_OK || year_make_example(book, &err) != CU_OK)
        fail_msg("%s", err.text);
    say(book, &outcome, "figures", "show", NULL, march, 4, "di");
    cu_buffer_u8(&outcome.more, '\0');
    cu_buffer_u8(&outcome.document, '\0');
    for (size_t i = 0; i < CU_COUNT_OF(wanted); i++) {
        if (strstr((const char *)outcome.more.p, wanted[i]) == NULL)
            fail_msg("no %s in %s", wanted[i], (const char *)outcome.more.p);
    }
    for (size_t i = 0; i < CU_COUNT_OF(numbers); i++)
        assert_non_null(strstr((const char *)outcome.document.p, numbers[i]));
    say(book, &outcome, "figures", "drill", NULL, drill, 2, "di");
    for (size_t i = 0; i < outcome.document.n; i++)
        lines += outcome.document.p[i] == '\n';
    assert_int_equal(lines, 31);
    /* More than are asked about together. */
    say(book, &outcome, "figures", "drill", NULL, drill_items, 2, "di");
    lines = 0;
    for (size_t i = 0; i < outcome.document.n; i++)
        lines += outcome.document.p[i] == '\n';
    assert_int_equal(lines, 276);
    assert_true(outcome.document.n > 0 && outcome.document.p[outcome.document.n - 1] == '\n');
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_free(outcome.arena);
    cu_register_close(book);
}

/* A month of ten years costs what a month of one does: its rows are sought by the period. */
static void check_plan(cu_store *store, const char *sql)
{
    char question[1024];
    CU_AUTO(cu_rows, rows);
    bool more = false;
    bool by_period = false;
    cu_err err = {0};

    (void)snprintf(question, sizeof question, "EXPLAIN QUERY PLAN %s", sql);
    if (cu_store_query(store, question, CU_VALUES(cu_value_integer(1), cu_value_integer(2)),
                       &rows, &err) != CU_OK)
        fail_msg("%s", err.text);
    while (cu_rows_next(rows, &more, &err) == CU_OK && more) {
        const char *const step = cu_rows_text(rows, 3);

        if (strncmp(step, "SCAN", 4) == 0)
            fail_msg("%s: %s", sql, step);
        by_period = by_period || strstr(step, ">? AND ") != NULL;
    }
    if (!by_period)
        fail_msg("%s is not sought by its period", sql);
}

static void a_figure_is_sought_by_its_period(void **state)
{
    cu_register *const book = open_book(state, stores_fresh(state), stores_path("kek-plan"));
    const cu_figure *list = NULL;
    const size_t n = cu_figures_list(&list);

    for (size_t i = 0; i < n; i++) {
        check_plan(cu_register_store(book), list[i].sql);
        check_plan(cu_register_store(book), list[i].drill);
    }
    cu_register_close(book);
}

/* ---- eight at once ---- */

typedef struct writer {
    const char *url, *kek, *shared;
    unsigned number;
    double seconds; /* from when its register is open */
    int64_t until_us;
    unsigned done, lost;
    char failed[256];
} writer;

static bool act(cu_register *book, cu_arena *arena, const cu_request *request, writer *self,
                char *ref, size_t room)
{
    cu_outcome outcome = {.arena = arena};
    cu_err err = {0};
    const cu_status st = cu_register_act(book, request, &outcome, NULL, &err);

    if (st == CU_OK && ref != NULL)
        (void)snprintf(ref, room, "%s", outcome.record->ref);
    if (st == CU_EREFUSED && outcome.rule != NULL && strcmp(outcome.rule, "U5") == 0)
        self->lost++; /* another was first, and this one is told so */
    else if (st != CU_OK)
        (void)snprintf(self->failed, sizeof self->failed, "%s", err.text);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_reset(arena);
    return st == CU_OK;
}

/* Records decisions in one case, whose numbers must come out without a gap, and seizes. */
static void *write_on(void *context)
{
    writer *const self = context;
    const cu_register_options options = {.kek_path = self->kek};
    cu_register *book = NULL;
    cu_arena *const arena = cu_arena_new(8 << 20);
    cu_err err = {0};
    static const char *const people[] = {"iv1", "iv2", "iv3", "iv4"};
    const cu_given decision[] = {{"case", self->shared, {NULL, 0}},
                                 {"question", "q", {NULL, 0}},
                                 {"decision", "d", {NULL, 0}},
                                 {"rationale", "r", {NULL, 0}}};
    const cu_given exhibit[] = {{"case", self->shared, {NULL, 0}},
                                {"kind", "usb", {NULL, 0}},
                                {"description", "a stick", {NULL, 0}}};

    if (cu_register_open(self->url, &options, &book, &err) != CU_OK || arena == NULL)
        (void)snprintf(self->failed, sizeof self->failed, "%s", err.text);
    self->until_us = cu_clock_steady_us() + (int64_t)(self->seconds * 1e6);
    while (self->failed[0] == '\0' && cu_clock_steady_us() < self->until_us) {
        const char *const officer = people[self->number % 4];
        const cu_request decide = {.officer = officer,
                                   .session = "writer",
                                   .thing = "decision",
                                   .action = "record",
                                   .given = decision,
                                   .given_count = 4};
        const cu_request seize = {.officer = officer,
                                  .session = "writer",
                                  .thing = "exhibit",
                                  .action = "seize",
                                  .given = exhibit,
                                  .given_count = 3};

        if (act(book, arena, &decide, self, NULL, 0) && act(book, arena, &seize, self, NULL, 0))
            self->done++;
    }
    cu_register_close(book);
    cu_arena_free(arena);
    return NULL;
}

static int64_t count_of(cu_register *book, const char *sql)
{
    int64_t number = 0;
    cu_err err = {0};

    if (cu_store_number(cu_register_store(book), sql, CU_NO_VALUES, &number, &err) != CU_OK)
        fail_msg("%s", err.text);
    return number;
}

static double seconds(void)
{
    const char *const said = getenv("CUSTOS_TEST_WRITERS_SECONDS");

    return said == NULL ? 3 : strtod(said, NULL);
}

/* The tree of all entries, hashed anew in their order, is the one whose head is kept. */
static void check_tree(cu_register *book)
{
    CU_AUTO(cu_rows, rows);
    cu_tree tree = {.size = 0};
    cu_checkpoint head;
    cu_hash root;
    bool more = false;
    cu_err err = {0};

    assert_int_equal(cu_store_query(cu_register_store(book),
                                    "SELECT bytes, seq FROM ledger_entry ORDER BY seq",
                                    CU_NO_VALUES, &rows, &err),
                     CU_OK);
    while (cu_rows_next(rows, &more, &err) == CU_OK && more) {
        cu_hash leaf;

        assert_int_equal(cu_rows_integer(rows, 1), tree.size);
        cu_tlog_leaf(cu_rows_blob(rows, 0), &leaf);
        assert_int_equal(cu_tree_append(&tree, &leaf, NULL, NULL, &err), CU_OK);
    }
    cu_tree_root(&tree, &root);
    assert_int_equal(cu_ledger_head(cu_register_ledger(book), &head, &err), CU_OK);
    assert_int_equal(head.size, tree.size);
    assert_memory_equal(head.root.b, root.b, sizeof root.b);
}

/* Every row is as the last entry about it left it. */
static void check_rows(cu_register *book)
{
    static cu_register_report report;
    cu_err err = {0};

    if (cu_register_audit(book, &report, &err) != CU_OK)
        fail_msg("%s", err.text);
    if (report.complaints_n > 0)
        fail_msg("%s", report.complaints[0]);
    assert_int_equal(report.rows, report.bound);
}

static void eight_writers_at_once_lose_nothing(void **state)
{
    char url[512];
    char kek[256];
    char shared[64] = "";
    writer all[writers] = {{.number = 0}};
    pthread_t threads[writers];
    cu_outcome outcome = {.arena = cu_arena_new(8 << 20)};
    const cu_given given[] = {{"title", "OP EIGHT", {NULL, 0}},
                              {"in_charge", "iv1", {NULL, 0}}};
    unsigned done = 0;
    cu_err err = {0};
    cu_register *book = NULL;

    (void)snprintf(url, sizeof url, "%s", stores_fresh(state));
    (void)snprintf(kek, sizeof kek, "%s", stores_path("kek-eight"));
    book = open_book(state, url, kek);
    if (year_enrol(book, &err) != CU_OK)
        fail_msg("%s", err.text);
    say(book, &outcome, "case", "open", NULL, given, 2, "iv1");
    (void)snprintf(shared, sizeof shared, "%s", outcome.record->ref);
    for (unsigned i = 0; i < writers; i++) {
        all[i] = (writer){
            .url = url, .kek = kek, .shared = shared, .number = i, .seconds = seconds()};
        assert_int_equal(pthread_create(&threads[i], NULL, write_on, &all[i]), 0);
    }
    for (unsigned i = 0; i < writers; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (all[i].failed[0] != '\0')
            fail_msg("writer %u: %s", i, all[i].failed);
        assert_true(all[i].done > 0); /* nobody is left standing */
        done += all[i].done;
    }
    (void)printf("# %u decisions and %u exhibits by %d writers in %.0f s\n", done, done,
                 writers, seconds());
    assert_int_equal(count_of(book, "SELECT count(*) FROM register_decision"), done);
    assert_int_equal(count_of(book, "SELECT max(number) FROM register_decision"), done);
    assert_int_equal(count_of(book, "SELECT count(*) FROM register_exhibit"), done);
    assert_int_equal(count_of(book, "SELECT count(*) FROM register_custody"), done);
    assert_int_equal(count_of(book, "SELECT count(*) FROM ledger_entry WHERE action ="
                                    " 'decision.record'"),
                     done);
    check_tree(book);
    check_rows(book);
    cu_arena_free(outcome.arena);
    cu_register_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(the_examples_figures_come_out_of_a_generated_year),
        {"a_figure_is_sought_by_its_period on sqlite", a_figure_is_sought_by_its_period, NULL,
         NULL, (void *)(uintptr_t) "sqlite"},
        ON_BOTH(eight_writers_at_once_lose_nothing),
    };

    return stores_run(tests);
}
