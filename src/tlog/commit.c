/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry says without saying it, and how the words behind it are kept. */
#include "tlog/tlog.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char prefix[] = "custos-field/1\n";

void cu_commit(const uint8_t salt[CU_SALT_BYTES], cu_bytes name, cu_bytes value, cu_hash *out)
{
    crypto_auth_hmacsha256_state state;

    (void)crypto_auth_hmacsha256_init(&state, salt, CU_SALT_BYTES);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)prefix, sizeof prefix - 1);
    if (name.n > 0)
        (void)crypto_auth_hmacsha256_update(&state, name.p, name.n);
    (void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)"\n", 1);
    if (value.n > 0)
        (void)crypto_auth_hmacsha256_update(&state, value.p, value.n);
    (void)crypto_auth_hmacsha256_final(&state, out->b);
}

void cu_random(uint8_t *out, size_t n)
{
    /* As the library itself does where the system has no chance to give: no key of zeros. */
    if (sodium_init() < 0)
        abort();
    randombytes_buf(out, n);
}

cu_status cu_secret_seal(const uint8_t key[CU_KEY_BYTES], cu_bytes about, cu_bytes plain,
                         cu_buffer *out, cu_err *err)
{
    uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    unsigned long long n = 0;

    _Static_assert(sizeof nonce + crypto_aead_xchacha20poly1305_ietf_ABYTES ==
                       CU_SEALED_MORE_BYTES,
                   "what sealing adds");
    cu_random(nonce, sizeof nonce);
    cu_buffer_append(out, nonce, sizeof nonce);
    if (!cu_buffer_reserve(out, plain.n + crypto_aead_xchacha20poly1305_ietf_ABYTES))
        return cu_buffer_check(out, err);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out->p + out->n, &n, plain.p, plain.n,
                                                     about.p, about.n, NULL, nonce, key);
    out->n += (size_t)n;
    return CU_OK;
}

cu_status cu_secret_open(const uint8_t key[CU_KEY_BYTES], cu_bytes about, cu_bytes sealed,
                         cu_buffer *out, cu_err *err)
{
    const size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
    unsigned long long n = 0;

    if (sealed.n < CU_SEALED_MORE_BYTES)
        return cu_fail(err, CU_EFORMAT, "a secret is cut off");
    if (!cu_buffer_reserve(out, sealed.n - CU_SEALED_MORE_BYTES + 1))
        return cu_buffer_check(out, err);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            out->p + out->n, &n, NULL, sealed.p + nonce_bytes, sealed.n - nonce_bytes, about.p,
            about.n, sealed.p, key) != 0)
        return cu_fail(err, CU_EFORMAT, "a secret was changed, or another key made it");
    out->n += (size_t)n;
    return CU_OK;
}
