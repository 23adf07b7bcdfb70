/* SPDX-License-Identifier: Apache-2.0 */
/* What a kind of record is, and what may be done to it: tables that one engine follows. */
#ifndef CU_REGISTER_RECORD_RECORD_H
#define CU_REGISTER_RECORD_RECORD_H

#include "base/arena.h"
#include "base/json.h"
#include "register/access/rights.h"
#include "register/policy/calendar.h"
#include "store/store.h"

/* ---- the tables ---- */

typedef enum cu_field_kind {
    CU_FIELD_TEXT,    /* any words */
    CU_FIELD_NUMBER,  /* a whole number */
    CU_FIELD_YES,     /* "yes" or "no" */
    CU_FIELD_TIME,    /* UTC microseconds; written by people as cu_officer_time_read reads it */
    CU_FIELD_DATE,    /* "YYYY-MM-DD" */
    CU_FIELD_WORD,    /* one word of a list */
    CU_FIELD_WORDS,   /* some words of a list */
    CU_FIELD_OFFICER, /* an officer who is there and has not left */
    CU_FIELD_RECORD,  /* a record of the kind that is named; one may be kept from the officer */
    CU_FIELD_ANY,     /* a record of any kind, "KIND:REF"; one may be kept from the officer */
    CU_FIELD_DIGEST,  /* SHA-256 in 64 lower-case hexadecimal digits */
    CU_FIELD_FILE,    /* bytes of a file; never a column */
} cu_field_kind;

/* One thing that is known of a record, and one word of the command line and of JSON. */
typedef struct cu_field {
    const char *name; /* lower case; '_' between words is '-' on the command line */
    const char *of;   /* the words of WORD and WORDS, the kind of RECORD; else NULL */
    const char *says; /* for help, a few words */
    cu_field_kind kind;
    bool said;  /* only said with an action, kept in the ledger's entry: no column */
    bool ahead; /* a TIME or DATE that may be to come when it is given, or that the kind's rules
                   judge */
} cu_field;

typedef struct cu_act cu_act;
typedef struct cu_record cu_record;

/*
 * What may be done. from: the states that it starts from, spaces between; "" makes a new
 * record;
 * "*" any state. to: the state that it leads to; NULL leaves it (or rules sets it). wants and
 * takes: names of fields, spaces between, that must or may be given; those with a column are
 * set. rules: refuses, computes and does what follows, with the fields already set; NULL:
 * nothing more.
 */
typedef struct cu_action {
    const char *name;
    const char *says; /* for help, a few words */
    const char *from;
    const char *to;
    cu_right right;
    const char *duty; /* of DPA 2018 s.62: collection alteration consultation disclosure … */
    const char *wants;
    const char *takes;
    cu_status (*rules)(cu_act *act);
} cu_action;

/*
 * A kind of record. Every kind also has ref, state, version, made_us, made_by, changed_us.
 * Where it has a field "case" (or is the case), the case's access list decides who may see it.
 */
typedef struct cu_thing {
    const char *name;
    const char *says;
    const char *prefix; /* of refs: "R" makes R-2021-00001; NULL: rules name it */
    const char *states; /* spaces between */
    const cu_field *fields;
    size_t field_count;
    const cu_action *actions;
    size_t action_count;
    const char *indexed; /* fields that are looked for, spaces between */
    const char *unique;  /* fields that are unique together, spaces between; or NULL */
    const char
        *searched; /* fields that a list finds by a part of them, spaces between; or NULL */
    cu_right read; /* who may view and list it */
} cu_thing;

/* The rows of a table of fields. */
#define CU_HAS(name, of, says, kind)                                                           \
    {                                                                                          \
        name, of, says, kind, false, false                                                     \
    }
#define CU_SAID(name, of, says, kind)                                                          \
    {                                                                                          \
        name, of, says, kind, true, false                                                      \
    }
#define CU_HAS_TIME_AHEAD(name, says)                                                          \
    {                                                                                          \
        name, NULL, says, CU_FIELD_TIME, false, true                                           \
    }
#define CU_SAID_TIME_AHEAD(name, says)                                                         \
    {                                                                                          \
        name, NULL, says, CU_FIELD_TIME, true, true                                            \
    }
#define CU_HAS_DATE_AHEAD(name, says)                                                          \
    {                                                                                          \
        name, NULL, says, CU_FIELD_DATE, false, true                                           \
    }
#define CU_SAID_DATE_AHEAD(name, says)                                                         \
    {                                                                                          \
        name, NULL, says, CU_FIELD_DATE, true, true                                            \
    }
