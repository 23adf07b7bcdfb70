/* SPDX-License-Identifier: Apache-2.0 */
/* custos match: new sets against an old scan, without the device. */
#include "match/match.h"

#include "base/map.h"
#include "cli/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { sets_max = cu_option_texts_max };

typedef struct matching {
    cu_hashset *sets[sets_max];
    cu_option_texts paths;
    bool json;
    cu_buffer out;
    cu_json writer;
    cu_matcher *matcher;
    uint64_t found, items, known_good;
    cu_near_matched compared;
    cu_map exact;   /* items that a set knows by their bytes */
    cu_buffer near; /* of near_row */
    size_t near_at; /* the next that is printed */
} matching;

static void write_row(matching *self, const cu_evidence_match *row)
{
    if (self->json)
        cu_report_match_json(&self->writer, row);
    else
        cu_report_match(&self->out, row);
}

/* What a set says of an item: the rest of the row is the kind of match's own. */
static cu_evidence_match row_of(const cu_evidence_item *item, const cu_hashset_facts *set,
                                const cu_hashset_record *record)
{
    return (cu_evidence_match){.item = item->id,
                               .path = item->path,
                               .set = set->name,
                               .set_version = set->version,
                               .scheme = set->scheme,
                               .code = record->code,
                               .how = ""};
}

static void write_match(matching *self, const cu_evidence_item *item, const cu_match *match)
{
    cu_evidence_match row = row_of(item, match->set, &match->record);
    char record[24];

    row.algorithm = cu_hashset_algorithm_word(match->algorithm);
    row.strength = match->strength;
    row.record = cu_match_record_text(&match->record, record);
    write_row(self, &row);
}

