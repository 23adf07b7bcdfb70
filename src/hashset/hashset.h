/* SPDX-License-Identifier: Apache-2.0 */
/* Known values: one sorted, sealed, mapped, read-only file a set; look-ups are exact. */
#ifndef CU_HASHSET_HASHSET_H
#define CU_HASHSET_HASHSET_H

#include "base/bytes.h"
#include "base/progress.h"
#include "digest/digest.h"
#include "near/near.h"

typedef enum cu_hashset_algorithm {
    CU_HASHSET_MD5,
    CU_HASHSET_SHA1,
    CU_HASHSET_SHA256,
    cu_hashset_algorithms,
} cu_hashset_algorithm;

size_t cu_hashset_digest_bytes(cu_hashset_algorithm algorithm);        /* 16, 20 or 32 */
const char *cu_hashset_algorithm_word(cu_hashset_algorithm algorithm); /* "md5", … */

/* What a match with the set means. A person says so at import; no header decides it. */
typedef enum cu_hashset_purpose {
    CU_HASHSET_ALERT,
    CU_HASHSET_KNOWN_GOOD,
} cu_hashset_purpose;

/* What a source may say of a file, yes or no; a source that says nothing is another thing. */
enum {
    CU_HASHSET_FLAG_VICTIM_IDENTIFIED = 1,
    CU_HASHSET_FLAG_OFFENDER_IDENTIFIED = 2,
    CU_HASHSET_FLAG_DISTRIBUTED = 4,
    CU_HASHSET_FLAG_SUSPECTED = 8,
    CU_HASHSET_FLAG_SELF_GENERATED = 16,
    CU_HASHSET_FLAG_PRECATEGORISED = 32,
    cu_hashset_flags = 6,
};

const char *cu_hashset_flag_word(unsigned bit); /* of bit 0 to 5: "victim-identified", … */

enum {
    cu_hashset_quality_unknown = 255,
    cu_hashset_photodna_bytes = 144,
};

/* Borrowed from the open set. */
typedef struct cu_hashset_facts {
    const char *name;
    const char *version;
    const char *scheme; /* of the codes, "NAME" or "NAME/VERSION"; "" where the set has none */
    cu_hashset_purpose purpose;
    uint64_t bytes;                         /* of the file */
    uint64_t records;                       /* with more to say than their digests */
    uint64_t values[cu_hashset_algorithms]; /* distinct digests of each kind */
    uint64_t pdq, photodna;                 /* values; PhotoDNA is stored and never matched */
    uint64_t rows; /* records of the sources, of which these were left out: */
    uint64_t empty_files, without_digest, wrong, duplicates, withdrawn;
    uint8_t sha256[32]; /* of the header, which seals all other bytes: the set's identity */
} cu_hashset_facts;

/* One record, borrowed from the open set. Texts are "" where the source has none. */
typedef struct cu_hashset_record {
    uint64_t number;    /* in the set, from 1; 0: the set keeps nothing but the digest */
    const char *label;  /* the record's own id in the source */
    const char *name;   /* of the file */
    const char *code;   /* asserted grade in the set's scheme */
    const char *series; /* of material */
    const char *source; /* who asserts it */
    unsigned said;      /* set of CU_HASHSET_FLAG_…: the source says yes or no */
    unsigned flags;     /* those that are yes */
    bool has_size;
    uint64_t size;
} cu_hashset_record;

typedef struct cu_hashset cu_hashset;

/*
 * Maps a set, in milliseconds at any size. CU_EFORMAT: not a set, one of another version
 * of the format (both versions are named), a truncated or a damaged one: the header, the
 * directory and the digests of all pieces are checked at once. Each piece (64 KiB) is checked
 * against its digest before the first answer that is read from it, so a damaged set may fail to
 * answer, but it never answers wrongly.
 */
cu_status cu_hashset_open(const char *path, cu_hashset **out, cu_err *err) CU_MUST_CHECK;
void cu_hashset_close(cu_hashset *set);
CU_DEFINE_AUTO(cu_hashset, cu_hashset_close)
const cu_hashset_facts *cu_hashset_get_facts(const cu_hashset *set);

/* Digests of one algorithm, stride bytes apart. */
typedef struct cu_hashset_keys {
    const uint8_t *first;
    size_t stride;
    size_t count;
} cu_hashset_keys;

/*
 * Looks for each key. found[i] is 0 where the set does not hold key i, and otherwise a number
 * for cu_hashset_record_of. Any number of threads may ask at once. The look-ups of a call
 * overlap: give many at once, and each costs less than one wait for memory.
 *
 * CU_EFORMAT: a piece of the file is damaged; found is not to be used.
 */
cu_status cu_hashset_find_many(const cu_hashset *set, cu_hashset_algorithm algorithm,
                               cu_hashset_keys keys, uint64_t *found,
                               cu_err *err) CU_MUST_CHECK;

