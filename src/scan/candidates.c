/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over the items; two sorts. */
#include "scan/candidates.h"

#include "base/list.h"
#include "match/match.h"
#include "picture/picture.h"

#include <stdlib.h>
#include <string.h>

static int by_item(const void *a, const void *b)
{
    const cu_alias *const x = a;
    const cu_alias *const y = b;

    return x->item < y->item ? -1 : x->item > y->item;
}

static cu_status sort_aliases(cu_candidates *self, cu_err *err)
{
    const size_t n = self->plan->alias_count;

    self->aliases = malloc((n + 1) * sizeof *self->aliases);
    if (self->aliases == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (n > 0) {
        memcpy(self->aliases, self->plan->aliases, n * sizeof *self->aliases);
        qsort(self->aliases, n, sizeof *self->aliases, by_item);
    }
    return CU_OK;
}

/* The content of an item, its own or one that it shares; CU_CANDIDATE_NONE: it has none. */
static uint32_t content_of(const cu_candidates *self, int64_t item)
{
    const cu_plan *const plan = self->plan;
    const cu_alias wanted = {.item = item};
    size_t low = 0;
    size_t high = plan->content_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (plan->contents[middle].item < item)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < plan->content_count && plan->contents[low].item == item)
        return (uint32_t)low;

    const cu_alias *const found =
        plan->alias_count == 0
            ? NULL
            : bsearch(&wanted, self->aliases, plan->alias_count, sizeof wanted, by_item);

    return found == NULL ? CU_CANDIDATE_NONE : found->content;
}

static cu_status find_known(const cu_candidates *self, const cu_evidence_item *item,
                            bool *known, cu_err *err)
{
    cu_match_standing standing = CU_MATCH_UNKNOWN;
    const cu_status st = item->examined ? cu_match_standing_of(self->sets, self->set_count,
                                                               &item->digests, &standing, err)
                                        : CU_OK;

    *known = standing != CU_MATCH_UNKNOWN;
    return st;
}

static cu_candidate *candidate_of(cu_candidates *self, int64_t item)
{
    size_t low = 0;
    size_t high = self->count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->list[middle].item < item)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->count && self->list[low].item == item ? &self->list[low] : NULL;
}

