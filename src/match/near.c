/* SPDX-License-Identifier: Apache-2.0 */
/* Near matches: pictures that look alike, whatever their bytes are. */
#include "match/match.h"

#include <stdlib.h>

/* A set that can be asked. */
typedef struct asked_set {
    const cu_hashset *set;
    cu_near *index;
    cu_near_search *search;
} asked_set;

/* A hit that counts. */
typedef struct found {
    uint64_t record; /* 0: the set keeps none, and value tells hits apart */
    uint32_t value, distance;
    uint32_t turn, look;
} found;

struct cu_near_matcher {
    cu_near_matching matching;
    asked_set *sets;
    size_t set_count;
    cu_near_hits hits; /* of one look */
    cu_buffer found;   /* of struct found, of one set */
    cu_near_matched counts;
};

void cu_near_matcher_free(cu_near_matcher *matcher)
{
    if (matcher == NULL)
        return;
    for (size_t i = 0; i < matcher->set_count; i++) {
        cu_near_search_free(matcher->sets[i].search);
        cu_near_close(matcher->sets[i].index);
    }
    free(matcher->sets);
    cu_near_hits_free(&matcher->hits);
    cu_buffer_free(&matcher->found);
    free(matcher);
}

static cu_status open_set(cu_near_matcher *self, const cu_hashset *set, cu_err *err)
{
    const cu_hashset_facts *const facts = cu_hashset_get_facts(set);
    asked_set *const it = &self->sets[self->set_count];
    cu_status st = CU_OK;

    if (facts->pdq == 0 ||
        (facts->purpose != CU_HASHSET_ALERT && !self->matching.known_good_too))
        return CU_OK;
    it->set = set;
    self->set_count++;
    st = cu_hashset_near(set, &it->index, err);
    return st == CU_OK ? cu_near_search_new(it->index, &it->search, err) : st;
}

cu_status cu_near_matcher_new(const cu_near_matching *matching, cu_near_matcher **out,
                              cu_err *err)
{
    CU_AUTO(cu_near_matcher, self);
    cu_status st = CU_OK;

    self = calloc(1, sizeof *self);
    if (self != NULL)
        self->sets = calloc(matching->set_count + 1, sizeof *self->sets);
    if (self == NULL || self->sets == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->matching = *matching;
    for (size_t i = 0; st == CU_OK && i < matching->set_count; i++)
        st = open_set(self, matching->sets[i], err);
    if (st == CU_OK)
        *out = CU_MOVE(self);
    return st;
}

bool cu_near_matcher_is_idle(const cu_near_matcher *matcher)
{
    return matcher->set_count == 0;
}

cu_near_matched cu_near_matcher_counts(const cu_near_matcher *matcher)
{
    return matcher->counts;
}

/* ---- hits ---- */

static bool counts(const cu_hashset_pdq_fact *fact, const cu_match_look *look)
{
    /* A quality that is not known is 255, and counts. */
    return fact->quality >= cu_pdq_quality_floor &&
           (fact->variant == 0 || look->variant == 0 || fact->variant == look->variant);
}

static cu_status ask_look(cu_near_matcher *self, const asked_set *from,
                          const cu_match_look *look, uint32_t number, cu_err *err)
{
    cu_status st = CU_OK;

    self->hits.n = 0;
    st = cu_near_find(from->search, look->codes, look->turns, self->matching.radius,
                      &self->hits, err);
    for (size_t i = 0; st == CU_OK && i < self->hits.n; i++) {
        const cu_near_hit *const hit = &self->hits.p[i];
        cu_hashset_pdq_fact fact;

        st = cu_hashset_pdq_at(from->set, hit->number, &fact, err);
        if (st != CU_OK || !counts(&fact, look))
            continue;

        const found one = {.record = fact.record,
                           .value = hit->number,
                           .distance = hit->distance,
                           .turn = hit->query,
                           .look = number};

        cu_buffer_append(&self->found, &one, sizeof one);
    }
    return st == CU_OK ? cu_buffer_check(&self->found, err) : st;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* By record (or value, where there is no record), and the best first. */
static int by_record(const void *left, const void *right)
{
    const found *const a = left;
    const found *const b = right;
    int order = compare(a->record, b->record);

    if (order == 0 && a->record == 0)
        order = compare(a->value, b->value);
    if (order == 0)
        order = compare(a->distance, b->distance);
    if (order == 0)
        order = compare(a->look, b->look);
    return order != 0 ? order : compare(a->turn, b->turn);
}

static int by_distance(const void *left, const void *right)
{
    const found *const a = left;
    const found *const b = right;
    int order = compare(a->distance, b->distance);

    if (order == 0)
        order = compare(a->record, b->record);
    return order != 0 ? order : compare(a->value, b->value);
}

/* The best hit of each record, the nearest first; gives how many. */
static size_t settle(found *list, size_t n)
{
    size_t kept = 0;

    qsort(list, n, sizeof *list, by_record);
    for (size_t i = 0; i < n; i++) {
        const bool again = kept > 0 && list[kept - 1].record == list[i].record &&
                           (list[i].record != 0 || list[kept - 1].value == list[i].value);

        if (!again)
            list[kept++] = list[i];
    }
    qsort(list, kept, sizeof *list, by_distance);
    return kept < cu_match_near_max ? kept : cu_match_near_max;
}

static cu_status tell(cu_near_matcher *self, const asked_set *from, const cu_match_look *looks,
                      cu_err *err)
{
    found *const list = (found *)(void *)self->found.p;
    const size_t n = self->found.n == 0 ? 0 : settle(list, self->found.n / sizeof *list);
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < n; i++) {
        cu_match_near match = {.set = cu_hashset_get_facts(from->set),
                               .distance = list[i].distance,
                               .turn = (cu_pdq_turn)list[i].turn,
                               .change = looks[list[i].look].change};

        st = cu_hashset_record_at(from->set, list[i].record, &match.record, err);
        if (st == CU_OK)
            st = self->matching.matched(self->matching.context, &match, err);
    }
    return st;
}

cu_status cu_near_matcher_ask(cu_near_matcher *matcher, const cu_match_look *looks,
                              size_t count, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; i < count; i++) {
        matcher->counts.looks++;
        matcher->counts.featureless += looks[i].quality < cu_pdq_quality_floor;
    }
    for (size_t s = 0; st == CU_OK && s < matcher->set_count; s++) {
        const asked_set *const from = &matcher->sets[s];

        matcher->found.n = 0;
        for (size_t i = 0; st == CU_OK && i < count; i++) {
            if (looks[i].quality >= cu_pdq_quality_floor)
                st = ask_look(matcher, from, &looks[i], (uint32_t)i, err);
        }
        if (st == CU_OK)
            st = tell(matcher, from, looks, err);
    }
    return st;
}
