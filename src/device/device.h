/* SPDX-License-Identifier: Apache-2.0 */
/* A source as the broker sees it: opened, read and walked by a sandboxed child, custos-device.
 */
#ifndef CU_DEVICE_DEVICE_H
#define CU_DEVICE_DEVICE_H

#include "base/reader.h"
#include "filesystem/filesystem.h"
#include "image/image.h"
#include "sandbox/sandbox.h"

typedef struct cu_device cu_device;

/* What a person names as the source. Borrowed. */
typedef struct cu_device_source {
    const char *path; /* the first file, the device, or the folder */
    const char *const
        *more; /* files that must be parts of it, as a shell's pattern names them */
    size_t more_count;
} cu_device_source;

/*
 * Opens the source in a new child. Call before any thread is started.
 *
 * CU_EUSAGE: one of more is no part of it.
 * CU_EIO, CU_ENOTFOUND, CU_EFORMAT, CU_EUNSUPPORTED as cu_segments_open and cu_image_open.
 * CU_ECHILD: the container killed the child that opened it.
 */
cu_status cu_device_open(const cu_device_source *source, cu_device **out,
                         cu_err *err) CU_MUST_CHECK;
void cu_device_close(cu_device *device);
CU_DEFINE_AUTO(cu_device, cu_device_close)

const cu_image_facts *cu_device_facts(const cu_device *device);
const cu_sandbox_level *cu_device_level(const cu_device *device);

/* What the container said of itself when it was opened; NULL past the last. */
const char *cu_device_remark(const cu_device *device, size_t index);

/* ---- reading ---- */

/* Memory that a reading child fills: its own mapping of the same pages. */
typedef struct cu_device_memory {
    int fd;
    uint8_t *p;
    size_t n;
} cu_device_memory;

cu_status cu_device_memory_make(size_t n, cu_device_memory *out, cu_err *err) CU_MUST_CHECK;
void cu_device_memory_free(cu_device_memory *memory);

/* A reading child. One thread at a time uses it; several may read one device side by side. */
typedef struct cu_device_reader cu_device_reader;

cu_status cu_device_reader_open(cu_device *device, const cu_device_memory *memory,
                                cu_device_reader **out, cu_err *err) CU_MUST_CHECK;
void cu_device_reader_close(cu_device_reader *reader);
CU_DEFINE_AUTO(cu_device_reader, cu_device_reader_close)

/* Bytes of the media that are wanted, where in the memory, and who is told of what cannot be
 * read (NULL: nobody). */
typedef struct cu_device_piece {
    uint64_t offset;
    size_t n;
    size_t at;
    cu_image_gap_told *told;
    void *context;
} cu_device_piece;

/*
 * Fills the piece of the memory. What cannot be read
 * is zero and is told; a child that dies or hangs over it costs the piece that killed it, which
 * is told too. Fails only where no child can be had at all.
 */
cu_status cu_device_reader_read(cu_device_reader *reader, const cu_device_piece *wanted,
                                cu_err *err) CU_MUST_CHECK;

/* A cu_reader over the device by a reading child of its own; closed with the device. */
cu_status cu_device_as_reader(cu_device *device, cu_reader *out, cu_err *err) CU_MUST_CHECK;

/* ---- walking ---- */

/* File systems that claim the volume at offset. */
cu_status cu_device_detect(cu_device *device, uint64_t offset, cu_filesystem_claims *out,
                           cu_err *err) CU_MUST_CHECK;

/*
 * Walks a file system in a child of its own, and once more where somebody killed that
 * (SIGKILL); seen is called once for each entry but END. CU_OK means that the walk saw all.
 * Otherwise what was seen so far stands, and err says why the rest is missing
 * ("memory limit", "time limit", "killed by signal 11 …"); CU_ESTOPPED and other codes of seen
 * end it.
 */
cu_status cu_device_walk(cu_device *device, uint64_t offset, const char *name,
                         cu_status (*seen)(void *context, const cu_entry *entry, cu_err *err),
                         void *context, cu_err *err) CU_MUST_CHECK;

/*
 * Reads one file through its file system, for content that is not plain extents. seen gets the
 * bytes in order. CU_OK: all size bytes were seen. Otherwise err says why the rest is missing.
 */
cu_status cu_device_content(cu_device *device, const cu_filesystem_file *file,
                            cu_status (*seen)(void *context, cu_bytes bytes, cu_err *err),
                            void *context, cu_err *err) CU_MUST_CHECK;

#endif
