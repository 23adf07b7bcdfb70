/* SPDX-License-Identifier: Apache-2.0 */
/* A small file that is either the old one or the new one, whatever happens, and is whole. */
#include "base/newfile.h"
#include "signer/protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    path_max = CU_STATE_PATH + 8,
    sum_line = 7 + 64 + 1, /* "sha256 ", the digits, a line feed */
};

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

/* ---- what is in it ---- */

/* What stands behind body: its digest. */
static void sum_of(cu_bytes body, char line[sum_line + 1])
{
    cu_hash sum;
    char hex[65];

    cu_tlog_sha256(body, &sum);
    cu_hex_encode((cu_bytes){sum.b, sizeof sum.b}, hex);
    (void)snprintf(line, sum_line + 1, "sha256 %s\n", hex);
}

static bool check_sum(cu_bytes text, cu_bytes *body)
{
    char line[sum_line + 1];

    if (text.n < sum_line)
        return false;
    *body = cu_bytes_slice(text, 0, text.n - sum_line);
    sum_of(*body, line);
    return memcmp(text.p + body->n, line, sum_line) == 0;
}

/* Memory for any state, so that it does not move and leave a copy of a key behind. */
static void make_room(cu_buffer *text)
{
    (void)cu_buffer_reserve(text, CU_SIGNER_MESSAGE);
}

static cu_status keep_path(const char *path, char kept[CU_STATE_PATH], cu_err *err)
{
    return snprintf(kept, CU_STATE_PATH, "%s", path) < CU_STATE_PATH
               ? CU_OK
               : cu_fail(err, CU_EUSAGE, "the path \"%s\" is too long", path);
}

cu_status cu_state_begin(const char *path, char kept[CU_STATE_PATH], cu_err *err)
{
    return access(path, F_OK) == 0 ? cu_fail(err, CU_EEXISTS, "\"%s\" is there already", path)
                                   : keep_path(path, kept, err);
}

cu_status cu_state_load(const cu_state_kind *kind, const char *path, char kept[CU_STATE_PATH],
                        void *self, cu_err *err)
{
    cu_buffer text = {0};
    cu_bytes rest = {0};
    cu_bytes line = {0};
    cu_status st = keep_path(path, kept, err);

    make_room(&text);
    if (st == CU_OK)
        st = cu_state_read(path, &text, err);
    if (st == CU_OK &&
        (!check_sum(cu_buffer_view(&text), &rest) || !cu_line_take(&rest, &line) ||
         !cu_bytes_are(line, kind->magic) || !kind->parse(self, rest)))
        st = cu_fail(err, CU_EFORMAT, "\"%s\" is not the state of a %s, or is damaged", path,
                     kind->what);
    cu_buffer_wipe(&text);
    return st;
}

cu_status cu_state_save(const cu_state_kind *kind, const char *path, const void *self,
                        cu_err *err)
{
    cu_buffer text = {0};
    char line[sum_line + 1];
    cu_status st;

    make_room(&text);
    cu_buffer_format(&text, "%s\n", kind->magic);
    kind->append(self, &text);
    sum_of(cu_buffer_view(&text), line);
    cu_buffer_append(&text, line, sum_line);
    st = cu_buffer_check(&text, err);
    if (st == CU_OK)
        st = cu_state_write(path, cu_buffer_view(&text), err);
    cu_buffer_wipe(&text);
    return st;
}
