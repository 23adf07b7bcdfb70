/* SPDX-License-Identifier: Apache-2.0 */
/* A signer signs one history; a witness cosigns one; both before they answer remember it. */
#include "signer/signer.h"
#include "support/assert_ok.h"
#include "support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEAVES = 40 };

static char folder[] = "/tmp/custos-signer-XXXXXX";
static cu_hash leaves[2][LEAVES]; /* two histories that part after 10 */

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static const char *fresh(void)
{
    static char path[128];
    static unsigned count;

    (void)snprintf(path, sizeof path, "%s/state-%u", folder, count++);
    return path;
}

/* ---- heads and proofs ---- */

static cu_status subtree(void *context, unsigned level, uint64_t index, cu_hash *out,
                         cu_err *err)
{
    const cu_hash *const own = context;
    cu_tree tree = {0};

    for (uint64_t i = index << level; i < (index + 1) << level; i++)
        assert_int_equal(cu_tree_append(&tree, &own[i], NULL, NULL, err), CU_OK);
    cu_tree_root(&tree, out);
    return CU_OK;
}

static void append_head(cu_buffer *out, unsigned history, uint64_t size)
{
    cu_checkpoint head = {.origin = text_of("log.example"), .size = size};

    assert_int_equal(cu_tlog_root(size, subtree, leaves[history], &head.root, NULL), CU_OK);
    cu_checkpoint_append(out, &head);
}

static void append_proof(cu_buffer *out, unsigned history, uint64_t old, uint64_t size)
{
    cu_proof proof = {0};

    if (old <= size)
        assert_int_equal(
            cu_proof_consistency(old, size, subtree, leaves[history], &proof, NULL), CU_OK);
    cu_buffer_format(out, "old %d\n", (int)old);
    for (size_t i = 0; i < proof.n; i++) {
        cu_base64_append(out, (cu_bytes){proof.path[i].b, 32});
        cu_buffer_u8(out, '\n');
    }
    cu_buffer_u8(out, '\n');
}

static unsigned status_of(const cu_buffer *response)
{
    return response->n < 4 ? 0 : (unsigned)strtoul((const char *)response->p, NULL, 10);
}

static cu_bytes body_of(const cu_buffer *response)
{
    return cu_bytes_slice(cu_buffer_view(response), 4, response->n);
}

/* Asks to sign; where it is signed, checks by which keys. */
static unsigned ask(cu_signer_state *state, unsigned history, uint64_t old, uint64_t size)
{
    cu_buffer request = {0};
    cu_buffer response = {0};
    cu_buffer whole = {0};
    unsigned status;

    cu_buffer_format(&request, "sign\n");
    append_proof(&request, history, old, size);
    append_head(&request, history, size);
    cu_signer_answer(state, cu_buffer_view(&request), &response);
    status = status_of(&response);
    if (status == CU_SIGNER_OK) {
        static cu_note note;

        append_head(&whole, history, size);
        cu_buffer_u8(&whole, '\n');
        cu_buffer_append(&whole, body_of(&response).p, body_of(&response).n);
        assert_int_equal(cu_note_parse(cu_buffer_view(&whole), &note, NULL), CU_OK);
        assert_int_equal(note.n, state->keys_n);
        for (size_t i = 0; i < state->keys_n; i++)
            assert_int_equal(cu_note_verify(&note, &state->keys[i].verifier, NULL, NULL),
                             CU_OK);
    }
    cu_buffer_free(&request);
    cu_buffer_free(&response);
    cu_buffer_free(&whole);
    return status;
}

/* ---- the signer ---- */

static cu_signer_state state;
static cu_witness_state witness;

static void begin(const char *path)
{
    assert_ok(cu_signer_begin(path, "log.example", &failure));
    assert_ok(cu_signer_load(path, &state, &failure));
}

static void signs_one_history_only(void **unused)
{
    const char *const path = fresh();

    (void)unused;
    begin(path);
    assert_int_equal(ask(&state, 0, 0, 5), 200);
    assert_int_equal(ask(&state, 0, 5, 20), 200);
    assert_int_equal(ask(&state, 0, 20, 20), 200); /* the same again is no other history */
    assert_int_equal(ask(&state, 0, 20, 15), 409); /* rollback */
    assert_int_equal(ask(&state, 0, 5, 20), 409);
    assert_int_equal(ask(&state, 0, 0, 30), 409);
    assert_int_equal(ask(&state, 1, 20, 20), 422); /* fork of the same size */
    assert_int_equal(ask(&state, 1, 20, 30), 422); /* fork that goes on */
    assert_int_equal(ask(&state, 0, 20, 30), 200);
    /* And after another start. */
    assert_ok(cu_signer_load(path, &state, &failure));
    assert_int_equal(state.size, 30);
    assert_int_equal(ask(&state, 1, 30, 31), 422);
    assert_int_equal(ask(&state, 0, 30, 31), 200);
    assert_int_equal(cu_signer_begin(path, "log.example", &failure), CU_EEXISTS);
}

