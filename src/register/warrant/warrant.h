/* SPDX-License-Identifier: Apache-2.0 */
/* Warrants: applied for, issued, executed in their window, endorsed and returned. */
#ifndef CU_REGISTER_WARRANT_WARRANT_H
#define CU_REGISTER_WARRANT_WARRANT_H

#include "register/record/record.h"

extern const cu_thing cu_thing_warrant;
extern const cu_thing cu_thing_entry;

#endif
