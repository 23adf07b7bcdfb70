/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All codes within a radius, by tables.
 *
 * Each of the sixteen chunks is given a share; the shares add up to radius + 1. Subtract each
 * chunk's share from the bits that differ in it: for a code within the radius the sum is below
 * zero, so there is a chunk from which on, going round, all sums stay below zero (Raney 1960;
 * Qin and Xiao call it the pigeonring, VLDB 2018). It is found there: its chunk differs in
 * fewer bits than the share, and it and the next chunk in fewer than both shares. The table
 * gives the first, the sketch beside each entry the second, and one entry of 500 is left to
 * look at.
 */
#include "base/list.h"
#include "near/index.h"
#include "near/kernel.h"

#include <stdlib.h>
#include <string.h>

enum {
    share_max = (cu_near_table_radius + 1) / cu_near_chunks,
    flips_max = 1 + 16 + 120 + 560, /* ways to flip fewer than share_max bits of 16 */
    block_codes = 1024,             /* looked at for each query while they are near */
    entries_per_code = 8,           /* more table entries than this, and a scan is as fast */
    codes_per_survivor = 16,        /* likewise */
};

struct cu_near_search {
    const cu_near *index;
    const cu_near_kernel *kernel;
    uint16_t flips[flips_max];           /* by bits set */
    uint16_t flips_under[share_max + 1]; /* how many have fewer bits set than this */
    cu_near_survivors survivors;
    cu_near_counts counts;
    size_t span_count;
    cu_near_span spans[cu_near_chunks * flips_max];
};

/* The query in hand. */
typedef struct question {
    const uint8_t *code;
    unsigned radius;
    uint32_t number;
    uint8_t shares[cu_near_chunks];
} question;

const cu_near_kernel *const *cu_near_kernels(void)
{
    static const cu_near_kernel *const all[] = {
#ifdef CU_NEAR_VECTORS
        &cu_near_avx512, &cu_near_avx2,
#endif
        &cu_near_plain, NULL};

    return all;
}

static const cu_near_kernel *best_kernel(void)
{
    const cu_near_kernel *const *kernel = cu_near_kernels();

    while (kernel[1] != NULL && !kernel[0]->runs_here())
        kernel++;
    return kernel[0];
}

const char *cu_near_engine(void)
{
    return best_kernel()->name;
}

/* ---- the list of hits ---- */

void cu_near_hits_free(cu_near_hits *hits)
{
    free(hits->p);
    *hits = (cu_near_hits){.p = NULL};
}

static bool append(cu_near_hits *hits, cu_near_hit hit)
{
    cu_near_hit *const list = cu_list_room(hits->p, hits->n, &hits->room, sizeof *list, NULL);

    if (list == NULL)
        return false;
    hits->p = list;
    list[hits->n++] = hit;
    return true;
}

