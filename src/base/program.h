/* SPDX-License-Identifier: Apache-2.0 */
/* What a program without commands says of itself: its help, its version, and what went wrong.
 */
#ifndef CU_BASE_PROGRAM_H
#define CU_BASE_PROGRAM_H

#include "base/option.h"

typedef struct cu_program {
    const char *name;
    const char *summary;      /* what it is for, one line */
    const char *usage;        /* lines, the first of which begins with the name */
    const char *manual;       /* its page: "custos-signd" */
    const cu_option *options; /* beside --help and --version */
} cu_program;

/* Whether argv[1] asks for help or the version; it is then answered, and code is the exit
 * status. */
bool cu_program_tells(const cu_program *program, int argc, char **argv, int *code);

/* Says on standard error what went wrong, in one line that moves no cursor; answers 1. */
int cu_program_fail(const cu_program *program, const cu_err *err);

/* Says what is wrong with the call (err may be NULL) and how the program is used; answers 2. */
int cu_program_misuse(const cu_program *program, const cu_err *err);

/* Ends the output: code, or 1 and a line on standard error where any of it could not be
 * written. */
int cu_program_flush(const cu_program *program, int code);

#endif
