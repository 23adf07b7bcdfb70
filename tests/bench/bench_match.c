/* SPDX-License-Identifier: Apache-2.0 */
/*
 * New sets against an old evidence file: custos match on a generated file, beside reading the
 * items alone. CUSTOS_BENCH_ITEMS: items of the evidence; CUSTOS_BENCH_MATCH_MILLIONS: records
 * of the set.
 */
#include "base/clock.h"
#include "evidence/evidence.h"
#include "support/sets.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static char folder[64];

static void stop(const char *what, const cu_err *err)
{
    (void)fprintf(stderr, "bench-match: %s: %s\n", what, err == NULL ? "" : err->text);
    sets_remove(folder);
    exit(1);
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
    const char *const text = getenv(name);

    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

static void digests_of(uint64_t i, cu_digests *out)
{
    sets_random(3 * i + 1, out->md5, 16);
    sets_random(3 * i + 2, out->sha1, 20);
    sets_random(3 * i + 3, out->sha256, 32);
}

/* One item in a thousand is in the set. */
static cu_status fill_row(cu_hashset_builder *builder, size_t i, cu_hashset_row *row,
                          cu_err *err)
{
    cu_digests digests;

    (void)builder;
    (void)err;
    digests_of(i * 1000, &digests);
    row->has[CU_HASHSET_MD5] = row->has[CU_HASHSET_SHA1] = true;
    memcpy(row->digest[CU_HASHSET_MD5], digests.md5, 16);
    memcpy(row->digest[CU_HASHSET_SHA1], digests.sha1, 20);
    row->code = (cu_bytes){(const uint8_t *)"1", 1};
    return CU_OK;
}

static void make_evidence(const char *path, uint64_t items)
{
    const cu_evidence_source source = {
        .path = "generated", .format = "raw", .bytes = 512, .sector_bytes = 512};
    const cu_evidence_region region = {0, 512, CU_CLASS_UNALLOCATED};
    cu_evidence_writer *writer = NULL;
    uint8_t seal[32];
    cu_err err = {0};
    cu_status st = cu_evidence_begin(path, false, &writer, &err);

    if (st == CU_OK)
        st = cu_evidence_set_source(writer, &source, &err);
    for (uint64_t i = 0; st == CU_OK && i < items; i++) {
        char name[64];
        cu_evidence_item item = {.id = (int64_t)i + 1,
                                 .path = name,
                                 .name = name,
                                 .inode = "",
                                 .state = "allocated",
                                 .recovery = "allocated",
                                 .size = 1000,
                                 .modified_us = INT64_MIN,
                                 .accessed_us = INT64_MIN,
                                 .changed_us = INT64_MIN,
                                 .born_us = INT64_MIN,
                                 .examined = true,
                                 .read = 1000,
                                 .type = "image/jpeg"};

        (void)snprintf(name, sizeof name, "/p1/Users/a/Pictures/IMG_%07llu.jpg",
                       (unsigned long long)i);
        digests_of(i, &item.digests);
        st = cu_evidence_add_item(writer, &item, &err);
        if (st == CU_OK)
            st = cu_evidence_set_result(writer, &item, &err);
    }
    if (st == CU_OK)
        st = cu_evidence_add_region(writer, &region, &err);
    if (st != CU_OK || cu_evidence_seal(writer, seal, &err) != CU_OK)
        stop("could not make the evidence", &err);
}

static cu_status count_item(void *context, const cu_evidence_item *item, cu_err *err)
{
    (void)err;
    *(uint64_t *)context += item->examined;
    return CU_OK;
}

static double read_items(const char *path)
{
    CU_AUTO(cu_evidence, evidence);
    const int64_t start_us = cu_clock_steady_us();
    uint64_t count = 0;
    cu_err err = {0};

    if (cu_evidence_open(path, &evidence, &err) != CU_OK ||
        cu_evidence_each_item(evidence, count_item, &count, &err) != CU_OK)
        stop("could not read the evidence", &err);
    return (double)(cu_clock_steady_us() - start_us) / 1e6;
}

static double run_match(char *evidence, char *set)
{
    extern char **environ;
    const char *const build = getenv("CUSTOS_BUILD");
    char program[512];
    char *const argv[] = {program, (char[]){"match"}, evidence, (char[]){"--set"}, set, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = 0;
    int status = 0;
    const int64_t start_us = cu_clock_steady_us();

    (void)snprintf(program, sizeof program, "%s/custos", build == NULL ? "build" : build);
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&child, program, &actions, NULL, argv, environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        stop("custos match failed", NULL);
    (void)posix_spawn_file_actions_destroy(&actions);
    return (double)(cu_clock_steady_us() - start_us) / 1e6;
}

int main(void)
{
    const uint64_t items = number_of("CUSTOS_BENCH_ITEMS", 1000000);
    const uint64_t records = number_of("CUSTOS_BENCH_MATCH_MILLIONS", 5) * 1000000;
    char evidence[128], set[128];
    const sets_plan plan = {.path = set, .count = records, .row = fill_row};
    cu_hashset_report report;
    cu_err err = {0};
    double best = 1e9;
    double floor = 1e9;

    sets_folder(folder);
    (void)snprintf(evidence, sizeof evidence, "%s/old.custos", folder);
    (void)snprintf(set, sizeof set, "%s/new.chs", folder);
    make_evidence(evidence, items);
    if (sets_make(&plan, &report, &err) != CU_OK)
        stop("could not make the set", &err);
    for (int round = 0; round < 3; round++) {
        const double alone = read_items(evidence);
        const double matched = run_match(evidence, set);

        floor = alone < floor ? alone : floor;
        best = matched < best ? matched : best;
    }
    (void)printf("custos match, %.1f M items against %.0f M records (MD5 and SHA-1): %.2f s; "
                 "reading the items alone %.2f s; %.2f times\n",
                 (double)items / 1e6, (double)records / 1e6, best, floor, best / floor);
    sets_remove(folder);
    return 0;
}
