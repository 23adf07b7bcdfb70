/* SPDX-License-Identifier: Apache-2.0 */
/* One act, from the asking to the ledger's entry. */
#include "base/clock.h"
#include "base/text.h"
#include "digest/digest.h"
#include "register/record/engine.h"
#include "register/record/table.h"

#include <stdlib.h>
#include <string.h>

enum { page_default = 100, page_max = 1000 };

/* What every kind can do beside its own actions. */
static const cu_action view_action = {
    .name = "view", .says = "shows it", .from = "*", .duty = "consultation"};
static const cu_action list_action = {
    .name = "list", .says = "lists them", .from = "", .duty = "consultation"};

typedef struct asking {
    const cu_engine *engine;
    const cu_request *request;
    const cu_thing *thing;
    cu_action action; /* with the right that holds */
    cu_outcome *outcome;
    cu_page *page;
    cu_act act;
    int64_t found; /* rows of a list */
} asking;

static bool is_list(const asking *self)
{
    return self->action.says == list_action.says;
}

static bool is_view(const asking *self)
{
    return self->action.says == view_action.says;
}

/* ---- who ---- */

static const char *kept(cu_act *act, const char *text)
{
    return text == NULL ? "" : cu_act_format(act, "%s", text);
}

/* Before anybody is enrolled, whoever holds the database enrols the first administrator. */
static cu_status check_first(asking *self)
{
    cu_act *const act = &self->act;
    int64_t count = 0;
    const cu_status st =
        cu_act_count(act, "SELECT count(*) FROM register_officer", CU_NO_VALUES, &count);

    if (st != CU_OK)
        return st;
    if (count == 0 && strcmp(self->thing->name, "officer") == 0 &&
        strcmp(self->action.name, "enrol") == 0) {
        act->officer = (cu_officer){.ref = self->request->officer,
                                    .roles = "admin",
                                    .rank = "",
                                    .trained = "",
                                    .initials = ""};
        return CU_OK;
    }
    return cu_act_refuse(act, "U1", "there is no officer \"%.64s\" who serves",
                         self->request->officer);
}

static const char officer_query[] = "SELECT roles, rank, trained, initials FROM"
                                    " register_officer WHERE ref = $1 AND state = 'serving'";

static cu_status find_officer(asking *self)
{
    CU_AUTO(cu_rows, rows);
    cu_act *const act = &self->act;
    bool more = false;
    cu_status st =
        cu_store_query(act->store, officer_query,
                       CU_VALUES(cu_value_text(self->request->officer)), &rows, act->err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, act->err);
    if (st != CU_OK)
        return st;
    act->officer.ref = self->request->officer;
    if (more) {
        act->officer = (cu_officer){.ref = self->request->officer,
                                    .roles = kept(act, cu_rows_text(rows, 0)),
                                    .rank = kept(act, cu_rows_text(rows, 1)),
                                    .trained = kept(act, cu_rows_text(rows, 2)),
                                    .initials = kept(act, cu_rows_text(rows, 3))};
        return CU_OK;
    }
    cu_rows_close(CU_MOVE(rows));
    return check_first(self);
}

static cu_status check_right(asking *self)
{
    cu_act *const act = &self->act;

    if (cu_right_of_roles(self->action.right, act->officer.roles) != CU_GRANT_NO)
        return CU_OK;
    /* The auditor reads everything: also what only supervisors keep. */
    if ((is_view(self) || is_list(self)) && cu_act_holds(act, "auditor"))
        return CU_OK;
    return cu_act_refuse(act, "U1", "to %s is not for the roles that %s holds (%s)",
                         cu_right_words(self->action.right), act->officer.ref,
                         act->officer.roles[0] == '\0' ? "none" : act->officer.roles);
}

/* ---- what it will ask for ---- */

/* What is told of a referral before it has a case goes when that case is erased, too. */
static const char *key_of(cu_act *act, const cu_record *record)
{
    const bool is_referral = strcmp(record->thing->name, "referral") == 0;
    const char *const name = cu_record_case(record);
    const char *const referral = is_referral ? record->ref
                                 : cu_field_of(record->thing, "referral") == NULL
                                     ? NULL
                                     : cu_record_text(record, "referral");

    if (name != NULL || referral == NULL)
        return name;
    return cu_act_format(act, "referral:%s", referral);
}

