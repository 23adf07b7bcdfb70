/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks in a list, the newest first. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { block_bytes = 64 * 1024 };

typedef struct block {
    struct block *next;
    size_t room;
    size_t used;
    max_align_t bytes[];
} block;

struct cu_arena {
    block *newest;
    size_t taken;
    size_t ceiling;
};

cu_arena *cu_arena_new(size_t ceiling)
{
    cu_arena *const arena = calloc(1, sizeof *arena);

    if (arena != NULL)
        arena->ceiling = ceiling;
    return arena;
}

static void free_blocks(block *first)
{
    while (first != NULL) {
        block *const next = first->next;

        free(first);
        first = next;
    }
}

void cu_arena_free(cu_arena *arena)
{
    if (arena == NULL)
        return;
    free_blocks(arena->newest);
    free(arena);
}

static block *block_with_room(cu_arena *arena, size_t n)
{
    if (arena->newest != NULL && arena->newest->room - arena->newest->used >= n)
        return arena->newest;

    const size_t room = n > block_bytes ? n : block_bytes;
    block *const fresh = malloc(sizeof *fresh + room);

    if (fresh == NULL)
        return NULL;
    *fresh = (block){.next = arena->newest, .room = room};
    arena->newest = fresh;
    return fresh;
}

void *cu_arena_take(cu_arena *arena, size_t n)
{
    const size_t align = alignof(max_align_t);

    if (n > arena->ceiling || arena->taken > arena->ceiling - n || n > SIZE_MAX / 2)
        return NULL;
    n = (n + align - 1) / align * align;

    block *const from = block_with_room(arena, n);

    if (from == NULL)
        return NULL;

    void *const taken = (uint8_t *)from->bytes + from->used;

    from->used += n;
    arena->taken += n;
    memset(taken, 0, n);
    return taken;
}

char *cu_arena_text(cu_arena *arena, const void *bytes, size_t n)
{
    if (n == SIZE_MAX)
        return NULL;

    char *const text = cu_arena_take(arena, n + 1);

    if (text != NULL && n > 0)
        memcpy(text, bytes, n);
    return text;
}

void cu_arena_reset(cu_arena *arena)
{
    block *const kept = arena->newest;

    arena->taken = 0;
    if (kept == NULL)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    kept->used = 0;
}
