/* SPDX-License-Identifier: Apache-2.0 */
/* A byte at a time, a token at a time, a row at a time: how VICS was read before it was read
 * fast. Source: RFC 8259. */
#include "support/slow_vics.h"

#include "base/text.h"
#include "hashset/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { slow_depth_max = 64 };

typedef enum slow_token {
    SLOW_END, /* the file has ended after one whole value */
    SLOW_OPEN_OBJECT,
    SLOW_CLOSE_OBJECT,
    SLOW_OPEN_ARRAY,
    SLOW_CLOSE_ARRAY,
    SLOW_KEY,
    SLOW_STRING,
    SLOW_NUMBER,
    SLOW_TRUE,
    SLOW_FALSE,
    SLOW_NULL,
} slow_token;

typedef struct slow_reader {
    const cu_hashset_source *source;
    uint64_t at; /* offset of the token */
    unsigned depth;
    cu_bytes raw; /* of a key, string or number: what stands in the file, without quotes */
    const uint8_t *start, *p, *end;
    bool escaped;     /* raw has escapes */
    uint64_t objects; /* bit n: level n + 1 is an object and no array */

    enum {
        SLOW_VALUE,
        SLOW_VALUE_OR_CLOSE,
        SLOW_KEY_WANTED,
        SLOW_KEY_OR_CLOSE,
        SLOW_AFTER
    } expect;
} slow_reader;

static slow_reader slow_reader_over(const cu_hashset_source *source)
{
    const cu_bytes file = source->bytes;
    const size_t mark = cu_bytes_starts(file, "\xEF\xBB\xBF", 3) ? 3 : 0;
    const uint8_t *const start = file.n == 0 ? (const uint8_t *)"" : file.p;

    return (slow_reader){
        .source = source, .start = start, .p = start + mark, .end = start + file.n};
}

