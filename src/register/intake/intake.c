/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a file to the child, and checks each fact that comes back. */
#include "register/intake/intake.h"

#include "register/policy/policy.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const cu_sandbox_limits limits = {
    .memory_bytes = 2ULL << 30, .cpu_seconds = 20, .output_bytes = 64 << 20};

cu_status cu_intake_start(cu_zygote **out, cu_err *err)
{
    return cu_zygote_start("custos-intake", out, err);
}

static bool write_file(int fd, cu_bytes file)
{
    while (file.n > 0) {
        const ssize_t n = write(fd, file.p, file.n);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0)
            file = cu_bytes_slice(file, (size_t)n, file.n);
    }
    return true;
}

/* The file in memory that the child reads. */
static int share(cu_bytes file, cu_err *err)
{
    const int fd = memfd_create("custos-intake", MFD_CLOEXEC);

    if (fd < 0 || !write_file(fd, file) || lseek(fd, 0, SEEK_SET) != 0) {
        (void)cu_fail_os(err, "could not hand the file to the child");
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* One fact from the socket: kind, group, lengths, path, value. False: no more, or no sense. */
static bool receive(int socket, cu_buffer *room, cu_fact *fact)
{
    uint32_t head[4];

    if (!cu_sandbox_read_all(socket, head, sizeof head) || head[0] > CU_FACT_PROBLEM ||
        head[2] > cu_fact_path_bytes || head[3] > cu_fact_value_bytes)
        return false;
    cu_buffer_empty(room);
    if (!cu_buffer_reserve(room, (size_t)head[2] + head[3] + 1) ||
        !cu_sandbox_read_all(socket, room->p, (size_t)head[2] + head[3]))
        return false;
    *fact = (cu_fact){
        (cu_fact_kind)head[0], head[1], {room->p, head[2]}, {room->p + head[2], head[3]}};
    return true;
}

static cu_status collect(int socket, cu_tip_facts *facts, cu_err *err)
{
    cu_buffer room = {0};
    cu_fact fact;
    cu_status st = CU_OK;
    uint32_t count = 0;

    while (st == CU_OK && count++ < cu_fact_count && receive(socket, &room, &fact))
        st = cu_tip_take(facts, &fact, err);
    cu_buffer_free(&room);
    return st;
}

cu_status cu_intake_read(cu_zygote *zygote, cu_bytes file, cu_arena *arena, cu_tip *out,
                         cu_err *err)
{
    cu_tip_facts *const facts = cu_tip_begin(arena);
    const char *const format = cu_fact_format(file);
    cu_item item = {.pid = 0};
    cu_err why = {0};

    if (file.n > cu_intake_bytes_max)
        return cu_fail(err, CU_ELIMIT, "a received file of %zu bytes is over the ceiling",
                       file.n);
    if (facts == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (!cu_words_have("xml json zip", format)) {
        const cu_status st =
            cu_tip_problem(facts, "", "it is kept, and no part of it is read", err);

        return st == CU_OK ? cu_tip_end(facts, format, out, err) : st;
    }

    const int fd = share(file, err);
    uint8_t request[4] = {0};

    if (fd < 0)
        return CU_EIO;
    for (size_t i = 0; format[i] != '\0'; i++)
        request[i] = (uint8_t)format[i];

    cu_status st = cu_item_start(
        zygote, &limits, &(cu_sandbox_request){(cu_bytes){request, sizeof request}, &fd, 1},
        &item, err);

    close(fd);
    if (st != CU_OK)
        return st;
    st = collect(item.socket, facts, err);

    const cu_status ended = cu_item_end(zygote, &item, NULL, &why);

    if (st == CU_OK && ended != CU_OK)
        st = cu_tip_problem(facts, "", why.text, err);
    return st == CU_OK ? cu_tip_end(facts, format, out, err) : st;
}
