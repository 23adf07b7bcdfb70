/* SPDX-License-Identifier: Apache-2.0 */
/* What a referral's file says: identifiers with their times, flags, and what was not
 * understood. */
#ifndef CU_REGISTER_INTAKE_TIP_H
#define CU_REGISTER_INTAKE_TIP_H

#include "base/arena.h"
#include "register/intake/fact.h"

/* Something by which an account, a device, a place on the network or a file may be found again.
 */
typedef struct cu_tip_identifier {
    const char *kind;     /* ip email phone screen-name user-id device url md5 sha1 sha256 */
    const char *value;    /* in one form, so that two that are the same compare equal */
    const char *original; /* as it was written */
    const char *whose;    /* reported recipient victim file other: never more than was said */
    const char *port;     /* of an ip; NULL where none */
    const char *event;    /* "Login"; NULL where none */
    const char *time;     /* as it was written; NULL where none */
    bool has_offset;      /* false: the time cannot be verified */
    int64_t time_us;      /* where has_offset */
} cu_tip_identifier;

/* What was in the file that no rule understands; or what could not be read. */
typedef struct cu_tip_remark {
    const char *path;
    const char *text; /* the value, or why it was not read */
} cu_tip_remark;

typedef struct cu_tip_member {
    const char *name;
    const char *bytes;
    const char *sha256;
} cu_tip_member;

typedef struct cu_tip {
    const char *format; /* cu_fact_format */
    const char *report; /* the sender's own reference; NULL */
    const char *incident, *incident_time, *service;
    bool child;  /* it speaks of a child who is known, or who made the material */
    bool urgent; /* the sender asks for priority */
    cu_tip_identifier *identifiers;
    size_t identifier_count;
    cu_tip_remark *unknown; /* elements of no known name, with their values */
    size_t unknown_count;
    cu_tip_remark *problems;
    size_t problem_count;
    cu_tip_member *members;
    size_t member_count;
    size_t facts;
} cu_tip;

/*
 * Collects facts (cu_fact_sink.take of the reader; context is the cu_tip_facts), then says what
 * they mean. The tip and its texts live in the arena. Texts are UTF-8; other bytes are written
 * \xNN.
 */
typedef struct cu_tip_facts cu_tip_facts;

cu_tip_facts *cu_tip_begin(cu_arena *arena); /* NULL: out of memory */
cu_status cu_tip_take(void *context, const cu_fact *fact, cu_err *err) CU_MUST_CHECK;
cu_status cu_tip_problem(cu_tip_facts *facts, const char *path, const char *text,
                         cu_err *err) CU_MUST_CHECK;
cu_status cu_tip_end(cu_tip_facts *facts, const char *format, cu_tip *out,
                     cu_err *err) CU_MUST_CHECK;

/* One form for values of a kind, into out: "Sample@Example.COM" is "sample@example.com". */
void cu_tip_normalise(const char *kind, const char *value, cu_buffer *out);

#endif
