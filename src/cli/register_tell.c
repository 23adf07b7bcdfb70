/* SPDX-License-Identifier: Apache-2.0 */
/* custos register, without opening one: its kinds, actions, policy, and its manual. */
#include "cli/register.h"

#include "register/register.h"

#include <stdio.h>
#include <string.h>

void cu_register_print_kinds(void)
{
    const cu_things things = cu_register_things();

    (void)printf("Kinds of record (custos register KIND says what can be done to it):\n");
    for (size_t i = 0; i < things.n; i++)
        (void)printf("  %-16s %s\n", things.list[i]->name, things.list[i]->says);
    (void)printf("\nEvery kind can be viewed (view REF) and listed (list --FIELD VALUE).\n\n");
}

/* "--name" of each field in a list of words, as the command line has them. */
static void print_options(const cu_thing *thing, const char *words, bool optional)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        char name[64];

        (void)snprintf(name, sizeof name, "%.*s", (int)n, at);

        const cu_field *const field = cu_field_of(thing, name);

        for (char *c = name; *c != '\0'; c++) {
            if (*c == '_')
                *c = '-';
        }
        if (field != NULL)
            (void)printf("    %s--%-20s %s%s%s%s\n", optional ? " " : "*", name, field->says,
                         field->of == NULL ? "" : " (", field->of == NULL ? "" : field->of,
                         field->of == NULL ? "" : ")");
        at += n + strspn(at + n, " ");
    }
}

static void print_action(const cu_action *action, const cu_thing *thing)
{
    (void)printf("  %s: %s\n", action->name, action->says);
    if (action->from != NULL && action->from[0] != '\0')
        (void)printf("    from: %s%s%s\n", action->from,
                     action->to == NULL ? "" : "; to: ", action->to == NULL ? "" : action->to);
    (void)printf("    who may: %s\n", cu_right_words(action->right));
    print_options(thing, action->wants, false);
    print_options(thing, action->takes, true);
}

/* All that can be done to a kind, or the one action that is asked for. */
static void print_kind(const cu_thing *thing, const cu_action *only)
{
    (void)printf("%s: %s\nstates: %s\n", thing->name, thing->says, thing->states);
    for (size_t i = 0; i < thing->action_count; i++) {
        if (only != NULL && only != &thing->actions[i])
            continue;
        (void)printf("\n");
        print_action(&thing->actions[i], thing);
    }
    (void)printf("\n* is needed. view REF and list work, too.\n");
}

/* ---- help, and the words that a shell completes ---- */

static void print_option_words(const char *words)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");

        (void)printf("--");
        for (size_t i = 0; i < n; i++)
            (void)putchar(at[i] == '_' ? '-' : at[i]);
        (void)printf("\n");
        at += n + strspn(at + n, " ");
    }
}

static void print_words(const cu_thing *thing, const cu_action *action)
{
    const cu_things things = cu_register_things();

    for (size_t i = 0; thing == NULL && i < things.n; i++)
        (void)printf("%s\n", things.list[i]->name);
    if (thing == NULL)
        (void)printf("policy\n");
    for (size_t i = 0; thing != NULL && action == NULL && i < thing->action_count; i++)
        (void)printf("%s\n", thing->actions[i].name);
    if (thing != NULL && action == NULL)
        (void)printf("view\nlist\n");
    if (action != NULL) {
        print_option_words(action->wants);
        print_option_words(action->takes);
        (void)printf("--as\n--db\n--kek\n--version\n--json\n");
    }
}

bool cu_register_can(const cu_thing *thing, const char *action)
{
    return strcmp(action, "view") == 0 || strcmp(action, "list") == 0 ||
           cu_action_of(thing, action) != NULL;
}

int cu_register_help_on(const cu_arguments *asked, bool words_only)
{
    static const cu_action any = {.name =
                                      "view"}; /* and list: they have no fields of their own */
    const cu_thing *thing = NULL;
    const cu_action *action = NULL;

    if (asked->count > 0)
        thing = cu_thing_of(cu_register_things(), asked->list[0]);
    if (asked->count > 0 && thing == NULL)
        return cu_cli_misuse(&cu_command_register, "the register has no \"%s\"",
                             asked->list[0]);
    if (asked->count > 1 && !cu_register_can(thing, asked->list[1]))
        return cu_cli_misuse(&cu_command_register, "%s cannot \"%s\"", thing->name,
                             asked->list[1]);
    if (asked->count > 1) {
        action = cu_action_of(thing, asked->list[1]);
        action = action == NULL ? &any : action;
    }
    if (asked->count > 2)
        return cu_cli_misuse(&cu_command_help, "one action at a time");
    if (words_only)
        print_words(thing, action);
    else if (thing != NULL)
        print_kind(thing, action == &any ? NULL : action);
    return cu_cli_flush();
}

/* ---- policy ---- */

static int print_policy(const char *key)
{
    CU_AUTO(cu_rulebook, policy);
    const cu_rulebook_value *values = NULL;
    const cu_rulebook_rule *rules = NULL;
    cu_err err = {0};
    size_t told = 0;

    if (cu_rulebook_open_default(&policy, &err) != CU_OK)
        return cu_cli_fail(&err);
    for (size_t i = 0, n = cu_rulebook_values(policy, &values); i < n; i++) {
        char from[cu_date_text_size];

        if (key != NULL && strcmp(key, values[i].key) != 0)
            continue;
        told++;
        cu_date_text(values[i].from, from);
        (void)printf("%-24s from %s: %s %s\n%26s%s (%s)\n", values[i].key, from, values[i].text,
                     values[i].unit, "", values[i].source,
                     values[i].confirmed ? "confirmed" : "to be confirmed");
    }
    for (size_t i = 0, n = cu_rulebook_rules(policy, &rules); i < n; i++) {
        if (key != NULL && strcmp(key, rules[i].id) != 0)
            continue;
        told++;
        (void)printf("rule %-3s %s\n         %s (%s)\n", rules[i].id, rules[i].sentence,
                     rules[i].source, rules[i].confirmed ? "confirmed" : "to be confirmed");
    }
    if (told == 0) {
        (void)cu_fail(&err, CU_ENOTFOUND, "the policy has neither a value nor a rule \"%s\"",
                      key);
        return cu_cli_fail(&err);
    }
    return cu_cli_flush();
}

