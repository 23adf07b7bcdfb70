/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules: numbered on, written once, kept as the bytes that were sent. Each kind has its own
 * question to the store; the one that goes to the defence cannot be answered with a sensitive
 * row.
 */
#include "base/text.h"
#include "register/disclosure/disclosure.h"
#include "register/referral/referral.h"

#include <string.h>

static const cu_field fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_WORD("kind", "6C 6D 6E", "non-sensitive, sensitive, the officer's report"),
    CU_HAS_NUMBER("number", "of the schedules of that kind in the case"),
    CU_HAS_NUMBER("first_item", "the first item that is new in it"),
    CU_HAS_NUMBER("last_item", "the last item"),
    CU_HAS_TEXT("sha256", "of its bytes"),
    CU_HAS_OFFICER("certified_by", "the disclosure officer"),
    CU_HAS_TIME("sent", "to the prosecutor"),
    CU_HAS_TEXT("review", "the prosecutor's"),
};

/* How each kind of schedule asks for its rows. */
typedef struct schedule_kind {
    const char *kind;
    const char *title;
    const char *series; /* of the numbers that it gives; NULL: it gives none */
    const char *unnumbered;
    const char *rows;
} schedule_kind;

static const schedule_kind kinds[] = {
    {"6C", "Schedule of relevant non-sensitive unused material", "6C",
     "SELECT ref FROM register_material WHERE \"case\" = $1 AND item_no IS NULL"
     " AND relevance = 'relevant' AND used = 'no' AND sensitive = 'no' ORDER BY id",
     "SELECT item_no, description, location, NULL FROM register_material WHERE \"case\" = $1"
     " AND series = '6C' AND sensitive = 'no' AND item_no >= $2 ORDER BY item_no"},
    {"6D", "Schedule of relevant sensitive unused material. Not for the defence", "6D",
     "SELECT ref FROM register_material WHERE \"case\" = $1 AND item_no IS NULL"
     " AND relevance = 'relevant' AND used = 'no' AND sensitive = 'yes' ORDER BY id",
     "SELECT item_no, description, location, sensitive_reason FROM register_material"
     " WHERE \"case\" = $1 AND series = '6D' AND item_no >= $2 ORDER BY item_no"},
    {"6E", "Disclosure officer's report", NULL, NULL,
     "SELECT item_no, CASE WHEN series = '6D' THEN 'item of the sensitive schedule' ELSE"
     " 'item of the non-sensitive schedule' END, location, test FROM register_material"
     " WHERE \"case\" = $1 AND item_no >= $2 AND test IN ('undermines', 'assists', 'unsure')"
     " ORDER BY series, item_no"},
};

static const schedule_kind *kind_of(const cu_record *schedule)
{
    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        if (cu_record_is(schedule, "kind", kinds[i].kind))
            return &kinds[i];
    }
    return &kinds[0]; /* cannot be: the field has these three words */
}

static cu_status check_officer(cu_act *act)
{
    int64_t on_case = 0;
    cu_record *of = NULL;
    cu_status st =
        cu_act_count(act,
                     "SELECT count(*) FROM register_access WHERE \"case\" = $1 AND officer = $2"
                     " AND kind = 'granted' AND state = 'in-force'",
                     CU_VALUES(cu_value_text(cu_record_text(act->record, "case")),
                               cu_value_text(act->officer.ref)),
                     &on_case);

    if (st == CU_OK)
        st = cu_act_load(act, "case", cu_record_text(act->record, "case"), &of);
    if (st == CU_OK && on_case == 0)
        return cu_act_refuse(act, "D3",
                             "%s is not on the list of case %s: a supervisor grants access to "
                             "it, also where it is not restricted",
                             act->officer.ref, of->ref);
    return st;
}

static cu_status check_assessed(cu_act *act)
{
    int64_t unassessed = 0;
    const cu_status st = cu_act_count(
        act,
        "SELECT count(*) FROM register_material WHERE \"case\" = $1"
        " AND relevance = 'unassessed'",
        CU_VALUES(cu_value_text(cu_record_text(act->record, "case"))), &unassessed);

    if (st == CU_OK && unassessed > 0)
        return cu_act_refuse(act, "D5", "%lld items of case %s are unassessed",
                             (long long)unassessed, cu_record_text(act->record, "case"));
    return st;
}

