/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for tables as large as the evidence makes them: pages of an unlinked file that the
 * system may write out, so that a device of a hundred million files needs disk, not memory. */
#ifndef CU_BASE_SPILL_H
#define CU_BASE_SPILL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Zero it to start; set folder where the bytes may be written out. */
typedef struct cu_spill {
    const char *folder; /* borrowed; NULL: plain memory */
    void *p;            /* moves when it grows */
    size_t bytes;
    size_t run_bytes; /* what a sort holds in memory at once; 0: 32 MiB */
    int fd;           /* of the unlinked file, where folder is set and bytes > 0 */
} cu_spill;

/*
 * Makes room for at least that many bytes; what is new is zero. What lay there before stays.
 *
 * CU_EIO     the file cannot be made or grown (ENOSPC: the disk of folder is full). Nothing is
 *            written to a page that has no room on the disk.
 * CU_ENOMEM
 */
cu_status cu_spill_grow(cu_spill *spill, size_t bytes, cu_err *err) CU_MUST_CHECK;
void cu_spill_free(cu_spill *spill); /* keeps folder: it may grow again */

/* As qsort_r's: negative, zero, positive. */
typedef int cu_spill_order(const void *a, const void *b, void *context);

/*
 * Sorts the first count records of each bytes: runs that fit in memory, then one merge into a
 * new spill, read and written in order. Fails as cu_spill_grow, the records then in any order.
 */
cu_status cu_spill_sort(cu_spill *spill, size_t count, size_t each, cu_spill_order *order,
                        void *context, cu_err *err) CU_MUST_CHECK;

#endif
