/* SPDX-License-Identifier: Apache-2.0 */
/* Known values: one sorted, mapped, read-only file a set; look-ups are exact. */
#ifndef CU_HASHSET_HASHSET_H
#define CU_HASHSET_HASHSET_H

#include "base/bytes.h"
#include "digest/digest.h"

typedef enum cu_hashset_algorithm {
    CU_HASHSET_MD5,
    CU_HASHSET_SHA1,
    CU_HASHSET_SHA256,
    cu_hashset_algorithms,
} cu_hashset_algorithm;

size_t cu_hashset_digest_bytes(cu_hashset_algorithm algorithm); /* 16, 20 or 32 */

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

enum {
    cu_hashset_quality_unknown = 255,
    cu_hashset_photodna_bytes = 144,
};

/* Borrowed from the open set. */
typedef struct cu_hashset_facts {
    const char *name;
    const char *version;
    const char *scheme; /* of the codes; "" where the set has none */
    cu_hashset_purpose purpose;
    uint64_t records;
    uint64_t values[cu_hashset_algorithms]; /* distinct digests of each kind */
    uint8_t sha256[32];                     /* of the file, as sealed at import */
} cu_hashset_facts;

/* One record, borrowed from the open set. */
typedef struct cu_hashset_record {
    uint64_t number;   /* in the set, from 1 */
    const char *label; /* the record's own id, or its name in the source; "" where none */
    const char *code;  /* asserted grade in the set's scheme; "" where none */
} cu_hashset_record;

typedef struct cu_hashset cu_hashset;

/*
 * Maps a set. CU_EFORMAT: not a set, a truncated or a damaged one (header and index checksums
 * are checked at once; cu_hashset_verify checks all).
 */
cu_status cu_hashset_open(const char *path, cu_hashset **out, cu_err *err) CU_MUST_CHECK;
void cu_hashset_close(cu_hashset *set);
CU_DEFINE_AUTO(cu_hashset, cu_hashset_close)
const cu_hashset_facts *cu_hashset_get_facts(const cu_hashset *set);

/* The record with this digest (16, 20 or 32 bytes, by algorithm), lowest number first. False:
 * none. */
bool cu_hashset_find(const cu_hashset *set, cu_hashset_algorithm algorithm,
                     const uint8_t *digest, cu_hashset_record *out) CU_MUST_CHECK;

/* As cu_hashset_find for count digests, stride bytes apart; found[i] is the record's number or
 * 0. */
void cu_hashset_find_many(const cu_hashset *set, cu_hashset_algorithm algorithm,
                          const uint8_t *digests, size_t stride, size_t count, uint64_t *found);

/* The record of a number that a look-up gave. */
cu_status cu_hashset_record_at(const cu_hashset *set, uint64_t number, cu_hashset_record *out,
                               cu_err *err) CU_MUST_CHECK;

/* Reads the whole file against its checksums. CU_EFORMAT names the offset of the damaged part.
 */
cu_status cu_hashset_verify(const cu_hashset *set, cu_err *err) CU_MUST_CHECK;

#endif
