/* SPDX-License-Identifier: Apache-2.0 */
/* One stream by OpenSSL's block functions, over a state that is ours and has no pointers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest/digest.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

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

static void md5_blocks(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
{
    MD5_CTX state = {
        .A = stream->md5[0], .B = stream->md5[1], .C = stream->md5[2], .D = stream->md5[3]};

    (void)MD5_Update(&state, p, blocks * 64);
    stream->md5[0] = state.A;
    stream->md5[1] = state.B;
    stream->md5[2] = state.C;
    stream->md5[3] = state.D;
}

static void sha1_blocks(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
{
    SHA_CTX state = {.h0 = stream->sha1[0],
                     .h1 = stream->sha1[1],
                     .h2 = stream->sha1[2],
                     .h3 = stream->sha1[3],
                     .h4 = stream->sha1[4]};

    (void)SHA1_Update(&state, p, blocks * 64);
    stream->sha1[0] = state.h0;
    stream->sha1[1] = state.h1;
    stream->sha1[2] = state.h2;
    stream->sha1[3] = state.h3;
    stream->sha1[4] = state.h4;
}

static void sha256_blocks(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
{
    SHA256_CTX state = {.md_len = SHA256_DIGEST_LENGTH};

    memcpy(state.h, stream->sha256, sizeof state.h);
    (void)SHA256_Update(&state, p, blocks * 64);
    memcpy(stream->sha256, state.h, sizeof state.h);
}

/* Whole blocks through each digest in turn, in pieces that stay in the nearest cache. */
static void feed_blocks(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
{
    enum { piece_blocks = 256 };

    while (blocks > 0) {
        const size_t n = blocks < piece_blocks ? blocks : (size_t)piece_blocks;

        if ((stream->wanted & CU_DIGEST_MD5) != 0)
            md5_blocks(stream, p, n);
        if ((stream->wanted & CU_DIGEST_SHA1) != 0)
            sha1_blocks(stream, p, n);
        if ((stream->wanted & CU_DIGEST_SHA256) != 0)
            sha256_blocks(stream, p, n);
        p += n * 64;
        blocks -= n;
    }
}

void cu_digest_update(cu_digest_stream *stream, cu_bytes bytes)
{
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
        feed_blocks(stream, stream->tail, 1);
        bytes = (cu_bytes){bytes.p + n, bytes.n - n};
    }
    feed_blocks(stream, bytes.p, bytes.n / 64);
    if (bytes.n % 64 > 0)
        memcpy(stream->tail, bytes.p + bytes.n / 64 * 64, bytes.n % 64);
}

void cu_digest_update_many(const cu_digest_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cu_digest_update(parts[i].stream, parts[i].bytes);
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
    cu_digest_stream last = *stream;
    uint8_t blocks[128];

    *out = (cu_digests){{0}, {0}, {0}};

    size_t n = pad(stream, true, blocks);

    if ((stream->wanted & CU_DIGEST_MD5) != 0) {
        md5_blocks(&last, blocks, n);
        put_le(out->md5, last.md5, 4);
    }
    n = pad(stream, false, blocks);
    if ((stream->wanted & CU_DIGEST_SHA1) != 0) {
        sha1_blocks(&last, blocks, n);
        put_be(out->sha1, last.sha1, 5);
    }
    if ((stream->wanted & CU_DIGEST_SHA256) != 0) {
        sha256_blocks(&last, blocks, n);
        put_be(out->sha256, last.sha256, 8);
    }
}

const char *cu_digest_engine(void)
{
    return "openssl";
}
