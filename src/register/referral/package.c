/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a referral, what they name, and what they have in common with others. */
#include "digest/digest.h"
#include "register/intake/tip.h"
#include "register/record/bind.h"
#include "register/referral/referral.h"
#include "register/task/task.h"

#include <string.h>

enum { links_per_value = 50, remark_bytes_max = 1000 };

static const char packages_owner[] = "referral";

/* ---- bytes ---- */

cu_status cu_content_keep(cu_act *act, cu_bytes bytes, char hex[65])
{
    cu_digest_stream stream;
    cu_digests digests;

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, bytes);
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    cu_bind_content(act, hex);
    return cu_store_run(act->store,
                        "INSERT INTO register_content (sha256, bytes) VALUES ($1, $2)"
                        " ON CONFLICT (sha256) DO NOTHING",
                        CU_VALUES(cu_value_text(hex), cu_value_blob(bytes)), act->err);
}

/* ---- links ---- */

static const cu_field link_fields[] = {
    CU_HAS_ANY("one", "a record, KIND:REF"),
    CU_HAS_ANY("other", "another"),
    CU_HAS_TEXT("basis", "what they have in common"),
    CU_SAID_TEXT("reason", "why"),
};

cu_status cu_link_add(cu_act *act, const char *from, const char *to, const char *basis,
                      bool *added)
{
    const bool ordered = strcmp(from, to) < 0;
    int64_t there = 0;
    cu_record *const link = cu_act_new(act, "link", "asserted");
    const char *const one = ordered ? from : to;
    const char *const other = ordered ? to : from;
    const cu_status st = cu_act_count(
        act, "SELECT count(*) FROM register_link WHERE one = $1 AND other = $2 AND basis = $3",
        CU_VALUES(cu_value_text(one), cu_value_text(other), cu_value_text(basis)), &there);

    *added = false;
    if (st != CU_OK || there > 0)
        return st;
    if (link == NULL)
        return CU_ENOMEM;
    cu_record_set(link, "one", one);
    cu_record_set(link, "other", other);
    cu_record_set(link, "basis", basis);
    *added = true;
    return cu_act_add(act, link);
}

static const cu_action link_actions[] = {
    {.name = "assert",
     .says = "two records belong together",
     .from = "",
     .to = "asserted",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "combination",
     .wants = "one other basis"},
    {.name = "withdraw",
     .says = "they do not",
     .from = "asserted",
     .to = "withdrawn",
     .right = CU_RIGHT_RUN_CASE,
     .duty = "combination",
     .wants = "reason"},
};

const cu_thing cu_thing_link = {.name = "link",
                                .says = "what records have in common",
                                .prefix = "L",
                                .states = "asserted withdrawn",
                                CU_FIELDS(link_fields),
                                CU_ACTIONS(link_actions),
                                .indexed = "one other",
                                .unique = "one other basis",
                                .read = CU_RIGHT_READ};

cu_status cu_link_by_value(cu_act *act, const char *from, const char *kind, const char *value,
                           size_t *found)
{
    CU_AUTO(cu_rows, rows);
    const char *others[links_per_value];
    size_t count = 0;
    bool more = false;
    cu_status st = cu_store_query(
        act->store,
        "SELECT DISTINCT owner FROM register_identifier WHERE \"value\" = $1 AND kind = $2"
        " AND owner <> $3 ORDER BY owner LIMIT 50",
        CU_VALUES(cu_value_text(value), cu_value_text(kind), cu_value_text(from)), &rows,
        act->err);

    while (st == CU_OK && count < links_per_value &&
           (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more)
        others[count++] = cu_act_format(act, "%s", cu_rows_text(rows, 0));
    cu_rows_close(CU_MOVE(rows));
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        bool added = false;

        st = cu_link_add(act, from, others[i], cu_act_format(act, "%s %.200s", kind, value),
                         &added);
        *found += added;
    }
    return st;
}

/* ---- identifiers and remarks ---- */

