/* SPDX-License-Identifier: Apache-2.0 */
/* Sizes and checksums of an index. */
#include "near/layout.h"

#include "base/map.h"

#include <string.h>

static uint64_t padded(uint64_t n)
{
    return (n + cu_near_align - 1) / cu_near_align * cu_near_align;
}

cu_near_layout cu_near_layout_of(uint64_t count)
{
    cu_near_layout self = {
        .count = count,
        .tables = count >= cu_near_few,
        .codes_bytes = padded(count * cu_near_code_bytes),
        .offsets_bytes = padded((cu_near_values + 1) * sizeof(uint32_t)),
        .sketches_bytes = padded(count * sizeof(uint16_t)),
        .ids_bytes = padded(count * sizeof(uint32_t)),
    };

    self.section_bytes =
        cu_near_table_at(&self, self.tables ? cu_near_chunks : 0) + cu_near_trailer_bytes;
    return self;
}

uint64_t cu_near_section_bytes(uint64_t count)
{
    return cu_near_layout_of(count).section_bytes;
}

/* Four sums side by side, so that the processor can take a word of each at once. */
uint64_t cu_near_sum(cu_bytes bytes)
{
    uint64_t sums[4] = {1, 2, 3, 4};
    size_t at = 0;

    for (; bytes.n - at >= sizeof sums; at += sizeof sums) {
        uint64_t words[4];

        memcpy(words, bytes.p + at, sizeof words);
        for (size_t i = 0; i < CU_COUNT_OF(sums); i++) {
            sums[i] = (sums[i] ^ words[i]) * 0x9E3779B97F4A7C15U;
            sums[i] ^= sums[i] >> 29;
        }
    }

    const uint64_t rest = cu_map_hash(bytes.n, cu_bytes_slice(bytes, at, bytes.n - at));

    return cu_map_hash(rest, (cu_bytes){(const uint8_t *)sums, sizeof sums});
}
