/* SPDX-License-Identifier: Apache-2.0 */
/* DOS tables: the four entries, chains of extended ones, and every bad chain ends. */
#include "disk.h"
#include "support/cmocka.h"

#include <string.h>

enum { sectors = 4096, kib = 1024 };

static void assert_at(const cu_volumes *volumes, uint32_t number, uint64_t first,
                      uint64_t count, uint32_t sector)
{
    assert_int_equal(disk_partition(volumes, number)->offset, first * sector);
    assert_int_equal(disk_partition(volumes, number)->bytes, count * sector);
}

static void four_entries_and_the_gaps(void **state)
{
    static const uint32_t sizes[] = {512, 4096};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        disk self = disk_new((size_t)sectors * sizes[i]);
        cu_volumes volumes;

        disk_put_mbr(&self, 0, 0, 0x0C, 63, 1000);
        disk_put_mbr(&self, 0, 1, 0x83, 1063, 500);
        disk_put_mbr(&self, 0, 3, 0x07, 2000, 2096);
        disk_read(&self, sizes[i], &volumes);
        assert_string_equal(volumes.scheme, "mbr");
        assert_int_equal(volumes.sector_bytes, sizes[i]);
        assert_at(&volumes, 1, 63, 1000, sizes[i]);
        assert_at(&volumes, 2, 1063, 500, sizes[i]);
        assert_at(&volumes, 4, 2000, 2096, sizes[i]);
        assert_string_equal(disk_partition(&volumes, 4)->type, "0x07");
        assert_int_equal(disk_count(&volumes, CU_VOLUME_PARTITION), 3);
        assert_int_equal(disk_count(&volumes, CU_VOLUME_TABLE), 1);
        assert_int_equal(disk_count(&volumes, CU_VOLUME_GAP), 2);
        assert_int_equal(volumes.remark_count, 0);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

/* The image of a disk with sectors of 4096 bytes does not say so: what lies there does. */
static void large_sectors_are_seen_in_an_image(void **state)
{
    disk self = disk_new((size_t)sectors * 4096);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 0, 0x83, 100, 1000);
    disk_put_le(&self, 100 * 4096 + 1080, 0xEF53, 2); /* an ext file system's mark */
    disk_read(&self, 512, &volumes);
    assert_int_equal(volumes.sector_bytes, 4096);
    assert_at(&volumes, 1, 100, 1000, 4096);
    cu_volumes_free(&volumes);
    disk_free(&self);
}

