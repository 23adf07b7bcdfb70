/* SPDX-License-Identifier: Apache-2.0 */
/* Nobody goes before every item of the plan is answered; nobody is done without a search
 * record. */
#include "register/operation/operation.h"

#include "register/risk/risk.h"
#include "register/warrant/warrant.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_WORD("kind", "warrant search-power voluntary safeguarding-visit knock",
                "what it is"),
    CU_HAS_WORD("level", "low medium high very-high", "of risk"),
    CU_HAS_RECORD("address", "address", "where"),
    CU_HAS_RECORD("warrant", "warrant", "under which"),
    CU_HAS_TIME_AHEAD("planned", "when"),
    CU_HAS_TEXT("plan_risk", "plan: risk to officers and others"),
    CU_HAS_TEXT("plan_children", "plan: children at the address"),
    CU_HAS_TEXT("plan_welfare", "plan: the suspect's welfare"),
    CU_HAS_TEXT("plan_digital", "plan: digital strategy"),
    CU_HAS_TEXT("plan_deconfliction", "plan: who else is interested"),
    CU_HAS_OFFICER("approved_by", "who approved it"),
    CU_HAS_TIME("began", "when it began"),
    CU_HAS_TIME("ended", "when it ended"),
    CU_HAS_OFFICER("search_in_charge", "search record: officer in charge"),
    CU_HAS_TEXT("search_authority", "search record: warrant, consent or power"),
    CU_HAS_TEXT("search_present", "search record: people present"),
    CU_HAS_TEXT("search_absent", "search record: grounds for refusing somebody's presence"),
    CU_HAS_TEXT("search_force", "search record: force used, and why"),
    CU_HAS_TEXT("search_damage", "search record: damage"),
    CU_HAS_TEXT("search_notice",
                "search record: where the notice of powers and rights was left"),
    CU_HAS_TEXT("no_search", "why there was no search"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status warn_of_others(cu_act *act)
{
    int64_t live = 0;
    const cu_status st =
        cu_act_count(act,
                     "SELECT count(*) FROM register_operation WHERE address = $1 AND ref <> $2"
                     " AND state IN ('approved', 'briefed', 'live')",
                     CU_VALUES(cu_value_text(cu_record_text(act->record, "address")),
                               cu_value_text(act->record->ref == NULL ? "" : act->record->ref)),
                     &live);

    if (st == CU_OK && live > 0)
        cu_act_warn(act, "%lld other operations are under way at the same address",
                    (long long)live);
    return st;
}

static cu_status check_plan(cu_act *act)
{
    static const char *const items[] = {"plan_risk", "plan_children", "plan_welfare",
                                        "plan_digital", "plan_deconfliction"};

    for (size_t i = 0; i < CU_COUNT_OF(items); i++) {
        if (!cu_record_has(act->record, items[i]))
            return cu_act_refuse(act, "O1", "%s of operation %s is not answered", items[i],
                                 act->record->ref);
    }
    return CU_OK;
}

/* The operation's own level, or a higher one to which a referral of its case is assessed now.
 */
static cu_status find_level(cu_act *act, const char **out)
{
    cu_record **referrals = NULL;
    size_t count = 0;
    const cu_status st = cu_act_find(act, "referral", "case",
                                     cu_record_text(act->record, "case"), &referrals, &count);

    *out = cu_record_text(act->record, "level");
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const char *const level = cu_record_text(referrals[i], "level");

        if (cu_risk_order(level) > cu_risk_order(*out))
            *out = level;
    }
    return st;
}

static cu_status check_rank(cu_act *act)
{
    const char *level = NULL;
    const cu_status st = cu_act_holds(act, "di") ? CU_OK : find_level(act, &level);

    if (st != CU_OK || level == NULL ||
        cu_rulebook_has_word(act->policy, "operation.ds-may-approve", act->today, level))
        return st;
    return cu_act_refuse(act, "O1", "an operation of %s risk is for an inspector", level);
}

static cu_status approve(cu_act *act)
{
    cu_record *address = NULL;
    cu_status st = check_plan(act);

    if (st == CU_OK)
        st = cu_act_load(act, "address", cu_record_text(act->record, "address"), &address);
    if (st != CU_OK)
        return st;
    if (!cu_record_has(address, "children_present"))
        return cu_act_refuse(
            act, "O1", "nobody has answered whether children are at address %s", address->ref);
    st = check_rank(act);
    if (st != CU_OK)
        return st;
    cu_record_set(act->record, "approved_by", act->officer.ref);
    return warn_of_others(act);
}

