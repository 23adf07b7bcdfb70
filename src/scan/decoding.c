/* SPDX-License-Identifier: Apache-2.0 */
/* A list of jobs, a list of answers, and threads that each own a zygote. */
#include "scan/decoding.h"

#include "match/match.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    piece_bytes = 4 << 20,
    keep_bytes = 32 << 20, /* of a worker's memory between two pictures */
    workers_max = 256,
    thumbnails_max = 256, /* that are remembered */
};

/* One that was decoded: many files of one maker may hold the same. */
typedef struct thumbnail {
    uint8_t sha256[32];
    cu_picture_facts facts;
} thumbnail;

typedef struct job {
    struct job *next;
    cu_picture_job given;
    cu_picture_answer *answer; /* to fill */
} job;

typedef struct worker {
    cu_decoding *all;
    pthread_t thread;
    cu_picture_decoder *decoder;
    cu_device_reader *reader; /* for what was not kept */
    cu_device_memory memory;
    int read_only; /* the same memory, as the decoder gets it */
    uint64_t used; /* bytes of the memory that hold something */
} worker;

struct cu_decoding {
    pthread_mutex_t lock;
    /* guards what follows, but for open, which is the caller's */
    pthread_cond_t to_workers;
    pthread_cond_t to_caller;
    job *first, *last;
    cu_picture_answer *answers;
    size_t waiting; /* jobs that nobody has taken */
    size_t idle;    /* workers that wait for one */
    bool closing;
    thumbnail *thumbnails[thumbnails_max];
    size_t thumbnail_count; /* ever: the oldest is forgotten first */
    size_t open;
    cu_decoding_options options;
    size_t worker_count;
    worker workers[workers_max];
};

void cu_picture_answer_free(cu_picture_answer *answer)
{
    if (answer == NULL)
        return;
    free(answer->views);
    free(answer);
}

/* ---- reading what was not kept ---- */

static cu_status read_extents(worker *self, const cu_content *content, cu_err *err)
{
    const cu_plan *const plan = self->all->options.plan;
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
    const cu_decoding_options *const options = &self->all->options;
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

/* Memory for one file, and a descriptor that can only read it: the first time it is needed. */
static cu_status make_memory(worker *self, cu_err *err)
{
    char path[64];
    cu_status st = CU_OK;

    if (self->read_only >= 0)
        return CU_OK;
    if (self->memory.p == NULL)
        st = cu_device_memory_make(CU_PICTURE_FILE_MAX, &self->memory, err);
    if (st != CU_OK)
        return st;
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", self->memory.fd);
    self->read_only = open(path, O_RDONLY | O_CLOEXEC);
    return self->read_only < 0 ? cu_fail_os(err, "could not open memory for reading alone")
                               : CU_OK;
}

static cu_status read_content(worker *self, const cu_content *content, cu_err *err)
{
    const bool by_library = (content->flags & CU_CONTENT_BY_LIBRARY) != 0;
    cu_status st = CU_OK;

    if (self->reader == NULL)
        st =
            cu_device_reader_open(self->all->options.device, &self->memory, &self->reader, err);
    if (st != CU_OK)
        return st;
    if (by_library || !is_all_extents(self->all->options.plan, content))
        memset(self->memory.p, 0, (size_t)content->size);
    return by_library ? read_by_library(self, content, err) : read_extents(self, content, err);
}

/* The content's bytes into the worker's memory: those that were kept, else from the device. */
static cu_status fill_memory(worker *self, cu_picture_job *given, cu_err *err)
{
    const cu_content *const content = &self->all->options.plan->contents[given->content];
    const cu_status st = make_memory(self, err);

    /* One that is too large is only told to be so. */
    if (st != CU_OK || content->size > CU_PICTURE_FILE_MAX)
        return st;
    self->used = content->size > self->used ? content->size : self->used;
    if (!cu_kept_is_held(&given->bytes))
        return read_content(self, content, err);
    memcpy(self->memory.p, given->bytes.p, given->bytes.n);
    cu_kept_drop(&given->bytes);
    return CU_OK;
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

/* ---- a worker ---- */

static bool recall_thumbnail(cu_decoding *all, const cu_digests *digests, cu_picture_facts *out)
{
    bool found = false;

    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; !found && i < thumbnails_max && all->thumbnails[i] != NULL; i++) {
        const thumbnail *const one = all->thumbnails[i];

        found = memcmp(one->sha256, digests->sha256, sizeof one->sha256) == 0;
        if (found)
            *out = one->facts;
    }
    pthread_mutex_unlock(&all->lock);
    return found;
}

/* Where there is no memory for it, the next of the same bytes is decoded again. */
static void remember_thumbnail(cu_decoding *all, const cu_digests *digests,
                               const cu_picture_facts *facts)
{
    thumbnail *const made = malloc(sizeof *made);
    thumbnail **place = NULL;

    if (made == NULL)
        return;
    memcpy(made->sha256, digests->sha256, sizeof made->sha256);
    made->facts = *facts;
    pthread_mutex_lock(&all->lock);
    place = &all->thumbnails[all->thumbnail_count++ % thumbnails_max];
    free(*place);
    *place = made;
    pthread_mutex_unlock(&all->lock);
}

static cu_status decode_thumbnail(worker *self, const cu_picture_file *file,
                                  cu_picture_answer *out, cu_err *err)
{
    const cu_decoding_options *const options = &self->all->options;
    cu_match_standing standing = CU_MATCH_UNKNOWN;
    cu_status st = cu_match_standing_of(options->sets, options->set_count,
                                        &out->thumbnail_digests, &standing, err);

    out->thumbnail_known = st == CU_OK && standing != CU_MATCH_UNKNOWN;
    if (st != CU_OK || out->thumbnail_known ||
        recall_thumbnail(self->all, &out->thumbnail_digests, &out->thumbnail))
        return st;
    st = cu_picture_examine(self->decoder, file, &out->thumbnail, err);
    if (st == CU_OK && out->thumbnail.outcome == CU_PICTURE_WHOLE)
        remember_thumbnail(self->all, &out->thumbnail_digests, &out->thumbnail);
    return st;
}

/* A thumbnail that is not of its picture is looked at as a file of its own. */
static cu_status examine_thumbnail(worker *self, cu_picture_answer *out, cu_err *err)
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

    const cu_status st = decode_thumbnail(self, &file, out, err);

    out->has_thumbnail =
        st == CU_OK && (out->thumbnail_known || out->thumbnail.outcome != CU_PICTURE_NOT);
    return st;
}

