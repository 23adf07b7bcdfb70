/* SPDX-License-Identifier: Apache-2.0 */
/* Workers read a picture and have it decoded; the caller writes what they found. */
#include "scan/pictures.h"

#include "base/clock.h"
#include "base/queue.h"
#include "scan/candidates.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    piece_bytes = 4 << 20,
    keep_bytes = 32 << 20, /* of a worker's memory between two pictures */
    queue_items = 64,
};

static const int64_t checkpoint_us = 3000000;

/* One picture's answer on its way to the caller. */
typedef struct answer {
    uint32_t candidate;
    cu_status status; /* ours: no facts where it is not CU_OK */
    cu_err err;
    cu_picture_facts facts;
    bool has_thumbnail; /* the file holds another picture, small */
    cu_digests thumbnail_digests;
    cu_picture_facts thumbnail;
    cu_picture_views *views; /* NULL where they were not asked for */
} answer;

typedef struct stage {
    pthread_mutex_t lock; /* guards next and stopping */
    size_t next;          /* of the leaders */
    bool stopping;
    const cu_pictures_options *options;
    bool full;  /* variant F is wanted */
    bool views; /* so are other views */
    cu_candidates candidates;
    cu_queue *answers;
} stage;

typedef struct worker {
    stage *stage;
    pthread_t thread;
    bool started;
    cu_picture_decoder *decoder;
    cu_device_reader *reader;
    cu_device_memory memory;
    int read_only; /* the same memory, as the decoder gets it */
    uint64_t used; /* bytes of the memory that hold something */
} worker;

/* ---- a worker ---- */

static cu_status read_extents(worker *self, const cu_content *content, cu_err *err)
{
    const cu_plan *const plan = self->stage->options->plan;
    cu_status st = CU_OK;

    for (uint32_t i = 0; st == CU_OK && i < content->extent_count; i++) {
        const cu_plan_extent *const extent = &plan->extents[content->first_extent + i];

        if (extent->file_offset >= content->size)
            continue;

        const uint64_t left = content->size - extent->file_offset;
        const uint64_t bytes = extent->bytes < left ? extent->bytes : left;

        for (uint64_t done = 0; st == CU_OK && done < bytes;) {
            const uint64_t rest = bytes - done;
            const size_t n = rest < piece_bytes ? (size_t)rest : (size_t)piece_bytes;

            /* What cannot be read is zero, and the sweep has told it. */
            st = cu_device_reader_read(self->reader,
                                       &(cu_device_piece){extent->device_offset + done, n,
                                                          (size_t)(extent->file_offset + done),
                                                          NULL, NULL},
                                       err);
            done += n;
        }
    }
    return st;
}

typedef struct filling {
    worker *worker;
    uint64_t at, size;
} filling;

static cu_status keep_bytes_of(void *context, cu_bytes bytes, CU_UNUSED cu_err *err)
{
    filling *const self = context;
    const uint64_t left = self->size - self->at;
    const size_t n = bytes.n < left ? bytes.n : (size_t)left;

    memcpy(self->worker->memory.p + self->at, bytes.p, n);
    self->at += n;
    return CU_OK;
}

/* What its file system cannot give has a finding from the sweep; what it gave is decoded. */
static cu_status read_by_library(worker *self, const cu_content *content, cu_err *err)
{
    const cu_pictures_options *const options = self->stage->options;
    const cu_walked *const walked = &options->walked[content->volume];
    filling into = {.worker = self, .size = content->size};
    cu_err why = {0};
    const cu_status st = cu_device_content(
        options->device,
        &(cu_filesystem_file){walked->offset, walked->filesystem, content->inode,
                              content->attribute, content->size},
        keep_bytes_of, &into, &why);

    if ((st == CU_ENOMEM || st == CU_EIO) && err != NULL)
        *err = why;
    return st == CU_ENOMEM || st == CU_EIO ? st : CU_OK;
}

static bool is_all_extents(const cu_plan *plan, const cu_content *content)
{
    uint64_t bytes = 0;

    for (uint32_t i = 0; i < content->extent_count; i++)
        bytes += plan->extents[content->first_extent + i].bytes;
    return bytes >= content->size;
}

static cu_status read_content(worker *self, const cu_content *content, cu_err *err)
{
    const bool by_library = (content->flags & CU_CONTENT_BY_LIBRARY) != 0;

    if (by_library || !is_all_extents(self->stage->options->plan, content))
        memset(self->memory.p, 0, (size_t)content->size);
    self->used = content->size > self->used ? content->size : self->used;
    return by_library ? read_by_library(self, content, err) : read_extents(self, content, err);
}

