/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing pushed is lost or doubled, and a closed queue lets everybody go. */
#include "base/queue.h"
#include "support/cmocka.h"

#include <pthread.h>

enum { pushed_by_each = 20000, producers = 3 };

static void *produce(void *queue)
{
    static int item;

    for (int i = 0; i < pushed_by_each; i++) {
        if (!cu_queue_push(queue, &item))
            return NULL;
    }
    return NULL;
}

static void passes_each_item_once(void **state)
{
    (void)state;
    cu_queue *const queue = cu_queue_new(4);
    pthread_t threads[producers];
    int popped = 0;

    for (int i = 0; i < producers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, queue), 0);
    while (popped < producers * pushed_by_each) {
        assert_non_null(cu_queue_pop(queue));
        popped++;
    }
    for (int i = 0; i < producers; i++)
        pthread_join(threads[i], NULL);
    assert_null(cu_queue_poll(queue));
    cu_queue_free(queue);
}

static void a_closed_queue_empties_and_then_ends(void **state)
{
    (void)state;
    cu_queue *const queue = cu_queue_new(2);
    int item = 0;

    assert_true(cu_queue_push(queue, &item));
    cu_queue_close(queue);
    assert_false(cu_queue_push(queue, &item));
    assert_ptr_equal(cu_queue_pop(queue), &item);
    assert_null(cu_queue_pop(queue));
    cu_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_each_item_once),
        cmocka_unit_test(a_closed_queue_empties_and_then_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
