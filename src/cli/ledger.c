/* SPDX-License-Identifier: Apache-2.0 */
/* custos ledger: the register's log, looked at, verified, proved, signed and witnessed. */
#include "cli/ledger.h"
#include "cli/terminal.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { saved_bytes_max = 1 << 20 };

/* ---- opening ---- */

static const char *database_of(const cu_ledger_call *call)
{
    const char *const named = getenv("CUSTOS_DB");

    if (call->db != NULL)
        return call->db;
    return named != NULL && *named != '\0' ? named : "sqlite:custos.db";
}

/* The key file that was named, or the one beside a SQLite file where it is there. */
static const char *kek_of(const cu_ledger_call *call, cu_buffer *room)
{
    const char *const named = getenv("CUSTOS_KEK");
    const char *const url = database_of(call);

    if (call->kek != NULL)
        return call->kek;
    if (named != NULL && *named != '\0')
        return named;
    if (strncmp(url, "sqlite:", 7) != 0)
        return NULL;
    cu_buffer_format(room, "%s.kek", url + 7);
    cu_buffer_u8(room, '\0');
    return !room->bad && access((const char *)room->p, R_OK) == 0 ? (const char *)room->p
                                                                  : NULL;
}

/* A log is looked at where it is: none is begun, and no database made. */
static cu_status open_call(cu_ledger_call *call, cu_err *err)
{
    static const cu_schema *const schemas[] = {&cu_ledger_schema};
    const char *const url = database_of(call);
    cu_buffer room = {0};
    cu_ledger_options options = {.kek_path = kek_of(call, &room)};
    cu_status st = CU_OK;

    if (strncmp(url, "sqlite:", 7) == 0 && access(url + 7, F_OK) != 0)
        st = cu_fail_os(err, "could not open database \"%s\"", url + 7);
    if (st == CU_OK)
        st = cu_store_open(url, &call->store, err);
    if (st == CU_OK)
        st = cu_store_check_schema(call->store, schemas, 1, err);
    if (st == CU_OK)
        st = cu_ledger_open(call->store, &options, &call->ledger, err);
    cu_buffer_free(&room);
    return st;
}

/* ---- head ---- */

static void print_head_text(const cu_checkpoint *head, const char *root, bool is_signed,
                            uint64_t signed_size)
{
    char count[32];

    (void)printf("log      %.*s\nentries  %s\nroot     sha256:%s\n", (int)head->origin.n,
                 (const char *)head->origin.p, cu_cli_count(head->size, count), root);
    if (is_signed)
        (void)printf("signed   up to %s\n", cu_cli_count(signed_size, count));
    else
        (void)printf("signed   never\n");
}

static cu_status print_policy(cu_ledger_call *call, cu_err *err)
{
    cu_ledger_keys *const keys = malloc(sizeof *keys);
    cu_buffer text = {0};
    unsigned witnesses = 0;
    cu_status st = keys == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_get_keys(call->ledger, keys, err);

    cu_buffer_format(&text,
                     "# The keys that log %s names itself. Compare them with what its\n"
                     "# keeper and its witnesses say before you trust them.\n",
                     cu_ledger_origin(call->ledger));
    for (size_t i = 0; st == CU_OK && i < keys->n; i++) {
        const cu_verifier *const key = &keys->list[i].verifier;

        if (key->type == CU_KEY_ED25519)
            cu_buffer_format(&text, "log ");
        else
            cu_buffer_format(&text, "witness w%u ", ++witnesses);
        cu_verifier_append(&text, key);
        cu_buffer_u8(&text, '\n');
    }
    if (witnesses > 0) {
        cu_buffer_format(&text, "group all-witnesses any");
        for (unsigned i = 1; i <= witnesses; i++)
            cu_buffer_format(&text, " w%u", i);
        cu_buffer_u8(&text, '\n');
    }
    cu_buffer_format(&text, witnesses > 0 ? "quorum all-witnesses\n" : "quorum none\n");
    if (st == CU_OK)
        st = cu_buffer_check(&text, err);
    if (st == CU_OK)
        cu_cli_write(&text);
    cu_buffer_free(&text);
    free(keys);
    return st;
}

