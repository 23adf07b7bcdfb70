/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset: sets of known files are made, joined, asked and checked. */
#include "cli/hashset.h"

#include "base/text.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <string.h>

cu_status cu_hashset_open_named(const char *path, cu_hashset **set, cu_err *err)
{
    const cu_status st = cu_hashset_open(path, set, err);

    return st == CU_OK ? st : cu_while(err, st, "could not open hash set \"%s\"", path);
}

/* ---- what was kept and left out ---- */

static void print_left_out(uint64_t count, const char *what, const char *first)
{
    char text[32];

    if (count == 0)
        return;
    (void)printf("left out: %s %s", cu_cli_count(count, text), what);
    if (first[0] != '\0') {
        (void)printf(", the first at ");
        cu_cli_print_shown(first);
    }
    (void)printf("\n");
}

static void print_report(const cu_hashset_report *report, const char *out)
{
    char a[32];
    char b[32];

    (void)printf("%s records, %s digests", cu_cli_count(report->records, a),
                 cu_cli_count(report->values, b));
    if (report->pdq > 0)
        (void)printf(", %s PDQ", cu_cli_count(report->pdq, a));
    if (report->photodna > 0)
        (void)printf(", %s PhotoDNA (stored, never matched)",
                     cu_cli_count(report->photodna, a));
    (void)printf(" in ");
    cu_cli_print_shown(out);
    (void)printf("\n");
    print_left_out(report->empty_files, "of empty files", report->first_empty);
    print_left_out(report->without_digest, "without a digest", report->first_without);
    print_left_out(report->wrong, "digests of a wrong length", report->first_wrong);
    print_left_out(report->duplicates, "that were there already", report->first_duplicate);
    print_left_out(report->withdrawn, "withdrawn by their source", "");
    print_left_out(report->superseded, "that their source later said otherwise", "");
}

static void write_left_out(cu_json *json, const char *key, uint64_t count, const char *first)
{
    cu_json_open_object(json, key);
    cu_json_uint(json, "count", count);
    if (first != NULL && first[0] != '\0')
        cu_json_text(json, "first", first);
    cu_json_close_object(json);
}

