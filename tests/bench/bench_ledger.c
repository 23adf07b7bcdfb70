/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger beside what it stands on: durable appends beside bare insertions into the same
 * engine, and the whole log verified beside SHA-256 of its bytes. CUSTOS_BENCH_ENTRIES
 * (1000000) is the length of the log. */
#include "base/clock.h"
#include "digest/digest.h"
#include "ledger/ledger.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { group = 1000, seconds_us = 3000000 };

static const cu_schema *const schemas[] = {&cu_ledger_schema};
static cu_ledger_event events[group];
static char objects[group][48];
static char folder[] = "/tmp/custos-bench-XXXXXX";

static void give_up(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench-ledger: %s: %s\n", what, why);
    exit(1);
}

static void must(cu_status st, const char *what, const cu_err *err)
{
    if (st != CU_OK)
        give_up(what, err->text);
}

static void make_events(void)
{
    static const cu_ledger_detail details[] = {{"count", "12"},
                                               {"query", "exhibits in transit to store 2"}};

    for (size_t i = 0; i < group; i++) {
        (void)snprintf(objects[i], sizeof objects[i], "exhibit:0190b2c4-7d1e-%04zx", i);
        events[i] = (cu_ledger_event){.actor = "officer:7f3a",
                                      .session = "5d2e0c1f9b7a4e66",
                                      .class = "consultation",
                                      .action = "exhibit.view",
                                      .object = objects[i],
                                      .reason = "LOOKUP-3",
                                      .details = details,
                                      .details_n = 2};
    }
}

/* ---- appends ---- */

static double appends_a_second(cu_ledger *ledger, size_t n)
{
    const int64_t start_us = cu_clock_steady_us();
    uint64_t count = 0;
    int64_t now_us = start_us;
    cu_err err = {0};

    while (now_us - start_us < seconds_us) {
        must(cu_ledger_record_many(ledger, events, n, NULL, &err), "append", &err);
        count += n;
        now_us = cu_clock_steady_us();
    }
    return (double)count * 1e6 / (double)(now_us - start_us);
}

