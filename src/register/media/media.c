/* SPDX-License-Identifier: Apache-2.0 */
/* A match is what a set asserts; a grade is what people agree on. */
#include "register/media/media.h"

#include "register/referral/referral.h"

#include <string.h>

static const char codes[] = "A B C PROHIBITED EXTREME NOT-ILLEGAL UNDECIDED";

static const cu_field fields[] = {
    CU_HAS_TEXT("md5", "digest"),
    CU_HAS_TEXT("sha1", "digest"),
    CU_HAS_NUMBER("bytes", "its length"),
    CU_HAS_TEXT("type", "by its content"),
    CU_HAS_WORD("kind", "still moving document", "what it is"),
    CU_HAS_WORD("code", codes, "the grade, once two agree or a third decides"),
    CU_HAS_TEXT("scheme", "of the grade"),
    CU_HAS_NUMBER("looks", "how often it was put in doubt and graded anew"),
    CU_SAID_WORD("grade", codes, "your grade"),
    CU_SAID_TEXT("grade_scheme", "the scheme that you grade in"),
    CU_SAID_TEXT("seconds", "how long it was seen clear"),
    CU_SAID_RECORD("exhibit", "exhibit", "the exhibit on which you look at it"),
    CU_SAID_TEXT("reason", "why"),
};

/* ---- matches ---- */

static const cu_field occurrence_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("media", "media", "the file"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_RECORD("evidence", "evidence", "the evidence file that says so"),
    CU_HAS_TEXT("path", "on the device"),
    CU_HAS_TEXT("item_state", "allocated deleted orphan carved member"),
    CU_HAS_YES("accessible", "a user could open it"),
    CU_HAS_YES("path_certain", "no: the path is a hypothesis"),
};

const cu_thing cu_thing_occurrence = {.name = "occurrence",
                                      .says = "where a file lies on an exhibit",
                                      .prefix = "MO",
                                      .states = "found",
                                      CU_FIELDS(occurrence_fields),
                                      .indexed = "media exhibit case",
                                      .read = CU_RIGHT_READ};

static const cu_field match_fields[] = {
    CU_HAS_RECORD("case", "case", "the case"),
    CU_HAS_RECORD("media", "media", "the file"),
    CU_HAS_RECORD("exhibit", "exhibit", "the exhibit"),
    CU_HAS_TEXT("set", "the set"),
    CU_HAS_TEXT("set_version", "its version"),
    CU_HAS_TEXT("strength", "exact-allocated exact-proved exact-claimed near"),
    CU_HAS_TEXT("algorithm", "md5 sha1 sha256 pdq"),
    CU_HAS_NUMBER("distance", "of a near match"),
    CU_HAS_TEXT("asserted_scheme", "what the set asserts: scheme"),
    CU_HAS_TEXT("asserted_code", "what the set asserts: code"),
    CU_HAS_TEXT("record", "of the set"),
};

const cu_thing cu_thing_match = {.name = "match",
                                 .says = "what sets assert of a file",
                                 .prefix = "MM",
                                 .states = "asserted",
                                 CU_FIELDS(match_fields),
                                 .indexed = "media exhibit",
                                 .read = CU_RIGHT_READ};

static const char *kind_of(const char *type)
{
    if (type != NULL && strncmp(type, "video/", 6) == 0)
        return "moving";
    return type != NULL && strncmp(type, "image/", 6) == 0 ? "still" : "document";
}

static cu_status keep_media(cu_act *act, const cu_attached_match *from, const char **ref)
{
    cu_record *media = NULL;
    cu_status st = cu_act_load(act, "media", from->sha256, &media);

    *ref = from->sha256;
    if (st != CU_ENOTFOUND)
        return st;
    media = cu_act_new(act, "media", "unseen");
    if (media == NULL)
        return CU_ENOMEM;
    media->ref = from->sha256;
    cu_record_set(media, "md5", from->md5);
    cu_record_set(media, "sha1", from->sha1);
    cu_record_set_number(media, "bytes", from->bytes);
    cu_record_set(media, "type", from->type);
    cu_record_set(media, "kind", kind_of(from->type));
    return cu_act_add(act, media);
}

