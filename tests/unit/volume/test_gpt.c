/* SPDX-License-Identifier: Apache-2.0 */
/* GUID tables: primary and backup, with every field that may be wrong. */
#include "disk.h"
#include "support/cmocka.h"

#include <string.h>

enum { sectors = 400, entries = 128, entry_bytes = 128 };

/* A header and its entries at two places of the disk, with right checksums. */
static void put_header(disk *self, uint32_t sector, uint64_t at, uint64_t other,
                       uint64_t entries_at)
{
    uint8_t *const head = self->bytes + at * sector;

    memset(head, 0, sector);
    memcpy(head, "EFI PART", 8);
    disk_put_le(self, at * sector + 8, 0x00010000, 4);
    disk_put_le(self, at * sector + 12, 92, 4);
    disk_put_le(self, at * sector + 24, at, 8);
    disk_put_le(self, at * sector + 32, other, 8);
    disk_put_le(self, at * sector + 72, entries_at, 8);
    disk_put_le(self, at * sector + 80, entries, 4);
    disk_put_le(self, at * sector + 84, entry_bytes, 4);
    disk_put_le(self, at * sector + 88,
                disk_crc32(self->bytes + entries_at * sector, (size_t)entries * entry_bytes),
                4);
    disk_put_le(self, at * sector + 16, disk_crc32(head, 92), 4);
}

static void put_entry(disk *self, size_t at, uint64_t first, uint64_t last, const char *name)
{
    static const uint8_t type[16] = {0xA2, 0xA0, 0xD0, 0xEB, 0xE5, 0xB9, 0x33, 0x44,
                                     0x87, 0xC0, 0x68, 0xB6, 0xB7, 0x26, 0x99, 0xC7};

    memcpy(self->bytes + at, type, sizeof type);
    disk_put_le(self, at + 32, first, 8);
    disk_put_le(self, at + 40, last, 8);
    for (size_t i = 0; name[i] != '\0'; i++)
        self->bytes[at + 56 + 2 * i] = (uint8_t)name[i];
}

static uint64_t entry_sectors(uint32_t sector)
{
    return (uint64_t)entries * entry_bytes / sector;
}

static void finish(disk *self, uint32_t sector)
{
    const uint64_t backup = sectors - 1 - entry_sectors(sector);

    memcpy(self->bytes + backup * sector, self->bytes + 2 * (size_t)sector,
           (size_t)entries * entry_bytes);
    put_header(self, sector, 1, sectors - 1, 2);
    put_header(self, sector, sectors - 1, 1, backup);
}

static disk make(uint32_t sector)
{
    disk self = disk_new((size_t)sectors * sector);

    disk_put_mbr(&self, 0, 0, 0xEE, 1, sectors - 1);
    put_entry(&self, 2 * (size_t)sector, 100, 149, "first");
    put_entry(&self, 2 * (size_t)sector + 3 * entry_bytes, 200, 299, "fourth");
    finish(&self, sector);
    return self;
}

static void assert_both(const cu_volumes *volumes, uint32_t sector)
{
    assert_string_equal(volumes->scheme, "gpt");
    assert_int_equal(volumes->sector_bytes, sector);
    assert_int_equal(disk_count(volumes, CU_VOLUME_PARTITION), 2);
    assert_int_equal(disk_partition(volumes, 1)->offset, 100 * sector);
    assert_int_equal(disk_partition(volumes, 1)->bytes, 50 * sector);
    assert_string_equal(disk_partition(volumes, 1)->name, "first");
    assert_string_equal(disk_partition(volumes, 1)->type,
                        "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7");
    assert_int_equal(disk_partition(volumes, 4)->offset, 200 * sector);
    assert_string_equal(disk_partition(volumes, 4)->name, "fourth");
}

