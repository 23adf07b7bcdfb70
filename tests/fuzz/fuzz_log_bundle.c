/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that may be a bundle or a proof: a verdict, whatever they are, and never a good one. */
#include "tlog/tlog.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static cu_policy *policy;
    cu_bundle_report report;
    cu_err err = {0};

    if (policy == NULL) {
        static const uint8_t public_key[32] = {1};
        cu_verifier key;
        cu_buffer text = {0};

        if (cu_verifier_make("log.example", CU_KEY_ED25519, public_key, &key, NULL) != CU_OK)
            abort();
        cu_buffer_format(&text, "log ");
        cu_verifier_append(&text, &key);
        cu_buffer_format(&text, "\nquorum none\n");
        if (cu_policy_parse(cu_buffer_view(&text), &policy, NULL) != CU_OK)
            abort();
        cu_buffer_free(&text);
    }
    if (cu_bundle_verify((cu_bytes){bytes, n}, policy, &report, &err) != CU_OK ||
        report.verdict == CU_VERDICT_GOOD || err.text[0] == '\0')
        abort();
    err.text[0] = '\0';
    if (cu_proof_file_verify((cu_bytes){bytes, n}, (cu_bytes){0}, policy, &report, &err) !=
            CU_OK ||
        report.verdict == CU_VERDICT_GOOD || err.text[0] == '\0')
        abort();
    return 0;
}
