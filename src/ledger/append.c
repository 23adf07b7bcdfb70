/* SPDX-License-Identifier: Apache-2.0 */
/* Adding entries: the bytes, the tree's new nodes and the head, all in the caller's
 * transaction. */
#include "ledger/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { batch_events = 256, batch_nodes = batch_events + 64, node_columns = 3, columns = 6 };

/* The lines of one event, in order. */
typedef struct draft {
    cu_tlog_entry entry;
    char names[CU_ENTRY_DETAILS][CU_ENTRY_NAME_BYTES + 1];
    char hex[CU_ENTRY_DETAILS][65];
    cu_buffer salts; /* of the batch's secrets, in their order */
} draft;

typedef struct node {
    unsigned level;
    uint64_t place;
    cu_hash hash;
} node;

/* Entries that are written but not stored yet. */
typedef struct batch {
    cu_ledger *ledger;
    cu_tree tree;
    int64_t time_us;
    cu_buffer bytes;
    size_t starts[batch_events + 1];
    int64_t times[batch_events];
    size_t n;
    node nodes[batch_nodes];
    size_t nodes_n;
    draft draft;
    cu_value values[batch_nodes * columns];
} batch;

static cu_bytes text_of(const char *text)
{
    return text == NULL ? (cu_bytes){0} : (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static int by_name(const void *a, const void *b)
{
    const cu_bytes x = ((const cu_tlog_entry_line *)a)->name;
    const cu_bytes y = ((const cu_tlog_entry_line *)b)->name;
    const int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

    if (order != 0)
        return order;
    return x.n == y.n ? 0 : (x.n < y.n ? -1 : 1);
}

static cu_status add_line(draft *d, char kind, const char *name, cu_bytes value, cu_err *err)
{
    char *const room = d->names[d->entry.n];
    const int n = snprintf(room, sizeof d->names[0], "%c.%s", kind, name);

    if (n < 0 || n > CU_ENTRY_NAME_BYTES)
        return cu_fail(err, CU_EUSAGE, "the name of a detail is too long: \"%s\"", name);
    d->entry.lines[d->entry.n++] =
        (cu_tlog_entry_line){{(const uint8_t *)room, (size_t)n}, value};
    return CU_OK;
}

static cu_status add_commitment(draft *d, const cu_ledger_secret *secret, size_t i, cu_err *err)
{
    uint8_t salt[CU_SALT_BYTES];
    cu_hash hash;

    if (secret->value.n > CU_BUNDLE_VALUE_BYTES)
        return cu_fail(err, CU_ELIMIT, "the value of \"%s\" is longer than %d bytes",
                       secret->name, CU_BUNDLE_VALUE_BYTES);
    cu_random(salt, sizeof salt);
    cu_buffer_append(&d->salts, salt, sizeof salt);
    cu_commit(salt, text_of(secret->name), secret->value, &hash);
    explicit_bzero(salt, sizeof salt);
    cu_hex_encode((cu_bytes){hash.b, sizeof hash.b}, d->hex[i]);
    return add_line(d, 'c', secret->name, text_of(d->hex[i]), err);
}

static cu_status compose(draft *d, const cu_ledger_event *event, cu_err *err)
{
    cu_status st = CU_OK;

    memset(&d->entry, 0, offsetof(cu_tlog_entry, lines));
    d->entry.actor = text_of(event->actor);
    d->entry.session = text_of(event->session);
    d->entry.from = text_of(event->from);
    d->entry.class = text_of(event->class);
    d->entry.action = text_of(event->action);
    d->entry.object = text_of(event->object);
    d->entry.context = text_of(event->context);
    d->entry.reason = text_of(event->reason);
    d->entry.result = text_of(event->result);
    d->entry.has_payload = event->payload_sha256 != NULL;
    if (d->entry.has_payload)
        memcpy(d->entry.payload.b, event->payload_sha256, sizeof d->entry.payload.b);
    if (event->details_n > CU_ENTRY_DETAILS ||
        event->secrets_n > CU_ENTRY_DETAILS - event->details_n)
        return cu_fail(err, CU_EUSAGE, "an entry may have %d details", CU_ENTRY_DETAILS);
    for (size_t i = 0; st == CU_OK && i < event->details_n; i++)
        st = add_line(d, 'd', event->details[i].name, text_of(event->details[i].value), err);
    for (size_t i = 0; st == CU_OK && i < event->secrets_n; i++)
        st = add_commitment(d, &event->secrets[i], i, err);
    if (st == CU_OK && d->entry.n > 1)
        qsort(d->entry.lines, d->entry.n, sizeof d->entry.lines[0], by_name);
    return st;
}

static cu_status note_node(void *context, unsigned level, uint64_t index, const cu_hash *hash,
                           cu_err *err)
{
    batch *const b = context;

    (void)err;
    if (level >= CU_LEDGER_STORED_LEVEL)
        b->nodes[b->nodes_n++] = (node){level, index, *hash};
    return CU_OK;
}

/* A record's time never steps back. Where the clock stands behind the entry before, that one's
 * time is written again, and how far behind. */
static void set_time(batch *b)
{
    const int64_t now_us = b->ledger->now_us();

    if (now_us < b->time_us)
        b->draft.entry.behind_us = (uint64_t)(b->time_us - now_us);
    else
        b->time_us = now_us;
    b->draft.entry.time_us = b->time_us;
}

static cu_status write_entry(batch *b, const cu_ledger_event *event, cu_err *err)
{
    cu_hash leaf;
    cu_status st = compose(&b->draft, event, err);

    if (st != CU_OK)
        return st;
    b->draft.entry.seq = b->tree.size;
    set_time(b);
    b->starts[b->n] = b->bytes.n;
    st = cu_tlog_entry_append(&b->bytes, &b->draft.entry, err);
    if (st != CU_OK)
        return st;
    cu_tlog_leaf(cu_bytes_slice(cu_buffer_view(&b->bytes), b->starts[b->n], b->bytes.n), &leaf);
    st = cu_tree_append(&b->tree, &leaf, note_node, b, err);
    if (st != CU_OK)
        return st;
    b->times[b->n++] = b->time_us;
    b->starts[b->n] = b->bytes.n;
    return CU_OK;
}

static cu_status store_secrets(batch *b, const cu_ledger_event *events, cu_err *err)
{
    const uint64_t first = b->tree.size - b->n;
    cu_status st = cu_buffer_check(&b->draft.salts, err);
    size_t at = 0;

    for (size_t i = 0; st == CU_OK && i < b->n; i++) {
        for (size_t k = 0; st == CU_OK && k < events[i].secrets_n; k++) {
            st = cu_ledger_keep_secret(b->ledger, first + i, events[i].case_id,
                                       &events[i].secrets[k], b->draft.salts.p + at, err);
            at += CU_SALT_BYTES;
        }
    }
    return st;
}

static cu_status store_entries(batch *b, const cu_ledger_event *events, cu_err *err)
{
    const uint64_t first = b->tree.size - b->n;
    cu_value *v = b->values;

    for (size_t i = 0; i < b->n; i++) {
        const cu_bytes bytes = {b->bytes.p + b->starts[i], b->starts[i + 1] - b->starts[i]};

        *v++ = cu_value_integer((int64_t)(first + i));
        *v++ = cu_value_blob(bytes);
        *v++ = cu_value_integer(b->times[i]);
        *v++ = cu_value_text(events[i].actor);
        *v++ = cu_value_text(events[i].action);
        *v++ = cu_value_text(events[i].object);
    }
    return cu_store_post_each(b->ledger->store,
                              "INSERT INTO ledger_entry (seq, bytes, time_us, actor, action,"
                              " object) VALUES ($1, $2, $3, $4, $5, $6)",
                              (cu_values){b->values, (size_t)(v - b->values)}, b->n, err);
}

static cu_status store_nodes(batch *b, cu_err *err)
{
    cu_value *v = b->values;

    for (size_t i = 0; i < b->nodes_n; i++) {
        *v++ = cu_value_integer(b->nodes[i].level);
        *v++ = cu_value_integer((int64_t)b->nodes[i].place);
        *v++ = cu_value_blob((cu_bytes){b->nodes[i].hash.b, sizeof b->nodes[i].hash.b});
    }
    return cu_store_post_each(
        b->ledger->store, "INSERT INTO ledger_node (level, place, hash) VALUES ($1, $2, $3)",
        (cu_values){b->values, b->nodes_n * node_columns}, b->nodes_n, err);
}

/* Once a transaction, before its commit: a row that is written with every entry leaves a dead
 * one each, which everybody reads past who reads it. Where the head is not where it was, its
 * time would be null, which its table refuses. */
static cu_status store_head(cu_store *store, void *context, cu_err *err)
{
    cu_ledger *const ledger = context;
    const cu_bytes peaks = {ledger->tree.peaks[0].b,
                            cu_tree_peaks(&ledger->tree) * sizeof(cu_hash)};

    return cu_store_post_each(
        store,
        "UPDATE ledger_head SET size = $1, peaks = $2, time_us = CASE WHEN size = $4 THEN $3"
        " ELSE nullif(time_us, time_us) END WHERE id = 1",
        CU_VALUES(cu_value_integer((int64_t)ledger->tree.size), cu_value_blob(peaks),
                  cu_value_integer(ledger->time_us), cu_value_integer((int64_t)ledger->stored)),
        1, err);
}

static void keep_head(const batch *b)
{
    cu_ledger *const ledger = b->ledger;

    if (!cu_ledger_has_appended(ledger))
        ledger->stored = b->tree.size - b->n;
    ledger->tree = b->tree;
    ledger->time_us = b->time_us;
    ledger->attempt = cu_store_attempt(ledger->store);
}

static cu_status append_batch(batch *b, const cu_ledger_event *events, size_t count,
                              cu_err *err)
{
    cu_status st = CU_OK;

    b->n = 0;
    b->nodes_n = 0;
    b->bytes.n = 0;
    b->draft.salts.n = 0;
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = write_entry(b, &events[i], err);
    if (st == CU_OK)
        st = store_entries(b, events, err);
    if (st == CU_OK)
        st = store_nodes(b, err);
    if (st == CU_OK)
        st = store_secrets(b, events, err);
    if (st == CU_OK)
        st = cu_store_before_commit(b->ledger->store, store_head, b->ledger, err);
    if (st == CU_OK)
        keep_head(b);
    return st;
}

cu_status cu_ledger_append_many(cu_ledger *ledger, const cu_ledger_event *events, size_t count,
                                uint64_t *seq, cu_err *err)
{
    batch *b;
    cu_status st;

    if (!cu_store_in_transaction(ledger->store))
        return cu_fail(err, CU_EUSAGE, "an entry is appended outside a transaction");
    b = malloc(sizeof *b);
    if (b == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    b->ledger = ledger;
    b->bytes = (cu_buffer){0};
    b->draft.salts = (cu_buffer){0};
    st = cu_ledger_load(ledger, &b->tree, &b->time_us, err);
    if (st == CU_OK && seq != NULL)
        *seq = b->tree.size;
    for (size_t at = 0; st == CU_OK && at < count; at += batch_events) {
        const size_t left = count - at;

        st = append_batch(b, events + at, left < batch_events ? left : (size_t)batch_events,
                          err);
    }
    if (st != CU_OK)
        cu_store_forbid_commit(ledger->store);
    cu_buffer_free(&b->bytes);
    cu_buffer_wipe(&b->draft.salts);
    free(b);
    return st;
}

cu_status cu_ledger_append(cu_ledger *ledger, const cu_ledger_event *event, uint64_t *seq,
                           cu_err *err)
{
    return cu_ledger_append_many(ledger, event, 1, seq, err);
}

typedef struct recording {
    cu_ledger *ledger;
    const cu_ledger_event *events;
    size_t count;
    uint64_t seq; /* of the first */
} recording;

static cu_status record(cu_store *store, void *context, cu_err *err)
{
    recording *const r = context;

    (void)store;
    return cu_ledger_append_many(r->ledger, r->events, r->count, &r->seq, err);
}

cu_status cu_ledger_record_many(cu_ledger *ledger, const cu_ledger_event *events, size_t count,
                                uint64_t *seq, cu_err *err)
{
    recording r = {ledger, events, count, 0};
    const cu_status st = cu_store_transact(ledger->store, record, &r, err);

    if (st == CU_OK && seq != NULL)
        *seq = r.seq;
    return st;
}

cu_status cu_ledger_record(cu_ledger *ledger, const cu_ledger_event *event, uint64_t *seq,
                           cu_err *err)
{
    return cu_ledger_record_many(ledger, event, 1, seq, err);
}
