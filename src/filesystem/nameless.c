/* SPDX-License-Identifier: Apache-2.0 */
/* A bit for each record, set where a live name led to it; then each live record is seen. */
#include "filesystem/nameless.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    named_max = 32 << 20, /* bytes of the map of named records */
    ext_first_own = 11,   /* what lies before is the file system's */
    ntfs_first_own = 24,
};

static const char orphans[] = "$OrphanFiles";

void cu_nameless_begin(cu_walk *self)
{
    const TSK_FS_INFO *const fs = self->fs;

    if (!cu_walk_is_ntfs(fs) && !TSK_FS_TYPE_ISEXT(fs->ftype))
        return;
    if (fs->last_inum / 8 >= named_max)
        cu_walk_remark(self, "nameless",
                       "more records than are looked through for those without a name");
    else
        self->named = calloc(1, fs->last_inum / 8 + 1);
}

void cu_nameless_see_name(cu_walk *self, TSK_INUM_T inode)
{
    if (self->named != NULL && inode <= self->fs->last_inum)
        self->named[inode / 8] |= (uint8_t)(1U << inode % 8);
}

static bool is_named(const cu_walk *self, TSK_INUM_T inode)
{
    return inode > self->fs->last_inum || (self->named[inode / 8] >> inode % 8 & 1) != 0;
}

/* What it is called below libtsk's folder of orphans: as its own record says, or by its number.
 */
static cu_bytes nameless_name(const TSK_FS_META *meta, char out[32])
{
    if (meta->name2 != NULL && meta->name2->name[0] != '\0')
        return (cu_bytes){(const uint8_t *)meta->name2->name,
                          strnlen(meta->name2->name, sizeof meta->name2->name)};
    (void)snprintf(out, 32, "OrphanFile-%" PRIuINUM, meta->addr);
    return cu_walk_text(out);
}

static void take_nameless_folder(cu_walk *self, const TSK_FS_META *meta)
{
    char number[32];
    cu_buffer name = {.ceiling = cu_entry_name_max};
    const cu_bytes own = nameless_name(meta, number);

    cu_buffer_append(&name, orphans, sizeof orphans - 1);
    cu_buffer_u8(&name, '/');
    cu_buffer_append(&name, own.p, own.n);

    const cu_folder_shown shown = {
        .name = cu_buffer_view(&name), .inode = meta->addr, .live = true, .orphans = true};

    if (name.bad || cu_folders_take(&self->folders, NULL, &shown) == CU_FOLDER_NO_MEMORY)
        self->full = true;
    cu_buffer_free(&name);
}

static TSK_WALK_RET_ENUM see_nameless(TSK_FS_FILE *file, cu_walk *self, bool folders)
{
    char number[32];
    cu_entry base = {.kind = CU_ENTRY_FILE, .folder = cu_walk_text(orphans)};

    if (self->gone || cu_walk_memory_ran_out(self))
        return TSK_WALK_STOP;
    /* A record of NTFS without a name goes on from another one. */
    if (file->meta == NULL || is_named(self, file->meta->addr) ||
        (cu_walk_is_ntfs(self->fs) && file->meta->name2 == NULL) ||
        TSK_FS_IS_DIR_META(file->meta->type) != folders)
        return TSK_WALK_CONT;
    cu_nameless_see_name(self, file->meta->addr);
    self->nameless++;
    if (folders) {
        take_nameless_folder(self, file->meta);
        return TSK_WALK_CONT;
    }
    base.flags = cu_walk_entry_flags(file, true);
    base.name = nameless_name(file->meta, number);
    base.inode = file->meta->addr;
    cu_walk_see_record(self, file, &base);
    return TSK_WALK_CONT;
}

static TSK_WALK_RET_ENUM see_nameless_folder(TSK_FS_FILE *file, void *context)
{
    return see_nameless(file, context, true);
}

static TSK_WALK_RET_ENUM see_nameless_file(TSK_FS_FILE *file, void *context)
{
    return see_nameless(file, context, false);
}

static void walk_records(cu_walk *self, TSK_FS_META_WALK_CB seen)
{
    const TSK_INUM_T first = cu_walk_is_ntfs(self->fs) ? ntfs_first_own : ext_first_own;
    const TSK_INUM_T end = self->fs->last_inum; /* libtsk's folder of orphans */

    if (end > first &&
        tsk_fs_meta_walk(self->fs, first, end - 1,
                         TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_USED, seen, self) != 0) {
        cu_walk_remark(self, "not-examined", "not examined: not all records can be read");
        tsk_error_reset();
    }
}

void cu_nameless_see_all(cu_walk *self)
{
    char text[120];

    if (self->named == NULL)
        return;
    walk_records(self, see_nameless_folder); /* first: they have names for others */
    cu_walk_see_folders(self);
    walk_records(self, see_nameless_file);
    if (self->nameless == 0)
        return;
    (void)snprintf(text, sizeof text,
                   "no name leads to %" PRIu64 " live records: what they hold is told in %s",
                   self->nameless, orphans);
    cu_walk_remark(self, "nameless", text);
}
