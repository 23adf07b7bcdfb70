/* SPDX-License-Identifier: Apache-2.0 */
/* The export of Interpol's ICSE database. Source: the header that public readers look for. */
#include "hashset/sheet.h"

static cu_status read_icse(cu_hashset_builder *builder, const cu_hashset_source *source,
                           cu_err *err)
{
    static const char *const wanted[] = {"MD5", "Image ID", "Is distributed", NULL};
    static const cu_hashset_sheet_kind kind = {
        .header = "the header \"MD5;SHA1;PhotoDNA;Image ID;Is distributed;...\" of ICSE",
        .wanted = wanted,
        .separator = ';'};

    return cu_hashset_read_sheet(builder, source, &kind, err);
}

const cu_hashset_format cu_hashset_format_icse = {
    .name = "icse", .what = "ICSE CSV of Interpol", .read = read_icse, .alert_only = true};
