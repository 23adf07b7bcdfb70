/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VICS JSON 1.2, 1.3 and 2.0: hash sets, whose value array holds Media, and cases, which hold
 * Media of their own. Source: the names and quirks that public readers and writers of the
 * format agree on; docs/formats/hashset-sources.md lists them.
 */
#include "hashset/fields.h"
#include "hashset/json.h"

#include <stdlib.h>
#include <string.h>

/* The texts of one Media that have escapes; nearly none has. */
typedef struct rooms {
    uint8_t of[cu_hashset_fields][4096];
    uint8_t hash_name[64];
    uint8_t value[1024];
} rooms;

typedef struct parsing {
    cu_hashset_builder *builder;
    cu_json_reader json;
    cu_hashset_filling filling;
    bool known;  /* the key of the model was there */
    bool listed; /* an array of Media or cases was there */
    rooms *rooms;
} parsing;

#define KEY(text) .key = (text), .n = sizeof(text) - 1

static const struct {
    const char *key;
    size_t n;
    cu_hashset_field field;
} media_keys[] = {
    {KEY("MD5"), CU_HASHSET_FIELD_MD5},
    {KEY("SHA1"), CU_HASHSET_FIELD_SHA1},
    {KEY("SHA256"), CU_HASHSET_FIELD_SHA256},
    {KEY("PhotoDNA"), CU_HASHSET_FIELD_PHOTODNA},
    {KEY("MediaID"), CU_HASHSET_FIELD_LABEL},
    {KEY("Category"), CU_HASHSET_FIELD_CODE},
    {KEY("MediaSize"), CU_HASHSET_FIELD_SIZE},
    {KEY("Series"), CU_HASHSET_FIELD_SERIES},
    {KEY("PrecategorizationSource"), CU_HASHSET_FIELD_SOURCE},
    {KEY("VictimIdentified"), CU_HASHSET_FIELD_VICTIM_IDENTIFIED},
    {KEY("OffenderIdentified"), CU_HASHSET_FIELD_OFFENDER_IDENTIFIED},
    {KEY("IsDistributed"), CU_HASHSET_FIELD_DISTRIBUTED},
    {KEY("IsSuspected"), CU_HASHSET_FIELD_SUSPECTED},
    {KEY("SelfGenerated"), CU_HASHSET_FIELD_SELF_GENERATED},
    {KEY("IsPrecategorized"), CU_HASHSET_FIELD_PRECATEGORISED},
};

static cu_hashset_field media_field(const cu_json_reader *json)
{
    for (size_t i = 0; i < CU_COUNT_OF(media_keys); i++) {
        if (json->raw.n == media_keys[i].n && json->raw.p[0] == media_keys[i].key[0] &&
            memcmp(json->raw.p, media_keys[i].key, media_keys[i].n) == 0)
            return media_keys[i].field;
    }
    return CU_HASHSET_FIELD_NONE;
}

static cu_bytes view_of(const char *text)
{
    return (cu_bytes){(const uint8_t *)text, strlen(text)};
}

/* Of a string, number, true or false; null says nothing. */
static cu_bytes text_of(const cu_json_reader *json, cu_json_token token, uint8_t *room,
                        size_t n)
{
    switch (token) {
    case CU_JSON_STRING:
    case CU_JSON_NUMBER:
        return cu_json_text_of(json, room, n);
    case CU_JSON_TRUE:
        return view_of("true");
    case CU_JSON_FALSE:
        return view_of("false");
    default:
        return (cu_bytes){0};
    }
}

/* ---- inside a Media ---- */

/*
 * An object of an array inside a Media: a MediaFile, an Exif, another hash. The arrays of other
 * hashes have no one name, so the keys inside say what it is.
 */
