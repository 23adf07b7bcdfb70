/* SPDX-License-Identifier: Apache-2.0 */
/* Views, cursors and buffers. */
#include "base/bytes.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cu_bytes cu_bytes_slice(cu_bytes view, size_t start, size_t n)
{
    if (start >= view.n)
        return (cu_bytes){0};

    const size_t left = view.n - start;

    return (cu_bytes){view.p + start, n < left ? n : left};
}

bool cu_bytes_starts(cu_bytes view, const void *prefix, size_t n)
{
    return view.n >= n && memcmp(view.p, prefix, n) == 0;
}

bool cu_bytes_equal(cu_bytes a, cu_bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

cu_cursor cu_cursor_over(cu_bytes view)
{
    return (cu_cursor){.view = view};
}

size_t cu_cursor_left(const cu_cursor *cursor)
{
    return cursor->bad ? 0 : cursor->view.n - cursor->at;
}

/* The next n (at most 8) bytes as a number, the first byte lowest. */
static uint64_t take_le(cu_cursor *cursor, size_t n)
{
    const cu_bytes taken = cu_cursor_take(cursor, n);
    uint64_t value = 0;

    for (size_t i = taken.n; i > 0; i--)
        value = value << 8 | taken.p[i - 1];
    return value;
}

static uint64_t take_be(cu_cursor *cursor, size_t n)
{
    const cu_bytes taken = cu_cursor_take(cursor, n);
    uint64_t value = 0;

    for (size_t i = 0; i < taken.n; i++)
        value = value << 8 | taken.p[i];
    return value;
}

uint16_t cu_cursor_u16le(cu_cursor *cursor)
{
    return (uint16_t)take_le(cursor, 2);
}

uint32_t cu_cursor_u32le(cu_cursor *cursor)
{
    return (uint32_t)take_le(cursor, 4);
}

uint64_t cu_cursor_u64le(cu_cursor *cursor)
{
    return take_le(cursor, 8);
}

uint16_t cu_cursor_u16be(cu_cursor *cursor)
{
    return (uint16_t)take_be(cursor, 2);
}

uint32_t cu_cursor_u32be(cu_cursor *cursor)
{
    return (uint32_t)take_be(cursor, 4);
}

uint64_t cu_cursor_u64be(cu_cursor *cursor)
{
    return take_be(cursor, 8);
}

void cu_buffer_free(cu_buffer *buffer)
{
    free(buffer->p);
    *buffer = (cu_buffer){.ceiling = buffer->ceiling};
}

void cu_buffer_wipe(cu_buffer *buffer)
{
    if (buffer->room > 0)
        explicit_bzero(buffer->p, buffer->room);
    cu_buffer_free(buffer);
}

void cu_buffer_empty(cu_buffer *buffer)
{
    buffer->n = 0;
    buffer->bad = CU_OK;
}

static bool turn_bad(cu_buffer *buffer, cu_status why)
{
    buffer->bad = why;
    return false;
}

bool cu_buffer_reserve(cu_buffer *buffer, size_t n)
{
    size_t needed = 0;

    if (buffer->bad != CU_OK)
        return false;

    const bool wraps = __builtin_add_overflow(buffer->n, n, &needed);

    if (buffer->ceiling != 0 && (wraps || needed > buffer->ceiling))
        return turn_bad(buffer, CU_ELIMIT);
    if (wraps)
        return turn_bad(buffer, CU_ENOMEM);
    if (needed <= buffer->room)
        return true;

    size_t room = buffer->room < 128 ? 256 : buffer->room + buffer->room / 2;

    if (room < needed)
        room = needed;

    uint8_t *const p = realloc(buffer->p, room);

    if (p == NULL)
        return turn_bad(buffer, CU_ENOMEM);
    buffer->p = p;
    buffer->room = room;
    return true;
}

void cu_buffer_append(cu_buffer *buffer, const void *bytes, size_t n)
{
    if (n == 0 || !cu_buffer_reserve(buffer, n))
        return;
    memcpy(buffer->p + buffer->n, bytes, n);
    buffer->n += n;
}

static void append_le(cu_buffer *buffer, uint64_t value, size_t n)
{
    uint8_t bytes[8];

    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    cu_buffer_append(buffer, bytes, n);
}

void cu_buffer_u16le(cu_buffer *buffer, uint16_t value)
{
    append_le(buffer, value, 2);
}

void cu_buffer_u32le(cu_buffer *buffer, uint32_t value)
{
    append_le(buffer, value, 4);
}

void cu_buffer_u64le(cu_buffer *buffer, uint64_t value)
{
    append_le(buffer, value, 8);
}

void cu_buffer_format(cu_buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        buffer->bad = CU_ENOMEM;
        return;
    }
    if (!cu_buffer_reserve(buffer, (size_t)length + 1))
        return;
    va_start(arguments, format);
    (void)vsnprintf((char *)buffer->p + buffer->n, (size_t)length + 1, format, arguments);
    va_end(arguments);
    buffer->n += (size_t)length;
}

