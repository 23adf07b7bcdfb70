/* SPDX-License-Identifier: Apache-2.0 */
/* The whole log, hashed anew, against all that is stored and all that is remembered. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cu_verify_complain(cu_verifying *v, const char *kind, int64_t seq, const char *format, ...)
{
    cu_ledger_report *const report = v->report;
    va_list arguments;

    if (report->complaints_n < CU_LEDGER_COMPLAINTS) {
        cu_ledger_complaint *const one = &report->complaints[report->complaints_n];

        one->kind = kind;
        one->seq = seq;
        va_start(arguments, format);
        (void)vsnprintf(one->text, sizeof one->text, format, arguments);
        va_end(arguments);
    }
    report->complaints_n++;
}

/* ---- nodes ---- */

static cu_status make_levels(cu_verifying *v, cu_err *err)
{
    for (unsigned level = CU_LEDGER_STORED_LEVEL; v->size >> level > 0; level++) {
        v->levels[level] = calloc((size_t)(v->size >> level), sizeof(cu_hash));
        if (v->levels[level] == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    return CU_OK;
}

static cu_status fill_levels(cu_verifying *v, cu_err *err)
{
    cu_status st = CU_OK;

    for (unsigned level = CU_LEDGER_STORED_LEVEL + 1; st == CU_OK && v->size >> level > 0;
         level++)
        st = cu_hasher_nodes(v->hasher, v->levels[level - 1], (size_t)(v->size >> level),
                             v->levels[level], err);
    return st;
}

static void check_node(cu_verifying *v, unsigned level, uint64_t place, cu_rows *rows)
{
    const cu_bytes hash = cu_rows_blob(rows, 1);

    if ((uint64_t)cu_rows_integer(rows, 0) != place || hash.n != sizeof(cu_hash) ||
        memcmp(hash.p, v->levels[level][place].b, sizeof(cu_hash)) != 0)
        cu_verify_complain(v, "node", (int64_t)(place << level),
                           "node %u/%" PRIu64 " is not that of its entries", level, place);
}

static cu_status check_level(cu_verifying *v, unsigned level, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    const uint64_t count = v->size >> level;
    uint64_t place = 0;
    bool more = true;
    cu_status st = cu_store_stream(
        v->ledger->store,
        "SELECT place, hash FROM ledger_node WHERE level = $1 AND place >= 0 AND place < $2"
        " ORDER BY place",
        CU_VALUES(cu_value_integer(level), cu_value_integer((int64_t)count)), &rows, err);

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        check_node(v, level, place++, rows);
    }
    if (st == CU_OK && place < count)
        cu_verify_complain(v, "node", -1, "node %u/%" PRIu64 " is missing", level, place);
    return st;
}

static cu_status check_nodes(cu_verifying *v, cu_err *err)
{
    uint64_t expected = 0;
    int64_t there = 0;
    cu_status st = CU_OK;

    for (unsigned level = CU_LEDGER_STORED_LEVEL; st == CU_OK && v->size >> level > 0;
         level++) {
        expected += v->size >> level;
        st = check_level(v, level, err);
    }
    if (st == CU_OK)
        st = cu_store_number(v->ledger->store, "SELECT count(*) FROM ledger_node", CU_NO_VALUES,
                             &there, err);
    if (st == CU_OK && (uint64_t)there != expected)
        cu_verify_complain(v, "node", -1, "there are %" PRId64 " nodes, and belong %" PRIu64,
                           there, expected);
    return st;
}

/* ---- the head ---- */

static cu_status hashed(void *context, unsigned level, uint64_t index, cu_hash *out,
                        cu_err *err)
{
    const cu_verifying *const v = context;

    if (level < CU_LEDGER_STORED_LEVEL)
        return cu_ledger_hash_small(v->ledger, level, index, out, err);
    *out = v->levels[level][index];
    return CU_OK;
}

static void expected_tree(const cu_verifying *v, cu_tree *out)
{
    const uint64_t whole = v->size - v->size % CU_VERIFY_BLOCK;
    unsigned peaks = 0;

    *out = (cu_tree){.size = whole};
    for (unsigned level = CU_VERIFY_LEVELS; level-- > CU_LEDGER_STORED_LEVEL;) {
        if ((whole >> level & 1) != 0)
            out->peaks[peaks++] = v->levels[level][(whole >> level) - 1];
    }
    for (uint64_t i = 0; i < v->size % CU_VERIFY_BLOCK; i++) {
        if (cu_tree_append(out, &v->tail[i], NULL, NULL, NULL) != CU_OK)
            return;
    }
}

/* The lowest and the highest are found by the key; only where there are others are they
 * counted. */
static cu_status check_others(cu_verifying *v, cu_err *err)
{
    cu_store *const store = v->ledger->store;
    int64_t lowest = 0;
    int64_t highest = 0;
    int64_t others = 0;
    cu_status st = cu_store_number(store, "SELECT coalesce(min(seq), 0) FROM ledger_entry",
                                   CU_NO_VALUES, &lowest, err);

    if (st == CU_OK)
        st = cu_store_number(store, "SELECT coalesce(max(seq), -1) FROM ledger_entry",
                             CU_NO_VALUES, &highest, err);
    if (st != CU_OK || (lowest >= 0 && highest < (int64_t)v->size))
        return st;
    st = cu_store_number(store, "SELECT count(*) FROM ledger_entry WHERE seq >= $1 OR seq < 0",
                         CU_VALUES(cu_value_integer((int64_t)v->size)), &others, err);
    if (st == CU_OK)
        cu_verify_complain(v, "head", (int64_t)v->size,
                           "%" PRId64 " entries lie past the head of the log", others);
    return st;
}

static cu_status check_head(cu_verifying *v, const cu_tree *stored, int64_t time_us,
                            cu_err *err)
{
    cu_tree tree;
    int64_t last = 0;
    cu_status st = check_others(v, err);

    if (st != CU_OK)
        return st;
    expected_tree(v, &tree);
    cu_tree_root(&tree, &v->report->root);
    if (memcmp(tree.peaks, stored->peaks, cu_tree_peaks(&tree) * sizeof(cu_hash)) != 0)
        cu_verify_complain(v, "head", (int64_t)v->size,
                           "the root of the log is not that of its entries");
    if (v->size > 0) {
        st =
            cu_store_number(v->ledger->store, "SELECT time_us FROM ledger_entry WHERE seq = $1",
                            CU_VALUES(cu_value_integer((int64_t)v->size - 1)), &last, err);
        if (st == CU_ENOTFOUND)
            st = CU_OK; /* told already */
        else if (st == CU_OK && last != time_us)
            cu_verify_complain(v, "head", (int64_t)v->size,
                               "the head has another time than the last entry");
    }
    return st;
}

/* ---- signed heads and memories ---- */

static void check_root(cu_verifying *v, const char *kind, const char *who, uint64_t size,
                       const cu_hash *root)
{
    cu_hash own;
    cu_err err = {0};

    if (cu_tlog_root(size, hashed, v, &own, &err) != CU_OK)
        cu_verify_complain(v, kind, (int64_t)size, "%s: %s", who, err.text);
    else if (!cu_hash_equal(&own, root))
        cu_verify_complain(v, kind, (int64_t)size,
                           "%s has another root for the first %" PRIu64 " entries", who, size);
}

static void check_checkpoint(cu_verifying *v, cu_rows *rows, cu_note *note)
{
    const int64_t size = cu_rows_integer(rows, 0);
    const char *const origin = v->ledger->origin;
    cu_checkpoint head = {0};
    cu_err err = {0};
    cu_status st = cu_note_parse(cu_rows_blob(rows, 1), note, &err);

    if (st == CU_OK)
        st = cu_checkpoint_parse(note->text, &head, &err);
    if (st == CU_OK &&
        (head.size != (uint64_t)size || size <= 0 ||
         !cu_bytes_equal(head.origin, (cu_bytes){(const uint8_t *)origin, strlen(origin)})))
        st = cu_fail(&err, CU_EFORMAT, "it is of another size or another log");
    if (st == CU_OK)
        st = cu_ledger_check_note(&v->keys, note, head.size, &err);
    if (st != CU_OK) {
        cu_verify_complain(v, "checkpoint", size, "the signed head of %" PRId64 " entries: %s",
                           size, err.text);
        return;
    }
    v->report->checkpoints++;
    v->report->has_signed = true;
    v->report->signed_size = head.size;
    if (head.size > v->size)
        cu_verify_complain(v, "rollback", size,
                           "a head of %" PRId64 " entries was signed, and the log has %" PRIu64,
                           size, v->size);
    else
        check_root(v, "checkpoint", "a signed head", head.size, &head.root);
}

/* The signed heads behind last, a page of them; how many there were. */
static cu_status check_page(cu_verifying *v, cu_note *note, int64_t *last, unsigned *count,
                            cu_err *err)
{
    enum { page = 1000 };

    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(
        v->ledger->store,
        "SELECT size, note FROM ledger_checkpoint WHERE size > $1 ORDER BY size LIMIT $2",
        CU_VALUES(cu_value_integer(*last), cu_value_integer(page)), &rows, err);

    *count = 0;
    while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
        /* Only a damaged index gives such a row, and then it would give it for ever. */
        if (cu_rows_integer(rows, 0) <= *last)
            return cu_fail(err, CU_EFORMAT, "the signed heads come out of order");
        *last = cu_rows_integer(rows, 0);
        check_checkpoint(v, rows, note);
        ++*count;
    }
    return st;
}

