/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a scan: matches, accounting, what the source says of itself. Private to scan/. */
#ifndef CU_SCAN_CONCLUDE_H
#define CU_SCAN_CONCLUDE_H

#include "device/device.h"
#include "scan/plan.h"
#include "scan/scan.h"

/* Writes all that follows from the items; whole is the digest of every byte of the device. */
cu_status cu_scan_conclude(const cu_scan_options *options, cu_device *device,
                           cu_evidence_writer *evidence, cu_plan *plan,
                           const cu_digest_stream *whole, cu_err *err) CU_MUST_CHECK;

#endif
