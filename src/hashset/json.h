/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON of any size token by token, in constant memory. Private to hashset/. */
#ifndef CU_HASHSET_JSON_H
#define CU_HASHSET_JSON_H

#include "hashset/builder.h"
#include "hashset/marks.h"

#include <string.h>

enum { cu_json_depth_max = 64, cu_json_mark_words = 64 };

typedef enum cu_json_token {
    CU_JSON_END, /* the file has ended after one whole value */
    CU_JSON_OPEN_OBJECT,
    CU_JSON_CLOSE_OBJECT,
    CU_JSON_OPEN_ARRAY,
    CU_JSON_CLOSE_ARRAY,
    CU_JSON_KEY,
    CU_JSON_STRING,
    CU_JSON_NUMBER,
    CU_JSON_TRUE,
    CU_JSON_FALSE,
    CU_JSON_NULL,
} cu_json_token;

/*
 * Made by cu_json_reader_over. Checks the whole grammar of RFC 8259: commas, colons, escapes,
 * numbers, control characters, nesting; but not that strings are UTF-8: a name with a byte that
 * is none is no reason to lose ten million records.
 */
typedef struct cu_json_reader {
    const cu_hashset_source *source;
    uint64_t at; /* offset of the token */
    unsigned depth;
    cu_bytes raw; /* of a key, string or number: what stands in the file, without quotes */

    /* ---- */
    const uint8_t *start, *p, *end;
    bool escaped; /* raw has escapes */
    /* Bit n: the byte n after marked ends a run of plain characters of a string: a quote, a
     * backslash, a control character, the end of the file. */
    cu_json_marker *marker;
    const uint8_t *marked;
    uint64_t marks[cu_json_mark_words];
    uint64_t objects; /* bit n: level n + 1 is an object and no array */

    enum {
        CU_JSON_VALUE,
        CU_JSON_VALUE_OR_CLOSE,
        CU_JSON_KEY_WANTED,
        CU_JSON_KEY_OR_CLOSE,
        CU_JSON_AFTER
    } expect;
} cu_json_reader;

/* A reader of the source from its first byte, past a byte order mark. */
cu_json_reader cu_json_reader_over(const cu_hashset_source *source);

/*
 * The next token; after a failure or CU_JSON_END it is not asked again.
 *
 * CU_EFORMAT  no JSON; err names the offset and what was expected.
 * CU_ELIMIT   nested deeper than cu_json_depth_max.
 */
cu_status cu_json_next(cu_json_reader *reader, cu_json_token *token, cu_err *err) CU_MUST_CHECK;

/* A key of an object, and the first token of its value, which is as if just read. */
typedef struct cu_json_member {
    cu_bytes key; /* without quotes, as it stands in the file */
    cu_json_token token;
} cu_json_member;

/*
 * In an object, after its brace or after a value that was read to its end: the next member, or
 * CU_JSON_CLOSE_OBJECT as its token. Answers as two calls of cu_json_next do, in less time.
 */
cu_status cu_json_next_member(cu_json_reader *reader, cu_json_member *out,
                              cu_err *err) CU_MUST_CHECK;

/* Goes past the rest of the value whose first token was just read; of a key, past its value. */
cu_status cu_json_skip(cu_json_reader *reader, cu_json_token token, cu_err *err) CU_MUST_CHECK;

/* raw with its escapes undone, into room, to whose end it is cut. */
cu_bytes cu_json_unescape(cu_bytes raw, uint8_t *room, size_t n);

/*
 * The text of the key, string or number just read, its escapes undone (a lone surrogate becomes
 * U+FFFD): a view of the source, or of room, to whose end it is cut.
 */
static inline cu_bytes cu_json_text_of(const cu_json_reader *reader, uint8_t *room, size_t n)
{
    return reader->escaped ? cu_json_unescape(reader->raw, room, n) : reader->raw;
}

/* True where key is exactly this text, written without escapes as every writer does. Inline, so
 * that the length of a constant costs nothing: it is asked of every key. */
static inline bool cu_json_is(cu_bytes key, const char *text)
{
    return key.n == strlen(text) && memcmp(key.p, text, strlen(text)) == 0;
}

#endif
