/* SPDX-License-Identifier: Apache-2.0 */
/* Every look at a picture, in one question to the sets. */
#include "scan/resemblance.h"

#include <stdio.h>
#include <stdlib.h>

enum { looks_max = cu_picture_frames_max + 1 + cu_pdq_views_max };

void cu_resemblances_free(cu_resemblances *found)
{
    free(found->list);
    *found = (cu_resemblances){.n = 0};
}

static cu_status keep(void *context, const cu_match_near *match, cu_err *err)
{
    cu_resemblances *const into = ((cu_resemblance *)context)->into;

    if (into->n == into->room) {
        const size_t room = into->room == 0 ? 4 : into->room * 2;
        cu_match_near *const grown = realloc(into->list, room * sizeof *grown);

        if (grown == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        into->list = grown;
        into->room = room;
    }
    into->list[into->n] = *match;
    into->list[into->n++].change = ""; /* its text does not outlive the question */
    return CU_OK;
}

cu_status cu_resemblance_begin(cu_resemblance *self, cu_hashset *const *sets, size_t set_count,
                               cu_err *err)
{
    const cu_near_matching how = {.sets = sets,
                                  .set_count = set_count,
                                  .radius = cu_pdq_similar,
                                  .matched = keep,
                                  .context = self};

    return cu_near_matcher_new(&how, &self->matcher, err);
}

void cu_resemblance_end(cu_resemblance *self)
{
    cu_near_matcher_free(self->matcher);
    self->matcher = NULL;
}

bool cu_resemblance_is_idle(const cu_resemblance *self)
{
    return cu_near_matcher_is_idle(self->matcher);
}

cu_status cu_resemblance_wants_full(cu_hashset *const *sets, size_t set_count, bool *out,
                                    cu_err *err)
{
    cu_status st = CU_OK;

    *out = false;
    for (size_t i = 0; i < set_count; i++) {
        const cu_hashset_facts *const facts = cu_hashset_get_facts(sets[i]);

        if (facts->purpose != CU_HASHSET_ALERT)
            continue;
        for (uint64_t k = 0; st == CU_OK && !*out && k < facts->pdq; k++) {
            cu_hashset_pdq_fact fact;

            st = cu_hashset_pdq_at(sets[i], k, &fact, err);
            *out = st == CU_OK && fact.variant == 'F';
        }
    }
    return st;
}

static cu_match_look look_at(const cu_pdq_hash *hash, char variant, const char *change)
{
    return (cu_match_look){.codes = hash->codes[0].bytes,
                           .turns = cu_pdq_turns,
                           .quality = hash->quality,
                           .variant = variant,
                           .change = change};
}

cu_status cu_resemblance_ask(cu_resemblance *self, const cu_picture_facts *facts,
                             const cu_picture_views *views, cu_resemblances *out, cu_err *err)
{
    cu_match_look looks[looks_max];
    size_t n = 0;

    if (cu_near_matcher_is_idle(self->matcher) || facts->hash_count == 0)
        return CU_OK;
    for (uint32_t i = 0; i < facts->hash_count; i++)
        looks[n++] = look_at(&facts->hashes[i], 'A',
                             cu_picture_change_word((cu_picture_change)facts->hash_changes[i]));
    if (facts->has_full != 0)
        looks[n++] = look_at(&facts->full, 'F', "");
    for (uint32_t i = 0; views != NULL && i < views->count; i++)
        looks[n++] = look_at(&views->list[i].hash, 0,
                             cu_pdq_change_word((cu_pdq_change)views->list[i].change));
    self->into = out;
    return cu_near_matcher_ask(self->matcher, looks, n, err);
}

cu_status cu_resemblances_write(const cu_resemblances *found, int64_t item,
                                cu_evidence_writer *evidence, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < found->n; i++) {
        const cu_match_near *const match = &found->list[i];
        char record[24];
        const cu_evidence_match row = {.item = item,
                                       .path = "",
                                       .set = match->set->name,
                                       .set_version = match->set->version,
                                       .algorithm = "pdq",
                                       .strength = "near",
                                       .scheme = match->set->scheme,
                                       .code = match->record.code,
                                       .record = cu_match_record_text(&match->record, record),
                                       .distance = (int)match->distance};

        st = cu_evidence_add_match(evidence, &row, err);
    }
    return st;
}
