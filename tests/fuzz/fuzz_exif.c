/* SPDX-License-Identifier: Apache-2.0 */
/* What a camera says of a picture, read from any bytes. */
#include "picture/exif.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool is_text(const char text[cu_picture_text_bytes])
{
    const size_t n = strnlen(text, cu_picture_text_bytes);

    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return false;
    }
    return n < cu_picture_text_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_exif exif;

    cu_exif_read((cu_bytes){bytes, n}, &exif);
    if (exif.orientation < 1 || exif.orientation > 8 || !is_text(exif.facts.make) ||
        !is_text(exif.facts.model) || !is_text(exif.facts.serial))
        abort();
    if (exif.thumbnail.n > 0 && (exif.thumbnail.p < bytes || exif.thumbnail.n > n ||
                                 (size_t)(exif.thumbnail.p - bytes) > n - exif.thumbnail.n))
        abort();
    if (exif.facts.latitude != CU_PICTURE_NO_ANGLE &&
        (exif.facts.latitude < -900000000 || exif.facts.latitude > 900000000))
        abort();
    (void)cu_exif_time_us((cu_bytes){bytes, n});
    return 0;
}
