/* SPDX-License-Identifier: Apache-2.0 */
/* Material of a case, and the schedules by which it is told to the prosecutor and the defence.
 */
#ifndef CU_REGISTER_DISCLOSURE_DISCLOSURE_H
#define CU_REGISTER_DISCLOSURE_DISCLOSURE_H

#include "register/record/record.h"

extern const cu_thing cu_thing_material;
extern const cu_thing cu_thing_schedule;

/* Whatever the register makes in a case is material, unassessed until somebody looks at it. */
cu_status cu_material_add(cu_act *act, const char *case_name, const char *description,
                          const char *origin) CU_MUST_CHECK;

/* The rules of schedule certify: numbers, and the bytes that are sent. */
cu_status cu_schedule_certify(cu_act *act) CU_MUST_CHECK;

#endif
