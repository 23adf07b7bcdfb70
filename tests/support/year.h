/* SPDX-License-Identifier: Apache-2.0 */
/* A force's years, generated: every act is done by the register's own rules, nobody is anybody.
 */
#ifndef CU_TESTS_SUPPORT_YEAR_H
#define CU_TESTS_SUPPORT_YEAR_H

#include "register/register.h"

/* Months from a first one on. */
typedef struct year_plan {
    int year, month, months;
    int referrals; /* a month, on average */
    int arrests;   /* of these */
    int items;     /* exhibits an arrest, on average */
    int views;     /* consultations a referral */
} year_plan;

/* For cu_register_options.now_us: the clock of the years that are made. */
int64_t year_clock(void);

/* Enrols the force's officers: "ad", "in", "iv1" … "iv4", "ex", "xo", "ds", "di". */
cu_status year_enrol(cu_register *book, cu_err *err) CU_MUST_CHECK;

cu_status year_make(cu_register *book, const year_plan *plan, cu_err *err) CU_MUST_CHECK;

/*
 * The year of the public example: 100 referrals from April 2018 to March 2019, 150 from April
 * 2020 to February 2021, and in March 2021 43 referrals, 31 arrests, 276 items, 32 children;
 * beside them what a definition must leave out: parts, what was left behind, voluntary
 * attendance, a breach of bail, a child nobody can name, an arrest half past midnight on 1
 * April.
 */
cu_status year_make_example(cu_register *book, cu_err *err) CU_MUST_CHECK;

#endif
