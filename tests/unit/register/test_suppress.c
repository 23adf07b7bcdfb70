/* SPDX-License-Identifier: Apache-2.0 */
/* No small count follows from what is published: tried with every table of four small rows. */
#include "register/figures/suppress.h"
#include "support/cmocka.h"

#include <string.h>

enum { rows = 4, most = 9, small = 4 };

/* Marks each value that the first hidden count can have beside the others. */
static void try_all(const int64_t *counts, const bool *hidden, size_t i, int64_t left,
                    int64_t *guess, bool seen[rows][rows * most + 1])
{
    if (i == rows) {
        for (size_t k = 0; left == 0 && k < rows; k++)
            seen[k][guess[k]] = true;
        return;
    }
    if (!hidden[i]) {
        guess[i] = counts[i];
        try_all(counts, hidden, i + 1, left, guess, seen);
        return;
    }
    /* The reader may even know which of the hidden ones are small. */
    const bool is_small = cu_is_small(counts[i], small);

    for (int64_t v = is_small ? 1 : small + 1; v <= (is_small ? small : left) && v <= left;
         v++) {
        guess[i] = v;
        try_all(counts, hidden, i + 1, left - v, guess, seen);
    }
}

static void check_hidden(const int64_t *counts)
{
    bool seen[rows][rows * most + 1] = {{false}};
    bool hidden[rows];
    bool total = false;
    int64_t guess[rows] = {0};
    int64_t sum = 0;
    size_t small_ones = 0;
    size_t kept = 0;

    cu_suppress(counts, rows, small, hidden, &total);
    for (size_t i = 0; i < rows; i++) {
        small_ones += cu_is_small(counts[i], small);
        kept += hidden[i];
        assert_true(hidden[i] || !cu_is_small(counts[i], small));
        assert_true(!hidden[i] || counts[i] > 0);
        sum += hidden[i] ? counts[i] : 0;
    }
    if (small_ones == 0)
        assert_int_equal(kept, 0);
    if (!total) {
        for (size_t i = 0; i < rows; i++)
            assert_true(hidden[i] || counts[i] == 0);
        return;
    }
    try_all(counts, hidden, 0, sum, guess, seen);
    for (size_t i = 0; i < rows; i++) {
        size_t ways = 0;

        for (size_t v = 0; v <= (size_t)rows * most; v++)
            ways += seen[i][v];
        assert_true(!hidden[i] || !cu_is_small(counts[i], small) || ways > 1);
    }
}

static void no_small_count_follows_from_what_is_shown(void **state)
{
    int64_t counts[rows];

    (void)state;
    for (counts[0] = 0; counts[0] <= most; counts[0]++)
        for (counts[1] = 0; counts[1] <= most; counts[1]++)
            for (counts[2] = 0; counts[2] <= most; counts[2]++)
                for (counts[3] = 0; counts[3] <= most; counts[3]++)
                    check_hidden(counts);
}

static void one_small_count_hides_the_next_smallest_with_it(void **state)
{
    const int64_t counts[] = {40, 3, 0, 12};
    bool hidden[4];
    bool total = false;

    (void)state;
    cu_suppress(counts, 4, 4, hidden, &total);
    assert_true(total);
    assert_false(hidden[0]);
    assert_true(hidden[1]);
    assert_false(hidden[2]); /* none at all is no secret, and no cover */
    assert_true(hidden[3]);
}

static void nothing_to_hide_behind_hides_the_sum(void **state)
{
    const int64_t alone[] = {3};
    const int64_t ones[] = {1, 1};
    bool hidden[2];
    bool total = true;

    (void)state;
    cu_suppress(alone, 1, 4, hidden, &total);
    assert_true(hidden[0]);
    assert_false(total);
    cu_suppress(ones, 2, 4, hidden, &total); /* a sum of two says that each is one */
    assert_false(total);
    cu_suppress(ones, 0, 4, hidden, &total);
    assert_true(total);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_small_count_follows_from_what_is_shown),
        cmocka_unit_test(one_small_count_hides_the_next_smallest_with_it),
        cmocka_unit_test(nothing_to_hide_behind_hides_the_sum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