enum { numbered_at_once = 500 };

/* Numbers one item of material, and puts it onto the schedule. */
static cu_status give_number(cu_act *act, const schedule_kind *kind, const char *ref,
                             int64_t *out)
{
    const char *const counter =
        cu_act_format(act, "items of %s %s", cu_record_text(act->record, "case"), kind->series);
    cu_record *material = NULL;
    cu_status st = cu_act_next(act, counter, out);

    if (st == CU_OK)
        st = cu_act_load(act, "material", ref, &material);
    if (st != CU_OK)
        return st;
    material->state = "scheduled";
    cu_record_set(material, "series", kind->series);
    cu_record_set_number(material, "item_no", *out);
    cu_record_set(material, "schedule", act->record->ref);
    return cu_act_save(act, material);
}

/* The next of what has no number, at most as many as there is room for. */
static cu_status find_unnumbered(cu_act *act, const schedule_kind *kind,
                                 const char *refs[numbered_at_once], size_t *count)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(act->store, kind->unnumbered,
                                  CU_VALUES(cu_value_text(cu_record_text(act->record, "case"))),
                                  &rows, act->err);

    *count = 0;
    while (st == CU_OK && *count < numbered_at_once &&
           (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more)
        refs[(*count)++] = cu_act_format(act, "%s", cu_rows_text(rows, 0));
    return st;
}

/* Gives the next numbers of the series to all that has none. */
static cu_status give_numbers(cu_act *act, const schedule_kind *kind, int64_t *first)
{
    const char *refs[numbered_at_once];
    size_t count = numbered_at_once;
    cu_status st = CU_OK;

    *first = 0;
    while (st == CU_OK && count == numbered_at_once) {
        st = find_unnumbered(act, kind, refs, &count);
        for (size_t i = 0; st == CU_OK && i < count; i++) {
            int64_t number = 0;

            st = give_number(act, kind, refs[i], &number);
            *first = *first == 0 ? number : *first;
        }
    }
    return st;
}

/* The rows from an item on. For the defence: no mark, no highlight, plain numbered lines. */
static cu_status write_rows(cu_act *act, const schedule_kind *kind, int64_t from, int64_t *last)
{
    CU_AUTO(cu_rows, rows);
    cu_buffer *const out = &act->outcome->document;
    bool more = false;
    cu_status st = cu_store_query(
        act->store, kind->rows,
        CU_VALUES(cu_value_text(cu_record_text(act->record, "case")), cu_value_integer(from)),
        &rows, act->err);

    while (st == CU_OK && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more) {
        const char *const location = cu_rows_is_null(rows, 2) ? "-" : cu_rows_text(rows, 2);

        *last = cu_rows_integer(rows, 0);
        cu_buffer_format(out, "%lld\t%s\t%s", (long long)*last, cu_rows_text(rows, 1),
                         location);
        if (!cu_rows_is_null(rows, 3))
            cu_buffer_format(out, "\t%s", cu_rows_text(rows, 3));
        cu_buffer_u8(out, '\n');
    }
    return st;
}

static cu_status write_schedule(cu_act *act, const schedule_kind *kind, int64_t from)
{
    cu_buffer *const out = &act->outcome->document;
    int64_t last = 0;
    cu_status st = CU_OK;

    cu_buffer_format(out, "%s\nCase %s, schedule %lld of its kind, certified on %s by %s\n\n",
                     kind->title, cu_record_text(act->record, "case"),
                     (long long)cu_record_number(act->record, "number"),
                     cu_act_when(act, act->now_us), act->officer.ref);
    st = write_rows(act, kind, from, &last);
    if (st == CU_OK && last == 0)
        cu_buffer_format(out, strcmp(kind->kind, "6D") == 0
                                  ? "There is no sensitive material (nil return).\n"
                                  : "There is nothing to list.\n");
    if (last != 0)
        cu_record_set_number(act->record, "last_item", last);
    return st == CU_OK ? cu_buffer_check(out, act->err) : st;
}

