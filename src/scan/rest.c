/* SPDX-License-Identifier: Apache-2.0 */
/* Contents that the sweep could not digest in passing, each read on its own, in file order. */
#include "scan/stream.h"
#include "scan/sweep.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdlib.h>

enum {
    piece_bytes = 4 << 20,
    threads_max = 8, /* each has a reading child, and a disk has one arm */
};

typedef struct rest {
    pthread_mutex_t lock; /* guards what follows, the evidence, the progress and the flags */
    const cu_sweep_options *options;
    size_t next; /* content */
    int64_t saved_us;
    cu_status failed;
    cu_err err;
} rest;

/* What one thread is reading. */
typedef struct reading {
    rest *rest;
    const cu_sweep_options *options;
    cu_device_memory memory;
    cu_device_reader *reader;
    cu_stream *stream;
    uint64_t piece_offset; /* on the device */
    uint64_t file_offset;
    pthread_t thread;
    bool started;
    bool gap_lost;
} reading;

static void miss(void *context, const cu_image_gap *gap)
{
    reading *const self = context;

    if (!cu_stream_miss(self->stream, self->file_offset + (gap->offset - self->piece_offset),
                        gap->bytes, gap->why))
        self->gap_lost = true;
}

static cu_status feed(reading *self, cu_bytes bytes, cu_err *err)
{
    cu_stream *const stream = self->stream;

    if (!cu_stream_sniff(stream, bytes) || self->gap_lost)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if ((stream->content->flags & CU_CONTENT_LOST) == 0)
        cu_digest_update(&stream->digest, bytes);
    stream->fed += bytes.n;
    stream->read += bytes.n;
    return CU_OK;
}

static cu_status read_extents(reading *self, cu_err *err)
{
    const cu_plan *const plan = self->options->plan;
    const cu_content *const content = self->stream->content;
    cu_status st = CU_OK;

    for (uint32_t i = 0; st == CU_OK && i < content->extent_count; i++) {
        const cu_plan_extent *const extent = &plan->extents[content->first_extent + i];

        cu_stream_skip_to(self->stream, extent->file_offset);
        for (uint64_t done = 0; st == CU_OK && done < extent->bytes;) {
            const uint64_t left = extent->bytes - done;
            const size_t n = left < piece_bytes ? (size_t)left : (size_t)piece_bytes;

            self->piece_offset = extent->device_offset + done;
            self->file_offset = extent->file_offset + done;
            st = cu_device_reader_read(
                self->reader, &(cu_device_piece){self->piece_offset, n, 0, miss, self}, err);
            if (st == CU_OK)
                st = feed(self, (cu_bytes){self->memory.p, n}, err);
            done += n;
        }
    }
    return st;
}

static cu_status see_bytes(void *context, cu_bytes bytes, cu_err *err)
{
    return feed(context, bytes, err);
}

static cu_status read_by_library(reading *self, cu_err *err)
{
    const cu_content *const content = self->stream->content;
    const cu_walked *const walked = &self->options->walked[content->volume];
    cu_err why = {0};
    const cu_status st = cu_device_content(
        self->options->device,
        &(cu_filesystem_file){walked->offset, walked->filesystem, content->inode,
                              content->attribute, content->size},
        see_bytes, self, &why);

    if (st == CU_OK)
        return CU_OK;
    if (st == CU_ENOMEM || st == CU_EIO || st == CU_ESTOPPED) {
        if (err != NULL)
            *err = why;
        return st;
    }

    char text[96];
    const uint64_t left = content->size - self->stream->fed;

    (void)snprintf(text, sizeof text, "not examined: %.80s", why.text);
    self->stream->read += left;
    if (!cu_stream_miss(self->stream, self->stream->fed, left, text))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->stream->fed = content->size;
    return CU_OK;
}

