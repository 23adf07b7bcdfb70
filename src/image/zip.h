/* SPDX-License-Identifier: Apache-2.0 */
/* The members of the zip file that an AFF4 image is. Private to image/. */
#ifndef CU_IMAGE_ZIP_H
#define CU_IMAGE_ZIP_H

#include "image/format.h"

enum {
    cu_zip_members_max = 1 << 20,
    cu_zip_directory_max = 256 << 20, /* bytes */
};

typedef struct cu_zip_member {
    const char *name; /* with a zero byte; a name that holds one is cut there */
    uint64_t packed_bytes;
    uint64_t bytes;
    uint64_t header_at;
    uint16_t method; /* 0: as it is, 8: deflate */
} cu_zip_member;

typedef struct cu_zip {
    const cu_segment *segment; /* borrowed */
    uint8_t *directory;
    cu_zip_member *list; /* by name */
    size_t count;
} cu_zip;

/*
 * Reads the directory at the file's end. Sizes and places are what it says: nothing is checked
 * against the file before it is read.
 *
 * CU_EFORMAT  there is none, or it is broken. CU_ELIMIT, CU_ENOMEM.
 */
cu_status cu_zip_open(const cu_segment *segment, cu_zip *out, cu_err *err) CU_MUST_CHECK;
void cu_zip_close(cu_zip *zip);

/* The member of this name, or NULL. */
const cu_zip_member *cu_zip_find(const cu_zip *zip, const char *name);

/* Where a member's bytes begin in the file. False: its own header is not there. */
bool cu_zip_locate(const cu_zip *zip, const cu_zip_member *member, uint64_t *at);

/*
 * The whole member, unpacked, into out, whose ceiling it must not pass. CU_EFORMAT: it is
 * damaged. CU_EUNSUPPORTED: packed in a way that is not read.
 */
cu_status cu_zip_read(const cu_zip *zip, const cu_zip_member *member, cu_buffer *out,
                      cu_err *err) CU_MUST_CHECK;

#endif
