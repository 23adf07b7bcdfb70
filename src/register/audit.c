/* SPDX-License-Identifier: Apache-2.0 */
/* Every row of the register against the last entry of the ledger that wrote it. */
#include "base/list.h"
#include "base/map.h"
#include "ledger/ledger.h"
#include "register/record/bind.h"
#include "register/register.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_BYTES ((size_t)8 << 30)

enum { page_rows = 500, page_bytes = 1 << 30, page_contents = 16 };

/* A row as the last entry about it has it. */
typedef struct binding {
    const char *name; /* "register_exhibit ABC/1" */
    int64_t version;
    uint64_t seq;
    uint8_t digest[32];
    bool seen;
} binding;

typedef struct audit {
    cu_register *book;
    cu_register_report *report;
    cu_arena *names, *page;
    cu_map map; /* of a name, to its place in list */
    binding *list;
    size_t n, room;
} audit;

CU_PRINTF(2, 3)

static void complain(audit *self, const char *format, ...)
{
    cu_register_report *const report = self->report;
    va_list arguments;

    if (report->complaints_n < CU_REGISTER_COMPLAINTS) {
        va_start(arguments, format);
        (void)vsnprintf(report->complaints[report->complaints_n], sizeof report->complaints[0],
                        format, arguments);
        va_end(arguments);
    }
    report->complaints_n++;
}

/* ---- what the entries say ---- */

/* The binding of a name, made where it is not there. */
static cu_status bind(audit *self, cu_bytes name, binding **out, cu_err *err)
{
    bool added = false;
    uint64_t *const place = cu_map_put(&self->map, cu_map_hash(0, name), self->n, &added);

    if (place == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (added) {
        binding *const list = cu_list_room(self->list, self->n, &self->room, sizeof *list, err);

        if (list == NULL)
            return CU_ENOMEM;
        self->list = list;
        list[self->n] =
            (binding){.name = cu_arena_text(self->names, name.p, name.n), .version = 0};
        if (list[self->n++].name == NULL)
            return cu_fail(err, CU_ELIMIT, "too many rows to audit");
    }
    *out = &self->list[*place];
    if (strlen((*out)->name) != name.n || memcmp((*out)->name, name.p, name.n) != 0)
        return cu_fail(err, CU_EFORMAT, "two rows cannot be told apart: %.100s", (*out)->name);
    return CU_OK;
}

static cu_status take_lines(audit *self, uint64_t seq, cu_bytes lines, cu_err *err)
{
    cu_bytes left = lines;

    while (left.n > 0) {
        cu_bound one;
        binding *there = NULL;
        cu_buffer name = {0};
        cu_status st = CU_OK;

        if (!cu_bound_next(&left, &one))
            return cu_fail(err, CU_EFORMAT, "entry %" PRIu64 " has no list of rows", seq);
        cu_buffer_append(&name, one.table.p, one.table.n);
        cu_buffer_u8(&name, ' ');
        cu_buffer_append(&name, one.ref.p, one.ref.n);
        st = cu_buffer_check(&name, err);
        if (st == CU_OK)
            st = bind(self, cu_buffer_view(&name), &there, err);
        cu_buffer_free(&name);
        if (st != CU_OK)
            return st;
        there->version = one.version;
        there->seq = seq;
        memcpy(there->digest, one.digest, sizeof there->digest);
    }
    return CU_OK;
}

static cu_status take_entry(void *context, const cu_ledger_revealed *one, cu_err *err)
{
    audit *const self = context;

    if (one->there)
        return take_lines(self, one->seq, one->value, err);
    self->report->erased++;
    return CU_OK;
}

/* ---- what the rows say ---- */

/* Of a row that no entry that is still readable bound, nothing can be said once any was erased.
 */
static void check_row(audit *self, const char *name, int64_t version, const uint8_t digest[32])
{
    const uint64_t *const place =
        cu_map_get(&self->map, cu_map_hash(0, (cu_bytes){(const uint8_t *)name, strlen(name)}));
    binding *const there = place == NULL || strcmp(self->list[*place].name, name) != 0
                               ? NULL
                               : &self->list[*place];

    self->report->rows++;
    if (there != NULL)
        there->seen = true;
    if (there != NULL && there->version == 0) {
        complain(self, "%s was put back: entry %" PRIu64 " of the ledger erased it", name,
                 there->seq);
        return;
    }
    if (there != NULL && memcmp(there->digest, digest, sizeof there->digest) == 0)
        return;
    if (self->report->erased > 0 && (there == NULL || version > there->version))
        self->report->unknown++;
    else if (there == NULL)
        complain(self, "%s was added: no entry of the ledger made it", name);
    else
        complain(self, "%s is not as entry %" PRIu64 " of the ledger left it", name,
                 there->seq);
}

static cu_status check_named(audit *self, const char *table, const char *ref, int64_t version,
                             const uint8_t digest[32], cu_err *err)
{
    cu_buffer name = {0};
    cu_status st = CU_OK;

    cu_buffer_format(&name, "%s %s", table, ref);
    cu_buffer_u8(&name, '\0');
    st = cu_buffer_check(&name, err);
    if (st == CU_OK)
        check_row(self, (const char *)name.p, version, digest);
    cu_buffer_free(&name);
    return st;
}

static cu_status check_table(audit *self, cu_store *store, const cu_table *table, cu_err *err)
{
    cu_search search = {.after = INT64_MIN, .limit = page_rows};
    size_t count = page_rows;
    cu_status st = CU_OK;

    while (st == CU_OK && count == page_rows) {
        cu_act act = {.store = store,
                      .tables = cu_register_tables(self->book),
                      .arena = self->page,
                      .err = err};
        cu_record **list = NULL;

        cu_arena_reset(self->page);
        st = cu_table_search(&act, table, &search, &list, &count);
        for (size_t i = 0; st == CU_OK && i < count; i++) {
            uint8_t digest[32];

            st = cu_record_digest(table, list[i], digest, err);
            if (st == CU_OK)
                st =
                    check_named(self, table->name, list[i]->ref, list[i]->version, digest, err);
            search.after = list[i]->id;
        }
    }
    return st;
}

static cu_status check_counter(audit *self, cu_rows *rows, cu_err *err)
{
    const char *const name = cu_rows_text(rows, 0);
    const int64_t number = cu_rows_integer(rows, 1);
    uint8_t digest[32];
    cu_status st = cu_rows_check(rows, err);

    if (st == CU_OK)
        st = cu_counter_digest(name, number, digest, err);
    return st == CU_OK ? check_named(self, "register_counter", name, number, digest, err) : st;
}

static cu_status check_content(audit *self, cu_rows *rows, cu_err *err)
{
    const char *const name = cu_rows_text(rows, 0);
    const cu_bytes bytes = cu_rows_blob(rows, 1);
    uint8_t digest[32];
    const cu_status st = cu_rows_check(rows, err);

    if (st != CU_OK)
        return st;
    cu_row_digest(bytes, digest);
    return check_named(self, "register_content", name, 1, digest, err);
}

/* Pages of a table whose key is a text in its first column. */
static cu_status check_pages(audit *self, cu_store *store, const char *sql, int64_t limit,
                             cu_status (*check)(audit *, cu_rows *, cu_err *), cu_err *err)
{
    const char *last = "";
    int64_t count = limit;
    cu_status st = CU_OK;

    while (st == CU_OK && count == limit) {
        CU_AUTO(cu_rows, rows);
        bool more = false;

        count = 0;
        st = cu_store_query(store, sql, CU_VALUES(cu_value_text(last), cu_value_integer(limit)),
                            &rows, err);
        while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
            st = check(self, rows, err);
            if (st != CU_OK)
                break;
            last =
                cu_arena_text(self->page, cu_rows_text(rows, 0), strlen(cu_rows_text(rows, 0)));
            if (last == NULL)
                return cu_fail(err, CU_ELIMIT, "too many rows to audit");
            count++;
        }
    }
    return st;
}

