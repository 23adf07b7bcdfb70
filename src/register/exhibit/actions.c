/* SPDX-License-Identifier: Apache-2.0 */
/* What is done with an exhibit; every step is an event in its chain of custody. */
#include "register/custody/custody.h"
#include "register/exhibit/exhibit.h"
#include "register/task/task.h"

#include <stdlib.h>
#include <string.h>

/* A step of this act: when and why, as said. */
static cu_custody_step step_of(cu_act *act, const char *type)
{
    return (cu_custody_step){.type = type,
                             .at_us = cu_act_said_number(act, "at", act->now_us),
                             .reason = cu_act_said(act, "reason"),
                             .witness = cu_act_said(act, "witness")};
}

/* ---- seizing ---- */

static cu_status check_notice(cu_act *act)
{
    const cu_record *const record = act->record;

    if ((cu_record_is(record, "belongs_to", "victim") ||
         cu_record_is(record, "belongs_to", "witness")) &&
        (!cu_record_has(record, "notice_ref") || !cu_record_has(record, "return_by")))
        return cu_act_refuse(act, "I5",
                             "it belongs to a %s, and there is no notice and day of "
                             "return",
                             cu_record_text(record, "belongs_to"));
    return CU_OK;
}

static void set_defaults(cu_act *act)
{
    cu_record *const record = act->record;

    if (!cu_record_has(record, "producer"))
        cu_record_set(record, "producer", act->officer.ref);
    if (!cu_record_has(record, "seized"))
        cu_record_set_number(record, "seized", act->now_us);
    if (!cu_record_has(record, "counts"))
        cu_record_set(record, "counts", cu_record_has(record, "parent") ? "no" : "yes");
    if (!cu_record_has(record, "privileged"))
        cu_record_set(record, "privileged", "none");
    cu_record_set(record, "stopped", "no");
}

static cu_status seize(cu_act *act)
{
    cu_record *const record = act->record;
    cu_custody_step step = step_of(act, "seize");
    cu_status st = check_notice(act);

    set_defaults(act);
    if (st == CU_OK)
        st = cu_exhibit_name(act, record);
    if (st == CU_OK)
        st = cu_act_add(act, record);
    step.at_us = cu_record_number(record, "seized");
    step.to = cu_act_format(act, "officer:%s", cu_record_text(record, "producer"));
    step.authority = cu_record_text(record, "power");
    if (st == CU_OK)
        st = cu_custody_add(act, record, &step);
    return st == CU_OK ? cu_act_save(act, record) : st;
}

/* Looked at where it was, and left there: it has a name, and never a custodian. */
static cu_status leave(cu_act *act)
{
    set_defaults(act);
    cu_record_clear(act->record, "seized");
    cu_record_set(act->record, "counts", "no");
    return cu_exhibit_name(act, act->record);
}

static cu_status record_power(cu_act *act)
{
    return check_notice(act);
}

/* ---- seals ---- */

static cu_status put_seal(cu_act *act, const char *type)
{
    cu_record *const record = act->record;
    cu_custody_step step = step_of(act, type);
    const char *number = NULL;
    cu_status st = cu_exhibit_check_held(act, record);

    if (st == CU_OK)
        st = cu_seal_read(act, cu_record_text(record, "seal"), &number);
    if (st == CU_OK)
        st = cu_seal_take(act, record, number);
    cu_record_set(record, "seal", number);
    step.seal_after = number;
    return st == CU_OK ? cu_custody_add(act, record, &step) : st;
}

static cu_status seal(cu_act *act)
{
    return put_seal(act, "seal");
}

static cu_status unseal(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const there = cu_record_text(record, "seal");
    const char *const said = cu_act_said(act, "old_seal");
    const char *read = said;
    cu_custody_step step = step_of(act, "unseal");
    cu_status st = cu_exhibit_check_held(act, record);

    if (st == CU_OK && there != NULL && strcmp(there, said) != 0)
        st = cu_seal_read(act, said, &read);
    if (st != CU_OK)
        return st;
    if (there == NULL || strcmp(there, read) != 0)
        return cu_act_refuse(act, "C4", "the seal on record is %s, not %s",
                             there == NULL ? "none" : there, said);
    step.seal_before = there;
    cu_record_clear(record, "seal");
    return cu_custody_add(act, record, &step);
}

static cu_status reseal(cu_act *act)
{
    if (cu_record_has(act->before, "seal"))
        return cu_act_refuse(act, "C4", "seal %s is on it; open it first",
                             cu_record_text(act->before, "seal"));
    return put_seal(act, "reseal");
}

