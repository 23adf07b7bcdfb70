/* SPDX-License-Identifier: Apache-2.0 */
/* One allocation a file; the budget is a sum. */
#include "scan/keep.h"

#include <stdlib.h>
#include <string.h>

void cu_keep_init(cu_keep *keep)
{
    *keep = (cu_keep){.bytes = 0};
    pthread_mutex_init(&keep->lock, NULL);
}

void cu_keep_fini(cu_keep *keep)
{
    pthread_mutex_destroy(&keep->lock);
}

bool cu_keep_is_half(cu_keep *keep)
{
    pthread_mutex_lock(&keep->lock);

    const bool half = keep->bytes >= CU_KEEP_ALL_MAX / 2;

    pthread_mutex_unlock(&keep->lock);
    return half;
}

static bool take_room(cu_keep *keep, uint64_t bytes)
{
    pthread_mutex_lock(&keep->lock);

    const bool room =
        bytes > 0 && bytes <= CU_KEEP_FILE_MAX && bytes <= CU_KEEP_ALL_MAX - keep->bytes;

    if (room)
        keep->bytes += bytes;
    pthread_mutex_unlock(&keep->lock);
    return room;
}

static void give_room(cu_keep *keep, uint64_t bytes)
{
    pthread_mutex_lock(&keep->lock);
    keep->bytes -= bytes;
    pthread_mutex_unlock(&keep->lock);
}

void cu_keep_begin(cu_keep *keep, uint64_t bytes, cu_kept *out)
{
    *out = (cu_kept){.from = NULL};
    if (!take_room(keep, bytes))
        return;
    *out = (cu_kept){.from = keep, .p = calloc(1, (size_t)bytes), .n = (size_t)bytes};
    if (out->p == NULL)
        cu_kept_drop(out);
}

void cu_kept_put(cu_kept *self, uint64_t offset, cu_bytes bytes)
{
    const uint64_t left = offset < self->n ? self->n - offset : 0;
    const size_t n = bytes.n < left ? bytes.n : (size_t)left;

    if (self->from != NULL && n > 0)
        memcpy(self->p + offset, bytes.p, n);
}

bool cu_kept_is_held(const cu_kept *self)
{
    return self->from != NULL;
}

void cu_kept_drop(cu_kept *self)
{
    if (self->from == NULL)
        return;
    free(self->p);
    give_room(self->from, self->n);
    *self = (cu_kept){.from = NULL};
}
