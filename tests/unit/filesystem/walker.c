/* SPDX-License-Identifier: Apache-2.0 */
/* A helper that walks the raw image that it is handed, and nothing else. */
#include "filesystem/filesystem.h"
#include "sandbox/sandbox.h"

#include <locale.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static cu_status read_at(void *context, uint64_t offset, void *out, size_t n, cu_err *err)
{
    const int fd = *(const int *)context;

    return pread(fd, out, n, (off_t)offset) == (ssize_t)n
               ? CU_OK
               : cu_fail(err, CU_EIO, "the image cannot be read");
}

static cu_status item(void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    struct stat status;
    char name[16] = "";

    (void)state;
    if (fd_count != 2 || fstat(fds[1], &status) != 0 || request.n >= sizeof name)
        return cu_fail(err, CU_EUSAGE, "an image is wanted");
    memcpy(name, request.p, request.n);

    int fd = fds[1];
    const cu_reader reader = {read_at, &fd, (uint64_t)status.st_size, 512};

    return cu_filesystem_walk(&reader, 0, name, fds[0], err);
}

static cu_status handle(void *state, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err)
{
    (void)state;
    (void)request;
    (void)reply;
    for (size_t i = 0; i < fd_count; i++)
        close(fds[i]);
    return cu_fail(err, CU_EUSAGE, "not a question");
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};

    (void)setlocale(LC_CTYPE, "C.UTF-8");
    tzset();
    return cu_zygote_serve(&work);
}
