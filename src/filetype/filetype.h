/* SPDX-License-Identifier: Apache-2.0 */
/* What a file is, by its first bytes and never by its name. */
#ifndef CU_FILETYPE_FILETYPE_H
#define CU_FILETYPE_FILETYPE_H

#include "base/bytes.h"

enum { cu_filetype_head_bytes = 4096 };

/*
 * The media type of a file that begins with head, or NULL where nothing claims it; the text
 * lives as long as the program. More than cu_filetype_head_bytes are not looked at; fewer are
 * enough where the file is shorter. A file that is UTF-8 as far as head goes, without control
 * characters, is "text/plain" where nothing claims it first.
 *
 * It is a hypothesis: a head says what a file claims to be, not that the rest of it can be
 * read.
 */
const char *cu_filetype_of(cu_bytes head);

#endif
