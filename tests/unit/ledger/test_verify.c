/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever is changed in a log is named: any byte of any row, any byte of the file, a row that
 * goes, comes, or changes places, and an old copy that is put back. */
#include "ledger/ledger.h"
#include "support/assert_ok.h"
#include "support/stores.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const cu_schema *const schemas[] = {&cu_ledger_schema};

enum { EVENTS = 21 };

static char kek_path[256];
static cu_signer signer;
static cu_signer witness;

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- a log with something of everything ---- */

static void record_key(cu_ledger *ledger, const char *action, const cu_verifier *key)
{
    cu_buffer text = {0};
    cu_ledger_detail detail = {.name = "vkey"};
    cu_ledger_event event = {
        .actor = "officer:1", .action = action, .details = &detail, .details_n = 1};

    cu_verifier_append(&text, key);
    cu_buffer_u8(&text, '\0');
    detail.value = (const char *)text.p;
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    cu_buffer_free(&text);
}

static void sign_head(cu_ledger *ledger, const cu_checkpoint *head)
{
    cu_buffer text = {0};
    cu_buffer note = {0};

    cu_checkpoint_append(&text, head);
    cu_buffer_append(&note, text.p, text.n);
    cu_buffer_u8(&note, '\n');
    assert_ok(cu_note_sign(cu_buffer_view(&text), &signer, 0, &note, &failure));
    assert_ok(cu_note_sign(cu_buffer_view(&text), &witness, 1795468447, &note, &failure));
    assert_ok(cu_ledger_keep_checkpoint(ledger, cu_buffer_view(&note), &failure));
    cu_buffer_free(&text);
    cu_buffer_free(&note);
}

static cu_status erase(cu_store *store, void *context, cu_err *err)
{
    const cu_ledger_event event = {.actor = "officer:1", .action = "case.erase"};

    (void)store;
    return cu_ledger_erase(context, "case:0", &event, NULL, err);
}

static cu_ledger *open_log(cu_store *store)
{
    const cu_ledger_options options = {.origin = "log.example", .kek_path = kek_path};
    cu_ledger *ledger = NULL;

    assert_ok(cu_ledger_open(store, &options, &ledger, &failure));
    return ledger;
}

static void fill(cu_store *store, cu_checkpoint *head)
{
    CU_AUTO(cu_ledger, ledger);

    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    ledger = open_log(store);
    record_key(ledger, "key.begin", &signer.verifier);
    record_key(ledger, "witness.add", &witness.verifier);
    for (int i = 0; i < EVENTS; i++) {
        const cu_ledger_secret secrets[] = {{"name", text_of("N. N.")}};
        const cu_ledger_detail details[] = {{"count", "12"}};
        const cu_ledger_event event = {
            .actor = "officer:1",
            .action = "exhibit.view",
            .object = i % 2 == 0 ? "exhibit:1" : NULL,
            .details = details,
            .details_n = 1,
            .secrets = secrets,
            .secrets_n = i % 5 == 0,
            .case_id = i % 2 == 0 ? "case:0" : "case:1",
        };

        assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
        if (i == EVENTS / 2)
            assert_ok(cu_store_transact(store, erase, ledger, &failure));
    }
    assert_ok(cu_ledger_head(ledger, head, &failure));
    head->origin = text_of("log.example");
    sign_head(ledger, head);
}

/* ---- what says that something is wrong ---- */

/* Set where only rows of the ledger change: to compare the schema takes PostgreSQL long. */
static bool rows_only;

static bool is_named(cu_store *store, const cu_ledger_memory *memory, const char **kind)
{
    const cu_ledger_options options = {.origin = "log.example", .kek_path = kek_path};
    const cu_ledger_check check = {
        .pages = true, .memories = memory, .memories_n = memory == NULL ? 0 : 1};
    static cu_ledger_report report;
    CU_AUTO(cu_ledger, ledger);

    *kind = "schema";
    if (!rows_only && cu_store_check_schema(store, schemas, 1, &failure) != CU_OK)
        return true;
    *kind = "open";
    if (cu_ledger_open(store, &options, &ledger, &failure) != CU_OK)
        return true;
    *kind = "verify";
    if (cu_ledger_verify(ledger, &check, NULL, &report, &failure) != CU_OK)
        return true;
    *kind = report.complaints_n > 0 ? report.complaints[0].kind : "";
    (void)snprintf(failure.text, sizeof failure.text, "%s",
                   report.complaints_n > 0 ? report.complaints[0].text : "");
    return report.complaints_n > 0;
}

