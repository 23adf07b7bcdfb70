/* SPDX-License-Identifier: Apache-2.0 */
/* One token at a time. Source: RFC 8259. */
#include "hashset/json.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

static cu_status broken(const cu_json_reader *self, const char *expected, cu_err *err)
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
static uint8_t skip_space(cu_json_reader *self)
{
    while (self->p < self->end && is_space(*self->p))
        self->p++;
    return self->p < self->end ? *self->p : 0;
}

/* ---- strings ---- */

/* Marks the bytes from p on, as many as there are words for; past the end all is marked. */
static void mark(cu_json_reader *self, const uint8_t *p)
{
    const size_t left = (size_t)(self->end - p);
    const size_t whole = left / 64 < cu_json_mark_words ? left / 64 : cu_json_mark_words;
    uint8_t last[64] = {0};

    self->marked = p;
    self->marker(p, whole, self->marks);
    if (whole == cu_json_mark_words)
        return;
    memset(self->marks + whole, 0xff, (cu_json_mark_words - whole) * sizeof *self->marks);
    if (left % 64 > 0)
        memcpy(last, p + whole * 64, left % 64);
    self->marker(last, 1, self->marks + whole);
}

/* The first byte from p on that is a quote, a backslash, a control character or the end. */
static const uint8_t *plain_run(cu_json_reader *self, const uint8_t *p)
{
    for (;;) {
        size_t at = (size_t)(p - self->marked);

        if (at >= (size_t)(cu_json_mark_words - 1) * 64) {
            mark(self, p);
            at = 0;
        }

        const uint64_t *const words = self->marks + at / 64;
        const uint64_t found = words[0] >> at % 64 | words[1] << 1 << (63 - at % 64);

        if (found != 0)
            return p + __builtin_ctzll(found);
        p += 64;
    }
}

/* Past one escape, whose backslash is at p. */
static cu_status skip_escape(cu_json_reader *self, cu_err *err)
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
        if (self->p == self->end || cu_hex_digit(*self->p) < 0)
            return broken(self, "four hexadecimal digits after \\u", err);
        self->p++;
    }
    return CU_OK;
}

