/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be read reads as zero and is told: as little of it as can be. */
#include "image/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void cu_image_tell_gap(uint64_t offset, uint64_t n, const char *why, cu_image_gap_told *told,
                       void *context)
{
    cu_image_gap gap = {.offset = offset, .bytes = n};

    if (told == NULL)
        return;
    (void)snprintf(gap.why, sizeof gap.why, "%s", why);
    told(context, &gap);
}

typedef struct reading {
    const cu_image *image;
    const cu_segment *segment;
    uint64_t at;     /* in the segment */
    uint64_t offset; /* on the media */
    uint8_t *out;
    cu_image_gap_told *told;
    void *context;
} reading;

static void lose(const reading *self, size_t at, size_t n, int os_errno)
{
    char words[64];

    memset(self->out + at, 0, n);
    cu_image_tell_gap(self->offset + at, n,
                      os_errno == 0 ? "the file ends before it"
                                    : strerror_r(os_errno, words, sizeof words),
                      self->told, self->context);
}

/*
 * A part that fails is halved until it is one sector. Parts are worked off a small stack, the
 * lower half on top.
 */
static void read_halving(const reading *self, size_t n)
{
    struct part {
        size_t at, n;
    } stack[64] = {{0, n}};

    size_t depth = 1;
    const size_t sector = self->image->facts.sector_bytes;

    while (depth > 0) {
        const struct part part = stack[--depth];

        if (cu_segment_read(self->segment, self->at + part.at, self->out + part.at, part.n))
            continue;
        if (part.n <= sector || depth + 2 > CU_COUNT_OF(stack)) {
            lose(self, part.at, part.n, errno);
            continue;
        }

        const size_t half = (part.n / 2 + sector - 1) / sector * sector;

        stack[depth++] = (struct part){part.at + half, part.n - half};
        stack[depth++] = (struct part){part.at, half};
    }
}

void cu_segment_read_around(const cu_image *image, const cu_segment *segment, uint64_t at,
                            uint64_t offset, uint8_t *out, size_t n, cu_image_gap_told *told,
                            void *context)
{
    const reading self = {image, segment, at, offset, out, told, context};
    const uint64_t left = at < segment->bytes ? segment->bytes - at : 0;
    const size_t there = left < n ? (size_t)left : n;

    if (there > 0)
        read_halving(&self, there);
    if (there < n)
        lose(&self, there, n - there, 0);
}
