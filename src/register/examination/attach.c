/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence file is taken in by its seal: counts, matched files, and what else holds them. */
#include "evidence/evidence.h"
#include "register/disclosure/disclosure.h"
#include "register/examination/examination.h"
#include "register/media/media.h"
#include "register/referral/referral.h"
#include "register/task/task.h"

#include <string.h>

enum { matches_max = 100000, named_max = 100000 };

/* ---- reading ---- */

typedef struct reading {
    cu_arena *arena;
    cu_attachment *out;
    size_t match_room, named_room;
    cu_attach_known known;
    void *context;
    size_t at;      /* the next match whose item is looked for */
    int64_t *items; /* of each match */
    size_t item_room;
} reading;

static const char *keep(cu_arena *arena, const char *text)
{
    return text == NULL ? NULL : cu_arena_text(arena, text, strlen(text));
}

static const char *keep_hex(cu_arena *arena, const uint8_t *bytes, size_t n)
{
    char hex[65];

    cu_hex_encode((cu_bytes){bytes, n}, hex);
    return cu_arena_text(arena, hex, 2 * n);
}

static void *grow(cu_arena *arena, void *list, size_t count, size_t *room, size_t size)
{
    void *grown = list;

    if (count == *room) {
        grown = cu_arena_take(arena, (*room * 2 + 64) * size);
        if (grown != NULL && count > 0)
            memcpy(grown, list, count * size);
        *room = *room * 2 + 64;
    }
    return grown;
}

static cu_status take_match(void *context, const cu_evidence_match *row, cu_err *err)
{
    reading *const self = context;
    cu_attachment *const out = self->out;
    cu_attached_match *const list =
        grow(self->arena, out->matches, out->match_count, &self->match_room, sizeof *list);
    int64_t *const items =
        grow(self->arena, self->items, out->match_count, &self->item_room, sizeof *items);

    if (list == NULL || items == NULL || out->match_count >= matches_max)
        return cu_fail(err, CU_ELIMIT, "more than %d matches", matches_max);
    out->matches = list;
    self->items = items;
    items[out->match_count] = row->item;
    list[out->match_count++] =
        (cu_attached_match){.path = keep(self->arena, row->path),
                            .set = keep(self->arena, row->set),
                            .set_version = keep(self->arena, row->set_version),
                            .algorithm = keep(self->arena, row->algorithm),
                            .strength = keep(self->arena, row->strength),
                            .scheme = keep(self->arena, row->scheme),
                            .code = keep(self->arena, row->code),
                            .record = keep(self->arena, row->record),
                            .distance = row->distance};
    return CU_OK;
}

static cu_status take_named(reading *self, const cu_evidence_item *row, cu_err *err)
{
    cu_attachment *const out = self->out;

    const struct {
        const char *kind;
        const uint8_t *bytes;
        size_t n;
    } digests[] = {{"md5", row->digests.md5, 16},
                   {"sha1", row->digests.sha1, 20},
                   {"sha256", row->digests.sha256, 32}};

    for (size_t i = 0; row->examined && row->size > 0 && i < CU_COUNT_OF(digests); i++) {
        char hex[65];

        cu_hex_encode((cu_bytes){digests[i].bytes, digests[i].n}, hex);
        if (!self->known(self->context, digests[i].kind, hex))
            continue;

        const char **const list =
            grow(self->arena, out->named, out->named_count, &self->named_room, sizeof *list);

        if (list == NULL || out->named_count >= named_max)
            return cu_fail(err, CU_ELIMIT, "more than %d files that referrals name", named_max);
        out->named = list;
        list[out->named_count++] = cu_arena_text(self->arena, hex, 2 * digests[i].n);
    }
    return CU_OK;
}

/* Items and matches both come in the order of item ids. */
static cu_status take_item(void *context, const cu_evidence_item *row, cu_err *err)
{
    reading *const self = context;
    cu_attachment *const out = self->out;

    for (; self->at < out->match_count && self->items[self->at] == row->id; self->at++) {
        cu_attached_match *const match = &out->matches[self->at];

        match->state = keep(self->arena, row->state);
        match->type = keep(self->arena, row->type);
        match->recovery = keep(self->arena, row->recovery);
        match->path_certain = row->path_certain;
        match->bytes = (int64_t)row->size;
        match->md5 = keep_hex(self->arena, row->digests.md5, 16);
        match->sha1 = keep_hex(self->arena, row->digests.sha1, 20);
        match->sha256 = keep_hex(self->arena, row->digests.sha256, 32);
    }
    return take_named(self, row, err);
}

