/* SPDX-License-Identifier: Apache-2.0 */
/* libtsk reads folder after folder and gives each file's runs; not a byte of content is read
 * here. */
#include "base/list.h"
#include "filesystem/fat_names.h"
#include "filesystem/folders.h"
#include "filesystem/tsk.h"
#include "sandbox/sandbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { flush_bytes = 256 << 10, extents_max = 1 << 20, allocated_max = 1 << 14 };

enum {
    named_max = 32 << 20, /* bytes of the map of named records */
    ext_first_own = 11,   /* what lies before is the file system's */
    ntfs_first_own = 24,
};

static const char orphans[] = "$OrphanFiles";

typedef struct walk {
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
} walk;

static void send_out(walk *self, bool now)
{
    if (self->out.bad)
        self->gone = true;
    if (self->gone || (!now && self->out.n < flush_bytes))
        return;
    if (!cu_sandbox_write_all(self->fd, self->out.p, self->out.n))
        self->gone = true;
    self->out.n = 0;
}

static bool memory_ran_out(const walk *self)
{
    return self->full || cu_sandbox_memory_ran_out();
}

static void tell(walk *self, const cu_entry *entry)
{
    if (self->out.ceiling == 0)
        self->out.ceiling = cu_entry_frame_max + 2 * flush_bytes;
    cu_entry_append(&self->out, entry);
    send_out(self, false);
}

/* text may be NULL; an entry's name is never longer. */
static cu_bytes text_bytes(const char *text)
{
    const size_t n = text == NULL ? 0 : strlen(text);

    return (cu_bytes){(const uint8_t *)text, n < cu_entry_name_max ? n : cu_entry_name_max};
}

/* path: what it is about, or empty for the whole file system. */
static void remark_on(walk *self, cu_bytes path, const char *kind, const char *text)
{
    const cu_entry entry = {.kind = CU_ENTRY_REMARK,
                            .folder = text_bytes(kind),
                            .name = text_bytes(text),
                            .stream = path};

    tell(self, &entry);
}

static void remark(walk *self, const char *kind, const char *text)
{
    remark_on(self, (cu_bytes){0}, kind, text);
}

/* ---- extents ---- */