static unsigned say(cu_signer_state *to, const char *text, cu_buffer *response)
{
    response->n = 0;
    cu_signer_answer(to, text_of(text), response);
    return status_of(response);
}

static void refuses_what_is_no_request(void **unused)
{
    static const char *const bad[] = {"",
                                      "sign",
                                      "sign\n",
                                      "sign\nold 0\n",
                                      "sign\nold 00\n\nlog.example\n0\n",
                                      "SIGN\n",
                                      "sign\nold 0\n\nlog.example\n1\nAAAA\n",
                                      "sign\nold 0\nAA==\n\n",
                                      "gap\nold 1\n\n"};
    cu_buffer response = {0};

    (void)unused;
    begin(fresh());
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_int_equal(say(&state, bad[i], &response), 400);
    assert_int_equal(say(&state,
                         "sign\nold 0\n\nother.example\n0\n"
                         "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
                         &response),
                     404);
    assert_int_equal(state.size, 0);
    cu_buffer_free(&response);
}

static void hands_over_from_key_to_key(void **unused)
{
    const char *const path = fresh();
    cu_buffer response = {0};
    cu_verifier first;

    (void)unused;
    begin(path);
    first = state.keys[0].verifier;
    assert_int_equal(say(&state, "retire\n", &response), 409);
    assert_int_equal(say(&state, "rotate\n", &response), 200);
    assert_int_equal(say(&state, "rotate\n", &response), 409);
    assert_int_equal(state.keys_n, 2);
    assert_int_equal(ask(&state, 0, 0, 3), 200); /* both sign */
    assert_int_equal(say(&state, "retire\n", &response), 200);
    assert_int_equal(ask(&state, 0, 3, 4), 200);
    assert_memory_not_equal(state.keys[0].verifier.public_key, first.public_key, 32);
    assert_ok(cu_signer_load(path, &state, &failure));
    assert_int_equal(state.keys_n, 1);
    cu_buffer_free(&response);
}

/* ---- after a restore ---- */

static void append_gap(cu_buffer *out, uint64_t seq, uint64_t lost_size, const cu_hash *root)
{
    cu_buffer base64 = {0};

    cu_base64_append(&base64, (cu_bytes){root->b, 32});
    cu_buffer_format(out,
                     "custos-entry/1\nseq %d\ntime 2026-11-23T21:14:07.000000Z\nactor a\n"
                     "action log.gap\nd.lost-root %.*s\nd.lost-size %d\n",
                     (int)seq, (int)base64.n, (const char *)base64.p, (int)lost_size);
    cu_buffer_free(&base64);
}

static unsigned ask_after_gap(uint64_t seq, const cu_buffer *entry)
{
    cu_buffer request = {0};
    cu_buffer response = {0};
    cu_checkpoint head = {.origin = text_of("log.example"), .size = seq + 1};
    cu_proof proof;
    unsigned status;

    assert_ok(cu_tlog_root(seq + 1, subtree, leaves[1], &head.root, &failure));
    assert_ok(cu_proof_inclusion(seq, seq + 1, subtree, leaves[1], &proof, &failure));
    cu_buffer_format(&request, "gap\nold %d\n", (int)seq);
    for (size_t i = 0; i < proof.n; i++) {
        cu_base64_append(&request, (cu_bytes){proof.path[i].b, 32});
        cu_buffer_u8(&request, '\n');
    }
    cu_buffer_format(&request, "\nentry %zu\n%.*s", entry->n, (int)entry->n,
                     (const char *)entry->p);
    cu_checkpoint_append(&request, &head);
    cu_signer_answer(&state, cu_buffer_view(&request), &response);
    status = status_of(&response);
    cu_buffer_free(&request);
    cu_buffer_free(&response);
    return status;
}

