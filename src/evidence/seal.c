/* SPDX-License-Identifier: Apache-2.0 */
/* The trailer after the database: a digest of each block, and one over them all. */
#include "evidence/database.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

const char cu_seal_magic[] = "custos-seal/1\n";

typedef EVP_MD_CTX sha256;

CU_DEFINE_AUTO(sha256, EVP_MD_CTX_free)

/* SHA-256 of a then b. The one place of this folder that knows how a digest is made. */
static cu_status digest_of(sha256 *state, cu_bytes a, cu_bytes b, uint8_t out[32], cu_err *err)
{
    if (EVP_DigestInit_ex(state, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(state, a.p, a.n) != 1 || EVP_DigestUpdate(state, b.p, b.n) != 1 ||
        EVP_DigestFinal_ex(state, out, NULL) != 1)
        return cu_fail(err, CU_ENOMEM, "could not compute SHA-256");
    return CU_OK;
}

static uint64_t blocks_of(uint64_t database_bytes)
{
    return database_bytes / CU_SEAL_BLOCK_BYTES + (database_bytes % CU_SEAL_BLOCK_BYTES != 0);
}

uint64_t cu_seal_file_bytes(uint64_t database_bytes)
{
    return database_bytes + CU_SEAL_HEAD_BYTES + 32 * blocks_of(database_bytes) +
           CU_SEAL_TAIL_BYTES;
}

bool cu_seal_database_bytes(uint64_t file_bytes, uint64_t *out)
{
    const uint64_t fixed = CU_SEAL_HEAD_BYTES + CU_SEAL_TAIL_BYTES;

    if (file_bytes <= fixed || file_bytes > INT64_MAX)
        return false;

    /* Each block, also a short last one, brings 32 bytes. */
    const uint64_t rest = file_bytes - fixed;
    const uint64_t step = CU_SEAL_BLOCK_BYTES + 32;
    const uint64_t blocks = rest / step + (rest % step != 0);
    const uint64_t bytes = rest < 32 * blocks ? 0 : rest - 32 * blocks;

    if (bytes == 0 || bytes % CU_EVIDENCE_PAGE_BYTES != 0 ||
        cu_seal_file_bytes(bytes) != file_bytes)
        return false;
    *out = bytes;
    return true;
}

cu_status cu_seal_read_at(int fd, uint64_t offset, uint8_t *bytes, size_t n, cu_err *err)
{
    size_t done = 0;

    while (done < n) {
        const ssize_t got = pread(fd, bytes + done, n - done, (off_t)(offset + done));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cu_fail_os(err, "could not read the evidence file");
        if (got == 0)
            return cu_fail(err, CU_EFORMAT, "the evidence file ends at byte %llu",
                           (unsigned long long)offset + done);
        done += (size_t)got;
    }
    return CU_OK;
}

cu_status cu_seal_of(cu_bytes trailer, uint8_t seal[32], cu_err *err)
{
    CU_AUTO(sha256, state);

    state = EVP_MD_CTX_new();
    if (state == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const cu_bytes domain = {(const uint8_t *)cu_seal_magic, CU_SEAL_MAGIC_BYTES};

    return digest_of(state, domain, trailer, seal, err);
}

static cu_status append_blocks(int fd, uint64_t bytes, uint8_t *block, cu_buffer *trailer,
                               cu_err *err)
{
    CU_AUTO(sha256, state);

    state = EVP_MD_CTX_new();
    if (state == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    for (uint64_t at = 0; at < bytes; at += CU_SEAL_BLOCK_BYTES) {
        const uint64_t left = bytes - at;
        const size_t n = left < CU_SEAL_BLOCK_BYTES ? (size_t)left : CU_SEAL_BLOCK_BYTES;
        uint8_t digest[32];
        cu_status status = cu_seal_read_at(fd, at, block, n, err);

        if (status == CU_OK)
            status = digest_of(state, (cu_bytes){block, n}, (cu_bytes){0}, digest, err);
        if (status != CU_OK)
            return status;
        cu_buffer_append(trailer, digest, sizeof digest);
    }
    return CU_OK;
}

cu_status cu_seal_build(int fd, uint64_t database_bytes, cu_buffer *trailer, cu_err *err)
{
    uint8_t *const block = malloc(CU_SEAL_BLOCK_BYTES);
    uint8_t seal[32];

    if (block == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    cu_buffer_append(trailer, cu_seal_magic, CU_SEAL_MAGIC_BYTES);
    cu_buffer_u32le(trailer, CU_SEAL_BLOCK_BYTES);
    cu_buffer_u64le(trailer, database_bytes);
    cu_buffer_u64le(trailer, blocks_of(database_bytes));

    cu_status status = append_blocks(fd, database_bytes, block, trailer, err);

    free(block);
    cu_buffer_u64le(trailer, cu_seal_file_bytes(database_bytes));
    if (status == CU_OK)
        status = cu_buffer_check(trailer, err);
    if (status == CU_OK)
        status = cu_seal_of(cu_buffer_view(trailer), seal, err);
    if (status != CU_OK)
        return status;
    cu_buffer_append(trailer, seal, sizeof seal);
    return cu_buffer_check(trailer, err);
}
