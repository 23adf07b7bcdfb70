/* SPDX-License-Identifier: Apache-2.0 */
/* Notices a failed allocation anywhere in the process: libtsk loses entries silently when one
 * fails. Gives what is large in huge pages. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

static atomic_bool ran_out;

bool cu_sandbox_memory_ran_out(void)
{
    return atomic_load(&ran_out);
}

#ifdef CU_WATCH_ALLOCATIONS

enum { huge_bytes = 2 << 20 };

/* Source: glibc exports its allocator under these names for programs that stand in front of it.
 */
/* NOLINTBEGIN: the names are glibc's, and so are the parameters of what we stand in front of.
 */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *old, size_t n);

/* A fork has no page yet: one fault for 512 of them, where the system has such pages. */
static void in_huge_pages(void *taken, size_t n)
{
    const size_t before = (huge_bytes - (uintptr_t)taken % huge_bytes) % huge_bytes;

    (void)madvise((uint8_t *)taken + before, (n - before) / huge_bytes * huge_bytes,
                  MADV_HUGEPAGE);
}

__attribute__((visibility("default"))) void *malloc(size_t n)
{
    void *const taken = __libc_malloc(n);

    if (taken == NULL)
        atomic_store(&ran_out, true);
    else if (n >= 2 * (size_t)huge_bytes)
        in_huge_pages(taken, n);
    return taken;
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t n)
{
    void *const taken = __libc_calloc(count, n);

    if (taken == NULL)
        atomic_store(&ran_out, true);
    return taken;
}

__attribute__((visibility("default"))) void *realloc(void *old, size_t n)
{
    void *const taken = __libc_realloc(old, n);

    if (taken == NULL && n != 0)
        atomic_store(&ran_out, true);
    return taken;
}

/* NOLINTEND */

#endif
