/* SPDX-License-Identifier: Apache-2.0 */
/* The custos program: finds the command and runs it. */
#include "cli/command.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* The one list of commands: help, the manual's index and completion come from it. */
const cu_command *const cu_commands[] = {
    &cu_command_scan,     &cu_command_show,    &cu_command_match,
    &cu_command_verify,   &cu_command_hashset, &cu_command_ledger,
    &cu_command_register, &cu_command_help,    NULL,
};

const cu_command *cu_command_find(const char *name)
{
    for (size_t i = 0; cu_commands[i] != NULL; i++) {
        if (strcmp(cu_commands[i]->name, name) == 0)
            return cu_commands[i];
    }
    return NULL;
}

const cu_command *cu_command_action(const cu_command *command, const char *name)
{
    for (size_t i = 0; command->actions != NULL && command->actions[i] != NULL; i++) {
        if (strcmp(command->actions[i]->name, name) == 0)
            return command->actions[i];
    }
    return NULL;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int cu_command_run(const cu_command *command, int argc, char **argv)
{
    const cu_command *const action = argc < 2 ? NULL : cu_command_action(command, argv[1]);

    if (action != NULL)
        return cu_command_run(action, argc - 1, argv + 1);
    if (argc > 1 && asks_for_help(argv[1]))
        return cu_command_help_of(command);
    if (command->run != NULL)
        return command->run(command, argc, argv);
    return argc < 2 ? cu_cli_misuse(command, "what to do is missing")
                    : cu_cli_misuse(command, "%s cannot \"%s\"", command->name, argv[1]);
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may grow no more is an error, told as one */
    if (argc < 2)
        return cu_cli_misuse(&cu_command_help, "a command is missing");
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("custos %s\n", CU_VERSION);
        return cu_cli_flush();
    }
    if (asks_for_help(argv[1]))
        return cu_command_help.run(&cu_command_help, argc - 1, argv + 1);

    const cu_command *const command = cu_command_find(argv[1]);

    if (command == NULL)
        return cu_cli_misuse(&cu_command_help, "there is no command \"%s\"", argv[1]);
    return cu_command_run(command, argc - 1, argv + 1);
}