static cu_status head(cu_ledger_call *call, cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    cu_buffer bytes = {0};
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    cu_checkpoint now;
    cu_checkpoint last = {0};
    char root[65];
    bool is_signed = false;
    cu_status st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_head(call->ledger, &now, err);

    if (st == CU_OK) {
        st = cu_ledger_checkpoint(call->ledger, &bytes, err);
        is_signed = st == CU_OK && cu_note_parse(cu_buffer_view(&bytes), note, NULL) == CU_OK &&
                    cu_checkpoint_parse(note->text, &last, NULL) == CU_OK;
        if (st == CU_ENOTFOUND && !call->note)
            st = CU_OK;
    }
    if (st == CU_OK && call->policy) {
        st = print_policy(call, err);
    } else if (st == CU_OK && call->note) {
        cu_cli_write(&bytes);
    } else if (st == CU_OK) {
        cu_hex_encode((cu_bytes){now.root.b, sizeof now.root.b}, root);
        if (call->json) {
            cu_json_open_object(&json, NULL);
            cu_json_bytes(&json, "origin", now.origin);
            cu_json_uint(&json, "entries", now.size);
            cu_json_text(&json, "root", root);
            if (is_signed)
                cu_json_uint(&json, "signed", last.size);
            else
                cu_json_null(&json, "signed");
            cu_json_close_object(&json);
            cu_json_line(&json);
            cu_cli_write(&out);
        } else {
            print_head_text(&now, root, is_signed, last.size);
        }
    }
    cu_buffer_free(&bytes);
    cu_buffer_free(&out);
    free(note);
    return st;
}

/* ---- verify ---- */

/* A saved checkpoint is a memory too, whoever signed it. */
static cu_status read_saved(const char *path, cu_ledger_call *call, cu_ledger_memory *out,
                            cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    cu_buffer bytes = {.ceiling = saved_bytes_max};
    FILE *const file = fopen(path, "rb");
    uint8_t piece[4096];
    cu_checkpoint saved = {0};
    const char *const origin = cu_ledger_origin(call->ledger);
    cu_status st = CU_OK;

    if (file == NULL)
        st = cu_fail_os(err, "could not open \"%s\"", path);
    for (size_t n = 1; file != NULL && n > 0;) {
        n = fread(piece, 1, sizeof piece, file);
        cu_buffer_append(&bytes, piece, n);
    }
    if (file != NULL)
        (void)fclose(file);
    if (st == CU_OK)
        st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                          : cu_note_parse(cu_buffer_view(&bytes), note, err);
    if (st == CU_OK)
        st = cu_checkpoint_parse(note->text, &saved, err);
    if (st == CU_OK &&
        !cu_bytes_equal(saved.origin, (cu_bytes){(const uint8_t *)origin, strlen(origin)}))
        st = cu_fail(err, CU_EUSAGE, "\"%s\" is of another log", path);
    if (st == CU_OK)
        *out = (cu_ledger_memory){path, saved.size, saved.root};
    cu_buffer_free(&bytes);
    free(note);
    return st;
}

static cu_status gather(cu_ledger_call *call, cu_ledger_memory *out, size_t *n, cu_err *err)
{
    cu_status st = CU_OK;

    *n = 0;
    if (call->signer != NULL) {
        st = cu_ledger_ask_signer(call->ledger, call->signer, &out[0], err);
        *n = 1;
    }
    for (size_t i = 0; st == CU_OK && i < call->witnesses_n; i++) {
        st = cu_ledger_ask_witness(call->ledger, call->witnesses[i], &out[*n], err);
        *n += st == CU_OK;
        st = st == CU_ENOTFOUND ? CU_OK : st;
    }
    for (size_t i = 0; st == CU_OK && i < call->against_n; i++)
        st = read_saved(call->against[i], call, &out[(*n)++], err);
    return st;
}

static void print_report_json(const cu_ledger_report *report, size_t remembered)
{
    cu_buffer out = {0};
    cu_json json = {.out = &out};
    char root[65];

    cu_hex_encode((cu_bytes){report->root.b, sizeof report->root.b}, root);
    cu_json_open_object(&json, NULL);
    cu_json_bool(&json, "whole", report->complaints_n == 0);
    cu_json_uint(&json, "entries", report->entries);
    cu_json_text(&json, "root", root);
    cu_json_uint(&json, "checkpoints", report->checkpoints);
    if (report->has_signed)
        cu_json_uint(&json, "signed", report->signed_size);
    else
        cu_json_null(&json, "signed");
    cu_json_uint(&json, "secrets", report->secrets);
    cu_json_bool(&json, "secrets_opened", report->secrets_opened);
    cu_json_uint(&json, "erased", report->erased);
    cu_json_uint(&json, "remembered", remembered);
    cu_json_uint(&json, "complaints", report->complaints_n);
    cu_json_open_array(&json, "first_complaints");
    for (uint64_t i = 0; i < report->complaints_n && i < CU_LEDGER_COMPLAINTS; i++) {
        cu_json_open_object(&json, NULL);
        cu_json_text(&json, "kind", report->complaints[i].kind);
        cu_json_int(&json, "seq", report->complaints[i].seq);
        cu_json_text(&json, "text", report->complaints[i].text);
        cu_json_close_object(&json);
    }
    cu_json_close_array(&json);
    cu_json_close_object(&json);
    cu_json_line(&json);
    cu_cli_write(&out);
    cu_buffer_free(&out);
}

