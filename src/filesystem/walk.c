/* SPDX-License-Identifier: Apache-2.0 */
/* libtsk reads folder after folder and gives each file's runs; not a byte of content is read
 * here. */
#include "filesystem/walk.h"

#include "base/list.h"
#include "filesystem/nameless.h"
#include "filesystem/reason.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { extents_max = 1 << 20, allocated_max = 1 << 14 };

/* ---- extents ---- */

static bool add_extent(cu_walk *self, uint64_t file_offset, uint64_t bytes,
                       uint64_t device_offset)
{
    cu_extent *const last = self->count == 0 ? NULL : &self->extents[self->count - 1];

    if (bytes == 0)
        return true;
    if (last != NULL && last->file_offset + last->bytes == file_offset) {
        const bool plain = device_offset < CU_EXTENT_UNKNOWN;

        if (plain ? last->device_offset < CU_EXTENT_UNKNOWN &&
                        last->device_offset + last->bytes == device_offset
                  : last->device_offset == device_offset) {
            last->bytes += bytes;
            return true;
        }
    }
    if (self->count == extents_max)
        return false;

    cu_extent *const list =
        cu_list_room(self->extents, self->count, &self->room, sizeof *list, NULL);

    if (list == NULL)
        return false;
    self->extents = list;
    list[self->count++] = (cu_extent){file_offset, bytes, device_offset};
    return true;
}

/* A run of device bytes, cut where the device ends: what lies past it is unknown. */
static bool add_run(cu_walk *self, uint64_t file_offset, uint64_t bytes,
                    const TSK_FS_ATTR_RUN *run, uint64_t skip)
{
    uint64_t at = 0;

    if ((run->flags & TSK_FS_ATTR_RUN_FLAG_SPARSE) != 0)
        return add_extent(self, file_offset, bytes, CU_EXTENT_HOLE);
    if ((run->flags & TSK_FS_ATTR_RUN_FLAG_FILLER) != 0 ||
        __builtin_mul_overflow(run->addr, (uint64_t)self->fs->block_size, &at) ||
        __builtin_add_overflow(at, (uint64_t)self->fs->offset + skip, &at) ||
        at >= self->device_bytes)
        return add_extent(self, file_offset, bytes, CU_EXTENT_UNKNOWN);

    const uint64_t there = self->device_bytes - at < bytes ? self->device_bytes - at : bytes;

    return add_extent(self, file_offset, there, at) &&
           add_extent(self, file_offset + there, bytes - there, CU_EXTENT_UNKNOWN);
}

/* The runs of an attribute between two of its bytes. *end: where they end, or to. */
static bool add_runs_between(cu_walk *self, const TSK_FS_ATTR *attribute, uint64_t from,
                             uint64_t to, uint64_t *end)
{
    const uint64_t block = self->fs->block_size;
    const uint64_t skip = attribute->nrd.skiplen;
    uint64_t at = 0;

    for (const TSK_FS_ATTR_RUN *run = attribute->nrd.run; run != NULL && at < to;
         run = run->next) {
        const uint64_t run_skip = at == 0 && skip < run->len * block ? skip : 0;
        uint64_t bytes = 0;

        if (__builtin_mul_overflow(run->len, block, &bytes))
            return false;
        bytes -= run_skip;
        if (bytes > to - at)
            bytes = to - at;

        const uint64_t before = at >= from ? 0 : from - at < bytes ? from - at : bytes;

        if (!add_run(self, at + before, bytes - before, run, run_skip + before))
            return false;
        at += bytes;
    }
    *end = at;
    return true;
}

/* How much of the first size bytes was ever written: the rest reads as zero. */
static uint64_t written_of(const TSK_FS_ATTR *attribute, uint64_t size)
{
    const uint64_t written = (uint64_t)attribute->nrd.initsize;

    return written < size ? written : size;
}

/* The bytes 0 to size of the attribute. */
static bool add_runs(cu_walk *self, const TSK_FS_ATTR *attribute, uint64_t size)
{
    const uint64_t written = written_of(attribute, size);
    uint64_t end = 0;

    self->count = 0;
    return add_runs_between(self, attribute, 0, written, &end) &&
           add_extent(self, end, written - end, CU_EXTENT_UNKNOWN) &&
           add_extent(self, written, size - written, CU_EXTENT_HOLE);
}

