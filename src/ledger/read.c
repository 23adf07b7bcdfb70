/* SPDX-License-Identifier: Apache-2.0 */
/* Entries, the head, and proofs from the stored subtrees: nothing reads the whole log. */
#include "ledger/log.h"

#include <inttypes.h>
#include <string.h>

cu_status cu_ledger_size(cu_ledger *ledger, uint64_t *out, cu_err *err)
{
    int64_t size = (int64_t)ledger->tree.size;
    cu_status st = CU_OK;

    if (!cu_ledger_has_appended(ledger))
        st = cu_store_number(ledger->store, "SELECT size FROM ledger_head WHERE id = 1",
                             CU_NO_VALUES, &size, err);
    if (st == CU_OK)
        *out = (uint64_t)size;
    return st;
}

cu_status cu_ledger_entry(cu_ledger *ledger, uint64_t seq, cu_buffer *out, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st =
        cu_store_query(ledger->store, "SELECT bytes FROM ledger_entry WHERE seq = $1",
                       CU_VALUES(cu_value_integer((int64_t)seq)), &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND, "the log has no entry %" PRIu64, seq);

    const cu_bytes bytes = cu_rows_blob(rows, 0);

    st = cu_rows_check(rows, err);
    if (st != CU_OK)
        return st;
    cu_buffer_append(out, bytes.p, bytes.n);
    return cu_buffer_check(out, err);
}

/* ---- searching ---- */

/* One statement for each way to ask: each has an index. */
static const char *statement_of(const cu_ledger_search *search, const char **value)
{
    if (search->object != NULL) {
        *value = search->object;
        return "SELECT bytes, seq FROM ledger_entry"
               " WHERE object = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
    }
    if (search->actor != NULL) {
        *value = search->actor;
        return "SELECT bytes, seq FROM ledger_entry"
               " WHERE actor = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
    }
    if (search->action != NULL) {
        *value = search->action;
        return "SELECT bytes, seq FROM ledger_entry"
               " WHERE action = $1 AND seq >= $2 ORDER BY seq LIMIT $3";
    }
    *value = "";
    return "SELECT bytes, seq FROM ledger_entry"
           " WHERE $1 = '' AND seq >= $2 ORDER BY seq LIMIT $3";
}

static bool is_wanted(cu_bytes value, const char *wanted)
{
    return wanted == NULL ||
           cu_bytes_equal(value, (cu_bytes){(const uint8_t *)wanted, strlen(wanted)});
}

typedef struct walk {
    const cu_ledger_search *search;
    cu_ledger_each each;
    void *context;
    uint64_t seen;  /* that were wanted */
    uint64_t next;  /* the first seq of the next page */
    uint64_t count; /* rows of this page */
} walk;

static cu_status show_row(walk *w, cu_rows *rows, cu_err *err)
{
    const cu_bytes bytes = cu_rows_blob(rows, 0);
    cu_tlog_entry entry;
    cu_status st = cu_rows_check(rows, err);

    if (st == CU_OK)
        st = cu_tlog_entry_parse(bytes, &entry, err);
    if (st != CU_OK)
        return st;
    /* Else a page could begin where it began before, for ever. */
    if (entry.seq != (uint64_t)cu_rows_integer(rows, 1) || entry.seq < w->next)
        return cu_fail(err, CU_EFORMAT, "entry %" PRIu64 " stands where another belongs",
                       entry.seq);
    w->next = entry.seq + 1;
    w->count++;
    /* By the bytes, not by the columns. */
    if (!is_wanted(entry.actor, w->search->actor) ||
        !is_wanted(entry.object, w->search->object) ||
        !is_wanted(entry.action, w->search->action))
        return CU_OK;
    w->seen++;
    return w->each(w->context, &entry, bytes, err);
}

static cu_status show_page(cu_ledger *ledger, walk *w, cu_err *err)
{
    enum { page = 1000 };

    CU_AUTO(cu_rows, rows);
    bool more = true;
    const char *value = NULL;
    const char *const sql = statement_of(w->search, &value);
    cu_status st =
        cu_store_query(ledger->store, sql,
                       CU_VALUES(cu_value_text(value), cu_value_integer((int64_t)w->next),
                                 cu_value_integer(page)),
                       &rows, err);

    w->count = 0;
    while (st == CU_OK && (w->search->limit == 0 || w->seen < w->search->limit)) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        st = show_row(w, rows, err);
    }
    return st;
}