cu_status cu_schedule_certify(cu_act *act)
{
    const schedule_kind *const kind = kind_of(act->record);
    int64_t first = 0;
    int64_t last_given = 0;
    char hex[65];
    cu_status st = check_officer(act);

    if (st == CU_OK)
        st = check_assessed(act);
    if (st == CU_OK && kind->series != NULL) {
        st = give_numbers(act, kind, &first);
        if (st == CU_OK && first == 0)
            st = cu_act_count(act,
                              "SELECT COALESCE(max(item_no), 0) FROM register_material"
                              " WHERE \"case\" = $1 AND series = $2",
                              CU_VALUES(cu_value_text(cu_record_text(act->record, "case")),
                                        cu_value_text(kind->series)),
                              &last_given);
    }
    if (st != CU_OK)
        return st;
    if (first != 0)
        cu_record_set_number(act->record, "first_item", first);
    /* A continuation lists what is new; with nothing new, it lists nothing. */
    st = write_schedule(act, kind, first != 0 ? first : last_given + (kind->series != NULL));
    if (st == CU_OK)
        st = cu_content_keep(act, cu_buffer_view(&act->outcome->document), hex);
    if (st == CU_OK) {
        cu_record_set(act->record, "sha256", cu_act_format(act, "%s", hex));
        cu_record_set(act->record, "certified_by", act->officer.ref);
    }
    return st;
}

static cu_status draft(cu_act *act)
{
    int64_t number = 0;
    const cu_status st = cu_act_next(act,
                                     cu_act_format(act, "schedules of %s %s",
                                                   cu_record_text(act->record, "case"),
                                                   cu_record_text(act->record, "kind")),
                                     &number);

    cu_record_set_number(act->record, "number", number);
    return st;
}

static cu_status send(cu_act *act)
{
    const int64_t certified_us = act->before->changed_us;

    if (cu_record_number(act->record, "sent") < cu_act_minute(certified_us))
        return cu_act_refuse(act, "D4", "it was certified on %s, after it was sent",
                             cu_act_when(act, certified_us));
    return CU_OK;
}

/* The bytes that were certified, and no others. */
static cu_status print(cu_act *act)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    cu_status st = cu_store_query(
        act->store, "SELECT bytes FROM register_content WHERE sha256 = $1",
        CU_VALUES(cu_value_text(cu_record_text(act->record, "sha256"))), &rows, act->err);

    if (st == CU_OK)
        st = cu_rows_next(rows, &more, act->err);
    if (st == CU_OK && !more)
        return cu_fail(act->err, CU_EFORMAT, "the bytes of schedule %s are gone",
                       act->record->ref);
    if (st == CU_OK) {
        const cu_bytes bytes = cu_rows_blob(rows, 0);

        cu_buffer_append(&act->outcome->document, bytes.p, bytes.n);
    }
    return st;
}

static const cu_action actions[] = {
    {.name = "draft",
     .says = "a schedule",
     .from = "",
     .to = "draft",
     .right = CU_RIGHT_CERTIFY_MATERIAL,
     .duty = "collection",
     .wants = "case kind",
     .rules = draft},
    {.name = "certify",
     .says = "number what is new, write it, keep the bytes",
     .from = "draft",
     .to = "certified",
     .right = CU_RIGHT_CERTIFY_MATERIAL,
     .duty = "disclosure",
     .rules = cu_schedule_certify},
    {.name = "print",
     .says = "the bytes that were certified",
     .from = "certified sent reviewed",
     .right = CU_RIGHT_CERTIFY_MATERIAL,
     .duty = "disclosure",
     .rules = print},
    {.name = "send",
     .says = "to the prosecutor",
     .from = "certified",
     .to = "sent",
     .right = CU_RIGHT_CERTIFY_MATERIAL,
     .duty = "disclosure",
     .wants = "sent",
     .rules = send},
    {.name = "review",
     .says = "by the prosecutor",
     .from = "sent",
     .to = "reviewed",
     .right = CU_RIGHT_CERTIFY_MATERIAL,
     .duty = "alteration",
     .wants = "review"},
};

const cu_thing cu_thing_schedule = {.name = "schedule",
                                    .says = "schedules of unused material",
                                    .prefix = "SC",
                                    .states = "draft certified sent reviewed",
                                    CU_FIELDS(fields),
                                    CU_ACTIONS(actions),
                                    .indexed = "case",
                                    .unique = "case kind number",
                                    .read = CU_RIGHT_CERTIFY_MATERIAL};
