/* SPDX-License-Identifier: Apache-2.0 */
/* Streams: fed in file order, finished once. */
#include "scan/stream.h"

#include "picture/picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

cu_stream *cu_stream_new(const cu_plan *plan, const cu_content *content)
{
    cu_stream *const stream = calloc(1, sizeof *stream);

    if (stream == NULL)
        return NULL;
    stream->content = content;
    cu_digest_init(&stream->digest, CU_DIGEST_ALL);
    for (uint32_t i = 0; i < content->extent_count; i++)
        stream->stored_left += plan->extents[content->first_extent + i].bytes;
    return stream;
}

void cu_stream_free(cu_stream *stream)
{
    if (stream == NULL)
        return;
    while (stream->first != NULL) {
        cu_part *const part = stream->first;

        stream->first = part->next;
        free(part);
    }
    cu_kept_drop(&stream->kept);
    free(stream->head);
    free(stream->missing);
    free(stream);
}

void cu_stream_skip_to(cu_stream *stream, uint64_t file_offset)
{
    static const uint8_t zeros[64 << 10];

    while (stream->fed < file_offset) {
        const uint64_t left = file_offset - stream->fed;
        const cu_bytes piece = {zeros, left < sizeof zeros ? (size_t)left : sizeof zeros};

        if ((stream->content->flags & CU_CONTENT_LOST) == 0) {
            cu_digest_update(&stream->digest, piece);
            stream->read += piece.n;
        }
        /* A file that begins with a hole has zeros for its first bytes. */
        (void)cu_stream_sniff(stream, piece);
        stream->fed += piece.n;
    }
}

static void settle_type(cu_stream *stream, cu_bytes head)
{
    stream->type = cu_filetype_of(head);
    stream->typed = true;
    /* One whose bytes are partly nowhere is read again: it is no file to compare with others.
     */
    if (stream->keep != NULL && (stream->content->flags & CU_CONTENT_LOST) == 0 &&
        cu_picture_is_type(stream->type)) {
        cu_keep_begin(stream->keep, stream->content->size, &stream->kept);
        cu_kept_put(&stream->kept, 0, head);
    }
    free(stream->head);
    stream->head = NULL;
}

static bool keep_head(cu_stream *stream, cu_bytes bytes)
{
    const size_t wanted = cu_filetype_head_bytes;

    if (stream->head == NULL) {
        stream->head = malloc(wanted);
        if (stream->head == NULL)
            return false;
    }

    const size_t n = bytes.n < wanted - stream->head_n ? bytes.n : wanted - stream->head_n;

    /* Copied first: the child that filled the memory could change it while we look. */
    memcpy(stream->head + stream->head_n, bytes.p, n);
    stream->head_n += n;
    if (stream->head_n == wanted)
        settle_type(stream, (cu_bytes){stream->head, wanted});
    return true;
}

bool cu_stream_sniff(cu_stream *stream, cu_bytes bytes)
{
    if (!stream->typed && !keep_head(stream, bytes))
        return false;
    cu_kept_put(&stream->kept, stream->fed, bytes);
    return true;
}

bool cu_stream_miss(cu_stream *stream, uint64_t file_offset, uint64_t bytes, const char *why)
{
    cu_missing *const last =
        stream->missing_n == 0 ? NULL : &stream->missing[stream->missing_n - 1];

    if (last != NULL && last->file_offset + last->bytes == file_offset &&
        strcmp(last->why, why) == 0) {
        last->bytes += bytes;
        return true;
    }

    cu_missing *const grown = realloc(stream->missing, (stream->missing_n + 1) * sizeof *grown);

    if (grown == NULL)
        return false;
    stream->missing = grown;
    stream->missing[stream->missing_n] = (cu_missing){file_offset, bytes, ""};
    (void)snprintf(stream->missing[stream->missing_n].why, sizeof stream->missing[0].why, "%s",
                   why);
    stream->missing_n++;
    return true;
}

static cu_status write_for(const cu_stream *stream, int64_t item, cu_evidence_writer *evidence,
                           cu_err *err)
{
    const cu_evidence_item row = {.id = item,
                                  .type = stream->type,
                                  .read = stream->read,
                                  .examined = stream->examined,
                                  .digests = stream->digests};
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < stream->missing_n; i++)
        st = cu_evidence_add_finding(
            evidence,
            &(cu_evidence_finding){.item = item,
                                   .path = "",
                                   .offset = stream->missing[i].file_offset,
                                   .bytes = stream->missing[i].bytes,
                                   .kind = "unreadable",
                                   .text = stream->missing[i].why},
            err);
    if (st == CU_OK)
        st = cu_evidence_set_result(evidence, &row, err);
    return st;
}

cu_status cu_stream_finish(cu_stream *stream, const cu_plan *plan, cu_evidence_writer *evidence,
                           cu_err *err)
{
    const uint32_t index = (uint32_t)(stream->content - plan->contents);

    if ((stream->content->flags & CU_CONTENT_LOST) == 0)
        cu_stream_skip_to(stream, stream->content->size);
    for (size_t i = 0; i < stream->missing_n; i++)
        stream->read -= stream->missing[i].bytes;
    if (!stream->typed)
        settle_type(stream, (cu_bytes){stream->head, stream->head_n});
    stream->examined = stream->read == stream->content->size;
    if (stream->examined)
        cu_digest_final(&stream->digest, &stream->digests);

    cu_status st = write_for(stream, stream->content->item, evidence, err);

    for (size_t i = cu_plan_first_alias(plan, index);
         st == CU_OK && i < plan->alias_count && plan->aliases[i].content == index; i++)
        st = write_for(stream, plan->aliases[i].item, evidence, err);
    plan->contents[index].flags |= CU_CONTENT_DONE;
    return st;
}
