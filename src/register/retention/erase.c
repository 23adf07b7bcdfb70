/* SPDX-License-Identifier: Apache-2.0 */
/* A case's records become names and their history. */
#include "register/record/bind.h"
#include "register/retention/retention.h"

#include <string.h>

#define PAGE_BYTES ((size_t)8 << 30) /* a ceiling: it is taken as it is needed */

enum { page_rows = 500 };

typedef struct erasing {
    cu_act *act;
    cu_act paging; /* the same act, whose memory is given back after each page */
    const char *case_name;
    cu_erased *out;
} erasing;

/* Texts that say nothing of a person: the digest of what was there, and what leads to it. */
static bool stays(const cu_record *record, const cu_field *field)
{
    static const char *const kept[][2] = {{"package", "sha256"},
                                          {"schedule", "sha256"},
                                          {"sfr", "sha256"},
                                          {"sfr", "answer_sha256"},
                                          {"evidence", "seal"}};

    if (field->kind != CU_FIELD_TEXT && field->kind != CU_FIELD_DATE &&
        field->kind != CU_FIELD_WORDS && field->kind != CU_FIELD_DIGEST)
        return true;
    for (size_t i = 0; i < CU_COUNT_OF(kept); i++) {
        if (strcmp(record->thing->name, kept[i][0]) == 0 &&
            strcmp(field->name, kept[i][1]) == 0)
            return true;
    }
    return false;
}

/* No word of what it was goes into the act's entry. */
static cu_status erase_row(erasing *self, cu_record *record)
{
    cu_act *const act = &self->paging;
    bool changed = false;
    cu_status st = CU_OK;

    for (size_t i = 0; i < record->thing->field_count; i++) {
        if (record->values[i].kind == CU_VALUE_NULL || stays(record, &record->thing->fields[i]))
            continue;
        record->values[i] = cu_value_null();
        changed = true;
    }
    if (changed)
        st = cu_table_update(act, record);
    self->out->records += changed;
    return st == CU_OK ? cu_bind_record(act, record) : st;
}

typedef cu_status (*each_row)(erasing *self, cu_record *record);

static cu_status erase_with_its_own(erasing *self, cu_record *record);

/* Every record of a kind whose field has that text. */
static cu_status each_of(erasing *self, const char *thing, const char *field, const char *text,
                         each_row each)
{
    const cu_where where = {field, cu_value_text(text), false};
    cu_search search = {
        .where = &where, .where_count = 1, .after = INT64_MIN, .limit = page_rows};
    size_t count = page_rows;
    cu_status st = CU_OK;

    while (st == CU_OK && count == page_rows) {
        cu_record **list = NULL;

        st = cu_table_search(&self->paging, cu_table_of(self->act->tables, thing), &search,
                             &list, &count);
        for (size_t i = 0; st == CU_OK && i < count; i++) {
            search.after = list[i]->id;
            st = each(self, list[i]);
        }
    }
    return st;
}

/* ---- files ---- */

/* The bytes go where no record of another case has them, too. */
static cu_status erase_content(erasing *self, const char *sha256)
{
    cu_act *const act = &self->paging;
    const cu_values values = CU_VALUES(cu_value_text(sha256), cu_value_text(self->case_name));
    int64_t others = 0;
    cu_status st = cu_act_count(
        act,
        "SELECT count(*) FROM register_package p JOIN register_referral r ON r.ref ="
        " p.referral WHERE p.sha256 = $1 AND COALESCE(r.\"case\", '') <> $2",
        values, &others);

    if (st != CU_OK || others > 0)
        return st;
    st = cu_store_run(act->store, "DELETE FROM register_content WHERE sha256 = $1",
                      CU_VALUES(cu_value_text(sha256)), act->err);
    if (st == CU_OK && cu_store_changed(act->store) > 0) {
        cu_bind_gone(act, "register_content", sha256);
        self->out->files++;
    }
    return st;
}

static cu_status bind_only(erasing *self, cu_record *record)
{
    return cu_bind_record(&self->paging, record);
}

