/* SPDX-License-Identifier: Apache-2.0 */
/* An evidence file keeps what it is given, always as the same bytes, and shows every damage. */
#include "evidence/evidence.h"
#include "support/cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ITEMS = 10, SOURCE_BYTES = 1 << 20 };

static char folder[] = "/tmp/custos-evidence-XXXXXX";
static char names[8][64];

/* A path in the test's own folder, with what was there removed. */
static const char *fresh(unsigned slot, const char *name)
{
    char partial[96];

    (void)snprintf(names[slot], sizeof names[slot], "%s/%s", folder, name);
    (void)snprintf(partial, sizeof partial, "%s.partial", names[slot]);
    (void)unlink(names[slot]);
    (void)unlink(partial);
    return names[slot];
}

static cu_evidence_item make_item(int64_t id, char path[32])
{
    cu_evidence_item item = {
        .id = id,
        .volume = 1,
        .path = path,
        .name = "x.jpg",
        .inode = "64-128-3",
        .state = "allocated",
        .recovery = "allocated",
        .path_certain = true,
        .size = 100,
        .excluded = 10,
        .parent = id - 1,
        .modified_us = -5,
        .accessed_us = INT64_MIN,
        .changed_us = 0,
        .born_us = 7000000,
    };

    (void)snprintf(path, 32, "/p1/\xc3\xa4 %d", (int)id);
    return item;
}

static void add_volume_and_items(cu_evidence_writer *w, bool commits)
{
    const cu_evidence_volume volume = {1,      1,   "/p1", "partition", "0x07",    "N",
                                       "ntfs", 512, 4096,  1024,        "complete"};

    assert_int_equal(cu_evidence_add_volume(w, &volume, NULL), CU_OK);
    for (int64_t id = 1; id <= ITEMS; id++) {
        char path[32];
        const cu_evidence_item item = make_item(id, path);
        const cu_evidence_run run = {id, 0, 0, 100, id % 2 ? (uint64_t)id * 512 : UINT64_MAX};

        assert_int_equal(cu_evidence_add_item(w, &item, NULL), CU_OK);
        assert_int_equal(cu_evidence_add_run(w, &run, NULL), CU_OK);
        if (commits && id % 3 == 0)
            assert_int_equal(cu_evidence_commit(w, NULL), CU_OK);
    }
}

static void add_picture(cu_evidence_writer *w, int64_t id)
{
    cu_evidence_picture picture = {.item = id,
                                   .outcome = id % 3 == 0 ? "not" : "whole",
                                   .reason = id % 3 == 0 ? "memory limit" : NULL,
                                   .format = "jpeg",
                                   .width = 640,
                                   .height = 480,
                                   .frames = 2,
                                   .orientation = 6,
                                   .rows = 480,
                                   .has_pdq = id % 3 != 0,
                                   .has_full = id % 3 == 1,
                                   .quality = 77,
                                   .full_quality = 78,
                                   .taken_us = -5,
                                   .make = "Maker",
                                   .latitude = -515000000,
                                   .longitude = INT32_MIN};
    cu_evidence_look look = {.item = id, .frame = 1, .change = "", .quality = 50};
    const cu_evidence_grouping grouping = {id, id, 1, 1};
    const cu_evidence_finding finding = {id, "", 0, 0, "picture", "not examined: memory limit"};

    for (size_t i = 0; i < sizeof picture.pdq; i++) {
        picture.pdq[i] = (uint8_t)(i + 1);
        picture.full[i] = (uint8_t)(i + 2);
        look.pdq[i] = (uint8_t)(i + 3);
    }
    assert_int_equal(cu_evidence_add_picture(w, &picture, NULL), CU_OK);
    assert_int_equal(cu_evidence_add_look(w, &look, NULL), CU_OK);
    assert_int_equal(cu_evidence_add_grouping(w, &grouping, NULL), CU_OK);
    if (id % 3 == 0)
        assert_int_equal(cu_evidence_add_finding(w, &finding, NULL), CU_OK);
}

