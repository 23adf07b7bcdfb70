/* SPDX-License-Identifier: Apache-2.0 */
/* Long names, read backwards from the entry that they belong to. Source: Microsoft, "FAT32 File
 * System Specification" 1.03, "FAT Long Directory Entries". */
#include "filesystem/fat_names.h"

#include <string.h>

enum {
    entry_bytes = 32,
    entry_characters = 13,
    entries_max = 20,
    libtsk_entries = 15, /* that libtsk reads well */
    first_inode = 3,     /* libtsk counts entries from here, from the first sector of data on */
    attribute_long = 0x0F,
    last_flag = 0x40,
};

void cu_fat_names_fini(cu_fat_names *self)
{
    cu_buffer_free(&self->name);
}

/* ---- where entries lie ---- */

/* A folder's runs of sectors. */
typedef struct folder {
    TSK_FS_FILE *file;
    const TSK_FS_ATTR_RUN *first;
} folder;

static bool open_folder(TSK_FS_INFO *fs, TSK_INUM_T inode, folder *out)
{
    out->file = tsk_fs_file_open_meta(fs, NULL, inode);

    const TSK_FS_ATTR *const content =
        out->file == NULL ? NULL : tsk_fs_file_attr_get(out->file);

    out->first =
        content == NULL || (content->flags & TSK_FS_ATTR_NONRES) == 0 ? NULL : content->nrd.run;
    return out->first != NULL;
}

/* The place of the entry before the one at *at, by way of the folder's runs. False: there is
 * none. */
static bool step_back(const TSK_FS_INFO *fs, const folder *from, uint64_t *at)
{
    const TSK_FS_ATTR_RUN *before = NULL;

    for (const TSK_FS_ATTR_RUN *run = from->first; run != NULL; before = run, run = run->next) {
        const uint64_t start = run->addr * fs->block_size;

        if (*at < start || *at - start >= run->len * fs->block_size)
            continue;
        if (*at - start >= entry_bytes) {
            *at -= entry_bytes;
            return true;
        }
        if (before == NULL || before->len == 0)
            return false;
        *at = (before->addr + before->len) * fs->block_size - entry_bytes;
        return true;
    }
    return false;
}

static bool read_entry(const cu_fat_names *self, uint64_t at, uint8_t entry[entry_bytes])
{
    return cu_reader_read_at(self->device, (uint64_t)self->fs->offset + at, entry, entry_bytes,
                             NULL) == CU_OK;
}

/* Where libtsk's first inode lies, by the boot sector; 0 where that says nothing that can be.
 */
static uint64_t first_entry(const cu_fat_names *self)
{
    uint8_t boot[64];

    if (cu_reader_read_at(self->device, (uint64_t)self->fs->offset, boot, sizeof boot, NULL) !=
        CU_OK)
        return 0;

    cu_cursor c = cu_cursor_over((cu_bytes){boot, sizeof boot});

    cu_cursor_take(&c, 11); /* jump, maker */

    const uint32_t sector_bytes = cu_cursor_u16le(&c);

    cu_cursor_take(&c, 1); /* sectors of a cluster */

    const uint32_t reserved = cu_cursor_u16le(&c);
    const uint32_t tables = cu_cursor_u8(&c);

    cu_cursor_take(&c, 5); /* entries of the root, sectors, medium */

    uint64_t table_sectors = cu_cursor_u16le(&c);

    cu_cursor_take(&c, 12); /* tracks, heads, hidden sectors, sectors */
    if (table_sectors == 0)
        table_sectors = cu_cursor_u32le(&c);
    return sector_bytes < 512 || sector_bytes > 4096
               ? 0
               : (reserved + tables * table_sectors) * sector_bytes;
}

/* ---- a name ---- */

static uint8_t checksum_of(const uint8_t *short_name)
{
    unsigned sum = 0;

    for (size_t i = 0; i < 11; i++)
        sum = ((sum & 1) << 7 | sum >> 1) + short_name[i], sum &= 0xFF;
    return (uint8_t)sum;
}

/* The 13 characters of one entry. */
static void take_characters(const uint8_t *entry, uint16_t *out)
{
    static const uint8_t places[entry_characters] = {1,  3,  5,  7,  9,  14, 16,
                                                     18, 20, 22, 24, 28, 30};

    for (size_t i = 0; i < entry_characters; i++)
        out[i] = (uint16_t)(entry[places[i]] | entry[places[i] + 1] << 8);
}