static const char erased_query[] =
    "SELECT count(*) FROM register_retention WHERE \"case\" = $1 AND state = 'erased'";

static cu_status foresee_case(asking *self, const char *name, const char *key_name)
{
    cu_act *const act = &self->act;
    cu_status st = name == NULL ? CU_OK : cu_reach_foresee(act, name);

    if (st == CU_OK && name != NULL && !act->looks)
        st = cu_store_foresee(act->store, erased_query, CU_VALUES(cu_value_text(name)),
                              act->err);
    return st == CU_OK ? self->engine->foresee(self->engine->log_context, key_name, act->err)
                       : st;
}

/* As far as the request itself says it: all of that is one way to the store and back. */
static cu_status foresee(asking *self)
{
    cu_act *const act = &self->act;
    const char *const ref = self->request->ref;
    const char *const name =
        cu_field_of(self->thing, "case") == NULL ? NULL : cu_act_said(act, "case");
    const bool makes = self->action.from != NULL && self->action.from[0] == '\0';
    cu_status st = cu_store_foresee(act->store, officer_query,
                                    CU_VALUES(cu_value_text(self->request->officer)), act->err);

    if (st == CU_OK && !makes && self->action.from != NULL && ref != NULL)
        st = cu_table_foresee(act, cu_table_for(act->tables, self->thing), ref);
    if (st == CU_OK)
        st = cu_given_foresee(act);
    if (st == CU_OK && makes)
        st = foresee_case(self, name, is_list(self) ? NULL : name);
    return st;
}

/* ---- what ---- */

static cu_status find_record(asking *self)
{
    cu_act *const act = &self->act;
    const char *const from = self->action.from;
    cu_record *loaded = NULL;

    if (self->request->ref != NULL && (from == NULL || from[0] == '\0'))
        return cu_act_refuse(act, "U6", "%s %s takes no name of a record, as \"%.64s\"",
                             self->thing->name, self->action.name, self->request->ref);
    if (from == NULL || is_list(self))
        return CU_OK;
    if (from[0] == '\0') {
        act->record = cu_act_new(act, self->thing->name, "");
        return act->record == NULL ? CU_ENOMEM : CU_OK;
    }
    if (self->request->ref == NULL)
        return cu_act_refuse(act, "U6", "%s %s needs the name of the %s", self->thing->name,
                             self->action.name, self->thing->name);

    cu_status st = cu_act_load(act, self->thing->name, self->request->ref, &loaded);

    if (st == CU_OK)
        st = foresee_case(self, cu_record_case(loaded), key_of(act, loaded));
    if (st == CU_OK)
        st = is_view(self) ? cu_reach_look(act, loaded) : cu_reach_check(act, loaded);
    if (st != CU_OK)
        return st;
    act->record = loaded;
    act->before = loaded + 1; /* cu_act_load keeps what it was behind it */
    return CU_OK;
}

static cu_status check_state(asking *self)
{
    cu_act *const act = &self->act;
    const cu_record *const record = act->record;

    if (record == NULL || act->before == NULL)
        return CU_OK;
    if (self->request->version != 0 && self->request->version != record->version)
        return cu_act_refuse(act, "U5",
                             "%s %s was changed since you saw it (you saw version %lld, it is "
                             "%lld)",
                             self->thing->name, record->ref, (long long)self->request->version,
                             (long long)record->version);
    if (strcmp(self->action.from, "*") == 0 || cu_words_have(self->action.from, record->state))
        return CU_OK;
    return cu_act_refuse(act, "U5", "%s %s is %s, and \"%s\" starts from: %s",
                         self->thing->name, record->ref, record->state, self->action.name,
                         self->action.from);
}

static size_t next_of_name(const cu_act *act, size_t at, const char *name)
{
    while (at < act->given_count && strcmp(act->given[at].name, name) != 0)
        at++;
    return at;
}

