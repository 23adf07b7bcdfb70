/* SPDX-License-Identifier: Apache-2.0 */
/* Whose signatures belong to the log, and the signed heads that it keeps. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(cu_bytes bytes, const char *word)
{
    return cu_bytes_equal(bytes, (cu_bytes){(const uint8_t *)word, strlen(word)});
}

/* The actions that begin or end a key, and of which kind. */
static const struct {
    const char *action;
    uint8_t type;
    bool begins;
} key_actions[] = {
    {"key.begin", CU_KEY_ED25519, true},        {"key.rotate", CU_KEY_ED25519, true},
    {"key.end", CU_KEY_ED25519, false},         {"witness.add", CU_KEY_COSIGNATURE, true},
    {"witness.end", CU_KEY_COSIGNATURE, false},
};

static cu_status begin_key(cu_ledger_keys *keys, const cu_verifier *key, uint64_t seq,
                           cu_err *err)
{
    if (keys->n == CU_LEDGER_KEYS)
        return cu_fail(err, CU_ELIMIT, "the log names more than %d keys", CU_LEDGER_KEYS);
    keys->list[keys->n++] = (cu_ledger_key){*key, seq, UINT64_MAX};
    return CU_OK;
}

static cu_status end_key(cu_ledger_keys *keys, const cu_verifier *key, uint64_t seq,
                         cu_err *err)
{
    for (size_t i = 0; i < keys->n; i++) {
        if (memcmp(keys->list[i].verifier.public_key, key->public_key, 32) == 0 &&
            keys->list[i].until == UINT64_MAX) {
            keys->list[i].until = seq;
            return CU_OK;
        }
    }
    return cu_fail(err, CU_EFORMAT, "entry %" PRIu64 " ends a key that none begins", seq);
}

bool cu_ledger_is_key_entry(const cu_tlog_entry *entry)
{
    /* Asked of every entry of a log, and nearly all say no by their first letter. */
    if (entry->action.p[0] != 'k' && entry->action.p[0] != 'w')
        return false;
    for (size_t i = 0; i < CU_COUNT_OF(key_actions); i++) {
        if (is_word(entry->action, key_actions[i].action))
            return true;
    }
    return false;
}

static cu_status add_event(cu_ledger_keys *keys, const cu_tlog_entry *entry, cu_err *err)
{
    keys->events++;
    for (size_t i = 0; i < CU_COUNT_OF(key_actions); i++) {
        cu_verifier key;

        if (!is_word(entry->action, key_actions[i].action))
            continue;
        if (cu_verifier_parse(cu_tlog_entry_find(entry, "d.vkey"), &key, err) != CU_OK ||
            key.type != key_actions[i].type)
            return cu_fail(err, CU_EFORMAT, "entry %" PRIu64 " names no key of its kind",
                           entry->seq);
        return key_actions[i].begins ? begin_key(keys, &key, entry->seq, err)
                                     : end_key(keys, &key, entry->seq, err);
    }
    return CU_OK;
}

static cu_status note_key(void *context, const cu_tlog_entry *entry, cu_bytes bytes,
                          cu_err *err)
{
    (void)bytes;
    return add_event(context, entry, err);
}

static int by_since(const void *a, const void *b)
{
    const uint64_t x = ((const cu_ledger_key *)a)->since;
    const uint64_t y = ((const cu_ledger_key *)b)->since;

    return x == y ? 0 : (x < y ? -1 : 1);
}

cu_status cu_ledger_get_keys(cu_ledger *ledger, cu_ledger_keys *out, cu_err *err)
{
    cu_status st = CU_OK;

    out->n = 0;
    out->events = 0;
    /* All that begin before any that end. */
    for (int ends = 0; ends < 2; ends++) {
        for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(key_actions); i++) {
            const cu_ledger_search search = {.action = key_actions[i].action};

            if (key_actions[i].begins == (ends == 0))
                st = cu_ledger_find(ledger, &search, note_key, out, err);
        }
    }
    qsort(out->list, out->n, sizeof out->list[0], by_since);
    return st;
}

/* Whether one signature line is by a key that may sign a tree of that size. */
static const cu_verifier *key_of(const cu_ledger_keys *keys, const cu_note_signature *signature,
                                 uint64_t size)
{
    for (size_t i = 0; i < keys->n; i++) {
        const cu_ledger_key *const key = &keys->list[i];

        if (is_word(signature->name, key->verifier.name) &&
            memcmp(signature->id, key->verifier.id, sizeof signature->id) == 0 &&
            size > key->since && (key->until == UINT64_MAX || size <= key->until))
            return &key->verifier;
    }
    return NULL;
}

