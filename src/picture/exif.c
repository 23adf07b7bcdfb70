/* SPDX-License-Identifier: Apache-2.0 */
/* From the directories to facts of fixed size. */
#include "picture/exif.h"

#include "base/text.h"
#include "picture/directory.h"

#include <string.h>

/* n digits at place; -1 where one is not. */
static int64_t digits(cu_bytes text, size_t place, size_t n)
{
    const cu_bytes part = cu_bytes_slice(text, place, n);
    int64_t value = 0;

    if (part.n != n)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (part.p[i] < '0' || part.p[i] > '9')
            return -1;
        value = value * 10 + (part.p[i] - '0');
    }
    return value;
}

/* Days since 1970-01-01 of a day of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    /* Years that begin in March end with their leap day. */
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era_year = y % 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

    return y / 400 * 146097 + era_year * 365 + era_year / 4 - era_year / 100 + day_of_year -
           719468;
}

int64_t cu_exif_time_us(cu_bytes text)
{
    const int64_t year = digits(text, 0, 4);
    const int64_t month = digits(text, 5, 2);
    const int64_t day = digits(text, 8, 2);
    const int64_t hour = digits(text, 11, 2);
    const int64_t minute = digits(text, 14, 2);
    const int64_t second = digits(text, 17, 2);

    if (year < 1900 || year >= 2100 || month < 1 || month > 12 || day < 1 || day > 31 ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60)
        return CU_PICTURE_NO_TIME;
    return (days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000000;
}

/* Minutes east of Greenwich of "+01:00"; 0 where it says nothing. */
static int64_t zone_minutes(cu_bytes text)
{
    const int64_t hours = digits(text, 1, 2);
    const int64_t minutes = digits(text, 4, 2);

    if (hours < 0 || hours > 14 || minutes < 0 || minutes > 59 ||
        (text.p[0] != '+' && text.p[0] != '-'))
        return 0;
    return (text.p[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/* "07" is 70 thousandths and so on: the digits after the point. */
static int64_t part_us(cu_bytes text)
{
    int64_t value = 0;
    int64_t unit = 100000;

    for (size_t i = 0; i < text.n && unit > 0; i++, unit /= 10) {
        if (text.p[i] < '0' || text.p[i] > '9')
            break;
        value += (text.p[i] - '0') * unit;
    }
    return value;
}

/* Copies text up to its zero byte, less what moves a cursor and blanks at its end. */
static void take_text(cu_bytes text, char *out, size_t room)
{
    size_t n = 0;
    cu_bytes left = cu_bytes_slice(text, 0, strnlen((const char *)text.p, text.n));

    while (left.n > 0) {
        const size_t size = cu_text_character(left);
        const bool shown = size > 0 && left.p[0] >= ' ' && left.p[0] != 0x7F &&
                           !(left.p[0] == 0xC2 && left.p[1] < 0xA0);
        const size_t put = shown ? size : 1;

        if (n + put >= room)
            break;
        if (shown)
            memcpy(out + n, left.p, size);
        else
            out[n] = '?';
        n += put;
        left = cu_bytes_slice(left, size > 0 ? size : 1, left.n);
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
}

typedef struct reading {
    cu_bytes tiff;
    cu_exif *out;
    int64_t time_us, original_us;
} reading;

static int32_t angle_of(cu_bytes value, cu_bytes sign, uint8_t negative, bool big_endian,
                        int most)
{
    double degrees = 0;
    double minutes = 0;
    double seconds = 0;

    if (sign.n == 0 || !cu_directory_rational(value, big_endian, 0, &degrees))
        return CU_PICTURE_NO_ANGLE;
    (void)cu_directory_rational(value, big_endian, 1, &minutes);
    (void)cu_directory_rational(value, big_endian, 2, &seconds);

    const double angle = degrees + minutes / 60 + seconds / 3600;

    if (!(angle >= 0 && angle <= most))
        return CU_PICTURE_NO_ANGLE;

    const int32_t whole = (int32_t)(angle * 1e7 + 0.5);

    return sign.p[0] == negative ? -whole : whole;
}

static void take_position(const cu_directory *directory, cu_picture_exif *facts)
{
    const int32_t latitude =
        angle_of(directory->latitude, directory->latitude_sign, 'S', directory->big_endian, 90);
    const int32_t longitude = angle_of(directory->longitude, directory->longitude_sign, 'W',
                                       directory->big_endian, 180);

    if (latitude == CU_PICTURE_NO_ANGLE || longitude == CU_PICTURE_NO_ANGLE)
        return;
    facts->latitude = latitude;
    facts->longitude = longitude;
}

static void take_times(reading *self, const cu_directory *directory)
{
    const int64_t time_us = cu_exif_time_us(directory->time);
    const int64_t original_us = cu_exif_time_us(directory->time_original);

    if (time_us != CU_PICTURE_NO_TIME && self->time_us == CU_PICTURE_NO_TIME)
        self->time_us = time_us;
    if (original_us != CU_PICTURE_NO_TIME && self->original_us == CU_PICTURE_NO_TIME)
        self->original_us = original_us - zone_minutes(directory->zone_original) * 60000000 +
                            part_us(directory->part_original);
}

static void see(void *context, const cu_directory *directory)
{
    reading *const self = context;
    cu_exif *const out = self->out;
    const bool first = directory->kind == CU_DIRECTORY_MAIN && directory->number == 0;

    if (directory->kind == CU_DIRECTORY_GPS)
        take_position(directory, &out->facts);
    take_times(self, directory);
    if (first && directory->orientation >= 1 && directory->orientation <= 8)
        out->orientation = directory->orientation;
    if (out->facts.make[0] == '\0' && directory->make.n > 0)
        take_text(directory->make, out->facts.make, sizeof out->facts.make);
    if (out->facts.model[0] == '\0' && directory->model.n > 0)
        take_text(directory->model, out->facts.model, sizeof out->facts.model);
    if (out->facts.serial[0] == '\0' && directory->serial.n > 0)
        take_text(directory->serial, out->facts.serial, sizeof out->facts.serial);
    if (directory->kind == CU_DIRECTORY_MAIN && directory->number == 1 &&
        directory->jpeg_bytes > 0)
        out->thumbnail = cu_bytes_slice(self->tiff, (size_t)directory->jpeg_offset,
                                        (size_t)directory->jpeg_bytes);
}

void cu_exif_read(cu_bytes tiff, cu_exif *out)
{
    reading self = {.tiff = tiff,
                    .out = out,
                    .time_us = CU_PICTURE_NO_TIME,
                    .original_us = CU_PICTURE_NO_TIME};

    *out = (cu_exif){.orientation = 1,
                     .facts = {.taken_us = CU_PICTURE_NO_TIME,
                               .latitude = CU_PICTURE_NO_ANGLE,
                               .longitude = CU_PICTURE_NO_ANGLE}};
    cu_directory_walk(tiff, see, &self);
    out->facts.taken_us =
        self.original_us != CU_PICTURE_NO_TIME ? self.original_us : self.time_us;
    /* A zone may push a time out of the years that are believed. */
    if (out->facts.taken_us < INT64_C(-2208988800) * 1000000 ||
        out->facts.taken_us >= INT64_C(4102444800) * 1000000)
        out->facts.taken_us = CU_PICTURE_NO_TIME;
}
