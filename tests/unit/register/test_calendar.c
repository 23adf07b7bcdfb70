/* SPDX-License-Identifier: Apache-2.0 */
/* Days, months, working days and local time, against other ways of counting them. */
#include "register/policy/calendar.h"

#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static cu_rulebook *policy;

static int open_policy(void **state)
{
    (void)state;
    return cu_rulebook_open_default(&policy, NULL) == CU_OK ? 0 : -1;
}

static int close_policy(void **state)
{
    (void)state;
    cu_rulebook_free(policy);
    return 0;
}

static cu_date date_of(const char *text)
{
    cu_date date = 0;

    if (!cu_date_read(text, strlen(text), &date))
        fail_msg("%s", text);
    return date;
}

static void is_date(cu_date date, const char *wanted)
{
    char text[cu_date_text_size];

    cu_date_text(date, text);
    assert_string_equal(text, wanted);
}

static int64_t instant(const char *text)
{
    cu_instant at = {0};

    assert_int_equal(cu_instant_read(text, &at, NULL), CU_OK);
    assert_true(at.has_offset);
    return at.time_us;
}

static void dates_agree_with_the_c_library_for_each_day_of_three_centuries(void **state)
{
    cu_date date = cu_date_of(1850, 1, 1);

    (void)state;
    for (; date < cu_date_of(2150, 1, 1); date++) {
        const time_t at = (time_t)date * 86400;
        struct tm parts;
        int year = 0;
        int month = 0;
        int day = 0;

        assert_non_null(gmtime_r(&at, &parts));
        cu_date_parts(date, &year, &month, &day);
        assert_int_equal(year, parts.tm_year + 1900);
        assert_int_equal(month, parts.tm_mon + 1);
        assert_int_equal(day, parts.tm_mday);
        assert_int_equal(cu_date_weekday(date), (parts.tm_wday + 6) % 7);
        assert_int_equal(cu_date_of(year, month, day), date);
    }
}

static void a_day_that_does_not_exist_is_refused(void **state)
{
    static const char *const wrong[] = {"2021-02-29", "2021-13-01", "2021-00-01", "2021-01-00",
                                        "2021-04-31", "2021-1-01",  "20210101",   "",
                                        "2021-01-0x", "1700-01-01"};
    cu_date date = 7;

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++)
        assert_false(cu_date_read(wrong[i], strlen(wrong[i]), &date));
    assert_int_equal(date, 7);
    assert_true(cu_date_read("2020-02-29", 10, &date));
}

/* Vector 2 of the domain: the rule of the corresponding date, month-end where there is none. */
static void three_months_from_30_november_end_on_the_last_day_of_february(void **state)
{
    (void)state;
    is_date(cu_date_add_months(date_of("2020-11-30"), 3), "2021-02-28");
    is_date(cu_date_add_months(date_of("2023-11-30"), 3), "2024-02-29");
    is_date(cu_date_add_months(date_of("2020-11-28"), 3), "2021-02-28");
    is_date(cu_date_add_months(date_of("2021-05-31"), 1), "2021-06-30");
    is_date(cu_date_add_months(date_of("2021-12-31"), 2), "2022-02-28");
    is_date(cu_date_add_months(date_of("2021-03-15"), 12), "2022-03-15");
    is_date(cu_date_add_months(date_of("2021-03-31"), -1), "2021-02-28");
}

/* Vector 15. Easter 2021 was 4 April: 2 and 5 April are bank holidays. */
static void working_days_leave_out_weekends_and_bank_holidays(void **state)
{
    cu_date date = 0;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_working_day_after(policy, date_of("2021-03-31"), 15, &date, &err),
                     CU_OK);
    is_date(date, "2021-04-23");
    assert_int_equal(cu_working_day_after(policy, date_of("2021-04-01"), 1, &date, &err),
                     CU_OK);
    is_date(date, "2021-04-06");
    assert_int_equal(cu_working_day_after(policy, date_of("2021-04-02"), 0, &date, &err),
                     CU_OK);
    is_date(date, "2021-04-06");
    /* 25 December 2021 was a Saturday: the two substitute days are 27 and 28 December. */
    assert_int_equal(cu_working_day_after(policy, date_of("2021-12-24"), 1, &date, &err),
                     CU_OK);
    is_date(date, "2021-12-29");
    assert_int_equal(cu_working_day_after(policy, date_of("2031-01-01"), 1, &date, &err),
                     CU_ENOTFOUND);
    assert_non_null(strstr(err.text, "no bank holidays of 2031"));
}

/* Source: Meeus, Astronomical Algorithms, chapter 8: the Gregorian Easter. */
static cu_date easter(int year)
{
    const int a = year % 19;
    const int b = year / 100;
    const int c = year % 100;
    const int h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    const int l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    const int m = (a + 11 * h + 22 * l) / 451;

    return cu_date_of(year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1);
}

