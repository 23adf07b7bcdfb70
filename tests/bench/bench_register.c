/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The busiest looks at a register of generated years, each with its rights and its durable
 * ledger entry, beside the bare query of the same rows; how many acts a second are kept; how
 * long a start and an audit take. CUSTOS_BENCH_YEARS (1) says how many years;
 * CUSTOS_TEST_POSTGRESQL (tests/support/with-postgresql) adds the team's store;
 * CUSTOS_TEST_KEEP=FOLDER keeps what was made there, and uses it the next time.
 */
#include "base/clock.h"
#include "ledger/ledger.h"
#include "support/year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { looks = 300, acts_alone = 500, acts_together = 500 };

typedef struct look {
    const char *name, *thing, *action, *ref;
    cu_given given[4];
    size_t given_count;
    const char *bare; /* the rows alone */
} look;

/* The first exhibit of a case, whoever produced it. */
#define EXHIBIT                                                                                \
    "(SELECT ref FROM register_exhibit WHERE \"case\" = 'C-2020-00050' ORDER BY id LIMIT 1)"

static char exhibit[128];

static const look all[] = {
    {"one referral",
     "referral",
     "view",
     "R-2020-00100",
     {{NULL, NULL, {NULL, 0}}},
     0,
     "SELECT * FROM register_referral WHERE ref = 'R-2020-00100'"},
    {"referrals waiting",
     "referral",
     "list",
     NULL,
     {{"state", "assessed", {NULL, 0}}},
     1,
     "SELECT * FROM register_referral WHERE state = 'assessed' ORDER BY id LIMIT 100"},
    {"exhibits of a case",
     "exhibit",
     "list",
     NULL,
     {{"case", "C-2020-00050", {NULL, 0}}},
     1,
     "SELECT * FROM register_exhibit WHERE \"case\" = 'C-2020-00050' ORDER BY id LIMIT 100"},
    {"one exhibit",
     "exhibit",
     "view",
     exhibit,
     {{NULL, NULL, {NULL, 0}}},
     0,
     "SELECT * FROM register_exhibit WHERE ref = " EXHIBIT},
    {"a shelf of the store",
     "exhibit",
     "list",
     NULL,
     {{"holder", "place:Store A", {NULL, 0}}},
     1,
     "SELECT * FROM register_exhibit WHERE holder = 'place:Store A' ORDER BY id LIMIT 100"},
    {"a chain of custody",
     "custody",
     "list",
     NULL,
     {{"exhibit", exhibit, {NULL, 0}}},
     1,
     "SELECT * FROM register_custody WHERE exhibit = " EXHIBIT " ORDER BY id LIMIT 100"},
    {"a name sought",
     "subject",
     "list",
     NULL,
     {{"name", "person 12", {NULL, 0}}},
     1,
     "SELECT * FROM register_subject WHERE lower(name) LIKE '%person 12%' ORDER BY id LIMIT "
     "100"},
    {"a month's figures",
     "figures",
     "show",
     NULL,
     {{"month", "2020-06", {NULL, 0}}},
     1,
     "SELECT count(*) FROM register_referral"},
    {"compared with a year",
     "figures",
     "show",
     NULL,
     {{"month", "2020-06", {NULL, 0}},
      {"base_name", "2020", {NULL, 0}},
      {"base_from", "2020-01-01", {NULL, 0}},
      {"base_until", "2020-12-31", {NULL, 0}}},
     4,
     "SELECT count(*) FROM register_referral"},
    {"items behind a figure",
     "figures",
     "drill",
     NULL,
     {{"month", "2020-06", {NULL, 0}}, {"figure", "items_seized", {NULL, 0}}},
     2,
     "SELECT count(*) FROM register_referral"},
};

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool look_once(cu_register *book, cu_arena *arena, const look *one)
{
    const cu_request request = {.officer = "ds",
                                .session = "bench",
                                .thing = one->thing,
                                .action = one->action,
                                .ref = one->ref,
                                .given = one->given,
                                .given_count = one->given_count};
    cu_outcome outcome = {.arena = arena};
    cu_page page = {0};
    cu_err err = {0};
    const cu_status st = cu_register_act(book, &request, &outcome, &page, &err);

    if (st != CU_OK)
        (void)fprintf(stderr, "%s: %s\n", one->name, err.text);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_reset(arena);
    return st == CU_OK;
}

static bool ask_bare(cu_register *book, const char *sql)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_err err = {0};
    cu_status st = cu_store_query(cu_register_store(book), sql, CU_NO_VALUES, &rows, &err);

    while (st == CU_OK && more)
        st = cu_rows_next(rows, &more, &err);
    return st == CU_OK;
}

