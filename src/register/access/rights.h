/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what: the roles of a unit, and the table of rights. */
#ifndef CU_REGISTER_ACCESS_RIGHTS_H
#define CU_REGISTER_ACCESS_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>

/* A person may hold several. Their words are in the order of this list: "intake", … */
typedef enum cu_role {
    CU_ROLE_INTAKE,
    CU_ROLE_INVESTIGATOR,
    CU_ROLE_EXAMINER,
    CU_ROLE_GRADER,
    CU_ROLE_EXHIBITS,
    CU_ROLE_DS,
    CU_ROLE_DI,
    CU_ROLE_DISCLOSURE,
    CU_ROLE_AUDITOR,
    CU_ROLE_ADMIN,
    cu_roles,
} cu_role;

extern const char *const cu_role_words[cu_roles];

/* All words with spaces between, as a field's list. */
extern const char cu_role_list[];

typedef enum cu_right {
    CU_RIGHT_REGISTER_REFERRAL,
    CU_RIGHT_ASSESS_RISK,
    CU_RIGHT_LOWER_RISK,
    CU_RIGHT_ALLOCATE,
    CU_RIGHT_VERIFY_ADDRESS,
    CU_RIGHT_DRAFT_WARRANT,
    CU_RIGHT_AUTHORISE_WARRANT,
    CU_RIGHT_APPROVE_OPERATION,
    CU_RIGHT_OWN_CUSTODY,
    CU_RIGHT_PROPERTY_STORE,
    CU_RIGHT_REQUEST_DISPOSAL,
    CU_RIGHT_APPROVE_DISPOSAL,
    CU_RIGHT_DO_DISPOSAL,
    CU_RIGHT_RUN_EXAMINATION,
    CU_RIGHT_REVIEW_EXAMINATION,
    CU_RIGHT_GRADE,
    CU_RIGHT_ADJUDICATE,
    CU_RIGHT_CLEAR_VIEW,
    CU_RIGHT_CHILD_RECORD,
    CU_RIGHT_LIST_MATERIAL,
    CU_RIGHT_CERTIFY_MATERIAL,
    CU_RIGHT_FIGURES,
    CU_RIGHT_READ_AUDIT,
    CU_RIGHT_USERS,
    CU_RIGHT_PROPOSE_POLICY,
    CU_RIGHT_APPROVE_POLICY,
    /* What the source's table does not name; decided here, docs/architecture.md. */
    CU_RIGHT_RUN_CASE,   /* cases, subjects, operations, arrests, tasks, decisions */
    CU_RIGHT_SUPERVISE,  /* access lists, overrides, the outcome of a stopped exhibit */
    CU_RIGHT_READ,       /* records of a case */
    CU_RIGHT_READ_CHILD, /* a child's record: named roles */
    CU_RIGHT_DECLARE,    /* one's own conflict; breaking the glass */
    CU_RIGHT_READ_RULES, /* officers and policy: everybody */
    cu_rights,
} cu_right;

/*
 * What a role may do of a right. "Within" is yes, inside a bound that the action's own rule
 * checks: up to a level, by policy, own cases only, not one's own work.
 */
typedef enum cu_grant { CU_GRANT_NO, CU_GRANT_WITHIN, CU_GRANT_YES } cu_grant;

cu_grant cu_right_of_role(cu_right right, cu_role role);

/* The most that any role in the list of words gives; words that are no role give nothing. */
cu_grant cu_right_of_roles(cu_right right, const char *roles);

/* The words of a right: "risk assess", … */
const char *cu_right_words(cu_right right);

#endif
