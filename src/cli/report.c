/* SPDX-License-Identifier: Apache-2.0 */
/* Counts, matches and accounting, for people and for programs. */
#include "cli/report.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

void cu_report_hex(cu_json *json, const char *key, const uint8_t *bytes, size_t n)
{
    char hex[2 * 32 + 1];

    cu_hex_encode((cu_bytes){bytes, n}, hex);
    cu_json_text(json, key, hex);
}

void cu_report_source(cu_json *json, const char *key, const cu_evidence_source *source)
{
    cu_json_open_object(json, key);
    cu_json_text(json, "path", source->path);
    cu_json_text(json, "format", source->format);
    cu_json_uint(json, "bytes", source->bytes);
    cu_json_uint(json, "sector_bytes", source->sector_bytes);
    cu_json_text(json, "exhibit", source->exhibit);
    if (source->has_sha256)
        cu_report_hex(json, "sha256", source->sha256, 32);
    else
        cu_json_null(json, "sha256");
    if (source->has_stored_md5) {
        cu_report_hex(json, "stored_md5", source->stored_md5, 16);
        cu_report_hex(json, "md5", source->md5, 16);
    } else {
        cu_json_null(json, "stored_md5");
    }
    if (source->has_stored_sha1) {
        cu_report_hex(json, "stored_sha1", source->stored_sha1, 20);
        cu_report_hex(json, "sha1", source->sha1, 20);
    }
    cu_json_bool(json, "verified", source->verified);
    cu_json_close_object(json);
}

void cu_report_match(cu_buffer *out, const cu_evidence_match *match)
{
    cu_buffer_format(out, "%-16s %-7s ", match->strength, match->algorithm);
    cu_text_show(out, match->set);
    cu_buffer_u8(out, ' ');
    cu_text_show(out, match->code);
    cu_buffer_u8(out, ' ');
    cu_text_show(out, match->path);
    if (strcmp(match->strength, "near") == 0) {
        cu_buffer_format(out, " (distance %d%s", match->distance,
                         match->how[0] == '\0' ? "" : ", ");
        cu_text_show(out, match->how);
        cu_buffer_u8(out, ')');
    }
    cu_buffer_u8(out, '\n');
}

void cu_report_match_json(cu_json *json, const cu_evidence_match *match)
{
    cu_json_open_object(json, NULL);
    cu_json_int(json, "item", match->item);
    cu_json_text(json, "path", match->path);
    cu_json_text(json, "set", match->set);
    cu_json_text(json, "set_version", match->set_version);
    cu_json_text(json, "algorithm", match->algorithm);
    cu_json_int(json, "distance", match->distance);
    cu_json_text(json, "strength", match->strength);
    cu_json_text(json, "how", match->how);
    cu_json_open_object(json, "asserted");
    cu_json_text(json, "scheme", match->scheme);
    cu_json_text(json, "code", match->code);
    cu_json_close_object(json);
    cu_json_text(json, "set_record", match->record);
    cu_json_close_object(json);
}

cu_status cu_report_json(cu_json *json, cu_evidence *evidence, cu_err *err)
{
    cu_evidence_source source;
    cu_evidence_totals totals;
    cu_status st = cu_evidence_get_source(evidence, &source, err);

    if (st == CU_OK)
        cu_report_source(json, "source", &source);
    if (st == CU_OK)
        st = cu_evidence_count(evidence, &totals, err);
    if (st != CU_OK)
        return st;
    cu_json_open_object(json, "items");
    cu_json_uint(json, "allocated", totals.allocated);
    cu_json_uint(json, "deleted", totals.deleted);
    cu_json_uint(json, "orphan", totals.orphan);
    cu_json_uint(json, "carved", totals.carved);
    cu_json_uint(json, "member", totals.member);
    cu_json_uint(json, "not_examined", totals.not_examined);
    cu_json_close_object(json);
    cu_json_open_object(json, "matches");
    cu_json_uint(json, "exact", totals.exact);
    cu_json_uint(json, "near", totals.near);
    cu_json_uint(json, "files", totals.matched);
    cu_json_close_object(json);
    cu_json_open_object(json, "pictures");
    cu_json_uint(json, "decoded",
                 totals.pictures - totals.pictures_known - totals.pictures_not);
    cu_json_uint(json, "partly", totals.pictures_partly);
    cu_json_uint(json, "not", totals.pictures_not);
    cu_json_uint(json, "known", totals.pictures_known);
    cu_json_close_object(json);
    cu_json_uint(json, "known_good", totals.known_good);
    cu_json_uint(json, "findings", totals.findings);
    cu_json_open_object(json, "accounting");
    for (int i = 0; i < cu_classes; i++)
        cu_json_uint(json, cu_class_word((cu_class)i), totals.accounting[i]);
    cu_json_uint(json, "total", totals.total);
    cu_json_close_object(json);
    return CU_OK;
}

