/* SPDX-License-Identifier: Apache-2.0 */
/* What a captured child can and cannot do, and how each end is told. */
#include "sandbox/sandbox.h"
#include "support/cmocka.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static cu_zygote *zygote;
static const cu_sandbox_limits no_limits;

static cu_item start(const char *request, const cu_sandbox_limits *limits)
{
    cu_item item = {0};

    assert_int_equal(
        cu_item_start(zygote, limits,
                      &(cu_sandbox_request){
                          (cu_bytes){(const uint8_t *)request, strlen(request)}, NULL, 0},
                      &item, NULL),
        CU_OK);
    assert_true(item.pid > 0);
    return item;
}

/* The item ends by itself: waits until its socket is closed. */
static void wait_for_end(const cu_item *item)
{
    struct pollfd wanted = {.fd = item->socket, .events = POLLIN};
    char byte = 0;

    assert_int_equal(poll(&wanted, 1, 20000), 1);
    assert_false(cu_sandbox_read_all(item->socket, &byte, 1));
}

static void assert_ends(const char *request, const cu_sandbox_limits *limits, cu_status code,
                        const char *words)
{
    cu_item item = start(request, limits);
    cu_err err = {0};

    wait_for_end(&item);
    if (cu_item_end(zygote, &item, NULL, &err) != code || strstr(err.text, words) == NULL)
        fail_msg("\"%s\" ended with %d \"%s\", not %d \"%s\"", request, err.code, err.text,
                 code, words);
    assert_int_equal(item.pid, 0);
}

static void each_end_is_told(void **state)
{
    (void)state;
    assert_ends("n", &no_limits, CU_OK, "");
    assert_ends("r\x03", &no_limits, CU_EFORMAT, "could not be read");
    assert_ends("r\x04", &no_limits, CU_EUNSUPPORTED, "could not be read");
    assert_ends("r\x30", &no_limits, CU_ECHILD, "ended with status 48");
    if (!SANITIZED) {
        assert_ends("a", &no_limits, CU_ECHILD, "signal 6");
        assert_ends("v\x01", &no_limits, CU_ECHILD, "signal 11 (Segmentation fault)");
    }
}

static void limits_hold(void **state)
{
    const cu_sandbox_limits seconds = {.cpu_seconds = 1};
    const cu_sandbox_limits memory = {.memory_bytes = 300 << 20};

    (void)state;
    assert_ends("c", &seconds, CU_ELIMIT, "time limit");
    /* Its library does not say that memory ran out; the sandbox does. */
    if (!SANITIZED)
        assert_ends("M", &memory, CU_ELIMIT, "memory limit");
}

/* Each of these kills the child that tries it. */
static void forbidden_calls_kill(void **state)
{
    static const char *const calls[] = {"s", "x", "f", "k", "t", "p", "m", "l", "u", "d"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(calls); i++)
        assert_ends(calls[i], &no_limits, CU_ECHILD, "killed by the system call filter");
}

/* What a zygote needs to make its forks is not theirs. */
static void what_the_zygote_alone_may_kills(void **state)
{
    static const int calls[] = {SYS_wait4, SYS_clone,  SYS_setrlimit, SYS_getppid,
                                SYS_dup,   SYS_fcntl,  SYS_kill,      SYS_fork,
                                SYS_vfork, SYS_dup2,   SYS_setuid,    SYS_ioctl,
                                SYS_prctl, SYS_tgkill, SYS_select,    SYS_getdents};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(calls); i++) {
        const char request[] = {'#', (char)calls[i], '\0'};

        if (SANITIZED && (calls[i] == SYS_prctl || calls[i] == SYS_tgkill))
            continue;
        assert_ends(request, &no_limits, CU_ECHILD, "killed by the system call filter");
    }
}

