/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the partial file: prepared statements in one transaction between commits. */
#include "evidence/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef enum statement_id {
    SET_SOURCE,
    ADD_VOLUME,
    ADD_ITEM,
    ADD_RUN,
    SET_RESULT,
    SET_RECOVERY,
    SET_CLAIMED,
    ADD_FINDING,
    ADD_MATCH,
    ADD_KNOWN_GOOD,
    ADD_REGION,
    ADD_PICTURE,
    ADD_LOOK,
    COPY_PICTURE,
    COPY_LOOKS,
    ADD_GROUPING,
    SET_FACT,
    PUT_STATE,
    GET_STATE,
    BEGIN,
    COMMIT,
} statement_id;

static const char *const sql[] = {
    [SET_SOURCE] = "INSERT OR REPLACE INTO main.source VALUES(1,?,?,?,?,?,?,?,?,?,?,?)",
    [ADD_VOLUME] = "INSERT INTO main.volume VALUES(?,?,?,?,?,?,?,?,?,?,?)",
    [ADD_ITEM] = "INSERT INTO main.item VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [ADD_RUN] = "INSERT INTO main.run VALUES(?,?,?,?,?)",
    [SET_RESULT] = ("UPDATE main.item SET examined=?, read=?, type=?, md5=?, sha1=?, sha256=?"
                    " WHERE id=?"),
    [SET_RECOVERY] = "UPDATE main.item SET recovery=? WHERE id=?",
    [SET_CLAIMED] = "UPDATE main.item SET claimed=1 WHERE id=?",
    [ADD_FINDING] = "INSERT INTO main.finding VALUES(?,?,?,?,?,?)",
    [ADD_MATCH] = "INSERT INTO main.\"match\" VALUES(?,?,?,?,?,?,?,?,?,?)",
    [ADD_KNOWN_GOOD] = "INSERT INTO main.known_good VALUES(?,?,?,?)",
    [ADD_REGION] = "INSERT INTO main.region VALUES(?,?,?)",
    [ADD_PICTURE] =
        ("INSERT INTO main.picture VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"),
    [ADD_LOOK] = "INSERT INTO main.look VALUES(?,?,?,?,?,?)",
    [COPY_PICTURE] =
        ("INSERT INTO main.picture SELECT ?1, outcome, reason, format, width, height, frames,"
         " orientation, rows, quality, pdq, pdq_turned, full_quality, full_pdq,"
         " full_pdq_turned, taken_us, make, model, serial, latitude, longitude"
         " FROM main.picture WHERE item=?2"),
    [COPY_LOOKS] = ("INSERT INTO main.look SELECT ?1, frame, change, quality, pdq, pdq_turned"
                    " FROM main.look WHERE item=?2"),
    [ADD_GROUPING] = "INSERT INTO main.grouping VALUES(?,?,?,?)",
    [SET_FACT] = "INSERT OR REPLACE INTO main.fact VALUES(?,?)",
    [PUT_STATE] = "INSERT OR REPLACE INTO main.progress VALUES(?,?)",
    [GET_STATE] = "SELECT value FROM main.progress WHERE key=?",
    [BEGIN] = "BEGIN",
    [COMMIT] = "COMMIT",
};

_Static_assert(CU_COUNT_OF(sql) <= CU_EVIDENCE_STATEMENTS, "room for every statement");

/* A statement being filled, left to right. */
typedef struct cu_row {
    cu_evidence_writer *writer;
    sqlite3_stmt *statement;
    int column;
    bool bad; /* a bind failed, or a number does not fit */
} cu_row;

static void put_number(cu_row *row, int64_t value)
{
    row->bad |= sqlite3_bind_int64(row->statement, ++row->column, value) != SQLITE_OK;
}

static void put_null(cu_row *row)
{
    row->bad |= sqlite3_bind_null(row->statement, ++row->column) != SQLITE_OK;
}

static void put_number_unless(cu_row *row, int64_t value, int64_t none)
{
    if (value == none)
        put_null(row);
    else
        put_number(row, value);
}

