/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: a text, an empty line, and who signed. */
#include "base/text.h"
#include "tlog/tlog.h"

#include <sodium.h>
#include <string.h>

enum { signature_bytes = 64, time_bytes = 8, blob_max = 4 + 8 + 64 };

static const char dash[] = "\xe2\x80\x94 ";

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- keys ---- */

/* A character that Unicode calls a space. Source: the property White_Space, Unicode 15. */
static bool is_space(cu_bytes character)
{
    static const char *const spaces[] = {
        " ",
        "\t",
        "\n",
        "\v",
        "\f",
        "\r",
        "\xc2\x85",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\x80",
        "\xe2\x80\x81",
        "\xe2\x80\x82",
        "\xe2\x80\x83",
        "\xe2\x80\x84",
        "\xe2\x80\x85",
        "\xe2\x80\x86",
        "\xe2\x80\x87",
        "\xe2\x80\x88",
        "\xe2\x80\x89",
        "\xe2\x80\x8a",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\xe2\x81\x9f",
        "\xe3\x80\x80",
    };

    for (size_t i = 0; i < CU_COUNT_OF(spaces); i++) {
        if (cu_bytes_equal(character, text_of(spaces[i])))
            return true;
    }
    return false;
}

static bool is_key_name(cu_bytes name)
{
    if (name.n == 0 || name.n > CU_NOTE_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.n;) {
        const size_t n = cu_text_character(cu_bytes_slice(name, i, name.n));
        const cu_bytes character = cu_bytes_slice(name, i, n);

        if (n == 0 || name.p[i] < 0x20 || name.p[i] == '+' || is_space(character))
            return false;
        i += n;
    }
    return true;
}

cu_status cu_verifier_make(const char *name, uint8_t type, const uint8_t public_key[32],
                           cu_verifier *out, cu_err *err)
{
    cu_buffer whole = {0};
    cu_verifier made = {.type = type};
    cu_hash hash;

    if (!is_key_name(text_of(name)))
        return cu_fail(err, CU_EFORMAT, "\"%s\" cannot be the name of a key", name);
    if (type != CU_KEY_ED25519 && type != CU_KEY_COSIGNATURE)
        return cu_fail(err, CU_EFORMAT, "keys of type %u are not known", type);
    memcpy(made.name, name, strlen(name));
    memcpy(made.public_key, public_key, sizeof made.public_key);
    cu_buffer_append(&whole, name, strlen(name));
    cu_buffer_u8(&whole, '\n');
    cu_buffer_u8(&whole, type);
    cu_buffer_append(&whole, public_key, 32);

    const cu_status st = cu_buffer_check(&whole, err);

    if (st == CU_OK) {
        cu_tlog_sha256(cu_buffer_view(&whole), &hash);
        memcpy(made.id, hash.b, sizeof made.id);
        *out = made;
    }
    cu_buffer_free(&whole);
    return st;
}

/* name "+" id "+" base64(type || key): the parts of either kind of key. */
static bool key_parts(cu_bytes text, char name[CU_NOTE_NAME_BYTES + 1], uint8_t id[4],
                      uint8_t key[33])
{
    const uint8_t *const plus = text.n == 0 ? NULL : memchr(text.p, '+', text.n);
    const size_t n = plus == NULL ? 0 : (size_t)(plus - text.p);
    const cu_bytes hex = cu_bytes_slice(text, n + 1, 8);

    if (n == 0 || n > CU_NOTE_NAME_BYTES || hex.n != 8 || text.n < n + 10 ||
        text.p[n + 9] != '+' || memchr(text.p, '\0', n) != NULL ||
        !cu_hex_decode((const char *)hex.p, hex.n, id, 4) ||
        !cu_base64_decode(cu_bytes_slice(text, n + 10, text.n), key, 33))
        return false;
    for (size_t i = 0; i < hex.n; i++) {
        if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
            return false;
    }
    memcpy(name, text.p, n);
    name[n] = '\0';
    return true;
}

cu_status cu_verifier_parse(cu_bytes text, cu_verifier *out, cu_err *err)
{
    char name[CU_NOTE_NAME_BYTES + 1];
    uint8_t id[4];
    uint8_t key[33];
    cu_verifier made;

    if (!key_parts(text, name, id, key))
        return cu_fail(err, CU_EFORMAT, "a verifier key is not name+id+base64");

    const cu_status st = cu_verifier_make(name, key[0], key + 1, &made, err);

    if (st != CU_OK)
        return st;
    if (memcmp(made.id, id, sizeof id) != 0)
        return cu_fail(err, CU_EFORMAT, "the id of key \"%s\" is not that of its bytes", name);
    *out = made;
    return CU_OK;
}

