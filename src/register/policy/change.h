/* SPDX-License-Identifier: Apache-2.0 */
/* A force's change of a policy value, by two keys. */
#ifndef CU_REGISTER_POLICY_CHANGE_H
#define CU_REGISTER_POLICY_CHANGE_H

#include "register/record/record.h"

extern const cu_thing cu_thing_policy_change;

#endif
