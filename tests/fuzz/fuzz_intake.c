/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a received file: XML, JSON, ZIP, and what they would mean. */
#include "register/intake/tip.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    CU_AUTO(cu_arena, arena);
    const cu_bytes file = {bytes, n};
    const char *const format = cu_fact_format(file);
    cu_tip_facts *facts = NULL;
    cu_fact_sink sink = {.take = cu_tip_take};
    cu_tip tip;
    cu_err err = {0};
    cu_status st = CU_OK;

    arena = cu_arena_new(64 << 20);
    facts = arena == NULL ? NULL : cu_tip_begin(arena);
    if (facts == NULL)
        return 0;
    sink.context = facts;
    if (strcmp(format, "xml") == 0)
        st = cu_fact_read_xml(file, "", &sink, &err);
    else if (strcmp(format, "json") == 0)
        st = cu_fact_read_json(file, "", &sink, &err);
    else if (strcmp(format, "zip") == 0)
        st = cu_fact_read_zip(file, &sink, &err);
    if (st != CU_OK && err.text[0] == '\0')
        abort();
    if (cu_tip_end(facts, format, &tip, &err) != CU_OK)
        return 0;
    for (size_t i = 0; i < tip.identifier_count; i++) {
        if (tip.identifiers[i].value[0] == '\0' && tip.identifiers[i].original[0] == '\0')
            abort();
    }
    return 0;
}
