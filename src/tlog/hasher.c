/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves and nodes by the hundred, in the lanes of the processor. */
#include "digest/digest.h"
#include "tlog/tlog.h"

#include <stdlib.h>

_Static_assert((int)CU_HASHER_HASHES == (int)CU_DIGEST_MESSAGES,
               "a hasher is one set of messages");
_Static_assert(sizeof(cu_hash) == 32, "a hash is its bytes");

struct cu_hasher {
    cu_digest_messages messages;
};

cu_hasher *cu_hasher_new(void)
{
    return calloc(1, sizeof(cu_hasher));
}

void cu_hasher_free(cu_hasher *hasher)
{
    if (hasher == NULL)
        return;
    cu_digest_messages_free(&hasher->messages);
    free(hasher);
}

bool cu_hasher_full(const cu_hasher *hasher)
{
    return cu_digest_messages_full(&hasher->messages);
}

void cu_hasher_leaf(cu_hasher *hasher, cu_bytes entry)
{
    static const uint8_t prefix = 0;

    cu_digest_messages_put(&hasher->messages, (cu_bytes){&prefix, 1}, entry);
}

cu_status cu_hasher_take(cu_hasher *hasher, cu_hash *out, cu_err *err)
{
    return cu_digest_messages_take(&hasher->messages, (uint8_t(*)[32])out->b, err);
}

cu_status cu_hasher_nodes(cu_hasher *hasher, const cu_hash *below, size_t count, cu_hash *out,
                          cu_err *err)
{
    static const uint8_t prefix = 1;
    cu_status st = CU_OK;

    /* A set is read before it is written, and what is written is never read again. */
    for (size_t at = 0; st == CU_OK && at < count; at += CU_HASHER_HASHES) {
        for (size_t i = at; i < count && i < at + CU_HASHER_HASHES; i++)
            cu_digest_messages_put(&hasher->messages, (cu_bytes){&prefix, 1},
                                   (cu_bytes){below[2 * i].b, 2 * sizeof(cu_hash)});
        st = cu_hasher_take(hasher, out + at, err);
    }
    return st;
}