static cu_status add(void *context, const cu_evidence_item *item, cu_err *err)
{
    cu_candidates *const self = context;
    cu_candidate *const parent = item->parent == 0 ? NULL : candidate_of(self, item->parent);

    if (parent != NULL)
        parent->plain = false; /* members come after what they are in */
    if (item->read == 0 || !cu_picture_is_type(item->type))
        return CU_OK;

    const uint32_t content = content_of(self, item->id);
    bool known = false;

    if (content == CU_CANDIDATE_NONE)
        return CU_OK;

    const cu_status st = find_known(self, item, &known, err);

    if (st != CU_OK)
        return st;
    if (self->count == CU_CANDIDATE_NONE)
        return cu_fail(err, CU_ELIMIT, "more pictures than can be numbered");

    cu_candidate *const list =
        cu_list_room(self->list, self->count, &self->room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->list = list;

    cu_candidate *const candidate = &list[self->count++];

    *candidate = (cu_candidate){.item = item->id,
                                .content = content,
                                .next_same = CU_CANDIDATE_NONE,
                                .examined = item->examined,
                                .known = known,
                                .plain = true};
    memcpy(candidate->sha256, item->digests.sha256, sizeof candidate->sha256);
    return CU_OK;
}

static cu_status note_done(void *context, const cu_evidence_picture *picture,
                           CU_UNUSED cu_err *err)
{
    cu_candidate *const found = candidate_of(context, picture->item);

    if (found != NULL) {
        found->done = true;
        found->plain = found->plain && strcmp(picture->outcome, "whole") == 0;
    }
    return CU_OK;
}

/* What has no digest is alike to nothing. */
static int by_bytes(const void *a, const void *b, void *context)
{
    const cu_candidate *const list = context;
    const cu_candidate *const x = &list[*(const uint32_t *)a];
    const cu_candidate *const y = &list[*(const uint32_t *)b];
    const int order = x->examined != y->examined ? x->examined - y->examined
                      : x->examined ? memcmp(x->sha256, y->sha256, sizeof x->sha256)
                                    : 0;

    return order != 0 ? order : x < y ? -1 : x > y;
}

static uint64_t place_of(const cu_candidates *self, uint32_t candidate)
{
    const cu_content *const content = &self->plan->contents[self->list[candidate].content];

    return content->extent_count == 0
               ? UINT64_MAX
               : self->plan->extents[content->first_extent].device_offset;
}

static int by_place(const void *a, const void *b, void *context)
{
    const cu_candidates *const self = context;
    const uint32_t i = *(const uint32_t *)a;
    const uint32_t k = *(const uint32_t *)b;
    const uint64_t x = place_of(self, i);
    const uint64_t y = place_of(self, k);

    return x != y ? (x < y ? -1 : 1) : i < k ? -1 : i > k;
}

static bool are_same(const cu_candidate *a, const cu_candidate *b)
{
    return a->examined && b->examined && memcmp(a->sha256, b->sha256, sizeof a->sha256) == 0;
}

/* The candidates of the same bytes, from order[0] on: one leads those that are not done. */
static bool lead(cu_candidates *self, const uint32_t *order, size_t count, uint32_t *leader)
{
    cu_candidate *last = NULL;
    int64_t same_as = 0;

    for (size_t i = 0; i < count; i++) {
        cu_candidate *const candidate = &self->list[order[i]];

        if (candidate->done) {
            same_as = same_as == 0 && candidate->plain ? candidate->item : same_as;
            continue;
        }
        if (last != NULL)
            last->next_same = order[i];
        else
            *leader = order[i];
        last = candidate;
    }
    if (last == NULL)
        return false;
    self->list[*leader].same_as = same_as;
    return true;
}

static cu_status find_leaders(cu_candidates *self, cu_err *err)
{
    uint32_t *const order = malloc((self->count + 1) * sizeof *order);

    if (order == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->leaders = order;
    for (size_t i = 0; i < self->count; i++)
        order[i] = (uint32_t)i;
    qsort_r(order, self->count, sizeof *order, by_bytes, self->list);
    for (size_t i = 0, end = 0; i < self->count; i = end) {
        uint32_t leader = 0;

        for (end = i + 1;
             end < self->count && are_same(&self->list[order[i]], &self->list[order[end]]);)
            end++;
        if (lead(self, order + i, end - i, &leader))
            order[self->leader_count++] = leader;
    }
    qsort_r(order, self->leader_count, sizeof *order, by_place, self);
    return CU_OK;
}

cu_status cu_candidates_find(cu_candidates *out, const cu_plan *plan, cu_hashset *const *sets,
                             size_t set_count, cu_evidence_writer *evidence, cu_err *err)
{
    CU_AUTO(cu_evidence, view);

    *out = (cu_candidates){.plan = plan, .sets = sets, .set_count = set_count};

    cu_status st = sort_aliases(out, err);

    if (st == CU_OK)
        st = cu_evidence_peek(evidence, &view, err);
    if (st == CU_OK)
        st = cu_evidence_each_item(view, add, out, err);
    if (st == CU_OK)
        st = cu_evidence_each_picture(view, note_done, out, err);
    if (st == CU_OK)
        st = find_leaders(out, err);
    free(out->aliases);
    out->aliases = NULL;
    if (st != CU_OK)
        cu_candidates_free(out);
    return st;
}

void cu_candidates_free(cu_candidates *candidates)
{
    free(candidates->list);
    free(candidates->leaders);
    free(candidates->aliases);
    *candidates = (cu_candidates){.count = 0};
}
