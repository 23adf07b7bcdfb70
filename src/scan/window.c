/* SPDX-License-Identifier: Apache-2.0 */
/* Readers, workers, and the lock between them. */
#include "scan/window.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a worker has in hand. */
typedef struct hand {
    cu_digest_lanes *lanes;
    cu_stream *taken[cu_digest_lanes_max]; /* from the ready list, and not in a lane yet */
    size_t taken_count;
    bool whole;
} hand;

static void fail(cu_ring *ring, cu_status st, const cu_err *err)
{
    pthread_mutex_lock(&ring->lock);
    if (ring->failed == CU_OK) {
        ring->failed = st;
        ring->err = *err;
    }
    pthread_cond_broadcast(&ring->to_caller);
    pthread_mutex_unlock(&ring->lock);
}

/* ---- readers ---- */

static void keep_gap(void *context, const cu_image_gap *gap)
{
    cu_window *const window = context;
    cu_image_gap *const grown = realloc(window->gaps, (window->gap_count + 1) * sizeof *grown);

    if (grown == NULL) {
        window->gap_lost = true;
        return;
    }
    window->gaps = grown;
    window->gaps[window->gap_count++] = *gap;
}

/* The next window to fill, once its slot is free. NULL: there is no more to do. */
static cu_window *take_slot(cu_ring *ring)
{
    cu_window *window = NULL;

    pthread_mutex_lock(&ring->lock);
    while (!ring->closing && ring->next_read < ring->end) {
        cu_window *const slot = &ring->windows[ring->next_read % cu_window_slots];
        const uint64_t offset = ring->next_read * cu_window_bytes;

        if (slot->state == CU_WINDOW_FREE) {
            const uint64_t left = cu_device_facts(ring->device)->bytes - offset;

            slot->state = CU_WINDOW_FILLING;
            slot->offset = offset;
            slot->n = left < cu_window_bytes ? (size_t)left : (size_t)cu_window_bytes;
            slot->gap_count = 0;
            ring->next_read++;
            window = slot;
            break;
        }
        pthread_cond_wait(&ring->to_readers, &ring->lock);
    }
    pthread_mutex_unlock(&ring->lock);
    return window;
}

static void *read_windows(void *context)
{
    cu_ring *const ring = context;
    cu_device_reader *reader = NULL;
    cu_err err = {0};
    cu_status st = cu_device_reader_open(ring->device, &ring->memory, &reader, &err);
    cu_window *window = NULL;

    while (st == CU_OK && (window = take_slot(ring)) != NULL) {
        const size_t at = (size_t)(window - ring->windows) * cu_window_bytes;

        window->bytes = (cu_bytes){ring->memory.p + at, window->n};
        st = cu_device_reader_read(
            reader, &(cu_device_piece){window->offset, window->n, at, keep_gap, window}, &err);
        if (st == CU_OK && window->gap_lost)
            st = cu_fail(&err, CU_ENOMEM, "out of memory");
        if (st != CU_OK)
            break;
        pthread_mutex_lock(&ring->lock);
        window->state = CU_WINDOW_FILLED;
        pthread_cond_broadcast(&ring->to_caller);
        pthread_mutex_unlock(&ring->lock);
    }
    if (st != CU_OK)
        fail(ring, st, &err);
    cu_device_reader_close(reader);
    return NULL;
}

/* ---- workers ---- */

/* With the lock held. */
static void release(cu_ring *ring, cu_window *window)
{
    if (window == NULL)
        return;
    ring->in_flight--;
    if (--window->parts == 0 && window->state == CU_WINDOW_GIVEN) {
        window->state = CU_WINDOW_FREE;
        pthread_cond_broadcast(&ring->to_readers);
    }
    if (ring->in_flight == 0)
        pthread_cond_broadcast(&ring->to_caller);
}

/*
 * Whether so much is still to be given that it is worth waiting for, with lanes half empty: a
 * quarter of the ring is being filled, or could be, or is with the caller. With the lock held.
 */
static bool more_comes(const cu_ring *ring)
{
    unsigned coming = 0;

    for (size_t i = 0; i < cu_window_slots; i++) {
        const cu_window_state state = ring->windows[i].state;

        if (state == CU_WINDOW_FILLING || state == CU_WINDOW_FILLED)
            coming++;
    }
    /* A slot is filled in its turn: none that lies behind one in use. */
    for (uint64_t i = ring->next_read;
         i < ring->end && i < ring->next_read + cu_window_slots &&
         ring->windows[i % cu_window_slots].state == CU_WINDOW_FREE;
         i++)
        coming++;
    return !ring->settling && ring->failed == CU_OK && coming >= cu_window_slots / 4;
}

