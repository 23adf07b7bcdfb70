/* SPDX-License-Identifier: Apache-2.0 */
/* Baseline JPEG by our own reader: libjpeg's pixels, or a refusal. */
#include "picture/baseline.h"
#include "support/cmocka.h"
#include "support/judge_jpeg.h"
#include "support/make_jpeg.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int samplings[][2] = {{1, 1}, {2, 1}, {1, 2}, {2, 2}};

enum { greys = CU_COUNT_OF(samplings) }; /* the number behind the samplings */

static make_jpeg wanted_of(uint32_t width, uint32_t height, size_t sampling)
{
    return (make_jpeg){.width = width,
                       .height = height,
                       .channels = sampling == greys ? 1 : 3,
                       .across = sampling == greys ? 1 : samplings[sampling][0],
                       .down = sampling == greys ? 1 : samplings[sampling][1],
                       .quality = 75,
                       .seed = width * 31 + height};
}

/* By every way that runs here. */
static void assert_judged(cu_bytes file, judgement expected, const make_jpeg *made)
{
    for (const cu_baseline_way *const *way = cu_baseline_ways(); *way != NULL; way++) {
        if (!cu_baseline_way_runs(*way))
            continue;

        const judgement found = judge_jpeg(*way, file);

        if (found != expected)
            fail_msg("%s: %u x %u, %u channels, %d x %d, quality %d, restart %u: judged %d, "
                     "not %d",
                     cu_baseline_way_name(*way), made->width, made->height, made->channels,
                     made->across, made->down, made->quality, made->restart, (int)found,
                     (int)expected);
    }
}

static void try_made(const make_jpeg *wanted, judgement expected)
{
    size_t n = 0;
    uint8_t *const file = make_jpeg_file(wanted, &n);

    assert_judged((cu_bytes){file, n}, expected, wanted);
    free(file);
}

/* Narrower than 7, libjpeg upsamples otherwise; a picture without colours has no such limit. */
static judgement expected_of(const make_jpeg *wanted)
{
    return wanted->width < 7 && wanted->channels == 3 ? JUDGED_NOT_OURS : JUDGED_SAME;
}

static void reads_every_edge(void **state)
{
    (void)state;
    static const uint32_t others[] = {1, 2, 8, 15, 16, 17, 33, 70};

    for (size_t sampling = 0; sampling <= greys; sampling++) {
        for (uint32_t side = 1; side <= 70; side++) {
            for (size_t i = 0; i < CU_COUNT_OF(others); i++) {
                make_jpeg wanted = wanted_of(side, others[i], sampling);

                try_made(&wanted, expected_of(&wanted));
                wanted = wanted_of(others[i], side, sampling);
                try_made(&wanted, expected_of(&wanted));
            }
        }
    }
}

static void reads_every_quality_and_coding(void **state)
{
    (void)state;
    for (int quality = 1; quality <= 100; quality++) {
        for (size_t sampling = 0; sampling <= greys; sampling++) {
            make_jpeg wanted = wanted_of(97, 61, sampling);

            wanted.quality = quality;
            try_made(&wanted, JUDGED_SAME);
            wanted.optimized = true;
            wanted.restart = (unsigned)quality % 23;
            try_made(&wanted, JUDGED_SAME);
        }
    }
}

static void reads_what_is_sampled(void **state)
{
    (void)state;
    static const uint32_t sizes[][2] = {{512, 512}, {513, 511},  {640, 480}, {641, 77},
                                        {99, 1025}, {1333, 777}, {7, 5000},  {9001, 40},
                                        {40, 9001}, {4100, 600}, {600, 4100}};

    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        for (size_t sampling = 0; sampling <= greys; sampling++) {
            make_jpeg wanted = wanted_of(sizes[i][0], sizes[i][1], sampling);

            wanted.restart = (unsigned)(i * 7 + sampling) % 40;
            try_made(&wanted, JUDGED_SAME);
        }
    }
}

/* Sums of coefficients are about as large as they come; some are beyond what we may read. */
static void reads_noise_or_leaves_it(void **state)
{
    (void)state;
    unsigned same = 0;
    unsigned left = 0;

    for (int quality = 1; quality <= 100; quality++) {
        make_jpeg wanted = wanted_of(64, 48, (size_t)quality % (greys + 1));
        size_t n = 0;
        uint8_t *file = NULL;
        judgement found = JUDGED_SAME;

        wanted.noise = true;
        wanted.quality = quality;
        file = make_jpeg_file(&wanted, &n);
        found = judge_jpeg(cu_baseline_ways()[0], (cu_bytes){file, n});
        assert_true(found == JUDGED_SAME || found == JUDGED_NOT_OURS);
        assert_judged((cu_bytes){file, n}, found, &wanted);
        same += found == JUDGED_SAME;
        left += found == JUDGED_NOT_OURS;
        free(file);
    }
    print_message("# noise: %u read, %u left to libjpeg\n", same, left);
    assert_true(same > 10);
}

