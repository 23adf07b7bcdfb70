/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of FAT of more than 195 characters, whole: libtsk 4.11.1 takes no long-name entry from
 * the sixteenth on for the first of a name, and loses the end. Private to filesystem/.
 */
#ifndef CU_FILESYSTEM_FAT_NAMES_H
#define CU_FILESYSTEM_FAT_NAMES_H

#include "filesystem/tsk.h"

/* One walk's. Zero it but for the first two. */
typedef struct cu_fat_names {
    TSK_FS_INFO *fs;
    const cu_reader *device;
    uint64_t first_entry; /* in the file system; 0: not asked yet */
    cu_buffer name;
} cu_fat_names;

void cu_fat_names_fini(cu_fat_names *self);

/* The name of a live entry, whole. Good until the next call; libtsk's own where that is whole.
 */
cu_bytes cu_fat_names_name(cu_fat_names *self, const TSK_FS_FILE *file);

#endif
