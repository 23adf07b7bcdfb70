/* SPDX-License-Identifier: Apache-2.0 */
/* From the lists that others publish, or sets that we have, to a set file of ours. */
#ifndef CU_HASHSET_IMPORT_H
#define CU_HASHSET_IMPORT_H

#include "base/progress.h"
#include "hashset/hashset.h"

typedef struct cu_hashset_import_options {
    const char *format; /* a name that cu_hashset_format_at gives */
    const char *name;   /* NULL: as the source calls itself, else as its first file is called */
    const char *version; /* NULL: as the source says, else "" */
    const char *scheme;  /* of the codes, "NAME" or "NAME/VERSION"; NULL: "" */
    const char *columns; /* of "csv" alone: "md5,-,name"; NULL: its first line names them */
    cu_hashset_purpose purpose;
    const cu_hashset *except; /* of sets of ours: records whose digests it all has are passed
                               * over; NULL none */
    bool keep_records;     /* of a known-good set too: labels, names, sizes; an alert set always
                              does */
    uint64_t memory;       /* bytes that sorting may take; 0: a quarter of the machine's */
    cu_progress *progress; /* may be NULL; "importing" in bytes of the files, then "sorting" */
} cu_hashset_import_options;

enum { cu_hashset_memory_min = 1 << 24 }; /* what a person may ask for */

/* The formats that can be imported, from 0; false after the last. */
bool cu_hashset_format_at(size_t index, const char **name, const char **what);

/* What was kept and left out, and the first of each kind: "FILE:LINE" or "FILE, byte OFFSET".
 */
typedef struct cu_hashset_report {
    uint64_t rows;    /* of the sources: kept, and left out as below */
    uint64_t records; /* kept: each has a value that no earlier one has */
    uint64_t values, pdq, photodna;
    uint64_t empty_files, without_digest, duplicates;
    uint64_t withdrawn;  /* by a tombstone, before or after */
    uint64_t superseded; /* by a later state of the same record, before or after */
    uint64_t wrong;      /* rows with a value of a wrong length; the rest of the row counts */
    char first_empty[160], first_without[160], first_wrong[160], first_duplicate[160];
} cu_hashset_report;

/*
 * Reads all files and writes out_path, which appears whole or not at all; nothing else stays,
 * not even after SIGKILL. The same rows give the same bytes, whatever the memory. Memory beyond
 * the bound: four bits for each row, 14 MB, 4 KiB for each time that the bound was reached, and
 * 12 bytes for each PDQ value while their near index is written, and 32 bytes for each record
 * of a source that says since when.
 *
 * CU_EUSAGE   no such format; a set of graded material as known-good; a name that is too long;
 *             columns of a format that is not csv.
 * CU_EFORMAT  a file is broken or cut off; err names the offset and what was expected.
 * CU_EEXISTS  out_path is there.
 * CU_EIO      ENOSPC: no room beside out_path for what is sorted (about its own size again).
 * CU_ESTOPPED progress asked to stop.
 */
cu_status cu_hashset_import(const cu_hashset_import_options *options, const char *const *files,
                            size_t count, const char *out_path, cu_hashset_report *report,
                            cu_err *err) CU_MUST_CHECK;

#endif
