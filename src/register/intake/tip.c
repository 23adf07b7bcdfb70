/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts become identifiers by the names around them. Source: the public schema of reports to
 * NCMEC (ispws documentation) and the JSON that law enforcement downloads, as public readers of
 * both have them.
 */
#include "register/intake/tip.h"

#include "base/text.h"
#include "register/intake/words.h"
#include "register/policy/calendar.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

enum { list_max = 20000 };

typedef struct kept {
    cu_fact_kind kind;
    uint32_t group;
    const char *path, *value;
    const char *leaf; /* the last name of path */
} kept;

struct cu_tip_facts {
    cu_arena *arena;
    kept *list;
    size_t n, room;
};

cu_tip_facts *cu_tip_begin(cu_arena *arena)
{
    cu_tip_facts *const facts = cu_arena_take(arena, sizeof *facts);

    if (facts != NULL)
        facts->arena = arena;
    return facts;
}

static const char *keep(cu_arena *arena, cu_bytes text)
{
    cu_buffer out = {.ceiling = 4 * (size_t)cu_fact_value_bytes};

    while (text.n > 0) {
        const size_t n = cu_text_character(text);

        if (n == 0 || text.p[0] == '\0' ||
            (text.p[0] < 0x20 && strchr("\t\n\r", text.p[0]) == NULL))
            cu_buffer_format(&out, "\\x%02x", text.p[0]);
        else
            cu_buffer_append(&out, text.p, n);
        text = cu_bytes_slice(text, n == 0 ? 1 : n, text.n);
    }

    const char *const made = out.bad ? NULL : cu_arena_text(arena, out.p, out.n);

    cu_buffer_free(&out);
    return made;
}

