/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's tables. docs/formats/ledger.md says the same in prose. */
#include "ledger/ledger.h"

/* Only bytes is the record; the other columns are read from it, and read again by verify. */
static const char *const first_statements[] = {
    "CREATE TABLE ledger_entry (seq {integer} PRIMARY KEY, bytes {blob} NOT NULL,"
    " time_us {integer} NOT NULL, actor {text} NOT NULL, action {text} NOT NULL,"
    " object {text}) {strict}",
    "CREATE INDEX ledger_entry_actor ON ledger_entry (actor, seq)",
    "CREATE INDEX ledger_entry_action ON ledger_entry (action, seq)",
    "CREATE INDEX ledger_entry_object ON ledger_entry (object, seq)",

    /* Perfect subtrees of 16 entries and more: place counts those of a level from the left. */
    "CREATE TABLE ledger_node (level {integer} NOT NULL, place {integer} NOT NULL,"
    " hash {blob} NOT NULL, PRIMARY KEY (level, place)) {strict}",

    /* One row: the right edge of the tree, largest subtree first, and the last entry's time. */
    "CREATE TABLE ledger_head (id {integer} PRIMARY KEY CHECK (id = 1),"
    " size {integer} NOT NULL, peaks {blob} NOT NULL, time_us {integer} NOT NULL) {strict}",

    /* Signed heads, as the signer and the witnesses gave them. */
    "CREATE TABLE ledger_checkpoint (size {integer} PRIMARY KEY, note {blob} NOT NULL) "
    "{strict}",

    /* What entries commit to: salt and value under the case's key; the case's key under the
     * key that is kept elsewhere. */
    "CREATE TABLE ledger_case_key (case_id {text} PRIMARY KEY, wrapped {blob} NOT NULL)"
    " {strict}",
    "CREATE TABLE ledger_secret (seq {integer} NOT NULL REFERENCES ledger_entry (seq),"
    " name {text} NOT NULL, case_id {text} NOT NULL REFERENCES ledger_case_key (case_id),"
    " sealed {blob} NOT NULL, PRIMARY KEY (seq, name)) {strict}",
    "CREATE INDEX ledger_secret_case ON ledger_secret (case_id)",
    NULL,
};

static const cu_migration migrations[] = {
    {"entries, nodes, head, checkpoints and secrets", first_statements},
};

/* PostgreSQL 15. */
static const char *const described[] = {
    "4a1e02a1aafac7fe98a8de59ff1de46b4959f8640d1c6e2d2792475110e26355", NULL};

const cu_schema cu_ledger_schema = {"ledger", migrations, CU_COUNT_OF(migrations), described};
