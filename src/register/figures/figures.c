/* SPDX-License-Identifier: Apache-2.0 */
/* What a force publishes about a month, and the text that goes with it. */
#include "register/figures/figures.h"

#include "digest/digest.h"
#include "register/figures/suppress.h"
#include "register/figures/table.h"

#include <stdlib.h>
#include <string.h>

/* A change of any of these is a new CU_FIGURES_VERSION. */
#define ARRESTS                                                                                \
    "FROM register_arrest WHERE kind = 'arrest' AND at >= $1 AND at < $2 AND NOT EXISTS "      \
    "(SELECT"                                                                                  \
    " 1 FROM register_arrest b WHERE b.subject = register_arrest.subject AND b.kind = "        \
    "'arrest'"                                                                                 \
    " AND COALESCE(b.operation, '') = COALESCE(register_arrest.operation, '')"                 \
    " AND b.at >= $1 AND b.at < $2 AND b.id < register_arrest.id)"
#define REFERRALS "FROM register_referral WHERE received >= $1 AND received < $2"
#define ITEMS                                                                                  \
    "FROM register_exhibit WHERE seized >= $1 AND seized < $2 AND counts = 'yes'"              \
    " AND parent IS NULL AND state <> 'triaged-left'"
#define ATTENDANCES                                                                            \
    "FROM register_arrest WHERE kind = 'voluntary' AND at >= $1 AND at < $2"                   \
    " AND state <> 'va-invited'"
#define CHILDREN "FROM register_child WHERE safeguarded >= $1 AND safeguarded < $2"

/* What a drill shows: names, and the case that decides who may see each. */
#define NAMES "SELECT ref, \"case\" "

static const cu_figure figures[] = {
    {"referrals", "referral",
     "referrals whose local day of receipt is in the period, duplicates included",
     "SELECT count(*) " REFERRALS, NAMES REFERRALS " ORDER BY id"},
    {"duplicates", "referral", "of these, duplicates",
     "SELECT count(*) " REFERRALS " AND state = 'duplicate'",
     NAMES REFERRALS " AND state = 'duplicate' ORDER BY id"},
    {"transferred_out", "referral", "of these, transferred to another force",
     "SELECT count(*) " REFERRALS " AND state = 'transferred-out'",
     NAMES REFERRALS " AND state = 'transferred-out' ORDER BY id"},
    {"arrests", "arrest",
     "people arrested, once for each operation; not voluntary attendance, not a breach "
     "of bail",
     "SELECT count(*) " ARRESTS, NAMES ARRESTS " ORDER BY id"},
    {"voluntary_attendances", "arrest", "people who were invited and attended voluntarily",
     "SELECT count(*) " ATTENDANCES, NAMES ATTENDANCES " ORDER BY id"},
    {"items_seized", "exhibit",
     "exhibits seized that count as an item, not parts of another, not left behind",
     "SELECT count(*) " ITEMS, NAMES ITEMS " ORDER BY id"},
    {"children_safeguarded", "child",
     "children whose first protective action is in the period, each once",
     "SELECT count(*) " CHILDREN, NAMES CHILDREN " ORDER BY id"},
    {"warrants_executed", "entry", "entries under warrants",
     "SELECT count(*) FROM register_entry WHERE at >= $1 AND at < $2",
     NAMES "FROM register_entry WHERE at >= $1 AND at < $2 ORDER BY id"},
};

/*
 * Nearly every exhibit is a part of no other. An index that holds them all under NULL looks to
 * SQLite like the shortest way to "parent IS NULL", and then every exhibit of every year is
 * read; so it holds parts alone, and the period's own index leads.
 */
const char *const cu_figures_indexes[] = {
    "DROP INDEX register_exhibit_by_parent",
    "CREATE INDEX register_exhibit_by_parent ON register_exhibit (\"parent\", id)"
    " WHERE \"parent\" IS NOT NULL",
    "CREATE INDEX register_exhibit_counted ON register_exhibit (\"seized\", \"counts\","
    " \"parent\", state)",
    "CREATE INDEX register_referral_counted ON register_referral (state, \"received\")",
    NULL,
};