static const char *leaf_of(const char *path)
{
    const char *const slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

cu_status cu_tip_take(void *context, const cu_fact *fact, cu_err *err)
{
    cu_tip_facts *const facts = context;

    if (facts->n == facts->room) {
        const size_t room = facts->room * 2 + 64;
        kept *const grown = cu_arena_take(facts->arena, room * sizeof *grown);

        if (grown == NULL)
            return cu_fail(err, CU_ELIMIT, "too many values");
        if (facts->n > 0)
            memcpy(grown, facts->list, facts->n * sizeof *grown);
        facts->list = grown;
        facts->room = room;
    }

    kept *const slot = &facts->list[facts->n];

    *slot = (kept){.kind = fact->kind,
                   .group = fact->group,
                   .path = keep(facts->arena, fact->path),
                   .value = keep(facts->arena, fact->value)};
    if (slot->path == NULL || slot->value == NULL)
        return cu_fail(err, CU_ELIMIT, "too many values");
    slot->leaf = leaf_of(slot->path);
    facts->n++;
    return CU_OK;
}

cu_status cu_tip_problem(cu_tip_facts *facts, const char *path, const char *text, cu_err *err)
{
    const cu_fact fact = {CU_FACT_PROBLEM,
                          0,
                          {(const uint8_t *)path, strlen(path)},
                          {(const uint8_t *)text, strlen(text)}};

    return cu_tip_take(facts, &fact, err);
}

/* ---- one form ---- */

/* An address as the C library writes it, so that each has one form; false: it is none. */
static bool normalise_address(const char *value, cu_buffer *out)
{
    static const int families[] = {AF_INET, AF_INET6};
    uint8_t address[16];
    char text[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < CU_COUNT_OF(families); i++) {
        if (inet_pton(families[i], value, address) == 1 &&
            inet_ntop(families[i], address, text, sizeof text) != NULL) {
            cu_buffer_append(out, text, strlen(text));
            return true;
        }
    }
    return false;
}

/* A United Kingdom number is one number with 0 or +44 before it. */
static void normalise_phone(const char *value, cu_buffer *out)
{
    if (value[0] == '0' && value[1] != '0') {
        cu_buffer_append(out, "+44", 3);
        value++;
    }
    for (; *value != '\0'; value++) {
        if (strchr("0123456789+", *value) != NULL)
            cu_buffer_u8(out, (uint8_t)*value);
    }
}

void cu_tip_normalise(const char *kind, const char *value, cu_buffer *out)
{
    if (strcmp(kind, "ip") == 0 && normalise_address(value, out))
        return;
    if (strcmp(kind, "phone") == 0) {
        normalise_phone(value, out);
        return;
    }

    const bool exact = cu_words_have("screen-name user-id url device", kind);

    for (; *value != '\0'; value++)
        cu_buffer_u8(out, exact ? (uint8_t)*value : (uint8_t)tolower((unsigned char)*value));
}

static bool good_value(const char *kind, const char *value)
{
    static const struct {
        const char *kind;
        size_t digits;
    } hashes[] = {{"md5", 32}, {"sha1", 40}, {"sha256", 64}};

    uint8_t address[16];

    if (strcmp(kind, "ip") == 0)
        return inet_pton(AF_INET, value, address) == 1 ||
               inet_pton(AF_INET6, value, address) == 1;
    for (size_t i = 0; i < CU_COUNT_OF(hashes); i++) {
        if (strcmp(kind, hashes[i].kind) == 0)
            return strlen(value) == hashes[i].digits &&
                   strspn(value, "0123456789abcdefABCDEF") == hashes[i].digits;
    }
    return value[0] != '\0';
}

/* ---- meaning ---- */

typedef struct meaning {
    cu_tip_facts *facts;
    cu_tip *tip;
    size_t identifiers_room, unknown_room, problems_room, members_room;
    cu_err *err;
} meaning;

/* Room for one more in a list that lives in the arena. */
static void *one_more(meaning *self, void *list, size_t *count, size_t *room, size_t size)
{
    if (*count == *room) {
        void *const grown = cu_arena_take(self->facts->arena, (*room * 2 + 8) * size);

        if (grown == NULL || *count >= list_max) {
            (void)cu_fail(self->err, CU_ELIMIT, "too many values");
            return NULL;
        }
        if (*count > 0)
            memcpy(grown, list, *count * size);
        *room = *room * 2 + 8;
        list = grown;
    }
    ++*count;
    return list;
}

static cu_status remark(meaning *self, bool problem, const char *path, const char *text)
{
    cu_tip *const tip = self->tip;
    cu_tip_remark **const list = problem ? &tip->problems : &tip->unknown;
    size_t *const count = problem ? &tip->problem_count : &tip->unknown_count;
    cu_tip_remark *const grown =
        one_more(self, *list, count, problem ? &self->problems_room : &self->unknown_room,
                 sizeof *grown);

    if (grown == NULL)
        return CU_ELIMIT;
    *list = grown;
    grown[*count - 1] = (cu_tip_remark){path, text};
    return CU_OK;
}

/* The value of a name in the same element. */
static const char *beside(const meaning *self, const kept *fact, const char *leaf)
{
    const cu_tip_facts *const facts = self->facts;

    for (size_t i = 0; i < facts->n; i++) {
        const kept *const other = &facts->list[i];

        if (other->group == fact->group && other->kind == CU_FACT_VALUE &&
            strcmp(other->leaf, leaf) == 0 && other->value[0] != '\0')
            return other->value;
    }
    return NULL;
}

static const char *whose(const char *path)
{
    static const struct {
        const char *part, *word;
    } parts[] = {{"victim", "victim"},
                 {"intendedRecipient", "recipient"},
                 {"uploadedFiles", "file"},
                 {"fileDetails", "file"},
                 {"personOrUserReported", "reported"},
                 {"reportedPeople", "reported"}};

    for (size_t i = 0; i < CU_COUNT_OF(parts); i++) {
        if (strstr(path, parts[i].part) != NULL)
            return parts[i].word;
    }
    return "other";
}

static cu_status add_identifier(meaning *self, const kept *fact, const char *kind)
{
    cu_tip *const tip = self->tip;
    cu_buffer value = {0};
    cu_instant at = {.has_offset = false};

    if (!good_value(kind, fact->value))
        return remark(self, true, fact->path,
                      cu_arena_text(self->facts->arena, fact->value, strlen(fact->value)));

    cu_tip_identifier *const grown = one_more(self, tip->identifiers, &tip->identifier_count,
                                              &self->identifiers_room, sizeof *grown);

    if (grown == NULL)
        return CU_ELIMIT;
    tip->identifiers = grown;
    cu_tip_normalise(kind, fact->value, &value);

    cu_tip_identifier *const slot = &grown[tip->identifier_count - 1];

    *slot = (cu_tip_identifier){.kind = kind,
                                .value = keep(self->facts->arena, cu_buffer_view(&value)),
                                .original = fact->value,
                                .whose = whose(fact->path)};
    cu_buffer_free(&value);
    if (strcmp(kind, "ip") == 0 || strcmp(kind, "device") == 0) {
        slot->port = beside(self, fact, "port");
        slot->event = beside(self, fact, "eventName");
        slot->time = beside(self, fact, "dateTime");
    }
    if (slot->time != NULL && cu_instant_read(slot->time, &at, NULL) == CU_OK) {
        slot->has_offset = at.has_offset;
        slot->time_us = at.has_offset ? at.time_us : 0;
    }
    return slot->value == NULL ? cu_fail(self->err, CU_ELIMIT, "too many values") : CU_OK;
}

/* The kind of a value whose kind is said beside it. */
static const char *kind_beside(const meaning *self, const kept *fact)
{
    static const struct {
        const char *said, *kind;
    } kinds[] = {{"IP Address", "ip"}, {"URL", "url"},       {"Profile URL", "url"},
                 {"MD5", "md5"},       {"SHA1", "sha1"},     {"SHA256", "sha256"},
                 {"SHA-1", "sha1"},    {"SHA-256", "sha256"}};

    static const char *const names[] = {"captureType", "@hashType", "name"};

    for (size_t n = 0; n < CU_COUNT_OF(names); n++) {
        const char *const said = beside(self, fact, names[n]);

        for (size_t i = 0; said != NULL && i < CU_COUNT_OF(kinds); i++) {
            if (strcmp(said, kinds[i].said) == 0)
                return kinds[i].kind;
        }
    }
    return NULL;
}

/* An element with attributes gives them in its own group, its text in its parent's. */
static const char *hash_kind(const meaning *self, const kept *fact)
{
    const cu_tip_facts *const facts = self->facts;
    const size_t place = (size_t)(fact - facts->list);

    /* The attributes of an element come right before its text. */
    if (place > 0 && strcmp(facts->list[place - 1].leaf, "@hashType") == 0) {
        const char *const said = facts->list[place - 1].value;

        return strcmp(said, "MD5") == 0      ? "md5"
               : strcmp(said, "SHA1") == 0   ? "sha1"
               : strcmp(said, "SHA256") == 0 ? "sha256"
                                             : NULL;
    }
    return NULL;
}

static cu_status take_role(meaning *self, const kept *fact, const cu_tip_word *word)
{
    cu_tip *const tip = self->tip;

    switch (word->role) {
    case CU_TIP_IDENTIFIER:
        return add_identifier(self, fact, word->kind);
    case CU_TIP_TYPED: {
        const char *const kind = kind_beside(self, fact);

        return kind == NULL ? CU_OK : add_identifier(self, fact, kind);
    }
    case CU_TIP_HASH: {
        const char *const kind = hash_kind(self, fact);

        return kind == NULL ? remark(self, false, fact->path, fact->value)
                            : add_identifier(self, fact, kind);
    }
    case CU_TIP_REPORT:
        tip->report = fact->value;
        return CU_OK;
    case CU_TIP_INCIDENT:
        tip->incident = fact->value;
        return CU_OK;
    case CU_TIP_INCIDENT_TIME:
        tip->incident_time = fact->value;
        return CU_OK;
    case CU_TIP_SERVICE:
        tip->service = fact->value;
        return CU_OK;
    case CU_TIP_CHILD:
        tip->child = true;
        return CU_OK;
    case CU_TIP_URGENT:
        tip->urgent = true;
        return CU_OK;
    default:
        return CU_OK;
    }
}

static cu_status take_value(meaning *self, const kept *fact)
{
    const char *const unknown = cu_tip_unknown_name(fact->path, self->facts->arena);

    if (strstr(fact->path, "victim") != NULL)
        self->tip->child = true;
    if (unknown != NULL)
        return remark(self, false, fact->path, fact->value);

    const cu_tip_word *const word = cu_tip_word_of(fact->path);

    if (word == NULL || fact->kind == CU_FACT_NULL)
        return CU_OK;
    if (fact->value[0] == '\0' && word->role != CU_TIP_CHILD)
        return CU_OK;
    return take_role(self, fact, word);
}

static cu_status take_member(meaning *self, const kept *fact)
{
    cu_tip *const tip = self->tip;
    const size_t n = strcspn(fact->value, " ");
    cu_tip_member *const grown =
        one_more(self, tip->members, &tip->member_count, &self->members_room, sizeof *grown);

    if (grown == NULL)
        return CU_ELIMIT;
    tip->members = grown;
    grown[tip->member_count - 1] =
        (cu_tip_member){fact->path, cu_arena_text(self->facts->arena, fact->value, n),
                        fact->value + n + (fact->value[n] == ' ')};
    return CU_OK;
}

cu_status cu_tip_end(cu_tip_facts *facts, const char *format, cu_tip *out, cu_err *err)
{
    cu_tip tip = {.format = format, .facts = facts->n};
    meaning self = {.facts = facts, .tip = &tip, .err = err};
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < facts->n; i++) {
        const kept *const fact = &facts->list[i];

        if (fact->kind == CU_FACT_MEMBER)
            st = take_member(&self, fact);
        else if (fact->kind == CU_FACT_PROBLEM)
            st = remark(&self, true, fact->path, fact->value);
        else
            st = take_value(&self, fact);
    }
    if (st == CU_OK)
        *out = tip;
    return st;
}
