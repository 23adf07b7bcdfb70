/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a sealed file byte by byte and names what is damaged. */
#include "evidence/database.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned long long number;

/* What lies on the pages of a damaged block, as far as the damaged file itself can tell. */
static void name_pages(const char *path, uint64_t first, uint64_t last, cu_buffer *names)
{
    CU_AUTO(cu_evidence, evidence);
    CU_STATEMENT(statement);

    if (cu_evidence_open(path, &evidence, NULL) != CU_OK)
        return;
    if (cu_database_prepare(evidence->database,
                            "SELECT DISTINCT name FROM dbstat"
                            " WHERE pageno BETWEEN ?1 AND ?2 ORDER BY name LIMIT 4",
                            &statement, NULL) != CU_OK)
        return;
    (void)sqlite3_bind_int64(statement, 1, (int64_t)first);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)last);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *const name = (const char *)sqlite3_column_text(statement, 0);

        cu_buffer_format(names, "%s%s", names->n == 0 ? ": " : ", ", name == NULL ? "" : name);
    }
}

static cu_status fail_block(const char *path, uint64_t block, uint64_t bytes, cu_err *err)
{
    const uint64_t start = block * CU_SEAL_BLOCK_BYTES;
    const uint64_t left = bytes - start;
    const uint64_t end = start + (left < CU_SEAL_BLOCK_BYTES ? left : CU_SEAL_BLOCK_BYTES);
    const uint64_t first = start / CU_EVIDENCE_PAGE_BYTES + 1;
    const uint64_t last = end / CU_EVIDENCE_PAGE_BYTES;
    cu_buffer names = {.ceiling = 120};

    name_pages(path, first, last, &names);

    const cu_status status = cu_fail(
        err, CU_EFORMAT, "bytes %llu to %llu are damaged: the database, pages %llu to %llu%.*s",
        (number)start, (number)(end - 1), (number)first, (number)last, (int)names.n,
        names.p == NULL ? "" : (const char *)names.p);

    cu_buffer_free(&names);
    return status;
}

/* The first database block whose digest is not the stored one. */
static cu_status fail_database(const char *path, uint64_t bytes, cu_bytes stored,
                               cu_bytes built, cu_err *err)
{
    const uint64_t blocks = (built.n - CU_SEAL_HEAD_BYTES - CU_SEAL_TAIL_BYTES) / 32;

    for (uint64_t i = 0; i < blocks; i++) {
        const size_t at = CU_SEAL_HEAD_BYTES + (size_t)i * 32;

        if (memcmp(stored.p + at, built.p + at, 32) != 0)
            return fail_block(path, i, bytes, err);
    }
    return cu_fail(err, CU_EFORMAT, "bytes %llu to %llu are damaged: the head of the seal",
                   (number)bytes, (number)(bytes + CU_SEAL_HEAD_BYTES - 1));
}

/* The part of the trailer that holds its first byte which is not as it must be. */
static cu_status fail_trailer(uint64_t bytes, cu_bytes stored, cu_bytes built, cu_err *err)
{
    size_t at = 0;

    while (at < stored.n - 1 && stored.p[at] == built.p[at])
        at++;

    size_t start = 0;
    size_t end = CU_SEAL_HEAD_BYTES;
    const char *what = "head";

    if (at >= stored.n - 32) {
        start = stored.n - 32;
        end = stored.n;
        what = "last digest";
    } else if (at >= stored.n - CU_SEAL_TAIL_BYTES) {
        start = stored.n - CU_SEAL_TAIL_BYTES;
        end = start + 8;
        what = "file length";
    } else if (at >= CU_SEAL_HEAD_BYTES) {
        start = at - (at - CU_SEAL_HEAD_BYTES) % 32;
        end = start + 32;
        what = "digest of a block";
    }
    return cu_fail(err, CU_EFORMAT, "bytes %llu to %llu are damaged: the seal, its %s",
                   (number)bytes + start, (number)bytes + end - 1, what);
}

/*
 * The trailer follows from the database alone, so what was read and what is built from the
 * database tell, together with the seal in each, which side was damaged.
 */
static cu_status compare(const char *path, uint64_t bytes, cu_bytes stored, cu_bytes built,
                         cu_err *err)
{
    uint8_t own[32];
    const size_t body = stored.n - 32;

    if (cu_bytes_equal(stored, built))
        return CU_OK;

    const cu_status status = cu_seal_of(cu_bytes_slice(stored, 0, body), own, err);

    if (status != CU_OK)
        return status;
    if (memcmp(own, stored.p + body, 32) == 0)
        return fail_database(path, bytes, stored, built, err);
    return fail_trailer(bytes, stored, built, err);
}

