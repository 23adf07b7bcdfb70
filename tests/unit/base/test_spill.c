/* SPDX-License-Identifier: Apache-2.0 */
/* Room that grows with what lies in it, on a disk and in memory; a sort beside the library's.
 */
#include "base/spill.h"
#include "support/cmocka.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

typedef struct record {
    uint32_t key;
    uint32_t number;
} record;

static int by_key(const void *a, const void *b, void *context)
{
    const record *const x = a;
    const record *const y = b;

    ++*(size_t *)context;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return *state >> 33;
}

static void keeps_what_lies_there_and_adds_zeros(void **state)
{
    (void)state;
    const char *const folders[] = {NULL, "."};

    for (size_t f = 0; f < CU_COUNT_OF(folders); f++) {
        cu_spill spill = {.folder = folders[f]};
        size_t filled = 0;

        for (size_t bytes = 1; bytes < 5000000; bytes = bytes * 3 + 7) {
            assert_int_equal(cu_spill_grow(&spill, bytes, NULL), CU_OK);
            assert_true(spill.bytes >= bytes);

            const uint8_t *const p = spill.p;

            for (size_t i = 0; i < bytes; i += 97)
                assert_int_equal(p[i], i < filled ? 0xA5 : 0);
            memset(spill.p, 0xA5, bytes);
            filled = bytes;
        }
        cu_spill_free(&spill);
        assert_null(spill.p);
        assert_int_equal(cu_spill_grow(&spill, 10, NULL), CU_OK);
        assert_int_equal(((uint8_t *)spill.p)[9], 0);
        cu_spill_free(&spill);
    }
}

static void sorts_as_the_library_does(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 7, 8, 9, 63, 64, 65, 1000, 20000};
    uint64_t seed = 20261125;

    for (size_t c = 0; c < CU_COUNT_OF(counts); c++) {
        for (size_t runs = 1; runs <= 4096; runs *= 8) {
            cu_spill spill = {.folder = c % 2 == 0 ? "." : NULL, .run_bytes = runs * 3};
            const size_t bytes = counts[c] * sizeof(record);
            record *const expected = calloc(counts[c] + 1, sizeof *expected);
            size_t asked = 0;

            assert_non_null(expected);
            assert_int_equal(cu_spill_grow(&spill, bytes + 1, NULL), CU_OK);
            for (uint32_t i = 0; i < counts[c]; i++)
                expected[i] = (record){(uint32_t)random_next(&seed) % 500, i};
            memcpy(spill.p, expected, bytes);
            qsort_r(expected, counts[c], sizeof *expected, by_key, &asked);
            assert_int_equal(
                cu_spill_sort(&spill, counts[c], sizeof(record), by_key, &asked, NULL), CU_OK);
            assert_memory_equal(spill.p, expected, bytes);
            free(expected);
            cu_spill_free(&spill);
        }
    }
}

static void says_that_there_is_no_room(void **state)
{
    (void)state;
    cu_spill spill = {.folder = "no/such/folder"};
    cu_err err = {0};

    assert_int_equal(cu_spill_grow(&spill, 10, &err), CU_EIO);
    assert_non_null(strstr(err.text, "no/such/folder"));
    assert_int_equal(spill.bytes, 0);

    /* A file that may not grow stands for a full disk. */
    const struct rlimit small = {1 << 20, RLIM_INFINITY};

    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    spill = (cu_spill){.folder = "."};
    assert_int_equal(cu_spill_grow(&spill, 1 << 18, NULL), CU_OK);
    memset(spill.p, 7, 1 << 18);
    assert_int_equal(cu_spill_grow(&spill, 1 << 22, &err), CU_EIO);
    assert_int_equal(((uint8_t *)spill.p)[(1 << 18) - 1], 7);
    cu_spill_free(&spill);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_lies_there_and_adds_zeros),
        cmocka_unit_test(sorts_as_the_library_does),
        cmocka_unit_test(says_that_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
