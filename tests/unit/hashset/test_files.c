/* SPDX-License-Identifier: Apache-2.0 */
/* A folder's files as a set: all of them, in one order, and nothing that only points. */
#include "support/rows_assert.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/custos-files-XXXXXX";

static const char *inside(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    FILE *const file = fopen(inside(name), "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Source: the digests of "abc" in RFC 1321, FIPS 180-2. */
#define ABC                                                                                    \
    "\"md5\":\"900150983cd24fb0d6963f7d28e17f72\",\"sha1\":"                                   \
    "\"a9993e364706816aba3e25717850c26c9cd0d89d\",\"sha256\":"                                 \
    "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\""

static void reads_every_file_and_follows_no_link(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.rows = 0};
    cu_err err = {0};

    if (rows_read(&builder, "files", folder, (cu_bytes){0}, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_buffer_u8(&builder.lines, 0);
    assert_string_equal((const char *)builder.lines.p,
                        "{" ABC ",\"name\":\"a b.txt\",\"size\":3}\n"
                        "{" ABC ",\"name\":\"sub/inner/c\",\"size\":3}\n"
                        "{" ABC ",\"name\":\"sub/z\",\"size\":3}\n");
    assert_int_equal(builder.reached, 9);
    cu_buffer_free(&builder.lines);
}

static void names_are_those_inside_the_folder(void **state)
{
    (void)state;

    static const struct {
        const char *end, *name;
    } cases[] = {{"sub/", "\"name\":\"inner/c\""}, {"sub/z", "{" ABC ",\"name\":\"z\""}};

    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        cu_hashset_builder builder = {.rows = 0};

        assert_int_equal(
            rows_read(&builder, "files", inside(cases[i].end), (cu_bytes){0}, NULL), CU_OK);
        cu_buffer_u8(&builder.lines, 0);
        assert_non_null(strstr((const char *)builder.lines.p, cases[i].name));
        cu_buffer_free(&builder.lines);
    }
}

static void says_what_it_could_not_read(void **state)
{
    (void)state;
    cu_hashset_builder builder = {.silent = true};
    cu_err err = {0};

    assert_int_equal(rows_read(&builder, "files", inside("none"), (cu_bytes){0}, &err), CU_EIO);
    assert_non_null(strstr(err.text, "none\": No such file"));
    builder.fail_at = 2;
    assert_int_equal(rows_read(&builder, "files", folder, (cu_bytes){0}, &err), CU_ENOMEM);
}

static int make(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || mkdir(inside("sub"), 0700) != 0 ||
        mkdir(inside("sub/inner"), 0700) != 0)
        return -1;
    put("a b.txt", "abc");
    put("sub/z", "abc");
    put("sub/inner/c", "abc");
    return symlink("a b.txt", inside("link")) != 0 || symlink(".", inside("sub/loop")) != 0 ||
                   mkfifo(inside("sub/pipe"), 0600) != 0
               ? -1
               : 0;
}

static int drop(void **state)
{
    static const char *const names[] = {"a b.txt",     "link",     "sub/z",
                                        "sub/inner/c", "sub/loop", "sub/pipe"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(names); i++)
        (void)unlink(inside(names[i]));
    (void)rmdir(inside("sub/inner"));
    (void)rmdir(inside("sub"));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_file_and_follows_no_link),
        cmocka_unit_test(names_are_those_inside_the_folder),
        cmocka_unit_test(says_what_it_could_not_read),
    };

    return cmocka_run_group_tests(tests, make, drop);
}
