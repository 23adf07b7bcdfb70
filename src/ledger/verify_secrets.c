/* SPDX-License-Identifier: Apache-2.0 */
/* Every secret that is there is the one that its entry commits to, and none is gone that no
 * entry says was erased. */
#include "ledger/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { page_rows = 2000, case_bytes = 4096 };

typedef struct secrets_walk {
    cu_verifying *v;
    int64_t seq; /* of the last row seen, and its name */
    char name[256];
    uint64_t count; /* rows of this page */
    char case_id[case_bytes];
    bool has_key; /* of that case */
    uint8_t key[CU_KEY_BYTES];
    cu_kept_key keys[CU_LEDGER_KEPT_KEYS];
    cu_buffer plain;
} secrets_walk;

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* The commitment of an entry that is whole, or no bytes. */
static cu_bytes commitment_of(const char *name, cu_bytes bytes)
{
    static const cu_bytes none = {0};
    char line[260];
    cu_tlog_entry entry;

    if (cu_tlog_entry_parse(bytes, &entry, NULL) != CU_OK)
        return none;
    (void)snprintf(line, sizeof line, "c.%s", name);
    return cu_tlog_entry_find(&entry, line);
}

static void check_value(secrets_walk *w, const char *name, cu_bytes sealed, cu_bytes commitment)
{
    cu_hash hash;
    char hex[65];
    cu_err err = {0};

    w->plain.n = 0;
    if (cu_ledger_open_secret(w->key, (uint64_t)w->seq, text_of(name), sealed, &w->plain,
                              &err) != CU_OK) {
        cu_verify_complain(w->v, "secret", w->seq, "the secret \"%s\" of entry %" PRId64 ": %s",
                           name, w->seq, err.text);
        return;
    }
    cu_commit(w->plain.p, text_of(name),
              cu_bytes_slice(cu_buffer_view(&w->plain), CU_SALT_BYTES, w->plain.n), &hash);
    explicit_bzero(w->plain.p, w->plain.n);
    cu_hex_encode((cu_bytes){hash.b, sizeof hash.b}, hex);
    if (!cu_bytes_equal(commitment, text_of(hex)))
        cu_verify_complain(w->v, "secret", w->seq,
                           "the secret \"%s\" of entry %" PRId64 " is not what it commits to",
                           name, w->seq);
}

static void take_key(secrets_walk *w, const char *case_id)
{
    cu_err err = {0};

    if (strcmp(w->case_id, case_id) == 0 || strlen(case_id) >= sizeof w->case_id)
        return;
    memcpy(w->case_id, case_id, strlen(case_id) + 1);
    w->has_key = cu_ledger_kept_key(w->v->ledger, w->keys, case_id, w->key, &err) == CU_OK;
    if (!w->has_key)
        cu_verify_complain(w->v, "secret", w->seq, "%s", err.text);
}

/* Keeps where the walk is. A row that is not past the last one, or whose name cannot be kept,
 * would be given again and again. */
static cu_status step(secrets_walk *w, cu_rows *rows, cu_err *err)
{
    const int64_t seq = cu_rows_integer(rows, 0);
    const char *const name = cu_rows_text(rows, 1);
    const cu_status st = cu_rows_check(rows, err);

    if (st != CU_OK)
        return st;
    if (name == NULL || strlen(name) >= sizeof w->name)
        return cu_fail(err, CU_EFORMAT, "a secret of entry %" PRId64 " has no name", seq);
    if (seq < w->seq || (seq == w->seq && strcmp(name, w->name) <= 0))
        return cu_fail(err, CU_EFORMAT, "the secrets of the log come out of order");
    w->seq = seq;
    memcpy(w->name, name, strlen(name) + 1);
    return CU_OK;
}

