/* SPDX-License-Identifier: Apache-2.0 */
/* A run of bytes that can be read anywhere: what a parser needs to know of an image, and no
 * more. */
#ifndef CU_BASE_READER_H
#define CU_BASE_READER_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct cu_reader {
    /*
     * Fills out with the n bytes from offset. Bytes that cannot be read are zero and the answer
     * is still CU_OK (the owner of the reader keeps a list of them); past the end is
     * CU_EFORMAT.
     */
    cu_status (*read_at)(void *context, uint64_t offset, void *out, size_t n, cu_err *err);
    void *context;
    uint64_t bytes;        /* the length of the run */
    uint32_t sector_bytes; /* as the device or container says; 512 where it does not */
} cu_reader;

static inline cu_status cu_reader_read_at(const cu_reader *reader, uint64_t offset, void *out,
                                          size_t n, cu_err *err)
{
    if (offset > reader->bytes || n > reader->bytes - offset)
        return cu_fail(err, CU_EFORMAT, "%zu bytes at %llu lie past the end", n,
                       (unsigned long long)offset);
    return reader->read_at(reader->context, offset, out, n, err);
}

#endif
