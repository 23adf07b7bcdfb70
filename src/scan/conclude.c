/* SPDX-License-Identifier: Apache-2.0 */
/* Matches against the sets, the accounting, and the source's own digests. */
#include "scan/conclude.h"

#include "base/list.h"
#include "match/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct conclusion {
    const cu_scan_options *options;
    cu_evidence_writer *evidence;
    const cu_plan *plan;
    cu_matcher *matcher;
    int64_t *proved; /* items */
    size_t proved_count, proved_room;
} conclusion;

/* ---- matches ---- */

/* The names that only claim their bytes. */
static cu_status note_claimed(conclusion *self, cu_err *err)
{
    cu_status st = CU_OK;

    for (size_t i = 0; st == CU_OK && i < self->plan->content_count; i++) {
        if ((self->plan->contents[i].flags & CU_CONTENT_OVERWRITTEN) != 0)
            st = cu_evidence_set_claimed(self->evidence, self->plan->contents[i].item, err);
    }
    return st;
}

/* Written when the items are no longer being read. */
static cu_status keep_proved(conclusion *self, int64_t item, cu_err *err)
{
    if (self->proved_count > 0 && self->proved[self->proved_count - 1] == item)
        return CU_OK;

    int64_t *const list =
        cu_list_room(self->proved, self->proved_count, &self->proved_room, sizeof *list, err);

    if (list == NULL)
        return CU_ENOMEM;
    self->proved = list;
    list[self->proved_count++] = item;
    return CU_OK;
}

static cu_status add_match(void *context, const cu_evidence_item *item, const cu_match *match,
                           cu_err *err)
{
    conclusion *const self = context;
    char record[24];
    const cu_evidence_match row = {.item = item->id,
                                   .path = "",
                                   .set = match->set->name,
                                   .set_version = match->set->version,
                                   .algorithm = cu_hashset_algorithm_word(match->algorithm),
                                   .strength = match->strength,
                                   .scheme = match->set->scheme,
                                   .code = match->record.code,
                                   .record = cu_match_record_text(&match->record, record)};
    const cu_status st = cu_evidence_add_match(self->evidence, &row, err);

    if (st != CU_OK || strcmp(match->strength, "exact-proved") != 0)
        return st;
    return keep_proved(self, item->id, err);
}

static cu_status add_known_good(void *context, const cu_evidence_item *item,
                                const cu_match *match, cu_err *err)
{
    conclusion *const self = context;

    return cu_evidence_add_known_good(
        self->evidence,
        &(cu_evidence_known_good){.item = item->id,
                                  .set = match->set->name,
                                  .set_version = match->set->version,
                                  .algorithm = cu_hashset_algorithm_word(match->algorithm)},
        err);
}

static cu_status match_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    return cu_matcher_add(((conclusion *)context)->matcher, item, err);
}

static cu_status add_near(void *context, const cu_match_near *match, cu_err *err)
{
    conclusion *const self = context;
    char record[24];
    char how[cu_match_how_bytes];
    const cu_evidence_match row = {.item = match->item,
                                   .path = "",
                                   .set = match->set->name,
                                   .set_version = match->set->version,
                                   .algorithm = "pdq",
                                   .strength = "near",
                                   .scheme = match->set->scheme,
                                   .code = match->record.code,
                                   .record = cu_match_record_text(&match->record, record),
                                   .distance = (int)match->distance,
                                   .how = cu_match_how(match, how)};

    return cu_evidence_add_match(self->evidence, &row, err);
}

/* Pictures that look like known ones; how many had too little in them is a fact of the scan. */
static cu_status match_near(conclusion *self, cu_evidence *view, cu_err *err)
{
    const cu_near_matching matching = {.sets = self->options->sets,
                                       .set_count = self->options->set_count,
                                       .radius = cu_pdq_similar,
                                       .matched = add_near,
                                       .context = self};
    cu_near_matched counts;
    char text[32];
    const cu_status st = cu_match_pictures(view, &matching, &counts, err);

    if (st != CU_OK || counts.featureless == 0)
        return st;
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)counts.featureless);
    return cu_evidence_set_fact(self->evidence, "hashes_below_quality_floor", text, err);
}

static cu_status match_all(conclusion *self, cu_err *err)
{
    CU_AUTO(cu_evidence, view);
    CU_AUTO(cu_matcher, matcher);
    const cu_matching matching = {.sets = self->options->sets,
                                  .set_count = self->options->set_count,
                                  .matched = add_match,
                                  .known_good = add_known_good,
                                  .context = self};
    cu_status st = note_claimed(self, err);

    if (st != CU_OK || self->options->set_count == 0)
        return st;
    st = cu_evidence_peek(self->evidence, &view, err);
    if (st == CU_OK)
        st = cu_matcher_new(&matching, self->plan->content_count, &matcher, err);
    self->matcher = matcher;
    if (st == CU_OK)
        st = cu_evidence_each_item(view, match_item, self, err);
    if (st == CU_OK)
        st = cu_matcher_end(matcher, err);
    if (st == CU_OK)
        st = match_near(self, view, err);
    for (size_t i = 0; st == CU_OK && i < self->proved_count; i++)
        st = cu_evidence_set_recovery(self->evidence, self->proved[i], "proved-by-digest", err);
    return st;
}

