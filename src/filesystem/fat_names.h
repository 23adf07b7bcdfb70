/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of FAT of more than 195 characters, whole: libtsk 4.11.1 takes no long-name entry from
 * the sixteenth on for the first of a name, and loses the end. Private to filesystem/.
 */
#ifndef CU_FILESYSTEM_FAT_NAMES_H
#define CU_FILESYSTEM_FAT_NAMES_H

#include "filesystem/tsk.h"

enum { cu_fat_folders_max = 128 };

/* A folder whose name libtsk cut off, and that the walk is in. */
typedef struct cu_fat_folder {
    cu_buffer cut;   /* its path as libtsk has it, with a slash at the end */
    cu_buffer whole; /* and as it is */
} cu_fat_folder;

/* One walk's. Zero it but for the first two. */
typedef struct cu_fat_names {
    TSK_FS_INFO *fs;
    const cu_reader *device;
    uint64_t first_entry; /* in the file system; 0: not asked yet */
    cu_buffer name;
    cu_buffer path;
    cu_fat_folder folders[cu_fat_folders_max];
    size_t depth;
} cu_fat_names;

void cu_fat_names_fini(cu_fat_names *self);

/* The name of a live entry, whole. Good until the next call; libtsk's own where that is whole.
 */
cu_bytes cu_fat_names_name(cu_fat_names *self, const TSK_FS_FILE *file);

/* The path that libtsk gives with an entry, with whole names in it. Good until the next call.
 */
cu_bytes cu_fat_names_path(cu_fat_names *self, const char *path);

/*
 * Tells of each folder, in the order of the walk: what comes next lies in it. name is what
 * cu_fat_names_name gave.
 */
void cu_fat_names_enter(cu_fat_names *self, const char *path, const char *cut, cu_bytes name);

#endif
