/* SPDX-License-Identifier: Apache-2.0 */
/* Exact matches, some hundreds of items at a time. */
#include "match/match.h"

#include "base/arena.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { batch = 512, text_bytes_max = 1 << 26 };

/* The strongest digest first. */
static const struct {
    cu_hashset_algorithm algorithm;
    size_t offset;
} keys[] = {
    {CU_HASHSET_SHA256, offsetof(cu_digests, sha256)},
    {CU_HASHSET_SHA1, offsetof(cu_digests, sha1)},
    {CU_HASHSET_MD5, offsetof(cu_digests, md5)},
};

struct cu_matcher {
    cu_matching matching;
    cu_arena *texts; /* of the items that wait */
    size_t count;
    cu_evidence_item items[batch];
    cu_digests digests[batch];
    bool alerted[batch]; /* a set that alerts holds it */
    bool excused[batch]; /* a known-good set has answered */
    /* Of the set that is asked: a number for cu_hashset_record_of, by key. */
    uint64_t found[CU_COUNT_OF(keys)][batch];
};

const char *cu_match_strength(const char *state, bool claimed)
{
    if (strcmp(state, "allocated") == 0)
        return "exact-allocated";
    return claimed ? "exact-claimed" : "exact-proved";
}

const char *cu_match_record_text(const cu_hashset_record *record, char out[24])
{
    if (record->label[0] != '\0' || record->number == 0)
        return record->label;
    (void)snprintf(out, 24, "%llu", (unsigned long long)record->number);
    return out;
}

cu_status cu_matcher_new(const cu_matching *matching, uint64_t expected, cu_matcher **out,
                         cu_err *err)
{
    CU_AUTO(cu_matcher, matcher);

    matcher = calloc(1, sizeof *matcher);
    if (matcher == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    matcher->matching = *matching;
    matcher->texts = cu_arena_new(text_bytes_max);
    if (matcher->texts == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < matching->set_count; i++) {
        for (size_t k = 0; k < CU_COUNT_OF(keys); k++) {
            const cu_status st =
                cu_hashset_expect(matching->sets[i], keys[k].algorithm, expected, err);

            if (st != CU_OK)
                return st;
        }
    }
    *out = CU_MOVE(matcher);
    return CU_OK;
}

void cu_matcher_free(cu_matcher *matcher)
{
    if (matcher == NULL)
        return;
    cu_arena_free(matcher->texts);
    free(matcher);
}

/* Fills found for one set; those that a stronger key has found are asked for again, at no cost
 * that shows: nearly none are found. */
static cu_status ask_set(cu_matcher *self, const cu_hashset *set, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t k = 0; st == CU_OK && k < CU_COUNT_OF(keys); k++)
        st = cu_hashset_find_many(
            set, keys[k].algorithm,
            (cu_hashset_keys){(const uint8_t *)self->digests + keys[k].offset,
                              sizeof(cu_digests), self->count},
            self->found[k], err);
    return st;
}

/* The strongest key by which the set that was asked holds an item; CU_COUNT_OF(keys): none. */
static size_t key_of(const cu_matcher *self, size_t item)
{
    size_t k = 0;

    while (k < CU_COUNT_OF(keys) && self->found[k][item] == 0)
        k++;
    return k;
}

static cu_status answer(cu_matcher *self, const cu_hashset *set, size_t item, size_t key,
                        cu_err *err)
{
    const bool good = cu_hashset_get_facts(set)->purpose == CU_HASHSET_KNOWN_GOOD;
    const cu_evidence_item *const row = &self->items[item];
    cu_status (*const tell)(void *, const cu_evidence_item *, const cu_match *, cu_err *) =
        good ? self->matching.known_good : self->matching.matched;
    cu_match match = {
        .set = cu_hashset_get_facts(set),
        .algorithm = keys[key].algorithm,
        .strength = cu_match_strength(
            /* A member is as live as what it lies in. */
            strcmp(row->state, "member") == 0 ? row->recovery : row->state, row->claimed)};

    if (tell == NULL)
        return CU_OK;

    const cu_status st =
        cu_hashset_record_of(set, match.algorithm, self->found[key][item], &match.record, err);

    return st != CU_OK ? st : tell(self->matching.context, row, &match, err);
}

