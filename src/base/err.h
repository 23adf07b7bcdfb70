/* SPDX-License-Identifier: Apache-2.0 */
/* How a function says that it could not do what was asked: a code for the caller, words for a
 * person. */
#ifndef CU_BASE_ERR_H
#define CU_BASE_ERR_H

#include "base/attr.h"

#include <stdbool.h>

/* One code for each thing that a caller could do about it. */
typedef enum cu_status {
    CU_OK = 0,
    CU_ENOMEM,  /* free something and try again */
    CU_EIO,     /* the system refused; os_errno says how (ENOSPC: make room) */
    CU_EFORMAT, /* the bytes break their format: report it as a finding or refuse the input */
    CU_EUNSUPPORTED, /* the bytes may be good, but no part of Custos reads them */
    CU_ELIMIT,    /* a stated ceiling was reached: raise it or accept the part that was read */
    CU_EUSAGE,    /* the caller, or the person, asked for something that makes no sense */
    CU_ENOTFOUND, /* the thing named is not there */
    CU_EEXISTS,   /* the thing named is there already */
    CU_ESTOPPED,  /* somebody asked us to stop; what was done is kept */
    CU_ECHILD,    /* a sandboxed child died or broke its protocol: that item is not examined */
    CU_EREFUSED,  /* a rule of law or policy forbids it now: do what the rule names first */
} cu_status;

/* Owned by the caller; any function may be given NULL where only the code is wanted. */
typedef struct cu_err {
    cu_status code;
    int os_errno; /* errno where code is CU_EIO, else 0 */
    char text[256];
} cu_err;

/*
 * cu_status cu_fail(cu_err *err, cu_status code, const char *format, ...)
 *
 * Sets err and returns code. Text: lower case, no full stop, what we tried and why not; one
 * that is longer than err has room for loses its middle to "…", never its end. A
 * macro, so that the compilers' analyzers see that what comes back is not CU_OK.
 */
#define cu_fail(err, code, ...)                                                                \
    __extension__({                                                                            \
        const cu_status cu_failed = (code);                                                    \
        cu_err_set(err, cu_failed, __VA_ARGS__);                                               \
        cu_failed;                                                                             \
    })

/*
 * cu_status cu_fail_os(cu_err *err, const char *format, ...)
 *
 * As cu_fail with CU_EIO (CU_ENOMEM for ENOMEM), appending ": " and the words of errno.
 */
#define cu_fail_os(err, ...) (cu_err_set_os(err, __VA_ARGS__) ? CU_ENOMEM : CU_EIO)

/*
 * cu_status cu_fail_errno(cu_err *err)
 *
 * As cu_fail_os, with the words of errno alone: whoever asked says of what, by cu_while.
 */
#define cu_fail_errno(err) (cu_err_set_os(err, NULL) ? CU_ENOMEM : CU_EIO)

void cu_err_set(cu_err *err, cu_status code, const char *format, ...) CU_PRINTF(3, 4);
bool cu_err_set_os(cu_err *err, const char *format, ...)
    CU_PRINTF(2, 3); /* format may be NULL; true: out of memory */

/* Puts "what was being done: " before the words that err already holds; returns code. */
cu_status cu_while(cu_err *err, cu_status code, const char *format, ...) CU_PRINTF(3, 4);

/* A word for a code, as it appears in JSON: "ok", "no-memory", "io", … Never NULL. */
const char *cu_status_word(cu_status code);

#endif
