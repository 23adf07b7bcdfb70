/* SPDX-License-Identifier: Apache-2.0 */
/* An examination's way, and who may take each step of it. */
#include "register/examination/examination.h"

#include "digest/digest.h"
#include "register/arrest/arrest.h"
#include "register/custody/custody.h"
#include "register/disclosure/disclosure.h"
#include "register/exhibit/exhibit.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_TEXT("questions", "what is asked"),
    CU_HAS_TEXT("strategy", "how it is to be answered"),
    CU_HAS_WORD("priority", "high normal low", "how soon"),
    CU_HAS_TIME_AHEAD("due", "until when"),
    CU_HAS_OFFICER("requested_by", "who asks"),
    CU_HAS_OFFICER("examiner", "who examines"),
    CU_HAS_TEXT("competence_ref", "where the examiner's competence is recorded"),
    CU_HAS_TEXT("fsa_code", "forensic science activity: dig-100"),
    CU_HAS_YES("accredited", "within accreditation"),
    CU_HAS_TEXT("method", "method and its version"),
    CU_HAS_TEXT("tool", "tool and its version"),
    CU_HAS_TEXT("validation_ref", "where the tool's validation is recorded"),
    CU_HAS_TEXT("arguments", "what the tool was told"),
    CU_HAS_NUMBER("edition", "of the examination, from 1"),
    CU_HAS_TEXT("held_from", "the state before a hold"),
    CU_HAS_WORD("hold", "passcode parts legal capacity", "why it is on hold"),
    CU_HAS_TIME("hold_since", "since when"),
    CU_HAS_OFFICER("reviewer", "who reviewed it"),
    CU_HAS_WORD("review", "passed returned", "what came of the review"),
    CU_HAS_RECORD("count", "count", "the frozen counts that the report rests on"),
    CU_HAS_TEXT("findings", "what was found, short and clinical"),
    CU_SAID_TEXT("evidence", "the evidence file"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status request(cu_act *act)
{
    cu_record *exhibit = NULL;
    const cu_status st =
        cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);

    if (st != CU_OK)
        return st;
    cu_record_set(act->record, "case", cu_record_text(exhibit, "case"));
    cu_record_set(act->record, "requested_by", act->officer.ref);
    cu_record_set_number(act->record, "edition", 1);
    if (!cu_record_has(act->record, "priority"))
        cu_record_set(act->record, "priority", "normal");
    return CU_OK;
}

static cu_status accept(cu_act *act)
{
    const char *const code = cu_record_text(act->record, "fsa_code");

    if (!cu_words_have(act->officer.trained, code))
        return cu_act_refuse(act, "E1", "%s is not recorded as competent in %s",
                             act->officer.ref, code);
    cu_record_set(act->record, "examiner", act->officer.ref);
    return CU_OK;
}

static cu_status check_examiner(cu_act *act)
{
    if (!cu_record_is(act->record, "examiner", act->officer.ref))
        return cu_act_refuse(act, "I3", "%s examines it",
                             cu_record_text(act->record, "examiner"));
    return CU_OK;
}

static cu_status custody_event(cu_act *act, cu_record *exhibit, const char *type)
{
    const cu_custody_step step = {
        .type = type, .at_us = act->now_us, .reason = cu_act_said(act, "reason")};
    const cu_status st = cu_custody_add(act, exhibit, &step);

    return st == CU_OK ? cu_act_save(act, exhibit) : st;
}