/* SQLite's integers have a sign; no device has 2^63 bytes. */
static void put_size(cu_row *row, uint64_t value)
{
    row->bad |= value > INT64_MAX;
    put_number(row, (int64_t)(value & INT64_MAX));
}

static void put_text_or_null(cu_row *row, const char *text)
{
    /* Static: the statement runs before the caller's text can go. */
    row->bad |=
        sqlite3_bind_text(row->statement, ++row->column, text, -1, SQLITE_STATIC) != SQLITE_OK;
}

static void put_text(cu_row *row, const char *text)
{
    put_text_or_null(row, text == NULL ? "" : text);
}

static void put_bytes(cu_row *row, bool there, const void *bytes, size_t n)
{
    if (!there) {
        put_null(row);
        return;
    }
    row->bad |= sqlite3_bind_blob64(row->statement, ++row->column, n == 0 ? "" : bytes, n,
                                    SQLITE_STATIC) != SQLITE_OK;
}

static cu_status prepare(cu_evidence_writer *writer, statement_id id, cu_err *err)
{
    if (writer->statements[id] != NULL)
        return CU_OK;
    if (sqlite3_prepare_v3(writer->database, sql[id], -1, SQLITE_PREPARE_PERSISTENT,
                           &writer->statements[id], NULL) != SQLITE_OK)
        return cu_database_fail(writer->database, "could not prepare a statement", err);
    return CU_OK;
}

static cu_status step_simple(cu_evidence_writer *writer, statement_id id, cu_err *err)
{
    const cu_status status = prepare(writer, id, err);

    if (status != CU_OK)
        return status;

    const int result = sqlite3_step(writer->statements[id]);
    const cu_status answer =
        result == SQLITE_DONE
            ? CU_OK
            : cu_database_fail(writer->database, "could not write the evidence file", err);

    (void)sqlite3_reset(writer->statements[id]);
    return answer;
}

static cu_status refuse_lost(cu_err *err)
{
    return cu_fail(err, CU_EIO,
                   "an earlier failure undid what was added since the last commit");
}

static cu_status start(cu_evidence_writer *writer, statement_id id, cu_row *out, cu_err *err)
{
    *out = (cu_row){.writer = writer};
    if (writer->lost)
        return refuse_lost(err);

    cu_status status = prepare(writer, id, err);

    if (status == CU_OK && sqlite3_get_autocommit(writer->database) != 0)
        status = step_simple(writer, BEGIN, err);
    out->statement = writer->statements[id];
    return status;
}

static cu_status finish(cu_row *row, cu_err *err)
{
    cu_status status = CU_OK;

    if (row->bad)
        status = cu_fail(err, CU_EUSAGE, "a value does not fit into the evidence file");
    else if (sqlite3_step(row->statement) != SQLITE_DONE)
        status =
            cu_database_fail(row->writer->database, "could not write the evidence file", err);
    if (status != CU_OK && sqlite3_get_autocommit(row->writer->database) != 0)
        row->writer->lost = true;
    (void)sqlite3_reset(row->statement);
    (void)sqlite3_clear_bindings(row->statement);
    return status;
}

static cu_status finish_change(cu_row *row, int64_t item, cu_err *err)
{
    const cu_status status = finish(row, err);

    if (status == CU_OK && sqlite3_changes(row->writer->database) == 0)
        return cu_fail(err, CU_ENOTFOUND, "no item %lld in the evidence file", (long long)item);
    return status;
}

/* ---- opening ---- */

static cu_status create_tables(sqlite3 *database, cu_err *err)
{
    cu_buffer text = {0};

    cu_buffer_format(&text, "BEGIN;PRAGMA application_id=%d;PRAGMA user_version=%d;",
                     CU_EVIDENCE_APPLICATION, CU_EVIDENCE_VERSION);
    for (const cu_schema_table *t = cu_schema_tables; t->name != NULL; t++)
        cu_buffer_format(&text, "CREATE TABLE %s;", t->create);
    cu_buffer_format(&text, "CREATE TABLE %s;COMMIT", cu_schema_progress);
    cu_buffer_u8(&text, 0);

    cu_status status = cu_buffer_check(&text, err);

    if (status == CU_OK)
        status = cu_database_run(database, (const char *)text.p, err);
    cu_buffer_free(&text);
    return status;
}