/* With the lock held. */
static void take_ready(cu_ring *ring, hand *self)
{
    const size_t room = cu_digest_lanes_room(self->lanes);

    while (ring->ready_first != NULL && self->taken_count < room) {
        cu_stream *const stream = ring->ready_first;

        ring->ready_first = stream->next;
        if (ring->ready_first == NULL)
            ring->ready_last = NULL;
        self->taken[self->taken_count++] = stream;
    }
}

/* Waits for something worth doing. False: there is no more. */
static bool take_work(cu_ring *ring, hand *self)
{
    const size_t busy = cu_digest_lanes_busy(self->lanes);

    self->taken_count = 0;
    self->whole = false;
    pthread_mutex_lock(&ring->lock);
    while (!ring->closing) {
        self->whole = ring->whole->first != NULL && !ring->whole->queued;
        if (self->whole) {
            ring->whole->queued = true;
            break;
        }
        take_ready(ring, self);
        if (self->taken_count > 0 ||
            (busy > 0 && (cu_digest_lanes_pay(self->lanes) || !more_comes(ring))))
            break;
        pthread_cond_wait(&ring->to_workers, &ring->lock);
    }

    const bool going = !ring->closing;

    pthread_mutex_unlock(&ring->lock);
    return going;
}

/* With the lock held. */
static void make_ready(cu_ring *ring, cu_stream *stream)
{
    stream->queued = true;
    stream->next = NULL;
    if (ring->ready_last == NULL)
        ring->ready_first = stream;
    else
        ring->ready_last->next = stream;
    ring->ready_last = stream;
    pthread_cond_signal(&ring->to_workers);
}

/* The first part of stream is done. With the lock held. */
static void return_stream(cu_ring *ring, cu_stream *stream)
{
    cu_part *const part = stream->first;

    stream->fed += part->bytes.n;
    stream->read += part->bytes.n;
    stream->first = part->next;
    if (stream->first == NULL)
        stream->last = NULL;
    stream->queued = false;
    if (stream->content == NULL) {
        if (stream->first != NULL)
            pthread_cond_signal(&ring->to_workers);
    } else {
        stream->stored_left -= part->bytes.n;
        if (stream->first != NULL) {
            make_ready(ring, stream);
        } else if (stream->stored_left == 0) {
            stream->next = ring->finished;
            ring->finished = stream;
            pthread_cond_broadcast(&ring->to_caller);
        }
    }
    release(ring, part->window);
    free(part);
}

static void return_all(cu_ring *ring, void *const *streams, size_t count)
{
    if (count == 0)
        return;
    pthread_mutex_lock(&ring->lock);
    for (size_t i = 0; i < count; i++)
        return_stream(ring, streams[i]);
    pthread_mutex_unlock(&ring->lock);
}

/* Into lanes with what was taken. False: out of memory. */
static bool seat_streams(cu_ring *ring, hand *self)
{
    void *done[cu_digest_lanes_max];
    size_t done_count = 0;

    for (size_t i = 0; i < self->taken_count; i++) {
        cu_stream *const stream = self->taken[i];
        const cu_part *const part = stream->first;

        cu_stream_skip_to(stream, part->file_offset);
        if (!cu_stream_sniff(stream, part->bytes))
            return false;
        if ((stream->content->flags & CU_CONTENT_LOST) != 0 ||
            !cu_digest_lanes_put(self->lanes, &stream->digest, part->bytes, stream))
            done[done_count++] = stream;
    }
    return_all(ring, done, done_count);
    return true;
}

static void digest_whole(cu_ring *ring)
{
    void *const whole = ring->whole;

    cu_digest_update(&ring->whole->digest, ring->whole->first->bytes);
    return_all(ring, &whole, 1);
}

static void *work(void *context)
{
    cu_ring *const ring = context;
    hand self = {.lanes = cu_digest_lanes_new()};
    const cu_err err = {.code = CU_ENOMEM, .text = "out of memory"};
    bool good = self.lanes != NULL;

    while (good && take_work(ring, &self)) {
        void *done[cu_digest_lanes_max];

        if (self.whole) {
            digest_whole(ring);
            continue;
        }
        good = seat_streams(ring, &self);
        if (good && (cu_digest_lanes_pay(self.lanes) || self.taken_count == 0))
            return_all(ring, done, cu_digest_lanes_run(self.lanes, done));
    }
    if (!good)
        fail(ring, CU_ENOMEM, &err);
    cu_digest_lanes_free(self.lanes);
    return NULL;
}

/* ---- the caller's side ---- */