static cu_status link_exhibits(cu_act *act, const char *exhibit, const char *media,
                               size_t *exhibits)
{
    cu_record **list = NULL;
    size_t count = 0;
    cu_status st = cu_act_find(act, "occurrence", "media", media, &list, &count);

    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const char *const other = cu_record_text(list[i], "exhibit");
        bool added = false;

        if (strcmp(other, exhibit) == 0)
            continue;
        st = cu_link_add(act, cu_act_format(act, "exhibit:%s", exhibit),
                         cu_act_format(act, "exhibit:%s", other), "files in common", &added);
        *exhibits += added;
    }
    return st;
}

static cu_status add_occurrence(cu_act *act, const char *exhibit, const char *evidence,
                                const char *media, const cu_attached_match *from)
{
    cu_record *const record = cu_act_new(act, "occurrence", "found");
    const char *const state = from->state == NULL ? "allocated" : from->state;

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "case", cu_record_text(act->record, "case"));
    cu_record_set(record, "media", media);
    cu_record_set(record, "exhibit", exhibit);
    cu_record_set(record, "evidence", evidence);
    cu_record_set(record, "path", from->path);
    cu_record_set(record, "item_state", state);
    cu_record_set(record, "accessible", strcmp(state, "allocated") == 0 ? "yes" : "no");
    cu_record_set(record, "path_certain", from->path_certain ? "yes" : "no");
    return cu_act_add(act, record);
}

static cu_status add_match(cu_act *act, const char *exhibit, const char *media,
                           const cu_attached_match *from)
{
    cu_record *const record = cu_act_new(act, "match", "asserted");

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "case", cu_record_text(act->record, "case"));
    cu_record_set(record, "media", media);
    cu_record_set(record, "exhibit", exhibit);
    cu_record_set(record, "set", from->set);
    cu_record_set(record, "set_version", from->set_version);
    cu_record_set(record, "strength", from->strength);
    cu_record_set(record, "algorithm", from->algorithm);
    cu_record_set_number(record, "distance", from->distance);
    cu_record_set(record, "asserted_scheme", from->scheme);
    cu_record_set(record, "asserted_code", from->code);
    cu_record_set(record, "record", from->record);
    return cu_act_add(act, record);
}

static cu_status occurs_there(cu_act *act, const char *exhibit, const char *media,
                              const char *path, int64_t *out)
{
    return cu_act_count(
        act,
        "SELECT count(*) FROM register_occurrence WHERE media = $1 AND exhibit = $2"
        " AND path = $3",
        CU_VALUES(cu_value_text(media), cu_value_text(exhibit), cu_value_text(path)), out);
}

cu_status cu_media_take_match(cu_act *act, const char *exhibit, const char *evidence,
                              const cu_attached_match *match, size_t *exhibits)
{
    const char *media = NULL;
    int64_t there = 0;
    cu_status st = CU_OK;

    if (match->sha256 == NULL)
        return CU_OK; /* an item that was not read has no digest to be known by */
    st = keep_media(act, match, &media);
    if (st == CU_OK)
        st = occurs_there(act, exhibit, media, match->path, &there);
    if (st == CU_OK && there == 0)
        st = add_occurrence(act, exhibit, evidence, media, match);
    if (st == CU_OK)
        st = add_match(act, exhibit, media, match);
    return st == CU_OK ? link_exhibits(act, exhibit, media, exhibits) : st;
}

cu_status cu_media_confirmed(cu_act *act, const char *exhibit, int64_t *out)
{
    return cu_act_count(act,
                        "SELECT count(DISTINCT m.ref) FROM register_media m JOIN"
                        " register_occurrence o ON o.media = m.ref WHERE o.exhibit = $1"
                        " AND m.state IN ('agreed', 'adjudicated', 'final')"
                        " AND m.code IN ('A', 'B', 'C')",
                        CU_VALUES(cu_value_text(exhibit)), out);
}

