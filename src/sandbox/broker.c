/* SPDX-License-Identifier: Apache-2.0 */
/* The trusted side: starts a zygote, asks it, and says in words how an item ended. */
#include "sandbox/confine.h"
#include "sandbox/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { exit_memory = 64 };

struct cu_zygote {
    pthread_mutex_t lock; /* guards all below but pid and level: one question at a time */
    int control;
    pid_t pid;
    cu_sandbox_level level;
    bool keeps_ready;
    bool owes; /* the answer that says the pid of ready has not been read */
    cu_sandbox_limits ready_limits;
    cu_item ready; /* waits for its request; pid 0: none */
    uint8_t room[cu_wire_room];
};

/* The program beside ours, else in the folder of the installation. */
static bool find_program(const char *program, char *path, size_t room)
{
    char self[PATH_MAX];
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    if (n > 0) {
        self[n] = '\0';

        char *const slash = strrchr(self, '/');

        if (slash != NULL) {
            *slash = '\0';
            if ((size_t)snprintf(path, room, "%s/%s", self, program) < room &&
                access(path, X_OK) == 0)
                return true;
        }
    }

    const char *const folder =
        secure_getenv("CUSTOS_BUILD"); /* set for the tests of a build alone */

    if (folder != NULL && (size_t)snprintf(path, room, "%s/%s", folder, program) < room &&
        access(path, X_OK) == 0)
        return true;
    return (size_t)snprintf(path, room, "%s/%s", CU_LIBEXEC, program) < room &&
           access(path, X_OK) == 0;
}

/* In the fork: only async-signal-safe calls. */
static void become(const char *path, int control, pid_t parent)
{
    char name[] = "custos-child";
    char *const arguments[] = {name, NULL};
    char home[] = "LC_ALL=C.UTF-8";
    char zone[] = "TZ=UTC0";
    char *const environment[] = {home, zone, NULL};

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(125);
    if (control == cu_sandbox_control_fd)
        (void)fcntl(control, F_SETFD, 0);
    else if (dup2(control, cu_sandbox_control_fd) < 0)
        _exit(125);

    /* Whoever takes the child over finds no terminal and no output to write to. */
    const int nothing = open("/dev/null", O_RDWR);

    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(nothing, STDOUT_FILENO) < 0 ||
        (!SANITIZED && dup2(nothing, STDERR_FILENO) < 0) ||
        close_range(cu_sandbox_control_fd + 1, ~0U, 0) != 0)
        _exit(125);

    sigset_t none;

    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    /* Ctrl-C at a terminal is the broker's business. */
    (void)setpgid(0, 0);
    execve(path, arguments, environment);
    _exit(127);
}

static cu_status greet(cu_zygote *zygote, cu_err *err)
{
    cu_wire_head head;
    cu_bytes body;
    int fds[cu_sandbox_fds_max];
    size_t fd_count = 0;

    if (!cu_wire_receive(zygote->control, zygote->room, &head, &body, fds, &fd_count))
        return cu_fail(err, CU_ECHILD, "the sandboxed child did not start");
    if (head.status != CU_OK || body.n != sizeof zygote->level)
        return cu_fail(err, CU_ECHILD, "the sandboxed child could not confine itself: %.*s",
                       (int)body.n, (const char *)body.p);
    memcpy(&zygote->level, body.p, sizeof zygote->level);
    return CU_OK;
}

