/* SPDX-License-Identifier: Apache-2.0 */
/* The index finds exactly what looking at every code finds, and no section leads it astray. */
#include "near/kernel.h"
#include "near/layout.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t next(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U;

    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static void flip(uint8_t *code, unsigned bits, uint64_t *seed)
{
    for (unsigned i = 0; i < bits; i++) {
        const unsigned bit = (unsigned)(next(seed) % cu_near_bits);

        code[bit / 8] = (uint8_t)(code[bit / 8] ^ 1U << (bit % 8));
    }
}

/* Kinds of sets that an index could be bad at. */
typedef enum kind {
    anywhere,  /* random codes */
    clustered, /* a few centres, up to 60 bits about each */
    alike,     /* chunks that hold one of four values, as flat pictures give */
    the_same,  /* one code, again and again, and a few near it */
    kinds,
} kind;

static void fill(uint8_t *codes, size_t count, kind which, uint64_t seed)
{
    uint8_t centres[20][cu_near_code_bytes];

    for (size_t i = 0; i < sizeof centres; i++)
        ((uint8_t *)centres)[i] = (uint8_t)next(&seed);
    for (size_t i = 0; i < count; i++) {
        uint8_t *const code = codes + i * cu_near_code_bytes;

        for (size_t k = 0; k < cu_near_code_bytes; k++)
            code[k] = (uint8_t)(which == alike ? next(&seed) % 2 * 255 : next(&seed));
        if (which == clustered)
            memcpy(code, centres[next(&seed) % 20], cu_near_code_bytes);
        if (which == the_same)
            memcpy(code, centres[0], cu_near_code_bytes);
        if (which == clustered)
            flip(code, (unsigned)(next(&seed) % 60), &seed);
        if (which == the_same && i % 7 == 0)
            flip(code, (unsigned)(next(&seed) % 40), &seed);
    }
}

typedef struct memory {
    uint8_t *p;
    size_t n, room;
} memory;

static cu_status into_memory(void *context, cu_bytes bytes, cu_err *err)
{
    memory *const self = context;

    if (bytes.n > self->room - self->n)
        return cu_fail(err, CU_EIO, "the sink is full");
    memcpy(self->p + self->n, bytes.p, bytes.n);
    self->n += bytes.n;
    return CU_OK;
}

/* An index in memory of its exact size, so that a step outside is seen. */
static memory build(const uint8_t *codes, size_t count, unsigned threads)
{
    const cu_near_codes all = {codes, count, cu_near_code_bytes};
    memory section = {.room = cu_near_section_bytes(count)};
    const cu_near_sink sink = {into_memory, &section};
    cu_err err = {0};

    section.p = malloc(section.room);
    assert_non_null(section.p);
    assert_int_equal(cu_near_build(&all, threads, &sink, &err), CU_OK);
    assert_int_equal(section.n, section.room);
    return section;
}

static unsigned distance(const uint8_t *a, const uint8_t *b)
{
    unsigned bits = 0;

    for (size_t i = 0; i < cu_near_code_bytes; i++)
        bits += (unsigned)__builtin_popcount(a[i] ^ b[i]);
    return bits;
}

/* All hits of one query against what the distances say, in number and order. */
static void compare(cu_near_search *search, const uint8_t *query, const uint16_t *distances,
                    size_t count, unsigned radius)
{
    cu_near_hits hits = {0};
    cu_err err = {0};
    size_t expected = 0;

    assert_int_equal(cu_near_find(search, query, 1, radius, &hits, &err), CU_OK);
    for (size_t i = 0; i < count; i++)
        expected += distances[i] <= radius;
    if (hits.n != expected)
        fail_msg("%zu hits at radius %u among %zu, should be %zu", hits.n, radius, count,
                 expected);
    for (size_t i = 0; i < hits.n; i++) {
        const cu_near_hit *const hit = &hits.p[i];

        assert_in_range(hit->number, 0, count - 1);
        assert_int_equal(hit->distance, distances[hit->number]);
        if (i == 0)
            continue;
        assert_true(hits.p[i - 1].distance < hit->distance ||
                    (hits.p[i - 1].distance == hit->distance &&
                     hits.p[i - 1].number < hit->number)); /* so none is there twice */
    }
    cu_near_hits_free(&hits);
}

