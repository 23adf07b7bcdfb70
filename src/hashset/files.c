/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a folder, or one file, digested here, and hashed where they are pictures: a set
 * of what somebody has. */
#include "hashset/fields.h"

#include "digest/digest.h"
#include "picture/picture.h"

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
    uint64_t done;               /* bytes */
    cu_picture_decoder *decoder; /* NULL: pictures are files like any other */
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

static void put_pdq(cu_hashset_row *row, const cu_pdq_hash *hash, char variant)
{
    row->has_pdq = true;
    memcpy(row->pdq, hash->codes[CU_PDQ_AS_IS].bytes, sizeof row->pdq);
    row->pdq_quality = (uint8_t)hash->quality;
    row->pdq_variant = variant;
}

/*
 * The row of a picture, and one of its own for the hash of variant F. Where both hashes are the
 * same, one row stands for both. What no decoder claims is no picture: a row without a value,
 * which is counted as left out. A picture that cannot be decoded keeps its digests.
 */
static cu_status add_picture(walking *self, int fd, cu_hashset_row *row, cu_err *err)
{
    const cu_picture_file file = {.fd = fd, .bytes = row->size, .full = true};
    cu_picture_facts facts = {.outcome = CU_PICTURE_NOT};
    cu_hashset_row full = {.path = row->path, .name = row->name, .label = row->name};
    cu_status st = CU_OK;

    row->label = row->name; /* which a match names */
    if (row->size > 0 && lseek(fd, 0, SEEK_SET) == 0)
        st = cu_picture_examine(self->decoder, &file, &facts, err);
    if (st != CU_OK)
        return cu_while(err, st, "examining \"%.*s\"", (int)row->path.n,
                        (const char *)row->path.p);

    const bool hashed = facts.outcome != CU_PICTURE_NOT && facts.hash_count > 0;
    const bool both = hashed && facts.has_full != 0;
    const bool same = both && memcmp(&facts.full.codes[0], &facts.hashes[0].codes[0],
                                     sizeof facts.full.codes[0]) == 0;

    if (facts.outcome == CU_PICTURE_NOT && facts.format[0] == '\0')
        memset(row->has, 0, sizeof row->has);
    if (hashed)
        put_pdq(row, &facts.hashes[0], same ? '\0' : 'A');
    st = cu_hashset_builder_add(self->builder, row, err);
    if (st != CU_OK || !both || same)
        return st;
    put_pdq(&full, &facts.full, 'F');
    return cu_hashset_builder_add(self->builder, &full, err);
}

static cu_status add_file(walking *self, const char *path, cu_err *err)
{
    /* Not through a link, and not waiting for whoever writes to a pipe. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    cu_hashset_row row = {.has = {true, true, true}, .has_size = true};
    cu_digests digests;

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);

    cu_status st = digest_all(self, fd, path, &digests, &row.size, err);

    if (st != CU_OK) {
        close(fd);
        return st;
    }
    memcpy(row.digest[CU_HASHSET_MD5], digests.md5, sizeof digests.md5);
    memcpy(row.digest[CU_HASHSET_SHA1], digests.sha1, sizeof digests.sha1);
    memcpy(row.digest[CU_HASHSET_SHA256], digests.sha256, sizeof digests.sha256);
    row.pdq_quality = cu_hashset_quality_unknown;
    row.path = (cu_bytes){(const uint8_t *)path, strlen(path)};
    row.name = (cu_bytes){(const uint8_t *)path + self->root, strlen(path + self->root)};
    st = self->decoder != NULL ? add_picture(self, fd, &row, err)
                               : cu_hashset_builder_add(self->builder, &row, err);
    close(fd);
    return st;
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

static cu_status read_with(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_picture_decoder *decoder, cu_err *err)
{
    walking self = {
        .builder = builder, .source = source, .room = malloc(room_bytes), .decoder = decoder};
    char *const path = strdup(source->path);
    const cu_status st = self.room == NULL || path == NULL
                             ? cu_fail(err, CU_ENOMEM, "out of memory")
                             : walk_all(&self, path, err);

    free(self.room);
    free(path);
    return st;
}

static cu_status read_files(cu_hashset_builder *builder, const cu_hashset_source *source,
                            cu_err *err)
{
    return read_with(builder, source, NULL, err);
}

static cu_status read_pictures(cu_hashset_builder *builder, const cu_hashset_source *source,
                               cu_err *err)
{
    CU_AUTO(cu_picture_decoder, decoder);
    const cu_status st = cu_picture_decoder_start(&decoder, err);

    return st == CU_OK ? read_with(builder, source, decoder, err) : st;
}

const cu_hashset_format cu_hashset_format_pictures = {
    .name = "pictures",
    .what = "the pictures of a folder, digested and hashed here",
    .read = read_pictures,
    .by_path = true,
};

const cu_hashset_format cu_hashset_format_files = {
    .name = "files",
    .what = "the files of a folder, digested here",
    .read = read_files,
    .by_path = true,
};