static cu_status read_part(parsing *self, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_hashset_field hash = CU_HASHSET_FIELD_NONE;
    cu_bytes value = {0};
    cu_json_token token = CU_JSON_END;
    cu_status st = cu_json_next(json, &token, err);

    while (st == CU_OK && token == CU_JSON_KEY) {
        const bool is_file = cu_json_is(json, "FileName");
        const bool is_hash = cu_json_is(json, "HashName");
        const bool is_value = cu_json_is(json, "HashValue");

        st = cu_json_next(json, &token, err);
        if (st == CU_OK && token == CU_JSON_STRING) {
            if (is_file && self->filling.row.name.n == 0)
                self->filling.row.name =
                    cu_json_text_of(json, self->rooms->of[CU_HASHSET_FIELD_NAME],
                                    sizeof self->rooms->of[CU_HASHSET_FIELD_NAME]);
            else if (is_hash)
                hash = cu_hashset_field_named(cu_json_text_of(json, self->rooms->hash_name,
                                                              sizeof self->rooms->hash_name));
            else if (is_value)
                value = cu_json_text_of(json, self->rooms->value, sizeof self->rooms->value);
        } else if (st == CU_OK) {
            st = cu_json_skip(json, token, err);
        }
        if (st == CU_OK)
            st = cu_json_next(json, &token, err);
    }
    if (st == CU_OK && hash >= CU_HASHSET_FIELD_MD5 && hash <= CU_HASHSET_FIELD_PHOTODNA)
        cu_hashset_filling_put(&self->filling, hash, value);
    return st;
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

/* The value of a key of a Media. */
static cu_status read_media_value(parsing *self, cu_hashset_field field, cu_err *err)
{
    cu_json_token token = CU_JSON_END;
    const cu_status st = cu_json_next(&self->json, &token, err);

    if (st != CU_OK)
        return st;
    if (token == CU_JSON_OPEN_ARRAY)
        return read_parts(self, err);
    if (token == CU_JSON_OPEN_OBJECT)
        return cu_json_skip(&self->json, token, err);
    if (field != CU_HASHSET_FIELD_NONE)
        cu_hashset_filling_put(
            &self->filling, field,
            text_of(&self->json, token, self->rooms->of[field], sizeof self->rooms->of[field]));
    return CU_OK;
}

/* ---- Media and cases ---- */

static cu_status read_list(parsing *self, bool of_case, cu_err *err);

/*
 * An object of the list, whose first brace was read: a Media, or a case, which has a list of
 * Media of its own and is no record itself.
 */
static cu_status read_object(parsing *self, bool of_case, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_json_token token = CU_JSON_END;
    bool is_case = false;

    cu_hashset_filling_start(&self->filling, 0, json->at);

    cu_status st = cu_json_next(json, &token, err);

    while (st == CU_OK && token == CU_JSON_KEY) {
        if (!of_case && cu_json_is(json, "Media")) {
            is_case = true;
            st = read_list(self, true, err);
        } else {
            st = read_media_value(self, media_field(json), err);
        }
        if (st == CU_OK)
            st = cu_json_next(json, &token, err);
    }
    if (st == CU_OK && !is_case)
        st = cu_hashset_builder_add(self->builder, &self->filling.row, err);
    if (st == CU_OK)
        st = cu_hashset_builder_reach(self->builder, json->at, err);
    return st;
}

/* The value of "value" or "Media": an array of objects, or null. */
static cu_status read_list(parsing *self, bool of_case, cu_err *err)
{
    cu_json_reader *const json = &self->json;
    cu_json_token token = CU_JSON_END;
    cu_status st = cu_json_next(json, &token, err);

    if (st != CU_OK || token == CU_JSON_NULL)
        return st;
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
    cu_json_token token = CU_JSON_END;
    cu_status st = cu_json_next(json, &token, err);

    if (st == CU_OK && token != CU_JSON_OPEN_OBJECT)
        return cu_hashset_broken(json->source, json->at, "{, with which VICS begins", err);
    if (st == CU_OK)
        st = cu_json_next(json, &token, err);
    while (st == CU_OK && token == CU_JSON_KEY) {
        const bool value = cu_json_is(json, "value");

        if (value || cu_json_is(json, "Media")) {
            st = read_list(self, !value, err);
        } else {
            if (cu_json_is(json, "odata.metadata") || cu_json_is(json, "@odata.context"))
                self->known = true;
            st = cu_json_skip(json, token, err);
        }
        if (st == CU_OK)
            st = cu_json_next(json, &token, err);
    }
    return st == CU_OK ? cu_json_next(json, &token, err) : st;
}

static cu_status read_vics(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    parsing self = {.builder = builder, .json = cu_json_reader_over(source)};

    self.rooms = malloc(sizeof *self.rooms);
    if (self.rooms == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const cu_status st = read_top(&self, err);

    free(self.rooms);
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