cu_status cu_buffer_check(const cu_buffer *buffer, cu_err *err)
{
    if (buffer->bad == CU_OK)
        return CU_OK;
    if (buffer->bad == CU_ELIMIT)
        return cu_fail(err, CU_ELIMIT, "more than %zu bytes", buffer->ceiling);
    return cu_fail(err, CU_ENOMEM, "out of memory");
}

void cu_hex_encode(cu_bytes view, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < view.n; i++) {
        out[2 * i] = digits[view.p[i] >> 4];
        out[2 * i + 1] = digits[view.p[i] & 15];
    }
    out[2 * view.n] = '\0';
}

/* One more than what the digit says; 0 is no digit. A hash set has thousands of millions. */
static const uint8_t digits_plus_one[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['A'] = 11,
    ['b'] = 12, ['B'] = 12, ['c'] = 13, ['C'] = 13, ['d'] = 14, ['D'] = 14,
    ['e'] = 15, ['E'] = 15, ['f'] = 16, ['F'] = 16};

int cu_hex_digit(uint8_t digit)
{
    return digits_plus_one[digit] - 1;
}

/* Each byte of eight the same. */
#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

enum { eight = 8 };

static uint64_t load_eight(const uint8_t *p)
{
    uint64_t bytes = 0;

    memcpy(&bytes, p, sizeof bytes);
    return le64toh(bytes);
}

/* The top bit of each byte that is a digit. The sums stay below 256: nothing is carried. */
static uint64_t are_digits(uint64_t text)
{
    const uint64_t low = text & ALL(0x7f);
    const uint64_t small = low | ALL(0x20);
    const uint64_t decimal = (low + ALL(0x80 - '0')) & ~(low + ALL(0x80 - '9' - 1));
    const uint64_t letter = (small + ALL(0x80 - 'a')) & ~(small + ALL(0x80 - 'f' - 1));

    return (decimal | letter) & ~text & ALL(0x80);
}

/* Four bytes from eight digits: a letter's low bits are 1 to 6, and bit 6 is set. */
static void decode_eight(uint64_t text, uint8_t out[4])
{
    const uint64_t nibbles = (text & ALL(0x0f)) + (text >> 6 & ALL(1)) * 9;
    const uint64_t bytes = (nibbles << 4 | nibbles >> 8) & UINT64_C(0x00ff00ff00ff00ff);
    const uint64_t halves = (bytes | bytes >> 8) & UINT64_C(0x0000ffff0000ffff);
    const uint32_t all = htole32((uint32_t)(halves | halves >> 16));

    memcpy(out, &all, sizeof all);
}

bool cu_hex_decode(const char *text, size_t length, uint8_t *out, size_t n)
{
    const uint8_t *const p = (const uint8_t *)text;
    const size_t whole = length - length % eight;
    uint64_t good = ALL(0x80);

    if (length % 2 != 0 || length / 2 != n)
        return false;
    for (size_t i = 0; i < whole; i += eight)
        good &= are_digits(load_eight(p + i));
    for (size_t i = whole; i < length; i++)
        good &= digits_plus_one[p[i]] != 0 ? ALL(0x80) : 0;
    if (good != ALL(0x80))
        return false;
    for (size_t i = 0; i < whole; i += eight)
        decode_eight(load_eight(p + i), out + i / 2);
    for (size_t i = whole; i < length; i += 2)
        out[i / 2] =
            (uint8_t)((digits_plus_one[p[i]] - 1U) << 4 | (digits_plus_one[p[i + 1]] - 1U));
    return true;
}