static void the_bank_holidays_agree_with_easter_and_have_eight_days_a_year(void **state)
{
    static const int special[] = {2011, 2012, 2022, 2023}; /* a wedding, jubilees, a funeral, a
                                                              coronation */

    (void)state;
    for (int year = 2011; year <= 2028; year++) {
        size_t wanted = 8;
        size_t found = 0;

        assert_non_null(cu_rulebook_holiday_on(policy, easter(year) - 2));
        assert_non_null(cu_rulebook_holiday_on(policy, easter(year) + 1));
        for (size_t i = 0; i < CU_COUNT_OF(special); i++)
            wanted += special[i] == year ? (year == 2022 ? 2 : 1) : 0;
        for (cu_date day = cu_date_of(year, 1, 1); day < cu_date_of(year + 1, 1, 1); day++) {
            const bool holiday = cu_rulebook_holiday_on(policy, day) != NULL;

            found += holiday;
            assert_true(!holiday || cu_date_weekday(day) < 5);
        }
        assert_int_equal(found, wanted);
    }
    assert_non_null(cu_rulebook_holiday_on(policy, date_of("2020-05-08")));
    assert_null(cu_rulebook_holiday_on(policy, date_of("2020-05-04")));
}

/* Vector 1: 23:30Z on 31 March is half past midnight on 1 April. */
static void half_past_midnight_on_1_april_is_in_april(void **state)
{
    cu_date date = 0;
    int64_t offset_us = 0;

    (void)state;
    assert_int_equal(
        cu_local_date(policy, instant("2021-03-31T23:30:00Z"), &date, &offset_us, NULL), CU_OK);
    is_date(date, "2021-04-01");
    assert_int_equal(offset_us, 3600LL * 1000000);
    assert_int_equal(
        cu_local_date(policy, instant("2021-03-31T22:59:59Z"), &date, &offset_us, NULL), CU_OK);
    is_date(date, "2021-03-31");
    assert_int_equal(
        cu_local_date(policy, instant("2021-02-28T23:30:00Z"), &date, &offset_us, NULL), CU_OK);
    is_date(date, "2021-02-28");
    assert_int_equal(offset_us, 0);
}

static void
local_time_agrees_with_the_tz_database_for_each_half_hour_of_forty_years(void **state)
{
    const int64_t step = 1800;

    (void)state;
    assert_int_equal(setenv("TZ", "Europe/London", 1), 0);
    tzset();
    if (strcmp(tzname[1], "BST") != 0)
        skip(); /* no tz database here */
    for (int64_t at = (int64_t)cu_date_of(1998, 1, 1) * 86400;
         at < (int64_t)cu_date_of(2037, 12, 31) * 86400; at += step) {
        const time_t seconds = (time_t)at;
        struct tm parts;
        cu_date date = 0;
        int64_t offset_us = 0;

        if (cu_local_date(policy, at * 1000000, &date, &offset_us, NULL) != CU_OK ||
            localtime_r(&seconds, &parts) == NULL || parts.tm_gmtoff * 1000000 != offset_us ||
            date != cu_date_of(parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday))
            fail_msg("at %lld", (long long)at);
    }
}

static void a_local_day_begins_where_its_date_begins(void **state)
{
    (void)state;
    for (cu_date day = cu_date_of(2020, 1, 1); day < cu_date_of(2024, 1, 1); day++) {
        int64_t start_us = 0;
        cu_date date = 0;

        assert_int_equal(cu_local_start(policy, day, &start_us, NULL), CU_OK);
        assert_int_equal(cu_local_date(policy, start_us, &date, NULL, NULL), CU_OK);
        assert_int_equal(date, day);
        assert_int_equal(cu_local_date(policy, start_us - 1, &date, NULL, NULL), CU_OK);
        assert_int_equal(date, day - 1);
    }
}

static void before_1998_the_policy_says_nothing_of_local_time(void **state)
{
    cu_date date = 0;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_local_date(policy, instant("1997-06-01T00:00:00Z"), &date, NULL, &err),
                     CU_ENOTFOUND);
    assert_int_equal(cu_local_date(policy, INT64_MIN, &date, NULL, &err), CU_ENOTFOUND);
    assert_int_equal(cu_local_date(policy, INT64_MAX, &date, NULL, &err), CU_ENOTFOUND);
}