/* ---- accounting ---- */

static cu_status add_region(void *context, const cu_evidence_region *region, cu_err *err)
{
    return cu_evidence_add_region(context, region, err);
}

/* ---- the source ---- */

static cu_status check_stored(const cu_image_facts *facts, const cu_digests *digests,
                              cu_evidence_writer *evidence, bool *verified, cu_err *err)
{
    const bool md5 = !facts->has_md5 || memcmp(facts->stored_md5, digests->md5, 16) == 0;
    const bool sha1 = !facts->has_sha1 || memcmp(facts->stored_sha1, digests->sha1, 20) == 0;

    *verified = (facts->has_md5 || facts->has_sha1) && md5 && sha1;
    if (md5 && sha1)
        return CU_OK;
    return cu_evidence_add_finding(
        evidence,
        &(cu_evidence_finding){
            .path = "",
            .kind = "stored-digest-mismatch",
            .text = md5 ? "the media's SHA-1 is not the one that the image stores"
                        : "the media's MD5 is not the one that the image stores"},
        err);
}

static cu_status write_source(const cu_scan_options *options, const cu_image_facts *facts,
                              cu_evidence_writer *evidence, const cu_digest_stream *whole,
                              cu_err *err)
{
    cu_digests digests;
    cu_evidence_source source = {
        .path = options->source.path,
        .format = facts->format,
        .bytes = facts->bytes,
        .sector_bytes = facts->sector_bytes,
        .exhibit = options->exhibit,
        .has_sha256 = true,
        .has_stored_md5 = facts->has_md5,
        .has_stored_sha1 = facts->has_sha1,
    };

    cu_digest_final(whole, &digests);
    memcpy(source.sha256, digests.sha256, sizeof source.sha256);
    memcpy(source.md5, digests.md5, sizeof source.md5);
    memcpy(source.sha1, digests.sha1, sizeof source.sha1);
    memcpy(source.stored_md5, facts->stored_md5, sizeof source.stored_md5);
    memcpy(source.stored_sha1, facts->stored_sha1, sizeof source.stored_sha1);

    const cu_status st = check_stored(facts, &digests, evidence, &source.verified, err);

    return st != CU_OK ? st : cu_evidence_set_source(evidence, &source, err);
}

static cu_status write_facts(const cu_scan_options *options, cu_device *device,
                             cu_evidence_writer *evidence, cu_err *err)
{
    const cu_sandbox_level *const level = cu_device_level(device);
    char text[128];
    cu_buffer sets = {0};
    cu_status st = cu_evidence_set_fact(evidence, "tool", "custos " CU_VERSION, err);

    (void)snprintf(text, sizeof text, "landlock %d, seccomp %s", level->landlock_abi,
                   level->seccomp ? "yes" : "no");
    if (st == CU_OK)
        st = cu_evidence_set_fact(evidence, "sandbox", text, err);
    for (size_t i = 0; i < options->set_count; i++) {
        const cu_hashset_facts *const facts = cu_hashset_get_facts(options->sets[i]);
        char hex[65];

        cu_hex_encode((cu_bytes){facts->sha256, 32}, hex);
        cu_buffer_format(&sets, "%s%s %s sha256:%s", i == 0 ? "" : "\n", facts->name,
                         facts->version, hex);
    }
    cu_buffer_u8(&sets, 0);
    if (st == CU_OK)
        st = cu_buffer_check(&sets, err);
    if (st == CU_OK)
        st = cu_evidence_set_fact(evidence, "sets", (const char *)sets.p, err);
    cu_buffer_free(&sets);
    return st;
}

cu_status cu_scan_conclude(const cu_scan_options *options, cu_device *device,
                           cu_evidence_writer *evidence, cu_plan *plan,
                           const cu_digest_stream *whole, cu_err *err)
{
    conclusion self = {.options = options, .evidence = evidence, .plan = plan};
    cu_status st = match_all(&self, err);

    free(self.proved);
    if (st == CU_OK)
        st = cu_plan_account(plan, add_region, evidence, err);
    if (st == CU_OK)
        st = write_source(options, cu_device_facts(device), evidence, whole, err);
    if (st == CU_OK)
        st = write_facts(options, device, evidence, err);
    return st;
}
