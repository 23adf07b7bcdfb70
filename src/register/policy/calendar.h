/* SPDX-License-Identifier: Apache-2.0 */
/* Days, months and working days, and the local date of an instant, as a policy has them. */
#ifndef CU_REGISTER_POLICY_CALENDAR_H
#define CU_REGISTER_POLICY_CALENDAR_H

#include "register/policy/policy.h"

/*
 * The date some months after date, by the rule of the corresponding date: the same day of the
 * month, and the last day of the month where there is none (30 November + 3 months is the last
 * day of February). The day itself is not counted, the day answered is. Source: policy value
 * calendar.month-end.
 */
cu_date cu_date_add_months(cu_date date, int months);

/* 0 Monday to 6 Sunday. */
int cu_date_weekday(cu_date date);

/* The text of a date, "2021-03-01", into out (cu_date_text_size bytes). */
enum { cu_date_text_size = 40 };

void cu_date_text(cu_date date, char *out);

/* Exactly "YYYY-MM-DD" of a day that exists, year 1800 to 2999; false, out untouched,
 * otherwise. */
bool cu_date_read(const char *text, size_t n, cu_date *out);

void cu_date_parts(cu_date date, int *year, int *month, int *day);

/* The day number of a year, month (any number: month 13 is January after it) and day. */
cu_date cu_date_of(int year, int month, int day);

/* The first days of a month "YYYY-MM" and of the month after it; false where it is none. */
bool cu_month_read(const char *text, cu_date *first, cu_date *next);

/*
 * The working day that comes `count` working days after date (date itself is not counted;
 * count 0 is date, or the next working day where it is none). A working day is no Saturday, no
 * Sunday and no bank holiday of the policy.
 *
 * CU_ENOTFOUND  the answer lies in a year for which the policy has no bank holidays.
 */
cu_status cu_working_day_after(const cu_rulebook *policy, cu_date date, int count, cu_date *out,
                               cu_err *err) CU_MUST_CHECK;

/* Whether a text can be a value of calendar.summer-time. */
bool cu_summer_time_reads(const char *text);

/*
 * The local date of an instant (UTC microseconds), and how far local time is before UTC.
 * offset_us may be NULL. Source: policy value calendar.summer-time.
 *
 * CU_ENOTFOUND  the policy says nothing for that year.
 */
cu_status cu_local_date(const cu_rulebook *policy, int64_t time_us, cu_date *out,
                        int64_t *offset_us, cu_err *err) CU_MUST_CHECK;

/* The instant at which a local day begins. */
cu_status cu_local_start(const cu_rulebook *policy, cu_date date, int64_t *out_us,
                         cu_err *err) CU_MUST_CHECK;

/* A time of a record or of a person, and what could be made of it. */
typedef struct cu_instant {
    int64_t time_us; /* UTC */
    bool has_offset; /* false: local time was assumed, or (cu_instant_read) nothing could be */
    int64_t offset_us; /* as written */
} cu_instant;

/*
 * Reads "2021-03-01T07:42:00[.123456]" followed by Z or an offset such as +01:00. Without one,
 * it answers CU_OK with has_offset false and time_us as if UTC: such a time cannot be verified.
 * A space may stand for the T, seconds may be left out.
 *
 * CU_EFORMAT  it is no time.
 */
cu_status cu_instant_read(const char *text, cu_instant *out, cu_err *err) CU_MUST_CHECK;

/*
 * As an officer writes it: as above, a time without an offset is local time. CU_EFORMAT also
 * where that hour happens twice, or never, on the day that the clocks change: write the offset.
 */
cu_status cu_officer_time_read(const cu_rulebook *policy, const char *text, int64_t *out_us,
                               cu_err *err) CU_MUST_CHECK;

/*
 * time_us plus so much of a unit: "hours" and "days" (24 hours) from the instant, "months" and
 * "working days" to the end of the local day that they reach.
 *
 * CU_EUSAGE  no such unit.
 */
cu_status cu_time_add(const cu_rulebook *policy, int64_t time_us, int64_t count,
                      const char *unit, int64_t *out_us, cu_err *err) CU_MUST_CHECK;

#endif