cu_status cu_ledger_check_note(const cu_ledger_keys *keys, const cu_note *note, uint64_t size,
                               cu_err *err)
{
    bool own = false;

    for (size_t i = 0; i < note->n; i++) {
        const cu_verifier *const key = key_of(keys, &note->signatures[i], size);
        cu_note one = {.text = note->text, .n = 1, .signatures = {note->signatures[i]}};
        cu_status st;

        if (key == NULL)
            return cu_fail(err, CU_EFORMAT, "it is signed by a key that may not sign it");
        st = cu_note_verify(&one, key, NULL, err);
        if (st != CU_OK)
            return st;
        own = own || key->type == CU_KEY_ED25519;
    }
    return own ? CU_OK : cu_fail(err, CU_EFORMAT, "it is not signed by the log");
}

/* ---- signed heads ---- */

cu_status cu_ledger_checkpoint(cu_ledger *ledger, cu_buffer *note, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        ledger->store, "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1",
        CU_NO_VALUES, &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND, "no head of the log is signed yet");

    const cu_bytes bytes = cu_rows_blob(rows, 0);

    st = cu_rows_check(rows, err);
    if (st != CU_OK)
        return st;
    cu_buffer_append(note, bytes.p, bytes.n);
    return cu_buffer_check(note, err);
}

typedef struct keeping {
    cu_ledger *ledger;
    cu_bytes note;
    cu_checkpoint head;
} keeping;

/* The time of the last entry of a tree of that size. */
static cu_status time_at(cu_ledger *ledger, uint64_t size, int64_t *out, cu_err *err)
{
    return cu_store_number(ledger->store, "SELECT time_us FROM ledger_entry WHERE seq = $1",
                           CU_VALUES(cu_value_integer((int64_t)size - 1)), out, err);
}

/* The head before the last goes, where the last one is of the same hour. */
static cu_status thin_out(cu_ledger *ledger, uint64_t size, cu_err *err)
{
    const int64_t hour = 3600LL * 1000000;
    int64_t before = 0;
    int64_t times[2] = {0, 0};
    cu_status st = cu_store_number(ledger->store,
                                   "SELECT coalesce(max(size), 0) FROM ledger_checkpoint"
                                   " WHERE size < $1",
                                   CU_VALUES(cu_value_integer((int64_t)size)), &before, err);

    if (st != CU_OK || before == 0)
        return st;
    st = time_at(ledger, (uint64_t)before, &times[0], err);
    if (st == CU_OK)
        st = time_at(ledger, size, &times[1], err);
    if (st != CU_OK || times[0] / hour != times[1] / hour)
        return st;
    return cu_store_run(ledger->store, "DELETE FROM ledger_checkpoint WHERE size = $1",
                        CU_VALUES(cu_value_integer(before)), err);
}

static cu_status keep(cu_store *store, void *context, cu_err *err)
{
    keeping *const k = context;
    uint64_t size = 0;
    cu_hash root;
    cu_status st = cu_ledger_size(k->ledger, &size, err);

    if (st == CU_OK && (k->head.size > size || k->head.size == 0))
        st = cu_fail(err, CU_EFORMAT, "the log has no %" PRIu64 " entries", k->head.size);
    if (st == CU_OK)
        st = cu_ledger_root_at(k->ledger, k->head.size, &root, err);
    if (st == CU_OK && !cu_hash_equal(&root, &k->head.root))
        st = cu_fail(err, CU_EFORMAT, "the signed head is of another log");
    if (st == CU_OK)
        st = thin_out(k->ledger, k->head.size, err);
    if (st == CU_OK)
        st = cu_store_run(
            store,
            "INSERT INTO ledger_checkpoint (size, note) VALUES ($1, $2)"
            " ON CONFLICT (size) DO UPDATE SET note = excluded.note",
            CU_VALUES(cu_value_integer((int64_t)k->head.size), cu_value_blob(k->note)), err);
    return st;
}

cu_status cu_ledger_keep_checkpoint(cu_ledger *ledger, cu_bytes note, cu_err *err)
{
    keeping k = {.ledger = ledger, .note = note};
    cu_note *const parsed = malloc(sizeof *parsed);
    cu_status st = parsed == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                  : cu_note_parse(note, parsed, err);

    if (st == CU_OK)
        st = cu_checkpoint_parse(parsed->text, &k.head, err);
    if (st == CU_OK && !is_word(k.head.origin, ledger->origin))
        st = cu_fail(err, CU_EFORMAT, "the signed head is of another log");
    if (st == CU_OK)
        st = cu_store_transact(ledger->store, keep, &k, err);
    free(parsed);
    return st;
}
