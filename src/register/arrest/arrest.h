/* SPDX-License-Identifier: Apache-2.0 */
/* Arrest and voluntary attendance, bail, and the welfare of a suspect. */
#ifndef CU_REGISTER_ARREST_ARREST_H
#define CU_REGISTER_ARREST_ARREST_H

#include "register/record/record.h"

extern const cu_thing cu_thing_arrest;
extern const cu_thing cu_thing_bail;
extern const cu_thing cu_thing_welfare;

/*
 * Takes the welfare assessment of a subject for a trigger that is not used yet, or refuses by
 * rule A2. One from before the arrest or the invitation serves only to invite. A supervisor
 * passes with the field "override" said.
 */
cu_status cu_welfare_pass(cu_act *act, const char *subject, const char *trigger) CU_MUST_CHECK;

#endif
