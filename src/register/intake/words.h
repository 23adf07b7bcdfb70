/* SPDX-License-Identifier: Apache-2.0 */
/* The names that reports use, and what each means. Private to intake/. */
#ifndef CU_REGISTER_INTAKE_WORDS_H
#define CU_REGISTER_INTAKE_WORDS_H

#include "base/arena.h"

typedef enum cu_tip_role {
    CU_TIP_KNOWN,      /* understood, and no more than kept */
    CU_TIP_IDENTIFIER, /* of a kind */
    CU_TIP_TYPED,      /* of the kind that is said beside it */
    CU_TIP_HASH,       /* of the kind in its attribute */
    CU_TIP_REPORT,
    CU_TIP_INCIDENT,
    CU_TIP_INCIDENT_TIME,
    CU_TIP_SERVICE,
    CU_TIP_CHILD,
    CU_TIP_URGENT,
} cu_tip_role;

typedef struct cu_tip_word {
    const char *parent; /* the name before the last; NULL: any */
    const char *leaf;
    cu_tip_role role;
    const char *kind; /* of an identifier */
} cu_tip_word;

/* The meaning of a path's last names; NULL: kept and no more. */
const cu_tip_word *cu_tip_word_of(const char *path);

/* The first name of a path that neither format has; NULL where all are known. */
const char *cu_tip_unknown_name(const char *path, cu_arena *arena);

#endif
