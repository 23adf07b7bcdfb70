/* SPDX-License-Identifier: Apache-2.0 */
/* Calendar arithmetic on day numbers; local time by the policy's own rule, not the machine's.
 */
#include "register/policy/calendar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { year_least = 1800, year_most = 2999, working_days_max = 3660 };

static const int64_t us_per_second = 1000000;
static const int64_t us_per_minute = 60 * 1000000LL;
static const int64_t us_per_hour = 3600 * 1000000LL;
static const int64_t us_per_day = 86400 * 1000000LL;

/* ---- dates ---- */

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

cu_date cu_date_of(int year, int month, int day)
{
    /* Years begin in March here, so that the leap day is the last of its year. */
    const int months = year * 12 + month - 1;
    const int m = (months % 12 + 10) % 12; /* 0 is March */
    const int y = months / 12 - (m >= 10);
    const int era = y / 400;
    const int year_of_era = y - era * 400;
    const int day_of_year = (153 * m + 2) / 5 + day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - 719468;
}

void cu_date_parts(cu_date date, int *year, int *month, int *day)
{
    const int days = date + 719468;
    const int era = (days >= 0 ? days : days - 146096) / 146097;
    const int day_of_era = days - era * 146097;
    const int year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int m = (5 * day_of_year + 2) / 153;

    *day = day_of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

int cu_date_weekday(cu_date date)
{
    const int weekday = (date + 3) % 7; /* 1970-01-01 was a Thursday */

    return weekday < 0 ? weekday + 7 : weekday;
}

void cu_date_text(cu_date date, char *out)
{
    int year = 0;
    int month = 0;
    int day = 0;

    cu_date_parts(date, &year, &month, &day);
    (void)snprintf(out, cu_date_text_size, "%04d-%02d-%02d", year, month, day);
}

static bool take_digits(const char *text, size_t n, int *out)
{
    int number = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *out = number;
    return true;
}

bool cu_date_read(const char *text, size_t n, cu_date *out)
{
    int year = 0;
    int month = 0;
    int day = 0;

    if (n != 10 || text[4] != '-' || text[7] != '-' || !take_digits(text, 4, &year) ||
        !take_digits(text + 5, 2, &month) || !take_digits(text + 8, 2, &day))
        return false;
    if (year < year_least || year > year_most || month < 1 || month > 12 || day < 1 ||
        day > days_of_month(year, month))
        return false;
    *out = cu_date_of(year, month, day);
    return true;
}

bool cu_month_read(const char *text, cu_date *first, cu_date *next)
{
    int year = 0;
    int month = 0;

    if (strlen(text) != 7 || text[4] != '-' || !take_digits(text, 4, &year) ||
        !take_digits(text + 5, 2, &month) || year < year_least || year > year_most ||
        month < 1 || month > 12)
        return false;
    *first = cu_date_of(year, month, 1);
    *next = cu_date_of(year, month + 1, 1);
    return true;
}

cu_date cu_date_add_months(cu_date date, int months)
{
    int year = 0;
    int month = 0;
    int day = 0;

    cu_date_parts(date, &year, &month, &day);

    const int all = year * 12 + month - 1 + months;
    const int days = days_of_month(all / 12, all % 12 + 1);

    return cu_date_of(all / 12, all % 12 + 1, day < days ? day : days);
}

static bool is_working_day(const cu_rulebook *policy, cu_date date)
{
    return cu_date_weekday(date) < 5 && cu_rulebook_holiday_on(policy, date) == NULL;
}

cu_status cu_working_day_after(const cu_rulebook *policy, cu_date date, int count, cu_date *out,
                               cu_err *err)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int left = count;

    if (count < 0 || count > working_days_max)
        return cu_fail(err, CU_EUSAGE, "%d working days is no count", count);
    while (left > 0 || !is_working_day(policy, date)) {
        date++;
        if (left > 0 && is_working_day(policy, date))
            left--;
    }
    cu_date_parts(date, &year, &month, &day);
    if (!cu_rulebook_knows_year(policy, year))
        return cu_fail(err, CU_ENOTFOUND, "policy knows no bank holidays of %d", year);
    *out = date;
    return CU_OK;
}

/* ---- local time ---- */