static bool add_extent(walk *self, uint64_t file_offset, uint64_t bytes, uint64_t device_offset)
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
static bool add_run(walk *self, uint64_t file_offset, uint64_t bytes,
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
static bool add_runs_between(walk *self, const TSK_FS_ATTR *attribute, uint64_t from,
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
static bool add_runs(walk *self, const TSK_FS_ATTR *attribute, uint64_t size)
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

static bool is_ntfs(const TSK_FS_INFO *fs)
{
    return TSK_FS_TYPE_ISNTFS(fs->ftype);
}

/* Content that a person would open; the rest of the attributes are structure. */
static bool is_content(const TSK_FS_INFO *fs, const TSK_FS_ATTR *attribute, bool directory)
{
    if (is_ntfs(fs)) {
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
        return text_bytes("rsrc");
    if (!is_ntfs(fs) || attribute->name == NULL)
        return (cu_bytes){0};
    /* libtsk calls the unnamed stream of a record "$Data" where it has to call it something. */
    if (attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA &&
        (attribute->name[0] == '\0' || strcmp(attribute->name, "$Data") == 0 ||
         strcmp(attribute->name, "N/A") == 0))
        return (cu_bytes){0};
    return text_bytes(attribute->name);
}

static void set_content(walk *self, cu_entry *entry, const TSK_FS_ATTR *attribute)
{
    const uint64_t size = attribute->size < 0 ? 0 : (uint64_t)attribute->size;

    entry->size = size;
    if (is_ntfs(self->fs) || attribute->type >= TSK_FS_ATTR_TYPE_HFS_DATA)
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
        remark(self, "not-examined", "a file has more fragments than can be followed");
        self->count = 0;
    }
    entry->extents = self->extents;
    entry->extent_count = self->count;
}

/* What the blocks of a live file hold behind what was written of it. */
static void tell_slack(walk *self, const TSK_FS_ATTR *attribute)
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
        tell(self, &entry);
}

static void tell_structure(walk *self, const TSK_FS_ATTR *attribute)
{
    cu_entry entry = {.kind = CU_ENTRY_STRUCTURE};

    if ((attribute->flags & TSK_FS_ATTR_NONRES) == 0 || attribute->nrd.allocsize <= 0)
        return;
    if (!add_runs(self, attribute, (uint64_t)attribute->nrd.allocsize))
        return;
    entry.extents = self->extents;
    entry.extent_count = self->count;
    tell(self, &entry);
}

static uint32_t entry_flags(const TSK_FS_FILE *file, bool orphan)
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

/* On what lies in the folder that is read. */
static void remark_below(walk *self, cu_bytes name, const char *kind, const char *text)
{
    cu_buffer path = {.ceiling = 2 * (size_t)cu_entry_name_max};

    cu_buffer_append(&path, self->path.p, self->path.n);
    cu_buffer_append(&path, name.p, name.n);
    remark_on(self, cu_bytes_slice(cu_buffer_view(&path), 0, cu_entry_name_max), kind, text);
    cu_buffer_free(&path);
}

/* Windows 10 packs files without the file system's doing ("compact /exe"): their own stream is
 * one hole, and the content is in a stream of this name. Source: [MS-FSCC] 2.1.2.1, WOF. */
static bool is_packed(const walk *self, TSK_FS_FILE *file)
{
    const int count = is_ntfs(self->fs) ? tsk_fs_file_attr_getsize(file) : 0;

    for (int i = 0; i < count; i++) {
        const TSK_FS_ATTR *const attribute = tsk_fs_file_attr_get_idx(file, i);

        if (attribute != NULL && attribute->type == TSK_FS_ATTR_TYPE_NTFS_DATA &&
            attribute->name != NULL && strcmp(attribute->name, "WofCompressedData") == 0)
            return true;
    }
    return false;
}

static void tell_attributes(walk *self, TSK_FS_FILE *file, const cu_entry *base)
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
        tell(self, &entry);
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
        tell(self, &entry);
    }
}

static bool is_plain_kind(const TSK_FS_META *meta)
{
    return meta->type == TSK_FS_META_TYPE_REG || meta->type == TSK_FS_META_TYPE_DIR ||
           meta->type == TSK_FS_META_TYPE_LNK || meta->type == TSK_FS_META_TYPE_VIRT ||
           meta->type == TSK_FS_META_TYPE_UNDEF;
}

/* ---- which records have names ---- */

/* Only where a record is in use or not whatever names say. */
static void begin_naming(walk *self)
{
    const TSK_FS_INFO *const fs = self->fs;

    if (!is_ntfs(fs) && !TSK_FS_TYPE_ISEXT(fs->ftype))
        return;
    if (fs->last_inum / 8 >= named_max)
        remark(self, "nameless",
               "more records than are looked through for those without a name");
    else
        self->named = calloc(1, fs->last_inum / 8 + 1);
}

static void set_named(walk *self, TSK_INUM_T inode)
{
    if (self->named != NULL && inode <= self->fs->last_inum)
        self->named[inode / 8] |= (uint8_t)(1U << inode % 8);
}

static bool is_named(const walk *self, TSK_INUM_T inode)
{
    return inode > self->fs->last_inum || (self->named[inode / 8] >> inode % 8 & 1) != 0;
}

/* A name that leads to no record. */
static void see_name(walk *self, const TSK_FS_FILE *file, const cu_entry *base)
{
    const bool folder = file->name->type == TSK_FS_NAME_TYPE_DIR;

    if (!folder)
        tell(self, base);
    else if ((base->flags & CU_ENTRY_NAME_DELETED) == 0)
        remark_below(self, base->name, "not-examined",
                     "not examined: the folder's record cannot be read");
}

static void see_record(walk *self, TSK_FS_FILE *file, cu_entry *base)
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
            tell(self, base);
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

static void take_folder(walk *self, const TSK_FS_FILE *file, cu_bytes name)
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
            remark_below(self, name, "folder-of-two-names",
                         "the folder has another name: what lies in it is told under that one");
        break;
    case CU_FOLDER_TAKEN:
        break;
    }
}

