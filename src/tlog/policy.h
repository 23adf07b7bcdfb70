/* SPDX-License-Identifier: Apache-2.0 */
/* A policy, read. Private to tlog/. */
#ifndef CU_TLOG_POLICY_H
#define CU_TLOG_POLICY_H

#include "tlog/tlog.h"

/* CU_OK where a log of the policy whose name is the origin signed the note, and none whose line
 * is there signed it badly. */
cu_status cu_policy_check_log(const cu_policy *policy, const cu_note *note, cu_bytes origin,
                              cu_err *err) CU_MUST_CHECK;

/* CU_OK where those who cosigned are the quorum. */
cu_status cu_policy_check_quorum(const cu_policy *policy, const cu_note *note,
                                 cu_err *err) CU_MUST_CHECK;

/* Sets the report's verdict on a signed head alone: CU_VERDICT_GOOD, or what is wrong with it.
 * The views in head are into checkpoint. Failures as cu_bundle_verify. In bundle.c. */
cu_status cu_judge_head(cu_bytes checkpoint, const cu_policy *policy, cu_checkpoint *head,
                        cu_bundle_report *report, cu_err *err) CU_MUST_CHECK;

#endif
