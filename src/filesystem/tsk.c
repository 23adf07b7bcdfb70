/* SPDX-License-Identifier: Apache-2.0 */
/* The bridge to libtsk: its reads become reads of our reader, through a small cache. */
#include "filesystem/tsk.h"

#include "sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

/* libtsk starts every external image with its own struct; ours goes on behind it. */
typedef struct bridge {
    TSK_IMG_INFO info;
    const cu_reader *device;
} bridge;

/* What libtsk detects, in the order in which we prefer them when two claim one volume. */
static const struct {
    const char *name;
    TSK_FS_TYPE_ENUM type;
} kinds[] = {
    {"ntfs", TSK_FS_TYPE_NTFS_DETECT}, {"fat", TSK_FS_TYPE_FAT_DETECT},
    {"ext", TSK_FS_TYPE_EXT_DETECT},   {"hfs", TSK_FS_TYPE_HFS_DETECT},
    {"apfs", TSK_FS_TYPE_APFS_DETECT}, {"iso9660", TSK_FS_TYPE_ISO9660_DETECT},
    {"ufs", TSK_FS_TYPE_FFS_DETECT},   {"yaffs2", TSK_FS_TYPE_YAFFS2_DETECT},
};

static ssize_t read_bridge(TSK_IMG_INFO *info, TSK_OFF_T offset, char *out, size_t n)
{
    const bridge *const self = (const bridge *)(void *)info;
    const uint64_t bytes = self->device->bytes;

    if (offset < 0 || (uint64_t)offset >= bytes)
        return -1;
    if (n > bytes - (uint64_t)offset)
        n = (size_t)(bytes - (uint64_t)offset);
    if (cu_reader_read_at(self->device, (uint64_t)offset, out, n, NULL) != CU_OK)
        return -1;
    return (ssize_t)n;
}

static void close_bridge(CU_UNUSED TSK_IMG_INFO *info)
{
}

static void describe_bridge(CU_UNUSED TSK_IMG_INFO *info, CU_UNUSED FILE *out)
{
}

static TSK_FS_TYPE_ENUM type_of(const char *name)
{
    for (size_t i = 0; i < CU_COUNT_OF(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return kinds[i].type;
    }
    return tsk_fs_type_toid_utf8(name);
}

static cu_status open_image(const cu_reader *device, cu_tsk *out, cu_err *err)
{
    bridge *const self = calloc(1, sizeof *self);

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->device = device;
    out->image = tsk_img_open_external(self, (TSK_OFF_T)device->bytes, device->sector_bytes,
                                       read_bridge, close_bridge, describe_bridge);
    if (out->image == NULL) {
        free(self);
        return cu_fail(err, CU_EUNSUPPORTED, "libtsk does not take the image");
    }
    out->bridge = self;
    return CU_OK;
}

cu_status cu_tsk_open(const cu_reader *device, uint64_t offset, const char *name, cu_tsk *out,
                      cu_err *err)
{
    cu_tsk opened = {0};
    const cu_status st = open_image(device, &opened, err);

    if (st != CU_OK)
        return st;
    opened.fs = tsk_fs_open_img(opened.image, (TSK_OFF_T)offset, type_of(name));
    if (opened.fs == NULL) {
        cu_tsk_close(&opened);
        return cu_fail(err, CU_EUNSUPPORTED, "no %s file system opens there", name);
    }
    *out = opened;
    return CU_OK;
}

void cu_tsk_close(cu_tsk *opened)
{
    if (opened->fs != NULL)
        tsk_fs_close(opened->fs);
    if (opened->image != NULL)
        tsk_img_close(opened->image);
    *opened = (cu_tsk){0};
}

cu_status cu_filesystem_detect(const cu_reader *device, uint64_t offset,
                               cu_filesystem_claims *out, cu_err *err)
{
    cu_tsk opened = {0};
    const cu_status st = open_image(device, &opened, err);

    if (st != CU_OK)
        return st;
    *out = (cu_filesystem_claims){.count = 0};
    for (size_t i = 0; i < CU_COUNT_OF(kinds) && out->count < cu_filesystem_claims_max; i++) {
        TSK_FS_INFO *const fs = tsk_fs_open_img(opened.image, (TSK_OFF_T)offset, kinds[i].type);

        if (fs == NULL)
            continue;

        const char *const name = tsk_fs_type_toname(fs->ftype);

        (void)snprintf(out->names[out->count++], sizeof out->names[0], "%.15s",
                       name == NULL ? kinds[i].name : name);
        tsk_fs_close(fs);
    }
    cu_tsk_close(&opened);
    if (cu_sandbox_memory_ran_out())
        return cu_fail(err, CU_ELIMIT, "memory limit");
    return CU_OK;
}

cu_status cu_filesystem_content(const cu_reader *device, const cu_filesystem_file *wanted,
                                int fd, cu_err *err)
{
    enum { piece = 256 << 10 };

    cu_tsk opened = {0};
    cu_status st = cu_tsk_open(device, wanted->offset, wanted->filesystem, &opened, err);

    if (st != CU_OK)
        return st;

    TSK_FS_FILE *const file = tsk_fs_file_open_meta(opened.fs, NULL, wanted->inode);
    const TSK_FS_ATTR *content = NULL;
    char *const bytes = malloc(piece);

    if (file != NULL && wanted->attribute != 0)
        content =
            tsk_fs_file_attr_get_type(file, (TSK_FS_ATTR_TYPE_ENUM)(wanted->attribute >> 16),
                                      (uint16_t)wanted->attribute, 1);
    else if (file != NULL)
        content = tsk_fs_file_attr_get(file);
    if (content == NULL || bytes == NULL)
        st = cu_fail(err, CU_EFORMAT, "the file system does not give the file's content");
    for (TSK_OFF_T at = 0; st == CU_OK && at < content->size;) {
        const TSK_OFF_T left = content->size - at;
        const ssize_t n =
            tsk_fs_attr_read(content, at, bytes, left < piece ? (size_t)left : (size_t)piece,
                             TSK_FS_FILE_READ_FLAG_NONE);

        if (n <= 0)
            st =
                cu_fail(err, CU_EFORMAT, "the file's content is broken at %lld", (long long)at);
        else if (!cu_sandbox_write_all(fd, bytes, (size_t)n))
            st = cu_fail(err, CU_EIO, "nobody reads the content");
        at += n;
    }
    free(bytes);
    if (file != NULL)
        tsk_fs_file_close(file);
    cu_tsk_close(&opened);
    return st;
}
