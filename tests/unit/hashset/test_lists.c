/* SPDX-License-Identifier: Apache-2.0 */
/* One digest a line, in every way that a tool writes it. */
#include "support/rows_assert.h"

#include <stdio.h>

#define MD5              "0123456789ABCDEF0123456789ABCDEF"
#define LOW              "0123456789abcdef0123456789abcdef"
#define SHA1             MD5 "01234567"
#define SHA256           MD5 MD5
#define FIRST            "{\"line\":1,\"md5\":\"" LOW "\""
#define AT(line, offset) "{\"line\":" line ",\"offset\":" offset ",\"md5\":\"" LOW "\""

static void reads_what_md5sum_writes(void **state)
{
    (void)state;
    assert_rows("md5", MD5 "\n", FIRST "}\n");
    assert_rows("md5", LOW "  a.jpg\n" LOW " *b c.jpg\r\n" LOW,
                FIRST ",\"name\":\"a.jpg\"}\n" AT("2", "40") ",\"name\":\"b c.jpg\"}\n" AT(
                    "3", "83") "}\n");
    assert_rows("md5", LOW "   a \n", FIRST ",\"name\":\" a \"}\n"); /* spaces of its own */
    assert_rows("md5", "\\" LOW "  a\\\\b\\nc\\rd\n",
                FIRST ",\"name\":\"a\\\\b\\u000ac\\u000dd\"}\n");
    assert_rows("md5", LOW "  a\\nb\n", FIRST ",\"name\":\"a\\\\nb\"}\n"); /* not escaped */
}

static void reads_what_others_write(void **state)
{
    (void)state;
    assert_rows("md5", "MD5 (a (1).jpg) = " LOW "\n", FIRST ",\"name\":\"a (1).jpg\"}\n");
    assert_rows("md5", "\\MD5 (a\\nb) = " LOW "\n", FIRST ",\"name\":\"a\\u000ab\"}\n");
    assert_rows("md5", "MD5(a.jpg)= " LOW "\n", FIRST ",\"name\":\"a.jpg\"}\n");
    assert_rows("sha256", "SHA2-256(a)= " SHA256 "\n",
                "{\"line\":1,\"sha256\":\"" LOW LOW "\",\"name\":\"a\"}\n");
    assert_rows("sha1", SHA1 "\n", "{\"line\":1,\"sha1\":\"" LOW "01234567\"}\n");
    assert_rows("md5", "    669416  " LOW "  /a.out\n",
                FIRST ",\"name\":\"/a.out\",\"size\":669416}\n");
    assert_rows("md5", MD5 ",a.jpg\n", FIRST ",\"name\":\"a.jpg\"}\n");
    assert_rows("md5", MD5 "\ta.jpg\n", FIRST ",\"name\":\"a.jpg\"}\n");
    assert_rows("md5", "00000000000000000000000000000001  a\n",
                "{\"line\":1,\"md5\":\"00000000000000000000000000000001\",\"name\":\"a\"}\n");
}

static void goes_past_marks_comments_and_blank_lines(void **state)
{
    (void)state;
    assert_rows("md5", "\xEF\xBB\xBF# a list\r\n\r\n% more\n" LOW "\n", AT("4", "22") "}\n");
    assert_rows("md5", "", "");
    assert_rows("md5", "\n\n", "");
}

static void reads_utf16_as_a_shell_writes_it(void **state)
{
    (void)state;
    static const char text[] = LOW "  \xC3\xBC.jpg\r\n";
    uint8_t little[2 * sizeof text];
    uint8_t big[2 * sizeof text];
    size_t n = 0;

    for (size_t i = 0; i < sizeof text - 1; i++) {
        const bool letter = (uint8_t)text[i] == 0xC3; /* the one that is not ASCII: U+00FC */
        const uint8_t unit = letter ? 0xFC : (uint8_t)text[i];

        little[n] = big[n + 1] = unit;
        little[n + 1] = big[n] = 0;
        n += 2;
        i += letter;
    }

    uint8_t file[2 + sizeof big] = {0xFF, 0xFE};

    memcpy(file + 2, little, n);
    assert_rows_of("md5", (cu_bytes){file, n + 2}, FIRST ",\"name\":\"\xC3\xBC.jpg\"}\n");
    file[0] = 0xFE;
    file[1] = 0xFF;
    memcpy(file + 2, big, n);
    assert_rows_of("md5", (cu_bytes){file, n + 2}, FIRST ",\"name\":\"\xC3\xBC.jpg\"}\n");
    assert_rows_of("md5", (cu_bytes){(const uint8_t *)"\xFF\xFE\x3D\xD8\x00\xDE\n\0", 8},
                   "{\"line\":1}\n"); /* a pair */
    assert_rows_of("md5", (cu_bytes){(const uint8_t *)"\xFF\xFE\x3D\xD8", 4}, "{\"line\":1}\n");
    assert_rows_of("md5", (cu_bytes){(const uint8_t *)"\xFF\xFE", 2}, "");
}

