/* SPDX-License-Identifier: Apache-2.0 */
/* What people do to pictures, done to pixels: for measuring what a hash survives. */
#ifndef CU_TESTS_BENCH_PICTURE_CHANGE_H
#define CU_TESTS_BENCH_PICTURE_CHANGE_H

#include <stddef.h>
#include <stdint.h>

/* RGB, rows without gaps. */
typedef struct picture {
    uint8_t *p; /* freed by whoever holds it */
    uint32_t width, height;
} picture;

picture picture_new(uint32_t width, uint32_t height);
picture picture_scaled(const picture *from, uint32_t width, uint32_t height);
picture picture_part(const picture *from, uint32_t left, uint32_t top, uint32_t width,
                     uint32_t height);

/* A benign picture drawn from a number: slopes, areas, and fine texture. */
picture picture_drawn(uint64_t seed, uint32_t width, uint32_t height);

typedef struct picture_change {
    const char *name;
    picture (*apply)(const picture *from, int amount);
    int amount;
    int reference; /* what the reference hash finds, in per cent (numbers of 87 wallpapers); -1
                    */
} picture_change;

extern const picture_change picture_changes[];
extern const size_t picture_change_count;

#endif
