/* SPDX-License-Identifier: Apache-2.0 */
/* custos show: what an evidence file holds. */
#include "base/list.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/report.h"
#include "evidence/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { flush_bytes = 256 << 10 };

typedef struct shown {
    cu_buffer out;
    cu_json json;
    bool jsonl;
} shown;

static cu_status pass_on(shown *self, cu_err *err)
{
    const cu_status st = cu_buffer_check(&self->out, err);

    if (self->out.n >= flush_bytes)
        cu_cli_write(&self->out);
    return st;
}

static void json_time(cu_json *json, const char *key, int64_t time_us)
{
    if (time_us == INT64_MIN)
        cu_json_null(json, key);
    else
        cu_json_int(json, key, time_us);
}

static void json_parent(cu_json *json, int64_t parent)
{
    if (parent == 0)
        cu_json_null(json, "parent");
    else
        cu_json_int(json, "parent", parent);
}

typedef struct volume_name {
    int64_t id;
    uint32_t number;
    char filesystem[16];
} volume_name;

/* Every volume, in the order of its id. */
typedef struct volume_names {
    volume_name *list;
    size_t count, room;
} volume_names;

typedef struct items {
    shown shown;
    volume_names volumes;
} items;

static cu_status keep_volume(void *context, const cu_evidence_volume *volume, cu_err *err)
{
    volume_names *const self = context;

    volume_name *const list =
        cu_list_room(self->list, self->count, &self->room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->list = list;

    volume_name *const kept = &list[self->count++];

    *kept = (volume_name){.id = volume->id, .number = volume->number};
    (void)snprintf(kept->filesystem, sizeof kept->filesystem, "%s", volume->filesystem);
    return CU_OK;
}

static int by_id(const void *key, const void *element)
{
    const int64_t id = *(const int64_t *)key;
    const volume_name *const name = element;

    return (id > name->id) - (id < name->id);
}

/* The volume of that id; one without a number or a name where there is none. */
static const volume_name *find_volume(const volume_names *volumes, int64_t id)
{
    static const volume_name none;
    const volume_name *const found =
        volumes->count == 0
            ? NULL
            : bsearch(&id, volumes->list, volumes->count, sizeof volumes->list[0], by_id);

    return found == NULL ? &none : found;
}

static void json_digests(cu_json *json, const cu_evidence_item *item)
{
    if (!item->examined) {
        cu_json_null(json, "md5");
        cu_json_null(json, "sha1");
        cu_json_null(json, "sha256");
        return;
    }
    cu_report_hex(json, "md5", item->digests.md5, 16);
    cu_report_hex(json, "sha1", item->digests.sha1, 20);
    cu_report_hex(json, "sha256", item->digests.sha256, 32);
}

static void json_picture(cu_json *json, const cu_evidence_item *item)
{
    if (item->has_pdq) {
        cu_report_hex(json, "pdq", item->pdq, sizeof item->pdq);
        cu_json_int(json, "pdq_quality", item->pdq_quality);
    } else {
        cu_json_null(json, "pdq");
        cu_json_null(json, "pdq_quality");
    }
    if (item->width > 0) {
        cu_json_uint(json, "width", item->width);
        cu_json_uint(json, "height", item->height);
    } else {
        cu_json_null(json, "width");
        cu_json_null(json, "height");
    }
}

static void json_item(cu_json *json, const volume_names *volumes, const cu_evidence_item *item)
{
    const volume_name *const volume = find_volume(volumes, item->volume);

    cu_json_open_object(json, NULL);
    cu_json_int(json, "id", item->id);
    cu_json_text(json, "path", item->path);
    cu_json_uint(json, "volume", volume->number);
    cu_json_text(json, "filesystem", volume->filesystem);
    cu_json_text(json, "inode", item->inode);
    cu_json_text(json, "name", item->name);
    cu_json_uint(json, "size", item->size);
    cu_json_uint(json, "read", item->read);
    cu_json_text(json, "state", item->state);
    cu_json_bool(json, "path_certain", item->path_certain);
    cu_json_bool(json, "claimed", item->claimed);
    cu_json_text(json, "recovery", item->recovery);
    cu_json_text(json, "type", item->type);
    json_digests(json, item);
    json_picture(json, item);
    json_time(json, "modified_us", item->modified_us);
    json_time(json, "accessed_us", item->accessed_us);
    json_time(json, "changed_us", item->changed_us);
    json_time(json, "born_us", item->born_us);
    json_parent(json, item->parent);
    cu_json_close_object(json);
    cu_json_line(json);
}

static cu_status see_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    items *const self = context;
    char hex[33] = "-";

    if (self->shown.jsonl) {
        json_item(&self->shown.json, &self->volumes, item);
        return pass_on(&self->shown, err);
    }
    if (item->examined)
        cu_hex_encode((cu_bytes){item->digests.md5, 16}, hex);
    cu_buffer_format(&self->shown.out, "%-9s %12llu  %-32s  ", item->state,
                     (unsigned long long)item->size, hex);
    cu_text_show(&self->shown.out, item->path);
    if (!item->path_certain)
        cu_buffer_format(&self->shown.out, "  (path uncertain)");
    cu_buffer_u8(&self->shown.out, '\n');
    return pass_on(&self->shown, err);
}

