/* SPDX-License-Identifier: Apache-2.0 */
/* Apple partition maps, with blocks of every size that disks and discs have. */
#include "disk.h"
#include "support/cmocka.h"

#include <string.h>

enum { blocks = 200 };

static void put(disk *self, uint32_t block, unsigned entry, uint32_t count, uint32_t first,
                uint32_t n, const char *name, const char *type)
{
    const size_t at = (entry + 1) * (size_t)block;

    disk_put_be(self, at, 0x504D, 2);
    disk_put_be(self, at + 4, count, 4);
    disk_put_be(self, at + 8, first, 4);
    disk_put_be(self, at + 12, n, 4);
    memcpy(self->bytes + at + 16, name, strlen(name));
    memcpy(self->bytes + at + 48, type, strlen(type));
}

static disk make(uint32_t block)
{
    disk self = disk_new((size_t)blocks * block);

    disk_put_be(&self, 0, 0x4552, 2); /* the driver descriptor */
    disk_put_be(&self, 2, block, 2);
    put(&self, block, 0, 4, 1, 15, "Apple", "Apple_partition_map");
    put(&self, block, 1, 4, 16, 40, "Macintosh", "Apple_HFS");
    put(&self, block, 2, 4, 56, 44, "Extra", "Apple_Free");
    put(&self, block, 3, 4, 100, 50, "b\x8a r", "Apple_UNIX_SVR2");
    return self;
}

static void each_size_of_block_is_read(void **state)
{
    static const uint32_t sizes[] = {512, 1024, 2048, 4096};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        disk self = make(sizes[i]);
        cu_volumes volumes;

        disk_read(&self, 512, &volumes);
        assert_string_equal(volumes.scheme, "apm");
        assert_int_equal(volumes.sector_bytes, sizes[i]);
        assert_int_equal(disk_count(&volumes, CU_VOLUME_PARTITION), 2);
        assert_int_equal(disk_partition(&volumes, 2)->offset, 16 * sizes[i]);
        assert_int_equal(disk_partition(&volumes, 2)->bytes, 40 * sizes[i]);
        assert_string_equal(disk_partition(&volumes, 2)->type, "Apple_HFS");
        assert_string_equal(disk_partition(&volumes, 2)->name, "Macintosh");
        assert_string_equal(disk_partition(&volumes, 4)->name, "b\\x8a r");
        assert_int_equal(volumes.list[0].kind, CU_VOLUME_TABLE);
        assert_int_equal(volumes.list[0].bytes, 16 * sizes[i]);
        assert_int_equal(disk_count(&volumes, CU_VOLUME_GAP), 2); /* the free one, the end */
        assert_int_equal(volumes.remark_count, 0);
        cu_volumes_free(&volumes);
        disk_free(&self);
    }
}

/* Discs say blocks of 2048 of themselves, and some still count in 512. */
static void the_maps_own_block_counts(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    disk_put_be(&self, 2, 2048, 2);
    disk_read(&self, 2048, &volumes);
    assert_int_equal(volumes.sector_bytes, 512);
    assert_int_equal(disk_partition(&volumes, 2)->offset, 16 * 512);
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void damage_is_told(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    self.bytes[3 * 512] = 'X';
    disk_read(&self, 512, &volumes);
    assert_true(disk_remarks(&volumes, "entry 3 of the partition map is damaged"));
    assert_int_equal(disk_count(&volumes, CU_VOLUME_PARTITION), 1);
    cu_volumes_free(&volumes);
    self.bytes[3 * 512] = 'P';

    disk_put_be(&self, 512 + 4, UINT32_MAX, 4);
    disk_read(&self, 512, &volumes);
    assert_true(disk_remarks(&volumes, "says 4294967295 entries"));
    cu_volumes_free(&volumes);

    put(&self, 512, 1, 4, UINT32_MAX, UINT32_MAX, "Macintosh", "Apple_HFS");
    disk_read(&self, 512, &volumes);
    assert_true(disk_remarks(&volumes, "past the end"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

/* A hybrid disc: what an MBR names is read, and the map beside it is told. */
static void an_mbr_before_it_is_read(void **state)
{
    disk self = make(512);
    cu_volumes volumes;

    (void)state;
    disk_put_mbr(&self, 0, 0, 0x17, 64, 100);
    disk_read(&self, 512, &volumes);
    assert_string_equal(volumes.scheme, "mbr");
    assert_int_equal(disk_partition(&volumes, 1)->offset, 64 * 512);
    assert_true(
        disk_remarks(&volumes, "an Apple partition map is there, too: the mbr was read"));
    cu_volumes_free(&volumes);
    disk_free(&self);
}

static void every_cut_and_every_byte_is_borne(void **state)
{
    disk self = make(512);
    uint32_t random = 3;

    (void)state;
    for (size_t n = 1; n < self.n; n += n < 4000 ? 13 : 511) {
        const disk cut = {self.bytes, n};
        cu_volumes volumes;

        disk_read(&cut, 512, &volumes);
        cu_volumes_free(&volumes);
    }
    for (int turn = 0; turn < 5000; turn++) {
        cu_volumes volumes;

        random = random * 1664525 + 1013904223;

        const size_t at = (random >> 8) % (5 * 512);
        const uint8_t kept = self.bytes[at];

        self.bytes[at] = (uint8_t)random;
        disk_read(&self, 512, &volumes);
        cu_volumes_free(&volumes);
        self.bytes[at] = kept;
    }
    disk_free(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_size_of_block_is_read),
        cmocka_unit_test(the_maps_own_block_counts),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(an_mbr_before_it_is_read),
        cmocka_unit_test(every_cut_and_every_byte_is_borne),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
