/* SPDX-License-Identifier: Apache-2.0 */
/* What is appended is kept to the byte, proved from any size, and committed to without being
 * said. */
#include "ledger/ledger.h"
#include "support/assert_ok.h"
#include "support/stores.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const cu_schema *const schemas[] = {&cu_ledger_schema};
static int64_t hour_us;

static int64_t set_clock(void)
{
    return hour_us;
}

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_ledger *open_log(cu_store *store, const char *kek)
{
    const cu_ledger_options options = {
        .origin = "log.example", .kek_path = kek, .now_us = set_clock};
    cu_ledger *ledger = NULL;

    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_ledger_open(store, &options, &ledger, &failure));
    assert_string_equal(cu_ledger_origin(ledger), "log.example");
    return ledger;
}

static const char *fresh_kek(void)
{
    static unsigned count;
    char name[32];

    (void)snprintf(name, sizeof name, "kek-%u", count++);
    return stores_path(name);
}

/* ---- appending ---- */

static void keeps_entries_to_the_byte_and_their_tree(void **state)
{
    enum { events = 150 };

    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    cu_tree tree = {0};
    cu_hash roots[events + 2];
    cu_checkpoint head;

    hour_us = 1795468447123456;
    store = stores_open(state);
    ledger = open_log(store, NULL);
    for (uint64_t i = 0; i < events; i++) {
        char count[24];
        const cu_ledger_detail details[] = {{"z", "last"}, {"count", count}};
        const cu_ledger_event event = {.actor = "officer:1",
                                       .action = "exhibit.view",
                                       .object = i % 2 == 0 ? "exhibit:0" : "exhibit:1",
                                       .class = "consultation",
                                       .details = details,
                                       .details_n = 2};
        uint64_t seq = 0;

        (void)snprintf(count, sizeof count, "%d", (int)i);
        hour_us += 1000;
        assert_ok(cu_ledger_record(ledger, &event, &seq, &failure));
        assert_int_equal(seq, i + 1);
    }
    for (uint64_t seq = 0; seq <= events; seq++) {
        cu_buffer bytes = {0};
        cu_tlog_entry entry;
        cu_hash leaf;

        cu_tree_root(&tree, &roots[seq]);
        assert_ok(cu_ledger_entry(ledger, seq, &bytes, &failure));
        assert_ok(cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, &failure));
        assert_int_equal(entry.seq, seq);
        cu_tlog_leaf(cu_buffer_view(&bytes), &leaf);
        assert_ok(cu_tree_append(&tree, &leaf, NULL, NULL, &failure));
        cu_buffer_free(&bytes);
    }
    cu_tree_root(&tree, &roots[events + 1]);
    assert_ok(cu_ledger_head(ledger, &head, &failure));
    assert_int_equal(head.size, events + 1);
    assert_true(cu_hash_equal(&head.root, &roots[events + 1]));
    for (uint64_t size = 0; size <= events + 1; size++) {
        cu_hash root;

        assert_ok(cu_ledger_root_at(ledger, size, &root, &failure));
        assert_true(cu_hash_equal(&root, &roots[size]));
    }
    for (uint64_t first = 0; first <= events + 1; first += 7) {
        cu_proof proof;

        assert_ok(cu_ledger_prove_consistency(ledger, first, events + 1, &proof, &failure));
        assert_ok(cu_proof_check_consistency(first, events + 1, &roots[first],
                                             &roots[events + 1], &proof, &failure));
    }
    assert_int_equal(cu_ledger_prove_inclusion(ledger, 0, events + 2, &(cu_proof){0}, &failure),
                     CU_EUSAGE);
    assert_int_equal(cu_ledger_entry(ledger, events + 1, &(cu_buffer){0}, &failure),
                     CU_ENOTFOUND);
}

