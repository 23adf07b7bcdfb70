/* SPDX-License-Identifier: Apache-2.0 */
/* Streams into lanes, and out again as they end, so that the lanes stay full until the last
 * few. */
#include "digest/lanes.h"

#include <stdlib.h>
#include <string.h>

enum {
    sorted_max = 256,  /* parts that cu_digest_update_many sorts in one go */
    run_blocks = 2048, /* at most in one run: a millisecond or two */
};

/* What is left to take of one part. */
typedef struct seat {
    cu_digest_stream *stream;
    void *owner;
    const uint8_t *at;
    size_t left;           /* blocks from at */
    const uint8_t *blocks; /* where the part's own blocks begin, while the tail goes first */
    size_t block_count;
    cu_bytes rest; /* less than a block: the stream's next tail */
} seat;

struct cu_digest_lanes {
    cu_lanes values;
    const cu_digest_code *code;
    size_t busy; /* seats 0 to busy - 1 */
    seat seats[cu_lanes_max];
};

/* ---- parts ---- */

static void keep_rest(const seat *done)
{
    if (done->rest.n > 0)
        memcpy(done->stream->tail, done->rest.p, done->rest.n);
}

/* False: the part was too short for a block, and is in the tail now. */
static bool cut_part(cu_digest_stream *stream, cu_bytes bytes, seat *out)
{
    const size_t held = (size_t)(stream->bytes % 64);
    const size_t missing = held == 0 ? 0 : 64 - held;
    const size_t n = bytes.n < missing ? bytes.n : missing;

    if (bytes.n == 0)
        return false;
    stream->bytes += bytes.n;
    if (n > 0)
        memcpy(stream->tail + held, bytes.p, n);
    if (n < missing)
        return false;
    *out = (seat){.stream = stream,
                  .at = stream->tail,
                  .left = held > 0,
                  .blocks = bytes.p + n,
                  .block_count = (bytes.n - n) / 64};
    out->rest = (cu_bytes){out->blocks + 64 * out->block_count, (bytes.n - n) % 64};
    if (out->left > 0 || out->block_count > 0)
        return true;
    keep_rest(out);
    return false;
}

/* After the tail, the part's own blocks. False: all are taken. */
static bool go_on(seat *self)
{
    self->at = self->blocks;
    self->left = self->block_count;
    self->block_count = 0;
    return self->left > 0;
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

/* The last busy lane moves into this one. */
static void close_gap(cu_digest_lanes *self, size_t lane)
{
    const size_t last = --self->busy;
    cu_digest_stream moved = {.wanted = CU_DIGEST_ALL};

    if (lane == last)
        return;
    store_stream(&moved, &self->values, last);
    load_stream(&self->values, lane, &moved);
    self->seats[lane] = self->seats[last];
}

/* The last lane to its end, alone. */
static void *finish_one(cu_digest_lanes *self)
{
    seat *const last = &self->seats[--self->busy];

    store_stream(last->stream, &self->values, self->busy);
    do
        self->code->single(last->stream, last->at, last->left);
    while (go_on(last));
    keep_rest(last);
    return last->owner;
}

/* Every busy lane, as far as the first of them that ends. */
static void advance(cu_digest_lanes *self)
{
    const uint8_t *at[cu_lanes_max];
    size_t blocks = run_blocks;
    unsigned wanted = 0;

    for (size_t lane = 0; lane < self->busy; lane++) {
        if (self->seats[lane].left < blocks)
            blocks = self->seats[lane].left;
        wanted |= self->seats[lane].stream->wanted;
    }
    for (size_t lane = 0; lane < cu_lanes_max; lane++)
        at[lane] = self->seats[lane < self->busy ? lane : 0].at;
    self->code->many(&self->values, at, self->busy, blocks, wanted);
    for (size_t lane = 0; lane < self->busy; lane++) {
        self->seats[lane].at += 64 * blocks;
        self->seats[lane].left -= blocks;
    }
}

/* ---- in and out ---- */

static void init(cu_digest_lanes *self)
{
    self->code = cu_digest_running();
    self->busy = 0;
}

cu_digest_lanes *cu_digest_lanes_new(void)
{
    const size_t line = _Alignof(cu_digest_lanes);
    cu_digest_lanes *const self = aligned_alloc(line, (sizeof *self + line - 1) / line * line);

    if (self != NULL)
        init(self);
    return self;
}

void cu_digest_lanes_free(cu_digest_lanes *lanes)
{
    free(lanes);
}

size_t cu_digest_lanes_busy(const cu_digest_lanes *lanes)
{
    return lanes->busy;
}

size_t cu_digest_lanes_room(const cu_digest_lanes *lanes)
{
    return (lanes->code->many == NULL ? 1 : lanes->code->lanes) - lanes->busy;
}

bool cu_digest_lanes_pay(const cu_digest_lanes *lanes)
{
    return lanes->code->many == NULL ? lanes->busy > 0 : lanes->busy > lanes->code->few;
}

bool cu_digest_lanes_put(cu_digest_lanes *lanes, cu_digest_stream *stream, cu_bytes bytes,
                         void *owner)
{
    seat *const free_seat = &lanes->seats[lanes->busy];

    if (!cut_part(stream, bytes, free_seat))
        return false;
    free_seat->owner = owner;
    if (free_seat->left == 0)
        (void)go_on(free_seat);
    load_stream(&lanes->values, lanes->busy++, stream);
    return true;
}

size_t cu_digest_lanes_run(cu_digest_lanes *lanes, void *owners[cu_digest_lanes_max])
{
    size_t count = 0;

    if (lanes->busy == 0)
        return 0;
    if (lanes->code->many == NULL || !cu_digest_lanes_pay(lanes)) {
        owners[0] = finish_one(lanes);
        return 1;
    }
    advance(lanes);
    /* Backwards, since the last lane moves into one that ends. */
    for (size_t lane = lanes->busy; lane-- > 0;) {
        seat *const here = &lanes->seats[lane];

        if (here->left > 0 || go_on(here))
            continue;
        store_stream(here->stream, &lanes->values, lane);
        keep_rest(here);
        owners[count++] = here->owner;
        close_gap(lanes, lane);
    }
    return count;
}

static int longest_first(const void *a, const void *b)
{
    const cu_digest_part *const *const x = a;
    const cu_digest_part *const *const y = b;

    return (*x)->bytes.n > (*y)->bytes.n ? -1 : (*x)->bytes.n < (*y)->bytes.n;
}

void cu_digest_update_many(const cu_digest_part *parts, size_t count)
{
    const cu_digest_part *sorted[sorted_max];
    void *owners[cu_digest_lanes_max];
    cu_digest_lanes self;

    init(&self);
    while (count > 0) {
        const size_t n = count < sorted_max ? count : (size_t)sorted_max;

        for (size_t i = 0; i < n; i++)
            sorted[i] = &parts[i];
        qsort(sorted, n, sizeof(const cu_digest_part *), longest_first);
        for (size_t i = 0; i < n; i++) {
            while (cu_digest_lanes_room(&self) == 0)
                (void)cu_digest_lanes_run(&self, owners);
            (void)cu_digest_lanes_put(&self, sorted[i]->stream, sorted[i]->bytes, NULL);
        }
        parts += n;
        count -= n;
    }
    while (self.busy > 0)
        (void)cu_digest_lanes_run(&self, owners);
}