/* A file by name is refused, and nothing is made. */
static void no_file_has_a_name(void **state)
{
    static const char calls[] = {'o', 'w', 'i'};

    (void)state;
    for (size_t i = 0; i < sizeof calls; i++) {
        const char request[2] = {calls[i], '\0'};
        cu_item item = start(request, &no_limits);
        int number = 0;

        assert_true(cu_sandbox_read_all(item.socket, &number, sizeof number));
        /* stat is allowed to libraries that look at what they have open; by name it must see
         * nothing. */
        if (calls[i] == 'i')
            assert_true(number == 0 || number == EACCES);
        else
            assert_int_equal(number, EACCES);
        wait_for_end(&item);
        assert_int_equal(cu_item_end(zygote, &item, NULL, NULL), CU_OK);
    }
    assert_int_not_equal(access("/tmp/custos-must-not-be", F_OK), 0);
}

/* Nothing but its own socket, whatever we had open; standard input and output lead nowhere. */
static void nothing_is_open(void **state)
{
    const int ours = open("/etc/passwd", O_RDONLY);
    cu_item item = start("F", &no_limits);
    uint64_t set = 0;

    (void)state;
    assert_true(ours >= 0);
    assert_true(cu_sandbox_read_all(item.socket, &set, sizeof set));
    if (SANITIZED)
        set &= ~4ULL;
    /* One descriptor above 2: the item's socket. The control socket (3) is closed. */
    assert_int_equal(set & 0xF, 0);
    assert_int_equal(__builtin_popcountll(set), 1);
    wait_for_end(&item);
    assert_int_equal(cu_item_end(zygote, &item, NULL, NULL), CU_OK);
    close(ours);
}

static void a_descriptor_is_handed_over(void **state)
{
    cu_item item = {0};
    char got[6] = "";
    const int fd = (int)syscall(SYS_memfd_create, "given", 0);

    (void)state;
    assert_true(fd >= 0 && write(fd, "given", 5) == 5);
    assert_int_equal(
        cu_item_start(zygote, &no_limits,
                      &(cu_sandbox_request){(cu_bytes){(const uint8_t *)"e", 1}, &fd, 1}, &item,
                      NULL),
        CU_OK);
    assert_true(cu_sandbox_read_all(item.socket, got, 5));
    assert_string_equal(got, "given");
    wait_for_end(&item);
    assert_int_equal(cu_item_end(zygote, &item, NULL, NULL), CU_OK);
    close(fd);
}

static void an_item_is_ended_early_for_a_reason(void **state)
{
    cu_item item = start("W", &no_limits);
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_item_end(zygote, &item, "time limit", &err), CU_ELIMIT);
    assert_string_equal(err.text, "time limit");
    assert_int_equal(cu_item_end(zygote, &item, NULL, &err), CU_OK); /* there is none */
}

static void many_items_side_by_side(void **state)
{
    enum { many = 40 };

    cu_item items[many];
    int number = 0;

    (void)state;
    for (size_t i = 0; i < many; i++)
        items[i] = start("o", &no_limits);
    for (size_t i = 0; i < many; i++) {
        assert_true(cu_sandbox_read_all(items[i].socket, &number, sizeof number));
        assert_int_equal(number, EACCES);
        wait_for_end(&items[i]);
        assert_int_equal(cu_item_end(zygote, &items[i], NULL, NULL), CU_OK);
    }
}

static void ask(const char *request)
{
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};

    assert_int_equal(
        cu_zygote_ask(zygote, (cu_bytes){(const uint8_t *)request, 1}, NULL, 0, &reply, NULL),
        CU_OK);
    cu_buffer_free(&reply);
}

/* How many "+" the item's fork was made after. */
static int turns_of(const cu_sandbox_limits *limits, pid_t *pid)
{
    cu_item item = start("R", limits);
    uint8_t told[2] = {0};

    assert_true(cu_sandbox_read_all(item.socket, told, sizeof told));
    assert_int_equal(told[1], 1);
    *pid = (pid_t)item.pid;
    cu_item_leave(zygote, &item);
    assert_int_equal(item.pid, 0);
    return told[0];
}

