/* SPDX-License-Identifier: Apache-2.0 */
/* Windows in device order; each gives its parts to the contents that own them. */
#include "scan/sweep.h"

#include "base/clock.h"
#include "base/list.h"
#include "scan/window.h"

#include <stdlib.h>
#include <string.h>

/* How often an unfinished sweep is made durable. */
static const int64_t checkpoint_us = 3000000;

typedef struct sweep {
    const cu_sweep_options *options;
    cu_plan *plan;
    cu_ring ring;
    cu_stream whole;
    cu_stream **streams; /* by content; NULL where it has not begun or is done */
    size_t cursor;       /* in plan->order */
    uint32_t *active;    /* extents that go on into the next window */
    size_t active_count, active_room;
    uint64_t next; /* window to give out */
    int64_t saved_us;
    bool stopping;
} sweep;

/* ---- giving out ---- */

static cu_status keep_active(sweep *self, uint32_t extent, cu_err *err)
{
    uint32_t *const list =
        cu_list_room(self->active, self->active_count, &self->active_room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->active = list;
    list[self->active_count++] = extent;
    return CU_OK;
}

/* The gaps of the window that lie in this part become missing bytes of the content. */
static bool miss_gaps(cu_stream *stream, const cu_window *window, uint64_t from, uint64_t to,
                      uint64_t file_offset)
{
    for (size_t i = 0; i < window->gap_count; i++) {
        const cu_image_gap *const gap = &window->gaps[i];
        const uint64_t start = gap->offset > from ? gap->offset : from;
        const uint64_t end = gap->offset + gap->bytes < to ? gap->offset + gap->bytes : to;

        if (start < end &&
            !cu_stream_miss(stream, file_offset + (start - from), end - start, gap->why))
            return false;
    }
    return true;
}

static cu_stream *new_stream(sweep *self, const cu_content *content)
{
    cu_stream *const stream = cu_stream_new(self->plan, content);

    if (stream != NULL && self->options->pictures != NULL)
        stream->keep = cu_pictures_keep(self->options->pictures);
    return stream;
}

static cu_status give_extent(sweep *self, uint32_t index, cu_window *window, cu_err *err)
{
    const cu_plan_extent *const extent = &self->plan->extents[index];
    const uint64_t window_end = window->offset + window->n;
    const uint64_t end = extent->device_offset + extent->bytes;
    const uint64_t from =
        extent->device_offset > window->offset ? extent->device_offset : window->offset;
    const uint64_t to = end < window_end ? end : window_end;
    const uint64_t file_offset = extent->file_offset + (from - extent->device_offset);
    cu_content *const content = &self->plan->contents[extent->content];
    cu_stream **const stream = &self->streams[extent->content];

    if (*stream == NULL)
        *stream = new_stream(self, content);
    if (*stream == NULL || !miss_gaps(*stream, window, from, to, file_offset))
        return cu_fail(err, CU_ENOMEM, "out of memory");

    cu_status st = cu_ring_give(
        &self->ring, *stream, window, file_offset,
        cu_bytes_slice(window->bytes, (size_t)(from - window->offset), (size_t)(to - from)),
        err);

    if (st == CU_OK && end > window_end)
        st = keep_active(self, index, err);
    return st;
}

static bool is_swept(const cu_content *content)
{
    return (content->flags & (CU_CONTENT_DONE | CU_CONTENT_SCATTERED)) == 0;
}

static cu_status tell_gaps(sweep *self, const cu_window *window, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < window->gap_count; i++) {
        const cu_image_gap *const gap = &window->gaps[i];

        st = cu_plan_claim(self->plan, gap->offset, gap->bytes, CU_CLASS_UNREADABLE, err);
        if (st == CU_OK)
            st = cu_evidence_add_finding(self->options->evidence,
                                         &(cu_evidence_finding){.path = "",
                                                                .offset = gap->offset,
                                                                .bytes = gap->bytes,
                                                                .kind = "unreadable",
                                                                .text = gap->why},
                                         err);
    }
    return st;
}

static cu_status give_window(sweep *self, cu_window *window, cu_err *err)
{
    const cu_plan *const plan = self->plan;
    const size_t carried = self->active_count;
    cu_status st = tell_gaps(self, window, err);

    if (st == CU_OK)
        st =
            cu_ring_give(&self->ring, &self->whole, window, window->offset, window->bytes, err);
    for (size_t i = 0; st == CU_OK && i < carried; i++)
        st = give_extent(self, self->active[i], window, err);
    /* What was carried in has been given; what goes on was added behind it. */
    self->active_count -= carried;
    if (self->active_count > 0)
        memmove(self->active, self->active + carried,
                self->active_count * sizeof *self->active);
    for (; st == CU_OK && self->cursor < plan->order_count; self->cursor++) {
        const uint32_t index = plan->order[self->cursor];

        if (plan->extents[index].device_offset >= window->offset + window->n)
            break;
        if (is_swept(&plan->contents[plan->extents[index].content]))
            st = give_extent(self, index, window, err);
    }
    cu_ring_given(&self->ring, window);
    return st;
}

