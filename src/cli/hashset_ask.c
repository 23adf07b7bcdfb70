/* SPDX-License-Identifier: Apache-2.0 */
/* custos hashset info, lookup and verify. */
#include "cli/hashset.h"

#include "base/text.h"
#include "cli/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cu_bytes view_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* ---- info ---- */

static void hex_of_set(const cu_hashset_facts *facts, char out[65])
{
    cu_hex_encode((cu_bytes){facts->sha256, 32}, out);
}

/* Bytes of the file for each digest and PDQ value in it. */
static double bytes_each(const cu_hashset_facts *facts)
{
    uint64_t values = facts->pdq;

    for (size_t i = 0; i < cu_hashset_algorithms; i++)
        values += facts->values[i];
    return values == 0 ? 0 : (double)facts->bytes / (double)values;
}

static const char *purpose_word(const cu_hashset_facts *facts)
{
    return facts->purpose == CU_HASHSET_ALERT ? "alert" : "known-good";
}

static void write_info(const cu_hashset_facts *facts)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char hex[65];

    hex_of_set(facts, hex);
    cu_json_open_object(&json, NULL);
    cu_json_text(&json, "name", facts->name);
    cu_json_text(&json, "version", facts->version);
    cu_json_text(&json, "scheme", facts->scheme);
    cu_json_text(&json, "purpose", purpose_word(facts));
    cu_json_text(&json, "sha256", hex);
    cu_json_uint(&json, "bytes", facts->bytes);
    cu_json_real(&json, "bytes_per_value", bytes_each(facts), 1);
    cu_json_uint(&json, "records", facts->records);
    for (unsigned i = 0; i < cu_hashset_algorithms; i++)
        cu_json_uint(&json, cu_hashset_algorithm_word((cu_hashset_algorithm)i),
                     facts->values[i]);
    cu_json_uint(&json, "pdq", facts->pdq);
    cu_json_uint(&json, "photodna", facts->photodna);
    cu_json_open_object(&json, "imported");
    cu_json_uint(&json, "rows", facts->rows);
    cu_json_uint(&json, "empty_files", facts->empty_files);
    cu_json_uint(&json, "without_digest", facts->without_digest);
    cu_json_uint(&json, "wrong", facts->wrong);
    cu_json_uint(&json, "duplicates", facts->duplicates);
    cu_json_uint(&json, "withdrawn", facts->withdrawn);
    cu_json_close_object(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

static void print_text(const char *what, const char *text)
{
    (void)printf("%-9s ", what);
    cu_cli_print_shown(text);
    (void)printf("\n");
}

static void print_count(const char *what, uint64_t count)
{
    char text[32];

    (void)printf("%-9s %s\n", what, cu_cli_count(count, text));
}

static void print_info(const cu_hashset_facts *facts)
{
    char hex[65];
    char size[32];

    hex_of_set(facts, hex);
    print_text("name", facts->name);
    print_text("version", facts->version);
    print_text("scheme", facts->scheme);
    print_text("purpose", purpose_word(facts));
    print_text("sha256", hex);
    (void)printf("%-9s %s, %.1f bytes a value\n", "size", cu_cli_size(facts->bytes, size),
                 bytes_each(facts));
    print_count("records", facts->records);
    for (unsigned i = 0; i < cu_hashset_algorithms; i++)
        print_count(cu_hashset_algorithm_word((cu_hashset_algorithm)i), facts->values[i]);
    print_count("pdq", facts->pdq);
    print_count("photodna", facts->photodna);
    print_count("imported", facts->rows);
    print_count("  empty", facts->empty_files);
    print_count("  without", facts->without_digest);
    print_count("  wrong", facts->wrong);
    print_count("  again", facts->duplicates);
    print_count("  gone", facts->withdrawn);
}

typedef struct telling {
    bool json;
} telling;

static int run_info(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    telling self = {.json = false};
    cu_arguments rest;
    cu_err err = {0};
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count != 1)
        return cu_cli_misuse(command, "one set is wanted");
    if (cu_hashset_open_named(rest.list[0], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    if (self.json)
        write_info(cu_hashset_get_facts(set));
    else
        print_info(cu_hashset_get_facts(set));
    return cu_cli_flush();
}

static const cu_option info_options[] = {
    CU_FLAG("json", telling, json, "print one JSON object and nothing else"),
    {0},
};

const cu_command cu_hashset_action_info = {
    .name = "info",
    .summary = "say what a set is, and what its import left out",
    .usage = "custos hashset info SET [--json]",
    .options = info_options,
    .run = run_info,
};

/* ---- lookup ---- */

enum { batch = 1024, hash_text_max = 64 };

/* Hashes of one or more kinds that wait to be looked up, and answered in their order. */
typedef struct asking {
    cu_hashset *set;
    bool jsonl;
    size_t count;
    char texts[batch][hash_text_max + 1];
    unsigned algorithms[batch];
    uint8_t digests[batch][32];
    uint64_t found[batch];
    cu_buffer out;
    cu_json json;
} asking;

void cu_hashset_record_json(cu_json *json, const cu_hashset_record *record)
{
    const struct {
        const char *key, *text;
    } texts[] = {{"label", record->label},
                 {"name", record->name},
                 {"code", record->code},
                 {"series", record->series},
                 {"source", record->source}};

    if (record->number != 0)
        cu_json_uint(json, "record", record->number);
    for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
        if (texts[i].text[0] != '\0')
            cu_json_text(json, texts[i].key, texts[i].text);
    }
    if (record->has_size)
        cu_json_uint(json, "size", record->size);
    for (unsigned bit = 0; bit < cu_hashset_flags; bit++) {
        if ((record->said >> bit & 1) != 0)
            cu_json_bool(json, cu_hashset_flag_word(bit), (record->flags >> bit & 1) != 0);
    }
}

static void write_answer(asking *self, size_t i, const cu_hashset_record *record)
{
    const cu_hashset_facts *const facts = cu_hashset_get_facts(self->set);
    cu_json *const json = &self->json;

    cu_json_open_object(json, NULL);
    cu_json_text(json, "hash", self->texts[i]);
    cu_json_text(json, "algorithm",
                 cu_hashset_algorithm_word((cu_hashset_algorithm)self->algorithms[i]));
    cu_json_bool(json, "found", record != NULL);
    if (record != NULL) {
        cu_json_text(json, "set", facts->name);
        cu_json_text(json, "set_version", facts->version);
        cu_json_text(json, "scheme", facts->scheme);
        cu_hashset_record_json(json, record);
    }
    cu_json_close_object(json);
    cu_json_line(json);
}

static void print_answer(asking *self, size_t i, const cu_hashset_record *record)
{
    cu_buffer *const out = &self->out;

    cu_buffer_append(out, self->texts[i], strlen(self->texts[i]));
    if (record == NULL) {
        cu_buffer_append(out, "\t-\n", 3);
        return;
    }
    cu_buffer_u8(out, '\t');
    cu_text_append_shown(out, view_of(cu_hashset_get_facts(self->set)->name));
    cu_buffer_u8(out, '\t');
    if (record->label[0] == '\0' && record->number != 0)
        cu_buffer_format(out, "%llu", (unsigned long long)record->number);
    cu_text_append_shown(out, view_of(record->label));
    cu_buffer_u8(out, '\t');
    cu_text_append_shown(out, view_of(record->code));
    cu_buffer_u8(out, '\n');
}

/* Asks for those of one algorithm, which stand anywhere in the batch. */
static cu_status ask_algorithm(asking *self, unsigned algorithm, cu_err *err)
{
    uint8_t digests[batch][32];
    size_t places[batch];
    uint64_t found[batch];
    size_t count = 0;

    for (size_t i = 0; i < self->count; i++) {
        if (self->algorithms[i] != algorithm)
            continue;
        memcpy(digests[count], self->digests[i], 32);
        places[count++] = i;
    }

    const cu_status st = cu_hashset_find_many(
        self->set, (cu_hashset_algorithm)algorithm,
        (cu_hashset_keys){digests[0], sizeof digests[0], count}, found, err);

    for (size_t i = 0; st == CU_OK && i < count; i++)
        self->found[places[i]] = found[i];
    return st;
}

static cu_status ask(asking *self, cu_err *err)
{
    cu_status st = CU_OK;

    for (unsigned i = 0; st == CU_OK && i < cu_hashset_algorithms; i++)
        st = ask_algorithm(self, i, err);
    for (size_t i = 0; st == CU_OK && i < self->count; i++) {
        cu_hashset_record record;
        const bool found = self->found[i] != 0;

        if (found)
            st = cu_hashset_record_of(self->set, (cu_hashset_algorithm)self->algorithms[i],
                                      self->found[i], &record, err);
        if (st == CU_OK && self->jsonl)
            write_answer(self, i, found ? &record : NULL);
        else if (st == CU_OK)
            print_answer(self, i, found ? &record : NULL);
    }
    self->count = 0;
    if (st == CU_OK)
        st = cu_buffer_check(&self->out, err);
    if (st == CU_OK)
        cu_cli_write(&self->out);
    return st;
}

/* False: it is no hash. */
static bool take_hash(asking *self, const char *text, size_t n)
{
    for (unsigned i = 0; i < cu_hashset_algorithms; i++) {
        const size_t bytes = cu_hashset_digest_bytes((cu_hashset_algorithm)i);

        if (!cu_hex_decode(text, n, self->digests[self->count], bytes))
            continue;
        memcpy(self->texts[self->count], text, n);
        self->texts[self->count][n] = '\0';
        self->algorithms[self->count++] = i;
        return true;
    }
    return false;
}

static cu_status ask_arguments(asking *self, char **hashes, size_t count, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < count; i++) {
        if (!take_hash(self, hashes[i], strlen(hashes[i])))
            return cu_fail(err, CU_EUSAGE, "\"%s\" is no MD5, SHA-1 or SHA-256 in hexadecimal",
                           hashes[i]);
        if (self->count == batch)
            st = ask(self, err);
    }
    return st == CU_OK ? ask(self, err) : st;
}