#define CU_HAS_TEXT(name, says)           CU_HAS(name, NULL, says, CU_FIELD_TEXT)
#define CU_HAS_NUMBER(name, says)         CU_HAS(name, NULL, says, CU_FIELD_NUMBER)
#define CU_HAS_YES(name, says)            CU_HAS(name, NULL, says, CU_FIELD_YES)
#define CU_HAS_TIME(name, says)           CU_HAS(name, NULL, says, CU_FIELD_TIME)
#define CU_HAS_DATE(name, says)           CU_HAS(name, NULL, says, CU_FIELD_DATE)
#define CU_HAS_WORD(name, words, says)    CU_HAS(name, words, says, CU_FIELD_WORD)
#define CU_HAS_WORDS(name, words, says)   CU_HAS(name, words, says, CU_FIELD_WORDS)
#define CU_HAS_OFFICER(name, says)        CU_HAS(name, NULL, says, CU_FIELD_OFFICER)
#define CU_HAS_RECORD(name, thing, says)  CU_HAS(name, thing, says, CU_FIELD_RECORD)
#define CU_HAS_ANY(name, says)            CU_HAS(name, NULL, says, CU_FIELD_ANY)
#define CU_HAS_DIGEST(name, says)         CU_HAS(name, NULL, says, CU_FIELD_DIGEST)
#define CU_HAS_FILE(name, says)           CU_HAS(name, NULL, says, CU_FIELD_FILE)
#define CU_SAID_TEXT(name, says)          CU_SAID(name, NULL, says, CU_FIELD_TEXT)
#define CU_SAID_TIME(name, says)          CU_SAID(name, NULL, says, CU_FIELD_TIME)
#define CU_SAID_WORD(name, words, says)   CU_SAID(name, words, says, CU_FIELD_WORD)
#define CU_SAID_OFFICER(name, says)       CU_SAID(name, NULL, says, CU_FIELD_OFFICER)
#define CU_SAID_RECORD(name, thing, says) CU_SAID(name, thing, says, CU_FIELD_RECORD)
#define CU_SAID_DIGEST(name, says)        CU_SAID(name, NULL, says, CU_FIELD_DIGEST)

enum {
    cu_field_max = 48,       /* of a kind of record */
    cu_text_max = 64 * 1024, /* bytes of one text */
    cu_find_max = 10000,     /* records of one cu_act_find */
};

#define CU_FIELDS(array)  .fields = (array), .field_count = CU_COUNT_OF(array)
#define CU_ACTIONS(array) .actions = (array), .action_count = CU_COUNT_OF(array)

/* ---- a record ---- */

struct cu_record {
    const cu_thing *thing;
    int64_t id; /* 0: not in the store yet */
    int64_t version, made_us, changed_us;
    const char *ref, *state, *made_by;
    cu_value values[cu_field_max]; /* of thing->fields, in order; texts end in a zero byte */
};

/* The value of a field; NULL, or 0, where it has none. A name that is no field is our own bug.
 */
const char *cu_record_text(const cu_record *record, const char *field);
int64_t cu_record_number(const cu_record *record, const char *field);
bool cu_record_has(const cu_record *record, const char *field);
bool cu_record_is(const cu_record *record, const char *field, const char *text);
bool cu_record_in(const cu_record *record, const char *states); /* its state is one of these */

/* The text is borrowed: it lives as long as the record, in the act's arena or the program. */
void cu_record_set(cu_record *record, const char *field, const char *text);
void cu_record_set_number(cu_record *record, const char *field, int64_t number);
void cu_record_clear(cu_record *record, const char *field);

/* ---- an act: what rules are given ---- */

/* What a person wrote, or what another part of Custos hands in. */
typedef struct cu_given {
    const char *name;
    const char *text;
    cu_bytes bytes; /* of CU_FIELD_FILE */
} cu_given;

typedef struct cu_officer {
    const char *ref; /* "7f3a" or a collar number; "" before anybody is enrolled */
    const char *roles;
    const char *rank;
    const char *trained;
    const char *initials;
} cu_officer;

/* What an act answers, beside its record. Texts live as long as the outcome's arena. */
typedef struct cu_outcome {
    cu_arena *arena;
    cu_record *record;   /* as it is now; NULL where the action has none */
    const char *rule;    /* of a refusal; else NULL */
    const char *source;  /* of that rule */
    const char *refusal; /* the whole sentence */
    const char *warnings[16];
    size_t warning_count;
    cu_buffer more;     /* JSON members that the action adds, each after a comma */
    cu_buffer document; /* what the action writes for people to read or to send */
} cu_outcome;

typedef struct cu_things {
    const cu_thing *const *list;
    size_t n;
} cu_things;

struct cu_act {
    cu_store *store;
    const cu_rulebook *policy;
    const struct cu_tables *tables; /* the engine's: SQL of every kind of record */
    cu_arena *arena;
    const cu_thing *thing;
    const cu_action *action;
    cu_officer officer;
    cu_record *record;       /* to be kept when rules answer CU_OK; NULL for a list */
    const cu_record *before; /* as it was; NULL where it is new */
    const cu_given *given;
    size_t given_count;
    int64_t now_us;
    cu_date today; /* local */
    cu_outcome *outcome;
    const void *extra; /* of the request: what is no text */
    bool looks; /* the engine's: a view, a list or a consultation, which changes nothing */
    struct cu_reached *reached; /* the engine's: what a look found of cases */
    int64_t hidden;             /* how many records were kept from the officer in this look */
    cu_buffer changes; /* the engine's: what was added and changed, for the ledger's entry */
    cu_buffer rows;    /* the engine's: every row that was written, as bind.h has it */
    cu_buffer erases;  /* lines: whose keys the ledger destroys with this act's entry */
    cu_err *err;
};