static void write_report(const cu_hashset_report *report, const char *path)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_open_object(&json, NULL);
    cu_json_text(&json, "set", path);
    cu_json_uint(&json, "rows", report->rows);
    cu_json_uint(&json, "records", report->records);
    cu_json_uint(&json, "digests", report->values);
    cu_json_uint(&json, "pdq", report->pdq);
    cu_json_uint(&json, "photodna", report->photodna);
    cu_json_open_object(&json, "left_out");
    write_left_out(&json, "empty_files", report->empty_files, report->first_empty);
    write_left_out(&json, "without_digest", report->without_digest, report->first_without);
    write_left_out(&json, "wrong", report->wrong, report->first_wrong);
    write_left_out(&json, "duplicates", report->duplicates, report->first_duplicate);
    write_left_out(&json, "withdrawn", report->withdrawn, NULL);
    write_left_out(&json, "superseded", report->superseded, NULL);
    cu_json_close_object(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

int cu_hashset_import_and_tell(const cu_hashset_telling *telling,
                               cu_hashset_import_options *options, char **files, size_t count)
{
    cu_hashset_report report = {.rows = 0};
    cu_terminal terminal;
    cu_err err = {0};
    cu_status st = CU_OK;

    cu_terminal_begin(&terminal, false);
    options->progress = &terminal.progress;
    st = cu_hashset_import(options, (const char *const *)files, count, telling->out, &report,
                           &err);
    cu_terminal_end(&terminal);
    options->progress = NULL;
    if (st == CU_EUSAGE)
        return cu_cli_misuse(telling->command, "%s", err.text);
    if (st == CU_ENOMEM)
        st = cu_while(&err, st, "could not make \"%s\"", telling->out);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    if (telling->json)
        write_report(&report, telling->out);
    else
        print_report(&report, telling->out);
    return cu_cli_flush();
}

/* ---- import ---- */

typedef struct importing {
    cu_hashset_import_options options;
    const char *out;
    bool alert, known_good, json;
} importing;

static int run_import(const cu_command *command, int argc, char **argv)
{
    importing self = {.alert = false};
    cu_arguments files;
    const int wrong = cu_cli_read(command, argc, argv, &self, &files);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (self.options.format == NULL || self.out == NULL || files.count == 0)
        return cu_cli_misuse(command, "--as FORMAT, FILE and -o SET.chs are wanted");
    if (self.alert == self.known_good)
        return cu_cli_misuse(command,
                             "say what a match means: --alert or --known-good, one of them");
    self.options.purpose = self.alert ? CU_HASHSET_ALERT : CU_HASHSET_KNOWN_GOOD;
    return cu_hashset_import_and_tell(&(cu_hashset_telling){command, self.out, self.json},
                                      &self.options, files.list, files.count);
}

static void print_formats(void)
{
    const char *name = NULL;
    const char *what = NULL;

    (void)printf("formats of import:\n");
    for (size_t i = 0; cu_hashset_format_at(i, &name, &what); i++)
        (void)printf("  %-11s %s\n", name, what);
    (void)printf("\n");
}

/* What import and union are both told. */
#define SET_OPTIONS                                                                            \
    CU_NAME("o", importing, out, "SET.chs", "where the set appears"),                          \
        CU_TEXT("name", importing, options.name, "N", "of the set, printed with each match"),  \
        CU_TEXT("version", importing, options.version, "V", "of the set"),                     \
        CU_TEXT("scheme", importing, options.scheme, "NAME[/VERSION]",                         \
                "of the codes, printed with them"),                                            \
        CU_SIZE("memory", importing, options.memory, "SIZE",                                   \
                "what sorting may take; a quarter of the machine's if not given",              \
                cu_hashset_memory_min),                                                        \
        CU_FLAG("json", importing, json, "print one JSON object and nothing else")

static const cu_option import_options[] = {
    CU_TEXT("as", importing, options.format, "FORMAT", "what the files are"),
    CU_FLAG("alert", importing, alert, "a match is to be told"),
    CU_FLAG("known-good", importing, known_good, "a match excludes"),
    CU_TEXT("columns", importing, options.columns, "NAMES", "of a CSV without a first line"),
    CU_FLAG("records", importing, options.keep_records,
            "keep names and sizes in a known-good set, too"),
    SET_OPTIONS,
    {0},
};

const cu_command cu_hashset_action_import = {
    .name = "import",
    .summary = "make a set of files that others made",
    .usage = "custos hashset import --as FORMAT --alert|--known-good [--name N] [--version V]\n"
             "                      [--scheme NAME[/VERSION]] [--columns NAMES] [--records]\n"
             "                      [--memory SIZE] [--json] FILE... -o SET.chs",
    .options = import_options,
    .run = run_import,
    .print_more = print_formats,
};

/* ---- union ---- */

static int run_union(const cu_command *command, int argc, char **argv)
{
    importing self = {.alert = false};
    CU_AUTO(cu_hashset, first);
    cu_arguments sets;
    cu_err err = {0};
    const int wrong = cu_cli_read(command, argc, argv, &self, &sets);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (self.out == NULL || sets.count < 2)
        return cu_cli_misuse(command, "two sets and -o SET.chs are wanted");
    if (cu_hashset_open_named(sets.list[0], &first, &err) != CU_OK)
        return cu_cli_fail(&err);

    const cu_hashset_facts *const facts = cu_hashset_get_facts(first);

    self.options.format = "custos";
    self.options.purpose = facts->purpose;
    self.options.keep_records = facts->records > 0;
    if (self.options.scheme == NULL)
        self.options.scheme = facts->scheme;
    return cu_hashset_import_and_tell(&(cu_hashset_telling){command, self.out, self.json},
                                      &self.options, sets.list, sets.count);
}

static const cu_option union_options[] = {SET_OPTIONS, {0}};

const cu_command cu_hashset_action_union = {
    .name = "union",
    .summary = "join sets of one purpose and one scheme",
    .usage = "custos hashset union SET SET... -o SET.chs [--name N] [--version V]\n"
             "                     [--scheme NAME[/VERSION]] [--memory SIZE] [--json]",
    .options = union_options,
    .run = run_union,
};

/* ---- the command ---- */

static const cu_command *const actions[] = {
    &cu_hashset_action_import, &cu_hashset_action_info,   &cu_hashset_action_lookup,
    &cu_hashset_action_near,   &cu_hashset_action_export, &cu_hashset_action_diff,
    &cu_hashset_action_union,  &cu_hashset_action_verify, NULL,
};

const cu_command cu_command_hashset = {
    .name = "hashset",
    .summary = "make, join, ask and check sets of known files",
    .usage = "custos hashset import --as FORMAT --alert|--known-good FILE... -o SET.chs\n"
             "       custos hashset ACTION SET...\n"
             "       custos help hashset ACTION",
    .actions = actions,
    .print_more = print_formats,
};
