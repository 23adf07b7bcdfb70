/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streamlined forensic reports: SFR1 states the facts early, SFR2 answers a challenge. Both
 * rest on the same frozen counts, and are kept as the bytes that were issued.
 */
#include "register/examination/examination.h"
#include "register/referral/referral.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("examination", "examination", "the examination"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_RECORD("count", "count", "the frozen counts that both reports rest on"),
    CU_HAS_TEXT("sha256", "of SFR1 as it was issued"),
    CU_HAS_OFFICER("issued_by", "the examiner"),
    CU_HAS_TEXT("challenge", "what is not agreed"),
    CU_HAS_TEXT("findings", "the answer, short and clinical"),
    CU_HAS_TEXT("answer_sha256", "of SFR2 as it was issued"),
    CU_SAID_WORD("report", "sfr1 sfr2", "which of the two"),
};

/* ---- the counts as they were frozen ---- */

/* The text after "KEY": in an object that count.c wrote; its words have no escapes. */
static cu_bytes value_of(cu_bytes object, const char *key)
{
    const uint8_t *const at = memmem(object.p, object.n, key, strlen(key));
    cu_bytes rest = {0};
    size_t n = 0;

    if (at == NULL)
        return rest;
    rest = cu_bytes_slice(object, (size_t)(at - object.p) + strlen(key), object.n);
    while (n < rest.n && strchr(",}\"", rest.p[n]) == NULL)
        n++;
    return cu_bytes_slice(rest, 0, n);
}

static void write_row(cu_bytes object, cu_buffer *out)
{
    static const char *const keys[] = {"\"grade\":\"", "\"kind\":\"", "\"accessible\":\"",
                                       "\"files\":", "\"places\":"};

    for (size_t i = 0; i < CU_COUNT_OF(keys); i++) {
        const cu_bytes value = value_of(object, keys[i]);
        const bool ungraded = i == 0 && value.n == 1 && value.p[0] == '-';

        cu_buffer_append(out, ungraded ? (const uint8_t *)"not graded" : value.p,
                         ungraded ? 10 : value.n);
        cu_buffer_u8(out, i + 1 < CU_COUNT_OF(keys) ? '\t' : '\n');
    }
}

static void write_counts(const cu_record *count, cu_buffer *out)
{
    const char *const text = cu_record_text(count, "counts");
    cu_bytes left = {(const uint8_t *)text, strlen(text)};
    const uint8_t *end = NULL;

    cu_buffer_format(out, "Category\tStill or moving\tAccessible\tFiles\tPlaces\n");
    while (left.n > 0 && (end = memchr(left.p, '}', left.n)) != NULL) {
        const size_t n = (size_t)(end - left.p) + 1;

        write_row(cu_bytes_slice(left, 0, n), out);
        left = cu_bytes_slice(left, n, left.n);
    }
    cu_buffer_format(out,
                     "\nCounted: %lld files, frozen as %s (SHA-256 of the list of files and"
                     " categories: %s).\nCategories A, B and C are of indecent photographs, as"
                     " the Sentencing Council defines them.\n",
                     (long long)cu_record_number(count, "files"), count->ref,
                     cu_record_text(count, "list_sha256"));
}

/* ---- the reports ---- */

static const char *or_none(const cu_record *record, const char *field)
{
    const char *const text = cu_record_text(record, field);

    return text == NULL ? "not recorded" : text;
}

static cu_status write_report(cu_act *act, const char *title, cu_record *examination)
{
    cu_buffer *const out = &act->outcome->document;
    cu_record *exhibit = NULL;
    cu_record *count = NULL;
    cu_status st =
        cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);

    if (st == CU_OK)
        st = cu_act_load(act, "count", cu_record_text(act->record, "count"), &count);
    if (st != CU_OK)
        return st;
    cu_buffer_format(out, "%s\nCase %s, exhibit %s, examination %s edition %lld\n%s, by %s\n\n",
                     title, cu_record_text(act->record, "case"), or_none(exhibit, "mark"),
                     examination->ref, (long long)cu_record_number(examination, "edition"),
                     cu_act_when(act, act->now_us), act->officer.ref);
    cu_buffer_format(out,
                     "Questions: %s\nForensic science activity: %s, within accreditation: %s\n"
                     "Method: %s\nTool: %s, validation: %s\nCompetence: %s\nReviewed by: %s\n"
                     "Findings: %s\n\n",
                     or_none(examination, "questions"), or_none(examination, "fsa_code"),
                     or_none(examination, "accredited"), or_none(examination, "method"),
                     or_none(examination, "tool"), or_none(examination, "validation_ref"),
                     or_none(examination, "competence_ref"), or_none(examination, "reviewer"),
                     or_none(examination, "findings"));
    write_counts(count, out);
    return CU_OK;
}

