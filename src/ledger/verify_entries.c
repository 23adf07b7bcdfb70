/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every entry, in chunks that workers take in turn, each over a connection of its own.
 * What they find is put together in the order of the entries, whoever was first. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Leaves are hashed side by side, a group at a time. */
enum { threads_max = 16, group_entries = CU_HASHER_HASHES };

typedef struct worker {
    cu_verifying *v;
    cu_store *store;
    cu_hasher *hasher;
    cu_verify_chunk *chunk; /* that it works on */
    pthread_t thread;
    bool running;
} worker;

/* What a worker makes of one chunk. */
struct cu_verify_chunk {
    uint64_t start;
    uint64_t end;
    uint64_t next; /* the seq that is expected */
    int64_t first_time_us;
    uint64_t first_seq; /* the one of that time */
    int64_t time_us;    /* of the last entry, INT64_MIN where none is whole */
    uint64_t commitments;
    uint64_t erased;
    uint64_t key_entries;
    cu_status st;
    cu_err err;
    uint64_t complaints_n;
    cu_ledger_complaint complaints[CU_LEDGER_COMPLAINTS];

    /* The group that is read: a leaf that is missing is zero, and fits no node. */
    uint64_t group;
    cu_hash leaves[group_entries];
    uint16_t places[group_entries]; /* of those that the hasher has */
    size_t waiting;
};

static void CU_PRINTF(4, 5)
    complain(cu_verify_chunk *c, const char *kind, uint64_t seq, const char *format, ...)
{
    va_list arguments;

    if (c->complaints_n < CU_LEDGER_COMPLAINTS) {
        cu_ledger_complaint *const one = &c->complaints[c->complaints_n];

        one->kind = kind;
        one->seq = (int64_t)seq;
        va_start(arguments, format);
        (void)vsnprintf(one->text, sizeof one->text, format, arguments);
        va_end(arguments);
    }
    c->complaints_n++;
}

/* ---- an entry ---- */

/* A column that is null is an entry's line that is not there. */
static bool is_text(cu_rows *rows, int column, cu_bytes value)
{
    const cu_bytes text = cu_rows_text_bytes(rows, column);

    return (text.p == NULL) == (value.n == 0) && cu_bytes_equal(text, value);
}

static void check_columns(cu_verify_chunk *c, cu_rows *rows, const cu_tlog_entry *entry)
{
    if (cu_rows_integer(rows, 2) != entry->time_us || !is_text(rows, 3, entry->actor) ||
        !is_text(rows, 4, entry->action) || !is_text(rows, 5, entry->object))
        complain(c, "column", entry->seq,
                 "a column of entry %" PRIu64 " is not what its bytes say", entry->seq);
}

static void note_details(cu_verify_chunk *c, const cu_tlog_entry *entry)
{
    const cu_bytes erased = cu_tlog_entry_find(entry, "d.erased-secrets");
    uint64_t count = 0;

    for (size_t i = 0; i < entry->n; i++)
        c->commitments += entry->lines[i].name.p[0] == 'c';
    if (erased.n > 0 && cu_decimal_decode(erased, &count))
        c->erased += count;
    c->key_entries += cu_ledger_is_key_entry(entry);
}

static const char earlier[] = "entry %" PRIu64 " is earlier than the one before";

static void note_time(cu_verify_chunk *c, const cu_tlog_entry *entry)
{
    if (c->time_us == INT64_MIN) {
        c->first_time_us = entry->time_us;
        c->first_seq = entry->seq;
    } else if (entry->time_us < c->time_us) {
        complain(c, "time", entry->seq, earlier, entry->seq);
    }
    c->time_us = entry->time_us;
}

static void check_row(cu_verify_chunk *c, cu_rows *rows, cu_bytes bytes)
{
    const uint64_t seq = c->next;
    cu_tlog_entry entry;
    cu_err err = {0};

    if (cu_tlog_entry_parse(bytes, &entry, &err) != CU_OK) {
        complain(c, "entry", seq, "entry %" PRIu64 ": %s", seq, err.text);
        return;
    }
    if (entry.seq != seq) {
        complain(c, "order", seq, "entry %" PRIu64 " stands where entry %" PRIu64 " belongs",
                 entry.seq, seq);
        return;
    }
    check_columns(c, rows, &entry);
    note_time(c, &entry);
    note_details(c, &entry);
}

/* ---- hashes ---- */

static cu_status take_leaves(const worker *w, cu_err *err)
{
    cu_verify_chunk *const c = w->chunk;
    cu_hash fresh[group_entries];
    const cu_status st = cu_hasher_take(w->hasher, fresh, err);

    for (size_t i = 0; st == CU_OK && i < c->waiting; i++)
        c->leaves[c->places[i]] = fresh[i];
    c->waiting = 0;
    return st;
}

/* Puts the group's whole blocks into the lowest level that is stored, and keeps the leaves
 * after the last of them. */
