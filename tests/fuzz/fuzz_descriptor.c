/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a VMDK: no name that leaves its folder gets through. */
#include "image/descriptor.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_vmdk_descriptor read = {0};

    if (cu_vmdk_descriptor_parse((cu_bytes){bytes, n}, &read, NULL) != CU_OK)
        return 0;
    for (size_t i = 0; i < read.count; i++) {
        const cu_vmdk_extent *const extent = &read.list[i];

        if (memchr(extent->file, '\0', sizeof extent->file) == NULL ||
            strchr(extent->file, '/') != NULL || strcmp(extent->file, "..") == 0 ||
            (extent->kind != CU_VMDK_ZERO && extent->file[0] == '\0') || extent->sectors == 0)
            abort();
    }
    cu_vmdk_descriptor_free(&read);
    return 0;
}
