/* SPDX-License-Identifier: Apache-2.0 */
/* What a person gives with an action, read by the kind of each field. */
#include "base/text.h"
#include "register/record/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static cu_status refuse_value(cu_act *act, const cu_field *field, const char *text,
                              const char *wanted)
{
    return cu_act_refuse(act, "U6", "%s \"%.80s\" is %s", field->name, text, wanted);
}

static cu_status read_text(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    const size_t n = strlen(text);
    const cu_bytes bytes = {(const uint8_t *)text, n};
    uint32_t point = 0;

    if (n == 0 || n > cu_text_max)
        return refuse_value(act, field, text, n == 0 ? "empty" : "longer than 64 KiB");
    if (!cu_text_is_utf8(bytes))
        return refuse_value(act, field, "…", "not UTF-8");
    if (cu_text_find_steering(bytes, &point) && (field->kind != CU_FIELD_FILE || point < 0x20))
        return cu_act_refuse(act, "U6", "%s holds U+%04X, which changes how a line is shown",
                             field->name, (unsigned)point);
    /* A file has the name that its sender gave it. */
    if (field->kind != CU_FIELD_FILE && !cu_text_is_visible(bytes))
        return refuse_value(act, field, "…", "a text of which nothing can be seen");
    *out = cu_value_text(text);
    return CU_OK;
}

static cu_status read_number(cu_act *act, const cu_field *field, const char *text,
                             cu_value *out)
{
    char *end = NULL;

    errno = 0;

    const long long number = strtoll(text, &end, 10);

    if (errno != 0 || end == text || *end != '\0')
        return refuse_value(act, field, text, "no whole number");
    *out = cu_value_integer(number);
    return CU_OK;
}

static cu_status read_yes(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    if (!cu_words_have("yes no", text))
        return refuse_value(act, field, text, "neither yes nor no");
    *out = cu_value_text(text);
    return CU_OK;
}

static cu_status read_time(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    int64_t time_us = 0;
    cu_err why = {0};

    if (cu_officer_time_read(act->policy, text, &time_us, &why) != CU_OK)
        return cu_act_refuse(act, "U6", "%s: %s", field->name, why.text);
    *out = cu_value_integer(time_us);
    return CU_OK;
}

static cu_status read_date(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    cu_date date = 0;

    if (!cu_date_read(text, strlen(text), &date))
        return refuse_value(act, field, text, "no date; write 2021-03-01");
    *out = cu_value_text(text);
    return CU_OK;
}

static cu_status read_word(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    if (!cu_words_have(field->of, text))
        return cu_act_refuse(act, "U6", "%s \"%.80s\" is none of: %s", field->name, text,
                             field->of);
    *out = cu_value_text(text);
    return CU_OK;
}

static cu_status read_words(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    cu_status st = read_text(act, field, text, out);

    for (const char *at = text; st == CU_OK && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        const char *const word = cu_act_format(act, "%.*s", (int)n, at);

        if (field->of != NULL && !cu_words_have(field->of, word))
            st = cu_act_refuse(act, "U6", "%s \"%.80s\" is none of: %s", field->name, word,
                               field->of);
        at += n + strspn(at + n, " ");
    }
    return st;
}

static const char officer_query[] =
    "SELECT count(*) FROM register_officer WHERE ref = $1 AND state = 'serving'";

static cu_status read_officer(cu_act *act, const cu_field *field, const char *text,
                              cu_value *out)
{
    int64_t found = 0;
    const cu_status st =
        cu_act_count(act, officer_query, CU_VALUES(cu_value_text(text)), &found);

    if (st != CU_OK)
        return st;
    if (found == 0)
        return refuse_value(act, field, text, "no officer who serves");
    *out = cu_value_text(text);
    return CU_OK;
}

static cu_status read_record(cu_act *act, const cu_field *field, const char *text,
                             cu_value *out)
{
    cu_record *record = NULL;
    cu_status st = cu_act_load(act, field->of, text, &record);

    /* A name that nobody has used is the person's mistake; it is said like any other. */
    if (st == CU_ENOTFOUND && act->outcome->rule == NULL)
        return cu_act_refuse(act, "U6", "there is no %s \"%.64s\"", field->of, text);
    if (st == CU_OK)
        st = cu_reach_check(act, record);
    if (st == CU_OK)
        *out = cu_value_text(text);
    return st;
}

