/* SPDX-License-Identifier: Apache-2.0 */
/* What a stream is fed becomes whole blocks; the last ones are padded. */
#include "digest/digest.h"

#include "digest/lanes.h"
#include "digest/md5_steps.h"

#include <string.h>

#define MD5_FOUR(f, i0, k0, i1, k1, i2, k2, i3, k3, s0, s1, s2, s3) k0, k1, k2, k3

const uint32_t cu_md5_k[64] = {
    MD5_STEPS_0,  MD5_STEPS_1,  MD5_STEPS_2,  MD5_STEPS_3,  MD5_STEPS_4,  MD5_STEPS_5,
    MD5_STEPS_6,  MD5_STEPS_7,  MD5_STEPS_8,  MD5_STEPS_9,  MD5_STEPS_10, MD5_STEPS_11,
    MD5_STEPS_12, MD5_STEPS_13, MD5_STEPS_14, MD5_STEPS_15,
};

/* Source: FIPS 180-4 section 4.2.2. */
const uint32_t cu_sha256_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
    0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
    0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
    0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
    0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
    0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
    0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
};

void cu_digest_init(cu_digest_stream *stream, unsigned wanted)
{
    /* Source: RFC 1321 section 3.3, FIPS 180-4 sections 5.3.1 and 5.3.3. */
    *stream = (cu_digest_stream){
        .md5 = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476},
        .sha1 = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0},
        .sha256 = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C,
                   0x1F83D9AB, 0x5BE0CD19},
        .wanted = wanted,
    };
}

void cu_digest_update(cu_digest_stream *stream, cu_bytes bytes)
{
    cu_single_take *const take = cu_digest_running()->single;
    const size_t held = (size_t)(stream->bytes % 64);

    if (bytes.n == 0)
        return;
    stream->bytes += bytes.n;
    if (held > 0) {
        const size_t wanted = 64 - held;
        const size_t n = bytes.n < wanted ? bytes.n : wanted;

        memcpy(stream->tail + held, bytes.p, n);
        if (n < wanted)
            return;
        take(stream, stream->tail, 1);
        bytes = (cu_bytes){bytes.p + n, bytes.n - n};
    }
    take(stream, bytes.p, bytes.n / 64);
    if (bytes.n % 64 > 0)
        memcpy(stream->tail, bytes.p + bytes.n / 64 * 64, bytes.n % 64);
}

static void put_be(uint8_t *out, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[4 * i] = (uint8_t)(words[i] >> 24);
        out[4 * i + 1] = (uint8_t)(words[i] >> 16);
        out[4 * i + 2] = (uint8_t)(words[i] >> 8);
        out[4 * i + 3] = (uint8_t)words[i];
    }
}

static void put_le(uint8_t *out, const uint32_t *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        out[4 * i] = (uint8_t)words[i];
        out[4 * i + 1] = (uint8_t)(words[i] >> 8);
        out[4 * i + 2] = (uint8_t)(words[i] >> 16);
        out[4 * i + 3] = (uint8_t)(words[i] >> 24);
    }
}

/* The last one or two blocks: a one bit, zeros, the length in bits; MD5 wants it lowest byte
 * first. */
static size_t pad(const cu_digest_stream *stream, bool low_first, uint8_t blocks[128])
{
    const size_t held = (size_t)(stream->bytes % 64);
    const size_t n = held < 56 ? 64 : 128;
    const uint64_t bits = stream->bytes << 3;

    memset(blocks, 0, 128);
    memcpy(blocks, stream->tail, held);
    blocks[held] = 0x80;
    for (size_t i = 0; i < 8; i++)
        blocks[n - 8 + i] = (uint8_t)(bits >> (low_first ? 8 * i : 56 - 8 * i));
    return n / 64;
}

void cu_digest_final(const cu_digest_stream *stream, cu_digests *out)
{
    cu_single_take *const take = cu_digest_running()->single;
    cu_digest_stream last = *stream;
    uint8_t blocks[128];

    *out = (cu_digests){{0}, {0}, {0}};
    last.wanted = stream->wanted & CU_DIGEST_MD5;
    take(&last, blocks, pad(stream, true, blocks));
    last.wanted = stream->wanted & ~(unsigned)CU_DIGEST_MD5;
    take(&last, blocks, pad(stream, false, blocks));
    if ((stream->wanted & CU_DIGEST_MD5) != 0)
        put_le(out->md5, last.md5, 4);
    if ((stream->wanted & CU_DIGEST_SHA1) != 0)
        put_be(out->sha1, last.sha1, 5);
    if ((stream->wanted & CU_DIGEST_SHA256) != 0)
        put_be(out->sha256, last.sha256, 8);
}

const char *cu_digest_engine(void)
{
    return cu_digest_running()->name;
}
