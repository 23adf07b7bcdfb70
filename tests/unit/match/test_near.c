/* SPDX-License-Identifier: Apache-2.0 */
/* Looks at a picture against sets: what counts as near, what does not, and how it is told. */
#include "hashset/import.h"
#include "match/match.h"
#include "support/cmocka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { filling = 4500, codes_bytes = cu_pdq_turns * cu_pdq_bytes };

static char folder[] = "/tmp/custos-match-near-XXXXXX";

static uint64_t next(uint64_t *seed)
{
    *seed += 0x9E3779B97F4A7C15U;

    uint64_t z = *seed;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/* An invented code, the same for the same number. */
static void invent(uint64_t number, uint8_t code[cu_pdq_bytes])
{
    for (size_t i = 0; i < cu_pdq_bytes; i++)
        code[i] = (uint8_t)next(&number);
}

static void path_of(const char *name, char out[256])
{
    (void)snprintf(out, 256, "%s/%s", folder, name);
}

static void put_row(FILE *file, uint64_t number, const char *rest)
{
    uint8_t code[cu_pdq_bytes];
    char text[2 * cu_pdq_bytes + 1];

    invent(number, code);
    cu_hex_encode((cu_bytes){code, sizeof code}, text);
    (void)fprintf(file, "%s,%s\n", text, rest);
}

/* Codes 1 to 5 with something to say, and others that nobody looks for. */
static cu_hashset *make_set(const char *name, cu_hashset_purpose purpose)
{
    char list[256];
    char out[256];
    cu_hashset_report report;
    cu_hashset *set = NULL;
    cu_err err = {0};

    path_of("list.csv", list);
    path_of(name, out);

    FILE *const file = fopen(list, "w");

    assert_non_null(file);
    (void)fprintf(file, "pdq,pdq_quality,pdq_variant,id,code\n");
    put_row(file, 1, ",,one,A");
    put_row(file, 2, "100,F,two,B");
    put_row(file, 3, "30,A,three,C");
    put_row(file, 4, "80,A,four,A");
    for (uint64_t i = 0; i < filling; i++)
        put_row(file, 1000 + i, ",,,");
    (void)fclose(file);

    const char *const files[] = {list};
    const cu_hashset_import_options options = {.format = "csv", .purpose = purpose};

    if (cu_hashset_import(&options, files, 1, out, &report, &err) != CU_OK)
        fail_msg("%s", err.text);
    assert_int_equal(report.pdq, 4 + filling);
    assert_int_equal(cu_hashset_open(out, &set, &err), CU_OK);
    assert_int_equal(cu_hashset_verify(set, NULL, &err), CU_OK);
    return set;
}

typedef struct seen {
    size_t n;
    unsigned distance;
    cu_pdq_turn turn;
    char label[32], change[32];
} seen;

static cu_status see(void *context, const cu_match_near *match, cu_err *err)
{
    seen *const self = context;

    (void)err;
    if (self->n++ == 0) {
        self->distance = match->distance;
        self->turn = match->turn;
        (void)snprintf(self->label, sizeof self->label, "%s", match->record.label);
        (void)snprintf(self->change, sizeof self->change, "%s", match->change);
    }
    return CU_OK;
}

/* Eight codes: the invented one with some bits flipped at one turn, others elsewhere. */
static void look_at(uint64_t number, unsigned flipped, cu_pdq_turn turn,
                    uint8_t out[codes_bytes])
{
    for (size_t t = 0; t < cu_pdq_turns; t++)
        invent(900000 + 8 * number + t, out + t * cu_pdq_bytes);
    invent(number, out + turn * cu_pdq_bytes);
    for (unsigned i = 0; i < flipped; i++)
        out[turn * cu_pdq_bytes + i] ^= 16;
}

static seen ask(cu_hashset *set, const cu_match_look *looks, size_t count)
{
    cu_hashset *const sets[] = {set};
    seen result = {.n = 0};
    const cu_near_matching matching = {.sets = sets,
                                       .set_count = 1,
                                       .radius = cu_pdq_similar,
                                       .matched = see,
                                       .context = &result};
    CU_AUTO(cu_near_matcher, matcher);
    cu_err err = {0};

    assert_int_equal(cu_near_matcher_new(&matching, &matcher, &err), CU_OK);
    assert_int_equal(cu_near_matcher_ask(matcher, looks, count, &err), CU_OK);
    assert_int_equal(cu_near_matcher_counts(matcher).looks, count);
    return result;
}

static void tells_record_distance_and_turn(void **state)
{
    cu_hashset *const set = *state;
    uint8_t codes[codes_bytes];
    const cu_match_look look = {codes, cu_pdq_turns, 100, 'A', ""};

    look_at(1, 10, CU_PDQ_MIRRORED_X, codes);

    const seen found = ask(set, &look, 1);

    assert_int_equal(found.n, 1);
    assert_int_equal(found.distance, 10);
    assert_int_equal(found.turn, CU_PDQ_MIRRORED_X);
    assert_string_equal(found.label, "one");
    look_at(1, 31, CU_PDQ_AS_IS, codes);
    assert_int_equal(ask(set, &look, 1).n, 1);
    look_at(1, 32, CU_PDQ_AS_IS, codes);
    assert_int_equal(ask(set, &look, 1).n, 0);
}

static void a_record_is_told_once_by_its_nearest_look(void **state)
{
    cu_hashset *const set = *state;
    uint8_t plain[codes_bytes];
    uint8_t view[codes_bytes];
    const cu_match_look looks[] = {{plain, cu_pdq_turns, 100, 'A', ""},
                                   {view, cu_pdq_turns, 90, 0, "framed"}};

    look_at(4, 20, CU_PDQ_AS_IS, plain);
    look_at(4, 6, CU_PDQ_AS_IS, view);

    const seen found = ask(set, looks, 2);

    assert_int_equal(found.n, 1);
    assert_int_equal(found.distance, 6);
    assert_string_equal(found.change, "framed");
    assert_string_equal(found.label, "four");
}

static void compares_only_one_variant_with_itself(void **state)
{
    cu_hashset *const set = *state;
    uint8_t codes[codes_bytes];

    look_at(2, 4, CU_PDQ_AS_IS, codes); /* record two is of variant F */
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 100, 'A', ""}, 1).n, 0);
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 100, 'F', ""}, 1).n, 1);
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 100, 0, "cropped"}, 1).n,
                     1);
}

