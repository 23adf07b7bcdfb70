/* SPDX-License-Identifier: Apache-2.0 */
/* What a child does with one file. Private to picture/. */
#ifndef CU_PICTURE_EXAMINE_H
#define CU_PICTURE_EXAMINE_H

#include "picture/canvas.h"

/* What is wanted of a file besides its hashes of variant A. */
typedef struct cu_picture_wish {
    bool full;               /* variant F */
    cu_picture_views *views; /* filled where not NULL */
} cu_picture_wish;

/* As below. */
void cu_picture_examine_with(cu_bytes file, const cu_picture_wish *wanted,
                             cu_picture_facts *out);

/* Parses file here and now: for the child, and for tests of what it does. Always fills out. */
void cu_picture_examine_here(cu_bytes file, bool full, cu_picture_facts *out);

#endif
