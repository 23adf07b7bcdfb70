/* SPDX-License-Identifier: Apache-2.0 */
/* Rows, quotes, headers. Source: RFC 4180, and what spreadsheets and NIST make of it. */
#include "hashset/sheet.h"

#include <stdlib.h>
#include <string.h>

/* ---- opening ---- */

/* The separator that the first line has most of, outside its quotes; a comma where it has none.
 */
static uint8_t find_separator(cu_bytes text)
{
    static const char candidates[] = ",;\t|";
    size_t counts[sizeof candidates - 1] = {0};
    size_t best = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.n && text.p[i] != '\n'; i++) {
        const char *const which = memchr(candidates, text.p[i], sizeof candidates - 1);

        if (text.p[i] == '"')
            quoted = !quoted;
        else if (which != NULL && !quoted)
            counts[which - candidates]++;
    }
    for (size_t i = 1; i < CU_COUNT_OF(counts); i++) {
        if (counts[i] > counts[best])
            best = i;
    }
    return (uint8_t)candidates[best];
}

cu_status cu_hashset_sheet_open(const cu_hashset_source *source, uint8_t separator,
                                cu_hashset_sheet **out, cu_err *err)
{
    cu_hashset_sheet *const sheet = calloc(1, sizeof *sheet);

    if (sheet == NULL)
        return cu_fail(err, CU_ENOMEM, "out of memory");

    const cu_status st = cu_hashset_text_open(source, &sheet->text, err);

    if (st != CU_OK) {
        free(sheet);
        return st;
    }
    sheet->separator = separator;
    if (separator == 0)
        sheet->separator =
            find_separator(cu_bytes_slice(sheet->text.source.bytes, sheet->text.at, SIZE_MAX));
    *out = sheet;
    return CU_OK;
}

void cu_hashset_sheet_close(cu_hashset_sheet *sheet)
{
    if (sheet == NULL)
        return;
    cu_hashset_text_close(&sheet->text);
    free(sheet);
}

/* ---- rows ---- */

static bool ends_field(const cu_hashset_sheet *self, const uint8_t *p, const uint8_t *end)
{
    return p == end || *p == self->separator || *p == '\n' || (*p == '\r' && end - p == 1) ||
           (*p == '\r' && p[1] == '\n');
}

static void add_field(cu_hashset_sheet *self, cu_bytes field)
{
    if (self->count < cu_hashset_sheet_columns_max)
        self->fields[self->count++] = field;
}

/* The text between quotes with each two made one, in the row's room as far as that goes. */
static cu_bytes undouble(cu_hashset_sheet *self, cu_bytes quoted)
{
    uint8_t *const out = self->room + self->used;
    size_t n = 0;

    for (size_t i = 0; i < quoted.n && self->used + n < sizeof self->room; i++) {
        out[n++] = quoted.p[i];
        if (quoted.p[i] == '"' && i + 1 < quoted.n && quoted.p[i + 1] == '"')
            i++;
    }
    self->used += n;
    return (cu_bytes){out, n};
}

/* A field whose first quote is at p; answers where it ends, or NULL where it does not. */
static const uint8_t *quoted_field(cu_hashset_sheet *self, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *const start = ++p;
    bool doubled = false;

    for (; p < end; p++) {
        if (*p == '\n' && self->lines)
            break;
        if (*p != '"')
            continue;
        if (ends_field(self, p + 1, end)) {
            const cu_bytes text = {start, (size_t)(p - start)};

            add_field(self, doubled ? undouble(self, text) : text);
            return p + 1;
        }
        if (p[1] == '"') {
            doubled = true;
            p++;
        }
    }
    if (p == end)
        return NULL;
    add_field(self, (cu_bytes){start, (size_t)(p - start)}); /* a quote that this line lacks */
    return p;
}

static const uint8_t *plain_field(cu_hashset_sheet *self, const uint8_t *p, const uint8_t *end)
{
    const uint8_t *const start = p;

    while (p < end && *p != self->separator && *p != '\n')
        p++;

    size_t n = (size_t)(p - start);

    if (n > 0 && start[n - 1] == '\r' && (p == end || *p == '\n'))
        n--;
    add_field(self, (cu_bytes){start, n});
    return p;
}

