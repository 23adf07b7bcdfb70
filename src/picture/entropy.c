/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of Huffman codes, and the bytes between two markers. */
#include "picture/entropy.h"

enum {
    largest_constant = 11, /* bits of a difference; source: ITU-T T.81 table F.1 */
    largest_other = 10,    /* table F.2 */
    end_of_run = 15,
};

static cu_entropy_code code_of(uint8_t symbol, uint32_t length, bool constant)
{
    const uint32_t run = constant ? 0 : symbol >> 4;
    const uint32_t size = constant ? symbol : symbol & 15;
    uint32_t steps = constant ? 0 : run + 1;

    if (!constant && symbol == 0)
        steps = cu_entropy_end;
    if (!constant && (size > largest_other || (size == 0 && run != 0 && run != end_of_run)))
        return cu_entropy_bad << 8;
    return steps << 8 | length << 16 | size << 24;
}

/* All looks that begin with code, of this length. */
static void fill_looks(cu_entropy_codes *out, uint32_t code, uint32_t length, uint8_t symbol)
{
    const cu_entropy_code found = code_of(symbol, length, out->constant);
    const uint32_t size = found >> 24;
    const uint32_t free_bits = cu_entropy_look - length;
    cu_entropy_meaning *const at = out->fast + (code << free_bits);

    if (found == cu_entropy_bad << 8 || size > free_bits) {
        for (uint32_t k = 0; k < UINT32_C(1) << free_bits; k++)
            at[k] = found;
        return;
    }
    for (uint32_t value = 0; value < UINT32_C(1) << size; value++) {
        const uint32_t beyond = free_bits - size;
        const uint64_t bits = size == 0 ? 0 : (uint64_t)value << (64 - size);
        const cu_entropy_meaning meaning =
            (length + size) | (found & 0xFF00) | (uint32_t)cu_entropy_value(bits, size) << 16;

        for (uint32_t k = 0; k < UINT32_C(1) << beyond; k++)
            at[(value << beyond) + k] = meaning;
    }
}

bool cu_entropy_make(const uint8_t *counts, const uint8_t *symbols, bool constant,
                     cu_entropy_codes *out)
{
    uint32_t code = 0;
    uint32_t taken = 0;

    memset(out->fast, 0, sizeof out->fast);
    out->constant = constant;
    for (uint32_t length = 1; length <= cu_entropy_longest; length++, code <<= 1) {
        const uint32_t count = counts[length];

        if (taken + count > sizeof out->symbols || code + count >= UINT32_C(1) << length)
            return false;
        out->first[length] = (int32_t)taken - (int32_t)code;
        for (uint32_t i = 0; i < count; i++, code++, taken++) {
            if (constant && symbols[taken] > largest_constant)
                return false;
            out->symbols[taken] = symbols[taken];
            if (length <= cu_entropy_look)
                fill_looks(out, code, length, symbols[taken]);
        }
        out->past[length] = count > 0 ? code : 0;
    }
    return taken > 0;
}

cu_entropy_code cu_entropy_long(const cu_entropy_codes *codes, uint64_t held)
{
    for (uint32_t length = cu_entropy_look + 1; length <= cu_entropy_longest; length++) {
        const uint32_t code = (uint32_t)(held >> (64 - length));

        if (code < codes->past[length])
            return code_of(codes->symbols[(int32_t)code + codes->first[length]], length,
                           codes->constant);
    }
    return cu_entropy_bad << 8;
}

void cu_entropy_begin(cu_entropy_reader *self, const uint8_t *from, const uint8_t *from_end)
{
    self->held = 0;
    self->count = 0;
    self->next = self->end = self->window;
    self->whole = false;
    self->from = from;
    self->from_end = from_end;
    cu_entropy_fill(self);
}

/* The byte at from; false at a marker and at the end. */
static bool take_byte(cu_entropy_reader *self)
{
    if (self->from == self->from_end)
        return false;
    if (*self->from != 0xFF) {
        *self->end++ = *self->from++;
        return true;
    }
    if (self->from_end - self->from < 2 || self->from[1] != 0)
        return false;
    *self->end++ = 0xFF;
    self->from += 2;
    return true;
}

/* Words without FF, and the bytes of one before its FF. */
static void take_words(cu_entropy_reader *self, const uint8_t *room_end)
{
    static const uint64_t ones = UINT64_C(0x0101010101010101);

    while (room_end - self->end >= 8 && self->from_end - self->from >= 8) {
        uint64_t word = 0;

        memcpy(&word, self->from, sizeof word);

        /* A high bit where a byte is FF; above the first, one may stand for none. */
        const uint64_t marks = (~word - ones) & word & (ones << 7);
        const int clean = marks == 0 ? 8 : __builtin_ctzll(marks) >> 3;

        memcpy(self->end, &word, sizeof word);
        self->end += clean;
        self->from += clean;
        if (clean < 8 && !take_byte(self))
            return;
    }
}

void cu_entropy_fill(cu_entropy_reader *self)
{
    const size_t left = (size_t)(self->end - self->next);
    const uint8_t *const room_end = self->window + cu_entropy_window;

    memmove(self->window, self->next, left);
    self->next = self->window;
    self->end = self->window + left;
    take_words(self, room_end);
    while (self->end < room_end && !self->whole)
        self->whole = !take_byte(self);
    if (self->whole)
        memset(self->end, 0, cu_entropy_slack);
}

bool cu_entropy_at(const cu_entropy_reader *self, uint8_t marker)
{
    const ptrdiff_t left = cu_entropy_left(self);

    return self->whole && left >= 0 && left < 8 && self->from_end - self->from >= 2 &&
           self->from[0] == 0xFF && self->from[1] == marker;
}
