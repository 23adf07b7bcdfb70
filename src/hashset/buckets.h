/* SPDX-License-Identifier: Apache-2.0 */
/* The table of a run of digests, line by line: a pure function of them. Private to hashset/. */
#ifndef CU_HASHSET_BUCKETS_H
#define CU_HASHSET_BUCKETS_H

#include "hashset/layout.h"

/* Zero it but for what it is of. */
typedef struct cu_hashset_bucketing {
    const uint8_t *values; /* rising */
    size_t digest_bytes;
    uint64_t count;
    uint64_t bucket, at; /* next */
} cu_hashset_bucketing;

/* The next line; there are cu_hashset_buckets(count) + 1, and the last holds the count. */
void cu_hashset_bucket_line(cu_hashset_bucketing *bucketing,
                            uint8_t line[cu_hashset_line_bytes]);

#endif