/* The peers: the same bytes into one table, with nothing of a log. */
static double sqlite_insertions_a_second(size_t n)
{
    static const char bytes[330] = "x";
    char path[128];
    sqlite3 *database = NULL;
    sqlite3_stmt *insert = NULL;
    int64_t start_us;
    int64_t now_us;
    uint64_t count = 0;

    (void)snprintf(path, sizeof path, "%s/bare", folder);
    if (sqlite3_open(path, &database) != SQLITE_OK ||
        sqlite3_exec(database,
                     "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                     "CREATE TABLE IF NOT EXISTS t (seq INTEGER PRIMARY KEY, bytes BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database, "INSERT INTO t (bytes) VALUES (?1)", -1, &insert, NULL) !=
            SQLITE_OK)
        give_up("bare insertions", sqlite3_errmsg(database));
    start_us = now_us = cu_clock_steady_us();
    while (now_us - start_us < seconds_us) {
        (void)sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        for (size_t i = 0; i < n; i++) {
            (void)sqlite3_bind_blob(insert, 1, bytes, sizeof bytes, SQLITE_STATIC);
            (void)sqlite3_step(insert);
            (void)sqlite3_reset(insert);
        }
        if (sqlite3_exec(database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
            give_up("bare insertions", sqlite3_errmsg(database));
        count += n;
        now_us = cu_clock_steady_us();
    }
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(database);
    return (double)count * 1e6 / (double)(now_us - start_us);
}

/* n a transaction, sent together: one way there and back. */
static void insert_and_commit(PGconn *server, size_t n)
{
    static const char bytes[330] = "x";
    const char *const values[] = {bytes};
    const int lengths[] = {sizeof bytes};
    const int formats[] = {1};
    bool ended = false;

    (void)PQenterPipelineMode(server);
    for (size_t i = 0; i < n; i++)
        (void)PQsendQueryPrepared(server, "insert", 1, values, lengths, formats, 1);
    (void)PQpipelineSync(server);
    while (!ended) {
        PGresult *const result = PQgetResult(server);
        const ExecStatusType status = PQresultStatus(result);

        if (result != NULL && status != PGRES_COMMAND_OK && status != PGRES_PIPELINE_SYNC)
            give_up("bare insertions", PQerrorMessage(server));
        ended = status == PGRES_PIPELINE_SYNC;
        PQclear(result);
    }
    (void)PQexitPipelineMode(server);
}

static double postgresql_insertions_a_second(const char *url, size_t n)
{
    PGconn *const server = PQconnectdb(url);
    uint64_t count = 0;
    int64_t start_us;
    int64_t now_us;

    PQclear(PQexec(server, "SET client_min_messages = warning"));
    PQclear(PQexec(server,
                   "CREATE TABLE IF NOT EXISTS bare"
                   " (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, bytes bytea)"));
    PQclear(PQprepare(server, "insert", "INSERT INTO bare (bytes) VALUES ($1)", 0, NULL));
    if (PQstatus(server) != CONNECTION_OK)
        give_up("bare insertions", PQerrorMessage(server));
    start_us = now_us = cu_clock_steady_us();
    while (now_us - start_us < seconds_us) {
        insert_and_commit(server, n);
        count += n;
        now_us = cu_clock_steady_us();
    }
    PQclear(PQexec(server, "DROP TABLE bare")); /* no table of a log's */
    PQfinish(server);
    return (double)count * 1e6 / (double)(now_us - start_us);
}

static void bench_group(cu_ledger *ledger, const char *url, const char *engine, size_t n)
{
    const double appends = appends_a_second(ledger, n);
    const double bare = strcmp(engine, "sqlite") == 0 ? sqlite_insertions_a_second(n)
                                                      : postgresql_insertions_a_second(url, n);

    printf("%-10s  durable appends, %4zu a transaction %8.0f /s   bare insertions %8.0f /s"
           "   ratio %.2f\n",
           engine, n, appends, bare, appends / bare);
}

static void bench_appends(const char *url, const char *engine)
{
    const cu_ledger_options options = {0};
    cu_store *store = NULL;
    cu_ledger *ledger = NULL;
    cu_err err = {0};

    must(cu_store_open(url, &store, &err), "open", &err);
    must(cu_store_migrate(store, schemas, 1, &err), "migrate", &err);
    must(cu_ledger_open(store, &options, &ledger, &err), "open", &err);
    bench_group(ledger, url, engine, 1);
    bench_group(ledger, url, engine, group);
    cu_ledger_close(ledger);
    cu_store_close(store);
}

/* ---- verification ---- */

/* The peer: SHA-256 of as many messages as long, one after the other, by one thread. */
static double hashing_seconds(uint64_t entries, size_t bytes)
{
    static uint8_t message[1024];
    const int64_t start_us = cu_clock_steady_us();
    cu_hash out;

    for (uint64_t i = 0; i < entries; i++) {
        message[0] = (uint8_t)i;
        cu_tlog_sha256((cu_bytes){message, bytes}, &out);
    }
    return (double)(cu_clock_steady_us() - start_us) / 1e6;
}

static void bench_verify(const char *url, const char *engine, uint64_t entries)
{
    const cu_ledger_options options = {0};
    const cu_ledger_check check = {.url = url};
    static cu_ledger_report report;
    cu_store *store = NULL;
    cu_ledger *ledger = NULL;
    uint64_t size = 0;
    cu_buffer bytes = {0};
    cu_err err = {0};
    int64_t start_us;
    double best = 1e9;
    double peer;

    must(cu_store_open(url, &store, &err), "open", &err);
    must(cu_store_migrate(store, schemas, 1, &err), "migrate", &err);
    must(cu_ledger_open(store, &options, &ledger, &err), "open", &err);
    must(cu_ledger_size(ledger, &size, &err), "size", &err);
    start_us = cu_clock_steady_us();
    for (; size < entries; size += group)
        must(cu_ledger_record_many(ledger, events, group, NULL, &err), "append", &err);
    printf("%-10s  log of %llu entries made in %.0f s\n", engine, (unsigned long long)size,
           (double)(cu_clock_steady_us() - start_us) / 1e6);
    must(cu_ledger_entry(ledger, size / 2, &bytes, &err), "entry", &err);
    for (int i = 0; i < 3; i++) {
        double seconds;

        start_us = cu_clock_steady_us();
        must(cu_ledger_verify(ledger, &check, NULL, &report, &err), "verify", &err);
        seconds = (double)(cu_clock_steady_us() - start_us) / 1e6;
        if (report.complaints_n > 0)
            give_up("verify", report.complaints[0].text);
        best = seconds < best ? seconds : best;
    }
    peer = hashing_seconds(size, bytes.n);
    printf("%-10s  verified whole in %.2f s, %.0f entries/s of %zu bytes   SHA-256 alone %.2f "
           "s   ratio"
           " %.2f\n",
           engine, best, (double)size / best, bytes.n, peer, best / peer);
    cu_buffer_free(&bytes);
    cu_ledger_close(ledger);
    cu_store_close(store);
}

int main(void)
{
    const char *const wanted = getenv("CUSTOS_BENCH_ENTRIES");
    const char *const server = getenv("CUSTOS_TEST_POSTGRESQL");
    const uint64_t entries = wanted == NULL ? 1000000 : strtoull(wanted, NULL, 10);
    char sqlite_url[128];
    char postgresql_url[256];
    char command[128];

    if (mkdtemp(folder) == NULL)
        return 1;
    make_events();
    (void)snprintf(sqlite_url, sizeof sqlite_url, "sqlite:%s/log", folder);
    bench_appends(sqlite_url, "sqlite");
    bench_verify(sqlite_url, "sqlite", entries);
    if (server != NULL) {
        (void)snprintf(postgresql_url, sizeof postgresql_url, "postgresql:///postgres?%s",
                       server);
        bench_appends(postgresql_url, "postgresql");
        bench_verify(postgresql_url, "postgresql", entries);
    } else {
        printf("postgresql  is not there\n");
    }
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? 0 : 1;
}