/* A file that lies in another case, too, stays as it is there. */
static cu_status erase_media(erasing *self, const char *media)
{
    cu_act *const act = &self->paging;
    cu_record *record = NULL;
    int64_t others = 0;
    cu_status st = cu_act_count(
        act, "SELECT count(*) FROM register_occurrence WHERE media = $1 AND \"case\" <> $2",
        CU_VALUES(cu_value_text(media), cu_value_text(self->case_name)), &others);

    if (st == CU_OK)
        st = cu_table_load(act, cu_table_of(act->tables, "media"), media, &record);
    if (st == CU_ENOTFOUND)
        return CU_OK;
    if (st == CU_OK)
        st = others > 0 ? bind_only(self, record) : erase_row(self, record);
    return st == CU_OK ? each_of(self, "grade", "media", media, bind_only) : st;
}

/* ---- records ---- */

/* A record, and what links it to others: a link has no case of its own. */
static cu_status erase_linked(erasing *self, cu_record *record)
{
    const char *const name =
        cu_act_format(&self->paging, "%s:%s", record->thing->name, record->ref);
    cu_status st = erase_row(self, record);

    if (st == CU_OK)
        st = each_of(self, "link", "one", name, erase_row);
    return st == CU_OK ? each_of(self, "link", "other", name, erase_row) : st;
}

static cu_status erase_package(erasing *self, cu_record *record)
{
    cu_status st = erase_linked(self, record);

    if (st == CU_OK)
        st = each_of(self, "remark", "package", record->ref, erase_row);
    return st == CU_OK && cu_record_has(record, "sha256")
               ? erase_content(self, cu_record_text(record, "sha256"))
               : st;
}

/* What a referral names and another case keeps stays as it is there. */
static cu_status erase_unless_of_another(erasing *self, cu_record *record)
{
    const char *const name = cu_record_case(record);

    return name == NULL || strcmp(name, self->case_name) == 0 ? erase_linked(self, record)
                                                              : bind_only(self, record);
}

static cu_status erase_referral(erasing *self, const char *referral)
{
    static const struct {
        const char *thing;
        each_row each;
    } kinds[] = {{"identifier", erase_linked},
                 {"package", erase_package},
                 {"risk", erase_linked},
                 {"address", erase_unless_of_another},
                 {"child", erase_unless_of_another},
                 {"child-referral", erase_unless_of_another}};

    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(kinds); i++)
        st = each_of(self, kinds[i].thing, "referral", referral, kinds[i].each);
    if (st == CU_OK)
        cu_buffer_format(&self->act->erases, "referral:%s\n", referral);
    return st;
}

static cu_status erase_with_its_own(erasing *self, cu_record *record)
{
    const char *const kind = record->thing->name;
    static const char *const kept[] = {"sha256", "answer_sha256"};
    cu_status st = erase_linked(self, record);

    for (size_t i = 0; cu_words_have("schedule sfr", kind) && i < CU_COUNT_OF(kept); i++) {
        if (st == CU_OK && cu_field_of(record->thing, kept[i]) != NULL &&
            cu_record_has(record, kept[i]))
            st = erase_content(self, cu_record_text(record, kept[i]));
    }
    if (st == CU_OK && strcmp(kind, "occurrence") == 0)
        return erase_media(self, cu_record_text(record, "media"));
    if (st == CU_OK && strcmp(kind, "referral") == 0)
        return erase_referral(self, record->ref);
    return st;
}

/* A record by its name, KIND:REF; NULL where there is none. */
static cu_status load_named(erasing *self, const char *name, cu_record **out)
{
    const size_t n = strcspn(name, ":");
    const cu_table *const table =
        cu_table_of(self->act->tables, cu_act_format(&self->paging, "%.*s", (int)n, name));
    cu_status st = CU_OK;

    *out = NULL;
    if (table == NULL || name[n] != ':')
        return CU_OK;
    st = cu_table_load(&self->paging, table, name + n + 1, out);
    if (st == CU_ENOTFOUND)
        *out = NULL;
    return st == CU_ENOTFOUND ? CU_OK : st;
}