/* What is given twice is two answers to one question: a rule would read the first, and the
 * record keep the last. Only of files there may be many. */
static cu_status check_given_once(asking *self)
{
    cu_act *const act = &self->act;

    for (size_t i = 1; i < act->given_count; i++) {
        const char *const name = act->given[i].name;
        const cu_field *const field = cu_field_of(self->thing, name);

        if (next_of_name(act, 0, name) < i && (field == NULL || field->kind != CU_FIELD_FILE))
            return cu_act_refuse(act, "U6", "\"%.64s\" is given twice", name);
    }
    return CU_OK;
}

/* ---- the list ---- */

/* Where a page begins and how long it is: both are no fields of any kind. */
static const cu_field page_after =
    CU_SAID("after", NULL, "the record that it follows", CU_FIELD_NUMBER);
static const cu_field page_limit = CU_SAID("limit", NULL, "how many at most", CU_FIELD_NUMBER);

static cu_status take_page_number(cu_act *act, const cu_field *field, int64_t least,
                                  const char *text, int64_t *out)
{
    cu_value value = cu_value_null();
    const cu_status st = cu_given_read(act, field, text, &value);

    if (st == CU_OK && value.number < least)
        return cu_act_refuse(act, "U6", "%s \"%.64s\" is below %lld", field->name, text,
                             (long long)least);
    if (st == CU_OK)
        *out = value.number;
    return st;
}

/* A part of a name, long enough to be a search and not a browse. */
static cu_status take_search(asking *self, const cu_field *field, const char *text,
                             cu_where *where)
{
    cu_act *const act = &self->act;
    int64_t least = 0;
    const cu_status st = cu_act_policy(act, "search.characters", &least);

    if (st != CU_OK)
        return st;
    if ((int64_t)cu_text_count((cu_bytes){(const uint8_t *)text, strlen(text)}) < least)
        return cu_act_refuse(act, "S3", "\"%s\" is shorter than %lld characters", text,
                             (long long)least);
    where->part = true;
    return cu_given_read(act, field, text, &where->value);
}

static cu_status take_condition(asking *self, const cu_given *given, cu_where *where)
{
    cu_act *const act = &self->act;
    const cu_field *const field = cu_field_of(self->thing, given->name);
    const bool is_state = strcmp(given->name, "state") == 0;

    /* A state that there is not would have been a list of nothing, and read as "none". */
    if (is_state && !cu_words_have(self->thing->states, given->text))
        return cu_act_refuse(act, "U6", "state \"%.64s\" is none of: %s", given->text,
                             self->thing->states);
    if (is_state || strcmp(given->name, "ref") == 0) {
        *where = (cu_where){given->name, cu_value_text(given->text), false};
        return CU_OK;
    }
    if (field == NULL || !cu_field_is_column(field))
        return cu_act_refuse(act, "U6", "%s list takes no \"%.64s\"", self->thing->name,
                             given->name);
    *where = (cu_where){.field = field->name, .part = false};
    if (cu_words_have(self->thing->searched, field->name))
        return take_search(self, field, given->text, where);
    return cu_given_read(act, field, given->text, &where->value);
}

/* What was given becomes the search's page and its conditions. */
static cu_status take_search_given(asking *self, cu_where where[cu_where_max],
                                   cu_search *search)
{
    cu_act *const act = &self->act;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < act->given_count; i++) {
        const cu_given *const given = &act->given[i];

        if (strcmp(given->name, page_after.name) == 0)
            st = take_page_number(act, &page_after, 0, given->text, &search->after);
        else if (strcmp(given->name, page_limit.name) == 0)
            st = take_page_number(act, &page_limit, 1, given->text, &search->limit);
        else if (search->where_count == cu_where_max)
            st = cu_act_refuse(act, "U6", "a list takes at most %d conditions", cu_where_max);
        else
            st = take_condition(self, given, &where[search->where_count++]);
    }
    if (search->limit > page_max)
        search->limit = page_max;
    return st;
}

