/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NSRLFile.txt of the reference data set, second version and before: the same columns in two
 * orders. SpecialCode is the code: M and S mark what is not simply harmless. Source: Data
 * Formats of the NSRL Reference Data Set, versions 1.5 and 2.0.
 */
#include "hashset/sheet.h"

static cu_status read_nsrl2(cu_hashset_builder *builder, const cu_hashset_source *source,
                            cu_err *err)
{
    static const char *const wanted[] = {"SHA-1", "MD5", "FileName", "SpecialCode", NULL};
    static const cu_hashset_sheet_kind kind = {
        .header = "the header \"SHA-1\",\"MD5\",\"CRC32\",\"FileName\",... of NSRLFile.txt",
        .wanted = wanted,
        .separator = ',',
        .lines = true};

    return cu_hashset_read_sheet(builder, source, &kind, err);
}

const cu_hashset_format cu_hashset_format_nsrl2 = {
    .name = "nsrl2", .what = "NSRLFile.txt of RDSv2, both orders", .read = read_nsrl2};
