/* SPDX-License-Identifier: Apache-2.0 */
/* custos-picture and custos-jpeg: hold picture libraries in a sandbox, and fork to decode one
 * file. */
#include "picture/examine.h"
#include "picture/protocol.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    page_bytes = 4096,
    heap_bytes = 400 << 10, /* what a photograph takes: tables, rows, what is hashed */
};

/*
 * The memory that the picture will take is faulted in at once, before there is a picture: each
 * of its pages would cost a fault of its own while somebody waits.
 */
static void make_room(CU_UNUSED void *state)
{
    uint8_t *const p = malloc(heap_bytes);

    if (p == NULL)
        return;

    uint8_t *const first = p + (page_bytes - (uintptr_t)p % page_bytes);

    /* A kernel that does not know it says so, and the pages come one by one. */
    (void)madvise(first, heap_bytes - page_bytes, MADV_POPULATE_WRITE);
    free(p);
}

static cu_status handle(CU_UNUSED void *state, CU_UNUSED cu_bytes request,
                        CU_UNUSED const int *fds, CU_UNUSED size_t fd_count,
                        CU_UNUSED cu_buffer *reply, cu_err *err)
{
    return cu_fail(err, CU_EUSAGE, "not a question");
}

static cu_status item(CU_UNUSED void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    static cu_picture_facts facts;
    static cu_picture_views views;
    cu_picture_request asked;

    if (request.n != sizeof asked || fd_count != 2)
        return cu_fail(err, CU_EUSAGE, "not an item");
    memcpy(&asked, request.p, sizeof asked);

    const uint64_t before = asked.offset % page_bytes;
    const uint8_t *const p = mmap(NULL, before + asked.bytes, PROT_READ, MAP_SHARED, fds[1],
                                  (off_t)(asked.offset - before));

    if (p == MAP_FAILED)
        return cu_fail_os(err, "could not map the file");
    cu_picture_examine_with(
        (cu_bytes){p + before, asked.bytes},
        &(cu_picture_wish){.full = asked.full != 0, .views = asked.views != 0 ? &views : NULL},
        &facts);
    return cu_sandbox_write_all(fds[0], &facts, sizeof facts) &&
                   (asked.views == 0 || cu_sandbox_write_all(fds[0], &views, sizeof views))
               ? CU_OK
               : cu_fail(err, CU_EIO, "the broker is gone");
}

int main(void)
{
    const cu_zygote_work work = {.ready = make_room, .handle = handle, .item = item};

    /* A child's memory ends with it: giving some back to the system before is lost labour. */
    /* NOLINTBEGIN(concurrency-mt-unsafe): there is one thread yet */
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 1 << 20);
    /* NOLINTEND(concurrency-mt-unsafe) */
    tzset(); /* what libc reads at first use, before there are no files any more */
    return cu_zygote_serve(&work);
}
