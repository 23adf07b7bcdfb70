/* SPDX-License-Identifier: Apache-2.0 */
/* A child's answer is taken apart field by field before it counts. */
#include "picture/picture.h"

#include "base/text.h"

#include <string.h>

/* True where text ends inside its room, is UTF-8, and moves no cursor. */
static bool is_text(const char *text, size_t room)
{
    const size_t n = strnlen(text, room);
    cu_bytes left = {(const uint8_t *)text, n};

    if (n == room)
        return false;
    while (left.n > 0) {
        const size_t size = cu_text_character(left);

        if (size == 0 || left.p[0] < 0x20 || left.p[0] == 0x7F ||
            (left.p[0] == 0xC2 && left.p[1] < 0xA0))
            return false;
        left = cu_bytes_slice(left, size, left.n);
    }
    return true;
}

static bool is_hash(const cu_pdq_hash *hash)
{
    return hash->quality >= 0 && hash->quality <= 100;
}

/* Frames rise, and each is as it is before it is changed. */
static bool is_next(const cu_picture_facts *facts, uint32_t i)
{
    const uint32_t frame = facts->hash_frames[i];
    const uint32_t change = facts->hash_changes[i];

    if (frame >= facts->frames || change >= cu_picture_changes)
        return false;
    if (i == 0)
        return frame == 0 && change == CU_PICTURE_AS_IS;
    return frame > facts->hash_frames[i - 1] ||
           (frame == facts->hash_frames[i - 1] && change > facts->hash_changes[i - 1]);
}

static bool are_hashes(const cu_picture_facts *facts)
{
    if (facts->hash_count > cu_picture_frames_max || facts->has_full > 1 ||
        (facts->hash_count == 0 && facts->has_full != 0))
        return false;
    for (uint32_t i = 0; i < facts->hash_count; i++) {
        if (!is_hash(&facts->hashes[i]) || !is_next(facts, i))
            return false;
    }
    return facts->has_full == 0 || is_hash(&facts->full);
}

static bool is_size(const cu_picture_facts *facts)
{
    if (facts->outcome == CU_PICTURE_NOT)
        return facts->hash_count == 0;
    return facts->hash_count > 0 && facts->width > 0 && facts->height > 0 &&
           (uint64_t)facts->width * facts->height <= CU_PICTURE_PIXELS_MAX &&
           facts->rows <= facts->height;
}

static bool is_angle(int32_t angle, int32_t most)
{
    return angle == CU_PICTURE_NO_ANGLE || (angle >= -most && angle <= most);
}

static bool is_exif(const cu_picture_exif *exif)
{
    /* 1900 to 2100: no camera's clock shows another year. */
    static const int64_t first_us = INT64_C(-2208988800) * 1000000;
    static const int64_t last_us = INT64_C(4102444800) * 1000000;

    return (exif->taken_us == CU_PICTURE_NO_TIME ||
            (exif->taken_us >= first_us && exif->taken_us < last_us)) &&
           is_angle(exif->latitude, 900000000) && is_angle(exif->longitude, 1800000000) &&
           (exif->latitude == CU_PICTURE_NO_ANGLE) ==
               (exif->longitude == CU_PICTURE_NO_ANGLE) &&
           is_text(exif->make, sizeof exif->make) && is_text(exif->model, sizeof exif->model) &&
           is_text(exif->serial, sizeof exif->serial);
}

static bool is_thumbnail(const cu_picture_thumbnail *thumbnail, uint64_t file_bytes)
{
    return thumbnail->offset <= file_bytes &&
           thumbnail->bytes <= file_bytes - thumbnail->offset && thumbnail->distance <= 257 &&
           thumbnail->quality <= 100;
}

cu_status cu_picture_facts_check(const cu_picture_facts *facts, uint64_t file_bytes,
                                 cu_err *err)
{
    if (facts->outcome < CU_PICTURE_WHOLE || facts->outcome >= cu_picture_outcomes ||
        facts->orientation < 1 || facts->orientation > 8 || facts->frames < 1 ||
        !are_hashes(facts) || !is_size(facts) || !is_exif(&facts->exif) ||
        !is_thumbnail(&facts->thumbnail, file_bytes) ||
        !is_text(facts->format, sizeof facts->format) ||
        !is_text(facts->reason, sizeof facts->reason))
        return cu_fail(err, CU_ECHILD, "the decoder broke its protocol");
    return CU_OK;
}

cu_status cu_picture_views_check(const cu_picture_views *views, cu_err *err)
{
    bool good = views->count <= cu_pdq_views_max;

    for (uint32_t i = 0; good && i < views->count; i++)
        good = views->list[i].change < cu_pdq_changes && views->list[i].amount >= -1000 &&
               views->list[i].amount <= 1000 && is_hash(&views->list[i].hash);
    return good ? CU_OK : cu_fail(err, CU_ECHILD, "the decoder broke its protocol");
}
