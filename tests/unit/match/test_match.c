/* SPDX-License-Identifier: Apache-2.0 */
/* Items against several sets: who answers, in which order, and how strong an answer is. */
#include "support/cmocka.h"

#include "match/match.h"
#include "support/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { items = 3000 };

static char folder[64];
static cu_hashset *sets[3]; /* alert: multiples of 3; known-good: of 2; alert: of 5 */
static const size_t every[] = {3, 2, 5};

static void digest_of(size_t i, cu_digests *out)
{
    sets_random(3 * i + 1, out->md5, 16);
    sets_random(3 * i + 2, out->sha1, 20);
    sets_random(3 * i + 3, out->sha256, 32);
}

static size_t step_now;

/* By turns by all three digests, by SHA-1 alone, and by MD5 alone. */
static cu_status fill_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    static char label[32];
    const size_t item = i * step_now;
    cu_digests digests;

    (void)builder;
    (void)err;
    digest_of(item, &digests);
    row->has[CU_HASHSET_MD5] = i % 3 != 1;
    row->has[CU_HASHSET_SHA1] = i % 3 != 2;
    row->has[CU_HASHSET_SHA256] = i % 3 == 0;
    memcpy(row->digest[CU_HASHSET_MD5], digests.md5, 16);
    memcpy(row->digest[CU_HASHSET_SHA1], digests.sha1, 20);
    memcpy(row->digest[CU_HASHSET_SHA256], digests.sha256, 32);
    if (i % 2 == 0) {
        (void)snprintf(label, sizeof label, "r%zu", item);
        row->label = (cu_bytes){(const uint8_t *)label, strlen(label)};
    }
    row->code = (cu_bytes){(const uint8_t *)"3", 1};
    return CU_OK;
}

static int make_sets(void **state)
{
    (void)state;
    sets_folder(folder);
    for (size_t i = 0; i < CU_COUNT_OF(sets); i++) {
        char path[128];
        const sets_plan plan = {
            .path = path,
            .count = items / every[i],
            .row = fill_row,
            .options = {.purpose = i == 1 ? CU_HASHSET_KNOWN_GOOD : CU_HASHSET_ALERT}};
        cu_hashset_report report;
        cu_err err = {0};

        step_now = every[i];
        (void)snprintf(path, sizeof path, "%s/%zu", folder, i);
        if (sets_make(&plan, &report, &err) != CU_OK ||
            cu_hashset_open(path, &sets[i], &err) != CU_OK)
            return -1;
    }
    return 0;
}

static int remove_sets(void **state)
{
    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sets); i++)
        cu_hashset_close(sets[i]);
    sets_remove(folder);
    return 0;
}

/* A member is as live as what it lies in, which its recovery says. */
static cu_evidence_item item_of(size_t i, char path[32])
{
    static const char *const states[] = {"allocated", "deleted", "orphan",
                                         "member",    "member",  "orphan"};
    cu_evidence_item item = {.id = (int64_t)i + 1,
                             .path = path,
                             .name = "x",
                             .inode = "",
                             .state = states[i % 6],
                             .recovery = i % 3 == 0 ? "allocated" : "chain",
                             .claimed = i % 7 == 0,
                             .size = i % 11 == 0 ? 0 : 10,
                             .examined = i % 13 != 0};

    (void)snprintf(path, 32, "/p1/%zu", i);
    digest_of(i, &item.digests);
    return item;
}

static cu_hashset_algorithm strongest(size_t row)
{
    return row % 3 == 0 ? CU_HASHSET_SHA256 : row % 3 == 1 ? CU_HASHSET_SHA1 : CU_HASHSET_MD5;
}

/* What the next answers must be, by the plain rule. */
typedef struct expectation {
    size_t item, set;
    size_t matched, good;
} expectation;

static bool is_looked_up(size_t i)
{
    return i % 11 != 0 && i % 13 != 0;
}

static bool alerts(size_t i)
{
    return i % 3 == 0 || i % 5 == 0;
}

/* Goes to the next answer after the one that was given. */
static bool next_answer(expectation *self)
{
    for (;;) {
        if (++self->set >= CU_COUNT_OF(sets)) {
            self->set = 0;
            self->item++;
        }
        if (self->item >= items)
            return false;
        if (!is_looked_up(self->item) || self->item % every[self->set] != 0)
            continue;
        if (self->set != 1 || !alerts(self->item))
            return true;
    }
}