static cu_status check_checkpoints(cu_verifying *v, cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    int64_t last = INT64_MIN;
    unsigned count = 1;
    cu_status st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;

    while (st == CU_OK && count > 0)
        st = check_page(v, note, &last, &count, err);
    free(note);
    return st;
}

static void check_memories(cu_verifying *v)
{
    for (size_t i = 0; i < v->check->memories_n; i++) {
        const cu_ledger_memory *const memory = &v->check->memories[i];

        if (memory->size > v->size)
            cu_verify_complain(v, "rollback", (int64_t)memory->size,
                               "%s remembers %" PRIu64 " entries, and the log has %" PRIu64,
                               memory->who, memory->size, v->size);
        else
            check_root(v, "fork", memory->who, memory->size, &memory->root);
    }
}

static cu_status get_keys(cu_verifying *v, cu_err *err)
{
    cu_err words = {0};
    const cu_status st = cu_ledger_get_keys(v->ledger, &v->keys, &words);

    if (st != CU_OK && st != CU_EFORMAT && st != CU_ELIMIT)
        return cu_fail(err, st, "%s", words.text);
    if (st != CU_OK)
        cu_verify_complain(v, "key", -1, "%s", words.text);
    else if (v->keys.events != v->key_entries)
        cu_verify_complain(v, "key", -1, "the index of the log does not find all its keys");
    return CU_OK;
}

