/* SPDX-License-Identifier: Apache-2.0 */
/* What a command is, and what all commands share. Private to cli/. */
#ifndef CU_CLI_COMMAND_H
#define CU_CLI_COMMAND_H

#include "base/bytes.h"
#include "base/json.h"
#include "base/option.h"

enum { CU_EXIT_DONE = 0, CU_EXIT_COULD_NOT = 1, CU_EXIT_WRONG_USE = 2 };

/* A command, or an action of one: "custos NAME ..." or "custos COMMAND NAME ...". */
typedef struct cu_command {
    const char *name;
    const char *summary;
    const char *usage;        /* lines, the first of which begins with "custos " */
    const cu_option *options; /* may be NULL */
    const struct cu_command *const *actions; /* ends with NULL; may be NULL */
    /* Runs it: argv[0] is the name. The exit status. NULL: there are only actions. */
    int (*run)(const struct cu_command *command, int argc, char **argv);
    void (*print_more)(void); /* what help says after the usage; may be NULL */
    /* What help says of words that are no actions, or with words_only which words may follow
     * them; the exit status. May be NULL. */
    int (*help_on)(const cu_arguments *asked, bool words_only);
} cu_command;

/* All commands, in the order of custos help; ends with a name of NULL. */
extern const cu_command *const cu_commands[];
const cu_command *cu_command_find(const char *name);

/* The action of a command that has this name; NULL where there is none. */
const cu_command *cu_command_action(const cu_command *command, const char *name);

/* Runs what argv[1] and on ask of the command whose name is argv[0]: an action, help, or
 * itself. */
int cu_command_run(const cu_command *command, int argc, char **argv);

/* Says how a command or an action is used; the exit status. */
int cu_command_help_of(const cu_command *command);

/* Each command's own entry, in its own file. */
extern const cu_command cu_command_scan;
extern const cu_command cu_command_show;
extern const cu_command cu_command_match;
extern const cu_command cu_command_verify;
extern const cu_command cu_command_hashset;
extern const cu_command cu_command_ledger;
extern const cu_command cu_command_register;
extern const cu_command cu_command_help;

/* Says on standard error what went wrong, in one line that moves no cursor; answers 1. */
int cu_cli_fail(const cu_err *err);

/* Says what is wrong with the call, and the usage of the command; answers 2. */
int cu_cli_misuse(const cu_command *command, const char *format, ...) CU_PRINTF(2, 3);

/*
 * Reads the command's options into a structure (base/option.h). 0, or what the command answers:
 * what is wrong has then been said.
 */
int cu_cli_read(const cu_command *command, int argc, char **argv, void *into,
                cu_arguments *rest);

/* What was said, or else the environment, or else otherwise, which may be NULL. */
const char *cu_cli_or_environment(const char *said, const char *name, const char *otherwise);

/* The URL of the database that is meant: said, or CUSTOS_DB, or custos.db here. */
const char *cu_cli_database(const char *said);

/* To stand behind its name where it is not there: how another is named, or "" where it was. */
const char *cu_cli_database_advice(const char *said);

/* Text from evidence, made safe for a terminal. */
void cu_cli_print_shown(const char *text);

/* Writes a buffer to standard output and empties it; a failure is remembered (cu_cli_flush). */
void cu_cli_write(cu_buffer *buffer);

/* Ends the output: 0, or 1 and a line on standard error where any of it could not be written.
 */
int cu_cli_flush(void);

/* "1,234,567" and "1.2 GB" into out (32 bytes). */
const char *cu_cli_count(uint64_t n, char *out);
const char *cu_cli_size(uint64_t bytes, char *out);

#endif
