/* SPDX-License-Identifier: Apache-2.0 */
/* A case: who is in charge of it, and who may see it. */
#ifndef CU_REGISTER_CASE_CASE_H
#define CU_REGISTER_CASE_CASE_H

#include "register/record/record.h"

extern const cu_thing cu_thing_case;
extern const cu_thing cu_thing_access;

/* Whether the officer's conflict of interest with the case is in force. */
cu_status cu_case_has_conflict(cu_act *act, const char *name, const char *officer,
                               bool *out) CU_MUST_CHECK;

#endif
