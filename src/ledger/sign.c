/* SPDX-License-Identifier: Apache-2.0 */
/* Asking the signer and the witnesses, which remember what the database may not. */
#include "ledger/log.h"
#include "signer/signer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- what they remember ---- */

/* What the signer says of itself. */
typedef struct signer_words {
    uint64_t size;
    cu_hash root;
    size_t n;
    cu_verifier keys[CU_SIGNER_KEYS];
} signer_words;

static bool parse_size_and_root(cu_bytes *rest, uint64_t *size, cu_hash *root)
{
    cu_bytes value = {0};

    return cu_line_take_number(rest, "size", size) && *size <= INT64_MAX &&
           cu_line_take_word(rest, "root", &value) &&
           cu_base64_decode(value, root->b, sizeof root->b);
}

static cu_status parse_signer(cu_bytes rest, const char *origin, signer_words *out, cu_err *err)
{
    cu_bytes value = {0};

    if (!cu_line_take_word(&rest, "origin", &value))
        return cu_fail(err, CU_EFORMAT, "the signer does not say what log it signs");
    if (!cu_bytes_equal(value, text_of(origin)))
        return cu_fail(err, CU_EUSAGE, "the signer signs log \"%.*s\", and this one is \"%s\"",
                       (int)value.n, (const char *)value.p, origin);
    if (!parse_size_and_root(&rest, &out->size, &out->root))
        return cu_fail(err, CU_EFORMAT, "the signer does not say what it signed last");
    for (out->n = 0; rest.n > 0 && out->n < CU_SIGNER_KEYS; out->n++) {
        if (!cu_line_take_word(&rest, "vkey", &value) ||
            cu_verifier_parse(value, &out->keys[out->n], err) != CU_OK)
            return cu_fail(err, CU_EFORMAT, "the signer does not say what its keys are");
    }
    return out->n > 0 ? CU_OK : cu_fail(err, CU_EFORMAT, "the signer has no key");
}

/* One request whose answer must be 200. */
static cu_status ask(const char *socket_path, const cu_buffer *request, cu_buffer *body,
                     cu_err *err)
{
    unsigned status = 0;
    cu_status st = cu_buffer_check(request, err);

    if (st == CU_OK)
        st = cu_signer_ask(socket_path, cu_buffer_view(request), &status, body, err);
    if (st == CU_OK && status != CU_SIGNER_OK)
        st = cu_fail(err, CU_EFORMAT, "\"%s\" refused with %u: %.*s", socket_path, status,
                     (int)strcspn(body->n == 0 ? "" : (const char *)body->p, "\n"),
                     body->n == 0 ? "" : (const char *)body->p);
    return st;
}

static cu_status ask_word(const char *socket_path, const char *word, cu_buffer *body,
                          cu_err *err)
{
    cu_buffer request = {0};
    cu_status st;

    cu_buffer_format(&request, "%s\n", word);
    st = ask(socket_path, &request, body, err);
    cu_buffer_free(&request);
    /* Whoever reads it as text finds its end. */
    cu_buffer_u8(body, '\0');
    body->n -= body->n > 0 && !body->bad ? 1 : 0;
    return st;
}

static cu_status ask_signer(cu_ledger *ledger, const char *socket_path, signer_words *out,
                            cu_err *err)
{
    cu_buffer body = {0};
    cu_status st = ask_word(socket_path, "state", &body, err);

    if (st == CU_OK)
        st = parse_signer(cu_buffer_view(&body), ledger->origin, out, err);
    cu_buffer_free(&body);
    return st;
}

cu_status cu_ledger_ask_signer(cu_ledger *ledger, const char *socket_path,
                               cu_ledger_memory *out, cu_err *err)
{
    signer_words words;
    const cu_status st = ask_signer(ledger, socket_path, &words, err);

    if (st == CU_OK)
        *out = (cu_ledger_memory){"the signer", words.size, words.root};
    return st;
}

