/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder in its sandbox: the same answer as without it, and an answer for every file. */
#include "picture/examine.h"
#include "support/cmocka.h"
#include "support/make_jpeg.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static cu_picture_decoder *decoder;

static int start(void **state)
{
    cu_err err = {0};

    (void)state;
    if (cu_picture_decoder_start(&decoder, &err) == CU_OK)
        return 0;
    print_message("# %s\n", err.text);
    return -1;
}

static int stop(void **state)
{
    (void)state;
    cu_picture_decoder_stop(decoder);
    return 0;
}

static cu_picture_facts examine(const uint8_t *bytes, size_t n, bool full)
{
    const int fd = memfd_create("picture", MFD_CLOEXEC);
    const cu_picture_file file = {.fd = fd, .bytes = n, .full = full};
    cu_picture_facts facts;
    cu_err err = {0};

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    if (cu_picture_examine(decoder, &file, &facts, &err) != CU_OK)
        fail_msg("%s", err.text);
    close(fd);
    return facts;
}

static void answers_as_without_a_sandbox(void **state)
{
    (void)state;
    const make_jpeg wanted = {.width = 700,
                              .height = 500,
                              .channels = 3,
                              .across = 2,
                              .down = 2,
                              .quality = 80,
                              .seed = 9};
    size_t n = 0;
    uint8_t *const file = make_jpeg_file(&wanted, &n);

    for (size_t cut = n; cut > 0; cut = cut * 2 / 3) {
        cu_picture_facts here;
        const cu_picture_facts there = examine(file, cut, cut == n);

        cu_picture_examine_here((cu_bytes){file, cut}, cut == n, &here);
        assert_int_equal(there.outcome, here.outcome);
        assert_string_equal(there.reason, here.reason);
        assert_memory_equal(there.hashes, here.hashes, sizeof here.hashes);
        assert_memory_equal(&there.full, &here.full, sizeof here.full);
    }
    free(file);
}

static void answers_with_other_views_and_from_within_a_file(void **state)
{
    (void)state;

    enum { before = 5000 };

    const make_jpeg wanted = {
        .width = 320, .height = 200, .channels = 3, .quality = 80, .seed = 7};
    size_t n = 0;
    uint8_t *const jpeg = make_jpeg_file(&wanted, &n);
    const int fd = memfd_create("picture", MFD_CLOEXEC);
    static cu_picture_views there;
    static cu_picture_views here;
    const cu_picture_file file = {.fd = fd, .offset = before, .bytes = n, .views = &there};
    cu_picture_facts facts;
    cu_picture_facts expected;

    assert_int_equal(pwrite(fd, jpeg, n, before), n);
    assert_int_equal(cu_picture_examine(decoder, &file, &facts, NULL), CU_OK);
    cu_picture_examine_with((cu_bytes){jpeg, n}, &(cu_picture_wish){.views = &here}, &expected);
    assert_int_equal(facts.outcome, CU_PICTURE_WHOLE);
    assert_int_equal(facts.has_full, 0);
    assert_memory_equal(facts.hashes, expected.hashes, sizeof expected.hashes);
    assert_true(here.count > 10);
    assert_int_equal(there.count, here.count);
    assert_memory_equal(there.list, here.list, here.count * sizeof here.list[0]);
    there.list[0].amount = 1001;
    assert_int_equal(cu_picture_views_check(&there, NULL), CU_ECHILD);
    there.list[0].amount = 0;
    there.count = cu_pdq_views_max + 1;
    assert_int_equal(cu_picture_views_check(&there, NULL), CU_ECHILD);
    close(fd);
    free(jpeg);
}

static void answers_as_without_a_sandbox_for(const char *path)
{
    FILE *const in = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    cu_picture_facts here;

    assert_non_null(in);

    const size_t n = fread(bytes, 1, sizeof bytes, in);
    const cu_picture_facts there = examine(bytes, n, true);

    fclose(in);
    cu_picture_examine_here((cu_bytes){bytes, n}, true, &here);
    assert_string_equal(there.format, here.format);
    assert_string_equal(there.reason, here.reason);
    assert_memory_equal(there.hashes, here.hashes, sizeof here.hashes);
}

/* JPEGs and others have a zygote each, and go to the right one in any order. */
static void answers_for_every_format_in_turn(void **state)
{
    (void)state;
    const char *const folder = getenv("CUSTOS_SAMPLES");
    DIR *const files = opendir(folder);
    size_t count = 0;

    assert_non_null(files);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        char path[4096];

        if (entry->d_name[0] == '.')
            continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        answers_as_without_a_sandbox_for(path);
        (void)snprintf(path, sizeof path, "%s/baseline.jpg", folder);
        answers_as_without_a_sandbox_for(path);
        count++;
    }
    closedir(files);
    assert_true(count >= 17);
}

