/* SPDX-License-Identifier: Apache-2.0 */
/* What libtsk says went wrong, as a person is told it. Private to filesystem/. */
#ifndef CU_FILESYSTEM_REASON_H
#define CU_FILESYSTEM_REASON_H

#include "base/bytes.h"

/*
 * The first line of text without the names of functions that it begins with: of
 * "ntfs_dinode_lookup: bad record" it is "bad record". It points into text, which may be NULL;
 * empty where nothing else was said.
 */
cu_bytes cu_tsk_reason(const char *text);

#endif
