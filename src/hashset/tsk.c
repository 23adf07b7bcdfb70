/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What The Sleuth Kit keeps: its database (.kdb, SQLite) and its sorted index of another list
 * (-md5.idx, -sha1.idx), which have nothing but digests. Source: sleuthkit tsk/hashdb, read for
 * its facts.
 */
#include "hashset/database.h"
#include "hashset/fields.h"
#include "hashset/text.h"

#include <string.h>

/* ---- the database ---- */

/* Its digests are bytes. */
static void put_bytes(cu_hashset_row *row, cu_hashset_algorithm algorithm, cu_bytes value)
{
    const size_t n = cu_hashset_digest_bytes(algorithm);

    if (value.n == 0)
        return;
    if (value.n != n) {
        row->wrong = true;
        return;
    }
    memcpy(row->digest[algorithm], value.p, n);
    row->has[algorithm] = true;
}

static cu_status read_hashes(cu_hashset_builder *builder, cu_hashset_rows *rows, cu_err *err)
{
    cu_hashset_filling filling;
    cu_status st = CU_OK;

    while ((st = cu_hashset_rows_next(rows, err)) == CU_OK) {
        cu_hashset_filling_start(&filling, rows->number, 0);
        for (size_t i = 0; i < cu_hashset_algorithms; i++)
            put_bytes(&filling.row, (cu_hashset_algorithm)i, rows->values[i]);
        cu_hashset_filling_put(&filling, CU_HASHSET_FIELD_LABEL, rows->values[3]);
        st = cu_hashset_builder_add(builder, &filling.row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_reach(builder, rows->reached, err);
        if (st != CU_OK)
            return st;
    }
    return st == CU_ENOTFOUND ? CU_OK : st;
}

static cu_status read_kdb(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    static const char *const columns[] = {"md5", "sha1", "sha2_256", "id", NULL};
    cu_hashset_database database;
    cu_hashset_rows rows = {.statement = NULL};
    cu_status st = cu_hashset_database_open(source, &database, err);

    if (st != CU_OK)
        return st;
    if (!cu_hashset_database_has_table(&database, "hashes"))
        st = cu_fail(err, CU_EFORMAT,
                     "\"%.100s\": expected the table hashes of a .kdb; nothing was imported",
                     source->path);
    else
        st = cu_hashset_rows_open(&database, "hashes", columns, &rows, err);
    if (st == CU_OK)
        st = read_hashes(builder, &rows, err);
    cu_hashset_rows_close(&rows);
    cu_hashset_database_close(&database);
    return st;
}

/* ---- the index ---- */

enum { idx_offset_digits = 16 };

/* "0…0|TYPE" and "0…0|NAME" come first: 41 zeros and more, whatever the digests' length. */
static bool is_head(cu_bytes line)
{
    return cu_bytes_starts(line, "00000000000000000000000000000000000000000", 41);
}

static cu_status take_line(const cu_hashset_text *text, cu_hashset_builder *builder,
                           cu_err *err)
{
    const cu_bytes line = text->line;
    const uint8_t *const bar = memchr(line.p, '|', line.n);
    cu_hashset_filling filling;

    if (bar == NULL || (size_t)(bar - line.p) + 1 + idx_offset_digits != line.n)
        return cu_hashset_broken(&text->source, text->offset,
                                 "a digest, a bar and 16 digits on each line", err);
    cu_hashset_filling_start(&filling, text->number, text->offset);
    cu_hashset_filling_put(&filling, CU_HASHSET_FIELD_DIGEST,
                           (cu_bytes){line.p, (size_t)(bar - line.p)});

    const cu_status st = cu_hashset_builder_add(builder, &filling.row, err);

    return st == CU_OK ? cu_hashset_text_reach(text, builder, err) : st;
}

static cu_status read_idx(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    cu_hashset_text text;
    cu_status st = cu_hashset_text_open(source, &text, err);

    if (st != CU_OK)
        return st;
    while (st == CU_OK && cu_hashset_text_next(&text)) {
        if (!is_head(text.line) && text.line.n > 0)
            st = take_line(&text, builder, err);
    }
    cu_hashset_text_close(&text);
    return st;
}

static cu_status read_tsk(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    return cu_bytes_starts(source->bytes, "SQLite format 3", 16)
               ? read_kdb(builder, source, err)
               : read_idx(builder, source, err);
}

const cu_hashset_format cu_hashset_format_tsk = {
    .name = "tsk", .what = "The Sleuth Kit's .kdb and .idx", .read = read_tsk};