/* Rule I3: the exhibit is with the examiner, or there is a copy whose digest was verified. */
static cu_status acquire(cu_act *act)
{
    cu_record *exhibit = NULL;
    int64_t copies = 0;
    cu_status st = check_examiner(act);

    if (st == CU_OK)
        st = cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);
    if (st == CU_OK)
        st = cu_act_count(act,
                          "SELECT count(*) FROM register_copy WHERE exhibit = $1 AND state ="
                          " 'verified'",
                          CU_VALUES(cu_value_text(cu_record_text(act->record, "exhibit"))),
                          &copies);
    if (st != CU_OK)
        return st;
    if (cu_record_is(exhibit, "stopped", "yes"))
        return cu_act_refuse(act, "C7", "exhibit %s is stopped", exhibit->ref);
    if (copies > 0 && !cu_record_is(exhibit, "holder", cu_holder_self(act)))
        return CU_OK;
    if (!cu_record_is(exhibit, "holder", cu_holder_self(act)) ||
        cu_record_has(exhibit, "transit_to"))
        return cu_act_refuse(act, "I3", "exhibit %s is with %s, and no copy of it is verified",
                             exhibit->ref, cu_record_text(exhibit, "holder"));
    if (cu_record_has(exhibit, "seal"))
        return cu_act_refuse(act, "C4", "exhibit %s is sealed: open it, naming the seal",
                             exhibit->ref);
    exhibit->state = "in-exam";
    return custody_event(act, exhibit, "open-exam");
}

static cu_status hold(cu_act *act)
{
    cu_record_set(act->record, "held_from", act->before->state);
    cu_record_set_number(act->record, "hold_since", act->now_us);
    return CU_OK;
}

static cu_status resume(cu_act *act)
{
    act->record->state = cu_record_text(act->record, "held_from");
    cu_record_clear(act->record, "hold");
    cu_record_clear(act->record, "hold_since");
    cu_record_clear(act->record, "held_from");
    return CU_OK;
}

static cu_status review(cu_act *act)
{
    if (cu_record_is(act->record, "examiner", act->officer.ref))
        return cu_act_refuse(act, "E1", "%s examined it", act->officer.ref);
    cu_record_set(act->record, "reviewer", act->officer.ref);
    if (cu_record_is(act->record, "review", "returned"))
        act->record->state = "grading";
    return CU_OK;
}

static cu_status report(cu_act *act)
{
    cu_record *count = NULL;
    cu_record *exhibit = NULL;
    cu_status st = check_examiner(act);

    if (st == CU_OK && !cu_record_is(act->record, "review", "passed"))
        return cu_act_refuse(act, "E1", "nobody has reviewed it");
    if (st == CU_OK && !cu_record_has(act->record, "count"))
        return cu_act_refuse(act, "E2", "no counts are frozen for it");
    if (st == CU_OK)
        st = cu_act_load(act, "count", cu_record_text(act->record, "count"), &count);
    if (st == CU_OK && !cu_record_is(count, "exhibit", cu_record_text(act->record, "exhibit")))
        return cu_act_refuse(act, "E2", "counts %s are of another exhibit", count->ref);
    if (st == CU_OK)
        st = cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);
    if (st != CU_OK || !cu_record_in(exhibit, "in-exam"))
        return st;
    exhibit->state = "examined";
    return custody_event(act, exhibit, "close-exam");
}

