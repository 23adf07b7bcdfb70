/* SPDX-License-Identifier: Apache-2.0 */
/* A folder as one run of bytes: each file in its place, and what went away told. */
#include "device/device.h"
#include "support/cmocka.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { files = 60 };

static char folder[] = "/tmp/custos-folder-XXXXXX";

static const char *path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, size_t n, uint8_t byte)
{
    FILE *const out = fopen(path_of(name), "wb");

    assert_non_null(out);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fputc(byte, out), byte);
    assert_int_equal(fclose(out), 0);
}

/* Files f00 … in two folders; number i holds i * 37 bytes of value i + 1. Some have a second
 * name. */
static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || mkdir(path_of("b"), 0700) != 0 ||
        mkdir(path_of("b/deep"), 0700) != 0)
        return -1;
    for (unsigned i = 0; i < files; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "%sf%02u",
                       i % 3 == 0   ? "b/deep/"
                       : i % 3 == 1 ? "b/"
                                    : "",
                       i);
        put(name, (size_t)i * 37, (uint8_t)(i + 1));
        if (i % 7 == 6) {
            char first[256];

            (void)snprintf(first, sizeof first, "%s", path_of(name));
            (void)snprintf(name, sizeof name, "again%02u", i);
            if (link(first, path_of(name)) != 0)
                return -1;
        }
    }
    return symlink("..", path_of("b/up")) | symlink("/etc/hostname", path_of("b/away")) |
           mkfifo(path_of("pipe"), 0600);
}

static int remove_folder(void **state)
{
    const pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        execlp("rm", "rm", "-rf", folder, (char *)NULL);
        _exit(1);
    }
    return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

typedef struct seen {
    unsigned count, links, remarks, again;
    uint64_t bytes; /* of files with bytes of their own */
    uint8_t map[files * files * 37];
} seen;

static cu_status see(void *context, const cu_entry *entry, cu_err *err)
{
    seen *const self = context;

    (void)err;
    if (entry->kind == CU_ENTRY_REMARK)
        self->remarks++;
    if (entry->kind != CU_ENTRY_FILE)
        return CU_OK;
    if ((entry->flags & CU_ENTRY_LINK) != 0) {
        self->links++;
        assert_true(entry->content.n == entry->size && entry->extent_count == 0);
        return CU_OK;
    }

    const unsigned number = (unsigned)(entry->name.p[entry->name.n - 2] - '0') * 10 +
                            (unsigned)(entry->name.p[entry->name.n - 1] - '0');

    assert_int_equal(entry->size, number * 37);
    self->count++;
    for (size_t i = 0; i < entry->extent_count; i++) {
        const cu_extent *const extent = &entry->extents[i];

        for (uint64_t at = 0; at < extent->bytes; at++) {
            uint8_t *const byte = &self->map[extent->device_offset + at];

            assert_true(*byte == 0 || *byte == number + 1);
            self->again += at == 0 && *byte != 0;
            self->bytes += *byte == 0;
            *byte = (uint8_t)(number + 1);
        }
    }
    return CU_OK;
}

static uint32_t random_number(void)
{
    static uint32_t state = 7;

    state = state * 1664525 + 1013904223;
    return state >> 8;
}

