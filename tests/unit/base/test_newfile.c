/* SPDX-License-Identifier: Apache-2.0 */
/* A new file appears whole under its name, and nothing that is there is replaced. */
#include "base/newfile.h"
#include "support/cmocka.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { path_max = 256 };

static char folder[] = "/tmp/custos-newfile-XXXXXX";
static char path[path_max];
static char partial[path_max];
static cu_err err;

static unsigned names_in_folder(void)
{
    DIR *const open_folder = opendir(folder);
    unsigned n = 0;

    assert_non_null(open_folder);
    for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(open_folder);
    return n;
}

static void assert_holds(const char *name, const char *text)
{
    char there[64] = "";
    const int fd = open(name, O_RDONLY);

    assert_true(fd >= 0);
    assert_int_equal(read(fd, there, sizeof there - 1), strlen(text));
    assert_string_equal(there, text);
    close(fd);
}

static cu_bytes text_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_status begin(bool named, cu_newfile *file)
{
    return named ? cu_newfile_begin_named(path, partial, 0600, file, &err)
                 : cu_newfile_begin(path, file, &err);
}

static void appears_when_it_is_finished(CU_UNUSED void **state)
{
    for (int named = 0; named < 2; named++) {
        cu_newfile file = {0};
        struct stat facts;

        assert_int_equal(begin(named, &file), CU_OK);
        assert_int_equal(cu_write_all(file.fd, text_of("whole"), path, &err), CU_OK);
        assert_int_not_equal(lstat(path, &facts), 0);
        if (named)
            assert_holds(partial, "whole");
        assert_int_equal(cu_newfile_finish(&file, &err), CU_OK);
        assert_holds(path, "whole");
        assert_int_equal(names_in_folder(), 1);
        if (named) {
            assert_int_equal(stat(path, &facts), 0);
            assert_int_equal(facts.st_mode & 0777, 0600);
        }
        assert_int_equal(unlink(path), 0);
    }
}

static void leaves_nothing_when_it_is_abandoned(CU_UNUSED void **state)
{
    for (int named = 0; named < 2; named++) {
        cu_newfile file = {0};

        assert_int_equal(begin(named, &file), CU_OK);
        cu_newfile_abandon(&file);
        assert_int_equal(names_in_folder(), 0);
        cu_newfile_abandon(&file); /* once more does nothing */
    }
}

static void replaces_nothing(CU_UNUSED void **state)
{
    for (int named = 0; named < 2; named++) {
        cu_newfile file = {0};

        /* There before, if only as a link to nowhere. */
        assert_int_equal(symlink("nowhere", path), 0);
        assert_int_equal(begin(named, &file), CU_EEXISTS);
        assert_non_null(strstr(err.text, path));
        assert_int_equal(unlink(path), 0);

        /* There since. */
        assert_int_equal(begin(named, &file), CU_OK);
        assert_int_equal(symlink("nowhere", path), 0);
        assert_int_equal(cu_newfile_finish(&file, &err), CU_EEXISTS);
        assert_int_equal(names_in_folder(), 1);
        assert_int_equal(unlink(path), 0);
    }
}

/* Another's unfinished work is not ours to remove. */
static void a_partial_file_stays(CU_UNUSED void **state)
{
    cu_newfile file = {0};
    const int fd = open(partial, O_CREAT | O_WRONLY, 0600);

    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(begin(true, &file), CU_EEXISTS);
    assert_non_null(strstr(err.text, partial));
    assert_int_equal(unlink(partial), 0);
}

static void errors_name_the_file(CU_UNUSED void **state)
{
    static const uint8_t byte[] = {1};
    const int full = open("/dev/full", O_WRONLY);

    assert_true(full >= 0);
    assert_int_equal(cu_write_all(full, (cu_bytes){byte, 1}, "the name", &err), CU_EIO);
    assert_non_null(strstr(err.text, "the name"));
    close(full);
    assert_int_not_equal(cu_flush_folder_of("/no/such/folder/file", &err), CU_OK);
    assert_int_equal(cu_flush_folder_of(path, &err), CU_OK);
    assert_int_equal(cu_flush_folder_of("name-alone", &err), CU_OK);
}

static int make_folder(CU_UNUSED void **state)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/out", folder);
    (void)snprintf(partial, sizeof partial, "%s/out.partial", folder);
    return 0;
}

static int remove_folder(CU_UNUSED void **state)
{
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appears_when_it_is_finished),
        cmocka_unit_test(leaves_nothing_when_it_is_abandoned),
        cmocka_unit_test(replaces_nothing),
        cmocka_unit_test(a_partial_file_stays),
        cmocka_unit_test(errors_name_the_file),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
