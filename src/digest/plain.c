/* SPDX-License-Identifier: Apache-2.0 */
/* Four lanes a vector, two vectors at a time, in plain C, for a compiler that makes vectors of
 * it on any processor (codes.c). */
#include "digest/lanes.h"
#include "digest/md5_steps.h"

#include <string.h>

enum { width = 4, piece_blocks = 4 };

typedef struct vec {
    uint32_t lane[width];
} vec;

static inline vec load(const uint32_t *p)
{
    vec out;

    memcpy(&out, p, sizeof out);
    return out;
}

static inline void store(uint32_t *p, vec x)
{
    memcpy(p, &x, sizeof x);
}

#define EACH(expression)                                                                       \
    vec out;                                                                                   \
                                                                                               \
    for (size_t i = 0; i < width; i++)                                                         \
        out.lane[i] = (expression);                                                            \
    return out

static inline vec splat(uint32_t x)
{
    EACH(x);
}

static inline vec constant(uint32_t value, const uint32_t *place)
{
    (void)place;
    return splat(value);
}

static inline vec add(vec x, vec y)
{
    EACH(x.lane[i] + y.lane[i]);
}

static inline vec xor_of(vec x, vec y)
{
    EACH(x.lane[i] ^ y.lane[i]);
}

static inline vec rol(vec x, unsigned n)
{
    EACH(x.lane[i] << n | x.lane[i] >> (32 - n));
}

static inline vec shr(vec x, unsigned n)
{
    EACH(x.lane[i] >> n);
}

/* A bit of x ? y : z. */
static inline vec choose(vec x, vec y, vec z)
{
    EACH(z.lane[i] ^ (x.lane[i] & (y.lane[i] ^ z.lane[i])));
}

static inline vec majority(vec x, vec y, vec z)
{
    EACH((x.lane[i] & y.lane[i]) | (z.lane[i] & (x.lane[i] | y.lane[i])));
}

static inline vec parity(vec x, vec y, vec z)
{
    EACH(x.lane[i] ^ y.lane[i] ^ z.lane[i]);
}

static inline vec md5_i(vec b, vec c, vec d)
{
    EACH(c.lane[i] ^ (b.lane[i] | ~d.lane[i]));
}

#define ROL(x, n) rol(x, n)
#define SHR(x, n) shr(x, n)

static inline vec swap(vec x)
{
    EACH(x.lane[i] << 24 | (x.lane[i] & 0xFF00) << 8 | (x.lane[i] >> 8 & 0xFF00) |
         x.lane[i] >> 24);
}

/* Word i of the block of every lane into words[i]. */
static inline void gather(const uint8_t *const *at, size_t offset, vec words[16])
{
    for (size_t i = 0; i < 16; i++) {
        for (size_t lane = 0; lane < width; lane++) {
            const uint8_t *const p = at[lane] + offset + 4 * i;

            words[i].lane[lane] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
                                  (uint32_t)p[3] << 24;
        }
    }
}

/* More at once, and gcc makes no vectors of it: a tenth of the speed. */
#define ROUNDS_INLINE inline

#include "digest/kernels.inc"

void cu_lanes_plain(cu_lanes *values, const uint8_t *const *at, size_t lanes, size_t blocks,
                    unsigned wanted)
{
    take_all(values, at, lanes, blocks, wanted);
}
