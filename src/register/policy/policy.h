/* SPDX-License-Identifier: Apache-2.0 */
/* Every number and rule of law or policy: dated, with its source, and whether it is confirmed.
 */
#ifndef CU_REGISTER_POLICY_POLICY_H
#define CU_REGISTER_POLICY_POLICY_H

#include "base/bytes.h"

/* A day, counted from 1970-01-01. The calendar is Gregorian. */
typedef int32_t cu_date;

/* What a key is worth from a day on. Texts live as long as the policy. */
typedef struct cu_rulebook_value {
    const char *key;
    cu_date from;
    const char *text;
    const char *unit;
    bool confirmed; /* false: "to be confirmed" */
    const char *source;
} cu_rulebook_value;

/* What a refusal quotes. */
typedef struct cu_rulebook_rule {
    const char *id; /* "W1" */
    const char *sentence;
    bool confirmed;
    const char *source;
} cu_rulebook_rule;

typedef struct cu_rulebook_holiday {
    cu_date date;
    const char *name;
    bool confirmed;
    const char *source;
} cu_rulebook_holiday;

typedef struct cu_rulebook cu_rulebook;

enum { cu_rulebook_bytes_max = 1 << 20, cu_rulebook_lines_max = 8192 };

/*
 * Reads a policy's text (docs/formats/policy.md). name is for messages. Nothing is kept of
 * text.
 *
 * CU_EFORMAT  a line is not one of the three kinds, a date is none, a key has two values from
 *             the same day, a status is neither word: the text names the line.
 * CU_ELIMIT   more bytes or lines than the ceilings above.
 */
cu_status cu_rulebook_parse(cu_bytes text, const char *name, cu_rulebook **out,
                            cu_err *err) CU_MUST_CHECK;

/* The policy that is compiled in: England and Wales. */
cu_status cu_rulebook_open_default(cu_rulebook **out, cu_err *err) CU_MUST_CHECK;

/* The text that is compiled in, and the SHA-256 by which records name its version. */
cu_bytes cu_rulebook_default_text(void);

/*
 * Adds, or replaces where key has a value from that day, one value: a force's approved change.
 * Only keys that are there may be given another value, in the same unit.
 *
 * CU_ENOTFOUND  there is no such key.
 */
cu_status cu_rulebook_amend(cu_rulebook *policy, const cu_rulebook_value *value,
                            cu_err *err) CU_MUST_CHECK;

void cu_rulebook_free(cu_rulebook *policy); /* NULL is allowed */
CU_DEFINE_AUTO(cu_rulebook, cu_rulebook_free)

/* The value of key on a day; NULL where it has none yet, or there is no such key. */
const cu_rulebook_value *cu_rulebook_on(const cu_rulebook *policy, const char *key,
                                        cu_date date);

/*
 * The value of key on a day as a whole number.
 *
 * CU_ENOTFOUND  it has none on that day; the text says so.
 * CU_EFORMAT    it is no number.
 */
cu_status cu_rulebook_number(const cu_rulebook *policy, const char *key, cu_date date,
                             int64_t *out, const char **unit, cu_err *err) CU_MUST_CHECK;

/* True where word is one of the words of key's value on that day. */
bool cu_rulebook_has_word(const cu_rulebook *policy, const char *key, cu_date date,
                          const char *word);

/* NULL where no rule has that id. */
const cu_rulebook_rule *cu_rulebook_rule_of(const cu_rulebook *policy, const char *id);

/* NULL where the day is no bank holiday. */
const cu_rulebook_holiday *cu_rulebook_holiday_on(const cu_rulebook *policy, cu_date date);

/* True where the policy knows bank holidays of that year. */
bool cu_rulebook_knows_year(const cu_rulebook *policy, int year);

/* All of them, in the order of keys and days, of ids, of days; for lists and manuals. */
size_t cu_rulebook_values(const cu_rulebook *policy, const cu_rulebook_value **out);
size_t cu_rulebook_rules(const cu_rulebook *policy, const cu_rulebook_rule **out);
size_t cu_rulebook_holidays(const cu_rulebook *policy, const cu_rulebook_holiday **out);

/* True where word is one of the words in a list that has spaces between them. */
bool cu_words_have(const char *list, const char *word);

#endif
