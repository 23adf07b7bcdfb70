/* SPDX-License-Identifier: Apache-2.0 */
/* The confined side: answers the broker, forks an item, buries it. */
#include "sandbox/confine.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What an item says last, on its own socket's far side: through its exit status, by these bits.
 */
enum { exit_memory = 64 };

typedef struct server {
    const cu_zygote_work *work;
    pid_t pid;
    uint8_t room[cu_wire_room];
} server;

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

/* A library that aborts for want of memory is told apart from one that is broken. */
static void on_abort(CU_UNUSED int signal_number)
{
    if (cu_sandbox_memory_ran_out()) /* NOLINT(bugprone-signal-handler): one atomic load */
        _exit(CU_ENOMEM | exit_memory);
}

/* Never returns: the exit status is the item's cu_status, and a bit where memory ran out. */
static void run_item(server *self, const cu_sandbox_limits *limits, int socket)
{
    cu_err err = {0};
    cu_wire_head head;
    cu_bytes request;
    int fds[cu_sandbox_fds_max + 1] = {socket};
    size_t fd_count = 0;

    close(cu_sandbox_control_fd);
    (void)signal(SIGABRT, on_abort);

    cu_status st = cu_confine_item(self->pid, limits, &err);

    if (st == CU_OK && self->work->ready != NULL)
        self->work->ready(self->work->state);
    if (st == CU_OK && !cu_wire_read(socket, self->room, &head, &request, fds + 1, &fd_count))
        st = CU_ENOTFOUND; /* it was not needed */
    if (st == CU_OK)
        st = self->work->item(self->work->state, request, fds, fd_count + 1, &err);
    _exit((int)st | (cu_sandbox_memory_ran_out() ? exit_memory : 0));
}

static bool start_item(server *self, const cu_wire_head *head, const int *fds, size_t fd_count)
{
    cu_wire_head reply = {.kind = 0, .status = CU_EUSAGE};

    if (fd_count == 1) {
        const pid_t pid = fork();

        if (pid == 0)
            run_item(self, &head->limits, fds[0]);
        reply.pid = pid;
        reply.status = pid > 0 ? CU_OK : CU_ENOMEM;
    }
    return cu_wire_send(cu_sandbox_control_fd, &reply, (cu_bytes){0}, NULL, 0);
}

/* A child that has begun to exit keeps its own status. */
static cu_status bury(int64_t pid, int *status)
{
    kill((pid_t)pid, SIGKILL);
    while (waitpid((pid_t)pid, status, 0) < 0) {
        if (errno != EINTR)
            return CU_ENOTFOUND;
    }
    return CU_OK;
}

static bool end_item(const cu_wire_head *head)
{
    cu_wire_head reply = {.kind = 0, .pid = head->pid};

    reply.status = bury(head->pid, &reply.wait_status);
    return cu_wire_send(cu_sandbox_control_fd, &reply, (cu_bytes){0}, NULL, 0);
}

static bool leave_item(const cu_wire_head *head)
{
    int status = 0;

    (void)bury(head->pid, &status);
    return true;
}

static bool answer(const server *self, cu_bytes body, const int *fds, size_t fd_count)
{
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    cu_err err = {0};
    cu_wire_head head = {.kind = 0};

    head.status = self->work->handle(self->work->state, body, fds, fd_count, &reply, &err);
    if (head.status != CU_OK) {
        cu_buffer_free(&reply);
        cu_buffer_append(&reply, err.text, strlen(err.text));
    }

    const bool sent =
        cu_wire_send(cu_sandbox_control_fd, &head, cu_buffer_view(&reply), NULL, 0);

    cu_buffer_free(&reply);
    return sent;
}

static bool serve_one(server *self)
{
    cu_wire_head head;
    cu_bytes body;
    int fds[cu_sandbox_fds_max];
    size_t fd_count = 0;
    bool on = false;

    if (!cu_wire_receive(cu_sandbox_control_fd, self->room, &head, &body, fds, &fd_count))
        return false;
    if (head.kind == CU_WIRE_ASK)
        return answer(self, body, fds, fd_count); /* the handler keeps or closes the fds */
    if (head.kind == CU_WIRE_ITEM)
        on = start_item(self, &head, fds, fd_count);
    else if (head.kind == CU_WIRE_END)
        on = end_item(&head);
    else if (head.kind == CU_WIRE_LEAVE)
        on = leave_item(&head);
    close_all(fds, fd_count);
    return on;
}

/* Its end of the control socket is there: whoever left it there is spoken to on it alone. */
static bool has_broker(void)
{
    int kind = 0;
    socklen_t n = sizeof kind;

    return getsockopt(cu_sandbox_control_fd, SOL_SOCKET, SO_TYPE, &kind, &n) == 0 &&
           kind == SOCK_SEQPACKET;
}

int cu_zygote_serve(const cu_zygote_work *work)
{
    static server self;
    cu_err err = {0};
    cu_sandbox_level level = {0};
    cu_wire_head head = {.kind = 0};

    if (!has_broker()) {
        (void)fprintf(stderr, "%s: custos alone starts this program: see custos(1)\n",
                      program_invocation_short_name);
        return 1;
    }
    self.work = work;
    self.pid = getpid();
    head.status = cu_confine_zygote(&level, &err);

    const cu_bytes body = head.status == CU_OK
                              ? (cu_bytes){(const uint8_t *)&level, sizeof level}
                              : (cu_bytes){(const uint8_t *)err.text, strlen(err.text)};

    if (!cu_wire_send(cu_sandbox_control_fd, &head, body, NULL, 0) || head.status != CU_OK)
        return 1;
    while (serve_one(&self))
        continue;
    return 0;
}
