/* SPDX-License-Identifier: Apache-2.0 */
/* Lists and reads the files of a folder. Links are items of their own: none is followed. */
#include "device/folder.h"

#include "base/list.h"
#include "base/map.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    files_max = 1 << 27,
    depth_max = 4096, /* folders in folders */
    link_max = 4096,
};

static const size_t names_max = 8ULL << 30; /* bytes */

typedef struct file {
    uint64_t path;   /* in names, with its zero byte; below the root, without a slash before */
    uint64_t offset; /* on the media */
    uint64_t bytes;
    uint64_t inode;
    uint64_t links;
    int64_t modified_us, accessed_us, changed_us;
    mode_t mode;
    bool again; /* another name of bytes that lie on the media already */
} file;

struct cu_folder {
    int root;
    dev_t device;
    file *list;
    size_t count, room;
    size_t *owners; /* numbers of the files that have bytes of their own, as these lie */
    size_t owner_count, owner_room;
    cu_buffer names;
    cu_map known; /* device and inode to the number of the file that has the bytes */
    uint64_t bytes;
    uint64_t foreign; /* files of other devices, which get numbers of their own */
    cu_buffer unread; /* paths of folders that could not be read, each with its zero byte */
};

/* ---- opening without following ---- */

/* A path below the root, never by way of a link, never out of it. */
static int open_below(int root, const char *path, int flags)
{
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC | O_NOATIME),
                           .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    long fd = syscall(SYS_openat2, root, *path == '\0' ? "." : path, &how, sizeof how);

    /* Only a file's owner may read it without leaving a trace in its time of access. */
    if (fd < 0 && errno == EPERM) {
        how.flags &= ~(unsigned long long)O_NOATIME;
        fd = syscall(SYS_openat2, root, *path == '\0' ? "." : path, &how, sizeof how);
    }
    return (int)fd;
}

/* ---- listing ---- */

static int64_t time_us(struct timespec time)
{
    int64_t us = 0;

    if (__builtin_mul_overflow((int64_t)time.tv_sec, (int64_t)1000000, &us) ||
        __builtin_add_overflow(us, (int64_t)(time.tv_nsec / 1000), &us))
        return INT64_MIN;
    return us;
}

