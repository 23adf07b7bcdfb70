/* SPDX-License-Identifier: Apache-2.0 */
/* A class, a day of review, a decision by one and the erasure by another. */
#include "register/retention/retention.h"

#include "register/child/child.h"
#include "register/task/task.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_WORD("class", "group-1 group-2 group-3 cannot-progress", "how long it is kept"),
    CU_HAS_DATE("review_by", "the day of the next review"),
    CU_HAS_DATE("reviewed", "the day of the last one"),
    CU_HAS_NUMBER("reviews", "how many there were"),
    CU_HAS_WORD("decision", "retain erase", "of the last review"),
    CU_HAS_TEXT("grounds", "of the decision; never a person's name"),
    CU_HAS_OFFICER("decided_by", "who decided"),
    CU_HAS_TEXT("authority", "by which it was erased: an order, a decision's reference"),
    CU_HAS_OFFICER("erased_by", "who erased it"),
    CU_HAS_TIME("erased", "when"),
    CU_HAS_NUMBER("records", "that are a name and their history now"),
    CU_HAS_NUMBER("files", "whose bytes are gone"),
    CU_SAID_DATE_AHEAD("from", "the day from which the time runs; today"),
    CU_SAID_TEXT("reason", "why"),
};

/* The next review: the class's time from a day on, and the task that reminds of it. */
static cu_status set_review(cu_act *act, cu_date from)
{
    cu_record *const record = act->record;
    const char *const key = cu_act_format(act, "retention.%s", cu_record_text(record, "class"));
    char text[cu_date_text_size];
    int64_t months = 0;
    int64_t due_us = 0;
    cu_date date = 0;
    cu_status st = cu_act_policy(act, key, &months);

    if (st != CU_OK)
        return st;
    date = cu_date_add_months(from, (int)months);
    cu_date_text(date, text);
    cu_record_set(record, "review_by", cu_act_format(act, "%s", text));
    st = cu_local_start(act->policy, date, &due_us, act->err);
    return st == CU_OK
               ? cu_task_raise(act, cu_record_text(record, "case"),
                               cu_act_format(act, "case:%s", cu_record_text(record, "case")),
                               "review whether the case is kept", due_us)
               : st;
}

static cu_status classify(cu_act *act)
{
    const char *const from = cu_act_said(act, "from");
    int64_t there = 0;
    cu_date date = act->today;
    const cu_status st =
        cu_act_count(act, "SELECT count(*) FROM register_retention WHERE \"case\" = $1",
                     CU_VALUES(cu_value_text(cu_record_text(act->record, "case"))), &there);

    if (st != CU_OK)
        return st;
    if (there > 0)
        return cu_act_refuse(act, "N1", "case %s has a class: reclassify it",
                             cu_record_text(act->record, "case"));
    if (from != NULL)
        (void)cu_date_read(from, strlen(from), &date);
    cu_record_set_number(act->record, "reviews", 0);
    return set_review(act, date);
}

static cu_status reclassify(cu_act *act)
{
    return set_review(act, act->today);
}

/* ---- what stands against an erasure ---- */

static const struct {
    const char *sql;
    const char *words;
} against[] = {
    {"SELECT count(*) FROM register_case WHERE ref = $1 AND state <> 'closed'",
     "the case is open"},
    {"SELECT count(*) FROM register_hold WHERE \"case\" = $1 AND state = 'in-force'",
     "holds are in force"},
    {"SELECT count(*) FROM register_exhibit WHERE \"case\" = $1 AND state NOT IN ('returned',"
     " 'forfeited', 'destroyed', 'transferred-out', 'triaged-left')",
     "exhibits are in the force's custody"},
    {"SELECT count(*) FROM register_disposal WHERE \"case\" = $1 AND state IN ('requested',"
     " 'approved')",
     "disposals are not carried out"},
    {"SELECT count(*) FROM register_arrest WHERE \"case\" = $1 AND state NOT IN ('charged',"
     " 'nfa')",
     "people are in custody, on bail or under investigation"},
};

static cu_status check_free(cu_act *act)
{
    const char *const name = cu_record_text(act->record, "case");

    for (size_t i = 0; i < CU_COUNT_OF(against); i++) {
        int64_t count = 0;
        const cu_status st =
            cu_act_count(act, against[i].sql, CU_VALUES(cu_value_text(name)), &count);

        if (st != CU_OK)
            return st;
        if (count > 0)
            return cu_act_refuse(act, "N2", "%s: %lld of case %s", against[i].words,
                                 (long long)count, name);
    }

    int64_t children = 0;
    const cu_status st = cu_child_count_open(act, name, &children);

    if (st == CU_OK && children > 0)
        return cu_act_refuse(act, "N2",
                             "children are neither closed nor parked: %lld of case %s",
                             (long long)children, name);
    return st;
}

static cu_status review(cu_act *act)
{
    cu_record *const record = act->record;
    char text[cu_date_text_size];

    cu_date_text(act->today, text);
    cu_record_set(record, "reviewed", cu_act_format(act, "%s", text));
    cu_record_set_number(record, "reviews", cu_record_number(record, "reviews") + 1);
    cu_record_set(record, "decided_by", act->officer.ref);
    if (cu_record_is(record, "decision", "retain")) {
        record->state = "kept";
        return set_review(act, act->today);
    }
    record->state = "to-erase";
    return check_free(act);
}

static cu_status erase(cu_act *act)
{
    cu_record *const record = act->record;
    cu_erased erased = {0};
    cu_status st = CU_OK;

    if (cu_record_is(record, "decided_by", act->officer.ref))
        return cu_act_refuse(act, "N3", "%s decided it", act->officer.ref);
    st = check_free(act);
    if (st == CU_OK)
        st = cu_erase_case(act, cu_record_text(record, "case"), &erased);
    cu_record_set(record, "erased_by", act->officer.ref);
    cu_record_set_number(record, "erased", act->now_us);
    cu_record_set_number(record, "records", erased.records);
    cu_record_set_number(record, "files", erased.files);
    return st;
}

static const cu_action actions[] = {
    {.name = "classify",
     .says = "how long a case is kept, and its first review",
     .from = "",
     .to = "kept",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "collection",
     .wants = "case class",
     .takes = "from",
     .rules = classify},
    {.name = "reclassify",
     .says = "another class",
     .from = "kept",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "class reason",
     .rules = reclassify},
    {.name = "review",
     .says = "retain, or erase; the decision is recorded",
     .from = "kept to-erase",
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "decision grounds",
     .rules = review},
    {.name = "erase",
     .says = "what is personal in the case, for ever; by another than who decided",
     .from = "to-erase",
     .to = "erased",
     .right = CU_RIGHT_APPROVE_DISPOSAL,
     .duty = "erasure",
     .wants = "authority",
     .rules = erase},
};

const cu_thing cu_thing_retention = {.name = "retention",
                                     .says = "how long cases are kept, and what was erased",
                                     .prefix = "RT",
                                     .states = "kept to-erase erased",
                                     CU_FIELDS(fields),
                                     CU_ACTIONS(actions),
                                     .indexed = "review_by state",
                                     .unique = "case",
                                     .read = CU_RIGHT_READ};
