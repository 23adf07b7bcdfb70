/* SPDX-License-Identifier: Apache-2.0 */
/* A warrant is executed from its issue to the last day of its window, and goes back to court.
 */
#include "register/warrant/warrant.h"

#include "register/officer/officer.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_TEXT("statute", "under which it is applied for"),
    CU_HAS_WORD("premises", "specific all", "the premises named, or all of a person's"),
    CU_HAS_WORD("entries", "single multiple", "how often it may be executed"),
    CU_HAS_RECORD("address", "address", "the premises"),
    CU_HAS_OFFICER("applicant", "who applies"),
    CU_HAS_OFFICER("authorised_by", "the inspector"),
    CU_HAS_TEXT("court", "which court"),
    CU_HAS_TEXT("application_ref", "its reference there"),
    CU_HAS_WORDS("declared", NULL, "the refused applications that are declared"),
    CU_HAS_TIME("issued", "when the court issued it"),
    CU_HAS_DATE("last_day", "the last day on which it may be executed"),
    CU_HAS_TEXT("conditions", "of the court"),
    CU_HAS_TEXT("refusal", "why the court refused"),
    CU_HAS_NUMBER("executed", "how often it was executed"),
    CU_HAS_YES("found", "endorsement: what was sought was found"),
    CU_HAS_YES("other_seized", "endorsement: other things were seized"),
    CU_HAS_NUMBER("seized_count", "endorsement: how many articles"),
    CU_HAS_TIME("returned", "when it went back to the court"),
    CU_SAID_TIME("at", "when"),
    CU_SAID_TEXT("authority", "reference of the inspector's written authority"),
    CU_SAID_TEXT("reason", "why"),
};

/* What is declared are refused applications; one that the officer may not see is none. */
static cu_status check_declared(cu_act *act)
{
    const char *const declared = cu_record_text(act->record, "declared");

    for (const char *at = declared; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        const char *const ref = cu_act_format(act, "%.*s", (int)n, at);
        cu_record *other = NULL;
        bool seen = true;
        cu_status st = cu_act_load(act, "warrant", ref, &other);

        if (st == CU_OK)
            st = cu_act_may_see(act, "warrant", ref, cu_record_text(other, "case"), &seen);
        if (st == CU_ENOTFOUND || (st == CU_OK && (!seen || !cu_record_in(other, "refused"))))
            return cu_act_refuse(act, "W4", "\"%.40s\" is no refused application", ref);
        if (st != CU_OK)
            return st;
        at += n + strspn(at + n, " ");
    }
    return CU_OK;
}

static cu_status draft(cu_act *act)
{
    cu_record_set(act->record, "applicant", act->officer.ref);
    cu_record_set_number(act->record, "executed", 0);
    return check_declared(act);
}

static cu_status check_address(cu_act *act)
{
    cu_record *address = NULL;
    const cu_status st =
        cu_act_load(act, "address", cu_record_text(act->record, "address"), &address);

    if (st == CU_OK && !cu_record_in(address, "verified"))
        return cu_act_refuse(act, "W3", "address %s is not verified by two officers",
                             address->ref);
    return st;
}

static cu_status authorise(cu_act *act)
{
    if (cu_record_is(act->record, "applicant", act->officer.ref))
        return cu_act_refuse(act, "W2", "%s applies for it", act->officer.ref);
    if (cu_rank_order(act->officer.rank) < cu_rank_order("inspector"))
        return cu_act_refuse(act, "W2", "%s is no inspector", act->officer.ref);
    cu_record_set(act->record, "authorised_by", act->officer.ref);
    return check_address(act);
}

