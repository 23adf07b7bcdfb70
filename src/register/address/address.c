/* SPDX-License-Identifier: Apache-2.0 */
/* An address that comes of a network address is confirmed by two people against the original.
 */
#include "register/address/address.h"

#include <arpa/inet.h>
#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("referral", "referral", "the referral, before there is a case"),
    CU_HAS_TEXT("words", "the address"),
    CU_HAS_TEXT("uprn", "unique property reference number"),
    CU_HAS_WORD("origin", "ip-resolution intel visit voluntary", "how it became known"),
    CU_HAS_TEXT("ip", "network address, as in the original"),
    CU_HAS_TEXT("port", "port, as in the original"),
    CU_HAS_TEXT("event_time", "time of the event, as in the original"),
    CU_HAS_TIME("event_utc", "the same in UTC"),
    CU_HAS_TEXT("request_ref", "reference of the communications data request"),
    CU_HAS_TEXT("result_ref", "reference of its result"),
    CU_HAS_OFFICER("verifier_1", "who confirmed it first"),
    CU_HAS_OFFICER("verifier_2", "who confirmed it second"),
    CU_HAS_WORD("children_present", "yes no unknown", "are there children"),
    CU_HAS_TEXT("basis", "how that is known"),
    CU_HAS_TEXT("hazards", "for those who go there"),
};

/* The time in UTC where it has an offset; none where it cannot be verified. */
static void set_utc(cu_act *act)
{
    const char *const text = cu_record_text(act->record, "event_time");
    cu_instant at = {.has_offset = false};

    if (text != NULL && cu_instant_read(text, &at, NULL) == CU_OK && at.has_offset) {
        cu_record_set_number(act->record, "event_utc", at.time_us);
        return;
    }
    cu_record_clear(act->record, "event_utc");
    if (text != NULL)
        cu_act_warn(act, "the time \"%.40s\" has no offset and cannot be verified (rule V3)",
                    text);
}

static cu_status set_resolution(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const ip = cu_record_text(record, "ip");
    uint8_t raw[16];

    if (!cu_record_is(record, "origin", "ip-resolution")) {
        if (ip != NULL || cu_record_has(record, "event_time"))
            return cu_act_refuse(act, "V1",
                                 "what has a network address or its time is of origin "
                                 "ip-resolution, not %s",
                                 cu_record_text(record, "origin"));
        record->state = "verified";
        return CU_OK;
    }
    if (ip == NULL || !cu_record_has(record, "event_time"))
        return cu_act_refuse(act, "V1",
                             "an address found through a network address has that "
                             "address and the time of the event");
    if (inet_pton(AF_INET, ip, raw) != 1 && inet_pton(AF_INET6, ip, raw) != 1)
        return cu_act_refuse(act, "V1", "\"%.60s\" is no network address", ip);
    set_utc(act);
    /* Rule V2: whatever was confirmed was something else. */
    cu_record_clear(record, "verifier_1");
    cu_record_clear(record, "verifier_2");
    record->state = "unverified";
    return CU_OK;
}

static bool agrees(const cu_act *act, const char *field)
{
    const char *const was = cu_record_text(act->before, field);
    const char *const said = cu_act_said(act, field);

    return was == NULL ? said == NULL : said != NULL && strcmp(was, said) == 0;
}

/* Whoever confirms writes the particulars again, from the original and not from this record. */
static cu_status verify(cu_act *act)
{
    cu_record *const record = act->record;
    const char *const first = cu_record_text(act->before, "verifier_1");

    if (!agrees(act, "ip") || !agrees(act, "port") || !agrees(act, "event_time"))
        return cu_act_refuse(act, "V1",
                             "the network address, port or time that you read in the original "
                             "is not what the record has");
    if (!cu_record_has(act->before, "event_utc"))
        return cu_act_refuse(act, "V3", "the time \"%.40s\" of address %s has no offset",
                             cu_record_text(act->before, "event_time"), record->ref);
    if (first == NULL) {
        cu_record_set(record, "verifier_1", act->officer.ref);
        return CU_OK;
    }
    if (strcmp(first, act->officer.ref) == 0)
        return cu_act_refuse(act, "V1", "you confirmed it first; a second officer is needed");
    cu_record_set(record, "verifier_2", act->officer.ref);
    record->state = "verified";
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "add",
     .says = "an address",
     .from = "",
     .to = "unverified",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "words origin",
     .takes =
         "case referral uprn ip port event_time request_ref result_ref children_present basis"
         " hazards",
     .rules = set_resolution},
    {.name = "resolve",
     .says = "other particulars of the network address; both confirmations are undone",
     .from = "unverified verified",
     .to = "unverified",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "ip event_time",
     .takes = "port request_ref result_ref",
     .rules = set_resolution},
    {.name = "verify",
     .says = "read the original again: the particulars are these",
     .from = "unverified",
     .right = CU_RIGHT_VERIFY_ADDRESS,
     .duty = "alteration",
     .wants = "ip event_time",
     .takes = "port",
     .rules = verify},
    {.name = "answer",
     .says = "whether children are there, and how that is known",
     .from = "unverified verified",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .wants = "children_present basis",
     .takes = "hazards case"},
};

const cu_thing cu_thing_address = {.name = "address",
                                   .says = "addresses, and who confirmed them",
                                   .prefix = "A",
                                   .states = "unverified verified",
                                   CU_FIELDS(fields),
                                   CU_ACTIONS(actions),
                                   .indexed = "case referral",
                                   .searched = "words",
                                   .read = CU_RIGHT_READ};

/* ---- occupants ---- */

static const cu_field occupant_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),  CU_HAS_RECORD("address", "address", "where"),
    CU_HAS_RECORD("subject", "subject", "who"), CU_HAS_TEXT("relation", "to the others there"),
    CU_HAS_DATE_AHEAD("since", "from when"),    CU_HAS_DATE_AHEAD("until", "to when"),
};

static const cu_action occupant_actions[] = {
    {.name = "add",
     .says = "somebody lives there",
     .from = "",
     .to = "recorded",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "collection",
     .wants = "case address subject",
     .takes = "relation since until"},
    {.name = "update",
     .says = "until when",
     .from = "recorded",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "alteration",
     .takes = "relation since until"},
};

const cu_thing cu_thing_occupant = {.name = "occupant",
                                    .says = "who lives at an address",
                                    .prefix = "OT",
                                    .states = "recorded",
                                    CU_FIELDS(occupant_fields),
                                    CU_ACTIONS(occupant_actions),
                                    .indexed = "address subject",
                                    .read = CU_RIGHT_READ};