/* As in DFTT 1: logical partitions in a chain of tables, each counted from its own place. */
static void a_chain_is_followed(void **state)
{
    disk self = disk_new((size_t)sectors * 512);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 0, 0x83, 1, 99);
    disk_put_mbr(&self, 0, 1, 0x05, 100, 3000);
    disk_put_mbr(&self, 100 * 512, 0, 0x0B, 10, 90);
    disk_put_mbr(&self, 100 * 512, 1, 0x05, 1000, 500);
    disk_put_mbr(&self, 1100 * 512, 0, 0x06, 1, 200);
    disk_put_mbr(&self, 1100 * 512, 1, 0x0F, 2000, 500);
    disk_put_mbr(&self, 2100 * 512, 0, 0x07, 2, 300);
    disk_read(&self, 512, &volumes);
    assert_at(&volumes, 1, 1, 99, 512);
    assert_at(&volumes, 5, 110, 90, 512);
    assert_at(&volumes, 6, 1101, 200, 512);
    assert_at(&volumes, 7, 2102, 300, 512);
    assert_int_equal(disk_count(&volumes, CU_VOLUME_TABLE), 4);
    assert_int_equal(volumes.remark_count, 0);
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void bad_chains_end_with_a_remark(void **state)
{
    static const struct {
        uint32_t next; /* of the second table, from the first */
        const char *words;
    } cases[] = {
        {0, "turns back"},         {400, "turns back"},    {100, "turns back"},
        {1 << 30, "past the end"}, {3000, "no signature"},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(cases); i++) {
        disk self = disk_new((size_t)sectors * 512);
        cu_volumes volumes;

        disk_put_mbr(&self, 0, 0, 0x05, 100, 3000);
        disk_put_mbr(&self, 100 * 512, 0, 0x83, 1, 5);
        disk_put_mbr(&self, 100 * 512, 1, 0x05, 400, 10);
        disk_put_mbr(&self, 500 * 512, 0, 0x83, 1, 5);
        disk_put_mbr(&self, 500 * 512, 1, 0x05, cases[i].next, 10);
        disk_read(&self, 512, &volumes);
        assert_int_equal(disk_partition(&volumes, 6)->offset, 501 * 512);
        if (!disk_remarks(&volumes, cases[i].words))
            fail_msg("no remark says \"%s\"", cases[i].words);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

static void an_endless_chain_is_cut_off(void **state)
{
    disk self = disk_new((size_t)sectors * 512);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 0, 0x05, 10, 4000);
    for (uint32_t i = 0; i < 1000; i++) {
        disk_put_mbr(&self, (10 + 2 * (size_t)i) * 512, 0, 0x83, 1, 1);
        disk_put_mbr(&self, (10 + 2 * (size_t)i) * 512, 1, 0x05, 2 * (i + 1), 2);
    }
    disk_read(&self, 512, &volumes);
    assert_true(disk_remarks(&volumes, "too long"));
    assert_int_equal(disk_count(&volumes, CU_VOLUME_PARTITION), 256);
    cu_volumes_free(&volumes);
    disk_free(&self);
}

/* The boot sector of a file system looks much like a table, and is none. */
static void a_file_systems_boot_sector_is_no_table(void **state)
{
    static const struct {
        size_t at;
        const char *mark;
    } marks[] = {{3, "NTFS    "}, {3, "EXFAT   "}, {54, "FAT16   "}, {82, "FAT32   "}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(marks); i++) {
        disk self = disk_new(64 * kib);
        cu_volumes volumes;

        disk_put_mbr(&self, 0, 0, 0x0C, 63, 10);
        self.bytes[0] = 0xEB;
        memcpy(self.bytes + marks[i].at, marks[i].mark, strlen(marks[i].mark));
        disk_read(&self, 512, &volumes);
        assert_string_equal(volumes.scheme, "none");
        assert_int_equal(volumes.count, 1);
        assert_int_equal(volumes.list[0].number, 0);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

static void what_is_cut_off_or_overlaps_is_told(void **state)
{
    disk self = disk_new((size_t)sectors * 512);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 0, 0x83, 100, 1000);
    disk_put_mbr(&self, 0, 1, 0x83, 600, 1000);        /* half in the first */
    disk_put_mbr(&self, 0, 2, 0x83, 4000, UINT32_MAX); /* far past the end */
    disk_put_mbr(&self, 0, 3, 0x83, 5000, 10);         /* outside */
    disk_read(&self, 512, &volumes);
    assert_at(&volumes, 1, 100, 1000, 512);
    assert_at(&volumes, 2, 1100, 500, 512);
    assert_at(&volumes, 3, 4000, 96, 512);
    assert_int_equal(disk_count(&volumes, CU_VOLUME_PARTITION), 3);
    assert_true(disk_remarks(&volumes, "partition 2 overlaps"));
    assert_true(disk_remarks(&volumes, "partition 3 overlaps another or the end"));
    assert_true(disk_remarks(&volumes, "partition 4 lies past the end"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

/* Whatever a sector holds, the list covers the disk (disk_read asks), and reading ends. */
static void any_sector_gives_a_list_that_covers_the_disk(void **state)
{
    uint32_t random = 1;
    int tables = 0;

    (void)state;
    for (int turn = 0; turn < 3000; turn++) {
        disk self = disk_new(64 * 512);
        cu_volumes volumes;

        for (size_t at = 0; at < self.n; at++) {
            random = random * 1664525 + 1013904223;
            self.bytes[at] = (uint8_t)((random >> 24) & (random >> 16));
        }
        for (size_t at = 0; at < self.n; at += 512) {
            for (unsigned i = 0; i < 4; i++) {
                random = random * 1664525 + 1013904223;
                disk_put_mbr(&self, at, i, (random & 3) == 0 ? 0x05 : 0x83, random >> 8 & 63,
                             random >> 16 & 31);
                self.bytes[at + 446 + 16 * (size_t)i] = 0;
            }
        }
        disk_read(&self, 512, &volumes);
        tables += strcmp(volumes.scheme, "mbr") == 0;
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
    assert_true(tables > 2000);
}

static void a_disk_too_small_for_a_table_is_one_volume(void **state)
{
    (void)state;
    for (size_t n = 1; n < 5000; n += n < 1600 ? 7 : 511) {
        disk self = disk_new(n);
        cu_volumes volumes;

        memset(self.bytes, 0xFF, n);
        disk_read(&self, 512, &volumes);
        assert_int_equal(volumes.count, 1);
        assert_string_equal(volumes.scheme, "none");
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

static void a_foreign_label_is_named(void **state)
{
    static const struct {
        size_t at;
        uint32_t magic;
        size_t n;
        const char *words;
    } labels[] = {{508, 0xDABE, 2, "Sun disk label"},
                  {0, 0x0BE5A941, 4, "SGI volume header"},
                  {512, 0x57455682, 4, "BSD disk label"},
                  {0, 0x5244534B, 4, "Amiga"}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(labels); i++) {
        disk self = disk_new(64 * kib);
        cu_volumes volumes;

        disk_put_be(&self, labels[i].at, labels[i].magic, labels[i].n);
        disk_read(&self, 512, &volumes);
        assert_string_equal(volumes.scheme, "none");
        assert_true(disk_remarks(&volumes, labels[i].words));
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_entries_and_the_gaps),
        cmocka_unit_test(large_sectors_are_seen_in_an_image),
        cmocka_unit_test(a_chain_is_followed),
        cmocka_unit_test(bad_chains_end_with_a_remark),
        cmocka_unit_test(an_endless_chain_is_cut_off),
        cmocka_unit_test(a_file_systems_boot_sector_is_no_table),
        cmocka_unit_test(what_is_cut_off_or_overlaps_is_told),
        cmocka_unit_test(any_sector_gives_a_list_that_covers_the_disk),
        cmocka_unit_test(a_disk_too_small_for_a_table_is_one_volume),
        cmocka_unit_test(a_foreign_label_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
