/* SPDX-License-Identifier: Apache-2.0 */
/* The broker opens every file of a source, so that the child needs none by name. */
#include "image/descriptor.h"
#include "image/image.h"
#include "image/sequence.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

void cu_segments_close(cu_segments *segments)
{
    for (size_t i = 0; i < segments->count; i++)
        close(segments->list[i].fd);
    free(segments->list);
    *segments = (cu_segments){0};
}

/* What errors call the file that is added next. The first is the source itself, which whoever
 * opens it names. */
static const char *called(const cu_segments *all, const char *path, char out[PATH_MAX])
{
    (void)snprintf(out, PATH_MAX, all->count == 0 ? "it" : "\"%.4000s\"", path);
    return out;
}

static cu_status measure(cu_segments *all, cu_segment *segment, const char *path, cu_err *err)
{
    struct stat status;
    char name[PATH_MAX];

    if (fstat(segment->fd, &status) != 0)
        return cu_fail_os(err, "could not look at %s", called(all, path, name));
    if (S_ISDIR(status.st_mode))
        return cu_fail(err, CU_EUNSUPPORTED, "%s is a folder", called(all, path, name));
    if (S_ISBLK(status.st_mode)) {
        int sector = 0;

        if (ioctl(segment->fd, BLKGETSIZE64, &segment->bytes) != 0 ||
            ioctl(segment->fd, BLKSSZGET, &sector) != 0)
            return cu_fail_os(err, "could not measure the device");
        all->is_device = true;
        all->sector_bytes = (uint32_t)sector;
        return CU_OK;
    }
    if (!S_ISREG(status.st_mode))
        return cu_fail(err, CU_EUNSUPPORTED, "%s is neither a file nor a block device",
                       called(all, path, name));
    segment->bytes = (uint64_t)status.st_size;
    return CU_OK;
}

/* Takes the open file fd into the list, or closes it. */
static cu_status take_segment(cu_segments *all, int fd, const char *path, cu_err *err)
{
    const char *const slash = strrchr(path, '/');
    cu_segment segment = {.fd = fd};
    cu_status st = CU_OK;

    (void)snprintf(segment.name, sizeof segment.name, "%.255s",
                   slash == NULL ? path : slash + 1);

    cu_segment *const grown = realloc(all->list, (all->count + 1) * sizeof *grown);

    if (grown == NULL)
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    else
        all->list = grown;
    if (st == CU_OK)
        st = measure(all, &segment, path, err);
    if (st != CU_OK) {
        close(segment.fd);
        return st;
    }
    all->list[all->count++] = segment;
    return CU_OK;
}

/* Adds path to the list. *missing: it is not there, which is no failure then. */
static cu_status add_segment(cu_segments *all, const char *path, bool *missing, cu_err *err)
{
    /* A pipe would keep us waiting for its writer. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT && missing != NULL) {
        *missing = true;
        return CU_OK;
    }
    if (fd < 0 && all->count == 0)
        return cu_fail_errno(err);
    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
    return take_segment(all, fd, path, err);
}

/* Whether a later segment than path is there: then the one in between is missing. */
static bool later_exists(char *path, char *ending)
{
    for (int i = 0; i < 8 && cu_sequence_next(ending); i++) {
        if (access(path, F_OK) == 0)
            return true;
    }
    return false;
}

static cu_status add_siblings(cu_segments *all, const char *path, cu_err *err)
{
    char name[PATH_MAX];
    cu_status st = CU_OK;

    if ((size_t)snprintf(name, sizeof name, "%s", path) >= sizeof name)
        return CU_OK;

    char *const slash = strrchr(name, '/');
    char *const ending = strrchr(slash == NULL ? name : slash, '.');

    if (ending == NULL || !cu_sequence_starts(ending))
        return CU_OK;
    while (st == CU_OK && cu_sequence_next(ending) && all->count < cu_image_segments_max) {
        bool missing = false;

        st = add_segment(all, name, &missing, err);
        if (!missing)
            continue;
        if (later_exists(name, ending))
            st = cu_fail(err, CU_ENOTFOUND, "segment %zu is missing, and a later one is there",
                         all->count + 1);
        break;
    }
    return st;
}

/* ---- the extents of a VMDK ---- */

static bool is_there(const cu_segments *all, const char *name)
{
    for (size_t i = 1; i < all->count; i++) {
        if (strcmp(all->list[i].name, name) == 0)
            return true;
    }
    return false;
}

/* One file that the text names, in the text's own folder and not by way of a link out of it. */
static cu_status add_extent(cu_segments *all, int folder, const char *name, cu_err *err)
{
    if (name[0] == '\0' || is_there(all, name))
        return CU_OK;

    const int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);

    /* A missing extent is told by whoever reads the rest. */
    if (fd < 0 && errno == ENOENT)
        return CU_OK;
    if (fd < 0)
        return cu_fail_os(err, "could not open the extent \"%s\"", name);
    return take_segment(all, fd, name, err);
}