static void add_results(cu_evidence_writer *w, int64_t id)
{
    char path[32];
    cu_evidence_item item = make_item(id, path);
    const cu_evidence_finding findings[2] = {{id, path, 60, 15, "unreadable", "a bad sector"},
                                             {id, path, 20, 15, "bad", "b"}};
    const cu_evidence_match match = {id,  NULL, "set", "1", "md5",   "near",
                                     "s", "c",  "r",   3,   "turned"};

    item.read = 60;
    item.type = "image/jpeg";
    assert_int_equal(cu_evidence_set_result(w, &item, NULL), CU_OK);
    assert_int_equal(cu_evidence_add_finding(w, &findings[id % 2], NULL), CU_OK);
    assert_int_equal(cu_evidence_add_finding(w, &findings[1 - id % 2], NULL), CU_OK);
    assert_int_equal(cu_evidence_add_match(w, &match, NULL), CU_OK);
    add_picture(w, id);
}

static void add_source(cu_evidence_writer *w)
{
    cu_evidence_source source = {.path = "a.E01",
                                 .format = "ewf",
                                 .bytes = SOURCE_BYTES,
                                 .sector_bytes = 512,
                                 .has_stored_md5 = true,
                                 .verified = true};
    const cu_evidence_region regions[] = {{4096, SOURCE_BYTES - 4096, CU_CLASS_UNALLOCATED},
                                          {0, 4096, CU_CLASS_ALLOCATED}};

    memset(source.stored_md5, 5, 16);
    memset(source.md5, 5, 16);
    assert_int_equal(cu_evidence_set_source(w, &source, NULL), CU_OK);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(cu_evidence_add_region(w, &regions[i], NULL), CU_OK);
    assert_int_equal(cu_evidence_set_fact(w, "tool", "custos 0.1.0", NULL), CU_OK);
}

static cu_evidence_writer *begin(const char *path, bool resume)
{
    cu_evidence_writer *w = NULL;
    cu_err err = {0};

    if (cu_evidence_begin(path, resume, &w, &err) != CU_OK)
        fail_msg("%s", err.text);
    return w;
}

static void seal(cu_evidence_writer *w, uint8_t digest[32])
{
    cu_err err = {0};

    if (cu_evidence_seal(w, digest, &err) != CU_OK)
        fail_msg("%s", err.text);
}

static void write_simple(const char *path, uint8_t digest[32])
{
    cu_evidence_writer *const w = begin(path, false);

    add_source(w);
    add_volume_and_items(w, false);
    for (int64_t id = 1; id <= ITEMS; id++)
        add_results(w, id);
    seal(w, digest);
}

static cu_buffer load(const char *path)
{
    cu_buffer bytes = {0};
    uint8_t block[4096];
    FILE *const file = fopen(path, "rb");
    size_t got = 0;

    assert_non_null(file);
    while ((got = fread(block, 1, sizeof block, file)) > 0)
        cu_buffer_append(&bytes, block, got);
    (void)fclose(file);
    return bytes;
}

static void store(const char *path, cu_bytes bytes)
{
    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, file), bytes.n);
    assert_int_equal(fclose(file), 0);
}

static cu_status check_item(void *context, const cu_evidence_item *row, cu_err *err)
{
    char path[32];
    const cu_evidence_item want = make_item(++*(int64_t *)context, path);

    (void)err;
    assert_int_equal(row->id, want.id);
    assert_int_equal(row->volume, 1);
    assert_string_equal(row->path, path);
    assert_string_equal(row->name, want.name);
    assert_string_equal(row->inode, want.inode);
    assert_string_equal(row->state, want.state);
    assert_string_equal(row->recovery, want.recovery);
    assert_true(row->path_certain);
    assert_int_equal(row->size, 100);
    assert_int_equal(row->excluded, 10);
    assert_int_equal(row->parent, want.parent);
    assert_true(row->modified_us == -5 && row->accessed_us == INT64_MIN);
    assert_true(row->changed_us == 0 && row->born_us == 7000000);
    assert_false(row->examined);
    assert_int_equal(row->read, 60);
    assert_string_equal(row->type, "image/jpeg");
    return CU_OK;
}

static cu_status check_run(void *context, const cu_evidence_run *row, cu_err *err)
{
    (void)err;
    assert_int_equal(row->item, ++*(int64_t *)context);
    assert_true(row->device_offset == (row->item % 2 ? (uint64_t)row->item * 512 : UINT64_MAX));
    return CU_OK;
}

