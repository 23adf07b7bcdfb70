/* SPDX-License-Identifier: Apache-2.0 */
/* The log's own signer: one history, ever. */
#include "signer/protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the state ---- */

static void append_state(const void *self, cu_buffer *text)
{
    const cu_signer_state *const state = self;

    cu_buffer_format(text, "origin %s\nsize %" PRIu64 "\nroot ", state->origin, state->size);
    cu_base64_append(text, (cu_bytes){state->root.b, sizeof state->root.b});
    cu_buffer_format(text, "\nkeys %zu\n", state->keys_n);
    for (size_t i = 0; i < state->keys_n; i++) {
        cu_signer_append(text, &state->keys[i]);
        cu_buffer_u8(text, '\n');
    }
}

static bool parse_state(void *self, cu_bytes rest)
{
    cu_signer_state *const out = self;
    cu_bytes line = {0};
    cu_bytes origin = {0};
    cu_bytes root = {0};
    uint64_t keys = 0;

    if (!cu_line_take_word(&rest, "origin", &origin) || origin.n > CU_NOTE_NAME_BYTES ||
        !cu_line_take_number(&rest, "size", &out->size) ||
        !cu_line_take_word(&rest, "root", &root) ||
        !cu_base64_decode(root, out->root.b, sizeof out->root.b) ||
        !cu_line_take_number(&rest, "keys", &keys) || keys < 1 || keys > CU_SIGNER_KEYS)
        return false;
    memcpy(out->origin, origin.p, origin.n);
    out->origin[origin.n] = '\0';
    for (out->keys_n = 0; out->keys_n < keys; out->keys_n++) {
        if (!cu_line_take(&rest, &line) ||
            cu_signer_parse(line, &out->keys[out->keys_n], NULL) != CU_OK)
            return false;
    }
    return rest.n == 0;
}

static const cu_state_kind kind = {.magic = "custos-signer-state/1",
                                   .what = "signer",
                                   .parse = parse_state,
                                   .append = append_state};

static cu_status save(const cu_signer_state *state, cu_err *err)
{
    return cu_state_save(&kind, state->path, state, err);
}

cu_status cu_signer_load(const char *path, cu_signer_state *out, cu_err *err)
{
    *out = (cu_signer_state){0};

    const cu_status st = cu_state_load(&kind, path, out->path, out, err);

    if (st != CU_OK)
        cu_signer_wipe(out);
    return st;
}

