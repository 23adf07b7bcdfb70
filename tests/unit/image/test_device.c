/* SPDX-License-Identifier: Apache-2.0 */
/* A block device: its size and sectors by ioctl, and bad sectors told one by one. */
#include "media.h"
#include "support/cmocka.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { device_bytes = 1 << 20 };

/* ---- a device that is not there: these stand before libc's own ---- */

static bool is_device;
static int sector_bytes;
static uint64_t bad_first, bad_end;
static uint8_t content[device_bytes];

int fstat(int fd, struct stat *status)
{
    const int done = (int)syscall(SYS_fstat, fd, status);

    if (is_device)
        status->st_mode = (status->st_mode & ~(mode_t)S_IFMT) | S_IFBLK;
    return done;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;

    (void)fd;
    va_start(arguments, request);

    void *const out = va_arg(arguments, void *);

    va_end(arguments);
    if (request == BLKGETSIZE64 && sector_bytes != 0)
        *(uint64_t *)out = device_bytes;
    else if (request == BLKSSZGET && sector_bytes != 0)
        *(int *)out = sector_bytes;
    else {
        errno = ENOTTY;
        return -1;
    }
    return 0;
}

/* With 64-bit offsets this is pread64, which libc has as well. */
ssize_t pread(int fd, void *out, size_t n, off_t offset)
{
    const uint64_t at = (uint64_t)offset;

    if (!is_device)
        return syscall(SYS_pread64, fd, out, n, offset);
    if (at >= device_bytes)
        return 0;
    if (n > device_bytes - at)
        n = (size_t)(device_bytes - at);
    if (at < bad_end && at + n > bad_first) {
        if (at >= bad_first) {
            errno = EIO;
            return -1;
        }
        n = (size_t)(bad_first - at); /* what lies before it is read, as the kernel does */
    }
    memcpy(out, content + at, n);
    return (ssize_t)n;
}

/* ---- tests ---- */

static void open_device(media_source *out, int sector)
{
    cu_err err = {0};

    media_write(media_path("disk"), "x", 1);
    for (size_t i = 0; i < device_bytes; i++)
        content[i] = (uint8_t)(i * 7 + i / 512);
    is_device = true;
    sector_bytes = sector;
    assert_int_equal(media_open(media_path("disk"), out, &err), CU_OK);
}

static int plain(void **state)
{
    (void)state;
    is_device = false;
    sector_bytes = 0;
    bad_first = bad_end = 0;
    return 0;
}

static void its_size_and_sectors_are_asked_for(void **state)
{
    media_source source;

    (void)state;
    open_device(&source, 4096);
    assert_true(source.segments.is_device);
    assert_int_equal(cu_image_get_facts(source.image)->bytes, device_bytes);
    assert_int_equal(cu_image_get_facts(source.image)->sector_bytes, 4096);
    media_assert_equal(&source, content, device_bytes);
    media_close(&source);
}

static void bad_sectors_are_gaps_and_no_more_is_lost(void **state)
{
    static uint8_t got[device_bytes];
    static const int sectors[] = {512, 4096};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sectors); i++) {
        const uint64_t sector = (uint64_t)sectors[i];
        media_source source;
        media_gaps gaps = {0};

        open_device(&source, sectors[i]);
        bad_first = 37 * sector;
        bad_end = 40 * sector;
        assert_int_equal(
            cu_image_read_at(source.image,
                             &(cu_image_piece){0, got, sizeof got, media_gap_told, &gaps},
                             NULL),
            CU_OK);
        assert_int_equal(gaps.count, 3);
        assert_int_equal(gaps.first, bad_first);
        assert_int_equal(gaps.bytes, bad_end - bad_first);
        assert_string_equal(gaps.why, "Input/output error");
        for (uint64_t at = 0; at < device_bytes; at++)
            assert_int_equal(got[at], at >= bad_first && at < bad_end ? 0 : content[at]);
        media_close(&source);
        plain(NULL);
    }
}

static void a_device_whose_first_sector_is_bad_is_still_read(void **state)
{
    media_source source;
    media_gaps gaps = {0};
    uint8_t got[2048];

    (void)state;
    bad_end = 512;
    open_device(&source, 512);
    assert_int_equal(
        cu_image_read_at(source.image,
                         &(cu_image_piece){0, got, sizeof got, media_gap_told, &gaps}, NULL),
        CU_OK);
    assert_int_equal(gaps.bytes, 512);
    assert_memory_equal(got + 512, content + 512, 1536);
    media_close(&source);
}

static void one_that_cannot_be_measured_is_refused(void **state)
{
    media_source source;
    cu_err err = {0};

    (void)state;
    media_write(media_path("disk"), "x", 1);
    is_device = true;
    assert_int_equal(media_open(media_path("disk"), &source, &err), CU_EIO);
    assert_non_null(strstr(err.text, "could not measure the device"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(its_size_and_sectors_are_asked_for, plain),
        cmocka_unit_test_teardown(bad_sectors_are_gaps_and_no_more_is_lost, plain),
        cmocka_unit_test_teardown(a_device_whose_first_sector_is_bad_is_still_read, plain),
        cmocka_unit_test_teardown(one_that_cannot_be_measured_is_refused, plain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