static void check(expectation *self, const cu_evidence_item *item, const cu_match *match)
{
    char path[32], record[24], label[32];

    assert_true(next_answer(self));

    const cu_evidence_item wanted = item_of(self->item, path);
    const size_t row = self->item / every[self->set];

    assert_int_equal(item->id, wanted.id);
    assert_string_equal(item->path, path);
    assert_ptr_equal(match->set, cu_hashset_get_facts(sets[self->set]));
    assert_int_equal(match->algorithm, strongest(row));
    assert_string_equal(match->strength, self->item % 3 == 0   ? "exact-allocated"
                                         : self->item % 7 == 0 ? "exact-claimed"
                                                               : "exact-proved");
    if (self->set == 1) /* a known-good set keeps no records */
        label[0] = '\0';
    else if (row % 2 == 0)
        (void)snprintf(label, sizeof label, "r%zu", self->item);
    else
        (void)snprintf(label, sizeof label, "%zu", row + 1);
    assert_string_equal(cu_match_record_text(&match->record, record), label);
}

static cu_status see_match(void *context, const cu_evidence_item *item, const cu_match *match,
                           cu_err *err)
{
    expectation *const self = context;

    (void)err;
    check(self, item, match);
    assert_int_not_equal(self->set, 1);
    self->matched++;
    return CU_OK;
}

static cu_status see_good(void *context, const cu_evidence_item *item, const cu_match *match,
                          cu_err *err)
{
    expectation *const self = context;

    (void)err;
    check(self, item, match);
    assert_int_equal(self->set, 1);
    self->good++;
    return CU_OK;
}

static void answers_in_order_and_alerts_win(void **state)
{
    expectation self = {.set = SIZE_MAX};
    const cu_matching how = {.sets = sets,
                             .set_count = CU_COUNT_OF(sets),
                             .matched = see_match,
                             .known_good = see_good,
                             .context = &self};
    CU_AUTO(cu_matcher, matcher);
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_matcher_new(&how, 0, &matcher, &err), CU_OK);
    for (size_t i = 0; i < items; i++) {
        char path[32];
        const cu_evidence_item item = item_of(i, path);

        assert_int_equal(cu_matcher_add(matcher, &item, &err), CU_OK);
    }
    assert_int_equal(cu_matcher_end(matcher, &err), CU_OK);
    assert_false(next_answer(&self));
    assert_true(self.matched > 1000 && self.good > 500);
}

static void says_how_a_single_file_stands(void **state)
{
    (void)state;
    for (size_t i = 0; i < items + 100; i++) {
        cu_match_standing standing = CU_MATCH_UNKNOWN;
        cu_digests digests;
        cu_err err = {0};

        digest_of(i, &digests);
        assert_int_equal(
            cu_match_standing_of(sets, CU_COUNT_OF(sets), &digests, &standing, &err), CU_OK);
        assert_int_equal(standing, i >= items   ? CU_MATCH_UNKNOWN
                                   : alerts(i)  ? CU_MATCH_ALERTS
                                   : i % 2 == 0 ? CU_MATCH_KNOWN_GOOD
                                                : CU_MATCH_UNKNOWN);
    }
}

static cu_status refuse(void *context, const cu_evidence_item *item, const cu_match *match,
                        cu_err *err)
{
    (void)context;
    (void)item;
    (void)match;
    return cu_fail(err, CU_ESTOPPED, "stopped");
}

static void hands_on_what_stops_it(void **state)
{
    const cu_matching how = {.sets = sets, .set_count = 1, .matched = refuse};
    CU_AUTO(cu_matcher, matcher);
    char path[32];
    const cu_evidence_item item = item_of(3, path);
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_matcher_new(&how, 1000000, &matcher, &err), CU_OK);
    assert_int_equal(cu_matcher_add(matcher, &item, &err), CU_OK);
    assert_int_equal(cu_matcher_end(matcher, &err), CU_ESTOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_in_order_and_alerts_win),
        cmocka_unit_test(says_how_a_single_file_stands),
        cmocka_unit_test(hands_on_what_stops_it),
    };

    return cmocka_run_group_tests(tests, make_sets, remove_sets);
}
