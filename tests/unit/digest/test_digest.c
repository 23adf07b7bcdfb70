/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published answers; every length, split and mixture of lanes against another
 * implementation. Each test is run with every code that this processor can run.
 */
#include "digest/digest.h"
#include "digest/lanes.h"
#include "support/cmocka.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;

/* Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", figure 17. */
static uint64_t any(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return (size_t)(any() % limit);
}

static void assert_hex(const uint8_t *bytes, size_t n, const char *expected)
{
    char text[65];

    cu_hex_encode((cu_bytes){bytes, n}, text);
    assert_string_equal(text, expected);
}

static void evp(const uint8_t *bytes, size_t n, unsigned wanted, cu_digests *out)
{
    *out = (cu_digests){{0}, {0}, {0}};
    if ((wanted & CU_DIGEST_MD5) != 0)
        assert_true(EVP_Digest(bytes, n, out->md5, NULL, EVP_md5(), NULL));
    if ((wanted & CU_DIGEST_SHA1) != 0)
        assert_true(EVP_Digest(bytes, n, out->sha1, NULL, EVP_sha1(), NULL));
    if ((wanted & CU_DIGEST_SHA256) != 0)
        assert_true(EVP_Digest(bytes, n, out->sha256, NULL, EVP_sha256(), NULL));
}

static void assert_same(const cu_digests *digests, const cu_digests *expected)
{
    assert_memory_equal(digests->md5, expected->md5, 16);
    assert_memory_equal(digests->sha1, expected->sha1, 20);
    assert_memory_equal(digests->sha256, expected->sha256, 32);
}

/* Runs a test with each code in turn. */
static void with_each_code(void (*test)(void))
{
    const char *name = NULL;
    unsigned ran = 0;

    for (size_t i = 0; (name = cu_digest_code_name(i)) != NULL; i++) {
        if (!cu_digest_force(name)) {
            print_message("# %s does not run on this processor\n", name);
            continue;
        }
        assert_string_equal(cu_digest_engine(), name);
        print_message("# %s\n", name);
        seed = 1;
        test();
        ran++;
    }
    assert_true(ran >= 2); /* plain and openssl run everywhere */
    assert_true(cu_digest_force(NULL));
}

/* ---- published answers ---- */

typedef struct published {
    const char *text;
    unsigned times;
    const char *md5;
    const char *sha1;
    const char *sha256;
} published;

/* Source: RFC 1321 A.5; RFC 3174 7.3; FIPS 180-2 appendices A and B; NIST CAVS "SHAVS" long
 * message; NULL where the source does not give it. */
