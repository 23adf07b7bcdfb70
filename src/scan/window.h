/* SPDX-License-Identifier: Apache-2.0 */
/* The ring of windows that reading children fill and workers empty. Private to scan/. */
#ifndef CU_SCAN_WINDOW_H
#define CU_SCAN_WINDOW_H

#include "device/device.h"
#include "scan/stream.h"

#include <pthread.h>

enum {
    cu_window_bytes = 4 << 20,
    cu_window_slots = 32,
    cu_ring_readers_max = 8,
};

typedef enum cu_window_state {
    CU_WINDOW_FREE,
    CU_WINDOW_FILLING,
    CU_WINDOW_FILLED,
    CU_WINDOW_GIVEN,
} cu_window_state;

typedef struct cu_window {
    cu_window_state state;
    uint64_t offset; /* on the device */
    size_t n;
    unsigned parts; /* given out and not yet done */
    cu_bytes bytes;
    cu_image_gap *gaps;
    size_t gap_count;
    bool gap_lost; /* memory ran out while a gap was told */
} cu_window;

/*
 * Threads: readers fill windows in order; the caller gives their parts out (cu_ring_give) and
 * takes finished streams back; workers digest. Everything below lock is guarded by it, but a
 * window's bytes, which belong to whoever its state says, and a stream's insides, which belong
 * to the worker that took it.
 */
typedef struct cu_ring {
    pthread_mutex_t lock;
    pthread_cond_t to_caller;  /* a window was filled, a stream finished, something failed */
    pthread_cond_t to_workers; /* a stream is ready */
    pthread_cond_t to_readers; /* a window is free */
    cu_window windows[cu_window_slots];
    uint64_t next_read; /* number of the next window to read */
    uint64_t end;       /* number of windows */
    uint64_t in_flight; /* parts given out and not yet done */
    cu_stream *ready_first, *ready_last;
    cu_stream *finished;
    cu_stream *whole; /* the device's own stream: first in line, one part at a time */
    bool closing;
    bool settling; /* the caller gives no more until all is done */
    cu_status failed;
    cu_err err;
    cu_device *device;
    cu_device_memory memory;
    pthread_t threads[cu_ring_readers_max + 256];
    size_t thread_count;
} cu_ring;

/* Starts readers and workers from window number first. */
cu_status cu_ring_start(cu_ring *ring, cu_device *device, uint64_t first, cu_stream *whole,
                        unsigned workers, cu_err *err) CU_MUST_CHECK;

/* Ends all threads, whatever they are doing, and frees the ring's memory. Streams stay. */
void cu_ring_stop(cu_ring *ring);

/*
 * Waits for the window of this number, or for finished streams, or for a failure. *window is
 * NULL where it is not filled yet. no_window: wait for finished streams alone, or for nothing
 * in flight.
 */
cu_status cu_ring_wait(cu_ring *ring, uint64_t number, bool no_window, cu_window **window,
                       cu_stream **finished, cu_err *err) CU_MUST_CHECK;

/* Adds a part to stream and makes it ready; the window's count of parts rises. */
cu_status cu_ring_give(cu_ring *ring, cu_stream *stream, cu_window *window,
                       uint64_t file_offset, cu_bytes bytes, cu_err *err) CU_MUST_CHECK;

/* All parts of the window were given out. */
void cu_ring_given(cu_ring *ring, cu_window *window);

#endif
