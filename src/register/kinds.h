/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of kinds of record. Private to register/. */
#ifndef CU_REGISTER_KINDS_H
#define CU_REGISTER_KINDS_H

#include "register/record/record.h"

extern const cu_thing *const cu_register_kinds[];
extern const size_t cu_register_kind_count;

/* How many of them the schema's first step makes; the others have steps of their own. */
enum { CU_REGISTER_FIRST_KINDS = 45 };

#endif