static cu_status reopen(cu_act *act)
{
    cu_record_set_number(act->record, "edition", cu_record_number(act->before, "edition") + 1);
    cu_record_clear(act->record, "review");
    cu_record_clear(act->record, "reviewer");
    cu_record_clear(act->record, "count");
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "request",
     .says = "an exhibit is to be examined",
     .from = "",
     .to = "requested",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "exhibit questions",
     .takes = "strategy priority due",
     .rules = request},
    {.name = "accept",
     .says = "by somebody competent",
     .from = "requested",
     .to = "accepted",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "fsa_code accredited competence_ref",
     .rules = accept},
    {.name = "reject",
     .says = "it cannot be examined as asked",
     .from = "requested",
     .to = "rejected",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "reason"},
    {.name = "queue",
     .says = "it waits",
     .from = "accepted",
     .to = "queued",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration"},
    {.name = "triage",
     .says = "a first look",
     .from = "accepted queued",
     .to = "triage",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .rules = check_examiner},
    {.name = "acquire",
     .says = "the device is read",
     .from = "accepted queued triage",
     .to = "acquiring",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "method tool validation_ref",
     .takes = "arguments reason",
     .rules = acquire},
    {.name = "process",
     .says = "what was read is worked on",
     .from = "acquiring",
     .to = "processing",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .takes = "tool arguments",
     .rules = check_examiner},
    {.name = "attach",
     .says = "an evidence file, by its seal",
     .from = "acquiring processing grading",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "combination",
     .wants = "evidence",
     .rules = cu_examination_attach},
    {.name = "grade",
     .says = "what was found is graded",
     .from = "processing",
     .to = "grading",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .rules = check_examiner},
    {.name = "hand-to-review",
     .says = "another person reviews it",
     .from = "grading",
     .to = "qa",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .takes = "findings",
     .rules = check_examiner},
    {.name = "review",
     .says = "passed, or returned",
     .from = "qa",
     .right = CU_RIGHT_REVIEW_EXAMINATION,
     .duty = "alteration",
     .wants = "review",
     .takes = "reason",
     .rules = review},
    {.name = "report",
     .says = "on frozen counts",
     .from = "qa",
     .to = "reported",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "disclosure",
     .wants = "count",
     .takes = "findings reason",
     .rules = report},
    {.name = "close",
     .says = "nothing is left to do",
     .from = "reported",
     .to = "closed",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration"},
    {.name = "reopen",
     .says = "as a new version",
     .from = "reported closed",
     .to = "grading",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "reason",
     .rules = reopen},
    {.name = "hold",
     .says = "it cannot go on, because",
     .from = "accepted queued triage acquiring processing grading",
     .to = "on-hold",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "hold",
     .rules = hold},
    {.name = "resume",
     .says = "it goes on",
     .from = "on-hold",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .rules = resume},
};

const cu_thing cu_thing_examination = {
    .name = "examination",
    .says = "examinations of exhibits",
    .prefix = "EX",
    .states =
        "requested accepted rejected queued triage acquiring processing grading qa reported"
        " closed on-hold",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "case exhibit state examiner",
    .read = CU_RIGHT_READ};

/* ---- notes ---- */

static const cu_field note_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("examination", "examination", "the examination"),
    CU_HAS_TEXT("words", "what was done and seen"),
    CU_HAS_TEXT("prev", "digest of the note before"),
    CU_HAS_TEXT("digest", "of this note and the one before"),
};

static cu_status add_note(cu_act *act)
{
    const char *const words = cu_record_text(act->record, "words");
    const char *prev = "";
    cu_record *examination = NULL;
    cu_record **list = NULL;
    size_t count = 0;
    cu_digest_stream stream;
    cu_digests digests;
    char hex[65];
    cu_status st = cu_act_load(act, "examination", cu_record_text(act->record, "examination"),
                               &examination);

    if (st == CU_OK)
        st = cu_act_find(act, "note", "examination", examination->ref, &list, &count);
    if (st != CU_OK)
        return st;
    if (count > 0)
        prev = cu_record_text(list[count - 1], "digest");
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)"custos-note/1\n", 14});
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)prev, strlen(prev)});
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)"\n", 1});
    cu_digest_update(&stream, (cu_bytes){(const uint8_t *)words, strlen(words)});
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    cu_record_set(act->record, "case", cu_record_text(examination, "case"));
    cu_record_set(act->record, "prev", prev);
    cu_record_set(act->record, "digest", cu_act_format(act, "%s", hex));
    return cu_material_add(
        act, cu_record_text(examination, "case"),
        cu_act_format(act, "Examiner's note of examination %s", examination->ref),
        examination->ref);
}

static const cu_action note_actions[] = {
    {.name = "add",
     .says = "what was done and seen; it is never changed",
     .from = "",
     .to = "made",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "collection",
     .wants = "examination words",
     .rules = add_note},
};

const cu_thing cu_thing_note = {.name = "note",
                                .says = "examiners' notes, each bound to the one before",
                                .prefix = "EN",
                                .states = "made",
                                CU_FIELDS(note_fields),
                                CU_ACTIONS(note_actions),
                                .indexed = "examination",
                                .read = CU_RIGHT_READ};

/* ---- working copies ---- */