/* ---- files ---- */

static int64_t time_us(time_t seconds, uint32_t nano)
{
    int64_t us = 0;

    if (seconds == 0 && nano == 0)
        return INT64_MIN;
    if (__builtin_mul_overflow((int64_t)seconds, (int64_t)1000000, &us) ||
        __builtin_add_overflow(us, (int64_t)(nano / 1000 % 1000000), &us))
        return INT64_MIN;
    return us;
}

static void set_times(cu_entry *entry, const TSK_FS_META *meta)
{
    entry->modified_us = time_us(meta->mtime, meta->mtime_nano);
    entry->accessed_us = time_us(meta->atime, meta->atime_nano);
    entry->changed_us = time_us(meta->ctime, meta->ctime_nano);
    entry->born_us = time_us(meta->crtime, meta->crtime_nano);
}

bool cu_walk_is_ntfs(const TSK_FS_INFO *fs)
{
    return TSK_FS_TYPE_ISNTFS(fs->ftype);
}

/* Content that a person would open; the rest of the attributes are structure. */
static bool is_content(const TSK_FS_INFO *fs, const TSK_FS_ATTR *attribute, bool directory)
{
    if (cu_walk_is_ntfs(fs)) {
        if (attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA)
            return true;
        /* The named indexes of $Extend ($O, $Q, $R) and $Secure are files of their own. */
        return !directory && attribute->type == TSK_FS_ATTR_TYPE_NTFS_IDXROOT &&
               attribute->name != NULL && strcmp(attribute->name, "$I30") != 0;
    }
    if (directory)
        return attribute->type == TSK_FS_ATTR_TYPE_HFS_RSRC;
    return attribute->type == TSK_FS_ATTR_TYPE_DEFAULT ||
           attribute->type == TSK_FS_ATTR_TYPE_HFS_DATA ||
           (attribute->type == TSK_FS_ATTR_TYPE_HFS_RSRC && attribute->size > 0);
}

static cu_bytes stream_name(const TSK_FS_INFO *fs, const TSK_FS_ATTR *attribute)
{
    if (attribute->type == TSK_FS_ATTR_TYPE_HFS_RSRC)
        return cu_walk_text("rsrc");
    if (!cu_walk_is_ntfs(fs) || attribute->name == NULL)
        return (cu_bytes){0};
    /* libtsk calls the unnamed stream of a record "$Data" where it has to call it something. */
    if (attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA &&
        (attribute->name[0] == '\0' || strcmp(attribute->name, "$Data") == 0 ||
         strcmp(attribute->name, "N/A") == 0))
        return (cu_bytes){0};
    return cu_walk_text(attribute->name);
}

static void set_content(cu_walk *self, cu_entry *entry, const TSK_FS_ATTR *attribute)
{
    const uint64_t size = attribute->size < 0 ? 0 : (uint64_t)attribute->size;

    entry->size = size;
    if (cu_walk_is_ntfs(self->fs) || attribute->type >= TSK_FS_ATTR_TYPE_HFS_DATA)
        entry->attribute = (uint32_t)attribute->type << 16 | attribute->id;
    if ((attribute->flags & TSK_FS_ATTR_ENC) != 0)
        entry->flags |= CU_ENTRY_ENCRYPTED;
    if ((attribute->flags & TSK_FS_ATTR_COMP) != 0 || attribute->r != NULL)
        entry->flags |= CU_ENTRY_BY_LIBRARY;
    if ((attribute->flags & TSK_FS_ATTR_RES) != 0) {
        entry->flags |= CU_ENTRY_RESIDENT;
        if ((entry->flags & CU_ENTRY_BY_LIBRARY) == 0 && attribute->rd.buf != NULL &&
            size <= attribute->rd.buf_size) {
            entry->content = (cu_bytes){attribute->rd.buf, (size_t)size};
            return;
        }
        entry->flags = (entry->flags & ~(uint32_t)CU_ENTRY_RESIDENT) | CU_ENTRY_BY_LIBRARY;
        return;
    }
    /* The extents of a compressed file are still its own; its size is not their length. */
    const bool by_library = (entry->flags & CU_ENTRY_BY_LIBRARY) != 0;
    const uint64_t span = !by_library                    ? size
                          : attribute->nrd.allocsize < 0 ? 0
                                                         : (uint64_t)attribute->nrd.allocsize;

    if (!add_runs(self, attribute, span)) {
        cu_walk_remark(self, "not-examined", "a file has more fragments than can be followed");
        self->count = 0;
    }
    entry->extents = self->extents;
    entry->extent_count = self->count;
}

