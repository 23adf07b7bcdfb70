/* SPDX-License-Identifier: Apache-2.0 */
/* The published answers, every length against another implementation, and any split of the
 * bytes. */
#include "digest/digest.h"
#include "support/cmocka.h"

#include <openssl/evp.h>
#include <string.h>

static void assert_hex(const uint8_t *bytes, size_t n, const char *expected)
{
    char text[65];

    cu_hex_encode((cu_bytes){bytes, n}, text);
    assert_string_equal(text, expected);
}

static void gives_the_published_answers(void **state)
{
    (void)state;
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_ALL);
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)"abc", 3});
    cu_digest_final(&stream, &digests);
    /* Source: RFC 1321 A.5; FIPS 180 examples. */
    assert_hex(digests.md5, 16, "900150983cd24fb0d6963f7d28e17f72");
    assert_hex(digests.sha1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_hex(digests.sha256, 32,
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void agrees_with_evp_at_every_length_and_split(void **state)
{
    (void)state;
    uint8_t bytes[300];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 3);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        uint8_t md5[16];
        uint8_t sha1[20];
        uint8_t sha256[32];
        cu_digest_stream first;
        cu_digest_stream second;
        cu_digests digests;
        const size_t cut = n == 0 ? 0 : (n * 37) % n;
        const cu_digest_part parts[] = {{&first, {bytes, cut}}};

        assert_true(EVP_Digest(bytes, n, md5, NULL, EVP_md5(), NULL));
        assert_true(EVP_Digest(bytes, n, sha1, NULL, EVP_sha1(), NULL));
        assert_true(EVP_Digest(bytes, n, sha256, NULL, EVP_sha256(), NULL));
        cu_digest_init(&first, CU_DIGEST_ALL);
        cu_digest_update_many(parts, 1);
        memcpy(&second, &first, sizeof second); /* a state may be stored in the middle */
        cu_digest_update(&second, (cu_bytes){bytes + cut, n - cut});
        cu_digest_final(&second, &digests);
        assert_memory_equal(digests.md5, md5, 16);
        assert_memory_equal(digests.sha1, sha1, 20);
        assert_memory_equal(digests.sha256, sha256, 32);
    }
}

static void leaves_out_what_was_not_wanted(void **state)
{
    (void)state;
    const uint8_t zeros[32] = {0};
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA1);
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)"abc", 3});
    cu_digest_final(&stream, &digests);
    assert_memory_equal(digests.md5, zeros, 16);
    assert_memory_equal(digests.sha256, zeros, 32);
    assert_hex(digests.sha1, 20, "a9993e364706816aba3e25717850c26c9cd0d89d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_answers),
        cmocka_unit_test(agrees_with_evp_at_every_length_and_split),
        cmocka_unit_test(leaves_out_what_was_not_wanted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
