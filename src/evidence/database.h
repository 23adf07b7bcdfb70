/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of this folder share: the connection, the schema, and the seal's layout. */
#ifndef CU_EVIDENCE_DATABASE_H
#define CU_EVIDENCE_DATABASE_H

#include "evidence/evidence.h"

#include <sqlite3.h>

enum {
    CU_EVIDENCE_APPLICATION = 0x43555354, /* "CUST" */
    CU_EVIDENCE_VERSION = 1,
    CU_EVIDENCE_PAGE_BYTES = 4096,
    CU_EVIDENCE_STATEMENTS = 24, /* ceiling of the writer's prepared statements */
};

struct cu_evidence_writer {
    sqlite3 *database;
    char *path;    /* OUT */
    char *partial; /* OUT.partial */
    sqlite3_stmt *statements[CU_EVIDENCE_STATEMENTS];
    sqlite3_stmt *one_item; /* of cu_evidence_get_item */
    bool lost; /* SQLite rolled back by itself: what was added since the commit is gone */
};

struct cu_evidence {
    sqlite3 *database;
    bool borrowed; /* the writer's connection */
    uint8_t seal[32];
    sqlite3_stmt *source; /* holds the texts of cu_evidence_get_source */
};

/* ---- database.c ---- */

/* Sets err from what the connection says of its last failure. SQLITE_FULL is CU_EIO, ENOSPC. */
cu_status cu_database_fail(sqlite3 *database, const char *doing, cu_err *err);
cu_status cu_database_run(sqlite3 *database, const char *sql, cu_err *err) CU_MUST_CHECK;
cu_status cu_database_prepare(sqlite3 *database, const char *sql, sqlite3_stmt **out,
                              cu_err *err) CU_MUST_CHECK;
/* The first column of the first row; CU_EFORMAT where there is none. */
cu_status cu_database_number(sqlite3 *database, const char *sql, int64_t *out,
                             cu_err *err) CU_MUST_CHECK;
/* Takes the name of the file, which cu_database_fail gives, out of err: the caller says it. */
void cu_database_unname(sqlite3 *database, cu_err *err);
/* Joins the two; NULL: out of memory. The caller frees. */
char *cu_database_join(const char *path, const char *suffix);

static inline void cu_database_finish(sqlite3_stmt **statement)
{
    (void)sqlite3_finalize(*statement);
}

#define CU_STATEMENT(name) CU_CLEANUP(cu_database_finish) sqlite3_stmt *name = NULL

/* ---- schema.c ---- */

typedef struct cu_schema_table {
    const char *name;
    const char *create; /* the text after "CREATE TABLE " or "CREATE UNIQUE INDEX " */
    const char *copy;   /* the order of the sealed file's rows; NULL: that of the key */
} cu_schema_table;

/* The tables of a sealed file, in order of creation, then NULL. */
extern const cu_schema_table cu_schema_tables[];
extern const char cu_schema_index[];    /* only in a sealed file */
extern const char cu_schema_progress[]; /* only in a partial file */

/* CU_EFORMAT where application, version or schema are not ours to the letter. */
cu_status cu_schema_check(sqlite3 *database, bool sealed, cu_err *err) CU_MUST_CHECK;
bool cu_schema_class(const char *word, cu_class *out);

/* ---- reader.c ---- */

/* As cu_evidence_open, in words that do not name the file: the caller says it. */
cu_status cu_evidence_open_unnamed(const char *path, cu_evidence **out,
                                   cu_err *err) CU_MUST_CHECK;

/* ---- sums.c ---- */

cu_status cu_sums_check(sqlite3 *database, cu_err *err) CU_MUST_CHECK;

/* ---- seal.c ---- */

/* Bytes of a whole file whose database part has that many. */
uint64_t cu_seal_file_bytes(uint64_t database_bytes);
/* The only database part that makes a file so long; false where none does. */
bool cu_seal_database_bytes(uint64_t file_bytes, uint64_t *out);
/* The trailer that belongs after the first database_bytes of fd, its seal last. */
cu_status cu_seal_build(int fd, uint64_t database_bytes, cu_buffer *trailer,
                        cu_err *err) CU_MUST_CHECK;
/* The seal that belongs at the end of trailer, by what stands before it. */
cu_status cu_seal_of(cu_bytes trailer, uint8_t seal[32], cu_err *err) CU_MUST_CHECK;
cu_status cu_seal_read_at(int fd, uint64_t offset, uint8_t *bytes, size_t n,
                          cu_err *err) CU_MUST_CHECK;

enum {
    CU_SEAL_BLOCK_BYTES = 65536,
    CU_SEAL_MAGIC_BYTES = 14,
    CU_SEAL_HEAD_BYTES = CU_SEAL_MAGIC_BYTES + 4 + 8 + 8,
    CU_SEAL_TAIL_BYTES = 8 + 32,
};

extern const char cu_seal_magic[];

#endif
