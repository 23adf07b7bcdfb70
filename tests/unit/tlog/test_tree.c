/* SPDX-License-Identifier: Apache-2.0 */
/* The tree and its proofs agree with the recursive definitions of RFC 6962, and with published
 * vectors. */
#include "support/cmocka.h"
#include "tlog/tlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAVES = 300 };

static cu_hash leaves[LEAVES];

/* Leaf data i is i as 8 bytes, highest first. */
static void make_leaves(void)
{
    for (uint64_t i = 0; i < LEAVES; i++) {
        uint8_t data[8];

        for (size_t k = 0; k < 8; k++)
            data[k] = (uint8_t)(i >> (56 - 8 * k));
        cu_tlog_leaf((cu_bytes){data, 8}, &leaves[i]);
    }
}

/* MTH of RFC 6962 section 2.1, as it is written there. */
static cu_hash recursive_root(size_t start, size_t n)
{
    cu_hash left;
    cu_hash right;
    cu_hash out;
    size_t k = 1;

    if (n == 0) {
        cu_tlog_sha256((cu_bytes){0}, &out);
        return out;
    }
    if (n == 1)
        return leaves[start];
    while (k * 2 < n)
        k *= 2;
    left = recursive_root(start, k);
    right = recursive_root(start + k, n - k);
    cu_tlog_node(&left, &right, &out);
    return out;
}

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    (void)err;
    ++*(unsigned *)context;
    *out = recursive_root((size_t)(index << level), (size_t)1 << level);
    return CU_OK;
}

static void hashes_many_as_it_hashes_one(void **state)
{
    static uint8_t data[CU_HASHER_HASHES][CU_HASHER_HASHES];
    static cu_hash many[CU_HASHER_HASHES * 3];
    CU_AUTO(cu_hasher, hasher);
    cu_hash one;

    (void)state;
    hasher = cu_hasher_new();
    assert_non_null(hasher);
    for (size_t i = 0; i < CU_HASHER_HASHES; i++) {
        assert_false(cu_hasher_full(hasher));
        memset(data[i], (int)i, i);
        cu_hasher_leaf(hasher, (cu_bytes){data[i], i});
    }
    assert_true(cu_hasher_full(hasher));
    assert_int_equal(cu_hasher_take(hasher, many, NULL), CU_OK);
    for (size_t i = 0; i < CU_HASHER_HASHES; i++) {
        cu_tlog_leaf((cu_bytes){data[i], i}, &one);
        assert_true(cu_hash_equal(&many[i], &one));
    }
    /* More than one set of nodes, and into the level below itself. */
    for (size_t i = 0; i < CU_COUNT_OF(many); i++)
        many[i] = leaves[i % LEAVES];
    assert_int_equal(cu_hasher_nodes(hasher, many, CU_COUNT_OF(many) / 2, many, NULL), CU_OK);
    for (size_t i = 0; i < CU_COUNT_OF(many) / 2; i++) {
        cu_tlog_node(&leaves[2 * i % LEAVES], &leaves[(2 * i + 1) % LEAVES], &one);
        assert_true(cu_hash_equal(&many[i], &one));
    }
}

static void grows_to_the_root_of_the_definition(void **state)
{
    cu_tree tree = {0};
    cu_hash root;

    (void)state;
    for (size_t n = 0; n < LEAVES; n++) {
        const cu_hash expected = recursive_root(0, n);
        unsigned asked = 0;

        cu_tree_root(&tree, &root);
        assert_true(cu_hash_equal(&root, &expected));
        assert_int_equal(cu_tlog_root(n, subtree, &asked, &root, NULL), CU_OK);
        assert_true(cu_hash_equal(&root, &expected));
        assert_true(asked <= 9);
        assert_int_equal(cu_tree_append(&tree, &leaves[n], NULL, NULL, NULL), CU_OK);
    }
}

/* Each proof that is made holds, and none that was changed in any way does. */
static void spoil(cu_proof *proof, unsigned how)
{
    if (how == 0)
        proof->path[proof->n++] = leaves[0];
    else if (how == 1 && proof->n > 0)
        proof->n--;
    else if (how >= 2 && how - 2 < proof->n)
        proof->path[how - 2].b[how % 32] ^= 1;
}

