/* SPDX-License-Identifier: Apache-2.0 */
/* Every official vector that applies gives the published answer. */
#include "support/cmocka.h"
#include "tlog/tlog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { words_max = 8 };

typedef struct vector_case {
    char *words[words_max];
    size_t n;
} vector_case;

static cu_hash leaf_of(uint64_t i)
{
    uint8_t data[8];
    cu_hash out;

    for (size_t k = 0; k < 8; k++)
        data[k] = (uint8_t)(i >> (56 - 8 * k));
    cu_tlog_leaf((cu_bytes){data, 8}, &out);
    return out;
}

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    cu_tree tree = {0};

    (void)context;
    for (uint64_t i = index << level; i < (index + 1) << level; i++) {
        const cu_hash leaf = leaf_of(i);

        assert_int_equal(cu_tree_append(&tree, &leaf, NULL, NULL, err), CU_OK);
    }
    cu_tree_root(&tree, out);
    return CU_OK;
}

/* False where the text is not 32 bytes: a verifier that takes nothing else has then refused. */
static bool hash_of(const char *hex, cu_hash *out)
{
    return cu_hex_decode(hex, strlen(hex), out->b, 32);
}

static bool proof_of(char *text, cu_proof *out)
{
    out->n = 0;
    if (strcmp(text, "-") == 0)
        return true;
    for (char *comma = text; comma != NULL; text = comma + 1) {
        comma = strchr(text, ',');
        if (comma != NULL)
            *comma = '\0';
        if (out->n == CU_PROOF_HASHES || !hash_of(text, &out->path[out->n++]))
            return false;
        if (comma == NULL)
            break;
    }
    return true;
}

static cu_bytes bytes_of(const char *hex, uint8_t *room)
{
    const size_t n = strcmp(hex, "-") == 0 ? 0 : strlen(hex) / 2;

    assert_true(cu_hex_decode(hex, 2 * n, room, n));
    return (cu_bytes){room, n};
}

static bool holds(const vector_case *c, bool inclusion)
{
    const uint64_t a = strtoull(c->words[2], NULL, 10);
    const uint64_t b = strtoull(c->words[3], NULL, 10);
    cu_hash first;
    cu_hash second;
    cu_proof proof;

    if (!hash_of(c->words[4], &first) || !hash_of(c->words[5], &second) ||
        !proof_of(c->words[6], &proof))
        return false;
    return (inclusion
                ? cu_proof_check_inclusion(a, b, &first, &proof, &second, NULL)
                : cu_proof_check_consistency(a, b, &first, &second, &proof, NULL)) == CU_OK;
}

static bool proves(const vector_case *c, bool inclusion)
{
    const uint64_t a = strtoull(c->words[1], NULL, 10);
    const uint64_t b = strtoull(c->words[2], NULL, 10);
    cu_proof expected;
    cu_proof made;

    assert_true(proof_of(c->words[3], &expected));
    assert_int_equal(inclusion ? cu_proof_inclusion(a, b, subtree, NULL, &made, NULL)
                               : cu_proof_consistency(a, b, subtree, NULL, &made, NULL),
                     CU_OK);
    return made.n == expected.n && memcmp(made.path, expected.path, made.n * 32) == 0;
}

static bool signs(const vector_case *c)
{
    static uint8_t key[1024];
    static uint8_t text[1 << 17];
    static cu_note note;
    cu_verifier verifier;

    assert_int_equal(cu_verifier_parse(bytes_of(c->words[1], key), &verifier, NULL), CU_OK);
    return cu_note_parse(bytes_of(c->words[2], text), &note, NULL) == CU_OK &&
           cu_note_verify(&note, &verifier, NULL, NULL) == CU_OK;
}

/* What our code says of a case, and what the vector does. */
static bool answer(vector_case *c, bool *expected)
{
    static uint8_t room[1 << 17];
    const char *const kind = c->words[0];
    cu_signer signer;
    cu_verifier verifier;
    cu_checkpoint checkpoint;
    cu_hash root;
    cu_hash made;

    *expected = strcmp(c->words[c->n - 1], "bad") != 0;
    if (strcmp(kind, "inclusion") == 0 || strcmp(kind, "consistency") == 0)
        return holds(c, kind[0] == 'i');
    if (strncmp(kind, "prove-", 6) == 0)
        return proves(c, kind[6] == 'i');
    if (strcmp(kind, "note") == 0)
        return signs(c);
    if (strcmp(kind, "vkey") == 0)
        return cu_verifier_parse(bytes_of(c->words[1], room), &verifier, NULL) == CU_OK;
    if (strcmp(kind, "skey") == 0)
        return cu_signer_parse(bytes_of(c->words[1], room), &signer, NULL) == CU_OK;
    if (strcmp(kind, "checkpoint") == 0)
        return cu_checkpoint_parse(bytes_of(c->words[1], room), &checkpoint, NULL) == CU_OK;
    assert_string_equal(kind, "root");
    assert_true(hash_of(c->words[2], &root));
    assert_int_equal(cu_tlog_root(strtoull(c->words[1], NULL, 10), subtree, NULL, &made, NULL),
                     CU_OK);
    return cu_hash_equal(&root, &made);
}

/* The vectors that a log of 32-byte hashes and no extension lines must refuse, though they are
 * good where others take more. Source: the notes of their own index. */
static bool is_stricter_here(const vector_case *c)
{
    static const char no_hash[] =
        "merkle-json/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json";

    return strcmp(c->words[0], "checkpoint") == 0 || strcmp(c->words[1], no_hash) == 0;
}

static void gives_every_published_answer(void **state)
{
    static char line[1 << 19];
    const char *const corpus = getenv("CUSTOS_CORPUS");
    const char *const script = getenv("CUSTOS_SUPPORT");
    unsigned cases = 0;
    unsigned stricter = 0;
    char command[4096];
    FILE *vectors;

    (void)state;
    assert_true(snprintf(command, sizeof command, "'%s/tlog-vectors' '%s/tlog'", script,
                         corpus) < (int)sizeof command);
    vectors = popen(command, "r");
    assert_non_null(vectors);
    while (fgets(line, sizeof line, vectors) != NULL) {
        vector_case c = {0};
        bool expected = false;
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        for (char *word = strsep(&rest, "\t"); word != NULL; word = strsep(&rest, "\t")) {
            assert_true(c.n < words_max);
            c.words[c.n++] = word;
        }

        const bool given = answer(&c, &expected);

        cases++;
        if (given == expected)
            continue;
        if (given || !is_stricter_here(&c))
            fail_msg("%s %s: not the published answer", c.words[0], c.words[1]);
        stricter++;
    }
    assert_int_equal(pclose(vectors), 0);
    print_message("# %u vectors, %u of them refused where others take more\n", cases, stricter);
    /* 196 proofs to check, 1640 to make, and roots, notes, keys and checkpoints. */
    assert_true(cases > 196 + 1640 + 41 + 1000);
    assert_int_equal(stricter, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gives_every_published_answer)};
    const char *const corpus = getenv("CUSTOS_CORPUS");
    char path[4096];
    FILE *index = NULL;

    if (corpus != NULL &&
        snprintf(path, sizeof path, "%s/tlog/INDEX.md", corpus) < (int)sizeof path)
        index = fopen(path, "r");
    if (index == NULL) {
        printf("1..0 # SKIP the corpus of vectors is not there\n");
        return 0;
    }
    fclose(index);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
