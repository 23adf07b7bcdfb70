/* SPDX-License-Identifier: Apache-2.0 */
/* A child's way to safety. The first protective action, and no later one, sets its day. */
#include "register/child/child.h"

#include "register/task/task.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("referral", "referral", "the referral by which it became known"),
    CU_HAS_RECORD("subject", "subject", "the person, where there is such a record"),
    CU_HAS_WORD("kind", "household contact victim-in-material self-generated other",
                "how it is concerned"),
    CU_HAS_TIME("known", "when it became known"),
    CU_HAS_TIME("refer_by", "until when social care is to be told"),
    CU_HAS_TEXT("la_home", "local authority of its home"),
    CU_HAS_TEXT("la_host", "local authority where it is"),
    CU_HAS_TEXT("concern", "short and clinical"),
    CU_HAS_TEXT("immediate_action", "what was done at once, or that nothing was needed"),
    CU_HAS_TIME("csc_sent", "when social care was told"),
    CU_HAS_TEXT("csc_ref", "its reference"),
    CU_HAS_TIME("csc_acknowledged", "when it answered"),
    CU_HAS_TEXT("not_needed", "why no referral to social care is needed"),
    CU_HAS_TIME("strategy_at", "of the strategy discussion"),
    CU_HAS_TEXT("agencies", "who was there"),
    CU_HAS_WORD("decision", "s47 s17 single-agency no-further", "of the discussion"),
    CU_HAS_DATE("s47_due", "the last day for its outcome"),
    CU_HAS_TEXT("outcome", "what came of it"),
    CU_HAS_TIME("safeguarded", "the first protective action, once"),
    CU_HAS_TEXT("safeguarded_by", "which it was: a word of policy child.protective-actions"),
    CU_SAID_TIME("at", "when it was done"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status link_referral(cu_act *act, const char *referral)
{
    cu_record *const link = cu_act_new(act, "child-referral", "linked");

    if (link == NULL)
        return CU_ENOMEM;
    cu_record_set(link, "case", cu_record_text(act->record, "case"));
    cu_record_set(link, "child", act->record->ref);
    cu_record_set(link, "referral", referral);

    const cu_status st = cu_act_add(act, link);

    if (st == CU_EEXISTS)
        return cu_act_refuse(act, "H2", "child %s is linked to %s already", act->record->ref,
                             referral);
    return st;
}

cu_status cu_child_count_open(cu_act *act, const char *case_name, int64_t *out)
{
    return cu_act_count(
        act,
        "SELECT count(*) FROM register_child WHERE state NOT IN ('closed', 'parked') AND"
        " (\"case\" = $1 OR (\"case\" IS NULL AND ref IN (SELECT l.child FROM"
        " register_child_referral l JOIN register_referral r ON r.ref = l.referral"
        " WHERE r.\"case\" = $1)))",
        CU_VALUES(cu_value_text(case_name)), out);
}

/* From the hour it is known there is time to tell social care, and a task that reminds. */
static cu_status set_refer_by(cu_act *act, int64_t known_us)
{
    cu_record *const record = act->record;
    int64_t refer_by_us = 0;
    const cu_status st = cu_act_deadline(act, "child.refer", known_us, &refer_by_us);

    cu_record_set_number(record, "refer_by", refer_by_us);
    return st;
}

static cu_status raise_refer(cu_act *act)
{
    const cu_record *const record = act->record;

    return cu_task_raise(act, cu_record_text(record, "case"),
                         cu_act_format(act, "child:%s", record->ref),
                         "tell social care, or record why that is not needed",
                         cu_record_number(record, "refer_by"));
}

static cu_status add(cu_act *act)
{
    cu_record *const record = act->record;
    cu_status st = CU_OK;

    if (!cu_record_has(record, "known"))
        cu_record_set_number(record, "known", act->now_us);
    st = set_refer_by(act, cu_record_number(record, "known"));
    if (st == CU_OK)
        st = cu_act_add(act, record);
    if (st == CU_OK && cu_record_has(record, "referral"))
        st = link_referral(act, cu_record_text(record, "referral"));
    if (st == CU_OK && cu_record_in(record, "identified"))
        st = raise_refer(act);
    if (st == CU_OK && cu_record_in(record, "parked"))
        st = cu_task_raise(act, cu_record_text(record, "case"),
                           cu_act_format(act, "child:%s", record->ref), "victim identification",
                           0);
    return st;
}

/* Nobody could tell social care of a child without a name; from now on somebody can. */
static cu_status identify(cu_act *act)
{
    const cu_status st = set_refer_by(act, cu_act_said_number(act, "known", act->now_us));

    return st == CU_OK ? raise_refer(act) : st;
}

static cu_status refer(cu_act *act)
{
    if (!cu_record_has(act->record, "csc_sent"))
        cu_record_set_number(act->record, "csc_sent", act->now_us);
    if (cu_record_number(act->record, "csc_sent") > cu_record_number(act->record, "refer_by"))
        cu_act_warn(act, "social care was told later than policy allows (rule H1)");
    return CU_OK;
}

static cu_status acknowledge(cu_act *act)
{
    return cu_act_check_order(act, "csc_sent", "csc_acknowledged");
}

static cu_status hold_strategy(cu_act *act)
{
    cu_record *const record = act->record;
    int64_t days = 0;
    cu_date date = 0;
    char text[cu_date_text_size];
    cu_status st = CU_OK;

    record->state = cu_record_text(record, "decision");
    if (!cu_record_has(record, "strategy_at"))
        cu_record_set_number(record, "strategy_at", act->now_us);
    if (!cu_record_is(record, "decision", "s47"))
        return CU_OK;
    st = cu_act_policy(act, "child.section-47", &days);
    if (st == CU_OK)
        st = cu_local_date(act->policy, cu_record_number(record, "strategy_at"), &date, NULL,
                           act->err);
    if (st == CU_OK)
        st = cu_working_day_after(act->policy, date, (int)days, &date, act->err);
    cu_date_text(date, text);
    cu_record_set(record, "s47_due", cu_act_format(act, "%s", text));
    return st;
}

static cu_status protect(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const how = cu_act_said(act, "safeguarded_by");
    const int64_t at_us = cu_act_said_number(act, "at", act->now_us);
    const cu_status st = cu_act_policy_word(act, "H2", "child.protective-actions", how);

    if (st != CU_OK)
        return st;
    if (cu_record_has(act->before, "safeguarded")) {
        /* The first one stays; this one is in the ledger. */
        cu_record_set(record, "safeguarded_by", cu_record_text(act->before, "safeguarded_by"));
        return CU_OK;
    }
    cu_record_set_number(record, "safeguarded", at_us);
    return CU_OK;
}

static cu_status close_it(cu_act *act)
{
    if (!cu_record_has(act->record, "csc_sent") && !cu_record_has(act->record, "not_needed"))
        return cu_act_refuse(act, "H1",
                             "social care was not told of child %s, and nothing says why not",
                             act->record->ref);
    return CU_OK;
}

static cu_status link_another(cu_act *act)
{
    const char *const referral = cu_act_said(act, "referral");

    /* The record keeps the referral by which the child became known first. */
    if (cu_record_has(act->before, "referral"))
        cu_record_set(act->record, "referral", cu_record_text(act->before, "referral"));
    return link_referral(act, referral);
}

static const cu_action actions[] = {
    {.name = "add",
     .says = "a child that is known",
     .from = "",
     .to = "identified",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "collection",
     .wants = "kind",
     .takes = "case referral subject known la_home la_host concern",
     .rules = add},
    {.name = "add-unidentified",
     .says = "a child that nobody can name yet",
     .from = "",
     .to = "parked",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "collection",
     .wants = "kind",
     .takes = "case referral known concern",
     .rules = add},
    {.name = "identify",
     .says = "it is known now",
     .from = "parked",
     .to = "identified",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .takes = "subject la_home la_host known",
     .rules = identify},
    {.name = "consider",
     .says = "immediate risk: what was done at once",
     .from = "identified",
     .to = "considered",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "immediate_action"},
    {.name = "refer",
     .says = "social care is told",
     .from = "identified considered",
     .to = "referred",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "disclosure",
     .wants = "la_home",
     .takes = "csc_sent csc_ref la_host",
     .rules = refer},
    {.name = "not-needed",
     .says = "social care need not be told, because",
     .from = "identified considered",
     .to = "outcome",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "not_needed"},
    {.name = "acknowledge",
     .says = "social care answered",
     .from = "referred",
     .to = "acknowledged",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "csc_acknowledged",
     .takes = "csc_ref",
     .rules = acknowledge},
    {.name = "strategy",
     .says = "the strategy discussion and its decision",
     .from = "referred acknowledged",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "decision agencies",
     .takes = "strategy_at",
     .rules = hold_strategy},
    {.name = "conclude",
     .says = "what came of it",
     .from = "s47 s17 single-agency no-further",
     .to = "outcome",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "outcome"},
    {.name = "protect",
     .says = "a protective action; the first one counts",
     .from = "identified considered referred acknowledged s47 s17 single-agency no-further"
             " outcome",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .wants = "safeguarded_by",
     .takes = "at",
     .rules = protect},
    {.name = "link",
     .says = "to another referral; the child stays one",
     .from = "*",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "combination",
     .wants = "referral",
     .rules = link_another},
    {.name = "close",
     .says = "nothing is left to do",
     .from = "outcome",
     .to = "closed",
     .right = CU_RIGHT_CHILD_RECORD,
     .duty = "alteration",
     .rules = close_it},
};

const cu_thing cu_thing_child = {.name = "child",
                                 .says = "children, and what was done for them",
                                 .prefix = "H",
                                 .states = "identified considered referred acknowledged s47 s17"
                                           " single-agency no-further outcome closed parked",
                                 CU_FIELDS(fields),
                                 CU_ACTIONS(actions),
                                 .indexed = "case referral safeguarded",
                                 .read = CU_RIGHT_READ_CHILD};

static const cu_field link_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("child", "child", "the child"),
    CU_HAS_RECORD("referral", "referral", "a referral that names it"),
};

const cu_thing cu_thing_child_referral = {.name = "child-referral",
                                          .says = "which referrals name a child",
                                          .prefix = "HR",
                                          .states = "linked",
                                          CU_FIELDS(link_fields),
                                          .indexed = "referral",
                                          .unique = "child referral",
                                          .read = CU_RIGHT_READ_CHILD};
