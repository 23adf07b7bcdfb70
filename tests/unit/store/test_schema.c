/* SPDX-License-Identifier: Apache-2.0 */
/* A store is brought forward by the steps of its schemas, and knows when it is not theirs. */
#include "support/assert_ok.h"
#include "support/stores.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const first_statements[] = {
    "CREATE TABLE shelf (id {id}, name {text} NOT NULL UNIQUE,"
    " amount {integer} NOT NULL CHECK (amount >= 0)) {strict}",
    "CREATE TABLE thing (id {id}, shelf {integer} NOT NULL REFERENCES shelf (id)) {strict}",
    "CREATE INDEX thing_of_shelf ON thing (shelf)",
    "INSERT INTO shelf (name, amount) VALUES ('hall', 0)",
    NULL,
};
static const char *const second_statements[] = {
    "ALTER TABLE thing ADD COLUMN colour {text}",
    NULL,
};
static const cu_migration migrations[] = {
    {"shelves and things", first_statements},
    {"colours", second_statements},
};
static const cu_schema schema = {"shop", migrations, 2, NULL};
static const cu_schema older = {"shop", migrations, 1, NULL};
static const cu_schema *const schemas[] = {&schema};

static cu_store *shop(void **state)
{
    cu_store *const store = stores_open(state);

    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    return store;
}

