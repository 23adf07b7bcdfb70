/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MD5, SHA-1 and SHA-256 together on one core, in gigabytes a second: every code that runs
 * here, beside OpenSSL's three in one pass over the same bytes and, where it is installed,
 * hashdeep. Each figure is the best of several turns, taken in turn, so that a busy machine is
 * unkind to all alike.
 */
#include "digest/digest.h"
#include "digest/lanes.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    turns = 7,
    streams_max = 512,
};

static const size_t memory_bytes = (size_t)256 << 20;

extern char **environ;

typedef struct work {
    const char *name;
    size_t streams;
    size_t least,
        most; /* bytes of a stream; sizes between are spread evenly by their logarithm */
    size_t sizes[streams_max];
    size_t bytes;
} work;

/* Seconds of this thread alone: what else runs does not count. */
static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *why)
{
    fprintf(stderr, "bench-digest: %s\n", why);
    exit(1);
}

/* Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", figure 17. */
static uint64_t any(uint64_t *seed)
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static void choose_sizes(work *w)
{
    uint64_t seed = 1;
    unsigned doublings = 0;

    while (w->least << (doublings + 1) <= w->most)
        doublings++;
    w->bytes = 0;
    for (size_t i = 0; i < w->streams; i++) {
        const size_t base = w->least << (any(&seed) % (doublings + 1));
        const size_t size = w->least == w->most ? base : base + (size_t)any(&seed) % base;

        w->sizes[i] = size < w->most ? size : w->most;
        w->bytes += w->sizes[i];
    }
    if (w->bytes > memory_bytes)
        fail("a work is larger than its memory");
}

/* One turn by the code in force; the digests' first bytes into check. */
static double turn_ours(const work *w, const uint8_t *memory, uint8_t *check)
{
    static cu_digest_stream streams[streams_max];
    static cu_digest_part parts[streams_max];
    const double start = seconds();
    size_t at = 0;

    for (size_t i = 0; i < w->streams; i++) {
        cu_digest_init(&streams[i], CU_DIGEST_ALL);
        parts[i] = (cu_digest_part){&streams[i], {memory + at, w->sizes[i]}};
        at += w->sizes[i];
    }
    cu_digest_update_many(parts, w->streams);
    *check = 0;
    for (size_t i = 0; i < w->streams; i++) {
        cu_digests digests;

        cu_digest_final(&streams[i], &digests);
        *check ^= digests.md5[0] ^ digests.sha1[0] ^ digests.sha256[0];
    }
    return seconds() - start;
}

/* The same by OpenSSL: each piece of 16 KiB through the three, while it is in the cache. */
static double turn_evp(const work *w, const uint8_t *memory, uint8_t *check)
{
    enum { piece = 16 << 10 };

    const EVP_MD *const kinds[3] = {EVP_md5(), EVP_sha1(), EVP_sha256()};
    EVP_MD_CTX *const contexts[3] = {EVP_MD_CTX_new(), EVP_MD_CTX_new(), EVP_MD_CTX_new()};
    const double start = seconds();
    size_t at = 0;
    bool good = true;

    *check = 0;
    for (size_t i = 0; i < w->streams; at += w->sizes[i], i++) {
        for (size_t k = 0; k < 3; k++)
            good = good && EVP_DigestInit_ex(contexts[k], kinds[k], NULL) == 1;
        for (size_t done = 0; done < w->sizes[i]; done += piece) {
            const size_t left = w->sizes[i] - done;
            const size_t n = left < piece ? left : (size_t)piece;

            for (size_t k = 0; k < 3; k++)
                good = good && EVP_DigestUpdate(contexts[k], memory + at + done, n) == 1;
        }
        for (size_t k = 0; k < 3; k++) {
            uint8_t out[EVP_MAX_MD_SIZE] = {0};

            good = good && EVP_DigestFinal_ex(contexts[k], out, NULL) == 1;
            *check ^= out[0];
        }
    }
    for (size_t k = 0; k < 3; k++)
        EVP_MD_CTX_free(contexts[k]);
    if (!good)
        fail("OpenSSL would not");
    return seconds() - start;
}

/* ---- hashdeep ---- */

/* Seconds of processor that it takes for the folder's files; 0: it is not installed. */
static double run_hashdeep(char *folder)
{
    char *const arguments[] = {"hashdeep", "-j0", "-c", "md5,sha1,sha256", "-r", folder, NULL};
    posix_spawn_file_actions_t actions;
    struct rusage used;
    int status = 0;
    pid_t child = 0;

    if (posix_spawn_file_actions_init(&actions) != 0 ||
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", 1, 0) != 0)
        fail("out of memory");

    const int failed = posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ);

    (void)posix_spawn_file_actions_destroy(&actions);
    if (failed != 0)
        return 0;
    if (wait4(child, &status, 0, &used) != child || status != 0)
        return 0;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void write_file(const char *folder, size_t number, const uint8_t *p, size_t n)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%zu", folder, number);

    FILE *const file = fopen(path, "wb");

    if (file == NULL || fwrite(p, 1, n, file) != n || fclose(file) != 0)
        fail("could not write a file for hashdeep");
}