/* Every refusal for the same premises is named in the new application. */
static cu_status apply(cu_act *act)
{
    cu_record **list = NULL;
    size_t count = 0;
    const char *missing = "";
    cu_status st = check_address(act);

    if (st == CU_OK)
        st = check_declared(act);
    if (st == CU_OK)
        st = cu_act_find(act, "warrant", "address", cu_record_text(act->record, "address"),
                         &list, &count);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        if (cu_record_in(list[i], "refused") &&
            !cu_words_have(cu_record_text(act->record, "declared"), list[i]->ref))
            missing = cu_act_format(act, "%s%s%s", missing, missing[0] == '\0' ? "" : " ",
                                    list[i]->ref);
    }
    if (st == CU_OK && missing[0] != '\0')
        return cu_act_refuse(act, "W4", "refused for the same premises, and not declared: %s",
                             missing);
    return st;
}

static cu_status issue(cu_act *act)
{
    cu_record *const record = act->record;
    int64_t months = 0;
    cu_date date = 0;
    char text[cu_date_text_size];
    cu_status st =
        cu_local_date(act->policy, cu_record_number(record, "issued"), &date, NULL, act->err);

    if (st == CU_OK)
        st = cu_rulebook_number(act->policy, "warrant.window", date, &months, NULL, act->err);
    cu_date_text(cu_date_add_months(date, (int)months), text);
    cu_record_set(record, "last_day", cu_act_format(act, "%s", text));
    return st;
}

static cu_status check_window(cu_act *act, const cu_record *record, int64_t at_us)
{
    const char *const last = cu_record_text(record, "last_day");
    cu_date date = 0;
    cu_date last_day = 0;
    const cu_status st = cu_local_date(act->policy, at_us, &date, NULL, act->err);

    if (st != CU_OK)
        return st;
    if (at_us < cu_record_number(record, "issued"))
        return cu_act_refuse(act, "W1", "entry on %s is before the issue on %s",
                             cu_act_when(act, at_us),
                             cu_act_when(act, cu_record_number(record, "issued")));
    if (last == NULL || !cu_date_read(last, strlen(last), &last_day) || date > last_day)
        return cu_act_refuse(act, "W1", "entry on %s is after the last day, %s",
                             cu_act_when(act, at_us), last == NULL ? "none" : last);
    return CU_OK;
}

cu_status cu_warrant_check_entry(cu_act *act, const char *ref, int64_t at_us)
{
    cu_record *warrant = NULL;
    const cu_status st = cu_act_load(act, "warrant", ref, &warrant);

    if (st != CU_OK)
        return st;
    if (!cu_record_in(warrant, "issued executed"))
        return cu_act_refuse(act, "W1", "warrant %s is not issued: it is %s", ref,
                             warrant->state);
    return check_window(act, warrant, at_us);
}

/* Until its last day is over it may still be executed. */
static cu_status expire(cu_act *act)
{
    const char *const last = cu_record_text(act->record, "last_day");
    cu_date last_day = 0;

    if (last != NULL && cu_date_read(last, strlen(last), &last_day) && act->today <= last_day)
        return cu_act_refuse(act, "W1", "it may be executed until %s", last);
    return CU_OK;
}

static cu_status add_entry(cu_act *act, int64_t at_us, const char *address)
{
    cu_record *const entry = cu_act_new(act, "entry", "made");

    if (entry == NULL)
        return CU_ENOMEM;
    cu_record_set(entry, "case", cu_record_text(act->record, "case"));
    cu_record_set(entry, "warrant", act->record->ref);
    cu_record_set(entry, "address", address);
    cu_record_set_number(entry, "at", at_us);
    cu_record_set(entry, "authority", cu_act_said(act, "authority"));
    return cu_act_add(act, entry);
}

static cu_status execute(cu_act *act)
{
    cu_record *const record = act->record;
    const int64_t at_us = cu_act_said_number(act, "at", act->now_us);
    const int64_t executed = cu_record_number(record, "executed");
    const char *const named = cu_record_text(act->before, "address");
    const char *const entered = cu_record_text(record, "address");
    cu_status st = check_window(act, record, at_us);

    if (st != CU_OK)
        return st;
    if (executed > 0 && cu_record_is(record, "entries", "single"))
        return cu_act_refuse(act, "W1", "it may be executed once, and was");
    if (strcmp(named, entered) != 0 &&
        (cu_record_is(record, "premises", "specific") || cu_act_said(act, "authority") == NULL))
        return cu_act_refuse(act, "W6", "the warrant names address %s, not %s", named, entered);
    st = check_address(act);
    if (st == CU_OK)
        st = add_entry(act, at_us, entered);
    cu_record_set(record, "address", named);
    cu_record_set_number(record, "executed", executed + 1);
    return st;
}