static void append_key(cu_buffer *out, const cu_verifier *verifier, const uint8_t key[32])
{
    uint8_t typed[33] = {verifier->type};
    char hex[9];

    memcpy(typed + 1, key, 32);
    cu_hex_encode((cu_bytes){verifier->id, 4}, hex);
    cu_buffer_format(out, "%s+%s+", verifier->name, hex);
    cu_base64_append(out, (cu_bytes){typed, sizeof typed});
    explicit_bzero(typed, sizeof typed);
}

void cu_verifier_append(cu_buffer *out, const cu_verifier *verifier)
{
    append_key(out, verifier, verifier->public_key);
}

cu_status cu_signer_make(const char *name, uint8_t type, const uint8_t seed[32], cu_signer *out,
                         cu_err *err)
{
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];

    if (sodium_init() < 0 || crypto_sign_seed_keypair(public_key, secret, seed) != 0)
        return cu_fail(err, CU_ENOMEM, "no key can be made");
    explicit_bzero(secret, sizeof secret);

    const cu_status st = cu_verifier_make(name, type, public_key, &out->verifier, err);

    if (st == CU_OK)
        memcpy(out->seed, seed, sizeof out->seed);
    return st;
}

cu_status cu_signer_new(const char *name, uint8_t type, cu_signer *out, cu_err *err)
{
    uint8_t seed[32];

    cu_random(seed, sizeof seed);

    const cu_status st = cu_signer_make(name, type, seed, out, err);

    explicit_bzero(seed, sizeof seed);
    return st;
}

static const char private_prefix[] = "PRIVATE+KEY+";

cu_status cu_signer_parse(cu_bytes text, cu_signer *out, cu_err *err)
{
    char name[CU_NOTE_NAME_BYTES + 1];
    uint8_t id[4];
    uint8_t key[33];
    cu_signer made;
    cu_status st;

    if (!cu_bytes_starts(text, private_prefix, sizeof private_prefix - 1) ||
        !key_parts(cu_bytes_slice(text, sizeof private_prefix - 1, text.n), name, id, key))
        return cu_fail(err, CU_EFORMAT, "a signing key is not PRIVATE+KEY+name+id+base64");
    st = cu_signer_make(name, key[0], key + 1, &made, err);
    explicit_bzero(key, sizeof key);
    if (st == CU_OK && memcmp(made.verifier.id, id, sizeof id) != 0)
        st = cu_fail(err, CU_EFORMAT, "the id of a signing key is not that of its bytes");
    if (st == CU_OK)
        *out = made;
    explicit_bzero(&made, sizeof made);
    return st;
}

void cu_signer_append(cu_buffer *out, const cu_signer *signer)
{
    cu_buffer_append(out, private_prefix, sizeof private_prefix - 1);
    append_key(out, &signer->verifier, signer->seed);
}

/* ---- notes ---- */

/* UTF-8, and of the control characters only line feeds. */
static bool is_note_text(cu_bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] < 0x20 && bytes.p[i] != '\n')
            return false;
    }
    return cu_text_is_utf8(bytes);
}

/* Where the last empty line begins (the second of two line feeds), or 0. */
static size_t last_empty_line(cu_bytes bytes)
{
    for (size_t i = bytes.n; i-- > 1;) {
        if (bytes.p[i] == '\n' && bytes.p[i - 1] == '\n')
            return i;
    }
    return 0;
}

static bool parse_signature(cu_bytes line, cu_note_signature *out)
{
    const uint8_t *space;
    uint8_t first[6];
    size_t n;

    if (!cu_bytes_starts(line, dash, sizeof dash - 1))
        return false;
    line = cu_bytes_slice(line, sizeof dash - 1, line.n);
    space = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
    if (space == NULL)
        return false;
    out->name = cu_bytes_slice(line, 0, (size_t)(space - line.p));
    out->base64 = cu_bytes_slice(line, out->name.n + 1, line.n);
    /* At least an id and one byte; the rest is decoded by whoever knows the key. */
    n = cu_base64_decode_up_to(cu_bytes_slice(out->base64, 0, 8), first, 6);
    if (!is_key_name(out->name) || out->base64.n % 4 != 0 || n == SIZE_MAX || n < 5)
        return false;
    memcpy(out->id, first, sizeof out->id);
    return true;
}

/* Digits, and '=' only as padding at the end. */
static bool is_base64(cu_bytes text)
{
    for (size_t i = 0; i < text.n; i += 4) {
        const size_t least = i + 4 < text.n ? 3 : 1;
        uint8_t three[3];
        const size_t n = cu_base64_decode_up_to(cu_bytes_slice(text, i, 4), three, 3);

        if (n == SIZE_MAX || n < least)
            return false;
    }
    return true;
}

