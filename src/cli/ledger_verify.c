/* SPDX-License-Identifier: Apache-2.0 */
/* custos ledger verify: the log against itself, and against all who remember it. */
#include "cli/ledger.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { saved_bytes_max = 1 << 20 };

/* A saved checkpoint is a memory too, whoever signed it. */
static cu_status read_saved(const char *path, cu_ledger_call *call, cu_ledger_memory *out,
                            cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    cu_buffer bytes = {.ceiling = saved_bytes_max};
    FILE *const file = fopen(path, "rb");
    uint8_t piece[4096];
    cu_checkpoint saved = {0};
    const char *const origin = cu_ledger_origin(call->ledger);
    cu_status st = CU_OK;

    if (file == NULL)
        st = cu_fail_os(err, "could not open \"%s\"", path);
    for (size_t n = 1; file != NULL && n > 0;) {
        n = fread(piece, 1, sizeof piece, file);
        cu_buffer_append(&bytes, piece, n);
    }
    if (file != NULL)
        (void)fclose(file);
    if (st == CU_OK)
        st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                          : cu_note_parse(cu_buffer_view(&bytes), note, err);
    if (st == CU_OK)
        st = cu_checkpoint_parse(note->text, &saved, err);
    if (st == CU_OK &&
        !cu_bytes_equal(saved.origin, (cu_bytes){(const uint8_t *)origin, strlen(origin)}))
        st = cu_fail(err, CU_EUSAGE, "\"%s\" is of another log", path);
    if (st == CU_OK)
        *out = (cu_ledger_memory){path, saved.size, saved.root};
    cu_buffer_free(&bytes);
    free(note);
    return st;
}

static cu_status gather(cu_ledger_call *call, cu_ledger_memory *out, size_t *n, cu_err *err)
{
    cu_status st = CU_OK;

    *n = 0;
    if (call->signer != NULL) {
        st = cu_ledger_ask_signer(call->ledger, call->signer, &out[0], err);
        *n = 1;
    }
    for (size_t i = 0; st == CU_OK && i < call->witnesses.count; i++) {
        st = cu_ledger_ask_witness(call->ledger, call->witnesses.list[i], &out[*n], err);
        *n += st == CU_OK;
        st = st == CU_ENOTFOUND ? CU_OK : st;
    }
    for (size_t i = 0; st == CU_OK && i < call->against.count; i++)
        st = read_saved(call->against.list[i], call, &out[(*n)++], err);
    return st;
}

static void print_report_json(const cu_ledger_report *report, size_t remembered)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char root[65];

    cu_hex_encode((cu_bytes){report->root.b, sizeof report->root.b}, root);
    cu_json_open_object(&json, NULL);
    cu_json_bool(&json, "whole", report->complaints_n == 0);
    cu_json_uint(&json, "entries", report->entries);
    cu_json_text(&json, "root", root);
    cu_json_uint(&json, "checkpoints", report->checkpoints);
    if (report->has_signed)
        cu_json_uint(&json, "signed", report->signed_size);
    else
        cu_json_null(&json, "signed");
    cu_json_uint(&json, "secrets", report->secrets);
    cu_json_bool(&json, "secrets_opened", report->secrets_opened);
    cu_json_uint(&json, "erased", report->erased);
    cu_json_uint(&json, "remembered", remembered);
    cu_json_uint(&json, "complaints", report->complaints_n);
    cu_json_open_array(&json, "first_complaints");
    for (uint64_t i = 0; i < report->complaints_n && i < CU_LEDGER_COMPLAINTS; i++) {
        cu_json_open_object(&json, NULL);
        cu_json_text(&json, "kind", report->complaints[i].kind);
        cu_json_int(&json, "seq", report->complaints[i].seq);
        cu_json_text(&json, "text", report->complaints[i].text);
        cu_json_close_object(&json);
    }
    cu_json_close_array(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

static void print_report_text(const cu_ledger_report *report, size_t remembered)
{
    char root[65];
    char count[32];

    for (uint64_t i = 0; i < report->complaints_n && i < CU_LEDGER_COMPLAINTS; i++) {
        (void)printf("%-10s ", report->complaints[i].kind);
        cu_cli_print_shown(report->complaints[i].text);
        (void)printf("\n");
    }
    cu_hex_encode((cu_bytes){report->root.b, sizeof report->root.b}, root);
    if (report->complaints_n == 0)
        (void)printf("whole: %s entries are as they were written",
                     cu_cli_count(report->entries, count));
    else
        (void)printf("not whole: %s complaints", cu_cli_count(report->complaints_n, count));
    (void)printf("\nroot     sha256:%s\n", root);
    if (report->has_signed)
        (void)printf("signed   up to %s\n", cu_cli_count(report->signed_size, count));
    else
        (void)printf("signed   never\n");
    (void)printf("secrets  %s, ", cu_cli_count(report->secrets, count));
    (void)printf("%s; %s erased by law\n",
                 report->secrets_opened ? "each opened" : "not opened: no key",
                 cu_cli_count(report->erased, count));
    (void)printf("memories %zu compared\n", remembered);
}

cu_status cu_cli_ledger_verify(cu_ledger_call *call, cu_err *err)
{
    cu_ledger_memory memories[1 + 2 * CU_CLI_MEMORIES];
    cu_ledger_report *const report = malloc(sizeof *report);
    cu_ledger_check check = {
        .url = cu_cli_database(call->db), .pages = !call->no_pages, .memories = memories};
    cu_terminal terminal;
    cu_status st = report == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                  : gather(call, memories, &check.memories_n, err);

    if (st == CU_OK) {
        cu_terminal_begin(&terminal, call->json);
        st = cu_ledger_verify(call->ledger, &check, &terminal.progress, report, err);
        cu_terminal_end(&terminal);
    }
    if (st == CU_OK && call->json)
        print_report_json(report, check.memories_n);
    else if (st == CU_OK)
        print_report_text(report, check.memories_n);
    if (st == CU_OK && report->complaints_n > 0)
        st = cu_fail(err, CU_EFORMAT, "the log is not as it was written: %s",
                     report->complaints[0].text);
    free(report);
    return st;
}
