/* SPDX-License-Identifier: Apache-2.0 */
/* The reference's answers for real and synthetic pictures: both variants, all eight turns. */
#include "pdq/engine.h"
#include "pdq/pdq.h"
#include "support/cmocka.h"
#include "support/picture_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { fields = 17, field_sum = 4, field_quality = 6, field_codes = 7, field_full = 15 };

static FILE *open_in_corpus(const char *name)
{
    const char *const corpus = getenv("CUSTOS_CORPUS");
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/pdq/%s", corpus != NULL ? corpus : "", name);

    FILE *const file = fopen(path, "rb");

    if (file == NULL) {
        print_message("# the corpus is not here: %s\n", path);
        skip();
    }
    return file;
}

/* The line's fields, cut at tabs. */
static size_t cut(char *line, char **out)
{
    size_t n = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && n < fields;)
        out[n++] = strsep(&at, "\t");
    return n;
}

static void assert_code(const cu_pdq_code *code, const char *expected, const char *what)
{
    char text[2 * cu_pdq_bytes + 1];

    cu_hex_encode((cu_bytes){code->bytes, cu_pdq_bytes}, text);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: is %s, should be %s", what, text, expected);
}

/* Counts a row's picture where its pixels are those that the reference saw. */
static bool try_row(char **row)
{
    char path[4096];
    picture_file file = {0};
    cu_pdq_scratch scratch = {0};
    cu_pdq_hash hash;
    cu_err err = {0};
    bool same = false;

    (void)snprintf(path, sizeof path, "%s/pdq/%s", getenv("CUSTOS_CORPUS"), row[0]);
    if (picture_file_read(path, &file))
        same = picture_file_sum(&file) == strtoull(row[field_sum], NULL, 16);
    if (same) {
        const cu_pdq_pixels pixels = {.p = file.p,
                                      .stride_bytes = (size_t)file.width * file.channels,
                                      .width = file.width,
                                      .height = file.height,
                                      .channels = file.channels};

        assert_int_equal(cu_pdq_hash_pixels(&pixels, CU_PDQ_A, &scratch, &hash, &err), CU_OK);
        assert_int_equal(hash.quality, atol(row[field_quality]));
        for (size_t t = 0; t < cu_pdq_turns; t++)
            assert_code(&hash.codes[t], row[field_codes + t], row[0]);
        assert_int_equal(cu_pdq_hash_pixels(&pixels, CU_PDQ_F, &scratch, &hash, &err), CU_OK);
        assert_code(&hash.codes[0], row[field_full], row[0]);
        assert_int_equal(hash.quality, atol(row[field_full + 1]));
    } else {
        print_message("# %s: other pixels here than the reference saw\n", row[0]);
    }
    cu_pdq_scratch_free(&scratch);
    free(file.p);
    return same;
}

static void gives_the_reference_hashes_of_the_same_pixels(void **state)
{
    (void)state;
    FILE *const file = open_in_corpus("vectors/vectors.tsv");
    char line[4096];
    unsigned tried = 0;

    while (fgets(line, sizeof line, file) != NULL) {
        char *row[fields];

        if (line[0] != '#' && cut(line, row) == fields && strlen(row[field_codes]) == 64)
            tried += try_row(row);
    }
    fclose(file);
    print_message("# %u pictures\n", tried);
    assert_true(tried >= 40);
}

static void gives_the_reference_frequencies(void **state)
{
    (void)state;
    static const char *const names[] = {"rings-400x400.png", "bridge-1-original.jpg",
                                        "flat-grey-128x128.png", "RGB.jpg"};

    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        char name[128];
        cu_pdq_small_picture small;
        float expected[cu_pdq_frequencies][cu_pdq_frequencies];
        float found[cu_pdq_frequencies][cu_pdq_frequencies];

        (void)snprintf(name, sizeof name, "vectors/%s.64x64.f32", names[i]);

        FILE *const before = open_in_corpus(name);

        assert_int_equal(fread(&small, 1, sizeof small, before), sizeof small);
        fclose(before);
        (void)snprintf(name, sizeof name, "vectors/%s.dct16.f32", names[i]);

        FILE *const after = open_in_corpus(name);

        assert_int_equal(fread(expected, 1, sizeof expected, after), sizeof expected);
        fclose(after);
        cu_pdq_frequencies_of(&small, found);
        assert_memory_equal(found, expected, sizeof expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_reference_hashes_of_the_same_pixels),
        cmocka_unit_test(gives_the_reference_frequencies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
