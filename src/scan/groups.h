/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures that a person needs to see once. Private to scan/. */
#ifndef CU_SCAN_GROUPS_H
#define CU_SCAN_GROUPS_H

#include "base/progress.h"
#include "evidence/evidence.h"

/*
 * Writes the grouping of each picture that has a hash, once: those of the same bytes, those
 * that are the same picture, those that are similar, each in the group of the first item that
 * it is near enough to and that leads a group itself. Turned and mirrored copies are near. A
 * featureless picture is like none but its own bytes. Does nothing where groups are there.
 */
cu_status cu_groups_write(cu_evidence_writer *evidence, cu_progress *progress,
                          cu_err *err) CU_MUST_CHECK;

#endif
