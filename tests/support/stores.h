/* SPDX-License-Identifier: Apache-2.0 */
/* The same test on an empty SQLite file and on an empty database of PostgreSQL. */
#ifndef CU_TESTS_SUPPORT_STORES_H
#define CU_TESTS_SUPPORT_STORES_H

#include "store/store.h"
#include "support/cmocka.h"

/* Entries of a list of tests; each is given its engine's name as its state. */
#define ON_POSTGRESQL(test)                                                                    \
    {                                                                                          \
#test " on postgresql", test, NULL, NULL, (void *)(uintptr_t) "postgresql"             \
    }
#define ON_BOTH(test)                                                                          \
    {#test " on sqlite", test, NULL, NULL, (void *)(uintptr_t) "sqlite"}, ON_POSTGRESQL(test)

/*
 * Runs the tests as cmocka_run_group_tests does. Where PostgreSQL is not there
 * (tests/support/with-postgresql starts it), its half is left out, which a line says.
 */
#define stores_run(tests) stores_run_list(tests, sizeof(tests) / sizeof((tests)[0]))
int stores_run_list(const struct CMUnitTest *tests, size_t n);

/* The url of a new, empty database, which lasts as long as the program. */
const char *stores_fresh(void **state);

/* A new, empty database, opened. */
cu_store *stores_open(void **state);

/* The SHA-256 of how the database describes itself, as a schema lists it. */
void stores_describe(cu_store *store, char hex[65]);

/* A path in a folder of the program's own, which is removed at its end. */
const char *stores_path(const char *name);

#endif