cu_status cu_ledger_ask_witness(cu_ledger *ledger, const char *socket_path,
                                cu_ledger_memory *out, cu_err *err)
{
    cu_buffer request = {0};
    cu_buffer body = {0};
    cu_bytes rest = {0};
    unsigned status = 0;
    cu_status st;

    cu_buffer_format(&request, "checkpoint\n%s\n", ledger->origin);
    st = cu_buffer_check(&request, err);
    if (st == CU_OK)
        st = cu_signer_ask(socket_path, cu_buffer_view(&request), &status, &body, err);
    rest = cu_buffer_view(&body);
    out->who = "the witness";
    out->size = 0;
    if (st == CU_OK && status == CU_SIGNER_NOT_FOUND)
        st = cu_fail(err, CU_ENOTFOUND, "the witness has not seen this log");
    else if (st == CU_OK &&
             (status != CU_SIGNER_OK || !parse_size_and_root(&rest, &out->size, &out->root)))
        st = cu_fail(err, CU_EFORMAT, "the witness does not say what it cosigned last");
    cu_buffer_free(&request);
    cu_buffer_free(&body);
    return st;
}

/* ---- requests ---- */

static void append_proof(cu_buffer *out, uint64_t old, const cu_proof *proof)
{
    cu_buffer_format(out, "old %" PRIu64 "\n", old);
    for (size_t i = 0; i < proof->n; i++) {
        cu_base64_append(out, (cu_bytes){proof->path[i].b, sizeof proof->path[i].b});
        cu_buffer_u8(out, '\n');
    }
    cu_buffer_u8(out, '\n');
}

/* The head's text, an empty line, and the signature lines of an answer: kept as a note. */
static cu_status keep_signed(cu_ledger *ledger, cu_bytes text, const cu_buffer *signatures,
                             cu_err *err)
{
    cu_buffer note = {0};
    cu_status st;

    cu_buffer_append(&note, text.p, text.n);
    cu_buffer_u8(&note, '\n');
    cu_buffer_append(&note, signatures->p, signatures->n);
    st = cu_buffer_check(&note, err);
    if (st == CU_OK)
        st = cu_ledger_keep_checkpoint(ledger, cu_buffer_view(&note), err);
    cu_buffer_free(&note);
    return st;
}

/* A head that is signed already and has cosignatures keeps them. */
static bool is_signed_already(cu_ledger *ledger, const signer_words *words,
                              const cu_checkpoint *head)
{
    cu_note *const note = malloc(sizeof *note);
    cu_buffer bytes = {0};
    cu_checkpoint last = {0};
    bool same = note != NULL && cu_ledger_checkpoint(ledger, &bytes, NULL) == CU_OK &&
                cu_note_parse(cu_buffer_view(&bytes), note, NULL) == CU_OK &&
                cu_checkpoint_parse(note->text, &last, NULL) == CU_OK &&
                last.size == head->size && cu_hash_equal(&last.root, &head->root);

    for (size_t i = 0; same && i < words->n; i++)
        same = cu_note_verify(note, &words->keys[i], NULL, NULL) == CU_OK;
    cu_buffer_free(&bytes);
    free(note);
    return same;
}

static cu_status sign_head(cu_ledger *ledger, const char *socket_path,
                           const signer_words *words, cu_err *err)
{
    cu_buffer request = {0};
    cu_buffer text = {0};
    cu_buffer body = {0};
    cu_checkpoint head;
    cu_proof proof = {0};
    cu_status st = cu_ledger_head(ledger, &head, err);

    if (st == CU_OK && words->size > head.size)
        st = cu_fail(err, CU_EFORMAT,
                     "the signer has signed %" PRIu64 " entries, and the log has %" PRIu64
                     ": an older copy was put in its place",
                     words->size, head.size);
    if (st == CU_OK && is_signed_already(ledger, words, &head))
        return CU_OK;
    if (st == CU_OK)
        st = cu_ledger_prove_consistency(ledger, words->size, head.size, &proof, err);
    if (st == CU_OK) {
        cu_checkpoint_append(&text, &head);
        cu_buffer_format(&request, "sign\n");
        append_proof(&request, words->size, &proof);
        cu_buffer_append(&request, text.p, text.n);
        st = ask(socket_path, &request, &body, err);
    }
    if (st == CU_OK)
        st = keep_signed(ledger, cu_buffer_view(&text), &body, err);
    cu_buffer_free(&request);
    cu_buffer_free(&text);
    cu_buffer_free(&body);
    return st;
}

