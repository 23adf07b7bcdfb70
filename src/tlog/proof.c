/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs: made from perfect subtrees, checked from nothing but themselves. */
#include "tlog/tlog.h"

/* ---- checking (RFC 9162 sections 2.1.3.2 and 2.1.4.2) ---- */

static cu_status refuse(cu_err *err, const char *why)
{
    return cu_fail(err, CU_EFORMAT, "the proof does not hold: %s", why);
}

cu_status cu_proof_check_inclusion(uint64_t index, uint64_t size, const cu_hash *leaf,
                                   const cu_proof *proof, const cu_hash *root, cu_err *err)
{
    uint64_t fn = index;
    uint64_t sn = size - 1;
    cu_hash r = *leaf;

    if (index >= size)
        return refuse(err, "the entry is past the end of the tree");
    for (size_t i = 0; i < proof->n; i++) {
        if (sn == 0)
            return refuse(err, "it is too long");
        if ((fn & 1) != 0 || fn == sn) {
            cu_tlog_node(&proof->path[i], &r, &r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            cu_tlog_node(&r, &proof->path[i], &r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0)
        return refuse(err, "it is too short");
    return cu_hash_equal(&r, root) ? CU_OK : refuse(err, "it leads to another root");
}

static cu_status check_same(const cu_hash *first_root, const cu_hash *second_root,
                            const cu_proof *proof, cu_err *err)
{
    if (proof->n != 0)
        return refuse(err, "between trees of one size it is not empty");
    return cu_hash_equal(first_root, second_root)
               ? CU_OK
               : refuse(err, "two trees of one size have different roots");
}

static cu_status check_from_empty(const cu_hash *first_root, const cu_proof *proof, cu_err *err)
{
    cu_hash nothing;

    cu_tlog_sha256((cu_bytes){0}, &nothing);
    if (proof->n != 0)
        return refuse(err, "from an empty tree it is not empty");
    return cu_hash_equal(first_root, &nothing)
               ? CU_OK
               : refuse(err, "the root of the empty tree is another");
}

typedef struct climber {
    uint64_t fn; /* the places that RFC 9162 names so, and the two roots */
    uint64_t sn;
    cu_hash fr;
    cu_hash sr;
} climber;

/* Both trees' roots from the hash that they share and the rest of the path. */
static cu_status climb(climber *c, const cu_hash *path, size_t n, cu_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (c->sn == 0)
            return refuse(err, "it is too long");
        if ((c->fn & 1) != 0 || c->fn == c->sn) {
            cu_tlog_node(&path[i], &c->fr, &c->fr);
            cu_tlog_node(&path[i], &c->sr, &c->sr);
            while ((c->fn & 1) == 0 && c->fn != 0) {
                c->fn >>= 1;
                c->sn >>= 1;
            }
        } else {
            cu_tlog_node(&c->sr, &path[i], &c->sr);
        }
        c->fn >>= 1;
        c->sn >>= 1;
    }
    return c->sn == 0 ? CU_OK : refuse(err, "it is too short");
}

cu_status cu_proof_check_consistency(uint64_t first, uint64_t second, const cu_hash *first_root,
                                     const cu_hash *second_root, const cu_proof *proof,
                                     cu_err *err)
{
    const bool whole = first != 0 && (first & (first - 1)) == 0;
    const size_t taken = whole ? 0 : 1;

    if (first > second)
        return refuse(err, "the first tree is the larger one");
    if (first == second)
        return check_same(first_root, second_root, proof, err);
    if (first == 0)
        return check_from_empty(first_root, proof, err);
    if (proof->n == 0)
        return refuse(err, "it is empty");

    const int shared = __builtin_ctzll(first); /* levels that both trees have alike */
    const cu_hash start = whole ? *first_root : proof->path[0];
    climber c = {(first - 1) >> shared, (second - 1) >> shared, start, start};
    const cu_status st = climb(&c, proof->path + taken, proof->n - taken, err);

    if (st != CU_OK)
        return st;
    if (!cu_hash_equal(&c.fr, first_root))
        return refuse(err, "it leads to another first root");
    return cu_hash_equal(&c.sr, second_root) ? CU_OK
                                             : refuse(err, "it leads to another second root");
}

/* ---- making ---- */

typedef struct maker {
    cu_subtree subtree;
    void *context;
    cu_proof *out;
} maker;

/* The largest power of two below n; n is 2 or more. */
static uint64_t split(uint64_t n)
{
    return 1ULL << (63 - __builtin_clzll(n - 1));
}

/* The root of the n leaves from start, which is a multiple of the power of two that n fits. */
static cu_status root_of(const maker *m, uint64_t start, uint64_t n, cu_hash *out, cu_err *err)
{
    cu_hash peaks[64];
    size_t count = 0;
    cu_status st = CU_OK;

    while (st == CU_OK && n > 0) {
        const unsigned level = (unsigned)(63 - __builtin_clzll(n));

        st = m->subtree(m->context, level, start >> level, &peaks[count++], err);
        start += 1ULL << level;
        n -= 1ULL << level;
    }
    if (st != CU_OK || count == 0)
        return st;
    *out = peaks[--count];
    while (count > 0)
        cu_tlog_node(&peaks[--count], out, out);
    return CU_OK;
}

static cu_status add(const maker *m, uint64_t start, uint64_t n, cu_err *err)
{
    if (m->out->n == CU_PROOF_HASHES)
        return cu_fail(err, CU_ELIMIT, "the proof is too long");
    return root_of(m, start, n, &m->out->path[m->out->n++], err);
}

static void reverse(cu_proof *proof)
{
    for (size_t i = 0; i < proof->n / 2; i++) {
        const cu_hash kept = proof->path[i];

        proof->path[i] = proof->path[proof->n - 1 - i];
        proof->path[proof->n - 1 - i] = kept;
    }
}

cu_status cu_proof_inclusion(uint64_t index, uint64_t size, cu_subtree subtree, void *context,
                             cu_proof *out, cu_err *err)
{
    const maker m = {subtree, context, out};
    uint64_t start = 0;
    uint64_t n = size;
    cu_status st = CU_OK;

    if (index >= size)
        return cu_fail(err, CU_EUSAGE, "entry %llu is not in a tree of %llu",
                       (unsigned long long)index, (unsigned long long)size);
    out->n = 0;
    while (st == CU_OK && n > 1) {
        const uint64_t k = split(n);

        if (index - start < k) {
            st = add(&m, start + k, n - k, err);
            n = k;
        } else {
            st = add(&m, start, k, err);
            start += k;
            n -= k;
        }
    }
    reverse(out);
    return st;
}

cu_status cu_proof_consistency(uint64_t first, uint64_t second, cu_subtree subtree,
                               void *context, cu_proof *out, cu_err *err)
{
    const maker m = {subtree, context, out};
    uint64_t start = 0;
    uint64_t n = second;
    uint64_t m_left = first;
    bool whole = true; /* what is left of the first tree is a whole subtree of it */
    cu_status st = CU_OK;

    if (first > second)
        return cu_fail(err, CU_EUSAGE, "a tree of %llu is not within one of %llu",
                       (unsigned long long)first, (unsigned long long)second);
    out->n = 0;
    if (first == 0 || first == second)
        return CU_OK;
    /* Source: RFC 6962 section 2.1.2, SUBPROOF. */
    while (st == CU_OK && m_left != n) {
        const uint64_t k = split(n);

        if (m_left <= k) {
            st = add(&m, start + k, n - k, err);
            n = k;
        } else {
            st = add(&m, start, k, err);
            start += k;
            n -= k;
            m_left -= k;
            whole = false;
        }
    }
    if (st == CU_OK && !whole)
        st = add(&m, start, n, err);
    reverse(out);
    return st;
}

cu_status cu_tlog_root(uint64_t size, cu_subtree subtree, void *context, cu_hash *out,
                       cu_err *err)
{
    const maker m = {subtree, context, NULL};

    if (size == 0) {
        cu_tlog_sha256((cu_bytes){0}, out);
        return CU_OK;
    }
    return root_of(&m, 0, size, out, err);
}
