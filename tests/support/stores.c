/* SPDX-License-Identifier: Apache-2.0 */
/* Empty databases for tests. */
#include "support/stores.h"

#include "digest/digest.h"
#include "store/driver.h"
#include "support/assert_ok.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In memory where there is such a folder: what power cuts do is tested elsewhere. */
static char folder[] = "/dev/shm/custos-store-XXXXXX";
static char other_folder[] = "/tmp/custos-store-XXXXXX";
static const char *where;
static bool made;

static void remove_folder(void)
{
    char command[64];

    (void)snprintf(command, sizeof command, "rm -rf '%s'", where);
    if (system(command) != 0)
        (void)fprintf(stderr, "# could not remove %s\n", where);
}

const char *stores_path(const char *name)
{
    static char paths[16][256];
    static unsigned at;

    if (!made) {
        where = mkdtemp(folder) != NULL ? folder : mkdtemp(other_folder);
        assert_non_null(where);
        made = true;
        assert_int_equal(atexit(remove_folder), 0);
    }
    at = (at + 1) % 16;
    assert_true(snprintf(paths[at], sizeof paths[at], "%s/%s", where, name) <
                (int)sizeof paths[at]);
    return paths[at];
}

static void make_database(const char *server, const char *name)
{
    char url[512];
    char sql[128];
    cu_err err = {0};
    cu_store *store = NULL;

    (void)snprintf(url, sizeof url, "postgresql:///postgres?%s", server);
    (void)snprintf(sql, sizeof sql, "CREATE DATABASE %s", name);
    if (cu_store_open(url, &store, &err) != CU_OK ||
        cu_store_run(store, sql, CU_NO_VALUES, &err) != CU_OK)
        fail_msg("%s", err.text);
    cu_store_close(store);
}

const char *stores_fresh(void **state)
{
    static char urls[16][512];
    static unsigned count;
    const char *const server = getenv("CUSTOS_TEST_POSTGRESQL");
    char *const url = urls[count % 16];
    char name[64];

    count++;
    (void)snprintf(name, sizeof name, "custos_%u_%d", count, (int)getpid());
    if (strcmp(*state, "sqlite") == 0) {
        (void)snprintf(url, sizeof urls[0], "sqlite:%s", stores_path(name));
        return url;
    }
    assert_non_null(server);
    make_database(server, name);
    (void)snprintf(url, sizeof urls[0], "postgresql:///%s?%s", name, server);
    return url;
}

cu_store *stores_open(void **state)
{
    cu_store *store = NULL;
    cu_err err = {0};

    if (cu_store_open(stores_fresh(state), &store, &err) != CU_OK)
        fail_msg("%s", err.text);
    return store;
}

int stores_run_list(const struct CMUnitTest *tests, size_t n)
{
    struct CMUnitTest *const kept = calloc(n, sizeof *kept);
    const bool server = getenv("CUSTOS_TEST_POSTGRESQL") != NULL;
    size_t count = 0;
    int failed;

    if (kept == NULL)
        return 1;
    for (size_t i = 0; i < n; i++) {
        const char *const engine = tests[i].initial_state;

        if (server || engine == NULL || strcmp(engine, "postgresql") != 0)
            kept[count++] = tests[i];
    }
    failed = _cmocka_run_group_tests("tests", kept, count, NULL, NULL);
    if (!server)
        (void)printf("# PostgreSQL is not there: %zu tests left out\n", n - count);
    free(kept);
    return failed;
}

void stores_describe(cu_store *store, char hex[65])
{
    cu_buffer text = {0};
    cu_digest_stream stream;
    cu_digests digests;

    assert_ok(store->driver->describe(store, &text, &failure));
    cu_digest_init(&stream, CU_DIGEST_SHA256);
    cu_digest_update(&stream, cu_buffer_view(&text));
    cu_digest_final(&stream, &digests);
    cu_hex_encode((cu_bytes){digests.sha256, 32}, hex);
    cu_buffer_free(&text);
}
