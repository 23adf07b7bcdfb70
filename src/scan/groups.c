/* SPDX-License-Identifier: Apache-2.0 */
/* One leader a group, in the order of the items, so that no chain of likenesses grows. */
#include "scan/groups.h"

#include "base/list.h"
#include "near/near.h"
#include "pdq/pdq.h"

#include <stdlib.h>
#include <string.h>

/* A picture, or what stands for all of its bytes. */
typedef struct member {
    int64_t item;
    uint8_t sha256[32];
    bool examined;
    bool plain;     /* has features enough to be like another */
    uint32_t bytes; /* the first member of the same bytes */
    uint32_t same, similar;
} member;

typedef struct groups {
    cu_evidence_writer *evidence;
    cu_progress *progress;
    member *list; /* by item */
    size_t count, room;
    uint8_t *codes; /* of eight turns, one list entry after the other */
    size_t codes_room;
    cu_near_search *search;
    uint32_t *numbers; /* of the list, by number in the index */
    cu_near_hits hits;
    bool there; /* groups are written already */
} groups;

static cu_status note_there(void *context, CU_UNUSED const cu_evidence_grouping *row,
                            CU_UNUSED cu_err *err)
{
    groups *const self = context;

    self->there = true;
    return CU_OK;
}

static cu_status add_picture(void *context, const cu_evidence_picture *picture, cu_err *err)
{
    groups *const self = context;

    if (!picture->has_pdq)
        return CU_OK;
    if (self->count == UINT32_MAX)
        return cu_fail(err, CU_ELIMIT, "more pictures than can be numbered");

    member *const list = cu_list_room(self->list, self->count, &self->room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->list = list;

    uint8_t *const codes =
        cu_list_room(self->codes, self->count, &self->codes_room, cu_evidence_codes_bytes, err);

    if (codes == NULL)
        return CU_ENOMEM;
    self->codes = codes;
    memcpy(codes + self->count * cu_evidence_codes_bytes, picture->pdq,
           cu_evidence_codes_bytes);
    list[self->count++] =
        (member){.item = picture->item, .plain = picture->quality >= cu_pdq_quality_floor};
    return CU_OK;
}

typedef struct cursor {
    groups *groups;
    size_t at;
} cursor;

static cu_status add_digest(void *context, const cu_evidence_item *item, CU_UNUSED cu_err *err)
{
    cursor *const self = context;
    member *const list = self->groups->list;

    if (self->at < self->groups->count && list[self->at].item == item->id) {
        list[self->at].examined = item->examined;
        memcpy(list[self->at].sha256, item->digests.sha256, sizeof list->sha256);
        self->at++;
    }
    return CU_OK;
}

static cu_status read_all(groups *self, cu_err *err)
{
    CU_AUTO(cu_evidence, view);
    cursor at = {.groups = self};
    cu_status st = cu_evidence_peek(self->evidence, &view, err);

    if (st == CU_OK)
        st = cu_evidence_each_grouping(view, note_there, self, err);
    if (st == CU_OK && !self->there)
        st = cu_evidence_each_picture(view, add_picture, self, err);
    if (st == CU_OK && !self->there)
        st = cu_evidence_each_item(view, add_digest, &at, err);
    return st;
}

/* ---- the same bytes ---- */

static int by_bytes(const void *a, const void *b, void *context)
{
    const member *const list = context;
    const member *const x = &list[*(const uint32_t *)a];
    const member *const y = &list[*(const uint32_t *)b];
    const int order = memcmp(x->sha256, y->sha256, sizeof x->sha256);

    return order != 0 ? order : x < y ? -1 : x > y;
}

static cu_status join_bytes(groups *self, cu_err *err)
{
    uint32_t *const order = malloc((self->count + 1) * sizeof *order);

    if (order == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < self->count; i++) {
        order[i] = (uint32_t)i;
        self->list[i].bytes = (uint32_t)i;
    }
    qsort_r(order, self->count, sizeof *order, by_bytes, self->list);
    for (size_t i = 1; i < self->count; i++) {
        const member *const before = &self->list[order[i - 1]];
        member *const here = &self->list[order[i]];

        if (before->examined && here->examined &&
            memcmp(before->sha256, here->sha256, sizeof here->sha256) == 0)
            here->bytes = before->bytes;
    }
    free(order);
    return CU_OK;
}

/* ---- what looks alike ---- */

static cu_status keep_section(void *context, cu_bytes bytes, cu_err *err)
{
    cu_buffer_append(context, bytes.p, bytes.n);
    return cu_buffer_check(context, err);
}

static bool is_asked(const groups *self, size_t i)
{
    return self->list[i].bytes == i && self->list[i].plain;
}

/* An index of one code for each distinct picture with features, as it is. */
static cu_status build_index(groups *self, cu_buffer *section, cu_near **out, cu_err *err)
{
    const cu_near_sink sink = {keep_section, section};
    uint8_t *const codes = malloc(self->count * cu_near_code_bytes + 1);
    size_t n = 0;
    cu_status st = CU_OK;

    self->numbers = malloc((self->count + 1) * sizeof *self->numbers);
    if (codes == NULL || self->numbers == NULL) {
        free(codes);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < self->count; i++) {
        if (!is_asked(self, i))
            continue;
        memcpy(codes + n * cu_near_code_bytes, self->codes + i * cu_evidence_codes_bytes,
               cu_near_code_bytes);
        self->numbers[n++] = (uint32_t)i;
    }

    const cu_near_codes given = {codes, n, cu_near_code_bytes};

    st = cu_near_build(&given, 1, &sink, err);
    free(codes);
    return st == CU_OK ? cu_near_open(cu_buffer_view(section), out, err) : st;
}

/* The leaders that i is near to; the earliest of them leads it. */
static cu_status join_one(groups *self, uint32_t i, cu_err *err)
{
    member *const it = &self->list[i];

    self->hits.n = 0;

    const cu_status st =
        cu_near_find(self->search, self->codes + (size_t)i * cu_evidence_codes_bytes,
                     cu_pdq_turns, cu_pdq_similar, &self->hits, err);

    if (st != CU_OK)
        return st;
    for (size_t k = 0; k < self->hits.n; k++) {
        const uint32_t other = self->numbers[self->hits.p[k].number];

        if (other >= i)
            continue;
        if (self->list[other].similar == other && other < it->similar)
            it->similar = other;
        if (self->list[other].same == other && other < it->same &&
            self->hits.p[k].distance <= cu_pdq_same_picture)
            it->same = other;
    }
    return CU_OK;
}

static cu_status join_alike(groups *self, cu_err *err)
{
    cu_buffer section = {0};
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_status st = build_index(self, &section, &index, err);

    if (st == CU_OK)
        st = cu_near_search_new(index, &search, err);
    self->search = search;
    for (size_t i = 0; st == CU_OK && i < self->count; i++) {
        self->list[i].same = (uint32_t)i;
        self->list[i].similar = (uint32_t)i;
        if (is_asked(self, i))
            st = join_one(self, (uint32_t)i, err);
        if (st == CU_OK && !cu_progress_tell(self->progress, "grouping", i + 1, self->count))
            st = cu_fail(err, CU_ESTOPPED, "stopped; --resume goes on from here");
    }
    cu_near_search_free(CU_MOVE(search));
    cu_near_close(CU_MOVE(index));
    cu_buffer_free(&section);
    return st;
}

static cu_status write_all(const groups *self, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < self->count; i++) {
        const member *const first = &self->list[self->list[i].bytes];
        const cu_evidence_grouping row = {.item = self->list[i].item,
                                          .same_bytes = first->item,
                                          .same_picture = self->list[first->same].item,
                                          .similar = self->list[first->similar].item};

        st = cu_evidence_add_grouping(self->evidence, &row, err);
    }
    return st;
}

cu_status cu_groups_write(cu_evidence_writer *evidence, cu_progress *progress, cu_err *err)
{
    groups self = {.evidence = evidence, .progress = progress};
    cu_status st = read_all(&self, err);

    if (st == CU_OK && !self.there && self.count > 0) {
        st = join_bytes(&self, err);
        if (st == CU_OK)
            st = join_alike(&self, err);
        if (st == CU_OK)
            st = write_all(&self, err);
    }
    free(self.list);
    free(self.codes);
    free(self.numbers);
    cu_near_hits_free(&self.hits);
    return st;
}