/* What the blocks of a live file hold behind what was written of it. */
static void tell_slack(cu_walk *self, const TSK_FS_ATTR *attribute)
{
    const uint64_t size = attribute->size < 0 ? 0 : (uint64_t)attribute->size;
    cu_entry entry = {.kind = CU_ENTRY_SLACK};
    uint64_t end = 0;

    if ((attribute->flags & TSK_FS_ATTR_NONRES) == 0 ||
        (attribute->flags & TSK_FS_ATTR_COMP) != 0 || attribute->r != NULL)
        return;
    self->count = 0;
    (void)add_runs_between(self, attribute, written_of(attribute, size), UINT64_MAX, &end);
    entry.extents = self->extents;
    entry.extent_count = self->count;
    if (self->count > 0)
        cu_walk_tell(self, &entry);
}

static void tell_structure(cu_walk *self, const TSK_FS_ATTR *attribute)
{
    cu_entry entry = {.kind = CU_ENTRY_STRUCTURE};

    if ((attribute->flags & TSK_FS_ATTR_NONRES) == 0 || attribute->nrd.allocsize <= 0)
        return;
    if (!add_runs(self, attribute, (uint64_t)attribute->nrd.allocsize))
        return;
    entry.extents = self->extents;
    entry.extent_count = self->count;
    cu_walk_tell(self, &entry);
}

uint32_t cu_walk_entry_flags(const TSK_FS_FILE *file, bool orphan)
{
    uint32_t flags = orphan ? CU_ENTRY_ORPHAN : 0;

    if (file->name != NULL && (file->name->flags & TSK_FS_NAME_FLAG_UNALLOC) != 0)
        flags |= CU_ENTRY_NAME_DELETED;
    if (file->meta == NULL)
        return flags | CU_ENTRY_NO_RECORD;
    if ((file->meta->flags & TSK_FS_META_FLAG_UNALLOC) != 0)
        flags |= CU_ENTRY_META_DELETED;
    switch ((int)file->meta->type) {
    case TSK_FS_META_TYPE_DIR:
        return flags | CU_ENTRY_DIRECTORY;
    case TSK_FS_META_TYPE_LNK:
        return flags | CU_ENTRY_LINK;
    case TSK_FS_META_TYPE_VIRT:
        return flags | CU_ENTRY_VIRTUAL;
    default:
        return flags;
    }
}

/* Windows 10 packs files without the file system's doing ("compact /exe"): their own stream is
 * one hole, and the content is in a stream of this name. Source: [MS-FSCC] 2.1.2.1, WOF. */
static bool is_packed(const cu_walk *self, TSK_FS_FILE *file)
{
    const int count = cu_walk_is_ntfs(self->fs) ? tsk_fs_file_attr_getsize(file) : 0;

    for (int i = 0; i < count; i++) {
        const TSK_FS_ATTR *const attribute = tsk_fs_file_attr_get_idx(file, i);

        if (attribute != NULL && attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA &&
            attribute->name != NULL && strcmp(attribute->name, "WofCompressedData") == 0)
            return true;
    }
    return false;
}

