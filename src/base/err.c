/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and words of failures. */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cu_err_set(cu_err *err, cu_status code, const char *format, ...)
{
    if (err == NULL)
        return;

    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    err->code = code;
    err->os_errno = 0;
}

bool cu_err_set_os(cu_err *err, const char *format, ...)
{
    const int os_errno = errno;
    const bool no_memory = os_errno == ENOMEM;

    if (err == NULL)
        return no_memory;

    va_list arguments;

    va_start(arguments, format);
    const int length = vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);

    char words[128];
    /* The GNU strerror_r may answer a static string of its own, so take what it returns. */
    const char *const why = strerror_r(os_errno, words, sizeof words);

    if (length >= 0 && (size_t)length < sizeof err->text)
        (void)snprintf(err->text + length, sizeof err->text - (size_t)length, ": %s", why);
    err->code = no_memory ? CU_ENOMEM : CU_EIO;
    err->os_errno = no_memory ? 0 : os_errno;
    return no_memory;
}

cu_status cu_while(cu_err *err, cu_status code, const char *format, ...)
{
    if (err == NULL)
        return code;

    char inner[sizeof err->text];
    va_list arguments;

    memcpy(inner, err->text, sizeof inner);
    va_start(arguments, format);
    const int length = vsnprintf(err->text, sizeof err->text, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof err->text)
        (void)snprintf(err->text + length, sizeof err->text - (size_t)length, ": %.200s",
                       inner);
    err->code = code;
    return code;
}

const char *cu_status_word(cu_status code)
{
    static const char *const words[] = {
        [CU_OK] = "ok",
        [CU_ENOMEM] = "no-memory",
        [CU_EIO] = "io",
        [CU_EFORMAT] = "format",
        [CU_EUNSUPPORTED] = "unsupported",
        [CU_ELIMIT] = "limit",
        [CU_EUSAGE] = "usage",
        [CU_ENOTFOUND] = "not-found",
        [CU_EEXISTS] = "exists",
        [CU_ESTOPPED] = "stopped",
        [CU_ECHILD] = "child",
        [CU_EREFUSED] = "refused",
    };

    return (unsigned)code < CU_COUNT_OF(words) ? words[code] : "unknown";
}
