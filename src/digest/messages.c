/* SPDX-License-Identifier: Apache-2.0 */
/* Short messages: each is padded where it is kept, and the longest go into the lanes first, so
 * that those that still work are always the first lanes. */
#include "digest/lanes.h"

#include <assert.h>
#include <string.h>

enum { longest = 255 }; /* blocks: longer ones fill no lane better than alone */

/* A message in a lane. */
typedef struct passenger {
    const uint8_t *at;
    size_t left; /* blocks from at */
    size_t place;
} passenger;

static const uint32_t beginning[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

void cu_digest_messages_free(cu_digest_messages *messages)
{
    cu_buffer_free(&messages->padded);
    messages->n = 0;
}

/* Source: FIPS 180-4 section 5.1.1. */
void cu_digest_messages_put(cu_digest_messages *messages, cu_bytes prefix, cu_bytes message)
{
    cu_buffer *const padded = &messages->padded;
    const size_t n = prefix.n + message.n;
    const size_t whole = (n + 9 + 63) / 64 * 64;
    const uint64_t bits = (uint64_t)n << 3;
    uint8_t *p;

    assert(messages->n < CU_DIGEST_MESSAGES);
    if (messages->n == 0)
        padded->n = 0;
    if (!cu_buffer_reserve(padded, whole))
        return;
    p = padded->p + padded->n;
    if (prefix.n > 0)
        memcpy(p, prefix.p, prefix.n);
    if (message.n > 0)
        memcpy(p + prefix.n, message.p, message.n);
    memset(p + n, 0, whole - n);
    p[n] = 0x80;
    for (size_t i = 0; i < 8; i++)
        p[whole - 8 + i] = (uint8_t)(bits >> (56 - 8 * i));
    messages->starts[messages->n++] = padded->n;
    padded->n += whole;
    messages->starts[messages->n] = padded->n;
}

bool cu_digest_messages_full(const cu_digest_messages *messages)
{
    return messages->n == CU_DIGEST_MESSAGES || messages->padded.n > CU_DIGEST_MESSAGE_BYTES;
}

static size_t blocks_of(const cu_digest_messages *messages, size_t i)
{
    return (messages->starts[i + 1] - messages->starts[i]) / 64;
}

static void write_words(const uint32_t words[8], uint8_t out[32])
{
    for (size_t i = 0; i < 8; i++) {
        out[4 * i] = (uint8_t)(words[i] >> 24);
        out[4 * i + 1] = (uint8_t)(words[i] >> 16);
        out[4 * i + 2] = (uint8_t)(words[i] >> 8);
        out[4 * i + 3] = (uint8_t)words[i];
    }
}

/* From a state on, alone. */
static void take_alone(const cu_digest_code *code, const passenger *one,
                       const uint32_t words[8], uint8_t (*out)[32])
{
    cu_digest_stream stream = {.wanted = CU_DIGEST_SHA256};

    memcpy(stream.sha256, words, sizeof stream.sha256);
    code->single(&stream, one->at, one->left);
    write_words(stream.sha256, out[one->place]);
}

static void take_column(const cu_lanes *values, size_t lane, uint32_t words[8])
{
    for (size_t i = 0; i < 8; i++)
        words[i] = values->sha256[i][lane];
}

/* All of them as far as the shortest, the last one, goes. */
static void advance(const cu_digest_code *code, cu_lanes *values, passenger *riding,
                    size_t count)
{
    const uint8_t *at[cu_lanes_max];
    const size_t blocks = riding[count - 1].left;

    for (size_t lane = 0; lane < cu_lanes_max; lane++)
        at[lane] = riding[lane < count ? lane : 0].at;
    code->many(values, at, count, blocks, CU_DIGEST_SHA256);
    for (size_t lane = 0; lane < count; lane++) {
        riding[lane].at += 64 * blocks;
        riding[lane].left -= blocks;
    }
}

/* Longest first, at most as many as there are lanes. */
static void take_side_by_side(const cu_digest_code *code, passenger *riding, size_t count,
                              uint8_t (*out)[32])
{
    cu_lanes values;
    uint32_t words[8];

    for (size_t i = 0; i < 8; i++) {
        for (size_t lane = 0; lane < cu_lanes_max; lane++)
            values.sha256[i][lane] = beginning[i];
    }
    while (count > code->few) {
        advance(code, &values, riding, count);
        for (; count > 0 && riding[count - 1].left == 0; count--) {
            take_column(&values, count - 1, words);
            write_words(words, out[riding[count - 1].place]);
        }
    }
    for (size_t lane = 0; lane < count; lane++) {
        take_column(&values, lane, words);
        take_alone(code, &riding[lane], words, out);
    }
}

/* The messages, longest first; one that is very long is done at once. How many there are left
 * for the lanes. */
static size_t seat(const cu_digest_code *code, const cu_digest_messages *messages,
                   passenger sorted[CU_DIGEST_MESSAGES], uint8_t (*out)[32])
{
    size_t places[longest + 1] = {0}; /* first how many are as long, then where they begin */
    size_t count = 0;

    for (size_t i = 0; i < messages->n; i++) {
        const size_t blocks = blocks_of(messages, i);

        if (blocks <= longest)
            places[blocks]++;
    }
    for (size_t blocks = longest + 1; blocks-- > 0;) {
        const size_t here = places[blocks];

        places[blocks] = count;
        count += here;
    }
    for (size_t i = 0; i < messages->n; i++) {
        const passenger one = {messages->padded.p + messages->starts[i], blocks_of(messages, i),
                               i};

        if (one.left <= longest)
            sorted[places[one.left]++] = one;
        else
            take_alone(code, &one, beginning, out);
    }
    return count;
}

cu_status cu_digest_messages_take(cu_digest_messages *messages, uint8_t (*out)[32], cu_err *err)
{
    const cu_digest_code *const code = cu_digest_running();
    const size_t step = code->many == NULL ? 1 : code->lanes;
    passenger sorted[CU_DIGEST_MESSAGES];
    const cu_status st = cu_buffer_check(&messages->padded, err);
    size_t count;

    if (st != CU_OK)
        return st;
    count = seat(code, messages, sorted, out);
    for (size_t i = 0; i < count; i += step) {
        if (code->many == NULL)
            take_alone(code, &sorted[i], beginning, out);
        else
            take_side_by_side(code, &sorted[i], count - i < step ? count - i : step, out);
    }
    messages->n = 0;
    return CU_OK;
}
