/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rights: a row a right, a column a role. */
#include "register/access/rights.h"

#include "register/policy/policy.h"

const char *const cu_role_words[cu_roles] = {
    "intake", "investigator", "examiner",   "grader",  "exhibits",
    "ds",     "di",           "disclosure", "auditor", "admin"};

const char cu_role_list[] =
    "intake investigator examiner grader exhibits ds di disclosure auditor admin";

/* clang-format off */
static const struct {
    const char *words;
    char grants[cu_roles + 1]; /* y yes, w within a bound, . no; columns in the order of cu_role */
} table[cu_rights] = {
    /*                                                            in ex ex di au                */
    /*                                                             iv gr ds ds ad               */
    [CU_RIGHT_REGISTER_REFERRAL]  = {"register referrals",        "yy...yy..."},
    [CU_RIGHT_ASSESS_RISK]        = {"assess risk",               "yy...yy..."},
    [CU_RIGHT_LOWER_RISK]         = {"lower a risk, close or transfer a referral", ".....wy..."},
    [CU_RIGHT_ALLOCATE]           = {"allocate",                  ".....yy..."},
    [CU_RIGHT_VERIFY_ADDRESS]     = {"verify an address",         "yy...yy..."},
    [CU_RIGHT_DRAFT_WARRANT]      = {"draft a warrant",           ".y...yy..."},
    [CU_RIGHT_AUTHORISE_WARRANT]  = {"authorise a warrant",       "......y..."},
    [CU_RIGHT_APPROVE_OPERATION]  = {"approve an operation",      ".....wy..."},
    [CU_RIGHT_OWN_CUSTODY]        = {"seize, and custody of one's own items", ".yy.yy...."},
    [CU_RIGHT_PROPERTY_STORE]     = {"run the property store",    "....y....."},
    [CU_RIGHT_REQUEST_DISPOSAL]   = {"ask for a disposal",        ".y...yy..."},
    [CU_RIGHT_APPROVE_DISPOSAL]   = {"approve a disposal",        "......y..."},
    [CU_RIGHT_DO_DISPOSAL]        = {"carry out a disposal",      "....y....."},
    [CU_RIGHT_RUN_EXAMINATION]    = {"run an examination",        "..y......."},
    [CU_RIGHT_REVIEW_EXAMINATION] = {"review an examination",     "..w..w...."},
    [CU_RIGHT_GRADE]              = {"grade",                     "..yy......"},
    [CU_RIGHT_ADJUDICATE]         = {"adjudicate a grade",        "..yy..y..."},
    [CU_RIGHT_CLEAR_VIEW]         = {"see an image clear",        ".wyy..w..."},
    [CU_RIGHT_CHILD_RECORD]       = {"keep a child's record",     "yy...yy..."},
    [CU_RIGHT_LIST_MATERIAL]      = {"list material",             ".yy....y.."},
    [CU_RIGHT_CERTIFY_MATERIAL]   = {"certify a schedule",        ".......y.."},
    [CU_RIGHT_FIGURES]            = {"draft and approve figures", ".....yy..."},
    [CU_RIGHT_READ_AUDIT]         = {"read the audit of a case",  ".....ww.y."},
    [CU_RIGHT_USERS]              = {"keep officers and backups", ".........y"},
    [CU_RIGHT_PROPOSE_POLICY]     = {"propose a policy",          "......y..."},
    [CU_RIGHT_APPROVE_POLICY]     = {"approve a policy",          ".........y"},
    [CU_RIGHT_RUN_CASE]           = {"run a case",                "yy...yy..."},
    [CU_RIGHT_SUPERVISE]          = {"supervise",                 ".....yy..."},
    [CU_RIGHT_READ]               = {"read a case",               "yyyyyyyyy."},
    [CU_RIGHT_READ_CHILD]         = {"read a child's record",     "yy...yy.y."},
    [CU_RIGHT_DECLARE]            = {"declare a conflict, break the glass", "yyyyyyyy.."},
    [CU_RIGHT_READ_RULES]         = {"read officers and policy",  "yyyyyyyyyy"},
};

/* clang-format on */

cu_grant cu_right_of_role(cu_right right, cu_role role)
{
    switch (table[right].grants[role]) {
    case 'y':
        return CU_GRANT_YES;
    case 'w':
        return CU_GRANT_WITHIN;
    default:
        return CU_GRANT_NO;
    }
}

cu_grant cu_right_of_roles(cu_right right, const char *roles)
{
    cu_grant most = CU_GRANT_NO;

    for (size_t i = 0; i < cu_roles; i++) {
        const cu_grant grant = cu_right_of_role(right, (cu_role)i);

        if (grant > most && cu_words_have(roles, cu_role_words[i]))
            most = grant;
    }
    return most;
}

const char *cu_right_words(cu_right right)
{
    return table[right].words;
}
