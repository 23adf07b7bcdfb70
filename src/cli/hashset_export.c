/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset export and diff: a set as others read it, and what a new version of it brings.
 */
#include "cli/hashset.h"

#include "base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { flush_bytes = 1 << 16, hex_max = 2 * cu_hashset_photodna_bytes + 1 };

typedef struct exporting {
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

int cu_hashset_run_export(int argc, char **argv)
{
    static const struct option options[] = {{"as", required_argument, NULL, 'a'}, {0}};
    CU_AUTO(cu_hashset, set);
    exporting self = {.out = {0}};
    const char *format = "csv";
    cu_err err = {0};
    cu_status st = CU_OK;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) >= 0;) {
        if (option != 'a')
            return cu_cli_misuse(&cu_command_hashset, "that is no option of hashset export");
        format = optarg;
    }
    if (strcmp(format, "csv") != 0 && strcmp(format, "jsonl") != 0)
        return cu_cli_misuse(&cu_command_hashset,
                             "a set is exported as csv or jsonl, not \"%s\"", format);
    if (optind + 1 != argc)
        return cu_cli_misuse(&cu_command_hashset, "one set is wanted");
    if (cu_hashset_open_named(argv[optind], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    self.json.out = &self.out;
    if (strcmp(format, "csv") == 0)
        put_csv_header(&self.out);
    st = cu_hashset_each(set, strcmp(format, "csv") == 0 ? export_csv : export_json, &self,
                         &err);
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

/* ---- diff ---- */

typedef struct comparing {
    bool list;
    uint64_t added[cu_hashset_algorithms], removed[cu_hashset_algorithms],
        regraded[cu_hashset_algorithms];
    cu_buffer out;
} comparing;

static void put_shown(cu_buffer *out, const char *text)
{
    cu_buffer_u8(out, '\t');
    cu_text_append_shown(out, (cu_bytes){(const uint8_t *)text, strlen(text)});
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

static void tell_changes(const comparing *self, bool as_json)
{
    static const char *const words[] = {"added", "removed", "regraded"};
    const uint64_t *const counts[] = {self->added, self->removed, self->regraded};
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char text[32];

    if (as_json)
        cu_json_open_object(&json, NULL);
    for (size_t i = 0; i < CU_COUNT_OF(words); i++) {
        if (as_json)
            cu_json_open_object(&json, words[i]);
        else
            cu_buffer_format(&out, "%-9s", words[i]);
        for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
            const char *const word = cu_hashset_algorithm_word((cu_hashset_algorithm)k);

            if (as_json)
                cu_json_uint(&json, word, counts[i][k]);
            else
                cu_buffer_format(&out, "%s %s %s", k == 0 ? "" : ",",
                                 cu_cli_count(counts[i][k], text), word);
        }
        if (as_json)
            cu_json_close_object(&json);
        else
            cu_buffer_u8(&out, '\n');
    }
    if (as_json) {
        cu_json_close_object(&json);
        cu_json_line(&json);
    }
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

/* The set of what newer has and older has not. */
static int write_added(const cu_hashset *older, const cu_hashset *newer, char *path,
                       const char *out)
{
    const cu_hashset_facts *const facts = cu_hashset_get_facts(newer);
    cu_hashset_import_options options = {.format = "custos",
                                         .scheme = facts->scheme,
                                         .purpose = facts->purpose,
                                         .except = older,
                                         .keep_records = facts->records > 0};

    return cu_hashset_import_and_tell(&options, &path, 1, out, false);
}

int cu_hashset_run_diff(int argc, char **argv)
{
    static const struct option options[] = {
        {"list", no_argument, NULL, 'l'}, {"json", no_argument, NULL, 'j'}, {0}};
    CU_AUTO(cu_hashset, older);
    CU_AUTO(cu_hashset, newer);
    comparing self = {.list = false};
    const char *out = NULL;
    bool as_json = false;
    cu_err err = {0};
    cu_status st = CU_OK;

    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "o:", options, NULL)) >= 0;) {
        if (option == 'l')
            self.list = true;
        else if (option == 'j')
            as_json = true;
        else if (option == 'o')
            out = optarg;
        else
            return cu_cli_misuse(&cu_command_hashset, "that is no option of hashset diff");
    }
    if (optind + 2 != argc || self.list + as_json + (out != NULL) > 1)
        return cu_cli_misuse(&cu_command_hashset,
                             "two sets are wanted, and --list, --json or -o, one of them");
    st = cu_hashset_open_named(argv[optind], &older, &err);
    if (st == CU_OK)
        st = cu_hashset_open_named(argv[optind + 1], &newer, &err);
    if (st == CU_OK && out != NULL)
        return write_added(older, newer, argv[optind + 1], out);
    if (st == CU_OK)
        st = cu_hashset_compare(older, newer, see_change, &self, &err);
    cu_cli_write(&self.out);
    cu_buffer_free(&self.out);
    if (st != CU_OK)
        return cu_cli_fail(&err);
    if (!self.list)
        tell_changes(&self, as_json);
    return cu_cli_flush();
}