static cu_status add_extents(cu_segments *all, const char *path, cu_bytes text, cu_err *err)
{
    cu_vmdk_descriptor descriptor = {0};
    char folder[PATH_MAX];
    const char *const slash = strrchr(path, '/');
    const size_t n = slash == NULL ? 0 : (size_t)(slash - path) + 1;

    if (n >= sizeof folder)
        return cu_fail(err, CU_EUSAGE, "its path is too long");
    memcpy(folder, path, n);
    (void)snprintf(folder + n, sizeof folder - n, "%s", n == 0 ? "." : "");

    cu_status st = cu_vmdk_descriptor_parse(text, &descriptor, err);

    if (st != CU_OK)
        return cu_while(err, st, "as vmdk");

    const int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        st = cu_fail_os(err, "could not open the folder \"%s\"", folder);
    for (size_t i = 0; st == CU_OK && i < descriptor.count; i++)
        st = add_extent(all, fd, descriptor.list[i].file, err);
    if (fd >= 0)
        close(fd);
    cu_vmdk_descriptor_free(&descriptor);
    return st;
}

/* The text of a VMDK descriptor, where the first file is one; else empty. */
static cu_status read_descriptor(const cu_segments *all, cu_buffer *out, cu_err *err)
{
    const cu_segment *const first = &all->list[0];
    const size_t n =
        first->bytes < cu_vmdk_descriptor_max ? (size_t)first->bytes : cu_vmdk_descriptor_max;
    uint8_t head[32];
    ssize_t done = pread(first->fd, head, sizeof head, 0);

    if (done < 0 || !cu_vmdk_is_descriptor((cu_bytes){head, (size_t)done}))
        return CU_OK;
    if (!cu_buffer_reserve(out, n))
        return cu_fail(err, CU_ENOMEM, "out of memory");
    done = pread(first->fd, out->p, n, 0);
    if (done < 0)
        return cu_fail_os(err, "could not read it");
    out->n = (size_t)done;
    return CU_OK;
}

static cu_status add_others(cu_segments *all, const char *path, cu_err *err)
{
    cu_buffer text = {.ceiling = cu_vmdk_descriptor_max};
    cu_status st = read_descriptor(all, &text, err);

    if (st == CU_OK)
        st = text.n > 0 ? add_extents(all, path, cu_buffer_view(&text), err)
                        : add_siblings(all, path, err);
    cu_buffer_free(&text);
    return st;
}

cu_status cu_segments_open(const char *path, cu_segments *out, cu_err *err)
{
    cu_segments all = {0};
    cu_status st = add_segment(&all, path, NULL, err);

    if (st == CU_OK && !all.is_device)
        st = add_others(&all, path, err);
    if (st == CU_OK && all.count == 1 && all.list[0].bytes == 0)
        st = cu_fail(err, CU_EFORMAT, "it is empty");
    if (st != CU_OK) {
        cu_segments_close(&all);
        return st;
    }
    *out = all;
    return CU_OK;
}

static bool is_segment(const cu_segments *segments, const struct stat *wanted)
{
    for (size_t i = 0; i < segments->count; i++) {
        struct stat status;

        if (fstat(segments->list[i].fd, &status) == 0 && status.st_dev == wanted->st_dev &&
            status.st_ino == wanted->st_ino)
            return true;
    }
    return false;
}

cu_status cu_segments_expect(const cu_segments *segments, const char *const *paths,
                             size_t count, cu_err *err)
{
    for (size_t i = 0; i < count; i++) {
        struct stat status;

        if (stat(paths[i], &status) != 0)
            return cu_fail_os(err, "could not look at \"%s\"", paths[i]);
        if (!is_segment(segments, &status))
            return cu_fail(err, CU_EUSAGE,
                           "\"%s\" is no part of the source that begins with the first file",
                           paths[i]);
    }
    return CU_OK;
}