static const published answers[] = {
    {"", 1, "d41d8cd98f00b204e9800998ecf8427e", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"a", 1, "0cc175b9c0f1b6a831c399e269772661", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
     NULL},
    {"abc", 1, "900150983cd24fb0d6963f7d28e17f72", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0", NULL, NULL},
    {"abcdefghijklmnopqrstuvwxyz", 1, "c3fcd3d76192e4007dfb496cca67e13b", NULL, NULL},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 1,
     "d174ab98d277d9f5a5611c2c9f419d9f", NULL, NULL},
    {"1234567890", 8, "57edf4a22be3c955ac49da2e2107b67a", NULL, NULL},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1, NULL,
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"0123456701234567012345670123456701234567012345670123456701234567", 10, NULL,
     "dea356a2cddd90c7a7ecedc5ebb563934f460452", NULL},
    {"a", 1000000, NULL, "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

enum { answer_count = sizeof answers / sizeof answers[0] };

static uint8_t *repeat(const published *answer)
{
    const size_t n = strlen(answer->text);
    uint8_t *const bytes = malloc(n * answer->times + 1);

    assert_non_null(bytes);
    for (unsigned i = 0; i < answer->times; i++)
        memcpy(bytes + i * n, answer->text, n);
    return bytes;
}

static void check_answer(const published *answer, const cu_digest_stream *stream)
{
    cu_digests digests;

    cu_digest_final(stream, &digests);
    if (answer->md5 != NULL)
        assert_hex(digests.md5, 16, answer->md5);
    if (answer->sha1 != NULL)
        assert_hex(digests.sha1, 20, answer->sha1);
    if (answer->sha256 != NULL)
        assert_hex(digests.sha256, 32, answer->sha256);
}

/* Alone, and eight times side by side. */
static void published_answers(void)
{
    enum { copies = 8 };

    cu_digest_stream streams[copies * answer_count];
    cu_digest_part parts[copies * answer_count];
    uint8_t *texts[answer_count];

    for (size_t i = 0; i < answer_count; i++) {
        const size_t n = strlen(answers[i].text) * answers[i].times;
        cu_digest_stream alone;

        texts[i] = repeat(&answers[i]);
        cu_digest_init(&alone, CU_DIGEST_ALL);
        cu_digest_update(&alone, (cu_bytes){texts[i], n});
        check_answer(&answers[i], &alone);
        for (size_t k = i; k < copies * answer_count; k += answer_count) {
            cu_digest_init(&streams[k], CU_DIGEST_ALL);
            parts[k] = (cu_digest_part){&streams[k], {texts[i], n}};
        }
    }
    cu_digest_update_many(parts, copies * answer_count);
    for (size_t k = 0; k < copies * answer_count; k++)
        check_answer(&answers[k % answer_count], &streams[k]);
    for (size_t i = 0; i < answer_count; i++)
        free(texts[i]);
}

static void gives_the_published_answers(void **state)
{
    (void)state;
    with_each_code(published_answers);
}

/* ---- one stream ---- */

static void every_length(void)
{
    uint8_t bytes[301];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + 3);
    for (size_t n = 0; n <= 300; n++) {
        for (unsigned wanted = 0; wanted <= CU_DIGEST_ALL; wanted++) {
            const size_t cut = below(n + 1);
            cu_digest_stream first;
            cu_digest_stream second;
            cu_digests digests;
            cu_digests expected;

            evp(bytes + 1, n, wanted, &expected);
            cu_digest_init(&first, wanted);
            cu_digest_update(&first, (cu_bytes){bytes + 1, cut});
            memcpy(&second, &first, sizeof second); /* a state may be stored in the middle */
            cu_digest_update(&second, (cu_bytes){bytes + 1 + cut, n - cut});
            cu_digest_final(&second, &digests);
            assert_same(&digests, &expected);
        }
    }
}

static void agrees_with_evp_at_every_length_and_split(void **state)
{
    (void)state;
    with_each_code(every_length);
}

/* ---- many streams ---- */

enum { streams_max = 301 };

typedef struct lane {
    cu_digest_stream stream;
    uint8_t *bytes; /* of its own, so that a sanitizer sees a read past them */
    size_t n;
    size_t fed;
} lane;

static lane lanes[streams_max];

/* The lanes' bytes in several rounds, cut anywhere; some lanes sit a round out. */
static void feed(size_t count, bool in_one)
{
    cu_digest_part parts[streams_max] = {{NULL, {NULL, 0}}};

    for (bool more = true; more;) {
        size_t part_count = 0;

        more = false;
        for (size_t i = 0; i < count; i++) {
            lane *const l = &lanes[i];
            const size_t left = l->n - l->fed;
            const size_t n = in_one || below(4) == 0 ? left : below(left + 1);

            if (!in_one && below(5) == 0) {
                more = more || left > 0;
                continue;
            }
            parts[part_count++] = (cu_digest_part){&l->stream, {l->bytes + l->fed, n}};
            l->fed += n;
            more = more || l->fed < l->n;
        }
        cu_digest_update_many(parts, part_count);
    }
}

static void check_mixture(size_t count, const size_t *lengths, bool all_wanted, bool in_one)
{
    for (size_t i = 0; i < count; i++) {
        lanes[i].n = lengths[i];
        lanes[i].fed = 0;
        lanes[i].bytes = malloc(lengths[i] + 1);
        assert_non_null(lanes[i].bytes);
        for (size_t k = 0; k < lengths[i]; k++)
            lanes[i].bytes[k] = (uint8_t)any();
        cu_digest_init(&lanes[i].stream,
                       all_wanted ? CU_DIGEST_ALL : (unsigned)below(CU_DIGEST_ALL + 1));
    }
    feed(count, in_one);
    for (size_t i = 0; i < count; i++) {
        cu_digests digests;
        cu_digests expected;

        cu_digest_final(&lanes[i].stream, &digests);
        evp(lanes[i].bytes, lanes[i].n, lanes[i].stream.wanted, &expected);
        assert_same(&digests, &expected);
        free(lanes[i].bytes);
    }
}

