/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a folder, or one file, digested here: a set of what somebody has. */
#include "hashset/fields.h"

#include "digest/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { room_bytes = 256 * 1024, depth_max = 256 };

typedef struct walking {
    cu_hashset_builder *builder;
    const cu_hashset_source *source;
    size_t root; /* characters of the path before the names inside it */
    uint8_t *room;
    uint64_t done; /* bytes */
} walking;

/* By bytes, so that a folder gives the same set wherever it is copied to. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static cu_status digest_all(walking *self, int fd, const char *path, cu_digests *out,
                            uint64_t *bytes, cu_err *err)
{
    cu_digest_stream stream;
    cu_status st = CU_OK;

    cu_digest_init(&stream, CU_DIGEST_ALL);
    *bytes = 0;
    for (;;) {
        const ssize_t n = read(fd, self->room, room_bytes);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return cu_fail_os(err, "could not read \"%s\"", path);
        if (n == 0)
            break;
        cu_digest_update(&stream, (cu_bytes){self->room, (size_t)n});
        *bytes += (uint64_t)n;
        st = cu_hashset_builder_reach(self->builder, self->done + *bytes, err);
        if (st != CU_OK)
            return st;
    }
    cu_digest_final(&stream, out);
    self->done += *bytes;
    return CU_OK;
}

static cu_status add_file(walking *self, const char *path, cu_err *err)
{
    /* Not through a link, and not waiting for whoever writes to a pipe. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    cu_hashset_row row = {.has = {true, true, true}, .has_size = true};
    cu_digests digests;

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);

    const cu_status st = digest_all(self, fd, path, &digests, &row.size, err);

    close(fd);
    if (st != CU_OK)
        return st;
    memcpy(row.digest[CU_HASHSET_MD5], digests.md5, sizeof digests.md5);
    memcpy(row.digest[CU_HASHSET_SHA1], digests.sha1, sizeof digests.sha1);
    memcpy(row.digest[CU_HASHSET_SHA256], digests.sha256, sizeof digests.sha256);
    row.pdq_quality = cu_hashset_quality_unknown;
    row.name = (cu_bytes){(const uint8_t *)path + self->root, strlen(path + self->root)};
    return cu_hashset_builder_add(self->builder, &row, err);
}

static cu_status visit(walking *self, FTS *walk, FTSENT *entry, cu_err *err)
{
    switch (entry->fts_info) {
    case FTS_F:
        return add_file(self, entry->fts_path, err);
    case FTS_D:
        if (entry->fts_level <= depth_max)
            return CU_OK;
        (void)fts_set(walk, entry, FTS_SKIP);
        return cu_fail(err, CU_ELIMIT, "\"%.200s\" is deeper than %d folders", entry->fts_path,
                       depth_max);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        errno = entry->fts_errno;
        return cu_fail_os(err, "could not read \"%s\"", entry->fts_path);
    default: /* links, devices, pipes, sockets; a folder on the way out */
        return CU_OK;
    }
}

/* A folder's name and its slash are no part of the names inside; of one file, its folder's. */
static size_t root_of(const char *path, bool folder)
{
    const char *const slash = strrchr(path, '/');
    const size_t n = strlen(path);

    if (!folder)
        return slash == NULL ? 0 : (size_t)(slash - path) + 1;
    return n > 0 && path[n - 1] == '/' ? n : n + 1;
}

static cu_status walk_all(walking *self, char *path, cu_err *err)
{
    char *const roots[] = {path, NULL};
    FTS *const walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    cu_status st = CU_OK;

    if (walk == NULL)
        return cu_fail_os(err, "could not read \"%s\"", path);
    errno = 0;
    for (FTSENT *entry = fts_read(walk); st == CU_OK && entry != NULL; entry = fts_read(walk)) {
        if (entry->fts_level == 0)
            self->root = root_of(path, entry->fts_info == FTS_D);
        st = visit(self, walk, entry, err);
        errno = 0;
    }
    if (st == CU_OK && errno != 0)
        st = cu_fail_os(err, "could not read \"%s\"", path);
    (void)fts_close(walk);
    return st;
}

static cu_status read_files(cu_hashset_builder *builder, const cu_hashset_source *source,
                            cu_err *err)
{
    walking self = {.builder = builder, .source = source, .room = malloc(room_bytes)};
    char *const path = strdup(source->path);
    const cu_status st = self.room == NULL || path == NULL
                             ? cu_fail(err, CU_ENOMEM, "out of memory")
                             : walk_all(&self, path, err);

    free(self.room);
    free(path);
    return st;
}

const cu_hashset_format cu_hashset_format_files = {
    .name = "files",
    .what = "the files of a folder, digested here",
    .read = read_files,
    .by_path = true,
};