static cu_status broken(const slow_reader *self, const char *expected, cu_err *err)
{
    char words[80];

    if (self->p == self->end) {
        (void)snprintf(words, sizeof words, "%s, but the file ends", expected);
        expected = words;
    }
    return cu_hashset_broken(self->source, (uint64_t)(self->p - self->start), expected, err);
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The next byte that is no white space, or 0 at the end: a zero byte begins no token. */
static uint8_t skip_space(slow_reader *self)
{
    while (self->p < self->end && is_space(*self->p))
        self->p++;
    return self->p < self->end ? *self->p : 0;
}

/* ---- strings ---- */

static bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

static const uint8_t *plain_run(const uint8_t *p, const uint8_t *end)
{
    while (p < end && is_plain(*p))
        p++;
    return p;
}

static bool is_hex(uint8_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Past one escape, whose backslash is at p. */
static cu_status skip_escape(slow_reader *self, cu_err *err)
{
    static const char simple[] = "\"\\/bfnrt";

    self->p++;
    if (self->p < self->end && memchr(simple, *self->p, sizeof simple - 1) != NULL) {
        self->p++;
        return CU_OK;
    }
    if (self->p == self->end || *self->p != 'u')
        return broken(self, "one of \"\\/bfnrtu after a backslash", err);
    self->p++;
    for (int i = 0; i < 4; i++) {
        if (self->p == self->end || !is_hex(*self->p))
            return broken(self, "four hexadecimal digits after \\u", err);
        self->p++;
    }
    return CU_OK;
}

/* A string whose first quote is at p. */
static cu_status read_string(slow_reader *self, cu_err *err)
{
    const uint8_t *const start = ++self->p;

    self->escaped = false;
    for (;;) {
        self->p = plain_run(self->p, self->end);
        if (self->p == self->end)
            return broken(self, "the end of a string", err);
        if (*self->p == '"')
            break;
        if (*self->p != '\\')
            return broken(self, "no control character in a string", err);

        const cu_status st = skip_escape(self, err);

        if (st != CU_OK)
            return st;
        self->escaped = true;
    }
    self->raw = (cu_bytes){start, (size_t)(self->p - start)};
    self->p++;
    return CU_OK;
}

static uint32_t hex4(const uint8_t *p)
{
    uint32_t value = 0;

    for (int i = 0; i < 4; i++)
        value = value << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return value;
}

/* The character of a \u escape, or of two that make one; took is the bytes that they take. */
static uint32_t unicode_at(const uint8_t *p, size_t left, size_t *took)
{
    const uint32_t c = hex4(p + 2);

    *took = 6;
    if (c < 0xD800 || c >= 0xE000)
        return c;
    if (c < 0xDC00 && left >= 12 && p[6] == '\\' && p[7] == 'u') {
        const uint32_t low = hex4(p + 8);

        if (low >= 0xDC00 && low < 0xE000) {
            *took = 12;
            return 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
        }
    }
    return 0xFFFD;
}

/* One escape at p: its character in UTF-8. */
static size_t decode_escape(const uint8_t *p, size_t left, uint8_t out[4], size_t *took)
{
    static const char from[] = "bfnrt";
    static const char to[] = "\b\f\n\r\t";
    const char *const which = memchr(from, p[1], sizeof from - 1);

    if (p[1] == 'u')
        return cu_text_put_utf8(unicode_at(p, left, took), out);
    *took = 2;
    out[0] = which == NULL ? p[1] : (uint8_t)to[which - from];
    return 1;
}

static cu_bytes slow_unescape(cu_bytes raw, uint8_t *room, size_t n)
{
    size_t made = 0;

    for (size_t i = 0; i < raw.n;) {
        uint8_t character[4] = {raw.p[i]};
        size_t took = 1;
        const size_t bytes =
            raw.p[i] == '\\' ? decode_escape(raw.p + i, raw.n - i, character, &took) : 1;

        if (bytes > n - made)
            break;
        memcpy(room + made, character, bytes);
        made += bytes;
        i += took;
    }
    return (cu_bytes){room, made};
}

/* ---- numbers and words ---- */

static size_t skip_digits(slow_reader *self)
{
    const uint8_t *const start = self->p;

    while (self->p < self->end && *self->p >= '0' && *self->p <= '9')
        self->p++;
    return (size_t)(self->p - start);
}

static bool take(slow_reader *self, uint8_t a, uint8_t b)
{
    if (self->p == self->end || (*self->p != a && *self->p != b))
        return false;
    self->p++;
    return true;
}

static cu_status read_number(slow_reader *self, cu_err *err)
{
    const uint8_t *const start = self->p;

    self->escaped = false;
    (void)take(self, '-', '-');
    if (!take(self, '0', '0') && skip_digits(self) == 0)
        return broken(self, "a digit", err);
    if (take(self, '.', '.') && skip_digits(self) == 0)
        return broken(self, "a digit after the point", err);
    if (take(self, 'e', 'E')) {
        (void)take(self, '+', '-');
        if (skip_digits(self) == 0)
            return broken(self, "a digit of the exponent", err);
    }
    self->raw = (cu_bytes){start, (size_t)(self->p - start)};
    return CU_OK;
}

static cu_status read_word(slow_reader *self, const char *word, cu_err *err)
{
    for (const char *c = word; *c != '\0'; c++) {
        if (self->p == self->end || *self->p != (uint8_t)*c)
            return broken(self, word, err);
        self->p++;
    }
    return CU_OK;
}

/* ---- structure ---- */

static bool in_object(const slow_reader *self)
{
    return self->depth > 0 && (self->objects >> (self->depth - 1) & 1) != 0;
}

static cu_status open_level(slow_reader *self, bool object, cu_err *err)
{
    if (self->depth == slow_depth_max)
        return cu_fail(err, CU_ELIMIT,
                       "\"%.100s\", byte %llu: nested deeper than %d; nothing was imported",
                       self->source->path, (unsigned long long)self->at, slow_depth_max);
    self->objects &= ~(UINT64_C(1) << self->depth);
    self->objects |= (uint64_t)object << self->depth;
    self->depth++;
    self->p++;
    self->expect = object ? SLOW_KEY_OR_CLOSE : SLOW_VALUE_OR_CLOSE;
    return CU_OK;
}

static cu_status close_level(slow_reader *self, slow_token *token)
{
    *token = in_object(self) ? SLOW_CLOSE_OBJECT : SLOW_CLOSE_ARRAY;
    self->depth--;
    self->p++;
    self->expect = SLOW_AFTER;
    return CU_OK;
}

static cu_status read_value(slow_reader *self, uint8_t first, slow_token *token, cu_err *err)
{
    self->expect = SLOW_AFTER;
    switch (first) {
    case '"':
        *token = SLOW_STRING;
        return read_string(self, err);
    case '{':
        *token = SLOW_OPEN_OBJECT;
        return open_level(self, true, err);
    case '[':
        *token = SLOW_OPEN_ARRAY;
        return open_level(self, false, err);
    case 't':
        *token = SLOW_TRUE;
        return read_word(self, "true", err);
    case 'f':
        *token = SLOW_FALSE;
        return read_word(self, "false", err);
    case 'n':
        *token = SLOW_NULL;
        return read_word(self, "null", err);
    default:
        if (first != '-' && (first < '0' || first > '9'))
            return broken(self, "a value", err);
        *token = SLOW_NUMBER;
        return read_number(self, err);
    }
}

/* A key and its colon. */
static cu_status read_key(slow_reader *self, slow_token *token, cu_err *err)
{
    const cu_status st = read_string(self, err);

    if (st != CU_OK)
        return st;
    if (skip_space(self) != ':')
        return broken(self, "a colon after the key", err);
    self->p++;
    self->expect = SLOW_VALUE;
    *token = SLOW_KEY;
    return CU_OK;
}

static cu_status slow_next(slow_reader *reader, slow_token *token, cu_err *err)
{
    uint8_t first = skip_space(reader);

    reader->at = (uint64_t)(reader->p - reader->start);
    if (reader->expect == SLOW_AFTER && reader->depth == 0) {
        *token = SLOW_END;
        return reader->p == reader->end ? CU_OK : broken(reader, "the end of the file", err);
    }

    const bool object = in_object(reader);
    const bool may_close = reader->expect != SLOW_VALUE && reader->expect != SLOW_KEY_WANTED;

    if (may_close && reader->depth > 0 && first == (object ? '}' : ']'))
        return close_level(reader, token);
    if (reader->expect == SLOW_AFTER) {
        if (first != ',')
            return broken(reader, object ? "a comma or }" : "a comma or ]", err);
        reader->p++;
        reader->expect = object ? SLOW_KEY_WANTED : SLOW_VALUE;
        first = skip_space(reader);
        reader->at = (uint64_t)(reader->p - reader->start);
    }
    if (reader->expect == SLOW_VALUE || reader->expect == SLOW_VALUE_OR_CLOSE)
        return read_value(reader, first, token, err);
    if (first != '"')
        return broken(reader, "a key", err);
    return read_key(reader, token, err);
}

static cu_status slow_skip(slow_reader *reader, slow_token token, cu_err *err)
{
    unsigned until = reader->depth;
    cu_status st = CU_OK;

    if (token == SLOW_KEY)
        st = slow_next(reader, &token, err);
    else if (token == SLOW_OPEN_OBJECT || token == SLOW_OPEN_ARRAY)
        until--;
    while (st == CU_OK && reader->depth > until)
        st = slow_next(reader, &token, err);
    return st;
}

static cu_bytes slow_text_of(const slow_reader *reader, uint8_t *room, size_t n)
{
    return reader->escaped ? slow_unescape(reader->raw, room, n) : reader->raw;
}

static bool slow_is(const slow_reader *reader, const char *text)
{
    return reader->raw.n == strlen(text) && memcmp(reader->raw.p, text, strlen(text)) == 0;
}

/* The texts of one Media that have escapes; nearly none has. */
typedef struct rooms {
    uint8_t of[cu_hashset_fields][4096];
    uint8_t hash_name[64];
    uint8_t value[1024];
} rooms;

typedef struct parsing {
    cu_hashset_builder *builder;
    slow_reader json;
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

static cu_hashset_field media_field(const slow_reader *json)
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
static cu_bytes text_of(const slow_reader *json, slow_token token, uint8_t *room, size_t n)
{
    switch (token) {
    case SLOW_STRING:
    case SLOW_NUMBER:
        return slow_text_of(json, room, n);
    case SLOW_TRUE:
        return view_of("true");
    case SLOW_FALSE:
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
    slow_reader *const json = &self->json;
    cu_hashset_field hash = CU_HASHSET_FIELD_NONE;
    cu_bytes value = {0};
    slow_token token = SLOW_END;
    cu_status st = slow_next(json, &token, err);

    while (st == CU_OK && token == SLOW_KEY) {
        const bool is_file = slow_is(json, "FileName");
        const bool is_hash = slow_is(json, "HashName");
        const bool is_value = slow_is(json, "HashValue");

        st = slow_next(json, &token, err);
        if (st == CU_OK && token == SLOW_STRING) {
            if (is_file && self->filling.row.name.n == 0)
                self->filling.row.name =
                    slow_text_of(json, self->rooms->of[CU_HASHSET_FIELD_NAME],
                                 sizeof self->rooms->of[CU_HASHSET_FIELD_NAME]);
            else if (is_hash)
                hash = cu_hashset_field_named(
                    slow_text_of(json, self->rooms->hash_name, sizeof self->rooms->hash_name));
            else if (is_value)
                value = slow_text_of(json, self->rooms->value, sizeof self->rooms->value);
        } else if (st == CU_OK) {
            st = slow_skip(json, token, err);
        }
        if (st == CU_OK)
            st = slow_next(json, &token, err);
    }
    if (st == CU_OK && hash >= CU_HASHSET_FIELD_MD5 && hash <= CU_HASHSET_FIELD_PHOTODNA)
        cu_hashset_filling_put(&self->filling, hash, value);
    return st;
}

/* An array inside a Media, whose first bracket was read. */
static cu_status read_parts(parsing *self, cu_err *err)
{
    slow_token token = SLOW_END;
    cu_status st = slow_next(&self->json, &token, err);

    while (st == CU_OK && token != SLOW_CLOSE_ARRAY) {
        st = token == SLOW_OPEN_OBJECT ? read_part(self, err)
                                       : slow_skip(&self->json, token, err);
        if (st == CU_OK)
            st = slow_next(&self->json, &token, err);
    }
    return st;
}

/* The value of a key of a Media. */
static cu_status read_media_value(parsing *self, cu_hashset_field field, cu_err *err)
{
    slow_token token = SLOW_END;
    const cu_status st = slow_next(&self->json, &token, err);

    if (st != CU_OK)
        return st;
    if (token == SLOW_OPEN_ARRAY)
        return read_parts(self, err);
    if (token == SLOW_OPEN_OBJECT)
        return slow_skip(&self->json, token, err);
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
    slow_reader *const json = &self->json;
    slow_token token = SLOW_END;
    bool is_case = false;

    cu_hashset_filling_start(&self->filling, 0, json->at);

    cu_status st = slow_next(json, &token, err);

    while (st == CU_OK && token == SLOW_KEY) {
        if (!of_case && slow_is(json, "Media")) {
            is_case = true;
            st = read_list(self, true, err);
        } else {
            st = read_media_value(self, media_field(json), err);
        }
        if (st == CU_OK)
            st = slow_next(json, &token, err);
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
    slow_reader *const json = &self->json;
    slow_token token = SLOW_END;
    cu_status st = slow_next(json, &token, err);

    if (st != CU_OK || token == SLOW_NULL)
        return st;
    if (token != SLOW_OPEN_ARRAY)
        return cu_hashset_broken(json->source, json->at, "an array of Media", err);
    self->listed = true;
    st = slow_next(json, &token, err);
    while (st == CU_OK && token != SLOW_CLOSE_ARRAY) {
        if (token != SLOW_OPEN_OBJECT)
            return cu_hashset_broken(json->source, json->at, "a Media object", err);
        st = read_object(self, of_case, err);
        if (st == CU_OK)
            st = slow_next(json, &token, err);
    }
    return st;
}

static cu_status read_top(parsing *self, cu_err *err)
{
    slow_reader *const json = &self->json;
    slow_token token = SLOW_END;
    cu_status st = slow_next(json, &token, err);

    if (st == CU_OK && token != SLOW_OPEN_OBJECT)
        return cu_hashset_broken(json->source, json->at, "{, with which VICS begins", err);
    if (st == CU_OK)
        st = slow_next(json, &token, err);
    while (st == CU_OK && token == SLOW_KEY) {
        const bool value = slow_is(json, "value");

        if (value || slow_is(json, "Media")) {
            st = read_list(self, !value, err);
        } else {
            if (slow_is(json, "odata.metadata") || slow_is(json, "@odata.context"))
                self->known = true;
            st = slow_skip(json, token, err);
        }
        if (st == CU_OK)
            st = slow_next(json, &token, err);
    }
    return st == CU_OK ? slow_next(json, &token, err) : st;
}

cu_status slow_vics_read(cu_hashset_builder *builder, const cu_hashset_source *source,
                         cu_err *err)
{
    parsing self = {.builder = builder, .json = slow_reader_over(source)};

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

static void must_be(bool same)
{
    if (!same)
        abort();
}

void slow_vics_compare(const uint8_t *bytes, size_t n)
{
    const cu_hashset_source source = {.path = "fuzz", .bytes = {bytes, n}};
    cu_hashset_builder fast = {.rows = 0};
    cu_hashset_builder slow = {.rows = 0};
    cu_err fast_err = {0};
    cu_err slow_err = {0};
    const cu_status st = rows_read(&fast, "vics", source.path, source.bytes, &fast_err);

    must_be(slow_vics_read(&slow, &source, &slow_err) == st);
    must_be(strcmp(fast_err.text, slow_err.text) == 0);
    must_be(fast.rows == slow.rows && fast.reached == slow.reached);
    must_be(cu_bytes_equal(cu_buffer_view(&fast.lines), cu_buffer_view(&slow.lines)));
    cu_buffer_free(&fast.lines);
    cu_buffer_free(&slow.lines);
}