static void compare_kernel(const cu_near_kernel *kernel, const cu_near *index,
                           const uint8_t *codes, size_t count, uint64_t seed)
{
    static const unsigned far[] = {47, 48, 62, 63, 64, 100, 128, 255, 256};
    CU_AUTO(cu_near_search, search);
    uint16_t *const distances = malloc((count + 1) * sizeof *distances);
    cu_err err = {0};

    assert_non_null(distances);
    assert_int_equal(cu_near_search_with(kernel, index, &search, &err), CU_OK);
    for (size_t q = 0; q < 4; q++) {
        uint8_t query[cu_near_code_bytes];

        fill(query, 1, anywhere, next(&seed));
        if (count > 0 && q > 0)
            memcpy(query, codes + next(&seed) % count * cu_near_code_bytes, sizeof query);
        flip(query, q < 2 ? 0 : (unsigned)(next(&seed) % 35), &seed);
        for (size_t i = 0; i < count; i++)
            distances[i] = (uint16_t)distance(query, codes + i * cu_near_code_bytes);
        for (unsigned radius = 0; radius <= 40; radius++)
            compare(search, query, distances, count, radius);
        for (size_t i = 0; q < 2 && count <= 20000 && i < CU_COUNT_OF(far); i++)
            compare(search, query, distances, count, far[i]);
    }
    free(distances);
}

static void compare_set(size_t count, kind which)
{
    uint8_t *const codes = malloc(count * cu_near_code_bytes + 1);
    CU_AUTO(cu_near, index);
    cu_err err = {0};

    assert_non_null(codes);
    fill(codes, count, which, count + which);

    memory section = build(codes, count, 1);

    assert_int_equal(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), CU_OK);
    assert_int_equal(cu_near_count(index), count);
    assert_int_equal(cu_near_verify(index, &err), CU_OK);
    for (const cu_near_kernel *const *kernel = cu_near_kernels(); *kernel != NULL; kernel++) {
        if ((*kernel)->runs_here())
            compare_kernel(*kernel, index, codes, count, count + which);
    }
    free(section.p);
    free(codes);
}

static void finds_what_brute_force_finds_in_small_sets(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 63, 1023, 1025, 4095, 4096, 4097, 20000};

    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        for (unsigned which = 0; which < kinds; which++)
            compare_set(sizes[i], (kind)which);
    }
}

static void finds_what_brute_force_finds_in_larger_sets(void **state)
{
    (void)state;
    compare_set(200000, anywhere);
    compare_set(70001, clustered);
    compare_set(65536, alike);
    compare_set(50000, the_same);
}

/* The reference program's own answers for hashes of video frames. */
static size_t read_codes(const char *name, uint8_t *codes, size_t room)
{
    const char *const corpus = getenv("CUSTOS_CORPUS");
    char path[4096];
    char line[256];
    size_t n = 0;

    (void)snprintf(path, sizeof path, "%s/pdq/threatexchange/index/%s",
                   corpus != NULL ? corpus : "", name);

    FILE *const file = fopen(path, "r");

    if (file == NULL) {
        print_message("# the corpus is not here: %s\n", path);
        skip();
    }
    while (n < room && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        n += cu_hex_decode(line, strlen(line), codes + n * cu_near_code_bytes,
                           cu_near_code_bytes);
    }
    fclose(file);
    return n;
}

static void counts_what_the_reference_counts(void **state)
{
    (void)state;

    static const struct {
        unsigned radius;
        size_t matches; /* lines "match=" of mih-query-dN.out */
    } answers[] = {{15, 151}, {31, 250}, {47, 287}};

    static uint8_t codes[2000 * cu_near_code_bytes];
    static uint8_t needles[200 * cu_near_code_bytes];
    const size_t count = read_codes("haystack.txt", codes, 2000);
    const size_t asked = read_codes("needles.txt", needles, 200);
    memory section = build(codes, count, 1);
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_err err = {0};

    assert_int_equal(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), CU_OK);
    assert_int_equal(cu_near_search_new(index, &search, &err), CU_OK);
    for (size_t i = 0; i < CU_COUNT_OF(answers); i++) {
        cu_near_hits hits = {0};

        assert_int_equal(cu_near_find(search, needles, asked, answers[i].radius, &hits, &err),
                         CU_OK);
        assert_int_equal(hits.n, answers[i].matches);
        cu_near_hits_free(&hits);
    }
    free(section.p);
}