static bool measure(cu_register *book, cu_arena *arena, const look *one)
{
    static int64_t took[looks];
    static int64_t bare[looks];

    for (int i = 0; i < looks; i++) {
        int64_t at_us = cu_clock_steady_us();

        if (!look_once(book, arena, one))
            return false;
        took[i] = cu_clock_steady_us() - at_us;
        at_us = cu_clock_steady_us();
        if (!ask_bare(book, one->bare))
            return false;
        bare[i] = cu_clock_steady_us() - at_us;
    }
    qsort(took, looks, sizeof *took, by_size);
    qsort(bare, looks, sizeof *bare, by_size);
    (void)printf(
        "  %-22s p50 %7.2f ms   p99 %7.2f ms   bare query p50 %6.2f ms   ratio %5.1f\n",
        one->name, (double)took[looks / 2] / 1e3, (double)took[looks * 99 / 100] / 1e3,
        (double)bare[looks / 2] / 1e3, (double)took[looks / 2] / (double)(bare[looks / 2] + 1));
    return true;
}

static int64_t rows_of(cu_register *book, const char *sql)
{
    int64_t number = 0;

    return cu_store_number(cu_register_store(book), sql, CU_NO_VALUES, &number, NULL) == CU_OK
               ? number
               : -1;
}

static bool find_exhibit(cu_register *book)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;

    if (cu_store_query(cu_register_store(book), "SELECT " EXHIBIT, CU_NO_VALUES, &rows, NULL) !=
            CU_OK ||
        cu_rows_next(rows, &more, NULL) != CU_OK || !more || cu_rows_text(rows, 0) == NULL)
        return false;
    (void)snprintf(exhibit, sizeof exhibit, "%s", cu_rows_text(rows, 0));
    return true;
}

/* ---- writing ---- */

/* One small act with a row, a counter and an entry; count of them, numbered in one case. */
static bool decide(cu_register *book, cu_arena *arena, int count, cu_err *err)
{
    static const cu_given given[] = {{"case", "C-2020-00050", {NULL, 0}},
                                     {"question", "a question", {NULL, 0}},
                                     {"decision", "a decision", {NULL, 0}},
                                     {"rationale", "its reasons", {NULL, 0}}};
    const cu_request request = {.officer = "iv1",
                                .session = "bench",
                                .thing = "decision",
                                .action = "record",
                                .given = given,
                                .given_count = CU_COUNT_OF(given)};
    cu_status st = CU_OK;

    for (int i = 0; st == CU_OK && i < count; i++) {
        cu_outcome outcome = {.arena = arena};

        st = cu_register_act(book, &request, &outcome, NULL, err);
        cu_buffer_free(&outcome.more);
        cu_buffer_free(&outcome.document);
        cu_arena_reset(arena);
    }
    return st == CU_OK;
}

typedef struct together {
    cu_register *book;
    cu_arena *arena;
} together;

static cu_status decide_together(CU_UNUSED cu_store *store, void *context, cu_err *err)
{
    const together *const self = context;

    return decide(self->book, self->arena, acts_together, err) ? CU_OK : CU_EIO;
}

static bool measure_acts(cu_register *book, cu_arena *arena)
{
    together self = {book, arena};
    cu_err err = {0};
    int64_t at_us = cu_clock_steady_us();
    double alone = 0;

    if (!decide(book, arena, acts_alone, &err)) {
        (void)fprintf(stderr, "bench: %s\n", err.text);
        return false;
    }
    alone = (double)(cu_clock_steady_us() - at_us) / 1e6;
    at_us = cu_clock_steady_us();
    if (cu_register_together(book, decide_together, &self, &err) != CU_OK) {
        (void)fprintf(stderr, "bench: %s\n", err.text);
        return false;
    }
    (void)printf("  acts/s: %.0f each durable by itself, %.0f with %d in a transaction\n",
                 acts_alone / alone,
                 acts_together / ((double)(cu_clock_steady_us() - at_us) / 1e6), acts_together);
    return true;
}

/* ---- the whole of it ---- */

static bool measure_audit(cu_register *book)
{
    static cu_register_report report;
    cu_err err = {0};
    const int64_t at_us = cu_clock_steady_us();

    if (cu_register_audit(book, &report, &err) != CU_OK || report.complaints_n > 0) {
        (void)fprintf(stderr, "bench: %s%s\n", err.text,
                      report.complaints_n > 0 ? report.complaints[0] : "");
        return false;
    }
    (void)printf("  audit of %llu rows: %.1f s\n", (unsigned long long)report.rows,
                 (double)(cu_clock_steady_us() - at_us) / 1e6);
    return true;
}

