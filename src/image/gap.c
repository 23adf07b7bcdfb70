/* SPDX-License-Identifier: Apache-2.0 */
/* What cannot be read reads as zero and is told: as little of it as can be. */
#include "image/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void cu_image_lose(const cu_image_piece *lost, const char *why)
{
    cu_image_gap gap = {.offset = lost->offset, .bytes = lost->n};

    memset(lost->out, 0, lost->n);
    (void)snprintf(gap.why, sizeof gap.why, "%s", why);
    if (lost->told != NULL)
        lost->told(lost->context, &gap);
}

/* The part of a piece that begins at byte at of it. */
static cu_image_piece part_of(const cu_image_piece *whole, size_t at, size_t n)
{
    cu_image_piece part = *whole;

    part.offset += at;
    part.out += at;
    part.n = n;
    return part;
}

static void lose(const cu_image_piece *lost, int os_errno)
{
    char words[64];

    cu_image_lose(lost, os_errno == 0 ? "the file ends before it"
                                      : strerror_r(os_errno, words, sizeof words));
}

/*
 * A part that fails is halved until it is one sector. Parts are worked off a small stack, the
 * lower half on top.
 */
static void read_halving(const cu_image *image, const cu_segment *segment, uint64_t at,
                         const cu_image_piece *wanted)
{
    cu_image_piece stack[64];
    size_t depth = 0;
    const size_t sector = image->facts.sector_bytes;

    stack[depth++] = *wanted;
    while (depth > 0) {
        const cu_image_piece part = stack[--depth];

        if (cu_segment_read(segment, at + (part.offset - wanted->offset), part.out, part.n))
            continue;
        if (part.n <= sector || depth + 2 > CU_COUNT_OF(stack)) {
            lose(&part, errno);
            continue;
        }

        const size_t half = (part.n / 2 + sector - 1) / sector * sector;

        stack[depth++] = part_of(&part, half, part.n - half);
        stack[depth++] = part_of(&part, 0, half);
    }
}

void cu_segment_read_around(const cu_image *image, const cu_segment *segment, uint64_t at,
                            const cu_image_piece *wanted)
{
    const uint64_t left = at < segment->bytes ? segment->bytes - at : 0;
    const size_t there = left < wanted->n ? (size_t)left : wanted->n;

    if (there > 0) {
        const cu_image_piece first = part_of(wanted, 0, there);

        read_halving(image, segment, at, &first);
    }
    if (there < wanted->n) {
        const cu_image_piece rest = part_of(wanted, there, wanted->n - there);

        lose(&rest, 0);
    }
}