static void assert_whole(cu_store *store)
{
    const char *kind;

    if (is_named(store, NULL, &kind))
        fail_msg("%s: %s", kind, failure.text);
}

static void finds_a_log_whole_and_says_so(void **state)
{
    const cu_ledger_check check = {.pages = true};
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    cu_ledger_report report;
    cu_checkpoint head;

    store = stores_open(state);
    fill(store, &head);
    assert_whole(store);
    ledger = open_log(store);
    assert_ok(cu_ledger_verify(ledger, &check, NULL, &report, &failure));
    assert_int_equal(report.entries, EVENTS + 4);
    assert_int_equal(report.checkpoints, 1);
    assert_int_equal(report.secrets, 3);
    assert_int_equal(report.erased, 2);
    assert_true(report.secrets_opened);
    assert_int_equal(report.signed_size, EVENTS + 4);
    assert_true(cu_hash_equal(&report.root, &head.root));
}

/* More than two pages, which end within an entry, and more cases than keys are kept of. */
static void reads_every_secret_of_many_cases(void **state)
{
    enum { events = 1500, cases = 300, each = 3 };

    static const cu_ledger_secret secrets[] = {{"act", {(const uint8_t *)"a", 1}},
                                               {"name", {(const uint8_t *)"b", 1}},
                                               {"rows", {(const uint8_t *)"c", 1}}};
    static cu_ledger_event all[events];
    static char names[cases][16];
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    cu_ledger_report report;
    const cu_ledger_check check = {.threads = 1};

    store = stores_open(state);
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    ledger = open_log(store);
    for (size_t i = 0; i < events; i++) {
        (void)snprintf(names[i % cases], sizeof names[0], "case:%zu", i % cases);
        all[i] = (cu_ledger_event){.actor = "officer:1",
                                   .action = "thing.make",
                                   .secrets = secrets,
                                   .secrets_n = each,
                                   .case_id = names[i % cases]};
    }
    assert_ok(cu_ledger_record_many(ledger, all, events, NULL, &failure));
    assert_ok(cu_ledger_verify(ledger, &check, NULL, &report, &failure));
    assert_int_equal(report.complaints_n, 0);
    assert_int_equal(report.secrets, events * each);
    /* Of each entry on its own: one in place of another, under the same key, and one too few.
     */
    assert_ok(cu_store_run(store,
                           "UPDATE ledger_secret SET sealed = (SELECT sealed FROM ledger_secret"
                           " WHERE seq = 967 AND name = 'name') WHERE seq = 667 AND name ="
                           " 'name'",
                           CU_NO_VALUES, &failure));
    assert_ok(cu_store_run(store, "DELETE FROM ledger_secret WHERE seq = 1334 AND name = 'act'",
                           CU_NO_VALUES, &failure));
    assert_ok(cu_ledger_verify(ledger, &check, NULL, &report, &failure));
    assert_int_equal(report.complaints_n, 2);
    assert_int_equal(report.complaints[0].seq, 667);
    assert_int_equal(report.complaints[1].seq, -1);
    assert_int_equal(report.secrets, events * each - 1);
}

/* ---- any byte of any row ---- */

/* Each column of each table, and what finds a row of it. */
static const struct column {
    const char *table;
    const char *keys[2];
    const char *name;
} columns[] = {
    {"ledger_entry", {"seq"}, "seq"},
    {"ledger_entry", {"seq"}, "bytes"},
    {"ledger_entry", {"seq"}, "time_us"},
    {"ledger_entry", {"seq"}, "actor"},
    {"ledger_entry", {"seq"}, "action"},
    {"ledger_entry", {"seq"}, "object"},
    {"ledger_node", {"level", "place"}, "level"},
    {"ledger_node", {"level", "place"}, "place"},
    {"ledger_node", {"level", "place"}, "hash"},
    {"ledger_head", {"id"}, "size"},
    {"ledger_head", {"id"}, "peaks"},
    {"ledger_head", {"id"}, "time_us"},
    {"ledger_checkpoint", {"size"}, "size"},
    {"ledger_checkpoint", {"size"}, "note"},
    {"ledger_case_key", {"case_id"}, "case_id"},
    {"ledger_case_key", {"case_id"}, "wrapped"},
    {"ledger_secret", {"seq", "name"}, "seq"},
    {"ledger_secret", {"seq", "name"}, "name"},
    {"ledger_secret", {"seq", "name"}, "case_id"},
    {"ledger_secret", {"seq", "name"}, "sealed"},
    {"store_migration", {"schema", "number"}, "schema"},
    {"store_migration", {"schema", "number"}, "number"},
    {"store_migration", {"schema", "number"}, "name"},
    {"store_migration", {"schema", "number"}, "sha256"},
};

