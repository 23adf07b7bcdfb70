/* SPDX-License-Identifier: Apache-2.0 */
/* Warrants: applied for, issued, executed in their window, endorsed and returned. */
#ifndef CU_REGISTER_WARRANT_WARRANT_H
#define CU_REGISTER_WARRANT_WARRANT_H

#include "register/record/record.h"

extern const cu_thing cu_thing_warrant;
extern const cu_thing cu_thing_entry;

/* Refuses by rule W1 where no entry may be made under the warrant at that time. */
cu_status cu_warrant_check_entry(cu_act *act, const char *ref, int64_t at_us) CU_MUST_CHECK;

#endif
