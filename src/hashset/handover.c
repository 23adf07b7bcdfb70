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
    batch_steps = 6144,
    batch_text = 1 << 16,
    /* One byte more than fits, so that a value that is too long stays too long. */
    photodna_max = cu_hashset_photodna_bytes + 1,
    row_text_max = (cu_hashset_texts + 1) * cu_hashset_text_max + photodna_max,
};

/* What becomes of the row that is being filled. */
typedef enum step_kind { START, PUT, ADD } step_kind;

typedef struct step {
    step_kind kind;
    cu_hashset_field field; /* of PUT */
    cu_bytes text;          /* of PUT; of START n is the row's offset */
} step;

struct cu_gather_batch {
    size_t file;   /* of all its rows */
    bool of_steps; /* and not of rows */
    size_t count;
    size_t used; /* bytes of text */

    union {
        cu_hashset_row rows[batch_rows];
        step steps[batch_steps];
    };

    uint8_t text[batch_text];
};

/* ---- the thread that adds ---- */

static cu_status take_step(cu_hashset_builder *builder, const step *taken, cu_err *err)
{
    cu_hashset_filling *const filling = &builder->adder.row;

    switch (taken->kind) {
    case START:
        cu_hashset_filling_start(filling, 0, taken->text.n);
        return CU_OK;
    case PUT:
        cu_hashset_filling_put(filling, taken->field, taken->text);
        return CU_OK;
    default:
        return cu_gather_add(builder, &filling->row, err);
    }
}

static cu_status add_batch(cu_hashset_builder *builder, const cu_gather_batch *batch,
                           cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < batch->count; i++)
        st = batch->of_steps ? take_step(builder, &batch->steps[i], err)
                             : cu_gather_add(builder, &batch->rows[i], err);
    return st;
}

static void *add_batches(void *context)
{
    cu_hashset_builder *const builder = context;
    cu_gather_adder *const self = &builder->adder;
    cu_gather_batch *batch = NULL;

    while ((batch = cu_queue_pop(self->full)) != NULL) {
        self->file = batch->file;
        if (self->status == CU_OK)
            self->status = add_batch(builder, batch, &self->err);
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

static cu_status turn(cu_hashset_builder *builder, bool of_steps, cu_err *err)
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
    adder->filling->of_steps = of_steps;
    adder->filling->count = 0;
    adder->filling->used = 0;
    return atomic_load(&adder->failed) ? told(adder, err) : CU_OK;
}

/* Room for one more row or step, and its text. */
static cu_status make_room(cu_hashset_builder *builder, bool of_steps, cu_err *err)
{
    const cu_gather_batch *const batch = builder->adder.filling;
    const size_t most = of_steps ? batch_steps : batch_rows;
    const size_t text = of_steps ? cu_hashset_text_max : row_text_max;

    if (batch != NULL && batch->of_steps == of_steps && batch->count < most &&
        batch_text - batch->used >= text && batch->file == builder->file)
        return CU_OK;
    return turn(builder, of_steps, err);
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
    const cu_status st = make_room(builder, false, err);

    if (st != CU_OK)
        return st;

    cu_gather_batch *const batch = builder->adder.filling;
    cu_hashset_row *const copy = &batch->rows[batch->count++];
    cu_bytes *const texts[cu_hashset_texts] = {&copy->label, &copy->name, &copy->code,
                                               &copy->series, &copy->source};

    *copy = *row;
    for (size_t i = 0; i < cu_hashset_texts; i++)
        *texts[i] =
            copy_text(batch, *texts[i], builder->keeps_records ? cu_hashset_text_max : 0);
    copy->photodna = copy_text(batch, row->photodna, photodna_max);
    copy->path = copy_text(batch, row->path, cu_hashset_text_max);
    return CU_OK;
}

static cu_status hand_over(cu_hashset_builder *builder, step_kind kind, cu_hashset_field field,
                           cu_bytes text, cu_err *err)
{
    const cu_status st = make_room(builder, true, err);
    cu_gather_batch *const batch = builder->adder.filling;

    if (st == CU_OK)
        batch->steps[batch->count++] = (step){kind, field, text};
    return st;
}

cu_status cu_hashset_builder_start(cu_hashset_builder *builder, uint64_t offset, cu_err *err)
{
    return hand_over(builder, START, CU_HASHSET_FIELD_NONE, (cu_bytes){NULL, (size_t)offset},
                     err);
}

cu_status cu_hashset_builder_put(cu_hashset_builder *builder, cu_hashset_field field,
                                 cu_bytes text, cu_err *err)
{
    return hand_over(builder, PUT, field, text, err);
}

cu_status cu_hashset_builder_put_copy(cu_hashset_builder *builder, cu_hashset_field field,
                                      cu_bytes text, cu_err *err)
{
    const cu_status st = make_room(builder, true, err);

    return st != CU_OK
               ? st
               : hand_over(builder, PUT, field,
                           copy_text(builder->adder.filling, text, cu_hashset_text_max), err);
}

cu_status cu_hashset_builder_end(cu_hashset_builder *builder, cu_err *err)
{
    return hand_over(builder, ADD, CU_HASHSET_FIELD_NONE, (cu_bytes){NULL, 0}, err);
}

static void stop(cu_gather_adder *adder)
{
    if (!adder->running)
        return;
    cu_queue_close(adder->full);
    (void)pthread_join(adder->thread, NULL);
    adder->running = false;
}

cu_status cu_gather_catch_up(cu_hashset_builder *builder, cu_err *err)
{
    cu_gather_adder *const adder = &builder->adder;
    void *batches[batch_count];
    bool good = true;

    if (!adder->running)
        return CU_OK;
    if (adder->filling != NULL)
        good = cu_queue_push(adder->full, adder->filling);
    adder->filling = NULL;
    for (size_t i = 0; good && i < batch_count; i++)
        batches[i] = cu_queue_pop(adder->empty);
    for (size_t i = 0; good && i < batch_count; i++)
        good = batches[i] != NULL && cu_queue_push(adder->empty, batches[i]);
    return good ? CU_OK : cu_fail(err, CU_ESTOPPED, "stopped");
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
