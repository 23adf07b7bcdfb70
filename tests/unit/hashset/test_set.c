/* SPDX-License-Identifier: Apache-2.0 */
/* The set file: every answer against a plain table, whatever the size, the shape and the
 * damage. */
#include "support/cmocka.h"

#include "hashset/layout.h"
#include "support/sets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[64];
static char path[128];

static int make_folder(void **state)
{
    (void)state;
    sets_folder(folder);
    (void)snprintf(path, sizeof path, "%s/set.chs", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    sets_remove(folder);
    return 0;
}

/* ---- answers ---- */

/* How the digests of a set are spread. */
typedef enum shape {
    SHAPE_RANDOM,
    SHAPE_COUNTED,  /* 0, 1, 2, … in bytes 8 to 15: all in one bucket */
    SHAPE_CLUSTERS, /* random, but only 16 beginnings */
} shape;

static shape shape_now;

/* Digest number i of the set; those that are not in it have numbers above its count. */
static void digest_of(uint64_t i, uint8_t out[32])
{
    memset(out, 0, 32);
    if (shape_now == SHAPE_COUNTED) {
        for (size_t k = 0; k < 8; k++)
            out[15 - k] = (uint8_t)(i >> (8 * k));
        return;
    }
    sets_random(i + 1, out, 32);
    if (shape_now == SHAPE_CLUSTERS)
        memset(out + 1, out[0] & 15, 7);
}

static cu_status bare_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    const cu_hashset_algorithm algorithm = (cu_hashset_algorithm)(i % cu_hashset_algorithms);

    (void)builder;
    (void)err;
    digest_of(i, row->digest[algorithm]);
    row->has[algorithm] = true;
    return CU_OK;
}

static void answers_of(size_t count, shape as, cu_hashset_purpose purpose)
{
    const sets_plan plan = {
        .path = path, .count = count, .row = bare_row, .options = {.purpose = purpose}};
    const size_t asked = 2 * count;
    uint8_t *const keys = malloc(asked * 32);
    uint64_t *const found = malloc(asked * sizeof *found);
    CU_AUTO(cu_hashset, set);
    cu_hashset_report report;
    cu_err err = {0};

    shape_now = as;
    assert_int_equal(sets_make(&plan, &report, &err), CU_OK);
    assert_int_equal(report.records, count);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_OK);
    for (size_t i = 0; i < asked; i++)
        digest_of(i, keys + 32 * i);
    for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
        const cu_hashset_algorithm algorithm = (cu_hashset_algorithm)k;

        assert_int_equal(cu_hashset_find_many(set, algorithm,
                                              (cu_hashset_keys){keys, 32, asked}, found, &err),
                         CU_OK);
        for (size_t i = 0; i < asked; i++) {
            uint64_t single = 0;

            /* The plain table: digest i is there for algorithm i % 3 below the count. */
            assert_int_equal(found[i] != 0, i < count && i % cu_hashset_algorithms == k);
            if (i % 64 == 0 || count < 1000) {
                assert_int_equal(cu_hashset_find(set, algorithm, keys + 32 * i, &single, &err),
                                 CU_OK);
                assert_int_equal(single, found[i]);
            }
            if (found[i] != 0) {
                const uint8_t *digest = NULL;
                uint64_t record = 0;

                assert_int_equal(
                    cu_hashset_value_at(set, algorithm, found[i] - 1, &digest, &record, &err),
                    CU_OK);
                assert_memory_equal(digest, keys + 32 * i, cu_hashset_digest_bytes(algorithm));
            }
        }
    }
    assert_int_equal(cu_hashset_verify(set, NULL, &err), CU_OK);
    free(keys);
    free(found);
    assert_int_equal(remove(path), 0);
}

static void answers_as_a_plain_table_at_every_size(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 9, 24, 25, 100, 1000, 65537, 1000000};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++)
        answers_of(sizes[i], SHAPE_RANDOM, CU_HASHSET_KNOWN_GOOD);
}

