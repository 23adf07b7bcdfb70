/* SPDX-License-Identifier: Apache-2.0 */
/* A container of any format, found by its content: opened, and read here and there. */
#include "image/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { piece = 64 << 10, reads = 12 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void check_gap(void *context, const cu_image_gap *gap)
{
    const uint64_t *const range = context;

    if (gap->offset < range[0] || gap->bytes == 0 || gap->bytes > range[1] ||
        gap->offset - range[0] > range[1] - gap->bytes)
        abort();
}

static void read_some(cu_image *image)
{
    static uint8_t room[piece];
    const uint64_t all = cu_image_get_facts(image)->bytes;

    for (uint64_t i = 0; i < reads; i++) {
        /* The start, the end, and places between that are no multiples of anything. */
        const uint64_t at = i < 2 ? i * 511 : i == 2 ? all - 1 : all / reads * i + i * 77;
        uint64_t range[2] = {at, 0};

        if (at >= all)
            continue;
        range[1] = all - at < piece ? all - at : piece;
        if (cu_image_read_at(image,
                             &(cu_image_piece){at, room, (size_t)range[1], check_gap, range},
                             NULL) != CU_OK)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_segment segment = {.fd = memfd_create("fuzz", MFD_CLOEXEC), .bytes = n, .name = "fuzz"};
    const cu_segments segments = {.list = &segment, .count = 1};
    cu_image *image = NULL;

    if (segment.fd < 0 || write(segment.fd, bytes, n) != (ssize_t)n)
        abort();
    if (n > 0 && cu_image_open(&segments, &image, NULL) == CU_OK)
        read_some(image);
    cu_image_close(image);
    close(segment.fd);
    return 0;
}
