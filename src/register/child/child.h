/* SPDX-License-Identifier: Apache-2.0 */
/* Children: known, referred, protected. Each is counted once. */
#ifndef CU_REGISTER_CHILD_CHILD_H
#define CU_REGISTER_CHILD_CHILD_H

#include "register/record/record.h"

extern const cu_thing cu_thing_child;
extern const cu_thing cu_thing_child_referral;

#endif
