/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the small picture in a file is the picture that the file shows. Private to picture/.
 */
#ifndef CU_PICTURE_THUMBNAIL_H
#define CU_PICTURE_THUMBNAIL_H

#include "picture/canvas.h"

/*
 * Decodes thumbnail, a view of file, and gives its place and how far its hash is from that of
 * canvas, whose first frame was hashed; leaves out as it is where it is no JPEG. A camera may
 * have put it into bars of black or turned it since, so the nearest way of looking at it
 * counts.
 */
void cu_thumbnail_compare(cu_bytes file, cu_bytes thumbnail, const cu_canvas *canvas,
                          cu_picture_thumbnail *out);

#endif
