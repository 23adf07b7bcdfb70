/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The busiest looks at a register of generated years, each with its rights and its durable
 * ledger entry, beside the bare query of the same rows. CUSTOS_BENCH_YEARS (1) says how many
 * years; CUSTOS_TEST_POSTGRESQL (tests/support/with-postgresql) adds the team's store.
 */
#include "base/clock.h"
#include "support/year.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { looks = 300 };

typedef struct look {
    const char *name, *thing, *action, *ref;
    cu_given given[2];
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
    {"a month's figures",
     "figures",
     "show",
     NULL,
     {{"month", "2020-06", {NULL, 0}}},
     1,
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

static bool run(const char *url, const char *kek, const year_plan *plan)
{
    const cu_register_options options = {.kek_path = kek, .now_us = year_clock};
    cu_register *book = NULL;
    cu_arena *const arena = cu_arena_new(64 << 20);
    cu_err err = {0};
    int64_t at_us = cu_clock_steady_us();
    bool good = arena != NULL && cu_register_open(url, &options, &book, &err) == CU_OK &&
                year_enrol(book, &err) == CU_OK && year_make(book, plan, &err) == CU_OK;

    if (!good)
        (void)fprintf(stderr, "bench: %s\n", err.text);
    if (good) {
        const int64_t entries = rows_of(book, "SELECT count(*) FROM ledger_entry");
        const double seconds = (double)(cu_clock_steady_us() - at_us) / 1e6;

        (void)printf(
            "%s: %lld referrals, %lld exhibits, %lld entries in %.0f s (%.0f acts/s, a day "
            "a transaction)\n",
            cu_store_engine(cu_register_store(book)),
            (long long)rows_of(book, "SELECT count(*) FROM register_referral"),
            (long long)rows_of(book, "SELECT count(*) FROM register_exhibit"),
            (long long)entries, seconds, (double)entries / seconds);
    }
    good = good && find_exhibit(book);
    for (size_t i = 0; good && i < CU_COUNT_OF(all); i++)
        good = measure(book, arena, &all[i]);
    cu_register_close(book);
    cu_arena_free(arena);
    return good;
}

int main(void)
{
    const char *const said = getenv("CUSTOS_BENCH_YEARS");
    const char *const server = getenv("CUSTOS_TEST_POSTGRESQL");
    const year_plan plan = {.year = 2020,
                            .month = 1,
                            .months = 12 * (said == NULL ? 1 : (int)strtol(said, NULL, 10)),
                            .referrals = 224,
                            .arrests = 56,
                            .items = 9,
                            .views = 6};
    char folder[] = "/tmp/custos-bench-XXXXXX";
    char url[512];
    char kek[64];
    bool good = mkdtemp(folder) != NULL;

    (void)snprintf(url, sizeof url, "sqlite:%s/register.db", folder);
    (void)snprintf(kek, sizeof kek, "%s/kek", folder);
    good = good && run(url, kek, &plan);
    if (good && server != NULL) {
        (void)snprintf(url, sizeof url, "postgresql:///postgres?%s", server);
        good = run(url, kek, &plan);
    }
    (void)snprintf(url, sizeof url, "%s/register.db", folder);
    (void)unlink(url);
    (void)unlink(kek);
    (void)rmdir(folder);
    return good ? 0 : 1;
}