/* A string whose first quote is at p. */
static cu_status read_string(cu_json_reader *self, cu_err *err)
{
    const uint8_t *const start = ++self->p;

    self->escaped = false;
    for (;;) {
        self->p = plain_run(self, self->p);
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
        value = value << 4 | (uint32_t)cu_hex_digit(p[i]);
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

cu_bytes cu_json_unescape(cu_bytes raw, uint8_t *room, size_t n)
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

static size_t skip_digits(cu_json_reader *self)
{
    const uint8_t *const start = self->p;

    while (self->p < self->end && *self->p >= '0' && *self->p <= '9')
        self->p++;
    return (size_t)(self->p - start);
}

static bool take(cu_json_reader *self, uint8_t a, uint8_t b)
{
    if (self->p == self->end || (*self->p != a && *self->p != b))
        return false;
    self->p++;
    return true;
}

static cu_status read_number(cu_json_reader *self, cu_err *err)
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

static cu_status read_word(cu_json_reader *self, const char *word, cu_err *err)
{
    for (const char *c = word; *c != '\0'; c++) {
        if (self->p == self->end || *self->p != (uint8_t)*c)
            return broken(self, word, err);
        self->p++;
    }
    return CU_OK;
}

/* ---- structure ---- */

static bool in_object(const cu_json_reader *self)
{
    return self->depth > 0 && (self->objects >> (self->depth - 1) & 1) != 0;
}

static cu_status open_level(cu_json_reader *self, bool object, cu_err *err)
{
    if (self->depth == cu_json_depth_max)
        return cu_fail(err, CU_ELIMIT,
                       "\"%.100s\", byte %llu: nested deeper than %d; nothing was imported",
                       self->source->path, (unsigned long long)self->at, cu_json_depth_max);
    self->objects &= ~(UINT64_C(1) << self->depth);
    self->objects |= (uint64_t)object << self->depth;
    self->depth++;
    self->p++;
    self->expect = object ? CU_JSON_KEY_OR_CLOSE : CU_JSON_VALUE_OR_CLOSE;
    return CU_OK;
}

static cu_status close_level(cu_json_reader *self, cu_json_token *token)
{
    *token = in_object(self) ? CU_JSON_CLOSE_OBJECT : CU_JSON_CLOSE_ARRAY;
    self->depth--;
    self->p++;
    self->expect = CU_JSON_AFTER;
    return CU_OK;
}

static cu_status read_value(cu_json_reader *self, uint8_t first, cu_json_token *token,
                            cu_err *err)
{
    self->expect = CU_JSON_AFTER;
    switch (first) {
    case '"':
        *token = CU_JSON_STRING;
        return read_string(self, err);
    case '{':
        *token = CU_JSON_OPEN_OBJECT;
        return open_level(self, true, err);
    case '[':
        *token = CU_JSON_OPEN_ARRAY;
        return open_level(self, false, err);
    case 't':
        *token = CU_JSON_TRUE;
        return read_word(self, "true", err);
    case 'f':
        *token = CU_JSON_FALSE;
        return read_word(self, "false", err);
    case 'n':
        *token = CU_JSON_NULL;
        return read_word(self, "null", err);
    default:
        if (first != '-' && (first < '0' || first > '9'))
            return broken(self, "a value", err);
        *token = CU_JSON_NUMBER;
        return read_number(self, err);
    }
}

/* A key and its colon. */
static cu_status read_key(cu_json_reader *self, cu_json_token *token, cu_err *err)
{
    const cu_status st = read_string(self, err);

    if (st != CU_OK)
        return st;
    if (skip_space(self) != ':')
        return broken(self, "a colon after the key", err);
    self->p++;
    self->expect = CU_JSON_VALUE;
    *token = CU_JSON_KEY;
    return CU_OK;
}

cu_json_reader cu_json_reader_over(const cu_hashset_source *source)
{
    const cu_bytes file = source->bytes;
    const size_t skip = cu_bytes_starts(file, "\xEF\xBB\xBF", 3) ? 3 : 0;
    const uint8_t *const start = file.n == 0 ? (const uint8_t *)"" : file.p;

    cu_json_reader reader = {.source = source,
                             .start = start,
                             .p = start + skip,
                             .end = start + file.n,
                             .marker = cu_json_marker_best()};

    mark(&reader, reader.p);
    return reader;
}

cu_status cu_json_next(cu_json_reader *reader, cu_json_token *token, cu_err *err)
{
    uint8_t first = skip_space(reader);

    reader->at = (uint64_t)(reader->p - reader->start);
    if (reader->expect == CU_JSON_AFTER && reader->depth == 0) {
        *token = CU_JSON_END;
        return reader->p == reader->end ? CU_OK : broken(reader, "the end of the file", err);
    }

    const bool object = in_object(reader);
    const bool may_close =
        reader->expect != CU_JSON_VALUE && reader->expect != CU_JSON_KEY_WANTED;

    if (may_close && reader->depth > 0 && first == (object ? '}' : ']'))
        return close_level(reader, token);
    if (reader->expect == CU_JSON_AFTER) {
        if (first != ',')
            return broken(reader, object ? "a comma or }" : "a comma or ]", err);
        reader->p++;
        reader->expect = object ? CU_JSON_KEY_WANTED : CU_JSON_VALUE;
        first = skip_space(reader);
        reader->at = (uint64_t)(reader->p - reader->start);
    }
    if (reader->expect == CU_JSON_VALUE || reader->expect == CU_JSON_VALUE_OR_CLOSE)
        return read_value(reader, first, token, err);
    if (first != '"')
        return broken(reader, "a key", err);
    return read_key(reader, token, err);
}

/* ---- members, the quick way ---- */

static const uint8_t *past_space(const uint8_t *p, const uint8_t *end)
{
    if (p<end && * p> ' ')
        return p; /* nearly always */
    while (p < end && is_space(*p))
        p++;
    return p;
}

/* Past a string without escapes whose first quote is at p; NULL: it is none. */
static const uint8_t *quick_string(cu_json_reader *self, const uint8_t *p, cu_bytes *raw)
{
    const uint8_t *const stop = plain_run(self, p + 1);

    if (stop == self->end || *stop != '"')
        return NULL;
    *raw = (cu_bytes){p + 1, (size_t)(stop - p) - 1};
    return stop + 1;
}

/* Past a number of digits alone, which does not begin with zero. */
static const uint8_t *quick_number(const cu_json_reader *self, const uint8_t *p, cu_bytes *raw)
{
    const uint8_t *const start = p;

    while (p < self->end && *p >= '0' && *p <= '9')
        p++;
    if (p == start || *start == '0' || p == self->end || *p == '.' || (*p | 0x20) == 'e')
        return NULL;
    *raw = (cu_bytes){start, (size_t)(p - start)};
    return p;
}

static const uint8_t *quick_word(const cu_json_reader *self, const uint8_t *p, const char *word)
{
    const size_t n = strlen(word);

    return (size_t)(self->end - p) > n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

static const uint8_t *quick_value(cu_json_reader *self, const uint8_t *p, cu_json_token *token)
{
    switch (*p) {
    case '"':
        *token = CU_JSON_STRING;
        return quick_string(self, p, &self->raw);
    case 't':
        *token = CU_JSON_TRUE;
        return quick_word(self, p, "true");
    case 'f':
        *token = CU_JSON_FALSE;
        return quick_word(self, p, "false");
    default:
        *token = CU_JSON_NUMBER;
        return quick_number(self, p, &self->raw);
    }
}

/* The quote of the next key; NULL where none follows. */
static const uint8_t *quick_key(const cu_json_reader *self)
{
    const uint8_t *p = past_space(self->p, self->end);

    if (self->expect == CU_JSON_AFTER) {
        if (p == self->end || *p != ',')
            return NULL;
        p = past_space(p + 1, self->end);
    }
    return p < self->end && *p == '"' ? p : NULL;
}

/* False, and the reader where it was, where anything is out of the ordinary. */
static bool quick_member(cu_json_reader *self, cu_json_member *out)
{
    const uint8_t *p = quick_key(self);

    if (p != NULL)
        p = quick_string(self, p, &out->key);
    if (p == NULL)
        return false;
    p = past_space(p, self->end);
    if (p == self->end || *p != ':')
        return false;
    p = past_space(p + 1, self->end);
    if (p == self->end)
        return false;
    self->at = (uint64_t)(p - self->start);
    p = quick_value(self, p, &out->token);
    if (p == NULL)
        return false;
    self->escaped = false;
    self->expect = CU_JSON_AFTER;
    self->p = p;
    return true;
}

cu_status cu_json_next_member(cu_json_reader *reader, cu_json_member *out, cu_err *err)
{
    if (quick_member(reader, out))
        return CU_OK;

    const cu_status st = cu_json_next(reader, &out->token, err);

    if (st != CU_OK || out->token != CU_JSON_KEY)
        return st;
    out->key = reader->raw;
    return cu_json_next(reader, &out->token, err);
}

cu_status cu_json_skip(cu_json_reader *reader, cu_json_token token, cu_err *err)
{
    unsigned until = reader->depth;
    cu_status st = CU_OK;

    if (token == CU_JSON_KEY)
        st = cu_json_next(reader, &token, err);
    else if (token == CU_JSON_OPEN_OBJECT || token == CU_JSON_OPEN_ARRAY)
        until--;
    while (st == CU_OK && reader->depth > until)
        st = cu_json_next(reader, &token, err);
    return st;
}
