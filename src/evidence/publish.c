/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the sealed file out of the partial one, and puts it under its name. */
#include "base/newfile.h"
#include "evidence/database.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cu_status attach(cu_evidence_writer *writer, const char *path, cu_err *err)
{
    CU_STATEMENT(statement);

    const cu_status status =
        cu_database_prepare(writer->database, "ATTACH ?1 AS sealed", &statement, err);

    if (status != CU_OK)
        return status;
    (void)sqlite3_bind_text(statement, 1, path, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) != SQLITE_DONE)
        return cu_database_fail(writer->database, "could not open the file to seal", err);
    return CU_OK;
}

/*
 * A fresh file filled in one fixed order, so its bytes depend on the rows alone; a vacuum of
 * the partial file would carry its history along, and would have to change that file first. No
 * journal: a file that fails is thrown away, and the partial one has not been touched.
 */
static void format_fill(cu_buffer *text)
{
    cu_buffer_format(text,
                     "PRAGMA sealed.page_size=%d;PRAGMA sealed.journal_mode=OFF;"
                     "PRAGMA sealed.synchronous=OFF;PRAGMA sealed.cache_size=-65536;"
                     "PRAGMA sealed.secure_delete=ON;BEGIN;"
                     "PRAGMA sealed.application_id=%d;PRAGMA sealed.user_version=%d;",
                     CU_EVIDENCE_PAGE_BYTES, CU_EVIDENCE_APPLICATION, CU_EVIDENCE_VERSION);
    for (const cu_schema_table *t = cu_schema_tables; t->name != NULL; t++)
        cu_buffer_format(text, "CREATE TABLE sealed.%s;", t->create);
    for (const cu_schema_table *t = cu_schema_tables; t->name != NULL; t++)
        cu_buffer_format(text, "INSERT INTO sealed.\"%s\" SELECT * FROM main.\"%s\"%s%s;",
                         t->name, t->name, t->copy == NULL ? "" : " ORDER BY ",
                         t->copy == NULL ? "" : t->copy);
    cu_buffer_format(text, "CREATE UNIQUE INDEX sealed.%s;COMMIT", cu_schema_index);
    cu_buffer_u8(text, 0);
}

static cu_status fill(cu_evidence_writer *writer, const char *path, cu_err *err)
{
    cu_buffer text = {0};

    format_fill(&text);

    cu_status status = cu_buffer_check(&text, err);

    if (status == CU_OK)
        status = attach(writer, path, err);
    if (status == CU_OK)
        status = cu_database_run(writer->database, (const char *)text.p, err);
    cu_buffer_free(&text);
    if (status == CU_EEXISTS)
        return cu_fail(err, CU_EFORMAT, "two items have the same path");
    if (status != CU_OK)
        return status;
    return cu_database_run(writer->database, "DETACH sealed", err);
}

static cu_status append_trailer(const cu_newfile *file, uint8_t seal[32], cu_err *err)
{
    struct stat there;
    cu_buffer trailer = {0};

    if (fstat(file->fd, &there) != 0 || lseek(file->fd, 0, SEEK_END) < 0)
        return cu_fail_os(err, "could not measure the file to seal");

    cu_status status = cu_seal_build(file->fd, (uint64_t)there.st_size, &trailer, err);

    if (status == CU_OK)
        status = cu_write_all(file->fd, cu_buffer_view(&trailer), file->partial, err);
    if (status == CU_OK)
        memcpy(seal, trailer.p + trailer.n - 32, 32);
    cu_buffer_free(&trailer);
    return status;
}

static cu_status make_sealed(cu_evidence_writer *writer, const char *path, uint8_t seal[32],
                             cu_err *err)
{
    cu_newfile file = {0};
    cu_status status = CU_OK;

    (void)unlink(path); /* left by a seal that was cut off */
    status = cu_newfile_begin_named(writer->path, path, 0666, &file, err);
    if (status == CU_OK)
        status = fill(writer, path, err);
    if (status == CU_OK)
        status = append_trailer(&file, seal, err);
    if (status == CU_OK)
        return cu_newfile_finish(&file, err);
    cu_newfile_abandon(&file);
    return status;
}

static void remove_partial(cu_evidence_writer *writer)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char *const partial = CU_MOVE(writer->partial);

    /* What is about to be removed needs no checkpoint. */
    (void)sqlite3_db_config(writer->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    cu_evidence_abandon(writer);
    for (size_t i = 0; i < CU_COUNT_OF(suffixes); i++) {
        char *const path = cu_database_join(partial, suffixes[i]);

        if (path != NULL)
            (void)unlink(path);
        free(path);
    }
    free(partial);
}

cu_status cu_evidence_seal(cu_evidence_writer *w, uint8_t seal[32], cu_err *err)
{
    CU_AUTO(cu_evidence_writer, writer);
    uint8_t made[32];

    writer = w;

    char *const temporary = cu_database_join(writer->partial, "-seal");

    if (temporary == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    cu_status status = cu_evidence_commit(writer, err);

    if (status == CU_OK)
        status = cu_sums_check(writer->database, err);
    if (status == CU_OK)
        status = make_sealed(writer, temporary, made, err);
    free(temporary);
    if (status != CU_OK)
        return status;
    memcpy(seal, made, sizeof made);
    remove_partial(CU_MOVE(writer));
    return CU_OK;
}
