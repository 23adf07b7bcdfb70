/* SPDX-License-Identifier: Apache-2.0 */
/* Which logs are known, which witnesses, and how many of them are enough. */
#include "tlog/policy.h"

#include <stdlib.h>
#include <string.h>

enum { logs_max = 64, names_max = 128, words_max = names_max + 4, policy_bytes = 1 << 20 };

/* A witness, or a group of names before it in the list. */
typedef struct member {
    cu_bytes name;
    bool is_group;
    cu_verifier witness;
    size_t enough; /* of the members */
    size_t n;
    uint8_t members[names_max];
} member;

struct cu_policy {
    uint8_t *text; /* the names are views into it */
    size_t logs;
    cu_verifier log[logs_max];
    size_t n;
    member list[names_max];
    bool used[names_max]; /* is a member of a group already */
    bool has_quorum;
    bool none;
    size_t quorum;
};

typedef struct policy_line {
    size_t number;
    size_t n;
    cu_bytes words[words_max];
} policy_line;

void cu_policy_free(cu_policy *policy)
{
    if (policy == NULL)
        return;
    free(policy->text);
    free(policy);
}

static bool is_word(cu_bytes bytes, const char *word)
{
    return cu_bytes_equal(bytes, (cu_bytes){(const uint8_t *)word, strlen(word)});
}

static cu_status refuse(cu_err *err, const policy_line *line, const char *why)
{
    return cu_fail(err, CU_EFORMAT, "line %zu of the policy: %s", line->number, why);
}

static bool split(cu_bytes text, policy_line *line)
{
    line->n = 0;
    for (size_t i = 0; i < text.n;) {
        size_t n = 0;

        if (text.p[i] == ' ' || text.p[i] == '\t') {
            i++;
            continue;
        }
        while (i + n < text.n && text.p[i + n] != ' ' && text.p[i + n] != '\t')
            n++;
        if (line->n == words_max)
            return false;
        line->words[line->n++] = cu_bytes_slice(text, i, n);
        i += n;
    }
    return true;
}

static size_t find(const cu_policy *policy, cu_bytes name)
{
    for (size_t i = 0; i < policy->n; i++) {
        if (cu_bytes_equal(policy->list[i].name, name))
            return i;
    }
    return SIZE_MAX;
}

static cu_status add_log(cu_policy *policy, const policy_line *line, cu_err *err)
{
    cu_verifier *const log = &policy->log[policy->logs];

    if (line->n < 2 || line->n > 3)
        return refuse(err, line, "log KEY [URL] is wanted");
    if (policy->logs == logs_max)
        return refuse(err, line, "there are too many logs");
    if (cu_verifier_parse(line->words[1], log, NULL) != CU_OK || log->type != CU_KEY_ED25519)
        return refuse(err, line, "that is no key of a log");
    for (size_t i = 0; i < policy->logs; i++) {
        if (memcmp(policy->log[i].public_key, log->public_key, 32) == 0)
            return refuse(err, line, "that log is there already");
    }
    policy->logs++;
    return CU_OK;
}

/* A new name for the list, or an error where it may not be one. */
static cu_status new_member(cu_policy *policy, const policy_line *line, member **out,
                            cu_err *err)
{
    if (policy->n == names_max)
        return refuse(err, line, "there are too many witnesses and groups");
    if (is_word(line->words[1], "none") || find(policy, line->words[1]) != SIZE_MAX)
        return refuse(err, line, "that name is taken");
    *out = &policy->list[policy->n];
    (*out)->name = line->words[1];
    return CU_OK;
}

static cu_status add_witness(cu_policy *policy, const policy_line *line, cu_err *err)
{
    member *one = NULL;

    if (line->n < 3 || line->n > 4)
        return refuse(err, line, "witness NAME KEY [URL] is wanted");

    const cu_status st = new_member(policy, line, &one, err);

    if (st != CU_OK)
        return st;
    if (cu_verifier_parse(line->words[2], &one->witness, NULL) != CU_OK ||
        one->witness.type != CU_KEY_COSIGNATURE)
        return refuse(err, line, "that is no key of a witness");
    for (size_t i = 0; i < policy->n; i++) {
        if (!policy->list[i].is_group &&
            memcmp(policy->list[i].witness.public_key, one->witness.public_key, 32) == 0)
            return refuse(err, line, "that witness is there already");
    }
    policy->n++;
    return CU_OK;
}