static cu_status keep_as(cu_act *act, const char *field)
{
    char hex[65];
    cu_status st = cu_buffer_check(&act->outcome->document, act->err);

    if (st == CU_OK)
        st = cu_content_keep(act, cu_buffer_view(&act->outcome->document), hex);
    if (st == CU_OK)
        cu_record_set(act->record, field, cu_act_format(act, "%s", hex));
    return st;
}

static cu_status load_own(cu_act *act, cu_record **out)
{
    const cu_status st =
        cu_act_load(act, "examination", cu_record_text(act->record, "examination"), out);

    if (st == CU_OK && !cu_record_is(*out, "examiner", act->officer.ref))
        return cu_act_refuse(act, "I3", "%s examined it", or_none(*out, "examiner"));
    return st;
}

static cu_status issue(cu_act *act)
{
    cu_record *examination = NULL;
    cu_status st = load_own(act, &examination);

    if (st != CU_OK)
        return st;
    if (!cu_record_in(examination, "reported closed") || !cu_record_has(examination, "count"))
        return cu_act_refuse(act, "E2",
                             "examination %s is %s, and not reported on frozen counts",
                             examination->ref, examination->state);
    cu_record_set(act->record, "case", cu_record_text(examination, "case"));
    cu_record_set(act->record, "exhibit", cu_record_text(examination, "exhibit"));
    cu_record_set(act->record, "count", cu_record_text(examination, "count"));
    cu_record_set(act->record, "issued_by", act->officer.ref);
    st = write_report(act, "Streamlined forensic report, SFR1", examination);
    return st == CU_OK ? keep_as(act, "sha256") : st;
}

static cu_status answer(cu_act *act)
{
    cu_buffer *const out = &act->outcome->document;
    cu_record *examination = NULL;
    cu_status st = load_own(act, &examination);

    if (st == CU_OK)
        st = write_report(act, "Streamlined forensic report, SFR2", examination);
    if (st != CU_OK)
        return st;
    cu_buffer_format(out, "\nNot agreed: %s\nAnswer: %s\nSFR1 of this report: SHA-256 %s\n",
                     cu_record_text(act->record, "challenge"),
                     cu_record_text(act->record, "findings"),
                     cu_record_text(act->record, "sha256"));
    return keep_as(act, "answer_sha256");
}

/* The bytes that were issued, and no others. */
static cu_status print(cu_act *act)
{
    const bool second = strcmp(cu_act_said(act, "report"), "sfr2") == 0;
    const char *const sha256 = cu_record_text(act->record, second ? "answer_sha256" : "sha256");
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = CU_OK;

    if (sha256 == NULL)
        return cu_act_refuse(act, "U5", "no %s was issued", cu_act_said(act, "report"));
    st = cu_store_query(act->store, "SELECT bytes FROM register_content WHERE sha256 = $1",
                        CU_VALUES(cu_value_text(sha256)), &rows, act->err);
    if (st == CU_OK)
        st = cu_rows_next(rows, &more, act->err);
    if (st == CU_OK && more)
        cu_buffer_append(&act->outcome->document, cu_rows_blob(rows, 0).p,
                         cu_rows_blob(rows, 0).n);
    return st;
}

static const cu_action actions[] = {
    {.name = "issue",
     .says = "SFR1: the facts, on the counts that the examination was reported on",
     .from = "",
     .to = "issued",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "disclosure",
     .wants = "examination",
     .rules = issue},
    {.name = "challenge",
     .says = "what is not agreed",
     .from = "issued",
     .to = "challenged",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "challenge"},
    {.name = "answer",
     .says = "SFR2: the same counts, and the answer",
     .from = "challenged",
     .to = "answered",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "disclosure",
     .wants = "findings",
     .rules = answer},
    {.name = "print",
     .says = "the bytes that were issued",
     .from = "*",
     .right = CU_RIGHT_READ,
     .duty = "disclosure",
     .wants = "report",
     .rules = print},
};

const cu_thing cu_thing_sfr = {.name = "sfr",
                               .says = "streamlined forensic reports",
                               .prefix = "SFR",
                               .states = "issued challenged answered",
                               CU_FIELDS(fields),
                               CU_ACTIONS(actions),
                               .indexed = "case examination",
                               .read = CU_RIGHT_READ};