static void featureless_pictures_match_nothing(void **state)
{
    cu_hashset *const set = *state;
    uint8_t codes[codes_bytes];

    look_at(4, 0, CU_PDQ_AS_IS, codes);
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 49, 'A', ""}, 1).n, 0);
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 50, 'A', ""}, 1).n, 1);
    look_at(3, 0, CU_PDQ_AS_IS, codes); /* record three has a quality of 30 */
    assert_int_equal(ask(set, &(cu_match_look){codes, cu_pdq_turns, 100, 'A', ""}, 1).n, 0);
}

static void known_good_sets_are_not_asked(void **state)
{
    (void)state;
    cu_hashset *const good = make_set("good.chs", CU_HASHSET_KNOWN_GOOD);
    cu_hashset *const sets[] = {good};
    const cu_near_matching matching = {
        .sets = sets, .set_count = 1, .radius = cu_pdq_similar, .matched = see};
    CU_AUTO(cu_near_matcher, matcher);
    cu_err err = {0};

    assert_int_equal(cu_near_matcher_new(&matching, &matcher, &err), CU_OK);
    assert_true(cu_near_matcher_is_idle(matcher));
    cu_hashset_close(good);
}

static void a_damaged_index_is_refused(void **state)
{
    (void)state;
    char path[256];
    cu_hashset *set = make_set("damaged.chs", CU_HASHSET_ALERT);
    const uint64_t bytes = cu_hashset_get_facts(set)->bytes;
    CU_AUTO(cu_near, near);
    cu_err err = {0};

    cu_hashset_close(set);
    path_of("damaged.chs", path);

    FILE *const file = fopen(path, "r+");

    assert_non_null(file);
    assert_int_equal(fseek(file, (long)(bytes / 2), SEEK_SET), 0);

    const int was = fgetc(file);

    assert_int_equal(fseek(file, (long)(bytes / 2), SEEK_SET), 0);
    (void)fputc(was ^ 1, file);
    (void)fclose(file);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_OK);
    assert_int_equal(cu_hashset_near(set, &near, &err), CU_EFORMAT);
    assert_int_equal(cu_hashset_verify(set, NULL, &err), CU_EFORMAT);
    cu_hashset_close(set);
}

static int begin(void **state)
{
    if (mkdtemp(folder) == NULL)
        return -1;
    *state = make_set("alert.chs", CU_HASHSET_ALERT);
    return 0;
}

static int end(void **state)
{
    static const char *const names[] = {"list.csv", "alert.chs", "good.chs", "damaged.chs"};

    cu_hashset_close(*state);
    for (size_t i = 0; i < CU_COUNT_OF(names); i++) {
        char path[256];

        path_of(names[i], path);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_record_distance_and_turn),
        cmocka_unit_test(a_record_is_told_once_by_its_nearest_look),
        cmocka_unit_test(compares_only_one_variant_with_itself),
        cmocka_unit_test(featureless_pictures_match_nothing),
        cmocka_unit_test(known_good_sets_are_not_asked),
        cmocka_unit_test(a_damaged_index_is_refused),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