static void goes_on_after_a_gap_that_is_logged_and_allowed(void **unused)
{
    const cu_hash kept = leaves[1][12];
    char allowed[sizeof state.path + 16];
    cu_buffer entry = {0};
    cu_buffer wrong = {0};
    int fd;

    (void)unused;
    begin(fresh());
    assert_int_equal(ask(&state, 0, 0, 30), 200);
    (void)snprintf(allowed, sizeof allowed, "%s.allow-gap", state.path);
    append_gap(&wrong, 12, 29, &state.root);
    cu_tlog_leaf(cu_buffer_view(&wrong), &leaves[1][12]);
    assert_int_equal(ask_after_gap(12, &wrong), 422); /* it names another head than the last */
    append_gap(&entry, 12, 30, &state.root);
    assert_int_equal(ask_after_gap(12, &entry), 422); /* it is not in that tree */
    cu_tlog_leaf(cu_buffer_view(&entry), &leaves[1][12]);
    assert_int_equal(ask_after_gap(12, &entry), 403); /* nobody allows it */
    fd = open(allowed, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(ask_after_gap(12, &entry), 200);
    assert_int_equal(access(allowed, F_OK), -1); /* once */
    assert_int_equal(state.size, 13);
    assert_int_equal(ask(&state, 1, 13, 14), 200);
    leaves[1][12] = kept;
    cu_buffer_free(&entry);
    cu_buffer_free(&wrong);
}

/* ---- the state file ---- */

/* Neither kind takes a state with any byte changed, nor leaves a part of it in memory. */
static void refuse_each_change(const char *path)
{
    cu_buffer bytes = {0};
    struct stat facts;

    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_ok(cu_state_read(path, &bytes, &failure));
    for (size_t i = 0; i < bytes.n; i++) {
        FILE *const file = fopen(path, "wb");

        assert_non_null(file);
        bytes.p[i] ^= 1;
        assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
        assert_int_equal(fclose(file), 0);
        bytes.p[i] ^= 1;
        assert_int_equal(cu_signer_load(path, &state, &failure), CU_EFORMAT);
        assert_int_equal(state.keys_n, 0);
        assert_int_equal(cu_witness_load(path, &witness, &failure), CU_EFORMAT);
        assert_string_equal(witness.key.verifier.name, "");
    }
    cu_buffer_free(&bytes);
}

static void refuses_a_state_that_was_changed(void **unused)
{
    const char *const path = fresh();

    (void)unused;
    begin(path);
    assert_int_equal(cu_witness_load(path, &witness, &failure), CU_EFORMAT); /* another's */
    refuse_each_change(path);
}

static void refuses_a_witness_state_that_was_changed(void **unused)
{
    const char *const path = fresh();

    (void)unused;
    assert_ok(cu_witness_begin(path, "witness.example", &failure));
    assert_int_equal(cu_witness_begin(path, "witness.example", &failure), CU_EEXISTS);
    assert_int_equal(cu_signer_load(path, &state, &failure), CU_EFORMAT);
    refuse_each_change(path);
}

static void signs_nothing_more_where_it_cannot_write(void **unused)
{
    char path[256];

    (void)unused;
    (void)snprintf(path, sizeof path, "%s/gone", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)snprintf(path, sizeof path, "%s/gone/state", folder);
    begin(path);
    assert_int_equal(ask(&state, 0, 0, 5), 200);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/gone", folder);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(ask(&state, 0, 5, 6), 500);
    assert_true(state.failed);
    assert_int_equal(ask(&state, 0, 5, 5), 500);
}

/* ---- the witness ---- */

static cu_signer log_key;

static unsigned submit(unsigned history, uint64_t old, uint64_t size, const cu_signer *key)
{
    cu_buffer head = {0};
    cu_buffer request = {0};
    cu_buffer response = {0};
    unsigned status;

    cu_buffer_format(&request, "add-checkpoint\n");
    append_proof(&request, history, old, size);
    append_head(&head, history, size);
    cu_buffer_append(&request, head.p, head.n);
    cu_buffer_u8(&request, '\n');
    assert_ok(cu_note_sign(cu_buffer_view(&head), key, 0, &request, &failure));
    cu_witness_answer(&witness, cu_buffer_view(&request), &response);
    status = status_of(&response);
    if (status == 200) {
        static cu_note note;
        uint64_t time = 0;

        cu_buffer_u8(&head, '\n');
        cu_buffer_append(&head, body_of(&response).p, body_of(&response).n);
        assert_ok(cu_note_parse(cu_buffer_view(&head), &note, &failure));
        assert_ok(cu_note_verify(&note, &witness.key.verifier, &time, &failure));
        assert_true(time > 1700000000);
    }
    if (status == 409)
        assert_int_equal(strtoull((const char *)body_of(&response).p, NULL, 10),
                         witness.logs[0].size);
    cu_buffer_free(&head);
    cu_buffer_free(&request);
    cu_buffer_free(&response);
    return status;
}

static void trust(const cu_signer *key)
{
    cu_buffer vkey = {0};

    cu_verifier_append(&vkey, &key->verifier);
    assert_ok(cu_witness_trust(&witness, cu_buffer_view(&vkey), &failure));
    cu_buffer_free(&vkey);
}

static void cosigns_as_the_protocol_says(void **unused)
{
    const char *const path = fresh();
    cu_signer stranger;

    (void)unused;
    assert_ok(cu_signer_new("log.example", CU_KEY_ED25519, &log_key, &failure));
    assert_ok(cu_signer_new("log.example", CU_KEY_ED25519, &stranger, &failure));
    assert_ok(cu_witness_begin(path, "witness.example", &failure));
    assert_ok(cu_witness_load(path, &witness, &failure));
    assert_int_equal(submit(0, 0, 5, &log_key), 404); /* an unknown log */
    trust(&log_key);
    assert_int_equal(submit(0, 0, 5, &stranger), 403);
    assert_int_equal(submit(0, 3, 5, &log_key), 409);
    assert_int_equal(submit(0, 0, 0, &log_key), 200);
    assert_int_equal(submit(0, 0, 5, &log_key), 200);
    assert_int_equal(submit(0, 0, 5, &log_key), 409);
    assert_int_equal(submit(0, 5, 4, &log_key), 400); /* old above the head's size */
    assert_int_equal(submit(0, 5, 20, &log_key), 200);
    assert_int_equal(submit(0, 20, 20, &log_key), 200);
    assert_int_equal(submit(1, 20, 20, &log_key), 422);
    assert_int_equal(submit(1, 20, 30, &log_key), 422);
    assert_ok(cu_witness_load(path, &witness, &failure));
    assert_int_equal(witness.logs[0].size, 20);
    assert_int_equal(submit(0, 19, 30, &log_key), 409);
    assert_int_equal(submit(0, 20, 30, &log_key), 200);
    assert_int_equal(cu_witness_forget(&witness, "other.example", &failure), CU_ENOTFOUND);
    assert_ok(cu_witness_forget(&witness, "log.example", &failure));
    assert_int_equal(submit(1, 0, 12, &log_key), 200);
    trust(&stranger);
    assert_int_equal(submit(1, 12, 13, &stranger), 200);
}

/* ---- over a socket ---- */

static bool serve(void *context, cu_bytes request, cu_buffer *response)
{
    cu_signer_answer(context, request, response);
    return true;
}

static void answers_over_a_socket_of_its_own(void **unused)
{
    char path[256];
    cu_buffer body = {0};
    unsigned status = 0;
    struct stat facts;
    pid_t child;
    int code = 0;

    (void)unused;
    begin(fresh());
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    assert_int_equal(cu_signer_ask(path, text_of("state\n"), &status, &body, &failure), CU_EIO);
    child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(cu_signer_serve(path, false, serve, &state, NULL) == CU_OK ? 0 : 1);
    /* The name is there a moment before anybody listens behind it. */
    for (int i = 0; i < 500; i++) {
        body.n = 0;
        if (cu_signer_ask(path, text_of("state\n"), &status, &body, &failure) == CU_OK)
            break;
        (void)usleep(20000);
    }
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    for (int i = 0; i < 3; i++) {
        body.n = 0;
        assert_ok(cu_signer_ask(path, text_of("state\n"), &status, &body, &failure));
        assert_int_equal(status, 200);
        assert_true(cu_bytes_starts(cu_buffer_view(&body), "origin log.example\nsize 0\n", 26));
    }
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &code, 0), child);
    assert_true(WIFEXITED(code) && WEXITSTATUS(code) == 0);
    cu_buffer_free(&body);
}

static int remove_folder(void **unused)
{
    char command[64];

    (void)unused;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_one_history_only),
        cmocka_unit_test(refuses_what_is_no_request),
        cmocka_unit_test(hands_over_from_key_to_key),
        cmocka_unit_test(goes_on_after_a_gap_that_is_logged_and_allowed),
        cmocka_unit_test(refuses_a_state_that_was_changed),
        cmocka_unit_test(refuses_a_witness_state_that_was_changed),
        cmocka_unit_test(signs_nothing_more_where_it_cannot_write),
        cmocka_unit_test(cosigns_as_the_protocol_says),
        cmocka_unit_test(answers_over_a_socket_of_its_own),
    };

    if (mkdtemp(folder) == NULL)
        return 1;
    for (uint64_t i = 0; i < LEAVES; i++) {
        const uint8_t byte = (uint8_t)i;
        const uint8_t other[2] = {(uint8_t)i, 1};

        cu_tlog_leaf((cu_bytes){&byte, 1}, &leaves[0][i]);
        cu_tlog_leaf(i < 10 ? (cu_bytes){&byte, 1} : (cu_bytes){other, 2}, &leaves[1][i]);
    }
    return cmocka_run_group_tests(tests, NULL, remove_folder);
}
