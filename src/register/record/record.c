/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a record by name, and a record as JSON. */
#include "register/record/record.h"

#include "base/clock.h"
#include "register/record/table.h"

#include <assert.h>
#include <string.h>

const cu_thing *cu_thing_of(cu_things things, const char *name)
{
    for (size_t i = 0; i < things.n; i++) {
        if (strcmp(things.list[i]->name, name) == 0)
            return things.list[i];
    }
    return NULL;
}

const cu_action *cu_action_of(const cu_thing *thing, const char *name)
{
    for (size_t i = 0; i < thing->action_count; i++) {
        if (strcmp(thing->actions[i].name, name) == 0)
            return &thing->actions[i];
    }
    return NULL;
}

const cu_field *cu_field_of(const cu_thing *thing, const char *name)
{
    const size_t place = cu_field_place(thing, name);

    return place < thing->field_count ? &thing->fields[place] : NULL;
}

size_t cu_field_place(const cu_thing *thing, const char *name)
{
    size_t i = 0;

    while (i < thing->field_count && strcmp(thing->fields[i].name, name) != 0)
        i++;
    return i;
}

bool cu_field_is_column(const cu_field *field)
{
    return !field->said && field->kind != CU_FIELD_FILE;
}

bool cu_field_is_number(const cu_field *field)
{
    return field->kind == CU_FIELD_NUMBER || field->kind == CU_FIELD_TIME;
}

static const cu_value *value_of(const cu_record *record, const char *field)
{
    const size_t place = cu_field_place(record->thing, field);

    assert(place < record->thing->field_count);
    return &record->values[place];
}

static cu_value *slot_of(cu_record *record, const char *field)
{
    const size_t place = cu_field_place(record->thing, field);

    assert(place < record->thing->field_count);
    return &record->values[place];
}

const char *cu_record_text(const cu_record *record, const char *field)
{
    const cu_value *const value = value_of(record, field);

    return value->kind == CU_VALUE_TEXT ? (const char *)value->bytes.p : NULL;
}

int64_t cu_record_number(const cu_record *record, const char *field)
{
    const cu_value *const value = value_of(record, field);

    return value->kind == CU_VALUE_INTEGER ? value->number : 0;
}

bool cu_record_has(const cu_record *record, const char *field)
{
    return value_of(record, field)->kind != CU_VALUE_NULL;
}

bool cu_record_is(const cu_record *record, const char *field, const char *text)
{
    const char *const there = cu_record_text(record, field);

    return there != NULL && text != NULL && strcmp(there, text) == 0;
}

bool cu_record_in(const cu_record *record, const char *states)
{
    return cu_words_have(states, record->state);
}

void cu_record_set(cu_record *record, const char *field, const char *text)
{
    *slot_of(record, field) = cu_value_text(text);
}

void cu_record_set_number(cu_record *record, const char *field, int64_t number)
{
    *slot_of(record, field) = cu_value_integer(number);
}

void cu_record_clear(cu_record *record, const char *field)
{
    *slot_of(record, field) = cu_value_null();
}

/* ---- JSON ---- */

static void write_time(cu_json *json, const char *key, int64_t time_us)
{
    char text[cu_time_text_size];

    cu_clock_text(time_us, text);
    cu_json_text(json, key, text);
}

void cu_record_write(const cu_record *record, cu_json *json)
{
    cu_json_text(json, "thing", record->thing->name);
    cu_json_text(json, "ref", record->ref);
    cu_json_text(json, "state", record->state);
    cu_json_int(json, "version", record->version);
    write_time(json, "made", record->made_us);
    cu_json_text(json, "made_by", record->made_by);
    write_time(json, "changed", record->changed_us);
    for (size_t i = 0; i < record->thing->field_count; i++) {
        const cu_field *const field = &record->thing->fields[i];
        const cu_value *const value = &record->values[i];

        if (!cu_field_is_column(field))
            continue;
        if (value->kind == CU_VALUE_NULL)
            cu_json_null(json, field->name);
        else if (field->kind == CU_FIELD_TIME)
            write_time(json, field->name, value->number);
        else if (value->kind == CU_VALUE_INTEGER)
            cu_json_int(json, field->name, value->number);
        else
            cu_json_bytes(json, field->name, value->bytes);
    }
}