static cu_status check_rows(audit *self, cu_store *store, cu_err *err)
{
    const cu_tables *const tables = cu_register_tables(self->book);
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < tables->things.n; i++)
        st = check_table(self, store, &tables->list[i], err);
    if (st == CU_OK)
        st = check_pages(self, store,
                         "SELECT name, number FROM register_counter WHERE name > $1"
                         " OR (name = '' AND $1 = '') ORDER BY name LIMIT $2",
                         page_rows, check_counter, err);
    if (st == CU_OK)
        st = check_pages(self, store,
                         "SELECT sha256, bytes FROM register_content WHERE sha256 > $1"
                         " OR (sha256 = '' AND $1 = '') ORDER BY sha256 LIMIT $2",
                         page_contents, check_content, err);
    return st;
}

/* ---- all of it ---- */

static void forget(audit *self)
{
    cu_map_free(&self->map);
    free(self->list);
    cu_arena_free(self->names);
    cu_arena_free(self->page);
    *self = (audit){.book = self->book, .report = self->report};
}

/* The transaction may be tried again, and then it begins from nothing. */
static cu_status run(cu_store *store, void *context, cu_err *err)
{
    audit *const self = context;
    cu_status st = CU_OK;

    forget(self);
    *self->report = (cu_register_report){0};
    self->names = cu_arena_new(NAMES_BYTES);
    self->page = cu_arena_new(page_bytes);
    if (self->names == NULL || self->page == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = cu_ledger_reveal_each(cu_register_ledger(self->book), "rows", take_entry, self, err);
    if (st == CU_OK)
        st = check_rows(self, store, err);
    if (st != CU_OK)
        return st;
    self->report->bound = 0;
    for (size_t i = 0; i < self->n; i++) {
        self->report->bound += self->list[i].version > 0;
        if (!self->list[i].seen && self->list[i].version > 0)
            complain(self, "%s is gone: entry %" PRIu64 " of the ledger left it there",
                     self->list[i].name, self->list[i].seq);
    }
    return CU_OK;
}

cu_status cu_register_audit(cu_register *book, cu_register_report *report, cu_err *err)
{
    audit self = {.book = book, .report = report};
    cu_err own = {0};
    cu_status st = cu_store_read(cu_register_store(book), run, &self, &own);

    forget(&self);
    /* What cannot be read as what it is was changed as much as any. */
    if (st == CU_EFORMAT) {
        complain(&self, "%s", own.text);
        st = CU_OK;
    } else if (st != CU_OK && err != NULL) {
        *err = own;
    }
    return st;
}
