/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder as a source: its files' bytes, one after the other, are the media. Private to
 * device/. Nothing is parsed, so no child is needed.
 */
#ifndef CU_DEVICE_FOLDER_H
#define CU_DEVICE_FOLDER_H

#include "filesystem/filesystem.h"
#include "image/image.h"

typedef struct cu_folder cu_folder;

/*
 * Lists every file below path, by name in each folder, without following a link. What changes
 * afterwards is told when it is read.
 *
 * CU_EIO     path itself cannot be read. CU_ELIMIT: more files, or longer names, than can be
 * held. CU_ENOMEM.
 */
cu_status cu_folder_open(const char *path, cu_folder **out, cu_err *err) CU_MUST_CHECK;
void cu_folder_close(cu_folder *folder); /* NULL is allowed */

uint64_t cu_folder_bytes(const cu_folder *folder);

/* The file that a reader has open. Zero it to start; close it with cu_folder_leave. */
typedef struct cu_folder_place {
    size_t file; /* its number and 1; 0: none */
    int fd;
} cu_folder_place;

/* As cu_image_read_at. One thread a place; many places may read one folder. */
void cu_folder_read(const cu_folder *folder, cu_folder_place *place,
                    const cu_image_piece *wanted);
void cu_folder_leave(cu_folder_place *place);

/* As cu_device_walk. CU_ENOTFOUND: some folders could not be read. */
cu_status cu_folder_walk(const cu_folder *folder,
                         cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err),
                         void *context, cu_err *err) CU_MUST_CHECK;

#endif
