/* SPDX-License-Identifier: Apache-2.0 */
/* A witness: it remembers the last head of each log it knows, and cosigns what extends it. */
#include "base/clock.h"
#include "signer/protocol.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the state ---- */

static void append_log(cu_buffer *text, const cu_witness_log *log)
{
    cu_buffer_format(text, "log %zu\n", log->keys_n);
    for (size_t i = 0; i < log->keys_n; i++) {
        cu_buffer_format(text, "vkey ");
        cu_verifier_append(text, &log->keys[i]);
        cu_buffer_u8(text, '\n');
    }
    cu_buffer_format(text, "seen %d\nsize %" PRIu64 "\nroot ", log->seen ? 1 : 0, log->size);
    cu_base64_append(text, (cu_bytes){log->root.b, sizeof log->root.b});
    cu_buffer_u8(text, '\n');
}

static void append_state(const void *self, cu_buffer *text)
{
    const cu_witness_state *const state = self;

    cu_signer_append(text, &state->key);
    cu_buffer_format(text, "\nlogs %zu\n", state->n);
    for (size_t i = 0; i < state->n; i++)
        append_log(text, &state->logs[i]);
}

static bool take_log(cu_bytes *rest, cu_witness_log *out)
{
    cu_bytes value = {0};
    uint64_t keys = 0;
    uint64_t seen = 0;

    if (!cu_line_take_number(rest, "log", &keys) || keys < 1 || keys > CU_SIGNER_KEYS)
        return false;
    for (out->keys_n = 0; out->keys_n < keys; out->keys_n++) {
        if (!cu_line_take_word(rest, "vkey", &value) ||
            cu_verifier_parse(value, &out->keys[out->keys_n], NULL) != CU_OK)
            return false;
    }
    if (!cu_line_take_number(rest, "seen", &seen) || seen > 1 ||
        !cu_line_take_number(rest, "size", &out->size) ||
        !cu_line_take_word(rest, "root", &value) ||
        !cu_base64_decode(value, out->root.b, sizeof out->root.b))
        return false;
    out->seen = seen == 1;
    return true;
}

static bool parse_state(void *self, cu_bytes rest)
{
    cu_witness_state *const out = self;
    cu_bytes line = {0};
    uint64_t logs = 0;

    if (!cu_line_take(&rest, &line) || cu_signer_parse(line, &out->key, NULL) != CU_OK ||
        !cu_line_take_number(&rest, "logs", &logs) || logs > CU_WITNESS_LOGS)
        return false;
    for (out->n = 0; out->n < logs; out->n++) {
        if (!take_log(&rest, &out->logs[out->n]))
            return false;
    }
    return rest.n == 0;
}

static const cu_state_kind kind = {.magic = "custos-witness-state/1",
                                   .what = "witness",
                                   .parse = parse_state,
                                   .append = append_state};

static cu_status save(const cu_witness_state *state, cu_err *err)
{
    return cu_state_save(&kind, state->path, state, err);
}

cu_status cu_witness_load(const char *path, cu_witness_state *out, cu_err *err)
{
    *out = (cu_witness_state){.now_us = out->now_us};

    const cu_status st = cu_state_load(&kind, path, out->path, out, err);

    if (st != CU_OK)
        cu_witness_wipe(out);
    return st;
}

