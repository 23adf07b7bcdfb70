/* SPDX-License-Identifier: Apache-2.0 */
/* What EXIF says of how a picture was made. Private to picture/. */
#ifndef CU_PICTURE_EXIF_H
#define CU_PICTURE_EXIF_H

#include "picture/picture.h"

typedef struct cu_exif {
    cu_picture_exif facts;
    uint32_t orientation; /* 1 to 8 */
    cu_bytes thumbnail;   /* a view of tiff; empty where there is none */
} cu_exif;

/* Reads tiff, which begins with II or MM; fills out whatever it is. */
void cu_exif_read(cu_bytes tiff, cu_exif *out);

/* Microseconds since 1970 of "2026:11:24 07:42:00"; CU_PICTURE_NO_TIME where it is no time. */
int64_t cu_exif_time_us(cu_bytes text);

#endif
