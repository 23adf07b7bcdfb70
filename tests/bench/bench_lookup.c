/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact look-ups beside binary search in a sorted array, SQLite and hfind, and the import of a
 * list. CUSTOS_BENCH_MILLIONS="20,100": sizes of the sets; CUSTOS_BENCH_FOLDER: where they are
 * made.
 */
#include "base/clock.h"
#include "hashset/hashset.h"
#include "support/sets.h"

#include <fcntl.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { keys_max = 1 << 22, rounds = 5, sqlite_millions = 2, hfind_millions = 1 };

static char folder[64];

/* An MD5. */
typedef struct key {
    uint8_t bytes[16];
} key;

static key *absent, *present;
static uint64_t *found;

static void stop(const char *what, const cu_err *err)
{
    (void)fprintf(stderr, "bench-lookup: %s%s%s\n", what, err == NULL ? "" : ": ",
                  err == NULL ? "" : err->text);
    sets_remove(folder);
    exit(1);
}

static double seconds_since(int64_t start_us)
{
    return (double)(cu_clock_steady_us() - start_us) / 1e6;
}

static void path_of(const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", folder, name);
}

/* ---- keys ---- */

static void digest_of(uint64_t i, uint8_t out[16])
{
    sets_random(i + 1, out, 16);
}

static void make_keys(uint64_t records)
{
    for (uint64_t i = 0; i < keys_max; i++) {
        uint64_t which = 0;

        sets_random(i ^ 0x5555555555, (uint8_t *)&which, 8);
        digest_of(which % records, present[i].bytes);
        digest_of(records + 1000 + i, absent[i].bytes);
    }
}

/* ---- the peers; each looks for count keys and answers how many it found ---- */

typedef uint64_t look(void *context, const key *keys, size_t count);

static uint64_t look_in_batch(void *context, const key *keys, size_t count)
{
    uint64_t hits = 0;

    if (cu_hashset_find_many(context, CU_HASHSET_MD5,
                             (cu_hashset_keys){keys->bytes, sizeof *keys, count}, found,
                             NULL) != CU_OK)
        stop("a look-up failed", NULL);
    for (size_t i = 0; i < count; i++)
        hits += found[i] != 0;
    return hits;
}

static uint64_t look_one_by_one(void *context, const key *keys, size_t count)
{
    uint64_t hits = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t at = 0;

        if (cu_hashset_find(context, CU_HASHSET_MD5, keys[i].bytes, &at, NULL) != CU_OK)
            stop("a look-up failed", NULL);
        hits += at != 0;
    }
    return hits;
}

typedef struct sorted {
    const key *values;
    uint64_t count;
} sorted;

static uint64_t look_by_halves(void *context, const key *keys, size_t count)
{
    const sorted *const array = context;
    uint64_t hits = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t low = 0;
        uint64_t high = array->count;

        while (low < high) {
            const uint64_t middle = low + (high - low) / 2;

            if (memcmp(&array->values[middle], &keys[i], 16) < 0)
                low = middle + 1;
            else
                high = middle;
        }
        hits += low < array->count && memcmp(&array->values[low], &keys[i], 16) == 0;
    }
    return hits;
}

static uint64_t look_in_sqlite(void *context, const key *keys, size_t count)
{
    sqlite3_stmt *const statement = context;
    uint64_t hits = 0;

    for (size_t i = 0; i < count; i++) {
        (void)sqlite3_reset(statement);
        (void)sqlite3_bind_blob(statement, 1, &keys[i], 16, SQLITE_STATIC);
        hits += sqlite3_step(statement) == SQLITE_ROW;
    }
    return hits;
}

/* Processor time of this thread: look-ups wait for nothing but memory, and a benchmark may not
 * be alone on its machine. */
static double processor_seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Millions of keys a second of one core, the best of the rounds. */
static double rate_of(look *peer, void *context, const key *keys, size_t count, uint64_t wanted)
{
    double best = 0;

    for (int round = 0; round < rounds; round++) {
        const double start = processor_seconds();
        const uint64_t hits = peer(context, keys, count);
        const double rate = (double)count / (processor_seconds() - start) / 1e6;

        if (hits != wanted)
            stop("a peer found another number of keys", NULL);
        if (rate > best)
            best = rate;
    }
    return best;
}

static void tell(const char *what, double absent_rate, double present_rate, double base_absent,
                 double base_present)
{
    (void)printf("  %-34s %8.3f M/s absent %8.3f M/s present   %6.1f  %6.1f times\n", what,
                 absent_rate, present_rate, absent_rate / base_absent,
                 present_rate / base_present);
    (void)fflush(stdout);
}

/* ---- SQLite ---- */

