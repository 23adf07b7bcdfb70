/* SPDX-License-Identifier: Apache-2.0 */
/* The directories of a TIFF, which are those of EXIF and of most camera files too. Private to
 * picture/. */
#ifndef CU_PICTURE_DIRECTORY_H
#define CU_PICTURE_DIRECTORY_H

#include "base/bytes.h"

typedef enum cu_directory_kind {
    CU_DIRECTORY_MAIN, /* of the chain that the header begins */
    CU_DIRECTORY_SUB,
    CU_DIRECTORY_EXIF,
    CU_DIRECTORY_GPS,
} cu_directory_kind;

/* What one directory says, as far as anybody here wants to know; 0 or empty where it does not.
 */
typedef struct cu_directory {
    cu_directory_kind kind;
    uint32_t number; /* in the chain, from 0 */
    bool big_endian;
    uint32_t width, compression, orientation;
    uint64_t jpeg_offset, jpeg_bytes;   /* a picture in one piece */
    uint64_t strip_offset, strip_bytes; /* likewise, where there is one strip */
    uint64_t raw_offset, raw_bytes;     /* the preview of Panasonic, in one value */
    /* Views of the values as they are stored. */
    cu_bytes make, model, serial;
    cu_bytes time, time_original, zone_original, part_original;
    cu_bytes latitude_sign, latitude, longitude_sign, longitude;
} cu_directory;

/*
 * Calls seen for each directory that can be reached, in the order of the chain, parts after
 * their whole. Damage ends it early and quietly: what was seen stands. Source: TIFF 6.0 section
 * 2; EXIF 2.32 sections 4.6.3 and 4.6.6; DNG 1.4.
 */
void cu_directory_walk(cu_bytes tiff,
                       void (*seen)(void *context, const cu_directory *directory),
                       void *context);

/* Number index of a value: whole numbers as they are, rationals times scale. False: none. */
bool cu_directory_rational(cu_bytes value, bool big_endian, unsigned index, double *out);

#endif