/* One transaction with many entries gives the bytes that many with one give. */
static void gives_the_same_bytes_in_groups(void **state)
{
    enum { events = 700 };

    static cu_ledger_event all[events];
    static char objects[events][24];
    cu_hash roots[2];

    hour_us = 1795468447123456;
    for (size_t i = 0; i < events; i++) {
        (void)snprintf(objects[i], sizeof objects[i], "thing:%zu", i);
        all[i] = (cu_ledger_event){
            .actor = "officer:1", .action = "thing.make", .object = objects[i]};
    }
    for (size_t way = 0; way < 2; way++) {
        CU_AUTO(cu_store, store);
        CU_AUTO(cu_ledger, ledger);
        cu_checkpoint head;

        store = stores_open(state);
        ledger = open_log(store, NULL);
        if (way == 0) {
            for (size_t i = 0; i < events; i++)
                assert_ok(cu_ledger_record(ledger, &all[i], NULL, &failure));
        } else {
            assert_int_equal(cu_ledger_append_many(ledger, all, 1, NULL, &failure), CU_EUSAGE);
            assert_ok(cu_store_run(store, "SELECT 1", CU_NO_VALUES, &failure));
            assert_ok(cu_ledger_record_many(ledger, all, events, NULL, &failure));
        }
        assert_ok(cu_ledger_head(ledger, &head, &failure));
        assert_int_equal(head.size, events + 1);
        roots[way] = head.root;
    }
    assert_true(cu_hash_equal(&roots[0], &roots[1]));
}

typedef struct change {
    cu_ledger *ledger;
    cu_status answer;
    bool hide; /* the failure of an append */
} change;

static cu_status change_with_entry(cu_store *store, void *context, cu_err *err)
{
    const change *const c = context;
    const cu_ledger_event good = {.actor = "officer:1", .action = "thing.make"};
    const cu_ledger_event bad = {.actor = "officer:1", .action = "thing\nmake"};
    cu_status st = cu_ledger_append(c->ledger, &good, NULL, err);

    (void)store;
    if (st == CU_OK && c->hide)
        assert_int_equal(cu_ledger_append(c->ledger, &bad, NULL, err), CU_EUSAGE);
    if (st == CU_OK)
        st = cu_ledger_append(c->ledger, &good, NULL, err);
    return st == CU_OK ? c->answer : st;
}

static void is_one_with_the_change(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    change c = {.answer = CU_ELIMIT};
    uint64_t size = 0;

    store = stores_open(state);
    ledger = open_log(store, NULL);
    c.ledger = ledger;
    assert_int_equal(cu_store_transact(store, change_with_entry, &c, &failure), CU_ELIMIT);
    c = (change){ledger, CU_OK, true};
    assert_int_not_equal(cu_store_transact(store, change_with_entry, &c, &failure), CU_OK);
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, 1);
    c = (change){ledger, CU_OK, false};
    assert_ok(cu_store_transact(store, change_with_entry, &c, &failure));
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, 3);
}

/* Between two appends of one transaction the head is remembered, not read. */
static cu_status append_about_a_moved_head(cu_store *store, void *context, cu_err *err)
{
    const cu_ledger_event event = {.actor = "officer:1", .action = "thing.make"};
    cu_status st = cu_ledger_append(context, &event, NULL, err);

    if (st == CU_OK)
        st = cu_store_run(store, "UPDATE ledger_head SET size = size + 1", CU_NO_VALUES, err);
    return st == CU_OK ? cu_ledger_append(context, &event, NULL, err) : st;
}

static void refuses_to_append_where_the_head_was_moved(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    uint64_t size = 0;

    store = stores_open(state);
    ledger = open_log(store, NULL);
    assert_int_equal(cu_store_transact(store, append_about_a_moved_head, ledger, &failure),
                     CU_EUSAGE);
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, 1);
}

/* Its size and root are what was appended; the row is written once, at the end. */
static cu_status append_and_look(cu_store *store, void *context, cu_err *err)
{
    static cu_ledger_event events[40];
    cu_ledger *const ledger = context;
    uint64_t size = 0;
    uint64_t seq = 0;
    int64_t stored = 0;
    cu_checkpoint head = {0};
    cu_hash root;

    for (size_t i = 0; i < CU_COUNT_OF(events); i++)
        events[i] = (cu_ledger_event){.actor = "officer:1", .action = "thing.make"};
    for (size_t n = 1; n < CU_COUNT_OF(events); n *= 3) {
        assert_ok(cu_ledger_size(ledger, &size, err));
        assert_ok(cu_ledger_append_many(ledger, events, n, &seq, err));
        assert_int_equal(seq, size);
        assert_ok(cu_ledger_head(ledger, &head, err));
        assert_int_equal(head.size, size + n);
        assert_ok(cu_ledger_root_at(ledger, head.size, &root, err));
        assert_memory_equal(root.b, head.root.b, sizeof root.b);
        assert_ok(
            cu_store_number(store, "SELECT size FROM ledger_head", CU_NO_VALUES, &stored, err));
        assert_int_equal(stored, 1);
    }
    return CU_OK;
}