/* Rule W5: the number of articles endorsed is the number of exhibits seized under it. */
static cu_status endorse(cu_act *act)
{
    int64_t seized = 0;
    const cu_status st =
        cu_act_count(act,
                     "SELECT count(*) FROM register_exhibit e JOIN register_operation o ON "
                     "e.operation = o.ref"
                     " WHERE o.warrant = $1 AND e.state <> 'triaged-left' AND e.parent IS NULL",
                     CU_VALUES(cu_value_text(act->record->ref)), &seized);

    if (st != CU_OK)
        return st;
    if (cu_record_number(act->record, "seized_count") != seized &&
        cu_act_said(act, "reason") == NULL)
        return cu_act_refuse(act, "W5", "%lld articles are endorsed, and %lld were seized",
                             (long long)cu_record_number(act->record, "seized_count"),
                             (long long)seized);
    return CU_OK;
}

static cu_status give_back(cu_act *act)
{
    return cu_act_check_order(act, "issued", "returned");
}

static const cu_action actions[] = {
    {.name = "draft",
     .says = "an application",
     .from = "",
     .to = "draft",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "collection",
     .wants = "case statute premises entries address",
     .takes = "declared",
     .rules = draft},
    {.name = "authorise",
     .says = "by an inspector who does not apply",
     .from = "draft",
     .to = "authorised",
     .right = CU_RIGHT_AUTHORISE_WARRANT,
     .duty = "alteration",
     .rules = authorise},
    {.name = "apply",
     .says = "to a court",
     .from = "authorised",
     .to = "applied",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "disclosure",
     .wants = "court application_ref",
     .takes = "declared",
     .rules = apply},
    {.name = "refuse",
     .says = "the court refuses; the application is kept",
     .from = "applied",
     .to = "refused",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .wants = "refusal"},
    {.name = "issue",
     .says = "the court issues it",
     .from = "applied",
     .to = "issued",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .wants = "issued",
     .takes = "conditions",
     .rules = issue},
    {.name = "execute",
     .says = "premises are entered",
     .from = "issued executed",
     .to = "executed",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .takes = "at address authority",
     .rules = execute},
    {.name = "endorse",
     .says = "what was found and seized",
     .from = "executed",
     .to = "endorsed",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .wants = "found other_seized seized_count",
     .takes = "reason",
     .rules = endorse},
    {.name = "return",
     .says = "to the court",
     .from = "endorsed expired",
     .to = "returned",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "disclosure",
     .wants = "returned",
     .rules = give_back},
    {.name = "expire",
     .says = "its window is over and it was not executed",
     .from = "issued",
     .to = "expired",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .rules = expire},
    {.name = "withdraw",
     .says = "it is not wanted",
     .from = "draft authorised applied",
     .to = "withdrawn",
     .right = CU_RIGHT_DRAFT_WARRANT,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_warrant = {
    .name = "warrant",
    .says = "applications to a court, and what came of them",
    .prefix = "W",
    .states = "draft authorised applied refused issued executed endorsed returned expired"
              " withdrawn",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "case address state",
    .read = CU_RIGHT_READ};

static const cu_field entry_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("warrant", "warrant", "under which"),
    CU_HAS_RECORD("address", "address", "the premises"),
    CU_HAS_TIME("at", "when"),
    CU_HAS_TEXT("authority", "the inspector's, for premises that are not named"),
};

const cu_thing cu_thing_entry = {.name = "entry",
                                 .says = "entries under warrants",
                                 .prefix = "WE",
                                 .states = "made",
                                 CU_FIELDS(entry_fields),
                                 .indexed = "warrant at",
                                 .read = CU_RIGHT_READ};
