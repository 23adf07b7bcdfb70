/* SPDX-License-Identifier: Apache-2.0 */
/* DOS partition tables with their chain of extended ones. Sources: UEFI 2.10 section 5.2; Linux
 * numbering. */
#include "volume/table.h"

#include <stdio.h>
#include <string.h>

enum { chain_max = 256, first_logical = 5, entry_bytes = 16 };

typedef struct entry {
    uint8_t boot;
    uint8_t type;
    uint64_t first; /* sectors */
    uint64_t count;
} entry;

static bool is_extended(uint8_t type)
{
    return type == 0x05 || type == 0x0F || type == 0x85;
}

static void read_entries(const uint8_t *sector, entry *out)
{
    cu_cursor c = cu_cursor_over((cu_bytes){sector + 446, 64});

    for (size_t i = 0; i < 4; i++) {
        out[i].boot = cu_cursor_u8(&c);
        cu_cursor_take(&c, 3); /* first CHS: obsolete, and often wrong on purpose */
        out[i].type = cu_cursor_u8(&c);
        cu_cursor_take(&c, 3); /* last CHS */
        out[i].first = cu_cursor_u32le(&c);
        out[i].count = cu_cursor_u32le(&c);
    }
}

/* The boot sector of a file system ends in 55 AA too; its code is where a table would be. */
static bool is_file_system(const uint8_t *sector)
{
    const bool jump = sector[0] == 0xEB || sector[0] == 0xE9;

    return jump &&
           (memcmp(sector + 3, "NTFS    ", 8) == 0 || memcmp(sector + 3, "EXFAT   ", 8) == 0 ||
            memcmp(sector + 54, "FAT", 3) == 0 || memcmp(sector + 82, "FAT32", 5) == 0);
}

static bool plausible(const entry *entries, uint64_t device_sectors)
{
    size_t used = 0;

    for (size_t i = 0; i < 4; i++) {
        if ((entries[i].boot & 0x7F) != 0)
            return false;
        if (entries[i].type != 0 && entries[i].count != 0 && entries[i].first != 0 &&
            entries[i].first < device_sectors)
            used++;
    }
    return used > 0;
}

static cu_status add(cu_volumes *volumes, cu_volume_kind kind, uint32_t number,
                     const entry *from, uint64_t first, cu_err *err)
{
    cu_volume volume = {.kind = kind,
                        .number = number,
                        .offset = first * volumes->sector_bytes,
                        .bytes = from->count * volumes->sector_bytes};

    (void)snprintf(volume.type, sizeof volume.type, "0x%02x", from->type);
    return cu_volumes_add(volumes, &volume, err);
}

/* A chain of tables, each with one partition and the place of the next, counted from the first.
 */
typedef struct chain {
    const cu_reader *device;
    cu_volumes *volumes;
    uint64_t start;  /* sector of the first table */
    uint32_t number; /* of the next logical partition */
} chain;

/* Reads the table at sector at; *next is 0 where the chain ends. */
static cu_status read_link(chain *self, uint64_t at, uint64_t *next, cu_err *err)
{
    cu_volumes *const volumes = self->volumes;
    const entry table = {.type = 0x05, .count = 1};
    uint8_t sector[cu_sector_max];
    entry entries[4];

    if (at >= self->device->bytes / volumes->sector_bytes)
        return cu_volumes_remark(volumes, 0, err,
                                 "an extended partition table lies past the end");

    cu_status st = cu_volumes_sector(self->device, at, volumes->sector_bytes, sector, err);

    if (st != CU_OK)
        return st;
    if (sector[510] != 0x55 || sector[511] != 0xAA)
        return cu_volumes_remark(volumes, at * volumes->sector_bytes, err,
                                 "an extended partition table has no signature");
    read_entries(sector, entries);
    st = add(volumes, CU_VOLUME_TABLE, 0, &table, at, err);
    for (size_t i = 0; st == CU_OK && i < 4; i++) {
        if (entries[i].type == 0 || entries[i].count == 0)
            continue;
        if (is_extended(entries[i].type))
            *next = self->start + entries[i].first;
        else
            st = add(volumes, CU_VOLUME_PARTITION, self->number++, &entries[i],
                     at + entries[i].first, err);
    }
    return st;
}

static cu_status read_chain(chain *self, cu_err *err)
{
    uint64_t at = self->start;

    for (unsigned links = chain_max; links > 0; links--) {
        uint64_t next = 0;
        const cu_status st = read_link(self, at, &next, err);

        if (st != CU_OK || next == 0)
            return st;
        if (next <= at)
            return cu_volumes_remark(self->volumes, at * self->volumes->sector_bytes, err,
                                     "the chain of extended partition tables turns back");
        at = next;
    }
    return cu_volumes_remark(self->volumes, at * self->volumes->sector_bytes, err,
                             "the chain of extended partition tables is too long");
}

cu_status cu_mbr_read(const cu_reader *device, cu_volumes *volumes, bool *found, cu_err *err)
{
    uint8_t sector[cu_sector_max];
    entry entries[4];
    const entry table = {.count = 1};
    chain logical = {device, volumes, 0, first_logical};

    if (device->bytes < volumes->sector_bytes)
        return CU_OK;

    cu_status st = cu_volumes_sector(device, 0, volumes->sector_bytes, sector, err);

    if (st != CU_OK)
        return st;
    read_entries(sector, entries);
    if (sector[510] != 0x55 || sector[511] != 0xAA || is_file_system(sector) ||
        !plausible(entries, device->bytes / volumes->sector_bytes))
        return CU_OK;
    *found = true;
    (void)snprintf(volumes->scheme, sizeof volumes->scheme, "mbr");
    st = add(volumes, CU_VOLUME_TABLE, 0, &table, 0, err);
    for (uint32_t i = 0; st == CU_OK && i < 4; i++) {
        if (entries[i].type == 0 || entries[i].count == 0)
            continue;
        logical.start = entries[i].first;
        st = is_extended(entries[i].type)
                 ? read_chain(&logical, err)
                 : add(volumes, CU_VOLUME_PARTITION, i + 1, &entries[i], entries[i].first, err);
    }
    return st;
}

static bool is_named(const cu_volumes *volumes, uint64_t offset)
{
    for (size_t i = 0; i < volumes->count; i++) {
        if (volumes->list[i].kind == CU_VOLUME_PARTITION && volumes->list[i].offset == offset)
            return true;
    }
    return false;
}

cu_status cu_mbr_remark_hybrid(const cu_reader *device, cu_volumes *volumes, cu_err *err)
{
    uint8_t sector[cu_sector_max];
    entry entries[4];
    const cu_status st = cu_volumes_sector(device, 0, volumes->sector_bytes, sector, err);

    if (st != CU_OK || sector[510] != 0x55 || sector[511] != 0xAA)
        return st;
    read_entries(sector, entries);
    for (size_t i = 0; i < 4; i++) {
        /* 0xEE: "all of it is the GPT's", and so is whatever starts at the GPT itself. */
        if (entries[i].type != 0 && entries[i].type != 0xEE && entries[i].count != 0 &&
            entries[i].first > 1 &&
            !is_named(volumes, entries[i].first * volumes->sector_bytes))
            return cu_volumes_remark(volumes, 0, err,
                                     "the MBR names a partition at sector %llu that the GPT "
                                     "does not: the GPT was read",
                                     (unsigned long long)entries[i].first);
    }
    return CU_OK;
}