static void start_row(cu_hashset_sheet *self)
{
    self->number = self->text.number + 1;
    self->offset = self->text.at;
    self->count = 0;
    self->used = 0;
    self->ended = false;
}

/* Goes past a row's last byte; the text counts its lines. */
static void finish_row(cu_hashset_sheet *self, const uint8_t *start, const uint8_t *p,
                       const uint8_t *end)
{
    while (p < end && *p == '\r')
        p++;
    if (p < end && *p == '\n') {
        self->ended = true;
        p++;
    }
    for (const uint8_t *line = start; line < p; self->text.number++) {
        const uint8_t *const lf = memchr(line, '\n', (size_t)(p - line));

        line = lf == NULL ? p : lf + 1;
    }
    self->text.at += (size_t)(p - start);
}

static bool is_blank(const cu_hashset_sheet *self)
{
    return self->count == 1 && self->fields[0].n == 0;
}

cu_status cu_hashset_sheet_next(cu_hashset_sheet *sheet, cu_err *err)
{
    const cu_bytes file = sheet->text.source.bytes;

    do {
        if (sheet->text.at >= file.n)
            return CU_ENOTFOUND;
        start_row(sheet);

        const uint8_t *const start = file.p + sheet->text.at;
        const uint8_t *const end = file.p + file.n;
        const uint8_t *p = start;

        for (;;) {
            const uint8_t *const field = p;

            p = p < end && *p == '"' ? quoted_field(sheet, p, end) : plain_field(sheet, p, end);
            if (p == NULL)
                return cu_hashset_broken(&sheet->text.source, (uint64_t)(field - file.p),
                                         "a quote that closes this one, but the file ends",
                                         err);
            if (p == end || *p != sheet->separator)
                break;
            p++;
        }
        finish_row(sheet, start, p, end);
    } while (is_blank(sheet));
    return CU_OK;
}

/* ---- headers ---- */

typedef struct header {
    cu_hashset_field fields[cu_hashset_sheet_columns_max];
    size_t count;
} header;

static bool is_digest(cu_hashset_field field)
{
    return field >= CU_HASHSET_FIELD_MD5 && field <= CU_HASHSET_FIELD_PHOTODNA &&
           field != CU_HASHSET_FIELD_PDQ_QUALITY && field != CU_HASHSET_FIELD_PDQ_VARIANT;
}

static bool any_digest(const header *self)
{
    for (size_t i = 0; i < self->count; i++) {
        if (is_digest(self->fields[i]))
            return true;
    }
    return false;
}

/* True where each wanted column is there, whatever its case and punctuation. */
static bool has_wanted(const cu_hashset_sheet *sheet, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        bool there = false;

        for (size_t i = 0; i < sheet->count && !there; i++)
            there = cu_hashset_same_name(sheet->fields[i], *wanted);
        if (!there)
            return false;
    }
    return true;
}

static void read_header(const cu_hashset_sheet *sheet, header *out)
{
    out->count = sheet->count;
    for (size_t i = 0; i < sheet->count; i++)
        out->fields[i] = cu_hashset_field_named(sheet->fields[i]);
}

/* ---- records ---- */

static cu_status add_row(cu_hashset_builder *builder, const cu_hashset_sheet *sheet,
                         const header *columns, cu_hashset_filling *filling, cu_err *err)
{
    /* Less than its columns and no line end: the rest of the file is somewhere else. */
    if (!sheet->ended && sheet->count < columns->count)
        return cu_hashset_broken(&sheet->text.source, sheet->text.source.bytes.n,
                                 "the other columns of the last row, but the file ends", err);
    cu_hashset_filling_start(filling, sheet->number, sheet->offset);
    for (size_t i = 0; i < sheet->count && i < columns->count; i++)
        cu_hashset_filling_put(filling, columns->fields[i], sheet->fields[i]);

    const cu_status st = cu_hashset_builder_add(builder, &filling->row, err);

    return st == CU_OK ? cu_hashset_text_reach(&sheet->text, builder, err) : st;
}

