/* SPDX-License-Identifier: Apache-2.0 */
/* An item against hash sets: what is known of it, and how strong that is. */
#ifndef CU_MATCH_MATCH_H
#define CU_MATCH_MATCH_H

#include "evidence/evidence.h"
#include "hashset/hashset.h"

/* One answer of one set. Texts are borrowed from the set. */
typedef struct cu_match {
    const cu_hashset_facts *set;
    cu_hashset_algorithm algorithm; /* the strongest digest by which the set knows the item */
    cu_hashset_record record;
} cu_match;

/* True where the set holds one of the digests: SHA-256 is asked first, then SHA-1, then MD5. */
bool cu_match_find(const cu_hashset *set, const cu_digests *digests,
                   cu_match *out) CU_MUST_CHECK;

const char *cu_match_algorithm_word(cu_hashset_algorithm algorithm); /* "md5", … */

/*
 * How strong an exact match is. exact-allocated: a live file. exact-proved: a deleted file, and
 * its whole digest proves that what was recovered is the known file. exact-claimed: likewise,
 * but live files own some of those bytes, so the deleted name only claims them.
 */
const char *cu_match_strength(const char *state, bool overwritten);

#endif