size_t cu_figures_list(const cu_figure **out)
{
    *out = figures;
    return CU_COUNT_OF(figures);
}

static const cu_field fields[] = {
    CU_HAS_TEXT("month", "the month, 2021-03"),
    CU_HAS_NUMBER("definitions", "version of the definitions"),
    CU_HAS_TEXT("query_sha256", "of the definitions' questions"),
    CU_HAS_TEXT("numbers", "JSON: every figure"),
    CU_HAS_NUMBER("year_referrals", "referrals of the twelve months that end with the month"),
    CU_HAS_TEXT("base_name", "the earlier period, by its name"),
    CU_HAS_DATE("base_from", "its first day"),
    CU_HAS_DATE("base_until", "its last day"),
    CU_HAS_NUMBER("base_referrals", "referrals in it"),
    CU_HAS_TEXT("words", "what is published"),
    CU_HAS_TIME_AHEAD("embargo", "not before"),
    CU_HAS_OFFICER("drafted_by", "who computed it"),
    CU_HAS_OFFICER("approved_by", "who released it"),
    CU_HAS_RECORD("corrects", "figures", "the release that it corrects"),
    CU_SAID_WORD(
        "figure",
        "referrals duplicates transferred_out arrests voluntary_attendances items_seized"
        " children_safeguarded warrants_executed",
        "which figure"),
    CU_SAID("by", "source kind area", "figures that are broken down: referrals items children",
            CU_FIELD_WORDS),
    CU_SAID_TEXT("reason", "why"),
};

/* ---- computing ---- */

typedef struct period {
    int64_t from_us, until_us;
} period;

static cu_status take_period(cu_act *act, cu_date first, cu_date next, period *out)
{
    cu_status st = cu_local_start(act->policy, first, &out->from_us, act->err);

    if (st == CU_OK)
        st = cu_local_start(act->policy, next, &out->until_us, act->err);
    return st;
}

static cu_status compute(cu_act *act, const cu_figure *figure, const period *when, int64_t *out)
{
    return cu_act_count(
        act, figure->sql,
        CU_VALUES(cu_value_integer(when->from_us), cu_value_integer(when->until_us)), out);
}

/* Says that it will be computed. */
static cu_status foresee(cu_act *act, const cu_figure *figure, const period *when)
{
    return cu_store_foresee(
        act->store, figure->sql,
        CU_VALUES(cu_value_integer(when->from_us), cu_value_integer(when->until_us)), act->err);
}

static void digest_line(cu_digest_stream *stream, const char *sql)
{
    cu_digest_update(stream, (cu_bytes){(const uint8_t *)sql, strlen(sql)});
    cu_digest_update(stream, (cu_bytes){(const uint8_t *)"\n", 1});
}

static const char *digest_questions(cu_act *act)
{
    const cu_breakdown *breakdowns = NULL;
    const size_t n = cu_breakdowns_list(&breakdowns);
    cu_digest_stream stream;
    cu_digests digests;
    char hex[65];

    cu_digest_init(&stream, CU_DIGEST_SHA256);
    for (size_t i = 0; i < CU_COUNT_OF(figures); i++)
        digest_line(&stream, figures[i].sql);
    for (size_t i = 0; i < n; i++)
        digest_line(&stream, breakdowns[i].sql);
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    return cu_act_format(act, "%s", hex);
}

/* What is computed for one month. */
typedef struct computed {
    const char *month, *name;
    int64_t numbers[CU_COUNT_OF(figures)];
    int64_t year, base;
    bool has_base;
    cu_date base_from, base_until;
    period when;       /* the month */
    bool small_months; /* a month of the twelve, or of the base, has few referrals */
    int64_t small;     /* 0: nothing is kept back, for it is not to be published */
    bool kept[CU_COUNT_OF(figures)]; /* a breakdown would give it away */
} computed;