/* A value that was read, kept. */
typedef struct kept_value {
    cu_value value;
    uint8_t bytes[2048];
} kept_value;

/* store_migration.number and the like: integers and text may be keys. */
static void keep(cu_rows *rows, int column, bool integer, bool blob, kept_value *out)
{
    *out = (kept_value){0};
    if (cu_rows_is_null(rows, column)) {
        out->value = cu_value_null();
    } else if (integer) {
        out->value = cu_value_integer(cu_rows_integer(rows, column));
    } else {
        const char *const text = blob ? NULL : cu_rows_text(rows, column);
        const cu_bytes bytes = blob ? cu_rows_blob(rows, column) : text_of(text);

        assert_true(bytes.n <= sizeof out->bytes);
        if (bytes.n > 0)
            memcpy(out->bytes, bytes.p, bytes.n);
        out->value = blob ? cu_value_blob((cu_bytes){out->bytes, bytes.n})
                          : cu_value_text_bytes((cu_bytes){out->bytes, bytes.n});
    }
    assert_ok(cu_rows_check(rows, &failure));
    out->value.bytes.p = out->bytes;
}

static bool is_integer(const char *name)
{
    static const char *const names[] = {"seq", "time_us", "level", "place",
                                        "id",  "size",    "number"};

    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool is_blob(const char *name)
{
    static const char *const names[] = {"bytes",   "hash",   "peaks", "note",
                                        "wrapped", "sealed", "sha256"};

    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static void free_to_tamper(cu_store *store)
{
    assert_ok(cu_store_run(store,
                           strcmp(cu_store_engine(store), "sqlite") == 0
                               ? "PRAGMA foreign_keys = OFF"
                               : "SET session_replication_role = replica",
                           CU_NO_VALUES, &failure));
}

/* Sets a column; keys says how many there are before the new value. False: it was refused. */
static bool set_column(cu_store *store, const struct column *c, const cu_value *values,
                       size_t n)
{
    char sql[256];

    (void)snprintf(sql, sizeof sql, "UPDATE %s SET %s = $1 WHERE %s = $2%s%s%s", c->table,
                   c->name, c->keys[0], c->keys[1] == NULL ? "" : " AND ",
                   c->keys[1] == NULL ? "" : c->keys[1], c->keys[1] == NULL ? "" : " = $3");
    return cu_store_run(store, sql, (cu_values){values, n}, &failure) == CU_OK &&
           cu_store_changed(store) == 1;
}

typedef struct tampering {
    cu_store *verified;
    cu_store *tampered;
    unsigned step; /* every so many bytes */
    unsigned done;
    unsigned refused;
} tampering;

/* The column in its row is set, looked at, and set back. */
static void try_value(tampering *t, const struct column *c, const kept_value keys[2],
                      const kept_value *old, const kept_value *changed)
{
    const size_t n = c->keys[1] == NULL ? 2 : 3;
    cu_value values[3] = {changed->value, keys[0].value, keys[1].value};
    const char *kind;

    if (!set_column(t->tampered, c, values, n)) {
        t->refused++;
        return;
    }
    if (!is_named(t->verified, NULL, &kind))
        fail_msg("a change of %s.%s is not named", c->table, c->name);
    t->done++;
    /* The row is found by its new key, where the column is one. */
    for (size_t i = 0; i + 1 < n; i++) {
        if (strcmp(c->keys[i], c->name) == 0)
            values[i + 1] = changed->value;
    }
    values[0] = old->value;
    assert_true(set_column(t->tampered, c, values, n));
}

static void try_row(tampering *t, const struct column *c, const kept_value keys[2],
                    const kept_value *old)
{
    kept_value changed = *old;

    changed.value.bytes.p = changed.bytes;
    if (old->value.kind == CU_VALUE_NULL) {
        changed.value = cu_value_text("x");
        try_value(t, c, keys, old, &changed);
        return;
    }
    for (size_t bit = 0; old->value.kind == CU_VALUE_INTEGER && bit < 64; bit += 9) {
        changed.value.number = old->value.number ^ (int64_t)(1ULL << bit);
        try_value(t, c, keys, old, &changed);
    }
    for (size_t i = t->done % t->step; i < old->value.bytes.n; i += t->step) {
        changed.bytes[i] ^= (uint8_t)(1U << i % 3);
        try_value(t, c, keys, old, &changed);
        changed.bytes[i] = old->bytes[i];
    }
    /* And a byte less. */
    if (old->value.bytes.n > 0) {
        changed.value.bytes.n--;
        try_value(t, c, keys, old, &changed);
    }
}

static void try_column(tampering *t, const struct column *c)
{
    enum { rows_max = 64 };

    static kept_value keys[rows_max][2];
    static kept_value olds[rows_max];
    char sql[256];
    size_t count = 0;
    bool more = true;
    cu_rows *rows = NULL;

    (void)snprintf(sql, sizeof sql, "SELECT %s, %s, %s FROM %s", c->name, c->keys[0],
                   c->keys[1] == NULL ? c->keys[0] : c->keys[1], c->table);
    assert_ok(cu_store_query(t->tampered, sql, CU_NO_VALUES, &rows, &failure));
    for (;;) {
        assert_ok(cu_rows_next(rows, &more, &failure));
        if (!more)
            break;
        assert_true(count < rows_max);
        keep(rows, 0, is_integer(c->name), is_blob(c->name), &olds[count]);
        for (int k = 0; k < 2; k++) {
            const char *const key = c->keys[k] == NULL ? c->keys[0] : c->keys[k];

            keep(rows, 1 + k, is_integer(key), is_blob(key), &keys[count][k]);
        }
        count++;
    }
    cu_rows_close(rows);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        try_row(t, c, keys[i], &olds[i]);
}

static void names_every_byte_of_every_row(void **state)
{
    const char *const url = stores_fresh(state);
    const char *const all = getenv("CUSTOS_FLIPS");
    CU_AUTO(cu_store, verified);
    CU_AUTO(cu_store, tampered);
    tampering t = {.step = strcmp(*state, "sqlite") == 0 ? 7 : 61};
    cu_checkpoint head;

    if (all != NULL && strcmp(all, "all") == 0)
        t.step = 1;
    assert_ok(cu_store_open(url, &verified, &failure));
    fill(verified, &head);
    assert_ok(cu_store_open(url, &tampered, &failure));
    free_to_tamper(tampered);
    t.verified = verified;
    t.tampered = tampered;
    for (size_t i = 0; i < CU_COUNT_OF(columns); i++) {
        rows_only = strcmp(columns[i].table, "store_migration") != 0;
        try_column(&t, &columns[i]);
    }
    rows_only = false;
    assert_whole(verified);
    print_message("# %u changes of rows, all named; %u refused by the engine\n", t.done,
                  t.refused);
    assert_true(t.done > 500);
}

static void names_every_row_that_goes(void **state)
{
    const char *const url = stores_fresh(state);
    CU_AUTO(cu_store, store);
    cu_checkpoint head;

    assert_ok(cu_store_open(url, &store, &failure));
    fill(store, &head);
    free_to_tamper(store);
    for (size_t i = 0; i < CU_COUNT_OF(columns); i++) {
        char sql[256];
        const char *kind;

        /* All the rows of a table, in a copy that is thrown away. */
        if (i > 0 && strcmp(columns[i].table, columns[i - 1].table) == 0)
            continue;
        (void)snprintf(sql, sizeof sql, "CREATE TEMP TABLE kept AS SELECT * FROM %s",
                       columns[i].table);
        assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
        (void)snprintf(sql, sizeof sql, "DELETE FROM %s", columns[i].table);
        assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
        /* The heads that are signed can all go; then whoever signed remembers. */
        if (strcmp(columns[i].table, "ledger_checkpoint") != 0)
            assert_true(is_named(store, NULL, &kind));
        (void)snprintf(sql, sizeof sql, "INSERT INTO %s SELECT * FROM kept", columns[i].table);
        assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
        assert_ok(cu_store_run(store, "DROP TABLE kept", CU_NO_VALUES, &failure));
    }
    assert_whole(store);
    for (int64_t seq = 0; seq < EVENTS + 4; seq++) {
        const char *kind;

        assert_ok(cu_store_run(store, "CREATE TEMP TABLE kept AS SELECT * FROM ledger_entry",
                               CU_NO_VALUES, &failure));
        assert_ok(cu_store_run(store, "DELETE FROM ledger_entry WHERE seq = $1",
                               CU_VALUES(cu_value_integer(seq)), &failure));
        assert_true(is_named(store, NULL, &kind));
        /* Where a secret belongs to it, the engine's own look at its keys is the first. */
        if (seq > 0 && strcmp(kind, "pages") != 0)
            assert_string_equal(kind, "entry");
        assert_ok(cu_store_run(store, "DELETE FROM ledger_entry", CU_NO_VALUES, &failure));
        assert_ok(cu_store_run(store, "INSERT INTO ledger_entry SELECT * FROM kept",
                               CU_NO_VALUES, &failure));
        assert_ok(cu_store_run(store, "DROP TABLE kept", CU_NO_VALUES, &failure));
    }
    assert_whole(store);
}

static void names_entries_that_change_places(void **state)
{
    const char *const url = stores_fresh(state);
    CU_AUTO(cu_store, store);
    cu_checkpoint head;
    const char *kind;

    assert_ok(cu_store_open(url, &store, &failure));
    fill(store, &head);
    free_to_tamper(store);
    assert_ok(cu_store_run(store, "UPDATE ledger_entry SET seq = 1000 WHERE seq = 5",
                           CU_NO_VALUES, &failure));
    assert_ok(cu_store_run(store, "UPDATE ledger_entry SET seq = 5 WHERE seq = 9", CU_NO_VALUES,
                           &failure));
    assert_ok(cu_store_run(store, "UPDATE ledger_entry SET seq = 9 WHERE seq = 1000",
                           CU_NO_VALUES, &failure));
    assert_true(is_named(store, NULL, &kind));
    assert_string_equal(kind, "order");
}

static uint8_t long_name[300];

static cu_status count_entry(void *context, const cu_tlog_entry *entry, cu_bytes bytes,
                             cu_err *err)
{
    (void)entry;
    (void)bytes;
    (void)err;
    return ++*(unsigned *)context < 100 ? CU_OK : CU_ELIMIT;
}

/* Entries are found page by page: one that says a lower number must not turn the pages back. */
static void ends_where_an_entry_says_another_number(void **state)
{
    const char *const url = stores_fresh(state);
    const cu_ledger_search search = {.action = "witness.add"};
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    cu_checkpoint head;
    const char *kind;
    unsigned count = 0;

    assert_ok(cu_store_open(url, &store, &failure));
    fill(store, &head);
    free_to_tamper(store);
    assert_ok(cu_store_run(store,
                           "UPDATE ledger_entry SET bytes = (SELECT o.bytes FROM ledger_entry o"
                           " WHERE o.seq = 1) WHERE seq = 2",
                           CU_NO_VALUES, &failure));
    ledger = open_log(store);
    assert_int_equal(cu_ledger_find(ledger, &search, count_entry, &count, &failure),
                     CU_EFORMAT);
    assert_true(is_named(store, NULL, &kind));
    assert_string_equal(kind, "order");
    /* Nor a secret's name that is too long to be remembered. */
    memset(long_name, 'x', sizeof long_name);
    assert_ok(cu_store_run(store,
                           "UPDATE ledger_secret SET name = name || $1 WHERE seq = (SELECT"
                           " max(seq) FROM ledger_secret)",
                           CU_VALUES(cu_value_text_bytes((cu_bytes){long_name, 300})),
                           &failure));
    assert_true(is_named(store, NULL, &kind));
}

/* ---- somebody who knows how a log is made ---- */

/* Makes the log anew with its first entries only: all that the database itself can show is
 * whole. */
static void make_shorter(cu_store *store, uint64_t size)
{
    cu_tree tree = {0};
    int64_t time_us = 0;
    CU_AUTO(cu_ledger, ledger);

    ledger = open_log(store);
    for (uint64_t seq = 0; seq < size; seq++) {
        cu_buffer bytes = {0};
        cu_tlog_entry entry;
        cu_hash leaf;

        assert_ok(cu_ledger_entry(ledger, seq, &bytes, &failure));
        assert_ok(cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, &failure));
        time_us = entry.time_us;
        cu_tlog_leaf(cu_buffer_view(&bytes), &leaf);
        assert_ok(cu_tree_append(&tree, &leaf, NULL, NULL, &failure));
        cu_buffer_free(&bytes);
    }
    assert_ok(cu_store_run(store, "DELETE FROM ledger_secret WHERE seq >= $1",
                           CU_VALUES(cu_value_integer((int64_t)size)), &failure));
    assert_ok(cu_store_run(store, "DELETE FROM ledger_entry WHERE seq >= $1",
                           CU_VALUES(cu_value_integer((int64_t)size)), &failure));
    assert_ok(cu_store_run(store, "DELETE FROM ledger_node WHERE (place + 1) * 16 > $1",
                           CU_VALUES(cu_value_integer((int64_t)size)), &failure));
    assert_ok(cu_store_run(
        store, "UPDATE ledger_head SET size = $1, peaks = $2, time_us = $3",
        CU_VALUES(cu_value_integer((int64_t)size),
                  cu_value_blob((cu_bytes){tree.peaks[0].b, cu_tree_peaks(&tree) * 32}),
                  cu_value_integer(time_us)),
        &failure));
}

static void names_what_was_cut_off_well_by_what_others_remember(void **state)
{
    const char *const url = stores_fresh(state);
    CU_AUTO(cu_store, store);
    cu_ledger_memory memory = {.who = "the signer"};
    cu_checkpoint head;
    const char *kind;

    assert_ok(cu_store_open(url, &store, &failure));
    fill(store, &head);
    memory.size = head.size;
    memory.root = head.root;
    assert_false(is_named(store, &memory, &kind));
    /* To the end of the entries that keep no secret of case:1, so that nothing else tells. */
    make_shorter(store, head.size - 1);
    assert_true(is_named(store, NULL, &kind));
    assert_string_equal(kind, "rollback");
    assert_ok(cu_store_run(store, "DELETE FROM ledger_checkpoint", CU_NO_VALUES, &failure));
    assert_true(is_named(store, &memory, &kind));
    assert_string_equal(kind, "rollback");
    assert_non_null(strstr(failure.text, "the signer remembers"));
}

static void names_another_history_of_the_same_length(void **state)
{
    const char *const url = stores_fresh(state);
    const cu_ledger_event event = {.actor = "officer:2", .action = "exhibit.view"};
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);
    cu_ledger_memory memory = {.who = "the witness"};
    cu_checkpoint head;
    const char *kind;

    assert_ok(cu_store_open(url, &store, &failure));
    fill(store, &head);
    memory.size = head.size;
    memory.root = head.root;
    make_shorter(store, head.size - 1);
    ledger = open_log(store);
    assert_ok(cu_ledger_record(ledger, &event, NULL, &failure));
    assert_true(is_named(store, NULL, &kind));
    assert_string_equal(kind, "checkpoint");
    assert_ok(cu_store_run(store, "DELETE FROM ledger_checkpoint", CU_NO_VALUES, &failure));
    assert_true(is_named(store, &memory, &kind));
    assert_string_equal(kind, "fork");
}

