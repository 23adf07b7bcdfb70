/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of NCMEC's hash-sharing API, version 2, as XML: pages of images and videos, and of
 * deleted ones, which take back what an entry of the same member and id said. Source: the
 * documentation at hashsharing.ncmec.org, and the public clients that read it.
 */
#include "hashset/fields.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    piece_bytes = 64 * 1024,
    pending_max = 1024 * 1024, /* bytes of one tag, comment or the like */
    depth_max = 32,
    text_max = 16 * 1024, /* of one element that is kept; more of it is cut */
    list_depth = 2,       /* queryResult, images */
    entry_depth = 3,      /* image, deletedVideo, … */
    field_depth = 4,
    print_depth = 5, /* fingerprints, md5 */
};

/* What an entry is known by and from. */
typedef enum part {
    PART_NONE,
    PART_MEMBER,
    PART_ID,
    PART_TIME,
    PART_CODE,
    PART_PRINT,
    parts
} part;

typedef struct parsing {
    cu_hashset_builder *builder;
    const cu_hashset_source *source;
    XML_Parser parser;
    cu_status st;
    cu_err *err;

    unsigned depth;
    bool known;    /* the root was there */
    bool in_list;  /* inside images, videos, … */
    bool deleted;  /* the entry is a tombstone */
    bool printing; /* inside fingerprints */
    part part;     /* whose text comes */
    cu_hashset_field field;
    cu_hashset_filling filling;
    size_t length[parts];
    char text[parts][text_max];
    char member_id[128];
    char label[320];
} parsing;

/* ---- failing ---- */

static void stop(parsing *self, cu_status st)
{
    self->st = st;
    (void)XML_StopParser(self->parser, XML_FALSE);
}

static uint64_t offset_of(const parsing *self)
{
    const XML_Index index = XML_GetCurrentByteIndex(self->parser);

    return index < 0 ? 0 : (uint64_t)index;
}

static void broken(parsing *self, const char *expected)
{
    stop(self, cu_hashset_broken(self->source, offset_of(self), expected, self->err));
}

/* ---- names ---- */

/* A name without its namespace, which expat puts before a bar. */
static const char *local(const char *name)
{
    const char *const bar = strrchr(name, '|');

    return bar == NULL ? name : bar + 1;
}

static bool is_list(const char *name)
{
    static const char *const lists[] = {"images", "videos", "others"};

    for (size_t i = 0; i < CU_COUNT_OF(lists); i++) {
        if (strcmp(name, lists[i]) == 0)
            return true;
    }
    return false;
}

static part part_of(const char *name)
{
    static const struct {
        const char *name;
        part part;
    } names[] = {{"member", PART_MEMBER},
                 {"id", PART_ID},
                 {"timestamp", PART_TIME},
                 {"classification", PART_CODE}};

    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        if (strcmp(name, names[i].name) == 0)
            return names[i].part;
    }
    return PART_NONE;
}

/* ---- elements ---- */

static void open_entry(parsing *self, const char *name)
{
    cu_hashset_filling_start(&self->filling, 0, offset_of(self));
    memset(self->length, 0, sizeof self->length);
    self->member_id[0] = '\0';
    self->deleted = strncmp(name, "deleted", 7) == 0;
}

static void open_field(parsing *self, const char *name, const char **attributes)
{
    self->part = part_of(name);
    self->printing = strcmp(name, "fingerprints") == 0;
    self->length[self->part] = 0;
    for (size_t i = 0; self->part == PART_MEMBER && attributes[i] != NULL; i += 2) {
        if (strcmp(local(attributes[i]), "id") == 0)
            (void)snprintf(self->member_id, sizeof self->member_id, "%s", attributes[i + 1]);
    }
}