/* ---- grades ---- */

static const cu_field grade_fields[] = {
    CU_HAS_RECORD("media", "media", "the file"),
    CU_HAS_TEXT("scheme", "the scheme"),
    CU_HAS_WORD("code", codes, "the grade"),
    CU_HAS_WORD("round", "first second adjudication", "which look it was"),
    CU_HAS_OFFICER("grader", "who"),
    CU_HAS_NUMBER("looks", "of the file, when it was graded"),
};

/* Not for graders to list: the second does not see the first's (rule G4). */
const cu_thing cu_thing_grade = {.name = "grade",
                                 .says = "grades, as given by each grader",
                                 .prefix = "MG",
                                 .states = "given",
                                 CU_FIELDS(grade_fields),
                                 .indexed = "media",
                                 .read = CU_RIGHT_SUPERVISE};

static cu_status add_grade(cu_act *act, const char *round)
{
    cu_record *const record = cu_act_new(act, "grade", "given");

    if (record == NULL)
        return CU_ENOMEM;
    cu_record_set(record, "media", act->record->ref);
    cu_record_set(record, "scheme", cu_act_said(act, "grade_scheme"));
    cu_record_set(record, "code", cu_act_said(act, "grade"));
    cu_record_set(record, "round", round);
    cu_record_set(record, "grader", act->officer.ref);
    cu_record_set_number(record, "looks", cu_record_number(act->record, "looks"));
    return cu_act_add(act, record);
}

/* The grades of this look; those before the file was put in doubt stay, and do not count. */
static cu_status find_grades(cu_act *act, cu_record ***out, size_t *count)
{
    cu_record **list = NULL;
    size_t all = 0;
    const cu_status st = cu_act_find(act, "grade", "media", act->record->ref, &list, &all);

    *count = 0;
    for (size_t i = 0; st == CU_OK && i < all; i++) {
        if (cu_record_number(list[i], "looks") == cu_record_number(act->record, "looks"))
            list[(*count)++] = list[i];
    }
    *out = list;
    return st;
}

static cu_status check_scheme(cu_act *act)
{
    if (strcmp(cu_act_said(act, "grade_scheme"), CU_GRADE_SCHEME) != 0)
        return cu_act_refuse(act, "G1", "people grade in %s, not in %.40s", CU_GRADE_SCHEME,
                             cu_act_said(act, "grade_scheme"));
    return CU_OK;
}

static cu_status grade_first(cu_act *act)
{
    const cu_status st = check_scheme(act);

    return st == CU_OK ? add_grade(act, "first") : st;
}

static cu_status grade_second(cu_act *act)
{
    cu_record **list = NULL;
    size_t count = 0;
    cu_status st = check_scheme(act);

    if (st == CU_OK)
        st = find_grades(act, &list, &count);
    if (st != CU_OK)
        return st;
    for (size_t i = 0; i < count; i++) {
        if (cu_record_is(list[i], "grader", act->officer.ref))
            return cu_act_refuse(act, "G4", "you graded it first");
    }
    if (count > 0 && cu_record_is(list[count - 1], "code", cu_act_said(act, "grade"))) {
        act->record->state = "agreed";
        cu_record_set(act->record, "code", cu_act_said(act, "grade"));
        cu_record_set(act->record, "scheme", CU_GRADE_SCHEME);
    } else {
        act->record->state = "disputed";
    }
    return add_grade(act, "second");
}

static cu_status adjudicate(cu_act *act)
{
    cu_record **list = NULL;
    size_t count = 0;
    cu_status st = check_scheme(act);

    if (st == CU_OK)
        st = find_grades(act, &list, &count);
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        if (cu_record_is(list[i], "grader", act->officer.ref))
            return cu_act_refuse(act, "G4", "you graded it before");
    }
    cu_record_set(act->record, "code", cu_act_said(act, "grade"));
    cu_record_set(act->record, "scheme", CU_GRADE_SCHEME);
    return st == CU_OK ? add_grade(act, "adjudication") : st;
}

