/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock denies every file and port by name; seccomp lists the few calls that are left. */
#include "sandbox/confine.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
#define LOAD(at)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(at))
#define FIELD(of) offsetof(struct seccomp_data, of)

enum { filter_max = 256 };

/* What both need: read and write what is open, memory that cannot be run, time, the end. */
static const int item_calls[] = {
    SYS_read,
    SYS_pread64,
    SYS_readv,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_close,
    SYS_futex,
    SYS_exit,
    SYS_exit_group,
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_clock_gettime,
    SYS_rt_sigreturn,
    SYS_getrandom,
    SYS_gettimeofday,
    SYS_fadvise64,
    SYS_sched_yield,
    SYS_recvfrom,
    SYS_sendto,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_getpid,
    SYS_restart_syscall,
    SYS_gettid,
    SYS_rt_sigprocmask,
    SYS_rt_sigaction,
#if SANITIZED
    SYS_sigaltstack,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_gettid,
    SYS_readlink,
    SYS_getrlimit,
    SYS_sched_getaffinity,
    SYS_prctl,
    SYS_tgkill,
    SYS_openat,
    SYS_open,
    SYS_getuid,
#endif
};

/* What a zygote needs besides, to fork, confine and bury its items. */
static const int zygote_calls[] = {
    SYS_clone,           SYS_clone3,         SYS_wait4,        SYS_kill,
    SYS_prctl,           SYS_seccomp,        SYS_prlimit64,    SYS_setrlimit,
    SYS_set_robust_list, SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_gettid,
    SYS_getppid,         SYS_rseq,           SYS_dup,          SYS_fcntl,
    SYS_tgkill, /* an item's abort passes both filters; its own lets it signal nobody else */
};

/*
 * A library that asks for a file by name, or how many processors there are, is told that it may
 * not know or have it; that is no attack yet.
 */
static const int refused_calls[] = {SYS_openat,           SYS_open,       SYS_readlink,
                                    SYS_access,           SYS_faccessat2, SYS_sysinfo,
                                    SYS_sched_getaffinity};

/* What a thread needs besides being started. */
static const int thread_calls[] = {SYS_set_robust_list, SYS_rseq};

typedef struct program {
    struct sock_filter code[filter_max];
    unsigned short length;
} program;

static void add(program *filter, struct sock_filter statement)
{
    if (filter->length < filter_max)
        filter->code[filter->length++] = statement;
}

static void answer_calls(program *filter, const int *calls, size_t count, uint32_t answer)
{
    for (size_t i = 0; i < count; i++) {
        add(filter,
            (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1));
        add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, answer));
    }
}

/* Memory may be mapped and protected, but never to be run. */
static void allow_plain_memory(program *filter, int call)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4));
    add(filter, (struct sock_filter)LOAD(FIELD(args[2])));
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1));
    add(filter, (struct sock_filter)KILL);
    add(filter, (struct sock_filter)ALLOW);
}

/* abort() signals the process itself; nobody else may be signalled. A zygote may bury its
 * forks. */
static void allow_own_signal(program *filter)
{
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_tgkill, 0, 4));
    add(filter, (struct sock_filter)LOAD(FIELD(args[0])));
    add(filter,
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)getpid(), 1, 0));
    add(filter, (struct sock_filter)KILL);
    add(filter, (struct sock_filter)ALLOW);
}

/*
 * A thread of this process, never another process. The newer call hides its flags in memory,
 * where a filter cannot see them: libc is told that it is not there, and takes the older one.
 */
static void allow_threads(program *filter)
{
    const int newer[] = {SYS_clone3};

    answer_calls(filter, thread_calls, CU_COUNT_OF(thread_calls), SECCOMP_RET_ALLOW);
    answer_calls(filter, newer, 1, SECCOMP_RET_ERRNO | ENOSYS);
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
    add(filter, (struct sock_filter)LOAD(FIELD(args[0])));
    add(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_THREAD, 1, 0));
    add(filter, (struct sock_filter)KILL);
    add(filter, (struct sock_filter)ALLOW);
}

static cu_status load_filter(const program *filter, cu_err *err)
{
    const struct sock_fprog wanted = {.len = filter->length,
                                      .filter = (struct sock_filter *)(uintptr_t)filter->code};

    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &wanted) != 0)
        return cu_fail_os(err, "could not set the system call filter");
    return CU_OK;
}

