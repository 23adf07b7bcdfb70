/* SPDX-License-Identifier: Apache-2.0 */
/* Records: written, read, and found by their number. */
#include "hashset/record.h"

#include "hashset/set.h"

#include <string.h>

enum { flag_mask = (1 << cu_hashset_flags) - 1 };

/* The length of a text: 0 empty, 1 as in the record before, else its bytes and 2. */
enum { text_empty = 0, text_same = 1, text_own = 2 };

bool cu_hashset_saying_of(const cu_hashset_row *row, cu_hashset_saying *out)
{
    bool says = row->has_size || (row->said & flag_mask) != 0;

    *out = (cu_hashset_saying){
        .state_us = row->state_us,
        .said = row->said & flag_mask,
        .flags = row->flags & row->said & flag_mask,
        .has_size = row->has_size,
        .size = row->size,
        .texts = {row->label, row->name, row->code, row->series, row->source},
    };
    for (size_t i = 0; i < cu_hashset_texts; i++) {
        if (out->texts[i].n > cu_hashset_text_max)
            out->texts[i].n = cu_hashset_text_max;
        if (out->texts[i].n == 0)
            continue;
        says = true;
        out->has_zero = out->has_zero || memchr(out->texts[i].p, 0, out->texts[i].n) != NULL;
    }
    return says;
}

static uint8_t *put_number(uint8_t *p, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        *p++ = (uint8_t)(value | 128);
    *p++ = (uint8_t)value;
    return p;
}

static uint8_t *put_text(uint8_t *p, cu_bytes text, bool has_zero)
{
    uint8_t *zero = NULL;

    p = put_number(p, text.n + text_own);
    memcpy(p, text.p, text.n);
    /* A zero byte ends a text. */
    while (has_zero && (zero = memchr(p, 0, text.n)) != NULL)
        *zero = '?';
    p[text.n] = 0;
    return p + text.n + 1;
}

void cu_hashset_saying_encode(const cu_hashset_saying *saying, const cu_hashset_saying *before,
                              cu_buffer *out)
{
    enum { number_bytes_max = 10 };

    size_t most = 3 + number_bytes_max;

    for (size_t i = 0; i < cu_hashset_texts; i++)
        most += saying->texts[i].n + number_bytes_max + 1;
    if (!cu_buffer_reserve(out, most))
        return;

    uint8_t *p = out->p + out->n;

    *p++ = (uint8_t)saying->said;
    *p++ = (uint8_t)saying->flags;
    *p++ = saying->has_size;
    if (saying->has_size)
        p = put_number(p, saying->size);
    for (size_t i = 0; i < cu_hashset_texts; i++) {
        const cu_bytes text = saying->texts[i];

        if (text.n == 0)
            *p++ = text_empty;
        else if (before != NULL && cu_bytes_equal(text, before->texts[i]))
            *p++ = text_same;
        else
            p = put_text(p, text, saying->has_zero);
    }
    out->n = (size_t)(p - out->p);
}

static void decode_text(cu_cursor *cursor, cu_bytes *text)
{
    const uint64_t length = cu_hashset_number_decode(cursor);

    if (length == text_same)
        return;
    *text = (cu_bytes){NULL, 0};
    if (length == text_empty)
        return;
    if (length - text_own > cu_hashset_text_max) {
        cursor->bad = true;
        return;
    }

    const cu_bytes own = cu_cursor_take(cursor, length - text_own + 1);

    if (own.n > 0 && own.p[own.n - 1] == 0)
        *text = (cu_bytes){own.p, own.n - 1};
    else
        cursor->bad = true;
}

bool cu_hashset_saying_decode(cu_cursor *cursor, cu_hashset_saying *said)
{
    said->said = cu_cursor_u8(cursor);
    said->flags = cu_cursor_u8(cursor);

    const uint64_t sized = cu_hashset_number_decode(cursor);

    said->has_size = sized == 1;
    said->size = said->has_size ? cu_hashset_number_decode(cursor) : 0;
    for (size_t i = 0; i < cu_hashset_texts; i++)
        decode_text(cursor, &said->texts[i]);
    return !cursor->bad && sized <= 1 && (said->said & ~(unsigned)flag_mask) == 0 &&
           (said->flags & ~said->said) == 0;
}

static const char *text_of(cu_bytes text)
{
    return text.p == NULL ? "" : (const char *)text.p;
}

/* The bytes of the block that holds a record, checked; its records follow each other there. */
static cu_status open_block(const cu_hashset *set, uint64_t block, cu_bytes *out, cu_err *err)
{
    const cu_bytes records = cu_hashset_section_of(set, CU_HASHSET_RECORDS);
    const cu_bytes blocks = cu_hashset_section_of(set, CU_HASHSET_BLOCKS);
    const cu_bytes line = cu_bytes_slice(blocks, block * 8, 16);
    cu_cursor c = cu_cursor_over(line);
    cu_status st = cu_hashset_believe(set, line.p, line.n, err);

    if (st != CU_OK)
        return st;

    const uint64_t start = cu_cursor_u64le(&c);
    const uint64_t end = line.n == 16 ? cu_cursor_u64le(&c) : records.n;

    if (start >= end || end > records.n)
        return cu_fail(err, CU_EFORMAT, "block %llu of the set's records is damaged",
                       (unsigned long long)block);
    *out = cu_bytes_slice(records, start, end - start);
    return cu_hashset_believe(set, out->p, out->n, err);
}

cu_status cu_hashset_record_at(const cu_hashset *set, uint64_t number, cu_hashset_record *out,
                               cu_err *err)
{
    cu_hashset_saying said = {.said = 0};
    cu_bytes block = {NULL, 0};

    if (number > set->header.records)
        return cu_fail(err, CU_EFORMAT, "the set names record %llu, which it does not have",
                       (unsigned long long)number);
    if (number > 0) {
        const cu_status st =
            open_block(set, (number - 1) / cu_hashset_block_records, &block, err);

        if (st != CU_OK)
            return st;

        cu_cursor c = cu_cursor_over(block);
        uint64_t left = (number - 1) % cu_hashset_block_records + 1;

        while (left > 0 && cu_hashset_saying_decode(&c, &said))
            left--;
        if (left > 0)
            return cu_fail(err, CU_EFORMAT, "record %llu of the set is damaged",
                           (unsigned long long)number);
    }
    *out = (cu_hashset_record){
        .number = number,
        .label = text_of(said.texts[0]),
        .name = text_of(said.texts[1]),
        .code = text_of(said.texts[2]),
        .series = text_of(said.texts[3]),
        .source = text_of(said.texts[4]),
        .said = said.said,
        .flags = said.flags,
        .has_size = said.has_size,
        .size = said.size,
    };
    return CU_OK;
}
