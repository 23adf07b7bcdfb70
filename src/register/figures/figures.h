/* SPDX-License-Identifier: Apache-2.0 */
/* Figures: computed from the records by numbered definitions, released, and then never changed.
 */
#ifndef CU_REGISTER_FIGURES_FIGURES_H
#define CU_REGISTER_FIGURES_FIGURES_H

#include "register/record/record.h"

extern const cu_thing cu_thing_figures;

/* A definition: its words, and its question to the store. $1 and $2 are the period's first and
 * next instant. */
typedef struct cu_figure {
    const char *name;
    const char *thing; /* the kind of record that is counted */
    const char *says;
    const char *sql;
    const char *drill; /* the records behind the number: their names and their cases */
} cu_figure;

enum { CU_FIGURES_VERSION = 3 }; /* of the definitions together */

size_t cu_figures_list(const cu_figure **out);

/* Indexes from which the definitions are counted; ended by NULL: a step of the schema. */
extern const char *const cu_figures_indexes[];

#endif
