/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing goes back that it is an offence to hand over. */
#include "register/disposal/disposal.h"

#include "register/custody/custody.h"
#include "register/exhibit/exhibit.h"
#include "register/media/media.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_WORD("kind", "return return-unexamined forfeit destroy retain transfer",
                "which end"),
    CU_HAS_TEXT("reasons", "why"),
    CU_HAS_OFFICER("requested_by", "who asked"),
    CU_HAS_OFFICER("approved_by", "who approved"),
    CU_HAS_TIME("served", "when the notice of intended forfeiture was served"),
    CU_HAS_TEXT("served_on", "on whom"),
    CU_HAS_DATE("claim_by", "the last day to claim"),
    CU_HAS_TEXT("court_outcome", "where a claim went to court"),
    CU_HAS_TEXT("recipient", "who has it now"),
    CU_HAS_DATE_AHEAD("review_on", "the next review of what is retained"),
    CU_SAID_TEXT("witness", "who saw it"),
    CU_SAID_TEXT("reason", "why"),
};

/* Whether an examination of it was reported, and none has been begun or opened again since. */
static cu_status check_examined(cu_act *act, const cu_record *exhibit)
{
    const cu_values name = CU_VALUES(cu_value_text(exhibit->ref));
    int64_t reported = 0;
    int64_t open = 0;
    cu_status st = cu_act_count(act,
                                "SELECT count(*) FROM register_examination WHERE exhibit = $1"
                                " AND state IN ('reported', 'closed')",
                                name, &reported);

    if (st == CU_OK)
        st = cu_act_count(act,
                          "SELECT count(*) FROM register_examination WHERE exhibit = $1"
                          " AND state NOT IN ('reported', 'closed', 'rejected')",
                          name, &open);
    if (st == CU_OK && reported == 0)
        return cu_act_refuse(act, "I4", "exhibit %s was not examined", exhibit->ref);
    if (st == CU_OK && open > 0)
        return cu_act_refuse(act, "I4", "%lld examinations of exhibit %s are not reported",
                             (long long)open, exhibit->ref);
    return st;
}

static cu_status check_return(cu_act *act, const cu_record *exhibit, bool unexamined)
{
    int64_t confirmed = 0;
    int64_t unread = 0;
    cu_status st = cu_media_confirmed(act, exhibit->ref, &confirmed);

    if (st == CU_OK)
        st = cu_act_count(act,
                          "SELECT COALESCE(max(not_examined), 0) FROM register_evidence"
                          " WHERE exhibit = $1",
                          CU_VALUES(cu_value_text(exhibit->ref)), &unread);
    if (st != CU_OK)
        return st;
    if (confirmed > 0)
        return cu_act_refuse(
            act, "I4",
            "%lld indecent photographs are confirmed on exhibit %s: to return it "
            "is itself an offence",
            (long long)confirmed, exhibit->ref);
    if (!unexamined && unread > 0)
        return cu_act_refuse(act, "I4", "%lld items of exhibit %s were not examined",
                             (long long)unread, exhibit->ref);
    return unexamined ? CU_OK : check_examined(act, exhibit);
}

static cu_status check_kept_back(cu_act *act, const cu_record *exhibit)
{
    int64_t holds = 0;
    const cu_status st = cu_act_count(
        act, "SELECT count(*) FROM register_hold WHERE exhibit = $1 AND state = 'in-force'",
        CU_VALUES(cu_value_text(exhibit->ref)), &holds);

    if (st != CU_OK)
        return st;
    if (holds > 0)
        return cu_act_refuse(act, "I4", "%lld holds are in force on exhibit %s",
                             (long long)holds, exhibit->ref);
    if (cu_record_is(exhibit, "privileged", "pending"))
        return cu_act_refuse(act, "I4", "privileged material on exhibit %s is pending",
                             exhibit->ref);
    if (cu_record_is(exhibit, "stopped", "yes"))
        return cu_act_refuse(act, "C7", "exhibit %s is stopped", exhibit->ref);
    return CU_OK;
}

