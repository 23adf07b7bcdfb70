/* SPDX-License-Identifier: Apache-2.0 */
/* What a child does with one file. Private to picture/. */
#ifndef CU_PICTURE_EXAMINE_H
#define CU_PICTURE_EXAMINE_H

#include "picture/picture.h"

/* As below; views, where not NULL, are filled too. */
void cu_picture_examine_with(cu_bytes file, bool full, cu_picture_views *views,
                             cu_picture_facts *out);

/* Parses file here and now: for the child, and for tests of what it does. Always fills out. */
void cu_picture_examine_here(cu_bytes file, bool full, cu_picture_facts *out);

#endif
