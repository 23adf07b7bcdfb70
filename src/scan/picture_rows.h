/* SPDX-License-Identifier: Apache-2.0 */
/* What a decoded picture is in the evidence. Private to scan/. */
#ifndef CU_SCAN_PICTURE_ROWS_H
#define CU_SCAN_PICTURE_ROWS_H

#include "evidence/evidence.h"
#include "scan/decoding.h"

/* None of them commits: what a picture is goes into the evidence with its thumbnail, or not at
 * all, since a scan that is resumed takes an item with a picture for done. */

/* The item's picture, its looks, and a finding where it is not whole. */
cu_status cu_picture_write(cu_evidence_writer *evidence, int64_t item,
                           const cu_picture_answer *from, cu_err *err) CU_MUST_CHECK;

/* The item's bytes are known to a set, and were not decoded. */
cu_status cu_picture_write_known(cu_evidence_writer *evidence, int64_t item,
                                 cu_err *err) CU_MUST_CHECK;

/* The thumbnail of from as a member of item, with this id. */
cu_status cu_picture_write_thumbnail(cu_evidence_writer *evidence, int64_t item, int64_t id,
                                     const cu_picture_answer *from, cu_err *err) CU_MUST_CHECK;

#endif
