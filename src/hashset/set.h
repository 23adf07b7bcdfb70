/* SPDX-License-Identifier: Apache-2.0 */
/* An open set, as its readers in this folder see it. Private to hashset/. */
#ifndef CU_HASHSET_SET_H
#define CU_HASHSET_SET_H

#include "hashset/layout.h"

#include <stdatomic.h>

/* What a look-up needs of one algorithm, side by side. */
typedef struct cu_hashset_index {
    const uint8_t *values;
    const uint8_t *table;
    const uint8_t *numbers; /* NULL: no record says more than its digest */
    uint64_t count, buckets;
    size_t digest_bytes;
} cu_hashset_index;

struct cu_hashset {
    cu_bytes file;
    bool mapped;
    const uint8_t *payload; /* where the first piece begins */
    atomic_uchar *checked;  /* of each piece: it agrees with its digest. Shared by threads. */
    cu_hashset_header header;
    cu_hashset_facts facts;
    cu_hashset_index index[cu_hashset_algorithms];
};

/* Checks the pieces from first to last that no one has checked before. */
cu_status cu_hashset_check_pieces(const cu_hashset *set, uint64_t first, uint64_t last,
                                  cu_err *err) CU_MUST_CHECK;

static inline bool cu_hashset_is_checked(const cu_hashset *set, uint64_t piece)
{
    return atomic_load_explicit(&set->checked[piece], memory_order_acquire) != 0;
}

/* Makes sure that n (1 or more) bytes from p, which lie in a section, may be believed. */
static inline cu_status cu_hashset_believe(const cu_hashset *set, const uint8_t *p, size_t n,
                                           cu_err *err)
{
    const uint64_t first = (uint64_t)(p - set->payload) / cu_hashset_piece_bytes;
    const uint64_t last =
        (uint64_t)(p - set->payload + (ptrdiff_t)n - 1) / cu_hashset_piece_bytes;

    if (cu_hashset_is_checked(set, first) && cu_hashset_is_checked(set, last) &&
        last - first < 2)
        return CU_OK;
    return cu_hashset_check_pieces(set, first, last, err);
}

/* The bytes of a section; none where it is not there. Not checked. */
cu_bytes cu_hashset_section_of(const cu_hashset *set, cu_hashset_section type);

#endif
