/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of custos register share. Private to cli/. */
#ifndef CU_CLI_REGISTER_H
#define CU_CLI_REGISTER_H

#include "cli/command.h"
#include "register/register.h"

/* Says what policy has, or the manual: no register is opened. */
int cu_register_tell(int argc, char **argv);

/* Says what a kind can do, or one action of it; or which words may follow. As help_on. */
int cu_register_help_on(const cu_arguments *asked, bool words_only);
void cu_register_print_kinds(void);

/* Whether there is such an action of the kind, or it is one of all kinds. */
bool cu_register_can(const cu_thing *thing, const char *action);

typedef enum cu_register_intent {
    CU_REGISTER_LOOK,  /* as it is, and no key is made (cu_register_options) */
    CU_REGISTER_ACT,   /* upon a register that is there */
    CU_REGISTER_BEGIN, /* upon one that is made where it is not there */
} cu_register_intent;

/*
 * Opens the register that options or the environment name. A name that was mistyped makes no
 * register: of a SQLite file that is not there, all but CU_REGISTER_BEGIN fail (CU_EIO).
 */
cu_status cu_register_open_named(const char *db, const char *kek, cu_register_intent intent,
                                 cu_register **out, cu_err *err) CU_MUST_CHECK;

/* The path of the key file that is meant, ended by a zero byte. */
cu_status cu_register_kek_path(const char *db, const char *kek, cu_buffer *out,
                               cu_err *err) CU_MUST_CHECK;

/* The actions upon the register as a whole, each in its own file. */
extern const cu_command cu_register_action_verify;
extern const cu_command cu_register_action_backup;

#endif
