/* SPDX-License-Identifier: Apache-2.0 */
/* Which pictures are decoded, during the sweep and after it; the caller writes what they are.
 */
#include "scan/pictures.h"

#include "base/clock.h"
#include "base/map.h"
#include "match/match.h"
#include "scan/candidates.h"
#include "scan/decoding.h"
#include "scan/picture_rows.h"

#include <stdlib.h>
#include <string.h>

enum {
    ahead_max = 64,   /* jobs given before their answers are taken */
    aside_max = 1024, /* answers that are kept until ids can be given */
};

static const int64_t checkpoint_us = 3000000;

struct cu_pictures {
    const cu_pictures_options *options;
    cu_keep keep;
    cu_decoding *decoding;
    bool full;   /* variant F is wanted */
    bool views;  /* so are other views */
    cu_map seen; /* digests of what was decoded in passing */
    /* Those with a thumbnail: its id follows from how many pictures there are in all. */
    cu_picture_answer *aside[aside_max];
    size_t aside_count;
    cu_candidates candidates;
    size_t next; /* of the leaders */
    int64_t saved_us;
};

/* ---- during the sweep ---- */

cu_keep *cu_pictures_keep(cu_pictures *pictures)
{
    return &pictures->keep;
}

/* True where it is the first of its bytes, as far as we have come. */
static cu_status is_new(cu_pictures *self, const cu_stream *stream, bool *fresh, cu_err *err)
{
    const cu_pictures_options *const options = self->options;
    cu_match_standing standing = CU_MATCH_UNKNOWN;
    uint64_t key = 0;

    *fresh = true;
    if (!stream->examined)
        return CU_OK; /* it has no digest, and is alike to nothing */

    const cu_status st = cu_match_standing_of(options->sets, options->set_count,
                                              &stream->digests, &standing, err);

    if (st != CU_OK)
        return st;
    /* Where two digests share these bits, the second picture is decoded after the sweep. */
    memcpy(&key, stream->digests.sha256, sizeof key);
    *fresh = standing == CU_MATCH_UNKNOWN;
    if (*fresh && cu_map_put(&self->seen, key, 1, fresh) == NULL)
        return cu_map_fail(&self->seen, err);
    return CU_OK;
}

cu_status cu_pictures_offer(cu_pictures *pictures, cu_stream *stream, cu_err *err)
{
    cu_picture_job job = {.content =
                              (uint32_t)(stream->content - pictures->options->plan->contents),
                          .leader = CU_CANDIDATE_NONE};
    bool fresh = false;

    if (!cu_kept_is_held(&stream->kept))
        return CU_OK;

    const cu_status st = is_new(pictures, stream, &fresh, err);

    if (st != CU_OK || !fresh)
        return st;
    job.bytes = stream->kept;
    stream->kept = (cu_kept){.from = NULL};
    return cu_decoding_give(pictures->decoding, &job, err);
}

/* Every item of a content gets its row. */
static cu_status write_content(cu_pictures *self, const cu_picture_answer *from, cu_err *err)
{
    const cu_plan *const plan = self->options->plan;
    cu_status st = cu_picture_write(self->options->evidence, plan->contents[from->content].item,
                                    from, err);

    for (size_t i = cu_plan_first_alias(plan, from->content);
         st == CU_OK && i < plan->alias_count && plan->aliases[i].content == from->content; i++)
        st = cu_picture_write(self->options->evidence, plan->aliases[i].item, from, err);
    return st;
}

/* Takes the answer. */
static cu_status take_early(cu_pictures *self, cu_picture_answer *taken, cu_err *err)
{
    CU_AUTO(cu_picture_answer, answer);

    answer = taken;
    if (answer->status != CU_OK) {
        if (err != NULL)
            *err = answer->err;
        return answer->status;
    }
    if (!answer->has_thumbnail)
        return write_content(self, answer, err);
    /* Where there is no more room, it is decoded again. */
    if (self->aside_count < aside_max)
        self->aside[self->aside_count++] = CU_MOVE(answer);
    return CU_OK;
}

