/* SPDX-License-Identifier: Apache-2.0 */
/* Many sorted runs into one: a heap of the runs by their next entries. */
#include "hashset/sort.h"
#include "hashset/tape.h"

#include <stdlib.h>
#include <string.h>

enum { run_room_min = 4096, run_room_max = 4 << 20, entry_max = 40 };

typedef struct run {
    cu_sort_run rest; /* in the file, or in memory behind p */
    uint8_t *room;    /* NULL: the run is in memory */
    const uint8_t *p; /* its next entry */
    const uint8_t *end;
} run;

/* A run in the heap, by the first bytes of its next entry. */
typedef struct leaf {
    uint64_t key;
    run *of;
} leaf;

struct cu_merge {
    size_t entry_bytes;
    size_t room; /* of a run, whole entries */
    run *runs;
    size_t run_count;
    leaf *heap;
    size_t heap_count;
    uint8_t entry[entry_max];
};

static uint64_t key_of(const uint8_t *p)
{
    uint64_t key = 0;

    for (size_t i = 0; i < 8; i++)
        key = key << 8 | p[i];
    return key;
}

static bool is_before(const cu_merge *merge, const leaf *a, const leaf *b)
{
    if (a->key != b->key)
        return a->key < b->key;
    return memcmp(a->of->p, b->of->p, merge->entry_bytes) < 0;
}

static void sink(cu_merge *merge, size_t at)
{
    const leaf held = merge->heap[at];

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= merge->heap_count)
            break;
        if (child + 1 < merge->heap_count &&
            is_before(merge, &merge->heap[child + 1], &merge->heap[child]))
            child++;
        if (!is_before(merge, &merge->heap[child], &held))
            break;
        merge->heap[at] = merge->heap[child];
        at = child;
    }
    merge->heap[at] = held;
}

/* The next entries of a run; p is end where there are none. */
static cu_status refill(const cu_merge *merge, run *of, cu_err *err)
{
    const size_t n = of->rest.left < merge->room ? (size_t)of->rest.left : merge->room;
    cu_status st = CU_OK;

    if (of->room == NULL)
        return CU_OK;
    if (n > 0)
        st = cu_tape_read_at(of->rest.fd, of->rest.offset, of->room, n, err);
    of->rest.offset += n;
    of->rest.left -= n;
    of->p = of->room;
    of->end = of->room + n;
    return st;
}

static cu_status open_runs(cu_merge *merge, const cu_sort_run *runs, cu_err *err)
{
    for (size_t i = 0; i < merge->run_count; i++) {
        run *const of = &merge->runs[i];
        cu_status st = CU_OK;

        of->rest = runs[i];
        of->p = runs[i].p;
        of->end = runs[i].p == NULL ? NULL : runs[i].p + runs[i].left;
        if (runs[i].p == NULL) {
            of->room = malloc(merge->room);
            if (of->room == NULL)
                return cu_fail(err, CU_ENOMEM, "out of memory");
            st = refill(merge, of, err);
        }
        if (st != CU_OK)
            return st;
        if (of->p != of->end)
            merge->heap[merge->heap_count++] = (leaf){key_of(of->p), of};
    }
    for (size_t i = merge->heap_count; i > 0; i--)
        sink(merge, i - 1);
    return CU_OK;
}

cu_status cu_merge_open(const cu_sort_run *runs, size_t count, size_t entry_bytes,
                        size_t memory, cu_merge **out, cu_err *err)
{
    CU_AUTO(cu_merge, merge);
    size_t room = memory / (count + 1);
    cu_status st = CU_OK;

    merge = calloc(1, sizeof *merge);
    if (merge == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    room = room < run_room_min ? run_room_min : room > run_room_max ? run_room_max : room;
    merge->entry_bytes = entry_bytes;
    merge->room = room / entry_bytes * entry_bytes;
    merge->run_count = count;
    merge->runs = calloc(count + 1, sizeof *merge->runs);
    merge->heap = calloc(count + 1, sizeof *merge->heap);
    if (merge->runs == NULL || merge->heap == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    st = open_runs(merge, runs, err);
    if (st == CU_OK)
        *out = CU_MOVE(merge);
    return st;
}

void cu_merge_close(cu_merge *merge)
{
    if (merge == NULL)
        return;
    for (size_t i = 0; merge->runs != NULL && i < merge->run_count; i++)
        free(merge->runs[i].room);
    free(merge->runs);
    free(merge->heap);
    free(merge);
}

cu_status cu_merge_next(cu_merge *merge, const uint8_t **out, cu_err *err)
{
    *out = NULL;
    if (merge->heap_count == 0)
        return CU_OK;

    run *const of = merge->heap[0].of;

    memcpy(merge->entry, of->p, merge->entry_bytes);
    of->p += merge->entry_bytes;
    if (of->p == of->end) {
        const cu_status st = refill(merge, of, err);

        if (st != CU_OK)
            return st;
    }
    if (of->p == of->end)
        merge->heap[0] = merge->heap[--merge->heap_count];
    else
        merge->heap[0].key = key_of(of->p);
    if (merge->heap_count > 0)
        sink(merge, 0);
    *out = merge->entry;
    return CU_OK;
}