static TSK_WALK_RET_ENUM see_file(TSK_FS_FILE *file, CU_UNUSED const char *path, void *context)
{
    walk *const self = context;
    cu_entry base = {.kind = CU_ENTRY_FILE, .folder = self->path};

    if (self->gone || memory_ran_out(self))
        return TSK_WALK_STOP;
    self->names_seen++;
    if (file->name == NULL || TSK_FS_ISDOT(file->name->name))
        return TSK_WALK_CONT;
    base.name = cu_fat_names_name(&self->names, file);
    if (is_folder(file))
        take_folder(self, file, base.name);
    if (file->meta != NULL && file->meta->type == TSK_FS_META_TYPE_VIRT_DIR)
        return TSK_WALK_CONT;
    base.flags = entry_flags(file, self->inside->orphans);
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
        set_named(self, file->meta->addr);
    see_record(self, file, &base);
    return TSK_WALK_CONT;
}

/* ---- folders ---- */

/* A damaged folder: what libtsk had found before it gave up. */
static void see_what_is_left(walk *self)
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

static void see_folder(walk *self)
{
    const TSK_FS_DIR_WALK_FLAG_ENUM everything =
        TSK_FS_DIR_WALK_FLAG_ALLOC | TSK_FS_DIR_WALK_FLAG_UNALLOC;

    self->path = cu_folders_path(&self->folders, self->inside);
    self->names_seen = 0;
    if (self->inside->cut)
        remark_on(self, self->path, "path-too-long",
                  "the folder lies too deep for its path to be kept: told by its number");
    if (tsk_fs_dir_walk(self->fs, self->inside->inode, everything, see_file, self) == 0)
        return;

    char text[200];
    const char *const why = tsk_error_get_errstr();

    (void)snprintf(text, sizeof text, "%s: %.*s",
                   self->inside->live ? "not fully examined: the folder is damaged"
                                      : "the deleted folder is damaged",
                   why == NULL ? 0 : (int)strcspn(why, "\r\n"), why == NULL ? "" : why);
    remark_on(self, self->path, self->inside->live ? "not-examined" : "folder-lost", text);
    tsk_error_reset();
    if (self->names_seen == 0)
        see_what_is_left(self);
}

static void see_folders(walk *self)
{
    while (!self->gone && !memory_ran_out(self) &&
           (self->inside = cu_folders_next(&self->folders)) != NULL) {
        see_folder(self);
        cu_folders_leave(self->inside);
    }
    self->inside = NULL;
}

/* ---- live records that no name leads to: the folder that they are in is damaged ---- */

/* What it is called below libtsk's folder of orphans: as its own record says, or by its number.
 */
static cu_bytes nameless_name(const TSK_FS_META *meta, char out[32])
{
    if (meta->name2 != NULL && meta->name2->name[0] != '\0')
        return (cu_bytes){(const uint8_t *)meta->name2->name,
                          strnlen(meta->name2->name, sizeof meta->name2->name)};
    (void)snprintf(out, 32, "OrphanFile-%" PRIuINUM, meta->addr);
    return text_bytes(out);
}

static void take_nameless_folder(walk *self, const TSK_FS_META *meta)
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

