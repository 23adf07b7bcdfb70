/* SPDX-License-Identifier: Apache-2.0 */
/* Exhibits: named, sealed, held by somebody at any time, until their end. */
#ifndef CU_REGISTER_EXHIBIT_EXHIBIT_H
#define CU_REGISTER_EXHIBIT_EXHIBIT_H

#include "register/record/record.h"

extern const cu_thing cu_thing_exhibit;
extern const cu_thing cu_thing_seal;

/* The states of what is in the force's hands. */
#define CU_EXHIBIT_HELD "seized sealed booked-in submitted in-exam examined retained"

/* ---- mark.c: references and seals ---- */

/*
 * Names the exhibit "CASE:ABC/1": as said, or with the producer's initials and the next number.
 * Rule I0: the pattern of policy, one producer of some initials in a case, never used again.
 */
cu_status cu_exhibit_name(cu_act *act, cu_record *exhibit) CU_MUST_CHECK;

/*
 * A seal's number as it is kept: in capitals and without blanks, so that one seal is one number
 * however it is typed. Refuses (I2) what is no number of a seal. out lives as long as the act.
 */
cu_status cu_seal_read(cu_act *act, const char *text, const char **out) CU_MUST_CHECK;

/* Rule I2: keeps a seal's number, which nobody in the force has used before. */
cu_status cu_seal_take(cu_act *act, const cu_record *exhibit, const char *seal) CU_MUST_CHECK;

/* "officer:NUMBER" of whoever acts. */
const char *cu_holder_self(cu_act *act);

/* Refuses where the exhibit is stopped (C7), or is with somebody else than whoever acts (C1).
 */
cu_status cu_exhibit_check_held(cu_act *act, const cu_record *exhibit) CU_MUST_CHECK;

enum { CU_EXHIBIT_ACTIONS = 20 };

extern const cu_action cu_exhibit_actions[CU_EXHIBIT_ACTIONS];

#endif