static void tell_attributes(cu_walk *self, TSK_FS_FILE *file, const cu_entry *base)
{
    const bool packed = is_packed(self, file);
    const bool directory = (base->flags & CU_ENTRY_DIRECTORY) != 0;
    const bool live = (base->flags & (CU_ENTRY_META_DELETED | CU_ENTRY_ORPHAN)) == 0;
    const int count = tsk_fs_file_attr_getsize(file);
    bool told = false;

    for (int i = 0; i < count; i++) {
        const TSK_FS_ATTR *const attribute = tsk_fs_file_attr_get_idx(file, i);

        if (attribute == NULL)
            continue;
        if (!is_content(self->fs, attribute, directory)) {
            if (live)
                tell_structure(self, attribute);
            continue;
        }

        cu_entry entry = *base;

        entry.stream = stream_name(self->fs, attribute);
        if (packed && entry.stream.n == 0)
            entry.flags |= CU_ENTRY_PACKED;
        set_content(self, &entry, attribute);
        cu_walk_tell(self, &entry);
        if (live)
            tell_slack(self, attribute);
        told = told || entry.stream.n == 0;
    }
    if (!told && !directory) {
        /* A record whose runs are gone, or one that never had content. */
        cu_entry entry = *base;

        entry.size = file->meta->size < 0 ? 0 : (uint64_t)file->meta->size;
        self->count = 0;
        if (add_extent(self, 0, entry.size, CU_EXTENT_UNKNOWN)) {
            entry.extents = self->extents;
            entry.extent_count = self->count;
        }
        cu_walk_tell(self, &entry);
    }
}

static bool is_plain_kind(const TSK_FS_META *meta)
{
    return meta->type == TSK_FS_META_TYPE_REG || meta->type == TSK_FS_META_TYPE_DIR ||
           meta->type == TSK_FS_META_TYPE_LNK || meta->type == TSK_FS_META_TYPE_VIRT ||
           meta->type == TSK_FS_META_TYPE_UNDEF;
}

/* A name that leads to no record. */
static void see_name(cu_walk *self, const TSK_FS_FILE *file, const cu_entry *base)
{
    const bool folder = file->name->type == TSK_FS_NAME_TYPE_DIR;

    if (!folder)
        cu_walk_tell(self, base);
    else if ((base->flags & CU_ENTRY_NAME_DELETED) == 0)
        cu_walk_remark_below(self, base->name, "not-examined",
                             "not examined: the folder's record cannot be read");
}

void cu_walk_see_record(cu_walk *self, TSK_FS_FILE *file, cu_entry *base)
{
    if (!is_plain_kind(file->meta))
        return; /* devices, sockets: names without bytes */
    base->links = file->meta->nlink < 0 ? 0 : (uint64_t)file->meta->nlink;
    set_times(base, file->meta);
    if ((base->flags & CU_ENTRY_NAME_DELETED) != 0 &&
        (base->flags & CU_ENTRY_META_DELETED) == 0 && (base->flags & CU_ENTRY_VIRTUAL) == 0) {
        /* The record belongs to another file by now: only the name is left of this one. */
        base->flags |= CU_ENTRY_NO_RECORD;
        if ((base->flags & CU_ENTRY_DIRECTORY) == 0)
            cu_walk_tell(self, base);
        return;
    }
    tell_attributes(self, file, base);
}

/* Whether what a name leads to is a folder whose names can be read. A live name of a folder's
 * record leads to a folder, whatever kind the name says it is of. */
static bool is_folder(const TSK_FS_FILE *file)
{
    const bool deleted = (file->name->flags & TSK_FS_NAME_FLAG_UNALLOC) != 0;

    if (file->meta == NULL || !TSK_FS_IS_DIR_META(file->meta->type))
        return false;
    return !deleted || ((file->meta->flags & TSK_FS_META_FLAG_UNALLOC) != 0 &&
                        (TSK_FS_IS_DIR_NAME(file->name->type) ||
                         file->name->type == TSK_FS_NAME_TYPE_UNDEF));
}

