/* SPDX-License-Identifier: Apache-2.0 */
/* custos-picture and custos-jpeg: hold picture libraries in a sandbox, and fork to decode one
 * file. */
#include "picture/examine.h"
#include "picture/protocol.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    page_bytes = 4096,
    huge_bytes = 2 << 20,                                /* of a huge page */
    samples_bytes = cu_canvas_side * cu_canvas_side * 3, /* of a photograph */
    collapse = 25,                                       /* MADV_COLLAPSE, since Linux 6.1 */
};

static cu_canvas_room samples;

/*
 * Pages that each child would otherwise be given anew, at a fault a page: they lie in one huge
 * page. The child that had it is dead before the next begins, and that one clears it before it
 * looks at its file. Where the system has no such page, each child has its own memory.
 */
static void make_room(void)
{
    uint8_t *const p = mmap(NULL, 2 * (size_t)huge_bytes, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    /* A child's memory ends with it: giving some back to the system before is lost labour. */
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 1 << 20);
    if (p == MAP_FAILED)
        return;

    const size_t before = (huge_bytes - (uintptr_t)p % huge_bytes) % huge_bytes;
    uint8_t *const page = p + before;

    memset(page, 0, huge_bytes);
    if (madvise(page, huge_bytes, collapse) == 0)
        samples = (cu_canvas_room){page, samples_bytes};
    else
        (void)munmap(page, huge_bytes);
    /* Nothing else may be shared. */
    if (before > 0)
        (void)munmap(p, before);
    (void)munmap(page + huge_bytes, huge_bytes - before);
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

    /* Nothing of the file before is there when this one's first byte is looked at. */
    if (samples.p != NULL)
        memset(samples.p, 0, huge_bytes);
    if (request.n != sizeof asked || fd_count != 2)
        return cu_fail(err, CU_EUSAGE, "not an item");
    memcpy(&asked, request.p, sizeof asked);

    const uint64_t before = asked.offset % page_bytes;
    const uint8_t *const p = mmap(NULL, before + asked.bytes, PROT_READ, MAP_SHARED, fds[1],
                                  (off_t)(asked.offset - before));

    if (p == MAP_FAILED)
        return cu_fail_os(err, "could not map the file");
    cu_picture_examine_with((cu_bytes){p + before, asked.bytes},
                            &(cu_picture_wish){.full = asked.full != 0,
                                               .views = asked.views != 0 ? &views : NULL,
                                               .room = samples},
                            &facts);
    return cu_sandbox_write_all(fds[0], &facts, sizeof facts) &&
                   (asked.views == 0 || cu_sandbox_write_all(fds[0], &views, sizeof views))
               ? CU_OK
               : cu_fail(err, CU_EIO, "the broker is gone");
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};

    make_room();
    tzset(); /* what libc reads at first use, before there are no files any more */
    return cu_zygote_serve(&work);
}