/* A record is the case's by its own field, or by that of the referral that it names. */
static cu_status is_of_case(erasing *self, const cu_record *record, bool *out)
{
    const char *const name = cu_record_case(record);
    const char *const referral = cu_field_of(record->thing, "referral") == NULL
                                     ? NULL
                                     : cu_record_text(record, "referral");
    cu_record *of = NULL;
    cu_status st = CU_OK;

    *out = name != NULL && strcmp(name, self->case_name) == 0;
    if (name != NULL || referral == NULL)
        return CU_OK;
    st = load_named(self, cu_act_format(&self->paging, "referral:%s", referral), &of);
    *out = st == CU_OK && of != NULL && cu_record_is(of, "case", self->case_name);
    return st;
}

/* A task that has no case, and is about a record of this one. */
static cu_status erase_where_about(erasing *self, cu_record *task)
{
    cu_record *named = NULL;
    bool of_case = false;
    cu_status st = CU_OK;

    if (cu_record_case(task) != NULL || !cu_record_has(task, "about"))
        return CU_OK;
    st = load_named(self, cu_record_text(task, "about"), &named);
    if (st == CU_OK && named != NULL)
        st = is_of_case(self, named, &of_case);
    return st == CU_OK && of_case ? erase_row(self, task) : st;
}

static cu_status erase_tasks(erasing *self)
{
    cu_search search = {.after = INT64_MIN, .limit = page_rows};
    size_t count = page_rows;
    cu_status st = CU_OK;

    while (st == CU_OK && count == page_rows) {
        cu_record **list = NULL;

        cu_arena_reset(self->paging.arena);
        st = cu_table_search(&self->paging, cu_table_of(self->act->tables, "task"), &search,
                             &list, &count);
        for (size_t i = 0; st == CU_OK && i < count; i++) {
            search.after = list[i]->id;
            st = erase_where_about(self, list[i]);
        }
    }
    return st;
}

/* Numbers go on where they were; what last bound them may be among what is erased. */
static cu_status bind_counters(erasing *self)
{
    CU_AUTO(cu_rows, rows);
    cu_act *const act = &self->paging;
    bool more = false;
    cu_status st =
        cu_store_query(act->store, "SELECT name, number FROM register_counter ORDER BY name",
                       CU_NO_VALUES, &rows, act->err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more)
        st = cu_bind_counter(act, cu_rows_text(rows, 0), cu_rows_integer(rows, 1));
    return st;
}

static cu_status erase_all(erasing *self)
{
    const cu_tables *const tables = self->act->tables;
    cu_record *of = NULL;
    cu_status st = bind_counters(self);

    for (size_t i = 0; st == CU_OK && i < tables->things.n; i++) {
        const cu_thing *const thing = tables->list[i].thing;

        if (thing == self->act->thing || cu_field_of(thing, "case") == NULL)
            continue;
        cu_arena_reset(self->paging.arena);
        st = each_of(self, thing->name, "case", self->case_name, erase_with_its_own);
    }
    if (st == CU_OK)
        st = cu_table_load(&self->paging, cu_table_of(tables, "case"), self->case_name, &of);
    if (st == CU_OK)
        st = erase_linked(self, of);
    if (st == CU_OK)
        st = erase_tasks(self);
    if (st == CU_OK)
        cu_buffer_format(&self->act->erases, "%s\n", self->case_name);
    return st;
}

cu_status cu_erase_case(cu_act *act, const char *case_name, cu_erased *out)
{
    erasing self = {.act = act, .paging = *act, .case_name = case_name, .out = out};
    cu_status st = CU_OK;

    *out = (cu_erased){0};
    self.paging.arena = cu_arena_new(PAGE_BYTES);
    if (self.paging.arena == NULL)
        return cu_fail(act->err, CU_ENOMEM, "out of memory");
    st = erase_all(&self);
    act->rows = self.paging.rows;
    cu_arena_free(self.paging.arena);
    return st == CU_OK ? cu_buffer_check(&act->erases, act->err) : st;
}
