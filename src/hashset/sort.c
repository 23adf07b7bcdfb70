/* SPDX-License-Identifier: Apache-2.0 */
/*
 * By the highest byte first, in place: digests are as good as random, so three steps leave a
 * few entries in each place. Whatever the bytes are, no step goes deeper than an entry is long.
 */
#include "hashset/sort.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { few = 20, places = 256, worth_a_thread = 1 << 16, entry_max = 40 };

typedef void sort_range(uint8_t *entries, size_t count, size_t depth);

static CU_INLINE void insert_all(uint8_t *entries, size_t count, size_t bytes)
{
    uint8_t held[entry_max];

    for (size_t i = 1; i < count; i++) {
        size_t at = i;

        if (memcmp(entries + (i - 1) * bytes, entries + i * bytes, bytes) <= 0)
            continue;
        memcpy(held, entries + i * bytes, bytes);
        do {
            memcpy(entries + at * bytes, entries + (at - 1) * bytes, bytes);
            at--;
        } while (at > 0 && memcmp(entries + (at - 1) * bytes, held, bytes) > 0);
        memcpy(entries + at * bytes, held, bytes);
    }
}

/* Moves each entry to the place of its byte at depth; starts has where each place begins. */
static CU_INLINE void spread(uint8_t *entries, size_t count, size_t bytes, size_t depth,
                             size_t starts[places + 1])
{
    size_t next[places];
    size_t counts[places] = {0};
    size_t at = 0;

    for (size_t i = 0; i < count; i++)
        counts[entries[i * bytes + depth]]++;
    for (size_t i = 0; i < places; i++) {
        starts[i] = next[i] = at;
        at += counts[i];
    }
    starts[places] = count;
    for (size_t place = 0; place < places; place++) {
        while (next[place] < starts[place + 1]) {
            uint8_t held[entry_max];
            uint8_t other[entry_max];
            uint8_t *const from = entries + next[place] * bytes;
            size_t to = from[depth];

            if (to == place) {
                next[place]++;
                continue;
            }
            memcpy(held, from, bytes);
            do {
                uint8_t *const there = entries + next[to]++ * bytes;

                memcpy(other, there, bytes);
                memcpy(there, held, bytes);
                memcpy(held, other, bytes);
                to = held[depth];
            } while (to != place);
            memcpy(from, held, bytes);
            next[place]++;
        }
    }
}

static CU_INLINE void sort_places(uint8_t *entries, size_t count, size_t bytes, size_t depth,
                                  sort_range *deeper)
{
    size_t starts[places + 1];

    if (count <= few || depth == bytes) {
        insert_all(entries, count, bytes);
        return;
    }
    spread(entries, count, bytes, depth, starts);
    for (size_t i = 0; i < places; i++) {
        const size_t n = starts[i + 1] - starts[i];

        if (n > 1)
            deeper(entries + starts[i] * bytes, n, depth + 1);
    }
}

/* One for each length, so that the compiler knows it. */
static void sort_md5(uint8_t *entries, size_t count, size_t depth)
{
    sort_places(entries, count, cu_sort_md5_bytes, depth, sort_md5);
}

static void sort_sha1(uint8_t *entries, size_t count, size_t depth)
{
    sort_places(entries, count, cu_sort_sha1_bytes, depth, sort_sha1);
}

static void sort_sha256(uint8_t *entries, size_t count, size_t depth)
{
    sort_places(entries, count, cu_sort_sha256_bytes, depth, sort_sha256);
}

static void sort_pdq(uint8_t *entries, size_t count, size_t depth)
{
    sort_places(entries, count, cu_sort_pdq_bytes, depth, sort_pdq);
}

static sort_range *sorter_of(size_t bytes)
{
    switch (bytes) {
    case cu_sort_md5_bytes:
        return sort_md5;
    case cu_sort_sha1_bytes:
        return sort_sha1;
    case cu_sort_sha256_bytes:
        return sort_sha256;
    default:
        return sort_pdq;
    }
}

/* ---- two threads ---- */

typedef struct sharing {
    uint8_t *entries;
    size_t bytes;
    size_t starts[places + 1];
    sort_range *sorter;
    atomic_size_t next;
} sharing;

static void *sort_shared(void *context)
{
    sharing *const self = context;

    for (;;) {
        const size_t place = atomic_fetch_add(&self->next, 1);

        if (place >= places)
            return NULL;
        self->sorter(self->entries + self->starts[place] * self->bytes,
                     self->starts[place + 1] - self->starts[place], 1);
    }
}

/* Of all entries; here too, the compiler is to know the length. */
static void spread_first(uint8_t *entries, size_t count, size_t bytes,
                         size_t starts[places + 1])
{
    switch (bytes) {
    case cu_sort_md5_bytes:
        spread(entries, count, cu_sort_md5_bytes, 0, starts);
        return;
    case cu_sort_sha1_bytes:
        spread(entries, count, cu_sort_sha1_bytes, 0, starts);
        return;
    case cu_sort_sha256_bytes:
        spread(entries, count, cu_sort_sha256_bytes, 0, starts);
        return;
    default:
        spread(entries, count, cu_sort_pdq_bytes, 0, starts);
    }
}

void cu_sort(uint8_t *entries, size_t count, size_t bytes)
{
    sharing self = {.entries = entries, .bytes = bytes, .sorter = sorter_of(bytes)};
    pthread_t second;

    if (count < worth_a_thread) {
        if (count > 1)
            self.sorter(entries, count, 0);
        return;
    }
    spread_first(entries, count, bytes, self.starts);

    const bool helped = pthread_create(&second, NULL, sort_shared, &self) == 0;

    (void)sort_shared(&self);
    if (helped)
        (void)pthread_join(second, NULL);
}