/* What was said of a field in this act; NULL where nothing. */
const char *cu_act_said(const cu_act *act, const char *field);

/* As a TIME or NUMBER field reads it; otherwise where nothing was said. */
int64_t cu_act_said_number(cu_act *act, const char *field, int64_t otherwise);

/* A text that lives as long as the act. "" where memory is out: the act fails at its end. */
const char *cu_act_format(cu_act *act, const char *format, ...) CU_PRINTF(2, 3);

/*
 * Refuses by a rule of the policy: CU_EREFUSED, with a sentence that says what is wrong
 * (format), the rule, and its source. The refusal is logged by the engine.
 */
cu_status cu_act_refuse(cu_act *act, const char *rule, const char *format, ...)
    CU_PRINTF(3, 4) CU_MUST_CHECK;

/* A sentence for the person that does not stop the act. */
void cu_act_warn(cu_act *act, const char *format, ...) CU_PRINTF(2, 3);

bool cu_act_holds(const cu_act *act,
                  const char *roles); /* the officer has one of these roles */

/* A policy value on the act's day. */
cu_status cu_act_policy(cu_act *act, const char *key, int64_t *out) CU_MUST_CHECK;

/* Refuses by rule what is none of the words of a policy value on the act's day, and says them.
 */
cu_status cu_act_policy_word(cu_act *act, const char *rule, const char *key,
                             const char *word) CU_MUST_CHECK;

/* from_us plus the length of time that key has on the day of from_us. */
cu_status cu_act_deadline(cu_act *act, const char *key, int64_t from_us,
                          int64_t *out_us) CU_MUST_CHECK;

/* The minute of a time. People write times to the minute, so what follows a thing may be given
 * as early as this. */
int64_t cu_act_minute(int64_t time_us);

/*
 * Refuses (U6) where the record's time later is before its time earlier. To the minute, as
 * people write times; where one of them is not there, nothing is refused.
 */
cu_status cu_act_check_order(cu_act *act, const char *earlier, const char *later) CU_MUST_CHECK;

/* "1 March 2021, 07:42" local, for sentences. */
const char *cu_act_when(cu_act *act, int64_t time_us);

/* ---- records of an act ---- */

/* NULL: none is called so. */
const cu_thing *cu_thing_of(cu_things things, const char *name);
const cu_action *cu_action_of(const cu_thing *thing, const char *name);
const cu_field *cu_field_of(const cu_thing *thing, const char *name);

/* CU_ENOTFOUND with words where there is none. The record is the caller's to change and save.
 */
cu_status cu_act_load(cu_act *act, const char *thing, const char *ref,
                      cu_record **out) CU_MUST_CHECK;

/*
 * The records whose field has that text (or number, by its digits), in the order of their
 * making; field NULL: all. The list is in the arena. CU_ELIMIT over cu_find_max.
 */
cu_status cu_act_find(cu_act *act, const char *thing, const char *field, const char *value,
                      cu_record ***out, size_t *count) CU_MUST_CHECK;

/* An empty record, to be filled and added. NULL where memory is out. */
cu_record *cu_act_new(cu_act *act, const char *thing, const char *state);

/* Keeps a new record: gives it a ref where it has none. CU_EEXISTS: its unique fields are
 * taken. */
cu_status cu_act_add(cu_act *act, cu_record *record) CU_MUST_CHECK;

/* Keeps a record that was loaded and changed. Its change is part of the act's ledger entry. */
cu_status cu_act_save(cu_act *act, cu_record *record) CU_MUST_CHECK;

/* The next number of a name, from 1, without gaps. */
cu_status cu_act_next(cu_act *act, const char *name, int64_t *out) CU_MUST_CHECK;

/* A whole number that SQL answers. */
cu_status cu_act_count(cu_act *act, const char *sql, cu_values values,
                       int64_t *out) CU_MUST_CHECK;

/*
 * Whether the officer may know of a record, for a document that lists names: by its case, or,
 * where that is NULL, by what it names. False is counted, and is in the ledger's entry;
 * CU_NOT_FOR_YOU stands in the name's place.
 */
#define CU_NOT_FOR_YOU "a record you may not see"
/* Says that it will be asked about records of these cases, of which any may be NULL; no more
 * than CU_STORE_FORESEEN at once. */
cu_status cu_act_foresee_cases(cu_act *act, const char *const *names,
                               size_t count) CU_MUST_CHECK;
cu_status cu_act_may_see(cu_act *act, const char *thing, const char *ref, const char *case_name,
                         bool *out) CU_MUST_CHECK;

/* ---- JSON ---- */

/* The record's members into an open object: thing, ref, state, version, times, every field. */
void cu_record_write(const cu_record *record, cu_json *json);

#endif
