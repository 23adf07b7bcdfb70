/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks go round: the caller fills one, the thread seals and writes it, and gives it back. */
#include "hashset/output.h"

#include "base/newfile.h"
#include "base/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    /* Whole pieces; and so large that a kernel which keeps what is written in large pages (ext4
       since Linux 6.16, XFS) does: a look-up waits for page tables more than for memory. */
    block_bytes = 8 << 20,
    block_count = 4,
};

typedef struct block {
    uint64_t offset;
    size_t n;
    uint8_t *bytes;
} block;

struct cu_hashset_output {
    cu_newfile file;
    block blocks[block_count];
    block *filling;
    uint64_t at;   /* the file's next byte */
    unsigned type; /* of the section that is open */
    cu_hashset_place sections[cu_hashset_sections_max];
    cu_queue *empty, *full;
    pthread_t thread;
    bool running;
    atomic_bool failed; /* status and err are the thread's until it is joined, or this is set */
    cu_status status;
    cu_err err;
    cu_buffer digests;
};

cu_status cu_hashset_write_at(int fd, uint64_t offset, const void *bytes, size_t n, cu_err *err)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        const ssize_t put = pwrite(fd, p, n, (off_t)offset);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return cu_fail_os(err, "could not write the set");
        p += put;
        offset += (uint64_t)put;
        n -= (size_t)put;
    }
    return CU_OK;
}

/* ---- the thread ---- */

static cu_status seal_block(cu_hashset_output *output, const block *full)
{
    for (size_t at = 0; at < full->n; at += cu_hashset_piece_bytes) {
        uint8_t digest[32];

        cu_hashset_sha256(
            cu_bytes_slice((cu_bytes){full->bytes, full->n}, at, cu_hashset_piece_bytes),
            digest);
        cu_buffer_append(&output->digests, digest, sizeof digest);
    }

    const cu_status st = cu_buffer_check(&output->digests, &output->err);

    return st != CU_OK ? st
                       : cu_hashset_write_at(output->file.fd, full->offset, full->bytes,
                                             full->n, &output->err);
}

static void *seal_blocks(void *context)
{
    cu_hashset_output *const output = context;
    block *full = NULL;

    while ((full = cu_queue_pop(output->full)) != NULL) {
        if (output->status == CU_OK) {
            output->status = seal_block(output, full);
            if (output->status != CU_OK)
                atomic_store(&output->failed, true);
        }
        full->n = 0;
        /* There is room for every block. */
        if (!cu_queue_push(output->empty, full))
            break;
    }
    return NULL;
}

/* ---- the caller ---- */

static cu_status prepare(cu_hashset_output *output, const char *path, cu_err *err)
{
    output->empty = cu_queue_new(block_count);
    output->full = cu_queue_new(block_count);
    if (output->empty == NULL || output->full == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (size_t i = 0; i < block_count; i++) {
        output->blocks[i].bytes = malloc(block_bytes);
        if (output->blocks[i].bytes == NULL ||
            !cu_queue_push(output->empty, &output->blocks[i]))
            return cu_fail(err, CU_ENOMEM, "out of memory");
    }
    return cu_newfile_begin(path, &output->file, err);
}

cu_status cu_hashset_output_begin(const char *path, cu_hashset_output **out, cu_err *err)
{
    CU_AUTO(cu_hashset_output, output);
    cu_status st = CU_OK;

    output = calloc(1, sizeof *output);
    if (output == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    output->at = cu_hashset_header_bytes;
    st = prepare(output, path, err);
    if (st != CU_OK)
        return st;
    errno = pthread_create(&output->thread, NULL, seal_blocks, output);
    if (errno != 0)
        return cu_fail_os(err, "could not start a thread");
    output->running = true;
    *out = CU_MOVE(output);
    return CU_OK;
}

static void stop_thread(cu_hashset_output *output)
{
    if (!output->running)
        return;
    cu_queue_close(output->full);
    (void)pthread_join(output->thread, NULL);
    output->running = false;
}

void cu_hashset_output_abandon(cu_hashset_output *output)
{
    if (output == NULL)
        return;
    stop_thread(output);
    cu_queue_free(output->empty);
    cu_queue_free(output->full);
    for (size_t i = 0; i < block_count; i++)
        free(output->blocks[i].bytes);
    cu_buffer_free(&output->digests);
    cu_newfile_abandon(&output->file);
    free(output);
}

static cu_status told(const cu_hashset_output *output, cu_err *err)
{
    if (err != NULL)
        *err = output->err;
    return output->status;
}

static cu_status give_block(cu_hashset_output *output, cu_err *err)
{
    if (output->filling != NULL && !cu_queue_push(output->full, output->filling))
        return cu_fail(err, CU_ESTOPPED, "stopped");
    output->filling = NULL;
    if (atomic_load(&output->failed))
        return told(output, err);
    return CU_OK;
}

cu_status cu_hashset_output_append(cu_hashset_output *output, const void *bytes, size_t n,
                                   cu_err *err)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        block *filling = output->filling;

        if (filling == NULL) {
            filling = cu_queue_pop(output->empty);
            if (filling == NULL)
                return cu_fail(err, CU_ESTOPPED, "stopped");
            filling->offset = output->at;
            output->filling = filling;
        }

        const size_t room = block_bytes - filling->n;
        const size_t put = n < room ? n : room;

        memcpy(filling->bytes + filling->n, p, put);
        filling->n += put;
        output->at += put;
        p += put;
        n -= put;
        if (filling->n == block_bytes) {
            const cu_status st = give_block(output, err);

            if (st != CU_OK)
                return st;
        }
    }
    return CU_OK;
}

