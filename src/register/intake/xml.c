/* SPDX-License-Identifier: Apache-2.0 */
/* XML through expat: no document type, no entity but the five of XML itself. */
#include "register/intake/fact.h"

#include <expat.h>
#include <stdlib.h>
#include <string.h>

enum { piece_bytes = 1 << 20 };

typedef struct level {
    size_t path_length; /* before this element's name */
    uint32_t group;     /* of what lies in it */
    bool has_children;
} level;

typedef struct parsing {
    XML_Parser parser;
    cu_fact_sink *sink;
    cu_buffer path;
    cu_buffer text;
    level levels[cu_fact_depth + 1];
    size_t depth;
    cu_status st;
    cu_err *err;
} parsing;

static void stop(parsing *self, cu_status st)
{
    self->st = st;
    (void)XML_StopParser(self->parser, XML_FALSE);
}

static void give(parsing *self, uint32_t group, cu_bytes value)
{
    const cu_fact fact = {CU_FACT_VALUE, group, cu_buffer_view(&self->path), value};
    const cu_status st = cu_fact_give(self->sink, &fact, self->err);

    if (st != CU_OK)
        stop(self, st);
}

static void give_attribute(parsing *self, const char *name, const char *value)
{
    const size_t length = self->path.n;

    cu_buffer_format(&self->path, "/@%s", name);
    if (self->path.bad)
        stop(self, cu_buffer_check(&self->path, self->err));
    else
        give(self, self->levels[self->depth].group,
             (cu_bytes){(const uint8_t *)value, strlen(value)});
    self->path.n = length;
}

static void on_open(void *context, const char *name, const char **attributes)
{
    parsing *const self = context;

    if (self->st != CU_OK)
        return;
    if (self->depth == cu_fact_depth) {
        stop(self, cu_fail(self->err, CU_ELIMIT, "nested deeper than %d", cu_fact_depth));
        return;
    }
    self->levels[self->depth].has_children = true;
    self->depth++;
    self->levels[self->depth] =
        (level){.path_length = self->path.n, .group = ++self->sink->groups};
    cu_buffer_format(&self->path, "%s%s", self->depth > 1 ? "/" : "", name);
    self->text.n = 0;
    if (self->path.bad) {
        stop(self, cu_buffer_check(&self->path, self->err));
        return;
    }
    for (size_t i = 0; attributes[i] != NULL && self->st == CU_OK; i += 2)
        give_attribute(self, attributes[i], attributes[i + 1]);
}

static cu_bytes trim(cu_bytes text)
{
    while (text.n > 0 && strchr(" \t\r\n", text.p[0]) != NULL)
        text = cu_bytes_slice(text, 1, text.n);
    while (text.n > 0 && strchr(" \t\r\n", text.p[text.n - 1]) != NULL)
        text.n--;
    return text;
}

static void on_close(void *context, CU_UNUSED const char *name)
{
    parsing *const self = context;
    const level *const here = &self->levels[self->depth];
    const cu_bytes text = trim(cu_buffer_view(&self->text));

    if (self->st != CU_OK)
        return;
    /* A leaf is told even where it is empty: there it is a flag. */
    if (!here->has_children || text.n > 0)
        give(self, self->levels[self->depth - 1].group, text);
    self->path.n = here->path_length;
    self->text.n = 0;
    self->depth--;
}

static void on_text(void *context, const char *text, int n)
{
    parsing *const self = context;

    if (self->st != CU_OK)
        return;
    cu_buffer_append(&self->text, text, (size_t)n);
    if (self->text.bad)
        stop(self, cu_buffer_check(&self->text, self->err));
}

static void on_doctype(void *context, CU_UNUSED const char *name, CU_UNUSED const char *outside,
                       CU_UNUSED const char *public, CU_UNUSED int internal)
{
    parsing *const self = context;

    stop(self, cu_fail(self->err, CU_EFORMAT, "it has a document type, which is not read"));
}

static cu_status parse(parsing *self, cu_bytes document)
{
    size_t at = 0;

    do {
        const cu_bytes piece = cu_bytes_slice(document, at, piece_bytes);

        at += piece.n;

        const enum XML_Status status =
            XML_Parse(self->parser, (const char *)piece.p, (int)piece.n, at >= document.n);

        if (self->st != CU_OK)
            return self->st;
        if (status != XML_STATUS_OK)
            return cu_fail(self->err, CU_EFORMAT, "line %lu: %s",
                           (unsigned long)XML_GetCurrentLineNumber(self->parser),
                           XML_ErrorString(XML_GetErrorCode(self->parser)));
    } while (at < document.n);
    return CU_OK;
}

cu_status cu_fact_read_xml(cu_bytes document, const char *prefix, cu_fact_sink *sink,
                           cu_err *err)
{
    parsing self = {.sink = sink,
                    .path = {.ceiling = cu_fact_path_bytes},
                    .text = {.ceiling = cu_fact_value_bytes},
                    .err = err};

    self.parser = XML_ParserCreate(NULL);
    if (self.parser == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    XML_SetUserData(self.parser, &self);
    XML_SetElementHandler(self.parser, on_open, on_close);
    XML_SetCharacterDataHandler(self.parser, on_text);
    XML_SetStartDoctypeDeclHandler(self.parser, on_doctype);
    (void)XML_SetHashSalt(self.parser,
                          0x43757374); /* no reading of /dev/urandom in a sandbox */
    cu_buffer_append(&self.path, prefix, strlen(prefix));
    self.levels[0] = (level){.group = ++sink->groups};

    const cu_status st = parse(&self, document);

    XML_ParserFree(self.parser);
    cu_buffer_free(&self.path);
    cu_buffer_free(&self.text);
    return st;
}