static cu_status compute_base(cu_act *act, computed *out)
{
    const char *const from = cu_act_said(act, "base_from");
    const char *const until = cu_act_said(act, "base_until");
    period when;
    cu_status st = CU_OK;

    out->name = cu_act_said(act, "base_name");
    if (from == NULL && until == NULL && out->name == NULL)
        return CU_OK;
    if (from == NULL || until == NULL || out->name == NULL)
        return cu_act_refuse(act, "F2",
                             "a period to compare with has a name, a first and a last "
                             "day");
    (void)cu_date_read(from, strlen(from), &out->base_from);
    (void)cu_date_read(until, strlen(until), &out->base_until);
    if (out->base_until < out->base_from)
        return cu_act_refuse(act, "F2", "%s is before %s", until, from);
    st = take_period(act, out->base_from, out->base_until + 1, &when);
    if (st == CU_OK)
        st = compute(act, &figures[0], &when, &out->base);
    out->has_base = true;
    return st;
}

/* Other releases have the months one by one: a sum of twelve would give the small one away. */
static cu_status look_for_small_months(cu_act *act, cu_date from, cu_date until, computed *out)
{
    int year = 0;
    int month = 0;
    int day = 0;
    cu_date first = 0;
    cu_status st = CU_OK;

    cu_date_parts(from, &year, &month, &day);
    first = cu_date_of(year, month, 1);
    while (st == CU_OK && first < until && !out->small_months) {
        const cu_date next = cu_date_add_months(first, 1);
        period when;
        int64_t count = 0;

        st = take_period(act, first, next, &when);
        if (st == CU_OK)
            st = compute(act, &figures[0], &when, &count);
        out->small_months = cu_is_small(count, out->small);
        first = next;
    }
    return st;
}

/* What is to be published says nothing of small numbers (rule F5). */
static cu_status make_public(cu_act *act, computed *of)
{
    cu_date first = 0;
    cu_date next = 0;
    cu_status st = cu_act_policy(act, "figures.small", &of->small);

    if (st != CU_OK || !cu_month_read(of->month, &first, &next))
        return st;
    st = look_for_small_months(act, cu_date_add_months(next, -12), next, of);
    if (st == CU_OK && of->has_base)
        st = look_for_small_months(act, of->base_from, of->base_until + 1, of);
    return st;
}

static cu_status compute_all(cu_act *act, computed *out)
{
    cu_date first = 0;
    cu_date next = 0;
    period year;
    cu_status st = CU_OK;

    out->month = cu_act_said(act, "month");
    if (!cu_month_read(out->month, &first, &next))
        return cu_act_refuse(act, "U6", "\"%.20s\" is no month; write 2021-03", out->month);
    st = take_period(act, first, next, &out->when);
    if (st == CU_OK)
        st = take_period(act, cu_date_add_months(next, -12), next, &year);
    for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(figures); i++)
        st = foresee(act, &figures[i], &out->when);
    if (st == CU_OK)
        st = foresee(act, &figures[0], &year);
    for (size_t i = 0; st == CU_OK && i < CU_COUNT_OF(figures); i++)
        st = compute(act, &figures[i], &out->when, &out->numbers[i]);
    if (st == CU_OK)
        st = compute(act, &figures[0], &year, &out->year);
    return st == CU_OK ? compute_base(act, out) : st;
}

/* ---- telling ---- */

static void write_numbers(const computed *of, cu_json *json)
{
    cu_json_open_object(json, NULL);
    for (size_t i = 0; i < CU_COUNT_OF(figures); i++)
        cu_json_int(json, figures[i].name, of->numbers[i]);
    cu_json_close_object(json);
}

