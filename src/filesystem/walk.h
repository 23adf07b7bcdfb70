/* SPDX-License-Identifier: Apache-2.0 */
/* One walk of one file system, and how it tells what it sees. Private to filesystem/. */
#ifndef CU_FILESYSTEM_WALK_H
#define CU_FILESYSTEM_WALK_H

#include "filesystem/fat_names.h"
#include "filesystem/folders.h"

typedef struct cu_walk {
    TSK_FS_INFO *fs;
    uint64_t device_bytes;
    int fd;
    cu_buffer out;
    cu_extent *extents;
    size_t room;
    size_t count;
    cu_fat_names names;
    cu_folders folders;
    cu_folder *inside; /* the folder that is read */
    cu_bytes path;     /* its path */
    uint64_t names_seen;
    uint8_t *named;    /* a bit for each record that a live name leads to; NULL: not wanted */
    uint64_t nameless; /* live records that none leads to */
    bool gone;         /* nobody reads us any more */
    bool full;         /* memory for the folders ran out */
} cu_walk;

/* What is told is sent when there is enough of it, or now. */
void cu_walk_tell(cu_walk *self, const cu_entry *entry);
void cu_walk_send(cu_walk *self, bool now);

/* A remark on the whole file system, on a path, or on what lies in the folder that is read. */
void cu_walk_remark(cu_walk *self, const char *kind, const char *text);
void cu_walk_remark_on(cu_walk *self, cu_bytes path, const char *kind, const char *text);
void cu_walk_remark_below(cu_walk *self, cu_bytes name, const char *kind, const char *text);

/* The bytes of text, which may be NULL: never more than an entry's name has. */
cu_bytes cu_walk_text(const char *text);

bool cu_walk_memory_ran_out(const cu_walk *self);
bool cu_walk_is_ntfs(const TSK_FS_INFO *fs);

/* What the name and the record of a file say of it: CU_ENTRY_… */
uint32_t cu_walk_entry_flags(const TSK_FS_FILE *file, bool orphan);

/* Tells the file of a record. base: what its name says of it. */
void cu_walk_see_record(cu_walk *self, TSK_FS_FILE *file, cu_entry *base);

/* Reads every folder that is taken and not read yet, and those that they lead to. */
void cu_walk_see_folders(cu_walk *self);

#endif
