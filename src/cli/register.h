/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of custos register share. Private to cli/. */
#ifndef CU_CLI_REGISTER_H
#define CU_CLI_REGISTER_H

#include "cli/command.h"

/* Says what a kind can do, what policy has, or the manual: no register is opened. */
int cu_register_tell(int argc, char **argv);
void cu_register_print_kinds(void);

#endif