/* It was made before the question, and stands for its own limits alone. */
static void an_item_stands_ready(void **state)
{
    const cu_sandbox_limits seconds = {.cpu_seconds = 20};
    pid_t pid = 0;

    (void)state;
    assert_int_equal(turns_of(&no_limits, &pid), 0);
    cu_zygote_keep_ready(zygote, &no_limits);
    for (int i = 1; i < 20; i++) {
        ask("+");
        assert_int_equal(turns_of(&seconds, &pid), i);
        assert_int_equal(turns_of(&no_limits, &pid), i - 1);
    }
    ask("=");
    assert_int_not_equal(kill(pid, 0), 0); /* what was left is buried */
}

/* What a line of a process's status says; "" where there is none. */
static const char *status_of(const char *pid, const char *what)
{
    static char line[256];
    char path[64];
    const char *said = "";

    (void)snprintf(path, sizeof path, "/proc/%.20s/status", pid);

    FILE *const file = fopen(path, "re");

    while (file != NULL && *said == '\0' && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, what, strlen(what)) == 0)
            said = line + strlen(what) + 1;
    }
    if (file != NULL)
        fclose(file);
    return said;
}

static void kill_and_wait(const char *pid)
{
    assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
    while (*status_of(pid, "State:") != 'Z')
        (void)usleep(1000);
}

/* All forks of the zygote but its item. */
static int kill_others(const cu_item *item)
{
    char own[24];
    DIR *const processes = opendir("/proc");
    int killed = 0;

    assert_non_null(processes);
    (void)snprintf(own, sizeof own, "%lld", (long long)item->pid);

    const long parent = strtol(status_of(own, "PPid:"), NULL, 10);

    for (struct dirent *entry = readdir(processes); entry != NULL; entry = readdir(processes)) {
        const long pid = strtol(entry->d_name, NULL, 10);

        if (pid <= 0 || pid == item->pid ||
            strtol(status_of(entry->d_name, "PPid:"), NULL, 10) != parent)
            continue;
        kill_and_wait(entry->d_name);
        killed++;
    }
    closedir(processes);
    return killed;
}

/* Where the system took it, another is made. */
static void one_that_stood_ready_and_is_gone_is_missed_by_nobody(void **state)
{
    pid_t pid = 0;

    (void)state;
    cu_zygote_keep_ready(zygote, &no_limits);
    for (int i = 1; i < 10; i++) {
        ask("+");

        cu_item item = start("W", &no_limits);

        ask("=");
        assert_int_equal(kill_others(&item), 1);
        assert_int_equal(turns_of(&no_limits, &pid), i);
        assert_int_equal(cu_item_end(zygote, &item, "no need", NULL), CU_ELIMIT);
    }
}

static void a_request_that_is_too_large_is_refused(void **state)
{
    static uint8_t large[cu_sandbox_request_max + 1] = {'n'};
    cu_item item = {0};

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        const cu_sandbox_request request = {(cu_bytes){large, cu_sandbox_request_max + more},
                                            NULL, 0};

        assert_int_equal(cu_item_start(zygote, &no_limits, &request, &item, NULL),
                         more == 0 ? CU_OK : CU_EUSAGE);
        if (more == 0) {
            wait_for_end(&item);
            assert_int_equal(cu_item_end(zygote, &item, NULL, NULL), CU_OK);
        }
    }
}

static void the_zygote_answers(void **state)
{
    static uint8_t large[cu_sandbox_request_max];
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    cu_err err = {0};

    (void)state;
    memset(large, '=', sizeof large);
    for (size_t n = 1; n <= sizeof large; n += n < 100 ? 1 : 997) {
        assert_int_equal(cu_zygote_ask(zygote, (cu_bytes){large, n}, NULL, 0, &reply, &err),
                         CU_OK);
        assert_int_equal(reply.n, n);
    }
    assert_int_equal(cu_zygote_ask(zygote, (cu_bytes){0}, NULL, 0, &reply, &err), CU_EUSAGE);
    assert_string_equal(err.text, "nothing was asked");
    /* One byte more than a request may have is not sent, and the zygote lives. */
    uint8_t over[cu_sandbox_request_max + 1] = {'='};

    assert_int_equal(
        cu_zygote_ask(zygote, (cu_bytes){over, sizeof over}, NULL, 0, &reply, &err), CU_ECHILD);
    assert_int_equal(cu_zygote_ask(zygote, (cu_bytes){large, 1}, NULL, 0, &reply, &err), CU_OK);
    cu_buffer_free(&reply);
}

