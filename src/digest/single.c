/* SPDX-License-Identifier: Apache-2.0 */
/* One stream by OpenSSL's block functions, over a state that is ours and has no pointers. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "digest/lanes.h"

#include <openssl/md5.h>
#include <openssl/sha.h>
#include <string.h>

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
void cu_single_openssl(cu_digest_stream *stream, const uint8_t *p, size_t blocks)
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
