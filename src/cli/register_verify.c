/* SPDX-License-Identifier: Apache-2.0 */
/* Which register is meant; and custos register verify: its log, and every row against it. */
#include "cli/register.h"
#include "cli/terminal.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- which register ---- */

cu_status cu_register_kek_path(const char *db, const char *kek, cu_buffer *out, cu_err *err)
{
    const char *const url = cu_cli_database(db);
    const char *const path = cu_cli_or_environment(kek, "CUSTOS_KEK", NULL);

    if (path == NULL && strncmp(url, "sqlite:", 7) != 0)
        return cu_fail(err, CU_EUSAGE, "say where the key of the cases is: --kek FILE");
    cu_buffer_format(out, "%s%s", path == NULL ? url + 7 : path, path == NULL ? ".kek" : "");
    cu_buffer_u8(out, '\0');
    return cu_buffer_check(out, err);
}

static cu_status check_there(const char *db, cu_register_intent intent, cu_err *err)
{
    static const char scheme[] = "sqlite:";
    const char *const url = cu_cli_database(db);
    const char *const path = url + sizeof scheme - 1;

    if (strncmp(url, scheme, sizeof scheme - 1) != 0 || intent == CU_REGISTER_BEGIN ||
        access(path, F_OK) == 0)
        return CU_OK;
    if (intent == CU_REGISTER_LOOK)
        return cu_fail_os(err, "could not open database \"%s\"%s", path,
                          cu_cli_database_advice(db));
    return cu_fail_os(err, "there is no register \"%s\"%s (officer enrol begins one)", path,
                      cu_cli_database_advice(db));
}

cu_status cu_register_open_named(const char *db, const char *kek, cu_register_intent intent,
                                 cu_register **out, cu_err *err)
{
    cu_buffer path = {0};
    cu_status st = cu_register_kek_path(db, kek, &path, err);
    const cu_register_options options = {.kek_path = (const char *)path.p,
                                         .as_it_is = intent == CU_REGISTER_LOOK};

    if (st == CU_OK)
        st = check_there(db, intent, err);
    /* To look is no reason to make a key. */
    if (st == CU_OK && intent == CU_REGISTER_LOOK && access(options.kek_path, R_OK) != 0)
        st = cu_fail_os(err, "could not read the key file \"%s\"", options.kek_path);
    if (st == CU_OK)
        st = cu_register_open(cu_cli_database(db), &options, out, err);
    cu_buffer_free(&path);
    return st;
}

/* ---- verify ---- */

typedef struct care {
    const char *db, *kek;
    bool as_json;
    cu_ledger_report log;
    cu_register_report rows;
} care;

static size_t kept(uint64_t complaints, size_t ceiling)
{
    return complaints < ceiling ? (size_t)complaints : ceiling;
}

static void print_json(const care *self)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_open_object(&json, NULL);
    cu_json_bool(&json, "whole", self->log.complaints_n + self->rows.complaints_n == 0);
    cu_json_uint(&json, "entries", self->log.entries);
    cu_json_uint(&json, "rows", self->rows.rows);
    cu_json_uint(&json, "erased", self->rows.erased);
    cu_json_uint(&json, "unknown", self->rows.unknown);
    cu_json_uint(&json, "complaints", self->log.complaints_n + self->rows.complaints_n);
    cu_json_open_array(&json, "first_complaints");
    for (size_t i = 0; i < kept(self->log.complaints_n, CU_LEDGER_COMPLAINTS); i++)
        cu_json_text(&json, NULL, self->log.complaints[i].text);
    for (size_t i = 0; i < kept(self->rows.complaints_n, CU_REGISTER_COMPLAINTS); i++)
        cu_json_text(&json, NULL, self->rows.complaints[i]);
    cu_json_close_array(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

static void print_text(const care *self)
{
    char entries[32];
    char rows[32];
    char count[32];

    for (size_t i = 0; i < kept(self->log.complaints_n, CU_LEDGER_COMPLAINTS); i++) {
        (void)printf("log  ");
        cu_cli_print_shown(self->log.complaints[i].text);
        (void)printf("\n");
    }
    for (size_t i = 0; i < kept(self->rows.complaints_n, CU_REGISTER_COMPLAINTS); i++) {
        (void)printf("row  ");
        cu_cli_print_shown(self->rows.complaints[i]);
        (void)printf("\n");
    }
    (void)cu_cli_count(self->log.entries, entries);
    (void)cu_cli_count(self->rows.rows, rows);
    if (self->log.complaints_n + self->rows.complaints_n == 0)
        (void)printf("whole: %s entries, and %s rows are as they left them\n", entries, rows);
    else
        (void)printf("not whole: %s complaints about %s entries and %s rows\n",
                     cu_cli_count(self->log.complaints_n + self->rows.complaints_n, count),
                     entries, rows);
    if (self->rows.unknown > 0)
        (void)printf("%s rows cannot be checked: what bound them %s\n",
                     cu_cli_count(self->rows.unknown, count),
                     self->log.complaints_n > 0 ? "cannot be read in the log"
                                                : "was erased by law");
}

static const char *first_complaint(const care *self)
{
    return self->log.complaints_n > 0 ? self->log.complaints[0].text : self->rows.complaints[0];
}

static cu_status look(care *self, cu_err *err)
{
    const char *const url = cu_cli_database(self->db);
    const cu_ledger_check check = {.url = url, .pages = true};
    CU_AUTO(cu_register, book);
    cu_terminal terminal;
    cu_status st = cu_register_open_named(self->db, self->kek, CU_REGISTER_LOOK, &book, err);

    if (st != CU_OK)
        return st;
    cu_terminal_begin(&terminal, self->as_json);
    st =
        cu_ledger_verify(cu_register_ledger(book), &check, &terminal.progress, &self->log, err);
    cu_terminal_end(&terminal);
    if (st == CU_OK)
        st = cu_register_audit(book, &self->rows, err);
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    static care self;
    cu_arguments rest;
    cu_err err = {0};
    int result = CU_EXIT_DONE;
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count > 0)
        return cu_cli_misuse(command, "\"%s\" is one word too many", rest.list[0]);
    st = look(&self, &err);
    if (st == CU_OK && self.as_json)
        print_json(&self);
    else if (st == CU_OK)
        print_text(&self);
    if (st == CU_OK && self.log.complaints_n + self.rows.complaints_n > 0)
        st = cu_fail(&err, CU_EFORMAT, "the register is not as it was written: %s",
                     first_complaint(&self));
    result = cu_cli_flush();
    if (st != CU_OK && result == CU_EXIT_DONE)
        result = cu_cli_fail(&err);
    return result;
}

static const cu_option options[] = {
    CU_TEXT("db", care, db, "URL", "the register; or CUSTOS_DB"),
    CU_TEXT("kek", care, kek, "FILE", "the key of the cases' keys; or CUSTOS_KEK"),
    CU_FLAG("json", care, as_json, "print one JSON object and nothing else"),
    {0},
};

const cu_command cu_register_action_verify = {
    .name = "verify",
    .summary = "hash the log anew, and hold every row against it",
    .usage = "custos register verify [--db URL] [--kek FILE] [--json]",
    .options = options,
    .run = run,
};
