/* SPDX-License-Identifier: Apache-2.0 */
/* libtsk over a cu_reader. Private to filesystem/: nobody else includes libtsk. */
#ifndef CU_FILESYSTEM_TSK_H
#define CU_FILESYSTEM_TSK_H

#include "filesystem/filesystem.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wpedantic"
#include <tsk/libtsk.h>
#pragma GCC diagnostic pop

typedef struct cu_tsk {
    TSK_IMG_INFO *image;
    TSK_FS_INFO *fs;
    void *bridge;
} cu_tsk;

/* Opens the file system called name ("ntfs", …) at offset. CU_EUNSUPPORTED: it is not there. */
cu_status cu_tsk_open(const cu_reader *device, uint64_t offset, const char *name, cu_tsk *out,
                      cu_err *err) CU_MUST_CHECK;
void cu_tsk_close(cu_tsk *opened);

#endif