cu_status cu_witness_begin(const char *path, const char *name, cu_err *err)
{
    cu_witness_state *const state = calloc(1, sizeof *state);
    cu_status st = CU_OK;

    if (state == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = cu_state_begin(path, state->path, err);
    if (st == CU_OK)
        st = cu_signer_new(name, CU_KEY_COSIGNATURE, &state->key, err);
    if (st == CU_OK)
        st = save(state, err);
    cu_witness_wipe(state);
    free(state);
    return st;
}

void cu_witness_wipe(cu_witness_state *state)
{
    explicit_bzero(state, sizeof *state);
}

static cu_witness_log *find(cu_witness_state *state, cu_bytes origin)
{
    for (size_t i = 0; i < state->n; i++) {
        if (cu_bytes_are(origin, state->logs[i].keys[0].name))
            return &state->logs[i];
    }
    return NULL;
}

cu_status cu_witness_trust(cu_witness_state *state, cu_bytes vkey, cu_err *err)
{
    cu_verifier key;
    cu_witness_log *log;
    cu_status st = cu_verifier_parse(vkey, &key, err);

    if (st != CU_OK)
        return st;
    if (key.type != CU_KEY_ED25519)
        return cu_fail(err, CU_EUSAGE, "that is no key of a log");
    log = find(state, (cu_bytes){(const uint8_t *)key.name, strlen(key.name)});
    if (log == NULL) {
        if (state->n == CU_WITNESS_LOGS)
            return cu_fail(err, CU_ELIMIT, "the witness has %d logs already", CU_WITNESS_LOGS);
        log = &state->logs[state->n++];
        *log = (cu_witness_log){0};
        cu_tlog_sha256((cu_bytes){0}, &log->root);
    } else if (log->keys_n == CU_SIGNER_KEYS) {
        /* The older key goes: a third is trusted only when the first is no longer used. */
        log->keys[0] = log->keys[1];
        log->keys_n = 1;
    }
    log->keys[log->keys_n++] = key;
    return save(state, err);
}

cu_status cu_witness_forget(cu_witness_state *state, const char *origin, cu_err *err)
{
    cu_witness_log *const log =
        find(state, (cu_bytes){(const uint8_t *)origin, strlen(origin)});

    if (log == NULL)
        return cu_fail(err, CU_ENOTFOUND, "the witness does not know log \"%s\"", origin);
    log->seen = false;
    log->size = 0;
    cu_tlog_sha256((cu_bytes){0}, &log->root);
    return save(state, err);
}

/* ---- add-checkpoint (C2SP tlog-witness) ---- */

/* 0: a trusted key has signed, and none badly. */
static unsigned check_signatures(const cu_witness_log *log, const cu_note *note)
{
    bool own = false;

    for (size_t i = 0; i < log->keys_n; i++) {
        const cu_status st = cu_note_verify(note, &log->keys[i], NULL, NULL);

        if (st != CU_OK && st != CU_ENOTFOUND)
            return CU_SIGNER_FORBIDDEN;
        own = own || st == CU_OK;
    }
    return own ? 0 : CU_SIGNER_FORBIDDEN;
}

/* What is wrong with a head whose signatures are good; 0: nothing. */
static unsigned check_head(const cu_witness_log *log, uint64_t old, const cu_proof *proof,
                           const cu_checkpoint *head)
{
    cu_hash nothing;

    cu_tlog_sha256((cu_bytes){0}, &nothing);
    if (old > head->size)
        return CU_SIGNER_BAD_REQUEST;
    if (old != log->size)
        return CU_SIGNER_CONFLICT;
    if (head->size == 0 && !cu_hash_equal(&head->root, &nothing))
        return CU_SIGNER_UNPROCESSABLE;
    if (cu_proof_check_consistency(old, head->size, &log->root, &head->root, proof, NULL) !=
        CU_OK)
        return CU_SIGNER_UNPROCESSABLE;
    return 0;
}

static void cosign(cu_witness_state *state, cu_witness_log *log, const cu_note *note,
                   const cu_checkpoint *head, cu_buffer *response)
{
    const int64_t now_us = state->now_us == NULL ? cu_clock_now_us() : state->now_us();
    cu_err err = {0};
    cu_status st;

    cu_respond(response, CU_SIGNER_OK);
    st = cu_note_sign(note->text, &state->key, (uint64_t)now_us / 1000000, response, &err);
    if (st == CU_OK && (!log->seen || log->size != head->size)) {
        log->seen = true;
        log->size = head->size;
        log->root = head->root;
        st = save(state, &err);
    }
    if (st != CU_OK) {
        state->failed = true;
        cu_respond_why(response, CU_SIGNER_FAILED, &err);
    }
}

static void answer_add(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_witness_state *const state = self;
    cu_note *const note = malloc(sizeof *note);
    cu_witness_log *log = NULL;
    cu_checkpoint head = {0};
    cu_proof proof;
    uint64_t old = 0;
    unsigned status = 0;

    if (note == NULL)
        status = CU_SIGNER_FAILED;
    else if (!cu_take_old_and_proof(&rest, &old, &proof) ||
             cu_note_parse(rest, note, NULL) != CU_OK ||
             cu_checkpoint_parse(note->text, &head, NULL) != CU_OK)
        status = CU_SIGNER_BAD_REQUEST;
    else if ((log = find(state, head.origin)) == NULL)
        status = CU_SIGNER_NOT_FOUND;
    if (status == 0 && log != NULL)
        status = check_signatures(log, note);
    if (status == 0 && log != NULL)
        status = check_head(log, old, &proof, &head);
    if (status == 0 && log != NULL)
        cosign(state, log, note, &head, response);
    else
        cu_respond(response, status);
    if (status == CU_SIGNER_CONFLICT && log != NULL)
        cu_buffer_format(response, "%" PRIu64 "\n", log->size);
    free(note);
}

static void answer_checkpoint(void *self, cu_bytes rest, cu_buffer *response)
{
    cu_witness_state *const state = self;
    cu_bytes origin = {0};
    const cu_witness_log *log = NULL;

    if (cu_line_take(&rest, &origin))
        log = find(state, origin);
    if (log == NULL || !log->seen) {
        cu_respond(response, CU_SIGNER_NOT_FOUND);
        return;
    }
    cu_respond(response, CU_SIGNER_OK);
    cu_buffer_format(response, "size %" PRIu64 "\nroot ", log->size);
    cu_base64_append(response, (cu_bytes){log->root.b, sizeof log->root.b});
    cu_buffer_u8(response, '\n');
}

static void answer_vkey(void *self, cu_bytes rest, cu_buffer *response)
{
    const cu_witness_state *const state = self;

    (void)rest;
    cu_respond(response, CU_SIGNER_OK);
    cu_verifier_append(response, &state->key.verifier);
    cu_buffer_u8(response, '\n');
}

static const cu_verb verbs[] = {
    {"add-checkpoint", answer_add}, {"checkpoint", answer_checkpoint}, {"vkey", answer_vkey}};

void cu_witness_answer(cu_witness_state *state, cu_bytes request, cu_buffer *response)
{
    cu_answer_by_verb(verbs, CU_COUNT_OF(verbs), state->failed, state, request, response);
}
