/* SPDX-License-Identifier: Apache-2.0 */
/* A picture and its thumbnail are in the evidence together, wherever a scan is cut off. */
#include "scan/picture_rows.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { carrier = 1, plain = 2, first_member = 3 };

static char folder[] = "/tmp/custos-rows-XXXXXX";
static char path[128], partial[128];

static int make_folder(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof path, "%s/out.custos", folder);
    (void)snprintf(partial, sizeof partial, "%s/out.custos.partial", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static cu_evidence_writer *begin(void)
{
    cu_evidence_writer *evidence = NULL;

    assert_int_equal(cu_evidence_begin(path, false, &evidence, NULL), CU_OK);
    for (int64_t id = carrier; id <= plain; id++) {
        const cu_evidence_item row = {.id = id,
                                      .path = id == carrier ? "/p1/a" : "/p1/b",
                                      .name = "a",
                                      .inode = "1",
                                      .state = "allocated",
                                      .recovery = "contiguous-guess",
                                      .size = 9000};

        assert_int_equal(cu_evidence_add_item(evidence, &row, NULL), CU_OK);
    }
    assert_int_equal(cu_evidence_commit(evidence, NULL), CU_OK);
    return evidence;
}

static const cu_picture_answer answer = {
    .facts = {.outcome = CU_PICTURE_WHOLE,
              .width = 64,
              .height = 64,
              .rows = 64,
              .frames = 1,
              .orientation = 1,
              .hash_count = 1,
              .thumbnail = {.offset = 40, .bytes = 700, .distance = 99},
              .format = "jpeg"},
    .has_thumbnail = true,
    .thumbnail = {.outcome = CU_PICTURE_WHOLE,
                  .width = 16,
                  .height = 16,
                  .rows = 16,
                  .frames = 1,
                  .orientation = 1,
                  .hash_count = 1,
                  .format = "jpeg"}};

typedef struct seen {
    unsigned items, members, pictures, findings;
} seen;

static cu_status see_item(void *context, const cu_evidence_item *row, CU_UNUSED cu_err *err)
{
    seen *const self = context;

    self->items++;
    if (row->parent == 0)
        return CU_OK;
    self->members++;
    assert_int_equal(row->id, first_member);
    assert_int_equal(row->parent, carrier);
    assert_string_equal(row->path, "/p1/a/::/thumbnail");
    assert_string_equal(row->recovery, "contiguous-guess");
    assert_int_equal(row->size, 700);
    return CU_OK;
}

static cu_status see_picture(void *context, CU_UNUSED const cu_evidence_picture *row,
                             CU_UNUSED cu_err *err)
{
    ((seen *)context)->pictures++;
    return CU_OK;
}

static cu_status see_finding(void *context, const cu_evidence_finding *row,
                             CU_UNUSED cu_err *err)
{
    ((seen *)context)->findings++;
    assert_int_equal(row->item, carrier);
    assert_string_equal(row->text, "the thumbnail in it is another picture, 99 bits away");
    return CU_OK;
}

/* What whoever resumes the scan finds. */
static seen reopen(void)
{
    cu_evidence_writer *evidence = NULL;
    cu_evidence *view = NULL;
    seen out = {.items = 0};

    assert_int_equal(cu_evidence_begin(path, true, &evidence, NULL), CU_OK);
    assert_int_equal(cu_evidence_peek(evidence, &view, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_item(view, see_item, &out, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_picture(view, see_picture, &out, NULL), CU_OK);
    assert_int_equal(cu_evidence_each_finding(view, see_finding, &out, NULL), CU_OK);
    cu_evidence_close(view);
    cu_evidence_abandon(evidence);
    assert_int_equal(unlink(partial), 0);
    return out;
}

static void write_both(cu_evidence_writer *evidence)
{
    assert_int_equal(cu_picture_write(evidence, carrier, &answer, NULL), CU_OK);
    assert_int_equal(cu_picture_write_thumbnail(evidence, carrier, first_member, &answer, NULL),
                     CU_OK);
}

static void a_thumbnail_is_a_member_of_its_picture(void **state)
{
    (void)state;
    cu_evidence_writer *const evidence = begin();

    write_both(evidence);
    assert_int_equal(cu_evidence_commit(evidence, NULL), CU_OK);
    cu_evidence_abandon(evidence);

    const seen found = reopen();

    assert_int_equal(found.items, 3);
    assert_int_equal(found.members, 1);
    assert_int_equal(found.pictures, 2);
    assert_int_equal(found.findings, 1);
}

/* An item with a picture is done: its thumbnail would never be written again. */
static void a_picture_is_not_there_without_its_thumbnail(void **state)
{
    (void)state;
    cu_evidence_writer *const evidence = begin();

    write_both(evidence);
    cu_evidence_abandon(evidence);

    const seen found = reopen();

    assert_int_equal(found.items, 2);
    assert_int_equal(found.pictures, 0);
    assert_int_equal(found.findings, 0);
}

static void a_thumbnail_of_no_item_is_refused(void **state)
{
    (void)state;
    cu_evidence_writer *const evidence = begin();
    cu_err err = {0};

    assert_int_equal(cu_picture_write_thumbnail(evidence, 77, first_member, &answer, &err),
                     CU_ENOTFOUND);
    assert_string_equal(err.text, "no item 77 in the evidence file");
    write_both(evidence); /* and the next is good */
    cu_evidence_abandon(evidence);
    assert_int_equal(reopen().items, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thumbnail_is_a_member_of_its_picture),
        cmocka_unit_test(a_picture_is_not_there_without_its_thumbnail),
        cmocka_unit_test(a_thumbnail_of_no_item_is_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
