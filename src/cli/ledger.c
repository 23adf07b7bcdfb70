/* SPDX-License-Identifier: Apache-2.0 */
/* custos ledger: the register's log, looked at, verified, proved, signed and witnessed. */
#include "cli/ledger.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- opening ---- */

/* The key file that was named, or the one beside a SQLite file where it is there. */
static const char *kek_of(const cu_ledger_call *call, cu_buffer *room)
{
    const char *const named = cu_cli_or_environment(call->kek, "CUSTOS_KEK", NULL);
    const char *const url = cu_cli_database(call->db);

    if (named != NULL)
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
    const char *const url = cu_cli_database(call->db);
    cu_buffer room = {0};
    cu_ledger_options options = {.kek_path = kek_of(call, &room), .is_there = true};
    cu_status st = CU_OK;

    if (strncmp(url, "sqlite:", 7) == 0 && access(url + 7, F_OK) != 0)
        st = cu_fail_os(err, "could not open database \"%s\"%s", url + 7,
                        cu_cli_database_advice(call->db));
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

static cu_status tell_head(cu_ledger_call *call, cu_err *err)
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

cu_status cu_cli_ledger_misuse(cu_ledger_call *call, cu_err *err, const char *format, ...)
{
    char text[sizeof err->text];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    call->misused = true;
    return cu_fail(err, CU_EUSAGE, "%s", text);
}

static cu_status head(cu_ledger_call *call, cu_err *err)
{
    if (call->note + call->policy + call->json > 1)
        return cu_cli_ledger_misuse(call, err, "--note, --policy or --json, one of them");
    return tell_head(call, err);
}

/* ---- signer and witnesses ---- */

static cu_status want(cu_ledger_call *call, const char *value, const char *option, cu_err *err)
{
    return value != NULL ? CU_OK : cu_cli_ledger_misuse(call, err, "%s is wanted", option);
}

static cu_status sign(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call, call->signer, "--signer SOCKET", err);

    return st == CU_OK ? cu_ledger_sign(call->ledger, call->signer, call->actor, err) : st;
}

static cu_status witness(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call, call->witnesses.list[0], "--witness SOCKET", err);

    for (size_t i = 0; st == CU_OK && i < call->witnesses.count; i++) {
        const cu_ledger_parties parties = {call->signer, call->witnesses.list[i]};

        st = cu_ledger_witness(call->ledger, &parties, call->actor, err);
    }
    return st;
}

static cu_status rotate(cu_ledger_call *call, cu_err *err)
{
    cu_status st = want(call, call->signer, "--signer SOCKET", err);

    return st == CU_OK
               ? cu_ledger_rotate(call->ledger, call->signer, call->actor, call->end, err)
               : st;
}

static cu_status recover(cu_ledger_call *call, cu_err *err)
{
    uint64_t seq = 0;
    cu_status st = want(call, call->signer, "--signer SOCKET", err);

    if (st == CU_OK)
        st = want(call, call->reason, "--reason CODE", err);
    if (st == CU_OK)
        st =
            cu_ledger_recover(call->ledger, call->signer, call->actor, call->reason, &seq, err);
    if (st == CU_OK)
        (void)printf("entry %" PRIu64 " says what is lost; the log goes on from there\n", seq);
    return st;
}

/* ---- the actions ---- */

typedef cu_status ledger_act(cu_ledger_call *call, cu_err *err);

/* argument: what the action calls the one word that it takes; NULL: it takes none. */
static int run_action(const cu_command *command, int argc, char **argv, ledger_act *act,
                      const char *argument)
{
    cu_ledger_call call = {0};
    char actor[32];
    cu_arguments rest;
    cu_err err = {0};
    cu_status st = CU_OK;
    const int wrong = cu_cli_read(command, argc, argv, &call, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (argument != NULL && rest.count != 1)
        return cu_cli_misuse(command, "one %s is wanted", argument);
    if (argument == NULL && rest.count > 0)
        return cu_cli_misuse(command, "\"%s\" is one word too many", rest.list[0]);
    (void)snprintf(actor, sizeof actor, "uid:%u", (unsigned)getuid());
    if (call.actor == NULL)
        call.actor = actor;
    call.argument = rest.list[0];
    st = open_call(&call, &err);
    if (st == CU_OK)
        st = act(&call, &err);
    cu_ledger_close(call.ledger);
    cu_store_close(call.store);

    const int printed = cu_cli_flush();

    if (st != CU_OK && call.misused)
        return cu_cli_misuse(command, "%s", err.text);
    return st == CU_OK || printed != CU_EXIT_DONE ? printed : cu_cli_fail(&err);
}

#define DB CU_TEXT("db", cu_ledger_call, db, "URL", "the database; or CUSTOS_DB")
#define KEK                                                                                    \
    CU_TEXT("kek", cu_ledger_call, kek, "FILE", "the key of the cases' keys; or CUSTOS_KEK")
#define JSON   CU_FLAG("json", cu_ledger_call, json, "print one JSON object and nothing else")
#define SIGNER CU_TEXT("signer", cu_ledger_call, signer, "SOCKET", "where custos-signd answers")
#define WITNESS                                                                                \
    CU_TEXTS("witness", cu_ledger_call, witnesses, "SOCKET",                                   \
             "where custos-witness answers; may be given again", CU_CLI_MEMORIES)
#define ACTOR                                                                                  \
    CU_TEXT("actor", cu_ledger_call, actor, "ID", "who asks, as entries name it; or uid:N")
#define OUTPUT(value, help)                                                                    \
    CU_NAME("o", cu_ledger_call, out, value, help),                                            \
        CU_NAME("output", cu_ledger_call, out, value, "the same")

static int run_head(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, head, NULL);
}

