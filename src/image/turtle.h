/* SPDX-License-Identifier: Apache-2.0 */
/* Statements in Turtle, as far as AFF4 writes them. Private to image/. */
#ifndef CU_IMAGE_TURTLE_H
#define CU_IMAGE_TURTLE_H

#include "base/arena.h"
#include "base/bytes.h"

enum { cu_turtle_statements_max = 1 << 18 };

/* Names are whole, prefixes put in; an object's literal is without its quotes and type. */
typedef struct cu_turtle_statement {
    const char *subject;
    const char *predicate;
    const char *object;
    const char *type; /* of a literal, whole; "" where it has none, or the object is a name */
} cu_turtle_statement;

typedef struct cu_turtle {
    cu_turtle_statement *list;
    size_t count;
    cu_arena *texts;
} cu_turtle;

/*
 * Reads prefixes, names, literals, lists by ';' and ','. CU_EFORMAT: the text breaks the
 * grammar, or uses more of it (collections, nodes without a name). CU_ELIMIT, CU_ENOMEM.
 *
 * Source: W3C, "RDF 1.1 Turtle", section 6.
 */
cu_status cu_turtle_parse(cu_bytes text, cu_turtle *out, cu_err *err) CU_MUST_CHECK;
void cu_turtle_free(cu_turtle *turtle);

/* The first object of subject and predicate; subject NULL is any. NULL: there is none. */
const char *cu_turtle_object(const cu_turtle *turtle, const char *subject,
                             const char *predicate);

/* The first subject of predicate and object, or NULL. */
const char *cu_turtle_subject(const cu_turtle *turtle, const char *predicate,
                              const char *object);

#endif