static void times_are_read_with_their_offset_or_said_to_have_none(void **state)
{
    static const char *const wrong[] = {"",
                                        "2021-03-01",
                                        "2021-03-01T24:00:00Z",
                                        "2021-03-01T07:60:00Z",
                                        "2021-03-01T07:42:00+1:00",
                                        "2021-03-01T07:42:00 GMT",
                                        "2021-03-01T07:42:00+19:00",
                                        "2021-02-29T07:42:00Z",
                                        "2021-03-01x07:42:00Z",
                                        "1 March 2021 07:42"};
    cu_instant at = {0};
    cu_err err = {0};

    (void)state;
    assert_int_equal(instant("2021-03-01T07:42:00+01:00"), instant("2021-03-01T06:42:00Z"));
    assert_int_equal(instant("2021-03-01 07:42Z"), instant("2021-03-01T07:42:00.000Z"));
    assert_int_equal(instant("2021-03-01T00:00:00.25-05:30"),
                     instant("2021-03-01T05:30:00Z") + 250000);
    assert_int_equal(cu_instant_read("2021-03-01T07:42:00", &at, &err), CU_OK);
    assert_false(at.has_offset);
    for (size_t i = 0; i < CU_COUNT_OF(wrong); i++)
        assert_int_equal(cu_instant_read(wrong[i], &at, &err), CU_EFORMAT);
}

static void an_hour_that_happens_twice_or_never_needs_its_offset(void **state)
{
    int64_t time_us = 0;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_officer_time_read(policy, "2021-07-01 08:00", &time_us, &err), CU_OK);
    assert_int_equal(time_us, instant("2021-07-01T07:00:00Z"));
    assert_int_equal(cu_officer_time_read(policy, "2021-01-01 08:00", &time_us, &err), CU_OK);
    assert_int_equal(time_us, instant("2021-01-01T08:00:00Z"));
    assert_int_equal(cu_officer_time_read(policy, "2021-03-28 01:30", &time_us, &err),
                     CU_EFORMAT);
    assert_non_null(strstr(err.text, "never"));
    assert_int_equal(cu_officer_time_read(policy, "2021-10-31 01:30", &time_us, &err),
                     CU_EFORMAT);
    assert_non_null(strstr(err.text, "twice"));
    assert_int_equal(cu_officer_time_read(policy, "2021-10-31 01:30+01:00", &time_us, &err),
                     CU_OK);
    assert_int_equal(time_us, instant("2021-10-31T00:30:00Z"));
}

static void lengths_of_time_end_where_their_unit_says(void **state)
{
    const int64_t at = instant("2020-11-30T10:00:00Z");
    int64_t end_us = 0;

    (void)state;
    assert_int_equal(cu_time_add(policy, at, 24, "hours", &end_us, NULL), CU_OK);
    assert_int_equal(end_us, instant("2020-12-01T10:00:00Z"));
    assert_int_equal(cu_time_add(policy, at, 7, "days", &end_us, NULL), CU_OK);
    assert_int_equal(end_us, instant("2020-12-07T10:00:00Z"));
    assert_int_equal(cu_time_add(policy, at, 3, "months", &end_us, NULL), CU_OK);
    assert_int_equal(end_us, instant("2021-03-01T00:00:00Z")); /* the end of 28 February */
    assert_int_equal(cu_time_add(policy, at, 1, "fortnights", &end_us, NULL), CU_EUSAGE);
    assert_int_equal(cu_time_add(policy, at, -1, "days", &end_us, NULL), CU_EUSAGE);
}

static void a_month_is_read_with_its_first_day_and_the_next_months(void **state)
{
    cu_date first = 0;
    cu_date next = 0;

    (void)state;
    assert_true(cu_month_read("2021-12", &first, &next));
    is_date(first, "2021-12-01");
    is_date(next, "2022-01-01");
    assert_false(cu_month_read("2021-13", &first, &next));
    assert_false(cu_month_read("2021-1", &first, &next));
    assert_false(cu_month_read("2021", &first, &next));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_agree_with_the_c_library_for_each_day_of_three_centuries),
        cmocka_unit_test(a_day_that_does_not_exist_is_refused),
        cmocka_unit_test(three_months_from_30_november_end_on_the_last_day_of_february),
        cmocka_unit_test(working_days_leave_out_weekends_and_bank_holidays),
        cmocka_unit_test(the_bank_holidays_agree_with_easter_and_have_eight_days_a_year),
        cmocka_unit_test(half_past_midnight_on_1_april_is_in_april),
        cmocka_unit_test(
            local_time_agrees_with_the_tz_database_for_each_half_hour_of_forty_years),
        cmocka_unit_test(a_local_day_begins_where_its_date_begins),
        cmocka_unit_test(before_1998_the_policy_says_nothing_of_local_time),
        cmocka_unit_test(times_are_read_with_their_offset_or_said_to_have_none),
        cmocka_unit_test(an_hour_that_happens_twice_or_never_needs_its_offset),
        cmocka_unit_test(lengths_of_time_end_where_their_unit_says),
        cmocka_unit_test(a_month_is_read_with_its_first_day_and_the_next_months),
    };

    return cmocka_run_group_tests(tests, open_policy, close_policy);
}
