/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, at most half full. */
#include "base/map.h"

#include <stdlib.h>

struct cu_map_slot {
    uint64_t key;
    uint64_t value;
    bool used;
};

void cu_map_free(cu_map *map)
{
    free(map->slots);
    *map = (cu_map){0};
}

/* Source: the finalizer of SplitMix64 (Vigna, 2015, public domain). */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31);
}

uint64_t cu_map_hash(uint64_t seed, cu_bytes bytes)
{
    uint64_t hash = mix(seed ^ 0x9E3779B97F4A7C15U ^ bytes.n);

    for (size_t i = 0; i < bytes.n; i += 8) {
        const cu_bytes word = cu_bytes_slice(bytes, i, 8);
        cu_cursor c = cu_cursor_over(word);
        uint64_t value = 0;

        if (word.n == 8) {
            value = cu_cursor_u64le(&c);
        } else {
            for (size_t k = 0; k < word.n; k++)
                value = value << 8 | word.p[k];
        }
        hash = mix(hash ^ value) + 0x9E3779B97F4A7C15U;
    }
    return hash;
}

static struct cu_map_slot *find(struct cu_map_slot *slots, size_t room, uint64_t key)
{
    size_t at = (size_t)mix(key) & (room - 1);

    while (slots[at].used && slots[at].key != key)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static bool grow(cu_map *map)
{
    const size_t room = map->room == 0 ? 64 : map->room * 2;
    struct cu_map_slot *const slots = calloc(room, sizeof *slots);

    if (slots == NULL)
        return false;
    for (size_t i = 0; i < map->room; i++) {
        if (map->slots[i].used)
            *find(slots, room, map->slots[i].key) = map->slots[i];
    }
    free(map->slots);
    map->slots = slots;
    map->room = room;
    return true;
}

uint64_t *cu_map_put(cu_map *map, uint64_t key, uint64_t value, bool *added)
{
    if (map->n * 2 >= map->room && !grow(map))
        return NULL;

    struct cu_map_slot *const slot = find(map->slots, map->room, key);

    *added = !slot->used;
    if (*added) {
        *slot = (struct cu_map_slot){key, value, true};
        map->n++;
    }
    return &slot->value;
}
