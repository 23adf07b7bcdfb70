/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes from outside: a view, a cursor that cannot leave it, and a buffer that grows to a
 * ceiling. */
#ifndef CU_BASE_BYTES_H
#define CU_BASE_BYTES_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view. p may be NULL where n is 0. */
typedef struct cu_bytes {
    const uint8_t *p;
    size_t n;
} cu_bytes;

/* The n bytes of view from start, cut to what is there. */
cu_bytes cu_bytes_slice(cu_bytes view, size_t start, size_t n);

/* True where view begins with the n bytes at prefix. */
bool cu_bytes_starts(cu_bytes view, const void *prefix, size_t n);

bool cu_bytes_equal(cu_bytes a, cu_bytes b);

/*
 * Reads a view from its start. The first step past the end sets bad, which stays set; from then
 * on every number is 0 and every view is empty. Read the whole record, then ask once.
 */
typedef struct cu_cursor {
    cu_bytes view;
    size_t at;
    bool bad;
} cu_cursor;

cu_cursor cu_cursor_over(cu_bytes view);
size_t cu_cursor_left(const cu_cursor *cursor);

/* Inline, as the next and cu_buffer_u8: records of millions are read and written by them. */
static inline cu_bytes cu_cursor_take(cu_cursor *cursor, size_t n)
{
    if (cursor->bad || n > cursor->view.n - cursor->at) {
        cursor->bad = true;
        return (cu_bytes){0};
    }

    const cu_bytes taken = {cursor->view.p + cursor->at, n};

    cursor->at += n;
    return taken;
}

static inline uint8_t cu_cursor_u8(cu_cursor *cursor)
{
    const cu_bytes taken = cu_cursor_take(cursor, 1);

    return taken.n == 0 ? 0 : taken.p[0];
}

uint16_t cu_cursor_u16le(cu_cursor *cursor);
uint32_t cu_cursor_u32le(cu_cursor *cursor);
uint64_t cu_cursor_u64le(cu_cursor *cursor);
uint16_t cu_cursor_u16be(cu_cursor *cursor);
uint32_t cu_cursor_u32be(cu_cursor *cursor);
uint64_t cu_cursor_u64be(cu_cursor *cursor);

/*
 * A growing run of bytes. Zero it to start; give it a ceiling where what goes in comes from
 * evidence. The first append that fails sets bad and leaves the bytes as they were; later ones
 * do nothing, so a writer may append at will and ask once.
 */
typedef struct cu_buffer {
    uint8_t *p;
    size_t n;
    size_t room;
    size_t ceiling; /* bytes; 0 is no ceiling */
    cu_status bad;  /* CU_OK; CU_ELIMIT: over the ceiling; CU_ENOMEM: out of memory */
} cu_buffer;

void cu_buffer_free(cu_buffer *buffer); /* frees the bytes, and leaves an empty buffer */
/* As cu_buffer_free, of bytes that nobody else may see: they are overwritten first. What an
 * append moved is not: reserve room for all of them before the first. */
void cu_buffer_wipe(cu_buffer *buffer);
/* Makes it good and empty for the next use; what is allocated stays. */
void cu_buffer_empty(cu_buffer *buffer);
void cu_buffer_append(cu_buffer *buffer, const void *bytes, size_t n);
void cu_buffer_u16le(cu_buffer *buffer, uint16_t value);
void cu_buffer_u32le(cu_buffer *buffer, uint32_t value);
void cu_buffer_u64le(cu_buffer *buffer, uint64_t value);
void cu_buffer_format(cu_buffer *buffer, const char *format, ...) CU_PRINTF(2, 3);

/* Makes room for n more bytes without adding them; false (and bad) where that cannot be. */
bool cu_buffer_reserve(cu_buffer *buffer, size_t n);

static inline void cu_buffer_u8(cu_buffer *buffer, uint8_t value)
{
    const bool there = buffer->n < buffer->room && buffer->bad == CU_OK && buffer->ceiling == 0;

    if (there || cu_buffer_reserve(buffer, 1))
        buffer->p[buffer->n++] = value;
}

/* What buffer's bad says, with words: CU_ELIMIT names the ceiling. */
cu_status cu_buffer_check(const cu_buffer *buffer, cu_err *err) CU_MUST_CHECK;

static inline cu_bytes cu_buffer_view(const cu_buffer *buffer)
{
    return (cu_bytes){buffer->p, buffer->n};
}

/* Lower-case hexadecimal of view into out, which has room for 2 * view.n + 1 characters. */
void cu_hex_encode(cu_bytes view, char *out);

/* What a hexadecimal digit of either case says, 0 to 15; -1 where it is none. */
int cu_hex_digit(uint8_t digit);

/* Exactly n bytes from 2 * n hexadecimal digits of either case; false, out untouched,
 * otherwise. */
bool cu_hex_decode(const char *text, size_t length, uint8_t *out, size_t n);

#endif
