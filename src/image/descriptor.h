/* SPDX-License-Identifier: Apache-2.0 */
/* The text that says which files make up a VMDK. Private to image/. */
#ifndef CU_IMAGE_DESCRIPTOR_H
#define CU_IMAGE_DESCRIPTOR_H

#include "base/bytes.h"

enum {
    cu_vmdk_descriptor_max = 64 << 10, /* bytes of text */
    cu_vmdk_extents_max = 4000,
};

typedef enum cu_vmdk_extent_kind {
    CU_VMDK_FLAT,   /* bytes as they are */
    CU_VMDK_SPARSE, /* with tables of its own */
    CU_VMDK_ZERO,   /* no file: reads as zero */
} cu_vmdk_extent_kind;

typedef struct cu_vmdk_extent {
    cu_vmdk_extent_kind kind;
    uint64_t sectors; /* of 512 bytes */
    uint64_t first;   /* FLAT: sector in its file */
    char file[256];   /* without folders; "" for ZERO */
} cu_vmdk_extent;

typedef struct cu_vmdk_descriptor {
    cu_vmdk_extent *list;
    size_t count;
} cu_vmdk_descriptor;

/* Whether a file that begins so is such a text. */
bool cu_vmdk_is_descriptor(cu_bytes head);

/*
 * Reads the text, to its end or its first zero byte. A name that leads out of the descriptor's
 * folder is refused, so that nobody opens what a suspect's text names.
 *
 * CU_EFORMAT       a line that names an extent is broken, or there is none.
 * CU_EUNSUPPORTED  it has a parent (changes to another disk), or an extent of a kind that is
 * not read.
 */
cu_status cu_vmdk_descriptor_parse(cu_bytes text, cu_vmdk_descriptor *out,
                                   cu_err *err) CU_MUST_CHECK;
void cu_vmdk_descriptor_free(cu_vmdk_descriptor *descriptor);

#endif
