/* SPDX-License-Identifier: Apache-2.0 */
/* Acts that read a file first: outside the transaction, in a child where its bytes are hostile.
 */
#include "base/map.h"
#include "register/examination/examination.h"
#include "register/intake/intake.h"
#include "register/register.h"

#include <stdlib.h>
#include <string.h>

enum { tip_bytes = 256 << 20, attach_bytes = 512 << 20, packages_max = 64 };

/* ---- received files ---- */

typedef struct receiving {
    cu_register *book;
    const cu_request *request;
    cu_zygote *zygote; /* started at the first file */
    cu_arena *arena;
    cu_outcome *outcome; /* of the act by which the files came */
} receiving;

static void warn(receiving *self, const char *package, const char *why)
{
    cu_outcome *const outcome = self->outcome;
    cu_buffer text = {0};

    cu_buffer_format(&text, "package %s is kept, and was not read: %s", package, why);
    if (!text.bad && outcome->warning_count < CU_COUNT_OF(outcome->warnings)) {
        const char *const kept = cu_arena_text(outcome->arena, text.p, text.n);

        if (kept != NULL)
            outcome->warnings[outcome->warning_count++] = kept;
    }
    cu_buffer_free(&text);
}

static cu_status load_bytes(receiving *self, const char *package, cu_buffer *out, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st =
        cu_store_query(cu_register_store(self->book),
                       "SELECT c.bytes FROM register_package p JOIN register_content c"
                       " ON c.sha256 = p.sha256 WHERE p.ref = $1 AND p.state = 'kept'",
                       CU_VALUES(cu_value_text(package)), &rows, err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, err);
    if (st == CU_OK && !more)
        return cu_fail(err, CU_ENOTFOUND, "there is no package \"%.40s\" that is kept",
                       package);
    if (st != CU_OK)
        return st;

    const cu_bytes bytes = cu_rows_blob(rows, 0);

    cu_buffer_append(out, bytes.p, bytes.n);
    return cu_buffer_check(out, err);
}

/* Reads a file and does package extract with what it says. */
static cu_status read_package(receiving *self, const char *package, cu_outcome *outcome,
                              cu_err *err)
{
    cu_buffer bytes = {0};
    cu_tip tip;
    cu_request request = *self->request;
    cu_status st = load_bytes(self, package, &bytes, err);

    if (st == CU_OK && self->zygote == NULL)
        st = cu_intake_start(&self->zygote, err);
    if (st == CU_OK)
        st = cu_intake_read(self->zygote, cu_buffer_view(&bytes), self->arena, &tip, err);
    cu_buffer_free(&bytes);
    if (st != CU_OK)
        return st;
    request.thing = "package";
    request.action = "extract";
    request.ref = package;
    request.given = NULL;
    request.given_count = 0;
    request.version = 0;
    request.extra = &tip;
    return cu_register_act(self->book, &request, outcome, NULL, err);
}