/* Gives back the pages of an unusually large picture. */
static void let_go(worker *self)
{
    if (self->used <= keep_bytes)
        return;
    (void)fallocate(self->memory.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, keep_bytes,
                    (off_t)(self->used - keep_bytes));
    self->used = keep_bytes;
}

/* A thumbnail that is not of its picture is looked at as a file of its own. */
static cu_status examine_thumbnail(worker *self, answer *out, cu_err *err)
{
    const cu_picture_thumbnail *const place = &out->facts.thumbnail;
    const cu_picture_file file = {
        .fd = self->read_only, .offset = place->offset, .bytes = place->bytes};
    cu_digest_stream digest;

    if (out->facts.outcome == CU_PICTURE_NOT || place->bytes == 0 ||
        place->distance <= cu_picture_thumbnail_differs || place->distance > 256)
        return CU_OK;
    cu_digest_init(&digest, CU_DIGEST_ALL);
    cu_digest_update(&digest, (cu_bytes){self->memory.p + place->offset, (size_t)place->bytes});
    cu_digest_final(&digest, &out->thumbnail_digests);

    const cu_status st = cu_picture_examine(self->decoder, &file, &out->thumbnail, err);

    out->has_thumbnail = st == CU_OK && out->thumbnail.outcome != CU_PICTURE_NOT;
    return st;
}

static void examine(worker *self, answer *out)
{
    const stage *const s = self->stage;
    const cu_content *const content =
        &s->options->plan->contents[s->candidates.list[out->candidate].content];
    const cu_picture_file file = {
        .fd = self->read_only, .bytes = content->size, .full = s->full, .views = out->views};

    out->status = CU_OK;
    if (content->size <= CU_PICTURE_FILE_MAX)
        out->status = read_content(self, content, &out->err);
    if (out->status == CU_OK)
        out->status = cu_picture_examine(self->decoder, &file, &out->facts, &out->err);
    if (out->status == CU_OK)
        out->status = examine_thumbnail(self, out, &out->err);
    let_go(self);
}

static void answer_free(answer *made)
{
    if (made == NULL)
        return;
    free(made->views);
    free(made);
}

static bool take_leader(stage *self, uint32_t *out)
{
    bool more = false;

    pthread_mutex_lock(&self->lock);
    while (!self->stopping && self->next < self->candidates.leader_count && !more) {
        *out = self->candidates.leaders[self->next++];
        more = !self->candidates.list[*out].known;
    }
    pthread_mutex_unlock(&self->lock);
    return more;
}

static void *work(void *context)
{
    worker *const self = context;
    uint32_t candidate = 0;

    while (take_leader(self->stage, &candidate)) {
        answer *const made = calloc(1, sizeof *made);

        if (made != NULL && self->stage->views)
            made->views = calloc(1, sizeof *made->views);
        if (made == NULL || (self->stage->views && made->views == NULL)) {
            answer_free(made);
            cu_queue_close(self->stage->answers); /* the caller sees that one is missing */
            break;
        }
        made->candidate = candidate;
        examine(self, made);
        if (!cu_queue_push(self->stage->answers, made)) {
            answer_free(made);
            break;
        }
    }
    return NULL;
}

static cu_status prepare(worker *self, cu_err *err)
{
    cu_device *const device = self->stage->options->device;
    char path[64];
    cu_status st = cu_device_memory_make(CU_PICTURE_FILE_MAX, &self->memory, err);

    if (st == CU_OK)
        st = cu_device_reader_open(device, &self->memory, &self->reader, err);
    if (st == CU_OK)
        st = cu_picture_decoder_start(&self->decoder, err);
    if (st != CU_OK)
        return st;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", self->memory.fd);
    self->read_only = open(path, O_RDONLY | O_CLOEXEC);
    return self->read_only < 0 ? cu_fail_os(err, "could not open memory for reading alone")
                               : CU_OK;
}

static void end(worker *self)
{
    if (self->started)
        pthread_join(self->thread, NULL);
    cu_picture_decoder_stop(self->decoder);
    cu_device_reader_close(self->reader);
    cu_device_memory_free(&self->memory);
    if (self->read_only >= 0)
        close(self->read_only);
}

/* ---- what is written ---- */

