/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a log of so many invented entries: make-ledger URL KEK-FILE COUNT [ORIGIN]. Adds to one
 * that is there. */
#include "ledger/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { group = 2000 };

static const cu_schema *const schemas[] = {&cu_ledger_schema};

/* About as long as the entries of a register are: 300 bytes. */
static void fill(cu_ledger_event *event, char texts[3][64], uint64_t number, bool secret)
{
    static const cu_ledger_secret secrets[] = {{"note", {(const uint8_t *)"invented", 8}}};
    static const cu_ledger_detail details[] = {{"count", "12"},
                                               {"query", "exhibits in transit to store 2"}};

    (void)snprintf(texts[0], 64, "officer:%04x", (unsigned)(number * 7 % 400));
    (void)snprintf(texts[1], 64, "exhibit:0190b2c4-%04x-%08x", (unsigned)(number % 60000),
                   (unsigned)number);
    (void)snprintf(texts[2], 64, "%032x", (unsigned)(number / 50));
    *event = (cu_ledger_event){.actor = texts[0],
                               .session = texts[2],
                               .class = "consultation",
                               .action = number % 3 == 0 ? "exhibit.move" : "exhibit.view",
                               .object = texts[1],
                               .reason = "LOOKUP-3",
                               .details = details,
                               .details_n = 2,
                               .secrets = secrets,
                               .secrets_n = secret,
                               .case_id = "case:1"};
}

static cu_status add(cu_ledger *ledger, uint64_t count, cu_err *err)
{
    static cu_ledger_event events[group];
    static char texts[group][3][64];
    cu_status st = CU_OK;

    for (uint64_t at = 0; st == CU_OK && at < count; at += group) {
        const size_t n = count - at < group ? (size_t)(count - at) : (size_t)group;

        for (size_t i = 0; i < n; i++)
            fill(&events[i], texts[i], at + i, count <= 1000 && i % 4 == 0);
        st = cu_ledger_record_many(ledger, events, n, NULL, err);
    }
    return st;
}

int main(int argc, char **argv)
{
    cu_ledger_options options = {.origin = "log.example"};
    cu_store *store = NULL;
    cu_ledger *ledger = NULL;
    cu_err err = {0};
    cu_status st;

    if (argc < 4) {
        (void)fprintf(stderr, "usage: make-ledger URL KEK-FILE COUNT [ORIGIN]\n");
        return 2;
    }
    options.kek_path = argv[2];
    if (argc > 4)
        options.origin = argv[4];
    st = cu_store_open(argv[1], &store, &err);
    if (st == CU_OK)
        st = cu_store_migrate(store, schemas, 1, &err);
    if (st == CU_OK)
        st = cu_ledger_open(store, &options, &ledger, &err);
    if (st == CU_OK)
        st = add(ledger, strtoull(argv[3], NULL, 10), &err);
    cu_ledger_close(ledger);
    cu_store_close(store);
    if (st != CU_OK)
        (void)fprintf(stderr, "make-ledger: %s\n", err.text);
    return st == CU_OK ? 0 : 1;
}
