/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows go in batches from the thread that reads to one that adds them, in the order in which
 * they were read: what is written, and which fault is the first, is as with one thread.
 */
#include "hashset/gather.h"
#include "hashset/record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    batch_count = 4,
    batch_rows = 256, /* all batches together fit into a core's cache */
    batch_text = 1 << 16,
    /* One byte more than fits, so that a value that is too long stays too long. */
    photodna_max = cu_hashset_photodna_bytes + 1,
    row_text_max = cu_hashset_texts * cu_hashset_text_max + photodna_max,
};

struct cu_gather_batch {
    size_t file; /* of all its rows */
    size_t count;
    size_t used; /* bytes of text */
    cu_hashset_row rows[batch_rows];
    uint8_t text[batch_text];
};

/* ---- the thread that adds ---- */

static void *add_batches(void *context)
{
    cu_hashset_builder *const builder = context;
    cu_gather_adder *const self = &builder->adder;
    cu_gather_batch *batch = NULL;

    while ((batch = cu_queue_pop(self->full)) != NULL) {
        self->file = batch->file;
        for (size_t i = 0; self->status == CU_OK && i < batch->count; i++)
            self->status = cu_gather_add(builder, &batch->rows[i], &self->err);
        if (self->status != CU_OK)
            atomic_store(&self->failed, true);
        if (!cu_queue_push(self->empty, batch))
            break;
    }
    return NULL;
}

static cu_status start(cu_hashset_builder *builder, cu_err *err)
{
    cu_gather_adder *const adder = &builder->adder;

    if (adder->empty == NULL)
        adder->empty = cu_queue_new(batch_count);
    if (adder->full == NULL)
        adder->full = cu_queue_new(batch_count);
    if (adder->batches == NULL)
        adder->batches = malloc(batch_count * sizeof *adder->batches);
    if (adder->empty == NULL || adder->full == NULL || adder->batches == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < batch_count; i++) {
        if (!cu_queue_push(adder->empty, &adder->batches[i]))
            return cu_fail(err, CU_ESTOPPED, "stopped");
    }
    errno = pthread_create(&adder->thread, NULL, add_batches, builder);
    if (errno != 0)
        return cu_fail_os(err, "could not start a thread");
    adder->running = true;
    return CU_OK;
}

static cu_status told(const cu_gather_adder *adder, cu_err *err)
{
    if (err != NULL)
        *err = adder->err;
    return adder->status;
}

/* ---- the thread that reads ---- */

static cu_status turn(cu_hashset_builder *builder, cu_err *err)
{
    cu_gather_adder *const adder = &builder->adder;
    const cu_status st = adder->running ? CU_OK : start(builder, err);

    if (st != CU_OK)
        return st;
    if (adder->filling != NULL && !cu_queue_push(adder->full, adder->filling))
        return cu_fail(err, CU_ESTOPPED, "stopped");
    adder->filling = cu_queue_pop(adder->empty);
    if (adder->filling == NULL)
        return cu_fail(err, CU_ESTOPPED, "stopped");
    adder->filling->file = builder->file;
    adder->filling->count = 0;
    adder->filling->used = 0;
    return atomic_load(&adder->failed) ? told(adder, err) : CU_OK;
}

static bool is_full(const cu_gather_batch *batch, size_t file)
{
    return batch->count == batch_rows || batch_text - batch->used < row_text_max ||
           batch->file != file;
}

static cu_bytes copy_text(cu_gather_batch *batch, cu_bytes text, size_t max)
{
    const cu_bytes copy = {batch->text + batch->used, text.n < max ? text.n : max};

    if (copy.n > 0)
        memcpy(batch->text + batch->used, text.p, copy.n);
    batch->used += copy.n;
    return copy;
}

cu_status cu_hashset_builder_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                                 cu_err *err)
{
    cu_gather_batch *batch = builder->adder.filling;

    if (batch == NULL || is_full(batch, builder->file)) {
        const cu_status st = turn(builder, err);

        if (st != CU_OK)
            return st;
        batch = builder->adder.filling;
    }

    cu_hashset_row *const copy = &batch->rows[batch->count++];
    cu_bytes *const texts[cu_hashset_texts] = {&copy->label, &copy->name, &copy->code,
                                               &copy->series, &copy->source};

    *copy = *row;
    for (size_t i = 0; i < cu_hashset_texts; i++)
        *texts[i] =
            copy_text(batch, *texts[i], builder->keeps_records ? cu_hashset_text_max : 0);
    copy->photodna = copy_text(batch, row->photodna, photodna_max);
    return CU_OK;
}

static void stop(cu_gather_adder *adder)
{
    if (!adder->running)
        return;
    cu_queue_close(adder->full);
    (void)pthread_join(adder->thread, NULL);
    adder->running = false;
}

cu_status cu_gather_drain(cu_hashset_builder *builder, cu_err *err)
{
    cu_gather_adder *const adder = &builder->adder;
    cu_gather_batch *const last = adder->filling;

    adder->filling = NULL;
    if (last != NULL && !cu_queue_push(adder->full, last))
        return cu_fail(err, CU_ESTOPPED, "stopped");
    stop(adder);
    return adder->status == CU_OK ? CU_OK : told(adder, err);
}

void cu_gather_adder_free(cu_gather_adder *adder)
{
    stop(adder);
    cu_queue_free(adder->empty);
    cu_queue_free(adder->full);
    free(adder->batches);
}
