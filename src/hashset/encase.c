/* SPDX-License-Identifier: Apache-2.0 */
/* EnCase .hash, MD5 only. Source: sleuthkit tsk/hashdb/encase.c, read for its facts. */
#include "base/text.h"
#include "hashset/fields.h"

#include <string.h>

enum {
    name_offset = 1032,
    name_units = 39,
    rows_offset = 1152,
    row_bytes = 18, /* an MD5, and two bytes that nobody explains */
};

/* The set's own name: UTF-16, to its first zero. */
static void suggest_name(cu_hashset_builder *builder, cu_bytes file)
{
    cu_cursor c = cu_cursor_over(cu_bytes_slice(file, name_offset, (size_t)2 * name_units));
    uint8_t name[3 * name_units];
    size_t n = 0;

    for (size_t i = 0; i < name_units; i++) {
        const uint32_t unit = cu_cursor_u16le(&c);

        if (unit == 0)
            break;
        n += cu_text_put_utf8(unit >= 0xD800 && unit < 0xE000 ? 0xFFFD : unit, name + n);
    }
    if (n > 0)
        cu_hashset_builder_suggest(builder, (cu_bytes){name, n}, (cu_bytes){0});
}

static cu_status read_encase(cu_hashset_builder *builder, const cu_hashset_source *source,
                             cu_err *err)
{
    const cu_bytes file = source->bytes;
    cu_status st = CU_OK;

    if (!cu_bytes_starts(file, "HASH\r\n\xFF\0", 8))
        return cu_hashset_broken(source, 0, "\"HASH\" and the other bytes of EnCase", err);
    if (file.n < rows_offset || (file.n - rows_offset) % row_bytes != 0)
        return cu_hashset_broken(
            source, file.n, "1152 bytes and then 18 for each digest, but the file ends", err);
    suggest_name(builder, file);
    for (size_t at = rows_offset; st == CU_OK && at < file.n; at += row_bytes) {
        cu_hashset_row row = {.offset = at,
                              .has[CU_HASHSET_MD5] = true,
                              .pdq_quality = cu_hashset_quality_unknown};

        memcpy(row.digest[CU_HASHSET_MD5], file.p + at, 16);
        st = cu_hashset_builder_add(builder, &row, err);
        if (st == CU_OK)
            st = cu_hashset_builder_reach(builder, at, err);
    }
    return st;
}

const cu_hashset_format cu_hashset_format_encase = {
    .name = "encase", .what = "EnCase .hash", .read = read_encase};