static cu_status run_list(asking *self)
{
    cu_act *const act = &self->act;
    cu_where where[cu_where_max];
    cu_page page = {.next = 0};
    cu_search search = {.where = where, .limit = page_default};
    cu_status st = take_search_given(self, where, &search);

    if (st == CU_OK)
        st = cu_table_search(act, cu_table_for(act->tables, self->thing), &search, &page.list,
                             &page.count);
    if (st != CU_OK)
        return st;
    if ((int64_t)page.count == search.limit)
        page.next = page.list[page.count - 1]->id;
    st = cu_reach_keep(act, page.list, &page.count);
    self->found = (int64_t)page.count;
    if (self->page != NULL)
        *self->page = page;
    return st;
}

/* ---- the change ---- */

/* Nothing is written of what was erased (rule N4). */
static cu_status check_not_erased(asking *self)
{
    cu_act *const act = &self->act;
    const char *const name = act->record == NULL ? NULL : cu_record_case(act->record);
    int64_t erased = 0;
    cu_status st = CU_OK;

    if (name == NULL || act->looks ||
        self->thing == cu_thing_of(act->tables->things, "retention"))
        return CU_OK;
    st = cu_act_count(act, erased_query, CU_VALUES(cu_value_text(name)), &erased);
    if (st == CU_OK && erased > 0)
        return cu_act_refuse(act, "N4", "case %s was erased", name);
    return st;
}

static cu_status run_rules(asking *self)
{
    cu_act *const act = &self->act;
    cu_record *const record = act->record;

    if (record == NULL)
        return self->action.rules(act);
    if (act->before == NULL && cu_record_case(record) != NULL) {
        const cu_status st = cu_reach_foresee(act, cu_record_case(record));

        if (st != CU_OK)
            return st;
    }
    if (self->action.to != NULL)
        record->state = self->action.to;
    if (self->action.rules != NULL) {
        const cu_status st = self->action.rules(act);

        if (st != CU_OK)
            return st;
    }
    if (act->before == NULL && record->id == 0) {
        /* A new record of a case is in reach, too, or it is not made. */
        const cu_status st = cu_reach_check(act, record);

        if (st != CU_OK)
            return st;
    }
    if (record->id != 0)
        return act->before == NULL || cu_record_unchanged(record) ? CU_OK
                                                                  : cu_act_save(act, record);
    return cu_act_add(act, record);
}

static cu_status run_action(asking *self)
{
    cu_status st = cu_given_take(&self->act);

    if (st == CU_OK)
        st = check_not_erased(self);
    return st == CU_OK ? run_rules(self) : st;
}

static const cu_field view_reason = CU_SAID_TEXT("reason", "why it is looked at");

/* Why a record is looked at: off, for restricted cases, or always, as the force's policy has
 * it. */
static cu_status check_reason(asking *self)
{
    cu_act *const act = &self->act;
    const cu_rulebook_value *const wanted =
        cu_rulebook_on(act->policy, "audit.reason", act->today);
    const char *const name = cu_record_case(act->record);
    int64_t restricted = 0;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < act->given_count; i++) {
        cu_value reason = cu_value_null();

        if (strcmp(act->given[i].name, view_reason.name) != 0)
            return cu_act_refuse(act, "U6", "%s view takes no \"%.64s\"", self->thing->name,
                                 act->given[i].name);
        st = cu_given_read(act, &view_reason, act->given[i].text, &reason);
    }
    if (st != CU_OK)
        return st;
    if (wanted == NULL || strcmp(wanted->text, "off") == 0 || name == NULL ||
        cu_act_said(act, "reason") != NULL)
        return CU_OK;
    if (strcmp(wanted->text, "restricted") == 0)
        st = cu_act_count(
            act, "SELECT count(*) FROM register_case WHERE ref = $1 AND restricted = 'yes'",
            CU_VALUES(cu_value_text(name)), &restricted);
    if (st != CU_OK || (restricted == 0 && strcmp(wanted->text, "restricted") == 0))
        return st;
    return cu_act_refuse(act, "U8", "say why you look at %s %s", self->thing->name,
                         act->record->ref);
}