static cu_status read_any(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    const size_t n = strcspn(text, ":");
    const char *const kind = cu_act_format(act, "%.*s", (int)n, text);
    const cu_field named = {.name = field->name, .of = kind, .kind = CU_FIELD_RECORD};
    cu_status st = CU_OK;

    if (text[n] != ':' || cu_table_of(act->tables, kind) == NULL)
        return refuse_value(act, field, text, "no name of a record; write KIND:REF");
    st = read_record(act, &named, text + n + 1, out);
    *out = cu_value_text(text);
    return st;
}

static cu_status read_digest(cu_act *act, const cu_field *field, const char *text,
                             cu_value *out)
{
    if (strlen(text) != 64 || strspn(text, "0123456789abcdef") != 64)
        return refuse_value(act, field, text, "no SHA-256 in 64 lower-case digits");
    *out = cu_value_text(text);
    return CU_OK;
}

cu_status cu_given_read(cu_act *act, const cu_field *field, const char *text, cu_value *out)
{
    static cu_status (*const readers[])(cu_act *, const cu_field *, const char *,
                                        cu_value *) = {
        [CU_FIELD_TEXT] = read_text,     [CU_FIELD_NUMBER] = read_number,
        [CU_FIELD_YES] = read_yes,       [CU_FIELD_TIME] = read_time,
        [CU_FIELD_DATE] = read_date,     [CU_FIELD_WORD] = read_word,
        [CU_FIELD_WORDS] = read_words,   [CU_FIELD_OFFICER] = read_officer,
        [CU_FIELD_RECORD] = read_record, [CU_FIELD_ANY] = read_any,
        [CU_FIELD_DIGEST] = read_digest, [CU_FIELD_FILE] = read_text,
    };

    return readers[field->kind](act, field, text, out);
}

cu_status cu_given_foresee(cu_act *act)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < act->given_count; i++) {
        const cu_field *const field = cu_field_of(act->thing, act->given[i].name);
        const char *const text = act->given[i].text;
        const cu_table *const table = field == NULL || field->kind != CU_FIELD_RECORD
                                          ? NULL
                                          : cu_table_of(act->tables, field->of);

        if (table != NULL)
            st = cu_table_foresee(act, table, text);
        else if (field != NULL && field->kind == CU_FIELD_OFFICER)
            st = cu_store_foresee(act->store, officer_query, CU_VALUES(cu_value_text(text)),
                                  act->err);
    }
    return st;
}

static cu_status check_has_been(cu_act *act, const cu_field *field, const char *text,
                                int64_t time_us)
{
    cu_date day = 0;

    if (field->kind == CU_FIELD_TIME && time_us > act->now_us)
        return cu_act_refuse(act, "U6", "%s: it cannot have happened on %s, which is to come",
                             field->name, cu_act_when(act, time_us));
    if (field->kind == CU_FIELD_DATE && cu_date_read(text, strlen(text), &day) &&
        day > act->today)
        return cu_act_refuse(act, "U6", "%s: it cannot have been on %s, which is to come",
                             field->name, text);
    return CU_OK;
}

static cu_status take_one(cu_act *act, const cu_given *given)
{
    const cu_action *const action = act->action;
    const cu_field *const field = cu_field_of(act->thing, given->name);
    cu_value value = cu_value_null();

    if (field == NULL || (!cu_words_have(action->wants, given->name) &&
                          !cu_words_have(action->takes, given->name)))
        return cu_act_refuse(act, "U6", "%s %s takes no \"%.64s\"", act->thing->name,
                             action->name, given->name);

    cu_status st = cu_given_read(act, field, given->text, &value);

    if (st == CU_OK && !field->ahead)
        st = check_has_been(act, field, given->text, value.number);
    if (st == CU_OK && act->record != NULL && cu_field_is_column(field))
        act->record->values[cu_field_place(act->thing, given->name)] = value;
    return st;
}

/* All that is missing is said at once: nobody likes to be asked five times. */
static cu_status check_wanted(cu_act *act)
{
    const char *missing = "";

    for (const char *at = act->action->wants; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        const char *const name = cu_act_format(act, "%.*s", (int)n, at);

        if (cu_act_said(act, name) == NULL)
            missing =
                cu_act_format(act, "%s%s\"%s\"", missing, missing[0] == '\0' ? "" : ", ", name);
        at += n + strspn(at + n, " ");
    }
    if (missing[0] == '\0')
        return CU_OK;
    return cu_act_refuse(act, "U6", "%s %s needs %s", act->thing->name, act->action->name,
                         missing);
}

cu_status cu_given_take(cu_act *act)
{
    cu_status st = check_wanted(act);

    for (size_t i = 0; st == CU_OK && i < act->given_count; i++)
        st = take_one(act, &act->given[i]);
    return st;
}
