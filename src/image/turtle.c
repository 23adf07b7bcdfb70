/* SPDX-License-Identifier: Apache-2.0 */
/* A reader of Turtle that goes through the text once, word by word. */
#include "image/turtle.h"

#include "base/list.h"

#include <stdlib.h>
#include <string.h>

enum {
    prefixes_max = 64,
    texts_max = 64 << 20,
    name_max = 4096,
};

static const char rdf_type[] = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

typedef enum word_kind {
    WORD_END,
    WORD_NAME,    /* <…>, prefix:name, a */
    WORD_LITERAL, /* "…", a number, true, false */
    WORD_PREFIX,  /* @prefix */
    WORD_BASE,    /* @base */
    WORD_MARK,    /* . ; , */
    WORD_BAD,
} word_kind;

typedef struct word {
    word_kind kind;
    char mark;
    const char *text;
    const char *type;
} word;

typedef struct prefix {
    cu_bytes name; /* with its colon */
    const char *value;
} prefix;

typedef struct parser {
    cu_turtle *turtle;
    const uint8_t *p, *end;
    size_t room;
    prefix prefixes[prefixes_max];
    size_t prefix_count;
    cu_status failed; /* CU_ENOMEM or CU_ELIMIT */
} parser;

/* ---- words ---- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool ends_word(uint8_t c)
{
    return is_space(c) || strchr(";,\"<>[]()#", c) != NULL;
}

static void skip_space(parser *self)
{
    for (; self->p < self->end; self->p++) {
        if (*self->p == '#') {
            while (self->p < self->end && *self->p != '\n')
                self->p++;
            if (self->p == self->end)
                return;
        } else if (!is_space(*self->p)) {
            return;
        }
    }
}

static const char *keep(parser *self, const void *bytes, size_t n)
{
    const char *const text = cu_arena_text(self->turtle->texts, bytes, n);

    if (text == NULL)
        self->failed = CU_ELIMIT;
    return text;
}

static word bad(void)
{
    return (word){.kind = WORD_BAD};
}

/* <…>, from its first character on. */
static word take_reference(parser *self)
{
    const uint8_t *const start = self->p + 1;
    const uint8_t *const close = memchr(start, '>', (size_t)(self->end - start));

    if (close == NULL || close - start > name_max)
        return bad();
    self->p = close + 1;
    return (word){
        .kind = WORD_NAME, .text = keep(self, start, (size_t)(close - start)), .type = ""};
}

/* The characters up to the end of a plain word. A dot belongs to it where more follows. */
static cu_bytes take_plain(parser *self)
{
    const uint8_t *const start = self->p;

    while (self->p < self->end && !ends_word(*self->p) && *self->p != '\0' &&
           !(*self->p == '.' && (self->p + 1 == self->end || ends_word(self->p[1]))))
        self->p++;
    return (cu_bytes){start, (size_t)(self->p - start)};
}

static word resolve(parser *self, cu_bytes plain)
{
    const uint8_t *const colon = memchr(plain.p, ':', plain.n);
    const size_t n = colon == NULL ? 0 : (size_t)(colon - plain.p) + 1;

    for (size_t i = 0; colon != NULL && i < self->prefix_count; i++) {
        const prefix *const known = &self->prefixes[i];
        char name[2 * name_max + 2];
        const size_t value_n = strlen(known->value);

        if (!cu_bytes_equal(known->name, cu_bytes_slice(plain, 0, n)) ||
            value_n + plain.n - n >= sizeof name)
            continue;
        memcpy(name, known->value, value_n);
        memcpy(name + value_n, plain.p + n, plain.n - n);
        return (word){
            .kind = WORD_NAME, .text = keep(self, name, value_n + plain.n - n), .type = ""};
    }
    return bad();
}

static bool is_plain(cu_bytes plain, const char *text)
{
    return plain.n == strlen(text) && memcmp(plain.p, text, plain.n) == 0;
}

static bool is_number(cu_bytes plain)
{
    for (size_t i = 0; i < plain.n; i++) {
        if (strchr("0123456789+-.eE", plain.p[i]) == NULL)
            return false;
    }
    return plain.n > 0;
}

static word take_name(parser *self)
{
    const cu_bytes plain = take_plain(self);

    if (plain.n == 0 || plain.n > name_max || memchr(plain.p, '\0', plain.n) != NULL)
        return bad();
    if (is_plain(plain, "@prefix") || is_plain(plain, "PREFIX"))
        return (word){.kind = WORD_PREFIX};
    if (is_plain(plain, "@base") || is_plain(plain, "BASE"))
        return (word){.kind = WORD_BASE};
    if (is_plain(plain, "a"))
        return (word){.kind = WORD_NAME, .text = rdf_type, .type = ""};
    if (is_plain(plain, "true") || is_plain(plain, "false") || is_number(plain))
        return (word){.kind = WORD_LITERAL, .text = keep(self, plain.p, plain.n), .type = ""};
    return resolve(self, plain);
}

static const char *take_type(parser *self)
{
    word type = {.type = ""};

    if (self->end - self->p > 2 && self->p[0] == '^' && self->p[1] == '^') {
        self->p += 2;
        type = *self->p == '<' ? take_reference(self) : take_name(self);
        return type.kind == WORD_NAME ? type.text : NULL;
    }
    if (self->p < self->end && *self->p == '@')
        (void)take_plain(self); /* a language */
    return "";
}

