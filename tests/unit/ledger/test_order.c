/* SPDX-License-Identifier: Apache-2.0 */
/* However many threads read a log, and however they take turns, what is found of its entries is
 * what one finds who reads it from the first to the last, in the same order. */
#include "ledger/ledger.h"
#include "support/assert_ok.h"
#include "support/stores.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { group = 1000, groups = 36, entries = group * groups + 7 };

static const cu_schema *const schemas[] = {&cu_ledger_schema};
static int64_t ticks;

static int64_t tick(void)
{
    return 1795468447123456 + ticks++;
}

static const cu_ledger_options options = {.origin = "log.example", .now_us = tick};

static void fill(cu_store *store)
{
    static cu_ledger_event events[group];
    static char texts[group][400];
    CU_AUTO(cu_ledger, ledger);
    uint64_t size = 0;

    for (size_t i = 0; i < group; i++) {
        /* Of many lengths, so that blocks of many counts lie side by side. */
        memset(texts[i], 'x', i * 7 % 399);
        events[i] = (cu_ledger_event){.actor = "officer:1",
                                      .action = "exhibit.view",
                                      .object = i % 3 == 0 ? NULL : "exhibit:1",
                                      .context = texts[i]};
    }
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_ledger_open(store, &options, &ledger, &failure));
    for (size_t i = 0; i < groups; i++)
        assert_ok(cu_ledger_record_many(ledger, events, group, NULL, &failure));
    assert_ok(cu_ledger_record_many(ledger, events, 6, NULL, &failure));
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, entries);
}

/* ---- the simple way ---- */

typedef struct finding {
    const char *kind;
    int64_t seq;
} finding;

typedef struct findings {
    finding list[256];
    size_t n;
    cu_tree tree;
    int64_t time_us; /* of the last whole entry */
} findings;

static void find(findings *f, const char *kind, uint64_t seq)
{
    assert_true(f->n < CU_COUNT_OF(f->list));
    f->list[f->n++] = (finding){kind, (int64_t)seq};
}

static bool is_same(cu_bytes value, const char *column)
{
    if (column == NULL)
        return value.n == 0;
    return cu_bytes_equal(value, (cu_bytes){(const uint8_t *)column, strlen(column)});
}

static void look_at(findings *f, uint64_t seq, cu_rows *rows)
{
    static cu_tlog_entry entry;

    if (cu_tlog_entry_parse(cu_rows_blob(rows, 0), &entry, NULL) != CU_OK) {
        find(f, "entry", seq);
        return;
    }
    if (entry.seq != seq) {
        find(f, "order", seq);
        return;
    }
    if (cu_rows_integer(rows, 1) != entry.time_us ||
        !is_same(entry.actor, cu_rows_text(rows, 2)) ||
        !is_same(entry.action, cu_rows_text(rows, 3)) ||
        !is_same(entry.object, cu_rows_text(rows, 4)))
        find(f, "column", seq);
    if (entry.time_us < f->time_us)
        find(f, "time", seq);
    f->time_us = entry.time_us;
}

/* One entry after the other, each asked for by its number. */
static cu_status read_simply(cu_store *store, void *context, cu_err *err)
{
    findings *const f = context;
    uint64_t missing = 0;
    cu_status st = CU_OK;

    *f = (findings){.time_us = INT64_MIN};
    for (uint64_t seq = 0; st == CU_OK && seq < entries; seq++) {
        CU_AUTO(cu_rows, rows);
        bool more = false;
        cu_hash leaf;

        st = cu_store_query(store,
                            "SELECT bytes, time_us, actor, action, object FROM ledger_entry"
                            " WHERE seq = $1",
                            CU_VALUES(cu_value_integer((int64_t)seq)), &rows, err);
        if (st == CU_OK)
            st = cu_rows_next(rows, &more, err);
        if (st != CU_OK)
            break;
        /* A gap is one finding, less where a chunk of 16384 ends in it. */
        if (!more) {
            if (missing++ == 0 || seq % 16384 == 0)
                find(f, "entry", seq);
            continue;
        }
        missing = 0;
        look_at(f, seq, rows);
        cu_tlog_leaf(cu_rows_blob(rows, 0), &leaf);
        st = cu_tree_append(&f->tree, &leaf, NULL, NULL, err);
    }
    return st;
}

/* ---- changes ---- */

static void change(cu_store *store, const char *sql, int64_t seq)
{
    assert_ok(cu_store_run(store, sql, CU_VALUES(cu_value_integer(seq)), &failure));
}