static cu_status check_seal(int fd, const char *path, uint64_t bytes, uint8_t seal[32],
                            cu_err *err)
{
    cu_buffer built = {0};
    cu_buffer stored = {0};
    cu_status status = cu_seal_build(fd, bytes, &built, err);

    if (status == CU_OK && !cu_buffer_reserve(&stored, built.n))
        status = cu_buffer_check(&stored, err);
    if (status == CU_OK)
        status = cu_seal_read_at(fd, bytes, stored.p, built.n, err);
    if (status == CU_OK) {
        stored.n = built.n;
        status = compare(path, bytes, cu_buffer_view(&stored), cu_buffer_view(&built), err);
    }
    if (status == CU_OK)
        memcpy(seal, built.p + built.n - 32, 32);
    cu_buffer_free(&built);
    cu_buffer_free(&stored);
    return status;
}

/* The length that the database's own header asks for; 0 where it has none. */
static uint64_t wanted_bytes(int fd)
{
    uint8_t head[32];

    if (cu_seal_read_at(fd, 0, head, sizeof head, NULL) != CU_OK ||
        memcmp(head, "SQLite format 3", 16) != 0)
        return 0;

    cu_cursor cursor = cu_cursor_over((cu_bytes){head + 28, 4});

    return cu_seal_file_bytes((uint64_t)cu_cursor_u32be(&cursor) * CU_EVIDENCE_PAGE_BYTES);
}

static bool has_magic(int fd, uint64_t at)
{
    uint8_t magic[CU_SEAL_MAGIC_BYTES];

    return cu_seal_read_at(fd, at, magic, sizeof magic, NULL) == CU_OK &&
           memcmp(magic, cu_seal_magic, sizeof magic) == 0;
}

/* Finds the trailer by the file's length, which no flipped bit can change. */
static cu_status check_bytes(int fd, const char *path, uint8_t seal[32], cu_err *err)
{
    struct stat there;
    uint64_t bytes = 0;

    if (fstat(fd, &there) != 0)
        return cu_fail_os(err, "could not measure it");
    if (!S_ISREG(there.st_mode))
        return cu_fail(err, CU_EFORMAT, "it is no file");

    const uint64_t length = (uint64_t)there.st_size;
    const uint64_t wanted = wanted_bytes(fd);

    if (cu_seal_database_bytes(length, &bytes) && (has_magic(fd, bytes) || wanted == length))
        return check_seal(fd, path, bytes, seal, err);
    if (wanted == 0)
        return cu_fail(err, CU_EFORMAT, "not an evidence file, or its first bytes are damaged");
    if (length < wanted)
        return cu_fail(err, CU_EFORMAT, "cut off: it ends at byte %llu, %llu bytes are missing",
                       (number)length, (number)(wanted - length));
    return cu_fail(err, CU_EFORMAT, "bytes %llu to %llu do not belong to it", (number)wanted,
                   (number)(length - 1));
}

static cu_status check_structure(sqlite3 *database, cu_err *err)
{
    CU_STATEMENT(statement);

    const cu_status status =
        cu_database_prepare(database, "PRAGMA main.integrity_check(1)", &statement, err);

    if (status != CU_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return cu_database_fail(database, "could not check the structure", err);

    const char *const answer = (const char *)sqlite3_column_text(statement, 0);

    if (answer == NULL || strcmp(answer, "ok") != 0)
        return cu_fail(err, CU_EFORMAT, "the seal is whole, but the database is not: %.150s",
                       answer == NULL ? "" : answer);
    return CU_OK;
}

static cu_status verify_unnamed(const char *path, uint8_t seal[32], cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return cu_fail_errno(err);

    cu_status status = check_bytes(fd, path, seal, err);

    (void)close(fd);
    if (status == CU_OK)
        status = cu_evidence_open_unnamed(path, &evidence, err);
    if (status != CU_OK)
        return status;
    status = check_structure(evidence->database, err);
    if (status == CU_OK)
        status = cu_sums_check(evidence->database, err);
    if (status != CU_OK)
        cu_database_unname(evidence->database, err);
    return status;
}

cu_status cu_evidence_verify(const char *path, uint8_t seal[32], cu_err *err)
{
    uint8_t found[32];
    const cu_status status = verify_unnamed(path, found, err);

    if (status != CU_OK)
        return cu_while(err, status, "could not verify \"%s\"", path);
    memcpy(seal, found, sizeof found);
    return CU_OK;
}
