/* SPDX-License-Identifier: Apache-2.0 */
/* The proof of one entry as a file that other programs read too (C2SP tlog-proof v1). */
#include "tlog/policy.h"
#include "tlog/tlog.h"

#include <inttypes.h>
#include <string.h>

static const char magic[] = "c2sp.org/tlog-proof@v1\n";

enum { extra_text = (CU_ENTRY_BYTES + 2) / 3 * 4 };

/* The parts of a file. */
typedef struct parts {
    cu_bytes extra; /* base64; p is NULL where the line is not there */
    uint64_t index;
    cu_proof proof;
    cu_bytes checkpoint;
} parts;

void cu_proof_file_append(cu_buffer *out, uint64_t index, cu_bytes entry, const cu_proof *proof,
                          cu_bytes checkpoint)
{
    cu_buffer_format(out, "%sextra ", magic);
    cu_base64_append(out, entry);
    cu_buffer_format(out, "\nindex %" PRIu64 "\n", index);
    for (size_t i = 0; i < proof->n; i++) {
        cu_base64_append(out, (cu_bytes){proof->path[i].b, sizeof proof->path[i].b});
        cu_buffer_u8(out, '\n');
    }
    cu_buffer_u8(out, '\n');
    cu_buffer_append(out, checkpoint.p, checkpoint.n);
}

bool cu_proof_file_is(cu_bytes bytes)
{
    return cu_bytes_starts(bytes, magic, sizeof magic - 1);
}

/* The rest of a line after a word and a space. */
static bool take_after(cu_bytes line, const char *word, cu_bytes *out)
{
    const size_t n = strlen(word);

    if (!cu_bytes_starts(line, word, n))
        return false;
    *out = cu_bytes_slice(line, n, line.n);
    return true;
}

static bool take_path(cu_bytes *rest, cu_proof *out)
{
    cu_bytes line = {0};

    for (out->n = 0; cu_line_take(rest, &line); out->n++) {
        if (line.n == 0)
            return true;
        if (out->n == CU_PROOF_HASHES ||
            !cu_base64_decode(line, out->path[out->n].b, sizeof out->path[0].b))
            return false;
    }
    return false;
}

static bool take_parts(cu_bytes file, parts *out)
{
    cu_bytes rest = cu_bytes_slice(file, sizeof magic - 1, file.n);
    cu_bytes line = {0};
    cu_bytes number = {0};

    if (!cu_proof_file_is(file) || !cu_line_take(&rest, &line))
        return false;
    if (take_after(line, "extra ", &out->extra) &&
        (out->extra.n > extra_text || !cu_line_take(&rest, &line)))
        return false;
    out->checkpoint = rest;
    return take_after(line, "index ", &number) && cu_decimal_decode(number, &out->index) &&
           take_path(&out->checkpoint, &out->proof);
}

/* The bytes that the line "extra" has; false where it is not base64 of an entry's size. */
static bool decode_extra(cu_bytes extra, cu_buffer *out)
{
    size_t n;

    if (!cu_buffer_reserve(out, CU_ENTRY_BYTES))
        return true; /* which cu_buffer_check tells */
    n = cu_base64_decode_up_to(extra, out->p, CU_ENTRY_BYTES);
    out->n = n == SIZE_MAX ? 0 : n;
    return n != SIZE_MAX && n > 0;
}

static cu_verdict judge_entry(const parts *p, cu_bytes bytes, const cu_checkpoint *head,
                              cu_err *err)
{
    cu_tlog_entry entry;
    cu_hash leaf;

    if (cu_tlog_entry_parse(bytes, &entry, err) != CU_OK)
        return CU_VERDICT_ENTRY;
    if (entry.seq != p->index) {
        cu_err_set(err, CU_EFORMAT, "the proof is of entry %" PRIu64 ", not of entry %" PRIu64,
                   p->index, entry.seq);
        return CU_VERDICT_ENTRY;
    }
    cu_tlog_leaf(bytes, &leaf);
    return cu_proof_check_inclusion(p->index, head->size, &leaf, &p->proof, &head->root, err) ==
                   CU_OK
               ? CU_VERDICT_GOOD
               : CU_VERDICT_NOT_INCLUDED;
}

static cu_status judge(const parts *p, cu_bytes entry, const cu_policy *policy,
                       cu_bundle_report *report, cu_err *err)
{
    cu_checkpoint head = {0};
    const cu_status st = cu_judge_head(p->checkpoint, policy, &head, report, err);

    if (st == CU_OK && report->verdict == CU_VERDICT_GOOD)
        report->verdict = judge_entry(p, entry, &head, err);
    return st;
}

cu_status cu_proof_file_verify(cu_bytes file, cu_bytes entry, const cu_policy *policy,
                               cu_bundle_report *report, cu_err *err)
{
    parts p = {0};
    cu_buffer extra = {0};
    cu_status st;

    *report = (cu_bundle_report){.verdict = CU_VERDICT_MALFORMED};
    if (!take_parts(file, &p) || (p.extra.p != NULL && !decode_extra(p.extra, &extra)))
        cu_err_set(err, CU_EFORMAT, "the file is not a proof, or is cut off");
    else if (entry.n == 0 && p.extra.p == NULL)
        cu_err_set(err, CU_EFORMAT, "the proof does not have the entry that it is of");
    else
        report->entries = 1;
    report->failed = p.index;
    st = cu_buffer_check(&extra, err);
    if (st == CU_OK && report->entries == 1)
        st = judge(&p, entry.n > 0 ? entry : cu_buffer_view(&extra), policy, report, err);
    cu_buffer_free(&extra);
    return st;
}
