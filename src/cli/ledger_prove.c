/* SPDX-License-Identifier: Apache-2.0 */
/* custos ledger prove and export: entries that can be checked with no part of Custos at hand.
 */
#include "base/newfile.h"
#include "cli/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { bundle_bytes_max = 1 << 30 };

/* The last signed head: its bytes, and what it says. */
static cu_status take_signed(cu_ledger_call *call, cu_buffer *bytes, cu_checkpoint *head,
                             cu_err *err)
{
    cu_note *const note = malloc(sizeof *note);
    cu_status st = note == NULL ? cu_fail(err, CU_ENOMEM, "out of memory")
                                : cu_ledger_checkpoint(call->ledger, bytes, err);

    if (st == CU_OK)
        st = cu_note_parse(cu_buffer_view(bytes), note, err);
    if (st == CU_OK)
        st = cu_checkpoint_parse(note->text, head, err);
    free(note);
    return st;
}

static cu_status write_out(cu_buffer *bytes, const char *path, cu_err *err)
{
    cu_newfile file = {0};
    cu_status st = cu_buffer_check(bytes, err);

    if (st == CU_OK && path == NULL) {
        cu_cli_write(bytes);
        return CU_OK;
    }
    if (st == CU_OK)
        st = cu_newfile_begin(path, &file, err);
    if (st == CU_OK)
        st = cu_write_all(file.fd, cu_buffer_view(bytes), path, err);
    if (st == CU_OK)
        return cu_newfile_finish(&file, err);
    cu_newfile_abandon(&file);
    return st;
}

static bool take_number(const char *text, uint64_t *out)
{
    return cu_decimal_decode((cu_bytes){(const uint8_t *)text, strlen(text)}, out);
}

cu_status cu_cli_ledger_prove(cu_ledger_call *call, cu_err *err)
{
    cu_buffer note = {0};
    cu_buffer out = {0};
    cu_checkpoint head = {0};
    cu_proof proof = {0};
    cu_buffer entry = {0};
    uint64_t seq = 0;
    cu_status st = take_number(call->argument, &seq)
                       ? take_signed(call, &note, &head, err)
                       : cu_cli_ledger_misuse(call, err, "\"%s\" is not the number of an entry",
                                              call->argument);

    if (st == CU_OK && seq >= head.size)
        st = cu_fail(err, CU_ENOTFOUND,
                     "entry %" PRIu64 " is not under a signed head, which has %" PRIu64, seq,
                     head.size);
    if (st == CU_OK)
        st = cu_ledger_prove_inclusion(call->ledger, seq, head.size, &proof, err);
    if (st == CU_OK)
        st = cu_ledger_entry(call->ledger, seq, &entry, err);
    if (st == CU_OK) {
        cu_proof_file_append(&out, seq, cu_buffer_view(&entry), &proof, cu_buffer_view(&note));
        st = write_out(&out, call->out, err);
    }
    cu_buffer_free(&note);
    cu_buffer_free(&entry);
    cu_buffer_free(&out);
    return st;
}

/* ---- export ---- */

typedef struct exporting {
    cu_ledger_call *call;
    cu_bundle_writer writer;
    cu_checkpoint head;
    uint64_t to; /* the first that is not wanted */
} exporting;

static cu_status reveal(exporting *e, const cu_tlog_entry *entry, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < entry->n; i++) {
        const cu_bytes line = entry->lines[i].name;
        const cu_bytes name = cu_bytes_slice(line, 2, line.n);
        char text[CU_ENTRY_NAME_BYTES + 1] = {0};
        uint8_t salt[CU_SALT_BYTES];
        cu_buffer value = {0};

        if (line.p[0] != 'c')
            continue;
        memcpy(text, name.p, name.n);
        st = cu_ledger_reveal(e->call->ledger, entry->seq, text, salt, &value, err);
        if (st == CU_OK)
            cu_bundle_secret(&e->writer, name, salt, cu_buffer_view(&value));
        if (st == CU_ENOTFOUND)
            st = CU_OK; /* erased by law: the commitment stays, the words are gone */
        explicit_bzero(salt, sizeof salt);
        cu_buffer_free(&value);
    }
    return st;
}

static cu_status add(void *context, const cu_tlog_entry *entry, cu_bytes bytes, cu_err *err)
{
    exporting *const e = context;
    cu_proof proof;
    cu_status st;

    if (entry->seq >= e->to)
        return CU_ESTOPPED;
    st = cu_ledger_prove_inclusion(e->call->ledger, entry->seq, e->head.size, &proof, err);
    if (st != CU_OK)
        return st;
    cu_bundle_entry(&e->writer, bytes, &proof);
    if (e->call->reveal)
        st = reveal(e, entry, err);
    return st == CU_OK ? cu_buffer_check(e->writer.out, err) : st;
}

cu_status cu_cli_ledger_export(cu_ledger_call *call, cu_err *err)
{
    cu_buffer out = {.ceiling = bundle_bytes_max};
    cu_buffer note = {0};
    exporting e = {.call = call, .writer = {.out = &out}, .to = UINT64_MAX};
    cu_ledger_search search = {.object = call->object};
    cu_status st = CU_OK;

    if (call->out == NULL)
        st = cu_cli_ledger_misuse(call, err, "-o BUNDLE is wanted");
    else if ((call->from != NULL && !take_number(call->from, &search.first)) ||
             (call->to != NULL && !take_number(call->to, &e.to)))
        st = cu_cli_ledger_misuse(call, err, "--from and --to take the number of an entry");
    if (st == CU_OK)
        st = take_signed(call, &note, &e.head, err);
    if (st == CU_OK) {
        e.to = e.to >= e.head.size ? e.head.size : e.to + 1;
        cu_bundle_begin(&e.writer, cu_buffer_view(&note));
        st = cu_ledger_find(call->ledger, &search, add, &e, err);
        st = st == CU_ESTOPPED ? CU_OK : st;
    }
    if (st == CU_OK && e.writer.entries == 0)
        st = cu_fail(err, CU_ENOTFOUND, "no signed entry is wanted by that");
    cu_bundle_end(&e.writer);
    if (st == CU_OK)
        st = write_out(&out, call->out, err);
    if (st == CU_OK)
        (void)printf("%" PRIu64 " entries, %" PRIu64
                     " values disclosed, under a head of %" PRIu64 "\n",
                     e.writer.entries, e.writer.secrets, e.head.size);
    cu_buffer_free(&out);
    cu_buffer_free(&note);
    return st;
}