static TSK_WALK_RET_ENUM see_nameless(TSK_FS_FILE *file, walk *self, bool folders)
{
    char number[32];
    cu_entry base = {.kind = CU_ENTRY_FILE, .folder = text_bytes(orphans)};

    if (self->gone || memory_ran_out(self))
        return TSK_WALK_STOP;
    /* A record of NTFS without a name goes on from another one. */
    if (file->meta == NULL || is_named(self, file->meta->addr) ||
        (is_ntfs(self->fs) && file->meta->name2 == NULL) ||
        TSK_FS_IS_DIR_META(file->meta->type) != folders)
        return TSK_WALK_CONT;
    set_named(self, file->meta->addr);
    self->nameless++;
    if (folders) {
        take_nameless_folder(self, file->meta);
        return TSK_WALK_CONT;
    }
    base.flags = entry_flags(file, true);
    base.name = nameless_name(file->meta, number);
    base.inode = file->meta->addr;
    see_record(self, file, &base);
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

static void walk_records(walk *self, TSK_FS_META_WALK_CB seen)
{
    const TSK_INUM_T first = is_ntfs(self->fs) ? ntfs_first_own : ext_first_own;
    const TSK_INUM_T end = self->fs->last_inum; /* libtsk's folder of orphans */

    if (end > first &&
        tsk_fs_meta_walk(self->fs, first, end - 1,
                         TSK_FS_META_FLAG_ALLOC | TSK_FS_META_FLAG_USED, seen, self) != 0) {
        remark(self, "not-examined", "not examined: not all records can be read");
        tsk_error_reset();
    }
}

static void see_all_nameless(walk *self)
{
    char text[120];

    if (self->named == NULL)
        return;
    walk_records(self, see_nameless_folder); /* first: they have names for others */
    see_folders(self);
    walk_records(self, see_nameless_file);
    if (self->nameless == 0)
        return;
    (void)snprintf(text, sizeof text,
                   "no name leads to %" PRIu64 " live records: what they hold is told in %s",
                   self->nameless, orphans);
    remark(self, "nameless", text);
}

static void see_all(walk *self)
{
    const cu_folder_shown root = {.inode = self->fs->root_inum, .live = true};

    /* One that is named, or libtsk walks everything once more to find out. */
    if (cu_folders_take(&self->folders, NULL, &root) != CU_FOLDER_TAKEN ||
        tsk_list_add(&self->fs->list_inum_named, root.inode) != 0)
        self->full = true;
    begin_naming(self);
    see_folders(self);
    see_all_nameless(self);
    free(self->named);
}

/* ---- the allocation map: what is allocated but no file's is structure ---- */

static void tell_counted(walk *self)
{
    const cu_entry entry = {
        .kind = CU_ENTRY_STRUCTURE, .extents = self->extents, .extent_count = self->count};

    tell(self, &entry);
    self->count = 0;
}

static void add_blocks(walk *self, TSK_DADDR_T first, TSK_DADDR_T end)
{
    const TSK_FS_ATTR_RUN run = {.addr = first, .len = end - first};

    if (self->count == allocated_max)
        tell_counted(self);
    (void)add_run(self, first * self->fs->block_size, run.len * self->fs->block_size, &run, 0);
}

static void tell_allocated(walk *self)
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

static void tell_filesystem(walk *self, const char *name)
{
    const TSK_FS_INFO *const fs = self->fs;
    cu_entry entry = {.kind = CU_ENTRY_FILESYSTEM, .block_bytes = fs->block_size};

    entry.folder = text_bytes(name);
    if (__builtin_mul_overflow(fs->last_block + 1, (uint64_t)fs->block_size, &entry.size))
        entry.size = UINT64_MAX;
    tell(self, &entry);
    if (fs->last_block_act < fs->last_block)
        remark(self, "filesystem", "the file system is larger than the bytes that are there");
}

cu_status cu_filesystem_walk(const cu_reader *device, uint64_t offset, const char *name, int fd,
                             cu_err *err)
{
    cu_tsk opened = {0};
    walk self = {.device_bytes = device->bytes, .fd = fd};
    cu_status st = cu_tsk_open(device, offset, name, &opened, err);

    if (st != CU_OK)
        return st;
    self.fs = opened.fs;
    self.names = (cu_fat_names){.fs = opened.fs, .device = device};
    tell_filesystem(&self, name);
    see_all(&self);
    if (!self.gone)
        tell_allocated(&self);
    if (memory_ran_out(&self))
        st = cu_fail(err, CU_ELIMIT, "memory limit");
    if (st == CU_OK)
        tell(&self, &(cu_entry){.kind = CU_ENTRY_END});
    send_out(&self, true);
    if (self.gone)
        st = cu_fail(err, CU_EIO, "nobody reads the walk");
    cu_fat_names_fini(&self.names);
    cu_folders_fini(&self.folders);
    cu_tsk_close(&opened);
    free(self.extents);
    cu_buffer_free(&self.out);
    return st;
}
