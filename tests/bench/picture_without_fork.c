/* SPDX-License-Identifier: Apache-2.0 */
/* For bench_picture.c alone: the sandbox of custos-jpeg, all pictures in its one process. */
#include "picture/examine.h"
#include "sandbox/sandbox.h"

#include <malloc.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The request is the file's length, its descriptor the file. */
static cu_status handle(CU_UNUSED void *state, cu_bytes request, const int *fds,
                        size_t fd_count, cu_buffer *reply, cu_err *err)
{
    cu_picture_facts facts;
    uint64_t n = 0;

    if (request.n != sizeof n || fd_count != 1)
        return cu_fail(err, CU_EUSAGE, "not a picture");
    memcpy(&n, request.p, sizeof n);

    uint8_t *const p = mmap(NULL, n, PROT_READ, MAP_SHARED, fds[0], 0);

    close(fds[0]);
    if (p == MAP_FAILED)
        return cu_fail_os(err, "could not map the picture");
    cu_picture_examine_here((cu_bytes){p, n}, false, &facts);
    (void)munmap(p, n);
    cu_buffer_append(reply, &facts, sizeof facts);
    return reply->bad;
}

static cu_status item(CU_UNUSED void *state, CU_UNUSED cu_bytes request,
                      CU_UNUSED const int *fds, CU_UNUSED size_t fd_count, cu_err *err)
{
    return cu_fail(err, CU_EUSAGE, "there are no items");
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};

    /* As server.c does. */
    (void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    (void)mallopt(M_TOP_PAD, 1 << 20);
    tzset();
    return cu_zygote_serve(&work);
}