/* ---- the manual, in scdoc's language ---- */

static const char manual_head[] =
    "custos-register(1)\n\n# NAME\n\ncustos-register - keep the case, from referral to "
    "court\n\n"
    "# SYNOPSIS\n\n*custos register* _KIND_ _ACTION_ [_REF_] [--_FIELD_ _VALUE_]... --as "
    "_OFFICER_ [--json] [--db _URL_] [--kek _FILE_] [--version _N_]++\n"
    "*custos register figures* --month _YYYY-MM_ --as _OFFICER_++\n"
    "*custos register verify* [--db _URL_] [--kek _FILE_] [--json]++\n"
    "*custos register backup* _OUT_ --as _OFFICER_ [--db _URL_] [--kek _FILE_]++\n"
    "*custos register policy* [_KEY_]\n\n"
    "# DESCRIPTION\n\nEach act is done by an officer whose roles allow it, on a record in a "
    "state "
    "that allows it, by the rules of the policy. The change, the record's new state and an "
    "entry in "
    "the ledger become durable together. Looking at a record, and listing records, are "
    "entries, "
    "too, before the answer is printed. A refused act says which rule refuses it and where "
    "that "
    "rule comes from, exits 1, and is entered.\n\n"
    "A register begins with its first officer: *officer enrol* makes the database and the key "
    "file "
    "where they are not there, and nothing else does.\n\n"
    "Before anything is done, the whole log is verified; where it is not as it was written, "
    "nothing is done, and the exit status is 1. *custos ledger verify* then names all that is "
    "wrong.\n\n"
    "The command line takes the officer's word for who it is: the boundary is the account of "
    "the "
    "operating system that can read the database and the key file.\n\n"
    "*verify* needs no officer and enters nothing: it verifies the log and the database's "
    "pages, and "
    "compares every row with what the last entry about it committed to. A row that was "
    "changed, "
    "added or deleted otherwise than by an act is named, and the exit status is 1. What was "
    "erased by law cannot be compared, and is counted.\n\n"
    "*backup* writes what the register has now to a new SQLite file _OUT_ while others go on "
    "writing, "
    "opens it, and verifies it as *verify* does. It is for those who keep officers and "
    "backups; the record of it, a *backup-copy*, and its entry are in both. A file "
    "that is there already is refused. The key file is not in it: keep that elsewhere.\n\n"
    "# OPTIONS\n\n*--as* _OFFICER_\n\tWho acts: the officer's number. CUSTOS_OFFICER where not "
    "given.\n\n*--db* _URL_\n\tsqlite:_PATH_ or postgresql://… CUSTOS_DB where not given; then "
    "sqlite:custos.db.\n\n*--kek* _FILE_\n\tThe key that wraps the keys of the cases. "
    "CUSTOS_KEK "
    "where not given; then, for SQLite, the database's name with .kek. Keep it apart from "
    "backups.\n\n*--version* _N_\n\tThe version of the record that you saw: another one "
    "refuses "
    "the act.\n\n*--json*\n\tOne object, and nothing else: every text as it is.\n\n"
    "Without *--json* a text of several lines is shown in lines of the same column, in a "
    "list in one line with ¶ between them; control characters are shown escaped.\n\n"
    "Times are written 2021-03-01T07:42:00Z, with an offset in place of Z, or without one: "
    "then "
    "they are local. In a list, any field with a column is a condition; *--after* and "
    "*--limit* "
    "page.\n\n";

static void print_names(const cu_thing *thing, const char *words, const char *before)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");

        (void)printf("%s--", at == words ? before : " ");
        for (size_t i = 0; i < n; i++)
            (void)putchar(at[i] == '_' ? '-' : at[i]);
        at += n + strspn(at + n, " ");
    }
    (void)thing;
}

static int print_manual(void)
{
    const cu_things things = cu_register_things();

    (void)printf("%s", manual_head);
    for (size_t i = 0; i < things.n; i++) {
        const cu_thing *const thing = things.list[i];

        (void)printf("# %s\n\n%s. States: %s.\n\n", thing->name, thing->says, thing->states);
        for (size_t a = 0; a < thing->action_count; a++) {
            const cu_action *const action = &thing->actions[a];

            (void)printf("*%s*\n\t%s. Who may: %s.", action->name, action->says,
                         cu_right_words(action->right));
            print_names(thing, action->wants, " Needs ");
            print_names(thing, action->takes, action->wants == NULL ? " Takes " : "; takes ");
            (void)printf("%s\n\n", action->wants == NULL && action->takes == NULL ? "" : ".");
        }
    }
    (void)printf("# EXIT STATUS\n\nAs in *custos*(1); a refusal is 1.\n\n# SEE ALSO\n\n"
                 "*custos*(1), *custos-ledger*(1)\n");
    return cu_cli_flush();
}

int cu_register_tell(int argc, char **argv)
{
    if (argc < 2) {
        cu_register_print_kinds();
        return cu_cli_flush();
    }
    if (strcmp(argv[1], "manual") == 0)
        return print_manual();
    if (argc > 3)
        return cu_cli_misuse(&cu_command_register, "\"%s\" is one word too many", argv[3]);
    return print_policy(argc > 2 ? argv[2] : NULL);
}
