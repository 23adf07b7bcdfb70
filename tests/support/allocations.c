/* SPDX-License-Identifier: Apache-2.0 */
/* A malloc, a calloc and a realloc that fail once. */
#include "support/allocations.h"

#include <stdatomic.h>
#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

static atomic_long until_failure = -1; /* allocations; -1 never */
static atomic_bool has_failed;

static bool fails_now(void)
{
    if (atomic_load(&until_failure) < 0 || atomic_fetch_sub(&until_failure, 1) != 0)
        return false;
    atomic_store(&has_failed, true);
    return true;
}

void *__wrap_malloc(size_t n)
{
    return fails_now() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t count, size_t n)
{
    return fails_now() ? NULL : __real_calloc(count, n);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails_now() ? NULL : __real_realloc(p, n);
}

void allocations_fail_after(long n)
{
    atomic_store(&has_failed, false);
    atomic_store(&until_failure, n);
}

bool allocations_end(void)
{
    atomic_store(&until_failure, -1);
    return atomic_load(&has_failed);
}
