/* SPDX-License-Identifier: Apache-2.0 */
/* The power is cut at any write, sync or deletion: what was acknowledged is there, and the log
 * is whole. */
#include "ledger/ledger.h"
#include "support/cmocka.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * A file system in memory that knows what is durable. Each file has its bytes as a process sees
 * them, and as a disk has them; a sync makes the second the first. A cut keeps, of what was not
 * synced, each sector or not, by chance; a sector that was being written may be garbage.
 */
enum { files_max = 8, sector = 512, file_max = 1 << 21 };

typedef struct disk_file {
    char name[64];
    uint8_t *seen;
    uint8_t *durable;
    size_t seen_bytes;
    size_t durable_bytes;
    uint8_t dirty[file_max / sector]; /* sectors written since the last sync */
    bool there;                       /* as a process sees it */
    bool durably_there;
} disk_file;

static disk_file disk[files_max];
static long operations; /* until the cut; less than 0: none comes */
static bool off;
static uint64_t chance_state;

static uint32_t chance(void)
{
    chance_state = chance_state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(chance_state >> 33);
}

/* Every operation that changes the disk passes here. False: the power is gone. */
static bool spend(void)
{
    if (off)
        return false;
    if (operations >= 0 && operations-- == 0) {
        off = true;
        return false;
    }
    return true;
}

static disk_file *find(const char *name, bool make)
{
    disk_file *empty = NULL;

    for (size_t i = 0; i < files_max; i++) {
        if (disk[i].seen != NULL && strcmp(disk[i].name, name) == 0)
            return &disk[i];
        if (disk[i].seen == NULL && empty == NULL)
            empty = &disk[i];
    }
    if (!make || empty == NULL)
        return NULL;
    (void)snprintf(empty->name, sizeof empty->name, "%s", name);
    empty->seen = calloc(1, file_max);
    empty->durable = calloc(1, file_max);
    if (empty->seen == NULL || empty->durable == NULL)
        abort();
    return empty;
}

static size_t longest(const disk_file *f)
{
    return f->seen_bytes > f->durable_bytes ? f->seen_bytes : f->durable_bytes;
}

/* What the disk has when the power comes back. */
static void restart(void)
{
    for (size_t i = 0; i < files_max; i++) {
        disk_file *const f = &disk[i];

        if (f->seen == NULL)
            continue;

        const size_t end = longest(f);

        for (size_t s = 0; s * sector < end; s++) {
            if (f->dirty[s] == 0)
                continue;
            if (chance() % 2 == 0)
                memcpy(f->durable + s * sector, f->seen + s * sector, sector);
            else if (chance() % 16 == 0)
                for (size_t k = 0; k < sector; k++)
                    f->durable[s * sector + k] = (uint8_t)chance();
            else
                continue;
            if (f->durable_bytes < (s + 1) * sector)
                f->durable_bytes =
                    (s + 1) * sector < f->seen_bytes ? (s + 1) * sector : f->seen_bytes;
        }
        /* A file made or deleted and not synced since may be there or not. */
        if (f->there != f->durably_there && chance() % 2 == 0)
            f->durably_there = f->there;
        f->there = f->durably_there;
        memcpy(f->seen, f->durable, end);
        f->seen_bytes = f->durable_bytes;
        memset(f->dirty, 0, sizeof f->dirty);
        if (!f->there) {
            memset(f->seen, 0, end);
            memset(f->durable, 0, end);
            f->seen_bytes = 0;
            f->durable_bytes = 0;
        }
    }
    off = false;
}

/* ---- the methods of a file ---- */

typedef struct open_file {
    sqlite3_file base;
    disk_file *on;
} open_file;

