/* SPDX-License-Identifier: Apache-2.0 */
/* The list of picture formats. */
#include "picture/format.h"

const cu_picture_format *const cu_picture_formats[] = {&cu_picture_jpeg, NULL};

const cu_picture_format *cu_picture_format_of(cu_bytes file)
{
    for (size_t i = 0; cu_picture_formats[i] != NULL; i++) {
        if (cu_picture_formats[i]->claims(file))
            return cu_picture_formats[i];
    }
    return NULL;
}
