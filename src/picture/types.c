/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are given to a decoder. */
#include "picture/picture.h"

#include <string.h>

/* Media types of filetype/ that a format of this folder can claim. */
static const char *const types[] = {"image/jpeg",
                                    "image/png",
                                    "image/apng",
                                    "image/gif",
                                    "image/webp",
                                    "image/bmp",
                                    "image/tiff",
                                    "image/heic",
                                    "image/heif",
                                    "image/avif",
                                    "image/x-canon-cr2",
                                    "image/x-canon-cr3",
                                    "image/x-nikon-nef",
                                    "image/x-sony-arw",
                                    "image/x-adobe-dng",
                                    "image/x-pentax-pef",
                                    "image/x-samsung-srw",
                                    "image/x-olympus-orf",
                                    "image/x-panasonic-rw2",
                                    "image/x-fuji-raf",
                                    "image/vnd.adobe.photoshop"};

bool cu_picture_is_type(const char *type)
{
    for (size_t i = 0; type != NULL && i < CU_COUNT_OF(types); i++) {
        if (strcmp(type, types[i]) == 0)
            return true;
    }
    return false;
}

const char *cu_picture_change_word(cu_picture_change change)
{
    static const char *const words[] = {
        [CU_PICTURE_AS_IS] = "", [CU_PICTURE_OVER_WHITE] = "over white"};

    return (unsigned)change < CU_COUNT_OF(words) ? words[change] : "";
}
