/* SPDX-License-Identifier: Apache-2.0 */
/* Each container gives the bytes that its maker put in, and bad ones give what is left. */
#include "media.h"
#include "support/cmocka.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { media_bytes = (3 << 20) + 17 * 512 };

static uint8_t *media;

/* One row a container; each is made by qemu-img from the same media. */
static const struct container {
    const char *name;
    const char *file;
    const char *format; /* qemu's */
    const char *options;
    bool compress;
    bool text; /* its first file is text */
    const char *ours;
} containers[] = {
    {"vhd, dynamic", "d.vhd", "vpc", "force_size=on", false, false, "vhd"},
    {"vhd, fixed", "f.vhd", "vpc", "subformat=fixed,force_size=on", false, false, "vhd"},
    {"qcow", "one.qcow", "qcow", "encryption=off", false, false, "qcow"},
    {"qcow2, version 2", "two.qcow2", "qcow2", "compat=0.10", false, false, "qcow2"},
    {"qcow2, version 3", "three.qcow2", "qcow2", "compat=1.1", false, false, "qcow2"},
    {"qcow2, compressed", "comp.qcow2", "qcow2", "compat=1.1", true, false, "qcow2"},
    {"qcow2, small clusters", "small.qcow2", "qcow2", "cluster_size=512", false, false,
     "qcow2"},
    {"qcow2, large clusters", "large.qcow2", "qcow2", "cluster_size=2M", true, false, "qcow2"},
    {"vmdk, sparse", "mono.vmdk", "vmdk", "subformat=monolithicSparse", false, false, "vmdk"},
    {"vmdk, streamed", "stream.vmdk", "vmdk", "subformat=streamOptimized", false, false,
     "vmdk"},
    {"vmdk, flat", "flat.vmdk", "vmdk", "subformat=monolithicFlat", false, true, "vmdk"},
    {"vmdk, flat extents", "flats.vmdk", "vmdk", "subformat=twoGbMaxExtentFlat", false, true,
     "vmdk"},
    {"vmdk, sparse extents", "two.vmdk", "vmdk", "subformat=twoGbMaxExtentSparse", false, true,
     "vmdk"},
};

static bool make(const struct container *from)
{
    const char *arguments[] = {
        "qemu-img", "convert",           "-f", "raw", "-O", from->format, "-o", from->options,
        "-q",       media_path("media"), NULL, NULL,  NULL};
    size_t n = 10;

    if (from->compress)
        arguments[n++] = "-c";
    arguments[n++] = media_path(from->file);
    return access(media_path(from->file), F_OK) == 0 || media_run(arguments);
}

static void each_gives_what_was_put_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(containers); i++) {
        media_source source;
        cu_err err = {0};

        if (!make(&containers[i]))
            skip();
        print_message("# %s\n", containers[i].name);
        assert_int_equal(media_open(media_path(containers[i].file), &source, &err), CU_OK);
        assert_string_equal(cu_image_get_facts(source.image)->format, containers[i].ours);
        assert_null(cu_image_remark(source.image, 0));
        media_assert_equal(&source, media, media_bytes);
        media_close(&source);
    }
}

/* Opens what may be bad and reads it all, whatever that gives. */
static void try(const char *path)
{
    media_source source;
    cu_err err = {0};
    const cu_status st = media_open(path, &source, &err);

    if (st != CU_OK) {
        assert_true(err.text[0] != '\0');
        return;
    }
    media_assert_readable(source.image, 1 << 20);
    media_close(&source);
}

/* Shorter and shorter, first by large steps, then byte by byte in the header. */
static void each_bears_being_cut_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(containers); i++) {
        size_t n = 0;

        if (!make(&containers[i]))
            skip();

        uint8_t *const bytes = media_read(media_path(containers[i].file), &n);

        media_write(media_path("cut"), bytes, n);
        for (size_t left = n - 1; left > 0;) {
            assert_int_equal(truncate(media_path("cut"), (off_t)left), 0);
            try(media_path("cut"));
            left = left > 2000 ? left - left / 6 : left > 120 ? left - 37 : left - 1;
        }
        free(bytes);
    }
}

