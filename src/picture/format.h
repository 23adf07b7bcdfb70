/* SPDX-License-Identifier: Apache-2.0 */
/* A picture format: one file each, one line in the list. Private to picture/; runs in the
 * child. */
#ifndef CU_PICTURE_FORMAT_H
#define CU_PICTURE_FORMAT_H

#include "picture/canvas.h"

typedef struct cu_picture_format {
    const char *name; /* at most 15 characters */
    bool (*claims)(cu_bytes file);
    /*
     * Gives the picture's rows to the canvas. CU_OK: all of it. Otherwise err says what stopped
     * it, and what was given to the canvas stands.
     */
    cu_status (*decode)(cu_bytes file, cu_canvas *canvas, cu_err *err);
    /*
     * The file's EXIF, from its II or MM: a view of file, or of room where it has to be copied
     * there. Empty where there is none. NULL: the format has no EXIF.
     */
    cu_bytes (*exif)(cu_bytes file, cu_buffer *room);
} cu_picture_format;

/* The formats in the order of asking, then NULL: formats.c, or jpeg_alone.c for a program of
 * one. */
extern const cu_picture_format *const cu_picture_formats[];

extern const cu_picture_format cu_picture_jpeg, cu_picture_png, cu_picture_gif, cu_picture_webp,
    cu_picture_bmp, cu_picture_tiff, cu_picture_heif, cu_picture_raw, cu_picture_psd;

#endif