static cu_status check_finding(void *context, const cu_evidence_finding *row, cu_err *err)
{
    (void)err;
    if (strcmp(row->kind, "picture") == 0) {
        assert_int_equal(row->item % 3, 0);
        return CU_OK;
    }

    const int64_t n = (*(int64_t *)context)++;

    assert_int_equal(row->item, n / 2 + 1);
    assert_int_equal(row->offset, n % 2 ? 60 : 20);
    assert_string_equal(row->text, n % 2 ? "a bad sector" : "b");
    return CU_OK;
}

static cu_status check_match(void *context, const cu_evidence_match *row, cu_err *err)
{
    char path[32];

    (void)err;
    (void)make_item(++*(int64_t *)context, path);
    assert_string_equal(row->path, path);
    assert_string_equal(row->record, "r");
    assert_int_equal(row->distance, 3);
    return CU_OK;
}

static cu_status check_picture(void *context, const cu_evidence_picture *row, cu_err *err)
{
    const int64_t id = ++*(int64_t *)context;

    (void)err;
    assert_int_equal(row->item, id);
    assert_string_equal(row->outcome, id % 3 == 0 ? "not" : "whole");
    assert_string_equal(row->reason, id % 3 == 0 ? "memory limit" : "");
    assert_true(row->width == 640 && row->height == 480 && row->frames == 2);
    assert_true(row->orientation == 6 && row->rows == 480 && row->taken_us == -5);
    assert_int_equal(row->has_pdq, id % 3 != 0);
    assert_int_equal(row->has_full, id % 3 == 1);
    for (size_t i = 0; row->has_full && i < sizeof row->pdq; i++)
        assert_true(row->pdq[i] == (uint8_t)(i + 1) && row->full[i] == (uint8_t)(i + 2));
    assert_int_equal(row->quality, row->has_pdq ? 77 : 0);
    assert_int_equal(row->full_quality, row->has_full ? 78 : 0);
    assert_string_equal(row->make, "Maker");
    assert_string_equal(row->serial, "");
    assert_int_equal(row->latitude, -515000000);
    assert_int_equal(row->longitude, INT32_MIN);
    return CU_OK;
}

static cu_status check_look(void *context, const cu_evidence_look *row, cu_err *err)
{
    (void)err;
    assert_int_equal(row->item, ++*(int64_t *)context);
    assert_true(row->frame == 1 && row->quality == 50 && row->change[0] == '\0');
    assert_true(row->pdq[0] == 3 && row->pdq[255] == 2);
    return CU_OK;
}

static cu_status check_grouping(void *context, const cu_evidence_grouping *row, cu_err *err)
{
    (void)err;
    assert_int_equal(row->item, ++*(int64_t *)context);
    assert_true(row->same_bytes == row->item && row->same_picture == 1 && row->similar == 1);
    return CU_OK;
}

static cu_status stop_at_once(void *context, const cu_evidence_volume *row, cu_err *err)
{
    (void)context;
    assert_string_equal(row->filesystem, "ntfs");
    assert_int_equal(row->block_bytes, 1024);
    return cu_fail(err, CU_ESTOPPED, "enough");
}

