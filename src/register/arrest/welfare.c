/* SPDX-License-Identifier: Apache-2.0 */
/* A suspect's welfare is assessed at each trigger, and each assessment lets one step pass. */
#include "register/arrest/arrest.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("subject", "subject", "who"),
    CU_HAS_TEXT("trigger", "at which event: a word of policy welfare.triggers"),
    CU_HAS_TIME("at", "when"),
    CU_HAS_WORD("risk", "none-apparent some high", "as assessed"),
    CU_HAS_TEXT("actions", "what was done"),
    CU_HAS_TEXT("used_for", "the step that it let pass"),
    CU_HAS_TEXT("override_reason", "why a supervisor let the step pass without"),
};

static cu_status record_it(cu_act *act)
{
    const char *const trigger = cu_record_text(act->record, "trigger");
    cu_record *subject = NULL;
    cu_status st =
        cu_act_load(act, "subject", cu_record_text(act->record, "subject"), &subject);

    if (st == CU_OK)
        st = cu_act_policy_word(act, "A2", "welfare.triggers", trigger);
    if (st != CU_OK)
        return st;
    cu_record_set(act->record, "case", cu_record_text(subject, "case"));
    if (!cu_record_has(act->record, "at"))
        cu_record_set_number(act->record, "at", act->now_us);
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "record",
     .says = "an assessment of a suspect's welfare",
     .from = "",
     .to = "recorded",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "subject trigger risk actions",
     .takes = "at",
     .rules = record_it},
};

const cu_thing cu_thing_welfare = {.name = "welfare",
                                   .says = "assessments of suspects' welfare",
                                   .prefix = "WF",
                                   .states = "recorded used overridden",
                                   CU_FIELDS(fields),
                                   CU_ACTIONS(actions),
                                   .indexed = "subject case",
                                   .read = CU_RIGHT_READ};

static cu_status override(cu_act *act, const char *subject, const char *trigger,
                          const char *reason)
{
    cu_record *const record = cu_act_new(act, "welfare", "overridden");

    if (!cu_act_holds(act, "ds di"))
        return cu_act_refuse(act, "A2", "only a supervisor lets a step pass without");
    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "case", cu_record_text(act->record, "case"));
    cu_record_set(record, "subject", subject);
    cu_record_set(record, "trigger", trigger);
    cu_record_set_number(record, "at", act->now_us);
    cu_record_set(record, "override_reason", reason);
    return cu_act_add(act, record);
}

/* When the assessment is the earliest; 0: at any time, as an invitation follows its own. */
static int64_t earliest_of(const cu_act *act, const char *trigger)
{
    return strcmp(trigger, "va-invitation") == 0
               ? 0
               : cu_act_minute(cu_record_number(act->record, "at"));
}

static cu_status refuse_without(cu_act *act, const char *subject, const char *trigger)
{
    const char *const since =
        earliest_of(act, trigger) == 0
            ? ""
            : cu_act_format(act, " since %s",
                            cu_act_when(act, cu_record_number(act->record, "at")));

    return cu_act_refuse(act, "A2", "there is no welfare assessment of %s for \"%s\"%s",
                         subject, trigger, since);
}

cu_status cu_welfare_pass(cu_act *act, const char *subject, const char *trigger)
{
    const char *const reason = cu_act_said(act, "override");
    cu_record **list = NULL;
    size_t count = 0;
    cu_status st = cu_act_find(act, "welfare", "subject", subject, &list, &count);

    for (size_t i = count; st == CU_OK && i > 0; i--) {
        cu_record *const record = list[i - 1];

        if (!cu_record_in(record, "recorded") || !cu_record_is(record, "trigger", trigger) ||
            cu_record_number(record, "at") < earliest_of(act, trigger))
            continue;
        record->state = "used";
        cu_record_set(record, "used_for",
                      cu_act_format(act, "%s %s", act->thing->name, act->action->name));
        return cu_act_save(act, record);
    }
    if (st == CU_OK && reason != NULL)
        return override(act, subject, trigger, reason);
    return st == CU_OK ? refuse_without(act, subject, trigger) : st;
}