static void migrates_forward_and_refuses_what_is_not_its_own(void **state)
{
    static const cu_schema *const old[] = {&older};
    static const char *const other_statements[] = {"SELECT 1", NULL};
    static const cu_migration other_migrations[] = {{"first", other_statements},
                                                    {"colours", second_statements}};
    static const cu_schema other = {"shop", other_migrations, 2, NULL};
    static const cu_schema *const others[] = {&other};
    CU_AUTO(cu_store, store);

    store = stores_open(state);
    assert_ok(cu_store_migrate(store, old, 1, &failure));
    assert_int_equal(cu_store_check_schema(store, schemas, 1, &failure), CU_EUNSUPPORTED);
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    assert_ok(cu_store_run(store, "UPDATE thing SET colour = 'red'", CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_check_schema(store, old, 1, &failure), CU_EUNSUPPORTED);
    assert_non_null(strstr(failure.text, "newer"));
    assert_int_equal(cu_store_migrate(store, others, 1, &failure), CU_EFORMAT);
    assert_non_null(strstr(failure.text, "step 1"));
}

/* The shop, with how it is described when nobody has changed it. */
static char description[65];
static const char *const described[] = {"of another server", description, NULL};
static const cu_schema described_schema = {"shop", migrations, 2, described};
static const cu_schema *const described_schemas[] = {&described_schema};

static void names_a_schema_that_somebody_changed(void **state)
{
    static const struct change {
        const char *sql;
        const char *named;
    } changes[] = {
        {"DROP INDEX thing_of_shelf", "thing_of_shelf"},
        {"CREATE INDEX extra ON shelf (amount)", "extra"},
        {"CREATE TABLE extra (a INT)", "extra"},
        {"ALTER TABLE shelf ADD COLUMN extra INT", "shelf"},
        {"ALTER TABLE thing RENAME COLUMN colour TO hue", "thing"},
        {"DROP TABLE thing", "thing"},
        {"CREATE VIEW extra AS SELECT 1 AS one", "extra"},
    };

    for (size_t i = 0; i < CU_COUNT_OF(changes); i++) {
        CU_AUTO(cu_store, store);

        store = shop(state);
        stores_describe(store, description);
        assert_ok(cu_store_check_schema(store, described_schemas, 1, &failure));
        assert_ok(cu_store_run(store, changes[i].sql, CU_NO_VALUES, &failure));
        assert_int_equal(cu_store_check_schema(store, schemas, 1, &failure), CU_EFORMAT);
        assert_non_null(strstr(failure.text, changes[i].named));
        assert_int_equal(cu_store_check_schema(store, described_schemas, 1, &failure),
                         CU_EFORMAT);
        assert_non_null(strstr(failure.text, changes[i].named));
        assert_int_equal(cu_store_migrate(store, described_schemas, 1, &failure), CU_EFORMAT);
    }
}

/* Somebody who may read the tables and make none. */
static void let_look(cu_store *store, const char *name)
{
    char sql[256];

    (void)snprintf(sql, sizeof sql, "CREATE ROLE %s LOGIN", name);
    assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
    (void)snprintf(sql, sizeof sql, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %s", name);
    assert_ok(cu_store_run(store, sql, CU_NO_VALUES, &failure));
}

/* What a schema lists is found by looking alone; what it does not is made, by who may. */
static void makes_nothing_to_find_what_is_listed(void **state)
{
    static const char *const statements[] = {"CREATE TABLE yard (a {integer}) {strict}", NULL};
    static const cu_migration steps[] = {{"a yard", statements}};
    static const cu_schema yard = {"yard", steps, 1, NULL};
    static const cu_schema *const both[] = {&described_schema, &yard};
    const char *const url = stores_fresh(state);
    CU_AUTO(cu_store, store);
    CU_AUTO(cu_store, looker);
    char name[64];
    char looking[600];

    assert_ok(cu_store_open(url, &store, &failure));
    assert_ok(cu_store_migrate(store, schemas, 1, &failure));
    stores_describe(store, description);
    (void)snprintf(name, sizeof name, "looker_%d", (int)getpid());
    (void)snprintf(looking, sizeof looking, "%s&user=%s", url, name);
    let_look(store, name);
    assert_ok(cu_store_open(looking, &looker, &failure));
    assert_ok(cu_store_check_schema(looker, described_schemas, 1, &failure));
    assert_ok(cu_store_migrate(looker, described_schemas, 1, &failure));
    assert_int_equal(cu_store_check_schema(looker, schemas, 1, &failure), CU_EUSAGE);
    assert_non_null(strstr(failure.text, "permission denied"));

    /* Beside another schema, which is not its business. */
    assert_ok(cu_store_migrate(store, both, 2, &failure));
    assert_ok(cu_store_check_schema(looker, described_schemas, 1, &failure));
    assert_ok(cu_store_run(store, "CREATE INDEX of_yard ON yard (a)", CU_NO_VALUES, &failure));
    assert_ok(cu_store_check_schema(looker, described_schemas, 1, &failure));
    assert_int_equal(cu_store_check_schema(looker, both, 2, &failure), CU_EUSAGE);
    assert_ok(
        cu_store_run(store, "ALTER TABLE thing DROP COLUMN colour", CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_check_schema(looker, described_schemas, 1, &failure), CU_EUSAGE);
    assert_int_equal(cu_store_check_schema(store, described_schemas, 1, &failure), CU_EFORMAT);
    assert_non_null(strstr(failure.text, "colour"));
}

/* Somebody else's step, and one that was begun, are told before any table is looked at. */
static void tells_the_steps_of_several_schemas_apart(void **state)
{
    static const char *const statements[] = {"CREATE TABLE yard (a {integer}) {strict}", NULL};
    static const cu_migration steps[] = {{"a yard", statements}};
    static const cu_schema yard = {"a yard", steps, 1, NULL};
    static const cu_schema *const both[] = {&schema, &yard};
    static const cu_schema *many[9];
    CU_AUTO(cu_store, store);

    store = shop(state);
    assert_int_equal(cu_store_check_schema(store, both, 2, &failure), CU_EUNSUPPORTED);
    assert_non_null(strstr(failure.text, "step 1 of \"a yard\""));
    assert_ok(cu_store_migrate(store, both, 2, &failure));
    assert_ok(cu_store_check_schema(store, both, 2, &failure));
    assert_ok(cu_store_check_schema(store, schemas, 1, &failure));
    assert_ok(cu_store_check_schema(store, both + 1, 1, &failure));
    assert_ok(cu_store_run(store,
                           "UPDATE store_migration SET number = 2 WHERE schema = 'a yard'",
                           CU_NO_VALUES, &failure));
    assert_int_equal(cu_store_check_schema(store, both, 2, &failure), CU_EFORMAT);
    assert_non_null(strstr(failure.text, "step 1 of \"a yard\""));
    for (size_t i = 0; i < CU_COUNT_OF(many); i++)
        many[i] = &schema;
    assert_int_equal(cu_store_migrate(store, many, CU_COUNT_OF(many), &failure), CU_EUSAGE);
    assert_int_equal(cu_store_check_schema(store, many, CU_COUNT_OF(many), &failure),
                     CU_EUSAGE);
}

static void refuses_an_unknown_word_of_a_dialect(void **state)
{
    static const char *const statements[] = {"CREATE TABLE a (b {real})", NULL};
    static const cu_migration steps[] = {{"a", statements}};
    static const cu_schema wrong = {"wrong", steps, 1, NULL};
    static const cu_schema *const list[] = {&wrong};
    CU_AUTO(cu_store, store);

    store = stores_open(state);
    assert_int_equal(cu_store_migrate(store, list, 1, &failure), CU_EUSAGE);
    assert_non_null(strstr(failure.text, "{real}"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(migrates_forward_and_refuses_what_is_not_its_own),
        ON_BOTH(names_a_schema_that_somebody_changed),
        ON_BOTH(tells_the_steps_of_several_schemas_apart),
        ON_POSTGRESQL(makes_nothing_to_find_what_is_listed),
        ON_BOTH(refuses_an_unknown_word_of_a_dialect),
    };

    return stores_run(tests);
}
