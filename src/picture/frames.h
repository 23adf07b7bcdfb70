/* SPDX-License-Identifier: Apache-2.0 */
/* Which frames of an animation are hashed. Private to picture/. */
#ifndef CU_PICTURE_FRAMES_H
#define CU_PICTURE_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

/* The first, and further ones as evenly apart as there is room for hashes and work to do it. */
typedef struct cu_frames {
    uint32_t count; /* of the animation */
    uint32_t step;  /* from one chosen frame to the next */
    uint32_t last;  /* the last one that is chosen */
} cu_frames;

cu_frames cu_frames_choose(uint32_t count, uint64_t pixels, uint32_t hashes_each);
bool cu_frames_has(const cu_frames *frames, uint32_t frame);

#endif
