/* SPDX-License-Identifier: Apache-2.0 */
/* A disk in memory, and what must hold of every list of volumes. */
#ifndef CU_TESTS_VOLUME_DISK_H
#define CU_TESTS_VOLUME_DISK_H

#include "volume/volume.h"

typedef struct disk {
    uint8_t *bytes;
    size_t n;
} disk;

/* n zeroed bytes; freed by disk_free. */
disk disk_new(size_t n);
void disk_free(disk *self);
cu_reader disk_reader(const disk *self, uint32_t sector_bytes);

void disk_put_le(disk *self, size_t at, uint64_t value, size_t n);
void disk_put_be(disk *self, size_t at, uint64_t value, size_t n);
uint32_t disk_crc32(const uint8_t *p, size_t n);

/* An MBR's signature and one entry of it (0 to 3), at any sector. */
void disk_put_mbr(disk *self, size_t at, unsigned entry, uint8_t type, uint32_t first,
                  uint32_t count);

/* Reads the table; the list covers the disk without gap or overlap. */
void disk_read(const disk *self, uint32_t sector_bytes, cu_volumes *out);

/* The partition of this number, which is there. */
const cu_volume *disk_partition(const cu_volumes *volumes, uint32_t number);
size_t disk_count(const cu_volumes *volumes, cu_volume_kind kind);
bool disk_remarks(const cu_volumes *volumes, const char *words);

#endif
