/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the whole register: who made one, when, under which name. */
#ifndef CU_REGISTER_BACKUP_BACKUP_H
#define CU_REGISTER_BACKUP_BACKUP_H

#include "register/record/record.h"

/* Its act is done by "custos register backup" before the copy is made, and so is in it. */
extern const cu_thing cu_thing_backup_copy;

#endif
