/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a file to its facts: which format, how far, which hashes. */
#include "picture/examine.h"

#include "picture/exif.h"
#include "picture/format.h"
#include "picture/thumbnail.h"

#include <stdio.h>
#include <string.h>

/* In words that move no cursor: they may quote the file. */
static void say(cu_picture_facts *out, cu_picture_outcome outcome, const cu_err *err)
{
    const char *const text = err->code == CU_ENOMEM ? "memory limit" : err->text;
    size_t n = strnlen(text, sizeof out->reason - 1);

    out->outcome = (uint32_t)outcome;
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
        n--;
    for (size_t i = 0; i < n; i++) {
        const char c = text[i];

        out->reason[i] = c;
        if (c < ' ' || c > '~')
            out->reason[i] = '?';
    }
    out->reason[n] = '\0';
}

static cu_status hash_full(cu_canvas *canvas, cu_picture_facts *out, cu_err *err)
{
    const cu_pdq_pixels pixels = {.p = canvas->full,
                                  .stride_bytes = (size_t)canvas->width * canvas->channels,
                                  .width = canvas->width,
                                  .height = canvas->height,
                                  .channels = canvas->channels};
    const cu_status st =
        cu_pdq_hash_pixels(&pixels, CU_PDQ_F, &canvas->scratch, &out->full, err);

    out->has_full = st == CU_OK;
    return st;
}

static void take_canvas(cu_canvas *canvas, cu_picture_facts *out)
{
    out->width = canvas->width;
    out->height = canvas->height;
    out->rows = canvas->rows < canvas->height ? canvas->rows : canvas->height;
    out->hash_count = canvas->hash_count;
    if (out->frames < canvas->frames)
        out->frames = canvas->frames;
    memcpy(out->hashes, canvas->hashes, sizeof out->hashes);
    memcpy(out->hash_changes, canvas->hash_changes, sizeof out->hash_changes);
    memcpy(out->hash_frames, canvas->hash_frames, sizeof out->hash_frames);
}

static cu_status hash_views(const cu_canvas *canvas, cu_picture_views *out, cu_err *err)
{
    const cu_pdq_pixels pixels = {.p = canvas->full,
                                  .stride_bytes = (size_t)canvas->width * canvas->channels,
                                  .width = canvas->width,
                                  .height = canvas->height,
                                  .channels = canvas->channels};
    size_t count = 0;
    const cu_status st = cu_pdq_hash_views(&pixels, out->list, &count, err);

    out->count = st == CU_OK ? (uint32_t)count : 0;
    return st;
}

/* What all pixels are kept for. */
static cu_status hash_all_pixels(cu_canvas *canvas, bool full, cu_picture_views *views,
                                 cu_picture_facts *out, cu_err *err)
{
    cu_status st = CU_OK;

    if (canvas->full == NULL || canvas->hash_count == 0)
        return CU_OK;
    if (full)
        st = hash_full(canvas, out, err);
    return st == CU_OK && views != NULL ? hash_views(canvas, views, err) : st;
}

static void decode(cu_bytes file, const cu_picture_format *format, cu_canvas *canvas,
                   const cu_picture_wish *wanted, cu_picture_facts *out)
{
    cu_err err = {0};
    cu_err lost = {0};
    cu_status st = format->decode(file, canvas, &err);
    cu_status hashed = CU_OK;

    /* A library may leave out what it has no memory for, and not say so. */
    if (st == CU_OK && cu_sandbox_memory_ran_out())
        st = cu_fail(&err, CU_ENOMEM, "out of memory");
    if (st == CU_OK)
        canvas->rows = canvas->height;
    if (canvas->begun && canvas->rows > 0 && canvas->hash_count == 0)
        hashed = cu_canvas_next_frame(canvas, 0, &lost);
    if (hashed == CU_OK)
        hashed = hash_all_pixels(canvas, wanted->full, wanted->views, out, &lost);
    take_canvas(canvas, out);
    if (hashed != CU_OK || out->hash_count == 0) {
        out->hash_count = 0;
        out->has_full = 0;
        say(out, CU_PICTURE_NOT, hashed != CU_OK ? &lost : &err);
    } else if (st != CU_OK) {
        say(out, CU_PICTURE_PARTLY, &err);
    } else {
        out->outcome = CU_PICTURE_WHOLE;
        out->reason[0] = '\0';
    }
}

static void read_exif(cu_bytes file, const cu_picture_format *format, const cu_canvas *canvas,
                      cu_picture_facts *out)
{
    cu_buffer room = {0};
    cu_exif exif;

    if (format->exif == NULL)
        return;
    cu_exif_read(format->exif(file, &room), &exif);
    out->exif = exif.facts;
    out->orientation = exif.orientation;
    /* What libheif copied is no part of the file as it lies there. */
    if (exif.thumbnail.n > 0 && room.p == NULL)
        cu_thumbnail_compare(file, exif.thumbnail, canvas, &out->thumbnail);
    cu_buffer_free(&room);
}

static const cu_picture_format *format_of(cu_bytes file)
{
    for (size_t i = 0; cu_picture_formats[i] != NULL; i++) {
        if (cu_picture_formats[i]->claims(file))
            return cu_picture_formats[i];
    }
    return NULL;
}

void cu_picture_examine_here(cu_bytes file, bool full, cu_picture_facts *out)
{
    cu_picture_examine_with(file, &(cu_picture_wish){.full = full}, out);
}

void cu_picture_examine_with(cu_bytes file, const cu_picture_wish *wanted,
                             cu_picture_facts *out)
{
    const cu_picture_format *const format = format_of(file);
    cu_canvas canvas = {.want_full = wanted->full || wanted->views != NULL, .hash_only = true};

    *out = (cu_picture_facts){.orientation = 1,
                              .frames = 1,
                              .outcome = CU_PICTURE_NOT,
                              .reason = "no picture format that is known",
                              .exif = {.taken_us = CU_PICTURE_NO_TIME,
                                       .latitude = CU_PICTURE_NO_ANGLE,
                                       .longitude = CU_PICTURE_NO_ANGLE}};
    if (wanted->views != NULL)
        wanted->views->count = 0;
    if (format == NULL)
        return;
    (void)snprintf(out->format, sizeof out->format, "%s", format->name);
    decode(file, format, &canvas, wanted, out);
    read_exif(file, format, &canvas, out);
    cu_canvas_free(&canvas);
}
