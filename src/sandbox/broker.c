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
    pthread_mutex_t lock; /* guards control and room: one question at a time */
    int control;
    pid_t pid;
    cu_sandbox_level level;
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

/* Sends and receives with the lock held; body of the answer is copied to reply where not NULL.
 */
static bool exchange(cu_zygote *zygote, cu_wire_head *head, cu_bytes request, const int *fds,
                     size_t fd_count, cu_buffer *reply)
{
    cu_bytes body = {0};
    int got[cu_sandbox_fds_max];
    size_t got_count = 0;

    pthread_mutex_lock(&zygote->lock);

    bool done = cu_wire_send(zygote->control, head, request, fds, fd_count) &&
                cu_wire_receive(zygote->control, zygote->room, head, &body, got, &got_count);

    if (done && reply != NULL) {
        reply->n = 0;
        cu_buffer_append(reply, body.p, body.n);
        done = !reply->bad;
    }
    pthread_mutex_unlock(&zygote->lock);
    for (size_t i = 0; i < got_count; i++)
        close(got[i]);
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

cu_status cu_item_start(cu_zygote *zygote, const cu_sandbox_limits *limits,
                        const cu_sandbox_request *request, cu_item *out, cu_err *err)
{
    int pair[2];
    int sent[cu_sandbox_fds_max];
    cu_wire_head head = {.kind = CU_WIRE_ITEM, .limits = *limits};

    if (request->fd_count >= cu_sandbox_fds_max)
        return cu_fail(err, CU_EUSAGE, "too many descriptors for one item");
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return cu_fail_os(err, "could not make a socket");
    sent[0] = pair[1];
    for (size_t i = 0; i < request->fd_count; i++)
        sent[i + 1] = request->fds[i];

    const bool done =
        exchange(zygote, &head, request->bytes, sent, request->fd_count + 1, NULL);

    close(pair[1]);
    if (!done || head.status != CU_OK || head.pid <= 0) {
        close(pair[0]);
        return cu_fail(err, CU_ECHILD, "the sandboxed child could not start an item");
    }
    *out = (cu_item){.pid = head.pid, .socket = pair[0]};
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