/* A text as it was given; of a file its name, its length and its digest. */
static void write_one_given(const cu_given *given, const char *key, cu_json *json)
{
    cu_digest_stream stream;
    cu_digests digests;
    char hex[65];

    if (given->bytes.p == NULL) {
        cu_json_text(json, key, given->text);
        return;
    }
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, given->bytes);
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    cu_json_open_object(json, key);
    cu_json_text(json, "name", given->text);
    cu_json_uint(json, "bytes", given->bytes.n);
    cu_json_text(json, "sha256", hex);
    cu_json_close_object(json);
}

/* What has one name is one member: several files, or what is refused as given twice, a list. */
static void write_given(const asking *self, cu_json *json)
{
    const cu_act *const act = &self->act;

    cu_json_open_object(json, "given");
    for (size_t i = 0; i < act->given_count; i++) {
        const char *const name = act->given[i].name;
        const bool is_several = next_of_name(act, i + 1, name) < act->given_count;

        if (next_of_name(act, 0, name) < i)
            continue;
        if (!is_several) {
            write_one_given(&act->given[i], name, json);
            continue;
        }
        cu_json_open_array(json, name);
        for (size_t at = i; at < act->given_count; at = next_of_name(act, at + 1, name))
            write_one_given(&act->given[at], NULL, json);
        cu_json_close_array(json);
    }
    cu_json_close_object(json);
}

static cu_status enter(asking *self)
{
    cu_act *const act = &self->act;
    cu_buffer payload = {0};
    cu_json json = {.out = &payload};
    const cu_record *const record = act->record;
    const char *const ref = record != NULL && record->ref != NULL ? record->ref
                            : self->request->ref != NULL          ? self->request->ref
                                                                  : NULL;

    cu_json_open_object(&json, NULL);
    write_given(self, &json);
    if (is_list(self))
        cu_json_int(&json, "rows", self->found);
    if (act->hidden > 0)
        cu_json_int(&json, "hidden", act->hidden);
    cu_buffer_format(&payload, ",\"changes\":[");
    cu_buffer_append(&payload, act->changes.p, act->changes.n);
    cu_buffer_format(&payload, "]}");

    const cu_log_entry entry = {
        .now_us = act->now_us,
        .officer = self->request->officer,
        .session = self->request->session,
        .verb = cu_act_format(act, "%s.%s", self->thing->name, self->action.name),
        .object = ref == NULL ? self->thing->name
                              : cu_act_format(act, "%s:%s", self->thing->name, ref),
        .case_name = record == NULL ? NULL : cu_record_case(record),
        .key_name = record == NULL || act->erases.n > 0 ? NULL : key_of(act, record),
        .erases = cu_buffer_view(&act->erases),
        .duty = self->action.duty,
        .reason = cu_act_said(act, "reason"),
        .rule = self->outcome->rule,
        .payload = cu_buffer_view(&payload),
        .rows = cu_buffer_view(&act->rows),
    };
    cu_status st = act->changes.bad ? cu_buffer_check(&act->changes, act->err)
                                    : cu_buffer_check(&payload, act->err);

    if (st == CU_OK)
        st = cu_buffer_check(&act->rows, act->err);
    if (st == CU_OK)
        st = self->engine->log(self->engine->log_context, act->store, &entry, act->err);
    cu_buffer_free(&payload);
    return st;
}

