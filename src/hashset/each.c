/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the values to their records, the other way round: some million records at a time, the
 * places of their values are noted in one pass over the numbers of all values.
 */
#include "hashset/set.h"

#include <stdlib.h>
#include <string.h>

enum { at_a_time = 4000000, kinds = cu_hashset_algorithms + 2 };

enum { KIND_PDQ = cu_hashset_algorithms, KIND_PHOTODNA };

typedef cu_status see_entry(void *context, const cu_hashset_entry *entry, cu_err *err);

typedef struct walk {
    const cu_hashset *set;
    see_entry *seen;
    void *context;
    uint64_t first, count;   /* records of this pass: first to first + count - 1 */
    uint32_t *places[kinds]; /* of the value of each, from 1; 0 none */
} walk;

static uint64_t count_of(const cu_hashset *set, unsigned kind)
{
    return kind == KIND_PDQ        ? set->facts.pdq
           : kind == KIND_PHOTODNA ? set->facts.photodna
                                   : set->index[kind].count;
}

/* Value number index of a kind, and its record; fills the entry's part. */
static cu_status take_value(const cu_hashset *set, unsigned kind, uint64_t index,
                            cu_hashset_entry *entry, uint64_t *record, cu_err *err)
{
    cu_status st = CU_OK;

    if (kind < cu_hashset_algorithms)
        return cu_hashset_value_at(set, (cu_hashset_algorithm)kind, index,
                                   &entry->digests[kind], record, err);
    if (kind == KIND_PHOTODNA)
        return cu_hashset_photodna_at(set, index, &entry->photodna, record, err);
    st = cu_hashset_pdq_at(set, index, &entry->pdq_fact, err);
    if (st != CU_OK)
        return st;
    entry->pdq = cu_hashset_section_of(set, CU_HASHSET_PDQ).p + index * cu_hashset_pdq_bytes;
    *record = entry->pdq_fact.record;
    return cu_hashset_believe(set, entry->pdq, cu_hashset_pdq_bytes, err);
}

static cu_status note_places(walk *self, cu_err *err)
{
    cu_hashset_entry entry;
    uint64_t record = 0;

    for (unsigned kind = 0; kind < kinds; kind++) {
        memset(self->places[kind], 0, self->count * sizeof *self->places[kind]);
        for (uint64_t i = 0; i < count_of(self->set, kind); i++) {
            const cu_status st = take_value(self->set, kind, i, &entry, &record, err);

            if (st != CU_OK)
                return st;
            if (record >= self->first && record - self->first < self->count)
                self->places[kind][record - self->first] = (uint32_t)(i + 1);
        }
    }
    return CU_OK;
}

static cu_status see_records(const walk *self, cu_err *err)
{
    for (uint64_t i = 0; i < self->count; i++) {
        cu_hashset_entry entry = {.pdq = NULL};
        uint64_t record = 0;
        cu_status st = cu_hashset_record_at(self->set, self->first + i, &entry.record, err);

        for (unsigned kind = 0; st == CU_OK && kind < kinds; kind++) {
            if (self->places[kind][i] != 0)
                st = take_value(self->set, kind, self->places[kind][i] - 1, &entry, &record,
                                err);
        }
        if (st == CU_OK)
            st = self->seen(self->context, &entry, err);
        if (st != CU_OK)
            return st;
    }
    return CU_OK;
}

static cu_status see_bare(const walk *self, cu_err *err)
{
    for (unsigned kind = 0; kind < kinds; kind++) {
        for (uint64_t i = 0; i < count_of(self->set, kind); i++) {
            cu_hashset_entry entry = {.pdq = NULL};
            uint64_t record = 0;
            cu_status st = take_value(self->set, kind, i, &entry, &record, err);

            if (st == CU_OK && record == 0)
                st = cu_hashset_record_at(self->set, 0, &entry.record, err);
            if (st == CU_OK && record == 0)
                st = self->seen(self->context, &entry, err);
            if (st != CU_OK)
                return st;
        }
    }
    return CU_OK;
}

cu_status cu_hashset_each(const cu_hashset *set, see_entry *seen, void *context, cu_err *err)
{
    const uint64_t records = set->header.records;
    walk self = {.set = set, .seen = seen, .context = context};
    uint32_t *const room =
        calloc((records < at_a_time ? records : at_a_time) + 1, kinds * sizeof *room);
    cu_status st = room == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : CU_OK;

    for (self.first = 1; st == CU_OK && self.first <= records; self.first += self.count) {
        const uint64_t left = records - self.first + 1;

        self.count = left < at_a_time ? left : at_a_time;
        for (unsigned kind = 0; kind < kinds; kind++)
            self.places[kind] = room + kind * self.count;
        st = note_places(&self, err);
        if (st == CU_OK)
            st = see_records(&self, err);
    }
    free(room);
    return st != CU_OK ? st : see_bare(&self, err);
}

/* ---- two sets ---- */

typedef cu_status see_change(void *context, const cu_hashset_change *change, cu_err *err);

/* A place in the values of one set. */
typedef struct side {
    const cu_hashset *set;
    uint64_t at, count;
    const uint8_t *digest;
    uint64_t record;
} side;

static cu_status read_side(side *self, cu_hashset_algorithm algorithm, cu_err *err)
{
    return self->at < self->count ? cu_hashset_value_at(self->set, algorithm, self->at,
                                                        &self->digest, &self->record, err)
                                  : CU_OK;
}

/* The change at hand, of which order says where it is: negative in old, positive in new. */
static cu_status tell_change(const side *older, const side *newer, int order,
                             cu_hashset_change *change, cu_err *err)
{
    cu_status st = CU_OK;

    change->in_old = order <= 0;
    change->in_new = order >= 0;
    change->digest = change->in_old ? older->digest : newer->digest;
    if (change->in_old)
        st = cu_hashset_record_at(older->set, older->record, &change->before, err);
    if (st == CU_OK && change->in_new)
        st = cu_hashset_record_at(newer->set, newer->record, &change->after, err);
    return st;
}

static cu_status compare_algorithm(side *older, side *newer, cu_hashset_algorithm algorithm,
                                   see_change *seen, void *context, cu_err *err)
{
    const size_t n = cu_hashset_digest_bytes(algorithm);
    cu_status st = CU_OK;

    while (st == CU_OK && (older->at < older->count || newer->at < newer->count)) {
        cu_hashset_change change = {.algorithm = algorithm};
        int order = 0;

        st = read_side(older, algorithm, err);
        if (st == CU_OK)
            st = read_side(newer, algorithm, err);
        if (st != CU_OK)
            return st;
        order = newer->at == newer->count   ? -1
                : older->at == older->count ? 1
                                            : memcmp(older->digest, newer->digest, n);
        if (order != 0 || older->record != 0 || newer->record != 0)
            st = tell_change(older, newer, order, &change, err);
        if (st == CU_OK && change.digest != NULL &&
            (order != 0 || strcmp(change.before.code, change.after.code) != 0))
            st = seen(context, &change, err);
        older->at += order <= 0;
        newer->at += order >= 0;
    }
    return st;
}

cu_status cu_hashset_compare(const cu_hashset *older, const cu_hashset *newer, see_change *seen,
                             void *context, cu_err *err)
{
    cu_status st = CU_OK;

    for (unsigned i = 0; st == CU_OK && i < cu_hashset_algorithms; i++) {
        side a = {.set = older, .count = older->index[i].count};
        side b = {.set = newer, .count = newer->index[i].count};

        st = compare_algorithm(&a, &b, (cu_hashset_algorithm)i, seen, context, err);
    }
    return st;
}
