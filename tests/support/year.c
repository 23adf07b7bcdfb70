/* SPDX-License-Identifier: Apache-2.0 */
/* Stories of invented cases, one after the other, as the register's officers would tell them.
 */
#include "support/year.h"

#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { given_max = 24, ref_bytes = 80, step_us = 1000000, arena_bytes = 32 << 20 };

static int64_t clock_us;

int64_t year_clock(void)
{
    return clock_us;
}

/* What is being made; once st is no CU_OK, nothing more is done. */
typedef struct maker {
    cu_register *book;
    cu_arena *arena;
    cu_status st;
    cu_err *err;
    uint64_t chance;
    unsigned stories, seals;
    const year_plan *plan;
    cu_date day;
    int referrals, arrests, items, children; /* of the day that is made */
} maker;

typedef struct name {
    char text[ref_bytes];
} name;

static unsigned below(maker *self, unsigned n)
{
    self->chance = self->chance * 6364136223846793005ULL + 1442695040888963407ULL;
    return n == 0 ? 0 : (unsigned)(self->chance >> 33) % n;
}

/* Does one act; the pairs that follow end with NULL. Answers the record's name. */
static name go(maker *self, const char *officer, const char *what, const char *ref, ...)
{
    cu_given given[given_max];
    char thing[40];
    const char *const space = strchr(what, ' ');
    cu_outcome outcome = {.arena = self->arena};
    cu_request request = {.officer = officer,
                          .session = "generated",
                          .thing = thing,
                          .action = space + 1,
                          .ref = ref,
                          .given = given};
    name made = {""};
    va_list arguments;

    if (self->st != CU_OK)
        return made;
    (void)snprintf(thing, sizeof thing, "%.*s", (int)(space - what), what);
    va_start(arguments, ref);
    for (const char *field = NULL;
         request.given_count < given_max && (field = va_arg(arguments, const char *)) != NULL;)
        given[request.given_count++] =
            (cu_given){.name = field, .text = va_arg(arguments, const char *)};
    va_end(arguments);
    clock_us += step_us;
    self->st = cu_register_act(self->book, &request, &outcome, NULL, self->err);
    if (self->st == CU_OK && outcome.record != NULL)
        (void)snprintf(made.text, sizeof made.text, "%s", outcome.record->ref);
    if (self->st != CU_OK)
        (void)cu_while(self->err, self->st, "%s by %s", what, officer);
    cu_buffer_free(&outcome.more);
    cu_buffer_free(&outcome.document);
    cu_arena_reset(self->arena);
    return made;
}

static const char *time_now(void)
{
    static char text[cu_time_text_size];

    cu_clock_text(clock_us, text);
    return text;
}

/* ---- officers ---- */

