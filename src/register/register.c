/* SPDX-License-Identifier: Apache-2.0 */
/* Joins the store, the ledger, the policy and the kinds of record. */
#include "register/register.h"

#include "base/clock.h"
#include "ledger/ledger.h"
#include "register/figures/figures.h"
#include "register/kinds.h"
#include "register/record/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { arena_bytes = 4 << 20 };

struct cu_register {
    cu_arena *arena; /* SQL of the kinds */
    cu_store *store;
    cu_ledger *ledger;
    cu_rulebook *policy;
    cu_tables *tables;
    int64_t (*now_us)(void);
    int64_t amended; /* approved changes of policy that were read */
    cu_engine engine;
    cu_migration migrations[5];
    cu_schema schema;
    const cu_schema *schemas[2];
};

cu_things cu_register_things(void)
{
    return (cu_things){cu_register_kinds, cu_register_kind_count};
}

/* ---- the ledger's entry of an act ---- */

/* As much of a text as one entry may keep; where lines is set, whole lines. */
static cu_bytes take_part(cu_bytes *left, bool lines)
{
    cu_bytes part = cu_bytes_slice(*left, 0, CU_BUNDLE_VALUE_BYTES);

    if (part.n < left->n && lines) {
        const uint8_t *const end = memrchr(part.p, '\n', part.n);

        if (end != NULL)
            part.n = (size_t)(end - part.p) + 1;
    }
    *left = cu_bytes_slice(*left, part.n, left->n);
    return part;
}

/* What does not fit the act's entry is in entries of its own that follow it at once. */
static cu_status log_rest(cu_register *book, const cu_ledger_event *of, uint64_t seq,
                          cu_bytes payload, cu_bytes rows, cu_err *err)
{
    cu_status st = CU_OK;

    while (st == CU_OK && payload.n + rows.n > 0) {
        char number[24];
        const cu_ledger_detail detail = {"of", number};
        cu_ledger_secret secrets[2];
        cu_ledger_event event = *of;

        event.action = "register.more";
        event.details = &detail;
        event.details_n = 1;
        event.secrets = secrets;
        event.secrets_n = 0;
        (void)snprintf(number, sizeof number, "%llu", (unsigned long long)seq);
        if (payload.n > 0)
            secrets[event.secrets_n++] = (cu_ledger_secret){"act", take_part(&payload, false)};
        if (rows.n > 0)
            secrets[event.secrets_n++] = (cu_ledger_secret){"rows", take_part(&rows, true)};
        st = cu_ledger_append(book->ledger, &event, NULL, err);
    }
    return st;
}

/* The keys of what the act erased, and with them all that was ever told of it. */
static cu_status destroy_keys(cu_register *book, const cu_ledger_event *of, cu_bytes names,
                              cu_err *err)
{
    cu_ledger_event event = *of;
    cu_status st = CU_OK;

    event.action = "case.erase";
    event.secrets_n = 0;
    while (st == CU_OK && names.n > 0) {
        const uint8_t *const end = memchr(names.p, '\n', names.n);
        char name[128];
        bool there = false;

        if (end == NULL || (size_t)(end - names.p) >= sizeof name)
            return cu_fail(err, CU_EUSAGE, "the name of a case to erase is too long");
        (void)snprintf(name, sizeof name, "%.*s", (int)(end - names.p), (const char *)names.p);
        names = cu_bytes_slice(names, (size_t)(end - names.p) + 1, names.n);
        st = cu_ledger_has_secrets(book->ledger, name, &there, err);
        if (st == CU_OK && there)
            st = cu_ledger_erase(book->ledger, name, &event, NULL, err);
    }
    return st;
}