static cu_status add_finding(stage *self, int64_t item, const cu_picture_facts *facts,
                             cu_err *err)
{
    char text[192];

    if (facts->outcome == CU_PICTURE_WHOLE)
        return CU_OK;
    if (facts->outcome == CU_PICTURE_NOT)
        (void)snprintf(text, sizeof text, "not examined: %s", facts->reason);
    else if (facts->rows < facts->height)
        (void)snprintf(text, sizeof text, "incomplete: %u of %u rows: %s", facts->rows,
                       facts->height, facts->reason);
    else
        (void)snprintf(text, sizeof text, "incomplete: %s", facts->reason);
    return cu_evidence_add_finding(
        self->options->evidence,
        &(cu_evidence_finding){.item = item, .path = "", .kind = "picture", .text = text}, err);
}

static void put_codes(const cu_pdq_hash *hash, uint8_t *out)
{
    for (size_t i = 0; i < cu_pdq_turns; i++)
        memcpy(out + i * cu_pdq_bytes, hash->codes[i].bytes, cu_pdq_bytes);
}

static cu_status add_looks(stage *self, int64_t item, const cu_picture_facts *facts,
                           cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = 1; st == CU_OK && i < facts->hash_count; i++) {
        cu_evidence_look look = {
            .item = item,
            .frame = facts->hash_frames[i],
            .change = cu_picture_change_word((cu_picture_change)facts->hash_changes[i]),
            .quality = facts->hashes[i].quality};

        put_codes(&facts->hashes[i], look.pdq);
        st = cu_evidence_add_look(self->options->evidence, &look, err);
    }
    return st;
}

static cu_status add_picture(stage *self, int64_t item, const cu_picture_facts *facts,
                             cu_err *err)
{
    static const char *const outcomes[] = {
        [CU_PICTURE_WHOLE] = "whole", [CU_PICTURE_PARTLY] = "partly", [CU_PICTURE_NOT] = "not"};
    cu_evidence_picture row = {.item = item,
                               .outcome = outcomes[facts->outcome],
                               .reason = facts->reason,
                               .format = facts->format,
                               .width = facts->width,
                               .height = facts->height,
                               .frames = facts->frames,
                               .orientation = facts->orientation,
                               .rows = facts->rows,
                               .has_pdq = facts->hash_count > 0,
                               .has_full = facts->has_full != 0,
                               .quality = facts->hashes[0].quality,
                               .full_quality = facts->full.quality,
                               .taken_us = facts->exif.taken_us,
                               .make = facts->exif.make,
                               .model = facts->exif.model,
                               .serial = facts->exif.serial,
                               .latitude = facts->exif.latitude,
                               .longitude = facts->exif.longitude};

    put_codes(&facts->hashes[0], row.pdq);
    put_codes(&facts->full, row.full);

    cu_status st = cu_evidence_add_picture(self->options->evidence, &row, err);

    if (st == CU_OK)
        st = add_looks(self, item, facts, err);
    return st == CU_OK ? add_finding(self, item, facts, err) : st;
}

typedef struct thumbnail_of {
    stage *stage;
    const answer *answer;
    int64_t id;
} thumbnail_of;

/* A member of its picture: /p1/a.jpg/::/thumbnail. */
static cu_status add_member(void *context, const cu_evidence_item *parent, cu_err *err)
{
    const thumbnail_of *const self = context;
    const cu_picture_thumbnail *const place = &self->answer->facts.thumbnail;
    cu_buffer path = {0};
    char text[128];
    cu_evidence_item row = {.id = self->id,
                            .volume = parent->volume,
                            .name = "thumbnail",
                            .inode = "",
                            .state = "member",
                            .recovery = parent->recovery,
                            .path_certain = parent->path_certain,
                            .size = place->bytes,
                            .read = place->bytes,
                            .examined = true,
                            .type = "image/jpeg",
                            .digests = self->answer->thumbnail_digests,
                            .parent = parent->id,
                            .modified_us = INT64_MIN,
                            .accessed_us = INT64_MIN,
                            .changed_us = INT64_MIN,
                            .born_us = INT64_MIN};

    cu_buffer_format(&path, "%s/::/thumbnail", parent->path);
    cu_buffer_u8(&path, 0);
    (void)snprintf(text, sizeof text, "the thumbnail in it is another picture, %u bits away",
                   place->distance);

    cu_status st = cu_buffer_check(&path, err);

    row.path = (const char *)path.p;
    if (st == CU_OK)
        st = cu_evidence_add_item(self->stage->options->evidence, &row, err);
    cu_buffer_free(&path);
    if (st == CU_OK)
        st = add_picture(self->stage, self->id, &self->answer->thumbnail, err);
    if (st == CU_OK)
        st = cu_evidence_add_finding(self->stage->options->evidence,
                                     &(cu_evidence_finding){.item = parent->id,
                                                            .path = "",
                                                            .offset = place->offset,
                                                            .kind = "thumbnail",
                                                            .text = text},
                                     err);
    return st;
}

