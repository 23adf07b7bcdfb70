/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sweep against contents put together byte by byte: any layout of extents, with holes,
 * overlaps, turns back and aliases, over many windows, with any number of workers, whole and
 * taken up in the middle.
 */
#include "scan/sweep.h"
#include "support/cmocka.h"

#include "scan/stream.h"
#include "scan/window.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    windows = 9,
    device_bytes = windows * cu_window_bytes - 12345,
    contents = 400,
    extents_max = 6,
};

static char folder[] = "/tmp/custos-sweep-XXXXXX";
static uint8_t *device_memory;
static uint64_t seed;

/* Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", figure 17. */
static uint64_t any(void)
{
    uint64_t z = seed += 0x9E3779B97F4A7C15;

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static uint64_t below(uint64_t limit)
{
    return any() % limit;
}

static const char *path_of(const char *name)
{
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_device(void **state)
{
    (void)state;
    device_memory = malloc(device_bytes);
    if (mkdtemp(folder) == NULL || device_memory == NULL)
        return -1;
    seed = 1;
    for (size_t i = 0; i + 8 <= device_bytes; i += 8) {
        const uint64_t x = any();

        memcpy(device_memory + i, &x, 8);
    }

    FILE *const out = fopen(path_of("device.raw"), "wb");

    return out == NULL || fwrite(device_memory, 1, device_bytes, out) != device_bytes ||
                   fclose(out) != 0
               ? -1
               : 0;
}

static int remove_device(void **state)
{
    (void)state;
    free(device_memory);
    return unlink(path_of("device.raw")) | rmdir(folder);
}

/* ---- one plan ---- */

typedef struct wanted {
    cu_plan plan;
    cu_digests digests[contents + 1]; /* by item; items are numbered from 1 */
    uint64_t sizes[contents + 1];
    bool lost[contents + 1];
    int64_t alias_of[contents + 1]; /* item of the content it shares; 0: its own */
} wanted;

static uint64_t extent_size(void)
{
    switch (below(40)) {
    case 0:
        return 1 + below((uint64_t)2 * cu_window_bytes + 5);
    case 1:
    case 2:
        return 512 * (1 + below(2000));
    default:
        return 1 + below(30000);
    }
}

/* Extents that mostly rise; now and then one that turns back. Bytes of the content into out. */
static uint64_t add_extents(cu_plan *plan, uint8_t *out, uint64_t room)
{
    const uint64_t count = below(20) == 0 ? 0 : 1 + below(extents_max);
    uint64_t file_offset = 0;
    uint64_t at = below(device_bytes);

    for (uint64_t i = 0; i < count; i++) {
        uint64_t bytes = extent_size();

        if (below(3) == 0)
            file_offset += below(70000);
        if (below(12) == 0 || at >= device_bytes)
            at = below(device_bytes);
        if (bytes > device_bytes - at)
            bytes = device_bytes - at;
        if (file_offset + bytes > room)
            break;
        assert_int_equal(cu_plan_add_extent(plan, file_offset, bytes, at, NULL), CU_OK);
        memcpy(out + file_offset, device_memory + at, bytes);
        file_offset += bytes;
        at += bytes + (below(3) == 0 ? below(100000) : 0);
    }
    return file_offset + (below(4) == 0 ? 1 + below(5000) : 0);
}

static void digest_by_evp(const uint8_t *bytes, uint64_t n, cu_digests *out)
{
    assert_true(EVP_Digest(bytes, n, out->md5, NULL, EVP_md5(), NULL));
    assert_true(EVP_Digest(bytes, n, out->sha1, NULL, EVP_sha1(), NULL));
    assert_true(EVP_Digest(bytes, n, out->sha256, NULL, EVP_sha256(), NULL));
}

static void make_plan(wanted *self, uint64_t plan_seed)
{
    const uint64_t room = (uint64_t)extents_max * (2 * cu_window_bytes + 100000);
    uint8_t *const bytes = malloc(room);

    assert_non_null(bytes);
    *self = (wanted){.plan = {.device_bytes = device_bytes}};
    seed = plan_seed;
    for (int64_t item = 1; item <= contents; item++) {
        if (self->plan.content_count > 0 && below(30) == 0) {
            const uint32_t shared = (uint32_t)below(self->plan.content_count);
            const int64_t first = self->plan.contents[shared].item;

            assert_int_equal(cu_plan_alias(&self->plan, shared, item, NULL), CU_OK);
            self->digests[item] = self->digests[first];
            self->sizes[item] = self->sizes[first];
            self->lost[item] = self->lost[first];
            continue;
        }

        const cu_content content = {.item = item,
                                    .flags = below(25) == 0 ? CU_CONTENT_LOST : 0};

        memset(bytes, 0, room);
        assert_int_equal(cu_plan_add_content(&self->plan, &content, NULL), CU_OK);
        self->sizes[item] = add_extents(&self->plan, bytes, room - 5000);
        self->lost[item] = content.flags != 0;
        self->plan.contents[self->plan.content_count - 1].size = self->sizes[item];
        digest_by_evp(bytes, self->sizes[item], &self->digests[item]);
    }
    free(bytes);
    assert_int_equal(cu_plan_arrange(&self->plan, NULL), CU_OK);
}

/* ---- one sweep ---- */

static cu_evidence_writer *begin(const wanted *self)
{
    cu_evidence_writer *evidence = NULL;

    assert_int_equal(cu_evidence_begin(path_of("out.custos"), false, &evidence, NULL), CU_OK);
    for (int64_t item = 1; item <= contents; item++) {
        char path[32];

        (void)snprintf(path, sizeof path, "/p1/%d", (int)item);

        const cu_evidence_item row = {.id = item,
                                      .path = path,
                                      .name = path + 4,
                                      .inode = "0",
                                      .state = "allocated",
                                      .recovery = "allocated",
                                      .path_certain = true,
                                      .size = self->sizes[item],
                                      .modified_us = INT64_MIN,
                                      .accessed_us = INT64_MIN,
                                      .changed_us = INT64_MIN,
                                      .born_us = INT64_MIN};

        assert_int_equal(cu_evidence_add_item(evidence, &row, NULL), CU_OK);
    }
    return evidence;
}

static cu_status check_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    const wanted *const self = context;

    (void)err;
    assert_true(item->id >= 1 && item->id <= contents);
    assert_int_equal(item->size, self->sizes[item->id]);
    if (self->lost[item->id]) {
        /* Its bytes were read for their type; what is missing has no digest. */
        assert_true(item->read <= item->size);
        return CU_OK;
    }
    assert_true(item->examined);
    assert_int_equal(item->read, item->size);
    assert_memory_equal(item->digests.md5, self->digests[item->id].md5, 16);
    assert_memory_equal(item->digests.sha1, self->digests[item->id].sha1, 20);
    assert_memory_equal(item->digests.sha256, self->digests[item->id].sha256, 32);
    return CU_OK;
}

static void check(wanted *self, cu_evidence_writer *evidence, const cu_digest_stream *whole)
{
    cu_evidence *view = NULL;
    cu_evidence_totals totals;
    cu_digests digests;
    cu_digests expected;

    assert_int_equal(cu_evidence_peek(evidence, &view, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_item(view, check_item, self, NULL), CU_OK);
    assert_int_equal(cu_evidence_count(view, &totals, NULL), CU_OK);
    assert_int_equal(totals.findings, 0);
    cu_evidence_close(view);
    cu_digest_final(whole, &digests);
    digest_by_evp(device_memory, device_bytes, &expected);
    assert_memory_equal(digests.sha256, expected.sha256, 32);
    for (size_t i = 0; i < self->plan.content_count; i++)
        assert_int_equal(self->plan.contents[i].flags & CU_CONTENT_DONE, CU_CONTENT_DONE);
}

typedef struct stopping {
    unsigned left; /* calls until it asks to stop */
    cu_progress *progress;
} stopping;

static bool stop_soon(void *context, const char *stage, uint64_t done, uint64_t total)
{
    stopping *const self = context;

    (void)stage;
    assert_true(done <= total + cu_window_bytes);
    self->progress->last_us = 0; /* call at every window */
    return self->left > 0 && --self->left > 0;
}

static void sweep_once(uint64_t plan_seed, unsigned workers, unsigned stop_after)
{
    static wanted self;
    cu_device *device = NULL;
    cu_digest_stream whole;
    stopping soon = {.left = stop_after};
    cu_progress progress = {.tell = stop_soon, .context = &soon};
    cu_sweep_options options = {.plan = &self.plan, .workers = workers, .whole = &whole};

    make_plan(&self, plan_seed);
    cu_digest_init(&whole, CU_DIGEST_SHA256);
    assert_int_equal(
        cu_device_open(&(cu_device_source){.path = path_of("device.raw")}, &device, NULL),
        CU_OK);
    options.device = device;
    options.evidence = begin(&self);
    if (stop_after > 0) {
        cu_buffer state = {0};

        soon.progress = &progress;
        options.progress = &progress;
        assert_int_equal(cu_sweep_run(&options, NULL), CU_ESTOPPED);
        options.progress = NULL;
        assert_int_equal(cu_evidence_get_state(options.evidence, CU_SWEEP_STATE, &state, NULL),
                         CU_OK);

        cu_cursor c = cu_cursor_over(cu_buffer_view(&state));

        options.from = cu_cursor_u64le(&c);
        memcpy(&whole, cu_cursor_take(&c, sizeof whole).p, sizeof whole);
        cu_buffer_free(&state);
    }
    assert_int_equal(cu_sweep_run(&options, NULL), CU_OK);
    assert_int_equal(cu_sweep_rest(&options, NULL), CU_OK);
    check(&self, options.evidence, &whole);
    cu_evidence_abandon(options.evidence);
    cu_device_close(device);
    cu_plan_free(&self.plan);
    assert_int_equal(unlink(path_of("out.custos.partial")), 0);
}

static void digests_every_content_with_any_number_of_workers(void **state)
{
    static const unsigned workers[] = {1, 2, 3, 8};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(workers); i++)
        sweep_once(100 + i, workers[i], 0);
}

static void goes_on_where_it_was_stopped(void **state)
{
    (void)state;
    sweep_once(200, 2, 1);
    sweep_once(201, 1, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_every_content_with_any_number_of_workers),
        cmocka_unit_test(goes_on_where_it_was_stopped),
    };

    return cmocka_run_group_tests(tests, make_device, remove_device);
}
