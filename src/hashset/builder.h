/* SPDX-License-Identifier: Apache-2.0 */
/* What the reader of a source format needs: rows in, progress, and words for a broken file.
 * Private to hashset/. */
#ifndef CU_HASHSET_BUILDER_H
#define CU_HASHSET_BUILDER_H

#include "hashset/import.h"

/*
 * One record as a format reads it. Zero it, fill in what the source says, give it to
 * cu_hashset_builder_add. Texts are borrowed for that call, are kept to 4096 bytes, and any
 * bytes will do.
 */
typedef struct cu_hashset_row {
    /* Where it stands in the source, for a report: its line or row (from 1), or else its byte.
     */
    uint64_t line, offset;
    cu_bytes path; /* of the file that the row is of, where the source is a folder: it then says
                    * where the row stands */
    bool has[cu_hashset_algorithms];
    bool wrong; /* a value was there, but is none of its kind: counted, the rest is kept */
    uint8_t digest[cu_hashset_algorithms][32];
    cu_bytes label;   /* the record's own id in the source: MediaID, member and entry, … */
    cu_bytes name;    /* of the file */
    cu_bytes code;    /* the grade, as the source writes it; never converted */
    cu_bytes series;  /* the series of material that the file belongs to */
    cu_bytes source;  /* who asserts it: an agency, a member, a product */
    uint16_t said;    /* set of CU_HASHSET_FLAG_…: the source says yes or no */
    uint16_t flags;   /* those of said that are yes; others are ignored */
    int64_t state_us; /* since when the source says this; 0: not said. For withdraw below */
    bool has_size;
    bool has_pdq;
    uint64_t size;
    uint8_t pdq[32];     /* as printed: the first two digits are pdq[0] */
    uint8_t pdq_quality; /* 0 to 100; cu_hashset_quality_unknown */
    char pdq_variant;    /* 'A', 'F' (docs/formats/hashset.md), or 0: not said */
    cu_bytes photodna;   /* cu_hashset_photodna_bytes, stored and never matched; n 0: none */
} cu_hashset_row;

typedef struct cu_hashset_builder cu_hashset_builder;

/*
 * Keeps the row, or counts why not: no value in it, a value of a wrong length, the digest of an
 * empty file. What equals an earlier row is counted when all are sorted. Costs no allocation
 * but for the first; may wait for the disk and for a second thread, whose failure is answered
 * at a later row.
 */
cu_status cu_hashset_builder_add(cu_hashset_builder *builder, const cu_hashset_row *row,
                                 cu_err *err) CU_MUST_CHECK;

/*
 * Takes out every row with this label, added before or later: a tombstone in the source. Pages
 * of an API come in any order, and a value that its owner took back must not come in again.
 * Only a row whose state_us is later than that of every tombstone of its label stays; one of
 * state_us 0 takes out all.
 */
cu_status cu_hashset_builder_withdraw(cu_hashset_builder *builder, cu_bytes label,
                                      int64_t state_us, cu_err *err) CU_MUST_CHECK;

/*
 * Says how far the reader has come in its file, for the bar, and answers CU_ESTOPPED where the
 * person wants no more. Cheap enough for every row. What lies before done bytes of a mapped
 * file may leave memory, and comes back when it is touched.
 */
cu_status cu_hashset_builder_reach(cu_hashset_builder *builder, uint64_t done,
                                   cu_err *err) CU_MUST_CHECK;

/* A name and version that the source gives itself, where the person gave none; first come. */
void cu_hashset_builder_suggest(cu_hashset_builder *builder, cu_bytes name, cu_bytes version);

const cu_hashset_import_options *cu_hashset_builder_options(const cu_hashset_builder *builder);

/* Text of hexadecimal digits into the row, by its length; none of a digest's length: wrong. */
void cu_hashset_row_take(cu_hashset_row *row, cu_bytes hex);

/* ---- formats ---- */

/* A file to read. */
typedef struct cu_hashset_source {
    const char *path;
    cu_bytes bytes; /* mapped whole; empty where the format opens the path itself */
} cu_hashset_source;

/*
 * A source format: one file with its entry, and a line in the list of formats.c. read goes once
 * through the source in memory that does not grow with it, adds each row, and calls
 * cu_hashset_builder_reach as it goes. What it cannot make sense of as a whole is CU_EFORMAT
 * (cu_hashset_broken); a row that makes no sense is added with wrong set.
 */
typedef struct cu_hashset_format {
    const char *name; /* of --as */
    const char *what; /* it is, for the list that people read */
    cu_status (*read)(cu_hashset_builder *builder, const cu_hashset_source *source,
                      cu_err *err);
    bool alert_only; /* graded material: refused as known-good */
    bool by_path;    /* not mapped: a database or a folder */
} cu_hashset_format;

/* All of them; ends with NULL. */
extern const cu_hashset_format *const cu_hashset_formats[];

extern const cu_hashset_format cu_hashset_format_md5;
extern const cu_hashset_format cu_hashset_format_sha1;
extern const cu_hashset_format cu_hashset_format_sha256;
extern const cu_hashset_format cu_hashset_format_hashdeep;
extern const cu_hashset_format cu_hashset_format_vics;
extern const cu_hashset_format cu_hashset_format_nsrl3;
extern const cu_hashset_format cu_hashset_format_icse;
extern const cu_hashset_format cu_hashset_format_ncmec;
extern const cu_hashset_format cu_hashset_format_files;
extern const cu_hashset_format cu_hashset_format_pictures;
extern const cu_hashset_format cu_hashset_format_tsk;
extern const cu_hashset_format cu_hashset_format_encase;
extern const cu_hashset_format cu_hashset_format_hashkeeper;
extern const cu_hashset_format cu_hashset_format_csv;
extern const cu_hashset_format cu_hashset_format_nsrl2;

extern const cu_hashset_format cu_hashset_format_custos;

/* CU_EFORMAT: "PATH", byte OFFSET: expected …; nothing was imported. */
cu_status cu_hashset_broken(const cu_hashset_source *source, uint64_t offset,
                            const char *expected, cu_err *err);

/*
 * The next line without its end (LF, CR LF, or the end of the file), and without a byte order
 * mark before the first. False: there is none.
 */
bool cu_hashset_next_line(cu_cursor *cursor, cu_bytes *line);

#endif
