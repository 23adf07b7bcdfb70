/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in memory, and what must hold of every list of volumes. */
#include "disk.h"

#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

disk disk_new(size_t n)
{
    const disk made = {calloc(1, n), n};

    assert_non_null(made.bytes);
    return made;
}

void disk_free(disk *self)
{
    free(self->bytes);
    self->bytes = NULL;
}

static cu_status read_at(void *context, uint64_t offset, void *out, size_t n, cu_err *err)
{
    const disk *const self = context;

    (void)err;
    assert_true(offset <= self->n && n <= self->n - offset);
    memcpy(out, self->bytes + offset, n);
    return CU_OK;
}

cu_reader disk_reader(const disk *self, uint32_t sector_bytes)
{
    return (cu_reader){read_at, (void *)(uintptr_t)self, self->n, sector_bytes};
}

void disk_put_le(disk *self, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        self->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

void disk_put_be(disk *self, size_t at, uint64_t value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        self->bytes[at + i] = (uint8_t)(value >> (8 * (n - 1 - i)));
}

uint32_t disk_crc32(const uint8_t *p, size_t n)
{
    uint32_t crc = ~0U;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320U : crc >> 1;
    }
    return ~crc;
}

void disk_put_mbr(disk *self, size_t at, unsigned entry, uint8_t type, uint32_t first,
                  uint32_t count)
{
    const size_t where = at + 446 + 16 * (size_t)entry;

    self->bytes[where + 4] = type;
    disk_put_le(self, where + 8, first, 4);
    disk_put_le(self, where + 12, count, 4);
    self->bytes[at + 510] = 0x55;
    self->bytes[at + 511] = 0xAA;
}

void disk_read(const disk *self, uint32_t sector_bytes, cu_volumes *out)
{
    const cu_reader reader = disk_reader(self, sector_bytes);
    uint64_t at = 0;

    assert_int_equal(cu_volumes_read(&reader, out, NULL), CU_OK);
    for (size_t i = 0; i < out->count; i++) {
        assert_int_equal(out->list[i].offset, at);
        assert_true(out->list[i].bytes > 0);
        at += out->list[i].bytes;
    }
    assert_int_equal(at, self->n);
}

const cu_volume *disk_partition(const cu_volumes *volumes, uint32_t number)
{
    const cu_volume *found = NULL;

    for (size_t i = 0; i < volumes->count; i++) {
        if (volumes->list[i].kind == CU_VOLUME_PARTITION && volumes->list[i].number == number)
            found = &volumes->list[i];
    }
    assert_non_null(found);
    return found;
}

size_t disk_count(const cu_volumes *volumes, cu_volume_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < volumes->count; i++)
        count += volumes->list[i].kind == kind;
    return count;
}

bool disk_remarks(const cu_volumes *volumes, const char *words)
{
    for (size_t i = 0; i < volumes->remark_count; i++) {
        assert_string_equal(volumes->remarks[i].kind, "partition-table");
        if (strstr(volumes->remarks[i].text, words) != NULL)
            return true;
    }
    return false;
}