static cu_status end_group(const worker *w, cu_err *err)
{
    cu_verifying *const v = w->v;
    cu_verify_chunk *const c = w->chunk;
    const uint64_t left = c->group < v->size ? v->size - c->group : 0;
    const size_t count = left < group_entries ? (size_t)left : (size_t)group_entries;
    const size_t whole = count - count % CU_VERIFY_BLOCK;
    cu_status st = take_leaves(w, err);

    if (count > whole)
        memcpy(v->tail, &c->leaves[whole], (count - whole) * sizeof(cu_hash));
    for (size_t n = whole / 2; st == CU_OK && n >= whole / CU_VERIFY_BLOCK && n > 0; n /= 2)
        st = cu_hasher_nodes(w->hasher, c->leaves, n, c->leaves, err);
    if (st == CU_OK && whole > 0)
        memcpy(&v->levels[CU_LEDGER_STORED_LEVEL][c->group / CU_VERIFY_BLOCK], c->leaves,
               whole / CU_VERIFY_BLOCK * sizeof(cu_hash));
    memset(c->leaves, 0, sizeof c->leaves);
    return st;
}

static cu_status hash_row(const worker *w, cu_bytes bytes, cu_err *err)
{
    cu_verify_chunk *const c = w->chunk;
    cu_status st = CU_OK;

    if (c->next >= c->group + group_entries) {
        st = end_group(w, err);
        c->group = c->next - c->next % group_entries;
    } else if (cu_hasher_full(w->hasher)) {
        st = take_leaves(w, err);
    }
    if (st != CU_OK)
        return st;
    c->places[c->waiting++] = (uint16_t)(c->next - c->group);
    cu_hasher_leaf(w->hasher, bytes);
    return CU_OK;
}

/* ---- a chunk ---- */

static void complain_of_gap(cu_verify_chunk *c, uint64_t to)
{
    if (to - c->next == 1)
        complain(c, "entry", c->next, "entry %" PRIu64 " is missing", c->next);
    else
        complain(c, "entry", c->next, "entries %" PRIu64 " to %" PRIu64 " are missing", c->next,
                 to - 1);
    c->next = to;
}

/* A chunk that is read anew, after the transaction was undone, begins from nothing. */
static cu_status begin_chunk(const worker *w, cu_err *err)
{
    cu_verify_chunk *const c = w->chunk;
    const uint64_t start = c->start;
    const uint64_t end = c->end;

    memset(c, 0, sizeof *c);
    c->start = c->next = c->group = start;
    c->end = end;
    c->time_us = INT64_MIN;
    return take_leaves(w, err); /* what an undone one left in the hasher */
}

static cu_status read_rows(const worker *w, cu_rows *rows, cu_err *err)
{
    cu_verify_chunk *const c = w->chunk;
    bool more = true;
    cu_status st = CU_OK;

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;

        const uint64_t seq = (uint64_t)cu_rows_integer(rows, 0);
        const cu_bytes bytes = cu_rows_blob(rows, 1);

        if (seq < c->next || seq >= c->end)
            return cu_fail(err, CU_EFORMAT, "the rows of the log come out of order");
        if (seq > c->next)
            complain_of_gap(c, seq);
        check_row(c, rows, bytes);
        st = hash_row(w, bytes, err);
        c->next++;
    }
    return st;
}

static cu_status read_chunk(cu_store *store, void *context, cu_err *err)
{
    const worker *const w = context;
    cu_verify_chunk *const c = w->chunk;
    CU_AUTO(cu_rows, rows);
    cu_status st = begin_chunk(w, err);

    if (st == CU_OK)
        st = cu_store_stream(
            store,
            "SELECT seq, bytes, time_us, actor, action, object FROM ledger_entry"
            " WHERE seq >= $1 AND seq < $2 ORDER BY seq",
            CU_VALUES(cu_value_integer((int64_t)c->start), cu_value_integer((int64_t)c->end)),
            &rows, err);
    if (st == CU_OK)
        st = read_rows(w, rows, err);
    if (st == CU_OK && c->next < c->end)
        complain_of_gap(c, c->end);
    return st == CU_OK ? end_group(w, err) : st;
}

/* ---- all of them, in order ---- */

static cu_verify_chunk *take_chunk(cu_verifying *v)
{
    cu_verify_chunk *c = NULL;

    (void)pthread_mutex_lock(&v->mutex);
    if (!v->stop && v->next < v->size) {
        c = calloc(1, sizeof *c);
        if (c == NULL) {
            v->st = cu_fail(&v->err, CU_ENOMEM, "out of memory");
            v->stop = true;
        } else {
            c->start = v->next;
            c->end = v->size - v->next < CU_VERIFY_CHUNK ? v->size : v->next + CU_VERIFY_CHUNK;
            v->next = c->end;
        }
    }
    (void)pthread_mutex_unlock(&v->mutex);
    return c;
}

