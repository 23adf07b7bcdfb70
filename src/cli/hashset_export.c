/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset export and diff: a set as others read it, and what a new version of it brings.
 */
#include "cli/hashset.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { flush_bytes = 1 << 16, hex_max = 2 * cu_hashset_photodna_bytes + 1 };

typedef struct exporting {
    const char *format;
    cu_buffer out;
    cu_json json;
} exporting;

/* ---- export ---- */

/* A field of a line of CSV. Source: RFC 4180. */
static void put_csv(cu_buffer *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        cu_buffer_append(out, text, strlen(text));
        return;
    }
    cu_buffer_u8(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            cu_buffer_u8(out, '"');
        cu_buffer_u8(out, (uint8_t)*text);
    }
    cu_buffer_u8(out, '"');
}

static const char *hex_of(const uint8_t *p, size_t n, char out[hex_max])
{
    out[0] = '\0';
    if (p != NULL)
        cu_hex_encode((cu_bytes){p, n}, out);
    return out;
}

static void put_csv_header(cu_buffer *out)
{
    cu_buffer_format(out,
                     "md5,sha1,sha256,pdq,pdq_quality,pdq_variant,photodna,label,name,size,"
                     "code,series,source");
    for (unsigned bit = 0; bit < cu_hashset_flags; bit++)
        cu_buffer_format(out, ",%s", cu_hashset_flag_word(bit));
    cu_buffer_u8(out, '\n');
}

static void put_csv_pdq(cu_buffer *out, const cu_hashset_entry *entry)
{
    char hex[hex_max];

    cu_buffer_format(out, "%s,", hex_of(entry->pdq, 32, hex));
    if (entry->pdq != NULL && entry->pdq_fact.quality != cu_hashset_quality_unknown)
        cu_buffer_format(out, "%u", (unsigned)entry->pdq_fact.quality);
    cu_buffer_u8(out, ',');
    if (entry->pdq != NULL && entry->pdq_fact.variant != 0)
        cu_buffer_u8(out, (uint8_t)entry->pdq_fact.variant);
    cu_buffer_format(out, ",%s,", hex_of(entry->photodna, cu_hashset_photodna_bytes, hex));
}

static void put_csv_line(cu_buffer *out, const cu_hashset_entry *entry)
{
    const cu_hashset_record *const record = &entry->record;
    char hex[hex_max];

    for (unsigned i = 0; i < cu_hashset_algorithms; i++)
        cu_buffer_format(
            out, "%s,",
            hex_of(entry->digests[i], cu_hashset_digest_bytes((cu_hashset_algorithm)i), hex));
    put_csv_pdq(out, entry);
    put_csv(out, record->label);
    cu_buffer_u8(out, ',');
    put_csv(out, record->name);
    cu_buffer_u8(out, ',');
    if (record->has_size)
        cu_buffer_format(out, "%llu", (unsigned long long)record->size);
    cu_buffer_u8(out, ',');
    put_csv(out, record->code);
    cu_buffer_u8(out, ',');
    put_csv(out, record->series);
    cu_buffer_u8(out, ',');
    put_csv(out, record->source);
    for (unsigned bit = 0; bit < cu_hashset_flags; bit++) {
        const bool said = (record->said >> bit & 1) != 0;
        const bool yes = (record->flags >> bit & 1) != 0;

        cu_buffer_format(out, ",%s", !said ? "" : yes ? "true" : "false");
    }
    cu_buffer_u8(out, '\n');
}

static void put_json_line(cu_json *json, const cu_hashset_entry *entry)
{
    char hex[hex_max];

    cu_json_open_object(json, NULL);
    for (unsigned i = 0; i < cu_hashset_algorithms; i++) {
        if (entry->digests[i] != NULL)
            cu_json_text(json, cu_hashset_algorithm_word((cu_hashset_algorithm)i),
                         hex_of(entry->digests[i],
                                cu_hashset_digest_bytes((cu_hashset_algorithm)i), hex));
    }
    if (entry->pdq != NULL) {
        const char variant[2] = {entry->pdq_fact.variant, '\0'};

        cu_json_text(json, "pdq", hex_of(entry->pdq, 32, hex));
        if (entry->pdq_fact.quality != cu_hashset_quality_unknown)
            cu_json_uint(json, "pdq_quality", entry->pdq_fact.quality);
        if (variant[0] != '\0')
            cu_json_text(json, "pdq_variant", variant);
    }
    if (entry->photodna != NULL)
        cu_json_text(json, "photodna", hex_of(entry->photodna, cu_hashset_photodna_bytes, hex));
    cu_hashset_record_json(json, &entry->record);
    cu_json_close_object(json);
    cu_json_line(json);
}

static cu_status settle(exporting *self, cu_err *err)
{
    const cu_status st = cu_buffer_check(&self->out, err);

    if (st == CU_OK && self->out.n >= flush_bytes)
        cu_cli_write(&self->out);
    return st;
}

static cu_status export_csv(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    exporting *const self = context;

    put_csv_line(&self->out, entry);
    return settle(self, err);
}

static cu_status export_json(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    exporting *const self = context;

    put_json_line(&self->json, entry);
    return settle(self, err);
}

