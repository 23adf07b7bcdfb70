/* SPDX-License-Identifier: Apache-2.0 */
/* custos help: the commands, how one is used, and the words that a shell completes. */
#include "cli/command.h"

#include <stdio.h>

/* The page that tells of it: of an action its command's, of help the program's. */
static void print_page(const cu_command *command)
{
    const char *name = command->name;

    for (size_t i = 0; cu_commands[i] != NULL; i++) {
        if (cu_command_action(cu_commands[i], command->name) == command)
            name = cu_commands[i]->name;
    }
    if (command == &cu_command_help)
        (void)printf("The manual: man custos\n");
    else
        (void)printf("The manual: man custos-%s\n", name);
}

int cu_command_help_of(const cu_command *command)
{
    cu_buffer options = {0};

    (void)printf("%s\n\nusage: %s\n\n", command->summary, command->usage);
    for (size_t i = 0; command->actions != NULL && command->actions[i] != NULL; i++)
        (void)printf("  %-8s  %s\n", command->actions[i]->name, command->actions[i]->summary);
    if (command->actions != NULL)
        (void)printf("\n");
    cu_options_append_help(command->options, &options);
    if (options.n > 0)
        cu_buffer_u8(&options, '\n');
    cu_cli_write(&options);
    cu_buffer_free(&options);
    if (command->print_more != NULL)
        command->print_more();
    print_page(command);
    return cu_cli_flush();
}

/* The words that may follow: commands, or a command's actions and options. */
static int print_words(const cu_command *command)
{
    cu_buffer out = {0};

    for (size_t i = 0; command == NULL && cu_commands[i] != NULL; i++)
        cu_buffer_format(&out, "%s\n", cu_commands[i]->name);
    if (command != NULL) {
        for (size_t i = 0; command->actions != NULL && command->actions[i] != NULL; i++)
            cu_buffer_format(&out, "%s\n", command->actions[i]->name);
        for (const cu_option *option = command->options; option != NULL && option->name != NULL;
             option++) {
            cu_option_append_word(option, &out);
            cu_buffer_u8(&out, '\n');
        }
    }
    cu_cli_write(&out);
    cu_buffer_free(&out);
    if (command != NULL && command->help_on != NULL)
        return command->help_on(&(cu_arguments){.count = 0}, true);
    return cu_cli_flush();
}

typedef struct asking {
    bool words;
} asking;

static int print_commands(void)
{
    (void)printf("Custos finds known files on seized devices, and says how sure it is.\n\n");
    for (size_t i = 0; cu_commands[i] != NULL; i++)
        (void)printf("  %-8s  %s\n", cu_commands[i]->name, cu_commands[i]->summary);
    (void)printf(
        "\ncustos help COMMAND says how a command is used; custos --version, which this is.\n");
    return cu_cli_flush();
}

/* What is asked of a command: itself, an action of it, or what else it can tell of. */
static int help_within(const cu_command *self, const cu_command *command,
                       const cu_arguments *asked, bool words_only)
{
    const cu_command *action = command;

    if (asked->count > 0)
        action = cu_command_action(command, asked->list[0]);
    if (action == NULL && command->help_on != NULL)
        return command->help_on(asked, words_only);
    if (action == NULL)
        return cu_cli_misuse(command, "%s cannot \"%s\"", command->name, asked->list[0]);
    if (asked->count > 1)
        return cu_cli_misuse(self, "one command at a time");
    return words_only ? print_words(action) : cu_command_help_of(action);
}

static int run(const cu_command *self, int argc, char **argv)
{
    asking wanted = {.words = false};
    cu_arguments asked;
    const int wrong = cu_cli_read(self, argc, argv, &wanted, &asked);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (asked.count == 0)
        return wanted.words ? print_words(NULL) : print_commands();

    const cu_command *const command = cu_command_find(asked.list[0]);

    if (command == NULL)
        return cu_cli_misuse(self, "there is no command \"%s\"", asked.list[0]);
    return help_within(self, command, &(cu_arguments){asked.list + 1, asked.count - 1},
                       wanted.words);
}

static const cu_option options[] = {
    CU_FLAG("words", asking, words, "print only the words that may follow, for a shell"),
    {0},
};

const cu_command cu_command_help = {
    .name = "help",
    .summary = "say what the commands are, or how one is used",
    .usage = "custos help [COMMAND [ACTION]]",
    .options = options,
    .run = run,
};
