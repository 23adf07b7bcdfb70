/* SPDX-License-Identifier: Apache-2.0 */
/* An inspector proposes, an administrator approves; from then on it is the force's policy. */
#include "register/policy/change.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_TEXT("key", "which value"),
    CU_HAS_DATE_AHEAD("starts", "from which day"),
    CU_HAS_TEXT("value", "what it is worth then"),
    CU_HAS_TEXT("unit", "as it was"),
    CU_HAS_TEXT("source", "why, and by whose decision"),
    CU_HAS_OFFICER("proposed_by", "the first key"),
    CU_HAS_OFFICER("approved_by", "the second key"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status propose(cu_act *act)
{
    const cu_rulebook_value *const now =
        cu_rulebook_on(act->policy, cu_record_text(act->record, "key"), act->today);

    if (now == NULL)
        return cu_act_refuse(act, "P1", "policy has no value \"%.60s\"",
                             cu_record_text(act->record, "key"));
    cu_record_set(act->record, "unit", cu_act_format(act, "%s", now->unit));
    cu_record_set(act->record, "proposed_by", act->officer.ref);
    return CU_OK;
}

static cu_status approve(cu_act *act)
{
    if (cu_record_is(act->record, "proposed_by", act->officer.ref))
        return cu_act_refuse(act, "P1", "%s proposed it", act->officer.ref);
    cu_record_set(act->record, "approved_by", act->officer.ref);
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "propose",
     .says = "the first key: another value from a day on",
     .from = "",
     .to = "proposed",
     .right = CU_RIGHT_PROPOSE_POLICY,
     .duty = "alteration",
     .wants = "key starts value source",
     .rules = propose},
    {.name = "approve",
     .says = "the second key",
     .from = "proposed",
     .to = "approved",
     .right = CU_RIGHT_APPROVE_POLICY,
     .duty = "alteration",
     .rules = approve},
    {.name = "refuse",
     .says = "it stays as it is",
     .from = "proposed",
     .to = "refused",
     .right = CU_RIGHT_APPROVE_POLICY,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_policy_change = {.name = "policy-change",
                                         .says = "the force's changes of policy values",
                                         .prefix = "PC",
                                         .states = "proposed approved refused",
                                         CU_FIELDS(fields),
                                         CU_ACTIONS(actions),
                                         .read = CU_RIGHT_READ_RULES};
