/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of custody: each event takes an exhibit from where the last one left it. */
#ifndef CU_REGISTER_CUSTODY_CUSTODY_H
#define CU_REGISTER_CUSTODY_CUSTODY_H

#include "register/record/record.h"

extern const cu_thing cu_thing_custody;

/* One event. NULL and 0 where there is none. */
typedef struct cu_custody_step {
    const char *type;
    int64_t at_us;
    const char
        *from; /* holder before; NULL: the exhibit's own (rule C1 is checked where given) */
    const char *to; /* holder after; NULL: as before */
    const char *seal_before, *seal_after;
    const char *reason, *authority, *witness;
    int64_t corrects;
    const char *expected, *got; /* digests */
    int64_t giver_ack_us, receiver_ack_us;
} cu_custody_step;

/*
 * Adds the event to the exhibit's chain and moves the exhibit: rules C1, C2 and C5. The exhibit
 * is the caller's to save.
 */
cu_status cu_custody_add(cu_act *act, cu_record *exhibit,
                         const cu_custody_step *step) CU_MUST_CHECK;

/* The chain as a file, docs/formats/custody.md: a line an event, "DIGEST {…}". */
cu_status cu_custody_write(cu_act *act, const char *exhibit, cu_buffer *out) CU_MUST_CHECK;

/* What one officer did with the exhibit, in sentences. */
cu_status cu_custody_state(cu_act *act, const char *exhibit, const char *officer,
                           cu_buffer *out) CU_MUST_CHECK;

#endif