/* ---- keys ---- */

static cu_status record_key(cu_ledger *ledger, const char *actor, const char *action,
                            const cu_verifier *key, cu_err *err)
{
    cu_buffer text = {0};
    cu_ledger_detail detail = {.name = "vkey"};
    const cu_ledger_event event = {
        .actor = actor, .action = action, .details = &detail, .details_n = 1};
    cu_status st;

    cu_verifier_append(&text, key);
    cu_buffer_u8(&text, '\0');
    st = cu_buffer_check(&text, err);
    detail.value = (const char *)text.p;
    if (st == CU_OK)
        st = cu_ledger_record(ledger, &event, NULL, err);
    cu_buffer_free(&text);
    return st;
}

static const cu_ledger_key *find_key(const cu_ledger_keys *keys, const cu_verifier *key)
{
    for (size_t i = 0; i < keys->n; i++) {
        if (memcmp(keys->list[i].verifier.public_key, key->public_key, 32) == 0 &&
            keys->list[i].verifier.type == key->type)
            return &keys->list[i];
    }
    return NULL;
}

/* Names in the log what keys the signer has; the first begins, a later one takes over. */
static cu_status name_keys(cu_ledger *ledger, const signer_words *words, const char *actor,
                           cu_err *err)
{
    cu_ledger_keys *const keys = malloc(sizeof *keys);
    bool first = true;
    cu_status st = keys == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_get_keys(ledger, keys, err);

    for (size_t i = 0; st == CU_OK && i < keys->n; i++)
        first = first && keys->list[i].verifier.type != CU_KEY_ED25519;
    for (size_t i = 0; st == CU_OK && i < words->n; i++) {
        const cu_ledger_key *const named = find_key(keys, &words->keys[i]);

        if (named == NULL)
            st = record_key(ledger, actor, first ? "key.begin" : "key.rotate", &words->keys[i],
                            err);
        else if (named->until != UINT64_MAX)
            st = cu_fail(err, CU_EFORMAT, "the signer signs with a key that the log has ended");
        first = false;
    }
    free(keys);
    return st;
}

cu_status cu_ledger_sign(cu_ledger *ledger, const char *socket_path, const char *actor,
                         cu_err *err)
{
    signer_words words;
    cu_status st = ask_signer(ledger, socket_path, &words, err);

    if (st == CU_OK)
        st = name_keys(ledger, &words, actor, err);
    if (st == CU_OK)
        st = sign_head(ledger, socket_path, &words, err);
    return st == CU_OK ? CU_OK : cu_while(err, st, "having the head signed");
}

cu_status cu_ledger_rotate(cu_ledger *ledger, const char *socket_path, const char *actor,
                           bool retire, cu_err *err)
{
    cu_buffer body = {0};
    cu_bytes line = {0};
    cu_bytes rest;
    cu_verifier key;
    cu_status st = cu_ledger_sign(ledger, socket_path, actor, err);

    if (st == CU_OK)
        st = ask_word(socket_path, retire ? "retire" : "rotate", &body, err);
    rest = cu_buffer_view(&body);
    if (st == CU_OK &&
        (!cu_line_take(&rest, &line) || cu_verifier_parse(line, &key, err) != CU_OK))
        st = cu_fail(err, CU_EFORMAT, "the signer does not name the key");
    if (st == CU_OK && retire)
        st = record_key(ledger, actor, "key.end", &key, err);
    cu_buffer_free(&body);
    return st == CU_OK ? cu_ledger_sign(ledger, socket_path, actor, err)
                       : cu_while(err, st, "changing the signer's key");
}

/* ---- after a restore ---- */

