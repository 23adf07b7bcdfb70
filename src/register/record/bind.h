/* SPDX-License-Identifier: Apache-2.0 */
/* Binds the register's rows to the ledger's entries: for whoever writes a row, and for the
 * audit. */
#ifndef CU_REGISTER_RECORD_BIND_H
#define CU_REGISTER_RECORD_BIND_H

#include "register/record/table.h"

/*
 * An act says of every row that it wrote, in act->rows, a line "TABLE VERSION DIGEST REF". The
 * ledger's entry commits to these lines with a salt, and keeps them under the case's key, so a
 * digest of a row is never said openly. Version 0 says that the row is there no more.
 */
cu_status cu_bind_record(cu_act *act, const cu_record *record) CU_MUST_CHECK;
cu_status cu_bind_counter(cu_act *act, const char *name, int64_t number) CU_MUST_CHECK;
void cu_bind_content(cu_act *act, const char *hex);                 /* bytes by their SHA-256 */
void cu_bind_gone(cu_act *act, const char *table, const char *ref); /* erased by law */

/* One such line. Views into it. */
typedef struct cu_bound {
    cu_bytes table, ref;
    int64_t version;
    uint8_t digest[32];
} cu_bound;

/* Takes the next line off left; false where it is none. */
bool cu_bound_next(cu_bytes *left, cu_bound *out);

/* SHA-256 of a row's canonical bytes (docs/formats/register.md). */
cu_status cu_record_digest(const cu_table *table, const cu_record *record, uint8_t out[32],
                           cu_err *err) CU_MUST_CHECK;
cu_status cu_counter_digest(const char *name, int64_t number, uint8_t out[32],
                            cu_err *err) CU_MUST_CHECK;
void cu_row_digest(cu_bytes row, uint8_t out[32]);

#endif