/* Where the bytes of a file with several names lie already. */
static cu_status find_link(cu_folder *self, const struct stat *status, file *added, cu_err *err)
{
    const uint64_t id[2] = {(uint64_t)status->st_dev, (uint64_t)status->st_ino};
    bool first = false;

    if (status->st_nlink < 2)
        return CU_OK;

    const uint64_t *const known =
        cu_map_put(&self->known, cu_map_hash(3, (cu_bytes){(const uint8_t *)id, sizeof id}),
                   self->count, &first);

    if (known == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (!first && self->list[*known].bytes == added->bytes) {
        added->again = true;
        added->offset = self->list[*known].offset;
        added->inode = self->list[*known].inode;
    }
    return CU_OK;
}

static cu_status add_owner(cu_folder *self, cu_err *err)
{
    size_t *const list =
        cu_list_room(self->owners, self->owner_count, &self->owner_room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->owners = list;
    list[self->owner_count++] = self->count;
    return CU_OK;
}

static cu_status add_file(cu_folder *self, const char *path, const struct stat *status,
                          cu_err *err)
{
    file added = {.path = self->names.n,
                  .offset = self->bytes,
                  .links = (uint64_t)status->st_nlink,
                  .inode = (uint64_t)status->st_ino,
                  .mode = status->st_mode,
                  .modified_us = time_us(status->st_mtim),
                  .accessed_us = time_us(status->st_atim),
                  .changed_us = time_us(status->st_ctim)};
    cu_status st = CU_OK;

    if (self->count == files_max)
        return cu_fail(err, CU_ELIMIT, "it has more files than can be held");

    file *const list = cu_list_room(self->list, self->count, &self->room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->list = list;
    if (status->st_dev != self->device)
        added.inode = 1ULL << 63 | self->foreign++;
    if (S_ISREG(status->st_mode)) {
        added.bytes = status->st_size < 0 ? 0 : (uint64_t)status->st_size;
        st = find_link(self, status, &added, err);
    }
    if (st != CU_OK)
        return st;
    if (!added.again && added.bytes > 0)
        st = add_owner(self, err);
    if (st != CU_OK)
        return st;
    if (!added.again && __builtin_add_overflow(self->bytes, added.bytes, &self->bytes))
        return cu_fail(err, CU_ELIMIT, "its files are larger than can be");
    cu_buffer_append(&self->names, path, strlen(path) + 1);
    list[self->count++] = added;
    return cu_buffer_check(&self->names, err);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* The names in an open folder, sorted; fd is closed. False: it cannot be read, or no memory. */
static bool read_names(int fd, char ***out, size_t *count)
{
    DIR *const stream = fdopendir(fd);
    char **names = NULL;
    size_t n = 0;
    bool good = stream != NULL;

    if (stream == NULL)
        close(fd);
    while (good) {
        errno = 0;

        /* The stream is this call's alone. NOLINTNEXTLINE(concurrency-mt-unsafe) */
        const struct dirent *const entry = readdir(stream);

        if (entry == NULL) {
            good = errno == 0;
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;

        char **const grown = realloc(names, (n + 1) * sizeof *names);

        good = grown != NULL;
        names = good ? grown : names;
        if (good)
            good = (names[n] = strdup(entry->d_name)) != NULL;
        n += good;
    }
    if (stream != NULL)
        closedir(stream);
    if (!good) {
        free_names(names, n);
        return false;
    }
    if (n > 0)
        qsort(names, n, sizeof *names, by_name);
    *out = names;
    *count = n;
    return true;
}

/* Folders that are still to be read: a stack, the next in order on top. */
typedef struct pending {
    char **paths;
    size_t count;
} pending;

static cu_status push(pending *self, char *path, cu_err *err)
{
    char **const grown = realloc(self->paths, (self->count + 1) * sizeof *grown);

    if (grown == NULL) {
        free(path);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    self->paths = grown;
    self->paths[self->count++] = path;
    return CU_OK;
}

static cu_status add_unread(cu_folder *self, const char *path, cu_err *err)
{
    char text[128];
    char words[64];

    (void)snprintf(text, sizeof text, "%.80s: %s", *path == '\0' ? "." : path,
                   strerror_r(errno, words, sizeof words));
    cu_buffer_append(&self->unread, text, strlen(text) + 1);
    return cu_buffer_check(&self->unread, err);
}

static size_t depth_of(const char *path)
{
    size_t depth = 0;

    for (; *path != '\0'; path++)
        depth += *path == '/';
    return depth;
}

static cu_status add_name(cu_folder *self, const char *folder, const char *name, pending *left,
                          cu_err *err)
{
    char *path = NULL;
    struct stat status;
    cu_status st = CU_OK;

    if (asprintf(&path, "%s%s%s", folder, *folder == '\0' ? "" : "/", name) < 0)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (fstatat(self->root, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        st = add_unread(self, path, err);
    else if (S_ISDIR(status.st_mode) && depth_of(path) < depth_max)
        return push(left, path, err);
    else
        st = add_file(self, path, &status, err);
    free(path);
    return st;
}

static cu_status list_folder(cu_folder *self, const char *path, pending *left, cu_err *err)
{
    char **names = NULL;
    size_t count = 0;
    const size_t first = left->count;
    const int fd = open_below(self->root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
    cu_status st = CU_OK;

    if (fd < 0 || !read_names(fd, &names, &count))
        return add_unread(self, path, err);
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = add_name(self, path, names[i], left, err);
    free_names(names, count);
    /* The first in order goes on top. */
    for (size_t low = first, high = left->count; low + 1 < high; low++, high--) {
        char *const kept = left->paths[low];

        left->paths[low] = left->paths[high - 1];
        left->paths[high - 1] = kept;
    }
    return st;
}

static cu_status list_all(cu_folder *self, cu_err *err)
{
    pending left = {.count = 0};
    char *const root = strdup("");
    cu_status st =
        root == NULL ? cu_fail(err, CU_ENOMEM, "out of memory") : push(&left, root, err);

    while (left.count > 0) {
        char *const path = left.paths[--left.count];

        if (st == CU_OK)
            st = list_folder(self, path, &left, err);
        free(path);
    }
    free(left.paths);
    return st;
}

cu_status cu_folder_open(const char *path, cu_folder **out, cu_err *err)
{
    cu_folder *const self = calloc(1, sizeof *self);
    struct stat status;
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->names.ceiling = names_max;
    self->unread.ceiling = 1 << 20;
    self->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->root < 0 || fstat(self->root, &status) != 0)
        st = cu_fail_errno(err);
    if (st == CU_OK) {
        self->device = status.st_dev;
        st = list_all(self, err);
    }
    if (st != CU_OK) {
        cu_folder_close(self);
        return st;
    }
    *out = self;
    return CU_OK;
}

void cu_folder_close(cu_folder *folder)
{
    if (folder == NULL)
        return;
    if (folder->root >= 0)
        close(folder->root);
    free(folder->list);
    free(folder->owners);
    cu_buffer_free(&folder->names);
    cu_buffer_free(&folder->unread);
    cu_map_free(&folder->known);
    free(folder);
}

uint64_t cu_folder_bytes(const cu_folder *folder)
{
    return folder->bytes;
}

/* ---- reading ---- */

static const char *path_of(const cu_folder *self, const file *from)
{
    return (const char *)self->names.p + from->path;
}

/* Which owner has the media's byte at offset: the last that starts at or before it. */
static size_t find_owner(const cu_folder *self, uint64_t offset)
{
    size_t low = 0;
    size_t high = self->owner_count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (self->list[self->owners[middle]].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? 0 : low - 1;
}

static void enter(const cu_folder *self, cu_folder_place *place, size_t number)
{
    if (place->file == number + 1)
        return;
    cu_folder_leave(place);
    place->file = number + 1;
    place->fd =
        open_below(self->root, path_of(self, &self->list[number]), O_RDONLY | O_NONBLOCK);
}

static void tell(const cu_image_piece *lost, const char *why)
{
    cu_image_gap gap = {.offset = lost->offset, .bytes = lost->n};

    (void)snprintf(gap.why, sizeof gap.why, "%s", why);
    if (lost->told != NULL)
        lost->told(lost->context, &gap);
}

/* A piece of one file; what is not there any more is zero, and told. */
static void read_file(const cu_folder *self, cu_folder_place *place, size_t number,
                      cu_image_piece piece)
{
    char words[64];

    errno = 0;
    enter(self, place, number);
    while (place->fd >= 0 && piece.n > 0) {
        const ssize_t got = pread(place->fd, piece.out, piece.n,
                                  (off_t)(piece.offset - self->list[number].offset));

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            break;
        }
        piece.out += got;
        piece.offset += (uint64_t)got;
        piece.n -= (size_t)got;
    }
    if (piece.n == 0)
        return;
    memset(piece.out, 0, piece.n);
    tell(&piece, errno == 0 ? "the file is shorter than it was"
                            : strerror_r(errno, words, sizeof words));
}

void cu_folder_read(const cu_folder *folder, cu_folder_place *place,
                    const cu_image_piece *wanted)
{
    cu_image_piece rest = *wanted;

    for (size_t owner = find_owner(folder, rest.offset);
         rest.n > 0 && owner < folder->owner_count; owner++) {
        const size_t number = folder->owners[owner];
        const file *const from = &folder->list[number];
        const uint64_t left = from->bytes - (rest.offset - from->offset);
        cu_image_piece part = rest;

        part.n = left < rest.n ? (size_t)left : rest.n;
        read_file(folder, place, number, part);
        rest.out += part.n;
        rest.offset += part.n;
        rest.n -= part.n;
    }
}

void cu_folder_leave(cu_folder_place *place)
{
    if (place->file != 0 && place->fd >= 0)
        close(place->fd);
    *place = (cu_folder_place){.file = 0, .fd = -1};
}

/* ---- walking ---- */

typedef struct telling {
    const cu_folder *folder;
    cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err);
    void *context;
} telling;

static cu_bytes text_bytes(const char *text, size_t n)
{
    return (cu_bytes){(const uint8_t *)text, n};
}

static cu_status remark(const telling *self, const char *text, cu_err *err)
{
    const cu_entry entry = {.kind = CU_ENTRY_REMARK,
                            .folder = text_bytes("not-examined", 12),
                            .name = text_bytes(text, strlen(text))};

    return self->seen(self->context, &entry, err);
}

/* A pipe, a socket, a device: it has no bytes of its own. */
static cu_status tell_other(const telling *self, const char *path, cu_err *err)
{
    char text[160];

    (void)snprintf(text, sizeof text, "not examined, as it is no plain file: %.110s", path);
    return remark(self, text, err);
}

static cu_status tell_file(const telling *self, const file *from, cu_err *err)
{
    const char *const path = path_of(self->folder, from);
    const char *const slash = strrchr(path, '/');
    const char *const name = slash == NULL ? path : slash + 1;
    cu_extent extent = {0, from->bytes, from->offset};
    char target[link_max];
    cu_entry entry = {.kind = CU_ENTRY_FILE,
                      .folder = text_bytes(path, slash == NULL ? 0 : (size_t)(slash - path)),
                      .name = text_bytes(name, strlen(name)),
                      .inode = from->inode,
                      .links = from->links,
                      .size = from->bytes,
                      .modified_us = from->modified_us,
                      .accessed_us = from->accessed_us,
                      .changed_us = from->changed_us,
                      .born_us = INT64_MIN};

    if (S_ISLNK(from->mode)) {
        const ssize_t n = readlinkat(self->folder->root, path, target, sizeof target);

        entry.flags = CU_ENTRY_LINK | CU_ENTRY_RESIDENT;
        entry.content = text_bytes(target, n < 0 ? 0 : (size_t)n);
        entry.size = entry.content.n;
        entry.links = 1;
    } else if (!S_ISREG(from->mode)) {
        return tell_other(self, path, err);
    } else if (from->bytes > 0) {
        entry.extents = &extent;
        entry.extent_count = 1;
    }
    return self->seen(self->context, &entry, err);
}

cu_status cu_folder_walk(const cu_folder *folder,
                         cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err),
                         void *context, cu_err *err)
{
    const telling self = {folder, seen, context};
    const cu_entry filesystem = {.kind = CU_ENTRY_FILESYSTEM,
                                 .folder = text_bytes("folder", 6),
                                 .size = folder->bytes,
                                 .block_bytes = 1};
    cu_status st = seen(context, &filesystem, err);
    size_t unread = 0;

    for (size_t i = 0; st == CU_OK && i < folder->count; i++)
        st = tell_file(&self, &folder->list[i], err);
    for (size_t at = 0; st == CU_OK && at < folder->unread.n; unread++) {
        const char *const what = (const char *)folder->unread.p + at;
        char text[160];

        (void)snprintf(text, sizeof text, "could not be read: %.130s", what);
        st = remark(&self, text, err);
        at += strlen(what) + 1;
    }
    if (st == CU_OK && unread > 0)
        return cu_fail(err, CU_ENOTFOUND, "%zu of its folders could not be read", unread);
    return st;
}
