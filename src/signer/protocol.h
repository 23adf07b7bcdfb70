/* SPDX-License-Identifier: Apache-2.0 */
/* States, requests and responses, taken apart and put together. Private to signer/. */
#ifndef CU_SIGNER_PROTOCOL_H
#define CU_SIGNER_PROTOCOL_H

#include "signer/signer.h"

/*
 * What a service remembers, as the text of one file: magic and a line feed, what append writes,
 * and a line with the digest of all that. It may hold keys: no copy of it stays in memory.
 */
typedef struct cu_state_kind {
    const char *magic;
    const char *what;                         /* "the state of a …" */
    bool (*parse)(void *self, cu_bytes rest); /* fills self, which is zero */
    void (*append)(const void *self, cu_buffer *text);
} cu_state_kind;

/* The file of a state that is to be made. CU_EEXISTS where path is there, CU_EUSAGE where it is
 * too long. */
cu_status cu_state_begin(const char *path, char kept[CU_STATE_PATH], cu_err *err) CU_MUST_CHECK;

/* Reads self, but for its path, which is kept. CU_EFORMAT: damaged, or of another kind. */
cu_status cu_state_load(const cu_state_kind *kind, const char *path, char kept[CU_STATE_PATH],
                        void *self, cu_err *err) CU_MUST_CHECK;

/* Durable before it returns. */
cu_status cu_state_save(const cu_state_kind *kind, const char *path, const void *self,
                        cu_err *err) CU_MUST_CHECK;

/* Starts a response over: its status, and a body to be appended. */
void cu_respond(cu_buffer *response, unsigned status);
/* As above with one line that says why. */
void cu_respond_why(cu_buffer *response, unsigned status, const cu_err *err);

/* What a service does: one line a verb. self is the service's state. */
typedef struct cu_verb {
    const char *verb;
    void (*answer)(void *self, cu_bytes rest, cu_buffer *response);
} cu_verb;

/* Has the verb that the request begins with answer the rest of it; failed: whatever is asked,
 * the service can no longer do it. */
void cu_answer_by_verb(const cu_verb *verbs, size_t count, bool failed, void *self,
                       cu_bytes request, cu_buffer *response);

/* "old N", at most 63 hashes in base64, an empty line: what stands before a head. */
bool cu_take_old_and_proof(cu_bytes *rest, uint64_t *old, cu_proof *proof);

bool cu_bytes_are(cu_bytes bytes, const char *text);

#endif
