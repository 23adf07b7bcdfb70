/* SPDX-License-Identifier: Apache-2.0 */
/* The one list of kinds of record: tables, help, the manual and the workbench follow it. */
#include "register/kinds.h"

#include "register/address/address.h"
#include "register/arrest/arrest.h"
#include "register/backup/backup.h"
#include "register/case/case.h"
#include "register/child/child.h"
#include "register/custody/custody.h"
#include "register/disclosure/disclosure.h"
#include "register/disposal/disposal.h"
#include "register/examination/examination.h"
#include "register/exhibit/exhibit.h"
#include "register/figures/figures.h"
#include "register/media/media.h"
#include "register/officer/officer.h"
#include "register/operation/operation.h"
#include "register/policy/change.h"
#include "register/referral/referral.h"
#include "register/retention/retention.h"
#include "register/risk/risk.h"
#include "register/subject/subject.h"
#include "register/task/task.h"
#include "register/warrant/warrant.h"

/* A new kind comes at the end: what was there before is the schema's first step, which stays.
 */
const cu_thing *const cu_register_kinds[] = {
    &cu_thing_officer,        &cu_thing_policy_change, &cu_thing_case,
    &cu_thing_access,         &cu_thing_task,          &cu_thing_decision,
    &cu_thing_referral,       &cu_thing_package,       &cu_thing_identifier,
    &cu_thing_remark,         &cu_thing_link,          &cu_thing_risk,
    &cu_thing_subject,        &cu_thing_assertion,     &cu_thing_outcome,
    &cu_thing_address,        &cu_thing_occupant,      &cu_thing_child,
    &cu_thing_child_referral, &cu_thing_operation,     &cu_thing_team,
    &cu_thing_warrant,        &cu_thing_entry,         &cu_thing_arrest,
    &cu_thing_bail,           &cu_thing_welfare,       &cu_thing_exhibit,
    &cu_thing_custody,        &cu_thing_seal,          &cu_thing_examination,
    &cu_thing_note,           &cu_thing_copy,          &cu_thing_non_conformance,
    &cu_thing_evidence,       &cu_thing_media,         &cu_thing_occurrence,
    &cu_thing_match,          &cu_thing_grade,         &cu_thing_exposure,
    &cu_thing_count,          &cu_thing_disposal,      &cu_thing_hold,
    &cu_thing_material,       &cu_thing_schedule,      &cu_thing_figures,
    &cu_thing_retention,      &cu_thing_backup_copy,   &cu_thing_sfr,
};

const size_t cu_register_kind_count = CU_COUNT_OF(cu_register_kinds);