static const cu_field copy_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "of which"),
    CU_HAS_DIGEST("sha256", "of the copy when it was made"),
    CU_HAS_TEXT("where", "where it is kept"),
    CU_HAS_NUMBER("uses", "how often it was used"),
    CU_SAID_DIGEST("got", "the digest as found now"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status take_exhibit_case(cu_act *act)
{
    cu_record *exhibit = NULL;
    const cu_status st =
        cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);

    if (st == CU_OK)
        cu_record_set(act->record, "case", cu_record_text(exhibit, "case"));
    cu_record_set_number(act->record, "uses", 0);
    return st;
}

/* Rule E3 and C7: a copy that does not agree stops its exhibit. */
static cu_status verify_copy(cu_act *act)
{
    cu_record *exhibit = NULL;
    cu_custody_step step = {.type = "check-digest",
                            .at_us = act->now_us,
                            .reason = "before a copy is used",
                            .expected = cu_record_text(act->record, "sha256"),
                            .got = cu_act_said(act, "got")};
    cu_status st =
        cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);

    if (st != CU_OK)
        return st;
    if (strcmp(step.expected, step.got) != 0) {
        act->record->state = "broken";
        cu_record_set(exhibit, "stopped", "yes");
        cu_act_warn(act, "the copy does not agree: exhibit %s is stopped (rule C7)",
                    exhibit->ref);
    }
    st = cu_custody_add(act, exhibit, &step);
    return st == CU_OK ? cu_act_save(act, exhibit) : st;
}

/* Each use spends the verification before it. */
static cu_status use_copy(cu_act *act)
{
    cu_record_set_number(act->record, "uses", cu_record_number(act->record, "uses") + 1);
    return CU_OK;
}

static cu_status refuse_use(cu_act *act)
{
    if (!cu_record_in(act->before, "verified"))
        return cu_act_refuse(act, "E3", "copy %s was not verified since its last use",
                             act->record->ref);
    return use_copy(act);
}

static const cu_action copy_actions[] = {
    {.name = "add",
     .says = "a working copy",
     .from = "",
     .to = "made",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "collection",
     .wants = "exhibit sha256 where",
     .rules = take_exhibit_case},
    {.name = "verify",
     .says = "whether its digest still agrees",
     .from = "made verified used",
     .to = "verified",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .wants = "got",
     .rules = verify_copy},
    {.name = "use",
     .says = "it is worked on, right after its digest was verified",
     .from = "made verified used",
     .to = "used",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "alteration",
     .rules = refuse_use},
};

const cu_thing cu_thing_copy = {.name = "copy",
                                .says = "working copies of exhibits",
                                .prefix = "WC",
                                .states = "made verified used broken",
                                CU_FIELDS(copy_fields),
                                CU_ACTIONS(copy_actions),
                                .indexed = "exhibit",
                                .read = CU_RIGHT_READ};

/* ---- what went wrong ---- */

static const cu_field wrong_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("examination", "examination", "the examination"),
    CU_HAS_TEXT("words", "what did not go as it must"),
    CU_HAS_TEXT("outcome", "what was done about it"),
};

static cu_status take_case(cu_act *act)
{
    cu_record *examination = NULL;
    const cu_status st = cu_act_load(act, "examination",
                                     cu_record_text(act->record, "examination"), &examination);

    if (st == CU_OK)
        cu_record_set(act->record, "case", cu_record_text(examination, "case"));
    return st;
}

static const cu_action wrong_actions[] = {
    {.name = "record",
     .says = "something did not go as it must",
     .from = "",
     .to = "open",
     .right = CU_RIGHT_RUN_EXAMINATION,
     .duty = "collection",
     .wants = "examination words",
     .rules = take_case},
    {.name = "resolve",
     .says = "what was done about it",
     .from = "open",
     .to = "resolved",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "outcome"},
};

const cu_thing cu_thing_non_conformance = {.name = "non-conformance",
                                           .says = "what did not go as it must",
                                           .prefix = "NC",
                                           .states = "open resolved",
                                           CU_FIELDS(wrong_fields),
                                           CU_ACTIONS(wrong_actions),
                                           .indexed = "examination case",
                                           .read = CU_RIGHT_READ};