/*
 * Looks at the first page of what is to be gone on with, without SQLite: that would roll
 * another program's journal back. Ours is empty, or a database with a log; its mark may be in
 * the log.
 */
static cu_status check_first_page(const cu_evidence_writer *writer, cu_err *err)
{
    static const uint8_t start[] = "SQLite format 3";

    enum { format_at = 18, application_at = 68, head_bytes = 100, in_log = 2 };

    uint8_t head[head_bytes];
    const int fd = open(writer->partial, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return cu_fail_os(err, "could not open \"%s\"", writer->partial);

    const ssize_t n = pread(fd, head, sizeof head, 0);

    (void)close(fd);
    if (n == 0)
        return CU_OK;
    if (n < (ssize_t)sizeof head || memcmp(head, start, sizeof start) != 0)
        return cu_fail(err, CU_EFORMAT, "it is no database");

    cu_cursor c = cu_cursor_over((cu_bytes){head + application_at, 4});
    const uint32_t application = cu_cursor_u32be(&c);

    if ((application != 0 && application != CU_EVIDENCE_APPLICATION) ||
        head[format_at] != in_log || head[format_at + 1] != in_log)
        return cu_fail(err, CU_EFORMAT, "it is another program's database");
    return CU_OK;
}

static cu_status open_database(cu_evidence_writer *writer, cu_err *err)
{
    int64_t tables = 0;

    if (sqlite3_open_v2(writer->partial, &writer->database,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return cu_database_fail(writer->database, "could not open the partial evidence file",
                                err);
    (void)sqlite3_db_config(writer->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(writer->database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    /* What turns out not to be ours is closed as it was. */
    (void)sqlite3_db_config(writer->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

    /* Exclusive: no second writer, and no shared memory file. */
    cu_status status = cu_database_run(
        writer->database,
        "PRAGMA page_size=4096;PRAGMA locking_mode=EXCLUSIVE;PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;PRAGMA cache_size=-65536;PRAGMA wal_autocheckpoint=16384",
        err);

    if (status == CU_OK)
        status = cu_database_number(writer->database, "SELECT count(*) FROM main.sqlite_schema",
                                    &tables, err);
    if (status == CU_OK && tables == 0)
        status = create_tables(writer->database, err);
    if (status == CU_OK)
        status = cu_schema_check(writer->database, false, err);
    if (status == CU_OK)
        (void)sqlite3_db_config(writer->database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return status;
}

/* Makes an empty partial file, which nobody else may have made. */
static cu_status create_partial(const cu_evidence_writer *writer, cu_err *err)
{
    static const char *const stale[] = {"-wal", "-shm", "-seal"};
    const int fd = open(writer->partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0 && errno == EEXIST)
        return cu_fail(err, CU_EEXISTS,
                       "an unfinished scan is there: \"%s\"; --resume goes on with it",
                       writer->partial);
    if (fd < 0)
        return cu_fail_os(err, "could not create \"%s\"", writer->partial);
    (void)close(fd);
    for (size_t i = 0; i < CU_COUNT_OF(stale); i++) {
        char *const path = cu_database_join(writer->partial, stale[i]);

        if (path == NULL)
            return cu_fail(err, CU_ENOMEM, "out of memory");
        (void)unlink(path);
        free(path);
    }
    return CU_OK;
}

cu_status cu_evidence_begin(const char *path, bool resume, cu_evidence_writer **out,
                            cu_err *err)
{
    struct stat there;
    cu_status status = CU_OK;
    CU_AUTO(cu_evidence_writer, writer);

    writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    writer->path = cu_database_join(path, "");
    writer->partial = cu_database_join(path, ".partial");
    if (writer->path == NULL || writer->partial == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    if (lstat(path, &there) == 0)
        return cu_fail(err, CU_EEXISTS, "\"%s\" is there already", path);
    if (!resume)
        status = create_partial(writer, err);
    else if (lstat(writer->partial, &there) != 0)
        status = cu_fail(err, CU_ENOTFOUND, "no unfinished scan \"%s\"", writer->partial);
    else if (!S_ISREG(there.st_mode))
        status = cu_fail(err, CU_EFORMAT, "\"%s\" is no file of a scan", writer->partial);
    if (status != CU_OK)
        return status;
    status = check_first_page(writer, err);
    if (status == CU_OK)
        status = open_database(writer, err);
    if (status == CU_EFORMAT) {
        cu_database_unname(writer->database, err);
        return cu_while(err, status, "\"%s\" is no unfinished scan", writer->partial);
    }
    if (status != CU_OK)
        return status;
    *out = CU_MOVE(writer);
    return CU_OK;
}

void cu_evidence_abandon(cu_evidence_writer *writer)
{
    if (writer == NULL)
        return;
    for (size_t i = 0; i < CU_EVIDENCE_STATEMENTS; i++)
        (void)sqlite3_finalize(writer->statements[i]);
    (void)sqlite3_finalize(writer->one_item);
    (void)sqlite3_close(writer->database);
    free(writer->path);
    free(writer->partial);
    free(writer);
}

/* ---- rows ---- */

cu_status cu_evidence_clear(cu_evidence_writer *writer, cu_err *err)
{
    if (writer->lost)
        return refuse_lost(err);

    const cu_status status = cu_evidence_commit(writer, err);

    if (status != CU_OK)
        return status;
    return cu_database_run(writer->database,
                           "BEGIN;DELETE FROM main.volume;DELETE FROM main.item;"
                           "DELETE FROM main.run;DELETE FROM main.region;"
                           "DELETE FROM main.finding;DELETE FROM main.\"match\";"
                           "DELETE FROM main.picture;DELETE FROM main.look;"
                           "DELETE FROM main.grouping;"
                           "DELETE FROM main.known_good;"
                           "DELETE FROM main.progress;COMMIT",
                           err);
}

cu_status cu_evidence_set_source(cu_evidence_writer *w, const cu_evidence_source *source,
                                 cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, SET_SOURCE, &row, err);

    if (status != CU_OK)
        return status;
    put_text(&row, source->path);
    put_text(&row, source->format);
    put_size(&row, source->bytes);
    put_number(&row, source->sector_bytes);
    put_text_or_null(&row, source->exhibit);
    put_number(&row, source->verified);
    put_bytes(&row, source->has_sha256, source->sha256, 32);
    put_bytes(&row, source->has_stored_md5, source->stored_md5, 16);
    put_bytes(&row, source->has_stored_sha1, source->stored_sha1, 20);
    put_bytes(&row, source->has_stored_md5, source->md5, 16);
    put_bytes(&row, source->has_stored_sha1, source->sha1, 20);
    return finish(&row, err);
}

cu_status cu_evidence_add_volume(cu_evidence_writer *w, const cu_evidence_volume *volume,
                                 cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_VOLUME, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, volume->id);
    put_number(&row, volume->number);
    put_text(&row, volume->prefix);
    put_text(&row, volume->kind);
    put_text(&row, volume->type);
    put_text(&row, volume->name);
    put_text(&row, volume->filesystem);
    put_size(&row, volume->offset);
    put_size(&row, volume->bytes);
    put_number(&row, volume->block_bytes);
    put_text(&row, volume->examined);
    return finish(&row, err);
}

static void put_result(cu_row *row, const cu_evidence_item *item)
{
    put_number(row, item->examined);
    put_size(row, item->read);
    put_text_or_null(row, item->type);
    put_bytes(row, item->examined, item->digests.md5, 16);
    put_bytes(row, item->examined, item->digests.sha1, 20);
    put_bytes(row, item->examined, item->digests.sha256, 32);
}

cu_status cu_evidence_add_item(cu_evidence_writer *w, const cu_evidence_item *item, cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_ITEM, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, item->id);
    put_number_unless(&row, item->volume, 0);
    put_text(&row, item->path);
    put_text(&row, item->name);
    put_text(&row, item->inode);
    put_text(&row, item->state);
    put_text(&row, item->recovery);
    put_number(&row, item->path_certain);
    put_number(&row, item->claimed);
    put_size(&row, item->size);
    put_size(&row, item->excluded);
    put_number_unless(&row, item->parent, 0);
    put_number_unless(&row, item->modified_us, INT64_MIN);
    put_number_unless(&row, item->accessed_us, INT64_MIN);
    put_number_unless(&row, item->changed_us, INT64_MIN);
    put_number_unless(&row, item->born_us, INT64_MIN);
    put_result(&row, item);
    return finish(&row, err);
}

cu_status cu_evidence_add_run(cu_evidence_writer *w, const cu_evidence_run *run, cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_RUN, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, run->item);
    put_number(&row, run->number);
    put_size(&row, run->file_offset);
    put_size(&row, run->bytes);
    if (run->device_offset == UINT64_MAX)
        put_null(&row);
    else
        put_size(&row, run->device_offset);
    return finish(&row, err);
}

cu_status cu_evidence_set_result(cu_evidence_writer *w, const cu_evidence_item *item,
                                 cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, SET_RESULT, &row, err);

    if (status != CU_OK)
        return status;
    put_result(&row, item);
    put_number(&row, item->id);
    return finish_change(&row, item->id, err);
}

cu_status cu_evidence_set_recovery(cu_evidence_writer *w, int64_t item, const char *recovery,
                                   cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, SET_RECOVERY, &row, err);

    if (status != CU_OK)
        return status;
    put_text(&row, recovery);
    put_number(&row, item);
    return finish_change(&row, item, err);
}

cu_status cu_evidence_add_finding(cu_evidence_writer *w, const cu_evidence_finding *finding,
                                  cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_FINDING, &row, err);

    if (status != CU_OK)
        return status;
    put_number_unless(&row, finding->item, 0);
    put_text(&row, finding->path);
    put_size(&row, finding->offset);
    put_size(&row, finding->bytes);
    put_text(&row, finding->kind);
    put_text(&row, finding->text);
    return finish(&row, err);
}

cu_status cu_evidence_add_match(cu_evidence_writer *w, const cu_evidence_match *match,
                                cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_MATCH, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, match->item);
    put_text(&row, match->set);
    put_text(&row, match->set_version);
    put_text(&row, match->algorithm);
    put_text(&row, match->strength);
    put_text(&row, match->scheme);
    put_text(&row, match->code);
    put_text(&row, match->record);
    put_number(&row, match->distance);
    put_text(&row, match->how != NULL ? match->how : "");
    return finish(&row, err);
}

