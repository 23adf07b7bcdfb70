/* SPDX-License-Identifier: Apache-2.0 */
/* SQL of each kind of record, put together of the program's own names. */
#include "register/record/table.h"

#include <stdlib.h>
#include <string.h>

enum { system_columns = 7 };

static const char *keep(cu_arena *arena, cu_buffer *text)
{
    const char *const kept = text->bad ? NULL : cu_arena_text(arena, text->p, text->n);

    cu_buffer_free(text);
    return kept;
}

static void append(cu_buffer *out, const char *text)
{
    cu_buffer_append(out, text, strlen(text));
}

/* register_ and the kind's name; '-' becomes '_'. */
static const char *name_table(const cu_thing *thing, cu_arena *arena)
{
    cu_buffer text = {0};

    append(&text, "register_");
    for (const char *at = thing->name; *at != '\0'; at++)
        cu_buffer_u8(&text, *at == '-' ? '_' : (uint8_t)*at);
    return keep(arena, &text);
}

static const char *name_columns(const cu_thing *thing, cu_arena *arena)
{
    cu_buffer text = {0};

    append(&text, "id, ref, state, version, made_us, made_by, changed_us");
    for (size_t i = 0; i < thing->field_count; i++) {
        if (cu_field_is_column(&thing->fields[i]))
            cu_buffer_format(&text, ", \"%s\"", thing->fields[i].name);
    }
    return keep(arena, &text);
}

static const char *write_insert(const cu_table *table, cu_arena *arena)
{
    cu_buffer text = {0};
    const cu_thing *const thing = table->thing;
    int place = 6;

    cu_buffer_format(&text, "INSERT INTO %s (%s) VALUES ($1, $2, $3, $4, $5", table->name,
                     table->columns + strlen("id, "));
    append(&text, ", $6");
    for (size_t i = 0; i < thing->field_count; i++) {
        if (cu_field_is_column(&thing->fields[i]))
            cu_buffer_format(&text, ", $%d", ++place);
    }
    append(&text, ") RETURNING id");
    return keep(arena, &text);
}

static const char *write_update(const cu_table *table, cu_arena *arena)
{
    cu_buffer text = {0};
    const cu_thing *const thing = table->thing;
    int place = 4;

    cu_buffer_format(&text, "UPDATE %s SET version = version + 1, state = $3, changed_us = $4",
                     table->name);
    for (size_t i = 0; i < thing->field_count; i++) {
        if (cu_field_is_column(&thing->fields[i]))
            cu_buffer_format(&text, ", \"%s\" = $%d", thing->fields[i].name, ++place);
    }
    append(&text, " WHERE id = $1 AND version = $2");
    return keep(arena, &text);
}

static const char *write_by_ref(const cu_table *table, cu_arena *arena)
{
    cu_buffer text = {0};

    cu_buffer_format(&text, "SELECT %s FROM %s WHERE ref = $1", table->columns, table->name);
    return keep(arena, &text);
}