static cu_status log_act(void *context, CU_UNUSED cu_store *store, const cu_log_entry *entry,
                         cu_err *err)
{
    cu_register *const book = context;
    char actor[80];
    char denied[32];
    cu_bytes payload = entry->payload;
    cu_bytes rows = entry->rows;
    const cu_ledger_secret secrets[] = {{"act", take_part(&payload, false)},
                                        {"rows", take_part(&rows, true)}};
    const cu_ledger_event event = {
        .actor = actor,
        .action = entry->verb,
        .session = entry->session,
        .class = entry->duty,
        .object = entry->object,
        .context = entry->case_name,
        .result = entry->rule == NULL ? NULL : denied,
        .secrets = secrets,
        .secrets_n = entry->rows.n > 0 ? 2 : 1,
        .case_id = entry->key_name,
    };
    uint64_t seq = 0;
    cu_status st = CU_OK;

    (void)snprintf(actor, sizeof actor, "officer:%.64s", entry->officer);
    (void)snprintf(denied, sizeof denied, "denied:%.16s",
                   entry->rule == NULL ? "" : entry->rule);
    st = cu_ledger_append(book->ledger, &event, &seq, err);
    if (st == CU_OK)
        st = log_rest(book, &event, seq, payload, rows, err);
    return st == CU_OK ? destroy_keys(book, &event, entry->erases, err) : st;
}

static cu_status foresee_entry(void *context, const char *key_name, cu_err *err)
{
    const cu_register *const book = context;

    return cu_ledger_foresee(book->ledger, key_name, err);
}

/* ---- the force's own policy ---- */

/* Reads the changes that were approved since, by this process or another. */
static cu_status amend_policy(void *context, cu_err *err)
{
    cu_register *const book = context;
    CU_AUTO(cu_rows, rows);
    bool more = false;
    int64_t approved = 0;
    cu_status st = cu_store_number(
        book->store, "SELECT count(*) FROM register_policy_change WHERE state = 'approved'",
        CU_NO_VALUES, &approved, err);

    if (st != CU_OK || approved == book->amended)
        return st;
    book->amended = approved;
    st = cu_store_query(book->store,
                        "SELECT \"key\", \"starts\", \"value\", \"unit\", \"source\""
                        " FROM register_policy_change WHERE state = 'approved'"
                        " ORDER BY id",
                        CU_NO_VALUES, &rows, err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
        const char *const starts = cu_rows_text(rows, 1);
        cu_rulebook_value value = {.key = cu_rows_text(rows, 0),
                                   .text = cu_rows_text(rows, 2),
                                   .unit = cu_rows_text(rows, 3),
                                   .confirmed = true,
                                   .source = cu_rows_text(rows, 4)};

        if (starts == NULL || !cu_date_read(starts, strlen(starts), &value.from))
            return cu_fail(err, CU_EFORMAT, "a change of policy begins on no day");
        st = cu_rulebook_amend(book->policy, &value, err);
    }
    return st;
}

/* ---- opening ---- */

/* Nothing is written over a log that somebody changed. Threads pay where it is long. */
static cu_status check_log(cu_register *book, const char *url, cu_err *err)
{
    enum { long_log = 100000 };

    cu_ledger_report *const report = malloc(sizeof *report);
    cu_ledger_check check = {.threads = 1, .sealed = true};
    uint64_t size = 0;
    cu_status st = report == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                  : cu_ledger_size(book->ledger, &size, err);

    if (size > long_log)
        check = (cu_ledger_check){.url = url, .sealed = true};
    if (st == CU_OK)
        st = cu_ledger_verify(book->ledger, &check, NULL, report, err);
    if (st == CU_OK && report->complaints_n > 0)
        st = cu_fail(err, CU_EFORMAT,
                     "the register's log is not as it was written, so nothing is done: %s "
                     "(custos ledger verify names all of %llu)",
                     report->complaints[0].text, (unsigned long long)report->complaints_n);
    free(report);
    return st;
}

/* Steps of the schema that make kinds: a new kind is a new line. */
static const struct {
    size_t place; /* of the step */
    const char *name;
    size_t first, n; /* of the kinds */
} kind_steps[] = {
    {0, "every kind of record", 0, CU_REGISTER_FIRST_KINDS},
    {2, "retention", CU_REGISTER_FIRST_KINDS, 1},
    {3, "copies of the register", CU_REGISTER_FIRST_KINDS + 1, 1},
    {4, "streamlined forensic reports", CU_REGISTER_FIRST_KINDS + 2, 1},
};