static void print_report_text(const cu_ledger_report *report, size_t remembered)
{
    char root[65];
    char count[32];

    for (uint64_t i = 0; i < report->complaints_n && i < CU_LEDGER_COMPLAINTS; i++) {
        (void)printf("%-10s ", report->complaints[i].kind);
        cu_cli_print_shown(report->complaints[i].text);
        (void)printf("\n");
    }
    cu_hex_encode((cu_bytes){report->root.b, sizeof report->root.b}, root);
    if (report->complaints_n == 0)
        (void)printf("whole: %s entries are as they were written",
                     cu_cli_count(report->entries, count));
    else
        (void)printf("not whole: %s complaints", cu_cli_count(report->complaints_n, count));
    (void)printf("\nroot     sha256:%s\n", root);
    if (report->has_signed)
        (void)printf("signed   up to %s\n", cu_cli_count(report->signed_size, count));
    else
        (void)printf("signed   never\n");
    (void)printf("secrets  %s, ", cu_cli_count(report->secrets, count));
    (void)printf("%s; %s erased by law\n",
                 report->secrets_opened ? "each opened" : "not opened: no key",
                 cu_cli_count(report->erased, count));
    (void)printf("memories %zu compared\n", remembered);
}

static cu_status verify(cu_ledger_call *call, cu_err *err)
{
    cu_ledger_memory memories[1 + 2 * CU_CLI_MEMORIES];
    cu_ledger_report *const report = malloc(sizeof *report);
    cu_ledger_check check = {
        .url = database_of(call), .pages = !call->no_pages, .memories = memories};
    cu_terminal terminal;
    cu_status st = report == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                  : gather(call, memories, &check.memories_n, err);

    if (st == CU_OK) {
        cu_terminal_begin(&terminal, call->json);
        st = cu_ledger_verify(call->ledger, &check, &terminal.progress, report, err);
        cu_terminal_end(&terminal);
    }
    if (st == CU_OK && call->json)
        print_report_json(report, check.memories_n);
    else if (st == CU_OK)
        print_report_text(report, check.memories_n);
    if (st == CU_OK && report->complaints_n > 0)
        st = cu_fail(err, CU_EFORMAT, "the log is not as it was written: %s",
                     report->complaints[0].text);
    free(report);
    return st;
}

/* ---- signer and witnesses ---- */

static cu_status want(const char *value, const char *option, cu_err *err)
{
    return value != NULL ? CU_OK : cu_fail(err, CU_EUSAGE, "%s is wanted", option);
}

static cu_status sign(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call->signer, "--signer SOCKET", err);

    return st == CU_OK ? cu_ledger_sign(call->ledger, call->signer, call->actor, err) : st;
}

static cu_status witness(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call->witnesses[0], "--witness SOCKET", err);

    for (size_t i = 0; st == CU_OK && i < call->witnesses_n; i++) {
        const cu_ledger_parties parties = {call->signer, call->witnesses[i]};

        st = cu_ledger_witness(call->ledger, &parties, call->actor, err);
    }
    return st;
}

static cu_status rotate(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call->signer, "--signer SOCKET", err);

    return st == CU_OK
               ? cu_ledger_rotate(call->ledger, call->signer, call->actor, call->end, err)
               : st;
}

static cu_status recover(cu_ledger_call *call, cu_err *err)
{
    uint64_t seq = 0;
    cu_status st = want(call->signer, "--signer SOCKET", err);

    if (st == CU_OK)
        st = want(call->reason, "--reason CODE", err);
    if (st == CU_OK)
        st =
            cu_ledger_recover(call->ledger, call->signer, call->actor, call->reason, &seq, err);
    if (st == CU_OK)
        (void)printf("entry %" PRIu64 " says what is lost; the log goes on from there\n", seq);
    return st;
}

/* ---- the command ---- */

static const struct {
    const char *name;
    cu_status (*act)(cu_ledger_call *call, cu_err *err);
    bool takes_argument;
} actions[] = {
    {"head", head, false},
    {"verify", verify, false},
    {"prove", cu_cli_ledger_prove, true},
    {"export", cu_cli_ledger_export, false},
    {"sign", sign, false},
    {"witness", witness, false},
    {"rotate", rotate, false},
    {"recover", recover, false},
};

