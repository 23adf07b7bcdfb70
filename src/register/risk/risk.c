/* SPDX-License-Identifier: Apache-2.0 */
/* The result of an assessment is recorded; the tool itself is not done again here. */
#include "register/risk/risk.h"

#include "register/referral/referral.h"

#include <string.h>

static const char *const levels[] = {"low", "medium", "high", "very-high"};
static const char level_words[] = "low medium high very-high";

int cu_risk_order(const char *level)
{
    for (int i = 0; level != NULL && i < (int)CU_COUNT_OF(levels); i++) {
        if (strcmp(levels[i], level) == 0)
            return i;
    }
    return -1;
}

static const cu_field fields[] = {
    CU_HAS_RECORD("referral", "referral", "the referral that is assessed"),
    CU_HAS_TEXT("tool", "the tool that gave the result, one word: kirat-2"),
    CU_HAS_TEXT("tool_version", "its version"),
    CU_HAS_WORD("level", level_words, "the result"),
    CU_HAS_WORD("tool_level", level_words, "the tool's own result, where judgement changed it"),
    CU_HAS_TEXT("inputs_ref", "the completed form's reference"),
    CU_HAS_TIME("at", "when it was assessed"),
    CU_HAS_TEXT("reasons", "why"),
    CU_HAS_OFFICER("approver", "the supervisor who agrees to a lower level"),
    CU_HAS_RECORD("supersedes", "risk", "the assessment before"),
    CU_HAS_TIME("act_by", "until when there is to be a first action"),
    CU_HAS_TEXT("policy", "the policy value that the deadline came of"),
};

/* The current assessment of the referral, or NULL. */
static cu_status find_current(cu_act *act, const char *referral, cu_record **out)
{
    cu_record **list = NULL;
    size_t count = 0;
    const cu_status st = cu_act_find(act, "risk", "referral", referral, &list, &count);

    *out = NULL;
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        if (cu_record_in(list[i], "current"))
            *out = list[i];
    }
    return st;
}

static cu_status check_lowering(cu_act *act, const char *from)
{
    if (cu_record_text(act->record, "reasons") == NULL)
        return cu_act_refuse(act, "K3", "a level is lowered with reasons");
    if (cu_act_holds(act, "di"))
        return CU_OK;
    if (cu_act_holds(act, "ds") &&
        cu_rulebook_has_word(act->policy, "risk.ds-may-lower-from", act->today, from))
        return CU_OK;
    return cu_act_refuse(act, "K3", "to lower from %s is not for %s", from,
                         cu_act_holds(act, "ds") ? "a detective sergeant" : "this role");
}

/* The deadline, by rule K2. current is the assessment before; NULL where this is the first. */
static cu_status set_deadline(cu_act *act, cu_record *referral, const cu_record *current)
{
    cu_record *const record = act->record;
    const char *const key = cu_act_format(act, "risk.%s", cu_record_text(record, "level"));
    const int order = cu_risk_order(cu_record_text(record, "level"));
    const int before = current == NULL ? -1 : cu_risk_order(cu_record_text(current, "level"));
    const int64_t old_us = current == NULL ? 0 : cu_record_number(current, "act_by");
    int64_t act_by_us = 0;
    cu_status st = cu_act_deadline(act, key,
                                   current == NULL ? cu_record_number(referral, "received")
                                                   : cu_record_number(record, "at"),
                                   &act_by_us);

    if (st != CU_OK)
        return st;
    /* Only a raise moves it, and only forward. */
    if (current != NULL && (order <= before || act_by_us > old_us))
        act_by_us = old_us;
    if (current != NULL && order < before)
        st = check_lowering(act, cu_record_text(current, "level"));
    /* Judgement below the tool's own result lowers it, in a first assessment, too. */
    if (st == CU_OK && order < cu_risk_order(cu_record_text(record, "tool_level")))
        st = check_lowering(act, cu_record_text(record, "tool_level"));

    const cu_rulebook_value *const value = cu_rulebook_on(act->policy, key, act->today);

    cu_record_set_number(record, "act_by", act_by_us);
    if (value != NULL)
        cu_record_set(record, "policy",
                      cu_act_format(act, "%s %s %s", value->key, value->text, value->unit));
    return st;
}

static cu_status record_result(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const tool = cu_record_text(record, "tool");
    cu_record *referral = NULL;
    cu_record *current = NULL;
    cu_status st = CU_OK;

    if (!cu_words_have(act->officer.trained, tool))
        return cu_act_refuse(act, "K4", "%s is not trained in %s", act->officer.ref, tool);
    if (!cu_record_has(record, "at"))
        cu_record_set_number(record, "at", act->now_us);
    st = cu_act_load(act, "referral", cu_record_text(record, "referral"), &referral);
    if (st == CU_OK)
        st = cu_referral_check_after_receipt(act, referral, "at",
                                             cu_record_number(record, "at"));
    if (st == CU_OK)
        st = find_current(act, referral->ref, &current);
    if (st == CU_OK)
        st = set_deadline(act, referral, current);
    if (st == CU_OK && current != NULL) {
        current->state = "superseded";
        cu_record_set(record, "supersedes", current->ref);
        st = cu_act_save(act, current);
    }
    if (st != CU_OK)
        return st;

    const int64_t act_by_us = cu_record_number(record, "act_by");

    cu_record_set(referral, "level", cu_record_text(record, "level"));
    cu_record_set_number(referral, "act_by", act_by_us);
    if (!cu_record_has(referral, "first_act_by") ||
        act_by_us < cu_record_number(referral, "first_act_by"))
        cu_record_set_number(referral, "first_act_by", act_by_us);
    if (!cu_record_has(referral, "assessed"))
        cu_record_set_number(referral, "assessed", cu_record_number(record, "at"));
    return cu_act_save(act, referral);
}

static const cu_action actions[] = {
    {.name = "record",
     .says = "the result of an assessment; it supersedes the one before",
     .from = "",
     .to = "current",
     .right = CU_RIGHT_ASSESS_RISK,
     .duty = "alteration",
     .wants = "referral tool tool_version level inputs_ref",
     .takes = "tool_level at reasons approver",
     .rules = record_result},
};

const cu_thing cu_thing_risk = {.name = "risk",
                                .says = "results of risk assessments",
                                .prefix = "K",
                                .states = "current superseded",
                                CU_FIELDS(fields),
                                CU_ACTIONS(actions),
                                .indexed = "referral",
                                .read = CU_RIGHT_READ};
