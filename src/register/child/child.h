/* SPDX-License-Identifier: Apache-2.0 */
/* Children: known, referred, protected. Each is counted once. */
#ifndef CU_REGISTER_CHILD_CHILD_H
#define CU_REGISTER_CHILD_CHILD_H

#include "register/record/record.h"

extern const cu_thing cu_thing_child;
extern const cu_thing cu_thing_child_referral;

/*
 * How many children of a case are neither closed nor parked: its own, and those without a case
 * that a referral of it names.
 */
cu_status cu_child_count_open(cu_act *act, const char *case_name, int64_t *out) CU_MUST_CHECK;

#endif