static int by_query_and_distance(const void *left, const void *right)
{
    const cu_near_hit *const a = left;
    const cu_near_hit *const b = right;

    if (a->query != b->query)
        return a->query < b->query ? -1 : 1;
    if (a->distance != b->distance)
        return a->distance < b->distance ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- a search ---- */

static void list_flips(cu_near_search *self)
{
    size_t n = 0;

    for (unsigned bits = 0; bits < share_max; bits++) {
        for (unsigned value = 0; value < cu_near_values; value++) {
            if ((unsigned)__builtin_popcount(value) == bits)
                self->flips[n++] = (uint16_t)value;
        }
        self->flips_under[bits + 1] = (uint16_t)n;
    }
}

cu_status cu_near_search_with(const cu_near_kernel *kernel, const cu_near *index,
                              cu_near_search **out, cu_err *err)
{
    CU_AUTO(cu_near_search, self);
    const size_t room = index->layout.count / codes_per_survivor + 16384;

    self = calloc(1, sizeof *self);
    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->index = index;
    self->kernel = kernel;
    if (index->layout.tables) {
        list_flips(self);
        self->survivors.p = malloc(room * sizeof *self->survivors.p);
        if (self->survivors.p == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        self->survivors.room = room;
    }
    *out = CU_MOVE(self);
    return CU_OK;
}

cu_status cu_near_search_new(const cu_near *index, cu_near_search **out, cu_err *err)
{
    return cu_near_search_with(best_kernel(), index, out, err);
}

void cu_near_search_free(cu_near_search *search)
{
    if (search == NULL)
        return;
    free(search->survivors.p);
    free(search);
}

cu_near_counts cu_near_search_counts(const cu_near_search *search)
{
    return search->counts;
}

/* ---- by tables ---- */

static inline uint16_t chunk_of(const uint8_t *code, size_t chunk)
{
    return cu_near_u16(code + 2 * (chunk % cu_near_chunks));
}

static void share_out(question *self)
{
    const unsigned total = self->radius + 1;

    for (unsigned t = 0; t < cu_near_chunks; t++)
        self->shares[t] =
            (uint8_t)(total / cu_near_chunks + (t < total % cu_near_chunks ? 1 : 0));
}

static inline const uint8_t *offset_at(const cu_near_search *self, const question *asked,
                                       size_t t, size_t flip)
{
    const size_t value = chunk_of(asked->code, t) ^ self->flips[flip];

    return self->index->tables[t].offsets + value * sizeof(uint32_t);
}

static void ask_offsets(const cu_near_search *self, const question *asked, size_t t)
{
    const size_t n = t < cu_near_chunks ? self->flips_under[asked->shares[t]] : 0;

    for (size_t i = 0; i < n; i++)
        __builtin_prefetch(offset_at(self, asked, t, i));
}

/* The spans of one table; gives how many entries they hold. */
static uint64_t collect_table(cu_near_search *self, const question *asked, size_t t)
{
    const cu_near_table *const table = &self->index->tables[t];
    const unsigned share = asked->shares[t];
    const unsigned both = share + asked->shares[(t + 1) % cu_near_chunks];
    uint64_t entries = 0;

    for (unsigned bits = 0; bits < share; bits++) {
        for (size_t i = self->flips_under[bits]; i < self->flips_under[bits + 1]; i++) {
            const uint8_t *const offset = offset_at(self, asked, t, i);
            const uint32_t first = cu_near_u32(offset);
            const uint32_t end = cu_near_u32(offset + sizeof first);

            if (first == end)
                continue;
            entries += end - first;
            self->spans[self->span_count++] = (cu_near_span){
                .sketches = table->sketches + first * sizeof(uint16_t),
                .first = first,
                .count = end - first,
                .wanted = chunk_of(asked->code, t + 1),
                .limit = (uint8_t)(both - 1 - bits),
                .table = (uint8_t)t,
            };
        }
    }
    return entries;
}

/* False: there are so many that looking at every code is as fast. */
static bool collect(cu_near_search *self, const question *asked)
{
    uint64_t entries = 0;

    self->span_count = 0;
    ask_offsets(self, asked, 0);
    for (size_t t = 0; t < cu_near_chunks; t++) {
        ask_offsets(self, asked, t + 1);
        entries += collect_table(self, asked, t);
    }
    for (size_t s = 0; s < 8 && s < self->span_count; s++)
        cu_near_ask(&self->spans[s]);
    self->counts.entries += entries;
    return entries <= entries_per_code * self->index->layout.count;
}

static const uint8_t *id_at(const cu_near_search *self, size_t survivor)
{
    const cu_near_survivor *const it = &self->survivors.p[survivor];
    const cu_near_span *const span = &self->spans[it->span];

    return self->index->tables[span->table].ids +
           ((size_t)span->first + it->entry) * sizeof(uint32_t);
}

/* The code of a survivor; NULL where a damaged section names none. */
static const uint8_t *code_at(const cu_near_search *self, size_t survivor, uint32_t *number)
{
    *number = cu_near_u32(id_at(self, survivor));
    if (*number >= self->index->layout.count)
        return NULL;
    return self->index->codes + (size_t)*number * cu_near_code_bytes;
}

/* The bits that differ in each chunk, by sums of neighbours, four chunks at a time; and in all.
 */
static unsigned distance_to(const uint8_t *code, const question *asked,
                            uint16_t differ[cu_near_chunks])
{
    uint64_t total = 0;

    for (size_t w = 0; w < cu_near_chunks / 4; w++) {
        uint64_t x = 0;
        uint64_t wanted = 0;

        memcpy(&x, code + w * sizeof x, sizeof x);
        memcpy(&wanted, asked->code + w * sizeof x, sizeof x);
        x ^= wanted;
        x -= x >> 1 & 0x5555555555555555U;
        x = (x & 0x3333333333333333U) + (x >> 2 & 0x3333333333333333U);
        x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FU;
        x = (x + (x >> 8)) & 0x00FF00FF00FF00FFU;
        memcpy(differ + 4 * w, &x, sizeof x);
        total += x;
    }
    return (unsigned)((total * 0x0001000100010001U) >> 48);
}

/* A code may survive in several tables: it counts in the first of them. */
static size_t first_table(const question *asked, const uint16_t differ[cu_near_chunks])
{
    size_t t = 0;

    for (; t < cu_near_chunks; t++) {
        const size_t after = (t + 1) % cu_near_chunks;

        if (differ[t] < asked->shares[t] &&
            differ[t] + differ[after] < asked->shares[t] + asked->shares[after])
            break;
    }
    return t;
}

static bool look_at_survivors(cu_near_search *self, const question *asked, cu_near_hits *hits)
{
    enum { far = 24, near = 12 };

    const size_t n = self->survivors.n;

    self->counts.survivors += n;
    for (size_t i = 0; i < far && i < n; i++)
        __builtin_prefetch(id_at(self, i));
    for (size_t i = 0; i < n; i++) {
        uint16_t differ[cu_near_chunks];
        uint32_t number = 0;

        if (i + far < n)
            __builtin_prefetch(id_at(self, i + far));
        if (i + near < n) {
            const uint8_t *const soon = code_at(self, i + near, &number);

            if (soon != NULL)
                __builtin_prefetch(soon);
        }

        const uint8_t *const code = code_at(self, i, &number);
        const size_t table = self->spans[self->survivors.p[i].span].table;

        if (code == NULL)
            continue;

        const unsigned distance = distance_to(code, asked, differ);

        if (distance > asked->radius || first_table(asked, differ) != table)
            continue;
        if (!append(hits, (cu_near_hit){asked->number, number, distance}))
            return false;
    }
    return true;
}

typedef enum outcome { answered, wants_scan, no_memory } outcome;

static outcome ask_tables(cu_near_search *self, question *asked, cu_near_hits *hits)
{
    if (!self->index->layout.tables || asked->radius > cu_near_table_radius)
        return wants_scan;
    share_out(asked);
    self->survivors.n = 0;
    if (!collect(self, asked) ||
        !self->kernel->filter(self->spans, self->span_count, &self->survivors))
        return wants_scan;
    return look_at_survivors(self, asked, hits) ? answered : no_memory;
}

/* ---- by looking at every code ---- */

/* All waiting queries go over a block of codes while the block is near. */
static bool scan_all(cu_near_search *self, const question *asked, size_t n, cu_near_hits *hits)
{
    const size_t count = self->index->layout.count;
    uint16_t places[block_codes];

    for (size_t from = 0; n > 0 && from < count; from += block_codes) {
        const size_t left = count - from;
        const size_t block = left < block_codes ? left : block_codes;
        const uint8_t *const codes = self->index->codes + from * cu_near_code_bytes;

        for (size_t q = 0; q < n; q++) {
            const size_t found =
                self->kernel->scan(codes, block, asked[q].code, asked[q].radius, places);

            for (size_t i = 0; i < found; i++) {
                uint16_t differ[cu_near_chunks];
                const uint8_t *const code = codes + (size_t)places[i] * cu_near_code_bytes;
                const cu_near_hit hit = {asked[q].number, (uint32_t)(from + places[i]),
                                         distance_to(code, &asked[q], differ)};

                if (!append(hits, hit))
                    return false;
            }
        }
    }
    self->counts.scans += n;
    return true;
}

/* ---- both ---- */

cu_status cu_near_find(cu_near_search *search, const uint8_t *queries, size_t count,
                       unsigned radius, cu_near_hits *hits, cu_err *err)
{
    enum { batch = 64 };

    const size_t before = hits->n;
    question waiting[batch];
    size_t n = 0;
    bool good = true;

    if (radius > cu_near_bits)
        radius = cu_near_bits;
    for (size_t i = 0; good && i < count; i++) {
        question asked = {
            .code = queries + i * cu_near_code_bytes, .radius = radius, .number = (uint32_t)i};
        const outcome found = ask_tables(search, &asked, hits);

        good = found != no_memory;
        if (found == wants_scan)
            waiting[n++] = asked;
        if (n == batch || i + 1 == count) {
            good = good && scan_all(search, waiting, n, hits);
            n = 0;
        }
    }
    search->counts.queries += count;
    if (!good) {
        hits->n = before;
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    if (hits->n > before)
        qsort(hits->p + before, hits->n - before, sizeof *hits->p, by_query_and_distance);
    return CU_OK;
}

cu_status cu_near_nearest(cu_near_search *search, const uint8_t *query, size_t k,
                          unsigned radius, cu_near_hits *hits, cu_err *err)
{
    static const unsigned steps[] = {15, 31, 47, cu_near_table_radius, cu_near_bits};
    const size_t before = hits->n;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && k > 0 && i < CU_COUNT_OF(steps); i++) {
        const unsigned now = steps[i] < radius ? steps[i] : radius;

        hits->n = before;
        st = cu_near_find(search, query, 1, now, hits, err);
        if (hits->n - before >= k || now == radius)
            break;
    }
    if (st == CU_OK && hits->n - before > k)
        hits->n = before + k;
    return st;
}