static const char *last_name(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static cu_status read_facts(cu_evidence *evidence, cu_arena *arena, cu_attachment *out,
                            cu_err *err)
{
    cu_evidence_source source;
    cu_evidence_totals totals;
    cu_status st = cu_evidence_get_source(evidence, &source, err);

    if (st == CU_OK)
        st = cu_evidence_count(evidence, &totals, err);
    if (st != CU_OK)
        return st;
    out->exhibit = keep(arena, source.exhibit);
    out->source = source.has_sha256 ? keep_hex(arena, source.sha256, 32) : NULL;
    out->bytes = (int64_t)source.bytes;
    out->allocated = (int64_t)totals.allocated;
    out->deleted = (int64_t)totals.deleted;
    out->orphan = (int64_t)totals.orphan;
    out->carved = (int64_t)totals.carved;
    out->member = (int64_t)totals.member;
    out->not_examined = (int64_t)totals.not_examined;
    out->findings = (int64_t)totals.findings;
    out->exact = (int64_t)totals.exact;
    out->near = (int64_t)totals.near;
    return CU_OK;
}

cu_status cu_attachment_read(const char *path, cu_attach_known known, void *context,
                             cu_arena *arena, cu_attachment *out, cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);
    cu_attachment made = {.name = keep(arena, last_name(path))};
    reading self = {.arena = arena, .out = &made, .known = known, .context = context};
    uint8_t seal[32];
    cu_status st = cu_evidence_verify(path, seal, err);

    if (st != CU_OK)
        return st;
    made.seal = keep_hex(arena, seal, 32);
    st = cu_evidence_open(path, &evidence, err);
    if (st == CU_OK)
        st = read_facts(evidence, arena, &made, err);
    if (st == CU_OK)
        st = cu_evidence_each_match(evidence, take_match, &self, err);
    if (st == CU_OK)
        st = cu_evidence_each_item(evidence, take_item, &self, err);
    if (st == CU_OK)
        *out = made;
    return st;
}

/* ---- keeping ---- */

static const cu_field evidence_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_RECORD("examination", "examination", "the examination"),
    CU_HAS_TEXT("name", "of the file; never used as a path"),
    CU_HAS_TEXT("seal", "SHA-256 by which it was taken in"),
    CU_HAS_TEXT("source_sha256", "of the device"),
    CU_HAS_NUMBER("source_bytes", "of the device"),
    CU_HAS_NUMBER("allocated", "items"),
    CU_HAS_NUMBER("deleted", "items"),
    CU_HAS_NUMBER("orphan", "items"),
    CU_HAS_NUMBER("carved", "items"),
    CU_HAS_NUMBER("member", "items"),
    CU_HAS_NUMBER("not_examined", "items"),
    CU_HAS_NUMBER("findings", "what could not be read"),
    CU_HAS_NUMBER("exact", "matches"),
    CU_HAS_NUMBER("near", "matches"),
    CU_HAS_NUMBER("named", "files that a referral names"),
};

const cu_thing cu_thing_evidence = {.name = "evidence",
                                    .says =
                                        "evidence files that were taken in, and their counts",
                                    .prefix = "EV",
                                    .states = "attached",
                                    CU_FIELDS(evidence_fields),
                                    .indexed = "case exhibit examination",
                                    .unique = "examination seal",
                                    .read = CU_RIGHT_READ};