/* As cu_hashset_find_many, for one. */
cu_status cu_hashset_find(const cu_hashset *set, cu_hashset_algorithm algorithm,
                          const uint8_t *digest, uint64_t *found, cu_err *err) CU_MUST_CHECK;

/* What the set says of a digest that was found. */
cu_status cu_hashset_record_of(const cu_hashset *set, cu_hashset_algorithm algorithm,
                               uint64_t found, cu_hashset_record *out,
                               cu_err *err) CU_MUST_CHECK;

/* The record of a number, 1 to facts.records; 0 is the record that says nothing. */
cu_status cu_hashset_record_at(const cu_hashset *set, uint64_t number, cu_hashset_record *out,
                               cu_err *err) CU_MUST_CHECK;

/*
 * Says that about count look-ups are coming: where they would touch most of the file, it is
 * read and checked once in order, which a disk does a hundred times faster than page by page.
 */
cu_status cu_hashset_expect(const cu_hashset *set, cu_hashset_algorithm algorithm,
                            uint64_t count, cu_err *err) CU_MUST_CHECK;

/* The digest number index (from 0, below facts.values), in rising order, and its record. */
cu_status cu_hashset_value_at(const cu_hashset *set, cu_hashset_algorithm algorithm,
                              uint64_t index, const uint8_t **digest, uint64_t *record,
                              cu_err *err) CU_MUST_CHECK;

/* All PDQ values, for a near search: n is 32 times their count; checked. */
cu_status cu_hashset_pdq_codes(const cu_hashset *set, cu_bytes *out, cu_err *err) CU_MUST_CHECK;

/*
 * The near index of the PDQ values: its numbers are those of cu_hashset_pdq_at. Checks all of
 * it, which takes a second for ten million; close it before the set.
 *
 * CU_ENOTFOUND  the set has no PDQ values.
 * CU_EFORMAT    it is damaged, or the set was written without one: import it again.
 */
cu_status cu_hashset_near(const cu_hashset *set, cu_near **out, cu_err *err) CU_MUST_CHECK;

typedef struct cu_hashset_pdq_fact {
    uint8_t quality; /* 0 to 100, or cu_hashset_quality_unknown */
    char variant;    /* 'A', 'F', or 0: the source does not say */
    uint64_t record; /* for cu_hashset_record_at */
} cu_hashset_pdq_fact;

/* What is known of PDQ value number index, from 0. */
cu_status cu_hashset_pdq_at(const cu_hashset *set, uint64_t index, cu_hashset_pdq_fact *out,
                            cu_err *err) CU_MUST_CHECK;

/* PhotoDNA value number index, from 0: 144 bytes, and its record. */
cu_status cu_hashset_photodna_at(const cu_hashset *set, uint64_t index, const uint8_t **value,
                                 uint64_t *record, cu_err *err) CU_MUST_CHECK;

/* A record with its values, or a digest of which the set keeps nothing else. */
typedef struct cu_hashset_entry {
    cu_hashset_record record;
    const uint8_t *digests[cu_hashset_algorithms]; /* NULL: it has none of that kind */
    const uint8_t *pdq;                            /* 32 bytes, or NULL */
    cu_hashset_pdq_fact pdq_fact;
    const uint8_t *photodna; /* 144 bytes, or NULL */
} cu_hashset_entry;

/*
 * Calls seen for every record in order, and then for every value that has none. Stops where
 * seen does not answer CU_OK, and answers that. Takes 20 bytes of memory a record, at most 80
 * MB.
 */
cu_status cu_hashset_each(const cu_hashset *set,
                          cu_status (*seen)(void *context, const cu_hashset_entry *entry,
                                            cu_err *err),
                          void *context, cu_err *err) CU_MUST_CHECK;

/* What two versions of a set do not share. */
typedef struct cu_hashset_change {
    cu_hashset_algorithm algorithm;
    const uint8_t *digest;
    bool in_old, in_new;      /* both: its code is another one */
    cu_hashset_record before; /* where in_old */
    cu_hashset_record after;  /* where in_new */
} cu_hashset_change;

/* Calls seen for each digest that is in one of them alone, or has another code, in rising
 * order, MD5 first. */
cu_status cu_hashset_compare(const cu_hashset *older, const cu_hashset *newer,
                             cu_status (*seen)(void *context, const cu_hashset_change *change,
                                               cu_err *err),
                             void *context, cu_err *err) CU_MUST_CHECK;

/*
 * Reads the whole file against its digests, and then checks that it is what its format says:
 * digests rise, the tables find each. CU_EFORMAT names the offset of the damaged part.
 */
cu_status cu_hashset_verify(const cu_hashset *set, cu_progress *progress,
                            cu_err *err) CU_MUST_CHECK;

#endif
