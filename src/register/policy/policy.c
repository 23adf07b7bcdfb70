/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the policy's lines into three sorted tables. */
#include "register/policy/policy.h"

#include "base/arena.h"
#include "base/text.h"
#include "register/policy/calendar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { arena_bytes = 8 << 20, columns_max = 6 };

struct cu_rulebook {
    cu_arena *arena; /* holds every text */
    cu_rulebook_value *values;
    cu_rulebook_rule *rules;
    cu_rulebook_holiday *holidays;
    size_t value_count, rule_count, holiday_count;
};

/* One line that is being read. */
typedef struct line {
    const char *file;
    size_t number;
    char *columns[columns_max]; /* trimmed, ended by a zero byte */
    size_t count;
    cu_err *err;
} line;

static cu_status complain(const line *self, const char *what)
{
    return cu_fail(self->err, CU_EFORMAT, "policy \"%s\", line %zu: %s", self->file,
                   self->number, what);
}

bool cu_words_have(const char *list, const char *word)
{
    const size_t n = strlen(word);

    for (const char *at = list; at != NULL && *at != '\0';) {
        const size_t length = strcspn(at, " ");

        if (length == n && n > 0 && memcmp(at, word, n) == 0)
            return true;
        at += length + strspn(at + length, " ");
    }
    return false;
}

/* ---- reading ---- */

static cu_bytes trim(cu_bytes text)
{
    while (text.n > 0 && (text.p[0] == ' ' || text.p[0] == '\t'))
        text = cu_bytes_slice(text, 1, text.n);
    while (text.n > 0 && (text.p[text.n - 1] == ' ' || text.p[text.n - 1] == '\t'))
        text.n--;
    return text;
}

static cu_status split(cu_rulebook *policy, line *self, cu_bytes text)
{
    self->count = 0;
    for (bool last = false; !last;) {
        const uint8_t *const bar = text.n == 0 ? NULL : memchr(text.p, '|', text.n);
        const size_t n = bar == NULL ? text.n : (size_t)(bar - text.p);
        const cu_bytes column = trim(cu_bytes_slice(text, 0, n));

        if (self->count >= columns_max)
            return complain(self, "too many columns");
        self->columns[self->count] = cu_arena_text(policy->arena, column.p, column.n);
        if (self->columns[self->count] == NULL)
            return cu_fail(self->err, CU_ELIMIT, "policy \"%s\" is too large", self->file);
        if (column.n == 0)
            return complain(self, "a column is empty");
        self->count++;
        last = bar == NULL;
        if (!last)
            text = cu_bytes_slice(text, n + 1, text.n);
    }
    return CU_OK;
}

static bool read_status(const char *text, bool *confirmed)
{
    *confirmed = strcmp(text, "confirmed") == 0;
    return *confirmed || strcmp(text, "to be confirmed") == 0;
}

static cu_status take_value(cu_rulebook *policy, line *self)
{
    cu_rulebook_value *const value = &policy->values[policy->value_count];

    if (self->count != 6)
        return complain(self, "a value has a key, a day, a value, a unit, a status, a source");
    *value = (cu_rulebook_value){.key = self->columns[0],
                                 .text = self->columns[2],
                                 .unit = self->columns[3],
                                 .source = self->columns[5]};
    if (!cu_date_read(self->columns[1], strlen(self->columns[1]), &value->from))
        return complain(self, "the second column is no day");
    if (!read_status(self->columns[4], &value->confirmed))
        return complain(self, "the status is neither \"confirmed\" nor \"to be confirmed\"");
    policy->value_count++;
    return CU_OK;
}

static cu_status take_rule(cu_rulebook *policy, line *self)
{
    cu_rulebook_rule *const rule = &policy->rules[policy->rule_count];

    if (self->count != 4)
        return complain(self, "a rule has an id, a sentence, a status, a source");
    *rule = (cu_rulebook_rule){
        .id = self->columns[0], .sentence = self->columns[1], .source = self->columns[3]};
    if (!read_status(self->columns[2], &rule->confirmed))
        return complain(self, "the status is neither \"confirmed\" nor \"to be confirmed\"");
    policy->rule_count++;
    return CU_OK;
}

static cu_status take_holiday(cu_rulebook *policy, line *self)
{
    cu_rulebook_holiday *const holiday = &policy->holidays[policy->holiday_count];

    if (self->count != 4)
        return complain(self, "a holiday has a day, a name, a status, a source");
    *holiday = (cu_rulebook_holiday){.name = self->columns[1], .source = self->columns[3]};
    if (!cu_date_read(self->columns[0], strlen(self->columns[0]), &holiday->date))
        return complain(self, "the first column is no day");
    if (!read_status(self->columns[2], &holiday->confirmed))
        return complain(self, "the status is neither \"confirmed\" nor \"to be confirmed\"");
    policy->holiday_count++;
    return CU_OK;
}

