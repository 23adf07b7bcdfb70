/* SPDX-License-Identifier: Apache-2.0 */
/* Officers. Whoever administers the system sees no case, and an auditor writes nothing. */
#include "register/officer/officer.h"

#include <string.h>

static const char ranks[] = "staff constable sergeant inspector chief-inspector superintendent";

static const cu_field fields[] = {
    CU_HAS_TEXT("name", "as it is shown"),
    CU_HAS_TEXT("initials", "of exhibit references: two to four capitals"),
    CU_HAS_WORD("rank", ranks, "rank, or staff"),
    CU_HAS_WORDS("roles", cu_role_list, "what they may do: see ROLES"),
    CU_HAS_TEXT("trained", "tools and methods they are trained in, spaces between"),
    CU_SAID_TEXT("number", "collar or staff number: the name that others use"),
    CU_SAID_TEXT("reason", "why"),
};

int cu_rank_order(const char *rank)
{
    static const char *const order[] = {"",          "constable",       "sergeant",
                                        "inspector", "chief-inspector", "superintendent"};

    for (size_t i = 1; rank != NULL && i < CU_COUNT_OF(order); i++) {
        if (strcmp(rank, order[i]) == 0)
            return (int)i;
    }
    return 0;
}

static cu_status check_roles(cu_act *act)
{
    const char *const roles = cu_record_text(act->record, "roles");

    if ((cu_words_have(roles, "admin") || cu_words_have(roles, "auditor")) &&
        strchr(roles, ' ') != NULL)
        return cu_act_refuse(act, "U7",
                             "\"%s\" joins the administrator or the auditor to "
                             "another role",
                             roles);
    return CU_OK;
}

static bool good_initials(const char *text)
{
    const size_t n = strlen(text);

    return n >= 2 && n <= 4 && strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == n;
}

static cu_status enrol(cu_act *act)
{
    const char *const number = cu_act_said(act, "number");
    const char *const initials = cu_record_text(act->record, "initials");
    int64_t same = 0;

    if (strlen(number) > 32 ||
        strspn(number, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") !=
            strlen(number))
        return cu_act_refuse(act, "U6", "number \"%.40s\" is no word of letters and digits",
                             number);
    if (initials != NULL && !good_initials(initials))
        return cu_act_refuse(act, "I0", "initials \"%s\" are not two to four capitals",
                             initials);

    const cu_status st =
        cu_act_count(act, "SELECT count(*) FROM register_officer WHERE ref = $1",
                     CU_VALUES(cu_value_text(number)), &same);

    if (st != CU_OK)
        return st;
    if (same > 0)
        return cu_act_refuse(act, "U5", "there is an officer \"%s\" already", number);
    act->record->ref = number;
    return check_roles(act);
}

/* Without an administrator nobody could ever enrol one. */
static cu_status check_another_stays(cu_act *act)
{
    CU_AUTO(cu_rows, rows);
    bool more = false;
    bool stays = !cu_words_have(cu_record_text(act->before, "roles"), "admin");
    cu_status st = cu_store_query(act->store,
                                  "SELECT roles FROM register_officer WHERE state = 'serving'"
                                  " AND ref <> $1",
                                  CU_VALUES(cu_value_text(act->record->ref)), &rows, act->err);

    while (st == CU_OK && !stays && (st = cu_rows_next(rows, &more, act->err)) == CU_OK && more)
        stays = cu_words_have(cu_rows_text(rows, 0), "admin");
    if (st == CU_OK && !stays)
        return cu_act_refuse(act, "U1", "%s is the last administrator: enrol another first",
                             act->record->ref);
    return st;
}

static cu_status amend(cu_act *act)
{
    const cu_status st = check_roles(act);

    return st == CU_OK && !cu_words_have(cu_record_text(act->record, "roles"), "admin")
               ? check_another_stays(act)
               : st;
}

static const cu_action actions[] = {
    {.name = "enrol",
     .says = "a new officer",
     .from = "",
     .to = "serving",
     .right = CU_RIGHT_USERS,
     .duty = "collection",
     .wants = "number name rank roles",
     .takes = "initials trained",
     .rules = enrol},
    {.name = "amend",
     .says = "other roles, rank, training",
     .from = "serving",
     .right = CU_RIGHT_USERS,
     .duty = "alteration",
     .wants = "reason",
     .takes = "name rank roles trained",
     .rules = amend},
    {.name = "leave",
     .says = "no longer works here",
     .from = "serving",
     .to = "left",
     .right = CU_RIGHT_USERS,
     .duty = "alteration",
     .wants = "reason",
     .rules = check_another_stays},
};

const cu_thing cu_thing_officer = {.name = "officer",
                                   .says = "who works with the register, and their roles",
                                   .states = "serving left",
                                   CU_FIELDS(fields),
                                   CU_ACTIONS(actions),
                                   .read = CU_RIGHT_READ_RULES};
