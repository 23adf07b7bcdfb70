/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log in a real file, at every write, cut, sync and deletion that it asks for: the disk
 * fails, is full, takes half of a write, or the process dies. What was acknowledged is there,
 * the log is whole, the failure is a sentence, and the same process goes on. CUSTOS_FAULTS=all
 * strikes at every call; else at some of them, others for each kind.
 */
#include "ledger/ledger.h"
#include "support/cmocka.h"

#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum fault_kind {
    FAULT_FAILS,       /* this call, and no other */
    FAULT_FULL,        /* this call and all after it, until there is room again */
    FAULT_HALF,        /* half of a write is done, and then the disk is full */
    FAULT_DIES,        /* before the call */
    FAULT_DIES_WITHIN, /* after half of a write */
    FAULT_KINDS
} fault_kind;

/* Shared with the process that is struck. */
typedef struct struck {
    uint64_t acknowledged; /* entries */
    uint64_t tried;        /* entries that were asked for, acknowledged or not */
    long calls;            /* that changed something, of a whole run */
    unsigned failures;     /* that were told */
} struck;

static struck *shared;
static fault_kind kind;
static long calls_left = -1; /* until the fault; less than 0: none comes */
static bool lasting;         /* the disk is full */
static bool was_full;        /* the last failure was that */

/* ---- a file system that fails ---- */

typedef struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this one */
} faulty_file;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs faulty_vfs;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((faulty_file *)file)->real;
}

/* True where this call is to fail. */
static bool strikes(void)
{
    shared->calls++;
    if (lasting)
        return true;
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    if (kind == FAULT_DIES)
        (void)kill(getpid(), SIGKILL);
    lasting = kind == FAULT_FULL;
    return true;
}

/* What a call that fails answers. */
static int failure_of(int code)
{
    was_full = kind != FAULT_FAILS;
    return was_full ? SQLITE_FULL : code;
}

static int faulty_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    sqlite3_file *const real = real_of(file);

    if (!strikes())
        return real->pMethods->xWrite(real, bytes, n, at);
    if (kind == FAULT_HALF || kind == FAULT_DIES_WITHIN)
        (void)real->pMethods->xWrite(real, bytes, n / 2, at);
    if (kind == FAULT_DIES_WITHIN)
        (void)kill(getpid(), SIGKILL);
    return failure_of(SQLITE_IOERR_WRITE);
}

/* A disk that is full cuts and syncs none the less, so such a call fails as it can. */
static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_file *const real = real_of(file);

    if (!strikes())
        return real->pMethods->xTruncate(real, size);
    was_full = false;
    return SQLITE_IOERR_TRUNCATE;
}

/* Nothing is synced: a process that dies leaves what it wrote to the system. */
static int faulty_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    if (!strikes())
        return SQLITE_OK;
    was_full = false;
    return SQLITE_IOERR_FSYNC;
}

static int pass_close(sqlite3_file *file)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xClose(real);
}

static int pass_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xRead(real, out, n, at);
}

static int pass_size(sqlite3_file *file, sqlite3_int64 *out)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xFileSize(real, out);
}

static int pass_lock(sqlite3_file *file, int level)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xLock(real, level);
}

static int pass_unlock(sqlite3_file *file, int level)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xUnlock(real, level);
}

static int pass_check_lock(sqlite3_file *file, int *out)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xCheckReservedLock(real, out);
}

static int pass_control(sqlite3_file *file, int what, void *argument)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xFileControl(real, what, argument);
}

static int pass_sector(sqlite3_file *file)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xSectorSize(real);
}

/* Nothing is promised, so every sync is asked for. */
static int promise_nothing(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int pass_shm_map(sqlite3_file *file, int region, int size, int extend,
                        void volatile **out)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xShmMap(real, region, size, extend, out);
}

static int pass_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xShmLock(real, offset, n, flags);
}

static void pass_shm_barrier(sqlite3_file *file)
{
    sqlite3_file *const real = real_of(file);

    real->pMethods->xShmBarrier(real);
}