static sqlite3 *make_sqlite(uint64_t records)
{
    char path[128];
    sqlite3 *database = NULL;
    sqlite3_stmt *insert = NULL;

    path_of("peer.sqlite", path);
    if (sqlite3_open(path, &database) != SQLITE_OK ||
        sqlite3_exec(database,
                     "PRAGMA journal_mode=OFF;PRAGMA synchronous=OFF;PRAGMA cache_size=-500000;"
                     "CREATE TABLE h(md5 BLOB PRIMARY KEY, record INTEGER) WITHOUT ROWID;BEGIN",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, "INSERT OR IGNORE INTO h VALUES(?,?)", -1, &insert,
                           NULL) != SQLITE_OK)
        stop("SQLite", NULL);
    for (uint64_t i = 0; i < records; i++) {
        uint8_t digest[16];

        digest_of(i, digest);
        (void)sqlite3_reset(insert);
        (void)sqlite3_bind_blob(insert, 1, digest, 16, SQLITE_STATIC);
        (void)sqlite3_bind_int64(insert, 2, (sqlite3_int64)i);
        if (sqlite3_step(insert) != SQLITE_DONE)
            stop("SQLite", NULL);
    }
    (void)sqlite3_finalize(insert);
    if (sqlite3_exec(database, "COMMIT;PRAGMA mmap_size=17179869184", NULL, NULL, NULL) !=
        SQLITE_OK)
        stop("SQLite", NULL);
    return database;
}

static void bench_sqlite(double base_absent, double base_present)
{
    enum { asked = 200000 };

    const uint64_t records = (uint64_t)sqlite_millions * 1000000;
    const int64_t start_us = cu_clock_steady_us();
    sqlite3 *const database = make_sqlite(records);
    sqlite3_stmt *ask = NULL;

    (void)printf("  SQLite: %d M rows inserted, %.2f M/s\n", sqlite_millions,
                 (double)records / seconds_since(start_us) / 1e6);
    make_keys(records);
    if (sqlite3_prepare_v2(database, "SELECT record FROM h WHERE md5=?", -1, &ask, NULL) !=
        SQLITE_OK)
        stop("SQLite", NULL);
    tell("SQLite, BLOB key, mapped, 2 M", rate_of(look_in_sqlite, ask, absent, asked, 0),
         rate_of(look_in_sqlite, ask, present, asked, asked), base_absent, base_present);
    (void)sqlite3_finalize(ask);
    (void)sqlite3_close(database);
}

/* ---- hfind ---- */

static void write_list(const char *path, uint64_t from, uint64_t count, const char *after)
{
    FILE *const file = fopen(path, "w");

    if (file == NULL)
        stop("could not write a list", NULL);
    for (uint64_t i = 0; i < count; i++) {
        uint8_t digest[16];
        char hex[33];

        digest_of(from + i, digest);
        cu_hex_encode((cu_bytes){digest, 16}, hex);
        (void)fprintf(file, "%s%s\n", hex, after);
    }
    if (fclose(file) != 0)
        stop("could not write a list", NULL);
}

/* Seconds of processor that the program took, or -1 where it cannot be run. */
static double run(char *const *argv)
{
    extern char **environ;
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = 0;
    struct rusage used;

    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);

    const int failed = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);

    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed != 0 || wait4(child, &status, 0, &used) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) == 127)
        return -1;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void bench_hfind(double base_absent, double base_present)
{
    enum { asked = 50000 };

    char list[128], keys[128], none[128];
    char *const index[] = {(char[]){"hfind"}, (char[]){"-i"}, (char[]){"md5sum"}, list, NULL};
    char *const ask[] = {(char[]){"hfind"}, (char[]){"-f"}, keys, list, NULL};
    char *const ask_none[] = {(char[]){"hfind"}, (char[]){"-f"}, none, list, NULL};

    path_of("peer.md5", list);
    path_of("keys", keys);
    path_of("none", none);
    write_list(list, 0, (uint64_t)hfind_millions * 1000000, "  file");
    write_list(keys, 1000, asked, "");
    write_list(none, (uint64_t)1 << 40, asked, "");
    if (run(index) < 0) {
        (void)printf("  hfind is not installed\n");
        return;
    }
    tell("hfind -f, 1 M", asked / run(ask_none) / 1e6, asked / run(ask) / 1e6, base_absent,
         base_present);
}

/* ---- ours ---- */

static cu_status fill_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    (void)builder;
    (void)err;
    digest_of(i, row->digest[CU_HASHSET_MD5]);
    row->has[CU_HASHSET_MD5] = true;
    return CU_OK;
}

static void make_set(const char *path, uint64_t records)
{
    const sets_plan plan = {
        .path = path,
        .count = records,
        .row = fill_row,
        .options = {.purpose = CU_HASHSET_KNOWN_GOOD, .memory = (uint64_t)2 << 30}};
    const int64_t start_us = cu_clock_steady_us();
    cu_hashset_report report;
    cu_err err = {0};

    if (sets_make(&plan, &report, &err) != CU_OK)
        stop("could not make the set", &err);

    const double seconds = seconds_since(start_us);
    struct rusage used;

    (void)getrusage(RUSAGE_SELF, &used);
    (void)printf("  made from rows in %.1f s, %.2f M/s, bound 2 GiB, peak %.2f GiB\n", seconds,
                 (double)records / seconds / 1e6, (double)used.ru_maxrss / (1 << 20));
}