cu_status cu_evidence_set_claimed(cu_evidence_writer *w, int64_t item, cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, SET_CLAIMED, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, item);
    return finish_change(&row, item, err);
}

cu_status cu_evidence_add_known_good(cu_evidence_writer *w, const cu_evidence_known_good *known,
                                     cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_KNOWN_GOOD, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, known->item);
    put_text(&row, known->set);
    put_text(&row, known->set_version);
    put_text(&row, known->algorithm);
    return finish(&row, err);
}

cu_status cu_evidence_add_region(cu_evidence_writer *w, const cu_evidence_region *region,
                                 cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_REGION, &row, err);

    if (status != CU_OK)
        return status;
    put_size(&row, region->offset);
    put_size(&row, region->bytes);
    put_text(&row, cu_class_word(region->class_of_bytes));
    return finish(&row, err);
}

/* The quality of a hash, the hash as it is, and its other turns. */
static void put_hash(cu_row *row, bool there, int quality, const uint8_t *codes)
{
    if (there)
        put_number(row, quality);
    else
        put_null(row);
    put_bytes(row, there, codes, 32);
    put_bytes(row, there, codes + 32, cu_evidence_codes_bytes - 32);
}

cu_status cu_evidence_add_picture(cu_evidence_writer *w, const cu_evidence_picture *picture,
                                  cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_PICTURE, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, picture->item);
    put_text(&row, picture->outcome);
    put_text(&row, picture->reason);
    put_text(&row, picture->format);
    put_number(&row, picture->width);
    put_number(&row, picture->height);
    put_number(&row, picture->frames);
    put_number(&row, picture->orientation);
    put_number(&row, picture->rows);
    put_hash(&row, picture->has_pdq, picture->quality, picture->pdq);
    put_hash(&row, picture->has_full, picture->full_quality, picture->full);
    put_number_unless(&row, picture->taken_us, INT64_MIN);
    put_text(&row, picture->make);
    put_text(&row, picture->model);
    put_text(&row, picture->serial);
    put_number_unless(&row, picture->latitude, INT32_MIN);
    put_number_unless(&row, picture->longitude, INT32_MIN);
    return finish(&row, err);
}

