/* SPDX-License-Identifier: Apache-2.0 */
/* The register's memory of who did and saw what: appended to, proved, and never changed. */
#ifndef CU_LEDGER_LEDGER_H
#define CU_LEDGER_LEDGER_H

#include "base/progress.h"
#include "store/store.h"
#include "tlog/tlog.h"

/* The ledger's tables: first in the list of schemas of a register. */
extern const cu_schema cu_ledger_schema;

typedef struct cu_ledger cu_ledger;

typedef struct cu_ledger_options {
    /* The name of a log that begins with this call, as C2SP wants it ("custos.example/force");
     * NULL: "custos/" and 16 digits of chance. A log that is there keeps its own. */
    const char *origin;
    /* The file with the key that wraps the keys of the cases: 64 hexadecimal digits, made where
     * it is not there (mode 0600) and nothing is wrapped yet. Keep it apart from the database's
     * backups. NULL: events with secrets are refused, and secrets are not read. */
    const char *kek_path;
    int64_t (*now_us)(void); /* NULL: cu_clock_now_us */
    bool is_there;           /* it was begun before: none is begun in its place */
} cu_ledger_options;

/*
 * Opens the log in store, whose schema is applied already, and begins it where it is empty and
 * not said to be there: then somebody has emptied it, which is CU_EFORMAT.
 * Verifies nothing: call cu_ledger_verify before the first append of a process. The ledger
 * borrows the store, and belongs to the same thread.
 *
 * CU_EFORMAT  what is stored is not a log, or the key file not a key.
 * CU_EIO      the key file cannot be read, or is not there and keys are wrapped by it.
 */
cu_status cu_ledger_open(cu_store *store, const cu_ledger_options *options, cu_ledger **out,
                         cu_err *err) CU_MUST_CHECK;
void cu_ledger_close(cu_ledger *ledger); /* NULL is allowed */
CU_DEFINE_AUTO(cu_ledger, cu_ledger_close)

const char *cu_ledger_origin(const cu_ledger *ledger);

/* ---- writing ---- */

/* Said openly in the entry, as "d.name value": counts, codes, opaque ids. Never a name, an
 * address, or the digest of a picture. */
typedef struct cu_ledger_detail {
    const char *name; /* small letters, digits, points and hyphens */
    const char *value;
} cu_ledger_detail;

/* Kept under the key of the event's case; the entry has "c.name" and a commitment. */
typedef struct cu_ledger_secret {
    const char *name;
    cu_bytes value; /* at most CU_BUNDLE_VALUE_BYTES */
} cu_ledger_secret;

/* One thing that somebody did or saw. NULL members are lines that are not there; values are as
 * cu_tlog_entry says. Details and secrets are in any order. */
typedef struct cu_ledger_event {
    const char *actor;  /* needed */
    const char *action; /* needed */
    const char *session;
    const char *from;
    const char *class; /* of DPA 2018 s.62 */
    const char *object;
    const char *context;
    const char *reason;
    const char *result;
    const cu_ledger_detail *details;
    size_t details_n;
    const cu_ledger_secret *secrets;
    size_t secrets_n;
    const char *case_id;           /* whose key keeps the secrets; NULL: the log's own */
    const uint8_t *payload_sha256; /* 32 bytes */
} cu_ledger_event;

/*
 * Appends in the caller's transaction (cu_store_transact), so that the change, its entry and
 * the state are one. seq, which may be NULL, is the number of the (first) entry.
 *
 * CU_EUSAGE  not in a transaction, or a value may not stand in an entry; the text names it.
 * CU_ELIMIT  the entry would be longer than CU_ENTRY_BYTES.
 */
