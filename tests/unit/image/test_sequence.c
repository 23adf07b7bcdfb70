/* SPDX-License-Identifier: Apache-2.0 */
/* Which name follows which. */
#include "image/sequence.h"

#include "base/attr.h"
#include "support/cmocka.h"

#include <string.h>

static void each_ending_has_its_next(void **state)
{
    static const char *const pairs[][2] = {
        {".001", ".002"}, {".009", ".010"}, {".099", ".100"}, {".aa", ".ab"},
        {".az", ".ba"},   {".E01", ".E02"}, {".E09", ".E10"}, {".E99", ".EAA"},
        {".EAZ", ".EBA"}, {".EZZ", ".FAA"}, {".FZZ", ".GAA"}, {".s01", ".s02"},
        {".s99", ".saa"}, {".szz", ".taa"}, {".e99", ".eaa"}, {".ezz", ".faa"},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(pairs); i++) {
        char ending[8] = "";

        memcpy(ending, pairs[i][0], strlen(pairs[i][0]));
        assert_true(cu_sequence_next(ending));
        assert_string_equal(ending, pairs[i][1]);
    }
}

static void the_last_has_none(void **state)
{
    static const char *const last[] = {".999", ".zz", ".ZZZ", ""};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(last); i++) {
        char ending[8] = "";

        memcpy(ending, last[i], strlen(last[i]));
        assert_false(cu_sequence_next(ending));
    }
}

static void only_a_first_one_starts(void **state)
{
    static const char *const yes[] = {".000", ".001", ".aa", ".E01", ".e01", ".s01", ".S01"};
    static const char *const no[] = {"", ".", ".dd", ".002", ".E02", ".ab", ".img", ".vmdk"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(yes); i++)
        assert_true(cu_sequence_starts(yes[i]));
    for (size_t i = 0; i < CU_COUNT_OF(no); i++)
        assert_false(cu_sequence_starts(no[i]));
}

/* From .E01 the names go on through each letter, none twice, to the last that there is. */
static void the_names_of_ewf_are_all_different(void **state)
{
    char ending[8] = ".E01";
    unsigned count = 1;

    (void)state;
    for (char before[8]; count < 20000; count++) {
        memcpy(before, ending, sizeof before);
        if (!cu_sequence_next(ending))
            break;
        assert_int_equal(strlen(ending), 4);
        /* Digits before letters, and each later in the alphabet than the one before. */
        if (count != 99)
            assert_true(strcmp(before, ending) < 0);
    }
    assert_int_equal(count, 99 + 22 * 26 * 26);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_ending_has_its_next),
        cmocka_unit_test(the_last_has_none),
        cmocka_unit_test(only_a_first_one_starts),
        cmocka_unit_test(the_names_of_ewf_are_all_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