static cu_status add_group(cu_policy *policy, const policy_line *line, cu_err *err)
{
    member *one = NULL;
    uint64_t enough = 0;

    if (line->n < 4)
        return refuse(err, line, "group NAME all|any|COUNT NAME... is wanted");

    const cu_status st = new_member(policy, line, &one, err);

    if (st != CU_OK)
        return st;
    one->is_group = true;
    one->n = line->n - 3;
    if (is_word(line->words[2], "all"))
        enough = one->n;
    else if (is_word(line->words[2], "any"))
        enough = 1;
    else if (!cu_decimal_decode(line->words[2], &enough))
        return refuse(err, line, "how many are enough is not a number");
    if (enough < 1 || enough > one->n)
        return refuse(err, line, "so many members are not there");
    one->enough = (size_t)enough;
    for (size_t i = 0; i < one->n; i++) {
        const size_t at = find(policy, line->words[i + 3]);

        if (at == SIZE_MAX || policy->used[at])
            return refuse(err, line, "a member is not defined before, or is a member already");
        policy->used[at] = true;
        one->members[i] = (uint8_t)at;
    }
    policy->n++;
    return CU_OK;
}

static cu_status add_quorum(cu_policy *policy, const policy_line *line, cu_err *err)
{
    if (line->n != 2 || policy->has_quorum)
        return refuse(err, line, "one quorum NAME is wanted");
    policy->has_quorum = true;
    policy->none = is_word(line->words[1], "none");
    policy->quorum = find(policy, line->words[1]);
    if (!policy->none && policy->quorum == SIZE_MAX)
        return refuse(err, line, "the quorum is not defined before");
    return CU_OK;
}

static const struct {
    const char *word;
    cu_status (*add)(cu_policy *policy, const policy_line *line, cu_err *err);
} line_kinds[] = {
    {"log", add_log}, {"witness", add_witness}, {"group", add_group}, {"quorum", add_quorum}};

static cu_status add_line(cu_policy *policy, const policy_line *line, cu_err *err)
{
    if (line->n == 0 || line->words[0].p[0] == '#')
        return CU_OK;
    for (size_t i = 0; i < CU_COUNT_OF(line_kinds); i++) {
        if (is_word(line->words[0], line_kinds[i].word))
            return line_kinds[i].add(policy, line, err);
    }
    return refuse(err, line, "it begins with none of log, witness, group, quorum");
}

static bool is_policy_text(cu_bytes bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        const uint8_t c = bytes.p[i];

        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return false;
    }
    return bytes.n > 0 && bytes.n <= policy_bytes && bytes.p[bytes.n - 1] == '\n';
}

cu_status cu_policy_parse(cu_bytes bytes, cu_policy **out, cu_err *err)
{
    CU_AUTO(cu_policy, policy);
    policy_line line = {0};
    cu_bytes text;
    cu_bytes one;

    if (!is_policy_text(bytes))
        return cu_fail(err, CU_EFORMAT, "the policy is not lines of text");
    policy = calloc(1, sizeof *policy);
    if (policy == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    policy->text = malloc(bytes.n);
    if (policy->text == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    memcpy(policy->text, bytes.p, bytes.n);
    text = (cu_bytes){policy->text, bytes.n};
    while (cu_line_take(&text, &one)) {
        line.number++;
        if (!split(one, &line))
            return refuse(err, &line, "it is too long");

        const cu_status st = add_line(policy, &line, err);

        if (st != CU_OK)
            return st;
    }
    if (!policy->has_quorum)
        return cu_fail(err, CU_EFORMAT, "the policy has no quorum line");
    *out = CU_MOVE(policy);
    return CU_OK;
}

cu_status cu_policy_check_log(const cu_policy *policy, const cu_note *note, cu_bytes origin,
                              cu_err *err)
{
    bool signed_once = false;

    for (size_t i = 0; i < policy->logs; i++) {
        const cu_verifier *const log = &policy->log[i];

        if (!is_word(origin, log->name))
            continue;

        const cu_status st = cu_note_verify(note, log, NULL, err);

        if (st != CU_OK && st != CU_ENOTFOUND)
            return st;
        signed_once = signed_once || st == CU_OK;
    }
    return signed_once ? CU_OK
                       : cu_fail(err, CU_EFORMAT, "no log of the policy signed the checkpoint");
}

cu_status cu_policy_check_quorum(const cu_policy *policy, const cu_note *note, cu_err *err)
{
    bool seen[names_max] = {false};

    for (size_t i = 0; i < policy->n; i++) {
        const member *const one = &policy->list[i];
        size_t count = 0;

        if (!one->is_group) {
            const cu_status st = cu_note_verify(note, &one->witness, NULL, err);

            if (st != CU_OK && st != CU_ENOTFOUND)
                return st;
            seen[i] = st == CU_OK;
            continue;
        }
        for (size_t k = 0; k < one->n; k++)
            count += seen[one->members[k]];
        seen[i] = count >= one->enough;
    }
    return policy->none || seen[policy->quorum]
               ? CU_OK
               : cu_fail(err, CU_EFORMAT, "too few of the policy's witnesses cosigned");
}
