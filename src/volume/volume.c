/* SPDX-License-Identifier: Apache-2.0 */
/* Which table there is, and a list that covers the device without gap or overlap. */
#include "volume/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cu_status cu_volumes_add(cu_volumes *volumes, const cu_volume *volume, cu_err *err)
{
    if (volumes->count >= 2 * cu_volumes_max)
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

/* Sorts the claims, cuts each to what is free, and fills what is left with gaps. */
static cu_status settle(cu_volumes *volumes, uint64_t device_bytes, cu_err *err)
{
    cu_volume *const claimed = volumes->list;
    const size_t count = volumes->count;
    uint64_t at = 0;
    cu_status st = CU_OK;

    volumes->list = NULL;
    volumes->count = 0;
    if (count > 0)
        qsort(claimed, count, sizeof *claimed, by_offset);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        cu_volume volume = claimed[i];
        const uint64_t end =
            volume.bytes >
                    device_bytes - (volume.offset < device_bytes ? volume.offset : device_bytes)
                ? device_bytes
                : volume.offset + volume.bytes;

        if (volume.offset >= device_bytes || end <= at) {
            st = cu_volumes_remark(volumes, volume.offset, err,
                                   "partition %u lies past the end or inside another",
                                   volume.number);
            continue;
        }
        if (volume.offset < at || end - volume.offset < volume.bytes)
            st = cu_volumes_remark(volumes, volume.offset, err,
                                   "partition %u overlaps another or the end of the device",
                                   volume.number);
        if (volume.offset < at)
            volume.offset = at;
        if (st == CU_OK && volume.offset > at)
            st = cu_volumes_add(
                volumes,
                &(cu_volume){.kind = CU_VOLUME_GAP, .offset = at, .bytes = volume.offset - at},
                err);
        volume.bytes = end - volume.offset;
        if (st == CU_OK)
            st = cu_volumes_add(volumes, &volume, err);
        at = end;
    }
    if (st == CU_OK && at < device_bytes)
        st = cu_volumes_add(
            volumes,
            &(cu_volume){.kind = CU_VOLUME_GAP, .offset = at, .bytes = device_bytes - at}, err);
    free(claimed);
    return st;
}

static cu_status read_tables(const cu_reader *device, cu_volumes *volumes, cu_err *err)
{
    static const uint32_t sizes[] = {512, 4096};
    bool found = false;
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && !found && i < CU_COUNT_OF(sizes); i++) {
        volumes->sector_bytes = sizes[i];
        st = cu_gpt_read(device, volumes, &found, err);
    }
    if (st == CU_OK && !found) {
        volumes->sector_bytes = device->sector_bytes == 4096 ? 4096 : 512;
        st = cu_mbr_read(device, volumes, &found, err);
    }
    if (st == CU_OK && !found) {
        (void)snprintf(volumes->scheme, sizeof volumes->scheme, "none");
        st = cu_volumes_add(
            volumes, &(cu_volume){.kind = CU_VOLUME_PARTITION, .bytes = device->bytes}, err);
    }
    return st;
}

cu_status cu_volumes_read(const cu_reader *device, cu_volumes *out, cu_err *err)
{
    cu_volumes volumes = {.count = 0};
    cu_status st = read_tables(device, &volumes, err);

    if (st == CU_OK)
        st = settle(&volumes, device->bytes, err);
    if (st != CU_OK) {
        cu_volumes_free(&volumes);
        return st;
    }
    *out = volumes;
    return CU_OK;
}

void cu_volumes_free(cu_volumes *volumes)
{
    free(volumes->list);
    free(volumes->remarks);
    *volumes = (cu_volumes){.count = 0};
}
