/* SPDX-License-Identifier: Apache-2.0 */
/* What rules may ask and do: sentences, refusals, deadlines, other records. */
#include "base/clock.h"
#include "register/record/bind.h"
#include "register/record/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { sentence_max = 1024 };

const char *cu_act_said(const cu_act *act, const char *field)
{
    for (size_t i = 0; i < act->given_count; i++) {
        if (strcmp(act->given[i].name, field) == 0)
            return act->given[i].text;
    }
    return NULL;
}

int64_t cu_act_said_number(cu_act *act, const char *field, int64_t otherwise)
{
    const cu_field *const known = cu_field_of(act->thing, field);
    const char *const text = cu_act_said(act, field);
    cu_value value = cu_value_null();

    if (known == NULL || text == NULL || cu_given_read(act, known, text, &value) != CU_OK)
        return otherwise; /* it was read once already: it cannot fail here */
    return value.number;
}

CU_PRINTF(2, 0)

static const char *format_list(cu_arena *arena, const char *format, va_list arguments)
{
    char text[sentence_max];
    const int n = vsnprintf(text, sizeof text, format, arguments);
    const char *const kept =
        n < 0
            ? NULL
            : cu_arena_text(arena, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);

    return kept == NULL ? "" : kept;
}

const char *cu_act_format(cu_act *act, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);

    const char *const text = format_list(act->arena, format, arguments);

    va_end(arguments);
    return text;
}

cu_status cu_act_refuse(cu_act *act, const char *rule, const char *format, ...)
{
    const cu_rulebook_rule *const known = cu_rulebook_rule_of(act->policy, rule);
    va_list arguments;

    va_start(arguments, format);

    const char *const wrong = format_list(act->arena, format, arguments);

    va_end(arguments);
    if (known == NULL)
        return cu_fail(act->err, CU_EUSAGE, "policy has no rule \"%s\"", rule);
    act->outcome->rule = known->id;
    act->outcome->source = known->source;
    act->outcome->refusal = cu_act_format(act, "refused: %s. Rule %s: %s. Source: %s%s.", wrong,
                                          known->id, known->sentence, known->source,
                                          known->confirmed ? "" : " (to be confirmed)");
    return cu_fail(act->err, CU_EREFUSED, "%s", act->outcome->refusal);
}

void cu_act_warn(cu_act *act, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);

    const char *const text = format_list(act->arena, format, arguments);

    va_end(arguments);
    if (act->outcome->warning_count < CU_COUNT_OF(act->outcome->warnings))
        act->outcome->warnings[act->outcome->warning_count++] = text;
}

bool cu_act_holds(const cu_act *act, const char *roles)
{
    for (size_t i = 0; i < cu_roles; i++) {
        if (cu_words_have(roles, cu_role_words[i]) &&
            cu_words_have(act->officer.roles, cu_role_words[i]))
            return true;
    }
    return false;
}

cu_status cu_act_policy(cu_act *act, const char *key, int64_t *out)
{
    return cu_rulebook_number(act->policy, key, act->today, out, NULL, act->err);
}

cu_status cu_act_policy_word(cu_act *act, const char *rule, const char *key, const char *word)
{
    const cu_rulebook_value *const value = cu_rulebook_on(act->policy, key, act->today);

    if (cu_rulebook_has_word(act->policy, key, act->today, word))
        return CU_OK;
    return cu_act_refuse(act, rule, "\"%.40s\" is no word of policy %s: %s", word, key,
                         value == NULL ? "it has none today" : value->text);
}

cu_status cu_act_deadline(cu_act *act, const char *key, int64_t from_us, int64_t *out_us)
{
    cu_date date = 0;
    int64_t count = 0;
    const char *unit = NULL;
    cu_status st = cu_local_date(act->policy, from_us, &date, NULL, act->err);

    if (st == CU_OK)
        st = cu_rulebook_number(act->policy, key, date, &count, &unit, act->err);
    if (st == CU_OK)
        st = cu_time_add(act->policy, from_us, count, unit, out_us, act->err);
    return st;
}

int64_t cu_act_minute(int64_t time_us)
{
    return time_us - time_us % (60 * 1000000LL);
}