static void bench_import(uint64_t records)
{
    char list[128], out[128];
    const char *const files[] = {list};
    struct stat size;
    cu_hashset_report report;
    cu_err err = {0};

    path_of("list.md5", list);
    path_of("list.chs", out);
    write_list(list, 0, records, "");

    const cu_hashset_import_options options = {
        .format = "md5", .purpose = CU_HASHSET_KNOWN_GOOD, .memory = (uint64_t)1 << 29};
    const int64_t start_us = cu_clock_steady_us();

    if (cu_hashset_import(&options, files, 1, out, &report, &err) != CU_OK ||
        stat(list, &size) != 0)
        stop("could not import the list", &err);

    const double seconds = seconds_since(start_us);

    (void)printf(
        "import of a list of %.0f M MD5s: %.1f s, %.2f M rows/s, %.0f MB/s, bound 512 MiB\n",
        (double)records / 1e6, seconds, (double)records / seconds / 1e6,
        (double)size.st_size / seconds / 1e6);
    (void)unlink(list);
    (void)unlink(out);
}

static void open_and_warm(const char *path, cu_hashset **set)
{
    cu_err err = {0};
    int64_t start_us = cu_clock_steady_us();

    if (cu_hashset_open(path, set, &err) != CU_OK)
        stop("could not open the set", &err);

    const double opened = seconds_since(start_us);

    start_us = cu_clock_steady_us();
    if (cu_hashset_expect(*set, CU_HASHSET_MD5, keys_max * 16, &err) != CU_OK)
        stop("the set is damaged", &err);
    (void)printf("  opened in %.1f ms; read once and checked in %.2f s\n", opened * 1e3,
                 seconds_since(start_us));
}

static void bench_size(uint64_t records, bool peers)
{
    CU_AUTO(cu_hashset, set);
    char path[128];
    sorted array = {.count = 0};

    (void)printf("%.0f M records\n", (double)records / 1e6);
    path_of("set.chs", path);
    make_set(path, records);
    open_and_warm(path, &set);
    make_keys(records);

    const cu_hashset_facts *const facts = cu_hashset_get_facts(set);
    key *const copy = malloc(facts->values[CU_HASHSET_MD5] * sizeof *copy);

    if (copy == NULL)
        stop("out of memory", NULL);
    for (uint64_t i = 0; i < facts->values[CU_HASHSET_MD5]; i++) {
        const uint8_t *digest = NULL;
        uint64_t record = 0;

        if (cu_hashset_value_at(set, CU_HASHSET_MD5, i, &digest, &record, NULL) != CU_OK)
            stop("the set is damaged", NULL);
        memcpy(&copy[i], digest, 16);
    }
    array = (sorted){copy, facts->values[CU_HASHSET_MD5]};
    (void)printf("  %.2f bytes a record\n", (double)facts->bytes / (double)array.count);

    const double halves_absent = rate_of(look_by_halves, &array, absent, keys_max, 0);
    const double halves_present = rate_of(look_by_halves, &array, present, keys_max, keys_max);

    tell("binary search, sorted array", halves_absent, halves_present, halves_absent,
         halves_present);
    tell("set, one at a time", rate_of(look_one_by_one, set, absent, keys_max, 0),
         rate_of(look_one_by_one, set, present, keys_max, keys_max), halves_absent,
         halves_present);
    tell("set, in batches", rate_of(look_in_batch, set, absent, keys_max, 0),
         rate_of(look_in_batch, set, present, keys_max, keys_max), halves_absent,
         halves_present);
    free(copy);
    (void)unlink(path);
    if (peers) {
        bench_sqlite(halves_absent, halves_present);
        bench_hfind(halves_absent, halves_present);
    }
}

int main(void)
{
    const char *millions = getenv("CUSTOS_BENCH_MILLIONS");
    const char *const where = getenv("CUSTOS_BENCH_FOLDER");
    bool first = true;

    (void)snprintf(folder, sizeof folder, "%.40s/custos-bench-XXXXXX",
                   where == NULL ? "/tmp" : where);
    if (mkdtemp(folder) == NULL)
        stop("could not make a folder", NULL);
    absent = malloc(sizeof *absent * keys_max);
    present = malloc(sizeof *present * keys_max);
    found = malloc(sizeof *found * keys_max);
    if (absent == NULL || present == NULL || found == NULL)
        stop("out of memory", NULL);
    for (millions = millions == NULL ? "20,100" : millions; *millions != '\0'; first = false) {
        char *end = NULL;
        const unsigned long long n = strtoull(millions, &end, 10);

        if (n == 0 || end == millions)
            stop("CUSTOS_BENCH_MILLIONS is no list of numbers", NULL);
        if (first)
            bench_import(n * 1000000);
        bench_size(n * 1000000, first);
        millions = *end == ',' ? end + 1 : end;
    }
    sets_remove(folder);
    return 0;
}
