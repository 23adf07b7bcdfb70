/* SPDX-License-Identifier: Apache-2.0 */
/* custos register: every act of the register, by the tables that the workbench follows, too. */
#include "cli/register.h"

#include "base/clock.h"
#include "base/text.h"
#include "register/register.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { given_max = 64, file_bytes_max = 256 << 20, arena_bytes = 256 << 20 };

/* One call of the command. */
typedef struct call {
    const char *officer, *db, *kek;
    bool as_json;
    cu_given given[given_max];
    cu_buffer files[given_max]; /* bytes of the files that are given */
    char *names[given_max];
    cu_request request;
} call;

static void free_call(call *self)
{
    for (size_t i = 0; i < given_max; i++) {
        cu_buffer_free(&self->files[i]);
        free(self->names[i]);
    }
}

/* ---- reading the command line ---- */

static cu_status read_file(const char *path, cu_buffer *out, cu_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
    out->ceiling = file_bytes_max;
    for (ssize_t n = 1; n != 0 && !out->bad;) {
        if (!cu_buffer_reserve(out, 1 << 16))
            break;
        n = read(fd, out->p + out->n, 1 << 16);
        if (n < 0 && errno != EINTR) {
            const cu_status st = cu_fail_os(err, "could not read \"%s\"", path);

            close(fd);
            return st;
        }
        out->n += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    return cu_buffer_check(out, err);
}

/* Another version refuses the act; so what is no number must not be taken for "whichever". */
static cu_status read_version(const char *text, int64_t *out, cu_err *err)
{
    char *end = NULL;

    errno = 0;
    *out = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *out < 1)
        return cu_fail(err, CU_EUSAGE, "--version is a number from 1 on, not \"%s\"", text);
    return CU_OK;
}

/* The option that a word is, with its value in the word or after it. */
static bool take_option(const char *name, const char *value, call *self, cu_status *st,
                        cu_err *err)
{
    const struct {
        const char *name;
        const char **slot;
    } own[] = {{"as", &self->officer}, {"db", &self->db}, {"kek", &self->kek}};

    for (size_t i = 0; i < CU_COUNT_OF(own); i++) {
        if (strcmp(name, own[i].name) == 0) {
            *own[i].slot = value;
            return true;
        }
    }
    if (strcmp(name, "version") == 0) {
        *st = read_version(value, &self->request.version, err);
        return true;
    }
    return false;
}

static const char *last_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static cu_status take_field(call *self, char *name, const char *value, cu_err *err)
{
    const size_t at = self->request.given_count;

    if (at == given_max)
        return cu_fail(err, CU_EUSAGE, "too many options");
    for (char *c = name; *c != '\0'; c++) {
        if (*c == '-')
            *c = '_';
    }
    self->given[at] = (cu_given){.name = name, .text = value};
    if (strcmp(name, "file") == 0) {
        const cu_status st = read_file(value, &self->files[at], err);

        if (st != CU_OK)
            return st;
        self->given[at].text = last_name(value);
        self->given[at].bytes = cu_buffer_view(&self->files[at]);
    }
    self->request.given_count++;
    return CU_OK;
}

