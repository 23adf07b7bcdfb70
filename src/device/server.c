/* SPDX-License-Identifier: Apache-2.0 */
/* custos-device: holds the container open in a sandbox, and forks to read and to walk it. */
#include "device/protocol.h"
#include "filesystem/filesystem.h"
#include "sandbox/sandbox.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct server {
    cu_segments segments;
    cu_image *image;
} server;

static cu_status take_segment(server *self, cu_cursor *c, const int *fds, size_t fd_count,
                              cu_err *err)
{
    cu_segments *const all = &self->segments;
    const uint64_t bytes = cu_cursor_u64le(c);
    const uint32_t sector_bytes = cu_cursor_u32le(c);
    const bool is_device = cu_cursor_u32le(c) != 0;
    const cu_bytes name = cu_cursor_take(c, cu_cursor_left(c));

    if (c->bad || fd_count != 1 || all->count >= cu_image_segments_max)
        return cu_fail(err, CU_EUSAGE, "a segment is not one file");

    cu_segment *const grown = realloc(all->list, (all->count + 1) * sizeof *grown);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    all->list = grown;
    all->sector_bytes = sector_bytes;
    all->is_device = is_device;

    cu_segment *const segment = &grown[all->count++];

    *segment = (cu_segment){.fd = fds[0], .bytes = bytes};
    memcpy(segment->name, name.p,
           name.n < sizeof segment->name ? name.n : sizeof segment->name - 1);
    return CU_OK;
}

static cu_status open_image(server *self, cu_buffer *reply, cu_err *err)
{
    const cu_status st = cu_image_open(&self->segments, &self->image, err);
    const char *remark = NULL;

    if (st != CU_OK)
        return st;
    cu_buffer_append(reply, cu_image_get_facts(self->image), sizeof(cu_image_facts));
    for (size_t i = 0; (remark = cu_image_remark(self->image, i)) != NULL; i++) {
        const size_t n = strlen(remark) + 1;

        if (reply->n + n > cu_sandbox_request_max)
            break;
        cu_buffer_append(reply, remark, n);
    }
    return CU_OK;
}

static cu_status handle(void *state, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err)
{
    cu_cursor c = cu_cursor_over(request);

    switch (cu_cursor_u32le(&c)) {
    case CU_ASK_SEGMENT:
        return take_segment(state, &c, fds, fd_count, err);
    case CU_ASK_OPEN:
        return open_image(state, reply, err);
    default:
        return cu_fail(err, CU_EUSAGE, "not a question");
    }
}

/* ---- reading ---- */

static void keep_gap(void *context, const cu_image_gap *gap)
{
    cu_buffer *const gaps = context;

    cu_buffer_append(gaps, gap, sizeof *gap);
}

static cu_status serve_reads(server *self, int socket, int memory_fd, uint64_t memory_bytes,
                             cu_err *err)
{
    uint8_t *const memory =
        mmap(NULL, memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    cu_buffer gaps = {.ceiling = (size_t)cu_image_gaps_max * sizeof(cu_image_gap)};
    cu_read_order order;

    if (memory == MAP_FAILED)
        return cu_fail_os(err, "could not map the shared memory");
    while (cu_sandbox_read_all(socket, &order, sizeof order)) {
        if (order.at > memory_bytes || order.n > memory_bytes - order.at)
            return cu_fail(err, CU_EUSAGE, "an order lies outside the memory");
        cu_buffer_empty(&gaps);

        const cu_status st =
            cu_image_read_at(self->image,
                             &(cu_image_piece){order.offset, memory + order.at, (size_t)order.n,
                                               keep_gap, &gaps},
                             err);
        const cu_read_answer answer = {(uint32_t)(gaps.bad != CU_OK ? gaps.bad : st),
                                       (uint32_t)(gaps.n / sizeof(cu_image_gap))};

        if (!cu_sandbox_write_all(socket, &answer, sizeof answer) ||
            !cu_sandbox_write_all(socket, gaps.p, gaps.n))
            return CU_OK;
    }
    return CU_OK;
}

/* ---- walking ---- */

static cu_status read_image(void *context, uint64_t offset, void *out, size_t n, cu_err *err)
{
    return cu_image_read_at(context, &(cu_image_piece){offset, out, n, NULL, NULL}, err);
}

static void take_name(cu_cursor *c, char *name, size_t room)
{
    const cu_bytes bytes = cu_cursor_take(c, cu_cursor_left(c));
    const size_t n = bytes.n < room ? bytes.n : room - 1;

    if (n > 0)
        memcpy(name, bytes.p, n);
    name[n] = '\0';
}

static cu_status detect(const cu_reader *reader, uint64_t offset, int socket, cu_err *err)
{
    cu_filesystem_claims claims = {.count = 0};
    const cu_status st = cu_filesystem_detect(reader, offset, &claims, err);

    if (st == CU_OK)
        (void)cu_sandbox_write_all(socket, &claims, sizeof claims);
    return st;
}

static cu_status item(void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    server *const self = state;
    cu_cursor c = cu_cursor_over(request);
    const uint32_t question = cu_cursor_u32le(&c);
    const uint64_t first = cu_cursor_u64le(&c);
    char name[32] = "";

    if (self->image == NULL || c.bad)
        return cu_fail(err, CU_EUSAGE, "nothing is open");

    const cu_image_facts *const facts = cu_image_get_facts(self->image);
    const cu_reader reader = {read_image, self->image, facts->bytes, facts->sector_bytes};

    if (question == CU_ITEM_READ && fd_count == 2)
        return serve_reads(self, fds[0], fds[1], first, err);
    if (question == CU_ITEM_DETECT)
        return detect(&reader, first, fds[0], err);
    if (question == CU_ITEM_WALK) {
        take_name(&c, name, sizeof name);
        return cu_filesystem_walk(&reader, first, name, fds[0], err);
    }
    if (question == CU_ITEM_CONTENT) {
        const uint64_t inode = cu_cursor_u64le(&c);
        const uint32_t attribute = cu_cursor_u32le(&c);

        take_name(&c, name, sizeof name);
        return cu_filesystem_content(
            &reader, &(cu_filesystem_file){first, name, inode, attribute, 0}, fds[0], err);
    }
    return cu_fail(err, CU_EUSAGE, "not an item");
}

int main(void)
{
    server self = {.image = NULL};
    const cu_zygote_work work = {.state = &self, .handle = handle, .item = item};

    /*
     * libtsk and libc look for these files at first use, when there are no files any more.
     * Messages stay in C, or strerror would look for a translation. There are no threads yet.
     */
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* NOLINT(concurrency-mt-unsafe) */
    tzset();
    if (cu_image_prepare(NULL) != CU_OK)
        return 1;
    return cu_zygote_serve(&work);
}
