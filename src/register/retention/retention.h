/* SPDX-License-Identifier: Apache-2.0 */
/* How long a case is kept, who looks at that again and when, and its erasure. */
#ifndef CU_REGISTER_RETENTION_RETENTION_H
#define CU_REGISTER_RETENTION_RETENTION_H

#include "register/record/record.h"

extern const cu_thing cu_thing_retention;

/* ---- erase.c ---- */

typedef struct cu_erased {
    int64_t records; /* that are a name and their history now */
    int64_t files;   /* whose bytes are gone */
} cu_erased;

/*
 * Takes every text, date and file out of the records of a case, of its referrals and of files
 * that lie in no other case. What stays of each: its name, its case, its words of a list, its
 * officers, times and numbers, so that figures and custody still count; and a file's SHA-256.
 * Each row is bound anew, for the entries that bound it go with the keys, which the engine
 * destroys with the act's entry.
 */
cu_status cu_erase_case(cu_act *act, const char *case_name, cu_erased *out) CU_MUST_CHECK;

#endif
