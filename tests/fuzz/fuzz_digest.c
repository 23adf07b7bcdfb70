/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any mixture of lanes against OpenSSL. The first byte chooses the code, the second what is
 * wanted; each following pair of bytes is a part: which stream, and how many bytes of the input
 * it gets.
 */
#include "digest/digest.h"
#include "digest/lanes.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { streams = 40, digests = 3 };

typedef struct fuzzed {
    cu_digest_stream stream;
    EVP_MD_CTX *others[digests];
} fuzzed;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void start(fuzzed all[streams], unsigned wanted)
{
    const EVP_MD *const kinds[digests] = {EVP_md5(), EVP_sha1(), EVP_sha256()};

    for (size_t i = 0; i < streams; i++) {
        cu_digest_init(&all[i].stream, wanted);
        for (size_t k = 0; k < digests; k++) {
            all[i].others[k] = EVP_MD_CTX_new();
            if (all[i].others[k] == NULL ||
                EVP_DigestInit_ex(all[i].others[k], kinds[k], NULL) != 1)
                abort();
        }
    }
}

static void feed(fuzzed all[streams], cu_cursor *c, cu_bytes whole)
{
    cu_digest_part parts[streams];
    bool used[streams] = {false};
    size_t count = 0;

    while (cu_cursor_left(c) >= 2) {
        const size_t i = cu_cursor_u8(c) % (size_t)streams;
        const size_t n = cu_cursor_u8(c) * (size_t)3;
        const cu_bytes part = cu_bytes_slice(whole, i, n);

        /* A stream may not be there twice: what is gathered goes first. */
        if (used[i]) {
            cu_digest_update_many(parts, count);
            memset(used, 0, sizeof used);
            count = 0;
        }
        used[i] = true;
        parts[count++] = (cu_digest_part){&all[i].stream, part};
        for (size_t k = 0; k < digests; k++) {
            if (EVP_DigestUpdate(all[i].others[k], part.p, part.n) != 1)
                abort();
        }
    }
    cu_digest_update_many(parts, count);
}

static void check(fuzzed *one)
{
    static const uint8_t none[EVP_MAX_MD_SIZE];
    const unsigned wanted = one->stream.wanted;
    cu_digests ours;
    uint8_t *const found[digests] = {ours.md5, ours.sha1, ours.sha256};

    cu_digest_final(&one->stream, &ours);
    for (size_t k = 0; k < digests; k++) {
        uint8_t theirs[EVP_MAX_MD_SIZE];
        unsigned n = 0;

        if (EVP_DigestFinal_ex(one->others[k], theirs, &n) != 1 ||
            memcmp(found[k], (wanted >> k & 1) != 0 ? theirs : none, n) != 0)
            abort();
        EVP_MD_CTX_free(one->others[k]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static fuzzed all[streams];
    const cu_bytes whole = {bytes, n};
    cu_cursor c = cu_cursor_over(whole);
    size_t codes = 0;

    while (cu_digest_code_name(codes) != NULL)
        codes++;
    /* Where it does not run here, the one before stays. */
    (void)cu_digest_force(cu_digest_code_name(cu_cursor_u8(&c) % codes));
    start(all, cu_cursor_u8(&c) & (unsigned)CU_DIGEST_ALL);
    feed(all, &c, whole);
    for (size_t i = 0; i < streams; i++)
        check(&all[i]);
    return 0;
}
