/* SPDX-License-Identifier: Apache-2.0 */
/* Packets over a SOCK_SEQPACKET pair, file descriptors beside them. */
#include "sandbox/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef union fd_room {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(cu_sandbox_fds_max * sizeof(int))];
} fd_room;

bool cu_wire_send(int socket, const cu_wire_head *head, cu_bytes body, const int *fds,
                  size_t fd_count)
{
    cu_wire_head sent = *head;
    fd_room room = {0};
    /* sendmsg does not write to what iov_base points at; its type only cannot say so. */
    struct iovec parts[2] = {{&sent, sizeof sent}, {(void *)(uintptr_t)body.p, body.n}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t done = 0;

    sent.n = (uint32_t)body.n;
    if (body.n > cu_sandbox_request_max || fd_count > cu_sandbox_fds_max) {
        errno = EMSGSIZE;
        return false;
    }
    if (fd_count > 0) {
        message.msg_control = room.bytes;
        message.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));

        struct cmsghdr *const header = CMSG_FIRSTHDR(&message);

        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(header), fds, fd_count * sizeof(int));
    }
    do
        done = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (done < 0 && errno == EINTR);
    return done == (ssize_t)(sizeof sent + body.n);
}

static size_t take_fds(struct msghdr *message, int *fds)
{
    size_t count = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;

        const size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (size_t i = 0; i < n && count < cu_sandbox_fds_max; i++)
            memcpy(&fds[count++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
    }
    return count;
}

/* One call: the head and what of the body is there. False: nothing whole to go on with. */
static bool receive(int socket, uint8_t *room, cu_wire_head *head, size_t *got, int *fds,
                    size_t *fd_count)
{
    fd_room fd_bytes = {0};
    struct iovec parts[2] = {{head, sizeof *head}, {room, cu_sandbox_request_max}};
    struct msghdr message = {.msg_iov = parts,
                             .msg_iovlen = 2,
                             .msg_control = fd_bytes.bytes,
                             .msg_controllen = sizeof fd_bytes.bytes};
    ssize_t n = 0;

    do
        n = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    *fd_count = n < 0 ? 0 : take_fds(&message, fds);
    *got = n < (ssize_t)sizeof *head ? 0 : (size_t)n - sizeof *head;
    return n >= (ssize_t)sizeof *head && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

static bool refuse(const int *fds, size_t *fd_count)
{
    for (size_t i = 0; i < *fd_count; i++)
        close(fds[i]);
    *fd_count = 0;
    return false;
}

bool cu_wire_receive(int socket, uint8_t *room, cu_wire_head *head, cu_bytes *body, int *fds,
                     size_t *fd_count)
{
    size_t got = 0;

    if (!receive(socket, room, head, &got, fds, fd_count) || head->n != got)
        return refuse(fds, fd_count);
    *body = (cu_bytes){room, head->n};
    return true;
}

bool cu_wire_read(int stream, uint8_t *room, cu_wire_head *head, cu_bytes *body, int *fds,
                  size_t *fd_count)
{
    size_t got = 0;

    if (!receive(stream, room, head, &got, fds, fd_count) || head->n < got ||
        head->n > cu_sandbox_request_max ||
        !cu_sandbox_read_all(stream, room + got, head->n - got))
        return refuse(fds, fd_count);
    *body = (cu_bytes){room, head->n};
    return true;
}

bool cu_sandbox_write_all(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        const ssize_t done = send(fd, p, n, MSG_NOSIGNAL);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

bool cu_sandbox_read_all(int fd, void *bytes, size_t n)
{
    uint8_t *p = bytes;

    while (n > 0) {
        const ssize_t done = read(fd, p, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done == 0)
            errno = 0;
        if (done <= 0)
            return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}