static void XMLCALL on_open(void *context, const char *full, const char **attributes)
{
    parsing *const self = context;
    const char *const name = local(full);

    if (self->st != CU_OK)
        return;
    if (++self->depth > depth_max) {
        stop(self, cu_fail(self->err, CU_ELIMIT,
                           "\"%.100s\", byte %llu: nested deeper than %d; nothing was imported",
                           self->source->path, (unsigned long long)offset_of(self), depth_max));
        return;
    }
    self->part = PART_NONE;
    if (self->depth == 1 && strcmp(name, "queryResult") == 0)
        self->known = true;
    else if (self->depth == 1)
        broken(self, "queryResult, the root of NCMEC's answers");
    else if (self->depth == list_depth)
        self->in_list = is_list(name);
    else if (!self->in_list)
        return;
    else if (self->depth == entry_depth)
        open_entry(self, name);
    else if (self->depth == field_depth)
        open_field(self, name, attributes);
    else if (self->depth == print_depth && self->printing) {
        self->field = cu_hashset_field_named((cu_bytes){(const uint8_t *)name, strlen(name)});
        self->part = self->field == CU_HASHSET_FIELD_NONE ? PART_NONE : PART_PRINT;
        self->length[PART_PRINT] = 0;
    }
}

static void XMLCALL on_text(void *context, const char *text, int n)
{
    parsing *const self = context;
    const size_t have = self->length[self->part];
    size_t more = n < 0 ? 0 : (size_t)n;

    if (self->part == PART_NONE)
        return;
    if (more > text_max - have)
        more = text_max - have;
    memcpy(self->text[self->part] + have, text, more);
    self->length[self->part] += more;
}

static cu_bytes text_of(const parsing *self, part which)
{
    return cu_hashset_trim((cu_bytes){(const uint8_t *)self->text[which], self->length[which]});
}

/* "MEMBER/ENTRY", which names an entry among all members' pages. */
static bool make_label(parsing *self, cu_bytes *label)
{
    const cu_bytes id = text_of(self, PART_ID);

    if (id.n == 0 || id.n > 128 || self->member_id[0] == '\0')
        return false;

    const int n = snprintf(self->label, sizeof self->label, "%s/%.*s", self->member_id,
                           (int)id.n, (const char *)id.p);

    *label = (cu_bytes){(const uint8_t *)self->label, (size_t)n};
    return n > 0 && (size_t)n < sizeof self->label;
}

/* A number of n digits, which are there. */
static int digits_of(const char *text, size_t n)
{
    int value = 0;

    for (size_t i = 0; i < n; i++)
        value = value * 10 + (text[i] - '0');
    return value;
}

/* The digits of "2026-01-02T15:00:00" are where they are, and nothing else is. */
static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";

    for (size_t i = 0; i < sizeof form - 1; i++) {
        const bool digit = text[i] >= '0' && text[i] <= '9';

        if (form[i] == '0' ? !digit : text[i] != form[i])
            return false;
    }
    return true;
}

/* What follows the seconds: a fraction, of which six digits count, and Z. */
static bool read_fraction(const char *text, int64_t *us)
{
    int64_t unit = 100000;

    *us = 0;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
            *us += unit * (*text - '0');
    }
    return strcmp(text, "Z") == 0;
}

/* Microseconds of a time in UTC, as the API gives it; 0 where it is none. */
static int64_t time_of(cu_bytes text)
{
    enum { shortest = sizeof "2026-01-02T15:00:00Z" - 1, longest = 40 };

    char copy[longest + 1] = "";
    int64_t us = 0;

    if (text.n < shortest || text.n > longest)
        return 0;
    memcpy(copy, text.p, text.n);
    if (!is_time(copy) || !read_fraction(copy + shortest - 1, &us))
        return 0;

    const struct tm given = {.tm_year = digits_of(copy, 4) - 1900,
                             .tm_mon = digits_of(copy + 5, 2) - 1,
                             .tm_mday = digits_of(copy + 8, 2),
                             .tm_hour = digits_of(copy + 11, 2),
                             .tm_min = digits_of(copy + 14, 2),
                             .tm_sec = digits_of(copy + 17, 2)};
    struct tm normal = given;
    const time_t seconds = timegm(&normal); /* puts a 31 February right: it is none */

    if (seconds <= 0 || normal.tm_mon != given.tm_mon || normal.tm_mday != given.tm_mday ||
        normal.tm_hour != given.tm_hour || normal.tm_min != given.tm_min)
        return 0;
    return (int64_t)seconds * 1000000 + us;
}

