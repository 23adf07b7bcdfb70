/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the ledger share. Private to ledger/. */
#ifndef CU_LEDGER_LOG_H
#define CU_LEDGER_LOG_H

#include "ledger/ledger.h"

#include <pthread.h>

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
    uint64_t attempt; /* of the transaction in which what follows is so; 0: none */
    uint64_t stored;  /* how many entries the head counts that is stored */
    cu_tree tree;
    int64_t time_us;      /* of the last entry */
    uint64_t key_attempt; /* likewise of the key that follows */
    char key_case[128];
    uint8_t key[CU_KEY_BYTES];
};

/* In this transaction: its head is not stored yet. */
static inline bool cu_ledger_has_appended(const cu_ledger *ledger)
{
    return ledger->attempt != 0 && ledger->attempt == cu_store_attempt(ledger->store);
}

/* ---- open.c ---- */

/* Says that cu_ledger_load will be called in this transaction. */
cu_status cu_ledger_foresee_head(cu_ledger *ledger, cu_err *err) CU_MUST_CHECK;

/* The right edge and the last time, with what this transaction appended. CU_ENOTFOUND: no log
 * yet. */
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

/* Keys of cases that were unwrapped, for a walk over the secrets of many. Wipe them after use.
 */
enum { CU_LEDGER_KEPT_KEYS = 64 };

typedef struct cu_kept_key {
    char case_id[128];
    uint8_t key[CU_KEY_BYTES];
} cu_kept_key;

/* As cu_ledger_case_key, which it asks where the key is not kept yet. */
cu_status cu_ledger_kept_key(cu_ledger *ledger, cu_kept_key kept[CU_LEDGER_KEPT_KEYS],
                             const char *case_id, uint8_t key[CU_KEY_BYTES],
                             cu_err *err) CU_MUST_CHECK;

/* Opens a row of ledger_secret: its salt, and its value after that. Wipe it after use. */
cu_status cu_ledger_open_secret(const uint8_t key[CU_KEY_BYTES], uint64_t seq, cu_bytes name,
                                cu_bytes sealed, cu_buffer *plain, cu_err *err) CU_MUST_CHECK;

cu_status cu_ledger_keep_secret(cu_ledger *ledger, uint64_t seq, const char *case_id,
                                const cu_ledger_secret *secret,
                                const uint8_t salt[CU_SALT_BYTES], cu_err *err) CU_MUST_CHECK;

/* ---- read.c ---- */

/* The root of a subtree that is not stored (level below CU_LEDGER_STORED_LEVEL). */
cu_status cu_ledger_hash_small(cu_ledger *ledger, unsigned level, uint64_t place, cu_hash *out,
                               cu_err *err) CU_MUST_CHECK;

/* ---- verify.c and its parts ---- */

enum { CU_VERIFY_CHUNK = 16384, CU_VERIFY_LEVELS = 60, CU_VERIFY_BLOCK = 16 };

typedef struct cu_verify_chunk cu_verify_chunk;

typedef struct cu_verifying {
    cu_ledger *ledger;
    const cu_ledger_check *check;
    cu_progress *progress;
    cu_hasher *hasher; /* of the first thread */
    uint64_t size;
    cu_hash *levels[CU_VERIFY_LEVELS]; /* from CU_LEDGER_STORED_LEVEL on: every whole subtree */
    cu_hash tail[CU_VERIFY_BLOCK];     /* the leaves after the last whole block */

    pthread_mutex_t mutex;   /* guards what follows, while there are workers */
    uint64_t next;           /* the first entry that no worker has taken */
    cu_verify_chunk **ended; /* chunks that ended before an earlier one; NULL elsewhere */
    uint64_t merged;         /* chunks whose findings are in the report */
    uint64_t done;
    uint64_t commitments; /* lines "c." of all entries */
    uint64_t erased;      /* secrets that entries say were erased */
    uint64_t key_entries; /* entries that begin or end a key */
    int64_t time_us;      /* of the last entry that was merged */
    bool stop;
    cu_status st; /* the first failure, by the order of the entries */
    cu_err err;
    cu_ledger_report *report;
    cu_ledger_keys keys;
} cu_verifying;

/* Not while there are workers. */
void cu_verify_complain(cu_verifying *v, const char *kind, int64_t seq, const char *format, ...)
    CU_PRINTF(4, 5);
cu_status cu_verify_entries(cu_verifying *v, cu_err *err) CU_MUST_CHECK;
cu_status cu_verify_secrets(cu_verifying *v, cu_err *err) CU_MUST_CHECK;

/* ---- keys.c ---- */

/* Whether an entry begins or ends a key. */
bool cu_ledger_is_key_entry(const cu_tlog_entry *entry);
/* Whether every signature of a note is of a key that may sign that size, and good; one of them
 * at least of the log's own. */
cu_status cu_ledger_check_note(const cu_ledger_keys *keys, const cu_note *note, uint64_t size,
                               cu_err *err) CU_MUST_CHECK;

/* The case under which secrets of no case are kept. */
extern const char cu_ledger_no_case[];

#endif
