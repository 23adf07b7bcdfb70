/* SPDX-License-Identifier: Apache-2.0 */
/* Entries with their proofs and one signed head, checked with nothing else at hand. */
#include "tlog/policy.h"
#include "tlog/tlog.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char magic[] = "custos-bundle/1\n";

/* ---- writing ---- */

static void append_block(cu_buffer *out, cu_bytes block)
{
    cu_buffer_append(out, block.p, block.n);
    cu_buffer_u8(out, '\n');
}

void cu_bundle_begin(cu_bundle_writer *writer, cu_bytes checkpoint)
{
    cu_buffer_format(writer->out, "%scheckpoint %zu\n", magic, checkpoint.n);
    append_block(writer->out, checkpoint);
}

void cu_bundle_entry(cu_bundle_writer *writer, cu_bytes entry, const cu_proof *proof)
{
    cu_buffer_format(writer->out, "entry %zu\n", entry.n);
    append_block(writer->out, entry);
    cu_buffer_format(writer->out, "proof %zu\n", proof->n);
    for (size_t i = 0; i < proof->n; i++) {
        cu_base64_append(writer->out, (cu_bytes){proof->path[i].b, 32});
        cu_buffer_u8(writer->out, '\n');
    }
    writer->entries++;
}

void cu_bundle_secret(cu_bundle_writer *writer, cu_bytes name,
                      const uint8_t salt[CU_SALT_BYTES], cu_bytes value)
{
    cu_buffer_format(writer->out, "secret %.*s ", (int)name.n, (const char *)name.p);
    cu_base64_append(writer->out, (cu_bytes){salt, CU_SALT_BYTES});
    cu_buffer_format(writer->out, " %zu\n", value.n);
    append_block(writer->out, value);
    writer->secrets++;
}

void cu_bundle_end(cu_bundle_writer *writer)
{
    cu_buffer_format(writer->out, "end %" PRIu64 " %" PRIu64 "\n", writer->entries,
                     writer->secrets);
}

/* ---- its structure ---- */

typedef struct record {
    cu_bytes kind;
    cu_bytes words[3]; /* after the kind */
    size_t n;
    cu_bytes block; /* of an entry, a checkpoint or a secret */
    cu_proof proof; /* of an entry */
} record;

static bool is_word(cu_bytes bytes, const char *word)
{
    return cu_bytes_equal(bytes, (cu_bytes){(const uint8_t *)word, strlen(word)});
}

static bool split(cu_bytes line, record *out)
{
    bool first = true;

    out->n = 0;
    for (;;) {
        const uint8_t *const space = line.n == 0 ? NULL : memchr(line.p, ' ', line.n);
        const cu_bytes word =
            cu_bytes_slice(line, 0, space == NULL ? line.n : (size_t)(space - line.p));

        if (word.n == 0 || out->n == CU_COUNT_OF(out->words))
            return false;
        if (first)
            out->kind = word;
        else
            out->words[out->n++] = word;
        first = false;
        if (space == NULL)
            return true;
        line = cu_bytes_slice(line, word.n + 1, line.n);
    }
}

/* A block of as many bytes as the last word says, and the line feed after it. */
static bool take_block(cu_bytes *rest, const record *r, size_t max, cu_bytes *out)
{
    uint64_t n = 0;

    if (r->n == 0 || !cu_decimal_decode(r->words[r->n - 1], &n) || n > max || rest->n < n + 1 ||
        rest->p[n] != '\n')
        return false;
    *out = cu_bytes_slice(*rest, 0, (size_t)n);
    *rest = cu_bytes_slice(*rest, (size_t)n + 1, rest->n);
    return true;
}

static bool take_proof(cu_bytes *rest, cu_proof *out)
{
    record r = {0};
    uint64_t n = 0;
    cu_bytes line = {0};

    if (!cu_line_take(rest, &line) || !split(line, &r) || !is_word(r.kind, "proof") ||
        r.n != 1 || !cu_decimal_decode(r.words[0], &n) || n > CU_PROOF_HASHES)
        return false;
    for (out->n = 0; out->n < n; out->n++) {
        if (!cu_line_take(rest, &line) || !cu_base64_decode(line, out->path[out->n].b, 32))
            return false;
    }
    return true;
}