/* "…" or """…""". Escapes stay as they are: nothing that is looked at holds one. */
static word take_literal(parser *self)
{
    const bool is_long = self->end - self->p >= 6 && memcmp(self->p, "\"\"\"", 3) == 0;
    const size_t quotes = is_long ? 3 : 1;
    const uint8_t *const start = self->p + quotes;

    self->p = start;
    while ((size_t)(self->end - self->p) >= quotes && memcmp(self->p, "\"\"\"", quotes) != 0) {
        if (*self->p == '\\' && self->end - self->p > 1)
            self->p++;
        self->p++;
    }
    if ((size_t)(self->end - self->p) < quotes)
        return bad();

    word read = {.kind = WORD_LITERAL, .text = keep(self, start, (size_t)(self->p - start))};

    self->p += quotes;
    read.type = take_type(self);
    return read.type == NULL ? bad() : read;
}

static word next_word(parser *self)
{
    skip_space(self);
    if (self->p == self->end)
        return (word){.kind = WORD_END};
    if (*self->p == '<')
        return take_reference(self);
    if (*self->p == '"')
        return take_literal(self);
    if (*self->p == '.' || *self->p == ';' || *self->p == ',')
        return (word){.kind = WORD_MARK, .mark = (char)*self->p++};
    return take_name(self);
}

/* ---- statements ---- */

static bool add(parser *self, const char *subject, const char *predicate, const word *object)
{
    cu_turtle *const turtle = self->turtle;

    if (turtle->count == cu_turtle_statements_max) {
        self->failed = CU_ELIMIT;
        return false;
    }

    cu_turtle_statement *const list =
        cu_list_room(turtle->list, turtle->count, &self->room, sizeof *list, NULL);

    if (list == NULL) {
        self->failed = CU_ENOMEM;
        return false;
    }
    turtle->list = list;
    list[turtle->count++] =
        (cu_turtle_statement){subject, predicate, object->text, object->type};
    return true;
}

/* @prefix name: <value> . */
static bool take_prefix(parser *self)
{
    skip_space(self);

    const cu_bytes name = take_plain(self);

    skip_space(self);
    if (name.n == 0 || name.n > name_max || name.p[name.n - 1] != ':' ||
        self->prefix_count == prefixes_max || self->p == self->end || *self->p != '<')
        return false;

    const word value = take_reference(self);

    if (value.kind != WORD_NAME || value.text == NULL)
        return false;
    self->prefixes[self->prefix_count++] = (prefix){name, value.text};
    skip_space(self);
    if (self->p < self->end && *self->p == '.')
        self->p++;
    return true;
}

/* Objects after a predicate, to the mark that is no comma. '\0': it is broken. */
static char take_objects(parser *self, const char *subject, const char *predicate)
{
    word mark = {.mark = ','};

    while (mark.mark == ',') {
        const word object = next_word(self);

        if ((object.kind != WORD_NAME && object.kind != WORD_LITERAL) || object.text == NULL ||
            !add(self, subject, predicate, &object))
            return '\0';
        mark = next_word(self);
        if (mark.kind != WORD_MARK)
            return '\0';
    }
    return mark.mark;
}

static bool take_subject(parser *self, const word *subject)
{
    char mark = ';';

    if (subject->kind != WORD_NAME || subject->text == NULL)
        return false;
    while (mark == ';') {
        const word predicate = next_word(self);

        /* "; ." is allowed at the end. */
        if (predicate.kind == WORD_MARK && predicate.mark == '.')
            return true;
        if (predicate.kind == WORD_MARK && predicate.mark == ';')
            continue;
        if (predicate.kind != WORD_NAME || predicate.text == NULL)
            return false;
        mark = take_objects(self, subject->text, predicate.text);
    }
    return mark == '.';
}

static bool take_all(parser *self)
{
    for (;;) {
        const word first = next_word(self);
        bool good = true;

        if (first.kind == WORD_END)
            return true;
        if (first.kind == WORD_PREFIX)
            good = take_prefix(self);
        else
            good = take_subject(self, &first);
        if (!good || self->failed != CU_OK)
            return false;
    }
}

cu_status cu_turtle_parse(cu_bytes text, cu_turtle *out, cu_err *err)
{
    cu_turtle turtle = {.texts = cu_arena_new(texts_max)};
    parser self = {.turtle = &turtle, .p = text.p, .end = text.p + text.n};

    if (turtle.texts == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (text.n > 0 && !take_all(&self)) {
        const size_t at = (size_t)(self.p - text.p);

        cu_turtle_free(&turtle);
        if (self.failed != CU_OK)
            return cu_fail(err, self.failed, "its statements are more than can be held");
        return cu_fail(err, CU_EFORMAT, "its statements are broken at byte %zu", at);
    }
    *out = turtle;
    return CU_OK;
}

void cu_turtle_free(cu_turtle *turtle)
{
    free(turtle->list);
    cu_arena_free(turtle->texts);
    *turtle = (cu_turtle){0};
}

const char *cu_turtle_object(const cu_turtle *turtle, const char *subject,
                             const char *predicate)
{
    for (size_t i = 0; i < turtle->count; i++) {
        if ((subject == NULL || strcmp(turtle->list[i].subject, subject) == 0) &&
            strcmp(turtle->list[i].predicate, predicate) == 0)
            return turtle->list[i].object;
    }
    return NULL;
}

const char *cu_turtle_subject(const cu_turtle *turtle, const char *predicate,
                              const char *object)
{
    for (size_t i = 0; i < turtle->count; i++) {
        if (strcmp(turtle->list[i].predicate, predicate) == 0 &&
            strcmp(turtle->list[i].object, object) == 0)
            return turtle->list[i].subject;
    }
    return NULL;
}