static void answers_however_the_digests_are_spread(void **state)
{
    static const size_t sizes[] = {1, 2, 12, 13, 14, 100, 5000, 200000};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(sizes); i++) {
        answers_of(sizes[i], SHAPE_COUNTED, CU_HASHSET_ALERT);
        answers_of(sizes[i], SHAPE_CLUSTERS, CU_HASHSET_ALERT);
    }
}

/* ---- records ---- */

static const char *const sources[] = {"", "Agency A", "Agency B"};

/* Everything that a row can say, or not, by the bits of its number. */
static cu_status full_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    static uint8_t photodna[cu_hashset_photodna_bytes];
    static char label[32], name[64];

    (void)builder;
    (void)err;
    (void)snprintf(label, sizeof label, "id-%zu", i);
    (void)snprintf(name, sizeof name, "caf\xC3\xA9 %zu.jpg", i / 2);
    for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
        row->has[k] = (i >> k & 1) != 0;
        sets_random(i * 4 + k + 1, row->digest[k], 32);
    }
    row->has_pdq = i % 8 == 0 || i % 5 == 0;
    sets_random(i * 4 + 1000000007, row->pdq, 32);
    row->pdq_quality = i % 3 == 0 ? cu_hashset_quality_unknown : (uint8_t)(i % 101);
    row->pdq_variant = i % 3 == 0 ? 0 : i % 3 == 1 ? 'A' : 'F';
    if (i % 7 == 0) {
        sets_random(i, photodna, sizeof photodna);
        row->photodna = (cu_bytes){photodna, sizeof photodna};
    }
    if ((i & 16) != 0)
        row->label = (cu_bytes){(const uint8_t *)label, strlen(label)};
    if ((i & 32) != 0)
        row->name = (cu_bytes){(const uint8_t *)name, strlen(name)};
    if ((i & 64) != 0)
        row->code = (cu_bytes){(const uint8_t *)"123" + i % 3, 1};
    row->source = (cu_bytes){(const uint8_t *)sources[i % 3], strlen(sources[i % 3])};
    row->said = (uint16_t)(i % 64);
    row->flags = (uint16_t)(i / 3);
    row->has_size = (i & 4) != 0;
    row->size = i * 1000003;
    return CU_OK;
}

static void assert_text(const char *is, cu_bytes wanted)
{
    assert_int_equal(strlen(is), wanted.n);
    if (wanted.n > 0)
        assert_memory_equal(is, wanted.p, wanted.n);
}

typedef struct seen_entries {
    size_t next;
    size_t bare;
} seen_entries;

static cu_status check_entry(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    seen_entries *const seen = context;
    const cu_hashset_record *const record = &entry->record;
    cu_hashset_row row = {.line = 1};

    if (record->number == 0) {
        seen->bare++;
        return CU_OK;
    }
    /* Rows that say nothing have no record. */
    for (;; seen->next++) {
        row = (cu_hashset_row){.line = 1};
        (void)full_row(NULL, seen->next, &row, err);
        if (row.label.n + row.name.n + row.code.n + row.source.n > 0 || row.said != 0 ||
            row.has_size)
            break;
    }
    seen->next++;
    assert_text(record->label, row.label);
    assert_text(record->name, row.name);
    assert_text(record->code, row.code);
    assert_text(record->source, row.source);
    assert_string_equal(record->series, "");
    assert_int_equal(record->said, row.said);
    assert_int_equal(record->flags, row.flags & row.said);
    assert_int_equal(record->has_size, row.has_size);
    assert_int_equal(record->size, row.has_size ? row.size : 0);
    for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
        assert_int_equal(entry->digests[k] != NULL, row.has[k]);
        if (row.has[k])
            assert_memory_equal(entry->digests[k], row.digest[k],
                                cu_hashset_digest_bytes((cu_hashset_algorithm)k));
    }
    assert_int_equal(entry->pdq != NULL, row.has_pdq);
    if (row.has_pdq) {
        assert_memory_equal(entry->pdq, row.pdq, 32);
        assert_int_equal(entry->pdq_fact.quality, row.pdq_quality);
        assert_int_equal(entry->pdq_fact.variant, row.pdq_variant);
    }
    assert_int_equal(entry->photodna != NULL, row.photodna.n > 0);
    if (row.photodna.n > 0)
        assert_memory_equal(entry->photodna, row.photodna.p, row.photodna.n);
    return CU_OK;
}