static int run_export(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    exporting self = {.format = "csv"};
    cu_arguments rest;
    cu_err err = {0};
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);
    const bool csv = wrong == CU_EXIT_DONE && strcmp(self.format, "csv") == 0;

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (!csv && strcmp(self.format, "jsonl") != 0)
        return cu_cli_misuse(command, "a set is exported as csv or jsonl, not \"%s\"",
                             self.format);
    if (rest.count != 1)
        return cu_cli_misuse(command, "one set is wanted");
    if (cu_hashset_open_named(rest.list[0], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    self.json.out = &self.out;
    if (csv)
        put_csv_header(&self.out);
    st = cu_hashset_each(set, csv ? export_csv : export_json, &self, &err);
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option export_options[] = {
    CU_TEXT("as", exporting, format, "csv|jsonl", "what to print; csv"),
    {0},
};

const cu_command cu_hashset_action_export = {
    .name = "export",
    .summary = "print a set as CSV or lines of JSON",
    .usage = "custos hashset export SET [--as csv|jsonl]",
    .options = export_options,
    .run = run_export,
};

/* ---- diff ---- */

typedef struct comparing {
    bool list, json;
    const char *made; /* the set of what is new; NULL: it is not wanted */
    uint64_t added[cu_hashset_algorithms], removed[cu_hashset_algorithms],
        regraded[cu_hashset_algorithms];
    cu_buffer out;
} comparing;

static void put_shown(cu_buffer *out, const char *text)
{
    cu_buffer_u8(out, '\t');
    cu_text_show(out, text);
}

static cu_status see_change(void *context, const cu_hashset_change *change, cu_err *err)
{
    comparing *const self = context;
    const bool both = change->in_old && change->in_new;
    uint64_t *const counts = both             ? self->regraded
                             : change->in_new ? self->added
                                              : self->removed;
    char hex[hex_max];

    counts[change->algorithm]++;
    if (!self->list)
        return CU_OK;
    cu_buffer_format(&self->out, "%c%s",
                     both             ? '~'
                     : change->in_new ? '+'
                                      : '-',
                     hex_of(change->digest, cu_hashset_digest_bytes(change->algorithm), hex));
    if (change->in_old)
        put_shown(&self->out, change->before.code);
    if (change->in_new)
        put_shown(&self->out, change->after.code);
    cu_buffer_u8(&self->out, '\n');
    if (self->out.n >= flush_bytes)
        cu_cli_write(&self->out);
    return cu_buffer_check(&self->out, err);
}

static void tell_changes(const comparing *self)
{
    static const char *const words[] = {"added", "removed", "regraded"};
    const uint64_t *const counts[] = {self->added, self->removed, self->regraded};
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char text[32];

    if (self->json)
        cu_json_open_object(&json, NULL);
    for (size_t i = 0; i < CU_COUNT_OF(words); i++) {
        if (self->json)
            cu_json_open_object(&json, words[i]);
        else
            cu_buffer_format(&out, "%-9s", words[i]);
        for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
            const char *const word = cu_hashset_algorithm_word((cu_hashset_algorithm)k);

            if (self->json)
                cu_json_uint(&json, word, counts[i][k]);
            else
                cu_buffer_format(&out, "%s %s %s", k == 0 ? "" : ",",
                                 cu_cli_count(counts[i][k], text), word);
        }
        if (self->json)
            cu_json_close_object(&json);
        else
            cu_buffer_u8(&out, '\n');
    }
    if (self->json) {
        cu_json_close_object(&json);
        cu_json_line(&json);
    }
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

/* The set of what newer has and older has not. */
static int write_added(const cu_hashset_telling *telling, const cu_hashset *older,
                       const cu_hashset *newer, char *path)
{
    const cu_hashset_facts *const facts = cu_hashset_get_facts(newer);
    cu_hashset_import_options options = {.format = "custos",
                                         .scheme = facts->scheme,
                                         .purpose = facts->purpose,
                                         .except = older,
                                         .keep_records = facts->records > 0};

    return cu_hashset_import_and_tell(telling, &options, &path, 1);
}

static int run_diff(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, older);
    CU_AUTO(cu_hashset, newer);
    comparing self = {.list = false};
    cu_arguments sets;
    cu_err err = {0};
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &self, &sets);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (sets.count != 2 || self.list + self.json + (self.made != NULL) > 1)
        return cu_cli_misuse(command,
                             "two sets are wanted, and --list, --json or -o, one of them");
    st = cu_hashset_open_named(sets.list[0], &older, &err);
    if (st == CU_OK)
        st = cu_hashset_open_named(sets.list[1], &newer, &err);
    if (st == CU_OK && self.made != NULL)
        return write_added(&(cu_hashset_telling){command, self.made, false}, older, newer,
                           sets.list[1]);
    if (st == CU_OK)
        st = cu_hashset_compare(older, newer, see_change, &self, &err);
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    if (!self.list)
        tell_changes(&self);
    return cu_cli_flush();
}

static const cu_option diff_options[] = {
    CU_FLAG("list", comparing, list, "a line for each digest, and its codes"),
    CU_FLAG("json", comparing, json, "print one JSON object and nothing else"),
    CU_NAME("o", comparing, made, "ADDED.chs", "make a set of what the newer one adds"),
    {0},
};

const cu_command cu_hashset_action_diff = {
    .name = "diff",
    .summary = "count or list what a newer set adds, leaves out and grades otherwise",
    .usage = "custos hashset diff OLD NEW [--list | --json | -o ADDED.chs]",
    .options = diff_options,
    .run = run_diff,
};
