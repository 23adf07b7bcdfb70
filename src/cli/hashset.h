/* SPDX-License-Identifier: Apache-2.0 */
/* What the actions of custos hashset share. Private to cli/. */
#ifndef CU_CLI_HASHSET_H
#define CU_CLI_HASHSET_H

#include "cli/command.h"
#include "hashset/hashset.h"
#include "hashset/import.h"

/* Each answers the exit status; argv[0] is the action. */
int cu_hashset_run_import(int argc, char **argv);
int cu_hashset_run_union(int argc, char **argv);
int cu_hashset_run_diff(int argc, char **argv);
int cu_hashset_run_info(int argc, char **argv);
int cu_hashset_run_lookup(int argc, char **argv);
int cu_hashset_run_near(int argc, char **argv);
int cu_hashset_run_export(int argc, char **argv);
int cu_hashset_run_verify(int argc, char **argv);

cu_status cu_hashset_open_named(const char *path, cu_hashset **set, cu_err *err) CU_MUST_CHECK;

/* Imports and says what was kept and left out; the exit status. */
int cu_hashset_import_and_tell(cu_hashset_import_options *options, char **files, int count,
                               const char *out, bool as_json);

/* What a record says, as members of the object that is open; those that it does not say are
 * left out. */
void cu_hashset_record_json(cu_json *json, const cu_hashset_record *record);

#endif
