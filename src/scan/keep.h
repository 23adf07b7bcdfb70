/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of pictures on their way from the sweep to a decoder. Private to scan/. */
#ifndef CU_SCAN_KEEP_H
#define CU_SCAN_KEEP_H

#include "base/bytes.h"

#include <pthread.h>

/*
 * Ceilings. What meets one is read a second time, after the sweep. Half of all is as much as
 * lies in the sweep's ring at once: whoever waits while half is held never meets it, but where
 * files are interleaved.
 */
#define CU_KEEP_FILE_MAX (UINT64_C(64) << 20)  /* bytes of one file */
#define CU_KEEP_ALL_MAX  (UINT64_C(256) << 20) /* bytes of all that are held */

/* Any number of threads may use it. */
typedef struct cu_keep {
    pthread_mutex_t lock; /* guards bytes */
    uint64_t bytes;
} cu_keep;

/* One file's bytes. Zero is nothing held. */
typedef struct cu_kept {
    cu_keep *from; /* NULL: nothing is held */
    uint8_t *p;
    size_t n;
} cu_kept;

void cu_keep_init(cu_keep *keep);
void cu_keep_fini(cu_keep *keep);    /* nothing may be held */
bool cu_keep_is_half(cu_keep *keep); /* half of what may be held, or more, is */

/* Room for a file of so many bytes, zeros. Nothing is held where there is none. */
void cu_keep_begin(cu_keep *keep, uint64_t bytes, cu_kept *out);

/* Bytes at an offset of the file; what lies past its end, or is put where nothing is held, is
 * dropped. */
void cu_kept_put(cu_kept *self, uint64_t offset, cu_bytes bytes);

bool cu_kept_is_held(const cu_kept *self);
void cu_kept_drop(cu_kept *self); /* leaves nothing held */

#endif