cu_status cu_evidence_add_look(cu_evidence_writer *w, const cu_evidence_look *look, cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_LOOK, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, look->item);
    put_number(&row, look->frame);
    put_text(&row, look->change);
    put_hash(&row, true, look->quality, look->pdq);
    return finish(&row, err);
}

static cu_status copy(cu_evidence_writer *w, statement_id id, int64_t from, int64_t item,
                      cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, id, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, item);
    put_number(&row, from);
    return finish(&row, err);
}

cu_status cu_evidence_copy_picture(cu_evidence_writer *w, int64_t from, int64_t item,
                                   cu_err *err)
{
    const cu_status status = copy(w, COPY_PICTURE, from, item, err);

    return status == CU_OK ? copy(w, COPY_LOOKS, from, item, err) : status;
}

cu_status cu_evidence_add_grouping(cu_evidence_writer *w, const cu_evidence_grouping *grouping,
                                   cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, ADD_GROUPING, &row, err);

    if (status != CU_OK)
        return status;
    put_number(&row, grouping->item);
    put_number(&row, grouping->same_bytes);
    put_number(&row, grouping->same_picture);
    put_number(&row, grouping->similar);
    return finish(&row, err);
}

cu_status cu_evidence_set_fact(cu_evidence_writer *w, const char *key, const char *value,
                               cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, SET_FACT, &row, err);

    if (status != CU_OK)
        return status;
    put_text(&row, key);
    put_text(&row, value);
    return finish(&row, err);
}