static void writes_the_head_once_a_transaction(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    uint64_t size = 0;
    int64_t stored = 0;

    store = stores_open(state);
    ledger = open_log(store, NULL);
    assert_ok(cu_store_transact(store, append_and_look, ledger, &failure));
    assert_ok(cu_store_number(store, "SELECT size FROM ledger_head", CU_NO_VALUES, &stored,
                              &failure));
    assert_int_equal(stored, 1 + 1 + 3 + 9 + 27);
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, stored);
}

static void says_when_the_clock_went_back(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    const cu_ledger_event event = {.actor = "officer:1", .action = "thing.make"};
    cu_buffer bytes = {0};
    cu_tlog_entry entry;

    hour_us = 1795468447000000;
    store = stores_open(state);
    ledger = open_log(store, NULL);
    hour_us -= 90000000;
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    assert_ok(cu_ledger_entry(ledger, 1, &bytes, &failure));
    assert_ok(cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, &failure));
    assert_true(entry.time_us == 1795468447000000);
    assert_int_equal(entry.behind_us, 90000000);
    cu_buffer_free(&bytes);
}

static void refuses_events_that_no_entry_can_hold(void **state)
{
    static char long_text[CU_ENTRY_VALUE_BYTES + 2];
    const cu_ledger_detail twice[] = {{"a", "1"}, {"a", "2"}};
    const cu_ledger_detail upper[] = {{"A", "1"}};
    const cu_ledger_detail huge[] = {{"a", long_text}};
    const cu_ledger_secret secrets[] = {{"name", {(const uint8_t *)"x", 1}}};
    const cu_ledger_event bad[] = {
        {.actor = NULL, .action = "a"},
        {.actor = "a", .action = ""},
        {.actor = "a", .action = "a", .object = " x"},
        {.actor = "a", .action = "a", .details = twice, .details_n = 2},
        {.actor = "a", .action = "a", .details = upper, .details_n = 1},
        {.actor = "a", .action = "a", .details = huge, .details_n = 1},
        {.actor = "a", .action = "a", .details = huge, .details_n = 1000},
        {.actor = "a", .action = "a", .secrets = secrets, .secrets_n = 1}, /* no key */
    };
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    uint64_t size = 0;

    memset(long_text, 'x', sizeof long_text - 1);
    store = stores_open(state);
    ledger = open_log(store, NULL);
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_int_equal(cu_ledger_record(ledger, &bad[i], NULL, &failure), CU_EUSAGE);
    assert_ok(cu_ledger_size(ledger, &size, &failure));
    assert_int_equal(size, 1);
}

/* ---- searching ---- */

typedef struct seen {
    uint64_t count;
    uint64_t last;
} seen;

static cu_status note_seen(void *context, const cu_tlog_entry *entry, cu_bytes bytes,
                           cu_err *err)
{
    seen *const s = context;

    (void)err;
    assert_true(bytes.n > 0);
    assert_true(s->count == 0 || entry->seq > s->last);
    s->count++;
    s->last = entry->seq;
    return CU_OK;
}

static uint64_t count_of(cu_ledger *ledger, cu_ledger_search search)
{
    seen s = {0};

    assert_ok(cu_ledger_find(ledger, &search, note_seen, &s, &failure));
    return s.count;
}

