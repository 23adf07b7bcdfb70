/* SPDX-License-Identifier: Apache-2.0 */
/* What an exhibit is. exhibit/actions.c says what is done with it. */
#include "register/exhibit/exhibit.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_TEXT("mark", "its reference in the case, ABC/1; the next number where not said"),
    CU_HAS_TEXT("initials", "of the mark"),
    CU_HAS_OFFICER("producer", "who produces it"),
    CU_HAS_WORD("kind",
                "phone laptop tower tablet usb memory-card hdd ssd optical sim console camera"
                " cloud-data document other",
                "what it is"),
    CU_HAS_TEXT("description", "as one would recognise it"),
    CU_HAS_TEXT("make", "make"),
    CU_HAS_TEXT("model", "model"),
    CU_HAS_TEXT("serial", "serial number"),
    CU_HAS_TEXT("imei", "IMEI"),
    CU_HAS_TEXT("capacity", "capacity"),
    CU_HAS_RECORD("address", "address", "where it was found"),
    CU_HAS_TEXT("room", "where there"),
    CU_HAS_RECORD("operation", "operation", "during which"),
    CU_HAS_TIME_AHEAD("seized", "when it was seized"),
    CU_HAS_WORD("power", "warrant s8 s18 s19 s32 consent voluntary", "under which power"),
    CU_HAS_TEXT("owner", "whose it is, as far as known"),
    CU_HAS_WORD("belongs_to", "suspect victim witness third-party", "the owner in the case"),
    CU_HAS_TEXT("notice_ref", "digital processing notice of a victim or witness"),
    CU_HAS_DATE_AHEAD("return_by", "the day by which a victim or witness has it back"),
    CU_HAS_WORD("privileged", "none pending cleared", "legally privileged material"),
    CU_HAS_WORD("arrival", "on off locked", "how it arrived"),
    CU_HAS_TEXT("seal", "the seal that is on it"),
    CU_HAS_TEXT("holder", "who or where it is with: officer:NUMBER or place:NAME"),
    CU_HAS_OFFICER("transit_to", "who it is on its way to"),
    CU_HAS_TIME("giver_ack", "when the giver said so"),
    CU_HAS_TIME("receiver_ack", "when the receiver said so"),
    CU_HAS_TIME("transit_by", "until when both are to have said so"),
    CU_HAS_RECORD("parent", "exhibit", "the exhibit that it was taken out of"),
    CU_HAS_YES("counts", "counts as an item seized"),
    CU_HAS_YES("stopped", "stopped by a digest that does not agree"),
    CU_HAS_TIME("last_at", "of its last event"),
    CU_HAS_NUMBER("last_seq", "of its last event"),
    CU_HAS_TEXT("last_digest", "of its last event"),
    CU_SAID_TIME_AHEAD("at", "when it happened; now, where not said"),
    CU_SAID_TEXT("place", "where it is put"),
    CU_SAID_OFFICER("to", "who receives it"),
    CU_SAID_OFFICER("giver", "who gave it"),
    CU_SAID_OFFICER("officer", "whose part"),
    CU_SAID_TEXT("old_seal", "the seal as read on the bag"),
    CU_SAID_TEXT("witness", "who saw it"),
    CU_SAID_TEXT("event", "the number of the event that is corrected"),
    CU_SAID_DIGEST("expected", "the digest as recorded"),
    CU_SAID_DIGEST("got", "the digest as found"),
    CU_SAID_TEXT("reason", "why"),
};

const cu_thing cu_thing_exhibit = {
    .name = "exhibit",
    .says = "what was seized",
    .states = "seized sealed booked-in submitted in-exam examined retained returned forfeited"
              " destroyed transferred-out triaged-left lost",
    CU_FIELDS(fields),
    .actions = cu_exhibit_actions,
    .action_count = CU_EXHIBIT_ACTIONS,
    .indexed = "case state seized holder operation parent",
    .unique = "case mark",
    .read = CU_RIGHT_READ};