static int pass_shm_unmap(sqlite3_file *file, int delete)
{
    sqlite3_file *const real = real_of(file);

    return real->pMethods->xShmUnmap(real, delete);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = pass_close,
    .xRead = pass_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = pass_size,
    .xLock = pass_lock,
    .xUnlock = pass_unlock,
    .xCheckReservedLock = pass_check_lock,
    .xFileControl = pass_control,
    .xSectorSize = pass_sector,
    .xDeviceCharacteristics = promise_nothing,
    .xShmMap = pass_shm_map,
    .xShmLock = pass_shm_lock,
    .xShmBarrier = pass_shm_barrier,
    .xShmUnmap = pass_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                       int *out)
{
    faulty_file *const opened = (faulty_file *)file;
    int result;

    (void)vfs;
    opened->base.pMethods = NULL;
    opened->real = (sqlite3_file *)(void *)(opened + 1);
    result = real_vfs->xOpen(real_vfs, name, opened->real, flags, out);
    if (opened->real->pMethods != NULL)
        opened->base.pMethods = &methods;
    return result;
}

static int faulty_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    (void)sync;
    if (!strikes())
        return real_vfs->xDelete(real_vfs, name, 0);
    was_full = false;
    return SQLITE_IOERR_DELETE;
}

static bool put_faulty_vfs(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.pNext = NULL;
    faulty_vfs.szOsFile = (int)sizeof(faulty_file) + real_vfs->szOsFile;
    faulty_vfs.xOpen = faulty_open;
    faulty_vfs.xDelete = faulty_delete;
    return sqlite3_vfs_register(&faulty_vfs, 1) == SQLITE_OK;
}

/* ---- the process that is struck ---- */

static const cu_schema *const schemas[] = {&cu_ledger_schema};
static const cu_ledger_options options = {.origin = "log.example"};
static char folder[] = "/tmp/custos-faults-XXXXXX";
static char url[64];

enum { exit_mute = 10, exit_moved, exit_stuck };

static void disarm(void)
{
    calls_left = -1;
    lasting = false;
}

/* Ends the process where what failed is not said. */
static void must_say(cu_status st, const cu_err *err)
{
    const size_t n = strlen(err->text);

    shared->failures++;
    if (st != CU_EIO || err->code != st || n < 10 || err->text[n - 1] == '.' ||
        err->os_errno == 0)
        _exit(exit_mute);
}

static cu_status open_log(cu_store **store, cu_ledger **ledger, cu_err *err)
{
    cu_status st = cu_store_open(url, store, err);

    if (st == CU_OK)
        st = cu_store_migrate(*store, schemas, 1, err);
    /* Pages go back into the file often, so that it is struck while they do. */
    if (st == CU_OK)
        st = cu_store_run(*store, "PRAGMA wal_autocheckpoint = 12", CU_NO_VALUES, err);
    return st == CU_OK ? cu_ledger_open(*store, &options, ledger, err) : st;
}

static void close_log(cu_store **store, cu_ledger **ledger)
{
    cu_ledger_close(*ledger);
    cu_store_close(*store);
    *ledger = NULL;
    *store = NULL;
}

/* Once more after a failure: then there is no fault any more. */
static void open_or_again(cu_store **store, cu_ledger **ledger)
{
    cu_err err = {0};
    cu_status st = open_log(store, ledger, &err);

    if (st != CU_OK) {
        must_say(st, &err);
        disarm();
        close_log(store, ledger);
        if (open_log(store, ledger, &err) != CU_OK)
            _exit(exit_stuck);
    }
    if (shared->acknowledged == 0)
        shared->acknowledged = 1; /* the entry that begins the log */
}

/* What the same process reads after a failure is what it was told is there. */
static void must_read_the_same(cu_ledger *ledger)
{
    uint64_t size = 0;

    if (cu_ledger_size(ledger, &size, NULL) == CU_OK && size != shared->acknowledged)
        _exit(exit_moved);
}

