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

/* The schemas of a register's database, lowest floor first; for backup and copy. */
size_t cu_register_schemas(const cu_register *book, const cu_schema *const **out);

#endif
