/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SHA extensions of x86. Each digest of one stream waits for its own results most of the
 * time, so the three are woven into one another: together they take little longer than MD5.
 */
#include "digest/lanes.h"
#include "digest/md5_steps.h"

#include <immintrin.h>
#include <string.h>

static inline __m128i load(const void *p)
{
    return _mm_loadu_si128((const __m128i_u *)p);
}

static inline void store(void *p, __m128i x)
{
    _mm_storeu_si128((__m128i_u *)p, x);
}

/* ---- SHA-256: a state is {ABEF, CDGH} ---- */

typedef struct sha256_state {
    __m128i abef;
    __m128i cdgh;
} sha256_state;

static inline sha256_state sha256_load(const uint32_t h[8])
{
    const __m128i cdab = _mm_shuffle_epi32(load(h), 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(load(h + 4), 0x1B);

    return (sha256_state){_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xF0)};
}

static inline void sha256_store(uint32_t h[8], sha256_state state)
{
    const __m128i feba = _mm_shuffle_epi32(state.abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xB1);

    store(h, _mm_blend_epi16(feba, dchg, 0xF0));
    store(h + 4, _mm_alignr_epi8(dchg, feba, 8));
}

static inline void sha256_words(__m128i w[4], const uint8_t *p)
{
    const __m128i order = _mm_set_epi64x(0x0C0D0E0F08090A0B, 0x0405060700010203);

    for (size_t i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(load(p + 16 * i), order);
}

/* Four rounds, and the words that the rounds sixteen later want. */
static inline void sha256_four(sha256_state *state, __m128i w[4], size_t i)
{
    __m128i *const now = &w[i % 4];
    const __m128i last = w[(i + 3) % 4];
    const __m128i sum = _mm_add_epi32(*now, load(cu_sha256_k + 4 * i));

    state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, sum);
    state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, _mm_shuffle_epi32(sum, 0x0E));
    if (i < 12)
        *now = _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(i + 1) % 4]),
                                                  _mm_alignr_epi8(last, w[(i + 2) % 4], 4)),
                                    last);
}

static inline sha256_state sha256_sum(sha256_state a, sha256_state b)
{
    return (sha256_state){_mm_add_epi32(a.abef, b.abef), _mm_add_epi32(a.cdgh, b.cdgh)};
}

/* ---- SHA-1: a state is {ABCD, E in the highest word} ---- */

typedef struct sha1_state {
    __m128i abcd;
    __m128i e; /* then: ABCD of four rounds ago */
} sha1_state;

