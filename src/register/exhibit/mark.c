/* SPDX-License-Identifier: Apache-2.0 */
/* References of exhibits, and the numbers of seals. */
#include "register/exhibit/exhibit.h"
#include "register/record/bind.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

static cu_status check_pattern(cu_act *act, const char *mark)
{
    const cu_rulebook_value *const value =
        cu_rulebook_on(act->policy, "exhibit.reference", act->today);
    regex_t pattern;
    int found = 0;

    if (value == NULL || regcomp(&pattern, value->text, REG_EXTENDED | REG_NOSUB) != 0)
        return cu_fail(act->err, CU_EFORMAT,
                       "policy value \"exhibit.reference\" is no pattern");
    found = regexec(&pattern, mark, 0, NULL, 0);
    regfree(&pattern);
    if (found != 0)
        return cu_act_refuse(act, "I0", "\"%.40s\" is no exhibit reference such as ABC/1",
                             mark);
    return CU_OK;
}

/* Two officers with the same initials in one case: the second takes a third letter. */
static cu_status check_producer(cu_act *act, const cu_record *exhibit, const char *initials)
{
    int64_t others = 0;
    const cu_status st = cu_act_count(
        act,
        "SELECT count(*) FROM register_exhibit WHERE \"case\" = $1 AND initials = $2"
        " AND producer <> $3",
        CU_VALUES(cu_value_text(cu_record_text(exhibit, "case")), cu_value_text(initials),
                  cu_value_text(cu_record_text(exhibit, "producer"))),
        &others);

    if (st == CU_OK && others > 0)
        return cu_act_refuse(act, "I0",
                             "another officer's exhibits in this case are %s/…; use a third "
                             "letter or a collar number",
                             initials);
    return st;
}

/* Never used again: the highest number of the initials in the case so far, and one more. */
static cu_status take_number(cu_act *act, const cu_record *exhibit, const char *initials,
                             int64_t said, int64_t *out)
{
    const char *const counter =
        cu_act_format(act, "marks of %s %s", cu_record_text(exhibit, "case"), initials);
    const cu_values name = CU_VALUES(cu_value_text(counter));
    int64_t last = 0;
    cu_status st = cu_act_count(
        act, "SELECT COALESCE(max(number), 0) FROM register_counter WHERE name = $1", name,
        &last);

    if (st != CU_OK)
        return st;
    if (said != 0 && said <= last)
        return cu_act_refuse(act, "I0",
                             "%s/%lld is used, or a later number is; next is %s/%lld", initials,
                             (long long)said, initials, (long long)last + 1);
    *out = said == 0 ? last + 1 : said;
    st = cu_store_run(act->store,
                      "INSERT INTO register_counter (name, number) VALUES ($1, $2)"
                      " ON CONFLICT (name) DO UPDATE SET number = $2",
                      CU_VALUES(cu_value_text(counter), cu_value_integer(*out)), act->err);
    return st == CU_OK ? cu_bind_counter(act, counter, *out) : st;
}

static cu_status producer_initials(cu_act *act, const cu_record *exhibit, const char **out)
{
    cu_record *producer = NULL;
    const cu_status st =
        cu_act_load(act, "officer", cu_record_text(exhibit, "producer"), &producer);

    if (st != CU_OK)
        return st;
    *out = cu_record_text(producer, "initials");
    if (*out == NULL)
        return cu_act_refuse(act, "I0", "%s has no initials", producer->ref);
    return CU_OK;
}

cu_status cu_exhibit_name(cu_act *act, cu_record *exhibit)
{
    const char *const said = cu_record_text(exhibit, "mark");
    const char *initials = NULL;
    int64_t number = 0;
    cu_status st = CU_OK;

    if (said == NULL) {
        st = producer_initials(act, exhibit, &initials);
    } else {
        st = check_pattern(act, said);
        initials = cu_act_format(act, "%.*s", (int)strcspn(said, "/"), said);
        number = strtoll(said + strcspn(said, "/") + (strchr(said, '/') != NULL), NULL, 10);
    }
    if (st == CU_OK)
        st = check_producer(act, exhibit, initials);
    if (st == CU_OK)
        st = take_number(act, exhibit, initials, number, &number);
    if (st != CU_OK)
        return st;
    cu_record_set(exhibit, "initials", initials);
    if (said == NULL)
        cu_record_set(exhibit, "mark",
                      cu_act_format(act, "%s/%lld", initials, (long long)number));
    exhibit->ref = cu_act_format(act, "%s:%s", cu_record_text(exhibit, "case"),
                                 cu_record_text(exhibit, "mark"));
    return CU_OK;
}

/* ---- seals ---- */

static const cu_field seal_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("exhibit", "exhibit", "on which it is or was"),
};

const cu_thing cu_thing_seal = {.name = "seal",
                                .says = "numbers of seals, each used once",
                                .states = "used",
                                CU_FIELDS(seal_fields),
                                .indexed = "exhibit",
                                .read = CU_RIGHT_READ};

cu_status cu_seal_read(cu_act *act, const char *text, const char **out)
{
    char *const number = cu_arena_text(act->arena, text, strlen(text));
    size_t n = 0;

    if (number == NULL)
        return cu_fail(act->err, CU_ENOMEM, "out of memory");
    for (const char *at = text; *at != '\0'; at++) {
        const bool small = *at >= 'a' && *at <= 'z';

        if (*at == ' ')
            continue;
        if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/.", *at) ==
            NULL)
            return cu_act_refuse(
                act, "I2", "seal \"%.40s\" is not letters, digits, \"-\", \"/\" and \".\"",
                text);
        number[n++] = (char)(small ? *at - 'a' + 'A' : *at);
    }
    number[n] = '\0';
    *out = number;
    return CU_OK;
}

cu_status cu_seal_take(cu_act *act, const cu_record *exhibit, const char *seal)
{
    cu_record *const record = cu_act_new(act, "seal", "used");
    int64_t used = 0;
    const cu_status st = cu_act_count(act, "SELECT count(*) FROM register_seal WHERE ref = $1",
                                      CU_VALUES(cu_value_text(seal)), &used);

    if (st != CU_OK)
        return st;
    if (used > 0)
        return cu_act_refuse(act, "I2", "seal %s was used before", seal);
    if (record == NULL)
        return CU_ENOMEM;
    record->ref = seal;
    cu_record_set(record, "case", cu_record_text(exhibit, "case"));
    cu_record_set(record, "exhibit", exhibit->ref);
    return cu_act_add(act, record);
}

const char *cu_holder_self(cu_act *act)
{
    return cu_act_format(act, "officer:%s", act->officer.ref);
}

cu_status cu_exhibit_check_held(cu_act *act, const cu_record *exhibit)
{
    if (cu_record_is(exhibit, "stopped", "yes"))
        return cu_act_refuse(act, "C7",
                             "exhibit %s is stopped until a supervisor records the outcome",
                             exhibit->ref);
    if (cu_record_has(exhibit, "transit_to"))
        return cu_act_refuse(act, "C3",
                             "exhibit %s is in transit to %s; whoever has it still receives "
                             "it, with a reason",
                             exhibit->ref, cu_record_text(exhibit, "transit_to"));
    if (!cu_record_is(exhibit, "holder", cu_holder_self(act)))
        return cu_act_refuse(act, "C1", "exhibit %s is with %s, not with you", exhibit->ref,
                             cu_record_text(exhibit, "holder"));
    return CU_OK;
}
