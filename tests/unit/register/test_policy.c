/* SPDX-License-Identifier: Apache-2.0 */
/* A policy is read line by line, its values are dated, and each has a source. */
#include "register/policy/policy.h"

#include "register/policy/calendar.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

static cu_bytes bytes_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

static cu_rulebook *open_default(void)
{
    cu_rulebook *policy = NULL;
    cu_err err = {0};

    if (cu_rulebook_open_default(&policy, &err) != CU_OK)
        fail_msg("%s", err.text);
    return policy;
}

static void a_value_holds_from_its_day_until_a_later_one_does(void **state)
{
    cu_rulebook *const policy = open_default();
    int64_t number = 0;
    const char *unit = NULL;
    cu_err err = {0};

    (void)state;
    assert_null(cu_rulebook_on(policy, "warrant.window", cu_date_of(1985, 12, 31)));
    assert_int_equal(cu_rulebook_number(policy, "warrant.window", cu_date_of(2005, 12, 31),
                                        &number, &unit, &err),
                     CU_OK);
    assert_int_equal(number, 1);
    assert_int_equal(cu_rulebook_number(policy, "warrant.window", cu_date_of(2006, 1, 1),
                                        &number, &unit, &err),
                     CU_OK);
    assert_int_equal(number, 3);
    assert_string_equal(unit, "months");
    assert_int_equal(
        cu_rulebook_number(policy, "no.such", cu_date_of(2020, 1, 1), &number, NULL, &err),
        CU_ENOTFOUND);
    assert_int_equal(cu_rulebook_number(policy, "helpline.nspcc", cu_date_of(2021, 3, 1),
                                        &number, NULL, &err),
                     CU_EFORMAT);
    assert_string_equal(cu_rulebook_on(policy, "helpline.nspcc", cu_date_of(2021, 3, 1))->text,
                        "0808 800 5000");
    cu_rulebook_free(policy);
}

static void every_value_rule_and_holiday_has_a_source_and_a_status(void **state)
{
    cu_rulebook *const policy = open_default();
    const cu_rulebook_value *values = NULL;
    const cu_rulebook_rule *rules = NULL;
    const cu_rulebook_holiday *days = NULL;
    size_t open = 0;

    (void)state;
    for (size_t i = 0, n = cu_rulebook_values(policy, &values); i < n; i++) {
        assert_true(strlen(values[i].source) > 8);
        open += !values[i].confirmed;
    }
    for (size_t i = 0, n = cu_rulebook_rules(policy, &rules); i < n; i++) {
        assert_true(strlen(rules[i].source) > 8);
        assert_true(strlen(rules[i].sentence) > 20);
        assert_ptr_equal(cu_rulebook_rule_of(policy, rules[i].id), &rules[i]);
    }
    assert_true(cu_rulebook_holidays(policy, &days) > 8 * 18);
    assert_true(open > 0); /* what was only recalled says so */
    assert_null(cu_rulebook_rule_of(policy, "ZZ"));
    cu_rulebook_free(policy);
}

static void a_wrong_line_is_named(void **state)
{
    static const struct {
        const char *text, *words;
    } wrong[] = {
        {"value a | 2000-01-01 | 1 | days | confirmed | s\nnonsense\n",
         "line 2: it is no value"},
        {"value a | 2000-02-30 | 1 | days | confirmed | s", "is no day"},
        {"value a | 2000-02-03 | 1 | days | maybe | s", "status"},
        {"value a | 2000-02-03 | 1 | days | confirmed", "a value has"},
        {"value a | 2000-02-03 |  | days | confirmed | s", "a column is empty"},
        {"value a | 2000-02-03 | 1 | days | confirmed | s | t", "too many columns"},
        {"rule a | b | confirmed", "a rule has"},
        {"holiday 2021-01-01 | b", "a holiday has"},
        {"value a | 2000-02-03 | 1 | days | confirmed | s\xff", "not UTF-8"},
        {"value a | 2000-01-01 | 1 | d | confirmed | s\nvalue a | 2000-01-01 | 2 | d | "
         "confirmed "
         "| s",
         "two values from one day"},
        {"rule a | b | confirmed | s\nrule a | b | confirmed | s", "two rules have one id"},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++) {
        cu_rulebook *policy = NULL;
        cu_err err = {0};

        assert_int_equal(cu_rulebook_parse(bytes_of(wrong[i].text), "p", &policy, &err),
                         CU_EFORMAT);
        assert_null(policy);
        if (strstr(err.text, wrong[i].words) == NULL)
            fail_msg("%s", err.text);
    }
}

static void every_truncation_of_the_policy_is_read_or_refused(void **state)
{
    const cu_bytes whole = cu_rulebook_default_text();

    (void)state;
    for (size_t n = 0; n < whole.n; n += 61) {
        cu_rulebook *policy = NULL;
        cu_err err = {0};
        const cu_status st = cu_rulebook_parse(cu_bytes_slice(whole, 0, n), "p", &policy, &err);

        assert_true(st == CU_OK || st == CU_EFORMAT);
        assert_true((policy != NULL) == (st == CU_OK));
        cu_rulebook_free(policy);
    }
}

static void an_amendment_holds_from_its_day_and_only_for_a_known_key(void **state)
{
    cu_rulebook *const policy = open_default();
    cu_rulebook_value value = {.key = "risk.low",
                               .from = cu_date_of(2022, 4, 1),
                               .text = "21",
                               .unit = "days",
                               .source = "force policy 7"};
    int64_t number = 0;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_rulebook_amend(policy, &value, &err), CU_OK);
    assert_int_equal(
        cu_rulebook_number(policy, "risk.low", cu_date_of(2022, 3, 31), &number, NULL, &err),
        CU_OK);
    assert_int_equal(number, 30);
    assert_int_equal(
        cu_rulebook_number(policy, "risk.low", cu_date_of(2022, 4, 1), &number, NULL, &err),
        CU_OK);
    assert_int_equal(number, 21);
    value.text = "20";
    assert_int_equal(cu_rulebook_amend(policy, &value, &err), CU_OK);
    assert_int_equal(
        cu_rulebook_number(policy, "risk.low", cu_date_of(2023, 4, 1), &number, NULL, &err),
        CU_OK);
    assert_int_equal(number, 20);
    value.key = "risk.nothing";
    assert_int_equal(cu_rulebook_amend(policy, &value, &err), CU_ENOTFOUND);
    cu_rulebook_free(policy);
}

static void words_are_found_whole(void **state)
{
    (void)state;
    assert_true(cu_words_have("low medium", "medium"));
    assert_true(cu_words_have("low medium", "low"));
    assert_false(cu_words_have("low medium", "med"));
    assert_false(cu_words_have("low medium", ""));
    assert_false(cu_words_have("", "low"));
    assert_false(cu_words_have(NULL, "low"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_holds_from_its_day_until_a_later_one_does),
        cmocka_unit_test(every_value_rule_and_holiday_has_a_source_and_a_status),
        cmocka_unit_test(a_wrong_line_is_named),
        cmocka_unit_test(every_truncation_of_the_policy_is_read_or_refused),
        cmocka_unit_test(an_amendment_holds_from_its_day_and_only_for_a_known_key),
        cmocka_unit_test(words_are_found_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
