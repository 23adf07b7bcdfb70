/* SPDX-License-Identifier: Apache-2.0 */
/* An inspector proposes, an administrator approves; from then on it is the force's policy. */
#include "register/policy/change.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

static const cu_field fields[] = {
    CU_HAS_TEXT("key", "which value"),
    CU_HAS_DATE_AHEAD("starts", "from which day"),
    CU_HAS_TEXT("value", "what it is worth then"),
    CU_HAS_TEXT("unit", "as it was"),
    CU_HAS_TEXT("source", "why, and by whose decision"),
    CU_HAS_OFFICER("proposed_by", "the first key"),
    CU_HAS_OFFICER("approved_by", "the second key"),
    CU_SAID_TEXT("reason", "why"),
};

/* ---- what a value may be ---- */

enum {
    number_most = 36600,
    working_days_most = 3660,
    months_most = 1800,
    seconds_most = 86400
};

static bool is_number(const char *text, int64_t most)
{
    char *end = NULL;

    errno = 0;

    const long long number = strtoll(text, &end, 10);

    return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' && number <= most;
}

static bool is_pattern(const char *text)
{
    regex_t pattern;

    if (regcomp(&pattern, text, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    regfree(&pattern);
    return true;
}

static bool are_levels(const char *text)
{
    size_t n = 0;

    for (const char *at = text; *at != '\0'; at += n + strspn(at + n, " ")) {
        char word[16] = "";

        n = strcspn(at, " ");
        if (n >= sizeof word)
            return false;
        memcpy(word, at, n);
        if (!cu_words_have("none low medium high very-high", word))
            return false;
    }
    return true;
}

/* What each unit of policy may be worth; a unit that is not here is words for people. */
static const struct {
    const char *unit;
    int64_t most; /* of a number; 0: no number */
    bool (*reads)(const char *text);
    const char *words; /* one of these */
    const char *wanted;
} units[] = {
    {"hours", number_most, NULL, NULL, "a whole number up to 36600"},
    {"days", number_most, NULL, NULL, "a whole number up to 36600"},
    {"working days", working_days_most, NULL, NULL, "a whole number up to 3660"},
    {"months", months_most, NULL, NULL, "a whole number up to 1800"},
    {"votes", number_most, NULL, NULL, "a whole number up to 36600"},
    {"seconds", seconds_most, NULL, NULL, "a whole number up to 86400"},
    {"characters", number_most, NULL, NULL, "a whole number up to 36600"},
    {"count", number_most, NULL, NULL, "a whole number up to 36600"},
    {"pattern", 0, is_pattern, NULL, "an extended regular expression"},
    {"levels", 0, are_levels, NULL, "some of: none low medium high very-high"},
    {"changes in UTC", 0, cu_summer_time_reads, NULL,
     "written as: 03-last-sunday 01:00 10-last-sunday 01:00"},
    {"yes or no", 0, NULL, "yes no", "yes or no"},
    {"off, restricted or always", 0, NULL, "off restricted always",
     "off, restricted or always"},
};

/* A value that the program could not read would stop every act that asks for it. */
static cu_status check_value(cu_act *act, const cu_rulebook_value *now)
{
    const char *const text = cu_record_text(act->record, "value");

    if (strcmp(now->key, "calendar.month-end") == 0 ||
        strcmp(now->key, "calendar.weekend") == 0)
        return cu_act_refuse(act, "P1", "the program has one \"%s\" and no other", now->key);
    for (size_t i = 0; i < CU_COUNT_OF(units); i++) {
        if (strcmp(units[i].unit, now->unit) != 0)
            continue;

        const bool good = units[i].most > 0        ? is_number(text, units[i].most)
                          : units[i].reads != NULL ? units[i].reads(text)
                                                   : cu_words_have(units[i].words, text);

        if (!good)
            return cu_act_refuse(act, "P1", "%s \"%.60s\" is not %s", now->key, text,
                                 units[i].wanted);
    }
    return CU_OK;
}

static cu_status propose(cu_act *act)
{
    const cu_rulebook_value *const now =
        cu_rulebook_on(act->policy, cu_record_text(act->record, "key"), act->today);

    if (now == NULL)
        return cu_act_refuse(act, "P1", "policy has no value \"%.60s\"",
                             cu_record_text(act->record, "key"));
    cu_record_set(act->record, "unit", cu_act_format(act, "%s", now->unit));
    cu_record_set(act->record, "proposed_by", act->officer.ref);
    return check_value(act, now);
}

static cu_status approve(cu_act *act)
{
    if (cu_record_is(act->record, "proposed_by", act->officer.ref))
        return cu_act_refuse(act, "P1", "%s proposed it", act->officer.ref);
    cu_record_set(act->record, "approved_by", act->officer.ref);
    return CU_OK;
}

static const cu_action actions[] = {
    {.name = "propose",
     .says = "the first key: another value from a day on",
     .from = "",
     .to = "proposed",
     .right = CU_RIGHT_PROPOSE_POLICY,
     .duty = "alteration",
     .wants = "key starts value source",
     .rules = propose},
    {.name = "approve",
     .says = "the second key",
     .from = "proposed",
     .to = "approved",
     .right = CU_RIGHT_APPROVE_POLICY,
     .duty = "alteration",
     .rules = approve},
    {.name = "refuse",
     .says = "it stays as it is",
     .from = "proposed",
     .to = "refused",
     .right = CU_RIGHT_APPROVE_POLICY,
     .duty = "alteration",
     .wants = "reason"},
};

const cu_thing cu_thing_policy_change = {.name = "policy-change",
                                         .says = "the force's changes of policy values",
                                         .prefix = "PC",
                                         .states = "proposed approved refused",
                                         CU_FIELDS(fields),
                                         CU_ACTIONS(actions),
                                         .read = CU_RIGHT_READ_RULES};
