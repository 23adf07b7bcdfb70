/* SPDX-License-Identifier: Apache-2.0 */
/* A force of invented officers with a register, for tests of its rules on both stores. */
#ifndef CU_TESTS_SUPPORT_FORCE_H
#define CU_TESTS_SUPPORT_FORCE_H

#include "register/examination/examination.h"
#include "register/register.h"
#include "support/stores.h"

/*
 * One register an engine, opened once a program: tests keep out of each other's way by cases of
 * their own. Officers by their roles: "in" intake, "iv" and "iv2" investigators (initials ABC
 * and ABD), "iv3" (initials ABC, too), "ex" and "ex2" examiners, "gr" and "gr2" graders, "xo"
 * exhibits, "ds" sergeant, "di" and "di2" inspectors, "do" disclosure, "au" auditor, "ad"
 * administrator.
 */
cu_register *force_book(void **state);

/* What the clock says, UTC, until it is set again: "2021-03-10T09:00:00Z". */
void force_clock(const char *text);

/*
 * force_do(book, "iv", "exhibit seize", NULL, "case", name, "kind", "usb", …, NULL) does it and
 * answers the record's ref; a failure fails the test.
 */
const char *force_do(cu_register *book, const char *officer, const char *what, const char *ref,
                     ...);

/* As above, but it must be refused by this rule; answers the sentence. */
const char *force_refused(cu_register *book, const char *rule, const char *officer,
                          const char *what, const char *ref, ...);

/* As force_do, with something that is no text. */
const char *force_do_with(cu_register *book, const void *extra, const char *officer,
                          const char *what, const char *ref, ...);

const char *force_refused_with(cu_register *book, const void *extra, const char *rule,
                               const char *officer, const char *what, const char *ref, ...);

/* What the last force_do answered: a field of its record (times as text), or NULL. */
const char *force_field(const char *name);
const char *force_state(void);
const char *force_document(void); /* what it wrote */
const char *force_more(void);     /* JSON members that it added */
bool force_warned(const char *words);

/* A field of any record, by the auditor's eyes; "state" is one, too. */
const char *force_look(cu_register *book, const char *thing, const char *ref,
                       const char *field);

int64_t force_count(cu_register *book, const char *sql);

/* A test, to be the last: every row is as the ledger's last entry about it left it. */
void every_row_is_as_the_ledger_has_it(void **state);

/* ---- longer ways ---- */

const char *force_case(cu_register *book);

/* A verified address of a case, with children answered. */
const char *force_address(cu_register *book, const char *case_name);

/* An exhibit that is seized by "iv", sealed, and with the property store. */
const char *force_booked_in(cu_register *book, const char *case_name, const char *seal);

/* The same in the hands of "ex", unsealed. */
const char *force_with_examiner(cu_register *book, const char *case_name, const char *seal);

/* A file on an exhibit, as an evidence file would have it; answers its SHA-256. */
const char *force_file(cu_register *book, const char *exhibit, char digit);

/* An examination of an exhibit that "ex" has opened, and an evidence file of it with these. */
void force_attach(cu_register *book, const char *exhibit, const cu_attached_match *matches,
                  size_t count);

#endif