static void every_byte_is_one_files(void **state)
{
    static seen self;
    CU_AUTO(cu_device, device);
    cu_reader reader = {0};
    static uint8_t got[sizeof self.map];

    (void)state;
    assert_int_equal(cu_device_open(&(cu_device_source){.path = folder}, &device, NULL), CU_OK);
    assert_string_equal(cu_device_facts(device)->format, "folder");
    assert_int_equal(cu_device_walk(device, 0, "folder", see, &self, NULL), CU_OK);
    assert_int_equal(self.count, files + files / 7);
    assert_int_equal(self.again, files / 7);
    assert_int_equal(self.links, 2);
    assert_int_equal(self.remarks, 1); /* the pipe */
    assert_int_equal(self.bytes, cu_device_facts(device)->bytes);
    assert_int_equal(self.bytes, 37 * files * (files - 1) / 2);

    assert_int_equal(cu_device_as_reader(device, &reader, NULL), CU_OK);
    for (int turn = 0; turn < 2000; turn++) {
        const uint64_t at = random_number() % self.bytes;
        const size_t n = (size_t)(random_number() % (turn < 1000 ? 200 : self.bytes - at + 1));
        const size_t part = n < self.bytes - at ? n : (size_t)(self.bytes - at);

        assert_int_equal(cu_reader_read_at(&reader, at, got, part, NULL), CU_OK);
        assert_memory_equal(got, self.map + at, part);
    }
}

typedef struct gaps {
    uint64_t bytes;
    char why[96];
} gaps;

static void add_gap(void *context, const cu_image_gap *gap)
{
    gaps *const self = context;

    self->bytes += gap->bytes;
    memcpy(self->why, gap->why, sizeof self->why);
}

static void what_went_away_is_a_gap(void **state)
{
    CU_AUTO(cu_device, device);
    CU_AUTO(cu_device_reader, reader);
    cu_device_memory memory = {.fd = -1};
    gaps told = {0};

    (void)state;
    put("zlast", 5000, 9);
    put("zmore", 700, 9);
    assert_int_equal(cu_device_open(&(cu_device_source){.path = folder}, &device, NULL), CU_OK);

    const size_t n = (size_t)cu_device_facts(device)->bytes;

    assert_int_equal(cu_device_memory_make(n, &memory, NULL), CU_OK);
    assert_int_equal(cu_device_reader_open(device, &memory, &reader, NULL), CU_OK);
    assert_int_equal(truncate(path_of("zlast"), 4000), 0);
    assert_int_equal(unlink(path_of("zmore")), 0);
    assert_int_equal(
        cu_device_reader_read(reader, &(cu_device_piece){0, n, 0, add_gap, &told}, NULL),
        CU_OK);
    assert_int_equal(told.bytes, 1000 + 700);
    assert_string_equal(told.why, "No such file or directory");
    cu_device_reader_close(reader);
    reader = NULL;
    cu_device_memory_free(&memory);
    assert_int_equal(unlink(path_of("zlast")), 0);
}

/* A folder that becomes a link while it is read is not followed. */
static void a_link_that_appears_is_not_followed(void **state)
{
    CU_AUTO(cu_device, device);
    CU_AUTO(cu_device_reader, reader);
    cu_device_memory memory = {.fd = -1};
    gaps told = {0};
    char inside[256];

    (void)state;
    assert_int_equal(mkdir(path_of("swap"), 0700), 0);
    put("swap/hostname", 3, 'x');
    assert_int_equal(cu_device_open(&(cu_device_source){.path = folder}, &device, NULL), CU_OK);

    const size_t n = (size_t)cu_device_facts(device)->bytes;

    assert_int_equal(cu_device_memory_make(n, &memory, NULL), CU_OK);
    assert_int_equal(cu_device_reader_open(device, &memory, &reader, NULL), CU_OK);
    (void)snprintf(inside, sizeof inside, "%s", path_of("swap/hostname"));
    assert_int_equal(unlink(inside), 0);
    assert_int_equal(rmdir(path_of("swap")), 0);
    assert_int_equal(symlink("/etc", path_of("swap")), 0);
    assert_int_equal(
        cu_device_reader_read(reader, &(cu_device_piece){0, n, 0, add_gap, &told}, NULL),
        CU_OK);
    assert_int_equal(told.bytes, 3);
    cu_device_reader_close(reader);
    reader = NULL;
    cu_device_memory_free(&memory);
    assert_int_equal(unlink(path_of("swap")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_is_one_files),
        cmocka_unit_test(what_went_away_is_a_gap),
        cmocka_unit_test(a_link_that_appears_is_not_followed),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
