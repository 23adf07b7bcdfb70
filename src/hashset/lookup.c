/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact look-ups. A line of the table says where the digests of a bucket begin, and has a byte
 * of each: an absent digest costs one line from memory, a present one a second. In batches,
 * each line is asked for a batch before it is looked at.
 */
#include "hashset/set.h"

#include <string.h>
#include <strings.h>

/* A byte of each 0x80 where the byte of x is zero. */
static uint64_t zero_bytes(uint64_t x)
{
    const uint64_t low = UINT64_C(0x7F7F7F7F7F7F7F7F);

    return ~(((x & low) + low) | x | low);
}

/* The high bits of the eight bytes, that of the first byte lowest. */
static unsigned high_bits(uint64_t x)
{
    return (unsigned)((x >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/* A set of the places (bit i: place i) where one of the 12 fingerprints is the wanted one. */
static unsigned matching(const uint8_t *line, uint8_t wanted)
{
    const uint64_t all = UINT64_C(0x0101010101010101) * wanted;
    const uint64_t first = (uint64_t)line[4] | (uint64_t)line[5] << 8 |
                           (uint64_t)line[6] << 16 | (uint64_t)line[7] << 24 |
                           (uint64_t)line[8] << 32 | (uint64_t)line[9] << 40 |
                           (uint64_t)line[10] << 48 | (uint64_t)line[11] << 56;
    const uint64_t last = (uint64_t)line[12] | (uint64_t)line[13] << 8 |
                          (uint64_t)line[14] << 16 | (uint64_t)line[15] << 24;

    return high_bits(zero_bytes(first ^ all)) |
           (high_bits(zero_bytes((all & UINT32_MAX) ^ last)) & 15) << 8;
}

static uint64_t start_of(const uint8_t *line)
{
    return (uint64_t)line[0] | (uint64_t)line[1] << 8 | (uint64_t)line[2] << 16 |
           (uint64_t)line[3] << 24;
}

/* True where more digests than a line lists could be the wanted one. */
static bool goes_on(const uint8_t *line, uint8_t wanted)
{
    return line[cu_hashset_line_bytes - 1] == cu_hashset_more &&
           wanted >= line[cu_hashset_line_bytes - 2];
}

/* The lengths that there are, so that the compiler knows them. */
static bool is_equal(const uint8_t *value, const uint8_t *digest, size_t n)
{
    return n == 16   ? memcmp(value, digest, 16) == 0
           : n == 20 ? memcmp(value, digest, 20) == 0
                     : memcmp(value, digest, 32) == 0;
}

static cu_status compare(const cu_hashset *set, const cu_hashset_index *index, uint64_t at,
                         const uint8_t *digest, int *order, cu_err *err)
{
    const uint8_t *const value = index->values + at * index->digest_bytes;
    const cu_status st = cu_hashset_believe(set, value, index->digest_bytes, err);

    if (st == CU_OK)
        *order = memcmp(value, digest, index->digest_bytes);
    return st;
}

/* Of a bucket with more digests than its line lists: by halves, among those not listed. */
static cu_status find_unlisted(const cu_hashset *set, const cu_hashset_index *index,
                               const uint8_t *line, const uint8_t *digest, uint64_t *found,
                               cu_err *err)
{
    const uint8_t *const next = line + cu_hashset_line_bytes;
    cu_status st = cu_hashset_believe(set, next, cu_hashset_line_bytes, err);

    if (st != CU_OK)
        return st;

    uint64_t low = start_of(line) + cu_hashset_fingerprints - 1;
    uint64_t high = start_of(next);
    int order = 1;

    if (high > index->count)
        high = index->count;
    while (low < high && st == CU_OK) {
        const uint64_t middle = low + (high - low) / 2;

        st = compare(set, index, middle, digest, &order, err);
        if (order == 0) {
            *found = middle + 1;
            return st;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return st;
}

/* A key that needs a look at the digests. */
typedef struct candidate {
    const uint8_t *line;
    uint16_t places; /* in it, with the key's fingerprint */
    uint8_t wanted;
    uint8_t key; /* in the batch */
} candidate;

static cu_status confirm(const cu_hashset *set, const cu_hashset_index *index,
                         const candidate *of, const uint8_t *digest, uint64_t *found,
                         cu_err *err)
{
    const uint64_t start = start_of(of->line);

    for (unsigned places = of->places; places != 0; places &= places - 1) {
        const uint64_t at = start + (uint64_t)ffs((int)places) - 1;
        const uint8_t *const value = index->values + at * index->digest_bytes;

        if (at >= index->count)
            break;

        const cu_status st = cu_hashset_believe(set, value, index->digest_bytes, err);

        if (st != CU_OK)
            return st;
        if (is_equal(value, digest, index->digest_bytes)) {
            *found = at + 1;
            return CU_OK;
        }
    }
    return goes_on(of->line, of->wanted)
               ? find_unlisted(set, index, of->line, digest, found, err)
               : CU_OK;
}

/*
 * As many keys as the processor follows at once in its page tables; and three batches on their
 * way, each a step behind the one after it, so that there is always something to wait for.
 */
enum { batch = 16, in_flight = 3 };

typedef struct batched {
    cu_hashset_keys keys;
    uint64_t *found;
    const uint8_t *lines[batch];
    uint8_t wanted[batch];
    candidate candidates[batch];
    size_t candidate_count;
} batched;

/* Finds the line of each key and asks for it. */
static void ask_lines(const cu_hashset_index *index, batched *self)
{
    for (size_t i = 0; i < self->keys.count; i++) {
        const cu_hashset_spot spot =
            cu_hashset_spot_of(self->keys.first + i * self->keys.stride, index->buckets);

        self->lines[i] = index->table + spot.bucket * cu_hashset_line_bytes;
        self->wanted[i] = spot.fingerprint;
        CU_PREFETCH(self->lines[i]);
    }
}

/* Sorts out the keys that are not there, and asks for the digests of the others. */
static cu_status read_lines(const cu_hashset *set, const cu_hashset_index *index, batched *self,
                            cu_err *err)
{
    self->candidate_count = 0;
    for (size_t i = 0; i < self->keys.count; i++) {
        const uint8_t *const line = self->lines[i];
        const cu_status st = cu_hashset_believe(set, line, cu_hashset_line_bytes, err);

        if (st != CU_OK)
            return st;

        const uint8_t wanted = self->wanted[i];
        const unsigned places = matching(line, wanted);

        if (places == 0 && !goes_on(line, wanted))
            continue;

        const uint64_t first = places == 0 ? 0 : (uint64_t)ffs((int)places) - 1;
        const uint8_t *const value =
            index->values + (start_of(line) + first) * index->digest_bytes;

        CU_PREFETCH(value);
        CU_PREFETCH(value + index->digest_bytes - 1);
        self->candidates[self->candidate_count++] =
            (candidate){line, (uint16_t)places, wanted, (uint8_t)i};
    }
    return CU_OK;
}

static cu_status confirm_all(const cu_hashset *set, const cu_hashset_index *index,
                             const batched *self, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < self->candidate_count; i++) {
        const candidate *const of = &self->candidates[i];

        st = confirm(set, index, of, self->keys.first + of->key * self->keys.stride,
                     &self->found[of->key], err);
    }
    return st;
}

static void ask_batch(const cu_hashset_index *index, cu_hashset_keys keys, uint64_t *found,
                      size_t from, batched *self)
{
    const size_t left = keys.count - from;

    self->keys = (cu_hashset_keys){keys.first + from * keys.stride, keys.stride,
                                   left < batch ? left : batch};
    self->found = found + from;
    ask_lines(index, self);
}

cu_status cu_hashset_find_many(const cu_hashset *set, cu_hashset_algorithm algorithm,
                               cu_hashset_keys keys, uint64_t *found, cu_err *err)
{
    const cu_hashset_index *const index = &set->index[algorithm];
    const size_t batches = (keys.count + batch - 1) / batch;
    batched flight[in_flight];
    cu_status st = CU_OK;

    if (keys.count > 0)
        memset(found, 0, keys.count * sizeof *found);
    if (index->count == 0 || keys.count == 0)
        return CU_OK;
    for (size_t turn = 0; st == CU_OK && turn < batches + 2; turn++) {
        if (turn < batches)
            ask_batch(index, keys, found, turn * batch, &flight[turn % in_flight]);
        if (turn > 0 && turn <= batches)
            st = read_lines(set, index, &flight[(turn - 1) % in_flight], err);
        if (turn > 1 && st == CU_OK)
            st = confirm_all(set, index, &flight[(turn - 2) % in_flight], err);
    }
    return st;
}

cu_status cu_hashset_find(const cu_hashset *set, cu_hashset_algorithm algorithm,
                          const uint8_t *digest, uint64_t *found, cu_err *err)
{
    return cu_hashset_find_many(set, algorithm, (cu_hashset_keys){digest, 0, 1}, found, err);
}

/* ---- what comes with a digest ---- */

static cu_status number_of(const cu_hashset *set, const cu_hashset_index *index, uint64_t at,
                           uint64_t *out, cu_err *err)
{
    *out = 0;
    if (index->numbers == NULL)
        return CU_OK;

    const uint8_t *const p = index->numbers + at * 4;
    const cu_status st = cu_hashset_believe(set, p, 4, err);

    if (st == CU_OK)
        *out = start_of(p);
    return st;
}

cu_status cu_hashset_record_of(const cu_hashset *set, cu_hashset_algorithm algorithm,
                               uint64_t found, cu_hashset_record *out, cu_err *err)
{
    const cu_hashset_index *const index = &set->index[algorithm];
    uint64_t number = 0;
    cu_status st = CU_OK;

    if (found == 0 || found > index->count)
        return cu_fail(err, CU_ENOTFOUND, "the set has no digest %llu",
                       (unsigned long long)found);
    st = number_of(set, index, found - 1, &number, err);
    return st != CU_OK ? st : cu_hashset_record_at(set, number, out, err);
}

cu_status cu_hashset_value_at(const cu_hashset *set, cu_hashset_algorithm algorithm,
                              uint64_t index_at, const uint8_t **digest, uint64_t *record,
                              cu_err *err)
{
    const cu_hashset_index *const index = &set->index[algorithm];

    if (index_at >= index->count)
        return cu_fail(err, CU_ENOTFOUND, "the set has no digest %llu",
                       (unsigned long long)index_at);

    const uint8_t *const value = index->values + index_at * index->digest_bytes;
    cu_status st = cu_hashset_believe(set, value, index->digest_bytes, err);

    if (st == CU_OK)
        st = number_of(set, index, index_at, record, err);
    if (st == CU_OK)
        *digest = value;
    return st;
}

cu_status cu_hashset_pdq_codes(const cu_hashset *set, cu_bytes *out, cu_err *err)
{
    const cu_bytes codes = cu_hashset_section_of(set, CU_HASHSET_PDQ);
    const cu_status st = codes.n == 0 ? CU_OK : cu_hashset_believe(set, codes.p, codes.n, err);

    if (st == CU_OK)
        *out = codes;
    return st;
}

cu_status cu_hashset_pdq_at(const cu_hashset *set, uint64_t index, cu_hashset_pdq_fact *out,
                            cu_err *err)
{
    if (index >= set->facts.pdq)
        return cu_fail(err, CU_ENOTFOUND, "the set has no PDQ value %llu",
                       (unsigned long long)index);

    const uint8_t *const p =
        cu_hashset_section_of(set, CU_HASHSET_PDQ_FACTS).p + index * cu_hashset_pdq_fact_bytes;
    const cu_status st = cu_hashset_believe(set, p, cu_hashset_pdq_fact_bytes, err);

    if (st == CU_OK)
        *out = (cu_hashset_pdq_fact){p[0], (char)p[1], start_of(p + 4)};
    return st;
}

cu_status cu_hashset_photodna_at(const cu_hashset *set, uint64_t index, const uint8_t **value,
                                 uint64_t *record, cu_err *err)
{
    if (index >= set->facts.photodna)
        return cu_fail(err, CU_ENOTFOUND, "the set has no PhotoDNA value %llu",
                       (unsigned long long)index);

    const uint8_t *const p = cu_hashset_section_of(set, CU_HASHSET_PHOTODNA).p +
                             index * cu_hashset_photodna_entry_bytes;
    const cu_status st = cu_hashset_believe(set, p, cu_hashset_photodna_entry_bytes, err);

    if (st == CU_OK) {
        *value = p;
        *record = start_of(p + cu_hashset_photodna_bytes);
    }
    return st;
}
