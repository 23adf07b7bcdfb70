/* SPDX-License-Identifier: Apache-2.0 */
/* A kind of record as a table of the store. Private to the engine. */
#ifndef CU_REGISTER_RECORD_TABLE_H
#define CU_REGISTER_RECORD_TABLE_H

#include "register/record/record.h"

/*
 * SQL of one kind. It is put together once, of the names in the program's own tables and
 * nothing else; every value is bound.
 */
typedef struct cu_table {
    const cu_thing *thing;
    const char *name;    /* register_exhibit */
    const char *columns; /* id, ref, …, and a column a field */
    const char *by_ref;
    const char *insert;
    const char *update;
} cu_table;

typedef struct cu_tables {
    cu_things things;
    cu_table *list; /* as things.list */
} cu_tables;

/* The texts live in arena. CU_EUSAGE: a kind of record has too many fields, our own bug. */
cu_status cu_tables_make(cu_things things, cu_arena *arena, cu_tables **out,
                         cu_err *err) CU_MUST_CHECK;

/*
 * The statements that create the tables of kinds from first on, at most n, and their indexes,
 * ended by NULL, in arena. With the first kind go the tables that are no kind's.
 */
cu_status cu_tables_schema(const cu_tables *tables, size_t first, size_t n, cu_arena *arena,
                           const char *const **statements, cu_err *err) CU_MUST_CHECK;

const cu_table *cu_table_of(const cu_tables *tables, const char *thing);
const cu_table *cu_table_for(const cu_tables *tables, const cu_thing *thing);

/* One condition of a search: field (of the record, or "ref" or "state") has value. */
typedef struct cu_where {
    const char *field;
    cu_value value;
    bool part; /* of the field's text, in either case of letters */
} cu_where;

enum { cu_where_max = 8 };

/* The records that meet all conditions, after an id, at most limit, in the order of ids. */
typedef struct cu_search {
    const cu_where *where;
    size_t where_count;
    int64_t after, limit;
} cu_search;

cu_status cu_table_search(cu_act *act, const cu_table *table, const cu_search *search,
                          cu_record ***out, size_t *count) CU_MUST_CHECK;

cu_status cu_table_load(cu_act *act, const cu_table *table, const char *ref,
                        cu_record **out) CU_MUST_CHECK;
/* True where a record of cu_act_load is as it was loaded or last saved. */
bool cu_record_unchanged(const cu_record *record);

/* Says that a record will be loaded. */
cu_status cu_table_foresee(cu_act *act, const cu_table *table, const char *ref) CU_MUST_CHECK;

cu_status cu_table_insert(cu_act *act, cu_record *record) CU_MUST_CHECK;
cu_status cu_table_update(cu_act *act, cu_record *record) CU_MUST_CHECK;

bool cu_field_is_column(const cu_field *field);
bool cu_field_is_number(const cu_field *field); /* kept as an integer */

/* The place of a field in thing->fields; field_count where there is none. */
size_t cu_field_place(const cu_thing *thing, const char *name);

/* ---- given.c ---- */

/* Reads what was given for the action into the record; refuses what is missing or wrong (U6).
 */
cu_status cu_given_take(cu_act *act) CU_MUST_CHECK;

/* One value as a field has it. */
cu_status cu_given_read(cu_act *act, const cu_field *field, const char *text,
                        cu_value *out) CU_MUST_CHECK;

/* Says that what is given for the action will be read. */
cu_status cu_given_foresee(cu_act *act) CU_MUST_CHECK;

/* ---- reach.c ---- */

/* Says that a case's access list will be asked. */
cu_status cu_reach_foresee(cu_act *act, const char *case_name) CU_MUST_CHECK;

/*
 * Refuses by the case's access list (U2), or hides (CU_ENOTFOUND, U3). A record without a case
 * of its own is where every record that it names is; a file is where any place of it is.
 */
cu_status cu_reach_check(cu_act *act, const cu_record *record) CU_MUST_CHECK;

/* As above, for a look: of a link of which one end may be seen, the other is covered. */
cu_status cu_reach_look(cu_act *act, cu_record *record) CU_MUST_CHECK;

/* Leaves out of a list what the officer may not know of: a refusal for one is none of the list.
 */
cu_status cu_reach_keep(cu_act *act, cu_record **list, size_t *count) CU_MUST_CHECK;

/* The case that a record belongs to; NULL where none. */
const char *cu_record_case(const cu_record *record);

#endif