/* ---- for people ---- */

enum { lines_max = 40, groups_max = 24, examples_max = 3 };

/* Findings that say the same, told once with a few of their places. */
typedef struct group {
    char text[256];
    char paths[examples_max][256];
    uint64_t count;
} group;

typedef struct page {
    uint64_t files;   /* that matched */
    int64_t item;     /* the last one of them */
    char record[256]; /* of its last match */
    group groups[groups_max];
    size_t group_count;
    uint64_t ungrouped; /* findings of more kinds than the page has room for */
} page;

static const char *strength_words(const char *strength)
{
    static const struct {
        const char *strength, *words;
    } table[] = {
        {"exact-allocated", "exact, a live file"},
        {"exact-proved", "exact, deleted: proved by its digest; the path is a hypothesis"},
        {"exact-claimed",
         "exact, deleted, but live files own some of its bytes; the path is a hypothesis"},
        {"near", "near: a hint, look at it"},
    };

    for (size_t i = 0; i < CU_COUNT_OF(table); i++) {
        if (strcmp(table[i].strength, strength) == 0)
            return table[i].words;
    }
    return strength;
}

static cu_status see_match(void *context, const cu_evidence_match *match, CU_UNUSED cu_err *err)
{
    page *const self = context;
    char record[256];

    (void)snprintf(record, sizeof record, "%.80s %.16s %.150s", match->set, match->algorithm,
                   match->record);
    if (match->item != self->item) {
        self->item = match->item;
        self->record[0] = '\0';
        if (self->files++ < lines_max) {
            (void)printf("  ");
            cu_cli_print_shown(match->path);
            (void)printf("\n");
        }
    }
    /* A set may hold two hashes of one picture; the nearest comes first. */
    if (self->files > lines_max || strcmp(record, self->record) == 0)
        return CU_OK;
    memcpy(self->record, record, sizeof record);
    (void)printf("      %s", strength_words(match->strength));
    if (strcmp(match->strength, "near") == 0)
        (void)printf(" (%d of 256 bits differ)", (int)match->distance);
    (void)printf("; ");
    cu_cli_print_shown(match->set);
    if (match->code[0] != '\0') {
        (void)printf(", code ");
        cu_cli_print_shown(match->code);
    }
    (void)printf(", by %s\n", match->algorithm);
    return CU_OK;
}

static cu_status see_finding(void *context, const cu_evidence_finding *finding,
                             CU_UNUSED cu_err *err)
{
    page *const self = context;
    size_t i = 0;

    while (i < self->group_count &&
           strncmp(self->groups[i].text, finding->text, sizeof self->groups[i].text - 1) != 0)
        i++;
    if (i == groups_max) {
        self->ungrouped++;
        return CU_OK;
    }

    group *const found = &self->groups[i];

    if (i == self->group_count) {
        self->group_count++;
        (void)snprintf(found->text, sizeof found->text, "%s", finding->text);
    }
    if (found->count < examples_max)
        cu_text_fit(finding->path, sizeof found->paths[0] / 2, found->paths[found->count],
                    sizeof found->paths[0]);
    found->count++;
    return CU_OK;
}

