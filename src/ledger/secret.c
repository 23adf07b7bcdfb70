/* SPDX-License-Identifier: Apache-2.0 */
/* The words behind commitments: each case has a key, and to destroy it is to erase them. */
#include "base/map.h"
#include "ledger/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char cu_ledger_no_case[] = "-";

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- keys of cases ---- */

/* What the wrapped key of a case is bound to. */
static void about_case(const char *case_id, cu_buffer *out)
{
    cu_buffer_format(out, "custos-case/1\n%s", case_id);
}

cu_status cu_ledger_unwrap(const cu_ledger *ledger, const char *case_id, cu_bytes wrapped,
                           uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    cu_buffer about = {0};
    cu_buffer plain = {0};
    cu_status st;

    about_case(case_id, &about);
    st = cu_buffer_check(&about, err);
    if (st == CU_OK)
        st = cu_secret_open(ledger->kek, cu_buffer_view(&about), wrapped, &plain, err);
    if (st == CU_OK && plain.n != CU_KEY_BYTES)
        st = cu_fail(err, CU_EFORMAT, "the key of a case is of another length");
    if (st == CU_OK)
        memcpy(key, plain.p, CU_KEY_BYTES);
    cu_buffer_wipe(&plain);
    cu_buffer_free(&about);
    return st;
}

static cu_status make_case_key(cu_ledger *ledger, const char *case_id,
                               uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    cu_buffer about = {0};
    cu_buffer wrapped = {0};
    cu_status st;

    cu_random(key, CU_KEY_BYTES);
    about_case(case_id, &about);
    st = cu_buffer_check(&about, err);
    if (st == CU_OK)
        st = cu_secret_seal(ledger->kek, cu_buffer_view(&about), (cu_bytes){key, CU_KEY_BYTES},
                            &wrapped, err);
    if (st == CU_OK)
        st = cu_store_run(
            ledger->store, "INSERT INTO ledger_case_key (case_id, wrapped) VALUES ($1, $2)",
            CU_VALUES(cu_value_text(case_id), cu_value_blob(cu_buffer_view(&wrapped))), err);
    cu_buffer_free(&wrapped);
    cu_buffer_free(&about);
    return st;
}

static const char key_query[] = "SELECT wrapped FROM ledger_case_key WHERE case_id = $1";

static cu_status find_case_key(cu_ledger *ledger, const char *case_id,
                               uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st =
        cu_store_query(ledger->store, key_query, CU_VALUES(cu_value_text(case_id)), &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND, "case \"%s\" has no key: it was erased, or never had",
                       case_id);

    const cu_bytes wrapped = cu_rows_blob(rows, 0);

    st = cu_rows_check(rows, err);
    return st == CU_OK ? cu_ledger_unwrap(ledger, case_id, wrapped, key, err) : st;
}

/* An act's entry keeps two secrets of one case, and acts together many of it: its key is asked
 * for once a transaction. */
static void remember_key(cu_ledger *ledger, const char *case_id,
                         const uint8_t key[CU_KEY_BYTES])
{
    const size_t n = strlen(case_id);

    if (n >= sizeof ledger->key_case)
        return;
    memcpy(ledger->key_case, case_id, n + 1);
    memcpy(ledger->key, key, CU_KEY_BYTES);
    ledger->key_attempt = cu_store_attempt(ledger->store);
}

static void forget_key(cu_ledger *ledger)
{
    explicit_bzero(ledger->key, sizeof ledger->key);
    ledger->key_attempt = 0;
}

static bool remembers_key(const cu_ledger *ledger, const char *case_id)
{
    return ledger->key_attempt != 0 && ledger->key_attempt == cu_store_attempt(ledger->store) &&
           strcmp(ledger->key_case, case_id) == 0;
}

cu_status cu_ledger_case_key(cu_ledger *ledger, const char *case_id, bool make,
                             uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    cu_status st;

    if (!ledger->has_kek)
        return cu_fail(err, CU_EUSAGE, "the log was opened without the key for secrets");
    if (remembers_key(ledger, case_id)) {
        memcpy(key, ledger->key, CU_KEY_BYTES);
        return CU_OK;
    }
    st = find_case_key(ledger, case_id, key, err);
    if (st == CU_ENOTFOUND && make)
        st = make_case_key(ledger, case_id, key, err);
    if (st == CU_OK)
        remember_key(ledger, case_id, key);
    return st;
}

