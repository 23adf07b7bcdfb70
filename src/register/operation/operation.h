/* SPDX-License-Identifier: Apache-2.0 */
/* Operations and visits: planned, approved, done, with a search record. */
#ifndef CU_REGISTER_OPERATION_OPERATION_H
#define CU_REGISTER_OPERATION_OPERATION_H

#include "register/record/record.h"

extern const cu_thing cu_thing_operation;
extern const cu_thing cu_thing_team;

#endif