/* The result of what was read, and how far we are. With the lock held. */
static cu_status note_result(reading *self, cu_err *err)
{
    rest *const all = self->rest;
    const cu_sweep_options *const options = self->options;
    cu_status st = cu_stream_finish(self->stream, options->plan, options->evidence, err);

    if (st == CU_OK && options->pictures != NULL)
        st = cu_pictures_offer(options->pictures, self->stream, err);
    if (st == CU_OK && options->pictures != NULL)
        st = cu_pictures_keep_up(options->pictures, err);
    if (st != CU_OK)
        return st;

    const bool going = cu_progress_tell(options->progress, "scattered files", all->next,
                                        options->plan->content_count);

    if (!going || cu_clock_steady_us() - all->saved_us > 3000000) {
        st = cu_evidence_commit(options->evidence, err);
        all->saved_us = cu_clock_steady_us();
    }
    if (st == CU_OK && !going)
        st = cu_fail(err, CU_ESTOPPED, "stopped; --resume goes on from here");
    return st;
}

static cu_status read_content(reading *self, const cu_content *content, cu_err *err)
{
    self->stream = cu_stream_new(self->options->plan, content);
    self->gap_lost = false;
    if (self->stream == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (self->options->pictures != NULL)
        self->stream->keep = cu_pictures_keep(self->options->pictures);

    cu_status st = (content->flags & CU_CONTENT_BY_LIBRARY) != 0 ? read_by_library(self, err)
                                                                 : read_extents(self, err);

    if (st == CU_OK) {
        pthread_mutex_lock(&self->rest->lock);
        st = note_result(self, err);
        pthread_mutex_unlock(&self->rest->lock);
    }
    cu_stream_free(self->stream);
    self->stream = NULL;
    return st;
}

/* NULL: there is no more to do, or it failed. */
static const cu_content *take_content(rest *all)
{
    const cu_plan *const plan = all->options->plan;
    const cu_content *taken = NULL;

    pthread_mutex_lock(&all->lock);
    while (all->failed == CU_OK && taken == NULL && all->next < plan->content_count) {
        const cu_content *const content = &plan->contents[all->next++];

        if ((content->flags & (CU_CONTENT_DONE | CU_CONTENT_SKIPPED)) == 0)
            taken = content;
    }
    pthread_mutex_unlock(&all->lock);
    return taken;
}

static cu_status open_reader(reading *self, cu_err *err)
{
    const cu_status st = cu_device_memory_make(piece_bytes, &self->memory, err);

    return st != CU_OK ? st
                       : cu_device_reader_open(self->options->device, &self->memory,
                                               &self->reader, err);
}

static void *read_contents(void *context)
{
    reading *const self = context;
    rest *const all = self->rest;
    const cu_content *content = NULL;
    cu_err err = {0};
    cu_status st = CU_OK;

    while (st == CU_OK && (content = take_content(all)) != NULL) {
        if (self->reader == NULL)
            st = open_reader(self, &err);
        if (st == CU_OK)
            st = read_content(self, content, &err);
    }
    if (st != CU_OK) {
        pthread_mutex_lock(&all->lock);
        if (all->failed == CU_OK) {
            all->failed = st;
            all->err = err;
        }
        pthread_mutex_unlock(&all->lock);
    }
    cu_device_reader_close(self->reader);
    cu_device_memory_free(&self->memory);
    return NULL;
}

cu_status cu_sweep_rest(const cu_sweep_options *options, cu_err *err)
{
    const size_t most = options->workers < threads_max ? options->workers : (size_t)threads_max;
    const size_t wanted = most > 0 ? most : 1;
    rest all = {.options = options, .saved_us = cu_clock_steady_us()};
    reading readings[threads_max];

    pthread_mutex_init(&all.lock, NULL);
    for (size_t i = 0; i < wanted; i++)
        readings[i] = (reading){.rest = &all, .options = options, .memory = {.fd = -1}};
    /* Where no thread can be had, fewer do it; this one does its share. */
    for (size_t i = 1; i < wanted; i++)
        readings[i].started =
            pthread_create(&readings[i].thread, NULL, read_contents, &readings[i]) == 0;
    (void)read_contents(&readings[0]);
    for (size_t i = 1; i < wanted; i++) {
        if (readings[i].started)
            pthread_join(readings[i].thread, NULL);
    }
    pthread_mutex_destroy(&all.lock);
    if (all.failed != CU_OK && err != NULL)
        *err = all.err;
    return all.failed;
}
