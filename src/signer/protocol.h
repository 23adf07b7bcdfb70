/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses, taken apart and put together. Private to signer/. */
#ifndef CU_SIGNER_PROTOCOL_H
#define CU_SIGNER_PROTOCOL_H

#include "signer/signer.h"

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

/* "word number", of a state file or a request. */
bool cu_take_number(cu_bytes *rest, const char *word, uint64_t *out);
bool cu_take_word(cu_bytes *rest, const char *word, cu_bytes *value);
bool cu_bytes_are(cu_bytes bytes, const char *text);

#endif