/* What stands against this end of the exhibit now; asked at each step, for things change. */
static cu_status check_end(cu_act *act, const cu_record *exhibit)
{
    const char *const kind = cu_record_text(act->record, "kind");
    cu_status st = CU_OK;

    /* Another disposal of it may have been carried out first. */
    if (!cu_record_in(exhibit, CU_EXHIBIT_HELD))
        return cu_act_refuse(act, "U5", "exhibit %s is %s", exhibit->ref, exhibit->state);
    if (strcmp(kind, "retain") != 0)
        st = check_kept_back(act, exhibit);
    if (st == CU_OK && strncmp(kind, "return", 6) == 0)
        st = check_return(act, exhibit, strcmp(kind, "return-unexamined") == 0);
    return st;
}

static cu_status load_exhibit(cu_act *act, cu_record **out)
{
    return cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), out);
}

static cu_status request(cu_act *act)
{
    cu_record *exhibit = NULL;
    cu_status st = load_exhibit(act, &exhibit);

    if (st != CU_OK)
        return st;
    cu_record_set(act->record, "case", cu_record_text(exhibit, "case"));
    cu_record_set(act->record, "requested_by", act->officer.ref);
    return check_end(act, exhibit);
}

static cu_status approve(cu_act *act)
{
    cu_record *exhibit = NULL;
    const cu_status st = load_exhibit(act, &exhibit);

    if (st != CU_OK)
        return st;
    if (cu_record_is(act->record, "requested_by", act->officer.ref))
        return cu_act_refuse(act, "X3", "%s asked for it", act->officer.ref);
    if (cu_record_is(act->record, "kind", "return-unexamined") && !cu_act_holds(act, "di"))
        return cu_act_refuse(act, "X2", "%s is no detective inspector", act->officer.ref);
    cu_record_set(act->record, "approved_by", act->officer.ref);
    return check_end(act, exhibit);
}

static cu_status serve(cu_act *act)
{
    int64_t months = 0;
    cu_date date = 0;
    char text[cu_date_text_size];
    cu_status st = CU_OK;

    if (!cu_record_is(act->record, "kind", "forfeit"))
        return cu_act_refuse(act, "X1", "a notice is served for a forfeiture");
    st = cu_act_policy(act, "disposal.claim", &months);
    if (st == CU_OK)
        st = cu_local_date(act->policy, cu_record_number(act->record, "served"), &date, NULL,
                           act->err);
    cu_date_text(cu_date_add_months(date, (int)months), text);
    cu_record_set(act->record, "claim_by", cu_act_format(act, "%s", text));
    return st;
}

static cu_status check_forfeit(cu_act *act)
{
    const char *const claim_by = cu_record_text(act->record, "claim_by");
    cu_date last = 0;

    if (!cu_record_is(act->record, "kind", "forfeit"))
        return CU_OK;
    if (claim_by == NULL || !cu_date_read(claim_by, strlen(claim_by), &last))
        return cu_act_refuse(act, "X1", "no notice of intended forfeiture is served");
    if (act->today <= last && !cu_record_has(act->record, "court_outcome"))
        return cu_act_refuse(act, "X1", "the time to claim runs until %s", claim_by);
    return CU_OK;
}

/* What leaves the force leaves the store, or the hands of whoever carries it out (rule I1). */
static cu_status check_at_hand(cu_act *act, const cu_record *exhibit)
{
    const char *const holder = cu_record_text(exhibit, "holder");

    if (cu_record_is(act->record, "kind", "retain"))
        return CU_OK;
    if (holder == NULL || strncmp(holder, "place:", 6) != 0 ||
        cu_record_has(exhibit, "transit_to"))
        return cu_exhibit_check_held(act, exhibit);
    return CU_OK;
}

