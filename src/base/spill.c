/* SPDX-License-Identifier: Apache-2.0 */
/* Mapped files without a name, and a merge sort over them. */
#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { page_bytes = 1 << 16 };

static const size_t run_bytes_usual = (size_t)32 << 20;

/* Not every file system knows files without a name: there, a name that is taken away at once.
 */
static int make_file(const char *folder)
{
    const int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char name[4096];

    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd;
    if (snprintf(name, sizeof name, "%s/.custos-XXXXXX", folder) >= (int)sizeof name) {
        errno = ENAMETOOLONG;
        return -1;
    }

    const int named = mkostemp(name, O_CLOEXEC);

    if (named >= 0)
        (void)unlink(name);
    return named;
}

static cu_status grow_file(cu_spill *spill, size_t bytes, cu_err *err)
{
    if (spill->bytes == 0)
        spill->fd = make_file(spill->folder);
    if (spill->fd < 0)
        return cu_fail_os(err, "could not make a temporary file in \"%s\"", spill->folder);

    /* Without its blocks on the disk, a page that is written when the disk is full kills us. */
    const int failed = posix_fallocate(spill->fd, 0, (off_t)bytes);

    if (failed == 0)
        return CU_OK;
    if (spill->bytes == 0)
        close(spill->fd);
    errno = failed;
    return cu_fail_os(err, "could not make room for %zu bytes in \"%s\"", bytes, spill->folder);
}

cu_status cu_spill_grow(cu_spill *spill, size_t bytes, cu_err *err)
{
    if (bytes <= spill->bytes)
        return CU_OK;
    if (bytes > SIZE_MAX - page_bytes)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;

    const cu_status st = spill->folder == NULL ? CU_OK : grow_file(spill, bytes, err);

    if (st != CU_OK)
        return st;

    const int flags = spill->folder == NULL ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *const p = spill->bytes == 0 ? mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags,
                                             spill->folder == NULL ? -1 : spill->fd, 0)
                                      : mremap(spill->p, spill->bytes, bytes, MREMAP_MAYMOVE);

    if (p == MAP_FAILED) {
        if (spill->bytes == 0 && spill->folder != NULL)
            close(spill->fd);
        return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    spill->p = p;
    spill->bytes = bytes;
    return CU_OK;
}

void cu_spill_free(cu_spill *spill)
{
    if (spill->bytes > 0) {
        (void)munmap(spill->p, spill->bytes);
        if (spill->folder != NULL)
            close(spill->fd);
    }
    spill->p = NULL;
    spill->bytes = 0;
}

/* ---- sorting ---- */

typedef struct run {
    const uint8_t *at, *end;
} run;

typedef struct merge {
    run *heap; /* the run with the least record first */
    size_t count;
    size_t each;
    cu_spill_order *order;
    void *context;
} merge;

static bool is_before(const merge *self, size_t a, size_t b)
{
    const int order = self->order(self->heap[a].at, self->heap[b].at, self->context);

    /* Equal records keep the order of their runs, which lie in the order of their memory. */
    return order < 0 || (order == 0 && self->heap[a].at < self->heap[b].at);
}

static void sink(merge *self, size_t at)
{
    for (;;) {
        size_t least = at;

        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < self->count; child++) {
            if (is_before(self, child, least))
                least = child;
        }
        if (least == at)
            return;

        const run moved = self->heap[at];

        self->heap[at] = self->heap[least];
        self->heap[least] = moved;
        at = least;
    }
}

static void merge_into(merge *self, uint8_t *out)
{
    for (size_t i = self->count; i-- > 0;)
        sink(self, i);
    while (self->count > 0) {
        memcpy(out, self->heap[0].at, self->each);
        out += self->each;
        self->heap[0].at += self->each;
        if (self->heap[0].at == self->heap[0].end)
            self->heap[0] = self->heap[--self->count];
        sink(self, 0);
    }
}

static cu_status merge_runs(cu_spill *spill, merge *self, size_t bytes, size_t run_bytes,
                            cu_err *err)
{
    cu_spill merged = {.folder = spill->folder, .run_bytes = spill->run_bytes};
    uint8_t *const p = spill->p;
    const cu_status st = cu_spill_grow(&merged, bytes, err);

    if (st != CU_OK)
        return st;
    for (size_t at = 0; at < bytes; at += run_bytes) {
        const size_t n = bytes - at < run_bytes ? bytes - at : run_bytes;

        self->heap[self->count++] = (run){p + at, p + at + n};
    }
    merge_into(self, merged.p);
    cu_spill_free(spill);
    *spill = merged;
    return CU_OK;
}

cu_status cu_spill_sort(cu_spill *spill, size_t count, size_t each, cu_spill_order *order,
                        void *context, cu_err *err)
{
    const size_t usual = spill->run_bytes == 0 ? run_bytes_usual : spill->run_bytes;
    const size_t run_bytes = usual < each ? each : usual - usual % each;
    const size_t bytes = count * each;
    uint8_t *const p = spill->p;

    for (size_t at = 0; at < bytes; at += run_bytes) {
        const size_t n = bytes - at < run_bytes ? bytes - at : run_bytes;

        qsort_r(p + at, n / each, each, order, context);
    }
    if (bytes <= run_bytes)
        return CU_OK;

    merge self = {.each = each, .order = order, .context = context};

    self.heap = calloc(bytes / run_bytes + 1, sizeof *self.heap);
    if (self.heap == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const cu_status st = merge_runs(spill, &self, bytes, run_bytes, err);

    free(self.heap);
    return st;
}