static cu_status take_line(cu_rulebook *policy, line *self, cu_bytes text)
{
    static const struct {
        const char *word;
        cu_status (*take)(cu_rulebook *policy, line *self);
    } kinds[] = {{"value ", take_value}, {"rule ", take_rule}, {"holiday ", take_holiday}};

    text = trim(text);
    if (text.n == 0 || text.p[0] == '#')
        return CU_OK;
    if (!cu_text_is_utf8(text) || memchr(text.p, '\0', text.n) != NULL)
        return complain(self, "it is not UTF-8 text");
    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        const size_t n = strlen(kinds[i].word);

        if (!cu_bytes_starts(text, kinds[i].word, n))
            continue;

        const cu_status st = split(policy, self, cu_bytes_slice(text, n, text.n));

        return st == CU_OK ? kinds[i].take(policy, self) : st;
    }
    return complain(self, "it is no value, no rule and no holiday");
}

/* ---- order ---- */

static int compare_values(const void *a, const void *b)
{
    const cu_rulebook_value *const x = a;
    const cu_rulebook_value *const y = b;
    const int order = strcmp(x->key, y->key);

    return order != 0 ? order : (x->from > y->from) - (x->from < y->from);
}

static int compare_rules(const void *a, const void *b)
{
    return strcmp(((const cu_rulebook_rule *)a)->id, ((const cu_rulebook_rule *)b)->id);
}

static int compare_holidays(const void *a, const void *b)
{
    const cu_date x = ((const cu_rulebook_holiday *)a)->date;
    const cu_date y = ((const cu_rulebook_holiday *)b)->date;

    return (x > y) - (x < y);
}

static bool repeats(const void *rows, size_t count, size_t size,
                    int (*compare)(const void *a, const void *b))
{
    const char *const at = rows;

    for (size_t i = 1; i < count; i++) {
        if (compare(at + (i - 1) * size, at + i * size) == 0)
            return true;
    }
    return false;
}

static cu_status sort(cu_rulebook *policy, const char *name, cu_err *err)
{
    qsort(policy->values, policy->value_count, sizeof *policy->values, compare_values);
    qsort(policy->rules, policy->rule_count, sizeof *policy->rules, compare_rules);
    qsort(policy->holidays, policy->holiday_count, sizeof *policy->holidays, compare_holidays);
    if (repeats(policy->values, policy->value_count, sizeof *policy->values, compare_values))
        return cu_fail(err, CU_EFORMAT, "policy \"%s\": a key has two values from one day",
                       name);
    if (repeats(policy->rules, policy->rule_count, sizeof *policy->rules, compare_rules))
        return cu_fail(err, CU_EFORMAT, "policy \"%s\": two rules have one id", name);
    if (repeats(policy->holidays, policy->holiday_count, sizeof *policy->holidays,
                compare_holidays))
        return cu_fail(err, CU_EFORMAT, "policy \"%s\": a holiday is there twice", name);
    return CU_OK;
}

static cu_rulebook *make(size_t lines)
{
    CU_AUTO(cu_rulebook, policy);

    policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return NULL;
    policy->arena = cu_arena_new(arena_bytes);
    policy->values = calloc(lines, sizeof *policy->values);
    policy->rules = calloc(lines, sizeof *policy->rules);
    policy->holidays = calloc(lines, sizeof *policy->holidays);
    if (policy->arena == NULL || policy->values == NULL || policy->rules == NULL ||
        policy->holidays == NULL)
        return NULL;
    return CU_MOVE(policy);
}