static void close_entry(parsing *self)
{
    const int64_t state_us = time_of(text_of(self, PART_TIME));
    cu_bytes label;

    if (!make_label(self, &label)) {
        broken(self, "a member with an id, and an id, in each entry");
        return;
    }
    if (self->deleted) {
        self->st = cu_hashset_builder_withdraw(self->builder, label, state_us, self->err);
    } else {
        cu_hashset_row *const row = &self->filling.row;

        row->label = label;
        row->state_us = state_us;
        row->source = text_of(self, PART_MEMBER);
        row->code = text_of(self, PART_CODE);
        self->st = cu_hashset_builder_add(self->builder, row, self->err);
    }
    if (self->st == CU_OK)
        self->st = cu_hashset_builder_reach(self->builder, offset_of(self), self->err);
    if (self->st != CU_OK)
        stop(self, self->st);
}

static void XMLCALL on_close(void *context, CU_UNUSED const char *full)
{
    parsing *const self = context;

    if (self->st != CU_OK)
        return;
    if (self->in_list && self->part == PART_PRINT)
        cu_hashset_filling_put(&self->filling, self->field, text_of(self, PART_PRINT));
    else if (self->in_list && self->depth == entry_depth)
        close_entry(self);
    if (self->depth == field_depth)
        self->printing = false;
    if (self->depth == list_depth)
        self->in_list = false;
    self->part = PART_NONE;
    self->depth--;
}

/* A document type can define entities, and entities can grow without end: there is no need. */
static void XMLCALL on_doctype(void *context, CU_UNUSED const char *name,
                               CU_UNUSED const char *system_id, CU_UNUSED const char *public_id,
                               CU_UNUSED int internal)
{
    broken(context, "no document type");
}

/* ---- the whole ---- */

static cu_status explain(parsing *self)
{
    char words[128];

    if (self->st != CU_OK)
        return self->st;
    (void)snprintf(words, sizeof words, "XML, but %s",
                   XML_ErrorString(XML_GetErrorCode(self->parser)));
    return cu_hashset_broken(self->source, offset_of(self), words, self->err);
}

static cu_status parse(parsing *self)
{
    const cu_bytes file = self->source->bytes;
    size_t at = 0;

    do {
        const cu_bytes piece = cu_bytes_slice(file, at, piece_bytes);
        const bool last = at + piece.n == file.n;

        if (XML_Parse(self->parser, (const char *)piece.p, (int)piece.n, last) != XML_STATUS_OK)
            return explain(self);
        at += piece.n;
        if (!last && at - offset_of(self) > pending_max)
            return cu_fail(self->err, CU_ELIMIT,
                           "\"%.100s\", byte %llu: one tag of more than %d bytes; nothing was "
                           "imported",
                           self->source->path, (unsigned long long)offset_of(self),
                           pending_max);
    } while (at < file.n);
    return CU_OK;
}

static cu_status read_ncmec(cu_hashset_builder *builder, const cu_hashset_source *source,
                            cu_err *err)
{
    parsing *const self = calloc(1, sizeof *self);
    cu_status st = CU_OK;

    if (self == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    self->builder = builder;
    self->source = source;
    self->err = err;
    self->parser = XML_ParserCreateNS(NULL, '|');
    if (self->parser == NULL) {
        st = cu_fail(err, CU_ENOMEM, "out of memory");
    } else {
        XML_SetUserData(self->parser, self);
        XML_SetElementHandler(self->parser, on_open, on_close);
        XML_SetCharacterDataHandler(self->parser, on_text);
        XML_SetStartDoctypeDeclHandler(self->parser, on_doctype);
        (void)XML_SetParamEntityParsing(self->parser, XML_PARAM_ENTITY_PARSING_NEVER);
        st = parse(self);
        XML_ParserFree(self->parser);
    }
    free(self);
    return st;
}

const cu_hashset_format cu_hashset_format_ncmec = {
    .name = "ncmec",
    .what = "NCMEC hash-sharing XML, version 2, with its deletions",
    .read = read_ncmec,
    .alert_only = true,
};
