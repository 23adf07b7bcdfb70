/* SPDX-License-Identifier: Apache-2.0 */
/* A picture row, its looks, its findings, and the thumbnail that is another picture. */
#include "scan/picture_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cu_status add_finding(cu_evidence_writer *evidence, int64_t item,
                             const cu_picture_facts *facts, cu_err *err)
{
    char text[192];

    if (facts->outcome == CU_PICTURE_WHOLE)
        return CU_OK;
    if (facts->outcome == CU_PICTURE_NOT)
        (void)snprintf(text, sizeof text, "not examined: %s", facts->reason);
    else if (facts->rows < facts->height)
        (void)snprintf(text, sizeof text, "incomplete: %u of %u rows: %s", facts->rows,
                       facts->height, facts->reason);
    else
        (void)snprintf(text, sizeof text, "incomplete: %s", facts->reason);
    return cu_evidence_add_finding(
        evidence,
        &(cu_evidence_finding){.item = item, .path = "", .kind = "picture", .text = text}, err);
}

static void put_codes(const cu_pdq_hash *hash, uint8_t *out)
{
    for (size_t i = 0; i < cu_pdq_turns; i++)
        memcpy(out + i * cu_pdq_bytes, hash->codes[i].bytes, cu_pdq_bytes);
}

static cu_status add_looks(cu_evidence_writer *evidence, int64_t item,
                           const cu_picture_facts *facts, cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = 1; st == CU_OK && i < facts->hash_count; i++) {
        cu_evidence_look look = {
            .item = item,
            .frame = facts->hash_frames[i],
            .change = cu_picture_change_word((cu_picture_change)facts->hash_changes[i]),
            .quality = facts->hashes[i].quality};

        put_codes(&facts->hashes[i], look.pdq);
        st = cu_evidence_add_look(evidence, &look, err);
    }
    return st;
}

static cu_status add_picture(cu_evidence_writer *evidence, int64_t item,
                             const cu_picture_facts *facts, cu_err *err)
{
    static const char *const outcomes[] = {
        [CU_PICTURE_WHOLE] = "whole", [CU_PICTURE_PARTLY] = "partly", [CU_PICTURE_NOT] = "not"};
    cu_evidence_picture row = {.item = item,
                               .outcome = outcomes[facts->outcome],
                               .reason = facts->reason,
                               .format = facts->format,
                               .width = facts->width,
                               .height = facts->height,
                               .frames = facts->frames,
                               .orientation = facts->orientation,
                               .rows = facts->rows,
                               .has_pdq = facts->hash_count > 0,
                               .has_full = facts->has_full != 0,
                               .quality = facts->hashes[0].quality,
                               .full_quality = facts->full.quality,
                               .taken_us = facts->exif.taken_us,
                               .make = facts->exif.make,
                               .model = facts->exif.model,
                               .serial = facts->exif.serial,
                               .latitude = facts->exif.latitude,
                               .longitude = facts->exif.longitude};

    put_codes(&facts->hashes[0], row.pdq);
    put_codes(&facts->full, row.full);

    cu_status st = cu_evidence_add_picture(evidence, &row, err);

    if (st == CU_OK)
        st = add_looks(evidence, item, facts, err);
    return st == CU_OK ? add_finding(evidence, item, facts, err) : st;
}

typedef struct thumbnail_of {
    cu_evidence_writer *evidence;
    const cu_picture_answer *answer;
    int64_t id;
} thumbnail_of;

/* A member of its picture: /p1/a.jpg/::/thumbnail. */
static cu_status add_member(void *context, const cu_evidence_item *parent, cu_err *err)
{
    const thumbnail_of *const self = context;
    const cu_picture_thumbnail *const place = &self->answer->facts.thumbnail;
    cu_buffer path = {0};
    char text[128];
    cu_evidence_item row = {.id = self->id,
                            .volume = parent->volume,
                            .name = "thumbnail",
                            .inode = "",
                            .state = "member",
                            .recovery = parent->recovery,
                            .path_certain = parent->path_certain,
                            .size = place->bytes,
                            .read = place->bytes,
                            .examined = true,
                            .type = "image/jpeg",
                            .digests = self->answer->thumbnail_digests,
                            .parent = parent->id,
                            .modified_us = INT64_MIN,
                            .accessed_us = INT64_MIN,
                            .changed_us = INT64_MIN,
                            .born_us = INT64_MIN};

    cu_buffer_format(&path, "%s/::/thumbnail", parent->path);
    cu_buffer_u8(&path, 0);
    (void)snprintf(text, sizeof text, "the thumbnail in it is another picture, %u bits away",
                   place->distance);

    cu_status st = cu_buffer_check(&path, err);

    row.path = (const char *)path.p;
    if (st == CU_OK)
        st = cu_evidence_add_item(self->evidence, &row, err);
    cu_buffer_free(&path);
    if (st == CU_OK)
        st = self->answer->thumbnail_known
                 ? cu_picture_write_known(self->evidence, self->id, err)
                 : add_picture(self->evidence, self->id, &self->answer->thumbnail, err);
    if (st == CU_OK)
        st = cu_evidence_add_finding(self->evidence,
                                     &(cu_evidence_finding){.item = parent->id,
                                                            .path = "",
                                                            .offset = place->offset,
                                                            .kind = "thumbnail",
                                                            .text = text},
                                     err);
    return st;
}

cu_status cu_picture_write_thumbnail(cu_evidence_writer *evidence, int64_t item, int64_t id,
                                     const cu_picture_answer *from, cu_err *err)
{
    thumbnail_of wanted = {.evidence = evidence, .answer = from, .id = id};

    return cu_evidence_get_item(evidence, item, add_member, &wanted, err);
}

/* Other views of the first frame; the amount tells those of one kind apart. */
static cu_status add_views(cu_evidence_writer *evidence, int64_t item,
                           const cu_picture_views *views, cu_err *err)
{
    cu_status st = CU_OK;

    for (uint32_t i = 0; st == CU_OK && views != NULL && i < views->count; i++) {
        const cu_pdq_view *const view = &views->list[i];
        char change[64];
        cu_evidence_look look = {.item = item, .change = change, .quality = view->hash.quality};

        (void)snprintf(change, sizeof change, "%s %d.%d (%u)",
                       cu_pdq_change_word((cu_pdq_change)view->change), view->amount / 10,
                       abs(view->amount % 10), i);
        put_codes(&view->hash, look.pdq);
        st = cu_evidence_add_look(evidence, &look, err);
    }
    return st;
}

cu_status cu_picture_write(cu_evidence_writer *evidence, int64_t item,
                           const cu_picture_answer *from, cu_err *err)
{
    const cu_status st = add_picture(evidence, item, &from->facts, err);

    return st == CU_OK ? add_views(evidence, item, from->views, err) : st;
}

cu_status cu_picture_write_known(cu_evidence_writer *evidence, int64_t item, cu_err *err)
{
    const cu_evidence_picture row = {.item = item,
                                     .outcome = "known",
                                     .reason = "its bytes are in a hash set",
                                     .frames = 1,
                                     .orientation = 1,
                                     .taken_us = INT64_MIN,
                                     .latitude = INT32_MIN,
                                     .longitude = INT32_MIN};

    return cu_evidence_add_picture(evidence, &row, err);
}