/* ---- any byte of the file ---- */

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *const file = fopen(path, "rb");
    uint8_t *const bytes = malloc(1 << 20);

    assert_non_null(file);
    assert_non_null(bytes);
    *n = fread(bytes, 1, 1 << 20, file);
    assert_true(*n > 0 && *n < 1 << 20);
    assert_int_equal(fclose(file), 0);
    return bytes;
}

static void write_file(const char *path, const uint8_t *bytes, size_t n)
{
    char other[300];
    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(other, sizeof other, "%s-wal", path);
    assert_true(unlink(other) == 0 || errno == ENOENT);
    (void)snprintf(other, sizeof other, "%s-shm", path);
    assert_true(unlink(other) == 0 || errno == ENOENT);
}

/* All that the tables say, as one digest. */
static cu_hash content_of(cu_store *store)
{
    static const char *const tables[] = {
        "SELECT * FROM ledger_entry ORDER BY seq",
        "SELECT * FROM ledger_node ORDER BY level, place",
        "SELECT * FROM ledger_head",
        "SELECT * FROM ledger_checkpoint ORDER BY size",
        "SELECT * FROM ledger_case_key ORDER BY case_id",
        "SELECT * FROM ledger_secret ORDER BY seq, name",
        "SELECT * FROM store_migration ORDER BY schema, number",
    };
    static const char *const kinds[] = {"ibittt", "iib", "iibi", "ib", "tb", "ittb", "titb"};
    cu_buffer all = {0};
    cu_hash hash;

    for (size_t t = 0; t < CU_COUNT_OF(tables); t++) {
        cu_rows *rows = NULL;
        bool more = true;

        assert_ok(cu_store_query(store, tables[t], CU_NO_VALUES, &rows, &failure));
        while (cu_rows_next(rows, &more, &failure) == CU_OK && more) {
            for (int i = 0; kinds[t][i] != '\0'; i++) {
                static kept_value value;

                keep(rows, i, kinds[t][i] == 'i', kinds[t][i] == 'b', &value);
                cu_buffer_format(&all, "%d %lld ", (int)value.value.kind,
                                 (long long)value.value.number);
                cu_buffer_append(&all, value.bytes, value.value.bytes.n);
            }
        }
        cu_rows_close(rows);
    }
    cu_tlog_sha256(cu_buffer_view(&all), &hash);
    cu_buffer_free(&all);
    return hash;
}