static void makes_inclusion_proofs_that_hold_and_no_others(void **state)
{
    (void)state;
    for (size_t size = 1; size <= 70; size++) {
        const cu_hash root = recursive_root(0, size);

        for (size_t index = 0; index < size; index++) {
            unsigned asked = 0;
            cu_proof proof;

            assert_int_equal(cu_proof_inclusion(index, size, subtree, &asked, &proof, NULL),
                             CU_OK);
            assert_int_equal(
                cu_proof_check_inclusion(index, size, &leaves[index], &proof, &root, NULL),
                CU_OK);
            assert_int_equal(
                cu_proof_check_inclusion(index + 1, size, &leaves[index], &proof, &root, NULL),
                CU_EFORMAT);
            assert_int_equal(
                cu_proof_check_inclusion(index, size, &leaves[index + 1], &proof, &root, NULL),
                CU_EFORMAT);
            for (unsigned how = 0; how < proof.n + 2; how++) {
                cu_proof other = proof;

                if (how == 1 && proof.n == 0)
                    continue;
                spoil(&other, how);
                assert_int_equal(
                    cu_proof_check_inclusion(index, size, &leaves[index], &other, &root, NULL),
                    CU_EFORMAT);
            }
        }
    }
}

static void makes_consistency_proofs_that_hold_and_no_others(void **state)
{
    (void)state;
    for (size_t second = 1; second <= 70; second++) {
        const cu_hash second_root = recursive_root(0, second);

        for (size_t first = 0; first <= second; first++) {
            const cu_hash first_root = recursive_root(0, first);
            unsigned asked = 0;
            cu_proof proof;

            assert_int_equal(cu_proof_consistency(first, second, subtree, &asked, &proof, NULL),
                             CU_OK);
            assert_int_equal(cu_proof_check_consistency(first, second, &first_root,
                                                        &second_root, &proof, NULL),
                             CU_OK);
            if (first > 0)
                assert_int_equal(cu_proof_check_consistency(first, second, &leaves[9],
                                                            &second_root, &proof, NULL),
                                 CU_EFORMAT);
            for (unsigned how = 0; how < proof.n + 2; how++) {
                cu_proof other = proof;

                if (how == 1 && proof.n == 0)
                    continue;
                spoil(&other, how);
                assert_int_equal(cu_proof_check_consistency(first, second, &first_root,
                                                            &second_root, &other, NULL),
                                 CU_EFORMAT);
            }
        }
    }
    assert_int_equal(cu_proof_consistency(2, 1, NULL, NULL, &(cu_proof){0}, NULL), CU_EUSAGE);
    assert_int_equal(cu_proof_inclusion(1, 1, NULL, NULL, &(cu_proof){0}, NULL), CU_EUSAGE);
}

static void agrees_with_certificate_transparency(void **state)
{
    /* Source: google/certificate-transparency cpp/merkletree/merkle_tree_test.cc. */
    static const struct {
        const char *data;
        size_t n;
        const char *root;
    } steps[] = {
        {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"@ABC", 4, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"PQRSTUVW", 8, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"`abcdefghijklmno", 16,
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };

    cu_tree tree = {0};
    cu_hash hash;
    char hex[65];

    (void)state;
    cu_tree_root(&tree, &hash);
    cu_hex_encode((cu_bytes){hash.b, 32}, hex);
    assert_string_equal(hex,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < CU_COUNT_OF(steps); i++) {
        cu_tlog_leaf((cu_bytes){(const uint8_t *)steps[i].data, steps[i].n}, &hash);
        assert_int_equal(cu_tree_append(&tree, &hash, NULL, NULL, NULL), CU_OK);
        cu_tree_root(&tree, &hash);
        cu_hex_encode((cu_bytes){hash.b, 32}, hex);
        assert_string_equal(hex, steps[i].root);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_many_as_it_hashes_one),
        cmocka_unit_test(grows_to_the_root_of_the_definition),
        cmocka_unit_test(makes_inclusion_proofs_that_hold_and_no_others),
        cmocka_unit_test(makes_consistency_proofs_that_hold_and_no_others),
        cmocka_unit_test(agrees_with_certificate_transparency),
    };

    make_leaves();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
