/* SPDX-License-Identifier: Apache-2.0 */
/* From a source to a sealed evidence file: who feeds whom, and nothing else. */
#ifndef CU_SCAN_SCAN_H
#define CU_SCAN_SCAN_H

#include "base/progress.h"
#include "device/device.h"
#include "evidence/evidence.h"
#include "hashset/hashset.h"

enum { cu_scan_sets_max = 64, cu_scan_workers_max = 256 };

typedef struct cu_scan_options {
    cu_device_source source;
    const char *out;     /* where the evidence appears */
    const char *exhibit; /* NULL: none, or of a resumed scan the one that it began with */
    cu_hashset *const *sets;
    size_t set_count;
    unsigned workers; /* 0: one for each processor */
    bool thorough;    /* other views of each picture are compared with the sets too */
    bool resume;
    cu_progress *progress; /* may be NULL */
} cu_scan_options;

typedef struct cu_scan_report {
    uint8_t seal[32];
    double walk_seconds, sweep_seconds, decode_seconds, total_seconds;
} cu_scan_report;

/*
 * Scans, matches and seals. Whatever happens, a failure leaves out untouched, and out.partial
 * where there is something to resume.
 *
 * CU_EUSAGE                 a named file is no part of the source; resume: another exhibit, or
 *                           other sets, than the scan began with.
 * CU_EEXISTS, CU_ENOTFOUND  as cu_evidence_begin.
 * CU_ESTOPPED               progress asked to stop; resume goes on.
 * CU_EIO with ENOSPC        the disk of the output is full; resume goes on.
 * CU_EFORMAT                resume: the source is not the one that the scan began with.
 */
cu_status cu_scan_run(const cu_scan_options *options, cu_scan_report *report,
                      cu_err *err) CU_MUST_CHECK;

#endif
