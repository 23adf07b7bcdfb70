/* SPDX-License-Identifier: Apache-2.0 */
/* A frame of the walk, from a child that may be lying. What is taken is written again the same.
 */
#include "filesystem/filesystem.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    cu_extent *extents = NULL;
    size_t room = 0;
    cu_entry entry = {.inode = 7};
    cu_buffer again = {0};

    if (cu_entry_read((cu_bytes){bytes, n}, &entry, &extents, &room, NULL) == CU_OK) {
        cu_entry_append(&again, &entry);
        if (again.bad || again.n != n + 4 || memcmp(again.p + 4, bytes, n) != 0)
            abort();
    } else if (entry.inode != 7) {
        abort();
    }
    cu_buffer_free(&again);
    free(extents);
    return 0;
}