static cu_status see_match(void *context, const cu_evidence_match *match, cu_err *err)
{
    shown *const self = context;

    if (self->jsonl) {
        cu_report_match_json(&self->json, match);
        cu_json_line(&self->json);
    } else {
        cu_report_match(&self->out, match);
    }
    return pass_on(self, err);
}

static cu_status see_finding(void *context, const cu_evidence_finding *finding, cu_err *err)
{
    shown *const self = context;
    cu_json *const json = &self->json;

    if (!self->jsonl) {
        cu_buffer_format(&self->out, "%-16s %12llu  ", finding->kind,
                         (unsigned long long)finding->offset);
        cu_text_show(&self->out, finding->path);
        cu_buffer_format(&self->out, ": ");
        cu_text_show(&self->out, finding->text);
        cu_buffer_u8(&self->out, '\n');
        return pass_on(self, err);
    }
    cu_json_open_object(json, NULL);
    cu_json_text(json, "path", finding->path);
    cu_json_uint(json, "offset", finding->offset);
    cu_json_uint(json, "bytes", finding->bytes);
    cu_json_text(json, "kind", finding->kind);
    cu_json_text(json, "text", finding->text);
    cu_json_close_object(json);
    cu_json_line(json);
    return pass_on(self, err);
}

static cu_status show_items(cu_evidence *evidence, bool jsonl, cu_err *err)
{
    items self = {.shown = {.jsonl = jsonl}};
    cu_status st = CU_OK;

    self.shown.json.out = &self.shown.out;
    st = cu_evidence_each_volume(evidence, keep_volume, &self.volumes, err);
    if (st == CU_OK)
        st = cu_evidence_each_item(evidence, see_item, &self, err);
    free(self.volumes.list);
    cu_cli_write(&self.shown.out);
    cu_buffer_free(&self.shown.out);
    return st;
}

static cu_status show_volume(void *context, const cu_evidence_volume *volume, cu_err *err)
{
    shown *const self = context;
    cu_json *const json = &self->json;

    cu_json_open_object(json, NULL);
    cu_json_uint(json, "number", volume->number);
    cu_json_text(json, "prefix", volume->prefix);
    cu_json_text(json, "kind", volume->kind);
    cu_json_text(json, "type", volume->type);
    cu_json_text(json, "name", volume->name);
    cu_json_text(json, "filesystem", volume->filesystem);
    cu_json_uint(json, "offset", volume->offset);
    cu_json_uint(json, "bytes", volume->bytes);
    cu_json_text(json, "examined", volume->examined);
    cu_json_close_object(json);
    return pass_on(self, err);
}

