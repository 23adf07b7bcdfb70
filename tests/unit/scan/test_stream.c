/* SPDX-License-Identifier: Apache-2.0 */
/* One content while its bytes come in: holes, first bytes, what was missing, what is written.
 */
#include "scan/stream.h"
#include "support/cmocka.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/custos-stream-XXXXXX";

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

/* A plan of one content with the given size and one extent of stored bytes at its beginning. */
static void make_plan(cu_plan *plan, uint64_t size, uint64_t stored, uint32_t flags)
{
    const cu_content content = {.item = 1, .size = size, .flags = flags};

    *plan = (cu_plan){.device_bytes = 1 << 20};
    assert_int_equal(cu_plan_add_content(plan, &content, NULL), CU_OK);
    if (stored > 0)
        assert_int_equal(cu_plan_add_extent(plan, 0, stored, 4096, NULL), CU_OK);
}

static void feed(cu_stream *stream, cu_bytes bytes)
{
    assert_true(cu_stream_sniff(stream, bytes));
    cu_digest_update(&stream->digest, bytes);
    stream->fed += bytes.n;
    stream->read += bytes.n;
}

static void a_hole_is_zeros(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 63, 64, 65536, 65537, 200001};

    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        uint8_t *const zeros = calloc(1, sizes[i] + 1);
        uint8_t expected[32];
        cu_digests digests;
        cu_plan plan;

        assert_non_null(zeros);
        make_plan(&plan, sizes[i], 0, 0);

        cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

        assert_non_null(stream);
        assert_int_equal(stream->stored_left, 0);
        cu_stream_skip_to(stream, sizes[i] / 3); /* in two steps */
        cu_stream_skip_to(stream, sizes[i]);
        cu_stream_skip_to(stream, sizes[i] / 2); /* never back */
        assert_int_equal(stream->fed, sizes[i]);
        assert_int_equal(stream->read, sizes[i]);
        cu_digest_final(&stream->digest, &digests);
        assert_true(EVP_Digest(zeros, sizes[i], expected, NULL, EVP_sha256(), NULL));
        assert_memory_equal(digests.sha256, expected, 32);
        cu_stream_free(stream);
        cu_plan_free(&plan);
        free(zeros);
    }
}

static void knows_the_type_however_the_head_is_cut(void **state)
{
    (void)state;
    static const char text[] = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";
    uint8_t *const bytes = calloc(1, cu_filetype_head_bytes + 100);

    assert_non_null(bytes);
    memcpy(bytes, text, sizeof text);
    for (size_t step = 1; step < cu_filetype_head_bytes + 100; step = step * 3 + 1) {
        cu_plan plan;

        make_plan(&plan, cu_filetype_head_bytes + 100, cu_filetype_head_bytes + 100, 0);

        cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

        assert_non_null(stream);
        for (size_t at = 0; at < cu_filetype_head_bytes + 100; at += step) {
            const size_t left = cu_filetype_head_bytes + 100 - at;

            assert_int_equal(stream->typed, at >= cu_filetype_head_bytes);
            assert_true(
                cu_stream_sniff(stream, (cu_bytes){bytes + at, left < step ? left : step}));
        }
        assert_true(stream->typed);
        assert_string_equal(stream->type, "application/pdf");
        cu_stream_free(stream);
        cu_plan_free(&plan);
    }
    free(bytes);
}

static void joins_what_is_missing_where_it_touches(void **state)
{
    (void)state;
    cu_plan plan;

    make_plan(&plan, 10000, 10000, 0);

    cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

    assert_non_null(stream);
    assert_int_equal(stream->stored_left, 10000);
    assert_true(cu_stream_miss(stream, 512, 512, "sector"));
    assert_true(cu_stream_miss(stream, 1024, 512, "sector"));
    assert_int_equal(stream->missing_n, 1);
    assert_int_equal(stream->missing[0].bytes, 1024);
    assert_true(cu_stream_miss(stream, 1536, 512, "another reason"));
    assert_true(cu_stream_miss(stream, 4096, 512, "another reason"));
    assert_int_equal(stream->missing_n, 3);
    assert_int_equal(stream->missing[2].file_offset, 4096);
    cu_stream_free(stream);
    cu_plan_free(&plan);
}

/* ---- what is written ---- */

typedef struct seen {
    unsigned items, examined, findings;
    uint64_t read, missing;
    uint8_t sha256[32];
} seen;

static cu_status see_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    seen *const self = context;

    (void)err;
    self->items++;
    self->examined += item->examined;
    self->read += item->read;
    if (item->examined)
        memcpy(self->sha256, item->digests.sha256, 32);
    return CU_OK;
}

static cu_status see_finding(void *context, const cu_evidence_finding *finding, cu_err *err)
{
    seen *const self = context;

    (void)err;
    assert_string_equal(finding->kind, "unreadable");
    self->findings++;
    self->missing += finding->bytes;
    return CU_OK;
}

