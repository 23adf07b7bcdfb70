/* SPDX-License-Identifier: Apache-2.0 */
/* People in a case, in the category that they have there, and what is said of them. */
#ifndef CU_REGISTER_SUBJECT_SUBJECT_H
#define CU_REGISTER_SUBJECT_SUBJECT_H

#include "register/record/record.h"

extern const cu_thing cu_thing_subject;
extern const cu_thing cu_thing_assertion;
extern const cu_thing cu_thing_outcome;

#endif