static cu_status record_gap(cu_ledger *ledger, const signer_words *words, const char *actor,
                            const char *reason, uint64_t *seq, cu_err *err)
{
    cu_buffer text = {0};
    size_t root_at;
    cu_status st;

    cu_buffer_format(&text, "%" PRIu64, words->size);
    cu_buffer_u8(&text, '\0');
    root_at = text.n;
    cu_base64_append(&text, (cu_bytes){words->root.b, sizeof words->root.b});
    cu_buffer_u8(&text, '\0');
    st = cu_buffer_check(&text, err);
    if (st == CU_OK) {
        const cu_ledger_detail details[] = {{"lost-size", (const char *)text.p},
                                            {"lost-root", (const char *)text.p + root_at}};
        const cu_ledger_event event = {.actor = actor,
                                       .action = "log.gap",
                                       .reason = reason,
                                       .details = details,
                                       .details_n = 2};

        st = cu_ledger_record(ledger, &event, seq, err);
    }
    cu_buffer_free(&text);
    return st;
}

/* The entry that names the lost head, with the proof that it is in the log as it is now. */
static cu_status sign_over_gap(cu_ledger *ledger, const char *socket_path, uint64_t seq,
                               cu_err *err)
{
    cu_buffer request = {0};
    cu_buffer entry = {0};
    cu_buffer text = {0};
    cu_buffer body = {0};
    cu_checkpoint head;
    cu_proof proof;
    cu_status st = cu_ledger_head(ledger, &head, err);

    if (st == CU_OK)
        st = cu_ledger_entry(ledger, seq, &entry, err);
    if (st == CU_OK)
        st = cu_ledger_prove_inclusion(ledger, seq, head.size, &proof, err);
    if (st == CU_OK) {
        cu_checkpoint_append(&text, &head);
        cu_buffer_format(&request, "gap\n");
        append_proof(&request, seq, &proof);
        cu_buffer_format(&request, "entry %zu\n", entry.n);
        cu_buffer_append(&request, entry.p, entry.n);
        cu_buffer_append(&request, text.p, text.n);
        st = ask(socket_path, &request, &body, err);
    }
    if (st == CU_OK)
        st = keep_signed(ledger, cu_buffer_view(&text), &body, err);
    cu_buffer_free(&request);
    cu_buffer_free(&entry);
    cu_buffer_free(&text);
    cu_buffer_free(&body);
    return st;
}

cu_status cu_ledger_recover(cu_ledger *ledger, const char *socket_path, const char *actor,
                            const char *reason, uint64_t *seq, cu_err *err)
{
    signer_words words;
    cu_checkpoint head;
    cu_hash root = {{0}};
    cu_status st = ask_signer(ledger, socket_path, &words, err);

    if (st == CU_OK)
        st = cu_ledger_head(ledger, &head, err);
    if (st == CU_OK && words.size <= head.size) {
        st = cu_ledger_root_at(ledger, words.size, &root, err);
        if (st == CU_OK && cu_hash_equal(&root, &words.root))
            return cu_fail(err, CU_EUSAGE, "nothing is lost: the log has all that was signed");
    }
    /* The copy may be from before the keys were named; what they sign is to be believed. */
    if (st == CU_OK)
        st = name_keys(ledger, &words, actor, err);
    if (st == CU_OK)
        st = record_gap(ledger, &words, actor, reason, seq, err);
    return st == CU_OK ? sign_over_gap(ledger, socket_path, *seq, err)
                       : cu_while(err, st, "recovering the log");
}

/* ---- witnesses ---- */

static cu_status ask_vkey(const char *socket_path, cu_verifier *out, cu_err *err)
{
    cu_buffer body = {0};
    cu_bytes line = {0};
    cu_bytes rest;
    cu_status st = ask_word(socket_path, "vkey", &body, err);

    rest = cu_buffer_view(&body);
    if (st == CU_OK &&
        (!cu_line_take(&rest, &line) || cu_verifier_parse(line, out, err) != CU_OK))
        st = cu_fail(err, CU_EFORMAT, "the witness does not name its key");
    cu_buffer_free(&body);
    return st;
}

