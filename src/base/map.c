/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing, at most half full. */
#include "base/map.h"

typedef struct slot {
    uint64_t key;
    uint64_t value;
    bool used;
} slot;

void cu_map_free(cu_map *map)
{
    cu_spill_free(&map->memory);
    *map = (cu_map){.memory.folder = map->memory.folder};
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

static slot *find(slot *slots, size_t room, uint64_t key)
{
    size_t at = (size_t)mix(key) & (room - 1);

    while (slots[at].used && slots[at].key != key)
        at = (at + 1) & (room - 1);
    return &slots[at];
}

static bool grow(cu_map *map)
{
    const size_t room = map->room == 0 ? 64 : map->room * 2;
    const slot *const old = map->memory.p;
    cu_spill memory = {.folder = map->memory.folder};

    if (cu_spill_grow(&memory, room * sizeof *old, &map->why) != CU_OK)
        return false;
    for (size_t i = 0; i < map->room; i++) {
        if (old[i].used)
            *find(memory.p, room, old[i].key) = old[i];
    }
    cu_spill_free(&map->memory);
    map->memory = memory;
    map->room = room;
    return true;
}

uint64_t *cu_map_put(cu_map *map, uint64_t key, uint64_t value, bool *added)
{
    if (map->n * 2 >= map->room && !grow(map))
        return NULL;

    slot *const found = find(map->memory.p, map->room, key);

    *added = !found->used;
    if (*added) {
        *found = (slot){key, value, true};
        map->n++;
    }
    return &found->value;
}

const uint64_t *cu_map_get(const cu_map *map, uint64_t key)
{
    if (map->n == 0)
        return NULL;

    const slot *const found = find(map->memory.p, map->room, key);

    return found->used ? &found->value : NULL;
}

cu_status cu_map_fail(const cu_map *map, cu_err *err)
{
    if (err != NULL)
        *err = map->why;
    return map->why.code;
}
