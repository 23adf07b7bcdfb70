/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the walk become items of the evidence and contents of the plan. Private to scan/.
 */
#ifndef CU_SCAN_INTAKE_H
#define CU_SCAN_INTAKE_H

#include "base/map.h"
#include "device/device.h"
#include "scan/plan.h"
#include "volume/volume.h"

/* A file system that was walked. */
typedef struct cu_walked {
    int64_t volume; /* id in the evidence */
    uint64_t offset;
    uint64_t bytes;
    char filesystem[16];
    char prefix[32];
    uint32_t block_bytes;
    bool damaged; /* the walk had to leave something out, and said so */
} cu_walked;

typedef struct cu_intake {
    cu_device *device;
    cu_evidence_writer *evidence;
    cu_plan *plan;
    bool write; /* false when a resumed scan only rebuilds its plan */
    cu_walked *walked;
    size_t walked_count;
    int64_t next_volume;
    int64_t next_item;
    uint64_t
        trail; /* a number that every item of the walk has changed: same walk, same trail */
    cu_map paths;
    cu_map links;
} cu_intake;

void cu_intake_free(cu_intake *intake);

/* Partitions, file systems, walks. Everything that is wrong with them becomes a finding. */
cu_status cu_intake_run(cu_intake *self, cu_err *err) CU_MUST_CHECK;

#endif
