/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VICS JSON 1.2, 1.3 and 2.0: hash sets, whose value array holds Media, and cases, which hold
 * Media of their own. Source: the names and quirks that public readers and writers of the
 * format agree on; docs/formats/hashset-sources.md lists them.
 */
#include "hashset/fields.h"
#include "hashset/json.h"

#include <string.h>

typedef struct parsing {
    cu_hashset_builder *builder;
    cu_json_reader json;
    bool named;  /* the name of this Media was there */
    bool known;  /* the key of the model was there */
    bool listed; /* an array of Media or cases was there */
} parsing;

/* Keys of a Media by their length, two of each at most. */
static const struct {
    const char *key;
    cu_hashset_field field;
} media_keys[][2] = {
    [3] = {{"MD5", CU_HASHSET_FIELD_MD5}},
    [4] = {{"SHA1", CU_HASHSET_FIELD_SHA1}},
    [6] = {{"SHA256", CU_HASHSET_FIELD_SHA256}, {"Series", CU_HASHSET_FIELD_SERIES}},
    [7] = {{"MediaID", CU_HASHSET_FIELD_LABEL}},
    [8] = {{"PhotoDNA", CU_HASHSET_FIELD_PHOTODNA}, {"Category", CU_HASHSET_FIELD_CODE}},
    [9] = {{"MediaSize", CU_HASHSET_FIELD_SIZE}},
    [11] = {{"IsSuspected", CU_HASHSET_FIELD_SUSPECTED}},
    [13] = {{"IsDistributed", CU_HASHSET_FIELD_DISTRIBUTED},
            {"SelfGenerated", CU_HASHSET_FIELD_SELF_GENERATED}},
    [16] = {{"VictimIdentified", CU_HASHSET_FIELD_VICTIM_IDENTIFIED},
            {"IsPrecategorized", CU_HASHSET_FIELD_PRECATEGORISED}},
    [18] = {{"OffenderIdentified", CU_HASHSET_FIELD_OFFENDER_IDENTIFIED}},
    [23] = {{"PrecategorizationSource", CU_HASHSET_FIELD_SOURCE}},
};

/* Of n bytes each; as it is asked of every key, without a call. */
static bool same_bytes(const uint8_t *a, const char *b, size_t n)
{
    size_t at = 0;

    for (; n - at >= 8; at += 8) {
        uint64_t left = 0;
        uint64_t right = 0;

        memcpy(&left, a + at, sizeof left);
        memcpy(&right, b + at, sizeof right);
        if (left != right)
            return false;
    }
    while (at < n && a[at] == (uint8_t)b[at])
        at++;
    return at == n;
}

static cu_hashset_field media_field(cu_bytes key)
{
    if (key.n >= CU_COUNT_OF(media_keys))
        return CU_HASHSET_FIELD_NONE;
    for (size_t i = 0; i < CU_COUNT_OF(media_keys[0]); i++) {
        const char *const known = media_keys[key.n][i].key;

        if (known != NULL && same_bytes(key.p, known, key.n))
            return media_keys[key.n][i].field;
    }
    return CU_HASHSET_FIELD_NONE;
}

/* Hands over the string, number, true or false that was just read; null says nothing. */
static cu_status put(parsing *self, cu_hashset_field field, cu_json_token token, cu_err *err)
{
    static const cu_bytes yes = {(const uint8_t *)"true", 4};
    static const cu_bytes no = {(const uint8_t *)"false", 5};
    uint8_t room[4096];

    if (token == CU_JSON_TRUE || token == CU_JSON_FALSE)
        return cu_hashset_builder_put(self->builder, field, token == CU_JSON_TRUE ? yes : no,
                                      err);
    if (token != CU_JSON_STRING && token != CU_JSON_NUMBER)
        return CU_OK;
    if (!self->json.escaped)
        return cu_hashset_builder_put(self->builder, field, self->json.raw, err);
    return cu_hashset_builder_put_copy(self->builder, field,
                                       cu_json_text_of(&self->json, room, sizeof room), err);
}

/* ---- inside a Media ---- */

/* An object of an array inside a Media: a MediaFile, an Exif, another hash. */
typedef struct found_hash {
    cu_hashset_field hash; /* as HashName says */
    cu_bytes value;        /* of HashValue: in the source, or where copied is true in room */
    bool copied;
    uint8_t room[1024];
} found_hash;

typedef enum part_key { PART_OTHER, PART_FILE_NAME, PART_HASH_NAME, PART_HASH_VALUE } part_key;

static part_key part_key_of(cu_bytes key)
{
    return cu_json_is(key, "FileName")    ? PART_FILE_NAME
           : cu_json_is(key, "HashName")  ? PART_HASH_NAME
           : cu_json_is(key, "HashValue") ? PART_HASH_VALUE
                                          : PART_OTHER;
}

static cu_status take_string(parsing *self, part_key key, found_hash *found, cu_err *err)
{
    const cu_json_reader *const json = &self->json;
    uint8_t room[64];

    switch (key) {
    case PART_FILE_NAME: /* the first of a Media */
        if (self->named)
            return CU_OK;
        self->named = json->raw.n > 0;
        return put(self, CU_HASHSET_FIELD_NAME, CU_JSON_STRING, err);
    case PART_HASH_NAME:
        found->hash = cu_hashset_field_named(cu_json_text_of(json, room, sizeof room));
        return CU_OK;
    case PART_HASH_VALUE:
        found->value = cu_json_text_of(json, found->room, sizeof found->room);
        found->copied = json->escaped;
        return CU_OK;
    default:
        return CU_OK;
    }
}