cu_status year_enrol(cu_register *book, cu_err *err)
{
    static const struct {
        const char *number, *initials, *rank, *roles, *trained;
    } people[] = {{"in", "AAA", "constable", "intake", "kirat-2"},
                  {"iv1", "ABC", "constable", "investigator", "kirat-2"},
                  {"iv2", "ABD", "constable", "investigator", "kirat-2"},
                  {"iv3", "ABE", "constable", "investigator", "kirat-2"},
                  {"iv4", "ABF", "constable", "investigator", "kirat-2"},
                  {"ex", "EXA", "staff", "examiner", "dig-100"},
                  {"xo", "XOA", "staff", "exhibits", "none"},
                  {"ds", "DSA", "sergeant", "ds", "kirat-2"},
                  {"di", "DIA", "inspector", "di", "kirat-2"},
                  {"au", "AUA", "staff", "auditor", "none"}};

    maker self = {.book = book, .err = err, .arena = cu_arena_new(arena_bytes)};

    if (self.arena == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (clock_us == 0)
        clock_us = (int64_t)cu_date_of(2010, 1, 1) * 86400 * 1000000;
    (void)go(&self, "ad", "officer enrol", NULL, "number", "ad", "name", "Invented Officer",
             "rank", "staff", "roles", "admin", NULL);
    for (size_t i = 0; i < CU_COUNT_OF(people); i++)
        (void)go(&self, "ad", "officer enrol", NULL, "number", people[i].number, "name",
                 "Invented Officer", "rank", people[i].rank, "roles", people[i].roles,
                 "initials", people[i].initials, "trained", people[i].trained, NULL);
    cu_arena_free(self.arena);
    return self.st;
}

/* ---- one story ---- */

static const char *investigator(const maker *self)
{
    static const char *const people[] = {"iv1", "iv2", "iv3", "iv4"};

    return people[self->stories % CU_COUNT_OF(people)];
}

static name receive(maker *self)
{
    static const char *const sources[] = {"nca", "nca", "nca", "public-101", "force"};
    static const char *const levels[] = {"low", "medium", "high", "very-high"};
    char reference[40];
    name referral;

    (void)snprintf(reference, sizeof reference, "X-%06u", ++self->stories);
    referral = go(self, "in", "referral receive", NULL, "source",
                  sources[below(self, CU_COUNT_OF(sources))], "source_ref", reference,
                  "received", time_now(), "summary", "generated", NULL);
    (void)go(self, "in", "referral register", referral.text, NULL);
    (void)go(self, "in", "referral research", referral.text, NULL);
    (void)go(self, "in", "risk record", NULL, "referral", referral.text, "tool", "kirat-2",
             "tool_version", "2", "level", levels[below(self, CU_COUNT_OF(levels))],
             "inputs_ref", reference, NULL);
    (void)go(self, "in", "referral assess", referral.text, "children", "no", NULL);
    for (int i = 0; i < self->plan->views; i++)
        (void)go(self, i % 2 == 0 ? investigator(self) : "ds", "referral view", referral.text,
                 NULL);
    return referral;
}

static name open_case(maker *self, const char *referral)
{
    const char *const officer = investigator(self);
    const name of =
        go(self, officer, "case open", NULL, "title", "OP EXAMPLE", "in_charge", officer, NULL);

    (void)go(self, "ds", "referral allocate", referral, "owner", officer, NULL);
    (void)go(self, officer, "referral activate", referral, "case", of.text, NULL);
    return of;
}

/* A warrant for an address, executed; answers the operation. */
static name visit(maker *self, const char *of)
{
    const char *const officer = investigator(self);
    const name address =
        go(self, officer, "address add", NULL, "case", of, "words", "1 Example Street",
           "origin", "intel", "children_present", "no", "basis", "intelligence", NULL);
    const name warrant =
        go(self, officer, "warrant draft", NULL, "case", of, "statute", "PCA 1978 s.4",
           "premises", "specific", "entries", "single", "address", address.text, NULL);
    name operation;

    (void)go(self, "di", "warrant authorise", warrant.text, NULL);
    (void)go(self, officer, "warrant apply", warrant.text, "court", "Anytown",
             "application_ref", "1", NULL);
    (void)go(self, officer, "warrant issue", warrant.text, "issued", time_now(), NULL);
    operation = go(self, officer, "operation plan", NULL, "case", of, "kind", "warrant",
                   "level", "medium", "address", address.text, "warrant", warrant.text,
                   "plan_risk", "low", "plan_children", "none", "plan_welfare", "assessed",
                   "plan_digital", "sticks first", "plan_deconfliction", "nobody", NULL);
    (void)go(self, "di", "operation approve", operation.text, NULL);
    (void)go(self, officer, "operation brief", operation.text, NULL);
    (void)go(self, officer, "operation begin", operation.text, NULL);
    (void)go(self, officer, "warrant execute", warrant.text, NULL);
    return operation;
}

static void arrest(maker *self, const char *of, const char *operation, const char *kind)
{
    const char *const officer = investigator(self);
    char called[40];
    name subject;
    name arrested;

    (void)snprintf(called, sizeof called, "Invented Person %u", self->stories);
    subject = go(self, officer, "subject add", NULL, "case", of, "category", "suspect", "name",
                 called, NULL);
    arrested = go(self, officer, "arrest record", NULL, "subject", subject.text, "place",
                  "Anytown", "offences", "PCA 1978 s.1", "necessity", "to secure evidence",
                  "operation", operation, "kind", kind, NULL);
    (void)go(self, officer, "welfare record", NULL, "subject", subject.text, "trigger",
             "arrest", "risk", "some", "actions", "asked, and watched", NULL);
    (void)go(self, officer, "arrest detain", arrested.text, "custody_ref", "CR/1", NULL);
}

static void seize(maker *self, const char *of, const char *operation, int count)
{
    static const char *const kinds[] = {"usb", "phone", "laptop", "hdd", "tablet"};
    const char *const officer = investigator(self);

    for (int i = 0; i < count; i++) {
        char seal[24];
        const name exhibit =
            go(self, officer, "exhibit seize", NULL, "case", of, "kind",
               kinds[below(self, CU_COUNT_OF(kinds))], "description", "generated", "operation",
               operation, "power", "warrant", "belongs_to", "suspect", NULL);

        (void)snprintf(seal, sizeof seal, "S%07u", ++self->seals);
        (void)go(self, officer, "exhibit seal", exhibit.text, "seal", seal, NULL);
        (void)go(self, officer, "exhibit transfer", exhibit.text, "to", "xo", NULL);
        (void)go(self, "xo", "exhibit receive", exhibit.text, NULL);
        (void)go(self, "xo", "exhibit book-in", exhibit.text, "place", "Store A", NULL);
        for (int v = 0; v < self->plan->views / 2; v++)
            (void)go(self, "xo", "exhibit view", exhibit.text, NULL);
    }
}

static void protect(maker *self, const char *of, const char *referral)
{
    const char *const officer = investigator(self);
    const name child = go(self, officer, "child add", NULL, "case", of, "referral", referral,
                          "kind", "household", NULL);

    (void)go(self, officer, "child refer", child.text, "la_home", "Anytown", NULL);
    (void)go(self, officer, "child protect", child.text, "safeguarded_by", "removed-suspect",
             NULL);
}

static void complete(maker *self, const char *operation)
{
    const char *const officer = investigator(self);

    (void)go(self, officer, "operation record-search", operation, "search_in_charge", officer,
             "search_authority", "warrant", "search_present", "the occupier", "search_notice",
             "left with the occupier", NULL);
    (void)go(self, officer, "operation complete", operation, NULL);
}

/* ---- days ---- */

static cu_status make_day(CU_UNUSED cu_store *store, void *context, cu_err *err)
{
    maker *const self = context;
    int left = self->items;

    self->st = CU_OK;
    self->err = err;
    clock_us = (int64_t)self->day * 86400 * 1000000 + 9LL * 3600 * 1000000;
    for (int i = 0; i < self->referrals; i++) {
        const name referral = receive(self);

        if (i >= self->arrests)
            continue;

        const name of = open_case(self, referral.text);
        const name operation = visit(self, of.text);
        const int items = (left + self->arrests - i - 1) / (self->arrests - i);

        arrest(self, of.text, operation.text, "arrest");
        seize(self, of.text, operation.text, items);
        left -= items;
        for (int c = 0;
             c < (i == 0 ? self->children - self->arrests + 1 : 1) && self->children > 0; c++)
            protect(self, of.text, referral.text);
        complete(self, operation.text);
    }
    return self->st;
}

/* Spreads a month's numbers over its days, with nothing lost. */
static cu_status make_month(maker *self, int year, int month, const int numbers[4])
{
    const cu_date first = cu_date_of(year, month, 1);
    const int days = cu_date_of(year, month + 1, 1) - first;
    cu_status st = CU_OK;

    for (int d = 0; st == CU_OK && d < days; d++) {
        int *const slots[] = {&self->referrals, &self->arrests, &self->items, &self->children};

        for (size_t i = 0; i < CU_COUNT_OF(slots); i++)
            *slots[i] = numbers[i] * (d + 1) / days - numbers[i] * d / days;
        /* Who is arrested was referred the same day, and has what is seized. */
        self->day = first + d;
        if (self->referrals > 0)
            st = cu_register_together(self->book, make_day, self, self->err);
    }
    return st;
}

static cu_status begin(maker *self)
{
    self->arena = cu_arena_new(arena_bytes);
    self->chance = 20210331;
    return self->arena == NULL ? cu_fail(self->err, CU_ENOMEM, "out of memory") : CU_OK;
}

cu_status year_make(cu_register *book, const year_plan *plan, cu_err *err)
{
    maker self = {.book = book, .err = err, .plan = plan};
    cu_status st = begin(&self);

    for (int m = 0; st == CU_OK && m < plan->months; m++) {
        const int days = 28;
        const int numbers[4] = {plan->referrals / days * days, plan->arrests / days * days,
                                plan->arrests / days * days * plan->items, 0};

        st = make_month(&self, plan->year + (plan->month - 1 + m) / 12,
                        (plan->month - 1 + m) % 12 + 1, numbers);
    }
    cu_arena_free(self.arena);
    return st;
}

/* ---- the example ---- */

/* What the definitions leave out. */
static cu_status make_others(CU_UNUSED cu_store *store, void *context, cu_err *err)
{
    maker *const self = context;

    self->st = CU_OK;
    self->err = err;

    const name of =
        go(self, "iv1", "case open", NULL, "title", "OP OTHER", "in_charge", "iv1", NULL);
    const name whole = go(self, "iv1", "exhibit seize", NULL, "case", of.text, "kind", "laptop",
                          "description", "seized before the month", "seized",
                          "2021-02-28T22:00:00Z", "reason", "recorded late", NULL);
    const name subject =
        go(self, "iv1", "subject add", NULL, "case", of.text, "category", "suspect", NULL);

    (void)go(self, "iv1", "exhibit seize", NULL, "case", of.text, "kind", "hdd", "description",
             "a part of another", "parent", whole.text, NULL);
    (void)go(self, "iv1", "exhibit leave", NULL, "case", of.text, "kind", "usb", "description",
             "left behind", "reason", "looked at", NULL);
    (void)go(self, "iv1", "child add-unidentified", NULL, "case", of.text, "kind",
             "victim-in-material", NULL);
    (void)go(self, "iv1", "welfare record", NULL, "subject", subject.text, "trigger",
             "va-invitation", "risk", "some", "actions", "asked", NULL);

    const name invited = go(self, "iv1", "arrest invite", NULL, "subject", subject.text,
                            "place", "Anytown", "offences", "PCA 1978 s.1", NULL);

    (void)go(self, "iv1", "welfare record", NULL, "subject", subject.text, "trigger", "arrival",
             "risk", "some", "actions", "asked", NULL);
    (void)go(self, "iv1", "arrest attend", invited.text, NULL);
    (void)go(self, "iv1", "arrest record", NULL, "subject", subject.text, "place", "Anytown",
             "offences", "PCA 1978 s.1", "necessity", "breach", "kind", "breach-of-bail", NULL);
    return self->st;
}

static cu_status make_midnight(CU_UNUSED cu_store *store, void *context, cu_err *err)
{
    maker *const self = context;

    self->st = CU_OK;
    self->err = err;
    clock_us = (int64_t)cu_date_of(2021, 3, 31) * 86400 * 1000000 + 84600LL * 1000000;

    const name of =
        go(self, "iv1", "case open", NULL, "title", "OP MIDNIGHT", "in_charge", "iv1", NULL);
    const name subject =
        go(self, "iv1", "subject add", NULL, "case", of.text, "category", "suspect", NULL);

    (void)go(self, "iv1", "arrest record", NULL, "subject", subject.text, "place", "Anytown",
             "offences", "PCA 1978 s.1", "necessity", "to secure", NULL);
    return self->st;
}

/* The numbers of one day; the month's others are only referrals. */
static cu_status make_one(maker *self, cu_date day, const int numbers[4])
{
    self->day = day;
    self->referrals = numbers[0];
    self->arrests = numbers[1];
    self->items = numbers[2];
    self->children = numbers[3];
    return cu_register_together(self->book, make_day, self, self->err);
}

cu_status year_make_example(cu_register *book, cu_err *err)
{
    static const year_plan plan = {.views = 1};
    maker self = {.book = book, .err = err, .plan = &plan};
    cu_status st = begin(&self);

    for (int m = 0; st == CU_OK && m < 12; m++) {
        const int numbers[4] = {m < 4 ? 9 : 8, 0, 0, 0}; /* 100 in twelve months */

        st = make_month(&self, 2018 + (3 + m) / 12, (3 + m) % 12 + 1, numbers);
    }
    for (int m = 0; st == CU_OK && m < 11; m++) {
        const int numbers[4] = {m < 7 ? 14 : 13, 0, 0, 0}; /* 150 in eleven months */

        st = make_month(&self, 2020 + (3 + m) / 12, (3 + m) % 12 + 1, numbers);
    }
    for (int d = 0; st == CU_OK && d < 31; d++) {
        /* 43 referrals, 31 arrests, 276 items, 32 children. */
        const int numbers[4] = {d < 12 ? 2 : 1, 1, d < 28 ? 9 : 8, d == 0 ? 2 : 1};

        st = make_one(&self, cu_date_of(2021, 3, 1) + d, numbers);
    }
    if (st == CU_OK)
        st = cu_register_together(book, make_others, &self, err);
    if (st == CU_OK)
        st = cu_register_together(book, make_midnight, &self, err);
    cu_arena_free(self.arena);
    return st;
}
