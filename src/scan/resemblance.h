/* SPDX-License-Identifier: Apache-2.0 */
/* A decoded picture against the sets that have values of pictures. Private to scan/. */
#ifndef CU_SCAN_RESEMBLANCE_H
#define CU_SCAN_RESEMBLANCE_H

#include "evidence/evidence.h"
#include "match/match.h"
#include "picture/picture.h"

/* What the sets know that looks like one picture; borrowed from the sets. Zero it to start. */
typedef struct cu_resemblances {
    cu_match_near *list;
    size_t n, room;
} cu_resemblances;

void cu_resemblances_free(cu_resemblances *found);

/* One thread's own. */
typedef struct cu_resemblance {
    cu_near_matcher *matcher;
    cu_resemblances *into; /* of the picture that is asked about */
} cu_resemblance;

/* CU_ENOMEM, CU_EFORMAT: a set's index is damaged. */
cu_status cu_resemblance_begin(cu_resemblance *self, cu_hashset *const *sets, size_t set_count,
                               cu_err *err) CU_MUST_CHECK;
void cu_resemblance_end(cu_resemblance *self);

/* True where no set could answer. */
bool cu_resemblance_is_idle(const cu_resemblance *self);

/* True where a set that alerts has a value of variant F, so that those hashes are wanted. */
cu_status cu_resemblance_wants_full(cu_hashset *const *sets, size_t set_count, bool *out,
                                    cu_err *err) CU_MUST_CHECK;

/* Asks about each look at the picture; views may be NULL. */
cu_status cu_resemblance_ask(cu_resemblance *self, const cu_picture_facts *facts,
                             const cu_picture_views *views, cu_resemblances *out,
                             cu_err *err) CU_MUST_CHECK;

cu_status cu_resemblances_write(const cu_resemblances *found, int64_t item,
                                cu_evidence_writer *evidence, cu_err *err) CU_MUST_CHECK;

#endif