static cu_status start_threads(cu_ring *ring, size_t count, void *(*run)(void *), cu_err *err)
{
    for (size_t i = 0; i < count && ring->thread_count < CU_COUNT_OF(ring->threads); i++) {
        errno = pthread_create(&ring->threads[ring->thread_count], NULL, run, ring);
        if (errno != 0)
            return cu_fail_os(err, "could not start a thread");
        ring->thread_count++;
    }
    return CU_OK;
}

cu_status cu_ring_start(cu_ring *ring, cu_device *device, uint64_t first, cu_stream *whole,
                        unsigned workers, cu_err *err)
{
    const cu_image_facts *const facts = cu_device_facts(device);
    /* A compressed container is read by as many children as there are workers. */
    const size_t readers = facts->unit_bytes == 0          ? 1
                           : workers < cu_ring_readers_max ? workers
                                                           : cu_ring_readers_max;

    *ring = (cu_ring){.device = device,
                      .whole = whole,
                      .next_read = first,
                      .end = (facts->bytes + cu_window_bytes - 1) / cu_window_bytes};
    pthread_mutex_init(&ring->lock, NULL);
    pthread_cond_init(&ring->to_caller, NULL);
    pthread_cond_init(&ring->to_workers, NULL);
    pthread_cond_init(&ring->to_readers, NULL);

    cu_status st =
        cu_device_memory_make((size_t)cu_window_bytes * cu_window_slots, &ring->memory, err);

    if (st == CU_OK)
        st = start_threads(ring, readers, read_windows, err);
    if (st == CU_OK)
        st = start_threads(ring, workers, work, err);
    if (st != CU_OK)
        cu_ring_stop(ring);
    return st;
}

void cu_ring_stop(cu_ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->closing = true;
    pthread_cond_broadcast(&ring->to_workers);
    pthread_cond_broadcast(&ring->to_readers);
    pthread_mutex_unlock(&ring->lock);
    for (size_t i = 0; i < ring->thread_count; i++)
        pthread_join(ring->threads[i], NULL);
    for (size_t i = 0; i < cu_window_slots; i++)
        free(ring->windows[i].gaps);
    cu_device_memory_free(&ring->memory);
    pthread_cond_destroy(&ring->to_caller);
    pthread_cond_destroy(&ring->to_workers);
    pthread_cond_destroy(&ring->to_readers);
    pthread_mutex_destroy(&ring->lock);
}

cu_status cu_ring_wait(cu_ring *ring, uint64_t number, bool no_window, cu_window **window,
                       cu_stream **finished, cu_err *err)
{
    cu_window *const wanted = &ring->windows[number % cu_window_slots];
    cu_status st = CU_OK;

    pthread_mutex_lock(&ring->lock);
    ring->settling = no_window;
    if (no_window)
        pthread_cond_broadcast(&ring->to_workers);
    for (;;) {
        const bool filled = !no_window && wanted->state == CU_WINDOW_FILLED &&
                            wanted->offset == number * cu_window_bytes;

        *window = filled ? wanted : NULL;
        if (ring->failed != CU_OK || filled || ring->finished != NULL ||
            (no_window && ring->in_flight == 0))
            break;
        pthread_cond_wait(&ring->to_caller, &ring->lock);
    }
    *finished = ring->finished;
    ring->finished = NULL;
    st = ring->failed;
    if (st != CU_OK && err != NULL)
        *err = ring->err;
    pthread_mutex_unlock(&ring->lock);
    return st;
}

cu_status cu_ring_give(cu_ring *ring, cu_stream *stream, cu_window *window,
                       uint64_t file_offset, cu_bytes bytes, cu_err *err)
{
    cu_part *const part = malloc(sizeof *part);

    if (part == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    *part = (cu_part){.window = window, .file_offset = file_offset, .bytes = bytes};
    pthread_mutex_lock(&ring->lock);
    window->parts++;
    ring->in_flight++;
    if (stream->last == NULL)
        stream->first = part;
    else
        stream->last->next = part;
    stream->last = part;
    if (stream->content == NULL)
        pthread_cond_signal(&ring->to_workers);
    else if (!stream->queued)
        make_ready(ring, stream);
    pthread_mutex_unlock(&ring->lock);
    return CU_OK;
}

void cu_ring_given(cu_ring *ring, cu_window *window)
{
    pthread_mutex_lock(&ring->lock);
    window->state = CU_WINDOW_GIVEN;
    if (window->parts == 0) {
        window->state = CU_WINDOW_FREE;
        pthread_cond_broadcast(&ring->to_readers);
    }
    /* There may be no more to wait for. */
    pthread_cond_broadcast(&ring->to_workers);
    pthread_mutex_unlock(&ring->lock);
}
