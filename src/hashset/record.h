/* SPDX-License-Identifier: Apache-2.0 */
/* A record in a block of 16: a text that equals the one before it costs a byte. Private to
 * hashset/. */
#ifndef CU_HASHSET_RECORD_H
#define CU_HASHSET_RECORD_H

#include "hashset/builder.h"
#include "hashset/layout.h"

enum { cu_hashset_texts = 5 };

/* What a record says. */
typedef struct cu_hashset_saying {
    int64_t state_us; /* of the row; not in the record */
    unsigned said, flags;
    bool has_size;
    uint64_t size;
    cu_bytes texts[cu_hashset_texts]; /* label, name, code, series, source */
    bool has_zero;                    /* a text has a zero byte; none that was decoded has */
} cu_hashset_saying;

/* True where the row says more than its digests. Texts are cut to their ceiling. */
bool cu_hashset_saying_of(const cu_hashset_row *row, cu_hashset_saying *out);

/* before: the record before it in its block; NULL for the first. */
void cu_hashset_saying_encode(const cu_hashset_saying *saying, const cu_hashset_saying *before,
                              cu_buffer *out);

/*
 * The next record at the cursor; said holds the one before it, or nothing for the first of a
 * block, and is changed. The texts lie in the cursor's bytes, each with a zero byte after it.
 * False: damaged.
 */
bool cu_hashset_saying_decode(cu_cursor *cursor, cu_hashset_saying *said) CU_MUST_CHECK;

#endif
