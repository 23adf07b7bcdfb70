/* SPDX-License-Identifier: Apache-2.0 */
/* Need to know: whether an officer may reach a case, before anything of it is told. */
#include "register/record/table.h"

#include <string.h>

/* A record that names another that names another …: no kind needs more. */
enum { ways_max = 6 };

const char *cu_record_case(const cu_record *record)
{
    if (strcmp(record->thing->name, "case") == 0)
        return record->ref;
    return cu_field_of(record->thing, "case") == NULL ? NULL : cu_record_text(record, "case");
}

/* The worst of a record's ways to a case counts. */
typedef enum standing { WITHIN, RESTRICTED, CONFLICTED } standing;

/* What was found before in the same look, by "case:NAME" or "KIND:REF". */
struct cu_reached {
    const char *name;
    standing found;
    struct cu_reached *next;
};

static bool recall(const cu_act *act, const char *kind, const char *ref, standing *out)
{
    const size_t n = strlen(kind);

    for (const struct cu_reached *at = act->reached; at != NULL; at = at->next) {
        if (strncmp(at->name, kind, n) == 0 && at->name[n] == ':' &&
            strcmp(at->name + n + 1, ref) == 0) {
            *out = at->found;
            return true;
        }
    }
    return false;
}

/* Only a look's: an action may change what it asked. */
static void remember(cu_act *act, const char *kind, const char *ref, standing found)
{
    struct cu_reached *const one = act->looks ? cu_arena_take(act->arena, sizeof *one) : NULL;

    if (one == NULL)
        return;
    *one = (struct cu_reached){cu_act_format(act, "%s:%s", kind, ref), found, act->reached};
    act->reached = one;
}

static const char case_query[] =
    "SELECT CASE WHEN c.restricted = 'yes' THEN 1 ELSE 0 END, a.kind"
    " FROM register_case c LEFT JOIN register_access a"
    " ON a.\"case\" = c.ref AND a.officer = $2 AND a.state = 'in-force' WHERE c.ref = $1";

cu_status cu_reach_foresee(cu_act *act, const char *case_name)
{
    return cu_store_foresee(
        act->store, case_query,
        CU_VALUES(cu_value_text(case_name), cu_value_text(act->officer.ref)), act->err);
}

static cu_status ask_case(cu_act *act, const char *name, standing *out)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    bool restricted = false;
    bool listed = false;
    bool conflicted = false;
    cu_status st = CU_OK;

    if (recall(act, "case", name, out))
        return CU_OK;
    st = cu_store_query(act->store, case_query,
                        CU_VALUES(cu_value_text(name), cu_value_text(act->officer.ref)), &rows,
                        act->err);
    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        const char *const kind = cu_rows_is_null(rows, 1) ? "" : cu_rows_text(rows, 1);

        restricted = cu_rows_integer(rows, 0) != 0;
        conflicted = conflicted || strcmp(kind, "conflict") == 0;
        listed = listed || strcmp(kind, "granted") == 0 || strcmp(kind, "broken-glass") == 0;
    }
    *out = conflicted ? CONFLICTED : restricted && !listed ? RESTRICTED : WITHIN;
    remember(act, "case", name, *out);
    return st;
}

/* ---- records that have no case of their own ---- */

static cu_status ask_record(cu_act *act, const cu_record *record, int ways, standing *out);

static cu_status ask_named(cu_act *act, const char *kind, const char *ref, int ways,
                           standing *out)
{
    cu_record *record = NULL;
    cu_status st = CU_OK;

    *out = WITHIN;
    if (ways == 0 || recall(act, kind, ref, out))
        return CU_OK;
    st = cu_act_load(act, kind, ref, &record);
    if (st == CU_ENOTFOUND)
        return CU_OK; /* of a record that is not there nothing is told */
    if (st == CU_OK)
        st = ask_record(act, record, ways - 1, out);
    if (st == CU_OK)
        remember(act, kind, ref, *out);
    return st;
}

/* KIND:REF. What is no such name leads nowhere. */
static cu_status ask_any(cu_act *act, const char *name, int ways, standing *out)
{
    const size_t n = strcspn(name, ":");
    const char *const kind = cu_act_format(act, "%.*s", (int)n, name);

    *out = WITHIN;
    if (name[n] != ':' || cu_table_of(act->tables, kind) == NULL)
        return CU_OK;
    return ask_named(act, kind, name + n + 1, ways, out);
}

/* A file is no case's own. Whoever may see one place where it lies may see it. */
static cu_status ask_media(cu_act *act, const char *ref, standing *out)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    standing best = CONFLICTED;
    bool lies = false;
    cu_status st = cu_store_query(
        act->store, "SELECT DISTINCT \"case\" FROM register_occurrence WHERE media = $1",
        CU_VALUES(cu_value_text(ref)), &rows, act->err);

    while (st == CU_OK && best != WITHIN &&
           (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        standing one = WITHIN;

        st = cu_rows_is_null(rows, 0) ? CU_OK : ask_case(act, cu_rows_text(rows, 0), &one);
        lies = true;
        best = one < best ? one : best;
    }
    *out = lies ? best : WITHIN;
    return st;
}

static cu_status ask_field(cu_act *act, const cu_record *record, size_t i, int ways,
                           standing *out)
{
    const cu_field *const field = &record->thing->fields[i];
    const char *const text = record->values[i].kind == CU_VALUE_TEXT
                                 ? (const char *)record->values[i].bytes.p
                                 : NULL;

    *out = WITHIN;
    if (text == NULL || !cu_field_is_column(field))
        return CU_OK;
    if (field->kind == CU_FIELD_ANY)
        return ask_any(act, text, ways, out);
    return field->kind == CU_FIELD_RECORD ? ask_named(act, field->of, text, ways, out) : CU_OK;
}

