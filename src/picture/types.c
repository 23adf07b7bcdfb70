/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are given to a decoder. */
#include "picture/picture.h"

#include <string.h>

/* Media types of filetype/ that a format of this folder can claim. */
static const char *const types[] = {"image/jpeg"};

bool cu_picture_is_type(const char *type)
{
    for (size_t i = 0; type != NULL && i < CU_COUNT_OF(types); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}
