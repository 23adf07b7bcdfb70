/* SPDX-License-Identifier: Apache-2.0 */
/* Reads every entry, in chunks that workers take in turn, each over a connection of its own. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { threads_max = 16 };

typedef struct worker {
    cu_verifying *v;
    cu_store *store;
    pthread_t thread;
    bool running;
} worker;

/* What a worker makes of one chunk before it is written down. */
typedef struct chunk {
    uint64_t start;
    uint64_t end;
    uint64_t next; /* the seq that is expected */
    int64_t time_us;
    uint64_t commitments;
    uint64_t erased;
    uint64_t key_entries;
    cu_tree block; /* of up to 16 leaves */
} chunk;

static bool is_text(cu_bytes value, const char *column)
{
    const size_t n = column == NULL ? 0 : strlen(column);

    return value.n == n && (n == 0 || memcmp(value.p, column, n) == 0);
}

static void check_columns(cu_verifying *v, cu_rows *rows, const cu_tlog_entry *entry)
{
    if (cu_rows_integer(rows, 2) != entry->time_us ||
        !is_text(entry->actor, cu_rows_text(rows, 3)) ||
        !is_text(entry->action, cu_rows_text(rows, 4)) ||
        !is_text(entry->object, cu_rows_text(rows, 5)) ||
        cu_rows_is_null(rows, 5) != (entry->object.n == 0))
        cu_verify_complain(v, "column", (int64_t)entry->seq,
                           "a column of entry %" PRIu64 " is not what its bytes say",
                           entry->seq);
}

static void note_details(chunk *c, const cu_tlog_entry *entry)
{
    const cu_bytes erased = cu_tlog_entry_find(entry, "d.erased-secrets");
    uint64_t count = 0;

    for (size_t i = 0; i < entry->n; i++)
        c->commitments += entry->lines[i].name.p[0] == 'c';
    if (erased.n > 0 && cu_decimal_decode(erased, &count))
        c->erased += count;
    c->key_entries += cu_ledger_is_key_entry(entry);
}

static void note_time(cu_verifying *v, chunk *c, const cu_tlog_entry *entry)
{
    if (c->time_us == INT64_MIN)
        v->first_times[c->start / CU_VERIFY_CHUNK] = entry->time_us;
    else if (entry->time_us < c->time_us)
        cu_verify_complain(v, "time", (int64_t)entry->seq,
                           "entry %" PRIu64 " is earlier than the one before", entry->seq);
    c->time_us = entry->time_us;
}

static void check_row(cu_verifying *v, chunk *c, cu_rows *rows)
{
    const uint64_t seq = (uint64_t)cu_rows_integer(rows, 0);
    const cu_bytes bytes = cu_rows_blob(rows, 1);
    cu_tlog_entry entry;
    cu_err err = {0};

    if (cu_tlog_entry_parse(bytes, &entry, &err) != CU_OK) {
        cu_verify_complain(v, "entry", (int64_t)seq, "entry %" PRIu64 ": %s", seq, err.text);
        return;
    }
    if (entry.seq != seq) {
        cu_verify_complain(v, "order", (int64_t)seq,
                           "entry %" PRIu64 " stands where entry %" PRIu64 " belongs",
                           entry.seq, seq);
        return;
    }
    check_columns(v, rows, &entry);
    note_time(v, c, &entry);
    note_details(c, &entry);
}

/* Puts the leaf into its block, and a whole block into the lowest level that is stored. */
static cu_status hash_row(cu_verifying *v, chunk *c, cu_bytes bytes, cu_err *err)
{
    const uint64_t whole = v->size / CU_VERIFY_BLOCK;
    const uint64_t block = c->next / CU_VERIFY_BLOCK;
    cu_hash leaf;
    cu_status st;

    cu_tlog_leaf(bytes, &leaf);
    if (block >= whole) {
        v->tail[c->next % CU_VERIFY_BLOCK] = leaf;
        return CU_OK;
    }
    st = cu_tree_append(&c->block, &leaf, NULL, NULL, err);
    if (st == CU_OK && c->block.size == CU_VERIFY_BLOCK) {
        cu_tree_root(&c->block, &v->levels[CU_LEDGER_STORED_LEVEL][block]);
        c->block.size = 0;
    }
    return st;
}

static void complain_of_gap(cu_verifying *v, uint64_t from, uint64_t to)
{
    if (to - from == 1)
        cu_verify_complain(v, "entry", (int64_t)from, "entry %" PRIu64 " is missing", from);
    else
        cu_verify_complain(v, "entry", (int64_t)from,
                           "entries %" PRIu64 " to %" PRIu64 " are missing", from, to - 1);
}