static const cu_option head_options[] = {
    DB,
    JSON,
    CU_FLAG("note", cu_ledger_call, note, "print the last signed head, to be saved elsewhere"),
    CU_FLAG("policy", cu_ledger_call, policy, "print the log's keys, for custos-verify"),
    {0},
};

static const cu_command action_head = {
    .name = "head",
    .summary = "say how many entries there are, and up to where they are signed",
    .usage = "custos ledger head [--db URL] [--note | --policy | --json]",
    .options = head_options,
    .run = run_head,
};

static int run_verify(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, cu_cli_ledger_verify, NULL);
}

static const cu_option verify_options[] = {
    DB,
    KEK,
    SIGNER,
    WITNESS,
    CU_TEXTS("against", cu_ledger_call, against, "CHECKPOINT",
             "a saved head; may be given again", CU_CLI_MEMORIES),
    CU_FLAG("no-pages", cu_ledger_call, no_pages, "do not check the database's own pages"),
    JSON,
    {0},
};

static const cu_command action_verify = {
    .name = "verify",
    .summary = "hash every entry anew, and name what is not as it was",
    .usage =
        "custos ledger verify [--db URL] [--kek FILE] [--signer SOCKET] [--witness SOCKET]...\n"
        "                            [--against CHECKPOINT]... [--no-pages] [--json]",
    .options = verify_options,
    .run = run_verify,
};

static int run_prove(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, cu_cli_ledger_prove, "number of an entry");
}

static const cu_option prove_options[] = {
    DB,
    OUTPUT("FILE", "where the proof appears, if not on standard output"),
    {0},
};

static const cu_command action_prove = {
    .name = "prove",
    .summary = "write the proof of one entry",
    .usage = "custos ledger prove SEQ [--db URL] [-o FILE]",
    .options = prove_options,
    .run = run_prove,
};

static int run_export(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, cu_cli_ledger_export, NULL);
}

static const cu_option export_options[] = {
    DB,
    OUTPUT("BUNDLE", "where the bundle appears"),
    CU_TEXT("from", cu_ledger_call, from, "SEQ", "the first entry; 0"),
    CU_TEXT("to", cu_ledger_call, to, "SEQ", "the one after the last; all that are signed"),
    CU_TEXT("object", cu_ledger_call, object, "OBJECT", "only entries about it"),
    CU_FLAG("reveal", cu_ledger_call, reveal, "with the values that were committed to"),
    KEK,
    {0},
};

static const cu_command action_export = {
    .name = "export",
    .summary = "write entries with their proofs, to be checked elsewhere",
    .usage =
        "custos ledger export -o BUNDLE [--db URL] [--from SEQ] [--to SEQ] [--object OBJECT]\n"
        "                            [--reveal [--kek FILE]]",
    .options = export_options,
    .run = run_export,
};

static int run_sign(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, sign, NULL);
}

static const cu_option sign_options[] = {
    DB,
    SIGNER,
    ACTOR,
    {0},
};

static const cu_command action_sign = {
    .name = "sign",
    .summary = "have the head signed",
    .usage = "custos ledger sign --signer SOCKET [--db URL] [--actor ID]",
    .options = sign_options,
    .run = run_sign,
};

static int run_witness(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, witness, NULL);
}

static const cu_option witness_options[] = {
    DB, SIGNER, WITNESS, ACTOR, {0},
};

static const cu_command action_witness = {
    .name = "witness",
    .summary = "have the signed head cosigned",
    .usage =
        "custos ledger witness --witness SOCKET... [--signer SOCKET] [--db URL] [--actor ID]",
    .options = witness_options,
    .run = run_witness,
};

static int run_rotate(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, rotate, NULL);
}

static const cu_option rotate_options[] = {
    DB, SIGNER, CU_FLAG("end", cu_ledger_call, end, "the old key signs no longer"), ACTOR, {0},
};

static const cu_command action_rotate = {
    .name = "rotate",
    .summary = "have the signer make a new key",
    .usage = "custos ledger rotate --signer SOCKET [--end] [--db URL] [--actor ID]",
    .options = rotate_options,
    .run = run_rotate,
};

static int run_recover(const cu_command *command, int argc, char **argv)
{
    return run_action(command, argc, argv, recover, NULL);
}

static const cu_option recover_options[] = {
    DB,    SIGNER, CU_TEXT("reason", cu_ledger_call, reason, "CODE", "why, as it is logged"),
    ACTOR, {0},
};

static const cu_command action_recover = {
    .name = "recover",
    .summary = "after an older copy was restored: log what is lost, and go on",
    .usage = "custos ledger recover --signer SOCKET --reason CODE [--db URL] [--actor ID]",
    .options = recover_options,
    .run = run_recover,
};

/* ---- the command ---- */

static const cu_command *const actions[] = {
    &action_head,    &action_verify, &action_prove,   &action_export, &action_sign,
    &action_witness, &action_rotate, &action_recover, NULL,
};

const cu_command cu_command_ledger = {
    .name = "ledger",
    .summary = "verify the register's log, prove and export entries, have it signed",
    .usage = "custos ledger ACTION [--db URL] ...\n"
             "       custos help ledger ACTION",
    .actions = actions,
};