cu_status cu_pictures_keep_up(cu_pictures *pictures, cu_err *err)
{
    cu_status st = CU_OK;

    while (st == CU_OK) {
        const bool wait = cu_keep_is_half(&pictures->keep);
        cu_picture_answer *const answer = cu_decoding_take(pictures->decoding, wait);

        if (answer == NULL)
            break;
        st = take_early(pictures, answer, err);
    }
    return st;
}

/* ---- after it ---- */

static int by_content(const void *a, const void *b)
{
    const cu_picture_answer *const x = *(cu_picture_answer *const *)a;
    const cu_picture_answer *const y = *(cu_picture_answer *const *)b;

    return x->content < y->content ? -1 : x->content > y->content;
}

/* The answer that was put aside for one of the leader's bytes, or NULL. */
static const cu_picture_answer *find_aside(const cu_pictures *self, uint32_t leader)
{
    for (uint32_t i = leader; i != CU_CANDIDATE_NONE; i = self->candidates.list[i].next_same) {
        const cu_picture_answer wanted = {.content = self->candidates.list[i].content};
        const cu_picture_answer *const key = &wanted;
        cu_picture_answer *const *const found =
            self->aside_count == 0 ? NULL
                                   : bsearch(&key, self->aside, self->aside_count,
                                             sizeof(cu_picture_answer *), by_content);

        if (found != NULL)
            return *found;
    }
    return NULL;
}

/* Every item of the same bytes gets a row. */
static cu_status write_rows(cu_pictures *self, uint32_t leader, const cu_picture_answer *from,
                            cu_err *err)
{
    cu_evidence_writer *const evidence = self->options->evidence;
    cu_status st = CU_OK;

    for (uint32_t i = leader; st == CU_OK && i != CU_CANDIDATE_NONE;
         i = self->candidates.list[i].next_same) {
        const int64_t item = self->candidates.list[i].item;

        st = cu_picture_write(evidence, item, from, err);
        /* The id follows from the picture's place among all, whenever that was decoded. */
        if (st == CU_OK && from->has_thumbnail)
            st = cu_picture_write_thumbnail(evidence, item, self->options->next_item + i, from,
                                            err);
    }
    return st;
}

static cu_status write_known(cu_pictures *self, uint32_t leader, cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = leader; st == CU_OK && i != CU_CANDIDATE_NONE;
         i = self->candidates.list[i].next_same)
        st =
            cu_picture_write_known(self->options->evidence, self->candidates.list[i].item, err);
    return st;
}

static cu_status write_copies(cu_pictures *self, uint32_t leader, int64_t from, cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = leader; st == CU_OK && i != CU_CANDIDATE_NONE;
         i = self->candidates.list[i].next_same)
        st = cu_evidence_copy_picture(self->options->evidence, from,
                                      self->candidates.list[i].item, err);
    return st;
}

/* Writes what needs no decoding any more; those that are left are the leaders. */
static cu_status write_settled(cu_pictures *self, cu_err *err)
{
    uint32_t *const leaders = self->candidates.leaders;
    const size_t count = self->candidates.leader_count;
    size_t left = 0;
    cu_status st = CU_OK;

    qsort(self->aside, self->aside_count, sizeof(cu_picture_answer *), by_content);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const cu_candidate *const leader = &self->candidates.list[leaders[i]];
        const cu_picture_answer *const aside = find_aside(self, leaders[i]);

        if (leader->known)
            st = write_known(self, leaders[i], err);
        else if (leader->same_as != 0)
            st = write_copies(self, leaders[i], leader->same_as, err);
        else if (aside != NULL)
            st = write_rows(self, leaders[i], aside, err);
        else
            leaders[left++] = leaders[i];
    }
    self->candidates.leader_count = left;
    return st;
}

static cu_status note(cu_pictures *self, uint64_t done, uint64_t wanted, cu_err *err)
{
    const bool going = cu_progress_tell(self->options->progress, "decoding", done, wanted);
    cu_status st = CU_OK;

    if (!going || cu_clock_steady_us() - self->saved_us > checkpoint_us) {
        st = cu_evidence_commit(self->options->evidence, err);
        self->saved_us = cu_clock_steady_us();
    }
    return st == CU_OK && !going
               ? cu_fail(err, CU_ESTOPPED, "stopped; --resume goes on from here")
               : st;
}