/* "+93 %"; both numbers always; below the least base, numbers without a percentage. */
static const char *tell_change(cu_act *act, const computed *of, int64_t least)
{
    const int64_t difference = of->year - of->base;

    if (of->base < least || of->base == 0)
        return cu_act_format(act, "%lld against %lld in %s (too few for a percentage)",
                             (long long)of->year, (long long)of->base, of->name);
    return cu_act_format(
        act, "%+lld %%: %lld against %lld in %s",
        (long long)((200 * difference + (difference < 0 ? -of->base : of->base)) /
                    (2 * of->base)),
        (long long)of->year, (long long)of->base, of->name);
}

static const char *helpline(cu_act *act, const char *key)
{
    const cu_rulebook_value *const value = cu_rulebook_on(act->policy, key, act->today);

    return value == NULL ? "-" : value->text;
}

/* Each breakdown that was asked for; what is kept back of its figure is told by of. */
static cu_status write_tables(cu_act *act, computed *of, cu_buffer *out)
{
    const cu_breakdown *list = NULL;
    const size_t n = cu_breakdowns_list(&list);
    const char *const by = cu_act_said(act, "by");
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && by != NULL && i < n; i++) {
        bool total = true;

        if (!cu_words_have(by, list[i].name))
            continue;
        st = cu_breakdown_write(
            act, &list[i],
            CU_VALUES(cu_value_integer(of->when.from_us), cu_value_integer(of->when.until_us)),
            of->small, out, &total);
        for (size_t f = 0; f < CU_COUNT_OF(figures); f++)
            of->kept[f] =
                of->kept[f] || (!total && strcmp(figures[f].name, list[i].figure) == 0);
    }
    return st;
}

static void write_year(cu_act *act, const computed *of, int64_t least, cu_buffer *out)
{
    if (of->small_months || of->kept[0]) {
        cu_buffer_format(out,
                         "\nReferrals in twelve months: not shown, for a month of few would"
                         " follow from it");
        return;
    }
    cu_buffer_format(out, "\nReferrals in twelve months: %lld", (long long)of->year);
    if (of->has_base)
        cu_buffer_format(out, " (%s)", tell_change(act, of, least));
}

static void write_figures(const computed *of, cu_buffer *out)
{
    for (size_t i = 0; i < CU_COUNT_OF(figures); i++) {
        if (of->kept[i] || cu_is_small(of->numbers[i], of->small))
            cu_buffer_format(out, "%8s  %s\n", "*", figures[i].says);
        else
            cu_buffer_format(out, "%8lld  %s\n", (long long)of->numbers[i], figures[i].says);
    }
}

static cu_status write_words(cu_act *act, computed *of, cu_buffer *out)
{
    static const char *const month_names[] = {"January",   "February", "March",    "April",
                                              "May",       "June",     "July",     "August",
                                              "September", "October",  "November", "December"};
    const long month = strtol(of->month + 5, NULL, 10);
    cu_buffer tables = {0};
    int64_t least = 0;
    cu_status st = cu_act_policy(act, "figures.least-base", &least);

    if (st == CU_OK)
        st = write_tables(act, of, &tables);
    if (st != CU_OK) {
        cu_buffer_free(&tables);
        return st;
    }
    cu_buffer_format(out, "%s %.4s\n\n", month_names[month - 1], of->month);
    write_figures(of, out);
    cu_buffer_append(out, tables.p, tables.n);
    cu_buffer_free(&tables);
    if (of->small > 0)
        cu_buffer_format(out,
                         "\n* from 1 to %lld, or kept back so that no such number follows\n",
                         (long long)of->small);
    write_year(act, of, least, out);
    cu_buffer_format(
        out,
        "\n\nTo report concerns about a child, call the police on %s, or the NSPCC"
        " on %s.\nIf you worry about your own thoughts or behaviour, call Stop It Now"
        " on %s.\n",
        helpline(act, "helpline.police"), helpline(act, "helpline.nspcc"),
        helpline(act, "helpline.stop-it-now"));
    return cu_buffer_check(out, act->err);
}