static cu_status put_hash(parsing *self, const found_hash *found, cu_err *err)
{
    if (found->hash < CU_HASHSET_FIELD_MD5 || found->hash > CU_HASHSET_FIELD_PHOTODNA)
        return CU_OK;
    return found->copied
               ? cu_hashset_builder_put_copy(self->builder, found->hash, found->value, err)
               : cu_hashset_builder_put(self->builder, found->hash, found->value, err);
}

/* The arrays of other hashes have no one name, so the keys inside say what it is. */
static cu_status read_part(parsing *self, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    found_hash found;
    cu_json_member member;
    cu_status st = cu_json_next_member(json, &member, err);

    found.hash = CU_HASHSET_FIELD_NONE;
    found.value = (cu_bytes){NULL, 0};
    found.copied = false;
    while (st == CU_OK && member.token != CU_JSON_CLOSE_OBJECT) {
        st = member.token == CU_JSON_STRING
                 ? take_string(self, part_key_of(member.key), &found, err)
                 : cu_json_skip(json, member.token, err);
        if (st == CU_OK)
            st = cu_json_next_member(json, &member, err);
    }
    return st == CU_OK ? put_hash(self, &found, err) : st;
}

/* An array inside a Media, whose first bracket was read. */
static cu_status read_parts(parsing *self, cu_err *err)
{
    cu_json_token token = CU_JSON_END;
    cu_status st = cu_json_next(&self->json, &token, err);

    while (st == CU_OK && token != CU_JSON_CLOSE_ARRAY) {
        st = token == CU_JSON_OPEN_OBJECT ? read_part(self, err)
                                          : cu_json_skip(&self->json, token, err);
        if (st == CU_OK)
            st = cu_json_next(&self->json, &token, err);
    }
    return st;
}

/* A member of a Media. */
static cu_status read_media_member(parsing *self, const cu_json_member *member, cu_err *err)
{
    const cu_hashset_field field = media_field(member->key);

    if (member->token == CU_JSON_OPEN_ARRAY)
        return read_parts(self, err);
    if (member->token == CU_JSON_OPEN_OBJECT)
        return cu_json_skip(&self->json, member->token, err);
    return field == CU_HASHSET_FIELD_NONE ? CU_OK : put(self, field, member->token, err);
}

/* ---- Media and cases ---- */

static cu_status read_list(parsing *self, cu_json_token token, bool of_case, cu_err *err);

/*
 * An object of the list, whose first brace was read: a Media, or a case, which has a list of
 * Media of its own and is no record itself.
 */
static cu_status read_object(parsing *self, bool of_case, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_json_member member;
    bool is_case = false;
    cu_status st = cu_hashset_builder_start(self->builder, json->at, err);

    self->named = false;
    if (st == CU_OK)
        st = cu_json_next_member(json, &member, err);

    while (st == CU_OK && member.token != CU_JSON_CLOSE_OBJECT) {
        if (!of_case && cu_json_is(member.key, "Media")) {
            is_case = true;
            st = read_list(self, member.token, true, err);
        } else {
            st = read_media_member(self, &member, err);
        }
        if (st == CU_OK)
            st = cu_json_next_member(json, &member, err);
    }
    if (st == CU_OK && !is_case)
        st = cu_hashset_builder_end(self->builder, err);
    if (st == CU_OK)
        st = cu_hashset_builder_reach(self->builder, json->at, err);
    return st;
}

/* The value of "value" or "Media", whose first token was read: an array of objects, or null. */
static cu_status read_list(parsing *self, cu_json_token token, bool of_case, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_status st = CU_OK;

    if (token == CU_JSON_NULL)
        return CU_OK;
    if (token != CU_JSON_OPEN_ARRAY)
        return cu_hashset_broken(json->source, json->at, "an array of Media", err);
    self->listed = true;
    st = cu_json_next(json, &token, err);
    while (st == CU_OK && token != CU_JSON_CLOSE_ARRAY) {
        if (token != CU_JSON_OPEN_OBJECT)
            return cu_hashset_broken(json->source, json->at, "a Media object", err);
        st = read_object(self, of_case, err);
        if (st == CU_OK)
            st = cu_json_next(json, &token, err);
    }
    return st;
}

static cu_status read_top(parsing *self, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_json_member member;
    cu_json_token token = CU_JSON_END;
    cu_status st = cu_json_next(json, &token, err);

    if (st == CU_OK && token != CU_JSON_OPEN_OBJECT)
        return cu_hashset_broken(json->source, json->at, "{, with which VICS begins", err);
    if (st == CU_OK)
        st = cu_json_next_member(json, &member, err);
    while (st == CU_OK && member.token != CU_JSON_CLOSE_OBJECT) {
        const bool value = cu_json_is(member.key, "value");

        if (value || cu_json_is(member.key, "Media")) {
            st = read_list(self, member.token, !value, err);
        } else {
            if (cu_json_is(member.key, "odata.metadata") ||
                cu_json_is(member.key, "@odata.context"))
                self->known = true;
            st = cu_json_skip(json, member.token, err);
        }
        if (st == CU_OK)
            st = cu_json_next_member(json, &member, err);
    }
    return st == CU_OK ? cu_json_next(json, &token, err) : st;
}

static cu_status read_vics(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    parsing self = {.builder = builder, .json = cu_json_reader_over(source)};
    const cu_status st = read_top(&self, err);

    if (st != CU_OK)
        return st;
    if (!self.known)
        return cu_hashset_broken(source, 0, "the key \"@odata.context\" of VICS", err);
    return self.listed ? CU_OK
                       : cu_hashset_broken(source, source->bytes.n,
                                           "the array \"value\" before the end", err);
}

const cu_hashset_format cu_hashset_format_vics = {
    .name = "vics",
    .what = "Project VIC and CAID JSON 1.2, 1.3 and 2.0",
    .read = read_vics,
    .alert_only = true,
};