static void finds_entries_by_what_they_are_about(void **state)
{
    enum { events = 2500 };

    static cu_ledger_event all[events];
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);

    for (size_t i = 0; i < events; i++)
        all[i] = (cu_ledger_event){.actor = i % 5 == 0 ? "officer:5" : "officer:1",
                                   .action = i % 2 == 0 ? "even" : "odd",
                                   .object = i % 3 == 0 ? "three" : NULL};
    store = stores_open(state);
    ledger = open_log(store, NULL);
    assert_ok(cu_ledger_record_many(ledger, all, events, NULL, &failure));
    assert_int_equal(count_of(ledger, (cu_ledger_search){0}), events + 1);
    assert_int_equal(count_of(ledger, (cu_ledger_search){.limit = 1200}), 1200);
    assert_int_equal(count_of(ledger, (cu_ledger_search){.first = 2000}), 501);
    assert_int_equal(count_of(ledger, (cu_ledger_search){.actor = "officer:5"}), 500);
    assert_int_equal(count_of(ledger, (cu_ledger_search){.object = "three"}), 834);
    assert_int_equal(count_of(ledger, (cu_ledger_search){.action = "even"}), 1250);
    assert_int_equal(
        count_of(ledger,
                 (cu_ledger_search){.actor = "officer:5", .object = "three", .action = "even"}),
        84);
}

/* ---- secrets ---- */

static cu_status erase_case(cu_store *store, void *context, cu_err *err)
{
    const cu_ledger_event event = {
        .actor = "officer:9", .action = "case.erase", .class = "erasure", .reason = "s.47"};

    (void)store;
    return cu_ledger_erase(context, "case:1", &event, NULL, err);
}

static void commits_reveals_and_erases(void **state)
{
    const cu_ledger_secret secrets[] = {{"name", text_of("N. N.")},
                                        {"address", text_of("")},
                                        {"before", {(const uint8_t *)"\0\xff\n", 3}}};
    const cu_ledger_event event = {.actor = "officer:1",
                                   .action = "subject.change",
                                   .secrets = secrets,
                                   .secrets_n = 3,
                                   .case_id = "case:1"};
    const char *const kek = fresh_kek();
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    uint8_t salt[CU_SALT_BYTES];
    cu_buffer value = {0};
    cu_buffer bytes = {0};
    cu_tlog_entry entry;
    struct stat facts;
    int64_t rows = 0;

    store = stores_open(state);
    ledger = open_log(store, kek);
    assert_int_equal(stat(kek, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    for (size_t i = 0; i < CU_COUNT_OF(secrets); i++) {
        value.n = 0;
        assert_ok(cu_ledger_reveal(ledger, 1, secrets[i].name, salt, &value, &failure));
        assert_true(cu_bytes_equal(cu_buffer_view(&value), secrets[i].value));
    }
    /* Nothing of the value is in the entry, and two entries with one value do not show it. */
    assert_ok(cu_ledger_entry(ledger, 1, &bytes, &failure));
    assert_null(memmem(bytes.p, bytes.n, "N. N.", 5));
    assert_ok(cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, &failure));
    assert_int_equal(entry.n, 3);
    assert_int_equal(cu_tlog_entry_find(&entry, "c.address").n, 64);

    assert_ok(cu_store_transact(store, erase_case, ledger, &failure));
    assert_int_equal(cu_ledger_reveal(ledger, 1, "name", salt, &value, &failure), CU_ENOTFOUND);
    assert_ok(cu_store_number(store, "SELECT count(*) FROM ledger_secret", CU_NO_VALUES, &rows,
                              &failure));
    assert_int_equal(rows, 0);
    assert_int_equal(cu_store_transact(store, erase_case, ledger, &failure), CU_ENOTFOUND);
    bytes.n = 0;
    assert_ok(cu_ledger_entry(ledger, 3, &bytes, &failure));
    assert_ok(cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, &failure));
    assert_true(cu_bytes_equal(cu_tlog_entry_find(&entry, "d.erased-secrets"), text_of("6")));
    cu_buffer_free(&value);
    cu_buffer_free(&bytes);
}

static cu_status append_of_case(cu_ledger *ledger, const char *case_id, uint64_t *seq,
                                cu_err *err)
{
    const cu_ledger_secret secrets[] = {{"name", text_of("N. N.")}, {"rows", text_of("some")}};
    const cu_ledger_event event = {.actor = "officer:1",
                                   .action = "subject.change",
                                   .secrets = secrets,
                                   .secrets_n = 2,
                                   .case_id = case_id};

    return cu_ledger_append(ledger, &event, seq, err);
}