static const cu_field identifier_fields[] = {
    CU_HAS_ANY("owner", "the record that names it, KIND:REF"),
    CU_HAS_RECORD("referral", packages_owner, "the referral, where a referral names it"),
    CU_HAS_TEXT("kind", "ip email phone screen-name user-id device url md5 sha1 sha256"),
    CU_HAS_TEXT("value", "in one form"),
    CU_HAS_TEXT("original", "as it was written"),
    CU_HAS_TEXT("whose", "reported recipient victim file other: never more than was said"),
    CU_HAS_TEXT("port", "of a network address"),
    CU_HAS_TEXT("event", "what happened then"),
    CU_HAS_TEXT("time_original", "as it was written"),
    CU_HAS_TIME("time", "in UTC, where an offset was written"),
    CU_HAS_YES("verifiable", "whether the time has an offset"),
};

const cu_thing cu_thing_identifier = {.name = "identifier",
                                      .says = "what a referral or an exhibit names",
                                      .prefix = "I",
                                      .states = "derived",
                                      CU_FIELDS(identifier_fields),
                                      .indexed = "owner value referral",
                                      .read = CU_RIGHT_READ};

static const cu_field remark_fields[] = {
    CU_HAS_RECORD("package", "package", "the file"),
    CU_HAS_WORD("kind", "unknown problem", "not understood, or not read"),
    CU_HAS_TEXT("path", "where in the file"),
    CU_HAS_TEXT("words", "what is there, or why it was not read"),
};

const cu_thing cu_thing_remark = {.name = "remark",
                                  .says = "what of a file was not understood or not read",
                                  .prefix = "N",
                                  .states = "open",
                                  CU_FIELDS(remark_fields),
                                  .indexed = "package",
                                  .read = CU_RIGHT_READ};

/* ---- reading a file ---- */

static const cu_field package_fields[] = {
    CU_HAS_RECORD("referral", packages_owner, "the referral"),
    CU_HAS_TEXT("name", "as it came; never used as a path"),
    CU_HAS_TEXT("sha256", "of its bytes"),
    CU_HAS_NUMBER("bytes", "its length"),
    CU_HAS_TEXT("format", "by its first bytes"),
    CU_HAS_TEXT("inside", "the file that it is a member of"),
    CU_HAS_NUMBER("identifiers", "how many it names"),
    CU_HAS_NUMBER("unknown", "how many elements were not understood"),
    CU_HAS_NUMBER("problems", "how many parts were not read"),
};

static cu_status add_identifier(cu_act *act, const char *referral,
                                const cu_tip_identifier *from, size_t *linked)
{
    cu_record *const record = cu_act_new(act, "identifier", "derived");
    const char *const owner = cu_act_format(act, "referral:%s", referral);
    cu_status st = CU_OK;

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "owner", owner);
    cu_record_set(record, "referral", referral);
    cu_record_set(record, "kind", from->kind);
    cu_record_set(record, "value", from->value);
    cu_record_set(record, "original", from->original);
    cu_record_set(record, "whose", from->whose);
    cu_record_set(record, "port", from->port);
    cu_record_set(record, "event", from->event);
    cu_record_set(record, "time_original", from->time);
    if (from->time != NULL) {
        cu_record_set(record, "verifiable", from->has_offset ? "yes" : "no");
        if (from->has_offset)
            cu_record_set_number(record, "time", from->time_us);
        else
            cu_act_warn(act,
                        "the time \"%.40s\" has no offset and cannot be verified (rule V3)",
                        from->time);
    }
    st = cu_act_add(act, record);
    return st == CU_OK ? cu_link_by_value(act, owner, from->kind, from->value, linked) : st;
}