static cu_status name_witness(cu_ledger *ledger, const cu_verifier *key, const char *actor,
                              cu_err *err)
{
    cu_ledger_keys *const keys = malloc(sizeof *keys);
    cu_status st = keys == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_get_keys(ledger, keys, err);

    if (st == CU_OK && find_key(keys, key) == NULL)
        st = record_key(ledger, actor, "witness.add", key, err);
    free(keys);
    return st;
}

/* A head that does not have the entry that names the witness in it has no use for its word. */
static cu_status check_named_in(cu_ledger *ledger, const cu_verifier *key, uint64_t size,
                                cu_err *err)
{
    cu_ledger_keys *const keys = malloc(sizeof *keys);
    cu_status st = keys == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_get_keys(ledger, keys, err);
    const cu_ledger_key *const named = st == CU_OK ? find_key(keys, key) : NULL;

    if (st == CU_OK && (named == NULL || size <= named->since))
        st =
            cu_fail(err, CU_EUSAGE,
                    "the witness is new, and the signed head is from before it was named: have "
                    "the head signed first, or give --signer, too");
    free(keys);
    return st;
}

/* Submits the signed head with a proof from old; its cosignature is appended to the note. */
static cu_status submit(cu_ledger *ledger, const char *socket_path, uint64_t old, uint64_t size,
                        cu_buffer *note, cu_err *err)
{
    cu_buffer cosigned = {0};
    cu_buffer request = {0};
    cu_proof proof = {0};
    cu_status st = old > size ? cu_fail(err, CU_EFORMAT,
                                        "the witness has seen %" PRIu64
                                        " entries, and the log has %" PRIu64
                                        ": an older copy was put in its place",
                                        old, size)
                              : cu_ledger_prove_consistency(ledger, old, size, &proof, err);

    if (st == CU_OK) {
        cu_buffer_format(&request, "add-checkpoint\n");
        append_proof(&request, old, &proof);
        cu_buffer_append(&request, note->p, note->n);
        st = ask(socket_path, &request, &cosigned, err);
    }
    if (st == CU_OK) {
        cu_buffer_append(note, cosigned.p, cosigned.n);
        st = cu_buffer_check(note, err);
    }
    cu_buffer_free(&request);
    cu_buffer_free(&cosigned);
    return st;
}

cu_status cu_ledger_witness(cu_ledger *ledger, const cu_ledger_parties *parties,
                            const char *actor, cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    cu_ledger_memory memory = {0};
    cu_buffer bytes = {0};
    cu_checkpoint head = {0};
    cu_verifier key;
    cu_status st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : ask_vkey(parties->witness, &key, err);

    if (st == CU_OK)
        st = name_witness(ledger, &key, actor, err);
    if (st == CU_OK && parties->signer != NULL)
        st = cu_ledger_sign(ledger, parties->signer, actor, err);
    if (st == CU_OK)
        st = cu_ledger_checkpoint(ledger, &bytes, err);
    if (st == CU_OK)
        st = cu_note_parse(cu_buffer_view(&bytes), note, err);
    if (st == CU_OK)
        st = cu_checkpoint_parse(note->text, &head, err);
    if (st == CU_OK)
        st = check_named_in(ledger, &key, head.size, err);
    if (st == CU_OK && cu_note_verify(note, &key, NULL, NULL) == CU_OK) {
        cu_buffer_free(&bytes);
        free(note);
        return CU_OK; /* this head has its cosignature */
    }
    if (st == CU_OK) {
        st = cu_ledger_ask_witness(ledger, parties->witness, &memory, err);
        st = st == CU_ENOTFOUND ? CU_OK : st;
    }
    if (st == CU_OK)
        st = submit(ledger, parties->witness, memory.size, head.size, &bytes, err);
    if (st == CU_OK)
        st = cu_ledger_keep_checkpoint(ledger, cu_buffer_view(&bytes), err);
    cu_buffer_free(&bytes);
    free(note);
    return st == CU_OK ? CU_OK : cu_while(err, st, "having the head witnessed");
}