static void take_folder(cu_walk *self, const TSK_FS_FILE *file, cu_bytes name)
{
    const cu_folder_shown shown = {
        .name = name,
        .inode = file->name->meta_addr,
        .live = ((unsigned)file->name->flags & TSK_FS_NAME_FLAG_UNALLOC) == 0 &&
                ((unsigned)file->meta->flags & TSK_FS_META_FLAG_UNALLOC) == 0,
        .orphans = file->name->meta_addr == TSK_FS_ORPHANDIR_INUM(self->fs),
    };

    switch (cu_folders_take(&self->folders, self->inside, &shown)) {
    case CU_FOLDER_NO_MEMORY:
        self->full = true;
        break;
    case CU_FOLDER_SEEN:
        if (shown.live && self->inside->live)
            cu_walk_remark_below(
                self, name, "folder-of-two-names",
                "the folder has another name: what lies in it is told under that one");
        break;
    case CU_FOLDER_TAKEN:
        break;
    }
}

static TSK_WALK_RET_ENUM see_file(TSK_FS_FILE *file, CU_UNUSED const char *path, void *context)
{
    cu_walk *const self = context;
    cu_entry base = {.kind = CU_ENTRY_FILE, .folder = self->path};

    if (self->gone || cu_walk_memory_ran_out(self))
        return TSK_WALK_STOP;
    self->names_seen++;
    if (file->name == NULL || TSK_FS_ISDOT(file->name->name))
        return TSK_WALK_CONT;
    base.name = cu_fat_names_name(&self->names, file);
    if (is_folder(file))
        take_folder(self, file, base.name);
    if (file->meta != NULL && file->meta->type == TSK_FS_META_TYPE_VIRT_DIR)
        return TSK_WALK_CONT;
    base.flags = cu_walk_entry_flags(file, self->inside->orphans);
    base.inode = file->name->meta_addr;
    base.modified_us = base.accessed_us = base.changed_us = base.born_us = INT64_MIN;
    if (file->meta == NULL) {
        see_name(self, file, &base);
        return TSK_WALK_CONT;
    }
    /* libtsk lists as orphans what no name of this list leads to. */
    if ((base.flags & CU_ENTRY_META_DELETED) != 0 && !self->inside->orphans &&
        tsk_list_add(&self->fs->list_inum_named, file->meta->addr) != 0)
        self->full = true;
    if ((base.flags & CU_ENTRY_NAME_DELETED) == 0)
        cu_nameless_see_name(self, file->meta->addr);
    cu_walk_see_record(self, file, &base);
    return TSK_WALK_CONT;
}

/* ---- folders ---- */

/* A damaged folder: what libtsk had found before it gave up. */
static void see_what_is_left(cu_walk *self)
{
    TSK_FS_DIR *folder = NULL;

    (void)self->fs->dir_open_meta(self->fs, &folder, self->inside->inode, 0);
    for (size_t i = 0; folder != NULL && i < tsk_fs_dir_getsize(folder); i++) {
        TSK_FS_FILE *const file = tsk_fs_dir_get(folder, i);

        if (file == NULL)
            continue;
        (void)see_file(file, "", self);
        tsk_fs_file_close(file);
    }
    tsk_fs_dir_close(folder);
}

static void see_folder(cu_walk *self)
{
    const TSK_FS_DIR_WALK_FLAG_ENUM everything =
        TSK_FS_DIR_WALK_FLAG_ALLOC | TSK_FS_DIR_WALK_FLAG_UNALLOC;

    self->path = cu_folders_path(&self->folders, self->inside);
    self->names_seen = 0;
    if (self->inside->cut)
        cu_walk_remark_on(
            self, self->path, "path-too-long",
            "the folder lies too deep for its path to be kept: told by its number");
    if (tsk_fs_dir_walk(self->fs, self->inside->inode, everything, see_file, self) == 0)
        return;

    char text[200];
    const cu_bytes why = cu_tsk_reason(tsk_error_get_errstr());

    (void)snprintf(text, sizeof text, "%s%s%.*s",
                   self->inside->live ? "not fully examined: the folder is damaged"
                                      : "the deleted folder is damaged",
                   why.n == 0 ? "" : ": ", (int)why.n, why.n == 0 ? "" : (const char *)why.p);
    cu_walk_remark_on(self, self->path, self->inside->live ? "not-examined" : "folder-lost",
                      text);
    tsk_error_reset();
    if (self->names_seen == 0)
        see_what_is_left(self);
}

