/* SPDX-License-Identifier: Apache-2.0 */
/* Two blocks go round: one is filled while a thread sorts the other into a scratch file. */
#include "hashset/gather.h"

#include "base/newfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { worth_a_thread = 1 << 20 /* bytes */ };

size_t cu_gather_entry_bytes(unsigned kind)
{
    static const size_t bytes[] = {cu_sort_md5_bytes, cu_sort_sha1_bytes, cu_sort_sha256_bytes,
                                   cu_sort_pdq_bytes};

    return bytes[kind];
}

/* Keeps the first of equal values. */
static void drop_repeated(cu_buffer *entries, size_t each)
{
    const size_t value = each - cu_gather_row_bytes;
    size_t kept = 0;

    for (size_t at = 0; at < entries->n; at += each) {
        if (kept > 0 && memcmp(entries->p + kept - each, entries->p + at, value) == 0)
            continue;
        if (kept != at)
            memcpy(entries->p + kept, entries->p + at, each);
        kept += each;
    }
    entries->n = kept;
}

/* The kinds of a block, each sorted by one of two threads. */
typedef struct kinds {
    const cu_gather_sorter *sorter;
    cu_gather_block *block;
    atomic_uint next;
} kinds;

static void *sort_kinds(void *context)
{
    kinds *const self = context;

    for (;;) {
        const unsigned kind = atomic_fetch_add(&self->next, 1);

        if (kind >= cu_gather_kinds)
            return NULL;

        cu_buffer *const entries = &self->block->entries[kind];
        const size_t each = cu_gather_entry_bytes(kind);

        cu_sort(entries->p, entries->n / each, each);
        if (self->sorter->settle)
            drop_repeated(entries, each);
    }
}

static void sort_block(const cu_gather_sorter *sorter, cu_gather_block *block)
{
    kinds self = {.sorter = sorter, .block = block};
    unsigned many = 0;
    pthread_t second;

    for (unsigned kind = 0; kind < cu_gather_kinds; kind++)
        many += block->entries[kind].n >= worth_a_thread;

    const bool helped = many > 1 && pthread_create(&second, NULL, sort_kinds, &self) == 0;

    (void)sort_kinds(&self);
    if (helped)
        (void)pthread_join(second, NULL);
}

static cu_status write_run(cu_gather_sorter *sorter, unsigned kind, cu_bytes entries,
                           cu_err *err)
{
    cu_gather_runs *const runs = &sorter->runs[kind];
    const cu_sort_run run = {.offset = runs->bytes, .left = entries.n};
    cu_status st = CU_OK;

    if (entries.n == 0)
        return CU_OK;
    if (!runs->opened) {
        st = cu_newfile_scratch(sorter->beside, &runs->fd, err);
        if (st != CU_OK)
            return st;
        runs->opened = true;
    }
    st = cu_hashset_write_at(runs->fd, runs->bytes, entries.p, entries.n, err);
    if (st != CU_OK)
        return st;
    runs->bytes += entries.n;
    cu_buffer_append(&runs->list, &run, sizeof run);
    return cu_buffer_check(&runs->list, err);
}

static void free_block(cu_gather_block *block)
{
    for (unsigned kind = 0; kind < cu_gather_kinds; kind++)
        cu_buffer_free(&block->entries[kind]);
}

static void *sort_blocks(void *context)
{
    cu_gather_sorter *const self = context;
    cu_gather_block *full = NULL;

    while ((full = cu_queue_pop(self->full)) != NULL) {
        if (self->status == CU_OK)
            sort_block(self, full);
        for (unsigned kind = 0; self->status == CU_OK && kind < cu_gather_kinds; kind++)
            self->status =
                write_run(self, kind, cu_buffer_view(&full->entries[kind]), &self->err);
        if (self->status != CU_OK)
            atomic_store(&self->failed, true);
        free_block(full); /* its kinds may be others next time */
        if (!cu_queue_push(self->empty, full))
            break;
    }
    return NULL;
}

static cu_status start(cu_gather_sorter *sorter, cu_err *err)
{
    sorter->empty = cu_queue_new(2);
    sorter->full = cu_queue_new(2);
    if (sorter->empty == NULL || sorter->full == NULL ||
        !cu_queue_push(sorter->empty, &sorter->blocks[0]) ||
        !cu_queue_push(sorter->empty, &sorter->blocks[1]))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    errno = pthread_create(&sorter->thread, NULL, sort_blocks, sorter);
    if (errno != 0)
        return cu_fail_os(err, "could not start a thread");
    sorter->running = true;
    return CU_OK;
}

static cu_status told(const cu_gather_sorter *sorter, cu_err *err)
{
    if (err != NULL)
        *err = sorter->err;
    return sorter->status;
}

cu_status cu_gather_turn(cu_gather_sorter *sorter, cu_gather_block **block, cu_err *err)
{
    cu_status st = CU_OK;

    if (sorter->empty == NULL)
        st = start(sorter, err);
    if (st != CU_OK)
        return st;
    if (*block != NULL && !cu_queue_push(sorter->full, *block))
        return cu_fail(err, CU_ESTOPPED, "stopped");
    *block = cu_queue_pop(sorter->empty);
    return atomic_load(&sorter->failed) ? told(sorter, err) : CU_OK;
}

static void stop(cu_gather_sorter *sorter)
{
    if (!sorter->running)
        return;
    cu_queue_close(sorter->full);
    (void)pthread_join(sorter->thread, NULL);
    sorter->running = false;
}

cu_status cu_gather_settle(cu_gather_sorter *sorter, cu_gather_block *last, cu_err *err)
{
    stop(sorter);
    if (sorter->status != CU_OK)
        return told(sorter, err);
    sort_block(sorter, last);
    return CU_OK;
}

void cu_gather_sorter_free(cu_gather_sorter *sorter)
{
    stop(sorter);
    cu_queue_free(sorter->empty);
    cu_queue_free(sorter->full);
    for (size_t i = 0; i < CU_COUNT_OF(sorter->blocks); i++)
        free_block(&sorter->blocks[i]);
    for (unsigned kind = 0; kind < cu_gather_kinds; kind++) {
        cu_buffer_free(&sorter->runs[kind].list);
        if (sorter->runs[kind].opened)
            (void)close(sorter->runs[kind].fd);
    }
}