static void print_group(const group *shown)
{
    char count[32];

    (void)printf("  %s x ", cu_cli_count(shown->count, count));
    cu_cli_print_shown(shown->text);
    (void)printf("\n");
    for (size_t i = 0; i < examples_max && i < shown->count; i++) {
        if (shown->paths[i][0] == '\0')
            continue;
        (void)printf("      ");
        cu_cli_print_shown(shown->paths[i]);
        (void)printf(i + 1 == examples_max && shown->count > examples_max ? " …\n" : "\n");
    }
}

static void print_findings(const page *self, const char *path)
{
    char count[32];

    if (self->group_count == 0)
        return;
    (void)printf("\nFindings, each of which limits what can be said of this device\n");
    for (size_t i = 0; i < self->group_count; i++)
        print_group(&self->groups[i]);
    if (self->ungrouped > 0)
        (void)printf("  %s more of other kinds\n", cu_cli_count(self->ungrouped, count));
    (void)printf("  each with its place: custos show ");
    cu_cli_print_shown(path);
    (void)printf(" --findings\n");
}

static void print_source(const cu_evidence_source *source)
{
    char size[32];

    (void)printf("Source     ");
    cu_cli_print_shown(source->path);
    (void)printf(", %s, %s\n", source->format, cu_cli_size(source->bytes, size));
    if (source->exhibit != NULL && source->exhibit[0] != '\0') {
        (void)printf("Exhibit    ");
        cu_cli_print_shown(source->exhibit);
        (void)printf("\n");
    }
    if (source->has_stored_md5 || source->has_stored_sha1)
        (void)printf("Image      %s\n",
                     source->verified ? "its stored digests agree with what was read"
                                      : "ITS STORED DIGESTS DO NOT AGREE with what was read");
}

static void print_pictures(const cu_evidence_totals *totals)
{
    const uint64_t decoded = totals->pictures - totals->pictures_known - totals->pictures_not;
    char a[32];
    char b[32];
    char c[32];
    char d[32];

    if (totals->pictures == 0)
        return;
    (void)printf("Pictures   %s decoded, %s of them in part; %s not; %s left out as known\n",
                 cu_cli_count(decoded, a), cu_cli_count(totals->pictures_partly, b),
                 cu_cli_count(totals->pictures_not, c),
                 cu_cli_count(totals->pictures_known, d));
}

static void print_counts(const cu_evidence_totals *totals)
{
    char a[32];
    char b[32];
    char c[32];

    (void)printf("Known      %s files found\n", cu_cli_count(totals->matched, a));
    (void)printf("Files      %s live, %s deleted, %s orphaned\n",
                 cu_cli_count(totals->allocated, a), cu_cli_count(totals->deleted, b),
                 cu_cli_count(totals->orphan, c));
    print_pictures(totals);
    (void)printf("Not read   %s files in full\n", cu_cli_count(totals->not_examined, a));
    (void)printf("Device    ");
    for (int i = 0; i < cu_classes; i++) {
        if (totals->accounting[i] != 0)
            (void)printf(" %s %s;", cu_class_word((cu_class)i),
                         cu_cli_size(totals->accounting[i], a));
    }
    (void)printf(" in all %s\n", cu_cli_size(totals->total, a));
}

cu_status cu_report_page(cu_evidence *evidence, const char *path, cu_err *err)
{
    static page seen; /* one page a run */
    cu_evidence_source source;
    cu_evidence_totals totals;
    cu_status st = cu_evidence_get_source(evidence, &source, err);

    if (st == CU_OK)
        print_source(&source);
    if (st == CU_OK)
        st = cu_evidence_count(evidence, &totals, err);
    if (st != CU_OK)
        return st;
    print_counts(&totals);
    if (totals.matched > 0)
        (void)printf("\nKnown files. A match is not a grade: a person grades.\n");
    st = cu_evidence_each_match(evidence, see_match, &seen, err);
    if (seen.files > lines_max) {
        (void)printf("  and more: custos show ");
        cu_cli_print_shown(path);
        (void)printf(" --matches\n");
    }
    if (st == CU_OK)
        st = cu_evidence_each_finding(evidence, see_finding, &seen, err);
    print_findings(&seen, path);
    return st;
}