/* UTF-16 to UTF-8. Half a pair becomes three bytes that are no UTF-8, and are shown so. */
static void append_characters(cu_buffer *out, const uint16_t *units, size_t n)
{
    for (size_t i = 0; i < n && units[i] != 0; i++) {
        uint32_t c = units[i];

        if (c >= 0xD800 && c < 0xDC00 && i + 1 < n && units[i + 1] >= 0xDC00 &&
            units[i + 1] < 0xE000)
            c = 0x10000 + ((c - 0xD800) << 10) + (units[++i] - 0xDC00U);
        if (c < 0x80) {
            cu_buffer_u8(out, (uint8_t)c);
            continue;
        }
        if (c >= 0x10000) {
            cu_buffer_u8(out, (uint8_t)(0xF0 | c >> 18));
            cu_buffer_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        } else if (c >= 0x800) {
            cu_buffer_u8(out, (uint8_t)(0xE0 | c >> 12));
        }
        cu_buffer_u8(out,
                     c < 0x800 ? (uint8_t)(0xC0 | c >> 6) : (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        cu_buffer_u8(out, (uint8_t)(0x80 | (c & 0x3F)));
    }
}

/* The long name of the entry at a place of the file system. False: it has none that is whole.
 */
static bool read_name(cu_fat_names *self, const folder *from, uint64_t at)
{
    uint16_t units[entries_max * entry_characters];
    uint8_t entry[entry_bytes];
    uint8_t checksum = 0;

    if (!read_entry(self, at, entry) || entry[0] == 0xE5 || entry[0] == 0 ||
        (entry[11] & attribute_long) == attribute_long)
        return false;
    checksum = checksum_of(entry);
    for (unsigned number = 1; number <= entries_max; number++) {
        if (!step_back(self->fs, from, &at) || !read_entry(self, at, entry) ||
            entry[11] != attribute_long || entry[13] != checksum ||
            (entry[0] & ~(unsigned)last_flag) != number)
            return false;
        take_characters(entry, units + (number - 1) * (size_t)entry_characters);
        if ((entry[0] & last_flag) != 0) {
            cu_buffer_empty(&self->name);
            append_characters(&self->name, units, number * (size_t)entry_characters);
            return !self->name.bad;
        }
    }
    return false;
}

/* How many UTF-16 characters a name has. */
static size_t count_characters(cu_bytes name)
{
    size_t count = 0;

    for (size_t i = 0; i < name.n; i++)
        count += (name.p[i] & 0xC0) == 0x80 ? 0 : name.p[i] >= 0xF0 ? 2 : 1;
    return count;
}

static bool is_fat(const TSK_FS_INFO *fs)
{
    return fs->ftype == TSK_FS_TYPE_FAT12 || fs->ftype == TSK_FS_TYPE_FAT16 ||
           fs->ftype == TSK_FS_TYPE_FAT32;
}

cu_bytes cu_fat_names_name(cu_fat_names *self, const TSK_FS_FILE *file)
{
    const cu_bytes name = {(const uint8_t *)file->name->name,
                           strnlen(file->name->name, cu_entry_name_max)};
    const size_t count = is_fat(self->fs) ? count_characters(name) : 0;
    folder from = {0};
    bool whole = true;

    /* What was cut has all characters of the entries that were read. */
    if (count < (size_t)libtsk_entries * entry_characters || count % entry_characters != 0 ||
        (file->name->flags & TSK_FS_NAME_FLAG_UNALLOC) != 0 ||
        file->name->meta_addr < first_inode)
        return name;
    if (self->first_entry == 0)
        self->first_entry = first_entry(self);
    if (self->first_entry != 0 && open_folder(self->fs, file->name->par_addr, &from)) {
        const uint64_t at =
            self->first_entry + (file->name->meta_addr - first_inode) * entry_bytes;

        self->name.ceiling = cu_entry_name_max;
        whole = !read_name(self, &from, at) || self->name.n < name.n ||
                memcmp(self->name.p, name.p, name.n) != 0;
    }
    if (from.file != NULL)
        tsk_fs_file_close(from.file);
    return whole ? name : cu_buffer_view(&self->name);
}
