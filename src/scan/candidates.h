/* SPDX-License-Identifier: Apache-2.0 */
/* Which pictures there are to decode, and which of them are the same bytes. Private to scan/.
 */
#ifndef CU_SCAN_CANDIDATES_H
#define CU_SCAN_CANDIDATES_H

#include "evidence/evidence.h"
#include "hashset/hashset.h"
#include "scan/plan.h"

/* No candidate. */
#define CU_CANDIDATE_NONE UINT32_MAX

/* An item that is a picture by its first bytes. */
typedef struct cu_candidate {
    int64_t item;
    uint32_t content;   /* in the plan */
    uint32_t next_same; /* the next candidate of the same bytes, or CU_CANDIDATE_NONE */
    bool examined;      /* has a digest: all its bytes were read */
    bool known;         /* to a set */
    bool done;          /* its picture is in the evidence */
    bool plain;         /* and is whole, with no member */
    int64_t same_as;    /* of a leader: a plain item of the same bytes; 0: there is none */
    uint8_t sha256[32];
} cu_candidate;

typedef struct cu_candidates {
    cu_candidate *list; /* by item */
    size_t count, room;
    uint32_t *leaders; /* the first of each distinct bytes, by its place on the device */
    size_t leader_count;
    /* Only while it is filled. */
    const cu_plan *plan;
    cu_hashset *const *sets;
    size_t set_count;
    cu_alias *aliases; /* by item */
} cu_candidates;

/* Fills an empty list from what the evidence has so far. */
cu_status cu_candidates_find(cu_candidates *out, const cu_plan *plan, cu_hashset *const *sets,
                             size_t set_count, cu_evidence_writer *evidence,
                             cu_err *err) CU_MUST_CHECK;
void cu_candidates_free(cu_candidates *candidates);

#endif
