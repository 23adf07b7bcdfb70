/* SPDX-License-Identifier: Apache-2.0 */
/* O_TMPFILE and a link where the file system has them, a partial file and a rename elsewhere.
 */
#include "base/newfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The folder of path, for the caller to free. NULL: out of memory. */
static char *folder_of(const char *path)
{
    const char *const slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static char *join(const char *path, const char *suffix)
{
    char *joined = NULL;

    return asprintf(&joined, "%s%s", path, suffix) < 0 ? NULL : joined;
}

static int open_nameless(const char *folder)
{
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

/* lstat, not access: a link that leads nowhere has the name, too. */
static bool is_there(const char *path)
{
    struct stat facts;

    return lstat(path, &facts) == 0;
}

cu_status cu_newfile_begin(const char *path, cu_newfile *out, cu_err *err)
{
    cu_newfile file = {.fd = -1, .path = strdup(path)};
    char *const folder = folder_of(path);

    if (is_there(path)) {
        free(file.path);
        free(folder);
        return cu_fail(err, CU_EEXISTS, "\"%s\" is there already", path);
    }
    if (file.path != NULL && folder != NULL)
        file.fd = open_nameless(folder);
    if (file.path != NULL && folder != NULL && file.fd < 0 &&
        (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
        file.partial = join(path, ".partial");
        if (file.partial != NULL) {
            (void)unlink(file.partial); /* of a run that was killed */
            file.fd = open(file.partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        }
    }

    const bool failed = file.fd < 0;
    const cu_status st = failed ? cu_fail_os(err, "could not make \"%s\"", path) : CU_OK;

    free(folder);
    if (failed) {
        free(file.path);
        free(file.partial);
        return st;
    }
    *out = file;
    return CU_OK;
}

cu_status cu_newfile_begin_named(const char *path, const char *partial, mode_t mode,
                                 cu_newfile *out, cu_err *err)
{
    cu_newfile file = {.fd = -1, .path = strdup(path), .partial = strdup(partial)};
    cu_status st = CU_OK;

    if (file.path == NULL || file.partial == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    else if (is_there(path) || is_there(partial))
        st = cu_fail(err, CU_EEXISTS, "\"%s\" is there already",
                     is_there(path) ? path : partial);
    if (st == CU_OK) {
        file.fd = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (file.fd < 0)
            st = cu_fail_os(err, "could not make \"%s\"", partial);
    }
    if (st != CU_OK) {
        free(file.path);
        free(file.partial);
        return st;
    }
    *out = file;
    return CU_OK;
}

static int name_it(const cu_newfile *file)
{
    char self[64];
    int result = 0;

    if (file->partial == NULL) {
        (void)snprintf(self, sizeof self, "/proc/self/fd/%d", file->fd);
        return linkat(AT_FDCWD, self, AT_FDCWD, file->path, AT_SYMLINK_FOLLOW);
    }
    result = renameat2(AT_FDCWD, file->partial, AT_FDCWD, file->path, RENAME_NOREPLACE);
    if (result != 0 && (errno == EINVAL || errno == ENOSYS)) { /* not on this file system */
        result = link(file->partial, file->path);
        if (result == 0)
            (void)unlink(file->partial);
    }
    return result;
}

cu_status cu_flush_folder_of(const char *path, cu_err *err)
{
    char *const folder = folder_of(path);
    const int fd = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    cu_status st = CU_OK;

    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL))
        st = cu_fail_os(err, "could not flush the folder of \"%s\"", path);
    if (fd >= 0)
        (void)close(fd);
    free(folder);
    return st;
}

cu_status cu_newfile_finish(cu_newfile *file, cu_err *err)
{
    cu_status st = CU_OK;

    if (fsync(file->fd) != 0)
        st = cu_fail_os(err, "could not write \"%s\"", file->path);
    if (st == CU_OK && name_it(file) != 0)
        st = errno == EEXIST ? cu_fail(err, CU_EEXISTS, "\"%s\" is there already", file->path)
                             : cu_fail_os(err, "could not give \"%s\" its name", file->path);
    if (st == CU_OK) {
        free(file->partial);
        file->partial = NULL;
        st = cu_flush_folder_of(file->path, err);
    }
    cu_newfile_abandon(file);
    return st;
}

void cu_newfile_abandon(cu_newfile *file)
{
    if (file->path == NULL)
        return;
    if (file->fd >= 0)
        (void)close(file->fd);
    if (file->partial != NULL)
        (void)unlink(file->partial);
    free(file->partial);
    free(file->path);
    *file = (cu_newfile){.fd = -1};
}

cu_status cu_newfile_scratch(const char *path, int *fd, cu_err *err)
{
    char *const folder = folder_of(path);
    char *const named = join(path, ".scratch-XXXXXX");
    int opened = -1;
    cu_status st = CU_OK;

    if (folder != NULL && named != NULL) {
        opened = open_nameless(folder);
        if (opened < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
            opened = mkostemp(named, O_CLOEXEC);
            if (opened >= 0)
                (void)unlink(named);
        }
    }
    if (opened < 0)
        st = cu_fail_os(err, "could not make a scratch file beside \"%s\"", path);
    else
        *fd = opened;
    free(folder);
    free(named);
    return st;
}

cu_status cu_write_all(int fd, cu_bytes bytes, const char *path, cu_err *err)
{
    while (bytes.n > 0) {
        const ssize_t put = write(fd, bytes.p, bytes.n);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return cu_fail_os(err, "could not write \"%s\"", path);
        bytes = cu_bytes_slice(bytes, (size_t)put, bytes.n);
    }
    return CU_OK;
}
