/* SPDX-License-Identifier: Apache-2.0 */
/* A ring of pointers under one mutex. */
#include "base/queue.h"

#include <pthread.h>
#include <stdlib.h>

struct cu_queue {
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t filled;
    pthread_cond_t emptied;
    bool closed;
    size_t capacity;
    size_t first;
    size_t count;
    void *items[];
};

cu_queue *cu_queue_new(size_t capacity)
{
    cu_queue *const queue = calloc(1, sizeof *queue + capacity * sizeof queue->items[0]);

    if (queue == NULL)
        return NULL;
    queue->capacity = capacity;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->filled, NULL);
    pthread_cond_init(&queue->emptied, NULL);
    return queue;
}

void cu_queue_free(cu_queue *queue)
{
    if (queue == NULL)
        return;
    pthread_cond_destroy(&queue->emptied);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool cu_queue_push(cu_queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == queue->capacity && !queue->closed)
        pthread_cond_wait(&queue->emptied, &queue->lock);

    const bool open = !queue->closed;

    if (open) {
        queue->items[(queue->first + queue->count) % queue->capacity] = item;
        queue->count++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

/* Called with the lock held. */
static void *take_oldest(cu_queue *queue)
{
    if (queue->count == 0)
        return NULL;

    void *const item = queue->items[queue->first];

    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
    pthread_cond_signal(&queue->emptied);
    return item;
}

void *cu_queue_pop(cu_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->closed)
        pthread_cond_wait(&queue->filled, &queue->lock);

    void *const item = take_oldest(queue);

    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *cu_queue_poll(cu_queue *queue)
{
    pthread_mutex_lock(&queue->lock);

    void *const item = take_oldest(queue);

    pthread_mutex_unlock(&queue->lock);
    return item;
}

void cu_queue_close(cu_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
}