/* ---- from hand to hand ---- */

static cu_status begin_transit(cu_act *act, const char *to)
{
    int64_t by_us = 0;
    const cu_status st = cu_act_deadline(act, "custody.acknowledge", act->now_us, &by_us);

    cu_record_set(act->record, "transit_to", to);
    cu_record_set_number(act->record, "transit_by", by_us);
    return st;
}

static void clear_transit(cu_record *record)
{
    cu_record_clear(record, "transit_to");
    cu_record_clear(record, "giver_ack");
    cu_record_clear(record, "receiver_ack");
    cu_record_clear(record, "transit_by");
}

static cu_status finish_transit(cu_act *act, const char *type)
{
    cu_record *const record = act->record;
    cu_custody_step step = step_of(act, type);

    step.to = cu_act_format(act, "officer:%s", cu_record_text(record, "transit_to"));
    step.giver_ack_us = cu_record_number(record, "giver_ack");
    step.receiver_ack_us = cu_record_number(record, "receiver_ack");
    clear_transit(record);
    return cu_custody_add(act, record, &step);
}

static cu_status transfer(cu_act *act)
{
    cu_record *const record = act->record;
    cu_custody_step step = step_of(act, "transfer");
    cu_status st = CU_OK;

    /* The receiver may have said so first. */
    if (cu_record_has(record, "receiver_ack") &&
        cu_record_is(record, "transit_to", cu_act_said(act, "to")) &&
        cu_record_is(record, "holder", cu_holder_self(act))) {
        cu_record_set_number(record, "giver_ack", act->now_us);
        return finish_transit(act, "transfer");
    }
    st = cu_exhibit_check_held(act, record);
    if (st == CU_OK && strcmp(cu_act_said(act, "to"), act->officer.ref) == 0)
        return cu_act_refuse(act, "C3", "it is with you already");
    if (st == CU_OK)
        st = begin_transit(act, cu_act_said(act, "to"));
    cu_record_set_number(record, "giver_ack", act->now_us);
    step.giver_ack_us = act->now_us;
    return st == CU_OK ? cu_custody_add(act, record, &step) : st;
}

/* It was to go, or somebody said that it had, and it is with its holder still. */
static cu_status keep(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const to = cu_record_text(record, "transit_to");
    const cu_custody_step step = step_of(act, "receive");

    if (to == NULL)
        return cu_act_refuse(act, "C3", "exhibit %s is with you already", record->ref);
    if (step.reason == NULL)
        return cu_act_refuse(act, "C3",
                             "exhibit %s is on its way to %s: say why it is with you still",
                             record->ref, to);
    clear_transit(record);
    return cu_custody_add(act, record, &step);
}

static cu_status receive(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const holder = cu_record_text(record, "holder");
    cu_custody_step step = step_of(act, "receive");
    cu_status st = CU_OK;

    if (cu_record_is(record, "holder", cu_holder_self(act)))
        return keep(act);
    if (cu_record_has(record, "transit_to") &&
        !cu_record_is(record, "transit_to", act->officer.ref))
        return cu_act_refuse(act, "C3", "exhibit %s is on its way to %s", record->ref,
                             cu_record_text(record, "transit_to"));
    cu_record_set_number(record, "receiver_ack", act->now_us);
    if (cu_record_has(record, "giver_ack"))
        return finish_transit(act, "receive");
    /* Only the receiver has said so: it stays on record with the giver, in transit. */
    if (holder == NULL || strncmp(holder, "officer:", 8) != 0)
        return cu_act_refuse(act, "C3", "exhibit %s is with %s, which gives nothing away",
                             record->ref, holder == NULL ? "nobody" : holder);
    if (cu_record_is(record, "stopped", "yes"))
        return cu_act_refuse(act, "C7", "exhibit %s is stopped", record->ref);
    st = begin_transit(act, act->officer.ref);
    step.receiver_ack_us = act->now_us;
    cu_act_warn(act, "exhibit %s is in transit until %s says so, too (rule C3)", record->ref,
                holder);
    return st == CU_OK ? cu_custody_add(act, record, &step) : st;
}

static cu_status store(cu_act *act)
{
    cu_custody_step step = step_of(act, "store");
    const cu_status st = cu_exhibit_check_held(act, act->record);

    step.to = cu_act_format(act, "place:%s", cu_act_said(act, "place"));
    return st == CU_OK ? cu_custody_add(act, act->record, &step) : st;
}

