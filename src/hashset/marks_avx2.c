/* SPDX-License-Identifier: Apache-2.0 */
/* Thirty-two bytes at a time. */
#include "hashset/marks.h"

#include <immintrin.h>

static uint32_t marks_of(const uint8_t *p)
{
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(const void *)p);
    const __m256i quotes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    const __m256i backslashes = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
    /* The larger of a byte and 1F is 1F: as if unsigned, which no comparison is. */
    const __m256i last = _mm256_set1_epi8(0x1f);
    const __m256i controls = _mm256_cmpeq_epi8(_mm256_max_epu8(bytes, last), last);

    return (uint32_t)_mm256_movemask_epi8(
        _mm256_or_si256(_mm256_or_si256(quotes, backslashes), controls));
}

void cu_json_mark_avx2(const uint8_t *p, size_t words, uint64_t *out)
{
    for (size_t word = 0; word < words; word++, p += 64)
        out[word] = marks_of(p) | (uint64_t)marks_of(p + 32) << 32;
}