static void gives_the_nearest_in_order(void **state)
{
    (void)state;

    enum { count = 6000 };

    uint8_t *const codes = malloc((size_t)count * cu_near_code_bytes);
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_near_hits all = {0};
    cu_err err = {0};

    assert_non_null(codes);
    fill(codes, count, clustered, 5);

    memory section = build(codes, count, 2);

    assert_int_equal(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), CU_OK);
    assert_int_equal(cu_near_search_new(index, &search, &err), CU_OK);
    assert_int_equal(cu_near_find(search, codes, 1, 256, &all, &err), CU_OK);
    assert_int_equal(all.n, count);
    for (size_t k = 0; k <= count; k += k < 5 ? 1 : 1199) {
        cu_near_hits hits = {0};

        assert_int_equal(cu_near_nearest(search, codes, k, 256, &hits, &err), CU_OK);
        assert_int_equal(hits.n, k);
        if (k > 0)
            assert_memory_equal(hits.p, all.p, k * sizeof *all.p);
        cu_near_hits_free(&hits);
    }

    cu_near_hits few = {0};

    assert_int_equal(cu_near_nearest(search, codes, count, 20, &few, &err), CU_OK);
    assert_true(few.n < count);
    assert_true(few.p[few.n - 1].distance <= 20 && all.p[few.n].distance > 20);
    cu_near_hits_free(&few);
    cu_near_hits_free(&all);
    free(section.p);
    free(codes);
}

static void appends_by_query(void **state)
{
    (void)state;

    enum { count = 5000 };

    uint8_t *const codes = malloc((size_t)count * cu_near_code_bytes);
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_near_hits hits = {0};
    cu_err err = {0};

    assert_non_null(codes);
    fill(codes, count, anywhere, 6);

    memory section = build(codes, count, 1);

    assert_int_equal(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), CU_OK);
    assert_int_equal(cu_near_search_new(index, &search, &err), CU_OK);
    assert_int_equal(cu_near_find(search, codes, 300, 31, &hits, &err), CU_OK);
    assert_int_equal(cu_near_find(search, codes, 1, 31, &hits, &err), CU_OK);
    assert_int_equal(hits.n, 301);
    for (uint32_t i = 0; i < 300; i++) {
        assert_int_equal(hits.p[i].query, i);
        assert_int_equal(hits.p[i].number, i);
        assert_int_equal(hits.p[i].distance, 0);
    }
    assert_int_equal(hits.p[300].query, 0);
    assert_int_equal(cu_near_search_counts(search).queries, 301);
    assert_int_equal(cu_near_search_counts(search).scans, 0);
    cu_near_hits_free(&hits);
    free(section.p);
    free(codes);
}

/* Flat pictures fill one slot: the tables give way, and the answer is still whole. */
static void gives_way_to_a_scan_where_slots_are_full(void **state)
{
    (void)state;

    enum { count = 50000 };

    uint8_t *const codes = calloc(count, cu_near_code_bytes);
    CU_AUTO(cu_near, index);
    CU_AUTO(cu_near_search, search);
    cu_near_hits hits = {0};
    cu_err err = {0};

    assert_non_null(codes);

    memory section = build(codes, count, 1);

    assert_int_equal(cu_near_open((cu_bytes){section.p, section.n}, &index, &err), CU_OK);
    assert_int_equal(cu_near_search_new(index, &search, &err), CU_OK);
    assert_int_equal(cu_near_find(search, codes, 1, 31, &hits, &err), CU_OK);
    assert_int_equal(hits.n, count);
    assert_int_equal(cu_near_search_counts(search).scans, 1);
    cu_near_hits_free(&hits);
    free(section.p);
    free(codes);
}

static void the_same_bytes_with_any_threads_and_stride(void **state)
{
    (void)state;

    enum { count = 9000, stride = 44 };

    uint8_t *const tight = malloc((size_t)count * cu_near_code_bytes);
    uint8_t *const loose = malloc((size_t)count * stride);

    assert_true(tight != NULL && loose != NULL);
    fill(tight, count, clustered, 7);
    memset(loose, 0x5A, (size_t)count * stride);
    for (size_t i = 0; i < count; i++)
        memcpy(loose + i * stride, tight + i * cu_near_code_bytes, cu_near_code_bytes);

    memory one = build(tight, count, 1);

    for (unsigned threads = 2; threads <= cu_near_threads_max; threads += 7) {
        const cu_near_codes codes = {loose, count, stride};
        memory other = {.p = malloc(one.room), .room = one.room};
        const cu_near_sink sink = {into_memory, &other};
        cu_err err = {0};

        assert_non_null(other.p);
        assert_int_equal(cu_near_build(&codes, threads, &sink, &err), CU_OK);
        assert_int_equal(other.n, one.n);
        assert_memory_equal(other.p, one.p, one.n);
        free(other.p);
    }
    free(one.p);
    free(tight);
    free(loose);
}