static inline void sha1_words(__m128i w[4], const uint8_t *p)
{
    const __m128i order = _mm_set_epi64x(0x0001020304050607, 0x08090A0B0C0D0E0F);

    for (size_t i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(load(p + 16 * i), order);
}

#define SHA1_FOUR(i)                                                                           \
    do {                                                                                       \
        const __m128i before = sha1.abcd;                                                      \
        const __m128i e = (i) == 0 ? _mm_add_epi32(sha1.e, w1[0])                              \
                                   : _mm_sha1nexte_epu32(sha1.e, w1[(i) % 4]);                 \
                                                                                               \
        sha1.abcd = _mm_sha1rnds4_epu32(sha1.abcd, e, (i) / 5);                                \
        sha1.e = before;                                                                       \
        if ((i) < 16)                                                                          \
            w1[(i) % 4] = _mm_sha1msg2_epu32(                                                  \
                _mm_xor_si128(_mm_sha1msg1_epu32(w1[(i) % 4], w1[((i) + 1) % 4]),              \
                              w1[((i) + 2) % 4]),                                              \
                w1[((i) + 3) % 4]);                                                            \
    } while (0)

/* ---- MD5, by the other half of the processor ---- */

static inline uint32_t word(const uint8_t *p, size_t i)
{
    uint32_t x;

    memcpy(&x, p + 4 * i, sizeof x);
    return x;
}

static inline uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* What does not wait for b, the newest value, is added first. */
static inline uint32_t md5_f(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return a + (((c ^ d) & b) ^ d);
}

static inline uint32_t md5_g(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return a + (c & ~d) + (b & d);
}

static inline uint32_t md5_h(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return a + (b ^ (c ^ d));
}

static inline uint32_t md5_i(uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
    return a + (c ^ (b | ~d));
}

#define MD5_STEP(f, a, b, c, d, i, k, s)                                                       \
    a = f(a + word(p, i) + (k), b, c, d);                                                      \
    a = rotate(a, s) + b

#define MD5_FOUR(f, i0, k0, i1, k1, i2, k2, i3, k3, s0, s1, s2, s3)                            \
    MD5_STEP(f, a, b, c, d, i0, k0, s0);                                                       \
    MD5_STEP(f, d, a, b, c, i1, k1, s1);                                                       \
    MD5_STEP(f, c, d, a, b, i2, k2, s2);                                                       \
    MD5_STEP(f, b, c, d, a, i3, k3, s3)

/* ---- woven ---- */

#define WITH_MD5(steps)                                                                        \
    if (md5_wanted) {                                                                          \
        steps;                                                                                 \
    }

#define WITH_SHA1(i)                                                                           \
    if (sha1_wanted) {                                                                         \
        SHA1_FOUR(i);                                                                          \
        SHA1_FOUR((i) + 1);                                                                    \
    }

#define WITH_SHA1_THREE(i)                                                                     \
    if (sha1_wanted) {                                                                         \
        SHA1_FOUR(i);                                                                          \
        SHA1_FOUR((i) + 1);                                                                    \
        SHA1_FOUR((i) + 2);                                                                    \
    }

#define WITH_SHA256(i)                                                                         \
    if (sha256_wanted) {                                                                       \
        sha256_four(&sha256, w2, i);                                                           \
        sha256_four(&sha256, w2, (i) + 1);                                                     \
    }

typedef struct chains {
    uint32_t md5[4];
    sha1_state sha1;
    sha256_state sha256;
} chains;

/* One block: the first half of MD5 beside SHA-1, the second beside SHA-256. */
static inline void weave(chains *all, const uint8_t *p, const unsigned wanted)
{
    const bool md5_wanted = (wanted & CU_DIGEST_MD5) != 0;
    const bool sha1_wanted = (wanted & CU_DIGEST_SHA1) != 0;
    const bool sha256_wanted = (wanted & CU_DIGEST_SHA256) != 0;
    uint32_t a = all->md5[0], b = all->md5[1], c = all->md5[2], d = all->md5[3];
    sha1_state sha1 = all->sha1;
    sha256_state sha256 = all->sha256;
    __m128i w1[4];
    __m128i w2[4];

    if (sha1_wanted)
        sha1_words(w1, p);
    WITH_MD5(MD5_STEPS_0)
    WITH_SHA1_THREE(0)
    WITH_MD5(MD5_STEPS_1)
    WITH_SHA1(3)
    WITH_MD5(MD5_STEPS_2)
    WITH_SHA1_THREE(5)
    WITH_MD5(MD5_STEPS_3)
    WITH_SHA1(8)
    WITH_MD5(MD5_STEPS_4)
    WITH_SHA1_THREE(10)
    WITH_MD5(MD5_STEPS_5)
    WITH_SHA1(13)
    WITH_MD5(MD5_STEPS_6)
    WITH_SHA1_THREE(15)
    WITH_MD5(MD5_STEPS_7)
    WITH_SHA1(18)
    if (sha256_wanted)
        sha256_words(w2, p);
    WITH_MD5(MD5_STEPS_8)
    WITH_SHA256(0)
    WITH_MD5(MD5_STEPS_9)
    WITH_SHA256(2)
    WITH_MD5(MD5_STEPS_10)
    WITH_SHA256(4)
    WITH_MD5(MD5_STEPS_11)
    WITH_SHA256(6)
    WITH_MD5(MD5_STEPS_12)
    WITH_SHA256(8)
    WITH_MD5(MD5_STEPS_13)
    WITH_SHA256(10)
    WITH_MD5(MD5_STEPS_14)
    WITH_SHA256(12)
    WITH_MD5(MD5_STEPS_15)
    WITH_SHA256(14)
    all->md5[0] += a;
    all->md5[1] += b;
    all->md5[2] += c;
    all->md5[3] += d;
    all->sha1.e = _mm_sha1nexte_epu32(sha1.e, all->sha1.e);
    all->sha1.abcd = _mm_add_epi32(sha1.abcd, all->sha1.abcd);
    all->sha256 = sha256_sum(sha256, all->sha256);
}

#define EACH_BLOCK(set)                                                                        \
    case (set):                                                                                \
        for (size_t i = 0; i < blocks; i++)                                                    \
            weave(&all, p + 64 * i, (set));                                                    \
        break

void cu_single_sha(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
{
    chains all = {.sha1 = {.abcd = _mm_shuffle_epi32(load(stream->sha1), 0x1B),
                           .e = _mm_set_epi32((int)stream->sha1[4], 0, 0, 0)},
                  .sha256 = sha256_load(stream->sha256)};

    memcpy(all.md5, stream->md5, sizeof all.md5);
    switch (stream->wanted) {
        EACH_BLOCK(CU_DIGEST_MD5);
        EACH_BLOCK(CU_DIGEST_SHA1);
        EACH_BLOCK(CU_DIGEST_SHA256);
        EACH_BLOCK(CU_DIGEST_MD5 | CU_DIGEST_SHA1);
        EACH_BLOCK(CU_DIGEST_MD5 | CU_DIGEST_SHA256);
        EACH_BLOCK(CU_DIGEST_SHA1 | CU_DIGEST_SHA256);
        EACH_BLOCK(CU_DIGEST_ALL);
    default:
        return;
    }
    if ((stream->wanted & CU_DIGEST_MD5) != 0)
        memcpy(stream->md5, all.md5, sizeof all.md5);
    if ((stream->wanted & CU_DIGEST_SHA1) != 0) {
        store(stream->sha1, _mm_shuffle_epi32(all.sha1.abcd, 0x1B));
        stream->sha1[4] = (uint32_t)_mm_extract_epi32(all.sha1.e, 3);
    }
    if ((stream->wanted & CU_DIGEST_SHA256) != 0)
        sha256_store(stream->sha256, all.sha256);
}

/* ---- SHA-256 of lanes, two at a time ---- */

static sha256_state load_lane(cu_lanes *values, size_t lane)
{
    uint32_t h[8];

    for (size_t i = 0; i < 8; i++)
        h[i] = values->sha256[i][lane];
    return sha256_load(h);
}

static void store_lane(cu_lanes *values, size_t lane, sha256_state state)
{
    uint32_t h[8];

    sha256_store(h, state);
    for (size_t i = 0; i < 8; i++)
        values->sha256[i][lane] = h[i];
}

void cu_sha256_pairs(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks)
{
    for (size_t lane = 0; lane < lanes; lane += 2) {
        const size_t other = lane + 1 < lanes ? lane + 1 : lane;
        sha256_state one = load_lane(values, lane);
        sha256_state two = load_lane(values, other);

        for (size_t i = 0; i < blocks; i++) {
            sha256_state x = one;
            sha256_state y = two;
            __m128i v[4];
            __m128i w[4];

            sha256_words(v, at[lane] + 64 * i);
            sha256_words(w, at[other] + 64 * i);
            for (size_t k = 0; k < 16; k++) {
                sha256_four(&x, v, k);
                sha256_four(&y, w, k);
            }
            one = sha256_sum(x, one);
            two = sha256_sum(y, two);
        }
        store_lane(values, lane, one);
        store_lane(values, other, two);
    }
}