/* One line an option: its name, and where its value goes. */
static bool take_option(cu_ledger_call *call, int letter, const char *value)
{
    const struct {
        int letter;
        const char **text;
    } texts[] = {{'d', &call->db},    {'k', &call->kek},    {'s', &call->signer},
                 {'o', &call->out},   {'r', &call->reason}, {'O', &call->object},
                 {'a', &call->actor}, {'F', &call->from},   {'T', &call->to}};

    const struct {
        int letter;
        bool *flag;
    } flags[] = {{'j', &call->json},   {'P', &call->no_pages}, {'n', &call->note},
                 {'p', &call->policy}, {'e', &call->end},      {'R', &call->reveal}};

    for (size_t i = 0; i < CU_COUNT_OF(texts); i++) {
        if (texts[i].letter == letter) {
            *texts[i].text = value;
            return true;
        }
    }
    for (size_t i = 0; i < CU_COUNT_OF(flags); i++) {
        if (flags[i].letter == letter) {
            *flags[i].flag = true;
            return true;
        }
    }
    if (letter == 'w' && call->witnesses_n < CU_CLI_MEMORIES)
        call->witnesses[call->witnesses_n++] = value;
    else if (letter == 'g' && call->against_n < CU_CLI_MEMORIES)
        call->against[call->against_n++] = value;
    else
        return false;
    return true;
}

static bool take_options(int argc, char **argv, cu_ledger_call *call)
{
    static const struct option options[] = {
        {"db", required_argument, NULL, 'd'},      {"kek", required_argument, NULL, 'k'},
        {"signer", required_argument, NULL, 's'},  {"witness", required_argument, NULL, 'w'},
        {"against", required_argument, NULL, 'g'}, {"output", required_argument, NULL, 'o'},
        {"reason", required_argument, NULL, 'r'},  {"object", required_argument, NULL, 'O'},
        {"actor", required_argument, NULL, 'a'},   {"from", required_argument, NULL, 'F'},
        {"to", required_argument, NULL, 'T'},      {"json", no_argument, NULL, 'j'},
        {"no-pages", no_argument, NULL, 'P'},      {"note", no_argument, NULL, 'n'},
        {"policy", no_argument, NULL, 'p'},        {"end", no_argument, NULL, 'e'},
        {"reveal", no_argument, NULL, 'R'},        {0}};

    opterr = 0;
    for (int c = getopt_long(argc, argv, "o:", options, NULL); c >= 0;
         c = getopt_long(argc, argv, "o:", options, NULL)) {
        if (!take_option(call, c, optarg))
            return false;
    }
    if (optind + 1 < argc)
        return false;
    call->argument = optind < argc ? argv[optind] : NULL;
    return true;
}

static int run_action(cu_ledger_call *call, cu_status (*act)(cu_ledger_call *, cu_err *))
{
    cu_err err = {0};
    cu_status st = open_call(call, &err);

    if (st == CU_OK)
        st = act(call, &err);
    cu_ledger_close(call->ledger);
    cu_store_close(call->store);
    if (st != CU_OK) {
        const int printed = cu_cli_flush();

        return printed == CU_EXIT_DONE ? cu_cli_fail(&err) : printed;
    }
    return cu_cli_flush();
}

static int run(int argc, char **argv)
{
    cu_ledger_call call = {0};
    char actor[32];

    (void)snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    call.actor = actor;
    if (argc < 2)
        return cu_cli_misuse(&cu_command_ledger, "an action is missing");
    for (size_t i = 0; i < CU_COUNT_OF(actions); i++) {
        if (strcmp(argv[1], actions[i].name) != 0)
            continue;
        if (!take_options(argc - 1, argv + 1, &call) ||
            (call.argument != NULL) != actions[i].takes_argument)
            return cu_cli_misuse(&cu_command_ledger, "that is no call of ledger %s", argv[1]);
        return run_action(&call, actions[i].act);
    }
    return cu_cli_misuse(&cu_command_ledger, "ledger has no action \"%s\"", argv[1]);
}

const cu_command cu_command_ledger = {
    .name = "ledger",
    .summary = "verify the register's log, prove and export entries, have it signed",
    .usage = "custos ledger head [--db URL] [--note | --policy] [--json]\n"
             "       custos ledger verify [--db URL] [--kek FILE] [--signer SOCKET]\n"
             "                            [--witness SOCKET]... [--against CHECKPOINT]...\n"
             "                            [--no-pages] [--json]\n"
             "       custos ledger prove SEQ [--db URL] [-o FILE]\n"
             "       custos ledger export -o BUNDLE [--db URL] [--from SEQ] [--to SEQ]\n"
             "                            [--object OBJECT] [--reveal [--kek FILE]]\n"
             "       custos ledger sign --signer SOCKET [--db URL]\n"
             "       custos ledger witness --witness SOCKET [--signer SOCKET] [--db URL]\n"
             "       custos ledger rotate --signer SOCKET [--end] [--db URL]\n"
             "       custos ledger recover --signer SOCKET --reason CODE [--db URL]",
    .run = run,
};
