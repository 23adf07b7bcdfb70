/* SPDX-License-Identifier: Apache-2.0 */
/* Need to know: whether an officer may reach a case, before anything of it is told. */
#include "register/record/table.h"

#include <string.h>

const char *cu_record_case(const cu_record *record)
{
    if (strcmp(record->thing->name, "case") == 0)
        return record->ref;
    return cu_field_of(record->thing, "case") == NULL ? NULL : cu_record_text(record, "case");
}

/* Whether the case is restricted, and what its list says of the officer. */
typedef struct standing {
    bool restricted, listed, conflicted;
} standing;

static cu_status ask(cu_act *act, const char *name, standing *out)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        act->store,
        "SELECT CASE WHEN c.restricted = 'yes' THEN 1 ELSE 0 END, a.kind"
        " FROM register_case c LEFT JOIN register_access a"
        " ON a.\"case\" = c.ref AND a.officer = $2 AND a.state = 'in-force' WHERE c.ref = $1",
        CU_VALUES(cu_value_text(name), cu_value_text(act->officer.ref)), &rows, act->err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        const char *const kind = cu_rows_is_null(rows, 1) ? "" : cu_rows_text(rows, 1);

        out->restricted = cu_rows_integer(rows, 0) != 0;
        out->conflicted = out->conflicted || strcmp(kind, "conflict") == 0;
        out->listed =
            out->listed || strcmp(kind, "granted") == 0 || strcmp(kind, "broken-glass") == 0;
    }
    return st;
}

static cu_status judge(cu_act *act, const cu_record *record, const char *name,
                       const standing *found)
{
    if (found->conflicted) {
        /* The ledger learns why; the officer learns only what one learns of a name not used. */
        act->outcome->rule = "U3";
        return cu_fail(act->err, CU_ENOTFOUND, "there is no %s \"%.64s\"", record->thing->name,
                       record->ref);
    }
    if (found->restricted && !found->listed && act->action->right != CU_RIGHT_DECLARE)
        return cu_act_refuse(act, "U2", "case %s is restricted and you are not on its list",
                             name);
    return CU_OK;
}

cu_status cu_reach_check(cu_act *act, const cu_record *record)
{
    const char *const name = cu_record_case(record);
    standing found = {.restricted = false};
    cu_status st = CU_OK;

    if (name == NULL || cu_act_holds(act, "auditor"))
        return CU_OK;
    st = ask(act, name, &found);
    return st == CU_OK ? judge(act, record, name, &found) : st;
}

/* ---- lists ---- */

/* What was found of the cases of a page; pages are short, and have few cases. */
typedef struct known {
    struct {
        const char *name;
        bool within;
    } list[64];

    size_t n;
} known;

static cu_status check_known(cu_act *act, const cu_record *record, known *self, bool *within)
{
    const char *const name = cu_record_case(record);
    cu_status st = CU_OK;

    for (size_t i = 0; name != NULL && i < self->n; i++) {
        if (strcmp(self->list[i].name, name) == 0) {
            *within = self->list[i].within;
            return CU_OK;
        }
    }
    st = cu_reach_check(act, record);
    *within = st == CU_OK;
    if (st != CU_OK && st != CU_EREFUSED && st != CU_ENOTFOUND)
        return st;
    if (name != NULL && self->n < CU_COUNT_OF(self->list)) {
        self->list[self->n].name = name;
        self->list[self->n++].within = *within;
    }
    return CU_OK;
}

cu_status cu_reach_keep(cu_act *act, cu_record **list, size_t *count)
{
    known cases = {.n = 0};
    size_t out = 0;

    for (size_t i = 0; i < *count; i++) {
        bool within = false;
        const cu_status st = check_known(act, list[i], &cases, &within);

        if (st != CU_OK)
            return st;
        if (within)
            list[out++] = list[i];
    }
    act->outcome->rule = NULL;
    *count = out;
    return CU_OK;
}