cu_status cu_ledger_kept_key(cu_ledger *ledger, cu_kept_key kept[CU_LEDGER_KEPT_KEYS],
                             const char *case_id, uint8_t key[CU_KEY_BYTES], cu_err *err)
{
    cu_kept_key *const one =
        &kept[cu_map_hash(0, text_of(case_id)) % (uint64_t)CU_LEDGER_KEPT_KEYS];
    cu_status st = CU_OK;

    if (strcmp(one->case_id, case_id) == 0) {
        memcpy(key, one->key, CU_KEY_BYTES);
        return CU_OK;
    }
    st = cu_ledger_case_key(ledger, case_id, false, key, err);
    if (st == CU_OK && strlen(case_id) < sizeof one->case_id) {
        memcpy(one->case_id, case_id, strlen(case_id) + 1);
        memcpy(one->key, key, CU_KEY_BYTES);
    }
    return st;
}

cu_status cu_ledger_foresee(cu_ledger *ledger, const char *case_id, cu_err *err)
{
    const char *const under = case_id == NULL ? cu_ledger_no_case : case_id;
    cu_status st = CU_OK;

    if (!cu_ledger_has_appended(ledger))
        st = cu_ledger_foresee_head(ledger, err);
    if (st == CU_OK && ledger->has_kek && !remembers_key(ledger, under))
        st = cu_store_foresee(ledger->store, key_query, CU_VALUES(cu_value_text(under)), err);
    return st;
}

/* ---- secrets ---- */

static void about_secret(uint64_t seq, cu_bytes name, cu_buffer *out)
{
    cu_buffer_format(out, "custos-secret/1\n%" PRIu64 "\n", seq);
    cu_buffer_append(out, name.p, name.n);
}

cu_status cu_ledger_keep_secret(cu_ledger *ledger, uint64_t seq, const char *case_id,
                                const cu_ledger_secret *secret,
                                const uint8_t salt[CU_SALT_BYTES], cu_err *err)
{
    const char *const under = case_id == NULL ? cu_ledger_no_case : case_id;
    uint8_t key[CU_KEY_BYTES];
    cu_buffer plain = {0};
    cu_buffer about = {0};
    cu_buffer sealed = {0};
    cu_status st = cu_ledger_case_key(ledger, under, true, key, err);

    about_secret(seq, text_of(secret->name), &about);
    cu_buffer_append(&plain, salt, CU_SALT_BYTES);
    cu_buffer_append(&plain, secret->value.p, secret->value.n);
    if (st == CU_OK)
        st = cu_buffer_check(&plain, err);
    if (st == CU_OK)
        st = cu_buffer_check(&about, err);
    if (st == CU_OK)
        st = cu_secret_seal(key, cu_buffer_view(&about), cu_buffer_view(&plain), &sealed, err);
    if (st == CU_OK)
        st = cu_store_post_each(
            ledger->store,
            "INSERT INTO ledger_secret (seq, name, case_id, sealed) VALUES ($1, $2, $3, $4)",
            CU_VALUES(cu_value_integer((int64_t)seq), cu_value_text(secret->name),
                      cu_value_text(under), cu_value_blob(cu_buffer_view(&sealed))),
            1, err);
    explicit_bzero(key, sizeof key);
    cu_buffer_wipe(&plain);
    cu_buffer_free(&about);
    cu_buffer_free(&sealed);
    return st;
}

cu_status cu_ledger_open_secret(const uint8_t key[CU_KEY_BYTES], uint64_t seq, cu_bytes name,
                                cu_bytes sealed, cu_buffer *plain, cu_err *err)
{
    cu_buffer about = {0};
    cu_status st;

    about_secret(seq, name, &about);
    st = cu_buffer_check(&about, err);
    if (st == CU_OK)
        st = cu_secret_open(key, cu_buffer_view(&about), sealed, plain, err);
    if (st == CU_OK && plain->n < CU_SALT_BYTES)
        st = cu_fail(err, CU_EFORMAT, "a secret has no salt");
    cu_buffer_free(&about);
    return st;
}

/* The row of a secret: its case into case_id, what is sealed into sealed. */
static cu_status find_secret(cu_ledger *ledger, uint64_t seq, const char *name,
                             cu_buffer *case_id, cu_buffer *sealed, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        ledger->store, "SELECT case_id, sealed FROM ledger_secret WHERE seq = $1 AND name = $2",
        CU_VALUES(cu_value_integer((int64_t)seq), cu_value_text(name)), &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(err, CU_ENOTFOUND,
                       "entry %" PRIu64 " has no secret \"%s\": it was erased, or never had",
                       seq, name);

    const char *const under = cu_rows_text(rows, 0);
    const cu_bytes bytes = cu_rows_blob(rows, 1);

    st = cu_rows_check(rows, err);
    if (st == CU_OK && under == NULL)
        st = cu_fail(err, CU_EFORMAT, "the secret \"%s\" of entry %" PRIu64 " is of no case",
                     name, seq);
    if (st != CU_OK)
        return st;
    cu_buffer_append(case_id, under, strlen(under) + 1);
    cu_buffer_append(sealed, bytes.p, bytes.n);
    st = cu_buffer_check(case_id, err);
    return st == CU_OK ? cu_buffer_check(sealed, err) : st;
}

