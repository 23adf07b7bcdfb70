/* SPDX-License-Identifier: Apache-2.0 */
/* The source formats, and what their readers share. */
#include "hashset/builder.h"

#include <string.h>

/* The registry, in the order in which people read it. */
const cu_hashset_format *const cu_hashset_formats[] = {
    &cu_hashset_format_vics,
    &cu_hashset_format_nsrl3,
    &cu_hashset_format_nsrl2,
    &cu_hashset_format_md5,
    &cu_hashset_format_sha1,
    &cu_hashset_format_sha256,
    &cu_hashset_format_csv,
    &cu_hashset_format_hashdeep,
    &cu_hashset_format_hashkeeper,
    &cu_hashset_format_encase,
    &cu_hashset_format_tsk,
    &cu_hashset_format_icse,
    &cu_hashset_format_ncmec,
    &cu_hashset_format_files,
    &cu_hashset_format_pictures,
    &cu_hashset_format_custos,
    NULL,
};

bool cu_hashset_format_at(size_t index, const char **name, const char **what)
{
    if (index + 1 >= CU_COUNT_OF(cu_hashset_formats))
        return false;
    *name = cu_hashset_formats[index]->name;
    *what = cu_hashset_formats[index]->what;
    return true;
}

cu_status cu_hashset_broken(const cu_hashset_source *source, uint64_t offset,
                            const char *expected, cu_err *err)
{
    return cu_fail(err, CU_EFORMAT, "\"%s\", byte %llu: expected %s; nothing was imported",
                   source->path, (unsigned long long)offset, expected);
}

bool cu_hashset_next_line(cu_cursor *cursor, cu_bytes *line)
{
    const size_t left = cu_cursor_left(cursor);

    if (left == 0)
        return false;

    const bool first = cursor->at == 0;
    const uint8_t *const p = cursor->view.p + cursor->at;
    const uint8_t *const end = memchr(p, '\n', left);
    const size_t n = end == NULL ? left : (size_t)(end - p);

    *line = cu_cursor_take(cursor, n);
    if (end != NULL)
        cu_cursor_take(cursor, 1);
    if (line->n > 0 && line->p[line->n - 1] == '\r')
        line->n--;
    if (first && cu_bytes_starts(*line, "\xEF\xBB\xBF", 3))
        *line = cu_bytes_slice(*line, 3, line->n);
    return true;
}

void cu_hashset_row_take(cu_hashset_row *row, cu_bytes hex)
{
    for (size_t i = 0; i < cu_hashset_algorithms; i++) {
        const size_t n = cu_hashset_digest_bytes((cu_hashset_algorithm)i);

        if (hex.n == 2 * n && cu_hex_decode((const char *)hex.p, hex.n, row->digest[i], n)) {
            row->has[i] = true;
            return;
        }
    }
    row->wrong = row->wrong || hex.n > 0;
}