static void keeps_all_that_a_row_says(void **state)
{
    enum { count = 3000 };

    const sets_plan plan = {.path = path, .count = count, .row = full_row};
    CU_AUTO(cu_hashset, set);
    cu_hashset_report report;
    seen_entries seen = {.next = 0};
    cu_err err = {0};

    (void)state;
    assert_int_equal(sets_make(&plan, &report, &err), CU_OK);
    assert_int_equal(report.without_digest + report.records, count);
    assert_int_equal(report.duplicates, 0);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_OK);
    assert_int_equal(cu_hashset_each(set, check_entry, &seen, &err), CU_OK);
    assert_int_equal(cu_hashset_verify(set, NULL, &err), CU_OK);
    assert_int_equal(cu_hashset_get_facts(set)->pdq, report.pdq);
    assert_true(seen.next > count - 64);
    assert_int_equal(remove(path), 0);
}

/* Five texts of one row in a place that the next row overwrites at once; up to 5000 bytes. */
static cu_status long_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    static uint8_t texts[5][5000];
    cu_bytes *const all[] = {&row->label, &row->name, &row->code, &row->series, &row->source};

    (void)builder;
    (void)err;
    row->has[CU_HASHSET_MD5] = true;
    sets_random(i + 1, row->digest[CU_HASHSET_MD5], 16);
    for (size_t k = 0; k < CU_COUNT_OF(all); k++) {
        memset(texts[k], 'a' + (int)((i + k) % 26), sizeof texts[k]);
        *all[k] = (cu_bytes){texts[k], i * 97 * (k + 1) % sizeof texts[k] + 1};
    }
    return CU_OK;
}

static cu_status check_long(void *context, const cu_hashset_entry *entry, cu_err *err)
{
    size_t *const seen = context;
    const char *const texts[] = {entry->record.label, entry->record.name, entry->record.code,
                                 entry->record.series, entry->record.source};
    cu_hashset_row row = {.line = 0};

    assert_int_equal(long_row(NULL, *seen, &row, err), CU_OK);
    assert_memory_equal(entry->digests[CU_HASHSET_MD5], row.digest[CU_HASHSET_MD5], 16);

    const cu_bytes wanted[] = {row.label, row.name, row.code, row.series, row.source};

    for (size_t k = 0; k < CU_COUNT_OF(texts); k++) {
        const size_t n = wanted[k].n < cu_hashset_text_max ? wanted[k].n : cu_hashset_text_max;

        assert_int_equal(strlen(texts[k]), n);
        assert_memory_equal(texts[k], wanted[k].p, n);
    }
    ++*seen;
    return CU_OK;
}

static void keeps_texts_of_any_length_that_are_gone_at_once(void **state)
{
    enum { count = 1500 };

    const sets_plan plan = {.path = path, .count = count, .row = long_row};
    CU_AUTO(cu_hashset, set);
    cu_hashset_report report;
    size_t seen = 0;
    cu_err err = {0};

    (void)state;
    assert_int_equal(sets_make(&plan, &report, &err), CU_OK);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_OK);
    assert_int_equal(cu_hashset_each(set, check_long, &seen, &err), CU_OK);
    assert_int_equal(seen, count);
    assert_int_equal(remove(path), 0);
}

/* ---- memory ---- */

