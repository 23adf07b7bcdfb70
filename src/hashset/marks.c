/* SPDX-License-Identifier: Apache-2.0 */
/* Eight bytes at a time in plain C, and which marker runs here. */
#include "hashset/marks.h"

#include <endian.h>
#include <string.h>

/* Each byte of eight the same. */
#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is zero; no byte's sum reaches the next. */
static uint64_t are_zero(uint64_t bytes)
{
    return ~(((bytes & ALL(0x7f)) + ALL(0x7f)) | bytes) & ALL(0x80);
}

/* Bit n: the byte n of eight is marked. */
static uint64_t marks_of(const uint8_t *p)
{
    uint64_t bytes = 0;

    memcpy(&bytes, p, sizeof bytes);
    bytes = le64toh(bytes);

    const uint64_t found =
        are_zero(bytes & ALL(0xe0)) | are_zero(bytes ^ ALL('"')) | are_zero(bytes ^ ALL('\\'));

    /* The top bits side by side, as they add up in the highest byte of the product. */
    return (found >> 7) * UINT64_C(0x0102040810204080) >> 56;
}

void cu_json_mark_plain(const uint8_t *p, size_t words, uint64_t *out)
{
    for (size_t word = 0; word < words; word++, p += 64) {
        out[word] = 0;
        for (size_t i = 0; i < 64; i += 8)
            out[word] |= marks_of(p + i) << i;
    }
}

cu_json_marker *cu_json_marker_best(void)
{
#ifdef CU_HASHSET_VECTORS
    if (__builtin_cpu_supports("avx2") != 0)
        return cu_json_mark_avx2;
#endif
    return cu_json_mark_plain;
}
