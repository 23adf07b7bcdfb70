/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the ledger share. Private to ledger/. */
#ifndef CU_LEDGER_LOG_H
#define CU_LEDGER_LOG_H

#include "ledger/ledger.h"

enum {
    /* Subtrees of 2^4 entries and more are stored; smaller ones are hashed from the entries. */
    CU_LEDGER_STORED_LEVEL = 4,
};

struct cu_ledger {
    cu_store *store;
    char origin[CU_NOTE_NAME_BYTES + 1];
    bool has_kek;
    uint8_t kek[CU_KEY_BYTES];
    int64_t (*now_us)(void);
    uint64_t attempt; /* of the transaction in which what follows was read; 0: none */
    cu_tree tree;
    int64_t time_us; /* of the last entry */
};

/* ---- open.c ---- */

/* The right edge and the last time, as the database has them now. CU_ENOTFOUND: no log yet. */
cu_status cu_ledger_load(cu_ledger *ledger, cu_tree *tree, int64_t *time_us,
                         cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_decode_tree(uint64_t size, cu_bytes peaks, cu_tree *out,
                                cu_err *err) CU_MUST_CHECK;

/* ---- secret.c ---- */

/* The key of a case, unwrapped; made where make is set and it is not there, else CU_ENOTFOUND.
 */
cu_status cu_ledger_case_key(cu_ledger *ledger, const char *case_id, bool make,
                             uint8_t key[CU_KEY_BYTES], cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_unwrap(const cu_ledger *ledger, const char *case_id, cu_bytes wrapped,
                           uint8_t key[CU_KEY_BYTES], cu_err *err) CU_MUST_CHECK;

/* Opens a row of ledger_secret: its salt and its value. */
cu_status cu_ledger_open_secret(const uint8_t key[CU_KEY_BYTES], uint64_t seq, cu_bytes name,
                                cu_bytes sealed, uint8_t salt[CU_SALT_BYTES], cu_buffer *value,
                                cu_err *err) CU_MUST_CHECK;

cu_status cu_ledger_keep_secret(cu_ledger *ledger, uint64_t seq, const char *case_id,
                                const cu_ledger_secret *secret,
                                const uint8_t salt[CU_SALT_BYTES], cu_err *err) CU_MUST_CHECK;

/* The case under which secrets of no case are kept. */
extern const char cu_ledger_no_case[];

#endif
