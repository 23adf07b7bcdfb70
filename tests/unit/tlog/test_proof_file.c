/* SPDX-License-Identifier: Apache-2.0 */
/* A proof that stands alone is good as it was made, and nothing that is cut from it or changed
 * in it is. */
#include "support/cmocka.h"
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

enum { LEAVES = 21, WANTED = 13 };

static cu_buffer file;
static cu_buffer entry; /* that the file proves */
static cu_policy *policy;

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static void write_entry(uint64_t seq, cu_buffer *out)
{
    cu_buffer_format(out,
                     "custos-entry/1\nseq %d\ntime 2026-11-23T21:14:07.123456Z\n"
                     "actor officer:1\naction thing.make\n",
                     (int)seq);
}

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    cu_tree tree = {0};

    (void)context;
    for (uint64_t seq = index << level; seq < (index + 1) << level; seq++) {
        cu_buffer bytes = {0};
        cu_hash leaf;

        write_entry(seq, &bytes);
        cu_tlog_leaf(cu_buffer_view(&bytes), &leaf);
        cu_buffer_free(&bytes);
        if (cu_tree_append(&tree, &leaf, NULL, NULL, err) != CU_OK)
            return CU_ELIMIT;
    }
    cu_tree_root(&tree, out);
    return CU_OK;
}

static void make_policy(const cu_verifier *key)
{
    cu_buffer text = {0};

    cu_buffer_format(&text, "log ");
    cu_verifier_append(&text, key);
    cu_buffer_format(&text, "\nquorum none\n");
    assert_int_equal(cu_policy_parse(cu_buffer_view(&text), &policy, NULL), CU_OK);
    cu_buffer_free(&text);
}

static int make_file(void **state)
{
    cu_signer signer;
    cu_checkpoint head = {.origin = text_of("log.example"), .size = LEAVES};
    cu_buffer text = {0};
    cu_buffer note = {0};
    cu_proof proof;

    (void)state;
    assert_int_equal(cu_signer_new("log.example", CU_KEY_ED25519, &signer, NULL), CU_OK);
    make_policy(&signer.verifier);
    assert_int_equal(cu_tlog_root(LEAVES, subtree, NULL, &head.root, NULL), CU_OK);
    assert_int_equal(cu_proof_inclusion(WANTED, LEAVES, subtree, NULL, &proof, NULL), CU_OK);
    cu_checkpoint_append(&text, &head);
    cu_buffer_append(&note, text.p, text.n);
    cu_buffer_u8(&note, '\n');
    assert_int_equal(cu_note_sign(cu_buffer_view(&text), &signer, 0, &note, NULL), CU_OK);
    write_entry(WANTED, &entry);
    cu_proof_file_append(&file, WANTED, cu_buffer_view(&entry), &proof, cu_buffer_view(&note));
    assert_int_equal(cu_buffer_check(&file, NULL), CU_OK);
    cu_buffer_free(&text);
    cu_buffer_free(&note);
    return 0;
}

static int free_file(void **state)
{
    (void)state;
    cu_policy_free(policy);
    cu_buffer_free(&file);
    cu_buffer_free(&entry);
    return 0;
}

static cu_verdict verdict_of(cu_bytes bytes, cu_bytes given)
{
    cu_bundle_report report;
    cu_err err = {0};

    assert_int_equal(cu_proof_file_verify(bytes, given, policy, &report, &err), CU_OK);
    assert_true((report.verdict == CU_VERDICT_GOOD) == (err.text[0] == '\0'));
    return report.verdict;
}

static void is_good_as_it_was_made(void **state)
{
    static const cu_bytes none = {0};
    cu_bundle_report report;

    (void)state;
    assert_true(cu_proof_file_is(cu_buffer_view(&file)));
    assert_int_equal(cu_proof_file_verify(cu_buffer_view(&file), none, policy, &report, NULL),
                     CU_OK);
    assert_int_equal(report.verdict, CU_VERDICT_GOOD);
    assert_int_equal(report.entries, 1);
    assert_int_equal(report.size, LEAVES);
    assert_int_equal(report.failed, WANTED);
    assert_string_equal(report.origin, "log.example");
}

static void is_not_good_wherever_it_is_cut_or_changed(void **state)
{
    static const cu_bytes none = {0};

    (void)state;
    assert_memory_equal(file.p + 23, "extra ", 6);
    for (size_t n = 0; n < file.n; n++)
        assert_int_not_equal(verdict_of((cu_bytes){file.p, n}, none), CU_VERDICT_GOOD);
    for (size_t i = 0; i < file.n; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            file.p[i] ^= (uint8_t)(1U << bit);
            assert_int_not_equal(verdict_of(cu_buffer_view(&file), none), CU_VERDICT_GOOD);
            file.p[i] ^= (uint8_t)(1U << bit);
        }
    }
    /* A letter for another in "extra", which begins there, is still base64. What it says counts
     * for nothing where the entry is had from elsewhere. */
    file.p[29] ^= 1;
    assert_int_equal(verdict_of(cu_buffer_view(&file), cu_buffer_view(&entry)),
                     CU_VERDICT_GOOD);
    assert_int_not_equal(verdict_of(cu_buffer_view(&file), none), CU_VERDICT_GOOD);
    file.p[29] ^= 1;
}

static void says_what_is_wrong_with_another_entry(void **state)
{
    cu_buffer other = {0};

    (void)state;
    write_entry(WANTED + 1, &other);
    assert_int_equal(verdict_of(cu_buffer_view(&file), cu_buffer_view(&other)),
                     CU_VERDICT_ENTRY);
    other.n = 0;
    write_entry(WANTED, &other);
    other.p[other.n - 2] = 'f';
    assert_int_equal(verdict_of(cu_buffer_view(&file), cu_buffer_view(&other)),
                     CU_VERDICT_NOT_INCLUDED);
    cu_buffer_free(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_good_as_it_was_made),
        cmocka_unit_test(is_not_good_wherever_it_is_cut_or_changed),
        cmocka_unit_test(says_what_is_wrong_with_another_entry),
    };

    return cmocka_run_group_tests(tests, make_file, free_file);
}
