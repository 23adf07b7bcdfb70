/* SPDX-License-Identifier: Apache-2.0 */
/* The first bytes of any file. */
#include "filetype/filetype.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *const type = cu_filetype_of((cu_bytes){bytes, n});

    if (type != NULL && strchr(type, '/') == NULL)
        abort();
    return 0;
}
