/* SPDX-License-Identifier: Apache-2.0 */
/* Which table there is, and a list that covers the device without gap or overlap. */
#include "volume/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cu_status cu_volumes_add(cu_volumes *volumes, const cu_volume *volume, cu_err *err)
{
    if (volumes->count >= (size_t)2 * cu_volumes_max)
        return CU_OK; /* a remark was made where the table was read */

    cu_volume *const grown = realloc(volumes->list, (volumes->count + 1) * sizeof *grown);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    volumes->list = grown;
    volumes->list[volumes->count++] = *volume;
    return CU_OK;
}

cu_status cu_volumes_remark(cu_volumes *volumes, uint64_t offset, cu_err *err,
                            const char *format, ...)
{
    va_list arguments;

    if (volumes->remark_count >= cu_volume_remarks_max)
        return CU_OK;

    cu_volume_remark *const grown =
        realloc(volumes->remarks, (volumes->remark_count + 1) * sizeof *grown);

    if (grown == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    volumes->remarks = grown;

    cu_volume_remark *const remark = &grown[volumes->remark_count++];

    *remark = (cu_volume_remark){.offset = offset, .kind = "partition-table"};
    va_start(arguments, format);
    (void)vsnprintf(remark->text, sizeof remark->text, format, arguments);
    va_end(arguments);
    return CU_OK;
}

cu_status cu_volumes_sector(const cu_reader *device, uint64_t number, uint32_t sector_bytes,
                            uint8_t *out, cu_err *err)
{
    uint64_t offset = 0;

    if (__builtin_mul_overflow(number, (uint64_t)sector_bytes, &offset))
        return cu_fail(err, CU_EFORMAT, "sector %llu lies past the end",
                       (unsigned long long)number);
    return cu_reader_read_at(device, offset, out, sector_bytes, err);
}

static int by_offset(const void *a, const void *b)
{
    const cu_volume *const x = a;
    const cu_volume *const y = b;

    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    /* The sectors of a table belong to it before anybody else. */
    if ((x->kind == CU_VOLUME_TABLE) != (y->kind == CU_VOLUME_TABLE))
        return x->kind == CU_VOLUME_TABLE ? -1 : 1;
    return x->number < y->number ? -1 : x->number > y->number;
}

static cu_status add_gap(cu_volumes *volumes, uint64_t from, uint64_t to, cu_err *err)
{
    const cu_volume gap = {.kind = CU_VOLUME_GAP, .offset = from, .bytes = to - from};

    return from < to ? cu_volumes_add(volumes, &gap, err) : CU_OK;
}

/* Where the claim ends on a device of that length. */
static uint64_t end_of(const cu_volume *claim, uint64_t device_bytes)
{
    if (claim->offset >= device_bytes || claim->bytes > device_bytes - claim->offset)
        return device_bytes;
    return claim->offset + claim->bytes;
}

/* Adds what is free of one claim, and the gap before it; *at is where the list ends. */
static cu_status settle_one(cu_volumes *volumes, cu_volume claim, uint64_t device_bytes,
                            uint64_t *at, cu_err *err)
{
    const uint64_t end = end_of(&claim, device_bytes);
    cu_status st = CU_OK;

    if (claim.offset >= device_bytes || end <= *at)
        return cu_volumes_remark(volumes, claim.offset, err,
                                 "partition %u lies past the end or inside another",
                                 claim.number);
    if (claim.offset < *at || end - claim.offset < claim.bytes)
        st = cu_volumes_remark(volumes, claim.offset, err,
                               "partition %u overlaps another or the end of the device",
                               claim.number);
    if (claim.offset < *at)
        claim.offset = *at;
    if (st == CU_OK)
        st = add_gap(volumes, *at, claim.offset, err);
    claim.bytes = end - claim.offset;
    *at = end;
    return st == CU_OK ? cu_volumes_add(volumes, &claim, err) : st;
}

/* Sorts the claims, cuts each to what is free, and fills what is left with gaps. Takes claimed.
 */
static cu_status settle(cu_volumes *volumes, cu_volume *claimed, size_t count,
                        uint64_t device_bytes, cu_err *err)
{
    uint64_t at = 0;
    cu_status st = CU_OK;

    if (count > 0)
        qsort(claimed, count, sizeof *claimed, by_offset);
    for (size_t i = 0; st == CU_OK && i < count; i++)
        st = settle_one(volumes, claimed[i], device_bytes, &at, err);
    if (st == CU_OK)
        st = add_gap(volumes, at, device_bytes, err);
    free(claimed);
    return st;
}

/* Whether a file system that people use begins at offset. */
static bool begins_volume(const cu_reader *device, uint64_t offset)
{
    static const struct {
        size_t at;
        const char *magic;
        size_t n;
    } marks[] = {{510, "\x55\xAA", 2}, {1080, "\x53\xEF", 2}, {1024, "H+", 2},
                 {1024, "HX", 2},      {0, "XFSB", 4},        {32, "NXSB", 4},
                 {0, "LUKS", 4},       {0, "-FVE-FS-", 8}};

    uint8_t head[1536];

    if (offset > device->bytes || device->bytes - offset < sizeof head ||
        cu_reader_read_at(device, offset, head, sizeof head, NULL) != CU_OK)
        return false;
    for (size_t i = 0; i < CU_COUNT_OF(marks); i++) {
        /* 55 AA ends a boot sector after a jump, and a table without one. */
        if (memcmp(head + marks[i].at, marks[i].magic, marks[i].n) == 0 &&
            (i > 0 || head[0] == 0xEB || head[0] == 0xE9))
            return true;
    }
    return false;
}

/* How many partitions of an MBR begin as file systems do, with sectors of this size. */
static size_t count_volumes(const cu_reader *device, uint32_t sector_bytes)
{
    cu_volumes volumes = {.sector_bytes = sector_bytes};
    bool found = false;
    size_t count = 0;

    if (cu_mbr_read(device, &volumes, &found, NULL) == CU_OK) {
        for (size_t i = 0; i < volumes.count; i++)
            count += volumes.list[i].kind == CU_VOLUME_PARTITION &&
                     begins_volume(device, volumes.list[i].offset);
    }
    cu_volumes_free(&volumes);
    return count;
}

/* An MBR counts in sectors and does not say of what size. A device says it; of the image of
 * one, what lies where the partitions would begin does. */
static uint32_t mbr_sector_bytes(const cu_reader *device)
{
    if (device->sector_bytes == 4096)
        return 4096;
    return count_volumes(device, 512) == 0 && count_volumes(device, 4096) > 0 ? 4096 : 512;
}

static cu_status read_gpt(const cu_reader *device, cu_volumes *volumes, bool *found,
                          cu_err *err)
{
    static const uint32_t sizes[] = {512, 4096};
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && !*found && i < CU_COUNT_OF(sizes); i++) {
        volumes->sector_bytes = sizes[i];
        st = cu_gpt_read(device, volumes, found, err);
    }
    return st;
}