static void write_more(cu_act *act, const computed *of, int64_t least)
{
    cu_json json = {.out = &act->outcome->more, .comma = true};

    cu_json_text(&json, "month", of->month);
    cu_json_int(&json, "definitions", CU_FIGURES_VERSION);
    cu_json_text(&json, "query_sha256", digest_questions(act));
    for (size_t i = 0; i < CU_COUNT_OF(figures); i++)
        cu_json_int(&json, figures[i].name, of->numbers[i]);
    cu_json_int(&json, "referrals_12_months", of->year);
    if (of->has_base) {
        cu_json_text(&json, "baseline", of->name);
        cu_json_int(&json, "baseline_referrals", of->base);
        cu_json_text(&json, "change", tell_change(act, of, least));
    }
}

static cu_status show(cu_act *act)
{
    computed of = {.month = NULL};
    int64_t least = 0;
    cu_status st = compute_all(act, &of);

    if (st == CU_OK)
        st = cu_act_policy(act, "figures.least-base", &least);
    if (st != CU_OK)
        return st;
    write_more(act, &of, least);
    return write_words(act, &of, &act->outcome->document);
}

static cu_status draft(cu_act *act)
{
    cu_record *const record = act->record;
    computed of = {.month = NULL};
    cu_buffer numbers = {0};
    cu_json json = {.out = &numbers};
    cu_status st = compute_all(act, &of);

    if (st == CU_OK)
        st = make_public(act, &of);
    if (st == CU_OK)
        st = write_words(act, &of, &act->outcome->document);
    write_numbers(&of, &json);
    if (st == CU_OK)
        st = cu_buffer_check(&numbers, act->err);
    if (st == CU_OK) {
        const cu_buffer *const words = &act->outcome->document;

        cu_record_set(record, "numbers", cu_arena_text(act->arena, numbers.p, numbers.n));
        cu_record_set(record, "words", cu_arena_text(act->arena, words->p, words->n));
        cu_record_set_number(record, "definitions", CU_FIGURES_VERSION);
        cu_record_set(record, "query_sha256", digest_questions(act));
        cu_record_set_number(record, "year_referrals", of.year);
        cu_record_set(record, "drafted_by", act->officer.ref);
        if (of.has_base)
            cu_record_set_number(record, "base_referrals", of.base);
    }
    cu_buffer_free(&numbers);
    return st;
}

/* A month has one release that stands; another names it, and is of the same month. */
static cu_status check_corrects(cu_act *act)
{
    cu_record **list = NULL;
    size_t count = 0;
    const char *last = NULL;
    const cu_status st = cu_act_find(act, "figures", "month",
                                     cu_record_text(act->record, "month"), &list, &count);

    /* A release that another corrected may have been drafted later than it. */
    for (size_t i = 0; st == CU_OK && i < count; i++) {
        bool corrected = !cu_record_in(list[i], "released");

        for (size_t k = 0; k < count; k++)
            corrected = corrected || (cu_record_in(list[k], "released") &&
                                      cu_record_is(list[k], "corrects", list[i]->ref));
        last = corrected ? last : list[i]->ref;
    }
    if (st == CU_OK && last != NULL && !cu_record_is(act->record, "corrects", last))
        return cu_act_refuse(act, "F3",
                             "%s is released for %s: draft it again, with --corrects %s", last,
                             cu_record_text(act->record, "month"), last);
    if (st == CU_OK && last == NULL && cu_record_has(act->record, "corrects"))
        return cu_act_refuse(act, "F3", "%s is no release of %s that stands",
                             cu_record_text(act->record, "corrects"),
                             cu_record_text(act->record, "month"));
    return st;
}

static cu_status release(cu_act *act)
{
    if (cu_record_is(act->record, "drafted_by", act->officer.ref))
        return cu_act_refuse(act, "F4", "%s drafted it", act->officer.ref);
    if (act->now_us < cu_record_number(act->record, "embargo"))
        return cu_act_refuse(act, "F3", "it is under embargo until %s",
                             cu_act_when(act, cu_record_number(act->record, "embargo")));
    cu_record_set(act->record, "approved_by", act->officer.ref);
    return check_corrects(act);
}

