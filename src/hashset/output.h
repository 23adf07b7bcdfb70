/* SPDX-License-Identifier: Apache-2.0 */
/* The set file as it is written: section after section, sealed piece by piece in a thread of
 * its own. Private to hashset/. */
#ifndef CU_HASHSET_OUTPUT_H
#define CU_HASHSET_OUTPUT_H

#include "hashset/layout.h"

typedef struct cu_hashset_output cu_hashset_output;

/* A file that will be path. CU_EEXISTS: path is there. */
cu_status cu_hashset_output_begin(const char *path, cu_hashset_output **out,
                                  cu_err *err) CU_MUST_CHECK;
void cu_hashset_output_abandon(cu_hashset_output *output); /* NULL is allowed */
CU_DEFINE_AUTO(cu_hashset_output, cu_hashset_output_abandon)

/* Begins a section; what is appended until the end is in it. One without bytes is not written.
 */
cu_status cu_hashset_output_open(cu_hashset_output *output, unsigned type,
                                 cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_output_append(cu_hashset_output *output, const void *bytes, size_t n,
                                   cu_err *err) CU_MUST_CHECK;
/* Ends it, with the count of its things. */
void cu_hashset_output_close(cu_hashset_output *output, uint64_t count);

/* The bytes of a section that is ended, mapped until the output is. */
cu_status cu_hashset_output_view(cu_hashset_output *output, unsigned type, cu_bytes *out,
                                 cu_err *err) CU_MUST_CHECK;
void cu_hashset_output_unview(cu_bytes view);

/* Writes digests and header; the file has its name. header: purpose, records, counts and texts
 * are the caller's, all else is filled in. Takes the output, also on failure. */
cu_status cu_hashset_output_finish(cu_hashset_output *output, cu_hashset_header *header,
                                   cu_err *err) CU_MUST_CHECK;

/* Writes all n bytes at an offset; says so where the disk is full. */
cu_status cu_hashset_write_at(int fd, uint64_t offset, const void *bytes, size_t n,
                              cu_err *err) CU_MUST_CHECK;

#endif
