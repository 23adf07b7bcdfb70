/* SPDX-License-Identifier: Apache-2.0 */
/* Cases and their access lists. */
#include "register/case/case.h"

#include "register/child/child.h"
#include "register/task/task.h"

#include <string.h>

static const cu_field case_fields[] = {
    CU_HAS_TEXT("title", "the operation's name; never a person's"),
    CU_HAS_OFFICER("in_charge", "the officer in charge"),
    CU_HAS_YES("restricted", "only for the officers on its list"),
    CU_HAS_WORD("disposition", "prosecuted no-further-action transferred safeguarding-only",
                "how it ended"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status grant(cu_act *act, const char *case_name, const char *officer,
                       const char *reason)
{
    int64_t there = 0;
    const cu_status st =
        cu_act_count(act,
                     "SELECT count(*) FROM register_access WHERE \"case\" = $1"
                     " AND officer = $2 AND state = 'in-force'",
                     CU_VALUES(cu_value_text(case_name), cu_value_text(officer)), &there);
    cu_record *const entry = cu_act_new(act, "access", "in-force");

    if (st != CU_OK || there > 0)
        return st;
    if (entry == NULL)
        return CU_ENOMEM;
    cu_record_set(entry, "case", case_name);
    cu_record_set(entry, "officer", officer);
    cu_record_set(entry, "kind", "granted");
    cu_record_set(entry, "reason", reason);
    return cu_act_add(act, entry);
}

/* A restricted case is open to whoever restricts it and whoever is in charge. */
static cu_status keep_in_reach(cu_act *act)
{
    cu_record *const record = act->record;
    cu_status st = CU_OK;

    if (!cu_record_is(record, "restricted", "yes"))
        return CU_OK;
    st = grant(act, record->ref, act->officer.ref, "restricted the case");
    if (st == CU_OK)
        st = grant(act, record->ref, cu_record_text(record, "in_charge"), "in charge");
    return st;
}

cu_status cu_case_has_conflict(cu_act *act, const char *name, const char *officer, bool *out)
{
    int64_t conflicts = 0;
    const cu_status st =
        cu_act_count(act,
                     "SELECT count(*) FROM register_access WHERE \"case\" = $1 AND officer = $2"
                     " AND kind = 'conflict' AND state = 'in-force'",
                     CU_VALUES(cu_value_text(name), cu_value_text(officer)), &conflicts);

    *out = conflicts > 0;
    return st;
}

/* Whoever is in charge must be able to see it. */
static cu_status assign(cu_act *act)
{
    const char *const officer = cu_record_text(act->record, "in_charge");
    bool conflict = false;
    const cu_status st = cu_case_has_conflict(act, act->record->ref, officer, &conflict);

    if (st == CU_OK && conflict)
        return cu_act_refuse(act, "U3", "%s cannot be in charge of it", officer);
    return st == CU_OK ? keep_in_reach(act) : st;
}

static cu_status open_case(cu_act *act)
{
    const cu_status st = CU_OK;

    if (!cu_record_has(act->record, "restricted"))
        cu_record_set(act->record, "restricted", "no");
    if (cu_record_is(act->record, "restricted", "no"))
        return st;
    /* Its list names it, so it must have its name first. */
    const cu_status added = cu_act_add(act, act->record);

    return added == CU_OK ? keep_in_reach(act) : added;
}

static cu_status restrict_case(cu_act *act)
{
    cu_record_set(act->record, "restricted", "yes");
    return keep_in_reach(act);
}

static cu_status lift(cu_act *act)
{
    cu_record_set(act->record, "restricted", "no");
    return CU_OK;
}

static cu_status close_case(cu_act *act)
{
    const cu_values name = CU_VALUES(cu_value_text(act->record->ref));
    int64_t children = 0;
    int64_t exhibits = 0;
    cu_status st = cu_child_count_open(act, act->record->ref, &children);

    if (st == CU_OK)
        st = cu_act_count(
            act,
            "SELECT count(*) FROM register_exhibit WHERE \"case\" = $1 AND state NOT"
            " IN ('retained', 'returned', 'forfeited', 'destroyed',"
            " 'transferred-out', 'triaged-left')",
            name, &exhibits);
    if (st == CU_OK && children > 0)
        return cu_act_refuse(act, "H3",
                             "%lld children of case %s are neither closed nor parked",
                             (long long)children, act->record->ref);
    if (st == CU_OK && exhibits > 0)
        return cu_act_refuse(act, "R7", "%lld exhibits of case %s are still in custody",
                             (long long)exhibits, act->record->ref);
    return st;
}

static const cu_action case_actions[] = {
    {.name = "open",
     .says = "a new case",
     .from = "",
     .to = "open",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "title in_charge",
     .takes = "restricted",
     .rules = open_case},
    {.name = "assign",
     .says = "another officer in charge",
     .from = "open",
     .right = CU_RIGHT_ALLOCATE,
     .duty = "alteration",
     .wants = "in_charge reason",
     .rules = assign},
    {.name = "restrict",
     .says = "to the officers on its list",
     .from = "open closed",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason",
     .rules = restrict_case},
    {.name = "lift",
     .says = "the restriction",
     .from = "open closed",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason",
     .rules = lift},
    {.name = "close",
     .says = "nothing is left to do",
     .from = "open",
     .to = "closed",
     .right = CU_RIGHT_LOWER_RISK,
     .duty = "alteration",
     .wants = "disposition reason",
     .rules = close_case},
};

const cu_thing cu_thing_case = {.name = "case",
                                .says = "what belongs together, and who is in charge",
                                .prefix = "C",
                                .states = "open closed",
                                CU_FIELDS(case_fields),
                                CU_ACTIONS(case_actions),
                                .indexed = "in_charge",
                                .read = CU_RIGHT_READ};

/* ---- access lists ---- */

static const cu_field access_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_OFFICER("officer", "who"),
    CU_HAS_WORD("kind", "granted conflict broken-glass", "may see it, must not, or took it"),
    CU_HAS_TEXT("reason", "why"),
};

static cu_status grant_access(cu_act *act)
{
    cu_record_set(act->record, "kind", "granted");
    return CU_OK;
}

static cu_status declare(cu_act *act)
{
    cu_record_set(act->record, "officer", act->officer.ref);
    cu_record_set(act->record, "kind", "conflict");
    /* From the next act on the case is hidden; this one is still told. */
    return cu_act_add(act, act->record);
}

static cu_status break_glass(cu_act *act)
{
    const char *const case_name = cu_record_text(act->record, "case");
    cu_status st = CU_OK;

    if (strlen(cu_record_text(act->record, "reason")) < 10)
        return cu_act_refuse(act, "U4", "\"%s\" is no reason",
                             cu_record_text(act->record, "reason"));
    cu_record_set(act->record, "officer", act->officer.ref);
    cu_record_set(act->record, "kind", "broken-glass");
    st = cu_act_add(act, act->record);
    if (st == CU_OK)
        st = cu_task_raise(act, NULL, cu_act_format(act, "access:%s", act->record->ref),
                           cu_act_format(act, "auditor: %s broke the glass of case %s",
                                         act->officer.ref, case_name),
                           0);
    return st;
}

static const cu_action access_actions[] = {
    {.name = "grant",
     .says = "an officer sees a restricted case",
     .from = "",
     .to = "in-force",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "case officer reason",
     .rules = grant_access},
    {.name = "declare",
     .says = "your own conflict: the case is hidden from you",
     .from = "",
     .to = "in-force",
     .right = CU_RIGHT_DECLARE,
     .duty = "alteration",
     .wants = "case reason",
     .rules = declare},
    {.name = "break-glass",
     .says = "see a restricted case now; the auditor is told",
     .from = "",
     .to = "in-force",
     .right = CU_RIGHT_DECLARE,
     .duty = "alteration",
     .wants = "case reason",
     .rules = break_glass},
    {.name = "withdraw",
     .says = "an entry of the list",
     .from = "in-force",
     .to = "withdrawn",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_access = {.name = "access",
                                  .says = "who may see a restricted case, and who must not",
                                  .prefix = "AC",
                                  .states = "in-force withdrawn",
                                  CU_FIELDS(access_fields),
                                  CU_ACTIONS(access_actions),
                                  .indexed = "case officer",
                                  .read = CU_RIGHT_READ};
