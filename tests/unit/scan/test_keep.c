/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes of pictures that are kept while they go by, and how many of them. */
#include "scan/stream.h"
#include "support/cmocka.h"

#include <stdlib.h>
#include <string.h>

enum { mebibyte = 1 << 20 };

static void keeps_what_is_put_and_zeros_between(void **state)
{
    cu_keep keep;
    cu_kept kept;

    (void)state;
    cu_keep_init(&keep);
    cu_keep_begin(&keep, 10, &kept);
    assert_true(cu_kept_is_held(&kept));
    cu_kept_put(&kept, 2, (cu_bytes){(const uint8_t *)"ab", 2});
    cu_kept_put(&kept, 8, (cu_bytes){(const uint8_t *)"cdef", 4}); /* past its end */
    cu_kept_put(&kept, 10, (cu_bytes){(const uint8_t *)"g", 1});
    assert_memory_equal(kept.p, "\0\0ab\0\0\0\0cd", 10);
    cu_kept_drop(&kept);
    assert_false(cu_kept_is_held(&kept));
    cu_kept_put(&kept, 0, (cu_bytes){(const uint8_t *)"h", 1});
    cu_kept_drop(&kept);
    cu_keep_fini(&keep);
}

static void keeps_no_more_than_its_ceilings(void **state)
{
    enum { files = 8 };

    cu_keep keep;
    cu_kept kept[files];

    (void)state;
    cu_keep_init(&keep);
    cu_keep_begin(&keep, CU_KEEP_FILE_MAX + 1, &kept[0]);
    assert_false(cu_kept_is_held(&kept[0]));
    cu_keep_begin(&keep, 0, &kept[0]);
    assert_false(cu_kept_is_held(&kept[0]));
    for (size_t i = 0; i < files; i++) {
        assert_int_equal(cu_keep_is_half(&keep), i >= 2);
        cu_keep_begin(&keep, CU_KEEP_FILE_MAX, &kept[i]);
        assert_int_equal(cu_kept_is_held(&kept[i]), i < 4);
    }
    cu_kept_drop(&kept[1]);
    cu_keep_begin(&keep, CU_KEEP_FILE_MAX, &kept[7]);
    assert_true(cu_kept_is_held(&kept[7]));
    for (size_t i = 0; i < files; i++)
        cu_kept_drop(&kept[i]);
    assert_int_equal(keep.bytes, 0);
    cu_keep_fini(&keep);
}

/* A file of the size whose bytes come in parts, its first bytes those of head. */
static void feed(cu_stream *stream, const uint8_t *file, size_t n, size_t part)
{
    for (size_t at = 0; at < n; at += part) {
        const size_t bytes = n - at < part ? n - at : part;

        assert_true(cu_stream_sniff(stream, (cu_bytes){file + at, bytes}));
        stream->fed += bytes;
        stream->read += bytes;
    }
}

static void a_stream_keeps_a_picture_and_nothing_else(void **state)
{
    static const uint8_t jpeg[] = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1};
    static const size_t parts[] = {1, 512, 4096, 5000, mebibyte};

    enum { size = 20000 };

    cu_content content = {.item = 1, .size = size};
    cu_plan plan = {.contents = &content, .content_count = 1};
    uint8_t file[size];
    cu_keep keep;

    (void)state;
    cu_keep_init(&keep);
    for (size_t i = 0; i < CU_COUNT_OF(parts); i++) {
        for (unsigned kind = 0; kind < 3; kind++) {
            cu_stream *const stream = cu_stream_new(&plan, &content);

            assert_non_null(stream);
            for (size_t k = 0; k < size; k++)
                file[k] = (uint8_t)(k * 31 + kind);
            if (kind > 0)
                memcpy(file, jpeg, sizeof jpeg);
            content.flags = kind == 2 ? CU_CONTENT_LOST : 0;
            stream->keep = &keep;
            feed(stream, file, size, parts[i]);
            assert_int_equal(cu_kept_is_held(&stream->kept), kind == 1);
            if (kind == 1)
                assert_memory_equal(stream->kept.p, file, size);
            cu_stream_free(stream);
            assert_int_equal(keep.bytes, 0);
        }
    }
    cu_keep_fini(&keep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_is_put_and_zeros_between),
        cmocka_unit_test(keeps_no_more_than_its_ceilings),
        cmocka_unit_test(a_stream_keeps_a_picture_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