static cu_date last_sunday(int year, int month)
{
    const cu_date last = cu_date_of(year, month, days_of_month(year, month));

    return last - (cu_date_weekday(last) + 1) % 7;
}

/* "MM-last-sunday HH:MM MM-last-sunday HH:MM": month, hour and minute of each. */
static bool read_summer(const char *text, int numbers[6])
{
    static const int most[6] = {12, 23, 59, 12, 23, 59};
    static const size_t places[6] = {0, 15, 18, 21, 36, 39};

    if (strlen(text) != 41 || memcmp(text + 2, "-last-sunday ", 13) != 0 ||
        memcmp(text + 23, "-last-sunday ", 13) != 0 || text[17] != ':' || text[20] != ' ' ||
        text[38] != ':')
        return false;
    for (size_t i = 0; i < 6; i++) {
        if (!take_digits(text + places[i], 2, &numbers[i]) || numbers[i] > most[i])
            return false;
    }
    return numbers[0] > 0 && numbers[3] > 0;
}

bool cu_summer_time_reads(const char *text)
{
    int numbers[6];

    return read_summer(text, numbers);
}

/* When summer time begins and ends in a year, in UTC. */
static cu_status summer_of(const cu_rulebook *policy, int year, int64_t *begin_us,
                           int64_t *end_us, cu_err *err)
{
    const cu_rulebook_value *const value =
        cu_rulebook_on(policy, "calendar.summer-time", cu_date_of(year, 1, 1));
    int numbers[6] = {0};

    if (value == NULL)
        return cu_fail(err, CU_ENOTFOUND, "policy has no rule of local time for %d", year);
    if (!read_summer(value->text, numbers))
        return cu_fail(err, CU_EFORMAT,
                       "policy value \"calendar.summer-time\" is \"%s\", expected "
                       "MM-last-sunday HH:MM twice",
                       value->text);
    *begin_us = last_sunday(year, numbers[0]) * us_per_day + numbers[1] * us_per_hour +
                numbers[2] * us_per_minute;
    *end_us = last_sunday(year, numbers[3]) * us_per_day + numbers[4] * us_per_hour +
              numbers[5] * us_per_minute;
    return CU_OK;
}

static cu_date day_of(int64_t time_us)
{
    const int64_t day = time_us / us_per_day - (time_us % us_per_day < 0);

    return (cu_date)(day < INT32_MIN / 2   ? INT32_MIN / 2
                     : day > INT32_MAX / 2 ? INT32_MAX / 2
                                           : day);
}

cu_status cu_local_date(const cu_rulebook *policy, int64_t time_us, cu_date *out,
                        int64_t *offset_us, cu_err *err)
{
    int year = 0;
    int month = 0;
    int day = 0;
    int64_t begin_us = 0;
    int64_t end_us = 0;

    cu_date_parts(day_of(time_us), &year, &month, &day);
    if (year < year_least || year > year_most)
        return cu_fail(err, CU_ENOTFOUND, "policy has no rule of local time for %d", year);

    const cu_status st = summer_of(policy, year, &begin_us, &end_us, err);

    if (st != CU_OK)
        return st;

    const int64_t ahead_us = time_us >= begin_us && time_us < end_us ? us_per_hour : 0;

    *out = day_of(time_us + ahead_us);
    if (offset_us != NULL)
        *offset_us = ahead_us;
    return CU_OK;
}

cu_status cu_local_start(const cu_rulebook *policy, cu_date date, int64_t *out_us, cu_err *err)
{
    cu_date there = 0;
    int64_t offset_us = 0;

    /* The clocks change after midnight, so the offset of the hour before holds at midnight. */
    const cu_status st =
        cu_local_date(policy, date * us_per_day - us_per_hour, &there, &offset_us, err);

    if (st == CU_OK)
        *out_us = date * us_per_day - offset_us;
    return st;
}

/* ---- times as they are written ---- */

static cu_status no_time(const char *text, cu_err *err)
{
    return cu_fail(err, CU_EFORMAT,
                   "\"%.64s\" is no time; write 2021-03-01T07:42:00Z, or +01:00 in place of Z",
                   text);
}

