/* SPDX-License-Identifier: Apache-2.0 */
/* Texts as libtsk makes them, all made up here. */
#include "filesystem/reason.h"
#include "support/cmocka.h"

#include <string.h>

static void assert_reason(const char *text, const char *expected)
{
    const cu_bytes reason = cu_tsk_reason(text);

    if (reason.n != strlen(expected) ||
        strncmp((const char *)reason.p, expected, reason.n) != 0)
        fail_msg("\"%s\" is told as \"%.*s\", not \"%s\"", text, (int)reason.n,
                 (const char *)reason.p, expected);
}

static void names_no_function(void **state)
{
    (void)state;
    assert_reason("ntfs_dinode_lookup: record 7 is too large", "record 7 is too large");
    assert_reason("ext2fs_dir_open_meta: block 12: not there", "block 12: not there");
    assert_reason("tsk_fs_dir_walk(): ntfs_proc_idxentry: bad entry", "bad entry");
    assert_reason("  _read_2: short read", "short read");
}

static void keeps_the_words(void **state)
{
    (void)state;
    assert_reason("Error: the record is bad", "Error: the record is bad");
    assert_reason("in ntfs_dinode_lookup: bad", "in ntfs_dinode_lookup: bad");
    assert_reason("fixup_value 0x1", "fixup_value 0x1");
    assert_reason("my_letter:txt is bad", "my_letter:txt is bad");
    assert_reason("7_up: is no name of C", "7_up: is no name of C");
    assert_reason("bad (ntfs_dinode_lookup: 3)", "bad (ntfs_dinode_lookup: 3)");
}

static void ends_with_the_line(void **state)
{
    (void)state;
    assert_reason("fatfs_open: bad sector\nfatfs_more: and more", "bad sector");
    assert_reason("fatfs_open: bad sector\r\n", "bad sector");
    assert_reason("fatfs_open:\nfatfs_more: and more", "");
}

static void nothing_said_is_empty(void **state)
{
    (void)state;
    assert_int_equal(cu_tsk_reason(NULL).n, 0);
    assert_int_equal(cu_tsk_reason("").n, 0);
    assert_int_equal(cu_tsk_reason("ntfs_dinode_lookup: ").n, 0);
    assert_int_equal(cu_tsk_reason("ntfs_dinode_lookup:").n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_no_function),
        cmocka_unit_test(keeps_the_words),
        cmocka_unit_test(ends_with_the_line),
        cmocka_unit_test(nothing_said_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
