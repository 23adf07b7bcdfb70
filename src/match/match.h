/* SPDX-License-Identifier: Apache-2.0 */
/* Items against hash sets: what is known of them, and how strong that is. */
#ifndef CU_MATCH_MATCH_H
#define CU_MATCH_MATCH_H

#include "evidence/evidence.h"
#include "hashset/hashset.h"
#include "pdq/pdq.h"

/* One answer of one set. Texts are borrowed from the set. */
typedef struct cu_match {
    const cu_hashset_facts *set;
    cu_hashset_algorithm algorithm; /* the strongest digest by which the set knows the item */
    cu_hashset_record record;
    const char *strength;
} cu_match;

/*
 * Many items against several sets, those first that have priority. Sets that alert are all
 * asked: each that holds the item answers. Known-good sets exclude: the first that holds an
 * item answers, unless a set that alerts holds it too.
 */
typedef struct cu_matching {
    cu_hashset *const *sets;
    size_t set_count;
    /* Called item by item in the order in which they were added, set by set; either may be
     * NULL. item and match live until it returns. */
    cu_status (*matched)(void *context, const cu_evidence_item *item, const cu_match *match,
                         cu_err *err);
    cu_status (*known_good)(void *context, const cu_evidence_item *item, const cu_match *match,
                            cu_err *err);
    void *context;
} cu_matching;

typedef struct cu_matcher cu_matcher;

/* expected: about how many items will come, so that a set is read in the best way; 0 not known.
 */
cu_status cu_matcher_new(const cu_matching *matching, uint64_t expected, cu_matcher **out,
                         cu_err *err) CU_MUST_CHECK;
void cu_matcher_free(cu_matcher *matcher);
CU_DEFINE_AUTO(cu_matcher, cu_matcher_free)

/*
 * Takes a copy of what it needs; items are looked up some hundreds at a time. One that has no
 * digests, or no bytes, matches nothing.
 */
cu_status cu_matcher_add(cu_matcher *matcher, const cu_evidence_item *item,
                         cu_err *err) CU_MUST_CHECK;

/* Looks up those that are still waiting. */
cu_status cu_matcher_end(cu_matcher *matcher, cu_err *err) CU_MUST_CHECK;

/* What the sets say of a file as a whole. */
typedef enum cu_match_standing {
    CU_MATCH_UNKNOWN,
    CU_MATCH_KNOWN_GOOD, /* a known-good set holds it, and no set that alerts does */
    CU_MATCH_ALERTS,     /* a set that alerts holds it */
} cu_match_standing;

/*
 * One file at once, for a stage that spares itself work on what is known already. Any number of
 * threads may ask. CU_EFORMAT: a set is damaged.
 */
cu_status cu_match_standing_of(cu_hashset *const *sets, size_t set_count,
                               const cu_digests *digests, cu_match_standing *out,
                               cu_err *err) CU_MUST_CHECK;

/* The record's own id; else its number in the set, into out; "" where the set keeps no records.
 */
const char *cu_match_record_text(const cu_hashset_record *record, char out[24]);

/* ---- pictures that look alike ---- */

enum { cu_match_near_max = 64 }; /* records told of one picture and one set: the nearest */

/* One look at a picture of the device. */
typedef struct cu_match_look {
    const uint8_t *codes; /* of 32 bytes each, by cu_pdq_turn */
    size_t turns;         /* how many: cu_pdq_turns, or 1 where only the hash is known */
    int quality;
    char variant;       /* 'A', 'F', or 0: stands between both */
    const char *change; /* "" for the picture as it is; else what the look takes back */
} cu_match_look;

/* One record of one set that looks like the picture. Never more than a hint to a person. */
typedef struct cu_match_near {
    int64_t item; /* of the evidence, by cu_match_pictures; else 0 */
    const cu_hashset_facts *set;
    cu_hashset_record record;
    unsigned distance; /* bits, the smallest of all looks and turns */
    cu_pdq_turn turn;  /* what makes the device's picture the known one */
    const char *change;
} cu_match_near;

typedef struct cu_near_matching {
    cu_hashset *const *sets; /* those that alert and have PDQ values are asked */
    size_t set_count;
    bool known_good_too; /* a person asks what a set holds, whatever a match would mean */
    unsigned radius;     /* cu_pdq_similar unless a person says otherwise */
    /* Called set by set, the nearest record first. */
    cu_status (*matched)(void *context, const cu_match_near *match, cu_err *err);
    void *context;
} cu_near_matching;

/* What was asked and what was not. */
typedef struct cu_near_matched {
    uint64_t looks;       /* asked */
    uint64_t featureless; /* below cu_pdq_quality_floor: kept elsewhere, never matched */
} cu_near_matched;

/* One thread's own. */
typedef struct cu_near_matcher cu_near_matcher;

/* Opens and checks the near index of each set that has one. */
cu_status cu_near_matcher_new(const cu_near_matching *matching, cu_near_matcher **out,
                              cu_err *err) CU_MUST_CHECK;
void cu_near_matcher_free(cu_near_matcher *matcher); /* NULL is allowed */
CU_DEFINE_AUTO(cu_near_matcher, cu_near_matcher_free)

/* True where no set has anything to compare with, so that nobody need be asked. */
bool cu_near_matcher_is_idle(const cu_near_matcher *matcher);

/*
 * Compares all looks at one picture with the sets. A value is compared with looks of its own
 * variant, and with all where either does not say; values of a known quality below the floor
 * are passed over.
 */
cu_status cu_near_matcher_ask(cu_near_matcher *matcher, const cu_match_look *looks,
                              size_t count, cu_err *err) CU_MUST_CHECK;

cu_near_matched cu_near_matcher_counts(const cu_near_matcher *matcher);

/*
 * Compares every picture of the evidence, its further frames and its changed copies: those that
 * are as they are first, item by item, then the others; no record is told twice of one item.
 * counts is of what is told as it is.
 */
cu_status cu_match_pictures(cu_evidence *evidence, const cu_near_matching *matching,
                            cu_near_matched *counts, cu_err *err) CU_MUST_CHECK;

enum { cu_match_how_bytes = 96 };

/* What a near match takes back, for a person: "mirrored-y", "framed, rotated-90", "". */
const char *cu_match_how(const cu_match_near *match, char out[cu_match_how_bytes]);

/*
 * How strong an exact match is. exact-allocated: a live file. exact-proved: a deleted file, and
 * its whole digest proves that what was recovered is the known file. exact-claimed: likewise,
 * but live files own some of those bytes, so the deleted name only claims them.
 */
const char *cu_match_strength(const char *state, bool claimed);

#endif
