/* SPDX-License-Identifier: Apache-2.0 */
/* Threads that have pictures decoded, each by a child of its own. Private to scan/. */
#ifndef CU_SCAN_DECODING_H
#define CU_SCAN_DECODING_H

#include "device/device.h"
#include "hashset/hashset.h"
#include "picture/picture.h"
#include "scan/intake.h"
#include "scan/keep.h"
#include "scan/plan.h"

typedef struct cu_decoding_options {
    cu_device *device;
    const cu_plan *plan;
    const cu_walked *walked;
    cu_hashset *const *sets; /* a thumbnail that they know is not decoded */
    size_t set_count;
    unsigned workers;
    bool full;  /* variant F is wanted */
    bool views; /* so are other views */
} cu_decoding_options;

/* One content to decode. */
typedef struct cu_picture_job {
    uint32_t content;
    uint32_t leader; /* the caller's own number for it */
    cu_kept bytes;   /* not held: whoever decodes it reads it first */
} cu_picture_job;

/* What became of it. */
typedef struct cu_picture_answer {
    struct cu_picture_answer *next;
    uint32_t content;
    uint32_t leader;
    cu_status status; /* ours: no facts where it is not CU_OK */
    cu_err err;
    cu_picture_facts facts;
    bool has_thumbnail;   /* the file holds another picture, small */
    bool thumbnail_known; /* to a set: it was not decoded */
    cu_digests thumbnail_digests;
    cu_picture_facts thumbnail;
    cu_picture_views *views; /* NULL where they were not asked for */
} cu_picture_answer;

void cu_picture_answer_free(cu_picture_answer *answer); /* NULL is allowed */
CU_DEFINE_AUTO(cu_picture_answer, cu_picture_answer_free)

typedef struct cu_decoding cu_decoding;

/* Threads and children begin with the first job. options are copied. */
cu_status cu_decoding_start(const cu_decoding_options *options, cu_decoding **out,
                            cu_err *err) CU_MUST_CHECK;
/* Waits for what is being decoded; what has not begun is dropped. NULL is allowed. */
void cu_decoding_stop(cu_decoding *decoding);
CU_DEFINE_AUTO(cu_decoding, cu_decoding_stop)

/* Takes the job, and its bytes also on failure. Never waits. */
cu_status cu_decoding_give(cu_decoding *decoding, const cu_picture_job *given,
                           cu_err *err) CU_MUST_CHECK;

/* The caller's jobs that have not been answered to it. */
size_t cu_decoding_open(const cu_decoding *decoding);

/*
 * An answer, the caller's. NULL: there is none now, or with wait, no job is open. Answers come
 * in any order.
 */
cu_picture_answer *cu_decoding_take(cu_decoding *decoding, bool wait) CU_MUST_CHECK;

#endif
