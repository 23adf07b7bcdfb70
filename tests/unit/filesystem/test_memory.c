/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libtsk leaves entries out, without a word, where an allocation fails. With any amount of
 * memory a walk gives all of its entries, or is told to be not whole.
 */
#include "filesystem/filesystem.h"
#include "sandbox/sandbox.h"
#include "support/cmocka.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static cu_zygote *zygote;
static char image[] = "/tmp/custos-memory-XXXXXX";

typedef struct walked {
    uint64_t entries;
    bool ended; /* the END frame came */
    cu_status status;
    char text[256];
} walked;

static walked walk(uint64_t memory_bytes)
{
    const cu_sandbox_limits limits = {.memory_bytes = memory_bytes, .cpu_seconds = 60};
    const int fd = open(image, O_RDONLY | O_CLOEXEC);
    cu_item item = {0};
    cu_extent *extents = NULL;
    size_t room = 0;
    uint32_t n = 0;
    walked self = {0};
    cu_err err = {0};

    assert_true(fd >= 0);
    assert_int_equal(
        cu_item_start(zygote, &limits,
                      &(cu_sandbox_request){(cu_bytes){(const uint8_t *)"fat", 3}, &fd, 1},
                      &item, NULL),
        CU_OK);
    while (!self.ended && cu_sandbox_read_all(item.socket, &n, sizeof n)) {
        uint8_t *const frame = malloc((size_t)n + 1);
        cu_entry entry;

        assert_non_null(frame);
        if (cu_sandbox_read_all(item.socket, frame, n)) {
            assert_int_equal(cu_entry_read((cu_bytes){frame, n}, &entry, &extents, &room, NULL),
                             CU_OK);
            self.ended = entry.kind == CU_ENTRY_END;
            self.entries++;
        }
        free(frame);
    }
    free(extents);
    self.status = cu_item_end(zygote, &item, self.ended ? "done" : NULL, &err);
    memcpy(self.text, err.text, sizeof self.text);
    close(fd);
    return self;
}

static void with_any_memory_a_walk_is_whole_or_says_so(void **state)
{
    const walked all = walk(0);
    unsigned whole = 0;
    unsigned told = 0;

    (void)state;
    assert_true(all.ended && all.entries > 2000);
    /* From too little to begin with, to enough. */
    for (uint64_t kib = 20000; kib < 400000; kib += kib / 24) {
        const walked got = walk(kib << 10);

        if (got.ended) {
            if (got.entries != all.entries)
                fail_msg("%llu KiB: %llu of %llu entries, and not a word",
                         (unsigned long long)kib, (unsigned long long)got.entries,
                         (unsigned long long)all.entries);
            whole++;
            continue;
        }
        assert_int_not_equal(got.status, CU_OK);
        told += strcmp(got.text, "memory limit") == 0;
    }
    assert_true(whole > 0);
    assert_true(told > 3);
}

static bool run(char *const arguments[])
{
    pid_t pid = 0;
    int status = 0;
    posix_spawn_file_actions_t quiet;

    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);

    const int failed = posix_spawnp(&pid, arguments[0], &quiet, NULL, arguments, environ);

    posix_spawn_file_actions_destroy(&quiet);
    return failed == 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* A FAT16 volume of 2,500 empty files, written as directory entries of its root. */
static int make_image(void **state)
{
    enum { files = 2500, root_sectors = 160 };

    char bits[] = "16";
    char *const arguments[] = {(char[]){"mkfs.fat"}, (char[]){"-F"}, bits, (char[]){"-r"},
                               (char[]){"2560"},     image,          NULL};
    uint8_t boot[32];
    const int fd = mkstemp(image);

    (void)state;
    if (fd < 0 || ftruncate(fd, 32 << 20) != 0 || !run(arguments) ||
        pread(fd, boot, sizeof boot, 0) != (ssize_t)sizeof boot)
        return -1;

    const unsigned table_sectors = boot[22] | (unsigned)boot[23] << 8;
    const unsigned first = (boot[14] | (unsigned)boot[15] << 8) + boot[16] * table_sectors;
    static uint8_t root[root_sectors * 512];

    for (unsigned i = 0; i < files; i++) {
        char name[12];

        (void)snprintf(name, sizeof name, "F%07uTXT", i);
        memcpy(root + (size_t)i * 32, name, 11);
        root[(size_t)i * 32 + 11] = 0x20;
        root[(size_t)i * 32 + 17] = root[(size_t)i * 32 + 25] =
            0x51; /* a date: without, libtsk sees no entry */
        root[(size_t)i * 32 + 16] = root[(size_t)i * 32 + 24] = 0x21;
    }
    if (pwrite(fd, root, sizeof root, (off_t)first * 512) != (ssize_t)sizeof root)
        return -1;
    close(fd);
    return cu_zygote_start("test-filesystem-walker", &zygote, NULL) == CU_OK ? 0 : -1;
}

static int remove_image(void **state)
{
    (void)state;
    cu_zygote_stop(zygote);
    return unlink(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_any_memory_a_walk_is_whole_or_says_so),
    };

    return cmocka_run_group_tests(tests, make_image, remove_image);
}
