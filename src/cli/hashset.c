/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset: sets of known files are made, asked and checked. */
#include "hashset/hashset.h"

#include "base/text.h"
#include "cli/command.h"
#include "hashset/import.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cu_status open_set(const char *path, cu_hashset **set, cu_err *err)
{
    const cu_status st = cu_hashset_open(path, set, err);

    return st == CU_OK ? st : cu_while(err, st, "could not open hash set \"%s\"", path);
}

/* ---- import ---- */

typedef struct importing {
    cu_hashset_import_options options;
    const char *out;
    bool alert, known_good;
} importing;

static int parse_import(importing *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"as", required_argument, NULL, 'a'},      {"alert", no_argument, NULL, 'A'},
        {"known-good", no_argument, NULL, 'k'},    {"name", required_argument, NULL, 'n'},
        {"version", required_argument, NULL, 'v'}, {"scheme", required_argument, NULL, 's'},
        {"columns", required_argument, NULL, 'c'}, {0},
    };
    int option = 0;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "o:", options, NULL)) >= 0) {
        switch (option) {
        case 'a':
            self->options.format = optarg;
            break;
        case 'A':
            self->alert = true;
            break;
        case 'k':
            self->known_good = true;
            break;
        case 'n':
            self->options.name = optarg;
            break;
        case 'v':
            self->options.version = optarg;
            break;
        case 's':
            self->options.scheme = optarg;
            break;
        case 'c':
            self->options.columns = optarg;
            break;
        case 'o':
            self->out = optarg;
            break;
        default:
            return cu_cli_misuse(&cu_command_hashset, "that is no option of hashset import");
        }
    }
    if (self->options.format == NULL || self->out == NULL || optind >= argc)
        return cu_cli_misuse(&cu_command_hashset,
                             "--as FORMAT, FILE and -o SET.chs are wanted");
    if (self->alert == self->known_good)
        return cu_cli_misuse(&cu_command_hashset,
                             "say what a match means: --alert or --known-good, one of them");
    self->options.purpose = self->alert ? CU_HASHSET_ALERT : CU_HASHSET_KNOWN_GOOD;
    return 0;
}

static void print_left_out(uint64_t count, const char *what, const char *first)
{
    if (count == 0)
        return;
    (void)printf("left out: %llu %s", (unsigned long long)count, what);
    if (first[0] != '\0') {
        (void)printf(", the first at ");
        cu_cli_print_shown(first);
    }
    (void)printf("\n");
}

static int run_import(int argc, char **argv)
{
    importing self = {.alert = false};
    cu_hashset_report report;
    cu_err err = {0};
    const int wrong = parse_import(&self, argc, argv);

    if (wrong != 0)
        return wrong;

    const char **const files = calloc((size_t)(argc - optind), sizeof *files);
    cu_status st = files == NULL ? cu_fail(&err, CU_ENOMEM, "out of memory") : CU_OK;

    for (int i = optind; st == CU_OK && i < argc; i++)
        files[i - optind] = argv[i];
    if (st == CU_OK)
        st = cu_hashset_import(&self.options, files, (size_t)(argc - optind), self.out, &report,
                               &err);
    free(files);
    if (st == CU_EUSAGE)
        return cu_cli_misuse(&cu_command_hashset, "%s", err.text);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    (void)printf("%llu records, %llu digests in %s\n", (unsigned long long)report.records,
                 (unsigned long long)report.values, self.out);
    print_left_out(report.empty_files, "of empty files", "");
    print_left_out(report.without_digest, "without a digest", report.first_without);
    print_left_out(report.wrong, "digests of a wrong length", report.first_wrong);
    print_left_out(report.duplicates, "digests that were there already", "");
    return cu_cli_flush();
}

/* ---- info, lookup, verify ---- */