static cu_status book_in(cu_act *act)
{
    if (!cu_record_has(act->record, "seal"))
        return cu_act_refuse(act, "C4", "exhibit %s is not sealed", act->record->ref);
    return store(act);
}

static cu_status retrieve(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const holder = cu_record_text(record, "holder");
    cu_custody_step step = step_of(act, "retrieve");

    if (cu_record_is(record, "stopped", "yes"))
        return cu_act_refuse(act, "C7", "exhibit %s is stopped", record->ref);
    if (holder == NULL || strncmp(holder, "place:", 6) != 0)
        return cu_act_refuse(act, "C1", "exhibit %s is with %s, not in the store", record->ref,
                             holder == NULL ? "nobody" : holder);
    step.to = cu_holder_self(act);
    return cu_custody_add(act, record, &step);
}

static cu_status submit(cu_act *act)
{
    const cu_custody_step step = step_of(act, "submit");

    if (cu_record_is(act->record, "stopped", "yes"))
        return cu_act_refuse(act, "C7", "exhibit %s is stopped", act->record->ref);
    return cu_custody_add(act, act->record, &step);
}

/* ---- looking after it ---- */

static cu_status audit_seen(cu_act *act)
{
    cu_custody_step step = step_of(act, "audit-seen");

    return cu_custody_add(act, act->record, &step);
}

static cu_status audit_missing(cu_act *act)
{
    cu_custody_step step = step_of(act, "audit-missing");
    cu_status st = cu_custody_add(act, act->record, &step);

    if (st == CU_OK)
        st = cu_task_raise(act, cu_record_text(act->record, "case"),
                           cu_act_format(act, "exhibit:%s", act->record->ref),
                           "incident: an exhibit is missing", act->now_us);
    return st;
}

static cu_status count_events(cu_act *act, const char *types, int64_t *out)
{
    cu_record **list = NULL;
    size_t count = 0;
    const cu_status st =
        cu_act_find(act, "custody", "exhibit", act->record->ref, &list, &count);

    *out = 0;
    for (size_t i = 0; st == CU_OK && i < count; i++)
        *out += cu_words_have(types, cu_record_text(list[i], "type"));
    return st;
}

/* How far it had come before it was missed: its end, its examination and its seal say so. */
static cu_status state_before_loss(cu_act *act, const char **out)
{
    int64_t retained = 0;
    int64_t examined = 0;
    int64_t submitted = 0;
    cu_status st = cu_act_count(act,
                                "SELECT count(*) FROM register_disposal WHERE exhibit = $1"
                                " AND kind = 'retain' AND state = 'carried-out'",
                                CU_VALUES(cu_value_text(act->record->ref)), &retained);

    if (st == CU_OK)
        st = count_events(act, "close-exam", &examined);
    if (st == CU_OK)
        st = count_events(act, "submit open-exam", &submitted);
    *out = retained > 0                         ? "retained"
           : examined > 0                       ? "examined"
           : submitted > 0                      ? "submitted"
           : cu_record_has(act->record, "seal") ? "booked-in"
                                                : "seized";
    return st;
}

static cu_status found_again(cu_act *act)
{
    cu_custody_step step = step_of(act, "audit-seen");
    const cu_status st = state_before_loss(act, &act->record->state);

    if (st != CU_OK)
        return st;
    clear_transit(act->record); /* wherever it was to go, it is in the store */
    step.to = cu_act_format(act, "place:%s", cu_act_said(act, "place"));
    return cu_custody_add(act, act->record, &step);
}

static cu_status correct(cu_act *act)
{
    const int64_t seq = strtoll(cu_act_said(act, "event"), NULL, 10);
    cu_custody_step step = step_of(act, "correct");

    step.at_us = act->now_us;
    step.corrects = seq;
    if (seq < 1 || seq > cu_record_number(act->record, "last_seq"))
        return cu_act_refuse(act, "C6", "exhibit %s has no event %s", act->record->ref,
                             cu_act_said(act, "event"));
    return cu_custody_add(act, act->record, &step);
}

static cu_status check_digest(cu_act *act)
{
    cu_custody_step step = step_of(act, "check-digest");

    step.expected = cu_act_said(act, "expected");
    step.got = cu_act_said(act, "got");
    if (strcmp(step.expected, step.got) != 0) {
        cu_record_set(act->record, "stopped", "yes");
        cu_act_warn(act, "the digest does not agree: exhibit %s is stopped (rule C7)",
                    act->record->ref);
    }
    return cu_custody_add(act, act->record, &step);
}

