/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that are put away in order and read again in order: in memory while they are few, else
 * in a scratch file beside the output. Private to hashset/. */
#ifndef CU_HASHSET_TAPE_H
#define CU_HASHSET_TAPE_H

#include "base/bytes.h"

/* Zero it, but for beside: the path of the output. */
typedef struct cu_tape {
    const char *beside;
    cu_buffer tail; /* not in the file yet */
    int fd;         /* where opened is true */
    bool opened;
    uint64_t written; /* bytes in the file */
} cu_tape;

void cu_tape_free(cu_tape *tape);
cu_status cu_tape_append(cu_tape *tape, const void *bytes, size_t n, cu_err *err) CU_MUST_CHECK;
/* As above, after the caller has appended to tape->tail: puts it away where it is long. */
cu_status cu_tape_settle(cu_tape *tape, cu_err *err) CU_MUST_CHECK;

static inline uint64_t cu_tape_bytes(const cu_tape *tape)
{
    return tape->written + tape->tail.n;
}

/* Reads a tape, to which nothing is added meanwhile, from a place in it. Zero it but for tape
 * and at. */
typedef struct cu_tape_reader {
    const cu_tape *tape;
    uint64_t at;
    cu_buffer near; /* bytes of the file, from near_at */
    uint64_t near_at;
} cu_tape_reader;

/* The bytes at the reader's place: n of them, or all that are left where they are fewer. */
cu_status cu_tape_peek(cu_tape_reader *reader, size_t n, cu_bytes *out,
                       cu_err *err) CU_MUST_CHECK;
void cu_tape_reader_free(cu_tape_reader *reader);

/* Reads n bytes of a file at an offset. */
cu_status cu_tape_read_at(int fd, uint64_t offset, uint8_t *out, size_t n,
                          cu_err *err) CU_MUST_CHECK;

#endif