static void each_bears_flipped_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(containers); i++) {
        size_t n = 0;

        if (!make(&containers[i]))
            skip();

        uint8_t *const bytes = media_read(media_path(containers[i].file), &n);

        media_write(media_path("flipped"), bytes, n);
        for (int turn = 0; turn < 60; turn++) {
            const size_t reach = turn < 30 ? 120 : turn < 45 ? 70000 : 2048;
            const size_t near = media_random() % (n < reach ? n : reach);
            const size_t at = turn < 45 ? near : n - 1 - near;
            const uint8_t flipped = (uint8_t)media_random();

            media_patch(media_path("flipped"), at, &flipped, 1);
            try(media_path("flipped"));
            media_patch(media_path("flipped"), at, &bytes[at], 1);
        }
        free(bytes);
    }
}

/* What a file holds before its cut is still given right. */
static void what_is_left_is_right(void **state)
{
    static const char *const names[] = {"d.vhd", "three.qcow2", "mono.vmdk"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        size_t n = 0;
        media_source source;
        media_gaps gaps = {0};
        uint8_t *const got = malloc(media_bytes);
        cu_err err = {0};

        assert_non_null(got);
        for (size_t j = 0; j < CU_COUNT_OF(containers); j++) {
            if (strcmp(containers[j].file, names[i]) == 0 && !make(&containers[j]))
                skip();
        }

        uint8_t *const bytes = media_read(media_path(names[i]), &n);

        media_write(media_path("half"), bytes, n / 2);
        assert_int_equal(media_open(media_path("half"), &source, &err), CU_OK);
        assert_int_equal(
            cu_image_read_at(source.image,
                             &(cu_image_piece){0, got, media_bytes, media_gap_told, &gaps},
                             NULL),
            CU_OK);
        assert_true(gaps.bytes > media_bytes / 8 && gaps.bytes < media_bytes * 3 / 4);

        size_t wrong = 0;

        for (size_t at = 0; at < media_bytes; at++)
            wrong += got[at] != 0 && got[at] != media[at];
        assert_int_equal(wrong, 0);
        media_close(&source);
        free(bytes);
        free(got);
    }
}

/* A copy with some bytes changed. */
static void patch(const char *from, const char *to, size_t at, const void *bytes, size_t n)
{
    size_t size = 0;
    uint8_t *const all = media_read(media_path(from), &size);

    media_write(media_path(to), all, size);
    media_patch(media_path(to), at, bytes, n);
    free(all);
}

