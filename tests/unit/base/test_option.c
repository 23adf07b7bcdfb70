/* SPDX-License-Identifier: Apache-2.0 */
/* A table of options: what is read, what is refused and how, and what help prints. */
#include "base/option.h"
#include "support/cmocka.h"

#include <string.h>

typedef struct wanted {
    bool json;
    const char *out;
    cu_option_texts sets;
    unsigned workers;
    uint64_t memory;
} wanted;

static const cu_option options[] = {
    CU_FLAG("json", wanted, json, "print JSON"),
    CU_TEXT("o", wanted, out, "FILE", "where it appears"),
    CU_TEXTS("set", wanted, sets, "SET", "a set", 3),
    CU_NUMBER("workers", wanted, workers, "N", "how many", 1, 256),
    CU_SIZE("memory", wanted, memory, "SIZE", "how much", 1 << 20),
    {0},
};

enum { words_max = 16 };

static cu_arguments rest;
static cu_err err;

/* Reads the words, which end with NULL. */
static cu_status read_words(const char *const *words, wanted *out)
{
    static char *argv[words_max];
    static char room[words_max][64];
    int argc = 0;

    err = (cu_err){0};
    for (; words[argc] != NULL; argc++) {
        assert_in_range(strlen(words[argc]), 0, sizeof room[0] - 1);
        (void)strcpy(room[argc], words[argc]);
        argv[argc] = room[argc];
    }
    argv[argc] = NULL;
    return cu_options_read(options, argc, argv, out, &rest, &err);
}

#define READ(out, ...) read_words((const char *const[]){"command", __VA_ARGS__, NULL}, out)

static void options_and_arguments_stand_in_any_order(CU_UNUSED void **state)
{
    wanted got = {.workers = 7};

    assert_int_equal(
        READ(&got, "one", "--set", "a", "-o", "out", "two", "--json", "--set=b", "-ofinal"),
        CU_OK);
    assert_true(got.json);
    assert_string_equal(got.out, "final");
    assert_int_equal(got.sets.count, 2);
    assert_string_equal(got.sets.list[0], "a");
    assert_string_equal(got.sets.list[1], "b");
    assert_int_equal(got.workers, 7); /* what is not given stays */
    assert_int_equal(rest.count, 2);
    assert_string_equal(rest.list[0], "one");
    assert_string_equal(rest.list[1], "two");
    assert_null(rest.list[2]);
}

static void two_dashes_end_the_options(CU_UNUSED void **state)
{
    wanted got = {.json = false};

    assert_int_equal(READ(&got, "--", "--json", "-o"), CU_OK);
    assert_false(got.json);
    assert_int_equal(rest.count, 2);
    assert_string_equal(rest.list[0], "--json");
}

/* One dash is an argument: standard input. */
static void a_dash_is_an_argument(CU_UNUSED void **state)
{
    wanted got = {.json = false};

    assert_int_equal(READ(&got, "-", "--json"), CU_OK);
    assert_true(got.json);
    assert_int_equal(rest.count, 1);
    assert_string_equal(rest.list[0], "-");
}

static void sizes_have_units(CU_UNUSED void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes; /* 0: refused */
    } cases[] = {{"1048576", 1 << 20},
                 {"1M", 1 << 20},
                 {"2048K", 2 << 20},
                 {"3G", UINT64_C(3) << 30},
                 {"1T", UINT64_C(1) << 40},
                 {"1048575", 0},
                 {"1023K", 0},
                 {"0", 0},
                 {"", 0},
                 {"M", 0},
                 {"1X", 0},
                 {"1MB", 0},
                 {"-1M", 0},
                 {" 1M", 0},
                 {"+1M", 0},
                 {"16777216T", 0}, /* 2^64 */
                 {"18446744073709551616", 0}};

    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        wanted got = {.memory = 0};
        const cu_status st = READ(&got, "--memory", cases[i].text);

        assert_int_equal(st, cases[i].bytes == 0 ? CU_EUSAGE : CU_OK);
        assert_true(got.memory == cases[i].bytes);
    }
}

static void numbers_keep_their_limits(CU_UNUSED void **state)
{
    static const char *const bad[] = {"0",  "257", "4294967297", "",   "x",
                                      "3x", "-3",  " 3",         "0x3"};

    for (size_t i = 0; i < CU_COUNT_OF(bad); i++) {
        wanted got = {.workers = 5};

        assert_int_equal(READ(&got, "--workers", bad[i]), CU_EUSAGE);
        assert_int_equal(got.workers, 5);
        assert_non_null(strstr(err.text, "--workers is a number from 1 to 256"));
    }
    for (unsigned n = 1; n <= 256; n += 255) {
        wanted got = {.workers = 5};

        assert_int_equal(n == 1 ? READ(&got, "--workers", "1") : READ(&got, "--workers", "256"),
                         CU_OK);
        assert_int_equal(got.workers, n);
    }
}

static void each_refusal_names_the_word(CU_UNUSED void **state)
{
    wanted got = {.json = false};

    assert_int_equal(READ(&got, "--colour"), CU_EUSAGE);
    assert_string_equal(err.text, "--colour is no option here");
    assert_int_equal(READ(&got, "file", "-x"), CU_EUSAGE);
    assert_string_equal(err.text, "-x is no option here");
    assert_int_equal(READ(&got, "--set"), CU_EUSAGE);
    assert_string_equal(err.text, "--set needs a value");
    assert_int_equal(READ(&got, "-o"), CU_EUSAGE);
    assert_string_equal(err.text, "-o needs a value");
    assert_int_equal(READ(&got, "--json=yes"), CU_EUSAGE);
    assert_int_equal(READ(&got, "--set", "a", "--set", "b", "--set", "c", "--set", "d"),
                     CU_EUSAGE);
    assert_string_equal(err.text, "--set may be given 3 times");
}

static void a_command_may_have_none(CU_UNUSED void **state)
{
    char name[] = "command";
    char word[] = "--json";
    char *argv[] = {name, word, NULL};

    assert_int_equal(cu_options_read(NULL, 1, argv, NULL, &rest, &err), CU_OK);
    assert_int_equal(rest.count, 0);
    assert_int_equal(cu_options_read(NULL, 2, argv, NULL, &rest, &err), CU_EUSAGE);
}

static void help_has_a_line_for_each(CU_UNUSED void **state)
{
    cu_buffer out = {0};

    cu_options_append_help(options, &out);
    cu_buffer_u8(&out, 0);
    assert_string_equal((const char *)out.p, "  --json                    print JSON\n"
                                             "  -o FILE                   where it appears\n"
                                             "  --set SET                 a set\n"
                                             "  --workers N               how many\n"
                                             "  --memory SIZE             how much\n");
    cu_buffer_free(&out);
    cu_options_append_help(NULL, &out);
    assert_int_equal(out.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_stand_in_any_order),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_dash_is_an_argument),
        cmocka_unit_test(sizes_have_units),
        cmocka_unit_test(numbers_keep_their_limits),
        cmocka_unit_test(each_refusal_names_the_word),
        cmocka_unit_test(a_command_may_have_none),
        cmocka_unit_test(help_has_a_line_for_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
