/* SPDX-License-Identifier: Apache-2.0 */
/* A referral's way from receipt to its end. The clock of each runs from its own receipt. */
#include "register/referral/referral.h"

#include "register/case/case.h"
#include "register/task/task.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_WORD("source", "nca force rocu iwf ncmec-direct public-101 partner proactive linked",
                "who sent it"),
    CU_HAS_TEXT("source_ref", "the sender's reference"),
    CU_HAS_TEXT("report", "the reference inside the package"),
    CU_HAS_TIME_AHEAD("received", "when it was received"),
    CU_HAS_TEXT("channel", "how it came"),
    CU_HAS_WORD("urgency", "immediate high normal", "as the sender says"),
    CU_HAS_TEXT("summary", "what it is about, short and clinical"),
    CU_HAS_TEXT("handling", "the sender's conditions"),
    CU_HAS_WORD("children", "yes no unknown", "are children known"),
    CU_HAS_RECORD("duplicate_of", "referral", "the one that it repeats"),
    CU_HAS_RECORD("case", "case", "the case that it led to"),
    CU_HAS_OFFICER("owner", "who it is allocated to"),
    CU_HAS_WORD("level", "low medium high very-high", "of the current risk assessment"),
    CU_HAS_TIME("assess_by", "until when it is to be assessed"),
    CU_HAS_TIME("act_by", "until when there is to be a first action"),
    CU_HAS_TIME("first_act_by", "the earliest deadline that it ever had"),
    CU_HAS_TIME("assessed", "when it was assessed first"),
    CU_HAS_TIME("first_action", "when the first action was taken"),
    CU_HAS_TEXT("receiving_force", "where it was transferred to"),
    CU_HAS_TIME("sent", "when it was transferred"),
    CU_HAS_TIME("acknowledged", "when the receiving force acknowledged it"),
    CU_HAS_WORD("disposition",
                "no-offence insufficient-information no-further-action resolved outside-area",
                "how it ended"),
    CU_HAS_FILE("file", "a file of the package, as it came"),
    CU_SAID_TEXT("reason", "why"),
};

/* Keeps each file of the package: its bytes, and a record of it. */
static cu_status keep_files(cu_act *act, size_t *count)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < act->given_count; i++) {
        const cu_given *const given = &act->given[i];
        cu_record *package = NULL;
        char hex[65];

        if (strcmp(given->name, "file") != 0)
            continue;
        package = cu_act_new(act, "package", "kept");
        if (package == NULL)
            return CU_ENOMEM;
        st = cu_content_keep(act, given->bytes, hex);
        cu_record_set(package, "referral", act->record->ref);
        cu_record_set(package, "name", given->text);
        cu_record_set(package, "sha256", cu_act_format(act, "%s", hex));
        cu_record_set_number(package, "bytes", (int64_t)given->bytes.n);
        if (st == CU_OK)
            st = cu_act_add(act, package);
        ++*count;
    }
    return st;
}

static cu_status receive(cu_act *act)
{
    cu_record *const record = act->record;
    const int64_t received_us = cu_record_number(record, "received");
    int64_t assess_by_us = 0;
    size_t files = 0;
    cu_status st = CU_OK;

    if (received_us > act->now_us)
        return cu_act_refuse(act, "R1", "it cannot have been received on %s, which is to come",
                             cu_act_when(act, received_us));
    st = cu_act_deadline(act, "risk.assess", received_us, &assess_by_us);
    cu_record_set_number(record, "assess_by", assess_by_us);
    if (!cu_record_has(record, "children"))
        cu_record_set(record, "children", "unknown");
    if (st == CU_OK)
        st = cu_act_add(act, record);
    if (st == CU_OK)
        st = keep_files(act, &files);
    if (st == CU_OK && files == 0 && !cu_record_has(record, "summary"))
        return cu_act_refuse(act, "R1", "there is neither a file nor a summary");
    return st;
}