static disk_file *on(sqlite3_file *file)
{
    return ((open_file *)file)->on;
}

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *out, int n, sqlite3_int64 at)
{
    const disk_file *const f = on(file);
    const size_t left = (size_t)at >= f->seen_bytes ? 0 : f->seen_bytes - (size_t)at;
    const size_t take = left < (size_t)n ? left : (size_t)n;

    if (off)
        return SQLITE_IOERR_READ;
    memcpy(out, f->seen + at, take);
    if (take == (size_t)n)
        return SQLITE_OK;
    memset((char *)out + take, 0, (size_t)n - take);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    disk_file *const f = on(file);

    if ((size_t)at + (size_t)n > file_max)
        return SQLITE_FULL;
    if (!spend())
        return SQLITE_IOERR_WRITE;
    memcpy(f->seen + at, bytes, (size_t)n);
    for (size_t s = (size_t)at / sector; s <= ((size_t)at + (size_t)n - 1) / sector; s++)
        f->dirty[s] = 1;
    if (f->seen_bytes < (size_t)(at + n))
        f->seen_bytes = (size_t)(at + n);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    disk_file *const f = on(file);

    if (!spend())
        return SQLITE_IOERR_TRUNCATE;
    if ((size_t)size < f->seen_bytes) {
        memset(f->seen + size, 0, f->seen_bytes - (size_t)size);
        f->seen_bytes = (size_t)size;
    }
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    disk_file *const f = on(file);

    (void)flags;
    if (!spend())
        return SQLITE_IOERR_FSYNC;
    memcpy(f->durable, f->seen, longest(f));
    f->durable_bytes = f->seen_bytes;
    f->durably_there = f->there;
    memset(f->dirty, 0, sizeof f->dirty);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)on(file)->seen_bytes;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int file_is_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
    (void)file;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return sector;
}

static int file_promises(sqlite3_file *file)
{
    (void)file;
    return 0;
}

/* One process only, so the shared memory of the log is its own. It is lost at a cut. */
enum { regions_max = 8, region_bytes = 32768 };

static uint8_t *regions[regions_max];

static int shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    (void)file;
    if (region >= regions_max || size != region_bytes)
        return SQLITE_IOERR_SHMMAP;
    if (regions[region] == NULL && extend != 0)
        regions[region] = calloc(1, region_bytes);
    *out = regions[region];
    return SQLITE_OK;
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    (void)file;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static void shm_barrier(sqlite3_file *file)
{
    (void)file;
}

static int shm_unmap(sqlite3_file *file, int delete)
{
    (void)file;
    (void)delete;
    for (size_t i = 0; i < regions_max; i++) {
        free(regions[i]);
        regions[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_is_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_promises,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* ---- the methods of the disk ---- */

/* A new file under that name: nothing of an old one is in it, and its name is not durable yet.
 */
static void make_anew(disk_file *f)
{
    memset(f->seen, 0, f->seen_bytes);
    memset(f->durable, 0, f->durable_bytes);
    memset(f->dirty, 0, sizeof f->dirty);
    f->seen_bytes = 0;
    f->durable_bytes = 0;
    f->there = true;
    f->durably_there = false;
}

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out)
{
    open_file *const opened = (open_file *)file;

    (void)vfs;
    opened->base.pMethods = NULL;
    opened->on = find(name == NULL ? "temporary" : name, true);
    if (opened->on == NULL || off)
        return SQLITE_CANTOPEN;
    if (!opened->on->there) {
        if ((flags & SQLITE_OPEN_CREATE) == 0)
            return SQLITE_CANTOPEN;
        if (!spend())
            return SQLITE_CANTOPEN;
        make_anew(opened->on);
    }
    opened->base.pMethods = &methods;
    if (out != NULL)
        *out = flags;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    disk_file *const f = find(name, false);

    (void)vfs;
    if (!spend())
        return SQLITE_IOERR_DELETE;
    if (f == NULL || !f->there)
        return SQLITE_IOERR_DELETE_NOENT;
    f->there = false;
    memset(f->seen, 0, f->seen_bytes);
    memset(f->dirty, 0, sizeof f->dirty);
    f->seen_bytes = 0;
    if (sync != 0) {
        f->durably_there = false;
        memset(f->durable, 0, f->durable_bytes);
        f->durable_bytes = 0;
    }
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const disk_file *const f = find(name, false);

    (void)vfs;
    (void)flags;
    *out = f != NULL && f->there;
    return SQLITE_OK;
}

static int disk_full_name(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    (void)snprintf(out, (size_t)n, "%s", name);
    return SQLITE_OK;
}

static int disk_random(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs;
    for (int i = 0; i < n; i++)
        out[i] = (char)chance();
    return n;
}

static int disk_sleep(sqlite3_vfs *vfs, int micros)
{
    (void)vfs;
    return micros;
}

static int disk_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    (void)vfs;
    *out = 2460000LL * 86400000;
    return SQLITE_OK;
}

static sqlite3_vfs cut_disk = {
    .iVersion = 2,
    .szOsFile = sizeof(open_file),
    .mxPathname = 60,
    .zName = "cut",
    .xOpen = disk_open,
    .xDelete = disk_delete,
    .xAccess = disk_access,
    .xFullPathname = disk_full_name,
    .xRandomness = disk_random,
    .xSleep = disk_sleep,
    .xCurrentTimeInt64 = disk_time,
};

/* ---- the log on it ---- */

static const cu_schema *const schemas[] = {&cu_ledger_schema};
static cu_err failure;

/* Writes until the cut. acknowledged: how many entries the caller was told are there. */
static void write_until_cut(uint64_t *acknowledged)
{
    static cu_ledger_event group[20];
    const cu_ledger_options options = {.origin = "log.example"};
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);

    for (size_t i = 0; i < CU_COUNT_OF(group); i++)
        group[i] = (cu_ledger_event){.actor = "officer:1", .action = "thing.make"};
    if (cu_store_open("sqlite:cut.db", &store, &failure) != CU_OK ||
        cu_store_migrate(store, schemas, 1, &failure) != CU_OK ||
        cu_ledger_open(store, &options, &ledger, &failure) != CU_OK)
        return;
    if (*acknowledged == 0)
        *acknowledged = 1;
    /* Now and then the log is closed before the cut, which may come while it is. */
    while (!off && chance() % 100 != 0) {
        const size_t n = chance() % 4 == 0 ? chance() % CU_COUNT_OF(group) + 1 : 1;

        if (cu_ledger_record_many(ledger, group, n, NULL, &failure) != CU_OK)
            return;
        *acknowledged += n;
    }
}

