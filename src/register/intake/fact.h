/* SPDX-License-Identifier: Apache-2.0 */
/* A document as a flat list of facts, path by path, whatever its elements are called. */
#ifndef CU_REGISTER_INTAKE_FACT_H
#define CU_REGISTER_INTAKE_FACT_H

#include "base/bytes.h"

typedef enum cu_fact_kind {
    CU_FACT_VALUE,   /* path has value; an element without text has an empty one */
    CU_FACT_NULL,    /* path is there and is null */
    CU_FACT_MEMBER,  /* path is the name of an archive's member, value "BYTES SHA256" */
    CU_FACT_PROBLEM, /* value says what was not read at path, and why */
} cu_fact_kind;

/* group is one number for all facts of one element or object, and no other's. */
typedef struct cu_fact {
    cu_fact_kind kind;
    uint32_t group;
    cu_bytes path; /* "report/personOrUserReported/screenName"; an attribute is "…/@name" */
    cu_bytes value;
} cu_fact;

enum {
    cu_fact_depth = 64,
    cu_fact_count = 20000,
    cu_fact_value_bytes = 64 * 1024,
    cu_fact_path_bytes = 2048,
    cu_fact_total_bytes = 32 << 20,
};

/* Where facts go. take may be called until count or bytes reach their ceilings (CU_ELIMIT). */
typedef struct cu_fact_sink {
    cu_status (*take)(void *context, const cu_fact *fact, cu_err *err);
    void *context;
    uint32_t count;
    uint64_t bytes;
    uint32_t groups; /* given so far */
} cu_fact_sink;

cu_status cu_fact_give(cu_fact_sink *sink, const cu_fact *fact, cu_err *err) CU_MUST_CHECK;

/*
 * XML, without a document type: a DTD is refused before any of its entities is read. prefix is
 * put before each path ("" or "member/::/"). What was read before a failure has been given.
 *
 * CU_EFORMAT  it is not well-formed: the text names the line.
 * CU_ELIMIT   deeper, longer or more than the ceilings above.
 */
cu_status cu_fact_read_xml(cu_bytes document, const char *prefix, cu_fact_sink *sink,
                           cu_err *err) CU_MUST_CHECK;

/* JSON, as above; a byte order mark before it is passed over. Indexes are not in a path. */
cu_status cu_fact_read_json(cu_bytes document, const char *prefix, cu_fact_sink *sink,
                            cu_err *err) CU_MUST_CHECK;

/*
 * The members of a ZIP: a fact each, and the facts of those that are XML or JSON. Nothing is
 * written anywhere. A name that leaves its folder, one that is there twice, an encrypted
 * member, and one that unpacks to more than the ceilings are problems, and named.
 */
cu_status cu_fact_read_zip(cu_bytes archive, cu_fact_sink *sink, cu_err *err) CU_MUST_CHECK;

/* Which of them a file is, by its first bytes: "xml", "json", "zip", "pdf", "text", "other". */
const char *cu_fact_format(cu_bytes document);

#endif
