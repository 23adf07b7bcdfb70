/* SPDX-License-Identifier: Apache-2.0 */
/* Real and hostile files: the published hashes, what cameras wrote, and an answer for each bad
 * one. */
#include "picture/examine.h"
#include "support/cmocka.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { fields = 17, field_codes = 7, field_full = 15 };

static const char *corpus(void)
{
    const char *const path = getenv("CUSTOS_CORPUS");

    if (path == NULL || access(path, R_OK) != 0) {
        print_message("# skipped: corpus not here\n");
        skip();
    }
    return path;
}

static bool read_file(const char *path, cu_buffer *out)
{
    FILE *const file = fopen(path, "rb");
    uint8_t room[65536];
    size_t n = 0;

    out->n = 0;
    if (file == NULL)
        return false;
    while ((n = fread(room, 1, sizeof room, file)) > 0)
        cu_buffer_append(out, room, n);
    fclose(file);
    return true;
}

static cu_picture_facts examine(const char *name, bool full)
{
    cu_buffer file = {0};
    cu_picture_facts facts;
    char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", corpus(), name);
    if (!read_file(path, &file))
        fail_msg("%s is not there", path);
    cu_picture_examine_here(cu_buffer_view(&file), full, &facts);
    assert_int_equal(cu_picture_facts_check(&facts, file.n, NULL), CU_OK);
    cu_buffer_free(&file);
    return facts;
}

static void assert_code(const cu_pdq_code *code, const char *expected, const char *what)
{
    char text[2 * cu_pdq_bytes + 1];

    cu_hex_encode((cu_bytes){code->bytes, cu_pdq_bytes}, text);
    if (strcmp(text, expected) != 0)
        fail_msg("%s: is %s, should be %s", what, text, expected);
}

/* Files in which the reference saw other pixels: its reader of PNG keeps less than eight bits.
 */
static bool is_read_otherwise(const char *name)
{
    return strstr(name, "modes/1.png") != NULL || strstr(name, "I16.png") != NULL;
}

static unsigned try_row(char *line)
{
    char *row[fields];
    char name[256];
    struct stat there;
    size_t n = 0;

    line[strcspn(line, "\n")] = '\0';
    for (char *at = line; at != NULL && n < fields;)
        row[n++] = strsep(&at, "\t");
    if (n < fields || line[0] == '#' || strlen(row[field_codes]) != 64)
        return 0;

    char path[4096];

    (void)snprintf(path, sizeof path, "%s/pdq/%s", corpus(), row[0]);
    if (stat(path, &there) != 0 || is_read_otherwise(row[0]))
        return 0;
    (void)snprintf(name, sizeof name, "pdq/%s", row[0]);

    const cu_picture_facts facts = examine(name, true);

    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    assert_int_equal(facts.hashes[0].quality, strtol(row[6], NULL, 10));
    for (size_t t = 0; t < cu_pdq_turns; t++)
        assert_code(&facts.hashes[0].codes[t], row[field_codes + t], row[0]);
    assert_code(&facts.full.codes[0], row[field_full], row[0]);
    return 1;
}