/* With the ledger's: PostgreSQL 15. */
static const char *const described[] = {
    "97108f64ac06e76d16fddbe341b51b9db2975de5d0bd1441d0b548c6eda5b89f", NULL};

static cu_status make_schema(cu_register *book, cu_err *err)
{
    cu_status st = cu_tables_make(cu_register_things(), book->arena, &book->tables, err);

    for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(kind_steps); i++) {
        const char *const *statements = NULL;

        st = cu_tables_schema(book->tables, kind_steps[i].first, kind_steps[i].n, book->arena,
                              &statements, err);
        book->migrations[kind_steps[i].place] = (cu_migration){kind_steps[i].name, statements};
    }
    book->migrations[1] =
        (cu_migration){"figures are counted from indexes", cu_figures_indexes};
    book->schema =
        (cu_schema){"register", book->migrations, CU_COUNT_OF(book->migrations), described};
    book->schemas[0] = &cu_ledger_schema;
    book->schemas[1] = &book->schema;
    return st;
}

static cu_status open_parts(cu_register *book, const char *url,
                            const cu_register_options *options, cu_err *err)
{
    cu_ledger_options ledger = {.kek_path = options->kek_path, .now_us = options->now_us};
    int64_t officers = 0;
    cu_status st = make_schema(book, err);

    if (st == CU_OK)
        st = cu_rulebook_open_default(&book->policy, err);
    if (st == CU_OK)
        st = cu_store_open(url, &book->store, err);
    if (st == CU_OK)
        st = cu_store_migrate(book->store, book->schemas, CU_COUNT_OF(book->schemas), err);
    if (st == CU_OK)
        st = cu_store_number(book->store, "SELECT count(*) FROM register_officer", CU_NO_VALUES,
                             &officers, err);
    /* The first enrolment is an entry: whoever has officers has a log. */
    ledger.is_there = officers > 0;
    if (st == CU_OK)
        st = cu_ledger_open(book->store, &ledger, &book->ledger, err);
    if (st == CU_OK && !options->as_it_is)
        st = check_log(book, url, err);
    return st == CU_OK ? amend_policy(book, err) : st;
}

cu_status cu_register_open(const char *url, const cu_register_options *options,
                           cu_register **out, cu_err *err)
{
    CU_AUTO(cu_register, book);

    book = calloc(1, sizeof *book);
    if (book == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    book->arena = cu_arena_new(arena_bytes);
    if (book->arena == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    book->now_us = options->now_us == NULL ? cu_clock_now_us : options->now_us;

    const cu_status st = open_parts(book, url, options, err);

    if (st != CU_OK)
        return st;
    book->engine = (cu_engine){.store = book->store,
                               .policy = book->policy,
                               .tables = book->tables,
                               .log = log_act,
                               .foresee = foresee_entry,
                               .amend = amend_policy,
                               .log_context = book};
    *out = CU_MOVE(book);
    return CU_OK;
}

void cu_register_close(cu_register *book)
{
    if (book == NULL)
        return;
    cu_ledger_close(book->ledger);
    cu_store_close(book->store);
    cu_rulebook_free(book->policy);
    cu_arena_free(book->arena);
    free(book);
}

cu_store *cu_register_store(cu_register *book)
{
    return book->store;
}

cu_ledger *cu_register_ledger(cu_register *book)
{
    return book->ledger;
}

const cu_rulebook *cu_register_policy(const cu_register *book)
{
    return book->policy;
}

const cu_tables *cu_register_tables(const cu_register *book)
{
    return book->tables;
}

size_t cu_register_schemas(const cu_register *book, const cu_schema *const **out)
{
    *out = book->schemas;
    return CU_COUNT_OF(book->schemas);
}

cu_status cu_register_act(cu_register *book, const cu_request *request, cu_outcome *outcome,
                          cu_page *page, cu_err *err)
{
    cu_request timed = *request;

    if (timed.now_us == 0)
        timed.now_us = book->now_us();
    return cu_engine_act(&book->engine, &timed, outcome, page, err);
}

cu_status cu_register_together(cu_register *book, cu_store_work work, void *context,
                               cu_err *err)
{
    return cu_store_transact(book->store, work, context, err);
}