static cu_status again_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                           cu_err *err)
{
    /* Of every nine rows, two say again what an earlier one did; some labels are withdrawn. */
    const size_t which = i % 9 < 7 ? i : i / 2;

    if (i % 1000 == 999) {
        char label[32];
        const int n = snprintf(label, sizeof label, "id-%zu", i - 500);
        const cu_status st = cu_hashset_builder_withdraw(
            builder, (cu_bytes){(const uint8_t *)label, (size_t)n}, 0, err);

        if (st != CU_OK)
            return st;
    }
    return full_row(builder, which, row, err);
}

static void writes_the_same_bytes_in_any_memory(void **state)
{
    static const uint64_t memories[] = {0, 1 << 22, 1 << 20, 1 << 16};

    cu_hashset_report reports[CU_COUNT_OF(memories)];
    uint8_t *whole = NULL;
    size_t whole_n = 0;

    (void)state;
    for (size_t purpose = 0; purpose < 2; purpose++) {
        for (size_t i = 0; i < CU_COUNT_OF(memories); i++) {
            const sets_plan plan = {
                .path = path,
                .count = 40000,
                .row = purpose == 0 ? again_row : bare_row,
                .options = {.memory = memories[i], .purpose = (cu_hashset_purpose)purpose}};
            cu_err err = {0};
            size_t n = 0;
            uint8_t *bytes = NULL;

            assert_int_equal(sets_make(&plan, &reports[i], &err), CU_OK);
            assert_int_equal(sets_entries(folder), 1);
            bytes = sets_read(path, &n);
            if (i == 0) {
                whole = bytes;
                whole_n = n;
            } else {
                assert_int_equal(n, whole_n);
                assert_memory_equal(bytes, whole, n);
                assert_memory_equal(&reports[i], &reports[0], sizeof reports[0]);
                free(bytes);
            }
            assert_int_equal(remove(path), 0);
        }
        if (purpose == 0) {
            assert_int_equal(reports[0].withdrawn > 0, true);
            assert_int_equal(reports[0].duplicates > 5000, true);
        }
        free(whole);
    }
}

/* ---- damage ---- */

static void make_small(size_t count)
{
    const sets_plan plan = {.path = path, .count = count, .row = full_row};
    cu_hashset_report report;
    cu_err err = {0};

    assert_int_equal(sets_make(&plan, &report, &err), CU_OK);
}

/* Asks a set, which may be damaged, for all that it should hold and more: an answer is right,
 * or it is an error. True: no error. */
static bool asks_right(const cu_hashset *set, size_t count)
{
    bool good = true;

    for (size_t i = 0; i < 2 * count; i++) {
        cu_hashset_row row = {.line = 1};

        (void)full_row(NULL, i, &row, NULL);
        for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
            const cu_hashset_algorithm algorithm = (cu_hashset_algorithm)k;
            cu_hashset_record record;
            uint64_t found = 0;

            if (cu_hashset_find(set, algorithm, row.digest[k], &found, NULL) != CU_OK) {
                good = false;
                continue;
            }
            assert_int_equal(found != 0, row.has[k] && i < count);
            if (found == 0)
                continue;
            if (cu_hashset_record_of(set, algorithm, found, &record, NULL) != CU_OK)
                good = false;
            else
                assert_text(record.label, row.label);
        }
    }
    return good;
}

static void never_answers_wrongly_with_any_byte_changed(void **state)
{
    enum { count = 40 };

    uint8_t *bytes = NULL;
    size_t n = 0;

    (void)state;
    make_small(count);
    bytes = sets_read(path, &n);
    for (size_t at = 0; at < n; at++) {
        CU_AUTO(cu_hashset, set);
        cu_err err = {0};

        bytes[at] ^= (uint8_t)(1U << (at % 8));
        if (cu_hashset_open_bytes((cu_bytes){bytes, n}, true, &set, &err) == CU_OK) {
            /* What no one has read yet is found when it is, or by verify. */
            (void)asks_right(set, count);
            assert_int_equal(cu_hashset_verify(set, NULL, &err), CU_EFORMAT);
        }
        assert_int_equal(err.code, CU_EFORMAT);
        bytes[at] ^= (uint8_t)(1U << (at % 8));
    }
    free(bytes);
    assert_int_equal(remove(path), 0);
}