static bool is_secret(const record *r)
{
    uint8_t salt[CU_SALT_BYTES];

    if (r->n != 3 || r->words[0].n > CU_ENTRY_NAME_BYTES - 2 ||
        !cu_base64_decode(r->words[1], salt, sizeof salt))
        return false;
    for (size_t i = 0; i < r->words[0].n; i++) {
        const uint8_t c = r->words[0].p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return true;
}

/* The next record; false where what is there is none. */
static bool take_record(cu_bytes *rest, record *out)
{
    cu_bytes line = {0};

    out->proof.n = 0;
    if (!cu_line_take(rest, &line) || !split(line, out))
        return false;
    if (is_word(out->kind, "entry"))
        return out->n == 1 && take_block(rest, out, CU_ENTRY_BYTES, &out->block) &&
               take_proof(rest, &out->proof);
    if (is_word(out->kind, "secret"))
        return is_secret(out) && take_block(rest, out, CU_BUNDLE_VALUE_BYTES, &out->block);
    return is_word(out->kind, "end") && out->n == 2;
}

/* The checkpoint and the records after it; false where bundle is not one. */
static bool open_bundle(cu_bytes bundle, cu_bytes *checkpoint, cu_bytes *records)
{
    cu_bytes rest = cu_bytes_slice(bundle, sizeof magic - 1, bundle.n);
    record r = {0};
    cu_bytes line = {0};

    if (!cu_bytes_starts(bundle, magic, sizeof magic - 1) || !cu_line_take(&rest, &line) ||
        !split(line, &r) || !is_word(r.kind, "checkpoint") || r.n != 1 ||
        !take_block(&rest, &r, CU_NOTE_BYTES, checkpoint))
        return false;
    *records = rest;
    return true;
}

/* Reads every record to the end, and counts them. */
static bool count_records(cu_bytes rest, cu_bundle_report *report)
{
    record r = {0};

    for (;;) {
        uint64_t entries = 0;
        uint64_t secrets = 0;

        if (!take_record(&rest, &r))
            return false;
        if (is_word(r.kind, "entry")) {
            report->entries++;
            continue;
        }
        if (is_word(r.kind, "secret")) {
            report->secrets++;
            if (report->entries == 0)
                return false;
            continue;
        }
        return rest.n == 0 && cu_decimal_decode(r.words[0], &entries) &&
               cu_decimal_decode(r.words[1], &secrets) && entries == report->entries &&
               secrets == report->secrets;
    }
}

/* ---- judging ---- */

static const char *const verdict_words[] = {
    [CU_VERDICT_GOOD] = "good",
    [CU_VERDICT_MALFORMED] = "malformed",
    [CU_VERDICT_UNSIGNED] = "unsigned",
    [CU_VERDICT_UNWITNESSED] = "unwitnessed",
    [CU_VERDICT_ENTRY] = "entry",
    [CU_VERDICT_NOT_INCLUDED] = "not-included",
    [CU_VERDICT_COMMITMENT] = "commitment",
};

const char *cu_verdict_word(cu_verdict verdict)
{
    return verdict_words[verdict];
}

typedef struct judging {
    cu_checkpoint head;
    cu_tlog_entry entry;
    bool has_entry;
    uint64_t seq; /* of the entry before */
    cu_bundle_report *report;
    cu_err *err;
} judging;

static cu_verdict judge_entry(judging *j, const record *r)
{
    const bool first = !j->has_entry;
    cu_hash leaf;

    j->report->failed = first ? 0 : j->seq + 1;
    if (cu_tlog_entry_parse(r->block, &j->entry, j->err) != CU_OK)
        return CU_VERDICT_ENTRY;
    j->report->failed = j->entry.seq;
    if (!first && j->entry.seq <= j->seq) {
        cu_err_set(j->err, CU_EFORMAT, "entry %" PRIu64 " comes after entry %" PRIu64,
                   j->entry.seq, j->seq);
        return CU_VERDICT_ENTRY;
    }
    j->has_entry = true;
    j->seq = j->entry.seq;
    cu_tlog_leaf(r->block, &leaf);
    if (cu_proof_check_inclusion(j->seq, j->head.size, &leaf, &r->proof, &j->head.root,
                                 j->err) != CU_OK)
        return CU_VERDICT_NOT_INCLUDED;
    return CU_VERDICT_GOOD;
}

static cu_verdict judge_secret(const judging *j, const record *r)
{
    char name[CU_ENTRY_NAME_BYTES + 1] = "c.";
    uint8_t salt[CU_SALT_BYTES];
    cu_hash hash;
    char hex[65];

    memcpy(name + 2, r->words[0].p, r->words[0].n);
    if (!cu_base64_decode(r->words[1], salt, sizeof salt))
        return CU_VERDICT_COMMITMENT;
    cu_commit(salt, r->words[0], r->block, &hash);
    cu_hex_encode((cu_bytes){hash.b, 32}, hex);
    if (is_word(cu_tlog_entry_find(&j->entry, name), hex))
        return CU_VERDICT_GOOD;
    cu_err_set(j->err, CU_EFORMAT,
               "the value of \"%s\" is not the one that entry %" PRIu64 " commits to", name + 2,
               j->seq);
    return CU_VERDICT_COMMITMENT;
}

static cu_verdict judge_records(judging *j, cu_bytes rest)
{
    cu_verdict verdict = CU_VERDICT_GOOD;
    record r = {0};

    while (verdict == CU_VERDICT_GOOD && take_record(&rest, &r) && !is_word(r.kind, "end"))
        verdict = is_word(r.kind, "entry") ? judge_entry(j, &r) : judge_secret(j, &r);
    return verdict;
}

static cu_verdict judge_note(cu_bytes checkpoint, const cu_policy *policy, cu_note *note,
                             cu_checkpoint *head, cu_bundle_report *report, cu_err *err)
{
    if (cu_note_parse(checkpoint, note, err) != CU_OK ||
        cu_checkpoint_parse(note->text, head, err) != CU_OK)
        return CU_VERDICT_MALFORMED;
    report->size = head->size;
    memcpy(report->origin, head->origin.p, head->origin.n);
    if (cu_policy_check_log(policy, note, head->origin, err) != CU_OK)
        return CU_VERDICT_UNSIGNED;
    if (cu_policy_check_quorum(policy, note, err) != CU_OK)
        return CU_VERDICT_UNWITNESSED;
    return CU_VERDICT_GOOD;
}

cu_status cu_judge_head(cu_bytes checkpoint, const cu_policy *policy, cu_checkpoint *head,
                        cu_bundle_report *report, cu_err *err)
{
    cu_note *const note = calloc(1, sizeof *note);

    if (note == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    report->verdict = judge_note(checkpoint, policy, note, head, report, err);
    free(note);
    return CU_OK;
}

cu_status cu_bundle_verify(cu_bytes bundle, const cu_policy *policy, cu_bundle_report *report,
                           cu_err *err)
{
    judging j = {.report = report, .err = err};
    cu_bytes checkpoint = {0};
    cu_bytes records = {0};
    cu_status st = CU_OK;

    *report = (cu_bundle_report){.verdict = CU_VERDICT_MALFORMED};
    if (!open_bundle(bundle, &checkpoint, &records) || !count_records(records, report)) {
        cu_err_set(err, CU_EFORMAT, "the file is not a bundle, or is cut off");
        return CU_OK;
    }
    st = cu_judge_head(checkpoint, policy, &j.head, report, err);
    if (st == CU_OK && report->verdict == CU_VERDICT_GOOD)
        report->verdict = judge_records(&j, records);
    return st;
}
