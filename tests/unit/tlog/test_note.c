/* SPDX-License-Identifier: Apache-2.0 */
/* A note says who signed it, and no changed byte goes unseen. */
#include "support/cmocka.h"
#include "tlog/tlog.h"

#include <stdlib.h>
#include <string.h>

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_note note;

static void sign_head(cu_buffer *out, const cu_signer *log, const cu_signer *witness)
{
    const cu_checkpoint head = {.origin = text_of("log.example"), .size = 7};
    cu_buffer text = {0};

    cu_checkpoint_append(&text, &head);
    cu_buffer_append(out, text.p, text.n);
    cu_buffer_u8(out, '\n');
    assert_int_equal(cu_note_sign(cu_buffer_view(&text), log, 0, out, NULL), CU_OK);
    assert_int_equal(cu_note_sign(cu_buffer_view(&text), witness, 1700000000, out, NULL),
                     CU_OK);
    cu_buffer_free(&text);
}

static void is_verified_by_log_and_witness(void **state)
{
    cu_signer log;
    cu_signer witness;
    cu_signer other;
    cu_buffer whole = {0};
    cu_checkpoint head;
    uint64_t time = 0;

    (void)state;
    assert_int_equal(cu_signer_new("log.example", CU_KEY_ED25519, &log, NULL), CU_OK);
    assert_int_equal(cu_signer_new("w\xc3\xa9.example", CU_KEY_COSIGNATURE, &witness, NULL),
                     CU_OK);
    assert_int_equal(cu_signer_new("log.example", CU_KEY_ED25519, &other, NULL), CU_OK);
    sign_head(&whole, &log, &witness);
    assert_int_equal(cu_note_parse(cu_buffer_view(&whole), &note, NULL), CU_OK);
    assert_int_equal(note.n, 2);
    assert_int_equal(cu_note_verify(&note, &log.verifier, NULL, NULL), CU_OK);
    assert_int_equal(cu_note_verify(&note, &witness.verifier, &time, NULL), CU_OK);
    assert_int_equal(time, 1700000000);
    assert_int_equal(cu_note_verify(&note, &other.verifier, NULL, NULL), CU_ENOTFOUND);
    assert_int_equal(cu_checkpoint_parse(note.text, &head, NULL), CU_OK);
    assert_int_equal(head.size, 7);

    /* One bit anywhere: no longer a note, or no longer signed by both. */
    for (size_t i = 0; i < whole.n * 8; i++) {
        whole.p[i / 8] ^= (uint8_t)(1U << i % 8);
        assert_false(cu_note_parse(cu_buffer_view(&whole), &note, NULL) == CU_OK &&
                     cu_note_verify(&note, &log.verifier, NULL, NULL) == CU_OK &&
                     cu_note_verify(&note, &witness.verifier, NULL, NULL) == CU_OK);
        whole.p[i / 8] ^= (uint8_t)(1U << i % 8);
    }
    for (size_t n = 0; n < whole.n; n++)
        assert_false(cu_note_parse((cu_bytes){whole.p, n}, &note, NULL) == CU_OK &&
                     cu_note_verify(&note, &witness.verifier, NULL, NULL) == CU_OK);
    cu_buffer_free(&whole);
}

static void writes_keys_that_it_reads(void **state)
{
    static const char text[] =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    static const char public_text[] =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    cu_signer signer;
    cu_buffer out = {0};

    (void)state;
    /* Source: golang.org/x/mod sumdb/note. */
    assert_int_equal(cu_signer_parse(text_of(text), &signer, NULL), CU_OK);
    cu_signer_append(&out, &signer);
    assert_true(cu_bytes_equal(cu_buffer_view(&out), text_of(text)));
    out.n = 0;
    cu_verifier_append(&out, &signer.verifier);
    assert_true(cu_bytes_equal(cu_buffer_view(&out), text_of(public_text)));
    cu_buffer_free(&out);
    assert_int_equal(cu_signer_new("a b", CU_KEY_ED25519, &signer, NULL), CU_EFORMAT);
    assert_int_equal(cu_signer_new("a\xe2\x80\x83"
                                   "b",
                                   CU_KEY_ED25519, &signer, NULL),
                     CU_EFORMAT);
    assert_int_equal(cu_signer_new("a+b", CU_KEY_ED25519, &signer, NULL), CU_EFORMAT);
    assert_int_equal(cu_signer_new("", CU_KEY_ED25519, &signer, NULL), CU_EFORMAT);
    assert_int_equal(cu_signer_new("a", 2, &signer, NULL), CU_EFORMAT);
}

static void takes_base64_that_is_written_one_way(void **state)
{
    static const char *const bad[] = {"AA==A",  "AA=",  "A===", "AB==", "AAB=",       "A A=",
                                      "AA==\n", "====", "=AAA", "AA=A", "\xc3\xa4==", "-_=="};
    uint8_t bytes[64];
    cu_buffer out = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 200);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        uint8_t back[64];

        out.n = 0;
        cu_base64_append(&out, (cu_bytes){bytes, n});
        assert_true(cu_base64_decode(cu_buffer_view(&out), back, n));
        assert_memory_equal(back, bytes, n);
        assert_false(n > 0 && cu_base64_decode(cu_buffer_view(&out), back, n - 1));
    }
    cu_buffer_free(&out);
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_true(cu_base64_decode_up_to(text_of(bad[i]), bytes, sizeof bytes) == SIZE_MAX);
}