static void gives_back_every_field(void **state)
{
    (void)state;
    const char *const path = fresh(0, "fields");
    uint8_t digest[32];
    uint8_t again[32];
    cu_evidence *e = NULL;
    cu_evidence_source source;
    cu_evidence_totals totals;
    int64_t n[7] = {0};

    write_simple(path, digest);
    assert_int_equal(cu_evidence_open(path, &e, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_item(e, check_item, &n[0], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_run(e, check_run, &n[1], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_finding(e, check_finding, &n[2], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_match(e, check_match, &n[3], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_picture(e, check_picture, &n[4], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_look(e, check_look, &n[5], NULL), CU_OK);
    assert_int_equal(cu_evidence_each_grouping(e, check_grouping, &n[6], NULL), CU_OK);
    assert_true(n[4] == ITEMS && n[5] == ITEMS && n[6] == ITEMS);
    assert_int_equal(cu_evidence_each_volume(e, stop_at_once, NULL, NULL), CU_ESTOPPED);
    assert_true(n[0] == ITEMS && n[1] == ITEMS && n[2] == 2 * ITEMS && n[3] == ITEMS);
    assert_int_equal(cu_evidence_get_source(e, &source, NULL), CU_OK);
    assert_string_equal(source.path, "a.E01");
    assert_null(source.exhibit);
    assert_true(source.has_stored_md5 && !source.has_sha256 && source.md5[15] == 5);
    assert_int_equal(cu_evidence_count(e, &totals, NULL), CU_OK);
    assert_int_equal(totals.allocated, ITEMS);
    assert_int_equal(totals.near, ITEMS);
    assert_int_equal(totals.total, SOURCE_BYTES);
    assert_memory_equal(totals.seal, digest, 32);
    cu_evidence_close(e);
    assert_int_equal(cu_evidence_verify(path, again, NULL), CU_OK);
    assert_memory_equal(again, digest, 32);
}

static void writes_the_same_bytes_whatever_the_history(void **state)
{
    (void)state;
    uint8_t a[32];
    uint8_t b[32];
    const char *const one = fresh(0, "one");
    const char *const two = fresh(1, "two");

    write_simple(one, a);

    cu_evidence_writer *w = begin(two, false);

    add_volume_and_items(w, true);
    assert_int_equal(cu_evidence_put_state(w, "at", (cu_bytes){(const uint8_t *)"x", 1}, NULL),
                     CU_OK);
    assert_int_equal(cu_evidence_clear(w, NULL), CU_OK);
    add_volume_and_items(w, true);
    for (int64_t id = ITEMS; id > ITEMS / 2; id--)
        add_results(w, id);
    assert_int_equal(cu_evidence_commit(w, NULL), CU_OK);
    add_results(w, 1); /* not committed: undone by the cut */
    cu_evidence_abandon(w);
    w = begin(two, true);
    for (int64_t id = ITEMS / 2; id > 0; id--)
        add_results(w, id);
    add_source(w);
    seal(w, b);
    assert_memory_equal(a, b, 32);

    cu_buffer first = load(one);
    cu_buffer second = load(two);

    assert_true(cu_bytes_equal(cu_buffer_view(&first), cu_buffer_view(&second)));
    cu_buffer_free(&first);
    cu_buffer_free(&second);
}

static void verify_finds_every_flipped_bit(void **state)
{
    (void)state;
    const char *const path = fresh(0, "flip");
    uint8_t digest[32];
    unsigned seed = 7;

    write_simple(path, digest);

    cu_buffer bytes = load(path);

    const int fd = open(path, O_RDWR);

    /* Every byte would take 15 s (done by hand): all of the seal, and every third before it. */
    for (size_t at = 0; at < bytes.n; at += at < bytes.n - 200 ? 3 : 1) {
        const uint8_t flipped = (uint8_t)(bytes.p[at] ^ 1U << (rand_r(&seed) % 8));
        cu_err err = {0};
        unsigned long long from = 0;
        unsigned long long to = 0;

        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        assert_int_equal(cu_evidence_verify(path, digest, &err), CU_EFORMAT);

        const char *const words = strstr(err.text, "bytes ");

        if (words == NULL || sscanf(words, "bytes %llu to %llu", &from, &to) != 2 ||
            at < from || at > to)
            fail_msg("byte %zu: %s", at, err.text);
        assert_int_equal(pwrite(fd, bytes.p + at, 1, (off_t)at), 1);
    }
    (void)close(fd);
    cu_buffer_free(&bytes);
}

static void verify_finds_every_truncation_and_addition(void **state)
{
    (void)state;
    const char *const path = fresh(0, "cut");
    uint8_t digest[32];

    write_simple(path, digest);

    cu_buffer bytes = load(path);

    for (size_t n = 0; n < bytes.n; n += 97) {
        cu_evidence *e = NULL;

        store(path, cu_bytes_slice(cu_buffer_view(&bytes), 0, n));
        assert_int_equal(cu_evidence_verify(path, digest, NULL), CU_EFORMAT);
        assert_int_equal(cu_evidence_open(path, &e, NULL), CU_EFORMAT);
    }
    cu_buffer_u8(&bytes, 0);
    store(path, cu_buffer_view(&bytes));
    assert_int_equal(cu_evidence_verify(path, digest, NULL), CU_EFORMAT);
    cu_buffer_free(&bytes);
}

static cu_status count_item(void *context, const cu_evidence_item *row, cu_err *err)
{
    (void)row;
    (void)err;
    ++*(int64_t *)context;
    return CU_OK;
}

/* Adds items for ever; after each commit says over the pipe how many are safe. */
static void write_until_killed(const char *path, int pipe_end)
{
    cu_evidence_writer *w = NULL;

    if (cu_evidence_begin(path, false, &w, NULL) != CU_OK)
        _exit(1);
    for (int64_t id = 1;; id++) {
        char text[32];
        const cu_evidence_item item = make_item(id, text);

        if (cu_evidence_add_item(w, &item, NULL) != CU_OK)
            _exit(2);
        if (id % 50 != 0)
            continue;
        if (cu_evidence_commit(w, NULL) != CU_OK ||
            write(pipe_end, &id, sizeof id) != sizeof id)
            _exit(3);
    }
}

static void keeps_what_was_committed_when_killed(void **state)
{
    (void)state;
    unsigned seed = 11;

    for (int round = 0; round < 10; round++) {
        const char *const path = fresh(0, "killed");
        int ends[2];
        int64_t safe = 0;
        int64_t next = 0;
        int64_t kept = 0;
        cu_evidence *e = NULL;

        assert_int_equal(pipe(ends), 0);

        const pid_t child = fork();

        if (child == 0)
            write_until_killed(path, ends[1]);
        (void)close(ends[1]);
        assert_int_equal(read(ends[0], &safe, sizeof safe), sizeof safe);
        (void)usleep((unsigned)rand_r(&seed) % 30000);
        assert_int_equal(kill(child, SIGKILL), 0);
        (void)waitpid(child, NULL, 0);
        while (read(ends[0], &next, sizeof next) == sizeof next)
            safe = next;
        (void)close(ends[0]);

        cu_evidence_writer *const w = begin(path, true);

        assert_int_equal(cu_evidence_peek(w, &e, NULL), CU_OK);
        assert_int_equal(cu_evidence_each_item(e, count_item, &kept, NULL), CU_OK);
        assert_true(kept == safe || kept == safe + 50); /* cut between commit and message */
        cu_evidence_close(e);
        cu_evidence_abandon(w);
    }
}

static void refuses_to_seal_wrong_sums(void **state)
{
    (void)state;
    const cu_evidence_source source = {.path = "a", .format = "raw", .bytes = 10};
    static const cu_evidence_region regions[][2] = {
        {{0, 4, CU_CLASS_SLACK}, {5, 5, CU_CLASS_SLACK}},
        {{0, 6, CU_CLASS_SLACK}, {5, 5, CU_CLASS_SLACK}},
        {{0, 4, CU_CLASS_SLACK}, {4, 5, CU_CLASS_SLACK}},
        {{0, 4, CU_CLASS_SLACK}, {4, 6, CU_CLASS_SLACK}},
    };

    for (unsigned i = 0; i < 5; i++) {
        const char *const path = fresh(0, "sums");
        cu_evidence_writer *const w = begin(path, false);
        uint8_t digest[32];
        cu_err err = {0};
        cu_evidence_item item = {.id = 1, .path = "/a", .size = 9, .excluded = i == 3 ? 8 : 9};

        assert_int_equal(cu_evidence_set_source(w, &source, NULL), CU_OK);
        for (unsigned r = 0; r < 2; r++)
            assert_int_equal(cu_evidence_add_region(w, &regions[i < 4 ? i : 3][r], NULL),
                             CU_OK);
        assert_int_equal(cu_evidence_add_item(w, &item, NULL), CU_OK);
        item.id = 2;
        if (i == 4)
            assert_int_equal(cu_evidence_add_item(w, &item, NULL), CU_OK);
        assert_int_equal(cu_evidence_seal(w, digest, &err), CU_EFORMAT);
        assert_int_equal(access(path, F_OK), -1);
        cu_evidence_abandon(begin(path, true)); /* the partial file is still there */
    }
}

static void refuses_a_picture_that_is_missing_without_a_word(void **state)
{
    (void)state;
    static const char *const outcomes[] = {"not", "partly", "other", "whole"};

    for (unsigned i = 0; i < 4; i++) {
        const char *const path = fresh(0, "sums");
        cu_evidence_writer *const w = begin(path, false);
        const cu_evidence_item item = {.id = 1, .path = "/a"};
        const cu_evidence_picture picture = {
            .item = 1, .outcome = outcomes[i], .has_pdq = i == 1};
        const cu_evidence_look look = {.item = 2};
        uint8_t digest[32];

        add_source(w);
        assert_int_equal(cu_evidence_add_item(w, &item, NULL), CU_OK);
        assert_int_equal(cu_evidence_add_picture(w, &picture, NULL), CU_OK);
        if (i == 3)
            assert_int_equal(cu_evidence_add_look(w, &look, NULL), CU_OK);
        assert_int_equal(cu_evidence_seal(w, digest, NULL), CU_EFORMAT);
        assert_int_equal(access(path, F_OK), -1);
    }
}

static void never_replaces_a_file(void **state)
{
    (void)state;
    const char *const path = fresh(0, "there");
    cu_evidence_writer *w = begin(path, false);
    cu_evidence_writer *other = NULL;
    uint8_t digest[32];

    assert_int_equal(cu_evidence_begin(path, false, &other, NULL), CU_EEXISTS);
    add_source(w);
    store(path, (cu_bytes){(const uint8_t *)"mine", 4});
    assert_int_equal(cu_evidence_seal(w, digest, NULL), CU_EEXISTS);
    assert_int_equal(cu_evidence_begin(path, true, &other, NULL), CU_EEXISTS);

    cu_buffer bytes = load(path);

    assert_true(cu_bytes_equal(cu_buffer_view(&bytes), (cu_bytes){(const uint8_t *)"mine", 4}));
    cu_buffer_free(&bytes);
    assert_int_equal(unlink(path), 0);
    w = begin(path, true);
    seal(w, digest);
    assert_int_equal(cu_evidence_begin(fresh(1, "none"), true, &other, NULL), CU_ENOTFOUND);
}

static void limit_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, RLIM_INFINITY};

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void keeps_the_partial_file_when_there_is_no_room(void **state)
{
    (void)state;
    const char *const path = fresh(0, "full");
    cu_evidence_writer *w = begin(path, false);
    cu_err err = {0};
    uint8_t digest[32];

    (void)signal(SIGXFSZ, SIG_IGN);
    add_source(w);
    add_volume_and_items(w, false);
    for (int64_t id = 1; id <= ITEMS; id++)
        add_results(w, id);
    assert_int_equal(cu_evidence_commit(w, NULL), CU_OK);
    limit_files(20000);
    assert_int_equal(cu_evidence_seal(w, digest, &err), CU_EIO);
    if (err.os_errno != EFBIG && err.os_errno != ENOSPC)
        fail_msg("errno %d: %s", err.os_errno, err.text);
    limit_files(RLIM_INFINITY);
    w = begin(path, true);
    seal(w, digest);
    assert_int_equal(cu_evidence_verify(path, digest, NULL), CU_OK);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    static const char *const files[] = {"fields", "one",  "two",   "flip", "cut",
                                        "killed", "sums", "there", "none", "full"};
    static const char *const ends[] = {"", ".partial", ".partial-wal"};

    (void)state;
    for (unsigned i = 0; i < 10; i++) {
        for (unsigned k = 0; k < 3; k++) {
            char path[96];

            (void)snprintf(path, sizeof path, "%s/%s%s", folder, files[i], ends[k]);
            (void)unlink(path);
        }
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_every_field),
        cmocka_unit_test(writes_the_same_bytes_whatever_the_history),
        cmocka_unit_test(verify_finds_every_flipped_bit),
        cmocka_unit_test(verify_finds_every_truncation_and_addition),
        cmocka_unit_test(keeps_what_was_committed_when_killed),
        cmocka_unit_test(refuses_to_seal_wrong_sums),
        cmocka_unit_test(refuses_a_picture_that_is_missing_without_a_word),
        cmocka_unit_test(never_replaces_a_file),
        cmocka_unit_test(keeps_the_partial_file_when_there_is_no_room),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
