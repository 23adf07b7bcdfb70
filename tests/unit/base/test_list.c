/* SPDX-License-Identifier: Apache-2.0 */
/* A list doubles its room, and one that cannot is as it was. */
#include "base/list.h"
#include "support/allocations.h"
#include "support/cmocka.h"

#include <stdint.h>
#include <stdlib.h>

enum { elements = 1000 };

typedef struct numbers {
    uint32_t *list;
    size_t n, room;
} numbers;

static bool append(numbers *self, uint32_t number, cu_err *err)
{
    uint32_t *const list = cu_list_room(self->list, self->n, &self->room, sizeof *list, err);

    if (list == NULL)
        return false;
    self->list = list;
    list[self->n++] = number;
    return true;
}

static void assert_is_whole(const numbers *self, size_t n)
{
    assert_int_equal(self->n, n);
    assert_true(self->room >= n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(self->list[i], i * 7);
}

static void doubles_its_room_and_keeps_its_elements(void **state)
{
    numbers self = {0};
    size_t room = 0;

    (void)state;
    for (uint32_t i = 0; i < elements; i++) {
        const uint32_t *const before = self.list;

        assert_true(append(&self, i * 7, NULL));
        if (self.room == room)
            assert_ptr_equal(self.list, before); /* not even asked for */
        else
            assert_int_equal(self.room, room == 0 ? 64 : room * 2);
        room = self.room;
    }
    assert_is_whole(&self, elements);
    assert_int_equal(room, 1024);
    free(self.list);
}

/* Of each allocation that there is; afterwards it grows again. */
static void a_list_without_memory_is_as_it_was(void **state)
{
    long failures = 0;
    bool failed = true;

    (void)state;
    for (; failed; failures++) {
        numbers self = {0};
        cu_err err = {0};
        bool good = true;

        allocations_fail_after(failures);
        while (good && self.n < elements)
            good = append(&self, (uint32_t)self.n * 7, &err);
        failed = allocations_end();
        assert_int_equal(good, !failed);
        assert_int_equal(err.code, failed ? CU_ENOMEM : CU_OK);
        assert_is_whole(&self, self.n);
        assert_int_equal(self.n, failed ? self.room : elements);
        while (self.n < elements)
            assert_true(append(&self, (uint32_t)self.n * 7, &err));
        assert_is_whole(&self, elements);
        free(self.list);
    }
    assert_int_equal(failures, 6); /* 64, 128, 256, 512 and 1024 elements, and none */
}

/* The bytes, and the number of elements alone: nothing is asked for. */
static void more_room_than_can_be_counted_is_no_memory(void **state)
{
    static const struct {
        size_t room, bytes;
    } most[] = {
        {0, SIZE_MAX / 64 + 1}, {0, SIZE_MAX},          {SIZE_MAX / 2 + 1, 1},
        {SIZE_MAX, 1},          {SIZE_MAX / 16 + 1, 8}, {SIZE_MAX / 2, 3},
    };

    uint8_t list[1] = {5};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(most); i++) {
        size_t room = most[i].room;
        cu_err err = {0};

        allocations_fail_after(0);
        assert_null(cu_list_room(room == 0 ? NULL : list, room, &room, most[i].bytes, &err));
        assert_false(allocations_end());
        assert_int_equal(room, most[i].room);
        assert_int_equal(err.code, CU_ENOMEM);
        assert_string_equal(err.text, "out of memory");
        assert_null(cu_list_room(NULL, room, &room, most[i].bytes, NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_its_room_and_keeps_its_elements),
        cmocka_unit_test(a_list_without_memory_is_as_it_was),
        cmocka_unit_test(more_room_than_can_be_counted_is_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
