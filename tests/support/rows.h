/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for the builder of sets: what a reader of a source format gives, as lines of JSON.
 */
#ifndef CU_TESTS_SUPPORT_ROWS_H
#define CU_TESTS_SUPPORT_ROWS_H

#include "hashset/fields.h"

/* A program that links rows.c has no other builder: cu_hashset_import is not for it. */
struct cu_hashset_builder {
    cu_hashset_import_options options;
    cu_buffer lines; /* one object a row: only what the row says, in the order of its fields */
    uint64_t rows;   /* all that were added */
    uint64_t withdrawn;         /* calls */
    uint64_t reached;           /* the last that cu_hashset_builder_reach heard */
    uint64_t fail_at;           /* the row that is refused with CU_ENOMEM; 0: none */
    uint64_t limit;             /* bytes of the source; 0: not checked */
    bool silent;                /* counts only */
    cu_hashset_filling filling; /* a row step by step, and its texts that are copies */
    uint8_t rooms[cu_hashset_fields][4096];
    char name[256], version[256];
};

/*
 * Reads bytes (or the path where the format opens it itself) as the format of that name.
 * CU_ENOTFOUND: there is none.
 */
cu_status rows_read(cu_hashset_builder *builder, const char *format, const char *path,
                    cu_bytes bytes, cu_err *err);

/* For a fuzz target: reads the bytes as the format, and aborts where what it gives makes no
 * sense (a row or a failure without words, an offset past the end, an answer that changes). */
void rows_try(const char *format, const uint8_t *bytes, size_t n);

#endif
