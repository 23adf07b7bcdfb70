/* SPDX-License-Identifier: Apache-2.0 */
/* A vector of CU_PDQ_LANES floats: 16 of AVX-512, or 8 of AVX2. Private to blur.c, which is
 * compiled once for each. */
#ifndef CU_PDQ_LANES_H
#define CU_PDQ_LANES_H

#ifdef CU_PDQ_LANES
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if CU_PDQ_LANES == 16
typedef __m512 lanes;

static inline lanes lanes_zero(void)
{
    return _mm512_setzero_ps();
}

static inline lanes lanes_of(float value)
{
    return _mm512_set1_ps(value);
}

static inline lanes lanes_load(const float *p)
{
    return _mm512_load_ps(p);
}

static inline void lanes_store(float *p, lanes v)
{
    _mm512_store_ps(p, v);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm512_add_ps(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm512_sub_ps(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm512_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm512_fmadd_ps(a, b, c);
}

/* c - a * b, rounded once */
static inline lanes lanes_fused_less(lanes a, lanes b, lanes c)
{
    return _mm512_fnmadd_ps(a, b, c);
}

static inline void transpose(lanes t[16])
{
    lanes u[16];

    for (int i = 0; i < 16; i += 2) {
        u[i] = _mm512_unpacklo_ps(t[i], t[i + 1]);
        u[i + 1] = _mm512_unpackhi_ps(t[i], t[i + 1]);
    }
    for (int i = 0; i < 16; i += 4) {
        for (int k = 0; k < 2; k++) {
            const __m512d a = _mm512_castps_pd(u[i + k]);
            const __m512d b = _mm512_castps_pd(u[i + k + 2]);

            t[i + 2 * k] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
            t[i + 2 * k + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
        }
    }
    /* t[4 g + c] now holds, for rows of group g, columns c, c + 4, c + 8, c + 12. */
    for (int c = 0; c < 4; c++) {
        u[c] = _mm512_shuffle_f32x4(t[c], t[c + 4], 0x88);
        u[c + 4] = _mm512_shuffle_f32x4(t[c], t[c + 4], 0xDD);
        u[c + 8] = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], 0x88);
        u[c + 12] = _mm512_shuffle_f32x4(t[c + 8], t[c + 12], 0xDD);
    }
    for (int c = 0; c < 4; c++) {
        t[c] = _mm512_shuffle_f32x4(u[c], u[c + 8], 0x88);
        t[c + 8] = _mm512_shuffle_f32x4(u[c], u[c + 8], 0xDD);
        t[c + 4] = _mm512_shuffle_f32x4(u[c + 4], u[c + 12], 0x88);
        t[c + 12] = _mm512_shuffle_f32x4(u[c + 4], u[c + 12], 0xDD);
    }
}

/* Byte 3 i + from of the pixels as number i. */
static inline lanes channel(__m512i bytes, int from)
{
    const __m512i first = _mm512_mullo_epi32(
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        _mm512_set1_epi32(3));
    const __m512i places = _mm512_add_epi32(first, _mm512_set1_epi32(from));

    return _mm512_cvtepi32_ps(
        _mm512_maskz_permutexvar_epi8(0x1111111111111111U, places, bytes));
}

static inline void split_pixels(const uint8_t *p, uint32_t n, lanes out[3])
{
    const __m512i bytes = _mm512_maskz_loadu_epi8((1ULL << (3 * n)) - 1, p);

    for (int i = 0; i < 3; i++)
        out[i] = channel(bytes, i);
}

static inline lanes lanes_of_bytes(const uint8_t *p, uint32_t n)
{
    const __m128i bytes = _mm_maskz_loadu_epi8((__mmask16)((1U << n) - 1), p);

    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes));
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
           __builtin_cpu_supports("avx512vbmi") != 0;
}

#else
typedef __m256 lanes;

static inline lanes lanes_zero(void)
{
    return _mm256_setzero_ps();
}

static inline lanes lanes_of(float value)
{
    return _mm256_set1_ps(value);
}

static inline lanes lanes_load(const float *p)
{
    return _mm256_load_ps(p);
}

static inline void lanes_store(float *p, lanes v)
{
    _mm256_store_ps(p, v);
}

static inline lanes lanes_add(lanes a, lanes b)
{
    return _mm256_add_ps(a, b);
}

static inline lanes lanes_subtract(lanes a, lanes b)
{
    return _mm256_sub_ps(a, b);
}

static inline lanes lanes_multiply(lanes a, lanes b)
{
    return _mm256_mul_ps(a, b);
}

/* a * b + c, rounded once */
static inline lanes lanes_fused(lanes a, lanes b, lanes c)
{
    return _mm256_fmadd_ps(a, b, c);
}

/* c - a * b, rounded once */
static inline lanes lanes_fused_less(lanes a, lanes b, lanes c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

static inline void transpose(lanes t[8])
{
    lanes u[8];

    for (int i = 0; i < 8; i += 2) {
        u[i] = _mm256_unpacklo_ps(t[i], t[i + 1]);
        u[i + 1] = _mm256_unpackhi_ps(t[i], t[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        t[i] = _mm256_shuffle_ps(u[i], u[i + 2], 0x44);
        t[i + 1] = _mm256_shuffle_ps(u[i], u[i + 2], 0xEE);
        t[i + 2] = _mm256_shuffle_ps(u[i + 1], u[i + 3], 0x44);
        t[i + 3] = _mm256_shuffle_ps(u[i + 1], u[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        u[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        u[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
    memcpy(t, u, sizeof u);
}

/* Numbers from bytes: four pixels begin at byte 0 of the low half, four at byte 4 of the high.
 */
static inline lanes channel(__m256i bytes, int from)
{
    const __m256i first = _mm256_setr_epi32(0, 3, 6, 9, 4, 7, 10, 13);
    const __m256i zeroes = _mm256_set1_epi32((int)0x80808000U);
    const __m256i places =
        _mm256_or_si256(_mm256_add_epi32(first, _mm256_set1_epi32(from)), zeroes);

    return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, places));
}

static inline void split_pixels(const uint8_t *p, uint32_t n, lanes out[3])
{
    uint8_t last[24] = {0};

    if (n < 8)
        p = memcpy(last, p, 3 * (size_t)n);

    const __m128i low = _mm_loadu_si128((const __m128i_u *)p);
    const __m128i high = _mm_loadu_si128((const __m128i_u *)(p + 8));
    const __m256i bytes = _mm256_set_m128i(high, low);

    for (int i = 0; i < 3; i++)
        out[i] = channel(bytes, i);
}

static inline lanes lanes_of_bytes(const uint8_t *p, uint32_t n)
{
    uint64_t bytes = 0;

    if (n == sizeof bytes)
        memcpy(&bytes, p, sizeof bytes);
    else
        memcpy(&bytes, p, n);
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)bytes)));
}

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}
#endif

#endif
#endif
