/* SPDX-License-Identifier: Apache-2.0 */
/* The list of picture formats. */
#include "picture/format.h"

/* In the order of asking: raw before tiff, which claims most camera files. */
const cu_picture_format *const cu_picture_formats[] = {
    &cu_picture_jpeg, &cu_picture_png, &cu_picture_gif,  &cu_picture_webp, &cu_picture_bmp,
    &cu_picture_heif, &cu_picture_raw, &cu_picture_tiff, &cu_picture_psd,  NULL};