static cu_status read_chunk(cu_verifying *v, cu_store *store, chunk *c, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(
        store,
        "SELECT seq, bytes, time_us, actor, action, object FROM ledger_entry"
        " WHERE seq >= $1 AND seq < $2 ORDER BY seq",
        CU_VALUES(cu_value_integer((int64_t)c->start), cu_value_integer((int64_t)c->end)),
        &rows, err);

    while (st == CU_OK) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;

        const uint64_t seq = (uint64_t)cu_rows_integer(rows, 0);

        if (seq < c->next || seq >= c->end)
            return cu_fail(err, CU_EFORMAT, "the rows of the log come out of order");
        if (seq > c->next) {
            /* What is hashed over a gap is wrong, and is told once more as the root. */
            complain_of_gap(v, c->next, seq);
            c->block.size = seq % CU_VERIFY_BLOCK == 0 ? 0 : c->block.size;
            c->next = seq;
        }
        check_row(v, c, rows);
        st = hash_row(v, c, cu_rows_blob(rows, 1), err);
        c->next++;
    }
    if (st == CU_OK && c->next < c->end)
        complain_of_gap(v, c->next, c->end);
    return st;
}

static bool take_chunk(cu_verifying *v, chunk *c)
{
    bool taken;

    (void)pthread_mutex_lock(&v->mutex);
    taken = !v->stop && v->next < v->size;
    if (taken) {
        *c = (chunk){.start = v->next, .next = v->next, .time_us = INT64_MIN};
        c->end = v->size - v->next < CU_VERIFY_CHUNK ? v->size : v->next + CU_VERIFY_CHUNK;
        v->next = c->end;
    }
    (void)pthread_mutex_unlock(&v->mutex);
    return taken;
}

static void put_chunk(cu_verifying *v, const chunk *c, cu_status st, const cu_err *err)
{
    (void)pthread_mutex_lock(&v->mutex);
    v->commitments += c->commitments;
    v->erased += c->erased;
    v->key_entries += c->key_entries;
    v->done += c->end - c->start;
    v->last_times[c->start / CU_VERIFY_CHUNK] = c->time_us;
    if (st == CU_OK && !cu_progress_tell(v->progress, "verifying", v->done, v->size)) {
        cu_err_set(&v->err, CU_ESTOPPED, "stopped");
        v->st = CU_ESTOPPED;
        v->stop = true;
    }
    if (st != CU_OK && v->st == CU_OK) {
        v->st = st;
        v->err = *err;
        v->stop = true;
    }
    (void)pthread_mutex_unlock(&v->mutex);
}

static void *work(void *argument)
{
    worker *const w = argument;
    chunk c;

    while (take_chunk(w->v, &c)) {
        cu_err err = {0};
        const cu_status st = read_chunk(w->v, w->store, &c, &err);

        put_chunk(w->v, &c, st, &err);
    }
    return NULL;
}

static void check_times(cu_verifying *v)
{
    const uint64_t chunks = (v->size + CU_VERIFY_CHUNK - 1) / CU_VERIFY_CHUNK;

    for (uint64_t i = 1; i < chunks; i++) {
        if (v->first_times[i] < v->last_times[i - 1])
            cu_verify_complain(v, "time", (int64_t)(i * CU_VERIFY_CHUNK),
                               "entry %" PRIu64 " is earlier than the one before",
                               i * CU_VERIFY_CHUNK);
    }
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

cu_status cu_verify_entries(cu_verifying *v, cu_err *err)
{
    worker workers[threads_max] = {{0}};
    const unsigned count = wanted_threads(v);

    /* The first works in this thread, over the ledger's own connection. */
    workers[0] = (worker){.v = v, .store = v->ledger->store};
    for (unsigned i = 1; i < count; i++) {
        workers[i] = (worker){.v = v};
        if (cu_store_open(v->check->url, &workers[i].store, NULL) == CU_OK)
            workers[i].running =
                pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
    }
    (void)work(&workers[0]);
    for (unsigned i = 1; i < count; i++) {
        if (workers[i].running)
            (void)pthread_join(workers[i].thread, NULL);
        cu_store_close(workers[i].store); /* NULL where it could not be opened */
    }
    if (v->st != CU_OK) {
        cu_err_set(err, v->st, "%s", v->err.text);
        return v->st;
    }
    check_times(v);
    return CU_OK;
}