static cu_status see_match(void *context, const cu_evidence_item *item, const cu_match *match,
                           cu_err *err)
{
    matching *const self = context;

    bool added = false;

    if (cu_map_put(&self->exact, (uint64_t)item->id, 1, &added) == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    write_match(self, item, match);
    self->found++;
    return cu_buffer_check(&self->out, err);
}

/* A near match, until its item's path is known. */
typedef struct near_row {
    cu_match_near match; /* whose change is no longer there */
    char how[cu_match_how_bytes];
} near_row;

static cu_status keep_near(void *context, const cu_match_near *match, cu_err *err)
{
    matching *const self = context;
    near_row row = {.match = *match};
    bool added = false;
    const uint64_t *const exact = cu_map_put(&self->exact, (uint64_t)match->item, 0, &added);

    if (exact == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (*exact == 1)
        return CU_OK; /* it is known, and need not look like something */

    (void)cu_match_how(match, row.how);
    cu_buffer_append(&self->near, &row, sizeof row);
    return cu_buffer_check(&self->near, err);
}

static void write_near(matching *self, const cu_evidence_item *item, const near_row *near)
{
    const cu_match_near *const match = &near->match;
    cu_evidence_match row = row_of(item, match->set, &match->record);
    char record[24];

    row.algorithm = "pdq";
    row.strength = "near";
    row.distance = (int)match->distance;
    row.how = near->how;
    row.record = cu_match_record_text(&match->record, record);
    write_row(self, &row);
}

/* The rows of one item, which stand together once they are sorted. */
static cu_status print_near(void *context, const cu_evidence_item *item, cu_err *err)
{
    matching *const self = context;
    const near_row *const rows = (const near_row *)(const void *)self->near.p;
    const size_t n = self->near.n / sizeof *rows;

    for (; self->near_at < n && rows[self->near_at].match.item <= item->id; self->near_at++) {
        if (rows[self->near_at].match.item == item->id)
            write_near(self, item, &rows[self->near_at]);
    }
    return cu_buffer_check(&self->out, err);
}

static int by_item(const void *left, const void *right)
{
    const near_row *const a = left;
    const near_row *const b = right;

    if (a->match.item != b->match.item)
        return a->match.item < b->match.item ? -1 : 1;
    return (a->match.distance > b->match.distance) - (a->match.distance < b->match.distance);
}

static cu_status see_known_good(void *context, CU_UNUSED const cu_evidence_item *item,
                                CU_UNUSED const cu_match *match, CU_UNUSED cu_err *err)
{
    ((matching *)context)->known_good++;
    return CU_OK;
}

static cu_status see_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    matching *const self = context;

    self->items++;
    return cu_matcher_add(self->matcher, item, err);
}

static cu_status match_pictures(matching *self, cu_evidence *evidence, cu_err *err)
{
    const cu_near_matching how = {.sets = self->sets,
                                  .set_count = self->paths.count,
                                  .radius = cu_pdq_similar,
                                  .matched = keep_near,
                                  .context = self};
    const cu_status st = cu_match_pictures(evidence, &how, &self->compared, err);

    if (st != CU_OK || self->near.n == 0)
        return st;
    qsort(self->near.p, self->near.n / sizeof(near_row), sizeof(near_row), by_item);
    return cu_evidence_each_item(evidence, print_near, self, err);
}

static cu_status match_items(matching *self, cu_evidence *evidence, cu_err *err)
{
    CU_AUTO(cu_matcher, matcher);
    const cu_matching how = {.sets = self->sets,
                             .set_count = self->paths.count,
                             .matched = see_match,
                             .known_good = see_known_good,
                             .context = self};
    cu_evidence_totals totals;
    cu_status st = cu_evidence_count(evidence, &totals, err);

    if (st == CU_OK)
        st = cu_matcher_new(&how,
                            totals.allocated + totals.deleted + totals.orphan + totals.carved +
                                totals.member,
                            &matcher, err);
    self->matcher = matcher;
    if (st == CU_OK)
        st = cu_evidence_each_item(evidence, see_item, self, err);
    if (st == CU_OK)
        st = cu_matcher_end(matcher, err);
    return st == CU_OK ? match_pictures(self, evidence, err) : st;
}

static cu_status run_matching(matching *self, const char *path, cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < self->paths.count; i++) {
        st = cu_hashset_open(self->paths.list[i], &self->sets[i], err);
        if (st != CU_OK)
            return cu_while(err, st, "could not open hash set \"%s\"", self->paths.list[i]);
    }
    st = cu_evidence_open(path, &evidence, err);
    if (st != CU_OK)
        return st;
    self->writer.out = &self->out;
    if (self->json) {
        cu_json_open_object(&self->writer, NULL);
        cu_json_text(&self->writer, "evidence", path);
        cu_json_open_array(&self->writer, "matches");
    }
    st = match_items(self, evidence, err);
    if (self->json) {
        cu_json_close_array(&self->writer);
        cu_json_uint(&self->writer, "items", self->items);
        cu_json_uint(&self->writer, "known_good", self->known_good);
        cu_json_uint(&self->writer, "hashes_below_quality_floor", self->compared.featureless);
        cu_json_close_object(&self->writer);
        cu_json_line(&self->writer);
    } else {
        cu_buffer_format(&self->out, "%llu matches in %llu items",
                         (unsigned long long)self->found, (unsigned long long)self->items);
        if (self->known_good > 0)
            cu_buffer_format(&self->out, ", %llu of them known-good",
                             (unsigned long long)self->known_good);
        if (self->near.n > 0)
            cu_buffer_format(&self->out, "; %zu near, each a hint to look at",
                             self->near.n / sizeof(near_row));
        if (self->compared.featureless > 0)
            cu_buffer_format(&self->out, "; %llu hashes of pictures with too little in them",
                             (unsigned long long)self->compared.featureless);
        cu_buffer_u8(&self->out, '\n');
    }
    if (st == CU_OK)
        st = cu_buffer_check(&self->out, err);
    if (st == CU_OK)
        cu_cli_write(&self->out);
    return st;
}

static int run(const cu_command *command, int argc, char **argv)
{
    static matching self;
    cu_arguments rest;
    cu_err err = {0};
    const int wrong = cu_cli_read(command, argc, argv, &self, &rest);

    if (wrong != CU_EXIT_DONE)
        return wrong;
    if (rest.count != 1 || self.paths.count == 0)
        return cu_cli_misuse(command, "one evidence file and a set are wanted");

    const cu_status st = run_matching(&self, rest.list[0], &err);

    for (size_t i = 0; i < self.paths.count; i++)
        cu_hashset_close(self.sets[i]);
    cu_buffer_free(&self.out);
    cu_buffer_free(&self.near);
    cu_map_free(&self.exact);
    return st == CU_OK ? cu_cli_flush() : cu_cli_fail(&err);
}

static const cu_option options[] = {
    CU_TEXTS("set", matching, paths, "SET", "a hash set; may be given again", sets_max),
    CU_FLAG("json", matching, json, "print one JSON object and nothing else"),
    {0},
};

const cu_command cu_command_match = {
    .name = "match",
    .summary = "match an old scan against new sets, without the device",
    .usage = "custos match OUT.custos --set SET [--set SET]... [--json]",
    .options = options,
    .run = run,
};
