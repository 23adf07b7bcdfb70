/* SPDX-License-Identifier: Apache-2.0 */
/* An arena gives zeroed memory up to its ceiling and no further. */
#include "base/arena.h"
#include "support/cmocka.h"

#include <string.h>

static void stops_at_its_ceiling(void **state)
{
    (void)state;
    cu_arena *const arena = cu_arena_new(1000);

    assert_non_null(cu_arena_take(arena, 600));
    assert_null(cu_arena_take(arena, 600));
    cu_arena_reset(arena);
    assert_non_null(cu_arena_take(arena, 1000));
    assert_null(cu_arena_take(arena, SIZE_MAX));
    cu_arena_free(arena);
}

static void gives_zeroed_memory_again_after_a_reset(void **state)
{
    (void)state;
    cu_arena *const arena = cu_arena_new(1 << 20);
    const char zeros[300] = {0};

    for (int round = 0; round < 3; round++) {
        char *const taken = cu_arena_take(arena, sizeof zeros);

        assert_memory_equal(taken, zeros, sizeof zeros);
        memset(taken, 7, sizeof zeros);
        assert_string_equal(cu_arena_text(arena, "abc", 2), "ab");
        cu_arena_reset(arena);
    }
    cu_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_at_its_ceiling),
        cmocka_unit_test(gives_zeroed_memory_again_after_a_reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
