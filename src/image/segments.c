/* SPDX-License-Identifier: Apache-2.0 */
/* The broker opens every file of a source, so that the child needs none by name. */
#include "image/image.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

static cu_status measure(cu_segments *all, cu_segment *segment, const char *path, cu_err *err)
{
    struct stat status;

    if (fstat(segment->fd, &status) != 0)
        return cu_fail_os(err, "could not look at \"%s\"", path);
    if (S_ISDIR(status.st_mode))
        return cu_fail(err, CU_EUNSUPPORTED, "\"%s\" is a folder", path);
    if (S_ISBLK(status.st_mode)) {
        int sector = 0;

        if (ioctl(segment->fd, BLKGETSIZE64, &segment->bytes) != 0 ||
            ioctl(segment->fd, BLKSSZGET, &sector) != 0)
            return cu_fail_os(err, "could not measure the device \"%s\"", path);
        all->is_device = true;
        all->sector_bytes = (uint32_t)sector;
        return CU_OK;
    }
    if (!S_ISREG(status.st_mode))
        return cu_fail(err, CU_EUNSUPPORTED, "\"%s\" is neither a file nor a block device",
                       path);
    segment->bytes = (uint64_t)status.st_size;
    return CU_OK;
}

/* Adds path to the list. *missing: it is not there, which is no failure then. */
static cu_status add_segment(cu_segments *all, const char *path, bool *missing, cu_err *err)
{
    const char *const slash = strrchr(path, '/');
    cu_segment segment = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
    cu_status st = CU_OK;

    if (segment.fd < 0 && errno == ENOENT && missing != NULL) {
        *missing = true;
        return CU_OK;
    }
    if (segment.fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", path);
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

/* ".E01" or ".s01", or a later one: a letter and two digits, then three letters. */
static bool is_ewf(const char *ending)
{
    return strlen(ending) == 4 && strchr("EeSs", ending[1]) != NULL &&
           isdigit((unsigned char)ending[1]) == 0;
}

/* E99 is followed by EAA, EZZ by FAA. */
static bool next_ewf(char *ending)
{
    const bool lower = ending[1] >= 'a';
    const char first = lower ? 'a' : 'A';
    const char last = lower ? 'z' : 'Z';

    if (strcmp(ending + 2, "99") == 0) {
        ending[2] = ending[3] = first;
        return true;
    }
    for (size_t i = 3; i >= 1; i--) {
        const char end = isdigit((unsigned char)ending[i]) != 0 ? '9' : last;

        if (ending[i] != end) {
            ending[i]++;
            return true;
        }
        ending[i] = end == '9' ? '0' : first;
    }
    return false;
}

/* Adds one to the digits or letters of an ending; false where it has no next. */
static bool next_ending(char *ending)
{
    if (is_ewf(ending))
        return next_ewf(ending);
    for (char *p = ending + strlen(ending) - 1; p >= ending && *p != '.'; p--) {
        if (*p == '9' || *p == 'z' || *p == 'Z') {
            *p = *p == '9' ? '0' : (char)(*p - 25);
            continue;
        }
        (*p)++;
        return true;
    }
    return false;
}

/* ".000", ".001", ".aa", ".E01", ".s01": the first of several. */
static bool is_split_start(const char *ending)
{
    return strcmp(ending, ".000") == 0 || strcmp(ending, ".001") == 0 ||
           strcmp(ending, ".aa") == 0 || strcasecmp(ending, ".e01") == 0 ||
           strcasecmp(ending, ".s01") == 0;
}

/* Whether a later segment than path is there: then the one in between is missing. */
static bool later_exists(char *path, char *ending)
{
    for (int i = 0; i < 8 && next_ending(ending); i++) {
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

    if (ending == NULL || !is_split_start(ending))
        return CU_OK;
    while (st == CU_OK && next_ending(ending) && all->count < cu_image_segments_max) {
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

cu_status cu_segments_open(const char *path, cu_segments *out, cu_err *err)
{
    cu_segments all = {0};
    cu_status st = add_segment(&all, path, NULL, err);

    if (st == CU_OK && !all.is_device)
        st = add_siblings(&all, path, err);
    if (st == CU_OK && all.count == 1 && all.list[0].bytes == 0)
        st = cu_fail(err, CU_EFORMAT, "it is empty");
    if (st != CU_OK) {
        cu_segments_close(&all);
        return st;
    }
    *out = all;
    return CU_OK;
}
