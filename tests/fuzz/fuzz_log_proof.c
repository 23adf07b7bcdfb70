/* SPDX-License-Identifier: Apache-2.0 */
/* Two numbers, two roots and a path: the checks end, and what holds for one root holds for no
 * other. */
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_cursor c = cu_cursor_over((cu_bytes){bytes, n});
    const uint64_t first = cu_cursor_u64le(&c);
    const uint64_t second = cu_cursor_u64le(&c);
    cu_hash roots[2] = {0};
    cu_proof proof = {0};

    for (size_t i = 0; i < 2; i++) {
        const cu_bytes hash = cu_cursor_take(&c, 32);

        if (hash.n == 32)
            memcpy(roots[i].b, hash.p, 32);
    }
    while (cu_cursor_left(&c) >= 32 && proof.n < CU_PROOF_HASHES)
        memcpy(proof.path[proof.n++].b, cu_cursor_take(&c, 32).p, 32);
    /* What holds for one root holds for no other. */
    if (cu_proof_check_consistency(first, second, &roots[0], &roots[1], &proof, NULL) ==
            CU_OK &&
        first != 0) {
        roots[1].b[0] ^= 1;
        if (cu_proof_check_consistency(first, second, &roots[0], &roots[1], &proof, NULL) ==
            CU_OK)
            abort();
        roots[1].b[0] ^= 1;
    }
    if (cu_proof_check_inclusion(first, second, &roots[0], &proof, &roots[1], NULL) == CU_OK) {
        roots[0].b[0] ^= 1;
        if (cu_proof_check_inclusion(first, second, &roots[0], &proof, &roots[1], NULL) ==
            CU_OK)
            abort();
    }
    return 0;
}