/* A set that policy trusts, by an exact match: rule G2 keeps near ones out, G3 all other sets.
 */
static cu_status pre_categorise(cu_act *act)
{
    cu_record **list = NULL;
    size_t count = 0;
    const char *near = NULL;
    const cu_status st = cu_act_find(act, "match", "media", act->record->ref, &list, &count);

    for (size_t i = 0; st == CU_OK && i < count; i++) {
        const char *const set = cu_record_text(list[i], "set");

        if (!cu_rulebook_has_word(act->policy, "grade.trusted-sets", act->today, set))
            continue;
        if (cu_record_is(list[i], "strength", "near")) {
            near = set; /* an exact one may follow */
            continue;
        }
        if (!cu_record_is(list[i], "asserted_scheme", CU_GRADE_SCHEME))
            return cu_act_refuse(act, "G1", "set %s asserts in another scheme", set);
        if (!cu_words_have(codes, cu_record_text(list[i], "asserted_code")))
            continue;
        cu_record_set(act->record, "code", cu_record_text(list[i], "asserted_code"));
        cu_record_set(act->record, "scheme", CU_GRADE_SCHEME);
        return CU_OK;
    }
    if (st == CU_OK && near != NULL)
        return cu_act_refuse(act, "G2", "the match of %s is near, not exact", near);
    if (st == CU_OK)
        return cu_act_refuse(act, "G3", "no set that policy trusts asserts a grade of it");
    return st;
}

static cu_status regrade(cu_act *act)
{
    cu_record_set_number(act->record, "looks", cu_record_number(act->record, "looks") + 1);
    cu_record_clear(act->record, "code");
    cu_record_clear(act->record, "scheme");
    return CU_OK;
}

/* ---- clear views ---- */

static const cu_field exposure_fields[] = {
    CU_HAS_OFFICER("officer", "who"),
    CU_HAS_DATE("day", "on which day"),
    CU_HAS_NUMBER("seconds", "of clear viewing"),
    CU_HAS_NUMBER("views", "how many"),
};

/* Totals, for whoever looks after the person; never which files. */
const cu_thing cu_thing_exposure = {.name = "exposure",
                                    .says = "how long an officer saw files clear, by day",
                                    .states = "counted",
                                    CU_FIELDS(exposure_fields),
                                    .indexed = "officer",
                                    .unique = "officer day",
                                    .read = CU_RIGHT_SUPERVISE};

static cu_status check_role_policy(cu_act *act)
{
    const bool grader = cu_act_holds(act, "examiner grader");
    const char *const key =
        cu_act_holds(act, "di") ? "clear-view.di" : "clear-view.investigator";
    const cu_rulebook_value *const value = cu_rulebook_on(act->policy, key, act->today);

    if (!grader && (value == NULL || strcmp(value->text, "yes") != 0))
        return cu_act_refuse(act, "G6", "policy %s does not allow it", key);
    return CU_OK;
}

/* The exhibit is what gives access to the case: the file is to lie on it. */
static cu_status check_place(cu_act *act)
{
    const char *const exhibit = cu_act_said(act, "exhibit");
    int64_t there = 0;
    const cu_status st = cu_act_count(
        act, "SELECT count(*) FROM register_occurrence WHERE media = $1 AND exhibit = $2",
        CU_VALUES(cu_value_text(act->record->ref), cu_value_text(exhibit)), &there);

    if (st == CU_OK && there == 0)
        return cu_act_refuse(act, "G6", "it does not lie on exhibit %s", exhibit);
    return st;
}