/* Makes the years, or finds them made. */
static bool fill(cu_register *book, const year_plan *plan, cu_err *err)
{
    const int64_t wanted = (int64_t)plan->months * plan->referrals;
    const int64_t there = rows_of(book, "SELECT count(*) FROM register_referral");
    const int64_t at_us = cu_clock_steady_us();
    int64_t entries = 0;
    double seconds = 0;

    if (there == wanted)
        return true;
    if (there != 0) {
        (void)cu_fail(err, CU_EFORMAT, "what was kept was not made whole; remove it");
        return false;
    }
    if (year_enrol(book, err) != CU_OK || year_make(book, plan, err) != CU_OK)
        return false;
    entries = rows_of(book, "SELECT count(*) FROM ledger_entry");
    seconds = (double)(cu_clock_steady_us() - at_us) / 1e6;
    (void)printf("made in %.0f s: %.0f acts/s, a day a transaction\n", seconds,
                 (double)entries / seconds);
    return true;
}

static void tell_size(cu_register *book, int64_t opened_us)
{
    (void)printf("%s: %lld referrals, %lld exhibits, %lld entries; opened, its log verified, "
                 "in %.1f s\n",
                 cu_store_engine(cu_register_store(book)),
                 (long long)rows_of(book, "SELECT count(*) FROM register_referral"),
                 (long long)rows_of(book, "SELECT count(*) FROM register_exhibit"),
                 (long long)rows_of(book, "SELECT count(*) FROM ledger_entry"),
                 (double)opened_us / 1e6);
}

/* Once to make the years, and once more for a start with the whole log there. */
static bool make(const char *url, const cu_register_options *options, const year_plan *plan)
{
    cu_register *book = NULL;
    cu_err err = {0};
    const bool good =
        cu_register_open(url, options, &book, &err) == CU_OK && fill(book, plan, &err);

    if (!good)
        (void)fprintf(stderr, "bench: %s\n", err.text);
    cu_register_close(book);
    return good;
}

static bool run(const char *url, const char *kek, const year_plan *plan)
{
    const cu_register_options options = {.kek_path = kek, .now_us = year_clock};
    cu_register *book = NULL;
    cu_arena *const arena = cu_arena_new(64 << 20);
    cu_err err = {0};
    bool good = arena != NULL && make(url, &options, plan);
    const int64_t at_us = cu_clock_steady_us();

    good = good && cu_register_open(url, &options, &book, &err) == CU_OK;
    if (good)
        tell_size(book, cu_clock_steady_us() - at_us);
    good = good && find_exhibit(book);
    for (size_t i = 0; good && i < CU_COUNT_OF(all); i++)
        good = measure(book, arena, &all[i]);
    good = good && measure_acts(book, arena) && measure_audit(book);
    if (!good)
        (void)fprintf(stderr, "bench: %s\n", err.text);
    cu_register_close(book);
    cu_arena_free(arena);
    return good;
}

int main(void)
{
    const char *const said = getenv("CUSTOS_BENCH_YEARS");
    const char *const server = getenv("CUSTOS_TEST_POSTGRESQL");
    const char *const kept = getenv("CUSTOS_TEST_KEEP");
    const int years = said == NULL ? 1 : (int)strtol(said, NULL, 10);
    const year_plan plan = {.year = 2020,
                            .month = 1,
                            .months = 12 * years,
                            .referrals = 224,
                            .arrests = 56,
                            .items = 9,
                            .views = 6};
    char made[] = "/tmp/custos-bench-XXXXXX";
    const char *const folder = kept != NULL ? kept : mkdtemp(made);
    char url[512];
    char kek[512];
    bool good = folder != NULL;

    (void)snprintf(url, sizeof url, "sqlite:%s/register-%d.db", folder, years);
    (void)snprintf(kek, sizeof kek, "%s/register-%d.kek", folder, years);
    good = good && run(url, kek, &plan);
    if (good && server != NULL) {
        (void)snprintf(url, sizeof url, "postgresql:///postgres?%s", server);
        (void)snprintf(kek, sizeof kek, "%s/postgresql-%d.kek", folder, years);
        good = run(url, kek, &plan);
    }
    if (kept == NULL && folder != NULL) {
        (void)snprintf(url, sizeof url, "rm -rf '%s'", folder);
        good = system(url) == 0 && good;
    }
    return good ? 0 : 1;
}
