/* SPDX-License-Identifier: Apache-2.0 */
/* The loops without vectors: what the others must equal. */
#include "near/kernel.h"

#include "near/layout.h"

#include <string.h>

static bool runs_here(void)
{
    return true;
}

/* Bits set, without an instruction for it. Source: the usual sums of neighbours. */
static unsigned bits_of(uint64_t x)
{
    x -= x >> 1 & 0x5555555555555555U;
    x = (x & 0x3333333333333333U) + (x >> 2 & 0x3333333333333333U);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0FU;
    return (unsigned)(x * 0x0101010101010101U >> 56);
}

static bool filter(const cu_near_span *spans, size_t n, cu_near_survivors *out)
{
    for (size_t s = 0; s < n; s++) {
        const cu_near_span *const span = &spans[s];

        if (s + 8 < n)
            cu_near_ask(&spans[s + 8]);
        for (uint32_t i = 0; i < span->count; i++) {
            const unsigned differ = cu_near_u16(span->sketches + 2 * (size_t)i) ^ span->wanted;

            if (bits_of(differ) > span->limit)
                continue;
            if (out->n >= out->room)
                return false;
            out->p[out->n++] = (cu_near_survivor){.span = (uint32_t)s, .entry = i};
        }
    }
    return true;
}

static size_t scan(const uint8_t *codes, size_t n, const uint8_t *query, unsigned radius,
                   uint16_t *out)
{
    uint64_t wanted[4];
    size_t found = 0;

    memcpy(wanted, query, sizeof wanted);
    for (size_t i = 0; i < n; i++) {
        uint64_t code[4];
        unsigned distance = 0;

        memcpy(code, codes + i * cu_near_code_bytes, sizeof code);
        for (size_t w = 0; w < CU_COUNT_OF(code); w++)
            distance += bits_of(code[w] ^ wanted[w]);
        out[found] = (uint16_t)i;
        found += distance <= radius;
    }
    return found;
}

const cu_near_kernel cu_near_plain = {
    .name = "plain",
    .runs_here = runs_here,
    .filter = filter,
    .scan = scan,
};
