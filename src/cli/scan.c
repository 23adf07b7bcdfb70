/* SPDX-License-Identifier: Apache-2.0 */
/* custos scan: a source becomes a sealed evidence file. */
#include "scan/scan.h"

#include "cli/command.h"
#include "cli/report.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct call {
    cu_scan_options options;
    cu_hashset *sets[cu_scan_sets_max];
    cu_option_texts set_paths;
    bool json, quiet;
} call;

static int parse(const cu_command *command, call *self, int argc, char **argv)
{
    cu_arguments rest;
    const int wrong = cu_cli_read(command, argc, argv, self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count == 0)
        return cu_cli_misuse(command, "a source is missing");
    if (self->options.out == NULL)
        return cu_cli_misuse(command, "-o OUT.custos is missing");
    self->options.source = (cu_device_source){.path = rest.list[0],
                                              .more = (const char *const *)rest.list + 1,
                                              .more_count = rest.count - 1};
    return CU_EXIT_DONE;
}

static cu_status open_sets(call *self, cu_err *err)
{
    for (size_t i = 0; i < self->set_paths.count; i++) {
        const cu_status st = cu_hashset_open(self->set_paths.list[i], &self->sets[i], err);

        if (st != CU_OK)
            return cu_while(err, st, "could not open hash set \"%s\"", self->set_paths.list[i]);
    }
    self->options.sets = self->sets;
    self->options.set_count = self->set_paths.count;
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
        (void)printf("\nSealed     ");
        cu_cli_print_shown(self->options.out);
        (void)printf("\nSeal       sha256:%s\nTime       %.1f s\n", seal,
                     report->total_seconds);
    }
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    call self = {.json = false};
    cu_terminal terminal;
    cu_scan_report report;
    cu_err err = {0};
    const int wrong = parse(command, &self, argc, argv);

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
    for (size_t i = 0; i < self.set_paths.count; i++)
        cu_hashset_close(self.sets[i]);
    if (st == CU_EUSAGE)
        return cu_cli_misuse(command, "%s", err.text);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

_Static_assert((int)cu_scan_sets_max <= (int)cu_option_texts_max,
               "all --set fit in their list");

static const cu_option options[] = {
    CU_NAME("o", call, options.out, "OUT.custos", "where the evidence appears"),
    CU_TEXTS("set", call, set_paths, "SET", "a hash set; may be given again", cu_scan_sets_max),
    CU_NUMBER("workers", call, options.workers, "N",
              "how many workers; one for each processor if not given", 1, cu_scan_workers_max),
    CU_NAME("exhibit", call, options.exhibit, "REF", "the exhibit, kept with the evidence"),
    CU_FLAG("thorough", call, options.thorough,
            "compare each picture as it may have been before, too"),
    CU_FLAG("resume", call, options.resume, "go on with the scan that lies beside the output"),
    CU_FLAG("json", call, json, "print one JSON object and nothing else"),
    CU_FLAG("quiet", call, quiet, "show no progress"),
    {0},
};

const cu_command cu_command_scan = {
    .name = "scan",
    .summary = "read a device or an image once, find known files, seal the evidence",
    .usage =
        "custos scan SOURCE... -o OUT.custos [--set SET]... [--workers N] [--exhibit REF]\n"
        "                   [--thorough] [--resume] [--json] [--quiet]",
    .options = options,
    .run = run,
};