static void both_tables_are_read_and_theirs(void **state)
{
    static const uint32_t sizes[] = {512, 4096};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        disk self = make(sizes[i]);
        cu_volumes volumes;
        uint64_t table = 0;

        disk_read(&self, 512, &volumes); /* an image says 512 of itself, whatever it is of */
        assert_both(&volumes, sizes[i]);
        assert_int_equal(volumes.remark_count, 0);
        for (size_t j = 0; j < volumes.count; j++)
            table += volumes.list[j].kind == CU_VOLUME_TABLE ? volumes.list[j].bytes : 0;
        /* The protective MBR, two headers, two sets of entries. */
        assert_int_equal(table, 3 * sizes[i] + 2 * entries * entry_bytes);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

/* One wrong byte anywhere in the primary, and the backup is used, or the byte is nobody's. */
static void every_damaged_byte_of_the_primary_is_borne(void **state)
{
    disk self = make(512);

    (void)state;
    for (size_t at = 512; at < 512 + 92; at++) {
        cu_volumes volumes;

        self.bytes[at] ^= 0x41;
        disk_read(&self, 512, &volumes);
        assert_both(&volumes, 512);
        assert_true(disk_remarks(&volumes, "its backup was used"));
        cu_volumes_free(&volumes);
        self.bytes[at] ^= 0x41;
    }
    for (size_t at = 1024; at < 1024 + entries * entry_bytes; at += 61) {
        cu_volumes volumes;

        self.bytes[at] ^= 0x41;
        disk_read(&self, 512, &volumes);
        assert_both(&volumes, 512);
        assert_true(disk_remarks(&volumes, "its backup was used"));
        cu_volumes_free(&volumes);
        self.bytes[at] ^= 0x41;
    }
    disk_free(&self);
}

static void a_damaged_or_missing_backup_is_told(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    self.bytes[self.n - 512] ^= 1;
    disk_read(&self, 512, &volumes);
    assert_both(&volumes, 512);
    assert_true(disk_remarks(&volumes, "the backup GPT is damaged or gone"));
    cu_volumes_free(&volumes);
    self.bytes[self.n - 512] ^= 1;

    /* The image of half the disk. */
    const disk half = {self.bytes, self.n - 100 * 512};

    disk_read(&half, 512, &volumes);
    assert_both(&volumes, 512);
    assert_true(disk_remarks(&volumes, "the backup GPT is damaged or gone"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void a_backup_that_says_something_else_is_told(void **state)
{
    disk self = make(512);
    cu_volumes volumes;
    const uint64_t backup = sectors - 1 - entry_sectors(512);

    (void)state;
    put_entry(&self, (size_t)backup * 512 + 5 * entry_bytes, 320, 330, "hidden");
    put_header(&self, 512, sectors - 1, 1, backup);
    disk_read(&self, 512, &volumes);
    assert_both(&volumes, 512);
    assert_true(disk_remarks(&volumes, "names other partitions"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void a_hybrid_mbr_is_told(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 1, 0x0C, 100, 50); /* as the GPT has it: no word */
    disk_read(&self, 512, &volumes);
    assert_int_equal(volumes.remark_count, 0);
    cu_volumes_free(&volumes);
    disk_put_mbr(&self, 0, 2, 0x83, 310, 20); /* this one the GPT does not have */
    disk_read(&self, 512, &volumes);
    assert_both(&volumes, 512);
    assert_true(disk_remarks(&volumes, "at sector 310 that the GPT does not"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void impossible_entries_are_told(void **state)
{
    static const uint64_t ranges[][2] = {{300, 299},
                                         {0, UINT64_MAX},
                                         {UINT64_MAX / 2, UINT64_MAX / 2},
                                         {1ULL << 55, 1ULL << 56},
                                         {1000, 2000},
                                         {120, 130}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(ranges); i++) {
        disk self = make(512);
        cu_volumes volumes;

        put_entry(&self, 1024 + entry_bytes, ranges[i][0], ranges[i][1], "odd");
        finish(&self, 512);
        disk_read(&self, 512, &volumes);
        assert_true(volumes.remark_count > 0);
        assert_int_equal(disk_partition(&volumes, 1)->offset, 100 * 512);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

static void names_are_utf8(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    disk_put_le(&self, 1024 + 56, 0x00E4, 2);
    disk_put_le(&self, 1024 + 58, 0x20AC, 2);
    disk_put_le(&self, 1024 + 60, 0xD800, 2); /* half a character */
    disk_put_le(&self, 1024 + 62, 0x0007, 2);
    finish(&self, 512);
    disk_read(&self, 512, &volumes);
    assert_string_equal(disk_partition(&volumes, 1)->name, "\xc3\xa4\xe2\x82\xac??t");
    cu_volumes_free(&volumes);
    disk_free(&self);
}

/* Cut anywhere, a disk gives a list that covers what is left. */
static void every_cut_is_borne(void **state)
{
    disk self = make(512);

    (void)state;
    for (size_t n = 1; n < self.n; n += n < 20000 ? 37 : 511) {
        const disk cut = {self.bytes, n};
        cu_volumes volumes;

        disk_read(&cut, 512, &volumes);
        cu_volumes_free(&volumes);
    }
    disk_free(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_tables_are_read_and_theirs),
        cmocka_unit_test(every_damaged_byte_of_the_primary_is_borne),
        cmocka_unit_test(a_damaged_or_missing_backup_is_told),
        cmocka_unit_test(a_backup_that_says_something_else_is_told),
        cmocka_unit_test(a_hybrid_mbr_is_told),
        cmocka_unit_test(impossible_entries_are_told),
        cmocka_unit_test(names_are_utf8),
        cmocka_unit_test(every_cut_is_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