cu_status cu_ledger_find(cu_ledger *ledger, const cu_ledger_search *search, cu_ledger_each each,
                         void *context, cu_err *err)
{
    walk w = {.search = search, .each = each, .context = context, .next = search->first};
    cu_status st = CU_OK;

    do {
        st = show_page(ledger, &w, err);
    } while (st == CU_OK && w.count > 0 && (search->limit == 0 || w.seen < search->limit));
    return st;
}

/* ---- the tree ---- */

static cu_status stored_node(cu_ledger *ledger, unsigned level, uint64_t place, cu_hash *out,
                             cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        ledger->store, "SELECT hash FROM ledger_node WHERE level = $1 AND place = $2",
        CU_VALUES(cu_value_integer(level), cu_value_integer((int64_t)place)), &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;

    const cu_bytes hash = more ? cu_rows_blob(rows, 0) : (cu_bytes){0};

    if (hash.n != sizeof out->b)
        return cu_fail(err, CU_EFORMAT, "node %u/%" PRIu64 " of the log is not there", level,
                       place);
    memcpy(out->b, hash.p, sizeof out->b);
    return CU_OK;
}

/* The root of a small subtree, from its entries. */
cu_status cu_ledger_hash_small(cu_ledger *ledger, unsigned level, uint64_t place, cu_hash *out,
                               cu_err *err)
{
    const uint64_t first = place << level;
    const uint64_t count = 1ULL << level;
    CU_AUTO(cu_rows, rows);
    cu_tree tree = {0};
    bool more = true;
    cu_status st = cu_store_query(
        ledger->store,
        "SELECT bytes FROM ledger_entry WHERE seq >= $1 AND seq < $2"
        " ORDER BY seq",
        CU_VALUES(cu_value_integer((int64_t)first), cu_value_integer((int64_t)(first + count))),
        &rows, err);

    while (st == CU_OK) {
        cu_hash leaf;

        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        cu_tlog_leaf(cu_rows_blob(rows, 0), &leaf);
        st = cu_rows_check(rows, err);
        if (st == CU_OK)
            st = cu_tree_append(&tree, &leaf, NULL, NULL, err);
    }
    if (st == CU_OK && tree.size != count)
        st = cu_fail(err, CU_EFORMAT, "the log lacks entries after %" PRIu64, first);
    if (st == CU_OK)
        cu_tree_root(&tree, out);
    return st;
}

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    return level >= CU_LEDGER_STORED_LEVEL
               ? stored_node(context, level, index, out, err)
               : cu_ledger_hash_small(context, level, index, out, err);
}

cu_status cu_ledger_head(cu_ledger *ledger, cu_checkpoint *out, cu_err *err)
{
    cu_tree tree;
    int64_t time_us;
    const cu_status st = cu_ledger_load(ledger, &tree, &time_us, err);

    if (st != CU_OK)
        return st;
    out->origin = (cu_bytes){(const uint8_t *)ledger->origin, strlen(ledger->origin)};
    out->size = tree.size;
    cu_tree_root(&tree, &out->root);
    return CU_OK;
}

cu_status cu_ledger_root_at(cu_ledger *ledger, uint64_t size, cu_hash *out, cu_err *err)
{
    return cu_tlog_root(size, subtree, ledger, out, err);
}

static cu_status check_within(cu_ledger *ledger, uint64_t size, cu_err *err)
{
    uint64_t there = 0;
    const cu_status st = cu_ledger_size(ledger, &there, err);

    if (st == CU_OK && size > there)
        return cu_fail(err, CU_EUSAGE, "the log has %" PRIu64 " entries, not %" PRIu64, there,
                       size);
    return st;
}

cu_status cu_ledger_prove_inclusion(cu_ledger *ledger, uint64_t seq, uint64_t size,
                                    cu_proof *out, cu_err *err)
{
    const cu_status st = check_within(ledger, size, err);

    return st == CU_OK ? cu_proof_inclusion(seq, size, subtree, ledger, out, err) : st;
}

cu_status cu_ledger_prove_consistency(cu_ledger *ledger, uint64_t first, uint64_t second,
                                      cu_proof *out, cu_err *err)
{
    const cu_status st = check_within(ledger, second, err);

    return st == CU_OK ? cu_proof_consistency(first, second, subtree, ledger, out, err) : st;
}
