/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile bytes are parsed in a child that can do no harm: one zygote a library, a fork an
 * item. */
#ifndef CU_SANDBOX_SANDBOX_H
#define CU_SANDBOX_SANDBOX_H

#include "base/bytes.h"

enum {
    cu_sandbox_fds_max = 8,
    cu_sandbox_request_max = 32 * 1024, /* bytes of one request or reply */
    cu_sandbox_control_fd = 3,          /* where a zygote finds its end of the control socket */
};

/* ---- the zygote's side: a program of its own, started by cu_zygote_start ---- */

/* What a child may use. Zero is no limit. */
typedef struct cu_sandbox_limits {
    uint64_t memory_bytes;
    uint32_t cpu_seconds;
    uint64_t
        output_bytes; /* of any one file that it writes to; a child has none open but pipes */
    uint32_t threads; /* not 0: it may start threads; some libraries cannot do without */
    uint32_t zero;
} cu_sandbox_limits;

/* How far this kernel let us go; kept with the evidence, so that weakness is never silent. */
typedef struct cu_sandbox_level {
    int landlock_abi; /* 0: the kernel has no Landlock */
    bool seccomp;
} cu_sandbox_level;

/*
 * A zygote's work. prepare runs once, before the sandbox closes: load libraries, set the
 * locale. handle runs in the zygote itself and answers at once; its state is what the forks
 * inherit. item runs in a fork of its own and answers on fds[0]; ready, where not NULL, runs
 * there before the item's request has come.
 */
typedef struct cu_zygote_work {
    void *state;
    void (*ready)(void *state);
    cu_status (*handle)(void *state, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err);
    cu_status (*item)(void *state, cu_bytes request, const int *fds, size_t fd_count,
                      cu_err *err);
} cu_zygote_work;

/*
 * Confines the process and serves the control socket until the broker hangs up. Before anything
 * hostile is read: no new privileges, no file by name (Landlock), a short list of system calls
 * (seccomp); each fork of an item has a shorter list, limits, and dies with the zygote.
 * Answers the exit status for main. Started by hand, with no control socket, it says so in one
 * line on standard error; towards a broker it says nothing there.
 */
int cu_zygote_serve(const cu_zygote_work *work);

/* ---- the broker's side ---- */

typedef struct cu_zygote cu_zygote;

/*
 * Starts program (a name without folders: it is looked for beside the running program, then in
 * the folder that the build set) with nothing open but its control socket.
 *
 * CU_ENOTFOUND  there is no such program.
 * CU_ECHILD     it could not confine itself.
 */
cu_status cu_zygote_start(const char *program, cu_zygote **out, cu_err *err) CU_MUST_CHECK;
void cu_zygote_stop(cu_zygote *zygote); /* kills it and all its children; NULL is allowed */
CU_DEFINE_AUTO(cu_zygote, cu_zygote_stop)
const cu_sandbox_level *cu_zygote_level(const cu_zygote *zygote);

/*
 * Asks the zygote itself; reply is emptied first. Failures of its handler come back with its
 * words. CU_ECHILD: it is gone, or broke the protocol.
 */
cu_status cu_zygote_ask(cu_zygote *zygote, cu_bytes request, const int *fds, size_t fd_count,
                        cu_buffer *reply, cu_err *err) CU_MUST_CHECK;

/* A running fork. socket is a stream socket to its fds[0]; both are closed by cu_item_end. */
typedef struct cu_item {
    int64_t pid; /* 0: none */
    int socket;
    int killed_by; /* after cu_item_end: the signal that it died of, or 0 */
} cu_item;

/* What an item is given. Borrowed for the call. */
typedef struct cu_sandbox_request {
    cu_bytes bytes;
    const int *fds; /* at most cu_sandbox_fds_max - 1: they become its fds[1] and on */
    size_t fd_count;
} cu_sandbox_request;

/*
 * From now on a fork with these limits always stands ready for the next item that has the same:
 * it was made and confined while the item before it worked. Its state is the zygote's of then,
 * so this is for zygotes whose state does not change.
 */
void cu_zygote_keep_ready(cu_zygote *zygote, const cu_sandbox_limits *limits);

/* Forks an item with the request, or gives the request to the fork that stands ready. */
cu_status cu_item_start(cu_zygote *zygote, const cu_sandbox_limits *limits,
                        const cu_sandbox_request *request, cu_item *out,
                        cu_err *err) CU_MUST_CHECK;

/*
 * Ends the item, killing it where it still runs, and says how it ended: CU_OK where it returned
 * CU_OK; else its own code and words, or CU_ECHILD with "killed by signal 11 (Segmentation
 * fault)", or CU_ELIMIT with "time limit" or "memory limit". killed_for, where not NULL, says
 * why the caller ends it early, and is the text of the CU_ELIMIT that comes back.
 */
cu_status cu_item_end(cu_zygote *zygote, cu_item *item, const char *killed_for,
                      cu_err *err) CU_MUST_CHECK;

/* As cu_item_end, where the item has said all that it had to say: nobody waits for its end. */
void cu_item_leave(cu_zygote *zygote, cu_item *item);

/* True where an allocation failed in this process since it began: libtsk does not say so
 * itself. */
bool cu_sandbox_memory_ran_out(void);

/* Reads and writes whole, over EINTR. False: the other side is gone (errno 0), or an error
 * (errno). */
bool cu_sandbox_write_all(int fd, const void *bytes, size_t n);
bool cu_sandbox_read_all(int fd, void *bytes, size_t n);

#endif
