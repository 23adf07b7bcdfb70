/* SPDX-License-Identifier: Apache-2.0 */
/* A small file that is either the old one or the new one, whatever happens. */
#include "base/newfile.h"
#include "signer/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { path_max = 4096 + 8 };

cu_status cu_state_read(const char *path, cu_buffer *out, cu_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    cu_status st = CU_OK;
    ssize_t n = 1;

    if (fd < 0 && errno == ENOENT)
        return cu_fail(err, CU_ENOTFOUND, "\"%s\" is not there", path);
    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
    while (st == CU_OK && n > 0) {
        uint8_t piece[4096];

        n = read(fd, piece, sizeof piece);
        if (n < 0)
            st = cu_fail_os(err, "could not read \"%s\"", path);
        else if (out->n + (size_t)n > CU_SIGNER_MESSAGE)
            st = cu_fail(err, CU_ELIMIT, "\"%s\" is too long", path);
        else
            cu_buffer_append(out, piece, (size_t)n);
        explicit_bzero(piece, sizeof piece);
    }
    (void)close(fd);
    return st == CU_OK ? cu_buffer_check(out, err) : st;
}

cu_status cu_state_write(const char *path, cu_bytes bytes, cu_err *err)
{
    char beside[path_max];
    cu_status st;
    int fd;

    if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
        return cu_fail(err, CU_EUSAGE, "the path \"%s\" is too long", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cu_fail_os(err, "could not make \"%s\"", beside);
    st = cu_write_all(fd, bytes, beside, err);
    if (st == CU_OK && fsync(fd) != 0)
        st = cu_fail_os(err, "could not sync \"%s\"", beside);
    if (close(fd) != 0 && st == CU_OK)
        st = cu_fail_os(err, "could not close \"%s\"", beside);
    if (st == CU_OK && rename(beside, path) != 0)
        st = cu_fail_os(err, "could not name \"%s\"", path);
    if (st != CU_OK) {
        (void)unlink(beside);
        return st;
    }
    return cu_flush_folder_of(path, err);
}

cu_status cu_state_lock(const char *path, cu_err *err)
{
    char lock[path_max];
    int fd;

    if (snprintf(lock, sizeof lock, "%s.lock", path) >= (int)sizeof lock)
        return cu_fail(err, CU_EUSAGE, "the path \"%s\" is too long", path);
    fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return cu_fail_os(err, "could not make \"%s\"", lock);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        return cu_fail(err, CU_EEXISTS, "another process has \"%s\"", path);
    }
    return CU_OK; /* the lock goes with the process */
}