/* The first other referral with that source and reference, or that report inside; or NULL. */
static cu_status find_same(cu_act *act, const char **same)
{
    CU_AUTO(cu_rows, rows);
    const cu_record *const record = act->record;
    bool more = false;
    cu_status st = cu_store_query(
        act->store,
        "SELECT ref FROM register_referral WHERE ref <> $1 AND state <> 'duplicate' AND"
        " ((source_ref = $2 AND source = $3) OR report = $4) ORDER BY id LIMIT 1",
        CU_VALUES(cu_value_text(record->ref),
                  cu_value_text(cu_record_text(record, "source_ref")),
                  cu_value_text(cu_record_text(record, "source")),
                  cu_value_text(cu_record_text(record, "report"))),
        &rows, act->err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, act->err);
    *same = st == CU_OK && more ? cu_act_format(act, "%s", cu_rows_text(rows, 0)) : NULL;
    return st;
}

static cu_status register_it(cu_act *act)
{
    const char *same = NULL;
    bool added = false;
    cu_status st = find_same(act, &same);

    if (st != CU_OK || same == NULL)
        return st;
    act->record->state = "duplicate";
    cu_record_set(act->record, "duplicate_of", same);
    cu_act_warn(act, "%s repeats %s; it keeps its own clock", act->record->ref, same);
    return cu_link_add(act, cu_act_format(act, "referral:%s", act->record->ref),
                       cu_act_format(act, "referral:%s", same), "the same report", &added);
}

static cu_status assess(cu_act *act)
{
    const cu_record *const record = act->record;
    int64_t current = 0;
    const cu_status st = cu_act_count(
        act, "SELECT count(*) FROM register_risk WHERE referral = $1 AND state = 'current'",
        CU_VALUES(cu_value_text(record->ref)), &current);

    if (st != CU_OK)
        return st;
    if (current != 1)
        return cu_act_refuse(act, "R3", "referral %s has %lld current risk assessments",
                             record->ref, (long long)current);
    if (cu_act_said(act, "children") == NULL && cu_record_is(record, "children", "unknown"))
        return cu_act_refuse(act, "R3", "say whether children are known: yes, no or unknown");
    return CU_OK;
}

static cu_status allocate(cu_act *act)
{
    const char *const owner = cu_record_text(act->record, "owner");
    bool conflict = false;
    const cu_status st =
        cu_case_has_conflict(act, cu_record_text(act->record, "case"), owner, &conflict);

    if (st == CU_OK && conflict)
        return cu_act_refuse(act, "R4", "%s has declared a conflict", owner);
    return st;
}

cu_status cu_referral_check_after_receipt(cu_act *act, const cu_record *referral,
                                          const char *field, int64_t time_us)
{
    const int64_t received_us = cu_record_number(referral, "received");

    if (time_us >= received_us)
        return CU_OK;
    return cu_act_refuse(act, "R8", "%s: %s was received on %s, after %s", field, referral->ref,
                         cu_act_when(act, received_us), cu_act_when(act, time_us));
}

static cu_status mark_first_action(cu_act *act)
{
    if (act->before == NULL || !cu_record_has(act->before, "first_action")) {
        if (!cu_record_has(act->record, "first_action"))
            cu_record_set_number(act->record, "first_action", act->now_us);
        return cu_referral_check_after_receipt(act, act->record, "first_action",
                                               cu_record_number(act->record, "first_action"));
    }
    cu_record_set_number(act->record, "first_action",
                         cu_record_number(act->before, "first_action"));
    return CU_OK;
}

static cu_status transfer(cu_act *act)
{
    if (!cu_act_holds(act, "di"))
        return cu_act_refuse(act, "R6", "a transfer is for a detective inspector");
    return cu_referral_check_after_receipt(act, act->record, "sent",
                                           cu_record_number(act->record, "sent"));
}

static cu_status acknowledge(cu_act *act)
{
    const int64_t sent_us = cu_record_number(act->record, "sent");
    const int64_t acknowledged_us = cu_record_number(act->record, "acknowledged");

    if (acknowledged_us >= sent_us)
        return CU_OK;
    return cu_act_refuse(act, "R8", "acknowledged: %s was sent on %s, after %s",
                         act->record->ref, cu_act_when(act, sent_us),
                         cu_act_when(act, acknowledged_us));
}

static cu_status count_open(cu_act *act, int64_t *children, int64_t *exhibits)
{
    const cu_values names = CU_VALUES(cu_value_text(cu_record_text(act->record, "case")),
                                      cu_value_text(act->record->ref));
    const cu_status st = cu_act_count(
        act,
        "SELECT count(*) FROM register_child WHERE (\"case\" = $1 OR referral = $2)"
        " AND state NOT IN ('closed', 'parked')",
        names, children);

    if (st != CU_OK)
        return st;
    return cu_act_count(
        act,
        "SELECT count(*) FROM register_exhibit WHERE \"case\" = $1 AND state NOT"
        " IN ('retained', 'returned', 'forfeited', 'destroyed',"
        " 'transferred-out', 'triaged-left')",
        CU_VALUES(cu_value_text(cu_record_text(act->record, "case"))), exhibits);
}

