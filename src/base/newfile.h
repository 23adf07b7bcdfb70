/* SPDX-License-Identifier: Apache-2.0 */
/* A file that appears under its name only when it is whole, and scratch files that nobody sees.
 */
#ifndef CU_BASE_NEWFILE_H
#define CU_BASE_NEWFILE_H

#include "base/bytes.h"

#include <sys/types.h>

/*
 * A file being written. Where the file system can do it, it has no name at all until it is
 * finished, so that not even SIGKILL leaves anything; elsewhere it is PATH.partial until then.
 */
typedef struct cu_newfile {
    int fd; /* for reading and writing; the caller writes to it as it likes */
    char *path;
    char *partial; /* NULL: it has no name */
} cu_newfile;

/* CU_EEXISTS: path is there already. out is untouched on failure. */
cu_status cu_newfile_begin(const char *path, cu_newfile *out, cu_err *err) CU_MUST_CHECK;

/*
 * The same, under the name partial until it is finished: for a file that a library writes by
 * its name. CU_EEXISTS: path or partial is there already.
 */
cu_status cu_newfile_begin_named(const char *path, const char *partial, mode_t mode,
                                 cu_newfile *out, cu_err *err) CU_MUST_CHECK;

/*
 * Makes the bytes durable, gives the file its name without replacing anything, and makes the
 * name durable. Closes it, also on failure, which leaves nothing behind.
 */
cu_status cu_newfile_finish(cu_newfile *file, cu_err *err) CU_MUST_CHECK;

/* Closes and removes it. One that was never begun must be zero, and is left alone. */
void cu_newfile_abandon(cu_newfile *file);

/* A scratch file in the folder of path, without a name, gone when fd is closed. */
cu_status cu_newfile_scratch(const char *path, int *fd, cu_err *err) CU_MUST_CHECK;

/* Writes all of bytes to fd, which path names in the error. */
cu_status cu_write_all(int fd, cu_bytes bytes, const char *path, cu_err *err) CU_MUST_CHECK;

/* Makes the names in the folder of path durable. */
cu_status cu_flush_folder_of(const char *path, cu_err *err) CU_MUST_CHECK;

#endif