static void every_length_at_once(void)
{
    size_t lengths[streams_max] = {0};

    for (size_t i = 0; i < streams_max; i++)
        lengths[i] = i;
    check_mixture(streams_max, lengths, true, true);
    check_mixture(streams_max, lengths, true, false);
}

static void digests_every_length_side_by_side(void **state)
{
    (void)state;
    with_each_code(every_length_at_once);
}

static void every_count(void)
{
    size_t lengths[streams_max] = {0};

    for (size_t count = 0; count <= 70; count++) {
        for (size_t i = 0; i < count; i++)
            lengths[i] = 1000;
        check_mixture(count, lengths, true, true);
        for (size_t i = 0; i < count; i++)
            lengths[i] = below(8) == 0 ? below(20000) : below(700);
        check_mixture(count, lengths, false, (count & 1) != 0);
    }
}

static void digests_any_number_of_streams(void **state)
{
    (void)state;
    with_each_code(every_count);
}

/* Of every length from nothing to some blocks, and now and then a long one. */
static void short_messages(void)
{
    enum { most = 40000 };

    static const uint8_t prefix[3] = {0, 1, 2};
    static uint8_t bytes[CU_DIGEST_MESSAGES][most];
    static uint8_t digests[CU_DIGEST_MESSAGES][32];
    size_t lengths[CU_DIGEST_MESSAGES];
    cu_digest_messages messages = {0};
    cu_err err = {0};

    for (size_t round = 0; round < 60; round++) {
        size_t n = 0;
        const size_t prefixed = round % sizeof prefix;

        while (n < round * 7 && !cu_digest_messages_full(&messages)) {
            lengths[n] = round % 3 == 0   ? round * 5
                         : any() % 40 > 0 ? below(700)
                                          : below((size_t)most - 3);
            memcpy(bytes[n], prefix, prefixed);
            for (size_t i = 0; i < lengths[n]; i++)
                bytes[n][prefixed + i] = (uint8_t)(i * 31 + n + round);
            cu_digest_messages_put(&messages, (cu_bytes){prefix, prefixed},
                                   (cu_bytes){bytes[n] + prefixed, lengths[n]});
            n++;
        }
        assert_int_equal(messages.n, n);
        assert_int_equal(cu_digest_messages_take(&messages, digests, &err), CU_OK);
        assert_int_equal(messages.n, 0);
        for (size_t i = 0; i < n; i++) {
            cu_digests expected;

            evp(bytes[i], prefixed + lengths[i], CU_DIGEST_SHA256, &expected);
            assert_memory_equal(digests[i], expected.sha256, 32);
        }
    }
    cu_digest_messages_free(&messages);
}

static void digests_short_messages_side_by_side(void **state)
{
    (void)state;
    with_each_code(short_messages);
}

static void refuses_a_code_that_there_is_not(void **state)
{
    (void)state;
    const char *const before = cu_digest_engine();

    assert_false(cu_digest_force("abacus"));
    assert_string_equal(cu_digest_engine(), before);
}

/* Where the code stands among those that may be chosen, the fastest first. */
static size_t place_of(const char *wanted)
{
    const char *name = NULL;

    for (size_t i = 0; (name = cu_digest_code_name(i)) != NULL; i++) {
        if (strcmp(name, wanted) == 0)
            return i;
    }
    fail_msg("there is no code %s", wanted);
    return 0;
}

static void prefers_openssl_to_lanes_that_are_no_vectors(void **state)
{
    (void)state;
#if defined(__clang__)
    assert_true(place_of("openssl") < place_of("plain"));
#else
    assert_true(place_of("plain") < place_of("openssl"));
#endif
}

static void chooses_the_first_that_runs_here(void **state)
{
    const char *name = NULL;
    size_t first = 0;

    (void)state;
    while ((name = cu_digest_code_name(first)) != NULL && !cu_digest_force(name))
        first++;
    assert_non_null(name);
    assert_true(cu_digest_force(NULL));
    assert_string_equal(cu_digest_engine(), name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_answers),
        cmocka_unit_test(agrees_with_evp_at_every_length_and_split),
        cmocka_unit_test(digests_every_length_side_by_side),
        cmocka_unit_test(digests_any_number_of_streams),
        cmocka_unit_test(digests_short_messages_side_by_side),
        cmocka_unit_test(refuses_a_code_that_there_is_not),
        cmocka_unit_test(prefers_openssl_to_lanes_that_are_no_vectors),
        cmocka_unit_test(chooses_the_first_that_runs_here),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
