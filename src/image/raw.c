/* SPDX-License-Identifier: Apache-2.0 */
/* Raw and split raw images, and block devices: the bytes as they are. */
#include "image/format.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool claims(CU_UNUSED const cu_segments *segments, CU_UNUSED cu_bytes head)
{
    return true;
}

static cu_status open_raw(cu_image *image, cu_err *err)
{
    const cu_segments *const segments = image->segments;
    uint64_t bytes = 0;

    for (size_t i = 0; i < segments->count; i++) {
        if (__builtin_add_overflow(bytes, segments->list[i].bytes, &bytes))
            return cu_fail(err, CU_EFORMAT, "its segments are larger than can be");
    }
    if (bytes == 0)
        return cu_fail(err, CU_EFORMAT, "it is empty");
    (void)snprintf(image->facts.format, sizeof image->facts.format, "%s",
                   segments->count > 1 ? "split-raw" : "raw");
    image->facts.bytes = bytes;
    image->facts.sector_bytes = segments->sector_bytes != 0 ? segments->sector_bytes : 512;
    return CU_OK;
}

static void close_raw(CU_UNUSED cu_image *image)
{
}

typedef struct reading {
    cu_image *image;
    cu_image_gap_told *told;
    void *context;
    uint64_t segment_start; /* on the media */
    const cu_segment *segment;
} reading;

static void tell_gap(const reading *self, uint64_t offset, size_t n)
{
    const int os_errno = errno;
    cu_image_gap gap = {.offset = self->segment_start + offset, .bytes = n};
    char words[64];

    (void)snprintf(gap.why, sizeof gap.why, "%s",
                   os_errno == 0 ? "the file is shorter than it was"
                                 : strerror_r(os_errno, words, sizeof words));
    if (self->told != NULL)
        self->told(self->context, &gap);
}

/*
 * Reads what can be read: a part that fails is halved until it is one sector. Parts are worked
 * off a small stack, the lower half on top.
 */
static void read_around(const reading *self, uint64_t offset, uint8_t *out, size_t n)
{
    struct part {
        size_t at, n;
    } stack[64] = {{0, n}};

    size_t depth = 1;
    const size_t sector = self->image->facts.sector_bytes;

    while (depth > 0) {
        const struct part part = stack[--depth];

        if (cu_segment_read(self->segment, offset + part.at, out + part.at, part.n))
            continue;
        if (part.n <= sector || depth + 2 > CU_COUNT_OF(stack)) {
            tell_gap(self, offset + part.at, part.n);
            memset(out + part.at, 0, part.n);
            continue;
        }

        const size_t half = (part.n / 2 + sector - 1) / sector * sector;

        stack[depth++] = (struct part){part.at + half, part.n - half};
        stack[depth++] = (struct part){part.at, half};
    }
}

static cu_status read_raw(cu_image *image, uint64_t offset, uint8_t *out, size_t n,
                          cu_image_gap_told *told, void *context, CU_UNUSED cu_err *err)
{
    reading self = {.image = image, .told = told, .context = context};

    for (size_t i = 0; i < image->segments->count && n > 0; i++) {
        self.segment = &image->segments->list[i];
        if (offset < self.segment_start + self.segment->bytes) {
            const uint64_t at = offset - self.segment_start;
            const uint64_t left = self.segment->bytes - at;
            const size_t part = left < n ? (size_t)left : n;

            read_around(&self, at, out, part);
            out += part;
            offset += part;
            n -= part;
        }
        self.segment_start += self.segment->bytes;
    }
    return CU_OK;
}

const cu_image_format cu_raw_format = {
    .name = "raw", .claims = claims, .open = open_raw, .close = close_raw, .read_at = read_raw};
