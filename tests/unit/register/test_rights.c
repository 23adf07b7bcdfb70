/* SPDX-License-Identifier: Apache-2.0 */
/* The table of rights, against the one that the domain prints, for all roles and all rights. */
#include "register/access/rights.h"

#include "register/register.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <string.h>

/* As printed: intake, investigator, examiner, grader, exhibits, DS, DI, disclosure, auditor,
 * admin. A blank cell is a point; whatever is no blank and no cross gives at least a bound. */
static const struct {
    const char *row;
    const char *cells[cu_roles];
    cu_right rights[3];
    const char
        *wanted[3]; /* the words of a cell that give each right; NULL: any that is no cross */
} printed[] = {
    {"register referral",
     {"Y", "Y", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_REGISTER_REFERRAL},
     {"Y"}},
    {"risk assess",
     {"Y", "Y", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_ASSESS_RISK},
     {"Y"}},
    {"lower risk / close / transfer",
     {".", ".", ".", ".", ".", "DS<=M", "Y", ".", ".", "."},
     {CU_RIGHT_LOWER_RISK},
     {"Y DS<=M"}},
    {"allocate",
     {".", ".", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_ALLOCATE},
     {"Y"}},
    {"second-verify address",
     {"Y", "Y", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_VERIFY_ADDRESS},
     {"Y"}},
    {"warrant draft / authorise",
     {".", "draft", ".", ".", ".", "draft", "Y", ".", ".", "."},
     {CU_RIGHT_DRAFT_WARRANT, CU_RIGHT_AUTHORISE_WARRANT},
     {"Y draft", "Y"}},
    {"approve operation",
     {".", ".", ".", ".", ".", "policy", "Y", ".", ".", "."},
     {CU_RIGHT_APPROVE_OPERATION},
     {"Y policy"}},
    {"seize, custody own items",
     {".", "Y", "Y", ".", "Y", "Y", ".", ".", ".", "."},
     {CU_RIGHT_OWN_CUSTODY},
     {"Y"}},
    {"property store, labels, audit count",
     {".", ".", ".", ".", "Y", ".", ".", ".", ".", "."},
     {CU_RIGHT_PROPERTY_STORE},
     {"Y"}},
    {"exhibit disposal request / approve",
     {".", "req", ".", ".", "do", "req", "Y", ".", ".", "."},
     {CU_RIGHT_REQUEST_DISPOSAL, CU_RIGHT_APPROVE_DISPOSAL, CU_RIGHT_DO_DISPOSAL},
     {"Y req", "Y", "do"}},
    {"accept/run exam, notes",
     {".", ".", "Y", ".", ".", ".", ".", ".", ".", "."},
     {CU_RIGHT_RUN_EXAMINATION},
     {"Y"}},
    {"QA exam",
     {".", ".", "own", ".", ".", "own", ".", ".", ".", "."},
     {CU_RIGHT_REVIEW_EXAMINATION},
     {"own"}},
    {"grade / adjudicate",
     {".", ".", "Y", "Y", ".", ".", "adj", ".", ".", "."},
     {CU_RIGHT_GRADE, CU_RIGHT_ADJUDICATE},
     {"Y", "Y adj"}},
    {"clear view of an image",
     {".", "policy", "Y", "Y", ".", ".", "policy", ".", "x", "x"},
     {CU_RIGHT_CLEAR_VIEW},
     {"Y policy"}},
    {"child record, refer",
     {"Y", "Y", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_CHILD_RECORD},
     {"Y"}},
    {"material: list / certify",
     {".", "list", "list", ".", ".", ".", ".", "Y", ".", "."},
     {CU_RIGHT_LIST_MATERIAL, CU_RIGHT_CERTIFY_MATERIAL},
     {"Y list", "Y"}},
    {"figures: draft / approve",
     {".", ".", ".", ".", ".", "Y", "Y", ".", ".", "."},
     {CU_RIGHT_FIGURES},
     {"Y"}},
    {"read audit of any case",
     {".", ".", ".", ".", ".", "own", "own", ".", "Y", "x"},
     {CU_RIGHT_READ_AUDIT},
     {"Y own"}},
    {"users, policy tables, backups",
     {".", ".", ".", ".", ".", ".", "pol", ".", ".", "Y"},
     {CU_RIGHT_USERS, CU_RIGHT_PROPOSE_POLICY, CU_RIGHT_APPROVE_POLICY},
     {"Y", "pol", "Y"}},
};