static cu_status add_rows(cu_hashset_builder *builder, cu_hashset_sheet *sheet,
                          const header *columns, cu_err *err)
{
    cu_hashset_filling filling;
    cu_status st = CU_OK;

    while (st == CU_OK) {
        st = cu_hashset_sheet_next(sheet, err);
        if (st == CU_OK)
            st = add_row(builder, sheet, columns, &filling, err);
    }
    return st == CU_ENOTFOUND ? CU_OK : st;
}

static cu_status read_with_header(cu_hashset_builder *builder, cu_hashset_sheet *sheet,
                                  const cu_hashset_sheet_kind *kind, cu_err *err)
{
    header columns;
    const cu_status st = cu_hashset_sheet_next(sheet, err);

    if (st != CU_OK && st != CU_ENOTFOUND)
        return st;
    read_header(sheet, &columns);
    if (st == CU_ENOTFOUND || !has_wanted(sheet, kind->wanted) || !any_digest(&columns))
        return cu_hashset_broken(&sheet->text.source, 0, kind->header, err);
    return add_rows(builder, sheet, &columns, err);
}

cu_status cu_hashset_read_sheet(cu_hashset_builder *builder, const cu_hashset_source *source,
                                const cu_hashset_sheet_kind *kind, cu_err *err)
{
    CU_AUTO(cu_hashset_sheet, sheet);
    const cu_status st = cu_hashset_sheet_open(source, kind->separator, &sheet, err);

    if (st != CU_OK)
        return st;
    sheet->lines = kind->lines;
    return read_with_header(builder, sheet, kind, err);
}

/* ---- columns that the person names ---- */

static cu_status parse_columns(const char *text, header *out, cu_err *err)
{
    *out = (header){.count = 0};
    for (;;) {
        const size_t n = strcspn(text, ",");
        const cu_bytes name = {(const uint8_t *)text, n};
        const bool ignored = n == 0 || (n == 1 && text[0] == '-');
        const cu_hashset_field field =
            ignored ? CU_HASHSET_FIELD_NONE : cu_hashset_field_named(name);

        if (!ignored && field == CU_HASHSET_FIELD_NONE)
            return cu_fail(err, CU_EUSAGE, "there is no column \"%.*s\"", (int)n, text);
        if (out->count == cu_hashset_sheet_columns_max)
            return cu_fail(err, CU_EUSAGE, "there are more than %d columns",
                           cu_hashset_sheet_columns_max);
        out->fields[out->count++] = field;
        if (text[n] == '\0')
            break;
        text += n + 1;
    }
    return any_digest(out) ? CU_OK : cu_fail(err, CU_EUSAGE, "none of the columns is a digest");
}

/* True where the row has the name of a digest in a column of digests. */
static bool is_header(const cu_hashset_sheet *sheet, const header *columns)
{
    for (size_t i = 0; i < sheet->count && i < columns->count; i++) {
        if (is_digest(columns->fields[i]) &&
            is_digest(cu_hashset_field_named(sheet->fields[i])))
            return true;
    }
    return false;
}

cu_status cu_hashset_read_columns(cu_hashset_builder *builder, const cu_hashset_source *source,
                                  const char *names, cu_err *err)
{
    header columns;
    cu_hashset_filling filling;
    CU_AUTO(cu_hashset_sheet, sheet);
    cu_status st = parse_columns(names, &columns, err);

    if (st == CU_OK)
        st = cu_hashset_sheet_open(source, 0, &sheet, err);
    if (st == CU_OK)
        st = cu_hashset_sheet_next(sheet, err);
    if (st == CU_OK && !is_header(sheet, &columns))
        st = add_row(builder, sheet, &columns, &filling, err);
    if (st == CU_OK)
        st = add_rows(builder, sheet, &columns, err);
    return st == CU_ENOTFOUND ? CU_OK : st;
}
