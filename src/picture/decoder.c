/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's end: one fork a file, a clock beside it, and an answer that is checked. */
#include "picture/picture.h"

#include "base/clock.h"
#include "picture/protocol.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { wall_ms = 120 * 1000 };

/* For the largest picture that is taken, in layers: its coefficients and its samples. */
static const cu_sandbox_limits limits = {
    .memory_bytes = UINT64_C(2) << 30, .cpu_seconds = 30, .output_bytes = 1, .threads = 1};

enum { for_others, for_jpeg, zygote_count };

static const char *const programs[zygote_count] = {"custos-picture", "custos-jpeg"};

/* Each is started when the first of its files comes. */
struct cu_picture_decoder {
    cu_zygote *zygotes[zygote_count];
};

static cu_status restart(cu_picture_decoder *decoder, int kind, cu_err *err)
{
    cu_zygote_stop(CU_MOVE(decoder->zygotes[kind]));

    const cu_status st = cu_zygote_start(programs[kind], &decoder->zygotes[kind], err);

    if (st == CU_OK)
        cu_zygote_keep_ready(decoder->zygotes[kind], &limits);
    return st;
}

cu_status cu_picture_decoder_start(cu_picture_decoder **out, cu_err *err)
{
    CU_AUTO(cu_picture_decoder, decoder);

    decoder = calloc(1, sizeof *decoder);
    if (decoder == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const cu_status st = restart(decoder, for_jpeg, err);

    if (st != CU_OK)
        return st;
    *out = CU_MOVE(decoder);
    return CU_OK;
}

void cu_picture_decoder_stop(cu_picture_decoder *decoder)
{
    if (decoder == NULL)
        return;
    for (int kind = 0; kind < zygote_count; kind++)
        cu_zygote_stop(decoder->zygotes[kind]);
    free(decoder);
}

/* All that is looked at of a file out here. */
static bool begins_as_jpeg(const cu_picture_file *file)
{
    uint8_t first[3];

    return file->bytes >= sizeof first &&
           pread(file->fd, first, sizeof first, (off_t)file->offset) == (ssize_t)sizeof first &&
           memcmp(first, "\xFF\xD8\xFF", sizeof first) == 0;
}

/* The whole answer before the time is up. errno is 0 where the child is gone. */
static bool receive(int socket, cu_picture_facts *out, cu_picture_views *views, bool *late)
{
    struct pollfd wanted = {.fd = socket, .events = POLLIN};
    int n = 0;

    do
        n = poll(&wanted, 1, wall_ms);
    while (n < 0 && errno == EINTR);
    *late = n == 0;
    /* The child writes it at once: what has begun comes whole, or its end is seen. */
    return n > 0 && cu_sandbox_read_all(socket, out, sizeof *out) &&
           (views == NULL || cu_sandbox_read_all(socket, views, sizeof *views));
}

static void not_examined(cu_picture_facts *out, const char *why)
{
    *out = (cu_picture_facts){.outcome = CU_PICTURE_NOT,
                              .orientation = 1,
                              .frames = 1,
                              .exif = {.taken_us = CU_PICTURE_NO_TIME,
                                       .latitude = CU_PICTURE_NO_ANGLE,
                                       .longitude = CU_PICTURE_NO_ANGLE}};
    (void)snprintf(out->reason, sizeof out->reason, "%.*s", (int)sizeof out->reason - 1, why);
}

cu_status cu_picture_examine(cu_picture_decoder *decoder, const cu_picture_file *file,
                             cu_picture_facts *out, cu_err *err)
{
    const cu_picture_request request = {.offset = file->offset,
                                        .bytes = file->bytes,
                                        .full = file->full,
                                        .views = file->views != NULL};
    const cu_bytes asked = {(const uint8_t *)&request, sizeof request};
    cu_picture_facts facts;
    cu_item item = {0};
    cu_err why = {0};
    bool late = false;

    if (file->views != NULL)
        file->views->count = 0;
    if (file->bytes > CU_PICTURE_FILE_MAX) {
        not_examined(out, "the file is larger than 512 MiB");
        return CU_OK;
    }

    const int kind = begins_as_jpeg(file) ? for_jpeg : for_others;
    cu_status st = CU_ECHILD;

    if (decoder->zygotes[kind] != NULL)
        st = cu_item_start(decoder->zygotes[kind], &limits,
                           &(cu_sandbox_request){asked, &file->fd, 1}, &item, err);
    /* The system may have taken the zygote, for want of memory: a new one, once. */
    if (st != CU_OK) {
        st = restart(decoder, kind, err);
        if (st == CU_OK)
            st = cu_item_start(decoder->zygotes[kind], &limits,
                               &(cu_sandbox_request){asked, &file->fd, 1}, &item, err);
    }
    if (st != CU_OK)
        return st;

    const bool whole = receive(item.socket, &facts, file->views, &late);

    /* An answer that came whole stands, however its child ends after it. */
    if (whole) {
        cu_item_leave(decoder->zygotes[kind], &item);
        st = cu_picture_facts_check(&facts, file->bytes, &why);
    } else {
        st = cu_item_end(decoder->zygotes[kind], &item, late ? "time limit" : NULL, &why);
    }
    if (whole && st == CU_OK && file->views != NULL)
        st = cu_picture_views_check(file->views, &why);
    if (!whole && st == CU_OK)
        st = cu_fail(&why, CU_ECHILD, "the decoder gave no answer");
    if (st == CU_OK)
        *out = facts;
    else
        not_examined(out, why.text);
    if (file->views != NULL && out->outcome == CU_PICTURE_NOT)
        file->views->count = 0;
    return CU_OK;
}