static void names_every_byte_of_the_file_that_any_row_has(void **state)
{
    const char *const path = stores_path("flipped");
    const char *const copy = stores_path("flipped-copy");
    const char *const all = getenv("CUSTOS_FLIPS");
    const size_t step = all != NULL && strcmp(all, "all") == 0 ? 1 : 61;
    unsigned named = 0;
    unsigned unseen = 0;
    cu_checkpoint head;
    cu_hash content;
    char url[300];
    size_t n;
    uint8_t *bytes;

    (void)state;
    (void)snprintf(url, sizeof url, "sqlite:%s", path);
    {
        CU_AUTO(cu_store, store);

        assert_ok(cu_store_open(url, &store, &failure));
        fill(store, &head);
        content = content_of(store);
        assert_ok(cu_store_backup(store, schemas, 1, copy, &failure));
    }
    bytes = read_file(copy, &n);
    for (size_t i = 0; i < n; i += step) {
        CU_AUTO(cu_store, store);
        const char *kind;

        bytes[i] ^= (uint8_t)(1U << i % 8);
        write_file(path, bytes, n);
        bytes[i] ^= (uint8_t)(1U << i % 8);
        if (cu_store_open(url, &store, &failure) != CU_OK || is_named(store, NULL, &kind)) {
            named++;
            continue;
        }

        /* Not named: then no row has it, and every row reads as it was written. */
        const cu_hash now = content_of(store);

        if (!cu_hash_equal(&now, &content))
            fail_msg("a change of byte %zu of the file is not named", i);
        unseen++;
    }
    print_message("# %u of %zu bytes of the file named, %u hold nothing of a row\n", named,
                  (n + step - 1) / step, unseen);
    assert_true(named > unseen / 8);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(finds_a_log_whole_and_says_so),
        ON_BOTH(reads_every_secret_of_many_cases),
        ON_BOTH(names_every_byte_of_every_row),
        ON_BOTH(names_every_row_that_goes),
        ON_BOTH(names_entries_that_change_places),
        ON_BOTH(ends_where_an_entry_says_another_number),
        ON_BOTH(names_what_was_cut_off_well_by_what_others_remember),
        ON_BOTH(names_another_history_of_the_same_length),
        cmocka_unit_test(names_every_byte_of_the_file_that_any_row_has),
    };

    (void)snprintf(kek_path, sizeof kek_path, "%s", stores_path("kek"));
    if (cu_signer_new("log.example", CU_KEY_ED25519, &signer, NULL) != CU_OK ||
        cu_signer_new("witness.example", CU_KEY_COSIGNATURE, &witness, NULL) != CU_OK)
        return 1;
    return stores_run(tests);
}