static cu_status filter_zygote(cu_err *err)
{
    program filter = {.length = 0};

    add(&filter, (struct sock_filter)LOAD(FIELD(arch)));
    add(&filter,
        (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
    add(&filter, (struct sock_filter)KILL);
    add(&filter, (struct sock_filter)LOAD(FIELD(nr)));
    answer_calls(&filter, item_calls, CU_COUNT_OF(item_calls), SECCOMP_RET_ALLOW);
    answer_calls(&filter, zygote_calls, CU_COUNT_OF(zygote_calls), SECCOMP_RET_ALLOW);
    answer_calls(&filter, refused_calls, CU_COUNT_OF(refused_calls),
                 SECCOMP_RET_ERRNO | EACCES);
    allow_plain_memory(&filter, SYS_mmap);
    allow_plain_memory(&filter, SYS_mprotect);
    add(&filter, (struct sock_filter)KILL);
    return load_filter(&filter, err);
}

static bool is_for_items(int call)
{
    for (size_t i = 0; i < CU_COUNT_OF(item_calls); i++) {
        if (item_calls[i] == call)
            return true;
    }
    return false;
}

/*
 * The zygote's filter holds for its forks, too: of two, the stricter answer counts. So this one
 * only takes away what the zygote alone needs; a short one, since each fork compiles it anew.
 */
static cu_status filter_item(bool threads, cu_err *err)
{
    program filter = {.length = 0};

    add(&filter, (struct sock_filter)LOAD(FIELD(nr)));
    if (threads)
        allow_threads(&filter);
    allow_own_signal(&filter);
    for (size_t i = 0; i < CU_COUNT_OF(zygote_calls); i++) {
        if (!is_for_items(zygote_calls[i]))
            answer_calls(&filter, &zygote_calls[i], 1, SECCOMP_RET_KILL_PROCESS);
    }
    add(&filter, (struct sock_filter)ALLOW);
    return load_filter(&filter, err);
}

/* Source: Linux Documentation/userspace-api/landlock.rst: mask the rights to the ABI that is
 * there. */
static cu_status deny_files(cu_sandbox_level *level, cu_err *err)
{
    const long abi =
        syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    level->landlock_abi = abi > 0 ? (int)abi : 0;
    if (abi <= 0)
        return CU_OK; /* an older kernel: the level says so, and seccomp still denies open */

    /* Every right of the ABI: 13 of ABI 1, then refer, truncate, ioctl on devices. */
    const unsigned rights = abi == 1 ? 13 : abi == 2 ? 14 : abi < 5 ? 15 : 16;

    const struct {
        uint64_t files;
        uint64_t ports;  /* ABI 4: bind and connect by TCP */
        uint64_t scopes; /* ABI 6: abstract sockets and signals of others */
    } rules = {(1ULL << rights) - 1, abi >= 4 ? 3 : 0, abi >= 6 ? 3 : 0};

    const size_t known = abi >= 6 ? 3 : abi >= 4 ? 2 : 1;
    const long ruleset =
        syscall(SYS_landlock_create_ruleset, &rules, known * sizeof rules.files, 0);

    if (ruleset < 0)
        return cu_fail_os(err, "could not make a Landlock rule set");

    const long done = syscall(SYS_landlock_restrict_self, (int)ruleset, 0);

    close((int)ruleset);
    return done == 0 ? CU_OK : cu_fail_os(err, "could not enter Landlock");
}

static int by_nothing(CU_UNUSED const void *a, CU_UNUSED const void *b)
{
    return 0;
}

/* glibc asks how much memory the machine has when it first sorts much, and keeps the answer. */
static void sort_once(void)
{
    uint8_t much[4096] = {0};

    qsort(much, sizeof much / 4, 4, by_nothing);
}

cu_status cu_confine_zygote(cu_sandbox_level *level, cu_err *err)
{
    const struct rlimit none = {0, 0};

    sort_once();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cu_fail_os(err, "could not give up new privileges");
    if (setrlimit(RLIMIT_CORE, &none) != 0)
        return cu_fail_os(err, "could not forbid core files");

    const cu_status st = deny_files(level, err);

    if (st != CU_OK)
        return st;
    level->seccomp = true;
    return filter_zygote(err);
}

/* The hard limit lies above the soft one: at both at once a child dies of SIGKILL, which says
 * nothing. A limit that is tighter already, because somebody set it for Custos, stays. */
static bool limit(int resource, uint64_t most)
{
    struct rlimit wanted = {most, resource == RLIMIT_CPU ? most + 2 : most};
    struct rlimit found;

    if (most == 0)
        return true;
    if (getrlimit((__rlimit_resource_t)resource, &found) != 0)
        return false;
    if (wanted.rlim_max > found.rlim_max)
        wanted.rlim_max = found.rlim_max;
    if (wanted.rlim_cur > found.rlim_cur)
        wanted.rlim_cur = found.rlim_cur;
    return setrlimit((__rlimit_resource_t)resource, &wanted) == 0;
}

cu_status cu_confine_item(pid_t zygote, const cu_sandbox_limits *limits, cu_err *err)
{
    if (prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0) != 0)
        return cu_fail_os(err, "could not tie the child to its parent");
    if (getppid() != zygote) /* it ended before it could be tied to */
        return cu_fail(err, CU_ECHILD, "the zygote is gone");
    /* A sanitizer maps terabytes that it never touches, so there only the clock limits it. */
    if ((!SANITIZED && !limit(RLIMIT_AS, limits->memory_bytes)) ||
        !limit(RLIMIT_CPU, limits->cpu_seconds) || !limit(RLIMIT_FSIZE, limits->output_bytes))
        return cu_fail_os(err, "could not set the child's limits");
    return filter_item(limits->threads != 0, err);
}