/* Records behind a number, as many as are asked about together. */
typedef struct behind {
    const char *refs[CU_STORE_FORESEEN], *cases[CU_STORE_FORESEEN];
    size_t n;
} behind;

/* The next of them; fewer than there is room for are the last. */
static cu_status take_behind(cu_act *act, cu_rows *rows, behind *out)
{
    bool more = false;
    cu_status st = CU_OK;

    for (out->n = 0; out->n < CU_COUNT_OF(out->refs); out->n++) {
        st = cu_rows_next(rows, &more, act->err);
        if (st != CU_OK || !more)
            return st;
        out->refs[out->n] = cu_act_format(act, "%s", cu_rows_text(rows, 0));
        out->cases[out->n] =
            cu_rows_is_null(rows, 1) ? NULL : cu_act_format(act, "%s", cu_rows_text(rows, 1));
    }
    return CU_OK;
}

static cu_status tell_behind(cu_act *act, const char *thing, const behind *list)
{
    cu_status st = cu_act_foresee_cases(act, list->cases, list->n);

    for (size_t i = 0; st == CU_OK && i < list->n; i++) {
        bool visible = false;

        st = cu_act_may_see(act, thing, list->refs[i], list->cases[i], &visible);
        cu_buffer_format(&act->outcome->document, "%s\n",
                         visible ? list->refs[i] : CU_NOT_FOR_YOU);
    }
    return st;
}

/* The records behind a number. */
static cu_status drill(cu_act *act)
{
    CU_AUTO(cu_rows, rows);
    cu_date first = 0;
    cu_date next = 0;
    period when;
    behind list;
    const cu_figure *figure = &figures[0];
    cu_status st = CU_OK;

    if (!cu_month_read(cu_act_said(act, "month"), &first, &next))
        return cu_act_refuse(act, "U6", "\"%.20s\" is no month; write 2021-03",
                             cu_act_said(act, "month"));
    for (size_t i = 0; i < CU_COUNT_OF(figures); i++) {
        if (strcmp(figures[i].name, cu_act_said(act, "figure")) == 0)
            figure = &figures[i];
    }
    st = take_period(act, first, next, &when);
    if (st == CU_OK)
        st = cu_store_query(
            act->store, figure->drill,
            CU_VALUES(cu_value_integer(when.from_us), cu_value_integer(when.until_us)), &rows,
            act->err);
    while (st == CU_OK) {
        st = take_behind(act, rows, &list);
        if (st == CU_OK)
            st = tell_behind(act, figure->thing, &list);
        if (list.n < CU_COUNT_OF(list.refs))
            break;
    }
    return st;
}

static const cu_action actions[] = {
    {.name = "show",
     .says = "compute a month's figures, small ones too: not for publication",
     .from = NULL,
     .right = CU_RIGHT_FIGURES,
     .duty = "consultation",
     .wants = "month",
     .takes = "base_name base_from base_until by",
     .rules = show},
    {.name = "drill",
     .says = "the records behind a figure",
     .from = NULL,
     .right = CU_RIGHT_FIGURES,
     .duty = "consultation",
     .wants = "month figure",
     .rules = drill},
    {.name = "draft",
     .says = "compute a month's figures for a release",
     .from = "",
     .to = "draft",
     .right = CU_RIGHT_FIGURES,
     .duty = "collection",
     .wants = "month",
     .takes = "base_name base_from base_until by embargo corrects",
     .rules = draft},
    {.name = "release",
     .says = "by another; it is never changed",
     .from = "draft",
     .to = "released",
     .right = CU_RIGHT_FIGURES,
     .duty = "disclosure",
     .rules = release},
};

const cu_thing cu_thing_figures = {.name = "figures",
                                   .says = "what is published about a month",
                                   .prefix = "F",
                                   .states = "draft released",
                                   CU_FIELDS(fields),
                                   CU_ACTIONS(actions),
                                   .indexed = "month",
                                   .read = CU_RIGHT_FIGURES};