static void examine(worker *self, cu_picture_job *given, cu_picture_answer *out)
{
    const cu_decoding_options *const options = &self->all->options;
    cu_status st = CU_OK;

    if (self->decoder == NULL)
        st = cu_picture_decoder_start(&self->decoder, &out->err);
    if (st == CU_OK)
        st = fill_memory(self, given, &out->err);

    const cu_picture_file file = {.fd = self->read_only,
                                  .bytes = options->plan->contents[given->content].size,
                                  .full = options->full,
                                  .views = out->views};

    if (st == CU_OK)
        st = cu_picture_examine(self->decoder, &file, &out->facts, &out->err);
    if (st == CU_OK)
        st = examine_thumbnail(self, out, &out->err);
    out->status = st;
    cu_kept_drop(&given->bytes);
    let_go(self);
}

/* NULL: there will be no more. */
static job *take_job(cu_decoding *all)
{
    job *taken = NULL;

    pthread_mutex_lock(&all->lock);
    all->idle++;
    while (!all->closing && all->first == NULL)
        pthread_cond_wait(&all->to_workers, &all->lock);
    all->idle--;
    if (!all->closing) {
        taken = all->first;
        all->waiting--;
        all->first = taken->next;
        if (all->first == NULL)
            all->last = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    return taken;
}

static void answer_job(cu_decoding *all, job *done)
{
    pthread_mutex_lock(&all->lock);
    done->answer->next = all->answers;
    all->answers = done->answer;
    pthread_cond_signal(&all->to_caller);
    pthread_mutex_unlock(&all->lock);
    free(done);
}

static void *work(void *context)
{
    worker *const self = context;
    job *next = NULL;

    while ((next = take_job(self->all)) != NULL) {
        examine(self, &next->given, next->answer);
        answer_job(self->all, next);
    }
    cu_picture_decoder_stop(self->decoder);
    cu_device_reader_close(self->reader);
    cu_device_memory_free(&self->memory);
    if (self->read_only >= 0)
        close(self->read_only);
    return NULL;
}

/* ---- the caller's side ---- */

cu_status cu_decoding_start(const cu_decoding_options *options, cu_decoding **out, cu_err *err)
{
    cu_decoding *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->options = *options;
    if (self->options.workers > workers_max)
        self->options.workers = workers_max;
    pthread_mutex_init(&self->lock, NULL);
    pthread_cond_init(&self->to_workers, NULL);
    pthread_cond_init(&self->to_caller, NULL);
    *out = self;
    return CU_OK;
}

static void job_free(job *dropped)
{
    cu_kept_drop(&dropped->given.bytes);
    cu_picture_answer_free(dropped->answer);
    free(dropped);
}

void cu_decoding_stop(cu_decoding *decoding)
{
    if (decoding == NULL)
        return;
    pthread_mutex_lock(&decoding->lock);
    decoding->closing = true;
    pthread_cond_broadcast(&decoding->to_workers);
    pthread_mutex_unlock(&decoding->lock);
    for (size_t i = 0; i < decoding->worker_count; i++)
        pthread_join(decoding->workers[i].thread, NULL);
    while (decoding->first != NULL) {
        job *const dropped = decoding->first;

        decoding->first = dropped->next;
        job_free(dropped);
    }
    while (decoding->answers != NULL) {
        cu_picture_answer *const dropped = decoding->answers;

        decoding->answers = dropped->next;
        cu_picture_answer_free(dropped);
    }
    for (size_t i = 0; i < thumbnails_max; i++)
        free(decoding->thumbnails[i]);
    pthread_cond_destroy(&decoding->to_workers);
    pthread_cond_destroy(&decoding->to_caller);
    pthread_mutex_destroy(&decoding->lock);
    free(decoding);
}

static job *job_new(const cu_decoding *decoding, const cu_picture_job *given)
{
    job *const made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    made->answer = calloc(1, sizeof *made->answer);
    if (made->answer != NULL && decoding->options.views)
        made->answer->views = calloc(1, sizeof *made->answer->views);
    if (made->answer == NULL || (decoding->options.views && made->answer->views == NULL)) {
        cu_picture_answer_free(made->answer);
        free(made);
        return NULL;
    }
    made->given = *given;
    made->answer->content = given->content;
    made->answer->leader = given->leader;
    return made;
}

/* One more where all are busy and more are allowed. Only the first must be had. */
static bool start_worker(cu_decoding *self)
{
    worker *const next = &self->workers[self->worker_count];

    *next = (worker){.all = self, .memory = {.fd = -1}, .read_only = -1};
    if (pthread_create(&next->thread, NULL, work, next) != 0)
        return self->worker_count > 0;
    self->worker_count++;
    return true;
}

cu_status cu_decoding_give(cu_decoding *decoding, const cu_picture_job *given, cu_err *err)
{
    cu_kept bytes = given->bytes;
    job *const made = job_new(decoding, given);
    bool wanting = false;

    if (made == NULL) {
        cu_kept_drop(&bytes);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    pthread_mutex_lock(&decoding->lock);
    if (decoding->last == NULL)
        decoding->first = made;
    else
        decoding->last->next = made;
    decoding->last = made;
    wanting = ++decoding->waiting > decoding->idle;
    pthread_cond_signal(&decoding->to_workers);
    pthread_mutex_unlock(&decoding->lock);
    decoding->open++;
    if (wanting && decoding->worker_count < decoding->options.workers &&
        !start_worker(decoding))
        return cu_fail(err, CU_ENOMEM, "could not start a thread");
    return CU_OK;
}

size_t cu_decoding_open(const cu_decoding *decoding)
{
    return decoding->open;
}

cu_picture_answer *cu_decoding_take(cu_decoding *decoding, bool wait)
{
    cu_picture_answer *taken = NULL;

    pthread_mutex_lock(&decoding->lock);
    while (wait && decoding->answers == NULL && decoding->open > 0)
        pthread_cond_wait(&decoding->to_caller, &decoding->lock);
    taken = decoding->answers;
    if (taken != NULL)
        decoding->answers = taken->next;
    pthread_mutex_unlock(&decoding->lock);
    if (taken != NULL) {
        taken->next = NULL;
        decoding->open--;
    }
    return taken;
}