static cu_status resolve(cu_act *act)
{
    cu_custody_step step = step_of(act, "resolve");

    cu_record_set(act->record, "stopped", "no");
    return cu_custody_add(act, act->record, &step);
}

static cu_status export_chain(cu_act *act)
{
    return cu_custody_write(act, act->record->ref, &act->outcome->document);
}

static cu_status write_statement(cu_act *act)
{
    return cu_custody_state(act, act->record->ref, cu_act_said(act, "officer"),
                            &act->outcome->document);
}

const cu_action cu_exhibit_actions[CU_EXHIBIT_ACTIONS] = {
    {.name = "seize",
     .says = "it is taken",
     .from = "",
     .to = "seized",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "collection",
     .wants = "case kind description",
     .takes =
         "mark producer make model serial imei capacity address room operation seized power"
         " owner belongs_to notice_ref return_by privileged arrival parent counts reason",
     .rules = seize},
    {.name = "leave",
     .says = "it was looked at and left where it was",
     .from = "",
     .to = "triaged-left",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "collection",
     .wants = "case kind description reason",
     .takes = "mark make model serial address room operation owner belongs_to",
     .rules = leave},
    {.name = "update",
     .says = "what is known of it",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "reason",
     .takes = "description make model serial imei capacity power owner belongs_to notice_ref"
              " return_by privileged arrival",
     .rules = record_power},
    {.name = "seal",
     .says = "in a numbered bag",
     .from = "seized",
     .to = "sealed",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "seal",
     .takes = "at witness reason",
     .rules = seal},
    {.name = "unseal",
     .says = "open the bag, naming the seal that is read on it",
     .from = "sealed booked-in submitted in-exam examined retained",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "old_seal reason",
     .takes = "at witness",
     .rules = unseal},
    {.name = "reseal",
     .says = "in a new numbered bag",
     .from = "sealed booked-in submitted in-exam examined retained",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "seal",
     .takes = "at witness reason",
     .rules = reseal},
    {.name = "transfer",
     .says = "you give it to another officer",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "to",
     .takes = "at witness reason",
     .rules = transfer},
    {.name = "receive",
     .says = "you have it now",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .takes = "at witness reason",
     .rules = receive},
    {.name = "store",
     .says = "put it into a place of the property store",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .wants = "place",
     .takes = "at witness reason",
     .rules = store},
    {.name = "book-in",
     .says = "the property store takes it in",
     .from = "sealed",
     .to = "booked-in",
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .wants = "place",
     .takes = "at witness reason",
     .rules = book_in},
    {.name = "retrieve",
     .says = "take it out of the property store",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .takes = "at witness reason",
     .rules = retrieve},
    {.name = "submit",
     .says = "for examination",
     .from = "booked-in",
     .to = "submitted",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .takes = "at reason",
     .rules = submit},
    {.name = "audit-seen",
     .says = "a stock-take saw it",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .takes = "at witness reason",
     .rules = audit_seen},
    {.name = "audit-missing",
     .says = "a stock-take did not find it: an incident",
     .from = CU_EXHIBIT_HELD,
     .to = "lost",
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .wants = "reason",
     .takes = "at witness",
     .rules = audit_missing},
    {.name = "found",
     .says = "it is there again",
     .from = "lost",
     .right = CU_RIGHT_PROPERTY_STORE,
     .duty = "alteration",
     .wants = "place reason",
     .takes = "at witness",
     .rules = found_again},
    {.name = "correct",
     .says = "an event of its chain; the original stays",
     .from = "*",
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "event reason",
     .rules = correct},
    {.name = "check-digest",
     .says = "whether a digest still agrees; where not, it is stopped",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_OWN_CUSTODY,
     .duty = "alteration",
     .wants = "expected got",
     .takes = "at reason",
     .rules = check_digest},
    {.name = "resolve",
     .says = "a supervisor records what the stop came to",
     .from = CU_EXHIBIT_HELD,
     .right = CU_RIGHT_SUPERVISE,
     .duty = "alteration",
     .wants = "reason",
     .rules = resolve},
    {.name = "chain",
     .says = "writes the chain of custody as a file that is verified without the register",
     .from = "*",
     .right = CU_RIGHT_READ,
     .duty = "disclosure",
     .rules = export_chain},
    {.name = "statement",
     .says = "writes what one officer did with it",
     .from = "*",
     .right = CU_RIGHT_READ,
     .duty = "disclosure",
     .wants = "officer",
     .rules = write_statement},
};
