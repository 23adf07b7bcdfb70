/* SPDX-License-Identifier: Apache-2.0 */
/* Progress on a terminal, and Ctrl-C. Private to cli/. */
#ifndef CU_CLI_TERMINAL_H
#define CU_CLI_TERMINAL_H

#include "base/progress.h"

typedef struct cu_terminal {
    cu_progress progress; /* give this to the work */
    bool quiet;
    bool shown; /* a line stands on the terminal */
    const char *stage;
    int64_t stage_start_us;
} cu_terminal;

/* Draws on standard error where that is a terminal and quiet is false; Ctrl-C asks the work to
 * stop. */
void cu_terminal_begin(cu_terminal *terminal, bool quiet);

/* Wipes the line. */
void cu_terminal_end(cu_terminal *terminal);

#endif