cu_status cu_note_parse(cu_bytes bytes, cu_note *out, cu_err *err)
{
    const size_t empty = last_empty_line(bytes);
    cu_bytes rest = cu_bytes_slice(bytes, empty + 1, bytes.n);
    cu_bytes line;

    if (bytes.n > CU_NOTE_BYTES)
        return cu_fail(err, CU_EFORMAT, "the note is longer than %d bytes", CU_NOTE_BYTES);
    if (!is_note_text(bytes))
        return cu_fail(err, CU_EFORMAT, "the note has bytes that are not text");
    if (empty == 0 || rest.n == 0)
        return cu_fail(err, CU_EFORMAT, "the note has no signatures");
    out->text = cu_bytes_slice(bytes, 0, empty);
    for (out->n = 0; rest.n > 0; out->n++) {
        if (out->n == CU_NOTE_SIGNATURES)
            return cu_fail(err, CU_EFORMAT, "the note has more than %d signatures",
                           CU_NOTE_SIGNATURES);
        if (!cu_line_take(&rest, &line) || !parse_signature(line, &out->signatures[out->n]) ||
            !is_base64(out->signatures[out->n].base64))
            return cu_fail(err, CU_EFORMAT, "signature line %zu of the note is malformed",
                           out->n + 1);
    }
    return CU_OK;
}

/* What is signed: the text itself, or in a cosignature the time and the text. */
static void message_of(cu_bytes text, uint8_t type, uint64_t time_s, cu_buffer *out)
{
    if (type == CU_KEY_COSIGNATURE)
        cu_buffer_format(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time_s);
    cu_buffer_append(out, text.p, text.n);
}

static cu_status verify_one(const cu_note *note, const cu_note_signature *signature,
                            const cu_verifier *verifier, uint64_t *time_s, cu_err *err)
{
    const bool timed = verifier->type == CU_KEY_COSIGNATURE;
    const size_t n = 4 + (timed ? (size_t)time_bytes : 0) + signature_bytes;
    cu_buffer message = {0};
    uint8_t blob[blob_max];
    uint64_t time = 0;

    if (!cu_base64_decode(signature->base64, blob, n))
        return cu_fail(err, CU_EFORMAT, "the signature by \"%s\" is of another length",
                       verifier->name);
    for (size_t i = 0; timed && i < time_bytes; i++)
        time = time << 8 | blob[4 + i];
    message_of(note->text, verifier->type, time, &message);

    cu_status st = cu_buffer_check(&message, err);

    if (st == CU_OK && crypto_sign_verify_detached(blob + n - signature_bytes, message.p,
                                                   message.n, verifier->public_key) != 0)
        st = cu_fail(err, CU_EFORMAT, "the signature by \"%s\" is not good", verifier->name);
    if (st == CU_OK && time_s != NULL)
        *time_s = time;
    cu_buffer_free(&message);
    return st;
}

cu_status cu_note_verify(const cu_note *note, const cu_verifier *verifier, uint64_t *time_s,
                         cu_err *err)
{
    for (size_t i = 0; i < note->n; i++) {
        const cu_note_signature *const one = &note->signatures[i];

        if (cu_bytes_equal(one->name, text_of(verifier->name)) &&
            memcmp(one->id, verifier->id, sizeof one->id) == 0)
            return verify_one(note, one, verifier, time_s, err);
    }
    return cu_fail(err, CU_ENOTFOUND, "\"%s\" has not signed", verifier->name);
}

cu_status cu_note_sign(cu_bytes text, const cu_signer *signer, uint64_t time_s, cu_buffer *out,
                       cu_err *err)
{
    const bool timed = signer->verifier.type == CU_KEY_COSIGNATURE;
    const size_t n = 4 + (timed ? (size_t)time_bytes : 0) + signature_bytes;
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    uint8_t blob[blob_max];
    cu_buffer message = {0};
    cu_status st;

    if (sodium_init() < 0)
        return cu_fail(err, CU_ENOMEM, "the library of signatures does not start");
    message_of(text, signer->verifier.type, time_s, &message);
    st = cu_buffer_check(&message, err);
    if (st == CU_OK) {
        (void)crypto_sign_seed_keypair(public_key, secret, signer->seed);
        memcpy(blob, signer->verifier.id, 4);
        for (size_t i = 0; timed && i < time_bytes; i++)
            blob[4 + i] = (uint8_t)(time_s >> (56 - 8 * i));
        (void)crypto_sign_detached(blob + n - signature_bytes, NULL, message.p, message.n,
                                   secret);
        explicit_bzero(secret, sizeof secret);
        cu_buffer_format(out, "%s%s ", dash, signer->verifier.name);
        cu_base64_append(out, (cu_bytes){blob, n});
        cu_buffer_u8(out, '\n');
        st = cu_buffer_check(out, err);
    }
    cu_buffer_free(&message);
    return st;
}