cu_status cu_tables_make(cu_things things, cu_arena *arena, cu_tables **out, cu_err *err)
{
    cu_tables *const tables = cu_arena_take(arena, sizeof *tables);
    cu_table *const list = cu_arena_take(arena, things.n * sizeof *list);

    if (tables == NULL || list == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < things.n; i++) {
        cu_table *const table = &list[i];

        table->thing = things.list[i];
        if (table->thing->field_count > cu_field_max)
            return cu_fail(err, CU_EUSAGE, "\"%s\" has too many fields", table->thing->name);
        table->name = name_table(table->thing, arena);
        table->columns = name_columns(table->thing, arena);
        if (table->name == NULL || table->columns == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        table->by_ref = write_by_ref(table, arena);
        table->insert = write_insert(table, arena);
        table->update = write_update(table, arena);
        if (table->by_ref == NULL || table->insert == NULL || table->update == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    *tables = (cu_tables){.things = things, .list = list};
    *out = tables;
    return CU_OK;
}

/* ---- the schema ---- */

/* 'a', 'b' of the words "a b". */
static void append_words(cu_buffer *out, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        const size_t n = strcspn(at, " ");

        cu_buffer_format(out, "%s'%.*s'", at == words ? "" : ", ", (int)n, at);
        at += n + strspn(at + n, " ");
    }
}

/* "a", "b" of the words "a b". */
static void append_names(cu_buffer *out, const char *words)
{
    for (const char *at = words; *at != '\0';) {
        const size_t n = strcspn(at, " ");

        cu_buffer_format(out, "%s\"%.*s\"", at == words ? "" : ", ", (int)n, at);
        at += n + strspn(at + n, " ");
    }
}

static const char *write_create(const cu_table *table, cu_arena *arena)
{
    const cu_thing *const thing = table->thing;
    cu_buffer text = {0};

    cu_buffer_format(&text,
                     "CREATE TABLE %s (id {id}, ref {text} NOT NULL UNIQUE,"
                     " state {text} NOT NULL CHECK (state IN (",
                     table->name);
    append_words(&text, thing->states);
    append(&text, ")), version {integer} NOT NULL, made_us {integer} NOT NULL,"
                  " made_by {text} NOT NULL, changed_us {integer} NOT NULL");
    for (size_t i = 0; i < thing->field_count; i++) {
        const cu_field *const field = &thing->fields[i];

        if (!cu_field_is_column(field))
            continue;
        cu_buffer_format(&text, ", \"%s\" %s", field->name,
                         cu_field_is_number(field) ? "{integer}" : "{text}");
        if (field->kind == CU_FIELD_WORD) {
            cu_buffer_format(&text, " CHECK (\"%s\" IN (", field->name);
            append_words(&text, field->of);
            append(&text, "))");
        }
    }
    if (thing->unique != NULL) {
        append(&text, ", UNIQUE (");
        append_names(&text, thing->unique);
        append(&text, ")");
    }
    append(&text, ") {strict}");
    return keep(arena, &text);
}

static size_t count_words(const char *words)
{
    size_t count = 0;

    for (const char *at = words; at != NULL && *at != '\0'; count++)
        at += strcspn(at, " ") + strspn(at + strcspn(at, " "), " ");
    return count;
}

static cu_status write_indexes(const cu_table *table, cu_arena *arena, const char **out,
                               size_t *count, cu_err *err)
{
    for (const char *at = table->thing->indexed; at != NULL && *at != '\0';) {
        const int n = (int)strcspn(at, " ");
        cu_buffer text = {0};

        cu_buffer_format(&text, "CREATE INDEX %s_by_%.*s ON %s (\"%.*s\", id)", table->name, n,
                         at, table->name, n, at);
        out[*count] = keep(arena, &text);
        if (out[(*count)++] == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        at += n;
        at += strspn(at, " ");
    }
    return CU_OK;
}

cu_status cu_tables_schema(const cu_tables *tables, size_t first, size_t n, cu_arena *arena,
                           const char *const **statements, cu_err *err)
{
    static const char *const besides[] = {
        "CREATE TABLE register_counter (name {text} PRIMARY KEY, number {integer} NOT NULL)"
        " {strict}",
        /* Files exactly as they came, or went. */
        "CREATE TABLE register_content (sha256 {text} PRIMARY KEY, bytes {blob} NOT NULL)"
        " {strict}",
    };
    const size_t end = n < tables->things.n - first ? first + n : tables->things.n;
    size_t wanted = CU_COUNT_OF(besides) + 1;
    size_t count = first == 0 ? CU_COUNT_OF(besides) : 0;

    for (size_t i = first; i < end; i++)
        wanted += 1 + count_words(tables->list[i].thing->indexed);

    const char **const list = cu_arena_take(arena, wanted * sizeof *list);

    if (list == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        list[i] = besides[i];
    for (size_t i = first; i < end; i++) {
        list[count] = write_create(&tables->list[i], arena);
        if (list[count++] == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");

        const cu_status st = write_indexes(&tables->list[i], arena, list, &count, err);

        if (st != CU_OK)
            return st;
    }
    list[count] = NULL;
    *statements = list;
    return CU_OK;
}

/* ---- look-ups ---- */

const cu_table *cu_table_of(const cu_tables *tables, const char *thing)
{
    for (size_t i = 0; i < tables->things.n; i++) {
        if (strcmp(tables->list[i].thing->name, thing) == 0)
            return &tables->list[i];
    }
    return NULL;
}

const cu_table *cu_table_for(const cu_tables *tables, const cu_thing *thing)
{
    for (size_t i = 0; i < tables->things.n; i++) {
        if (tables->list[i].thing == thing)
            return &tables->list[i];
    }
    return NULL;
}

static const char *copy_text(cu_act *act, const char *text)
{
    return text == NULL ? NULL : cu_arena_text(act->arena, text, strlen(text));
}

static cu_status take_row(cu_act *act, const cu_thing *thing, cu_rows *rows, cu_record **out)
{
    cu_record *const record = cu_arena_take(act->arena, sizeof *record);
    int column = system_columns;

    if (record == NULL)
        return cu_fail(act->err, CU_ELIMIT, "too many records at once");
    record->thing = thing;
    record->id = cu_rows_integer(rows, 0);
    record->ref = copy_text(act, cu_rows_text(rows, 1));
    record->state = copy_text(act, cu_rows_text(rows, 2));
    record->version = cu_rows_integer(rows, 3);
    record->made_us = cu_rows_integer(rows, 4);
    record->made_by = copy_text(act, cu_rows_text(rows, 5));
    record->changed_us = cu_rows_integer(rows, 6);
    if (record->ref == NULL || record->state == NULL || record->made_by == NULL)
        return cu_fail(act->err, CU_ELIMIT, "too many records at once");
    for (size_t i = 0; i < thing->field_count; i++) {
        const cu_field *const field = &thing->fields[i];

        if (!cu_field_is_column(field))
            continue;
        if (!cu_rows_is_null(rows, column)) {
            record->values[i] = cu_field_is_number(field)
                                    ? cu_value_integer(cu_rows_integer(rows, column))
                                    : cu_value_text(copy_text(act, cu_rows_text(rows, column)));
        }
        column++;
    }
    *out = record;
    return cu_rows_check(rows, act->err);
}

cu_status cu_table_foresee(cu_act *act, const cu_table *table, const char *ref)
{
    return cu_store_foresee(act->store, table->by_ref, CU_VALUES(cu_value_text(ref)), act->err);
}

cu_status cu_table_load(cu_act *act, const cu_table *table, const char *ref, cu_record **out)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(act->store, table->by_ref, CU_VALUES(cu_value_text(ref)),
                                  &rows, act->err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, act->err);
    if (st != CU_OK)
        return st;
    if (!more)
        return cu_fail(act->err, CU_ENOTFOUND, "there is no %s \"%.64s\"", table->thing->name,
                       ref);
    return take_row(act, table->thing, rows, out);
}

static cu_status take_rows(cu_act *act, const cu_thing *thing, cu_rows *rows, int64_t limit,
                           cu_record ***out, size_t *count)
{
    size_t room = 0;
    cu_record **list = NULL;
    bool more = true;
    cu_status st = CU_OK;

    *count = 0;
    for (;;) {
        st = cu_rows_next(rows, &more, act->err);
        if (st != CU_OK || !more || *count >= (size_t)limit)
            break;
        if (*count == room) {
            cu_record **const grown =
                cu_arena_take(act->arena, (room + 1) * 2 * sizeof(cu_record *));

            if (grown == NULL)
                return cu_fail(act->err, CU_ELIMIT, "too many records at once");
            if (room > 0)
                memcpy(grown, list, room * sizeof(cu_record *));
            list = grown;
            room = (room + 1) * 2;
        }
        st = take_row(act, thing, rows, &list[*count]);
        if (st != CU_OK)
            break;
        ++*count;
    }
    *out = list;
    return st;
}

/* %text%, in which the text's own % and _ stand for themselves. */
static cu_value pattern_of(cu_act *act, cu_value value)
{
    cu_buffer out = {0};

    cu_buffer_u8(&out, '%');
    for (size_t i = 0; i < value.bytes.n; i++) {
        if (strchr("%_!", value.bytes.p[i]) != NULL)
            cu_buffer_u8(&out, '!');
        cu_buffer_u8(&out, value.bytes.p[i]);
    }
    cu_buffer_u8(&out, '%');

    const char *const text = keep(act->arena, &out);

    return cu_value_text(text == NULL ? "" : text);
}

/* The question, and its values: $1 the id after which, one a condition, the limit. */
static cu_status write_search(cu_act *act, const cu_table *table, const cu_search *search,
                              cu_buffer *text, cu_value *values)
{
    cu_buffer_format(text, "SELECT %s FROM %s WHERE id > $1", table->columns, table->name);
    values[0] = cu_value_integer(search->after);
    for (size_t i = 0; i < search->where_count; i++) {
        const cu_where *const where = &search->where[i];

        if (where->part)
            cu_buffer_format(text, " AND lower(\"%s\") LIKE lower($%zu) ESCAPE '!'",
                             where->field, i + 2);
        else
            cu_buffer_format(text, " AND \"%s\" = $%zu", where->field, i + 2);
        values[i + 1] = where->part ? pattern_of(act, where->value) : where->value;
    }
    cu_buffer_format(text, " ORDER BY id LIMIT $%zu", search->where_count + 2);
    cu_buffer_u8(text, '\0');
    values[search->where_count + 1] = cu_value_integer(search->limit);
    return cu_buffer_check(text, act->err);
}

cu_status cu_table_search(cu_act *act, const cu_table *table, const cu_search *search,
                          cu_record ***out, size_t *count)
{
    CU_AUTO(cu_rows, rows);
    cu_buffer text = {0};
    cu_value values[cu_where_max + 2];
    cu_status st = CU_OK;

    if (search->where_count > cu_where_max)
        return cu_fail(act->err, CU_EUSAGE, "too many conditions");
    st = write_search(act, table, search, &text, values);
    if (st == CU_OK)
        st = cu_store_query(act->store, (const char *)text.p,
                            (cu_values){values, search->where_count + 2}, &rows, act->err);
    if (st == CU_OK)
        st = take_rows(act, table->thing, rows, search->limit, out, count);
    cu_rows_close(CU_MOVE(rows));
    cu_buffer_free(&text);
    return st;
}

/* ---- changes ---- */

static size_t bind_fields(const cu_record *record, cu_value *values, size_t at)
{
    for (size_t i = 0; i < record->thing->field_count; i++) {
        if (cu_field_is_column(&record->thing->fields[i]))
            values[at++] = record->values[i];
    }
    return at;
}

cu_status cu_table_insert(cu_act *act, cu_record *record)
{
    const cu_table *const table = cu_table_for(act->tables, record->thing);
    cu_value values[cu_field_max + system_columns];

    if (table == NULL)
        return cu_fail(act->err, CU_EUSAGE, "%s has no table", record->thing->name);

    record->version = 1;
    record->made_us = record->changed_us = act->now_us;
    record->made_by = act->officer.ref;
    values[0] = cu_value_text(record->ref);
    values[1] = cu_value_text(record->state);
    values[2] = cu_value_integer(1);
    values[3] = values[5] = cu_value_integer(act->now_us);
    values[4] = cu_value_text(record->made_by);

    const size_t n = bind_fields(record, values, 6);

    return cu_store_number(act->store, table->insert, (cu_values){values, n}, &record->id,
                           act->err);
}

cu_status cu_table_update(cu_act *act, cu_record *record)
{
    const cu_table *const table = cu_table_for(act->tables, record->thing);
    cu_value values[cu_field_max + system_columns];

    if (table == NULL)
        return cu_fail(act->err, CU_EUSAGE, "%s has no table", record->thing->name);

    values[0] = cu_value_integer(record->id);
    values[1] = cu_value_integer(record->version);
    values[2] = cu_value_text(record->state);
    values[3] = cu_value_integer(act->now_us);

    const size_t n = bind_fields(record, values, 4);
    const cu_status st =
        cu_store_run(act->store, table->update, (cu_values){values, n}, act->err);

    if (st != CU_OK)
        return st;
    if (cu_store_changed(act->store) != 1)
        return cu_fail(act->err, CU_EUSAGE, "%s \"%s\" was changed twice in one act",
                       record->thing->name, record->ref);
    record->version++;
    record->changed_us = act->now_us;
    return CU_OK;
}
