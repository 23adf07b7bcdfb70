/* SPDX-License-Identifier: Apache-2.0 */
/* The hash tree of RFC 6962: leaves and nodes have prefixes of their own. */
#include "digest/digest.h"
#include "tlog/tlog.h"

#include <string.h>

bool cu_hash_equal(const cu_hash *a, const cu_hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

static void hash_parts(const uint8_t *prefix, size_t prefix_bytes, cu_bytes a, cu_bytes b,
                       cu_hash *out)
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, (cu_bytes){prefix, prefix_bytes});
    cu_digest_update(&stream, a);
    cu_digest_update(&stream, b);
    cu_digest_final(&stream, &digests);
    memcpy(out->b, digests.sha256, sizeof out->b);
}

void cu_tlog_sha256(cu_bytes bytes, cu_hash *out)
{
    hash_parts(NULL, 0, bytes, (cu_bytes){0}, out);
}

void cu_tlog_leaf(cu_bytes entry, cu_hash *out)
{
    static const uint8_t prefix = 0;

    hash_parts(&prefix, 1, entry, (cu_bytes){0}, out);
}

void cu_tlog_node(const cu_hash *left, const cu_hash *right, cu_hash *out)
{
    uint8_t whole[65];

    whole[0] = 1;
    memcpy(whole + 1, left->b, 32);
    memcpy(whole + 33, right->b, 32);
    hash_parts(NULL, 0, (cu_bytes){whole, sizeof whole}, (cu_bytes){0}, out);
}

unsigned cu_tree_peaks(const cu_tree *tree)
{
    return (unsigned)__builtin_popcountll(tree->size);
}

cu_status cu_tree_append(cu_tree *tree, const cu_hash *leaf, cu_tree_completed completed,
                         void *context, cu_err *err)
{
    unsigned peaks = cu_tree_peaks(tree);
    uint64_t index = tree->size;
    unsigned level = 0;
    cu_hash hash = *leaf;
    cu_status st = CU_OK;

    if (tree->size == INT64_MAX)
        return cu_fail(err, CU_ELIMIT, "the tree is full");
    if (completed != NULL)
        st = completed(context, level, index, &hash, err);
    while (st == CU_OK && (index & 1) != 0) {
        cu_tlog_node(&tree->peaks[--peaks], &hash, &hash);
        index >>= 1;
        level++;
        if (completed != NULL)
            st = completed(context, level, index, &hash, err);
    }
    if (st != CU_OK)
        return st;
    tree->peaks[peaks] = hash;
    tree->size++;
    return CU_OK;
}

void cu_tree_root(const cu_tree *tree, cu_hash *out)
{
    unsigned at = cu_tree_peaks(tree);

    if (at == 0) {
        cu_tlog_sha256((cu_bytes){0}, out);
        return;
    }
    *out = tree->peaks[--at];
    while (at > 0)
        cu_tlog_node(&tree->peaks[--at], out, out);
}
