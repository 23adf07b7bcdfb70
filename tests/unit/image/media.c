/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of containers share. */
#include "media.h"

#include "support/cmocka.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char folder[] = "/tmp/custos-image-XXXXXX";
static bool made;

static void remove_folder(void)
{
    const char *const arguments[] = {"rm", "-rf", folder, NULL};

    (void)media_run(arguments);
}

const char *media_folder(void)
{
    if (!made) {
        assert_non_null(mkdtemp(folder));
        made = true;
        (void)atexit(remove_folder);
    }
    return folder;
}

const char *media_path(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *const path = paths[next++ % 8];

    (void)snprintf(path, sizeof paths[0], "%s/%s", media_folder(), name);
    return path;
}

uint32_t media_random(void)
{
    static uint64_t state = 42;

    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(state >> 33);
}

uint8_t *media_make(size_t n)
{
    uint8_t *const bytes = calloc(1, n);

    assert_non_null(bytes);
    for (size_t at = 0; at < n;) {
        const size_t run = 512 + media_random() % (200 << 10);
        const size_t end = n - at < run ? n : at + run;
        const uint32_t kind = media_random() % 3;

        for (size_t i = at; kind > 0 && i < end; i++)
            bytes[i] = kind == 1 ? (uint8_t)media_random() : (uint8_t) "benign "[i % 7];
        at = end;
    }
    return bytes;
}

void media_write(const char *path, const void *bytes, size_t n)
{
    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

void media_patch(const char *path, size_t at, const void *bytes, size_t n)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
    close(fd);
}

uint8_t *media_read(const char *path, size_t *n)
{
    FILE *const file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    *n = (size_t)ftell(file);
    rewind(file);

    uint8_t *const bytes = malloc(*n + 1);

    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

bool media_run(const char *const *arguments)
{
    posix_spawn_file_actions_t quiet;
    pid_t pid = 0;
    int status = 0;
    char *given[16] = {0};

    for (size_t i = 0; i < 15 && arguments[i] != NULL; i++)
        given[i] = (char *)(uintptr_t)arguments[i];
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);

    const int failed = posix_spawnp(&pid, arguments[0], &quiet, NULL, given, environ);

    posix_spawn_file_actions_destroy(&quiet);
    if (failed != 0)
        return false;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return false;
    assert_int_equal(status, 0);
    return true;
}

cu_status media_open(const char *path, media_source *out, cu_err *err)
{
    media_source opened = {.image = NULL};
    cu_status st = cu_segments_open(path, &opened.segments, err);

    if (st != CU_OK)
        return st;
    *out = opened;
    st = cu_image_open(&out->segments, &out->image, err);
    if (st != CU_OK)
        media_close(out);
    return st;
}

void media_close(media_source *source)
{
    cu_image_close(source->image);
    cu_segments_close(&source->segments);
    source->image = NULL;
}

void media_gap_told(void *context, const cu_image_gap *gap)
{
    media_gaps *const gaps = context;

    if (gaps->count == 0)
        gaps->first = gap->offset;
    else
        assert_true(gap->offset >= gaps->end); /* in order */
    gaps->count++;
    gaps->bytes += gap->bytes;
    gaps->end = gap->offset + gap->bytes;
    memcpy(gaps->why, gap->why, sizeof gaps->why);
}

void media_assert_equal(media_source *source, const uint8_t *expected, size_t n)
{
    uint8_t *const got = malloc(n);
    media_gaps gaps = {0};

    assert_non_null(got);
    assert_int_equal(cu_image_get_facts(source->image)->bytes, n);
    assert_int_equal(cu_image_read_at(source->image,
                                      &(cu_image_piece){0, got, n, media_gap_told, &gaps},
                                      NULL),
                     CU_OK);
    assert_int_equal(gaps.count, 0);
    assert_true(memcmp(got, expected, n) == 0);
    for (int i = 0; i < 400; i++) {
        const size_t at = media_random() % n;
        const size_t most = i % 2 == 0 ? 5000 : 300000;
        const size_t wanted = media_random() % most;
        const size_t part = wanted < n - at ? wanted : n - at;

        assert_int_equal(
            cu_image_read_at(source->image,
                             &(cu_image_piece){at, got, part, media_gap_told, &gaps}, NULL),
            CU_OK);
        assert_true(memcmp(got, expected + at, part) == 0);
    }
    assert_int_equal(gaps.count, 0);
    assert_int_equal(
        cu_image_read_at(source->image, &(cu_image_piece){n, got, 0, NULL, NULL}, NULL), CU_OK);
    assert_int_equal(
        cu_image_read_at(source->image, &(cu_image_piece){n, got, 1, NULL, NULL}, NULL),
        CU_EFORMAT);
    free(got);
}

typedef struct zeroed {
    const uint8_t *bytes;
    uint64_t offset;
    uint64_t end;
} zeroed;

static void assert_zero(void *context, const cu_image_gap *gap)
{
    zeroed *const self = context;

    assert_true(gap->offset >= self->offset && gap->offset + gap->bytes <= self->end);
    assert_true(gap->why[0] != '\0');
    for (uint64_t i = 0; i < gap->bytes; i++)
        assert_int_equal(self->bytes[gap->offset - self->offset + i], 0);
}

void media_assert_readable(cu_image *image, uint64_t most)
{
    enum { piece = 256 << 10 };

    const uint64_t all = cu_image_get_facts(image)->bytes;
    const uint64_t bytes = all < most ? all : most;
    uint8_t *const room = malloc(piece);

    assert_non_null(room);
    for (uint64_t at = 0; at < bytes; at += piece) {
        const uint64_t left = bytes - at;
        const size_t n = left < piece ? (size_t)left : piece;
        zeroed self = {room, at, at + n};

        memset(room, 0xEE, n);
        assert_int_equal(
            cu_image_read_at(image, &(cu_image_piece){at, room, n, assert_zero, &self}, NULL),
            CU_OK);
    }
    free(room);
}