static void gives_the_reference_hashes_of_files(void **state)
{
    (void)state;
    char path[4096];
    char line[4096];
    unsigned tried = 0;

    (void)snprintf(path, sizeof path, "%s/pdq/vectors/vectors.tsv", corpus());

    FILE *const file = fopen(path, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        tried += try_row(line);
    fclose(file);
    print_message("# %u files\n", tried);
    assert_true(tried >= 40);
}

static void reads_what_cameras_wrote(void **state)
{
    (void)state;
    const cu_picture_facts gps = examine("ianare+exif-samples/jpg/gps/DSCN0010.jpg", false);
    const cu_picture_facts phone = examine("ianare+exif-samples/heic/IMG_5195.HEIC", false);

    assert_string_equal(gps.exif.make, "NIKON");
    assert_string_equal(gps.exif.model, "COOLPIX P6000");
    assert_int_equal(gps.exif.latitude, 434674483); /* 43 28 2.814 N */
    assert_int_equal(gps.exif.longitude, 118851267);
    assert_int_equal(gps.exif.taken_us / 1000000, 1224692919); /* 2008-10-22 16:28:39 */
    assert_int_equal(gps.thumbnail.offset, 4560);
    assert_true(gps.thumbnail.distance <= cu_pdq_similar);
    assert_string_equal(phone.exif.model, "iPhone 11 Pro Max");
    assert_string_equal(phone.format, "heif");
    for (unsigned i = 1; i <= 8; i++) {
        char name[128];

        (void)snprintf(name, sizeof name,
                       "ianare+exif-samples/jpg/orientation/landscape_%u.jpg", i);
        assert_int_equal(examine(name, false).orientation, i);
    }
}

/* The same scene, stored in eight ways: its turns find it again. */
static void a_turn_of_the_hash_finds_an_orientation(void **state)
{
    (void)state;
    const cu_picture_facts first =
        examine("ianare+exif-samples/jpg/orientation/landscape_1.jpg", false);

    for (unsigned i = 2; i <= 8; i++) {
        char name[128];
        unsigned best = 256;

        (void)snprintf(name, sizeof name,
                       "ianare+exif-samples/jpg/orientation/landscape_%u.jpg", i);

        const cu_picture_facts other = examine(name, false);

        for (size_t t = 0; t < cu_pdq_turns; t++) {
            const unsigned distance =
                cu_pdq_distance(&first.hashes[0].codes[t], &other.hashes[0].codes[0]);

            best = distance < best ? distance : best;
        }
        assert_true(best <= cu_pdq_similar);
    }
}

/* ---- every bad picture, in the sandbox ---- */

/* A sanitizer's child takes long to start: every eighth file is enough for it. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { one_in = 8 };

#define ONE_IN
#endif
#endif
#ifndef ONE_IN
enum { one_in = 1 };
#endif

static cu_picture_decoder *decoder;
static unsigned outcomes[cu_picture_outcomes];
static unsigned killed;

static int try_file(const char *path, const struct stat *there, int kind, struct FTW *place)
{
    cu_picture_facts facts;
    cu_err err = {0};

    static unsigned seen;

    (void)place;
    if (kind != FTW_F || there->st_size == 0 || seen++ % one_in != 0)
        return 0;

    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const cu_picture_file file = {.fd = fd, .bytes = (uint64_t)there->st_size};

    if (fd < 0 || cu_picture_examine(decoder, &file, &facts, &err) != CU_OK) {
        print_message("# %s: %s\n", path, err.text);
        return 1;
    }
    close(fd);
    outcomes[facts.outcome]++;
    if (facts.outcome != CU_PICTURE_WHOLE && facts.reason[0] == '\0') {
        print_message("# %s: no reason\n", path);
        return 1;
    }
    if (strstr(facts.reason, "killed") != NULL || strstr(facts.reason, "limit") != NULL) {
        print_message("# %s: %s\n", path, facts.reason);
        killed++;
    }
    return 0;
}

static void every_bad_picture_ends_with_an_answer(void **state)
{
    (void)state;
    static const char *const folders[] = {"corrupt/image", "corrupt/poly", "corrupt/made",
                                          "sindresorhus+file-type", "ianare+exif-samples"};
    cu_err err = {0};

    (void)corpus();
    if (cu_picture_decoder_start(&decoder, &err) != CU_OK)
        fail_msg("%s", err.text);
    for (size_t i = 0; i < CU_COUNT_OF(folders); i++) {
        char path[4096];

        (void)snprintf(path, sizeof path, "%s/%s", corpus(), folders[i]);
        assert_int_equal(nftw(path, try_file, 16, FTW_PHYS), 0);
    }
    cu_picture_decoder_stop(decoder);
    print_message("# %u whole, %u in part, %u not; %u by a limit or a crash\n",
                  outcomes[CU_PICTURE_WHOLE], outcomes[CU_PICTURE_PARTLY],
                  outcomes[CU_PICTURE_NOT], killed);
    assert_true(outcomes[CU_PICTURE_WHOLE] > 200 / one_in);
    assert_true(outcomes[CU_PICTURE_PARTLY] > 200 / one_in);
    assert_true(outcomes[CU_PICTURE_NOT] > 500 / one_in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_reference_hashes_of_files),
        cmocka_unit_test(reads_what_cameras_wrote),
        cmocka_unit_test(a_turn_of_the_hash_finds_an_orientation),
        cmocka_unit_test(every_bad_picture_ends_with_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
