/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes that are known by their marks and not read: encryption first, since it is what a
 * person has to act on. */
#include "filesystem/filesystem.h"

#include <string.h>

enum { mark_max = 16 };

/* Source: what each maker writes at a fixed place; libblkid looks for the same. */
static const struct {
    const char *name;
    uint64_t offset;
    const char mark[mark_max + 1];
    size_t n;
} marks[] = {
    {"encrypted by BitLocker", 3, "-FVE-FS-", 8},
    {"encrypted by LUKS", 0, "LUKS\xBA\xBE", 6},
    {"a Btrfs file system", 0x10040, "_BHRfS_M", 8},
    {"an XFS file system", 0, "XFSB", 4},
    {"an APFS container", 32, "NXSB", 4},
    {"an F2FS file system", 1024, "\x10\x20\xF5\xF2", 4},
    {"a ReFS file system", 3, "ReFS\0\0\0\0", 8},
    {"a UDF file system", 0x8001, "BEA01", 5},
    {"a SquashFS file system", 0, "hsqs", 4},
    {"an EROFS file system", 1024, "\xE2\xE1\xF5\xE0", 4},
    {"a part of a ZFS pool", 128 << 10, "\x0C\xB1\xBA\x00", 4},
    {"a part of an LVM2 group", 512, "LABELONE", 8},
    {"a part of a Linux RAID", 4096, "\xFC\x4E\x2B\xA9", 4},
    {"Linux swap space", 4086, "SWAPSPACE2", 10},
    {"NTFS, too damaged or cut off to be opened", 3, "NTFS    ", 8},
    {"exFAT, too damaged or cut off to be opened", 3, "EXFAT   ", 8},
};

const char *cu_filesystem_unread(const cu_reader *device, uint64_t offset)
{
    for (size_t i = 0; i < CU_COUNT_OF(marks); i++) {
        char found[mark_max];
        uint64_t at = 0;

        if (__builtin_add_overflow(offset, marks[i].offset, &at) || at > device->bytes ||
            device->bytes - at < marks[i].n)
            continue;
        if (cu_reader_read_at(device, at, found, marks[i].n, NULL) == CU_OK &&
            memcmp(found, marks[i].mark, marks[i].n) == 0)
            return marks[i].name;
    }
    return NULL;
}