static cu_status find_packages(receiving *self, const char *referral, const char **out,
                               size_t *count, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st =
        cu_store_query(cu_register_store(self->book),
                       "SELECT ref FROM register_package WHERE referral = $1 AND state ="
                       " 'kept' ORDER BY id LIMIT 64",
                       CU_VALUES(cu_value_text(referral)), &rows, err);

    *count = 0;
    while (st == CU_OK && *count < packages_max &&
           (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
        const char *const ref = cu_rows_text(rows, 0);

        out[*count] = cu_arena_text(self->outcome->arena, ref, strlen(ref));
        if (out[(*count)++] == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    return st;
}

/* What was read of one file, for the answer; its warnings become the answer's own. */
static void tell_package(receiving *self, const char *package, const cu_outcome *read,
                         cu_json *json)
{
    cu_outcome *const outcome = self->outcome;

    cu_json_open_object(json, NULL);
    cu_json_text(json, "ref", package);
    cu_json_int(json, "identifiers", cu_record_number(read->record, "identifiers"));
    cu_json_int(json, "unknown", cu_record_number(read->record, "unknown"));
    cu_json_int(json, "problems", cu_record_number(read->record, "problems"));
    cu_json_close_object(json);
    for (size_t i = 0;
         i < read->warning_count && outcome->warning_count < CU_COUNT_OF(outcome->warnings);
         i++)
        outcome->warnings[outcome->warning_count++] =
            cu_arena_text(outcome->arena, read->warnings[i], strlen(read->warnings[i]));
}

/*
 * First the bytes are safe; then they are read. What goes wrong in reading is a warning: the
 * referral is received whatever its files are.
 */
static cu_status receive(receiving *self, cu_err *err)
{
    cu_outcome *const outcome = self->outcome;
    cu_json json = {.out = &outcome->more, .comma = true};
    const char *packages[packages_max];
    size_t count = 0;
    cu_status st = cu_register_act(self->book, self->request, outcome, NULL, err);

    if (st == CU_OK)
        st = find_packages(self, outcome->record->ref, packages, &count, err);
    if (st != CU_OK)
        return st;
    cu_json_open_array(&json, "packages");
    for (size_t i = 0; i < count; i++) {
        cu_outcome read = {.arena = self->arena};
        cu_err why = {0};

        if (read_package(self, packages[i], &read, &why) == CU_OK)
            tell_package(self, packages[i], &read, &json);
        else
            warn(self, packages[i], why.text);
        cu_buffer_free(&read.more);
        cu_buffer_free(&read.document);
        cu_arena_reset(self->arena);
    }
    cu_json_close_array(&json);
    return CU_OK;
}

static cu_status run_receiving(cu_register *book, const cu_request *request,
                               cu_outcome *outcome, bool first, cu_err *err)
{
    receiving self = {.book = book, .request = request, .outcome = outcome};
    cu_status st = CU_OK;

    self.arena = cu_arena_new(tip_bytes);
    if (self.arena == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = first ? receive(&self, err)
               : read_package(&self, request->ref == NULL ? "" : request->ref, outcome, err);
    cu_zygote_stop(self.zygote);
    cu_arena_free(self.arena);
    return st;
}

/* ---- evidence files ---- */

/* Every digest that some referral names, by a hash of its kind and its digits. */
static cu_status load_named(cu_register *book, cu_map *named, cu_err *err)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    bool added = false;
    cu_status st = cu_store_query(cu_register_store(book),
                                  "SELECT \"value\" FROM register_identifier WHERE kind IN"
                                  " ('md5', 'sha1', 'sha256')",
                                  CU_NO_VALUES, &rows, err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, err)) == CU_OK && more) {
        const char *const value = cu_rows_text(rows, 0);
        const cu_bytes bytes = {(const uint8_t *)value, strlen(value)};

        if (cu_map_put(named, cu_map_hash(0, bytes), 1, &added) == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    return st;
}

/* Two digests with one hash would give one look-up too many, and no wrong link. */
static bool is_named(void *context, CU_UNUSED const char *kind, const char *value)
{
    cu_map *const named = context;
    const cu_bytes bytes = {(const uint8_t *)value, strlen(value)};
    bool added = false;
    const uint64_t *const found = cu_map_put(named, cu_map_hash(0, bytes), 0, &added);

    return found != NULL && *found == 1;
}

static const char *said(const cu_request *request, const char *name)
{
    for (size_t i = 0; i < request->given_count; i++) {
        if (strcmp(request->given[i].name, name) == 0)
            return request->given[i].text;
    }
    return NULL;
}

static cu_status attach(cu_register *book, const cu_request *request, cu_outcome *outcome,
                        cu_err *err)
{
    CU_AUTO(cu_arena, arena);
    cu_attachment attachment;
    cu_map named = {0};
    cu_request with = *request;
    const char *const path = said(request, "evidence");
    cu_status st = CU_OK;

    if (path == NULL) /* the engine says what is missing */
        return cu_register_act(book, request, outcome, NULL, err);
    arena = cu_arena_new(attach_bytes);
    if (arena == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = load_named(book, &named, err);
    if (st == CU_OK)
        st = cu_attachment_read(path, is_named, &named, arena, &attachment, err);
    cu_map_free(&named);
    with.extra = &attachment;
    return st == CU_OK ? cu_register_act(book, &with, outcome, NULL, err) : st;
}

cu_status cu_register_run(cu_register *book, const cu_request *request, cu_outcome *outcome,
                          cu_page *page, cu_err *err)
{
    const bool receives =
        strcmp(request->thing, "referral") == 0 && strcmp(request->action, "receive") == 0;
    const bool extracts =
        strcmp(request->thing, "package") == 0 && strcmp(request->action, "extract") == 0;

    if (receives || extracts)
        return run_receiving(book, request, outcome, receives, err);
    if (strcmp(request->thing, "examination") == 0 && strcmp(request->action, "attach") == 0)
        return attach(book, request, outcome, err);
    return cu_register_act(book, request, outcome, page, err);
}
