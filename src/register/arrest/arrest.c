/* SPDX-License-Identifier: Apache-2.0 */
/* From arrest or invitation to release, charge or no further action. */
#include "register/arrest/arrest.h"

#include "register/task/task.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("subject", "subject", "who"),
    CU_HAS_RECORD("operation", "operation", "during which"),
    CU_HAS_WORD("kind", "arrest voluntary breach-of-bail", "what it is"),
    CU_HAS_TIME("at", "when"),
    CU_HAS_TEXT("place", "where"),
    CU_HAS_OFFICER("officer", "who arrested or invited"),
    CU_HAS_TEXT("offences", "suspected"),
    CU_HAS_TEXT("necessity", "why arrest was necessary"),
    CU_HAS_TEXT("custody_ref", "reference of the custody record"),
    CU_HAS_NUMBER("interviews", "how many"),
    CU_HAS_TIME("released", "when"),
    CU_HAS_DATE("bail_from", "first day of the first period of bail"),
    CU_HAS_DATE("bail_until", "last day of the current period of bail"),
    CU_HAS_TIME("review_by", "next review of release under investigation"),
    CU_HAS_DATE_AHEAD("ends", "last day of the latest period of bail"),
    CU_SAID_WORD("authority", "constable sergeant inspector superintendent magistrates",
                 "who authorised the period of bail"),
    CU_SAID_TEXT("conditions", "of bail"),
    CU_SAID_TEXT("victim_views", "the views of victims, before conditions"),
    CU_SAID_TEXT("override", "why a supervisor lets it pass without a welfare assessment"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status take_subject(cu_act *act)
{
    cu_record *subject = NULL;
    cu_status st =
        cu_act_load(act, "subject", cu_record_text(act->record, "subject"), &subject);

    if (st != CU_OK)
        return st;
    /* Under two names one person would be counted twice, and assessed under neither. */
    if (cu_record_in(subject, "merged"))
        return cu_act_refuse(act, "S2", "%s is the same person as %s: name that one",
                             subject->ref, cu_record_text(subject, "merged_into"));
    cu_record_set(act->record, "case", cu_record_text(subject, "case"));
    cu_record_set_number(act->record, "interviews", 0);
    if (!cu_record_has(act->record, "officer"))
        cu_record_set(act->record, "officer", act->officer.ref);
    if (!cu_record_has(act->record, "at"))
        cu_record_set_number(act->record, "at", act->now_us);
    cu_record_set(subject, "status",
                  cu_record_is(act->record, "kind", "voluntary") ? "va" : "arrested");
    return cu_act_save(act, subject);
}

static cu_status arrest(cu_act *act)
{
    if (!cu_record_has(act->record, "kind"))
        cu_record_set(act->record, "kind", "arrest");
    if (cu_record_is(act->record, "kind", "voluntary"))
        return cu_act_refuse(act, "A2",
                             "nobody is arrested who attends voluntarily: \"arrest invite\"");
    return take_subject(act);
}

static cu_status invite(cu_act *act)
{
    cu_status st = CU_OK;

    cu_record_set(act->record, "kind", "voluntary");
    st = take_subject(act);
    return st == CU_OK
               ? cu_welfare_pass(act, cu_record_text(act->record, "subject"), "va-invitation")
               : st;
}

static cu_status detain(cu_act *act)
{
    return cu_welfare_pass(act, cu_record_text(act->record, "subject"), "arrest");
}

static cu_status attend(cu_act *act)
{
    return cu_welfare_pass(act, cu_record_text(act->record, "subject"), "arrival");
}

static cu_status interview(cu_act *act)
{
    cu_record_set_number(act->record, "interviews",
                         cu_record_number(act->record, "interviews") + 1);
    return CU_OK;
}

/* ---- bail ---- */

/* The last day that a rank may authorise; none for magistrates. */
static cu_status bail_limit(cu_act *act, const char *authority, cu_date from, bool *limited,
                            cu_date *out)
{
    const char *const key = strcmp(authority, "inspector") == 0        ? "bail.inspector"
                            : strcmp(authority, "superintendent") == 0 ? "bail.superintendent"
                                                                       : "bail.initial";
    int64_t count = 0;
    const char *unit = NULL;

    *limited = strcmp(authority, "magistrates") != 0;
    if (!*limited)
        return CU_OK;

    const cu_status st = cu_rulebook_number(act->policy, key, from, &count, &unit, act->err);

    if (st == CU_OK)
        *out = strcmp(unit, "months") == 0 ? cu_date_add_months(from, (int)count)
                                           : from + (cu_date)count;
    return st;
}

static cu_status add_period(cu_act *act, cu_date starts)
{
    cu_record *const period = cu_act_new(act, "bail", "set");
    char text[cu_date_text_size];

    if (period == NULL)
        return CU_ENOMEM;
    cu_date_text(starts, text);
    cu_record_set(period, "case", cu_record_text(act->record, "case"));
    cu_record_set(period, "arrest", act->record->ref);
    cu_record_set(period, "starts", cu_act_format(act, "%s", text));
    cu_record_set(period, "ends", cu_record_text(act->record, "ends"));
    cu_record_set(period, "authority", cu_act_said(act, "authority"));
    cu_record_set(period, "conditions", cu_act_said(act, "conditions"));
    cu_record_set(period, "victim_views", cu_act_said(act, "victim_views"));
    return cu_act_add(act, period);
}

static cu_status set_bail(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const from = cu_record_text(record, "bail_from");
    const char *const ends = cu_record_text(record, "ends");
    const char *const authority = cu_act_said(act, "authority");
    cu_date first = act->today;
    cu_date last = 0;
    cu_date limit = 0;
    bool limited = true;
    char text[cu_date_text_size];
    cu_status st = CU_OK;

    if (from != NULL)
        (void)cu_date_read(from, strlen(from), &first);
    (void)cu_date_read(ends, strlen(ends), &last);
    if (cu_act_said(act, "conditions") != NULL && cu_act_said(act, "victim_views") == NULL)
        return cu_act_refuse(act, "A4", "the views of victims are not recorded");
    st = bail_limit(act, authority, first, &limited, &limit);
    if (st != CU_OK)
        return st;
    cu_date_text(limit, text);
    if (limited && last > limit)
        return cu_act_refuse(act, "A1", "%s may authorise bail until %s, not %s", authority,
                             text, ends);
    if (last < act->today)
        return cu_act_refuse(act, "A1", "%s is over", ends);
    st = add_period(act, act->today);
    cu_date_text(first, text);
    cu_record_set(record, "bail_from", cu_act_format(act, "%s", text));
    cu_record_set(record, "bail_until", ends);
    return st;
}

static cu_status release_on_bail(cu_act *act)
{
    const cu_status st =
        cu_welfare_pass(act, cu_record_text(act->record, "subject"), "release");

    cu_record_set_number(act->record, "released", act->now_us);
    return st == CU_OK ? set_bail(act) : st;
}

static cu_status answer_bail(cu_act *act)
{
    return cu_welfare_pass(act, cu_record_text(act->record, "subject"), "bail-return");
}

/* Law gives release under investigation no clock, so the task is what reminds (rule A3). */
static cu_status set_review(cu_act *act)
{
    int64_t review_by_us = 0;
    cu_status st = cu_act_deadline(act, "bail.rui-review", act->now_us, &review_by_us);

    cu_record_set_number(act->record, "review_by", review_by_us);
    if (st == CU_OK)
        st = cu_task_raise(act, cu_record_text(act->record, "case"),
                           cu_act_format(act, "arrest:%s", act->record->ref),
                           "review the release under investigation", review_by_us);
    return st;
}

static cu_status release_under_investigation(cu_act *act)
{
    const cu_status st =
        cu_welfare_pass(act, cu_record_text(act->record, "subject"), "release");

    cu_record_set_number(act->record, "released", act->now_us);
    return st == CU_OK ? set_review(act) : st;
}

static cu_status review(cu_act *act)
{
    if (act->now_us > cu_record_number(act->before, "review_by"))
        cu_act_warn(act, "the review was due on %s (rule A3)",
                    cu_act_when(act, cu_record_number(act->before, "review_by")));
    return set_review(act);
}

static cu_status end_with(cu_act *act, const char *trigger, const char *status)
{
    cu_record *subject = NULL;
    cu_status st = cu_welfare_pass(act, cu_record_text(act->record, "subject"), trigger);

    if (st == CU_OK)
        st = cu_act_load(act, "subject", cu_record_text(act->record, "subject"), &subject);
    if (st != CU_OK)
        return st;
    cu_record_set(subject, "status", status);
    return cu_act_save(act, subject);
}

static cu_status charge(cu_act *act)
{
    return end_with(act, "charge", "charged");
}

static cu_status no_further_action(cu_act *act)
{
    return end_with(act, "nfa", "nfa");
}

static const cu_action actions[] = {
    {.name = "record",
     .says = "an arrest",
     .from = "",
     .to = "arrested",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "subject place offences necessity",
     .takes = "at officer operation kind",
     .rules = arrest},
    {.name = "invite",
     .says = "to attend voluntarily",
     .from = "",
     .to = "va-invited",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "subject place offences",
     .takes = "at officer operation override",
     .rules = invite},
    {.name = "detain",
     .says = "in custody",
     .from = "arrested",
     .to = "in-custody",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "custody_ref",
     .takes = "override",
     .rules = detain},
    {.name = "attend",
     .says = "the invited person is here",
     .from = "va-invited",
     .to = "attended",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "override",
     .rules = attend},
    {.name = "interview",
     .says = "an interview was held",
     .from = "in-custody attended interviewed",
     .to = "interviewed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .rules = interview},
    {.name = "bail",
     .says = "release on bail",
     .from = "in-custody interviewed",
     .to = "bailed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "ends authority",
     .takes = "conditions victim_views override",
     .rules = release_on_bail},
    {.name = "extend-bail",
     .says = "another period",
     .from = "bailed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "ends authority reason",
     .takes = "conditions victim_views",
     .rules = set_bail},
    {.name = "answer-bail",
     .says = "the person has come back",
     .from = "bailed",
     .to = "interviewed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "override",
     .rules = answer_bail},
    {.name = "release",
     .says = "under investigation",
     .from = "in-custody attended interviewed",
     .to = "rui",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "override",
     .rules = release_under_investigation},
    {.name = "review",
     .says = "release under investigation is reviewed",
     .from = "rui",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason",
     .rules = review},
    {.name = "charge",
     .says = "the person is charged",
     .from = "in-custody interviewed bailed rui",
     .to = "charged",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "offences override",
     .rules = charge},
    {.name = "no-further-action",
     .says = "it ends here",
     .from = "in-custody attended interviewed bailed rui",
     .to = "nfa",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason",
     .takes = "override",
     .rules = no_further_action},
};

const cu_thing cu_thing_arrest = {
    .name = "arrest",
    .says = "arrests and voluntary attendance",
    .prefix = "AR",
    .states = "arrested va-invited in-custody attended interviewed bailed rui charged nfa",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "case subject at",
    .read = CU_RIGHT_READ};

static const cu_field bail_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("arrest", "arrest", "of which"),
    CU_HAS_DATE("starts", "its first day"),
    CU_HAS_DATE("ends", "its last day"),
    CU_HAS_TEXT("authority", "the rank that authorised it"),
    CU_HAS_TEXT("conditions", "of the period"),
    CU_HAS_TEXT("victim_views", "as recorded before"),
};

const cu_thing cu_thing_bail = {.name = "bail",
                                .says = "periods of bail",
                                .prefix = "B",
                                .states = "set",
                                CU_FIELDS(bail_fields),
                                .indexed = "arrest ends",
                                .read = CU_RIGHT_READ};