/* What was kept before the sweep ended. */
static cu_status take_kept(cu_pictures *self, cu_err *err)
{
    const size_t wanted = cu_decoding_open(self->decoding);
    cu_picture_answer *answer = NULL;
    cu_status st = CU_OK;

    for (size_t done = 1;
         st == CU_OK && (answer = cu_decoding_take(self->decoding, true)) != NULL; done++) {
        st = take_early(self, answer, err);
        if (st == CU_OK)
            st = note(self, done, wanted, err);
    }
    return st;
}

static cu_status give_leaders(cu_pictures *self, cu_err *err)
{
    cu_status st = CU_OK;

    while (st == CU_OK && self->next < self->candidates.leader_count &&
           cu_decoding_open(self->decoding) < ahead_max) {
        const uint32_t leader = self->candidates.leaders[self->next++];

        st = cu_decoding_give(
            self->decoding,
            &(cu_picture_job){self->candidates.list[leader].content, leader, {.from = NULL}},
            err);
    }
    return st;
}

/* Reads and decodes every leader that is left. */
static cu_status decode_leaders(cu_pictures *self, cu_err *err)
{
    const size_t wanted = self->candidates.leader_count;
    cu_status st = give_leaders(self, err);

    for (size_t done = 1; st == CU_OK && done <= wanted; done++) {
        CU_AUTO(cu_picture_answer, answer);

        answer = cu_decoding_take(self->decoding, true);
        if (answer == NULL)
            return cu_fail(err, CU_ECHILD, "a decoder gave no answer");
        st = answer->status;
        if (st != CU_OK && err != NULL)
            *err = answer->err;
        if (st == CU_OK)
            st = write_rows(self, answer->leader, answer, err);
        if (st == CU_OK)
            st = note(self, done, wanted, err);
        if (st == CU_OK)
            st = give_leaders(self, err);
    }
    return st;
}

cu_status cu_pictures_run(cu_pictures *pictures, cu_err *err)
{
    const cu_pictures_options *const options = pictures->options;
    cu_status st = CU_OK;

    pictures->saved_us = cu_clock_steady_us();
    st = take_kept(pictures, err);
    if (st == CU_OK)
        st = cu_candidates_find(&pictures->candidates, options->plan, options->sets,
                                options->set_count, options->evidence, err);
    if (st == CU_OK)
        st = write_settled(pictures, err);
    if (st == CU_OK)
        st = decode_leaders(pictures, err);
    return st == CU_OK ? cu_evidence_commit(options->evidence, err) : st;
}

/* ---- beginning and end ---- */

/*
 * What the sets can be asked for: other views where one has any value, variant F where one has
 * more of it than of variant A. A set made from pictures has both of each, and F costs more
 * than the decoding; a thorough scan asks for it wherever there is any.
 */
static cu_status find_wishes(cu_pictures *self, cu_err *err)
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

cu_status cu_pictures_open(const cu_pictures_options *options, cu_pictures **out, cu_err *err)
{
    CU_AUTO(cu_pictures, self);

    self = calloc(1, sizeof *self);
    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->options = options;
    self->seen.memory.folder = options->plan->folder;
    cu_keep_init(&self->keep);

    cu_status st = check_sets(options, err);

    if (st == CU_OK)
        st = find_wishes(self, err);
    if (st == CU_OK)
        st = cu_decoding_start(&(cu_decoding_options){.device = options->device,
                                                      .plan = options->plan,
                                                      .walked = options->walked,
                                                      .sets = options->sets,
                                                      .set_count = options->set_count,
                                                      .workers = options->workers,
                                                      .full = self->full,
                                                      .views = self->views},
                               &self->decoding, err);
    if (st == CU_OK)
        *out = CU_MOVE(self);
    return st;
}

void cu_pictures_close(cu_pictures *pictures)
{
    if (pictures == NULL)
        return;
    cu_decoding_stop(pictures->decoding);
    for (size_t i = 0; i < pictures->aside_count; i++)
        cu_picture_answer_free(pictures->aside[i]);
    cu_candidates_free(&pictures->candidates);
    cu_map_free(&pictures->seen);
    cu_keep_fini(&pictures->keep);
    free(pictures);
}