cu_status cu_hashset_output_open(cu_hashset_output *output, unsigned type, cu_err *err)
{
    static const uint8_t zero[cu_hashset_section_align];
    const size_t over = (size_t)(output->at % cu_hashset_section_align);
    const cu_status st =
        over == 0
            ? CU_OK
            : cu_hashset_output_append(output, zero, cu_hashset_section_align - over, err);

    output->type = type;
    output->sections[type] = (cu_hashset_place){.offset = output->at};
    return st;
}

void cu_hashset_output_close(cu_hashset_output *output, uint64_t count)
{
    cu_hashset_place *const place = &output->sections[output->type];

    place->bytes = output->at - place->offset;
    place->count = place->bytes == 0 ? 0 : count;
}

/* Waits until the thread has written all that it was given. */
static cu_status drain(cu_hashset_output *output, cu_err *err)
{
    const size_t out = output->filling == NULL ? 0 : 1;
    block *waited[block_count] = {NULL};
    bool good = true;

    for (size_t i = 0; i + out < block_count; i++)
        waited[i] = cu_queue_pop(output->empty);
    for (size_t i = 0; i + out < block_count; i++)
        good = waited[i] != NULL && cu_queue_push(output->empty, waited[i]) && good;
    if (atomic_load(&output->failed))
        return told(output, err);
    return good ? CU_OK : cu_fail(err, CU_ESTOPPED, "stopped");
}

cu_status cu_hashset_output_view(cu_hashset_output *output, unsigned type, cu_bytes *out,
                                 cu_err *err)
{
    const cu_hashset_place *const place = &output->sections[type];
    cu_status st = drain(output, err);
    void *p = MAP_FAILED;

    *out = (cu_bytes){NULL, 0};
    if (place->bytes == 0)
        return st;
    /* The block that is being filled is written now for the view, and again when it is full. */
    if (st == CU_OK && output->filling != NULL)
        st = cu_hashset_write_at(output->file.fd, output->filling->offset,
                                 output->filling->bytes, output->filling->n, err);
    if (st != CU_OK)
        return st;

    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const uint64_t skip = place->offset % page;

    p = mmap(NULL, place->bytes + skip, PROT_READ, MAP_SHARED, output->file.fd,
             (off_t)(place->offset - skip));
    if (p == MAP_FAILED)
        return cu_fail_os(err, "could not read the set back");
    (void)madvise(p, place->bytes + skip, MADV_SEQUENTIAL);
    *out = (cu_bytes){(const uint8_t *)p + skip, place->bytes};
    return CU_OK;
}

void cu_hashset_output_unview(cu_bytes view)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t start = (uintptr_t)view.p & ~(page - 1);

    if (view.p != NULL)
        (void)munmap((void *)start, view.n + ((uintptr_t)view.p - start));
}

static cu_status finish(cu_hashset_output *output, cu_hashset_header *header, cu_err *err)
{
    cu_buffer out = {0};
    cu_status st = give_block(output, err);

    stop_thread(output);
    if (st == CU_OK && output->status != CU_OK)
        st = told(output, err);
    if (st != CU_OK)
        return st;
    header->pieces_offset = output->at;
    header->pieces = output->digests.n / 32;
    header->file_bytes = output->at + output->digests.n;
    cu_hashset_sha256(cu_buffer_view(&output->digests), header->pieces_sha256);
    memcpy(header->sections, output->sections, sizeof header->sections);
    cu_hashset_header_encode(header, &out);
    st = cu_buffer_check(&out, err);
    if (st == CU_OK)
        st = cu_hashset_write_at(output->file.fd, output->at, output->digests.p,
                                 output->digests.n, err);
    if (st == CU_OK)
        st = cu_hashset_write_at(output->file.fd, 0, out.p, out.n, err);
    cu_buffer_free(&out);
    return st;
}

cu_status cu_hashset_output_finish(cu_hashset_output *output, cu_hashset_header *header,
                                   cu_err *err)
{
    CU_AUTO(cu_hashset_output, owned);
    cu_status st = CU_OK;

    owned = output;
    st = finish(owned, header, err);
    return st != CU_OK ? st : cu_newfile_finish(&owned->file, err);
}