typedef struct mixture {
    cu_ledger *ledger;
    uint64_t before, other, after; /* entries */
    cu_status answer;
} mixture;

/* Of two cases in turn, one of which is erased between. */
static cu_status append_and_erase(cu_store *store, void *context, cu_err *err)
{
    mixture *const m = context;
    cu_status st = append_of_case(m->ledger, "case:1", &m->before, err);

    if (st == CU_OK)
        st = append_of_case(m->ledger, "case:2", &m->other, err);
    if (st == CU_OK)
        st = append_of_case(m->ledger, "case:1", &m->before, err);
    if (st == CU_OK)
        st = erase_case(store, m->ledger, err);
    if (st == CU_OK)
        st = append_of_case(m->ledger, "case:1", &m->after, err);
    return st == CU_OK ? m->answer : st;
}

static void keeps_a_key_as_long_as_it_is_there(void **state)
{
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    mixture m = {.answer = CU_EREFUSED};
    uint8_t salt[CU_SALT_BYTES];
    cu_buffer value = {0};
    int64_t keys = 0;

    store = stores_open(state);
    m.ledger = ledger = open_log(store, fresh_kek());
    /* The keys of a transaction that was undone are none. */
    assert_int_equal(cu_store_transact(store, append_and_erase, &m, &failure), CU_EREFUSED);
    m.answer = CU_OK;
    assert_ok(cu_store_transact(store, append_and_erase, &m, &failure));
    assert_ok(cu_store_number(store, "SELECT count(*) FROM ledger_case_key", CU_NO_VALUES,
                              &keys, &failure));
    assert_int_equal(keys, 2);
    assert_int_equal(cu_ledger_reveal(ledger, m.before, "name", salt, &value, &failure),
                     CU_ENOTFOUND);
    assert_ok(cu_ledger_reveal(ledger, m.other, "rows", salt, &value, &failure));
    assert_ok(cu_ledger_reveal(ledger, m.after, "name", salt, &value, &failure));
    cu_buffer_free(&value);
}

/* What a walk shows, and how much of it is what it is one by one. */
typedef struct shown {
    cu_ledger *ledger;
    uint64_t last;
    unsigned there, erased;
} shown;

static cu_status compare_shown(void *context, const cu_ledger_revealed *one, cu_err *err)
{
    shown *const self = context;
    uint8_t salt[CU_SALT_BYTES];
    cu_buffer value = {0};
    const cu_status st = cu_ledger_reveal(self->ledger, one->seq, "number", salt, &value, err);

    assert_true(one->seq > self->last);
    self->last = one->seq;
    assert_int_equal(st, one->there ? CU_OK : CU_ENOTFOUND);
    if (one->there)
        assert_true(cu_bytes_equal(cu_buffer_view(&value), one->value));
    self->there += one->there;
    self->erased += !one->there;
    cu_buffer_free(&value);
    return CU_OK;
}

