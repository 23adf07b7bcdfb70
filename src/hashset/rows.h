/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of rows, a bit each, and how many lie before one. Private to hashset/. */
#ifndef CU_HASHSET_ROWS_H
#define CU_HASHSET_ROWS_H

#include "base/bytes.h"

typedef struct cu_rows {
    uint64_t *words;
    uint32_t *before; /* of every second word: rows in all earlier words; after cu_rows_rank */
    uint64_t count;   /* rows that there could be */
} cu_rows;

cu_status cu_rows_init(cu_rows *rows, uint64_t count, cu_err *err) CU_MUST_CHECK;
void cu_rows_free(cu_rows *rows);

static inline void cu_rows_add(cu_rows *rows, uint64_t row)
{
    rows->words[row / 64] |= UINT64_C(1) << (row % 64);
}

static inline bool cu_rows_has(const cu_rows *rows, uint64_t row)
{
    return rows->words != NULL && (rows->words[row / 64] >> (row % 64) & 1) != 0;
}

/* Makes cu_rows_number work; nothing is added after. Answers how many rows there are. */
uint64_t cu_rows_rank(cu_rows *rows, cu_status *st, cu_err *err);

/* The number of a row in the set, from 1; 0 where it is not in it. */
uint64_t cu_rows_number(const cu_rows *rows, uint64_t row);

#endif