cu_status cu_evidence_put_state(cu_evidence_writer *w, const char *key, cu_bytes value,
                                cu_err *err)
{
    cu_row row;
    const cu_status status = start(w, PUT_STATE, &row, err);

    if (status != CU_OK)
        return status;
    put_text(&row, key);
    put_bytes(&row, true, value.p, value.n);
    return finish(&row, err);
}

cu_status cu_evidence_get_state(cu_evidence_writer *w, const char *key, cu_buffer *value,
                                cu_err *err)
{
    cu_status status = prepare(w, GET_STATE, err);

    if (status != CU_OK)
        return status;

    sqlite3_stmt *const statement = w->statements[GET_STATE];

    (void)sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);

    const int result = sqlite3_step(statement);

    if (result == SQLITE_ROW) {
        const void *const bytes = sqlite3_column_blob(statement, 0);

        cu_buffer_append(value, bytes, (size_t)sqlite3_column_bytes(statement, 0));
        status = cu_buffer_check(value, err);
    } else if (result == SQLITE_DONE) {
        status = cu_fail(err, CU_ENOTFOUND, "no progress \"%s\" is kept", key);
    } else {
        status = cu_database_fail(w->database, "could not read the progress", err);
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    return status;
}

cu_status cu_evidence_commit(cu_evidence_writer *w, cu_err *err)
{
    if (w->lost)
        return refuse_lost(err);
    if (sqlite3_get_autocommit(w->database) != 0)
        return CU_OK;

    const cu_status status = step_simple(w, COMMIT, err);

    if (status != CU_OK && sqlite3_get_autocommit(w->database) != 0)
        w->lost = true;
    return status;
}