static cu_status close_it(cu_act *act)
{
    int64_t children = 0;
    int64_t exhibits = 0;
    cu_status st = CU_OK;

    if (!cu_act_holds(act, "di"))
        return cu_act_refuse(act, "R7", "to close a referral is for a detective inspector");
    st = count_open(act, &children, &exhibits);
    if (st == CU_OK && children > 0)
        return cu_act_refuse(act, "R7", "%lld children are neither closed nor parked",
                             (long long)children);
    if (st == CU_OK && exhibits > 0)
        return cu_act_refuse(act, "R7", "%lld exhibits are in the force's custody",
                             (long long)exhibits);
    return st;
}

static const cu_action actions[] = {
    {.name = "receive",
     .says = "a referral came in; its files are kept as they came",
     .from = "",
     .to = "received",
     .right = CU_RIGHT_REGISTER_REFERRAL,
     .duty = "collection",
     .wants = "source received",
     .takes = "source_ref channel urgency summary handling children file",
     .rules = receive},
    {.name = "register",
     .says = "it is one of its own, or the duplicate of another",
     .from = "received",
     .to = "registered",
     .right = CU_RIGHT_REGISTER_REFERRAL,
     .duty = "alteration",
     .takes = "source_ref",
     .rules = register_it},
    {.name = "research",
     .says = "who and where",
     .from = "registered",
     .to = "researching",
     .right = CU_RIGHT_ASSESS_RISK,
     .duty = "alteration"},
    {.name = "assess",
     .says = "its risk is assessed and children are answered for",
     .from = "researching",
     .to = "assessed",
     .right = CU_RIGHT_ASSESS_RISK,
     .duty = "alteration",
     .takes = "children",
     .rules = assess},
    {.name = "allocate",
     .says = "to an officer",
     .from = "assessed allocated active",
     .to = "allocated",
     .right = CU_RIGHT_ALLOCATE,
     .duty = "alteration",
     .wants = "owner",
     .rules = allocate},
    {.name = "activate",
     .says = "a case is open for it",
     .from = "allocated",
     .to = "active",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "case",
     .takes = "first_action",
     .rules = mark_first_action},
    {.name = "first-action",
     .says = "the first action was taken",
     .from = "registered researching assessed allocated active",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "first_action",
     .rules = mark_first_action},
    {.name = "transfer",
     .says = "to another force; the clock runs until it acknowledges",
     .from = "registered researching assessed allocated active",
     .to = "transferred-out",
     .right = CU_RIGHT_LOWER_RISK,
     .duty = "disclosure",
     .wants = "receiving_force sent reason",
     .rules = transfer},
    {.name = "acknowledge",
     .says = "the receiving force has it",
     .from = "transferred-out",
     .right = CU_RIGHT_REGISTER_REFERRAL,
     .duty = "alteration",
     .wants = "acknowledged",
     .rules = acknowledge},
    {.name = "return",
     .says = "to its sender",
     .from = "received registered researching",
     .to = "returned-to-sender",
     .right = CU_RIGHT_LOWER_RISK,
     .duty = "disclosure",
     .wants = "reason"},
    {.name = "close",
     .says = "it is done with",
     .from = "active",
     .to = "closed",
     .right = CU_RIGHT_LOWER_RISK,
     .duty = "alteration",
     .wants = "disposition reason",
     .rules = close_it},
    {.name = "close-no-action",
     .says = "nothing is to be done",
     .from = "registered researching assessed allocated",
     .to = "closed-no-action",
     .right = CU_RIGHT_LOWER_RISK,
     .duty = "alteration",
     .wants = "disposition reason",
     .rules = close_it},
};

const cu_thing cu_thing_referral = {
    .name = "referral",
    .says = "what was received",
    .prefix = "R",
    .states = "received registered researching assessed allocated active closed duplicate"
              " transferred-out returned-to-sender closed-no-action",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "state received source_ref report case act_by",
    .read = CU_RIGHT_READ};
