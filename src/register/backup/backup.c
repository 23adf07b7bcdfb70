/* SPDX-License-Identifier: Apache-2.0 */
/* A copy leaves the register whole, so making one is an act, and a right. */
#include "register/backup/backup.h"

static const cu_field fields[] = {
    CU_HAS_TEXT("name", "of the file, without its folder"),
};

static const cu_action actions[] = {
    {.name = "enter",
     .says = "that one is made: \"custos register backup\" does this first",
     .from = "",
     .to = "entered",
     .right = CU_RIGHT_USERS,
     .duty = "disclosure",
     .wants = "name"},
};

const cu_thing cu_thing_backup_copy = {.name = "backup-copy",
                                       .says = "copies of the whole register that were made",
                                       .prefix = "BK",
                                       .states = "entered",
                                       CU_FIELDS(fields),
                                       CU_ACTIONS(actions),
                                       .read = CU_RIGHT_USERS};
