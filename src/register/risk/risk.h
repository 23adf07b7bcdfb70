/* SPDX-License-Identifier: Apache-2.0 */
/* Risk: the recorded result of a tool, and the clocks that follow from it. */
#ifndef CU_REGISTER_RISK_RISK_H
#define CU_REGISTER_RISK_RISK_H

#include "register/record/record.h"

extern const cu_thing cu_thing_risk;

/* 0 low to 3 very high; -1 where it is no level. */
int cu_risk_order(const char *level);

#endif