cu_status cu_signer_begin(const char *path, const char *origin, cu_err *err)
{
    cu_signer_state *const state = calloc(1, sizeof *state);
    cu_status st = CU_OK;

    if (state == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = cu_state_begin(path, state->path, err);
    if (st == CU_OK && snprintf(state->origin, sizeof state->origin, "%s", origin) >=
                           (int)sizeof state->origin)
        st = cu_fail(err, CU_EUSAGE, "the name of the log is too long");
    if (st == CU_OK)
        st = cu_signer_new(origin, CU_KEY_ED25519, &state->keys[0], err);
    cu_tlog_sha256((cu_bytes){0}, &state->root);
    state->keys_n = 1;
    if (st == CU_OK)
        st = save(state, err);
    cu_signer_wipe(state);
    free(state);
    return st;
}

void cu_signer_wipe(cu_signer_state *state)
{
    explicit_bzero(state, sizeof *state);
}

/* ---- signing ---- */

/* Whether the file is the old one or the new one is not known: nothing is signed any more, and
 * who starts next reads the file, which is one of the two. */
static void give_up(cu_signer_state *state, const cu_err *err, cu_buffer *response)
{
    state->failed = true;
    cu_respond_why(response, CU_SIGNER_FAILED, err);
}

/* Signs with every key, and answers only when the state is durable. Signatures are made first:
 * a failure after the state is written would leave it ahead of anything signed, which is safe,
 * but the log could not go on without asking again. */
static void sign_and_keep(cu_signer_state *state, cu_bytes text, const cu_checkpoint *head,
                          cu_buffer *response)
{
    const uint64_t old_size = state->size;
    const cu_hash old_root = state->root;
    cu_err err = {0};
    cu_status st = CU_OK;

    cu_respond(response, CU_SIGNER_OK);
    for (size_t i = 0; st == CU_OK && i < state->keys_n; i++)
        st = cu_note_sign(text, &state->keys[i], 0, response, &err);
    if (st == CU_OK && (head->size != old_size || !cu_hash_equal(&head->root, &old_root))) {
        state->size = head->size;
        state->root = head->root;
        st = save(state, &err);
    }
    if (st != CU_OK)
        give_up(state, &err, response);
}

static bool take_head(const cu_signer_state *state, cu_bytes text, cu_checkpoint *out,
                      cu_buffer *response)
{
    cu_err err = {0};

    if (cu_checkpoint_parse(text, out, &err) != CU_OK) {
        cu_respond_why(response, CU_SIGNER_BAD_REQUEST, &err);
        return false;
    }
    if (!cu_bytes_are(out->origin, state->origin)) {
        cu_respond(response, CU_SIGNER_NOT_FOUND);
        return false;
    }
    return true;
}

static void answer_sign(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_signer_state *const state = self;
    cu_checkpoint head;
    cu_proof proof;
    uint64_t old = 0;
    cu_err err = {0};

    if (!cu_take_old_and_proof(&rest, &old, &proof)) {
        cu_respond(response, CU_SIGNER_BAD_REQUEST);
        return;
    }
    if (!take_head(state, rest, &head, response))
        return;
    if (old != state->size || head.size < state->size) {
        cu_respond(response, CU_SIGNER_CONFLICT);
        cu_buffer_format(response, "%" PRIu64 "\n", state->size);
        return;
    }
    if (cu_proof_check_consistency(old, head.size, &state->root, &head.root, &proof, &err) !=
        CU_OK) {
        cu_respond_why(response, CU_SIGNER_UNPROCESSABLE, &err);
        return;
    }
    sign_and_keep(state, rest, &head, response);
}

static void answer_state(void *self, cu_bytes rest, cu_buffer *response)
{
    const cu_signer_state *const state = self;

    (void)rest;
    cu_respond(response, CU_SIGNER_OK);
    cu_buffer_format(response, "origin %s\nsize %" PRIu64 "\nroot ", state->origin,
                     state->size);
    cu_base64_append(response, (cu_bytes){state->root.b, sizeof state->root.b});
    cu_buffer_u8(response, '\n');
    for (size_t i = 0; i < state->keys_n; i++) {
        cu_buffer_format(response, "vkey ");
        cu_verifier_append(response, &state->keys[i].verifier);
        cu_buffer_u8(response, '\n');
    }
}

/* ---- keys ---- */

static void answer_rotate(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_signer_state *const state = self;
    cu_err err = {0};
    cu_status st;

    (void)rest;
    if (state->keys_n == CU_SIGNER_KEYS) {
        cu_respond(response, CU_SIGNER_CONFLICT);
        return;
    }
    st = cu_signer_new(state->origin, CU_KEY_ED25519, &state->keys[state->keys_n], &err);
    if (st == CU_OK) {
        state->keys_n++;
        st = save(state, &err);
    }
    if (st != CU_OK) {
        give_up(state, &err, response);
        return;
    }
    cu_respond(response, CU_SIGNER_OK);
    cu_verifier_append(response, &state->keys[state->keys_n - 1].verifier);
    cu_buffer_u8(response, '\n');
}

static void answer_retire(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_signer_state *const state = self;
    const cu_verifier old = state->keys[0].verifier;
    cu_err err = {0};

    (void)rest;
    if (state->keys_n < 2) {
        cu_respond(response, CU_SIGNER_CONFLICT);
        return;
    }
    state->keys[0] = state->keys[1];
    explicit_bzero(&state->keys[1], sizeof state->keys[1]);
    state->keys_n = 1;
    if (save(state, &err) != CU_OK) {
        give_up(state, &err, response);
        return;
    }
    cu_respond(response, CU_SIGNER_OK);
    cu_verifier_append(response, &old);
    cu_buffer_u8(response, '\n');
}

/* ---- after a restore ---- */

/* Whether the entry says that the last signed head is lost. */
static bool names_last_head(const cu_signer_state *state, cu_bytes bytes, cu_tlog_entry *entry)
{
    cu_buffer root = {0};
    uint64_t size = 0;
    bool named = false;

    if (cu_tlog_entry_parse(bytes, entry, NULL) != CU_OK ||
        !cu_bytes_are(entry->action, "log.gap"))
        return false;
    cu_base64_append(&root, (cu_bytes){state->root.b, sizeof state->root.b});
    named = !root.bad && cu_decimal_decode(cu_tlog_entry_find(entry, "d.lost-size"), &size) &&
            size == state->size &&
            cu_bytes_equal(cu_tlog_entry_find(entry, "d.lost-root"), cu_buffer_view(&root));
    cu_buffer_free(&root);
    return named;
}

/* "old SEQ" and the proof are of the entry; "entry N" and its bytes come before the head. */
static void answer_gap(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_signer_state *const state = self;
    char allowed[sizeof state->path + 16];
    cu_checkpoint head;
    cu_proof proof;
    cu_tlog_entry entry;
    cu_bytes bytes;
    cu_hash leaf;
    uint64_t seq = 0;
    uint64_t n = 0;
    cu_err err = {0};

    if (!cu_take_old_and_proof(&rest, &seq, &proof) ||
        !cu_line_take_number(&rest, "entry", &n) || n > CU_ENTRY_BYTES || n > rest.n) {
        cu_respond(response, CU_SIGNER_BAD_REQUEST);
        return;
    }
    bytes = cu_bytes_slice(rest, 0, (size_t)n);
    rest = cu_bytes_slice(rest, (size_t)n, rest.n);
    if (!take_head(state, rest, &head, response))
        return;
    cu_tlog_leaf(bytes, &leaf);
    if (!names_last_head(state, bytes, &entry) || entry.seq != seq ||
        cu_proof_check_inclusion(seq, head.size, &leaf, &proof, &head.root, &err) != CU_OK) {
        cu_respond(response, CU_SIGNER_UNPROCESSABLE);
        return;
    }
    (void)snprintf(allowed, sizeof allowed, "%s.allow-gap", state->path);
    if (unlink(allowed) != 0) {
        cu_respond(response, CU_SIGNER_FORBIDDEN);
        return;
    }
    sign_and_keep(state, rest, &head, response);
}

static const cu_verb verbs[] = {
    {"sign", answer_sign},     {"state", answer_state}, {"rotate", answer_rotate},
    {"retire", answer_retire}, {"gap", answer_gap},
};

void cu_signer_answer(cu_signer_state *state, cu_bytes request, cu_buffer *response)
{
    cu_answer_by_verb(verbs, CU_COUNT_OF(verbs), state->failed, state, request, response);
}