static bool maps(const char *pid, const char *library)
{
    char path[64];
    char line[4096];
    bool found = false;

    (void)snprintf(path, sizeof path, "/proc/%s/maps", pid);

    FILE *const file = fopen(path, "r");

    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        found = found || strstr(line, library) != NULL;
    fclose(file);
    return found;
}

/* What no JPEG needs costs its fork nothing, and helps nobody who takes it over. */
static void the_program_of_jpegs_has_no_other_library(void **state)
{
    (void)state;
    char path[64];
    char pids[1024] = "";
    char *rest = NULL;
    size_t small = 0;

    (void)snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());

    FILE *const file = fopen(path, "r");

    assert_non_null(file);
    assert_non_null(fgets(pids, sizeof pids, file));
    fclose(file);
    for (char *pid = strtok_r(pids, " ", &rest); pid != NULL; pid = strtok_r(NULL, " ", &rest))
        small += maps(pid, "libjpeg") && !maps(pid, "libheif") && !maps(pid, "libstdc++");
    assert_int_equal(small, 1);
}

static void answers_for_what_is_no_picture(void **state)
{
    (void)state;
    const cu_picture_facts facts = examine((const uint8_t *)"no picture", 10, true);

    assert_int_equal(facts.outcome, CU_PICTURE_NOT);
    assert_non_null(strstr(facts.reason, "no picture format"));
}

/* The child maps what is said to be there; a file that is shorter kills it, and it alone. */
static void a_child_that_dies_costs_one_file(void **state)
{
    (void)state;
    const int fd = memfd_create("picture", MFD_CLOEXEC);
    const cu_picture_file file = {.fd = fd, .bytes = 100000};
    cu_picture_facts facts;

    assert_int_equal(cu_picture_examine(decoder, &file, &facts, NULL), CU_OK);
    assert_int_equal(facts.outcome, CU_PICTURE_NOT);
    assert_true(facts.reason[0] !=
                '\0'); /* "killed by signal 7 (Bus error)", or a sanitizer's exit */
    close(fd);
    answers_for_what_is_no_picture(NULL);
}

static void refuses_a_file_over_the_ceiling(void **state)
{
    (void)state;
    const cu_picture_file file = {.fd = 0, .bytes = CU_PICTURE_FILE_MAX + 1};
    cu_picture_facts facts;

    assert_int_equal(cu_picture_examine(decoder, &file, &facts, NULL), CU_OK);
    assert_int_equal(facts.outcome, CU_PICTURE_NOT);
    assert_non_null(strstr(facts.reason, "512 MiB"));
}

static void believes_no_field_that_cannot_be(void **state)
{
    (void)state;
    const make_jpeg wanted = {.width = 40, .height = 30, .channels = 1, .quality = 80};
    size_t n = 0;
    uint8_t *const file = make_jpeg_file(&wanted, &n);
    const cu_picture_facts good = examine(file, n, true);
    cu_picture_facts bad[16];
    size_t count = 0;

    assert_int_equal(cu_picture_facts_check(&good, n, NULL), CU_OK);
    for (size_t i = 0; i < CU_COUNT_OF(bad); i++)
        bad[i] = good;
    bad[count++].outcome = 0;
    bad[count++].outcome = 9;
    bad[count++].width = 0;
    bad[count++].width = 200000001;
    bad[count++].frames = 0;
    bad[count++].orientation = 9;
    bad[count++].hash_count = cu_picture_frames_max + 1;
    bad[count++].hashes[0].quality = 101;
    bad[count++].hash_frames[0] = 1;
    bad[count++].full.quality = -1;
    bad[count++].exif.latitude = 0; /* without a longitude */
    memset(bad[count++].exif.make, 'x', cu_picture_text_bytes);
    memcpy(bad[count++].exif.model, "a\x1b[2J", 6);
    memcpy(bad[count++].exif.serial, "\xff", 2);
    bad[count++].thumbnail.bytes = n + 1;
    bad[count++].exif.taken_us = INT64_MAX;
    assert_int_equal(count, CU_COUNT_OF(bad));
    for (size_t i = 0; i < count; i++) {
        if (cu_picture_facts_check(&bad[i], n, NULL) != CU_ECHILD)
            fail_msg("number %zu was believed", i);
    }
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_without_a_sandbox),
        cmocka_unit_test(answers_with_other_views_and_from_within_a_file),
        cmocka_unit_test(answers_for_every_format_in_turn),
        cmocka_unit_test(the_program_of_jpegs_has_no_other_library),
        cmocka_unit_test(answers_for_what_is_no_picture),
        cmocka_unit_test(a_child_that_dies_costs_one_file),
        cmocka_unit_test(refuses_a_file_over_the_ceiling),
        cmocka_unit_test(believes_no_field_that_cannot_be),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
