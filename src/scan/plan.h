/* SPDX-License-Identifier: Apache-2.0 */
/* The plan: which bytes of the device belong to which content, in device order. Private to
 * scan/. */
#ifndef CU_SCAN_PLAN_H
#define CU_SCAN_PLAN_H

#include "base/bytes.h"
#include "base/spill.h"
#include "evidence/evidence.h"

enum {
    CU_CONTENT_DONE = 1,       /* its result is in the evidence */
    CU_CONTENT_BY_LIBRARY = 2, /* read through its file system, after the sweep */
    CU_CONTENT_SCATTERED =
        4,                  /* its extents do not rise with the device: read after the sweep */
    CU_CONTENT_SKIPPED = 8, /* past a budget: not read, and a finding says so */
    CU_CONTENT_LOST = 16,   /* some of its bytes are nowhere: read, but without digests */
    CU_CONTENT_DELETED = 32,
    CU_CONTENT_OVERWRITTEN = 64, /* deleted, and live files own some of its bytes */
};

/* The bytes of one file or stream; several items (hard links) may share it. */
typedef struct cu_content {
    int64_t item; /* the first one */
    uint64_t size;
    uint64_t inode;
    uint32_t attribute;
    uint32_t volume; /* index of the walked volume */
    uint32_t flags;
    uint32_t first_extent; /* in extents, which are in file order */
    uint32_t extent_count;
} cu_content;

/* One extent of a content. */
typedef struct cu_plan_extent {
    uint64_t file_offset;
    uint64_t bytes;
    uint64_t device_offset;
    uint32_t content;
} cu_plan_extent;

enum {
    CU_PLAN_CONTENTS,
    CU_PLAN_EXTENTS,
    CU_PLAN_ORDER,
    CU_PLAN_CLAIMS,
    CU_PLAN_ALIASES,
    cu_plan_tables,
};

typedef struct cu_claim {
    uint64_t offset;
    uint64_t bytes;
    cu_class class_of_bytes;
} cu_claim;

typedef struct cu_alias {
    uint32_t content;
    int64_t item;
} cu_alias;

/* Zero it to start, and set folder where a plan larger than memory may be written out. */
typedef struct cu_plan {
    const char *folder; /* borrowed */
    cu_content *contents;
    size_t content_count;
    cu_plan_extent *extents; /* in file order, content after content */
    size_t extent_count;
    uint32_t
        *order; /* extents that the sweep feeds, by device offset; made by cu_plan_arrange */
    size_t order_count;
    cu_claim *claims;
    size_t claim_count;
    cu_alias *aliases; /* by content */
    size_t alias_count;
    cu_spill memory[cu_plan_tables]; /* where those five lie */
    uint64_t claimed_deleted;        /* bytes that deleted files claim in all */
    uint64_t holes;                  /* bytes of holes in all */
    uint64_t device_bytes;
} cu_plan;

void cu_plan_free(cu_plan *plan);

/* All answer CU_ENOMEM, CU_EIO (no room in folder) or CU_ELIMIT. */
cu_status cu_plan_add_content(cu_plan *plan, const cu_content *content,
                              cu_err *err) CU_MUST_CHECK;
cu_status cu_plan_add_extent(cu_plan *plan, uint64_t file_offset, uint64_t bytes,
                             uint64_t device_offset, cu_err *err) CU_MUST_CHECK;
cu_status cu_plan_claim(cu_plan *plan, uint64_t offset, uint64_t bytes, cu_class class_of_bytes,
                        cu_err *err) CU_MUST_CHECK;
cu_status cu_plan_alias(cu_plan *plan, uint32_t content, int64_t item,
                        cu_err *err) CU_MUST_CHECK;

/* The first alias of a content, in the sorted list; others of the same content follow it. */
size_t cu_plan_first_alias(const cu_plan *plan, uint32_t content);

/* When everything is in: sorts, finds scattered contents and overwritten ones. */
cu_status cu_plan_arrange(cu_plan *plan, cu_err *err) CU_MUST_CHECK;

/*
 * Cuts the device into regions of one class each, strongest claim first, and gives them in
 * order. Sorts the claims.
 */
cu_status cu_plan_account(cu_plan *plan,
                          cu_status (*seen)(void *context, const cu_evidence_region *region,
                                            cu_err *err),
                          void *context, cu_err *err) CU_MUST_CHECK;

#endif