static cu_status see_clear(cu_act *act)
{
    char day[cu_date_text_size];
    int64_t seconds = 0;
    int64_t hard = 0;
    int64_t soft = 0;
    cu_record *today = NULL;
    cu_status st = check_role_policy(act);

    if (st == CU_OK)
        st = check_place(act);
    if (st != CU_OK)
        return st;

    for (const char *at = cu_act_said(act, "seconds"); *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || seconds > 86400)
            return cu_act_refuse(act, "U6", "seconds is no whole number");
        seconds = seconds * 10 + (*at - '0');
    }
    if (seconds == 0)
        return cu_act_refuse(act, "G6", "a look of no second is none");
    cu_date_text(act->today, day);

    const char *const ref = cu_act_format(act, "%s@%s", act->officer.ref, day);

    if (st == CU_OK)
        st = cu_act_policy(act, "exposure.hard", &hard);
    if (st == CU_OK)
        st = cu_act_policy(act, "exposure.soft", &soft);
    if (st == CU_OK)
        st = cu_act_load(act, "exposure", ref, &today);
    if (st != CU_OK && st != CU_ENOTFOUND)
        return st;

    const int64_t before = today == NULL ? 0 : cu_record_number(today, "seconds");

    if (before + seconds > hard)
        return cu_act_refuse(act, "G6", "%lld seconds today and %lld more are over %lld",
                             (long long)before, (long long)seconds, (long long)hard);
    if (before + seconds > soft)
        cu_act_warn(act, "take a break: %lld seconds today",
                    (long long)before + (long long)seconds);
    if (today != NULL) {
        cu_record_set_number(today, "seconds", before + seconds);
        cu_record_set_number(today, "views", cu_record_number(today, "views") + 1);
        return cu_act_save(act, today);
    }
    today = cu_act_new(act, "exposure", "counted");
    if (today == NULL)
        return CU_ENOMEM;
    today->ref = ref;
    cu_record_set(today, "officer", act->officer.ref);
    cu_record_set(today, "day", cu_act_format(act, "%s", day));
    cu_record_set_number(today, "seconds", seconds);
    cu_record_set_number(today, "views", 1);
    return cu_act_add(act, today);
}

static const cu_action actions[] = {
    {.name = "grade",
     .says = "the first look",
     .from = "unseen pre-categorised",
     .to = "graded",
     .right = CU_RIGHT_GRADE,
     .duty = "alteration",
     .wants = "grade grade_scheme",
     .rules = grade_first},
    {.name = "grade-second",
     .says = "the second look, by another, without the first's grade",
     .from = "graded",
     .right = CU_RIGHT_GRADE,
     .duty = "alteration",
     .wants = "grade grade_scheme",
     .rules = grade_second},
    {.name = "adjudicate",
     .says = "a third decides",
     .from = "disputed",
     .to = "adjudicated",
     .right = CU_RIGHT_ADJUDICATE,
     .duty = "alteration",
     .wants = "grade grade_scheme reason",
     .rules = adjudicate},
    {.name = "pre-categorise",
     .says = "by the exact match of a set that policy trusts",
     .from = "unseen",
     .to = "final",
     .right = CU_RIGHT_GRADE,
     .duty = "alteration",
     .rules = pre_categorise},
    {.name = "finalise",
     .says = "the grade stands",
     .from = "agreed adjudicated",
     .to = "final",
     .right = CU_RIGHT_GRADE,
     .duty = "alteration"},
    {.name = "regrade",
     .says = "the grade is in doubt: two look again",
     .from = "graded agreed disputed adjudicated final",
     .to = "unseen",
     .right = CU_RIGHT_ADJUDICATE,
     .duty = "alteration",
     .wants = "reason",
     .rules = regrade},
    {.name = "see-clear",
     .says = "it is shown uncovered for so many seconds",
     .from = "*",
     .right = CU_RIGHT_CLEAR_VIEW,
     .duty = "consultation",
     .wants = "exhibit seconds",
     .rules = see_clear},
};

const cu_thing cu_thing_media = {
    .name = "media",
    .says = "files that sets know, by their SHA-256",
    .states = "unseen pre-categorised graded agreed disputed adjudicated final",
    CU_FIELDS(fields),
    CU_ACTIONS(actions),
    .indexed = "state md5 sha1",
    .read = CU_RIGHT_READ};
