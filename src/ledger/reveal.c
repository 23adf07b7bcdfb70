/* SPDX-License-Identifier: Apache-2.0 */
/* All the values behind one name of commitment, page by page: what an audit reads. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { page_entries = 2000 };

typedef struct reveal {
    cu_ledger *ledger;
    const char *name;
    char line[CU_ENTRY_NAME_BYTES + 8]; /* "c.NAME" */
    cu_ledger_each_secret each;
    void *context;
    uint64_t count; /* entries of this page */
    cu_buffer plain;
    cu_kept_key keys[CU_LEDGER_KEPT_KEYS]; /* entries come in runs of few cases */
} reveal;

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_status check(const reveal *self, uint64_t seq, cu_bytes commitment, cu_err *err)
{
    const cu_bytes plain = cu_buffer_view(&self->plain);
    cu_hash hash;
    char hex[65];

    cu_commit(plain.p, text_of(self->name), cu_bytes_slice(plain, CU_SALT_BYTES, plain.n),
              &hash);
    cu_hex_encode((cu_bytes){hash.b, sizeof hash.b}, hex);
    if (!cu_bytes_equal(commitment, text_of(hex)))
        return cu_fail(err, CU_EFORMAT,
                       "the secret \"%s\" is not what entry %" PRIu64 " commits to", self->name,
                       seq);
    return CU_OK;
}

static cu_status open_one(reveal *self, uint64_t seq, const char *case_id, cu_bytes sealed,
                          cu_bytes commitment, cu_err *err)
{
    uint8_t key[CU_KEY_BYTES];
    cu_status st = cu_ledger_kept_key(self->ledger, self->keys, case_id, key, err);

    self->plain.n = 0;
    if (st == CU_OK)
        st = cu_ledger_open_secret(key, seq, text_of(self->name), sealed, &self->plain, err);
    explicit_bzero(key, sizeof key);
    return st == CU_OK ? check(self, seq, commitment, err) : st;
}

static cu_status show_row(reveal *self, cu_rows *rows, cu_err *err)
{
    const cu_bytes bytes = cu_rows_blob(rows, 0);
    const char *const case_id = cu_rows_is_null(rows, 1) ? NULL : cu_rows_text(rows, 1);
    const cu_bytes sealed = cu_rows_is_null(rows, 2) ? (cu_bytes){0} : cu_rows_blob(rows, 2);
    cu_ledger_revealed one = {.there = case_id != NULL};
    cu_tlog_entry entry;
    cu_bytes commitment;
    cu_status st = cu_rows_check(rows, err);

    self->count++;
    if (st == CU_OK)
        st = cu_tlog_entry_parse(bytes, &entry, err);
    if (st != CU_OK)
        return st;
    commitment = cu_tlog_entry_find(&entry, self->line);
    if (commitment.n == 0)
        return CU_OK;
    one.seq = entry.seq;
    if (one.there)
        st = open_one(self, entry.seq, case_id, sealed, commitment, err);
    if (st == CU_ENOTFOUND)
        one.there = false;
    else if (st != CU_OK)
        return st;
    if (one.there)
        one.value = cu_bytes_slice(cu_buffer_view(&self->plain), CU_SALT_BYTES, self->plain.n);
    return self->each(self->context, &one, err);
}

static cu_status show_page(reveal *self, uint64_t first, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(
        self->ledger->store,
        "SELECT e.bytes, s.case_id, s.sealed FROM ledger_entry e LEFT JOIN ledger_secret s"
        " ON s.seq = e.seq AND s.name = $1 WHERE e.seq >= $2 AND e.seq < $3 ORDER BY e.seq",
        CU_VALUES(cu_value_text(self->name), cu_value_integer((int64_t)first),
                  cu_value_integer((int64_t)first + page_entries)),
        &rows, err);

    self->count = 0;
    while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more)
        st = show_row(self, rows, err);
    return st;
}

cu_status cu_ledger_reveal_each(cu_ledger *ledger, const char *name, cu_ledger_each_secret each,
                                void *context, cu_err *err)
{
    reveal self = {.ledger = ledger, .name = name, .each = each, .context = context};
    uint64_t first = 0;
    cu_status st = CU_OK;

    (void)snprintf(self.line, sizeof self.line, "c.%s", name);
    do {
        st = show_page(&self, first, err);
        first += page_entries;
    } while (st == CU_OK && self.count > 0);
    explicit_bzero(self.keys, sizeof self.keys);
    cu_buffer_wipe(&self.plain);
    return st;
}
