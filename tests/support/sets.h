/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of generated rows, without a source file. */
#ifndef CU_TESTS_SUPPORT_SETS_H
#define CU_TESTS_SUPPORT_SETS_H

#include "hashset/builder.h"

/* What a set is made of. */
typedef struct sets_plan {
    const char *path; /* where it appears */
    size_t count;     /* of rows */
    /* Fills row number i, from 0, which is zero before. May withdraw a label. */
    cu_status (*row)(cu_hashset_builder *builder, size_t i, cu_hashset_row *row, cu_err *err);
    cu_hashset_import_options options;
} sets_plan;

cu_status sets_make(const sets_plan *plan, cu_hashset_report *report, cu_err *err);

/* n bytes that depend on seed alone, and look like chance. */
void sets_random(uint64_t seed, uint8_t *out, size_t n);

/* The bytes of a file; the caller frees. */
uint8_t *sets_read(const char *path, size_t *n);
void sets_write(const char *path, const uint8_t *bytes, size_t n);

/* A folder that is new, in a buffer of 64 bytes; removed with what is in it. */
void sets_folder(char out[64]);
void sets_remove(const char *folder);
size_t sets_entries(const char *folder); /* how many files are in it */

#endif