static void check_row(secrets_walk *w, cu_rows *rows)
{
    const char *const name = w->name;
    const char *const case_id = cu_rows_text(rows, 2);
    const cu_bytes sealed = cu_rows_blob(rows, 3);
    const cu_bytes entry = cu_rows_blob(rows, 4); /* none where there is no such entry */
    cu_bytes commitment;

    if (case_id == NULL) {
        cu_verify_complain(w->v, "secret", w->seq,
                           "the secret \"%s\" of entry %" PRId64 " has no case", name, w->seq);
        return;
    }
    commitment = commitment_of(name, entry);
    if (commitment.n == 0) {
        cu_verify_complain(w->v, "secret", w->seq,
                           "there is a secret \"%s\" to which entry %" PRId64
                           " does not commit",
                           name, w->seq);
        return;
    }
    if (!w->v->ledger->has_kek)
        return;
    take_key(w, case_id);
    if (w->has_key)
        check_value(w, name, sealed, commitment);
}

/* Where the page begins is said of the entries, too: a plan that merges both would begin with
 * the first entry. */
static cu_status check_page(secrets_walk *w, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(
        w->v->ledger->store,
        "SELECT s.seq, s.name, s.case_id, s.sealed, e.bytes FROM ledger_secret s"
        " LEFT JOIN ledger_entry e ON e.seq = s.seq AND e.seq >= $1"
        " WHERE s.seq >= $1 AND (s.seq > $1 OR s.name > $2) ORDER BY s.seq, s.name LIMIT $3",
        CU_VALUES(cu_value_integer(w->seq), cu_value_text(w->name),
                  cu_value_integer(page_rows)),
        &rows, err);

    for (w->count = 0; st == CU_OK; w->count++) {
        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;
        st = step(w, rows, err);
        if (st != CU_OK)
            break;
        check_row(w, rows);
        st = cu_rows_check(rows, err);
    }
    w->v->report->secrets += w->count;
    return st;
}

/* Every key of a case is one that our key has wrapped for that case. */
static cu_status check_case_keys(cu_verifying *v, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = true;
    cu_status st = cu_store_query(v->ledger->store,
                                  "SELECT case_id, wrapped FROM ledger_case_key"
                                  " ORDER BY case_id",
                                  CU_NO_VALUES, &rows, err);

    while (st == CU_OK) {
        uint8_t key[CU_KEY_BYTES];

        st = cu_rows_next(rows, &more, err);
        if (st != CU_OK || !more)
            break;

        const char *const case_id = cu_rows_text(rows, 0);
        const cu_bytes wrapped = cu_rows_blob(rows, 1);

        st = cu_rows_check(rows, err);
        if (st == CU_OK && v->ledger->has_kek &&
            (case_id == NULL ||
             cu_ledger_unwrap(v->ledger, case_id, wrapped, key, NULL) != CU_OK))
            cu_verify_complain(v, "secret", -1, "the key of case \"%s\" was changed",
                               case_id == NULL ? "" : case_id);
        explicit_bzero(key, sizeof key);
    }
    return st;
}

cu_status cu_verify_secrets(cu_verifying *v, cu_err *err)
{
    secrets_walk w = {.v = v, .seq = -1};
    cu_status st;

    if (v->check->sealed)
        return check_case_keys(v, err);
    do {
        st = check_page(&w, err);
    } while (st == CU_OK && w.count > 0);
    if (st == CU_OK)
        st = check_case_keys(v, err);
    explicit_bzero(w.key, sizeof w.key);
    explicit_bzero(w.keys, sizeof w.keys);
    cu_buffer_wipe(&w.plain);
    if (st == CU_OK && v->report->secrets + v->erased != v->commitments)
        cu_verify_complain(v, "secret", -1,
                           "entries commit to %" PRIu64 " secrets; %" PRIu64
                           " are there and %" PRIu64 " were erased",
                           v->commitments, v->report->secrets, v->erased);
    v->report->erased = v->erased;
    v->report->secrets_opened = v->ledger->has_kek;
    return st;
}