static void refuses_what_it_cannot_build(void **state)
{
    (void)state;
    const uint8_t codes[5000 * cu_near_code_bytes] = {0};
    memory full = {.n = 0};
    const cu_near_sink sink = {into_memory, &full};
    cu_near_codes all = {codes, 5000, cu_near_code_bytes};
    uint8_t room[5000 * cu_near_code_bytes];
    cu_err err = {0};

    assert_int_equal(cu_near_build(&all, 0, &sink, &err), CU_EUSAGE);
    assert_int_equal(cu_near_build(&all, cu_near_threads_max + 1, &sink, &err), CU_EUSAGE);
    assert_int_equal(cu_near_build(&all, 1, &sink, &err), CU_EIO);
    full = (memory){.p = room, .room = sizeof room};
    assert_int_equal(cu_near_build(&all, 2, &sink, &err), CU_EIO); /* the codes fit, no table */
    all.stride_bytes = 31;
    assert_int_equal(cu_near_build(&all, 1, &sink, &err), CU_EUSAGE);
    all = (cu_near_codes){codes, (size_t)UINT32_MAX + 1, cu_near_code_bytes};
    assert_int_equal(cu_near_build(&all, 1, &sink, &err), CU_EUSAGE);
}

static cu_status try_open(const uint8_t *p, size_t n)
{
    uint8_t *const copy = malloc(n > 0 ? n : 1);
    cu_near *index = NULL;

    assert_non_null(copy);
    memcpy(copy, p, n);

    const cu_status st = cu_near_open((cu_bytes){copy, n}, &index, NULL);

    assert_true((st == CU_OK) == (index != NULL));
    cu_near_close(index);
    free(copy);
    return st;
}

static void refuses_a_short_or_damaged_section(void **state)
{
    (void)state;

    enum { few = 40 };

    uint8_t codes[few * cu_near_code_bytes];

    fill(codes, few, anywhere, 8);

    memory section = build(codes, few, 1);
    const size_t trailer = section.n - cu_near_trailer_bytes;

    assert_int_equal(try_open(section.p, section.n), CU_OK);
    for (size_t n = 0; n < section.n; n++)
        assert_int_equal(try_open(section.p, n), CU_EFORMAT);
    for (size_t i = trailer; i < section.n; i++) {
        section.p[i] ^= 4;
        assert_int_equal(try_open(section.p, section.n), CU_EFORMAT);
        section.p[i] ^= 4;
    }
    free(section.p);
}

/* Every damage is either refused when opened, or found by verify and harmless. */
static void damage_in_tables_is_found_and_harmless(void **state)
{
    (void)state;

    enum { count = 4200 };

    uint8_t *const codes = malloc((size_t)count * cu_near_code_bytes);
    const cu_near_layout layout = cu_near_layout_of(count);
    uint64_t seed = 9;

    assert_non_null(codes);
    fill(codes, count, clustered, 9);

    memory section = build(codes, count, 1);

    for (size_t i = 0; i < 600; i++) {
        const size_t at = next(&seed) % (layout.section_bytes - cu_near_trailer_bytes);
        const uint8_t was = section.p[at];
        CU_AUTO(cu_near, index);
        CU_AUTO(cu_near_search, search);
        cu_near_hits hits = {0};
        cu_err err = {0};

        section.p[at] = (uint8_t)(was ^ (1 + next(&seed) % 255));
        if (cu_near_open((cu_bytes){section.p, section.n}, &index, &err) == CU_OK) {
            assert_int_equal(cu_near_verify(index, &err), CU_EFORMAT);
            assert_int_equal(cu_near_search_new(index, &search, &err), CU_OK);
            assert_int_equal(cu_near_find(search, codes, 20, 31, &hits, &err), CU_OK);
            for (size_t k = 0; k < hits.n; k++)
                assert_in_range(hits.p[k].number, 0, count - 1);
        }
        cu_near_hits_free(&hits);
        section.p[at] = was;
    }
    free(section.p);
    free(codes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_brute_force_finds_in_small_sets),
        cmocka_unit_test(finds_what_brute_force_finds_in_larger_sets),
        cmocka_unit_test(counts_what_the_reference_counts),
        cmocka_unit_test(gives_the_nearest_in_order),
        cmocka_unit_test(appends_by_query),
        cmocka_unit_test(gives_way_to_a_scan_where_slots_are_full),
        cmocka_unit_test(the_same_bytes_with_any_threads_and_stride),
        cmocka_unit_test(refuses_what_it_cannot_build),
        cmocka_unit_test(refuses_a_short_or_damaged_section),
        cmocka_unit_test(damage_in_tables_is_found_and_harmless),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