static void refuses_every_truncation(void **state)
{
    uint8_t *bytes = NULL;
    size_t n = 0;

    (void)state;
    make_small(40);
    bytes = sets_read(path, &n);
    for (size_t cut = 0; cut < n; cut++) {
        cu_hashset *set = NULL;
        cu_err err = {0};

        assert_int_equal(cu_hashset_open_bytes((cu_bytes){bytes, cut}, true, &set, &err),
                         CU_EFORMAT);
        assert_null(set);
    }
    free(bytes);
    assert_int_equal(remove(path), 0);
}

/* Sealed again after the change, as by someone who means harm: it may answer anything, but
 * stays within itself. A sanitizer watches. */
static void stays_within_a_file_that_lies(void **state)
{
    enum { count = 40 };

    uint8_t *bytes = NULL;
    size_t answered = 0;
    size_t n = 0;

    (void)state;
    make_small(count);
    bytes = sets_read(path, &n);
    for (size_t at = 16; at < n; at++) {
        CU_AUTO(cu_hashset, set);
        const uint8_t was = bytes[at];

        bytes[at] = at % 2 == 0 ? 0xFF : (uint8_t)(was + 1);
        if (cu_hashset_open_bytes((cu_bytes){bytes, n}, false, &set, NULL) == CU_OK) {
            for (size_t i = 0; i < 2 * count; i++) {
                cu_hashset_record record;
                uint8_t key[32];
                uint64_t found = 0;

                sets_random(i * 4 + i % 3 + 1, key, 32);
                for (unsigned k = 0; k < cu_hashset_algorithms; k++) {
                    if (cu_hashset_find(set, (cu_hashset_algorithm)k, key, &found, NULL) ==
                            CU_OK &&
                        found != 0)
                        answered += CU_OK == cu_hashset_record_of(set, (cu_hashset_algorithm)k,
                                                                  found, &record, NULL);
                }
            }
            answered += CU_OK == cu_hashset_verify(set, NULL, NULL);
        }
        bytes[at] = was;
    }
    assert_true(answered > 0);
    free(bytes);
    assert_int_equal(remove(path), 0);
}

static void names_another_version_of_the_format(void **state)
{
    static const char *const others[] = {"custos-hashset/0", "custos-hashset/2 and more"};
    static const char *const words[] = {
        "version 0, and this program reads version 1: import its",
        "version 2, and this program reads version 1: import its"};

    (void)state;
    for (size_t i = 0; i < CU_COUNT_OF(others); i++) {
        cu_hashset *set = NULL;
        cu_err err = {0};

        sets_write(path, (const uint8_t *)others[i], strlen(others[i]));
        assert_int_equal(cu_hashset_open(path, &set, &err), CU_EFORMAT);
        assert_non_null(strstr(err.text, words[i]));
    }
    assert_int_equal(remove(path), 0);
}

static void opens_only_what_is_a_set(void **state)
{
    cu_hashset *set = NULL;
    cu_err err = {0};

    (void)state;
    assert_int_equal(cu_hashset_open(folder, &set, &err), CU_EFORMAT);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_EIO);
    sets_write(path, (const uint8_t *)"custos-hashset/1", 16);
    assert_int_equal(cu_hashset_open(path, &set, &err), CU_EFORMAT);
    assert_int_equal(remove(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_a_plain_table_at_every_size),
        cmocka_unit_test(answers_however_the_digests_are_spread),
        cmocka_unit_test(keeps_all_that_a_row_says),
        cmocka_unit_test(keeps_texts_of_any_length_that_are_gone_at_once),
        cmocka_unit_test(writes_the_same_bytes_in_any_memory),
        cmocka_unit_test(never_answers_wrongly_with_any_byte_changed),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(stays_within_a_file_that_lies),
        cmocka_unit_test(names_another_version_of_the_format),
        cmocka_unit_test(opens_only_what_is_a_set),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