/* Finishes stream, whose content items 1 and 2 share, and looks at what the evidence has. */
static seen finish(cu_stream *stream, cu_plan *plan)
{
    cu_evidence_writer *evidence = NULL;
    cu_evidence *view = NULL;
    char path[256];
    seen out = {.items = 0};

    (void)snprintf(path, sizeof path, "%s/out.custos", folder);
    assert_int_equal(cu_evidence_begin(path, false, &evidence, NULL), CU_OK);
    for (int64_t id = 1; id <= 2; id++) {
        const cu_evidence_item row = {.id = id,
                                      .path = id == 1 ? "/p1/a" : "/p1/b",
                                      .name = "a",
                                      .inode = "1",
                                      .state = "allocated",
                                      .recovery = "allocated",
                                      .size = stream->content->size};

        assert_int_equal(cu_evidence_add_item(evidence, &row, NULL), CU_OK);
    }
    assert_int_equal(cu_plan_alias(plan, 0, 2, NULL), CU_OK);
    assert_int_equal(cu_plan_arrange(plan, NULL), CU_OK);
    assert_int_equal(cu_stream_finish(stream, plan, evidence, NULL), CU_OK);
    assert_int_equal(plan->contents[0].flags & CU_CONTENT_DONE, CU_CONTENT_DONE);
    assert_int_equal(cu_evidence_peek(evidence, &view, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_item(view, see_item, &out, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_finding(view, see_finding, &out, NULL), CU_OK);
    cu_evidence_close(view);
    cu_evidence_abandon(evidence);
    (void)snprintf(path, sizeof path, "%s/out.custos.partial", folder);
    assert_int_equal(unlink(path), 0);
    return out;
}

static void a_whole_content_is_told_at_each_of_its_places(void **state)
{
    (void)state;
    uint8_t bytes[5000] = {0};
    uint8_t expected[32];
    cu_plan plan;

    memset(bytes, 'x', 3000); /* then a hole to the end */
    make_plan(&plan, sizeof bytes, 3000, 0);

    cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

    assert_non_null(stream);
    feed(stream, (cu_bytes){bytes, 3000});

    const seen out = finish(stream, &plan);

    assert_int_equal(out.items, 2);
    assert_int_equal(out.examined, 2);
    assert_int_equal(out.read, 2 * sizeof bytes);
    assert_int_equal(out.findings, 0);
    assert_true(EVP_Digest(bytes, sizeof bytes, expected, NULL, EVP_sha256(), NULL));
    assert_memory_equal(out.sha256, expected, 32);
    cu_stream_free(stream);
    cu_plan_free(&plan);
}

static void a_content_with_a_gap_has_no_digest_and_says_what_is_missing(void **state)
{
    (void)state;
    const uint8_t bytes[3000] = {0};
    cu_plan plan;

    make_plan(&plan, sizeof bytes, sizeof bytes, 0);

    cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

    assert_non_null(stream);
    assert_true(cu_stream_miss(stream, 1024, 512, "sector"));
    feed(stream, (cu_bytes){bytes, sizeof bytes});

    const seen out = finish(stream, &plan);

    assert_int_equal(out.items, 2);
    assert_int_equal(out.examined, 0);
    assert_int_equal(out.findings, 2); /* one for each name */
    assert_int_equal(out.missing, 2 * 512);
    assert_int_equal(out.read + out.missing, 2 * sizeof bytes);
    cu_stream_free(stream);
    cu_plan_free(&plan);
}

static void a_content_of_which_some_is_lost_has_no_digest(void **state)
{
    (void)state;
    const uint8_t bytes[1000] = {0};
    cu_plan plan;

    make_plan(&plan, 3000, sizeof bytes, CU_CONTENT_LOST);

    cu_stream *const stream = cu_stream_new(&plan, &plan.contents[0]);

    assert_non_null(stream);
    assert_true(cu_stream_sniff(stream, (cu_bytes){bytes, sizeof bytes}));
    stream->fed += sizeof bytes;
    stream->read += sizeof bytes;

    const seen out = finish(stream, &plan);

    assert_int_equal(out.examined, 0);
    assert_int_equal(out.read, 2 * sizeof bytes);
    cu_stream_free(stream);
    cu_plan_free(&plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hole_is_zeros),
        cmocka_unit_test(knows_the_type_however_the_head_is_cut),
        cmocka_unit_test(joins_what_is_missing_where_it_touches),
        cmocka_unit_test(a_whole_content_is_told_at_each_of_its_places),
        cmocka_unit_test(a_content_with_a_gap_has_no_digest_and_says_what_is_missing),
        cmocka_unit_test(a_content_of_which_some_is_lost_has_no_digest),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