/* ---- taking back ---- */

static cu_status finish_all(sweep *self, cu_stream *finished, cu_err *err)
{
    cu_status st = CU_OK;

    while (finished != NULL) {
        cu_stream *const next = finished->next;

        self->streams[finished->content - self->plan->contents] = NULL;
        if (st == CU_OK)
            st = cu_stream_finish(finished, self->plan, self->options->evidence, err);
        if (st == CU_OK && self->options->pictures != NULL)
            st = cu_pictures_offer(self->options->pictures, finished, err);
        cu_stream_free(finished);
        finished = next;
    }
    return st;
}

static cu_status save(sweep *self, cu_err *err)
{
    const uint64_t at = self->next * cu_window_bytes;
    cu_buffer state = {0};

    cu_buffer_u64le(&state, at);
    cu_buffer_append(&state, &self->whole.digest, sizeof self->whole.digest);

    cu_status st = cu_buffer_check(&state, err);

    if (st == CU_OK)
        st = cu_evidence_put_state(self->options->evidence, CU_SWEEP_STATE,
                                   cu_buffer_view(&state), err);
    if (st == CU_OK)
        st = cu_evidence_commit(self->options->evidence, err);
    cu_buffer_free(&state);
    self->saved_us = cu_clock_steady_us();
    return st;
}

/* Waits until nothing is in flight, so that the state is that of one place on the device. */
static cu_status settle_and_save(sweep *self, cu_err *err)
{
    for (;;) {
        cu_window *window = NULL;
        cu_stream *finished = NULL;
        cu_status st = cu_ring_wait(&self->ring, self->next, true, &window, &finished, err);

        if (st == CU_OK && finished == NULL)
            return save(self, err);

        const cu_status done = finish_all(self, finished, err);

        if (st != CU_OK || done != CU_OK)
            return st != CU_OK ? st : done;
    }
}

static cu_status step(sweep *self, cu_err *err)
{
    cu_window *window = NULL;
    cu_stream *finished = NULL;
    cu_status st = cu_ring_wait(&self->ring, self->next, false, &window, &finished, err);
    const cu_status done = finish_all(self, finished, err);

    if (st == CU_OK)
        st = done;
    if (st == CU_OK && self->options->pictures != NULL)
        st = cu_pictures_keep_up(self->options->pictures, err);
    if (st == CU_OK && window != NULL) {
        st = give_window(self, window, err);
        self->next++;
    }
    if (st == CU_OK &&
        !cu_progress_tell(self->options->progress, "reading", self->next * cu_window_bytes,
                          self->plan->device_bytes))
        self->stopping = true;
    if (st == CU_OK &&
        (self->stopping || cu_clock_steady_us() - self->saved_us > checkpoint_us))
        st = settle_and_save(self, err);
    if (st == CU_OK && self->stopping)
        st = cu_fail(err, CU_ESTOPPED, "stopped; --resume goes on from here");
    return st;
}

/* Contents that began before the place where a resumed sweep goes on are read on their own. */
static void skip_to_start(sweep *self)
{
    const cu_plan *const plan = self->plan;

    for (; self->cursor < plan->order_count; self->cursor++) {
        const cu_plan_extent *const extent = &plan->extents[plan->order[self->cursor]];

        if (extent->device_offset >= self->options->from)
            break;
        if ((plan->contents[extent->content].flags & CU_CONTENT_DONE) == 0)
            plan->contents[extent->content].flags |= CU_CONTENT_SCATTERED;
    }
}

cu_status cu_sweep_run(const cu_sweep_options *options, cu_err *err)
{
    sweep *const self = calloc(1, sizeof *self);
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->options = options;
    self->plan = options->plan;
    self->whole.digest = *options->whole;
    self->next = options->from / cu_window_bytes;
    self->saved_us = cu_clock_steady_us();
    self->streams = calloc(options->plan->content_count + 1, sizeof(cu_stream *));
    skip_to_start(self);
    if (self->streams == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    else
        st = cu_ring_start(&self->ring, options->device, self->next, &self->whole,
                           options->workers, err);
    if (st == CU_OK) {
        while (st == CU_OK && self->next < self->ring.end)
            st = step(self, err);
        if (st == CU_OK)
            st = settle_and_save(self, err);
        cu_ring_stop(&self->ring);
    }
    *options->whole = self->whole.digest;
    while (self->whole.first != NULL) {
        cu_part *const part = self->whole.first;

        self->whole.first = part->next;
        free(part);
    }
    for (size_t i = 0; self->streams != NULL && i < options->plan->content_count; i++)
        cu_stream_free(self->streams[i]);
    free(self->streams);
    free(self->active);
    free(self);
    return st;
}
