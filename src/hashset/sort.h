/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of one length, put in the order of their bytes: in memory, and from many runs into
 * one. Private to hashset/. */
#ifndef CU_HASHSET_SORT_H
#define CU_HASHSET_SORT_H

#include "base/bytes.h"

/* The lengths that there are: a digest or PDQ value, what goes with it, and the row (5 bytes,
 * highest first), so that equal values stand in the order in which they came. */
enum {
    cu_sort_md5_bytes = 21,
    cu_sort_sha1_bytes = 25,
    cu_sort_sha256_bytes = 37,
    cu_sort_pdq_bytes = 40,
};

/* In place; bytes is one of the lengths above. No two entries are equal. Uses two threads where
 * it pays and a second can be had. */
void cu_sort(uint8_t *entries, size_t count, size_t bytes);

/* A sorted run: in memory (p to p + left bytes), or left bytes of a file from offset. */
typedef struct cu_sort_run {
    const uint8_t *p;
    int fd;
    uint64_t offset;
    uint64_t left;
} cu_sort_run;

typedef struct cu_merge cu_merge;

/* memory: bytes for all runs together; each gets a page and more. The runs are copied. */
cu_status cu_merge_open(const cu_sort_run *runs, size_t count, size_t entry_bytes,
                        size_t memory, cu_merge **out, cu_err *err) CU_MUST_CHECK;
void cu_merge_close(cu_merge *merge);
CU_DEFINE_AUTO(cu_merge, cu_merge_close)

/* The next entry in order, until the next call; NULL at the end. */
cu_status cu_merge_next(cu_merge *merge, const uint8_t **out, cu_err *err) CU_MUST_CHECK;

#endif
