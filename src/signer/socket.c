/* SPDX-License-Identifier: Apache-2.0 */
/* One request, one response, over a UNIX socket that few may reach. */
#include "signer/signer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { peer_seconds = 10, waiting_max = 16 };

static volatile sig_atomic_t ended;

static void end(int number)
{
    (void)number;
    ended = 1;
}

static cu_status address_of(const char *path, struct sockaddr_un *out, cu_err *err)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out->sun_path)
        return cu_fail(err, CU_EUSAGE, "a socket's path has at most %zu bytes: \"%s\"",
                       sizeof out->sun_path - 1, path);
    memcpy(out->sun_path, path, strlen(path) + 1);
    return CU_OK;
}

static void set_patience(int fd)
{
    const struct timeval patience = {.tv_sec = peer_seconds};

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/* Everything up to the other side's end, or false where there is too much or it takes too long.
 */
static bool receive(int fd, cu_buffer *out)
{
    for (;;) {
        uint8_t piece[4096];
        const ssize_t n = recv(fd, piece, sizeof piece, 0);

        if (n < 0 && errno == EINTR && ended == 0)
            continue;
        if (n == 0)
            return true;
        if (n < 0 || out->n + (size_t)n > CU_SIGNER_MESSAGE)
            return false;
        cu_buffer_append(out, piece, (size_t)n);
        if (out->bad)
            return false;
    }
}

static bool transmit(int fd, cu_bytes bytes)
{
    while (bytes.n > 0) {
        const ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes = cu_bytes_slice(bytes, (size_t)n, bytes.n);
    }
    return true;
}

/* ---- the server ---- */

static bool may_ask(int fd, bool group)
{
    struct ucred peer;
    socklen_t n = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &n) != 0)
        return false;
    return group || peer.uid == 0 || peer.uid == geteuid();
}

static void answer_one(int fd, bool group, cu_signer_service service, void *context)
{
    cu_buffer request = {0};
    cu_buffer response = {0};

    set_patience(fd);
    if (may_ask(fd, group) && receive(fd, &request)) {
        if (!service(context, cu_buffer_view(&request), &response))
            ended = 1;
        if (!response.bad)
            (void)transmit(fd, cu_buffer_view(&response));
    }
    cu_buffer_free(&request);
    cu_buffer_free(&response);
}

/* Takes away the socket that an earlier process left, and nothing else. A living one holds the
 * lock on its state. */
static cu_status make_way(const char *path, cu_err *err)
{
    struct stat there;

    if (lstat(path, &there) != 0)
        return CU_OK;
    if (!S_ISSOCK(there.st_mode))
        return cu_fail(err, CU_EEXISTS, "\"%s\" is there already, and is no socket", path);
    (void)unlink(path);
    return CU_OK;
}

static cu_status listen_at(const char *path, bool group, int *out, cu_err *err)
{
    struct sockaddr_un address;
    const mode_t mask = umask(group ? 0117 : 0177);
    cu_status st = address_of(path, &address, err);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (st == CU_OK && fd < 0)
        st = cu_fail_os(err, "could not make a socket");
    if (st == CU_OK)
        st = make_way(path, err);
    if (st == CU_OK && bind(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        st = cu_fail_os(err, "could not listen at \"%s\"", path);
    if (st == CU_OK && listen(fd, waiting_max) != 0)
        st = cu_fail_os(err, "could not listen at \"%s\"", path);
    (void)umask(mask);
    if (st != CU_OK && fd >= 0)
        (void)close(fd);
    if (st == CU_OK)
        *out = fd;
    return st;
}

static void watch_for_end(void)
{
    struct sigaction action = {.sa_handler = end};

    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

cu_status cu_signer_serve(const char *socket_path, bool group, cu_signer_service service,
                          void *context, cu_err *err)
{
    int fd = -1;
    cu_status st = listen_at(socket_path, group, &fd, err);

    if (st != CU_OK)
        return st;
    watch_for_end();
    while (ended == 0) {
        /* The wait has an end, so that a signal just before it is not slept through. */
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        const int ready = poll(&waiting, 1, 500);
        int peer;

        if (ready <= 0)
            continue;
        peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (peer < 0)
            continue;
        answer_one(peer, group, service, context);
        (void)close(peer);
    }
    (void)close(fd);
    (void)unlink(socket_path);
    return CU_OK;
}

/* ---- the client ---- */

static cu_status parse_response(cu_bytes response, unsigned *status, cu_buffer *body,
                                cu_err *err)
{
    cu_bytes line = {0};
    uint64_t number = 0;

    if (!cu_line_take(&response, &line) || !cu_decimal_decode(line, &number) || number < 100 ||
        number > 599)
        return cu_fail(err, CU_EFORMAT, "the answer from the socket is none");
    *status = (unsigned)number;
    cu_buffer_append(body, response.p, response.n);
    return cu_buffer_check(body, err);
}

cu_status cu_signer_ask(const char *socket_path, cu_bytes request, unsigned *status,
                        cu_buffer *body, cu_err *err)
{
    struct sockaddr_un address;
    cu_buffer response = {0};
    cu_status st = address_of(socket_path, &address, err);
    int fd = -1;

    if (st == CU_OK) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return cu_fail_os(err, "could not make a socket");
        set_patience(fd);
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
            st = cu_fail_os(err, "could not reach \"%s\"", socket_path);
    }
    if (st == CU_OK &&
        (!transmit(fd, request) || shutdown(fd, SHUT_WR) != 0 || !receive(fd, &response)))
        st = cu_fail(err, CU_EIO, "\"%s\" did not answer", socket_path);
    if (st == CU_OK)
        st = parse_response(cu_buffer_view(&response), status, body, err);
    if (fd >= 0)
        (void)close(fd);
    cu_buffer_free(&response);
    return st;
}