static cu_status ask_record(cu_act *act, const cu_record *record, int ways, standing *out)
{
    const char *const name = cu_record_case(record);
    cu_status st = CU_OK;

    *out = WITHIN;
    if (name != NULL)
        return ask_case(act, name, out);
    if (strcmp(record->thing->name, "media") == 0)
        return ask_media(act, record->ref, out);
    for (size_t i = 0; st == CU_OK && i < record->thing->field_count; i++) {
        standing one = WITHIN;

        st = ask_field(act, record, i, ways, &one);
        *out = one > *out ? one : *out;
    }
    return st;
}

/* ---- the answers ---- */

static cu_status judge(cu_act *act, const cu_record *record, standing found)
{
    const char *const name = cu_record_case(record);

    if (found == CONFLICTED) {
        /* The ledger learns why; the officer learns only what one learns of a name not used. */
        act->outcome->rule = "U3";
        return cu_fail(act->err, CU_ENOTFOUND, "there is no %s \"%.64s\"", record->thing->name,
                       record->ref == NULL ? "" : record->ref);
    }
    if (found != RESTRICTED || act->action->right == CU_RIGHT_DECLARE)
        return CU_OK;
    if (name != NULL)
        return cu_act_refuse(act, "U2", "case %s is restricted and you are not on its list",
                             name);
    return cu_act_refuse(act, "U2",
                         "%s %.64s is of a restricted case and you are not on its list",
                         record->thing->name, record->ref == NULL ? "" : record->ref);
}

cu_status cu_reach_check(cu_act *act, const cu_record *record)
{
    standing found = WITHIN;
    cu_status st = CU_OK;

    if (cu_act_holds(act, "auditor"))
        return CU_OK;
    st = ask_record(act, record, ways_max, &found);
    return st == CU_OK ? judge(act, record, found) : st;
}

/* Puts words in the place of a name that leads where the officer may not go. */
static cu_status cover(cu_act *act, cu_record *record, size_t *covered, size_t *shown)
{
    standing found = WITHIN;
    cu_status st = CU_OK;

    *covered = *shown = 0;
    for (size_t i = 0; st == CU_OK && i < record->thing->field_count; i++) {
        if (record->thing->fields[i].kind != CU_FIELD_ANY)
            continue;
        st = ask_field(act, record, i, ways_max, &found);
        if (found == WITHIN) {
            ++*shown;
            continue;
        }
        record->values[i] = cu_value_text(CU_NOT_FOR_YOU);
        ++*covered;
    }
    return st;
}

cu_status cu_reach_look(cu_act *act, cu_record *record)
{
    standing found = WITHIN;
    size_t covered = 0;
    size_t shown = 0;
    cu_status st = CU_OK;

    if (cu_act_holds(act, "auditor"))
        return CU_OK;
    st = ask_record(act, record, ways_max, &found);
    /* A conflict hides even that there is something; so does a record that is all covered. */
    if (st == CU_OK && found == RESTRICTED && cu_record_case(record) == NULL) {
        cu_record copy = *record;

        st = cover(act, &copy, &covered, &shown);
        if (st == CU_OK && shown > 0 && covered > 0) {
            *record = copy;
            act->hidden++;
            return CU_OK;
        }
    }
    return st == CU_OK ? judge(act, record, found) : st;
}

cu_status cu_act_foresee_cases(cu_act *act, const char *const *names, size_t count)
{
    cu_status st = CU_OK;

    if (cu_act_holds(act, "auditor"))
        return CU_OK; /* who is asked about no case */
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        bool before = names[i] == NULL;
        standing found;

        for (size_t k = 0; !before && k < i; k++)
            before = names[k] != NULL && strcmp(names[k], names[i]) == 0;
        if (!before && !recall(act, "case", names[i], &found))
            st = cu_reach_foresee(act, names[i]);
    }
    return st;
}

/* A search finds people of many cases, each of which is asked for its list. */
static cu_status foresee_cases(cu_act *act, cu_record *const *list, size_t count)
{
    const char *names[CU_STORE_FORESEEN];
    size_t n = 0;

    for (; n < count && n < CU_STORE_FORESEEN; n++)
        names[n] = cu_record_case(list[n]);
    return cu_act_foresee_cases(act, names, n);
}

cu_status cu_reach_keep(cu_act *act, cu_record **list, size_t *count)
{
    size_t out = 0;

    for (size_t i = 0; i < *count; i++) {
        cu_status st = CU_OK;

        if (i % CU_STORE_FORESEEN == 0)
            st = foresee_cases(act, list + i, *count - i);
        if (st != CU_OK)
            return st;
        st = cu_reach_look(act, list[i]);
        if (st == CU_OK)
            list[out++] = list[i];
        else if (st != CU_EREFUSED && st != CU_ENOTFOUND)
            return st;
        else
            act->hidden++;
    }
    act->outcome->rule = NULL;
    *count = out;
    return CU_OK;
}

cu_status cu_act_may_see(cu_act *act, const char *thing, const char *ref, const char *case_name,
                         bool *out)
{
    standing found = WITHIN;
    cu_status st = CU_OK;

    *out = true;
    if (cu_act_holds(act, "auditor"))
        return CU_OK;
    st = case_name != NULL ? ask_case(act, case_name, &found)
                           : ask_named(act, thing, ref, ways_max, &found);
    *out = found == WITHIN;
    act->hidden += !*out;
    return st;
}
