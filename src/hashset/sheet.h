/* SPDX-License-Identifier: Apache-2.0 */
/* A source that is a table of text with named columns, quoted or not. Private to hashset/. */
#ifndef CU_HASHSET_SHEET_H
#define CU_HASHSET_SHEET_H

#include "hashset/fields.h"
#include "hashset/text.h"

enum {
    cu_hashset_sheet_columns_max = 64,       /* that are looked at; more are read past */
    cu_hashset_sheet_room_bytes = 64 * 1024, /* of a row's fields that have quotes inside */
};

/*
 * Reads rows of fields. A field that begins with a quote goes to the quote before the next
 * separator; inside it two quotes are one, a quote before anything else is itself, and a line
 * end is text unless lines says otherwise. Blank lines are no rows.
 */
typedef struct cu_hashset_sheet {
    cu_hashset_text text;
    uint8_t separator;
    bool
        lines; /* a row is a line, whatever its quotes say: of a damaged row one line is lost */

    /* Of the row that was read last. */
    uint64_t number; /* of its first line */
    uint64_t offset;
    cu_bytes fields[cu_hashset_sheet_columns_max]; /* good until the next row */
    size_t count;
    bool ended; /* it has a line end: a last row without may be cut off */

    /* ---- */
    uint8_t room[cu_hashset_sheet_room_bytes];
    size_t used;
} cu_hashset_sheet;

/*
 * Opens the source as text; separator 0: the one that its first line has most of (comma,
 * semicolon, tab, bar).
 */
cu_status cu_hashset_sheet_open(const cu_hashset_source *source, uint8_t separator,
                                cu_hashset_sheet **out, cu_err *err) CU_MUST_CHECK;
void cu_hashset_sheet_close(cu_hashset_sheet *sheet); /* NULL is allowed */
CU_DEFINE_AUTO(cu_hashset_sheet, cu_hashset_sheet_close)

/* CU_ENOTFOUND: there is no more row. CU_EFORMAT: the last quote is never closed. */
cu_status cu_hashset_sheet_next(cu_hashset_sheet *sheet, cu_err *err) CU_MUST_CHECK;

/* A format that is such a table. */
typedef struct cu_hashset_sheet_kind {
    const char *header;        /* what one expects, in words */
    const char *const *wanted; /* columns that must be there; ends with NULL */
    uint8_t separator;         /* 0: found in the first line */
    bool lines;
} cu_hashset_sheet_kind;

/*
 * Reads a source with a header. What a column means is what its name says
 * (cu_hashset_field_named); others are read past.
 *
 * CU_EFORMAT  no such header, or a last row that is cut off.
 */
cu_status cu_hashset_read_sheet(cu_hashset_builder *builder, const cu_hashset_source *source,
                                const cu_hashset_sheet_kind *kind, cu_err *err) CU_MUST_CHECK;

/* The same with columns named by the person instead of a header, as "md5,-,name". A first row
 * that is such a header all the same is no record. CU_EUSAGE: no such column. */
cu_status cu_hashset_read_columns(cu_hashset_builder *builder, const cu_hashset_source *source,
                                  const char *names, cu_err *err) CU_MUST_CHECK;

#endif
