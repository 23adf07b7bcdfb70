/* SPDX-License-Identifier: Apache-2.0 */
/* A few frames of an animation, chosen by its length and size alone. */
#include "picture/frames.h"

#include "picture/picture.h"

/* Pixels that an animation may cost to reach its last chosen frame. */
static const uint64_t work_max = 400000000;

cu_frames cu_frames_choose(uint32_t count, uint64_t pixels, uint32_t hashes_each)
{
    const uint32_t wanted = cu_picture_frames_max / hashes_each;
    uint64_t within = pixels == 0 ? 1 : work_max / pixels;
    cu_frames out = {.count = count, .step = 1};

    if (within > count)
        within = count;
    if (within <= 1)
        return out;
    out.step = (uint32_t)((within + wanted - 1) / wanted);
    out.last = (uint32_t)((within - 1) / out.step) * out.step;
    return out;
}

bool cu_frames_has(const cu_frames *frames, uint32_t frame)
{
    return frame <= frames->last && frame % frames->step == 0;
}
