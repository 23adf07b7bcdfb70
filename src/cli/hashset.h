/* SPDX-License-Identifier: Apache-2.0 */
/* What the actions of custos hashset share. Private to cli/. */
#ifndef CU_CLI_HASHSET_H
#define CU_CLI_HASHSET_H

#include "cli/command.h"
#include "hashset/hashset.h"
#include "hashset/import.h"

/* Each action's own entry. */
extern const cu_command cu_hashset_action_import;
extern const cu_command cu_hashset_action_info;
extern const cu_command cu_hashset_action_lookup;
extern const cu_command cu_hashset_action_near;
extern const cu_command cu_hashset_action_export;
extern const cu_command cu_hashset_action_diff;
extern const cu_command cu_hashset_action_union;
extern const cu_command cu_hashset_action_verify;

cu_status cu_hashset_open_named(const char *path, cu_hashset **set, cu_err *err) CU_MUST_CHECK;

/* Where an import goes, and how it is told. */
typedef struct cu_hashset_telling {
    const cu_command *command; /* whose use is told where it is used wrongly */
    const char *out;
    bool json;
} cu_hashset_telling;

/* Imports and says what was kept and left out; the exit status. */
int cu_hashset_import_and_tell(const cu_hashset_telling *telling,
                               cu_hashset_import_options *options, char **files, size_t count);

/* What a record says, as members of the object that is open; those that it does not say are
 * left out. */
void cu_hashset_record_json(cu_json *json, const cu_hashset_record *record);

#endif
