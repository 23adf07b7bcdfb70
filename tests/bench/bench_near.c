/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Near search at distance 31, all results, beside a scan and beside faiss, in one run: on
 * random codes and on codes of drawn pictures.
 *
 * usage: bench-near [CODES [QUERIES]]      10,000,000 and 4,000
 */
#include "base/clock.h"
#include "near/kernel.h"
#include "pdq/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef CU_BENCH_FAISS
#include "faiss_peer.h"
#endif

enum { radius = 31, sample = 32 };

static uint64_t next(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U;

    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static double seconds_since(int64_t start)
{
    return (double)(cu_clock_steady_us() - start) / 1e6;
}

static void flip(uint8_t *code, unsigned bits, uint64_t *seed)
{
    for (unsigned i = 0; i < bits; i++) {
        const unsigned bit = (unsigned)(next(seed) % cu_near_bits);

        code[bit / 8] = (uint8_t)(code[bit / 8] ^ 1U << (bit % 8));
    }
}

/* ---- what is indexed ---- */

static void make_random(uint8_t *codes, size_t count)
{
    uint64_t seed = 1;

    for (size_t i = 0; i < count * cu_near_code_bytes; i += sizeof seed) {
        const uint64_t word = next(&seed);

        memcpy(codes + i, &word, sizeof word);
    }
}

/* A slope, some areas and some lines, as pictures have. */
static void draw(cu_pdq_small_picture *out, uint64_t *seed)
{
    const float slope_x = (float)(next(seed) % 200) / 100.0F - 1.0F;
    const float slope_y = (float)(next(seed) % 400) / 100.0F - 2.0F;
    const unsigned areas = 2 + (unsigned)(next(seed) % 9);

    for (unsigned y = 0; y < cu_pdq_small; y++) {
        for (unsigned x = 0; x < cu_pdq_small; x++)
            out->at[y][x] =
                128.0F + slope_x * ((float)x - 32.0F) + slope_y * ((float)y - 32.0F);
    }
    for (unsigned a = 0; a < areas; a++) {
        const int cx = (int)(next(seed) % 64);
        const int cy = (int)(next(seed) % 64);
        const int rx = 2 + (int)(next(seed) % 24);
        const int ry = 2 + (int)(next(seed) % 24);
        const float shade = (float)(next(seed) % 160) - 80.0F;
        const bool round = next(seed) % 2 == 0;

        for (int y = cy - ry < 0 ? 0 : cy - ry; y < cy + ry && y < 64; y++) {
            for (int x = cx - rx < 0 ? 0 : cx - rx; x < cx + rx && x < 64; x++) {
                const int dx = (x - cx) * ry;
                const int dy = (y - cy) * rx;

                if (!round || dx * dx + dy * dy < rx * rx * ry * ry)
                    out->at[y][x] += shade;
            }
        }
    }
}

/* Drawn pictures, each turned and mirrored, each changed a little again and again. */
static void make_drawn(uint8_t *codes, size_t count)
{
    const size_t pictures = count / 64 + 1;
    uint64_t seed = 2;
    size_t n = 0;

    for (size_t i = 0; i < pictures && n < count; i++) {
        cu_pdq_small_picture small;
        float frequencies[cu_pdq_frequencies][cu_pdq_frequencies];
        cu_pdq_code turned[cu_pdq_turns];

        draw(&small, &seed);
        cu_pdq_frequencies_of(&small, frequencies);
        cu_pdq_codes_of(frequencies, turned);
        for (size_t k = 0; k < 64 && n < count; k++, n++) {
            uint8_t *const code = codes + n * cu_near_code_bytes;

            memcpy(code, turned[k % cu_pdq_turns].bytes, cu_near_code_bytes);
            flip(code, k < cu_pdq_turns ? 0 : (unsigned)(next(&seed) % 80), &seed);
        }
    }
}

/* Half of them near a code (0 to 40 bits away), half anywhere of the same kind. */
static void make_queries(const uint8_t *codes, size_t count, uint8_t *queries, size_t n)
{
    uint64_t seed = 3;

    for (size_t i = 0; i < n; i++) {
        uint8_t *const query = queries + i * cu_near_code_bytes;

        memcpy(query, codes + next(&seed) % count * cu_near_code_bytes, cu_near_code_bytes);
        flip(query, i % 2 == 0 ? (unsigned)(next(&seed) % 41) : 120, &seed);
    }
}

/* ---- the index ---- */

typedef struct memory {
    uint8_t *p;
    size_t n;
} memory;

static cu_status into_memory(void *context, cu_bytes bytes, cu_err *err)
{
    memory *const self = context;

    (void)err;
    memcpy(self->p + self->n, bytes.p, bytes.n);
    self->n += bytes.n;
    return CU_OK;
}

static void check(cu_status st, const cu_err *err)
{
    if (st == CU_OK)
        return;
    fprintf(stderr, "bench-near: %s\n", err->text);
    exit(1);
}

/* How many of the sample's answers are not those of looking at every code. */
static size_t wrong_answers(cu_near_search *search, const uint8_t *codes, size_t count,
                            const uint8_t *queries)
{
    cu_near_hits hits = {0};
    cu_err err = {0};
    size_t wrong = 0;

    for (size_t q = 0; q < sample; q++) {
        const uint8_t *const query = queries + q * cu_near_code_bytes;
        size_t at = 0;

        hits.n = 0;
        check(cu_near_find(search, query, 1, radius, &hits, &err), &err);
        for (size_t i = 0; i < count; i++) {
            cu_pdq_code code;
            cu_pdq_code wanted;

            memcpy(code.bytes, codes + i * cu_near_code_bytes, cu_near_code_bytes);
            memcpy(wanted.bytes, query, cu_near_code_bytes);
            at += cu_pdq_distance(&code, &wanted) <= radius;
        }
        wrong += at != hits.n;
    }
    cu_near_hits_free(&hits);
    return wrong;
}

static double scan_rate(const uint8_t *codes, size_t count, const uint8_t *queries)
{
    const cu_near_kernel *const kernel =
        cu_near_kernels()[0]->runs_here() ? cu_near_kernels()[0] : &cu_near_plain;
    uint16_t places[1024];
    size_t found = 0;
    const int64_t start = cu_clock_steady_us();

    for (size_t q = 0; q < sample; q++) {
        for (size_t from = 0; from + 1024 <= count; from += 1024)
            found += kernel->scan(codes + from * cu_near_code_bytes, 1024,
                                  queries + q * cu_near_code_bytes, radius, places);
    }
    return found == SIZE_MAX ? 0.0 : sample / seconds_since(start);
}

static double faiss_rate(int multi, const uint8_t *codes, size_t count, const uint8_t *queries,
                         size_t n, size_t *found)
{
#ifdef CU_BENCH_FAISS
    const int64_t building = cu_clock_steady_us();
    struct faiss_peer *const peer = faiss_peer_new(multi, codes, count);
    const double built = seconds_since(building);
    const int64_t start = cu_clock_steady_us();

    *found = faiss_peer_find(peer, queries, n, radius);

    const double rate = (double)n / seconds_since(start);

    faiss_peer_free(peer);
    printf("  faiss %-22s %10.1f queries/s   built in %.1f s\n",
           multi ? "IndexBinaryMultiHash" : "IndexBinaryFlat", rate, built);
    return rate;
#else
    (void)multi, (void)codes, (void)count, (void)queries, (void)n;
    *found = SIZE_MAX;
    return 0.0;
#endif
}

static size_t peers(double rate, const uint8_t *codes, size_t count, const uint8_t *queries)
{
    const double scan = scan_rate(codes, count, queries);
    size_t flat = 0;
    size_t multi = 0;

    printf("  a scan, one query a pass     %10.1f queries/s   ours is %.0f times it\n", scan,
           rate / scan);

    const double first = faiss_rate(0, codes, count, queries, 16, &flat);
    const double second = faiss_rate(1, codes, count, queries, 64, &multi);
    const double best = first > second ? first : second;

    if (best > 0.0)
        printf("  ours is %.0f times the best complete faiss index\n", rate / best);
    else
        printf("  faiss is not installed: no ratio\n");
    return multi;
}

static void measure(const char *name, const uint8_t *codes, size_t count, size_t n)
{
    const cu_near_codes all = {codes, count, cu_near_code_bytes};
    memory section = {.p = malloc(cu_near_section_bytes(count))};
    const cu_near_sink sink = {into_memory, &section};
    uint8_t *const queries = malloc(n * cu_near_code_bytes);
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_near_hits hits = {0};
    cu_err err = {0};
    double best = 0.0;

    if (section.p == NULL || queries == NULL)
        abort();
    memset(section.p, 0, cu_near_section_bytes(count));
    make_queries(codes, count, queries, n);
    for (unsigned threads = 1; threads <= 2; threads++) {
        const int64_t start = cu_clock_steady_us();

        section.n = 0;
        check(cu_near_build(&all, threads, &sink, &err), &err);
        printf("%s, %zu codes: built in %.2f s by %u thread%s\n", name, count,
               seconds_since(start), threads, threads > 1 ? "s" : "");
    }

    const int64_t opening = cu_clock_steady_us();

    check(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), &err);
    printf("  %.1f bytes a code, opened in %.1f ms, engine %s\n",
           (double)section.n / (double)count, seconds_since(opening) * 1e3, cu_near_engine());
    check(cu_near_search_new(index, &search, &err), &err);
    for (int round = 0; round < 3; round++) {
        const int64_t start = cu_clock_steady_us();

        hits.n = 0;
        check(cu_near_find(search, queries, n, radius, &hits, &err), &err);

        const double rate = (double)n / seconds_since(start);

        best = rate > best ? rate : best;
    }

    const cu_near_counts counts = cu_near_search_counts(search);

    printf("  ours                         %10.1f queries/s   %zu hits of %zu queries; a query "
           "reads %.0f entries and %.0f codes; %llu scans\n",
           best, hits.n, n, (double)counts.entries / (double)counts.queries,
           (double)counts.survivors / (double)counts.queries, (unsigned long long)counts.scans);
    printf("  %zu of %d sampled answers differ from looking at every code\n",
           wrong_answers(search, codes, count, queries), sample);
    (void)peers(best, codes, count, queries);
    cu_near_hits_free(&hits);
    free(queries);
    free(section.p);
}

int main(int argc, char **argv)
{
    const size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000000;
    const size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 4000;
    uint8_t *const codes = malloc(count * cu_near_code_bytes);

    if (codes == NULL || count < 4096 || n < sample)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    make_random(codes, count);
    measure("random", codes, count, n);
    make_drawn(codes, count);
    measure("drawn pictures", codes, count, n);
    free(codes);
    return 0;
}