static void each_role_has_the_rights_that_the_domain_prints(void **state)
{
    (void)state;
    for (size_t r = 0; r < CU_COUNT_OF(printed); r++) {
        for (size_t i = 0; i < 3 && printed[r].wanted[i] != NULL; i++) {
            for (size_t role = 0; role < cu_roles; role++) {
                const char *const cell = printed[r].cells[role];
                const bool wanted = cu_words_have(printed[r].wanted[i], cell);
                const cu_grant grant = cu_right_of_role(printed[r].rights[i], (cu_role)role);

                if (wanted != (grant != CU_GRANT_NO))
                    fail_msg("%s, %s: \"%s\"", printed[r].row, cu_role_words[role], cell);
                /* A bound in print is a bound in the table, for the action's rules to check. */
                if (cu_words_have("policy own DS<=M", cell))
                    assert_int_equal(grant, CU_GRANT_WITHIN);
            }
        }
    }
}

static void the_administrator_sees_no_case_and_the_auditor_writes_nothing(void **state)
{
    const cu_things things = cu_register_things();

    (void)state;
    for (size_t t = 0; t < things.n; t++) {
        const cu_thing *const thing = things.list[t];
        const bool of_case =
            thing->read != CU_RIGHT_READ_RULES && thing->read != CU_RIGHT_USERS;

        assert_true(!of_case || cu_right_of_role(thing->read, CU_ROLE_ADMIN) == CU_GRANT_NO);
        for (size_t a = 0; a < thing->action_count; a++) {
            const cu_right right = thing->actions[a].right;

            /* Reading rights are the auditor's; each action with one only writes documents. */
            assert_true(cu_right_of_role(right, CU_ROLE_AUDITOR) == CU_GRANT_NO ||
                        right == CU_RIGHT_READ);
            assert_true(cu_right_of_role(right, CU_ROLE_ADMIN) == CU_GRANT_NO ||
                        right == CU_RIGHT_USERS || right == CU_RIGHT_APPROVE_POLICY);
        }
    }
}

static void roles_add_up_and_unknown_words_give_nothing(void **state)
{
    (void)state;
    assert_int_equal(cu_right_of_roles(CU_RIGHT_CLEAR_VIEW, "investigator"), CU_GRANT_WITHIN);
    assert_int_equal(cu_right_of_roles(CU_RIGHT_CLEAR_VIEW, "investigator grader"),
                     CU_GRANT_YES);
    assert_int_equal(cu_right_of_roles(CU_RIGHT_CLEAR_VIEW, ""), CU_GRANT_NO);
    assert_int_equal(cu_right_of_roles(CU_RIGHT_CLEAR_VIEW, "graders"), CU_GRANT_NO);
}

static bool words_within(const char *words, const char *list)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        char word[64];

        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (!cu_words_have(list, word))
            return false;
        at += n + strspn(at + n, " ");
    }
    return true;
}

static void check_fields(const cu_thing *thing, const char *words)
{
    for (const char *at = words; at != NULL && *at != '\0';) {
        const size_t n = strcspn(at, " ");
        char word[64];

        (void)snprintf(word, sizeof word, "%.*s", (int)n, at);
        if (cu_field_of(thing, word) == NULL && !cu_words_have("state ref", word))
            fail_msg("%s has no field \"%s\"", thing->name, word);
        at += n + strspn(at + n, " ");
    }
}

static void every_table_names_its_own_states_and_fields(void **state)
{
    static const char duties[] =
        "collection alteration consultation disclosure combination erasure";
    const cu_things things = cu_register_things();

    (void)state;
    for (size_t t = 0; t < things.n; t++) {
        const cu_thing *const thing = things.list[t];

        check_fields(thing, thing->indexed);
        check_fields(thing, thing->unique);
        check_fields(thing, thing->searched);
        for (size_t i = 0; i < thing->field_count; i++) {
            if (thing->fields[i].kind == CU_FIELD_RECORD)
                assert_non_null(cu_thing_of(things, thing->fields[i].of));
        }
        for (size_t a = 0; a < thing->action_count; a++) {
            const cu_action *const action = &thing->actions[a];

            if (!cu_words_have(duties, action->duty) ||
                (action->from != NULL && strcmp(action->from, "*") != 0 &&
                 !words_within(action->from, thing->states)) ||
                (action->to != NULL && !cu_words_have(thing->states, action->to)))
                fail_msg("%s %s", thing->name, action->name);
            check_fields(thing, action->wants);
            check_fields(thing, action->takes);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_has_the_rights_that_the_domain_prints),
        cmocka_unit_test(the_administrator_sees_no_case_and_the_auditor_writes_nothing),
        cmocka_unit_test(roles_add_up_and_unknown_words_give_nothing),
        cmocka_unit_test(every_table_names_its_own_states_and_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
