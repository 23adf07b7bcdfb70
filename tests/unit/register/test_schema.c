/* SPDX-License-Identifier: Apache-2.0 */
/* How PostgreSQL 15, which Debian 12 has, describes the register's tables is listed, so that to
 * open a register makes nothing. A step that was added is one more line of each list. */
#include "ledger/ledger.h"
#include "register/register.h"
#include "support/assert_ok.h"
#include "support/stores.h"

#include <string.h>

enum { listed_server = 15 };

static void assert_is_listed(cu_store *store, const cu_schema *schema)
{
    char hex[65];
    const char *const *known = schema->described;

    stores_describe(store, hex);
    while (*known != NULL && strcmp(*known, hex) != 0)
        known++;
    if (*known == NULL)
        fail_msg("\"%s\" does not list %s", schema->name, hex);
}

static bool is_listed_server(cu_store *store)
{
    int64_t version = 0;

    assert_ok(cu_store_number(store,
                              "SELECT current_setting('server_version_num')::bigint / 10000",
                              CU_NO_VALUES, &version, &failure));
    return version == listed_server;
}

static void a_ledger_is_described_as_it_lists(void **state)
{
    static const cu_schema *const schemas[] = {&cu_ledger_schema};
    CU_AUTO(cu_store, store);

    store = stores_open(state);
    if (!is_listed_server(store))
        skip();
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_is_listed(store, &cu_ledger_schema);
}

static void a_register_is_described_as_it_lists(void **state)
{
    const cu_register_options options = {.kek_path = stores_path("kek")};
    const cu_schema *const *schemas = NULL;
    cu_register *book = NULL;
    size_t n = 0;

    assert_ok(cu_register_open(stores_fresh(state), &options, &book, &failure));
    n = cu_register_schemas(book, &schemas);
    assert_int_equal(n, 2);
    if (is_listed_server(cu_register_store(book)))
        assert_is_listed(cu_register_store(book), schemas[n - 1]);
    cu_register_close(book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_POSTGRESQL(a_ledger_is_described_as_it_lists),
        ON_POSTGRESQL(a_register_is_described_as_it_lists),
    };

    return stores_run(tests);
}
