/* SPDX-License-Identifier: Apache-2.0 */
/* A source that is text: in UTF-8 or bytes like it, or in UTF-16 with its mark, line by line.
 * Private to hashset/. */
#ifndef CU_HASHSET_TEXT_H
#define CU_HASHSET_TEXT_H

#include "hashset/builder.h"

/* The most bytes of UTF-16 that are read: the list of a spreadsheet or shell, no national set.
 */
enum { cu_hashset_utf16_max = 256 * 1024 * 1024 };

typedef struct cu_hashset_text {
    cu_hashset_source source; /* as UTF-8: what was UTF-16 has the offsets of its UTF-8 */
    size_t at;                /* of the next line; past a mark */

    /* Of the line that was read last. */
    uint64_t number; /* from 1 */
    uint64_t offset;
    cu_bytes line; /* without its end: LF, CR LF, or the end of the file */
    bool ended;    /* it has an end of its own: what has none may be cut off */

    /* ---- */
    uint64_t bytes; /* of the file */
    cu_buffer room; /* what was UTF-16 */
} cu_hashset_text;

/*
 * CU_ELIMIT  UTF-16 of more than cu_hashset_utf16_max bytes.
 */
cu_status cu_hashset_text_open(const cu_hashset_source *source, cu_hashset_text *out,
                               cu_err *err) CU_MUST_CHECK;
void cu_hashset_text_close(cu_hashset_text *text);

/* The next line; false: there is none. */
bool cu_hashset_text_next(cu_hashset_text *text);

/* Tells the builder how far the text has been read. */
cu_status cu_hashset_text_reach(const cu_hashset_text *text, cu_hashset_builder *builder,
                                cu_err *err) CU_MUST_CHECK;

#endif