static cu_status add_remarks(cu_act *act, const char *kind, const cu_tip_remark *list,
                             size_t count)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < count; i++) {
        cu_record *const record = cu_act_new(act, "remark", "open");

        if (record == NULL)
            return CU_ENOMEM;
        cu_record_set(record, "package", act->record->ref);
        cu_record_set(record, "kind", kind);
        cu_record_set(record, "path", list[i].path);
        cu_record_set(record, "words",
                      cu_act_format(act, "%.*s", remark_bytes_max, list[i].text));
        st = cu_act_add(act, record);
    }
    return st;
}

static cu_status add_members(cu_act *act, const cu_tip *tip)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < tip->member_count; i++) {
        cu_record *const record = cu_act_new(act, "package", "listed");

        if (record == NULL)
            return CU_ENOMEM;
        cu_record_set(record, "referral", cu_record_text(act->record, "referral"));
        cu_record_set(record, "name", tip->members[i].name);
        cu_record_set(record, "sha256", tip->members[i].sha256);
        cu_record_set(record, "inside", act->record->ref);
        st = cu_act_add(act, record);
    }
    return st;
}

/* What the file says of the referral itself. Never a category of a person. */
static cu_status tell_referral(cu_act *act, const cu_tip *tip, size_t linked)
{
    cu_record *referral = NULL;
    cu_status st =
        cu_act_load(act, "referral", cu_record_text(act->record, "referral"), &referral);

    if (st != CU_OK)
        return st;
    if (tip->report != NULL && !cu_record_has(referral, "report"))
        cu_record_set(referral, "report", tip->report);
    if (tip->urgent && !cu_record_has(referral, "urgency"))
        cu_record_set(referral, "urgency", "immediate");
    if (tip->child && cu_record_is(referral, "children", "unknown")) {
        cu_record_set(referral, "children", "yes");
        st = cu_task_raise(act, NULL, cu_act_format(act, "referral:%s", referral->ref),
                           "the package speaks of a child: open a child's record",
                           cu_record_number(referral, "assess_by"));
    }
    if (st == CU_OK && linked > 0)
        st = cu_task_raise(
            act, NULL, cu_act_format(act, "referral:%s", referral->ref),
            cu_act_format(act, "%zu links to what is known: assess the risk again", linked),
            cu_record_number(referral, "assess_by"));
    return st == CU_OK ? cu_act_save(act, referral) : st;
}

static cu_status extract(cu_act *act)
{
    const cu_tip *const tip = act->extra;
    const char *const referral = cu_record_text(act->record, "referral");
    size_t linked = 0;
    cu_status st = CU_OK;

    if (tip == NULL)
        return cu_act_refuse(act, "R1", "nothing was read of package %s", act->record->ref);
    cu_record_set(act->record, "format", tip->format);
    cu_record_set_number(act->record, "identifiers", (int64_t)tip->identifier_count);
    cu_record_set_number(act->record, "unknown", (int64_t)tip->unknown_count);
    cu_record_set_number(act->record, "problems", (int64_t)tip->problem_count);
    for (size_t i = 0; st == CU_OK && i < tip->identifier_count; i++)
        st = add_identifier(act, referral, &tip->identifiers[i], &linked);
    if (st == CU_OK)
        st = add_remarks(act, "unknown", tip->unknown, tip->unknown_count);
    if (st == CU_OK)
        st = add_remarks(act, "problem", tip->problems, tip->problem_count);
    if (st == CU_OK)
        st = add_members(act, tip);
    return st == CU_OK ? tell_referral(act, tip, linked) : st;
}

static const cu_action package_actions[] = {
    {.name = "extract",
     .says = "what a file says becomes identifiers, links and remarks",
     .from = "kept",
     .to = "read",
     .right = CU_RIGHT_REGISTER_REFERRAL,
     .duty = "combination",
     .rules = extract},
};

const cu_thing cu_thing_package = {.name = "package",
                                   .says = "the files of a referral, as they came",
                                   .prefix = "P",
                                   .states = "kept read listed",
                                   CU_FIELDS(package_fields),
                                   CU_ACTIONS(package_actions),
                                   .indexed = "referral sha256",
                                   .read = CU_RIGHT_READ};