static cu_status parse_option(call *self, int argc, char **argv, int *at, cu_err *err)
{
    const char *const word = argv[*at] + 2;
    const size_t n = strcspn(word, "=");
    const char *value = NULL;
    cu_status st = CU_OK;
    char *const name = strndup(word, n);

    if (name == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (strcmp(word, "json") == 0) {
        self->as_json = true;
        free(name);
        return CU_OK;
    }
    if (word[n] == '=')
        value = word + n + 1;
    else if (*at + 1 < argc)
        value = argv[++*at];
    if (value == NULL) {
        (void)cu_fail(err, CU_EUSAGE, "--%s needs a value", name);
        free(name);
        return CU_EUSAGE;
    }
    if (take_option(name, value, self, &st, err)) {
        free(name);
        return st;
    }
    self->names[self->request.given_count % given_max] = name;
    return take_field(self, name, value, err);
}

static cu_status parse(call *self, int argc, char **argv, cu_err *err)
{
    self->request.given = self->given;
    for (int i = 3; i < argc; i++) {
        cu_status st = CU_OK;

        if (strncmp(argv[i], "--", 2) == 0)
            st = parse_option(self, argc, argv, &i, err);
        else if (self->request.ref == NULL)
            self->request.ref = argv[i];
        else
            st = cu_fail(err, CU_EUSAGE, "\"%s\" is one word too many", argv[i]);
        if (st != CU_OK)
            return st;
    }
    return CU_OK;
}

/* ---- printing ---- */

enum { name_column = 2, value_column = 25 };

static void print_value(const char *text, void (*show)(cu_buffer *, const char *))
{
    cu_buffer out = {0};

    show(&out, text);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

static void show_in_column(cu_buffer *out, const char *text)
{
    cu_text_show_lines(out, text, value_column);
}

static void print_record(const cu_record *record)
{
    cu_cli_print_shown(record->thing->name);
    (void)printf(" ");
    cu_cli_print_shown(record->ref);
    (void)printf("  %s\n", record->state);
    for (size_t i = 0; i < record->thing->field_count; i++) {
        const cu_field *const field = &record->thing->fields[i];

        if (field->said || field->kind == CU_FIELD_FILE || !cu_record_has(record, field->name))
            continue;
        (void)printf("%*s%-*s ", name_column, "", value_column - name_column - 1, field->name);
        if (field->kind == CU_FIELD_TIME) {
            char text[cu_time_text_size];

            cu_clock_text(cu_record_number(record, field->name), text);
            (void)printf("%s\n", text);
        } else if (field->kind == CU_FIELD_NUMBER) {
            (void)printf("%lld\n", (long long)cu_record_number(record, field->name));
        } else {
            print_value(cu_record_text(record, field->name), show_in_column);
            (void)printf("\n");
        }
    }
}

/* A line a record: its name, its state, and the first few things that are known of it. */
static void print_line(const cu_record *record)
{
    unsigned shown = 0;

    cu_cli_print_shown(record->ref);
    (void)printf("\t%s", record->state);
    for (size_t i = 0; i < record->thing->field_count && shown < 4; i++) {
        const cu_field *const field = &record->thing->fields[i];

        if (field->said || field->kind == CU_FIELD_FILE ||
            cu_record_text(record, field->name) == NULL)
            continue;
        (void)printf("\t");
        print_value(cu_record_text(record, field->name), cu_text_show_in_line);
        shown++;
    }
    (void)printf("\n");
}

static void print_page(const cu_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        print_line(page->list[i]);
    if (page->next != 0)
        (void)printf("there are more: --after %lld\n", (long long)page->next);
}

static void print_json(const cu_outcome *outcome, const cu_page *page, bool is_list)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    cu_json_open_object(&json, NULL);
    if (outcome->record != NULL)
        cu_record_write(outcome->record, &json);
    if (is_list) {
        cu_json_open_array(&json, "records");
        for (size_t i = 0; i < page->count; i++) {
            cu_json_open_object(&json, NULL);
            cu_record_write(page->list[i], &json);
            cu_json_close_object(&json);
        }
        cu_json_close_array(&json);
        cu_json_int(&json, "after", page->next);
    }
    cu_json_open_array(&json, "warnings");
    for (size_t i = 0; i < outcome->warning_count; i++)
        cu_json_text(&json, NULL, outcome->warnings[i]);
    cu_json_close_array(&json);
    if (outcome->document.n > 0)
        cu_json_bytes(&json, "document", cu_buffer_view(&outcome->document));
    cu_buffer_append(&out, outcome->more.p, outcome->more.n);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

/* A line on standard error, whole: a sentence has no place to cut. */
static void say(const char *before, const char *text)
{
    cu_buffer out = {0};

    cu_text_show_in_line(&out, text);
    (void)fprintf(stderr, "custos: %s%.*s\n", before, (int)out.n,
                  out.p == NULL ? "" : (const char *)out.p);
    cu_buffer_free(&out);
}

static void print_outcome(const call *self, cu_outcome *outcome, const cu_page *page)
{
    const bool is_list = strcmp(self->request.action, "list") == 0;

    if (self->as_json) {
        print_json(outcome, page, is_list);
        return;
    }
    for (size_t i = 0; i < outcome->warning_count; i++)
        say("note: ", outcome->warnings[i]);
    if (outcome->document.n > 0)
        cu_cli_write(&outcome->document);
    else if (is_list)
        print_page(page);
    else if (outcome->record != NULL)
        print_record(outcome->record);
}

static int print_refusal(const call *self, const cu_outcome *outcome)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};

    if (self->as_json) {
        cu_json_open_object(&json, NULL);
        cu_json_text(&json, "refused", outcome->refusal);
        cu_json_text(&json, "rule", outcome->rule);
        cu_json_text(&json, "source", outcome->source);
        cu_json_close_object(&json);
        cu_json_line(&json);
        cu_cli_write(&out);
        (void)cu_cli_flush();
    } else {
        say("", outcome->refusal);
    }
    cu_buffer_free(&out);
    return CU_EXIT_COULD_NOT;
}

