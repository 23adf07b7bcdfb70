/* SPDX-License-Identifier: Apache-2.0 */
/* A person's category is changed with a reason; a merge can be undone; fact is not opinion. */
#include "register/subject/subject.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_TEXT("name", "as known; found by a part of it"),
    CU_HAS_DATE("born", "date of birth"),
    CU_HAS_YES("under_18", "a child may be a suspect, and is shown otherwise"),
    CU_HAS_WORD("category", "suspect convicted victim witness other unknown", "in this case"),
    CU_HAS_WORD("status",
                "unresolved candidate identified suspect arrested va charged nfa convicted"
                " acquitted",
                "how far it is known"),
    CU_HAS_WORD("position_of_trust", "yes no unknown", "works with children"),
    CU_HAS_WORD("access_to_children", "yes no unknown", "lives with or meets children"),
    CU_HAS_RECORD("merged_into", "subject", "the same person"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status add(cu_act *act)
{
    if (!cu_record_has(act->record, "category"))
        cu_record_set(act->record, "category", "unknown");
    if (!cu_record_has(act->record, "status"))
        cu_record_set(act->record, "status", "unresolved");
    return CU_OK;
}

static cu_status categorise(cu_act *act)
{
    if (cu_record_is(act->record, "category", "suspect") &&
        cu_record_is(act->record, "under_18", "yes"))
        act->record->state = "known"; /* allowed: a child can be a suspect, and stays marked */
    return CU_OK;
}

static cu_status merge(cu_act *act)
{
    cu_record *into = NULL;
    const cu_status st =
        cu_act_load(act, "subject", cu_record_text(act->record, "merged_into"), &into);

    if (st != CU_OK)
        return st;
    if (strcmp(into->ref, act->record->ref) == 0 || cu_record_in(into, "merged"))
        return cu_act_refuse(act, "S2", "%s cannot be merged into %s", act->record->ref,
                             into->ref);
    return CU_OK;
}

static cu_status unmerge(cu_act *act)
{
    cu_record_clear(act->record, "merged_into");
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "add",
     .says = "a person in a case",
     .from = "",
     .to = "known",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "case",
     .takes = "name born under_18 category status position_of_trust access_to_children",
     .rules = add},
    {.name = "update",
     .says = "what is known",
     .from = "known",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "reason",
     .takes = "name born under_18 status position_of_trust access_to_children"},
    {.name = "categorise",
     .says = "another category, with a reason",
     .from = "known",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "category reason",
     .rules = categorise},
    {.name = "merge",
     .says = "it is the same person as another",
     .from = "known",
     .to = "merged",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "combination",
     .wants = "merged_into reason",
     .rules = merge},
    {.name = "unmerge",
     .says = "it is another person after all",
     .from = "merged",
     .to = "known",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "combination",
     .wants = "reason",
     .rules = unmerge},
};

const cu_thing cu_thing_subject = {.name = "subject",
                                   .says = "people in a case",
                                   .prefix = "S",
                                   .states = "known merged",
                                   CU_FIELDS(fields),
                                   CU_ACTIONS(actions),
                                   .indexed = "case",
                                   .searched = "name",
                                   .read = CU_RIGHT_READ};

/* ---- assertions ---- */

static const cu_field assertion_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("subject", "subject", "the person"),
    CU_HAS_TEXT("what", "what it is about"),
    CU_HAS_TEXT("value", "what is said"),
    CU_HAS_WORD("standing", "fact assessment", "fact, or somebody's assessment"),
    CU_HAS_TEXT("source", "who says so"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status take_case(cu_act *act)
{
    cu_record *subject = NULL;
    const cu_status st =
        cu_act_load(act, "subject", cu_record_text(act->record, "subject"), &subject);

    if (st == CU_OK)
        cu_record_set(act->record, "case", cu_record_text(subject, "case"));
    return st;
}

static const cu_action assertion_actions[] = {
    {.name = "add",
     .says = "what is said of a person, as fact or as assessment",
     .from = "",
     .to = "made",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "subject what value standing source",
     .rules = take_case},
    {.name = "withdraw",
     .says = "it is not so",
     .from = "made",
     .to = "withdrawn",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_assertion = {.name = "assertion",
                                     .says = "what is said of a person",
                                     .prefix = "AS",
                                     .states = "made withdrawn",
                                     CU_FIELDS(assertion_fields),
                                     CU_ACTIONS(assertion_actions),
                                     .indexed = "subject",
                                     .read = CU_RIGHT_READ};

/* ---- outcomes ---- */

static const cu_field outcome_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("subject", "subject", "the person"),
    CU_HAS_WORD(
        "kind",
        "charge caution community-resolution nfa convicted acquitted deceased transferred",
        "what came of it"),
    CU_HAS_TEXT("particulars", "sentence, order, reason"),
    CU_HAS_DATE("decided", "the day of the decision"),
    CU_HAS_DATE_AHEAD("notify_from", "notification requirement: its first day"),
    CU_HAS_TEXT("notify_length", "how long"),
    CU_HAS_DATE("notify_by", "the last day on which to notify"),
    CU_HAS_TIME("handed_over", "to those who manage offenders"),
    CU_HAS_TIME("acknowledged", "by them"),
};

/* "Within 3 days beginning with the relevant date": that day is the first of them. */
static cu_status record_outcome(cu_act *act)
{
    const char *const from = cu_record_text(act->record, "notify_from");
    int64_t days = 0;
    cu_date date = 0;
    char text[cu_date_text_size];
    cu_status st = take_case(act);

    if (st != CU_OK || from == NULL || !cu_date_read(from, strlen(from), &date))
        return st;
    st = cu_act_policy(act, "notification.days", &days);
    cu_date_text(date + (cu_date)days - 1, text);
    cu_record_set(act->record, "notify_by", cu_act_format(act, "%s", text));
    return st;
}

static const cu_action outcome_actions[] = {
    {.name = "record",
     .says = "what came of it for a person",
     .from = "",
     .to = "recorded",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "subject kind decided",
     .takes = "particulars notify_from notify_length",
     .rules = record_outcome},
    {.name = "hand-over",
     .says = "to those who manage offenders",
     .from = "recorded",
     .to = "handed-over",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "disclosure",
     .wants = "handed_over"},
    {.name = "acknowledge",
     .says = "they have it",
     .from = "handed-over",
     .to = "acknowledged",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "acknowledged"},
};

const cu_thing cu_thing_outcome = {.name = "outcome",
                                   .says = "what came of a case for a person",
                                   .prefix = "OC",
                                   .states = "recorded handed-over acknowledged",
                                   CU_FIELDS(outcome_fields),
                                   CU_ACTIONS(outcome_actions),
                                   .indexed = "case subject",
                                   .read = CU_RIGHT_READ};