void cu_walk_see_folders(cu_walk *self)
{
    while (!self->gone && !cu_walk_memory_ran_out(self) &&
           (self->inside = cu_folders_next(&self->folders)) != NULL) {
        see_folder(self);
        cu_folders_leave(self->inside);
    }
    self->inside = NULL;
}

static void see_all(cu_walk *self)
{
    const cu_folder_shown root = {.inode = self->fs->root_inum, .live = true};

    /* One that is named, or libtsk walks everything once more to find out. */
    if (cu_folders_take(&self->folders, NULL, &root) != CU_FOLDER_TAKEN ||
        tsk_list_add(&self->fs->list_inum_named, root.inode) != 0)
        self->full = true;
    cu_nameless_begin(self);
    cu_walk_see_folders(self);
    cu_nameless_see_all(self);
    free(self->named);
}

/* ---- the allocation map: what is allocated but no file's is structure ---- */

static void tell_counted(cu_walk *self)
{
    const cu_entry entry = {
        .kind = CU_ENTRY_STRUCTURE, .extents = self->extents, .extent_count = self->count};

    cu_walk_tell(self, &entry);
    self->count = 0;
}

static void add_blocks(cu_walk *self, TSK_DADDR_T first, TSK_DADDR_T end)
{
    const TSK_FS_ATTR_RUN run = {.addr = first, .len = end - first};

    if (self->count == allocated_max)
        tell_counted(self);
    (void)add_run(self, first * self->fs->block_size, run.len * self->fs->block_size, &run, 0);
}

static void tell_allocated(cu_walk *self)
{
    TSK_FS_INFO *const fs = self->fs;
    TSK_DADDR_T first = 0;
    bool inside = false;

    self->count = 0;
    for (TSK_DADDR_T block = fs->first_block; block <= fs->last_block_act; block++) {
        const bool allocated = (fs->block_getflags(fs, block) & TSK_FS_BLOCK_FLAG_ALLOC) != 0;

        if (allocated && !inside)
            first = block;
        if (!allocated && inside)
            add_blocks(self, first, block);
        inside = allocated;
    }
    if (inside)
        add_blocks(self, first, fs->last_block_act + 1);
    tell_counted(self);
}

static void tell_filesystem(cu_walk *self, const char *name)
{
    const TSK_FS_INFO *const fs = self->fs;
    cu_entry entry = {.kind = CU_ENTRY_FILESYSTEM, .block_bytes = fs->block_size};

    entry.folder = cu_walk_text(name);
    if (__builtin_mul_overflow(fs->last_block + 1, (uint64_t)fs->block_size, &entry.size))
        entry.size = UINT64_MAX;
    cu_walk_tell(self, &entry);
    if (fs->last_block_act < fs->last_block)
        cu_walk_remark(self, "filesystem",
                       "the file system is larger than the bytes that are there");
}

cu_status cu_filesystem_walk(const cu_reader *device, uint64_t offset, const char *name, int fd,
                             cu_err *err)
{
    cu_tsk opened = {0};
    cu_walk self = {.device_bytes = device->bytes, .fd = fd};
    cu_status st = cu_tsk_open(device, offset, name, &opened, err);

    if (st != CU_OK)
        return st;
    self.fs = opened.fs;
    self.names = (cu_fat_names){.fs = opened.fs, .device = device};
    tell_filesystem(&self, name);
    see_all(&self);
    if (!self.gone)
        tell_allocated(&self);
    if (cu_walk_memory_ran_out(&self))
        st = cu_fail(err, CU_ELIMIT, "memory limit");
    if (st == CU_OK)
        cu_walk_tell(&self, &(cu_entry){.kind = CU_ENTRY_END});
    cu_walk_send(&self, true);
    if (self.gone)
        st = cu_fail(err, CU_EIO, "nobody reads the walk");
    cu_fat_names_fini(&self.names);
    cu_folders_fini(&self.folders);
    cu_tsk_close(&opened);
    free(self.extents);
    cu_buffer_free(&self.out);
    return st;
}
