/* SPDX-License-Identifier: Apache-2.0 */
/* A custos-device that was taken over: it answers, and lies in the way that the source is
 * called. */
#include "device/protocol.h"
#include "filesystem/filesystem.h"
#include "sandbox/sandbox.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { media_bytes = 1 << 20 };

static char lie[64];

static bool is(const char *name)
{
    return strcmp(lie, name) == 0;
}

static void append_facts(cu_buffer *reply)
{
    cu_image_facts facts = {.format = "raw", .bytes = media_bytes, .sector_bytes = 512};

    if (is("huge"))
        facts.bytes = UINT64_MAX;
    if (is("sector"))
        facts.sector_bytes = 0;
    if (is("format"))
        memset(facts.format, 'x', sizeof facts.format);
    cu_buffer_append(reply, &facts, is("short") ? sizeof facts - 1 : sizeof facts);
    if (is("remark"))
        cu_buffer_append(reply, "no end", 6);
}

static cu_status handle(void *state, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err)
{
    cu_cursor c = cu_cursor_over(request);
    const uint32_t question = cu_cursor_u32le(&c);

    (void)state;
    for (size_t i = 0; i < fd_count; i++)
        close(fds[i]);
    if (question == CU_ASK_SEGMENT) {
        cu_cursor_take(&c, 16);

        const cu_bytes name = cu_cursor_take(&c, cu_cursor_left(&c));

        memcpy(lie, name.p, name.n < sizeof lie ? name.n : sizeof lie - 1);
        return CU_OK;
    }
    if (is("die"))
        _exit(1);
    if (is("status"))
        return (cu_status)99;
    if (is("words"))
        return cu_fail(err, CU_EFORMAT, "%s", "it is broken");
    append_facts(reply);
    return CU_OK;
}

static cu_status serve_reads(int socket, int memory_fd, uint64_t memory_bytes)
{
    uint8_t *const memory =
        mmap(NULL, memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
    cu_read_order order;

    while (cu_sandbox_read_all(socket, &order, sizeof order)) {
        cu_image_gap gap = {.offset = order.offset, .bytes = 1, .why = "bad"};
        cu_read_answer answer = {CU_OK, 0};

        if (is("bad-at-half") && order.offset <= media_bytes / 2 &&
            order.offset + order.n > media_bytes / 2)
            _exit(1);
        if (is("always-dead"))
            _exit(1);
        memset(memory + order.at, 'm', (size_t)order.n);
        if (is("gap-before"))
            gap.offset = order.offset - 1;
        if (is("gap-past"))
            gap.bytes = order.n + 1;
        if (is("gap-wraps"))
            gap = (cu_image_gap){.offset = order.offset + 1, .bytes = UINT64_MAX};
        if (is("gap-words"))
            memset(gap.why, 'w', sizeof gap.why);
        if (is("gap-count"))
            answer.gaps = UINT32_MAX;
        else if (strncmp(lie, "gap-", 4) == 0)
            answer.gaps = 1;
        if (is("read-status"))
            answer.status = 7;
        if (!cu_sandbox_write_all(socket, &answer, is("half-answer") ? 4 : sizeof answer))
            return CU_OK;
        if (is("half-answer"))
            _exit(0);
        if (answer.gaps == 1 && !cu_sandbox_write_all(socket, &gap, sizeof gap))
            return CU_OK;
    }
    return CU_OK;
}

static cu_status detect(int socket)
{
    cu_filesystem_claims claims = {.count = 1};

    memset(claims.names, 'n', sizeof claims.names);
    if (is("claims"))
        claims.count = 1000;
    (void)cu_sandbox_write_all(socket, &claims,
                               is("half-claims") ? sizeof claims / 2 : sizeof claims);
    return is("detect-fails") ? CU_EFORMAT : CU_OK;
}

static cu_status walk(int socket)
{
    static const uint8_t long_frame[4] = {0xFF, 0xFF, 0xFF, 0x7F};
    static const uint8_t bad_frame[8] = {4, 0, 0, 0, 9, 9, 9, 9};
    const cu_entry file = {.kind = CU_ENTRY_FILE, .name = {(const uint8_t *)"f", 1}};
    const cu_entry end = {.kind = CU_ENTRY_END};
    cu_buffer out = {0};

    for (int i = 0; i < 3; i++)
        cu_entry_append(&out, &file);
    if (is("long-frame"))
        cu_buffer_append(&out, long_frame, sizeof long_frame);
    if (is("bad-frame"))
        cu_buffer_append(&out, bad_frame, sizeof bad_frame);
    if (!is("no-end"))
        cu_entry_append(&out, &end);
    (void)cu_sandbox_write_all(socket, out.p, is("half-frame") ? out.n / 2 : out.n);
    cu_buffer_free(&out);
    return CU_OK;
}

static cu_status item(void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    static const uint8_t content[100] = "content";
    cu_cursor c = cu_cursor_over(request);
    const uint32_t question = cu_cursor_u32le(&c);

    (void)state;
    (void)err;
    if (question == CU_ITEM_READ && fd_count == 2)
        return serve_reads(fds[0], fds[1], cu_cursor_u64le(&c));
    if (question == CU_ITEM_DETECT)
        return detect(fds[0]);
    if (question == CU_ITEM_WALK)
        return walk(fds[0]);
    (void)cu_sandbox_write_all(fds[0], content, is("less-content") ? 40 : 100);
    return is("content-fails") ? CU_EFORMAT : CU_OK;
}

int main(void)
{
    const cu_zygote_work work = {.handle = handle, .item = item};

    return cu_zygote_serve(&work);
}
