/* SPDX-License-Identifier: Apache-2.0 */
/* Two small processes that remember: custos-signd holds the log's key, custos-witness
 * another's. Neither signs a head that is not an extension of the last one it signed. */
#ifndef CU_SIGNER_SIGNER_H
#define CU_SIGNER_SIGNER_H

#include "base/bytes.h"
#include "tlog/tlog.h"

/*
 * What is said over the socket (docs/formats/ledger.md): the client sends one request and shuts
 * its side, the server answers one response and closes. Both are text, at most
 * CU_SIGNER_MESSAGE bytes. A response begins with a status of three digits, as HTTP has them,
 * and a line feed; the rest is its body.
 */
enum {
    CU_SIGNER_MESSAGE = 65536,
    CU_SIGNER_OK = 200,
    CU_SIGNER_BAD_REQUEST = 400,
    CU_SIGNER_FORBIDDEN = 403,
    CU_SIGNER_NOT_FOUND = 404,
    CU_SIGNER_CONFLICT = 409,
    CU_SIGNER_UNPROCESSABLE = 422,
    CU_SIGNER_FAILED = 500,
};

/* ---- a file of one small text that is replaced whole ---- */

enum { CU_STATE_PATH = 4096 }; /* bytes of a path, with its zero */

/* Reads at most CU_SIGNER_MESSAGE bytes. CU_ENOTFOUND where there is no file. */
cu_status cu_state_read(const char *path, cu_buffer *out, cu_err *err) CU_MUST_CHECK;

/* Durable before it returns: written beside, synced, renamed, and the folder synced. */
cu_status cu_state_write(const char *path, cu_bytes bytes, cu_err *err) CU_MUST_CHECK;

/* Holds the state for this process alone, until it ends. CU_EEXISTS where another has it. */
cu_status cu_state_lock(const char *path, cu_err *err) CU_MUST_CHECK;

/* ---- the signer of a log ---- */

enum { CU_SIGNER_KEYS = 2 };

/* What custos-signd holds: the file's text, read. */
typedef struct cu_signer_state {
    char path[CU_STATE_PATH];
    char origin[CU_NOTE_NAME_BYTES + 1];
    uint64_t size; /* of the last head that was signed */
    cu_hash root;
    size_t keys_n; /* two while one takes over from the other */
    cu_signer keys[CU_SIGNER_KEYS];
    bool failed; /* the state could not be written: end, and be started again */
} cu_signer_state;

/*
 * Makes the state of a new signer, with a key by chance. CU_EEXISTS where path is there.
 */
cu_status cu_signer_begin(const char *path, const char *origin, cu_err *err) CU_MUST_CHECK;
cu_status cu_signer_load(const char *path, cu_signer_state *out, cu_err *err) CU_MUST_CHECK;

/*
 * Answers one request. What is in the answer is durable: the state is written first. Never
 * signs a smaller head, nor another of the same size, nor one that does not extend the last.
 *
 *   state             → origin, size, root, and a vkey a line
 *   sign, a proof, a head → signature lines               409 with size: it is behind; 422: no
 * proof rotate            → the new vkey; both sign from now on retire            → the vkey
 * that signs no more gap, a proof, an entry, a head → signature lines: the head's tree has a
 * "log.gap" entry that names the last head by size and root. Only where the operator has put a
 *                     file beside the state, named as it with ".allow-gap"; it is used up.
 */
void cu_signer_answer(cu_signer_state *state, cu_bytes request, cu_buffer *response);
void cu_signer_wipe(cu_signer_state *state);

/* ---- a witness of logs (C2SP tlog-witness) ---- */

enum { CU_WITNESS_LOGS = 32 };

typedef struct cu_witness_log {
    cu_verifier keys[CU_SIGNER_KEYS];
    size_t keys_n;
    uint64_t size; /* of the last head that was cosigned */
    cu_hash root;
    bool seen; /* one was */
} cu_witness_log;

typedef struct cu_witness_state {
    char path[CU_STATE_PATH];
    cu_signer key;
    size_t n;
    cu_witness_log logs[CU_WITNESS_LOGS];
    int64_t (*now_us)(void); /* NULL: cu_clock_now_us */
    bool failed;             /* as above */
} cu_witness_state;

cu_status cu_witness_begin(const char *path, const char *name, cu_err *err) CU_MUST_CHECK;
cu_status cu_witness_load(const char *path, cu_witness_state *out, cu_err *err) CU_MUST_CHECK;

/* Lets the witness cosign a log, or one more key of it. Durable. */
cu_status cu_witness_trust(cu_witness_state *state, cu_bytes vkey, cu_err *err) CU_MUST_CHECK;
/* Forgets what was cosigned of a log, so that it may begin anew after a gap. Durable. */
cu_status cu_witness_forget(cu_witness_state *state, const char *origin,
                            cu_err *err) CU_MUST_CHECK;

/*
 * Answers one request, durably, as above.
 *
 *   add-checkpoint, and the body of C2SP tlog-witness → cosignature lines, or 400 403 404 409
 * 422 checkpoint ORIGIN → size and root of the last head that was cosigned, or 404 vkey → the
 * witness's own
 */
void cu_witness_answer(cu_witness_state *state, cu_bytes request, cu_buffer *response);
void cu_witness_wipe(cu_witness_state *state);

/* ---- sockets ---- */

/*
 * Listens at a path (a UNIX socket of mode 0600, or 0660 where group is set) and answers, one
 * request at a time, until SIGTERM, SIGINT, or a service that answers false. A peer that is
 * neither root, nor this process's own user, nor (where group is set) let in by the socket's
 * mode is not answered. A peer has ten seconds.
 */
typedef bool (*cu_signer_service)(void *context, cu_bytes request, cu_buffer *response);
cu_status cu_signer_serve(const char *socket_path, bool group, cu_signer_service service,
                          void *context, cu_err *err) CU_MUST_CHECK;

/*
 * Asks once: status is the response's, body what comes after it.
 *
 * CU_EIO      nobody answers at that path.
 * CU_EFORMAT  the answer is none.
 */
cu_status cu_signer_ask(const char *socket_path, cu_bytes request, unsigned *status,
                        cu_buffer *body, cu_err *err) CU_MUST_CHECK;

#endif