static void takes_numbers_that_are_written_one_way(void **state)
{
    static const char *const bad[] = {"",
                                      "00",
                                      "01",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 ",
                                      "1e3",
                                      "0x1",
                                      "18446744073709551616",
                                      "99999999999999999999"};
    uint64_t number = 7;

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        assert_false(cu_decimal_decode(text_of(bad[i]), &number));
    assert_int_equal(number, 7);
    assert_true(cu_decimal_decode(text_of("18446744073709551615"), &number));
    assert_true(number == UINT64_MAX);
    assert_true(cu_decimal_decode(text_of("0"), &number));
    assert_int_equal(number, 0);
}

static void takes_lines_of_a_word_and_a_value(void **state)
{
    static const struct {
        const char *line, *value; /* NULL: it is no such line */
        bool number;
    } cases[] = {{"size 12\n", "12", true},    {"size a b\n", "a b", false},
                 {"size 012\n", "012", false}, {"size \n", NULL, false},
                 {"size\n", NULL, false},      {"sizes 12\n", NULL, false},
                 {"siz 12\n", NULL, false},    {"size 12", NULL, false}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        const cu_bytes whole = {(const uint8_t *)cases[i].line, strlen(cases[i].line)};
        cu_bytes rest = whole;
        cu_bytes value = {0};
        uint64_t number = 0;

        assert_int_equal(cu_line_take_word(&rest, "size", &value), cases[i].value != NULL);
        if (cases[i].value != NULL) {
            assert_int_equal(value.n, strlen(cases[i].value));
            assert_memory_equal(value.p, cases[i].value, value.n);
            assert_int_equal(rest.n, 0);
        }
        rest = whole;
        assert_int_equal(cu_line_take_number(&rest, "size", &number), cases[i].number);
        assert_int_equal(number, cases[i].number ? 12 : 0);
    }
}

static void keeps_a_secret_from_other_keys_and_other_places(void **state)
{
    uint8_t key[CU_KEY_BYTES];
    uint8_t other[CU_KEY_BYTES];
    cu_buffer sealed = {0};
    cu_buffer plain = {0};

    (void)state;
    cu_random(key, sizeof key);
    cu_random(other, sizeof other);
    for (size_t n = 0; n <= 32; n += 8) {
        sealed.n = plain.n = 0;
        assert_int_equal(
            cu_secret_seal(key, text_of("place"), (cu_bytes){other, n}, &sealed, NULL), CU_OK);
        assert_int_equal(sealed.n, n + CU_SEALED_MORE_BYTES);
        assert_int_equal(
            cu_secret_open(key, text_of("place"), cu_buffer_view(&sealed), &plain, NULL),
            CU_OK);
        assert_true(cu_bytes_equal(cu_buffer_view(&plain), (cu_bytes){other, n}));
        assert_int_equal(
            cu_secret_open(other, text_of("place"), cu_buffer_view(&sealed), &plain, NULL),
            CU_EFORMAT);
        assert_int_equal(
            cu_secret_open(key, text_of("Place"), cu_buffer_view(&sealed), &plain, NULL),
            CU_EFORMAT);
        for (size_t i = 0; i < sealed.n * 8; i++) {
            sealed.p[i / 8] ^= (uint8_t)(1U << i % 8);
            assert_int_equal(
                cu_secret_open(key, text_of("place"), cu_buffer_view(&sealed), &plain, NULL),
                CU_EFORMAT);
            sealed.p[i / 8] ^= (uint8_t)(1U << i % 8);
        }
        assert_int_equal(
            cu_secret_open(key, text_of("place"), (cu_bytes){sealed.p, 39}, &plain, NULL),
            CU_EFORMAT);
    }
    cu_buffer_free(&sealed);
    cu_buffer_free(&plain);
}

static void commits_to_a_name_and_a_value(void **state)
{
    /* HMAC-SHA256 of key 00 01 … 1f over "custos-field/1\ncase\nABC/12", by Python's hmac. */
    static const char expected[] =
        "2ae83700b5081eaefd0d14dd3acff46985abbcee25c543b31aab986174b232d0";
    uint8_t salt[CU_SALT_BYTES];
    cu_hash hash;
    char hex[65];

    (void)state;
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    cu_commit(salt, text_of("case"), text_of("ABC/12"), &hash);
    cu_hex_encode((cu_bytes){hash.b, 32}, hex);
    assert_string_equal(hex, expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_verified_by_log_and_witness),
        cmocka_unit_test(writes_keys_that_it_reads),
        cmocka_unit_test(takes_base64_that_is_written_one_way),
        cmocka_unit_test(takes_numbers_that_are_written_one_way),
        cmocka_unit_test(takes_lines_of_a_word_and_a_value),
        cmocka_unit_test(keeps_a_secret_from_other_keys_and_other_places),
        cmocka_unit_test(commits_to_a_name_and_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
