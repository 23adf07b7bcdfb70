/* SPDX-License-Identifier: Apache-2.0 */
/* Tasks pass from hand to hand; a result is approved by another. Decisions stay as they were.
 */
#include "register/task/task.h"

#include <string.h>

static const cu_field task_fields[] = {
    CU_HAS_RECORD("case", "case", "the case it is for"),
    CU_HAS_ANY("about", "the record it is about, KIND:REF"),
    CU_HAS_TEXT("words", "what is to be done"),
    CU_HAS_OFFICER("allocated_to", "who does it"),
    CU_HAS_WORD("priority", "high normal low", "how soon"),
    CU_HAS_TIME_AHEAD("due", "until when"),
    CU_HAS_TEXT("result", "what came of it"),
    CU_HAS_OFFICER("resulted_by", "who did it"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status keep_who(cu_act *act)
{
    cu_record_set(act->record, "resulted_by", act->officer.ref);
    return CU_OK;
}

static cu_status approve(cu_act *act)
{
    if (cu_record_is(act->record, "resulted_by", act->officer.ref))
        return cu_act_refuse(act, "T1", "%s did it", act->officer.ref);
    return CU_OK;
}

static const cu_action task_actions[] = {
    {.name = "raise",
     .says = "something to be done",
     .from = "",
     .to = "raised",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "words",
     .takes = "case about priority due"},
    {.name = "allocate",
     .says = "to an officer",
     .from = "raised allocated returned",
     .to = "allocated",
     .right = CU_RIGHT_ALLOCATE,
     .duty = "alteration",
     .wants = "allocated_to",
     .takes = "priority due"},
    {.name = "begin",
     .says = "work on it",
     .from = "allocated",
     .to = "in-progress",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration"},
    {.name = "result",
     .says = "what came of it",
     .from = "allocated in-progress returned",
     .to = "resulted",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "result",
     .rules = keep_who},
    {.name = "approve",
     .says = "the result",
     .from = "resulted",
     .to = "approved",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .rules = approve},
    {.name = "return",
     .says = "the result is not enough",
     .from = "resulted",
     .to = "returned",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_task = {.name = "task",
                                .says = "what is to be done",
                                .prefix = "T",
                                .states =
                                    "raised allocated in-progress resulted approved returned",
                                CU_FIELDS(task_fields),
                                CU_ACTIONS(task_actions),
                                .indexed = "case allocated_to state",
                                .read = CU_RIGHT_READ};

cu_status cu_task_raise(cu_act *act, const char *case_name, const char *about,
                        const char *words, int64_t due_us)
{
    cu_record *const task = cu_act_new(act, "task", "raised");

    if (task == NULL)
        return CU_ENOMEM;
    cu_record_set(task, "case", case_name);
    cu_record_set(task, "about", about);
    cu_record_set(task, "words", words);
    cu_record_set(task, "priority", "high");
    if (due_us != 0)
        cu_record_set_number(task, "due", due_us);
    return cu_act_add(act, task);
}

/* ---- decisions ---- */

static const cu_field decision_fields[] = {
    CU_HAS_RECORD("case", "case", "the case it is for"),
    CU_HAS_TEXT("question", "what was to be decided"),
    CU_HAS_TEXT("options", "what could have been decided"),
    CU_HAS_TEXT("decision", "what was decided"),
    CU_HAS_TEXT("rationale", "why"),
    CU_HAS_NUMBER("number", "in the case's log"),
};

static cu_status decide(cu_act *act)
{
    int64_t number = 0;
    const cu_status st = cu_act_next(
        act, cu_act_format(act, "decisions of %s", cu_record_text(act->record, "case")),
        &number);

    cu_record_set_number(act->record, "number", number);
    return st;
}

static const cu_action decision_actions[] = {
    {.name = "record",
     .says = "a decision and its reasons; it is never changed",
     .from = "",
     .to = "made",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "case question decision rationale",
     .takes = "options",
     .rules = decide},
};

const cu_thing cu_thing_decision = {.name = "decision",
                                    .says = "a case's log of decisions",
                                    .prefix = "D",
                                    .states = "made",
                                    CU_FIELDS(decision_fields),
                                    CU_ACTIONS(decision_actions),
                                    .indexed = "case",
                                    .unique = "case number",
                                    .read = CU_RIGHT_READ};