/* ---- running ---- */

static int run_call(call *self)
{
    CU_AUTO(cu_register, book);
    cu_outcome outcome = {0};
    cu_page page = {0};
    cu_err err = {0};
    int result = CU_EXIT_DONE;
    const bool begins = strcmp(self->request.thing, "officer") == 0 &&
                        strcmp(self->request.action, "enrol") == 0;
    cu_status st = cu_register_open_named(
        self->db, self->kek, begins ? CU_REGISTER_BEGIN : CU_REGISTER_ACT, &book, &err);

    outcome.arena = cu_arena_new(arena_bytes);
    if (st == CU_OK && outcome.arena == NULL)
        st = cu_fail(&err, CU_ENOMEM, "out of memory");
    if (st == CU_OK)
        st = cu_register_run(book, &self->request, &outcome, &page, &err);
    if (st == CU_EREFUSED && outcome.refusal != NULL)
        result = print_refusal(self, &outcome);
    else if (st != CU_OK)
        result = st == CU_EUSAGE ? cu_cli_misuse(&cu_command_register, "%s", err.text)
                                 : cu_cli_fail(&err);
    else
        print_outcome(self, &outcome, &page);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_free(outcome.arena);
    return result == CU_EXIT_DONE ? cu_cli_flush() : result;
}

/* Behind a kind, or an action of one. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 2; i < argc && i < 4; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int run(CU_UNUSED const cu_command *command, int argc, char **argv)
{
    static call self;
    const cu_thing *thing = NULL;
    cu_err err = {0};
    int result = CU_EXIT_DONE;

    self = (call){.as_json = false};
    if (argc < 2 || strcmp(argv[1], "manual") == 0 || strcmp(argv[1], "policy") == 0)
        return cu_register_tell(argc, argv);
    thing = cu_thing_of(cu_register_things(), argv[1]);
    if (thing == NULL)
        return cu_cli_misuse(&cu_command_register, "the register has no \"%s\"", argv[1]);
    if (argc < 3 || asks_for_help(argc, argv))
        return cu_register_help_on(
            &(cu_arguments){argv + 1, argc > 2 && argv[2][0] != '-' ? 2 : 1}, false);
    self.request.thing = argv[1];
    self.request.action = argv[2];
    /* The figures of a month are what one asks for most. */
    if (strncmp(argv[2], "--", 2) == 0 && strcmp(argv[1], "figures") == 0) {
        self.request.action = "show";
        argv--;
        argc++;
    }
    if (!cu_register_can(thing, self.request.action))
        return cu_cli_misuse(&cu_command_register, "%s cannot \"%s\"", thing->name,
                             self.request.action);
    if (parse(&self, argc, argv, &err) != CU_OK)
        result = err.code == CU_EUSAGE ? cu_cli_misuse(&cu_command_register, "%s", err.text)
                                       : cu_cli_fail(&err);
    self.request.officer = cu_cli_or_environment(self.officer, "CUSTOS_OFFICER", NULL);
    self.request.session = "cli";
    if (result == CU_EXIT_DONE && self.request.officer == NULL)
        result = cu_cli_misuse(&cu_command_register, "say who you are: --as OFFICER");
    if (result == CU_EXIT_DONE)
        result = run_call(&self);
    free_call(&self);
    return result;
}

static const cu_command *const actions[] = {&cu_register_action_verify,
                                            &cu_register_action_backup, NULL};

const cu_command cu_command_register = {
    .name = "register",
    .summary = "keep the case: referral, warrant, exhibit, custody, figures …",
    .usage =
        "custos register KIND ACTION [REF] [--FIELD VALUE]... --as OFFICER [--json]\n"
        "                       [--db URL] [--kek FILE] [--version N]\n"
        "       custos register KIND                   what can be done to it\n"
        "       custos register figures --month YYYY-MM --as OFFICER\n"
        "       custos register verify [--db URL] [--kek FILE] [--json]\n"
        "       custos register backup OUT --as OFFICER [--db URL] [--kek FILE]\n"
        "       custos register policy [KEY]           values and rules, with their sources",
    .actions = actions,
    .run = run,
    .print_more = cu_register_print_kinds,
    .help_on = cu_register_help_on,
};