static void assert_refused(const char *name, cu_status code, const char *words)
{
    media_source source;
    cu_err err = {0};

    assert_int_equal(media_open(media_path(name), &source, &err), code);
    if (strstr(err.text, words) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", err.text, words);
}

static void what_is_not_whole_is_refused_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(containers); i++) {
        if (!make(&containers[i]))
            skip();
    }
    patch("three.qcow2", "bad", 8, "\0\0\0\0\0\0\x02\0\0\0\0\x05", 12);
    assert_refused("bad", CU_EUNSUPPORTED, "backing file");
    patch("three.qcow2", "bad", 32, "\0\0\0\x02", 4);
    assert_refused("bad", CU_EUNSUPPORTED, "encrypted");
    patch("three.qcow2", "bad", 79, "\x04", 1);
    assert_refused("bad", CU_EUNSUPPORTED, "another file");
    patch("three.qcow2", "bad", 7, "\x04", 1);
    assert_refused("bad", CU_EUNSUPPORTED, "version 4");
    patch("three.qcow2", "bad", 24, "\x7f\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_refused("bad", CU_EFORMAT, "impossible");
    patch("three.qcow2", "bad", 23, "\x3f", 1);
    assert_refused("bad", CU_EFORMAT, "impossible");
    patch("mono.vmdk", "bad", 12, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_refused("bad", CU_EFORMAT, "impossible");
    patch("mono.vmdk", "bad", 4, "\x09", 1);
    assert_refused("bad", CU_EUNSUPPORTED, "version 9");
}

/* The footer of a dynamic VHD is kept twice. */
static void a_damaged_footer_is_replaced_by_its_copy(void **state)
{
    static const char *const where[] = {"head", "tail"};
    media_source source;
    size_t n = 0;

    (void)state;
    if (!make(&containers[0]))
        skip();

    uint8_t *const bytes = media_read(media_path("d.vhd"), &n);

    for (size_t i = 0; i < CU_COUNT_OF(where); i++) {
        cu_err err = {0};
        const size_t at = i == 0 ? 20 : n - 512 + 20;

        bytes[at] ^= 0xFF;
        media_write(media_path("foot"), bytes, n);
        bytes[at] ^= 0xFF;
        assert_int_equal(media_open(media_path("foot"), &source, &err), CU_OK);
        assert_true((cu_image_remark(source.image, 0) != NULL) == (i == 1));
        media_assert_equal(&source, media, media_bytes);
        media_close(&source);
    }
    bytes[20] ^= 0xFF;
    bytes[n - 512 + 20] ^= 0xFF;
    media_write(media_path("foot"), bytes, n);
    assert_refused("foot", CU_EFORMAT, "so is the copy");
    free(bytes);
}

static void a_vhd_of_differences_is_refused(void **state)
{
    uint8_t footer[512] = "conectix";
    uint32_t sum = 0;

    (void)state;
    footer[55] = 0x10;
    footer[54] = 0x02; /* a small disk */
    footer[63] = 4;
    for (size_t i = 0; i < sizeof footer; i++)
        sum += footer[i];
    sum = ~sum;
    for (size_t i = 0; i < 4; i++)
        footer[64 + i] = (uint8_t)(sum >> (24 - 8 * i));
    media_write(media_path("diff.vhd"), footer, sizeof footer);
    assert_refused("diff.vhd", CU_EUNSUPPORTED, "differencing");
}

/* QEMU writes no compressed clusters of version 1 any more: a header, two tables, one cluster.
 */
static void a_compressed_cluster_of_version_1_is_read(void **state)
{
    enum { cluster = 4096, packed_at = 80 };

    struct libdeflate_compressor *const packer = libdeflate_alloc_compressor(6);
    uint8_t file[2 * cluster] = "QFI\xfb\0\0\0\x01";
    uint8_t plain[cluster];
    media_source source;
    cu_err err = {0};

    (void)state;
    assert_non_null(packer);
    for (size_t i = 0; i < cluster; i++)
        plain[i] = (uint8_t)(i / 16);
    file[30] = cluster >> 8; /* the media's size */
    file[32] = 12;           /* bits of a cluster, of a table */
    file[33] = 9;
    file[47] = 48; /* the first table */
    file[55] = 56; /* the second, which its only entry names */

    const size_t n = libdeflate_deflate_compress(packer, plain, cluster, file + packed_at,
                                                 sizeof file - packed_at);
    const uint64_t entry = 1ULL << 63 | (uint64_t)n << (63 - 12) | packed_at;

    libdeflate_free_compressor(packer);
    assert_true(n > 0 && n < cluster);
    for (size_t i = 0; i < 8; i++)
        file[56 + i] = (uint8_t)(entry >> (56 - 8 * i));
    media_write(media_path("packed.qcow"), file, packed_at + n);
    assert_int_equal(media_open(media_path("packed.qcow"), &source, &err), CU_OK);
    media_assert_equal(&source, plain, cluster);
    media_close(&source);

    media_gaps gaps = {0};

    media_patch(media_path("packed.qcow"), packed_at + 3, "\xff\xff\xff", 3);
    assert_int_equal(media_open(media_path("packed.qcow"), &source, &err), CU_OK);
    assert_int_equal(
        cu_image_read_at(source.image,
                         &(cu_image_piece){0, plain, cluster, media_gap_told, &gaps}, NULL),
        CU_OK);
    assert_int_equal(gaps.bytes, cluster);
    assert_string_equal(gaps.why, "its compressed cluster is damaged");
    media_close(&source);
}

/* A grain directory is kept twice. */
static void a_damaged_grain_directory_is_replaced_by_its_copy(void **state)
{
    media_source source;
    cu_err err = {0};
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(containers); i++) {
        if (!make(&containers[i]))
            skip();
    }

    uint8_t *const bytes = media_read(media_path("mono.vmdk"), &n);
    const size_t directory = ((size_t)bytes[56] | (size_t)bytes[57] << 8) * 512;

    assert_true(directory > 0 && directory + 4 < n);
    memset(bytes + directory, 0xFF, 4);
    media_write(media_path("grain.vmdk"), bytes, n);
    free(bytes);
    assert_int_equal(media_open(media_path("grain.vmdk"), &source, &err), CU_OK);
    media_assert_equal(&source, media, media_bytes);
    media_close(&source);
}