cu_status cu_act_check_order(cu_act *act, const char *earlier, const char *later)
{
    const int64_t earlier_us = cu_record_number(act->record, earlier);
    const int64_t later_us = cu_record_number(act->record, later);

    if (!cu_record_has(act->record, earlier) || !cu_record_has(act->record, later) ||
        later_us >= cu_act_minute(earlier_us))
        return CU_OK;
    return cu_act_refuse(act, "U6", "%s: %s is before %s, which was on %s", later,
                         cu_act_when(act, later_us), earlier, cu_act_when(act, earlier_us));
}

const char *cu_act_when(cu_act *act, int64_t time_us)
{
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    cu_date date = 0;
    int64_t offset_us = 0;
    int year = 0;
    int month = 0;
    int day = 0;

    if (cu_local_date(act->policy, time_us, &date, &offset_us, NULL) != CU_OK) {
        char text[cu_time_text_size];

        cu_clock_text(time_us, text);
        return cu_act_format(act, "%s", text);
    }
    cu_date_parts(date, &year, &month, &day);

    const int64_t minutes = (time_us + offset_us - (int64_t)date * 86400 * 1000000) / 60000000;

    return cu_act_format(act, "%d %s %d, %02d:%02d", day, months[month - 1], year,
                         (int)(minutes / 60), (int)(minutes % 60));
}

cu_status cu_act_count(cu_act *act, const char *sql, cu_values values, int64_t *out)
{
    return cu_store_number(act->store, sql, values, out, act->err);
}

cu_status cu_act_next(cu_act *act, const char *name, int64_t *out)
{
    const cu_status st =
        cu_store_number(act->store,
                        "INSERT INTO register_counter (name, number) VALUES ($1, 1)"
                        " ON CONFLICT (name) DO UPDATE SET number = register_counter.number + 1"
                        " RETURNING number",
                        CU_VALUES(cu_value_text(name)), out, act->err);

    return st == CU_OK ? cu_bind_counter(act, name, *out) : st;
}

/* ---- records ---- */

/* The record with a copy of what it was behind it, so that its change can be told. */
static cu_record *remember(cu_act *act, const cu_record *loaded)
{
    cu_record *const pair = cu_arena_take(act->arena, 2 * sizeof *pair);

    if (pair == NULL) {
        (void)cu_fail(act->err, CU_ELIMIT, "too many records at once");
        return NULL;
    }
    pair[0] = pair[1] = *loaded;
    return pair;
}

cu_status cu_act_load(cu_act *act, const char *thing, const char *ref, cu_record **out)
{
    const cu_table *const table = cu_table_of(act->tables, thing);
    cu_record *loaded = NULL;

    if (table == NULL)
        return cu_fail(act->err, CU_EUSAGE, "there is no kind of record \"%s\"", thing);

    const cu_status st = cu_table_load(act, table, ref, &loaded);

    if (st != CU_OK)
        return st;
    loaded = remember(act, loaded);
    if (loaded == NULL)
        return CU_ELIMIT;
    *out = loaded;
    return CU_OK;
}

cu_status cu_act_find(cu_act *act, const char *thing, const char *field, const char *value,
                      cu_record ***out, size_t *count)
{
    const cu_table *const table = cu_table_of(act->tables, thing);
    const cu_field *const known =
        table == NULL || field == NULL ? NULL : cu_field_of(table->thing, field);
    cu_where where = {.field = field, .value = cu_value_text(value)};
    const cu_search search = {
        .where = &where, .where_count = field == NULL ? 0 : 1, .limit = cu_find_max + 1};

    if (table == NULL)
        return cu_fail(act->err, CU_EUSAGE, "there is no kind of record \"%s\"", thing);
    if (known != NULL && cu_field_is_number(known))
        where.value = cu_value_integer(strtoll(value, NULL, 10));

    const cu_status st = cu_table_search(act, table, &search, out, count);

    if (st != CU_OK)
        return st;
    if (*count > cu_find_max)
        return cu_fail(act->err, CU_ELIMIT, "more than %d records of %s", cu_find_max, thing);
    for (size_t i = 0; i < *count; i++) {
        (*out)[i] = remember(act, (*out)[i]);
        if ((*out)[i] == NULL)
            return CU_ELIMIT;
    }
    return CU_OK;
}