/* The zygote itself has no files either, and how far the kernel went is known. */
static void the_zygote_is_confined_and_says_how_far(void **state)
{
    const cu_sandbox_level *const level = cu_zygote_level(zygote);
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    int number = 0;

    (void)state;
    assert_true(level->seccomp);
    assert_int_equal(level->landlock_abi, abi < 0 ? 0 : abi);
    assert_int_equal(
        cu_zygote_ask(zygote, (cu_bytes){(const uint8_t *)"o", 1}, NULL, 0, &reply, NULL),
        CU_OK);
    assert_int_equal(reply.n, sizeof number);
    memcpy(&number, reply.p, sizeof number);
    assert_int_equal(number, EACCES);
    /* From Landlock 6 on it can signal nobody but its own forks. */
    if (level->landlock_abi >= 6) {
        assert_int_equal(
            cu_zygote_ask(zygote, (cu_bytes){(const uint8_t *)"z", 1}, NULL, 0, &reply, NULL),
            CU_OK);
        memcpy(&number, reply.p, sizeof number);
        assert_int_equal(number, EPERM);
    }
    cu_buffer_free(&reply);
}

/* A zygote that dies takes its items with it, and is told apart from an answer. */
static void a_dead_zygote_is_told(void **state)
{
    cu_buffer reply = {.ceiling = cu_sandbox_request_max};
    cu_item item = start("W", &no_limits);
    cu_err err = {0};

    (void)state;
    assert_int_equal(
        cu_zygote_ask(zygote, (cu_bytes){(const uint8_t *)"q", 1}, NULL, 0, &reply, &err),
        CU_ECHILD);
    assert_string_equal(err.text, "the sandboxed child died");
    wait_for_end(&item);
    assert_int_equal(cu_item_end(zygote, &item, NULL, &err), CU_ECHILD);
    assert_int_equal(cu_item_start(zygote, &no_limits,
                                   &(cu_sandbox_request){(cu_bytes){0}, NULL, 0}, &item, &err),
                     CU_ECHILD);
    cu_buffer_free(&reply);
}

static void a_program_that_is_not_there_is_told(void **state)
{
    cu_zygote *none = NULL;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_zygote_start("custos-no-such-child", &none, &err), CU_ENOTFOUND);
    assert_null(none);
    /* One that does not speak the protocol. */
    assert_int_equal(cu_zygote_start("test-sandbox-mute", &none, &err), CU_ECHILD);
    assert_null(none);
}

static int start_zygote(void **state)
{
    (void)state;
    return cu_zygote_start("test-sandbox-child", &zygote, NULL) == CU_OK ? 0 : -1;
}

static int stop_zygote(void **state)
{
    (void)state;
    cu_zygote_stop(zygote);
    zygote = NULL;
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_zygote, stop_zygote)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_end_is_told),
        TEST(limits_hold),
        TEST(forbidden_calls_kill),
        TEST(what_the_zygote_alone_may_kills),
        TEST(no_file_has_a_name),
        TEST(nothing_is_open),
        TEST(a_descriptor_is_handed_over),
        TEST(an_item_is_ended_early_for_a_reason),
        TEST(many_items_side_by_side),
        TEST(an_item_stands_ready),
        TEST(one_that_stood_ready_and_is_gone_is_missed_by_nobody),
        TEST(a_request_that_is_too_large_is_refused),
        TEST(the_zygote_answers),
        TEST(the_zygote_is_confined_and_says_how_far),
        TEST(a_dead_zygote_is_told),
        cmocka_unit_test(a_program_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
