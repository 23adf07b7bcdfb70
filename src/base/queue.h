/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue between threads: a full queue is the back-pressure, and it caps memory. */
#ifndef CU_BASE_QUEUE_H
#define CU_BASE_QUEUE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct cu_queue cu_queue;

/* A queue for at most capacity (1 or more) pointers. NULL where memory is out. */
cu_queue *cu_queue_new(size_t capacity);

/* Frees the queue, not what is in it. No thread may be waiting. NULL is allowed. */
void cu_queue_free(cu_queue *queue);
CU_DEFINE_AUTO(cu_queue, cu_queue_free)

/* Gives item (not NULL) away, waiting while the queue is full. False, item kept, once closed.
 */
bool cu_queue_push(cu_queue *queue, void *item) CU_MUST_CHECK;

/* The oldest item, waiting while there is none. NULL once the queue is closed and empty. */
void *cu_queue_pop(cu_queue *queue) CU_MUST_CHECK;

/* The oldest item, or NULL where there is none now. Never waits. */
void *cu_queue_poll(cu_queue *queue) CU_MUST_CHECK;

/* No more pushes; what is inside can still be popped. May be called twice. */
void cu_queue_close(cu_queue *queue);

#endif
