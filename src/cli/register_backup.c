/* SPDX-License-Identifier: Apache-2.0 */
/* custos register backup: a copy while others go on writing, verified as a register is. */
#include "cli/register.h"
#include "ledger/ledger.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct backup {
    const char *officer, *db, *kek, *path;
    cu_ledger_report log;
    cu_register_report rows;
} backup;

/* The copy leaves the register, so it is an act of an officer, and is in the copy, too. */
static cu_status enter(const backup *self, cu_register *book, cu_err *err)
{
    const char *const slash = strrchr(self->path, '/');
    const cu_given name = {"name", slash == NULL ? self->path : slash + 1, {NULL, 0}};
    const cu_request request = {.officer = self->officer,
                                .session = "cli",
                                .thing = "backup-copy",
                                .action = "enter",
                                .given = &name,
                                .given_count = 1};
    CU_AUTO(cu_arena, arena);
    cu_outcome outcome = {0};
    cu_status st = CU_OK;

    arena = cu_arena_new(1 << 20);
    if (arena == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    outcome.arena = arena;
    st = cu_register_act(book, &request, &outcome, NULL, err);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    return st;
}

static cu_status copy(const backup *self, cu_err *err)
{
    CU_AUTO(cu_register, book);
    const cu_schema *const *schemas = NULL;
    cu_status st = CU_OK;

    if (access(self->path, F_OK) == 0)
        return cu_fail(err, CU_EEXISTS, "\"%s\" is there already", self->path);
    st = cu_register_open_named(self->db, self->kek, CU_REGISTER_ACT, &book, err);
    if (st == CU_OK)
        st = enter(self, book, err);
    if (st != CU_OK)
        return st;

    const size_t n = cu_register_schemas(book, &schemas);

    return cu_store_backup(cu_register_store(book), schemas, n, self->path, err);
}

/* The key file of the register that was copied, which may be beside its database. */
static cu_status check(backup *self, cu_err *err)
{
    const cu_ledger_check pages = {.pages = true};
    CU_AUTO(cu_register, book);
    cu_buffer url = {0};
    cu_buffer kek = {0};
    cu_status st = cu_register_kek_path(self->db, self->kek, &kek, err);

    cu_buffer_format(&url, "sqlite:%s", self->path);
    cu_buffer_u8(&url, '\0');
    if (st == CU_OK)
        st = cu_buffer_check(&url, err);
    if (st == CU_OK)
        st = cu_register_open_named((const char *)url.p, (const char *)kek.p, CU_REGISTER_LOOK,
                                    &book, err);
    if (st == CU_OK)
        st = cu_ledger_verify(cu_register_ledger(book), &pages, NULL, &self->log, err);
    if (st == CU_OK)
        st = cu_register_audit(book, &self->rows, err);
    if (st == CU_OK && self->log.complaints_n + self->rows.complaints_n > 0)
        st = cu_fail(err, CU_EFORMAT, "\"%s\" is no good copy: %s", self->path,
                     self->log.complaints_n > 0 ? self->log.complaints[0].text
                                                : self->rows.complaints[0]);
    cu_buffer_free(&url);
    cu_buffer_free(&kek);
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    static backup self;
    cu_arguments rest;
    cu_err err = {0};
    char entries[32];
    char rows[32];
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count != 1)
        return cu_cli_misuse(command, "the file of the copy is wanted");
    self.path = rest.list[0];
    self.officer = cu_cli_or_environment(self.officer, "CUSTOS_OFFICER", NULL);
    if (self.officer == NULL)
        return cu_cli_misuse(command, "say who you are: --as OFFICER");
    st = copy(&self, &err);
    if (st == CU_OK)
        st = check(&self, &err);
    if (st == CU_OK)
        (void)printf("whole: the copy has %s entries and %s rows\n",
                     cu_cli_count(self.log.entries, entries),
                     cu_cli_count(self.rows.rows, rows));
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option options[] = {
    CU_TEXT("as", backup, officer, "OFFICER", "who makes the copy; or CUSTOS_OFFICER"),
    CU_TEXT("db", backup, db, "URL", "the register; or CUSTOS_DB"),
    CU_TEXT("kek", backup, kek, "FILE", "the key of the cases' keys; or CUSTOS_KEK"),
    {0},
};

const cu_command cu_register_action_backup = {
    .name = "backup",
    .summary = "copy the register while others go on, and verify the copy",
    .usage = "custos register backup OUT --as OFFICER [--db URL] [--kek FILE]",
    .options = options,
    .run = run,
};