static void merge_complaint(cu_verifying *v, const cu_ledger_complaint *complaint)
{
    cu_verify_complain(v, complaint->kind, complaint->seq, "%s", complaint->text);
}

/* A chunk does not know the entry before it: whether its first one is earlier is said here, in
 * its place among what is said of the chunk. */
static void merge_complaints(cu_verifying *v, const cu_verify_chunk *c)
{
    const size_t kept = c->complaints_n < CU_LEDGER_COMPLAINTS ? (size_t)c->complaints_n
                                                               : (size_t)CU_LEDGER_COMPLAINTS;
    const bool is_earlier = c->time_us != INT64_MIN && c->first_time_us < v->time_us;
    size_t i = 0;

    for (; i < kept && (!is_earlier || c->complaints[i].seq <= (int64_t)c->first_seq); i++)
        merge_complaint(v, &c->complaints[i]);
    if (is_earlier)
        cu_verify_complain(v, "time", (int64_t)c->first_seq, earlier, c->first_seq);
    for (; i < kept; i++)
        merge_complaint(v, &c->complaints[i]);
    v->report->complaints_n += c->complaints_n - kept;
}

static void merge(cu_verifying *v, const cu_verify_chunk *c)
{
    merge_complaints(v, c);
    v->commitments += c->commitments;
    v->erased += c->erased;
    v->key_entries += c->key_entries;
    v->time_us = c->time_us == INT64_MIN ? v->time_us : c->time_us;
    if (c->st == CU_OK || v->st != CU_OK)
        return;
    v->st = c->st;
    v->err = c->err;
}

/* Takes the chunk, and puts in the report what is known up to the first that is not ended. */
static void put_chunk(cu_verifying *v, cu_verify_chunk *c)
{
    (void)pthread_mutex_lock(&v->mutex);
    v->done += c->end - c->start;
    v->stop = v->stop || c->st != CU_OK;
    v->ended[c->start / CU_VERIFY_CHUNK] = c;
    while (v->merged * CU_VERIFY_CHUNK < v->next && v->ended[v->merged] != NULL) {
        merge(v, v->ended[v->merged]);
        free(v->ended[v->merged]);
        v->ended[v->merged++] = NULL;
    }
    if (v->st == CU_OK && !cu_progress_tell(v->progress, "verifying", v->done, v->size)) {
        v->st = cu_fail(&v->err, CU_ESTOPPED, "stopped");
        v->stop = true;
    }
    (void)pthread_mutex_unlock(&v->mutex);
}

static void *work(void *argument)
{
    worker *const w = argument;
    const bool in_transaction = w->store == w->v->ledger->store;

    while ((w->chunk = take_chunk(w->v)) != NULL) {
        cu_err err = {0};
        const cu_status st = in_transaction ? read_chunk(w->store, w, &err)
                                            : cu_store_read(w->store, read_chunk, w, &err);

        w->chunk->st = st;
        w->chunk->err = err;
        put_chunk(w->v, w->chunk);
    }
    return NULL;
}

static unsigned wanted_threads(const cu_verifying *v)
{
    const uint64_t chunks = (v->size + CU_VERIFY_CHUNK - 1) / CU_VERIFY_CHUNK;
    long count =
        v->check->threads > 0 ? (long)v->check->threads : sysconf(_SC_NPROCESSORS_ONLN);

    if (v->check->url == NULL || count < 1)
        count = 1;
    if (count > threads_max)
        count = threads_max;
    return (uint64_t)count > chunks && chunks > 0 ? (unsigned)chunks : (unsigned)count;
}

/* Fewer workers do the same, so one that cannot begin is none. */
static void begin_worker(cu_verifying *v, worker *w)
{
    *w = (worker){.v = v, .hasher = cu_hasher_new()};
    if (w->hasher != NULL && cu_store_open(v->check->url, &w->store, NULL) == CU_OK)
        w->running = pthread_create(&w->thread, NULL, work, w) == 0;
}

static void end_worker(worker *w)
{
    if (w->running)
        (void)pthread_join(w->thread, NULL);
    cu_store_close(w->store); /* NULL where it could not be opened */
    cu_hasher_free(w->hasher);
}

cu_status cu_verify_entries(cu_verifying *v, cu_err *err)
{
    worker workers[threads_max] = {{0}};
    const unsigned count = wanted_threads(v);

    v->ended = calloc((size_t)(v->size / CU_VERIFY_CHUNK + 1), sizeof(cu_verify_chunk *));
    if (v->ended == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (unsigned i = 1; i < count; i++)
        begin_worker(v, &workers[i]);
    /* The first works in this thread, over the ledger's own connection. */
    workers[0] = (worker){.v = v, .store = v->ledger->store, .hasher = v->hasher};
    (void)work(&workers[0]);
    for (unsigned i = 1; i < count; i++)
        end_worker(&workers[i]);
    free(v->ended);
    v->ended = NULL;
    if (v->st != CU_OK)
        cu_err_set(err, v->st, "%s", v->err.text);
    return v->st;
}