/* What is there after the power came back: no less than was acknowledged, and whole. */
static void check_after_cut(uint64_t *acknowledged)
{
    const cu_ledger_check check = {.pages = true};
    const cu_ledger_options options = {.origin = "log.example"};
    static cu_ledger_report report;
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_ledger, ledger);

    if (cu_store_open("sqlite:cut.db", &store, &failure) != CU_OK)
        fail_msg("it does not open: %s", failure.text);
    /* Before the log was first acknowledged it may not be there at all. */
    if (*acknowledged == 0)
        return;
    if (cu_store_check_schema(store, schemas, 1, &failure) != CU_OK ||
        cu_ledger_open(store, &options, &ledger, &failure) != CU_OK ||
        cu_ledger_verify(ledger, &check, NULL, &report, &failure) != CU_OK)
        fail_msg("%s", failure.text);
    if (report.complaints_n > 0)
        fail_msg("%s: %s", report.complaints[0].kind, report.complaints[0].text);
    if (report.entries < *acknowledged)
        fail_msg("%d entries were acknowledged, %d are there", (int)*acknowledged,
                 (int)report.entries);
    *acknowledged = report.entries;
}

static void forget_disk(void)
{
    for (size_t i = 0; i < files_max; i++) {
        free(disk[i].seen);
        free(disk[i].durable);
        disk[i] = (disk_file){0};
    }
    (void)shm_unmap(NULL, 0);
}

static void loses_nothing_acknowledged_whenever_the_power_goes(void **state)
{
    const char *const wanted = getenv("CUSTOS_CUTS");
    const long cuts = wanted == NULL ? 1500 : strtol(wanted, NULL, 10);
    uint64_t entries = 0;

    (void)state;
    for (long cut = 0; cut < cuts; cut++) {
        static uint64_t acknowledged;

        chance_state = 0x9E3779B97F4A7C15U * (uint64_t)(cut + 1);
        /* The same log for a while, so that cuts come after cuts; then a new one. */
        if (cut % 25 == 0) {
            entries += acknowledged;
            forget_disk();
            acknowledged = 0;
        }
        operations = (long)(chance() % (cut % 25 == 0 ? 400 : 120));
        write_until_cut(&acknowledged);
        operations = -1;
        (void)shm_unmap(NULL, 0);
        restart();
        check_after_cut(&acknowledged);
        (void)shm_unmap(NULL, 0);
    }
    print_message("# %ld power cuts, %d acknowledged entries, none lost\n", cuts, (int)entries);
    assert_true(entries > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loses_nothing_acknowledged_whenever_the_power_goes),
    };
    int failed;

    if (sqlite3_vfs_register(&cut_disk, 1) != SQLITE_OK)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    forget_disk();
    return failed;
}