/* ---- all of it ---- */

static cu_status check_rest(cu_verifying *v, const cu_tree *stored, int64_t time_us,
                            cu_err *err)
{
    cu_status st = check_head(v, stored, time_us, err);

    if (st == CU_OK)
        st = check_nodes(v, err);
    if (st == CU_OK)
        st = get_keys(v, err);
    if (st == CU_OK)
        st = check_checkpoints(v, err);
    if (st == CU_OK)
        st = cu_verify_secrets(v, err);
    if (st == CU_OK)
        check_memories(v);
    return st;
}

static void free_hashes(cu_verifying *v)
{
    for (unsigned level = 0; level < CU_VERIFY_LEVELS; level++) {
        free(v->levels[level]);
        v->levels[level] = NULL;
    }
}

/* The transaction may be tried again, and then it begins from nothing. */
static void begin_again(cu_verifying *v)
{
    free_hashes(v);
    *v->report = (cu_ledger_report){0};
    v->next = 0;
    v->merged = 0;
    v->time_us = INT64_MIN;
    v->done = 0;
    v->commitments = 0;
    v->erased = 0;
    v->key_entries = 0;
    v->stop = false;
    v->st = CU_OK;
}

static void check_pages(cu_verifying *v)
{
    cu_err err = {0};

    if (v->check->pages && cu_store_integrity(v->ledger->store, &err) != CU_OK)
        cu_verify_complain(v, "pages", -1, "%s", err.text);
}

static cu_status verify(cu_store *store, void *context, cu_err *err)
{
    cu_verifying *const v = context;
    cu_tree stored = {0};
    int64_t time_us = 0;
    cu_status st = cu_ledger_load(v->ledger, &stored, &time_us, err);

    (void)store;
    begin_again(v);
    if (st != CU_OK)
        return st;
    check_pages(v);
    v->size = stored.size;
    v->report->entries = stored.size;
    st = make_levels(v, err);
    if (st == CU_OK)
        st = cu_verify_entries(v, err);
    if (st == CU_OK)
        st = fill_levels(v, err);
    if (st != CU_OK)
        return st;
    return check_rest(v, &stored, time_us, err);
}

cu_status cu_ledger_verify(cu_ledger *ledger, const cu_ledger_check *check,
                           cu_progress *progress, cu_ledger_report *report, cu_err *err)
{
    cu_verifying *const v = calloc(1, sizeof *v);
    cu_status st;

    if (v == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    *report = (cu_ledger_report){0};
    v->ledger = ledger;
    v->check = check;
    v->progress = progress;
    v->report = report;
    v->hasher = cu_hasher_new();
    (void)pthread_mutex_init(&v->mutex, NULL);
    st = v->hasher == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                           : cu_store_read(ledger->store, verify, v, err);
    free_hashes(v);
    cu_hasher_free(v->hasher);
    (void)pthread_mutex_destroy(&v->mutex);
    free(v);
    /* Rows that cannot be read as what they are were changed as much as any. */
    if (st == CU_EFORMAT && report->complaints_n < CU_LEDGER_COMPLAINTS) {
        cu_ledger_complaint *const one = &report->complaints[report->complaints_n++];

        one->kind = "pages";
        one->seq = -1;
        (void)snprintf(one->text, sizeof one->text, "%s", err == NULL ? "damaged" : err->text);
        st = CU_OK;
    }
    return st;
}