cu_status cu_ledger_append(cu_ledger *ledger, const cu_ledger_event *event, uint64_t *seq,
                           cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_append_many(cu_ledger *ledger, const cu_ledger_event *events, size_t count,
                                uint64_t *seq, cu_err *err) CU_MUST_CHECK;

/* Says in a transaction that an event with secrets of that case (NULL: of none) will be
 * appended: what that asks of the store goes with what is asked first (cu_store_foresee). */
cu_status cu_ledger_foresee(cu_ledger *ledger, const char *case_id, cu_err *err) CU_MUST_CHECK;

/* As cu_ledger_append in a transaction of its own: for a consultation, which is written before
 * its answer leaves, and for a refusal. */
cu_status cu_ledger_record(cu_ledger *ledger, const cu_ledger_event *event, uint64_t *seq,
                           cu_err *err) CU_MUST_CHECK;

cu_status cu_ledger_record_many(cu_ledger *ledger, const cu_ledger_event *events, size_t count,
                                uint64_t *seq, cu_err *err) CU_MUST_CHECK;

/*
 * Erases by law, in the caller's transaction: the key of the case is destroyed, and with it
 * every secret of the case; event (its action and authority are the caller's) is appended with
 * d.erased-case and d.erased-secrets. Entries and proofs stay whole.
 */
cu_status cu_ledger_erase(cu_ledger *ledger, const char *case_id, const cu_ledger_event *event,
                          uint64_t *seq, cu_err *err) CU_MUST_CHECK;

/* Whether secrets are kept under the key of a case. */
cu_status cu_ledger_has_secrets(cu_ledger *ledger, const char *case_id, bool *out,
                                cu_err *err) CU_MUST_CHECK;

/* ---- reading ---- */

/* How many entries there are. */
cu_status cu_ledger_size(cu_ledger *ledger, uint64_t *out, cu_err *err) CU_MUST_CHECK;

/* Appends the exact bytes of an entry to out. CU_ENOTFOUND. */
cu_status cu_ledger_entry(cu_ledger *ledger, uint64_t seq, cu_buffer *out,
                          cu_err *err) CU_MUST_CHECK;

/* What an entry commits to, checked against it. CU_ENOTFOUND: there is none, or it was erased.
 */
cu_status cu_ledger_reveal(cu_ledger *ledger, uint64_t seq, const char *name,
                           uint8_t salt[CU_SALT_BYTES], cu_buffer *value,
                           cu_err *err) CU_MUST_CHECK;

/* What an entry commits to under a name. There: its value is known, and is the one. Not there:
 * it was erased. */
typedef struct cu_ledger_revealed {
    uint64_t seq;
    bool there;
    cu_bytes value; /* good until the next */
} cu_ledger_revealed;

typedef cu_status (*cu_ledger_each_secret)(void *context, const cu_ledger_revealed *one,
                                           cu_err *err);

/*
 * Reveals that name of every entry that commits to it, by rising seq, for the price of a few
 * questions to the store: what one cu_ledger_reveal an entry would answer. Where each answers
 * other than CU_OK, that is handed on. CU_EFORMAT: a value is not what its entry commits to.
 */
cu_status cu_ledger_reveal_each(cu_ledger *ledger, const char *name, cu_ledger_each_secret each,
                                void *context, cu_err *err) CU_MUST_CHECK;

/*
 * Walks entries by rising seq from first, those of an actor, an object or an action where it is
 * not NULL, until each answers other than CU_OK (which is handed on) or limit were seen.
 */
typedef struct cu_ledger_search {
    const char *actor;
    const char *object;
    const char *action;
    uint64_t first;
    uint64_t limit; /* 0: all */
} cu_ledger_search;

typedef cu_status (*cu_ledger_each)(void *context, const cu_tlog_entry *entry, cu_bytes bytes,
                                    cu_err *err);
cu_status cu_ledger_find(cu_ledger *ledger, const cu_ledger_search *search, cu_ledger_each each,
                         void *context, cu_err *err) CU_MUST_CHECK;

/* The head now: size and root. The origin is the ledger's. */
cu_status cu_ledger_head(cu_ledger *ledger, cu_checkpoint *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_root_at(cu_ledger *ledger, uint64_t size, cu_hash *out,
                            cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_prove_inclusion(cu_ledger *ledger, uint64_t seq, uint64_t size,
                                    cu_proof *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_prove_consistency(cu_ledger *ledger, uint64_t first, uint64_t second,
                                      cu_proof *out, cu_err *err) CU_MUST_CHECK;

/* ---- signed heads ---- */

/* The newest signed head that is stored, as a note. CU_ENOTFOUND: none is. */
cu_status cu_ledger_checkpoint(cu_ledger *ledger, cu_buffer *note, cu_err *err) CU_MUST_CHECK;

/*
 * Stores a signed head in a transaction of its own, in place of an earlier one of the same
 * size. Who signed is for cu_ledger_verify to say. Of the heads before the last one, one an
 * hour is kept.
 *
 * CU_EFORMAT  it is no checkpoint of this log as it is now.
 */
cu_status cu_ledger_keep_checkpoint(cu_ledger *ledger, cu_bytes note,
                                    cu_err *err) CU_MUST_CHECK;

/*
 * Whose signatures belong to this log: named in it by entries "key.begin" (d.vkey),
 * "key.rotate" (d.vkey is the new one), "key.end" (d.vkey is the old one), "witness.add" and
 * "witness.end".
 */
typedef struct cu_ledger_key {
    cu_verifier verifier;
    uint64_t since; /* the seq that names it: it may sign from the next on */
    uint64_t until; /* the seq that ends it, or UINT64_MAX */
} cu_ledger_key;

enum { CU_LEDGER_KEYS = 64 };

typedef struct cu_ledger_keys {
    uint64_t events; /* entries that begin or end one */
    size_t n;
    cu_ledger_key list[CU_LEDGER_KEYS];
} cu_ledger_keys;

cu_status cu_ledger_get_keys(cu_ledger *ledger, cu_ledger_keys *out, cu_err *err) CU_MUST_CHECK;

/* ---- verifying ---- */

/* A head that somebody outside remembers: the signer, a witness, a saved checkpoint. */
typedef struct cu_ledger_memory {
    const char *who;
    uint64_t size;
    cu_hash root;
} cu_ledger_memory;

typedef struct cu_ledger_check {
    const char *url;  /* of the store, for a connection a thread; NULL: one thread */
    unsigned threads; /* 0: as many as there are processors */
    bool pages;       /* ask the engine about its own pages and indexes too */
    bool sealed;      /* open the keys of the cases, but not every secret: for a start */
    const cu_ledger_memory *memories;
    size_t memories_n;
} cu_ledger_check;

/* Something that is not as it was written. */
typedef struct cu_ledger_complaint {
    const char *kind; /* "entry" "order" "time" "column" "node" "head" "checkpoint" "key"
                       * "secret" "pages" "rollback" "fork" */
    int64_t seq;      /* the entry or size that it is about, or -1 */
    char text[256];
} cu_ledger_complaint;

enum { CU_LEDGER_COMPLAINTS = 32 };

typedef struct cu_ledger_report {
    uint64_t entries;
    uint64_t checkpoints;
    uint64_t secrets; /* there, and opened where secrets_opened says so */
    uint64_t erased;
    bool secrets_opened;
    bool has_signed; /* one head is signed at least */
    uint64_t signed_size;
    cu_hash root;
    uint64_t complaints_n; /* in all; so many of the first are kept */
    cu_ledger_complaint complaints[CU_LEDGER_COMPLAINTS];
} cu_ledger_report;

/*
 * Reads and hashes the whole log anew and compares everything that is stored with it: entries,
 * columns, nodes, head, signed heads, secrets, and what others remember. CU_OK with a report,
 * whatever it says: the log is as it was written where complaints_n is 0.
 */
cu_status cu_ledger_verify(cu_ledger *ledger, const cu_ledger_check *check,
                           cu_progress *progress, cu_ledger_report *report,
                           cu_err *err) CU_MUST_CHECK;

/* ---- the signer and the witnesses ---- */

/* UNIX sockets of custos-signd and custos-witness; NULL where there is none. */
typedef struct cu_ledger_parties {
    const char *signer;
    const char *witness;
} cu_ledger_parties;

/*
 * Has the head as it is now signed, and stores it. A key of the signer that the log does not
 * name yet is first named in it, by an entry of actor. Call it after a transaction, outside
 * any.
 *
 * CU_EFORMAT  the signer refuses: it has signed more than there is, or another history.
 * CU_EUSAGE   the signer is another log's.
 */
cu_status cu_ledger_sign(cu_ledger *ledger, const char *socket_path, const char *actor,
                         cu_err *err) CU_MUST_CHECK;

/* Has the signer make a second key, which both sign from now on ("key.rotate"), or, with
 * retire, give up the older of two ("key.end"). The head is signed before and after. */
cu_status cu_ledger_rotate(cu_ledger *ledger, const char *socket_path, const char *actor,
                           bool retire, cu_err *err) CU_MUST_CHECK;

/*
 * After an older copy was restored: appends "log.gap", which names the head that is lost and
 * the reason, and has the log signed from there on. The signer's keeper must have allowed it.
 *
 * CU_EUSAGE  nothing is lost.
 */
cu_status cu_ledger_recover(cu_ledger *ledger, const char *socket_path, const char *actor,
                            const char *reason, uint64_t *seq, cu_err *err) CU_MUST_CHECK;

/*
 * Has the last signed head cosigned; a witness that is new is named in the log first, and the
 * head signed again where parties name a signer.
 *
 * CU_EUSAGE  the signed head is from before the witness was named.
 */
cu_status cu_ledger_witness(cu_ledger *ledger, const cu_ledger_parties *parties,
                            const char *actor, cu_err *err) CU_MUST_CHECK;

/* What they remember, for cu_ledger_verify. CU_ENOTFOUND: the witness has not seen this log. */
cu_status cu_ledger_ask_signer(cu_ledger *ledger, const char *socket_path,
                               cu_ledger_memory *out, cu_err *err) CU_MUST_CHECK;
cu_status cu_ledger_ask_witness(cu_ledger *ledger, const char *socket_path,
                                cu_ledger_memory *out, cu_err *err) CU_MUST_CHECK;

#endif
