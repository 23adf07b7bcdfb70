/* SPDX-License-Identifier: Apache-2.0 */
/* A figure broken down, as it may be published. Private to figures/. */
#ifndef CU_REGISTER_FIGURES_TABLE_H
#define CU_REGISTER_FIGURES_TABLE_H

#include "register/record/record.h"

/* A definition of rows: $1 and $2 are the period; a column of words, and one of counts. */
typedef struct cu_breakdown {
    const char *name;   /* "area" */
    const char *figure; /* of which it is */
    const char *says;
    const char *sql;
} cu_breakdown;

size_t cu_breakdowns_list(const cu_breakdown **out);

/*
 * Writes the rows, each with its count, or "*" where the count is kept back (rule F5). total
 * is set to false where the figure itself would give a count away.
 */
cu_status cu_breakdown_write(cu_act *act, const cu_breakdown *of, cu_values period,
                             int64_t small, cu_buffer *out, bool *total) CU_MUST_CHECK;

#endif
