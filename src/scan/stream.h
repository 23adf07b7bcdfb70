/* SPDX-License-Identifier: Apache-2.0 */
/* One content while its bytes come in: digests, first bytes, what was missing. Private to
 * scan/. */
#ifndef CU_SCAN_STREAM_H
#define CU_SCAN_STREAM_H

#include "digest/digest.h"
#include "filetype/filetype.h"
#include "scan/keep.h"
#include "scan/plan.h"

/* Bytes of a content that could not be read. */
typedef struct cu_missing {
    uint64_t file_offset;
    uint64_t bytes;
    char why[96];
} cu_missing;

/* One piece of a content's bytes. */
typedef struct cu_part {
    struct cu_part *next;
    struct cu_window *window; /* whose memory bytes lies in; NULL outside the sweep */
    uint64_t file_offset;
    cu_bytes bytes;
} cu_part;

typedef struct cu_stream {
    struct cu_stream *next; /* in the ready list, or among the finished */
    cu_digest_stream digest;
    const cu_content *content; /* NULL: the whole device */
    uint64_t fed;              /* bytes so far, holes too */
    uint64_t read;             /* bytes that count as seen: holes too, and gaps until finish */
    uint64_t stored_left;      /* bytes of extents that are still to come */
    cu_part *first, *last;
    bool queued; /* in the ready list, or with a worker */
    uint8_t *head;
    size_t head_n;
    const char *type;
    bool typed;
    cu_keep *keep; /* where a picture's bytes are kept; NULL: they are not */
    cu_kept kept;
    bool examined; /* once finished: all its bytes were read, and have digests */
    cu_digests digests;
    cu_missing *missing;
    size_t missing_n;
} cu_stream;

cu_stream *cu_stream_new(const cu_plan *plan,
                         const cu_content *content); /* NULL: out of memory */
void cu_stream_free(cu_stream *stream);

/* The zeros of a hole, up to file_offset. */
void cu_stream_skip_to(cu_stream *stream, uint64_t file_offset);

/*
 * The next bytes, before they are digested: keeps the first ones until there are enough to know
 * the type, and all of them where it is a picture's. False: out of memory.
 */
bool cu_stream_sniff(cu_stream *stream, cu_bytes bytes);

/* Notes that bytes were missing; joined with the last where they touch. */
bool cu_stream_miss(cu_stream *stream, uint64_t file_offset, uint64_t bytes, const char *why);

/* Adds the hole at the end; writes the result of a content, and of its aliases, and its
 * findings. */
cu_status cu_stream_finish(cu_stream *stream, const cu_plan *plan, cu_evidence_writer *evidence,
                           cu_err *err) CU_MUST_CHECK;

#endif
