/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses: where they come from, who confirmed them, who lives there. */
#ifndef CU_REGISTER_ADDRESS_ADDRESS_H
#define CU_REGISTER_ADDRESS_ADDRESS_H

#include "register/record/record.h"

extern const cu_thing cu_thing_address;
extern const cu_thing cu_thing_occupant;

#endif
