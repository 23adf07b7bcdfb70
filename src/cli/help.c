/* SPDX-License-Identifier: Apache-2.0 */
/* custos help: the commands, or the usage of one. */
#include "cli/command.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    if (argc > 2)
        return cu_cli_misuse(&cu_command_help, "one command at a time");
    if (argc == 2) {
        const cu_command *const command = cu_command_find(argv[1]);

        if (command == NULL)
            return cu_cli_misuse(&cu_command_help, "there is no command \"%s\"", argv[1]);
        (void)printf("%s\n\nusage: %s\n\n", command->summary, command->usage);
        if (command->print_more != NULL)
            command->print_more();
        (void)printf("The manual: man custos-%s\n", command->name);
        return cu_cli_flush();
    }
    (void)printf("Custos finds known files on seized devices, and says how sure it is.\n\n");
    for (size_t i = 0; cu_commands[i] != NULL; i++)
        (void)printf("  %-8s  %s\n", cu_commands[i]->name, cu_commands[i]->summary);
    (void)printf(
        "\ncustos help COMMAND says how a command is used; custos --version, which this is.\n");
    return cu_cli_flush();
}

const cu_command cu_command_help = {
    .name = "help",
    .summary = "say what the commands are, or how one is used",
    .usage = "custos help [COMMAND]",
    .run = run,
};
