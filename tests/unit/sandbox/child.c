/* SPDX-License-Identifier: Apache-2.0 */
/* A zygote that does what a captured one would try; the first byte of a request says what. */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Whatever the compiler thinks of it, this is done. */
static volatile uintptr_t sink;

/* What a fork was made with. */
static uint8_t turns;   /* questions "+" to the zygote before it */
static uint8_t readied; /* that it made itself ready */

static void spin(void)
{
    for (;;)
        sink++;
}

static cu_status take_memory(cu_err *err)
{
    for (size_t i = 0; i < 4096; i++) {
        uint8_t *const taken = malloc(1 << 20);

        if (taken == NULL)
            return CU_OK; /* as libtsk does: not a word */
        memset(taken, 1, 1 << 20);
        sink += (uintptr_t)taken;
    }
    return cu_fail(err, CU_EUSAGE, "there is no limit");
}

/* Answers errno where the call comes back. */
static int try_call(char what, uint8_t number)
{
    const char *const nothing[] = {NULL};
    long done = 0;
    struct stat status;
    struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

    errno = 0;
    switch (what) {
    case 'o':
        done = open("/etc/passwd", O_RDONLY);
        break;
    case 'w':
        done = open("/tmp/custos-must-not-be", O_WRONLY | O_CREAT, 0600);
        break;
    case 's':
        done = socket(AF_INET, SOCK_STREAM, 0);
        break;
    case 'x':
        done = execve("/bin/true", (char *const *)(uintptr_t)nothing, NULL);
        break;
    case 'f':
        done = fork();
        break;
    case 'k':
        done = kill(getppid(), SIGKILL);
        break;
    case 'z':
        done = kill(getppid(), 0);
        break;
    case 't':
        done = syscall(SYS_tgkill, getppid(), getppid(), SIGKILL);
        break;
    case 'p':
        done = ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        break;
    case 'm':
        done = (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        break;
    case 'l':
        done = setrlimit(RLIMIT_AS, &more);
        break;
    case 'u':
        done = unlink("/tmp/custos-must-stay");
        break;
    case 'd':
        done = syscall(SYS_memfd_create, "x", 0);
        break;
    case 'i':
        done = stat("/etc/passwd", &status);
        break;
    case '#':
        done = syscall((long)number, 0, 0, 0, 0, 0);
        break;
    default:
        break;
    }
    return done < 0 ? errno : 0;
}

/* Which of the first 64 descriptors are open, as a set of bits; 0 to 2 where they lead
 * anywhere. */
static uint64_t open_descriptors(void)
{
    uint64_t set = 0;

    for (int fd = 0; fd < 64; fd++) {
        struct stat status;

        if (fstat(fd, &status) == 0 && !(S_ISCHR(status.st_mode) && status.st_rdev == 0x103))
            set |= 1ULL << fd;
    }
    return set;
}

static cu_status answer(int fd, const void *bytes, size_t n, cu_err *err)
{
    return cu_sandbox_write_all(fd, bytes, n) ? CU_OK : cu_fail(err, CU_EIO, "nobody reads");
}

static cu_status item(void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err)
{
    const char what = request.n == 0 ? 'n' : (char)request.p[0];
    char echoed[64];
    uint64_t set = 0;
    int number = 0;
    ssize_t n = 0;

    (void)state;
    switch (what) {
    case 'n':
        return CU_OK;
    case 'R':
        return answer(fds[0], (const uint8_t[]){turns, readied}, 2, err);
    case 'r':
        return (cu_status)request.p[1];
    case 'c':
        spin();
        return CU_OK;
    case 'M':
        return take_memory(err);
    case 'a':
        abort();
    case 'v':
        sink = *(volatile uintptr_t *)(uintptr_t)request.p[1];
        return CU_OK;
    case 'F':
        set = open_descriptors();
        return answer(fds[0], &set, sizeof set, err);
    case 'e': /* what was sent, by way of the second descriptor */
        n = fd_count < 2 ? -1 : pread(fds[1], echoed, sizeof echoed, 0);
        return n < 0 ? CU_EIO : answer(fds[0], echoed, (size_t)n, err);
    case 'W': /* sleeps until somebody writes, which nobody does */
        return cu_sandbox_read_all(fds[0], echoed, 1) ? CU_OK : CU_EIO;
    default:
        number = try_call(what, request.n > 1 ? request.p[1] : 0);
        return answer(fds[0], &number, sizeof number, err);
    }
}

static cu_status handle(void *state, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err)
{
    int number = 0;

    (void)state;
    for (size_t i = 0; i < fd_count; i++)
        close(fds[i]);
    if (request.n == 0)
        return cu_fail(err, CU_EUSAGE, "nothing was asked");
    if (request.p[0] == 'q')
        _exit(3);
    if (request.p[0] == '+')
        turns++;
    if (request.p[0] == '=' || request.p[0] == '+') {
        cu_buffer_append(reply, request.p, request.n);
        return CU_OK;
    }
    number = try_call((char)request.p[0], 0);
    cu_buffer_append(reply, &number, sizeof number);
    return CU_OK;
}

static void get_ready(void *state)
{
    (void)state;
    readied++;
}

int main(void)
{
    const cu_zygote_work work = {.ready = get_ready, .handle = handle, .item = item};

    return cu_zygote_serve(&work);
}