static cu_status check_commitment(cu_ledger *ledger, uint64_t seq, const char *name,
                                  const uint8_t salt[CU_SALT_BYTES], cu_bytes value,
                                  cu_err *err)
{
    char line[CU_ENTRY_NAME_BYTES + 8];
    cu_buffer bytes = {0};
    cu_tlog_entry entry = {0};
    cu_hash hash;
    char hex[65];
    cu_status st = cu_ledger_entry(ledger, seq, &bytes, err);

    if (st == CU_OK)
        st = cu_tlog_entry_parse(cu_buffer_view(&bytes), &entry, err);
    if (st == CU_OK) {
        (void)snprintf(line, sizeof line, "c.%s", name);
        cu_commit(salt, text_of(name), value, &hash);
        cu_hex_encode((cu_bytes){hash.b, sizeof hash.b}, hex);
        if (!cu_bytes_equal(cu_tlog_entry_find(&entry, line), text_of(hex)))
            st = cu_fail(err, CU_EFORMAT,
                         "the secret \"%s\" is not what entry %" PRIu64 " commits to", name,
                         seq);
    }
    cu_buffer_free(&bytes);
    return st;
}

cu_status cu_ledger_reveal(cu_ledger *ledger, uint64_t seq, const char *name,
                           uint8_t salt[CU_SALT_BYTES], cu_buffer *value, cu_err *err)
{
    uint8_t key[CU_KEY_BYTES];
    cu_buffer case_id = {0};
    cu_buffer sealed = {0};
    cu_buffer plain = {0};
    cu_status st = find_secret(ledger, seq, name, &case_id, &sealed, err);

    if (st == CU_OK)
        st = cu_ledger_case_key(ledger, (const char *)case_id.p, false, key, err);
    if (st == CU_OK)
        st = cu_ledger_open_secret(key, seq, text_of(name), cu_buffer_view(&sealed), &plain,
                                   err);
    if (st == CU_OK)
        st = check_commitment(ledger, seq, name, plain.p,
                              cu_bytes_slice(cu_buffer_view(&plain), CU_SALT_BYTES, plain.n),
                              err);
    if (st == CU_OK) {
        memcpy(salt, plain.p, CU_SALT_BYTES);
        cu_buffer_append(value, plain.p + CU_SALT_BYTES, plain.n - CU_SALT_BYTES);
        st = cu_buffer_check(value, err);
    }
    explicit_bzero(key, sizeof key);
    cu_buffer_wipe(&plain);
    cu_buffer_free(&case_id);
    cu_buffer_free(&sealed);
    return st;
}

/* ---- erasure ---- */

cu_status cu_ledger_has_secrets(cu_ledger *ledger, const char *case_id, bool *out, cu_err *err)
{
    int64_t there = 0;
    const cu_status st = cu_store_number(
        ledger->store, "SELECT count(*) FROM ledger_case_key WHERE case_id = $1",
        CU_VALUES(cu_value_text(case_id)), &there, err);

    *out = there > 0;
    return st;
}

cu_status cu_ledger_erase(cu_ledger *ledger, const char *case_id, const cu_ledger_event *event,
                          uint64_t *seq, cu_err *err)
{
    cu_ledger_detail details[CU_ENTRY_DETAILS];
    cu_ledger_event erasure = *event;
    char count[24];
    cu_status st;

    if (event->details_n + 2 > CU_ENTRY_DETAILS || event->secrets_n > 0)
        return cu_fail(err, CU_EUSAGE, "an erasure has too many details, or secrets");
    forget_key(ledger);
    st = cu_store_run(ledger->store, "DELETE FROM ledger_secret WHERE case_id = $1",
                      CU_VALUES(cu_value_text(case_id)), err);
    if (st != CU_OK)
        return st;
    (void)snprintf(count, sizeof count, "%" PRIu64, cu_store_changed(ledger->store));
    st = cu_store_run(ledger->store, "DELETE FROM ledger_case_key WHERE case_id = $1",
                      CU_VALUES(cu_value_text(case_id)), err);
    if (st == CU_OK && cu_store_changed(ledger->store) != 1)
        st = cu_fail(err, CU_ENOTFOUND, "case \"%s\" keeps no secrets", case_id);
    if (st != CU_OK) {
        cu_store_forbid_commit(ledger->store);
        return st;
    }
    for (size_t i = 0; i < event->details_n; i++)
        details[i] = event->details[i];
    details[event->details_n] = (cu_ledger_detail){"erased-case", case_id};
    details[event->details_n + 1] = (cu_ledger_detail){"erased-secrets", count};
    erasure.details = details;
    erasure.details_n = event->details_n + 2;
    return cu_ledger_append(ledger, &erasure, seq, err);
}
