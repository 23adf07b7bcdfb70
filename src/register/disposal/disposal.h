/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an exhibit: asked for, approved by another, carried out; and what stands against
 * it. */
#ifndef CU_REGISTER_DISPOSAL_DISPOSAL_H
#define CU_REGISTER_DISPOSAL_DISPOSAL_H

#include "register/record/record.h"

extern const cu_thing cu_thing_disposal;
extern const cu_thing cu_thing_hold;

#endif
