/* SPDX-License-Identifier: Apache-2.0 */
/* The register of material: described, located, assessed. */
#include "register/disclosure/disclosure.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_WORD("series", "6C 6D", "the schedule that it is on"),
    CU_HAS_NUMBER("item_no", "its number there; never used again"),
    CU_HAS_TEXT("description", "so that a reader knows what it is; no bare form numbers"),
    CU_HAS_TEXT("origin", "where it comes from"),
    CU_HAS_TEXT("location", "where it is"),
    CU_HAS_WORD("relevance", "unassessed relevant not-relevant", "to the case"),
    CU_HAS_TEXT("why_not", "why it is not relevant"),
    CU_HAS_YES("used", "part of the prosecution case"),
    CU_HAS_YES("sensitive", "not to be told to the defence"),
    CU_HAS_TEXT("sensitive_reason", "why not"),
    CU_HAS_WORD("test", "undermines assists neither unsure", "the disclosure test"),
    CU_HAS_TEXT("prosecutor_decision", "as made by the prosecutor"),
    CU_HAS_RECORD("schedule", "schedule", "the schedule that first lists it"),
    CU_SAID_TEXT("reason", "why"),
};

static cu_status add(cu_act *act)
{
    cu_record *const record = act->record;

    cu_record_set(record, "relevance", "unassessed");
    cu_record_set(record, "used", "no");
    cu_record_set(record, "sensitive", "no");
    return CU_OK;
}

cu_status cu_material_add(cu_act *act, const char *case_name, const char *description,
                          const char *origin)
{
    cu_record *const record = cu_act_new(act, "material", "listed");

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "case", case_name);
    cu_record_set(record, "description", description);
    cu_record_set(record, "origin", origin);
    cu_record_set(record, "location", "the register");
    cu_record_set(record, "relevance", "unassessed");
    cu_record_set(record, "used", "no");
    cu_record_set(record, "sensitive", "no");
    return cu_act_add(act, record);
}

static cu_status assess(cu_act *act)
{
    const cu_record *const record = act->record;

    if (cu_record_is(record, "relevance", "unassessed"))
        return cu_act_refuse(act, "D5", "say whether it is relevant or not-relevant");
    if (cu_record_is(record, "relevance", "not-relevant") && !cu_record_has(record, "why_not"))
        return cu_act_refuse(act, "D5", "say why it is not relevant");
    if (cu_record_is(record, "sensitive", "yes") && !cu_record_has(record, "sensitive_reason"))
        return cu_act_refuse(act, "D2", "say why it is sensitive");
    /* What is numbered in one series stays there; moving it would leave the defence with it. */
    if (cu_record_has(act->before, "item_no") &&
        !cu_record_is(record, "sensitive", cu_record_text(act->before, "sensitive")))
        return cu_act_refuse(act, "D1", "it is item %lld of a schedule that was certified",
                             (long long)cu_record_number(act->before, "item_no"));
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "add",
     .says = "material of a case",
     .from = "",
     .to = "listed",
     .right = CU_RIGHT_LIST_MATERIAL,
     .duty = "collection",
     .wants = "case description origin location",
     .rules = add},
    {.name = "assess",
     .says = "relevance, sensitivity, the disclosure test",
     .from = "listed scheduled",
     .right = CU_RIGHT_LIST_MATERIAL,
     .duty = "alteration",
     .wants = "relevance",
     .takes = "why_not used sensitive sensitive_reason test description location",
     .rules = assess},
    {.name = "decide",
     .says = "what the prosecutor decided",
     .from = "scheduled",
     .right = CU_RIGHT_LIST_MATERIAL,
     .duty = "alteration",
     .wants = "prosecutor_decision"},
};

const cu_thing cu_thing_material = {.name = "material",
                                    .says = "what may be relevant in a case",
                                    .prefix = "M",
                                    .states = "listed scheduled",
                                    CU_FIELDS(fields),
                                    CU_ACTIONS(actions),
                                    .indexed = "case",
                                    .unique = "case series item_no",
                                    .read = CU_RIGHT_READ};