static int run_info(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {0}};
    CU_AUTO(cu_hashset, set);
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    cu_err err = {0};
    bool as_json = false;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (option != 'j')
            return cu_cli_misuse(&cu_command_hashset, "that is no option of hashset info");
        as_json = true;
    }
    if (optind + 1 != argc)
        return cu_cli_misuse(&cu_command_hashset, "one set is wanted");
    if (open_set(argv[optind], &set, &err) != CU_OK)
        return cu_cli_fail(&err);

    const cu_hashset_facts *const facts = cu_hashset_get_facts(set);
    const char *const purpose = facts->purpose == CU_HASHSET_ALERT ? "alert" : "known-good";

    if (as_json) {
        cu_json_open_object(&json, NULL);
        cu_json_text(&json, "name", facts->name);
        cu_json_text(&json, "version", facts->version);
        cu_json_text(&json, "scheme", facts->scheme);
        cu_json_text(&json, "purpose", purpose);
        cu_json_uint(&json, "records", facts->records);
        cu_json_uint(&json, "md5", facts->values[CU_HASHSET_MD5]);
        cu_json_uint(&json, "sha1", facts->values[CU_HASHSET_SHA1]);
        cu_json_uint(&json, "sha256", facts->values[CU_HASHSET_SHA256]);
        cu_json_close_object(&json);
        cu_json_line(&json);
        cu_cli_write(&out);
    } else {
        (void)printf("name     ");
        cu_cli_print_shown(facts->name);
        (void)printf("\nversion  ");
        cu_cli_print_shown(facts->version);
        (void)printf("\nscheme   ");
        cu_cli_print_shown(facts->scheme);
        (void)printf(
            "\npurpose  %s\nrecords  %llu\nmd5      %llu\nsha1     %llu\nsha256   %llu\n",
            purpose, (unsigned long long)facts->records,
            (unsigned long long)facts->values[CU_HASHSET_MD5],
            (unsigned long long)facts->values[CU_HASHSET_SHA1],
            (unsigned long long)facts->values[CU_HASHSET_SHA256]);
    }
    cu_buffer_free(&out);
    return cu_cli_flush();
}

static bool find_text(const cu_hashset *set, const char *text, cu_hashset_record *out,
                      bool *found)
{
    static const size_t bytes[] = {
        [CU_HASHSET_MD5] = 16, [CU_HASHSET_SHA1] = 20, [CU_HASHSET_SHA256] = 32};

    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        uint8_t digest[32];

        if (!cu_hex_decode(text, strlen(text), digest, bytes[i]))
            continue;
        *found = cu_hashset_find(set, (cu_hashset_algorithm)i, digest, out);
        return true;
    }
    return false;
}

static int run_lookup(int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    cu_buffer out = {0};
    cu_err err = {0};

    if (argc < 3)
        return cu_cli_misuse(&cu_command_hashset, "a set and a hash are wanted");
    if (open_set(argv[1], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    for (int i = 2; i < argc; i++) {
        cu_hashset_record record;
        bool found = false;

        if (!find_text(set, argv[i], &record, &found))
            return cu_cli_misuse(&cu_command_hashset,
                                 "\"%s\" is no MD5, SHA-1 or SHA-256 in hexadecimal", argv[i]);
        if (!found) {
            cu_buffer_format(&out, "%s\t-\n", argv[i]);
            continue;
        }

        const char *const name = cu_hashset_get_facts(set)->name;

        cu_buffer_format(&out, "%s\t", argv[i]);
        cu_text_append_shown(&out, (cu_bytes){(const uint8_t *)name, strlen(name)});
        cu_buffer_format(&out, "\t");
        if (record.label[0] == '\0')
            cu_buffer_format(&out, "%llu", (unsigned long long)record.number);
        cu_text_append_shown(&out,
                             (cu_bytes){(const uint8_t *)record.label, strlen(record.label)});
        cu_buffer_format(&out, "\t");
        cu_text_append_shown(&out,
                             (cu_bytes){(const uint8_t *)record.code, strlen(record.code)});
        cu_buffer_format(&out, "\n");
    }
    cu_cli_write(&out);
    cu_buffer_free(&out);
    return cu_cli_flush();
}

static int run_verify(int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    cu_err err = {0};

    if (argc != 2)
        return cu_cli_misuse(&cu_command_hashset, "one set is wanted");
    if (open_set(argv[1], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    if (cu_hashset_verify(set, &err) != CU_OK) {
        (void)cu_while(&err, CU_EFORMAT, "could not verify \"%s\"", argv[1]);
        return cu_cli_fail(&err);
    }
    (void)printf("whole: every byte is as it was written\n");
    return cu_cli_flush();
}

static int run(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } actions[] = {{"import", run_import},
                   {"info", run_info},
                   {"lookup", run_lookup},
                   {"verify", run_verify}};

    if (argc < 2)
        return cu_cli_misuse(&cu_command_hashset, "what to do is missing");
    for (size_t i = 0; i < CU_COUNT_OF(actions); i++) {
        if (strcmp(actions[i].name, argv[1]) == 0)
            return actions[i].run(argc - 1, argv + 1);
    }
    return cu_cli_misuse(&cu_command_hashset, "hashset cannot \"%s\"", argv[1]);
}

const cu_command cu_command_hashset = {
    .name = "hashset",
    .summary = "make, ask and check sets of known files",
    .usage = "custos hashset import --as FORMAT --alert|--known-good [--name N] [--version V]\n"
             "                      [--scheme S] [--columns NAMES] FILE... -o SET.chs\n"
             "       custos hashset info SET [--json]\n"
             "       custos hashset lookup SET HASH...\n"
             "       custos hashset verify SET\n"
             "       formats: vics nsrl3 nsrl2 md5 sha1 sha256 csv hashdeep hashkeeper encase "
             "tsk icse",
    .run = run,
};