cu_record *cu_act_new(cu_act *act, const char *thing, const char *state)
{
    const cu_table *const table = cu_table_of(act->tables, thing);
    cu_record *const pair =
        table == NULL ? NULL : cu_arena_take(act->arena, 2 * sizeof(cu_record));

    if (pair == NULL) {
        (void)cu_fail(act->err, CU_ENOMEM, "could not make a record of %s", thing);
        return NULL;
    }
    pair[0].thing = pair[1].thing = table->thing;
    pair[0].state = state;
    return pair;
}

/* ---- what changed, for the ledger's entry ---- */

static bool same(const cu_value *a, const cu_value *b)
{
    return a->kind == b->kind && a->number == b->number && cu_bytes_equal(a->bytes, b->bytes);
}

bool cu_record_unchanged(const cu_record *record)
{
    const cu_record *const was = record + 1;

    if (strcmp(record->state, was->state) != 0)
        return false;
    for (size_t i = 0; i < record->thing->field_count; i++) {
        if (!same(&record->values[i], &was->values[i]))
            return false;
    }
    return true;
}

static void write_value(cu_json *json, const cu_value *value)
{
    if (value->kind == CU_VALUE_INTEGER)
        cu_json_int(json, NULL, value->number);
    else if (value->kind == CU_VALUE_TEXT)
        cu_json_bytes(json, NULL, value->bytes);
    else
        cu_json_null(json, NULL);
}

static void write_change(cu_json *json, const char *name, const cu_value *was,
                         const cu_value *is)
{
    if (same(was, is))
        return;
    cu_json_open_array(json, name);
    write_value(json, was);
    write_value(json, is);
    cu_json_close_array(json);
}

/* Adds {"thing","ref","set":{field:[was,is]}} to the act's changes, and remembers what is. */
static void tell_change(cu_act *act, cu_record *record)
{
    cu_record *const was = record + 1;
    cu_json json = {.out = &act->changes, .comma = act->changes.n > 0};
    const cu_value states[] = {cu_value_text(was->state), cu_value_text(record->state)};

    cu_json_open_object(&json, NULL);
    cu_json_text(&json, "thing", record->thing->name);
    cu_json_text(&json, "ref", record->ref);
    cu_json_int(&json, "version", record->version);
    cu_json_open_object(&json, "set");
    write_change(&json, "state", &states[0], &states[1]);
    for (size_t i = 0; i < record->thing->field_count; i++) {
        if (cu_field_is_column(&record->thing->fields[i]))
            write_change(&json, record->thing->fields[i].name, &was->values[i],
                         &record->values[i]);
    }
    cu_json_close_object(&json);
    cu_json_close_object(&json);
    *was = *record;
}

static cu_status name_record(cu_act *act, cu_record *record)
{
    int64_t number = 0;
    int year = 0;
    int month = 0;
    int day = 0;

    if (record->ref != NULL)
        return CU_OK;
    if (record->thing->prefix == NULL)
        return cu_fail(act->err, CU_EUSAGE, "a %s has no name", record->thing->name);
    cu_date_parts(act->today, &year, &month, &day);

    const char *const counter = cu_act_format(act, "%s-%d", record->thing->prefix, year);
    const cu_status st = cu_act_next(act, counter, &number);

    if (st == CU_OK)
        record->ref = cu_act_format(act, "%s-%05lld", counter, (long long)number);
    return st;
}

cu_status cu_act_add(cu_act *act, cu_record *record)
{
    cu_status st = name_record(act, record);

    if (st == CU_OK)
        st = cu_table_insert(act, record);
    if (st == CU_OK)
        tell_change(act, record);
    return st == CU_OK ? cu_bind_record(act, record) : st;
}

cu_status cu_act_save(cu_act *act, cu_record *record)
{
    const cu_status st = cu_table_update(act, record);

    if (st != CU_OK)
        return st;
    tell_change(act, record);
    return cu_bind_record(act, record);
}
