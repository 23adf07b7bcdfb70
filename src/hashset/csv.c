/* SPDX-License-Identifier: Apache-2.0 */
/* Any table of text whose columns have names, its own or the person's. */
#include "hashset/sheet.h"

static cu_status read_csv(cu_hashset_builder *builder, const cu_hashset_source *source,
                          cu_err *err)
{
    static const char *const wanted[] = {NULL};
    static const cu_hashset_sheet_kind kind = {
        .header = "a first line that names a column md5, sha1, sha256, hash, pdq or photodna",
        .wanted = wanted};
    const char *const columns = cu_hashset_builder_options(builder)->columns;

    return columns != NULL ? cu_hashset_read_columns(builder, source, columns, err)
                           : cu_hashset_read_sheet(builder, source, &kind, err);
}

const cu_hashset_format cu_hashset_format_csv = {
    .name = "csv",
    .what = "tables with named columns: commas, semicolons, tabs",
    .read = read_csv,
};
