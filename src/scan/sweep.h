/* SPDX-License-Identifier: Apache-2.0 */
/* One sequential read of the device that feeds every content and the device's own digest.
 * Private to scan/. */
#ifndef CU_SCAN_SWEEP_H
#define CU_SCAN_SWEEP_H

#include "base/progress.h"
#include "device/device.h"
#include "scan/intake.h"
#include "scan/pictures.h"
#include "scan/plan.h"

typedef struct cu_sweep_options {
    cu_device *device;
    cu_evidence_writer *evidence;
    cu_plan *plan;
    const cu_walked *walked;
    cu_pictures *pictures; /* decodes what goes by; NULL: nobody does */
    unsigned workers;
    cu_progress *progress;
    uint64_t from; /* where a resumed sweep goes on; a multiple of a window */
    cu_digest_stream
        *whole; /* the digests of the whole device; saved and restored by the caller */
} cu_sweep_options;

/* Key under which the evidence keeps {u64 position, cu_digest_stream} of an unfinished sweep.
 */
#define CU_SWEEP_STATE "sweep"

/* The whole device once; contents that rise with it are digested on the way. */
cu_status cu_sweep_run(const cu_sweep_options *options, cu_err *err) CU_MUST_CHECK;

/* What the sweep could not do in passing: scattered contents and those read by their file
 * system. */
cu_status cu_sweep_rest(const cu_sweep_options *options, cu_err *err) CU_MUST_CHECK;

#endif
