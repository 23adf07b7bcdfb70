/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams into lanes: the longest first, and whatever ends makes room for the next, so that the
 * lanes stay full until the last few.
 */
#include "digest/lanes.h"

#include <stdlib.h>
#include <string.h>

enum { jobs_max = 256 }; /* in one go: on the stack */

/* What is left to take of one part. */
typedef struct job {
    cu_digest_stream *stream;
    const uint8_t *p;
    size_t blocks;
    cu_bytes rest;  /* less than a block: the stream's next tail */
    bool tail_full; /* the stream's tail is a block that goes first */
} job;

typedef struct bench {
    cu_lanes values;
    const uint8_t *at[cu_lanes_max];
    size_t left[cu_lanes_max]; /* blocks from at */
    job *jobs[cu_lanes_max];
    size_t busy; /* lanes 0 to busy - 1 */
} bench;

/* ---- jobs ---- */

static void end_job(const job *done)
{
    if (done->rest.n > 0)
        memcpy(done->stream->tail, done->rest.p, done->rest.n);
}

/* False: the part was too short for a block, and is in the tail now. */
static bool make_job(const cu_digest_part *part, job *out)
{
    cu_digest_stream *const stream = part->stream;
    const size_t held = (size_t)(stream->bytes % 64);
    const size_t missing = held == 0 ? 0 : 64 - held;
    const size_t n = part->bytes.n < missing ? part->bytes.n : missing;

    if (part->bytes.n == 0)
        return false;
    stream->bytes += part->bytes.n;
    if (n > 0)
        memcpy(stream->tail + held, part->bytes.p, n);
    if (n < missing)
        return false;
    *out = (job){.stream = stream,
                 .p = part->bytes.p + n,
                 .blocks = (part->bytes.n - n) / 64,
                 .tail_full = held > 0};
    out->rest = (cu_bytes){out->p + 64 * out->blocks, (part->bytes.n - n) % 64};
    if (out->blocks > 0 || out->tail_full)
        return true;
    end_job(out);
    return false;
}

static int longest_first(const void *a, const void *b)
{
    const job *const x = a;
    const job *const y = b;

    return x->blocks > y->blocks ? -1 : x->blocks < y->blocks;
}

/* ---- lanes ---- */

static void load_column(uint32_t rows[][cu_lanes_max], size_t lane, const uint32_t *values,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
        rows[i][lane] = values[i];
}

static void store_column(uint32_t *values, uint32_t rows[][cu_lanes_max], size_t lane,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] = rows[i][lane];
}

static void load_stream(cu_lanes *lanes, size_t lane, const cu_digest_stream *stream)
{
    load_column(lanes->md5, lane, stream->md5, 4);
    load_column(lanes->sha1, lane, stream->sha1, 5);
    load_column(lanes->sha256, lane, stream->sha256, 8);
}

static void store_stream(cu_digest_stream *stream, cu_lanes *lanes, size_t lane)
{
    if ((stream->wanted & CU_DIGEST_MD5) != 0)
        store_column(stream->md5, lanes->md5, lane, 4);
    if ((stream->wanted & CU_DIGEST_SHA1) != 0)
        store_column(stream->sha1, lanes->sha1, lane, 5);
    if ((stream->wanted & CU_DIGEST_SHA256) != 0)
        store_column(stream->sha256, lanes->sha256, lane, 8);
}

static void point_to_blocks(bench *self, size_t lane, const job *next)
{
    self->at[lane] = next->p;
    self->left[lane] = next->blocks;
}

static void sit(bench *self, size_t lane, job *next)
{
    self->jobs[lane] = next;
    load_stream(&self->values, lane, next->stream);
    point_to_blocks(self, lane, next);
    if (next->tail_full) {
        self->at[lane] = next->stream->tail;
        self->left[lane] = 1;
    }
}

/* The last busy lane moves into this one. */
static void close_gap(bench *self, size_t lane)
{
    const size_t last = --self->busy;
    cu_digest_stream moved;

    if (lane == last)
        return;
    moved.wanted = CU_DIGEST_ALL;
    store_stream(&moved, &self->values, last);
    load_stream(&self->values, lane, &moved);
    self->at[lane] = self->at[last];
    self->left[lane] = self->left[last];
    self->jobs[lane] = self->jobs[last];
}

/* What is left, one stream after the other. */
static void finish_singly(bench *self, cu_single_take *take)
{
    for (size_t lane = 0; lane < self->busy; lane++) {
        job *const last = self->jobs[lane];

        store_stream(last->stream, &self->values, lane);
        take(last->stream, self->at[lane], self->left[lane]);
        if (last->tail_full)
            take(last->stream, last->p, last->blocks);
        end_job(last);
    }
    self->busy = 0;
}

/* Every busy lane as far as the first of them that ends. */
static void advance(bench *self, const cu_digest_code *code)
{
    size_t blocks = self->left[0];
    unsigned wanted = 0;

    for (size_t lane = 0; lane < self->busy; lane++) {
        if (self->left[lane] < blocks)
            blocks = self->left[lane];
        wanted |= self->jobs[lane]->stream->wanted;
    }
    for (size_t lane = self->busy; lane < code->lanes; lane++)
        self->at[lane] = self->at[0];
    code->many(&self->values, self->at, self->busy, blocks, wanted);
    for (size_t lane = 0; lane < self->busy; lane++) {
        self->at[lane] += 64 * blocks;
        self->left[lane] -= blocks;
    }
}

static void run_jobs(job *jobs, size_t count, const cu_digest_code *code)
{
    bench self;
    size_t next = 0;

    self.busy = 0;
    for (;;) {
        while (self.busy < code->lanes && next < count)
            sit(&self, self.busy++, &jobs[next++]);
        if (self.busy <= code->few) {
            finish_singly(&self, code->single);
            return;
        }
        advance(&self, code);
        /* Backwards, since the last lane moves into one that ends. */
        for (size_t lane = self.busy; lane-- > 0;) {
            job *const here = self.jobs[lane];

            if (self.left[lane] > 0)
                continue;
            if (here->tail_full) {
                here->tail_full = false;
                point_to_blocks(&self, lane, here);
                if (here->blocks > 0)
                    continue;
            }
            store_stream(here->stream, &self.values, lane);
            end_job(here);
            close_gap(&self, lane);
        }
    }
}

void cu_digest_update_many(const cu_digest_part *parts, size_t count)
{
    const cu_digest_code *const code = cu_digest_running();
    job jobs[jobs_max];
    size_t next = 0;

    if (code->many == NULL || count <= code->few) {
        for (size_t i = 0; i < count; i++)
            cu_digest_update(parts[i].stream, parts[i].bytes);
        return;
    }
    while (next < count) {
        size_t job_count = 0;

        for (; next < count && job_count < jobs_max; next++) {
            if (make_job(&parts[next], &jobs[job_count]))
                job_count++;
        }
        if (job_count == 0)
            continue;
        qsort(jobs, job_count, sizeof jobs[0], longest_first);
        run_jobs(jobs, job_count, code);
    }
}
