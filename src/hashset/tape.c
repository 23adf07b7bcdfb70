/* SPDX-License-Identifier: Apache-2.0 */
/* A buffer, and behind it a file. */
#include "hashset/tape.h"

#include "base/newfile.h"
#include "hashset/output.h"

#include <errno.h>
#include <unistd.h>

enum { tail_max = 1 << 20, near_bytes = 1 << 20 };

void cu_tape_free(cu_tape *tape)
{
    cu_buffer_free(&tape->tail);
    if (tape->opened)
        (void)close(tape->fd);
    tape->opened = false;
    tape->written = 0;
}

cu_status cu_tape_settle(cu_tape *tape, cu_err *err)
{
    cu_status st = cu_buffer_check(&tape->tail, err);

    if (st != CU_OK || tape->tail.n < tail_max)
        return st;
    if (!tape->opened) {
        st = cu_newfile_scratch(tape->beside, &tape->fd, err);
        if (st != CU_OK)
            return st;
        tape->opened = true;
    }
    st = cu_hashset_write_at(tape->fd, tape->written, tape->tail.p, tape->tail.n, err);
    if (st != CU_OK)
        return st;
    tape->written += tape->tail.n;
    tape->tail.n = 0;
    return CU_OK;
}

cu_status cu_tape_append(cu_tape *tape, const void *bytes, size_t n, cu_err *err)
{
    cu_buffer_append(&tape->tail, bytes, n);
    return cu_tape_settle(tape, err);
}

cu_status cu_tape_read_at(int fd, uint64_t offset, uint8_t *out, size_t n, cu_err *err)
{
    while (n > 0) {
        const ssize_t got = pread(fd, out, n, (off_t)offset);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cu_fail_os(err, "could not read a scratch file");
        if (got == 0)
            return cu_fail(err, CU_EIO, "a scratch file has lost its end");
        out += got;
        offset += (uint64_t)got;
        n -= (size_t)got;
    }
    return CU_OK;
}

/* Fills near with the bytes from the reader's place: at least n, which are there. */
static cu_status fill_near(cu_tape_reader *reader, size_t n, cu_err *err)
{
    const cu_tape *const tape = reader->tape;
    const uint64_t left = cu_tape_bytes(tape) - reader->at;
    const size_t wanted = n > near_bytes ? n : near_bytes;
    const size_t take = left < wanted ? (size_t)left : wanted;
    const uint64_t in_file = reader->at < tape->written ? tape->written - reader->at : 0;
    const size_t from_file = in_file < take ? (size_t)in_file : take;
    cu_status st = CU_OK;

    reader->near.n = 0;
    reader->near_at = reader->at;
    if (!cu_buffer_reserve(&reader->near, take))
        return cu_buffer_check(&reader->near, err);
    if (from_file > 0)
        st = cu_tape_read_at(tape->fd, reader->at, reader->near.p, from_file, err);
    reader->near.n = from_file;
    if (st == CU_OK && take > from_file)
        cu_buffer_append(&reader->near,
                         tape->tail.p +
                             (reader->at > tape->written ? reader->at - tape->written : 0),
                         take - from_file);
    return st;
}

cu_status cu_tape_peek(cu_tape_reader *reader, size_t n, cu_bytes *out, cu_err *err)
{
    const uint64_t left = cu_tape_bytes(reader->tape) - reader->at;
    const size_t wanted = left < n ? (size_t)left : n;

    if (reader->near.n == 0 || reader->at < reader->near_at ||
        reader->at - reader->near_at + wanted > reader->near.n) {
        const cu_status st = wanted == 0 ? CU_OK : fill_near(reader, wanted, err);

        if (st != CU_OK)
            return st;
    }
    *out = wanted == 0 ? (cu_bytes){NULL, 0}
                       : cu_bytes_slice(cu_buffer_view(&reader->near),
                                        (size_t)(reader->at - reader->near_at), wanted);
    return CU_OK;
}

void cu_tape_reader_free(cu_tape_reader *reader)
{
    cu_buffer_free(&reader->near);
}