/* Says of a second table, beside the one that was read. */
static cu_status remark_others(const cu_reader *device, cu_volumes *volumes, cu_err *err)
{
    cu_volumes others = {.count = 0};
    bool found = false;
    cu_status st = CU_OK;

    if (strcmp(volumes->scheme, "apm") != 0)
        st = cu_apm_read(device, &others, &found, err);
    if (st == CU_OK && found)
        st = cu_volumes_remark(volumes, others.sector_bytes, err,
                               "an Apple partition map is there, too: the %s was read",
                               volumes->scheme);
    cu_volumes_free(&others);
    if (st == CU_OK && strcmp(volumes->scheme, "gpt") == 0)
        st = cu_mbr_remark_hybrid(device, volumes, err);
    return st;
}

static cu_status read_tables(const cu_reader *device, cu_volumes *volumes, cu_err *err)
{
    bool found = false;
    cu_status st = read_gpt(device, volumes, &found, err);

    if (st == CU_OK && !found) {
        volumes->sector_bytes = mbr_sector_bytes(device);
        st = cu_mbr_read(device, volumes, &found, err);
    }
    if (st == CU_OK && !found)
        st = cu_apm_read(device, volumes, &found, err);
    if (st != CU_OK)
        return st;
    if (found)
        return remark_others(device, volumes, err);
    (void)snprintf(volumes->scheme, sizeof volumes->scheme, "none");
    volumes->sector_bytes = device->sector_bytes;
    st = cu_volumes_add(volumes,
                        &(cu_volume){.kind = CU_VOLUME_PARTITION, .bytes = device->bytes}, err);
    return st != CU_OK ? st : cu_label_remark(device, volumes, err);
}

cu_status cu_volumes_read(const cu_reader *device, cu_volumes *out, cu_err *err)
{
    cu_volumes volumes = {.count = 0};
    cu_status st = read_tables(device, &volumes, err);

    if (st == CU_OK) {
        cu_volume *const claimed = CU_MOVE(volumes.list);
        const size_t count = volumes.count;

        volumes.count = 0;
        st = settle(&volumes, claimed, count, device->bytes, err);
    }
    if (st != CU_OK) {
        cu_volumes_free(&volumes);
        return st;
    }
    *out = volumes;
    return CU_OK;
}

cu_status cu_volumes_none(uint64_t bytes, uint32_t sector_bytes, cu_volumes *out, cu_err *err)
{
    cu_volumes volumes = {.scheme = "none", .sector_bytes = sector_bytes};
    const cu_status st = cu_volumes_add(
        &volumes, &(cu_volume){.kind = CU_VOLUME_PARTITION, .bytes = bytes}, err);

    if (st == CU_OK)
        *out = volumes;
    return st;
}

void cu_volumes_free(cu_volumes *volumes)
{
    free(volumes->list);
    free(volumes->remarks);
    *volumes = (cu_volumes){.count = 0};
}
