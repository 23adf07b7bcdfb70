/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and responses, taken apart and put together. */
#include "signer/protocol.h"

#include <string.h>

void cu_respond(cu_buffer *response, unsigned status)
{
    response->n = 0;
    cu_buffer_format(response, "%u\n", status);
}

void cu_respond_why(cu_buffer *response, unsigned status, const cu_err *err)
{
    cu_respond(response, status);
    cu_buffer_format(response, "%s\n", err->text);
}

bool cu_bytes_are(cu_bytes bytes, const char *text)
{
    return cu_bytes_equal(bytes, (cu_bytes){(const uint8_t *)text, strlen(text)});
}

void cu_answer_by_verb(const cu_verb *verbs, size_t count, bool failed, void *self,
                       cu_bytes request, cu_buffer *response)
{
    cu_bytes verb = {0};

    if (failed) {
        cu_respond(response, CU_SIGNER_FAILED);
        return;
    }
    if (cu_line_take(&request, &verb)) {
        for (size_t i = 0; i < count; i++) {
            if (cu_bytes_are(verb, verbs[i].verb)) {
                verbs[i].answer(self, request, response);
                return;
            }
        }
    }
    cu_respond(response, CU_SIGNER_BAD_REQUEST);
}

bool cu_take_old_and_proof(cu_bytes *rest, uint64_t *old, cu_proof *proof)
{
    cu_bytes line = {0};

    if (!cu_line_take_number(rest, "old", old))
        return false;
    for (proof->n = 0;; proof->n++) {
        if (!cu_line_take(rest, &line))
            return false;
        if (line.n == 0)
            return true;
        if (proof->n == CU_PROOF_HASHES - 1 ||
            !cu_base64_decode(line, proof->path[proof->n].b, sizeof proof->path[0].b))
            return false;
    }
}