/* Its id follows from its picture's place among all pictures, whenever that was decoded. */
static cu_status add_thumbnail(stage *self, uint32_t candidate, const answer *from, cu_err *err)
{
    CU_AUTO(cu_evidence, view);
    thumbnail_of wanted = {
        .stage = self, .answer = from, .id = self->options->next_item + candidate};
    cu_status st = cu_evidence_peek(self->options->evidence, &view, err);

    if (st == CU_OK)
        st = cu_evidence_get_item(view, self->candidates.list[candidate].item, add_member,
                                  &wanted, err);
    return st;
}

/* Other views of the first frame; the amount tells those of one kind apart. */
static cu_status add_views(stage *self, int64_t item, const cu_picture_views *views,
                           cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = 0; st == CU_OK && views != NULL && i < views->count; i++) {
        const cu_pdq_view *const view = &views->list[i];
        char change[64];
        cu_evidence_look look = {.item = item, .change = change, .quality = view->hash.quality};

        (void)snprintf(change, sizeof change, "%s %d.%d (%u)",
                       cu_pdq_change_word((cu_pdq_change)view->change), view->amount / 10,
                       abs(view->amount % 10), i);
        put_codes(&view->hash, look.pdq);
        st = cu_evidence_add_look(self->options->evidence, &look, err);
    }
    return st;
}

static cu_status add_known(stage *self, int64_t item, cu_err *err)
{
    const cu_evidence_picture row = {.item = item,
                                     .outcome = "known",
                                     .reason = "its bytes are in a hash set",
                                     .frames = 1,
                                     .orientation = 1,
                                     .taken_us = INT64_MIN,
                                     .latitude = INT32_MIN,
                                     .longitude = INT32_MIN};

    return cu_evidence_add_picture(self->options->evidence, &row, err);
}

/* Every item of the same bytes gets a row; from NULL: its bytes are known. */
static cu_status write_rows(stage *self, uint32_t leader, const answer *from, cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = leader; st == CU_OK && i != CU_CANDIDATE_NONE;
         i = self->candidates.list[i].next_same) {
        const int64_t item = self->candidates.list[i].item;

        st = from == NULL ? add_known(self, item, err)
                          : add_picture(self, item, &from->facts, err);
        if (st == CU_OK && from != NULL)
            st = add_views(self, item, from->views, err);
        if (st == CU_OK && from != NULL && from->has_thumbnail)
            st = add_thumbnail(self, i, from, err);
    }
    return st;
}

static cu_status write_known(stage *self, size_t *count, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < self->candidates.leader_count; i++) {
        const uint32_t leader = self->candidates.leaders[i];

        if (!self->candidates.list[leader].known)
            continue;
        ++*count;
        st = write_rows(self, leader, NULL, err);
    }
    return st;
}

/* Takes and writes every answer. */
static cu_status collect(stage *self, size_t wanted, cu_err *err)
{
    const cu_pictures_options *const options = self->options;
    int64_t saved_us = cu_clock_steady_us();
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < wanted; i++) {
        answer *const got = cu_queue_pop(self->answers);

        if (got == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        st = got->status;
        if (st == CU_OK)
            st = write_rows(self, got->candidate, got, err);
        else if (err != NULL)
            *err = got->err;
        answer_free(got);

        const bool going = cu_progress_tell(options->progress, "decoding", i + 1, wanted);

        if (st == CU_OK && (!going || cu_clock_steady_us() - saved_us > checkpoint_us)) {
            st = cu_evidence_commit(options->evidence, err);
            saved_us = cu_clock_steady_us();
        }
        if (st == CU_OK && !going)
            st = cu_fail(err, CU_ESTOPPED, "stopped; --resume goes on from here");
    }
    return st;
}