/* "HH:MM[:SS[.ffffff]]" from at on; answers what follows, or NULL. */
static const char *take_clock(const char *at, int64_t *out_us)
{
    int hour = 0;
    int minute = 0;
    int second = 0;
    int64_t micros = 0;

    if (strlen(at) < 5 || at[2] != ':' || !take_digits(at, 2, &hour) ||
        !take_digits(at + 3, 2, &minute))
        return NULL;
    at += 5;
    if (*at == ':') {
        if (strlen(at) < 3 || !take_digits(at + 1, 2, &second))
            return NULL;
        at += 3;
        if (*at == '.') {
            int64_t unit = us_per_second;

            for (at++; *at >= '0' && *at <= '9'; at++) {
                unit /= 10;
                micros += (*at - '0') * unit;
            }
        }
    }
    if (hour > 23 || minute > 59 || second > 59)
        return NULL;
    *out_us = hour * us_per_hour + minute * us_per_minute + second * us_per_second + micros;
    return at;
}

cu_status cu_instant_read(const char *text, cu_instant *out, cu_err *err)
{
    cu_date date = 0;
    int64_t clock_us = 0;
    int64_t offset_us = 0;
    int hours = 0;
    int minutes = 0;

    if (strlen(text) < 16 || !cu_date_read(text, 10, &date) ||
        (text[10] != 'T' && text[10] != ' '))
        return no_time(text, err);

    const char *const rest = take_clock(text + 11, &clock_us);

    if (rest == NULL)
        return no_time(text, err);

    const bool zulu = strcmp(rest, "Z") == 0;
    const bool shifted = strlen(rest) == 6 && (rest[0] == '+' || rest[0] == '-') &&
                         rest[3] == ':' && take_digits(rest + 1, 2, &hours) &&
                         take_digits(rest + 4, 2, &minutes) && hours <= 18 && minutes < 60;

    if (*rest != '\0' && !zulu && !shifted)
        return no_time(text, err);
    if (shifted)
        offset_us = (hours * us_per_hour + minutes * us_per_minute) * (rest[0] == '-' ? -1 : 1);
    *out = (cu_instant){.time_us = date * us_per_day + clock_us - offset_us,
                        .has_offset = zulu || shifted,
                        .offset_us = offset_us};
    return CU_OK;
}

cu_status cu_officer_time_read(const cu_rulebook *policy, const char *text, int64_t *out_us,
                               cu_err *err)
{
    cu_instant written = {0};
    int64_t found_us = 0;
    unsigned found = 0;
    cu_status st = cu_instant_read(text, &written, err);

    if (st != CU_OK || written.has_offset) {
        if (st == CU_OK)
            *out_us = written.time_us;
        return st;
    }
    for (int64_t ahead_us = 0; ahead_us <= us_per_hour; ahead_us += us_per_hour) {
        cu_date date = 0;
        int64_t offset_us = 0;

        st = cu_local_date(policy, written.time_us - ahead_us, &date, &offset_us, err);
        if (st != CU_OK)
            return st;
        if (offset_us == ahead_us) {
            found_us = written.time_us - ahead_us;
            found++;
        }
    }
    if (found != 1)
        return cu_fail(err, CU_EFORMAT,
                       "local time \"%.64s\" happens %s; write its offset, Z or +01:00", text,
                       found == 0 ? "never" : "twice");
    *out_us = found_us;
    return CU_OK;
}

cu_status cu_time_add(const cu_rulebook *policy, int64_t time_us, int64_t count,
                      const char *unit, int64_t *out_us, cu_err *err)
{
    cu_date date = 0;

    if (count < 0 || count > 36600)
        return cu_fail(err, CU_EUSAGE, "%lld %s is no length of time", (long long)count, unit);
    if (strcmp(unit, "hours") == 0 || strcmp(unit, "days") == 0) {
        *out_us = time_us + count * (unit[0] == 'h' ? us_per_hour : us_per_day);
        return CU_OK;
    }

    cu_status st = cu_local_date(policy, time_us, &date, NULL, err);

    if (st == CU_OK && strcmp(unit, "months") == 0)
        date = cu_date_add_months(date, (int)count);
    else if (st == CU_OK && strcmp(unit, "working days") == 0)
        st = cu_working_day_after(policy, date, (int)count, &date, err);
    else if (st == CU_OK)
        st = cu_fail(err, CU_EUSAGE, "\"%s\" is no unit of time", unit);
    if (st == CU_OK)
        st = cu_local_start(policy, date + 1, out_us, err);
    return st;
}
