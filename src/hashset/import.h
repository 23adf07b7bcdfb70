/* SPDX-License-Identifier: Apache-2.0 */
/* From the lists that others publish to a set file of ours. */
#ifndef CU_HASHSET_IMPORT_H
#define CU_HASHSET_IMPORT_H

#include "base/progress.h"
#include "hashset/hashset.h"

typedef struct cu_hashset_import_options {
    const char *format;  /* a name that cu_hashset_format_at gives */
    const char *name;    /* NULL: the name of the first file */
    const char *version; /* NULL: "" */
    const char *scheme;  /* NULL: "" */
    const char *columns; /* of "csv": "md5,-,name"; NULL: its first line names them */
    cu_hashset_purpose purpose;
    cu_progress *progress; /* may be NULL; stage "importing", in bytes of the files */
} cu_hashset_import_options;

/* The formats that can be imported, from 0; false after the last. */
bool cu_hashset_format_at(size_t index, const char **name, const char **what);

/* What was left out, and the first of each kind: "FILE:LINE" or "FILE, byte OFFSET". */
typedef struct cu_hashset_report {
    uint64_t records, values;
    uint64_t empty_files, without_digest, wrong, duplicates;
    char first_without[160], first_wrong[160];
} cu_hashset_report;

/*
 * Reads all files and writes out_path, which appears whole or not at all.
 *
 * CU_EUSAGE   no such format; a VICS set as known-good: it is a list of graded material.
 * CU_EFORMAT  a file is broken or cut off; err names the offset and what was expected.
 * CU_EEXISTS  out_path is there.
 */
cu_status cu_hashset_import(const cu_hashset_import_options *options, const char *const *files,
                            size_t count, const char *out_path, cu_hashset_report *report,
                            cu_err *err) CU_MUST_CHECK;

#endif
