/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VICS JSON 1.2, 1.3 and 2.0, streamed through yajl. Source: the field names and quirks that
 * public readers and writers of the format agree on; docs/formats/hashset.md lists them.
 */
#include "hashset/builder.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { depth_max = 64, piece_bytes = 1 << 20 };

typedef enum field { FIELD_OTHER, FIELD_MD5, FIELD_SHA1, FIELD_CATEGORY, FIELD_ID } field;

typedef struct parsing {
    cu_hashset_builder *builder;
    const cu_hashset_source *source;
    yajl_handle yajl;
    uint64_t base; /* of the piece that is parsed */
    unsigned depth;
    unsigned media_depth;         /* of the Media object that is open; 0: none */
    bool is_media[depth_max + 1]; /* this array holds Media */
    bool next_is_media;
    bool known; /* the model's key was there */
    field field;
    cu_hashset_row row;
    char code[64], label[64];
    cu_status st;
    cu_err *err;
} parsing;

static bool key_is(const unsigned char *key, size_t n, const char *name)
{
    return n == strlen(name) && memcmp(key, name, n) == 0;
}

static int on_key(void *context, const unsigned char *key, size_t n)
{
    parsing *const self = context;

    self->field = FIELD_OTHER;
    /* An object of the value array that has Media of its own is a case, and no record itself.
     */
    if (self->depth == self->media_depth && key_is(key, n, "Media"))
        self->media_depth = 0;
    self->next_is_media =
        self->media_depth == 0 && (key_is(key, n, "value") || key_is(key, n, "Media"));
    if (key_is(key, n, "odata.metadata") || key_is(key, n, "@odata.context"))
        self->known = true;
    if (self->depth != self->media_depth)
        return 1;
    if (key_is(key, n, "MD5"))
        self->field = FIELD_MD5;
    else if (key_is(key, n, "SHA1"))
        self->field = FIELD_SHA1;
    else if (key_is(key, n, "Category"))
        self->field = FIELD_CATEGORY;
    else if (key_is(key, n, "MediaID"))
        self->field = FIELD_ID;
    return 1;
}

static void take_text(char *out, size_t room, const void *text, size_t n)
{
    (void)snprintf(out, room, "%.*s", n < room ? (int)n : (int)room - 1, (const char *)text);
}

static int on_value(parsing *self, const void *text, size_t n)
{
    const field wanted = self->field;

    self->field = FIELD_OTHER;
    self->next_is_media = false;
    if (self->media_depth == 0 || self->depth != self->media_depth)
        return 1;
    if ((wanted == FIELD_MD5 || wanted == FIELD_SHA1) && n > 0)
        cu_hashset_row_take(&self->row, (cu_bytes){text, n});
    else if (wanted == FIELD_CATEGORY)
        take_text(self->code, sizeof self->code, text, n);
    else if (wanted == FIELD_ID)
        take_text(self->label, sizeof self->label, text, n);
    return 1;
}

static int on_string(void *context, const unsigned char *text, size_t n)
{
    return on_value(context, text, n);
}

static int on_number(void *context, const char *text, size_t n)
{
    return on_value(context, text, n);
}

static int on_null(void *context)
{
    return on_value(context, "", 0);
}

static int on_bool(void *context, CU_UNUSED int value)
{
    return on_value(context, "", 0);
}

static int deeper(parsing *self)
{
    if (++self->depth <= depth_max)
        return 1;
    self->st = cu_fail(self->err, CU_ELIMIT, "\"%s\": nested deeper than %d",
                       self->source->path, depth_max);
    return 0;
}

static int on_open_object(void *context)
{
    parsing *const self = context;

    if (!deeper(self))
        return 0;
    if (self->media_depth == 0 && self->is_media[self->depth - 1]) {
        self->media_depth = self->depth;
        self->row = (cu_hashset_row){.wrong = false};
        self->code[0] = self->label[0] = '\0';
    }
    self->is_media[self->depth] = false;
    self->field = FIELD_OTHER;
    return 1;
}

static int on_close_object(void *context)
{
    parsing *const self = context;

    if (self->media_depth == self->depth && self->depth > 0) {
        self->media_depth = 0;
        self->row.label = (cu_bytes){(const uint8_t *)self->label, strlen(self->label)};
        self->row.code = (cu_bytes){(const uint8_t *)self->code, strlen(self->code)};
        self->row.offset = self->base + yajl_get_bytes_consumed(self->yajl);
        self->st = cu_hashset_builder_add(self->builder, &self->row, self->err);
    }
    self->depth--;
    return self->st == CU_OK;
}

static int on_open_array(void *context)
{
    parsing *const self = context;
    const bool media = self->next_is_media;

    if (!deeper(self))
        return 0;
    self->is_media[self->depth] = media;
    self->next_is_media = false;
    self->field = FIELD_OTHER;
    return 1;
}

static int on_close_array(void *context)
{
    parsing *const self = context;

    self->depth--;
    return 1;
}

static cu_status parse(parsing *self, cu_bytes file)
{
    for (size_t at = 0; at < file.n; at += piece_bytes) {
        const cu_bytes piece = cu_bytes_slice(file, at, piece_bytes);

        self->base = at;
        if (yajl_parse(self->yajl, piece.p, piece.n) != yajl_status_ok)
            return self->st != CU_OK
                       ? self->st
                       : cu_hashset_broken(self->source,
                                           at + yajl_get_bytes_consumed(self->yajl), "JSON",
                                           self->err);
        if (cu_hashset_builder_reach(self->builder, at + piece.n, self->err) != CU_OK)
            return CU_ESTOPPED;
    }
    if (yajl_complete_parse(self->yajl) != yajl_status_ok || self->depth != 0)
        return cu_hashset_broken(self->source, file.n,
                                 "the rest of the JSON: the file ends in the middle",
                                 self->err);
    return self->known ? CU_OK
                       : cu_hashset_broken(self->source, 0,
                                           "the key \"@odata.context\" of VICS", self->err);
}

static cu_status read_vics(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    const yajl_callbacks callbacks = {
        .yajl_null = on_null,
        .yajl_boolean = on_bool,
        .yajl_number = on_number,
        .yajl_string = on_string,
        .yajl_start_map = on_open_object,
        .yajl_map_key = on_key,
        .yajl_end_map = on_close_object,
        .yajl_start_array = on_open_array,
        .yajl_end_array = on_close_array,
    };
    parsing self = {.builder = builder, .source = source, .err = err};
    cu_bytes file = source->bytes;

    if (cu_bytes_starts(file, "\xEF\xBB\xBF", 3))
        file = cu_bytes_slice(file, 3, file.n);
    self.yajl = yajl_alloc(&callbacks, NULL, &self);
    if (self.yajl == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    /* A name with a byte that is not UTF-8 is no reason to lose ten million records. */
    (void)yajl_config(self.yajl, yajl_dont_validate_strings, 1);

    const cu_status st = parse(&self, file);

    yajl_free(self.yajl);
    return st;
}

const cu_hashset_format cu_hashset_format_vics = {
    .name = "vics",
    .what = "Project VIC and CAID JSON 1.2, 1.3 and 2.0",
    .read = read_vics,
    .alert_only = true,
};