cu_status cu_rulebook_parse(cu_bytes text, const char *name, cu_rulebook **out, cu_err *err)
{
    CU_AUTO(cu_rulebook, policy);
    line self = {.file = name, .err = err};
    size_t lines = 2; /* the last line, and room for a force's own */

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    if (text.n > cu_rulebook_bytes_max || lines > cu_rulebook_lines_max)
        return cu_fail(err, CU_ELIMIT, "policy \"%s\" is too large", name);
    policy = make(lines);
    if (policy == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    while (text.n > 0) {
        const uint8_t *const end = memchr(text.p, '\n', text.n);
        const size_t n = end == NULL ? text.n : (size_t)(end - text.p);

        self.number++;

        const cu_status st = take_line(policy, &self, cu_bytes_slice(text, 0, n));

        if (st != CU_OK)
            return st;
        text = cu_bytes_slice(text, n + 1, text.n);
    }

    const cu_status st = sort(policy, name, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(policy);
    return CU_OK;
}

cu_status cu_rulebook_open_default(cu_rulebook **out, cu_err *err)
{
    return cu_rulebook_parse(cu_rulebook_default_text(), "england-and-wales", out, err);
}

void cu_rulebook_free(cu_rulebook *policy)
{
    if (policy == NULL)
        return;
    cu_arena_free(policy->arena);
    free(policy->values);
    free(policy->rules);
    free(policy->holidays);
    free(policy);
}

/* ---- a force's change ---- */

static char *keep(cu_rulebook *policy, const char *text)
{
    return cu_arena_text(policy->arena, text, strlen(text));
}

static cu_rulebook_value *room_for(cu_rulebook *policy, const char *key, cu_date from)
{
    for (size_t i = 0; i < policy->value_count; i++) {
        if (policy->values[i].from == from && strcmp(policy->values[i].key, key) == 0)
            return &policy->values[i];
    }

    cu_rulebook_value *const grown =
        realloc(policy->values, (policy->value_count + 1) * sizeof *grown);

    if (grown == NULL)
        return NULL;
    policy->values = grown;
    return &grown[policy->value_count++];
}

cu_status cu_rulebook_amend(cu_rulebook *policy, const cu_rulebook_value *value, cu_err *err)
{
    const cu_rulebook_value *known = NULL;

    for (size_t i = 0; i < policy->value_count; i++) {
        if (strcmp(policy->values[i].key, value->key) == 0)
            known = &policy->values[i];
    }
    if (known == NULL)
        return cu_fail(err, CU_ENOTFOUND, "policy has no value \"%s\"", value->key);

    const cu_rulebook_value kept = {.key = known->key,
                                    .from = value->from,
                                    .text = keep(policy, value->text),
                                    .unit = keep(policy, value->unit),
                                    .confirmed = value->confirmed,
                                    .source = keep(policy, value->source)};
    cu_rulebook_value *const slot = room_for(policy, kept.key, kept.from);

    if (kept.text == NULL || kept.unit == NULL || kept.source == NULL || slot == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    *slot = kept;
    qsort(policy->values, policy->value_count, sizeof *policy->values, compare_values);
    return CU_OK;
}

/* ---- asking ---- */

const cu_rulebook_value *cu_rulebook_on(const cu_rulebook *policy, const char *key,
                                        cu_date date)
{
    size_t low = 0;
    size_t high = policy->value_count;
    const cu_rulebook_value wanted = {.key = key, .from = date};

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (compare_values(&policy->values[middle], &wanted) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && strcmp(policy->values[low - 1].key, key) == 0 ? &policy->values[low - 1]
                                                                    : NULL;
}

cu_status cu_rulebook_number(const cu_rulebook *policy, const char *key, cu_date date,
                             int64_t *out, const char **unit, cu_err *err)
{
    const cu_rulebook_value *const value = cu_rulebook_on(policy, key, date);
    char text[cu_date_text_size];
    char *end = NULL;

    cu_date_text(date, text);
    if (value == NULL)
        return cu_fail(err, CU_ENOTFOUND, "policy has no value of \"%s\" on %s", key, text);
    errno = 0;

    const long long number = strtoll(value->text, &end, 10);

    if (errno != 0 || end == value->text || *end != '\0')
        return cu_fail(err, CU_EFORMAT, "policy value \"%s\" is \"%s\", which is no number",
                       key, value->text);
    *out = number;
    if (unit != NULL)
        *unit = value->unit;
    return CU_OK;
}

bool cu_rulebook_has_word(const cu_rulebook *policy, const char *key, cu_date date,
                          const char *word)
{
    const cu_rulebook_value *const value = cu_rulebook_on(policy, key, date);

    return value != NULL && cu_words_have(value->text, word);
}

const cu_rulebook_rule *cu_rulebook_rule_of(const cu_rulebook *policy, const char *id)
{
    const cu_rulebook_rule wanted = {.id = id};

    return bsearch(&wanted, policy->rules, policy->rule_count, sizeof wanted, compare_rules);
}

const cu_rulebook_holiday *cu_rulebook_holiday_on(const cu_rulebook *policy, cu_date date)
{
    const cu_rulebook_holiday wanted = {.date = date};

    return bsearch(&wanted, policy->holidays, policy->holiday_count, sizeof wanted,
                   compare_holidays);
}

bool cu_rulebook_knows_year(const cu_rulebook *policy, int year)
{
    const cu_date first = cu_date_of(year, 1, 1);
    const cu_date next = cu_date_of(year + 1, 1, 1);

    for (size_t i = 0; i < policy->holiday_count; i++) {
        if (policy->holidays[i].date >= first && policy->holidays[i].date < next)
            return true;
    }
    return false;
}

size_t cu_rulebook_values(const cu_rulebook *policy, const cu_rulebook_value **out)
{
    *out = policy->values;
    return policy->value_count;
}

size_t cu_rulebook_rules(const cu_rulebook *policy, const cu_rulebook_rule **out)
{
    *out = policy->rules;
    return policy->rule_count;
}

size_t cu_rulebook_holidays(const cu_rulebook *policy, const cu_rulebook_holiday **out)
{
    *out = policy->holidays;
    return policy->holiday_count;
}
