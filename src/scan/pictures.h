/* SPDX-License-Identifier: Apache-2.0 */
/* Every picture of the device, decoded once for each distinct content. Private to scan/. */
#ifndef CU_SCAN_PICTURES_H
#define CU_SCAN_PICTURES_H

#include "base/progress.h"
#include "device/device.h"
#include "hashset/hashset.h"
#include "picture/picture.h"
#include "scan/intake.h"
#include "scan/keep.h"
#include "scan/plan.h"
#include "scan/stream.h"

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

/* One caller's thread at a time: whoever may write to the evidence. */
typedef struct cu_pictures cu_pictures;

/* options are borrowed. CU_EUSAGE: a resumed scan has other sets than it began with. */
cu_status cu_pictures_open(const cu_pictures_options *options, cu_pictures **out,
                           cu_err *err) CU_MUST_CHECK;
void cu_pictures_close(cu_pictures *pictures); /* NULL is allowed */
CU_DEFINE_AUTO(cu_pictures, cu_pictures_close)

/* Where streams keep the bytes of pictures that go by. */
cu_keep *cu_pictures_keep(cu_pictures *pictures);

/*
 * Decodes a finished stream that is a picture while the sweep goes on, if it kept its bytes,
 * which are taken: what is known to a set, and what is the same as one before it, is left to
 * cu_pictures_run. Commits nothing.
 */
cu_status cu_pictures_offer(cu_pictures *pictures, cu_stream *stream,
                            cu_err *err) CU_MUST_CHECK;

/*
 * Writes what was decoded since; waits where so much is undecoded that no more should be read.
 * Commits nothing.
 */
cu_status cu_pictures_keep_up(cu_pictures *pictures, cu_err *err) CU_MUST_CHECK;

/*
 * Decodes what the evidence calls a picture and has no row for yet; after the sweep. What is
 * known to a set is not decoded and counted as known; what cannot be decoded whole is a
 * finding.
 *
 * CU_ESTOPPED  progress asked to stop; resume goes on.
 */
cu_status cu_pictures_run(cu_pictures *pictures, cu_err *err) CU_MUST_CHECK;

#endif