static cu_status show_source(cu_evidence *evidence, cu_err *err)
{
    shown self = {.jsonl = true};
    cu_evidence_source source;
    cu_status st = cu_evidence_get_source(evidence, &source, err);

    self.json.out = &self.out;
    cu_json_open_object(&self.json, NULL);
    if (st == CU_OK)
        cu_report_source(&self.json, "source", &source);
    cu_json_open_array(&self.json, "volumes");
    if (st == CU_OK)
        st = cu_evidence_each_volume(evidence, show_volume, &self, err);
    cu_json_close_array(&self.json);
    cu_json_close_object(&self.json);
    cu_json_line(&self.json);
    if (st == CU_OK)
        cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    return st;
}

static cu_status show_accounting(cu_evidence *evidence, bool jsonl, cu_err *err)
{
    shown self = {.jsonl = jsonl};
    cu_evidence_totals totals;
    const cu_status st = cu_evidence_count(evidence, &totals, err);

    if (st != CU_OK)
        return st;
    self.json.out = &self.out;
    if (jsonl)
        cu_json_open_object(&self.json, NULL);
    for (int i = 0; i <= cu_classes; i++) {
        const char *const word = i == cu_classes ? "total" : cu_class_word((cu_class)i);
        const uint64_t bytes = i == cu_classes ? totals.total : totals.accounting[i];

        if (jsonl)
            cu_json_uint(&self.json, word, bytes);
        else
            cu_buffer_format(&self.out, "%-12s %20llu\n", word, (unsigned long long)bytes);
    }
    if (jsonl) {
        cu_json_close_object(&self.json);
        cu_json_line(&self.json);
    }
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    return CU_OK;
}

/* One call of the command: at most one of the views. */
typedef struct call {
    bool items, matches, findings, accounting, source, jsonl;
} call;

static cu_status show_rows(const call *what, cu_evidence *evidence, cu_err *err)
{
    shown self = {.jsonl = what->jsonl};
    cu_status st = CU_OK;

    self.json.out = &self.out;
    st = what->matches ? cu_evidence_each_match(evidence, see_match, &self, err)
                       : cu_evidence_each_finding(evidence, see_finding, &self, err);
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    return st;
}

static cu_status show_what(const call *self, cu_evidence *evidence, const char *path,
                           cu_err *err)
{
    if (self->items)
        return show_items(evidence, self->jsonl, err);
    if (self->matches || self->findings)
        return show_rows(self, evidence, err);
    if (self->accounting)
        return show_accounting(evidence, self->jsonl, err);
    if (self->source)
        return show_source(evidence, err);
    return cu_report_page(evidence, path, err);
}

static int run(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_evidence, evidence);
    call self = {.jsonl = false};
    cu_arguments rest;
    cu_err err = {0};
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    const int views = self.items + self.matches + self.findings + self.accounting + self.source;

    if (views > 1)
        return cu_cli_misuse(command, "one view at a time");
    if (views == 0 && self.jsonl)
        return cu_cli_misuse(command, "--jsonl is of a view: say which");
    if (rest.count != 1)
        return cu_cli_misuse(command, "one evidence file is wanted");

    cu_status st = cu_evidence_open(rest.list[0], &evidence, &err);

    if (st == CU_OK)
        st = show_what(&self, evidence, rest.list[0], &err);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option options[] = {
    CU_FLAG("items", call, items, "each item, with what is known of it"),
    CU_FLAG("matches", call, matches, "each match"),
    CU_FLAG("findings", call, findings, "what could not be read, and what is strange"),
    CU_FLAG("accounting", call, accounting, "what became of each byte of the device"),
    CU_FLAG("source", call, source, "what was scanned, with which version and arguments"),
    CU_FLAG("jsonl", call, jsonl, "print a line of JSON for each row"),
    {0},
};

const cu_command cu_command_show = {
    .name = "show",
    .summary = "print what an evidence file holds",
    .usage =
        "custos show OUT.custos [--items | --matches | --findings | --accounting | --source]\n"
        "                   [--jsonl]",
    .options = options,
    .run = run,
};