static cu_status add_evidence(cu_act *act, const cu_attachment *from, cu_record **out)
{
    const struct {
        const char *field;
        int64_t number;
    } numbers[] = {{"source_bytes", from->bytes},
                   {"allocated", from->allocated},
                   {"deleted", from->deleted},
                   {"orphan", from->orphan},
                   {"carved", from->carved},
                   {"member", from->member},
                   {"not_examined", from->not_examined},
                   {"findings", from->findings},
                   {"exact", from->exact},
                   {"near", from->near},
                   {"named", (int64_t)from->named_count}};

    cu_record *const record = cu_act_new(act, "evidence", "attached");
    cu_status st = CU_OK;

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "case", cu_record_text(act->record, "case"));
    cu_record_set(record, "exhibit", cu_record_text(act->record, "exhibit"));
    cu_record_set(record, "examination", act->record->ref);
    cu_record_set(record, "name", from->name);
    cu_record_set(record, "seal", from->seal);
    cu_record_set(record, "source_sha256", from->source);
    for (size_t i = 0; i < CU_COUNT_OF(numbers); i++)
        cu_record_set_number(record, numbers[i].field, numbers[i].number);
    st = cu_act_add(act, record);
    *out = record;
    if (st == CU_EEXISTS)
        return cu_act_refuse(act, "E6", "the file with seal %.16s… is attached already",
                             from->seal);
    return st;
}

static cu_status link_named(cu_act *act, const cu_attachment *from, const char *exhibit,
                            size_t *linked)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < from->named_count; i++) {
        const size_t n = strlen(from->named[i]);
        const char *const kind = n == 32 ? "md5" : n == 40 ? "sha1" : "sha256";

        st = cu_link_by_value(act, cu_act_format(act, "exhibit:%s", exhibit), kind,
                              from->named[i], linked);
    }
    return st;
}

/* The exhibit that the file says it is of, where it says so, is the one of the examination. */
static cu_status check_exhibit(cu_act *act, const cu_attachment *from)
{
    cu_record *exhibit = NULL;
    const cu_status st =
        cu_act_load(act, "exhibit", cu_record_text(act->record, "exhibit"), &exhibit);

    if (st != CU_OK)
        return st;
    if (from->exhibit != NULL && from->exhibit[0] != '\0' &&
        !cu_record_is(exhibit, "mark", from->exhibit) &&
        strcmp(exhibit->ref, from->exhibit) != 0)
        return cu_act_refuse(act, "E6", "the file says that it is of exhibit %.40s, not of %s",
                             from->exhibit, cu_record_text(exhibit, "mark"));
    return CU_OK;
}

cu_status cu_examination_attach(cu_act *act)
{
    const cu_attachment *const from = act->extra;
    const char *const exhibit = cu_record_text(act->record, "exhibit");
    cu_record *evidence = NULL;
    size_t referrals = 0;
    size_t exhibits = 0;
    cu_json json = {.out = &act->outcome->more, .comma = true};
    cu_status st = CU_OK;

    if (from == NULL)
        return cu_act_refuse(act, "E6", "no evidence file was read");
    if (!cu_record_is(act->record, "examiner", act->officer.ref))
        return cu_act_refuse(act, "E6", "%s examines it",
                             cu_record_text(act->record, "examiner"));
    st = check_exhibit(act, from);
    if (st == CU_OK)
        st = add_evidence(act, from, &evidence);
    for (size_t i = 0; st == CU_OK && i < from->match_count; i++)
        st = cu_media_take_match(act, exhibit, evidence->ref, &from->matches[i], &exhibits);
    if (st == CU_OK)
        st = link_named(act, from, exhibit, &referrals);
    if (st == CU_OK && referrals > 0)
        st = cu_task_raise(
            act, cu_record_text(act->record, "case"), cu_act_format(act, "exhibit:%s", exhibit),
            cu_act_format(act, "the exhibit holds what %zu links name", referrals), 0);
    if (st == CU_OK)
        st = cu_material_add(act, cu_record_text(act->record, "case"),
                             cu_act_format(act, "Evidence file of exhibit %s, sealed %.16s…",
                                           exhibit, from->seal),
                             evidence->ref);
    cu_json_text(&json, "evidence", evidence == NULL ? NULL : evidence->ref);
    cu_json_text(&json, "seal", from->seal);
    cu_json_uint(&json, "matches", from->match_count);
    cu_json_uint(&json, "links_to_referrals", referrals);
    cu_json_uint(&json, "links_to_exhibits", exhibits);
    return st;
}