static void record(cu_ledger *ledger, size_t n)
{
    static cu_ledger_event events[30];
    cu_err err = {0};
    cu_status st;

    for (size_t i = 0; i < n; i++)
        events[i] = (cu_ledger_event){.actor = "officer:1", .action = "thing.make"};
    shared->tried += n;
    st = cu_ledger_record_many(ledger, events, n, NULL, &err);
    if (st != CU_OK) {
        must_say(st, &err);
        if (was_full && err.os_errno != ENOSPC)
            _exit(exit_mute);
        must_read_the_same(ledger);
        disarm();
        if (cu_ledger_record_many(ledger, events, n, NULL, &err) != CU_OK)
            _exit(exit_stuck);
    }
    shared->acknowledged += n;
}

static void live(void)
{
    cu_store *store = NULL;
    cu_ledger *ledger = NULL;

    for (int round = 0; round < 2; round++) {
        open_or_again(&store, &ledger);
        for (size_t i = 0; i < 6; i++)
            record(ledger, i % 3 == 2 ? 30 : 1);
        close_log(&store, &ledger);
    }
    _exit(0);
}

/* ---- the one who looks afterwards ---- */

static void forget_files(void)
{
    static const char *const names[] = {"log", "log-wal", "log-shm", "log-journal"};
    char path[96];

    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_true(unlink(path) == 0 || errno == ENOENT);
    }
}

static void check_log(long call)
{
    const cu_ledger_check check = {.pages = true};
    static cu_ledger_report report;
    cu_store *store = NULL;
    cu_ledger *ledger = NULL;
    cu_err err = {0};

    if (open_log(&store, &ledger, &err) != CU_OK ||
        cu_ledger_verify(ledger, &check, NULL, &report, &err) != CU_OK)
        fail_msg("after fault %d at call %ld: %s", (int)kind, call, err.text);
    if (report.complaints_n > 0)
        fail_msg("after fault %d at call %ld: %s", (int)kind, call, report.complaints[0].text);
    if (report.entries < shared->acknowledged || report.entries > 1 + 2 * shared->tried)
        fail_msg("after fault %d at call %ld: %d entries, %d acknowledged", (int)kind, call,
                 (int)report.entries, (int)shared->acknowledged);
    close_log(&store, &ledger);
}

static bool dies(void)
{
    return kind == FAULT_DIES || kind == FAULT_DIES_WITHIN;
}

/* Runs the log once in a process of its own, and looks. */
static void strike_at(long call)
{
    int status = 0;
    pid_t child;

    forget_files();
    *shared = (struck){0};
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        calls_left = call;
        live();
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!(WIFEXITED(status) && WEXITSTATUS(status) == 0) &&
        !(dies() && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL))
        fail_msg("fault %d at call %ld: the process ended as %d", (int)kind, call, status);
    calls_left = -1;
    check_log(call);
}

static void loses_nothing_whatever_call_fails(void **state)
{
    const char *const wanted = getenv("CUSTOS_FAULTS");
    const long step = wanted != NULL && strcmp(wanted, "all") == 0 ? 1 : 13;
    unsigned long runs = 0;
    unsigned long told = 0;
    long calls;

    (void)state;
    kind = FAULT_FAILS;
    strike_at(-1);
    calls = shared->calls;
    assert_int_equal(shared->acknowledged, 1 + 2 * (30 * 2 + 4));
    assert_int_equal(shared->failures, 0);
    assert_true(calls > 100);
    for (kind = 0; kind < FAULT_KINDS; kind++) {
        for (long call = (long)kind % step; call < calls; call += step) {
            strike_at(call);
            runs++;
            told += shared->failures > 0;
        }
    }
    print_message("# %lu faults at %ld calls, %lu of them told, none lost anything\n", runs,
                  calls, told);
    assert_true(told > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_nothing_whatever_call_fails),
    };
    int failed;

    shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || mkdtemp(folder) == NULL || !put_faulty_vfs())
        return 1;
    (void)snprintf(url, sizeof url, "sqlite:%s/log", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget_files();
    (void)rmdir(folder);
    return failed;
}
