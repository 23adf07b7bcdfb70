/* SPDX-License-Identifier: Apache-2.0 */
/* custos-picture: holds the picture libraries in a sandbox, and forks to decode one file. */
#include "picture/examine.h"
#include "picture/protocol.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { page_bytes = 4096 };

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
    cu_picture_examine_with((cu_bytes){p + before, asked.bytes}, asked.full != 0,
                            asked.views != 0 ? &views : NULL, &facts);
    return cu_sandbox_write_all(fds[0], &facts, sizeof facts) &&
                   (asked.views == 0 || cu_sandbox_write_all(fds[0], &views, sizeof views))
               ? CU_OK
               : cu_fail(err, CU_EIO, "the broker is gone");
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};

    tzset(); /* what libc reads at first use, before there are no files any more */
    return cu_zygote_serve(&work);
}
