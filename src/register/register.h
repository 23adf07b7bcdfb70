/* SPDX-License-Identifier: Apache-2.0 */
/* The register of a force: every record, who may do what to it, and its ledger, in one store.
 */
#ifndef CU_REGISTER_REGISTER_H
#define CU_REGISTER_REGISTER_H

#include "register/record/engine.h"

typedef struct cu_register cu_register;

/* Every kind of record, in the order in which help and manuals list them. */
cu_things cu_register_things(void);

typedef struct cu_register_options {
    const char *kek_path;    /* as cu_ledger_options: keep it apart from the database */
    int64_t (*now_us)(void); /* NULL: the clock. A generator of demonstrations has its own */
    bool as_it_is;           /* verifies nothing: to look at what may not be whole */
} cu_register_options;

/*
 * Opens the register in the database that url names (cu_store_open), making its tables where
 * they are not there, and begins its ledger. The whole log is verified, whatever it costs: a
 * process that did not verify would write on over what was changed. The force's approved
 * policy changes are read.
 *
 * CU_EFORMAT  also: the log is not as it was written; the text says what is wrong first.
 */
cu_status cu_register_open(const char *url, const cu_register_options *options,
                           cu_register **out, cu_err *err) CU_MUST_CHECK;
void cu_register_close(cu_register *book); /* NULL is allowed */
CU_DEFINE_AUTO(cu_register, cu_register_close)

cu_store *cu_register_store(cu_register *book);
struct cu_ledger *cu_register_ledger(cu_register *book);
const cu_rulebook *cu_register_policy(const cu_register *book);

/* As cu_engine_act; where request->now_us is 0, the register's clock is read. */
cu_status cu_register_act(cu_register *book, const cu_request *request, cu_outcome *outcome,
                          cu_page *page, cu_err *err) CU_MUST_CHECK;

/*
 * What the command line and the workbench call: as cu_register_act, and where an act needs a
 * file that is read first (referral receive, package extract, examination attach), reads it: a
 * received file in custos-intake, an evidence file by its seal.
 */
cu_status cu_register_run(cu_register *book, const cu_request *request, cu_outcome *outcome,
                          cu_page *page, cu_err *err) CU_MUST_CHECK;

/* Many acts as one transaction: work calls cu_register_act, and all become durable together. */
cu_status cu_register_together(cu_register *book, cu_store_work work, void *context,
                               cu_err *err) CU_MUST_CHECK;

enum { CU_REGISTER_COMPLAINTS = 32 };

/* What an audit found. */
typedef struct cu_register_report {
    uint64_t rows;    /* of all tables, counters and files kept among them */
    uint64_t bound;   /* rows that entries say are there */
    uint64_t erased;  /* entries whose list of rows was erased by law */
    uint64_t unknown; /* rows that nothing but such an entry can have bound */
    uint64_t complaints_n;
    char complaints[CU_REGISTER_COMPLAINTS][256]; /* the first of them */
} cu_register_report;

/*
 * Reads every row of the register's tables and compares it with what the ledger's last entry
 * about it committed to: a row that was changed, added or deleted is named. It trusts the
 * ledger: cu_ledger_verify says whether that is whole. CU_OK with a report, whatever it says.
 *
 * CU_ELIMIT  there are more rows than it has memory for.
 */
cu_status cu_register_audit(cu_register *book, cu_register_report *report,
                            cu_err *err) CU_MUST_CHECK;

/* For the audit. */
const struct cu_tables *cu_register_tables(const cu_register *book);

/* The schemas of a register's database, lowest floor first; for backup and copy. */
size_t cu_register_schemas(const cu_register *book, const cu_schema *const **out);

#endif
