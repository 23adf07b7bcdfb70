/* SPDX-License-Identifier: Apache-2.0 */
/* custos scan: a source becomes a sealed evidence file. */
#include "scan/scan.h"

#include "cli/command.h"
#include "cli/report.h"
#include "cli/terminal.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct call {
    cu_scan_options options;
    cu_hashset *sets[cu_scan_sets_max];
    const char *set_paths[cu_scan_sets_max];
    bool json, quiet;
} call;

static bool parse_workers(const char *text, unsigned *out)
{
    char *end = NULL;
    const unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || n < 1 || n > cu_scan_workers_max)
        return false;
    *out = (unsigned)n;
    return true;
}

/* 0, or the exit status of wrong use. */
static int take_option(call *self, int option)
{
    switch (option) {
    case 'o':
        self->options.out = optarg;
        return 0;
    case 's':
        if (self->options.set_count == cu_scan_sets_max)
            return cu_cli_misuse(&cu_command_scan, "more than %d sets", cu_scan_sets_max);
        self->set_paths[self->options.set_count++] = optarg;
        return 0;
    case 'w':
        return parse_workers(optarg, &self->options.workers)
                   ? 0
                   : cu_cli_misuse(&cu_command_scan,
                                   "\"%s\" is no number of workers from 1 to %d", optarg,
                                   cu_scan_workers_max);
    case 'e':
        self->options.exhibit = optarg;
        return 0;
    case 't':
        self->options.thorough = true;
        return 0;
    case 'r':
        self->options.resume = true;
        return 0;
    case 'j':
        self->json = true;
        return 0;
    case 'q':
        self->quiet = true;
        return 0;
    default:
        return cu_cli_misuse(&cu_command_scan, "that is no option of scan");
    }
}

static int parse(call *self, int argc, char **argv)
{
    static const struct option options[] = {
        {"set", required_argument, NULL, 's'},     {"workers", required_argument, NULL, 'w'},
        {"exhibit", required_argument, NULL, 'e'}, {"thorough", no_argument, NULL, 't'},
        {"resume", no_argument, NULL, 'r'},        {"json", no_argument, NULL, 'j'},
        {"quiet", no_argument, NULL, 'q'},         {0},
    };
    int option = 0;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "o:", options, NULL)) >= 0) {
        const int wrong = take_option(self, option);

        if (wrong != 0)
            return wrong;
    }
    if (optind >= argc)
        return cu_cli_misuse(&cu_command_scan, "a source is missing");
    if (self->options.out == NULL)
        return cu_cli_misuse(&cu_command_scan, "-o OUT.custos is missing");
    self->options.source = (cu_device_source){.path = argv[optind],
                                              .more = (const char *const *)argv + optind + 1,
                                              .more_count = (size_t)(argc - optind) - 1};
    return 0;
}

static cu_status open_sets(call *self, cu_err *err)
{
    for (size_t i = 0; i < self->options.set_count; i++) {
        const cu_status st = cu_hashset_open(self->set_paths[i], &self->sets[i], err);

        if (st != CU_OK)
            return cu_while(err, st, "could not open hash set \"%s\"", self->set_paths[i]);
    }
    self->options.sets = self->sets;
    return CU_OK;
}

static void write_seconds(cu_json *json, const cu_scan_report *report)
{
    cu_json_open_object(json, "seconds");
    cu_json_real(json, "walk", report->walk_seconds, 3);
    cu_json_real(json, "sweep", report->sweep_seconds, 3);
    cu_json_real(json, "decode", report->decode_seconds, 3);
    cu_json_real(json, "total", report->total_seconds, 3);
    cu_json_close_object(json);
}

static cu_status show_json(const call *self, const cu_scan_report *report,
                           cu_evidence *evidence, cu_err *err)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char seal[80] = "sha256:";

    cu_hex_encode((cu_bytes){report->seal, 32}, seal + 7);
    cu_json_open_object(&json, NULL);
    cu_json_text(&json, "evidence", self->options.out);
    cu_json_text(&json, "seal", seal);

    cu_status st = cu_report_json(&json, evidence, err);

    write_seconds(&json, report);
    cu_json_close_object(&json);
    cu_json_line(&json);
    if (st == CU_OK)
        st = cu_buffer_check(&out, err);
    if (st == CU_OK)
        cu_cli_write(&out);
    cu_buffer_free(&out);
    return st;
}

static cu_status show(const call *self, const cu_scan_report *report, cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);
    cu_status st = cu_evidence_open(self->options.out, &evidence, err);

    if (st == CU_OK && self->json)
        return show_json(self, report, evidence, err);
    if (st == CU_OK)
        st = cu_report_page(evidence, self->options.out, err);
    if (st == CU_OK) {
        char seal[65];

        cu_hex_encode((cu_bytes){report->seal, 32}, seal);
        (void)printf("\nSealed     %s\nSeal       sha256:%s\nTime       %.1f s\n",
                     self->options.out, seal, report->total_seconds);
    }
    return st;
}

static int run(int argc, char **argv)
{
    call self = {.json = false};
    cu_terminal terminal;
    cu_scan_report report;
    cu_err err = {0};
    const int wrong = parse(&self, argc, argv);

    if (wrong != 0)
        return wrong;

    cu_status st = open_sets(&self, &err);

    cu_terminal_begin(&terminal, self.quiet || self.json);
    self.options.progress = &terminal.progress;
    if (st == CU_OK)
        st = cu_scan_run(&self.options, &report, &err);
    cu_terminal_end(&terminal);
    if (st == CU_OK && (self.json || !self.quiet))
        st = show(&self, &report, &err);
    for (size_t i = 0; i < self.options.set_count; i++)
        cu_hashset_close(self.sets[i]);
    if (st == CU_EUSAGE)
        return cu_cli_misuse(&cu_command_scan, "%s", err.text);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

const cu_command cu_command_scan = {
    .name = "scan",
    .summary = "read a device or an image once, find known files, seal the evidence",
    .usage =
        "custos scan SOURCE... -o OUT.custos [--set SET]... [--workers N] [--exhibit REF]\n"
        "                   [--thorough] [--resume] [--json] [--quiet]",
    .run = run,
};