/* One hash a line; what follows it after a space, as in a list of md5sum, is passed over. */
static cu_status ask_input(asking *self, cu_err *err)
{
    char *line = NULL;
    size_t room = 0;
    cu_status st = CU_OK;

    for (uint64_t number = 1; st == CU_OK && getline(&line, &room, stdin) >= 0; number++) {
        const size_t n = strcspn(line, " \t\r\n*");

        if (n == 0)
            continue;
        if (!take_hash(self, line, n))
            st = cu_fail(err, CU_EFORMAT,
                         "standard input, line %llu: no MD5, SHA-1 or SHA-256 in hexadecimal",
                         (unsigned long long)number);
        if (st == CU_OK && self->count == batch)
            st = ask(self, err);
    }
    free(line);
    if (st == CU_OK && ferror(stdin) != 0)
        st = cu_fail_os(err, "could not read standard input");
    return st == CU_OK ? ask(self, err) : st;
}

static int run_lookup(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    asking *const self = calloc(1, sizeof *self);
    cu_arguments rest = {.count = 0};
    cu_err err = {0};
    cu_status st = self == NULL ? cu_fail(&err, CU_ENOMEM, "out of memory") : CU_OK;
    const int wrong =
        st != CU_OK ? cu_cli_fail(&err) : cu_cli_read(command, argc, argv, self, &rest);

    if (wrong != CU_EXIT_DONE) {
        free(self);
        return wrong;
    }
    if (rest.count < 2)
        st = cu_fail(&err, CU_EUSAGE, "a set and a hash, or -, are wanted");
    if (st == CU_OK)
        st = cu_hashset_open_named(rest.list[0], &set, &err);
    if (st == CU_OK) {
        self->set = set;
        self->json.out = &self->out;
        if (rest.count == 2 && strcmp(rest.list[1], "-") == 0)
            st = ask_input(self, &err);
        else
            st = ask_arguments(self, rest.list + 1, rest.count - 1, &err);
        cu_buffer_free(&self->out);
    }
    free(self);
    if (st == CU_EUSAGE)
        return cu_cli_misuse(command, "%s", err.text);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option lookup_options[] = {
    CU_FLAG("jsonl", asking, jsonl, "print a line of JSON for each hash"),
    {0},
};

const cu_command cu_hashset_action_lookup = {
    .name = "lookup",
    .summary = "print what a set knows of hashes, named or from standard input",
    .usage = "custos hashset lookup SET HASH...|- [--jsonl]",
    .options = lookup_options,
    .run = run_lookup,
};

/* ---- verify ---- */

static int run_verify(const cu_command *command, int argc, char **argv)
{
    CU_AUTO(cu_hashset, set);
    cu_terminal terminal;
    cu_arguments rest;
    cu_err err = {0};
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, NULL, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count != 1)
        return cu_cli_misuse(command, "one set is wanted");
    if (cu_hashset_open_named(rest.list[0], &set, &err) != CU_OK)
        return cu_cli_fail(&err);
    cu_terminal_begin(&terminal, false);
    st = cu_hashset_verify(set, &terminal.progress, &err);
    cu_terminal_end(&terminal);
    if (st != CU_OK) {
        (void)cu_while(&err, st, "could not verify \"%s\"", rest.list[0]);
        return cu_cli_fail(&err);
    }
    (void)printf("whole: every byte is as it was written\n");
    return cu_cli_flush();
}

const cu_command cu_hashset_action_verify = {
    .name = "verify",
    .summary = "check each byte of a set against its seal",
    .usage = "custos hashset verify SET",
    .run = run_verify,
};