/* An entry that is whole, and a second earlier than it was. */
static void make_earlier(cu_store *store, int64_t seq)
{
    cu_buffer bytes = {0};
    cu_buffer changed = {0};
    static cu_tlog_entry entry;
    CU_AUTO(cu_ledger, ledger);

    assert_ok(cu_ledger_open(store, &options, &ledger, &failure));
    assert_ok(cu_ledger_entry(ledger, (uint64_t)seq, &bytes, &failure));
    /* It may have been changed before, or have lost its place to another. */
    if (cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, NULL) == CU_OK) {
        entry.time_us -= 1000000;
        assert_ok(cu_tlog_entry_append(&changed, &entry, &failure));
        assert_ok(cu_store_run(
            store, "UPDATE ledger_entry SET bytes = $1, time_us = $2 WHERE seq = $3",
            CU_VALUES(cu_value_blob(cu_buffer_view(&changed)), cu_value_integer(entry.time_us),
                      cu_value_integer(seq)),
            &failure));
    }
    cu_buffer_free(&bytes);
    cu_buffer_free(&changed);
}

static uint64_t chance_state;

static int64_t chance(int64_t limit)
{
    chance_state = chance_state * 6364136223846793005U + 1442695040888963407U;
    return (int64_t)((chance_state >> 33) % (uint64_t)limit);
}

/* Near the seam of two chunks as often as anywhere; never the first entry, which names the log.
 */
static int64_t any_seq(void)
{
    return chance(2) == 0 ? 16384 * (1 + chance(2)) - 2 + chance(5) : 1 + chance(entries - 1);
}

static void change_something(cu_store *store)
{
    static const char *const changes[] = {
        "DELETE FROM ledger_entry WHERE seq = $1",
        "DELETE FROM ledger_entry WHERE seq >= $1 AND seq < $1 + 40",
        ("UPDATE ledger_entry SET bytes = (SELECT o.bytes FROM ledger_entry o WHERE o.seq = 9)"
         " WHERE seq = $1"),
        "UPDATE ledger_entry SET time_us = time_us + 1 WHERE seq = $1",
        "UPDATE ledger_entry SET actor = 'officer:2' WHERE seq = $1",
        "UPDATE ledger_entry SET object = 'exhibit:9' WHERE seq = $1",
        "UPDATE ledger_entry SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE seq = $1",
    };
    const int64_t seq = any_seq();
    const size_t which = (size_t)chance((int64_t)CU_COUNT_OF(changes) + 2);
    int64_t there = 0;

    if (which < CU_COUNT_OF(changes)) {
        change(store, changes[which], seq);
        return;
    }
    assert_ok(cu_store_number(store, "SELECT count(*) FROM ledger_entry WHERE seq = $1",
                              CU_VALUES(cu_value_integer(seq)), &there, &failure));
    if (there == 1)
        make_earlier(store, seq);
}

static bool is_of_entries(const char *kind)
{
    return strcmp(kind, "entry") == 0 || strcmp(kind, "order") == 0 ||
           strcmp(kind, "column") == 0 || strcmp(kind, "time") == 0;
}

/* What is found of entries comes first in a report. */
static void compare(const cu_ledger_report *report, const findings *simple, unsigned threads)
{
    size_t n = 0;

    while (n < report->complaints_n && n < CU_LEDGER_COMPLAINTS &&
           is_of_entries(report->complaints[n].kind))
        n++;
    assert_int_equal(n, simple->n < CU_LEDGER_COMPLAINTS ? simple->n : CU_LEDGER_COMPLAINTS);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(report->complaints[i].kind, simple->list[i].kind) != 0 ||
            report->complaints[i].seq != simple->list[i].seq)
            fail_msg("finding %zu of %u threads is %s %" PRId64 ", and simply %s %" PRId64, i,
                     threads, report->complaints[i].kind, report->complaints[i].seq,
                     simple->list[i].kind, simple->list[i].seq);
    }
}

static void finds_the_same_in_the_same_order_by_any_number_of_threads(void **state)
{
    const char *const url = stores_fresh(state);
    static const unsigned counts[] = {1, 2, 5};
    static findings simple;
    static cu_ledger_report report;
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    size_t most = 0;

    ticks = 0;
    chance_state = 7;
    assert_ok(cu_store_open(url, &store, &failure));
    fill(store);
    assert_ok(cu_ledger_open(store, &options, &ledger, &failure));
    for (unsigned round = 0; round < 6; round++) {
        assert_ok(cu_store_read(store, read_simply, &simple, &failure));
        for (size_t i = 0; i < CU_COUNT_OF(counts); i++) {
            const cu_ledger_check check = {.url = url, .threads = counts[i]};
            cu_hash root;

            assert_ok(cu_ledger_verify(ledger, &check, NULL, &report, &failure));
            compare(&report, &simple, counts[i]);
            cu_tree_root(&simple.tree, &root);
            if (round == 0)
                assert_int_equal(report.complaints_n, 0);
            if (round == 0)
                assert_true(cu_hash_equal(&report.root, &root));
            else
                assert_false(cu_hash_equal(&report.root, &root) && simple.n == 0);
        }
        most = simple.n;
        for (unsigned i = 0; i < 7; i++)
            change_something(store);
    }
    assert_true(most > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(finds_the_same_in_the_same_order_by_any_number_of_threads),
    };

    return stores_run(tests);
}
