/* SPDX-License-Identifier: Apache-2.0 */
/* A child that was taken over cannot make the main program believe what cannot be. */
#include "device/device.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { media_bytes = 1 << 20 };

static char folder[] = "/tmp/custos-lies-XXXXXX";

static cu_status open_lie(const char *name, cu_device **out, cu_err *err)
{
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);

    FILE *const file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fputs("x", file) >= 0, 1);
    fclose(file);

    const cu_status st = cu_device_open(&(cu_device_source){.path = path}, out, err);

    assert_int_equal(unlink(path), 0);
    return st;
}

static void lies_of_the_container_are_refused(void **state)
{
    static const struct {
        const char *name;
        cu_status code;
        const char *words;
    } lies[] = {
        {"huge", CU_EFORMAT, "impossible size"},
        {"sector", CU_EFORMAT, "impossible size"},
        {"short", CU_ECHILD, "broke its protocol"},
        {"status", CU_ECHILD, "broke its protocol"},
        {"die", CU_ECHILD, "died"},
        {"words", CU_EFORMAT, "it is broken"},
    };

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(lies); i++) {
        CU_AUTO(cu_device, device);
        cu_err err = {0};

        assert_int_equal(open_lie(lies[i].name, &device, &err), lies[i].code);
        assert_null(device);
        if (strstr(err.text, lies[i].words) == NULL)
            fail_msg("%s: \"%s\"", lies[i].name, err.text);
    }
}

static void texts_without_an_end_are_ended(void **state)
{
    CU_AUTO(cu_device, device);
    CU_AUTO(cu_device, second);

    (void)state;
    assert_int_equal(open_lie("format", &device, NULL), CU_OK);
    assert_true(strlen(cu_device_facts(device)->format) <
                sizeof cu_device_facts(device)->format);
    assert_null(cu_device_remark(device, 0));
    assert_int_equal(open_lie("remark", &second, NULL), CU_OK);
    assert_string_equal(cu_device_remark(second, 0), "no end");
    assert_null(cu_device_remark(second, 1));
}

typedef struct told {
    size_t count;
    uint64_t bytes, first;
    char why[96];
} told;

static void tell(void *context, const cu_image_gap *gap)
{
    told *const self = context;

    if (self->count++ == 0)
        self->first = gap->offset;
    self->bytes += gap->bytes;
    assert_true(memchr(gap->why, '\0', sizeof gap->why) != NULL);
    (void)snprintf(self->why, sizeof self->why, "%s", gap->why);
}

static cu_status read_all(const char *name, told *gaps, cu_err *err)
{
    CU_AUTO(cu_device, device);
    CU_AUTO(cu_device_reader, reader);
    cu_device_memory memory = {.fd = -1};
    cu_status st = CU_OK;

    assert_int_equal(open_lie(name, &device, NULL), CU_OK);
    assert_int_equal(cu_device_memory_make(media_bytes, &memory, NULL), CU_OK);
    assert_int_equal(cu_device_reader_open(device, &memory, &reader, NULL), CU_OK);
    st = cu_device_reader_read(reader, &(cu_device_piece){0, media_bytes, 0, tell, gaps}, err);
    cu_device_reader_close(reader);
    reader = NULL;
    cu_device_memory_free(&memory);
    return st;
}

/* Each is a child that cannot be believed: what it read is told as lost, and nothing else is.
 */
static void lies_of_a_reader_are_gaps(void **state)
{
    static const char *const lies[] = {"gap-before", "gap-past",    "gap-wraps",
                                       "gap-count",  "read-status", "half-answer"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(lies); i++) {
        told gaps = {0};

        assert_int_equal(read_all(lies[i], &gaps, NULL), CU_OK);
        if (gaps.bytes < media_bytes || strstr(gaps.why, "died or hung") == NULL)
            fail_msg("%s: %llu bytes, \"%s\"", lies[i], (unsigned long long)gaps.bytes,
                     gaps.why);
    }
}

static void a_true_gap_is_told_as_it_is(void **state)
{
    told gaps = {0};

    (void)state;
    assert_int_equal(read_all("gap-words", &gaps, NULL), CU_OK);
    assert_int_equal(gaps.count, 1);
    assert_int_equal(gaps.bytes, 1);
}