static void reveals_all_of_a_name_as_one_by_one(void **state)
{
    enum { events = 4100 }; /* more than two pages */

    static cu_ledger_event all[events];
    static cu_ledger_secret secrets[events][2];
    static char numbers[events][24];
    static char cases[events][24];
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    shown self = {.last = 0};

    store = stores_open(state);
    ledger = open_log(store, fresh_kek());
    for (size_t i = 0; i < events; i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "number %zu", i);
        (void)snprintf(cases[i], sizeof cases[i], "case:%zu", i % 100);
        secrets[i][0] = (cu_ledger_secret){"other", text_of("words")};
        secrets[i][1] = (cu_ledger_secret){"number", text_of(numbers[i])};
        all[i] = (cu_ledger_event){.actor = "officer:1",
                                   .action = "thing.make",
                                   .secrets = secrets[i],
                                   .secrets_n = i % 3 == 0 ? 1 : 2,
                                   .case_id = i % 7 == 0 ? NULL : cases[i]};
    }
    assert_ok(cu_ledger_record_many(ledger, all, events, NULL, &failure));
    self.ledger = ledger;
    assert_ok(cu_ledger_reveal_each(ledger, "number", compare_shown, &self, &failure));
    assert_int_equal(self.there, events - (events + 2) / 3);
    assert_int_equal(self.erased, 0);

    assert_ok(cu_store_transact(store, erase_case, ledger, &failure));
    self = (shown){.ledger = ledger};
    assert_ok(cu_ledger_reveal_each(ledger, "number", compare_shown, &self, &failure));
    assert_true(self.erased > 10);
    assert_int_equal(self.there + self.erased, events - (events + 2) / 3);

    /* One secret in place of another is found. */
    assert_ok(cu_store_run(store,
                           "UPDATE ledger_secret SET sealed = (SELECT sealed FROM ledger_secret"
                           " WHERE seq = 3998 AND name = 'number') WHERE seq = 3999 AND name ="
                           " 'number'",
                           CU_NO_VALUES, &failure));
    self = (shown){.ledger = ledger};
    assert_int_equal(cu_ledger_reveal_each(ledger, "number", compare_shown, &self, &failure),
                     CU_EFORMAT);
}

static void makes_a_key_file_only_where_there_is_nothing_to_open(void **state)
{
    const cu_ledger_secret secret = {"name",
                                     (cu_bytes){(const uint8_t *)"N. N.", strlen("N. N.")}};
    const cu_ledger_event event = {.actor = "officer:1",
                                   .action = "thing.make",
                                   .secrets = &secret,
                                   .secrets_n = 1,
                                   .case_id = "case:1"};
    cu_ledger_options options = {.kek_path = fresh_kek()};
    CU_AUTO(cu_store, store);
    cu_ledger *ledger = NULL;
    struct stat facts;

    /* Where there is no log. */
    store = stores_open(state);
    assert_int_not_equal(cu_ledger_open(store, &options, &ledger, &failure), CU_OK);
    assert_int_equal(stat(options.kek_path, &facts), -1);
    /* Where the log has none yet. */
    ledger = open_log(store, NULL);
    cu_ledger_close(ledger);
    ledger = open_log(store, options.kek_path);
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    cu_ledger_close(ledger);
    /* Where another wraps the keys of the cases. */
    ledger = NULL;
    options.kek_path = fresh_kek();
    assert_int_equal(cu_ledger_open(store, &options, &ledger, &failure), CU_EIO);
    assert_int_equal(failure.os_errno, ENOENT);
    assert_non_null(strstr(failure.text, options.kek_path));
    assert_int_equal(stat(options.kek_path, &facts), -1);
    assert_null(ledger);
}

static void refuses_a_key_file_that_is_none(void **state)
{
    const char *const kek = fresh_kek();
    FILE *const file = fopen(kek, "w");
    const cu_ledger_options options = {.kek_path = kek};
    CU_AUTO(cu_store, store);
    cu_ledger *ledger = NULL;

    assert_non_null(file);
    (void)fputs("not a key\n", file);
    assert_int_equal(fclose(file), 0);
    store = stores_open(state);
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_int_equal(cu_ledger_open(store, &options, &ledger, &failure), CU_EFORMAT);
    assert_non_null(strstr(failure.text, kek));
    assert_null(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(keeps_entries_to_the_byte_and_their_tree),
        ON_BOTH(gives_the_same_bytes_in_groups),
        ON_BOTH(is_one_with_the_change),
        ON_BOTH(refuses_to_append_where_the_head_was_moved),
        ON_BOTH(writes_the_head_once_a_transaction),
        ON_BOTH(says_when_the_clock_went_back),
        ON_BOTH(refuses_events_that_no_entry_can_hold),
        ON_BOTH(finds_entries_by_what_they_are_about),
        ON_BOTH(commits_reveals_and_erases),
        ON_BOTH(keeps_a_key_as_long_as_it_is_there),
        ON_BOTH(reveals_all_of_a_name_as_one_by_one),
        ON_BOTH(makes_a_key_file_only_where_there_is_nothing_to_open),
        ON_BOTH(refuses_a_key_file_that_is_none),
    };

    return stores_run(tests);
}
