/* SPDX-License-Identifier: Apache-2.0 */
/* HashKeeper: .hsh, the files, and .hke, which names their set. Source: the header lines. */
#include "hashset/sheet.h"

/* True where the text is an .hke, whose one row names the set; a damaged one is none. */
static bool take_name(cu_hashset_builder *builder, cu_hashset_sheet *sheet)
{
    size_t name = 0;
    size_t version = 0;

    if (cu_hashset_sheet_next(sheet, NULL) != CU_OK ||
        !cu_hashset_same_name(sheet->fields[0], "hashset_id"))
        return false;
    for (size_t i = 1; i < sheet->count; i++) {
        if (cu_hashset_same_name(sheet->fields[i], "name"))
            name = i;
        else if (cu_hashset_same_name(sheet->fields[i], "version"))
            version = i;
    }
    if (name == 0 || version == 0 || cu_hashset_sheet_next(sheet, NULL) != CU_OK ||
        sheet->count <= name || sheet->count <= version)
        return false;
    cu_hashset_builder_suggest(builder, sheet->fields[name], sheet->fields[version]);
    return true;
}

static cu_status read_hke(cu_hashset_builder *builder, const cu_hashset_source *source,
                          bool *is_one, cu_err *err)
{
    CU_AUTO(cu_hashset_sheet, sheet);
    const cu_status st = cu_hashset_sheet_open(source, ',', &sheet, err);

    *is_one = st == CU_OK && take_name(builder, sheet);
    return st;
}

static cu_status read_hashkeeper(cu_hashset_builder *builder, const cu_hashset_source *source,
                                 cu_err *err)
{
    static const char *const wanted[] = {"file_id", "hashset_id", "file_name", "hash", NULL};
    static const cu_hashset_sheet_kind kind = {
        .header = "the header \"file_id\",\"hashset_id\",\"file_name\",... of HashKeeper",
        .wanted = wanted,
        .separator = ',',
        .lines = true};

    bool is_hke = false;
    const cu_status st = read_hke(builder, source, &is_hke, err);

    return st != CU_OK || is_hke ? st : cu_hashset_read_sheet(builder, source, &kind, err);
}

const cu_hashset_format cu_hashset_format_hashkeeper = {
    .name = "hashkeeper",
    .what = "HashKeeper .hsh, and .hke for the set's name",
    .read = read_hashkeeper,
};