/* What kills the child costs one piece of 64 KiB, not the window. */
static void a_deadly_place_costs_one_piece(void **state)
{
    told gaps = {0};

    (void)state;
    assert_int_equal(read_all("bad-at-half", &gaps, NULL), CU_OK);
    assert_int_equal(gaps.count, 1);
    assert_int_equal(gaps.first, media_bytes / 2);
    assert_int_equal(gaps.bytes, 64 << 10);
}

static void claims_are_checked(void **state)
{
    static const struct {
        const char *name;
        cu_status code;
    } lies[] = {{"claims", CU_ECHILD},
                {"half-claims", CU_ECHILD},
                {"plain", CU_OK},
                {"detect-fails", CU_OK}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(lies); i++) {
        CU_AUTO(cu_device, device);
        cu_filesystem_claims claims = {.count = 77};

        assert_int_equal(open_lie(lies[i].name, &device, NULL), CU_OK);
        assert_int_equal(cu_device_detect(device, 0, &claims, NULL), lies[i].code);
        if (lies[i].code == CU_OK)
            assert_true(claims.count == 1 && strlen(claims.names[0]) == 15);
        else
            assert_int_equal(claims.count, 77);
    }
}

static cu_status count_entry(void *context, const cu_entry *entry, cu_err *err)
{
    (void)err;
    assert_int_equal(entry->kind, CU_ENTRY_FILE);
    ++*(unsigned *)context;
    return CU_OK;
}

static void a_walk_without_its_end_is_not_whole(void **state)
{
    static const struct {
        const char *name;
        cu_status code;
        unsigned entries;
        const char *words;
    } lies[] = {{"plain", CU_OK, 3, ""},
                {"no-end", CU_ECHILD, 3, "ended early"},
                {"half-frame", CU_ECHILD, 1, "ended early"},
                {"long-frame", CU_EFORMAT, 3, "too long"},
                {"bad-frame", CU_EFORMAT, 3, "broken"}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(lies); i++) {
        CU_AUTO(cu_device, device);
        unsigned count = 0;
        cu_err err = {0};

        assert_int_equal(open_lie(lies[i].name, &device, NULL), CU_OK);
        assert_int_equal(cu_device_walk(device, 0, "x", count_entry, &count, &err),
                         lies[i].code);
        assert_int_equal(count, lies[i].entries);
        assert_non_null(strstr(err.text, lies[i].words));
    }
}

static cu_status count_bytes(void *context, cu_bytes bytes, cu_err *err)
{
    (void)err;
    *(size_t *)context += bytes.n;
    return CU_OK;
}

static void content_is_as_long_as_was_asked(void **state)
{
    static const struct {
        const char *name;
        uint64_t wanted;
        size_t got;
        cu_status code;
    } lies[] = {{"plain", 100, 100, CU_OK},
                {"plain", 60, 60, CU_OK}, /* more is sent, and not taken */
                {"less-content", 100, 40, CU_EFORMAT},
                {"content-fails", 200, 100, CU_EFORMAT}};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(lies); i++) {
        CU_AUTO(cu_device, device);
        size_t n = 0;

        assert_int_equal(open_lie(lies[i].name, &device, NULL), CU_OK);
        assert_int_equal(cu_device_content(device,
                                           &(cu_filesystem_file){0, "x", 5, 0, lies[i].wanted},
                                           count_bytes, &n, NULL),
                         lies[i].code);
        assert_int_equal(n, lies[i].got);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lies_of_the_container_are_refused),
        cmocka_unit_test(texts_without_an_end_are_ended),
        cmocka_unit_test(lies_of_a_reader_are_gaps),
        cmocka_unit_test(a_true_gap_is_told_as_it_is),
        cmocka_unit_test(a_deadly_place_costs_one_piece),
        cmocka_unit_test(claims_are_checked),
        cmocka_unit_test(a_walk_without_its_end_is_not_whole),
        cmocka_unit_test(content_is_as_long_as_was_asked),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
