/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every decoder where one allocation after the other fails: it says so or does without, and
 * gives back what it took. In a plain build the libraries' own allocations fail too, and they
 * may die or leak of it, as their child ends anyway; under a sanitizer, which has its own
 * allocator, ours alone fail.
 */
#include "picture/examine.h"
#include "support/cmocka.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

enum {
    every = 400, /* allocations that fail each in turn; of the others, every 29th */
    step = 29,
    file_max = 1 << 16,
};

/* Shared with the forks, which may not live to tell. */
typedef struct plan {
    atomic_long left; /* allocations before the one that fails; negative: none does */
    atomic_bool failed;
    atomic_bool ours; /* it was our own code's that failed, and no library's */
} plan;

static plan *shared;
static atomic_long live; /* blocks */
static _Thread_local bool from_us;

/* As custos-picture notices it: what a library swallows is told all the same. */
bool cu_sandbox_memory_ran_out(void)
{
    return shared != NULL && atomic_load(&shared->failed);
}

static bool fails(void)
{
    if (shared == NULL || atomic_load(&shared->left) < 0 ||
        atomic_fetch_sub(&shared->left, 1) != 0)
        return false;
    atomic_store(&shared->ours, from_us);
    atomic_store(&shared->failed, true);
    errno = ENOMEM;
    return true;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t count, size_t n);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t count, size_t n);
void *__wrap_realloc(void *p, size_t n);

#ifdef SANITIZED
#define NOW_FAILS fails()
#else
#define NOW_FAILS false /* what stands in front of glibc's says so */
#endif

void *__wrap_malloc(size_t n)
{
    from_us = true;

    void *const taken = NOW_FAILS ? NULL : __real_malloc(n);

    from_us = false;
    return taken;
}

void *__wrap_calloc(size_t count, size_t n)
{
    from_us = true;

    void *const taken = NOW_FAILS ? NULL : __real_calloc(count, n);

    from_us = false;
    return taken;
}

void *__wrap_realloc(void *p, size_t n)
{
    from_us = true;

    void *const taken = NOW_FAILS ? NULL : __real_realloc(p, n);

    from_us = false;
    return taken;
}

#ifdef SANITIZED

int __lsan_do_recoverable_leak_check(void);

static bool leaked(long before)
{
    (void)before;
    return __lsan_do_recoverable_leak_check() != 0;
}

#else

/* Source: glibc exports its allocator under these names for programs that stand in front of it.
 */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *old, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);
extern void __libc_free(void *p);

#define SHOWN __attribute__((visibility("default")))

static void *counted(void *taken)
{
    if (taken != NULL)
        atomic_fetch_add(&live, 1);
    return taken;
}

SHOWN void *malloc(size_t n)
{
    return fails() ? NULL : counted(__libc_malloc(n));
}

SHOWN void *calloc(size_t count, size_t n)
{
    return fails() ? NULL : counted(__libc_calloc(count, n));
}

SHOWN void *realloc(void *old, size_t n)
{
    if (old == NULL)
        return malloc(n);
    if (n == 0) {
        free(old);
        return NULL;
    }
    return fails() ? NULL : __libc_realloc(old, n);
}

SHOWN void *aligned_alloc(size_t alignment, size_t n)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, n));
}

SHOWN int posix_memalign(void **out, size_t alignment, size_t n)
{
    void *const taken = aligned_alloc(alignment, n);

    if (taken == NULL)
        return ENOMEM;
    *out = taken;
    return 0;
}

SHOWN void free(void *p)
{
    if (p != NULL)
        atomic_fetch_sub(&live, 1);
    __libc_free(p);
}

static bool leaked(long before)
{
    return atomic_load(&live) > before;
}

#endif

/* What a child found, as its exit status. */
enum { good, enough, wrong, leaks };

static uint8_t file[file_max];
static size_t file_bytes;
static cu_picture_facts whole;

/* In a fork, as a decoder always is. */
static int examine_failing_at(long n)
{
    const long before = atomic_load(&live);
    cu_picture_facts facts;

    close(STDERR_FILENO); /* what glibc says of a library that dies */
    for (int number = 1; number < 32; number++)
        (void)signal(number, SIG_DFL); /* not the test's own way of telling them */
    atomic_store(&shared->failed, false);
    atomic_store(&shared->ours, false);
    atomic_store(&shared->left, n);
    cu_picture_examine_here((cu_bytes){file, file_bytes}, true, &facts);
    atomic_store(&shared->left, -1);
    if (cu_picture_facts_check(&facts, file_bytes, NULL) != CU_OK ||
        (facts.outcome == CU_PICTURE_WHOLE &&
         memcmp(facts.hashes, whole.hashes, sizeof whole.hashes) != 0) ||
        (facts.outcome != CU_PICTURE_WHOLE && facts.reason[0] == '\0'))
        return wrong;
    if (atomic_load(&shared->ours) && leaked(before))
        return leaks;
    return atomic_load(&shared->failed) ? good : enough;
}

static void fail_in_turn(const char *name)
{
    for (long n = 0;; n += n < every ? 1 : step) {
        const pid_t pid = fork();
        int status = 0;

        assert_true(pid >= 0);
        if (pid == 0)
            _exit(examine_failing_at(n));
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status) && WEXITSTATUS(status) == enough) {
            assert_true(n > 0);
            return;
        }
        /* A library that dies of it ends its child, which is told as a finding. */
        if (WIFSIGNALED(status) && !atomic_load(&shared->ours))
            continue;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != good)
            fail_msg("%s, allocation %ld: status %x", name, n, (unsigned)status);
    }
}

static void read_sample(const char *folder, const char *name)
{
    char path[4096];
    FILE *in = NULL;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    in = fopen(path, "rb");
    assert_non_null(in);
    file_bytes = fread(file, 1, sizeof file, in);
    assert_true(file_bytes > 0 && file_bytes < sizeof file);
    fclose(in);
}

static void each_format_survives_each_failed_allocation(void **state)
{
    const char *const folder = getenv("CUSTOS_SAMPLES");
    unsigned count = 0;

    (void)state;
    assert_non_null(folder);
    shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    atomic_store(&shared->left, -1);
    atomic_store(&shared->failed, false);

    DIR *const samples = opendir(folder);
    const struct dirent *entry = NULL;

    assert_non_null(samples);
    while ((entry = readdir(samples)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        read_sample(folder, entry->d_name);
        atomic_store(&shared->failed, false);
        /* What a library makes once, it has made by now. */
        cu_picture_examine_here((cu_bytes){file, file_bytes}, true, &whole);
        if (whole.outcome == CU_PICTURE_NOT)
            continue;
        fail_in_turn(entry->d_name);
        count++;
    }
    closedir(samples);
    assert_true(count >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_format_survives_each_failed_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
