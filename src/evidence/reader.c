/* SPDX-License-Identifier: Apache-2.0 */
/* Reads evidence files, which may come from an adversary. */
#include "evidence/database.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A row being read, left to right; what does not fit sets bad. */
typedef struct cu_row {
    sqlite3_stmt *statement;
    int column;
    bool bad;
} cu_row;

static int64_t take_number(cu_row *row)
{
    return sqlite3_column_int64(row->statement, row->column++);
}

static int64_t take_number_or(cu_row *row, int64_t none)
{
    if (sqlite3_column_type(row->statement, row->column) != SQLITE_NULL)
        return take_number(row);
    row->column++;
    return none;
}

static uint64_t take_size(cu_row *row)
{
    const int64_t value = take_number(row);

    row->bad |= value < 0;
    return (uint64_t)value;
}

static uint32_t take_u32(cu_row *row)
{
    const int64_t value = take_number(row);

    row->bad |= value < 0 || value > UINT32_MAX;
    return (uint32_t)value;
}

static const char *take_text_or_null(cu_row *row)
{
    return (const char *)sqlite3_column_text(row->statement, row->column++);
}

static const char *take_text(cu_row *row)
{
    const char *const text = take_text_or_null(row);

    row->bad |= text == NULL;
    return text == NULL ? "" : text;
}

/* False where the column is NULL. */
static bool take_bytes(cu_row *row, uint8_t *out, size_t n)
{
    const int column = row->column++;

    if (sqlite3_column_type(row->statement, column) == SQLITE_NULL)
        return false;

    const void *const bytes = sqlite3_column_blob(row->statement, column);

    if (bytes == NULL || (size_t)sqlite3_column_bytes(row->statement, column) != n) {
        row->bad = true;
        return false;
    }
    memcpy(out, bytes, n);
    return true;
}

/* ---- opening ---- */

/* "file:…?immutable=1" with every byte that means something in an address written as %XX. */
static char *address_of(const char *path)
{
    cu_buffer text = {0};

    cu_buffer_format(&text, "%s", path[0] == '/' ? "file://" : "file:");
    for (const char *p = path; *p != '\0'; p++) {
        const uint8_t byte = (uint8_t)*p;
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || byte == '/' || byte == '.' ||
                           byte == '-' || byte == '_';

        if (plain)
            cu_buffer_u8(&text, byte);
        else
            cu_buffer_format(&text, "%%%02X", byte);
    }
    cu_buffer_format(&text, "?immutable=1");
    cu_buffer_u8(&text, 0);
    if (text.bad) {
        cu_buffer_free(&text);
        return NULL;
    }
    return (char *)text.p;
}