static void drain(stage *self)
{
    cu_queue_close(self->answers);
    for (;;) {
        answer *const left = cu_queue_poll(self->answers);

        if (left == NULL)
            return;
        answer_free(left);
    }
}

static cu_status decode_all(stage *self, size_t wanted, cu_err *err)
{
    const size_t count = self->options->workers < wanted ? self->options->workers : wanted;
    worker *const workers = calloc(count + 1, sizeof *workers);
    cu_status st = CU_OK;

    if (workers == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        workers[i] = (worker){.stage = self, .memory = {.fd = -1}, .read_only = -1};
    /* Children first, threads after. */
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = prepare(&workers[i], err);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        workers[i].started = pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0;
        if (!workers[i].started)
            st = cu_fail(err, CU_ENOMEM, "could not start a thread");
    }
    if (st == CU_OK)
        st = collect(self, wanted, err);
    pthread_mutex_lock(&self->lock);
    self->stopping = true;
    pthread_mutex_unlock(&self->lock);
    drain(self);
    for (size_t i = 0; i < count; i++)
        end(&workers[i]);
    drain(self);
    free(workers);
    return st;
}

/*
 * What the sets can be asked for: other views where one has any value, variant F where one has
 * more of it than of variant A. A set made from pictures has both of each, and F costs more
 * than the decoding; a thorough scan asks for it wherever there is any.
 */
static cu_status find_wishes(stage *self, cu_err *err)
{
    const cu_pictures_options *const options = self->options;
    cu_status st = CU_OK;

    for (size_t i = 0; i < options->set_count; i++) {
        const cu_hashset_facts *const facts = cu_hashset_get_facts(options->sets[i]);
        uint64_t full = 0;
        uint64_t others = 0;

        if (facts->purpose != CU_HASHSET_ALERT)
            continue;
        self->views = self->views || (options->thorough && facts->pdq > 0);
        for (uint64_t k = 0; st == CU_OK && k < facts->pdq; k++) {
            cu_hashset_pdq_fact fact = {.variant = 'A'};

            st = cu_hashset_pdq_at(options->sets[i], k, &fact, err);
            full += fact.variant == 'F';
            others += fact.variant != 'F';
        }
        self->full = self->full || full > others || (options->thorough && full > 0);
    }
    return st;
}

/* Pictures that are done were hashed as these sets ask for it; a resumed scan must have the
 * same. */
static cu_status check_sets(const cu_pictures_options *options, cu_err *err)
{
    static const char key[] = "picture-sets";
    cu_buffer before = {0};
    cu_buffer now = {0};
    cu_status st = CU_OK;

    for (size_t i = 0; i < options->set_count; i++)
        cu_buffer_append(&now, cu_hashset_get_facts(options->sets[i])->sha256, 32);
    cu_buffer_u8(&now, options->thorough);
    st = cu_buffer_check(&now, err);
    if (st == CU_OK)
        st = cu_evidence_get_state(options->evidence, key, &before, err);
    if (st == CU_ENOTFOUND)
        st = cu_evidence_put_state(options->evidence, key, cu_buffer_view(&now), err);
    else if (st == CU_OK && !cu_bytes_equal(cu_buffer_view(&before), cu_buffer_view(&now)))
        st = cu_fail(err, CU_EUSAGE,
                     "could not resume: the scan began with other sets, or without --thorough");
    cu_buffer_free(&before);
    cu_buffer_free(&now);
    return st;
}

cu_status cu_pictures_run(const cu_pictures_options *options, cu_err *err)
{
    stage self = {.options = options};
    size_t known = 0;
    cu_status st = check_sets(options, err);

    if (st == CU_OK)
        st = cu_candidates_find(&self.candidates, options->plan, options->sets,
                                options->set_count, options->evidence, err);

    if (st == CU_OK)
        st = find_wishes(&self, err);
    if (st != CU_OK) {
        cu_candidates_free(&self.candidates);
        return st;
    }
    pthread_mutex_init(&self.lock, NULL);
    self.answers = cu_queue_new(queue_items);
    if (self.answers == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    if (st == CU_OK)
        st = write_known(&self, &known, err);
    if (st == CU_OK && self.candidates.leader_count > known)
        st = decode_all(&self, self.candidates.leader_count - known, err);
    if (st == CU_OK)
        st = cu_evidence_commit(options->evidence, err);
    cu_queue_free(self.answers);
    pthread_mutex_destroy(&self.lock);
    cu_candidates_free(&self.candidates);
    return st;
}
