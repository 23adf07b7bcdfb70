/* SPDX-License-Identifier: Apache-2.0 */
/* HashKeeper: .hsh, the files, and .hke, which names their set. Source: the header lines. */
#include "hashset/table.h"

/* True where the text is an .hke, whose one row names the set; a damaged one is none. */
static bool read_hke(cu_hashset_builder *builder, const cu_hashset_source *source)
{
    CU_AUTO(cu_hashset_table, table);
    size_t name = 0;
    size_t version = 0;

    if (cu_hashset_table_open(source, ',', &table, NULL) != CU_OK ||
        cu_hashset_table_next(table, NULL) != CU_OK ||
        !cu_hashset_same_name(table->fields[0], "hashset_id"))
        return false;
    for (size_t i = 1; i < table->count; i++) {
        if (cu_hashset_same_name(table->fields[i], "name"))
            name = i;
        else if (cu_hashset_same_name(table->fields[i], "version"))
            version = i;
    }
    if (name == 0 || version == 0 || cu_hashset_table_next(table, NULL) != CU_OK ||
        table->count <= name || table->count <= version)
        return false;
    cu_hashset_builder_suggest(builder, table->fields[name], table->fields[version]);
    return true;
}

static cu_status read_hashkeeper(cu_hashset_builder *builder, const cu_hashset_source *source,
                                 cu_err *err)
{
    static const char *const wanted[] = {"file_id", "hashset_id", "file_name", "hash", NULL};
    static const cu_hashset_table_kind kind = {
        .header = "the header \"file_id\",\"hashset_id\",\"file_name\",... of HashKeeper",
        .wanted = wanted,
        .separator = ',',
        .lines = true};

    return read_hke(builder, source) ? CU_OK
                                     : cu_hashset_read_table(builder, source, &kind, err);
}

const cu_hashset_format cu_hashset_format_hashkeeper = {
    .name = "hashkeeper",
    .what = "HashKeeper .hsh, and .hke for the set's name",
    .read = read_hashkeeper,
};