static double time_hashdeep(const work *w, const uint8_t *memory)
{
    char folder[] = "/tmp/custos-bench-XXXXXX";
    double best = 0;
    size_t at = 0;

    if (mkdtemp(folder) == NULL)
        fail("could not make a folder");
    for (size_t i = 0; i < w->streams; at += w->sizes[i], i++)
        write_file(folder, i, memory + at, w->sizes[i]);
    for (unsigned turn = 0; turn < 2; turn++) {
        const double spent = run_hashdeep(folder);

        best = turn == 0 || spent < best ? spent : best;
    }
    for (size_t i = 0; i < w->streams; i++) {
        char path[128];

        (void)snprintf(path, sizeof path, "%s/%zu", folder, i);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return best;
}

/* ---- the table ---- */

static double rate(const work *w, double spent)
{
    return spent > 0 ? (double)w->bytes / spent / 1e9 : 0;
}

static void show(const work *w, const uint8_t *memory, bool with_hashdeep)
{
    double ours[16];
    double evp = 0;
    uint8_t expected = 0;
    const char *name = NULL;

    for (unsigned turn = 0; turn < turns; turn++) {
        const double spent = turn_evp(w, memory, &expected);

        evp = turn == 0 || spent < evp ? spent : evp;
        for (size_t i = 0; (name = cu_digest_code_name(i)) != NULL && i < 16; i++) {
            uint8_t check = expected;

            if (!cu_digest_force(name))
                continue;

            const double taken = turn_ours(w, memory, &check);

            if (check != expected)
                fail("a code and OpenSSL differ");
            ours[i] = turn == 0 || taken < ours[i] ? taken : ours[i];
        }
    }

    const double hashdeep = with_hashdeep ? time_hashdeep(w, memory) : 0;

    printf("%s: %zu streams, %.1f MB; OpenSSL EVP %.2f GB/s", w->name, w->streams,
           (double)w->bytes / 1e6, rate(w, evp));
    if (hashdeep > 0)
        printf(", hashdeep %.2f GB/s", rate(w, hashdeep));
    printf("\n");
    for (size_t i = 0; (name = cu_digest_code_name(i)) != NULL && i < 16; i++) {
        if (!cu_digest_force(name))
            continue;
        printf("  %-11s %5.2f GB/s  %5.2f x OpenSSL", name, rate(w, ours[i]), evp / ours[i]);
        if (hashdeep > 0)
            printf("  %5.1f x hashdeep", hashdeep / ours[i]);
        printf("\n");
    }
    (void)cu_digest_force(NULL);
    (void)fflush(stdout);
}

int main(void)
{
    static work works[] = {
        {.name = "one big file", .streams = 1, .least = 64 << 20, .most = 64 << 20},
        {.name = "4 of 1 MiB", .streams = 4, .least = 1 << 20, .most = 1 << 20},
        {.name = "16 of 1 MiB", .streams = 16, .least = 1 << 20, .most = 1 << 20},
        {.name = "32 of 1 MiB", .streams = 32, .least = 1 << 20, .most = 1 << 20},
        {.name = "64 of 1 MiB", .streams = 64, .least = 1 << 20, .most = 1 << 20},
        {.name = "64 of 64 KiB", .streams = 64, .least = 64 << 10, .most = 64 << 10},
        {.name = "64 KiB to 4 MiB", .streams = 128, .least = 64 << 10, .most = 4 << 20},
        {.name = "4 KiB to 64 KiB", .streams = 512, .least = 4 << 10, .most = 64 << 10},
        {.name = "512 of 4 KiB", .streams = 512, .least = 4 << 10, .most = 4 << 10},
    };
    uint8_t *const memory = aligned_alloc(4096, memory_bytes);
    uint64_t seed = 7;

    if (memory == NULL)
        fail("out of memory");
    for (size_t i = 0; i < memory_bytes; i += 8) {
        const uint64_t x = any(&seed);

        memcpy(memory + i, &x, 8);
    }
    printf("here runs: %s\n", cu_digest_engine());
    for (size_t i = 0; i < CU_COUNT_OF(works); i++) {
        choose_sizes(&works[i]);
        show(&works[i], memory, works[i].bytes > (size_t)32 << 20);
    }
    free(memory);
    return 0;
}
