/* SPDX-License-Identifier: Apache-2.0 */
/* The loops in vectors. Compiled once for each width: 512 bits where CU_NEAR_WIDE is defined.
 */
#include "near/kernel.h"

#include <immintrin.h>
#include <string.h>

enum { ahead = 8 /* spans that are on their way from memory */ };

static inline void keep(cu_near_survivors *out, size_t span, size_t from, uint32_t hits)
{
    while (hits != 0) {
        out->p[out->n++] = (cu_near_survivor){
            .span = (uint32_t)span, .entry = (uint32_t)from + (uint32_t)__builtin_ctz(hits)};
        hits &= hits - 1;
    }
}

/* One code, by the processor's own count of bits. */
static inline unsigned distance_of(const uint8_t *code, const uint64_t wanted[4])
{
    uint64_t words[4];
    unsigned distance = 0;

    memcpy(words, code, sizeof words);
    for (size_t w = 0; w < CU_COUNT_OF(words); w++)
        distance += (unsigned)__builtin_popcountll(words[w] ^ wanted[w]);
    return distance;
}

#ifdef CU_NEAR_WIDE
enum { lanes = 32 };

/* A bit for each of the lanes entries at p (n of them at most) that is within its limit. */
static inline uint32_t within(const uint8_t *p, size_t n, __m512i wanted, __m512i limit)
{
    const __mmask32 there = n >= lanes ? UINT32_MAX : (1U << n) - 1;
    const __m512i differ = _mm512_xor_si512(_mm512_maskz_loadu_epi16(there, p), wanted);

    return _mm512_mask_cmple_epu16_mask(there, _mm512_popcnt_epi16(differ), limit);
}

static bool filter_span(const cu_near_span *span, size_t number, cu_near_survivors *out)
{
    const __m512i wanted = _mm512_set1_epi16((short)span->wanted);
    const __m512i limit = _mm512_set1_epi16((short)span->limit);

    for (size_t i = 0; i < span->count; i += lanes) {
        const uint32_t hits = within(span->sketches + 2 * i, span->count - i, wanted, limit);

        if (hits == 0)
            continue;
        if (out->room - out->n < lanes)
            return false;
        keep(out, number, i, hits);
    }
    return true;
}

/* The distances of eight codes, in the order 0 2 1 3 4 6 5 7. */
static inline __m512i distances_of(const uint8_t *codes, __m512i wanted)
{
    __m512i counts[4]; /* of the words of two codes each */

    for (size_t i = 0; i < CU_COUNT_OF(counts); i++)
        counts[i] =
            _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(codes + 64 * i), wanted));

    const __m512i low = _mm512_add_epi64(_mm512_unpacklo_epi64(counts[0], counts[1]),
                                         _mm512_unpackhi_epi64(counts[0], counts[1]));
    const __m512i high = _mm512_add_epi64(_mm512_unpacklo_epi64(counts[2], counts[3]),
                                          _mm512_unpackhi_epi64(counts[2], counts[3]));

    return _mm512_add_epi64(_mm512_shuffle_i64x2(low, high, 0x88),
                            _mm512_shuffle_i64x2(low, high, 0xDD));
}

static size_t scan(const uint8_t *codes, size_t n, const uint8_t *query, unsigned radius,
                   uint16_t *out)
{
    static const uint8_t lane_of[8] = {0, 2, 1, 3, 4, 6, 5, 7};
    uint64_t wanted[4];
    size_t found = 0;
    size_t i = 0;

    memcpy(wanted, query, sizeof wanted);

    const __m512i both = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i_u *)query));
    const __m512i limit = _mm512_set1_epi64(radius);

    for (; i + 8 <= n; i += 8) {
        const __m512i distances = distances_of(codes + i * cu_near_code_bytes, both);
        const unsigned hits = _mm512_cmple_epu64_mask(distances, limit);

        for (size_t k = 0; hits != 0 && k < 8; k++) {
            out[found] = (uint16_t)(i + k);
            found += hits >> lane_of[k] & 1;
        }
    }
    for (; i < n; i++) {
        out[found] = (uint16_t)i;
        found += distance_of(codes + i * cu_near_code_bytes, wanted) <= radius;
    }
    return found;
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512bitalg") != 0 &&
           __builtin_cpu_supports("avx512vpopcntdq") != 0 &&
           __builtin_cpu_supports("popcnt") != 0;
}

#else
enum { lanes = 16 };

/* As above. Reads whole vectors: what follows the sketches in the section is as long as one. */
static inline uint32_t within(const uint8_t *p, size_t n, __m256i wanted, __m256i limit)
{
    const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0,
                                            1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(15);
    const __m256i differ = _mm256_xor_si256(_mm256_loadu_si256((const __m256i_u *)p), wanted);
    const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(differ, nibble));
    const __m256i high =
        _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(differ, 4), nibble));
    const __m256i bits = _mm256_maddubs_epi16(_mm256_add_epi8(low, high), _mm256_set1_epi8(1));
    const __m256i beyond = _mm256_cmpgt_epi16(bits, limit);
    const __m256i packed = _mm256_packs_epi16(beyond, _mm256_setzero_si256());
    const unsigned mask = (unsigned)_mm256_movemask_epi8(packed);
    const uint32_t there = n >= lanes ? UINT16_MAX : (1U << n) - 1;

    return ~((mask & 0xFF) | (mask >> 8 & 0xFF00)) & there;
}

static bool filter_span(const cu_near_span *span, size_t number, cu_near_survivors *out)
{
    const __m256i wanted = _mm256_set1_epi16((short)span->wanted);
    const __m256i limit = _mm256_set1_epi16((short)span->limit);

    for (size_t i = 0; i < span->count; i += lanes) {
        const uint32_t hits = within(span->sketches + 2 * i, span->count - i, wanted, limit);

        if (hits == 0)
            continue;
        if (out->room - out->n < lanes)
            return false;
        keep(out, number, i, hits);
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
        out[found] = (uint16_t)i;
        found += distance_of(codes + i * cu_near_code_bytes, wanted) <= radius;
    }
    return found;
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("popcnt") != 0;
}
#endif

static bool filter(const cu_near_span *spans, size_t n, cu_near_survivors *out)
{
    for (size_t s = 0; s < n; s++) {
        if (s + ahead < n)
            cu_near_ask(&spans[s + ahead]);
        if (!filter_span(&spans[s], s, out))
            return false;
    }
    return true;
}

#ifdef CU_NEAR_WIDE
const cu_near_kernel cu_near_avx512 = {
    .name = "avx512",
#else
const cu_near_kernel cu_near_avx2 = {
    .name = "avx2",
#endif
    .runs_here = runs_here,
    .filter = filter,
    .scan = scan,
};
