/* SPDX-License-Identifier: Apache-2.0 */
/* The pictures of an evidence file, one after the other, against near indexes. */
#include "match/match.h"

#include "base/map.h"

#include <stdio.h>
#include <string.h>

typedef struct comparing {
    const cu_near_matching *matching; /* whose matched is called, with the item */
    cu_near_matcher *matcher;
    int64_t item; /* in hand */
    cu_map told;  /* records of items, by their hash */
} comparing;

static uint64_t key_of(int64_t item, const cu_match_near *match)
{
    const uint64_t seed =
        cu_map_hash((uint64_t)item, (cu_bytes){match->set->sha256, sizeof match->set->sha256});

    return cu_map_hash(
        seed, (cu_bytes){(const uint8_t *)&match->record.number, sizeof match->record.number});
}

static cu_status see(void *context, const cu_match_near *match, cu_err *err)
{
    comparing *const self = context;
    cu_match_near with_item = *match;
    bool added = false;

    /* A set without records tells its values apart by nothing but themselves: all are told. */
    if (match->record.number != 0) {
        if (cu_map_put(&self->told, key_of(self->item, match), 1, &added) == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        if (!added)
            return CU_OK;
    }
    with_item.item = self->item;
    return self->matching->matched(self->matching->context, &with_item, err);
}

static cu_status see_picture(void *context, const cu_evidence_picture *row, cu_err *err)
{
    comparing *const self = context;
    cu_match_look looks[2];
    size_t n = 0;

    if (row->has_pdq)
        looks[n++] = (cu_match_look){row->pdq, cu_pdq_turns, row->quality, 'A', ""};
    if (row->has_full)
        looks[n++] = (cu_match_look){row->full, cu_pdq_turns, row->full_quality, 'F', ""};
    self->item = row->item;
    return cu_near_matcher_ask(self->matcher, looks, n, err);
}

/* A further frame is of variant A; a changed copy stands between both. */
static cu_status see_look(void *context, const cu_evidence_look *row, cu_err *err)
{
    comparing *const self = context;
    const cu_match_look look = {row->pdq, cu_pdq_turns, row->quality,
                                row->change[0] == '\0' ? 'A' : '\0', row->change};

    self->item = row->item;
    return cu_near_matcher_ask(self->matcher, &look, 1, err);
}

cu_status cu_match_pictures(cu_evidence *evidence, const cu_near_matching *matching,
                            cu_near_matched *counts, cu_err *err)
{
    comparing self = {.matching = matching};
    cu_near_matching inner = *matching;
    cu_status st = CU_OK;

    *counts = (cu_near_matched){.looks = 0};
    inner.matched = see;
    inner.context = &self;
    st = cu_near_matcher_new(&inner, &self.matcher, err);
    if (st == CU_OK && !cu_near_matcher_is_idle(self.matcher)) {
        st = cu_evidence_each_picture(evidence, see_picture, &self, err);
        *counts = cu_near_matcher_counts(self.matcher);
        if (st == CU_OK)
            st = cu_evidence_each_look(evidence, see_look, &self, err);
    }
    cu_near_matcher_free(self.matcher);
    cu_map_free(&self.told);
    return st;
}

const char *cu_match_how(const cu_match_near *match, char out[cu_match_how_bytes])
{
    const char *const turn = match->turn == CU_PDQ_AS_IS ? "" : cu_pdq_turn_word(match->turn);
    const char *const between = match->change[0] != '\0' && turn[0] != '\0' ? ", " : "";

    (void)snprintf(out, cu_match_how_bytes, "%.60s%s%s", match->change, between, turn);
    return out;
}