static cu_status begin(asking *self, cu_store *store, cu_err *err)
{
    cu_outcome *const outcome = self->outcome;
    cu_arena *const arena = outcome->arena;

    cu_buffer_free(&outcome->more);
    cu_buffer_free(&outcome->document);
    cu_buffer_free(&self->act.changes);
    cu_buffer_free(&self->act.rows);
    cu_buffer_free(&self->act.erases);
    *outcome = (cu_outcome){.arena = arena};
    self->act = (cu_act){.store = store,
                         .policy = self->engine->policy,
                         .tables = self->engine->tables,
                         .arena = arena,
                         .thing = self->thing,
                         .action = &self->action,
                         .given = self->request->given,
                         .given_count = self->request->given_count,
                         .now_us = self->request->now_us,
                         .outcome = outcome,
                         .extra = self->request->extra,
                         .looks = strcmp(self->action.duty, "consultation") == 0,
                         .err = err};
    self->act.officer.ref = self->request->officer;
    self->found = 0;
    if (self->act.now_us == 0)
        self->act.now_us = cu_clock_now_us();

    cu_status st = foresee(self);

    if (st == CU_OK)
        st = self->engine->amend(self->engine->log_context, err);
    return st == CU_OK
               ? cu_local_date(self->act.policy, self->act.now_us, &self->act.today, NULL, err)
               : st;
}

static cu_status work(cu_store *store, void *context, cu_err *err)
{
    asking *const self = context;
    cu_act *const act = &self->act;
    cu_status st = begin(self, store, err);

    if (st == CU_OK)
        st = find_officer(self);
    if (st == CU_OK)
        st = check_right(self);
    if (st == CU_OK)
        st = check_given_once(self);
    if (st == CU_OK)
        st = find_record(self);
    if (st == CU_OK)
        st = check_state(self);
    if (st == CU_OK && is_list(self))
        st = run_list(self);
    else if (st == CU_OK && is_view(self))
        st = check_reason(self);
    else if (st == CU_OK)
        st = run_action(self);
    if (st == CU_OK)
        st = enter(self);
    if (st == CU_OK)
        self->outcome->record = act->record;
    return st;
}

/* A refusal is entered by itself: what it would have changed is undone. */
static cu_status enter_refusal(cu_store *store, void *context, cu_err *err)
{
    asking *const self = context;

    self->act.store = store;
    self->act.err = err;
    cu_buffer_free(&self->act.changes);
    cu_buffer_free(&self->act.rows);
    cu_buffer_free(&self->act.erases);
    return enter(self);
}

static cu_status transact(asking *self, cu_store_work wanted, cu_err *err)
{
    cu_store *const store = self->engine->store;

    return cu_store_in_transaction(store) ? wanted(store, self, err)
                                          : cu_store_transact(store, wanted, self, err);
}

static cu_status find_action(asking *self, cu_err *err)
{
    const cu_request *const request = self->request;
    const cu_action *found = NULL;

    self->thing = cu_thing_of(self->engine->tables->things, request->thing);
    if (self->thing == NULL)
        return cu_fail(err, CU_EUSAGE, "the register has no \"%.64s\"", request->thing);
    found = cu_action_of(self->thing, request->action);
    if (found == NULL && strcmp(request->action, "view") == 0)
        found = &view_action;
    if (found == NULL && strcmp(request->action, "list") == 0)
        found = &list_action;
    if (found == NULL)
        return cu_fail(err, CU_EUSAGE, "%s cannot \"%.64s\"", request->thing, request->action);
    self->action = *found;
    if (found == &view_action || found == &list_action)
        self->action.right = self->thing->read;
    return CU_OK;
}

cu_status cu_engine_act(const cu_engine *engine, const cu_request *request, cu_outcome *outcome,
                        cu_page *page, cu_err *err)
{
    asking self = {.engine = engine, .request = request, .outcome = outcome, .page = page};
    cu_err own = {0};
    const bool within = cu_store_in_transaction(engine->store);
    cu_status st = find_action(&self, &own);

    if (st == CU_OK)
        st = transact(&self, work, &own);
    if (st != CU_OK && within)
        cu_store_forbid_commit(engine->store); /* half an act is none */
    if (!within && outcome->rule != NULL && (st == CU_EREFUSED || st == CU_ENOTFOUND)) {
        cu_err second = {0};
        const cu_status entered = transact(&self, enter_refusal, &second);

        if (entered != CU_OK) {
            own = second;
            st = entered;
        }
    }
    cu_buffer_free(&self.act.changes);
    cu_buffer_free(&self.act.rows);
    cu_buffer_free(&self.act.erases);
    if (st != CU_OK && err != NULL)
        *err = own;
    return st;
}