static void reads_strange_coefficients_or_leaves_them(void **state)
{
    (void)state;
    static const int ranges[] = {2, 20, 60, 200, 600, 1023};
    unsigned counts[2] = {0, 0};

    for (unsigned i = 0; i < 600; i++) {
        make_jpeg wanted = wanted_of(8 + i % 9, 8 + i % 7, i % (greys + 1));
        size_t n = 0;
        size_t changed = 0;
        uint8_t *file = NULL;
        uint8_t *strange = NULL;
        judgement found = JUDGED_SAME;

        wanted.quality = 1 + (int)(i % 100);
        file = make_jpeg_file(&wanted, &n);
        strange = change_coefficients((cu_bytes){file, n}, i, ranges[i % CU_COUNT_OF(ranges)],
                                      &changed);
        found = judge_jpeg(cu_baseline_ways()[0], (cu_bytes){strange, changed});
        assert_true(found == JUDGED_SAME || found == JUDGED_NOT_OURS);
        assert_judged((cu_bytes){strange, changed}, found, &wanted);
        counts[found == JUDGED_SAME]++;
        free(file);
        free(strange);
    }
    print_message("# strange: %u read, %u left to libjpeg\n", counts[1], counts[0]);
    assert_true(counts[0] > 30);
    assert_true(counts[1] > 150);
}

static void leaves_what_is_cut_off(void **state)
{
    (void)state;
    for (size_t sampling = 0; sampling <= greys; sampling++) {
        make_jpeg wanted = wanted_of(60, 44, sampling);
        size_t n = 0;
        uint8_t *file = NULL;

        wanted.restart = sampling % 2 == 0 ? 3 : 0;
        file = make_jpeg_file(&wanted, &n);
        for (size_t cut = 0; cut < n; cut++) {
            uint8_t *const copy = malloc(cut + 1); /* so that a byte beyond is seen */

            memcpy(copy, file, cut);
            assert_judged((cu_bytes){copy, cut}, JUDGED_NOT_OURS, &wanted);
            free(copy);
        }
        free(file);
    }
}

/* A changed byte may give another sound file: then it is read, and as libjpeg reads it. */
static void reads_damage_as_libjpeg_or_not_at_all(void **state)
{
    (void)state;
    unsigned same = 0;
    unsigned left = 0;
    uint32_t noise = 1;

    for (unsigned i = 0; i < 6000; i++) {
        make_jpeg wanted = wanted_of(24 + i % 41, 16 + i % 37, i % (greys + 1));
        size_t n = 0;
        uint8_t *file = NULL;

        wanted.restart = i % 3 == 0 ? 2 : 0;
        file = make_jpeg_file(&wanted, &n);
        for (unsigned k = 0; k <= i % 2; k++) {
            noise = noise * 1664525U + 1013904223U;
            /* Most of them in the scan. */
            file[i % 8 == 0 ? (noise >> 8) % n : n - 1 - (noise >> 8) % (n / 3)] ^=
                (uint8_t)(1U << (noise >> 4) % 8);
        }
        for (const cu_baseline_way *const *way = cu_baseline_ways(); *way != NULL; way++) {
            if (!cu_baseline_way_runs(*way))
                continue;

            const judgement found = judge_jpeg(*way, (cu_bytes){file, n});

            if (found != JUDGED_SAME && found != JUDGED_NOT_OURS)
                fail_msg("%s: number %u: judged %d", cu_baseline_way_name(*way), i, (int)found);
            same += found == JUDGED_SAME;
            left += found == JUDGED_NOT_OURS;
        }
        free(file);
    }
    print_message("# damage: %u read, %u left to libjpeg\n", same, left);
    assert_true(same > 100);
    assert_true(left > 1000);
}

/* ---- files of others ---- */

static unsigned read_by_us, left_to_libjpeg, strange;

static bool load(const char *path, cu_buffer *out)
{
    FILE *const file = fopen(path, "rb");
    uint8_t part[65536];
    size_t n = 0;

    while (file != NULL && (n = fread(part, 1, sizeof part, file)) > 0)
        cu_buffer_append(out, part, n);
    if (file != NULL)
        fclose(file);
    return out->n > 3;
}

static int try_file(const char *path, const struct stat *there, int kind,
                    CU_UNUSED struct FTW *place)
{
    cu_buffer file = {0};

    if (kind == FTW_F && there->st_size < 32 << 20 && load(path, &file) &&
        memcmp(file.p, "\xFF\xD8\xFF", 3) == 0) {
        const judgement found = judge_jpeg(cu_baseline_ways()[0], (cu_bytes){file.p, file.n});

        read_by_us += found == JUDGED_SAME;
        left_to_libjpeg += found == JUDGED_NOT_OURS;
        strange += found != JUDGED_SAME && found != JUDGED_NOT_OURS;
        if (found != JUDGED_SAME && found != JUDGED_NOT_OURS)
            print_message("# %s: judged %d\n", path, (int)found);
    }
    cu_buffer_free(&file);
    return 0;
}

static void reads_the_corpus_as_libjpeg(void **state)
{
    (void)state;
    const char *const corpus = getenv("CUSTOS_CORPUS");

    if (corpus == NULL || nftw(corpus, try_file, 16, FTW_PHYS) != 0 || read_by_us == 0) {
        print_message("# no corpus here\n");
        skip();
    }
    print_message("# corpus: %u read, %u left to libjpeg\n", read_by_us, left_to_libjpeg);
    assert_int_equal(strange, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_edge),
        cmocka_unit_test(reads_every_quality_and_coding),
        cmocka_unit_test(reads_what_is_sampled),
        cmocka_unit_test(reads_noise_or_leaves_it),
        cmocka_unit_test(reads_strange_coefficients_or_leaves_them),
        cmocka_unit_test(leaves_what_is_cut_off),
        cmocka_unit_test(reads_damage_as_libjpeg_or_not_at_all),
        cmocka_unit_test(reads_the_corpus_as_libjpeg),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
