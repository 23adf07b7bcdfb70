/* SPDX-License-Identifier: Apache-2.0 */
/* Every picture of the device, decoded once for each distinct content. Private to scan/. */
#ifndef CU_SCAN_PICTURES_H
#define CU_SCAN_PICTURES_H

#include "base/progress.h"
#include "device/device.h"
#include "hashset/hashset.h"
#include "picture/picture.h"
#include "scan/intake.h"
#include "scan/plan.h"

typedef struct cu_pictures_options {
    cu_device *device;
    cu_evidence_writer *evidence;
    const cu_plan *plan;
    const cu_walked *walked;
    int64_t next_item; /* the first id that the walk has left */
    cu_hashset *const *sets;
    size_t set_count;
    bool thorough; /* other views of each picture are compared with the sets too */
    unsigned workers;
    cu_progress *progress;
} cu_pictures_options;

/*
 * Decodes what the evidence calls a picture and has no row for yet; after the sweep. What is
 * known to a set is not decoded and counted as known; what cannot be decoded whole is a
 * finding.
 *
 * CU_ESTOPPED  progress asked to stop; resume goes on.
 */
cu_status cu_pictures_run(const cu_pictures_options *options, cu_err *err) CU_MUST_CHECK;

#endif