cu_status cu_zygote_start(const char *program, cu_zygote **out, cu_err *err)
{
    CU_AUTO(cu_zygote, zygote);
    char path[PATH_MAX];
    int pair[2];

    if (!find_program(program, path, sizeof path))
        return cu_fail(err, CU_ENOTFOUND, "could not find the program \"%s\"", program);
    zygote = calloc(1, sizeof *zygote);
    if (zygote == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    pthread_mutex_init(&zygote->lock, NULL);
    zygote->control = -1;
    zygote->ready.socket = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return cu_fail_os(err, "could not make a socket");

    const pid_t parent = getpid();

    zygote->control = pair[0];
    zygote->pid = fork();
    if (zygote->pid == 0)
        become(path, pair[1], parent);
    close(pair[1]);
    if (zygote->pid < 0)
        return cu_fail_os(err, "could not start \"%s\"", program);

    const cu_status st = greet(zygote, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(zygote);
    return CU_OK;
}

void cu_zygote_stop(cu_zygote *zygote)
{
    if (zygote == NULL)
        return;
    if (zygote->control >= 0)
        close(zygote->control);
    if (zygote->ready.socket >= 0)
        close(zygote->ready.socket);
    if (zygote->pid > 0) {
        kill(zygote->pid, SIGKILL);
        while (waitpid(zygote->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    pthread_mutex_destroy(&zygote->lock);
    free(zygote);
}

const cu_sandbox_level *cu_zygote_level(const cu_zygote *zygote)
{
    return &zygote->level;
}

/* ---- with the lock held ---- */

/* body of the answer is copied to reply where not NULL. */
static bool hear(cu_zygote *zygote, cu_wire_head *head, cu_buffer *reply)
{
    cu_bytes body = {0};
    int got[cu_sandbox_fds_max];
    size_t got_count = 0;

    if (!cu_wire_receive(zygote->control, zygote->room, head, &body, got, &got_count))
        return false;
    for (size_t i = 0; i < got_count; i++)
        close(got[i]);
    if (reply == NULL)
        return true;
    cu_buffer_empty(reply);
    cu_buffer_append(reply, body.p, body.n);
    return !reply->bad;
}

static void forget_ready(cu_zygote *zygote)
{
    if (zygote->ready.socket >= 0)
        close(zygote->ready.socket);
    zygote->ready = (cu_item){.socket = -1};
}

/* Reads the answer that is owed, so that the next to come is that of the next question. */
static bool settle(cu_zygote *zygote)
{
    cu_wire_head head = {.kind = 0};

    if (!zygote->owes)
        return true;
    zygote->owes = false;
    if (!hear(zygote, &head, NULL)) {
        forget_ready(zygote);
        return false;
    }
    zygote->ready.pid = head.pid;
    if (head.status != CU_OK || head.pid <= 0)
        forget_ready(zygote);
    return true;
}

static bool question(cu_zygote *zygote, cu_wire_head *head, cu_bytes request, const int *fds,
                     size_t fd_count, cu_buffer *reply)
{
    return settle(zygote) && cu_wire_send(zygote->control, head, request, fds, fd_count) &&
           hear(zygote, head, reply);
}

/* Tells the zygote to fork; whoever waits for the answer reads it. */
static bool order_item(cu_zygote *zygote, const cu_sandbox_limits *limits, int *socket)
{
    const cu_wire_head head = {.kind = CU_WIRE_ITEM, .limits = *limits};
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return false;

    const bool sent = cu_wire_send(zygote->control, &head, (cu_bytes){0}, &pair[1], 1);

    close(pair[1]);
    *socket = pair[0];
    if (!sent) {
        close(pair[0]);
        *socket = -1;
    }
    return sent;
}

static bool fork_item(cu_zygote *zygote, const cu_sandbox_limits *limits, cu_item *out)
{
    cu_wire_head head = {.kind = 0};
    cu_item item = {.socket = -1};

    if (!settle(zygote) || !order_item(zygote, limits, &item.socket))
        return false;
    if (!hear(zygote, &head, NULL) || head.status != CU_OK || head.pid <= 0) {
        close(item.socket);
        return false;
    }
    item.pid = head.pid;
    *out = item;
    return true;
}

static bool same_limits(const cu_sandbox_limits *a, const cu_sandbox_limits *b)
{
    return a->memory_bytes == b->memory_bytes && a->cpu_seconds == b->cpu_seconds &&
           a->output_bytes == b->output_bytes && a->threads == b->threads;
}

static bool take_ready(cu_zygote *zygote, const cu_sandbox_limits *limits, cu_item *out)
{
    if (!zygote->keeps_ready || !same_limits(limits, &zygote->ready_limits) ||
        !settle(zygote) || zygote->ready.pid == 0)
        return false;
    *out = zygote->ready;
    zygote->ready = (cu_item){.socket = -1};
    return true;
}

/* The next one is made while this one works. */
static void order_ready(cu_zygote *zygote)
{
    if (zygote->keeps_ready && !zygote->owes && zygote->ready.pid == 0)
        zygote->owes = order_item(zygote, &zygote->ready_limits, &zygote->ready.socket);
}

/* Buries it, unheard. A zygote that is gone has taken it along. */
static void leave(cu_zygote *zygote, cu_item *item)
{
    const cu_wire_head head = {.kind = CU_WIRE_LEAVE, .pid = item->pid};

    (void)cu_wire_send(zygote->control, &head, (cu_bytes){0}, NULL, 0);
    close(item->socket);
    *item = (cu_item){.socket = -1};
}

static bool give_request(const cu_item *item, const cu_sandbox_request *request)
{
    const cu_wire_head head = {.kind = CU_WIRE_REQUEST};

    return cu_wire_send(item->socket, &head, request->bytes, request->fds, request->fd_count);
}

/* The system may have taken the fork that stood ready, for want of memory: then a new one. */
static bool give_to_ready(cu_zygote *zygote, const cu_sandbox_limits *limits,
                          const cu_sandbox_request *request, cu_item *out)
{
    if (!take_ready(zygote, limits, out))
        return false;
    if (give_request(out, request))
        return true;
    leave(zygote, out);
    return false;
}

static bool give_to_fork(cu_zygote *zygote, const cu_sandbox_limits *limits,
                         const cu_sandbox_request *request, cu_item *out)
{
    if (!fork_item(zygote, limits, out))
        return false;
    /* One that could not be confined is gone, and its end says why. */
    if (!give_request(out, request))
        (void)shutdown(out->socket, SHUT_WR);
    return true;
}

/* ---- without it ---- */

static bool exchange(cu_zygote *zygote, cu_wire_head *head, cu_bytes request, const int *fds,
                     size_t fd_count, cu_buffer *reply)
{
    pthread_mutex_lock(&zygote->lock);

    const bool done = question(zygote, head, request, fds, fd_count, reply);

    pthread_mutex_unlock(&zygote->lock);
    return done;
}

cu_status cu_zygote_ask(cu_zygote *zygote, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err)
{
    cu_wire_head head = {.kind = CU_WIRE_ASK};

    if (!exchange(zygote, &head, request, fds, fd_count, reply))
        return cu_fail(err, CU_ECHILD, "the sandboxed child died");
    if (head.status > CU_ECHILD)
        return cu_fail(err, CU_ECHILD, "the sandboxed child broke its protocol");
    if (head.status != CU_OK)
        return cu_fail(err, (cu_status)head.status, "%.*s", (int)reply->n,
                       (const char *)reply->p);
    return CU_OK;
}

void cu_zygote_keep_ready(cu_zygote *zygote, const cu_sandbox_limits *limits)
{
    pthread_mutex_lock(&zygote->lock);
    zygote->keeps_ready = true;
    zygote->ready_limits = *limits;
    order_ready(zygote);
    pthread_mutex_unlock(&zygote->lock);
}

cu_status cu_item_start(cu_zygote *zygote, const cu_sandbox_limits *limits,
                        const cu_sandbox_request *request, cu_item *out, cu_err *err)
{
    cu_item item = {.socket = -1};

    if (request->fd_count >= cu_sandbox_fds_max || request->bytes.n > cu_sandbox_request_max)
        return cu_fail(err, CU_EUSAGE, "the request is too large for one item");
    pthread_mutex_lock(&zygote->lock);

    const bool done = give_to_ready(zygote, limits, request, &item) ||
                      give_to_fork(zygote, limits, request, &item);

    order_ready(zygote);
    pthread_mutex_unlock(&zygote->lock);
    if (!done)
        return cu_fail(err, CU_ECHILD, "the sandboxed child could not start an item");
    *out = item;
    return CU_OK;
}

static cu_status explain(int status, cu_err *err)
{
    if (WIFSIGNALED(status)) {
        const int number = WTERMSIG(status);

        if (number == SIGXCPU)
            return cu_fail(err, CU_ELIMIT, "time limit");
        if (number == SIGSYS)
            return cu_fail(err, CU_ECHILD, "killed by the system call filter");
        return cu_fail(err, CU_ECHILD, "killed by signal %d (%s)", number, sigdescr_np(number));
    }

    const int code = WEXITSTATUS(status);

    if ((code & exit_memory) != 0)
        return cu_fail(err, CU_ELIMIT, "memory limit");
    if (code == CU_OK)
        return CU_OK;
    if (code > CU_ECHILD)
        return cu_fail(err, CU_ECHILD, "ended with status %d", code);
    return cu_fail(err, (cu_status)code, "could not be read (%s)",
                   cu_status_word((cu_status)code));
}

cu_status cu_item_end(cu_zygote *zygote, cu_item *item, const char *killed_for, cu_err *err)
{
    cu_wire_head head = {.kind = CU_WIRE_END, .pid = item->pid};

    if (item->pid <= 0)
        return CU_OK;

    const bool done = exchange(zygote, &head, (cu_bytes){0}, NULL, 0, NULL);

    close(item->socket);
    *item = (cu_item){.pid = 0, .socket = -1};
    if (!done || head.status != CU_OK)
        return cu_fail(err, CU_ECHILD, "the sandboxed child died");
    if (killed_for != NULL)
        return cu_fail(err, CU_ELIMIT, "%s", killed_for);
    item->killed_by = WIFSIGNALED(head.wait_status) ? WTERMSIG(head.wait_status) : 0;
    return explain(head.wait_status, err);
}

void cu_item_leave(cu_zygote *zygote, cu_item *item)
{
    if (item->pid <= 0)
        return;
    pthread_mutex_lock(&zygote->lock);
    leave(zygote, item);
    pthread_mutex_unlock(&zygote->lock);
}
