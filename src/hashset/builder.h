/* SPDX-License-Identifier: Apache-2.0 */
/* Records on their way into a set. Private to hashset/. */
#ifndef CU_HASHSET_BUILDER_H
#define CU_HASHSET_BUILDER_H

#include "hashset/import.h"
#include "hashset/layout.h"

/* One record as a format reads it. */
typedef struct cu_hashset_row {
    bool has[cu_hashset_algorithms];
    uint8_t digest[cu_hashset_algorithms][32];
    bool wrong; /* a digest was there, but no hexadecimal of its length */
    cu_bytes label, code;
} cu_hashset_row;

typedef struct cu_hashset_builder {
    cu_buffer values[cu_hashset_algorithms];
    cu_buffer records;
    cu_buffer text;
    uint64_t record_count;
    cu_hashset_report *report;
} cu_hashset_builder;

/* Counts or keeps the row; where says "FILE:LINE" for the report. */
cu_status cu_hashset_builder_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                                 const char *where, cu_err *err) CU_MUST_CHECK;

/* Text of hexadecimal digits into the row, by its length. */
void cu_hashset_row_take(cu_hashset_row *row, cu_bytes hex);

/* Each reads one mapped file. */
cu_status cu_hashset_read_list(cu_hashset_builder *builder, const char *name, cu_bytes file,
                               cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_read_hashdeep(cu_hashset_builder *builder, const char *name, cu_bytes file,
                                   cu_err *err) CU_MUST_CHECK;
cu_status cu_hashset_read_vics(cu_hashset_builder *builder, const char *name, cu_bytes file,
                               cu_err *err) CU_MUST_CHECK;

#endif
