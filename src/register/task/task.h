/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done, by whom, until when; and what was decided, and why. */
#ifndef CU_REGISTER_TASK_TASK_H
#define CU_REGISTER_TASK_TASK_H

#include "register/record/record.h"

extern const cu_thing cu_thing_task;
extern const cu_thing cu_thing_decision;

/* Raises a task by the register itself. case_name and about may be NULL; due_us 0: none. */
cu_status cu_task_raise(cu_act *act, const char *case_name, const char *about,
                        const char *words, int64_t due_us) CU_MUST_CHECK;

#endif