/* Nobody goes to execute a warrant that there is not. */
static cu_status check_warrant(cu_act *act)
{
    const cu_record *const record = act->record;

    if (!cu_record_is(record, "kind", "warrant"))
        return CU_OK;
    if (!cu_record_has(record, "warrant"))
        return cu_act_refuse(act, "W1", "operation %s names no warrant", record->ref);
    return cu_warrant_check_entry(act, cu_record_text(record, "warrant"),
                                  cu_record_number(record, "began"));
}

static cu_status begin(cu_act *act)
{
    cu_status st = CU_OK;

    if (!cu_record_has(act->record, "began"))
        cu_record_set_number(act->record, "began", act->now_us);
    st = check_warrant(act);
    return st == CU_OK ? warn_of_others(act) : st;
}

static cu_status complete(cu_act *act)
{
    const cu_record *const record = act->record;
    int64_t powerless = 0;
    cu_status st = CU_OK;

    if (!cu_record_has(record, "search_in_charge") && !cu_record_has(record, "no_search"))
        return cu_act_refuse(act, "O2", "operation %s has no search record", record->ref);
    st = cu_act_count(
        act,
        "SELECT count(*) FROM register_exhibit WHERE operation = $1 AND power IS NULL"
        " AND state <> 'triaged-left'",
        CU_VALUES(cu_value_text(record->ref)), &powerless);
    if (st == CU_OK && powerless > 0)
        return cu_act_refuse(act, "I6", "%lld exhibits have no power recorded",
                             (long long)powerless);
    if (!cu_record_has(record, "ended"))
        cu_record_set_number(act->record, "ended", act->now_us);
    return st == CU_OK ? cu_act_check_order(act, "began", "ended") : st;
}

static const cu_action actions[] = {
    {.name = "plan",
     .says = "an operation or a visit",
     .from = "",
     .to = "planned",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "case kind level address",
     .takes = "warrant planned plan_risk plan_children plan_welfare plan_digital"
              " plan_deconfliction"},
    {.name = "amend",
     .says = "the plan",
     .from = "planned",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "warrant planned level plan_risk plan_children plan_welfare plan_digital"
              " plan_deconfliction"},
    {.name = "approve",
     .says = "every item of the plan is answered",
     .from = "planned",
     .to = "approved",
     .right = CU_RIGHT_APPROVE_OPERATION,
     .duty = "alteration",
     .rules = approve},
    {.name = "brief",
     .says = "the team",
     .from = "approved",
     .to = "briefed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration"},
    {.name = "begin",
     .says = "it is live",
     .from = "briefed",
     .to = "live",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "began warrant",
     .rules = begin},
    {.name = "record-search",
     .says = "the search record of Code B",
     .from = "live",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "search_in_charge search_authority search_present search_notice",
     .takes = "search_absent search_force search_damage"},
    {.name = "complete",
     .says = "with a search record, or the reason why there was no search",
     .from = "live",
     .to = "completed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "ended no_search",
     .rules = complete},
    {.name = "debrief",
     .says = "the team",
     .from = "completed",
     .to = "debriefed",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration"},
    {.name = "abort",
     .says = "it does not go ahead",
     .from = "planned approved briefed live",
     .to = "aborted",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_operation = {
    .name = "operation",
    .says = "operations and visits",
    .prefix = "OP",
    .states = "planned approved briefed live completed debriefed aborted",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "case address warrant",
    .read = CU_RIGHT_READ};

static const cu_field team_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("operation", "operation", "the operation"),
    CU_HAS_OFFICER("officer", "who"),
    CU_HAS_TEXT("part", "what for: in charge, search, exhibits, suspect, children"),
};

static const cu_action team_actions[] = {
    {.name = "add",
     .says = "an officer to an operation",
     .from = "",
     .to = "assigned",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "case operation officer part"},
};

const cu_thing cu_thing_team = {.name = "team",
                                .says = "who takes part in an operation",
                                .prefix = "OM",
                                .states = "assigned",
                                CU_FIELDS(team_fields),
                                CU_ACTIONS(team_actions),
                                .indexed = "operation",
                                .read = CU_RIGHT_READ};
