/* SPDX-License-Identifier: Apache-2.0 */
/* The one way by which anything is done to a record, or read of it. */
#ifndef CU_REGISTER_RECORD_ENGINE_H
#define CU_REGISTER_RECORD_ENGINE_H

#include "register/record/record.h"

/*
 * What an act leaves in the ledger. Texts may be NULL where there is none, but officer, verb
 * and object.
 */
typedef struct cu_log_entry {
    int64_t now_us;
    const char *officer;
    const char *session;
    const char *verb;      /* "exhibit.seal", "exhibit.list" */
    const char *object;    /* "exhibit:C-2021-00001:ABC/1", or "exhibit" for a list */
    const char *case_name; /* of the case that it belongs to */
    const char *key_name;  /* whose key keeps payload and rows; NULL: the log's own */
    cu_bytes erases;       /* lines: whose keys are destroyed with it */
    const char *duty;      /* of DPA 2018 s.62 */
    const char *reason;    /* as said */
    const char *rule;      /* of a refusal: the entry's result is "denied" */
    cu_bytes payload;      /* JSON: what was given, what changed */
    cu_bytes rows;         /* the rows that were written; none for a look or a refusal */
} cu_log_entry;

typedef struct cu_engine {
    cu_store *store;
    const cu_rulebook *policy;
    const struct cu_tables *tables;
    /* Appends to the ledger, inside the open transaction. */
    cu_status (*log)(void *log_context, cu_store *store, const cu_log_entry *entry,
                     cu_err *err);
    /* Says that an entry will be logged under that key, in the open transaction. */
    cu_status (*foresee)(void *log_context, const char *key_name, cu_err *err);
    /* Brings policy up to what the open transaction sees as approved. */
    cu_status (*amend)(void *log_context, cu_err *err);
    void *log_context;
} cu_engine;

typedef struct cu_request {
    const char *officer; /* who asks */
    const char *session; /* from where: an id, never a name */
    const char *thing;
    const char *action; /* one of the kind's, or "view" or "list" */
    const char *ref;    /* of the record; NULL where the action makes or lists */
    const cu_given *given;
    size_t given_count;
    int64_t version;   /* that the person saw; 0: whichever. Another one refuses the act */
    const void *extra; /* what the action's rules need and no person gives; NULL */
    int64_t now_us;    /* 0: the clock. A generator of demonstrations says its own */
} cu_request;

/* A list's answer. Records live as long as the outcome. */
typedef struct cu_page {
    cu_record **list;
    size_t count;
    int64_t next; /* given as "after", the page that follows; 0: there is none */
} cu_page;

/*
 * Does what is asked: the officer's right, the case's list, the state, what is given, the
 * action's own rules; then the change, its state and its ledger entry become durable together.
 * A view or a list is entered in the ledger before this answers. A refusal, too, is entered.
 * Inside a transaction of the caller, it is part of that (and a refusal undoes nothing by
 * itself).
 *
 * outcome  outcome->arena is the caller's; the rest is filled in.
 * page     NULL, or where a list goes.
 *
 * CU_EREFUSED   a rule forbids it: outcome->refusal says which, and its source.
 * CU_ENOTFOUND  there is no such record, or none that the officer may know of.
 * CU_EUSAGE     there is no such kind or action.
 */
cu_status cu_engine_act(const cu_engine *engine, const cu_request *request, cu_outcome *outcome,
                        cu_page *page, cu_err *err) CU_MUST_CHECK;

#endif
