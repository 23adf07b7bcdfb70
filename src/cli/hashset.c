/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset: sets of known files are made, joined, asked and checked. */
#include "cli/hashset.h"

#include "base/text.h"
#include "cli/terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
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
    cu_json_close_object(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

int cu_hashset_import_and_tell(cu_hashset_import_options *options, char **files, int count,
                               const char *out, bool as_json)
{
    const char **const paths = calloc((size_t)count + 1, sizeof *paths);
    cu_hashset_report report = {.rows = 0};
    cu_terminal terminal;
    cu_err err = {0};
    cu_status st = paths == NULL ? cu_fail(&err, CU_ENOMEM, "out of memory") : CU_OK;

    for (int i = 0; st == CU_OK && i < count; i++)
        paths[i] = files[i];
    cu_terminal_begin(&terminal, false);
    options->progress = &terminal.progress;
    if (st == CU_OK)
        st = cu_hashset_import(options, paths, (size_t)count, out, &report, &err);
    cu_terminal_end(&terminal);
    options->progress = NULL;
    free(paths);
    if (st == CU_EUSAGE)
        return cu_cli_misuse(&cu_command_hashset, "%s", err.text);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    if (as_json)
        write_report(&report, out);
    else
        print_report(&report, out);
    return cu_cli_flush();
}

/* ---- import and union ---- */

typedef struct importing {
    cu_hashset_import_options options;
    const char *out;
    bool alert, known_good, json;
} importing;

/* "2G", "512M", "65536K": bytes, 0 where it is none. */
static uint64_t parse_memory(const char *text)
{
    static const struct {
        char unit;
        unsigned shift;
    } units[] = {{'K', 10}, {'M', 20}, {'G', 30}, {'T', 40}};

    char *end = NULL;
    const unsigned long long n = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || n == 0)
        return 0;
    if (*end == '\0')
        return n;
    for (size_t i = 0; i < CU_COUNT_OF(units); i++) {
        if (end[0] == units[i].unit && end[1] == '\0' && n <= UINT64_MAX >> units[i].shift)
            return n << units[i].shift;
    }
    return 0;
}

static int take_option(importing *self, int option)
{
    switch (option) {
    case 'a':
        self->options.format = optarg;
        return 0;
    case 'A':
        self->alert = true;
        return 0;
    case 'k':
        self->known_good = true;
        return 0;
    case 'r':
        self->options.keep_records = true;
        return 0;
    case 'n':
        self->options.name = optarg;
        return 0;
    case 'v':
        self->options.version = optarg;
        return 0;
    case 's':
        self->options.scheme = optarg;
        return 0;
    case 'm':
        self->options.memory = parse_memory(optarg);
        return self->options.memory >= cu_hashset_memory_min
                   ? 0
                   : cu_cli_misuse(&cu_command_hashset,
                                   "\"%s\" is no size of 16M or more, such as 512M or 4G",
                                   optarg);
    case 'c':
        self->options.columns = optarg;
        return 0;
    case 'j':
        self->json = true;
        return 0;
    case 'o':
        self->out = optarg;
        return 0;
    default:
        return cu_cli_misuse(&cu_command_hashset, "that is no option of hashset import");
    }
}

static int parse(importing *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"as", required_argument, NULL, 'a'},     {"alert", no_argument, NULL, 'A'},
        {"known-good", no_argument, NULL, 'k'},   {"records", no_argument, NULL, 'r'},
        {"name", required_argument, NULL, 'n'},   {"version", required_argument, NULL, 'v'},
        {"scheme", required_argument, NULL, 's'}, {"memory", required_argument, NULL, 'm'},
        {"json", no_argument, NULL, 'j'},         {0},
    };
    int option = 0;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "o:", options, NULL)) >= 0) {
        const int wrong = take_option(self, option);

        if (wrong != 0)
            return wrong;
    }
    return 0;
}

int cu_hashset_run_import(int argc, char **argv)
{
    importing self = {.alert = false};
    const int wrong = parse(&self, argc, argv);

    if (wrong != 0)
        return wrong;
    if (self.options.format == NULL || self.out == NULL || optind >= argc)
        return cu_cli_misuse(&cu_command_hashset,
                             "--as FORMAT, FILE and -o SET.chs are wanted");
    if (self.alert == self.known_good)
        return cu_cli_misuse(&cu_command_hashset,
                             "say what a match means: --alert or --known-good, one of them");
    self.options.purpose = self.alert ? CU_HASHSET_ALERT : CU_HASHSET_KNOWN_GOOD;
    return cu_hashset_import_and_tell(&self.options, argv + optind, argc - optind, self.out,
                                      self.json);
}

int cu_hashset_run_union(int argc, char **argv)
{
    importing self = {.alert = false};
    CU_AUTO(cu_hashset, first);
    cu_err err = {0};
    const int wrong = parse(&self, argc, argv);

    if (wrong != 0)
        return wrong;
    if (self.out == NULL || optind + 2 > argc || self.options.format != NULL || self.alert ||
        self.known_good)
        return cu_cli_misuse(&cu_command_hashset, "two sets and -o SET.chs are wanted");
    if (cu_hashset_open_named(argv[optind], &first, &err) != CU_OK)
        return cu_cli_fail(&err);

    const cu_hashset_facts *const facts = cu_hashset_get_facts(first);

    self.options.format = "custos";
    self.options.purpose = facts->purpose;
    self.options.keep_records = facts->records > 0;
    if (self.options.scheme == NULL)
        self.options.scheme = facts->scheme;
    return cu_hashset_import_and_tell(&self.options, argv + optind, argc - optind, self.out,
                                      self.json);
}

/* ---- the command ---- */

static int run(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } actions[] = {{"import", cu_hashset_run_import}, {"info", cu_hashset_run_info},
                   {"lookup", cu_hashset_run_lookup}, {"near", cu_hashset_run_near},
                   {"export", cu_hashset_run_export}, {"diff", cu_hashset_run_diff},
                   {"union", cu_hashset_run_union},   {"verify", cu_hashset_run_verify}};

    if (argc < 2)
        return cu_cli_misuse(&cu_command_hashset, "what to do is missing");
    for (size_t i = 0; i < CU_COUNT_OF(actions); i++) {
        if (strcmp(actions[i].name, argv[1]) == 0)
            return actions[i].run(argc - 1, argv + 1);
    }
    return cu_cli_misuse(&cu_command_hashset, "hashset cannot \"%s\"", argv[1]);
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

const cu_command cu_command_hashset = {
    .name = "hashset",
    .summary = "make, join, ask and check sets of known files",
    .usage =
        "custos hashset import --as FORMAT --alert|--known-good [--name N] [--version V]\n"
        "                      [--scheme NAME[/VERSION]] [--columns NAMES] [--records]\n"
        "                      [--memory SIZE] [--json] FILE... -o SET.chs\n"
        "       custos hashset info SET [--json]\n"
        "       custos hashset lookup SET HASH...|- [--jsonl]\n"
        "       custos hashset near SET PICTURE|PDQ... [--distance N] [--jsonl]\n"
        "       custos hashset export SET [--as csv|jsonl]\n"
        "       custos hashset diff OLD NEW [--list] [--json] [-o ADDED.chs]\n"
        "       custos hashset union SET SET... -o SET.chs [--name N] [--version V] [--json]\n"
        "       custos hashset verify SET",
    .run = run,
    .print_more = print_formats,
};