static void a_missing_extent_costs_its_part(void **state)
{
    static const char text[] = "# Disk DescriptorFile\nversion=1\nparentCID=ffffffff\n"
                               "RW 100 FLAT \"e1.bin\" 3\nRW 50 ZERO\n"
                               "RW 20 FLAT \"gone.bin\" 0\nRW 7 FLAT \"e1.bin\" 200\n";
    media_source source;
    media_gaps gaps = {0};
    cu_err err = {0};
    uint8_t *const got = malloc(177 * 512);

    (void)state;
    assert_non_null(got);
    media_write(media_path("parts.vmdk"), text, sizeof text - 1);
    media_write(media_path("e1.bin"), media, 400 * 512);
    assert_int_equal(media_open(media_path("parts.vmdk"), &source, &err), CU_OK);
    assert_int_equal(cu_image_get_facts(source.image)->bytes, 177 * 512);
    assert_non_null(strstr(cu_image_remark(source.image, 0), "gone.bin"));
    assert_int_equal(
        cu_image_read_at(source.image,
                         &(cu_image_piece){0, got, 177 * 512, media_gap_told, &gaps}, NULL),
        CU_OK);
    assert_int_equal(gaps.count, 1);
    assert_int_equal(gaps.first, 150 * 512);
    assert_int_equal(gaps.bytes, 20 * 512);
    assert_memory_equal(got, media + 3 * 512, 100 * 512);
    assert_memory_equal(got + 170 * 512, media + 200 * 512, 7 * 512);
    for (size_t i = 100 * 512; i < 170 * 512; i++)
        assert_int_equal(got[i], 0);
    media_close(&source);
    free(got);
}

/* A name may lead nowhere but to a plain file beside the text. */
static void a_descriptor_opens_nothing_elsewhere(void **state)
{
    static const char *const names[] = {"../secret", "/etc/hostname", "sub/x", "..", "."};
    char text[256];

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        (void)snprintf(text, sizeof text, "# Disk DescriptorFile\nRW 1 FLAT \"%s\" 0\n",
                       names[i]);
        media_write(media_path("evil.vmdk"), text, strlen(text));
        assert_refused("evil.vmdk", CU_EUNSUPPORTED, "outside");
    }
    assert_int_equal(symlink("/etc/hostname", media_path("link")), 0);
    (void)snprintf(text, sizeof text, "# Disk DescriptorFile\nRW 1 FLAT \"link\" 0\n");
    media_write(media_path("evil.vmdk"), text, strlen(text));
    assert_refused("evil.vmdk", CU_EIO, "link");
}

static int make_media(void **state)
{
    (void)state;
    media = media_make(media_bytes);
    media_write(media_path("media"), media, media_bytes);
    return 0;
}

static int free_media(void **state)
{
    (void)state;
    free(media);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_gives_what_was_put_in),
        cmocka_unit_test(each_bears_being_cut_off),
        cmocka_unit_test(each_bears_flipped_bytes),
        cmocka_unit_test(what_is_left_is_right),
        cmocka_unit_test(what_is_not_whole_is_refused_in_words),
        cmocka_unit_test(a_damaged_footer_is_replaced_by_its_copy),
        cmocka_unit_test(a_vhd_of_differences_is_refused),
        cmocka_unit_test(a_compressed_cluster_of_version_1_is_read),
        cmocka_unit_test(a_damaged_grain_directory_is_replaced_by_its_copy),
        cmocka_unit_test(a_missing_extent_costs_its_part),
        cmocka_unit_test(a_descriptor_opens_nothing_elsewhere),
    };

    return cmocka_run_group_tests(tests, make_media, free_media);
}
