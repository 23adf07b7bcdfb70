/* SPDX-License-Identifier: Apache-2.0 */
/* Huffman codes of a baseline JPEG, many bits at a time. Private to picture/. */
#ifndef CU_PICTURE_ENTROPY_H
#define CU_PICTURE_ENTROPY_H

#include "base/bytes.h"

#include <string.h>

enum {
    cu_entropy_look = 10,     /* bits of a code that one look tells */
    cu_entropy_longest = 16,  /* bits of a code */
    cu_entropy_end = 128,     /* steps: the block's other coefficients are zero */
    cu_entropy_bad = 64,      /* steps: no such code, or one that no baseline file has */
    cu_entropy_places = 192,  /* that a step can lead to: 62 + 128 is the last */
    cu_entropy_window = 8192, /* bytes */
    cu_entropy_group = 2048,  /* more than the codes of one group of blocks: 6 * 64 * 26 bits */
    cu_entropy_slack = cu_entropy_group + 16, /* zeros behind the last byte */
};

/*
 * What the next bits mean, in the bytes of one number, lowest first: bits of code and value
 * (0: one look did not tell, and the rest is as cu_entropy_code); steps along the block; in
 * two bytes, the value.
 */
typedef uint32_t cu_entropy_meaning;

/* A code without its value: 0; steps; bits of the code; bits of the value. 0: a longer code. */
typedef uint32_t cu_entropy_code;

typedef struct cu_entropy_codes {
    cu_entropy_meaning fast[1 << cu_entropy_look]; /* by the next bits */
    uint32_t past[cu_entropy_longest + 1];         /* by length: one more than the last code */
    int32_t first[cu_entropy_longest + 1]; /* by length: from a code to its symbol's place */
    uint8_t symbols[256];
    bool constant; /* differences of the constant part: a symbol is a size alone */
} cu_entropy_codes;

/*
 * From counts[1] to counts[16] codes by length, and their symbols. False where they are no
 * codes, or none. Source: ITU-T T.81 section C.2; no code is all ones, as in jdhuff.c.
 */
bool cu_entropy_make(const uint8_t *counts, const uint8_t *symbols, bool constant,
                     cu_entropy_codes *out);

/* A code that is longer than one look; held has it at its top. */
cu_entropy_code cu_entropy_long(const cu_entropy_codes *codes, uint64_t held);

/* ---- bytes: without the zeros behind FF ---- */

/* A part of the scan up to its next marker. */
typedef struct cu_entropy_reader {
    uint64_t held;       /* the next bits, from the top */
    uint32_t count;      /* of them, as far as they count */
    const uint8_t *next; /* the byte behind them, in the window */
    uint8_t *end;        /* of the window's bytes */
    bool whole;          /* the window's end is the part's end */
    const uint8_t *from; /* in the file; where whole, its marker or its end */
    const uint8_t *from_end;
    uint8_t window[cu_entropy_window + cu_entropy_slack];
} cu_entropy_reader;

/* Begins with the part at from. */
void cu_entropy_begin(cu_entropy_reader *self, const uint8_t *from, const uint8_t *from_end);

/* Moves what is left to the front and fills the window. */
void cu_entropy_fill(cu_entropy_reader *self);

/* Bits that are left of the window; below 0: more were taken than there are. */
static inline ptrdiff_t cu_entropy_left(const cu_entropy_reader *self)
{
    return (self->end - self->next) * 8 + (ptrdiff_t)self->count;
}

/* Enough for one group of blocks, or all that there is, with zeros behind it. */
static inline void cu_entropy_ensure(cu_entropy_reader *self)
{
    if (self->end - self->next < cu_entropy_group && !self->whole)
        cu_entropy_fill(self);
}

/* True where all of the part was taken and marker follows it. */
bool cu_entropy_at(const cu_entropy_reader *self, uint8_t marker);

/* ---- one block ---- */

/* Where the coefficient of each step goes, and what it is multiplied by. */
typedef struct cu_entropy_place {
    uint16_t index;
    uint16_t factor;
} cu_entropy_place;

/* The bits while a block is taken: in registers. */
typedef struct cu_entropy_bits {
    uint64_t held;
    uint32_t count;
    const uint8_t *next;
} cu_entropy_bits;

/* At least 56 bits. */
static inline void cu_entropy_refill(cu_entropy_bits *self)
{
    uint64_t bytes = 0;

    memcpy(&bytes, self->next, sizeof bytes);
    self->held |= __builtin_bswap64(bytes) >> self->count;
    self->next += (63 - self->count) >> 3;
    self->count |= 56;
}

/* The value of size bits at the top of bits. Source: ITU-T T.81 section F.1.2.1. */
static inline int32_t cu_entropy_value(uint64_t bits, uint32_t size)
{
    const uint64_t negative = (uint64_t)((int64_t)~bits >> 63);

    /* In two steps, for a size of 0. */
    return (int32_t)(((bits ^ negative) >> 1 >> (63 - size) ^ negative) - negative);
}

static inline cu_entropy_meaning cu_entropy_slow(const cu_entropy_codes *codes, uint64_t held,
                                                 cu_entropy_code code)
{
    if (code == 0)
        code = cu_entropy_long(codes, held);

    const uint32_t length = code >> 16 & 0xFF;
    const uint32_t size = code >> 24;

    return (length + size) | (code & 0xFF00) |
           (uint32_t)cu_entropy_value(held << length, size) << 16;
}

static inline cu_entropy_meaning cu_entropy_look_at(const cu_entropy_codes *codes,
                                                    uint64_t held)
{
    return codes->fast[held >> (64 - cu_entropy_look)];
}

static inline cu_entropy_meaning cu_entropy_look_up(const cu_entropy_codes *codes,
                                                    uint64_t held)
{
    const cu_entropy_meaning found = cu_entropy_look_at(codes, held);

    return __builtin_expect((found & 0xFF) != 0, 1) ? found
                                                    : cu_entropy_slow(codes, held, found);
}

static inline uint32_t cu_entropy_steps(cu_entropy_meaning meaning)
{
    return meaning >> 8 & 0xFF;
}

static inline void cu_entropy_drop(cu_entropy_bits *self, cu_entropy_meaning meaning)
{
    self->held <<= meaning & 63; /* all of its low byte: it is 26 at most */
    self->count -= meaning & 0xFF;
}

#endif