static cu_status carry_out(cu_act *act)
{
    static const struct {
        const char *kind, *state, *event;
    } ends[] = {
        {"return", "returned", "return"},    {"return-unexamined", "returned", "return"},
        {"forfeit", "forfeited", "dispose"}, {"destroy", "destroyed", "dispose"},
        {"retain", "retained", "store"},     {"transfer", "transferred-out", "transfer"}};

    const char *const recipient = cu_record_text(act->record, "recipient");
    cu_record *exhibit = NULL;
    cu_status st = load_exhibit(act, &exhibit);
    cu_custody_step step = {.at_us = act->now_us,
                            .reason = cu_record_text(act->record, "reasons"),
                            .authority = cu_record_text(act->record, "approved_by"),
                            .witness = cu_act_said(act, "witness")};

    if (st == CU_OK)
        st = check_end(act, exhibit);
    if (st == CU_OK)
        st = check_forfeit(act);
    if (st == CU_OK)
        st = check_at_hand(act, exhibit);
    if (st != CU_OK)
        return st;
    for (size_t i = 0; i < CU_COUNT_OF(ends); i++) {
        if (!cu_record_is(act->record, "kind", ends[i].kind))
            continue;
        exhibit->state = ends[i].state;
        step.type = ends[i].event;
    }
    step.to = cu_record_is(act->record, "kind", "retain")
                  ? NULL
                  : cu_act_format(act, "outside:%s", recipient == NULL ? "none" : recipient);
    st = cu_custody_add(act, exhibit, &step);
    return st == CU_OK ? cu_act_save(act, exhibit) : st;
}

static const cu_action actions[] = {
    {.name = "request",
     .says = "an end for an exhibit",
     .from = "",
     .to = "requested",
     .right = CU_RIGHT_REQUEST_DISPOSAL,
     .duty = "alteration",
     .wants = "exhibit kind reasons",
     .takes = "recipient review_on",
     .rules = request},
    {.name = "approve",
     .says = "by another",
     .from = "requested",
     .to = "approved",
     .right = CU_RIGHT_APPROVE_DISPOSAL,
     .duty = "alteration",
     .rules = approve},
    {.name = "refuse",
     .says = "it stays",
     .from = "requested approved",
     .to = "refused",
     .right = CU_RIGHT_APPROVE_DISPOSAL,
     .duty = "alteration",
     .wants = "reason"},
    {.name = "serve",
     .says = "the notice of intended forfeiture",
     .from = "approved",
     .right = CU_RIGHT_DO_DISPOSAL,
     .duty = "disclosure",
     .wants = "served served_on",
     .rules = serve},
    {.name = "claim",
     .says = "what the court said to a claim",
     .from = "approved",
     .right = CU_RIGHT_REQUEST_DISPOSAL,
     .duty = "alteration",
     .wants = "court_outcome"},
    {.name = "carry-out",
     .says = "it is done",
     .from = "approved",
     .to = "carried-out",
     .right = CU_RIGHT_DO_DISPOSAL,
     .duty = "erasure",
     .takes = "recipient witness",
     .rules = carry_out},
};

const cu_thing cu_thing_disposal = {.name = "disposal",
                                    .says = "the end of exhibits",
                                    .prefix = "DP",
                                    .states = "requested approved refused carried-out",
                                    CU_FIELDS(fields),
                                    CU_ACTIONS(actions),
                                    .indexed = "case exhibit",
                                    .read = CU_RIGHT_READ};

/* ---- holds ---- */

static const cu_field hold_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_WORD("kind", "appeal s22-pace cpia civil coroner", "why it must stay"),
    CU_HAS_TEXT("particulars", "who asks for it, until when"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status place(cu_act *act)
{
    cu_record *exhibit = NULL;
    const cu_status st = load_exhibit(act, &exhibit);

    if (st == CU_OK)
        cu_record_set(act->record, "case", cu_record_text(exhibit, "case"));
    return st;
}

static const cu_action hold_actions[] = {
    {.name = "place-on-case",
     .says = "the records of a case must stay",
     .from = "",
     .to = "in-force",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "case kind particulars"},
    {.name = "place",
     .says = "an exhibit must stay",
     .from = "",
     .to = "in-force",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "exhibit kind particulars",
     .rules = place},
    {.name = "lift",
     .says = "it need not any more",
     .from = "in-force",
     .to = "lifted",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_hold = {.name = "hold",
                                .says = "why exhibits or a case must stay",
                                .prefix = "HD",
                                .states = "in-force lifted",
                                CU_FIELDS(hold_fields),
                                CU_ACTIONS(hold_actions),
                                .indexed = "exhibit case",
                                .read = CU_RIGHT_READ};