static void marks_what_is_no_digest_of_the_kind(void **state)
{
    (void)state;
    assert_rows("md5", SHA1 "  a\n", "{\"line\":1,\"name\":\"a\",\"wrong\":true}\n");
    assert_rows("sha1", MD5 "\n", "{\"line\":1,\"wrong\":true}\n");
    assert_rows("md5", "SHA1 (a) = " SHA1 "\n", "{\"line\":1,\"name\":\"a\",\"wrong\":true}\n");
    assert_rows("md5", "MD5 (a) = " SHA1 "\n", "{\"line\":1,\"name\":\"a\",\"wrong\":true}\n");
    assert_rows("md5", "G123456789abcdef0123456789abcdef\n", "{\"line\":1,\"wrong\":true}\n");
    assert_rows("md5", "hello world!\n", "{\"line\":1}\n");
    assert_rows("md5", "12 14\n", "{\"line\":1}\n");
    assert_rows("md5", "()=\n(=)\n=()\n\\\n \n",
                "{\"line\":1}\n{\"line\":2,\"offset\":4}\n"
                "{\"line\":3,\"offset\":8}\n"
                "{\"line\":4,\"offset\":12}\n"
                "{\"line\":5,\"offset\":14}\n");
}

static void is_not_misled_by_brackets(void **state)
{
    (void)state;
    static const char *const lines[] = {"MD5=)(a", "MD5 =()", "MD5)=(",
                                        "MD5(",    "MD5(=",   "(MD5)="};

    for (size_t i = 0; i < CU_COUNT_OF(lines); i++)
        assert_rows("md5", lines[i], "{\"line\":1}\n");
}

static void refuses_a_digest_that_is_cut_off(void **state)
{
    (void)state;
    static const char text[] = LOW "  a\n" LOW "\n";

    assert_refused("md5", LOW "\n0123456789abcdef01", "byte 51: expected the rest of a digest");
    assert_truncations("md5", (cu_bytes){(const uint8_t *)text, sizeof text - 1}, 6 + 2 * 16);
}

static void reads_hashdeep_by_its_columns(void **state)
{
    (void)state;
    assert_rows("hashdeep",
                "%%%% HASHDEEP-1.0\r\n%%%% size,md5,tiger,sha256,filename\r\n## $ a\r\n7," LOW
                "," LOW "0123456789abcdef," SHA256 ",/a,b.jpg\r\n",
                "{\"line\":4,\"offset\":64,\"md5\":\"" LOW "\",\"sha256\":\"" LOW LOW
                "\",\"name\":\"/a,b.jpg\",\"size\":7}\n");
    assert_refused("hashdeep", "%%%% HASHSHALLOW\n", "byte 0: expected \"%%%% HASHDEEP-1.0\"");
    assert_refused("hashdeep", "%%%% HASHDEEP-1.0\n", "expected \"%%%% size,md5");
    assert_refused("hashdeep", "%%%% HASHDEEP-1.0\n%%%% size,md5\n", "byte 18: expected");
    assert_refused("hashdeep", "%%%% HASHDEEP-1.0\n%%%% md5,filename\n0123",
                   "byte 40: expected the rest of a line");
    assert_rows("hashdeep", "%%%% HASHDEEP-1.0\n%%%% md5,filename\n0123,a\n0123\n",
                "{\"line\":3,\"offset\":36,\"name\":\"a\",\"wrong\":true}\n"
                "{\"line\":4,\"offset\":43}\n");
}

/* ---- samples of others ---- */

static void assert_sample(const char *format, const char *name, const char *holds)
{
    char path[512];
    static uint8_t bytes[1 << 20];
    const char *const corpus = getenv("CUSTOS_CORPUS");
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    (void)snprintf(path, sizeof path, "%s/jessek+hashdeep/%s", corpus == NULL ? "" : corpus,
                   name);

    FILE *const file = fopen(path, "rb");

    if (file == NULL) {
        print_message("skipped: corpus not here\n");
        skip();
        return;
    }

    const size_t n = fread(bytes, 1, sizeof bytes, file);

    fclose(file);
    if (rows_read(&builder, format, path, (cu_bytes){bytes, n}, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    if (strstr((const char *)builder.lines.p, holds) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", holds, (const char *)builder.lines.p);
    cu_buffer_free(&builder.lines);
}

static void reads_the_samples_of_hashdeep(void **state)
{
    (void)state;
    assert_sample("md5", "sample-hashes/md5deep.txt",
                  "\"md5\":\"2662a090fb0d31ae27334a2393ef5240\",\"name\":\"/Users/jessek/"
                  "nasm-2.02.tar.bz2\"}");
    assert_sample("md5", "sample-hashes/md5deep-size.txt",
                  "\"md5\":\"4d46e4ef07fd0c7fa82bd5008b06db37\",\"name\":\"/Users/jessek/"
                  "foo.cpp\",\"size\":298}");
    assert_sample("hashdeep", "sample-hashes/hashdeep.txt",
                  "\"md5\":\"6f4a8ac099c4fe85164b8631c7f0bd2b\",\"sha256\":"
                  "\"2f1cf7a397bb8eed63b225d5d4fd5e2fc71788c8ae12db94147d1f5e227a4118\"");
    assert_sample(
        "md5", "tests/testfiles/bsd-hashes.txt",
        "\"md5\":\"c4ca4238a0b923820dcc509a6f75849b\",\"name\":\"one-byte-file.txt\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_md5sum_writes),
        cmocka_unit_test(reads_what_others_write),
        cmocka_unit_test(goes_past_marks_comments_and_blank_lines),
        cmocka_unit_test(reads_utf16_as_a_shell_writes_it),
        cmocka_unit_test(marks_what_is_no_digest_of_the_kind),
        cmocka_unit_test(is_not_misled_by_brackets),
        cmocka_unit_test(refuses_a_digest_that_is_cut_off),
        cmocka_unit_test(reads_hashdeep_by_its_columns),
        cmocka_unit_test(reads_the_samples_of_hashdeep),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
