/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that may be a signed note, a checkpoint, a key, a policy. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const uint8_t public_key[32] = {1};
    static cu_note note;
    const cu_bytes view = {bytes, n};
    cu_verifier verifier;
    cu_checkpoint checkpoint;
    cu_policy *policy = NULL;
    cu_buffer out = {0};

    if (cu_note_parse(view, &note, NULL) == CU_OK &&
        cu_verifier_make("log.example", CU_KEY_COSIGNATURE, public_key, &verifier, NULL) ==
            CU_OK)
        (void)(cu_note_verify(&note, &verifier, NULL, NULL) == CU_OK);
    if (cu_checkpoint_parse(view, &checkpoint, NULL) == CU_OK) {
        cu_checkpoint_append(&out, &checkpoint);
        if (!cu_bytes_equal(cu_buffer_view(&out), view))
            abort();
    }
    out.n = 0;
    if (cu_verifier_parse(view, &verifier, NULL) == CU_OK) {
        cu_verifier_append(&out, &verifier);
        if (!cu_bytes_equal(cu_buffer_view(&out), view))
            abort();
    }
    if (cu_policy_parse(view, &policy, NULL) == CU_OK)
        cu_policy_free(policy);
    cu_buffer_free(&out);
    return 0;
}