/* One answer that waits for its turn: answers go item by item, sets are asked one by one. */
typedef struct waiting {
    size_t item, set, key;
    uint64_t found;
} waiting;

static int compare_waiting(const void *a, const void *b)
{
    const waiting *const x = a;
    const waiting *const y = b;

    if (x->item != y->item)
        return x->item < y->item ? -1 : 1;
    return x->set < y->set ? -1 : x->set > y->set;
}

static cu_status collect(cu_matcher *self, cu_buffer *out, cu_err *err)
{
    const cu_matching *const matching = &self->matching;

    for (size_t i = 0; i < matching->set_count; i++) {
        const bool good =
            cu_hashset_get_facts(matching->sets[i])->purpose == CU_HASHSET_KNOWN_GOOD;
        const cu_status st = ask_set(self, matching->sets[i], err);

        if (st != CU_OK)
            return st;
        for (size_t item = 0; item < self->count; item++) {
            const size_t key = key_of(self, item);

            if (key == CU_COUNT_OF(keys) || (good && self->excused[item]))
                continue;
            self->excused[item] = self->excused[item] || good;
            self->alerted[item] = self->alerted[item] || !good;
            cu_buffer_append(out, &(waiting){item, i, key, self->found[key][item]},
                             sizeof(waiting));
        }
    }
    return cu_buffer_check(out, err);
}

static cu_status look_up(cu_matcher *self, cu_err *err)
{
    cu_buffer found = {0};
    cu_status st = CU_OK;

    memset(self->alerted, 0, sizeof self->alerted);
    memset(self->excused, 0, sizeof self->excused);
    st = collect(self, &found, err);

    const size_t count = found.n / sizeof(waiting);
    waiting *const list = (waiting *)(void *)found.p;

    if (st == CU_OK && count > 1)
        qsort(list, count, sizeof *list, compare_waiting);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const cu_hashset *const set = self->matching.sets[list[i].set];

        if (cu_hashset_get_facts(set)->purpose == CU_HASHSET_KNOWN_GOOD &&
            self->alerted[list[i].item])
            continue;
        self->found[list[i].key][list[i].item] = list[i].found;
        st = answer(self, set, list[i].item, list[i].key, err);
    }
    cu_buffer_free(&found);
    self->count = 0;
    cu_arena_reset(self->texts);
    return st;
}

cu_status cu_matcher_add(cu_matcher *matcher, const cu_evidence_item *item, cu_err *err)
{
    cu_evidence_item *const kept = &matcher->items[matcher->count];

    /* An empty file is nobody's: its digest is in careless lists. */
    if (!item->examined || item->size == 0)
        return CU_OK;
    *kept = *item;
    kept->path = cu_arena_text(matcher->texts, item->path, strlen(item->path));
    kept->state = cu_arena_text(matcher->texts, item->state, strlen(item->state));
    kept->recovery = item->recovery == NULL ? ""
                                            : cu_arena_text(matcher->texts, item->recovery,
                                                            strlen(item->recovery));
    if (kept->path == NULL || kept->state == NULL || kept->recovery == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    kept->name = kept->inode = kept->type = NULL;
    matcher->digests[matcher->count++] = item->digests;
    return matcher->count < batch ? CU_OK : look_up(matcher, err);
}

cu_status cu_matcher_end(cu_matcher *matcher, cu_err *err)
{
    return look_up(matcher, err);
}

cu_status cu_match_standing_of(cu_hashset *const *sets, size_t set_count,
                               const cu_digests *digests, cu_match_standing *out, cu_err *err)
{
    cu_match_standing standing = CU_MATCH_UNKNOWN;

    for (size_t i = 0; i < set_count; i++) {
        const bool good = cu_hashset_get_facts(sets[i])->purpose == CU_HASHSET_KNOWN_GOOD;

        for (size_t k = 0; k < CU_COUNT_OF(keys) && standing != CU_MATCH_ALERTS; k++) {
            uint64_t found = 0;
            const cu_status st =
                cu_hashset_find(sets[i], keys[k].algorithm,
                                (const uint8_t *)digests + keys[k].offset, &found, err);

            if (st != CU_OK)
                return st;
            if (found != 0)
                standing = good ? CU_MATCH_KNOWN_GOOD : CU_MATCH_ALERTS;
        }
    }
    *out = standing;
    return CU_OK;
}