static cu_status open_database(const char *path, sqlite3 **out, cu_err *err)
{
    char *const address = address_of(path);

    if (address == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const int result = sqlite3_open_v2(
        address, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);

    free(address);
    if (result != SQLITE_OK)
        return cu_database_fail(*out, "could not open the evidence file", err);
    (void)sqlite3_db_config(*out, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    (void)sqlite3_db_config(*out, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    return cu_database_run(*out, "PRAGMA cell_size_check=ON;PRAGMA cache_size=-65536", err);
}

/* The trailer must be where the length says, and the database as long as its header says. */
static cu_status read_seal(int fd, uint8_t seal[32], cu_err *err)
{
    struct stat there;
    uint64_t bytes = 0;
    uint8_t head[32];
    uint8_t magic[CU_SEAL_MAGIC_BYTES];

    if (fstat(fd, &there) != 0)
        return cu_fail_os(err, "could not measure it");
    if (!S_ISREG(there.st_mode))
        return cu_fail(err, CU_EFORMAT, "it is no file");
    if (there.st_size < 512)
        return cu_fail(err, CU_EFORMAT, "it is not an evidence file");

    cu_status status = cu_seal_read_at(fd, 0, head, sizeof head, err);

    if (status != CU_OK)
        return status;
    if (memcmp(head, "SQLite format 3", 16) != 0)
        return cu_fail(err, CU_EFORMAT, "it is not an evidence file");
    if (!cu_seal_database_bytes((uint64_t)there.st_size, &bytes))
        return cu_fail(err, CU_EFORMAT, "it is cut off, or not sealed");

    cu_cursor cursor = cu_cursor_over((cu_bytes){head + 28, 4});
    const uint64_t pages = cu_cursor_u32be(&cursor);

    if (pages * CU_EVIDENCE_PAGE_BYTES != bytes)
        return cu_fail(err, CU_EFORMAT, "it is cut off, or not sealed");
    status = cu_seal_read_at(fd, bytes, magic, sizeof magic, err);
    if (status == CU_OK && memcmp(magic, cu_seal_magic, sizeof magic) != 0)
        return cu_fail(err, CU_EFORMAT, "it is cut off, or not sealed");
    if (status == CU_OK)
        status = cu_seal_read_at(fd, (uint64_t)there.st_size - 32, seal, 32, err);
    return status;
}

cu_status cu_evidence_open_unnamed(const char *path, cu_evidence **out, cu_err *err)
{
    CU_AUTO(cu_evidence, evidence);

    evidence = calloc(1, sizeof *evidence);
    if (evidence == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return cu_fail_errno(err);

    cu_status status = read_seal(fd, evidence->seal, err);

    (void)close(fd);
    if (status == CU_OK)
        status = open_database(path, &evidence->database, err);
    if (status == CU_OK)
        status = cu_schema_check(evidence->database, true, err);
    if (status != CU_OK) {
        cu_database_unname(evidence->database, err);
        return status;
    }
    *out = CU_MOVE(evidence);
    return CU_OK;
}

cu_status cu_evidence_open(const char *path, cu_evidence **out, cu_err *err)
{
    const cu_status status = cu_evidence_open_unnamed(path, out, err);

    return status == CU_OK ? CU_OK
                           : cu_while(err, status, "could not open evidence file \"%s\"", path);
}

cu_status cu_evidence_peek(cu_evidence_writer *writer, cu_evidence **out, cu_err *err)
{
    const cu_status status = cu_evidence_commit(writer, err);

    if (status != CU_OK)
        return status;

    cu_evidence *const evidence = calloc(1, sizeof *evidence);

    if (evidence == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");
    evidence->database = writer->database;
    evidence->borrowed = true;
    *out = evidence;
    return CU_OK;
}

void cu_evidence_close(cu_evidence *evidence)
{
    if (evidence == NULL)
        return;
    (void)sqlite3_finalize(evidence->source);
    if (!evidence->borrowed)
        (void)sqlite3_close(evidence->database);
    free(evidence);
}

/* ---- rows ---- */

static void take_volume(cu_row *row, cu_evidence_volume *out)
{
    out->id = take_number(row);
    out->number = take_u32(row);
    out->prefix = take_text(row);
    out->kind = take_text(row);
    out->type = take_text(row);
    out->name = take_text(row);
    out->filesystem = take_text(row);
    out->offset = take_size(row);
    out->bytes = take_size(row);
    out->block_bytes = take_u32(row);
    out->examined = take_text(row);
}

static int take_quality(cu_row *row, bool there)
{
    const int64_t value = take_number_or(row, 0);

    row->bad |= value < 0 || value > 100;
    return there ? (int)value : 0;
}

static void take_item(cu_row *row, cu_evidence_item *out)
{
    out->id = take_number(row);
    out->volume = take_number_or(row, 0);
    out->path = take_text(row);
    out->name = take_text(row);
    out->inode = take_text(row);
    out->state = take_text(row);
    out->recovery = take_text(row);
    out->path_certain = take_number(row) != 0;
    out->claimed = take_number(row) != 0;
    out->size = take_size(row);
    out->excluded = take_size(row);
    out->parent = take_number_or(row, 0);
    out->modified_us = take_number_or(row, INT64_MIN);
    out->accessed_us = take_number_or(row, INT64_MIN);
    out->changed_us = take_number_or(row, INT64_MIN);
    out->born_us = take_number_or(row, INT64_MIN);
    out->examined = take_number(row) != 0;
    out->read = take_size(row);
    out->type = take_text_or_null(row);

    const bool md5 = take_bytes(row, out->digests.md5, 16);
    const bool sha1 = take_bytes(row, out->digests.sha1, 20);
    const bool sha256 = take_bytes(row, out->digests.sha256, 32);

    row->bad |= md5 != out->examined || sha1 != out->examined || sha256 != out->examined;
    out->has_pdq = take_bytes(row, out->pdq, sizeof out->pdq);
    out->pdq_quality = take_quality(row, out->has_pdq);
    out->width = (uint32_t)take_number_or(row, 0);
    out->height = (uint32_t)take_number_or(row, 0);
}

/* The eight turns of a hash. */
static bool take_codes(cu_row *row, uint8_t *out)
{
    const bool first = take_bytes(row, out, 32);
    const bool others = take_bytes(row, out + 32, cu_evidence_codes_bytes - 32);

    row->bad |= first != others;
    return first;
}

static int32_t take_angle(cu_row *row)
{
    const int64_t value = take_number_or(row, INT32_MIN);

    row->bad |= value != INT32_MIN && (value < -1800000000 || value > 1800000000);
    return (int32_t)value;
}

/* A quality and the hash after it. */
static bool take_hash(cu_row *row, int *quality, uint8_t *codes)
{
    const int64_t value = take_number_or(row, -1);
    const bool there = take_codes(row, codes);

    row->bad |= there != (value >= 0 && value <= 100);
    *quality = there ? (int)value : 0;
    return there;
}

static void take_picture(cu_row *row, cu_evidence_picture *out)
{
    out->item = take_number(row);
    out->outcome = take_text(row);
    out->reason = take_text(row);
    out->format = take_text(row);
    out->width = take_u32(row);
    out->height = take_u32(row);
    out->frames = take_u32(row);
    out->orientation = take_u32(row);
    out->rows = take_u32(row);
    out->has_pdq = take_hash(row, &out->quality, out->pdq);
    out->has_full = take_hash(row, &out->full_quality, out->full);
    out->taken_us = take_number_or(row, INT64_MIN);
    out->make = take_text(row);
    out->model = take_text(row);
    out->serial = take_text(row);
    out->latitude = take_angle(row);
    out->longitude = take_angle(row);
}

static void take_look(cu_row *row, cu_evidence_look *out)
{
    out->item = take_number(row);
    out->frame = take_u32(row);
    out->change = take_text(row);
    row->bad |= !take_hash(row, &out->quality, out->pdq);
}

static void take_grouping(cu_row *row, cu_evidence_grouping *out)
{
    out->item = take_number(row);
    out->same_bytes = take_number(row);
    out->same_picture = take_number(row);
    out->similar = take_number(row);
}

static void take_run(cu_row *row, cu_evidence_run *out)
{
    out->item = take_number(row);
    out->number = take_u32(row);
    out->file_offset = take_size(row);
    out->bytes = take_size(row);
    if (sqlite3_column_type(row->statement, row->column) == SQLITE_NULL)
        out->device_offset = UINT64_MAX;
    else
        out->device_offset = take_size(row);
}

static void take_finding(cu_row *row, cu_evidence_finding *out)
{
    out->item = take_number_or(row, 0);
    out->path = take_text(row);
    out->offset = take_size(row);
    out->bytes = take_size(row);
    out->kind = take_text(row);
    out->text = take_text(row);
}

static void take_match(cu_row *row, cu_evidence_match *out)
{
    out->item = take_number(row);
    out->set = take_text(row);
    out->set_version = take_text(row);
    out->algorithm = take_text(row);
    out->strength = take_text(row);
    out->scheme = take_text(row);
    out->code = take_text(row);
    out->record = take_text(row);

    const int64_t distance = take_number(row);

    row->bad |= distance < INT32_MIN || distance > INT32_MAX;
    out->distance = (int)distance;
    out->how = take_text(row);
    out->path = take_text(row);
}

static void take_known_good(cu_row *row, cu_evidence_known_good *out)
{
    out->item = take_number(row);
    out->set = take_text(row);
    out->set_version = take_text(row);
    out->algorithm = take_text(row);
}

static void take_region(cu_row *row, cu_evidence_region *out)
{
    out->offset = take_size(row);
    out->bytes = take_size(row);
    row->bad |= !cu_schema_class(take_text(row), &out->class_of_bytes);
}

/* One walk over a table. The texts of a row are SQLite's until the next step. */
#define DEFINE_EACH(noun, query)                                                               \
    cu_status cu_evidence_each_##noun(                                                         \
        cu_evidence *evidence,                                                                 \
        cu_status (*seen)(void *context, const cu_evidence_##noun *row, cu_err *err),          \
        void *context, cu_err *err)                                                            \
    {                                                                                          \
        CU_STATEMENT(statement);                                                               \
        cu_status status = cu_database_prepare(evidence->database, query, &statement, err);    \
        int result = SQLITE_DONE;                                                              \
                                                                                               \
        while (status == CU_OK && (result = sqlite3_step(statement)) == SQLITE_ROW) {          \
            cu_row row = {.statement = statement};                                             \
            cu_evidence_##noun value = {0};                                                    \
                                                                                               \
            take_##noun(&row, &value);                                                         \
            status = row.bad ? cu_fail(err, CU_EFORMAT,                                        \
                                       "a " #noun " of the evidence file makes no sense")      \
                             : seen(context, &value, err);                                     \
        }                                                                                      \
        if (status == CU_OK && result != SQLITE_DONE)                                          \
            status = cu_database_fail(evidence->database, "could not read a " #noun, err);     \
        return status;                                                                         \
    }

DEFINE_EACH(volume, "SELECT * FROM main.volume ORDER BY id")
#define ITEM_QUERY                                                                             \
    "SELECT i.*, p.pdq, p.quality, p.width, p.height FROM main.item i LEFT JOIN main.picture " \
    "p ON p.item = i.id"
DEFINE_EACH(item, ITEM_QUERY " ORDER BY i.id")
DEFINE_EACH(run, "SELECT * FROM main.run ORDER BY item, number")
DEFINE_EACH(region, "SELECT * FROM main.region ORDER BY \"offset\"")
DEFINE_EACH(picture, "SELECT * FROM main.picture ORDER BY item")
DEFINE_EACH(look, "SELECT * FROM main.look ORDER BY item, frame, change")
DEFINE_EACH(grouping, "SELECT * FROM main.grouping ORDER BY item")
/* A finding of an item is told with the item's path, which it does not repeat. */
DEFINE_EACH(finding,
            "SELECT f.item, CASE WHEN f.path = '' THEN coalesce(i.path, '') ELSE f.path END,"
            " f.\"offset\", f.bytes, f.kind, f.text FROM main.finding f"
            " LEFT JOIN main.item i ON i.id = f.item"
            " ORDER BY f.item, f.\"offset\", f.kind, f.text, f.path, f.bytes")
DEFINE_EACH(match, "SELECT m.*, i.path FROM main.\"match\" m LEFT JOIN main.item i"
                   " ON i.id = m.item ORDER BY m.item, m.\"set\", m.algorithm, m.record,"
                   " m.distance, m.set_version, m.strength, m.scheme, m.code, m.how")

DEFINE_EACH(known_good, "SELECT * FROM main.known_good ORDER BY item")

static cu_status see_item(cu_evidence_writer *w, int64_t id,
                          cu_status (*seen)(void *context, const cu_evidence_item *row,
                                            cu_err *err),
                          void *context, cu_err *err)
{
    const int result = sqlite3_step(w->one_item);
    cu_row row = {.statement = w->one_item};
    cu_evidence_item value = {0};

    if (result == SQLITE_DONE)
        return cu_fail(err, CU_ENOTFOUND, "no item %lld in the evidence file", (long long)id);
    if (result != SQLITE_ROW)
        return cu_database_fail(w->database, "could not read an item", err);
    take_item(&row, &value);
    return row.bad ? cu_fail(err, CU_EFORMAT, "an item of the evidence file makes no sense")
                   : seen(context, &value, err);
}

cu_status cu_evidence_get_item(cu_evidence_writer *w, int64_t id,
                               cu_status (*seen)(void *context, const cu_evidence_item *row,
                                                 cu_err *err),
                               void *context, cu_err *err)
{
    cu_status status = CU_OK;

    if (w->one_item == NULL)
        status =
            cu_database_prepare(w->database, ITEM_QUERY " WHERE i.id = ?1", &w->one_item, err);
    if (status != CU_OK)
        return status;
    (void)sqlite3_bind_int64(w->one_item, 1, id);
    status = see_item(w, id, seen, context, err);
    (void)sqlite3_reset(w->one_item);
    return status;
}

/* Texts live as long as the evidence: they are kept in its prepared statement. */
cu_status cu_evidence_get_source(cu_evidence *evidence, cu_evidence_source *out, cu_err *err)
{
    if (evidence->source == NULL) {
        const cu_status status =
            cu_database_prepare(evidence->database,
                                "SELECT path, format, bytes, sector_bytes, exhibit, verified,"
                                " sha256, stored_md5, stored_sha1, md5, sha1 FROM main.source",
                                &evidence->source, err);

        if (status != CU_OK)
            return status;
    }
    (void)sqlite3_reset(evidence->source);

    const int result = sqlite3_step(evidence->source);

    if (result == SQLITE_DONE)
        return cu_fail(err, CU_ENOTFOUND, "the evidence file names no source");
    if (result != SQLITE_ROW)
        return cu_database_fail(evidence->database, "could not read the source", err);

    cu_row row = {.statement = evidence->source};
    cu_evidence_source source = {0};

    source.path = take_text(&row);
    source.format = take_text(&row);
    source.bytes = take_size(&row);
    source.sector_bytes = take_u32(&row);
    source.exhibit = take_text_or_null(&row);
    source.verified = take_number(&row) != 0;
    source.has_sha256 = take_bytes(&row, source.sha256, 32);
    source.has_stored_md5 = take_bytes(&row, source.stored_md5, 16);
    source.has_stored_sha1 = take_bytes(&row, source.stored_sha1, 20);
    row.bad |= take_bytes(&row, source.md5, 16) != source.has_stored_md5;
    row.bad |= take_bytes(&row, source.sha1, 20) != source.has_stored_sha1;
    if (row.bad)
        return cu_fail(err, CU_EFORMAT, "the source of the evidence file makes no sense");
    *out = source;
    return CU_OK;
}

static cu_status count_accounting(cu_evidence *evidence, cu_evidence_totals *out, cu_err *err)
{
    int result = SQLITE_ROW;
    CU_STATEMENT(statement);
    const cu_status status = cu_database_prepare(
        evidence->database, "SELECT 0, sum(bytes), class FROM main.region GROUP BY class",
        &statement, err);

    if (status != CU_OK)
        return status;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        cu_row row = {.statement = statement};
        cu_evidence_region sum = {0};

        take_region(&row, &sum);
        if (row.bad || __builtin_add_overflow(out->total, sum.bytes, &out->total))
            return cu_fail(err, CU_EFORMAT, "the accounting makes no sense");
        out->accounting[sum.class_of_bytes] = sum.bytes;
    }
    if (result != SQLITE_DONE)
        return cu_database_fail(evidence->database, "could not sum the accounting", err);
    return CU_OK;
}

cu_status cu_evidence_count(cu_evidence *evidence, cu_evidence_totals *out, cu_err *err)
{
    static const char query[] =
        "SELECT count(*) FILTER (WHERE state='allocated'),"
        " count(*) FILTER (WHERE state='deleted'), count(*) FILTER (WHERE state='orphan'),"
        " count(*) FILTER (WHERE state='carved'), count(*) FILTER (WHERE state='member'),"
        " count(*) FILTER (WHERE examined=0),"
        " (SELECT count(*) FROM main.\"match\" WHERE strength<>'near'),"
        " (SELECT count(*) FROM main.\"match\" WHERE strength='near'),"
        " (SELECT count(DISTINCT item) FROM main.\"match\"),"
        " (SELECT count(*) FROM main.known_good),"
        " (SELECT count(*) FROM main.finding), (SELECT count(*) FROM main.picture),"
        " (SELECT count(*) FROM main.picture WHERE outcome='known'),"
        " (SELECT count(*) FROM main.picture WHERE outcome='partly'),"
        " (SELECT count(*) FROM main.picture WHERE outcome='not') FROM main.item";
    cu_evidence_totals totals = {0};
    CU_STATEMENT(statement);
    cu_status status = cu_database_prepare(evidence->database, query, &statement, err);

    if (status != CU_OK)
        return status;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return cu_database_fail(evidence->database, "could not count the items", err);

    cu_row row = {.statement = statement};

    totals.allocated = take_size(&row);
    totals.deleted = take_size(&row);
    totals.orphan = take_size(&row);
    totals.carved = take_size(&row);
    totals.member = take_size(&row);
    totals.not_examined = take_size(&row);
    totals.exact = take_size(&row);
    totals.near = take_size(&row);
    totals.matched = take_size(&row);
    totals.known_good = take_size(&row);
    totals.findings = take_size(&row);
    totals.pictures = take_size(&row);
    totals.pictures_known = take_size(&row);
    totals.pictures_partly = take_size(&row);
    totals.pictures_not = take_size(&row);
    memcpy(totals.seal, evidence->seal, sizeof totals.seal);
    status = count_accounting(evidence, &totals, err);
    if (status != CU_OK)
        return status;
    *out = totals;
    return CU_OK;
}
