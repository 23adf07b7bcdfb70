/* SPDX-License-Identifier: Apache-2.0 */
/* Officers: who they are to the register, their roles, rank and training. */
#ifndef CU_REGISTER_OFFICER_OFFICER_H
#define CU_REGISTER_OFFICER_OFFICER_H

#include "register/record/record.h"

extern const cu_thing cu_thing_officer;

/* Higher is senior: constable 1, sergeant 2, inspector 3, … 0 for staff and for no rank. */
int cu_rank_order(const char *rank);

#endif
